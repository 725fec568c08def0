"""Exploring: the same verdict as the page's, what it rests on, and what if; pictures by their artists."""

import dataclasses
import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from analysis import expected_table, exploring, judge, shapes
from analysis.errors import Refused
from analysis.exploring import opening
from analysis.verdict import explain

MONTHS = pd.period_range("2015-04", "2021-03", freq="M")


@pytest.fixture(scope="module")
def here():
    return exploring.begin(ROOT / "measures.toml")


@pytest.fixture(scope="module")
def on_time():
    return exploring.begin(ROOT / "measures.toml", measure="visits_on_time", quarter="2019-20Q2")


def test_it_opens_on_the_first_measure_the_whole_and_the_newest_quarter(here):
    assert (here.measure.name, here.area, str(here.quarter)) == ("contacts", "Sample County", "2021Q4")
    assert here.series.index[-1] == pd.Period("2021-03", "M")


def test_the_verdict_is_that_of_the_page(here, case):
    page = case.verdicts.loc["contacts"]
    assert here.verdict.call == page["call"]
    assert here.verdict.probabilities == pytest.approx({name: page[name] for name in here.verdict.probabilities})


def test_the_hypotheses_add_up_to_the_answers(here):
    for looked_at in (here, here.what_if(event={"date": "2021-01-04", "title": "New system", "effect": "recording"})):
        told = looked_at.explanation.hypotheses.groupby("class")["probability"].sum()
        found = looked_at.verdict.probabilities
        assert {name: told.get(name, 0.0) for name in found} == pytest.approx(found, abs=1e-9)


def test_the_futures_are_the_fans_of_the_chart(here):
    fan = expected_table(here.months, quarter=here.quarter).tail(3)
    spike = here.explanation.futures.query("`class` == 'short-term spike'")
    assert spike[["lower", "upper"]].to_numpy() == pytest.approx(fan[["if_spike_lower", "if_spike_upper"]].to_numpy())


def test_too_little_data_has_nothing_to_explain():
    short = explain(pd.Series(10.0, MONTHS[-5:]), quarter="2020-21Q4")
    assert short.hypotheses.empty and short.futures.empty and "<table" in short._repr_html_()


def test_a_step_is_explained_by_a_step():
    rng = np.random.default_rng(3)
    series = pd.Series(400 + rng.normal(0, 12, len(MONTHS)), MONTHS)
    series.iloc[-5:] += 150
    likeliest = explain(series, quarter="2020-21Q4", nation=None).hypotheses.iloc[0]
    assert (likeliest["class"], likeliest["shape"], str(likeliest["began"])) == ("sustained shift", "a step", "2020-11")
    assert likeliest["change"] == pytest.approx(150 / 400, abs=0.05)


def test_season_and_trend_are_told_apart():
    season = 30 * np.sin(2 * np.pi * MONTHS.month / 12)
    parts = exploring.season_and_trend(pd.Series(200 + 2.0 * np.arange(len(MONTHS)) + season, MONTHS), kind="stock")
    assert exploring.seasonal_strength(parts) > 0.99
    assert parts["season"].to_numpy() == pytest.approx(season, abs=1.5)
    noise = pd.Series(np.random.default_rng(1).normal(100, 5, len(MONTHS)), MONTHS)
    assert exploring.seasonal_strength(exploring.season_and_trend(noise, kind="stock")) < 0.4


def test_a_gap_stays_a_gap_and_a_short_series_has_no_season():
    series = pd.Series(100.0, MONTHS)
    series.iloc[30] = np.nan
    parts = exploring.season_and_trend(series, kind="stock")
    assert parts[["observed", "remainder"]].iloc[30].isna().all() and parts["trend"].notna().all()
    short = exploring.season_and_trend(series.tail(20), kind="stock")
    assert short["season"].isna().all() and np.isnan(exploring.seasonal_strength(short))


def test_what_if_says_what_a_verdict_hangs_on(here):
    told = exploring.compare(
        here,
        {
            "without March": {"without": ["2021-03"]},
            "a year earlier": {"quarter": "2019-20Q4"},
            "new system": {"event": {"date": "2021-03-01", "title": "New system", "effect": "recording"}},
        },
    )
    assert told.loc["as it is", "call"] == "too early to tell" != told.loc["without March", "call"]
    assert told.loc["new system", "recording break"] > told.loc["as it is", "recording break"]
    assert told[list(here.verdict.probabilities)].sum(axis=1).to_numpy() == pytest.approx(1, abs=0.03)  # rounded
    assert here.series.notna().all(), "the one asked about is unchanged"


def test_what_was_recorded_later_is_left_out(here):
    earlier = here.what_if(as_at=dt.date(2021, 3, 31))
    assert earlier.as_at == dt.date(2021, 3, 31)
    assert earlier.series.loc["2021-03":].sum() < here.series.loc["2021-03":].sum()


def test_a_bare_file_of_counts_goes_through_the_starter(tiny):
    tiny.unlink()
    found = exploring.begin(file=tiny.parent / "figures.csv")
    assert len(found.series) == 36 and found.series.iloc[0] == 121
    assert "[[measure]]" in found.configuration
    assert found.verdict.call != "too little data"


def test_a_file_of_the_configuration_opens_its_own_measure_and_another_is_looked_at(tmp_path, tiny):
    register = ROOT / "data/sample/county/register.csv"
    assert exploring.begin(ROOT / "measures.toml", file=register).measure.name == "on_register"
    assert exploring.begin(tiny, file=tiny.parent / "figures.csv").configuration == ""
    other = tmp_path / "other.csv"
    other.write_text((tiny.parent / "figures.csv").read_text())
    assert "other.csv" in exploring.begin(tiny, file=other).configuration


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "INPUT_UNAVAILABLE"),
        ({"file": "nowhere.csv"}, "INPUT_UNAVAILABLE"),
        ({"config": "measures.toml", "measure": "contcats"}, "INVALID_PARAMETER"),
        ({"config": "measures.toml", "area": "Nowhere"}, "INVALID_PARAMETER"),
        ({"config": "measures.toml", "quarter": "2030-31Q1"}, "NO_DATA"),
    ],
)
def test_what_cannot_be_opened_is_refused(asked, code, tiny, monkeypatch):
    monkeypatch.chdir(tiny.parent if "config" in asked else ROOT)
    with pytest.raises(Refused) as refused:
        exploring.begin(**asked)
    assert refused.value.code == code


def test_the_explorer_explains_every_code_it_shows(here):
    counted = here.codes.loc["front_door"].set_index("code")
    assert counted.loc["TYPE_MAPPED", "times"] == 44557
    assert counted["means"].all()


def test_bars_carry_their_numbers_and_words(here):
    (axes,) = exploring.probability_chart(here).axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(list(here.verdict.probabilities.values()))
    assert axes.texts[0].get_text() == "70%, likely"


def test_every_answer_that_is_not_ruled_out_has_its_next_months(here):
    figure = exploring.futures_chart(here)
    told = [name for name, p in here.verdict.probabilities.items() if p >= 0.01]
    assert [axes.get_title("left").partition("\n")[0] for axes in figure.axes] == [f"if {name}" for name in told]


def test_the_control_chart_marks_points_by_what_they_mean(on_time):
    (axes,) = exploring.control_chart(on_time).axes
    marked = {line.get_label(): len(line.get_xdata()) for line in axes.lines if not line.get_label().startswith("_")}
    counted = on_time.limits["point_type"].value_counts()
    assert marked["nothing unusual"] == counted["common_cause"]
    assert marked["target"] and on_time.target == 0.95
    assert axes.yaxis.get_major_formatter()(0.5) == "50%"


def test_local_and_national_are_indices_of_their_own_means(here, on_time):
    (axes,) = exploring.nation_chart(here).axes
    assert [np.nanmean(line.get_ydata()) for line in axes.lines] == pytest.approx([100, 100])
    (empty,) = exploring.nation_chart(on_time).axes
    assert "comparator" in empty.texts[0].get_text()


def test_the_life_of_a_question_is_told_month_by_month(here):
    assert here.questions.loc["2020-21Q4", "probability"] == pytest.approx(here.verdict.persists, nan_ok=True)
    told = here.questions.loc["2020-21Q1"]
    life = here.life("2020-21Q1")
    assert (
        len(life) == 13 and life["probability"].notna().sum() == 10
    )  # July 2020 to March 2021, and June, when it was asked
    assert life["probability"].iloc[0] == told["said"] and life["probability"].dropna().iloc[-1] == told["probability"]
    assert life["question"].dropna().iloc[-1] == told["question"] == "passed"
    settled = life.index[life["question"] == "passed"][0]
    assert settled == told["settled_from"]
    assert life.loc[settled, "mean"] >= life.loc[settled, "passed_if"]  # a fall
    figure = exploring.life_chart(here, "2020-21Q1")
    assert len(figure.axes) == 2
    assert "Nothing departed" in exploring.life_chart(here, "2020-21Q2").axes[0].texts[0].get_text()


def test_pictures_show_themselves_and_can_be_changed(here):
    for draw in (exploring.over_time, exploring.season_chart, exploring.futures_chart, exploring.control_chart):
        figure = draw(here)
        figure.suptitle("Changed")
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_short_or_a_weekly_series_is_drawn_too(tmp_path, tiny):
    short = tmp_path / "short.csv"
    short.write_text("month,number\n" + "".join(f"2021-{m:02d},{10 + m}\n" for m in range(1, 7)))
    weeks = pd.period_range("2018-01-01", "2021-03-28", freq="W-SUN").start_time.strftime("%Y-%m-%d")
    weekly = tmp_path / "weekly.csv"
    weekly.write_text("week,number\n" + "".join(f"{day},{60 + i % 7}\n" for i, day in enumerate(weeks)))
    by_month = tiny.read_text()
    tiny.write_text(by_month.replace("figures.csv", "weekly.csv").replace('period = "month"', 'period = "week"'))
    tiny.write_text(tiny.read_text().replace('kind = "counts"', 'kind = "counts"\ngrain = "week"'))
    few, by_week = exploring.begin(file=short), exploring.begin(tiny)
    assert (few.verdict.call, few.explanation.futures.empty) == ("too little data", True)
    assert by_week.series.index.freqstr == "W-SUN" and len(by_week.series) == 169
    for draw in (exploring.over_time, exploring.season_chart, exploring.futures_chart, exploring.control_chart):
        assert all(draw(looked_at)._repr_png_() for looked_at in (few, by_week))


def test_what_shows_itself_is_escaped(here):
    assert "<b>" not in shapes.two_columns({"<b>": "<b>"})
    measure = here.measure.model_copy(update={"title": "<script>"})
    assert "<script>" not in dataclasses.replace(here, measure=measure)._repr_html_()
    project = here.project.model_copy(update={"measures": [measure]})
    assert "&lt;script&gt;" in project._repr_html_() and "<script>" not in project._repr_html_()
    verdict = judge(
        here.series, quarter=here.quarter, events=[{"date": "2021-01-01", "title": "<i>", "effect": "context"}]
    )
    assert "<i>" in verdict.reason and "<i>" not in verdict._repr_html_()


def test_a_working_copy_is_filled_in_once_and_never_overwritten(tmp_path):
    original = ROOT / "notebooks" / opening.NOTEBOOK
    copy = opening.working_copy(original, tmp_path, config="", file="my contacts.csv")
    assert copy.name == "explore-my contacts.ipynb"
    (parameters,) = [c for c in json.loads(copy.read_text())["cells"] if "tags" in c["metadata"]]
    names = {}
    exec("".join(parameters["source"]), names)
    assert (names["config"], names["file"], names["quarter"]) == ("", "my contacts.csv", "")
    copy.write_text("my own work")
    assert opening.working_copy(original, tmp_path, config="", file="my contacts.csv").read_text() == "my own work"


def test_without_jupyterlab_one_sentence_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setattr(opening, "find_spec", lambda name: None)
    with pytest.raises(Refused, match="pip install --no-deps --require-hashes -r requirements-dev") as refused:
        opening.open_lab(tmp_path / "explore.ipynb")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("arguments", [(), ("nowhere.csv",), ("--config", "nowhere.toml")])
def test_explore_without_anything_to_explore_is_refused(arguments, tmp_path, run_here):
    done = run_here("explore", *arguments, cwd=tmp_path)
    assert done.returncode == 2 and "INPUT_UNAVAILABLE" in done.stderr and not list(tmp_path.iterdir())
