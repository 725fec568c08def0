"""Many reports at once: those that are not done, here or on a cluster, and what came of each."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from .. import outputs as out
from ..errors import KINDS, AnalysisError, Refused, ReportFailed
from ..periods import quarter_code
from ..pipeline import Prepared
from . import index, records, worker
from .lock import held
from .plan import Cutter, Job, Limits, check_notebook, check_targets, configuration, make_job, papers, plan
from .worker import Made, make

CRASHES = 3  # times that a worker process may be lost before the reports it leaves are given up


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
    begin: Callable[[int, int], None] = lambda todo, done: None,
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
    begin, progress : callable
        Told how many are to be made and how many are done already; then each outcome as it comes.

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
        ledger = records.Ledger(outputs)
        if gone is not None:
            ledger.add("taken over from a run that ended without letting go", holder=gone)
        _sweep(outputs, ledger)
        if only_failed:
            names = {name for name, _ in records.all_of(outputs / "restricted" / "failed")}
            wanted = [(q, a) for q, a in wanted if out.record_name(profile, q, a) in names]
            if not wanted:
                raise Refused("There is nothing to do: no report of these failed.", code="INVALID_PARAMETER")
        found: dict[str, Made] = {}
        try:
            todo = _todo(prepared, wanted, outputs, found, force, progress, ledger, profile, as_at, notebook, limits)
            begin(len(todo), len(found))
            for made in _on_cluster(todo, scheduler) if scheduler else _here(todo, jobs):
                found[made.name] = made
                ledger.add("made" if made.page else "failed", report=made.name, code=made.code)
                progress(made)
        finally:
            _sweep(outputs, ledger)
            index.write(outputs, prepared.project)
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


def _todo(
    prepared: Prepared,
    wanted: list[tuple[pd.Period, str]],
    outputs: Path,
    found: dict[str, Made],
    force: bool,
    progress: Callable[[Made], None],
    ledger: records.Ledger,
    profile: str,
    as_at: dt.date | None,
    notebook: Path | None,
    limits: Limits | None,
) -> list[Job]:
    """Return the jobs that are not done; fills in the outcome of those that are, and of those that cannot be begun."""
    config = configuration(prepared)
    cutter, todo = Cutter(prepared, outputs, profile=profile, asked=as_at), []
    for quarter, area in wanted:
        name, code = out.record_name(profile, quarter, area), quarter_code(quarter)
        try:
            job = make_job(
                prepared,
                quarter,
                area,
                outputs,
                profile=profile,
                cutter=cutter,
                papers=papers(prepared, config, quarter, area),
                notebook=notebook,
                limits=limits,
            )
        except AnalysisError as error:
            found[name] = Made.failed(name, code, area, error)
            about = {"quarter": code, "area": area, "profile": profile}
            failed = {"state": records.FAILED, "code": error.code, "reason": error.args[0], **about}
            records.write(records.failed_path(outputs, name), failed)
            ledger.add("failed", report=name, code=error.code)
            progress(found[name])
            continue
        record = records.read(records.done_path(outputs, name))
        if not force and record is not None and record.get("key") == job.key:
            if records.is_whole(outputs, record):
                page = out.page_folder(outputs, profile, quarter, area) / out.PAGE_FILE
                found[name] = Made(name, code, area, page, already=True)
                records.failed_path(outputs, name).unlink(missing_ok=True)
                continue
            if record["state"] == records.DONE:
                ledger.add("changed or deleted by hand, and made again", report=name)
        todo.append(job)
    return [replace(todo[0], alone=True)] if len(todo) == 1 else todo


def _here(todo: list[Job], jobs: int) -> Iterator[Made]:
    """Make reports in this process, or in several of this machine."""
    if min(jobs, len(todo)) <= 1:
        try:
            yield from map(make, todo)
        except BaseException:
            worker.stop()
            raise
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    left = {job.name: job for job in todo}
    try:
        for _ in range(CRASHES):
            ways = Parallel(
                n_jobs=jobs,
                backend="threading" if worker.forks() else "loky",  # a thread waits for its warm process, no more
                return_as="generator_unordered",
                batch_size=1,
                pre_dispatch="n_jobs",
            )
            try:
                for made in ways(delayed(make)(job) for job in list(left.values())):
                    del left[made.name]
                    yield made
                return
            except TerminatedWorkerError:
                continue
        yield from map(_lost, left.values())
    finally:
        worker.stop()
        if not worker.forks():
            get_reusable_executor().shutdown(wait=True, kill_workers=True)


def _on_cluster(todo: list[Job], address: str) -> Iterator[Made]:
    """Make reports on the workers of a dask scheduler; one that is lost leaves its reports to the others."""
    try:
        from distributed import Client, as_completed
    except ModuleNotFoundError:
        raise Refused(
            "--scheduler needs dask.distributed. Install it with: pip install 'trend-or-spike[cluster]'",
            code="INPUT_UNAVAILABLE",
        ) from None
    try:
        client = Client(address, set_as_default=False)
    except (OSError, ValueError):
        raise Refused("No dask scheduler answers at the address of --scheduler.", code="INPUT_UNAVAILABLE") from None
    with client:
        jobs = dict(zip(client.map(make, todo, pure=False, retries=CRASHES), todo, strict=True))
        try:
            for future in as_completed(list(jobs), loop=client.loop):
                yield future.result() if future.status == "finished" else _lost(jobs[future])
        finally:
            client.cancel(list(jobs))


def _lost(job: Job) -> Made:
    lost = ReportFailed("The process that made it was lost. Run this again.", code="KERNEL_DIED")
    return Made.failed(job.name, job.quarter, job.area, lost)


def _sweep(outputs: Path, ledger: records.Ledger) -> None:
    """Remove what an interrupted run left unfinished, by this package's own names only, and mark what it was making."""
    left = [*(outputs / "restricted").glob(f"{out.WORK}*"), *outputs.rglob(f"{out.NEW}*")]
    for path in left:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    if left:
        ledger.add("unfinished files swept", count=len(left))
    for name, record in records.all_of(outputs / "restricted" / "failed"):
        if record.get("state") == records.RUNNING:
            reason = "The run was interrupted. Run this again."
            told = record | {"state": records.INTERRUPTED, "code": "INTERRUPTED", "reason": reason}
            records.write(records.failed_path(outputs, name), told)
            ledger.add("interrupted", report=name)
