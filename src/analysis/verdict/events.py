"""Registered events: what the configuration says changed, and when."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .shapes import OLDEST

FOLLOWS = 1  # months: a change in the event's month or the next began with it


@dataclass(frozen=True)
class Event:
    month: pd.Period
    title: str
    effect: str
    measures: tuple | None

    def concerns(self, measure) -> bool:
        return self.measures is None or measure in self.measures


def read_events(events) -> list[Event]:
    """Read events given as mappings or objects with date, title, effect and perhaps measures."""
    found = []
    for event in events:
        get = event.get if isinstance(event, dict) else lambda name, e=event: getattr(e, name, None)
        measures = get("measures")
        found.append(Event(pd.Period(pd.Timestamp(get("date")), freq="M"), str(get("title") or ""),
                           str(get("effect") or "context"), None if measures is None else tuple(measures)))
    return found


def registered_ages(events: list[Event], last: pd.Period) -> np.ndarray:
    """Return, by age, whether a change of that age begins with a registered recording change."""
    ages = np.zeros(OLDEST + 1, dtype=bool)
    for event in events:
        if event.effect in ("recording", "definition"):
            age = last.ordinal - event.month.ordinal + 1
            for a in range(max(age - FOLLOWS, 1), min(age, OLDEST) + 1):
                ages[a] = True
    return ages


def title_at(events: list[Event], onset: pd.Period | None) -> str | None:
    """Return the recording change that the onset goes with."""
    for event in events:
        if onset is not None and event.effect in ("recording", "definition") and (
                0 <= onset.ordinal - event.month.ordinal <= FOLLOWS):
            return event.title
    return None


def context_in(events: list[Event], months: pd.PeriodIndex) -> str | None:
    """Return the titles of the other events of these months."""
    titles = [e.title for e in events if e.effect == "context" and e.month in months]
    return ", ".join(titles) or None
