"""The scale on which each kind of series is judged, and the way back to its own units.

Counts are judged as logs (per working day where they are events), percentages as logits, and counts too small for
logs as square roots, whose scatter does not depend on the level.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ..kinds import CARRIED, FIGURE, SCATTERED, SHARE, Kind

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
    values: np.ndarray, *, kind: Kind, exposure: np.ndarray, denominator: np.ndarray | None = None
) -> tuple[np.ndarray, Scale]:
    """Choose the scale of each row and put it there.

    Parameters
    ----------
    values : ndarray (r, n)
        NaN = missing.
    kind : Kind
    exposure : ndarray (n,)
        Working days of each month beside a usual month's.
    denominator : ndarray (r, n), optional
        Of percentages.

    Returns
    -------
    z : ndarray (r, n)
    scale : Scale
    """
    observed = np.isfinite(values)
    before = observed.copy()
    before[:, -3:] = False  # the quarter does not choose the scale that it is judged on
    z, scale = SCALES[kind.scale](Rows(np.where(observed, values, 0), observed, before, exposure, denominator))
    return np.where(observed, z, np.nan), scale


@dataclass(frozen=True)
class Rows:
    """Values with nothing in place of what is missing (r, n), which of them are known, and which choose the scale."""

    values: np.ndarray
    observed: np.ndarray
    before: np.ndarray
    exposure: np.ndarray
    denominator: np.ndarray | None

    def mean(self, of: np.ndarray) -> np.ndarray:
        """Return the mean of what chooses the scale (r,)."""
        return np.where(self.before, of, 0).sum(1) / np.maximum(self.before.sum(1), 1)

    def on(self, form: np.ndarray, least: float) -> np.ndarray:
        """Return the values as logs, as roots or as they are; `least` stands for less under the log."""
        rate = np.maximum(self.values, least) / self.exposure
        root = 2 * np.sqrt(np.maximum(self.values, 0) / self.exposure + ANSCOMBE)
        return np.select(
            [form[:, None] == LOG, form[:, None] == ROOT], [np.log(np.where(rate > 0, rate, 1)), root], self.values
        )


def _scattered_counts(rows: Rows) -> tuple[np.ndarray, Scale]:
    """Events that know nothing of each other scatter as counts do."""
    mean = rows.mean(rows.values)
    form = np.where(mean >= FEW, LOG, ROOT)
    scatter = np.where(form == LOG, np.hypot(1 / np.sqrt(np.maximum(mean, 1)), OVERDISPERSED), 1.0)
    return rows.on(form, HALF), Scale(form, scatter)


def _carried_counts(rows: Rows) -> tuple[np.ndarray, Scale]:
    """What is carried from month to month hardly scatters."""
    mean = rows.mean(rows.values)
    form = np.where(mean >= FEW, LOG, ROOT)
    scatter = np.where(form == LOG, SMOOTH, SMOOTH * np.sqrt(np.maximum(mean, 1)))
    return rows.on(form, HALF), Scale(form, scatter)


def _shares(rows: Rows) -> tuple[np.ndarray, Scale]:
    """A share is the logit of its cases."""
    n = np.where(
        rows.observed, UNKNOWN_DENOMINATOR if rows.denominator is None else rows.denominator, UNKNOWN_DENOMINATOR
    )
    z = np.log((rows.values * n + HALF) / ((1 - rows.values) * n + HALF))
    usual = np.clip(rows.mean(rows.values), 0.05, 0.95)
    scatter = np.sqrt(1 / (np.median(n[:, :-3], axis=1) * usual * (1 - usual))) + OVERDISPERSED
    return z, Scale(np.full(len(z), LOGIT), scatter)


def _figures(rows: Rows) -> tuple[np.ndarray, Scale]:
    """Other figures are logs while they are above nothing."""
    form = np.where(np.where(rows.observed, rows.values, np.inf).min(1) > 0, LOG, PLAIN)
    spread = np.sqrt(rows.mean(np.square(rows.values - rows.mean(rows.values)[:, None])))
    scatter = np.where(form == LOG, SMOOTH, SMOOTH * np.maximum(spread, 1e-9))
    return rows.on(form, 0.0), Scale(form, scatter)


SCALES = {SCATTERED: _scattered_counts, CARRIED: _carried_counts, SHARE: _shares, FIGURE: _figures}  # by `Kind.scale`
