"""The scale on which each kind of series is judged, and the way back to its own units.

Counts are judged as logs (per working day where they are events), percentages as logits. Counts too small for logs are
judged as square roots, and percentages with as few cases on one side as arcsines: their scatter does not depend on the
level.
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy.special import expit

from ..kinds import CARRIED, FIGURE, SCATTERED, SHARE, Kind
from .hypotheses import QUARTER

FEW = 15.0  # a month; below it zeros and ones distort logs and logits (docs/methods.md, "Small counts")
HALF = 0.5  # stands for a zero under the log, and keeps 0% and 100% finite under the logit
ANSCOMBE = 0.375  # Anscombe 1948: 2 sqrt(x + 3/8) has variance 1 for a Poisson count
FEW_TO_JUDGE = 20  # denominator; under it a percentage is not judged (docs/methods.md)
UNKNOWN_DENOMINATOR = 100.0  # where a percentage comes without one
OVERDISPERSED = 0.03  # prior scatter beyond counting, on the log scale
SMOOTH = 0.01  # prior scatter of stocks and averages, on the log scale
LEAST_COUNTED = (
    0.5  # variance of events beside that of counting: none are more regular (docs/methods.md, "Rare events")
)
LEAST_ROOT = 0.75  # scatter of a root: at rates under one a month that of counting itself goes to nothing
LEAST_CARRIED = 0.5  # cases: a stock of whole children does not scatter by less
LOG, ROOT, LOGIT, ARC, PLAIN = range(5)


@dataclass(frozen=True)
class Scale:
    """How rows of values were put on the scale they are judged on.

    Attributes
    ----------
    form : ndarray of int (r,)
        LOG, ROOT, LOGIT, ARC or PLAIN.
    scatter : ndarray (r,)
        Prior standard deviation of z from counting alone, and a little more.
    least : ndarray (r,)
        Standard deviation of z below which the scatter is never taken to be.
    cases : ndarray (r,)
        Usual denominator, of percentages.
    """

    form: np.ndarray
    scatter: np.ndarray
    least: np.ndarray
    cases: np.ndarray

    def of(self, rows: np.ndarray) -> "Scale":
        """Return the scale of some rows."""
        return Scale(*(getattr(self, field.name)[rows] for field in fields(Scale)))

    @property
    def few(self) -> np.ndarray:
        """Which rows are counts too small for logs (r,)."""
        return self.form == ROOT

    def depth(self, share: float) -> np.ndarray:
        """Return the effect that takes a level to `share` of it; -inf where a fall has no such meaning.

        Small counts fall so far by chance, or in earnest; a month of them says nothing of the record.
        """
        return np.where(self.form == LOG, np.log(share), -np.inf)

    def back(self, z: np.ndarray, exposure: np.ndarray | float = 1.0) -> np.ndarray:
        """Return values in the series' own units for z (r, n); `exposure` is relative to a usual month."""
        form, cases = self.form[:, None], self.cases[:, None]
        half = np.clip(z, 0, np.pi) / 2
        with np.errstate(over="ignore"):
            return np.select(
                [form == LOG, form == ROOT, form == LOGIT, form == ARC],
                [
                    np.exp(np.minimum(z, 700)) * exposure,
                    np.maximum(np.square(np.maximum(z, 0) / 2) - ANSCOMBE, 0) * exposure,
                    expit(z),
                    np.clip((np.square(np.sin(half)) * (cases + 2 * ANSCOMBE) - ANSCOMBE) / cases, 0, 1),
                ],
                z,
            )


def put_on_scale(
    values: np.ndarray, *, kind: Kind, exposure: np.ndarray, denominator: np.ndarray | None = None, ahead: int = 0
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
    ahead : int
        Months after the quarter, at the end; they do not choose the scale either.

    Returns
    -------
    z : ndarray (r, n)
    scale : Scale
    """
    observed = np.isfinite(values)
    before = observed.copy()
    before[:, -QUARTER - ahead :] = False  # the quarter does not choose the scale that it is judged on
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
    counting = 1 / np.sqrt(np.maximum(mean, 1))
    scatter = np.where(form == LOG, np.hypot(counting, OVERDISPERSED), 1.0)
    least = np.where(form == LOG, np.sqrt(LEAST_COUNTED) * counting, LEAST_ROOT)
    return rows.on(form, HALF), Scale(form, scatter, least, np.ones(len(form)))


def _carried_counts(rows: Rows) -> tuple[np.ndarray, Scale]:
    """What is carried from month to month hardly scatters."""
    mean = rows.mean(rows.values)
    form = np.where(mean >= FEW, LOG, ROOT)
    scatter = np.where(form == LOG, SMOOTH, SMOOTH * np.sqrt(np.maximum(mean, 1)))
    least = LEAST_CARRIED / np.where(form == LOG, np.maximum(mean, 1), np.sqrt(mean + ANSCOMBE))
    return rows.on(form, HALF), Scale(form, scatter, least, np.ones(len(form)))


def _shares(rows: Rows) -> tuple[np.ndarray, Scale]:
    """A share is the logit of its cases; where few are in time, or few are late, the arcsine of its root."""
    n = np.where(
        rows.observed, UNKNOWN_DENOMINATOR if rows.denominator is None else rows.denominator, UNKNOWN_DENOMINATOR
    )
    cases, usual = np.median(n[:, : rows.before.any(0).sum() or None], axis=1), rows.mean(rows.values)
    form = np.where(cases * np.minimum(usual, 1 - usual) < FEW, ARC, LOGIT)
    logit = np.log((rows.values * n + HALF) / ((1 - rows.values) * n + HALF))
    arc = 2 * np.arcsin(np.sqrt((rows.values * n + ANSCOMBE) / (n + 2 * ANSCOMBE)))
    usual = np.clip(usual, 0.05, 0.95)
    counting = np.sqrt(1 / (cases * np.where(form == ARC, 1, usual * (1 - usual))))
    least = np.sqrt(LEAST_COUNTED) * counting
    scale = Scale(form, counting + np.where(form == ARC, 0, OVERDISPERSED), least, cases)
    return np.where(form[:, None] == ARC, arc, logit), scale


def _figures(rows: Rows) -> tuple[np.ndarray, Scale]:
    """Other figures are logs while they are above nothing."""
    form = np.where(np.where(rows.observed, rows.values, np.inf).min(1) > 0, LOG, PLAIN)
    spread = np.sqrt(rows.mean(np.square(rows.values - rows.mean(rows.values)[:, None])))
    scatter = np.where(form == LOG, SMOOTH, SMOOTH * np.maximum(spread, 1e-9))
    return rows.on(form, 0.0), Scale(form, scatter, np.zeros(len(form)), np.ones(len(form)))


SCALES = {SCATTERED: _scattered_counts, CARRIED: _carried_counts, SHARE: _shares, FIGURE: _figures}  # by `Kind.scale`
