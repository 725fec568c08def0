"""A warm process that forks one child a report: what is slow to import and to build is there before the work begins. It rehearses on a small invented project.

It reads a folder's name a line from its standard input, makes the page of the report whose task lies there in a child
of its own, and answers with a line of JSON. The process that started it uses `WarmProcess`.
Whatever a report does to its process, its siblings never see it: each has its own session, memory and time limit.

It has one thread whenever it forks, so that no lock is held by a thread that the child does not have. What starts
threads when it reads, measures or writes does so in a child, and what a report reads it reads in one thread.
"""

import contextlib
import gc
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from .. import pipeline, snapshots
from ..errors import KINDS, AnalysisError, ReportFailed
from ..process import ONE_THREAD, lighten
from ..report.running import CONFIG_FILE, NOTEBOOK_FILE, Task, import_all, notebook_path

REHEARSED = pd.Period("2021Q4", "Q-MAR")
REHEARSAL = """
[project]
name = "Rehearsal"
nation = "england"

[[dataset]]
name = "figures"
path = "figures.csv"
kind = "counts"
columns = { period = "month", value = "number" }

[[measure]]
name = "referrals"
title = "Referrals"
dataset = "figures"
type = "flow"

[[event]]
date = 2020-03-23
title = "An event"
effect = "context"
"""
STEP = 0.004  # seconds between two looks at a child
WARM_UP = 300  # seconds
PATIENCE = 2  # seconds for a warm process to end by itself
GRACE = 20  # seconds over a report's own limit after which the warm process itself is given up
START = "from analysis.run.warm_pool import serve; serve()"  # by -m, this module would be there twice
READY, REHEARSE = b"", b"rehearse"  # what it is asked beside a folder, which begins at the root
LOG_FILE = "printed.log"
DIED = {"kind": "ReportFailed", "code": "KERNEL_DIED", "message": "The process died while the notebook ran."}


class WarmProcess:
    """The starting process' end of a warm process: started anew when it is first needed, or forked before."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | ForkedProcess | None = None
        self._ready, self._rehearsed = False, False

    @classmethod
    def forked(cls) -> "WarmProcess":
        """Return one that inherits what this process has imported, which must have one thread; it imports the rest meanwhile."""
        warm = cls()
        warm._process = ForkedProcess(serve)
        return warm

    def make_page(self, work: Path, *, seconds: float, rehearse: bool = True) -> None:
        """Make the page of the task in `work`; raise what the report raised.

        Parameters
        ----------
        work : pathlib.Path
        seconds : float
        rehearse : bool
            Whether a report on an invented project is made first: worth it where several follow. A second report says
            that they do.

        Raises
        ------
        AnalysisError
            ``TIMED_OUT``, ``KERNEL_DIED``, ``INCOMPLETE``, or what the report was refused for.
        """
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = self._start()
            self._ready = self._rehearsed = False
        rehearse = (rehearse or self._ready) and not self._rehearsed
        if rehearse or not self._ready:
            if not self._ask(process, REHEARSE if rehearse else READY, WARM_UP):
                raise ReportFailed("The process that makes reports did not start.", code="KERNEL_DIED")
            self._ready, self._rehearsed = True, self._rehearsed or rehearse
        told = json.loads(self._ask(process, os.fsencode(work), seconds + GRACE) or json.dumps(DIED))
        if told:
            raise KINDS[told["kind"]](told["message"], code=told["code"])

    @staticmethod
    def _start() -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-X", "utf8", "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | ONE_THREAD,
            start_new_session=True,  # a Ctrl-C is for the runner, who ends this in good order
        )

    def _ask(self, process: Any, line: bytes, seconds: float) -> bytes:
        """Send a line and return the answer. Where none comes, end the process and return nothing."""
        answer = b""
        with contextlib.suppress(OSError, ValueError):  # it ended, or another thread stopped it
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], seconds)
            answer = process.stdout.readline() if ready else b""
        if not answer:
            self.stop()
        return answer

    def stop(self) -> None:
        """End the warm process, which ends its child and whatever that started."""
        process, self._process = self._process, None
        if process is None:
            return
        if not self._ready:  # it imports still, and has no child
            process.kill()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def __del__(self) -> None:
        self.stop()


class ForkedProcess:
    """A child that does some work, with as much of `subprocess.Popen` as a warm process needs.

    Parameters
    ----------
    work : callable
        Finds at its standard input what is asked, and answers at its standard output. It has nothing else of what this
        process holds open.
    """

    def __init__(self, work: Callable[[], None]):
        (asked, ask), (answers, answer) = os.pipe(), os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()  # a Ctrl-C is for the runner, as above
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.SIG_DFL)
                os.dup2(asked, 0)
                os.dup2(answer, 1)
                os.closerange(3, os.sysconf("SC_OPEN_MAX"))
                work()
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        os.close(asked)
        os.close(answer)
        self.stdin, self.stdout = os.fdopen(ask, "wb"), os.fdopen(answers, "rb")

    def poll(self) -> int | None:
        """Return how it ended; nothing while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, seconds: float = float("inf")) -> None:
        """Wait until it ended."""
        until = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("fork", seconds)
            time.sleep(STEP)

    def kill(self) -> None:
        """End it."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


# -- inside the warm process --------------------------------------------------------------------------------------------


def serve() -> None:
    """Fork a child for every folder that is asked for, until no more can come."""
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever prints is not an answer
    lighten()
    import_all()
    while line := asked.readline():
        answer = {}
        if (given := line.removesuffix(b"\n")) in (READY, REHEARSE):
            if given == REHEARSE:
                _rehearse()
            gc.collect()
            gc.freeze()  # a child that counts references would copy every page of what it never changes
        else:
            answer = _in_a_child(Path(os.fsdecode(given)), asked, answers)
        answers.write(json.dumps(answer).encode() + b"\n")
    os._exit(0)


def _rehearse() -> None:
    """Make a report on a small invented project, so that every import, cache and exporter is there to be inherited."""
    from tempfile import TemporaryDirectory

    from ..report.running import make_page
    from .engine import IN_PROCESS

    with TemporaryDirectory() as folder:
        os.waitpid(_fork(lambda: prepare_in(Path(folder))), 0)  # the threads that pyarrow starts end with it
        make_page(Path(folder), engine=IN_PROCESS)


def _fork(work: Callable[[], None]) -> int:
    """Do some work in a child that ends with this process; return the child's number."""
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            _die_with(parent)
            work()
        except BaseException:
            traceback.print_exc()
        os._exit(0)
    return child


def _in_a_child(work: Path, asked: Any, answers: Any) -> dict:
    """Make one report in a child; return nothing of it, or what went wrong."""
    from ..report.running import RESULT_FILE, Task

    try:
        task = Task.read(work)
    except FileNotFoundError:  # whoever asked is gone, and has taken the task along
        os._exit(0)
    deadline = time.monotonic() + task.seconds
    child = _fork(lambda: _live(work, task, asked, answers))
    ended, status = os.waitpid(child, os.WNOHANG)
    while not ended and time.monotonic() < deadline:
        if select.select([asked], [], [], STEP)[0]:  # nobody asks before the answer: whoever asked is gone
            _end(child)
            os._exit(1)
        ended, status = os.waitpid(child, os.WNOHANG)
    _end(child)  # and whatever it started
    if not ended:
        os.waitpid(child, 0)
        message = f"The report took longer than {task.seconds} seconds."
        return {"kind": "ReportFailed", "code": "TIMED_OUT", "message": message}
    if os.WIFSIGNALED(status):
        return DIED
    try:
        return json.loads((work / RESULT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        message = "The notebook ended before its last cell."
        return {"kind": "ReportFailed", "code": "INCOMPLETE", "message": message}


def _end(child: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):  # before it has a session of its own
        os.kill(child, signal.SIGKILL)


def _live(work: Path, task: Any, *pipes: Any) -> None:
    """Be the child: fence oneself in, make the page, write down how it ended."""
    import resource

    import numpy as np

    from ..report.running import RESULT_FILE, make_page
    from .engine import IN_PROCESS

    os.setsid()
    for pipe in pipes:
        pipe.close()
    log = os.open(work / LOG_FILE, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = size + task.megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    random.seed(task.seed)
    np.random.seed(int(task.seed[:8], 16))  # noqa: NPY002 - what others draw from, too
    try:
        make_page(work, engine=IN_PROCESS)
        result = {}
    except AnalysisError as error:
        message = error.args[0]
        result = {"kind": type(error).__name__, "code": error.code, "message": message}
    except MemoryError:
        result = {
            "kind": "ReportFailed",
            "code": "INCOMPLETE",
            "message": "The report needs more memory than it may take.",
        }
    (work / RESULT_FILE).write_text(json.dumps(result), encoding="utf-8")


def _die_with(parent: int) -> None:
    """Let the system end this process when its parent ends, however that happens."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def prepare_in(work: Path) -> None:
    """Fill a folder with everything that `report.make_page` needs."""
    months = pd.period_range("2018-04", "2021-03", freq="M")
    rows = [f"{month},{100 + 7 * (i % 5) + 60 * (i > 33)}" for i, month in enumerate(months)]
    (work / "figures.csv").write_text("\n".join(["month,number", *rows]) + "\n", encoding="utf-8")
    (work / CONFIG_FILE).write_text(REHEARSAL, encoding="utf-8")
    shutil.copyfile(notebook_path(), work / NOTEBOOK_FILE)
    prepared = pipeline.prepare(work / CONFIG_FILE)
    as_at = pipeline.make_snapshots(prepared, REHEARSED, work / "slices", profile="council")
    snapshots.copy_slice(work / "slices", "Rehearsal", work)
    Task("2020-21Q4", "Rehearsal", "council", as_at.isoformat(), 60, 1024, "0" * 8).write(work)
