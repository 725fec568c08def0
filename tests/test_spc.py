"""The standard chart, point for point against NHSRplotthedots, and by hand; what all three charts refuse."""

import numpy as np
import pandas as pd
import pytest
from conftest import DATA
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import Refused
from analysis.spc import adjust_for_season, propose_rebase, xmr

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
    return pd.read_csv(DATA / "spc_reference.csv.gz", parse_dates=["period"])


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


def test_assurance_and_variation_are_those_of_the_r_package(reference):
    expected = pd.read_csv(DATA / "spc_assurance_reference.csv")
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


UP, DOWN = range(1, 8), range(7, 0, -1)


@pytest.mark.parametrize(
    ("values", "run", "directions"),
    [
        ([*UP, *DOWN], 7, "++++++-" + "-------"),  # the turn on a tie: the seventh point is no rise
        ([*DOWN, *UP], 7, "-------" + "+++++++"),
        ([*UP, *range(7, 14)], 7, "++++++-" + "+++++++"),  # so it is where the rise goes on after the tie
        ([*DOWN, *range(1, -6, -1)], 7, "-------" + "-------"),
        ([*UP, 7, *DOWN], 7, "+++++++" + "." + "-------"),  # two ties: the next point is in no trend
        ([*UP, *UP], 7, "++++++-" + "+++++++"),  # no tie: the move on is a fall
        ([*DOWN, *DOWN], 7, "------+" + "-------"),
        ([*UP, *DOWN, *UP], 7, "++++++-" + "-------" + "+++++++"),
        ([*UP, *DOWN[1:], *UP], 7, "++++++-" + "------" + "+++++++"),  # a turn on a point, one on a tie
        ([*UP, *DOWN[:6]], 7, "+++++++" + "......"),  # six falling points are no trend of seven ...
        ([*UP, *DOWN[:6]], 6, "++++++-" + "------"),  # ... but of six
        ([*UP[:6], *UP[5:]], 6, "++++++" + ".."),
        ([1, *UP, 7], 7, "." + "+++++++" + "."),  # ties at the ends take nothing away
        ([*UP, np.nan, *DOWN], 7, "+++++++" + "." + "-------"),
    ],
)
def test_a_tie_between_two_trends_is_no_rise(values, run, directions):
    """Worked from the rule of the R package: a point of a trend takes the direction of its move to the next point if
    that is in a trend too, else of the move to it; a move up is `Increasing`, any other `Decreasing`. The values
    before, which set the lines, keep every point within the limits; they end above a rise and below a fall."""
    swing = [-500, 500] if values[0] <= values[1] else [500, -500]
    labels = xmr(monthly([*swing * 6, *values]), baseline=12, run=run)["special_cause_type"].iloc[12:].fillna("")
    trends = {"+": f"{run} Point Trend (Increasing)", "-": f"{run} Point Trend (Decreasing)"}
    assert labels.where(labels.str.contains("Trend"), ".").tolist() == [trends.get(way, ".") for way in directions]


stretches = st.tuples(
    st.sampled_from([1, -1]),
    st.sampled_from([1, 4, 5, 6, 7, 12]),
    st.sampled_from(["", "tie", "two ties", "gap", "group"]),
)


@settings(max_examples=min(150, 5 * settings.default.max_examples), deadline=None, derandomize=True)
@given(st.lists(stretches, min_size=2, max_size=6), st.sampled_from([6, 7]))
def test_trends_are_those_that_every_window_of_points_gives(pieces, run):
    """The rule the long way round: all windows of `run` points, then each point and its neighbours."""
    values, starts = [-500.0, 500.0] * 6 + [0.0], []
    for way, moves, joint in pieces:
        values += [values[-1] + way * (k + 1) for k in range(moves)]
        values += {"tie": values[-1:], "two ties": values[-1:] * 2, "gap": [np.nan, values[-1]]}.get(joint, [])
        starts += [len(values)] if joint == "group" else []
    series = monthly(values)
    table = xmr(series, run=run, rebase=[series.index[0] + start for start in starts])

    def moves(first, last):
        return [values[k + 1] - values[k] for k in range(first, last)]

    group, part = table["rebase_group"].tolist(), set()
    for first in range(len(values) - run + 1):
        last = first + run - 1
        one_way = all(move > 0 for move in moves(first, last)) or all(move < 0 for move in moves(first, last))
        part |= set(range(first, last + 1)) if one_way and group[first] == group[last] else set()
    for k, label in enumerate(table["special_cause_type"].fillna("")):
        if table["outside_limits"].iloc[k]:
            continue
        onward = k + 1 in part and group[k] == group[k + 1]
        move = values[k + 1] - values[k] if onward else values[k] - values[k - 1]
        trend = f"{run} Point Trend ({'Increasing' if move > 0 else 'Decreasing'})" if k in part else ""
        assert (label if "Trend" in label else "") == trend, k


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
quick = settings(max_examples=min(40, 2 * settings.default.max_examples), deadline=None, derandomize=True)
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
    up_label, down_label = (table["special_cause_type"].fillna("") for table in (up, down))
    tied = up_label.str.contains("Trend") & (monthly(values).diff(-1) == 0)
    flipped = up_label.map(lambda label: " ".join(FLIPPED.get(word, word) for word in label.split()))
    pd.testing.assert_series_equal(down_label[~tied], flipped[~tied])  # a tie between trends is a fall both ways
    pd.testing.assert_series_equal(down["point_type"][~tied], up["point_type"][~tied])
    assert down.attrs == up.attrs


@quick
@given(counts, options)
def test_the_rule_of_2023_and_shorter_runs_only_add_special_causes(values, chosen):
    def special(**changed):
        return xmr(monthly(values), **chosen | changed)["special_cause_type"].fillna("Common Cause") != "Common Cause"

    assert (special(two_sigma="nhsr") <= special(two_sigma="mdc-2023")).all()
    assert (special(run=7) <= special(run=6)).all()


def test_a_refusal_says_what_is_known_and_what_is_nearest():
    with pytest.raises(
        Refused, match=r"improvement is one of 'increase', 'decrease', None; found 'increse'.*'increase'"
    ):
        xmr(monthly(range(24)), improvement="increse")
    with pytest.raises(Refused, match=r"to_period\('M'\)"):
        adjust_for_season(monthly(range(24)).to_timestamp())
