"""What a caller hands in: dates and periods are taken, and anything else is answered with what to do."""

import numpy as np
import pandas as pd
import pytest

from analysis import adjust_for_season, expected_table, explain, judge, judge_table, propose_rebase, xmr
from analysis.errors import Refused
from analysis.series import on_periods

QUARTER = "2020-21Q4"
MONTHS = pd.period_range("2017-04", "2021-03", freq="M")
VALUES = pd.Series(400.0 + 30 * (np.arange(48) % 3) + 250 * (np.arange(48) > 44), MONTHS)
TABLE = pd.DataFrame({"measure": "contacts", "area": "Shire", "period": MONTHS, "value": VALUES.to_numpy()})


def refusal(function, *arguments, **named) -> str:
    with pytest.raises(Refused) as caught:
        function(*arguments, **named)
    assert caught.value.code == "INVALID_PARAMETER"
    return str(caught.value)


@pytest.mark.parametrize(
    "dates",
    [
        MONTHS.to_timestamp(),
        MONTHS.to_timestamp(how="end"),
        MONTHS.to_timestamp().tz_localize("Europe/London"),
        MONTHS.to_timestamp() + pd.Timedelta(days=14),
    ],
)
def test_dates_are_judged_as_their_months(dates):
    by_month = judge(VALUES, quarter=QUARTER)
    by_date = judge(VALUES.set_axis(dates).sample(frac=1, random_state=1), quarter=QUARTER)
    assert by_date.probabilities == by_month.probabilities and by_date.reason == by_month.reason
    assert by_date.settles.equals(by_month.settles)


@pytest.mark.parametrize("day", ["MON", "THU", "SUN"])
def test_dates_a_week_apart_are_judged_as_their_weeks(day):
    weeks = pd.date_range("2018-04-02", "2021-03-28", freq=f"W-{day}")
    values = pd.Series(90.0 + 7 * (np.arange(len(weeks)) % 4), weeks)
    by_week = judge(values.set_axis(weeks.to_period("W-SUN")), quarter=QUARTER)
    assert judge(values, quarter=QUARTER).probabilities == by_week.probabilities


def test_what_stands_beside_a_series_may_have_dates_too():
    complete = pd.Series(1.0, MONTHS).where(MONTHS < "2021-03", 0.5)
    dated = complete.set_axis(MONTHS.to_timestamp())
    assert judge(VALUES, quarter=QUARTER, completeness=dated).flags == ("thinly recorded",)
    weekly = pd.Series(1.0, pd.period_range("2020-04-05", periods=40, freq="W-SUN"))
    assert "`completeness`" in refusal(judge, VALUES, quarter=QUARTER, completeness=weekly)
    assert "`denominator`" in refusal(judge, VALUES, quarter=QUARTER, kind="percent", denominator=80)


WRONG = {
    "a list": (VALUES.tolist(), "of type list. Make one with pd.Series(values"),
    "an array": (VALUES.to_numpy(), "of type ndarray. Make one with pd.Series(values"),
    "a table": (VALUES.to_frame(), "of type DataFrame. Choose one of its columns"),
    "months twice": (pd.concat([VALUES, VALUES.tail(1)]), "several rows for one period. Bring them to one"),
    "no month": (VALUES.set_axis([*MONTHS[:-1], pd.NaT]), "rows without a period. Leave them out"),
    "numbers as text": (VALUES.astype(str), "text where numbers belong. Make it numbers with pd.to_numeric"),
    "some text": (VALUES.astype(object).where(MONTHS < "2021-03", "c"), "text where numbers belong"),
    "numbered rows": (VALUES.reset_index(drop=True), "PeriodIndex"),
    "times in place of numbers": (pd.Series(MONTHS.to_timestamp(), MONTHS), "which are no numbers. Choose the column"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("function", [judge, explain, xmr, adjust_for_season, propose_rebase])
def test_what_is_no_series_is_answered_with_what_to_do(function, wrong):
    series, said = WRONG[wrong]
    named = {"quarter": QUARTER} if function in (judge, explain) else {}
    assert said in refusal(function, series, **named)


def test_two_dates_of_one_month_and_days_are_refused():
    dates = MONTHS.to_timestamp()
    twice = pd.concat([VALUES.set_axis(dates), pd.Series([3.0], [pd.Timestamp("2021-03-20")])])
    assert "several rows for one period" in refusal(judge, twice, quarter=QUARTER)
    daily = pd.Series(1.0, pd.date_range("2019-04-01", "2021-03-31"))
    assert "several rows for one period" in refusal(judge, daily, quarter=QUARTER)


@pytest.mark.parametrize("function", [judge_table, expected_table])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t["value"], "takes a pandas DataFrame, not a Series"),
        (lambda t: t.assign(period=t["period"].dt.to_timestamp()), "Of dates, make months with"),
        (lambda t: t.assign(period=t["period"].where(t.index > 3)), "rows without a month or week"),
        (lambda t: pd.concat([t, t.tail(1)]), "several rows for one measure, area and period"),
        (lambda t: t.assign(value=t["value"].astype(str)), "The column `value` holds text"),
        (lambda t: t.assign(completeness="all"), "The column `completeness` holds text"),
        (lambda t: t.assign(period=t["period"].dt.asfreq("Q-MAR")).drop_duplicates("period"), "Periods are months"),
    ],
)
def test_a_table_that_holds_no_series_is_answered_with_what_to_do(function, change, said):
    assert said in refusal(function, change(TABLE), quarter=QUARTER)


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ({"date": "2021-01-18"}, "Put a single one in brackets"),
        ("2021-01-18", "Put a single one in brackets"),
        ([{"title": "Go-live"}], "has no date"),
        ([{"date": "soon"}], "has no date"),
        ([{"date": "2021-01-18", "effect": "recordings"}], "Did you mean 'recording'?"),
    ],
)
def test_events_that_say_nothing_are_answered_with_what_to_do(events, said):
    assert said in refusal(judge, VALUES, quarter=QUARTER, events=events)
    assert said in refusal(judge_table, TABLE, quarter=QUARTER, events=events)


def test_numbers_in_any_form_are_taken():
    whole = VALUES.astype("Int64").astype(object)
    whole.iloc[3] = None
    assert on_periods(whole).isna().sum() == 1 and on_periods(whole).dtype == float
    assert judge(whole, quarter=QUARTER).call == judge(VALUES.where(VALUES.index != MONTHS[3]), quarter=QUARTER).call


def test_a_verdict_reads_well_in_a_plain_console():
    verdict = judge(VALUES, quarter=QUARTER, nation=None)
    lines = dict(line.split("  ", 1) for line in str(verdict).splitlines())
    said = {name.strip(): text.strip() for name, text in lines.items()}
    assert said["Call"] == verdict.call and said["Reason"] == verdict.reason and said["Quarter"] == QUARTER
    assert said["Change"].startswith(f"{verdict.change:+.0%} (") and said["Short-term spike"].endswith("%")
    assert repr(verdict) == str(verdict) and "Verdict(" not in repr(verdict)
    nothing = judge(VALUES.tail(5), quarter=QUARTER)
    assert "too little data" in str(nothing) and "nan" not in str(nothing)
