"""What a history holds beside the change that is asked about: older pulses and steps, and since when a new level holds."""

from dataclasses import dataclass

import numpy as np

from .departure import depart_from
from .evidence import TINY, Nuisance, fit, log_factors, missing_months, mix
from .hypotheses import CLEAR, OLDER_SD, QUARTER, SHIFT, SPIKE, UNDER_WAY, WINDOW
from .model import Plan
from .scale import Scale

MOST = 5  # events of one history
EVIDENCE = {SPIKE: 3.5, SHIFT: 4.0}  # log Bayes factor from which a pulse or step is allowed for in the search
ABSORBED = {SPIKE: 6.0, SHIFT: 7.0}  # the same from which an older one is given to every hypothesis
LARGE = 25.0  # the same from which the months of an older pulse say nothing of the season
EVIDENCE_AFTER = 0.0  # the same of a step that follows a recent pulse: docs/methods.md, "A dip, then a new level"
NEW_LEVEL = (7, 24)  # months: a step within them is a new level; a younger one is the change that is asked about
NEW_LEVEL_LEAST = 0.10  # of the level before
DEEPEST = 0.35  # of normal: a recent fall below it is left to the record, whatever followed
EVENT_PRECISION = float(OLDER_SD[0]) ** -2
HOLDS = 0.5  # of the step, as in `persists`


@dataclass(frozen=True)
class Events:
    """Pulses and steps of each history, in the order in which they were seen (r rows, MOST).

    Attributes
    ----------
    age : ndarray of int
        Months since onset, 1 = the newest month; 0 = no event.
    lasted : ndarray of int
        Months of a pulse; 0 = a step.
    effect, evidence : ndarray
    """

    age: np.ndarray
    lasted: np.ndarray
    effect: np.ndarray
    evidence: np.ndarray

    @property
    def steps(self) -> np.ndarray:
        """Which are steps (r, MOST)."""
        return (self.age > 0) & (self.lasted == 0)

    @property
    def pulses(self) -> np.ndarray:
        """Which are pulses (r, MOST)."""
        return (self.age > 0) & (self.lasted > 0)


def search(scout: Plan, z: np.ndarray, missing: np.ndarray, scale: Scale) -> Events:
    """Look for pulses and steps of every age, one at a time, each beside those before it.

    A young step would otherwise be taken for an older one. `z` is centred, nothing where a month is missing.
    """
    family = scout.families[0].family
    columns, is_step = family.columns[: scout.length].T, family.kind == SHIFT
    lasted = np.where(is_step, 0, columns.sum(1)).astype(int)
    over = family.age - lasted  # months since a pulse was over
    least = np.where(is_step, EVIDENCE[SHIFT], EVIDENCE[SPIKE]) * np.ones((len(z), 1))
    events = Events(*np.zeros((2, len(z), MOST), dtype=int), *np.zeros((2, len(z), MOST)))
    beside, active = missing_months(missing), np.arange(len(z))
    for n in range(MOST):
        null, (effects,) = fit(scout, z[active], beside.of(active), scale.of(active), scout.families)
        evidence = mix(null.log_evidence, log_factors(null, effects, family.sds)[:, :, 0])
        best = (evidence - least[active]).argmax(1)
        size = (effects.dot / (effects.norm + EVENT_PRECISION)).mean(1)
        row = np.arange(len(active))
        evidence, size = evidence[row, best], size[row, best]
        real = evidence > least[active, best]
        active, best = active[real], best[real]
        if not len(active):
            break
        events.age[active, n], events.lasted[active, n] = family.age[best], lasted[best]
        events.effect[active, n], events.evidence[active, n] = size[real], evidence[real]
        beside = beside.with_column(*column_of(events, int(n), z.shape, events.age[:, n] > 0))
        follows = is_step & (family.age <= over[best][:, None]) & (~is_step & (over >= QUARTER))[best][:, None]
        least[active] = np.where(follows, EVIDENCE_AFTER, least[active])
    return events


def column_of(events: Events, n: int, shape: tuple, where: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay the n-th event of each row out as a column of a Nuisance; nothing where it is not wanted."""
    since = np.arange(shape[1]) - (shape[1] - events.age[:, [n]])
    step = events.lasted[:, n] == 0
    past = where[:, None] & (since >= 0) & (step[:, None] | (since < events.lasted[:, [n]]))
    return past.astype(float), (where & step).astype(float), np.where(where, EVENT_PRECISION, 1.0)


def older(events: Events) -> np.ndarray:
    """Return which events are older than what is asked about (r, MOST)."""
    least = np.where(events.steps, UNDER_WAY + CLEAR, WINDOW + CLEAR + events.lasted)
    sure = events.evidence > np.where(events.steps, ABSORBED[SHIFT], ABSORBED[SPIKE])
    return (events.age > 0) & (events.age >= least) & sure


def followed(events: Events, deepest: np.ndarray) -> np.ndarray:
    """Return which are recent pulses that a new level to the other side followed (r, MOST).

    `deepest` (r,) is the effect below which a fall is a matter of the record.
    """
    over = events.age - events.lasted
    after = events.steps[:, None] & (events.age[:, None] <= over[:, :, None])
    after &= events.effect[:, None] * events.effect[:, :, None] < 0
    recent = events.pulses & ~older(events) & (over >= QUARTER) & (events.effect > deepest[:, None])
    return recent & after.any(2)


def absorb(events: Events, missing: np.ndarray, deepest: np.ndarray) -> Nuisance:
    """Give every hypothesis what is not asked about: older events, and no month of a recent pulse that was followed."""
    keep, apart = older(events), missing.copy()
    gone = followed(events, deepest)
    for n in np.flatnonzero(gone.any(0)):
        apart |= column_of(events, int(n), missing.shape, gone[:, n])[0] > 0
    nuisance = missing_months(apart)
    for n in np.flatnonzero(keep.any(0)):
        nuisance = nuisance.with_column(*column_of(events, int(n), missing.shape, keep[:, n]))
    return nuisance


def clear(events: Events, z: np.ndarray) -> np.ndarray:
    """Return z (r, n) without the months of large old pulses, which would be taken for season."""
    cleared = z.copy()
    large = events.pulses & older(events) & (events.evidence > LARGE)
    for n in np.flatnonzero(large.any(0)):
        cleared[column_of(events, int(n), z.shape, large[:, n])[0] > 0] = np.nan
    return cleared


def new_level(events: Events, z: np.ndarray, scale: Scale, august: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Find levels that are new and that the quarter still holds.

    `z` is not centred, and without what is cleared.

    Returns
    -------
    since : ndarray of int (r,)
        Age in months; 0 where there is none.
    change : ndarray (r,)
        Of the quarter, as a fraction of the level before; NaN where there is none.
    """
    youngest, oldest = NEW_LEVEL
    recent = events.steps & (events.age >= youngest) & (events.age <= oldest)
    age = np.where(recent, events.age, oldest + 1).min(1)
    rows = np.flatnonzero(recent.any(1))
    since, change = np.zeros(len(z), dtype=int), np.full(len(z), np.nan)
    if not len(rows):
        return since, change
    effect = np.where(events.steps & (events.age == age[:, None]), events.effect, 0).sum(1)[rows]
    away = depart_from(z[rows], age[rows], august)
    own = scale.of(rows)
    before, now = (own.back(level[:, None])[:, 0] for level in (away.level, away.level + away.change))
    large = np.abs(now - before) >= NEW_LEVEL_LEAST * np.abs(before)
    holds = large & (away.change * np.sign(effect) >= HOLDS * np.abs(effect))
    since[rows[holds]] = age[rows[holds]]
    told = holds & (np.abs(before) > TINY)
    change[rows[told]] = ((now - before) / np.abs(before))[told]
    return since, change
