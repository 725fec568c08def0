"""The standard chart, point for point against NHSRplotthedots, and by hand; the adjusted chart; proposals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import Refused
from analysis.periods import working_days_in
from analysis.spc import adjust_for_season, propose_rebase, xmr

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
needs_reference = pytest.mark.skipif(
    not (SHARED / "spc_reference.csv").exists(),
    reason="the figures computed by NHSRplotthedots are not beside the project",
)
CASES = {
    "default": {},
    "no_screen": {"screen": False},
    "decrease": {"improvement": "decrease"},
    "neutral": {"improvement": None},
    "fix12": {"baseline": 12},
    "fix24": {"baseline": 24},
    "rebase_fy": {"rebase": ["2017-04", "2018-04"]},
    "rebase_201710_fix12": {"rebase": ["2017-10"], "baseline": 12},
}
NUMBERS = ["mean", "lpl", "upl"]
LABELS = [
    "relative_to_mean",
    "outside_limits",
    "close_to_limits",
    "special_cause_type",
    "point_type",
    "rebase_group",
]


def monthly(values, start="2017-04"):
    return pd.Series(values, pd.period_range(start, periods=len(values), freq="M"), dtype=float)


@pytest.fixture(scope="module")
def reference():
    return pd.read_csv(SHARED / "spc_reference.csv", parse_dates=["period"])


@needs_reference
@pytest.mark.parametrize("case", CASES)
def test_every_point_is_that_of_the_r_package(reference, case):
    """`ptd_spc()` of NHSRplotthedots 0.2.2 in R 4.5; nine trusts, three measures, 945 points a case."""
    expected, seen = reference[reference["case"] == case], 0
    for _, rows in expected.groupby(["metric", "series"]):
        series = pd.Series(rows["y"].to_numpy(), pd.PeriodIndex(rows["period"], freq="M"))
        table = xmr(series, **{"improvement": "increase"} | CASES[case])
        np.testing.assert_allclose(table[NUMBERS], rows[NUMBERS], rtol=1e-12, atol=1e-9)
        assert table[LABELS].to_numpy().tolist() == rows[LABELS].to_numpy().tolist()
        short = rows.loc[rows["short_group_warning"] == 1, "rebase_group"].unique()
        assert table.attrs["short_group"] == short.tolist()
        assert table.attrs["variation"] == rows["point_type"].iloc[-1]
        seen += len(table)
    assert seen == 945


@needs_reference
def test_assurance_and_variation_are_those_of_the_r_package(reference):
    expected = pd.read_csv(SHARED / "spc_assurance_reference.csv")
    attendances = reference[(reference["case"] == "default") & (reference["metric"] == "attendances")]
    for row in expected.itertuples():
        values = attendances.loc[attendances["series"] == row.org, "y"]
        improvement = None if row.direction == "neutral" else row.direction
        table = xmr(monthly(values.to_numpy(), "2016-04"), improvement=improvement, target=row.target)
        np.testing.assert_allclose(table[NUMBERS].iloc[-1].astype(float), [row.mean, row.lpl, row.upl], rtol=1e-12)
        counts = table["point_type"].value_counts()
        names = ["common_cause", "special_cause_improvement", "special_cause_concern"]
        assert [counts.get(name, 0) for name in names] == [row.common_cause, row.improvement, row.concern]
        assert table.attrs["variation"] == row.variation_type
        assert table.attrs["assurance"] == (None if pd.isna(row.assurance_type) else row.assurance_type)
    assert len(expected) == 27


def test_a_datetime_index_gives_the_same_table():
    series = monthly([4, 6, 5, 7, 20, 5, 6, 4, 6, 5, 8, 9, 7, 8])
    dated = series.set_axis(series.index.to_timestamp())
    got = xmr(dated, rebase=["2017-10-01"]).set_axis(series.index)
    pd.testing.assert_frame_equal(got, xmr(series, rebase=["2017-10"]))


def test_limits_worked_by_hand():
    """Sum 68, mean 6.8. Moving ranges 2 1 2 13 15 1 2 2 1: sum 39, mean 4.333, screen 14.157, so 15 is left out
    and the rest average 24 / 8 = 3. Limits 6.8 +/- 7.98; unscreened 6.8 +/- 2.66 * 39 / 9."""
    series = monthly([4, 6, 5, 7, 20, 5, 6, 4, 6, 5])
    table = xmr(series, improvement="decrease")
    np.testing.assert_allclose(table[NUMBERS].iloc[0], [6.8, -1.18, 14.78])
    np.testing.assert_allclose(xmr(series, screen=False)["upl"], 6.8 + 2.66 * 39 / 9)
    assert table["special_cause_type"].tolist() == ["Common Cause"] * 4 + ["Above UCL"] + ["Common Cause"] * 5
    assert table["point_type"].iloc[4] == "special_cause_concern"
    assert table["relative_to_mean"].tolist() == [-1, -1, -1, 1, 1, -1, -1, -1, -1, -1]
    assert table.attrs == {
        "variation": "common_cause",
        "assurance": None,
        "short_group": [0],
        "collapsed": [],
    }


def test_two_in_three_counts_a_point_beyond_the_limit_only_since_2023():
    """Baseline 9 and 11 in turn: mean 10, average range 2, near limit 13.55, limit 15.32."""
    series = monthly([9, 11] * 6 + [16, 14.5, 10.5])
    assert xmr(series, baseline=12)["special_cause_type"].iloc[-2:].tolist() == ["Common Cause"] * 2
    table = xmr(series, baseline=12, two_sigma="mdc-2023")
    assert table["special_cause_type"].iloc[-3:].tolist() == ["Above UCL", "2 in 3 Above CL", "Common Cause"]
    close = xmr(monthly([9, 11] * 6 + [14, 10.5, 15, 9]), baseline=12)["special_cause_type"]
    assert close.iloc[-4:].tolist() == ["2 in 3 Above CL", "Common Cause", "2 in 3 Above CL", "Common Cause"]
    for between in (9.5, 10):  # below the mean, or on it: not three on one side
        series = monthly([9, 11] * 6 + [14, between, 15, 9])
        assert xmr(series, baseline=12)["special_cause_type"].eq("Common Cause").all()
    near = xmr(monthly([9, 11] * 6 + [13.5, 9, 13.6, 15.3, 15.4]), baseline=12)
    assert near["close_to_limits"].tolist()[12:] == [0, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("improvement", "target", "assurance"),
    [
        ("increase", 15, "consistent_fail"),
        ("increase", -2, "consistent_pass"),
        ("decrease", 15, "consistent_pass"),
        ("decrease", -2, "consistent_fail"),
        ("decrease", 14.7, "inconsistent"),
        (None, 15, None),
        ("increase", None, None),
        ("increase", float("nan"), None),
    ],
)
def test_a_target_beyond_the_limits_is_always_met_or_never(improvement, target, assurance):
    series = monthly([4, 6, 5, 7, 20, 5, 6, 4, 6, 5])  # limits -1.18 and 14.78, by hand above
    assert xmr(series, improvement=improvement, target=target).attrs["assurance"] == assurance


@pytest.mark.parametrize(("n", "short"), [(12, [0]), (13, [])])
def test_a_group_is_short_below_thirteen_known_points(n, short):
    assert xmr(monthly([np.nan, *range(n)])).attrs["short_group"] == short


def test_a_baseline_is_counted_in_known_points():
    """Twelve known points, 9 and 11 in turn, and the 40 after them sets no line."""
    table = xmr(monthly([9, 11] * 3 + [np.nan] + [9, 11] * 3 + [40, 40]), baseline=12)
    np.testing.assert_allclose(table[NUMBERS].iloc[0], [10, 10 - 5.32, 10 + 5.32])


def test_the_turn_of_a_trend_belongs_to_the_move_that_follows():
    rise_and_fall = [14, 15, 16, 17, 18, 19, 20, 19, 18, 17, 16, 15, 14]
    labels = xmr(monthly([0, 40] * 6 + rise_and_fall))["special_cause_type"].tolist()[12:]
    assert labels == ["7 Point Trend (Increasing)"] * 6 + ["7 Point Trend (Decreasing)"] * 7


@pytest.mark.parametrize(("run", "labelled"), [(7, 0), (6, 6)])
def test_six_points_make_a_shift_when_asked(run, labelled):
    """The last six lie above the mean of 20.15 and inside the limits."""
    table = xmr(monthly([30, 10] * 12 + [21, 20.5, 21, 20.5, 21, 20.5]), run=run)
    assert (table["special_cause_type"] == f"{run} Points Above CL").sum() == labelled


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ([0, 40] * 6 + [14, 15, 16, 16, 17, 18, 19, 20], "Trend"),  # a tie breaks a trend
        ([10, 30] * 8 + [21, 21, 21, 20, 21, 21, 21] + [19] * 6, "Points"),  # so does the mean, 20, a shift
        ([0, 40] * 6 + [14, 15, 16, 17, np.nan, 18, 19, 20, 21], "Trend"),
        ([10, 30] * 8 + [21, 21, 21, np.nan, 21, 21, 21], "Points"),
    ],
)
def test_a_tie_the_mean_or_a_missing_point_breaks_a_run(values, label):
    assert not xmr(monthly(values))["special_cause_type"].dropna().str.contains(label).any()


@pytest.mark.parametrize(
    ("last", "first"),
    [
        ([30, 10] * 8 + [21, 22, 21, 22], [21, 22, 21, 22] + [10, 30] * 8),  # a shift of eight
        ([0, 40] * 9 + [20, 21], [22, 23, 24, 25, 26, 27] + [0, 40] * 9),  # a trend of eight
        ([9, 11] * 6 + [9, 14.5], [15, 11] + [9, 11] * 6),  # two in three
    ],
)
def test_no_rule_reaches_across_a_rebase(last, first):
    series = monthly([*last, *first])
    assert xmr(series)["special_cause_type"].ne("Common Cause").sum() >= 2
    assert xmr(series, rebase=[series.index[len(last)]])["special_cause_type"].eq("Common Cause").all()


def test_a_missing_month_has_no_label_and_no_moving_range():
    """Known neighbours 10-12 and 30-32: both ranges are 2, the 18 across the gap is none."""
    series = monthly([10, 12, np.nan, 30, 32])
    table = xmr(series)
    np.testing.assert_allclose(table["upl"], 21 + 2.66 * 2)
    assert table.loc[series.isna(), ["special_cause_type", "point_type"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(xmr(series.dropna()), table[series.notna()])  # an absent row is a missing month
    pd.testing.assert_frame_equal(xmr(series.fillna(np.inf)), table)


def test_the_variation_is_that_of_the_last_known_point():
    assert xmr(monthly([9, 11] * 6 + [99, np.nan]), baseline=12).attrs["variation"] == "special_cause_neutral_high"


@pytest.mark.parametrize("values", [[], [5], [np.nan] * 8, [np.nan, 5, np.nan], [5, np.nan, 6]])
def test_too_few_points_have_no_limits_and_no_special_cause(values):
    table = xmr(monthly(values), improvement="increase", target=3, two_sigma="mdc-2023")
    assert len(table) == len(values) and table[["lpl", "upl"]].isna().all(axis=None)
    assert table["point_type"].dropna().eq("common_cause").all()
    assert (table[["relative_to_mean", "outside_limits", "close_to_limits"]].abs().sum() <= 2).all()
    assert table.attrs["variation"] == "common_cause" and table.attrs["assurance"] is None


def test_an_empty_series_of_any_index_gives_an_empty_table():
    assert list(xmr(pd.Series(dtype=float)).columns) == [*NUMBERS, *LABELS]


@pytest.mark.parametrize("value", [0.0, 0.1, 0.9, 1 / 3, 799.0])
def test_a_constant_series_is_common_cause_and_its_limits_have_no_width(value):
    table = xmr(monthly([value] * 49), target=value, improvement="increase")
    assert (table[NUMBERS] == value).all(axis=None) and (table["point_type"] == "common_cause").all()
    assert table.attrs["collapsed"] == [0] and table.attrs["assurance"] == "inconsistent"


def test_collapsed_limits_are_flagged():
    assert xmr(monthly([0] * 20 + [3] + [0] * 20)).attrs["collapsed"] == [0]  # the rule's own answer: all special


def test_integers_that_may_be_missing_are_numbers():
    series = monthly([4, 6, 5, 7, 20]).astype("Int64")
    pd.testing.assert_frame_equal(xmr(series), xmr(series.astype(float)))


@pytest.mark.parametrize("rebase", [["2018-04"], [pd.Period("2018-04", "M")], [pd.Period("2019Q1", "Q-MAR")]])
def test_a_rebase_point_is_read_from_text_month_or_quarter(rebase):
    groups = xmr(monthly(range(24)), rebase=[*rebase, "2017-04", "2030-01"])["rebase_group"]
    assert groups.tolist() == [0] * 12 + [1] * 12


@pytest.mark.parametrize(
    "wrong",
    [
        {"baseline": 11},
        {"baseline": 12.5},
        {"improvement": "up"},
        {"improvement": "increse"},
        {"two_sigma": "excel"},
        {"run": 8},
        {"rebase": ["soon"]},
        {"rebase": 3},
        {"target": "95%"},
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(wrong):
    with pytest.raises(Refused, match=next(iter(wrong))) as caught:
        xmr(monthly(range(24)), **wrong)
    assert caught.value.code == "INVALID_PARAMETER"


@pytest.mark.parametrize(
    "series",
    [
        [1, 2, 3],
        pd.Series([1.0, 2.0]),
        pd.Series([1.0, 2.0], pd.PeriodIndex(["2020-04", "2020-04"], freq="M")),
        pd.Series([1.0, 2.0], pd.PeriodIndex(["2020-04", None], freq="M")),
        pd.Series(["a", "b"], pd.period_range("2020-04", periods=2, freq="M")),
    ],
)
@pytest.mark.parametrize("function", [xmr, adjust_for_season, propose_rebase])
def test_a_series_nothing_can_be_made_of_is_refused(function, series):
    with pytest.raises(Refused) as caught:
        function(series)
    assert caught.value.code == "INVALID_PARAMETER"


counts = st.lists(st.none() | st.integers(0, 20), max_size=48)
options = st.fixed_dictionaries(
    {
        "screen": st.booleans(),
        "baseline": st.none() | st.integers(12, 20),
        "two_sigma": st.sampled_from(["nhsr", "mdc-2023"]),
        "run": st.sampled_from([6, 7]),
        "rebase": st.lists(st.sampled_from(["2018-01", "2018-09", "2019-10"]), max_size=2),
    }
)
quick = settings(max_examples=40, deadline=None, derandomize=True)
FLIPPED = {"Above": "Below", "Below": "Above", "UCL": "LCL", "LCL": "UCL"}
FLIPPED |= {"(Increasing)": "(Decreasing)", "(Decreasing)": "(Increasing)"}


@quick
@given(counts, options, st.integers(-500, 500), st.sampled_from([0.1, 0.25, 3, 1000]))
def test_shift_and_scale_move_the_lines_and_leave_the_labels(values, chosen, shift, scale):
    before, after = xmr(monthly(values), **chosen), xmr(monthly(values) * scale + shift, **chosen)
    np.testing.assert_allclose(after[NUMBERS], before[NUMBERS] * scale + shift, rtol=1e-9, atol=1e-9)
    pd.testing.assert_frame_equal(after[LABELS], before[LABELS])


@quick
@given(counts, options, st.randoms(use_true_random=False))
def test_rows_may_come_in_any_order(values, chosen, random):
    series = monthly(values)
    order = random.sample(range(len(series)), len(series))
    pd.testing.assert_frame_equal(xmr(series.iloc[order], **chosen), xmr(series, **chosen).iloc[order])


@quick
@given(counts, options)
def test_the_other_sign_flips_every_label(values, chosen):
    up = xmr(monthly(values), improvement="increase", target=9, **chosen)
    down = xmr(-monthly(values), improvement="decrease", target=-9, **chosen)
    np.testing.assert_allclose(down[NUMBERS], -up[["mean", "upl", "lpl"]], rtol=1e-9, atol=1e-9)
    flipped = [" ".join(FLIPPED.get(word, word) for word in str(label).split()) for label in up["special_cause_type"]]
    assert [str(label) for label in down["special_cause_type"]] == flipped
    pd.testing.assert_series_equal(down["point_type"], up["point_type"])
    assert down.attrs == up.attrs


@quick
@given(counts, options)
def test_the_rule_of_2023_and_shorter_runs_only_add_special_causes(values, chosen):
    def special(**changed):
        return xmr(monthly(values), **chosen | changed)["special_cause_type"].fillna("Common Cause") != "Common Cause"

    assert (special(two_sigma="nhsr") <= special(two_sigma="mdc-2023")).all()
    assert (special(run=7) <= special(run=6)).all()


# the adjusted chart


def noisy(n, seed, level=100.0):
    return level + np.random.default_rng(seed).normal(0, level / 10, n)


def test_months_of_unequal_length_are_no_signal_once_adjusted():
    months = pd.period_range("2016-04", periods=36, freq="M")
    steady = pd.Series(5.0 * working_days_in(months, "wales"), months)
    table = adjust_for_season(steady, nation="wales")
    np.testing.assert_allclose(table["adjusted"], 5.0)
    assert (table["point_type"] == "common_cause").all() and table.attrs["unit"] == "per working day"
    assert adjust_for_season(steady, nation="wales", kind="stock")["working_days"].eq(1).all()


@pytest.mark.parametrize("kind", ["flow", "percent"])
def test_a_season_is_found_and_taken_out(kind):
    values = monthly(noisy(60, 1, 0.5 if kind == "percent" else 100))
    winter = np.where(values.index.month <= 3, 1.4, 1.0)
    series = values + (winter - 1) / 2 if kind == "percent" else values * winter
    table = adjust_for_season(series, kind=kind)
    season = table["season"].groupby(series.index.month).first()
    step = season[:3].mean() - season[3:].mean() if kind == "percent" else season[:3].mean() / season[3:].mean() - 1
    assert abs(step - (0.2 if kind == "percent" else 0.4)) < 0.06
    assert table.attrs["season"].startswith("The season was estimated")
    assert table["outside_limits"].sum() < xmr(series)["outside_limits"].sum()


def test_normal_months_beside_a_spike_are_common_cause():
    """Two months pull the standard chart's mean above most others, which are then special themselves."""
    values = np.tile([98.0, 103, 100, 96, 104, 101, 99, 102, 97], 4)
    values[[20, 21]] = 300
    series = monthly(values)
    assert xmr(series)["special_cause_type"].isin(["Below LCL", "7 Points Below CL"]).sum() > 25
    assert adjust_for_season(series)["special_cause_type"].ne("Common Cause").sum() == 2


def test_the_adjusted_limits_hold_no_range_of_a_spike():
    """Beside a spike of 1000 the ranges of one of 60 pass the first screening; 9 and 11 in turn are 2 apart."""
    table = adjust_for_season(monthly([9, 11] * 5 + [60] + [11, 9] * 4 + [1000, 9, 11]))
    np.testing.assert_allclose(table["upl"] - table["centre"], 2.66 * 2)


def test_a_season_without_noise_leaves_no_outside_point():
    series = monthly(100 + 20 * np.sin(np.arange(48) * np.pi / 6))
    assert adjust_for_season(series)["outside_limits"].sum() == 0 < xmr(series)["outside_limits"].sum()


def test_of_two_years_a_spike_makes_no_season():
    values = np.full(24, 100.0)
    values[5] = 300
    assert adjust_for_season(monthly(values))["season"].eq(1).all()


@pytest.mark.parametrize(("n", "freq"), [(23, "M"), (103, "W-SUN"), (7, "Q-MAR"), (40, "Y"), (0, "M"), (1, "M")])
def test_under_two_years_no_season_is_estimated_and_it_says_so(n, freq):
    series = pd.Series(noisy(n, 2), pd.period_range("2017-04", periods=n, freq=freq))
    table = adjust_for_season(series)
    assert table["season"].eq(1).all() and table.attrs["season"].startswith("No season was estimated")
    assert len(table) == n and propose_rebase(series.iloc[:8]).empty


def test_weeks_take_the_season_of_their_month():
    weeks = pd.period_range("2016-04-04", periods=208, freq="W-SUN")
    august = (weeks.to_timestamp() + pd.Timedelta(days=3)).month == 8
    table = adjust_for_season(pd.Series(noisy(208, 3) * np.where(august, 0.5, 1.0), weeks), nation="england")
    assert table.loc[august, "season"].max() < 0.65 < 0.9 < table.loc[~august, "season"].min()


@quick
@given(counts, st.sampled_from(["flow", "stock", "percent"]), st.randoms(use_true_random=False))
def test_the_adjusted_chart_takes_any_counts_in_any_order(values, kind, random):
    series = monthly(values)
    order = random.sample(range(len(series)), len(series))
    table = adjust_for_season(series, nation="england", kind=kind)
    pd.testing.assert_frame_equal(adjust_for_season(series.iloc[order], nation="england", kind=kind), table.iloc[order])
    assert table["adjusted"].notna().tolist() == series.notna().tolist()
    propose_rebase(series, nation="england", kind=kind)


# proposals


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


@pytest.mark.parametrize("wrong", [{"kind": "rate"}, {"improvement": "up"}, {"two_sigma": "excel"}, {"run": 8}])
def test_the_adjusted_chart_refuses_what_the_standard_one_does(wrong):
    with pytest.raises(Refused, match=next(iter(wrong))):
        adjust_for_season(monthly(range(24)), **wrong)


@pytest.mark.parametrize("wrong", [{"kind": "rate"}, {"run": 8}, {"rebase": ["soon"]}])
def test_a_proposal_refuses_them_too(wrong):
    with pytest.raises(Refused, match=next(iter(wrong))):
        propose_rebase(monthly(range(24)), **wrong)


def test_a_refusal_says_what_is_known_and_what_is_nearest():
    with pytest.raises(
        Refused, match=r"improvement is one of 'increase', 'decrease', None; found 'increse'.*'increase'"
    ):
        xmr(monthly(range(24)), improvement="increse")
    with pytest.raises(Refused, match=r"to_period\('M'\)"):
        adjust_for_season(monthly(range(24)).to_timestamp())


def test_polarity_target_rule_and_run_reach_the_adjusted_chart():
    series = monthly([30, 10, 10, 10] * 4 + [21, 20.5] * 3)  # the centre is the median, 10
    assert not adjust_for_season(series)["special_cause_type"].str.contains("Points").any()
    six = adjust_for_season(series, run=6, improvement="decrease")
    assert (six["special_cause_type"] == "6 Points Above CL").sum() == 6
    assert adjust_for_season(series, rebase=["2018-04"])["rebase_group"].tolist() == [0] * 12 + [1] * 10
    assert six["point_type"].iloc[-1] == "special_cause_concern" and six.attrs["variation"] == "special_cause_concern"
    pair = monthly([9, 9, 11] * 6 + [10, 17, 12])  # 17 lies outside, 12 near the limit
    by_rule = [adjust_for_season(pair, two_sigma=rule)["special_cause_type"].iloc[-1] for rule in ("nhsr", "mdc-2023")]
    assert by_rule == ["Common Cause", "2 in 3 Above CL"]


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


def test_percentages_have_seasons_in_points_and_the_middle_year_counts():
    """Three years at 0.50, each March 0.20 higher: the season of March is 0.2 less a twelfth of it."""
    months = pd.period_range("2017-04", periods=36, freq="M")
    share = pd.Series(np.where(months.month == 3, 0.7, 0.5), months)
    table = adjust_for_season(share, kind="percent")
    assert table["season"].groupby(months.month).first().to_numpy() == pytest.approx(
        [-0.2 / 12] * 2 + [0.2 - 0.2 / 12] + [-0.2 / 12] * 9
    )
    assert table["adjusted"].to_numpy() == pytest.approx(np.full(36, 0.5 + 0.2 / 12))
    assert table.attrs["season"] == "The season was estimated from 36 points." and table.attrs["unit"] == "as given"


def test_quarters_have_seasons_too():
    quarters = pd.period_range("2014Q1", periods=16, freq="Q-MAR")
    series = pd.Series(np.where(quarters.quarter == 4, 130.0, 100.0), quarters)
    table = adjust_for_season(series)
    mean = 430 / 400
    assert table["season"].iloc[:4].tolist() == pytest.approx([1 / mean] * 3 + [1.3 / mean])
    assert table["adjusted"].to_numpy() == pytest.approx(np.full(16, 100 * mean))
    assert "takes 2 years" in adjust_for_season(series.iloc[:7]).attrs["season"]
