"""The chain ladder of a triangle, with the standard errors of Mack (1993)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .triangle import Triangle


@dataclass(frozen=True)
class ChainLadder:
    """Expected final counts.

    Attributes
    ----------
    table : pandas.DataFrame
        Index: periods. latest, age, expected_final, standard_error.
    links : pandas.DataFrame
        Index: ages. factor, sigma2, base (sum of the counts it is estimated from) and number (of links).
    """

    table: pd.DataFrame
    links: pd.DataFrame

    def _repr_html_(self) -> str:
        return self.table.to_html()


def chain_ladder(triangle: Triangle, *, use: np.ndarray | None = None) -> ChainLadder:
    """Develop every period to its final count.

    Parameters
    ----------
    triangle : Triangle
    use : ndarray of bool, optional
        Shape of `triangle.counts`: which links, by the cell that they start from, tell how counts develop. An age
        without one falls back on all of them.

    Returns
    -------
    ChainLadder

    Notes
    -----
    f_j = sum C(i,j+1) / sum C(i,j); sigma2_j is the mean squared deviation of the links, weighted by their counts, and
    where there is one link only it is extrapolated as Mack does. Counts that scatter less than Poisson counts would
    are taken to scatter like them: few links may agree by luck. The delay is taken to be stable, and what is oldest to
    be complete.

    References
    ----------
    Mack (1993), Distribution-free calculation of the standard error of chain ladder reserve estimates, ASTIN Bulletin
    23, 213-225: factors and sigma p. 215-217, standard error p. 219.
    """
    counts, step = triangle.counts.to_numpy(float), triangle.step
    links = link_table(counts, step, use)
    factor, sigma2, base = (links[c].to_numpy() for c in ("factor", "sigma2", "base"))
    age, latest = triangle.age.to_numpy(), triangle.latest.to_numpy()
    final, relative = latest.copy(), np.zeros(len(latest))
    shared = np.zeros((len(latest), len(links)))  # estimation error of the factors, by age
    for row in range(len(latest)):
        for j in range(age[row], len(links), step):
            if np.isnan(factor[j]):
                continue
            error = sigma2[j] / factor[j] ** 2 if factor[j] > 0 else np.nan
            relative[row] += error / final[row] if final[row] > 0 else np.nan
            shared[row, j] = error / base[j]
            final[row] *= factor[j]
    periods = triangle.counts.index
    table = pd.DataFrame({"latest": latest, "age": age, "expected_final": final}, index=periods)
    table["standard_error"] = np.sqrt(shared.sum(axis=1) * final**2 + relative * final**2)
    return ChainLadder(table, links)


def link_table(counts: np.ndarray, step: int, use: np.ndarray | None = None) -> pd.DataFrame:
    """Return the development from each age to the next: factor, sigma2, base and number of links."""
    here, there = counts[:, :-step], counts[:, step:]
    seen = ~np.isnan(here + there)
    if use is not None:
        chosen = seen & use[:, :-step]
        seen = np.where(chosen.any(axis=0), chosen, seen)
    here, there = np.where(seen, here, 0.0), np.where(seen, there, 0.0)
    base, counted = here.sum(axis=0), seen & (here > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = there.sum(axis=0) / base
        squares = np.where(counted, (there - factor * here) ** 2 / here, 0.0).sum(axis=0)
        sigma2 = squares / np.where(counted.sum(axis=0) > 1, counted.sum(axis=0) - 1, np.nan)
        poisson = np.abs(factor - 1) + 0.5 / base
    factor = np.where(base > 0, factor, np.nan)
    for j in np.flatnonzero(np.isnan(sigma2) & ~np.isnan(factor)):
        if j >= 2 * step:
            last, before = sigma2[j - step], sigma2[j - 2 * step]
            sigma2[j] = min(last**2 / before, last, before) if before > 0 else last  # Mack (1993), p. 217
    sigma2 = np.where(np.isnan(factor), np.nan, np.fmax(sigma2, poisson))
    return pd.DataFrame({"factor": factor, "sigma2": sigma2, "base": base, "number": seen.sum(axis=0)})
