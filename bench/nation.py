"""What a nation takes: every report of a made-up one by `batch`, and how that grows with areas, quarters, measures and rows.

python bench/nation.py [AREAS [QUARTERS [MEASURES [ROWS]]]]    150 12 12 1000000 when left out
python bench/nation.py growth

Everything is invented and drawn from one seed: monthly counts, and two measures of cases with so many rows each. The
batch is run from nothing, again with nothing changed, again with one row more, and on a dask cluster of two workers on
this machine, of which one is killed. Seconds and megabytes are of all processes together.
"""

import contextlib
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

AREAS, QUARTERS, MEASURES, ROWS = WHOLE = 150, 12, 12, 1_000_000
GROWTH = {  # four points each, beside a small nation
    "areas": [(n, 1, 6, 20_000) for n in (20, 40, 80, 160)],
    "quarters": [(20, n, 6, 20_000) for n in (1, 2, 4, 8)],
    "measures": [(20, 1, n, 20_000) for n in (3, 6, 9, 12)],
    "rows": [(20, 1, 6, n) for n in (10_000, 100_000, 300_000, 1_000_000)],
}
SEED = 1
MONTHS = pd.period_range("2016-04", "2021-03", freq="M")
NEWEST = pd.Period("2021Q4", "Q-MAR")
SOURCES = ["Police", "School", "Health", "Family", "Other"]
LOOK = 0.5  # seconds between two looks at the processes
KILL_AFTER = 0.3  # of the reports: then a worker is killed

PROJECT = """\
[project]
name = "Nation"
note = "Invented: no figure is about a real child"
nation = "england"
"""
COUNTS = """
[[dataset]]
name = "d{0}"
path = "counts.csv"
kind = "counts"
columns = {{ period = "month", area = "area", value = "m{0}" }}

[[measure]]
name = "m{0}"
title = "Measure {0}"
dataset = "d{0}"
type = "flow"
"""
CASES = """
[[dataset]]
name = "{0}"
path = "{0}.csv"
kind = "cases"
columns = {{ child = "id", date = "received", completed = "completed", source = "source", area = "area", recorded = "recorded" }}
"""
REFERRALS = """
[[measure]]
name = "referrals"
title = "Referrals"
dataset = "referrals"
type = "flow"
date = "date"
unit = "rows"
breakdown = ["source"]
"""
ON_TIME = """
[[measure]]
name = "assessed_on_time"
title = "Assessments finished in time"
dataset = "assessments"
type = "percent"
within = { working_days = 45, from = "date", to = "completed" }
cohort = "due"
bands = [2, 5, 10]
polarity = "increase"
"""


def write_nation(folder: Path, areas: int, measures: int, rows: int) -> Path:
    """Write the made-up files of a nation, and return its configuration. Two of the measures are of cases."""
    draw = np.random.default_rng(SEED)
    names = np.array([f"Area {a:03d}" for a in range(areas)])
    size = np.exp(draw.normal(0, 0.6, areas))  # of the areas: some small, few large
    counted = measures - 2
    usual = 60 * size[:, None, None] * np.exp(draw.normal(0, 0.8, (1, 1, counted)))
    counts = draw.poisson(usual, (areas, len(MONTHS), counted)).reshape(-1, counted)
    where = pd.MultiIndex.from_product([names, MONTHS.astype(str)], names=["area", "month"])
    pd.DataFrame(counts, index=where, columns=[f"m{m}" for m in range(counted)]).to_csv(folder / "counts.csv")
    first, days = MONTHS[0].start_time, (MONTHS[-1].end_time - MONTHS[0].start_time).days
    for name in ("referrals", "assessments"):
        received = first + pd.to_timedelta(np.sort(draw.integers(0, days + 1, rows)), unit="D")
        completed = received + pd.to_timedelta(draw.gamma(3, 15, rows).round(), unit="D")
        cases = {
            "id": draw.integers(0, rows, rows),
            "received": received.strftime("%Y-%m-%d"),
            "completed": completed.strftime("%Y-%m-%d").where(completed <= MONTHS[-1].end_time, ""),
            "source": draw.choice(SOURCES, rows),
            "area": draw.choice(names, rows, p=size / size.sum()),
            "recorded": (received + pd.to_timedelta(draw.integers(0, 5, rows), unit="D")).strftime("%Y-%m-%d"),
        }
        pd.DataFrame(cases).to_csv(folder / f"{name}.csv", index=False)
    told = [PROJECT, *(COUNTS.format(m) for m in range(counted))]
    told += [CASES.format("referrals"), REFERRALS, CASES.format("assessments"), ON_TIME]
    (folder / "measures.toml").write_text("".join(told), encoding="utf-8")
    return folder / "measures.toml"


def add_row(folder: Path) -> None:
    """Add one referral in the newest month."""
    with (folder / "referrals.csv").open("a", encoding="utf-8") as file:
        file.write("1,2021-03-30,,Police,Area 001,2021-03-31\n")


def batch(config: Path, quarters: int, *options: str, areas: str = "all") -> list[str]:
    """Return the command that makes every report."""
    first, last = (f"{q.year - 1}-{q.year % 100:02d}Q{q.quarter}" for q in (NEWEST - quarters + 1, NEWEST))
    given = {"--config": config, "--outputs": config.parent / "out", "--quarters": f"{first}..{last}", "--areas": areas}
    return [sys.executable, "-m", "analysis", "batch", *(str(p) for pair in given.items() for p in pair), *options]


def role(process: psutil.Process, runner: int) -> str:
    """Return what a process does: by what it was started for, or by who forked it."""
    if process.pid == runner:
        return "runner"
    command, parent = process.cmdline(), psutil.Process(process.ppid())
    if any(name in " ".join(command) for name in ("loky", "distributed")):
        return "measuring or cluster"
    return "report" if parent.pid != runner and parent.cmdline() == command else "warm"


def measured(
    what: str, command: list[str], outputs: Path, *, with_them: tuple[int, ...] = (), look=lambda: None
) -> None:
    """Run a command and print what it took: the clock, the processor, the largest memory of each kind of process, the disk."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    spent_before = sum(_spent(pid) for pid in with_them)
    peak: Counter = Counter()
    log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - open as long as the process writes
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
    while process.poll() is None:
        together = 0.0
        for pid in (process.pid, *with_them):
            with contextlib.suppress(psutil.Error):
                for one in [here := psutil.Process(pid), *here.children(recursive=True)]:
                    with contextlib.suppress(psutil.Error):
                        size = one.memory_info().rss / 2**20
                        kind = role(one, process.pid)
                        peak[kind], together = max(peak[kind], size), together + size
        peak["all together"] = max(peak["all together"], together)
        look()
        time.sleep(LOOK)
    log.seek(0)
    said = log.read()
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    spent += sum(_spent(pid) for pid in with_them) - spent_before
    written = (after.ru_oublock - before.ru_oublock) * 512 / 2**20  # a cluster's own processes are not among them
    files = [p.stat().st_size for p in outputs.rglob("*") if p.is_file()]
    print(f"{what}: {said.strip().splitlines()[-1] if said.strip() else ''} exit {process.returncode}")
    print(f"  {seconds:.0f} s, {spent:.0f} s of the processor; {written:.0f} MB written", end=", ")
    print(f"{sum(files) / 2**20:.0f} MB lie there in {len(files)} files")
    print("  peak memory: " + ", ".join(f"{kind} {size:.0f} MB" for kind, size in peak.items()), flush=True)


def _spent(pid: int) -> float:
    """Return the seconds of the processor that a process and those that it started, ended or not, took so far."""
    total = 0.0
    with contextlib.suppress(psutil.Error):
        for one in [here := psutil.Process(pid), *here.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += sum(one.cpu_times()[:4])
    return total


def on_a_cluster(config: Path, areas: int, quarters: int) -> None:
    """Make every report again on a scheduler and two workers of this machine, one of which is killed.

    What the killed one took of the processor is not counted.
    """
    folder = config.parent
    started: list[subprocess.Popen] = []

    def start(module: str, *options: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--scheduler-file", "scheduler.json"]
        command += ["--host", "127.0.0.1", "--no-dashboard", *options]
        started.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def kill_one() -> None:
        made = len(list((folder / "out" / "publish").glob("*/*/report.html")))
        if made > KILL_AFTER * areas * quarters and started[1].poll() is None:
            started[1].kill()
            started[1].wait()
            print(f"after {made} reports a worker is killed", flush=True)

    try:
        start("dask_scheduler")
        for _ in range(2):
            start("dask_worker", "--nthreads", "1", "--no-nanny")
        while not (folder / "scheduler.json").exists():
            time.sleep(LOOK)
        shutil.rmtree(folder / "out")
        address = json.loads((folder / "scheduler.json").read_text(encoding="utf-8"))["address"]
        command, pids = batch(config, quarters, "--scheduler", address), tuple(p.pid for p in started)
        measured("on two workers of a cluster, one killed", command, folder / "out", with_them=pids, look=kill_one)
    finally:
        for process in started:
            process.kill()
            process.wait()


def whole(areas: int, quarters: int, measures: int, rows: int) -> None:
    """Print what a nation takes, run by run."""
    print(f"{areas} areas and the whole, {quarters} quarters, {measures} measures, two of {rows:,} cases each")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        config = write_nation(folder, areas, measures, rows)
        outputs = folder / "out"
        measured("from nothing", batch(config, quarters, "--jobs", "2"), outputs)
        measured("again", batch(config, quarters, "--jobs", "2"), outputs)
        add_row(folder)
        measured("again with one row more", batch(config, quarters, "--jobs", "2"), outputs)
        on_a_cluster(config, areas, quarters)


def growth() -> None:
    """Print what one area's reports take in nations of several sizes: what grows is what all reports share."""
    for what, sizes in GROWTH.items():
        for areas, quarters, measures, rows in sizes:
            with tempfile.TemporaryDirectory() as made:
                config = write_nation(Path(made), areas, measures, rows)
                about = f"{what}: {areas} areas, {quarters} quarters, {measures} measures, {rows:,} cases twice"
                measured(about, batch(config, quarters, areas="Area 001"), Path(made) / "out")


if __name__ == "__main__":
    if sys.argv[1:2] == ["growth"]:
        growth()
    else:
        whole(*(int(n) for n in sys.argv[1:]), *WHOLE[len(sys.argv) - 1 :])
