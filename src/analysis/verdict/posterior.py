"""From evidence to what is probable: classes, onset, size, the year ahead, and the two futures of the next months."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from .evidence import Effects, Fit, each, log_factors
from .hypotheses import (
    BREAK,
    BREAK_PRIOR,
    CLASS_PRIOR,
    CLIMB_SHARE,
    CLIMBS,
    OLDEST,
    PAST,
    SHIFT,
    SPIKE,
    TREND,
    UNDER_WAY,
    UNDER_WAY_FEW,
    UNDER_WAY_RATE,
    WINDOW,
    Shapes,
)
from .model import NEXT, Plan

DEEP = 0.45  # of normal: one authority in twelve years stayed below it for three months, at a system change
REGISTERED = 0.9  # share of a change that begins with a registered recording change and is taken as recording
LEAST = 1e-300  # keeps logs and divisions finite
NEGLIGIBLE = 1e-4  # of the weights: left out of the predictive


@dataclass(frozen=True)
class Family:
    """A family of columns with its posterior weights (r, g, s, k)."""

    shapes: Shapes
    in_quarter: np.ndarray  # (k,): mean of the column over the quarter
    weight: np.ndarray
    stiff: np.ndarray  # (r or 1, g, s, k): precision of the effect, in noise variances
    effects: Effects
    null: Fit

    def of(self, rows: np.ndarray) -> "Family":
        """Return the family for some rows."""
        stiff = self.stiff if len(self.stiff) == 1 else self.stiff[rows]
        return replace(
            self, weight=self.weight[rows], stiff=stiff, effects=self.effects.of(rows), null=self.null.of(rows)
        )

    def weighing(self, weight: np.ndarray) -> "Family":
        """Return the family with other weights."""
        return replace(self, weight=weight)

    @cached_property
    def effect(self) -> np.ndarray:
        """Posterior mean of each effect (r, g, s, k)."""
        return self.effects.dot[:, :, None] / self.stiff

    @cached_property
    def scatter(self) -> np.ndarray:
        """The noise variance under each hypothesis (r, g, s, k)."""
        left = self.null.scatter[:, :, None, None] - self.effect * self.effects.dot[:, :, None] / 2
        return np.maximum(left / each(self.null.freedom), np.maximum(each(self.null.least), LEAST))

    @cached_property
    def spread(self) -> np.ndarray:
        """Posterior variance of each effect (r, g, s, k)."""
        return self.scatter / self.stiff


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
        """Noise sd under the settings that are likeliest, changes allowed for roughly (r,)."""
        by_setting = self.usual + sum(family.weight.sum((2, 3)) for family in self.changes)
        gone = sum(
            (family.weight * family.effects.dot[:, :, None] ** 2 / family.stiff).sum((1, 2, 3))
            for family in self.changes
        )
        variance = (by_setting * self.null.scatter).sum(1) - gone / 2
        return np.sqrt(np.maximum(variance / self.null.freedom, np.maximum(self.null.least, 1e-12)))

    def of(self, rows: np.ndarray) -> "Posterior":
        """Return the posterior of some rows."""
        changes = tuple(family.of(rows) for family in self.changes)
        return Posterior(self.usual[rows], self.null.of(rows), changes, self.registered[rows], self.length)

    def weighing(self, usual: np.ndarray, changes: tuple) -> "Posterior":
        """Return the posterior with other weights."""
        return replace(self, usual=usual, changes=changes)

    @cached_property
    def columns(self) -> list[tuple[Family, np.ndarray]]:
        """Each family with its weights by class, spike to recording break (r, 4, k)."""
        splits = []
        for family in self.changes:
            by_column = family.weight.sum((1, 2))
            recorded = np.where(self.registered[:, family.shapes.age], REGISTERED, 0.0)
            split = np.zeros((len(by_column), 4, len(family.shapes.kind)))
            for kind in (SPIKE, SHIFT, TREND, BREAK):
                split[:, kind] = by_column * (family.shapes.kind == kind) * (1 - recorded)
            split[:, BREAK] += by_column * recorded * (family.shapes.kind != PAST)
            splits.append((family, split))
        return splits

    @property
    def classes(self) -> np.ndarray:
        """Usual variation, spike, shift, trend, recording break (r, 5)."""
        shares = np.zeros((len(self.usual), 5))
        for _, split in self.columns:
            shares[:, 1:] += split.sum(2)
        shares[:, 0] = np.maximum(1 - shares.sum(1), 0)
        return shares / shares.sum(1, keepdims=True)


def prior_of_classes(few: bool = False) -> np.ndarray:
    """Return the prior of the five classes; `few` of small counts."""
    under_way = UNDER_WAY_FEW if few else UNDER_WAY_RATE
    older = 1 + under_way * (UNDER_WAY - WINDOW) / WINDOW
    climbs = under_way * CLIMB_SHARE * len(CLIMBS) / WINDOW
    prior = np.array(
        [0, CLASS_PRIOR[SPIKE], CLASS_PRIOR[SHIFT] * older, CLASS_PRIOR[TREND] * (older + climbs), BREAK_PRIOR]
    )
    prior[0] = 1 - prior.sum()
    return prior


def t_below(x: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Student-t distribution function by Wallace's normal approximation (1959), good to three digits here."""
    nu = 2 * freedom
    return ndtr(np.sign(x) * np.sqrt(nu * np.log1p(x * x / nu)) * (8 * nu + 1) / (8 * nu + 3))


def weigh(
    plan: Plan, null: Fit, by_family: list[Effects], depth: np.ndarray | None, registered: np.ndarray
) -> Posterior:
    """Weigh every hypothesis.

    Parameters
    ----------
    by_family : list of Effects
        Of demand and, for rows that fell deep lately, of recording breaks.
    depth : ndarray (r,), optional
        The effect below which a fall is too deep to be demand, on the scale of z; None where nothing fell so far.
    registered : ndarray of bool (r, OLDEST + 1)
        Whether a change of that age begins with a registered recording change.
    """
    usual = np.log(prior_of_classes(plan.few)[0]) + null.log_evidence
    families = []
    for effects, solved in zip(by_family, plan.families, strict=False):
        sds = solved.family.sds
        stiff = effects.norm[:, :, None] + sds[:, None] ** -2.0
        log = log_factors(null, effects, sds) + null.log_evidence[:, :, None, None]
        log += np.log(np.maximum(solved.family.prior, LEAST))
        in_quarter = solved.family.columns[plan.length - 3 : plan.length].mean(0)
        family = Family(solved.family, in_quarter, log, stiff, effects, null)
        if depth is not None:
            below = np.clip(too_deep(depth, family), LEAST, 1)
            log += (
                np.log(1 - below + LEAST) if solved is plan.families[0] else np.log(2 * below)
            )  # half the prior: falls
        families.append(family)
    top = np.max([usual.max(1), *(f.weight.max((1, 2, 3)) for f in families)], axis=0)
    usual = np.exp(usual - top[:, None])
    total = usual.sum(1)
    for family in families:
        np.exp(family.weight - top[:, None, None, None], out=family.weight)
        total = total + family.weight.sum((1, 2, 3))
    for family in families:
        family.weight[...] /= total[:, None, None, None]
    return Posterior(usual / total[:, None], null, tuple(families), registered, plan.length)


def too_deep(depth: np.ndarray, family: Family) -> np.ndarray:
    """Return the probability that each effect lies below the depth."""
    return t_below((each(depth) - family.effect) / np.sqrt(family.spread), each(family.null.freedom))


def lasts(post: Posterior, threshold: np.ndarray, up: np.ndarray, target: int) -> np.ndarray:
    """Return the probability that the target ends beyond the threshold, on the side of the change."""
    null, side = post.null, np.where(up, 1.0, -1.0)
    s2 = null.variance
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
        shared = np.zeros_like(r)  # rows without columns of their own share one
        beyond = f.effects.ahead[r if len(f.effects.ahead) > 1 else shared, g, k, target]
        stiff = f.stiff[r if len(f.stiff) > 1 else shared, g, s, k]
        effect = f.effects.dot[r, g, k] / stiff
        left = (null.scatter[r, g] - effect**2 * stiff / 2) / null.freedom[r]
        scatter = np.maximum(left, np.maximum(null.least[r], LEAST))
        where = null.ahead[r, g, target] + beyond * effect
        spread = scatter * (null.ahead_cov[r, g, target, target] + beyond**2 / stiff)
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
    months = slice(0, len(NEXT))
    ahead, covariance = null.ahead[..., months], null.ahead_cov[..., months, months]
    s2 = null.variance
    joints = [joint(post.usual[..., None], ahead[:, :, None], s2[:, :, None, None, None] * covariance[:, :, None])]
    for family in post.changes:
        beyond = family.effects.ahead[..., months][:, :, None]
        mean = ahead[:, :, None, None] + beyond * family.effect[..., None]
        spread = covariance[:, :, None, None] + beyond[..., None] * beyond[..., None, :] / family.stiff[..., None, None]
        spread = family.scatter[..., None, None] * spread
        rows, g, s, k = family.weight.shape
        flat = (rows, g * s, k)
        joints.append(joint(family.weight.reshape(flat), mean.reshape(*flat, 3), np.reshape(spread, (*flat, 3, 3))))
    means, covariances = (np.concatenate(parts, axis=1) for parts in zip(*joints, strict=True))
    weight = np.concatenate([split for _, split in post.columns], axis=2)
    return Future(weight, post.usual.sum(1), means, covariances)


def joint(weight: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Match one joint normal per column to a mixture: weight (r, m, k), mean (..., 3), covariance (..., 3, 3)."""
    total = weight.sum(1)
    share = weight / np.maximum(total, LEAST)[:, None]
    middle = (share[..., None] * mean).sum(1)
    apart = mean - middle[:, None]
    spread = (share[..., None, None] * (covariance + apart[..., None] * apart[..., None, :])).sum(1)
    return middle, np.where((total > 0)[..., None, None], spread, np.eye(3))


def merge(
    weight: np.ndarray, mean: np.ndarray, variance: np.ndarray, axes: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Match one normal to a mixture along `axes`."""
    total = weight.sum(axes)
    share = np.maximum(total, LEAST)
    middle = (weight * mean).sum(axes) / share
    spread = (weight * (variance + mean**2)).sum(axes) / share - middle**2
    return middle, np.where(total > 0, np.maximum(spread, 1e-12), 1.0)


def size(post: Posterior, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and sd of the effect over the quarter, given the chosen classes (r, 4)."""
    totals, firsts, seconds = 0.0, 0.0, 0.0
    for family, split in post.columns:
        share = (split * chosen[:, :, None]).sum(1)
        mean, variance = merge(family.weight, family.effect, family.spread, (1, 2))
        mean, variance = mean * family.in_quarter, variance * family.in_quarter**2
        totals = totals + share.sum(1)
        firsts = firsts + (share * mean).sum(1)
        seconds = seconds + (share * (variance + mean**2)).sum(1)
    totals = np.maximum(totals, LEAST)
    middle = firsts / totals
    return middle, np.sqrt(np.maximum(seconds / totals - middle**2, 0))


def onset_age(post: Posterior, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the likeliest months since onset, given the chosen classes (r, 4), and its probability."""
    by_age = np.zeros((len(chosen), OLDEST + 1))
    for family, split in post.columns:
        np.add.at(by_age.T, family.shapes.age, (split * chosen[:, :, None]).sum(1).T)
    total = np.maximum(by_age.sum(1), LEAST)
    age = by_age.argmax(1)
    return age, by_age[np.arange(len(age)), age] / total
