"""What the index of all pages says of many areas at once."""

from collections.abc import Sequence

import pandas as pd

from ...config import Measure
from ...language import say, sentences
from .figures import SIGNED_SHARE, decimal, listing, number, percentage, share

POINTS = "+#,##0.#;-#,##0.#"  # a Unicode number pattern


@sentences
def signed_change(change: float, measure: Measure) -> str:
    """Return the change on the same quarter a year before; of percentages in points.

    >>> signed_change(0.283, Measure(name="v", title="V", dataset="d", type="flow"))
    '+28%'
    """
    if pd.isna(change):
        return ""
    if measure.kind.share:
        return say("index.points", points=decimal(100 * change, POINTS))
    return share(change, SIGNED_SHARE)


@sentences
def how_many_moved(risen: int, fallen: int, judged: int) -> str:
    """Say of one measure in how many areas it moved, and which way."""
    if not judged:
        return say("index.none_judged")
    if not risen + fallen:
        return say("index.none_moved", plural=judged, judged=number(judged))
    told = [say(f"index.{way}", plural=n, count=number(n)) for way, n in (("rose", risen), ("fell", fallen)) if n]
    return say("index.moved", areas=listing(told), judged=number(judged))


@sentences
def expected_by_chance(probabilities: Sequence[float]) -> str:
    """Say how many of what moved is chance, by the probabilities on the pages themselves."""
    many = sum(probabilities)
    if not probabilities:
        return say("index.nothing_moved")
    key = "index.hardly_chance" if many < 0.5 else "index.chance"
    return say(key, plural=round(many), chance=number(many), moved=number(len(probabilities)))


@sentences
def areas_apart(above: Sequence[str], below: Sequence[str], count: int) -> str:
    """Say which areas lie beyond the outer limits of a funnel plot."""
    told = [say(f"index.apart_{side}", areas=listing(list(a))) for side, a in (("above", above), ("below", below)) if a]
    return " ".join(told) or say("index.apart_none", count=number(count))


@sentences
def in_a_line(said: str, title: str, figure: str, size: str, chance: float | None) -> str:
    """Say what stood out in one area: the measure, the answer, the figure, how far off it is, how likely it is to last."""
    of = [figure, *([say("index.size", change=size)] if size else [])]
    lasts = [] if chance is None else [say("index.lasts", percentage=percentage(chance))]
    return say("index.line", title=title, said=said, figures="; ".join([", ".join(filter(None, of)), *lasts]))
