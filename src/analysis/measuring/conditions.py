"""Which rows meet conditions on the day on which they count: of values, of the time since a date, of other rows of the child."""

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..config import EARLIER, Catalogue, Condition, Conditions, Dataset, Span
from ..periods import working_days_between
from ..shapes import COMPARED, as_known, rows_that, values_meet

DAY, ON = "day", "on"  # on which a row is looked at, and a day of the period in which it counts
AT_A_TIME = 50_000  # rows that are set beside the others of their child at once
WORKING = "working days"
NEARLY_OVER = pd.Timedelta(days=7)  # an extract of a month's last week speaks of its last day


@dataclass
class Tables:
    """The cleaned rows of every dataset as they were known on a day.

    Attributes
    ----------
    records : dict of pandas.DataFrame
        By dataset.
    """

    records: dict[str, pd.DataFrame]
    project: Catalogue
    as_at: dt.date
    _known: dict[str, pd.DataFrame] = field(default_factory=dict)

    def known(self, name: str) -> pd.DataFrame:
        """Return the rows of a dataset that were known on the day."""
        if name not in self._known:
            self._known[name] = as_known(self.records[name], self.project.dataset(name), self.as_at)
        return self._known[name]

    def extracts(self, name: str) -> dict[pd.Period, tuple[pd.Timestamp, pd.DataFrame]]:
        """Return by month the day of each extract of a dataset, and its rows; one near a month's end speaks of that month."""
        records, dataset = self.records[name], self.project.dataset(name)
        after = pd.Timestamp(self.as_at) + pd.Timedelta(days=1)
        if "snapshot" in records:
            days = sorted(records.loc[records["snapshot"] < after, "snapshot"].unique())
        else:  # one, of the newest day of which it speaks
            days = [self._day_of_extract(day) for day in [reach(records, dataset)] if day is not None and day < after]
        of_day = {day.normalize(): as_known(records, dataset, day.date()) for day in map(pd.Timestamp, days)}
        return {month_of_extract(day): (day, rows) for day, rows in of_day.items()}

    def _day_of_extract(self, newest: pd.Timestamp) -> pd.Timestamp:
        """Return the day of an extract whose newest date is known: the month's last where that is near, and has come."""
        last = month_of_extract(newest).end_time.normalize()
        return max(newest, last) if last <= pd.Timestamp(self.as_at) else newest


def month_of_extract(day: pd.Timestamp) -> pd.Period:
    """Return the newest month that is over, or nearly so, on the day of an extract."""
    return (day + NEARLY_OVER).to_period("M") - 1


def reach(records: pd.DataFrame, dataset: Dataset) -> pd.Timestamp | None:
    """Return the newest day of which a dataset of cases speaks; None where it has no dates."""
    if "snapshot" in records:
        return records["snapshot"].max()
    roles = [r for r in dataset.date_roles if r != "due" and r in records]
    written = [r for r in ("recorded", dataset.event_role) if r in roles and records[r].notna().any()]
    # a slip of the pen in another column lies in the future of what was written
    roles = written if "recorded" in written else roles
    return max((records[r].max() for r in roles if records[r].notna().any()), default=None)


def meet(rows: pd.DataFrame, conditions: Conditions, *, counted: str, dataset: Dataset, tables: Tables) -> np.ndarray:
    """Say which rows meet all of some conditions.

    Parameters
    ----------
    rows : pandas.DataFrame
        With the `day` on which each is looked at; its index says which row of the dataset it is.
    conditions : dict of Condition
    counted : str
        The date by which the rows count: an earlier row of the same day is none by that date.
    dataset : Dataset
    tables : Tables
    """
    fit = np.ones(len(rows), dtype=bool)
    for name, condition in conditions.items():
        here = rows[fit]
        if name not in dataset.roles:
            fit[fit] = _others_meet(here, name, condition, counted, dataset, tables)
        elif condition.of_time:
            fit[fit] = _times_meet(here[name], here[DAY], condition.limits, tables.project.project.nation)
        else:
            fit[fit] = values_meet(here[name], condition).to_numpy()
    return fit


def after(dates: pd.Series, span: Span) -> pd.Series:
    """Return the days that lie so long after dates; from the last of a month that of a shorter one.

    >>> after(pd.to_datetime(pd.Series(["2020-02-29"])), Span(12, "months")).dt.strftime("%d %B %Y").tolist()
    ['28 February 2021']
    """
    return dates.dt.normalize() + pd.DateOffset(**{span.unit: span.number})


def passed(dates: pd.Series, days: pd.Series, unit: str, nation: str) -> pd.Series:
    """Return how much time lies between dates and days; months and years as days of them."""
    if unit == WORKING:
        return pd.Series(working_days_between(dates.to_numpy(), days.to_numpy(), nation), dates.index)
    return (days - dates.dt.normalize()).dt.days / {"days": 1, "months": 365.25 / 12, "years": 365.25}[unit]


def _times_meet(dates: pd.Series, days: pd.Series, limits: dict[str, Span], nation: str) -> np.ndarray:
    """Say which dates lie so long before days; one that is missing, or later, lies no time before."""
    met = dates.dt.normalize() <= days
    for name, span in limits.items():
        if span.unit == WORKING:
            time = passed(dates, days, WORKING, nation)
            least, most = time >= span.number, time <= span.number
        else:
            full = after(dates, span)
            least, most = days >= full, days <= full
        met &= {"at_least": least, "at_most": most, "above": ~most, "below": ~least}[name]
    return met.to_numpy()


def _others_meet(
    rows: pd.DataFrame, name: str, condition: Condition, counted: str, dataset: Dataset, tables: Tables
) -> np.ndarray:
    """Say of which rows so many other rows of the same child are there as a condition asks for."""
    other = dataset if name == EARLIER else tables.project.dataset(name)
    others = rows_that(tables.known(other.name), condition.where)
    dates = {c: others[c] for c in {condition.date, *(("started", "ended") if condition.date is None else ())} if c}
    of_time = {c: others[c] for c, one in condition.where.items() if one.of_time}
    named = {c: others[c] for c in (condition.distinct,) if c}
    right = pd.DataFrame({"child": others["child"], "other": others.index, **dates, **of_time, **named})
    left = pd.DataFrame({"child": rows["child"], DAY: rows[DAY], "record": rows.index, "place": np.arange(len(rows))})
    counts = np.zeros(len(rows))
    for begin in range(0, len(left), AT_A_TIME):
        pairs = left.iloc[begin : begin + AT_A_TIME].merge(right, on="child")
        pairs = pairs[_there(pairs, condition, name == EARLIER, counted, tables.project.project.nation)]
        by = pairs.groupby("place")
        number = by[condition.distinct].nunique() if condition.distinct else by.size()
        counts[number.index] = number
    limits = condition.limits or {"at_least": 1}
    return np.logical_and.reduce([COMPARED[name](counts, limit) for name, limit in limits.items()])


def _there(pairs: pd.DataFrame, condition: Condition, earlier: bool, counted: str, nation: str) -> np.ndarray:
    """Say in which pairs of a row and another row of its child the other is one that a condition counts."""
    day = pairs[DAY]
    if condition.date is None:  # open on the day, or at some time of so long before it
        begun, ended = pairs["started"] < day + pd.Timedelta(days=1), pairs["ended"].dt.normalize()
        until = ended if condition.within is None else _last_day(ended, condition.within, day, nation)
        there = (begun & ~(until <= day)).to_numpy(copy=True)
    else:
        date = pairs[condition.date].dt.normalize()
        there = (date < day if earlier and condition.date == counted else date <= day).to_numpy(copy=True)
        if condition.within:
            there &= _times_meet(date, day, {"at_most": condition.within}, nation)
    if earlier:
        there &= (pairs["other"] != pairs["record"]).to_numpy()
    for role, one in condition.where.items():
        if one.of_time:
            there &= _times_meet(pairs[role], day, one.limits, nation)
    return there


def _last_day(ended: pd.Series, span: Span, day: pd.Series, nation: str) -> pd.Series:
    """Return of ends the day up to which they lie within so long; of working days one that is on the same side of `day`."""
    if span.unit != WORKING:
        return after(ended, span)
    within = passed(ended, day, WORKING, nation) < span.number
    return day.where(~within, day + pd.Timedelta(days=1)).where(ended.notna())
