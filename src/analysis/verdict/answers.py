"""The question of a quarter in the series' own units: the totals that settle it, and what came since.

Of what accrues (events) months are added up; of percentages they are pooled by their cases; of everything else (children
open, averages, other values) their mean is taken. The lines of a percentage weigh its months alike.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..classes import LASTS, NONE, OPEN, PASSED, TOO_EARLY
from ..kinds import Kind
from ..periods import QUARTER_FREQ
from .block import Block, Later
from .hypotheses import AHEAD
from .model import LOOKS
from .question import BITS, FARTHEST, KEPT, SETTLED, Asked, Lines, after, find_lines, lines
from .rows import Judged
from .scale import Scale

LEAST_EVENTS, LEAST_OTHER = 0.15, 0.05  # of what was expected: a smaller departure is not asked about
WORTH_PRINTING = 0.10  # chance to know by then, under which no line is shown: page and table would be full of them
LIKELIER = 0.5  # chance from which an answer is likelier than not
SHARE_STEP = 0.001  # a tenth of a percentage point, as the page writes it
DIGITS = 3  # of a figure below 1
ROUNDING = 1e-9  # of a step: what arithmetic adds to a whole number
NOTHING_TO_SETTLE = pd.DataFrame(
    {
        "months": np.empty(0, dtype=int),
        "until": pd.PeriodIndex([], freq="M"),
        "lasts_if": np.empty(0),
        "passed_if": np.empty(0),
        "half": np.empty(0),
        "chance": np.empty(0),
    }
)


@dataclass(frozen=True)
class Units:
    """How the months ahead of some rows are brought into units and added up (r rows, 12 months)."""

    asked: Asked
    level: np.ndarray
    scale: Scale
    kind: Kind
    exposure: np.ndarray

    def of(self, rows: np.ndarray) -> "Units":
        """Return the units of some rows."""
        return replace(self, asked=self.asked.of(rows), level=self.level[rows], scale=self.scale.of(rows))

    def total(self, share: np.ndarray, months: list[int]) -> np.ndarray:
        """Return the total, or the mean, of some months ahead in which a share (r,) of the departure is there."""
        a = self.asked
        z = (self.level + a.base + share * a.change)[:, None] + a.season[:, months]
        return combined(self.scale.back(z, self.exposure[months]), self.kind)

    def share(self, total: np.ndarray, months: list[int]) -> np.ndarray:
        """Return the share (r,) of the departure at which some months come to a total, by halving."""
        side = np.where(self.asked.change > 0, 1, -1)
        low, high = np.full((2, len(total)), FARTHEST) * [[-1], [1]]
        for _ in range(BITS):
            middle = (low + high) / 2
            short = side * (self.total(middle, months) - total) < 0
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        return high

    def outward(self, total: np.ndarray, *, lasts: bool) -> np.ndarray:
        """Round a line to what a page writes, away from the open zone."""
        step = step_of(self.kind, total)
        up = (self.asked.change > 0) == lasts
        away = np.where(up, np.ceil(total / step - ROUNDING), np.floor(total / step + ROUNDING))
        return np.round(away * step, 12)


def combined(values: np.ndarray, kind: Kind, weight: np.ndarray | None = None) -> np.ndarray:
    """Return the total of months (r, m), or their mean."""
    weight = np.ones_like(values) if weight is None else weight
    total = (values * weight).sum(1)
    return total if kind.accrues else total / weight.sum(1)


def step_of(kind: Kind, value: np.ndarray) -> np.ndarray:
    """Return the steps in which lines of a kind are written."""
    if kind.count or kind.share:
        return np.full_like(value, SHARE_STEP if kind.share else 1)
    size = np.floor(np.log10(np.maximum(np.abs(np.nan_to_num(value)), 1e-12)))
    return np.power(10.0, np.where(size < 0, size + 1 - DIGITS, -kind.decimals))


def answer_of(total: float, lasts_if: float, passed_if: float, *, up: bool) -> str:
    """Return what a total means: LASTS at or beyond the one line, PASSED at or short of the other, otherwise OPEN."""
    side = 1 if up else -1
    if side * (total - lasts_if) >= -ROUNDING:
        return LASTS
    return PASSED if side * (total - passed_if) <= ROUNDING else OPEN


def ask(block: Block, judged: Judged, scale: Scale, later: Later | None) -> dict[str, np.ndarray]:
    """Return the columns question, probability, settled_from, settles, settled_by and half and departure of the rows that were judged."""
    count = len(judged.persists)
    end = block.months[-1]
    columns = {
        "question": np.full(count, NONE, dtype=object),
        "probability": judged.persists.copy(),
        "settled_from": np.full(count, None, dtype=object),
        "settles": np.full(count, None, dtype=object),
        "settled_by": np.full(count, None, dtype=object),
        "half": np.full(count, np.nan),
        "departure": np.full(count, np.nan),
    }
    for r in range(count):
        columns["settles"][r] = NOTHING_TO_SETTLE
    departure = _departure(judged, scale)
    least = LEAST_EVENTS if block.kind.events else LEAST_OTHER
    large = (departure >= least) | (departure <= 1 / (1 + least) - 1)  # a fall as large as the rise that undoes it
    asked = np.flatnonzero((judged.departed & large | (judged.call == TOO_EARLY)) & np.isfinite(judged.persists))
    if not len(asked):
        return columns
    units = Units(judged.asked.of(asked), judged.level[asked], scale.of(asked), block.kind, block.exposure_ahead())
    persists = judged.persists[asked]
    columns["question"][asked] = np.select([persists >= SETTLED, persists <= 1 - SETTLED], [LASTS, PASSED], OPEN)
    columns["departure"][asked] = departure[asked]
    columns["half"][asked] = units.outward(units.total(np.full(len(asked), KEPT), list(range(AHEAD))), lasts=True)
    settled = columns["question"][asked] != OPEN
    columns["settled_from"][asked[settled]] = end
    still = np.flatnonzero(~settled)
    if len(still):
        own, rows = units.of(still), asked[still]
        table = _lines_in_units(own, lines(own.asked, judged.posterior.of(rows)), end)
        likely = (table["chance"].to_numpy() >= LIKELIER).reshape(len(still), len(LOOKS))
        first = np.where(likely.any(1), np.array(LOOKS)[likely.argmax(1)], AHEAD)
        for i, r in enumerate(rows):
            columns["settles"][r] = table[i * len(LOOKS) : (i + 1) * len(LOOKS)].reset_index(drop=True)
            columns["settled_by"][r] = (end + int(first[i])).asfreq(QUARTER_FREQ)
    if later is not None:
        for n, row in enumerate(asked):
            weight = None if later.denominator is None else later.denominator[row]
            _follow(columns, int(row), units.of(np.array([n])), later.values[row], weight, end)
    return columns


def _departure(judged: Judged, scale: Scale) -> np.ndarray:
    """Return the departure that is asked about, as a share of what was expected (r,)."""
    before = judged.level + judged.asked.base
    low, high = (scale.back(z[:, None])[:, 0] for z in (before, before + judged.asked.change))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(high == low, 0, (high - low) / np.abs(low))


def _lines_in_units(units: Units, lines: Lines, end: pd.Period) -> pd.DataFrame:
    """Return the lines of open questions, a row a look; none where it is hardly to be known by then."""
    count = len(units.level)
    whole = np.empty((4, count, len(LOOKS)))
    for look, months in enumerate(LOOKS):
        rows, seen = slice(look * count, (look + 1) * count), list(range(months))
        shares = np.where(lines.chance[rows] >= WORTH_PRINTING, [lines.lasts[rows], lines.passed[rows]], np.nan)
        whole[0, :, look] = units.outward(units.total(shares[0], seen), lasts=True)
        whole[1, :, look] = units.outward(units.total(shares[1], seen), lasts=False)
        whole[2, :, look] = units.outward(units.total(np.full(count, KEPT), seen), lasts=True)
        whole[3, :, look] = lines.chance[rows]
    until = pd.PeriodIndex([end + months for months in LOOKS] * count)
    names = ("lasts_if", "passed_if", "half", "chance")
    columns = dict(zip(names, whole.reshape(4, -1), strict=True))
    return pd.DataFrame({"months": np.tile(LOOKS, count), "until": until, **columns})


def _follow(columns: dict, r: int, one: Units, values: np.ndarray, weight: np.ndarray | None, end: pd.Period) -> None:
    """Answer one question with the months that came since."""
    up = bool(one.asked.change[0] > 0)
    for months in (*LOOKS, AHEAD):
        seen = [m for m in range(min(months, len(values))) if np.isfinite(values[m])]
        if months > len(values) or not seen:
            break
        total = _total(one, values, weight, seen)
        if months == AHEAD == len(seen):
            answer = answer_of(total[0], columns["half"][r], columns["half"][r], up=up)
        elif months == AHEAD or columns["question"][r] != OPEN:
            continue
        else:
            line = find_lines(one.asked, after(one.asked, tuple(seen)), [tuple(seen)])
            if line.chance[0] < WORTH_PRINTING:
                continue
            lasts_if = one.outward(one.total(line.lasts, seen), lasts=True)
            passed_if = one.outward(one.total(line.passed, seen), lasts=False)
            answer = answer_of(total[0], lasts_if[0], passed_if[0], up=up)
        if answer not in (OPEN, columns["question"][r]):
            columns["question"][r], columns["settled_from"][r] = answer, end + months
    seen = [m for m in range(len(values)) if np.isfinite(values[m])]
    if len(seen) == AHEAD:
        columns["probability"][r] = float(columns["question"][r] == LASTS)
    elif seen:
        share = one.share(_total(one, values, weight, seen), seen)
        ahead = after(one.asked, tuple(seen))
        flat = one.asked.flat(share[:, None], tuple(seen))
        columns["probability"][r] = ahead.lasts(flat, one.asked.half, np.array([up]))[0, 0]


def _total(one: Units, values: np.ndarray, weight: np.ndarray | None, seen: list[int]) -> np.ndarray:
    return combined(values[None, seen], one.kind, None if weight is None else weight[None, seen])
