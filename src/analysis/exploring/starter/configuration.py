"""Recognised tables -> the text of a `measures.toml`."""

import json
import os
from glob import glob
from pathlib import Path
from typing import Any

from .recognised import Table


def stack(tables: list[Table], folder: Path) -> list[Table]:
    """Bring tables of the same form together under one glob, and give every other one its own name."""
    merged: list[Table] = []
    for form in [(t.keys, t.header) for t in tables if t.header]:
        alike = [t for t in tables if (t.keys, t.header) == form]
        if len(alike) > 1 and _pattern([f for t in alike for f in t.files]) is not None:
            alike[0].files = [f for t in alike for f in t.files]
            tables = [t for t in tables if t is alike[0] or t not in alike]
    for table in tables:
        twin = next(
            (
                t
                for t in merged
                if (t.keys, t.header) == (table.keys, table.header)
                and (t.header or "sheet" in t.keys)
                and _pattern([*t.files, *table.files]) is not None
            ),
            None,
        )
        if twin:
            twin.files += table.files
            continue
        taken = {t.name for t in merged} | {m["name"] for t in merged for m in t.measures}
        if table.name in taken:
            number = next(n for n in range(2, 1000) if f"{table.name}_{n}" not in taken)
            old, table.name = table.name, f"{table.name}_{number}"
            for measure in table.measures:
                measure.update(name=measure["name"].replace(old, table.name, 1), dataset=table.name)
                measure["title"] = f"{measure['title']} ({number})"
        merged.append(table)
    return merged


def _pattern(files: list[Path]) -> str | None:
    """Return a glob that matches these files and no others, or None."""
    files = sorted({f.resolve() for f in files})
    if len(files) == 1:
        return str(files[0])
    if len({f.parent for f in files}) > 1:
        return None
    names = [f.name for f in files]
    before = os.path.commonprefix(names)  # noqa: RUF071 - of names, not paths
    after = os.path.commonprefix([n[len(before) :][::-1] for n in names])[::-1]  # noqa: RUF071 - of names, not paths
    pattern = str(files[0].parent / f"{before}*{after}")
    return pattern if {Path(f).resolve() for f in glob(pattern)} == set(files) else None


def toml(
    tables: list[Table], folder: Path, *, project: str, nation: str, mapping: Path | None, population: Path | None
) -> str:
    """Return the configuration."""
    lines = [
        "# A first configuration, made by looking at the files. Edit it: names, nation, what is counted.",
        "",
        "[project]",
        f"name = {_quoted(project)}",
        f"nation = {_quoted(nation)}                # or the other: its bank holidays",
        "# as_at = 2021-04-12              # what was known when; left out: the newest date in the data",
    ]
    for table in tables:
        lines += [
            "",
            "[[dataset]]",
            f"name = {_quoted(table.name)}",
            f"path = {_quoted(_relative(table.files, folder))}",
        ]
        lines += [f"{key} = {_value(value)}" for key, value in table.keys.items()]
        if mapping and "category" in table.roles:
            lines.append(f"categories = {_quoted(_relative([mapping], folder))}")
    for table in tables:
        for measure in table.measures:
            lines += ["", "[[measure]]", *(f"{key} = {_value(value)}" for key, value in measure.items())]
    if population:
        lines += ["", "[population]", f"path = {_quoted(_relative([population], folder))}"]
    return "\n".join([*lines, ""])


def _relative(files: list[Path], folder: Path) -> str:
    pattern = _pattern(files) or ""  # `stack` brought only files together that have one
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
