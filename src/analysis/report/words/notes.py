"""What frames a page: its title, what was known when, what it cannot tell, how it was made."""

import datetime as dt

import pandas as pd

from ...config import Catalogue
from ...language import Section, plain, say, sentences, speaking
from .figures import day, listing, number, plain_name, quarter, quarter_span

LIMITS = Section("limits")


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
    key = "up_to" if len(_undated(project)) == len(project.datasets) else "recorded_on"
    words, note = say(f"page.{key}", day=day(as_at)), project.project.note
    return f"{words} {note.rstrip('.')}." if note else words


def _undated(project: Catalogue) -> list[str]:
    """Return the datasets that do not say when a row was recorded: what stands in them now may not have stood there then."""
    return [d.name for d in project.datasets if "recorded" not in d.columns and not d.snapshot]


@sentences
def as_at_note(project: Catalogue, as_at: dt.date, *, newest: bool) -> str:
    """Say what was known when; `newest`: the day is the newest date in the data, and nobody gave it."""
    undated = _undated(project)
    all_undated = len(undated) == len(project.datasets)
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
        return {name: plain(say(f"said.{name}")) for name in ("skip", "revised", "internal")}


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
