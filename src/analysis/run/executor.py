"""Who does the work of a batch: processes of this machine, or the workers of a dask scheduler."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..config import load
from ..errors import Refused
from ..pipeline import Prepared, prepare
from ..reading import input_bytes
from . import worker

LARGE = 20 * 2**20  # bytes of input: they take longer to read and clean than a process to start
LOOK = 0.5  # seconds between two looks for the runner
Send = Callable[..., Future]  # a function and its arguments -> what will come of it


@dataclass(frozen=True)
class Executor:
    """Two ways to send work.

    Attributes
    ----------
    report, measure : callable
        Send a function and its arguments to whoever makes reports, and to whoever reads and measures.
    size : int
        How many quarters are worth measuring ahead.
    share : callable
        Gives a large argument once to all who measure; what it returns stands for it.
    lost : type of exception
        What a future raises when the process that had the work is gone.
    """

    report: Send
    measure: Send
    size: int
    share: Callable[[Any], Any] = lambda thing: thing
    lost: type[Exception] = BrokenExecutor


@contextmanager
def here(jobs: int) -> Iterator[Executor]:
    """Work in processes of this machine: reports in children of warm ones, a thread waiting for each; else in loky's."""
    begun = None

    def elsewhere(work: Callable, *given: Any) -> Future:
        nonlocal begun
        from joblib.externals.loky import get_reusable_executor

        # after a crash it is a new one
        begun = get_reusable_executor(max_workers=jobs, initializer=_begin, initargs=(os.getpid(),))
        return begun.submit(work, *given)

    threads = ThreadPoolExecutor(jobs)
    try:
        yield Executor(threads.submit if worker.forks() else elsewhere, elsewhere, size=jobs)
    finally:
        with worker.ending():
            threads.shutdown(cancel_futures=True)
        if begun:
            with suppress(RuntimeError):  # interrupted before loky's thread was started: its processes miss the runner
                begun.shutdown(kill_workers=True)


def prepare_by(config: str | Path, *, jobs: int) -> Prepared:
    """Read and clean as `prepare` does, datasets side by side where they are large enough to start processes for."""
    if jobs == 1 or sum(map(input_bytes, load(config).datasets)) < LARGE:
        return prepare(config)
    with here(jobs) as executor:
        return prepare(
            config, each=lambda work, all_: [f.result() for f in [executor.measure(work, one) for one in all_]]
        )


@contextmanager
def on_cluster(address: str) -> Iterator[Executor]:
    """Work on the workers of a dask scheduler, which see the same outputs folder.

    Raises
    ------
    Refused
        ``INPUT_UNAVAILABLE`` when dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise Refused(
            "--scheduler needs dask.distributed. Install it, in the project's folder, with "
            "`python -m pip install --no-deps --require-hashes -r requirements.lock`.",
            code="INPUT_UNAVAILABLE",
        ) from None
    try:
        client = Client(address, set_as_default=False)
    except (OSError, ValueError):
        raise Refused("No dask scheduler answers at the address of --scheduler.", code="INPUT_UNAVAILABLE") from None
    with client:
        pool = client.get_executor(pure=False)
        try:
            size = len(client.scheduler_info()["workers"])
            yield Executor(pool.submit, pool.submit, size, partial(client.scatter, hash=False), lost=Exception)
        finally:
            pool.shutdown(wait=False)


def _begin(runner: int) -> None:
    """Begin a process that loky keeps: a Ctrl-C is for the runner, who ends it in good order; without him it goes too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_without, args=[runner], daemon=True).start()


def _end_without(runner: int) -> None:
    while os.getppid() == runner:
        time.sleep(LOOK)
    os._exit(1)
