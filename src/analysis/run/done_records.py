"""What is known of every report: its done-record, why it failed, and the ledger over them; and the lock on all of it.

A report is done when its record says so, with the key of what it would be made from now, and every file that it names
has the bytes that it names. Nothing else counts: not a page that lies there, nor a ledger.
"""

import datetime as dt
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import Locked, Refused
from ..outputs import FIGURES_FILE, PAGE_FILE, replace
from .formats import Done, Format, History, Holder, Tried, read_state

LOCK_FILE, HOLDER_FILE = "run.lock", "run.json"
DONE, PUBLISHING = "done", "publishing"  # a record's state; the second while files are being put in place
RUNNING, FAILED, INTERRUPTED = "running", "failed", "interrupted"
LEDGER_FILE = "ledger.json"


def done_path(outputs: Path, name: str) -> Path:
    return outputs / "restricted" / "done" / f"{name}.json"


def failed_path(outputs: Path, name: str) -> Path:
    return outputs / "restricted" / "failed" / f"{name}.json"


def write_record(path: Path, record: dict) -> None:
    """Write a record whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, json.dumps(record, indent=1, sort_keys=True).encode())


def sha256(path: Path) -> str | None:
    """Return a file's hash; None where there is no such file that can be read, or a link."""
    try:
        return None if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return None


def is_whole(outputs: Path, record: dict | None) -> bool:
    """Say whether a record is done and everything it names lies there unchanged."""
    return record is not None and record["state"] == DONE and has_bytes(outputs, record)


def has_bytes(folder: Path, record: dict) -> bool:
    """Say whether every file that a record names has the hash that it names."""
    return all(sha256(folder / name) == digest for name, digest in record.get("files", {}).items())


def earlier(outputs: Path, name: str, figures: Path) -> dict | None:
    """Return the former issue of a page as `report.Task` takes it; None where it was never published.

    Of a page whose record is lost nothing is known but the hash of its figures, and issue 0 stands for that.
    """
    if (record := read_state(done_path(outputs, name), Done)) is None:
        lost = done_path(outputs, name).exists() and (digest := sha256(figures))
        return {"figures": "", "sha256": digest, "issue": 0, "sentences": []} if lost else None
    path = next(f for f in record["files"] if f.endswith(FIGURES_FILE))
    return {
        "figures": str((outputs / path).resolve()),
        "sha256": record["files"][path],
        "issue": record["issue"],
        "sentences": record["revision"],
    }


def all_done(outputs: Path) -> Iterator[tuple[str, dict]]:
    """Give the record of every page, by name."""
    return _all_of(done_path(outputs, "*"), Done)


def all_tried(outputs: Path) -> Iterator[tuple[str, dict]]:
    """Give the record of every report that was begun and is not done, by name."""
    return _all_of(failed_path(outputs, "*"), Tried)


def lost(outputs: Path) -> list[Path]:
    """Return the files of records that are no records any more.

    Raises
    ------
    Refused
        ``UNSAFE_NAME`` when a folder is where a record, or a file is where the folder of records is to be.
    """
    found = []
    for pattern, held in ((done_path(outputs, "*"), Done), (failed_path(outputs, "*"), Tried)):
        for path in (pattern.parent, *sorted(pattern.parent.glob(pattern.name))):
            if path.exists() and path.is_dir() != (path == pattern.parent):
                raise Refused(
                    f"{path} is a folder for a file, or a file for a folder. Move it away.", code="UNSAFE_NAME"
                )
            if path != pattern.parent and read_state(path, held) is None:
                found.append(path)
    return found


def _all_of(pattern: Path, held: type[Format]) -> Iterator[tuple[str, dict]]:
    for path in sorted(pattern.parent.glob(pattern.name)):
        if (record := read_state(path, held)) is not None:
            yield path.stem, record


class Ledger:
    """The list of what happened in an outputs folder, in order, and the state of every report.

    It decides nothing: lost or damaged, it is written anew from the records.
    """

    def __init__(self, outputs: Path):
        self._outputs, self._path = outputs, outputs / "restricted" / LEDGER_FILE
        history = read_state(self._path, History)
        self._events: list[dict] = history["events"] if history else []
        self._changed = False
        if history is None and (self._path.exists() or any(all_done(outputs))):
            self.add("ledger rebuilt from the records")

    def add(self, what: str, **about: object) -> None:
        """Note one more thing; its number is its place in time, whatever the clock says."""
        self._events.append({"sequence": len(self._events) + 1, "what": what, **about})
        self._changed = True

    def save(self) -> None:
        """Write the ledger, if anything happened."""
        if not self._changed:
            return
        reports: dict[str, dict] = {}
        for name, record in all_done(self._outputs):
            page = next(f for f in record["files"] if f.endswith(PAGE_FILE))
            reports[name] = {"state": record["state"], "key": record["key"], "page": page}
        for name, record in all_tried(self._outputs):
            reports[name] = {**reports.get(name, {}), "last_try": record["state"], "code": record.get("code")}
        write_record(self._path, {"events": self._events, "reports": reports})


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
