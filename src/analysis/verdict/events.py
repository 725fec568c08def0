"""Registered events: what the configuration says changed, and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ..errors import nearest
from ..series import refuse
from .hypotheses import OLDEST

OF_RECORD, CONTEXT = ("recording", "definition"), "context"  # effects of an event

BEFORE, AFTER = 1, 2  # months around a registered change in which a break of the record shows: work due, then work late


@dataclass(frozen=True)
class Event:
    month: pd.Period
    title: str
    effect: str
    measures: tuple | None

    def concerns(self, measure: str) -> bool:
        return self.measures is None or measure in self.measures


def read_events(events: Iterable) -> list[Event]:
    """Read events given as mappings or objects with date, title, effect and perhaps measures."""
    if isinstance(events, Mapping | str) or not isinstance(events, Iterable):
        refuse("The argument `events` is a list of events. Put a single one in brackets.")
    return [_read_event(event) for event in events]


def _read_event(event: Any) -> Event:
    get = event.get if isinstance(event, Mapping) else partial(getattr, event)
    measures, effect = get("measures", None), str(get("effect", None) or CONTEXT)
    try:
        date = pd.Timestamp(get("date", None))
    except (TypeError, ValueError):
        date = pd.NaT
    if pd.isna(date):
        refuse(
            "An event among `events` has no date. Give each one, for example {'date': '2021-01-18', 'title': 'Go-live'}."
        )
    if effect not in (*OF_RECORD, CONTEXT):
        refuse(
            f"The effect of an event is {', '.join(OF_RECORD)} or {CONTEXT}.{nearest(effect, (*OF_RECORD, CONTEXT))}"
        )
    return Event(
        pd.Period(date, freq="M"), str(get("title", None) or ""), effect, None if measures is None else tuple(measures)
    )


def registered_ages(events: list[Event], last: pd.Period) -> np.ndarray:
    """Return, by age, whether a change of that age begins with a registered recording change."""
    ages = np.zeros(OLDEST + 1, dtype=bool)
    for event in events:
        if event.effect in OF_RECORD:
            age = last.ordinal - event.month.ordinal + 1
            ages[max(age - AFTER, 1) : max(age + BEFORE + 1, 1)] = age >= 1
    return ages


def title_at(events: list[Event], onset: pd.Period | None) -> str | None:
    """Return the recording change that the onset goes with."""
    for event in events:
        recorded = event.effect in OF_RECORD
        if recorded and onset is not None and -BEFORE <= onset.ordinal - event.month.ordinal <= AFTER:
            return event.title
    return None


def context_in(events: list[Event], months: pd.PeriodIndex) -> str | None:
    """Return the titles of the other events of these months."""
    titles = [e.title for e in events if e.effect == CONTEXT and e.month in months]
    return ", ".join(titles) or None
