"""What the files hold that one run leaves for the next: whatever is read back has the format in which it was written.

Anybody may have changed them since. A file of another format counts as lost, and what it held is made anew.
"""

import datetime as dt
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..classes import CLASSES, TOO_EARLY, TOO_LITTLE
from ..disclosure import PROFILES
from ..errors import AnalysisError
from ..outputs import PUBLISHED_FILES
from ..periods import parse_quarter

LARGEST = 2**31  # that a number of an issue, an event or a process ever is
CALLS = (*CLASSES, TOO_EARLY, TOO_LITTLE)
Number = Annotated[int, Field(ge=0, lt=LARGEST)]


def _has_quarter(text: str) -> str:
    parse_quarter(text)
    return text


def _has_day(text: str) -> str:
    dt.date.fromisoformat(text)
    return text


def _names_files(files: dict[str, str]) -> dict[str, str]:
    paths = [PurePosixPath(name) for name in files]
    if sorted(p.name for p in paths) != sorted(PUBLISHED_FILES) or any(
        p.is_absolute() or ".." in p.parts for p in paths
    ):
        raise ValueError("not the files of a page")
    return files


def _numbers(events: list["LedgerEntry"]) -> list["LedgerEntry"]:
    if [e.sequence for e in events] != list(range(1, len(events) + 1)):
        raise ValueError("not in order")
    return events


class Format(BaseModel):
    """A file's format; a release after this one may write more in it."""

    model_config = ConfigDict(strict=True, extra="allow")


class About(Format):
    """Which report."""

    quarter: Annotated[str, AfterValidator(_has_quarter)]
    area: str
    profile: Literal[PROFILES]  # type: ignore[valid-type]


class Parameters(About):
    """Which report, and what it knew."""

    as_at: Annotated[str, AfterValidator(_has_day)]


class Answer(Format):
    """What a page says of one measure, in brief: see `report.in_brief`."""

    call: Literal[CALLS]  # type: ignore[valid-type]
    said: str
    size: str
    stands_out: bool
    figure: str
    on_year: str
    variation: str
    control: str
    up: bool
    chance: float | None
    usual: float | None
    value: float | None
    year: float | None
    rate: float | None
    observed: float | None
    exposed: float | None
    trail: list[float | None]


class Done(Format):
    """The record of a page: written as *publishing* before its files are put in place, as *done* after them."""

    state: Literal["done", "publishing"]
    key: str
    files: Annotated[dict[str, str], AfterValidator(_names_files)]
    page_sha256: str
    parameters: Parameters
    inputs: dict[str, str]
    versions: dict[str, str]
    issue: Number
    revision: list[str]
    calls: dict[str, Literal[CALLS]]  # type: ignore[valid-type]
    answers: dict[str, Answer] = {}  # of which release 1 noted the calls alone


class Tried(About):
    """The record of a report that was begun, and why there is no page of it yet."""

    state: Literal["running", "failed", "interrupted"]
    code: str = ""
    reason: str = ""


class SnapshotRecord(Format):
    """What a quarter's slices were cut from, and their hashes, which release 1 did not note."""

    key: str
    files: dict[str, str] = {}


class Holder(Format):
    """The process that holds the folder."""

    pid: Number
    host: str
    started: str


class LedgerEntry(Format):
    """One thing that happened."""

    sequence: Number
    what: str


class History(Format):
    """The ledger."""

    events: Annotated[list[LedgerEntry], AfterValidator(_numbers)]
    reports: dict[str, dict[str, Any]]


def read_state(path: Path, held: type[Format]) -> dict | None:
    """Return what a file holds; None where there is no such file, or what it holds was not written there."""
    try:
        return held.model_validate_json(path.read_bytes()).model_dump(exclude_unset=True)
    except (OSError, ValueError, AnalysisError):
        return None
