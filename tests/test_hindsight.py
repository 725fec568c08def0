"""Replaying: what is said of the past is said without what came after, and set beside what truly came."""

import numpy as np
import pandas as pd
import pytest

from analysis import judge_table
from analysis.exploring import hindsight

MONTHS = pd.period_range("2014-04", "2020-03", freq="M")
QUARTER = "2018-19Q4"  # a year of hindsight follows


def table(values: dict) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"measure": "m", "area": a, "period": MONTHS, "value": v, "type": "stock", "nation": "wales"})
        for a, v in values.items()
    ]
    return pd.concat(parts, ignore_index=True)


def level(then: float, after: float) -> np.ndarray:
    """A steady hundred with a little scatter, another level in the quarter, and another in the year after it."""
    value = 100 + 2.0 * np.sin(np.arange(len(MONTHS)) * 2.1)
    value[57:60] += then
    value[60:] += after
    return value


@pytest.mark.parametrize(("after", "lasted"), [(40.0, 1.0), (25.0, 1.0), (15.0, 0.0), (0.0, 0.0), (-40.0, 0.0)])
def test_a_change_lasted_when_half_of_it_was_still_there_on_average(after, lasted):
    # the scale is the log: half of log(1.4) is reached at 118
    assert hindsight.what_happened(table({"a": level(40.0, after)}), quarter=QUARTER)["lasted"].item() == lasted


def test_nothing_is_known_before_a_year_has_passed():
    measured = table({"a": level(40.0, 40.0)})
    short = measured[measured["period"] < pd.Period("2020-01", "M")]
    assert hindsight.what_happened(short, quarter=QUARTER)["lasted"].isna().all()


def test_a_replay_says_what_was_said_then():
    measured = table({"a": level(40.0, 0.0), "b": level(0.0, 0.0)})
    replayed = hindsight.replay(measured, quarters=[QUARTER])
    seen = measured[measured["period"] <= pd.Period("2019-03", "M")]
    then = judge_table(seen, quarter=QUARTER)
    assert replayed["call"].tolist() == then["call"].tolist()
    assert replayed["persists"].equals(then["persists"].rename("persists"))


def cases(told, lasted):
    quarter = pd.period_range("2017Q1", periods=len(told), freq="Q-MAR")
    return pd.DataFrame(
        {
            "measure": "m",
            "area": [f"a{i % 20}" for i in range(len(told))],
            "quarter": quarter,
            "persists": told,
            "lasted": lasted,
            "chart_rule": "Common Cause",
            "call": "trend",
            "onset": pd.Period("2017-01", "M"),
        }
    )


def test_scores_by_hand():
    # two pairs of four in the right order, one tie: (1 + 1 + 1 + 0.5) / 4
    scored = hindsight.score(cases([0.8, 0.5, 0.5, 0.2], [1.0, 1.0, 0.0, 0.0])).set_index("method").loc["this project"]
    assert scored["auc"] == pytest.approx(3.5 / 4)
    assert scored["brier"] == pytest.approx((0.04 + 0.25 + 0.25 + 0.04) / 4)
    assert (scored["sure"], scored["right_when_sure"]) == (0.5, 1.0)


def test_calibration_counts_what_happened_in_each_bin():
    table = hindsight.calibration(cases([0.1] * 10 + [0.9] * 10, [0.0] * 9 + [1.0] + [1.0] * 8 + [0.0] * 2))
    assert table["happened"].tolist() == [0.1, 0.8]
    # Wilson 95% of 1 in 10: 0.0179 to 0.4042 (Newcombe 1998, method 3)
    assert table.loc[0, ["lower", "upper"]].tolist() == pytest.approx([0.0179, 0.4042], abs=1e-4)


def test_a_change_is_aged_from_its_onset_to_the_quarter_that_first_named_it():
    replayed = cases([0.5, 0.5], [1.0, 1.0]).assign(
        area="a", quarter=pd.PeriodIndex(["2017Q4", "2018Q1"], freq="Q-MAR")
    )
    table = hindsight.months_to_a_call(replayed)
    assert table[["months", "changes"]].to_numpy().tolist() == [[3, 1]]  # January to March 2017, named once


def test_questions_are_replayed_as_pages_would_have_followed_them():
    measured = table({"stays": level(40.0, 40.0), "goes": level(40.0, 0.0)})
    quarterly = measured.assign(numerator=np.nan, denominator=np.nan).iloc[:0]
    pages = pd.period_range("2019Q4", "2020Q4", freq="Q-MAR")
    questions = hindsight.replay_questions(measured, quarterly, quarters=pages)
    asked = questions[questions["asked"] == QUARTER]
    assert set(asked["area"]) == {"stays", "goes"}
    fact = asked[asked["months"] == 12].set_index("area")["answer"]
    assert fact.to_dict() == {"stays": "lasts", "goes": "passed"}
    scored = hindsight.score_questions(questions).set_index("months")
    assert list(scored.index) == [3, 6, 9]
    assert scored["settled"].is_monotonic_increasing and scored.loc[9, "settled"] == 1.0
    assert scored.loc[9, ["lasts_right", "passed_right"]].tolist() == [1.0, 1.0]
    assert np.isnan(hindsight.score_questions(questions.iloc[:0])["settled"]).all()
