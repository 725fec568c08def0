"""Which files a dataset names, and which reader each of them needs: by what it holds, not by what it is called."""

import glob
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..config import Dataset
from ..config.presets import IN_XML
from ..errors import Refused
from .across import fill_labels_down, month_rows, periods_across
from .archive import MAX_UNPACKED, corrupt, open_archive
from .delimited import read_delimited
from .grid import MAX_ROWS, Grid, column_texts, text_frame
from .headings import OPEN_DATA, Wanted, fold_heading
from .return_xml import parse_return
from .workbook import Book, read_workbook, sheet_grid
from .years import columns_apart, join_years

TEXT, WORKBOOK, PARQUET, XML = "text", "workbook", "parquet", "xml"
EXTENSIONS = {
    ".csv": TEXT,
    ".txt": TEXT,
    ".tsv": TEXT,
    ".xlsx": WORKBOOK,
    ".xlsm": WORKBOOK,
    ".parquet": PARQUET,
    ".xml": XML,
}
MAX_BYTES = 4_000_000_000  # of one file; a million cases take about 0.05 of it
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd", b"7z\xbc\xaf", b"Rar!")
ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06")  # with a letter more it may be the heading of a primary key
WORKBOOK_PART = "xl/workbook.xml"
LEGACY = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Excel before 2007, and the wrapper of a password


def find_files(dataset: Dataset) -> list[Path]:
    """Return the files of `path`, sorted by name; what Excel leaves beside an open workbook is none of them."""
    pattern = dataset.path.replace("{date}", "*")
    path = dataset.folder / pattern
    if not glob.has_magic(pattern) or path.is_file():
        if not path.is_file():
            raise Refused(
                f"Dataset '{dataset.name}': there is no file {dataset.path} in the configuration's folder. "
                "Put it there or correct `path`.",
                code="INPUT_UNAVAILABLE",
            )
        return [path]
    found = [Path(f) for f in glob.glob(str(path), recursive=True)]
    found = sorted(f for f in found if f.is_file() and not f.name.startswith(("~$", ".")))
    if not found:
        raise Refused(
            f"Dataset '{dataset.name}': no file matches {pattern} in the folder {path.parent.name or '.'}. "
            "Correct `path` or put the files there.",
            code="INPUT_UNAVAILABLE",
        )
    return found


def read_bytes(file: Path) -> bytes:
    """Return a file's bytes, read once, so that everything made of them agrees."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise Refused(f"{file.name} is larger than any extract. Export it in parts.", code="DECOMPRESSION_LIMIT")
        return file.read_bytes()
    except OSError as error:
        raise Refused(
            f"{file.name} cannot be read ({error.strerror}). Close it in other programs and try again.",
            code="INPUT_UNAVAILABLE",
        ) from None


def container_of(name: str, data: bytes) -> tuple[str, bool]:
    """Return how to read a file, and whether its name says something else.

    Raises
    ------
    Refused
        ``EMPTY_FILE``, ``DECOMPRESSION_LIMIT`` for anything packed, ``ENCRYPTED_OR_LEGACY``, ``EXTENSION_MISMATCH``,
        ``CORRUPT_FILE``.
    """
    if not data:
        raise Refused(f"{name} is empty. Export it again.", code="EMPTY_FILE")
    if data.startswith(PACKED):
        raise Refused(
            f"{name} is packed, and how much it unpacks to is not known, so it was not opened. Unpack it first.",
            code="DECOMPRESSION_LIMIT",
        )
    if data.startswith(LEGACY):
        raise Refused(
            f"{name} is protected by a password or is a workbook of Excel before 2007. Save it as .xlsx without a "
            "password.",
            code="ENCRYPTED_OR_LEGACY",
        )
    said = EXTENSIONS.get(Path(name).suffix.lower())
    if data.startswith(ARCHIVE) and said != WORKBOOK and WORKBOOK_PART not in open_archive(name, data).namelist():
        raise Refused(f"{name} is an archive and no workbook. Unpack it first.", code="EXTENSION_MISMATCH")
    if said is None:
        raise Refused(
            f"{name}: only {', '.join(EXTENSIONS)} files are read. Save the file as one of these.",
            code="EXTENSION_MISMATCH",
        )
    held = WORKBOOK if data.startswith(ARCHIVE) else PARQUET if data.startswith(b"PAR1") else TEXT
    if held == TEXT and said == XML:
        return XML, False
    if held == TEXT and said != TEXT and data[:65_536].translate(None, bytes(range(9))) != data[:65_536]:
        raise (
            corrupt(name)
            if said == WORKBOOK
            else Refused(f"{name} cannot be read as Parquet: it is damaged. Write it again.", code="CORRUPT_FILE")
        )
    return held, held != said


def names_of(files: list[Path]) -> dict[Path, str]:
    """Return what each file is called: its name, with its folder's where several have that name."""
    names = [f.name for f in files]
    return {f: f.name if names.count(f.name) == 1 else f"{f.parent.name}/{f.name}" for f in files}


def read_file(file: Path, dataset: Dataset, name: str = "", *, may_be_empty: bool = False) -> Grid:
    """Read the one table of a file that a dataset means; one without rows is refused where it may not be."""
    name, data = name or file.name, read_bytes(file)
    held, mismatch = container_of(name, data)
    with ThreadPoolExecutor(1) as pool:  # beside the parsing
        checksum = pool.submit(lambda: hashlib.sha256(data).hexdigest())
        if held == WORKBOOK:
            grid = read_workbook(name, data, dataset)
        elif held == PARQUET:
            grid = read_parquet(name, data)
        elif held == XML:
            grid = _read_xml(name, data, dataset)
        else:
            grid = read_delimited(name, data, Wanted(dataset))
    if mismatch:
        grid.notes.append((0, "", "EXTENSION_MISMATCH", "", ""))
    grid.sha256 = checksum.result()
    if not len(grid.lines) and not grid.bad and not may_be_empty:
        raise Refused(f"{grid.place} has headings and no rows. Export it again.", code="NO_ROWS")
    return grid


def _read_xml(name: str, data: bytes, dataset: Dataset) -> Grid:
    if dataset.preset not in IN_XML:
        raise Refused(
            f"{name} is XML, which is read as a children in need census or as an SSDA903 return: give dataset '{dataset.name}' "
            f"{' or '.join(f'preset = {p!r}' for p in sorted(IN_XML))}, or save the table as CSV.",
            code="EXTENSION_MISMATCH",
        )
    return parse_return(name, data, dataset.preset).tables[str(dataset.table)].called(name)


def tables_in(file: str | Path) -> list[Grid]:
    """Return every visible table of a file, for `init`: no dataset says yet which is meant."""
    file = Path(file)
    if not file.is_file():
        raise Refused(f"There is no file {file}.", code="INPUT_UNAVAILABLE")
    data = read_bytes(file)
    held, _ = container_of(file.name, data)
    if held == PARQUET:
        return [read_parquet(file.name, data)]
    if held == TEXT:
        return [_down(read_delimited(file.name, data, Wanted()))]
    book = Book(file.name, data)
    sheets = [(name, book.sheet(name)) for name in book.visible]
    return [_down(sheet_grid(book, name, sheet, Wanted())) for name, sheet in sheets if not sheet.is_empty]


def _down(grid: Grid) -> Grid:
    """Bring a table whose months are headings, or stand apart from their years, to the form in which `read` will give it."""
    if not len(grid.lines) or set(OPEN_DATA) <= set(map(fold_heading, grid.header)):
        return grid
    if periods_across(grid.header):
        return month_rows(grid)
    fill_labels_down(grid, grid.frame)
    if (apart := columns_apart(grid)) is not None:
        join_years(grid, *apart)
        grid.frame[apart[1]], grid.header[apart[1]] = "", ""
    return grid


def read_parquet(name: str, data: bytes) -> Grid:
    """Read a Parquet file.

    Raises
    ------
    Refused
        ``CORRUPT_FILE``, ``DECOMPRESSION_LIMIT``.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        meta = file.metadata
        if (
            meta.num_rows > MAX_ROWS
            or sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups)) > MAX_UNPACKED
        ):
            raise Refused(
                f"{name} unpacks to more than any extract holds, so it was not opened. Write it in parts.",
                code="DECOMPRESSION_LIMIT",
            )
        table = file.read()
    except (pa.ArrowException, OSError, ValueError, NotImplementedError):
        raise Refused(
            f"{name} cannot be read as Parquet: it is damaged. Write it again.", code="CORRUPT_FILE"
        ) from None
    columns = [_text(column) for column in table.columns]
    frame = pd.DataFrame(dict(enumerate(columns))) if columns else text_frame([])
    return Grid(name, list(table.column_names), frame, np.arange(1, table.num_rows + 1), header_line=0)


def _text(column: pa.ChunkedArray) -> pd.Series:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_large_string(kind) or pa.types.is_string(kind):
        column = pc.fill_null(column.cast(pa.large_string()), "")
        return pd.Series(pd.array(column, dtype="str"))
    if pa.types.is_nested(kind):  # no cell of a table; where it is named, the column reads as empty
        return pd.Series("", index=range(len(column)), dtype="str")
    if pa.types.is_timestamp(kind):  # nanoseconds are no Python time
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    return pd.Series(column_texts(column.to_pylist()), dtype="str")
