"""How far the quarter lies from its expected level, by the definition that `persists` is scored against."""

from dataclasses import dataclass, fields

import numpy as np

from .hypotheses import QUARTER
from .model import YEAR

SEASON_SHRUNK = 0.8  # of each month's mean residual: docs/methods.md, section "Persists"
SEASON_FROM = 24  # months; under two years no season is estimated
ROBUST_SD = 1.4826  # median absolute deviation -> standard deviation of a normal
FOLLOWED = 1.5  # of those from which a departure's question is followed: docs/methods.md, "The question"


@dataclass(frozen=True)
class Departure:
    """The quarter beside the year before it (r rows).

    Attributes
    ----------
    change : ndarray (r,)
        Mean of the quarter less its expectation, on the scale of z.
    level : ndarray (r,)
        Median of the twelve months before, seasonally adjusted.
    season : ndarray (r, 12)
        Effect of the month at each position of the series modulo twelve; sums to zero.
    usual : ndarray (r,)
        Robust scatter of such departures in the past; NaN where there is too little past.
    since : ndarray of int (r,)
        Months before the end from which on it is measured: the quarter's, or those of the change.
    """

    change: np.ndarray
    level: np.ndarray
    season: np.ndarray
    usual: np.ndarray
    since: np.ndarray

    def of(self, rows: np.ndarray) -> "Departure":
        """Return the departures of some rows."""
        return Departure(*(getattr(self, field.name)[rows] for field in fields(Departure)))

    def replaced(self, rows: np.ndarray, other: "Departure") -> "Departure":
        """Return the departures with those of some rows in place of theirs."""
        whole = Departure(*(getattr(self, field.name).copy() for field in fields(Departure)))
        for field in fields(Departure):
            getattr(whole, field.name)[rows] = getattr(other, field.name)
        return whole


def depart_from(z: np.ndarray, age: np.ndarray, august: int | None = None) -> Departure:
    """Measure the departure that `persists` is asked of: of a change that is `age` months old in each row (r,).

    It is that from the year before the change; from the year before the quarter where the change is younger than it.
    `august` is as in `depart`.
    """
    away = depart(z, august=august)
    for n in np.unique(age[age > QUARTER]):
        rows = np.flatnonzero(age == n)
        away = away.replaced(rows, depart(z[rows], int(n), august))
    return away


def depart(z: np.ndarray, age: int = QUARTER, august: int | None = None) -> Departure:
    """Measure the last three months of z (r, n) against what came before the last `age` months.

    `august` is where August lies, modulo twelve: its dip is the schools', so its effect is not shrunk. None = no August.
    """
    rows, length = z.shape
    before = length - age
    seen, t = z[:, :before], np.arange(before)
    observed = np.isfinite(seen)
    weight = observed / np.maximum(observed.sum(1), 1)[:, None]
    value = np.where(observed, seen, 0)
    season = np.zeros((rows, YEAR))
    if before >= SEASON_FROM:
        t0 = t - (weight @ t)[:, None]
        mean = (weight * value).sum(1)
        slope = (weight * value * t0).sum(1) / np.maximum((weight * t0**2).sum(1), 1e-9)
        residual = np.where(observed, value - mean[:, None] - slope[:, None] * t0, 0)
        month = np.equal.outer(t % YEAR, np.arange(YEAR)).astype(float)
        kept = np.where(np.arange(YEAR) == august, 1, SEASON_SHRUNK)
        season = residual @ month / np.maximum(observed @ month, 1) * kept
        season -= season.mean(1, keepdims=True)
    adjusted = z - season[:, np.arange(length) % YEAR]
    level = median(adjusted[:, max(before - YEAR, 0) : before])
    level = np.where(np.isnan(level), median(adjusted[:, :before]), level)
    change = mean_of(adjusted[:, -QUARTER:]) - level
    usual = np.full(rows, np.nan)
    if before > YEAR + QUARTER + 3:
        windows = np.lib.stride_tricks.sliding_window_view(adjusted[:, :before], YEAR + QUARTER, axis=1)
        past = median(windows[:, :, :YEAR])
        usual = ROBUST_SD * median(np.abs(mean_of(windows[:, :, YEAR:]) - past))
    return Departure(change, level, season, usual, np.full(rows, age))


def median(x: np.ndarray) -> np.ndarray:
    """Median over the last axis without NaN; NaN where nothing is left."""
    if not np.isnan(x).any():
        return np.median(x, axis=-1)
    left = (~np.isnan(x)).sum(-1)
    ordered = np.sort(x, axis=-1)  # NaN sort last
    low = np.take_along_axis(ordered, np.maximum(left - 1, 0)[..., None] // 2, axis=-1)[..., 0]
    high = np.take_along_axis(ordered, np.minimum(left // 2, x.shape[-1] - 1)[..., None], axis=-1)[..., 0]
    return np.where(left > 0, (low + high) / 2, np.nan)


def mean_of(x: np.ndarray) -> np.ndarray:
    """Mean over the last axis without NaN; NaN where nothing is left."""
    left = (~np.isnan(x)).sum(-1)
    return np.where(left > 0, np.nansum(x, axis=-1) / np.maximum(left, 1), np.nan)
