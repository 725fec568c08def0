"""Published returns among the files: which is which, the years of each together, and a measure for each thing that one counts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from ...config.presets import tables_of
from ...config.returns import dataset_name
from ...errors import Refused
from ...reading import tables_held
from .configuration import pattern_of

NAMES = {
    "cin-census": "Children in need census",
    "ssda903": "SSDA903",
    "annex-a": "Annex A",
}  # the fullest count of a thing first
LOOKED_AFTER = [
    "C1",
    "C2",
    "D1",
    "E1",
    "J1",
    "J2",
    "J3",
    "L1",
    "L2",
    "L3",
    "V2",
]  # without V3 and V4, series of short breaks
ENDS_CARE = ["E2", "E3", "E4A", "E4B", "E5", "E6", "E7", "E8", "E9", "E11", "E12", "E13", "E14", "E15", "E16", "E17", "E41", "E43", "E44", "E45", "E46", "E47", "E48"]  # fmt: skip
MOST = 0.5  # of a table's columns
EPISODES = {"legal": LOOKED_AFTER}
Source = tuple[str, str, str, dict[str, list[str]]]  # preset, table, date, where
COUNTED: tuple[tuple[str, str, str, list[Source]], ...] = (  # name, title, type, (preset, table, date, where)
    ("contacts", "Contacts", "flow", [("annex-a", "contacts", "date", {})]),
    ("early_help", "Early help assessments started", "flow", [("annex-a", "early_help", "started", {})]),
    ("referrals", "Referrals", "flow", [("cin-census", "referrals", "referral", {}), ("annex-a", "referrals", "date", {})]),
    ("assessments", "Assessments started", "flow", [("cin-census", "assessments", "started", {}), ("annex-a", "assessments", "started", {})]),
    ("section_47", "Section 47 enquiries started", "flow", [("cin-census", "section_47", "started", {}), ("annex-a", "section_47", "started", {})]),
    ("in_need_open", "Children in need", "stock", [("cin-census", "referrals", "", {"nfa": ["no"]}), ("annex-a", "in_need", "", {})]),
    ("in_need", "Children who became children in need", "flow", [("annex-a", "in_need", "started", {})]),
    ("in_need_ended", "Children who ceased to be children in need", "flow", [("cin-census", "referrals", "ended", {"nfa": ["no"]}), ("annex-a", "in_need", "ended", {})]),
    ("on_plan", "Child protection plans started", "flow", [("cin-census", "on_plan", "started", {}), ("annex-a", "on_plan", "started", {})]),
    ("on_plan_open", "Children on a child protection plan", "stock", [("cin-census", "on_plan", "", {}), ("annex-a", "on_plan", "", {})]),
    ("on_plan_ended", "Child protection plans ended", "flow", [("cin-census", "on_plan", "ended", {}), ("annex-a", "on_plan", "ended", {})]),
    ("looked_after", "Children who became looked after", "flow", [("ssda903", "episodes", "started", EPISODES | {"reason": ["S"]}), ("annex-a", "looked_after", "started", {})]),
    ("looked_after_open", "Children looked after", "stock", [("ssda903", "episodes", "", EPISODES), ("annex-a", "looked_after", "", {})]),
    ("looked_after_ended", "Children who ceased to be looked after", "flow", [("ssda903", "episodes", "ended", EPISODES | {"ceased": ENDS_CARE}), ("annex-a", "looked_after", "ended", {})]),
    ("missing", "Times that looked-after children went missing", "flow", [("ssda903", "missing", "started", {"category": ["M"]})]),
)  # fmt: skip


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
        if not measures_of(sets[:1]):  # a table alone of which nothing is counted: looked at as any other file
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
    dated = pattern_of(files)
    pattern = Path(dated) if dated else base / f"*{files[0].suffix}"
    tables: dict[str, set[str]] = {}
    for file in files:
        for table, roles in tables_of_file[file].items():
            tables[table] = tables.get(table, roles) & roles
    in_order = {t: tables[t] for t in tables_of(preset) if t in tables}
    return StarterReturn(preset, files, pattern, in_order)


def _place(one: StarterReturn) -> str:
    return f"{one.pattern.parent.name}/{one.pattern.name}"


def measures_of(returns: list[StarterReturn]) -> list[dict]:
    """Return a measure for each thing that a return counts, from the one that counts it best."""
    by_preset = {one.preset: one for one in returns}
    measures = []
    for name, title, kind, sources in COUNTED:
        for preset, table, date, where in sources:
            roles = by_preset[preset].tables.get(table, set()) if preset in by_preset else set()
            if {date or "started", *({"ended"} if kind == "stock" else ()), *where} <= roles:
                keys: dict = {"name": name, "title": title, "dataset": dataset_name(preset, table), "type": kind}
                keys |= {"date": date} if date else {}
                keys |= {"where": where} if where else {}
                measures.append(keys | ({"unit": "children"} if name == "looked_after" else {}) | {"polarity": "none"})
                break
    return measures


def all_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files given, and those in the folders given; what a program keeps hidden is none of them."""
    found = []
    for path in paths:
        inside = sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]
        found += [f for f in inside if not any(part.startswith((".", "~$")) for part in f.relative_to(path).parts)]
    return list(dict.fromkeys(found))
