"""The scale on which each kind of series is judged, and the way back to its own units.

Counts are judged as logs (per working day where they are events), percentages as logits, and counts too small for
logs as square roots, whose scatter does not depend on the level.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

FEW = 15.0  # a month; below it zeros and ones distort logs (docs/methods.md, "Small counts")
HALF = 0.5  # stands for a zero under the log, and keeps 0% and 100% finite under the logit
ANSCOMBE = 0.375  # Anscombe 1948: 2 sqrt(x + 3/8) has variance 1 for a Poisson count
FEW_TO_JUDGE = 20  # denominator; under it a percentage is not judged (docs/methods.md)
UNKNOWN_DENOMINATOR = 100.0  # where a percentage comes without one
OVERDISPERSED = 0.03  # prior scatter beyond counting, on the log scale
SMOOTH = 0.01  # prior scatter of stocks and averages, on the log scale
LOG, ROOT, LOGIT, PLAIN = range(4)


@dataclass(frozen=True)
class Scale:
    """How rows of values were put on the scale they are judged on.

    Attributes
    ----------
    form : ndarray of int (r,)
        LOG, ROOT, LOGIT or PLAIN.
    scatter : ndarray (r,)
        Prior standard deviation of z from counting alone, and a little more.
    """

    form: np.ndarray
    scatter: np.ndarray

    def of(self, rows: np.ndarray) -> "Scale":
        return Scale(self.form[rows], self.scatter[rows])

    def depth(self, level: np.ndarray, share: float) -> np.ndarray:
        """Return the effect that takes `level` to `share` of it; -inf where a fall has no such meaning."""
        few = np.maximum(np.square(level / 2) - ANSCOMBE, 0)
        return np.select(
            [self.form == LOG, self.form == ROOT],
            [np.full(len(level), np.log(share)), 2 * np.sqrt(share * few + ANSCOMBE) - level],
            -np.inf,
        )

    def back(self, z: np.ndarray, exposure: np.ndarray | float = 1.0) -> np.ndarray:
        """Return values in the series' own units for z (r, n); `exposure` is relative to a usual month."""
        form = self.form[:, None]
        with np.errstate(over="ignore"):
            return np.select(
                [form == LOG, form == ROOT, form == LOGIT],
                [
                    np.exp(np.minimum(z, 700)) * exposure,
                    np.maximum(np.square(np.maximum(z, 0) / 2) - ANSCOMBE, 0) * exposure,
                    expit(z),
                ],
                z,
            )


def put_on_scale(
    values: np.ndarray, *, kind: str, exposure: np.ndarray, denominator: np.ndarray | None = None
) -> tuple[np.ndarray, Scale]:
    """Choose the scale of each row and put it there.

    Parameters
    ----------
    values : ndarray (r, n)
        NaN = missing.
    kind : {"flow", "stock", "percent", "mean", "value"}
    exposure : ndarray (n,)
        Working days of each month beside a usual month's.
    denominator : ndarray (r, n), optional
        Of percentages.

    Returns
    -------
    z : ndarray (r, n)
    scale : Scale
    """
    known = np.isfinite(values)
    before = known.copy()
    before[:, -3:] = False  # the quarter does not choose the scale that it is judged on
    count = np.maximum(before.sum(1), 1)
    filled = np.where(known, values, 0)
    mean = np.where(before, filled, 0).sum(1) / count
    if kind == "percent":
        n = np.full(values.shape, UNKNOWN_DENOMINATOR) if denominator is None else denominator
        n = np.where(known, n, UNKNOWN_DENOMINATOR)
        z = np.log((filled * n + HALF) / ((1 - filled) * n + HALF))
        usual = np.clip(mean, 0.05, 0.95)
        return np.where(known, z, np.nan), Scale(
            np.full(len(z), LOGIT), np.sqrt(1 / (np.median(n[:, :-3], axis=1) * usual * (1 - usual))) + OVERDISPERSED
        )
    if kind in ("flow", "stock"):
        form = np.where(mean >= FEW, LOG, ROOT)
        least = HALF
        scatter = {
            "flow": np.where(form == LOG, np.hypot(1 / np.sqrt(np.maximum(mean, 1)), OVERDISPERSED), 1.0),
            "stock": np.where(form == LOG, SMOOTH, SMOOTH * np.sqrt(np.maximum(mean, 1))),
        }[kind]
    else:
        form = np.where(np.where(known, values, np.inf).min(1) > 0, LOG, PLAIN)
        least = 0.0
        spread = np.sqrt(np.square(np.where(before, filled - mean[:, None], 0)).sum(1) / count)
        scatter = np.where(form == LOG, SMOOTH, SMOOTH * np.maximum(spread, 1e-9))
    rate = np.maximum(filled, least) / exposure
    root = 2 * np.sqrt(np.maximum(filled, 0) / exposure + ANSCOMBE)
    z = np.select([form[:, None] == LOG, form[:, None] == ROOT], [np.log(np.where(rate > 0, rate, 1)), root], filled)
    return np.where(known, z, np.nan), Scale(form, scatter)
