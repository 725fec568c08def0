"""Datasets: which file or query, and which heading plays which part."""

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from ..kinds import kind_of
from .conditions import Conditions
from .keys import LocalPath, Name, Table, Text
from .presets import PRESETS, RETURNS, Preset, code_list, preset_columns

MILESTONES = frozenset(  # dates beside the event itself
    {
        *("last_seen", "last_visit", "last_review", "last_health", "last_dental"),
        *("placed", "matched", "conference", "reviewed", "entered", "plan_started"),
    }
)
DATE_ROLES = MILESTONES | frozenset(
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
STANDING_DATES = frozenset({"born", "expected", "died", "uasc_until"})  # of a child, and no event of the service
PARTS = frozenset({"category", "source", "team"})  # of a preset, read though no measure divides by them yet
NUMBER_ROLES = frozenset({"value", "denominator"})
COUNT_ROLES = frozenset({"previous_plans", "referrals_before", "placements", "missing_episodes", "sdq", "distance"})
NO_PARTS = NUMBER_ROLES | {"period", "version", "level"}  # roles of counts that divide no figure
NOT_COUNTED_BY = frozenset({"recorded"})  # a date that says when a row was written, not when something happened
CLOSING = frozenset({"ended", "completed", "authorised"})  # open work has none of these yet
ANSWERS = CLOSING | {"decided", "seen", "visited"}  # what follows from the event, or does not


POSTS = re.compile(r"post|establishment|headcount|workforce|\bfte\b|staff|places", re.IGNORECASE)  # there all along
LEAVING = re.compile(r"leaver|leaving|starter|joiner|\bleft\b|departure|turnover|resign", re.IGNORECASE)  # and events


class Joined(Table):
    """A column that is taken from another dataset, by a key that both have."""

    dataset: Name
    column: Name
    by: Name = "child"  # where rows of the other have `started`: the one that is in force


class Spells(Table):
    """Episodes of another dataset, joined: to periods of care, or to placements."""

    of: Name
    where: Conditions = {}  # which episodes
    begins: Conditions = {}  # an episode that meets this begins another spell, though it follows on
    gap_days: int = Field(0, ge=0, le=366)  # between an episode's end and the start of one that follows on


class Dataset(Table):
    """One input: cases (a row is an event or an episode) or counts (a row is a period's figure)."""

    name: Name
    path: LocalPath | None = None
    kind: Literal["cases", "counts"] = "cases"
    grain: Literal["month", "week", "day"] = "month"  # of counts: days are added up to months
    columns: dict[Name, Text] = {}
    aliases: dict[Name, list[Text]] = {}  # role: other headings under which it arrives
    expressions: dict[Name, Text] = {}  # role: an expression that its folded heading fits, as Annex A publishes them
    categories: LocalPath | None = None
    sheet: Text | None = None
    preset: Literal[PRESETS] | None = None  # type: ignore[valid-type]  # their names are known when presets.toml is read
    table: Name | None = None  # of a preset with several
    sql: Text | None = None
    database_schema: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = (
        None  # of the tables of a preset
    )
    url_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    snapshot: Text | None = None
    where: dict[Text, Annotated[list[Text], Field(min_length=1)]] = {}  # heading: the values whose rows are read
    total: dict[Name, Annotated[list[Text], Field(min_length=1)]] = {}  # role: names of rows that are its whole
    versions: list[Text] = []  # words of the column `version`, the oldest first
    spells: Spells | None = None  # in the place of `path`
    joined: dict[Name, Joined] = {}  # role: where it is taken from
    value_kind: Literal["flow", "stock"] | None = None  # of counts with a denominator: events, or what is there
    denominator_kind: Literal["flow", "stock"] | None = None  # cases of the month, or posts that are there all along
    published_after_days: int = Field(0, ge=0, le=3660)
    _folder: Path = PrivateAttr(Path("."))
    _used_as_date: frozenset = PrivateAttr(frozenset())
    _used_as_answer: frozenset = PrivateAttr(frozenset())
    _used_roles: frozenset = PrivateAttr(frozenset())
    _as_at: dt.date | None = PrivateAttr(None)
    _timed: frozenset = PrivateAttr(frozenset())
    _used_as_number: frozenset = PrivateAttr(frozenset())
    _chosen: frozenset = PrivateAttr(frozenset())
    _measured_rows: tuple = PrivateAttr(())
    _whole: str = PrivateAttr("")

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, values: Any) -> Any:
        if not isinstance(values, dict) or values.get("preset") not in PRESETS:
            return values
        columns, part = values.get("columns", {}), {k: values[k] for k in ("table", "sheet", "sql") if k in values}
        if not isinstance(columns, dict) or not all(isinstance(v, str) for v in part.values()):
            return values  # of the wrong type, which is said of each key
        layout = preset_columns(values["preset"], **part)
        fixed = {"table": layout.table, "sheet": layout.sheet}
        given = {"kind": layout.kind, **{k: v for k, v in fixed.items() if v}, **values}
        return given | {"columns": {**layout.columns, **columns}}

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        sources = (self.path is not None, self.is_query, self.spells is not None)
        if (self.path is not None and self.sql is not None) or sum(sources) != 1:
            raise ValueError(
                "give either `path` (a file or a glob) or `sql` with `url_env`, or `spells` of another dataset"
            )
        if self.is_query and not self.url_env:
            raise ValueError("`sql` needs `url_env`, the name of the environment variable that holds the address")
        if self.kind == "counts" and (self.spells or self.joined):
            raise ValueError("`spells` and `joined` are for cases")
        for role in self.joined:
            if role in self.columns:
                raise ValueError(f"`joined` takes '{role}' from another dataset, and `columns` from this one")
        if not self.columns and not self.spells:
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
        for key in ("where", "total", "versions"):
            if self.kind == "cases" and getattr(self, key):
                raise ValueError(f"`{key}` is for counts; of cases a measure chooses rows with its own `where`")
        for key in ("value_kind", "denominator_kind"):
            if getattr(self, key) and "denominator" not in self.columns:
                raise ValueError(f"`{key}` is for counts with a `denominator`, which `columns` lacks")
        for role in self.total:
            if role not in self.part_roles:
                raise ValueError(f"`total` names totals of `area` or another part among `columns`; '{role}' is none")
        if self.versions and "version" not in self.columns:
            raise ValueError("`versions` puts the words of the column `version` in order, which `columns` lacks")
        return self

    @property
    def is_read(self) -> bool:
        """Whether it has a file or query of its own, and is not made of another dataset."""
        return self.spells is None

    @property
    def is_query(self) -> bool:
        """Whether it comes from a database: by a statement, or as a table of a preset."""
        return self.path is None and (self.sql is not None or self.preset in RETURNS)

    @property
    def layout(self) -> Preset:
        """What the preset fixes of the table; nothing without one."""
        return preset_columns(self.preset, table=self.table) if self.preset else Preset()

    @property
    def other_headings(self) -> dict[str, list[str]]:
        """Of each role: the headings under which it arrives as well, by the configuration or the preset."""
        layout = self.layout
        return {r: [*self.aliases.get(r, ()), *layout.aliases.get(r, ())] for r in {*self.aliases, *layout.aliases}}

    @property
    def heading_forms(self) -> dict[str, str]:
        """Of each role: the expression that its folded heading fits, by the configuration or the preset."""
        return {**self.layout.expressions, **self.expressions}

    @property
    def codes(self) -> dict[str, dict[str, str]]:
        """Of each role whose values are of a published list: the code that each word or code stands for."""
        layout = self.layout
        return {r: code_list(name) for r, name in layout.codes.items() if self.columns.get(r) == layout.columns[r]}

    @property
    def optional_roles(self) -> frozenset[str]:
        """The roles that a preset names and neither a measure nor the configuration asks for: a file may lack them."""
        layout = self.layout
        if self.preset not in RETURNS:
            return frozenset()
        own = {r for r, heading in self.columns.items() if layout.columns.get(r) != heading}
        return frozenset(self.columns) - own - self._used_roles - {"child", self.event_role}

    @property
    def unread_roles(self) -> frozenset[str]:
        """The roles of a preset that nothing asks for: they stay in the file."""
        return self.optional_roles - PARTS - frozenset(self.date_roles)

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
    def whole(self) -> str:
        """The project's name: what the whole area is called."""
        return self._whole

    @property
    def part_roles(self) -> tuple[str, ...]:
        """The roles of counts that divide a figure: the area, and any other column of words."""
        return tuple(r for r in self.columns if self.kind == "counts" and r not in NO_PARTS)

    @property
    def adds_up(self) -> bool:
        """Whether figures of parts add up to that of the whole, as numbers do and averages do not."""
        kinds = [kind_of(name) for name, _ in self._measured_rows]
        return not kinds or any(k.count or (k.share and "denominator" in self.columns) for k in kinds)

    @property
    def of_posts(self) -> bool:
        """Whether its figures are beside posts, or others, that are there all along: no month adds any."""
        beside = self.columns.get("denominator", "")
        return bool(beside) and (self.denominator_kind or ("stock" if POSTS.search(beside) else "flow")) == "stock"

    @property
    def events_of_posts(self) -> bool:
        """Whether its figures are events among posts, as leavers are."""
        heading = self.columns.get("value", "")
        return self.of_posts and (self.value_kind or ("flow" if LEAVING.search(heading) else "stock")) == "flow"

    def chosen(self, role: str) -> list[str]:
        """Return the values of a role that measures name in `where`."""
        return sorted(value for r, value in self._chosen if r == role)

    @property
    def measured_rows(self) -> tuple[tuple[str, dict[str, list[str]]], ...]:
        """The types of the measures that take its figures, each with the rows that it takes (`where`)."""
        return self._measured_rows

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role that a row has: of its own columns, and of those that are taken from other datasets."""
        return (*self.columns, *self.joined)

    @property
    def number_roles(self) -> frozenset[str]:
        """The roles that hold numbers."""
        return frozenset(self.columns) & (
            NUMBER_ROLES | self._used_as_number | (COUNT_ROLES if self.preset else frozenset())
        )

    @property
    def date_roles(self) -> tuple[str, ...]:
        """The roles that hold dates on which something happened, in the order of the configuration."""
        return tuple(r for r in self.dated_roles if r not in STANDING_DATES)

    @property
    def dated_roles(self) -> tuple[str, ...]:
        """The roles that hold dates of any kind."""
        return tuple(r for r in self.columns if r in DATE_ROLES | STANDING_DATES | self._used_as_date)

    @property
    def happened_roles(self) -> tuple[str, ...]:
        """As `date_roles`, those from other datasets among them: as known on a day, none of them is later."""
        joined = tuple(r for r in self.joined if r in (DATE_ROLES | self._used_as_date) - STANDING_DATES)
        return (*(r for r in self.date_roles if r not in ("recorded", "due")), *joined)

    @property
    def essential_roles(self) -> frozenset[str]:
        """The roles that say who, when and what: a row in which one of them is damaged cannot be kept."""
        return frozenset(self.columns) & (
            (DATE_ROLES - MILESTONES) | self._used_as_date | NUMBER_ROLES | {"child", "category", "period"}
        )

    @property
    def event_role(self) -> str | None:
        """The date without which a row says nothing: the first one that is no answer to another, nor of recording.

        An episode without an end is open, in whichever order the configuration names its columns.
        """
        dates = [r for r in self.date_roles if r not in NOT_COUNTED_BY]
        return next((r for r in dates if r not in ANSWERS | self._used_as_answer), dates[0] if dates else None)
