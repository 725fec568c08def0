"""The page's parts, as a notebook calls them. What is shown here is stamped for release; nothing else reaches the page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ...breakdown import contributions
from ...classes import TAKEN_BACK
from ...config import Measure
from ...disclosure import largest_small, require_sealed
from ...periods import quarter_code
from ...recording.breaks import SUSPECT
from ...shapes import Case
from .. import charts, tables, words
from ..commentary import REQUESTS, REVISED
from ..words import html, in_its_language
from .markup import STAMP, bar, comment, heading, items, paragraphs, picture, publish, table

__all__ = [
    "STAMP",
    "answers",
    "limits",
    "measure",
    "measures",
    "overview",
    "quality",
    "record",
    "summary",
    "table",
    "timeliness",
]

MONTHS_TOLD = 3  # of a weekly series, the newest weeks
MISSED = ("red", "amber")
DOUBTS = 2  # sentences of the first screen on whether the figures can be believed
RAG_MARK = {"red": "R", "amber": "A", "green": "G"}
FALSE_ALARMS = 0.20  # share of unchanged simulated series that are not called usual: docs/methods.md, "Calls"


def of_protected(section: Callable[..., None]) -> Callable[..., None]:
    """Make a section refuse a case whose figures were not protected."""

    @wraps(section)
    def shown(case: Case, *more: Any) -> None:
        require_sealed(case)
        section(case, *more)

    return shown


@in_its_language
@of_protected
def answers(case: Case) -> None:
    """The first screen: whose page, which quarter, the answer to the committee's question, and every measure in a view."""
    calls = case.verdicts["call"]
    moved = [m for call in words.MOVED for m in case.measures if calls[m.name] == call]
    titles = {m.name: m.title for m in case.measures}
    judged = int((calls[list(titles)] != words.TOO_LITTLE).sum())
    publish(
        '<section class="side">'
        f"<h1>{html(words.page_title(case.project.project.name, case.area, case.quarter))}</h1>"
        + paragraphs(words.status_line(case.project, case.as_at), words.draft_note(), kind="quiet")
        + comment(words.say("heading.revised"), case.comments.get(REVISED, ""), level=2)
        + f"<h2>{html(words.question(case.verdicts))}</h2>"
        + f'<h3 class="headline">{html(words.headline(case.verdicts, case.measures))}</h3>'
        + f'<div class="answers">{"".join(_answer(case, m) for m in moved)}</div>'
        + _answered(case)
        + paragraphs(*(words.moved_apart(row, titles) for _, row in case.opposite.iterrows()))
        + _missed(case)
        + _good_years(case)
        + f'<h3><a href="#quality">{html(words.say("heading.quality"))}</a></h3>'
        + paragraphs(*[*_doubts(case), *_late_sign_off(case)][:DOUBTS])
        + paragraphs(words.by_chance(FALSE_ALARMS * judged, judged), kind="quiet")
        + "</section>"
    )


def _good_years(case: Case) -> str:
    """Return, of each measure that got better, its years and whether that will go on."""
    good = [
        (m, case.years.loc[m.name])
        for m in case.measures
        if m.name in case.years.index and words.good_years(case.years.loc[m.name], m)
    ]
    told = [f"{words.year_by_year(row, m)} {words.goes_on(row, m)}" for m, row in good]
    return (heading("years", level=3) + items(told)) if told else ""


def _missed(case: Case) -> str:
    """Return the targets that the quarter misses, each with its figure; nothing where none is missed."""
    told = [
        words.missed(case.total(m.name), case.total(m.name, 1), case.targets[m.name][0], m)
        for m in case.measures
        if _rag(case, m) in MISSED
    ]
    return (heading("missed", level=3) + items(told)) if told else ""


def _doubts(case: Case) -> list[str]:
    """Say where recording, and not demand, has changed or may have: what several measures share, then each by itself."""
    titles = {m.name: m.title for m in case.measures}
    breaks = [words.shared_break(row, titles) for _, row in case.breaks.iterrows()]
    named = {name for names in case.breaks["measures"] for name in names}
    chances = [(m, case.verdicts.loc[m.name, words.RECORDING]) for m in case.measures if m.name not in named]
    suspect = [(m.title, p) for m, p in chances if p >= SUSPECT]
    judged = [m for m in case.measures if case.verdicts.loc[m.name, "call"] != words.TOO_LITTLE]
    return [*breaks, *([words.looks_like_recording(suspect, of=len(judged))] if suspect or not breaks else [])]


def _late_sign_off(case: Case) -> list[str]:
    """Say of each measure whose work was signed off late how much of it was done in time."""
    late = [(m, now) for m in case.measures if (now := case.total(m.name)) is not None]
    return [f"{m.title}. {words.why_late(now, m)}" for m, now in late if words.signed_off_late(now)]


def _answer(case: Case, m: Measure) -> str:
    """Return one measure's answer: the quarter, the month that made the news, how sure, and what would settle it."""
    verdict, looks = case.verdicts.loc[m.name], case.questions_of(m.name)
    told = [
        words.this_quarter(case.total(m.name), m, case.targets[m.name][0] if m.name in case.targets else None),
        words.news(case.newest(m.name), m),
        words.driver(*_beyond(case, m)),
        words.only_us(case.beside(m.name), verdict),
        words.lasting(words.asked_on(looks, case.quarter)),
    ]
    settles = words.what_settles(words.standing(looks, verdict, case.quarter), m, call=verdict["call"], short=True)
    return (
        f'<div class="answer"><h3><a href="#{_anchor(m)}">{html(words.answer(verdict, m))}</a></h3>'
        f"<p>{html(' '.join(filter(None, told)))}</p>"
        f"{bar(words.shares(verdict))}{paragraphs(settles, kind='settles')}</div>"
    )


def _answered(case: Case) -> str:
    """Return which calls of the page before do not hold, and what came of the questions of earlier pages."""
    calls = case.calls[case.calls["asked"] == quarter_code(case.quarter - 1)].set_index("measure")
    told = [
        words.say("said.about", about=m.title, words=words.taken_back(calls.loc[m.name], m))
        for m in case.measures
        if m.name in calls.index and calls.loc[m.name, "answer"] == TAKEN_BACK
    ]
    told += [
        words.say("said.about", about=m.title, words=words.follow_up(looks, m, case.quarter))
        for m in case.measures
        for looks in words.asked_before(case.questions_of(m.name), case.quarter)
        if words.came(looks, m, case.quarter)
    ]
    return f"<h3>{html(words.say('heading.asked'))}</h3>{items(told)}" if told else ""


@in_its_language
@of_protected
def overview(case: Case) -> None:
    """Every measure as a small picture with one word of verdict, on one axis of time."""
    drawn = charts.overview(case.months, measures=[m.name for m in case.measures], quarter=case.quarter)
    tiles = []
    for m in case.measures:
        verdict, seen = case.verdicts.loc[m.name], case.rows(m.name)
        seen = seen[seen["status"].notna()]
        small = words.small_picture(m, seen.tail(charts.MONTHS_SHOWN), case.newest(m.name))
        tiles.append(
            f'<li><a href="#{_anchor(m)}">{html(m.title)}</a>'
            f"{picture(drawn[m.name], small) if m.name in drawn else ''}"
            f"{paragraphs(words.ends(m, seen.tail(charts.MONTHS_SHOWN)), kind='quiet')}"
            f"<strong>{html(words.call_of(verdict, m).capitalize())}</strong></li>"
        )
    publish(
        heading("overview")
        + paragraphs(words.say("caption.overview"), kind="quiet")
        + f'<ul class="overview">{"".join(tiles)}</ul>'
    )


def _anchor(m: Measure) -> str:
    return html(f"measure-{m.name}")


@in_its_language
@of_protected
def summary(case: Case) -> None:
    """All measures in one table."""
    marks = {
        words.say("column.control"): [words.control_icon(case.controls.get(m.name)) for m in case.measures],
        words.say("column.target"): [RAG_MARK.get(_rag(case, m), "") for m in case.measures],
    }
    caption = words.say("caption.summary", quarter=words.quarter(case.quarter))
    publish(
        heading("summary")
        + table(tables.summary(case), caption, kind="summary", marks=marks)
        + paragraphs(words.say("control.note"), *_signs(case), kind="quiet")
        + _others(case)
        + _years(case)
        + _way(case)
    )


def _signs(case: Case) -> list[str]:
    """Say what the signs mean that stand in place of figures; words say it by themselves."""
    used = tables.symbols_used(case).items()
    return [words.say("said.symbol", symbol=sign, meaning=meaning) for sign, meaning in used if " " not in sign]


def _others(case: Case) -> str:
    """Return the rates and percentages beside those of the neighbours, the region and the nation."""
    return table(tables.others(case), words.say("caption.others")) if len(case.others) else ""


def _years(case: Case) -> str:
    """Return the rolling years of the measures with a good direction."""
    rows = tables.years(case)
    last = words.month(case.quarter.asfreq("M", "end"))
    return table(rows, words.say("caption.rolling", month=last)) if len(rows) else ""


def _way(case: Case) -> str:
    """Return how many of each hundred went on to the next step, where the configuration names the steps."""
    if case.funnel is None:
        return ""
    caption = words.say("caption.way", quarter=words.quarter(case.quarter))
    return table(tables.pathway(case), caption) + paragraphs(words.say("said.way"), kind="quiet")


def _rag(case: Case, m: Measure) -> str:
    return case.targets[m.name][0]["rag"] if m.name in case.targets else ""


@in_its_language
@of_protected
def measures(case: Case) -> None:
    """Measure by measure, in the order of the catalogue."""
    publish(heading("measures"))
    paper = charts.paper()
    for m in case.measures:
        _measure(case, m, paper)


@in_its_language
@of_protected
def measure(case: Case, m: Measure) -> None:
    """One measure: its picture, the answer, what would settle it, what stands beside it, the figures."""
    _measure(case, m, charts.paper())


def _measure(case: Case, m: Measure, paper: Figure) -> None:
    verdict, newest = case.verdicts.loc[m.name], case.newest(m.name)
    now = words.asked_on(case.questions_of(m.name), case.quarter)
    more = [
        words.provisional(newest, m),
        *_share(case, m),
        *_target(case, m),
        *_context(case, m),
        words.control(case.controls.get(m.name), m, weekly=_is_weekly(case, m)),
    ]
    publish(
        f'<h3 id="{_anchor(m)}">{html(m.title)}</h3>'
        + _figure(case, m, paper)
        + f"<p><strong>{html(words.answer(verdict, m))}</strong> {html(words.reason(verdict))}</p>"
        + paragraphs(words.evidence(newest.tail(MONTHS_TOLD), m), words.how_sure(verdict), words.will_it_last(now))
        + paragraphs(*_asked(case, m, now), kind="settles")
        + items(more)
        + paragraphs(*words.where_news_from(*_beyond(case, m)), *_where_from(case, m))
        + (comment(words.say("heading.comment"), case.comments.get(m.name, ""), level=4) or _unexplained(case, m))
        + _by_month(case, m)
    )


def _beyond(case: Case, m: Measure) -> tuple[pd.DataFrame, list[pd.Period]]:
    """Return what the parts of a measure differ in from what is usual of them, and in which months."""
    rows = case.beyond[case.beyond["measure"] == m.name]
    return rows, words.months_of_news(case.newest(m.name), case.verdicts.loc[m.name])


def _where_from(case: Case, m: Measure) -> list[str]:
    """Say what the change since the same quarter last year is made of."""
    parts = case.parts[case.parts["measure"] == m.name]
    return words.where_from(contributions(parts, quarter=case.quarter), m)


def _unexplained(case: Case, m: Measure) -> str:
    """Say of a measure that moved or misses its target that the service gives no reason."""
    asks = case.verdicts.loc[m.name, "call"] in words.MOVED or _rag(case, m) in MISSED
    return paragraphs(words.say("comment.none"), kind="quiet") if asks else ""


def _is_weekly(case: Case, m: Measure) -> bool:
    return any(p.freqstr != "M" for p in case.rows(m.name)["period"])


def _asked(case: Case, m: Measure, now: pd.DataFrame) -> list[str]:
    """Say what would settle the question of this page, and of each earlier one what came and what would settle it next."""
    verdict, every = case.verdicts.loc[m.name], case.questions_of(m.name)
    first = len(words.standing(every, verdict, case.quarter)) == len(now)
    told = [words.what_settles(now, m, call=verdict["call"])] if first else []
    for looks in words.asked_before(every, case.quarter):
        parts = words.follow_up(looks, m, case.quarter), words.what_settles(looks, m)
        told.append(" ".join(filter(None, parts)))
    return told


def _by_month(case: Case, m: Measure) -> str:
    """Return the figures of the last years; nothing where there is none to show."""
    if case.rows(m.name)["value"].isna().all():
        return ""
    return table(tables.by_month(case, m), words.say("caption.by_month", title=m.title), kind="months")


def _figure(case: Case, m: Measure, paper: Figure) -> str:
    """Return a measure's picture with its message above it; nothing where there is no figure to draw."""
    verdict, rows, newest = case.verdicts.loc[m.name], case.rows(m.name), case.newest(m.name)
    if rows["value"].isna().all():
        return ""
    seen = rows[rows["status"].notna()]
    chart = charts.chart(
        rows,
        measure=m.name,
        quarter=case.quarter,
        title="",
        events=tuple(case.project.events_for(m.name)),
        percent=m.kind.share,
        on=paper,
    )
    title = words.chart_title(verdict, m, newest)
    plotted = words.chart_subtitle(m, *seen["period"].tail(charts.MONTHS_SHOWN).iloc[[0, -1]])
    return (
        f"<figure><figcaption><strong>{html(title)}</strong> {html(plotted)}</figcaption>"
        f'<div class="scroll" role="group" tabindex="0" aria-label="{html(words.plain(title))}">'
        f"{picture(charts.png(chart), words.alt_text(verdict, m, seen, newest))}</div></figure>"
    )


def _share(case: Case, m: Measure) -> list[str]:
    """Say a percentage's figure with its n, why work was late, what grace would make of it, and its clock."""
    now = case.total(m.name)
    if not m.kind.share or now is None:
        return []
    said = words.say(
        "said.about", about=words.quarter(case.quarter), words=words.on_time(now, m, rounded=case.profile == "rounded")
    )
    return [said, words.why_late(now, m), words.grace(now, m), words.pile(now, m), words.clock(m)]


def _target(case: Case, m: Measure) -> list[str]:
    """Say a target's rating with the reason, whether it is met reliably, and when it will be."""
    if m.name not in case.targets:
        return []
    rated, sure, outlook = case.targets[m.name]
    return [words.rated(rated, m), words.reliably(sure, m, weekly=_is_weekly(case, m)), words.until(outlook, rated)]


def _context(case: Case, m: Measure) -> list[str]:
    """Say how others stand and the nation moved, who came again, and the year so far."""
    others = case.beside(m.name)
    national = case.national.loc[m.name] if m.name in case.national.index else None
    year = case.year.loc[m.name] if m.name in case.year.index else None
    return [
        words.rate(case.total(m.name)) if case.project.population else "",
        words.repeats(case.total(m.name)),
        " ".join(words.among_others(others, m, case.project.neighbours, case.quarter)),
        words.only_us(others, case.verdicts.loc[m.name]),
        words.nation_shows(national, case.project.project.nation, reason=str(case.verdicts.loc[m.name, "reason"])),
        words.year_so_far(year, m, case.quarter),
    ]


@in_its_language
@of_protected
def timeliness(case: Case) -> None:
    """How late: the lateness of each measure that has bands."""
    banded = [m for m in case.measures if m.bands and m.within and case.total(m.name) is not None]
    if banded:
        publish(
            heading("late")
            + "".join(
                table(
                    tables.lateness(case, m),
                    words.say("caption.late", title=m.title, quarter=words.quarter(case.quarter)),
                )
                for m in banded
            )
        )


@in_its_language
@of_protected
def quality(case: Case) -> None:
    """Can we believe the figures?"""
    told = [
        *_late_sign_off(case),
        *(words.restoration(*r) for r in case.restorations if r[2].status != "not affected" and pd.notna(r[2].now)),
        *(
            words.say("said.about", about=m.title, words=p)
            for m in case.measures
            if (p := words.provisional(case.newest(m.name), m))
        ),
        *(words.event(e) for e in case.project.events if pd.Timestamp(e.date) <= case.quarter.end_time),
        *(words.bulk_day(found) for found in case.bulk),
        *words.data_quality(case.quality),
        *(words.assumption(q["dataset"], code) for q in case.quality for code in q["assumed"]),
        *words.gaps(
            [one for one in case.gaps if _is_shown(one, case)], {m.name: m.title for m in case.project.measures}
        ),
        *(
            [words.as_published(largest_small(case.profile) + 1)]
            if case.has_earlier and case.profile != "internal"
            else []
        ),
    ]
    publish(
        heading("quality")
        + paragraphs(*_doubts(case))
        + items(told)
        + paragraphs(words.as_at_note(case.project, case.as_at, newest=case.is_newest), kind="quiet")
    )


def _is_shown(gap: dict, case: Case) -> bool:
    """Say whether what a gap is about is on the page: figures that begin before its tables do need no word."""
    first = case.quarter.end_time - pd.DateOffset(years=tables.YEARS_SHOWN)
    return gap["kind"] != "begins" or pd.Timestamp(gap["periods"][0]) > first


@in_its_language
@of_protected
def record(case: Case) -> None:
    """What earlier pages asked, and how it turned out; what the committee asked for."""
    requests = comment(words.say("heading.requests"), case.comments.get(REQUESTS, ""), level=2)
    if not case.has_earlier:
        if requests:
            publish(requests)
        return
    said = tables.said_and_happened(case)
    scores = [words.calls_held(case.calls), words.questions_held(case.questions), words.turned_out(case.questions)]
    publish(
        heading("record")
        + (table(said, words.say("caption.record", quarter=words.quarter(case.quarter))) if len(said) else "")
        + paragraphs(*scores)
        + ("" if len(said) or any(scores) else paragraphs(words.say("asked.none")))
        + requests
    )


@in_its_language
@of_protected
def limits(case: Case) -> None:
    """What this page does not tell, and how it was made."""
    sources = [f"{s.file} ({s.dataset})" for s in case.sources.itertuples()]
    publish(
        heading("limits")
        + items([*words.LIMITS.values(), words.yardstick()])
        + heading("method")
        + paragraphs(words.method(case.project, case.profile), words.say("said.sources", files=words.listing(sources)))
    )
