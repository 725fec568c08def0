"""What several test files need: the bundled sample, judged once, and its report, made once."""

import dataclasses
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

# before numpy is imported: several processes with several threads each stand in each other's way
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# a container may say so: every process that a test starts would compile the package anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# as the warm process does (`process.lighten`): beside JupyterLab, nbformat compiles grammars for a second
sys.modules.setdefault("rfc3987_syntax", None)

import hypothesis
import pytest
from filelock import FileLock

from analysis import assess, expected_table, judge_table, open_case, pipeline, run, snapshots
from analysis.cli import main
from analysis.periods import parse_quarter

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"  # its README says where it is from
SHARED = ROOT.parent / "shared"


def pytest_configure(config):
    """Draw few examples of each rule that holds for any input, and many when the long tests run."""
    hypothesis.settings.register_profile("few", deadline=None, max_examples=10)
    hypothesis.settings.register_profile("many", deadline=None, max_examples=150)
    hypothesis.settings.load_profile("few" if config.getoption("markexpr") == "not full" else "many")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of published data, which not every machine has."""
    if not SHARED.is_dir():
        pytest.skip("the folder with the published data is not beside this project")
    return SHARED


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Return a function that has a thing made by the first process of a run that asks for it, and kept for the others."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder

    def once_(name, make):
        kept = folder / f"{name}.pickle"
        with FileLock(kept.with_suffix(".lock")):
            if not kept.exists():
                made_in = folder / name
                made_in.mkdir(exist_ok=True)
                kept.write_bytes(pickle.dumps(make(made_in)))
        return pickle.loads(kept.read_bytes())

    return once_


@pytest.fixture(scope="session")
def prepared():
    return pipeline.prepare(ROOT / "measures.toml")


@pytest.fixture(scope="session")
def prepared_borough():
    return pipeline.prepare(ROOT / "data/sample/borough/measures.toml")


@pytest.fixture(scope="session")
def made(once, prepared):
    """The Welsh sample's report, made through papermill and nbconvert once."""
    return once("county", lambda outputs: run.make_report(prepared, parse_quarter("2020-21Q4"), None, outputs))


@pytest.fixture(scope="session")
def made_borough(once, prepared_borough):
    """The English sample's report, made once."""
    return once("borough", lambda outputs: run.make_report(prepared_borough, parse_quarter("2021-22Q2"), None, outputs))


@pytest.fixture(scope="session")
def given(once, made, prepared):
    """The Welsh sample's newest quarter, protected and not yet judged, as its notebook opened it."""
    return once("given", lambda work: case_of(made, prepared, work))


@pytest.fixture(scope="session")
def given_borough(once, made_borough, prepared_borough):
    """The English sample's newest quarter, protected and not yet judged."""
    return once("given_borough", lambda work: case_of(made_borough, prepared_borough, work))


def case_of(made, prepared, work):
    """Open the case of a page that was made, from the slice that was cut for it."""
    (slices,) = (made.page.parents[3] / "restricted/slices/council").iterdir()
    snapshots.copy_slice(slices, made.area, work)
    return open_case(prepared.project.path, quarter=made.quarter, area=made.area, work=work)


@pytest.fixture(scope="session")
def case(once, given):
    """The same, judged as the notebook does it."""
    return once("case", lambda _: judged(given))


def judged(given):
    events = given.project.events
    return assess(
        given.judged(
            judge_table(given.months, quarter=given.quarter, events=events, hidden=given.hidden, totals=given.totals),
            expected_table(given.months, quarter=given.quarter),
        )
    )


@pytest.fixture(scope="module")
def browser():
    """A browser that can reach this machine and nothing else; `opened` opens a page in it.

    A module's own: while it is open an event loop runs, which other modules' tests need not stand.
    """
    from playwright.sync_api import sync_playwright

    from analysis.errors import Refused
    from analysis.report.printing import find_browser, quiet_flags

    try:
        path = find_browser()
    except Refused as none:
        pytest.skip(str(none))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=quiet_flags())
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser):
    """Return a function that opens a file at a size and keeps in `complaints` what the browser has against it."""
    tabs = []

    def open_(page, width=1100, height=800):
        tabs.append(tab_of(browser, page, width, height))
        return tabs[-1]

    yield open_
    for tab in tabs:
        tab.context.close()


def tab_of(browser, page, width, height):
    tab = browser.new_context(viewport={"width": width, "height": height}).new_page()
    tab.complaints = []
    tab.on("console", lambda message: tab.complaints.append(message.text))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or tab.complaints.append(asked.url))
    tab.goto(page.as_uri())
    return tab


@pytest.fixture
def run_here(monkeypatch, capsys):
    """Return a function that runs the command in this process, which spares the start of another."""

    def run_here_(*arguments, cwd):
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["trend-or-spike", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, ended.value.code, said.out, said.err)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield run_here_
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def tiny(tmp_path):
    """A small project of an analyst's own: three years of monthly counts and its configuration."""
    figures = ["month,number"] + [f"{2018 + i // 12}-{i % 12 + 1:02d},{100 + 7 * (i % 5)}" for i in range(3, 39)]
    (tmp_path / "figures.csv").write_text("\n".join(figures) + "\n", encoding="utf-8")
    config = tmp_path / "measures.toml"
    config.write_text(
        """
[project]
name = "Tiny"
nation = "england"

[[dataset]]
name = "figures"
path = "figures.csv"
kind = "counts"
columns = { period = "month", value = "number" }

[[measure]]
name = "referrals"
title = "Referrals"
dataset = "figures"
type = "flow"
""",
        encoding="utf-8",
    )
    return config


@pytest.fixture
def altered(case):
    """Return the judged case with one measure's verdict replaced."""

    def alter(measure: str, **fields):
        verdicts = case.verdicts.copy()
        for name, value in fields.items():
            verdicts.at[measure, name] = value
        return dataclasses.replace(case, verdicts=verdicts)

    return alter
