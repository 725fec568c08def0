"""The question of a quarter on the page: what would settle it, what came, and what that means."""

import pandas as pd

from ...config import Measure
from ...language import say, sentences
from ...periods import quarter_of
from .figures import chance, number, quarter_span


def _figure(value: float, measure: Measure) -> str:
    """Write a line or a total; a mean of whole figures with its tenth, so that none is rounded onto a line."""
    tenth = measure.kind.count and not measure.kind.accrues and value != round(value)
    return number(value, None, decimals=1) if tenth else number(value, measure)


def _since(until: pd.Period, months: int) -> str:
    """Return the months that are looked at: ``April to June 2021``, ``April 2021 to December 2021``."""
    last = quarter_of(pd.PeriodIndex([until]))[0]
    if months <= 3:
        return quarter_span(last)
    return say("settles.span", first=quarter_span(last - months // 3 + 1), last=quarter_span(last))


@sentences
def line(row: pd.Series, measure: Measure, *, up: bool) -> str:
    """Say at which totals of the months up to a look a question is settled; nothing where neither is printed.

    `row` has months, until, lasts_if, passed_if, half and chance.
    """
    sides = [name for name in ("lasts", "passed") if pd.notna(row[f"{name}_if"])]
    if not sides:
        return ""
    adds = "together" if measure.kind.accrues else "mean"
    fields = {
        "what": say(f"settles.{adds}", months=_since(row["until"], row["months"])),
        "lasts": _figure(row["lasts_if"], measure),
        "passed": _figure(row["passed_if"], measure),
        "fewer": say("settles.fewer" if measure.kind.count else "settles.less"),
        "half": _figure(row["half"], measure),
    }
    way = "up" if up else "down"
    told = "_".join([*sides, way])
    return f"{say(f'settles.{told}', **fields)} {say(f'settles.half_{way}', **fields)}"


@sentences
def know_by(row: pd.Series) -> str:
    """Say how likely it is that the question is settled by then."""
    return say("settles.know", chance=chance(row["chance"]))
