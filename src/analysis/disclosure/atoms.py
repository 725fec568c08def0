"""Cases that are counted by the same counts are one atom: every count is a sum of atoms, and no relation needs a name.

Cases that count by one date are looked at by themselves: what a case has to do with another date ties nothing within a
month. A child that counts once in a period, with several rows in it, is one atom with all of them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, vstack

from ..periods import QUARTER_FREQ, quarter_of
from ..shapes import Counted
from .primary import SMALLEST

NOWHERE = -1  # a case without an area, and the place of a child with several
EVERY_AREA = -2  # the whole


@dataclass(frozen=True)
class Atoms:
    """Atoms and the cells that count them.

    Attributes
    ----------
    cells : numpy.ndarray
        The number of the page's cell of each row of `matrix`; below nothing: of no page.
    few : numpy.ndarray of bool
        Rows that no page shows and that stand for few: the overlap or the difference of two cells, cases without area.
    matrix : scipy.sparse.csr_array
        How often each cell (a row) counts each atom (a column).
    cases : numpy.ndarray
        How many there are of each atom; none where it is only possible.
    """

    cells: np.ndarray
    few: np.ndarray
    matrix: csr_array
    cases: np.ndarray


def atoms_of(counted: Counted, cells: pd.DataFrame, whole: str, largest: int) -> Atoms | None:
    """Return the atoms of the cases that count by one date.

    Parameters
    ----------
    counted : Counted
    cells : pandas.DataFrame
        Index: the cell's number; measure, area, grain, n, part.
    whole : str
    largest : int
    """
    code = {what: i for i, what in enumerate(counted.counts)}
    cells = cells[cells["measure"].isin({measure for measure, _ in code})]
    number = np.array([code.get(key, -1) for key in zip(cells["measure"], cells["part"], strict=True)], dtype=int)
    here = cells[number >= 0].assign(count=number[number >= 0])
    if here.empty:
        return None
    areas = pd.Index(counted.areas)
    here["place"] = np.where(here["area"] == whole, EVERY_AREA, areas.get_indexer(here["area"]))
    here = here[here["place"] != NOWHERE]
    quarter = here["grain"] == QUARTER_FREQ
    here["quarter"] = here["n"]
    for grain, rows in here[~quarter].groupby("grain"):
        months = pd.PeriodIndex.from_ordinals(rows["n"], freq=grain)
        here.loc[rows.index, "quarter"] = quarter_of(months).asi8
    units = _units(counted, here)
    if units.empty:
        return None
    return _matrix(_possible(units, here), here, counted, largest)


def _units(counted: Counted, here: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each count of each unit: a case in a month, or all cases of a child in a quarter.

    unit, pattern (what counts it, wherever and whenever it is), count, quarter; month and place of the unit, nothing of
    a child's; month_of and place_of the mark, from the quarter's beginning.
    """
    marks = counted.marks[counted.marks["count"].isin(here["count"])]
    grain = next((g for g in here["grain"].unique() if g != QUARTER_FREQ), "M")
    on = pd.DatetimeIndex(marks["on"])
    month, quarter = on.to_period(grain).asi8, on.to_period(QUARTER_FREQ).asi8
    place, record = marks["area"].to_numpy(), marks["record"].to_numpy()
    several = np.zeros(len(marks), bool)
    if counted.children:
        child = marks["child"].to_numpy()
        by = pd.Series(record).groupby([child, quarter])
        several = (by.transform("nunique") > 1).to_numpy() & (child >= 0)
        record = np.where(several, -1 - child, record)
    nowhere = np.full(len(marks), NOWHERE)
    units = pd.DataFrame({"quarter": quarter, "count": marks["count"].to_numpy(), "several": several})
    units["month"], units["place"] = np.where(several, nowhere, month), np.where(several, nowhere, place)
    units["month_of"], units["place_of"] = np.where(several, month - 3 * quarter, 0), np.where(several, place, 0)
    units["unit"] = pd.factorize(_mix(record, units["month"], quarter, units["place"]))[0]
    return units


def _mix(*numbers: Any) -> np.ndarray:
    """Return a number for each row of numbers, as good as different for different rows."""
    mixed = np.zeros(len(numbers[0]), np.uint64)
    for one in numbers:
        mixed = (mixed ^ np.asarray(one).astype(np.int64).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
    return mixed


def _sum_by(key: np.ndarray, value: np.ndarray, n: int) -> np.ndarray:
    total = np.zeros(n, np.uint64)
    np.add.at(total, key, value)
    return total


def _possible(units: pd.DataFrame, here: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each count of each atom: atom, cases, count, month, quarter, place.

    What was seen in any area and month is possible in all of them, since a reader knows no more.
    """
    counts_in = here.groupby("quarter")["count"].agg(lambda c: tuple(sorted(set(c))))
    tables, at = [], 0
    for counts, quarters in counts_in.groupby(counts_in).groups.items():
        items = units[units["count"].isin(counts)]
        key, _ = pd.factorize(items["unit"])
        hashed = _mix(items["count"], items["month_of"], items["place_of"], items["several"])
        first = items[["month", "quarter", "place", "several"]][~pd.Series(key).duplicated().to_numpy()]
        first = first.assign(pattern=_sum_by(key, hashed, len(first)))
        items = items.assign(pattern=first["pattern"].to_numpy()[key])
        one_of_each = items["unit"].isin(items.loc[~items["pattern"].duplicated(), "unit"])
        items = items.loc[one_of_each, ["pattern", "count", "several", "month_of", "place_of"]]
        inside = first["quarter"].isin(quarters)
        spot = ["month", "quarter", "place"]
        alone = ~first["several"]
        months = first.loc[alone & inside, ["month", "quarter"]].drop_duplicates()
        places = first.loc[alone, ["place"]].drop_duplicates()
        single = first.loc[alone, ["pattern"]].drop_duplicates().merge(months, how="cross").merge(places, how="cross")
        bundles = (
            first.loc[~alone, ["pattern"]].drop_duplicates().merge(pd.DataFrame({"quarter": quarters}), how="cross")
        )
        pool = pd.concat([single, bundles.assign(month=-1, place=-1)], ignore_index=True)
        cases = first[inside].groupby(["pattern", *spot]).size().rename("cases")
        pool = pool.merge(cases.reset_index(), on=["pattern", *spot], how="left").fillna({"cases": 0})
        pool["atom"] = np.arange(at, at + len(pool))
        at += len(pool)
        rows = pool.merge(items, on="pattern")
        rows["month"] = np.where(rows["several"], rows["month_of"] + 3 * rows["quarter"], rows["month"])
        rows["place"] = np.where(rows["several"], rows["place_of"], rows["place"])
        tables.append(rows[["atom", "cases", "count", *spot]])
    return pd.concat(tables, ignore_index=True)


def _matrix(atoms: pd.DataFrame, here: pd.DataFrame, counted: Counted, largest: int) -> Atoms:
    """Lay atoms beside the cells that count them."""
    by_month = (here["grain"] != QUARTER_FREQ).to_numpy()
    names = _mix(here["count"], here["place"], by_month, here["n"])
    order = np.argsort(names)
    versions = np.unique(names, return_counts=True)[1].max()  # a figure and what it was before it was revised
    pieces = []
    for monthly in (True, False):
        for whole in (True, False):
            place = np.full(len(atoms), EVERY_AREA) if whole else atoms["place"]
            when = atoms["month"] if monthly else atoms["quarter"]
            name = _mix(atoms["count"], place, np.full(len(atoms), monthly), when)
            near = np.minimum(np.searchsorted(names[order], name), len(names) - 1)
            for cell in range(versions):
                row = order[np.minimum(near + cell, len(names) - 1)]
                there = (names[row] == name) & (near + cell < len(names))
                pieces.append((row[there], atoms["atom"].to_numpy()[there]))
    row, atom = (np.concatenate(x) for x in zip(*pieces, strict=True))
    cases = atoms.drop_duplicates("atom").set_index("atom")["cases"].to_numpy(float)
    matrix = csr_array(coo_array((np.ones(len(row)), (row, atom)), shape=(len(here), len(cases))))
    once = np.repeat(here["count"].isin(counted.children).to_numpy(), np.diff(matrix.indptr))
    matrix.data = np.where(once, np.minimum(matrix.data, 1), matrix.data)
    return _few_between(*_alike(matrix, cases), here, largest, counted.children)


def _alike(matrix: csr_array, cases: np.ndarray) -> tuple[csr_array, np.ndarray]:
    """Join atoms that the same cells count; leave out those that no cell counts."""
    by_column = matrix.tocsc()
    at = np.repeat(np.arange(matrix.shape[1]), np.diff(by_column.indptr))
    key = _sum_by(at, _mix(by_column.indices, by_column.data), matrix.shape[1])
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    some = np.diff(by_column.indptr)[first] > 0
    return csr_array(by_column[:, first[some]]), np.bincount(group, cases)[some]


def _few_between(
    matrix: csr_array, cases: np.ndarray, here: pd.DataFrame, largest: int, of_children: Collection[int]
) -> Atoms:
    """Add what stands for few: overlaps and differences of two cells of one period, and children who count twice.

    Two cells of one area, or of one count: who is counted in the whole and not in an area.
    """
    period = _mix(here["grain"] == QUARTER_FREQ, here["n"])
    place, count = here["place"].to_numpy(), here["count"].to_numpy()
    size = matrix @ cases
    times = range(1, int(matrix.data.max(initial=1)) + 1)
    levels: list[csr_array] = [csr_array(matrix >= n).astype(float) for n in times]  # the lesser of two, one by one
    both = coo_array(sum(csr_array(level.multiply(cases[None, :]) @ level.T) for level in levels))
    (a, b), n = both.coords, both.data
    same = (a != b) & (period[a] == period[b]) & ((place[a] == place[b]) | (count[a] == count[b]))
    a, b, n = a[same], b[same], n[same]
    few = _between(n, largest) & (a < b) & (n < size[a]) & (n < size[b])
    rest = size[a] - n
    but = _between(rest, largest)
    left = matrix[a[but]] - matrix[b[but]]
    once = here.assign(row=np.arange(len(here)))[here["count"].isin(of_children)]
    twice = _counted_twice(matrix, once)
    twice = twice[np.flatnonzero(_between(twice @ cases, largest))]
    pieces = [matrix, matrix[a[few]].minimum(matrix[b[few]]), left.maximum(csr_array(left.shape)), twice]
    stacked = csr_array(vstack(pieces, format="csr"))
    stacked.eliminate_zeros()
    hashed = _sum_by(
        np.repeat(np.arange(stacked.shape[0]), np.diff(stacked.indptr)),
        _mix(stacked.indices, stacked.data),
        stacked.shape[0],
    )
    first = np.zeros(stacked.shape[0], bool)
    first[np.unique(hashed, return_index=True)[1]] = True
    first[: len(here)] = True
    stacked = stacked[np.flatnonzero(first)]
    between = stacked.shape[0] - len(here)
    return Atoms(
        np.concatenate([here.index.to_numpy(), np.full(between, -1)]),
        np.concatenate([np.zeros(len(here), bool), np.ones(between, bool)]),
        stacked,
        cases,
    )


def _between(n: np.ndarray, largest: int) -> np.ndarray:
    return (n >= SMALLEST) & (n <= largest)


def _counted_twice(matrix: csr_array, here: pd.DataFrame) -> csr_array:
    """Return how often a child that counts once in a quarter, or in the whole, counts more than once in months, or areas.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array
    here : pandas.DataFrame
        The cells that count children, with `row`, that of the matrix.
    """
    here = here.drop_duplicates(["count", "place", "grain", "n"])
    quarter, whole = here["grain"] == QUARTER_FREQ, here["place"] == EVERY_AREA
    found = [csr_array((0, matrix.shape[1]))]
    for key, all_ in ((["count", "place", "quarter"], quarter), (["count", "grain", "n"], whole)):
        both = here[~all_].merge(here.loc[all_, [*key, "row"]], on=key, suffixes=("", "_all"))
        group, first = pd.factorize(both["row_all"])
        shape = (len(first), matrix.shape[0])
        members = csr_array(coo_array((np.ones(len(both)), (group, both["row"])), shape=shape)) @ matrix
        times = csr_array(members - matrix[first.to_numpy()])
        found.append(times[np.flatnonzero(times.min(axis=1).toarray().ravel() >= 0)])  # else a month is not there
    return csr_array(vstack(found, format="csr"))
