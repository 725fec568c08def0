"""A page is published only when every cell ran; everything that breaks a run is broken here for real."""

import hashlib
import json
import shutil

import nbformat
import pandas as pd
import pytest
from conftest import ROOT

from analysis import outputs, pipeline, run
from analysis.errors import Refused, ReportFailed
from analysis.periods import parse_quarter
from analysis.report import running

QUARTER = parse_quarter("2020-21Q4")


def published(outputs):
    return sorted(
        p.relative_to(outputs / "publish").as_posix() for p in (outputs / "publish").rglob("*") if p.is_file()
    )


def with_cell(source: str, tmp_path, at: int = 4):
    """Return the notebook with one more cell."""
    notebook = nbformat.read(running.notebook_path(), as_version=4)
    notebook.cells.insert(at, nbformat.v4.new_code_cell(source))
    path = tmp_path / "altered.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_report_is_a_page_its_figures_and_a_record_that_matches(made):
    outputs = made.page.parents[3]
    names = [f"2020-21-q4/sample-county/{name}" for name in ("figures.csv", "report.html", "tables.xlsx")]
    assert published(outputs) == [*names, "index.html"]
    record = json.loads((outputs / "restricted/done/2020-21q4-sample-county.json").read_text(encoding="utf-8"))
    assert record["page_sha256"] == hashlib.sha256(made.page.read_bytes()).hexdigest()
    assert not list((outputs / "restricted").glob("work-*"))
    figures = pd.read_csv(made.page.with_name("figures.csv"))
    march = figures.query("measure == 'assessments_opened' and period == '2021-03'")
    assert march["value"].item() == 103


def test_nothing_published_names_a_folder_of_the_machine(made):
    text = made.page.read_text(encoding="utf-8")
    assert str(ROOT) not in text and str(made.page.parents[3]) not in text


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("raise ValueError('a child')", "INCOMPLETE"),
        ("import sys; sys.exit(0)", "INCOMPLETE"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "KERNEL_DIED"),
        ("import time; time.sleep(60)", "TIMED_OUT"),
    ],
)
def test_a_run_that_does_not_end_publishes_nothing_and_keeps_the_older_page(source, code, tiny, tmp_path):
    out, prepared = tmp_path / "out", pipeline.prepare(tiny)
    older = run.make_report(prepared, QUARTER, None, out).page.read_bytes() if code == "INCOMPLETE" else None
    before = published(out)[:-1] if older else []
    notebook, seconds = with_cell(source, tmp_path), 6 if code == "TIMED_OUT" else 120
    with pytest.raises(ReportFailed) as failure:
        run.make_report(prepared, QUARTER, None, out, notebook=notebook, limits=run.Limits(seconds=seconds))
    assert failure.value.code == code
    assert "a child" not in str(failure.value)
    assert [p for p in published(out) if p != "index.html"] == before
    if older:
        assert (out / "publish/2020-21-q4/tiny/report.html").read_bytes() == older
    assert not list((out / "restricted").glob("work-*"))


def test_the_same_input_gives_the_same_bytes_wherever_it_lies(tiny, tmp_path):
    first = run.make_report(pipeline.prepare(tiny), QUARTER, None, tmp_path / "one")
    elsewhere = tmp_path / "another folder {x}" / "deep"
    shutil.copytree(tiny.parent, elsewhere, ignore=shutil.ignore_patterns("one", "another*"))
    second = run.make_report(pipeline.prepare(elsewhere / "measures.toml"), QUARTER, None, elsewhere / "two")
    for name in ("report.html", "figures.csv", "tables.xlsx"):
        assert first.page.with_name(name).read_bytes() == second.page.with_name(name).read_bytes()


def test_unknown_missing_and_wrong_parameters_are_refused_before_a_kernel():
    good = dict.fromkeys(("quarter", "area", "config", "profile", "as_at", "work"), "")
    running.check_parameters(running.notebook_path(), good)
    with pytest.raises(Refused, match="quarter") as refusal:
        running.check_parameters(running.notebook_path(), {**good, "quater": ""})
    assert refusal.value.code == "UNKNOWN_PARAMETER"
    with pytest.raises(Refused, match="'work' was not given"):
        running.check_parameters(running.notebook_path(), {k: v for k, v in good.items() if k != "work"})
    with pytest.raises(Refused, match="'area' is text"):
        running.check_parameters(running.notebook_path(), {**good, "area": 7})


@pytest.mark.parametrize(
    ("area", "folder"),
    [
        ("Bournemouth, Christchurch & Poole", "bournemouth-christchurch-poole"),
        ("Rhondda Cynon Tâf", "rhondda-cynon-taf"),
        ("../../x", "x"),
        ("06E10", "06e10"),
        ("C:\\x", "c-x"),
        ("a" * 300, "a" * 80),
    ],
)
def test_a_folder_is_named_by_letters_figures_and_hyphens(area, folder):
    assert outputs.slug(area) == folder


@pytest.mark.parametrize("area", ["..", ".", "", "CON", "nul", "///", "\u202e"])
def test_names_that_are_no_folder_are_refused(area):
    with pytest.raises(Refused) as refusal:
        outputs.slug(area)
    assert refusal.value.code == "UNSAFE_NAME"


@pytest.mark.parametrize("folder", ["https://example.org/x", "s3://bucket", "-"])
def test_outputs_are_a_local_folder(folder):
    with pytest.raises(Refused, match="local folder"):
        outputs.outputs_folder(folder)


def test_a_link_at_the_pages_name_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("kept")
    (tmp_path / "report.html").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused, match="link"):
        outputs.replace(tmp_path / "report.html", b"new")
    assert (tmp_path / "secret").read_text() == "kept"


def test_outputs_that_are_a_file_are_refused(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(Refused, match="--outputs"):
        outputs.outputs_folder(tmp_path / "out")


def test_an_internal_page_lies_elsewhere_and_says_so(tiny, tmp_path):
    made = run.make_report(pipeline.prepare(tiny), QUARTER, None, tmp_path / "out", profile="internal")
    assert published(tmp_path / "out") == []
    assert (tmp_path / "out/restricted/internal/index.html").is_file()
    assert "Not for publication" in made.page.read_text(encoding="utf-8")
