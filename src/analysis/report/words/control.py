"""What stands beside a figure for those who know the public sector's control chart, and how much is recorded."""

from typing import Any

import pandas as pd

from ...classes import RECORDING
from ...config import Measure
from ...language import say, sentences
from .figures import month, number, percentage

COMMON = "common_cause"
ASSURED = {"consistent_pass": "P", "consistent_fail": "F", "inconsistent": "?"}  # letters of Making Data Count's icons


def control_icon(chart: Any) -> str:
    """Return the letters of a chart's two icons, as ``H ?``; nothing where there is no chart."""
    if chart is None:
        return ""
    side = "H" if "Above" in chart.rule or "Increasing" in chart.rule else "L"
    variation = "~" if chart.variation == COMMON else side
    return " ".join(filter(None, (variation, ASSURED.get(chart.assurance))))


@sentences
def control_words(chart: Any) -> str:
    """Return what a chart's icons mean, in short."""
    if chart is None:
        return say("control.short")
    told = [say(f"control.{chart.variation}")]
    if chart.assurance is not None:
        told.append(say(f"control.{chart.assurance}"))
    return "; ".join(told)


@sentences
def control(chart: Any, measure: Measure, *, weekly: bool = False) -> str:
    """Say what the control chart shows, in the words of those who know it."""
    if chart is None:
        return ""
    low, high = max(chart.lower, 0), min(chart.upper, measure.kind.highest)
    lines = {"mean": number(chart.mean, measure), "low": number(low, measure), "high": number(high, measure)}
    key = ("control.line" if chart.variation == COMMON else "control.line_rule") + ("_week" if weekly else "")
    return say(key, points=number(chart.points), words=control_words(chart), rule=chart.rule, **lines)


@sentences
def recorded(rows: pd.DataFrame, verdict: pd.Series) -> str:
    """Say how much of a quarter's months is on record."""
    told = []
    if verdict["call"] == RECORDING:
        told.append(say("recorded.changed"))
    if rows["provisional"].eq(True).any():
        for _, r in rows[rows["provisional"].eq(True)].iterrows():
            known = pd.notna(r["completeness"])
            share = {"percentage": percentage(r["completeness"])} if known else {}
            told.append(say(f"recorded.{'partly' if known else 'unknown'}", month=month(r["period"]), **share))
    elif rows["completeness"].isna().all():
        told.append(say("recorded.as_given"))
    else:
        told.append(say("recorded.whole"))
    return "; ".join(told)
