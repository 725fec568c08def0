"""`check` and `init` as an analyst meets them."""

import csv
import json
import tomllib
from pathlib import Path

import pytest
from bad_inputs import CANARY, HEADER, Case, cases, rows, text

import analysis
from analysis import cli

ROOT = Path(__file__).parents[1]
CASES = {case.id: case for case in cases()}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command as the shell does: its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["trend-or-spike", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        out = capsys.readouterr()
        return end.value.code, out.out, out.err

    return call


def test_json_has_a_row_per_file(run, tmp_path):
    CASES["V2"].write(tmp_path)
    code, out, _ = run("check", "--json")
    assert code == 0
    (found,) = json.loads(out)["files"]
    assert (found["file"], found["rows_in"], found["kept"], found["quarantined"]) == ("cases.csv", 60, 58, 2)
    assert {"DATE_UNPARSEABLE", "DATE_ORDER_CONFLICT"} <= set(found["codes"])


def test_a_refusal_prints_its_code_and_exits_2(run, tmp_path):
    for name in ("V1", "F15", "F21b", "V28"):
        case = CASES[name]
        case.write(tmp_path / name)
        code, out, err = run("check", "--json", "--config", tmp_path / name / "measures.toml")
        assert code == 2
        assert case.refused in err
        assert json.loads(out)["refused"][0]["code"] == case.refused
        assert "Traceback" not in err


def test_one_refused_dataset_does_not_stop_the_others(run, tmp_path):
    CASES["F1"].write(tmp_path)
    (tmp_path / "bad.csv").write_text("", encoding="utf-8")
    more = '\n[[dataset]]\nname = "bad"\npath = "bad.csv"\ncolumns = { date = "x" }\n'
    with open(tmp_path / "measures.toml", "a", encoding="utf-8") as file:
        file.write(more)
    code, out, err = run("check", "--json")
    assert code == 2
    assert [f["kept"] for f in json.loads(out)["files"]] == [60]
    assert "EMPTY_FILE" in err


def test_a_file_is_checked_as_the_dataset_that_names_it(run, tmp_path):
    CASES["V13"].write(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "cases.csv").write_bytes(CASES["V15"].data)
    (elsewhere / "other.csv").write_bytes(CASES["V12"].data)
    for file, quarantined in (("cases.csv", 7), ("elsewhere/cases.csv", 5), ("elsewhere/other.csv", 3)):
        code, out, _ = run("check", file, "--json")
        assert (code, json.loads(out)["files"][0]["quarantined"]) == (0, quarantined)


def test_a_file_is_checked_without_a_configuration(run, tmp_path):
    (tmp_path / "cases.csv").write_bytes(CASES["V13"].data)
    code, out, _ = run("check", "cases.csv", "--json")
    assert code == 0
    assert json.loads(out)["files"][0] | {"codes": 0} == {
        "file": "cases.csv",
        "dataset": "cases",
        "rows_in": 60,
        "kept": 53,
        "quarantined": 7,
        "codes": 0,
    }
    assert run("check", "nothing.csv")[0] == 2
    (tmp_path / "month_first.csv").write_bytes(CASES["V1"].data)
    code, _, err = run("check", "month_first.csv")
    assert (code, "DATE_ORDER_CONFLICT" in err) == (2, True)


def test_quarantine_can_be_repaired_and_given_back(run, tmp_path):
    table = rows()
    table[4][1], table[7][0], table[9][2] = "13 Smarch", "", "=1+1"
    CASES["F1"].write(tmp_path)
    (tmp_path / "cases.csv").write_text(text(table), encoding="utf-8")
    config = (tmp_path / "measures.toml").read_text(encoding="utf-8").replace('"cases.csv"', '"cases*.csv"')
    (tmp_path / "measures.toml").write_text(config, encoding="utf-8")
    assert run("check")[0] == 0
    written = tmp_path / "outputs/restricted/check/events-quarantine.csv"
    with open(written, encoding="utf-8-sig", newline="") as file:
        aside = list(csv.DictReader(file))
    assert [(r["line"], r["code"], r["event_date"]) for r in aside] == [
        ("6", "DATE_UNPARSEABLE", "13 Smarch"),
        ("9", "MISSING_ID", rows()[7][1]),
    ]
    aside[0]["event_date"], aside[1]["id"] = rows()[4][1], rows()[7][0]
    with open(tmp_path / "cases_repaired.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(aside[0]))
        writer.writeheader()
        writer.writerows(aside)
    code, out, _ = run("check", "--json")
    found = {f["file"]: f for f in json.loads(out)["files"]}
    assert code == 0
    assert (found["cases.csv"]["kept"], found["cases_repaired.csv"]["kept"]) == (58, 2)
    dataset = analysis.load(tmp_path / "measures.toml").dataset("events")
    records = analysis.clean(analysis.read(dataset), dataset).records
    assert sorted(records["child"]) == [r[0] for r in rows()]


def test_what_is_written_runs_nothing_in_a_spreadsheet(run, tmp_path):
    table = rows()
    for i, formula in enumerate(["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)"]):
        table[i][2] = formula
        table[i + 10][1] = formula
    CASES["F1"].write(tmp_path)
    (tmp_path / "cases.csv").write_text(text(table), encoding="utf-8")
    assert run("check")[0] == 0
    for file in (tmp_path / "outputs/restricted/check").glob("*.csv"):
        with open(file, encoding="utf-8-sig", newline="") as opened:
            cells = [c for row in csv.reader(opened) for c in row]
        assert cells
        assert not [c for c in cells if c.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_an_original_text_survives_the_way_there_and_back(run, tmp_path):
    """A text that starts like a formula is guarded on the way out, and unguarded on the way in."""
    table = rows()
    table[4][:2] = ["-77", "nonsense"]
    CASES["F1"].write(tmp_path)
    (tmp_path / "cases.csv").write_text(text(table), encoding="utf-8")
    assert run("check")[0] == 0
    written = (tmp_path / "outputs/restricted/check/events-quarantine.csv").read_text(encoding="utf-8-sig")
    assert "'-77,nonsense" in written
    (tmp_path / "cases.csv").write_text(written.replace("nonsense", "2025-01-02"), encoding="utf-8")
    dataset = analysis.load(tmp_path / "measures.toml").dataset("events")
    assert analysis.clean(analysis.read(dataset), dataset).records["child"].tolist() == ["-77"]


def canaries(folder: Path) -> Path:
    """A file with a name in every field of some row, and wrong in every way that is known."""
    table = [[*r, CANARY] for r in rows()]
    for i, column in enumerate((0, 1, 2, 3)):
        table[i][column] = f"{CANARY} {i}"
    table[10] = [f"{CANARY} total", *table[10]]
    table[12][1], table[13][0], table[14][3] = "02/13/2025", "1.2E+11", "1900-01-01"
    config = Case("x", "x", text(table, [*HEADER, f"{CANARY} heading"]).encode()).write(folder)
    return config


def test_no_value_is_told(run, tmp_path):
    canaries(tmp_path)
    code, out, err = run("check")
    assert code == 0
    assert CANARY not in out + err
    code, out, err = run("check", "--json", "--verbose")
    assert CANARY not in out + err
    restricted = {f.name: f.read_text(encoding="utf-8-sig") for f in tmp_path.glob("outputs/restricted/check/*")}
    assert f"{CANARY} heading" not in "".join(restricted.values())
    assert f"{CANARY} 1" in restricted["events-quarantine.csv"]  # its own restricted file may hold what stood there


def test_no_value_is_told_when_a_file_is_refused(run, tmp_path):
    for case in CASES.values():
        if case.refused:
            folder = tmp_path / case.id
            data = case.data.replace(b"C0000", CANARY.encode()) if case.name.endswith(".csv") else case.data
            Case(**{**vars(case), "data": data}).write(folder)
            code, out, err = run("check", "--config", folder / "measures.toml")
            assert code == 2, case.id
            assert CANARY not in out + err


def test_the_page_holds_no_value(run, tmp_path):
    config = canaries(tmp_path)
    code, out, err = run("report", "--config", config)
    assert code is None or code == 0
    assert CANARY not in out + err
    pages = list((tmp_path / "outputs/publish").rglob("*.*"))
    assert pages
    assert not [p for p in pages if CANARY.encode() in p.read_bytes()]


def test_init_overwrites_nothing(run, tmp_path):
    (tmp_path / "cases.csv").write_text(text(rows()), encoding="utf-8")
    code, out, _ = run("init", "cases.csv")
    assert (code in (0, None), out.strip()) == (True, "measures.toml")
    assert tomllib.loads((tmp_path / "measures.toml").read_text(encoding="utf-8"))["project"]["nation"] == "england"
    (tmp_path / "measures.toml").write_text("mine", encoding="utf-8")
    code, _, err = run("init", "cases.csv")
    assert code == 2
    assert "NAME_COLLISION" in err
    assert (tmp_path / "measures.toml").read_text(encoding="utf-8") == "mine"
