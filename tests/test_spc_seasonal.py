"""The adjusted chart: on series whose season, working days and spikes are known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_spc import counts, monthly, quick

from analysis.errors import Refused
from analysis.periods import working_days_in
from analysis.spc import adjust_for_season, propose_rebase, xmr


def noisy(n, seed, level=100.0):
    return level + np.random.default_rng(seed).normal(0, level / 10, n)


def test_months_of_unequal_length_are_no_signal_once_adjusted():
    months = pd.period_range("2016-04", periods=36, freq="M")
    steady = pd.Series(5.0 * working_days_in(months, "wales"), months)
    table = adjust_for_season(steady, nation="wales")
    np.testing.assert_allclose(table["adjusted"], 5.0)
    assert (table["point_type"] == "common_cause").all() and table.attrs["unit"] == "per working day"
    assert adjust_for_season(steady, nation="wales", kind="stock")["working_days"].eq(1).all()


@pytest.mark.parametrize("kind", ["flow", "percent"])
def test_a_season_is_found_and_taken_out(kind):
    values = monthly(noisy(60, 1, 0.5 if kind == "percent" else 100))
    winter = np.where(values.index.month <= 3, 1.4, 1.0)
    series = values + (winter - 1) / 2 if kind == "percent" else values * winter
    table = adjust_for_season(series, kind=kind)
    season = table["season"].groupby(series.index.month).first()
    step = season[:3].mean() - season[3:].mean() if kind == "percent" else season[:3].mean() / season[3:].mean() - 1
    assert abs(step - (0.2 if kind == "percent" else 0.4)) < 0.06
    assert table.attrs["season"].startswith("The season was estimated")
    assert table["outside_limits"].sum() < xmr(series)["outside_limits"].sum()


def test_normal_months_beside_a_spike_are_common_cause():
    """Two months pull the standard chart's mean above most others, which are then special themselves."""
    values = np.tile([98.0, 103, 100, 96, 104, 101, 99, 102, 97], 4)
    values[[20, 21]] = 300
    series = monthly(values)
    assert xmr(series)["special_cause_type"].isin(["Below LCL", "7 Points Below CL"]).sum() > 25
    assert adjust_for_season(series)["special_cause_type"].ne("Common Cause").sum() == 2


def test_the_adjusted_limits_hold_no_range_of_a_spike():
    """Beside a spike of 1000 the ranges of one of 60 pass the first screening; 9 and 11 in turn are 2 apart."""
    table = adjust_for_season(monthly([9, 11] * 5 + [60] + [11, 9] * 4 + [1000, 9, 11]))
    np.testing.assert_allclose(table["upl"] - table["centre"], 2.66 * 2)


def test_a_season_without_noise_leaves_no_outside_point():
    series = monthly(100 + 20 * np.sin(np.arange(48) * np.pi / 6))
    assert adjust_for_season(series)["outside_limits"].sum() == 0 < xmr(series)["outside_limits"].sum()


def test_of_two_years_a_spike_makes_no_season():
    values = np.full(24, 100.0)
    values[5] = 300
    assert adjust_for_season(monthly(values))["season"].eq(1).all()


@pytest.mark.parametrize(("n", "freq"), [(23, "M"), (103, "W-SUN"), (7, "Q-MAR"), (40, "Y"), (0, "M"), (1, "M")])
def test_under_two_years_no_season_is_estimated_and_it_says_so(n, freq):
    series = pd.Series(noisy(n, 2), pd.period_range("2017-04", periods=n, freq=freq))
    table = adjust_for_season(series)
    assert table["season"].eq(1).all() and table.attrs["season"].startswith("No season was estimated")
    assert len(table) == n and propose_rebase(series.iloc[:8]).empty


def test_weeks_take_the_season_of_their_month():
    weeks = pd.period_range("2016-04-04", periods=208, freq="W-SUN")
    august = (weeks.to_timestamp() + pd.Timedelta(days=3)).month == 8
    table = adjust_for_season(pd.Series(noisy(208, 3) * np.where(august, 0.5, 1.0), weeks), nation="england")
    assert table.loc[august, "season"].max() < 0.65 < 0.9 < table.loc[~august, "season"].min()


@quick
@given(counts, st.sampled_from(["flow", "stock", "percent"]), st.randoms(use_true_random=False))
def test_the_adjusted_chart_takes_any_counts_in_any_order(values, kind, random):
    series = monthly(values)
    order = random.sample(range(len(series)), len(series))
    table = adjust_for_season(series, nation="england", kind=kind)
    pd.testing.assert_frame_equal(adjust_for_season(series.iloc[order], nation="england", kind=kind), table.iloc[order])
    assert table["adjusted"].notna().tolist() == series.notna().tolist()
    propose_rebase(series, nation="england", kind=kind)


@pytest.mark.parametrize("wrong", [{"kind": "rate"}, {"improvement": "up"}, {"two_sigma": "excel"}, {"run": 8}])
def test_the_adjusted_chart_refuses_what_the_standard_one_does(wrong):
    with pytest.raises(Refused, match=next(iter(wrong))):
        adjust_for_season(monthly(range(24)), **wrong)


def test_polarity_target_rule_and_run_reach_the_adjusted_chart():
    series = monthly([30, 10, 10, 10] * 4 + [21, 20.5] * 3)  # the centre is the median, 10
    assert not adjust_for_season(series)["special_cause_type"].str.contains("Points").any()
    six = adjust_for_season(series, run=6, improvement="decrease")
    assert (six["special_cause_type"] == "6 Points Above CL").sum() == 6
    assert adjust_for_season(series, rebase=["2018-04"])["rebase_group"].tolist() == [0] * 12 + [1] * 10
    assert six["point_type"].iloc[-1] == "special_cause_concern" and six.attrs["variation"] == "special_cause_concern"
    pair = monthly([9, 9, 11] * 6 + [10, 17, 12])  # 17 lies outside, 12 near the limit
    by_rule = [adjust_for_season(pair, two_sigma=rule)["special_cause_type"].iloc[-1] for rule in ("nhsr", "mdc-2023")]
    assert by_rule == ["Common Cause", "2 in 3 Above CL"]


def test_percentages_have_seasons_in_points_and_the_middle_year_counts():
    """Three years at 0.50, each March 0.20 higher: the season of March is 0.2 less a twelfth of it."""
    months = pd.period_range("2017-04", periods=36, freq="M")
    share = pd.Series(np.where(months.month == 3, 0.7, 0.5), months)
    table = adjust_for_season(share, kind="percent")
    assert table["season"].groupby(months.month).first().to_numpy() == pytest.approx(
        [-0.2 / 12] * 2 + [0.2 - 0.2 / 12] + [-0.2 / 12] * 9
    )
    assert table["adjusted"].to_numpy() == pytest.approx(np.full(36, 0.5 + 0.2 / 12))
    assert table.attrs["season"] == "The season was estimated from 36 points." and table.attrs["unit"] == "as given"


def test_quarters_have_seasons_too():
    quarters = pd.period_range("2014Q1", periods=16, freq="Q-MAR")
    series = pd.Series(np.where(quarters.quarter == 4, 130.0, 100.0), quarters)
    table = adjust_for_season(series)
    mean = 430 / 400
    assert table["season"].iloc[:4].tolist() == pytest.approx([1 / mean] * 3 + [1.3 / mean])
    assert table["adjusted"].to_numpy() == pytest.approx(np.full(16, 100 * mean))
    assert "takes 2 years" in adjust_for_season(series.iloc[:7]).attrs["season"]
