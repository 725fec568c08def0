"""Financial quarters, months, weeks and working days.

A financial year runs from April to March; "Quarter 4 2020/21" is January to March 2021 and is held as
the pandas ``Period('2021Q4', 'Q-MAR')``. Weeks start on Monday and belong to the month of their Thursday.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import holidays
import numpy as np
import pandas as pd

from .errors import Refused

QUARTER_FREQ = "Q-MAR"
WEEK_FREQ = "W-SUN"  # a week that ends on Sunday starts on Monday
MONTHS_A_QUARTER, QUARTERS_A_YEAR = 3, 4
FIRST_YEAR, LAST_YEAR = 1990, 2050  # the years whose bank holidays are known here; dates outside are dummies
SUBDIVISIONS = {"england": "ENG", "wales": "WLS"}  # names of the library `holidays`
_QUARTER_FIRST = re.compile(r"Q(?:UARTER)?\s*([1-4])[\s,]+(\d{4})\s*[-/]\s*(\d{2}|\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/]\s*(\d{2}|\d{4})\s*Q(?:UARTER)?\s*([1-4])", re.ASCII)


def parse_quarter(text: str | pd.Period) -> pd.Period:
    """Read a financial quarter.

    Parameters
    ----------
    text : str or pandas.Period
        ``2020-21Q4``; ``2020/21 Q4``, ``Q4 2020/21`` and ``Q4 2020-21`` are understood.

    Returns
    -------
    pandas.Period
        Of frequency ``Q-MAR``.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` when it is no financial quarter.

    Examples
    --------
    >>> parse_quarter("Q4 2020/21")
    Period('2021Q4', 'Q-MAR')
    >>> parse_quarter("2020-21Q4").start_time.date().isoformat()
    '2021-01-01'
    """
    if isinstance(text, pd.Period):
        if text.freqstr == QUARTER_FREQ:
            return text
        raise Refused(
            f"A quarter is a pandas Period of freq '{QUARTER_FREQ}'; this one is of freq '{text.freqstr}'.",
            code="INVALID_PARAMETER",
        )
    tidy = str(text).strip().upper()
    if found := _YEAR_FIRST.fullmatch(tidy):
        first, second, quarter = found.groups()
    elif found := _QUARTER_FIRST.fullmatch(tidy):
        quarter, first, second = found.groups()
    else:
        found = None
    following = str(int(first) + 1) if found else ""
    if found is None or second not in (following, following[2:]) or not FIRST_YEAR <= int(first) < LAST_YEAR:
        raise Refused(
            "A quarter is written like 2020-21Q4 (a financial year, April to March, then Q1 to Q4), "
            f"from {FIRST_YEAR} to {LAST_YEAR}.",
            code="INVALID_PARAMETER",
        )
    return pd.Period(year=int(following), quarter=int(quarter), freq=QUARTER_FREQ)


def quarter_code(quarter: pd.Period) -> str:
    """Return ``2020-21Q4``.

    >>> quarter_code(pd.Period("2021Q4", "Q-MAR"))
    '2020-21Q4'
    """
    return f"{quarter.qyear - 1}-{quarter.qyear % 100:02d}Q{quarter.quarter}"


def quarter_range(text: str) -> list[pd.Period]:
    """Read ``2019-20Q1..2020-21Q4`` (or one quarter) into the list of its quarters."""
    first, dots, last = str(text).partition("..")
    start, end = parse_quarter(first), parse_quarter(last if dots else first)
    if end < start:
        raise Refused(
            f"The range of quarters runs backwards: {quarter_code(start)} is after {quarter_code(end)}.",
            code="INVALID_PARAMETER",
        )
    return list(pd.period_range(start, end, freq=QUARTER_FREQ))


def months_of(quarter: pd.Period) -> pd.PeriodIndex:
    """Return the quarter's three months."""
    return pd.period_range(quarter.asfreq("M", how="start"), periods=3, freq="M")


def month_of(periods: pd.PeriodIndex) -> pd.PeriodIndex:
    """Return the month of each week, which is that of its Thursday; of a longer period its first."""
    if periods.freqstr.startswith("W"):
        return (periods.to_timestamp(how="start") + pd.Timedelta(days=3)).to_period("M")
    return periods.asfreq("M", how="start")


def quarter_of(periods: pd.PeriodIndex) -> pd.PeriodIndex:
    """Return the financial quarter of each month or week."""
    return month_of(periods).asfreq(QUARTER_FREQ)


def quarters_of(periods: pd.Series) -> pd.Series:
    """Return the quarter of each month or week of a column that may hold both."""
    found = [pd.Series(quarter_of(part), index=rows) for rows, part in _alike(periods)]
    return pd.concat(found).reindex(periods.index) if found else periods


def numbered(periods: pd.Series) -> pd.DataFrame:
    """Return of each period its frequency (`grain`), its number (`n`) and its first moment (`start`).

    >>> numbered(pd.Series(pd.period_range("2021-01", periods=2, freq="M")))
      grain    n      start
    0     M  612 2021-01-01
    1     M  613 2021-02-01
    """
    found = [
        pd.DataFrame({"grain": part.freqstr, "n": part.asi8, "start": part.start_time}, index=rows)
        for rows, part in _alike(periods)
    ]
    nothing = pd.DataFrame({"grain": "", "n": 0, "start": pd.NaT}, index=periods.index)
    return pd.concat(found).reindex(periods.index) if found else nothing


def _alike(periods: pd.Series) -> Iterator[tuple[pd.Index, pd.PeriodIndex]]:
    """Take a column apart into rows whose periods are of one frequency; pandas keeps several only as objects."""
    if periods.empty or isinstance(periods.dtype, pd.PeriodDtype):
        yield periods.index, pd.PeriodIndex(periods if len(periods) else [], freq=None if len(periods) else "M")
    else:
        for _, part in periods.groupby(periods.map(lambda p: p.freqstr)):
            yield part.index, pd.PeriodIndex(part)


@lru_cache(maxsize=8)
def _bank_holidays(nation: str) -> np.ndarray:
    found = holidays.country_holidays("GB", subdiv=SUBDIVISIONS[nation], years=range(FIRST_YEAR, LAST_YEAR + 1))
    return np.array(sorted(found), dtype="datetime64[D]")


def working_days_in(periods: pd.PeriodIndex, nation: str | None) -> np.ndarray:
    """Count the working days of each period.

    Parameters
    ----------
    periods : pandas.PeriodIndex
        Months, weeks or quarters.
    nation : {"england", "wales"} or None
        Whose bank holidays; None gives ones, which is no adjustment.

    Returns
    -------
    numpy.ndarray of float
        Monday to Friday without bank holidays.

    Examples
    --------
    >>> working_days_in(pd.period_range("2021-02", "2021-03", freq="M"), "wales").tolist()
    [20.0, 23.0]
    """
    if nation is None:
        return np.ones(len(periods))
    first = periods.to_timestamp(how="start").values.astype("datetime64[D]")
    after = (periods + 1).to_timestamp(how="start").values.astype("datetime64[D]")
    return np.busday_count(first, after, holidays=_bank_holidays(nation)).astype(float)


def working_days_between(start: Any, end: Any, nation: str) -> np.ndarray:
    """Count working days from `start` to `end`: the start is day 0, the next working day is day 1.

    Parameters
    ----------
    start, end : array of datetime64
        Not-a-time in either gives NaN; an `end` before the `start` gives the count from `end` to `start`, negative.
    nation : {"england", "wales"}

    Returns
    -------
    numpy.ndarray of float

    Examples
    --------
    >>> working_days_between(["2021-04-01"], ["2021-04-06"], "england").tolist()  # Easter between them
    [1.0]
    """
    start, end = (np.asarray(x, dtype="datetime64[D]") for x in (start, end))
    known = ~(np.isnat(start) | np.isnat(end))
    days = np.full(known.shape, np.nan)
    start, end = start[known], end[known]
    # busday_count counts [begin, end): one day on, it counts (begin, end]; backwards it would count other days
    first, after = np.minimum(start, end) + np.timedelta64(1, "D"), np.maximum(start, end) + np.timedelta64(1, "D")
    counted = np.busday_count(first, after, holidays=_bank_holidays(nation))
    days[known] = np.where(end < start, -counted, counted)
    return days


def days_late(start: Any, end: Any, limit: Any, nation: str) -> np.ndarray:
    """Return the working days beyond a limit, NaN where there is no end.

    >>> days_late(["2021-04-01", "2021-04-01"], ["2021-04-07", None], 1, "england").tolist()
    [1.0, nan]
    """
    return working_days_between(start, end, nation) - limit


def in_time(late: Any) -> Any:
    """Say of what is done in time, by how late it is: the last day of a limit is in it, and what has no end yet is not."""
    return late <= 0


def add_working_days(start: Any, days: int, nation: str) -> np.ndarray:
    """Return the date `days` working days after `start` (day 0): the last working day on which a limit is met.

    >>> add_working_days(["2021-04-02"], 1, "wales").tolist()  # from Good Friday to the Tuesday after Easter
    [datetime.date(2021, 4, 6)]
    """
    start = np.asarray(start, dtype="datetime64[D]")
    due = np.full(start.shape, np.datetime64("NaT", "D"))
    known = ~np.isnat(start)
    due[known] = np.busday_offset(start[known], days, roll="backward", holidays=_bank_holidays(nation))
    return np.maximum(due, start)  # a limit of 0 days from a Saturday is that Saturday, not the Friday before
