"""Figures that cannot be: more done than due, over 100%, less than none. They are missing, and so are their totals."""

from typing import Any

import numpy as np
import pandas as pd

from ..errors import Refused
from ..kinds import kind_of
from .log import CleaningLog
from .numerals import MINORITY

IMPOSSIBLE = "impossible"
HUNDRED = 100.0


def judge_figures(log: CleaningLog, typed: dict[str, pd.Series], signed: np.ndarray, lacking: np.ndarray) -> None:
    """Empty the figures that cannot be, and read whole-number percentages; each with its code.

    Parameters
    ----------
    log : CleaningLog
    typed : dict of str to pandas.Series
        value, status, perhaps denominator: changed in place.
    signed : numpy.ndarray
        Which values had a percent sign: their scale is said.
    lacking : numpy.ndarray of str
        Why a denominator is missing: the percentage is missing for the same reason.

    Raises
    ------
    Refused
        ``PERCENT_SCALE`` where a column of percentages has two scales.
    """
    value, status = typed["value"].to_numpy(copy=True), typed["status"].to_numpy(dtype=object, copy=True)
    impossible = np.zeros(len(value), dtype=bool)
    for name, where in log.dataset.measured_rows:
        kind = kind_of(name)
        rows = np.logical_and.reduce([log.kept, *(log.text[r].isin(v).to_numpy(dtype=bool) for r, v in where.items())])
        if kind.count:
            impossible |= rows & (value < 0)
        elif kind.share and "denominator" in typed:
            denominator = typed["denominator"].to_numpy()
            impossible |= rows & ((value < 0) | (denominator < 0) | (value > denominator))
            halved = rows & np.isnan(denominator) & ~np.isnan(value)
            status[halved], value[halved] = lacking[halved], np.nan
        elif kind.share:
            impossible |= _scale(log, value, rows & ~np.isnan(value), signed)
            impossible |= rows & ((value < 0) | (value > 1))
    if impossible.any():
        log.flag(impossible, "value", "IMPOSSIBLE_FIGURE")
        value[impossible], status[impossible] = np.nan, IMPOSSIBLE
    typed["value"] = pd.Series(value, index=log.rows.index)
    typed["status"] = pd.Series(status, index=log.rows.index).astype("str")


def _scale(log: CleaningLog, value: np.ndarray, rows: np.ndarray, signed: np.ndarray) -> Any:
    """Bring percentages without a sign, 87 for 0.87, to fractions of one; return those whose scale cannot be told.

    The column says which scale it has. 0.95 among figures like 87 is no share of one percent, and 87 among figures like
    0.95 cannot be: fewer than `MINORITY` are slips, more are two scales.
    """
    bare = rows & ~signed & (value != 0)
    above, below = bare & (value > 1), bare & (value > 0) & (value < 1)
    none = np.zeros(len(value), dtype=bool)
    if not above.any():
        return none
    share = above.sum() / (above | below).sum()
    if share <= MINORITY:
        return none  # a column of fractions: what is over one is over 100%
    low, high = value[above].min(), value[above].max()
    # is 0.95 nearer to the others as it is, or as 95?
    like_a_fraction = below & (
        np.log(np.maximum(low / np.where(below, value, 1), 1)) > _away(HUNDRED * value, low, high)
    )
    if like_a_fraction.any() and like_a_fraction.sum() > MINORITY * (above | below).sum():
        first = log.rows.iloc[int(np.flatnonzero(like_a_fraction)[0])]
        raise Refused(
            f"{first['file']}: the column '{log.heading('value')}' holds percentages of two scales, as 0.95 and as 95, the "
            f"first below one on line {first['line']}. Write all of them one way, or with a % sign.",
            code="PERCENT_SCALE",
        )
    value[rows & ~signed] /= HUNDRED
    log.remark("PERCENT_OF_100", role="value")
    return like_a_fraction


def _away(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Say how far, in logarithms, values lie outside a range; 0 inside."""
    safe = np.where(value > 0, value, low)
    return np.maximum(np.maximum(np.log(low / safe), np.log(safe / high)), 0)
