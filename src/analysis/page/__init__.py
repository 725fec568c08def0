"""The page's parts, as a notebook calls them. What is shown here is stamped for release; nothing else reaches the page."""

from collections.abc import Callable
from functools import wraps

import pandas as pd
from IPython.display import display

from .. import charts, tables, words
from ..catalogue import Measure
from ..disclose import require_sealed
from ..shapes import Case
from ..words import html, in_its_language

STAMP = {"release": True}
MONTHS_TOLD = 3  # of a weekly series, the newest weeks
SUSPECT = 0.3  # probability of a recording break from which the page names it: "unlikely" and more on the yardstick
FALSE_ALARMS = 0.12  # share of unchanged simulated series that are not called usual: docs/methods.md, "Calls"
NUMBERED = ("now", "last", "year_ago", "rate", "number", "share", "figure")


def of_protected(section: Callable[..., None]) -> Callable[..., None]:
    """Make a section refuse a case whose figures were not protected."""

    @wraps(section)
    def shown(case: Case, *more) -> None:
        require_sealed(case)
        section(case, *more)

    return shown


def publish(markup: str) -> None:
    """Put markup on the page. Everything in it that comes from data or configuration is escaped before it gets here."""
    display({"text/html": markup}, raw=True, metadata=STAMP)


def publish_picture(figure, alt: str) -> None:
    """Put a picture on the page, with its text alternative."""
    import base64

    display(
        {"image/png": base64.b64encode(charts.png(figure)).decode()},
        raw=True,
        metadata={**STAMP, "image/png": {"alt": alt}},
    )


def table(frame: pd.DataFrame, caption: str) -> str:
    """Return a table that a screen reader can follow: caption, scoped headings, the first column as row headings."""

    numbered = {*(words.say(f"column.{name}") for name in NUMBERED), *tables.month_columns()}

    def cell(column, text, tag, scope=""):
        number = ' class="n"' if column in numbered else ""
        return f"<{tag}{scope}{number}>{html(str(text))}</{tag}>"

    head = "".join(cell(c, c, "th", ' scope="col"') for c in frame)
    body = "".join(
        "<tr>"
        + "".join(
            cell(c, v, "th", ' scope="row"') if i == 0 else cell(c, v, "td")
            for i, (c, v) in enumerate(zip(frame, row, strict=True))
        )
        + "</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{html(words.plain(caption))}">'
        f"<table><caption>{html(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def heading(name: str) -> str:
    """Return a section's heading."""
    return f"<h2>{html(words.say(f'heading.{name}'))}</h2>"


def paragraphs(*texts: str, kind: str = "") -> str:
    """Return each text that is not empty as a paragraph."""
    mark = f' class="{kind}"' if kind else ""
    return "".join(f"<p{mark}>{html(t)}</p>" for t in texts if t)


# -- the sections, in the order in which a reader meets them --------------------------------------------------------


@in_its_language
@of_protected
def answers(case: Case) -> None:
    """The first screen: whose page, which quarter, and the answer to the committee's question."""
    calls = case.verdicts["call"]
    title = {m.name: m.title for m in case.measures}
    moved = [m for m in case.measures if calls[m.name] not in (words.USUAL, words.TOO_LITTLE)]
    parts = [
        f"<h1>{html(words.page_title(case.project.project.name, case.area, case.quarter))}</h1>",
        paragraphs(words.status_line(case.project, case.as_at), kind="quiet"),
        f"<h2>{html(words.question(case.verdicts))}</h2>",
    ]
    for m in moved:
        verdict = case.verdicts.loc[m.name]
        settles = words.what_settles(verdict, m)
        parts.append(
            f'<div class="answer"><p><strong>{html(words.answer(verdict, m))}</strong> '
            f"{html(words.evidence(case.newest(m.name).tail(2), m))} {html(words.first_sure(verdict))}</p>"
            f"{paragraphs(settles, kind='settles')}</div>"
        )
    usual = [title[n] for n in title if calls[n] == words.USUAL]
    little = [title[n] for n in title if calls[n] == words.TOO_LITTLE]
    parts.append(paragraphs(*(words.moved_apart(row, title) for _, row in case.opposite.iterrows())))
    parts.append(paragraphs(words.nothing_else(usual, little, FALSE_ALARMS * len(title), len(title))))
    publish("".join(parts))


@in_its_language
@of_protected
def summary(case: Case) -> None:
    """All measures in one table."""
    publish(
        heading("summary")
        + table(tables.summary(case), words.say("caption.summary", quarter=words.quarter(case.quarter)))
        + paragraphs(words.rate_note(case.project), *tables.symbols_used(case), kind="quiet")
    )


@in_its_language
@of_protected
def measures(case: Case) -> None:
    """Measure by measure, in the order of the catalogue."""
    publish(heading("measures"))
    for m in case.measures:
        measure(case, m)


@in_its_language
@of_protected
def measure(case: Case, m: Measure) -> None:
    """One measure: its picture, the sentences, what would settle it, the figures."""
    verdict, rows, newest = case.verdicts.loc[m.name], case.rows(m.name), case.newest(m.name)
    publish(f"<h3>{html(m.title)}</h3>")
    if rows["value"].notna().any():
        seen = rows[rows["status"].notna()]
        figure = charts.chart(
            rows,
            measure=m.name,
            quarter=case.quarter,
            title=words.plain(words.chart_title(verdict, m, newest)),
            subtitle=words.chart_subtitle(
                m, seen["period"].iloc[max(0, len(seen) - charts.MONTHS_SHOWN)], seen["period"].iloc[-1]
            ),
            events=tuple(case.project.events_for(m.name)),
            percent=m.type == "percent",
        )
        publish_picture(figure, words.plain(words.alt_text(verdict, m, seen, newest)))
    publish(
        f"<p><strong>{html(words.answer(verdict, m))}</strong> {html(str(verdict['reason']))}</p>"
        + paragraphs(words.evidence(newest.tail(MONTHS_TOLD), m), words.how_sure(verdict), words.will_it_last(verdict))
        + paragraphs(words.what_settles(verdict, m), kind="settles")
        + paragraphs(words.provisional(newest, m), *_share(case, m), *_target(case, m), *_context(case, m))
        + table(tables.by_month(case, m), words.say("caption.by_month", title=m.title))
    )


def _share(case: Case, m: Measure) -> list[str]:
    """Say a percentage's figure with its n, why work was late, what grace would make of it, and its clock."""
    now = case.total(m.name)
    if m.type != "percent" or now is None:
        return []
    said = words.say("said.about", about=words.quarter(case.quarter), words=words.on_time(now, m))
    return [said, words.why_late(now, m), words.grace(now, m), words.pile(now, m), words.clock(m)]


def _target(case: Case, m: Measure) -> list[str]:
    """Say a target's rating with the reason, whether it is met reliably, and when it will be."""
    if m.name not in case.targets:
        return []
    rated, sure, outlook = case.targets[m.name]
    return [words.rated(rated, m), words.reliably(sure, m), words.until(outlook, rated)]


def _context(case: Case, m: Measure) -> list[str]:
    """Say what the change is made of, how the nation moved, and the year so far."""
    national = case.national.loc[m.name] if m.name in case.national.index else None
    year = case.year.loc[m.name] if m.name in case.year.index else None
    return [
        *words.where_from(case.parts[case.parts["measure"] == m.name], m),
        words.repeats(case.total(m.name)),
        words.nation_shows(national, case.project.project.nation),
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
    titles = {m.name: m.title for m in case.measures}
    breaks = [words.shared_break(row, titles) for _, row in case.breaks.iterrows()]
    named = {name for names in case.breaks["measures"] for name in names}
    chances = [(m, case.verdicts.loc[m.name, words.RECORDING]) for m in case.measures if m.name not in named]
    suspect = [(m.title, p) for m, p in chances if p >= SUSPECT]
    late = [(m, now) for m in case.measures if (now := case.total(m.name)) is not None]
    told = [
        *(f"{m.title}. {words.why_late(now, m)}" for m, now in late if words.signed_off_late(now)),
        *(words.restoration(*r) for r in case.restorations if r[2].status != "not affected" and pd.notna(r[2].now)),
        *(
            words.say("said.about", about=m.title, words=p)
            for m in case.measures
            if (p := words.provisional(case.newest(m.name), m))
        ),
        *(words.event(e) for e in case.project.events if pd.Timestamp(e.date) <= case.quarter.end_time),
        *(words.bulk_day(found) for found in case.bulk),
        *words.data_quality(case.quality),
    ]
    publish(
        heading("quality")
        + paragraphs(*breaks, *([words.looks_like_recording(suspect)] if suspect or not breaks else []))
        + "<ul>"
        + "".join(f"<li>{html(t)}</li>" for t in told)
        + "</ul>"
        + paragraphs(words.as_at_note(case.project, case.as_at), kind="quiet")
    )


@in_its_language
@of_protected
def record(case: Case) -> None:
    """What was said last quarter, and how it turned out."""
    said = tables.said_and_happened(case)
    publish(
        heading("record")
        + (
            table(said, words.say("caption.record", quarter=words.quarter(case.quarter - 1)))
            if len(said)
            else paragraphs(words.say("said.nothing"))
        )
    )


@in_its_language
@of_protected
def limits(case: Case) -> None:
    """What this page does not tell, and how it was made."""
    sources = [f"{s.file} ({s.dataset})" for s in case.sources.itertuples()]
    publish(
        heading("limits")
        + "<ul>"
        + "".join(f"<li>{html(t)}</li>" for t in words.LIMITS.values())
        + "</ul>"
        + heading("method")
        + paragraphs(words.method(case.project, case.profile), words.say("said.sources", files=words.listing(sources)))
    )
