"""Financial quarters and working days, against the calendar counted day by day.

Easter dates: the Book of Common Prayer's table. Bank holidays: gov.uk/bank-holidays for England and Wales.
"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import periods
from analysis.errors import Refused
from analysis.periods import (
    add_working_days,
    months_of,
    numbered,
    parse_quarter,
    quarter_code,
    quarter_of,
    quarter_range,
    quarters_of,
    working_days_between,
    working_days_in,
)

Q4 = pd.Period("2021Q4", "Q-MAR")
ONE_DAY = dt.timedelta(days=1)
DAYS = st.dates(dt.date(2012, 1, 1), dt.date(2028, 12, 31))
NATIONS = st.sampled_from(["england", "wales"])
# Easter Sundays 2012 to 2028; the days that are not the same every year; the day in lieu rule is worked below
EASTER = [
    "2012-04-08",
    "2013-03-31",
    "2014-04-20",
    "2015-04-05",
    "2016-03-27",
    "2017-04-16",
    "2018-04-01",
    "2019-04-21",
    "2020-04-12",
    "2021-04-04",
    "2022-04-17",
    "2023-04-09",
    "2024-03-31",
    "2025-04-20",
    "2026-04-05",
    "2027-03-28",
    "2028-04-16",
]
ONCE = ["2012-06-04", "2012-06-05", "2020-05-08", "2022-06-02", "2022-06-03", "2022-09-19", "2023-05-08"]
MOVED = {"2012-05-28", "2020-05-04", "2022-05-30"}  # jubilees and VE day took the place of these Mondays


def bank_holidays() -> set[dt.date]:
    """The bank holidays of England and Wales, from their rules alone."""
    found = {dt.date.fromisoformat(d) for d in ONCE}
    for sunday in map(dt.date.fromisoformat, EASTER):
        found |= {sunday - 2 * ONE_DAY, sunday + ONE_DAY}
    for year in range(2012, 2029):
        mondays = [d.date() for d in pd.date_range(f"{year}-05-01", f"{year}-08-31", freq="W-MON") if d.month in (5, 8)]
        may, august = [d for d in mondays if d.month == 5], [d for d in mondays if d.month == 8]
        found |= {d for d in (may[0], may[-1], august[-1]) if d.isoformat() not in MOVED}
        for day in (dt.date(year, 1, 1), dt.date(year, 12, 25), dt.date(year, 12, 26)):
            while day.weekday() > 4 or day in found:  # the next weekday that is none yet
                day += ONE_DAY
            found.add(day)
    return found


HOLIDAYS = bank_holidays()


def is_working_day(day: dt.date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def count_by_hand(start: dt.date, end: dt.date) -> int:
    """Count one day after the other: the start is day 0, the next working day is day 1."""
    if end < start:
        return -count_by_hand(end, start)
    return sum(is_working_day(start + i * ONE_DAY) for i in range(1, (end - start).days + 1))


# -- quarters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2020-21Q4",
        "2020/21 Q4",
        "Q4 2020/21",
        "Q4 2020-21",
        "2020-21 q4",
        " 2020-21Q4 ",
        "2020-2021Q4",
        "Quarter 4 2020/21",
        "Quarter 4, 2020/21",
        "2020/21 Quarter 4",
        Q4,
    ],
)
def test_every_spelling_of_a_quarter(text):
    assert parse_quarter(text) == Q4


@pytest.mark.parametrize(
    "text",
    [
        "2020-21Q5",
        "2020-21Q0",
        "2021-13",
        "2020-22Q1",
        "2020-20Q1",
        "2020-1921Q4",  # the last two figures would fit
        "2020-2121Q4",
        "21Q4",
        "2021Q4",  # a calendar year or a financial one?
        "2020-21",
        "Q4",
        "",
        "2020-21Q4; import os",
        "1899-00Q1",
        "9998-99Q4",  # beyond what pandas can date
        "٢٠٢٠-٢١Q4",
        None,
        2021,
        pd.Period("2021-03", "M"),
        pd.Period("2021Q1", "Q-DEC"),
    ],
)
def test_what_is_no_quarter_is_refused_with_the_spelling(text):
    with pytest.raises(Refused, match=r"Q-MAR|2020-21Q4") as refusal:
        parse_quarter(text)
    assert refusal.value.code == "INVALID_PARAMETER" and refusal.value.exit_code == 2
    assert "import os" not in str(refusal.value)


def test_the_turn_of_the_century():
    assert quarter_code(parse_quarter("1999-00Q4")) == "1999-00Q4"
    assert parse_quarter("1999-2000 Q4").end_time.date() == dt.date(2000, 3, 31)


@pytest.mark.parametrize(
    "day, code",
    [
        ("2021-01-01", "2020-21Q4"),
        ("2021-03-31", "2020-21Q4"),
        ("2021-04-01", "2021-22Q1"),
        ("2020-12-31", "2020-21Q3"),
        ("2021-09-30", "2021-22Q2"),
    ],
)
def test_january_to_march_belong_to_the_year_that_began_the_april_before(day, code):
    assert quarter_code(pd.Timestamp(day).to_period("Q-MAR")) == code
    assert quarter_code(quarter_of(pd.PeriodIndex([day], freq="M"))[0]) == code


@given(st.integers(1990, 2049), st.integers(1, 4))
def test_code_and_parse_undo_each_other(year, quarter):
    period = pd.Period(year=year + 1, quarter=quarter, freq="Q-MAR")
    assert parse_quarter(quarter_code(period)) == period
    assert period.start_time == pd.Timestamp(year + (quarter == 4), quarter * 3 + 1 if quarter < 4 else 1, 1)


def test_months_of_a_quarter():
    assert [str(m) for m in months_of(Q4)] == ["2021-01", "2021-02", "2021-03"]


def test_a_range_of_quarters():
    assert [quarter_code(q) for q in quarter_range("2019-20Q3..2020-21Q1")] == [
        "2019-20Q3",
        "2019-20Q4",
        "2020-21Q1",
    ]
    assert quarter_range("2020-21Q4") == [Q4]


@pytest.mark.parametrize("text", ["2020-21Q4..2020-21Q1", "2020-21Q1..", "..2020-21Q1", "2020-21Q1..2020-21Q2..", ""])
def test_a_range_that_is_none_is_refused(text):
    with pytest.raises(Refused):
        quarter_range(text)


@pytest.mark.parametrize(
    "monday, code",
    [
        ("2021-03-29", "2021-22Q1"),  # its Thursday is 1 April
        ("2021-03-22", "2020-21Q4"),
        ("2020-12-28", "2020-21Q3"),  # its Thursday is 31 December
        ("2019-12-30", "2019-20Q4"),  # its Thursday is 2 January
    ],
)
def test_a_week_belongs_to_the_month_of_its_thursday(monday, code):
    week = pd.PeriodIndex([pd.Period(monday, periods.WEEK_FREQ)])
    assert week[0].start_time == pd.Timestamp(monday) and week[0].end_time.date() == (
        dt.date.fromisoformat(monday) + 6 * ONE_DAY
    )
    assert quarter_code(quarter_of(week)[0]) == code


def test_a_quarter_has_as_many_weeks_as_thursdays():
    weeks = pd.period_range("2012-04-02", "2022-03-28", freq=periods.WEEK_FREQ)
    sizes = pd.Series(quarter_of(weeks)).value_counts()
    for quarter, size in sizes.items():
        thursdays = pd.date_range(quarter.start_time, quarter.end_time, freq="W-THU")
        assert size == len(thursdays) or quarter == parse_quarter("2022-23Q1")  # the range ends in its first week
    assert set(sizes) - {1} == {12, 13, 14}


# -- working days ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nation", ["england", "wales"])
def test_february_and_march_2021_had_20_and_23_working_days(nation):
    assert working_days_in(pd.period_range("2021-02", "2021-03", freq="M"), nation).tolist() == [20, 23]
    assert working_days_in(pd.PeriodIndex([Q4]), nation).tolist() == [20 + 20 + 23]  # 1 January off


def test_easter_takes_april_from_18_to_21_working_days():
    # 2011: two days of Easter and a royal wedding; 2024: Easter Monday alone
    april = pd.PeriodIndex(["2019-04", "2020-04", "2021-04", "2022-04", "2024-04", "2011-04"], freq="M")
    assert working_days_in(april, "england").tolist() == [20, 20, 20, 19, 21, 18]


@pytest.mark.parametrize(
    "day",
    ["2020-05-08", "2021-12-27", "2021-12-28", "2022-06-02", "2022-06-03", "2022-09-19", "2023-05-08"],
)
@pytest.mark.parametrize("nation", ["england", "wales"])
def test_bank_holidays_of_one_year_only(day, nation):
    before = pd.Timestamp(day) - pd.Timedelta(days=1)
    assert working_days_between([before], [day], nation).tolist() == [0]


@pytest.mark.parametrize("day", ["2020-05-04", "2022-05-30"])
def test_mondays_that_were_worked_because_the_holiday_moved(day):
    assert working_days_between([pd.Timestamp(day) - pd.Timedelta(days=1)], [day], "wales").tolist() == [1]


def test_no_nation_means_no_adjustment():
    assert working_days_in(pd.period_range("2021-01", periods=3, freq="M"), None).tolist() == [1, 1, 1]


@given(DAYS, NATIONS, st.sampled_from(["M", "W-SUN", "Q-MAR"]))
def test_working_days_of_a_period_counted_day_by_day(day, nation, freq):
    period = pd.Period(day, freq)
    first, last = period.start_time.date(), period.end_time.date()
    if first < dt.date(2012, 1, 1) or last > dt.date(2028, 12, 31):
        return
    by_hand = sum(is_working_day(first + i * ONE_DAY) for i in range((last - first).days + 1))
    assert working_days_in(pd.PeriodIndex([period]), nation).tolist() == [by_hand]


@given(st.lists(st.tuples(DAYS, st.integers(-400, 400)), min_size=1, max_size=5), NATIONS)
def test_working_days_between_counted_day_by_day(pairs, nation):
    pairs = [(a, a + n * ONE_DAY) for a, n in pairs if dt.date(2012, 1, 1) <= a + n * ONE_DAY <= dt.date(2028, 12, 31)]
    starts, ends = [a for a, _ in pairs], [b for _, b in pairs]
    counted = working_days_between(np.array(starts, "datetime64[D]"), np.array(ends, "datetime64[D]"), nation)
    assert counted.tolist() == [count_by_hand(a, b) for a, b in pairs]


@given(DAYS, st.integers(0, 90), NATIONS)
def test_the_due_day_is_the_last_working_day_on_which_the_limit_is_met(start, days, nation):
    if start > dt.date(2028, 7, 1):
        return
    due = add_working_days(np.array([start], "datetime64[D]"), days, nation)[0].astype(object)
    assert due >= start
    assert due == start or is_working_day(due)
    assert count_by_hand(start, due) == days
    following = next(d for i in range(1, 9) if is_working_day(d := due + i * ONE_DAY))
    assert count_by_hand(start, following) == days + 1


@pytest.mark.parametrize(
    "start, days, due",
    [
        ("2021-04-01", 1, "2021-04-06"),  # Maundy Thursday to the Tuesday after Easter
        ("2021-04-02", 1, "2021-04-06"),  # Good Friday is day 0 as well
        ("2021-05-01", 1, "2021-05-04"),  # a Saturday before a bank holiday Monday
        ("2021-05-01", 0, "2021-05-01"),  # not the Friday, which lies in April
        ("2021-01-04", 42, "2021-03-03"),
        ("2021-01-04", 45, "2021-03-08"),
    ],
)
def test_known_due_days(start, days, due):
    assert add_working_days([start], days, "wales").tolist() == [dt.date.fromisoformat(due)]


def test_a_clock_that_does_not_start_gives_no_day():
    nothing = np.array(["NaT", "2021-03-01"], "datetime64[us]")
    assert np.isnat(add_working_days(nothing, 5, "wales")).tolist() == [True, False]
    some = np.array(["2021-03-02", "NaT"], "datetime64[us]")
    assert np.isnan(working_days_between(nothing, some, "wales")).all()
    assert working_days_between(np.array([], "datetime64[D]"), np.array([], "datetime64[D]"), "wales").size == 0


def test_the_time_of_day_does_not_matter():
    late = np.array(["2021-03-01T23:59:59"], "datetime64[us]")
    early = np.array(["2021-03-02T00:00:01"], "datetime64[us]")
    assert working_days_between(late, early, "england").tolist() == [1]
    assert add_working_days(late, 1, "england").tolist() == [dt.date(2021, 3, 2)]


def test_a_column_may_hold_periods_of_several_lengths_or_none():
    mixed = pd.Series([pd.Period("2021-01", "M"), pd.Period("2021-01-03", "W-SUN")], index=[7, 5], dtype=object)
    assert [str(q) for q in quarters_of(mixed)] == ["2021Q4", "2021Q3"]  # the week belongs to its Thursday, in December
    told = numbered(mixed)
    assert told["grain"].tolist() == ["M", "W-SUN"] and told.index.tolist() == [7, 5]
    assert told["start"].dt.date.tolist() == [dt.date(2021, 1, 1), dt.date(2020, 12, 28)]
    assert told["n"].tolist() == [51 * 12, 2662]  # months since 1970; weeks since that of 1 January 1970
    assert numbered(pd.Series([], dtype=object)).empty and quarters_of(pd.Series([], dtype=object)).empty
