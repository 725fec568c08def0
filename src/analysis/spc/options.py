"""What a chart is given: its options checked, its series in time order."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..errors import nearest
from ..series import as_numbers, refuse, require_distinct

RUNS = (7, 6)  # points in a shift or trend, the default first (NHS Excel tool offers both)
TWO_SIGMA = ("nhsr", "mdc-2023")  # the rule of the R package; Making Data Count's announcement of November 2023
POLARITY = {"increase": 1, "decrease": -1, None: 0}


def check(**options: tuple) -> None:
    for name, (chosen, choices) in options.items():
        if chosen not in tuple(choices):
            words = [word for word in choices if isinstance(word, str)]
            refuse(
                f"{name} is one of {', '.join(map(repr, choices))}; found {chosen!r}."
                + (nearest(chosen, words) if words and isinstance(chosen, str) else "")
            )


def in_time_order(series: pd.Series, periods_only: bool = False) -> pd.Series:
    """Return the values as float, in time order, with a row for every period from the first to the last."""
    values, index = as_numbers(series), series.index
    if series.empty:
        return pd.Series(dtype=float, index=pd.PeriodIndex([], freq=getattr(index, "freq", None) or "M"))
    if not isinstance(index, pd.PeriodIndex if periods_only else pd.PeriodIndex | pd.DatetimeIndex):
        refuse(
            f"The series needs a PeriodIndex; this is a {type(index).__name__}. Of dates, make months with "
            "series.set_axis(series.index.to_period('M'))."
        )
    require_distinct(index)
    y = pd.Series(values, index).sort_index()
    if isinstance(index, pd.DatetimeIndex):
        return y
    return y.reindex(pd.period_range(y.index[0], y.index[-1], freq=index.freq))


def groups_of(index: pd.Index, rebase: Iterable) -> np.ndarray:
    """Number the points by the rebase points at or before them, from 0."""
    try:
        starts = [
            start.asfreq(index.freq, how="start")
            if isinstance(start, pd.Period)
            else pd.Period(start, freq=index.freq)
            if isinstance(index, pd.PeriodIndex)
            else pd.Timestamp(start)
            for start in rebase
        ]
        at = np.unique([index.searchsorted(start) for start in starts])
    except (TypeError, ValueError):
        refuse(f"rebase is a list of periods such as ['2020-04']; found {rebase!r}.")
    return np.searchsorted(at[at > 0], np.arange(len(index)), side="right")  # at 0 nothing is split
