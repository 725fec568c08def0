"""A first `measures.toml` by looking at the files: which columns are dates, identifiers, types, areas or figures.

Nothing is asked. What the look cannot know (the nation, targets, limits) stands in the file as a line to edit, and what it
could not decide as a comment. In order: `vocabulary` (what headings say), `returns` (published ones), `count_table` and
`case_table` (what another table holds), `configuration` (files of one form together, and the text).
"""

from collections.abc import Iterable
from pathlib import Path

from ...cleaning.period_column import INSTEAD
from ...errors import Refused
from ...reading import tables_in
from ...reading.files import EXTENSIONS
from ...reading.grid import Grid
from ...reading.headings import OPEN_DATA, fold_heading
from ...reading.open_data import refuse_years
from .case_table import case_table, child_column, date_columns
from .configuration import Harm, StarterTable, stack, toml
from .count_table import count_tables, grain_of
from .returns import NATION, all_files, carried_by, find_returns
from .vocabulary import name_of, title_of

LOOKED_AT = 2_000  # rows from which a column's kind is judged
UNNAMED = "Your authority"


def starter(files: Iterable, folder: str | Path) -> str:
    """Return the text of a configuration that works on the files.

    Parameters
    ----------
    files : iterable of path-like
        Files, or folders of them.
    folder : path-like
        Where the configuration will lie; paths are written relative to it.

    Returns
    -------
    str
        TOML. What could not be decided stands at its head as comments, in order of harm.

    Raises
    ------
    Refused
        When a file cannot be read, or none holds dates or monthly figures.
    """
    folder = Path(folder).resolve()
    tables, mapping, population, project, doubts = [], None, None, UNNAMED, []
    same: dict[bytes, Path] = {}
    given = list(map(Path, files))
    for path in given:
        if not path.exists():
            raise Refused(f"There is no file {path}.", code="INPUT_UNAVAILABLE")
    named, inside = [p for p in given if p.is_file()], all_files(p for p in given if p.is_dir())
    returns, rest, twice, refused = find_returns([*named, *inside])
    doubts += [(Harm.LEFT_OUT, f"Left out: {text}") for text in twice]
    doubts += [(Harm.COARSE, f"{r.title}: there is no {', '.join(r.lacking)}.") for r in returns if r.lacking]
    for file in rest:
        if file in inside and file.suffix.lower() not in EXTENSIONS:
            doubts.append((Harm.LEFT_OUT, f"Left out: {file.name} is no table."))
            continue
        try:
            grids = tables_in(file)
        except Refused as error:
            if file in named:
                raise
            refused.append(error)
            continue
        if (first := same.setdefault(file.read_bytes(), file)) is not file:
            doubts.append((Harm.LEFT_OUT, f"Left out: {file.name} is, byte for byte, {first.name}."))
            continue
        for grid in grids:
            headings = {fold_heading(h) for h in grid.header}
            if {"raw", "category"} <= headings:
                mapping = file
            elif {"area", "year", "children"} <= headings:
                population = file
            elif set(OPEN_DATA) <= headings:
                refuse_years(grid)
                tables.append(_open_data(file))
                project = _whole_of(grid)
            else:
                try:
                    tables += recognise(file, grid)
                except Refused as error:
                    refused.append(error)
    if not tables and not returns and refused:
        raise refused[0]
    tables = stack(tables)
    if not tables and not returns:
        raise Refused(
            "None of the files holds rows with dates, or figures by month, that could be measured. Give `init` an "
            "extract of cases or of monthly figures.",
            code="NOT_TABULAR",
        )
    carried, off, lacking = carried_by(returns) if returns else ([], [], [])
    doubts += [(Harm.COARSE, text) for text in lacking]
    doubts += [(Harm.LEFT_OUT, f"Left out: {error}") for error in refused]
    if project == UNNAMED:
        doubts.append((Harm.COARSE, f"No file names the whole authority: write its name in place of '{UNNAMED}'."))
    return toml(
        tables,
        folder,
        project=project,
        nation=NATION,
        mapping=mapping,
        population=population,
        doubts=doubts,
        returns=[(r.title, r.preset, r.pattern, list(r.tables)) for r in returns],
        standard=carried,
        off=off,
    )


def recognise(file: Path, grid: Grid) -> list[StarterTable]:
    """Return the tables of cases or of figures that a grid holds.

    Raises
    ------
    Refused
        ``YEARLY_FIGURES``, ``QUARTERLY_FIGURES`` or ``NO_EVENT_DATE``: what it holds makes no month.
    """
    frame = grid.frame.head(LOOKED_AT)
    if not len(frame) or any(grid.header.count(h) > 1 and h.strip() for h in grid.header):
        return []
    own_sheet = grid.sheet and not grid.sheet.lower().startswith("sheet")
    name = name_of(f"{file.stem}_{grid.sheet}" if own_sheet else file.stem)
    named = [i for i, h in enumerate(grid.header) if h.strip()]
    dates = date_columns(grid, frame)
    child = child_column(grid, frame, [i for i in named if i not in dates])
    grains = {i: g for i in named if (g := grain_of(frame[i]))}
    period = min(grains, key=lambda i: grains[i] in ("quarter", "year"), default=None)
    grain = "" if period is None else grains[period]
    if period is not None and grain in ("year", "quarter"):
        if child is None and not dates:
            raise Refused(
                f"{file.name}: the column '{grid.header[period]}' holds a {grain} in each row: these are {grain}ly figures. "
                f"{INSTEAD[grain]}.",
                code=f"{grain.upper()}LY_FIGURES",
            )
    elif (
        period is not None
        and (child is None or (grain == "month" and not frame[period].duplicated().any()))
        and (tables := count_tables(name, file, grid, frame, period, grain))
    ):
        return tables
    return case_table(name, file, grid, frame, dates, child)


def _open_data(file: Path) -> StarterTable:
    name = name_of(file.stem)
    measure = {"name": name, "title": title_of(name), "dataset": name, "type": "flow", "polarity": "none"}
    return StarterTable(name, [file], {"kind": "counts", "preset": "dfe-open-data"}, [measure])


def _whole_of(grid: Grid) -> str:
    """Return the name of the whole: the country's where it has a row, or that of the one area there is; never one of several."""
    at = {fold_heading(h): i for i, h in enumerate(grid.header)}
    national = grid.frame[at["geographic_level"]].str.lower() == "national"
    if "country_name" in at and national.any():
        return str(grid.frame.loc[national, at["country_name"]].iloc[0])
    names = [grid.frame[at[c]] for c in ("la_name", "region_name", "country_name") if c in at]
    areas = {str(v) for v in next((column for column in names if (column != "").any()), ()) if v}
    return areas.pop() if len(areas) == 1 else UNNAMED
