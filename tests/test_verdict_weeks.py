"""Weekly series: what happens within a month is seen, holidays are no surprise, and months tell the rest."""

import numpy as np
import pandas as pd
import pytest

from analysis.kinds import KINDS
from analysis.periods import month_of, working_days_in
from analysis.verdict import judge, judge_table
from analysis.verdict.model import Sort
from analysis.verdict.weeks import ENOUGH, Weeks, _plan, christmas, weigh_weeks

QUARTER, SERIES = "2020-21Q4", 40
WEEKS = pd.period_range(end=pd.Period("2021-03-28", "W-SUN"), periods=156, freq="W-SUN")
DAYS = working_days_in(WEEKS, "england") / 5
T = np.arange(len(WEEKS))
LASTING = ("sustained shift", "trend")


def since(weeks):
    return len(WEEKS) - weeks <= T


def calls(level, seed, nation="england"):
    rng = np.random.default_rng(seed)
    values = rng.poisson(level * DAYS * np.exp(0.06 * rng.normal(size=(SERIES, len(WEEKS))))).astype(float)
    table = pd.DataFrame({"measure": "m", "area": np.repeat([f"{i:02d}" for i in range(SERIES)], len(WEEKS))})
    table["period"] = pd.PeriodIndex(np.tile(WEEKS.astype(str).str[:10], SERIES), freq="W-SUN")
    table["value"], table["nation"] = values.ravel(), nation
    return judge_table(table, quarter=QUARTER)


@pytest.mark.parametrize("level", [3, 25, 400])
def test_nothing_is_called_where_nothing_changed(level):
    quiet = np.where(christmas(WEEKS, "england"), 0.6, 1) * np.where(month_of(WEEKS).month == 8, 0.85, 1)
    found = calls(level * quiet, seed=1)
    assert found["call"].isin(["usual variation", "too early to tell"]).mean() > 0.95


@pytest.mark.parametrize(
    ("level", "size", "weeks", "least"), [(25, 1.6, 8, 0.65), (25, 1.6, 13, 0.85), (100, 1.35, 10, 0.75)]
)
def test_a_step_of_some_weeks_is_a_lasting_change(level, size, weeks, least):
    assert calls(level * np.where(since(weeks), size, 1), seed=2)["call"].isin(LASTING).mean() > least


@pytest.mark.parametrize("weeks", [5, 9])
def test_two_weeks_at_double_are_a_spike_once_they_are_over(weeks):
    found = calls(100 * np.where(since(weeks) & ~since(weeks - 2), 2, 1), seed=3)
    assert (found["call"] == "short-term spike").mean() > 0.9


def test_few_weeks_and_percentages_are_judged_all_the_same():
    few = pd.Series(np.random.default_rng(4).poisson(40, 56).astype(float), WEEKS[-56:])
    assert np.isnan(weigh_weeks(Weeks(few.to_numpy()[None], None, few.index), np.arange(1), KINDS["flow"], None)).all()
    assert ENOUGH > 56 and judge(few, quarter=QUARTER).call in ("usual variation", "too early to tell")
    cases = pd.Series(60.0, WEEKS)
    on_time = np.random.default_rng(5).binomial(60, np.where(since(13), 0.6, 0.85)) / 60
    verdict = judge(pd.Series(on_time, WEEKS), quarter=QUARTER, kind="percent", denominator=cases)
    assert verdict.call in LASTING and "weeks" in verdict.flags


def test_the_priors_by_week_are_those_by_month():
    laid = _plan(WEEKS[-1].ordinal, len(WEEKS), Sort(newest=1), "england").families[0].family
    new = laid.age <= 26
    by_kind = [laid.prior[:, new & (laid.kind == kind)].sum() for kind in (0, 1, 2)]
    assert by_kind == pytest.approx([0.16, 0.085, 0.045])
