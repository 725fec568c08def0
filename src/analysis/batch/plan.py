"""What is to be made: every report once, checked before anything is started, with the key of all that it is made from."""

import datetime as dt
import hashlib
import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import requires, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from .. import commentary, slices
from .. import outputs as out
from ..catalogue import load
from ..errors import Refused
from ..periods import quarter_code
from ..pipeline import Prepared, cut, find_area
from ..report import CONFIG_FILE, check_parameters, notebook_path
from ..slices import area_folder, quarter_folder
from . import records

SPACE = 4 * 2**20  # bytes that a report takes at most, with its notebook
CUT_FILE = "cut.json"


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
        Paths; `before` is empty where the data do not reach so far.
    papers : dict
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
    papers: dict[str, bytes] = field(repr=False)
    inputs: dict[str, str] = field(repr=False)
    key: str
    limits: Limits = Limits()
    alone: bool = False


def plan(prepared: Prepared, quarters: Iterable[pd.Period], areas: Iterable[str]) -> list[tuple[pd.Period, str]]:
    """Return every report once, quarter by quarter, or refuse the batch before anything is started.

    Raises
    ------
    Refused
        ``NAME_COLLISION`` when two areas would share a folder; ``INVALID_PARAMETER`` when there is nothing to do.
    """
    areas = list(dict.fromkeys(find_area(prepared, a) for a in areas))
    slugs: dict[str, str] = {}
    for area in areas:
        if (other := slugs.setdefault(out.slug(area), area)) != area:
            raise Refused(
                f"The areas '{other}' and '{area}' would share a folder. Rename one in the data.", code="NAME_COLLISION"
            )
    jobs = [(q, a) for q in sorted(set(quarters)) for a in areas]
    if not jobs:
        raise Refused("There is nothing to do: no quarters or no areas.", code="INVALID_PARAMETER")
    return jobs


def check_targets(outputs: Path, jobs: list[tuple[pd.Period, str]], profile: str) -> None:
    """Refuse, before anything is started, names that are taken by something else, and a disk that is too full."""
    for quarter, area in jobs:
        folder = out.page_folder(outputs, profile, quarter, area)
        for part in (folder.parent, folder):
            if part.is_symlink() or (part.exists() and not part.is_dir()):
                raise Refused(f"{part} is a file or a link where a folder is needed. Move it away.", code="UNSAFE_NAME")
        for name in out.PUBLISHED_FILES:
            if (folder / name).is_symlink() or (folder / name).is_dir():
                raise Refused(f"{folder / name} is a folder or a link. Move it away.", code="UNSAFE_NAME")
    if shutil.disk_usage(outputs).free < SPACE * len(jobs):
        raise Refused(
            f"There is too little space for {len(jobs)} reports. Make room for {SPACE * len(jobs) // 2**20} MB.",
            code="NO_SPACE",
        )


class Cutter:
    """Cuts quarters in their order, each once, and none again that would come out the same."""

    def __init__(self, prepared: Prepared, outputs: Path, *, profile: str, asked: dt.date | None):
        self._prepared, self._outputs, self._profile, self._asked = prepared, outputs, profile, asked
        self._digest = _digest(prepared)
        done = (record["parameters"] for _, record in records.all_of(outputs / "restricted" / "done"))
        mine = [p for p in done if p["profile"] == profile]
        self._published = {p["quarter"].lower(): p["as_at"] for p in mine}
        self._cut: dict[pd.Period, dt.date] = {}

    def slices(self, quarter: pd.Period) -> tuple[Path, dt.date]:
        """Return the folder of a quarter that is to be published, and the day up to which it knows things."""
        rule = self._prepared.project.as_at(quarter, newest=self._prepared.newest, asked=self._asked)
        found = self._of(quarter, rule)
        self._published[quarter_code(quarter).lower()] = rule.isoformat()
        return found, rule

    def before(self, quarter: pd.Period) -> Path | None:
        """Return the folder of the quarter before, as its own page saw it; None where it has no data.

        What was published stays as it was, even where the data say something else of that quarter by now.
        """
        said = self._published.get(quarter_code(quarter - 1).lower())
        folder = quarter_folder(self._outputs, self._profile, quarter - 1)
        if said and quarter - 1 not in self._cut and (folder / CUT_FILE).is_file():
            return folder
        own = self._prepared.project.as_at(quarter - 1, newest=self._prepared.newest)
        day = dt.date.fromisoformat(said) if said else min(own, self._asked or own)
        try:
            return self._of(quarter - 1, day)
        except Refused as error:
            if error.code != "NO_DATA":
                raise
            return None

    def _of(self, quarter: pd.Period, as_at: dt.date) -> Path:
        folder = quarter_folder(self._outputs, self._profile, quarter)
        if self._cut.get(quarter) == as_at:
            return folder
        root = folder.parent
        released = [root / code for code in sorted(self._published) if code < folder.name and (root / code).is_dir()]
        known = hashlib.sha256(f"{self._digest} {quarter} {as_at} {self._profile}".encode())
        for path in sorted(p for r in released for p in r.glob("*.parquet")):
            known.update(path.parent.name.encode() + path.read_bytes())
        key = known.hexdigest()
        if (records.read(folder / CUT_FILE) or {}).get("key") != key:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            cut(self._prepared, quarter, folder, profile=self._profile, as_at=as_at, released=released)
            records.write(folder / CUT_FILE, {"key": key})
        self._cut[quarter] = as_at
        return folder


def make_job(
    prepared: Prepared,
    quarter: pd.Period,
    area: str,
    outputs: Path,
    *,
    profile: str,
    cutter: Cutter,
    papers: dict[str, bytes],
    notebook: Path | None = None,
    limits: Limits | None = None,
) -> Job:
    """Return the job of one report, with its key.

    Raises
    ------
    Refused
        ``NO_DATA``; ``UNKNOWN_PARAMETER`` or ``INVALID_PARAMETER`` when the notebook takes other parameters.
    """
    before = cutter.before(quarter)
    folder, as_at = cutter.slices(quarter)
    notebook = notebook or notebook_path()
    given: dict[str, Any] = {
        "quarter": quarter_code(quarter),
        "area": area,
        "profile": profile,
        "as_at": as_at.isoformat(),
    }
    slice_ = [area_folder(folder, area) / n for n in slices.FILES]
    seen = [area_folder(before, area) / slices.MONTHS_FILE] if before else []
    key = hashlib.sha256(json.dumps([given, sorted(papers), _package(), versions()], sort_keys=True).encode())
    for data in (notebook.read_bytes(), *papers.values(), *(p.read_bytes() for p in [*slice_, *seen] if p.is_file())):
        key.update(len(data).to_bytes(8) + data)
    return Job(
        **given,
        name=out.record_name(profile, quarter, area),
        outputs=str(outputs.resolve()),
        slices=str(folder.resolve()),
        before=str(before.resolve()) if before else "",
        notebook=str(notebook.resolve()),
        papers=papers,
        inputs={f"{c.dataset}: {row.file}": row.sha256 for c in prepared.cleaned for row in c.sources.itertuples()},
        key=key.hexdigest(),
        limits=limits or Limits(),
    )


def check_notebook(notebook: Path | None) -> None:
    """Refuse a notebook that does not take a report's parameters."""
    given = dict.fromkeys(("quarter", "area", "config", "profile", "as_at", "work"), "")
    check_parameters(notebook or notebook_path(), given)


def configuration(prepared: Prepared) -> bytes:
    """Return the configuration's text.

    Raises
    ------
    Refused
        ``INPUT_CHANGED`` when it is no longer the one that was read.
    """
    path = prepared.project.path
    text = path.read_bytes()
    if load(path) != prepared.project:
        raise Refused(f"{path.name} was changed while it was used. Run this again.", code="INPUT_CHANGED")
    return text


def papers(prepared: Prepared, config: bytes, quarter: pd.Period, area: str) -> dict[str, bytes]:
    """Return what people wrote that the report reads: the configuration, and the commentary as it is now."""
    found = {CONFIG_FILE: config}
    if (said := commentary.find(prepared.project, quarter, area)) is not None:
        found[said.relative_to(prepared.project.path.parent).as_posix()] = said.read_bytes()
    return found


def _digest(prepared: Prepared) -> str:
    """Return a hash of everything that cutting depends on."""
    known = hashlib.sha256(json.dumps([_package(), versions()], sort_keys=True).encode())
    known.update(prepared.project.path.read_bytes())
    for c in prepared.cleaned:
        facts = [c.dataset, c.summary, c.sources[["file", "rows_in", "sha256"]].to_dict("records")]
        known.update(json.dumps(facts, sort_keys=True, default=str).encode())
    if prepared.population is not None:
        known.update(prepared.population.to_csv().encode())
    for c in prepared.cleaned:
        known.update(pd.util.hash_pandas_object(c.records).to_numpy().tobytes())
    return known.hexdigest()


@cache
def _package() -> str:
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
