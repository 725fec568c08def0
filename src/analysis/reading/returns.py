"""The files of a published return: which of them hold a table, and whether they fit together: one authority, each year once."""

import re
from collections.abc import Iterable
from pathlib import Path

from ..codes import Code
from ..config import Dataset
from ..config.presets import IN_XML, Preset, list_named, tables_of
from ..errors import Refused
from .encoding import decode
from .files import find_files, names_of, read_bytes, read_file
from .grid import Grid
from .headings import HEADER_SEARCH, Wanted
from .return_xml import Parsed, parse_return
from .workbook import Book

TOP = 65_536  # bytes in which a file's headings stand
YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


def return_grids(dataset: Dataset) -> list[Grid]:
    """Read a table of a return from all files that hold it.

    Raises
    ------
    Refused
        ``MISSING_TABLE`` when no file holds it, or a later year's does not; ``YEAR_TWICE``; ``OTHER_AUTHORITY``; and what
        reading one file refuses.
    """
    files, preset = find_files(dataset), str(dataset.preset)
    if preset == "annex-a":
        return _with_rows(files, dataset)
    for file in files:
        if not file.stat().st_size:
            raise Refused(f"{file.name} is empty. Export it again.", code="EMPTY_FILE")
    held = {file: tables_held(file, preset) for file in files}
    holding = [file for file in files if dataset.table in held[file]]
    if not holding:
        raise Refused(
            f"Dataset '{dataset.name}': {_several(f.name for f in files)} {'hold' if len(files) > 1 else 'holds'} no row of the "
            f"table '{dataset.table}' ({_sign(dataset.layout)}). Put its file there, or leave the table out of `tables`.",
            code="MISSING_TABLE",
        )
    documents = {f: parse_return(f.name, read_bytes(f), preset) for f in files if _is_xml(f)}
    _refuse_strangers(documents)
    years = {f: documents[f].year if f in documents and documents[f].year else _year_named(f) for f in files if held[f]}
    with_table = {years[f] for f in holding} - {""}
    for file in files:
        year = years.get(file, "")
        if with_table and year > min(with_table) and year not in with_table:
            raise Refused(
                f"{file.name}: of {year} there is no row of the table '{dataset.table}' ({_sign(dataset.layout)}), and of earlier "
                "years there are. Add them, or leave the table out of `tables`.",
                code="MISSING_TABLE",
            )
    return _with_rows(holding, dataset)


def _with_rows(files: list[Path], dataset: Dataset) -> list[Grid]:
    """Read the files; a list may be empty in one of them, and not in all."""
    grids = [read_file(file, dataset, name, may_be_empty=len(files) > 1) for file, name in names_of(files).items()]
    same: dict[tuple[str, str], Grid] = {}
    for grid in grids:
        if (first := same.setdefault((grid.sha256, grid.sheet), grid)) is not grid:
            raise Refused(f"{grid.file} is, byte for byte, {first.file}. Leave one of them out.", code="YEAR_TWICE")
    if not any(len(g.lines) or g.bad for g in grids):
        raise Refused(
            f"{_several(f.name for f in files)}: there are headings of '{dataset.table}' and no rows. Export them again.",
            code="NO_ROWS",
        )
    return [g for g in grids if len(g.lines) or g.bad]


def tables_held(file: Path, preset: str) -> dict[str, set[str]]:
    """Return the tables of a return that a file holds, each with its roles.

    A file that is none of the return's holds none.

    Raises
    ------
    Refused
        When it is XML that cannot be read.
    """
    layouts = tables_of(preset)
    if _is_xml(file):
        if preset not in IN_XML:
            return {}
        try:
            grids = parse_return(file.name, read_bytes(file), preset).tables
        except Refused as error:
            if error.code == Code.NOT_TABULAR:  # another document
                return {}
            raise
        return {
            t: {r for r, h in layouts[t].columns.items() if _filled(g, h)} for t, g in grids.items() if len(g.lines)
        }
    held: dict[str, set[str]] = {}
    for sheet, lines in _tops(file):
        for name, layout in layouts.items():
            if preset == "annex-a" and list_named(sheet) != name:
                continue
            wanted = Wanted(_of(layout, preset))
            mark = next(r for r, h in layout.columns.items() if h == layout.marked_by)
            for line, cells in enumerate(lines):
                if wanted.matches(mark, cells) and wanted.matches("child", cells):
                    if any("".join(below).strip() for below in lines[line + 1 :]):
                        held[name] = {r for r in layout.columns if len(wanted.matches(r, cells)) == 1}
                    break
    return held


def _of(layout: Preset, preset: str) -> Dataset:
    return Dataset.model_validate({"name": "of_return", "path": "-", "preset": preset, "table": layout.table})


def _filled(grid: Grid, heading: str) -> bool:
    return bool((grid.frame[grid.header.index(heading)] != "").any())


def _is_xml(file: Path) -> bool:
    return file.suffix.lower() == ".xml"


def _tops(file: Path) -> list[tuple[str, list[list[str]]]]:
    """Return the first lines of a text file, or of each visible sheet with its name; nothing of any other file."""
    try:
        with file.open("rb") as stream:
            start = stream.read(TOP)
        if start.startswith(b"PK"):
            book = Book(file.name, read_bytes(file))
            return [(name, book.sheet(name).top) for name in book.visible]
        if file.suffix.lower() not in (".csv", ".txt", ".tsv"):
            return []
        text = decode(file.name, start)[0].decode("utf-8", "replace")
    except (Refused, OSError):
        return []
    lines = text.splitlines()[:HEADER_SEARCH]
    return [("", [[cell.strip().strip('"') for cell in re.split(r"[,;\t|]", line)] for line in lines])]


def _year_named(file: Path) -> str:
    """Return the year that the name of a file, or else of its folder, says."""
    for name in (file.stem, file.parent.name):
        if years := YEAR.findall(name):
            return years[0]
    return ""


def _sign(layout: Preset) -> str:
    return (
        f"elements {layout.element}, or a heading {layout.marked_by}"
        if layout.element
        else f"a heading {layout.marked_by}"
    )


def _several(names: Iterable[str], most: int = 3) -> str:
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _refuse_strangers(documents: dict[Path, Parsed]) -> None:
    """Refuse files that name different authorities, or one year twice."""
    named = [(f, d) for f, d in documents.items() if d.authority]
    for file, document in named[1:]:
        if document.authority != named[0][1].authority:
            raise Refused(
                f"{file.name} names another authority (LEA) than {named[0][0].name}. Take out the one that is not yours.",
                code="OTHER_AUTHORITY",
            )
    of_year: dict[str, Path] = {}
    for file, document in documents.items():
        if document.year and (first := of_year.setdefault(document.year, file)) is not file:
            raise Refused(
                f"{first.name} and {file.name} are both returns of {document.year}. Leave the older one out.",
                code="YEAR_TWICE",
            )
