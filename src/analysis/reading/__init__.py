"""Inputs as text, each row with its source: CSV, workbook, Parquet, database, government open data.

Only this package opens inputs. Nothing is interpreted here but the container: what arrives is text under the names
that the configuration gives, and every row is kept or quarantined. Columns that the configuration does not name are
dropped at this door and never copied anywhere.
"""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

from ..config import Catalogue, Dataset
from ..config.presets import STACKED
from ..errors import Refused, expect
from ..shapes import TextTable
from .database import read_query
from .encoding import decode
from .files import find_files, names_of, read_bytes, read_file, tables_in
from .headings import fold_heading
from .returns import return_grids, tables_held
from .select import select

__all__ = ["input_bytes", "read", "read_pairs", "read_population", "refuse_line", "tables_held", "tables_in"]


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
    expect(
        dataset,
        Dataset,
        'Give one of a configuration: analysis.read(analysis.load("measures.toml").dataset("contacts")). '
        'A file without one: analysis.exploring.begin(file="contacts.csv").',
    )
    if dataset.is_query:
        grids = [read_query(dataset)]
    elif dataset.preset in STACKED:
        grids = return_grids(dataset)
    else:
        grids = [read_file(file, dataset, name) for file, name in names_of(find_files(dataset)).items()]
    parts = [select(grid, dataset) for grid in grids]
    rows = pd.concat([p.rows for p in parts], ignore_index=True) if len(parts) > 1 else parts[0].rows
    lengths = [len(p.rows) for p in parts]
    for column in ("file", "sheet"):
        names = [getattr(grid, column) for grid in grids]
        known = list(dict.fromkeys(names))
        rows[column] = pd.Categorical.from_codes(
            np.repeat(np.array([known.index(n) for n in names], dtype=np.int16), lengths), known
        )
    sources = pd.DataFrame(
        {
            "file": [g.file for g in grids],
            "sheet": [g.sheet for g in grids],
            "rows_in": [p.rows_in for p in parts],
            "sha256": [g.sha256 for g in grids],
        }
    )
    return TextTable(
        dataset.name,
        rows,
        sources,
        pd.concat([p.audit for p in parts], ignore_index=True),
        pd.concat([p.quarantine for p in parts], ignore_index=True),
        _categories(dataset),
        pd.concat([p.beside for p in parts], ignore_index=True).fillna("").astype("str"),
    )


def input_bytes(dataset: Dataset) -> int:
    """Return the size of a dataset's files, 0 where it has none."""
    return 0 if dataset.path is None else sum(file.stat().st_size for file in find_files(dataset))


def _categories(dataset: Dataset) -> dict[str, str]:
    """Read the user's own table raw,category."""
    if not dataset.categories:
        return {}
    table = _small_table(dataset.folder / dataset.categories, ["raw", "category"], "`categories`")
    return {row["raw"]: row["category"].strip() for row in table}


def _small_table(path: Path, columns: list[str], named_by: str) -> list[dict]:
    """Read a table that people keep by hand: a row's columns, and the line on which it ends."""
    if not path.is_file():
        raise Refused(f"There is no file {path.name}, which {named_by} names.", code="INPUT_UNAVAILABLE")
    data, codes = decode(path.name, read_bytes(path))
    if "ENCODING_MIXED" in codes:
        raise Refused(f'{path.name} is not all UTF-8. Save it as "CSV UTF-8".', code="ENCODING_MIXED")
    text = data.decode("utf-8")
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if any(c.strip() for c in row)]
    except csv.Error:
        raise Refused(
            f"{path.name}: a quotation mark near line {reader.line_num} is not closed.", code="UNBALANCED_QUOTE"
        ) from None
    (_, header), *rows = lines or [(0, [])]
    folded, wanted = [fold_heading(h) for h in header], [fold_heading(c) for c in columns]
    if not rows or not set(wanted) <= set(folded):
        raise Refused(
            f"{path.name} needs the columns {', '.join(columns[:-1])} and {columns[-1]}, and rows.",
            code="MISSING_COLUMN",
        )
    at = dict(zip(columns, map(folded.index, wanted), strict=True))
    return [{c: row[i] if i < len(row) else "" for c, i in at.items()} | {"line": line} for line, row in rows]


def read_population(project: Catalogue) -> pd.DataFrame | None:
    """Read the project's children by area and year: columns area, year, children; None where none is given."""
    if project.population is None:
        return None
    path = project.path.parent / project.population.path
    table = pd.DataFrame(_small_table(path, ["area", "year", "children"], "[population]"))
    numbers = table[["year", "children"]].apply(pd.to_numeric, errors="coerce")
    refuse_line(path, table["line"][numbers.isna().any(axis=1)], "year and children are whole numbers")
    return table.drop(columns="line").assign(area=table["area"].str.strip(), **numbers)


def read_pairs(project: Catalogue) -> pd.DataFrame | None:
    """Read which areas the project's file calls neighbours: area, neighbour, rank, line; None where there is no file."""
    if project.neighbours is None:
        return None
    path = project.path.parent / project.neighbours.path
    heading = {project.neighbours.columns.get(role, role): role for role in ("area", "neighbour", "rank")}
    table = pd.DataFrame(_small_table(path, list(heading), "[neighbours]")).rename(columns=heading)
    rank = pd.to_numeric(table["rank"], errors="coerce")
    refuse_line(path, table["line"][~((rank >= 1) & (rank % 1 == 0))], "a rank is a whole number from 1 on")
    return table.assign(rank=rank.astype("int64"))


def refuse_line(path: Path, lines: pd.Series, complaint: str, *, code: str = "COLUMN_UNPARSEABLE") -> None:
    """Refuse a table that people keep by hand for the first of its lines with a fault, if there is any."""
    if len(lines):
        raise Refused(f"{path.name}, line {lines.iloc[0]}: {complaint}.", code=code)
