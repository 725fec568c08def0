"""Series of one kind, nation and frequency side by side, brought to whole months that end with the quarter."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from ..errors import Refused, nearest
from ..kinds import Kind
from ..periods import SUBDIVISIONS, WEEK_FREQ, month_of, months_of, working_days_in
from .hypotheses import AHEAD
from .model import Sort
from .scale import FEW, FEW_TO_JUDGE, UNKNOWN_DENOMINATOR, Scale, put_on_scale
from .weeks import Weeks, weigh_weeks

COMPLETE = 0.95  # share recorded; a month below it is never judged as if complete (docs/methods.md)
NOT_A_FRACTION = 1.5  # a percentage above this was meant as 62, not .62
USUAL_DAYS = 21.0  # working days of a usual month, the unit that z is per
WEEKS_A_MONTH = 52.18 / 12
NEVER = 12.0  # events expected over a run of zeros, from which on it was no count: a chance of one in 160,000
ENOUGH_WEEKS = 0.5  # of a month's weeks must be known


@dataclass(frozen=True)
class Later:
    """Months after the quarter (r rows, m months), in the units that the series came in."""

    values: np.ndarray
    denominator: np.ndarray | None

    def of(self, rows: np.ndarray) -> "Later":
        """Return those of some rows."""
        return Later(self.values[rows], None if self.denominator is None else self.denominator[rows])


@dataclass(frozen=True)
class Block:
    """Rows of monthly values that end with the quarter's last month (r rows, n months).

    Attributes
    ----------
    values, denominator, comparator : ndarray (r, n) or None
        NaN = missing, or not to be judged.
    months : pandas.PeriodIndex (n,)
    exposure : ndarray (n,)
        Working days beside a usual month's; ones where there is no adjustment.
    kind : Kind
    weekly : bool
    thin, few, before : ndarray of bool (r,)
        Whether months were left out as incomplete, for a small denominator, or as zeros before the count began.
    weeks : Weeks or None
        Of weekly series, as they came.
    """

    values: np.ndarray
    denominator: np.ndarray | None
    comparator: np.ndarray | None
    months: pd.PeriodIndex
    exposure: np.ndarray
    kind: Kind
    nation: str | None
    weekly: bool
    thin: np.ndarray
    few: np.ndarray
    before: np.ndarray
    weeks: Weeks | None = None

    @property
    def sort(self) -> Sort:
        """The sort of model that serves the rows."""
        return Sort(stock=self.kind.at_end, newest=self.months[-1].month if self.kind.accrues else 0)

    def told_by_weeks(self, rows: np.ndarray) -> np.ndarray | None:
        """Return what the weeks of some rows tell of the kinds of change; None of monthly series."""
        return None if self.weeks is None else weigh_weeks(self.weeks, rows, self.kind, self.nation)

    def on_scale(self, rows: np.ndarray, length: int, ahead: int = 0) -> tuple[np.ndarray, Scale]:
        """Return z and Scale of the newest `length` months of some rows, the last `ahead` of them after the quarter."""
        denominator = None if self.denominator is None else self.denominator[rows, -length:]
        return put_on_scale(
            self.values[rows, -length:],
            kind=self.kind,
            exposure=self.exposure[-length:],
            denominator=denominator,
            ahead=ahead,
        )

    def exposure_ahead(self) -> np.ndarray:
        """Return how much of a usual month each month of the year after the quarter is, all its weeks together."""
        return _exposure_ahead(self.months[-1], self.kind, self.nation, self.weekly)

    def later(self, quarter: pd.Period, months: int) -> Later:
        """Return the months after an earlier quarter; weeks added up."""
        begin = self.months.get_loc(months_of(quarter)[-1]) + 1
        since = slice(begin, begin + months)
        values = self.values[:, since]
        if self.weekly and self.kind.accrues:
            values = values * replace(self, months=self.months[:begin]).exposure_ahead()[:months]
        return Later(values, None if self.denominator is None else self.denominator[:, since])

    def ahead(self) -> tuple[pd.PeriodIndex, np.ndarray]:
        """Return the three months after the quarter and their exposure; of weekly series that of a usual week."""
        months = pd.period_range(self.months[-1] + 1, periods=3, freq="M")
        if self.weekly:
            return months, np.full(3, 1 / WEEKS_A_MONTH if self.kind.accrues else 1.0)
        return months, exposure_of(months, self.kind, self.nation)


@lru_cache
def _exposure_ahead(last: pd.Period, kind: Kind, nation: str | None, weekly: bool) -> np.ndarray:
    months = pd.period_range(last + 1, periods=AHEAD, freq="M")
    if not weekly or not kind.accrues:
        return exposure_of(months, kind, nation)
    weeks = pd.period_range(months[0].start_time, months[-1].end_time, freq=WEEK_FREQ)
    each = exposure_of(weeks, kind, nation)
    return np.array([each[month_of(weeks) == month].sum() for month in months])


def exposure_of(periods: pd.PeriodIndex, kind: Kind, nation: str | None) -> np.ndarray:
    """Return how much of a usual month each period is."""
    if not kind.accrues:
        return np.ones(len(periods))
    if nation is None:
        return np.full(len(periods), 1 / WEEKS_A_MONTH if periods.freqstr == WEEK_FREQ else 1.0)
    return working_days_in(periods, nation) / USUAL_DAYS


def arrange(
    values: np.ndarray,
    periods: pd.PeriodIndex,
    *,
    quarter: pd.Period,
    kind: Kind,
    nation: str | None,
    denominator: np.ndarray | None = None,
    completeness: np.ndarray | None = None,
    comparator: np.ndarray | None = None,
) -> Block:
    """Cut the rows at the quarter's end, leave out what may not be judged, and bring weeks to months."""
    if nation is not None and nation not in SUBDIVISIONS:
        raise Refused(f"The nation '{nation}' is not known.{nearest(nation, SUBDIVISIONS)}", code="INVALID_PARAMETER")
    weekly = periods.freqstr == WEEK_FREQ
    months = month_of(periods)
    past = months <= months_of(quarter)[-1]
    values = possible(values, kind)
    values, thin = leave_out_incomplete(values, completeness, kind, past)
    values, before = leave_out_leading_zeros(values, kind, past, year=52 if weekly else 12)
    values, denominator, few = leave_out_few(values, denominator, kind, past, least=1 if weekly else FEW_TO_JUDGE)
    weeks = Weeks(values, denominator, periods).until(months_of(quarter)[-1]) if weekly else None
    if weekly:
        values, denominator, comparator, months = by_month(
            values, periods, months, kind, nation, denominator, comparator
        )
    end = months_of(quarter)
    whole = pd.period_range(min(months[0], end[0]), end[-1], freq="M")
    seen = months <= end[-1]
    at = months[seen].asi8 - whole.asi8[0]

    def on_whole(table: np.ndarray | None) -> Any:
        if table is None:
            return None
        wide = np.full((len(values), len(whole)), np.nan)
        wide[:, at] = np.asarray(table, dtype=float)[:, seen]
        return wide

    exposure = np.ones(len(whole)) if weekly else exposure_of(whole, kind, nation)
    return Block(
        on_whole(values),
        on_whole(denominator),
        on_whole(comparator),
        whole,
        exposure,
        kind,
        nation,
        weekly,
        thin,
        few,
        before,
        weeks,
    )


def possible(values: np.ndarray, kind: Kind) -> np.ndarray:
    """Return the values with what cannot be as missing: infinite ones, and those below the lowest of their kind."""
    values = np.array(values, dtype=float)
    values[~np.isfinite(values)] = np.nan
    if kind.share and (values > NOT_A_FRACTION).any():
        raise Refused(
            f"A series of kind '{kind.name}' holds fractions from 0 to 1; divide percentages by 100.",
            code="INVALID_PARAMETER",
        )
    values[values < kind.lowest] = np.nan
    return np.minimum(values, kind.highest)


def leave_out_incomplete(
    values: np.ndarray, completeness: np.ndarray | None, kind: Kind, past: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Leave out what is not COMPLETE, bring what accrues and nearly is to its whole, and say which rows lost something."""
    if completeness is None:
        return values, np.zeros(len(values), dtype=bool)
    share = np.asarray(completeness, dtype=float)
    share = np.where(np.isnan(share), 1, np.minimum(share, 1))
    thin = ((share < COMPLETE) & ~np.isnan(values) & past).any(1)
    whole = values / np.maximum(share, COMPLETE) if kind.accrues else values
    return np.where(share < COMPLETE, np.nan, whole), thin


def leave_out_leading_zeros(
    values: np.ndarray, kind: Kind, past: np.ndarray, year: int
) -> tuple[np.ndarray, np.ndarray]:
    """Leave out zeros before the first case where the year after it makes so long a run impossible: nothing was returned.

    Where less than a year is left after them, only counts that are not small tell a return from a first case.
    """
    began = np.zeros(len(values), dtype=bool)
    if not kind.count:
        return values, began
    for r in np.flatnonzero(((values == 0) & past).any(1)):
        counted = np.flatnonzero((values[r] > 0) & past)
        zeros = np.flatnonzero((values[r] == 0) & past)
        run = zeros[zeros < counted[0]] if len(counted) else zeros[:0]
        after = values[r, counted[0] :][past[counted[0] :]] if len(counted) else zeros[:0]
        if len(run):
            mean = np.nanmean(after[:year])
            least = 1.0 if len(after) >= year else FEW
            began[r] = mean * year / 12 >= least and mean * len(run) >= NEVER
            values[r, run] = np.nan if began[r] else 0
    return values, began


def leave_out_few(
    values: np.ndarray, denominator: np.ndarray | None, kind: Kind, past: np.ndarray, least: int
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Leave out percentages of fewer than `least` cases; rows without any denominator are taken as they are."""
    if denominator is None or not kind.share:
        return values, None, np.zeros(len(values), dtype=bool)
    cases = np.asarray(denominator, dtype=float)
    observed = np.isfinite(cases)
    cases = np.where(observed.any(1, keepdims=True), np.where(observed, cases, 0), UNKNOWN_DENOMINATOR)
    few = ((cases < least) & ~np.isnan(values) & past).any(1)
    return np.where(cases < least, np.nan, values), cases, few


def by_month(
    values: np.ndarray,
    weeks: pd.PeriodIndex,
    months: pd.PeriodIndex,
    kind: Kind,
    nation: str | None,
    denominator: np.ndarray | None,
    comparator: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None, pd.PeriodIndex]:
    """Bring weeks to months: rates for what accrues, pooled percentages, means of everything else."""
    each, inverse = np.unique(months.asi8, return_inverse=True)
    belongs = np.equal.outer(inverse, np.arange(len(each))).astype(float)
    observed = ~np.isnan(values)
    weight = np.ones(values.shape)
    if kind.accrues and nation is not None:
        weight = np.broadcast_to(working_days_in(weeks, nation), values.shape)
    elif denominator is not None:
        weight = denominator
    if kind.accrues:
        unit = USUAL_DAYS if nation is not None else WEEKS_A_MONTH
        total = np.where(observed, values, 0) @ belongs * unit
    else:
        total = np.where(observed, values * weight, 0) @ belongs
    base = (observed * weight) @ belongs
    enough = (observed @ belongs >= ENOUGH_WEEKS * belongs.sum(0)) & (base > 0)
    pooled = np.where(enough, total / np.where(base > 0, base, 1), np.nan)
    if denominator is not None:
        pooled = np.where(base >= FEW_TO_JUDGE, pooled, np.nan)
        denominator = base
    if comparator is not None:
        comparator = by_month(np.asarray(comparator, float), weeks, months, kind, nation, None, None)[0]
    return pooled, denominator, comparator, pd.PeriodIndex.from_ordinals(each, freq="M")
