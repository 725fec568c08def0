"""Registered events: what the configuration says changed, and when."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .hypotheses import OLDEST

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
    found = []
    for event in events:
        get = event.get if isinstance(event, dict) else lambda name, e=event: getattr(e, name, None)
        measures = get("measures")
        found.append(
            Event(
                pd.Period(pd.Timestamp(get("date")), freq="M"),
                str(get("title") or ""),
                str(get("effect") or "context"),
                None if measures is None else tuple(measures),
            )
        )
    return found


def registered_ages(events: list[Event], last: pd.Period) -> np.ndarray:
    """Return, by age, whether a change of that age begins with a registered recording change."""
    ages = np.zeros(OLDEST + 1, dtype=bool)
    for event in events:
        if event.effect in ("recording", "definition"):
            age = last.ordinal - event.month.ordinal + 1
            ages[max(age - AFTER, 1) : max(age + BEFORE + 1, 1)] = age >= 1
    return ages


def title_at(events: list[Event], onset: pd.Period | None) -> str | None:
    """Return the recording change that the onset goes with."""
    for event in events:
        recorded = event.effect in ("recording", "definition")
        if recorded and onset is not None and -BEFORE <= onset.ordinal - event.month.ordinal <= AFTER:
            return event.title
    return None


def context_in(events: list[Event], months: pd.PeriodIndex) -> str | None:
    """Return the titles of the other events of these months."""
    titles = [e.title for e in events if e.effect == "context" and e.month in months]
    return ", ".join(titles) or None
