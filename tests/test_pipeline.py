"""From a configuration to a case: which quarter, which area, what is known, what is not judged as complete."""

import datetime as dt

import pandas as pd
import pytest
import small_project
from conftest import ROOT, judged

from analysis import open_case, pipeline, snapshots
from analysis.errors import Refused
from analysis.periods import parse_quarter

CASES = """
[project]
name = "Town"
nation = "england"
as_at = {as_at}

[[dataset]]
name = "contacts"
path = "contacts.csv"
kind = "cases"
columns = {{ child = "id", date = "date", recorded = "recorded" }}

[[measure]]
name = "contacts"
title = "Contacts"
dataset = "contacts"
type = "flow"
"""


@pytest.fixture
def town(tmp_path):
    """Three years of forty contacts a month, half of them recorded twenty days late."""

    def make(as_at):
        rows, number = ["id,date,recorded"], 0
        for month in pd.period_range("2018-04", "2021-03", freq="M"):
            for i in range(40):
                number += 1
                day = month.start_time + pd.Timedelta(days=i * month.days_in_month // 40)
                late = pd.Timedelta(days=20 if i % 2 else 1)
                rows.append(f"C{number},{day:%Y-%m-%d},{day + late:%Y-%m-%d}")
        (tmp_path / "contacts.csv").write_text("\n".join(rows) + "\n")
        config = tmp_path / "measures.toml"
        config.write_text(CASES.format(as_at=as_at))
        return config

    return make


def test_a_month_that_is_half_recorded_is_provisional_and_not_judged_as_complete(town):
    case = open_case(town("2021-04-02"), quarter="2020-21Q4")
    march = case.rows("contacts").set_index("period").loc[pd.Period("2021-03", "M")]
    # all 20 prompt rows but the last are in, and of the late ones those of 1 to 13 March
    assert march["value"] == 28 and march["provisional"]
    assert march["expected_final"] == pytest.approx(40, abs=4)
    assert march["completeness"] == pytest.approx(0.7, abs=0.1)
    case = judged(case)
    assert case.verdicts.loc["contacts", "call"] in ("usual variation", "too early to tell")
    assert "thinly recorded" in case.verdicts.loc["contacts", "flags"]


def test_an_earlier_quarter_is_seen_as_it_was_when_its_own_lag_was_over(town):
    case = open_case(town("2021-06-30"), quarter="2020-21Q4")
    assert case.as_at == dt.date(2021, 4, 12)
    # of the rows recorded twenty days late, those of 24 March and later are not in yet
    assert case.rows("contacts").set_index("period").loc[pd.Period("2021-03", "M"), "value"] == 35


def test_the_same_month_seen_later_is_complete(town):
    case = open_case(town("2021-06-30"), quarter="2020-21Q4", as_at="2021-06-30")
    march = case.rows("contacts").set_index("period").loc[pd.Period("2021-03", "M")]
    assert march["value"] == 40 and march["provisional"] is not True


@pytest.mark.parametrize(("as_at", "newest"), [("2021-04-12", "2020-21Q4"), ("2021-03-30", "2020-21Q3")])
def test_the_newest_quarter_is_the_newest_that_is_over(town, as_at, newest):
    assert pipeline.newest_quarter(pipeline.prepare(town(as_at))) == parse_quarter(newest)


def test_areas_are_found_whatever_the_case_and_the_whole_comes_first(prepared):
    assert pipeline.areas(prepared)[0] == "Sample County"
    assert pipeline.find_area(prepared, "north ") == "North"
    assert pipeline.find_area(prepared, None) == "Sample County"
    with pytest.raises(Refused, match="Did you mean 'North'"):
        pipeline.find_area(prepared, "Norht")


def test_a_slice_gives_the_same_case_as_measuring_anew(prepared, tmp_path):
    quarter = parse_quarter("2020-21Q4")
    before = pipeline.cut_before(prepared, quarter, tmp_path / "before", profile="council")
    pipeline.cut(prepared, quarter, tmp_path / "now", profile="council", released=[before])
    work = tmp_path / "work"
    work.mkdir()
    snapshots.copy_slice(tmp_path / "now", "North", work, before=before)
    given = open_case(ROOT / "measures.toml", quarter=quarter, area="North", work=work)
    anew = open_case(ROOT / "measures.toml", quarter=quarter, area="North")
    for table in ("months", "quarters", "before", "parts"):
        pd.testing.assert_frame_equal(getattr(given, table), getattr(anew, table))
    assert set(given.months["area"]) == {"North"}


@pytest.mark.parametrize("quarters", [3, pytest.param(9, marks=pytest.mark.full)])
def test_what_we_said_last_quarter_is_what_its_page_said(prepared, tmp_path, quarters):
    said, folders = None, []
    for quarter in pd.period_range("2019Q1", "2021Q4", freq="Q-MAR")[-quarters:]:
        folders.append(tmp_path / str(quarter))
        pipeline.cut(prepared, quarter, folders[-1], profile="council", released=folders[:-1])
        work = tmp_path / f"work-{quarter}"
        work.mkdir()
        snapshots.copy_slice(folders[-1], "Sample County", work, before=folders[-2] if said is not None else None)
        case = judged(open_case(ROOT / "measures.toml", quarter=quarter, work=work))
        if said is None:
            assert case.earlier.empty
        else:
            pd.testing.assert_frame_equal(case.earlier.drop(columns="settles"), said.drop(columns="settles"))
        said = case.verdicts


def test_what_was_not_known_on_the_day_is_left_out(prepared, tmp_path):
    case = open_case(ROOT / "measures.toml", quarter="2020-21Q4", as_at="2021-03-20")
    assert case.as_at == dt.date(2021, 3, 20)
    assert case.rows("contacts")["period"].max() == pd.Period("2021-02", "M")


def test_an_area_that_began_later_is_refused_in_words(tmp_path):
    rows = [
        f"20{18 + m // 12}-{m % 12 + 1:02d},{area},40" for m in range(3, 39) for area in ("Old", "New")[: 1 + (m > 30)]
    ]
    (tmp_path / "figures.csv").write_text("\n".join(["month,place,number", *rows]), encoding="utf-8")
    (tmp_path / "measures.toml").write_text(small_project.CONFIG, encoding="utf-8")
    with pytest.raises(Refused, match="'New' has no figure up to this quarter"):
        open_case(tmp_path / "measures.toml", quarter="2019-20Q1", area="New")
