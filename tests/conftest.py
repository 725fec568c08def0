"""What several test files need: the bundled sample, judged once, and its report, made once."""

import dataclasses
import os
from pathlib import Path

# before numpy is imported: several processes with several threads each stand in each other's way
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

from analysis import expected_table, judge_table, open_case, pipeline, report, weigh
from analysis.periods import parse_quarter

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of published and reference data, which not every machine has."""
    if not SHARED.is_dir():
        pytest.skip("the folder with the published data is not beside this project")
    return SHARED


@pytest.fixture(scope="session")
def prepared():
    return pipeline.prepare(ROOT / "measures.toml")


@pytest.fixture(scope="session")
def case():
    """The Welsh sample's newest quarter, judged as the notebook does it."""
    given = open_case(ROOT / "measures.toml", quarter="2020-21Q4")
    return judged(given)


def judged(given):
    events = given.project.events
    return weigh(
        given.judged(
            judge_table(given.months, quarter=given.quarter, events=events),
            expected_table(given.months, quarter=given.quarter),
            judge_table(given.months, quarter=given.quarter - 1, events=events),
        )
    )


@pytest.fixture(scope="session")
def made(prepared, tmp_path_factory):
    """The Welsh sample's report, made through papermill and nbconvert once."""
    outputs = tmp_path_factory.mktemp("outputs")
    return report.make_report(prepared, parse_quarter("2020-21Q4"), None, outputs)


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
