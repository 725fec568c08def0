"""How fast and how large reading is, as ratios to plain pandas and plain calamine in the same run.

python bench/reading.py

Each side runs in a process of its own, in turns; what is compared are medians of the time, and the peak memory above
what the imports take. A process inherits the peak of the one that starts it (Linux, getrusage), so that this one stays
small: the tables, which are made up, are written by another.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

CSV_ROWS, SHEET_ROWS, TURNS, CALLS = 1_000_000, 400_000, 3, 3
CONFIG = """\
[project]
name = "Testshire"
nation = "england"
as_at = 2026-03-31

[[dataset]]
name = "events"
path = "{path}"
columns = {{ child = "id", date = "event_date", category = "event_type", completed = "completed_date" }}

[[measure]]
name = "events"
title = "Events"
dataset = "events"
type = "flow"
date = "date"
"""


def made_up(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(1)
    began = np.datetime64("2018-04-01") + np.sort(random.integers(0, 2900, rows)).astype("timedelta64[D]")
    ended = pd.Series(began + random.integers(0, 60, rows).astype("timedelta64[D]"))
    return pd.DataFrame(
        {
            "id": np.char.add("C", np.char.zfill(random.integers(0, rows // 5, rows).astype(str), 6)),
            "event_date": began,
            "event_type": random.choice(["contact", "referral", "assessment"], rows),
            "completed_date": ended.where(random.random(rows) < 0.9),
        }
    )


def write(folder: Path) -> None:
    made_up(CSV_ROWS).to_csv(folder / "cases.csv", index=False)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Cases")
    table = made_up(SHEET_ROWS)
    sheet.append(list(table))
    for row in table.astype(object).where(table.notna(), None).itertuples(index=False, name=None):
        sheet.append([v.to_pydatetime() if isinstance(v, pd.Timestamp) else v for v in row])
    book.save(folder / "cases.xlsx")
    for name in ("cases.csv", "cases.xlsx"):
        (folder / f"{name}.toml").write_text(CONFIG.format(path=name), encoding="utf-8")


def plain_csv(folder: Path) -> None:
    table = pd.read_csv(folder / "cases.csv")
    for column in ("event_date", "completed_date"):
        table[column] = pd.to_datetime(table[column])


def plain_sheet(folder: Path) -> None:
    from python_calamine import CalamineWorkbook

    CalamineWorkbook.from_path(folder / "cases.xlsx").get_sheet_by_index(0).to_python()


def ours(folder: Path, name: str) -> None:
    import analysis

    project = analysis.load(folder / f"{name}.toml")
    dataset = project.dataset("events")
    table = analysis.read(dataset)
    if name.endswith(".csv"):  # to the measured table; of a workbook only the reading is compared
        analysis.measure(analysis.clean(table, dataset), project)


SIDES = {
    "plain_csv": plain_csv,
    "our_csv": lambda folder: ours(folder, "cases.csv"),
    "plain_sheet": plain_sheet,
    "our_sheet": lambda folder: ours(folder, "cases.xlsx"),
}


def one_side(name: str, folder: Path) -> None:
    """Print the median time of a few calls and the memory they take, as JSON."""
    import analysis  # noqa: F401 - what is imported is no part of either side

    before, spent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    for _ in range(CALLS):
        began = time.perf_counter()
        SIDES[name](folder)
        spent.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": float(np.median(spent)), "mb": (peak - before) / 1024}))


def run(arguments: list[str]) -> bytes:
    """Run a side in a process of its own."""
    return subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True).stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        run(["write", name])
        found = {side: [] for side in SIDES}
        for _ in range(TURNS):
            for side in found:
                found[side].append(json.loads(run([side, name])))
        best = {s: {k: float(np.median([f[k] for f in fs])) for k in ("seconds", "mb")} for s, fs in found.items()}
        for what, plain, our, limit in (
            (f"a CSV of {CSV_ROWS:,} cases read, cleaned and measured", "plain_csv", "our_csv", "2.5, memory 3"),
            (f"a sheet of {SHEET_ROWS:,} cases read", "plain_sheet", "our_sheet", "1.15, memory 2.5"),
        ):
            time_ratio = best[our]["seconds"] / best[plain]["seconds"]
            memory = best[our]["mb"] / best[plain]["mb"]
            print(
                f"{what}: {best[our]['seconds']:.2f} s, {time_ratio:.2f} times plain ({best[plain]['seconds']:.2f} s); "
                f"peak memory {best[our]['mb']:.0f} MB, {memory:.2f} times (limit: {limit})"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(Path(sys.argv[2]))
    elif len(sys.argv) == 3:
        one_side(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
