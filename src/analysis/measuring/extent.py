"""Which days, months and quarters the data can speak of."""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..config import CLOSING, EARLIER, Catalogue, Dataset, Measure, counted_date
from ..periods import QUARTER_FREQ, add_working_days, quarter_of
from ..shapes import Cleaned
from .cases import due
from .conditions import WORKING, Tables, after, month_of_extract, reach

NEARLY_WHOLE = {"M": 7, "W-SUN": 2}  # days without rows at a period's end that say nothing: weekends, late entry
LONGEST_CLOSED = 4  # days: from Good Friday to Easter Monday no office writes a row
USUAL_PAUSE = 0.99  # of the pauses between days with rows; a longer silence means that the extract had not begun
FREQS = {
    "day": "M",
    "month": "M",
    "week": "W-SUN",
    "quarter": QUARTER_FREQ,
}  # of the periods in which a grain is counted
NO_FIGURE_YET = ("missing", "not available", "not applicable")  # a month to come may stand in a file as one of these


def newest_date(cleaned: Iterable[Cleaned], project: Catalogue) -> dt.date:
    """Return the newest day that the data speak of.

    The day of the newest extract, else the newest recording or event, else the newest date of any column but of those
    that are only due; of given figures, the end of the latest period of the newest quarter with any, once published.
    A month that is all but over counts as over.
    """
    newest = []
    for one in cleaned:
        dataset, records = project.dataset(one.dataset), one.records
        if dataset.kind == "counts":
            last = _last_day(_with_figures(records), dataset)
            newest.append(last + pd.Timedelta(days=dataset.published_after_days))
        elif (last := reach(records, dataset)) is not None:
            newest.append(_all_but_over(last, "M", 0))
    return max(newest).date()


def _with_figures(records: pd.DataFrame) -> pd.DataFrame:
    """Leave out the rows of months to come: those after the newest quarter in which there is a figure."""
    figures = records["value"].notna()
    if not figures.any():
        return records
    quarter = records["period"].dt.start_time.dt.to_period(QUARTER_FREQ)
    up_to = quarter <= quarter[figures].max()
    return records[figures | (up_to & ~records["status"].isin(NO_FIGURE_YET))]


def _last_day(records: pd.DataFrame, dataset: Dataset) -> pd.Timestamp:
    last = records["period"].max().end_time
    return last if dataset.grain != "day" else _all_but_over(last, "M", _usual_pause(records["period"].dt.start_time))


def _all_but_over(day: pd.Timestamp, freq: str, pause: int) -> pd.Timestamp:
    """Return the end of the period of `day` where so few days are left that silence says nothing."""
    end = day.to_period(freq).end_time
    return end if (end - day).days <= max(NEARLY_WHOLE[freq], pause) else day


def extent_of(
    m: Measure, records: pd.DataFrame, dataset: Dataset, nation: str, as_at: dt.date
) -> pd.PeriodIndex | None:
    """Return the months or weeks that the data can speak of, from the extract's beginning to its end or `as_at`.

    Whole ones: a period in which the extract began or ended is out. A stock needs its last day alone, and goes on where
    nothing begins or ends any more.
    """
    freq = FREQS[dataset.grain]
    end_of_day = pd.Timestamp(as_at) + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
    if records.empty:
        return None
    if m.extracts:
        month = month_of_extract(reach(records, dataset) or end_of_day)
        return pd.period_range(month, month)
    if dataset.kind == "counts":
        begin, last = records["period"].min(), _last_day(records, dataset)
        if dataset.grain == "day":
            days = records["period"].dt.start_time
            begin = begin.asfreq(freq) + int(days.min().day - 1 > _usual_pause(days))
    else:
        counted = records[_start_role(m, dataset)]
        if counted.isna().all():
            return None
        last = _all_but_over(reach(records, dataset), freq, _usual_pause(counted))
        if "snapshot" in records:
            last = reach(records, dataset)
        first, pause = _first(m, records, dataset, counted, last)
        if m.within and m.cohort == "due" and m.within.hours is None:
            if (first - first.to_period(freq).start_time).days <= pause:
                first = first.to_period(freq).start_time
            first, pause = due(m, pd.DataFrame({m.within.start: [first]}), nation).iloc[0], LONGEST_CLOSED
        begin = first.to_period(freq)
        if not m.kind.at_end and (first - begin.start_time).days > pause:
            begin += 1
        if m.kind.at_end and "snapshot" not in records:
            last = end_of_day
    if m.within and m.within.hours is not None:  # what came in later is not due yet
        end_of_day -= pd.Timedelta(hours=m.within.hours)
    end = min(last, end_of_day).to_period(freq)
    if end.end_time.date() > min(last, end_of_day).date():
        end -= 1
    return pd.period_range(begin, end, freq=freq)


def with_history(m: Measure, extent: pd.PeriodIndex, dataset: Dataset, tables: Tables) -> pd.PeriodIndex:
    """Return the periods for which there is as much history as a measure looks back on; of extracts, those up to the newest.

    Before that an earlier event may simply not be in the data, and the figure would be low.
    """
    if m.extracts:
        months = tables.extracts(dataset.name)
        return pd.period_range(min(months), max(months)) if months else extent[:0]
    conditions = [*m.where.items(), *m.share.items()]
    for name, condition in conditions:
        if name in dataset.roles or condition.within is None or extent.empty:
            continue
        begin = extent[0].start_time
        if name != EARLIER:
            other = tables.project.dataset(name)
            begin = _history(condition.date or "started", tables.known(name), other, extent.freqstr)
        elif condition.date != _start_role(m, dataset):
            begin = _history(str(condition.date), tables.known(dataset.name), dataset, extent.freqstr)
        if begin is None:
            return extent[:0]
        if condition.within.unit == WORKING:
            since = add_working_days([begin], condition.within.number, tables.project.project.nation)[0]
        else:
            since = after(pd.Series([begin]), condition.within).iloc[0]
        days = extent.end_time if m.kind.at_end else extent.start_time
        extent = extent[days >= pd.Timestamp(since)]
    return extent


def _history(role: str, records: pd.DataFrame, dataset: Dataset, freq: str) -> pd.Timestamp | None:
    """Return the day from which a dataset holds every date of a role, or all that was open."""
    dates = records[role].dropna()
    if dates.empty:
        return None
    first, pause = dates.min().normalize(), _usual_pause(dates)
    if role == "started" and "ended" in records:
        ended = records["ended"][records["ended"] >= records["started"]]
        first, pause = (ended.min().normalize(), _usual_pause(ended)) if ended.notna().any() else (first, pause)
    start = first.to_period(freq).start_time
    return start if (first - start).days <= pause else first


def first_closed(m: Measure, records: pd.DataFrame, dataset: Dataset) -> pd.Timestamp | None:
    """Return the day of the first end, where cases began before it: an extract of what was open since that day.

    Of older starts it holds the survivors alone. None where ends say nothing of where the data begin.
    """
    role = _start_role(m, dataset) if dataset.kind == "cases" else None
    return None if role is None else _first_of(_ends(records, records[role]), records[role])


def _ends(records: pd.DataFrame, counted: pd.Series) -> np.ndarray | None:
    """Return the day on which each case ended that did, and not before it began; None where ends say nothing."""
    closing = [records[r].to_numpy() for r in records if r in CLOSING]
    if not closing or counted.name in CLOSING:
        return None
    ended = np.fmin.reduce(closing)
    return ended[ended >= counted.to_numpy()]


def _first_of(ended: np.ndarray | None, counted: pd.Series) -> pd.Timestamp | None:
    if ended is None or not ended.size:
        return None
    first = pd.Timestamp(ended.min())
    return first if first > counted.min() else None


def _first(
    m: Measure, records: pd.DataFrame, dataset: Dataset, counted: pd.Series, last: pd.Timestamp
) -> tuple[pd.Timestamp, int]:
    """Return the day from which a dataset holds every case, and the pause that is usual before a first row."""
    ended = _ends(records, counted)
    if ended is not None and not ended.size and not m.within:
        return last, 0  # nothing but open cases: they tell of no day but the last
    if (first := _first_of(ended, counted)) is not None:
        return first, _usual_pause(ended)
    return counted.min(), _usual_pause(counted)


def _usual_pause(dates: pd.Series | np.ndarray) -> int:
    """Return how many days may well pass between two days with rows."""
    days = np.unique(pd.unique(np.asarray(dates).astype("datetime64[D]")))  # few of very many: those are sorted alone
    days = days[~np.isnat(days)]
    pauses = np.diff(days).astype(int)
    return max(LONGEST_CLOSED, int(np.quantile(pauses, USUAL_PAUSE)) if pauses.size else 0)


def whole_quarters(periods: pd.PeriodIndex, m: Measure) -> pd.PeriodIndex:
    """Return the financial quarters of which all months or weeks are there; of a stock, the last one."""
    if periods.empty:
        return pd.PeriodIndex([], freq=QUARTER_FREQ)
    before, first, last, after = quarter_of(
        pd.PeriodIndex([periods[0] - 1, periods[0], periods[-1], periods[-1] + 1], freq=periods.freq)
    )
    return pd.period_range(
        first + int(first == before and not m.kind.at_end), last - int(last == after), freq=QUARTER_FREQ
    )


def _start_role(m: Measure, dataset: Dataset) -> str | None:
    if m.kind.at_end:
        return "started"
    return m.within.start if m.within else counted_date(m, dataset)
