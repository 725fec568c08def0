"""Will a good year go on? Where the mean of the year ahead will probably lie, beside the year now and the year before."""

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from ..periods import parse_quarter
from ..schema import YEARS, names
from .departure import mean_of
from .hypotheses import OLDEST
from .many_series import blocks, keys_of, runs
from .model import YEAR, YEAR_AHEAD
from .posterior import lasts
from .rows import judge_rows
from .scale import ROOT

LEAST = 10  # months of each year that are known
# Of published referrals (bench/verdicts/year.py) what was called likely came true more often than said; the normal
# quantile is stretched by the smaller of the slopes found in two halves of the authorities.
STRETCH, STRETCH_OF_FEW = 1.2, 1.8  # at 20 a month and more, and below 15, where roots are used
CHANCES = names(YEARS, step="year_ahead")


def year_ahead(measured: pd.DataFrame, *, quarter: pd.Period | str) -> pd.DataFrame:
    """Return where the twelve months after a quarter will probably lie.

    Parameters
    ----------
    measured : DataFrame
        As in `judge_table`.
    quarter : str or pandas.Period

    Returns
    -------
    DataFrame
        One row per measure and area: `fell` (probability that the level of the twelve months up to the quarter is below
        that of the twelve before, beyond the months' scatter), `lower_still` and `stays_lower` (probabilities that the
        twelve months ahead lie below the twelve now, and below the twelve before); NaN where less than two years are
        known.
    """
    quarter, keys = parse_quarter(quarter), keys_of(measured, of="year_ahead")
    chances = np.full((len(keys), len(CHANCES)), np.nan)
    for block, rows, _ in blocks(measured, keys, quarter):
        for run, length in runs(block):
            if length < 2 * YEAR:
                continue
            z, scale = block.on_scale(run, length)
            none = np.zeros((len(run), OLDEST + 1), dtype=bool)
            for at, judged in judge_rows(z, scale, none, block.sort):
                away = z[at] - judged.level[:, None]
                known = np.isfinite(away)
                enough = (known[:, -YEAR:].sum(1) >= LEAST) & (known[:, -2 * YEAR : -YEAR].sum(1) >= LEAST)
                now, before = mean_of(away[:, -YEAR:]), mean_of(away[:, -2 * YEAR : -YEAR])
                up = np.zeros(len(at), dtype=bool)
                stretch = np.where(scale.form[at] == ROOT, STRETCH_OF_FEW, STRETCH)
                scatter = judged.posterior.noise * np.sqrt(2 / YEAR)
                found = np.column_stack(
                    [
                        ndtr((before - now) / scatter),
                        *(ndtr(stretch * ndtri(lasts(judged.posterior, x, up, YEAR_AHEAD))) for x in (now, before)),
                    ]
                )
                chances[rows[run[at]]] = np.where(enough[:, None], found, np.nan)
    return keys.assign(**dict(zip(CHANCES, chances.T, strict=True)))
