"""Which days, months and quarters the data can speak of."""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..config import CLOSING, Catalogue, Dataset, Measure, counted_date
from ..periods import QUARTER_FREQ, quarter_of
from ..shapes import Cleaned
from .cases import due

NEARLY_WHOLE = {"M": 7, "W-SUN": 2}  # days without rows at a period's end that say nothing: weekends, late entry
LONGEST_CLOSED = 4  # days: from Good Friday to Easter Monday no office writes a row
USUAL_PAUSE = 0.99  # of the pauses between days with rows; a longer silence means that the extract had not begun
FREQS = {"month": "M", "week": "W-SUN", "quarter": QUARTER_FREQ}


def newest_date(cleaned: Iterable[Cleaned], project: Catalogue) -> dt.date:
    """Return the newest day that the data speak of.

    The day of the newest extract, else the newest recording or event, else the newest date of any column but of those
    that are only due; the end of the latest period, once published. A month that is all but over counts as over.
    """
    newest = []
    for one in cleaned:
        dataset, records = project.dataset(one.dataset), one.records
        if dataset.kind == "counts":
            given = records.loc[records["value"].notna(), "period"]  # rows of months to come hold no figure yet
            last = given.max() if len(given) else records["period"].max()
            newest.append(last.end_time + pd.Timedelta(days=dataset.published_after_days))
        else:
            newest.append(_all_but_over(_reach(records, dataset), "M", 0))
    return max(newest).date()


def _reach(records: pd.DataFrame, dataset: Dataset) -> pd.Timestamp:
    """Return the newest day of which a dataset of cases speaks."""
    if "snapshot" in records:
        return records["snapshot"].max()
    roles = [r for r in dataset.date_roles if r != "due"]
    written = [r for r in ("recorded", dataset.event_role) if r in roles and records[r].notna().any()]
    # a slip of the pen in another column lies in the future of what was written
    return max(records[r].max() for r in (written if "recorded" in written else roles) if records[r].notna().any())


def _all_but_over(day: pd.Timestamp, freq: str, pause: int) -> pd.Timestamp:
    """Return the end of the period of `day` where so few days are left that silence says nothing."""
    end = day.to_period(freq).end_time
    return end if (end - day).days <= max(NEARLY_WHOLE[freq], pause) else day


def extent_of(m: Measure, known: pd.DataFrame, dataset: Dataset, nation: str, as_at: dt.date) -> pd.PeriodIndex | None:
    """Return the months or weeks that the data can speak of, from the extract's beginning to its end or `as_at`.

    Whole ones: a period in which the extract began or ended is out. A stock needs its last day alone.
    """
    freq = FREQS[dataset.grain]
    end_of_day = pd.Timestamp(as_at) + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
    if known.empty:
        return None
    if dataset.kind == "counts":
        begin, last = known["period"].min(), known["period"].max().end_time
    else:
        counted = known[_start_role(m, dataset)]
        if counted.isna().all():
            return None
        last = _all_but_over(_reach(known, dataset), freq, _usual_pause(counted))
        if "snapshot" in known:
            last = _reach(known, dataset)
        first, pause = _first(m, known, counted, last)
        if m.within and m.cohort == "due":
            if (first - first.to_period(freq).start_time).days <= pause:
                first = first.to_period(freq).start_time
            first, pause = due(m, pd.DataFrame({m.within.start: [first]}), nation).iloc[0], LONGEST_CLOSED
        begin = first.to_period(freq)
        if m.type != "stock" and (first - begin.start_time).days > pause:
            begin += 1
    end = min(last, end_of_day).to_period(freq)
    if end.end_time.date() > min(last, end_of_day).date():
        end -= 1
    return pd.period_range(begin, end, freq=freq)


def _first(m: Measure, known: pd.DataFrame, counted: pd.Series, last: pd.Timestamp) -> tuple[pd.Timestamp, int]:
    """Return the day from which a dataset holds every case, and the pause that is usual before a first row.

    An extract of what was open since some day begins on that day: of older starts it holds the survivors alone.
    """
    closing = [r for r in known if r in CLOSING]
    if closing and counted.name not in CLOSING:
        closed = known[closing].min(axis=1)
        closed = closed[closed >= counted]
        if closed.empty and not m.within:  # nothing but open cases: they tell of no day but the last
            return last, 0
        if not closed.empty and closed.min() > counted.min():
            return closed.min(), _usual_pause(closed)
    return counted.min(), _usual_pause(counted)


def _usual_pause(dates: pd.Series) -> int:
    """Return how many days may well pass between two days with rows."""
    days = np.unique(dates.dropna().to_numpy().astype("datetime64[D]"))
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
        first + int(first == before and m.type != "stock"), last - int(last == after), freq=QUARTER_FREQ
    )


def _start_role(m: Measure, dataset: Dataset) -> str | None:
    if m.type == "stock":
        return "started"
    return m.within.start if m.within else counted_date(m, dataset)
