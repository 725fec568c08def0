"""CSV and its kin -> a grid: delimiter, preamble, quoting, and the physical line of every record.

A file whose quoting is simple is parsed by pyarrow (`simple`); any other by Python's strict `csv` (`strict`).
"""

import csv
import io
import re
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from ..errors import Refused
from .encoding import BROKEN, decode
from .grid import MAX_ROWS, Grid
from .headings import HEADER_SEARCH, Wanted, find_header
from .simple import count_bytes, read_simple
from .strict import read_strictly
from .years import with_years_above

DELIMITERS = {",": None, ";": "DELIMITER_SEMICOLON", "\t": "DELIMITER_TAB", "|": "DELIMITER_PIPE"}
HEAD = 262_144  # bytes in which the headings must stand
EXCEL_ROWS = (65_536, 1_048_576)  # rows of a sheet in the old and the new format: what an export is cut at
NOT_TABLES = re.compile(rb"\s*(<|\{\\rtf|%PDF|\{|\[\s*[\[{\"])", re.IGNORECASE)


def read_delimited(name: str, data: bytes, wanted: Wanted) -> Grid:
    """Read delimited text.

    Raises
    ------
    Refused
        ``EMPTY_FILE``, ``NOT_TABULAR``, ``ENCODING_UNKNOWN``, ``ENCODING_MIXED`` (in the headings),
        ``UNBALANCED_QUOTE``.
    """
    data, codes = decode(name, data)
    start = data[:HEAD].strip(b" \t\r\n\x0b\x0c\x00\x1a")
    if not start.decode("utf-8", "ignore").strip("\ufeff\u200b\u00a0 \t\r\n") and not data[HEAD:].strip():
        raise Refused(f"{name} is empty. Export it again.", code="EMPTY_FILE")
    if NOT_TABLES.match(data):
        raise Refused(
            f"{name} is no table: it looks like a web page or a document. Was a log-in page saved in its place?",
            code="NOT_TABULAR",
        )
    if len(data) > MAX_ROWS and count_bytes(data, lambda piece: piece == ord("\n")) > MAX_ROWS:
        raise Refused(f"{name} has more lines than any extract. Export it in parts.", code="DECOMPRESSION_LIMIT")
    notes = [(0, "", code, "", "") for code in codes]
    if data[-4:].rstrip(b"\r\n").endswith(b"\x1a"):  # how DOS ended a file
        data = data.rstrip(b"\r\n").rstrip(b"\x1a")
        notes.append((data.count(b"\n") + 1, "", "CONTROL_CHARACTER", "", ""))
    delimiter, header, above, line = _headings(name, data, wanted)
    if BROKEN.search("".join(header)):
        raise Refused(
            f'{name}: the headings on line {line} are not all UTF-8. Save the file as "CSV UTF-8".',
            code="ENCODING_MIXED",
        )
    header = [h.lstrip("\ufeff") for h in header]
    if code := DELIMITERS[delimiter]:
        notes.append((0, "", code, "", ""))
    notes += [(number, "", "PREAMBLE_SKIPPED" if filled else "BLANK_LINE", "", "") for number, filled in above]
    grid = Grid(name, header, pd.DataFrame(), np.array([]), header_line=line, notes=notes)
    if not read_simple(grid, data, delimiter):
        read_strictly(grid, data.decode("utf-8"), delimiter, wanted)
    if line + len(grid.lines) in EXCEL_ROWS:
        grid.notes.append((line + len(grid.lines), "", "TRUNCATED_FILE", "", ""))
    return grid


def _headings(name: str, data: bytes, wanted: Wanted) -> Any:
    """Return delimiter, headings, the (line, filled) above them, and their own last line."""
    head = data[:HEAD].decode("utf-8", "ignore")
    best = None
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
        rows, ends = [], []
        try:
            for row in islice(reader, HEADER_SEARCH):
                rows.append(row)
                ends.append(reader.line_num)
        except csv.Error:
            pass  # a field of more than the limit: what stands above it is enough
        place = find_header(rows, wanted)
        if place is None:
            continue
        rank = (wanted.score(rows[place]), sum(len(r) == len(rows[place]) > 1 for r in rows), len(rows[place]))
        if best is None or rank > best[0]:
            above = [(end, any(c.strip() for c in row)) for row, end in zip(rows[:place], ends[:place], strict=True)]
            best = rank, (delimiter, with_years_above(rows[place], rows[:place]), above, ends[place])
    if best is None:
        raise Refused(f"{name} has no headings: nothing stands in it. Export it again.", code="EMPTY_FILE")
    return best[1]
