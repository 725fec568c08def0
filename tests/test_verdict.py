"""The interface of the verdict: what goes in, what comes out, and what never changes it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis.errors import Refused
from analysis.verdict import expected_table, judge, judge_table

QUARTER = "2020-21Q4"
CLASSES = ["usual variation", "short-term spike", "sustained shift", "trend", "recording break"]
CALLS = {*CLASSES, "too early to tell", "too little data"}
few = settings(max_examples=25, deadline=None, derandomize=True)


def monthly(values, end="2021-03"):
    values = np.asarray(values, dtype=float)
    return pd.Series(values, index=pd.period_range(end=end, periods=len(values), freq="M"))


def steady(seed=0, level=400, months=60):
    return np.random.default_rng(seed).poisson(level, months).astype(float)


def stepped(months_ago=5, factor=1.8, seed=0):
    values = steady(seed)
    values[-months_ago:] = np.round(values[-months_ago:] * factor)
    return values


def long_table(series: dict, kind="flow", nation="england", **columns) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"measure": measure, "area": area, "period": s.index, "value": s.to_numpy(), "type": kind})
        for (measure, area), s in series.items()
    ]
    return pd.concat(parts, ignore_index=True).assign(nation=nation, **columns)


def same(verdict, row):
    assert [row[c] for c in CLASSES] == pytest.approx(list(verdict.probabilities.values()), abs=1e-9)
    for name in ("persists", "change", "onset_probability"):
        assert row[name] == pytest.approx(getattr(verdict, name), abs=1e-8, nan_ok=True)
    lower, upper = verdict.change_interval
    assert (row["change_lower"], row["change_upper"]) == pytest.approx((lower, upper), abs=1e-8, nan_ok=True)
    assert (row["call"], row["reason"], row["flags"]) == (verdict.call, verdict.reason, verdict.flags)
    assert pd.isna(row["onset"]) if verdict.onset is None else row["onset"] == verdict.onset
    pd.testing.assert_frame_equal(row["settles"], verdict.settles)


# -- shapes of the answer -------------------------------------------------------------------------------------------


@few
@given(
    hnp.arrays(float, st.integers(1, 75), elements=st.one_of(st.integers(0, 3000).map(float), st.just(float("nan")))),
    st.sampled_from(["flow", "stock", "mean", "value"]),
)
def test_any_series_gets_a_whole_answer(values, kind):
    verdict = judge(monthly(values), quarter=QUARTER, kind=kind)
    assert verdict.call in CALLS
    assert list(verdict.probabilities) == CLASSES
    assert sum(verdict.probabilities.values()) == pytest.approx(1)
    assert min(verdict.probabilities.values()) >= 0
    assert np.isnan(verdict.persists) or 0 <= verdict.persists <= 1
    assert list(verdict.settles.columns) == ["months", "until", "lasts_if", "passed_if", "half", "chance"]
    assert len(verdict.settles) in (0, 3)
    assert not {"significant", "outlier", "p-value"} & set(verdict.reason.lower().replace(",", " ").split())
    if verdict.call == "too little data":
        assert np.isnan(verdict.persists)
    if verdict.call in ("sustained shift", "trend"):
        assert verdict.probabilities["sustained shift"] + verdict.probabilities["trend"] >= min(
            verdict.probabilities["usual variation"], 0.5
        )


@few
@given(hnp.arrays(float, st.integers(12, 60), elements=st.floats(0, 1)), st.integers(0, 200))
def test_any_percentage_gets_a_whole_answer(values, cases):
    series = monthly(values)
    verdict = judge(series, quarter=QUARTER, kind="percent", denominator=pd.Series(float(cases), index=series.index))
    assert sum(verdict.probabilities.values()) == pytest.approx(1)
    assert (verdict.call == "too little data") == (cases < 20)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(60),
        np.full(60, 450.0),
        np.ones(60),
        steady(months=12, level=80),
        steady(months=240),
        steady(months=300),
        np.r_[np.full(57, 300.0), np.zeros(3)],
        np.where(np.arange(60) % 2, np.nan, 80.0),
        np.r_[[np.inf], steady(months=59)],
        -steady(),
    ],
)
@pytest.mark.parametrize("kind", ["flow", "stock", "mean", "value"])
def test_awkward_series_are_judged_without_a_warning(values, kind):
    series = monthly(values)
    verdict = judge(series, quarter=QUARTER, kind=kind)
    table = long_table({("m", "a"): series}, kind=kind)
    same(verdict, judge_table(table, quarter=QUARTER).iloc[0])
    expected = expected_table(table, quarter=QUARTER).dropna(subset="expected")
    assert (expected["expected_lower"] <= expected["expected_upper"]).all()


def test_five_years_of_weeks():
    weeks = pd.period_range(end=pd.Period("2021-03-31", "W-SUN"), periods=261, freq="W-SUN")
    values = np.random.default_rng(1).poisson(100, 261).astype(float)
    assert judge(pd.Series(values, index=weeks), quarter=QUARTER).call == "usual variation"
    values[-20:] *= 2
    verdict = judge(pd.Series(values, index=weeks), quarter=QUARTER)
    assert verdict.call == "sustained shift"
    assert "weeks" in verdict.flags
    assert 0.7 < verdict.change < 1.3
    expected = expected_table(long_table({("m", "a"): pd.Series(values, index=weeks)}), quarter=QUARTER)
    assert expected["period"].dtype == "period[W-SUN]"
    early = expected[expected["period"] < pd.Period("2020-10-31", "W-SUN")]
    assert 90 < early["expected"].median() < 110


def test_it_shows_itself_in_one_table():
    html = judge(monthly(stepped()), quarter=QUARTER)._repr_html_()
    assert html.count("<table>") == 1
    assert "sustained shift" in html.lower()


# -- too little -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        steady(months=11),
        np.r_[steady(months=57), [np.nan] * 3],
        np.full(60, np.nan),
        [],
    ],
)
def test_too_little_is_a_word_and_not_an_error(values):
    verdict = judge(monthly(values), quarter=QUARTER)
    assert verdict.call == "too little data"
    assert np.isnan(verdict.persists)
    assert sum(verdict.probabilities.values()) == pytest.approx(1)
    assert verdict.reason


def test_an_empty_table_gives_empty_tables():
    table = long_table({("m", "a"): monthly(steady())}).iloc[:0]
    assert judge_table(table, quarter=QUARTER).empty
    assert expected_table(table, quarter=QUARTER).empty


def test_incomplete_months_are_not_judged_as_complete():
    values = steady()
    values[-2:] *= 0.6
    series = monthly(values)
    share = pd.Series(1.0, index=series.index)
    share.iloc[-2:] = 0.6
    judged = judge(series, quarter=QUARTER, completeness=share)
    left_out = judge(series.where(share == 1), quarter=QUARTER)
    assert judged.probabilities == left_out.probabilities
    assert "thinly recorded" in judged.flags
    assert "recorded" in judged.reason
    share.iloc[-3:] = 0.5
    nothing = judge(series, quarter=QUARTER, completeness=share)
    assert nothing.call == "too little data"
    assert "recorded" in nothing.reason


def test_less_than_one_case_a_month_has_no_percentage():
    verdict = judge(monthly(np.r_[np.zeros(50), [0, 1, 0, 0, 0, 0, 0, 0, 6, 0]]), quarter=QUARTER)
    assert np.isnan(verdict.change)
    assert "%" not in verdict.reason


# -- arguments ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("series", "arguments"),
    [
        (pd.Series([1.0] * 20), {}),
        ([1.0] * 20, {}),
        (monthly(steady()), {"kind": "rate"}),
        (monthly(steady()), {"quarter": "2021"}),
        (monthly(steady()), {"nation": "atlantis"}),
        (monthly(steady() / 5), {"kind": "percent"}),
        (monthly(steady()).to_timestamp().to_period("Q"), {}),
    ],
)
def test_wrong_arguments_are_refused(series, arguments):
    with pytest.raises(Refused):
        judge(series, **{"quarter": QUARTER, **arguments})


# -- what never changes a verdict -----------------------------------------------------------------------------------


@few
@given(st.integers(0, 10_000))
def test_the_future_is_not_looked_at(seed):
    seen = monthly(stepped(seed=seed % 7))
    later = pd.Series(steady(seed, months=9) * 5, index=pd.period_range("2021-04", periods=9, freq="M"))
    now, then = (judge(s, quarter=QUARTER) for s in (seen, pd.concat([seen, later])))
    assert now.probabilities == then.probabilities
    assert now.persists == then.persists


@settings(few, max_examples=6)
@given(st.permutations(list(range(8))))
def test_order_of_rows_and_company_do_not_matter(order):
    kinds = {("contacts", f"area {i}"): monthly(stepped(1 + i, 1 + 0.2 * i, seed=i)) for i in range(8)}
    table = long_table(kinds)
    plain = judge_table(table, quarter=QUARTER).set_index("area")
    mixed = pd.concat([table[table["area"] == f"area {i}"].sample(frac=1, random_state=i) for i in order])
    mixed = judge_table(mixed, quarter=QUARTER).set_index("area")
    assert list(mixed.index) == [f"area {i}" for i in order]
    for area, row in mixed.iterrows():
        assert row["call"] == plain.loc[area, "call"]
        assert row[CLASSES].tolist() == pytest.approx(plain.loc[area, CLASSES].tolist(), abs=1e-9)


@pytest.mark.parametrize("factor", [0.37, 10.0, 1234.5])
def test_the_unit_of_a_stock_or_a_value_does_not_matter(factor):
    for kind in ("stock", "value", "mean"):
        values = np.random.default_rng(3).normal(400, 20, 60)
        values[-4:] *= 1.2
        plain, scaled = (judge(monthly(v), quarter=QUARTER, kind=kind) for v in (values, values * factor))
        assert list(scaled.probabilities.values()) == pytest.approx(list(plain.probabilities.values()), abs=1e-6)
        assert scaled.persists == pytest.approx(plain.persists, abs=1e-6)
        assert scaled.change == pytest.approx(plain.change, abs=1e-6)


def test_each_series_is_judged_as_if_alone():
    rng = np.random.default_rng(4)
    series = {
        ("contacts", "a"): monthly(stepped()),
        ("contacts", "b"): monthly(stepped(2, 3.0, seed=2)),
        ("contacts", "short"): monthly(steady(months=20)),
        ("contacts", "holes"): monthly(np.where(rng.random(60) < 0.2, np.nan, stepped(seed=5))),
        ("contacts", "rare"): monthly(rng.poisson(2, 60)),
        ("contacts", "gone"): monthly(steady(), end="2020-06"),
        ("contacts", "tiny"): monthly([3.0, 4.0]),
    }
    found = judge_table(long_table(series), quarter=QUARTER)
    assert found[["measure", "area"]].apply(tuple, axis=1).tolist() == list(series)
    for (_, row), one in zip(found.iterrows(), series.values(), strict=True):
        same(judge(one, quarter=QUARTER), row)


def test_kinds_nations_and_frequencies_share_a_table():
    weeks = pd.period_range(end=pd.Period("2021-03-31", "W-SUN"), periods=180, freq="W-SUN")
    weekly = pd.Series(np.random.default_rng(1).poisson(60, 180).astype(float), index=weeks)
    share = monthly(np.random.default_rng(2).binomial(80, 0.9, 60) / 80)
    parts = [
        long_table({("flow", "a"): monthly(stepped())}, nation="wales"),
        long_table({("stock", "a"): monthly(steady(2))}, kind="stock"),
        long_table({("share", "a"): share}, kind="percent", denominator=80.0),
        long_table({("weekly", "a"): weekly}, nation=None),
    ]
    for part in parts:
        part["period"] = part["period"].astype(object)
    found = judge_table(pd.concat(parts, ignore_index=True), quarter=QUARTER).set_index("measure")
    same(judge(monthly(stepped()), quarter=QUARTER, nation="wales"), found.loc["flow"])
    same(judge(monthly(steady(2)), quarter=QUARTER, kind="stock"), found.loc["stock"])
    cases = pd.Series(80.0, index=share.index)
    same(judge(share, quarter=QUARTER, kind="percent", denominator=cases), found.loc["share"])
    same(judge(weekly, quarter=QUARTER, nation=None), found.loc["weekly"])


def test_what_one_measure_brings_is_not_asked_of_another():
    share = monthly(np.random.default_rng(2).binomial(80, 0.9, 60) / 80)
    series = monthly(stepped())
    table = pd.concat(
        [
            long_table({("with", "a"): share}, kind="percent", denominator=80.0),
            long_table({("without", "a"): share}, kind="percent"),
            long_table({("nation", "a"): series}, comparator=series.to_numpy() * 50, completeness=1.0),
            long_table({("alone", "a"): series}),
        ],
        ignore_index=True,
    )
    found = judge_table(table, quarter=QUARTER).set_index("measure")
    same(judge(share, quarter=QUARTER, kind="percent"), found.loc["without"])
    same(judge(share, quarter=QUARTER, kind="percent", denominator=share * 0 + 80), found.loc["with"])
    same(judge(series, quarter=QUARTER), found.loc["alone"])
    same(judge(series, quarter=QUARTER, comparator=series * 50), found.loc["nation"])
    assert len(expected_table(table, quarter=QUARTER)) == 4 * 63


# -- events and the nation ------------------------------------------------------------------------------------------


def test_a_change_that_begins_with_a_registered_recording_change_is_of_the_record():
    series = monthly(stepped(3, 0.7))
    event = {"date": "2021-01-18", "title": "Case system go-live", "effect": "recording"}
    told, untold = (judge(series, quarter=QUARTER, events=e) for e in ([event], []))
    assert told.call == "recording break"
    assert "Case system go-live" in told.reason
    assert untold.call != "recording break"
    long_ago = judge(series, quarter=QUARTER, events=[{**event, "date": "2019-01-18"}])
    assert long_ago.probabilities == untold.probabilities
    only_named = judge(series, quarter=QUARTER, events=[{**event, "effect": "context"}])
    assert only_named.probabilities == untold.probabilities
    assert "Case system go-live" in only_named.reason


def test_events_concern_the_measures_they_name():
    class Event:
        date, title, effect, measures = pd.Timestamp("2021-01-18"), "Go-live", "recording", ["other"]

    table = long_table({("contacts", "a"): monthly(stepped(3, 0.7)), ("other", "a"): monthly(stepped(3, 0.7))})
    found = judge_table(table, quarter=QUARTER, events=[Event()]).set_index("measure")
    assert found.loc["other", "call"] == "recording break"
    assert found.loc["contacts", "call"] != "recording break"


def test_the_nation_is_named_where_it_moved_too():
    series, alone = monthly(stepped()), monthly(steady(3) * 100)
    assert "most of it" in judge(series, quarter=QUARTER, comparator=series * 100).reason
    assert "little of it" in judge(series, quarter=QUARTER, comparator=alone).reason


# -- what was to be expected --------------------------------------------------------------


def test_what_is_expected_knows_nothing_of_the_quarter():
    calm, risen = steady(6), steady(6)
    risen[-3:] *= 3
    tables = [expected_table(long_table({("m", "a"): monthly(v)}, nation=None), quarter=QUARTER) for v in (calm, risen)]
    pd.testing.assert_series_equal(tables[0]["expected"], tables[1]["expected"])
    columns = ["expected_lower", "expected_upper"]  # the scatter is that of the whole series, its changes allowed for
    pd.testing.assert_frame_equal(tables[0][columns], tables[1][columns], rtol=0.01)
    table = tables[1]
    assert list(table["period"]) == list(pd.period_range("2016-04", "2021-06", freq="M"))
    inside = (calm >= table["expected_lower"][:60]) & (calm <= table["expected_upper"][:60])
    assert 0.65 < inside.mean() < 0.97  # an 80% range
    assert table["if_lasts_lower"].notna().sum() == 3
    assert (table["if_lasts_lower"] > table["if_spike_upper"])[-3:].all()


def test_a_thousand_verdicts_take_seconds_not_minutes():
    import time

    series = {("m", f"a{i}"): monthly(steady(i)) for i in range(300)}
    table = long_table(series)
    judge_table(table, quarter=QUARTER)
    began = time.perf_counter()
    judge_table(table, quarter=QUARTER)
    assert time.perf_counter() - began < 0.3 * 10  # ten times the goal: machines are shared
