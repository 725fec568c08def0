"""xlsx and xlsm -> a grid: the one visible sheet that has the columns, with what Excel hides brought to light."""

import gc
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from ..config import NUMBER_ROLES, Dataset
from ..config.presets import list_named
from ..errors import Refused
from .across import periods_across
from .archive import corrupt, open_archive, parse_part, unpack
from .grid import MAX_FIELD, Grid, as_text, column_texts, text_frame
from .headings import HEADER_SEARCH, Wanted, find_header, fold_heading
from .years import with_years_above

EPOCH_1904 = 1462  # days between Excel's two date systems, ECMA-376 part 1, 18.17.4.1
SHEET_LIKENESS = 0.5  # of the wanted headings: a sheet that has as many is meant, and lacks a column
NO_VALUE = "FORMULA_NO_VALUE"
ROWS_AT_ONCE = 20_000  # cells of so many rows are a few megabytes: more rows save no time
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")(?=[^>]*\br="([A-Z]+)(\d+)")[^>]*>(.*?)</(?:\w+:)?c>', re.DOTALL
)
EMPTY_FORMULA = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\br="([A-Z]+)(\d+)")[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</")
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
NUMBER_OF_DAYS = re.compile(r"\d{3,5}(\.\d+)?")


class Book:
    """An opened workbook; nothing of it has been believed yet."""

    def __init__(self, name: str, data: bytes):
        self.name = name
        self.archive = open_archive(name, data)
        try:
            self.book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        except (CalamineError, zipfile.BadZipFile, ValueError, OSError):
            raise corrupt(name) from None
        meta = self.book.sheets_metadata
        self.visible = [s.name for s in meta if s.visible == SheetVisibleEnum.Visible]
        self.hidden = [s.name for s in meta if s.visible != SheetVisibleEnum.Visible]
        self.notes = []
        if any(part.lower().endswith("vbaproject.bin") for part in self.archive.namelist()):
            self.notes.append((0, "", "MACRO_IGNORED", "", ""))

    @cached_property
    def _workbook(self) -> Any:
        return parse_part(self.name, self.archive, "xl/workbook.xml")

    @property
    def epoch_1904(self) -> bool:
        """Whether the workbook counts days from 1904."""
        root = self._workbook
        found = [e.get("date1904") for e in root.iter() if e.tag.endswith("workbookPr")] if root is not None else []
        return any(v in ("1", "true", "on") for v in found)

    def part_of(self, sheet: str) -> str | None:
        """Return the name of the part that holds a sheet."""
        relations = parse_part(self.name, self.archive, "xl/_rels/workbook.xml.rels")
        if self._workbook is None or relations is None:
            return None
        target = {e.get("Id"): e.get("Target", "") for e in relations}
        ids = [e.get(RELATION) for e in self._workbook.iter() if e.tag.endswith("}sheet") and e.get("name") == sheet]
        path = target.get(ids[0], "") if ids else ""
        part = path.lstrip("/") if path.startswith("/") else f"xl/{path}"
        return part if part in self.archive.namelist() else None

    def sheet(self, name: str) -> "Sheet":
        """Return a sheet, parsed once."""
        try:
            return Sheet(self.book.get_sheet_by_name(name))
        except (CalamineError, zipfile.BadZipFile, ValueError, OSError):
            raise corrupt(self.name) from None


class Sheet:
    """A sheet's cells, which are brought to Python a few rows at a time: together they take more room than their text."""

    def __init__(self, cells: Any):
        self._cells = cells
        self.top = [[as_text(c) for c in row] for row in islice(self.rows(), HEADER_SEARCH)]

    def rows(self) -> Iterator[list]:
        """Give the rows from A1 on, as calamine types them."""
        left = [""] * (self._cells.start or (0, 0))[1]
        return (left + row for row in self._cells.iter_rows()) if left else self._cells.iter_rows()

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds anything."""
        return not any(c != "" for row in self.rows() for c in row)

    def body(self, line: int) -> tuple[list[pa.ChunkedArray], int]:
        """Return the text of each column below a line, and how many rows there are up to the last that holds anything."""
        rows, parts, count, filled = islice(self.rows(), line, None), [], 0, 0
        while some := list(islice(rows, ROWS_AT_ONCE)):
            parts.append([pa.array(column_texts(column), pa.large_string()) for column in zip(*some, strict=True)])
            last = next((i for i in range(len(some), 0, -1) if any(c != "" for c in some[i - 1])), 0)
            filled, count = count + last if last else filled, count + len(some)
        width = len(self.top[0]) if self.top else 0
        columns = [pa.chunked_array([p[i] for p in parts], pa.large_string()) for i in range(width)]
        return [column[:filled] for column in columns], filled  # formatted and empty: how sheets end


def read_workbook(name: str, data: bytes, dataset: Dataset) -> Grid:
    """Read the sheet that a dataset names, or the one that has its columns.

    Raises
    ------
    Refused
        ``SHEET_NOT_FOUND``, ``AMBIGUOUS_SHEET``, ``EMPTY_FILE``, and what `archive` refuses.
    """
    book, wanted = Book(name, data), Wanted(dataset)
    with _no_collecting():
        return sheet_grid(book, *_choose(book, dataset, wanted), wanted)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Keep Python from looking for garbage among millions of cells without cycles: it takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _choose(book: Book, dataset: Dataset, wanted: Wanted) -> tuple[str, Sheet]:
    listed = ", ".join(book.visible) or "none"
    if dataset.preset == "annex-a" and (name := _list_of_annex_a(book, dataset, wanted)):
        return name, book.sheet(name)
    if dataset.sheet:
        names = [n for n in book.visible if fold_heading(n) == fold_heading(dataset.sheet)] or [
            n for n in book.visible if re.match(rf"{re.escape(fold_heading(dataset.sheet))}\b(?!\d)", fold_heading(n))
        ]
        if len(names) == 1:
            return names[0], book.sheet(names[0])
        if names:
            raise Refused(
                f"{book.name}: several visible sheets are called '{dataset.sheet}' or begin so: {', '.join(names)}. "
                "Say which with `sheet`.",
                code="AMBIGUOUS_SHEET",
            )
        hidden = (
            " It has a hidden one; unhide it." if fold_heading(dataset.sheet) in map(fold_heading, book.hidden) else ""
        )
        raise Refused(
            f"{book.name} has no visible sheet '{dataset.sheet}'.{hidden} Visible: {listed}. Correct `sheet`.",
            code="SHEET_NOT_FOUND",
        )
    scored = []
    for name in book.visible:
        sheet = book.sheet(name)
        scored.append((max(map(wanted.score, sheet.top), default=0), name, sheet))
    best = max((s for s, *_ in scored), default=0)
    chosen = [(name, sheet) for s, name, sheet in scored if s == best]
    if len(chosen) > 1 and best == wanted.complete:
        raise Refused(
            f"{book.name}: several sheets have the columns that dataset '{dataset.name}' names: "
            f"{', '.join(name for name, _ in chosen)}. Say which with `sheet`.",
            code="AMBIGUOUS_SHEET",
        )
    empty = all(sheet.is_empty for *_, sheet in scored)
    if len(chosen) != 1 or (best < SHEET_LIKENESS * wanted.complete and not (empty or (len(scored) == 1 and best))):
        if empty:
            raise Refused(f"{book.name}: every visible sheet is empty. Export it again.", code="EMPTY_FILE")
        raise Refused(
            f"{book.name}: no visible sheet has the columns that dataset '{dataset.name}' names. Visible: {listed}.",
            code="SHEET_NOT_FOUND",
        )
    return chosen[0]


def _list_of_annex_a(book: Book, dataset: Dataset, wanted: Wanted) -> str | None:
    """Return the sheet whose name says the list and whose headings are those of it; None where none is called so.

    Other workbooks, such as that of the inspections of services for special educational needs, have other tables in sheets
    of the same names.
    """
    called = [n for n in book.visible if list_named(n) == dataset.table]
    fitting = []
    for name in called:
        top = book.sheet(name).top
        best = max(top, key=wanted.score, default=[])
        if wanted.matches("child", best) and wanted.matches(str(dataset.event_role), best):
            fitting.append(name)
    if called and not fitting:
        raise Refused(
            f"{book.name}, sheet '{called[0]}': its headings are not those of {dataset.sheet} of Annex A "
            f"('{dataset.columns['child']}' and '{dataset.columns[str(dataset.event_role)]}'). It may be another workbook with "
            "sheets of these names.",
            code="MISSING_COLUMN",
        )
    return fitting[0] if len(fitting) == 1 else None


def sheet_grid(book: Book, name: str, sheet: Sheet, wanted: Wanted) -> Grid:
    """Bring one sheet to text."""
    top = sheet.top
    place = find_header(top, wanted)
    if place is None:
        raise Refused(f"{book.name}: the sheet '{name}' is empty. Export it again.", code="EMPTY_FILE")
    header, line, notes = with_years_above(top[place], top[:place]), place + 1, list(book.notes)
    if any(max(map(wanted.score, hidden), default=0) == wanted.complete for hidden in _hidden_tops(book)):
        notes.append((0, "", "HIDDEN_SHEET_IGNORED", "", ""))
    notes += [
        (i + 1, "", "PREAMBLE_SKIPPED" if any(c.strip() for c in row) else "BLANK_LINE", "", "")
        for i, row in enumerate(top[:place])
    ]
    columns, count = sheet.body(line)
    grid = Grid(book.name, header, text_frame(columns), np.arange(line + 1, line + 1 + count), name, "", line, notes)
    _shift_1904(grid, book, wanted)
    _bring_to_light(grid, book, wanted)
    too_long = [i for i in grid.frame if grid.frame[i].str.len().max() > MAX_FIELD]
    if too_long:
        grid.set_aside((grid.frame[too_long].apply(lambda c: c.str.len()) > MAX_FIELD).any(axis=1), "FIELD_TOO_LONG")
    return grid


def _hidden_tops(book: Book) -> Iterator[list[list[str]]]:
    for sheet in book.hidden:
        yield book.sheet(sheet).top


def _shift_1904(grid: Grid, book: Book, wanted: Wanted) -> None:
    """Bring bare day numbers of a workbook that counts from 1904 to the usual count; real dates are right already."""
    if wanted.dataset is None or not book.epoch_1904:
        return
    for role in wanted.dataset.date_roles:
        for i in wanted.matches(role, grid.header)[:1]:
            bare = grid.frame[i].str.fullmatch(NUMBER_OF_DAYS.pattern)
            before = grid.frame.loc[bare, i]
            grid.frame.loc[bare, i] = (before.astype(float) + EPOCH_1904).map(as_text)
            grid.notes += [
                (line, i, "EXCEL_SERIAL", old, new)
                for line, old, new in zip(grid.lines[bare], before, grid.frame.loc[bare, i], strict=True)
            ]


def _bring_to_light(grid: Grid, book: Book, wanted: Wanted) -> None:
    """Write Excel's errors into their cells, and set aside rows of formulas that hold no value: both arrive empty."""
    part = book.part_of(grid.sheet)
    if part is None:
        return
    xml = unpack(book.name, book.archive, part)
    prefixed = re.search(rb"<\w+:sheetData", xml[:65_536])
    behind = xml[max(xml.rfind(b"sheetData>"), 0) :]  # where a sheet tells of what spans its cells
    for left, top, right, bottom in MERGED.findall(behind):
        _fill_merged(grid, left, top, right, bottom, wanted)
    if b't="e"' in xml:
        for column, row, inside in ERROR_CELL.findall(xml):
            value = VALUE.search(inside)
            if (at := _cell(grid, column, row)) is not None:
                grid.frame.loc[at] = value[1].decode("utf-8", "replace") if value else "#VALUE!"
    if b"<f" in xml or prefixed:
        empty = [at for column, row in EMPTY_FORMULA.findall(xml) if (at := _cell(grid, column, row)) is not None]
        _refuse_or_set_aside(grid, empty, wanted)


def _fill_merged(grid: Grid, left: bytes, top: bytes, right: bytes, bottom: bytes, wanted: Wanted) -> None:
    """Write what a merged cell says into every row that it spans; a figure of several rows is nobody's, and emptied."""
    if int(bottom) <= grid.header_line:
        return
    grid.notes.append((int(bottom), "", "MERGED_CELLS", "", ""))
    corner = _cell(grid, left, top)
    if corner is None:
        return
    first, place = corner
    text, rows = grid.frame.loc[corner], range(first, min(first + int(bottom) - int(top) + 1, len(grid.frame)))
    figures = set(periods_across(grid.header))
    if wanted.dataset is not None:
        figures |= {i for r in NUMBER_ROLES & set(wanted.dataset.columns) for i in wanted.matches(r, grid.header)[:1]}
    if place in figures:
        grid.frame.loc[corner], after, changed = "", "", [first]
    elif left == right:
        grid.frame.loc[rows, place], after, changed = text, text, list(rows)[1:]
    else:
        return
    grid.notes += [(int(grid.lines[row]), place, "MERGED_CELLS", text if after == "" else "", after) for row in changed]


def _cell(grid: Grid, column: bytes, row: bytes) -> tuple[int, int] | None:
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    place, line = number - 1, int(row) - grid.header_line - 1
    return (line, place) if 0 <= line < len(grid.frame) and place < grid.frame.shape[1] else None


def _refuse_or_set_aside(grid: Grid, cells: list[tuple[int, int]], wanted: Wanted) -> None:
    if wanted.dataset is None:
        return
    role_of = {i: role for role in wanted.dataset.columns for i in wanted.matches(role, grid.header)[:1]}
    cells = [c for c in cells if c[1] in role_of and grid.frame.loc[c] == ""]
    essential = wanted.dataset.essential_roles
    grid.notes += [(int(grid.lines[r]), c, NO_VALUE, "", "") for r, c in cells if role_of[c] not in essential]
    cells = [c for c in cells if role_of[c[1]] in essential]
    if not cells:
        return
    rows = sorted({row for row, _ in cells})
    if len(rows) > len(grid.frame) / 2:
        raise Refused(
            f"{grid.place}: the cells of column {cells[0][1] + 1} from line {grid.lines[rows[0]]} on are formulas "
            "without values. Open the workbook in Excel, let it calculate, and save it; or paste the values.",
            code=NO_VALUE,
        )
    grid.set_aside(grid.frame.index.isin(rows), NO_VALUE)
