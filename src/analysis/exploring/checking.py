"""Read and clean only: what came in, what was kept, changed, set aside, and why; written where it is not published."""

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd

from ..cleaning import clean
from ..config import Catalogue, Dataset, load
from ..errors import Refused
from ..measuring import account, account_of_measures, link, newest_date
from ..outputs import formula_safe
from ..reading import read
from ..shapes import QUARANTINE_COLUMNS, Cleaned
from .starter import starter

DEFAULT_CONFIG = "measures.toml"


@dataclass(frozen=True)
class Checked:
    """One dataset of a configuration, or of what a look at a file suggests: cleaned, or refused."""

    dataset: Dataset
    cleaned: Cleaned | None
    refused: Refused | None = None
    project: Catalogue | None = None

    def files(self) -> list[dict]:
        """Return one row per file: file, dataset, rows_in, kept, quarantined, codes."""
        if self.cleaned is None:
            return []
        found, audit, quarantine = [], self.cleaned.audit, self.cleaned.quarantine
        for (file, sheet), rows in self.cleaned.sources.groupby(["file", "sheet"], sort=False):
            here = [t[(t["file"] == file) & (t["sheet"] == sheet)] for t in (audit, quarantine)]
            codes = pd.concat([t["code"] for t in here]).value_counts().sort_index()
            rows_in, aside = int(rows["rows_in"].sum()), len(here[1])
            found.append(
                {
                    "file": file,
                    "dataset": self.dataset.name,
                    "rows_in": rows_in,
                    "kept": rows_in - aside,
                    "quarantined": aside,
                    "codes": {code: int(n) for code, n in codes.items()},
                }
            )
        return found


def check_datasets(config: str, files: Iterable = (), *, as_at: dt.date | None = None) -> list[Checked]:
    """Read and clean the datasets of a configuration, or the files given.

    A file is checked as the dataset that names it; else as the one whose file has the same name; else as the only
    dataset of the configuration; else, or without a configuration, as a look at it suggests.

    Parameters
    ----------
    config : path-like
    files : iterable of path-like
        Every dataset where there are none.
    as_at : datetime.date, optional
        Instead of the project's.

    Returns
    -------
    list of Checked
    """
    files = [Path(f) for f in files]
    project = load(config) if not files or Path(config).is_file() or str(config) != DEFAULT_CONFIG else None
    if project is not None and not files:
        return [_check(d, as_at, project) for d in project.datasets if d.is_read]
    checked = []
    for file in files:
        if not file.is_file():
            checked.append(
                Checked(_nameless(file), None, Refused(f"There is no file {file}.", code="INPUT_UNAVAILABLE"))
            )
            continue
        try:
            datasets, of = _datasets_of(file, project)
        except Refused as error:
            checked.append(Checked(_nameless(file), None, error))
            continue
        checked += [_check(d, as_at, of) for d in datasets]
    return checked


def accounts(checked: Iterable[Checked], *, as_at: dt.date | None = None) -> list[dict]:
    """Return what became of each dataset's rows, and of the events of each measure of it, as known on the as-at date.

    Returns
    -------
    list of dict
        dataset, as_at, rows_in, and what adds up to it: kept, quarantined, outside, later; quarantined_for and outside_for
        (reasons), and measures: by name, how many events had which of these fates.
    """
    done = [(one.cleaned, one.project) for one in checked if one.cleaned is not None and one.project is not None]
    rows = []
    for cleaned, project in done:
        beside = [c for c, of in done if of is project]
        day = as_at or project.project.as_at or newest_date(beside, project)
        linked = [one for one in link(beside, project) if one.dataset == cleaned.dataset]
        events = account_of_measures(linked, project, day)
        measures = {name: dict(zip(t["fate"], t["count"], strict=True)) for name, t in events.groupby("measure")}
        for row in account(linked, project, day).to_dict("records"):
            rows.append(row | {"as_at": day.isoformat(), "measures": measures})
    return rows


def _nameless(file: Path) -> Dataset:
    return Dataset.model_validate({"name": "file", "path": file.name, "columns": {"date": "date"}})


def _datasets_of(file: Path, project: Catalogue | None) -> tuple[list[Dataset], Catalogue]:
    if project is None:
        return _looked_at(file)
    named = [d for d in project.datasets if d.path]
    same_file = [d for d in named if file.resolve() in {p.resolve() for p in _matches(d)}]
    same_name = [d for d in named if fnmatch(file.name, Path(str(d.path).replace("{date}", "*")).name)]
    fitting = same_file or same_name or (named if len(named) == 1 else [])
    if not fitting:
        return _looked_at(file)
    copies = []
    for dataset in fitting:
        copy = dataset.model_copy(update={"path": file.name})
        copy._folder = file.resolve().parent
        copies.append(copy)
    return copies, project


def _matches(dataset: Dataset) -> list[Path]:
    pattern = dataset.path.replace("{date}", "*")
    exact = dataset.folder / pattern
    return [exact] if exact.is_file() else list(dataset.folder.glob(pattern)) if not Path(pattern).is_absolute() else []


def _looked_at(file: Path) -> tuple[list[Dataset], Catalogue]:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / DEFAULT_CONFIG
        config.write_text(starter([file], folder), encoding="utf-8")
        project = load(config)
    for dataset in project.datasets:
        dataset._folder = Path(folder)
    return [d.model_copy(update={"path": str(file.resolve())}) for d in project.datasets], project


def _check(dataset: Dataset, as_at: dt.date | None, project: Catalogue) -> Checked:
    if as_at:
        dataset._as_at = as_at
    try:
        return Checked(dataset, clean(read(dataset), dataset), project=project)
    except Refused as error:
        return Checked(dataset, None, error, project)


def write_papers(
    checked: list[Checked], folder: Path, replace: Callable[[Path, bytes], object], *, became: Iterable[dict] = ()
) -> list[Path]:
    """Write audit and quarantine of each dataset as CSV that a spreadsheet opens without running anything.

    A quarantine file has the dataset's own headings behind file, sheet, line and code: repaired there, it is read as
    one more file of the dataset.

    Parameters
    ----------
    checked : list of Checked
    folder : pathlib.Path
        Restricted: the files hold values of the input.
    replace : callable
        Takes a path and bytes.
    became : iterable of dict, optional
        What became of each dataset's rows (`accounts`).

    Returns
    -------
    list of pathlib.Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    written, names = [], set()
    for one in (c for c in checked if c.cleaned is not None):
        name = next(
            n for n in (one.dataset.name, *(f"{one.dataset.name}_{i}" for i in range(2, 10_000))) if n not in names
        )
        names.add(name)
        audit = one.cleaned.audit
        counted = [
            (row["file"], "", 0, "", code, "", row[key])
            for row in one.files()
            for key, code in (("rows_in", "ROWS_IN"), ("kept", "ROWS_KEPT"), ("quarantined", "ROWS_QUARANTINED"))
        ]
        counted += [
            ("", "", 0, "", code, ", ".join(row.get(f"{key}_for", ())), row[key])
            for row in became
            if row["dataset"] == one.dataset.name
            for key, code in (("outside", "ROWS_OUTSIDE"), ("later", "ROWS_LATER"))
        ]
        for path, header, rows in (
            (folder / f"{name}-audit.csv", list(audit.columns), [*counted, *audit.itertuples(index=False, name=None)]),
            (folder / f"{name}-quarantine.csv", *_quarantine(one)),
        ):
            replace(path, _safe_csv(header, rows))
            written.append(path)
    return written


def _quarantine(one: Checked) -> tuple[list[str], list[list]]:
    headings = list(dict.fromkeys(one.dataset.columns.values()))
    rows = []
    for *source, original in one.cleaned.quarantine[QUARANTINE_COLUMNS].itertuples(index=False, name=None):
        fields = next(csv.reader([original] if "\n" not in original else io.StringIO(original, newline="")), [])
        fields += [""] * (len(headings) - len(fields))
        rows.append([*source, *fields])
    longest = max((len(r) for r in rows), default=0) - len(QUARANTINE_COLUMNS) + 1 - len(headings)
    return [*QUARANTINE_COLUMNS[:-1], *headings, *(f"more {i + 1}" for i in range(longest))], rows


def _safe_csv(header: list[str], rows: Iterable) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([formula_safe(h) for h in header])
    writer.writerows([formula_safe(v) for v in row] for row in rows)
    return out.getvalue().encode("utf-8-sig", "replace")  # with a mark, so that Excel reads it as UTF-8
