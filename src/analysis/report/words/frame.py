"""What frames a page and its pictures: titles, notes, labels, alternative texts."""

import datetime as dt

import pandas as pd

from ...classes import TOO_EARLY, TOO_LITTLE, USUAL
from ...config import Catalogue, Dataset, Event, Measure
from ...language import Section, plain, say, sentences, speaking
from .calls import answer, evidence
from .figures import day, listing, month, number, plain_name, quarter, quarter_span, short_month

LIMITS, FORMS = Section("limits"), Section("forms")


@sentences
def page_title(project: str, area: str, period: pd.Period) -> str:
    """Return the page's title."""
    whose = area if area == project else say("page.area_of", area=area, project=project)
    return say("page.title", whose=whose, quarter=quarter(period), span=quarter_span(period))


@sentences
def draft_note() -> str:
    """Say that a page's language is a draft; nothing in English."""
    return say("language.draft")


@sentences
def status_line(project: Catalogue, as_at: dt.date) -> str:
    """Return the line under the title."""
    key = "up_to" if len(_undated(project)) == len(_read(project)) else "recorded_on"
    words, note = say(f"page.{key}", day=day(as_at)), project.project.note
    return f"{words} {note.rstrip('.')}." if note else words


def _undated(project: Catalogue) -> list[str]:
    """Return the datasets that do not say when a row was recorded: what stands in them now may not have stood there then."""
    return [d.name for d in _read(project) if "recorded" not in d.columns and not d.snapshot]


def _read(project: Catalogue) -> list[Dataset]:
    return [d for d in project.datasets if d.is_read]


@sentences
def as_at_note(project: Catalogue, as_at: dt.date, *, newest: bool) -> str:
    """Say what was known when; `newest`: the day is the newest date in the data, and nobody gave it."""
    undated = _undated(project)
    all_undated = len(undated) == len(_read(project))
    words = [say("page.as_at_undated" if all_undated else "page.as_at", day=day(as_at))]
    if newest:
        words.append(say("page.as_at_newest"))
    if all_undated:
        words.append(say("page.as_recorded_now"))
    elif undated:
        names = listing([plain_name(name) for name in undated])
        words.append(say("page.partly_as_recorded_now", datasets=names[:1].upper() + names[1:]))
    return " ".join(words)


@sentences
def method(project: Catalogue, profile: str) -> str:
    """Say in short how the page was made."""
    return say("page.method", small=say(f"page.{profile}"), nation=say(f"nation.{project.project.nation}"))


def frame(language: str) -> dict[str, str]:
    """Return the words of the template, in a language."""
    with speaking(language):
        told = {name: say(f"said.{name}") for name in ("skip", "revised", "internal")}
        return {name: plain(said) for name, said in {**told, **FORMS}.items()}


@sentences
def revised(issue: int, changed: pd.DataFrame | None) -> list[str]:
    """Say that a page was issued before, and what differs: a sentence a measure; None: nobody can say."""
    told = [say("revision.issue", issue=number(issue)) if issue else say("revision.again")]
    if changed is None:
        return [*told, say("revision.lost")]
    for row in changed.itertuples():
        counts = {"months": row.months, "quarters": row.quarters}
        what = [say(f"revision.{k}", plural=n, count=number(n)) for k, n in counts.items() if n]
        told.append(
            say(
                "revision.changed",
                title=row.title,
                what=listing([*what, *([say("revision.call")] if row.call else [])]),
            )
        )
    return told


@sentences
def chart_title(verdict: pd.Series, measure: Measure, rows: pd.DataFrame) -> str:
    """Return the message of a chart."""
    call = verdict["call"]
    if call == TOO_LITTLE:
        return say("chart.little", title=measure.title)
    if call == USUAL:
        return say("chart.usual", title=measure.title)
    outside = rows[(rows["value"] > rows["expected_upper"]) | (rows["value"] < rows["expected_lower"])]
    if call == TOO_EARLY and len(outside):
        last = outside.iloc[-1]
        side = "above" if last["value"] > last["expected_upper"] else "below"
        return say(f"chart.{side}", title=measure.title, month=month(last["period"]))
    return answer(verdict, measure).rstrip(".")


@sentences
def chart_subtitle(measure: Measure, first: pd.Period, last: pd.Period) -> str:
    """Return what is plotted."""
    what = say(f"chart.{measure.kind.plotted}_{'month' if first.freqstr == 'M' else 'week'}")
    return say("chart.subtitle", what=what, first=month(first), last=month(last))


@sentences
def alt_text(verdict: pd.Series, measure: Measure, history: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Return a chart's text alternative: its message and the figures that matter."""
    shown = history["value"].dropna()
    words = say("chart.alt", title=chart_title(verdict, measure, rows), evidence=evidence(rows, measure))
    if len(shown):
        words += say("chart.alt_span", low=number(shown.min(), measure), high=number(shown.max(), measure))
    return words


@sentences
def event_label(event: Event) -> str:
    """Return the words beside an event's rule."""
    return say("chart.event", title=event.title, month=short_month(event.date))
