"""Months that are hidden are known to lie between two values, and quarters by their totals: what fits is judged."""

import numpy as np
import pandas as pd
import pytest

from analysis.verdict import judge, judge_table
from analysis.verdict.hidden import DRAWS, shares_that_fit, values_that_fit

QUARTER = "2020-21Q4"
MONTHS = pd.period_range(end="2021-03", periods=60, freq="M")
LASTING = ("sustained shift", "trend")


def hide(values, above=5):
    """Hide 1 to `above`; return the series with its bounds, and its quarters' totals."""
    series = pd.Series(values, MONTHS, dtype=float)
    small = (series > 0) & (series <= above)
    lower, upper = (pd.Series(bound, MONTHS, dtype=float).where(small) for bound in (1, above))
    totals = series.groupby(MONTHS.asfreq("Q-MAR")).sum()
    return series.mask(small), lower, upper, totals


def test_values_fit_bounds_and_totals_and_are_always_the_same():
    values = np.array([7.0, np.nan, np.nan, np.nan, np.nan, np.nan, 6.0, np.nan])
    lower, upper = (np.where(np.isnan(values), bound, np.nan) for bound in (1.0, 5.0))
    lower[7] = upper[7] = np.nan
    about = [(np.arange(3), 13.0), (np.arange(3, 6), 4.0)]
    drawn = values_that_fit(values, lower, upper, about)
    assert drawn.shape == (DRAWS, 8) and (drawn == np.round(drawn))[:, :7].all()
    assert (drawn[:, :3].sum(1) == 13).all() and (drawn[:, 3:6].sum(1) == 4).all()
    hidden = drawn[:, [1, 2, 3, 4, 5]]
    assert (hidden >= 1).all() and (hidden <= 5).all() and len(np.unique(hidden, axis=0)) > 1
    assert (drawn[:, 6] == 6).all() and np.isnan(drawn[:, 7]).all()  # without bound or total it stays missing
    np.testing.assert_array_equal(drawn, values_that_fit(values, lower, upper, about))


def test_what_cannot_fit_keeps_its_total():
    values = np.full(3, np.nan)
    drawn = values_that_fit(values, np.full(3, 1.0), np.full(3, 5.0), [(np.arange(3), 30.0)])
    assert (drawn.sum(1) == 30).all()


@pytest.mark.parametrize("level", [3, 5])
def test_hidden_months_are_no_missing_ones(level):
    calls = []
    for seed in range(12):
        drawn = np.random.default_rng(seed).poisson(level, 60)
        series, lower, upper, totals = hide(drawn)
        verdict = judge(series, quarter=QUARTER, lower=lower, upper=upper, totals=totals)
        assert verdict.call != "too little data" and "hidden months averaged over" in verdict.flags
        assert sum(verdict.probabilities.values()) == pytest.approx(1)
        calls.append(verdict.call)
    assert np.isin(calls, ("usual variation", "too early to tell")).mean() > 0.9


def test_totals_alone_are_judged_and_show_a_change():
    drawn = np.random.default_rng(2).poisson(np.where(np.arange(60) > 47, 24, 12))
    _, _, _, totals = hide(drawn)
    verdict = judge(pd.Series(np.nan, MONTHS), quarter=QUARTER, totals=totals)
    assert verdict.call in LASTING
    seen = judge(pd.Series(drawn, MONTHS, dtype=float), quarter=QUARTER)
    assert verdict.change == pytest.approx(seen.change, abs=0.25)


def test_bounds_show_what_totals_do_not():
    drawn = np.where(np.arange(60) > 53, 18, np.random.default_rng(3).poisson(4, 60).clip(1, 5))
    series, lower, upper, _ = hide(drawn)
    verdict = judge(series, quarter=QUARTER, lower=lower, upper=upper)
    assert verdict.call in LASTING and verdict.onset == pd.Period("2020-10", "M")


def test_a_table_is_judged_as_its_series_are():
    rows, hidden, sums, told = [], [], [], {}
    for area, seed in (("hidden", 1), ("shown", 2)):
        drawn = np.random.default_rng(seed).poisson(6, 60)
        series, lower, upper, totals = (
            hide(drawn) if area == "hidden" else (pd.Series(drawn + 9.0, MONTHS), None, None, None)
        )
        table = pd.DataFrame({"measure": "m", "area": area, "period": MONTHS, "value": series.to_numpy()})
        rows.append(table)
        about = {}
        if lower is not None:
            bounds = table.drop(columns="value").assign(lower=lower.to_numpy(), upper=upper.to_numpy())
            hidden.append(bounds.dropna())
            sums.append(
                pd.DataFrame({"measure": "m", "area": area, "period": totals.index, "value": totals.to_numpy()})
            )
            about = {"lower": lower, "upper": upper, "totals": totals}
        told[area] = judge(series, quarter=QUARTER, **about)
    found = judge_table(pd.concat(rows), quarter=QUARTER, hidden=pd.concat(hidden), totals=pd.concat(sums))
    assert list(found["area"]) == ["hidden", "shown"]
    for row in found.itertuples():
        verdict = told[row.area]
        assert row.call == verdict.call
        assert row.change == pytest.approx(verdict.change)


def test_shares_fit_their_quarters_and_keep_what_is_shown():
    shares, of = np.array([0.9, np.nan, np.nan, np.nan]), np.array([20.0, np.nan, np.nan, np.nan])
    drawn, cases = shares_that_fit(shares, of, [(np.arange(3), 45.0, 50.0)])
    assert (cases[:, 1:3].sum(1) == 30).all() and (cases[:, 0] == 20).all() and (drawn[:, 0] == 0.9).all()
    assert np.allclose((drawn * cases)[:, :3].sum(1), 45) and (drawn[:, :3] <= 1).all()
    assert len(np.unique(drawn[:, 1])) > 1 and np.isnan(drawn[:, 3]).all()
    np.testing.assert_array_equal(drawn, shares_that_fit(shares, of, [(np.arange(3), 45.0, 50.0)])[0])


@pytest.mark.parametrize("fallen", [0.9, 0.5])
def test_a_share_whose_months_are_hidden_is_judged_by_its_quarters(fallen):
    some = np.random.default_rng(4)
    of = some.poisson(40, 60)
    on_time = some.binomial(of, np.where(np.arange(60) > 50, fallen, 0.9))
    table = pd.DataFrame({"measure": "m", "area": "a", "period": MONTHS, "type": "percent"})
    exact = judge_table(table.assign(value=on_time / of, denominator=of.astype(float)), quarter=QUARTER)
    sums = pd.DataFrame({"n": on_time, "denominator": of}).groupby(MONTHS.asfreq("Q-MAR")).sum()
    sums = sums.assign(measure="m", area="a", value=sums["n"] / sums["denominator"]).rename_axis("period").reset_index()
    told = judge_table(table.assign(value=np.nan, denominator=np.nan), quarter=QUARTER, totals=sums)
    assert told["call"].iloc[0] == exact["call"].iloc[0]
    assert (told["call"].iloc[0] in LASTING) == (fallen < 0.9)
