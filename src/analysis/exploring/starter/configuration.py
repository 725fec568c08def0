"""Recognised tables -> the text of a `measures.toml`."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from glob import glob
from pathlib import Path
from typing import Any

from ...cleaning.dates import MONTH_NUMBERS
from ...reading.headings import fold_heading
from .vocabulary import name_of, title_of


class Harm(IntEnum):
    """What a wrong guess does to a page, the worst first."""

    ADDED_UP = 1  # a figure that is none: a stock summed, a part beside its total
    LEFT_OUT = 2  # a column or file that is in no figure
    WRONG_DATE = 3  # the right figure in the wrong month
    WRONG_CHILD = 4  # rows for children
    COARSE = 5  # a figure that could be more exact, or an area that could be finer


@dataclass
class StarterTable:
    """One table that was recognised: the lines of its dataset and of its measures, and what is not certain of it."""

    name: str
    files: list[Path]
    keys: dict
    measures: list[dict]
    header: tuple = ()
    doubts: list[tuple[Harm, str]] = field(default_factory=list)

    @property
    def form(self) -> tuple:
        """What is the same in files that are parts of one series."""
        columns = {role: fold_heading(heading) for role, heading in self.keys.get("columns", {}).items()}
        return {**self.keys, "columns": columns}, sorted(map(fold_heading, map(str, self.header)))


def stack(tables: list[StarterTable]) -> list[StarterTable]:
    """Bring tables of one form, in files that differ only in the time they are of, together; all names differ."""
    merged: list[StarterTable] = []
    for table in tables:
        alike = [t for t in tables if t.form == table.form and (t.header or "sheet" in t.keys)]
        files = list(dict.fromkeys(f for t in alike for f in t.files))
        together = len(alike) > 1 and pattern_of(files) is not None
        if together and any(t is not table and t in merged for t in alike):
            continue
        if together:
            table.files = files
            table.doubts = sorted({(harm, text.replace(t.name, table.name)) for t in alike for harm, text in t.doubts})
            _call(table, undated(table.files[0].stem))
        merged.append(table)
    for i, table in enumerate(merged):
        _rename(table, merged[:i])
    return merged


def _call(table: StarterTable, text: str) -> None:
    """Call a table, and its measures, by what its files have in common."""
    if not text or "sheet" in table.keys:
        return
    old, new, title = table.name, name_of(text), title_of(table.files[0].stem)
    if not all(m["name"].startswith(old) for m in table.measures):
        return
    table.name = table.name.replace(old, new, 1)
    table.doubts = [(harm, said.replace(old, new)) for harm, said in table.doubts]
    for m in table.measures:
        m.update(
            name=m["name"].replace(old, new, 1), title=m["title"].replace(title, title_of(text)), dataset=table.name
        )


def _rename(table: StarterTable, before: list[StarterTable]) -> None:
    """Give a table and its measures names of their own."""
    names = {t.name for t in before} | {m["name"] for t in before for m in t.measures}
    titles = {m["title"] for t in before for m in t.measures}
    if table.name in names:
        number = next(n for n in range(2, 1000) if f"{table.name}_{n}" not in names)
        old, table.name = table.name, f"{table.name}_{number}"
        for measure in table.measures:
            measure.update(name=measure["name"].replace(old, table.name, 1), dataset=table.name)
    for measure in table.measures:
        if measure["title"] in titles:
            own = f"{title_of(table.files[0].stem)}: {measure['title']}"
            number = next(n for n in range(2, 1000) if f"{measure['title']} ({n})" not in titles)
            measure["title"] = own if own not in titles else f"{measure['title']} ({number})"
        titles.add(measure["title"])


def pattern_of(files: list[Path]) -> str | None:
    """Return a glob that matches these files and no others, where they differ only in years, months and the like."""
    files = sorted({f.resolve() for f in files})
    if len(files) == 1:
        return str(files[0])
    if len({undated(f.name) for f in files}) > 1:
        return None
    if len({f.parent for f in files}) == 1:
        pattern = str(files[0].parent / _common([f.name for f in files]))
    elif len({f.name for f in files}) == 1 and len({f.parent.parent for f in files}) == 1:  # a folder a year
        if len({undated(f.parent.name) for f in files}) > 1:
            return None
        pattern = str(files[0].parent.parent / _common([f.parent.name for f in files]) / files[0].name)
    else:
        return None
    return pattern if {Path(f).resolve() for f in glob(pattern)} == set(files) else None


def undated(name: str) -> str:
    """Take out of a name what says when.

    >>> undated("CLA April 2018-19 v2.csv") == undated("CLA Mar 2020-21 v1.csv")
    True
    """
    words = re.findall(r"[^\W\d_]+", name.casefold())
    return " ".join(w for w in words if w[:3] not in MONTH_NUMBERS and w not in ("q", "v", "fy", "quarter", "final"))


def _common(names: list[str]) -> str:
    before = os.path.commonprefix(names)  # noqa: RUF071 - of names, not paths
    after = os.path.commonprefix([n[len(before) :][::-1] for n in names])[::-1]  # noqa: RUF071 - of names, not paths
    return f"{before}*{after}"


def toml(
    tables: list[StarterTable],
    folder: Path,
    *,
    project: str,
    nation: str,
    mapping: Path | None,
    population: Path | None,
    doubts: list[tuple[Harm, str]],
    returns: Sequence[tuple[str, str, Path, list[str]]] = (),  # title, preset, pattern, tables
    standard: Sequence[str] = (),
    off: Sequence[str] = (),
) -> str:
    """Return the configuration, with what could not be decided at its head, the worst first."""
    lines = ["# A first configuration, made by looking at the files. Edit it: names, nation, what is counted."]
    doubts = sorted({*doubts, *(d for t in tables for d in t.doubts)})
    if doubts:
        lines += ["#", "# What looking at the files could not decide, in order of harm:"]
        lines += [f"# - {_one_line(text)}" for _, text in doubts]
    lines += [
        "",
        "[project]",
        f"name = {_quoted(project)}",
        f"nation = {_quoted(nation)}                # or the other: its bank holidays",
        "# as_at = 2021-04-12              # what was known when; left out: the newest date in the data",
    ]
    if standard:
        lines.append('standard = "core"                 # or "all": what `trend-or-spike measures` lists')
        lines += ["#", "# Standard measures that the returns carry:", *(f"# - {name}" for name in standard)]
    for title, preset, pattern, held in returns:
        place = _from_folder(
            str(pattern.resolve() if not re.search(r"[*{]", str(pattern)) else pattern.absolute()), folder
        )
        lines += [
            "",
            f"[[return]]                      # {title}",
            f"preset = {_quoted(preset)}",
            f"path = {_quoted(place)}",
        ]
        lines.append(f"tables = {_value(held)}")
    for table in tables:
        lines += [
            "",
            "[[dataset]]",
            f"name = {_quoted(table.name)}",
            f"path = {_quoted(_relative(table.files, folder))}",
        ]
        lines += [f"{key} = {_value(value)}" for key, value in table.keys.items()]
        if mapping and "category" in table.keys.get("columns", {}):
            lines.append(f"categories = {_quoted(_relative([mapping], folder))}")
    for name in off:  # a column of it is not in the files
        lines += ["", "[[measure]]", f"name = {_quoted(name)}", "off = true"]
    for table in tables:
        for measure in table.measures:
            lines += ["", "[[measure]]", *(f"{key} = {_value(value)}" for key, value in measure.items())]
    if population:
        lines += ["", "[population]", f"path = {_quoted(_relative([population], folder))}"]
    return "\n".join([*lines, ""])


def _one_line(text: str) -> str:
    """Return a text that stays a comment, whatever a heading in it holds."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _relative(files: list[Path], folder: Path) -> str:
    return _from_folder(pattern_of(files) or "", folder)  # `stack` brought only files together that have one


def _from_folder(pattern: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(pattern, folder)).as_posix()
    except ValueError:  # another drive
        return Path(pattern).as_posix()


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    return _quoted(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
