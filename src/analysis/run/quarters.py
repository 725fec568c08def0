"""The quarters' slices: each cut once, in the order of the quarters, and only where it would come out otherwise."""

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import AnalysisError, Refused
from ..outputs import record_name
from ..periods import parse_quarter, quarter_code
from ..pipeline import Measured, Prepared, areas, make_snapshots, measured
from ..snapshots import keep_issue, quarter_folder
from . import done_records
from .executor import Executor
from .formats import SnapshotRecord, read_state
from .job import package_hash, versions

CUT_FILE = "cut.json"
WORTH_SHARING = 4  # quarters: to start a process takes about as long as to measure one


class SnapshotMaker:
    """Cuts quarters in their order, each once, and none again that would come out the same.

    Protecting a quarter needs the pages before it; measuring does not, so an executor measures the next ones meanwhile.

    Parameters
    ----------
    prepared : Prepared
    wanted : list of (pandas.Period, str)
        Quarter and area of all pages that are to be published, in the order of the quarters.
    outputs : pathlib.Path
    profile : str
    asked : datetime.date or None
    executor : Executor, optional
    notice : callable
        Told when slices were damaged.
    """

    def __init__(
        self,
        prepared: Prepared,
        wanted: list[tuple[pd.Period, str]],
        outputs: Path,
        *,
        profile: str,
        asked: dt.date | None,
        executor: Executor | None = None,
        notice: Callable[..., None] = lambda what, **about: None,
    ):
        self.profile = profile
        self._prepared, self._outputs, self._asked = prepared, outputs, asked
        self._quarters = list(dict.fromkeys(q for q, _ in wanted))
        self._executor = executor if len(self._quarters) >= WORTH_SHARING else None
        self._sent: dict[tuple[pd.Period, dt.date], Future] = {}
        self._shared: Any = None
        self._digest = _digest(prepared)
        self._notice = notice
        issued = list(_published(outputs, profile, areas(prepared)))
        self._published = {quarter: day for quarter, _, day in issued}
        self._pages = {*wanted, *((quarter, area) for quarter, area, _ in issued)}
        self._cut: dict[pd.Period, dt.date] = {}
        self._whole: set[pd.Period] = set()

    def slices(self, quarter: pd.Period) -> tuple[Path, dt.date]:
        """Return the folder of a quarter that is to be published, and the day up to which it knows things."""
        rule = self._rule(quarter)
        folder = self._of(quarter, rule)
        self._published[quarter] = rule
        return folder, rule

    def _seen(self, quarter: pd.Period) -> Path | None:
        """Return the folder of an earlier quarter, as its own page saw it; None where it has no data.

        What was published stays as it was, even where the data say something else of that quarter by now.
        """
        folder = quarter_folder(self._outputs, self.profile, quarter)
        if quarter in self._published and quarter not in self._cut and self._is_whole(folder, quarter):
            return folder
        day = self._published.get(quarter) or self._prepared.as_at_before(quarter + 1, self._asked)
        try:
            return self._of(quarter, day)
        except Refused as error:
            if error.code != "NO_DATA":
                raise
            return None

    def _of(self, quarter: pd.Period, as_at: dt.date) -> Path:
        folder = quarter_folder(self._outputs, self.profile, quarter)
        if self._cut.get(quarter) == as_at:
            return folder
        released = [f for q in sorted(self._published) if q < quarter and (f := self._seen(q)) is not None]
        pages = {(q, area) for q, area in self._pages if q < quarter}
        known = hashlib.sha256(f"{self._digest} {quarter} {as_at} {self.profile} {sorted(pages)}".encode())
        for path in sorted(p for r in released for p in r.glob("*.parquet")):
            known.update(path.parent.name.encode() + path.read_bytes())
        key = known.hexdigest()
        whole = self._is_whole(folder, quarter)
        if not whole and (folder.exists() or quarter in self._published):
            self._notice("slices unfinished, damaged or changed by hand, and cut again", quarter=quarter_code(quarter))
        if not whole or _record(folder)["key"] != key:
            found = self._measured(quarter, as_at)
            if quarter in self._published and quarter not in self._cut and whole:
                keep_issue(folder)
            issued = [*self._later(quarter), folder] if self.profile != "internal" else []
            self._whole.discard(quarter)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            make_snapshots(
                self._prepared,
                quarter,
                folder,
                profile=self.profile,
                released=released,
                issued=issued,
                pages=pages,
                found=found,
            )
            hashes = {
                p.relative_to(folder).as_posix(): done_records.sha256(p) for p in folder.rglob("*") if p.is_file()
            }
            done_records.write_record(folder / CUT_FILE, {"key": key, "files": hashes})
            self._whole.add(quarter)
        self._cut[quarter] = as_at
        return folder

    def _later(self, quarter: pd.Period) -> list[Path]:
        """Return the folders of later quarters whose pages were published before this one is cut."""
        folders = {q: quarter_folder(self._outputs, self.profile, q) for q in sorted(self._published) if q > quarter}
        return [f for q, f in folders.items() if q not in self._cut and self._is_whole(f, q)]

    def _is_whole(self, folder: Path, quarter: pd.Period) -> bool:
        """Say whether slices lie there as they were cut; looked at once a run."""
        if quarter not in self._whole and (record := _record(folder)) and done_records.has_bytes(folder, record):
            self._whole.add(quarter)
        return quarter in self._whole

    def _rule(self, quarter: pd.Period) -> dt.date:
        return self._prepared.project.as_at(quarter, newest=self._prepared.newest, asked=self._asked)

    def _measured(self, quarter: pd.Period, as_at: dt.date) -> Measured:
        if self._executor is None:
            return measured(self._prepared, quarter, as_at)
        if self._shared is None:
            self._shared = self._executor.share(self._prepared)
        coming = [q for q in self._quarters if q > quarter][: self._executor.size]
        for one in [(quarter, as_at), *((q, self._rule(q)) for q in coming)]:
            if one not in self._sent:
                self._sent[one] = self._executor.measure(measured, self._shared, *one)
        try:
            return self._sent.pop((quarter, as_at)).result()
        except AnalysisError:
            raise
        except self._executor.lost:
            return measured(self._prepared, quarter, as_at)


def _record(folder: Path) -> dict:
    return read_state(folder / CUT_FILE, SnapshotRecord) or {}


def _published(outputs: Path, profile: str, areas: list[str]) -> Iterator[tuple[pd.Period, str, dt.date | None]]:
    """Give the quarter and area of each page that was published, and the day up to which it knew things; None: that is lost."""
    for path in done_records.lost(outputs):
        with suppress(Refused):
            quarter = parse_quarter(path.name[: len("2020-21q4")])
            area = next((a for a in areas if record_name(profile, quarter, a) == path.stem), "")
            if (
                path == done_records.done_path(outputs, path.stem)
                and quarter_folder(outputs, profile, quarter).is_dir()
            ):
                yield quarter, area, None
    for _, record in done_records.all_done(outputs):
        given = record["parameters"]
        if given["profile"] == profile:
            yield parse_quarter(given["quarter"]), given["area"], dt.date.fromisoformat(given["as_at"])


def _digest(prepared: Prepared) -> str:
    """Return a hash of everything that cutting depends on."""
    code = hashlib.sha256(json.dumps([package_hash(), versions()], sort_keys=True).encode())
    code.update(prepared.project.path.read_bytes())
    for c in prepared.cleaned:
        facts = [c.dataset, c.summary, c.sources[["file", "rows_in", "sha256"]].to_dict("records")]
        code.update(json.dumps(facts, sort_keys=True, default=str).encode())
    if prepared.population is not None:
        code.update(prepared.population.to_csv().encode())
    code.update(prepared.relations.pairs.to_csv().encode())
    for c in prepared.cleaned:
        code.update(pd.util.hash_pandas_object(c.records).to_numpy().tobytes())
    return code.hexdigest()
