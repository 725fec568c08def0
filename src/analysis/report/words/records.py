"""Whether the figures can be believed: what came in, what is late, what the system changed."""

import datetime as dt
from typing import Any

import pandas as pd

from ...classes import SAME
from ...config import Event, Measure
from ...language import Section, say, sentences
from ...schema import FATES
from .figures import NO_FIGURE, day, listing, month, number, percentage, plain_name, quarter, sentence, share

MOST_NAMED = 6  # periods or areas of a gap
MOST_REASONS = 2  # of a dataset, the commonest
RETURNING = 0.2  # of the usual level, regained since the worst month, from which recording is said to return
ABSENT = Section("absent")  # why a measure is not on the page
OUTSIDE = Section("outside")  # why rows lie outside the time of the figures
CODES = Section("code")  # what cleaning did, by its code; docs/reading.md has the rules
REASONS = {"quarantined": CODES, "outside": OUTSIDE}
FALL = "the sudden fall"  # stands in place of the title of an event that nobody registered


@sentences
def data_quality(quality: list[dict]) -> list[str]:
    """Say what came in and what became of it; name a dataset only where something happened to it."""
    whole = next(q for q in quality if not q["dataset"])
    came = sum(whole[fate] or 0 for fate in FATES)
    fates = [fate for fate in FATES if whole[fate] != 0]
    parts = [_few_or(f"recording.{fate}", whole[fate]) for fate in fates]
    told = [
        _few_or("recording.came" if fates != ["kept"] else "recording.all_kept", came or None, parts=listing(parts))
    ]
    for q in quality:
        for fate in FATES[1:] if q["dataset"] else ():
            if q[fate] != 0:
                reasons = [REASONS[fate][reason] for reason in q.get(f"{fate}_for", ())[:MOST_REASONS]]
                fields = {"dataset": _dataset(q["dataset"]), "why": "; ".join(reasons)}
                told.append(_few_or(f"recording.{fate}_of", q[fate], **fields))
    return told


def _few_or(key: str, count: int | None, **fields: str) -> str:
    """Say a count of rows, or that there are a few."""
    if count is None:
        return say(f"{key}_few", **fields)
    return say(key, plural=count, count=number(count), **fields)


@sentences
def assumption(dataset: str, code: str) -> str:
    """Say how a column was read, where its own values or a convention say it."""
    return say("recording.assumed", dataset=_dataset(dataset), what=CODES[code])


def gaps(of_page: list[dict], titles: dict[str, str]) -> list[str]:
    """Say each of the gaps of a page; what a second source confirms is one sentence."""
    same = [titles[one["measure"]] for one in of_page if one["why"] == SAME]
    others = [gap(one, titles[one["measure"]]) for one in of_page if one["why"] != SAME]
    return [*others, *([confirmed(same)] if same else [])]


@sentences
def confirmed(titles: list[str]) -> str:
    """Say of which measures a second source gives the same figures."""
    return say("gap.check_same", titles=listing(titles))


@sentences
def gap(one: dict, title: str) -> str:
    """Say which figures are missing, why and whose, or what is said of those that are there; or that a measure is not."""
    if one["kind"] == "overlap":
        return say("gap.overlap", title=title)
    if one["kind"] == "absent":
        return say("gap.absent", title=title, why=ABSENT[one["why"]])
    name = quarter if one["kind"] == "check" else month
    when = [name(pd.Period(day, freq=one["freq"])) for day in one["periods"]]
    periods, more = listing(when[-MOST_NAMED:]), len(when) - MOST_NAMED
    if more > 0:
        periods = say("gap.and_earlier", plural=more, periods=periods, count=number(more))
    if one["kind"] == "check":
        return say(f"gap.check_{one['why']}", title=title, periods=periods, dataset=_dataset(one["of"][0]))
    if one["kind"] in ("marked", "begins"):
        key = one["why"] if one["kind"] == "marked" else f"begins_{one['why']}"
        return say(f"gap.{key}", title=title, periods=periods)
    of = one["of"]
    areas = listing(of) if len(of) <= MOST_NAMED else say("gap.areas", count=number(len(of)))
    return say(f"gap.{one['kind']}", title=title, periods=periods, areas=areas, why=NO_FIGURE.get(one["why"], ""))


@sentences
def as_published(too_many: int) -> str:
    """Say that a figure that changed by fewer than `too_many` stands as first published, and why."""
    return say("recording.as_published", few=number(too_many))


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
def looks_like_recording(suspect: list[tuple[str, float]], *, of: int) -> str:
    """Name the measures whose change may be one of recording, with the probability; `of` measures that were judged."""
    if not suspect:
        return say("recording.none_suspect" if of else "recording.none_judged")
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
    key = "recording.entered" if found["role"] == "recorded" else "recording.closed"
    fields = {"dataset": _dataset(found["dataset"]), "day": day(dt.date.fromisoformat(found["date"]))}
    fields["count"] = number(found["count"])
    if found["usual"] is None:
        return say(f"{key}_few", **fields)
    return say(key, **fields, usual=number(found["usual"]))


@sentences
def event(e: Event) -> str:
    """Say what was registered and what it does to the figures."""
    return say(f"recording.event_{e.effect}", title=e.title, day=day(e.date))
