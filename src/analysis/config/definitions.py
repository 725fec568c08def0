"""A whole configuration: the project, its datasets and measures, its events.

Titles, units and polarity live here and reach the page at show time; no other module names a measure.
"""

import datetime as dt
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import Field, PrivateAttr

from ..errors import Refused, nearest
from .datasets import Dataset, Date, LocalPath, Name, Table, Text
from .measures import Measure


class Project(Table):
    """Whose report this is, and what was known when."""

    name: Text
    nation: Literal["england", "wales"]
    language: Literal["en", "cy"] = "en"  # Welsh is a draft
    as_at: Date | None = None
    reporting_lag_days: int = Field(12, ge=0, le=366)
    funnel: list[Name] = []  # flows in the order of the way through the service: contacts, referrals, assessments
    note: Text | None = None  # stands under the page's title, such as "Draft" or "Synthetic sample"


class Population(Table):
    """Children by area and year, for rates per 10,000."""

    path: LocalPath


class Event(Table):
    """Something that changed the record, the definition or the world."""

    date: Date
    title: Text
    effect: Literal["recording", "definition", "context"]
    measures: list[Name] | None = None


class Catalogue(Table):
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
        day = self.project.as_at or newest
        if (quarter + 1).end_time.date() > day:  # no later quarter is complete
            return day
        return min(day, quarter.end_time.date() + dt.timedelta(days=self.project.reporting_lag_days))
