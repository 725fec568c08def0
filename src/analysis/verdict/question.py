"""The question of a quarter: does at least half of its departure stay, on average, over the year after it?

It is answered from what came since in all. Under every kind of change the mean of the months since and the mean of the
year are jointly normal, so that the probability that it lasts is a function of that total: no path of single months is
asked for, and the totals at which it is sure enough either way are lines that hold by construction. Level, season,
scale and older events stay what they were at the quarter's end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from .evidence import Nuisance, fit
from .hypotheses import OLDEST
from .model import LOOKS, MEANS, NEXT, YEAR, YEAR_AHEAD, Sort, plan
from .posterior import LEAST, NEGLIGIBLE, Posterior, t_below, weigh
from .scale import Scale
from .weeks import tilt

SETTLED = 0.80  # probability from which the question is settled, either way: docs/methods.md, "The question"
KEPT = 0.5  # of the departure: what has to stay
GRID = np.linspace(-1.0, 3.0, 13)  # of the departure: where a line is looked for
REFINED = 5  # steps of false position between two points of the grid
OVERSTATED = 0.52  # odds of knowing by a look, beside those of the mixture: bench/verdicts/question.py
TINY = 1e-12  # probability under which the normal has no quantile to work with
BITS = 60  # halvings in which a total is brought to its share of the departure
FARTHEST = 50.0  # of the departure: as far as a total is followed


@dataclass(frozen=True)
class Asked:
    """What the questions of some rows are asked with, all of it as it was at the quarter's end (r rows, n months).

    Attributes
    ----------
    z : ndarray (r, n)
        Centred on the level; nothing where missing.
    nuisance : Nuisance
    scale : Scale
    depth : ndarray (r,) or None
        As in `weigh`.
    season : ndarray (r, 12)
        Effect of each month of the year ahead.
    base : ndarray (r,)
        What the departure is measured from, beside the level.
    change : ndarray (r,)
        The departure.
    sort : Sort
    told : ndarray (r, 4)
        Of weekly series, what their weeks tell of the kinds of change; otherwise NaN.
    """

    z: np.ndarray
    nuisance: Nuisance
    scale: Scale
    depth: np.ndarray | None
    season: np.ndarray
    base: np.ndarray
    change: np.ndarray
    sort: Sort
    told: np.ndarray

    def of(self, rows: np.ndarray) -> "Asked":
        """Return what is asked of some rows."""
        depth = None if self.depth is None else self.depth[rows]
        season, base, change = self.season[rows], self.base[rows], self.change[rows]
        own = self.z[rows], self.nuisance.of(rows), self.scale.of(rows)
        return Asked(*own, depth, season, base, change, self.sort, self.told[rows])

    @property
    def half(self) -> np.ndarray:
        """What the year's mean has to reach for the departure to have lasted, season apart (r,)."""
        return self.base + KEPT * self.change

    def flat(self, share: np.ndarray, months: tuple) -> np.ndarray:
        """Return the mean of some months ahead in which a share (r, v) of the departure is there, season and all."""
        start = self.base + self.season[:, list(months)].mean(1)
        return start[:, None] + share * self.change[:, None]


def season_ahead(season: np.ndarray, length: int) -> np.ndarray:
    """Return the season (r, 12), which goes by position in a series, of the twelve months after `length`."""
    return season[:, (length + np.arange(YEAR)) % YEAR]


@dataclass(frozen=True)
class YearAhead:
    """The mean of some months ahead and that of the year, under every kind of change that is not negligible.

    Those of a row stand together (e in all). A row is a question, or a question at one of several looks.

    Attributes
    ----------
    row : ndarray of int (e,)
    weight : ndarray (e, 1)
        Sums to 1 over a row.
    mean, year : ndarray (e, 1)
        Of the months, and of the year.
    spread, shared, spread_of_year : ndarray (e, 1)
        Variance of the one, covariance of the two, variance of the other.
    freedom : ndarray (e, 1)
        Half the degrees of freedom.
    """

    row: np.ndarray
    weight: np.ndarray
    mean: np.ndarray
    year: np.ndarray
    spread: np.ndarray
    shared: np.ndarray
    spread_of_year: np.ndarray
    freedom: np.ndarray

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each row begins."""
        return np.flatnonzero(np.diff(self.row, prepend=-1))

    def reaches(self, value: np.ndarray, up: np.ndarray) -> np.ndarray:
        """Return the probability that the months lie beyond a value (r, v), on the side of `up` (r,)."""
        x = np.where(up, 1, -1)[self.row, None] * (self.mean - value[self.row]) / np.sqrt(self.spread)
        return np.add.reduceat(self.weight * t_below(x, self.freedom), self.starts)

    def lasts(self, value: np.ndarray, half: np.ndarray, up: np.ndarray) -> np.ndarray:
        """Return the probability that the year lies beyond `half` (r,), where the months came to a value (r, v)."""
        nu, x = 2 * self.freedom, value[self.row] - self.mean
        distance = x**2 / self.spread
        density = -np.log(self.spread) / 2 - (nu + 1) / 2 * np.log1p(distance / nu)
        weight = self.weight * np.exp(density - np.maximum.reduceat(density, self.starts)[self.row])
        slope = self.shared / self.spread
        left = np.maximum(self.spread_of_year - slope * self.shared, LEAST) * (nu + distance) / (nu + 1)
        above = self.year + slope * x - half[self.row, None]
        beyond = t_below(np.where(up, 1, -1)[self.row, None] * above / np.sqrt(left), self.freedom + 1 / 2)
        return np.add.reduceat(weight * beyond, self.starts) / np.add.reduceat(weight, self.starts)


def year_ahead(post: Posterior, targets: Sequence[int]) -> YearAhead:
    """Merge the settings and sizes of each column into one by its moments: a row a target and question, in that order."""
    null, count = post.null, len(post.usual)
    used = [*targets, YEAR_AHEAD]
    ahead, covariance = null.ahead[..., used], null.ahead_cov[..., used, :][..., used]
    r, g = np.nonzero(post.usual > NEGLIGIBLE)
    scatter = null.variance[r, g]
    parts = [(r, np.zeros_like(r), post.usual[r, g], ahead[r, g], scatter[:, None, None] * covariance[r, g])]
    columns = 1
    for f in post.changes:
        r, g, s, k = np.nonzero(f.weight > NEGLIGIBLE)
        own = r if len(f.effects.ahead) > 1 else np.zeros_like(r)
        beyond = f.effects.ahead[own, g, k][:, used]
        stiff = f.stiff[own, g, s, k]
        effect = f.effects.dot[r, g, k] / stiff
        left = (null.scatter[r, g] - effect**2 * stiff / 2) / null.freedom[r]
        scatter = np.maximum(left, np.maximum(null.least[r], LEAST))
        spread = covariance[r, g] + beyond[:, :, None] * beyond[:, None, :] / stiff[:, None, None]
        mean = ahead[r, g] + beyond * effect[:, None]
        parts.append((r, columns + k, f.weight[r, g, s, k], mean, scatter[:, None, None] * spread))
        columns += len(f.shapes.kind)
    r, column, weight, mean, spread = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.lexsort((column, r))
    r, weight, mean = r[order], weight[order], mean[order]
    start = np.flatnonzero(np.diff(r * columns + column[order], prepend=-1))
    total = np.add.reduceat(weight, start)
    middle = np.add.reduceat(weight[:, None] * mean, start) / total[:, None]
    apart = mean[:, :, None] * mean[:, None, :] + spread[order]
    spread = np.add.reduceat(weight[:, None, None] * apart, start) / total[:, None, None]
    spread -= middle[:, :, None] * middle[:, None, :]
    r, many = r[start], len(targets)
    weight = total / np.add.reduceat(total, np.flatnonzero(np.diff(r, prepend=-1)))[r]

    def stacked(each: list) -> np.ndarray:
        return np.concatenate(each)[:, None]

    return YearAhead(
        np.concatenate([r + i * count for i in range(many)]),
        stacked([weight] * many),
        stacked([middle[:, i] for i in range(many)]),
        stacked([middle[:, -1]] * many),
        stacked([spread[:, i, i] for i in range(many)]),
        stacked([spread[:, i, -1] for i in range(many)]),
        stacked([spread[:, -1, -1]] * many),
        stacked([null.freedom[r]] * many),
    )


def after(asked: Asked, months: tuple) -> YearAhead:
    """Return the mean of some months ahead and that of the year, as seen at the quarter's end."""
    the_plan = plan(asked.z.shape[1], asked.sort, months)
    families = the_plan.families[: 1 if asked.depth is None else 2]
    null, effects = fit(the_plan, asked.z, asked.nuisance, asked.scale, families)
    registered = np.zeros(
        (len(asked.z), OLDEST + 1), dtype=bool
    )  # tells kinds of change apart, which the year does not
    return year_ahead(tilt(weigh(the_plan, null, effects, asked.depth, registered), asked.told), (0,))


@dataclass(frozen=True)
class Lines:
    """Shares of the departure that settle a question, row by row (r,).

    Attributes
    ----------
    lasts, passed : ndarray (r,)
        At or beyond the one it lasts, at or short of the other it has passed; NaN where no share between the ends of
        GRID would do.
    chance : ndarray (r,)
        How likely it is that the months come to one of them or beyond.
    """

    lasts: np.ndarray
    passed: np.ndarray
    chance: np.ndarray


def find_lines(asked: Asked, ahead: YearAhead, looks: Sequence[tuple]) -> Lines:
    """Return the lines of each look and question, in that order; `looks` are the months that each looks at."""
    start = np.concatenate([asked.flat(np.zeros((len(asked.z), 1)), months)[:, 0] for months in looks])
    change, half = np.tile(asked.change, len(looks)), np.tile(asked.half, len(looks))
    up = change > 0

    def sure(share: np.ndarray) -> np.ndarray:
        chance = ahead.lasts(start[:, None] + share * change[:, None], half, up)
        return ndtri(np.clip(chance, TINY, 1 - TINY)).T  # all but straight in the share

    on_grid = sure(np.broadcast_to(GRID, (len(up), len(GRID))))
    goals = ndtri(np.array([[SETTLED], [1 - SETTLED]]))
    reached = on_grid[:, None] >= goals  # points, goals, rows
    exists = reached[-1] & ~reached[0]
    edge = np.clip(reached.argmax(0), 1, len(GRID) - 1)  # the first point at or beyond each goal
    rows = np.arange(len(up))
    low, high = GRID[edge - 1], GRID[edge]
    at_low, at_high = on_grid[edge - 1, rows] - goals, on_grid[edge, rows] - goals
    for _ in range(REFINED):
        gap = at_high - at_low
        middle = low - at_low * np.where(gap > 0, (high - low) / np.where(gap > 0, gap, 1), 0)
        there = sure(middle.T) - goals
        short = there < 0
        low, at_low = np.where(short, middle, low), np.where(short, there, at_low / 2)
        high, at_high = np.where(short, high, middle), np.where(short, at_high / 2, there)
    # who is told that it has passed sees less than half of it, and the other way round
    lasts = np.where(exists[0], np.maximum(high[0], KEPT), np.nan)
    passed = np.where(exists[1], np.minimum(low[1], KEPT), np.nan)
    ends = np.stack([np.nan_to_num(lasts, nan=FARTHEST), np.nan_to_num(passed, nan=-FARTHEST)], axis=1)
    beyond = ahead.reaches(start[:, None] + ends * change[:, None], up)
    said = np.clip(beyond[:, 0] + 1 - beyond[:, 1], TINY, 1 - TINY)
    return Lines(lasts, passed, OVERSTATED * said / (1 - said + OVERSTATED * said))


def lines(asked: Asked, post: Posterior) -> Lines:
    """Return the lines at each of LOOKS and question, in that order, as seen at the quarter's end."""
    targets = range(len(NEXT), len(NEXT) + len(LOOKS))
    return find_lines(asked, year_ahead(post, targets), MEANS[: len(LOOKS)])
