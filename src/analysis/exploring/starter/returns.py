"""Published returns among the files: which is which, the years of each together, and which standard measures they carry."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from ...config.presets import tables_of
from ...config.returns import DATED, with_returns
from ...config.standard import standard_measures
from ...errors import Refused
from ...reading import tables_held
from .configuration import pattern_of

NATION = "england"  # whose returns these are
NAMES = {
    "cin-census": "Children in need census",
    "ssda903": "SSDA903",
    "annex-a": "Annex A",
}  # the fullest count of a thing first
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST = 0.5  # of a table's columns


@dataclass
class StarterReturn:
    """One return: its files, the pattern that matches them, and the roles of each table that they hold."""

    preset: str
    files: list[Path]
    pattern: Path
    tables: dict[str, set[str]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What it is called."""
        return NAMES[self.preset]

    @property
    def lacking(self) -> list[str]:
        """The tables that the return can have and these files do not hold."""
        return [t for t in tables_of(self.preset) if t not in self.tables]


def find_returns(files: Iterable[Path]) -> tuple[list[StarterReturn], list[Path], list[str], list[Refused]]:
    """Return the returns among files, the other files, what is left out, in sentences, and the files refused."""
    held: dict[str, dict[Path, dict[str, set[str]]]] = {preset: {} for preset in NAMES}
    rest, twice, refused = [], [], []
    for file in files:
        try:
            of_preset = {p: t for p in NAMES if (t := _tables_in_full(file, p))}
        except Refused as error:
            refused.append(error)
            continue
        for preset, tables in list(of_preset.items())[:1]:
            held[preset][file] = tables
        if not of_preset:
            rest.append(file)
    returns = []
    for preset, tables_of_file in held.items():
        sets = [_joined(preset, group, tables_of_file) for group in _sets(list(tables_of_file))]
        sets.sort(key=lambda one: (-len(one.tables), -len(one.files), str(one.pattern)))
        if (
            sets and not carried_by(sets[:1])[0]
        ):  # a table alone of which nothing is counted: looked at as any other file
            rest += tables_of_file
            continue
        returns += sets[:1]
        for one in sets[1:]:
            twice.append(f"{NAMES[preset]} stands in {_place(sets[0])} already: {_place(one)} would count it again.")
    return returns, rest, twice, refused


def _tables_in_full(file: Path, preset: str) -> dict[str, set[str]]:
    """Return the tables that a file holds with most of their columns: two headings alone make no return."""
    layouts = tables_of(preset)
    held = tables_held(file, preset)
    return {t: roles for t, roles in held.items() if len(roles) >= MOST * len(layouts[t].columns)}


def _sets(files: list[Path]) -> list[list[Path]]:
    """Return the files in sets that one pattern matches: a folder's, or those of folders beside each other, of one form."""

    def place(file: Path) -> tuple[str, str]:
        return str(file.parent), file.suffix.lower()

    by_folder = [list(group) for _, group in groupby(sorted(files, key=place), place)]
    beside = len({(g[0].parent.parent, g[0].suffix.lower()) for g in by_folder}) == 1
    if beside and all({f.name for f in g} & {f.name for f in by_folder[0]} for g in by_folder):  # a folder a year
        return [[f for g in by_folder for f in g]]
    return by_folder


def _joined(preset: str, files: list[Path], tables_of_file: dict[Path, dict[str, set[str]]]) -> StarterReturn:
    folders = {f.parent for f in files}
    base = files[0].parent if len(folders) == 1 else files[0].parent.parent / "*"
    around = {DAY.sub(DATED, f.name) for f in files}  # annex-a-2021-03-31.xlsx
    dated = str(base / around.pop()) if len(around) == 1 and DAY.search(files[0].name) else pattern_of(files)
    pattern = Path(dated) if dated else base / f"*{files[0].suffix}"
    tables: dict[str, set[str]] = {}
    for file in files:
        for table, roles in tables_of_file[file].items():
            tables[table] = tables.get(table, roles) & roles
    in_order = {t: tables[t] for t in tables_of(preset) if t in tables}
    return StarterReturn(preset, files, pattern, in_order)


def _place(one: StarterReturn) -> str:
    return f"{one.pattern.parent.name}/{one.pattern.name}"


def carried_by(returns: list[StarterReturn]) -> tuple[list[str], list[str], list[str]]:
    """Return the names of the standard measures that the returns carry, of those to switch off, and what they lack, in a sentence.

    To switch off are those for which a table is there and a column of it is not in the files.
    """
    document = {
        "project": {"nation": NATION},
        "return": [{"preset": r.preset, "path": str(r.pattern), "tables": list(r.tables)} for r in returns],
    }
    held = {f"{r.preset}.{table}": roles for r in returns for table, roles in r.tables.items()}
    written = with_returns(document)
    in_full, in_files = standard_measures(written), standard_measures(written, held=held)
    carried, off, lacking = [], [], []
    for whole, there in zip(in_full, in_files, strict=True):
        if there.measure and there.measure == whole.measure:
            carried += [there.name] * there.asked
        elif there.asked:
            off += [there.name] * bool(whole.measure)
            lacking.append(there.title)
    say_more = "`trend-or-spike measures` says what each can be made from."
    return carried, off, [f"Not from these files: {'; '.join(lacking)}. {say_more}"] if lacking else []


def all_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files given, and those in the folders given; what a program keeps hidden is none of them."""
    found = []
    for path in paths:
        inside = sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]
        found += [f for f in inside if not any(part.startswith((".", "~$")) for part in f.relative_to(path).parts)]
    return list(dict.fromkeys(found))
