"""Weekly series are weighed by week: what kinds of change their weeks speak for. The rest of the verdict is by month.

The same algebra as for months, with weeks for months: noise beyond counting, a wander that comes back, the season by the
calendar month of each week, and the weeks of each holiday, which are seldom like their neighbours.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import pandas as pd

from ..kinds import Kind
from ..periods import WEEK_FREQ, month_of, working_days_in
from . import hypotheses as by_month
from .evidence import fit, missing_months
from .history import ABSORBED, column_of, search
from .hypotheses import CLASS_PRIOR, EFFECT_SD, OLDER_SD, OLDEST, PAST, SHIFT, SPIKE, TREND, Shapes
from .model import AUGUST, AUGUST_SD, LEVEL_SD, NOISE_MEMORY, SEASON_SD, TREND_SD, Plan, Solved, Sort, lags
from .posterior import LEAST, Posterior, weigh
from .scale import put_on_scale

MOST, ENOUGH = 156, 60  # weeks that are looked at, and that are needed
A_MONTH = 52.18 / 12  # weeks
QUARTER = 13  # weeks
WINDOW, UNDER_WAY, APART = 26, 65, 9  # weeks: as the months of `hypotheses`
FIVE_DAYS = 5.0  # working days of a usual week
HOLIDAY_SD = 1.5  # of what a holiday does to its week, in noise sds, beside its working days
PULSES = ((1, 0.2), (2, 0.25), (3, 0.12), (4, 0.12), (6, 0.1), (8, 0.05))  # weeks, and share of the spikes
FADES = ((22, 0.10), (39, 0.06))  # the same
RAMPS = ((26, 0.5), (52, 0.5))  # weeks, and share of the trends
CLIMBS = (78, 104, 150)  # weeks: slow trends that have gone on for so long
CHUNK = 16  # rows at once
STATED = (0, 1 + SPIKE, 1 + SHIFT, 1 + TREND)  # classes that weeks speak for; of a break of the record months do
KINDS_STATED = (None, SPIKE, SHIFT, TREND)


@dataclass(frozen=True)
class Weeks:
    """Rows of weekly values, as they came, with what may not be judged left out (r rows, w weeks)."""

    values: np.ndarray
    denominator: np.ndarray | None
    periods: pd.PeriodIndex

    def until(self, last: pd.Period) -> "Weeks":
        """Return those of the months up to `last`, the newest MOST."""
        at = np.flatnonzero(month_of(self.periods) <= last)[-MOST:]
        denominator = None if self.denominator is None else self.denominator[:, at]
        return Weeks(self.values[:, at], denominator, self.periods[at])


def weigh_weeks(weeks: Weeks, rows: np.ndarray, kind: Kind, nation: str | None) -> np.ndarray:
    """Return the probabilities of usual variation, spike, shift and trend by week (r, 4); NaN where there is too little."""
    told = np.full((len(rows), len(STATED)), np.nan)
    count = len(weeks.periods)
    observed = np.isfinite(weeks.values[rows])
    enough = (observed.sum(1) >= ENOUGH) & observed[:, -QUARTER:].any(1)
    first = np.where(observed.any(1), observed.argmax(1), count)
    for start in np.unique(first[enough]):
        alike = np.flatnonzero(enough & (first == start))
        for part in np.array_split(alike, -(-len(alike) // CHUNK)):
            told[part] = _weigh(weeks, rows[part], int(start), kind, nation)
    return told


def _weigh(weeks: Weeks, rows: np.ndarray, start: int, kind: Kind, nation: str | None) -> np.ndarray:
    periods = weeks.periods[start:]
    exposure = np.ones(len(periods))
    if kind.accrues and nation is not None:
        exposure = np.maximum(working_days_in(periods, nation), 1) / FIVE_DAYS
    denominator = None if weeks.denominator is None else weeks.denominator[rows, start:]
    z, scale = put_on_scale(
        weeks.values[rows, start:],
        kind=kind,
        exposure=exposure,
        denominator=denominator,
        ahead=QUARTER - by_month.QUARTER,
    )
    if kind.accrues:
        z[:, christmas(periods, nation)] = np.nan
    missing = np.isnan(z)
    told = np.empty((len(rows), len(STATED)))
    for few in (False, True):
        own = np.flatnonzero(scale.few == few)
        if not len(own):
            continue
        sort, key = Sort(stock=kind.at_end, few=few, newest=int(kind.accrues)), (periods[-1].ordinal, len(periods))
        centred = z[own] - np.nanmedian(z[own], axis=1)[:, None]
        gone = missing[own]
        centred = np.where(gone, 0, centred)
        found = search(_scout(*key, sort, nation), centred, gone, scale.of(own))
        steps = found.lasted == 0
        keep = found.age >= np.where(steps, UNDER_WAY + APART, WINDOW + APART + found.lasted)
        keep &= (found.age > 0) & (found.evidence > np.where(steps, ABSORBED[SHIFT], ABSORBED[SPIKE]))
        nuisance = missing_months(gone)
        for n in np.flatnonzero(keep.any(0)):
            nuisance = nuisance.with_column(*column_of(found, int(n), gone.shape, keep[:, n]))
        plan = _plan(*key, sort, nation)
        null, effects = fit(plan, centred, nuisance, scale.of(own), plan.families)
        post = weigh(plan, null, effects, None, np.zeros((len(own), OLDEST * 5), dtype=bool))
        told[own] = post.classes[:, list(STATED)]
    return told


def christmas(periods: pd.PeriodIndex, nation: str | None) -> np.ndarray:
    """Return which weeks hold a bank holiday of Christmas or the new year: no two years share them alike (w,)."""
    short = working_days_in(periods, nation or "england") < FIVE_DAYS
    return np.asarray(short & np.isin(month_of(periods).month, (12, 1)))


def tilt(post: Posterior, told: np.ndarray) -> Posterior:
    """Give the kinds of change of a posterior by month the probabilities that the weeks tell (r, 4); NaN leaves a row."""
    (demand, *others) = post.changes
    kinds = demand.shapes.kind
    by_column = demand.weight.sum((1, 2))
    over = by_column[:, kinds == PAST].sum(1)
    mass = np.column_stack(
        [post.usual.sum(1) + over, *(by_column[:, kinds == kind].sum(1) for kind in KINDS_STATED[1:])]
    )
    left = mass.sum(1, keepdims=True)  # but for a break of the record
    ratio = np.where(np.isnan(told), 1, told * left / np.maximum(mass, LEAST))
    ratio = np.minimum(ratio, 1 / np.maximum(mass, LEAST))
    of_column = np.ones(by_column.shape)
    for i, kind in enumerate(KINDS_STATED):
        of_column[:, kinds == (PAST if kind is None else kind)] = ratio[:, [i]]
    usual, weight = post.usual * ratio[:, [0]], demand.weight * of_column[:, None, None, :]
    total = usual.sum(1) + weight.sum((1, 2, 3)) + sum(family.weight.sum((1, 2, 3)) for family in others)
    families = [demand.weighing(weight / total[:, None, None, None])]
    families += [family.weighing(family.weight / total[:, None, None, None]) for family in others]
    return post.weighing(usual / total[:, None], tuple(families))


def _demand(length: int, few: bool) -> Shapes:
    """Changes of demand by week: the shapes of `hypotheses`, and shorter ones."""
    under_way = by_month.UNDER_WAY_FEW if few else by_month.UNDER_WAY_RATE
    new, old = range(1, WINDOW + 1), range(1, UNDER_WAY + 1)
    table = [
        *((SPIKE, by_month.pulse(d), new, share, f"{d} weeks") for d, share in PULSES),
        *((SPIKE, by_month.fade(d), range(1, 2 * WINDOW + 1), share, f"fades over {d} weeks") for d, share in FADES),
        (SHIFT, by_month.step, old, 1.0, "a step"),
        *((TREND, by_month.ramp(d), old, share, f"climbs for {d} weeks") for d, share in RAMPS),
        *((TREND, by_month.ramp(d), (d,), by_month.CLIMB_SHARE * A_MONTH, f"climbs for {d} weeks") for d in CLIMBS),
    ]
    t = np.arange(length)
    laid = [
        (shape(t - (length - age)), kind, age, share * (under_way if kind != SPIKE and age > WINDOW else 1), label)
        for kind, shape, ages, share, label in table
        for age in ages
        if age <= length - QUARTER
    ]
    columns, kind, age, weight, label = (np.array(x) for x in zip(*laid, strict=True))
    over = (age > WINDOW) & ~columns[:, -QUARTER:].any(1)
    prior = weight * np.vectorize(CLASS_PRIOR.get)(kind) / WINDOW / len(EFFECT_SD)
    sds = EFFECT_SD / np.sqrt(A_MONTH)
    return Shapes(columns.T, np.where(over, PAST, kind), age, np.repeat(prior[None], len(sds), axis=0), label, sds)


def _events(length: int, few: bool) -> Shapes:
    """Pulses and steps of every age, with which the weeks are searched."""
    t = np.arange(length)
    laid = [(by_month.pulse(d)(t - (length - age)), SPIKE, age) for d, _ in PULSES for age in range(d, length + 1)]
    laid += [(by_month.step(t - (length - age)), SHIFT, age) for age in range(4, length - QUARTER + 1)]
    columns, kind, age = (np.array(x) for x in zip(*laid, strict=True))
    return Shapes(columns.T, kind, age, np.ones((1, len(age))), np.full(len(age), ""), OLDER_SD / 2)


def _covariance(periods: pd.PeriodIndex, setting: tuple, sort: Sort, nation: str | None) -> np.ndarray:
    """Return the covariance of successive weeks, in noise variances."""
    memory, (variance, kept), season_sd = setting
    t, lag = np.arange(len(periods)), lags(len(periods))
    middle = (t - t.mean()) * TREND_SD / A_MONTH
    month = month_of(periods).month.to_numpy()
    same = month[:, None] == month[None, :]
    whole = LEVEL_SD**2 + np.outer(middle, middle) + season_sd**2 * (same - 1 / 12)
    whole += (variance * kept**t)[lag] + (memory**t)[lag]
    if sort.newest:
        august = month == AUGUST
        whole += AUGUST_SD**2 / A_MONTH * np.outer(august, august)
        days = working_days_in(periods, nation or "england")
        for each in np.unique(month[days < FIVE_DAYS]):
            holiday = (month == each) & (days < FIVE_DAYS)
            whole += HOLIDAY_SD**2 * np.outer(holiday, holiday)
    return whole


def _solved(last: int, length: int, sort: Sort, nation: str | None, grid: tuple, family: Shapes) -> Plan:
    periods = pd.PeriodIndex.from_ordinals(np.arange(last - length + 1, last + 1), freq=WEEK_FREQ)
    whole = np.stack([_covariance(periods, setting, sort, nation) for setting in grid])
    precision = np.linalg.inv(whole)
    whitened = family.columns.T @ precision
    norm = np.einsum("gkn,nk->gk", whitened, family.columns)
    nothing = np.zeros((len(grid), len(family.kind), 1))
    logdet = np.linalg.slogdet(whole)[1]
    none = np.zeros((len(grid), 1, length)), np.zeros((len(grid), 1, 1)), np.zeros((len(grid), 1))
    return Plan(length, sort.few, precision, logdet, *none, (Solved(family, whitened, norm, nothing),))


def _grid(sort: Sort) -> tuple:
    """Return the settings of `model.settings`, by week."""
    wander = tuple((variance / A_MONTH, memory ** (1 / A_MONTH)) for variance, memory in sort.wander)
    season = tuple(sd / np.sqrt(A_MONTH) for sd in SEASON_SD)
    return tuple(product(NOISE_MEMORY, wander, season))


@lru_cache(maxsize=8)
def _plan(last: int, length: int, sort: Sort, nation: str | None) -> Plan:
    return _solved(last, length, sort, nation, _grid(sort), _demand(length, sort.few))


@lru_cache(maxsize=8)
def _scout(last: int, length: int, sort: Sort, nation: str | None) -> Plan:
    grid = _grid(sort)
    return _solved(last, length, sort, nation, (grid[0], grid[len(grid) // 2 - 1]), _events(length, sort.few))
