"""Pictures are tested by their artists and their bytes, never by pixels."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from analysis import chart
from analysis.catalogue import Event
from analysis.charts import png
from analysis.errors import Refused

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


def test_later_months_are_not_drawn(table):
    figure = chart(table, measure="contacts", quarter="2019-20Q4")
    drawn = max(pd.Timestamp(line.get_xdata()[-1]) for line in figure.axes[0].lines if len(line.get_xdata()))
    assert drawn <= pd.Timestamp("2020-03-31")


def test_a_missing_month_breaks_the_line_and_is_marked(table):
    figure = chart(table, measure="contacts", quarter="2020-21Q4")
    assert "no figure" in texts(figure)
    lines = [line for line in figure.axes[0].lines if line.get_linestyle() == "-"]
    assert [len(line.get_xdata()) for line in lines] == [10, 25]  # before and after the eleventh of 36 months


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


@pytest.mark.parametrize("title", ["$x^2$ {braces} <b>", "\\frac{1}{0}", "=1+1"])
def test_hostile_titles_are_drawn_as_text(table, title):
    assert png(chart(table, measure="contacts", quarter="2020-21Q4", title=title)).startswith(b"\x89PNG")


def test_a_picture_is_small_and_the_same_each_time(table):
    first, second = (png(chart(table, measure="contacts", quarter="2020-21Q4")) for _ in range(2))
    assert first == second
    assert len(first) < 45_000
    assert Image.open(io.BytesIO(first)).mode == "P"


def test_the_labels_of_two_near_futures_do_not_lie_on_each_other(table):
    ahead = table["period"] > pd.Period("2021-03", "M")
    table.loc[ahead, ["if_lasts_lower", "if_lasts_upper", "if_spike_lower", "if_spike_upper"]] = [
        110.0,
        112.0,
        109.0,
        111.0,
    ]
    figure = chart(table, measure="contacts", quarter="2020-21Q4")
    sides = {t.get_text(): t.get_va() for t in figure.axes[0].texts if t.get_text().startswith("if ")}
    assert sides == {"if it lasts": "bottom", "if short-term": "top"}
