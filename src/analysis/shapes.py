"""The shapes that pass from step to step, so that no step needs to know another."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from operator import ge, gt, le, lt

import numpy as np
import pandas as pd

from .classes import LASTS, OPEN, PASSED
from .config import Catalogue, Condition, Conditions, Dataset, Measure, on_a_day
from .periods import MONTHS_A_QUARTER, numbered, parse_quarter, quarter_of
from .schema import EXPECTED, MONTHS, VERDICTS, declared, names, require

FACT = 12  # months of a quarter after which its question is a fact
NOT_RECORDED = "not recorded"  # stands for a blank in a column of groups
BLANKS = ("", NOT_RECORDED)
COMPARED = {"at_least": ge, "at_most": le, "above": gt, "below": lt}
NATION, REGION = "nation", "region"
LEVELS = {"nation": NATION, "countr": NATION, "region": REGION}  # how the words of published levels begin
SOURCE_COLUMNS = ["file", "sheet", "line"]
AUDIT_COLUMNS = [*SOURCE_COLUMNS, "column", "code", "before", "after"]
QUARANTINE_COLUMNS = [*SOURCE_COLUMNS, "code", "original"]


def csv_line(fields: Iterable) -> str:
    """Write fields as one line of CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()


def two_columns(rows: dict[str, str]) -> str:
    """Return names and values as a table for a notebook, escaped."""
    left = ' style="text-align:left"'
    cells = (f"<tr><th{left}>{escape(n)}</th><td{left}>{escape(v)}</td></tr>" for n, v in rows.items() if v)
    return f"<table>{''.join(cells)}</table>"


@dataclass(frozen=True)
class TextTable:
    """What came in.

    Attributes
    ----------
    dataset : str
        Name of the dataset in the catalogue.
    rows : pandas.DataFrame
        One text column a role, and `file`, `sheet`, `line` (physical line, from 1).
    sources : pandas.DataFrame
        One row a file or sheet: file, sheet, rows_in, sha256.
    audit : pandas.DataFrame
        What was changed in reading, with its code.
    quarantine : pandas.DataFrame
        Rows that could not be read, with their original text and code.
    categories : dict
        The user's own mapping, raw (folded) to category; empty where there is none.
    beside : pandas.DataFrame
        Of counts: the columns that no role names, by heading, row by row. They end in `clean`, which says from them
        why two rows stand for one period.
    """

    dataset: str
    rows: pd.DataFrame
    sources: pd.DataFrame
    audit: pd.DataFrame
    quarantine: pd.DataFrame
    categories: dict[str, str] = field(default_factory=dict)
    beside: pd.DataFrame = field(default_factory=pd.DataFrame)

    def _repr_html_(self) -> str:
        return self.sources.to_html(index=False)


@dataclass(frozen=True)
class Cleaned:
    """Typed records and what happened on the way.

    Attributes
    ----------
    dataset : str
    records : pandas.DataFrame
        A typed column a role; for counts also `status` ("" where the value is a number).
    audit, quarantine : pandas.DataFrame
        Restricted: they hold values from the input.
    sources : pandas.DataFrame
        file, sheet, rows_in, sha256.
    """

    dataset: str
    records: pd.DataFrame
    audit: pd.DataFrame
    quarantine: pd.DataFrame
    sources: pd.DataFrame

    @property
    def summary(self) -> dict:
        """Rows in, kept and quarantined, and how often each code was given."""
        codes = pd.concat([self.audit["code"], self.quarantine["code"]]).value_counts().sort_index()
        return {
            "rows_in": len(self.records) + len(self.quarantine),
            "kept": len(self.records),
            "quarantined": len(self.quarantine),
            "codes": {c: int(n) for c, n in codes.items()},
        }

    def _repr_html_(self) -> str:
        titles = {"rows in": "rows_in", "kept": "kept", "set aside": "quarantined"}
        counted = {name: self.summary[key] for name, key in titles.items()} | self.summary["codes"]
        return pd.Series(counted, name=self.dataset).to_frame().to_html()


@dataclass(frozen=True)
class ControlChart:
    """What the public sector's control chart says of a measure's newest month.

    Attributes
    ----------
    points : int
        Months with a figure that set the lines.
    mean, lower, upper : float
        Centre line and process limits, in the measure's unit.
    variation : str
        "common_cause", or "special_cause_" and improvement, concern, neutral_high or neutral_low.
    rule : str
        The rule that names the special cause, in the standard's own words.
    assurance : str or None
        "consistent_pass", "consistent_fail" or "inconsistent"; None where there is no target.
    """

    points: int
    mean: float
    lower: float
    upper: float
    variation: str
    rule: str
    assurance: str | None


@dataclass(frozen=True)
class Counted:
    """The cases of one dataset that count by one date, and in which counts.

    Attributes
    ----------
    clock : str
        The date by which they count.
    counts : list of (measure, part)
    children : set of int
        The numbers of those counts in which a child counts once.
    marks : pandas.DataFrame
        record, count (its number), on (a day), area and child (their numbers, below nothing where there is none).
    areas : list of str
    """

    clock: str
    counts: list[tuple[str, str]]
    children: set[int]
    marks: pd.DataFrame
    areas: list[str]


@dataclass(frozen=True)
class Case:
    """What one report is about: one area and quarter of a project, as it may be published.

    Attributes
    ----------
    project : Catalogue
    quarter : pandas.Period
    area, profile : str
    as_at : datetime.date
    months : pandas.DataFrame
        Protected measured table up to the quarter, by month or week; once judged also the expected ranges,
        and the three months ahead.
    quarters : pandas.DataFrame
        As `months`, by financial quarter.
    hidden, totals : pandas.DataFrame or None
        Between which values hidden counts lie, for all that the page says, and what quarters of which a month is hidden come
        to: for `judge_table`.
    has_earlier : bool
        Pages of earlier quarters were made.
    is_newest : bool
        The as-at date is the newest date in the data, and nobody gave it.
    quality : list of dict
        Of all datasets (named "") and by dataset: how many rows were kept, quarantined, outside the time of the figures, or
        later than the day of the page, with the reasons, and the codes of what is assumed; numbers to the nearest ten on
        a public page, None where they are few.
    sources : pandas.DataFrame
        dataset, file.
    bulk : list of dict
        Days on which far more was entered or closed than usual: dataset, role, date, count, usual.
    gaps : list of dict
        Figures that are missing, and measures: measure, kind, why, of (areas), periods.
    seal : dict of str
        The mark of each protected table (`disclosure.seal`): a page refuses others.
    questions : pandas.DataFrame
        What this page asks, and what those before it asked: a row a question and look, as they were printed.
    calls : pandas.DataFrame
        What this page calls its measures, and what those before it did: a row a call, with what the page after it said.
    others : pandas.DataFrame
        Beside each measure's rate or percentage those of the area's neighbours, its region and the nation.
    verdicts : pandas.DataFrame or None
        One row a measure; `earlier`: where the question of an earlier page stands that was asked of the same side.
    breaks : pandas.DataFrame or None
        Breaks of recording that several measures share.
    restorations : list of (Measure, Event, Restoration)
        When what an event did to recording is over.
    targets : dict of (Series, Assurance or None, float or None)
        By measure: the quarter rated against its target, whether it is met reliably, and how likely within a year.
    controls : dict of ControlChart
        By measure; only of those with enough figures.
    parts : pandas.DataFrame
        What the figures of the quarter, its months and those before them are made of, by role and part; missing where it is
        hidden.
    comments : dict of str to str
        What the service says of each measure, and under "Revised" why the page was issued again: safe HTML.
    year, opposite, national, funnel : pandas.DataFrame or None
        The financial year so far; stocks that moved against each other; what the nation shows of each change;
        this quarter's and last year's way through the service.
    years : pandas.DataFrame or None
        Of measures with a good direction: the twelve months up to the quarter, those before them, and the year ahead.
    beyond : pandas.DataFrame or None
        By how much the parts of the months that made the news differ from what is usual of them.
    """

    project: Catalogue
    quarter: pd.Period
    area: str
    profile: str
    as_at: dt.date
    months: pd.DataFrame
    quarters: pd.DataFrame
    quality: list[dict]
    sources: pd.DataFrame
    bulk: list[dict]
    parts: pd.DataFrame
    questions: pd.DataFrame
    calls: pd.DataFrame
    others: pd.DataFrame
    seal: dict[str, str]
    hidden: pd.DataFrame | None = None
    totals: pd.DataFrame | None = None
    is_newest: bool = False
    has_earlier: bool = False
    gaps: list[dict] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)
    verdicts: pd.DataFrame | None = None
    breaks: pd.DataFrame | None = None
    restorations: list = field(default_factory=list)
    targets: dict[str, tuple] = field(default_factory=dict)
    controls: dict[str, ControlChart] = field(default_factory=dict)
    year: pd.DataFrame | None = None
    opposite: pd.DataFrame | None = None
    national: pd.DataFrame | None = None
    funnel: pd.DataFrame | None = None
    years: pd.DataFrame | None = None
    beyond: pd.DataFrame | None = None

    def judged(self, verdicts: pd.DataFrame, expected: pd.DataFrame) -> "Case":
        """Return the case with its verdicts, and the expected ranges joined to the months."""
        require(expected, names(EXPECTED), of="Case.judged: expected")
        require(verdicts, names(VERDICTS), of="Case.judged: verdicts")
        # by number: months and weeks, which one report may hold, have no order among each other
        left, right = declared(self.months, MONTHS), declared(expected, EXPECTED)
        left, right = (t.assign(n=numbered(t["period"])["n"]) for t in (left, right))
        months = left.merge(right, on=["measure", "area", "n"], how="outer", validate="1:1", suffixes=("", "_expected"))
        months["period"] = months["period"].fillna(months["period_expected"])
        months = months.drop(columns=["n", "period_expected"])
        verdicts = declared(verdicts, VERDICTS).set_index("measure")
        earlier = [self._earlier(name, up) for name, up in (verdicts["change"] > 0).items()]
        return replace(self, months=months, verdicts=verdicts.assign(earlier=earlier))

    def _earlier(self, measure: str, up: bool) -> str:
        """Return where the newest question stands that earlier pages asked of a measure and side; empty: none runs."""
        mine = self.questions_of(measure)
        if mine.empty:
            return ""
        asked = mine["asked"].map(parse_quarter)
        running = mine[(mine["up"] == up) & (asked < self.quarter) & (self.quarter <= asked + FACT // MONTHS_A_QUARTER)]
        return state_of(running[running["asked"] == running["asked"].max()]) if len(running) else ""

    @cached_property
    def measures(self) -> list[Measure]:
        """The measures of which this area has figures, in the order of the catalogue."""
        present = set(self.months["measure"])
        return [m for m in self.project.measures if m.name in present]

    @cached_property
    def _by_measure(self) -> dict[str, pd.DataFrame]:
        return {name: rows.sort_values("period") for name, rows in self.months.groupby("measure", sort=False)}

    @cached_property
    def _newest(self) -> dict[str, pd.DataFrame]:
        quarters = {name: quarter_of(pd.PeriodIndex(rows["period"])) for name, rows in self._by_measure.items()}
        return {name: rows[quarters[name] == self.quarter] for name, rows in self._by_measure.items()}

    @cached_property
    def _at(self) -> dict[tuple[str, pd.Period], int]:
        keys = zip(self.quarters["measure"], self.quarters["period"], strict=True)
        return {key: i for i, key in enumerate(keys)}

    def rows(self, measure: str) -> pd.DataFrame:
        """Return the months of one measure, in order: a copy, so that nothing put into it reaches the page."""
        return self._by_measure.get(measure, self.months.iloc[:0]).copy(deep=False)

    def newest(self, measure: str) -> pd.DataFrame:
        """Return the quarter's months of one measure, as a copy, too."""
        return self._newest.get(measure, self.months.iloc[:0]).copy(deep=False)

    def questions_of(self, measure: str) -> pd.DataFrame:
        """Return the questions of one measure."""
        return self.questions[self.questions["measure"] == measure]

    def beside(self, measure: str) -> pd.Series | None:
        """Return a measure's row among others' figures, or None where there is none."""
        rows = self.others[self.others["measure"] == measure]
        return None if rows.empty else rows.iloc[0]

    def total(self, measure: str, quarters_ago: int = 0) -> pd.Series | None:
        """Return the row of one whole quarter, or None where the series does not reach."""
        at = self._at.get((measure, self.quarter - quarters_ago))
        return None if at is None else self.quarters.iloc[at]

    def _repr_html_(self) -> str:
        table = pd.DataFrame({"measure": [m.title for m in self.measures]}, index=[m.name for m in self.measures])
        table[str(self.quarter)] = [getattr(self.total(name), "value", None) for name in table.index]
        if self.verdicts is not None:
            table = table.join(self.verdicts[["call", "persists", "change"]])
        return (
            f"<p>{escape(self.area)}, as at {self.as_at}</p>{table.to_html(na_rep='', float_format='{:,.4g}'.format)}"
        )


def rows_of(measure: Measure, records: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that a measure is about: those that its `where` lets through, as far as it depends on no day."""
    return rows_that(records, measure.where)


def rows_that(records: pd.DataFrame, conditions: Conditions) -> pd.DataFrame:
    """Return the rows that meet conditions, leaving out those that depend on a day."""
    for role, condition in conditions.items():
        if not on_a_day(role, condition, records):
            records = records[values_meet(records[role], condition)]
    return records


def values_meet(values: pd.Series, condition: Condition) -> pd.Series:
    """Say which values meet a condition on words or numbers; a number that is missing meets no comparison."""
    tests = [pd.Series(True, values.index)]
    if condition.is_ is not None:
        tests.append(values.isin(condition.is_))
    if condition.not_ is not None:
        tests.append(~values.isin(condition.not_))
    if condition.given is not None:
        tests.append((values.notna() & ~values.isin(BLANKS)) == condition.given)
    tests += [COMPARED[name](values, limit) for name, limit in condition.limits.items()]
    return pd.Series(np.logical_and.reduce(tests), values.index)


def by_area(records: pd.DataFrame, whole: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the whole with all rows, then each area with its own."""
    yield whole, records
    if "area" in records:
        yield from ((area, rows) for area, rows in records.groupby("area", sort=True) if area != whole)


def areas_holding(records: pd.DataFrame) -> dict[str, str]:
    """Return the areas that hold others, as the level says that stands beside each: ``nation`` or ``region``."""
    if not {"area", "level"} <= set(records):
        return {}
    rows = records.drop_duplicates("area", keep="last")
    words = dict(zip(rows["area"], rows["level"].str.strip().str.casefold(), strict=True))
    return {area: of for area, word in words.items() for begins, of in LEVELS.items() if word.startswith(begins)}


def as_known(records: pd.DataFrame, dataset: Dataset, as_at: dt.date) -> pd.DataFrame:
    """Return the records as they stood at the end of `as_at`: later rows are out, later dates unknown."""
    after = pd.Timestamp(as_at) + pd.Timedelta(days=1)
    if "snapshot" in records:
        taken = records["snapshot"]
        records = records[taken == taken[taken < after].max()]
    if dataset.kind == "counts":
        published = records["period"].dt.end_time + pd.Timedelta(days=dataset.published_after_days)
        return records[published < after]
    if "recorded" in records:
        records = records[~(records["recorded"] >= after)]
    happened = {r: records[r].mask(records[r] >= after) for r in dataset.happened_roles if r in records}
    records = records.assign(**happened)
    if not happened:
        return records
    return records[records[[*happened, *({"due"} & set(records))]].notna().any(axis=1)]


def state_of(looks: pd.DataFrame) -> str:
    """Return the answer that a question has by its looks: the fact where there is one, else the first that settled it."""
    fact = looks.loc[looks["months"] == FACT, "answer"]
    if fact.isin([LASTS, PASSED]).any():
        return str(fact.iloc[0])
    settled = looks.loc[looks["answer"].isin([LASTS, PASSED]), "answer"]
    return str(settled.iloc[0]) if len(settled) else OPEN
