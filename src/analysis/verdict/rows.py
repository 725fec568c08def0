"""Judge a block of series that end with the same quarter: arrays in, columns out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..classes import CLASSES, TOO_EARLY
from .decision import SLIGHT, candidates, decide
from .departure import FOLLOWED, Departure, depart, depart_from, median
from .evidence import Nuisance, fit
from .history import DEEPEST, absorb, clear, new_level, search
from .hypotheses import BREAK, QUARTER, SHIFT, TREND
from .model import YEAR, YEAR_AHEAD, Plan, Sort, plan, scout
from .posterior import DEEP, Posterior, lasts, onset_age, size, weigh
from .question import Asked, season_ahead
from .scale import LOG, Scale
from .weeks import tilt

SHORTEST, LONGEST = 12, 240  # points; under a year there is no verdict, and twenty years are history enough
INTERVAL = 1.2816  # normal quantile of an 80% interval
STANDS_OUT = 1.6449  # normal quantile of a 90% interval: a month beyond it is one in ten
WIDER = 1.23  # of the scatter about the level before: what the season's estimate adds (docs/methods.md, "The range")
LARGE = 0.15  # a departure of so much, and of FOLLOWED robust sds, opens a question of a count: docs/methods.md
MOVES, MOVES_NAMED = (
    0.9,
    0.55,
)  # of the scatter about the level before: what a told change may owe to it (docs/methods.md, "Size")
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
    away: Departure  # what `persists` is asked of: of a change with the shape of a new level, from before it
    scatter: np.ndarray  # (r, 7): sd of the quarter, and of six months from its first, about the level before it
    since: np.ndarray  # months since a level that is new began; 0 where none did
    since_change: np.ndarray  # of the quarter, as a fraction of the level before it; NaN where none began
    age: np.ndarray  # months since onset; 0 where nothing began
    age_probability: np.ndarray
    kind: np.ndarray  # what it has the shape of, spike to recording break; -1 = nothing
    outside: np.ndarray  # of bool: the quarter lies outside the range that was to be expected of it
    month_inside: np.ndarray  # of bool: the newest month by itself lies within its range
    one_month: np.ndarray  # of bool: the change spoken of is the newest month's, which stands out, not the quarter's
    departed: np.ndarray  # of bool: by enough for its question to be followed
    asked: Asked
    posterior: Posterior


def judge_rows(
    z: np.ndarray, scale: Scale, registered: np.ndarray, sort: Sort, told: np.ndarray | None = None
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
    told : ndarray (r, 4), optional
        Of weekly series, what their weeks tell, as `weeks.weigh_weeks` returns it.

    Yields
    ------
    at : ndarray of int
        Rows of `z`; like is judged with like, so they come in parts.
    judged : Judged
    """
    for few in (False, True):
        rows = np.flatnonzero(scale.few == few)
        if len(rows):
            own = np.full((len(rows), 4), np.nan) if told is None else told[rows]
            for at, judged in _judge_alike(z[rows], scale.of(rows), registered[rows], replace(sort, few=few), own):
                yield rows[at], judged


def _judge_alike(
    z: np.ndarray, scale: Scale, registered: np.ndarray, sort: Sort, told: np.ndarray
) -> Iterator[tuple[np.ndarray, Judged]]:
    """Judge rows of one sort."""
    missing, august = np.isnan(z), sort.august(z.shape[1])
    level = median(z)
    events = search(scout(z.shape[1], sort), np.where(missing, 0, z - level[:, None]), missing, scale)
    cleared = clear(events, z)
    away = depart(cleared, august=august)
    centred = np.where(missing, 0, z - away.level[:, None])
    nuisance = absorb(events, missing, scale.depth(DEEPEST))
    since, new = new_level(events, cleared, scale, august)
    depth = scale.depth(DEEP)
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
                    cleared[at],
                    missing[at],
                    own,
                    away.of(at),
                    (since[at], new[at]),
                    scale.of(at),
                    registered[at],
                    depth[at] if deep else None,
                    sort,
                    told[at],
                ),
            )


def _judge_part(
    z: np.ndarray,
    cleared: np.ndarray,
    missing: np.ndarray,
    nuisance: Nuisance,
    away: Departure,
    since: tuple[np.ndarray, np.ndarray],
    scale: Scale,
    registered: np.ndarray,
    depth: np.ndarray | None,
    sort: Sort,
    told: np.ndarray,
) -> Judged:
    """Judge rows that are alike in what has to be allowed for.

    `z` is centred on the level; `cleared` is without older events, by which the departure is measured.
    """
    the_plan = plan(z.shape[1], sort)
    families = the_plan.families[: 1 if depth is None else 2]
    null, effects = fit(the_plan, z, nuisance, scale, families)
    post = tilt(weigh(the_plan, null, effects, depth, registered), told)
    classes = post.classes
    kind = candidates(classes)
    age, age_probability = onset_age(post, kinds_of(kind))
    held = np.flatnonzero(np.isin(kind, (SHIFT, BREAK)) | ((kind == TREND) & (age > YEAR)))  # a year takes in a climb
    before = depart_from(cleared[held], age[held], sort.august(z.shape[1]))
    larger = np.flatnonzero(np.abs(before.change) > np.abs(away.change[held]))  # otherwise it no longer holds
    asked_of = away.replaced(held[larger], before.of(larger))
    scatter = range_of(post, the_plan)
    persists = chance_of_lasting(post, asked_of, away.level)
    outside = lies_outside(asked_of, scatter, scale)
    persists[~outside] = np.nan
    newest = np.where(missing[:, -1], np.nan, z[:, -1] - asked_of.season[:, (z.shape[1] - 1) % YEAR])
    newest = newest - asked_of.level + away.level
    month_outside = np.abs(newest) > STANDS_OUT * scatter[:, QUARTER]
    call, chosen = decide(kind, classes[:, 0], persists, outside, slight(asked_of, scale), month_outside)
    usual = call == CLASSES[0]
    persists[usual] = np.nan
    asked_for = np.flatnonzero(np.isnan(persists))
    if len(asked_for):  # what departs by the plain definition is given its chance, though the page asks nothing of it
        plain = depart(np.where(missing, np.nan, z)[asked_for])
        large = np.flatnonzero(followed(plain, scale.of(asked_for)))
        rows = asked_for[large]
        persists[rows] = chance_of_lasting(post.of(rows), plain.of(large), np.zeros(len(rows)))
    one_month = (call == TOO_EARLY) & ~outside
    change, spread = np.where(one_month, newest, asked_of.change), MOVES * scatter[:, 0]
    spread[one_month] = MOVES * scatter[one_month, QUARTER]
    climb = (kind == TREND) & (age > YEAR)  # over years its size is measured well, from before it
    named = np.flatnonzero(~usual & (call != TOO_EARLY) & ~climb)
    change[named], spread[named] = size(post.of(named), chosen[named])
    named = named[kind[named] != BREAK]  # a fall too deep to be demand owes nothing to how demand moves
    spread[named] = np.hypot(spread[named], MOVES_NAMED * scatter[named, 0])
    gained = np.square(change[named])  # what is named is what came out large: it is shrunk by what may be chance
    change[named] *= gained / (gained + np.square(spread[named]) + 1e-12)
    season = season_ahead(asked_of.season, z.shape[1])
    asked = Asked(z, nuisance, scale, depth, season, asked_of.level - away.level, asked_of.change, sort, told)
    usually = np.where(np.isnan(asked_of.usual), scatter[:, 0], asked_of.usual)
    return Judged(
        classes,
        call,
        persists,
        change,
        spread,
        away.level,
        away.season,
        asked_of,
        scatter,
        *since,
        np.where(usual, 0, age),
        np.where(usual, np.nan, age_probability),
        kind,
        outside,
        np.abs(newest) <= INTERVAL * scatter[:, QUARTER],
        one_month,
        ~usual & outside & (np.abs(asked.change) >= FOLLOWED * np.maximum(usually, 1e-9)),
        asked,
        post,
    )


def kinds_of(kind: np.ndarray) -> np.ndarray:
    """Return which kinds (r, 4), spike to recording break, a change of that kind (r,) may be of; of none, all."""
    lasting = np.isin(kind, (SHIFT, TREND))[:, None] & np.isin(np.arange(4), (SHIFT, TREND))
    return (kind[:, None] == np.arange(4)) | lasting | (kind < 0)[:, None]


def range_of(post: Posterior, the_plan: Plan) -> np.ndarray:
    """Return the sd of the quarter, and of each of six months from its first, about the level before it (r, 7)."""
    by_setting = post.usual + sum(family.weight.sum((2, 3)) for family in post.changes)
    return WIDER * post.noise[:, None] * np.sqrt(by_setting @ the_plan.departures)


def followed(away: Departure, scale: Scale) -> np.ndarray:
    """Return which departures of counts are large enough for a question to be asked of them (r,)."""
    return (scale.form == LOG) & (np.abs(away.change) >= np.fmax(FOLLOWED * away.usual, np.log1p(LARGE)))


def lies_outside(away: Departure, scatter: np.ndarray, scale: Scale) -> np.ndarray:
    """Return which quarters lie outside the range that was to be expected; one that is to be followed always does."""
    return (np.abs(away.change) > INTERVAL * scatter[:, 0]) | followed(away, scale)


def slight(away: Departure, scale: Scale) -> np.ndarray:
    """Return which departures are too small to be followed (r,)."""
    before, now = (scale.back(level[:, None])[:, 0] for level in (away.level, away.level + away.change))
    return np.abs(now - before) < SLIGHT * np.abs(before)


def chance_of_lasting(post: Posterior, away: Departure, centre: np.ndarray) -> np.ndarray:
    """Return the probability that half of each departure is there in the year ahead; NaN where nothing departed."""
    persists = np.full(len(centre), np.nan)
    asked = np.flatnonzero(away.change != 0)
    half = (away.level - centre + away.change / 2)[asked]
    persists[asked] = lasts(post.of(asked), half, away.change[asked] > 0, YEAR_AHEAD)
    return persists
