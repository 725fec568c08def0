"""The quarters' slices: each cut once, in the order of the quarters, and only where it would come out otherwise."""

import datetime as dt
import hashlib
import json
import shutil
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import AnalysisError, Refused
from ..periods import quarter_code
from ..pipeline import Measured, Prepared, cut, measured
from ..snapshots import quarter_folder
from . import done_records
from .executor import Crew
from .job import package_hash, versions

CUT_FILE = "cut.json"
WORTH_SHARING = 4  # quarters: to start a process takes about as long as to measure one


class Cutter:
    """Cuts quarters in their order, each once, and none again that would come out the same.

    Protecting a quarter needs the pages before it; measuring does not, so a crew measures the next ones meanwhile.

    Parameters
    ----------
    prepared : Prepared
    quarters : list of pandas.Period
        All that are to be published, in their order.
    outputs : pathlib.Path
    profile : str
    asked : datetime.date or None
    crew : Crew, optional
    """

    def __init__(
        self,
        prepared: Prepared,
        quarters: list[pd.Period],
        outputs: Path,
        *,
        profile: str,
        asked: dt.date | None,
        crew: Crew | None = None,
    ):
        self.profile = profile
        self._prepared, self._outputs, self._asked = prepared, outputs, asked
        self._quarters, self._crew = quarters, crew if len(quarters) >= WORTH_SHARING else None
        self._sent: dict[tuple[pd.Period, dt.date], Future] = {}
        self._shared: Any = None
        self._digest = _digest(prepared)
        done = (record["parameters"] for _, record in done_records.all_of(outputs / "restricted" / "done"))
        mine = [p for p in done if p["profile"] == profile]
        self._published = {p["quarter"].lower(): p["as_at"] for p in mine}
        self._cut: dict[pd.Period, dt.date] = {}

    def slices(self, quarter: pd.Period) -> tuple[Path, dt.date]:
        """Return the folder of a quarter that is to be published, and the day up to which it knows things."""
        rule = self._rule(quarter)
        found = self._of(quarter, rule)
        self._published[quarter_code(quarter).lower()] = rule.isoformat()
        return found, rule

    def before(self, quarter: pd.Period) -> Path | None:
        """Return the folder of the quarter before, as its own page saw it; None where it has no data.

        What was published stays as it was, even where the data say something else of that quarter by now.
        """
        said = self._published.get(quarter_code(quarter - 1).lower())
        folder = quarter_folder(self._outputs, self.profile, quarter - 1)
        if said and quarter - 1 not in self._cut and (folder / CUT_FILE).is_file():
            return folder
        day = dt.date.fromisoformat(said) if said else self._prepared.as_at_before(quarter, self._asked)
        try:
            return self._of(quarter - 1, day)
        except Refused as error:
            if error.code != "NO_DATA":
                raise
            return None

    def _of(self, quarter: pd.Period, as_at: dt.date) -> Path:
        folder = quarter_folder(self._outputs, self.profile, quarter)
        if self._cut.get(quarter) == as_at:
            return folder
        root = folder.parent
        released = [root / code for code in sorted(self._published) if code < folder.name and (root / code).is_dir()]
        known = hashlib.sha256(f"{self._digest} {quarter} {as_at} {self.profile}".encode())
        for path in sorted(p for r in released for p in r.glob("*.parquet")):
            known.update(path.parent.name.encode() + path.read_bytes())
        key = known.hexdigest()
        if (done_records.read(folder / CUT_FILE) or {}).get("key") != key:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            found = self._measured(quarter, as_at)
            cut(self._prepared, quarter, folder, profile=self.profile, released=released, found=found)
            done_records.write(folder / CUT_FILE, {"key": key})
        self._cut[quarter] = as_at
        return folder

    def _rule(self, quarter: pd.Period) -> dt.date:
        return self._prepared.project.as_at(quarter, newest=self._prepared.newest, asked=self._asked)

    def _measured(self, quarter: pd.Period, as_at: dt.date) -> Measured:
        if self._crew is None:
            return measured(self._prepared, quarter, as_at)
        if self._shared is None:
            self._shared = self._crew.share(self._prepared)
        coming = [q for q in self._quarters if q > quarter][: self._crew.size]
        for one in [(quarter, as_at), *((q, self._rule(q)) for q in coming)]:
            if one not in self._sent:
                self._sent[one] = self._crew.measure(measured, self._shared, *one)
        try:
            return self._sent.pop((quarter, as_at)).result()
        except AnalysisError:
            raise
        except self._crew.lost:
            return measured(self._prepared, quarter, as_at)


def _digest(prepared: Prepared) -> str:
    """Return a hash of everything that cutting depends on."""
    known = hashlib.sha256(json.dumps([package_hash(), versions()], sort_keys=True).encode())
    known.update(prepared.project.path.read_bytes())
    for c in prepared.cleaned:
        facts = [c.dataset, c.summary, c.sources[["file", "rows_in", "sha256"]].to_dict("records")]
        known.update(json.dumps(facts, sort_keys=True, default=str).encode())
    if prepared.population is not None:
        known.update(prepared.population.to_csv().encode())
    for c in prepared.cleaned:
        known.update(pd.util.hash_pandas_object(c.records).to_numpy().tobytes())
    return known.hexdigest()
