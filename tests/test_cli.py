"""The command as an analyst meets it: exit codes, one sentence and never a traceback."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT


def run(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "analysis", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=180
    )


@pytest.mark.parametrize("process", [False, pytest.param(True, marks=pytest.mark.full)])
def test_the_last_line_of_a_report_is_the_path_of_its_page(process, tiny, run_here):
    done = (run if process else run_here)("report", cwd=tiny.parent)
    assert done.returncode == 0, done.stderr
    page = tiny.parent / done.stdout.splitlines()[-1]
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert page.relative_to(tiny.parent).as_posix() == "outputs/publish/2020-21-q4/tiny/report.html"


def change(tiny, old, new):
    tiny.write_text(tiny.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def a_missing_file(tiny):
    (tiny.parent / "figures.csv").unlink()


def an_empty_file(tiny):
    (tiny.parent / "figures.csv").write_text("")


def a_heading_without_rows(tiny):
    (tiny.parent / "figures.csv").write_text("month,number\n")


def a_column_that_the_file_lacks(tiny):
    change(tiny, 'value = "number"', 'value = "nunber"')


def an_unknown_key(tiny):
    change(tiny, "[project]", "[project]\nsupress = 3")


def no_configuration(tiny):
    tiny.unlink()


REFUSALS = [
    (a_missing_file, (), "INPUT_UNAVAILABLE", "figures.csv"),
    (an_empty_file, (), "EMPTY_FILE", "figures.csv"),
    (a_heading_without_rows, (), "NO_ROWS", "figures.csv"),
    (a_column_that_the_file_lacks, (), "MISSING_COLUMN", "Did you mean 'number' (column 2)?"),
    (an_unknown_key, (), "INVALID_PARAMETER", "supress"),
    (no_configuration, (), "INPUT_UNAVAILABLE", "measures.toml"),
    (None, ("2030-31Q1",), "NO_DATA", "2018-19Q1 to 2020-21Q4"),
    (None, ("2020-21Q5",), "INVALID_PARAMETER", "2020-21Q4"),
    (None, ("--area", "Nowhere"), "INVALID_PARAMETER", "Nowhere"),
    (None, ("--profile", "none"), "INVALID_PARAMETER", "council, rounded, internal"),
    (None, ("--as-at", "yesterday"), "INVALID_PARAMETER", "2021-04-12"),
    (None, ("--outputs", "https://example.org"), "UNSAFE_NAME", "local folder"),
]


@pytest.mark.parametrize(
    ("spoil", "arguments", "code", "said"), REFUSALS, ids=lambda x: getattr(x, "__name__", str(x)[:30])
)
def test_what_cannot_be_done_is_refused_in_one_sentence_with_exit_code_2(spoil, arguments, code, said, tiny, run_here):
    if spoil:
        spoil(tiny)
    refused = run_here("report", *arguments, cwd=tiny.parent)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert f"[{code}]" in refused.stderr and said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not list(tiny.parent.rglob("report.html"))


def test_a_series_that_is_too_short_stands_on_the_page_as_too_little_data(tiny, run_here):
    rows = (tiny.parent / "figures.csv").read_text().splitlines()
    (tiny.parent / "figures.csv").write_text("\n".join([rows[0], *rows[-5:]]) + "\n")
    done = run_here("report", cwd=tiny.parent)
    assert done.returncode == 0, done.stderr
    assert "Referrals: too little data." in (tiny.parent / done.stdout.splitlines()[-1]).read_text(encoding="utf-8")


def test_a_batch_makes_every_report_and_the_index_and_one_bad_one_fails_alone(tiny, run_here):
    done = run_here("batch", "--quarters", "2017-18Q4..2018-19Q2", cwd=tiny.parent)  # the first has no data
    assert done.returncode == 1
    assert "2017-18Q4" in done.stderr and "NO_DATA" in done.stderr and "2 reports made, 1 failed" in done.stderr
    index = (tiny.parent / done.stdout.splitlines()[-1]).read_text(encoding="utf-8")
    assert index.count("<a href=") == 3 and "NO_DATA" in index
    for quarter in ("2018-19-q1", "2018-19-q2"):
        assert (tiny.parent / "outputs/publish" / quarter / "tiny/report.html").is_file()
        # in the table of the newest quarter, and in that of the area over time
        assert index.count(f'href="{quarter}/tiny/report.html"') == (2 if quarter.endswith("q2") else 1)


def test_a_process_that_refuses_ends_as_the_command_does_here(tiny, run_here):
    an_unknown_key(tiny)
    process, command = run("report", cwd=tiny.parent), run_here("report", cwd=tiny.parent)
    assert (process.returncode, process.stdout, process.stderr) == (command.returncode, command.stdout, command.stderr)


@pytest.mark.parametrize("arguments", [("--quarters", "2019-20Q2..2019-20Q1"), ("--areas", "Nobody,Nowhere")])
def test_a_batch_that_makes_no_sense_is_refused_before_it_starts(arguments, tiny, run_here):
    refused = run_here("batch", *arguments, cwd=tiny.parent)
    assert refused.returncode == 2 and "Traceback" not in refused.stderr
    assert not list(tiny.parent.rglob("report.html"))


def test_a_misspelt_area_is_told_and_the_others_are_made(tiny, run_here):
    named = "tiny,North, West of England,Nowhere"
    data = tiny.with_name("figures.csv")
    lines = data.read_text(encoding="utf-8").splitlines()
    rows = [f'{line},"North, West of England"' for line in lines[1:]]
    data.write_text("\n".join([f"{lines[0]},place", *rows]) + "\n", encoding="utf-8")
    text = tiny.read_text(encoding="utf-8").replace('value = "number"', 'value = "number", area = "place"')
    tiny.write_text(text, encoding="utf-8")
    done = run_here("batch", "--areas", named, cwd=tiny.parent)
    assert done.returncode == 1 and "There is no area 'Nowhere' in the data." in done.stderr, done.stderr
    assert "2 reports made, 0 failed" in done.stderr
    assert len(list(tiny.parent.rglob("report.html"))) == 2


def test_version_and_help(tmp_path, run_here):
    assert run_here("--version", cwd=tmp_path).stdout.startswith("trend-or-spike ")
    told = run_here("--help", cwd=tmp_path)
    assert told.returncode == 0 and all(word in told.stdout for word in ("report", "batch", "check"))


def test_check_counts_what_came_in(tiny, run_here):
    done = run_here("check", "--json", cwd=tiny.parent)
    assert done.returncode == 0, done.stderr
    (file,) = json.loads(done.stdout)["files"]
    assert file["rows_in"] == 36 == file["kept"] + file["quarantined"]


def test_the_bundled_samples_are_found_by_their_own_configurations(run_here):
    for config in ("measures.toml", "data/sample/borough/measures.toml"):
        done = run_here("check", "--config", ROOT / config, cwd=ROOT)
        assert done.returncode == 0, done.stderr


@pytest.mark.full
def test_a_page_is_printed_beside_itself_and_goes_with_the_page_it_was_printed_from(tiny):
    pdf = tiny.parent / "outputs/publish/2020-21-q4/tiny/report.pdf"
    done = run("report", "--pdf", cwd=tiny.parent)
    if "NO_BROWSER" in done.stderr:
        pytest.skip("no Chromium, Chrome or Edge is installed")
    assert done.returncode == 0, done.stderr
    assert pdf.read_bytes().startswith(b"%PDF")
    figures = tiny.parent / "figures.csv"
    figures.write_text(figures.read_text().replace("2021-03,121", "2021-03,400"), encoding="utf-8")
    assert run("report", cwd=tiny.parent).returncode == 0
    assert not pdf.exists()
    assert run("batch", "--pdf", cwd=tiny.parent).returncode == 0
    assert pdf.exists()


def test_a_word_document_lies_beside_the_page_that_leads_to_it_and_goes_with_it(tiny, run_here):
    folder = tiny.parent / "outputs/publish/2020-21-q4/tiny"
    papers = [folder / "report.docx", folder / "summary.txt"]
    done = run_here("report", "--word", cwd=tiny.parent)
    assert done.returncode == 0, done.stderr
    assert all(p.is_file() for p in papers)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert all(f'href="{p.name}"' in page for p in papers)
    again = run_here("report", "--word", cwd=tiny.parent)
    assert "Nothing has changed" in again.stderr
    papers[0].unlink()
    assert run_here("batch", "--word", cwd=tiny.parent).returncode == 0
    assert all(p.is_file() for p in papers)
    assert run_here("report", cwd=tiny.parent).returncode == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert not any(p.exists() or f'href="{p.name}"' in page for p in papers)
    assert 'class="revised"' not in page  # the figures are the same: it is no other issue


def test_without_a_browser_printing_is_refused_before_work_begins(tiny, monkeypatch, run_here):
    monkeypatch.setenv("PATH", "")
    if sys.platform == "darwin":
        pytest.skip("browsers are found outside the search path")
    done = run_here("report", "--pdf", cwd=tiny.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert "NO_BROWSER" in done.stderr and "Traceback" not in done.stderr
    assert not (tiny.parent / "outputs").exists()
