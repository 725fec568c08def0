"""Runs that are killed, two at once, on a cluster that loses a worker: nothing half-written, nothing lost, no orphans."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import psutil
import pytest
from conftest import ROOT
from small_project import AREAS, command, contents, write_notebook, write_project

from analysis import pipeline, run
from analysis.periods import quarter_range
from analysis.run import done_records

LASTING = ("publish", "restricted/done", "restricted/slices")


@pytest.fixture
def small(tmp_path):
    """A project of four areas and its small notebook."""
    return write_project(tmp_path, AREAS[:4]), write_notebook(tmp_path / "small.ipynb")


@pytest.fixture
def twenty(tmp_path):
    """The same of twenty areas."""
    return write_project(tmp_path), write_notebook(tmp_path / "small.ipynb")


def start(notebook, config, out, *more):
    arguments = ("batch", "--config", config, "--outputs", out, *more)
    return subprocess.Popen(command(notebook, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(run) -> int:
    _, talk = run.communicate(timeout=240)
    assert "Traceback" not in talk
    return run.returncode


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def wait_for(condition, seconds=120):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "what the test waits for did not come"
        time.sleep(0.02)


class Reader(threading.Thread):
    """Reads every published file over and over, as a web server does, and keeps what it saw of each."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.seen, self.over = folder, {}, threading.Event()

    def run(self):
        while not self.over.is_set():
            for path in self.folder.rglob("*.*"):
                if path.is_file() and not path.name.startswith(".new-"):
                    data = path.read_bytes()
                    self.seen.setdefault(path.relative_to(self.folder).as_posix(), set()).add(data)
            time.sleep(0.001)


def make_here(small, out, areas, quarters="2020-21Q4..2020-21Q4"):
    """Make reports in this process, whose warm process is warm already."""
    config, notebook = small
    prepared = pipeline.prepare(config)
    made = run.make_reports(prepared, run.plan(prepared, quarter_range(quarters), areas), out, notebook=notebook)
    assert all(m.page for m in made)


def killed_and_finished(small, tmp_path, delays, jobs):
    """Kill a run after each delay, then finish it by so many; compare with an undisturbed run of one process, and with what a reader saw."""
    config, notebook = small
    more = ("--areas", ",".join(AREAS[:4]), "--quarters", "2020-21Q3..2020-21Q4")
    make_here(small, tmp_path / "whole", AREAS[:4], more[-1])
    out = tmp_path / "out"
    reader = Reader(out / "publish")
    reader.start()
    for delay in delays:
        run = start(notebook, config, out, *more)
        wait_for(lambda run=run: run.poll() is not None or (out / "restricted/run.json").exists())
        time.sleep(delay)
        gone = family(run.pid) if run.poll() is None else []
        run.kill()
        run.communicate()
        assert psutil.wait_procs(gone, timeout=5)[1] == []
        for name, record in done_records.all_done(out):
            assert record["state"] != "done" or done_records.is_whole(out, record), name
    assert finish(start(notebook, config, out, *more, "--jobs", jobs)) == 0
    reader.over.set()
    reader.join()
    whole = contents(tmp_path / "whole", *LASTING)
    assert contents(out, *LASTING) == whole
    for name, seen in reader.seen.items():
        if name != "index.html":  # which grows with every run
            assert seen == {whole[f"publish/{name}"]}, name
        assert all(data.endswith(b"</html>\n") or data == whole[f"publish/{name}"] for data in seen)


def test_a_run_that_is_killed_leaves_nothing_half_written_and_the_next_one_finishes_it(small, tmp_path):
    killed_and_finished(small, tmp_path, [3.0], jobs="1")


@pytest.mark.full
def test_whenever_a_run_is_killed(small, tmp_path):
    killed_and_finished(small, tmp_path, [0.05 * i * i / 3 for i in range(20)], jobs="2")


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.full)])
def test_those_who_measure_for_a_run_end_with_it(small, tmp_path, number):
    config, notebook = small
    run = start(notebook, config, tmp_path / "out", "--quarters", "2018-19Q4..2020-21Q4", "--jobs", "2")

    def measuring():
        return [p for p in family(run.pid) if any("loky" in word for word in p.cmdline())]

    wait_for(measuring)
    gone = measuring()
    run.send_signal(number)
    _, talk = run.communicate(timeout=60)
    assert "Traceback" not in talk
    assert psutil.wait_procs(gone, timeout=30)[1] == []


@pytest.mark.parametrize(
    ("number", "code", "more"),
    [
        (signal.SIGINT, 130, ("--areas", "Area 01")),
        *(
            pytest.param(*asked, ("--areas", "Area 01,Area 02", "--jobs", "2"), marks=pytest.mark.full)
            for asked in ((signal.SIGINT, 130), (signal.SIGTERM, 143))
        ),
    ],
)
def test_an_interrupted_run_leaves_no_process_and_says_so(small, tmp_path, number, code, more):
    config, _ = small
    sleeping = write_notebook(tmp_path / "sleeping.ipynb", {"Area 01": (1, "import os; os.system('sleep 300')")})
    out = tmp_path / "out"
    run = start(sleeping, config, out, *more)
    working = out / "restricted/failed/2020-21q4-area-01.json"
    wait_for(lambda: working.exists() and any(p.name() == "sleep" for p in family(run.pid)))
    gone = family(run.pid)
    run.send_signal(number)
    _, talk = run.communicate(timeout=20)
    assert "Traceback" not in talk and "interrupted" in talk, talk
    assert run.returncode == code, talk
    assert psutil.wait_procs(gone, timeout=5)[1] == []
    assert json.loads(working.read_text())["state"] == "interrupted"
    assert not list(out.rglob("work-*"))


def test_a_second_run_is_told_who_holds_the_folder_and_touches_nothing(small, tmp_path):
    config, notebook = small
    out = tmp_path / "out"
    make_here(small, out, AREAS[:1])
    with done_records.held(out):
        before = contents(out)
        second = start(notebook, config, out, "--areas", "Area 02")
        _, talk = second.communicate(timeout=240)
        assert contents(out) == before
    assert second.returncode == 3 and f"process {os.getpid()} on " in talk and "[LOCKED]" in talk


def test_a_disk_that_is_full_leaves_the_older_file(tmp_path):
    script = (
        "import resource, sys; from pathlib import Path; from analysis import outputs\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: outputs.replace(Path(sys.argv[1]), bytes(5000))\n"
        "except outputs.ReportFailed as error: print(error.code)"
    )
    target = tmp_path / "report.html"
    target.write_bytes(b"older")
    done = subprocess.run(command_of(script, target), capture_output=True, text=True)
    assert done.stdout == "NO_SPACE\n", done.stderr
    assert target.read_bytes() == b"older" and list(tmp_path.iterdir()) == [target]


def test_a_page_held_by_another_program_is_tried_again_and_then_told(tmp_path, monkeypatch):
    from analysis import outputs

    def held(*_):
        raise PermissionError

    monkeypatch.setattr(outputs.os, "replace", held)  # what Windows does with a file that is open elsewhere
    monkeypatch.setattr(outputs, "PAUSE", 0)
    (tmp_path / "report.html").write_bytes(b"older")
    with pytest.raises(outputs.ReportFailed, match="open in another program") as failure:
        outputs.replace(tmp_path / "report.html", b"newer")
    assert failure.value.code == "TARGET_BUSY" and (tmp_path / "report.html").read_bytes() == b"older"
    assert [p.read_bytes() for p in tmp_path.glob(".new-*")] == [b"newer"]


def command_of(script, *arguments):
    return [sys.executable, "-c", script, *map(str, arguments)]


@pytest.mark.full
def test_the_page_depends_on_no_setting_of_the_machine(tmp_path):
    settings = [
        {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "1", "PYTHONUTF8": "0"},
        {"TZ": "Pacific/Auckland", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "2", "OMP_NUM_THREADS": "2"},
    ]
    pages = []
    for number, setting in enumerate(settings):
        folder = tmp_path / ("plain" if number else "a folder {x} & ü") / "deep"
        shutil.copytree(ROOT / "data/sample/borough", folder)
        if number:  # the rows in another order
            for path in folder.glob("*.csv"):
                head, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
                path.write_text(head + "".join(reversed(rows)), encoding="utf-8")
        arguments = ("report", "2021-22Q2", "--config", str(folder / "measures.toml"), "--outputs", str(folder / "out"))
        done = subprocess.run(
            [*command_of("from analysis.cli import main; main()"), *arguments],
            env=os.environ | setting,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        pages.append(contents(folder / "out", "publish"))
    assert pages[0].keys() == pages[1].keys()
    for name, data in pages[0].items():
        assert hashlib.sha256(data).digest() == hashlib.sha256(pages[1][name]).digest(), name


@pytest.mark.full
@pytest.mark.filterwarnings("default")  # of a cluster that loses a worker
def test_a_cluster_that_loses_a_worker_makes_every_report(twenty, tmp_path):
    from distributed import LocalCluster

    config, notebook = twenty
    prepared = pipeline.prepare(config)
    wanted = run.plan(prepared, quarter_range("2020-21Q1..2020-21Q4"), pipeline.areas(prepared))
    assert len(wanted) == 80
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        workers = [w.pid for w in cluster.workers.values()]
        told = []

        def kill_one(made):
            told.append(made)
            if len(told) == 10:
                os.kill(workers[0], signal.SIGKILL)

        made = run.make_reports(
            prepared,
            wanted,
            tmp_path / "out",
            scheduler=cluster.scheduler_address,
            notebook=notebook,
            progress=kill_one,
        )
    assert len(told) == 80 and all(m.page for m in made)
    assert all(done_records.is_whole(tmp_path / "out", r) for _, r in done_records.all_done(tmp_path / "out"))


@pytest.mark.full
def test_many_reports_leave_the_runner_as_small_as_it_was(twenty, tmp_path):
    config, notebook = twenty
    prepared = pipeline.prepare(config)
    wanted = run.plan(prepared, quarter_range("2018-19Q4..2020-21Q4"), pipeline.areas(prepared))
    size, files = [], []

    def look(made):
        this, sizes = psutil.Process(), []
        for process in [this, *this.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):  # a child that has ended meanwhile
                sizes.append(process.memory_info().rss)
        size.append(sum(sizes))
        files.append(this.num_fds())

    for _ in range(3):
        made = run.make_reports(
            prepared, wanted, tmp_path / "out", notebook=notebook, progress=look, force=True, jobs=2
        )
        assert all(m.page for m in made)
    assert len(size) == 540
    assert max(size[-20:]) < 1.1 * max(size[20:40]) and files[-1] <= files[20]
