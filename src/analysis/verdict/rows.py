"""Judge a block of series that end with the same quarter: arrays in, columns out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..classes import CLASSES, TOO_EARLY
from .decision import LIKELIER_THAN_NOT, decide
from .departure import DEPARTS, Departure, depart, depart_from
from .evidence import Nuisance, fit
from .history import DEEPEST, absorb, new_level, search
from .hypotheses import SHIFT, TREND
from .model import QUARTER, YEAR, YEAR_AHEAD, Sort, plan, scout
from .posterior import DEEP, Posterior, lasts, onset_age, size, weigh
from .scale import Scale

SHORTEST, LONGEST = 12, 240  # points; under a year there is no verdict, and twenty years are history enough
INTERVAL = 1.2816  # normal quantile of an 80% interval
STANDS_OUT = 1.6449  # normal quantile of a 90% interval: a month beyond it is one in ten
LEVEL_AND_SEASON = np.pi / 2 / 12 + 1 / 12  # noise variances: a median of twelve months, month effects of four years
NEAR_DEEP = 0.7  # of the depth: rows that fell so far in the last NEWEST months are asked about a recording break
NEWEST = 9  # months
CHUNK = 48  # rows at once: the arrays stay in the processor's cache


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
    away: Departure  # what `persists` is asked of: of a named change, from before it
    since: np.ndarray  # months since a level that is new began; 0 where none did
    age: np.ndarray  # months since onset; 0 where nothing began
    age_probability: np.ndarray
    one_month: np.ndarray  # of bool: the change spoken of is the newest month's, which stands out, not the quarter's
    open_question: np.ndarray  # of bool
    posterior: Posterior


def judge_rows(
    z: np.ndarray, scale: Scale, registered: np.ndarray, sort: Sort
) -> Iterator[tuple[np.ndarray, Judged]]:
    """Judge rows of equal length that end with the quarter's last month.

    Parameters
    ----------
    z : ndarray (r, n)
        NaN = missing; at least SHORTEST known, one of them in the quarter.
    scale : Scale
    registered : ndarray of bool (r, OLDEST + 1)
        Ages at which a change would begin with a registered recording change.
    sort : Sort
        Of the rows; whether their counts are small is the scale's to say.

    Yields
    ------
    at : ndarray of int
        Rows of `z`; like is judged with like, so they come in parts.
    judged : Judged
    """
    for few in (False, True):
        rows = np.flatnonzero(scale.few == few)
        if len(rows):
            for at, judged in _judge_alike(z[rows], scale.of(rows), registered[rows], replace(sort, few=few)):
                yield rows[at], judged


def _judge_alike(
    z: np.ndarray, scale: Scale, registered: np.ndarray, sort: Sort
) -> Iterator[tuple[np.ndarray, Judged]]:
    """Judge rows of one sort."""
    august = sort.august(z.shape[1])
    away = depart(z, august=august)
    missing = np.isnan(z)
    centred = np.where(missing, 0, z - away.level[:, None])
    depth = scale.depth(DEEP)
    events = search(scout(z.shape[1], sort), centred, missing, scale)
    nuisance, since = absorb(events, missing, scale.depth(DEEPEST)), new_level(events, z, scale, august)
    fell = np.where(missing, np.inf, centred)[:, -NEWEST:].min(1) < NEAR_DEEP * depth
    busy = nuisance.any
    for deep, disturbed in ((False, False), (False, True), (True, False), (True, True)):
        alike = np.flatnonzero((fell == deep) & (busy == disturbed))
        for start in range(0, len(alike), CHUNK):
            at = alike[start : start + CHUNK]
            own = nuisance.of(at) if disturbed else nuisance.none(at)
            yield (
                at,
                _judge_part(
                    centred[at],
                    missing[at],
                    own,
                    away.of(at),
                    since[at],
                    scale.of(at),
                    registered[at],
                    depth[at] if deep else None,
                    sort,
                ),
            )


def _judge_part(
    z: np.ndarray,
    missing: np.ndarray,
    nuisance: Nuisance,
    away: Departure,
    since: np.ndarray,
    scale: Scale,
    registered: np.ndarray,
    depth: np.ndarray | None,
    sort: Sort,
) -> Judged:
    """Judge rows that are alike in what has to be allowed for; `z` is centred on the level."""
    the_plan = plan(z.shape[1], sort)
    families = the_plan.families[: 1 if depth is None else 2]
    null, effects = fit(the_plan, z, nuisance, scale, families)
    post = weigh(the_plan, null, effects, depth, registered)
    classes = post.classes
    noise = post.noise
    newest = np.where(missing[:, -1], np.nan, z[:, -1] - away.season[:, (z.shape[1] - 1) % YEAR])
    stands_out = np.abs(newest) > STANDS_OUT * np.fmax(away.usual_month, noise)
    call, chosen, open_question = decide(classes, stands_out)
    age, age_probability = onset_age(post, chosen)
    usual = call == CLASSES[0]
    age, age_probability = np.where(usual, 0, age), np.where(usual, np.nan, age_probability)
    months = np.maximum((~missing[:, -QUARTER:]).sum(1), 1)
    change, spread = away.change.copy(), noise * np.sqrt(1 / months + LEVEL_AND_SEASON)
    one_month = stands_out & ~usual & (classes[:, 0] >= LIKELIER_THAN_NOT)
    change = np.where(one_month, newest, change)
    spread = np.where(one_month, noise * np.sqrt(1 + LEVEL_AND_SEASON), spread)
    named = np.flatnonzero(~usual & (call != TOO_EARLY))
    change[named], spread[named] = size(post.of(named), chosen[named])
    lasting = np.flatnonzero(np.isin(call, (CLASSES[1 + SHIFT], CLASSES[1 + TREND])))
    observed = np.where(missing, np.nan, z + away.level[:, None])
    from_before = depart_from(observed[lasting], age[lasting], sort.august(z.shape[1]))
    asked_of = away.replaced(lasting, from_before)
    departed = np.abs(away.change) >= DEPARTS * np.maximum(
        np.where(np.isnan(away.usual), noise / np.sqrt(QUARTER), away.usual), 1e-9
    )
    departed[lasting] = True
    persists = np.full(len(z), np.nan)
    asked = np.flatnonzero(departed)
    threshold = asked_of.level - away.level + asked_of.change / 2
    persists[asked] = lasts(post.of(asked), threshold[asked], asked_of.change[asked] > 0, YEAR_AHEAD)
    return Judged(
        classes,
        call,
        persists,
        change,
        spread,
        away.level,
        away.season,
        asked_of,
        since,
        age,
        age_probability,
        one_month,
        open_question,
        post,
    )
