"""A series as a caller gives it: numbers, each on another month or week, or a sentence that says what to do."""

from typing import Any, NoReturn

import numpy as np
import pandas as pd

from .errors import Refused
from .periods import WEEK_FREQ

A_WEEK = pd.Timedelta(days=7)
MAKE_A_SERIES = "Make one with pd.Series(values, index=pd.period_range('2018-04', periods=len(values), freq='M'))."
CHOOSE_A_COLUMN = "Choose one of its columns, such as table['value']."


def refuse(message: str) -> NoReturn:
    """Refuse an argument that nothing can be made of."""
    raise Refused(message, code="INVALID_PARAMETER")


def as_numbers(series: Any, name: str = "The series") -> np.ndarray:
    """Return the values of a pandas Series as floats, what is missing or infinite as NaN.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` for anything but a Series of numbers.
    """
    if not isinstance(series, pd.Series):
        what_to_do = CHOOSE_A_COLUMN if isinstance(series, pd.DataFrame) else MAKE_A_SERIES
        refuse(f"{name} is not a pandas Series but of type {type(series).__name__}. {what_to_do}")
    texts = isinstance(series.dtype, pd.StringDtype | pd.CategoricalDtype) or (
        series.dtype == object and series.map(lambda v: isinstance(v, str)).any()
    )
    if texts:
        refuse(f"{name} holds text where numbers belong. Make it numbers with pd.to_numeric(series, errors='coerce').")
    try:
        if series.dtype.kind in "cmM":
            raise TypeError
        values = series.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        refuse(
            f"{name} holds values of dtype {series.dtype}, which are no numbers. Choose the column with the figures."
        )
    return np.where(np.isfinite(values), values, np.nan)


def require_distinct(index: pd.Index, name: str = "The series") -> None:
    """Refuse an index in which a period stands twice or is missing."""
    if index.hasnans:
        refuse(f"{name} has rows without a period. Leave them out with series[series.index.notna()].")
    if index.has_duplicates:
        refuse(
            f"{name} has several rows for one period. Bring them to one, for example with series.groupby(level=0).sum()."
        )


def require_months_or_weeks(periods: pd.PeriodIndex) -> None:
    """Refuse periods of any other length."""
    if periods.freqstr not in ("M", WEEK_FREQ):
        refuse(
            f"Periods are months ('M') or weeks that end on Sunday ('{WEEK_FREQ}'); these are '{periods.freqstr}'. "
            "Bring shorter ones to months with .asfreq('M') and add them up; longer ones cannot be judged."
        )


def on_periods(series: Any, name: str = "The series") -> pd.Series:
    """Return a series as floats on its months or weeks, in time order; dates become the periods in which they lie.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` for anything but numbers on months ('M') or weeks ('W-SUN'), or on dates a week or a month
        apart.

    >>> on_periods(pd.Series([1, 2], pd.to_datetime(["2021-02-28", "2021-01-31"]))).index.astype(str).tolist()
    ['2021-01', '2021-02']
    """
    values, index = as_numbers(series, name), series.index
    if isinstance(index, pd.DatetimeIndex):
        require_distinct(index, name)
        index = _periods_of(index.tz_localize(None))
    elif not isinstance(index, pd.PeriodIndex):
        refuse(
            f"{name} needs months or weeks as its index, or dates; this is a {type(index).__name__}. "
            "Use .set_axis(pd.PeriodIndex(months, freq='M')) with months such as '2021-03'."
        )
    require_months_or_weeks(index)
    require_distinct(index, name)
    return pd.Series(values, index).sort_index()


def _periods_of(dates: pd.DatetimeIndex) -> pd.PeriodIndex:
    """Return the weeks of dates that are a week apart, and the months of any others."""
    gaps = dates.sort_values().diff()[1:]
    return dates.to_period(WEEK_FREQ if len(gaps) and gaps.median() <= A_WEEK else "M")
