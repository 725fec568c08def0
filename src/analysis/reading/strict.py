"""Delimited text with quoting: record by record, and nothing is taken that a quotation mark may have swallowed."""

import csv
import io
import re

import numpy as np

from ..errors import Refused
from .encoding import BROKEN, unmark
from .grid import MAX_FIELD, Grid, text_frame
from .headings import Wanted

CONTROL_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # all but tab, line feed and carriage return
LIKE_A_DATE = re.compile(r"\s*(\d{1,4}[-/. ]\w{1,9}[-/. ]\d{1,4}.*)?\s*")


def read_strictly(grid: Grid, text: str, delimiter: str, wanted: Wanted) -> None:
    """Fill the grid by Python's strict `csv`, record by record."""
    csv.field_size_limit(2**31 - 1)  # the length is checked here, per record, and refused per record
    width, good, lines = len(grid.header), [], []
    stream = io.StringIO(text, newline="")
    for _ in range(grid.header_line):
        stream.readline()
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    dates = _date_places(grid, wanted)
    while True:
        line = grid.header_line + reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error:
            raise Refused(
                f"{grid.file}: in the record that begins on line {line} a quotation mark is opened and not closed, or "
                "closed too early. Mend that line and try again.",
                code="UNBALANCED_QUOTE",
            ) from None
        if not any(c.strip() for c in fields):
            grid.notes.append((line, "", "BLANK_LINE", "", ""))
            continue
        if grid.header_line + reader.line_num > line:
            if len(fields) != width:
                raise _swallowed(grid, line)
            _check_lines_within(grid, fields, line, delimiter, dates)
            grid.notes.append((line, "", "NEWLINE_IN_FIELD", "", ""))
        if any(BROKEN.search(c) for c in fields):
            grid.bad.append((line, "ENCODING_MIXED", [unmark(c) for c in fields]))
        elif any(CONTROL_TEXT.search(c) for c in fields):
            grid.bad.append((line, "CONTROL_CHARACTER", fields))
        elif max(map(len, fields)) > MAX_FIELD:
            grid.bad.append((line, "FIELD_TOO_LONG", fields))
        elif (whole := fields if len(fields) == width else grid.trimmed(line, fields)) is not None:
            good.append(whole)
            lines.append(line)
    grid.frame = text_frame(zip(*good, strict=True) if good else [[] for _ in range(width)])
    grid.lines = np.array(lines, dtype=np.int64)
    grid.mark_cut(ended=text.endswith(("\n", "\r")))


def _date_places(grid: Grid, wanted: Wanted) -> list[int]:
    if wanted.dataset is None:
        return []
    return [i for role in wanted.dataset.date_roles for i in wanted.matches(role, grid.header)[:1]]


def _check_lines_within(grid: Grid, fields: list[str], line: int, delimiter: str, dates: list[int]) -> None:
    """Refuse a field that has swallowed records: a line inside it reads like a row of this table."""
    for place, field in enumerate(fields):
        pieces = re.split(r"\r\n|\n|\r", field)[1:]
        for number, piece in enumerate(pieces, start=1):
            cells = next(csv.reader([piece], delimiter=delimiter), [])
            if number == len(pieces):  # the line that the field ends on goes on behind it
                cells += fields[place + 1 :]
            if len(cells) >= len(grid.header) and _dated(cells, dates):
                raise _swallowed(grid, line)


def _dated(cells: list[str], dates: list[int]) -> bool:
    """Say whether the places of the dates hold dates, or blanks beside at least one."""
    found = [cells[i].strip() for i in dates]
    return not dates or (any(found) and all(LIKE_A_DATE.fullmatch(c) for c in found))


def _swallowed(grid: Grid, line: int) -> Refused:
    return Refused(
        f"{grid.file}: a quotation mark opened in the record that begins on line {line} takes the records after it "
        "into one field. Mend that line and try again.",
        code="UNBALANCED_QUOTE",
    )
