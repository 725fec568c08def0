"""From a configuration to a case: which quarter, which area, what is known, what is not judged as complete."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
import small_project
from conftest import ROOT, judged

from analysis import open_case, pipeline, snapshots
from analysis.config import Dataset
from analysis.errors import Refused
from analysis.periods import parse_quarter
from analysis.shapes import as_known

BOROUGH = ROOT / "data/sample/borough/measures.toml"
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


def test_a_slice_gives_the_same_case_as_measuring_anew(prepared_borough, tmp_path):
    quarter = parse_quarter("2020-21Q4")
    pipeline.make_snapshots(prepared_borough, quarter, tmp_path / "now", profile="council")
    work = tmp_path / "work"
    work.mkdir()
    snapshots.copy_slice(tmp_path / "now", "East", work)
    given = open_case(BOROUGH, quarter=quarter, area="East", work=work)
    anew = open_case(BOROUGH, quarter=quarter, area="East")
    for table in ("months", "quarters", "questions", "calls", "parts"):
        pd.testing.assert_frame_equal(getattr(given, table), getattr(anew, table))
    assert set(given.months["area"]) == {"East"}


def test_what_was_not_known_on_the_day_is_left_out(town):
    case = open_case(town("2021-06-30"), quarter="2020-21Q4", as_at="2021-03-20")
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


def figures_at(tmp_path, rows, config=small_project.CONFIG) -> Path:
    """Write figures by month and place, and their configuration."""
    (tmp_path / "figures.csv").write_text("\n".join(["month,place,number", *rows]), encoding="utf-8")
    (tmp_path / "measures.toml").write_text(config, encoding="utf-8")
    return tmp_path / "measures.toml"


def test_the_newest_quarter_is_the_newest_with_a_figure(tmp_path):
    rows = [
        f"{m},North,{40 if m < '2021-07' else ''}" for m in pd.period_range("2018-04", "2021-12", freq="M").astype(str)
    ]
    prepared = pipeline.prepare(figures_at(tmp_path, rows))
    assert pipeline.newest_quarter(prepared) == parse_quarter("2021-22Q1")
    with pytest.raises(Refused, match=r"for 2021-22Q3\. There are figures from 2018-19Q1 to 2021-22Q1"):
        open_case(tmp_path / "measures.toml", quarter="2021-22Q3")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["2021-02,North,40", "2021-03,North,40"], "No quarter.* complete .* from 2020-21Q4 to 2020-21Q4"),
        ([f"2021-0{m},North," for m in range(1, 7)], "No measure has a figure in any month"),
    ],
)
def test_where_no_quarter_is_complete_a_sentence_says_what_there_is(tmp_path, rows, said):
    with pytest.raises(Refused, match=said):
        pipeline.newest_quarter(pipeline.prepare(figures_at(tmp_path, rows)))


def test_a_quarter_that_is_not_whole_has_figures_by_month_and_no_total(tmp_path):
    case = judged(open_case(figures_at(tmp_path, ["2021-02,North,40", "2021-03,North,41"]), quarter="2020-21Q4"))
    assert case.rows("referrals")["value"].dropna().tolist() == [40, 41]
    assert case.total("referrals") is None and case.verdicts.loc["referrals", "call"] == "too little data"


def test_months_and_weeks_are_judged_in_one_report(tmp_path):
    weeks = [
        f"{w.start_time:%Y-%m-%d},{10 + i % 3}"
        for i, w in enumerate(pd.period_range("2018-04-02", "2021-04-04", freq="W-SUN"))
    ]
    (tmp_path / "weeks.csv").write_text("\n".join(["week,visits", *weeks]), encoding="utf-8")
    weekly = """
[[dataset]]
name = "weeks"
path = "weeks.csv"
kind = "counts"
grain = "week"
columns = { period = "week", value = "visits" }

[[measure]]
name = "visits"
title = "Visits"
dataset = "weeks"
type = "flow"
"""
    months = [f"{m},North,40" for m in pd.period_range("2018-04", "2021-03", freq="M")]
    case = judged(open_case(figures_at(tmp_path, months, small_project.CONFIG + weekly), quarter="2020-21Q4"))
    assert case.verdicts["call"].to_dict() == {"referrals": "usual variation", "visits": "usual variation"}
    assert (
        len(case.newest("referrals")) == 3 and len(case.newest("visits")) == 12
    )  # Thursdays from 7 January to 25 March
    assert case.months.duplicated(["measure", "area", "period"]).sum() == 0


@pytest.mark.parametrize("column", ["date", "recorded"])
def test_the_reports_day_ends_at_midnight(town, tmp_path, column):
    """Rows of its last second count; those of midnight are told as rows that were not known yet."""
    config, before = town("2021-04-02"), (tmp_path / "contacts.csv").read_text()

    def seen(time):
        times = {"date": "2021-03-31 12:00:00", "recorded": "2021-04-01 12:00:00"} | {column: time}
        (tmp_path / "contacts.csv").write_text(before + f"C9999,{times['date']},{times['recorded']}\n")
        found = pipeline.measured(pipeline.prepare(config), parse_quarter("2020-21Q4"), dt.date(2021, 4, 2))
        months = found.months.set_index("period")["value"]
        return found.quality[0]["later"], months[pd.Period("2021-03", "M")], months.get(pd.Period("2021-04", "M"), 0)

    later, march, _ = seen("2021-04-02 23:59:59")
    assert seen("2021-04-03 00:00:00")[0] == later + 1
    assert march - seen("2021-04-03 00:00:00")[1] == (column == "recorded")


@pytest.mark.parametrize(
    ("known", "quarter", "day"),
    [
        ("2021-03-31", "2020-21Q4", "2021-03-31"),  # the newest quarter, complete since today
        ("2021-06-29", "2020-21Q4", "2021-06-29"),  # no later quarter is complete
        ("2021-06-30", "2020-21Q4", "2021-04-12"),  # the quarter after is complete since today
        ("2021-04-05", "2020-21Q3", "2021-01-12"),
        ("2021-01-05", "2020-21Q3", "2021-01-05"),
    ],
)
def test_the_day_that_a_report_knows(town, known, quarter, day):
    project = pipeline.prepare(town(known)).project
    assert project.as_at(parse_quarter(quarter), newest=dt.date(2030, 1, 1)) == dt.date.fromisoformat(day)
    asked = dt.date(2025, 1, 1)
    assert project.as_at(parse_quarter(quarter), newest=dt.date(2030, 1, 1), asked=asked) == asked


@pytest.mark.parametrize(("as_at", "newest"), [("2021-03-31", "2020-21Q4"), ("2021-04-01", "2020-21Q4")])
def test_a_quarter_is_over_on_its_last_day(town, as_at, newest):
    assert pipeline.newest_quarter(pipeline.prepare(town(as_at))) == parse_quarter(newest)


@pytest.mark.parametrize(("last", "newest"), [("2021-03-24", "2020-21Q4"), ("2021-03-23", "2020-21Q3")])
def test_without_a_day_a_quarter_is_over_when_the_data_reach_its_last_week(town, tmp_path, last, newest):
    config = town("2021-06-30")
    config.write_text(config.read_text().replace("as_at = 2021-06-30\n", ""))
    rows = (tmp_path / "contacts.csv").read_text().splitlines()
    kept = [r.rsplit(",", 1)[0] + f",{min(r.rsplit(',', 1)[1], last)}" for r in rows[1:] if r.split(",")[1] <= last]
    (tmp_path / "contacts.csv").write_text("\n".join([rows[0], *kept]) + "\n")
    prepared = pipeline.prepare(config)
    assert pipeline.newest_quarter(prepared) == parse_quarter(newest)


@pytest.mark.parametrize(("newest", "kept"), [("2020-02-03", 1), ("2020-02-02", 0)])
def test_published_counts_are_known_from_the_day_of_their_publication(newest, kept):
    """Two days after a month's end the third day has begun."""
    dataset = Dataset(
        name="counts", path="x.csv", kind="counts", columns={"period": "m", "value": "n"}, published_after_days=3
    )
    records = pd.DataFrame({"period": pd.PeriodIndex(["2020-01"], freq="M"), "value": [5.0]})
    assert len(as_known(records, dataset, dt.date.fromisoformat(newest))) == kept


@pytest.mark.parametrize("column", ["date", "ended", "recorded", "snapshot"])
@pytest.mark.parametrize(("time", "known"), [("2021-04-02 23:59:59", True), ("2021-04-03 00:00:00", False)])
def test_what_is_of_the_midnight_after_the_day_is_not_known(column, time, known):
    roles = {"child": "c", "date": "d", "ended": "e"} | ({"recorded": "r"} if column == "recorded" else {})
    dataset = Dataset(name="visits", path="x.csv", kind="cases", columns=roles)
    first = {
        "child": "A",
        "date": "2021-03-01",
        "ended": "2021-03-02",
        "recorded": "2021-03-03",
        "snapshot": "2021-03-31",
    }
    table = pd.DataFrame([first, first | {"child": "B", column: time}])[[*roles, *({"snapshot"} & {column})]]
    table = table.astype({name: "datetime64[us]" for name in table.columns if name != "child"})
    rows = as_known(table, dataset, dt.date(2021, 4, 2)).set_index("child")
    if column == "snapshot":
        assert list(rows.index) == (["B"] if known else ["A"])
    elif column == "recorded":
        assert list(rows.index) == (["A", "B"] if known else ["A"])
    else:
        assert pd.notna(rows.loc["B", column]) == known and pd.notna(rows.loc["A", column])


@pytest.mark.parametrize(("as_at", "days"), [("2021-05-04", []), ("2021-05-05", ["2021-02-01"])])
def test_days_with_many_rows_are_told_as_far_as_they_were_known(tmp_path, as_at, days):
    """Sixty visits that ended in February stand in the extract of May alone."""
    weekdays = pd.bdate_range("2019-04-01", "2021-03-31")
    rows = [f"C{i},{d:%Y-%m-%d},{d:%Y-%m-%d},{s}" for s in ("2021-04-05", "2021-05-05") for i, d in enumerate(weekdays)]
    rows += [f"D{i},2021-01-{i % 28 + 1:02d},2021-02-01,2021-05-05" for i in range(60)]
    (tmp_path / "contacts.csv").write_text("\n".join(["id,date,end,taken", *rows]) + "\n")
    config = CASES.replace("as_at = {as_at}\n", "").replace('kind = "cases"', 'kind = "cases"\nsnapshot = "taken"')
    config = config.replace('recorded = "recorded"', 'ended = "end"').replace("{{", "{").replace("}}", "}")
    (tmp_path / "measures.toml").write_text(config)
    prepared = pipeline.prepare(tmp_path / "measures.toml")
    found = pipeline.measured(prepared, parse_quarter("2020-21Q4"), dt.date.fromisoformat(as_at))
    assert [b["date"] for b in found.bulk] == days
