"""CSV and its kin -> a grid: delimiter, preamble, quoting, and the physical line of every record.

A file whose quoting is simple is parsed by pyarrow (`read_simple`: every newline ends a record); any other by Python's
strict `csv`, record by record, and nothing is taken that a quotation mark may have swallowed (`read_strictly`).
"""

import csv
import io
import re
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ..errors import Refused
from .encoding import BROKEN, decode, unmark
from .grid import MAX_FIELD, MAX_ROWS, Grid, text_frame
from .headings import HEADER_SEARCH, Wanted, find_header
from .years import with_years_above

CONTROL_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # all but tab, line feed and carriage return
LIKE_A_DATE = re.compile(r"\s*(\d{1,4}[-/. ]\w{1,9}[-/. ]\d{1,4}.*)?\s*")
CHUNK = 1 << 19  # bytes looked through at a time, which stay in the processor's cache
MAX_BLOCK = (1 << 31) - 1  # bytes that arrow parses at a time
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


def read_simple(grid: Grid, data: bytes, delimiter: str) -> bool:
    """Fill the grid by pyarrow and return True, or return False where the file needs the strict reader."""
    width = len(grid.header)
    if width < 2 or any(note[2] == "ENCODING_MIXED" for note in grid.notes):
        return False
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    newlines = count_bytes(data, lambda piece: piece == ord("\n"))
    if not (_holds_no_control(data, newlines) and _quotes_are_simple(data, delimiter)):
        return False
    last_line = newlines + (not data.endswith(b"\n"))
    if last_line == grid.header_line:  # headings alone
        grid.frame, grid.lines = text_frame([[] for _ in range(width)]), np.array([], dtype=np.int64)
        return True
    odd, names = [], [str(i) for i in range(width)]

    def keep(row: Any) -> Any:
        odd.append((row.number, row.text))
        return "skip"

    try:
        table = pa.csv.read_csv(
            pa.BufferReader(data),
            pa.csv.ReadOptions(
                skip_rows=grid.header_line,
                column_names=names,
                use_threads=False,  # line numbers are known to one thread alone
                block_size=min(len(data) + 1, MAX_BLOCK),  # one block is one piece of text, and less memory
            ),
            pa.csv.ParseOptions(
                delimiter=delimiter,
                double_quote=False,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return False
    if table.num_rows + len(odd) != last_line - grid.header_line or _longest(table, odd) > MAX_FIELD:
        return False
    lines = np.arange(grid.header_line + 1, last_line + 1)
    table = table.combine_chunks()  # text in one piece is found again several times faster
    grid.frame = pd.DataFrame({i: pd.array(column, dtype="str") for i, column in enumerate(table.columns)})
    if odd:
        records = {number: next(csv.reader([text], delimiter=delimiter), []) for number, text in odd}
        whole = {n: kept for n, fields in records.items() if (kept := grid.trimmed(n, fields)) is not None}
        lines = np.setdiff1d(lines, list(records))
        if whole:
            more = text_frame(zip(*whole.values(), strict=True))
            lines = np.append(lines, list(whole))
            order = np.argsort(lines, kind="stable")
            grid.frame = pd.concat([grid.frame, more], ignore_index=True).iloc[order].reset_index(drop=True)
            lines = lines[order]
    grid.lines = lines
    grid.mark_cut(ended=data.endswith((b"\n", b"\r")))
    return True


def count_bytes(data: bytes, test: Callable) -> int:
    """Count the bytes that pass a test; piece by piece, several times as fast as `bytes.count` finds many."""
    whole = np.frombuffer(data, dtype=np.uint8)
    return sum(int(np.count_nonzero(test(whole[i : i + CHUNK]))) for i in range(0, len(whole), CHUNK))


def _holds_no_control(data: bytes, newlines: int) -> bool:
    """Say whether all bytes below the space are line ends and tabs."""
    others = sum(data.count(sign) for sign in (b"\r", b"\t") if sign in data)
    return count_bytes(data, lambda piece: piece < 32) == newlines + others and b"\x7f" not in data


def _longest(table: pa.Table, odd: list[tuple[int, str]]) -> int:
    """Return the bytes of the longest field, or of the longest record that was put aside."""
    fields = [pc.max(pc.binary_length(column)).as_py() or 0 for column in table.columns]
    return max([*fields, *(len(text) for _, text in odd)])


def _quotes_are_simple(data: bytes, delimiter: str) -> bool:
    """Say whether every quotation mark opens a field or closes it on the same line."""
    if b'"' not in data:
        return True
    whole = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(whole == ord('"'))
    if len(quotes) % 2:
        return False
    opens, closes = quotes[::2], quotes[1::2]
    edges = np.zeros(256, dtype=bool)
    edges[[ord(delimiter), 10, 13]] = True
    before = np.where(opens == 0, 10, whole[opens - 1])
    after = np.where(closes + 1 == len(whole), 10, whole[np.minimum(closes + 1, len(whole) - 1)])
    newlines = np.flatnonzero(whole == ord("\n"))
    same_line = np.searchsorted(newlines, opens) == np.searchsorted(newlines, closes)
    return bool(edges[before].all() and edges[after].all() and same_line.all())


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
