"""Questions from page to page: every one is answered, and no page contradicts an earlier line."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, judged

from analysis import judge, judge_table, open_case, pipeline, snapshots
from analysis.classes import LASTS, NOT_SHOWN, OPEN, PASSED, RECORDING, SETTLED_BEFORE
from analysis.periods import parse_quarter
from analysis.report import words
from analysis.schema import CALLS, QUESTIONS, empty
from analysis.shapes import FACT, state_of
from analysis.verdict import follow, hold_calls

PUBLISHED = ROOT.parent / "shared" / "data" / "dfe_referrals_by_month.csv"
PAGES = pd.period_range("2020Q1", "2021Q4", freq="Q-MAR")  # eight in a row
LINES = ["lasts_if", "passed_if", "half", "chance", "said", "up"]
KEY = ["measure", "area", "asked", "months"]
MONTHS = pd.period_range("2014-04", "2021-03", freq="M")


def pages_of(table: pd.DataFrame, quarters=PAGES) -> list[pd.DataFrame]:
    """Return the questions of pages in a row, made from measured months alone."""
    pages, asked = [], empty(QUESTIONS)
    quarterly = table.assign(
        period=pd.PeriodIndex(table["period"]).asfreq("Q-MAR"), numerator=np.nan, denominator=np.nan
    )
    keys = ["measure", "area", "type", "period"]
    quarterly = quarterly.groupby(keys, sort=False)[["value", "numerator", "denominator"]]
    quarterly = quarterly.agg(lambda x: x.sum(min_count=len(x))).reset_index()
    for quarter in quarters:
        seen = table[pd.PeriodIndex(table["period"]) <= quarter.asfreq("M", how="end")]
        asked = follow(asked, judge_table(seen, quarter=quarter), seen, quarterly, quarter=quarter)
        pages.append(asked)
    return pages


def check(pages: list[pd.DataFrame], quarters=PAGES) -> int:
    """Hold each page against those before it; return how many looks were answered."""
    answered = 0
    for before, now in pairwise(pages):
        both = before.merge(now, on=KEY, suffixes=("_before", ""), validate="1:1")
        assert len(both) == len(before)  # every question of one page stands on the next
        for column in LINES:
            pd.testing.assert_series_equal(both[f"{column}_before"], both[column], check_names=False)
        told = both[both["answer_before"] != ""]
        for column in ("answer", "came"):
            pd.testing.assert_series_equal(told[f"{column}_before"], told[column], check_names=False)
    for row in pages[-1][pages[-1]["months"] > 0].to_dict("records"):
        until = parse_quarter(row["asked"]) + row["months"] // 3
        assert row["answer"] or until >= quarters[-1]  # the newest months may not be on record yet
        assert not row["answer"] or until <= quarters[-1]
        if row["answer"] in ("", NOT_SHOWN, SETTLED_BEFORE):
            continue
        answered += 1
        side = 1 if row["up"] else -1
        lasts, passed = (row["half"],) * 2 if row["months"] == FACT else (row["lasts_if"], row["passed_if"])
        if row["answer"] == LASTS:
            assert side * (row["came"] - lasts) >= 0
        elif row["answer"] == PASSED:
            assert side * (row["came"] - passed) <= 0
        else:
            assert not side * (row["came"] - lasts) >= 0 and not side * (row["came"] - passed) <= 0
    for _, own in pages[-1].groupby(["measure", "area", "up"]):
        runs = sorted((parse_quarter(asked), looks) for asked, looks in own.groupby("asked"))
        for (first, looks), (second, _) in pairwise(runs):
            by_then = looks[looks["months"] <= 3 * (second - first).n]
            assert second >= first + 4 or state_of(by_then) == PASSED  # one question a series and side
    return answered


def series_of(seed: int, factor: float, months: int, level: float = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    usual = np.full(len(MONTHS), float(level))
    began = len(MONTHS) - 18
    usual[began : began + months] *= factor
    return pd.DataFrame(
        {"measure": "m", "area": f"{seed}", "type": "flow", "period": MONTHS, "value": rng.poisson(usual)}
    )


@pytest.fixture(scope="module")
def made_up():
    cases = [
        (seed, factor, months) for seed, (factor, months) in enumerate([(1.3, 2), (1.35, 18), (0.7, 3), (0.65, 18)] * 3)
    ]
    return pd.concat([series_of(*case) for case in cases], ignore_index=True).astype({"value": float})


def test_no_page_contradicts_an_earlier_line(made_up):
    pages = pages_of(made_up)
    assert check(pages) >= 20
    closed = pages[-1][pages[-1]["months"] == FACT]["answer"]
    assert {LASTS, PASSED} <= set(closed)


def test_a_page_says_what_judge_says_of_the_same_months(made_up):
    last = pages_of(made_up)[-1]
    for (area, asked), looks in last.groupby(["area", "asked"]):
        series = made_up[made_up["area"] == area].set_index("period")["value"]
        for look in looks[(looks["months"] > 0) & (looks["answer"] != "")].to_dict("records"):
            month = parse_quarter(asked).asfreq("M", how="end") + look["months"]
            verdict = judge(series, quarter=asked, through=month)
            until = looks[looks["months"] <= look["months"]]
            assert verdict.question == state_of(until), (area, asked, look["months"])


def test_a_change_in_recording_is_not_asked_about(made_up):
    verdicts = judge_table(made_up, quarter="2019-20Q3")
    quarters = made_up.iloc[:0].assign(numerator=0.0, denominator=0.0)
    asked = follow(empty(QUESTIONS), verdicts, made_up, quarters, quarter="2019-20Q3")
    assert len(asked)
    none = follow(empty(QUESTIONS), verdicts.assign(call=RECORDING), made_up, quarters, quarter="2019-20Q3")
    assert none.empty and list(none.columns) == list(asked.columns)


def test_what_is_hidden_is_not_answered_and_what_is_not_complete_waits(made_up):
    pages = pages_of(made_up, PAGES[1:3])
    asked = pages[-1][(pages[-1]["asked"] == "2019-20Q3") & (pages[-1]["months"] == 3)].iloc[0]
    table = made_up[made_up["area"] == asked["area"]]
    quarters = pd.DataFrame({"measure": "m", "area": asked["area"], "period": PAGES[3:4], "value": np.nan})
    quarters = quarters.assign(numerator=np.nan, denominator=np.nan)
    verdicts = judge_table(table, quarter=PAGES[3])
    earlier = pages[-1][pages[-1]["area"] == asked["area"]]
    hidden = follow(earlier, verdicts, table, quarters, quarter=PAGES[3])
    told = hidden[(hidden["asked"] == "2019-20Q3") & (hidden["months"] == 3)].iloc[0]
    assert told["answer"] == NOT_SHOWN and np.isnan(told["came"])
    late = table.assign(completeness=np.where(table["period"] == pd.Period("2020-02", "M"), 0.8, 1.0))
    waits = follow(earlier, verdicts, late, quarters.assign(value=1.0), quarter=PAGES[3])
    own = waits[waits["asked"] == "2019-20Q3"]
    assert own.loc[own["months"] == 3, "answer"].iloc[0] == "" and state_of(own) == OPEN
    assert "the next page answers" in words.it_means(own, PAGES[3])


CHANCES = ["usual variation", "short-term spike", "sustained shift", "trend", "recording break"]
CALLED = {  # measure: call, probabilities, change, first month of the change; then what the page after it names
    "calm": ("usual variation", [0.8, 0.1, 0.1, 0, 0], 0.01, None, "usual variation", 0.02, None),
    "missed": ("usual variation", [0.6, 0.2, 0.1, 0.1, 0], 0.05, None, "trend", 0.2, "2020-11"),
    "new": ("usual variation", [0.7, 0.1, 0.1, 0.1, 0], 0.05, None, "sustained shift", 0.2, "2021-02"),
    "climb": ("trend", [0.1, 0, 0.3, 0.6, 0], 0.2, "2020-08", "sustained shift", 0.2, "2020-09"),
    "turned": ("trend", [0.1, 0, 0.3, 0.6, 0], 0.2, "2020-08", "short-term spike", 0.1, "2020-09"),
    "file": ("recording break", [0.1, 0, 0, 0.1, 0.8], -0.4, "2020-10", "recording break", -0.3, "2020-10"),
    "unsure": ("usual variation", [0.6, 0.4, 0, 0, 0], 0.1, None, "too early to tell", 0.1, None),
    "asked": ("sustained shift", [0, 0.2, 0.8, 0, 0], 0.2, "2020-11", "sustained shift", 0.2, "2020-11"),
    "no claim": ("too early to tell", [0.4, 0.3, 0.3, 0, 0], 0.2, None, "usual variation", 0.0, None),
}


def test_calls_are_held_against_the_page_after_them_by_hand():
    def verdicts(of):
        rows = [{"measure": m, "area": "A", **dict(zip(CHANCES, row[1], strict=True))} for m, row in CALLED.items()]
        named = [dict(zip(["call", "change", "onset"], of(row), strict=True)) for row in CALLED.values()]
        table = pd.DataFrame(rows).join(pd.DataFrame(named))
        onset = [pd.NaT if x is None else pd.Period(x, "M") for x in table["onset"]]
        return table.assign(onset=pd.Series(onset, dtype=object))

    questions = pd.DataFrame([{"measure": "asked", "area": "A", "asked": "2020-21Q3"}])
    first = hold_calls(empty(CALLS), verdicts(lambda r: (r[0], r[2], r[3])), questions, quarter="2020-21Q3")
    assert set(CALLED) - set(first["measure"]) == {"asked", "no claim"} and (first["answer"] == "").all()
    assert first.set_index("measure")["said"].round(2).to_dict() == {
        "calm": 0.8, "missed": 0.6, "new": 0.7, "climb": 0.9, "turned": 0.9, "file": 0.8, "unsure": 0.6,
    }  # fmt: skip
    second = hold_calls(first, verdicts(lambda r: (r[4], r[5], r[6])), empty(QUESTIONS), quarter="2020-21Q4")
    before = second[second["asked"] == "2020-21Q3"].set_index("measure")["answer"].to_dict()
    back = {"missed": "taken back", "turned": "taken back", "unsure": ""}
    assert before == {m: back.get(m, "held") for m in first["measure"]}
    assert (second.loc[second["asked"] == "2020-21Q4", "answer"] == "").all()
    third = hold_calls(second, verdicts(lambda r: (r[0], r[2], r[3])), empty(QUESTIONS), quarter="2021-22Q1")
    later = before | {"unsure": "held"}  # no page names a change in it
    assert third[third["asked"] == "2020-21Q3"].set_index("measure")["answer"].to_dict() == later
    assert words.calls_held(second) == (
        "Of 6 calls of earlier pages that a later one answers, 4 held; on average they were said with 78%."
    )  # the mean of 80, 60, 70, 90, 90 and 80


@pytest.mark.parametrize(
    ("sample", "count"),
    [
        ("prepared_borough", 3),
        pytest.param("prepared", 4, marks=pytest.mark.full),
        pytest.param("prepared", 8, marks=pytest.mark.full),
        pytest.param("prepared_borough", 8, marks=pytest.mark.full),
    ],
)
def test_pages_in_a_row_of_a_sample_follow_their_questions(sample, count, request, tmp_path):
    prepared = request.getfixturevalue(sample)
    folders, pages = [], []
    for quarter in PAGES[-count:]:
        folders.append(tmp_path / str(quarter))
        pipeline.make_snapshots(prepared, quarter, folders[-1], profile="council", released=folders[:-1])
        pages.append(snapshots.read_questions(folders[-1]))
    assert check(pages, PAGES[-count:]) >= 4
    area, work = pipeline.find_area(prepared, None), tmp_path / "work"
    work.mkdir()
    snapshots.copy_slice(folders[-1], area, work)
    case = judged(open_case(prepared.project.path, quarter=PAGES[-1], area=area, work=work))
    for m in case.measures:
        for looks in words.asked_before(case.questions_of(m.name), PAGES[-1]):
            told = words.follow_up(looks, m, PAGES[-1])
            assert "Does the " in told and told.endswith(".")
    calls = [snapshots.read_calls(folder) for folder in folders]
    assert (calls[-1].loc[calls[-1]["asked"] == "2021-22Q2", "answer"] == "").all()
    for before, now in pairwise(calls):
        both = before.merge(now, on=["measure", "area", "asked"], suffixes=("_before", ""), validate="1:1")
        assert len(both) == len(before) and (both["said"] == both["said_before"]).all()
        assert ((both["answer_before"] == "") | (both["answer"] == both["answer_before"])).all()
    assert (calls[-1]["answer"] == "held").any()


def test_a_page_answers_only_what_a_page_of_its_own_area_asked(prepared_borough, tmp_path):
    first, second = PAGES[-2:]
    pipeline.make_snapshots(prepared_borough, first, tmp_path / "first", profile="council")
    asked = snapshots.read_questions(tmp_path / "first")["area"].iloc[0]
    other = next(area for area in pipeline.areas(prepared_borough) if area != asked)
    for issued in (asked, other):
        pages = {(first, issued), (second, asked), (second, other)}
        folder, released = tmp_path / issued, [tmp_path / "first"]
        pipeline.make_snapshots(prepared_borough, second, folder, profile="council", released=released, pages=pages)
        now = snapshots.read_questions(folder)
        assert ((now["asked"] == "2020-21Q3") & (now["area"] == asked)).any() == (issued == asked)
        for area in (asked, other):
            case = snapshots.read_case(snapshots.area_folder(folder, area), prepared_borough.project, second, area)
            assert case.has_earlier == (area == issued)


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published referrals are not part of the project")
@pytest.mark.full
def test_eight_pages_of_published_figures_follow_their_questions():
    wide = pd.read_csv(PUBLISHED, dtype=str, keep_default_na=False)
    wide = wide[wide["geographic_level"] == "Local authority"]
    names = [
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "January",
        "February",
        "March",
    ]
    start = pd.PeriodIndex([f"{int(year) - 1}-04" for year in wide["time_period"]], freq="M")
    parts = [
        pd.DataFrame({"measure": "referrals", "area": wide["la_name"], "type": "flow", "period": start + i}).assign(
            value=pd.to_numeric(wide[name], errors="coerce")
        )
        for i, name in enumerate(names)
    ]
    table = pd.concat(parts).sort_values(["area", "period"]).drop_duplicates(["area", "period"])
    table = table[table["area"].isin(sorted(table["area"].unique())[::4])].reset_index(drop=True)
    for first in ("2016Q1", "2019Q1", "2022Q1"):
        quarters = pd.period_range(first, periods=8, freq="Q-MAR")
        assert check(pages_of(table, quarters), quarters) >= 20
