"""The field's standard measures: written out for the tables that a configuration names, as its analyst would have to.

They stand in `standard.toml`. A configuration chooses them by `standard` in `[project]`, and changes one by a `[[measure]]` of its
name without a dataset: a title, a limit, any key of a measure, or `off`.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from ..errors import Refused, nearest
from ..kinds import KINDS
from .conditions import EARLIER
from .presets import PRESETS, preset_columns
from .returns import EXTRACTS

_DOCUMENT = tomllib.loads(files("analysis.config").joinpath("standard.toml").read_text(encoding="utf-8"))
VERSION = _DOCUMENT.pop("version")
_SPELLS = _DOCUMENT.pop("spells")
STANDARD: dict[str, dict] = _DOCUMENT
CORE, ALL, NONE = "core", "all", "none"  # which of them a configuration takes
OWN = "own"  # the return of a council's own tables
_OF_A_STANDARD = ("title", "meaning", "core", "nation", "from", "limit")
_OF_A_CHANGE = ("off", "limit")
_OF_BOTH = {
    *_OF_A_CHANGE,
    "title",
    "titles",
    "target",
    "polarity",
}  # a change of any other key is one of its table alone
LIMIT = "{limit}"


@dataclass(frozen=True)
class Carried:
    """A standard measure, and what of a configuration can carry it.

    Attributes
    ----------
    name, title, meaning : str
    tables : list of str
        The tables from which it can be made, `return.table`, the first to be taken first.
    measure : dict
        As it would stand in the configuration; empty where no dataset carries it.
    check : dict
        The same, from the next table that carries it; empty where there is none.
    asked : bool
        The configuration takes it, if a dataset carries it.
    """

    name: str
    title: str
    meaning: str
    tables: list[str]
    measure: dict
    check: dict
    asked: bool

    @property
    def core(self) -> bool:
        """Whether it is on by default."""
        return bool(STANDARD[self.name].get("core"))

    @property
    def polarity(self) -> str:
        """Which way is better."""
        return str(STANDARD[self.name].get("polarity", NONE))

    @property
    def nation(self) -> str:
        """The nation whose term or limit it is; empty: both."""
        return str(STANDARD[self.name].get("nation", ""))


def with_standard(document: Any, file: str) -> Any:
    """Return a configuration's document with its standard measures written out, as far as it is well formed.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` for a change of a standard measure that no dataset can carry.
    """
    if not _is_well_formed(document):
        return document
    own, changes = _own_and_changes(document)
    measures: list[dict] = []
    checks: list[dict] = []
    datasets = _Datasets(document, {})
    for one in standard_measures(document):
        if one.asked and one.measure:
            for made, where in ((one.measure, measures), (one.check, checks)):
                if made:
                    datasets.use(made)
                    where.append({k: v for k, v in made.items() if k != "joined"})
        elif one.asked and one.name in changes:
            raise Refused(
                f"{file}: [[measure]] '{one.name}' is a standard measure, and no dataset carries it. It is made from "
                f"{', '.join(one.tables)}, or from a dataset of counts named '{one.name}'.",
                code="INVALID_PARAMETER",
            )
    for name in (m["name"] for m in own if "off" in m and isinstance(m.get("name"), str)):
        raise Refused(
            f"{file}: [[measure]] '{name}' is switched `off`, and is no standard measure.{nearest(name, STANDARD)}",
            code="INVALID_PARAMETER",
        )
    written = document.get("check", [])
    checks = [*checks, *written] if isinstance(written, list) else written
    return document | {"dataset": datasets.all(), "measure": [*measures, *own], "check": checks}


def _own_and_changes(document: dict) -> tuple[list[dict], dict[str, dict]]:
    """Return the measures that a configuration defines, and its changes of standard ones by their names."""
    written = document.get("measure", [])
    changes = {m["name"]: m for m in written if "dataset" not in m and m.get("name") in STANDARD}
    return [m for m in written if m.get("name") not in changes], changes


def standard_measures(document: Any = None, *, held: dict[str, set[str]] | None = None) -> list[Carried]:
    """Return every standard measure that is of a configuration's nation or that it names, and the measure that it becomes there.

    Parameters
    ----------
    document : dict, optional
        A configuration as it is read; left out: every measure, and none carried.
    held : dict of set of str, optional
        Of tables (`return.table`), the roles of the columns that their files have; left out: all of the table's.
    """
    document = document if _is_well_formed(document) else {"project": {}, "dataset": []}
    project, (own, changes) = document["project"], _own_and_changes(document)
    chosen = project.get("standard", NONE if own else CORE)
    tables, found = _Datasets(document, held or {}), []
    for name, entry in STANDARD.items():
        nation = project.get("nation")
        if nation and name not in changes and entry.get("nation", nation) != nation:
            continue
        change = {k: v for k, v in changes.get(name, {}).items() if k != "name"}
        limit = change.get("limit", entry.get("limit"))
        titles, sources = entry["title"], [_source(s) for s in entry["from"]]
        title = titles.get(project.get("language", "en"), titles["en"])
        made = [m for m in (*(tables.measure(entry, s) for s in sources), tables.counts(name, entry)) if m]
        made = made[: 2 if set(change) <= _OF_BOTH else 1]
        said, meaning = (_put(text, {LIMIT: limit}) for text in (title, entry["meaning"]))
        keys = {k: v for k, v in change.items() if k not in _OF_A_CHANGE}
        made = [_put({"name": name, "title": title, **m, **keys}, {LIMIT: limit}) for m in made]
        measure, check = (*made, {}, {})[:2]
        asked = name in changes or chosen == ALL or (chosen == CORE and bool(entry.get("core")))
        asked &= not change.get("off") and name not in {m.get("name") for m in own}
        found.append(Carried(name, said, meaning, [s["table"] for s in sources], measure, check, asked))
    return found


def _is_well_formed(document: Any) -> bool:
    """Say whether a document has the tables that standard measures are made from; of another the reader complains."""
    if not isinstance(document, dict) or not isinstance(document.get("project"), dict):
        return False
    lists = [document.get("dataset", []), document.get("measure", [])]
    return all(isinstance(items, list) and all(isinstance(i, dict) for i in items) for items in lists)


def _source(source: str | dict) -> dict:
    return {"table": source} if isinstance(source, str) else source


def _put(value: Any, names: dict[str, Any]) -> Any:
    """Put values in the place of names, in keys, texts and whatever holds them."""
    if isinstance(value, dict):
        return {names.get(k, k): _put(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [_put(v, names) for v in value]
    if isinstance(value, str):
        if value in names:
            return names[value]
        return value.replace(LIMIT, str(names[LIMIT])) if LIMIT in names else value
    return value


class _Datasets:
    """The datasets of a document by the table that each is, and those that are made of them."""

    def __init__(self, document: dict, held: dict[str, set[str]]):
        self.datasets = {d["name"]: dict(d) for d in document.get("dataset", []) if isinstance(d.get("name"), str)}
        self.unnamed = [d for d in document.get("dataset", []) if not isinstance(d.get("name"), str)]
        self.names: dict[str, str] = {}
        self.roles: dict[str, set[str]] = {}
        for name, dataset in self.datasets.items():
            table, roles = _table_of(name, dataset)
            if table and table not in self.names:
                self.names[table], self.roles[name] = name, roles & held.get(table, roles)
        self.made: dict[str, dict] = {}
        for table, spells in _SPELLS.items():
            if spells["of"] not in self.names:
                continue
            roles, chosen = (
                set(self.roles[self.names[spells["of"]]]),
                {*spells.get("where", {}), *spells.get("begins", {})},
            )
            joined = {  # what comes from another table, where that is there
                k: {r: j for r, j in spells.get(k, {}).items() if j["table"] in self.names}
                for k in ("joined", "of_joined")
            }
            if chosen <= roles | set(joined["of_joined"]):
                name = table.replace("-", "_").replace(".", "_")
                self.names[table], self.made[name] = name, spells | joined
                self.roles[name] = roles | set(joined["joined"]) | set(joined["of_joined"])

    def measure(self, entry: dict, source: dict) -> dict | None:
        """Return a standard measure of a table; None where it, a table that is looked up, or a column of it is not there."""
        if source["table"] not in self.names:
            return None
        keys = {k: v for k, v in entry.items() if k not in _OF_A_STANDARD}
        keys |= {k: v for k, v in source.items() if k != "table"}
        if entry.get("where") and source.get("where"):
            keys["where"] = entry["where"] | source["where"]
        joined = keys.get("joined", {})
        others = {n for key in ("where", "share") for n in keys.get(key, {}) if "." in n} | {
            j["table"] for j in joined.values()
        }
        dataset = self.names[source["table"]]
        if keys.get("extracts") and f"{dataset}{EXTRACTS}" in self.datasets:
            self.roles[f"{dataset}{EXTRACTS}"] = self.roles[dataset]
            dataset = f"{dataset}{EXTRACTS}"
        if not others <= set(self.names) or not _roles(keys) - others - set(joined) <= self.roles[dataset]:
            return None
        return _put({"dataset": dataset, **keys}, self.names)

    def counts(self, name: str, entry: dict) -> dict | None:
        """Return a standard measure of a dataset of counts that has its name."""
        dataset = self.datasets.get(name, {})
        share = KINDS[entry["type"]].share
        if dataset.get("kind") != "counts" or (share and "denominator" not in dataset.get("columns", {})):
            return None
        kind = next(k.name for k in KINDS.values() if k.share) if share else entry["type"]
        return {"dataset": name, "type": kind, "polarity": entry.get("polarity", NONE)}

    def use(self, measure: dict) -> None:
        """Make what a measure is made from: spells, and columns of other datasets."""
        named = [measure["dataset"], *(n for key in ("where", "share") for n in measure.get(key, {}))]
        for name in named:
            if name in self.made and name not in self.datasets:
                spells = self.made[name]
                of = self.names[spells["of"]]
                self._join(of, spells.get("of_joined", {}))
                how = {"of": of, **{k: spells[k] for k in ("where", "begins", "gap_days") if k in spells}}
                self.datasets[name] = {"name": name, "spells": how}
                self._join(name, spells.get("joined", {}))
        self._join(measure["dataset"], measure.get("joined", {}))

    def _join(self, name: str, joined: dict) -> None:
        for role, where in joined.items():
            own = self.datasets[name].setdefault("joined", {})
            if role not in own and role not in self.datasets[name].get("columns", {}):
                other = self.names.get(where["table"], where["table"])
                own[role] = {"dataset": other, **{k: v for k, v in where.items() if k != "table"}}

    def all(self) -> list[dict]:
        """Return every dataset."""
        return [*self.datasets.values(), *self.unnamed]


def _table_of(name: str, dataset: dict) -> tuple[str, set[str]]:
    """Return which table a dataset is, and its roles; empty of counts and where nothing says."""
    columns = dataset.get("columns", {})
    if not isinstance(columns, dict) or dataset.get("kind") == "counts" or "spells" in dataset:
        return "", set()
    preset = dataset.get("preset")
    if preset is None:
        return f"{OWN}.{name}", set(columns)
    part = {k: dataset[k] for k in ("table", "sheet", "sql") if isinstance(dataset.get(k), str)}
    try:
        layout = preset_columns(preset, **part) if preset in PRESETS else None
    except ValueError:  # of which the dataset's own check says what is wrong
        return "", set()
    return (f"{preset}.{layout.table}", {*layout.columns, *columns}) if layout and layout.table else ("", set())


def _roles(keys: dict) -> set[str]:
    """Return the columns that a measure uses."""
    kind = KINDS[keys["type"]]
    roles: Iterable = [
        *(keys[k] for k in ("date",) if k in keys),
        *(keys.get("within", {}).get(k) for k in ("from", "to")),
        keys.get("length", {}).get("from"),
        *keys.get("where", {}),
        *keys.get("share", {}),
        *(() if keys.get("extracts") else kind.columns),
    ]
    return {r for r in roles if r} - {EARLIER}
