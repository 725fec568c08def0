"""What an undisturbed series does: level, weak trend, season, correlated noise and a wander that comes back.

The covariance depends on the length alone, so everything that can be solved beforehand is solved once per length
and shared by all series of that length.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from .hypotheses import AHEAD, QUARTER, Shapes, changes_ahead, demand, events, recording

YEAR = 12
LEVEL_SD = 100.0  # in noise sds: vague
TREND_SD = 0.01  # in noise sds a month: weak
NOISE_MEMORY = (0.0, 0.3, 0.6)
WANDER = ((0.3, 0.98), (1.0, 0.95), (4.0, 0.95))  # variance in noise variances, and memory a month; never none
FEW_WANDER = ((0.03, 0.98), (0.1, 0.95), (0.4, 0.95))  # small counts: most of their noise is counting
STOCK_WANDER = ((1.0, 0.98), (10.0, 0.98), (100.0, 0.99))  # a stock carries every month's surplus forward
SEASON_SD = (0.3, 1.0, 2.5)  # in noise sds
AUGUST_SD = 2.0  # the same of August beside the season, of what accrues: schools are closed (docs/methods.md, "August")
AUGUST = 8
NEXT = ((0,), (1,), (2,))  # months ahead, from 0: each of the next three
LOOKS = (3, 6, 9)  # months after the quarter, at which its question is looked at: docs/methods.md, "The question"
MEANS = (*(tuple(range(months)) for months in LOOKS), tuple(range(AHEAD)))
YEAR_AHEAD = -1  # of the targets: the mean of the year ahead

CACHED = 24  # lengths and sorts held at once


@dataclass(frozen=True)
class Sort:
    """What sets series apart that one model serves otherwise.

    Attributes
    ----------
    stock : bool
        Whether they are carried forward.
    few : bool
        Whether they are counts too small for logs.
    newest : int
        Calendar month of the newest month, of what has an August; otherwise 0.
    """

    stock: bool = False
    few: bool = False
    newest: int = 0

    def august(self, length: int) -> int | None:
        """Return where August lies among `length` months, modulo twelve; None of what has none.

        >>> Sort(newest=8).august(36)
        11
        """
        return (length - 1 - (self.newest - AUGUST)) % YEAR if self.newest else None

    @property
    def wander(self) -> tuple:
        """The grid of the wander."""
        return STOCK_WANDER if self.stock else FEW_WANDER if self.few else WANDER


def settings(sort: Sort) -> tuple:
    """Return the grid that is averaged over: noise memory, wander, season."""
    return tuple(product(NOISE_MEMORY, sort.wander, SEASON_SD))


def covariance(months: int, setting: tuple, august: int | None = None) -> np.ndarray:
    """Return the covariance of `months` successive values, in noise variances; `august` is its place modulo twelve."""
    noise_memory, wander, season_sd = setting
    return signal(months, wander, season_sd, august) + (noise_memory ** np.arange(months))[lags(months)]


@lru_cache(maxsize=CACHED)
def lags(months: int) -> np.ndarray:
    t = np.arange(months)
    return np.abs(t[:, None] - t[None, :])


def signal(months: int, wander: tuple, season_sd: float, august: int | None = None) -> np.ndarray:
    """Return the covariance without the noise: what is to be expected of a month."""
    t, lag = np.arange(months), lags(months)
    middle = (t - t.mean()) * TREND_SD
    season = np.where(t % YEAR == 0, 1 - 1 / YEAR, -1 / YEAR)
    variance, memory = wander
    whole = LEVEL_SD**2 + np.outer(middle, middle) + (season_sd**2 * season)[lag] + (variance * memory**t)[lag]
    if august is not None:
        place = t % YEAR == august
        whole += AUGUST_SD**2 * np.outer(place, place)
    return whole


def scatter_of_departures(length: int, setting: tuple) -> np.ndarray:
    """Return the variance of the quarter, and of six months from its first, about the year before, in noise variances (7,).

    The season is taken as known: what its estimate adds is in `rows.WIDER`.
    """
    noise_memory, (variance, memory), _ = setting
    before = length - QUARTER
    months = np.eye(length + QUARTER)[before:]
    year = np.zeros(length + QUARTER)
    year[max(before - YEAR, 0) : before] = 1 / max(min(before, YEAR), 1)
    away = np.vstack([months[:QUARTER].mean(0), months]) - year
    t = np.arange(length + QUARTER)
    cov = (variance * memory**t + noise_memory**t)[lags(length + QUARTER)]
    return np.asarray(np.einsum("kn,nm,km->k", away, cov, away))


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
    """Everything that depends on the length and sort alone."""

    length: int
    few: bool
    precision: np.ndarray  # (g, n, n)
    logdet: np.ndarray  # (g,)
    blup: np.ndarray  # (g, t, n): weights of the past in each target's prediction
    blup_cov: np.ndarray  # (g, t, t): prediction covariance, in noise variances
    departures: np.ndarray  # (g, 7): as `scatter_of_departures` has them
    families: tuple[Solved, ...]


def solve(precision: np.ndarray, blup: np.ndarray, means: np.ndarray, family: Shapes) -> Solved:
    """Whiten a family's columns under every setting."""
    length = precision.shape[1]
    seen, ahead = family.columns[:length], means @ family.columns
    whitened = seen.T @ precision
    return Solved(
        family, whitened, np.einsum("gkn,nk->gk", whitened, seen), ahead.T - np.einsum("gtn,nk->gkt", blup, seen)
    )


def solve_settings(
    length: int, sort: Sort, settings: Iterable, families: Iterable, targets: tuple = (), calm: int = 0
) -> Plan:
    """Solve `settings` for series of `length` months; the first `calm` targets are without what may yet begin."""
    whole = np.stack([covariance(length + AHEAD, s, sort.august(length)) for s in settings])
    past = whole[:, :length, :length]
    precision = np.linalg.inv(past)
    means = future_means(length, targets)
    cross = means @ whole[:, :, :length]
    blup = cross @ precision
    blup_cov = means @ whole @ means.T - blup @ cross.transpose(0, 2, 1)
    blup_cov[:, calm:, calm:] += changes_ahead(means[calm:, length:])
    solved = tuple(solve(precision, blup, means, family(length, sort.few)) for family in families)
    away = np.stack([scatter_of_departures(length, s) for s in settings])
    return Plan(length, sort.few, precision, np.linalg.slogdet(past)[1], blup, blup_cov, away, solved)


@lru_cache(maxsize=CACHED)
def plan(length: int, sort: Sort, seen: tuple = ()) -> Plan:
    """Lay out the full grid of settings.

    The targets are NEXT and MEANS or, once some months of the year ahead are seen, the mean of those and of the year.
    """
    targets, calm = ((seen, MEANS[YEAR_AHEAD]), 0) if seen else (NEXT + MEANS, len(NEXT))
    return solve_settings(length, sort, settings(sort), (demand, recording), targets, calm)


@lru_cache(maxsize=CACHED)
def scout(length: int, sort: Sort) -> Plan:
    """Lay out the few settings with which older events are looked for."""
    low, middle, _ = sort.wander
    few = zip(NOISE_MEMORY, (low, middle, low), (SEASON_SD[0], SEASON_SD[1], SEASON_SD[1]), strict=True)
    return solve_settings(length, sort, tuple(few), (events,))
