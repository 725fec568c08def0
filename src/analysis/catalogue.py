"""`measures.toml` as typed definitions: datasets, measures, targets, events.

Titles, units and polarity live here and reach the page at show time; no other module names a measure.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self

import pandas as pd
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

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
OPEN_BAND = "late_open"  # overdue and not done when the report was made
ON_TIME_BAND = "on_time"
FEW = 20  # a percentage of fewer is not judged: methods, section 5
NUMBER_ROLES = frozenset({"value", "denominator"})
NOT_COUNTED_BY = frozenset({"recorded"})  # a date that says when a row was written, not when something happened
CLOSING = frozenset({"ended", "completed", "authorised"})  # open work has none of these yet
ANSWERS = CLOSING | {"decided", "seen", "visited"}  # what follows from the event, or does not
ADDRESS_WITH_SECRET = re.compile(r"[a-z][a-z0-9+.]*://[^\s/@]*@|\b(password|passwd|pwd)\s*=\s*\S", re.IGNORECASE)
SECRET_KEY = re.compile(r"passw|pwd|secret|token", re.IGNORECASE)
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


def load(path: str | Path) -> Catalogue:
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
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused(f"{path.name} is not valid TOML: {error}.", code="INVALID_PARAMETER") from None
    _refuse_secrets(given, path.name)
    try:
        catalogue = Catalogue.model_validate(given)
    except ValidationError as error:
        raise Refused(_explain(error, given, path.name), code="INVALID_PARAMETER") from None
    catalogue._path = path
    _check_references(catalogue)
    for dataset in catalogue.datasets:
        dataset._folder, dataset._as_at = path.parent, catalogue.project.as_at
    return catalogue


def _refuse_secrets(given: Any, file: str, where: str = "") -> None:
    """Refuse an address with a password in it, or a key that asks for one, wherever it stands; it is not quoted."""
    for key, value in given.items() if isinstance(given, dict) else enumerate(given):
        place = key if isinstance(key, str) else where
        if isinstance(value, dict | list):
            _refuse_secrets(value, file, place)
        elif isinstance(value, str) and (ADDRESS_WITH_SECRET.search(value) or SECRET_KEY.search(place)):
            raise Refused(
                f"{file}: the key '{place}' holds a password or the address of a database. Keep it in an environment "
                "variable and name that variable with `url_env`.",
                code="INVALID_PARAMETER",
            )


def _check_references(catalogue: Catalogue) -> None:
    """Refuse names that point nowhere, and give each dataset the roles that its measures use as dates."""
    file = catalogue.path.name

    def refuse(table: str, complaint: str) -> NoReturn:
        raise Refused(f"{file}: {table} {complaint}", code="INVALID_PARAMETER")

    for table, items in (("dataset", catalogue.datasets), ("measure", catalogue.measures)):
        names = [i.name for i in items]
        for name in sorted({n for n in names if names.count(n) > 1}):
            refuse(f"[[{table}]] '{name}'", "stands twice. Give each its own name.")
    measures = {m.name for m in catalogue.measures}
    sources = measures | {d.name for d in catalogue.datasets if d.kind == "counts"}
    flows = {m.name for m in catalogue.measures if m.type == "flow"}
    for name in catalogue.project.funnel:
        if name not in flows:
            refuse("[project]", f"names '{name}' in `funnel`, which is no measure of type flow.{nearest(name, flows)}")
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
                f"names the comparator '{measure.comparator}', which there is not."
                f"{nearest(measure.comparator, sources)}",
            )
        dataset = catalogue.dataset(measure.dataset)
        dates = {measure.date} | ({measure.within.start, measure.within.end} if measure.within else set())
        for role in measure.where:
            if role in DATE_ROLES | NUMBER_ROLES | dates:
                refuse(
                    table,
                    f"chooses rows by '{role}' in `where`, which takes columns of words, not of dates or numbers.",
                )
        for role in sorted({d for d in dates if d} | set(measure.where) | set(measure.breakdown)):
            if role not in dataset.columns:
                refuse(
                    table,
                    f"uses '{role}', which is not among the columns of dataset '{dataset.name}'."
                    f"{nearest(role, dataset.columns)}",
                )
        dataset._used_as_date |= dates - {None}
        if measure.within and measure.within.hours is not None:
            dataset._timed |= {measure.within.start, measure.within.end}
        dataset._named_categories |= set(measure.where.get("category", []))
        dataset._used_as_answer |= {measure.within.end} if measure.within else set()
        if measure.bands and (measure.within is None or measure.within.working_days is None):
            refuse(table, "has `bands`, which are working days late, so it needs `within` with `working_days`.")
        if "cohort" in measure.model_fields_set and measure.within is None:
            refuse(table, "has `cohort`, which says when a case is counted, so it needs `within`.")
        if measure.comparator == measure.name:
            refuse(table, "is compared with itself. Name another measure, or a dataset of counts.")
        if dataset.kind == "counts" and (measure.within or measure.date):
            refuse(table, f"has `within` or `date`, which are for cases; dataset '{dataset.name}' holds counts.")
        if dataset.kind == "cases":
            _check_cases(measure, dataset, partial(refuse, table))


def _check_cases(measure: Measure, dataset: Dataset, refuse: Callable[[str], NoReturn]) -> None:
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
    if measure.type in ("flow", "mean") and counted_date(measure, dataset) is None:
        known = ", ".join(dataset.date_roles) or "none"
        refuse(f"must say which date counts, `date = ...`: dataset '{dataset.name}' has {known}.")


def counted_date(measure: Measure, dataset: Dataset) -> str | None:
    """Return the role of the date by which a flow or mean of cases is counted; None where that is not clear."""
    if measure.date:
        return measure.date
    candidates = [r for r in dataset.date_roles if r not in NOT_COUNTED_BY]
    if "date" in candidates:
        return "date"
    return candidates[0] if len(candidates) == 1 else None


_TABLES: dict[Any, type[BaseModel]] = {
    "project": Project,
    "dataset": Dataset,
    "measure": Measure,
    "population": Population,
    "event": Event,
}
_PARTS: dict[Any, type[BaseModel]] = {"within": Within, "target": Target}  # tables inside a measure
_SINGLE = ("project", "population")
_PLAINER = {  # pydantic's kinds of complaint, in an analyst's words
    "date_type": "must be a date, for example 2021-04-12",
    "int_type": "must be a whole number without quotes",
    "float_type": "must be a number without quotes",
    "string_type": "must be text in quotes",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "list_type": "must be a list in square brackets",
    "dict_type": 'must be a table in braces, for example { name = "value" }',
    "model_type": 'must be a table in braces, for example { from = "date", to = "decided" }',
    "string_pattern_mismatch": "must begin with a letter and hold only letters (in a name small ones), figures and _",
}


def _explain(error: ValidationError, given: dict, file: str) -> str:
    """Turn pydantic's first complaint into one sentence with file, table and key. Values are never quoted."""
    complaints = error.errors(include_input=False, include_url=False)
    # a misspelt key is also a missing one: name the cause
    first = min(complaints, key=lambda c: c["type"] != "extra_forbidden")
    table, *steps = [step for step in first["loc"] if step != "[key]"]
    if first["type"] in ("list_type", "model_type", "model_attributes_type") and not steps and table in _TABLES:
        brackets = f"[{table}]" if table in _SINGLE else f"[[{table}]]"
        return f"{file}: '{table}' is a table of its own, which begins with {brackets}."
    model: type[BaseModel]
    if not steps:
        place, keys, model = f"{file}:", [table], Catalogue
    else:
        here = "" if table in _SINGLE else f" {_item(given[table], steps.pop(0))}"
        place, keys = f"{file}: {f'[{table}]' if table in _SINGLE else f'[[{table}]]'}{here}:", steps
        model = next((_PARTS[k] for k in keys[:-1] if k in _PARTS), _TABLES[table])
    named: list[str] = []
    for step in keys:
        if isinstance(step, int):
            named[-1] += f" number {step + 1}"
        else:
            named.append(step)
    key = (f"key '{named[-1]}'" + "".join(f" of {k}" for k in reversed(named[:-1]))) if named else ""
    if first["type"] == "extra_forbidden":
        known = [f.alias or n for n, f in model.model_fields.items()]
        return f"{place} unknown {key}.{nearest(named[-1], known)}"
    if first["type"] == "missing":
        return f"{place} the {key} is missing."
    complaint = _PLAINER.get(first["type"]) or _plain(first["msg"])
    of_the_table = first["type"] == "value_error" and (not keys or keys[-1] in _PARTS or isinstance(keys[-1], int))
    return f"{place} {complaint}." if of_the_table else f"{place} {key} {complaint}."


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should", "must", 1).rstrip(".")


def _item(items: Any, number: Any) -> str:
    """Return an item's name, or its place in the file where it has none."""
    name = items[number].get("name") if isinstance(items, list) and isinstance(items[number], dict) else None
    return f"'{name}'" if isinstance(name, str) else f"number {number + 1}"
