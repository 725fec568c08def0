"""Every count on a page and every sum of them, as one: what is told of one says something of the others.

A cell is a count of cases of one measure, area and period. A cell that was told anywhere is known, on an earlier page too;
one that was revised since is another cell. A sum ties cells whose signed total is nothing: a count and its atoms (`atoms`).
Of given counts, and of pages before, sums are laid down by definition and kept where they hold in the data, since a reader
may guess as much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..kinds import ALL, COUNT, LATE, ON_TIME, are
from ..periods import QUARTER_FREQ, quarter_of
from ..schema import PART_OF, PARTS, part_name
from ..shapes import Counted
from .atoms import Atoms, atoms_of
from .cells import one_cell_for_a_stock
from .primary import LARGEST
from .relations import Relation

DECIMALS = 9  # to which sums of figures with fractions are compared: a float's own error is smaller
SPOT = ["measure", "area", "grain", "n", "part"]  # where a count stands


@dataclass(frozen=True)
class Web:
    """Cells and the sums that tie them.

    Attributes
    ----------
    counts : pandas.DataFrame
        From `counts_of`.
    cells : pandas.DataFrame
        A row a cell: value, told_before (by an earlier page), few (it must not be worked out), lowest and highest (that
        a reader takes for possible where it is hidden).
    rows : pandas.DataFrame
        Which row of which table shows which cell: table, row, cell, measure, area, holder (the area that holds it, if
        any), type, grain, n. Those of `counts` come first.
    sums : pandas.DataFrame
        sum, cell, sign: the signed values of each sum add up to nothing.
    largest : int
        The largest count that is hidden.
    margin : int
        How far a figure that is shown may lie from what it stands for: nothing, or what rounding makes.
    """

    counts: pd.DataFrame
    cells: pd.DataFrame
    rows: pd.DataFrame
    sums: pd.DataFrame
    largest: int = LARGEST
    margin: int = 0

    def cells_of(self, sums: np.ndarray) -> np.ndarray:
        """Return the cells of some sums."""
        return self.sums["cell"].to_numpy()[self.sums["sum"].isin(sums).to_numpy()]

    def marked(self, cells: Any) -> "Web":
        """Return the web of a reader who is told of some hidden cells whether they are small, or hidden for others' sake."""
        marked = self.cells.index.isin(cells)
        few, value = marked & self.cells["few"].astype(bool), self.cells["value"]
        lowest = self.cells["lowest"].mask(marked & ~few, np.minimum(value, self.largest + 1))
        highest = self.cells["highest"].mask(few & (value <= self.largest), self.largest)
        return replace(self, cells=self.cells.assign(lowest=lowest, highest=highest))


def web(
    counts: pd.DataFrame,
    *,
    relations: Sequence[Relation] = (),
    cases: Sequence[Counted] = (),
    whole: str = "",
    holders: Mapping[str, str] | None = None,
    parts: pd.DataFrame | None = None,
    earlier: pd.DataFrame | None = None,
    largest: int,
    margin: int = 0,
) -> Web:
    """Tie the counts of a page together.

    Parameters
    ----------
    counts : pandas.DataFrame
        From `counts_of`.
    relations : list of Relation
    cases : list of Counted
        Which counts count each case; of measures without them every figure stands for itself, tied by definition.
    whole : str
        The area that is the sum of the others.
    holders : dict of str to str, optional
        Of areas that are parts of another one than the whole, such as a region: which.
    parts : pandas.DataFrame, optional
        The parts of totals: measure, area, role, part, grain, n (the period's number), value, row, few.
    earlier : pandas.DataFrame, optional
        The counts of earlier pages, with `release`, `told` and `marked` (the page says why it is hidden).
    largest : int
        The largest count that is hidden.
    margin : int
    """
    page = counts.assign(told=False, marked=False, release=-1)
    if parts is not None and len(parts):
        page = pd.concat([page, _as_cells(parts)], ignore_index=True)
    if earlier is not None and len(earlier):
        page = pd.concat([page, earlier.assign(table="", row=-1)], ignore_index=True)
    page = one_cell_for_a_stock(page)
    page["cell"] = page.groupby([*SPOT, "value"], sort=False).ngroup()
    page["holder"] = _holder(page, whole, holders or {})
    cells = page.groupby("cell").agg(
        value=("value", "first"), told_before=("told", "any"), few=("few", "max"), part=("part", "first")
    )
    cells["lowest"] = np.where(cells["part"].isin([COUNT, ALL]), 1.0, 0.0)
    sums = Sums(cells, largest)
    spots = page.drop_duplicates("cell").set_index("cell")
    by_cases = {measure for counted in cases for measure, _ in counted.counts}
    for counted in cases:
        atoms_of_cells(atoms_of(counted, spots, whole, largest), sums)
    for number, release in page.groupby("release", sort=False):
        itself = release[~release["measure"].isin(by_cases)] if number == -1 else release
        months_of_quarters(itself, sums)
        areas_of_the_whole(itself, sums)
        late_and_in_time(itself, sums)
        parts_of_totals(itself, sums)
        for relation in relations:
            related(release, relation, sums)
    columns = ["table", "row", "cell", "measure", "area", "holder", "type", "grain", "n", "part"]
    rows = page.loc[page["table"] != "", columns]
    web = Web(counts, sums.all_cells(), rows, sums.all_sums(), largest, margin)
    return web.marked(page.loc[page["marked"].eq(True), "cell"])


def _as_cells(parts: pd.DataFrame) -> pd.DataFrame:
    """Return the parts of totals as counts of their measure: what is not a figure of its own is one of its parts."""
    told = parts.assign(table=PARTS, type="", grain_shown=parts["grain"], told=False, marked=False, release=-1)
    named = zip(told["role"], told["part"], told["grain"], strict=True)
    return told.assign(part=[part_name(*row) for row in named]).drop(columns="role")


def _holder(page: pd.DataFrame, whole: str, holders: Mapping[str, str]) -> pd.Series:
    """Return the area of which each count's area is a part: the whole where no other one has figures of the measure."""
    holder = pd.Series([holders.get(area, whole) for area in page["area"]], page.index, dtype="str")
    there = pd.MultiIndex.from_frame(page[["measure", "area"]])
    holder = holder.where(pd.MultiIndex.from_arrays([page["measure"], holder]).isin(there), whole)
    return holder.where(holder != page["area"], "")


class Sums:
    """Collects sums, each only once, and the cells that no page shows."""

    def __init__(self, cells: pd.DataFrame, largest: int):
        self.cells, self.largest = [cells], largest
        self.next, self.count = len(cells), 0
        self.tables: list = []

    def more(self, values: np.ndarray, *, few: Any) -> np.ndarray:
        """Add cells and return their numbers."""
        numbers = np.arange(self.next, self.next + len(values))
        added = {"value": values, "told_before": False, "few": few, "lowest": 0.0, "part": ""}
        added = pd.DataFrame(added, index=numbers)
        self.cells.append(added)
        self.next += len(values)
        return numbers

    def add(self, group: Any, cell: Any, sign: Any) -> None:
        """Add sums: rows with the same group are one."""
        number = pd.factorize(pd.Index(group))[0] + self.count
        if len(number):
            self.tables.append(pd.DataFrame({"sum": number, "cell": np.asarray(cell), "sign": np.asarray(sign)}))
            self.count = number.max() + 1

    def left_over(self, group: pd.Series, cell: Any, sign: Any, value: Any, *, taken_for_nothing: bool = True) -> None:
        """Add sums with what is left over in each; one with less than nothing left over is no sum."""
        table = pd.DataFrame({"group": np.asarray(group), "cell": np.asarray(cell), "sign": np.asarray(sign)})
        rest = (np.asarray(value) * table["sign"]).groupby(table["group"]).sum().round(DECIMALS)
        rest = rest[rest >= 0]
        table = table[table["group"].isin(rest.index)]
        unknown = rest[(rest > 0) | (not taken_for_nothing)]
        numbers = self.more(unknown.to_numpy(), few=unknown.between(1, self.largest).to_numpy())
        remainder = pd.DataFrame({"group": unknown.index, "cell": numbers, "sign": -1})
        table = pd.concat([table, remainder], ignore_index=True)
        self.add(table["group"], table["cell"], table["sign"])

    def all_cells(self) -> pd.DataFrame:
        """Return the cells of the page and those that no page shows."""
        cells = pd.concat(self.cells)
        return cells.assign(lowest=np.minimum(cells["lowest"], cells["value"]), highest=np.inf)

    def all_sums(self) -> pd.DataFrame:
        """Return every sum once."""
        if not self.tables:
            return pd.DataFrame({"sum": [], "cell": [], "sign": []}, dtype=int)
        return _each_once(pd.concat(self.tables, ignore_index=True))


def atoms_of_cells(atoms: Atoms | None, sums: Sums) -> None:
    """A figure is the sum of its atoms; one that stands as published, or stood so, less what was recorded since.

    What was recorded since, or taken out, is a count of its own.
    """
    if atoms is None:
        return
    made = atoms.matrix @ atoms.cases
    since = np.where(atoms.few, 0, made - sums.cells[0]["value"].reindex(atoms.cells).to_numpy())
    revised = np.flatnonzero(since)
    numbers = sums.more(atoms.cases, few=False)
    late = sums.more(np.abs(since[revised]), few=np.abs(since[revised]) <= sums.largest)
    cell = atoms.cells.copy()
    cell[atoms.few] = sums.more(made[atoms.few], few=True)
    entries = atoms.matrix.tocoo()
    group = np.concatenate([np.arange(len(cell)), revised, entries.coords[0]])
    member = np.concatenate([cell, late, numbers[entries.coords[1]]])
    sign = np.concatenate([np.ones(len(cell)), np.sign(since[revised]), -entries.data])
    sums.add(group, member, sign)


def _each_once(sums: pd.DataFrame) -> pd.DataFrame:
    """Drop sums of the same cells: those of an earlier page of which nothing was revised."""
    ordered = sums.sort_values(["sum", "cell"])
    starts = np.flatnonzero(np.diff(ordered["sum"], prepend=-1))
    signed = (ordered["cell"] * 8 + ordered["sign"]).to_numpy()
    same = pd.Series([tuple(one) for one in np.split(signed, starts[1:])], dtype=object).duplicated().to_numpy()
    return ordered[~ordered["sum"].isin(ordered["sum"].to_numpy()[starts[same]])]


def months_of_quarters(counts: pd.DataFrame, sums: Sums) -> None:
    """A quarter is the sum of its months or weeks. Distinct children are fewer than that, or as many."""
    flows = counts[~are(counts["type"], "at_end")]
    quarters, months = (flows[(flows["grain"] == QUARTER_FREQ) == is_quarter] for is_quarter in (True, False))
    if months.empty or quarters.empty:
        return
    months = months.assign(quarter=np.int64(-1))
    for grain, part in months.groupby("grain"):
        months.loc[part.index, "quarter"] = quarter_of(pd.PeriodIndex.from_ordinals(part["n"], freq=grain)).asi8
    key = ["measure", "area", "quarter", "part"]
    quarters = quarters.rename(columns={"n": "quarter"})
    both = months.merge(quarters[[*key, "cell", "value"]], on=key, suffixes=("", "_whole"))
    group = both.groupby(key, sort=False).ngroup()
    over_all = (both["value"].groupby(group).transform("sum") - both["value_whole"]).round(DECIMALS)
    for holds, over in ((over_all == 0, False), (over_all > 0, True)):
        some, names = both[holds], group[holds]
        first = some[~names.duplicated()]
        cell = [*some["cell"], *first["cell_whole"]]
        sign = [1] * len(some) + [-1] * len(first)
        value = [*some["value"], *first["value_whole"]]
        groups = pd.Series([*names, *names[~names.duplicated()]])
        if len(some):  # of children counted in several months, how many that is nobody tells
            sums.left_over(groups, cell, sign, value, taken_for_nothing=not over)


def areas_of_the_whole(counts: pd.DataFrame, sums: Sums) -> None:
    """The whole is the sum of its areas, and of those without an area; a region of those that it holds."""
    key = ["measure", "holder", "grain_shown", "n_shown", "part"]
    total = counts.assign(holder=counts["area"])
    both = counts.merge(total[[*key, "cell", "value"]], on=key, suffixes=("", "_whole"))
    if both.empty:
        return
    group = both.groupby(key, sort=False).ngroup()
    first = both[~group.duplicated()]
    excess = both["value"].groupby(group).sum() - first["value_whole"].set_axis(group[first.index])
    excess = excess.round(DECIMALS) > 0
    sign = np.where(group.map(excess), 1, -1)  # children who were counted in two areas
    start = np.where(group[first.index].map(excess), -1, 1)
    sums.left_over(
        pd.Series([*group, *group[first.index]]),
        [*both["cell"], *first["cell_whole"]],
        [*sign, *start],
        [*both["value"], *first["value_whole"]],
    )


def late_and_in_time(counts: pd.DataFrame, sums: Sums) -> None:
    """What was late and what was in time make up all."""
    shares = counts[are(counts["type"], "share") & counts["part"].isin([ON_TIME, LATE, ALL])]
    if len(shares):
        group = shares.groupby(["measure", "area", "grain", "n"], sort=False).ngroup()
        sums.add(group, shares["cell"], np.where(shares["part"] == ALL, -1, 1))


def related(counts: pd.DataFrame, relation: Relation, sums: Sums) -> None:
    """Lay a relation of measures on every area and period for which all of its figures are there."""
    terms: Any = None
    for i, (measure, part, back, _) in enumerate(relation.terms):
        one = counts.loc[
            (counts["measure"] == measure) & (counts["part"] == part),
            ["area", "grain_shown", "n_shown", "cell", "value"],
        ]
        one = one.assign(n_shown=one["n_shown"] + back).set_axis(
            ["area", "grain", "n", f"cell{i}", f"value{i}"], axis=1
        )
        terms = one if terms is None else terms.merge(one, on=["area", "grain", "n"])
    if terms.empty:
        return
    width = range(len(relation.terms))
    signs: list = [sign for *_, sign in relation.terms]
    sums.left_over(
        np.tile(np.arange(len(terms)), len(signs)),
        np.concatenate([terms[f"cell{i}"] for i in width]),
        np.repeat(signs, len(terms)),
        np.concatenate([terms[f"value{i}"] for i in width]),
        taken_for_nothing=not relation.open_ended,
    )


def parts_of_totals(counts: pd.DataFrame, sums: Sums) -> None:
    """The parts of a figure by source, area or age add up to it; a part that is an area is that area's figure."""
    parts = counts[counts["part"].str.contains(PART_OF, regex=False)]
    if parts.empty:
        return
    here = counts.loc[counts["part"] == COUNT, ["measure", "area", "grain_shown", "n_shown", "cell", "value"]]
    here = here.rename(columns={"grain_shown": "grain", "n_shown": "n"})
    parts = parts.assign(
        role=parts["part"].str.split(PART_OF).str[0], named=parts["part"].str.split(PART_OF, n=1).str[1]
    )
    both = parts.merge(here, on=["measure", "area", "grain", "n"], suffixes=("", "_whole"))
    group = both.groupby(["measure", "area", "grain", "n", "role"], sort=False).ngroup()
    first = both[~group.duplicated()]
    if len(both):
        sums.left_over(
            pd.Series([*group, *group[first.index]]),
            [*both["cell"], *first["cell_whole"]],
            [-1] * len(both) + [1] * len(first),
            [*both["value"], *first["value_whole"]],
        )
    named = parts[parts["role"].isin(["area", "area by month"])].drop(columns="area").rename(columns={"named": "area"})
    same = named.merge(here, on=["measure", "area", "grain", "n", "value"], suffixes=("", "_whole"))
    if len(same):
        sums.add(
            np.tile(np.arange(len(same)), 2),
            np.concatenate([same["cell"], same["cell_whole"]]),
            np.repeat([1, -1], len(same)),
        )
