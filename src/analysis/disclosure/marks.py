"""Why a figure is hidden, as far as a page may say: because it is small, or to protect another one.

Who is told which of the two it is can bound a small count more closely. So two marks stand only where any division of what
the hidden figures come to into small ones and others would leave enough values, which what is shown decides, so that the
choice tells nothing; and where the attacker who reads the marks works nothing out. Elsewhere one mark stands for both.
"""

import numpy as np
import pandas as pd

from ..kinds import are
from ..periods import QUARTER_FREQ, quarter_of
from ..schema import KEY, MARK_OR, MEASURED
from .attacker import FEWEST_VALUES, nothing_seen, tied_to, worked_out
from .constraints import Web
from .primary import SMALLEST, SUPPRESSED, largest_small, small
from .secondary import MAIN

OTHER = "protects another figure"


def few_mark(largest: int) -> str:
    """Return the mark of a figure that is hidden because it stands for few."""
    return f"{SMALLEST} to {largest}"


def cells_to_mark(tied: Web, cells_shown: pd.Series) -> set:
    """Return the hidden cells of which a page may say why they are hidden, as far as that follows from what it shows.

    Parameters
    ----------
    tied : Web
    cells_shown : pandas.Series of bool
        Which of its cells any page shows.
    """
    rows = tied.rows[tied.rows["part"].isin(MAIN) & tied.rows["table"].isin(MEASURED)]
    hidden = ~cells_shown[rows["cell"]].to_numpy()
    rows = rows.assign(hidden=hidden, value=tied.cells.loc[rows["cell"], "value"].to_numpy())
    cells = set(rows.loc[hidden, "cell"])
    return cells if tied.margin else cells - _close(rows, tied.largest) - _in_little(tied, cells_shown)


def safe_to_mark(tied: Web, cells_shown: pd.Series, cells: set, *, attacked: Web, seen: pd.DataFrame) -> set:
    """Return of the cells to mark those whose marks leave the attacker, who is told all of them, enough values.

    Parameters
    ----------
    tied : Web
        From which nothing can be worked out without marks; what is rounded was attacked with them.
    cells_shown : pandas.Series of bool
    cells : set
        From `cells_to_mark`.
    attacked : Web
        With the marks that an attack was made on when fewer cells were hidden.
    seen : pandas.DataFrame
        What it saw: this holds where no cell that hangs together with it lies between closer bounds since.
    """
    if tied.margin:
        return cells
    marked = tied.marked(cells)
    now, before = marked.cells, attacked.cells
    closer = now.index[(now["lowest"] > before["lowest"]) | (now["highest"] < before["highest"])]
    seen = seen.copy()
    seen.loc[tied_to(marked, cells_shown, closer)] = nothing_seen(tied)
    exposed = worked_out(marked, cells_shown, among=pd.Index(list(cells)), seen=seen).index
    return cells - set(tied_to(tied, cells_shown, exposed))


def _close(rows: pd.DataFrame, largest: int) -> set:
    """Return the hidden cells of quarters and wholes of which the rest comes to little: to what some division would tell."""
    flows = rows[~are(rows["type"], "at_end")].copy()
    of_quarter = flows["grain"] == QUARTER_FREQ
    for grain, months in flows[~of_quarter].groupby("grain"):
        flows.loc[months.index, "n"] = quarter_of(pd.PeriodIndex.from_ordinals(months["n"], freq=grain)).asi8
    once = rows.drop_duplicates("cell")
    in_time, in_place = ["measure", "part", "area", "n"], ["measure", "part", "grain", "n", "holder"]
    return _few_left(flows[~of_quarter], flows[of_quarter], in_time, largest) | _few_left(
        once, once.assign(holder=once["area"]), in_place, largest
    )


def _in_little(tied: Web, cells_shown: pd.Series) -> set:
    """Return the cells that share cases with a figure so little that knowing one for no small count would tell the rest."""
    least = tied.largest + FEWEST_VALUES
    little = tied.cells.index[cells_shown & tied.cells["value"].between(SMALLEST, least - 1)]
    inside = tied.sums[tied.sums["sum"].isin(tied.sums.loc[tied.sums["cell"].isin(little), "sum"])]
    atoms = inside.loc[~inside["cell"].isin(tied.rows["cell"]), "cell"]
    with_them = tied.sums[tied.sums["sum"].isin(tied.sums.loc[tied.sums["cell"].isin(atoms), "sum"])]
    return set(inside["cell"]) | set(with_them["cell"])


def _few_left(members: pd.DataFrame, totals: pd.DataFrame, key: list[str], largest: int) -> set:
    """Return what is hidden of sums that come to so little that all could be small, or one hardly anything.

    Of a total that is hidden with all that it is made of nobody says that it is small: the rest would be smaller still.
    """
    both = members.merge(totals[[*key, "cell", "value", "hidden"]], on=key, suffixes=("", "_total"))
    group = both.groupby(key)
    k = group["hidden"].transform("sum")
    rest = both["value_total"] - both["value"].where(~both["hidden"], 0).groupby([both[c] for c in key]).transform(
        "sum"
    )
    least = np.maximum(largest * k + 1, SMALLEST + FEWEST_VALUES - 1 + (largest + 1) * (k - 1))
    little = both["hidden"] & ~both["hidden_total"] & (rest < least)
    some_shown = (~both["hidden"] & (both["value"] > 0)).groupby([both[c] for c in key]).transform("any")
    return set(both.loc[little, "cell"]) | set(both.loc[both["hidden_total"] & ~some_shown, "cell_total"])


def why_hidden(table: pd.DataFrame, exact: pd.DataFrame, name: str, tied: Web, marked: set) -> pd.Series:
    """Return of each row of a protected table why it is hidden, and nothing where it is shown.

    Parameters
    ----------
    table, exact : pandas.DataFrame
        Protected, and as it was measured; a file that came in may hide some too, and nobody says why.
    name : str
    tied : Web
    marked : set
        The hidden cells of which the page may say it.
    """
    few = few_mark(tied.largest)
    mark = pd.Series(np.where(small(exact, tied.largest), few, OTHER), table.index)
    rows = tied.rows[tied.rows["part"].isin(MAIN) & (tied.rows["table"] == name)]
    mark[rows.loc[~rows["cell"].isin(marked), "row"]] = f"{few}{MARK_OR}{OTHER}"
    return mark.where((table["status"] == SUPPRESSED) & (exact["status"] != SUPPRESSED), "")


def to_judge_by(months: pd.DataFrame, quarters: pd.DataFrame, profile: str) -> dict[str, pd.DataFrame]:
    """Return what a page says of the counts that it hides, as `judge_table` takes it; nothing where it hides none.

    Parameters
    ----------
    months, quarters : pandas.DataFrame
        Protected.
    profile : {"council", "rounded", "internal"}

    Returns
    -------
    dict of pandas.DataFrame
        hidden: measure, area, period, and between which values the count lies. What is hidden of a stock to protect
        another figure is left out: it is like the months around it. totals: measure, area, period (a quarter), value
        and, of shares, denominator, where a month of the series is hidden.
    """
    largest = largest_small(profile)
    gone = months[months["mark"] != ""]
    shares, gone = gone[are(gone["type"], "share")], gone[are(gone["type"], "count")]
    few = gone["mark"] == few_mark(largest)
    between = gone[few | ((gone["mark"] == OTHER) & ~are(gone["type"], "at_end"))]
    few = few[between.index]
    hidden = between[KEY].assign(lower=np.where(few, SMALLEST, largest + 1.0), upper=np.where(few, largest, np.nan))
    add_up = pd.concat([gone[are(gone["type"], "events")], shares])[["measure", "area"]].drop_duplicates()
    told = quarters["value"].notna() & (quarters["denominator"].notna() | ~are(quarters["type"], "share"))
    totals = quarters.loc[told, [*KEY, "value", "denominator"]].merge(add_up, on=["measure", "area"])
    return {name: table for name, table in {"hidden": hidden, "totals": totals}.items() if len(table)}
