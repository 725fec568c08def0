"""From evidence to what is probable: classes, onset, size, the year ahead, and the two futures of the next months."""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from .evidence import BREAK_SD, Effects, Fit, log_factors
from .model import NEXT, Plan
from .shapes import (
    BREAK,
    BREAK_PRIOR,
    CLASS_PRIOR,
    CLIMB_SHARE,
    CLIMBS,
    EFFECT_SD,
    OLDEST,
    PAST,
    SHIFT,
    SPIKE,
    TREND,
    UNDER_WAY,
    UNDER_WAY_RATE,
    WINDOW,
)

DEEP = 0.45  # of normal: one authority in twelve years stayed below it for three months, at a system change
REGISTERED = 0.9  # share of a change that begins with a registered recording change and is taken as recording
NEGLIGIBLE = 1e-4  # of the weights: left out of the predictive


@dataclass(frozen=True)
class Family:
    """A family of columns with its posterior weights (r, g, s, k)."""

    kind: np.ndarray
    age: np.ndarray
    in_quarter: np.ndarray  # (k,): mean of the column over the quarter
    weight: np.ndarray
    effect: np.ndarray  # posterior mean of the effect
    spread: np.ndarray  # its posterior scale, squared
    scatter: np.ndarray  # (r, g, s, k): s2 under the hypothesis
    stiff: np.ndarray
    ahead: np.ndarray  # (r or 1, g, k, t)

    def of(self, rows):
        """Return the family for some rows."""
        by_row = {name: getattr(self, name)[rows] for name in ("weight", "effect", "spread", "scatter", "stiff")}
        return replace(self, **by_row, ahead=self.ahead if len(self.ahead) == 1 else self.ahead[rows])


@dataclass(frozen=True)
class Posterior:
    """Rows with the weight of the null under each setting and of every change."""

    usual: np.ndarray  # (r, g)
    null: Fit
    changes: tuple[Family, ...]
    registered: np.ndarray  # (r, OLDEST + 1)
    length: int

    @property
    def noise(self) -> np.ndarray:
        """Noise sd, averaged over everything that may be so (r,)."""
        variance = (self.usual * self.null.scatter).sum(1) / self.null.freedom
        return np.sqrt(variance + sum((family.weight * family.scatter).sum((1, 2, 3)) for family in self.changes))

    def of(self, rows):
        """Return the posterior of some rows."""
        null = Fit(*(getattr(self.null, f.name)[rows] for f in fields(Fit)))
        changes = tuple(family.of(rows) for family in self.changes)
        return Posterior(self.usual[rows], null, changes, self.registered[rows], self.length)

    @cached_property
    def columns(self):
        """Each family with its weights by class, spike to recording break (r, 4, k)."""
        found = []
        for family in self.changes:
            by_column = family.weight.sum((1, 2))
            recorded = np.where(self.registered[:, family.age], REGISTERED, 0.0)
            split = np.zeros((len(by_column), 4, len(family.kind)))
            for kind in (SPIKE, SHIFT, TREND, BREAK):
                split[:, kind] = by_column * (family.kind == kind) * (1 - recorded)
            split[:, BREAK] += by_column * recorded * (family.kind != PAST)
            found.append((family, split))
        return found

    @property
    def classes(self) -> np.ndarray:
        """Usual variation, spike, shift, trend, recording break (r, 5)."""
        found = np.zeros((len(self.usual), 5))
        for _, split in self.columns:
            found[:, 1:] += split.sum(2)
        found[:, 0] = np.maximum(1 - found.sum(1), 0)
        return found / found.sum(1, keepdims=True)


def prior_of_classes() -> np.ndarray:
    """Return the prior of the five classes."""
    older = 1 + UNDER_WAY_RATE * (UNDER_WAY - WINDOW) / WINDOW
    climbs = UNDER_WAY_RATE * CLIMB_SHARE * len(CLIMBS) / WINDOW
    found = np.array(
        [0, CLASS_PRIOR[SPIKE], CLASS_PRIOR[SHIFT] * older, CLASS_PRIOR[TREND] * (older + climbs), BREAK_PRIOR]
    )
    found[0] = 1 - found.sum()
    return found


def t_below(x, freedom):
    """Student-t distribution function by Wallace's normal approximation (1959), good to three digits here."""
    nu = 2 * freedom
    return ndtr(np.sign(x) * np.sqrt(nu * np.log1p(x * x / nu)) * (8 * nu + 1) / (8 * nu + 3))


def weigh(
    plan: Plan, null: Fit, found: list[Effects], depth: np.ndarray, deep: np.ndarray, registered: np.ndarray
) -> Posterior:
    """Weigh every hypothesis.

    Parameters
    ----------
    depth : ndarray (r,)
        The effect below which a fall is too deep to be demand, on the scale of z; -inf where there is no such thing.
    deep : ndarray of bool (r,)
        Rows that fell near it lately; elsewhere a recording break has no say.
    registered : ndarray of bool (r, OLDEST + 1)
        Whether a change of that age begins with a registered recording change.
    """
    base = null.log_evidence
    usual = np.log(prior_of_classes()[0]) + base
    logs = []
    for effects, solved, sds in zip(found, plan.families, (EFFECT_SD, BREAK_SD), strict=True):
        factors = log_factors(null, effects, sds)
        logs.append(factors + base[:, :, None, None] + np.log(np.maximum(solved.family.prior, 1e-300)))
    top = np.maximum(usual.max(1), logs[0].max((1, 2, 3)))
    usual = np.exp(usual - top[:, None])
    families = []
    for log, effects, solved, sds in zip(logs, found, plan.families, (EFFECT_SD, BREAK_SD), strict=True):
        stiff = effects.norm[:, :, None] + sds[:, None] ** -2.0
        effect = effects.dot[:, :, None] / stiff
        scatter = null.scatter[:, :, None, None] - effect * effects.dot[:, :, None] / 2
        scatter = np.maximum(scatter / null.freedom[:, None, None, None], 1e-12)
        spread = scatter / stiff
        if solved is plan.families[0]:
            weight = np.exp(log - top[:, None, None, None])
            if deep.any():
                weight[deep] *= 1 - too_deep(depth[deep], effect[deep], spread[deep], null.freedom[deep])
        else:
            weight = np.zeros(log.shape)
            if deep.any():
                weight[deep] = (
                    2
                    * np.exp(np.minimum(log[deep] - top[deep, None, None, None], 600))
                    * too_deep(depth[deep], effect[deep], spread[deep], null.freedom[deep])
                )
        families.append(
            Family(
                solved.family.kind,
                solved.family.age,
                solved.family.columns[plan.length - 3 : plan.length].mean(0),
                weight,
                effect,
                spread,
                scatter,
                np.broadcast_to(stiff, effect.shape),
                effects.ahead,
            )
        )
    total = usual.sum(1) + sum(f.weight.sum((1, 2, 3)) for f in families)
    usual /= total[:, None]
    for f in families:
        f.weight[...] /= total[:, None, None, None]
    return Posterior(usual, null, tuple(families), registered, plan.length)


def too_deep(depth, effect, spread, freedom):
    """Return the probability that an effect lies below the depth."""
    x = (depth[:, None, None, None] - effect) / np.sqrt(spread)
    return t_below(x, freedom[:, None, None, None])


def lasts(post: Posterior, threshold: np.ndarray, up: np.ndarray, target: int) -> np.ndarray:
    """Return the probability that the target ends beyond the threshold, on the side of the change."""
    null, side = post.null, np.where(up, 1.0, -1.0)
    s2 = null.scatter / null.freedom[:, None]
    x = (
        side[:, None]
        * (null.ahead[..., target] - threshold[:, None])
        / np.sqrt(s2 * null.ahead_cov[..., target, target])
    )
    total = (post.usual * t_below(x, null.freedom[:, None])).sum(1)
    for f in post.changes:
        r, g, s, k = np.nonzero(f.weight > NEGLIGIBLE)
        if not len(r):
            continue
        beyond = np.broadcast_to(f.ahead, (len(total), *f.ahead.shape[1:]))[r, g, k, target]
        where = null.ahead[r, g, target] + beyond * f.effect[r, g, s, k]
        spread = f.scatter[r, g, s, k] * (null.ahead_cov[r, g, target, target] + beyond**2 / f.stiff[r, g, s, k])
        chance = t_below(side[r] * (where - threshold[r]) / np.sqrt(spread), null.freedom[r])
        np.add.at(total, r, f.weight[r, g, s, k] * chance)
    return total


@dataclass(frozen=True)
class Future:
    """The next three months under every column, one joint normal each, the null first (k + 1)."""

    weight: np.ndarray  # (r, 4, k): by class, spike to recording break
    usual: np.ndarray  # (r,)
    mean: np.ndarray  # (r, k + 1, 3)
    covariance: np.ndarray  # (r, k + 1, 3, 3)


def look_ahead(post: Posterior) -> Future:
    """Merge the settings of each column into one normal by its moments."""
    null = post.null
    ahead, covariance = null.ahead[..., NEXT], null.ahead_cov[..., NEXT, NEXT]
    s2 = null.scatter / null.freedom[:, None]
    found = [joint(post.usual[..., None], ahead[:, :, None], s2[:, :, None, None, None] * covariance[:, :, None])]
    for family in post.changes:
        beyond = family.ahead[..., NEXT][:, :, None]
        mean = ahead[:, :, None, None] + beyond * family.effect[..., None]
        spread = covariance[:, :, None, None] + beyond[..., None] * beyond[..., None, :] / family.stiff[..., None, None]
        spread = family.scatter[..., None, None] * spread
        rows, g, s, k = family.weight.shape
        flat = (rows, g * s, k)
        found.append(joint(family.weight.reshape(flat), mean.reshape(*flat, 3), np.reshape(spread, (*flat, 3, 3))))
    means, covariances = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
    weight = np.concatenate([split for _, split in post.columns], axis=2)
    return Future(weight, post.usual.sum(1), means, covariances)


def joint(weight, mean, covariance):
    """Match one joint normal per column to a mixture: weight (r, m, k), mean (..., 3), covariance (..., 3, 3)."""
    total = weight.sum(1)
    share = weight / np.maximum(total, 1e-300)[:, None]
    middle = (share[..., None] * mean).sum(1)
    apart = mean - middle[:, None]
    spread = (share[..., None, None] * (covariance + apart[..., None] * apart[..., None, :])).sum(1)
    return middle, np.where((total > 0)[..., None, None], spread, np.eye(3))


def merge(weight, mean, variance, axes):
    """Match one normal to a mixture along `axes`."""
    total = weight.sum(axes)
    share = np.maximum(total, 1e-300)
    middle = (weight * mean).sum(axes) / share
    spread = (weight * (variance + mean**2)).sum(axes) / share - middle**2
    return middle, np.where(total > 0, np.maximum(spread, 1e-12), 1.0)


def size(post: Posterior, chosen: np.ndarray):
    """Return mean and sd of the effect over the quarter, given the chosen classes (r, 4)."""
    totals, firsts, seconds = 0.0, 0.0, 0.0
    for family, split in post.columns:
        share = (split * chosen[:, :, None]).sum(1)
        mean, variance = merge(family.weight, family.effect, family.spread, (1, 2))
        mean, variance = mean * family.in_quarter, variance * family.in_quarter**2
        totals = totals + share.sum(1)
        firsts = firsts + (share * mean).sum(1)
        seconds = seconds + (share * (variance + mean**2)).sum(1)
    totals = np.maximum(totals, 1e-300)
    middle = firsts / totals
    return middle, np.sqrt(np.maximum(seconds / totals - middle**2, 0))


def onset_age(post: Posterior, chosen: np.ndarray):
    """Return the likeliest months since onset, given the chosen classes (r, 4), and its probability."""
    by_age = np.zeros((len(chosen), OLDEST + 1))
    for family, split in post.columns:
        np.add.at(by_age.T, family.age, (split * chosen[:, :, None]).sum(1).T)
    total = np.maximum(by_age.sum(1), 1e-300)
    age = by_age.argmax(1)
    return age, by_age[np.arange(len(age)), age] / total
