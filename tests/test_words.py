"""Sentences say what the row says, in the field's words and the government's yardstick."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.config import Catalogue, Measure
from analysis.disclosure.marks import OTHER
from analysis.report import words
from analysis.shapes import ControlChart
from analysis.spc.targets import assurance

FLOW = Measure(name="a", title="Assessments opened", dataset="d", type="flow")
STOCK = Measure(name="c", title="Children in care", dataset="d", type="stock")
SHARE = Measure(
    name="v",
    title="Visits in time",
    dataset="d",
    type="percent",
    polarity="increase",
    bands=[2, 5],
    target=[{"from": dt.date(2019, 4, 1), "value": 0.9, "kind": "local"}],
)


# Professional Head of Intelligence Assessment: the bands, and the nearer band between them
@pytest.mark.parametrize(
    ("p", "word"),
    [
        (0.0, "remote chance"),
        (0.05, "remote chance"),
        (0.07, "remote chance"),
        (0.08, "highly unlikely"),
        (0.15, "highly unlikely"),
        (0.23, "unlikely"),
        (0.30, "unlikely"),
        (0.37, "unlikely"),
        (0.38, "realistic possibility"),
        (0.5, "realistic possibility"),
        (0.51, "about even"),
        (0.53, "about even"),
        (0.546, "likely"),
        (0.6, "likely"),
        (0.75, "likely"),
        (0.78, "highly likely"),
        (0.9, "highly likely"),
        (0.93, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_a_probability_has_the_yardstick_word_of_its_band(p, word):
    assert words.likelihood(p) == word


@pytest.mark.parametrize(("p", "shown"), [(0.0, "under 1%"), (0.604, "60%"), (0.999, "over 99%")])
def test_a_probability_is_never_printed_as_certain(p, shown):
    assert words.percentage(p) == shown


def verdict(**fields):
    usual = {
        "call": words.TOO_EARLY,
        "persists": 0.6,
        "change": 0.5,
        "flags": (),
        words.USUAL: 0.2,
        words.SPIKE: 0.35,
        words.SHIFT: 0.3,
        words.TREND: 0.12,
        words.RECORDING: 0.03,
    }
    return pd.Series({**usual, **fields})


PAGE = pd.Period("2021Q4", "Q-MAR")


def looks(lasts=1598.0, passed=1029.0, *, up=True, answers=("", "", "", ""), came=(), **fields):
    """Return one question of the page before, as a page prints it."""
    table = pd.DataFrame({"measure": "m", "asked": "2020-21Q3", "months": [3, 6, 9, 12], "up": up, "said": 0.54})
    table = table.assign(lasts_if=lasts, passed_if=passed, half=1245.0, chance=0.28, came=float("nan"), answer=answers)
    table.loc[: len(came) - 1, "came"] = came
    table.loc[3, ["lasts_if", "passed_if"]] = float("nan")
    return table.assign(**fields)


def test_whether_it_lasts_is_said_where_it_is_asked():
    assert "54%" in words.will_it_last(looks()) and "54%" in words.lasting(looks())
    assert words.will_it_last(looks().iloc[:0]) == words.lasting(looks().iloc[:0]) == ""


def test_what_settles_names_both_lines_half_of_the_change_and_the_chance_to_know():
    assert words.what_settles(looks(), FLOW) == (
        "If January to March 2021 together are 1,598 or more, the rise lasts; 1,029 or fewer, it has passed; between, it "
        "is still open. Half of the rise would be 1,245. Will we know by then? 28%, unlikely."
    )
    fall = words.what_settles(looks(1029.0, 1598.0, up=False), FLOW)
    assert "1,029 or fewer, the fall lasts; 1,598 or more, it has passed" in fall


def test_a_line_that_is_not_printed_is_not_missed():
    nan = float("nan")
    assert "1,598 or more, the rise lasts; below that" in words.what_settles(looks(1598.0, nan), FLOW)
    assert "1,598 or fewer, the fall lasts; above" in words.what_settles(looks(1598.0, nan, up=False), FLOW)
    assert "1,029 or fewer, the rise has passed; above" in words.what_settles(looks(nan, 1029.0), FLOW)
    assert "1,029 or more, the fall has passed; below" in words.what_settles(looks(nan, 1029.0, up=False), FLOW)
    assert words.what_settles(looks(nan, nan), FLOW) == ""
    assert "is 320.7 or more, the rise lasts; below that" in words.what_settles(looks(320.7, nan), STOCK)
    after_a_year = looks(
        nan, nan, half=315.0, answers=("lasts", *("settled before",) * 2, "lasts"), came=[nan] * 3 + [329.3]
    )
    assert "was 329.3, where half of it would be 315" in words.follow_up(after_a_year, STOCK, PAGE + 3)


def test_what_does_not_add_up_is_told_by_its_mean():
    told = words.what_settles(looks(0.71, 0.65, half=0.68), SHARE)
    assert told.startswith("If the mean of January to March 2021 is 71% or more, the rise lasts; 65% or less")


def test_a_question_is_followed_up_with_what_came_and_what_it_means():
    still = looks(answers=("open", "", "", ""), came=[1200.0])
    assert words.follow_up(still, FLOW, PAGE) == (
        "Does the rise of Quarter 3 2020/21 last? January to March 2021 together came to 1,200, where 1,598 would have "
        "meant that it lasts and 1,029 that it has passed: still open."
    )
    assert words.what_settles(still, FLOW).startswith("If January 2021 to June 2021 together are 1,598 or more")
    assert "Will we know" not in words.what_settles(still, FLOW)
    for answer, told in (("lasts", "so it lasts."), ("passed", "so it has passed.")):
        settled = looks(answers=(answer, "", "", ""), came=[1600.0])
        assert words.follow_up(settled, FLOW, PAGE).endswith(told)
        assert words.what_settles(settled, FLOW) == ""
    after = looks(answers=("lasts", "settled before", "", ""), came=[1600.0, 3100.0])
    assert "came to 3,100: it was settled before that it lasts." in words.follow_up(after, FLOW, PAGE + 1)
    late = looks(answers=("open", "open", "open", ""), came=[1200.0, 2400.0, 3600.0])
    assert words.follow_up(late, FLOW, PAGE + 2).endswith("still open until the year is over.")
    fact = looks(answers=("lasts", "settled before", "settled before", "passed"), came=[1600.0, 3100.0, 4000.0, 4800.0])
    assert "4,800, where half of it would be 1,245: it did not last." in words.follow_up(fact, FLOW, PAGE + 3)
    hidden = looks(answers=("not shown", "", "", ""))
    assert words.follow_up(hidden, FLOW, PAGE).endswith("What came is not shown, so nothing is said.")
    assert words.follow_up(looks(), FLOW, PAGE).endswith("so the next page answers.")


def test_the_questions_whose_year_is_over_are_counted():
    right = looks(answers=("lasts", "settled before", "settled before", "lasts"))
    wrong = looks(answers=("open", "passed", "settled before", "lasts"), asked="2019-20Q3")
    never = looks(answers=("open", "open", "open", "passed"), asked="2018-19Q3")
    running = looks(answers=("lasts", "", "", ""), asked="2020-21Q4")
    assert words.turned_out(running) == ""
    assert words.turned_out(pd.concat([right, wrong, never, running])) == (
        "Of 3 questions whose year is over, 2 were settled before; 1 of these turned out as said."
    )


def test_the_shares_of_probability_add_up_and_leave_out_what_hardly_counts():
    assert words.split(verdict()) == "42% a new level or a trend, 35% a short-term issue and 20% no more than usual"


@pytest.mark.parametrize(
    ("call", "change", "answer"),
    [
        (words.TREND, 0.3, "Assessments opened: a rising trend."),
        (words.SHIFT, -0.3, "Assessments opened: a lasting fall."),
        (words.SPIKE, 0.3, "Assessments opened: a short-term rise."),
        (words.TOO_EARLY, 0.3, "Assessments opened: too early to tell."),
        (words.RECORDING, -0.8, "Assessments opened: a change in recording, not in demand."),
    ],
)
def test_the_answer_names_the_call_and_its_direction(call, change, answer):
    assert words.answer(verdict(call=call, change=change), FLOW) == answer


def test_recording_is_set_against_demand_or_against_the_work():
    assert words.answer(verdict(call=words.RECORDING, change=-0.3), SHARE).endswith(
        "a change in recording, not in the work."
    )


def test_every_call_that_the_engine_can_make_has_plain_words():
    from analysis.verdict import judge

    months = pd.period_range("2017-04", "2021-03", freq="M")
    classes = {words.USUAL, words.SPIKE, words.SHIFT, words.TREND, words.RECORDING}
    assert set(judge(pd.Series(450.0, index=months), quarter="2020-21Q4").probabilities) == classes
    assert set(words.PLAIN_CALL) == {*classes, words.TOO_EARLY, words.TOO_LITTLE}


def test_a_percentage_comes_with_its_numerator_denominator_and_interval():
    row = pd.Series(
        {
            "value": 734 / 799,
            "numerator": 734.0,
            "denominator": 799.0,
            "lower": 0.8977,
            "upper": 0.9357,
            "status": "",
            "on_time": 734.0,
            "late_1_2": 35.0,
            "late_3_5": 21.0,
            "late_over_5": 9.0,
            "late_open": 0.0,
        }
    )
    assert words.on_time(row, SHARE) == "91.9%: 734 of 799 (95% interval 89.8% to 93.6%)."
    within = SHARE.model_copy(update={"within": {"working_days": 10, "from": "a", "to": "b"}})
    assert words.on_time(row, within).startswith("91.9%: 734 of 799, 65 outside the limit")
    assert words.on_time(row, within, rounded=True) == words.on_time(row, SHARE)  # 8 may be left over as 5
    # 734 + 35 of 799
    assert (
        words.grace(row, SHARE)
        == "35 of the 65 were one to 2 working days over; with that much grace it would be 96.2%."
    )
    hidden = row.where(~row.index.isin(["late_1_2", "late_3_5"]))  # 56 of the 65 follow from what stands beside them
    assert words.grace(hidden, SHARE).startswith("56 of the 65 were one to 5 working days over")
    assert words.grace(hidden.where(hidden.index != "late_over_5"), SHARE) == ""


@pytest.mark.parametrize(
    ("mark", "sign", "means", "why"),
    [
        ("", "c", "not shown, to protect small numbers", "not shown"),  # in the file that came in
        ("1 to 5", "1 to 5", "it stands for 1 to 5 children or cases, and is not shown", "1 to 5"),
        ("1 to 7", "1 to 7", "it stands for 1 to 7 children or cases, and is not shown", "1 to 7"),
        (OTHER, "hidden", "it is hidden to protect another figure", "hidden to protect another"),
        (
            f"1 to 5 or {OTHER}",
            "c",
            "it stands for 1 to 5 children or cases, or is hidden to protect a figure that does",
            "not shown",
        ),
    ],
)
def test_a_hidden_figure_says_why_and_never_a_number(mark, sign, means, why):
    row = pd.Series({"value": float("nan"), "status": "suppressed", "mark": mark})
    assert words.figure(row, FLOW) == words.sign(row) == sign and words.sign_means(row) == means
    months = pd.DataFrame(
        {
            "value": [float("nan")],
            "status": ["suppressed"],
            "mark": [mark],
            "period": [pd.Period("2021-03", "M")],
            "expected_lower": [1.0],
            "expected_upper": [9.0],
        }
    )
    assert words.evidence(months, FLOW) == f"No figure for March 2021 ({why})."


def test_demand_is_asked_about_as_a_rise_only_when_all_that_moved_rose():
    table = pd.DataFrame({"call": [words.TOO_EARLY, words.USUAL], "change": [0.4, -0.1]})
    assert words.question(table) == "Is the rise in demand a trend or a short-term issue?"
    assert words.question(table.assign(call=words.SHIFT)) == "Are the changes in demand a trend or a short-term issue?"


def test_quarters_are_written_as_a_committee_writes_them():
    quarter = pd.Period("2021Q4", "Q-MAR")
    assert words.page_title("County", "North", quarter) == "North, County: Quarter 4 2020/21 (January to March 2021)"


def test_a_rating_gives_its_reason_in_the_measures_unit():
    row = pd.Series({"rag": "red", "short": 0.28, "target": 0.9, "target_kind": "local"})
    assert words.rated(row, SHARE) == "Red: 28 points below the local target of 90%."
    assert (
        words.rated(row.where(row.index != "short", -0.02).replace("red", "green"), SHARE)
        == "Green: meets the local target of 90%."
    )


def test_late_work_is_told_apart_from_a_late_sign_off():
    row = pd.Series(
        {
            "numerator": 124.0,
            "denominator": 200.0,
            "only_sign_off_late": 68.0,
            "work_late": 8.0,
            "seen_in_time": 76.0,
            "still_open": 11.0,
        }
    )
    assert words.why_late(row, SHARE) == (
        "Of the 76 that were late, 68 had the work done in time and were only signed off late; 8 were late in the work "
        "itself. In 76 of them the child was seen in time. 11 are overdue and still open."
    )
    assert words.why_late(row[["numerator", "denominator"]], SHARE) == ""


def test_a_month_that_is_not_complete_says_what_it_will_become():
    rows = pd.DataFrame(
        {
            "period": [pd.Period("2021-03", "M")],
            "value": [552.0],
            "provisional": [True],
            "completeness": [0.92],
            "expected_final": [600.0],
            "final_lower": [580.0],
            "final_upper": [625.0],
        }
    )
    assert (
        words.provisional(rows, FLOW) == "March 2021 is about 92% recorded; it will probably become 600 (580 to 625)."
    )
    unknown = rows.assign(expected_final=float("nan"))
    assert (
        words.provisional(unknown, FLOW) == "March 2021 is not complete, and how much is still to come cannot be said."
    )


def test_a_question_that_was_sure_when_it_was_asked_says_so():
    sure = looks(answers=("lasts", "", "", ""), months=[0, 3, 6, 12])
    assert words.what_settles(sure, FLOW).startswith("We are sure")
    assert words.what_settles(sure.iloc[:0], FLOW) == ""


def test_open_work_is_told_with_its_age():
    row = pd.Series({"open_work": 113.0, "open_age": 14.0, "open_beyond": 9.0, "awaiting_sign_off": 64.0})
    assert words.pile(row, SHARE) == (
        "At the end of the quarter 113 were open, half of them for 14 working days or more, 9 beyond the limit; "
        "64 were finished and waited for their sign-off."
    )
    assert words.pile(pd.Series({"open_work": float("nan"), "awaiting_sign_off": 0.0}), SHARE) == ""


def test_a_day_of_bulk_entry_is_named():
    found = {"dataset": "front_door", "role": "recorded", "date": "2021-01-18", "count": 240, "usual": 12.0}
    assert words.bulk_day(found).startswith(
        "Front door: 240 rows were entered on 18 January 2021, where about 12 is usual."
    )


def test_children_who_come_again_are_told_with_their_share():
    row = pd.Series({"again": 121.0, "again_of": 545.0})
    assert words.repeats(row) == "121 of 545 (22%) were about a child who had been counted in the twelve months before."
    assert words.repeats(pd.Series({"again": float("nan"), "again_of": 5.0})) == "" == words.repeats(None)


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        (["trend", "usual variation"], "A: a rising trend. Nothing else moved more than usual."),
        (["too early to tell", "sustained shift"], "B: a lasting rise. A: too early to tell."),
        (["recording break", "recording break"], "A and B: a change in recording, not in demand."),
        (["trend"] * 5, "A, B, C and 2 more: a rising trend."),
        (["trend"] * 4, "A, B, C and D: a rising trend."),
        (["usual variation", "usual variation"], "Neither: nothing has moved more than usual."),
        (
            ["usual variation", "too little data"],
            "Neither, as far as there is enough to judge: nothing of that has moved more than usual.",
        ),
        (["too little data", "too little data"], "There is too little data to say."),
    ],
)
def test_the_headline_names_what_moved_and_how(calls, said):
    measures = [Measure(name=n, title=n.upper(), dataset="d", type="flow") for n in "abcde"[: len(calls)]]
    verdicts = pd.DataFrame({"call": calls, "change": 0.3}, index=[m.name for m in measures])
    assert words.headline(verdicts, measures) == said


def test_a_quarter_is_told_with_its_n_and_target():
    share = Measure(name="c", title="C", dataset="d", type="percent")
    total = pd.Series({"value": 0.62, "numerator": 124.0, "denominator": 200.0})
    rated = pd.Series({"target": 0.9})
    assert words.this_quarter(total, share, rated) == "62% this quarter (124 of 200), target 90%."
    assert words.this_quarter(total.replace(124.0, np.nan), share, None) == "62% this quarter."
    flow, stock = (Measure(name="a", title="A", dataset="d", type=t) for t in ("flow", "stock"))
    assert words.this_quarter(total.replace(0.62, 1459.0), flow, None) == "1,459 this quarter."
    assert words.this_quarter(total, stock, None) == "" == words.this_quarter(None, flow, None)


def test_the_news_is_the_newest_month_outside_its_range():
    flow = Measure(name="a", title="A", dataset="d", type="flow")
    rows = pd.DataFrame(
        {
            "period": pd.period_range("2021-01", "2021-03", freq="M"),
            "value": [50.0, 90.0, 61.0],
            "status": "ok",
            "expected_lower": 40.0,
            "expected_upper": 60.0,
        }
    )
    assert words.news(rows, flow) == "March 2021: 61, where 8 months in 10 would lie between 40 and 60."
    assert words.news(rows.assign(value=[50.0, 90.0, 55.0]), flow).startswith("February 2021: 90,")
    assert words.news(rows.assign(value=[50.0, 45.0, 55.0]), flow).startswith("March 2021: 55,")
    assert words.news(rows.assign(value=np.nan, status="suppressed"), flow).startswith("No figure for March 2021")


def test_what_is_on_record_is_told_by_month():
    months = pd.DataFrame(
        {
            "period": pd.period_range("2021-02", "2021-03", freq="M"),
            "provisional": [False, True],
            "completeness": [1.0, 0.92],
        }
    )
    verdict = {"call": "usual variation"}
    assert words.recorded(months, verdict) == "March 2021: 92%"
    assert words.recorded(months.assign(completeness=[1.0, np.nan]), verdict) == "March 2021: not complete"
    assert words.recorded(months.assign(provisional=False), verdict) == "all"
    assert words.recorded(months.assign(provisional=np.nan, completeness=np.nan), verdict) == "not estimated"
    assert words.recorded(months.assign(provisional=False), {"call": "recording break"}) == "recording changed; all"


@pytest.mark.parametrize(
    ("rule", "variation", "assurance", "icon"),
    [
        ("Common Cause", "common_cause", None, "~"),
        ("Above UCL", "special_cause_neutral_high", None, "H"),
        ("8 Points Below CL", "special_cause_concern", "consistent_fail", "L F"),
        ("7 Point Trend (Increasing)", "special_cause_improvement", "inconsistent", "H ?"),
        ("2 in 3 Above CL", "special_cause_concern", "consistent_pass", "H P"),
    ],
)
def test_the_control_icons_are_letters(rule, variation, assurance, icon):
    chart = ControlChart(24, 100.0, 80.0, 120.0, variation, rule, assurance)
    assert words.control_icon(chart) == icon
    assert words.control_words(chart)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("Above UCL", "(the newest point is above the upper limit)"),
        ("8 Points Below CL", "(8 points in a row are below the mean)"),
        ("7 Point Trend (Increasing)", "(7 points in a row rise)"),
        ("2 in 3 Above CL", "(two of three points are close to the upper limit)"),
    ],
)
def test_a_rule_is_told_in_everyday_words(rule, said):
    chart = ControlChart(24, 100.0, 80.0, 120.0, "special_cause_neutral_high", rule, None)
    assert said in words.control(chart, Measure(name="f", title="F", dataset="d", type="flow"))


def test_a_clock_runs_between_days_that_have_a_name():
    limit = {"from": "referral", "to": "authorised", "working_days": 42}
    timed = Measure(name="a", title="A", dataset="d", type="percent", within=limit)
    assert words.clock(timed).startswith("Limit: 42 working days from the referral to the sign-off.")
    own = Measure(name="a", title="A", dataset="d", type="percent", within=limit | {"to": "letter_sent"})
    assert "to letter sent." in words.clock(own)


def test_process_limits_stay_where_a_figure_can_lie():
    share = Measure(name="s", title="S", dataset="d", type="percent")
    chart = ControlChart(24, 0.97, 0.93, 1.02, "common_cause", "Common Cause", "inconsistent")
    assert words.control(chart, share).endswith("Mean 97%, process limits 93% to 100%.")
    few = ControlChart(24, 3.0, -2.0, 8.0, "common_cause", "Common Cause", None)
    assert words.control(few, Measure(name="f", title="F", dataset="d", type="flow")).endswith("limits 0 to 8.")


@pytest.mark.parametrize(("spike", "told"), [(0.049, False), (0.05, True), (0.06, True)])
def test_a_share_of_one_in_twenty_is_told(spike, told):
    row = pd.Series(dict.fromkeys(("sustained shift", "trend", "recording break"), 0.0))
    row["short-term spike"], row["usual variation"] = spike, 1 - spike
    assert ("short-term issue" in words.split(row)) == told


@pytest.mark.parametrize(("here", "told"), [(-0.029, False), (0.029, False), (0.03, True), (-0.03, True)])
def test_how_much_of_a_change_the_nation_shows_is_told_from_three_per_cent(here, told):
    row = pd.Series({"change_local": here, "change_nation": here / 2, "shared": 0.5})
    assert ("England shows part of the change" in words.nation_shows(row, "england")) == told


@pytest.mark.parametrize(("now", "told"), [(0.69, False), (0.71, True)])
def test_recording_is_said_to_return_when_a_fifth_of_the_level_is_regained(now, told):
    row = pd.Series(
        {
            "measures": ["a"],
            "onset": pd.Period("2021-01", "M"),
            "depth": 0.5,
            "recovered_to": now,
            "probability": 0.8,
        }
    )
    assert (words.say("recording.returning") in words.shared_break(row, {"a": "Contacts"})) == told


@pytest.mark.parametrize("hidden", ["change_local", "change_nation"])
def test_nothing_is_said_of_the_nation_beside_a_change_that_is_not_known(hidden):
    row = pd.Series({"change_local": 0.2, "change_nation": 0.1, "shared": 0.5})
    assert words.nation_shows(row, "wales").startswith("Since the same quarter last year: +20% here, +10%")
    assert words.nation_shows(row.where(row.index != hidden), "wales") == ""


def test_of_weeks_nothing_is_said_in_months():
    chart = ControlChart(24, 50.0, 30.0, 70.0, "common_cause", "", "inconsistent")
    sure = assurance(mean=50, lower_limit=30, upper_limit=70, target=60, improvement="increase", share=False)
    measure = Measure(name="a", title="A", dataset="d", type="flow", polarity="increase")
    for text in (words.control(chart, measure, weekly=True), words.reliably(sure, measure, weekly=True)):
        assert "week" in text and "month" not in text


@pytest.mark.parametrize(("recorded", "whole", "partly"), [(0, False, False), (1, True, True), (2, True, False)])
def test_figures_are_as_recorded_on_a_day_where_the_data_say_when(recorded, whole, partly):
    columns = [{"date": "d", "recorded": "r"}, {"date": "d"}]
    datasets = [{"name": f"list_{i}", "path": "x.csv", "columns": columns[int(i >= recorded)]} for i in range(2)]
    measures = [{"name": "a", "title": "A", "dataset": "list_0", "type": "flow"}]
    project = Catalogue.model_validate(
        {"project": {"name": "A", "nation": "england"}, "dataset": datasets, "measure": measures}
    )
    day = dt.date(2021, 7, 12)
    line, note = words.status_line(project, day), words.as_at_note(project, day, newest=False)
    assert ("as recorded on" in line) == whole and ("as they stand in the files now" in line) == (not whole)
    assert ("List 1: shown as recorded now" in note) == partly and "newest date in the data" not in note
