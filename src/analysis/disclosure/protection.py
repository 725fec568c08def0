"""Hides until the attacker works nothing out, or refuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..config import Catalogue
from ..errors import NotReleasable
from ..kinds import require_kinds
from ..periods import numbered
from ..schema import MEASURED, MONTHS, PARTS, QUARTERS, RELEASED, Reach, column_named, declared, empty, names, require
from ..shapes import Counted
from .attacker import nothing_seen, worked_out
from .cells import counts_of
from .constraints import Web, web
from .marks import cells_to_mark, safe_to_mark, why_hidden
from .primary import (
    ROUND_TO,
    SUPPRESSED,
    hide_rows,
    largest_small,
    mostly_hidden,
    parts_to_show,
    protect_series,
    require_profile,
    rounded,
    show_parts,
    small_parts,
    without_exact,
)
from .relations import relations
from .releases import as_released, steady
from .secondary import MAIN, next_to_hide, places

MOST_ROUNDS = 60  # of hiding one thing more in each place that gives something away


@dataclass(frozen=True)
class Protected:
    """What may be published.

    Attributes
    ----------
    months, quarters, parts : pandas.DataFrame
        The same rows as were given; a hidden figure is missing, in months and quarters with status ``suppressed``.
    released : pandas.DataFrame
        What this page says and hides, for the pages after it. Not for publication.
    """

    months: pd.DataFrame
    quarters: pd.DataFrame
    parts: pd.DataFrame
    released: pd.DataFrame


def protect(
    months: pd.DataFrame,
    quarters: pd.DataFrame,
    *,
    profile: str,
    parts: pd.DataFrame | None = None,
    project: Catalogue | None = None,
    cases: Sequence[Counted] = (),
    holders: Mapping[str, str] | None = None,
    earlier: Any = (),
) -> Protected:
    """Hide small counts, and whatever they could be worked out from.

    Parameters
    ----------
    months, quarters : pandas.DataFrame
        Measured tables of the same measures and areas, by month or week and by quarter. What `schema` does not declare
        of them is left out.
    profile : {"council", "rounded", "internal"}
    parts : pandas.DataFrame, optional
        Parts of figures: measure, area, role, part, period, value, children (missing where nobody knows).
    project : Catalogue, optional
        Tells how measures hang together and which area is the whole; without it, each series stands alone.
    cases : sequence of Counted
        Which counts count each case (`counted_cases`); without them the figures of a measure are tied by definition alone.
    holders : dict of str to str, optional
        Of areas that are parts of another one than the whole, such as a region: which.
    earlier : sequence of pandas.DataFrame
        `Protected.released` of the pages published before: earlier quarters, other issues of this one, and later quarters
        that were published first; the newest last.

    Returns
    -------
    Protected

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` for an unknown profile; ``MISSING_COLUMN`` for a table that was not measured.
    NotReleasable
        When a small count can be worked out whatever is hidden.
    """
    require_profile(profile)
    parts = empty(PARTS) if parts is None else parts
    for table, name in ((months, MONTHS), (quarters, QUARTERS), (parts, PARTS)):
        require(table, names(name, step="measure" if name in MEASURED else "parts_of_figures"), of=f"protect: {name}")
    for table in (months, quarters):
        require_kinds(table["type"])
    months, quarters, parts = declared(months, MONTHS), declared(quarters, QUARTERS), declared(parts, PARTS)
    if profile == "internal":
        months, quarters = months.assign(mark=""), quarters.assign(mark="")
        return Protected(months, quarters, declared(parts, PARTS, reach=Reach.SLICES), empty(RELEASED))
    parts = parts.reset_index(drop=True)
    largest, whole = largest_small(profile), project.project.name if project else ""
    parts["small"] = small_parts(parts, largest)
    months, quarters = (steady(t, earlier, largest=largest) for t in (months, quarters))
    if profile == "rounded":
        months, quarters = without_exact(months), without_exact(quarters)
    tied = web(
        counts_of(months, quarters, largest),
        relations=relations(project) if project else [],
        cases=cases,
        whole=whole,
        holders=holders,
        parts=_as_counts(parts, largest),
        earlier=_earlier_counts(earlier),
        largest=largest,
        margin=ROUND_TO // 2 if profile == "rounded" else 0,
    )
    if tied.margin:  # all that is hidden but a few figures is small, and the page says which
        tied = tied.marked(tied.rows["cell"])
    open_months, open_quarters = protect_series(months, quarters, profile=profile)
    kept = ~parts["small"] if profile == "rounded" else parts_to_show(parts)
    shown = _shown(tied, {MONTHS: open_months, QUARTERS: open_quarters}, kept)
    place = places(tied)
    cells_shown = _cells_shown(tied, shown)
    attacked = tied if tied.margin else tied.marked(cells_to_mark(tied, cells_shown))
    seen = nothing_seen(tied)
    exposed = worked_out(attacked, cells_shown, seen=seen).index
    seen_with_marks = seen.copy()
    if not tied.margin:  # what is open to one who is told the marks is open to one who is not
        exposed = worked_out(tied, cells_shown, seen=seen).index
    for _ in range(MOST_ROUNDS):
        if exposed.empty:
            break
        more = next_to_hide(tied, place, cells_shown, exposed)
        if not more:
            raise _refusal(tied, exposed)
        shown &= ~_in_one_row_with(tied, more)
        cells_shown = _cells_shown(tied, shown)
        exposed = worked_out(tied, cells_shown, seen=seen).index
    else:
        raise _refusal(tied, exposed)
    open_months = _hide(open_months, tied.rows[~shown], MONTHS, largest)
    open_quarters = _hide(open_quarters, tied.rows[~shown], QUARTERS, largest)
    kept &= ~kept.index.isin(tied.rows.loc[~shown & (tied.rows["table"] == PARTS), "row"])
    gone = mostly_hidden(open_months, open_months["status"] == SUPPRESSED)
    open_months = hide_rows(open_months, gone, largest)
    shown &= _shown(tied, {MONTHS: open_months}, kept)
    cells_shown = _cells_shown(tied, shown)
    marked = cells_to_mark(tied, cells_shown)
    marked = safe_to_mark(tied, cells_shown, marked, attacked=attacked, seen=seen_with_marks)
    open_months["mark"] = why_hidden(open_months, months, MONTHS, tied, marked)
    open_quarters["mark"] = why_hidden(open_quarters, quarters, QUARTERS, tied, marked)
    if profile == "rounded":
        open_months, open_quarters = rounded(open_months), rounded(open_quarters)
    told = {"told": shown.loc[tied.counts.index], "marked": tied.rows["cell"].isin(marked)[tied.counts.index]}
    released = as_released(tied.counts.assign(**told))
    return Protected(open_months, open_quarters, show_parts(parts, kept, profile=profile), released)


def _shown(tied: Web, tables: dict[str, pd.DataFrame], kept: pd.Series) -> pd.Series:
    """Say of every row of a web whether its table still shows it."""
    shown = pd.Series(True, index=tied.rows.index)
    for name, row in tied.rows.groupby("table")["row"]:
        if name == PARTS:
            shown[row.index] = kept.loc[row].to_numpy()
        elif name in tables:
            shown[row.index] = (tables[name].loc[row, "status"] != SUPPRESSED).to_numpy()
            for part in set(tied.rows.loc[row.index, "part"]) & set(tables[name]):
                rows = row.index[(tied.rows.loc[row.index, "part"] == part).to_numpy()]
                shown[rows] &= tables[name].loc[row[rows], part].notna().to_numpy()
    return shown


def _cells_shown(tied: Web, shown: pd.Series) -> pd.Series:
    """Say of every cell whether any page tells it."""
    now = tied.cells.index.isin(tied.rows.loc[shown, "cell"])
    return tied.cells["told_before"] | now


def _in_one_row_with(tied: Web, cells: set) -> pd.Series:
    """Say which rows of a web go when some cells do: a share goes with its parts, and a detail with what derives from it."""
    rows = tied.rows
    going = rows[rows["cell"].isin(cells)]
    whole = pd.MultiIndex.from_frame(going.loc[going["part"].isin(MAIN) | (going["table"] == PARTS), ["table", "row"]])
    gone = pd.MultiIndex.from_frame(rows[["table", "row"]]).isin(whole)
    single = pd.MultiIndex.from_frame(going[["table", "row", "part"]])
    return pd.Series(gone | pd.MultiIndex.from_frame(rows[["table", "row", "part"]]).isin(single), index=rows.index)


def _hide(table: pd.DataFrame, hidden: pd.DataFrame, name: str, largest: int) -> pd.DataFrame:
    """Empty the rows and details that were chosen, and what derives from them."""
    hidden = hidden[hidden["table"] == name]
    more = table.index.isin(hidden.loc[hidden["part"].isin(MAIN), "row"]) & (table["status"] != SUPPRESSED)
    table = hide_rows(table, more, largest) if more.any() else table
    details = hidden[~hidden["part"].isin(MAIN)]
    if len(details):
        table = table.copy()
        derived = {c: column_named(c, *MEASURED).of for c in names(*MEASURED, among=table, emptied=True)}
        for part, rows in details.groupby("part")["row"]:
            table.loc[rows, [part, *(c for c, of in derived.items() if part in of)]] = np.nan
    return table


def _refusal(tied: Web, exposed: pd.Index) -> NotReleasable:
    named = sorted(set(tied.rows.loc[tied.rows["cell"].isin(exposed), "measure"])) or ["several measures together"]
    return NotReleasable(
        f"A small number could be worked out whatever is hidden ({', '.join(named)}), from this page and those before it. "
        "Leave the measure out, show fewer areas or breakdowns, or use quarters in place of months."
    )


def _as_counts(parts: pd.DataFrame, largest: int) -> pd.DataFrame:
    """Return the parts of figures as counts."""
    table = parts[["measure", "area", "role", "part", "value"]].join(numbered(parts["period"])[["grain", "n"]])
    return table.assign(row=parts.index, few=parts["small"] & table["value"].between(1, largest))


def _earlier_counts(earlier: Any) -> pd.DataFrame | None:
    """Return what the pages before said and hid, numbered by release."""
    pages = [declared(e, RELEASED).assign(release=i) for i, e in enumerate(earlier) if len(e)]
    if not pages:
        return None
    table = pd.concat(pages, ignore_index=True)
    return table.assign(marked=table["marked"].eq(True) if "marked" in table else False)  # release 1 had no marks
