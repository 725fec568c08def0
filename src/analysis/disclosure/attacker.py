"""The judge: one who knows every figure on the page, every sum among them and the rules, and works out what is hidden.

Bounds are exact: for every hidden small count an integer programme looks for the smallest and the largest value that all
that was published leaves possible. A found solution is a proof; what none is found for counts as worked out.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from .constraints import Web
from .primary import ROUND_TO

MOST_NODES = (
    10_000  # of one programme's search; the samples' need one each. Time would not be the same on every machine
)
TOGETHER = 3
GROUP = 2_000  # unknowns of one programme, in whole webs: many small ones are solved sooner than a large one
MOST_OF_A_WEB = (
    4  # counts that can be worked out, of those that hang together: what is hidden for them protects others too
)
FEWEST_VALUES = 4  # a hidden count that could only be one of fewer is as good as told
TOLERANCE = 1e-6  # under which a multiplier or a fraction is none: the solver's own for whole numbers and dual values
REACH = 12  # how far from the truth possible values are looked for: enough to tell, and small to solve


def worked_out(
    web: Web, shown: pd.Series, *, among: pd.Index | None = None, seen: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return small counts that can be worked out from what is shown: of those that hang together the first few.

    Parameters
    ----------
    web : Web
    shown : pandas.Series of bool
        Which of its cells are shown.
    among : pandas.Index, optional
        Look only at what hangs together with these cells.
    seen : pandas.DataFrame, optional
        From `nothing_seen`, or what an attack wrote there on a reader who knew more: it need not be looked for again.
        What is seen now is written there too.

    Returns
    -------
    pandas.DataFrame
        Index: the cell; lowest and highest possible value. Empty where the page holds.
    """
    hidden, search, _ = _unknown(web, shown)
    few = hidden["few"].to_numpy().astype(bool)
    if among is not None:
        few &= search.near(hidden.index.isin(among))
    if seen is not None:
        search.low = np.minimum(search.low, seen.loc[hidden.index, "low"].to_numpy())
        search.high = np.maximum(search.high, seen.loc[hidden.index, "high"].to_numpy())
    exposed = search.exposed(few)
    if seen is not None:
        seen.loc[hidden.index, "low"], seen.loc[hidden.index, "high"] = search.low, search.high
    return pd.DataFrame({"lowest": search.low[exposed], "highest": search.high[exposed]}, index=hidden.index[exposed])


def nothing_seen(web: Web) -> pd.DataFrame:
    """Return the smallest and largest value that each cell was seen to take, before anything is looked for: its own."""
    return pd.DataFrame({"low": web.cells["value"], "high": web.cells["value"]}, dtype=float)


def _unknown(web: Web, shown: pd.Series) -> tuple[pd.DataFrame, "_Search", np.ndarray]:
    """Return the cells that are not known exactly, a search among the sums that they stand in, and the sums' names.

    What is shown as it is says what the others add up to: the whole sum is nothing. What is shown rounded lies between
    two values.
    """
    exact = shown & (web.cells["value"].eq(0) if web.margin else True)  # nothing is shown as nothing
    unknown = web.cells[~exact]
    number = pd.Series(np.arange(len(unknown)), index=unknown.index)
    sums = web.sums[web.sums["cell"].isin(number.index)]
    row, names = pd.factorize(sums["sum"])
    column = number[sums["cell"]].to_numpy()
    shape = (len(names), len(unknown))
    matrix = csr_array(coo_array((sums["sign"].to_numpy(float), (row, column)), shape=shape))
    value, rounded = unknown["value"].to_numpy(), shown[~exact].to_numpy()
    near = np.round(value / ROUND_TO) * ROUND_TO
    least = np.maximum(unknown["lowest"].to_numpy(), value - REACH)
    most = np.minimum(unknown["highest"].to_numpy(), value + REACH)
    least = np.where(rounded, np.maximum(near - web.margin, web.largest + 1), least)
    return unknown, _Search(matrix, value, least, np.where(rounded, near + web.margin, most)), names.to_numpy()


def tied_to(web: Web, shown: pd.Series, cells: pd.Index) -> pd.Index:
    """Return the cells that are not known and hang together with some."""
    unknown, search, _ = _unknown(web, shown)
    return unknown.index[search.near(unknown.index.isin(cells))]


def figures_used(web: Web, shown: pd.Series, exposed: pd.Index) -> dict[int, set]:
    """Return of each count that can be worked out from which figures: those that a proof of its bounds makes use of."""
    unknown, search, names = _unknown(web, shown)
    matrix = search.matrix
    used: dict[int, set] = {}
    rounded = shown[unknown.index].to_numpy()
    exact = set(web.cells.index[shown].difference(unknown.index))
    for cell in exposed:
        place = unknown.index.get_loc(cell)
        inside = search.near(np.arange(len(unknown)) == place)
        ties = np.flatnonzero(np.diff(matrix[:, inside].indptr) > 0)
        goal = (np.flatnonzero(inside) == place).astype(float)
        bounds = np.column_stack([search.least, search.most])[inside]
        for sign in (1.0, -1.0):
            proof = linprog(sign * goal, A_eq=matrix[ties][:, inside], b_eq=search.total[ties], bounds=bounds)
            sums = names[ties[np.abs(proof.eqlin.marginals) > TOLERANCE]]
            used.setdefault(cell, set()).update(exact.intersection(web.cells_of(sums).tolist()))
            ends = np.abs(proof.lower.marginals) + np.abs(proof.upper.marginals) > TOLERANCE
            used[cell].update(unknown.index[inside][ends & rounded[inside]])
    return used


class _Search:
    """The smallest and largest value that each unknown was seen to take, by solutions of the sums."""

    def __init__(self, matrix: Any, value: np.ndarray, least: np.ndarray, most: np.ndarray) -> None:
        self.matrix, self.total, self.least, self.most = matrix, matrix @ value, least, most
        self.whole = value % 1 == 0  # a file of counts may hold fractions too
        free = np.diff(matrix.tocsc().indptr) == 0
        self.low, self.high = np.where(free, least, value), np.where(free, most, value)
        ties = matrix.tocoo()
        size = sum(matrix.shape)
        graph = coo_array((np.ones(ties.nnz), (ties.coords[0], ties.coords[1] + matrix.shape[0])), shape=(size, size))
        self.web = connected_components(graph, directed=False)[1][matrix.shape[0] :]

    def near(self, these: np.ndarray) -> np.ndarray:
        """Say which unknowns hang together with some."""
        return np.isin(self.web, self.web[these])

    def exposed(self, wanted: np.ndarray) -> np.ndarray:
        """Return the wanted unknowns of which no solutions were seen with enough values, in each web the first few."""
        some = np.random.default_rng(len(wanted))  # the same for the same sums
        for turn in range(TOGETHER):
            if (want := wanted & ~self._enough()).any():
                self._solve(want * (some.choice([-1.0, 1.0], len(want)) if turn else 1.0))
        if (want := wanted & ~self._enough()).any():
            self._solve(want * 1.0, whole_numbers=True)
        asked = np.zeros(len(self.low), bool)
        seen = np.zeros(self.web.max(initial=0) + 1, int)
        while (want := wanted & ~self._enough() & ~asked & (seen[self.web] < MOST_OF_A_WEB)).any():
            first = np.unique(np.where(want, self.web, -1), return_index=True)[1]  # one of each web at a time
            alone = np.isin(np.arange(len(want)), first) & want
            self._settle(alone * 1.0)
            asked |= alone
            seen[self.web[alone & ~self._enough()]] += 1
        return asked & ~self._enough()

    def _enough(self) -> np.ndarray:
        return self.high - self.low + 1 >= FEWEST_VALUES

    def _settle(self, goal: np.ndarray) -> None:
        """Find the smallest and the largest value of one unknown of each web: in whole numbers, where it comes out parted.

        What fractions leave too few values is not asked again. What the solver does not settle within its limit of nodes
        counts as worked out: it is hidden, never shown.
        """
        least, most = self._solve(goal)
        room = most - least + 1 >= FEWEST_VALUES - TOLERANCE
        if (left := goal * (room & ~self._enough())).any():
            self._solve(left, whole_numbers=True)

    def _solve(self, goal: np.ndarray, *, whole_numbers: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Make a sum of signed unknowns as large, then as small as it can be; the rest of their webs follows.

        Large first: most counts can be a few more than they are, and need not be made small. Most webs come out whole
        without asking for whole numbers; of those that do not nothing is seen. Returned is between which values the
        unknowns lay, fractions and all.
        """
        least, most = self.low.copy(), self.high.copy()
        for sign, ends in ((-1.0, most), (1.0, least)):
            goal = goal * ~self._enough()
            inside = np.flatnonzero(self.near(goal != 0))
            if not len(inside):
                break
            inside = inside[np.argsort(self.web[inside], kind="stable")]
            x = self._best(sign * goal, inside, whole_numbers=whole_numbers)
            ends[inside] = x
            whole = np.where(self.whole[inside], np.round(x), x)
            parted = np.isin(self.web[inside], self.web[inside[np.abs(x - whole) > TOLERANCE]])
            x = np.where(parted, np.nan, whole)
            self.low[inside], self.high[inside] = np.fmin(self.low[inside], x), np.fmax(self.high[inside], x)
        return least, most

    def _best(self, goal: np.ndarray, inside: np.ndarray, *, whole_numbers: bool) -> np.ndarray:
        """Return where a sum is smallest, web by web; nothing where the solver does not say."""
        ends = np.append(np.flatnonzero(np.diff(self.web[inside])) + 1, len(inside))
        cuts = np.unique(ends[np.searchsorted(ends, np.arange(GROUP, len(inside), GROUP))])
        return np.concatenate(
            [self._solution(goal, some, whole_numbers) for some in np.split(inside, cuts) if len(some)]
        )

    def _solution(self, goal: np.ndarray, inside: np.ndarray, whole_numbers: bool) -> np.ndarray:
        matrix = self.matrix[:, inside]
        rows = np.diff(matrix.indptr) > 0
        solved = milp(
            goal[inside],
            integrality=self.whole[inside] & whole_numbers,
            bounds=Bounds(self.least[inside], self.most[inside]),
            constraints=LinearConstraint(matrix[rows], self.total[rows], self.total[rows]),
            options={
                "node_limit": MOST_NODES,
                "presolve": whole_numbers,
            },  # of fractions it takes longer than the search
        )
        return np.full(len(inside), np.nan) if solved.x is None else solved.x
