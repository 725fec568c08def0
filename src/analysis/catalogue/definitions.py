"""What a configuration may say: datasets, measures, targets, events, as types.

Titles, units and polarity live here and reach the page at show time; no other module names a measure.
"""

import datetime as dt
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    model_validator,
)

from ..errors import Refused, nearest
from ..presets import PRESETS, preset_columns

DATE_ROLES = frozenset(
    {
        "date",
        "decided",
        "recorded",
        "referral",
        "started",
        "seen",
        "completed",
        "authorised",
        "ended",
        "previous",
        "visited",
        "due",
    }
)
OPEN_BAND = "late_open"  # overdue and not done when the report was made
ON_TIME_BAND = "on_time"
FEW = 20  # a percentage of fewer is not judged: methods, section 5
NUMBER_ROLES = frozenset({"value", "denominator"})
NOT_COUNTED_BY = frozenset({"recorded"})  # a date that says when a row was written, not when something happened
CLOSING = frozenset({"ended", "completed", "authorised"})  # open work has none of these yet
ANSWERS = CLOSING | {"decided", "seen", "visited"}  # what follows from the event, or does not
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]  # small letters, figures, underscores
Text = Annotated[str, Field(min_length=1, max_length=200)]


def _is_local(path: str) -> str:
    if "://" in path:
        raise ValueError("must be a local file; a database address belongs in an environment variable (`url_env`)")
    return path


LocalPath = Annotated[Text, AfterValidator(_is_local)]


def _from_text(day: object) -> object:
    """Take a date that stands in quotes; what is none is left to be refused."""
    try:
        return dt.date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        return day


Date = Annotated[dt.date, BeforeValidator(_from_text)]


class _Table(BaseModel):
    # strict: "12" is no number and true is no 1
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Project(_Table):
    """Whose report this is, and what was known when."""

    name: Text
    nation: Literal["england", "wales"]
    language: Literal["en", "cy"] = "en"  # Welsh is a draft
    as_at: Date | None = None
    reporting_lag_days: int = Field(12, ge=0, le=366)
    funnel: list[
        Name
    ] = []  # flows in the order of the way through the service, such as contacts, referrals, assessments
    note: Text | None = None  # stands under the page's title, such as "Draft" or "Synthetic sample"


class Dataset(_Table):
    """One input: cases (a row is an event or an episode) or counts (a row is a period's figure)."""

    name: Name
    path: LocalPath | None = None
    kind: Literal["cases", "counts"] = "cases"
    grain: Literal["month", "week"] = "month"
    columns: dict[Name, Text] = {}
    aliases: dict[Name, list[Text]] = {}  # role: other headings under which it arrives
    expressions: dict[Name, Text] = {}  # role: an expression that its folded heading fits, as Annex A publishes them
    categories: LocalPath | None = None
    sheet: Text | None = None
    preset: Literal[PRESETS] | None = None  # type: ignore[valid-type]  # their names are known when presets.toml is read
    sql: Text | None = None
    url_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    snapshot: Text | None = None
    published_after_days: int = Field(0, ge=0, le=3660)
    _folder: Path = PrivateAttr(Path("."))
    _used_as_date: frozenset = PrivateAttr(frozenset())
    _used_as_answer: frozenset = PrivateAttr(frozenset())
    _as_at: dt.date | None = PrivateAttr(None)
    _timed: frozenset = PrivateAttr(frozenset())
    _named_categories: frozenset = PrivateAttr(frozenset())

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("preset") not in PRESETS:
            return given
        columns, part = given.get("columns", {}), {k: given[k] for k in ("sheet", "sql") if k in given}
        if not isinstance(columns, dict) or not all(isinstance(v, str) for v in part.values()):
            return given  # of the wrong type, which is said of each key
        filled = preset_columns(given["preset"], **part)
        return {"kind": filled.kind, **given, "columns": {**filled.columns, **columns}}

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.path is None) == (self.sql is None):
            raise ValueError("give either `path` (a file or a glob) or `sql` with `url_env`")
        if self.sql and not self.url_env:
            raise ValueError("`sql` needs `url_env`, the name of the environment variable that holds the address")
        if not self.columns:
            raise ValueError(
                "`columns` is missing: it says which heading plays which part, "
                'for example { child = "id", date = "event_date" }'
            )
        for role in [*self.aliases, *(self.expressions if self.preset is None else ())]:
            if role not in self.columns:
                raise ValueError(f"`aliases` and `expressions` are for roles of `columns`; '{role}' is none")
        for expression in self.expressions.values():
            try:
                re.compile(expression)
            except re.error:
                raise ValueError("an expression among `expressions` is no regular expression") from None
        if self.kind == "counts" and not {"period", "value"} <= set(self.columns):
            raise ValueError("a dataset of counts needs `period` and `value` among its columns")
        return self

    @property
    def folder(self) -> Path:
        """The folder of the configuration, from which `path` is read."""
        return self._folder

    @property
    def as_at(self) -> dt.date | None:
        """The project's as-at date, where it gives one: what lies after it is the future."""
        return self._as_at

    @property
    def timed_roles(self) -> frozenset[str]:
        """The roles whose time of day counts, because a measure's clock runs in hours."""
        return self._timed

    @property
    def named_categories(self) -> frozenset[str]:
        """The categories that measures name in `where`."""
        return self._named_categories

    @property
    def date_roles(self) -> tuple[str, ...]:
        """The roles that hold dates, in the order of the configuration."""
        return tuple(r for r in self.columns if r in DATE_ROLES or r in self._used_as_date)

    @property
    def essential_roles(self) -> frozenset[str]:
        """The roles that say who, when and what: a row in which one of them is damaged cannot be kept."""
        return frozenset(self.columns) & (
            DATE_ROLES | self._used_as_date | NUMBER_ROLES | {"child", "category", "period"}
        )

    @property
    def event_role(self) -> str | None:
        """The date without which a row says nothing: the first one that is no answer to another, nor of recording.

        An episode without an end is open, in whichever order the configuration names its columns.
        """
        dates = [r for r in self.date_roles if r not in NOT_COUNTED_BY]
        return next((r for r in dates if r not in ANSWERS | self._used_as_answer), dates[0] if dates else None)


class Within(_Table):
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


class Target(_Table):
    """A level to be met from a date on."""

    start: Date = Field(alias="from")
    value: float = Field(allow_inf_nan=False)
    kind: Literal["local", "national"] = "local"


class Measure(_Table):
    """What is counted, how, and which way is better."""

    name: Name
    title: Text
    dataset: Name
    type: Literal["flow", "stock", "percent", "mean", "value"]
    date: Name | None = None
    where: dict[Name, Annotated[list[str], Field(min_length=1)]] = {}
    unit: Literal["rows", "children"] = "rows"
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
        if self.within and self.type != "percent":
            raise ValueError('`within` belongs to a measure of type "percent"')
        if self.within and self.within.start == self.within.end:
            raise ValueError("`within` runs from one date to another; `from` and `to` are the same")
        if len({(t.start, t.kind) for t in self.target}) < len(self.target):
            raise ValueError("two targets of one kind begin on the same day")
        if self.type == "percent" and any(not 0 <= t.value <= 1 for t in self.target):
            raise ValueError("a target of a percentage lies between 0 and 1, for example 0.90")
        return self

    def target_on(self, day: dt.date, kind: str | None = None) -> Target | None:
        """Return the target in force on `day`, the latest begun; a local one before a national one."""
        begun = [t for t in self.target if t.start <= day and (kind is None or t.kind == kind)]
        return max(begun, key=lambda t: (t.kind == "local", t.start), default=None)


def band_names(bands: list[int]) -> list[str]:
    """Return the column names of a lateness distribution.

    >>> band_names([2, 5])
    ['on_time', 'late_1_2', 'late_3_5', 'late_over_5', 'late_open']
    """
    starts = [1, *(b + 1 for b in bands[:-1])]
    inside = [f"late_{a}_{b}" for a, b in zip(starts, bands, strict=True)]
    return [ON_TIME_BAND, *inside, f"late_over_{bands[-1]}", OPEN_BAND]


class Population(_Table):
    """Children by area and year, for rates per 10,000."""

    path: LocalPath


class Event(_Table):
    """Something that changed the record, the definition or the world."""

    date: Date
    title: Text
    effect: Literal["recording", "definition", "context"]
    measures: list[Name] | None = None


class Catalogue(_Table):
    """The whole configuration. Made by `load`."""

    project: Project
    datasets: list[Dataset] = Field(alias="dataset", min_length=1)
    measures: list[Measure] = Field(alias="measure", min_length=1)
    population: Population | None = None
    events: list[Event] = Field([], alias="event")
    _path: Path = PrivateAttr(Path("measures.toml"))

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
        known = self.project.as_at or newest
        if (quarter + 1).end_time.date() > known:  # no later quarter is complete
            return known
        return min(known, quarter.end_time.date() + dt.timedelta(days=self.project.reporting_lag_days))


def counted_date(measure: Measure, dataset: Dataset) -> str | None:
    """Return the role of the date by which a flow or mean of cases is counted; None where that is not clear."""
    if measure.date:
        return measure.date
    candidates = [r for r in dataset.date_roles if r not in NOT_COUNTED_BY]
    if "date" in candidates:
        return "date"
    return candidates[0] if len(candidates) == 1 else None
