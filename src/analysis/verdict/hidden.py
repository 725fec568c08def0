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


def shares_that_fit(
    shares: np.ndarray, denominators: np.ndarray, totals: Iterable[tuple[np.ndarray, float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the shares of the months of one series that are not known, and their denominators (DRAWS, n each).

    Within a quarter's total cases fall into the hidden months as chance would have it, and each is likely the same to count.

    Parameters
    ----------
    shares, denominators : ndarray (n,)
        NaN = not known.
    totals : iterable of (indices, numerator, denominator)
        What some months come to together. A month without a total stays missing.
    """
    rng = np.random.default_rng(len(shares))
    nothing = np.full(len(shares), np.nan)
    of = values_that_fit(denominators, nothing, nothing, [(months, n) for months, _, n in totals])
    counted = np.repeat((shares * denominators)[None], DRAWS, axis=0)
    for months, numerator, _ in totals:
        hidden = months[np.isnan(shares[months])]
        cases = of[:, hidden]
        rest = round(numerator - np.nansum(counted[0, months]))
        if len(hidden) and rest >= 0 and not np.isnan(cases).any():
            cases = cases.astype(int)
            counted[:, hidden] = [rng.multivariate_hypergeometric(one, min(rest, one.sum())) for one in cases]
    return np.divide(counted, of, out=np.full_like(of, np.nan), where=of > 0), of


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

    `hidden` has measure, area, period, lower and upper; `totals` measure, area, period (a quarter), value and, of shares,
    denominator.
    """
    bounds = hidden[[*SERIES, "period", "lower", "upper"]].rename(columns={"lower": "_lower", "upper": "_upper"})
    table = measured.merge(bounds, on=[*SERIES, "period"], how="left", validate="1:1")
    of_totals = {} if totals is None else dict(iter(totals.groupby(SERIES)))
    known = pd.MultiIndex.from_frame(bounds[SERIES]).union(pd.MultiIndex.from_tuples(list(of_totals), names=SERIES))
    parts = []
    for key, part in table.groupby(SERIES, sort=False):
        part = part.sort_values("period")
        if key not in known or part["value"].notna().all():
            parts.append(part)
            continue
        drawn = _drawn(part, of_totals.get(key))
        parts += [part.assign(area=f"{key[1]}{MARK}{n}", **columns) for n, columns in enumerate(drawn)]
    return pd.concat(parts, ignore_index=True).drop(columns=["_lower", "_upper"])


def _drawn(part: pd.DataFrame, own: pd.DataFrame | None) -> list[dict[str, np.ndarray]]:
    """Return the columns of one series that are drawn, set by set."""
    value, lower, upper = (part[name].to_numpy(dtype=float) for name in ("value", "_lower", "_upper"))
    sums = pd.DataFrame({"value": [], "denominator": []}, dtype=float)
    if own is not None:
        sums = own.set_index("period").reindex(columns=list(sums))
    periods = pd.PeriodIndex(part["period"])
    of_shares = sums.dropna(subset="denominator")
    if of_shares.empty:
        return [{"value": v} for v in values_that_fit(value, lower, upper, totals_over(sums["value"], periods))]
    numerators = totals_over(of_shares["value"] * of_shares["denominator"], periods)
    denominators = totals_over(of_shares["denominator"], periods)
    totals = [(months, n, of) for (months, n), (_, of) in zip(numerators, denominators, strict=True)]
    shares, of = shares_that_fit(value, part["denominator"].to_numpy(dtype=float), totals)
    return [{"value": v, "denominator": d} for v, d in zip(shares, of, strict=True)]


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
