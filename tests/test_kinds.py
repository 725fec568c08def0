"""The kinds of measure: one entry each, nothing about them anywhere else, and a new one goes all the way to the page."""

import re

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, judged
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from analysis import open_case
from analysis.breakdown import outturn
from analysis.disclosure import protect
from analysis.errors import Refused
from analysis.kinds import ALL, COUNT, KINDS, LATE, ON_TIME, SUM, Kind, kind_of
from analysis.language import catalogue
from analysis.measuring import aggregates, cases
from analysis.report import page, spreadsheet, tables
from analysis.schema import names
from analysis.verdict import judge_table, scale

QUARTER = "2020-21Q4"
HOURS = Kind(  # hours worked on cases: added up over a period, of so many cases
    "hours",
    combined=SUM,
    scale="figure",
    plotted="value",
    parts=(ALL,),
    counted_by="total",
    columns=("value",),
    dated=True,
    decimals=1,
    lowest=0,
)
CONFIG = """
[project]
name = "Shire"
nation = "england"

[[dataset]]
name = "work"
path = "work.csv"
kind = "cases"
columns = { child = "id", date = "day", value = "hours", area = "team" }

[[measure]]
name = "hours"
title = "Hours of direct work"
dataset = "work"
type = "hours"
polarity = "none"
"""


def total(m, rows, dataset, index, nation):
    """Add a column up: the one function that the made-up kind brings."""
    by = [rows["area"], rows[m.date or "date"].dt.to_period(index.levels[1].freqstr).rename("period")]
    table = pd.DataFrame(
        {
            "value": rows["value"].groupby(by).sum(),
            "denominator": rows.groupby(by).size(),
            "children": rows["child"].groupby(by).nunique(),
        }
    )
    return table.reindex(index, fill_value=0).astype(float)


@pytest.fixture
def shell():
    """A shell that takes what is displayed, as a kernel does."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture
def sixth(monkeypatch):
    monkeypatch.setitem(KINDS, HOURS.name, HOURS)
    monkeypatch.setitem(cases.COUNTED_BY, HOURS.counted_by, total)


@pytest.fixture
def hours(sixth, tmp_path):
    """Five years of work in two teams: about thirty cases a month in the east, in the west 3 in one month."""
    rows, number = [], 0
    for i, month in enumerate(pd.period_range("2016-04", "2021-03", freq="M")):
        for team, count in (("East", 30 + 3 * (i % 3) + 15 * (i > 57)), ("West", 3 if i == 50 else 20)):
            for j in range(count):
                number += 1
                rows.append(f"c{number},{month}-{1 + j % 28:02d},{1.5 + j % 4},{team}")
    (tmp_path / "work.csv").write_text("\n".join(["id,day,hours,team", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "measures.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path / "measures.toml"


def test_a_sixth_kind_goes_from_the_file_to_the_page(hours, shell):
    case = judged(open_case(hours, quarter=QUARTER, profile="council"))
    east = [1.5 + j % 4 for j in range(30 + 3 * (59 % 3) + 15)]
    months, quarter = case.newest("hours"), case.total("hours")
    assert months["value"].iloc[-1] == sum(east) + sum(1.5 + j % 4 for j in range(20))
    assert quarter["value"] == months["value"].sum()  # it adds up, as its entry says
    assert case.verdicts.loc["hours", "call"] not in ("usual variation", "too little data")
    assert case.year.loc["hours", "year_to_date"] == case.rows("hours")["value"].dropna().tail(12).sum()
    with capture_output() as got:
        page.summary(case)
        page.measures(case)
    text = "".join(o.data.get("text/html", "") for o in got.outputs)
    figure = f"{months['value'].iloc[-1]:,.1f}"
    assert "Figure each month" in text and figure in text and "Hours of direct work" in text
    assert spreadsheet.workbook(case) and (tables.figures(case)["measure"] == "hours").all()


def test_a_sixth_kind_is_protected_by_the_parts_it_names(hours):
    months = open_case(hours, quarter="2020-21Q1", area="West", profile="council").months.set_index("period")
    few = months.loc[pd.Period("2020-06", "M")]  # three cases
    assert np.isnan(few["value"]) and few["status"] == "suppressed"
    assert months.loc[pd.Period("2020-03", "M"), "value"] > 0


def test_each_behaviour_that_a_kind_names_is_there():
    strings = catalogue("en")
    for kind in KINDS.values():
        assert kind.counted_by in ("", *cases.COUNTED_BY)
        assert kind.combined in aggregates.COMBINED and kind.combined in outturn.COMBINED
        assert kind.scale in scale.SCALES
        assert set(kind.parts) <= {COUNT, ON_TIME, LATE, ALL} and kind.parts
        assert {f"chart.{kind.plotted}_month", f"chart.{kind.plotted}_week"} <= set(strings)
        assert not kind.count or (COUNT in kind.parts and kind.lowest == 0)
    assert set(cases.COUNTED_BY) == {k.counted_by for k in KINDS.values()} - {""}  # and none is left over
    assert set(scale.SCALES) == {k.scale for k in KINDS.values()}


def test_an_unknown_kind_is_refused_by_name_at_every_door():
    with pytest.raises(
        Refused, match=r"flow, stock, percent, stock_percent, mean, stock_mean, value\. Did you mean 'flow'\?"
    ):
        kind_of("flows")
    months = pd.DataFrame({"measure": "m", "area": "a", "period": pd.period_range("2018-04", periods=36, freq="M")})
    months = months.assign(type="rate", value=40.0, nation="wales")
    full = months.assign(**{name: 1.0 for name in names("months", step="measure") if name not in months})
    with pytest.raises(Refused, match="one of flow, stock, percent, stock_percent, mean, stock_mean, value"):
        judge_table(months, quarter=QUARTER)
    with pytest.raises(Refused, match="one of flow, stock, percent, stock_percent, mean, stock_mean, value"):
        protect(full, full, profile="council")
    with pytest.raises(Refused, match="one of flow, stock, percent, stock_percent, mean, stock_mean, value"):
        outturn.year_to_date(months.assign(numerator=1.0, denominator=1.0), quarter=pd.Period("2021Q4", "Q-MAR"))


def test_a_configuration_with_an_unknown_kind_names_those_there_are(hours):
    hours.write_text(CONFIG.replace('type = "hours"', 'type = "hour"'), encoding="utf-8")
    with pytest.raises(Refused, match=r"'hours': key 'type' must be one of flow, .*, hours\. Did you mean 'hours'\?"):
        open_case(hours, quarter=QUARTER)


def test_what_sets_a_kind_apart_stands_in_one_file():
    """Elsewhere a kind is named only where a configuration is written (the starter's, and the warm-up's) or is read: of
    what the two figures of a percentage are."""
    written = re.compile(r"""["'](flow|stock|percent)["']""")
    starter = {
        f"exploring/starter/{name}.py"
        for name in ("__init__", "case_table", "count_table", "figure_columns", "returns", "vocabulary")
    }
    allowed = {"kinds.py", "config/datasets.py", "run/warm_pool.py", *starter}
    room = ROOT / "src/analysis"
    found = {
        p.relative_to(room).as_posix()
        for p in room.rglob("*.py")
        if any(written.search(line) for line in p.read_text(encoding="utf-8").splitlines() if ">>>" not in line)
    }
    assert found <= allowed
