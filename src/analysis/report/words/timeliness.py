"""Work in time and late, its targets, and what its control chart shows."""

from typing import Any

import pandas as pd

from ...classes import RECORDING
from ...config import FEW, Measure, Within, band_names
from ...language import Section, say, sentences
from .figures import TENTH_IF_ANY, decimal, it_is, month, number, percentage, sentence, sign_means

COMMON = "common_cause"
PLAIN_RULE, ROLE = Section("rule"), Section("role")
ASSURED = {"consistent_pass": "P", "consistent_fail": "F", "inconsistent": "?"}  # letters of Making Data Count's icons
RATED = ("red", "amber", "green")  # what else a rating may be says by itself why there is no colour


@sentences
def on_time(row: pd.Series, measure: Measure, *, rounded: bool = False) -> str:
    """Say a percentage with its numerator, denominator and interval: a percentage without n cannot be judged.

    Where figures are rounded nobody is told how many were late: of 8 the two figures would leave 5.
    """
    if pd.isna(row["value"]):
        why = sign_means(row) or say("on_time.no_figure")
        return say("on_time.none", title=measure.title, why=why)
    n, all_ = row["numerator"], row["denominator"]
    words = say("on_time.share", share=number(row["value"], measure), numerator=number(n), denominator=number(all_))
    if measure.within and not rounded:
        words += say("on_time.outside", count=number(all_ - n))
    if pd.notna(row["lower"]):
        words += say("on_time.interval", low=number(row["lower"], measure), high=number(row["upper"], measure))
    return words + "."


@sentences
def rated(rated_row: pd.Series, measure: Measure) -> str:
    """Return a rating with its reason: a colour alone says nothing."""
    rag = sentence(say(f"rag.{rated_row['rag']}", few=number(FEW)))
    if rated_row["rag"] not in RATED:
        return rag
    fields = {
        "rag": rag.removesuffix("."),
        "target": say(f"target.{rated_row['target_kind']}", target=number(rated_row["target"], measure)),
    }
    if rated_row["short"] <= 0:
        return say("target.meets", **fields)
    gap = abs(rated_row["short"])
    if measure.kind.share:
        fields["gap"] = say("target.points", number=decimal(100 * gap, TENTH_IF_ANY))
    else:
        fields["gap"] = number(gap, measure)
    return say("target.above" if measure.polarity == "decrease" else "target.below", **fields)


@sentences
def reliably(sure: Any, measure: Measure, *, weekly: bool = False) -> str:
    """Say whether the target would be met if nothing changed, and what the process can promise."""
    if sure is None:
        return ""
    how = say(f"target.{sure.status}{' week' if weekly else ''}", percentage=percentage(sure.chance))
    bound = "at_most" if measure.polarity == "decrease" else "at_least"
    return f"{how} {say(f'target.{bound}', promise=number(sure.promise, measure))}"


@sentences
def until(within_a_year: float | None, rated_row: pd.Series) -> str:
    """Say how long it takes to the target if the trend of the last year goes on; nothing where it is met."""
    if within_a_year is None or not rated_row["short"] > 0:
        return ""
    return say("target.until", **it_is(within_a_year))


@sentences
def clock(measure: Measure) -> str:
    """Say a percentage's limit, how its clock runs, and in which month a case counts: other measures of it count by another day."""
    w = measure.within
    if w is None:
        return ""
    if w.working_days is not None:
        limit = say("on_time.working_days", limit=number(w.working_days), **_clock(w))
    else:
        limit = say("on_time.hours", limit=decimal(w.hours or 0.0, TENTH_IF_ANY), **_clock(w))
    by = "end" if measure.cohort == "completed" else "start" if w.hours is not None else "due"
    return f"{limit} {say(f'on_time.counted_{by}', **_clock(w))}"


def _clock(within: Within) -> dict[str, str]:
    """Return what a limit runs from and to; a column that only this configuration has by its own name."""
    return {at: ROLE.get(role, role.replace("_", " ")) for at, role in (("start", within.start), ("end", within.end))}


@sentences
def band(name: str, bands: list[int], row: pd.Series) -> str:
    """Return the label of a lateness band."""
    on_time, *inside, over, still_open = band_names(bands)
    outer = {on_time: "on_time.bands_on_time", over: "on_time.bands_over", still_open: "on_time.bands_open"}
    if name in outer:
        return say(outer[name], days=number(bands[-1]))
    at = inside.index(name)
    low, high = 1 + (bands[at - 1] if at else 0), bands[at]
    if low == high:
        return say("on_time.bands_one", plural=low, days=str(low))
    return say("on_time.bands_from", low=str(low), high=str(high))


@sentences
def grace(row: pd.Series, measure: Measure) -> str:
    """Say what the smallest grace that can be told would make of a percentage, from the lateness bands.

    Where the first band is hidden, the sum of the first two is no secret if the others stand beside it.
    """
    names = band_names(measure.bands) if measure.bands and pd.notna(row["value"]) else []
    for k, limit in enumerate(measure.bands if set(names) <= set(row.index) else []):
        later = row[names[k + 2 :]].sum(skipna=False)
        gained = row["denominator"] - later - row["numerator"]
        if gained > 0:
            return say(
                "on_time.grace",
                gained=number(gained),
                late=number(row["denominator"] - row["numerator"]),
                limit=number(limit),
                share=number((row["numerator"] + gained) / row["denominator"], measure),
            )
    return ""


def _some(row: pd.Series, column: str) -> bool:
    return pd.notna(row.get(column)) and row[column] > 0


def signed_off_late(row: pd.Series) -> bool:
    """Say whether work of a quarter was late in its sign-off alone, as far as that may be told."""
    return _some(row, "only_sign_off_late")


@sentences
def why_late(row: pd.Series, measure: Measure) -> str:
    """Say how much of the late work was late only in the sign-off, and how many of the children were seen in time."""
    parts = []
    if signed_off_late(row):
        late = number(row["denominator"] - row["numerator"])
        sign_off, work = number(row["only_sign_off_late"]), number(row["work_late"])
        parts.append(say("on_time.sign_off", late=late, sign_off=sign_off, work=work))
        if pd.notna(row.get("seen_in_time")):
            parts.append(say("on_time.seen", count=number(row["seen_in_time"])))
    if _some(row, "still_open"):
        parts.append(say("on_time.open", count=number(row["still_open"])))
    return " ".join(parts)


@sentences
def pile(row: pd.Series, measure: Measure) -> str:
    """Say what was open at the quarter's end, for how long, and what waited for its sign-off."""
    parts = []
    if _some(row, "open_work"):
        beyond = number(row["open_beyond"]) if row["open_beyond"] else say("on_time.pile_none")
        count, age = number(row["open_work"]), number(row["open_age"])
        parts.append(say("on_time.pile_open", count=count, age=age, beyond=beyond))
    if _some(row, "awaiting_sign_off"):
        parts.append(say("on_time.pile_waiting", count=number(row["awaiting_sign_off"])))
    return say("on_time.pile", parts="; ".join(parts)) if parts else ""


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
    return say(key, points=number(chart.points), words=control_words(chart), rule=_rule(chart.rule), **lines)


def _rule(label: str) -> str:
    """Say the standard chart's label of a rule; the number of points is told as such."""
    count, _, name = label.partition(" Point")
    return say(f"rule.Point{name}", count=count) if name else PLAIN_RULE.get(label, "")


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
