"""Areas against each other, fairly: a funnel plot of rates or percentages, with the overdispersion that areas have.

Small areas scatter more than large ones, and all scatter more than counting does, since they differ in what no figure
here holds. Limits that do not know the second call half of all areas unusual.

References
----------
Spiegelhalter, D. J. (2005) Funnel plots for comparing institutional performance, *Statistics in Medicine* 24, 1185-1202:
limits p. 1188, winsorised overdispersion and random effects p. 1199 (A.3).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

FEWEST = 8  # areas, below which their scatter says nothing
WINSORISED = 0.1  # of the areas at each end: Spiegelhalter's choice
OF_NORMAL = 0.6787  # mean square of a standard normal that is winsorised so; without it the spread comes out too small
LIMITS = (0.95, 0.998)  # of undisturbed areas between a pair of limits: the usual two


@dataclass(frozen=True)
class FunnelPlot:
    """What areas have in common, and how far each is from it.

    Attributes
    ----------
    target : float
        All observed among all exposed.
    between : float
        Variance between areas beyond that of counting.
    away : ndarray
        Standard deviations from the target, an area; NaN where it has no figure.
    """

    target: float
    between: float
    away: np.ndarray
    share: bool

    def limits(self, exposed: ArrayLike, probability: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the limits between which a rate lies with a probability, never below none or above all."""
        reach = stats.norm.isf((1 - probability) / 2) * np.sqrt(self.variance(exposed) + self.between)
        return np.maximum(self.target - reach, 0), np.minimum(self.target + reach, 1 if self.share else np.inf)

    def variance(self, exposed: ArrayLike) -> np.ndarray:
        """Return the variance of counting: binomial of a share, else Poisson."""
        return self.target * (1 - self.target if self.share else 1) / np.asarray(exposed, dtype=float)


def funnel_plot(observed: ArrayLike, exposed: ArrayLike, *, share: bool) -> FunnelPlot | None:
    """Compare areas by a rate or a share.

    Parameters
    ----------
    observed, exposed : array-like of float
        Counts, and among how many; missing where an area has none.
    share : bool
        Whether the observed are some of the exposed.

    Returns
    -------
    FunnelPlot or None
        None below eight areas, or where nothing was observed.
    """
    observed, exposed = (np.asarray(x, dtype=float) for x in (observed, exposed))
    there = np.isfinite(observed) & np.isfinite(exposed) & (exposed > 0)
    total = observed[there].sum()
    if there.sum() < FEWEST or not 0 < total < (exposed[there].sum() if share else np.inf):
        return None
    plain = FunnelPlot(total / exposed[there].sum(), 0.0, np.array([]), share)
    variance = plain.variance(exposed[there])
    off = observed[there] / exposed[there] - plain.target

    def excess(between: float) -> float:
        z = off / np.sqrt(variance + between)
        z = np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED]))
        return float((z**2).mean() / OF_NORMAL - 1 + 1 / len(z))

    between = optimize.brentq(excess, 0.0, 4 * (off**2).max() / OF_NORMAL) if excess(0.0) > 0 else 0.0
    away = np.full(len(observed), np.nan)
    away[there] = off / np.sqrt(variance + between)
    return FunnelPlot(plain.target, between, away, share)
