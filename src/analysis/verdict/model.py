"""What an undisturbed series does: level, weak trend, season, correlated noise and a wander that comes back.

The covariance depends on the length alone, so everything that can be solved beforehand is solved once per length
and shared by all series of that length.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from .hypotheses import AHEAD, Shapes, changes_ahead, demand, older, recording

YEAR = 12
LEVEL_SD = 100.0  # in noise sds: vague
TREND_SD = 0.01  # in noise sds a month: weak
NOISE_MEMORY = (0.0, 0.3, 0.6)
WANDER = ((0.3, 0.98), (1.0, 0.95), (4.0, 0.95))  # variance in noise variances, and memory a month; never none
STOCK_WANDER = ((1.0, 0.98), (10.0, 0.98), (100.0, 0.99))  # a stock carries every month's surplus forward
SEASON_SD = (0.3, 1.0, 2.5)  # in noise sds
NEXT = ((0,), (1,), (2,))  # months ahead, from 0: each of the next three
LOOKS = (3, 6, 9)  # months after the quarter, at which its question is looked at: docs/methods.md, "The question"
MEANS = (*(tuple(range(months)) for months in LOOKS), tuple(range(AHEAD)))
YEAR_AHEAD = -1  # of the targets: the mean of the year ahead
CACHED = 16  # lengths held at once


def settings(stock: bool) -> tuple:
    """Return the grid that is averaged over: noise memory, wander, season."""
    return tuple(product(NOISE_MEMORY, STOCK_WANDER if stock else WANDER, SEASON_SD))


def covariance(months: int, noise_memory: float, wander: tuple, season_sd: float) -> np.ndarray:
    """Return the covariance of `months` successive values, in noise variances."""
    return signal(months, wander, season_sd) + (noise_memory ** np.arange(months))[lags(months)]


@lru_cache(maxsize=CACHED)
def lags(months: int) -> np.ndarray:
    t = np.arange(months)
    return np.abs(t[:, None] - t[None, :])


def signal(months: int, wander: tuple, season_sd: float) -> np.ndarray:
    """Return the covariance without the noise: what is to be expected of a month."""
    t, lag = np.arange(months), lags(months)
    middle = (t - t.mean()) * TREND_SD
    season = np.where(t % YEAR == 0, 1 - 1 / YEAR, -1 / YEAR)
    variance, memory = wander
    return LEVEL_SD**2 + np.outer(middle, middle) + (season_sd**2 * season)[lag] + (variance * memory**t)[lag]


def future_means(length: int, targets: tuple) -> np.ndarray:
    """Return the matrix (t, length + AHEAD) that averages the months ahead of each target."""
    means = np.zeros((len(targets), length + AHEAD))
    for row, months in zip(means, targets, strict=True):
        row[length + np.array(months)] = 1 / len(months)
    return means


@dataclass(frozen=True)
class Solved:
    """One family of columns, whitened under every setting (g settings, k columns, t targets)."""

    family: Shapes
    whitened: np.ndarray  # (g, k, n): column' precision
    norm: np.ndarray  # (g, k): column' precision column
    ahead: np.ndarray  # (g, k, t): what a unit of effect adds to a target beyond what the past already says


@dataclass(frozen=True)
class Plan:
    """Everything that depends on the length alone."""

    length: int
    precision: np.ndarray  # (g, n, n)
    logdet: np.ndarray  # (g,)
    blup: np.ndarray  # (g, t, n): weights of the past in each target's prediction
    blup_cov: np.ndarray  # (g, t, t): prediction covariance, in noise variances
    families: tuple[Solved, ...]


def solve(precision: np.ndarray, blup: np.ndarray, means: np.ndarray, family: Shapes) -> Solved:
    """Whiten a family's columns under every setting."""
    length = precision.shape[1]
    seen, ahead = family.columns[:length], means @ family.columns
    whitened = seen.T @ precision
    return Solved(
        family, whitened, np.einsum("gkn,nk->gk", whitened, seen), ahead.T - np.einsum("gtn,nk->gkt", blup, seen)
    )


def solve_settings(length: int, settings: Iterable, families: Iterable, targets: tuple = (), calm: int = 0) -> Plan:
    """Solve `settings` for series of `length` months; the first `calm` targets are without what may yet begin."""
    whole = np.stack([covariance(length + AHEAD, *s) for s in settings])
    past = whole[:, :length, :length]
    precision = np.linalg.inv(past)
    means = future_means(length, targets)
    cross = means @ whole[:, :, :length]
    blup = cross @ precision
    blup_cov = means @ whole @ means.T - blup @ cross.transpose(0, 2, 1)
    blup_cov[:, calm:, calm:] += changes_ahead(means[calm:, length:])
    solved = tuple(solve(precision, blup, means, family(length)) for family in families)
    return Plan(length, precision, np.linalg.slogdet(past)[1], blup, blup_cov, solved)


@lru_cache(maxsize=CACHED)
def plan(length: int, stock: bool, seen: tuple = ()) -> Plan:
    """Lay out the full grid of settings, for what flows or for what is carried forward.

    The targets are NEXT and MEANS or, once some months of the year ahead are seen, the mean of those and of the year.
    """
    targets, calm = ((seen, MEANS[YEAR_AHEAD]), 0) if seen else (NEXT + MEANS, len(NEXT))
    return solve_settings(length, settings(stock), (demand, recording), targets, calm)


@lru_cache(maxsize=CACHED)
def scout(length: int, stock: bool) -> Plan:
    """Lay out the few settings with which older events are looked for."""
    low, middle, _ = STOCK_WANDER if stock else WANDER
    few = zip(NOISE_MEMORY, (low, middle, low), (SEASON_SD[0], SEASON_SD[1], SEASON_SD[1]), strict=True)
    return solve_settings(length, tuple(few), (older,))
