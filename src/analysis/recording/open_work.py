"""What was open at a quarter's end, and late work told apart from a late sign-off."""

import datetime as dt

import numpy as np
import pandas as pd

from ..config import Dataset, Measure
from ..periods import add_working_days, days_late, in_time, quarter_of, working_days_between
from ..schema import KEY
from ..shapes import as_known, by_area, rows_of

STARTED, WORK, SIGN_OFF, SEEN = "started", "completed", "authorised", "seen"
OPEN = ["awaiting_sign_off", "open_work", "open_age", "open_beyond"]
CAUSES = ["only_sign_off_late", "work_late", "seen_in_time", "still_open"]


def backlog(
    records: pd.DataFrame, measure: Measure, dataset: Dataset, *, nation: str, as_at: dt.date, whole: str
) -> pd.DataFrame:
    """Return what was open at the end of each quarter.

    Parameters
    ----------
    records : pandas.DataFrame
        Cleaned records of the measure's dataset.
    measure : Measure
        With a clock (`within`): it gives the start, the end of the work (`completed` where the clock runs to the
        sign-off) and the limit.
    dataset : Dataset
    nation : {"england", "wales"}
    as_at : datetime.date
    whole : str

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period` (quarters that are over); awaiting_sign_off (finished, not signed off; missing where
        there is no such date), open_work (not finished), open_age (its median: working days on the clock), open_beyond
        (open past the limit).
    """
    limit = measure.within.working_days
    quarters = None
    tables = []
    for area, rows in by_area(rows_of(measure, as_known(records, dataset, as_at)), whole):
        if quarters is None:
            months = _whole_months(rows[_begins(measure, rows)], as_at)
            quarters = quarter_of(months[months.month % 3 == 0])
        counts = []
        for quarter in quarters:
            waiting, ages = open_at_end(measure, rows, nation, quarter)
            median = ages.median() if len(ages) else np.nan
            beyond = (ages > limit).sum() if limit is not None else np.nan
            counts.append([np.nan if waiting is None else len(waiting), len(ages), median, beyond])
        table = pd.DataFrame(np.array(counts, float).reshape(-1, len(OPEN)), index=quarters, columns=OPEN)
        tables.append(table.rename_axis("period").reset_index().assign(area=area, measure=measure.name))
    return pd.concat(tables, ignore_index=True)[[*KEY, *OPEN]]


def open_at_end(
    measure: Measure, rows: pd.DataFrame, nation: str, quarter: pd.Period
) -> tuple[pd.Index | None, pd.Series]:
    """Return the cases that wait for their sign-off at a quarter's end (None where there is none), and the age of the open."""
    clock, work, sign_off = _roles(measure, rows)
    after = (quarter + 1).start_time.to_datetime64()
    begun = (rows[_begins(measure, rows)] < after).to_numpy()
    done = (rows[work] < after).to_numpy()
    signed = (rows[sign_off] < after).to_numpy() if sign_off else np.zeros(len(rows), bool)
    still = begun & ~done & ~signed  # signed off without an end: the end was not entered
    day = np.full(still.sum(), quarter.end_time, "datetime64[D]")
    ages = pd.Series(working_days_between(rows[clock].to_numpy()[still], day, nation), index=rows.index[still])
    return rows.index[begun & done & ~signed] if sign_off else None, ages


def timeliness(
    records: pd.DataFrame, measure: Measure, dataset: Dataset, *, nation: str, as_at: dt.date, whole: str
) -> pd.DataFrame:
    """Take the cases that were due in each quarter and late apart: only the sign-off was late, or the work.

    Parameters
    ----------
    records, measure, dataset, nation, as_at, whole
        As in `backlog`; the clock runs in working days.

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period` (in which the limit falls); only_sign_off_late (the work was done in time, the
        sign-off was not), work_late (the rest of the late), seen_in_time (late, the child seen in time), still_open
        (late and not yet done). A count is missing where its date is, or nothing was due.
    """
    tables = []
    for area, rows in by_area(rows_of(measure, as_known(records, dataset, as_at)), whole):
        due, cells = causes(measure, rows, nation)
        quarter = pd.Series(quarter_of(pd.PeriodIndex(due.dt.to_period("M"))), index=due.index)
        quarters = _whole_quarters(_whole_months(due, as_at))
        table = cells.astype(float).groupby(quarter).sum(min_count=1).reindex(quarters)
        tables.append(table.rename_axis("period").reset_index().assign(area=area, measure=measure.name))
    return pd.concat(tables, ignore_index=True)[[*KEY, *CAUSES]]


def causes(measure: Measure, rows: pd.DataFrame, nation: str) -> tuple[pd.Series, pd.DataFrame]:
    """Return of each case the day on which it is due, and which of the columns of `timeliness` counts it."""
    limit, clock = measure.within.working_days or 0, measure.within
    _, work, sign_off = _roles(measure, rows)
    rows = rows[rows[clock.start].notna()]
    due = pd.Series(pd.to_datetime(add_working_days(rows[clock.start].values, limit, nation)), index=rows.index)
    late = {
        role: days_late(rows[clock.start].values, rows[role].values, limit, nation)
        for role in {clock.end, work, SEEN} & set(rows)
    }
    not_in_time, work_in_time = ~in_time(late[clock.end]), in_time(late[work])
    cells = pd.DataFrame(
        {
            "only_sign_off_late": not_in_time & work_in_time if sign_off else np.nan,
            "work_late": not_in_time & ~work_in_time,
            "seen_in_time": not_in_time & in_time(late[SEEN]) if SEEN in late else np.nan,
            "still_open": np.isnan(late[clock.end]),
        },
        index=rows.index,
    )
    return due, cells


def _begins(measure: Measure, records: pd.DataFrame) -> str:
    """Return the role of the date from which work is open."""
    return STARTED if STARTED in records else measure.within.start


def _roles(measure: Measure, records: pd.DataFrame) -> tuple[str, str, str | None]:
    clock = measure.within
    if clock.end == SIGN_OFF and WORK in records:
        return clock.start, WORK, SIGN_OFF
    return clock.start, clock.end, SIGN_OFF if clock.end == WORK and SIGN_OFF in records else None


def _whole_months(dates: pd.Series, as_at: dt.date) -> pd.PeriodIndex:
    last = (pd.Timestamp(as_at) + pd.Timedelta(days=1)).to_period("M") - 1
    first = dates.min().to_period("M") if dates.notna().any() else last + 1
    return pd.period_range(first, last, freq="M")


def _whole_quarters(months: pd.PeriodIndex) -> pd.PeriodIndex:
    quarters = pd.Series(quarter_of(months)).value_counts().sort_index()
    return pd.PeriodIndex(quarters[quarters == 3].index, freq="Q-MAR")
