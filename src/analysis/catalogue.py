"""`measures.toml` as typed definitions: datasets, measures, targets, events.

Titles, units and polarity live here and reach the page at show time; no other module names a measure.
"""

import datetime as dt
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from .errors import Refused, nearest
from .presets import PRESETS, preset_columns

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
NUMBER_ROLES = frozenset({"value", "denominator"})
NOT_COUNTED_BY = frozenset({"recorded"})  # a date that says when a row was written, not when something happened
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Project(_Table):
    """Whose report this is, and what was known when."""

    name: Text
    nation: Literal["england", "wales"]
    language: Literal["en"] = "en"
    as_at: dt.date | None = None
    reporting_lag_days: int = Field(12, ge=0, le=366)
    note: Text | None = None  # stands under the page's title, such as "Draft" or "Synthetic sample"


class Dataset(_Table):
    """One input: cases (a row is an event or an episode) or counts (a row is a period's figure)."""

    name: Name
    path: Text | None = None
    kind: Literal["cases", "counts"] = "cases"
    grain: Literal["month", "week"] = "month"
    columns: dict[Name, Text] = {}
    categories: Text | None = None
    sheet: Text | None = None
    preset: Literal[PRESETS] | None = None
    sql: Text | None = None
    url_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    snapshot: Text | None = None
    published_after_days: int = Field(0, ge=0, le=3660)
    _folder: Path = PrivateAttr(Path("."))
    _used_as_date: frozenset = PrivateAttr(frozenset())

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, given):
        if isinstance(given, dict) and given.get("preset") in PRESETS:
            filled = preset_columns(given["preset"], sheet=given.get("sheet"), sql=given.get("sql"))
            given = {"kind": filled.kind, **given, "columns": {**filled.columns, **given.get("columns", {})}}
        return given

    @model_validator(mode="after")
    def _has_one_source(self):
        if (self.path is None) == (self.sql is None):
            raise ValueError("give either `path` (a file or a glob) or `sql` with `url_env`")
        if self.sql and not self.url_env:
            raise ValueError("`sql` needs `url_env`, the name of the environment variable that holds the address")
        if self.path and "://" in self.path:
            raise ValueError(
                "`path` is a local file; a database address belongs in an environment variable (`url_env`)"
            )
        if not self.columns:
            raise ValueError(
                "`columns` is missing: it says which heading plays which part, "
                'for example { child = "id", date = "event_date" }'
            )
        if self.kind == "counts" and not {"period", "value"} <= set(self.columns):
            raise ValueError("a dataset of counts needs `period` and `value` among its columns")
        return self

    @property
    def folder(self) -> Path:
        """The folder of the configuration, from which `path` is read."""
        return self._folder

    @property
    def date_roles(self) -> tuple[str, ...]:
        """The roles that hold dates, in the order of the configuration."""
        return tuple(r for r in self.columns if r in DATE_ROLES or r in self._used_as_date)

    @property
    def event_role(self) -> str | None:
        """The date without which a row says nothing: the first one that is not the date of recording."""
        return next((r for r in self.date_roles if r not in NOT_COUNTED_BY), None)


class Within(_Table):
    """A clock and its limit: the start is day 0, on time when the count is at most the limit."""

    working_days: int | None = Field(None, ge=0, le=1000)
    hours: float | None = Field(None, gt=0, le=24 * 366)
    start: Name = Field(alias="from")
    end: Name = Field(alias="to")

    @model_validator(mode="after")
    def _has_one_limit(self):
        if (self.working_days is None) == (self.hours is None):
            raise ValueError("give either `working_days` or `hours`")
        return self


class Target(_Table):
    """A level to be met from a date on."""

    start: dt.date = Field(alias="from")
    value: float = Field(allow_inf_nan=False)
    kind: Literal["local", "national"] = "local"


class Measure(_Table):
    """What is counted, how, and which way is better."""

    name: Name
    title: Text
    dataset: Name
    type: Literal["flow", "stock", "percent", "mean", "value"]
    date: Name | None = None
    where: dict[Name, list[str]] = {}
    unit: Literal["rows", "children"] = "rows"
    polarity: Literal["increase", "decrease", "none"] = "none"
    breakdown: list[Name] = []
    within: Within | None = None
    cohort: Literal["due", "completed"] = "due"
    bands: list[Annotated[int, Field(gt=0, le=1000)]] = []
    target: list[Target] = []
    comparator: Name | None = None

    @model_validator(mode="after")
    def _is_consistent(self):
        if self.bands != sorted(set(self.bands)):
            raise ValueError("`bands` are working days late in rising order, for example [2, 5, 10]")
        if self.within and self.type != "percent":
            raise ValueError('`within` belongs to a measure of type "percent"')
        if self.type == "percent" and any(not 0 <= t.value <= 1 for t in self.target):
            raise ValueError("a target of a percentage lies between 0 and 1, for example 0.90")
        return self

    def target_on(self, day: dt.date, kind: str | None = None) -> Target | None:
        """Return the target in force on `day`, the latest begun; a local one before a national one."""
        begun = [t for t in self.target if t.start <= day and (kind is None or t.kind == kind)]
        return max(begun, key=lambda t: (t.kind == "local", t.start), default=None)


class Population(_Table):
    """Children by area and year, for rates per 10,000."""

    path: Text


class Event(_Table):
    """Something that changed the record, the definition or the world."""

    date: dt.date
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

    @cached_property
    def _by_name(self) -> dict:
        return {"dataset": {d.name: d for d in self.datasets}, "measure": {m.name: m for m in self.measures}}

    def _named(self, table: str, name: str):
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
        return min(known, quarter.end_time.date() + dt.timedelta(days=self.project.reporting_lag_days))


def load(path) -> Catalogue:
    """Read a configuration.

    Parameters
    ----------
    path : str or path-like
        A `measures.toml`.

    Returns
    -------
    Catalogue

    Raises
    ------
    Refused
        ``INPUT_UNAVAILABLE`` when there is no such file; ``INVALID_PARAMETER`` for anything the file says that cannot
        be honoured, with file, table, key and the nearest known one.
    """
    path = Path(path)
    if not path.is_file():
        raise Refused(
            f"There is no configuration at {path}. Give one with --config, or run this where measures.toml lies.",
            code="INPUT_UNAVAILABLE",
        )
    try:
        given = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Refused(f"{path.name} is not UTF-8 text. Save it again as UTF-8.", code="INVALID_PARAMETER") from None
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path.name} is not valid TOML: {error}.", code="INVALID_PARAMETER") from None
    try:
        catalogue = Catalogue.model_validate(given)
    except ValidationError as error:
        raise Refused(_explain(error, given, path.name), code="INVALID_PARAMETER") from None
    catalogue._path = path
    _check_references(catalogue)
    for dataset in catalogue.datasets:
        dataset._folder = path.parent
    return catalogue


def _check_references(catalogue: Catalogue) -> None:
    """Refuse names that point nowhere, and give each dataset the roles that its measures use as dates."""
    file = catalogue.path.name

    def refuse(table: str, complaint: str):
        raise Refused(f"{file}: {table} {complaint}", code="INVALID_PARAMETER")

    for table, items in (("dataset", catalogue.datasets), ("measure", catalogue.measures)):
        names = [i.name for i in items]
        for name in {n for n in names if names.count(n) > 1}:
            refuse(f"[[{table}]] '{name}'", "stands twice. Give each its own name.")
    measures = {m.name for m in catalogue.measures}
    sources = measures | {d.name for d in catalogue.datasets if d.kind == "counts"}
    for event in catalogue.events:
        for name in event.measures or []:
            if name not in measures:
                refuse(
                    f"[[event]] '{event.title}'",
                    f"names the measure '{name}', which there is not.{nearest(name, measures)}",
                )
    for measure in catalogue.measures:
        table = f"[[measure]] '{measure.name}'"
        if measure.dataset not in catalogue._by_name["dataset"]:
            refuse(
                table,
                f"names the dataset '{measure.dataset}', which there is not."
                f"{nearest(measure.dataset, catalogue._by_name['dataset'])}",
            )
        if measure.comparator and measure.comparator not in sources:
            refuse(
                table,
                f"names the comparator '{measure.comparator}', which there is not.{nearest(measure.comparator, sources)}",
            )
        dataset = catalogue.dataset(measure.dataset)
        dates = {measure.date} | ({measure.within.start, measure.within.end} if measure.within else set())
        for role in (dates - {None}) | set(measure.where) | set(measure.breakdown):
            if role not in dataset.columns:
                refuse(
                    table,
                    f"uses '{role}', which is not among the columns of dataset '{dataset.name}'.{nearest(role, dataset.columns)}",
                )
        dataset._used_as_date |= dates - {None}
        if dataset.kind == "cases":
            _check_cases(measure, dataset, lambda complaint, table=table: refuse(table, complaint))


def _check_cases(measure: Measure, dataset: Dataset, refuse) -> None:
    if measure.type == "stock" and not {"started", "ended"} <= set(dataset.columns):
        refuse(f"is a stock, so dataset '{dataset.name}' needs the columns `started` and `ended`.")
    if measure.type == "percent" and not measure.within:
        refuse(
            "is a percentage of cases, so it needs `within`, for example "
            '{ working_days = 42, from = "referral", to = "completed" }.'
        )
    if measure.type in ("mean", "value") and "value" not in dataset.columns:
        refuse(f"is of type \"{measure.type}\", so dataset '{dataset.name}' needs a column `value`.")
    if measure.type == "value":
        refuse('is of type "value", which takes the figures of a dataset of counts as they are.')
    if measure.unit == "children" and "child" not in dataset.columns:
        refuse(f"counts children, so dataset '{dataset.name}' needs a column `child`.")
    if measure.type in ("flow", "mean"):
        counted_date(measure, dataset)


def counted_date(measure: Measure, dataset: Dataset) -> str:
    """Return the role of the date by which a flow or mean of cases is counted."""
    if measure.date:
        return measure.date
    candidates = [r for r in dataset.date_roles if r not in NOT_COUNTED_BY]
    if "date" in candidates:
        return "date"
    if len(candidates) == 1:
        return candidates[0]
    raise Refused(
        f"[[measure]] '{measure.name}': say which date counts, `date = ...`; dataset '{dataset.name}' has "
        f"{', '.join(candidates) or 'none'}.",
        code="INVALID_PARAMETER",
    )


_TABLES = {
    "project": Project,
    "dataset": Dataset,
    "measure": Measure,
    "population": Population,
    "event": Event,
    "within": Within,
    "target": Target,
}


def _explain(error: ValidationError, given: dict, file: str) -> str:
    """Turn pydantic's first complaint into one sentence with file, table and key. Values are never quoted."""
    complaints = error.errors(include_input=False, include_url=False)
    first = min(
        complaints, key=lambda c: c["type"] != "extra_forbidden"
    )  # a misspelt key is also a missing one: name the cause
    words, where, here = [p for p in first["loc"]], [], given
    table = "project" if not words else str(words[0])
    for step in words:
        here = (
            here[step]
            if isinstance(here, dict)
            and step in here
            or isinstance(here, list)
            and isinstance(step, int)
            and step < len(here)
            else None
        )
        if isinstance(step, int):
            where.append(f"'{here['name']}'" if isinstance(here, dict) and "name" in here else f"number {step + 1}")
        elif step in _TABLES and step != words[-1]:
            table = step
            where.append(f"[{step}]" if step in ("project", "population") else f"[[{step}]]")
    key = words[-1] if words else ""
    place = f"{file}: {' '.join(where)}".rstrip(": ")
    if first["type"] == "extra_forbidden":
        known = [f.alias or n for n, f in (_TABLES[table] if where else Catalogue).model_fields.items()]
        return f"{place}: unknown key '{key}'.{nearest(key, known)}"
    if first["type"] == "missing":
        return f"{place}: the key '{key}' is missing."
    complaint = first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{place}: {complaint}." if first["type"] == "value_error" else f"{place}: key '{key}': {complaint}."
