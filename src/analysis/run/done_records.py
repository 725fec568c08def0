"""What is known of every report: its done-record, why it failed, and the ledger over them.

A report is done when its record says so, with the key of what it would be made from now, and every file that it names
has the bytes that it names. Nothing else counts: not a page that lies there, nor a ledger.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from ..outputs import FIGURES_FILE, PAGE_FILE, replace

DONE, PUBLISHING = "done", "publishing"  # a record's state; the second while files are being put in place
RUNNING, FAILED, INTERRUPTED = "running", "failed", "interrupted"
LEDGER_FILE = "ledger.json"


def done_path(outputs: Path, name: str) -> Path:
    return outputs / "restricted" / "done" / f"{name}.json"


def failed_path(outputs: Path, name: str) -> Path:
    return outputs / "restricted" / "failed" / f"{name}.json"


def read(path: Path) -> dict | None:
    """Return a record; None where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write(path: Path, record: dict) -> None:
    """Write a record whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, json.dumps(record, indent=1, sort_keys=True).encode())


def sha256(path: Path) -> str | None:
    """Return a file's hash; None where there is no such file, or a link."""
    if path.is_symlink() or not path.is_file():
        return None
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_whole(outputs: Path, record: dict | None) -> bool:
    """Say whether a record is done and everything it names lies there unchanged."""
    if record is None or record.get("state") != DONE or not record.get("files"):
        return False
    return all(sha256(outputs / name) == digest for name, digest in record["files"].items())


def earlier(outputs: Path, name: str) -> dict | None:
    """Return the former issue of a page as `report.Task` takes it; None where it was never published."""
    record = read(done_path(outputs, name))
    if record is None or "issue" not in record:
        return None
    figures = next((f for f in record["files"] if f.endswith(FIGURES_FILE)), "")
    return {
        "figures": str((outputs / figures).resolve()),
        "sha256": record["files"].get(figures, ""),
        "issue": record["issue"],
        "sentences": record["revision"],
    }


def all_of(folder: Path) -> Iterator[tuple[str, dict]]:
    """Give every record of a folder that can be read, by name."""
    for path in sorted(folder.glob("*.json")):
        if (record := read(path)) is not None:
            yield path.stem, record


class Ledger:
    """The list of what happened in an outputs folder, in order, and the state of every report.

    It decides nothing: lost or damaged, it is written anew from the records.
    """

    def __init__(self, outputs: Path):
        self._outputs, self._path = outputs, outputs / "restricted" / LEDGER_FILE
        found = read(self._path)
        events = found.get("events") if found is not None else None
        known = isinstance(events, list)
        self._events: list[dict] = events if isinstance(events, list) else []
        self._changed = False
        if not known and any(all_of(outputs / "restricted" / "done")):
            self.add("ledger rebuilt from the records")

    def add(self, what: str, **about: object) -> None:
        """Note one more thing; its number is its place in time, whatever the clock says."""
        number = self._events[-1]["sequence"] + 1 if self._events else 1
        self._events.append({"sequence": number, "what": what, **about})
        self._changed = True

    def save(self) -> None:
        """Write the ledger, if anything happened."""
        if not self._changed:
            return
        folder, reports = self._outputs / "restricted", {}
        for name, record in all_of(folder / "done"):
            page = next((f for f in record.get("files", {}) if f.endswith(PAGE_FILE)), None)
            reports[name] = {"state": record.get("state"), "key": record.get("key"), "page": page}
        for name, record in all_of(folder / "failed"):
            reports[name] = {**reports.get(name, {}), "last_try": record.get("state"), "code": record.get("code")}
        write(self._path, {"events": self._events, "reports": reports})
