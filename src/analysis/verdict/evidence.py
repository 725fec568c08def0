"""The evidence of every hypothesis, in closed form.

With values z = H b + noise, noise ~ N(0, s2 C), b ~ N(0, s2 k2) and s2 inverse-gamma, the evidence is a Student-t;
one more column is a rank-1 update of it, and so are missing months and older events.
"""

from dataclasses import dataclass, fields

import numpy as np

from .model import Plan, Solved
from .scale import Scale

SCATTER_SHAPE = 1.5  # of the inverse-gamma: worth three months of data
TINY = 1e-12  # keeps logs and divisions finite
NO_PRECISION = 1e-7  # of a missing month's own effect: anything goes


@dataclass(frozen=True)
class Nuisance:
    """Columns that every hypothesis has beside its own (r rows, q columns).

    Attributes
    ----------
    past : ndarray (r, n, q)
    ahead : ndarray (r, q)
        1 for a step that holds, 0 for what is over.
    precision : ndarray (r, q)
    """

    past: np.ndarray
    ahead: np.ndarray
    precision: np.ndarray

    def of(self, rows: np.ndarray) -> "Nuisance":
        """Return the columns of some rows."""
        return Nuisance(self.past[rows], self.ahead[rows], self.precision[rows])

    def none(self, rows: np.ndarray) -> "Nuisance":
        """Return no columns for some rows."""
        return Nuisance(self.past[rows][:, :, :0], self.ahead[rows][:, :0], self.precision[rows][:, :0])

    @property
    def any(self) -> np.ndarray:
        """Which rows have any (r,)."""
        return np.asarray(self.past.any((1, 2)))

    def with_column(self, past: np.ndarray, ahead: np.ndarray, precision: np.ndarray) -> "Nuisance":
        return Nuisance(
            np.concatenate([self.past, past[:, :, None]], axis=2),
            np.concatenate([self.ahead, ahead[:, None]], axis=1),
            np.concatenate([self.precision, precision[:, None]], axis=1),
        )


def missing_months(missing: np.ndarray) -> Nuisance:
    """Give each missing month an effect of its own, without limit: it then says nothing."""
    rows, length = missing.shape
    most = int(missing.sum(1).max(initial=0))
    past = np.zeros((rows, length, most))
    precision = np.ones((rows, most))
    for r in np.flatnonzero(missing.any(1)):
        at = np.flatnonzero(missing[r])
        past[r, at, np.arange(len(at))] = 1
        precision[r, : len(at)] = NO_PRECISION
    return Nuisance(past, np.zeros((rows, most)), precision)


@dataclass(frozen=True)
class Fit:
    """Rows under the null of every setting, nuisances allowed for (r rows, g settings, t targets)."""

    freedom: np.ndarray  # (r,)
    least: np.ndarray  # (r,): variance below which the noise's is never taken to be
    scatter: np.ndarray  # (r, g): b of the inverse-gamma
    log_evidence: np.ndarray  # (r, g)
    ahead: np.ndarray  # (r, g, t)
    ahead_cov: np.ndarray  # (r, g, t, t)
    nuisance: np.ndarray  # (r, g, q): estimated effects

    def of(self, rows: np.ndarray) -> "Fit":
        """Return the fit of some rows."""
        return Fit(*(getattr(self, field.name)[rows] for field in fields(Fit)))

    @property
    def variance(self) -> np.ndarray:
        """The noise variance under the null (r, g)."""
        return np.maximum(self.scatter / self.freedom[:, None], self.least[:, None])


@dataclass(frozen=True)
class Effects:
    """Rows under every column of one family (k columns, s effect sds)."""

    dot: np.ndarray  # (r, g, k)
    norm: np.ndarray  # (r or 1, g, k)
    ahead: np.ndarray  # (r or 1, g, k, t)

    def of(self, rows: np.ndarray) -> "Effects":
        """Return the effects of some rows."""
        alike = len(self.norm) == 1
        return Effects(
            self.dot[rows], self.norm if alike else self.norm[rows], self.ahead if alike else self.ahead[rows]
        )


def apply(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Apply weights (g, k, n) to rows (r, n): (r, g, k), by products small enough for one core."""
    return np.matmul(rows, weights.transpose(0, 2, 1)).transpose(1, 0, 2)


def apply_each(weights: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Apply weights (g, k, n) to columns (r, n, q): (r, g, k, q)."""
    return np.stack([apply(weights, columns[:, :, q]) for q in range(columns.shape[2])], axis=-1)


def fit(
    plan: Plan, z: np.ndarray, nuisance: Nuisance, scale: Scale, families: tuple[Solved, ...]
) -> tuple[Fit, list[Effects]]:
    """Return the null's Fit and the Effects of each family."""
    precision = plan.precision
    observed = z.shape[1] - (nuisance.precision == NO_PRECISION).sum(1)
    freedom = SCATTER_SHAPE + observed / 2
    blup = plan.blup
    pz = apply(precision, z)
    quad = (pz @ z[:, :, None])[..., 0]
    ahead = apply(blup, z)
    ahead_cov = np.broadcast_to(plan.blup_cov, (len(z), *plan.blup_cov.shape))
    logdet = plan.logdet[None]
    gamma = np.zeros((*quad.shape, 0))
    effects = [[apply(f.whitened, z), f.norm[None], f.ahead[None]] for f in families]
    if nuisance.past.shape[2]:
        past = nuisance.past
        pe = apply_each(precision, past)
        inner = past.transpose(0, 2, 1)[:, None] @ pe
        inner += np.einsum("rq,qp->rqp", nuisance.precision, np.eye(past.shape[2]))[:, None]
        inverse = np.linalg.inv(inner)
        ez = pz @ past
        gamma = (inverse @ ez[..., None])[..., 0]
        beyond = nuisance.ahead[:, None, None, :] - apply_each(blup, past)
        logdet = logdet + np.linalg.slogdet(inner)[1]
        quad = quad - (ez * gamma).sum(2)
        ahead = ahead + (beyond @ gamma[..., None])[..., 0]
        ahead_cov = ahead_cov + beyond @ inverse @ beyond.transpose(0, 1, 3, 2)
        for effect, f in zip(effects, families, strict=True):
            ex = apply_each(f.whitened, past)
            solved = ex @ inverse
            effect[0] = effect[0] - (ex @ gamma[..., None])[..., 0]
            effect[1] = effect[1] - (solved * ex).sum(3)
            effect[2] = effect[2] - solved @ beyond.transpose(0, 1, 3, 2)
    b = SCATTER_SHAPE * np.square(scale.scatter)[:, None] + np.maximum(quad, 0) / 2
    least = np.square(scale.least)
    log_evidence = -logdet / 2 + log_density(b, freedom[:, None], least[:, None])
    null = Fit(freedom, least, b, log_evidence, ahead, ahead_cov, gamma)
    return null, [Effects(d, np.maximum(n, 1e-9), a) for d, n, a in effects]


def log_density(b: np.ndarray, freedom: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Return the log density of what is left unexplained, `b`: Student-t, or normal where the noise is at its least."""
    bound = np.maximum(b, freedom * least)
    return -freedom * np.log(bound) + (bound - b) / np.maximum(least, TINY)


def log_factors(null: Fit, effects: Effects, sds: np.ndarray) -> np.ndarray:
    """Return the log Bayes factor of every column against its setting's null (r, g, s, k)."""
    sds = sds[:, None]
    stiff = effects.norm[:, :, None] + sds**-2.0
    gain = effects.dot[:, :, None] ** 2 / stiff / 2
    b, freedom, least = null.scatter[:, :, None, None], each(null.freedom), each(null.least)
    left = np.maximum(b - gain, b * TINY)
    factor = -np.log(stiff * sds**2) / 2
    bound = freedom * least
    if not (left < bound).any():
        return factor - freedom * np.log(left / b)
    return factor + log_density(left, freedom, least) - log_density(b, freedom, least)


def each(row: np.ndarray) -> np.ndarray:
    """Lay a number a row beside settings, effect sds and columns."""
    return row[:, None, None, None]


def mix(log_null: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Average the Bayes factors (r, g, k) over the settings by their weight under the null (r, g)."""
    weight = np.exp(log_null - log_null.max(1, keepdims=True))
    top = factors.max(1, keepdims=True)
    total = (weight[:, None] @ np.exp(factors - top))[:, 0]
    return np.log(total / weight.sum(1, keepdims=True)) + top[:, 0]
