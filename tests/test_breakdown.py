"""What a change is made of, against counts by hand, published tables and the two samples."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import measure
from analysis.breakdown import (
    add_rates,
    against_each_other,
    beyond_usual,
    byar,
    contributions,
    count_parts,
    dispersion,
    funnel,
    re_referrals,
    shared_with_nation,
    year_to_date,
)
from analysis.config import Dataset, Measure
from analysis.periods import parse_quarter, working_days_in

NEWEST = {"Sample County": ("2020-21Q4", dt.date(2021, 4, 12)), "Sample Borough": ("2021-22Q2", dt.date(2021, 10, 12))}


@pytest.fixture(scope="module", params=["county", "borough"])
def sample(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def county(prepared):
    return _sample(prepared)


@pytest.fixture(scope="module")
def borough(prepared_borough):
    return _sample(prepared_borough)


def _sample(prepared):
    project, cleaned = prepared.project, {c.dataset: c for c in prepared.cleaned}
    quarter, as_at = NEWEST[project.project.name]
    months = measure(list(cleaned.values()), project, as_at=as_at)
    quarters = measure(list(cleaned.values()), project, as_at=as_at, grain="quarter")
    return project, cleaned, parse_quarter(quarter), as_at, months, quarters


# -- where does the rise come from -----------------------------------------------------------------------------------


def parts_of(m, project, cleaned, quarter, as_at):
    return count_parts(
        cleaned[m.dataset].records,
        m,
        project.dataset(m.dataset),
        quarter=quarter,
        as_at=as_at,
        whole=project.project.name,
        extent=pd.period_range("2017-04", quarter.asfreq("M", "end"), freq="M"),
    )


def test_the_parts_add_up_to_the_figures_of_the_measure(sample):
    project, cleaned, quarter, as_at, months, quarters = sample
    whole = project.project.name
    taken_apart = 0
    for m in project.measures:
        table = parts_of(m, project, cleaned, quarter, as_at)
        assert set(table["role"]) == (set(m.breakdown) if m.type in ("flow", "stock") else set())
        figures = pd.concat([t.astype({"period": object}) for t in (months, quarters)])
        value = figures[(figures["measure"] == m.name) & (figures["area"] == whole)].set_index("period")["value"]
        for (_, period), part in table.groupby(["role", "period"], sort=False):
            assert part["value"].sum() == value[period]
            taken_apart += 1
        change = contributions(table, quarter=quarter).groupby("role")["change"].sum()
        assert (change == value[quarter] - value[quarter - 4]).all()
    assert taken_apart >= 3 * 11  # five quarters, and three months of two years


def test_the_largest_contribution_to_a_rise_stands_first(county):
    project, cleaned, quarter, as_at, _, _ = county
    table = contributions(parts_of(project.measure("contacts"), project, cleaned, quarter, as_at), quarter=quarter)
    by_source = table[table["role"] == "source"]
    assert by_source["change"].sum() > 0 and by_source["change"].is_monotonic_decreasing
    assert by_source["now"].sum() == 438 + 421 + 600  # the sample's dictionary


CASES = Dataset(name="d", path="d.csv", columns={"child": "id", "date": "date", "source": "source"})
FLOW = {"name": "m", "title": "M", "dataset": "d", "type": "flow", "breakdown": ["source"]}


def cases(now: dict, before: dict) -> pd.DataFrame:
    """Rows of 2020-21 Quarter 4 and of the same quarter a year before: source -> list of children."""
    rows = [("2021-02-01", s, c) for s, children in now.items() for c in children]
    rows += [("2020-02-03", s, c) for s, children in before.items() for c in children]
    table = pd.DataFrame(rows, columns=["date", "source", "child"])
    return table.astype({"date": "datetime64[us]"})


EXTENT = pd.period_range("2020-01", "2021-03", freq="M")


def counted(records, measure=None, dataset=CASES, extent=EXTENT, **more):
    m = measure or Measure(**{**FLOW, **more})
    about = {"quarter": parse_quarter("2020-21Q4"), "as_at": dt.date(2021, 4, 12), "whole": "W", "extent": extent}
    return count_parts(records, m, dataset, **about)


def split(records, *about, **more):
    return contributions(counted(records, *about, **more), quarter=parse_quarter("2020-21Q4"))


def test_contributions_by_hand():
    records = cases(
        {"school": range(20), "police": range(12), "health": [1, 2, 3]},
        {"school": range(8), "police": range(14), "family": range(6)},
    )
    table = split(records)
    assert table["part"].tolist() == ["school", "health", "police", "family"]
    assert table["change"].tolist() == [12, 3, -2, -6]


def test_children_are_counted_once_however_many_their_rows():
    table = counted(cases({"school": [1] * 25, "police": range(9)}, {}))
    now = table[table["period"] == parse_quarter("2020-21Q4")].set_index("part")
    assert now.loc["school", ["value", "children"]].tolist() == [25, 1]


def test_a_child_is_counted_in_one_part_only():
    records = cases({"school": [1, 2], "police": [2, 3]}, {"school": [1]})
    table = split(records, unit="children")
    assert table["now"].sum() == 3 and table["change"].sum() == 2


def test_later_rows_and_missing_parts():
    records = cases({"school": [1, 2], "": [3]}, {"school": [1]})
    records.loc[1, "recorded"] = pd.Timestamp("2021-05-01")
    table = split(records)
    assert table.set_index("part")["now"].to_dict() == {"not recorded": 1, "school": 1}


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1))
def test_parts_always_add_up(counts):
    now, before = ({s: range(c[i]) for s, c in counts.items()} for i in (0, 1))
    if not sum(c[0] + c[1] for c in counts.values()):
        return
    table = split(cases(now, before))
    assert table["change"].sum() == sum(c[0] - c[1] for c in counts.values())


def test_a_stock_is_taken_apart_at_the_quarters_end():
    dataset = Dataset(name="d", path="d.csv", columns={r: r for r in ("child", "started", "ended", "team")})
    m = Measure(name="m", title="M", dataset="d", type="stock", breakdown=["team"])
    records = pd.DataFrame(
        [
            ("a", "2019-05-01", None, "North"),
            ("b", "2019-05-01", "2020-12-01", "North"),
            ("c", "2020-06-01", "2021-03-31", "South"),  # ended on the last day: no longer open
            ("d", "2020-06-01", "2021-04-01", "South"),  # ended the day after: still open then
            ("e", "2021-02-01", None, "South"),
        ],
        columns=["child", "started", "ended", "team"],
    ).astype({"started": "datetime64[us]", "ended": "datetime64[us]"})
    table = split(records, m, dataset)
    assert table[["part", "now", "before"]].to_numpy().tolist() == [["South", 2, 0], ["North", 1, 2]]


Q4 = parse_quarter("2020-21Q4")
MARCH = pd.Period("2021-03", "M")


def parts_and_totals(rows, expected=50.0):
    """Parts of one role by period (part, period, value), with the totals of all rows and what was expected in March."""
    table = pd.DataFrame(rows, columns=["part", "period", "value"]).assign(measure="m", area="W", role="source")
    totals = table.groupby(["period"], sort=False)["value"].sum().reset_index()
    monthly = totals["period"].map(lambda p: p.freqstr == "M")
    months, quarters = (t.assign(period=pd.PeriodIndex(t["period"])) for t in (totals[monthly], totals[~monthly]))
    return table, months.assign(expected=expected), quarters


def beyond(table, months, quarters, **more):
    return beyond_usual(table, months, quarters, newest=[MARCH], quarter=Q4, **more)


def a_year(before, **quarterly):
    return [(part, Q4 - before - k, n) for part, n in quarterly.items() for k in range(1, 5)]


def test_the_news_is_taken_apart_by_hand():
    rows = [*a_year(0, school=10.0, police=40.0), ("school", MARCH, 30.0), ("police", MARCH, 50.0)]
    told = beyond(*parts_and_totals(rows))  # school is a fifth of the year: 10 of the 50 expected
    assert told[["part", "now", "usual", "more", "total"]].to_numpy().tolist() == [
        ["school", 30, 10, 20, 30],
        ["police", 50, 40, 10, 30],
    ]
    assert not told["hidden"].any()


def test_half_of_a_part_s_own_season_is_usual():
    rows = [*a_year(0, school=10.0, police=40.0), ("school", MARCH - 12, 20.0), ("police", MARCH - 12, 30.0)]
    figures = parts_and_totals([*rows, ("school", MARCH, 20.0), ("police", MARCH, 60.0)])
    told = beyond(*figures).set_index("part")
    # school is a fifth of the year and two fifths in March: three tenths of the 50 expected; police seven tenths
    assert told["usual"].to_dict() == {"police": pytest.approx(35), "school": pytest.approx(15)}
    assert told["more"].sum() == pytest.approx(30) and told.index.tolist() == ["police", "school"]
    assert beyond(*figures, seasonal=False).set_index("part").loc["school", "usual"] == 10


def test_a_part_that_is_hidden_is_left_out_and_the_others_stay_as_they_are():
    rows = [*a_year(0, school=10.0, police=35.0, family=5.0)]
    rows += [("school", MARCH, 30.0), ("police", MARCH, 48.0), ("family", MARCH, 2.0)]
    table, months, quarters = parts_and_totals(rows)
    hidden = table["value"].mask((table["part"] == "family") & (table["period"] == MARCH))
    told = beyond(table.assign(value=hidden), months, quarters)
    assert told["part"].tolist() == ["school", "police"] and told["hidden"].all()
    assert told["usual"].tolist() == pytest.approx([10, 35]) and told["total"].tolist() == [30, 30]
    assert beyond(table, months.assign(value=np.nan), quarters).empty  # where all are hidden no part is compared
    assert beyond(table, months, quarters.iloc[1:]).empty  # nor without the year before


def test_the_news_of_the_county_is_school(case):
    rows = case.beyond[case.beyond["measure"] == "contacts"]
    by_source = rows[rows["role"] == "source"]
    march = case.rows("contacts").set_index("period").loc[MARCH]
    assert by_source["part"].iloc[0] == "school" and by_source["now"].sum() == march["value"] == 600
    for _, role in rows.groupby("role"):
        assert role["more"].sum() == pytest.approx(600 - march["expected"], abs=0.01)


# -- the funnel and those who come back ------------------------------------------------------------------------------


def test_the_funnel_of_the_county(county):
    *_, quarter, _, _, quarters = county
    stages = ["contacts", "referrals", "assessments_opened"]
    table = funnel(quarters, stages)
    newest = table[(table["area"] == "Sample County") & (table["period"] == quarter)]
    assert newest["measure"].tolist() == stages
    assert newest["value"].tolist() == [1459, 557, 212]  # 438 + 421 + 600 contacts: the sample's dictionary
    assert newest["conversion"].tolist()[1:] == [557 / 1459, 212 / 557]
    assert newest["conversion"].isna().iloc[0]


def test_a_stage_after_nothing_has_no_share():
    period = pd.Period("2021-03", "M")
    table = pd.DataFrame({"measure": ["a", "b"], "area": "A", "period": period, "value": [0.0, 12.0]})
    assert np.isnan(funnel(table, ["a", "b"]).loc[1, "conversion"])


def test_re_referrals_by_hand():
    days = {
        "a": ["2019-01-10", "2020-01-10"],  # twelve months to the day: within
        "b": ["2019-01-10", "2020-01-11"],  # a day more: not
        "c": ["2020-02-03", "2020-02-03", "2020-02-20"],  # one referral twice on record, and one again
        "d": ["2020-03-30"],
    }
    records = pd.DataFrame([(c, d) for c, ds in days.items() for d in ds], columns=["child", "date"])
    table = re_referrals(records.astype({"date": "datetime64[us]"}), until=pd.Timestamp("2020-04-12"))
    assert table.index.tolist() == []  # January to March 2020 begins before the past is known a year back
    records = pd.concat([pd.DataFrame([("z", "2018-12-01")], columns=["child", "date"]), records])
    table = re_referrals(records.astype({"date": "datetime64[us]"}), until=pd.Timestamp("2020-04-12"))
    assert table[["again", "again_of"]].to_numpy().tolist() == [[2, 5]]


# -- the year --------------------------------------------------------------------------------------------------------


def test_the_year_to_date_by_hand():
    months = pd.period_range("2019-04", "2020-09", freq="M")
    base = pd.DataFrame({"period": months, "area": "A", "numerator": np.nan, "denominator": np.nan})
    flow = base.assign(measure="f", type="flow", value=np.arange(18.0))
    stock = base.assign(measure="s", type="stock", value=np.arange(18.0))
    share = base.assign(measure="p", type="percent", numerator=np.arange(18.0), denominator=20.0, value=0.5)
    table = year_to_date(pd.concat([flow, stock, share]), quarter=parse_quarter("2020-21Q2")).set_index("measure")
    names = ["year_to_date", "year_to_date_before"]
    assert table.loc["f", names].tolist() == [12 + 13 + 14 + 48, 15]
    assert table.loc["s", names].tolist() == [17, 5]
    assert table.loc["p", names].tolist() == [87 / 120, 15 / 120]
    staff = year_to_date(share, quarter=parse_quarter("2020-21Q2"), posts=["p"]).iloc[0]
    assert staff[names].tolist() == [87 / 20, 15 / 20]  # leavers of six months among the same 20 posts


def test_a_missing_month_makes_its_total_missing():
    months = pd.period_range("2020-04", "2020-09", freq="M")
    table = pd.DataFrame({"measure": "f", "area": "A", "type": "flow", "period": months, "value": 1.0})
    table.loc[1, "value"] = np.nan
    row = year_to_date(table.assign(numerator=np.nan, denominator=np.nan), quarter=parse_quarter("2020-21Q2")).iloc[0]
    assert np.isnan(row["year_to_date"]) and np.isnan(row["year_to_date_before"])


def test_plans_fall_while_care_rises(borough):
    *_, quarter, _, _, quarters = borough
    table = against_each_other(quarters, [("on_plan", "in_care"), ("on_plan", "referrals")], quarter=quarter)
    here = table[table["area"] == "Sample Borough"]
    assert len(here) == 1
    row = here.iloc[0]
    assert (row["rose"], row["rose_from"], row["rose_to"]) == ("in_care", 339, 382)  # the sample's dictionary
    assert (row["fell"], row["fell_from"], row["fell_to"]) == ("on_plan", 214, 165)


@pytest.mark.parametrize(("rose", "fell", "moved"), [(210, 190, 1), (209, 190, 0), (210, 191, 0), (250, 150, 1)])
def test_a_stock_has_moved_when_it_changed_by_one_in_twenty(rose, fell, moved):
    quarter = parse_quarter("2020-21Q4")
    rows = [("a", quarter - 4, 200.0), ("a", quarter, rose), ("b", quarter - 4, 200.0), ("b", quarter, fell)]
    table = pd.DataFrame(rows, columns=["measure", "period", "value"]).assign(area="A", type="stock")
    assert len(against_each_other(table, [("a", "b")], quarter=quarter)) == moved


def test_flows_that_differ_by_chance_do_not_move_against_each_other():
    quarter = parse_quarter("2020-21Q4")
    rows = [("a", quarter - 4, 100.0), ("a", quarter, 130.0), ("b", quarter - 4, 100.0), ("b", quarter, 70.0)]
    table = pd.DataFrame(rows, columns=["measure", "period", "value"]).assign(area="A", type="flow")
    # 80% of a Poisson difference of 230: 1.28 sqrt(230) = 19; at dispersion 5: 43
    assert against_each_other(table, [("a", "b")], quarter=quarter).empty
    assert len(against_each_other(table, [("a", "b")], quarter=quarter, dispersion=1.0)) == 1


# -- intervals -------------------------------------------------------------------------------------------------------

# Breslow and Day (1987), Statistical Methods in Cancer Research II, table 2.10: exact 95% limits beside the count
BRESLOW_DAY = [
    (10, 0.480, 1.84),
    (15, 0.560, 1.65),
    (20, 0.611, 1.54),
    (25, 0.647, 1.48),
    (30, 0.675, 1.43),
    (50, 0.742, 1.32),
    (100, 0.814, 1.22),
]


@pytest.mark.parametrize(("count", "lower", "upper"), BRESLOW_DAY)
def test_byar_is_breslow_and_days_table(count, lower, upper):
    found = [float(x) / count for x in byar(count)]
    assert found[0] == pytest.approx(lower, abs=0.0015)
    assert found[1] == pytest.approx(upper, abs=0.0051)  # printed to two decimals


def test_byar_is_within_two_thousandths_of_exact_from_ten_on():
    """Public Health England (2018), Technical Guide: Confidence Intervals, p. 4: within 0.2% for 10 or more."""
    count = np.arange(10, 500)
    lower, upper = byar(count)
    np.testing.assert_allclose(lower, stats.chi2.ppf(0.025, 2 * count) / 2, rtol=0.002)
    np.testing.assert_allclose(upper, stats.chi2.ppf(0.975, 2 * count + 2) / 2, rtol=0.002)


def test_byar_of_nothing_and_of_one():
    lower, upper = byar([0, 1])
    assert lower[0] == 0 and 3.5 < upper[0] < 3.8  # exact: 3.69
    assert lower[1] >= 0


def test_rates_stand_beside_the_published_per_10000():
    table = pd.DataFrame({"measure": ["a", "b"], "value": [100.0, 0.5], "per_10000": [50.0, np.nan]})
    row = add_rates(table).iloc[0]
    assert row["rate_lower"] == pytest.approx(40.68, abs=0.01) and row["rate_upper"] == pytest.approx(60.81, abs=0.01)
    assert add_rates(table)["rate_lower"].isna().tolist() == [False, True]
    wider = add_rates(table, dispersion=pd.Series({"a": 4.0})).iloc[0]
    assert wider["rate_upper"] > row["rate_upper"]


def test_dispersion_is_found_again():
    rng = np.random.default_rng(11)
    months = pd.period_range("2012-04", periods=96, freq="M")
    season = np.tile([0.97, 1.09, 1.07, 1.01, 0.84, 0.99, 1.01, 1.05, 0.92, 1.02, 0.99, 1.04], 8)
    mean = 10 * working_days_in(months, "england") * season
    for phi in (2.0, 5.5):
        found = [
            dispersion(pd.Series(rng.negative_binomial(mean / (phi - 1), 1 / phi), index=months), nation="england")
            for _ in range(20)
        ]
        assert np.mean(found) == pytest.approx(phi, rel=0.1)
    assert dispersion(pd.Series(np.round(mean), index=months), nation="england") == 1.0  # never below Poisson
    assert np.isnan(dispersion(pd.Series(mean[:6], index=months[:6]), nation="england"))


# -- the nation ------------------------------------------------------------------------------------------------------


def test_the_share_that_the_nation_shows():
    quarter = parse_quarter("2020-21Q4")
    rows = [(quarter - 4, 100.0, 1000.0), (quarter, 144.0, 1200.0), (quarter + 4, 72.0, 1300.0)]
    table = pd.DataFrame(rows, columns=["period", "value", "comparator"]).assign(measure="m", area="A")
    found = shared_with_nation(table).set_index("period")
    year = found.loc[quarter]
    assert (year["change_local"], year["change_nation"]) == (pytest.approx(0.44), pytest.approx(0.2))
    assert year["shared"] == pytest.approx(0.5)  # log 1.2 beside log 1.44
    assert found.loc[quarter + 4, "shared"] == 0  # the other way


def test_the_fall_of_the_borough_is_not_the_nations(borough):
    *_, quarters = borough
    found = shared_with_nation(quarters).set_index(["measure", "area", "period"])
    row = found.loc[("referrals", "Sample Borough", parse_quarter("2021-22Q1"))]
    assert row["change_local"] < -0.5 and row["shared"] < 0.25


def test_zeros_alone_have_no_dispersion_and_a_year_of_zeros_changes_none():
    months = pd.period_range("2016-04", periods=60, freq="M")
    assert np.isnan(dispersion(pd.Series(0.0, index=months), nation="england"))
    values = pd.Series(np.random.default_rng(3).poisson(20, 60).astype(float), index=months)
    values[:12] = 0
    values[values.index.month == 8] = 0
    assert dispersion(values, nation="england") == pytest.approx(dispersion(values[12:], nation="england"))
    by_day = pd.Series(5 * working_days_in(months, "england"), index=months)
    assert dispersion(by_day, nation="england") == 1.0  # an exact fit


def test_figures_below_nothing_have_no_rate_and_no_warning():
    table = pd.DataFrame({"measure": ["a"], "value": [-7.0], "per_10000": [np.nan]})
    assert add_rates(table)[["rate_lower", "rate_upper"]].isna().all(axis=None)
