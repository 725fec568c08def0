"""What lies behind a verdict says the same as the verdict: its hypotheses add up to it, its futures are those drawn."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis.verdict import expected_table, explain, judge
from analysis.verdict.explanation import FUTURES, HYPOTHESES, UNCHANGED

QUARTER = "2020-21Q4"
CHANGES = ["short-term spike", "sustained shift", "trend", "recording break"]
AHEAD = list(pd.period_range("2021-04", "2021-06", freq="M"))


def series(newest, months=60, level=400):
    """A level with a little scatter and no chance in it, the newest months as given."""
    values = level + 9.0 * ((7 * np.arange(months)) % 5 - 2)
    values[months - len(newest) :] = newest
    return pd.Series(values, pd.period_range(end="2021-03", periods=months, freq="M"))


def test_the_hypotheses_add_up_to_the_verdict():
    stepped = series([560, 640])
    verdict = judge(stepped, quarter=QUARTER, nation=None)
    table = explain(stepped, quarter=QUARTER, nation=None).hypotheses
    assert list(table.columns) == HYPOTHESES
    by_class = table.groupby("class")["probability"].sum()
    for name, probability in verdict.probabilities.items():
        assert by_class.get(name, 0) == pytest.approx(probability, abs=1e-9)
    assert table["probability"].is_monotonic_decreasing and list(table.index) == list(range(len(table)))


def test_each_change_has_a_shape_a_beginning_and_a_size():
    table = explain(series([560, 640]), quarter=QUARTER, nation=None).hypotheses
    changes = table[table["class"].isin(CHANGES)]
    unchanged = table[table["class"] == "usual variation"]
    assert unchanged["shape"].tolist() == [UNCHANGED]
    assert unchanged["began"].isna().all() and unchanged["change"].isna().all()
    assert (changes["began"] <= pd.Period("2021-03", "M")).all() and changes["change"].notna().all()
    steps = changes[changes["shape"] == "a step"].set_index("began")["change"]
    # 400, then 560 and 640: a step in February lifts two of three months to 600, one in March the last to 640
    assert steps[pd.Period("2021-02", "M")] == pytest.approx(2 / 3 * 0.5, abs=0.05)
    assert steps[pd.Period("2021-03", "M")] == pytest.approx(1 / 3 * 0.6, abs=0.08)


def test_a_step_that_held_is_told_as_one():
    likeliest = explain(series([600.0] * 5), quarter=QUARTER, nation=None).hypotheses.iloc[0]
    assert (likeliest["class"], likeliest["shape"], str(likeliest["began"])) == ("sustained shift", "a step", "2020-11")
    assert likeliest["change"] == pytest.approx(0.5, abs=0.02)


def test_the_futures_of_an_open_question_are_those_that_the_chart_draws():
    stepped = series([560, 640])
    long = pd.DataFrame({"measure": "m", "area": "a", "period": stepped.index, "value": stepped.to_numpy()})
    drawn = expected_table(long.assign(type="flow", nation="wales"), quarter=QUARTER).tail(3)
    futures = explain(stepped, quarter=QUARTER, nation="wales").futures
    assert list(futures.columns) == FUTURES
    spike = futures[futures["class"] == "short-term spike"]
    assert spike["period"].tolist() == AHEAD
    for side in ("lower", "upper"):
        assert spike[side].tolist() == pytest.approx(drawn[f"if_spike_{side}"].tolist())


def test_each_future_lies_where_its_answer_says():
    held = explain(series([600.0] * 5), quarter=QUARTER, nation=None).futures
    over = explain(series([600.0, 610, 405]), quarter=QUARTER, nation=None).futures
    middles = []
    for table in (held, over):
        assert (table["lower"] < table["upper"]).all()
        assert table.groupby("class")["period"].apply(list).tolist() == [AHEAD] * table["class"].nunique()
        middles.append(table.assign(middle=table[["lower", "upper"]].mean(axis=1)).groupby("class")["middle"])
    if_held, if_over = middles
    assert if_held.get_group("sustained shift").tolist() == pytest.approx([600] * 3, rel=0.03)
    assert if_held.get_group("short-term spike").is_monotonic_decreasing  # a surge that fades, if it is one
    assert if_over.get_group("short-term spike").tolist() == pytest.approx([400] * 3, rel=0.03)
    assert "recording break" not in if_held.groups  # nothing fell


def test_working_days_shape_the_futures_of_a_flow():
    steady = series([400.0])
    plain, by_days = (
        explain(steady, quarter=QUARTER, nation=nation).futures.query("`class` == 'usual variation'")
        for nation in (None, "england")
    )
    april, may, june = by_days["upper"] / by_days["upper"].mean()
    assert may < april < june  # 20, 19 and 22 working days in 2021
    assert (plain["upper"] / plain["upper"].mean()).tolist() == pytest.approx([1, 1, 1], abs=0.05)


def test_a_registered_change_turns_hypotheses_into_recording():
    fallen = series([280, 280, 280])
    event = {"date": "2021-01-18", "title": "Go-live", "effect": "recording"}
    told, untold = (
        explain(fallen, quarter=QUARTER, nation=None, events=e).hypotheses.groupby("class")["probability"].sum()
        for e in ([event], [])
    )
    assert told["recording break"] > 0.8 > untold.get("recording break", 0)


@pytest.mark.parametrize(
    "given",
    [
        {"completeness": pd.Series([1.0] * 57 + [0.5] * 3, series([]).index)},
        {"kind": "percent", "denominator": pd.Series(10.0, series([]).index)},  # too few cases to judge
    ],
)
def test_what_may_not_be_judged_is_not_explained(given):
    values = series([]) / (1000 if "kind" in given else 1)
    told = explain(values, quarter=QUARTER, **given)
    assert list(told.hypotheses.columns) == HYPOTHESES and list(told.futures.columns) == FUTURES
    assert told.hypotheses.empty and told.futures.empty
    assert not explain(values, quarter=QUARTER, kind=given.get("kind", "flow")).hypotheses.empty


def test_a_notebook_shows_the_ten_likeliest():
    told = explain(series([600.0] * 5), quarter=QUARTER, nation=None)
    html = told._repr_html_()
    cells = re.findall("<td>(.*?)</td>", html)
    first = told.hypotheses.iloc[0]
    assert html.count("<table") == 1 and len(cells) == 10 * len(HYPOTHESES)
    assert re.findall("<th>(.*?)</th>", html) == HYPOTHESES  # and no number before a row
    likelihood, change = f"{first['probability']:.1%}", f"{first['change']:+.0%}"
    assert cells[:5] == ["sustained shift", "a step", "2020-11", likelihood, change]
    unchanged = explain(series([400.0]), quarter=QUARTER, nation=None)._repr_html_()
    assert UNCHANGED in unchanged and "NaT" not in unchanged and "nan" not in unchanged
