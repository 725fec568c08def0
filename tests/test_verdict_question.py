"""The question of a quarter, followed: what a total means is what was said before it came."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import Refused
from analysis.verdict import judge, judge_table
from analysis.verdict.answers import WORTH_PRINTING
from analysis.verdict.hypotheses import OLDEST
from analysis.verdict.model import Sort
from analysis.verdict.question import MEANS, after, find_lines, lines, year_ahead
from analysis.verdict.rows import judge_rows
from analysis.verdict.scale import Scale

QUARTER = "2020-21Q4"
MONTHS = pd.period_range(end="2021-03", periods=60, freq="M")
AHEAD = pd.period_range("2021-04", periods=12, freq="M")
WEEKS = pd.period_range(end=pd.Period("2021-03-28", "W-SUN"), periods=160, freq="W-SUN")


def departed(factor=1.25, months=2, seed=0, level=400):
    values = np.random.default_rng(seed).poisson(level, 60).astype(float)
    values[-months:] = np.round(values[-months:] * factor)
    return pd.Series(values, MONTHS)


def with_total(series, total, months):
    """Let whole months after the quarter come to a total, unevenly."""
    share = np.linspace(0.6, 1.4, months)
    values = np.floor(share / share.sum() * total)
    values[0] += total - values.sum()
    return pd.concat([series, pd.Series(values, AHEAD[:months])])


def followed(series, months, **about):
    return judge(series, quarter=QUARTER, through=str(AHEAD[months - 1]), **about)


OPEN = [departed(), departed(0.78, seed=3), departed(1.6, 1, seed=3), departed(1.9, 2, seed=2, level=9)]


@pytest.mark.parametrize("series", OPEN)
def test_at_the_quarters_end_it_is_what_persists_says(series):
    now = judge(series, quarter=QUARTER)
    assert now.question == "open"
    assert now.probability == now.persists
    again = judge(pd.concat([series, pd.Series(1.0, AHEAD)]), quarter=QUARTER, through="2021-03")
    assert (again.probability, again.persists, again.question) == (now.persists, now.persists, "open")
    assert again.settles.equals(now.settles)


@pytest.mark.parametrize("series", OPEN)
def test_a_total_at_its_line_settles_it_and_one_event_short_of_it_does_not(series):
    now = judge(series, quarter=QUARTER)
    side = 1 if now.change > 0 else -1
    first = now.settles.iloc[0]
    assert not first[["lasts_if", "passed_if"]].isna().any()
    for line, answer, inward in ((first["lasts_if"], "lasts", -side), (first["passed_if"], "passed", side)):
        assert line == round(line)
        at, beyond, short = (followed(with_total(series, line + d, 3), 3) for d in (0, -inward, inward))
        assert (at.question, beyond.question, short.question) == (answer, answer, "open")
        assert at.settled_from == pd.Period("2021-06", "M")
        assert short.settled_from is None
        sure = at.probability if answer == "lasts" else 1 - at.probability
        assert 0.8 <= sure < 0.9
    for verdict in (at, beyond, short):
        assert verdict.settles.equals(now.settles)


@pytest.mark.parametrize("series", OPEN)
def test_how_the_months_share_the_total_makes_no_difference(series):
    total = judge(series, quarter=QUARTER).settles["half"][0]
    uneven = with_total(series, total, 3)
    even = uneven.copy()
    even.iloc[-3:] = np.floor(total / 3)
    even.iloc[-1] += total - even.iloc[-3:].sum()
    one, other = followed(uneven, 3), followed(even, 3)
    assert (one.question, one.probability) == (other.question, pytest.approx(other.probability, abs=1e-12))


def test_what_is_settled_stays_settled_until_the_year_is_over():
    series = departed()
    now = judge(series, quarter=QUARTER)
    total = now.settles["lasts_if"][0]
    level = float(series[:48].mean())
    later = pd.concat([with_total(series, total + 20, 3), pd.Series(round(0.8 * level), AHEAD[3:])])
    for months in range(3, 12):
        verdict = followed(later, months)
        assert (verdict.question, verdict.settled_from) == ("lasts", pd.Period("2021-06", "M"))
    fact = followed(later, 12)
    assert later[AHEAD].sum() < now.half
    assert (fact.question, fact.probability, fact.settled_from) == ("passed", 0.0, pd.Period("2022-03", "M"))


def test_it_is_looked_at_after_whole_quarters_only():
    series = departed()
    total = judge(series, quarter=QUARTER).settles["lasts_if"][0]
    later = with_total(series, 1.5 * total, 3)
    assert [followed(later, months).question for months in (1, 2, 3)] == ["open", "open", "lasts"]
    assert followed(later, 2).probability > 0.8


def test_the_year_decides_by_half_of_the_departure():
    series = departed()
    half = judge(series, quarter=QUARTER).half
    for total, answer in ((half, "lasts"), (half - 1, "passed")):
        verdict = followed(with_total(series, total, 12), 12)
        assert (verdict.question, verdict.probability) == (answer, float(answer == "lasts"))


def test_a_month_that_is_missing_leaves_an_answer_by_the_others():
    series = departed()
    later = with_total(series, 1.3 * judge(series, quarter=QUARTER).settles["lasts_if"][0], 3)
    later[AHEAD[1]] = np.nan
    verdict = followed(later, 3)
    assert verdict.question == "lasts"
    later[AHEAD[:3]] = np.nan
    assert followed(later, 3).question == "open"
    assert followed(later, 3).probability == judge(series, quarter=QUARTER).persists


@pytest.mark.parametrize(
    ("kind", "series", "about"),
    [
        ("stock", pd.Series(np.round(300 + 5 * np.sin(np.arange(60)) + 70 * (np.arange(60) > 57)), MONTHS), {}),
        (
            "percent",
            pd.Series(0.8 + 0.02 * np.sin(7.0 * np.arange(60)) - 0.12 * (np.arange(60) > 57), MONTHS),
            {"denominator": pd.Series(150.0, MONTHS.append(AHEAD))},
        ),
        ("mean", pd.Series(20 + np.sin(7.0 * np.arange(60)) + 9 * (np.arange(60) > 57), MONTHS), {}),
        ("value", pd.Series(np.sin(7.0 * np.arange(60)) - 4 * (np.arange(60) > 57), MONTHS), {}),
    ],
)
def test_what_does_not_add_up_is_asked_by_its_mean(kind, series, about):
    now = judge(series, quarter=QUARTER, kind=kind, **about)
    assert now.question == "open"
    first = now.settles.iloc[0]
    low, high = sorted([series.iloc[:57].mean(), series.iloc[-2:].mean()])
    assert low <= first["half"] <= high
    for line, answer in ((first["lasts_if"], "lasts"), (first["passed_if"], "passed")):
        if not np.isnan(line):
            later = pd.concat([series, pd.Series(line, AHEAD[:3])])
            assert followed(later, 3, kind=kind, **about).question == answer


def test_a_week_counts_in_the_month_of_its_thursday():
    values = np.random.default_rng(4).poisson(90, 160).astype(float)
    values[-9:] *= 1.3
    series = pd.Series(np.round(values), WEEKS)
    now = judge(series, quarter=QUARTER)
    assert now.question == "open"
    weeks = pd.period_range(WEEKS[-1] + 1, periods=13, freq="W-SUN")  # those of April to June 2021
    assert now.settles["half"][0] == pytest.approx(13 * 90 * 1.1, rel=0.1)
    for line, answer in zip(now.settles.loc[0, ["lasts_if", "passed_if"]], ("lasts", "passed"), strict=True):
        each = np.full(13, np.floor(line / 13))
        each[: int(line - each.sum())] += 1
        assert followed(pd.concat([series, pd.Series(each, weeks)]), 3).question == answer


def test_nothing_departed_and_nothing_is_asked():
    usual = judge(departed(1.0), quarter=QUARTER)
    assert (usual.question, usual.settled_by, len(usual.settles)) == ("none", None, 0)
    assert np.isnan(usual.half)
    short = judge(departed().iloc[-8:], quarter=QUARTER, through="2021-06")
    assert (short.call, short.question) == ("too little data", "none")
    assert np.isnan(short.probability)


def test_lines_are_in_order_and_none_is_printed_that_is_hardly_reached():
    for seed in range(12):
        series = departed(1.3 if seed % 2 else 0.72, 1 + seed % 3, seed)
        verdict = judge(series, quarter=QUARTER)
        table, side = verdict.settles, 1 if verdict.change > 0 else -1
        for row in table.itertuples():
            assert np.isnan(row.lasts_if) == (row.chance < WORTH_PRINTING) or np.isnan(row.lasts_if)
            edges = side * np.array([row.passed_if, row.half, row.lasts_if])
            assert (np.diff(edges[~np.isnan(edges)]) >= 0).all()
            assert row.until == pd.Period("2021-03", "M") + row.months
        if len(table):
            assert verdict.settled_by in list(pd.period_range("2021Q1", "2022Q1", freq="Q-MAR") + 1)


def test_through_is_a_month_at_or_after_the_quarters_end():
    with pytest.raises(Refused, match="before the quarter's end"):
        judge(departed(), quarter=QUARTER, through="2021-01")
    with pytest.raises(Refused, match="is a month"):
        judge(departed(), quarter=QUARTER, through="soon")
    late = judge(with_total(departed(), 6000, 12), quarter=QUARTER, through="2030-01")
    assert late.probability in (0.0, 1.0)


def test_a_table_asks_the_same_questions():
    parts = [pd.DataFrame({"measure": "m", "area": str(i), "period": s.index, "value": s}) for i, s in enumerate(OPEN)]
    table = judge_table(pd.concat(parts, ignore_index=True), quarter=QUARTER)
    for row, series in zip(table.itertuples(), OPEN, strict=True):
        verdict = judge(series, quarter=QUARTER)
        assert (row.question, row.half, row.settled_by) == ("open", verdict.half, verdict.settled_by)
        assert row.probability == pytest.approx(verdict.probability, abs=1e-9)
        pd.testing.assert_frame_equal(row.settles, verdict.settles)


@pytest.fixture(scope="module")
def asked():
    """Three questions on the scale of z, as the engine holds them."""
    rng = np.random.default_rng(1)
    z = rng.normal(0, 0.1, (3, 48))
    z[:, -2:] += [[0.4], [0.35], [0.3]]
    scale = Scale(np.zeros(3, dtype=int), np.full(3, 0.08), np.zeros(3), np.ones(3))
    none = np.zeros((3, OLDEST + 1), dtype=bool)
    ((_, judged),) = list(judge_rows(z, scale, none, Sort()))
    return judged


def test_what_any_total_would_say_is_on_average_what_is_said_now(asked):
    up, half = asked.asked.change > 0, asked.asked.half
    edges = np.broadcast_to(np.linspace(-3, 3, 2001), (3, 2001))
    for ahead in (after(asked.asked, MEANS[0]), after(asked.asked, (0, 3, 4))):
        beyond = ahead.reaches(edges, np.ones(3, dtype=bool))
        likely = -np.diff(beyond, axis=1)
        told = ahead.lasts((edges[:, 1:] + edges[:, :-1]) / 2, half, up)
        assert likely.sum(1) == pytest.approx(1, abs=1e-3)
        kept = year_ahead(asked.posterior, (-1,)).reaches(half[:, None], up)[:, 0]
        assert (likely * told).sum(1) == pytest.approx(kept, abs=0.01)
        assert kept == pytest.approx(asked.persists, abs=0.05)


def test_each_look_is_as_if_it_were_the_only_one(asked):
    whole = lines(asked.asked, asked.posterior)
    for i, months in enumerate(MEANS[:3]):
        one = find_lines(asked.asked, after(asked.asked, months), [months])
        rows = slice(3 * i, 3 * i + 3)
        for name in ("lasts", "passed", "chance"):
            assert getattr(one, name) == pytest.approx(getattr(whole, name)[rows], rel=1e-6, nan_ok=True)
