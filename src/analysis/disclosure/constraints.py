"""Every count on a page and every sum of them, as one: what is told of one says something of the others.

A cell is a count of cases of one measure, area and period. A cell that was told anywhere is known, on an earlier page too;
one that was revised since is another cell. A sum ties cells whose signed total is nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ..kinds import LATE, ON_TIME
from .cells import one_cell_for_a_stock
from .relations import Relation
from .sums import Sums, areas_of_the_whole, late_and_in_time, months_of_quarters, parts_of_totals, related

SPOT = ["measure", "area", "grain", "n", "part"]  # where a count stands


@dataclass(frozen=True)
class Web:
    """Cells and the sums that tie them.

    Attributes
    ----------
    counts : pandas.DataFrame
        From `counts_of`.
    cells : pandas.DataFrame
        A row a cell: value, told_before (by an earlier page), few (it must not be worked out), lowest (that a reader
        takes for possible).
    rows : pandas.DataFrame
        Which row of which table shows which cell: table, row, cell, measure, area, type, grain, n. Those of
        `counts` come first.
    sums : pandas.DataFrame
        sum, cell, sign: the signed values of each sum add up to nothing.
    """

    counts: pd.DataFrame
    cells: pd.DataFrame
    rows: pd.DataFrame
    sums: pd.DataFrame

    @cached_property
    def members(self) -> dict[int, list[int]]:
        """The cells of each sum."""
        return _grouped(self.sums["sum"], self.sums["cell"])

    @cached_property
    def sums_of(self) -> dict[int, list[int]]:
        """The sums of each cell."""
        return _grouped(self.sums["cell"], self.sums["sum"])


def _grouped(key: pd.Series, value: pd.Series) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for k, v in zip(key.tolist(), value.tolist(), strict=True):
        found.setdefault(k, []).append(v)
    return found


def web(
    counts: pd.DataFrame,
    *,
    relations: Sequence[Relation] = (),
    whole: str = "",
    parts: pd.DataFrame | None = None,
    earlier: pd.DataFrame | None = None,
    largest: int,
) -> Web:
    """Tie the counts of a page together.

    Parameters
    ----------
    counts : pandas.DataFrame
        From `counts_of`.
    relations : list of Relation
    whole : str
        The area that is the sum of the others.
    parts : pandas.DataFrame, optional
        The parts of totals: measure, area, role, part, n (quarter), value, row, few.
    earlier : pandas.DataFrame, optional
        The counts of earlier pages, with `release` and `told`.
    largest : int
        The largest count that is hidden.
    """
    given = counts.assign(told=False, release=-1)
    if earlier is not None and len(earlier):
        given = pd.concat([given, earlier.assign(table="", row=-1)], ignore_index=True)
    given = one_cell_for_a_stock(given)
    given["cell"] = given.groupby([*SPOT, "value"], sort=False).ngroup()
    cells = given.groupby("cell").agg(
        value=("value", "first"), told_before=("told", "any"), few=("few", "max"), part=("part", "first")
    )
    cells["lowest"] = np.where(cells["part"].isin([ON_TIME, LATE]), 0.0, 1.0)
    sums = Sums(cells, largest)
    for _, release in given.groupby("release", sort=False):
        months_of_quarters(release, sums)
        areas_of_the_whole(release, whole, sums)
        late_and_in_time(release, sums)
        for relation in relations:
            related(release, relation, sums)
    rows = given.loc[given["table"] != "", ["table", "row", "cell", "measure", "area", "type", "grain", "n"]]
    if parts is not None and len(parts):
        rows = pd.concat([rows, parts_of_totals(given, parts, sums)], ignore_index=True)
    return Web(counts, sums.all_cells(), rows, sums.all_sums())
