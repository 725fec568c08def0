"""Local against national, rates per 10,000, and intervals that respect clustering."""

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from ..periods import quarter_of, working_days_in
from ..shapes import KEY

PER = 10_000  # children
CONFIDENCE = 0.95
COMPARISONS = {"previous": 1, "last year": 4}  # quarters ago
SEASON_FROM = 24  # months, under which no season is estimated: methods, section 5
FEWEST_FREE = 6  # degrees of freedom, below which a dispersion means nothing


def shared_with_nation(quarters: pd.DataFrame) -> pd.DataFrame:
    """Return which share of a local change the nation shows too.

    Parameters
    ----------
    quarters : pandas.DataFrame
        Measured table by quarter, with `comparator`.

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period`; comparison, change_local, change_nation (fractions) and shared: the nation's change
        beside the local one on the log scale, from 0 (none, or the other way) to 1 (all of it, or more). Against the
        previous quarter the season is in both; against the same quarter last year it is in neither.
    """
    rows = quarters[quarters["comparator"].notna()].drop_duplicates(KEY)
    found = []
    for name, ago in COMPARISONS.items():
        earlier = rows[[*KEY, "value", "comparator"]].assign(period=rows["period"] + ago)
        both = rows.merge(earlier, on=KEY, suffixes=("", "_before"), validate="1:1")
        local = both["value"] / both["value_before"].where(both["value_before"] > 0)
        nation = both["comparator"] / both["comparator_before"].where(both["comparator_before"] > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            shared = (np.log(nation) / np.log(local)).where(local != 1).clip(0, 1)
        table = both[KEY].assign(comparison=name, change_local=local - 1, change_nation=nation - 1, shared=shared)
        found.append(table)
    return pd.concat(found, ignore_index=True)


def byar(count: ArrayLike, *, confidence: float = CONFIDENCE) -> tuple[np.ndarray, np.ndarray]:
    """Return Byar's interval of a Poisson count.

    References
    ----------
    Breslow and Day (1987), Statistical Methods in Cancer Research II, IARC, p. 69.

    Examples
    --------
    >>> [round(float(x), 2) for x in byar(100)]
    [81.36, 121.63]
    """
    count = np.asarray(count, dtype=float)
    z = stats.norm.isf((1 - confidence) / 2)
    more = count + 1
    some = np.where(count > 0, count, 1.0)
    lower = np.where(count > 0, some * (1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3, 0.0)
    upper = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    return np.maximum(lower, 0.0), upper


def clustered_rate(count: ArrayLike, children: ArrayLike, *, dispersion: float = 1.0, per: float = PER) -> pd.DataFrame:
    """Return rate, lower and upper per 10,000 children, widened by the series' own dispersion.

    As many independent events as the clustered ones are worth are put into Byar's formula. The interval describes the
    process that brought the events, not a sample of them.
    """
    count, children = np.asarray(count, dtype=float), np.asarray(children, dtype=float)
    lower, upper = byar(count / dispersion)
    scale = per / np.where(children > 0, children, np.nan)
    return pd.DataFrame(
        {"rate": count * scale, "lower": lower * dispersion * scale, "upper": upper * dispersion * scale},
        index=range(count.size) if count.ndim else [0],
    )


def add_rates(measured: pd.DataFrame, *, dispersion: pd.Series | None = None) -> pd.DataFrame:
    """Add rate_lower and rate_upper (Byar, 95%) beside `per_10000`; `dispersion` by measure widens them."""
    phi = measured["measure"].map(dispersion).fillna(1.0).to_numpy(float) if dispersion is not None else 1.0
    per = measured["per_10000"] / measured["value"].where(measured["value"] > 0)
    lower, upper = byar(measured["value"].fillna(0) / phi)
    known = measured["per_10000"].notna()
    return measured.assign(rate_lower=(lower * phi * per).where(known), rate_upper=(upper * phi * per).where(known))


def clustered_share(count: ArrayLike, n: ArrayLike, *, dispersion: float = 1.0) -> pd.DataFrame:
    """Return share, lower and upper (Wilson, 95%) of as many independent cases as the clustered ones are worth."""
    count, n = np.atleast_1d(np.asarray(count, dtype=float)), np.atleast_1d(np.asarray(n, dtype=float))
    lower, upper = proportion_confint(count / dispersion, n / dispersion, alpha=1 - CONFIDENCE, method="wilson")
    return pd.DataFrame({"share": count / n, "lower": lower, "upper": upper})


def design_effect(rows_per_cluster: ArrayLike) -> float:
    """Return by how much the variance of a count exceeds Poisson when events come in clusters.

    Parameters
    ----------
    rows_per_cluster : array
        Rows of each child, or of each family: 799 visits are repeats to far fewer children.

    Notes
    -----
    sum m^2 / sum m: clusters arrive independently, each brings m rows.

    References
    ----------
    Feller (1968), An Introduction to Probability Theory I, 3rd ed., section XII.2 (compound Poisson); Kish (1965),
    Survey Sampling, section 5.4 (design effect).

    Examples
    --------
    >>> design_effect([1, 1, 2, 4])
    2.75
    """
    size = np.asarray(rows_per_cluster, dtype=float)
    return float((size**2).sum() / size.sum())


def dispersion(values: pd.Series, *, nation: str | None = None, denominator: pd.Series | None = None) -> float:
    """Return how much a monthly series scatters beside Poisson counts, or binomial shares, never less than 1.

    Parameters
    ----------
    values : pandas.Series
        On a PeriodIndex of months; fractions where a denominator is given.
    nation : {"england", "wales"} or None
        Whose working days; None for stocks and shares.
    denominator : pandas.Series, optional

    Returns
    -------
    float
        Pearson's chi-square per degree of freedom around a level for each financial year, working days, and with two
        years or more a season; NaN with too few months.

    References
    ----------
    McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., p. 127, 200.
    """
    known = values.notna() if denominator is None else values.notna() & (denominator.reindex(values.index) > 0)
    values = values[known].sort_index()
    year = pd.Series(quarter_of(values.index).qyear, index=values.index)
    design = pd.get_dummies(year, dtype=float)
    if len(values) >= SEASON_FROM:
        season = pd.get_dummies(pd.Series(values.index.month, index=values.index), drop_first=True, dtype=float)
        design = pd.concat([design, season.add_prefix("month ")], axis=1)
    if len(values) - np.linalg.matrix_rank(design.to_numpy()) < FEWEST_FREE:
        return np.nan
    if denominator is None:
        days = np.log(working_days_in(values.index, nation))
        model = sm.GLM(values.to_numpy(float), design.to_numpy(), family=sm.families.Poisson(), offset=days)
    else:
        weights = denominator.reindex(values.index).to_numpy(float)
        model = sm.GLM(values.to_numpy(float), design.to_numpy(), family=sm.families.Binomial(), var_weights=weights)
    fit = model.fit()
    return max(1.0, float(fit.pearson_chi2 / fit.df_resid))
