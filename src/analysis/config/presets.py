"""Columns of published layouts, so that a configuration need not repeat them. The layouts stand in `presets.toml`."""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

_LAYOUTS = tomllib.loads(files("analysis.config").joinpath("presets.toml").read_text(encoding="utf-8"))
_CODES = _LAYOUTS.pop("codes")
PRESETS = tuple(_LAYOUTS)
RETURNS = tuple(name for name, layout in _LAYOUTS.items() if "columns" not in layout)  # of several tables
STACKED = frozenset(
    {"annex-a", "cin-census", "ssda903"}
)  # a file a window or year: a later one tells the same event again
YEARLY = IN_XML = frozenset({"cin-census", "ssda903"})


@dataclass(frozen=True)
class Preset:
    """What a layout fixes of a table: which heading plays which part, how it drifts, and what its values may be."""

    kind: str = "cases"
    columns: dict[str, str] = field(default_factory=dict)
    expressions: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    title: str = ""
    table: str = ""
    sheet: str = ""
    element: str = ""
    when: list[str] = field(default_factory=list)
    mark: str = ""
    continues: bool = False
    join: dict[str, str] = field(default_factory=dict)

    @property
    def marked_by(self) -> str:
        """The heading by which the table is told from the others of its return."""
        return self.mark or list(self.columns.values())[1]


@cache
def tables_of(preset: str) -> dict[str, Preset]:
    """Return the tables of a return, by name."""
    return {name: Preset(**layout, table=name) for name, layout in _LAYOUTS[preset].items()}


def preset_columns(
    preset: str, *, table: str | None = None, sheet: str | None = None, sql: str | None = None
) -> Preset:
    """Return what `preset` fixes for one dataset.

    Parameters
    ----------
    preset : str
        One of `PRESETS`.
    table : str, optional
        A table of the return, such as ``referrals``.
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
        When the layout has several tables and nothing says which.
    """
    if preset not in RETURNS:
        return Preset(**_LAYOUTS[preset])
    tables = tables_of(preset)
    if table is not None:
        named = [table] if table in tables else []
    elif sheet is not None:
        named = [t for t, layout in tables.items() if layout.sheet.casefold() == " ".join(sheet.split()).casefold()]
    else:
        mentioned = {word.casefold() for word in re.findall(r"\w+", sql or "")}
        named = [t for t in tables if t in mentioned]
    if len(named) != 1:
        by_sheet = any(layout.sheet for layout in tables.values()) and table is None
        choices = ", ".join(layout.sheet if by_sheet else name for name, layout in tables.items())
        how = "`sql` that names one table" if sql else "`sheet`" if by_sheet else "`table`"
        raise ValueError(f'preset "{preset}" needs to know which part: give {how}, one of {choices}')
    return tables[named[0]]


@cache
def code_list(name: str) -> dict[str, str]:
    """Return the code that each word or code stands for, in small letters.

    >>> code_list("flag")["true"], code_list("need")["n1"]
    ('yes', 'N1')
    """
    codes = _CODES[name]
    if isinstance(codes, list):
        return {code.casefold(): code for code in codes}
    return {word: code for code, words in codes.items() for word in (*words, code.casefold())}


def list_named(sheet: str) -> str | None:
    """Return the table of Annex A that the name of a sheet says, by its number or title; else None.

    >>> list_named("LIST_1 - contacts"), list_named("list10"), list_named("3"), list_named("Front_Sheet")
    ('contacts', 'adoption', 'referrals', None)
    """
    said = " ".join(re.sub(r"[\W_]+", " ", sheet.casefold()).split())
    numbered = re.match(r"(?:list ?)?0*(\d+)(?!\d)", said)
    for name, layout in tables_of("annex-a").items():
        if numbered and layout.sheet.rpartition(" ")[2] == numbered[1]:
            return name
        if layout.title.casefold() == said:
            return name
    return None
