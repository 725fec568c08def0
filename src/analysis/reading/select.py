"""A grid -> the columns that the configuration names. All others end here: only a fingerprint of them goes on."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..config import Dataset
from ..errors import Refused, nearest
from ..shapes import AUDIT_COLUMNS, QUARANTINE_COLUMNS, csv_line
from . import across, open_data, years
from .across import fill_labels_down
from .delimited import LIKE_A_DATE
from .grid import Grid
from .headings import Wanted, columns_of, fold_heading

FOOTER_SEARCH = 10  # records at a table's end among which totals and notes are looked for
FOOTER = re.compile(
    r"\W*(((grand|sub|overall)[ -]?)?totals?|count|sum|rows?|records?|number of|end of|printed|generated|produced|"
    r"created|extracted|exported|report|run (on|at|by|date)|source|notes?|page|copyright|confidential|official|"
    r"\(?\d+ (rows?|records?)( affected)?\)?)\b.*",
    re.IGNORECASE | re.DOTALL,
)
FEW_VALUES = 12  # of a column of counts: as many can be read in a message
RETURNED = "code"  # heading that marks a quarantine file that was repaired and given back
UNSAFE = re.compile(r"'(?=[=+\-@\t\r])")  # how such a file keeps a spreadsheet from running its text


@dataclass(frozen=True)
class Part:
    """One file's share of a dataset."""

    rows: pd.DataFrame
    audit: pd.DataFrame
    quarantine: pd.DataFrame
    rows_in: int
    beside: pd.DataFrame  # of counts: the columns that no role names, in which a second figure for a period may differ


def select(grid: Grid, dataset: Dataset) -> Part:
    """Keep the named columns of the rows that fit the headings; quarantine the records that do not.

    Adds `line`, and `rest` (a fingerprint of the columns that are not named, 0 where there are none), so that rows
    that differ only there are told from rows that are the same.
    """
    _drop_blank(grid)
    if dataset.preset == "dfe-open-data":
        grid = open_data.period_rows(grid, dataset)
    elif Wanted(dataset).is_across(grid.header):
        grid = across.month_rows(grid, dataset)
    at = columns_of(grid, dataset)
    if dataset.kind == "counts":
        there = (grid.frame[at["value"]].str.strip() != "").to_numpy(dtype=bool)
        fill_labels_down(grid, [at[r] for r in ("period", *dataset.part_roles)], there)
        apart = years.columns_apart(grid)
        if apart and apart[0] == at["period"]:
            years.join_years(grid, *apart)
    grid.set_aside(_repeated_header(grid, at), "REPEATED_HEADER")
    _set_aside_footers(grid, dataset, at)
    for named, values in dataset.where.items():
        _choose(grid, dataset, named, values)
    returned = [h.strip() for h in grid.header[:4]] == ["file", "sheet", "line", RETURNED]
    rows = pd.DataFrame({role: grid.frame[i] for role, i in at.items()})
    if returned:
        rows = rows.apply(lambda c: c.str.replace(UNSAFE.pattern, "", regex=True) if c.str.startswith("'").any() else c)
    unnamed = [] if returned else [i for i in grid.frame if i not in set(at.values())]
    rest = pd.util.hash_pandas_object(grid.frame[unnamed], index=False).to_numpy() if unnamed else np.uint64(0)
    rows = rows.assign(line=grid.lines, rest=rest)
    names = {i: grid.header[i].strip() or f"column {i + 1}" for i in unnamed}
    beside = grid.frame[unnamed if dataset.kind == "counts" else []].rename(columns=names)
    if dataset.snapshot:
        rows["snapshot"] = _snapshot(grid, dataset)
    notes = [(grid.header_line, str(i + 1), "COLUMN_DROPPED", "", "") for i in range(len(grid.header)) if i in unnamed]
    notes += [
        (grid.header_line, dataset.columns[role], "COLUMN_RENAMED", grid.header[i], dataset.columns[role])
        for role, i in at.items()
        if grid.header[i] != dataset.columns[role]
    ]
    heading = {i: dataset.columns[role] for role, i in at.items()}
    notes += [(line, heading.get(c, c), *rest) for line, c, *rest in grid.notes if c == "" or c in heading]
    audit = pd.DataFrame([(grid.file, grid.sheet, *note) for note in notes], columns=AUDIT_COLUMNS)
    bad = [
        (grid.file, grid.sheet, line, code, csv_line(_named(fields, len(grid.header), at)))
        for line, code, fields in sorted(grid.bad)
    ]
    quarantine = pd.DataFrame(bad, columns=QUARANTINE_COLUMNS)
    return Part(rows, audit, quarantine, len(rows) + len(quarantine), beside.loc[:, ~beside.columns.duplicated()])


def _named(fields: list[str], width: int, at: dict[str, int]) -> list[str]:
    """Return the named fields of a record, leaving blank those of which it is not sure that they are named.

    With too many fields, those before the first unnamed column are in place, and those after the last one when
    counted from the end; with too few only the former.
    """
    unnamed = [i for i in range(width) if i not in at.values()]
    first, last = (min(unnamed), max(unnamed)) if unnamed else (width, -1)
    whole = len(fields) == width
    named = []
    for i in dict.fromkeys(at.values()):
        if whole or i < first:
            named.append(fields[i] if i < len(fields) else "")
        elif i > last and len(fields) > width:
            named.append(fields[i - width])
        else:
            named.append("")
    if not whole and not unnamed and len(fields) > width:  # nothing unnamed is in the file: keep what came
        named += fields[width:]
    return named


def _drop_blank(grid: Grid) -> None:
    blank = np.ones(len(grid.lines), dtype=bool)
    for i in grid.frame:
        part = grid.frame.loc[blank, i]
        blank[blank] = (part.str.strip() == "").to_numpy(dtype=bool)
        if not blank.any():
            return
    grid.notes += [(int(line), "", "BLANK_LINE", "", "") for line in grid.lines[blank]]
    grid.frame, grid.lines = grid.frame[~blank].reset_index(drop=True), grid.lines[~blank]
    if not len(grid.lines) and not grid.bad:
        raise Refused(f"{grid.place} has headings and no rows. Export it again.", code="NO_ROWS")


def _repeated_header(grid: Grid, at: dict[str, int]) -> np.ndarray:
    same = np.ones(len(grid.lines), dtype=bool)
    for i in at.values():
        same &= (grid.frame[i] == grid.header[i]).to_numpy(dtype=bool)
        if not same.any():
            break
    return same


def _set_aside_footers(grid: Grid, dataset: Dataset, at: dict[str, int]) -> None:
    """Recognise totals and notes at the end of the table."""
    dates = [at[r] for r in (*dataset.date_roles[:1], "period") if r in at] or list(at.values())[:1]
    ends = sorted([*grid.lines[-FOOTER_SEARCH:], *(line for line, _, _ in grid.bad)])[-FOOTER_SEARCH:]
    found = np.zeros(len(grid.lines), dtype=bool)
    for i in range(max(len(grid.lines) - FOOTER_SEARCH, 0), len(grid.lines)):
        if grid.lines[i] in ends:
            cells = [str(c) for c in grid.frame.iloc[i]]
            first = next((c for c in cells if c.strip()), "")
            found[i] = bool(FOOTER.fullmatch(first)) and not any(
                c.strip() and (dataset.kind == "counts" or LIKE_A_DATE.fullmatch(c)) and j != cells.index(first)
                for j, c in enumerate(cells)
                if j in dates
            )
    grid.bad = [
        (line, "FOOTER_ROW", fields)
        if code in ("FIELD_COUNT", "TRUNCATED_FILE")
        and line in ends
        and FOOTER.fullmatch(next((c for c in fields if c.strip()), ""))
        and not any(LIKE_A_DATE.fullmatch(c) and c.strip() for c in fields[1:])
        else (line, code, fields)
        for line, code, fields in grid.bad
    ]
    grid.set_aside(found, "FOOTER_ROW")


def _choose(grid: Grid, dataset: Dataset, heading: str, values: list[str]) -> None:
    """Set aside the rows that have none of the values that `where` names."""
    column = grid.frame[columns_of(grid, dataset, {"where": heading})["where"]]
    folded = column.map({text: fold_heading(text) for text in column.unique()})
    fits = folded.isin({fold_heading(v) for v in values}).to_numpy(dtype=bool)
    if not fits.any():
        raise Refused(
            f"{grid.place}: no row has, in the column '{heading}', a value that `where` of dataset '{dataset.name}' "
            f"names.{nearest(values[0], column.unique(), list_all=column.nunique() <= FEW_VALUES)} Correct `where`.",
            code="INVALID_PARAMETER",
        )
    grid.set_aside(~fits, "NOT_CHOSEN")


def _snapshot(grid: Grid, dataset: Dataset) -> Any:
    """Return the extract's date of each row: a column, or the {date} in the file's name."""
    if dataset.snapshot != "{date}":
        return grid.frame[columns_of(grid, dataset, {"snapshot": str(dataset.snapshot)})["snapshot"]]
    pattern = (
        re.escape(Path(str(dataset.path)).name)
        .replace(re.escape("{date}"), r"(\d{4}-\d{2}-\d{2})")
        .replace(re.escape("*"), ".*")
    )
    if not (found := re.fullmatch(pattern, grid.file)):
        raise Refused(
            f"{grid.file}: no date like 2021-04-12 stands where `path` has {{date}}.", code="INVALID_PARAMETER"
        )
    return found.group(1)
