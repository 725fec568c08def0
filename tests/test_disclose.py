"""Small numbers: what is published gives no count of 1 to 5 away.

The attacker here is no model of one: every input that could have been is sent through `protect`, and inputs that
look the same on paper are laid side by side. What they do not agree on, nobody can know.
"""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import disclosure
from analysis.breakdown import contributions
from analysis.disclosure import LARGEST, PROFILES, SMALLEST
from analysis.errors import Refused
from analysis.measuring import COLUMNS
from analysis.periods import quarter_of

FEWEST_VALUES = 4  # a hidden count that could only be one of fewer is as good as shown
SUPPRESSED = "suppressed"
Q4 = pd.Period("2021Q4", "Q-MAR")
BANDS = ["on_time", "late_1_2", "late_3_5", "late_over_5", "late_open"]


def protect(months, quarters, *, profile):
    given = disclosure.protect(months, quarters, profile=profile)
    return given.months, given.quarters


def protect_parts(parts, *, profile):
    months, quarters = (t.iloc[:0] for t in counts([10, 20, 30]))
    told = disclosure.protect(months, quarters, parts=parts, profile=profile).parts
    return contributions(told, quarter=Q4)


def table(areas, periods, *, kind, per_area=None, **columns) -> pd.DataFrame:
    """Make a measured table: a row an area and period, columns as flat arrays."""
    made = pd.DataFrame(
        {
            "measure": "m",
            "area": np.repeat(areas, per_area or len(periods)),
            "period": pd.PeriodIndex(np.tile(periods, len(areas)), freq=periods.freq),
            "type": kind,
            "nation": "wales",
            "status": "",
            **columns,
        }
    )
    return made.reindex(columns=[*COLUMNS, *(c for c in columns if c not in COLUMNS)])


def counts(rows, kind="flow", quiet=9, children=None):
    """Months and quarters of areas whose last quarter's months are `rows`; before it lie `quiet` months of 20."""
    rows = np.atleast_2d(np.asarray(rows, float))
    areas = [f"{i:06d}" for i in range(len(rows))]
    values = np.hstack([np.full((len(rows), quiet), 20.0), rows])
    months = pd.period_range(end="2021-03", periods=values.shape[1], freq="M")
    months = table(areas, months, kind=kind, value=values.ravel())
    months["children"] = months["value"] if children is None else np.ravel(children).astype(float)
    return months, by_quarter(months)


def by_quarter(months):
    """Add months up, the plain way."""
    quarter = quarter_of(pd.PeriodIndex(months["period"]))
    grouped = months.assign(period=quarter).groupby(["measure", "area", "period"], as_index=False)
    figures = [c for c in ("value", "numerator", "denominator", "children") if months[c].notna().any()]
    added = grouped[figures].sum(min_count=1)
    if months["type"].iloc[0] == "stock":
        added = grouped[figures].last()
    if months["type"].iloc[0] == "percent":
        added["value"] = added["numerator"] / added["denominator"]
    return added.assign(type=months["type"].iloc[0], nation="wales", status="").reindex(columns=months.columns)


def shares(late, in_time, quiet=9):
    """Months and quarters of percentages of which `late` and `in_time` make the last quarter."""
    late, in_time = (np.atleast_2d(np.asarray(x, float)) for x in (late, in_time))
    areas = [f"{i:06d}" for i in range(len(late))]
    before = np.full((len(late), quiet), 20.0)
    late, in_time = (np.hstack([before, x]).ravel() for x in (late, in_time))
    months = pd.period_range(end="2021-03", periods=quiet + 3, freq="M")
    with np.errstate(invalid="ignore"):
        value = in_time / (late + in_time)
    months = table(
        areas,
        months,
        kind="percent",
        value=value,
        numerator=in_time,
        denominator=late + in_time,
        children=late + in_time,
    )
    return months, by_quarter(months)


def on_paper(table, columns=("value",)) -> np.ndarray:
    """Return one row an area: what a reader sees of Quarter 4, -1 where it is hidden."""
    here = table[table["period"] >= (Q4 if table["period"].iloc[0].freqstr == "Q-MAR" else Q4.asfreq("M", "start"))]
    here = here.sort_values(["area", "period"])
    assert (here[list(columns)].isna().all(axis=1) == (here["status"] == SUPPRESSED)).all()
    return here[list(columns)].fillna(-1).to_numpy().reshape(here["area"].nunique(), -1)


def fewest_values(seen, truth):
    """Return for every input and cell how many values the cell has among the inputs that look the same."""
    _, alike = np.unique(seen, axis=0, return_inverse=True)
    out = np.empty(truth.shape, int)
    for cell in range(truth.shape[1]):
        out[:, cell] = pd.Series(truth[:, cell]).groupby(alike.ravel()).transform("nunique")
    return out


def counted_out(seen, truth):
    """Say of which inputs every other one with the same hidden sum is among those tried."""
    cells = truth.shape[1]
    return np.where(seen[:, :cells] == -1, truth, 0).sum(axis=1, keepdims=True) <= truth.max()


# -- one month, one figure ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "edges"),
    [
        ("council", [(0, 0), (1, None), (5, None), (6, 6), (23, 23)]),
        ("rounded", [(0, 0), (1, None), (7, None), (8, 10), (12, 10), (13, 15), (23, 25)]),
        ("internal", [(0, 0), (1, 1), (5, 5), (23, 23)]),
    ],
)
def test_the_edges_of_each_profile(profile, edges):
    months, quarters = counts([[0, 0, count] for count, _ in edges])
    shown = protect(months, quarters, profile=profile)[1].query("period == @Q4").sort_values("area")
    assert [None if pd.isna(v) else v for v in shown["value"]] == [e for _, e in edges]
    assert (shown["status"].eq(SUPPRESSED) == shown["value"].isna()).all()


def test_an_unknown_profile_is_refused():
    with pytest.raises(Refused, match="council, rounded, internal"):
        protect(*counts([1, 2, 3]), profile="public")
    assert PROFILES == ("council", "rounded", "internal")


def test_internal_is_exact_and_nothing_given_is_changed():
    for profile in PROFILES:
        months, quarters = counts([3, 4, 50])
        before = months.copy(), quarters.copy()
        shown = protect(months, quarters, profile=profile)
        pd.testing.assert_frame_equal(months, before[0])
        pd.testing.assert_frame_equal(quarters, before[1])
        if profile == "internal":
            assert set(shown[0]["mark"]) == {""}
            pd.testing.assert_frame_equal(shown[0].drop(columns="mark"), before[0])


def test_a_hidden_row_keeps_its_place_and_loses_every_figure():
    months, quarters = counts([3, 40, 50])
    months["per_10000"], months["lower"], months["upper"] = 1.0, 2.0, 3.0
    shown, _ = protect(months, quarters, profile="council")
    assert (shown[["measure", "area", "period"]] == months[["measure", "area", "period"]]).all(axis=None)
    gone = shown[shown["status"] == SUPPRESSED]
    assert gone["period"].astype(str).tolist() == ["2021-01", "2021-02"]
    assert gone[["value", "lower", "upper", "children", "per_10000"]].isna().all(axis=None)


def test_the_threshold_counts_children_and_not_events():
    # 25 contacts about one child are one child
    months, quarters = counts([25, 30, 40], quiet=9, children=[[20.0] * 9 + [1, 30, 40]])
    shown, _ = protect(months, quarters, profile="council")
    assert on_paper(shown).tolist() == [[-1, -1, 40]]


@pytest.mark.parametrize(
    ("late", "in_time", "children", "hidden"),
    [
        (3, 40, 43, True),  # few late
        (40, 3, 43, True),  # few in time
        (2, 2, 4, True),
        (0, 40, 40, False),
        (40, 0, 40, False),
        (6, 6, 12, False),
        (20, 20, 3, True),  # forty visits to three children
        (0, 0, 0, False),  # nothing due
    ],
)
def test_a_share_is_hidden_for_its_numerator_its_rest_and_its_children(late, in_time, children, hidden):
    months, quarters = shares([0, 0, late], [0, 0, in_time])
    quarters.loc[quarters["period"] == Q4, "children"] = children
    shown = protect(months, quarters, profile="council")[1].query("period == @Q4")
    assert shown["status"].eq(SUPPRESSED).tolist() == [hidden]
    if hidden:
        assert shown[["value", "numerator", "denominator", "lower", "upper"]].isna().all(axis=None)


def test_a_share_of_posts_passes_and_a_share_of_children_does_not():
    months, quarters = shares([[30] * 3], [[3] * 3])
    staff = [t.assign(children=np.nan) for t in (months, quarters)]
    assert (protect(*staff, profile="council")[0]["status"] == "").all()
    assert (protect(months, quarters, profile="council")[0]["status"] == SUPPRESSED).any()


def test_a_mean_of_few_is_hidden_and_a_second_month_too():
    months, quarters = (t.assign(denominator=t["value"], value=7.5) for t in counts([3, 40, 50], kind="mean"))
    shown, told = protect(months, quarters, profile="council")
    assert on_paper(shown).tolist() == [[-1, -1, 7.5]] and on_paper(told).tolist() == [[7.5]]


def test_a_given_figure_of_children_is_hidden_and_any_other_passes():
    months, quarters = counts([3, 40, 50], kind="value")
    quarters["value"] /= 3  # the quarter of such a figure is the mean of its months, so it gives a month away as well
    assert on_paper(protect(months, quarters, profile="council")[0]).tolist() == [[-1, -1, 50]]
    other = [t.assign(children=np.nan) for t in (months, quarters)]
    assert on_paper(protect(*other, profile="council")[0]).tolist() == [[3, 40, 50]]


def test_what_a_hidden_month_is_compared_with_does_not_stand_elsewhere():
    months, quarters = counts([3, 40, 50])
    other = months.assign(measure="other", value=100.0, children=100.0, comparator=months["value"])
    both = pd.concat([months, other], ignore_index=True)
    shown, _ = protect(both, quarters, profile="council")
    compared = shown.query("measure == 'other'")["comparator"].tolist()
    assert compared[:9] == [20.0] * 9 and np.isnan(compared[9:11]).all() and compared[11] == 50


# -- a quarter: months and their total ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("months", "seen", "total"),
    [
        ([10, 20, 30], [10, 20, 30], 60),
        ([3, 20, 30], [-1, -1, 30], 53),  # the next month goes with it, however large
        ([20, 3, 30], [20, -1, -1], 53),
        ([20, 30, 3], [-1, 30, -1], 53),
        ([3, 0, 30], [-1, 0, -1], 33),  # nothing is hidden behind a zero
        ([0, 0, 8], [0, 0, 8], 8),
        ([0, 0, 3], [0, 0, -1], -1),
        ([1, 1, 30], [-1, -1, 30], -1),  # 32 - 30 = 2 = 1 + 1
        ([2, 3, 30], [-1, -1, 30], -1),
        ([3, 3, 30], [-1, -1, 30], 36),
        ([5, 5, 5], [-1, -1, -1], -1),  # 15 = 5 + 5 + 5
        ([3, 3, 3], [-1, -1, -1], 9),
    ],
)
def test_a_second_month_goes_with_a_hidden_one_and_the_total_where_it_must(months, seen, total):
    shown, told = protect(*counts(months), profile="council")
    assert on_paper(shown).tolist() == [seen] and on_paper(told).tolist() == [[total]]


def test_no_month_of_a_quarter_can_be_pinned_by_one_who_knows_the_rules():
    """All 17^3 quarters of months from 0 to 16: every hidden small count could be one of four or more."""
    truth = np.array(list(itertools.product(range(17), repeat=3)))
    shown, told = protect(*counts(truth), profile="council")
    seen = np.hstack([on_paper(shown), on_paper(told)])
    small = (truth >= SMALLEST) & (truth <= LARGEST)
    assert (seen[:, :3][small] == -1).all()
    assert (seen[:, :3][truth == 0] == 0).all()
    assert fewest_values(seen, truth)[small & counted_out(seen, truth)].min() >= FEWEST_VALUES
    told_small = (truth.sum(axis=1) >= SMALLEST) & (truth.sum(axis=1) <= LARGEST)
    assert (seen[told_small, 3] == -1).all()
    assert ((seen[:, 3] == -1).mean() < 0.1) & ((seen[:, :3] == -1).mean() < 0.7)  # and something is left to read


def test_the_same_holds_of_what_is_rounded_where_the_threshold_is_seven():
    truth = np.array(list(itertools.product(range(18), repeat=3)))  # 15 stands for no more than 17
    shown, told = protect(*counts(truth), profile="rounded")
    seen = np.hstack([on_paper(shown), on_paper(told)])
    small = (truth >= SMALLEST) & (truth <= 7)
    assert fewest_values(seen, truth)[small].min() >= FEWEST_VALUES
    assert (seen[:, :3] == -1).mean() < small.mean() + 0.01  # rounding protects nearly all else


@given(st.lists(st.integers(0, 9), min_size=6, max_size=6))
def test_no_share_can_be_pinned_by_exact_counting(cells):
    """Every pair of late and in time that fits what the page says, counted out."""
    late, in_time = np.array(cells[:3]), np.array(cells[3:])
    shown, told = protect(*shares(late, in_time), profile="council")
    seen = on_paper(
        shown.assign(value=shown["value"].fillna(-2).where(shown["status"] != SUPPRESSED)), ["numerator", "denominator"]
    )
    seen = seen.reshape(3, 2)
    total = (
        on_paper(told.assign(value=0.0), ["numerator", "denominator"])[0]
        if told["numerator"].notna().iloc[-1]
        else None
    )
    hidden = seen[:, 0] == -1
    for month in range(3):
        if not hidden[month]:
            assert seen[month].tolist() == [in_time[month], late[month] + in_time[month]]
            assert not {late[month], in_time[month]} & set(range(SMALLEST, LARGEST + 1))
    if total is None or not hidden.any():
        return
    for truth, published, whole in (
        (in_time, seen[:, 0], total[0]),
        (late, seen[:, 1] - seen[:, 0], total[1] - total[0]),
    ):
        left = int(whole - published[~hidden].sum())
        fits = [x for x in itertools.product(range(left + 1), repeat=int(hidden.sum())) if sum(x) == left]
        for place, count in enumerate(truth[hidden]):
            if SMALLEST <= count <= LARGEST:
                assert len({x[place] for x in fits}) >= FEWEST_VALUES


@given(st.lists(st.integers(0, 12), min_size=13, max_size=13))
def test_weeks_of_a_quarter_hold_as_well(cells):
    weeks = pd.period_range("2021-03-29", periods=13, freq="W-SUN")  # Thursdays from 1 April to 24 June
    before = pd.period_range(end="2021-03-28", periods=39, freq="W-SUN")
    values = np.array([20.0] * 39 + cells)
    given_weeks = table(["a"], before.append(weeks), kind="flow", value=values, children=values)
    shown, told = protect(given_weeks, by_quarter(given_weeks), profile="council")
    seen, total = shown["value"].to_numpy()[39:], told["value"].iloc[-1]
    hidden = np.isnan(seen)
    assert hidden[[SMALLEST <= c <= LARGEST for c in cells]].all()
    if hidden.all() or np.isnan(total):
        return
    k, left = hidden.sum(), total - np.nansum(seen)
    assert k != 1
    if k > 2:  # all of them are known to be small
        possible = [x for x in range(SMALLEST, LARGEST + 1) if k - 1 <= left - x <= LARGEST * (k - 1)]
        assert len(possible) >= FEWEST_VALUES
    if k == 2:
        pairs = [(x, left - x) for x in range(SMALLEST, LARGEST + 1) if left - x >= SMALLEST]
        assert len(pairs) >= FEWEST_VALUES and (left > 2 * LARGEST or left == SMALLEST + LARGEST)


def test_a_stock_is_no_sum_so_only_its_small_months_are_hidden():
    shown, told = protect(*counts([[3, 20, 30], [20, 30, 3]], kind="stock"), profile="council")
    assert on_paper(shown).tolist() == [[-1, 20, 30], [20, 30, -1]]
    assert on_paper(told).tolist() == [[30], [-1]]


def test_a_percentage_that_is_mostly_hidden_is_hidden_whole_and_a_count_is_judged_by_what_is_left():
    shown, told = protect(*shares([3, 20, 30], [40, 50, 60], quiet=3), profile="council")  # two of six months
    assert shown["value"].notna().sum() == 4
    shown, told = protect(*shares([3, 20, 30], [40, 50, 60], quiet=0), profile="council")  # two of three
    assert shown["value"].isna().all() and told["denominator"].tolist() == [203]
    shown, told = protect(*counts([3, 20, 30], quiet=0), profile="council")
    assert shown["value"].notna().sum() == 1 and told["value"].tolist() == [53]
    assert shown["mark"].tolist() == ["1 to 5", "protects another figure", ""]


@pytest.mark.parametrize(
    ("months", "marks"),
    [
        ([3, 20, 30], ["1 to 5", "protects another figure", ""]),
        (
            [3, 6, 30],
            ["either", "either", ""],
        ),  # 9 = 3 + 6, and one that is no small one is 6 or more: 1 to 3 would be left
        ([5, 6, 30], ["1 to 5", "protects another figure", ""]),  # 11 = 5 + 6: 1 to 5
        ([5, 5, 30], ["either", "either", ""]),  # 10: both 5, were it told that both are small
    ],
)
def test_a_mark_says_why_a_figure_is_hidden_only_where_that_tells_nothing(months, marks):
    shown, _ = protect(*counts(months, quiet=9), profile="council")
    assert [m if " or " not in m else "either" for m in shown["mark"].tail(3)] == marks


def test_no_month_can_be_pinned_by_one_who_reads_the_marks():
    truth = np.array(list(itertools.product(range(17), repeat=3)))
    shown, told = protect(*counts(truth), profile="council")
    here = shown[shown["period"] >= Q4.asfreq("M", "start")].sort_values(["area", "period"])
    marks = pd.factorize(here["mark"])[0].reshape(len(truth), -1)
    seen = np.hstack([on_paper(shown), on_paper(told), marks])
    small = (truth >= SMALLEST) & (truth <= LARGEST)
    assert fewest_values(seen, truth)[small & counted_out(seen, truth)].min() >= FEWEST_VALUES


def test_areas_and_measures_do_not_mix():
    one, other = counts([3, 20, 30]), counts([10, 20, 30])
    both = [pd.concat([a, b.assign(measure="other")], ignore_index=True) for a, b in zip(one, other, strict=True)]
    shown, told = protect(*both, profile="council")
    assert shown.query("measure == 'other'")["value"].notna().all()
    assert told.query("measure == 'other'")["value"].notna().all()


@given(st.randoms(use_true_random=False))
@settings(max_examples=min(10, settings.default.max_examples // 5), deadline=None)
def test_the_order_of_rows_does_not_matter(random):
    months, quarters = counts([[3, 20, 30], [1, 1, 9], [20, 30, 3], [5, 5, 5]])
    order = list(range(len(months)))
    random.shuffle(order)
    shown, told = protect(months, quarters, profile="council")
    again, told_again = protect(months.iloc[order], quarters.iloc[::-1], profile="council")
    pd.testing.assert_frame_equal(again.sort_index(), shown)
    pd.testing.assert_frame_equal(told_again.sort_index(), told)


def test_months_and_weeks_stand_in_one_table():
    months, quarters = counts([3, 20, 30])
    weeks = pd.period_range("2020-04-06", periods=51, freq="W-SUN")
    weekly = table(["a"], weeks, kind="flow", value=np.full(51, 20.0), children=np.full(51, 20.0)).assign(measure="w")
    both = pd.concat([months.astype({"period": object}), weekly.astype({"period": object})], ignore_index=True)
    shown, _ = protect(both, quarters, profile="council")
    assert shown.query("measure == 'w'")["value"].notna().all()
    assert shown.query("measure == 'm'")["value"].isna().sum() == 2


def test_nothing_to_protect_is_no_error():
    months, quarters = counts([10, 20, 30])
    for profile in PROFILES:
        shown, told = protect(months.iloc[:0], quarters.iloc[:0], profile=profile)
        assert shown.empty and told.empty


# -- how late -------------------------------------------------------------------------------------------------------


def lateness(cells, on_time=30, quiet=9):
    cells = np.atleast_2d(np.asarray(cells, float))
    late = np.zeros((len(cells), 3))
    late[:, 2] = cells.sum(axis=1)
    months, quarters = shares(late, np.tile([0.0, 0.0, on_time], (len(cells), 1)), quiet)
    quarters = quarters.merge(
        pd.DataFrame(cells, columns=BANDS[1:]).assign(
            on_time=float(on_time), area=[f"{i:06d}" for i in range(len(cells))], period=Q4
        ),
        on=["area", "period"],
        how="left",
    )
    return months.assign(**dict.fromkeys(BANDS, 1.0)), quarters


def test_how_late_is_told_by_quarter_alone():
    shown, told = protect(*lateness([35, 12, 18, 0]), profile="council")
    assert shown[BANDS].isna().all(axis=None)
    assert told.query("period == @Q4")[BANDS].to_numpy().tolist() == [[30, 35, 12, 18, 0]]


@pytest.mark.parametrize(
    ("cells", "seen"),
    [
        ([35, 3, 18, 9], [-1, -1, 18, 9]),  # on time is told beside it, so it hides nothing: another late band goes
        ([20, 3, 0, 0], [-1, -1, 0, 0]),
        ([20, 3, 1, 0], [-1, -1, -1, 0]),  # 24 - 20 = 4 = 3 + 1
        ([5, 5, 0, 0], [-1, -1, -1, -1]),  # 10 = 5 + 5, unless the empty ones are hidden as well
    ],
)
def test_a_small_band_takes_another_with_it(cells, seen):
    told = protect(*lateness(cells), profile="council")[1].query("period == @Q4")
    assert told[BANDS[1:]].fillna(-1).to_numpy().tolist() == [seen] and told["on_time"].tolist() == [30]


def test_no_band_can_be_pinned_by_one_who_knows_the_rules():
    """All 13^4 distributions with 0 to 12 a band; the sum of the late ones is on the page."""
    truth = np.array(list(itertools.product(range(13), repeat=4)))
    told = protect(*lateness(truth, quiet=0), profile="council")[1].query("period == @Q4").sort_values("area")
    seen = told[[*BANDS[1:], "denominator"]].fillna(-1).to_numpy()
    small = (truth >= SMALLEST) & (truth <= LARGEST)
    assert (seen[:, :4][small] == -1).all()
    assert fewest_values(seen, truth)[small & counted_out(seen, truth)].min() >= FEWEST_VALUES


# -- rounded --------------------------------------------------------------------------------------------------------


def test_rounding_leaves_nothing_exact():
    months, quarters = shares([13, 23, 33], [104, 91, 111])
    quarters = quarters.assign(on_time=306.0, late_1_2=33.0, late_over_2=36.0, late_open=0.0, per_10000=1.234)
    quarters["lower"], quarters["upper"] = 0.111, 0.999
    told = protect(months, quarters, profile="rounded")[1].query("period == @Q4").iloc[0]
    assert [told[c] for c in ("numerator", "denominator", "late_1_2", "late_over_2", "on_time")] == [
        305,
        375,
        35,
        35,
        305,
    ]
    assert told["value"] == pytest.approx(305 / 375) and pd.isna(told["per_10000"])
    # Wilson (1927) for 305 of 375, worked by hand: centre and half width
    z, p, n = 1.959964, 305 / 375, 375
    centre, half = (
        (p + z * z / 2 / n) / (1 + z * z / n),
        z * (p * (1 - p) / n + z * z / 4 / n / n) ** 0.5 / (1 + z * z / n),
    )
    assert (told["lower"], told["upper"]) == pytest.approx((centre - half, centre + half), abs=1e-6)


def parts(*rows):
    long = [(part, q, n) for part, now, before in rows for q, n in ((Q4, now), (Q4 - 4, before))]
    table = pd.DataFrame(long, columns=["part", "period", "value"]).astype({"value": float})
    return table.assign(measure="m", area="A", role="source", children=table["value"])


def test_a_small_part_goes_and_takes_a_second_one_with_it():
    told = protect_parts(
        parts(("police", 90, 60), ("school", 40, 30), ("health", 9, 8), ("other", 3, 7)), profile="council"
    )
    # 'other' is small; alone it would be the total less the rest, so the last by name goes with it
    assert told["part"].tolist() == ["school", "health"]


def test_a_part_of_few_children_is_small_however_many_its_cases():
    table = parts(("police", 90, 60), ("school", 40, 30), ("other", 20, 20), ("health", 9, 8))
    few = (table["part"] == "other") & (table["period"] == Q4)
    told = protect_parts(table.assign(children=table["value"].mask(few, 3)), profile="council")
    assert told["part"].tolist() == ["school", "health"]
    whole = protect_parts(table.assign(children=np.nan), profile="council")
    assert whole["part"].tolist() == ["police", "school", "health", "other"]  # by what is shown of the change


@pytest.mark.parametrize(("profile", "left"), [("council", 4), ("rounded", 3)])
def test_a_part_is_small_by_the_rule_of_its_profile(profile, left):
    table = parts(("police", 90, 60), ("school", 40, 30), ("health", 9, 8), ("other", 10, 7))
    assert len(protect_parts(table, profile=profile)) == left


def test_two_small_parts_hide_each_other_and_a_single_part_left_is_not_told():
    told = protect_parts(
        parts(("police", 90, 60), ("school", 40, 30), ("health", 2, 8), ("other", 3, 7)), profile="council"
    )
    assert told["part"].tolist() == ["police", "school"]
    assert protect_parts(parts(("police", 90, 60), ("school", 40, 30), ("other", 3, 7)), profile="council").empty


def test_parts_are_exact_inside_and_rounded_when_asked():
    table = parts(("police", 91, 62), ("school", 43, 31))
    assert protect_parts(table, profile="internal")["now"].tolist() == [91, 43]
    assert protect_parts(table, profile="rounded")[["now", "change"]].to_numpy().tolist() == [[90, 30], [45, 15]]


def test_open_work_is_not_told_beside_the_bands_where_it_is_hidden_among_them():
    row = {
        "measure": "m",
        "area": "A",
        "period": pd.Period("2021Q4", "Q-MAR"),
        "type": "percent",
        "value": 0.62,
        "numerator": 124.0,
        "denominator": 200.0,
        "children": 190.0,
        "status": "",
        "on_time": 124.0,
        "late_1_2": 20.0,
        "late_3_5": 53.0,
        "late_open": 3.0,
        "still_open": 3.0,
        "only_sign_off_late": 68.0,
        "work_late": 8.0,
        "seen_in_time": 76.0,
    }
    quarters = pd.DataFrame([row]).reindex(columns=[*dict.fromkeys([*COLUMNS, *row])])
    months = quarters.assign(period=pd.Period("2021-03", "M"))
    _, told = protect(months, quarters, profile="council")
    # 76 late = 20 + 53 + 3: the 3 is small, the earliest band goes with it, and the same 3 stands as open work
    assert told[["late_1_2", "late_open", "still_open"]].isna().all(axis=None) and told["late_3_5"].item() == 53
    both = quarters.assign(late_1_2=5.0, late_3_5=60.0, late_open=11.0, still_open=11.0)
    told = protect(months, both, profile="council")[1]
    assert told[["late_1_2", "late_3_5"]].isna().all(axis=None) and told["still_open"].item() == 11
    assert told["only_sign_off_late"].item() == 68
    few = quarters.assign(work_late=3.0, only_sign_off_late=73.0)
    assert protect(months, few, profile="council")[1][["only_sign_off_late", "work_late"]].isna().all(axis=None)


@pytest.mark.parametrize(("again", "of", "told"), [(3, 80, False), (6, 80, True), (0, 80, True), (76, 80, False)])
def test_repeats_are_told_only_where_neither_they_nor_the_rest_are_few(again, of, told):
    row = {
        "measure": "m",
        "area": "A",
        "period": pd.Period("2021Q4", "Q-MAR"),
        "type": "flow",
        "value": 80.0,
        "children": 75.0,
        "status": "",
        "again": float(again),
        "again_of": float(of),
    }
    quarters = pd.DataFrame([row]).reindex(columns=[*dict.fromkeys([*COLUMNS, *row])])
    months = quarters.drop(columns=["again", "again_of"]).assign(period=pd.Period("2021-03", "M"))
    assert protect(months, quarters, profile="council")[1]["again"].notna().item() == told


BACKLOG = ["open_work", "open_beyond", "open_age", "awaiting_sign_off"]


@pytest.mark.parametrize(
    ("open_work", "beyond", "awaiting", "told"),
    [
        (40, 20, 10, [40, 20, 31, 10]),
        (40, 0, 0, [40, 0, 31, 0]),
        (5, 0, 10, [None, None, None, None]),
        (40, 3, 10, [None, None, None, None]),  # few beyond the limit
        (40, 35, 10, [None, None, None, None]),  # few within it: 40 - 35
        (40, 34, 10, [40, 34, 31, 10]),
        (40, 6, 5, [40, 6, 31, None]),  # few await their signature
        (6, 6, 6, [6, 6, 31, 6]),
    ],
)
def test_open_work_is_told_only_where_no_part_of_it_is_few(open_work, beyond, awaiting, told):
    months, quarters = shares([[20] * 3], [[30] * 3])
    quarters = quarters.assign(**dict(zip(BACKLOG, map(float, (open_work, beyond, 31, awaiting)), strict=True)))
    shown = protect(months, quarters, profile="council")[1].query("period == @Q4")
    assert [None if pd.isna(v) else v for v in shown[BACKLOG].iloc[0]] == told


def test_open_work_is_not_told_where_figures_are_rounded():
    months, quarters = shares([[20] * 3], [[30] * 3])
    quarters = quarters.assign(**dict(zip(BACKLOG, (40.0, 20.0, 31.0, 10.0), strict=True)))
    assert protect(months, quarters, profile="rounded")[1][BACKLOG].isna().all(axis=None)


@pytest.mark.parametrize(("compared", "told"), [(0, True), (1, False), (5, False), (6, True)])
def test_a_small_count_of_another_area_does_not_stand_as_a_comparison(compared, told):
    months, quarters = counts([30, 40, 50])
    shown, _ = protect(months.assign(comparator=float(compared)), quarters, profile="council")
    assert shown["comparator"].notna().all() == told


def test_rounding_works_on_counts_and_leaves_averages_and_shares_of_posts():
    months, quarters = counts([13, 23, 33])
    shown, told = protect(months.assign(comparator=112.0), quarters, profile="rounded")
    assert on_paper(shown).tolist() == [[15, 25, 35]] and on_paper(told).tolist() == [[70]]
    assert (shown["comparator"] == 110).all() and (shown["children"] % 5 == 0).all()
    averages = [t.assign(denominator=t["value"], value=7.5) for t in counts([13, 23, 33], kind="mean")]
    shown, _ = protect(*averages, profile="rounded")
    assert on_paper(shown).tolist() == [[7.5, 7.5, 7.5]] and on_paper(shown, ["denominator"]).tolist() == [[15, 25, 35]]
    posts = [t.assign(children=np.nan) for t in shares([[13] * 3], [[91] * 3])]
    shown, _ = protect(*posts, profile="rounded")
    assert on_paper(shown)[0] == pytest.approx([91 / 104] * 3)


@pytest.mark.parametrize(
    ("profile", "edges"),
    [
        ("council", [(0, 0), (1, None), (5, None), (6, 10), (14, 10), (16, 20), (7123, 7120)]),
        ("rounded", [(0, 0), (7, None), (8, 10), (7126, 7130)]),
        ("internal", [(0, 0), (3, 3), (7123, 7123)]),
    ],
)
def test_how_many_rows_came_in_is_told_to_the_nearest_ten(profile, edges):
    assert [disclosure.coarse([count], profile=profile)[0] for count, _ in edges] == [e for _, e in edges]


@pytest.mark.parametrize("seed", range(20))
def test_counts_of_rows_are_rounded_so_that_they_add_up(seed):
    counts = np.random.default_rng(seed).integers(6, 400, 12).tolist()
    told = [n or 0 for n in disclosure.coarse(counts, profile="council")]
    (whole,) = disclosure.coarse([sum(counts)], profile="council")
    assert sum(told) == whole and abs(whole - sum(counts)) <= 5
    assert all(abs(t - n) < 10 and t % 10 == 0 for t, n in zip(told, counts, strict=True))
