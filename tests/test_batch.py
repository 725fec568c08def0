"""A batch fails report by report, resumes without doing anything twice, and says what it did."""

import ast
import copy
import dataclasses
import datetime as dt
import json

import nbformat
import pandas as pd
import pytest
from conftest import ROOT
from small_project import AREAS, contents, tree, write_notebook, write_project

from analysis import pipeline, run, snapshots
from analysis.errors import Locked, Refused, ReportFailed
from analysis.periods import parse_quarter, quarter_range
from analysis.process import can_fork
from analysis.report.running import notebook_path
from analysis.run import done_records, executor, job, quarters, worker
from analysis.run.formats import Done, read_state
from analysis.run.planning import make_job

QUARTER = parse_quarter("2020-21Q4")
LASTING = ("publish", "restricted/done", "restricted/slices")
FAULTS = {
    "Area 01": (0, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    "Area 02": (1, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    "Area 03": (2, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    "Area 04": (3, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    "Area 05": (0, "raise SystemExit(0)"),
    "Area 06": (1, "import sys; sys.exit(0)"),
    "Area 07": (2, "import os; os._exit(0)"),
    "Area 08": (3, "import sys; sys.exit(0)"),
    "Area 09": (1, "raise ValueError('a child')"),
    "Area 10": (2, "x = bytearray(10**12)"),
    "Area 11": (0, "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))"),
    "Area 12": (2, "import ctypes; ctypes.string_at(0)"),
    "Area 13": (3, "import os; os.system('echo printed by a program'); print('printed')"),
    "Area 14": (3, "import pandas as pd; pd.set_option('display.precision', 1)"),
    "Area 15": (1, "import numpy as np; case.facts = np.random.rand()"),
}
SLEEPERS = {
    "Area 16": (0, "import time; time.sleep(600)"),
    "Area 17": (2, "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 60)); sum(iter(int, 1))"),
    "Area 18": (1, "import subprocess; subprocess.run(['sleep', '600'])"),
}
WHY = {
    "KERNEL_DIED": {"Area 01", "Area 02", "Area 03", "Area 04", "Area 12"},
    "INCOMPLETE": {"Area 05", "Area 06", "Area 07", "Area 08", "Area 09", "Area 10", "Area 15"},
    "NO_SPACE": {"Area 11"},
}


@pytest.fixture
def project(tmp_path):
    return pipeline.prepare(write_project(tmp_path, AREAS[:4]))


@pytest.fixture
def twenty(tmp_path):
    """The same with all areas, for what each of them does to its process."""
    return pipeline.prepare(write_project(tmp_path))


@pytest.fixture
def notebook(tmp_path):
    return write_notebook(tmp_path / "small.ipynb")


def make_batch(project, tmp_path, areas=None, quarters=(QUARTER,), **given):
    wanted = run.plan(project, quarters, areas or pipeline.areas(project))
    return run.make_reports(project, wanted, tmp_path / "out", **given)


def test_whatever_a_report_does_to_its_process_only_it_fails(twenty, tmp_path):
    broken = write_notebook(tmp_path / "broken.ipynb", FAULTS)
    made = make_batch(twenty, tmp_path, notebook=broken)
    why = {code: {m.area for m in made if m.code == code} for code in {m.code for m in made if m.code}}
    assert why == WHY
    assert len([m for m in made if m.page]) == 20 - sum(map(len, WHY.values()))
    assert not any("a child" in m.reason for m in made)
    out = tmp_path / "out"
    for m in made:
        page = out / "publish/2020-21-q4" / m.area.lower().replace(" ", "-") / "report.html"
        record = read_state(done_records.done_path(out, m.name), Done)
        assert page.is_file() == done_records.is_whole(out, record) == (m.page is not None)
        assert not m.page or "printed" not in page.read_text()
    index = (out / "publish/index.html").read_text(encoding="utf-8")
    assert all(f"<li>{m.area}, " in index and f"[{m.code}]" in index for m in made if m.code)
    ran = json.loads((out / "restricted/notebooks/2020-21q4-area-09.ipynb").read_text())
    ended = [c for c in ran["cells"] if "ended-here" in c["metadata"].get("tags", [])]
    assert len(ended) == 1 and "open_case(" in "".join(ended[0]["source"])
    assert not list(out.rglob("work-*")) and not list(out.rglob(".new-*"))

    again = make_batch(twenty, tmp_path, notebook=write_notebook(tmp_path / "mended.ipynb"), only_failed=True)
    assert {m.area for m in again} == set().union(*WHY.values()) and all(m.page for m in again)
    assert "<li>" not in (out / "publish/index.html").read_text(encoding="utf-8")
    with pytest.raises(Refused, match="nothing to do"):
        make_batch(twenty, tmp_path, only_failed=True)


REPORT = nbformat.read(notebook_path(), as_version=4)
CODE_CELLS = [i for i, cell in enumerate(REPORT.cells) if cell.cell_type == "code"]


@pytest.mark.full
@pytest.mark.parametrize("code", ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit(0)"])
def test_the_report_itself_may_end_in_any_cell_and_the_older_page_stays(prepared, tmp_path, code):
    good = run.make_report(prepared, QUARTER, None, tmp_path)
    page = good.page.read_bytes()
    for at in CODE_CELLS:
        broken = copy.deepcopy(REPORT)
        broken.cells[at].source += f"\n{code}"
        nbformat.write(broken, tmp_path / "broken.ipynb")
        with pytest.raises(ReportFailed) as failed:
            run.make_report(prepared, QUARTER, None, tmp_path, notebook=tmp_path / "broken.ipynb")
        assert failed.value.code in ("KERNEL_DIED", "INCOMPLETE"), at
        assert good.page.read_bytes() == page and not list(tmp_path.rglob("work-*")), at
    (again,) = run.make_reports(prepared, run.plan(prepared, [QUARTER], [""]), tmp_path)
    assert again.already and not done_records.failed_path(tmp_path, again.name).exists()


COUNT = "import os; (Path(work).parents[1] / area).write_text(str(os.listdir(f'/proc/{os.getppid()}/task')))"


@pytest.mark.skipif(not can_fork(), reason="reports run in kernels here")
@pytest.mark.parametrize("fresh", [False, pytest.param(True, marks=pytest.mark.full)])
def test_the_process_that_forks_has_one_thread(fresh, project, tmp_path, capfd):
    if fresh:
        worker.stop()
    counting = write_notebook(tmp_path / "counting.ipynb", {area: (3, COUNT) for area in AREAS[:3]})
    for areas in (AREAS[:1], AREAS[1:3]):  # before the second report, it rehearses
        assert all(m.page for m in make_batch(project, tmp_path, areas, notebook=counting))
    threads = [ast.literal_eval((tmp_path / "out" / area).read_text()) for area in AREAS[:3]]
    assert [len(ids) for ids in threads] == [1, 1, 1] and len({ids[0] for ids in threads}) == 1
    assert capfd.readouterr().err == ""


@pytest.mark.full
def test_a_report_that_never_ends_is_ended_with_all_that_it_started(twenty, tmp_path):
    import psutil

    broken = write_notebook(tmp_path / "broken.ipynb", SLEEPERS)
    made = make_batch(
        twenty, tmp_path, areas=[*SLEEPERS, "Area 19"], notebook=broken, limits=run.Limits(seconds=4), jobs=2
    )
    assert {m.area: m.code for m in made} == {**dict.fromkeys(SLEEPERS, "TIMED_OUT"), "Area 19": ""}
    mine = [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "600"]]
    assert mine == []


@pytest.mark.full
def test_a_crew_that_measures_ahead_gives_what_one_process_gives(project, tmp_path, notebook):
    wanted = run.plan(project, quarter_range("2020-21Q1..2020-21Q4"), ["Area 01"])
    for jobs in (1, 2):
        made = run.make_reports(project, wanted, tmp_path / str(jobs), notebook=notebook, jobs=jobs)
        assert [m.reason for m in made] == [""] * 4
    assert contents(tmp_path / "1", *LASTING) == contents(tmp_path / "2", *LASTING)


@pytest.mark.full
def test_a_crew_reads_what_one_process_reads_and_refuses_it_in_the_same_words(tmp_path, monkeypatch):
    monkeypatch.setattr(executor, "LARGE", 0)
    config = ROOT / "data/sample/borough/measures.toml"
    alone, shared = pipeline.prepare(config), run.prepare_by(config, jobs=2)
    assert len(alone.cleaned) > 1 and shared.project == alone.project
    for one, other in zip(alone.cleaned, shared.cleaned, strict=True):
        pd.testing.assert_frame_equal(one.records, other.records)
        assert one.summary == other.summary
    write_project(tmp_path)
    (tmp_path / "figures.csv").write_text("month,place\n2020-01,x\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        run.prepare_by(tmp_path / "measures.toml", jobs=2)
    assert refused.value.code == "MISSING_COLUMN"


@pytest.mark.full
def test_kernels_whose_worker_process_is_lost_are_started_again(project, tmp_path, monkeypatch):
    once = "import os, pathlib; f = pathlib.Path(work).parents[1] / 'once'; f.exists() or (f.touch(), os.kill(os.getppid(), 9))"
    always = "import os; os.kill(os.getppid(), 9)"
    monkeypatch.setenv("TREND_OR_SPIKE_ENGINE", "kernel")
    for fault, code in ((once, ""), (always, "KERNEL_DIED")):
        notebook = write_notebook(tmp_path / "bad.ipynb", {"Area 02": (1, fault)})
        made = make_batch(project, tmp_path, ["Area 01", "Area 02"], notebook=notebook, jobs=2, force=True)
        assert [m.code for m in made if m.area == "Area 02"] == [code]
        assert not list((tmp_path / "out").rglob("work-*"))


def test_a_second_run_does_nothing_and_a_changed_row_remakes_what_it_concerns(project, tmp_path, notebook):
    out, quarters = tmp_path / "out", [QUARTER - 1, QUARTER]
    first = make_batch(project, tmp_path, areas=[*AREAS[:4], "Shire"], quarters=quarters, notebook=notebook)
    assert all(m.page and not m.already for m in first)
    before = tree(out, *LASTING)
    second = make_batch(project, tmp_path, areas=[*AREAS[:4], "Shire"], quarters=quarters, notebook=notebook)
    assert all(m.already for m in second) and tree(out, *LASTING) == before

    figures = (tmp_path / "figures.csv").read_text().splitlines()
    at = next(i for i, row in enumerate(figures) if row.startswith("2021-02") and row.endswith("Area 02"))
    figures[at] = "2021-02,290,Area 02"
    (tmp_path / "figures.csv").write_text("\n".join(figures) + "\n")
    changed = pipeline.prepare(tmp_path / "measures.toml")
    third = make_batch(changed, tmp_path, areas=[*AREAS[:4], "Shire"], quarters=quarters, notebook=notebook)
    assert {(m.quarter, m.area) for m in third if not m.already} == {("2020-21Q4", "Area 02"), ("2020-21Q4", "Shire")}


@pytest.mark.parametrize("file", ["commentary/2020-21Q4/area-01.md", "measures.toml"])
def test_an_edited_commentary_or_configuration_makes_the_page_anew(project, tmp_path, notebook, file):
    said = tmp_path / "commentary/2020-21Q4/area-01.md"
    said.parent.mkdir(parents=True)
    said.write_text("# Referrals\n\nOne school writes more.\n")
    assert not make_batch(project, tmp_path, ["Area 01"], notebook=notebook)[0].already
    assert make_batch(project, tmp_path, ["Area 01"], notebook=notebook)[0].already
    text = (tmp_path / file).read_text()
    (tmp_path / file).write_text(text + "# a remark\n" if file.endswith("toml") else text.replace("more", "less"))
    edited = pipeline.prepare(tmp_path / "measures.toml")
    assert not make_batch(edited, tmp_path, ["Area 01"], notebook=notebook)[0].already
    assert make_batch(edited, tmp_path, ["Area 01"], notebook=notebook)[0].already


def test_every_input_of_a_page_is_in_its_key(project, tmp_path, notebook, monkeypatch):
    snapshot_maker = quarters.SnapshotMaker(
        project, [(QUARTER, "Area 01")], tmp_path / "out", profile="council", asked=None
    )
    written = {"measures.toml": b"ab", "commentary/2020-21Q4.md": b"c"}

    def job_of(quarter=QUARTER, area="Area 01", documents=written, made_by=notebook):
        return make_job(
            project,
            quarter,
            area,
            tmp_path / "out",
            snapshot_maker=snapshot_maker,
            documents=documents,
            notebook=made_by,
        )

    def key(**given):
        return job_of(**given).key

    first = key()
    assert first == key(documents=dict(written))
    other = tmp_path / "other.ipynb"
    other.write_bytes(notebook.read_bytes() + b" ")
    keys = {
        "quarter": key(quarter=QUARTER - 1),
        "area": key(area="Area 02"),
        "configuration": key(documents=written | {"measures.toml": b"aB"}),
        "commentary": key(documents=written | {"commentary/2020-21Q4.md": b"C"}),
        "name of the commentary": key(documents={"measures.toml": b"ab", "commentary/2020-21Q4/area-01.md": b"c"}),
        "where one ends": key(documents={"measures.toml": b"a", "commentary/2020-21Q4.md": b"bc"}),
        "no commentary": key(documents={"measures.toml": b"ab"}),
        "notebook": key(made_by=other),
    }
    for name in snapshots.FILES:
        keys[name] = key_of_changed(snapshots.area_folder(snapshot_maker.slices(QUARTER)[0], "Area 01") / name, key)
    for what, value in (("package_hash", "another"), ("versions", {"pandas": "0"})):
        with monkeypatch.context() as changed:
            changed.setattr(job, what, lambda value=value: value)
            keys[what] = key()
    for what, given in (("day", {"asked": dt.date(2021, 4, 1)}), ("profile", {"profile": "internal"})):
        given = {"profile": "council", "asked": None} | given
        snapshot_maker = quarters.SnapshotMaker(project, [(QUARTER, "Area 01")], tmp_path / what, **given)
        keys[what] = key()
        assert job_of().as_at == snapshot_maker.slices(QUARTER)[1].isoformat() and job_of().profile == given["profile"]
    assert len({first, *keys.values()}) == len(keys) + 1, keys


def key_of_changed(path, key):
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    changed = key()
    path.write_bytes(data)
    return changed


def test_every_input_of_the_slices_is_in_their_key(project, tmp_path, monkeypatch):
    """Slices that would come out otherwise are cut again."""
    (clean,) = project.cleaned
    text = project.project.path.read_bytes()

    def digest(population=None, **changed):
        return quarters._digest(
            dataclasses.replace(project, cleaned=[dataclasses.replace(clean, **changed)], population=population)
        )

    first, sources = digest(), clean.sources.copy()
    sources["sha256"] = "0"
    row = clean.records.copy()
    row.loc[row.index[5], "value"] += 1
    population = pd.DataFrame({"area": ["Area 01"], "year": [2020], "children": [10_000.0]})
    digests = {
        "a value": digest(records=row),
        "the order of rows": digest(records=clean.records.iloc[::-1]),
        "what was set aside": digest(quarantine=clean.quarantine.reindex([0])),
        "the file": digest(sources=sources),
        "children": digest(population=population),
        "more children": digest(population=population.assign(children=10_001.0)),
    }
    project.project.path.write_bytes(text + b"\n")
    digests["configuration"] = digest()
    project.project.path.write_bytes(text)
    for what, value in (("package_hash", "another"), ("versions", {"pandas": "0"})):
        with monkeypatch.context() as changed:
            changed.setattr(quarters, what, lambda value=value: value)
            digests[what] = digest()
    assert first == digest() and len({first, *digests.values()}) == len(digests) + 1, digests


def test_slices_are_cut_again_for_another_day_and_after_another_page(project, tmp_path):
    def key(out, wanted=(QUARTER,), **given):
        snapshot_maker = quarters.SnapshotMaker(
            project, [(q, "Area 01") for q in wanted], tmp_path / out, **{"profile": "council", "asked": None} | given
        )
        folders = [snapshot_maker.slices(q)[0] for q in wanted]
        return json.loads((folders[-1] / quarters.CUT_FILE).read_text())["key"]

    first = key("a")
    assert key("a") == first == key("b")
    keys = [first, key("a", asked=dt.date(2021, 4, 1)), key("c", profile="internal"), key("d", [QUARTER - 1])]
    keys.append(key("e", [QUARTER - 1, QUARTER]))
    assert len(set(keys)) == 5


def test_an_earlier_quarter_is_never_seen_later_than_was_asked_for(project):
    own = project.project.as_at(QUARTER - 1, newest=project.newest)
    for asked in (None, own - dt.timedelta(days=1), own, own + dt.timedelta(days=1)):
        assert project.as_at_before(QUARTER, asked) == min(own, asked or own)


def test_a_page_that_is_issued_again_says_what_changed_and_is_the_same_however_often_it_is_made(
    project, tmp_path, notebook
):
    def made(prepared, **given):
        (one,) = make_batch(prepared, tmp_path, areas=["Area 02"], notebook=notebook, **given)
        record = read_state(done_records.done_path(tmp_path / "out", one.name), Done)
        return one.page.read_text(encoding="utf-8"), record["issue"], record["revision"]

    page, issue, said = made(project)
    assert (issue, said) == (1, []) and "issue" not in page
    figures = (tmp_path / "figures.csv").read_text()
    old = next(row for row in figures.splitlines() if row.startswith("2021-02") and row.endswith("Area 02"))
    (tmp_path / "figures.csv").write_text(figures.replace(old, "2021-02,290,Area 02"))
    changed = pipeline.prepare(tmp_path / "measures.toml")
    page, issue, said = made(changed)
    assert issue == 2 and said[1:] == ["Referrals: the figure of 1 quarter has changed."]
    assert made(changed, force=True) == (page, issue, said)


def test_what_a_page_said_stays_what_it_said_when_the_data_change(project, tmp_path, notebook):
    said = tmp_path / "out/restricted/slices/council/2020-21q3"
    make_batch(project, tmp_path, areas=["Area 02"], quarters=[QUARTER - 1], notebook=notebook)
    before = contents(said)
    figures = (tmp_path / "figures.csv").read_text()
    old = next(row for row in figures.splitlines() if row.startswith("2020-11") and row.endswith("Area 02"))
    (tmp_path / "figures.csv").write_text(figures.replace(old, "2020-11,290,Area 02"))
    changed = pipeline.prepare(tmp_path / "measures.toml")
    make_batch(changed, tmp_path, areas=["Area 02"], notebook=notebook)
    assert contents(said) == before
    (again,) = make_batch(changed, tmp_path, areas=["Area 02"], quarters=[QUARTER - 1], notebook=notebook)
    assert not again.already and contents(said) != before


def test_what_was_changed_by_hand_is_made_again(project, tmp_path, notebook):
    out = tmp_path / "out"
    (made,) = make_batch(project, tmp_path, areas=["Area 01"], notebook=notebook)
    whole = contents(out, *LASTING)
    for beside, breaks in (("report.html", b"x"), ("figures.csv", b""), ("tables.xlsx", None)):
        path = made.page.with_name(beside)
        path.unlink() if breaks is None else path.write_bytes(breaks)
        (again,) = make_batch(project, tmp_path, areas=["Area 01"], notebook=notebook)
        assert again.page and not again.already and contents(out, *LASTING) == whole
    told = [e["what"] for e in json.loads((out / "restricted/ledger.json").read_text())["events"]]
    assert told.count("changed or deleted by hand, and made again") == 3


@pytest.mark.parametrize("damage", [None, b"", b'{"events": [{"seq', b"[]"])
def test_a_lost_or_damaged_ledger_is_rebuilt_and_decides_nothing(project, tmp_path, notebook, damage):
    make_batch(project, tmp_path, areas=["Area 01"], notebook=notebook)
    path = tmp_path / "out/restricted/ledger.json"
    path.unlink() if damage is None else path.write_bytes(damage)
    (made,) = make_batch(project, tmp_path, areas=["Area 01"], notebook=notebook)
    assert made.already
    ledger = json.loads(path.read_text())
    assert ledger["events"][0]["what"] == "ledger rebuilt from the records"
    assert ledger["reports"]["2020-21q4-area-01"]["state"] == "done"


def test_a_folder_is_held_by_one_run_and_taken_over_after_a_crash(project, tmp_path, notebook):
    out = tmp_path / "out"
    make_batch(project, tmp_path, areas=["Area 01"], notebook=notebook)
    before = contents(out)
    with done_records.held(out), pytest.raises(Locked, match=r"process \d+ on .+, started 20"):
        make_batch(project, tmp_path, areas=["Area 02"], notebook=notebook)
    assert contents(out) == before
    (out / "restricted/run.json").write_text('{"pid": 4194305, "host": "gone", "started": "2020-01-01"}')
    (out / "restricted/work-left").mkdir()
    (out / "publish/.new-left").write_text("half")
    (out / "publish/mine.partial").write_text("not this package's")
    (made,) = make_batch(project, tmp_path, areas=["Area 02"], notebook=notebook)
    events = json.loads((out / "restricted/ledger.json").read_text())["events"]
    assert made.page and [e["holder"]["pid"] for e in events if "taken over" in e["what"]] == [4194305]
    assert [e["count"] for e in events if "swept" in e["what"]] == [2]
    assert (out / "publish/mine.partial").is_file() and not list(out.rglob("*left"))
    assert [e["sequence"] for e in events] == list(range(1, len(events) + 1))


def test_an_input_replaced_after_it_was_read_changes_nothing_and_a_changed_configuration_is_noticed(
    project, tmp_path, notebook
):
    (tmp_path / "figures.csv").write_text("month,number,place\n")
    (made,) = make_batch(project, tmp_path, areas=["Area 01"], notebook=notebook)
    assert made.page
    config = tmp_path / "measures.toml"
    config.write_text(config.read_text().replace("Referrals", "Others"))
    with pytest.raises(Refused, match="changed while it was used") as refusal:
        make_batch(project, tmp_path, areas=["Area 02"], notebook=notebook)
    assert refusal.value.code == "INPUT_CHANGED"


def test_what_is_in_the_way_is_refused_before_anything_is_started(project, tmp_path, notebook):
    folder = tmp_path / "out/publish/2020-21-q4/area-01"
    folder.mkdir(parents=True)
    (folder / "report.html").mkdir()
    with pytest.raises(Refused, match=r"report\.html is a folder or a link"):
        make_batch(project, tmp_path, areas=["Area 01"], notebook=notebook)
    (folder / "report.html").rmdir()
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(Refused, match="area-01 is a file or a link"):
        make_batch(project, tmp_path, areas=["Area 01"], notebook=notebook)
    assert not (tmp_path / "out/restricted/done").exists()


@pytest.mark.parametrize("where", ["slices", "slices/council", "slices/council/2020-21q4", "done", "failed", "check"])
def test_a_link_in_the_restricted_folder_is_not_followed(project, tmp_path, notebook, where):
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "out/restricted" / where
    elsewhere.mkdir()
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    with pytest.raises(Refused, match="is a link, and is not followed") as refusal:
        make_batch(project, tmp_path, areas=["Area 01"], notebook=notebook)
    assert refusal.value.code == "UNSAFE_NAME" and not list(elsewhere.iterdir())


def figures_told(prepared, tmp_path, quarter, **given):
    """Return what the slices of one quarter say and hide."""
    folder, _ = quarters.SnapshotMaker(
        prepared, [(quarter, "Area 01")], tmp_path / "out", **{"profile": "council", "asked": None} | given
    ).slices(quarter)
    page = snapshots.read_released(folder)
    shown = page[page["told"] & (page["grain"] == "M")]
    return shown.set_index(["area", "n"])["value"]


def changed_by(tmp_path, month, by):
    """Count some more in one month of one area, and return what is read then."""
    figures = (tmp_path / "figures.csv").read_text()
    old = next(row for row in figures.splitlines() if row.startswith(month) and row.endswith("Area 02"))
    _, value, _ = old.split(",")
    (tmp_path / "figures.csv").write_text(figures.replace(old, f"{month},{int(value) + by},Area 02"))
    return pipeline.prepare(tmp_path / "measures.toml"), int(value)


@pytest.mark.parametrize(
    ("by", "moves"),
    [
        *((5, False), (6, True)),
        *(pytest.param(*one, marks=pytest.mark.full) for one in ((1, False), (-2, False), (-9, True))),
    ],
)
def test_a_quarter_that_is_issued_again_is_compared_with_what_it_said(project, tmp_path, notebook, by, moves):
    make_batch(project, tmp_path, areas=["Area 02"], notebook=notebook)
    changed, value = changed_by(tmp_path, "2021-02", by)
    make_batch(changed, tmp_path, areas=["Area 02"], notebook=notebook)
    at = ("Area 02", pd.Period("2021-02", "M").ordinal)
    assert figures_told(changed, tmp_path, QUARTER)[at] == value + by * moves
    once = contents(tmp_path / "out")
    (again,) = make_batch(changed, tmp_path, areas=["Area 02"], notebook=notebook)
    assert again.already and contents(tmp_path / "out") == once  # same input, same ledger, same bytes
    back, _ = changed_by(tmp_path, "2021-02", 3 - by)  # what the first page said is compared, too
    make_batch(back, tmp_path, areas=["Area 02"], notebook=notebook)
    assert abs(figures_told(back, tmp_path, QUARTER)[at] - value) not in range(1, 6)


@pytest.mark.parametrize(("by", "moves"), [(3, False), (7, True)])
def test_a_quarter_published_after_a_later_one_is_compared_with_it(project, tmp_path, notebook, by, moves):
    make_batch(project, tmp_path, areas=["Area 02"], notebook=notebook)
    changed, value = changed_by(tmp_path, "2020-11", by)
    make_batch(changed, tmp_path, areas=["Area 02"], quarters=[QUARTER - 1], notebook=notebook)
    at = ("Area 02", pd.Period("2020-11", "M").ordinal)
    assert figures_told(changed, tmp_path, QUARTER - 1)[at] == value + by * moves


def test_areas_that_would_share_a_folder_are_refused(project, tmp_path):
    with open(tmp_path / "figures.csv", "a", encoding="utf-8") as file:
        file.writelines(f"{m},300,Area 01 Ø\n" for m in pd.period_range("2018-04", "2021-03", freq="M"))
    doubled = pipeline.prepare(tmp_path / "measures.toml")
    with pytest.raises(Refused, match="'Area 01' and 'Area 01 Ø'") as refusal:
        run.plan(doubled, [QUARTER], pipeline.areas(doubled))
    assert refusal.value.code == "NAME_COLLISION"
    with pytest.raises(Refused, match="nothing to do"):
        run.plan(doubled, [], ["Area 02"])


def test_both_engines_give_the_same_page(tiny, tmp_path, monkeypatch):
    prepared = pipeline.prepare(tiny)
    run.make_report(prepared, QUARTER, None, tmp_path / "fork")
    monkeypatch.setenv("TREND_OR_SPIKE_ENGINE", "kernel")
    run.make_report(prepared, QUARTER, None, tmp_path / "kernel")
    assert contents(tmp_path / "fork", "publish", "restricted/done") == contents(
        tmp_path / "kernel", "publish", "restricted/done"
    )
    outputs = []
    for engine in ("fork", "kernel"):
        ran = json.loads((tmp_path / engine / "restricted/notebooks/2020-21q4-tiny.ipynb").read_text())
        outputs.append([(c["execution_count"], c["outputs"]) for c in ran["cells"] if c["cell_type"] == "code"][2:])
    assert outputs[0] == outputs[1] and sum(len(o) for _, o in outputs[0]) > 5
