"""A whole configuration: the project, its datasets and measures, its events.

Titles, units and polarity live here and reach the page at show time; no other module names a measure.
"""

import datetime as dt
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from ..errors import Refused, nearest
from ..kinds import KINDS, SHARED, Kind
from .conditions import UNITS, Conditions
from .datasets import NOT_COUNTED_BY, Dataset
from .keys import Date, LocalPath, Name, Table, Text
from .returns import Return

OPEN_BAND = "late_open"  # overdue and not done when the report was made
ON_TIME_BAND = "on_time"
LATE_BAND = "late_"  # how the others begin
NO_CHILDREN = "other"  # unit of given figures behind which no child stands: posts, days, money
FEW = 20  # a percentage of fewer is not judged: docs/methods.md


def _is_kind(name: str) -> str:
    if name not in KINDS:
        raise ValueError(f"must be one of {', '.join(KINDS)}.{nearest(name, KINDS, list_all=False)}")
    return name


Language = Literal["en", "cy"]  # Welsh is a draft
Titles = dict[Language, Text]  # by language, in place of `title` on a page in it
KindName = Annotated[str, AfterValidator(_is_kind)]


class Within(Table):
    """A clock and its limit: the start is day 0, on time when the count is at most the limit."""

    working_days: int | None = Field(None, ge=0, le=1000)
    hours: float | None = Field(None, gt=0, le=24 * 366)
    start: Name = Field(alias="from")
    end: Name = Field(alias="to")

    @model_validator(mode="after")
    def _has_one_limit(self) -> Self:
        if (self.working_days is None) == (self.hours is None):
            raise ValueError("give either `working_days` or `hours`")
        return self


class Target(Table):
    """A level to be met from a date on."""

    start: Date = Field(alias="from")
    value: float = Field(allow_inf_nan=False)
    kind: Literal["local", "national"] = "local"


class Length(Table):
    """The time from a date of a row to the day on which it counts, of which there is a mean."""

    start: Name = Field(alias="from")
    unit: Literal[UNITS]  # type: ignore[valid-type]


class Measure(Table):
    """What is counted, how, and which way is better."""

    name: Name
    title: Text
    titles: Titles = {}
    dataset: Name
    type: KindName
    date: Name | None = None
    where: Conditions = {}
    share: Conditions = {}  # which of the rows that count are the numerator
    length: Length | None = None
    extracts: bool = False  # a figure for the day of each extract alone
    unit: Literal["rows", "children", "other"] = "rows"
    polarity: Literal["increase", "decrease", "none"] = "none"
    breakdown: list[Name] = []
    within: Within | None = None
    cohort: Literal["due", "completed"] = "due"
    bands: list[Annotated[int, Field(gt=0, le=1000)]] = []
    target: list[Target] = []
    comparator: Name | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.bands != sorted(set(self.bands)):
            raise ValueError("`bands` are working days late in rising order, for example [2, 5, 10]")
        if self.within and (self.kind.counted_by != SHARED or self.kind.at_end):
            timed = " or ".join(f'"{k.name}"' for k in KINDS.values() if k.counted_by == SHARED and not k.at_end)
            raise ValueError(f"`within` belongs to a measure of type {timed}")
        if self.share and not self.kind.share:
            shares = " or ".join(f'"{k.name}"' for k in KINDS.values() if k.share)
            raise ValueError(f"`share` belongs to a measure of type {shares}")
        if self.share and self.within:
            raise ValueError("`within` and `share` each say what the numerator is; give one of them")
        if self.share and not self.kind.at_end and self.unit == "children":
            raise ValueError("a share of a period's rows counts rows; leave `unit` out")
        if self.length and not self.kind.averages:
            means = " or ".join(f'"{k.name}"' for k in KINDS.values() if k.averages)
            raise ValueError(f"`length` belongs to a measure of type {means}")
        if self.extracts and not self.kind.at_end:
            at_end = " or ".join(f'"{k.name}"' for k in KINDS.values() if k.at_end)
            raise ValueError(f"`extracts` is for what is open on a day, a measure of type {at_end}")
        if self.extracts and self.breakdown:
            raise ValueError("`breakdown` compares a quarter with another, of which extracts say too little")
        if self.within and self.within.start == self.within.end:
            raise ValueError("`within` runs from one date to another; `from` and `to` are the same")
        if len({(t.start, t.kind) for t in self.target}) < len(self.target):
            raise ValueError("two targets of one kind begin on the same day")
        if self.kind.share and any(not 0 <= t.value <= 1 for t in self.target):
            raise ValueError("a target of a percentage lies between 0 and 1, for example 0.90")
        return self

    @property
    def kind(self) -> Kind:
        """What sets a measure of this type apart."""
        return KINDS[self.type]

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that a dataset of cases must have: of an extract's day nothing need have begun or ended."""
        if self.kind.averages and not self.length:
            return (*self.kind.columns, "value")
        return () if self.extracts else self.kind.columns

    def target_on(self, day: dt.date) -> Target | None:
        """Return the target in force on `day`, the latest begun; a local one before a national one."""
        begun = [t for t in self.target if t.start <= day]
        return max(begun, key=lambda t: (t.kind == "local", t.start), default=None)


class Project(Table):
    """Whose report this is, and what was known when."""

    name: Text
    nation: Literal["england", "wales"]
    language: Language = "en"
    as_at: Date | None = None
    reporting_lag_days: int = Field(12, ge=0, le=366)
    funnel: list[Name] = []  # flows in the order of the way through the service: contacts, referrals, assessments
    standard: Literal["core", "all", "none"] | None = (
        None  # measures; left out: core, where the file defines none of its own
    )
    note: Text | None = None  # stands under the page's title, such as "Draft" or "Synthetic sample"


class Population(Table):
    """Children by area and year, for rates per 10,000."""

    path: LocalPath
    year: int | None = Field(None, ge=1990, le=2100)  # whose children every rate is of; left out: each period's own


class Neighbours(Table):
    """Which areas are like which: a row a pair."""

    path: LocalPath
    columns: dict[Literal["area", "neighbour", "rank"], Text] = {}  # role: heading, where it is not the role itself
    title: Text | None = None  # what the page calls them; left out: statistical neighbours
    average: Literal["median", "mean"] = "median"
    partial: bool = False  # the file names areas that the data do not hold


class Event(Table):
    """Something that changed the record, the definition or the world."""

    date: Date
    title: Text
    titles: Titles = {}
    effect: Literal["recording", "definition", "context"]
    measures: list[Name] | None = None


class Catalogue(Table):
    """The whole configuration. Made by `load`."""

    project: Project
    returns: list[Return] = Field([], alias="return")
    datasets: list[Dataset] = Field(alias="dataset", min_length=1)
    measures: list[Measure] = Field(alias="measure", min_length=1)
    checks: list[Measure] = Field([], alias="check")
    population: Population | None = None
    neighbours: Neighbours | None = None
    events: list[Event] = Field([], alias="event")
    _path: Path = PrivateAttr(Path("measures.toml"))

    @model_validator(mode="after")
    def _is_titled_in_its_language(self) -> Self:
        titled: list[Measure | Event] = [*self.measures, *self.events]
        for named in titled:
            if title := named.titles.get(self.project.language):
                named.__dict__["title"] = title  # nothing else may change what was read
        return self

    @property
    def path(self) -> Path:
        """The file that this was read from."""
        return self._path

    def _repr_html_(self) -> str:
        rows = [{"measure": m.name, "title": m.title, "type": m.type, "dataset": m.dataset} for m in self.measures]
        return pd.DataFrame(rows).to_html(index=False)

    @cached_property
    def _by_name(self) -> dict:
        return {"dataset": {d.name: d for d in self.datasets}, "measure": {m.name: m for m in self.measures}}

    def _named(self, table: str, name: str) -> Any:
        if name not in self._by_name[table]:
            raise Refused(
                f"{self.path.name} has no {table} '{name}'.{nearest(name, self._by_name[table])}",
                code="INVALID_PARAMETER",
            )
        return self._by_name[table][name]

    def dataset(self, name: str) -> Dataset:
        """Return the dataset of that name."""
        return self._named("dataset", name)

    def measure(self, name: str) -> Measure:
        """Return the measure of that name."""
        return self._named("measure", name)

    def events_for(self, measure: str) -> list[Event]:
        """Return the registered events that concern `measure`, by date."""
        return sorted((e for e in self.events if e.measures is None or measure in e.measures), key=lambda e: e.date)

    def as_at(self, quarter: pd.Period, *, newest: dt.date, asked: dt.date | None = None) -> dt.date:
        """Return the day up to which a report on `quarter` knows things.

        The one asked for; else the project's for the newest quarter; else the quarter's end and the reporting lag.
        """
        if asked:
            return asked
        day = self.project.as_at or newest
        if (quarter + 1).end_time.date() > day:  # no later quarter is complete
            return day
        return min(day, quarter.end_time.date() + dt.timedelta(days=self.project.reporting_lag_days))


def band_names(bands: list[int]) -> list[str]:
    """Return the column names of a lateness distribution.

    >>> band_names([2, 5])
    ['on_time', 'late_1_2', 'late_3_5', 'late_over_5', 'late_open']
    """
    starts = [1, *(b + 1 for b in bands[:-1])]
    inside = [f"{LATE_BAND}{a}_{b}" for a, b in zip(starts, bands, strict=True)]
    return [ON_TIME_BAND, *inside, f"{LATE_BAND}over_{bands[-1]}", OPEN_BAND]


def counted_date(measure: Measure, dataset: Dataset) -> str | None:
    """Return the role of the date by which a flow or mean of cases is counted; None where that is not clear."""
    if measure.date:
        return measure.date
    candidates = [r for r in dataset.date_roles if r not in NOT_COUNTED_BY]
    if "date" in candidates:
        return "date"
    return candidates[0] if len(candidates) == 1 else None
