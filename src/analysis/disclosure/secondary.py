"""Chooses what is hidden next, for the sake of a count that could be worked out.

The choice follows from a figure's place and never from its size: a reader who knows the rules learns nothing from it.
"""

from typing import Any

import pandas as pd

from ..kinds import ALL, COUNT, LATE, ON_TIME, are
from ..periods import QUARTER_FREQ
from ..schema import QUARTERS
from .attacker import figures_used
from .constraints import Web

MAIN = (COUNT, ON_TIME, LATE, ALL)  # the parts of a row that are its figure
FAR = 1 << 20  # periods: what lies before comes after all that lies on


def places(tied: Web) -> pd.DataFrame:
    """Return for each cell that can be hidden how gladly it is: rank, then its place among areas and periods."""
    rows = tied.rows.assign(value=tied.cells.loc[tied.rows["cell"], "value"].to_numpy())
    detail = ~rows["part"].isin(MAIN)
    rows["rank"] = (
        7 * (rows["value"] == 0)  # a zero is shown unless a stock would have to go
        + 8 * are(rows["type"], "at_end")
        + 4 * rows["area"].isin(rows["holder"])  # the whole, or a region
        + 2 * ((rows["table"] == QUARTERS) & (rows["grain"] == QUARTER_FREQ))
        - 7 * detail  # what a figure is made of goes before the figure
    )
    rows["order"] = rows["area"].rank(method="dense").astype(int)
    return rows.drop_duplicates("cell").set_index("cell")[["rank", "measure", "order", "n"]]


def next_to_hide(tied: Web, places: pd.DataFrame, shown: pd.Series, exposed: pd.Index) -> set:
    """Choose for each count that can be worked out which of the figures used is hidden next: by its place."""
    place = dict(zip(places.index, places.itertuples(index=False, name=None), strict=True))
    free = set(shown.index[shown & ~tied.cells["told_before"]]) & set(place)
    areas = int(places["order"].max()) + 1
    chosen: set = set()
    for cell, used in figures_used(tied, shown, exposed).items():
        if used & chosen:  # something that it hangs on goes already
            continue
        _, measure, order, n = place.get(cell, (0, "", 0, 0))

        def gladly(c: Any, measure: Any = measure, order: Any = order, n: Any = n) -> Any:
            rank, its_measure, its_order, its_n = place[c]
            return its_measure != measure, rank, (its_order - order) % areas, (its_n - n) % FAR, c

        if near := used & free:
            chosen.add(min(near, key=gladly))
    return chosen
