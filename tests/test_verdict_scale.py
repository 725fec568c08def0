"""The scales and the shapes, by hand: where a value lies, and the way back to it."""

import numpy as np
import pytest

from analysis.kinds import KINDS
from analysis.verdict import hypotheses
from analysis.verdict.hypotheses import AHEAD, BREAK, PAST, SHIFT, SPIKE, TREND
from analysis.verdict.scale import ARC, LOG, LOGIT, PLAIN, ROOT, put_on_scale

DAYS = np.array([1.0, 0.9, 1.1, 1.0, 0.8, 1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("kind", "values", "form"),
    [
        ("flow", [40, 52, 61, 38, 47, 55, 49, 60], LOG),
        ("stock", [15, 15, 15, 15, 15, 0, 0, 900], LOG),  # a mean of 15 before the quarter, which does not count
        ("flow", [14, 15, 15, 15, 15, 90, 90, 90], ROOT),
        ("stock", [0, 2, 3, 1, 0, 4, 2, 1], ROOT),
        ("mean", [2.5, 3.1, 2.8, 2.2, 2.9, 3.3, 2.7, 2.6], LOG),
        ("value", [2.5, -3.1, 2.8, 2.2, 2.9, 3.3, 2.7, 2.6], PLAIN),
        ("value", [2.5, 3.1, 2.8, 0.0, 2.9, 3.3, 2.7, 2.6], PLAIN),
    ],
)
def test_the_way_there_and_back(kind, values, form):
    z, scale = put_on_scale(np.array([values], float), kind=KINDS[kind], exposure=DAYS)
    assert scale.form.tolist() == [form]
    back = scale.back(z, 1.0 if form == PLAIN else DAYS)
    expected = np.maximum(values, 0.5) if form == LOG and kind == "stock" else values  # a half stands for a zero
    assert back[0] == pytest.approx(expected)


def test_counts_on_their_scales():
    z, scale = put_on_scale(np.array([[100.0] * 8, [4.0] * 8]), kind=KINDS["flow"], exposure=DAYS)
    assert z[0] == pytest.approx(np.log(100 / DAYS))
    assert z[1] == pytest.approx(2 * np.sqrt(4 / DAYS + 3 / 8))  # Anscombe (1948)
    # a Poisson count of 100 scatters by a tenth, and by three hundredths more than counting explains
    assert scale.scatter == pytest.approx([np.sqrt(0.1**2 + 0.03**2), 1.0])
    _, scale = put_on_scale(np.array([[100.0] * 8, [4.0] * 8]), kind=KINDS["stock"], exposure=DAYS)
    assert scale.scatter == pytest.approx([0.01, 0.02])


def test_a_share_is_a_logit_of_its_cases():
    values, cases = np.array([[0.0, 0.5, 0.5, 0.5, 1.0, 0.5, 0.5, 0.9]]), np.full((1, 8), 40.0)
    z, scale = put_on_scale(values, kind=KINDS["percent"], exposure=np.ones(8), denominator=cases)
    assert z[0, :3] == pytest.approx([np.log(0.5 / 40.5), 0, 0]) and z[0, 4] == pytest.approx(np.log(40.5 / 0.5))
    assert z[0, 7] == pytest.approx(np.log(36.5 / 4.5))
    assert scale.form.tolist() == [LOGIT] and scale.scatter == pytest.approx(np.sqrt(1 / (40 * 0.25)) + 0.03)
    assert scale.back(np.array([[0.0, np.log(3)]])).tolist() == [[0.5, pytest.approx(0.75)]]
    unknown, wide = put_on_scale(values, kind=KINDS["percent"], exposure=np.ones(8))  # a hundred cases are taken
    assert unknown[0, 0] == pytest.approx(np.log(0.5 / 100.5)) and wide.scatter == pytest.approx(0.2 + 0.03)


def test_a_share_of_which_few_are_late_is_the_arcsine_of_its_root():
    values, cases = np.array([[1.0, 0.975, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]]), np.full((1, 8), 40.0)
    z, scale = put_on_scale(values, kind=KINDS["percent"], exposure=np.ones(8), denominator=cases)
    assert scale.form.tolist() == [ARC] and scale.scatter == pytest.approx(1 / np.sqrt(40))  # whatever the share
    assert z[0, 7] == pytest.approx(2 * np.arcsin(np.sqrt(0.375 / 40.75)))  # Anscombe 1948
    assert scale.back(z)[0] == pytest.approx(values[0], abs=0.01)


def test_a_missing_month_stays_missing_and_counts_for_nothing():
    values = np.array([[np.nan, 20.0, 20, 20, 20, 1, 1, 1]])
    z, scale = put_on_scale(values, kind=KINDS["flow"], exposure=np.ones(8))
    assert np.isnan(z[0, 0]) and not np.isnan(z[0, 1:]).any() and scale.form.tolist() == [LOG]
    assert scale.scatter == pytest.approx(np.hypot(1 / np.sqrt(20), 0.03))
    _, plain = put_on_scale(np.array([[np.nan, -1.0, 1, -1, 1, 9, 9, 9]]), kind=KINDS["value"], exposure=np.ones(8))
    assert plain.form.tolist() == [PLAIN] and plain.scatter == pytest.approx(0.01)


@pytest.mark.parametrize("level", [40.0, 600.0])
def test_the_depth_of_a_fall_is_a_share_of_the_level(level):
    z, scale = put_on_scale(np.full((1, 8), level), kind=KINDS["flow"], exposure=np.ones(8))
    fallen = scale.back(z[:, :1] + scale.depth(0.45)[:, None])
    assert fallen.item() == pytest.approx(0.45 * level)


@pytest.mark.parametrize(("kind", "values"), [("percent", 0.5), ("value", 0.5), ("flow", 9.0)])
def test_a_share_an_average_or_a_small_count_has_no_depth(kind, values):
    _, scale = put_on_scale(np.array([[values] * 7 + [0.0]]), kind=KINDS[kind], exposure=np.ones(8))
    assert scale.depth(0.45).tolist() == [-np.inf]


@pytest.mark.parametrize(
    ("kind", "level", "least"), [("flow", 400.0, 0.035), ("flow", 0.1, 0.75), ("stock", 400.0, 0.00125)]
)
def test_nothing_scatters_less_than_it_must(kind, level, least):
    _, scale = put_on_scale(np.full((1, 8), level), kind=KINDS[kind], exposure=np.ones(8))
    assert scale.least == pytest.approx(least, rel=0.02)


# -- shapes ---------------------------------------------------------------------------------------------------------

U = np.arange(-2, 5)  # months since the onset


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        ("pulse 1", [0, 0, 1, 0, 0, 0, 0]),
        ("pulse 3", [0, 0, 1, 1, 1, 0, 0]),
        ("fade 4", [0, 0, 1, 0.75, 0.5, 0.25, 0]),
        ("fade 2", [0, 0, 1, 0.5, 0, 0, 0]),
        ("step", [0, 0, 1, 1, 1, 1, 1]),
        ("half_step", [0, 0, 0.5, 1, 1, 1, 1]),
        ("ramp 4", [0, 0, 0.25, 0.5, 0.75, 1, 1]),
        ("surge 2", [0, 0, 1, 1, -0.35, 0, 0]),  # a gap, then a third of it keyed at once
    ],
)
def test_each_shape_by_hand(shape, values):
    name, *months = shape.split()
    made = getattr(hypotheses, name)
    assert (made(int(months[0])) if months else made)(U).tolist() == values


def columns_of(laid, kind, label, age):
    return laid.columns[:, (laid.kind == kind) & (laid.label == label) & (laid.age == age)]


def test_columns_begin_at_their_age_and_a_lasting_one_loses_a_quarter_in_the_year_ahead():
    laid = hypotheses.demand(48, few=False)
    assert laid.columns.shape[0] == 48 + AHEAD
    spike = columns_of(laid, SPIKE, "two months", 3)
    assert np.flatnonzero(spike).tolist() == [45, 46]
    newest = columns_of(laid, SPIKE, "two months", 1)
    assert np.flatnonzero(newest).tolist() == [47, 48]  # and its second month is still to come
    step = columns_of(laid, SHIFT, "a step", 5)[:, 0]
    assert step[:48].tolist() == [0] * 43 + [1] * 5
    assert step[48:] == pytest.approx(np.linspace(1, 0.75, 12))
    climb = columns_of(laid, TREND, "climbs for 24 months", 24)[:, 0]
    assert climb[23:48] == pytest.approx(np.arange(25) / 24)


def test_what_was_over_before_the_quarter_is_past():
    laid = hypotheses.demand(60, few=False)
    over = laid.label[laid.kind == PAST]
    assert set(over) == {"fades over five months", "fades over nine months"}
    assert (laid.age[laid.kind == PAST] > 6).all() and not laid.columns[57:60, laid.kind == PAST].any()
    assert set(hypotheses.recording(60, few=False).kind) == {BREAK, PAST}


def test_the_priors_of_new_changes_are_those_of_the_documents():
    laid = hypotheses.demand(60, few=False)
    new = laid.age <= 6
    by_kind = {kind: laid.prior[:, new & (laid.kind == kind)].sum() for kind in (SPIKE, SHIFT, TREND)}
    assert by_kind == pytest.approx({SPIKE: 0.16, SHIFT: 0.085, TREND: 0.045})
    older = laid.prior[:, (laid.kind == SHIFT) & (laid.age == 12)]
    assert older.ravel() == pytest.approx([0.45 * 0.085 / 6 * 0.7 / 3] * 3)  # of every size
    few = hypotheses.demand(60, few=True)
    assert few.prior[:, (few.kind == SHIFT) & (few.age == 12)].ravel() == pytest.approx(
        [0.75 * 0.085 / 6 * 0.7 / 3] * 3
    )
    broken = hypotheses.recording(60, few=False)
    assert broken.prior.shape[0] == 1 and (broken.prior > 0).all()


def test_a_short_series_has_room_for_few_changes():
    assert hypotheses.demand(12, few=False).age.max() == 6 and hypotheses.demand(20, few=False).age.max() == 14
    searched = hypotheses.events(40, few=False)
    assert set(searched.kind) == {SPIKE, SHIFT}
    assert searched.age[searched.kind == SPIKE].min() == 1 and searched.age[searched.kind == SHIFT].min() == 2
    assert searched.age[searched.kind == SHIFT].max() == 34 and searched.age[searched.kind == SPIKE].max() == 40
