"""Whether the figures can be believed: what came in, what is late, what the system changed."""

import datetime as dt
from typing import Any

import pandas as pd

from ...config import Event, Measure
from ...language import Section, say, sentences
from .calls import NO_FIGURE
from .figures import day, listing, month, number, percentage, plain_name, sentence, share

MOST_NAMED = 6  # periods or areas of a gap
RETURNING = 0.2  # of the usual level, regained since the worst month, from which recording is said to return
CODES = Section("code")  # what cleaning did, by its code; docs/reading.md has the rules
FALL = "the sudden fall"  # stands in place of the title of an event that nobody registered


@sentences
def data_quality(quality: list[dict]) -> list[str]:
    """Say what came in and what was kept; name a dataset only where something happened to it."""
    came, kept = (sum(q[key] or 0 for q in quality) for key in ("rows_in", "kept"))
    all_kept = not any(q["quarantined"] is None or q["quarantined"] for q in quality)
    key = "recording.all_kept" if all_kept else "recording.some_kept"
    told = [say(key, plural=came, count=number(came), kept=number(kept))]
    for q in quality:
        for what, key in (("quarantined", "recording.set_aside"), ("later", "recording.later")):
            if q[what] is None:
                told.append(say(f"{key}_few", dataset=_dataset(q["dataset"])))
            elif q[what]:
                told.append(say(key, plural=q[what], dataset=_dataset(q["dataset"]), count=number(q[what])))
    return told


@sentences
def assumption(dataset: str, code: str) -> str:
    """Say how a column was read, where its own values or a convention say it."""
    return say("recording.assumed", dataset=_dataset(dataset), what=CODES[code])


@sentences
def gap(one: dict, title: str) -> str:
    """Say which given figures are missing, why and whose, or what is said of those that are there."""
    when = [month(pd.Period(day, freq=one["freq"])) for day in one["periods"]]
    periods, more = listing(when[-MOST_NAMED:]), len(when) - MOST_NAMED
    if more > 0:
        periods = say("gap.and_earlier", plural=more, periods=periods, count=number(more))
    if one["kind"] == "marked":
        return say(f"gap.{one['why']}", title=title, periods=periods)
    of = one["of"]
    areas = listing(of) if len(of) <= MOST_NAMED else say("gap.areas", count=number(len(of)))
    return say(f"gap.{one['kind']}", title=title, periods=periods, areas=areas, why=NO_FIGURE.get(one["why"], ""))


@sentences
def as_published(count: int) -> str:
    """Say how many figures stand as first published."""
    return say("recording.as_published", plural=count, count=number(count)) if count else ""


def _dataset(name: str) -> str:
    return plain_name(name).capitalize()


@sentences
def shared_break(row: pd.Series, titles: dict[str, str]) -> str:
    """Say that measures of one system fell together, how deep, and where they stand now."""
    how = "together" if len(row["measures"]) > 1 else "alone"
    words = [
        say(
            f"recording.{how}",
            titles=listing([titles.get(m, m) for m in row["measures"]]),
            month=month(row["onset"]),
            depth=share(row["depth"]),
            now=share(row["recovered_to"]),
        )
    ]
    if row["recovered_to"] > 1 - row["depth"] + RETURNING:
        words.append(say("recording.returning"))
    words.append(say(f"recording.points_{how}", percentage=percentage(row["probability"])))
    return " ".join(words)


@sentences
def restoration(measure: Measure, event: Event, back: Any) -> str:
    """Say when what an event did to a measure's recording is over."""
    fields = {f: month(when) for f in ("month", "earliest", "latest") if pd.notna(when := getattr(back, f, None))}
    key = back.status
    if key == "expected" and "earliest" in fields:
        key = "expected_between" if "latest" in fields else "expected_from"
    return say(
        "recording.since",
        title=measure.title,
        event=say("recording.fall") if event.title == FALL else event.title,
        day=day(event.date),
        state=say(f"recording.{key}", **fields),
    )


@sentences
def looks_like_recording(suspect: list[tuple[str, float]]) -> str:
    """Name the measures whose change may be one of recording, with the probability."""
    if not suspect:
        return say("recording.none_suspect")
    named = [say("recording.suspect_item", title=title, percentage=percentage(p)) for title, p in suspect]
    return say("recording.suspect", titles=listing(named))


@sentences
def provisional(rows: pd.DataFrame, measure: Measure) -> str:
    """Say which of the quarter's months are not complete yet, and what they will probably become."""
    told = []
    for _, r in rows[rows["provisional"].eq(True) & rows["value"].notna()].iterrows():
        if pd.isna(r["expected_final"]):
            told.append(say("recording.incomplete", month=month(r["period"])))
            continue
        expected, low, high = (number(r[c]) for c in ("expected_final", "final_lower", "final_upper"))
        fields = {"month": month(r["period"]), "percentage": percentage(r["completeness"])}
        told.append(say("recording.partly", **fields, expected=expected, low=low, high=high))
    return sentence("; ".join(told))


@sentences
def bulk_day(found: dict) -> str:
    """Say that far more was entered or closed on a day than usual."""
    return say(
        "recording.entered" if found["role"] == "recorded" else "recording.closed",
        dataset=_dataset(found["dataset"]),
        count=number(found["count"]),
        day=day(dt.date.fromisoformat(found["date"])),
        usual=number(found["usual"]),
    )


@sentences
def event(e: Event) -> str:
    """Say what was registered and what it does to the figures."""
    return say(f"recording.event_{e.effect}", title=e.title, day=day(e.date))
