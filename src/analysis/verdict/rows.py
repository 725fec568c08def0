"""Judge a block of series that end with the same quarter: arrays in, columns out."""

from dataclasses import dataclass

import numpy as np

from .departure import DEPARTS, QUARTER, depart
from .evidence import absorb_older_events, fit, missing_months
from .model import YEAR_AHEAD, plan, scout
from .posterior import DEEP, Posterior, lasts, onset_age, prior_of_classes, size, weigh
from .scale import Scale
from .shapes import BREAK, SHIFT, SPIKE, TREND, UNDER_WAY

CLASSES = ("usual variation", "short-term spike", "sustained shift", "trend", "recording break")
TOO_EARLY, TOO_LITTLE = "too early to tell", "too little data"
SHORTEST, LONGEST = 12, 240  # points; under a year there is no verdict, and twenty years are history enough
USUAL = 0.50  # usual variation is the call when it is likelier than not
SURE_LASTING, SURE_PASSING = 0.70, 0.80  # share of the change's probability at which its kind is named: "Calls"
CERTAIN = 0.95  # share of the change's probability at which nothing is left to settle
INTERVAL = 1.2816  # normal quantile of an 80% interval
CHUNK = 64  # rows at once: keeps the arrays in the processor's cache


@dataclass(frozen=True)
class Judged:
    """The verdict of each row, on the scale of z (r rows)."""

    classes: np.ndarray  # (r, 5)
    call: np.ndarray  # of str
    persists: np.ndarray
    change: np.ndarray
    spread: np.ndarray
    level: np.ndarray
    season: np.ndarray  # (r, 12)
    age: np.ndarray  # months since onset; 0 where nothing began
    age_probability: np.ndarray
    posterior: Posterior


def judge_rows(z: np.ndarray, scale: Scale, registered: np.ndarray) -> Judged:
    """Judge rows of equal length that end with the quarter's last month.

    Parameters
    ----------
    z : ndarray (r, n)
        NaN = missing; at least SHORTEST known, one of them in the quarter.
    scale : Scale
    registered : ndarray of bool (r, UNDER_WAY + 1)
        Ages at which a change would begin with a registered recording change.
    """
    length = z.shape[1]
    the_plan = plan(length)
    away = depart(z)
    missing = np.isnan(z)
    centred = np.where(missing, 0, z - away.level[:, None])
    scatter = 1.5 * scale.scatter**2
    nuisance = missing_months(missing)
    nuisance = absorb_older_events(scout(length), centred, nuisance, scatter)
    null, found = fit(the_plan, centred, nuisance, scatter, the_plan.families)
    depth = scale.depth(away.level, DEEP)
    deep = np.where(missing, np.inf, centred)[:, -9:].min(1) < 0.7 * depth
    post = weigh(the_plan, null, found, depth, deep, registered)
    classes = post.classes
    call, chosen = name(classes)
    age, age_probability = onset_age(post, chosen)
    change, spread = size(post, chosen)
    usual = call == CLASSES[0]
    age, age_probability = np.where(usual, 0, age), np.where(usual, np.nan, age_probability)
    unnamed = usual | (call == TOO_EARLY)
    s2 = null.scatter / null.freedom[:, None]
    noise = np.sqrt((post.usual * s2).sum(1) / np.maximum(post.usual.sum(1), 1e-300))
    observed = np.maximum((~missing[:, -QUARTER:]).sum(1), 1)
    change = np.where(unnamed, away.change, change)
    spread = np.where(unnamed, noise * np.sqrt(1 / observed + 1 / 8 + 1 / 8), spread)
    persists = lasts(post, away.change / 2, away.change > 0, YEAR_AHEAD)
    usual_departure = np.where(np.isnan(away.usual), noise, away.usual)
    persists[np.abs(away.change) < DEPARTS * np.maximum(usual_departure, 1e-9)] = np.nan
    return Judged(classes, call, persists, change, spread, away.level, away.season, age, age_probability, post)


def name(classes: np.ndarray):
    """Return the call of each row and the classes (r, 4), spike to recording break, that it speaks of.

    Two questions in turn: is there a change at all, and if there is one, of which kind?
    """
    changed = np.maximum(1 - classes[:, 0], 1e-12)
    sustained = (classes[:, 1 + SHIFT] + classes[:, 1 + TREND]) / changed
    call = np.full(len(classes), TOO_EARLY, dtype=object)
    chosen = np.ones((len(classes), 4), dtype=bool)
    for kind in (SPIKE, BREAK):
        clear = classes[:, 1 + kind] / changed >= SURE_PASSING
        call[clear] = CLASSES[1 + kind]
        chosen[clear] = np.arange(4) == kind
    lasting = sustained >= SURE_LASTING
    call[lasting] = np.where(classes[lasting, 1 + SHIFT] >= classes[lasting, 1 + TREND],
                             CLASSES[1 + SHIFT], CLASSES[1 + TREND])
    chosen[lasting] = [False, True, True, False]
    usual = classes[:, 0] >= USUAL
    call[usual], chosen[usual] = CLASSES[0], True
    return call, chosen
