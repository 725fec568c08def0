"""One job -> one page in its place, or the reason why not. Runs wherever the batch sends it."""

import atexit
import json
import os
import queue
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .. import outputs as out
from .. import snapshots
from ..errors import AnalysisError, ReportFailed
from ..periods import parse_quarter
from ..process import can_fork, has_one_thread
from ..report.running import BRIEF_FILE, EXECUTED_FILE, NOTEBOOK_FILE, REVISION_FILE, Task, make_page
from . import done_records
from .job import Job, versions
from .warm_pool import WarmProcess

ENGINE = "TREND_OR_SPIKE_ENGINE"  # environment variable: "kernel" has reports run by Jupyter's kernel, as on Windows
_idle: queue.SimpleQueue[WarmProcess] = queue.SimpleQueue()  # warm processes of this process that wait for work
_all: set[WarmProcess] = set()
_over = threading.Event()  # the run is interrupted: nothing is begun or written any more


@dataclass(frozen=True)
class Made:
    """What came of one job: a page, perhaps from a run before this; else why there is none."""

    name: str
    quarter: str
    area: str
    page: Path | None
    kind: str = ""
    code: str = ""
    reason: str = ""
    already: bool = False

    @classmethod
    def failed(cls, name: str, quarter: str, area: str, error: AnalysisError) -> "Made":
        """Return the outcome of a report that could not be made."""
        return cls(name, quarter, area, None, type(error).__name__, error.code, error.args[0])


def make(job: Job) -> Made:
    """Make a report and put it in place; a report that fails leaves an older page as it was."""
    outputs, about = Path(job.outputs), {"quarter": job.quarter, "area": job.area, "profile": job.profile}
    failed = done_records.failed_path(outputs, job.name)
    work = None
    try:
        done_records.write_record(failed, {"state": done_records.RUNNING, **about})
        work = Path(tempfile.mkdtemp(prefix=out.WORK, dir=outputs / "restricted"))
        _fill(work, job, outputs)
        _run(work, job)
        page = _put_in_place(work, job, outputs)
        failed.unlink(missing_ok=True)
        return Made(job.name, job.quarter, job.area, page)
    except (AnalysisError, OSError) as error:
        told = error if isinstance(error, AnalysisError) else _of_the_system(error)
        if _over.is_set():
            return Made.failed(job.name, job.quarter, job.area, told)
        made = Made.failed(job.name, job.quarter, job.area, told)
        try:
            done_records.write_record(
                failed, {"state": done_records.FAILED, "code": told.code, "reason": made.reason, **about}
            )
        except (AnalysisError, OSError):  # the disk may be full: what came of it is still told
            failed.unlink(missing_ok=True)
        return made
    finally:
        if work is not None:
            _keep(work, job, outputs)
            shutil.rmtree(work, ignore_errors=True)


def _fill(work: Path, job: Job, outputs: Path) -> None:
    for name, data in job.documents.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(data)
    shutil.copyfile(job.notebook, work / NOTEBOOK_FILE)
    snapshots.copy_slice(Path(job.slices), job.area, work)
    given = (job.quarter, job.area, job.profile, job.as_at, job.limits.seconds, job.limits.megabytes, job.key)
    figures = _target(job, outputs) / out.FIGURES_FILE
    Task(*given, done_records.earlier(outputs, job.name, figures), job.papers).write(work)


def _target(job: Job, outputs: Path) -> Path:
    return out.page_folder(outputs, job.profile, parse_quarter(job.quarter), job.area)


def forks() -> bool:
    """Say whether reports run in children of a warm process of their own, rather than in kernels."""
    return can_fork() and os.environ.get(ENGINE) != "kernel"


def warm_up() -> None:
    """Fork a warm process while this one has a single thread: it becomes ready while the data are read and measured."""
    if forks() and has_one_thread() and _idle.empty():
        _all.add(warm_process := WarmProcess.forked())
        _idle.put(warm_process)


def _run(work: Path, job: Job) -> None:
    if not forks():
        make_page(work, engine=None)
        return
    try:
        warm_process = _idle.get_nowait()
    except queue.Empty:
        warm_process = WarmProcess()
        _all.add(warm_process)
    try:
        warm_process.make_page(work, seconds=job.limits.seconds, rehearse=not job.alone)
    finally:
        _idle.put(warm_process)


def _put_in_place(work: Path, job: Job, outputs: Path) -> Path:
    """Put the files in place one by one, and the record that they are whole last."""
    target = _target(job, outputs)
    target.mkdir(parents=True, exist_ok=True)
    where = {name: (target / name).relative_to(outputs).as_posix() for name in out.PUBLISHED_FILES}
    told, answers = (json.loads((work / name).read_text(encoding="utf-8")) for name in (REVISION_FILE, BRIEF_FILE))
    record = {
        "state": done_records.PUBLISHING,
        "key": job.key,
        "files": {where[name]: done_records.sha256(work / name) for name in out.PUBLISHED_FILES},
        "page_sha256": done_records.sha256(work / out.PAGE_FILE),
        "parameters": {"quarter": job.quarter, "area": job.area, "profile": job.profile, "as_at": job.as_at},
        "inputs": job.inputs,
        "versions": versions(),
        "issue": told["issue"],
        "revision": told["sentences"],
        "calls": {name: answer["call"] for name, answer in answers.items()},
        "answers": answers,
    }
    path = done_records.done_path(outputs, job.name)
    if done_records.sha256(target / out.PAGE_FILE) != record["page_sha256"]:
        for name in out.PAPERS:
            (target / name).unlink(missing_ok=True)
    done_records.write_record(path, record)
    for name in out.PUBLISHED_FILES:
        out.replace(target / name, (work / name).read_bytes())
    done_records.write_record(path, record | {"state": done_records.DONE})
    return target / out.PAGE_FILE


def _keep(work: Path, job: Job, outputs: Path) -> None:
    """Keep the executed notebook where it is not published; in one that did not end, the cell it ended in is marked."""
    try:
        ran = json.loads((work / EXECUTED_FILE).read_text(encoding="utf-8"))
        folder = outputs / "restricted" / "notebooks"
        folder.mkdir(exist_ok=True)
        out.replace(folder / f"{job.name}.ipynb", json.dumps(_marked(ran), indent=1).encode())
    except (AnalysisError, OSError, ValueError):
        return  # killed before or while it was written, or no space: the reason is told all the same


def _marked(ran: dict) -> dict:
    cells = [c for c in ran["cells"] if c["cell_type"] == "code" and "".join(c["source"]).strip()]
    bad = [c["execution_count"] is None or any(o["output_type"] == "error" for o in c["outputs"]) for c in cells]
    if any(bad):
        at = bad.index(True)
        cells[at]["metadata"].setdefault("tags", []).append("ended-here")
        for cell, status in zip(cells[at:], ["failed", *["pending"] * len(cells)], strict=False):
            cell["metadata"].setdefault("papermill", {})["status"] = status
    return ran


def _of_the_system(error: OSError) -> ReportFailed:
    """Say what the system refused, without naming what lies in the data."""
    if error.errno in out.OUT_OF_SPACE:
        return ReportFailed("There is no space left for the report. Make room.", code="NO_SPACE")
    if isinstance(error, FileNotFoundError):
        return ReportFailed("A file that the report reads is gone. Run this again.", code="INPUT_UNAVAILABLE")
    return ReportFailed(f"The system refused a file ({error.strerror}). Run this again.", code="TARGET_BUSY")


@contextmanager
def ending() -> Iterator[None]:
    """End the warm processes of this process, and the reports that they are making; until it is left, none leaves a trace."""
    _over.set()
    while _all:
        _all.pop().stop()
    while not _idle.empty():
        _idle.get_nowait()
    yield
    _over.clear()


@atexit.register
def stop() -> None:
    """End the warm processes of this process when it waits for none of them."""
    with ending():
        pass
