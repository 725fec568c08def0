"""Judge a block of series that end with the same quarter: arrays in, columns out."""

from dataclasses import dataclass

import numpy as np

from .calls import CLASSES, TOO_EARLY, name
from .departure import DEPARTS, QUARTER, depart
from .evidence import SCATTER_SHAPE, absorb_older_events, fit, missing_months
from .model import YEAR_AHEAD, plan, scout
from .posterior import DEEP, Posterior, lasts, onset_age, size, weigh
from .scale import Scale

SHORTEST, LONGEST = 12, 240  # points; under a year there is no verdict, and twenty years are history enough
INTERVAL = 1.2816  # normal quantile of an 80% interval
LEVEL_AND_SEASON = np.pi / 2 / 12 + 1 / 12  # noise variances: a median of twelve months, month effects of four years
NEAR_DEEP = 0.7  # of the depth: rows that fell so far in the last NEWEST months are asked about a recording break
NEWEST = 9  # months
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
    open_question: np.ndarray  # of bool
    posterior: Posterior


def judge_rows(z: np.ndarray, scale: Scale, registered: np.ndarray, stock: bool) -> Judged:
    """Judge rows of equal length that end with the quarter's last month.

    Parameters
    ----------
    z : ndarray (r, n)
        NaN = missing; at least SHORTEST known, one of them in the quarter.
    scale : Scale
    registered : ndarray of bool (r, OLDEST + 1)
        Ages at which a change would begin with a registered recording change.
    stock : bool
        Whether the series is carried forward from month to month.
    """
    length = z.shape[1]
    the_plan = plan(length, stock)
    away = depart(z)
    missing = np.isnan(z)
    centred = np.where(missing, 0, z - away.level[:, None])
    scatter = SCATTER_SHAPE * scale.scatter**2
    nuisance = missing_months(missing)
    nuisance = absorb_older_events(scout(length, stock), centred, nuisance, scatter)
    null, found = fit(the_plan, centred, nuisance, scatter, the_plan.families)
    depth = scale.depth(away.level, DEEP)
    deep = np.where(missing, np.inf, centred)[:, -NEWEST:].min(1) < NEAR_DEEP * depth
    post = weigh(the_plan, null, found, depth, deep, registered)
    classes = post.classes
    call, chosen, open_question = name(classes)
    age, age_probability = onset_age(post, chosen)
    change, spread = size(post, chosen)
    usual = call == CLASSES[0]
    age, age_probability = np.where(usual, 0, age), np.where(usual, np.nan, age_probability)
    unnamed = usual | (call == TOO_EARLY)
    noise = post.noise
    months = np.maximum((~missing[:, -QUARTER:]).sum(1), 1)
    change = np.where(unnamed, away.change, change)
    spread = np.where(unnamed, noise * np.sqrt(1 / months + LEVEL_AND_SEASON), spread)
    persists = lasts(post, away.change / 2, away.change > 0, YEAR_AHEAD)
    usual_departure = np.where(np.isnan(away.usual), noise / np.sqrt(QUARTER), away.usual)
    persists[np.abs(away.change) < DEPARTS * np.maximum(usual_departure, 1e-9)] = np.nan
    return Judged(
        classes, call, persists, change, spread, away.level, away.season, age, age_probability, open_question, post
    )
