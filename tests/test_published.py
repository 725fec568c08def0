"""The same job on a published file: referrals by month, Department for Education, Children in need (OGL 3.0)."""

import os
import re

import pandas as pd
import pytest

from analysis import pipeline
from analysis.periods import parse_quarter


@pytest.fixture(scope="module")
def england(shared, tmp_path_factory):
    config = tmp_path_factory.mktemp("england") / "measures.toml"
    data = os.path.relpath(shared / "data" / "dfe_referrals_by_month.csv", config.parent).replace(os.sep, "/")
    config.write_text(f"""[project]
name = "England"
nation = "england"

[[dataset]]
name = "referrals"
path = "{data}"
preset = "dfe-open-data"

[[measure]]
name = "referrals"
title = "Referrals"
dataset = "referrals"
type = "flow"
""")
    return config


@pytest.fixture(scope="module")
def prepared_england(england):
    return pipeline.prepare(england)


@pytest.fixture(scope="module")
def months(prepared_england):
    """Every authority's months and the nation's, up to March 2024."""
    quarter = parse_quarter("2023-24Q4")
    as_at = prepared_england.project.as_at(quarter, newest=prepared_england.newest)
    return pipeline.measured(prepared_england, quarter, as_at).months.set_index(["area", "period"])["value"]


def test_a_dozen_lines_make_a_page_on_the_published_file(england, run_here):
    done = run_here("report", "2021-22Q1", "--area", "Doncaster", "--config", england, cwd=england.parent)
    assert done.returncode == 0, done.stderr
    text = (england.parent / done.stdout.splitlines()[-1]).read_text(encoding="utf-8")
    months = re.findall(r'data-label="(Apr|May|Jun)"[^>]*>(\d+)</td>', text)
    assert months[-3:] == [("Apr", "45"), ("May", "85"), ("Jun", "118")]
    assert "45 in April 2021" in text and "118 in June 2021" in text
    assert "Referrals: a change in recording, not in demand." in text


def test_published_symbols_are_kept_as_statuses_and_months_lie_in_the_right_year(prepared_england, months):
    assert months["Doncaster", pd.Period("2021-04", "M")] == 45  # the file's row 2022 holds it
    assert months["Doncaster", pd.Period("2024-03", "M")] == 448
    statuses = prepared_england.cleaned[0].records["status"].value_counts()
    # counted in the file: 14 c, 2 u, 2 x in April and March alone
    assert statuses["suppressed"] >= 14 and statuses["low reliability"] >= 2 and statuses["not available"] >= 2


def test_the_national_row_is_the_whole(prepared_england, months):
    assert pipeline.find_area(prepared_england, None) == "England"
    assert months["England", pd.Period("2023-04", "M")] == 43340
