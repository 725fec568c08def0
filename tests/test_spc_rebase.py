"""Proposals to rebase: made for shifts that hold, and for nothing else."""

import numpy as np
import pandas as pd
import pytest
from test_spc import monthly
from test_spc_seasonal import noisy

from analysis.errors import Refused
from analysis.periods import working_days_in
from analysis.spc import propose_rebase, xmr


@pytest.mark.parametrize(("size", "direction"), [(1.5, "higher"), (0.6, "lower")])
def test_a_shift_that_holds_is_proposed_and_changes_nothing(size, direction):
    series = monthly(noisy(40, 4) * np.where(np.arange(40) >= 28, size, 1.0))
    table = propose_rebase(series)
    (row,) = table.itertuples()
    assert abs((row.period - series.index[28]).n) <= 1 and row.direction == direction
    assert abs(row.after / row.before - size) < 0.1 and row.sigmas > 2
    assert f"points since {row.period}" in row.evidence and "still hold" in row.evidence
    assert xmr(series)["rebase_group"].eq(0).all()
    assert propose_rebase(series, rebase=[row.period]).empty  # once approved, it is not proposed again


def test_every_step_of_a_staircase_is_proposed_in_time_order():
    values = monthly(noisy(66, 5) * np.repeat([1.0, 1.6, 2.4], 22))
    starts = propose_rebase(values)["period"]
    assert [abs((found - values.index[at]).n) <= 1 for found, at in zip(starts, (22, 44), strict=True)] == [True] * 2


@pytest.mark.parametrize(
    "end",
    [
        [300, 310],
        [300, 310, 290],
        [799, 1029, 705, 754, 580, 461, 348, 283, 187],  # a surge that fades over eight months
        [150, 155, 150, 152, 149, 151, 150, 155, 100, 98, 101],  # a shift that went back
        [900, 800, 850, 170, 165, 172, 168, 170, 166, 171, 169],  # a surge that has left a little behind
        [150] * 6,  # not yet `run` points long
    ],
)
def test_a_spike_a_fading_surge_and_a_shift_that_ended_are_not_proposed(end):
    assert propose_rebase(monthly([*np.tile([90.0, 110, 100, 105, 95], 6), *end])).empty


def test_unchanged_series_are_rarely_proposed():
    found = [len(propose_rebase(monthly(noisy(48, seed)))) > 0 for seed in range(60)]
    assert sum(found) <= 3


@pytest.mark.parametrize("wrong", [{"kind": "rate"}, {"run": 8}, {"rebase": ["soon"]}])
def test_a_proposal_refuses_them_too(wrong):
    with pytest.raises(Refused, match=next(iter(wrong))):
        propose_rebase(monthly(range(24)), **wrong)


def test_a_proposal_speaks_of_adjusted_values():
    months = pd.period_range("2016-04", periods=40, freq="M")
    days = working_days_in(months, "england")
    stepped = np.where(np.arange(40) >= 28, 8.0, 5.0)
    (flow,) = propose_rebase(pd.Series(stepped * days, months), nation="england").itertuples()
    assert (str(flow.period), flow.direction, flow.points) == ("2018-08", "higher", 12)
    assert (flow.before, flow.after) == pytest.approx((5, 8), rel=0.02)
    assert "12 of the 12 points since 2018-08, the first 7 in a row, lie above the earlier centre line" in flow.evidence
    (stock,) = propose_rebase(pd.Series(20 * stepped, months), nation="england", kind="stock").itertuples()
    assert (stock.before, stock.after) == pytest.approx((100, 160), rel=0.02)


def test_a_step_of_a_series_without_scatter_is_beyond_all_sigmas():
    (row,) = propose_rebase(monthly([10.0] * 15 + [7.0] * 8)).itertuples()
    assert (str(row.period), row.direction, row.before, row.after) == ("2018-07", "lower", 10, 7)
    assert row.sigmas == np.inf and "lie below" in row.evidence and "lower by 3" in row.evidence


@pytest.mark.parametrize(("before", "found"), [(11, 0), (12, 1)])
def test_a_baseline_of_twelve_points_comes_before_a_proposal(before, found):
    assert len(propose_rebase(monthly([12, 10] * 6 + [20, 21] * 3 + [20]).iloc[12 - before :])) == found


@pytest.mark.parametrize(("run", "found"), [(7, 0), (6, 1)])
def test_a_proposal_waits_for_a_run(run, found):
    assert len(propose_rebase(monthly([12, 10] * 10 + [20, 22] * 3), run=run)) == found
