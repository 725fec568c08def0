"""How fast reports are made, as ratios within one run: this, papermill's and nbconvert's interfaces, and their commands.

python bench/batch.py [--memory]
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import papermill
import psutil
from nbconvert import HTMLExporter

from analysis import pipeline, run, snapshots
from analysis.periods import parse_quarter, quarter_code, quarter_range
from analysis.process import ONE_THREAD
from analysis.report.running import CONFIG_FILE, EXECUTED_FILE, NOTEBOOK_FILE, Task, notebook_path
from analysis.run import worker
from analysis.run.warm_pool import WarmProcess

ROOT = Path(__file__).parents[1]
QUARTER = parse_quarter("2020-21Q4")
REPEATS = 5
SIDE_BY_SIDE = quarter_range("2017-18Q1..2020-21Q4")
MANY = 500


def work_folder(folder: Path, cut: Path, profile: str, as_at) -> Path:
    """Fill a folder with what one report of the sample reads."""
    work = Path(tempfile.mkdtemp(dir=folder))
    snapshots.copy_slice(cut, "Sample County", work)
    shutil.copyfile(notebook_path(), work / NOTEBOOK_FILE)
    shutil.copyfile(ROOT / "measures.toml", work / CONFIG_FILE)
    Task(quarter_code(QUARTER), "Sample County", profile, as_at.isoformat(), 300, 4096, "0" * 8).write(work)
    return work


def by_shell(work: Path) -> None:
    """Run the two commands that a recipe names."""
    given = [p for name, value in Task.read(work).parameters(work).items() for p in ("-r", name, value)]
    quiet = ["--no-progress-bar", "--cwd", str(work)]
    executed = str(work / EXECUTED_FILE)
    for command in (
        ["papermill", str(work / NOTEBOOK_FILE), executed, *given, *quiet, "-k", "python3"],
        ["nbconvert", "--to", "html", "--no-input", executed],
    ):
        subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True, env=os.environ | ONE_THREAD)


def by_interface(work: Path) -> None:
    """Call papermill and nbconvert in this process."""
    parameters = Task.read(work).parameters(work)
    executed = str(work / EXECUTED_FILE)
    papermill.execute_notebook(
        str(work / NOTEBOOK_FILE), executed, parameters, kernel_name="python3", progress_bar=False, cwd=str(work)
    )
    (work / "report.html").write_text(HTMLExporter(exclude_input=True).from_filename(executed)[0], encoding="utf-8")


def cells_alone(work: Path) -> float:
    """Return the seconds that the cells themselves took."""
    ran = json.loads((work / EXECUTED_FILE).read_text(encoding="utf-8"))
    return sum(c["metadata"]["papermill"]["duration"] or 0 for c in ran["cells"] if "papermill" in c["metadata"])


def one_report(profile: str, folder: Path) -> None:
    """Print the time of one report each way, and what each adds to its cells."""
    prepared, warm_process = pipeline.prepare(ROOT / "measures.toml"), WarmProcess()
    cut = folder / profile
    as_at = pipeline.make_snapshots(prepared, QUARTER, cut, profile=profile)
    ways = {
        "shell": by_shell,
        "interfaces": by_interface,
        "this": lambda work: warm_process.make_page(work, seconds=300),
    }
    spent = {name: [] for name in [*ways, "cells"]}
    for _ in range(REPEATS + 1):
        for name, way in ways.items():  # in turn, so that whatever else the machine does falls on all alike
            work = work_folder(folder, cut, profile, as_at)
            began = time.perf_counter()
            way(work)
            spent[name].append(time.perf_counter() - began)
        spent["cells"].append(cells_alone(work))  # of the last way: in a warm process, with nothing left to import
    warm_process.stop()
    middle = {name: float(np.median(times[1:])) for name, times in spent.items()}
    added = {n: float(np.median(np.subtract(spent[n], spent["cells"])[1:])) for n in ways}
    print(f"{profile}: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in middle.items()))
    print(
        f"{profile}: over the cells: shell {added['shell']:.2f} s, interfaces {added['interfaces']:.2f} s, this "
        f"{added['this']:.3f} s: {added['shell'] / added['this']:.0f} and {added['interfaces'] / added['this']:.0f} times"
    )


def side_by_side(folder: Path) -> None:
    """Print how much faster two processes are than one, on the same reports, cut before."""
    prepared = pipeline.prepare(ROOT / "measures.toml")
    wanted = run.plan(prepared, SIDE_BY_SIDE, pipeline.areas(prepared))
    began = time.perf_counter()
    run.make_reports(prepared, wanted, folder / "pairs", jobs=2)
    print(f"{len(wanted)} reports from nothing, two at a time: {time.perf_counter() - began:.0f} s")
    spent: dict[int, list] = {1: [], 2: []}
    for jobs in (1, 2, 2, 1):
        worker.stop()  # each begins with no process warm
        came, began = [], time.perf_counter()
        look = lambda made, came=came: came.append(time.perf_counter())  # noqa: E731
        run.make_reports(prepared, wanted, folder / "pairs", force=True, jobs=jobs, progress=look)
        spent[jobs].append((time.perf_counter() - began, (came[-1] - came[jobs - 1]) / (len(came) - jobs)))
    (one, one_each), (two, two_each) = (min(spent[jobs]) for jobs in (1, 2))
    print(
        f"{len(wanted)} reports again: {one:.1f} s one at a time, {two:.1f} s two at a time: {one / two:.2f} times as fast"
    )
    print(f"once warm, a report every {one_each:.2f} and {two_each:.2f} s: {one_each / two_each:.2f} times as fast")


def memory(folder: Path) -> None:
    """Print the memory of the runner and its processes over many reports."""
    prepared, size = pipeline.prepare(ROOT / "measures.toml"), []
    wanted = run.plan(prepared, SIDE_BY_SIDE, pipeline.areas(prepared))

    def look(made):
        this = psutil.Process()
        size.append(sum(p.memory_info().rss for p in [this, *this.children(recursive=True)]) / 2**20)

    while len(size) < MANY:
        run.make_reports(prepared, wanted, folder / "many", force=True, jobs=2, progress=look)
    print(f"memory: {size[len(wanted)]:.0f} MB after {len(wanted)} reports, {size[-1]:.0f} MB after {len(size)}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for kind in ("council", "internal"):
            one_report(kind, Path(made))
        side_by_side(Path(made))
        if "--memory" in sys.argv:
            memory(Path(made))
