"""What reports read: a quarter's protected tables, in a folder for each area, so that a report touches only its own."""

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .config import Catalogue
from .disclosure import Protected, seal, to_judge_by
from .errors import Refused
from .outputs import replace as replace_file
from .periods import QUARTER_FREQ, numbered, quarter_code
from .report import commentary
from .schema import (
    BULK,
    CALLS,
    GAPS,
    MONTHS,
    OTHERS,
    PARTS,
    QUALITY,
    QUARTERS,
    QUESTIONS,
    SOURCES,
    Reach,
    declared,
    empty,
    names,
)
from .shapes import Case

FILE_OF = {name: f"{name}.parquet" for name in (MONTHS, QUARTERS, PARTS, QUESTIONS, CALLS, OTHERS)}
FACTS_FILE = "facts.json"
FACTS = (QUALITY, SOURCES, BULK, GAPS)  # the tables among them
RELEASED_FILE = "released.parquet"  # beside the areas' folders: what the pages say and hide
ISSUED_FILES = "{}.issue-{}.parquet"  # beside a quarter's folder: what pages said and hid that were issued again
FILES = (*FILE_OF.values(), FACTS_FILE)


def quarter_folder(outputs: str | Path, profile: str, quarter: pd.Period) -> Path:
    """Return the folder of all areas' slices of one quarter."""
    return Path(outputs) / "restricted" / "slices" / profile / quarter_code(quarter).lower()


def area_folder(folder: Path, area: str) -> Path:
    """Return the folder of one area's slice: named by a hash, since names of areas may differ in nothing but case."""
    return folder / hashlib.sha256(area.encode()).hexdigest()[:16]


def write_snapshot(
    folder: Path,
    page: Protected,
    questions: pd.DataFrame,
    calls: pd.DataFrame,
    others: pd.DataFrame,
    facts: dict,
    *,
    with_earlier: Collection[str],
) -> None:
    """Write one quarter's protected tables, a folder an area.

    Parameters
    ----------
    folder : pathlib.Path
    page : Protected
        Of all areas: nothing else than what `protect` made is ever written for a report.
    questions : pandas.DataFrame
        From `verdict.follow`, on those tables.
    calls : pandas.DataFrame
        From `verdict.hold_calls`.
    others : pandas.DataFrame
        From `breakdown.beside_others`.
    facts : dict
        What holds for every area: as_at, is_newest, profile, quality, sources, bulk, gaps.
    with_earlier : collection of str
        Areas of which a page of an earlier quarter is published.
    """
    facts = facts | {name: [{k: row[k] for k in names(name, among=row)} for row in facts[name]] for name in FACTS}
    tables = {MONTHS: page.months, QUARTERS: page.quarters, PARTS: page.parts}
    tables |= {QUESTIONS: questions, CALLS: calls, OTHERS: others}
    tables = {name: declared(table, name, reach=Reach.SLICES) for name, table in tables.items()}
    seals = seal(tables | {name: pd.DataFrame(facts[name]) for name in (QUALITY, BULK)})
    stored = {n: _plain(t) if "period" in t else t for n, t in tables.items()}
    of_area = {name: dict(list(table.groupby("area"))) for name, table in stored.items()}
    gaps = {area: [gap for gap in facts[GAPS] if gap["area"] == area] for area in {g["area"] for g in facts[GAPS]}}
    for area in of_area[MONTHS]:
        into = area_folder(folder, area)
        into.mkdir(parents=True, exist_ok=True)
        for name, table in stored.items():
            _to_file(of_area[name].get(area, table.iloc[:0]).reset_index(drop=True), into / FILE_OF[name])
        sealed = facts | {GAPS: gaps.get(area, []), "seal": seals[area], "has_earlier": area in with_earlier}
        (into / FACTS_FILE).write_text(json.dumps(sealed, indent=1, sort_keys=True), encoding="utf-8")
    _to_file(page.released, folder / RELEASED_FILE)
    for name in (QUESTIONS, CALLS):
        _to_file(tables[name], folder / FILE_OF[name])


def read_released(folder: Path) -> pd.DataFrame:
    """Return what the pages of one quarter say and hide, for the pages after them."""
    return _of_file(folder / RELEASED_FILE)


def read_issues(folder: Path) -> list[pd.DataFrame]:
    """Return what the pages of one quarter said and hid, issue by issue; those of the newest stand last, once they are cut."""
    now = folder / RELEASED_FILE
    pages = []
    for path in [*_issued(folder), *([now] if now.is_file() else [])]:
        try:
            pages.append(_of_file(path))
        except (OSError, pa.ArrowInvalid):
            raise Refused(
                f"{path.name} says what was published before, and is damaged. Bring it back from a copy.",
                code="CORRUPT_FILE",
            ) from None
    return pages


def _issued(folder: Path) -> list[Path]:
    return sorted(folder.parent.glob(ISSUED_FILES.format(folder.name, "*")))


def keep_issue(folder: Path) -> None:
    """Keep what a quarter's pages say and hide, before they are made again: a reader may have both."""
    now, issued = folder / RELEASED_FILE, _issued(folder)
    if now.is_file() and not any(now.read_bytes() == before.read_bytes() for before in issued[-1:]):
        replace_file(folder.parent / ISSUED_FILES.format(folder.name, f"{len(issued) + 1:03d}"), now.read_bytes())


def read_questions(folder: Path) -> pd.DataFrame:
    """Return the questions that the pages of one quarter print; none where they were made before there were any."""
    path = folder / FILE_OF[QUESTIONS]
    return _of_file(path) if path.is_file() else empty(QUESTIONS)


def read_calls(folder: Path) -> pd.DataFrame:
    """Return the calls that the pages of one quarter print; none where they were made before there were any."""
    path = folder / FILE_OF[CALLS]
    return _of_file(path) if path.is_file() else empty(CALLS)


def copy_slice(folder: Path, area: str, into: Path) -> None:
    """Copy one area's slice to the folder of its report.

    Parameters
    ----------
    folder : pathlib.Path
        One quarter's slices.
    area : str
    into : pathlib.Path

    Raises
    ------
    Refused
        ``NO_DATA`` when the area's figures begin later, as a new authority's do.
    """
    if not area_folder(folder, area).is_dir():
        raise Refused(f"'{area}' has no figure up to this quarter.", code="NO_DATA")
    for name in FILES:
        shutil.copyfile(area_folder(folder, area) / name, into / name)


def read_case(folder: Path, project: Catalogue, quarter: pd.Period, area: str) -> Case:
    """Return the case whose slice lies in `folder`, ready to be judged, with what the service says of it.

    Raises
    ------
    Refused
        ``INVALID_COMMENTARY`` when the commentary is not written as one is.
    NotReleasable
        When it holds a number that the page does not show.
    """
    facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
    case = Case(
        project=project,
        quarter=quarter,
        area=area,
        profile=facts["profile"],
        as_at=dt.date.fromisoformat(facts["as_at"]),
        is_newest=facts["is_newest"],
        has_earlier=facts["has_earlier"],
        months=_restore(folder / FILE_OF[MONTHS], "M"),
        quarters=_restore(folder / FILE_OF[QUARTERS], QUARTER_FREQ),
        quality=facts["quality"],
        sources=pd.DataFrame(facts["sources"]),
        bulk=facts["bulk"],
        gaps=facts["gaps"],
        parts=_restore(folder / FILE_OF[PARTS], QUARTER_FREQ),
        questions=_of_file(folder / FILE_OF[QUESTIONS]),
        calls=_of_file(folder / FILE_OF[CALLS]),
        others=_of_file(folder / FILE_OF[OTHERS]),
        seal=facts["seal"],
    )
    case = replace(case, **to_judge_by(case.months, case.quarters, case.profile))
    return replace(case, comments=commentary.comments_of(case))


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Put a date and a length in place of each period: Parquet knows only periods of one length."""
    period = numbered(table["period"])
    return table.assign(freq=period["grain"], period=period["start"])


def _restore(path: Path, freq_of_none: str) -> pd.DataFrame:
    """Read periods back; a table without rows takes the frequency that is given."""
    table = _of_file(path)
    if table.empty:
        return table.assign(period=pd.PeriodIndex([], freq=freq_of_none)).drop(columns="freq")
    period = table["period"].astype(object)
    for freq, part in table.groupby("freq"):
        period[part.index] = part["period"].dt.to_period(freq)
    return table.assign(period=period if table["freq"].nunique() > 1 else pd.PeriodIndex(period)).drop(columns="freq")


def _to_file(table: pd.DataFrame, path: Path) -> None:
    """Write Parquet through Python's own file: pyarrow takes no path that is not UTF-8."""
    with path.open("wb") as file:
        table.to_parquet(file)


def _of_file(path: Path) -> pd.DataFrame:
    """Read Parquet in this thread alone: the process that forks reads so, and pyarrow's pools would stay with it."""
    table = pq.ParquetFile(pa.BufferReader(path.read_bytes())).read(use_threads=False)
    return table.to_pandas(use_threads=False)
