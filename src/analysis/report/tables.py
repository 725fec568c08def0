"""Judged rows -> the tables that a reader sees, as text, and the figures that stand beside the page."""

import datetime as dt

import numpy as np
import pandas as pd

from ..classes import CLASSES, HELD, USUAL
from ..config import Measure, band_names
from ..outputs import formula_safe
from ..periods import MONTHS_A_QUARTER, parse_quarter, quarter_code
from ..schema import BANDS, COLUMNS, PUBLISHED, QUARTERS, names
from ..shapes import Case
from . import words
from .words.figures import NONE

YEARS_SHOWN = 5
HIDDEN_BAND = "c"  # the sign of a band, of which nobody says why it is hidden
PERSISTS_DECIMALS = 4  # the versions locked for Python 3.11 and for 3.12 agree to nine: docs/quality.md
LINES = ("lasts_if", "passed_if", "chance")  # of a question, for the quarter after it
FINANCIAL_YEAR = [*range(4, 13), *range(1, 4)]  # its months


def month_columns() -> list[str]:
    """Return the headings of a financial year's months."""
    return [words.short_month(dt.date(2000, m, 1), year=False) for m in FINANCIAL_YEAR]


def _column(name: str) -> str:
    return words.say(f"column.{name}")


@words.in_its_language
def summary(case: Case) -> pd.DataFrame:
    """Return one row a measure: the quarter and those it is compared with, the verdict, the target, and its control."""
    rows = []
    for m in case.measures:
        verdict, now = case.verdicts.loc[m.name], case.total(m.name)
        rows.append(
            {
                _column("measure"): m.title,
                _column("now"): _total(now, m),
                _column("last"): _total(case.total(m.name, 1), m),
                _column("year_ago"): _total(case.total(m.name, 4), m),
                _column("happened"): words.call_of(verdict, m).capitalize(),
                _column("lasts"): words.does_it_last(case.questions_of(m.name), case.quarter) or NONE,
                _column("target"): words.rated(case.targets[m.name][0], m)
                if m.name in case.targets
                else _column("no_target"),
                _column("control"): words.control_words(case.controls.get(m.name)),
                _column("recorded"): words.recorded(case.newest(m.name), verdict),
            }
        )
    return pd.DataFrame(rows)


@words.in_its_language
def years(case: Case) -> pd.DataFrame:
    """Return one row a measure with a good direction: its years, and the year ahead; those of which two are known."""
    figures = {"these_twelve": "year", "twelve_before": "year_before", "two_twelves_before": "two_years_before"}
    chances = {"better_year": "fell", "stays_better": "stays_lower", "better_still": "lower_still"}
    rows = []
    for m in case.measures:
        if m.name not in case.years.index or case.years.loc[m.name, ["year", "year_before"]].isna().any():
            continue
        year = case.years.loc[m.name]
        better = words.better(year, m)
        rows.append(
            {_column("measure"): m.title}
            | {_column(heading): words.number(year[name], m) for heading, name in figures.items()}
            | {
                _column(heading): words.chance(better[name]) if pd.notna(better[name]) else NONE
                for heading, name in chances.items()
            }
        )
    return pd.DataFrame(rows)


@words.in_its_language
def others(case: Case) -> pd.DataFrame:
    """Return one row a measure with a rate or percentage: here, its neighbours, its region and the nation."""
    rows, average = [], case.project.neighbours.average if case.project.neighbours else "median"
    for m in case.measures:
        if (row := case.beside(m.name)) is not None:
            figures = {"here": "here", f"neighbours_{average}": "average", "region": "in_region", "nation": "in_nation"}
            told = {_column(heading): words.rate_or_share(row[name], m) for heading, name in figures.items()}
            shown = words.say("column.shown_of", shown=words.number(row["shown"]), listed=words.number(row["listed"]))
            rows.append(
                {_column("measure"): m.title, _column("of_quarter"): words.quarter(parse_quarter(row["at"]))}
                | told
                | {_column("neighbours_shown"): shown if row["listed"] else NONE}
            )
    table = pd.DataFrame(rows)
    return table.loc[:, (table != NONE).any()]


def _total(row: pd.Series, measure: Measure) -> str:
    return NONE if row is None else words.figure(row, measure)


@words.in_its_language
def by_month(case: Case, measure: Measure) -> pd.DataFrame:
    """Return the figures of the last years: a row a financial year, a column a month; weeks in one column."""
    rows = case.rows(measure.name)[["period", "value", "status", "mark"]]
    rows = rows[pd.PeriodIndex(rows["period"]).start_time <= case.quarter.end_time].tail(YEARS_SHOWN * 12)
    periods = pd.PeriodIndex(rows["period"])
    told = [words.figure(r, measure) for r in rows.to_dict("records")]
    if periods.freqstr != "M":
        return pd.DataFrame(
            {_column("week"): [words.day(p.start_time.date()) for p in periods], _column("figure"): told}
        ).tail(52)
    years: dict[int, list[str]] = {}
    for year, month, figure in zip(periods.year, periods.month, told, strict=True):
        place = FINANCIAL_YEAR.index(month)
        years.setdefault(year - (month < 4), [""] * 12)[place] = figure
    table = [[f"{y}/{(y + 1) % 100:02d}", *figures] for y, figures in years.items()]
    return pd.DataFrame(table[-YEARS_SHOWN:], columns=[_column("year"), *month_columns()])


@words.in_its_language
def lateness(case: Case, measure: Measure) -> pd.DataFrame:
    """Return how late: a row a band with count and share, for the quarter."""
    row = case.total(measure.name)
    names = [n for n in band_names(measure.bands) if row is not None and n in row]
    return pd.DataFrame(
        [
            {
                _column("when"): words.band(n, measure.bands, row),
                _column("number"): words.number(row[n]) if pd.notna(row[n]) else HIDDEN_BAND,
                _column("share"): words.number(row[n] / (row["denominator"] or np.nan), measure)
                if pd.notna(row[n])
                else HIDDEN_BAND,
            }
            for n in names
        ]
    )


@words.in_its_language
def said_and_happened(case: Case) -> pd.DataFrame:
    """Return what earlier pages said and asked that this one answers: what was said, what came, what it means.

    Calls are those of the page before; of those that it called usual, and that held, one row tells.
    """
    rows, usual = [], []
    last = case.calls[case.calls["asked"] == quarter_code(case.quarter - 1)].set_index("measure")
    for m in [m for m in case.measures if m.name in last.index]:
        call = last.loc[m.name]
        if call["call"] == USUAL and call["answer"] == HELD:
            usual.append((m, call))
            continue
        now = words.call_of(case.verdicts.loc[m.name], m)
        rows.append(_call_row(m.title, words.called(call, m), call["said"], words.say("held.now", call=now), call))
    if usual:
        titles, (m, call) = [m.title for m, _ in usual], usual[0]
        said = float(np.mean([c["said"] for _, c in usual]))
        rows.append(_call_row(words.listing(titles), words.called(call, m), said, words.say("held.nothing"), call))
    for m in case.measures:
        for looks in words.asked_before(case.questions_of(m.name), case.quarter, all_=True):
            rows.append(
                {
                    _column("measure"): m.title,
                    _column("asked"): words.asked(looks),
                    _column("said"): words.chance(looks["said"].iloc[0]),
                    _column("came"): words.sentence(words.came(looks, m, case.quarter)),
                    _column("means"): words.sentence(words.it_means(looks, case.quarter)),
                }
            )
    return pd.DataFrame(rows)


def _call_row(title: str, called: str, said: float, came: str, call: pd.Series) -> dict[str, str]:
    cells = {"measure": title, "asked": called, "said": words.chance(said), "came": words.sentence(came)}
    means = words.say(f"held.{call['answer'] or 'open'}")
    return {_column(name): cell for name, cell in (cells | {"means": words.sentence(means)}).items()}


@words.in_its_language
def pathway(case: Case) -> pd.DataFrame:
    """Return the way through the service: a row a stage, with what came of each hundred of the stage before."""
    now, before = (
        case.funnel[case.funnel["period"] == p].set_index("measure") for p in (case.quarter, case.quarter - 4)
    )
    return pd.DataFrame(
        [
            {
                _column("stage"): case.project.measure(name).title,
                _column("now"): _total(case.total(name), case.project.measure(name)),
                _column("conversion"): _of_hundred(now, name),
                _column("conversion_before"): _of_hundred(before, name),
            }
            for name in now.index
        ]
    )


def _of_hundred(stages: pd.DataFrame, name: str) -> str:
    known = name in stages.index and pd.notna(stages.loc[name, "conversion"])
    return words.number(100 * stages.loc[name, "conversion"]) if known else NONE


def figures(case: Case) -> pd.DataFrame:
    """Return every published figure, tidy: one row a measure and period, months then quarters.

    Expected ranges stand on months; the verdict, and the lines of the next quarter that would settle its question, on the
    page's own quarter.
    """
    months = case.months[case.months["status"].notna()]  # the months ahead hold no figure
    table = pd.concat([months.astype({"period": object}), case.quarters.astype({"period": object})], ignore_index=True)
    newest = table["period"].map(lambda p: p.freqstr.startswith("Q")) & (table["period"] == case.quarter)
    looks = words.asked_on(case.questions, case.quarter)
    lines = looks[looks["months"] == MONTHS_A_QUARTER].set_index("measure")[list(LINES)]
    verdicts = case.verdicts[["call", "persists", *CLASSES, "question"]].join(lines)
    for column in verdicts:
        table[column] = table["measure"].map(verdicts[column]).where(newest)
    rounded = ["persists", *CLASSES, "chance"]
    table[rounded] = table[rounded].astype(float).round(PERSISTS_DECIMALS)
    about = {m.name: m for m in case.measures}
    table["title"] = [formula_safe(about[name].title) for name in table["measure"]]
    table["unit"] = [_unit(about[name]) for name in table["measure"]]
    ends = zip(table["measure"], table["period"], strict=True)
    targets = [about[name].target_on(period.end_time.date()) for name, period in ends]
    table["target"] = [np.nan if target is None else target.value for target in targets]
    table["period"] = table["period"].map(_period_code)
    table["area"] = table["area"].map(formula_safe)
    table[["call", "question"]] = table[["call", "question"]].fillna("")
    titles = {c.name: c.title for c in COLUMNS if c.title}
    return table.rename(columns=titles)[list(PUBLISHED)]


def _unit(measure: Measure) -> str:
    """Return in what a measure's figures are told: of a share a fraction of one, of a count what is counted."""
    return "share" if measure.kind.share else measure.unit if measure.kind.count else measure.kind.name


@words.in_its_language
def symbols_used(case: Case) -> dict[str, str]:
    """Return what the signs mean that stand in place of figures."""
    seen = pd.concat([t[["status", "mark"]] for t in (case.quarters, case.months)]).dropna().drop_duplicates()
    used = {words.sign(row): words.sign_means(row) for row in seen.sort_values(["status", "mark"]).to_dict("records")}
    bands = names(QUARTERS, among=case.quarters, name=BANDS)
    if case.profile != "internal" and case.quarters[bands].isna().any(axis=None):
        used.setdefault(HIDDEN_BAND, words.SYMBOL_WORDS[HIDDEN_BAND])
    return {sign: used[sign] for sign in sorted(used) if used[sign]}


def _period_code(period: pd.Period) -> str:
    if period.freqstr == "M":
        return str(period)
    return quarter_code(period) if period.freqstr.startswith("Q") else period.start_time.date().isoformat()
