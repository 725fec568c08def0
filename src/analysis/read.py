"""Inputs as text, each row with its source: CSV, workbook, Parquet, database, government open data.

Only this module opens inputs. Nothing is interpreted here but the container: what arrives is text under the
names that the configuration gives, and every row is kept or quarantined. Columns that the configuration does
not name are dropped at this door and never copied anywhere.
"""

import codecs
import csv
import datetime as dt
import hashlib
import io
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .catalogue import Catalogue, Dataset
from .errors import Refused, nearest
from .shapes import AUDIT_COLUMNS, QUARANTINE_COLUMNS, TextTable

DELIMITERS = {",": None, ";": "DELIMITER_SEMICOLON", "\t": "DELIMITER_TAB", "|": "DELIMITER_PIPE"}
READERS = {
    ".csv": "_read_csv",
    ".txt": "_read_csv",
    ".xlsx": "_read_workbook",
    ".xlsm": "_read_workbook",
    ".parquet": "_read_parquet",
}
MAX_FIELD = 100_000  # characters; longer fields are free text or damage
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
MONTHS = [
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "January",
    "February",
    "March",
]


@dataclass(frozen=True)
class _Grid:
    """One opened file, sheet or query: headings, and rows of text with their lines."""

    file: str
    sheet: str
    sha256: str
    header: list[str]
    lines: list[int]
    cells: list[list[str]]
    notes: list[str]


def read(dataset: Dataset) -> TextTable:
    """Read a dataset's files or query as text.

    Parameters
    ----------
    dataset : Dataset
        From the catalogue; `path` is relative to the configuration's folder.

    Returns
    -------
    TextTable

    Raises
    ------
    Refused
        When an input is missing, empty, damaged, or lacks a column that the configuration names.
    """
    grids = [_query(dataset)] if dataset.sql else [_open(file, dataset) for file in _files(dataset)]
    parts = [_select(grid, dataset) for grid in grids]
    rows = pd.concat([p[0] for p in parts], ignore_index=True)
    sources = pd.DataFrame(
        {
            "file": [g.file for g in grids],
            "sheet": [g.sheet for g in grids],
            "rows_in": [len(g.cells) for g in grids],
            "sha256": [g.sha256 for g in grids],
        }
    )
    return TextTable(
        dataset.name,
        rows,
        sources,
        pd.concat([p[1] for p in parts], ignore_index=True),
        pd.concat([p[2] for p in parts], ignore_index=True),
        _categories(dataset),
    )


def _files(dataset: Dataset) -> list[Path]:
    pattern = dataset.path.replace("{date}", "*")
    path = dataset.folder / pattern
    if not any(sign in pattern for sign in "*?["):
        if not path.is_file():
            raise Refused(
                f"Dataset '{dataset.name}': there is no file {dataset.path} in the configuration's folder. "
                "Put it there or correct `path`.",
                code="INPUT_UNAVAILABLE",
            )
        return [path]
    found = sorted(f for f in path.parent.glob(path.name) if f.is_file() and not f.name.startswith(("~$", ".")))
    if not found:
        raise Refused(
            f"Dataset '{dataset.name}': no file matches {pattern} in the folder {path.parent.name or '.'}. "
            "Correct `path` or put the files there.",
            code="INPUT_UNAVAILABLE",
        )
    return found


def _categories(dataset: Dataset) -> dict[str, str]:
    """Read the user's own table raw,category."""
    if not dataset.categories:
        return {}
    path = dataset.folder / dataset.categories
    if not path.is_file():
        raise Refused(
            f"Dataset '{dataset.name}': there is no file {dataset.categories}, which `categories` names.",
            code="INPUT_UNAVAILABLE",
        )
    text, _ = _decode(path, path.read_bytes())
    table = list(csv.DictReader(io.StringIO(text)))
    if not table or not {"raw", "category"} <= set(table[0]):
        raise Refused(
            f"{path.name} needs the columns raw and category, and a row for each spelling.", code="MISSING_COLUMN"
        )
    return {row["raw"].strip().casefold(): row["category"].strip() for row in table}


def read_population(project: Catalogue) -> pd.DataFrame | None:
    """Read the project's children by area and year: columns area, year, children; None where none is given."""
    if project.population is None:
        return None
    path = project.path.parent / project.population.path
    if not path.is_file():
        raise Refused(
            f"There is no file {project.population.path}, which [population] names.", code="INPUT_UNAVAILABLE"
        )
    text, _ = _decode(path, path.read_bytes())
    rows = list(csv.DictReader(io.StringIO(text)))
    if not rows or not {"area", "year", "children"} <= set(rows[0]):
        raise Refused(f"{path.name} needs the columns area, year and children, and rows.", code="MISSING_COLUMN")
    table = pd.DataFrame(rows)[["area", "year", "children"]]
    numbers = table[["year", "children"]].apply(pd.to_numeric, errors="coerce")
    if numbers.isna().any(axis=None):
        raise Refused(f"{path.name}: year and children are whole numbers.", code="COLUMN_UNPARSEABLE")
    return table.assign(area=table["area"].str.strip(), **numbers)


def _open(file: Path, dataset: Dataset) -> _Grid:
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise Refused(
            f"{file.name}: only {', '.join(READERS)} files are read. Save the file as one of these.",
            code="EXTENSION_MISMATCH",
        )
    data = file.read_bytes()
    if not data.strip():
        raise Refused(f"{file.name} is empty. Export it again.", code="EMPTY_FILE")
    sheet, header, lines, cells, notes = globals()[reader](file, data, dataset)
    if not cells:
        raise Refused(f"{file.name} has a heading and no rows. Export it again.", code="NO_ROWS")
    return _Grid(file.name, sheet, hashlib.sha256(data).hexdigest(), header, lines, cells, notes)


# -- the containers -------------------------------------------------------------------------------------------------


def _decode(file: Path, data: bytes) -> tuple[str, list[str]]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16"), ["ENCODING_UTF16"]
    if b"\x00" in data:
        raise Refused(
            f"{file.name} holds NUL characters, so it is damaged or no text file. Export it again.",
            code="CONTROL_CHARACTER",
        )
    notes = ["BOM_STRIPPED"] if data.startswith(codecs.BOM_UTF8) else []
    try:
        return data.decode("utf-8").lstrip("\ufeff"), notes
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), ["ENCODING_CP1252"]
    except UnicodeDecodeError:
        raise Refused(
            f'{file.name} is neither UTF-8 nor Windows text. Save it as "CSV UTF-8".', code="ENCODING_UNKNOWN"
        ) from None


def _read_csv(file: Path, data: bytes, dataset: Dataset):
    text, notes = _decode(file, data)
    first = text.lstrip("\r\n").partition("\n")[0]
    wanted = {_plain(h) for h in dataset.columns.values()}
    delimiter = max(
        DELIMITERS,
        key=lambda d: (len(wanted & {_plain(h) for h in next(csv.reader([first], delimiter=d), [])}), first.count(d)),
    )
    csv.field_size_limit(max(MAX_FIELD * 10, csv.field_size_limit()))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines, cells = [], []
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                lines.append(rows.line_num)
                cells.append(row)
    except csv.Error:
        raise Refused(
            f"{file.name}: a quotation mark is opened and not closed, or closed too early, near line {rows.line_num}. "
            "Mend that line and try again.",
            code="UNBALANCED_QUOTE",
        ) from None
    notes += [code] if (code := DELIMITERS[delimiter]) else []
    return "", cells[0], lines[1:], cells[1:], notes


def _read_workbook(file: Path, data: bytes, dataset: Dataset):
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible]
    except CalamineError:
        raise Refused(
            f"{file.name} cannot be opened as a workbook. Open it in Excel and save it again, without a password.",
            code="CORRUPT_FILE",
        ) from None
    wanted = {_plain(h) for h in dataset.columns.values()}
    if dataset.sheet:
        chosen = [s for s in visible if _plain(s) == _plain(dataset.sheet)]
        if not chosen:
            raise Refused(
                f"{file.name} has no visible sheet '{dataset.sheet}'. It has: {', '.join(visible)}.",
                code="SHEET_NOT_FOUND",
            )
    else:
        chosen = [
            s
            for s in visible
            if (top := book.get_sheet_by_name(s).to_python(nrows=1)) and wanted <= {_plain(_as_text(c)) for c in top[0]}
        ]
        if len(chosen) != 1:
            which = f"several sheets have ({', '.join(chosen)})" if chosen else f"no sheet of {', '.join(visible)} has"
            raise Refused(
                f"{file.name}: {which} the columns that dataset '{dataset.name}' names. Say which with `sheet`.",
                code="AMBIGUOUS_SHEET" if chosen else "SHEET_NOT_FOUND",
            )
    grid = [
        [_as_text(cell) for cell in row] for row in book.get_sheet_by_name(chosen[0]).to_python(skip_empty_area=False)
    ]
    filled = [(i + 1, row) for i, row in enumerate(grid) if any(cell.strip() for cell in row)]
    if not filled:
        raise Refused(f"{file.name}: the sheet '{chosen[0]}' is empty.", code="EMPTY_FILE")
    return chosen[0], filled[0][1], [i for i, _ in filled[1:]], [row for _, row in filled[1:]], []


def _read_parquet(file: Path, data: bytes, dataset: Dataset):
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
    except pa.ArrowInvalid:
        raise Refused(f"{file.name} cannot be read as Parquet. Write it again.", code="CORRUPT_FILE") from None
    columns = [[_as_text(v) for v in column.to_pylist()] for column in table.columns]
    return (
        "",
        table.column_names,
        list(range(1, table.num_rows + 1)),
        [list(row) for row in zip(*columns, strict=True)],
        [],
    )


def _query(dataset: Dataset) -> _Grid:
    import sqlalchemy as sa

    address = os.environ.get(dataset.url_env)
    if not address:
        raise Refused(
            f"Dataset '{dataset.name}': the environment variable {dataset.url_env} is not set. "
            "It holds the address of the database.",
            code="INPUT_UNAVAILABLE",
        )
    try:
        engine = sa.create_engine(address)
        with engine.connect() as connection:
            result = connection.execute(sa.text(dataset.sql))
            header, cells = list(result.keys()), [[_as_text(v) for v in row] for row in result]
        engine.dispose()
    except (sa.exc.SQLAlchemyError, ModuleNotFoundError) as error:  # the message of either may hold the address
        raise Refused(
            f"Dataset '{dataset.name}': the database did not answer the query ({type(error).__name__}). "
            f"Check {dataset.url_env}, the driver and `sql`.",
            code="INPUT_UNAVAILABLE",
        ) from None
    if not cells:
        raise Refused(f"Dataset '{dataset.name}': the query gives no rows.", code="NO_ROWS")
    digest = hashlib.sha256(repr((header, cells)).encode()).hexdigest()
    return _Grid(f"query of {dataset.name}", "", digest, header, list(range(1, len(cells) + 1)), cells, [])


def _as_text(value) -> str:
    """Write a typed cell the one way that a CSV export would."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat() if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


# -- what the configuration names ----------------------------------------------------------------------------------


def _plain(heading: str) -> str:
    """Fold what drifts in headings: case, spaces, quotes, invisible characters."""
    folded = heading.translate(INVISIBLE).replace("\u00a0", " ").casefold()
    return " ".join(re.sub(r"[\"'\u2018\u2019\u201c\u201d]", "", folded).split())


def _select(grid: _Grid, dataset: Dataset) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Keep the named columns of the rows that have as many fields as the heading; quarantine the others."""
    width = len(grid.header)
    whole = [len(row) == width or (len(row) > width and not any(c.strip() for c in row[width:])) for row in grid.cells]
    rows = pd.DataFrame(
        [row[:width] for row, ok in zip(grid.cells, whole, strict=True) if ok], columns=range(width), dtype=str
    )
    lines = [line for line, ok in zip(grid.lines, whole, strict=True) if ok]
    header = grid.header
    if dataset.preset == "dfe-open-data":
        rows, lines, header = _open_data(rows, lines, header, grid.file)
    places = _places(header, dataset, grid.file)
    kept = pd.DataFrame({role: rows[place] for role, place in places.items()}, dtype=str)
    kept = kept.assign(file=grid.file, sheet=grid.sheet, line=lines)
    if dataset.snapshot:
        kept["snapshot"] = _snapshot(rows, header, dataset, grid.file)
    bad = [
        (grid.file, grid.sheet, line, "FIELD_COUNT", repr(row))
        for line, row, ok in zip(grid.lines, grid.cells, whole, strict=True)
        if not ok
    ]
    notes = [(grid.file, grid.sheet, 0, "", code, "", "") for code in grid.notes]
    notes += [
        (grid.file, grid.sheet, 0, dataset.columns[role], "COLUMN_RENAMED", header[place], dataset.columns[role])
        for role, place in places.items()
        if header[place] != dataset.columns[role]
    ]
    return kept, pd.DataFrame(notes, columns=AUDIT_COLUMNS), pd.DataFrame(bad, columns=QUARANTINE_COLUMNS)


def _places(header: list[str], dataset: Dataset, file: str) -> dict[str, int]:
    found = {}
    for role, heading in dataset.columns.items():
        same = [i for i, h in enumerate(header) if h == heading] or [
            i for i, h in enumerate(header) if _plain(h) == _plain(heading)
        ]
        if not same:
            raise Refused(
                f"{file} has no column '{heading}', which dataset '{dataset.name}' names as `{role}`."
                f"{nearest(heading, header, list_all=False)} Correct `columns` or export the column.",
                code="MISSING_COLUMN",
            )
        if len(same) > 1:
            raise Refused(f"{file} has several columns '{heading}'. Rename all but one.", code="AMBIGUOUS_COLUMN")
        found[role] = same[0]
    return found


def _snapshot(rows: pd.DataFrame, header: list[str], dataset: Dataset, file: str):
    """Return the extract's date of each row: a column, or the {date} in the file's name."""
    if dataset.snapshot != "{date}":
        return rows[
            _places(header, dataset.model_copy(update={"columns": {"snapshot": dataset.snapshot}}), file)["snapshot"]
        ]
    pattern = (
        re.escape(Path(dataset.path).name)
        .replace(re.escape("{date}"), r"(\d{4}-\d{2}-\d{2})")
        .replace(re.escape("*"), ".*")
    )
    if not (found := re.fullmatch(pattern, file)):
        raise Refused(f"{file}: no date like 2021-04-12 stands where `path` has {{date}}.", code="INVALID_PARAMETER")
    return found.group(1)


def _open_data(rows: pd.DataFrame, lines: Iterable[int], header: list[str], file: str):
    """Bring the Department for Education's forms to period, value, area.

    Wide: a column a month, where `time_period` 2024 is the year ending 31 March 2024, so that its April lies in 2023.
    Tidy: a row a month, `time_identifier` naming it.
    """
    at = {_plain(h): i for i, h in enumerate(header)}
    if missing := [h for h in ("time_period", "time_identifier", "geographic_level") if h not in at]:
        raise Refused(
            f"{file} has no column '{missing[0]}', so it is not the Department for Education's open data form.",
            code="MISSING_COLUMN",
        )
    area = pd.Series("", index=rows.index)
    for name in ("la_name", "region_name", "country_name"):  # the finest that is given
        if name in at:
            area = area.where(area != "", rows[at[name]])
    year, line = rows[at["time_period"]].str.strip(), pd.Series(list(lines), index=rows.index)
    months = [m for m in MONTHS if _plain(m) in at]
    if months:
        start = pd.to_numeric(year.str[:4], errors="coerce") - (year.str.len() == 4)  # "2024" ends, "202324" begins
        parts = []
        for month in months:
            number = MONTHS.index(month)
            stamp = (start + (number > 8)).map("{:.0f}".format) + f"-{(number + 3) % 12 + 1:02d}"
            parts.append(pd.DataFrame({0: stamp, 1: rows[at[_plain(month)]], 2: area, "line": line}))
        tidy = pd.concat(parts, ignore_index=True)
    else:
        number = (
            rows[at["time_identifier"]].str.strip().str.title().map({m: (i + 3) % 12 + 1 for i, m in enumerate(MONTHS)})
        )
        if number.isna().any() or "value" not in at:
            raise Refused(
                f"{file}: neither a column a month nor rows by month with a column 'value'.", code="NOT_TABULAR"
            )
        tidy = pd.DataFrame(
            {0: year.str[:4] + number.map("-{:02.0f}".format), 1: rows[at["value"]], 2: area, "line": line}
        )
    tidy = tidy.sort_values([2, 0], kind="stable", ignore_index=True)
    return tidy[[0, 1, 2]], tidy["line"].tolist(), ["time_period", "value", "la_name"]
