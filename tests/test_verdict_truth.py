"""Series whose truth is known: what was put in is what is called, and nothing is called where nothing was put in."""

import numpy as np
import pandas as pd
import pytest

from analysis.verdict import judge_table

QUARTER, MONTHS, SERIES = "2020-21Q4", 60, 150
INDEX = pd.period_range(end="2021-03", periods=MONTHS, freq="M")
T = np.arange(MONTHS)
LASTING = ("sustained shift", "trend")


def since(months_ago):
    return months_ago >= MONTHS - T


def spike(months_ago, length):
    return since(months_ago) & ~since(months_ago - length)


def calls(values, kind="flow", **columns) -> pd.Series:
    """Judge rows of values and return the share of each call."""
    return judged(values, kind, **columns)["call"].value_counts(normalize=True)


def judged(values, kind="flow", denominator=None) -> pd.DataFrame:
    count = len(values)
    table = pd.DataFrame({"measure": "m", "area": np.repeat([f"{i:04d}" for i in range(count)], MONTHS)})
    table["period"] = pd.PeriodIndex(np.tile(INDEX.astype(str), count), freq="M")
    table["value"], table["type"], table["nation"] = np.ravel(values), kind, None
    if denominator is not None:
        table["denominator"] = np.ravel(denominator)
    return judge_table(table, quarter=QUARTER)


def counts(level, seed, scatter=0.08):
    rng = np.random.default_rng(seed)
    return rng.poisson(level * np.exp(scatter * rng.normal(size=(SERIES, MONTHS)))).astype(float)


UNNAMED = (
    "usual variation",
    "too early to tell",
)  # a newest month that stands out, one in ten, leaves the question open


def share(found, *names):
    return sum(found.get(name, 0) for name in names)


@pytest.mark.parametrize("level", [0.2, 1, 3, 8, 12, 25, 100, 1500])
def test_nothing_is_called_where_nothing_changed(level):
    found = calls(counts(level, seed=1))
    assert share(found, *UNNAMED) > 0.93
    assert share(found, "usual variation") > 0.85
    assert share(found, *LASTING) < 0.03
    assert share(found, "recording break") < 0.02


@pytest.mark.parametrize("level", [25, 100, 1500])
def test_a_step_five_months_old_is_a_lasting_change(level):
    table = judged(counts(level * np.where(since(5), 1.8, 1), seed=2))
    assert share(table["call"].value_counts(normalize=True), *LASTING) > 0.85
    assert (table["onset"] == pd.Period("2020-11", "M")).mean() > 0.7
    covered = (table["change_lower"] < 0.8) & (table["change_upper"] > 0.8)
    assert 0.65 < covered.mean() < 0.95  # an 80% interval
    assert table["persists"].median() > 0.6


@pytest.mark.parametrize("level", [25, 100, 1500])
def test_two_high_months_that_came_back_are_a_spike(level):
    table = judged(counts(level * np.where(spike(4, 2), 2.2, 1), seed=3))
    assert share(table["call"].value_counts(normalize=True), "short-term spike") > 0.85
    assert (table["onset"] == pd.Period("2020-12", "M")).mean() > 0.85


def test_one_new_month_is_too_early_to_tell():
    found = calls(counts(300 * np.where(since(1), 1.7, 1), seed=4))
    assert share(found, "too early to tell") > 0.8
    assert share(found, *LASTING) < 0.05


def test_a_rise_of_a_year_is_a_trend():
    found = calls(counts(200 * np.exp(0.04 * np.maximum(T - 47, 0)), seed=5))
    assert share(found, "trend") > 0.75
    assert share(found, *LASTING) > 0.95


@pytest.mark.parametrize("months", [24, 36, 60])
def test_a_rise_that_has_gone_on_for_years_is_a_trend(months):
    rise = 0.03 * np.maximum(T - (MONTHS - months), 0)
    assert share(calls(counts(200 * np.exp(rise), seed=6)), "trend") > 0.65


@pytest.mark.parametrize("shape", ["held", "climbs back", "backlog"])
def test_a_fall_too_deep_to_be_demand_is_a_recording_break(shape):
    kept = {
        "held": np.where(since(3), 0.15, 1.0),
        "climbs back": np.where(since(3), np.clip(0.15 + 0.2 * (T - (MONTHS - 3)), 0, 1), 1.0),
        "backlog": np.where(spike(3, 2), 0.1, np.where(since(1), 1.3, 1.0)),
    }[shape]
    table = judged(counts(300 * kept, seed=7))
    assert (table["call"] == "recording break").mean() > 0.95
    assert table["reason"].str.contains("recording").mean() > 0.95


def test_a_fall_that_demand_could_make_is_not_a_recording_break():
    assert share(calls(counts(300 * np.where(since(3), 0.65, 1), seed=8)), "recording break") < 0.02


def test_an_old_change_that_holds_is_still_named():
    table = judged(counts(150 * np.where(since(10), 2.2, 1), seed=9))
    assert table["call"].isin(LASTING).mean() > 0.9
    assert (table["onset"] == pd.Period("2020-06", "M")).mean() > 0.6


def test_what_happened_years_ago_is_history():
    old = np.where((T >= 20) & (T < 23), 3.0, 1) * np.where(T >= 30, 1.3, 1)
    assert share(calls(counts(300 * old, seed=10)), "usual variation") > 0.9


def test_a_season_is_not_a_change():
    season = 0.25 * np.sin(2 * np.pi * T / 12)
    found = calls(counts(300 * np.exp(season), seed=11))
    assert share(found, *UNNAMED) > 0.98
    assert share(found, "usual variation") > 0.85


def test_a_stock_carries_its_surplus_forward():
    rng = np.random.default_rng(12)
    steady = 400 * np.exp(np.cumsum(rng.normal(0, 0.012, (SERIES, MONTHS)), axis=1))
    found = calls(np.round(steady), kind="stock")
    assert share(found, *UNNAMED) > 0.92
    assert share(found, "usual variation") > 0.75
    inflow = np.where(since(6), 20, 12)
    growing = 300 + np.cumsum(rng.poisson(inflow, (SERIES, MONTHS)) - rng.poisson(12, (SERIES, MONTHS)), axis=1)
    assert share(calls(growing.astype(float), kind="stock"), *LASTING) > 0.7


def test_percentages_are_judged_by_their_own_variance():
    rng = np.random.default_rng(13)
    cases = rng.poisson(80, (SERIES, MONTHS)).astype(float)
    steady = rng.binomial(cases.astype(int), 0.85) / cases
    fallen = rng.binomial(cases.astype(int), np.where(since(5), 0.6, 0.85)) / cases
    found = calls(steady, kind="percent", denominator=cases)
    assert share(found, *UNNAMED) > 0.98
    assert share(found, "usual variation") > 0.85
    assert share(calls(fallen, kind="percent", denominator=cases), *LASTING) > 0.9


def test_a_newest_month_that_stands_out_leaves_the_question_open():
    found = judged(counts(300 * np.where(since(1), 1.5, 1), seed=14, scatter=0.1))
    assert share(found["call"].value_counts(normalize=True), "too early to tell") > 0.8
    ordinary = judged(counts(300 * np.ones(MONTHS), seed=14, scatter=0.1))
    assert share(ordinary["call"].value_counts(normalize=True), "too early to tell") < 0.15
    spoken = found[(found["call"] == "too early to tell") & (found["usual variation"] >= 0.5)]
    assert (spoken["change"] > 0).all() and spoken["reason"].str.startswith("The newest month lies").all()


def test_probabilities_mean_what_they_say():
    """Mixed truths at the prior's own rates: the share of changes among series told 10 to 90% is as told."""
    rng = np.random.default_rng(14)
    truth = rng.random(600) < 0.3
    age = rng.integers(2, 7, 600)
    size = rng.normal(0, 0.35, 600)
    changed = truth[:, None] & (age[:, None] >= MONTHS - T)
    level = 300 * np.exp(changed * size[:, None] + 0.08 * rng.normal(size=(600, MONTHS)))
    told = 1 - judged(rng.poisson(level).astype(float))["usual variation"].to_numpy()
    for low, high in ((0.1, 0.25), (0.25, 0.6), (0.6, 1.0)):
        here = (told >= low) & (told < high)
        assert here.sum() > 10
        assert truth[here].mean() == pytest.approx(told[here].mean(), abs=0.15)
