"""Every command in the documents runs, as the document has it.

What cannot run stands in `documents.NOT_RUN`, with the reason. Windows' lines cannot run here either: they are compared,
one by one, with those that do.
"""

import importlib.util
import re
import shlex
import shutil
import socket
import sqlite3
import sys
import time
from pathlib import Path

import documents
import pytest
from conftest import ROOT
from documents import NOT_RUN, PAGES, at_a_prompt, blocks, checkout_in, follows, lines, name_of, sections, text_of
from typer.main import get_command

import analysis
from analysis.cli import app

COMMANDS = get_command(app)
TUTORIAL = "docs/tutorial.md"
FIRST = "The first report on your own data, in five minutes"
PUBLISHED = "A published file of all authorities"
MAKE_BY_HAND = {  # targets that no test runs, and why
    **dict.fromkeys(("test", "test-full", "coverage", "mutation"), "run the tests"),
    "explore": "ends only when the user ends it; tests/test_jupyterlab.py opens the same",
    "lock": "needs uv and the network",
    "report": "has a test of its own",
}


LAB = importlib.util.find_spec("jupyterlab") is not None


def without_jupyterlab(told):
    """Let JupyterLab say its version and end; leave it out where it is not installed."""
    if LAB:
        return [f"{line} --version" if " explore " in line else line for line in told]
    return [line for line in told if " explore " not in line]


@pytest.fixture
def extract(tmp_path):
    """A folder with the tutorial's file of contacts."""
    (tmp_path / "contacts.csv").write_text(blocks(TUTORIAL, "csv")[0], encoding="utf-8")
    return tmp_path


@pytest.fixture
def checkout(tmp_path):
    return checkout_in(tmp_path / "trend-or-spike")


def test_every_block_is_of_a_known_language():
    known = {"sh", "cron", "powershell", "bat", "python", "toml", "csv", "markdown"}
    fences = {f for page in PAGES for f in re.findall(r"^ *```(.*)$", text_of(page), re.M)}
    assert fences - {""} == known
    opened = [f for page in PAGES for f in re.findall(r"^ *```(.*)$", text_of(page), re.M)[::2]]
    assert "" not in opened


def test_every_file_of_the_project_that_is_named_is_there():
    named = {
        path
        for page in PAGES
        for code in re.findall(r"`([^`\n]+)`", text_of(page))
        for path in re.findall(r"(?:^|(?<= ))(?:src|tests|bench|notebooks|docs)/\S+", code)
        if "*" not in path
    }
    assert not {path for path in named if not (ROOT / path).exists()}


def test_every_section_with_commands_is_followed():
    import test_installing  # noqa: F401  which follows what installs
    import test_packaging  # noqa: F401

    asked = {
        (name_of(page), heading)
        for page in PAGES
        for heading in sections(name_of(page))
        if lines(name_of(page), heading)
    }
    assert asked == documents.FOLLOWED


def test_what_is_not_run_is_in_the_documents():
    written = {line for page in PAGES for b in blocks(name_of(page), "sh") for line in b.splitlines()}
    assert not {n for n in NOT_RUN if not any(line.strip().startswith(n) for line in written)}


def inline() -> set[str]:
    """The commands that stand in a sentence."""
    programs = "make|trend-or-spike|python"
    return {c for page in PAGES for c in re.findall(rf"`((?:{programs}) [^`]+)`", text_of(page))}


def test_every_target_of_make_that_is_named_is_one():
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.M))
    named = {c.split()[1] for c in inline() if c.startswith("make ")}
    assert named <= targets


@pytest.mark.parametrize("command", sorted(c for c in inline() if c.startswith("trend-or-spike ")))
def test_every_command_in_a_sentence_is_understood(command):
    name, *arguments = shlex.split(command)[1:]
    if name == "COMMAND":
        assert arguments == ["--help"]
    elif name in COMMANDS.commands:
        assert not arguments or COMMANDS.commands[name].make_context(name, arguments)
    else:
        assert name in {o for p in COMMANDS.params for o in p.opts}


def test_the_readme_installs_as_the_page_for_laptops_does():
    own = [line for line in lines("README.md", "Two commands") if line.startswith(("python3", ".venv"))]
    assert own == lines("docs/how-to/offline.md", "Without make")


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(name_of(p), "powershell")], ids=name_of)
def test_what_is_typed_on_windows_is_the_same(page):
    windows = [
        re.sub(r"^py -3 ", "python3 ", line).replace(".venv\\Scripts\\", ".venv/bin/")
        for b in blocks(name_of(page), "powershell")
        for line in b.splitlines()
    ]
    elsewhere = [line for b in blocks(name_of(page), "sh") for line in b.splitlines()]
    assert windows == [line for line in elsewhere if line in windows]


@pytest.mark.full
@follows("README.md", "Two commands")
def test_make_makes_the_samples_report(told, checkout):
    told = [line for line in told if line.startswith("make ")]
    assert (checkout / at_a_prompt(told, checkout).splitlines()[-1]).is_file()


@follows("README.md", FIRST)
def test_the_first_report_of_ones_own(told, extract, run_here):
    """Without a prompt: each line in this process."""
    typed = [shlex.split(line)[1:] for line in told if line.startswith("trend-or-spike ") and " explore " not in line]
    done = [run_here(*arguments, cwd=extract) for arguments in typed]
    assert [d.returncode for d in done] == [0] * 3, done
    assert (extract / "outputs/publish/2020-21-q4/your-authority/report.html").is_file()
    assert "24 rows in, 24 kept" in done[-1].stdout


@pytest.mark.full
@follows("README.md", FIRST)
def test_the_first_report_of_ones_own_at_a_prompt(told, checkout, extract):
    raw = checkout / "data/raw"
    shutil.copy(extract / "contacts.csv", raw)
    said = at_a_prompt([told[0], "cd data/raw", *without_jupyterlab(told[1:])], checkout)
    assert (raw / "outputs/publish/2020-21-q4/your-authority/report.html").is_file()
    assert "24 rows in, 24 kept" in said
    assert (raw / "explore-contacts.ipynb").is_file() == LAB


@pytest.mark.full
@follows(
    TUTORIAL,
    "1. Install",
    "2. A report of the sample",
    "3. A report of your own figures",
    "5. See what was done with your file",
)
def test_the_tutorial_can_be_followed(told, checkout, extract):
    said = at_a_prompt([*told[:2], f"cd {shlex.quote(str(extract))}", *told[2:]], checkout)
    assert (checkout / "outputs/publish/2020-21-q4/sample-county/report.html").is_file()
    page = text_of(extract / "outputs/publish/2020-21-q4/your-authority/report.html")
    assert "too early to tell" in page
    assert "24 rows in, 24 kept" in said


@pytest.mark.full
@follows("docs/how-to/returns.md", "Give it the returns that every council makes")
def test_a_folder_of_returns(told, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "data/sample")
    importlib.import_module("invented_returns").build(tmp_path / "returns", seed=3)
    page = tmp_path / at_a_prompt(told, tmp_path).splitlines()[-1]
    assert "Referrals" in text_of(page) and "Children looked after" in text_of(page)


def open_data(folder, rows):
    (folder / "measures.toml").write_text(blocks("README.md", "toml")[0], encoding="utf-8")
    (folder / "referrals_by_month.csv").write_text("".join(rows), encoding="utf-8")


def test_the_readmes_configuration_of_a_published_file_is_one(tmp_path):
    open_data(tmp_path, [])
    assert analysis.load(tmp_path / "measures.toml").measure("referrals").title == "Referrals"


@pytest.mark.full
@follows("README.md", PUBLISHED)
def test_a_published_file_as_it_is(told, shared, tmp_path):
    open_data(tmp_path, (shared / "data/dfe_referrals_by_month.csv").read_text("utf-8").splitlines(keepends=True))
    page = tmp_path / at_a_prompt(told[:1], tmp_path).splitlines()[-1]
    assert "Doncaster" in text_of(page)


@pytest.mark.full
@follows("README.md", PUBLISHED)
def test_every_area_of_a_published_file(told, shared, tmp_path):
    every = (shared / "data/dfe_referrals_by_month.csv").read_text("utf-8").splitlines(keepends=True)
    kept = re.compile("^time_period|,National,|,Doncaster,|,Oxfordshire,")  # 24 reports; all areas' 750 take minutes
    open_data(tmp_path, [row for row in every if kept.search(row)])
    at_a_prompt(told[1:], tmp_path)
    assert len(list((tmp_path / "outputs/publish").glob("*/*/report.html"))) == 24


@pytest.mark.full
@follows("docs/how-to/explore.md", "Look at a file in a notebook")
def test_a_file_is_explored_without_a_configuration(told, extract):
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    at_a_prompt(without_jupyterlab(told), extract)
    assert "contacts.csv" in text_of(extract / "explore-contacts.ipynb")


@pytest.mark.full
@follows("docs/reading.md", "Try it")
def test_a_file_is_checked(told, extract):
    shutil.copy(extract / "contacts.csv", extract / "new_extract.csv")
    said = at_a_prompt(told, extract)
    assert said.count("24 rows in, 24 kept") == 2
    assert '"rows_in": 24' in said


@pytest.mark.full
@follows("docs/how-to/schedule.md", "Linux and macOS: cron")
def test_cron_makes_the_report(told, extract):
    """The line runs as cron runs it: by sh, from another folder, with next to nothing set."""
    at_a_prompt(["trend-or-spike init contacts.csv"], extract)
    here = {"/srv/reports": str(extract), "/srv/trend-or-spike/.venv/bin": str(Path(sys.executable).parent)}
    *_, command = told[0].split(maxsplit=5)
    for there, folder in here.items():
        command = command.replace(there, shlex.quote(folder))
    least = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LANG": "C"}
    assert at_a_prompt([command], Path("/"), **least) == ""
    assert (extract / text_of(extract / "report.log").splitlines()[-1]).is_file()


def test_task_scheduler_does_what_cron_does():
    page = "docs/how-to/schedule.md"
    assert [name_of(p) for p in PAGES if blocks(name_of(p), "bat")] == [page]
    (minute, hour, day, months, _, command), ((change, report), (task,)) = (
        lines(page)[0].split(maxsplit=5),
        [b.splitlines() for b in blocks(page, "bat")],
    )
    assert report.replace("\\", "/").replace("C:/", "/srv/").replace("Scripts", "bin") == command.partition(" && ")[2]
    assert change.partition("C:")[2] in task
    names = [time.strptime(m, "%m") for m in months.split(",")]
    assert f"/m {','.join(time.strftime('%b', n).upper() for n in names)} /d {day} " in task
    assert task.endswith(f"/st {int(hour):02d}:{int(minute):02d}")


@follows("docs/how-to/cluster.md", "Many reports, on many cores or machines")
@pytest.mark.full
def test_many_reports_at_a_time(told, extract):
    at_a_prompt(["trend-or-spike init contacts.csv", *told], extract)
    assert len(list((extract / "outputs/publish").glob("*/*/report.html"))) == 8


@follows("docs/how-to/cluster.md", "On a cluster")
@pytest.mark.full
def test_a_cluster_makes_reports(told, extract):
    for port in set(re.findall(r"127\.0\.0\.1:(?!0\b)(\d+)|--port (\d+)", "\n".join(told))):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            told = [re.sub(rf"\b{port[0] or port[1]}\b", str(free.getsockname()[1]), line) for line in told]
    scheduler, workers, batch = told
    servers = f"{scheduler} & s=$!; {workers} & w=$!; trap 'kill $w; wait $w; kill $s; wait $s' EXIT"
    at_a_prompt(["trend-or-spike init contacts.csv", f"{{ {servers}", f"{batch}; }} 2> log"], extract)
    assert (extract / "outputs/publish/2020-21-q4/your-authority/report.html").is_file()


def test_a_database_is_read(extract, run_here, monkeypatch):
    """The page's dataset on SQLite; tests/test_read_formats.py asks PostgreSQL."""
    with sqlite3.connect(extract / "reporting.db") as base:
        base.execute("create table referrals (person_id, referral_date, recorded_on)")
        days = [f"{2018 + m // 12}-{m % 12 + 1:02d}-{d:02d}" for m in range(3, 39) for d in range(1, 21)]
        base.executemany("insert into referrals values (?, ?, ?)", [(i, day, day) for i, day in enumerate(days, 1)])
    base.close()
    measure = '[project]\nname = "Tiny"\nnation = "wales"\nas_at = 2021-04-12\n[[measure]]\nname = "r"\ntitle = "R"\ndataset = "referrals"\ntype = "flow"\n'
    (extract / "measures.toml").write_text(measure + blocks("docs/how-to/database.md", "toml")[0], encoding="utf-8")
    monkeypatch.setenv("REPORTING_DATABASE_URL", "sqlite:///reporting.db")
    assert "720 rows in, 720 kept" in run_here("check", cwd=extract).stdout


def test_a_comment_is_said_on_the_page(extract, run_here):
    (extract / "commentary").mkdir()
    (extract / "commentary/2020-21Q4.md").write_text(blocks("docs/how-to/commentary.md", "markdown")[0], "utf-8")
    run_here("init", "contacts.csv", cwd=extract)
    config = extract / "measures.toml"
    config.write_text(re.sub('title = ".*"', 'title = "Contacts at the front door"', text_of(config)), "utf-8")
    (command,) = [
        c for c in re.findall("`(.+)`", text_of(ROOT / "docs/how-to/revise.md")) if c.startswith("trend-or-spike")
    ]
    done = run_here(*shlex.split(command)[1:], cwd=extract)
    assert "The police changed how they send notices" in text_of(extract / done.stdout.splitlines()[-1])


def test_a_command_is_completed(tmp_path, run_here, monkeypatch):
    asked = {"_TREND_OR_SPIKE_COMPLETE": "complete_bash", "COMP_WORDS": "trend-or-spike ba", "COMP_CWORD": "1"}
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    assert run_here(cwd=tmp_path).stdout.split() == ["batch"]


@pytest.mark.full
def test_the_shell_learns_to_complete(tmp_path):
    (install,) = [c for c in inline() if "--install-completion" in c]
    at_a_prompt([f"bash -c '{install}; true'"], tmp_path)
    asked = '. ~/.bashrc; COMP_WORDS=(trend-or-spike ba); COMP_CWORD=1; _trend_or_spike_completion trend-or-spike; echo "${COMPREPLY[@]}"'
    assert at_a_prompt([f"bash -c {shlex.quote(asked)}"], tmp_path).split() == ["batch"]


def test_pip_adds_the_project_to_what_conda_chose(checkout):
    (command,) = [c for c in lines("README.md", "Two commands") if c.startswith("python ")]
    assert "Would install trend-or-spike" in at_a_prompt([f"{command} --dry-run --no-index"], checkout)


@pytest.mark.full
@pytest.mark.parametrize(
    "target", sorted({c.split()[1] for c in inline() if c.startswith("make ")} - set(MAKE_BY_HAND))
)
def test_every_other_target_of_make_is_made(target, checkout):
    if not (ROOT / ".venv/explore").exists():
        pytest.skip("`make lint` or `make explore` has not set up what developers need")
    at_a_prompt([f"make {target}"], checkout)
