"""What an undisturbed series does: level, weak trend, season, correlated noise and a wander that comes back.

The covariance depends on the length alone, so everything that can be solved beforehand is solved once per length
and shared by all series of that length.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from .hypotheses import AHEAD, CHANGES_AHEAD, Shapes, demand, events, recording

YEAR = 12
LEVEL_SD = 100.0  # in noise sds: vague
TREND_SD = 0.01  # in noise sds a month: weak
NOISE_MEMORY = (0.0, 0.3, 0.6)
WANDER = ((0.3, 0.98), (1.0, 0.95), (4.0, 0.95))  # variance in noise variances, and memory a month; never none
FEW_WANDER = ((0.03, 0.98), (0.1, 0.95), (0.4, 0.95))  # small counts: most of their noise is counting
STOCK_WANDER = ((1.0, 0.98), (10.0, 0.98), (100.0, 0.99))  # a stock carries every month's surplus forward
SEASON_SD = (0.3, 1.0, 2.5)  # in noise sds
NEXT, YEAR_AHEAD = slice(0, 3), 3  # targets: the next three months, and the mean of the year ahead
TARGETS = 4
CACHED = 16  # lengths held at once


@dataclass(frozen=True)
class Sort:
    """What sets series apart that one model serves otherwise: whether they are carried forward, or small counts."""

    stock: bool = False
    few: bool = False

    @property
    def wander(self) -> tuple:
        """The grid of the wander."""
        return STOCK_WANDER if self.stock else FEW_WANDER if self.few else WANDER


def settings(sort: Sort) -> tuple:
    """Return the grid that is averaged over: noise memory, wander, season."""
    return tuple(product(NOISE_MEMORY, sort.wander, SEASON_SD))


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


def future_means(length: int) -> np.ndarray:
    """Return the TARGETS x (length + AHEAD) matrix that averages the months ahead."""
    means = np.zeros((TARGETS, length + AHEAD))
    for month in range(3):
        means[month, length + month] = 1
    means[YEAR_AHEAD, length:] = 1 / AHEAD
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


def solve_settings(length: int, settings: Iterable, families: Iterable, few: bool) -> Plan:
    """Solve `settings` for series of `length` months."""
    whole = np.stack([covariance(length + AHEAD, *s) for s in settings])
    past = whole[:, :length, :length]
    precision = np.linalg.inv(past)
    means = future_means(length)
    cross = means @ whole[:, :, :length]
    blup = cross @ precision
    blup_cov = means @ whole @ means.T - blup @ cross.transpose(0, 2, 1)
    blup_cov[:, YEAR_AHEAD, YEAR_AHEAD] += CHANGES_AHEAD
    solved = tuple(solve(precision, blup, means, family(length, few)) for family in families)
    return Plan(length, precision, np.linalg.slogdet(past)[1], blup, blup_cov, solved)


@lru_cache(maxsize=CACHED)
def plan(length: int, sort: Sort) -> Plan:
    """Lay out the full grid of settings."""
    return solve_settings(length, settings(sort), (demand, recording), sort.few)


@lru_cache(maxsize=CACHED)
def scout(length: int, sort: Sort) -> Plan:
    """Lay out the few settings with which older events are looked for."""
    low, middle, _ = sort.wander
    few = zip(NOISE_MEMORY, (low, middle, low), (SEASON_SD[0], SEASON_SD[1], SEASON_SD[1]), strict=True)
    return solve_settings(length, tuple(few), (events,), sort.few)
