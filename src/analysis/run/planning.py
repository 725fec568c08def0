"""What is to be made: every report once, checked before anything is started, with the key of all that it is made from."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from .. import outputs as out
from .. import snapshots
from ..cleaning.texts import fold_name
from ..config import load
from ..errors import Refused
from ..periods import quarter_code
from ..pipeline import Prepared, find_area
from ..pipeline import areas as all_areas
from ..report import commentary
from ..report.running import CONFIG_FILE, check_parameters, notebook_path
from ..snapshots import area_folder
from .job import Job, Limits, report_key
from .quarters import SnapshotMaker

SPACE = 4 * 2**20  # bytes that a report takes at most, with its notebook


def plan(prepared: Prepared, quarters: Iterable[pd.Period], areas: Iterable[str]) -> list[tuple[pd.Period, str]]:
    """Return every report once, quarter by quarter, or refuse the batch before anything is started.

    Raises
    ------
    Refused
        ``NAME_COLLISION`` when two areas would share a folder; ``INVALID_PARAMETER`` when there is nothing to do.
    """
    areas, refusals = choose_areas(prepared, areas)
    if refusals:
        raise refusals[0]
    jobs = [(q, a) for q in sorted(set(quarters)) for a in areas]
    if not jobs:
        raise Refused("There is nothing to do: no quarters or no areas.", code="INVALID_PARAMETER")
    return jobs


def choose_areas(prepared: Prepared, areas: Iterable[str]) -> tuple[list[str], list[Refused]]:
    """Return the areas meant, each once, of which pages can be made, and why others cannot: what is no area, or two of one folder."""
    by_folder: dict[str, list[str]] = {}
    refusals = []
    for name in areas:
        try:
            area = find_area(prepared, name)
            same = by_folder.setdefault(out.slug(area), [])
            same += [area] if area not in same else []
        except Refused as error:
            refusals.append(error)
    for same in by_folder.values():
        if len(same) > 1:
            named = " and ".join(f"'{area}'" for area in same)
            complaint = f"The areas {named} would share a folder. Rename one in the data."
            refusals.append(Refused(complaint, code="NAME_COLLISION"))
    return [same[0] for same in by_folder.values() if len(same) == 1], refusals


def split_names(prepared: Prepared, text: str) -> list[str]:
    """Return the names between commas; one with a comma of its own stays whole, as "Bristol, City of" does."""
    known = {fold_name(area) for area in all_areas(prepared)}
    pieces = [piece for piece in text.split(",") if piece.strip()]
    names = []
    while pieces:
        longest = next((n for n in range(len(pieces), 1, -1) if fold_name(",".join(pieces[:n])) in known), 1)
        names.append(",".join(pieces[:longest]))
        del pieces[:longest]
    return names


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


def make_job(
    prepared: Prepared,
    quarter: pd.Period,
    area: str,
    outputs: Path,
    *,
    snapshot_maker: SnapshotMaker,
    documents: dict[str, bytes],
    notebook: Path | None = None,
    limits: Limits | None = None,
    papers: tuple[str, ...] = (),
) -> Job:
    """Return the job of one report, with its key.

    Raises
    ------
    Refused
        ``NO_DATA``; ``UNKNOWN_PARAMETER`` or ``INVALID_PARAMETER`` when the notebook takes other parameters.
    """
    folder, as_at = snapshot_maker.slices(quarter)
    notebook = notebook or notebook_path()
    given: dict[str, Any] = {
        "quarter": quarter_code(quarter),
        "area": area,
        "profile": snapshot_maker.profile,
        "as_at": as_at.isoformat(),
    }
    slice_ = [area_folder(folder, area) / n for n in snapshots.FILES]
    key = report_key(given | {"papers": papers}, notebook=notebook, documents=documents, tables=slice_)
    return Job(
        **given,
        name=out.record_name(snapshot_maker.profile, quarter, area),
        outputs=str(outputs.resolve()),
        slices=str(folder.resolve()),
        notebook=str(notebook.resolve()),
        documents=documents,
        inputs={f"{c.dataset}: {row.file}": row.sha256 for c in prepared.cleaned for row in c.sources.itertuples()},
        key=key,
        limits=limits or Limits(),
        papers=papers,
    )


def check_notebook(notebook: Path | None) -> None:
    """Refuse a notebook in place of the package's that does not take a report's parameters."""
    if notebook is not None:  # papermill, which reads them, takes half a second to import
        given = dict.fromkeys(("quarter", "area", "config", "profile", "as_at", "work"), "")
        check_parameters(notebook, given)


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


def documents(prepared: Prepared, config: bytes, quarter: pd.Period, area: str) -> dict[str, bytes]:
    """Return what people wrote that the report reads: the configuration, and the commentary as it is now."""
    found = {CONFIG_FILE: config}
    if (said := commentary.find_commentary(prepared.project, quarter, area)) is not None:
        found[said.relative_to(prepared.project.path.parent).as_posix()] = said.read_bytes()
    return found
