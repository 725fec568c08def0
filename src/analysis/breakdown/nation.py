"""Local against national, and rates per 10,000 whose interval is as wide as the series scatters."""

import warnings

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from ..periods import QUARTERS_A_YEAR, quarter_of, working_days_in
from ..schema import KEY, require

CONFIDENCE = 0.95
SEASON_FROM = 24  # months, under which no season is estimated, as in the verdict: docs/methods.md
FEWEST_FREE = 6  # degrees of freedom, below which a dispersion means nothing


def shared_with_nation(quarters: pd.DataFrame) -> pd.DataFrame:
    """Return which share of each local change since the same quarter last year the nation shows too.

    Parameters
    ----------
    quarters : pandas.DataFrame
        Measured table by quarter, with `comparator`.

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period`; change_local, change_nation (fractions) and shared: the nation's change beside the
        local one on the log scale, from 0 (none, or the other way) to 1 (all of it, or more).
    """
    require(quarters, [*KEY, "value", "comparator"], of="shared_with_nation")
    rows = quarters[quarters["comparator"].notna()].drop_duplicates(KEY)
    earlier = rows[[*KEY, "value", "comparator"]].assign(period=rows["period"] + QUARTERS_A_YEAR)
    both = rows.merge(earlier, on=KEY, suffixes=("", "_before"), validate="1:1")
    local = both["value"] / both["value_before"].where(both["value_before"] > 0)
    nation = both["comparator"] / both["comparator_before"].where(both["comparator_before"] > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shared = (np.log(nation) / np.log(local)).where(local != 1).clip(0, 1)
    return both[KEY].assign(change_local=local - 1, change_nation=nation - 1, shared=shared)


def byar(count: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return Byar's 95% interval of a Poisson count.

    References
    ----------
    Breslow and Day (1987), Statistical Methods in Cancer Research II, IARC, p. 69.

    Examples
    --------
    >>> [round(float(x), 2) for x in byar(100)]
    [81.36, 121.63]
    """
    count = np.asarray(count, dtype=float)
    z = stats.norm.isf((1 - CONFIDENCE) / 2)
    more = count + 1
    some = np.where(count > 0, count, 1.0)
    lower = np.where(count > 0, some * (1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3, 0.0)
    upper = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    return np.maximum(lower, 0.0), upper


def add_rates(measured: pd.DataFrame, *, dispersion: pd.Series | None = None) -> pd.DataFrame:
    """Add rate_lower and rate_upper (Byar, 95%) beside `per_10000`; `dispersion` by measure widens them."""
    require(measured, ["measure", "value", "per_10000"], of="add_rates")
    phi = measured["measure"].map(dispersion).fillna(1.0).to_numpy(float) if dispersion is not None else 1.0
    per = measured["per_10000"] / measured["value"].where(measured["value"] > 0)
    lower, upper = byar(measured["value"].where(measured["value"] > 0, 0) / phi)
    rated = measured["per_10000"].notna()
    return measured.assign(rate_lower=(lower * phi * per).where(rated), rate_upper=(upper * phi * per).where(rated))


def dispersion(values: pd.Series, *, nation: str) -> float:
    """Return how much a monthly series scatters beside Poisson counts, never less than 1.

    Parameters
    ----------
    values : pandas.Series
        Counts, on a PeriodIndex of months.
    nation : {"england", "wales"}
        Whose working days.

    Returns
    -------
    float
        Pearson's chi-square per degree of freedom around a level for each financial year, working days, and with two
        years or more a season; NaN with too few months.

    References
    ----------
    McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., p. 127, 200.
    """
    values = values.dropna().sort_index()
    # a year, or each year's same month, that holds nothing but zeros is fitted exactly and says nothing of scatter
    values = values[values.groupby(quarter_of(values.index).qyear).transform("max") > 0]
    seasonal = len(values) >= SEASON_FROM
    if seasonal:
        values = values[values.groupby(values.index.month).transform("max") > 0]
    if len(values) < FEWEST_FREE:
        return np.nan
    year = pd.Series(quarter_of(values.index).qyear, index=values.index)
    design = pd.get_dummies(year, dtype=float)
    if seasonal:
        season = pd.get_dummies(pd.Series(values.index.month, index=values.index), drop_first=True, dtype=float)
        design = pd.concat([design, season.add_prefix("month ")], axis=1)
    if len(values) - np.linalg.matrix_rank(design.to_numpy()) < FEWEST_FREE:
        return np.nan
    days = np.log(working_days_in(values.index, nation))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # figures that fit exactly do not scatter
        fit = GLM(values.to_numpy(float), design.to_numpy(), family=Poisson(), offset=days).fit()
    return max(1.0, float(fit.pearson_chi2 / fit.df_resid))
