"""Pictures are tested by their artists and their bytes, never by pixels."""

import io
import itertools

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import analysis
from analysis import chart
from analysis.config import Event
from analysis.errors import Refused
from analysis.report.charts import overview, paper, png

MONTHS = pd.period_range("2018-04", "2021-06", freq="M")


@pytest.fixture
def table():
    value = np.where(pd.Period("2021-03", "M") >= MONTHS, 100.0 + np.arange(len(MONTHS)) % 7, np.nan)
    value[10] = np.nan  # a month that was hidden
    frame = pd.DataFrame({"measure": "contacts", "area": "A", "period": MONTHS, "value": value, "type": "flow"})
    return frame.assign(
        expected_lower=95.0,
        expected_upper=110.0,
        if_lasts_lower=np.nan,
        if_lasts_upper=np.nan,
        if_spike_lower=np.nan,
        if_spike_upper=np.nan,
    )


def texts(figure):
    return [t.get_text().strip() for t in figure.axes[0].texts]


def test_the_quarter_is_labelled_with_its_values_and_the_axis_starts_at_zero(table):
    figure = chart(table, measure="contacts", quarter="2020-21Q4", title="Contacts rose", subtitle="Number each month")
    assert {"105", "106", "100"} <= set(texts(figure))  # January to March 2021: 100 + (33, 34, 35) % 7
    assert figure.axes[0].get_ylim()[0] == 0
    assert figure._suptitle.get_text() == "Contacts rose"


@pytest.mark.parametrize(
    ("kind", "values", "begins"),
    [
        ("flow", [100, 110], 0),
        ("stock", [300, 345], 282),
        ("stock", [0, 345], 0),
        ("stock", [150, 345], 0),
        ("percent", [0.9, 0.95], 0.88),
        ("percent", [0.04, 0.06], 0.032),
        ("value", [300, 345], 0),
    ],
)
def test_only_stocks_and_percentages_far_above_zero_have_a_cut_axis(table, kind, values, begins):
    drawn = np.resize(np.array(values, float), len(table))
    rows = table.assign(type=kind, value=drawn, expected_lower=drawn, expected_upper=drawn)
    figure = chart(rows, measure="contacts", quarter="2020-21Q4")
    assert figure.axes[0].get_ylim()[0] == pytest.approx(begins, abs=1e-6)
    assert ("The axis does not begin at zero" in texts(figure)) == (begins > 0)


def test_later_months_are_not_drawn(table):
    figure = chart(table, measure="contacts", quarter="2019-20Q4")
    drawn = max(x for line in figure.axes[0].lines for x in line.get_xdata())
    assert pd.Timestamp(drawn, unit="D") == pd.Timestamp("2020-03-01")


@pytest.mark.parametrize(("status", "words"), [("suppressed", "not shown"), ("missing", "nothing was returned")])
def test_a_month_without_a_figure_breaks_the_line_is_marked_and_says_why(table, status, words):
    figure = chart(
        table.assign(status=np.where(table["value"].isna(), status, "")), measure="contacts", quarter="2020-21Q4"
    )
    assert f"× {words}" in texts(figure)
    line = next(line for line in figure.axes[0].lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 36)
    assert np.flatnonzero(np.isnan(line.get_ydata())).tolist() == [10]
    (marks,) = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert pd.Timestamp(marks.get_xdata()[0], unit="D") == pd.Timestamp("2019-02-01")


def test_two_reasons_why_months_are_hidden_have_two_marks(table):
    few, other = table["period"] == pd.Period("2020-02", "M"), table["period"] == pd.Period("2020-03", "M")
    mark = np.select([few, other], ["1 to 5", "protects another figure"], "")
    hidden = few | other
    table = table.assign(
        value=table["value"].fillna(100).mask(hidden), status=np.where(hidden, "suppressed", ""), mark=mark
    )
    figure = chart(table, measure="contacts", quarter="2020-21Q4")
    assert any("× 1 to 5, + hidden to protect another" in text for text in texts(figure))
    marks = {line.get_marker(): pd.Timestamp(line.get_xdata()[0], unit="D") for line in figure.axes[0].lines}
    assert (marks["x"].month, marks["+"].month) == (2, 3)


def test_an_incomplete_month_is_hollow_and_tells_what_it_will_probably_become(table):
    newest = table["period"] == pd.Period("2021-03", "M")
    table = table.assign(provisional=newest, expected_final=np.where(newest, 140.0, np.nan))
    figure = chart(table, measure="contacts", quarter="2020-21Q4")
    assert "100 so far, about 140 in the end" in texts(figure)
    (hollow,) = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert hollow.get_ydata().tolist() == [100.0]


def test_events_inside_the_picture_are_labelled_and_others_left_out(table):
    events = (
        Event(date="2020-03-23", title="Lockdown", effect="context"),
        Event(date="1999-01-01", title="Long ago", effect="context"),
    )
    assert "Lockdown, Mar 2020" in texts(chart(table, measure="contacts", quarter="2020-21Q4", events=events))
    assert not any("Long ago" in t for t in texts(chart(table, measure="contacts", quarter="2020-21Q4", events=events)))


def test_two_futures_are_labelled_on_the_fan(table):
    ahead = table["period"] > pd.Period("2021-03", "M")
    table.loc[ahead, ["if_lasts_lower", "if_lasts_upper", "if_spike_lower", "if_spike_upper"]] = [
        110.0,
        130.0,
        90.0,
        105.0,
    ]
    assert {"if it lasts", "if short-term"} <= set(texts(chart(table, measure="contacts", quarter="2020-21Q4")))


def test_a_measure_that_is_not_there_is_refused_with_the_nearest(table):
    with pytest.raises(Refused, match="contacts"):
        chart(table, measure="contact", quarter="2020-21Q4")
    with pytest.raises(Refused, match="2 areas"):
        chart(pd.concat([table, table.assign(area="B")]), measure="contacts", quarter="2020-21Q4")


@pytest.mark.parametrize(
    "title", ["$x^2$ {braces} <b>", "\\frac{1}{0}", "=1+1", "\u202eback\u202c", "long " * 200, "a\nb\tc", ""]
)
def test_hostile_titles_are_drawn_as_text(table, title):
    assert png(chart(table, measure="contacts", quarter="2020-21Q4", title=title)).startswith(b"\x89PNG")


def test_a_picture_is_small_and_the_same_each_time(table):
    first, second = (png(chart(table, measure="contacts", quarter="2020-21Q4")) for _ in range(2))
    assert first == second
    assert len(first) < 45_000
    assert Image.open(io.BytesIO(first)).mode == "P"


def test_a_picture_drawn_over_another_is_as_if_drawn_on_a_new_sheet(table):
    def drawn(on=None, quarter="2020-21Q4", **words):
        return png(chart(table, measure="contacts", quarter=quarter, on=on, **words))

    sheet = paper()
    event = Event(date="2020-03-23", title="Lockdown", effect="context")
    drawn(sheet, "2019-20Q1", title="Another", subtitle="Its unit", events=(event,), percent=True)
    assert drawn(sheet, title="") == drawn(title="")
    assert drawn(sheet, title="Contacts rose", subtitle="Number") == drawn(title="Contacts rose", subtitle="Number")


SHAPES = {
    "level": [100, 100, 100],
    "steep": [100, 900, 100],
    "fall": [900, 500, 100],
    "four figures": [12_345, 12_350, 12_340],
    "from nothing": [0, 0, 0],
}


@pytest.mark.parametrize("last", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("ahead", [(110.0, 130.0, 90.0, 105.0), (110.0, 112.0, 109.0, 111.0)], ids=["wide", "near"])
def test_no_label_lies_on_another_or_over_the_edge(table, last, ahead):
    futures = ["if_lasts_lower", "if_lasts_upper", "if_spike_lower", "if_spike_upper"]
    table.loc[table["period"] > pd.Period("2021-03", "M"), futures] = ahead
    table.loc[table["period"].isin(pd.period_range("2021-01", "2021-03", freq="M")), "value"] = last
    days = ["2018-05-01", "2020-03-23", "2020-04-01", "2020-04-20", "2021-01-18", "2021-03-30"]
    events = tuple(Event(date=d, title=f"Something happened on day {i}", effect="context") for i, d in enumerate(days))
    figure = chart(
        table, measure="contacts", quarter="2020-21Q4", title="A title " * 20, subtitle="Number", events=events
    )
    png(figure)  # lays it out
    axes = figure.axes[0]
    shown = [t for t in [*axes.texts, *figure.texts, *axes.get_xticklabels(), *axes.get_yticklabels()] if t.get_text()]
    boxes = [(t.get_text(), t.get_window_extent()) for t in shown]
    assert sum(text.startswith("Something") for text, _ in boxes) == len(events)
    pairs = itertools.combinations(boxes, 2)
    assert [(a, b) for (a, one), (b, other) in pairs if one.padded(-1.5).overlaps(other)] == []
    width, height = figure.canvas.get_width_height()
    assert [text for text, b in boxes if b.x0 < 0 or b.y0 < 0 or b.x1 > width or b.y1 > height] == []


def test_the_overview_is_one_small_picture_a_measure_on_one_axis_of_time(case):
    names = [m.name for m in case.measures]
    tiles = overview(case.months, measures=names, quarter=case.quarter)
    assert list(tiles) == [n for n in names if case.rows(n)["value"].notna().any()]
    assert len({Image.open(io.BytesIO(tile)).size for tile in tiles.values()}) == 1
    assert sum(map(len, tiles.values())) < 3_500 * len(tiles)
    assert tiles == overview(case.months, measures=names, quarter=case.quarter)
    assert overview(case.months.assign(value=np.nan), measures=names, quarter=case.quarter) == {}


def test_the_overview_draws_nothing_after_its_quarter(case):
    earlier = case.months[case.months["period"] <= pd.Period("2020-12", "M")]
    for name, tile in overview(case.months, measures=["contacts"], quarter="2020-21Q3").items():
        assert tile == overview(earlier, measures=["contacts"], quarter="2020-21Q3")[name]


def test_a_series_alone_is_drawn_on_its_months():
    months = pd.period_range("2018-04", periods=36, freq="M")
    series = pd.Series(np.arange(36.0) + 100, months, name="Referrals")
    drawn = chart(series)
    dated = chart(series.set_axis(months.to_timestamp()))
    assert drawn.get_suptitle() == dated.get_suptitle() == "Referrals"
    for figure in (drawn, dated):
        heights = [y for line in figure.axes[0].lines for y in np.atleast_1d(line.get_ydata()) if y > 1]
        assert {100.0, 135.0} <= set(heights)


def test_a_table_of_several_measures_wants_to_know_which(case):
    with pytest.raises(Refused, match="Say which with `measure`"):
        chart(case.months)


def test_read_says_what_it_wants():
    with pytest.raises(Refused, match=r"takes a Dataset, not a str.*exploring.begin"):
        analysis.read("contacts.csv")
