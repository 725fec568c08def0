"""One run at a time in an outputs folder: a lock of the operating system, which never outlives its process."""

import datetime as dt
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import Locked
from ..outputs import replace
from .formats import Holder, read_state

LOCK_FILE, HOLDER_FILE = "run.lock", "run.json"


@contextmanager
def held(outputs: Path) -> Iterator[dict | None]:
    """Hold an outputs folder; gives the holder that ended without letting go, where there was one.

    Raises
    ------
    Locked
        At once, when another run holds it: process, machine and start are named.
    """
    folder = outputs / "restricted"
    lock, note = FileLock(folder / LOCK_FILE), folder / HOLDER_FILE
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Locked(_said(_read(note))) from None
    try:
        gone = _read(note)
        started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        replace(note, json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "started": started}).encode())
        yield gone
        note.unlink(missing_ok=True)
    finally:
        lock.release()


def _read(note: Path) -> dict | None:
    return (read_state(note, Holder) or {}) if note.exists() else None


def _said(holder: dict | None) -> str:
    who = holder or {}
    return (
        f"Another run holds the outputs folder: process {who.get('pid', 'unknown')} on {who.get('host', 'unknown')}, "
        f"started {who.get('started', 'at an unknown time')}. Wait for it, or choose another folder with --outputs."
    )
