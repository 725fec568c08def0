"""A series taken apart into trend, season and remainder by STL."""

import numpy as np
import pandas as pd
from statsmodels.tsa.seasonal import STL

from ..kinds import DEFAULT, kind_of
from ..periods import working_days_in

CYCLES = {"M": 12, "W": 52}  # periods in a year
YEARS = 2  # without which no season is estimated: it must be seen twice
PARTS = ["observed", "trend", "season", "remainder"]


def season_and_trend(series: pd.Series, *, kind: str = DEFAULT, nation: str | None = None) -> pd.DataFrame:
    """Take a series apart into trend, season and remainder.

    Parameters
    ----------
    series : pandas.Series
        On a monthly or weekly PeriodIndex; NaN = missing.
    kind : str
        One of `analysis.kinds.KINDS`: flow, stock, percent, mean or value.
    nation : {"england", "wales"} or None
        What accrues, such as a flow, is divided by this nation's working days first, so that a short month is no trough.

    Returns
    -------
    pandas.DataFrame
        Indexed like the series, in time order without gaps: observed, trend, season and remainder, in the series' unit
        (a flow's: per working day). What was missing is bridged by a straight line for the fit and stays without
        observed and remainder. All but observed are NaN below two years.

    Notes
    -----
    Robust LOESS, with the same season every year: a month that stands out hardly moves trend and season. At the newest
    end the trend is guessed from one side only; the verdict does not use it.

    References
    ----------
    Cleveland, Cleveland, McRae and Terpenning (1990), STL, *Journal of Official Statistics* 6, 3-73.

    Examples
    --------
    >>> months = pd.period_range("2018-04", periods=36, freq="M")
    >>> values = pd.Series(np.where(months.month == 8, 60.0, 100.0), months)
    >>> bool(season_and_trend(values).groupby(months.month)["season"].mean().idxmin() == 8)
    True
    """
    values = series.sort_index().astype(float)
    values = values.reindex(pd.period_range(values.index[0], values.index[-1], freq=values.index.freq))
    if kind_of(kind).accrues:
        values = values / working_days_in(values.index, nation)
    values = values.loc[values.first_valid_index() : values.last_valid_index()]
    table = pd.DataFrame({"observed": values}, index=values.index).reindex(columns=PARTS)
    cycle = CYCLES[values.index.freqstr[0]]
    if len(values) >= YEARS * cycle + 1:
        periodic = {"seasonal": 10 * len(values) + 1, "seasonal_deg": 0}  # else the newest month becomes its own season
        parts = STL(values.interpolate().to_numpy(), period=cycle, robust=True, **periodic).fit()
        table["trend"], table["season"] = parts.trend, parts.seasonal
        table["remainder"] = np.where(values.isna(), np.nan, parts.resid)
    return table


def seasonal_strength(parts: pd.DataFrame) -> float:
    """Return how much of the movement around the trend is season, 0 (none) to 1 (all of it); NaN below two years.

    References
    ----------
    Hyndman and Athanasopoulos (2021), *Forecasting: Principles and Practice*, 3rd ed., section 4.3.
    """
    around = (parts["season"] + parts["remainder"]).var()
    return float(max(0.0, 1 - parts["remainder"].var() / around)) if around > 0 else np.nan
