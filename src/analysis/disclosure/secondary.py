"""Chooses what is hidden next, for the sake of a count that could be worked out.

The choice follows from a figure's place and never from its size: a reader who knows the rules learns nothing from it.
"""

from collections import Counter
from typing import Any

import pandas as pd

from ..kinds import are
from ..periods import QUARTER_FREQ
from ..schema import QUARTERS
from .constraints import Web

FAR = 1 << 20  # periods: what lies before comes after all that lies on


def places(tied: Web, whole: str) -> pd.DataFrame:
    """Return for each cell that can be hidden how gladly it is: rank, then its place among areas and periods."""
    rows = tied.rows.assign(value=tied.cells.loc[tied.rows["cell"], "value"].to_numpy())
    rows["rank"] = (
        7 * (rows["value"] == 0)  # a zero is shown unless a stock would have to go
        + 8 * are(rows["type"], "at_end")
        + 4 * (rows["area"] == whole)
        + 2 * ((rows["table"] == QUARTERS) & (rows["grain"] == QUARTER_FREQ))
    )
    rows["order"] = rows["area"].rank(method="dense").astype(int)
    return rows.drop_duplicates("cell").set_index("cell")[["rank", "measure", "order", "n"]]


def next_to_hide(tied: Web, places: pd.DataFrame, shown: pd.Series, exposed: pd.Index) -> set:
    """Choose for each count that can be worked out which cell is hidden next: by its place."""
    place = dict(zip(places.index, places.itertuples(index=False, name=None), strict=True))
    free = set(shown.index[shown & ~tied.cells["told_before"]]) & set(place)
    hidden = set(shown.index[~shown])
    gaps = Counter(s for c in hidden for s in tied.sums_of.get(c, ()))
    single = {s for s, n in gaps.items() if n == 1}  # sums with one unknown
    areas = int(places["order"].max()) + 1
    taken: set = set()
    chosen: set = set()
    for cell in exposed:
        _, measure, order, n = place.get(cell, (0, "", 0, 0))
        near = _candidates(cell, tied, single, hidden, free, taken)
        if near:

            def gladly(c: Any, measure: Any = measure, order: Any = order, n: Any = n) -> Any:
                rank, its_measure, its_order, its_n = place[c]
                closes = len(single.intersection(tied.sums_of[c]))
                return rank, -closes, its_measure != measure, (its_order - order) % areas, (its_n - n) % FAR, c

            best = min(near, key=gladly)
            chosen.add(best)
            taken.update(tied.sums_of[best])
    return chosen


def _candidates(cell: int, tied: Web, single: set, hidden: set, free: set, taken: set) -> set:
    """Return the cells shown nearest to one that can be worked out: first those of sums with one unknown."""
    nearest: set = set()
    seen, edge = {cell}, {cell}
    while edge:
        sums = {s for c in edge for s in tied.sums_of.get(c, ())}
        if sums & taken:  # something near goes already
            return set()
        around = {c for s in sums for c in tied.members[s]}
        closing = {c for s in sums & single for c in tied.members[s]} & free
        if closing:
            return closing
        nearest = nearest or around & free
        edge = (around & hidden) - seen
        seen |= edge
    return nearest
