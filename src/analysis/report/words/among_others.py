"""Where an area stands beside its neighbours, its region and the nation, and whether it is only there."""

import pandas as pd

from ...classes import EVEN, RECORDING
from ...config import Measure, Neighbours
from ...language import say, sentences
from ...periods import parse_quarter, quarter_code
from .calls import MOVED
from .figures import TENTH, decimal, it_is, number, quarter


def rate_or_share(value: float, measure: Measure) -> str:
    """Write a rate with one decimal, or a percentage."""
    return number(value, measure) if measure.kind.share or pd.isna(value) else decimal(value, TENTH)


@sentences
def among_others(row: pd.Series | None, measure: Measure, neighbours: Neighbours | None, asked: pd.Period) -> list[str]:
    """Say the area's rate or percentage, its neighbours', its region's and the nation's, and how many neighbours' are higher."""
    if row is None:
        return []
    about = {name: number(row[name]) for name in ("shown", "listed", "higher")}
    title = (neighbours and neighbours.title) or say("others.title")
    figures = [say("others.here", figure=rate_or_share(row["here"], measure))] if pd.notna(row["here"]) else []
    if pd.notna(row["average"]):
        average = rate_or_share(row["average"], measure)
        figures.append(say(f"others.{neighbours.average}", title=title, figure=average, **about))
    elif row["listed"]:
        figures.append(say("others.too_few", title=title, **about))
    figures += [
        say("others.place", place=row[place], figure=rate_or_share(row[f"in_{place}"], measure))
        for place in ("region", "nation")
        if pd.notna(row[f"in_{place}"])
    ]
    key = "share" if measure.kind.share else "rate_at_end" if measure.kind.at_end else "rate"
    told = [say(f"others.{key}", figures="; ".join(figures))]
    if row["at"] != quarter_code(asked):
        told = [say("others.at", quarter=quarter(parse_quarter(row["at"])), words=told[0])]
    if pd.notna(row["higher"]):
        told.append(say("others.higher", plural=row["higher"], **about))
    if pd.notna(row["average"]) and (out := row["listed"] - row["shown"]):
        told.append(say("others.left_out", plural=out, count=number(out)))
    return told


@sentences
def only_us(row: pd.Series | None, verdict: pd.Series) -> str:
    """Say of a change of demand whether the neighbours moved too, or probably did not; nothing where too few can be judged."""
    if row is None or pd.isna(row["moved"]) or verdict["call"] not in MOVED or verdict["call"] == RECORDING:
        return ""
    way, many = ("rose" if verdict["change"] > 0 else "fell"), row["moved"] >= EVEN
    fields = it_is(row["moved"] if many else 1 - row["moved"])
    return say(f"others.{'not_only' if many else 'only'}_{way}", judged=number(row["judged"]), **fields)
