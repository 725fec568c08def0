"""The shapes that a change can take, one column each: months up to the cut-off, then the year after it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

QUARTER = 3  # months
AHEAD = 12  # months: the horizon of `persists`, by its definition in docs/methods.md
WINDOW = 6  # months: a change that began within them is new
UNDER_WAY = 15  # months: a change that began within them and still holds goes on being named
SPIKE, SHIFT, TREND, BREAK = range(4)
PAST = -1  # a change that began before the window and was over before the quarter: usual by now
CLASS_PRIOR = {SPIKE: 0.16, SHIFT: 0.085, TREND: 0.045}  # of a change in the window: docs/methods.md, "Priors"
BREAK_PRIOR = 0.01  # one per hundred authority-years is what the published referrals show
EFFECT_SD = np.array([2.0, 4.0, 8.0])  # of a change, in noise sds: modest to large, equally likely
BREAK_SD = np.array([20.0])  # a recording break is as deep as it likes
OLDER_SD = np.array([10.0])  # of an older event
HELD_AFTER_A_YEAR = 0.75  # of a lasting change: the published referrals keep 0.88 of one over the year ahead (median)
CLIMBS = (18, 24, 36, 48)  # months: a slow trend that has gone on for so long, up to now
CLIMB_SHARE = 0.7  # of the prior of a trend under way, each
OLDEST = max(CLIMBS)  # months since the oldest onset that is named
PULSES = (1, 2, 3)  # months: an older event that passed
YOUNGEST_STEP = 2  # months: one alone is no level
CLEAR = 2  # months between an older event and the window
EARLIEST = 6  # months needed before a change to see it
UNDER_WAY_RATE, UNDER_WAY_FEW = (
    0.45,
    0.75,
)  # prior of an older onset beside a new one; of small counts, where only a year shows it


Shape = Callable[[np.ndarray], np.ndarray]  # months since onset -> how much of the effect is there


@dataclass(frozen=True)
class Shapes:
    """Columns of one family of hypotheses.

    Attributes
    ----------
    columns : ndarray (length + AHEAD, k)
    kind : ndarray of int (k,)
        SPIKE, SHIFT, TREND, BREAK or PAST.
    age : ndarray of int (k,)
        Months since onset, 1 = the newest month.
    prior : ndarray (s, k)
        Prior probability of each column with each effect sd.
    label : ndarray of str (k,)
        The shape in words.
    sds : ndarray (s,)
        Effect sds, in noise sds.
    """

    columns: np.ndarray
    kind: np.ndarray
    age: np.ndarray
    prior: np.ndarray
    label: np.ndarray
    sds: np.ndarray


def pulse(months: int) -> Shape:
    return lambda u: ((u >= 0) & (u < months)).astype(float)


def fade(months: int) -> Shape:
    """A surge that fades in a straight line over `months`."""
    return lambda u: np.where(u >= 0, np.maximum(1 - u / months, 0), 0)


def step(u: np.ndarray) -> np.ndarray:
    return (u >= 0).astype(float)


def half_step(u: np.ndarray) -> np.ndarray:
    """A step whose first month is half done."""
    return step(u) - 0.5 * (u == 0)


def ramp(months: int) -> Shape:
    """A rise over `months` that levels off there."""
    return lambda u: np.clip((u + 1) / months, 0, 1)


def surge(months: int) -> Shape:
    """A gap of `months`, then the backlog keyed in one month."""
    return lambda u: pulse(months)(u) - 0.35 * (u == months)


NEW, FADING, OLD = range(1, WINDOW + 1), range(1, 13), range(1, UNDER_WAY + 1)
DEMAND = (  # kind, shape, ages at onset, share within the kind, shape in words
    (SPIKE, pulse(1), NEW, 0.44, "one month"),
    (SPIKE, pulse(2), NEW, 0.30, "two months"),
    (SPIKE, pulse(3), NEW, 0.10, "three months"),
    (SPIKE, fade(5), FADING, 0.10, "fades over five months"),
    (SPIKE, fade(9), FADING, 0.06, "fades over nine months"),
    (SHIFT, step, OLD, 0.7, "a step"),
    (SHIFT, half_step, NEW, 0.3, "a step, its first month half done"),
    (TREND, ramp(6), OLD, 0.5, "climbs for six months"),
    (TREND, ramp(12), OLD, 0.5, "climbs for twelve months"),
    *((TREND, ramp(months), (months,), CLIMB_SHARE, f"climbs for {months} months") for months in CLIMBS),
)
RECORDING = (
    (BREAK, pulse(1), NEW, 0.15, "a gap of one month"),
    (BREAK, pulse(2), NEW, 0.15, "a gap of two months"),
    (BREAK, pulse(3), NEW, 0.15, "a gap of three months"),
    (BREAK, surge(1), range(2, 7), 0.1, "a gap of one month, then the backlog"),
    (BREAK, surge(2), range(3, 7), 0.1, "a gap of two months, then the backlog"),
    (BREAK, fade(6), FADING, 0.2, "a gap that closes over six months"),
    (BREAK, step, NEW, 0.15, "a gap that stays"),
)

EFFECT_SHARE = np.full(len(EFFECT_SD), 1 / len(EFFECT_SD))
LASTING_A_MONTH = (CLASS_PRIOR[SHIFT] + CLASS_PRIOR[TREND]) / WINDOW


def changes_ahead(means: np.ndarray) -> np.ndarray:
    """Return the covariance, in noise variances, that changes of the months ahead may yet bring to their means (t, m)."""
    begun = np.cumsum(means[:, ::-1], axis=1)  # share of each mean that a change takes up, by the month it begins in
    return LASTING_A_MONTH * np.mean(EFFECT_SD**2) * begun @ begun.T


def columns_of(length: int, table: Iterable, sds: np.ndarray, prior: Callable, earliest: int = EARLIEST) -> Shapes:
    """Put a table of shapes, each at each of its ages, into columns; `prior` (kind, age) is by effect sd."""
    t = np.arange(length + AHEAD)
    laid = [
        (shape(t - (length - age)), kind, age, np.atleast_1d(prior(kind, age)) * share, label)
        for kind, shape, ages, share, label in table
        for age in ages
        if age <= length - earliest
    ]
    columns, kind, age, weight, label = (np.array(x) for x in zip(*laid, strict=True))
    columns[np.isin(kind, (SHIFT, TREND)), length:] *= np.linspace(1, HELD_AFTER_A_YEAR, AHEAD)
    over = (age > WINDOW) & ~columns[:, length - QUARTER : length].any(1)
    return Shapes(columns.T, np.where(over, PAST, kind), age, weight.T, label, sds)


def demand(length: int, few: bool) -> Shapes:
    """Changes of demand: new ones, and older ones of every size that may still hold."""
    under_way = UNDER_WAY_FEW if few else UNDER_WAY_RATE

    def prior(kind: int, age: int) -> np.ndarray:
        lasting = kind in (SHIFT, TREND)
        return CLASS_PRIOR[kind] / WINDOW * (under_way if lasting and age > WINDOW else 1) * EFFECT_SHARE

    return columns_of(length, DEMAND, EFFECT_SD, prior)


def recording(length: int, few: bool) -> Shapes:
    """Breaks of the record."""
    return columns_of(length, RECORDING, BREAK_SD, lambda kind, age: BREAK_PRIOR / WINDOW)


def events(length: int, few: bool) -> Shapes:
    """Pulses and steps of every age, with which the history is searched."""
    pulses = [(SPIKE, pulse(d), range(d, length + 1), 1, f"{d}") for d in PULSES]
    steps = [(SHIFT, step, range(YOUNGEST_STEP, length - EARLIEST + 1), 1, "0")]
    shapes = columns_of(length, pulses + steps, OLDER_SD, lambda kind, age: 1.0, earliest=0)
    return replace(shapes, kind=np.where(shapes.kind == PAST, SPIKE, shapes.kind))
