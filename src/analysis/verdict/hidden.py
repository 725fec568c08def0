"""Months known only to lie between two values, and quarters known only by their total: verdicts averaged over what fits.

A count that is hidden for disclosure is not missing: it lies between 1 and 5, say, and its quarter's total is often
shown. The values that fit are drawn, always the same ones: within a total as independent events would spread, otherwise
about the level of the months around them.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.stats import poisson

from ..classes import CLASSES
from ..periods import months_of, parse_quarter
from ..schema import SERIES

DRAWS = 9  # sets of values that fit, judged each and averaged
AVERAGED_OVER = "hidden months averaged over"  # a flag
TRIES = 400  # splits of a total, of which those that fit are kept
AROUND = 6  # months to each side that tell the level of a hidden one
MARK = "\x1f"  # between an area's name and the number of a draw
AVERAGED = (*CLASSES, "persists", "change", "change_lower", "change_upper")


def values_that_fit(
    values: np.ndarray, lower: np.ndarray, upper: np.ndarray, totals: Iterable[tuple[np.ndarray, float]] = ()
) -> np.ndarray:
    """Draw whole numbers for the months of one series that are not known (DRAWS, n).

    Parameters
    ----------
    values : ndarray (n,)
        NaN = not known.
    lower, upper : ndarray (n,)
        Bounds of those that are not known; NaN where there are none.
    totals : iterable of (indices, total)
        What some months come to together. A month without a bound and without a total stays missing.

    Returns
    -------
    ndarray (DRAWS, n)
    """
    rng = np.random.default_rng(len(values))
    low = np.nan_to_num(lower, nan=0.0)
    high = np.nan_to_num(upper, nan=np.inf)
    drawn = np.repeat(values[None], DRAWS, axis=0)
    rate = _rates(values, lower, upper, totals)
    left = np.isnan(values) & ~(np.isnan(lower) & np.isnan(upper))
    for months, total in totals:
        hidden = months[np.isnan(values[months])]
        rest = round(total - np.nansum(values[months]))
        if len(hidden) and rest >= 0:
            drawn[:, hidden] = _split(rng, rest, rate[hidden], low[hidden], high[hidden])
            left[hidden] = False
    for t in np.flatnonzero(left):
        below, above = poisson.cdf(low[t] - 1, rate[t]), poisson.cdf(high[t], rate[t])
        share = below + (above - below) * rng.permutation((np.arange(DRAWS) + 0.5) / DRAWS)
        drawn[:, t] = np.clip(poisson.ppf(share, rate[t]), low[t], high[t])
    return drawn


def _rates(values: np.ndarray, lower: np.ndarray, upper: np.ndarray, totals: Iterable) -> np.ndarray:
    """Return the level about which each month is drawn."""
    guess = np.where(np.isnan(values), np.where(np.isnan(upper), lower, (np.nan_to_num(lower) + upper) / 2), values)
    for months, total in totals:
        hidden = months[np.isnan(values[months])]
        if len(hidden):
            guess[hidden] = max(total - np.nansum(values[months]), 0) / len(hidden)
    around = pd.Series(guess).rolling(2 * AROUND + 1, center=True, min_periods=1).mean().to_numpy()
    return np.maximum(np.nan_to_num(around, nan=1.0), 0.1)


def _split(rng: np.random.Generator, total: int, rate: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Spread a total over months as events that know nothing of each other would, within the bounds (DRAWS, m)."""
    tried = rng.multinomial(total, rate / rate.sum(), size=TRIES)
    fits = tried[((tried >= low) & (tried <= high)).all(1)]
    if not len(fits):  # the nearest that there is: where bounds and total disagree, the total holds
        apart = np.maximum(low - tried, 0) + np.maximum(tried - high, 0)
        fits = tried[[apart.sum(1).argmin()]]
    return np.resize(fits, (DRAWS, len(rate)))


def totals_over(totals: pd.Series, periods: pd.PeriodIndex) -> list[tuple[np.ndarray, float]]:
    """Return which months each quarter's total is of, of those quarters that lie wholly among `periods`."""
    at = pd.Series(np.arange(len(periods)), index=periods)
    found = []
    for quarter, total in totals.dropna().items():
        months = months_of(parse_quarter(quarter))
        if months.isin(periods).all():
            found.append((at[months].to_numpy(), float(total)))
    return found


def with_values_that_fit(measured: pd.DataFrame, hidden: pd.DataFrame, totals: pd.DataFrame | None) -> pd.DataFrame:
    """Return a measured table in which each series with hidden months stands DRAWS times, its area marked by MARK and a number.

    `hidden` has measure, area, period, lower and upper; `totals` measure, area, period (a quarter) and value.
    """
    bounds = hidden[[*SERIES, "period", "lower", "upper"]].rename(columns={"lower": "_lower", "upper": "_upper"})
    table = measured.merge(bounds, on=[*SERIES, "period"], how="left", validate="1:1")
    of_totals = {} if totals is None else dict(iter(totals.groupby(SERIES)))
    known = pd.MultiIndex.from_frame(bounds[SERIES]).union(pd.MultiIndex.from_tuples(list(of_totals), names=SERIES))
    parts = []
    for key, part in table.groupby(SERIES, sort=False):
        part = part.sort_values("period")
        own = of_totals.get(key)
        if key not in known or part["value"].notna().all():
            parts.append(part)
            continue
        sums = pd.Series(dtype=float) if own is None else own.set_index("period")["value"]
        about = totals_over(sums, pd.PeriodIndex(part["period"]))
        lower, upper = part["_lower"].to_numpy(dtype=float), part["_upper"].to_numpy(dtype=float)
        for n, values in enumerate(values_that_fit(part["value"].to_numpy(dtype=float), lower, upper, about)):
            parts.append(part.assign(area=f"{key[1]}{MARK}{n}", value=values))
    return pd.concat(parts, ignore_index=True).drop(columns=["_lower", "_upper"])


def average(columns: dict, rows: np.ndarray) -> dict:
    """Return one verdict for several of one series: the likeliest call, with what is probable averaged.

    `columns` are those of `judge_block`, `rows` those that are of the one series.
    """
    calls = [columns["call"][r] for r in rows]
    call = max(dict.fromkeys(calls), key=calls.count)
    alike = np.array([r for r, c in zip(rows, calls, strict=True) if c == call])
    change = np.array([columns["change"][r] for r in alike], dtype=float)
    middle = alike[np.argsort(change)[len(change) // 2]] if not np.isnan(change).all() else alike[0]
    verdict = {name: column[middle] for name, column in columns.items()}
    for name in AVERAGED:
        over = rows if name in CLASSES else alike
        told = np.array([columns[name][r] for r in over], dtype=float)
        verdict[name] = np.nan if np.isnan(told).all() else float(np.nanmean(told))
    verdict["change"] = columns["change"][middle]
    verdict["flags"] = (*verdict["flags"], AVERAGED_OVER)
    return verdict
