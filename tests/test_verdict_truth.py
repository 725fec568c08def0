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
    assert share(found, *UNNAMED) > 0.97
    assert share(found, "usual variation") > 0.75  # four in five quarters lie inside an 80% range
    assert share(found, *LASTING) < 0.03
    assert share(found, "recording break") < 0.02


@pytest.mark.parametrize(("level", "called"), [(25, 0.75), (100, 0.9), (1500, 0.95)])
def test_a_step_five_months_old_is_a_lasting_change(level, called):
    table = judged(counts(level * np.where(since(5), 1.8, 1), seed=2))
    assert share(table["call"].value_counts(normalize=True), *LASTING) > called
    assert (table["onset"] == pd.Period("2020-11", "M")).mean() > 0.7
    covered = (table["change_lower"] < 0.8) & (table["change_upper"] > 0.8)
    assert 0.65 < covered.mean() < 0.99  # 80% where a series wanders, as real ones do
    assert table["persists"].median() > 0.6


@pytest.mark.parametrize("level", [25, 100, 1500])
def test_two_high_months_that_came_back_are_a_spike(level):
    table = judged(counts(level * np.where(spike(4, 2), 2.2, 1), seed=3))
    assert share(table["call"].value_counts(normalize=True), "short-term spike") > 0.8
    assert (table["onset"] == pd.Period("2020-12", "M")).mean() > 0.8


def test_one_new_month_is_too_early_to_tell():
    found = calls(counts(300 * np.where(since(1), 1.7, 1), seed=4))
    assert share(found, "too early to tell") > 0.8
    assert share(found, *LASTING) < 0.05


def test_a_rise_of_a_year_is_a_trend():
    found = calls(counts(200 * np.exp(0.04 * np.maximum(T - 47, 0)), seed=5))
    assert share(found, "trend") > 0.65
    assert share(found, *LASTING) > 0.75


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
    assert share(calls(counts(300 * old, seed=10)), "usual variation") > 0.8


def test_a_season_is_not_a_change():
    season = 0.25 * np.sin(2 * np.pi * T / 12)
    found = calls(counts(300 * np.exp(season), seed=11))
    assert share(found, *UNNAMED) > 0.97
    assert share(found, "usual variation") > 0.75


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
    assert share(ordinary["call"].value_counts(normalize=True), "too early to tell") < 0.25
    spoken = found[(found["call"] == "too early to tell") & found["reason"].str.startswith("The newest month lies")]
    assert len(spoken) > 10 and (spoken["change"] > 0.2).all() and spoken["persists"].isna().all()


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


@pytest.mark.parametrize(("size", "least"), [(1.35, 0.75), (2, 0.95), (3, 0.95)])
@pytest.mark.parametrize("months", [9, 12, 14])
def test_a_step_that_holds_is_called_lasting_until_it_is_fifteen_months_old(size, least, months):
    table = judged(counts(300 * np.where(since(months), size, 1), seed=21))
    assert table["call"].isin(LASTING).mean() > least
    assert (table["persists"][table["call"].isin(LASTING)] >= 0.6).all()
    assert (table["since"] - pd.Period("2021-04", "M")).map(
        lambda d: abs(d.n + months) <= 1, na_action="ignore"
    ).mean() > 0.85


def test_a_new_level_is_said_until_it_is_two_years_old():
    for months, said in ((20, 1.0), (30, 0.0)):
        table = judged(counts(300 * np.where(since(months), 1.6, 1), seed=22))
        assert table["since"].notna().mean() == pytest.approx(said, abs=0.05)
        assert (table["call"] == "usual variation").mean() > 0.7
    assert judged(counts(300, seed=23))["since"].isna().mean() > 0.97


@pytest.mark.parametrize("months", [3, 4, 8])
def test_a_dip_hides_no_level_that_follows_it(months):
    level = np.where(since(months), 1.3, np.where(since(months + 3), 0.55, 1.0))
    found = calls(counts(300 * level, seed=24))
    assert share(found, *LASTING, "too early to tell") > 0.85
    assert share(calls(counts(300 * np.where(level < 1, level, 1), seed=24)), *LASTING) < 0.03


@pytest.mark.parametrize(("level", "times", "least"), [(10, 0.5, 0.45), (10, 2, 0.8), (5, 2, 0.45)])
def test_a_year_shows_what_became_of_small_counts(level, times, least):
    drawn = np.random.default_rng(25).poisson(level * np.where(since(12), times, 1), (SERIES, MONTHS))
    assert judged(drawn.astype(float))["call"].isin(LASTING).mean() > least


def test_a_rare_event_is_no_change():
    drawn = np.random.default_rng(26).poisson(0.05, (600, MONTHS)).astype(float)
    case = drawn[:, -3:].any(1)
    assert (judged(drawn)["call"] == "usual variation")[case].mean() > 0.9
    once = np.zeros((1, MONTHS))
    once[0, -3:] = 1
    assert judged(once)["call"].isin(["usual variation", "too early to tell", "short-term spike"]).all()


@pytest.mark.parametrize("zeros", [1, 18, 36])
def test_zeros_before_a_count_began_are_left_out_and_said(zeros):
    drawn = counts(300, seed=27)
    drawn[:, :zeros] = 0
    table = judged(drawn)
    assert table["change"].abs().max() < 0.4 and table["change"].abs().median() < 0.08
    assert table["flags"].map(lambda flags: "zeros before the first case left out" in flags).all()
    rare = np.zeros((1, MONTHS))
    rare[0, [40, 50, 59]] = 1
    assert "zeros before the first case left out" not in judged(rare)["flags"].iloc[0]


@pytest.mark.parametrize(("part", "cases"), [(0.98, 200), (0.95, 60)])
def test_percentages_near_the_whole_are_usual_where_they_do_not_change(part, cases):
    n = np.full((400, MONTHS), float(cases))
    found = calls(np.random.default_rng(28).binomial(cases, part, n.shape) / n, kind="percent", denominator=n)
    assert share(found, "short-term spike") < 0.03 and share(found, *UNNAMED) > 0.97


def test_a_dip_of_every_august_is_no_surprise():
    table = judged(counts(300 * np.where(INDEX.month == 8, 0.75, 1), seed=29))
    assert share(table["call"].value_counts(normalize=True), *UNNAMED) > 0.95


def test_nothing_usual_has_a_chance_of_lasting_or_a_percentage_of_weight():
    table = judged(counts(120, seed=30, scatter=0.15))
    usual = table[table["call"] == "usual variation"]
    assert usual["persists"].isna().all()
    told = usual["reason"].str.contains("% (?:above|below) what the season")
    assert (usual["change"].abs()[told] < 0.1).all() and told.mean() < 0.2
