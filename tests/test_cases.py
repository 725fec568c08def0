"""Small inputs, each with what a user would expect of it: a right figure, or a refusal that names what is wrong.

A case is a folder of `tests/cases` that holds its input and a `case.toml`: what is run, and what must hold afterwards,
every `[[expect]]` of it. `tests/cases/open.txt` lists those that do not hold yet. A case that is not listed must hold, and
a listed one that holds must be taken off the list, so that it stays so.
"""

import csv
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cached_property
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT

from analysis import judge

CASES = ROOT / "tests/cases"
OPEN = set((CASES / "open.txt").read_text(encoding="utf-8").split())
NAMES = sorted(path.parent.name for path in CASES.glob("*/case.toml"))
CRASH = r"Traceback \(most recent call last\)|of the notebook failed|Unexpected error|internal error"
ANSWERED = (0, 1, 2, 4)  # exit codes of a run that came to an end
LIMIT = 300  # seconds a command
PROBABILITIES = ("usual", "spike", "lasting", "persists", "change")


class Outcome:
    """What the commands of a case left behind."""

    def __init__(self, folder: Path):
        self.folder, self.exit, self.says, self.checked, self.verdict = folder, 0, "", {}, None

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        paths = sorted(self.folder.glob("outputs/publish/*/*/figures.csv"))
        return [row for p in paths for row in csv.DictReader(p.read_text(encoding="utf-8").splitlines())]

    @cached_property
    def page(self) -> str:
        paths = sorted(self.folder.glob("outputs/publish/*/*/report.html"))
        return " ".join(plain(p.read_text(encoding="utf-8")) for p in paths)

    @cached_property
    def config(self) -> str:
        path = self.folder / "measures.toml"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def command(self, *arguments: str) -> str:
        """Run one command of the tool in the folder; return what it answers."""
        done = subprocess.run(
            [sys.executable, "-c", "from analysis.cli import main; main()", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=LIMIT,
        )
        self.exit, self.says = done.returncode, self.says + done.stdout + done.stderr
        return done.stdout


def plain(page: str) -> str:
    page = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", page, flags=re.S | re.I)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def play(case: dict, folder: Path) -> Outcome:
    """Run what a case runs."""
    outcome, arguments = Outcome(folder), case.get("args", [])
    if case["run"] == "judge":
        try:
            outcome.verdict = judged(folder, **{"kind": "flow", **case["judge"]})
        except Exception as error:  # of a case that is listed, too
            outcome.exit, outcome.says = 1, f"{type(error).__name__}: {error}"
        return outcome
    if case["run"] == "check":
        answer = outcome.command("check", "--json", *arguments)
        outcome.checked = json.loads(answer[answer.index("{") :]) if "{" in answer else {}
        return outcome
    commands = [("report", quarter) for quarter in case.get("before", [])] + [("report", *arguments)]
    if case["run"] == "init+report":
        files = [path.relative_to(folder) for pattern in case["init"] for path in sorted(folder.glob(pattern))]
        commands.insert(0, ("init", *map(str, files)))
    else:
        assert case["run"] == "report"
    for command in commands:
        if outcome.exit == 0:
            outcome.command(*command)
    return outcome


def judged(folder: Path, *, series: str, quarter: str, kind: str, nation: str | None = None) -> dict:
    """Judge a series in this process."""
    table = pd.read_csv(folder / series, dtype={"period": str})
    weekly = "/" in table["period"].iloc[0]
    periods = pd.PeriodIndex(table["period"].str.split("/").str[0], freq="W-SUN" if weekly else "M")
    columns = {name: pd.Series(table[name].astype(float).to_numpy(), periods) for name in table.columns[1:]}
    verdict = judge(columns["value"], quarter=quarter, kind=kind, nation=nation, denominator=columns.get("denominator"))
    likely = verdict.probabilities
    return {
        "call": verdict.call,
        "usual": likely["usual variation"],
        "spike": likely["short-term spike"],
        "lasting": likely["sustained shift"] + likely["trend"],
        "persists": float(verdict.persists),
        "change": float(verdict.change),
    }


def number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").rstrip("%"))
    except ValueError:
        return None


def within(value: float | None, bounds: list[float]) -> bool:
    return value is not None and bounds[0] <= value <= bounds[1]


def fits(row: dict[str, str], wanted: dict) -> bool:
    """Say whether a row of figures.csv is as wanted."""
    value = number(row["value"])

    def holds(key: str, want: object) -> bool:
        match key:
            case "measure" | "area":
                return re.fullmatch(want, row[key], re.I) is not None
            case "period":
                return row["period"].lower() == str(want).lower()
            case "value":
                near = wanted.get("within", abs(want) * 0.005) + 1e-9
                return within(value, [want - near, want + near])
            case "within":
                return "value" in wanted
            case "between":
                return within(value, want)
            case "empty":
                return (value is None) or not want
            case "status":
                return re.search(want, row["status"], re.I) is not None
            case "call":
                return row["call"] in want
            case "persists":
                return within(number(row["persists"]), want)
        raise ValueError(f"no case says of a figure '{key}'")

    return all(holds(key, want) for key, want in wanted.items())


def fails(outcome: Outcome, expected: dict) -> list[str]:
    """Return what of an expectation does not hold."""
    return [f"{key} = {want!r}" for key, want in expected.items() if not holds(outcome, key, want)]


def holds(outcome: Outcome, key: str, want) -> bool:
    """Say whether one part of an expectation holds."""
    match key:
        case "any":
            return any(not fails(outcome, one) for one in want)
        case "all":
            return all(not fails(outcome, one) for one in want)
        case "exit":
            return outcome.exit in (want if isinstance(want, list) else [want])
        case "refused":
            coded = not isinstance(want, list) or any(f"[{code}]" in outcome.says for code in want)
            return outcome.exit == 2 and not outcome.rows and coded and bool(outcome.says.strip())
        case "says" | "page" | "config":
            return re.search(want, getattr(outcome, key), re.I | re.S) is not None
        case "says_not":
            return not holds(outcome, "says", want)
        case "page_not":
            return bool(outcome.page) and not holds(outcome, "page", want)
        case "figure":
            return any(fits(row, want) for row in outcome.rows)
        case "no_figure":
            return bool(outcome.rows) and not any(fits(row, want) for row in outcome.rows)
        case "check":
            files = outcome.checked.get("files")
            return bool(files) and all(checks(files[0], part, value) for part, value in want.items())
        case "call":
            return outcome.verdict is not None and outcome.verdict["call"] in want
        case "call_not":
            return outcome.verdict is not None and outcome.verdict["call"] not in want
    if key in PROBABILITIES:
        return outcome.verdict is not None and within(outcome.verdict[key], want)
    raise ValueError(f"no case expects '{key}'")


def checks(file: dict, part: str, want) -> bool:
    """Say whether the check of a file counted this."""
    if part in ("code", "no_code"):
        return any(re.fullmatch(want, code) for code in file["codes"]) == (part == "code")
    return file[part] == want


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_case(name, tmp_path):
    case = tomllib.loads((CASES / name / "case.toml").read_text(encoding="utf-8"))
    folder = Path(shutil.copytree(CASES / name, tmp_path / name))
    (folder / "case.toml").unlink()
    outcome = play(case, folder)
    wrong = [part for expected in case["expect"] for part in fails(outcome, expected)]
    if outcome.exit not in ANSWERED or re.search(CRASH, outcome.says):
        wrong.append(f"it crashed with exit code {outcome.exit}")
    if name in OPEN:
        assert wrong, f"{name} holds now: take it off tests/cases/open.txt"
    else:
        assert not wrong, f"{case['title']} Does not hold: {'; '.join(wrong)}\n{outcome.says}"


def test_the_list_names_cases_that_exist():
    assert OPEN - set(NAMES) == set()


def test_an_expectation_holds_or_fails_by_what_was_left(tmp_path):
    folder = tmp_path / "outputs/publish/2020-21-q4/north"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<style>b</style><p>Rose &amp;\n <b>fell</b></p>", encoding="utf-8")
    (folder / "figures.csv").write_text(
        "measure,area,period,value,status,call,persists\n"
        "referrals,North,2020-21Q4,98.0,,usual variation,0.25\nreferrals,North,2021-03,,suppressed,,\n"
    )
    left = Outcome(tmp_path)
    left.exit, left.says = 0, "3 rows set aside"
    left.checked = {"files": [{"rows_in": 36, "kept": 33, "quarantined": 3, "codes": {"NO_NUMBER": 3}}]}
    left.verdict = {
        "call": "trend",
        "usual": 0.1,
        "spike": 0.2,
        "lasting": 0.7,
        "persists": float("nan"),
        "change": 0.3,
    }
    quarter = {"measure": "ref.*", "area": "north", "period": "2020-21q4"}
    good = [
        {"exit": [0, 1], "says": "SET aside", "says_not": "refused", "page": "rose & fell", "page_not": "b</p"},
        {"figure": quarter | {"value": 98.4}},
        {"figure": quarter | {"value": 90, "within": 8}},
        {"figure": quarter | {"between": [90, 98], "call": ["usual variation"], "persists": [0.2, 0.3]}},
        {"figure": {"period": "2021-03", "empty": True, "status": "suppr"}},
        {"no_figure": quarter | {"value": 99}},
        {"check": {"rows_in": 36, "code": "NO_.*", "no_code": "NO"}},
        {"call": ["trend"], "call_not": ["too early to tell"], "lasting": [0.7, 1], "change": [0, 0.3]},
        {"any": [{"exit": 2}, {"exit": 0}], "all": [{"exit": 0}, {"says": "rows"}]},
    ]
    bad = [
        {"refused": True},
        {"figure": quarter | {"value": 98.6}},
        {"figure": quarter | {"empty": True}},
        {"figure": quarter | {"value": 98, "call": ["trend"]}},
        {"figure": {"period": "2021-03", "between": [0, 1000]}},
        {"no_figure": quarter},
        {"check": {"no_code": "NO_NUMBER"}},
        {"check": {"kept": 36}},
        {"persists": [0, 1]},
        {"call_not": ["trend"]},
        {"config": "project"},
        {"any": [{"exit": 2}]},
        {"all": [{"exit": 0}, {"exit": 2}]},
    ]
    assert [e for e in good if fails(left, e)] == [] and [e for e in bad if not fails(left, e)] == []
    refused = Outcome(tmp_path / "none")
    refused.exit, refused.says = 2, "No such column. [MISSING_COLUMN]"
    assert not fails(refused, {"refused": ["MISSING_COLUMN"]}) and fails(refused, {"refused": ["NO_DATA"]})
    for nothing in ({"page_not": "x"}, {"no_figure": {"value": 1}}, {"check": {"kept": 1}}, {"call_not": ["trend"]}):
        assert fails(refused, nothing), "where there is nothing, nothing holds of it"
    for unknown in ({"pages": "x"}, {"figure": quarter | {"vale": 98}}):
        with pytest.raises(ValueError, match="no case"):
            fails(left, unknown)
