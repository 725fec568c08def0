"""One report to be made: what it is made from, and its key, the hash of everything that its page is made from."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import requires, version
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """What one report may take: seconds of the clock, and megabytes beyond what its process begins with."""

    seconds: int = 300
    megabytes: int = 2048


@dataclass(frozen=True)
class Job:
    """One report to be made, plain enough to be sent to another machine that shares the outputs folder.

    Attributes
    ----------
    quarter, area, profile, as_at, name : str
    outputs, slices, notebook : str
        Paths.
    documents : dict
        What people wrote, by the name it has beside the slice: the configuration, the commentary.
    inputs : dict
        Hashes of the files that were read.
    key : str
        Hash of everything that the page is made from.
    limits : Limits
    papers : tuple of str
        Files that are made from the page afterwards: it leads to them.
    alone : bool
        No other report is made with it.
    """

    quarter: str
    area: str
    profile: str
    as_at: str
    name: str
    outputs: str
    slices: str
    notebook: str
    documents: dict[str, bytes] = field(repr=False)
    inputs: dict[str, str] = field(repr=False)
    key: str
    limits: Limits = Limits()
    papers: tuple[str, ...] = ()
    alone: bool = False


def report_key(parameters: dict, *, notebook: Path, documents: dict[str, bytes], tables: Iterable[Path]) -> str:
    """Return the key of one report.

    Parameters
    ----------
    parameters : dict
        Quarter, area, profile and as-at date, and the files that the page leads to.
    notebook : pathlib.Path
    documents : dict
        What people wrote, by name: the configuration, the commentary.
    tables : iterable of pathlib.Path
        The area's snapshot; those that are not there count as empty.

    Returns
    -------
    str
        Of these, this package's source and the versions of its dependencies.
    """
    key = hashlib.sha256(
        json.dumps([parameters, sorted(documents), package_hash(), versions()], sort_keys=True).encode()
    )
    for data in (notebook.read_bytes(), *documents.values(), *(p.read_bytes() for p in tables if p.is_file())):
        key.update(len(data).to_bytes(8) + data)
    return key.hexdigest()


@cache
def package_hash() -> str:
    """Return a hash of the package's source, with its template, style and catalogues of words."""
    root = Path(str(files("analysis")))
    source = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p.suffix not in (".pyc", ".ipynb")):
        source.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return source.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Return the version of this package and of every package that it names."""
    needed = [re.match(r"[\w.-]+", text).group() for text in requires("trend-or-spike") or [] if "extra ==" not in text]
    return {name: version(name) for name in ["trend-or-spike", *sorted(needed)]}
