"""Completeness, lateness, bulk entry, breaks and backlog, against published tables, simulation and the two samples."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from analysis import clean, judge_table, measure, read
from analysis.config import Dataset, Measure
from analysis.periods import parse_quarter
from analysis.recording import (
    backlog,
    bulk_days,
    completeness,
    for_judging,
    recording_breaks,
    restored,
    shortfall,
    timeliness,
)
from analysis.recording.delay import chain_ladder, find_change, newest_links
from analysis.recording.share_recorded import estimate
from analysis.recording.triangle import Triangle, reporting_triangle

COUNTY, BOROUGH = "Sample County", "Sample Borough"
GO_LIVE = {COUNTY: dt.date(2021, 1, 18), BOROUGH: dt.date(2021, 4, 6)}

# Taylor and Ashe (1983), Second moments of estimates of outstanding claims, Journal of Econometrics 23, 37-61
TAYLOR_ASHE = """\
357848 1124788 1735330 2218270 2745596 3319994 3466336 3606286 3833515 3901463
352118 1236139 2170033 3353322 3799067 4120063 4647867 4914039 5339085
290507 1292306 2218525 3235179 3985995 4132918 4628910 4909315
310608 1418858 2195047 3757447 4029929 4381982 4588268
443160 1136350 2128333 2897821 3402672 3873311
396132 1333217 2180715 2985752 3691712
440832 1288463 2419861 3483130
359480 1421128 2864498
376686 1363294
344014"""
# Mack (1993), ASTIN Bulletin 23, 213-225, and England and Verrall (2002), British Actuarial Journal 8, 443-518
RESERVES = [0, 94_634, 469_511, 709_638, 984_889, 1_419_459, 2_177_641, 3_920_301, 4_278_972, 4_625_811]
ERRORS = [0, 75_535, 121_699, 133_549, 261_406, 411_010, 558_317, 875_328, 971_258, 1_363_155]


def taylor_ashe() -> Triangle:
    rows = [[float(x) for x in line.split()] for line in TAYLOR_ASHE.splitlines()]
    rows = [row + [np.nan] * (10 - len(row)) for row in rows]
    return Triangle(pd.DataFrame(rows, index=pd.period_range("1972", periods=10, freq="Y")))


# -- the chain ladder ------------------------------------------------------------------------------------------------


def test_reserves_and_standard_errors_are_those_that_mack_published():
    ladder = chain_ladder(taylor_ashe())
    reserve = ladder.table["expected_final"] - ladder.table["latest"]
    assert reserve.round().tolist() == RESERVES
    assert ladder.table["standard_error"].round().tolist() == ERRORS
    assert reserve.sum().round() == 18_680_856


def test_development_factors_are_the_published_ones():
    factors = [
        3.4906,
        1.7473,
        1.4574,
        1.1739,
        1.1038,
        1.0863,
        1.0539,
        1.0766,
        1.0177,
    ]  # Mack (1993), England and Verrall
    assert chain_ladder(taylor_ashe()).links["factor"].round(4).tolist() == factors


# -- the triangle ----------------------------------------------------------------------------------------------------


def rows(*pairs, **more) -> pd.DataFrame:
    table = pd.DataFrame(pairs, columns=["date", "recorded"]).astype("datetime64[us]")
    return table.assign(**more)


def test_each_look_is_one_month_before_the_next():
    records = rows(
        ("2021-01-10", "2021-01-10"),  # seen at every look
        ("2021-01-20", "2021-02-13"),  # a day after the look of 12 February
        ("2021-02-05", "2021-03-12"),  # on the day of the look: known
        ("2021-02-05", "2021-04-13"),  # after the newest look: not known
        ("2021-03-31", "2021-04-12"),
    )
    triangle = reporting_triangle(records, date="date", as_at=dt.date(2021, 4, 12))
    assert triangle.counts.index.astype(str).tolist() == ["2021-01", "2021-02", "2021-03"]
    np.testing.assert_array_equal(triangle.counts, [[1, 2, 2], [1, 1, np.nan], [1, np.nan, np.nan]])
    assert triangle.latest.tolist() == [2, 1, 1]


@pytest.mark.parametrize(("as_at", "first"), [("2021-02-28", 2), ("2021-03-01", 3)])
def test_months_of_unequal_length_are_looked_at_equally_long_after_their_end(as_at, first):
    records = rows(("2021-01-05", "2021-01-05"), ("2021-01-30", "2021-01-31"), ("2021-01-31", "2021-02-01"))
    records = pd.concat([records, rows(("2021-02-28", "2021-02-28"))])
    triangle = reporting_triangle(records, date="date", as_at=dt.date.fromisoformat(as_at))
    assert triangle.counts.iloc[0].tolist() == [first, 3]  # none, or one day after 31 January


def test_weeks_have_their_own_triangle():
    records = rows(("2021-03-01", "2021-03-01"), ("2021-03-03", "2021-03-15"), ("2021-03-08", "2021-03-08"))
    triangle = reporting_triangle(records, date="date", as_at=dt.date(2021, 3, 16), freq="W-SUN")
    np.testing.assert_array_equal(triangle.counts, [[1, 2], [1, np.nan]])


def test_a_child_counts_when_its_first_row_is_recorded():
    records = rows(("2021-02-01", "2021-03-20"), ("2021-02-09", "2021-02-10"), ("2021-03-02", "2021-03-02"))
    records["child"] = ["a", "a", "b"]
    triangle = reporting_triangle(records, date="date", as_at=dt.date(2021, 4, 1), unit="children")
    np.testing.assert_array_equal(triangle.counts, [[1, 1], [1, np.nan]])


def test_a_row_without_a_recording_date_is_on_record_at_once():
    triangle = reporting_triangle(rows(("2021-01-10", None)), date="date", as_at=dt.date(2021, 2, 3))
    assert triangle.counts.iloc[0, 0] == 1


def test_nothing_to_go_by_gives_no_triangle():
    assert (
        reporting_triangle(rows(("2021-01-10", "2021-01-11"))[["date"]], date="date", as_at=dt.date(2021, 2, 3)) is None
    )
    assert reporting_triangle(rows(("2021-01-10", "2021-01-11")), date="date", as_at=dt.date(2021, 1, 30)) is None


def extracts(history: dict[str, list[int]]) -> pd.DataFrame:
    """Extract date -> count of each month from January 2021 on."""
    found = []
    for taken, counts in history.items():
        for month, count in enumerate(counts, start=1):
            found += [(f"2021-{month:02d}-15", taken)] * count
    return pd.DataFrame(found, columns=["date", "snapshot"]).astype("datetime64[us]")


def test_extracts_may_take_rows_back():
    taken = extracts(
        {
            "2021-02-05": [100],
            "2021-03-05": [96, 110],
            "2021-04-05": [95, 104, 90],
            "2021-05-05": [95, 103, 87, 100],
        }
    )
    triangle = reporting_triangle(taken, date="date", as_at=dt.date(2021, 5, 10))
    expected = [[100, 96, 95, 95], [110, 104, 103, np.nan], [90, 87, np.nan, np.nan], [100, np.nan, np.nan, np.nan]]
    np.testing.assert_array_equal(triangle.counts, expected)
    # by hand: (96 + 104 + 87) / 300 = .9567, (95 + 103) / 200 = .99, 95 / 95 = 1
    newest = estimate(triangle).iloc[-1]
    assert newest["expected_final"] == pytest.approx(100 * 287 / 300 * 198 / 200)
    assert newest["completeness"] == pytest.approx(1.0558, abs=1e-4)  # more on record than will be left
    assert newest["final_lower"] < newest["expected_final"] < newest["final_upper"]
    assert not newest["provisional"]


def test_an_extract_later_than_the_report_is_not_known():
    taken = extracts({"2021-02-05": [100], "2021-03-05": [90, 80]})
    triangle = reporting_triangle(taken, date="date", as_at=dt.date(2021, 2, 28))
    assert triangle.latest.tolist() == [100]


def test_an_extract_of_six_months_takes_nothing_back_from_the_months_before_it():
    found = []
    for taken in pd.date_range("2020-01-05", "2021-04-05", freq="MS") + pd.Timedelta(days=4):
        newest = taken.to_period("M") - 1
        for month in pd.period_range(newest - 5, newest, freq="M"):
            found += [(month.start_time, taken)] * (80 if month == newest else 100)
    taken = pd.DataFrame(found, columns=["date", "snapshot"]).astype("datetime64[us]")
    table = estimate(reporting_triangle(taken, date="date", as_at=dt.date(2021, 4, 12)))
    assert table["expected_final"].round().tolist() == [100] * len(table)
    assert table["completeness"].iloc[-1] == 0.8 and (table["completeness"].iloc[:-1] == 1).all()


def test_quarterly_extracts_develop_by_quarters():
    looks = pd.date_range("2019-01-10", "2021-01-10", freq="3MS") + pd.Timedelta(days=9)
    months = pd.period_range("2018-04", "2020-12", freq="M")
    share = {0: 0.7, 1: 0.8, 2: 0.9}  # on record in the extract after one, two, three months; then all
    found = [
        (m.start_time, look)
        for look in looks
        for m in months
        if m.end_time < look
        for _ in range(round(100 * share.get((look.to_period("M") - m).n - 1, 1.0)))
    ]
    taken = pd.DataFrame(found, columns=["date", "snapshot"]).astype("datetime64[us]")
    table = estimate(reporting_triangle(taken, date="date", as_at=dt.date(2021, 1, 31)))
    assert table["completeness"].tail(3).round(2).tolist() == [0.9, 0.8, 0.7]
    assert table["expected_final"].tail(3).round().tolist() == [100, 100, 100]


# -- completeness: a delay hidden and estimated ----------------------------------------------------------------------


def simulated(rng, *, mean: float, shape: float, scale: float, months: int = 24) -> pd.DataFrame:
    """Families on one day, recorded together after a gamma delay; dispersion of the months about 5."""
    found = []
    for month in pd.period_range("2019-04", periods=months, freq="M"):
        families = rng.poisson(mean * rng.gamma(mean / 2.8, 2.8 / mean) / 1.7)  # 2.8 + families' 2.2 make 5
        size = rng.choice([1, 2, 3, 4], p=[0.55, 0.27, 0.11, 0.07], size=families)
        day = month.start_time.to_datetime64().astype("datetime64[D]").astype(int)
        day = day + rng.integers(0, month.days_in_month, families)
        days = np.column_stack([day, day + np.floor(rng.gamma(shape, scale, families)).astype(int)])
        found.append(np.repeat(days, size, axis=0))
    days = np.concatenate(found).astype("datetime64[D]").astype("datetime64[us]")
    return pd.DataFrame(days, columns=["date", "recorded"])


@pytest.mark.parametrize("times", [200, pytest.param(500, marks=pytest.mark.full)])
def test_the_truth_lies_inside_the_interval_in_four_of_five_simulated_delays(times):
    rng, inside, changed = np.random.default_rng(20), [], 0
    for _ in range(times):
        records = simulated(rng, mean=rng.uniform(100, 500), shape=rng.uniform(0.6, 2), scale=rng.uniform(5, 20))
        as_at = dt.date(2021, 3, 31) + dt.timedelta(days=int(rng.integers(0, 20)))
        triangle = reporting_triangle(records, date="date", as_at=as_at)
        newest = estimate(triangle).iloc[-1]
        truth = (records["date"] >= "2021-03-01").sum()
        inside.append(newest["final_lower"] <= truth <= newest["final_upper"])
        changed += newest["note"] != ""
    assert 0.75 <= np.mean(inside) <= 0.85
    assert changed <= times / 50  # a stable delay is seldom taken for a changed one


def go_live(rng, months_ago: int) -> pd.DataFrame:
    before = simulated(rng, mean=300, shape=1.2, scale=4)
    after = simulated(rng, mean=300, shape=1.2, scale=16)
    start = (pd.Period("2021-03", "M") - months_ago).start_time
    return pd.concat([before[before["date"] < start], after[after["date"] >= start]])


@pytest.mark.parametrize("registered", [True, False])
def test_a_delay_that_has_just_lengthened_is_not_estimated_and_later_widens_the_interval(registered):
    rng = np.random.default_rng(4)
    for months_ago in range(6):
        records = go_live(rng, months_ago)
        triangle = reporting_triangle(records, date="date", as_at=dt.date(2021, 4, 5))
        newest = estimate(triangle, registered=months_ago if registered else None).iloc[-1]
        truth = (records["date"] >= "2021-03-01").sum()
        assert newest["provisional"]
        if months_ago < 3:
            assert newest["note"] == "cannot be estimated"
            assert np.isnan(newest["expected_final"])
        else:
            assert newest["note"] == "delay lengthened"
            assert newest["final_lower"] <= truth <= newest["final_upper"]
            few = chain_ladder(triangle, use=newest_links(triangle, find_change(triangle).looks)).table.iloc[-1]
            assert newest["final_upper"] - newest["final_lower"] > 1.1 * 2 * 1.2816 * few["standard_error"]


def test_a_registered_event_that_changed_nothing_is_left_alone():
    records = simulated(np.random.default_rng(6), mean=300, shape=1.2, scale=4)
    triangle = reporting_triangle(records, date="date", as_at=dt.date(2021, 4, 12))
    assert find_change(triangle, registered=3) is None
    assert estimate(triangle, registered=3).iloc[-1]["note"] == ""


# -- the samples -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["county", "borough"])
def sample(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def county(prepared):
    return _sample(prepared)


@pytest.fixture
def borough(prepared_borough):
    return _sample(prepared_borough)


def _sample(prepared):
    return prepared.project, {c.dataset: c for c in prepared.cleaned}


def complete(place, name: str, as_at: dt.date) -> pd.DataFrame:
    project, cleaned = place
    m, whole = project.measure(name), project.project.name
    table = completeness(
        cleaned[m.dataset].records, m, project.dataset(m.dataset), as_at=as_at, whole=whole, changed=GO_LIVE[whole]
    )
    return table[table["area"] == whole].set_index("period")


def test_what_is_provisional_on_the_day_after_the_quarter_is_complete_twelve_days_later(borough):
    early = complete(borough, "referrals", dt.date(2021, 10, 1)).iloc[-1]
    assert early["provisional"] and early["note"] == "delay lengthened"
    assert early["recorded"] == 173  # counted in the file; 199 by 12 October
    assert 0.85 < early["completeness"] < 0.95
    late = complete(borough, "referrals", dt.date(2021, 10, 12))
    assert late["recorded"].tail(3).tolist() == [176, 168, 199]
    assert not late["provisional"].any()


def test_march_in_the_county_is_on_record(county):
    march = complete(county, "contacts", dt.date(2021, 4, 12)).iloc[-1]
    assert march["recorded"] == 600 and march["completeness"] == 1.0


def test_a_month_without_an_event_or_one_that_is_hidden_is_as_complete_as_others_of_its_age(borough):
    project, cleaned = borough
    m, dates = project.measure("referrals"), pd.period_range("2021-05", "2021-07", freq="M")
    records, dataset = cleaned["referrals"].records, project.dataset("referrals")
    when = {"as_at": dt.date(2021, 10, 1), "whole": BOROUGH, "changed": GO_LIVE[BOROUGH]}
    hidden = pd.DataFrame({"area": BOROUGH, "period": [*dates, pd.Period("2021-08", "M")]})
    own = completeness(records, m, dataset, hidden=hidden, **when)
    own = own[own["area"] == BOROUGH].set_index("period")
    assert (own.loc[dates, "completeness"] == 1).all() and not own.loc[dates, "provisional"].any()
    assert 0.9 < own.loc["2021-08", "completeness"] <= 1 and own.loc["2021-08", "recorded"] == 0
    assert own.loc[hidden["period"], "expected_final"].isna().all()


def test_completeness_is_what_a_verdict_takes(borough):
    project, cleaned = borough
    m, quarter = project.measure("referrals"), parse_quarter("2021-22Q2")
    as_at = dt.date(2021, 10, 1)
    records = cleaned["referrals"].records
    measured = measure([cleaned["referrals"], cleaned["national_referrals"]], project, as_at=as_at)
    dataset = project.dataset("referrals")
    share = completeness(records, m, dataset, as_at=as_at, whole=BOROUGH, changed=GO_LIVE[BOROUGH])
    keys = ["measure", "area", "period"]
    share = share.assign(completeness=for_judging(share))
    joined = measured.merge(share[[*keys, "completeness"]], on=keys, how="left", validate="1:1")
    joined["completeness"] = joined["completeness"].fillna(1.0)  # months before the triangle
    verdicts = judge_table(joined, quarter=quarter)
    assert set(verdicts["area"]) == {BOROUGH, "East", "West"}
    assert ["thinly recorded" in f for f in verdicts["flags"]] == [True, True, True]


def test_what_is_no_flow_of_cases_has_no_completeness(sample):
    project, cleaned = sample
    for m in project.measures:
        if m.type != "flow":
            dataset = project.dataset(m.dataset)
            table = completeness(
                cleaned[m.dataset].records, m, dataset, as_at=project.project.as_at, whole=project.project.name
            )
            assert table.empty and "completeness" in table


# -- late, and when it is over ---------------------------------------------------------------------------------------


def recovering(rng, kind: str, seen: int):
    """A share late that jumps in January 2021 and falls, fades or stays; returned with the month of its return."""
    months = pd.period_range("2019-01", periods=24 + 120, freq="M")
    base, jump, length = logit(rng.uniform(0.05, 0.15)), rng.uniform(1, 3), rng.uniform(6, 20)
    t = np.arange(len(months)) - 24
    shape = {"falls": np.maximum(1 - t / length, 0), "fades": 0.5 ** (2 * t / length), "stays": np.ones(len(t))}[kind]
    effect = np.where(t >= 0, jump * shape, 0)
    figure = pd.Series(expit(base + effect + rng.normal(0, 0.25, len(t))), index=months)
    home = np.flatnonzero((t >= 0) & (effect <= 1.2816 * 0.25))
    return figure.iloc[: 24 + seen], max(months[home[0]], months[23 + seen]) if len(home) else None


def test_the_date_of_restoration_lies_inside_its_interval():
    rng, inside = np.random.default_rng(3), []
    for number in range(300):
        figure, home = recovering(rng, ["falls", "fades"][number % 2], int(rng.integers(3, 12)))
        said = restored(figure, event=dt.date(2021, 1, 10))
        if said.status == "expected":
            inside.append(said.earliest <= home and (said.latest is None or home <= said.latest))
    assert len(inside) > 100
    assert 0.75 <= np.mean(inside) <= 0.92  # 80% nominal: whether it falls or fades cannot be known early


def test_what_stays_bad_has_no_sign_of_restoration():
    rng = np.random.default_rng(5)
    said = [
        restored(recovering(rng, "stays", int(rng.integers(4, 12)))[0], event=dt.date(2021, 1, 10)) for _ in range(100)
    ]
    assert sum(s.status == "no sign yet" for s in said) >= 88
    assert all(s.month is None for s in said if s.status == "no sign yet")


def test_restoration_in_the_easy_cases():
    months = pd.period_range("2020-01", "2021-06", freq="M")
    flat = [0.10, 0.12, 0.11, 0.09, 0.10, 0.12, 0.11, 0.09, 0.10, 0.12, 0.11, 0.10]
    event = dt.date(2021, 1, 18)
    cases = {
        "not affected": [0.11, 0.10, 0.10, 0.11, 0.09, 0.10],
        "back": [0.40, 0.30, 0.15, 0.11, 0.10, 0.10],
        "no sign yet": [0.20, 0.25, 0.30, 0.35, 0.40, 0.45],
    }
    for status, after in cases.items():
        assert restored(pd.Series(flat + after, index=months), event=event).status == status
    back = restored(pd.Series(flat + cases["back"], index=months), event=event)
    assert back.month == pd.Period("2021-04", "M") and back.worst == 0.40
    assert restored(pd.Series([*flat, 0.4], index=months[:13]), event=event).status == "too early to tell"


def test_the_boroughs_referrals_are_back_and_were_expected_to_be(borough):
    project, cleaned = borough
    measured = measure(list(cleaned.values()), project, as_at=dt.date(2021, 10, 12))
    whole = measured[(measured["measure"] == "referrals") & (measured["area"] == BOROUGH)]
    values = pd.Series(whole["value"].to_numpy(), index=pd.PeriodIndex(whole["period"]))
    missing = shortfall(values, event=GO_LIVE[BOROUGH], nation="england")
    assert missing["2021-04":"2021-06"].between(0.4, 0.9).all()
    now = restored(missing, event=GO_LIVE[BOROUGH], kind="missing")
    assert now.status == "back" and now.month in pd.period_range("2021-07", "2021-08", freq="M")
    earlier = restored(missing[:"2021-06"], event=GO_LIVE[BOROUGH], kind="missing")
    assert earlier.status == "expected"
    assert earlier.earliest <= now.month + 1 and (earlier.latest is None or now.month <= earlier.latest)


def test_the_countys_late_sign_off_shows_no_sign_of_ending(county):
    project, cleaned = county
    measured = measure(cleaned["assessments"], project, as_at=dt.date(2021, 4, 12))
    rows = measured[(measured["measure"] == "assessments_signed_off_on_time") & (measured["area"] == COUNTY)]
    late = 1 - pd.Series(rows["value"].to_numpy(), index=pd.PeriodIndex(rows["period"]))
    assert restored(late, event=GO_LIVE[COUNTY]).status == "no sign yet"


# -- bulk entry ------------------------------------------------------------------------------------------------------


def test_a_backlog_keyed_on_one_day_is_found_and_ordinary_days_are_not():
    rng = np.random.default_rng(9)
    days = pd.bdate_range("2019-04-01", "2021-03-31")
    for mean in (1, 4, 12):
        families = rng.poisson(mean, len(days))
        count = np.array([rng.choice([1, 2, 3, 4], p=[0.55, 0.27, 0.11, 0.07], size=f).sum() for f in families])
        assert bulk_days(_on(days, count), dataset="d", as_at=dt.date(2021, 3, 31)).empty
        count[300] += max(40, 15 * mean)
        found = bulk_days(_on(days, count), dataset="d", as_at=dt.date(2021, 3, 31))
        assert found["date"].tolist() == [days[300]]
        assert found.loc[0, "count"] == count[300] and found.loc[0, "role"] == "recorded"
        assert bulk_days(_on(days, count), dataset="d", as_at=days[299].date()).empty  # not known yet


@pytest.mark.parametrize(
    ("usual", "least"), [(1, 17), (4, 26), (100, 300)]
)  # (1 + 3)², (2 + 3)² and no more; thrice 100
def test_bulk_is_far_beyond_and_thrice_the_usual_day_and_known_on_its_own_evening(usual, least):
    days = pd.bdate_range("2019-04-01", "2021-03-31")
    count = np.full(len(days), usual)
    for count[300], flagged in ((least - 1, 0), (least, 1)):
        assert len(bulk_days(_on(days, count), dataset="d", as_at=days[300].date())) == flagged
    assert bulk_days(_on(days, count), dataset="d", as_at=days[299].date()).empty


def _on(days, count) -> pd.DataFrame:
    return pd.DataFrame({"recorded": pd.Series(np.repeat(days.to_numpy(), count)).astype("datetime64[us]")})


def test_the_samples_hold_no_bulk_entry(sample):
    project, cleaned = sample
    for name, one in cleaned.items():
        if project.dataset(name).kind == "cases":
            assert bulk_days(one.records, dataset=name, as_at=project.project.as_at).empty


# -- recording breaks ------------------------------------------------------------------------------------------------

SYSTEMS = {"referrals": "case system", "assessments_opened": "case system", "on_plan": "plans", "in_care": "care"}


@pytest.mark.parametrize(("quarter", "recovered"), [("2021-22Q1", (0.4, 0.6)), ("2021-22Q2", (0.85, 1.1))])
def test_the_migration_is_found_without_being_registered(borough, quarter, recovered):
    project, cleaned = borough
    quarter = parse_quarter(quarter)
    as_at = project.as_at(quarter, newest=dt.date(2021, 10, 12))
    measured = measure(list(cleaned.values()), project, as_at=as_at)
    verdicts = judge_table(measured, quarter=quarter)  # no events are given
    found = recording_breaks(verdicts, measured, systems=SYSTEMS, quarter=quarter).set_index("area").loc[BOROUGH]
    assert found["claimed"]
    assert found["measures"] == ("referrals", "assessments_opened")
    assert found["onset"] == pd.Period("2021-04", "M")
    assert found["probability"] > 0.8
    assert 0.75 < found["depth"] < 0.9  # 28 in April beside about 200
    assert recovered[0] < found["recovered_to"] < recovered[1]


@pytest.mark.parametrize(
    ("probability", "named", "claimed"),
    [(0.29, False, False), (0.3, True, False), (0.5, True, False), (0.51, True, True)],
)
def test_how_likely_a_break_must_be_to_be_named_and_to_be_claimed(probability, named, claimed):
    found = made_up_breaks(probability, apart=0)
    assert (len(found) == 1) == named and found["claimed"].any() == claimed


@pytest.mark.parametrize("apart", [-3, -2, 0, 2, 3])
def test_falls_within_two_months_of_each_other_count_as_one(apart):
    (found,) = made_up_breaks(0.8, apart=apart).itertuples()
    together = abs(apart) <= 2
    assert found.measures == (("a", "b") if together else ("a",))


def made_up_breaks(probability, *, apart):
    """Three flows of which one fell in January, and the others so many months before or after it."""
    onset = pd.Period("2021-01", "M")
    verdicts = pd.DataFrame(
        {
            "measure": ["a", "b", "c"],
            "area": "A",
            "change_upper": -0.1,
            "onset": [onset, onset + apart, onset + apart],
            "recording break": [probability, 0.1, 0.1],
        }
    )
    months = pd.period_range("2019-04", "2021-03", freq="M")
    measured = pd.DataFrame({"measure": "a", "area": "A", "period": months, "value": 50.0, "type": "flow"})
    measured = pd.concat([measured.assign(measure=m, nation="england") for m in "abc"])
    systems = {"a": "one", "b": "one", "c": "other"}
    return recording_breaks(verdicts, measured, systems=systems, quarter=parse_quarter("2020-21Q4"))


def test_the_countys_rise_is_no_break_of_recording(county):
    project, cleaned = county
    measured = measure(list(cleaned.values()), project, as_at=dt.date(2021, 4, 12))
    quarter = parse_quarter("2020-21Q4")
    systems = {m.name: m.dataset for m in project.measures}
    assert recording_breaks(judge_table(measured, quarter=quarter), measured, systems=systems, quarter=quarter).empty


@pytest.fixture(scope="module")
def england(shared):
    path = shared / "data" / "dfe_referrals_by_month.csv"
    dataset = Dataset(name="referrals", path=str(path), preset="dfe-open-data")
    records = clean(read(dataset), dataset).records
    level = pd.read_csv(path, dtype=str)
    authorities = level.loc[level["geographic_level"] == "Local authority", "la_name"]
    records = records[records["area"].isin(authorities)].assign(measure="referrals", type="flow", nation="england")
    return records[["measure", "area", "period", "value", "type", "nation"]]


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.full)])
def test_on_the_published_file_at_most_one_break_a_hundred_authority_years_is_claimed(england, every):
    england = england[england["area"].isin(sorted(england["area"].unique())[::every])]
    claimed, years = set(), 0.0
    for quarter in pd.period_range("2016Q4", "2024Q4", freq="Q-MAR")[1::3]:
        verdicts = judge_table(england, quarter=quarter)
        years += (verdicts["call"] != "too little data").sum() * 3 / 4
        found = recording_breaks(verdicts, england, systems={"referrals": "case system"}, quarter=quarter)
        claimed |= {(r.area, r.onset) for r in found[found["claimed"]].itertuples()}
    claimed = {(a, o) for a, o in claimed if not pd.Period("2020-04") <= o <= pd.Period("2020-06")}
    assert years > 500 / every
    assert len(claimed) <= years / 100


def test_doncaster_breaks_in_april_2021_and_comes_back(england):
    here = england[england["area"] == "Doncaster"]
    seen = []
    for code in ("2021-22Q1", "2021-22Q2"):
        quarter = parse_quarter(code)
        verdicts = judge_table(here, quarter=quarter)
        seen.append(recording_breaks(verdicts, here, systems={"referrals": "MOSAIC"}, quarter=quarter).iloc[0])
    assert [s["onset"] for s in seen] == [pd.Period("2021-04", "M")] * 2
    assert seen[0]["depth"] > 0.8 and seen[0]["recovered_to"] < 0.45  # 118 in June 2021
    assert seen[1]["recovered_to"] > 0.9  # 444 in September 2021


# -- backlog ---------------------------------------------------------------------------------------------------------


def test_62_percent_is_late_sign_off_and_not_late_work(county):
    project, cleaned = county
    m = project.measure("assessments_signed_off_on_time")
    table = timeliness(
        cleaned["assessments"].records,
        m,
        project.dataset("assessments"),
        nation="wales",
        as_at=dt.date(2021, 4, 12),
        whole=COUNTY,
    )
    row = table[table["area"] == COUNTY].iloc[-1]
    # the sample's dictionary: 200 due, 124 in time, of 76 late 68 with the work in time and all 76 seen
    assert row[["only_sign_off_late", "work_late", "seen_in_time"]].tolist() == [68, 8, 76]
    by_area = table[(table["period"] == row["period"]) & (table["area"] != COUNTY)]
    assert by_area["work_late"].sum() == 8
    measured = measure(list(cleaned.values()), project, as_at=dt.date(2021, 4, 12), grain="quarter")
    both = table.merge(measured, on=["measure", "area", "period"]).fillna({"only_sign_off_late": 0, "work_late": 0})
    late = both["denominator"] - both["numerator"]
    assert len(both) > 40 and (both["only_sign_off_late"] + both["work_late"] == late).all()


def test_work_without_a_sign_off_is_late_by_itself(county):
    project, cleaned = county
    m = project.measure("visits_on_time")
    table = timeliness(
        cleaned["visits"].records,
        m,
        project.dataset("visits"),
        nation="wales",
        as_at=dt.date(2021, 4, 12),
        whole=COUNTY,
    )
    row = table[table["area"] == COUNTY].iloc[-1]
    assert np.isnan(row["only_sign_off_late"]) and row["work_late"] == 65  # the committee's minutes: 734 of 799


def test_causes_and_open_work_are_of_the_measures_own_cases():
    m, dataset = assessment()
    days = ["2021-01-04", "2021-01-04", "2021-03-15", "2021-03-15", "2021-01-04"]
    records = pd.DataFrame([("a", *days, "family"), ("b", *days, "other")], columns=[*ROLES, "category"])
    records[ROLES[1:]] = records[ROLES[1:]].astype("datetime64[us]")
    family, _ = assessment(where={"category": ["family"]})
    when = {"nation": "wales", "as_at": dt.date(2021, 4, 12), "whole": "W"}
    assert timeliness(records, family, dataset, **when)["work_late"].tolist() == [1]
    assert timeliness(records, m, dataset, **when)["work_late"].tolist() == [2]
    both = records.assign(completed=pd.NaT, authorised=pd.NaT)
    assert backlog(both, family, dataset, **when)["open_work"].tolist() == [1]


ROLES = ["child", "referral", "started", "completed", "authorised", "recorded"]


def assessment(**given) -> tuple[Measure, Dataset]:
    columns = {r: r for r in ("child", "referral", "started", "completed", "authorised", "recorded")}
    dataset = Dataset(name="a", path="a.csv", columns=columns)
    clock = {"working_days": 10, "from": "referral", "to": "authorised"}
    return Measure(name="m", title="M", dataset="a", type="percent", within=clock, **given), dataset


def test_backlog_by_hand():
    m, dataset = assessment()
    records = pd.DataFrame(
        [
            ("a", "2021-02-01", "2021-02-02", "2021-02-10", "2021-02-12", "2021-02-02"),  # done
            ("b", "2021-02-01", "2021-02-03", "2021-02-12", None, "2021-02-03"),  # finished, not signed off
            ("c", "2021-02-08", "2021-02-08", None, None, "2021-02-08"),  # open: 14 working days on 26 February, 37 ...
            ("d", "2021-02-22", "2021-02-24", "2021-03-30", None, "2021-02-24"),
            ("e", "2021-02-22", "2021-02-24", None, None, "2021-04-20"),  # entered after the report
        ],
        columns=["child", "referral", "started", "completed", "authorised", "recorded"],
    )
    dates = [c for c in records if c != "child"]
    records[dates] = records[dates].astype("datetime64[us]")
    march = backlog(records, m, dataset, nation="wales", as_at=dt.date(2021, 4, 12), whole="W").set_index("period")
    # c is 37 working days old at the end of March: 14 of February (9-12, 15-19, 22-26) and the 23 of March
    assert march.index.tolist() == [parse_quarter("2020-21Q4")]
    assert march[["open_work", "awaiting_sign_off", "open_age", "open_beyond"]].to_numpy().tolist() == [[1, 2, 37, 1]]
    then = dt.date(2021, 3, 29)  # d is open still; the quarter is not over
    assert backlog(records, m, dataset, nation="wales", as_at=then, whole="W").empty


def test_open_and_overdue_is_late_and_sign_off_is_told_apart():
    m, dataset = assessment()
    records = pd.DataFrame(
        [
            ("z", "2021-01-04", "2021-01-04", "2021-01-05", "2021-01-05", "2021-01-04"),  # so that the quarter is whole
            ("a", "2021-03-01", "2021-03-01", "2021-03-10", "2021-03-15", "2021-03-01"),  # day 10: in time
            ("b", "2021-03-01", "2021-03-01", "2021-03-15", "2021-03-16", "2021-03-01"),  # sign-off one day late
            ("c", "2021-03-01", "2021-03-01", "2021-03-17", "2021-03-17", "2021-03-01"),  # work two days late
            ("d", "2021-03-01", "2021-03-01", "2021-03-12", None, "2021-03-01"),  # work in time, never signed off
            ("e", "2021-03-01", "2021-03-01", None, None, "2021-03-01"),  # open and overdue
        ],
        columns=["child", "referral", "started", "completed", "authorised", "recorded"],
    )
    dates = [c for c in records if c != "child"]
    records[dates] = records[dates].astype("datetime64[us]")
    table = timeliness(records, m, dataset, nation="england", as_at=dt.date(2021, 4, 12), whole="W")
    names = ["only_sign_off_late", "work_late", "still_open"]
    assert table[names].to_numpy().tolist() == [[2, 2, 2]]
