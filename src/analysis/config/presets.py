"""Columns of published layouts, so that a configuration need not repeat them. The layouts stand in `presets.toml`."""

import re
import tomllib
from dataclasses import dataclass, field
from importlib.resources import files

_LAYOUTS = tomllib.loads(files("analysis.config").joinpath("presets.toml").read_text(encoding="utf-8"))
PRESETS = tuple(_LAYOUTS)


@dataclass(frozen=True)
class Preset:
    """What a layout fixes: the kind of dataset, which heading plays which part, and how it drifts."""

    kind: str = "cases"
    columns: dict[str, str] = field(default_factory=dict)
    expressions: dict[str, str] = field(default_factory=dict)
    title: str = ""


def preset_columns(preset: str, *, sheet: str | None = None, sql: str | None = None) -> Preset:
    """Return what `preset` fixes for one dataset.

    Parameters
    ----------
    preset : str
        One of `PRESETS`.
    sheet : str, optional
        The list of an Annex A workbook, such as ``List 1``.
    sql : str, optional
        The statement that reads a table of the Standard Safeguarding Dataset.

    Returns
    -------
    Preset

    Raises
    ------
    ValueError
        When the layout has several parts and neither `sheet` nor `sql` says which.
    """
    layout = _LAYOUTS[preset]
    if "columns" in layout:
        return Preset(**layout)
    by_name = {name.casefold(): name for name in layout}
    mentioned = {w.casefold() for w in re.findall(r"\w+", sql or "")} | {" ".join((sheet or "").split()).casefold()}
    parts = [by_name[m] for m in mentioned if m in by_name]
    if len(parts) != 1:
        raise ValueError(
            f'preset "{preset}" needs to know which part: give '
            f"{'`sheet`' if not sql else '`sql` that names one table'}, one of {', '.join(layout)}"
        )
    return Preset(**layout[parts[0]])


def list_of_sheet(sheet: str, header: list[str]) -> str | None:
    """Return the list of Annex A that a sheet holds, by its number or title, if its headings fit; else None.

    >>> list_of_sheet("LIST 1 - contacts", ["Child Unique ID", "Date of Contact", "Contact Source"])
    'List 1'
    """
    said = " ".join(sheet.casefold().replace("_", " ").split())
    folded = {" ".join(h.casefold().split()) for h in header}
    for name, layout in _LAYOUTS["annex-a"].items():
        headings = {h.casefold() for h in layout["columns"].values()}
        titled = re.match(rf"{name.casefold()}(?!\d)", said) or layout["title"].casefold() == said
        if titled and len(headings & folded) * 2 >= len(headings):
            return name
    return None
