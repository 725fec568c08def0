"""One report to be made: what it is made from, and the versions of what makes it."""

import hashlib
import re
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
    outputs, slices, before, notebook : str
        Paths; `before` is empty where there is no page of the quarter before.
    documents : dict
        What people wrote, by the name it has beside the slice: the configuration, the commentary.
    inputs : dict
        Hashes of the files that were read.
    key : str
        Hash of everything that the page is made from.
    limits : Limits
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
    before: str
    notebook: str
    documents: dict[str, bytes] = field(repr=False)
    inputs: dict[str, str] = field(repr=False)
    key: str
    limits: Limits = Limits()
    alone: bool = False


@cache
def package_hash() -> str:
    """Return a hash of the package's source, with its template, style and catalogues of words."""
    root = Path(str(files("analysis")))
    known = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p.suffix not in (".pyc", ".ipynb")):
        known.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return known.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Return the version of this package and of every package that it names."""
    needed = [re.match(r"[\w.-]+", text).group() for text in requires("trend-or-spike") or [] if "extra ==" not in text]
    return {name: version(name) for name in ["trend-or-spike", *sorted(needed)]}
