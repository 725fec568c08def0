"""Many reports at once: those that are not done, here or on a cluster, and what came of each."""

import datetime as dt
import queue
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from .. import outputs as out
from ..errors import KINDS, AnalysisError, Refused, ReportFailed
from ..periods import quarter_code
from ..pipeline import Prepared
from . import done_records, index, worker
from .done_records import held
from .executor import Executor, here, on_cluster
from .formats import Done, read_state
from .job import Job, Limits
from .planning import check_notebook, check_targets, configuration, documents, make_job, plan
from .quarters import SnapshotMaker
from .worker import Made, make

CRASHES = 3  # times that a worker process may be lost before the reports it leaves are given up
LOOK_AGAIN = 1.0  # seconds: an interruption is noticed between two waits, where the system does not break them off


def make_reports(
    prepared: Prepared,
    wanted: list[tuple[pd.Period, str]],
    outputs: str | Path,
    *,
    profile: str = "council",
    as_at: dt.date | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    only_failed: bool = False,
    force: bool = False,
    notebook: Path | None = None,
    limits: Limits | None = None,
    papers: tuple[str, ...] = (),
    begin: Callable[[int], None] = lambda total: None,
    progress: Callable[[Made], None] = lambda made: None,
) -> list[Made]:
    """Make every report that is not done yet; a bad one fails alone. The index is written once, at the end.

    Parameters
    ----------
    prepared : Prepared
    wanted : list of (quarter, area)
        From `plan`.
    outputs : path-like
    profile : {"council", "rounded", "internal"}
    as_at : datetime.date, optional
    jobs : int
        Processes on this machine.
    scheduler : str, optional
        Address of a dask scheduler, whose workers see the same outputs folder.
    only_failed : bool
        Make only those that failed or were interrupted.
    force : bool
        Make also those that are done.
    notebook : pathlib.Path, optional
        Instead of the package's.
    limits : Limits, optional
    papers : tuple of str
        Files that are made from each page afterwards: it leads to them.
    begin, progress : callable
        Told how many reports there are; then each outcome as it comes, of those that were done already too.

    Returns
    -------
    list of Made
        In the order of `wanted`; those that were done already among them.

    Raises
    ------
    Locked
        When another run holds the folder.
    Refused
        Before anything is started.
    """
    outputs = out.outputs_folder(outputs)
    with held(outputs) as gone:
        out.try_writing(outputs)
        check_targets(outputs, wanted, profile)
        check_notebook(notebook)
        ledger = done_records.Ledger(outputs)
        if gone is not None:
            ledger.add("taken over from a run that ended without letting go", holder=gone)
        for path in done_records.lost(outputs):
            ledger.add("a record was damaged or changed by hand, and is lost", report=path.stem)
        _sweep(outputs, ledger)
        if only_failed:
            names = {path.stem for path in done_records.failed_path(outputs, "").parent.glob("*.json")}
            wanted = [(q, a) for q, a in wanted if out.record_name(profile, q, a) in names]
            if not wanted:
                raise Refused("There is nothing to do: no report of these failed.", code="INVALID_PARAMETER")
        found: dict[str, Made] = {}
        begin(len(wanted))
        try:
            with _executor(jobs, scheduler) as executor:
                snapshot_maker = SnapshotMaker(
                    prepared, wanted, outputs, profile=profile, asked=as_at, executor=executor, notice=ledger.add
                )
                things = _todo(
                    prepared,
                    wanted,
                    outputs,
                    snapshot_maker,
                    ledger,
                    force=force,
                    notebook=notebook,
                    limits=limits,
                    papers=papers,
                )
                for made in _done(_knowing_if_alone(things), executor):
                    found[made.name] = made
                    if not made.already:
                        ledger.add("made" if made.page else "failed", report=made.name, code=made.code)
                    progress(made)
        finally:  # nobody works any more: what is left was not finished
            _sweep(outputs, ledger)
            index.write_index(outputs, prepared.project, prepared.relations.levels)
            ledger.save()
    return [found[out.record_name(profile, q, a)] for q, a in wanted]


def make_report(prepared: Prepared, quarter: pd.Period, area: str | None, outputs: str | Path, **given: Any) -> Made:
    """Make one report, as `make_reports` does; raise why there is none.

    Raises
    ------
    AnalysisError
        What `make_reports` would tell of it. Nothing is published then, and an older page stays.
    """
    (made,) = make_reports(prepared, plan(prepared, [quarter], [area or ""]), outputs, **given)
    if made.page is None:
        raise KINDS[made.kind](made.reason, code=made.code)
    return made


def _executor(jobs: int, scheduler: str | None) -> AbstractContextManager[Executor | None]:
    if scheduler:
        return on_cluster(scheduler)
    return here(jobs) if jobs > 1 else nullcontext()


def _todo(
    prepared: Prepared,
    wanted: list[tuple[pd.Period, str]],
    outputs: Path,
    snapshot_maker: SnapshotMaker,
    ledger: done_records.Ledger,
    *,
    force: bool,
    notebook: Path | None,
    limits: Limits | None,
    papers: tuple[str, ...],
) -> Iterator[Job | Made]:
    """Yield for each report, as its quarter is cut, what is to be done, or what came of it if that is known already."""
    config = configuration(prepared)
    for quarter, area in wanted:
        name, code = out.record_name(snapshot_maker.profile, quarter, area), quarter_code(quarter)
        try:
            given = documents(prepared, config, quarter, area)
            job = make_job(
                prepared,
                quarter,
                area,
                outputs,
                snapshot_maker=snapshot_maker,
                documents=given,
                notebook=notebook,
                limits=limits,
                papers=papers,
            )
        except AnalysisError as error:
            about = {"quarter": code, "area": area, "profile": snapshot_maker.profile}
            failed = {"state": done_records.FAILED, "code": error.code, "reason": error.args[0], **about}
            done_records.write_record(done_records.failed_path(outputs, name), failed)
            yield Made.failed(name, code, area, error)
            continue
        record = read_state(done_records.done_path(outputs, name), Done)
        if not force and record is not None and record["key"] == job.key:
            if done_records.is_whole(outputs, record):
                done_records.failed_path(outputs, name).unlink(missing_ok=True)
                page = out.page_folder(outputs, snapshot_maker.profile, quarter, area) / out.PAGE_FILE
                yield Made(name, code, area, page, already=True)
                continue
            if record["state"] == done_records.DONE:
                ledger.add("changed or deleted by hand, and made again", report=name)
        yield job


def _knowing_if_alone(things: Iterator[Job | Made]) -> Iterator[Job | Made]:
    """Tell a job that it is the only one: it need not wait for a process to be made warm for more."""
    waiting, only = None, True
    for thing in things:
        if isinstance(thing, Made):
            yield thing
        else:
            if waiting:
                only = False
                yield waiting
            waiting = thing
    if waiting:
        yield replace(waiting, alone=only)


def _done(things: Iterator[Job | Made], executor: Executor | None) -> Iterator[Made]:
    """Have every job done, by an executor while the next ones are cut; a job whose process is lost is tried again."""
    if executor is None:
        try:
            yield from (t if isinstance(t, Made) else make(t) for t in things)
        except BaseException:
            worker.stop()
            raise
        return
    running: dict[Future, Job] = {}
    ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
    tries: Counter[str] = Counter()

    def send(job: Job) -> None:
        tries[job.name] += 1
        future = executor.report(make, job)
        running[future] = job
        future.add_done_callback(ended.put)

    def outcomes(patience: float) -> Iterator[Made]:
        while running:
            try:
                future = ended.get(timeout=patience)
            except queue.Empty:
                return
            job, patience = running.pop(future), 0
            try:
                yield future.result()
            except executor.lost:
                if tries[job.name] < CRASHES:
                    send(job)
                else:
                    yield _lost(job)

    for thing in things:
        if isinstance(thing, Made):
            yield thing
        else:
            send(thing)
        yield from outcomes(0)
    while running:
        yield from outcomes(LOOK_AGAIN)


def _lost(job: Job) -> Made:
    lost = ReportFailed("The process that made it was lost. Run this again.", code="KERNEL_DIED")
    return Made.failed(job.name, job.quarter, job.area, lost)


def _sweep(outputs: Path, ledger: done_records.Ledger) -> None:
    """Remove what an interrupted run left unfinished, by this package's own names only, and mark what it was making."""
    left = [*(outputs / "restricted").glob(f"{out.WORK}*"), *outputs.rglob(f"{out.NEW}*")]
    for path in left:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    if left:
        ledger.add("unfinished files swept", count=len(left))
    for name, record in done_records.all_tried(outputs):
        if record["state"] == done_records.RUNNING:
            reason = "The run was interrupted. Run this again."
            told = record | {"state": done_records.INTERRUPTED, "code": "INTERRUPTED", "reason": reason}
            done_records.write_record(done_records.failed_path(outputs, name), told)
            ledger.add("interrupted", report=name)
