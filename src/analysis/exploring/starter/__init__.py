"""A first `measures.toml` by looking at the files: which columns are dates, identifiers, types, areas or figures.

Nothing is asked. What the look cannot know (the nation, targets, limits) stands in the file as a line to edit.
"""

from collections.abc import Iterable
from pathlib import Path

from ...config.presets import PRESETS, list_of_sheet
from ...errors import Refused
from ...reading import look
from ...reading.grid import Grid
from ...reading.headings import OPEN_DATA, plain
from ...reading.open_data import refuse_years
from .configuration import stack, toml
from .recognise import recognise
from .recognised import Table, name_of, title_of

ANNEX_A = {  # list: name of its dataset, title, the date that is counted, title of its stock
    "List 1": ("contacts", "Contacts", "date", ""),
    "List 2": ("early_help", "Early help assessments started", "started", ""),
    "List 3": ("referrals", "Referrals", "date", ""),
    "List 4": ("assessments", "Assessments started", "started", ""),
    "List 5": ("section_47", "Section 47 enquiries started", "started", ""),
    "List 6": ("in_need", "Children who became children in need", "started", "Children in need"),
    "List 7": ("on_plan", "Child protection plans started", "started", "Children on a child protection plan"),
    "List 8": ("looked_after", "Children who became looked after", "started", "Children looked after"),
}


def starter(files: Iterable, folder: str | Path) -> str:
    """Return the text of a configuration that works on the files.

    Parameters
    ----------
    files : iterable of path-like
    folder : path-like
        Where the configuration will lie; paths are written relative to it.

    Returns
    -------
    str
        TOML.

    Raises
    ------
    Refused
        When a file cannot be read, or none holds dates or monthly figures.
    """
    folder = Path(folder).resolve()
    tables, mapping, population, project, nation = [], None, None, "Your authority", "england"
    for file in map(Path, files):
        grids = look(file)
        if any(
            grid.sheet and list_of_sheet(grid.sheet, grid.header) for grid in grids
        ):  # notes beside them count nothing
            grids = [grid for grid in grids if list_of_sheet(grid.sheet, grid.header)]
        for grid in grids:
            headings = {plain(h) for h in grid.header}
            if {"raw", "category"} <= headings:
                mapping = file
            elif {"area", "year", "children"} <= headings:
                population = file
            elif set(OPEN_DATA) <= headings:
                refuse_years(grid)
                tables.append(_open_data(file))
                project = _country(grid)
            elif (found := list_of_sheet(grid.sheet, grid.header)) and grid.sheet:
                if found in ANNEX_A and len(grid.lines):
                    tables.append(_annex_a(file, found))
            else:
                tables += recognise(file, grid)
    tables = stack(tables, folder)
    if not tables:
        raise Refused(
            "None of the files holds rows with dates, or figures by month, that could be measured. Give `init` an "
            "extract of cases or of monthly figures.",
            code="NOT_TABULAR",
        )
    return toml(tables, folder, project=project, nation=nation, mapping=mapping, population=population)


def _open_data(file: Path) -> Table:
    name = name_of(file.stem)
    measure = {"name": name, "title": title_of(name), "dataset": name, "type": "flow", "polarity": "none"}
    return Table(name, [file], {"kind": "counts", "preset": "dfe-open-data"}, [measure])


def _country(grid: Grid) -> str:
    """Return the name of the whole: the country's where it has a row of its own."""
    at = {plain(h): i for i, h in enumerate(grid.header)}
    national = grid.frame[at["geographic_level"]].str.lower() == "national"
    if "country_name" in at and national.any():
        return str(grid.frame.loc[national, at["country_name"]].iloc[0])
    names = [grid.frame[at[c]] for c in ("la_name", "region_name", "country_name") if c in at]
    return next((str(v) for column in names for v in column if v), "Your authority")


def _annex_a(file: Path, found: str) -> Table:
    name, title, date, stock = ANNEX_A[found]
    measures = [{"name": name, "title": title, "dataset": name, "type": "flow", "date": date, "polarity": "none"}]
    if stock:
        measures.append({"name": f"{name}_open", "title": stock, "dataset": name, "type": "stock", "polarity": "none"})
    return Table(name, [file], {"kind": "cases", "preset": PRESETS[PRESETS.index("annex-a")], "sheet": found}, measures)
