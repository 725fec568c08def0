"""Ratings, assurance and the way to a target, worked by hand and by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

from analysis import xmr
from analysis.config import Measure
from analysis.spc.targets import assurance, rag, until_target


def a_measure(**more) -> Measure:
    return Measure(name="m", title="M", dataset="d", **{"type": "percent", "polarity": "increase", **more})


def measured(*rows) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["period", "value", "denominator", "lower", "upper"])
    return table.assign(measure="m", area="A", period=[pd.Period(p, "Q-MAR") for p in table["period"]])


# -- limits ----------------------------------------------------------------------------------------------------------


# -- ratings ---------------------------------------------------------------------------------------------------------


def test_the_rating_says_its_rule_and_its_reason():
    m = a_measure(target=[{"from": "2019-04-01", "value": 0.90}])
    table = rag(
        measured(
            ("2021Q4", 0.62, 200, 0.551, 0.684),  # the committee's 62%
            ("2021Q3", 0.90, 200, 0.851, 0.934),
            ("2021Q2", 0.87, 500, 0.838, 0.897),
            ("2021Q1", 0.80, 30, 0.627, 0.905),
            ("2020Q4", 0.50, 19, 0.29, 0.71),
            ("2020Q3", np.nan, 0, np.nan, np.nan),
            ("2019Q4", 0.50, 200, 0.43, 0.57),  # before the target
        ),
        m,
    )
    assert table["rag"].tolist() == ["red", "green", "amber", "amber", "too few to judge", "no figure", "no target"]
    reasons = table["rag_reason"].tolist()
    assert reasons[0] == (
        "62.0% against the local target of 90.0%: missed by 28.0 points, more than the 5 points that count as near"
    )
    assert reasons[2].endswith("missed by 3.0 points, no more than the 5 points that count as near")
    assert reasons[3].endswith("missed by 10.0 points, but the interval reaches the target")


def test_national_and_local_targets_are_told_apart_and_change_over_time():
    m = a_measure(
        target=[
            {"from": "2019-04-01", "value": 0.80, "kind": "national"},
            {"from": "2019-04-01", "value": 0.85},
            {"from": "2020-11-01", "value": 0.90},  # in the middle of a quarter: in force on its last day
        ]
    )
    rows = measured(("2021Q2", 0.86, 200, 0.8, 0.9), ("2021Q3", 0.86, 200, 0.8, 0.9))
    assert rag(rows, m)["target"].tolist() == [0.85, 0.90]
    assert rag(rows, m)["rag"].tolist() == ["green", "amber"]


def test_where_lower_is_better_the_target_is_a_ceiling():
    m = a_measure(type="value", polarity="decrease", target=[{"from": "2019-04-01", "value": 10}])
    rows = measured(("2021Q2", 9, 0, 0, 0), ("2021Q3", 10.4, 0, np.nan, np.nan), ("2021Q4", 12, 0, np.nan, np.nan))
    table = rag(rows, m)
    assert table["rag"].tolist() == ["green", "amber", "red"]
    assert table["rag_reason"].iloc[2] == (
        "12 against the local target of 10: missed by 20%, more than the 5% that count as near"
    )


# -- assurance -------------------------------------------------------------------------------------------------------


def test_assurance_is_the_icon_of_the_nhs_package(shared):
    """NHSRplotthedots 0.2.2 computed these in R; ours must say the same from the limits alone."""
    words = {"consistent_pass": "reliably met", "consistent_fail": "reliably missed", "inconsistent": "hit and miss"}
    table = pd.read_csv(shared / "data" / "spc_assurance_reference.csv").dropna(subset=["target", "assurance_type"])
    assert len(table) > 5
    for row in table.itertuples():
        found = assurance(
            mean=row.mean, lower_limit=row.lpl, upper_limit=row.upl, target=row.target, improvement=row.direction
        )
        assert found.status == words[row.assurance_type]


def test_a_target_inside_the_limits_is_hit_and_missed_by_chance():
    found = assurance(mean=0.88, lower_limit=0.79, upper_limit=0.97, target=0.90, improvement="increase", share=True)
    assert found.status == "hit and miss"
    assert found.promise == 0.79
    assert found.chance == pytest.approx(stats.norm.cdf(-2 / 3))  # .02 short, a sigma of .03
    assert assurance(mean=0.88, lower_limit=0.79, upper_limit=0.97, target=0.75, improvement="increase").status == (
        "reliably met"
    )
    assert (
        assurance(mean=9, lower_limit=6, upper_limit=12, target=5, improvement="decrease").status == "reliably missed"
    )
    assert assurance(mean=9, lower_limit=6, upper_limit=12, target=13, improvement="decrease").promise == 12


def test_the_promise_is_kept_in_nearly_every_month():
    rng = np.random.default_rng(2)
    series = pd.Series(rng.normal(0.85, 0.03, 400), index=pd.period_range("1990-01", periods=400, freq="M"))
    last = xmr(series.iloc[:60]).iloc[-1]
    found = assurance(
        mean=last["mean"], lower_limit=last["lpl"], upper_limit=last["upl"], target=0.88, improvement="increase"
    )
    later = series.iloc[60:]
    assert (later >= found.promise).mean() > 0.98
    assert (later >= 0.88).mean() == pytest.approx(found.chance, abs=0.06)


# -- the way to the target -------------------------------------------------------------------------------------------


def test_a_trend_that_runs_the_right_way_reaches_the_target():
    months = pd.period_range("2020-01", periods=24, freq="M")
    share = pd.Series(expit(-0.5 + 0.1 * np.arange(24)), index=months)
    found = until_target(share, target=float(expit(2.3)), improvement="increase", denominator=share * 0 + 400)
    assert found.months in (5, 6)  # from expit(1.8) in steps of .1, to the month
    assert found.improving > 0.99 and found.met_within_year > 0.95
    away = until_target(share, target=0.10, improvement="decrease", denominator=share * 0 + 400)
    assert away.improving < 0.01 and np.isinf(away.months)


def test_a_target_that_is_met_takes_no_months():
    flat = pd.Series(0.9, index=pd.period_range("2020-01", periods=12, freq="M"))
    found = until_target(flat, target=0.8, improvement="increase", denominator=flat * 0 + 300)
    assert (found.earliest, found.months, found.latest) == (0, 0, 0)
    assert found.met_within_year == 1.0


def test_counts_and_short_series():
    months = pd.period_range("2020-01", periods=12, freq="M")
    falling = pd.Series([20, 18, 19, 16, 15, 15, 13, 12, 12, 10, 10, 9.0], index=months)
    found = until_target(falling, target=6, improvement="decrease")
    assert 3 <= found.months <= 8 and found.improving > 0.99  # about 7% a month from 9
    assert until_target(falling.iloc[:5], target=6, improvement="decrease") is None


def test_the_months_to_a_target_lie_inside_their_interval():
    rng, inside = np.random.default_rng(7), []
    for _ in range(150):
        slope = rng.uniform(0.04, 0.15)
        n = rng.integers(60, 300, 12).astype(float)
        x = np.arange(12) - 11.0
        p = expit(rng.uniform(0, 1) + slope * x)
        target = float(expit(np.log(p[-1] / (1 - p[-1])) + slope * 8.5))  # reached in the ninth month from now
        months = pd.period_range("2020-01", periods=12, freq="M")
        share = pd.Series(rng.binomial(n.astype(int), p) / n, index=months)
        found = until_target(share, target=target, improvement="increase", denominator=pd.Series(n, index=months))
        inside.append(found.earliest <= 9 <= found.latest)
    assert 0.75 <= np.mean(inside) <= 0.95  # whole months cover more than 80%


def test_figures_or_a_target_below_nothing_give_no_way_to_the_target():
    months = pd.period_range("2020-01", periods=12, freq="M")
    balance = pd.Series([5.0, 3, 0, -2, -5, -4, -6, -8, -9, -9, -12, -15], index=months)
    assert until_target(balance, target=0, improvement="increase") is None
    assert until_target(balance.abs(), target=-1, improvement="increase") is None


def test_a_target_of_nothing_is_missed_by_a_number_and_not_by_a_share():
    m = a_measure(type="flow", polarity="decrease", target=[{"from": "2019-04-01", "value": 0}])
    rated = rag(measured(("2021Q4", 12, np.nan, np.nan, np.nan), ("2021Q3", 0, np.nan, np.nan, np.nan)), m)
    assert rated["rag"].tolist() == ["red", "green"]
    assert rated["rag_reason"].iloc[0] == (
        "12 against the local target of 0: missed by 12, more than the 5% that count as near"
    )
