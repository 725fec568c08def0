"""What ties the counts of pages together, by hand: which counts there are, which sums, and what follows from them."""

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure import FEWEST_VALUES, SUPPRESSED, worked_out
from analysis.disclosure.cells import counts_of
from analysis.disclosure.constraints import Web, web
from analysis.disclosure.primary import protect_series
from analysis.disclosure.relations import Relation
from analysis.disclosure.releases import as_released, steady
from analysis.kinds import KINDS
from analysis.measuring import COLUMNS

MONTHS = ["2021-01", "2021-02", "2021-03"]
LARGEST = 5


def table(*rows, freq="M", **columns):
    """Make a measured table; a row is measure, area, period, type, value, children."""
    made = pd.DataFrame(rows, columns=["measure", "area", "period", "type", "value", "children"])
    made["period"] = pd.PeriodIndex(made["period"], freq=freq)
    return made.assign(status="", nation="wales", **columns).reindex(columns=COLUMNS)


def flow(values, area="A", measure="m", kind="flow"):
    return [(measure, area, month, kind, float(v), float(v)) for month, v in zip(MONTHS, values, strict=True)]


def quarter(value, area="A", measure="m", kind="flow"):
    return (measure, area, "2021Q4", kind, float(value), float(value))


def tied(months, quarters, **given):
    months, quarters = table(*months), table(*quarters, freq="Q-MAR")
    return web(counts_of(months, quarters, LARGEST), largest=LARGEST, **given)


def sums(found: Web) -> set:
    """Return each sum as its signed values in order, the largest of them positive; a zero keeps its place."""
    values = found.sums["sign"] * found.sums["cell"].map(found.cells["value"])
    made = set()
    for _, one in values.groupby(found.sums["sum"]):
        assert one.sum() == 0
        made.add(tuple(sorted(one * np.sign(one.iloc[one.abs().argmax()]))))
    return made


# -- counts ---------------------------------------------------------------------------------------------------------


def counted(kind, value, numerator, denominator, children):
    row = table(("m", "A", "2021-03", kind, value, children), numerator=numerator, denominator=denominator)
    found = counts_of(row, row.iloc[:0], LARGEST)
    return {(r.part, r.value, bool(r.few)) for r in found.itertuples()}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (("flow", 30.0, np.nan, np.nan, 30.0), {("count", 30, False)}),
        (("flow", 5.0, np.nan, np.nan, 5.0), {("count", 5, True)}),
        (("flow", 30.0, np.nan, np.nan, 2.0), {("count", 30, True)}),  # thirty contacts about two children
        (("stock", 1.0, np.nan, np.nan, np.nan), {("count", 1, True)}),
        (("stock", 0.0, np.nan, np.nan, 0.0), {("count", 0, False)}),
        (
            ("percent", 0.9, 36.0, 40.0, 40.0),
            {("on time", 36, False), ("late", 4, True), ("all", 40, False)},
        ),
        (
            ("percent", 0.75, 9.0, 12.0, 3.0),
            {("on time", 9, True), ("late", 3, True), ("all", 12, True)},  # twelve visits to three children
        ),
        (("percent", 0.9, 36.0, 40.0, np.nan), set()),  # posts
        (("mean", 7.5, np.nan, 4.0, 4.0), {("all", 4, True)}),
        (("mean", 7.5, np.nan, 4.0, np.nan), set()),
        (("value", 12.0, np.nan, np.nan, 12.0), {("count", 12, False)}),
        (("value", 12.5, np.nan, np.nan, 12.0), {("count", 12.5, False)}),
        (("flow", 2.5, np.nan, np.nan, np.nan), {("count", 2.5, True)}),  # a file of counts may hold fractions
        (("value", 12.0, np.nan, np.nan, np.nan), set()),
    ],
)
def test_every_count_of_children_is_one(row, found):
    assert counted(*row) == found


def any_table(seed, n=400):
    """Make a table of every kind, with small and missing figures of all sorts."""
    some = np.random.default_rng(seed)
    of = some.integers(0, 14, n).astype(float)
    figure = np.where(some.random(n) < 0.2, some.random(n) * 9, some.integers(0, 14, n))
    children = np.where(some.random(n) < 0.3, np.nan, np.minimum(of, some.integers(0, 9, n)))
    rows = zip(map(str, range(n)), ["A"] * n, ["2021-03"] * n, some.choice(list(KINDS), n), figure, children)  # noqa: B905
    made = table(*rows, denominator=of, numerator=np.minimum(of, some.integers(0, 14, n)))
    return made.assign(value=made["value"].mask(some.random(n) < 0.05))


@pytest.mark.parametrize("seed", range(4))
def test_every_row_that_is_hidden_for_being_small_is_guarded_and_no_other_is(seed):
    months = any_table(seed)
    hidden, _ = protect_series(
        months, months.iloc[:0].assign(period=pd.PeriodIndex([], freq="Q-MAR")), profile="council"
    )
    hidden = hidden.index[hidden["status"] == SUPPRESSED]
    counts = counts_of(months, months.iloc[:0], LARGEST)
    assert 50 < len(hidden) < len(months) - 50 and set(hidden) == set(counts.loc[counts["few"], "row"])


def test_a_small_figure_beside_fractions_is_guarded():
    def of_areas(period, freq):
        rows = [("m", area, period, "flow", value, np.nan) for area, value in (("A", 3), ("B", 14.5), ("W", 17.5))]
        return table(*rows, freq=freq)

    found = web(
        counts_of(of_areas("2021-03", "M"), of_areas("2021Q4", "Q-MAR").iloc[:0], LARGEST), largest=LARGEST, whole="W"
    )
    small = found.cells.index[found.cells["value"] == 3]
    assert set(worked_out(found, found.cells["value"] != 3).index) == set(small)
    assert worked_out(found, found.cells["value"] == 17.5).empty


def test_a_count_keeps_where_it_stands():
    months, quarters = table(*flow([7, 8, 9])), table(quarter(24), freq="Q-MAR")
    found = counts_of(months, quarters, LARGEST)
    assert found["table"].tolist() == ["months"] * 3 + ["quarters"] and found["row"].tolist() == [0, 1, 2, 0]
    assert found["grain"].tolist() == ["M"] * 3 + ["Q-MAR"]
    assert pd.PeriodIndex.from_ordinals(found["n"][:3], freq="M").astype(str).tolist() == MONTHS


# -- sums -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("months", "total", "found"),
    [
        ([10, 20, 30], 60, {(-30, -20, -10, 60)}),
        ([20, 20, 20], 50, {(-20, -20, -20, 10, 50)}),  # ten children came in more than one month
        ([20, 20, 20], 70, set()),  # more than its months: a month is missing
    ],
)
def test_a_quarter_is_the_sum_of_its_months_or_less(months, total, found):
    assert sums(tied(flow(months), [quarter(total)])) == found


def test_how_many_children_came_twice_nobody_may_work_out_where_they_are_few():
    found = tied(flow([20, 20, 20]), [quarter(57)])
    extra = found.cells.loc[[*set(found.cells.index) - set(found.rows["cell"])]]
    assert extra["value"].tolist() == [3] and extra["few"].all() and extra["lowest"].tolist() == [0]
    assert not extra["told_before"].any()


@pytest.mark.parametrize(
    ("a", "b", "whole", "found"),
    [
        (30, 20, 50, {(-30, -20, 50)}),
        (30, 20, 53, {(-30, -20, -3, 53)}),  # three without an area
        (30, 20, 46, {(-30, -20, 4, 46)}),  # four in both
    ],
)
def test_the_whole_is_the_sum_of_its_areas(a, b, whole, found):
    rows = [("m", area, "2021-03", "flow", float(v), float(v)) for area, v in (("A", a), ("B", b), ("W", whole))]
    assert sums(tied(rows, [], whole="W")) == found
    assert sums(tied(rows, [], whole="elsewhere")) == set()


def test_late_and_in_time_make_up_all():
    rows = table(("m", "A", "2021-03", "percent", 0.9, 40.0), numerator=36.0, denominator=40.0)
    found = web(counts_of(rows, rows.iloc[:0], LARGEST), largest=LARGEST)
    assert sums(found) == {(-36, -4, 40)}
    assert found.cells.set_index("part")["lowest"].to_dict() == {"on time": 0, "late": 0, "all": 1}


def test_a_stock_at_the_quarter_s_end_is_that_of_its_last_month():
    found = tied(flow([30, 40, 50], kind="stock"), [quarter(50, kind="stock")])
    assert sums(found) == set() and len(found.cells) == 3
    assert found.rows.groupby("cell").size().tolist() == [1, 1, 2]


STOCK_AND_STARTS = Relation(
    (("stock", "count", 1, 1), ("stock", "count", 0, -1), ("starts", "count", 0, 1)), open_ended=True
)


@pytest.mark.parametrize(
    ("starts", "few", "found"),
    [
        (13, [True], {(-100, -13, 3, 110)}),
        (10, [False], {(-100, -10, 0, 110)}),  # nobody left, and nobody knows it
        (9, [], set()),  # more came than are said to have come: no sum
    ],
)
def test_a_stock_and_its_starts_leave_its_ends(starts, few, found):
    rows = [
        ("stock", "A", "2021-02", "stock", 100.0, 100.0),
        ("stock", "A", "2021-03", "stock", 110.0, 110.0),
        ("starts", "A", "2021-03", "flow", float(starts), float(starts)),
    ]
    made = tied(rows, [], relations=[STOCK_AND_STARTS])
    assert sums(made) == found
    assert made.cells.loc[~made.cells.index.isin(made.rows["cell"]), "few"].tolist() == few


def test_measures_that_make_up_all_leave_nothing_to_look_for():
    rows = [(m, "A", "2021-03", "flow", float(v), float(v)) for m, v in (("all", 50), ("one", 20), ("other", 30))]
    relation = Relation((("all", "count", 0, 1), ("one", "count", 0, -1), ("other", "count", 0, -1)))
    made = tied(rows, [], relations=[relation])
    assert sums(made) == {(-30, -20, 50)} and len(made.cells) == 3
    elsewhere = [(m, area, *rest) for (m, _, *rest), area in zip(rows, "ABC", strict=True)]
    assert sums(tied(elsewhere, [], relations=[relation])) == set()


def parts(*rows):
    made = pd.DataFrame(rows, columns=["part", "value"]).assign(measure="m", area="A", role="source", few=False)
    return made.assign(grain="Q-MAR", n=pd.Period("2021Q4", "Q-MAR").ordinal, row=range(len(made)))


def test_parts_make_up_the_figure_and_a_part_that_is_an_area_is_its_figure():
    rows = [quarter(60), quarter(40, area="B")]
    found = tied([], rows, parts=parts(("police", 30.0), ("school", 28.0)))
    assert sums(found) == {(-30, -28, -2, 60)}
    assert found.rows.loc[found.rows["table"] == "parts", "row"].tolist() == [0, 1]
    area = parts(("B", 40.0), ("C", 20.0)).assign(role="area")
    assert sums(tied([], rows, parts=area)) == {(-40, -20, 60), (-40, 40)}
    revised = parts(("B", 39.0), ("C", 21.0)).assign(role="area")
    assert sums(tied([], rows, parts=revised)) == {(-39, -21, 60)}  # another figure is another cell


def earlier(*rows, told):
    counts = counts_of(table(*rows), table(freq="Q-MAR"), LARGEST)
    return as_released(counts.assign(told=told)).assign(release=0)


def test_what_an_earlier_page_told_is_known_unless_it_was_revised():
    page = earlier(*flow([10, 20, 30]), told=[True, False, True])
    now = tied(flow([10, 20, 33]), [quarter(63)], earlier=page)
    before = now.cells.set_index("value")["told_before"].to_dict()
    assert before == {10: True, 20: False, 33: False, 63: False, 30: True}
    again = tied(flow([10, 20, 30]), [quarter(60)], earlier=page)
    assert len(again.cells) == 4 and sums(again) == {(-30, -20, -10, 60)}


def test_a_sum_of_two_pages_is_one():
    both = [("m", area, "2021-03", "flow", float(v), float(v)) for area, v in (("A", 30), ("B", 20), ("W", 50))]
    found = tied(both, [], whole="W", earlier=earlier(*both, told=True))
    assert found.sums["sum"].nunique() == 1 and len(found.cells) == 3
    assert sorted(found.cells_of(found.sums["sum"].unique())) == sorted(found.cells.index)


# -- what can be worked out -----------------------------------------------------------------------------------------


def attack(values, total, *, lowest=1.0, few=True, told=()):
    """Hide some counts whose sum is told, and return the bounds of those that can be worked out."""
    cells = pd.DataFrame(
        {"value": [*map(float, values), float(total)], "lowest": lowest, "highest": np.inf, "told_before": False}
    )
    cells["few"] = [few and 1 <= v <= LARGEST for v in values] + [False]
    sums = pd.DataFrame({"sum": 0, "cell": range(len(cells)), "sign": [1] * len(values) + [-1]})
    told = pd.Series(False, cells.index)
    told.iloc[-1] = True
    found = worked_out(Web(pd.DataFrame(), cells, pd.DataFrame(), sums), told)
    return {int(cell): (low, high) for cell, low, high in found.itertuples()}


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([3], {0: (3, 3)}),
        ([1, 1], {0: (1, 1), 1: (1, 1)}),
        ([2, 2], {0: (1, 3), 1: (1, 3)}),
        ([2, 3], {}),  # 1 to 4: four values
        ([3, 40], {}),
        ([1, 1, 2], {0: (1, 2), 1: (1, 2), 2: (1, 2)}),
        ([1, 2, 3], {}),
    ],
)
def test_a_sum_bounds_what_is_hidden_in_it(values, found):
    assert attack(values, sum(values)) == found
    assert FEWEST_VALUES == 4


def test_a_count_that_may_be_none_has_one_value_more():
    assert attack([2, 2], 4, lowest=0.0) == {}
    assert attack([1, 1], 2, lowest=0.0) == {0: (0, 2), 1: (0, 2)}


def test_only_what_is_few_matters():
    assert attack([1, 1], 2, few=False) == {} and attack([7], 7) == {}


def test_sums_that_cross_pin_together_what_none_of_them_pins_alone():
    # rows 4 and 8, columns 6 and 6, whole 12: a + b = 4, c + d = 8, a + c = 6, b + d = 6, and a + d = 7
    cells = pd.DataFrame({"value": [3.0, 1, 3, 5], "lowest": 1.0, "highest": np.inf, "told_before": False, "few": True})
    pairs = [(0, 1), (2, 3), (0, 2), (1, 3)]
    margins = pd.DataFrame(
        {"value": [4.0, 8, 6, 6], "lowest": 1.0, "highest": np.inf, "told_before": False, "few": False}, [4, 5, 6, 7]
    )
    rows = [(s, c, 1) for s, pair in enumerate(pairs) for c in pair] + [(s, 4 + s, -1) for s in range(4)]
    told = pd.Series([False] * 4 + [True] * 4)

    def bounds(rows, **given):
        ties = pd.DataFrame(rows, columns=["sum", "cell", "sign"])
        found = worked_out(Web(pd.DataFrame(), pd.concat([cells, margins]), pd.DataFrame(), ties), told, **given)
        return {int(c): (low, high) for c, low, high in found.itertuples()}

    assert bounds(rows) == {0: (1, 3), 1: (1, 3), 2: (3, 5), 3: (3, 5)}
    assert bounds(rows, among=pd.Index([2])) == bounds(rows)  # they hang together
    alone = [row for row in rows if row[0] == 0]
    assert bounds(alone) == {0: (1, 3), 1: (1, 3)}
    assert bounds(alone, among=pd.Index([2])) == {} and bounds(alone, among=pd.Index([1])) == bounds(alone)


# -- what was published before --------------------------------------------------------------------------------------


def share(numerator, denominator):
    row = table(("m", "A", "2021-03", "percent", numerator / denominator, float(denominator)))
    return row.assign(numerator=float(numerator), denominator=float(denominator), lower=0.0, upper=1.0)


@pytest.mark.parametrize(
    ("numerator", "denominator", "stands"),
    [
        (60, 90, False),  # as it was
        (61, 91, True),  # one more in time
        (60, 91, True),  # one more late
        (66, 96, False),  # six more in time
        (60, 96, False),  # six more late
        (70, 91, True),  # of all, one more
        (65, 99, True),  # in time, five more
        (70, 103, True),  # late, three more
        (61, 90, True),  # one who was late is now in time
        (2, 40, False),  # few: it will be hidden, whatever stood there
    ],
)
def test_a_share_that_changed_by_a_few_stands_as_published(numerator, denominator, stands):
    before = share(60, 90)
    released = as_released(counts_of(before, before.iloc[:0], LARGEST).assign(told=True))
    now = steady(share(numerator, denominator), [released], largest=LARGEST).iloc[0]
    expected = (60, 90) if stands else (numerator, denominator)
    assert (now["numerator"], now["denominator"]) == expected and now["value"] == expected[0] / expected[1]
    assert (now["lower"] > 0) == stands


@pytest.mark.parametrize("told", [True, False])
def test_a_count_stands_with_its_rate_and_only_where_it_was_told(told):
    before = table(*flow([30, 40, 50]))
    released = as_released(counts_of(before, before.iloc[:0], LARGEST).assign(told=told))
    now = steady(table(*flow([30, 44, 56]), per_10000=11.0), [released], largest=LARGEST)
    assert now["value"].tolist() == ([30, 40, 56] if told else [30, 44, 56])
    assert now["per_10000"].tolist() == pytest.approx([11, 10 if told else 11, 11])


def test_a_figure_near_to_any_page_stands_as_the_newest_of_them_told_it():
    pages = []
    for value in (40, 43):
        page = table(*flow([30, value, 50]))
        pages.append(as_released(counts_of(page, page.iloc[:0], LARGEST).assign(told=True)))
    now = table(*flow([30, 46, 50]))
    assert steady(now, pages, largest=LARGEST)["value"].tolist() == [30, 43, 50]
    assert steady(now, pages[::-1], largest=LARGEST)["value"].tolist() == [30, 43, 50]
    assert steady(table(*flow([30, 42, 50])), pages, largest=LARGEST)["value"].tolist() == [30, 43, 50]
    assert steady(table(*flow([30, 49, 50])), pages, largest=LARGEST)["value"].tolist() == [30, 49, 50]
    pd.testing.assert_frame_equal(steady(now, [], largest=LARGEST), now)
