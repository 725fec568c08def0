"""The twelve months up to a quarter, those before them, and whether a good year will go on."""

import numpy as np
import pandas as pd
import pytest
from conftest import judged

from analysis.breakdown import rolling_years
from analysis.config import Measure
from analysis.config.datasets import Dataset
from analysis.report import tables, words
from analysis.verdict import year_ahead

QUARTER = pd.Period("2021Q4", "Q-MAR")


def quarters(kind, value, numerator=np.nan, denominator=np.nan):
    periods = pd.period_range(end=QUARTER, periods=12, freq="Q-MAR")
    return pd.DataFrame(
        {"measure": "m", "area": "A", "period": periods, "type": kind, "value": value}
        | {"numerator": numerator, "denominator": denominator}
    )


def years(table, **how):
    return rolling_years(table, quarter=QUARTER, **how)[["year", "year_before", "two_years_before"]].iloc[0].tolist()


def test_a_flow_is_added_up_over_four_quarters():
    assert years(quarters("flow", np.arange(1.0, 13.0))) == [9 + 10 + 11 + 12, 5 + 6 + 7 + 8, 1 + 2 + 3 + 4]


def test_a_percentage_is_pooled_and_leavers_are_set_beside_the_posts():
    table = quarters("percent", 0.0, numerator=np.repeat([30.0, 20.0, 15.0], 4), denominator=3 * 400.0)
    assert years(table) == pytest.approx([60 / 4800, 80 / 4800, 120 / 4800])
    table["denominator"] = 400.0  # as a quarter of posts is measured: they are not added up
    assert years(table, posts=["m"]) == pytest.approx([60 / 400, 80 / 400, 120 / 400])


def test_a_missing_quarter_makes_its_year_missing_and_a_stock_has_none():
    table = quarters("flow", np.ones(12))
    table.loc[5, "value"] = np.nan
    assert np.isnan(years(table)[1]) and years(table)[0] == 4
    assert rolling_years(quarters("stock", np.ones(12)), quarter=QUARTER).empty


def series(rates, seed=1):
    months = pd.period_range(end="2021-03", periods=len(rates), freq="M")
    values = np.random.default_rng(seed).poisson(rates).astype(float)
    return pd.DataFrame({"measure": "m", "area": "A", "period": months, "value": values, "type": "flow"})


def test_a_steep_fall_goes_on_and_a_rise_is_the_reverse():
    down = year_ahead(series(np.linspace(300, 60, 72)), quarter=QUARTER).iloc[0]
    up = year_ahead(series(np.linspace(60, 300, 72)), quarter=QUARTER).iloc[0]
    assert down["fell"] > 0.99 and down["stays_lower"] > 0.9 and down["stays_lower"] > down["lower_still"] > 0.5
    assert up["fell"] < 0.01 and up["stays_lower"] < up["lower_still"] and up["stays_lower"] < 0.4


def test_an_unchanged_level_is_an_open_question():
    told = pd.concat([year_ahead(series(np.full(60, 60.0), seed), quarter=QUARTER) for seed in range(20)])
    assert told["lower_still"].mean() == pytest.approx(0.5, abs=0.07)
    assert told["fell"].between(0.05, 0.95).mean() >= 0.75


def test_under_two_years_nothing_is_said():
    short = year_ahead(series(np.full(23, 60.0)), quarter=QUARTER).iloc[0]
    gaps = series(np.full(60, 60.0))
    gaps.loc[gaps.index[-20:-17], "value"] = np.nan
    assert short[["fell", "lower_still", "stays_lower"]].isna().all()
    assert year_ahead(gaps, quarter=QUARTER).iloc[0][["fell"]].isna().all()


@pytest.mark.parametrize(
    ("value", "denominator", "more", "posts"),
    [
        ("leavers", "posts", {}, True),
        ("agency", "posts", {}, False),
        ("in_time", "due", {}, False),
        ("agency", "posts", {"value_kind": "flow"}, True),
        ("leavers", "posts", {"denominator_kind": "flow"}, False),
        ("gone", "strength", {"value_kind": "flow", "denominator_kind": "stock"}, True),
    ],
)
def test_posts_are_there_all_year_and_leavers_come_up_once(value, denominator, more, posts):
    columns = {"period": "month", "value": value, "denominator": denominator}
    dataset = Dataset(name="d", path="d.csv", kind="counts", columns=columns, **more)
    assert dataset.events_of_posts == posts


@pytest.fixture(scope="module")
def borough(given_borough):
    return judged(given_borough)


def test_the_borough_is_told_that_its_good_trends_go_on(borough):
    table = tables.years(borough).set_index("Measure")
    figures = table[["These twelve months", "The year before", "Two years before"]]
    assert figures.loc["Staff who left"].tolist() == ["16.7%", "19.6%", "26.9%"]
    assert figures.loc["First-time entrants to youth justice"].tolist() == ["129", "158", "183"]
    for name in ("turnover", "first_time_entrants"):
        measure, row = borough.project.measure(name), borough.years.loc[name]
        assert words.good_years(row, measure)
        assert words.year_by_year(row, measure).startswith(f"{measure.title}: improving. ")
        assert row["stays_lower"] > 0.5


def test_words_turn_with_the_good_direction():
    row = pd.Series(
        {"period": QUARTER, "year": 0.9, "year_before": 0.8, "two_years_before": np.nan}
        | {"fell": 0.03, "lower_still": 0.4, "stays_lower": 0.2}
    )
    up = Measure(name="m", title="In time", dataset="d", type="percent", polarity="increase")
    down = Measure(name="m", title="Late", dataset="d", type="percent", polarity="decrease")
    assert words.good_years(row, up) and not words.good_years(row, down)
    assert (
        words.year_by_year(row, up)
        == "In time: improving. 90% in the twelve months to March 2021, after 80% the year before."
    )
    assert words.goes_on(row, up) == (
        "That this is more than scatter: 97%, almost certain. "
        "In a year's time: still above 80% (80%, highly likely), and above 90% too (60%, likely)."
    )
