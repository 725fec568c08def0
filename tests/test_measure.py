"""Records become one row per measure, area and period: every count worked by hand beside the test."""

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.config import band_names, load
from analysis.measuring import measure, newest_date
from analysis.measuring.cases import wilson
from analysis.shapes import Cleaned

NOTES = pd.DataFrame()
START = '[project]\nname = "County"\nnation = "wales"\n'
FLOW = """
[[dataset]]
name = "contacts"
path = "contacts.csv"
columns = { child = "id", date = "date", category = "category", area = "area" }
[[measure]]
name = "contacts"
title = "Contacts"
dataset = "contacts"
type = "flow"
"""
EPISODES = """
[[dataset]]
name = "register"
path = "register.csv"
columns = { child = "id", started = "started", ended = "ended" }
[[measure]]
name = "on_register"
title = "On the register"
dataset = "register"
type = "stock"
[[measure]]
name = "registrations"
title = "Registrations"
dataset = "register"
type = "flow"
date = "started"
"""
SHARE = """
[[dataset]]
name = "assessments"
path = "assessments.csv"
columns = { child = "id", referral = "referral", completed = "completed" }
[[measure]]
name = "on_time"
title = "On time"
dataset = "assessments"
type = "percent"
within = { working_days = 10, from = "referral", to = "completed" }
bands = [2, 5]
"""
COUNTS = """
[[dataset]]
name = "staff"
path = "staff.csv"
kind = "counts"
columns = { period = "month", value = "leavers", denominator = "posts", area = "service" }
[[measure]]
name = "turnover"
title = "Turnover"
dataset = "staff"
type = "percent"
"""
TEXT = {"child", "category", "area", "status"}


@pytest.fixture
def project(tmp_path):
    def make(text):
        path = tmp_path / "measures.toml"
        path.write_text(START + text, encoding="utf-8")
        return load(path)

    return make


def records(rows, *columns) -> pd.DataFrame:
    """Type rows as the cleaning step does."""
    table = pd.DataFrame([r if isinstance(r, tuple) else (r,) for r in rows], columns=list(columns))
    for column in columns:
        if column in TEXT:
            table[column] = table[column].astype(str)
        elif column in ("value", "denominator"):
            table[column] = table[column].astype(float)
        elif column != "period":
            table[column] = pd.to_datetime(table[column]).astype("datetime64[us]")
    return table


def counted(rows, *columns, freq="M") -> pd.DataFrame:
    table = records(rows, "period", *columns)
    table["period"] = pd.PeriodIndex(table["period"], freq=freq)
    return table.assign(status=table.get("status", table["value"].isna().map({True: "missing", False: ""})))


def cleaned(dataset, table) -> Cleaned:
    return Cleaned(dataset, table, NOTES, NOTES, NOTES)


def daily(first, last, **columns) -> pd.DataFrame:
    """One row a working week day: an extract without a pause."""
    days = pd.bdate_range(first, last).astype("datetime64[us]")
    return pd.DataFrame({"child": [f"d{i}" for i in range(len(days))], **columns, "date": days})


def series(measured, name, column="value", area="County") -> dict:
    """Return period -> figure, None where there is none."""
    rows = measured[(measured["measure"] == name) & (measured["area"] == area)].sort_values("period")
    assert not rows["period"].duplicated().any()
    return {str(p): None if pd.isna(v) else v for p, v in zip(rows["period"], rows[column], strict=True)}


# -- flows ----------------------------------------------------------------------------------------------------------


def test_months_without_events_are_zero_and_months_after_the_extract_are_not_there(project):
    rows = records([("a", "2020-11-02"), ("b", "2020-11-30"), ("a", "2021-02-25")], "child", "date")
    measured = measure(cleaned("contacts", rows), project(FLOW), as_at=dt.date(2021, 6, 30))
    assert series(measured, "contacts") == {"2020-11": 2, "2020-12": 0, "2021-01": 0, "2021-02": 1}


def test_one_child_with_many_contacts(project):
    rows = records([("a", f"2021-01-{d:02d}") for d in range(4, 29)] + [("b", "2021-01-29")], "child", "date")
    by_rows = measure(cleaned("contacts", rows), project(FLOW), as_at=dt.date(2021, 1, 31))
    assert series(by_rows, "contacts") == {"2021-01": 26} and series(by_rows, "contacts", "children") == {"2021-01": 2}
    by_children = measure(cleaned("contacts", rows), project(FLOW + 'unit = "children"\n'), as_at=dt.date(2021, 1, 31))
    assert series(by_children, "contacts") == {"2021-01": 2}


def test_a_child_of_two_months_is_one_child_of_the_quarter(project):
    rows = records([("a", "2021-01-04"), ("a", "2021-02-01"), ("b", "2021-03-31")], "child", "date")
    made = project(FLOW + 'unit = "children"\n')
    quarter = measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 3, 31), grain="quarter")
    assert series(quarter, "contacts") == {"2021Q4": 2}


def test_without_an_identifier_every_row_may_be_a_child(project):
    made = project(FLOW.replace('child = "id", ', ""))
    rows = records(["2021-01-04", "2021-01-05", "2021-01-29"], "date")
    measured = measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 1, 31))
    assert series(measured, "contacts", "children") == {"2021-01": 3}


def test_where_chooses_rows_and_what_does_not_occur_is_zero(project):
    rows = daily("2021-01-01", "2021-02-26", category="contact", area="North")
    rows.loc[rows["date"] < "2021-02-01", "category"] = "referral"
    for wanted, figures in (("referral", [21, 0]), ("contact", [0, 20]), ("enquiry", [0, 0])):
        made = project(FLOW + f'where = {{ category = ["{wanted}"] }}\n')
        measured = measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 2, 28))
        assert list(series(measured, "contacts").values()) == figures
        assert list(series(measured, "contacts", area="North").values()) == figures


def test_every_area_and_the_whole(project):
    rows = daily("2021-01-01", "2021-02-26", area="North")
    rows.loc[::3, "area"] = "South"
    rows.loc[5, "area"] = "not recorded"
    measured = measure(cleaned("contacts", rows), project(FLOW), as_at=dt.date(2021, 2, 28))
    parts = measured[measured["area"] != "County"].groupby("period")["value"].sum()
    assert parts.tolist() == list(series(measured, "contacts").values()) == [21, 20]
    assert series(measured, "contacts", area="not recorded") == {"2021-01": 1, "2021-02": 0}


def test_an_area_named_like_the_project_is_not_counted_twice(project):
    rows = daily("2021-01-01", "2021-01-29", area="County")
    measured = measure(cleaned("contacts", rows), project(FLOW), as_at=dt.date(2021, 1, 31))
    assert series(measured, "contacts") == {"2021-01": 21}


def test_an_area_of_one_dataset_only(project):
    made = project(FLOW + EPISODES)
    rows = records([("a", "2021-01-04", "2021-01-20"), ("b", "2021-01-29", None)], "child", "started", "ended")
    both = [cleaned("contacts", daily("2021-01-01", "2021-01-29", area="North")), cleaned("register", rows)]
    measured = measure(both, made, as_at=dt.date(2021, 1, 31))
    assert set(measured.loc[measured["area"] == "North", "measure"]) == {"contacts"}
    assert series(measured, "on_register") == {"2021-01": 1}


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2020-11-01", "2021-03-31", ["2020-11", "2020-12", "2021-01", "2021-02", "2021-03"]),
        ("2020-11-12", "2021-03-31", ["2020-12", "2021-01", "2021-02", "2021-03"]),  # begins in the month
        ("2021-01-01", "2021-03-31", ["2021-01", "2021-02", "2021-03"]),  # a holiday and a weekend before the first row
        ("2020-11-01", "2021-03-12", ["2020-11", "2020-12", "2021-01", "2021-02"]),  # an extract of the twelfth
        ("2020-11-01", "2021-03-26", ["2020-11", "2020-12", "2021-01", "2021-02", "2021-03"]),  # three days late entry
    ],
)
def test_a_month_in_which_the_extract_begins_or_ends_is_not_whole(project, first, last, months):
    rows = daily(first, last)
    rows = rows[rows["date"] != "2021-01-01"]
    measured = measure(cleaned("contacts", rows), project(FLOW), as_at=dt.date(2021, 4, 12))
    assert list(series(measured, "contacts")) == months


def test_rare_events_may_come_late_in_their_month(project):
    days = ["2019-04-20", "2019-06-03", "2019-09-25", "2019-11-11", "2020-02-04", "2020-03-12"]
    rows = records([(str(i), d) for i, d in enumerate(days)], "child", "date")
    measured = measure(cleaned("contacts", rows), project(FLOW), as_at=dt.date(2020, 4, 12))
    assert list(series(measured, "contacts").values()) == [1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1]


def test_quarters_are_whole_quarters(project):
    rows = daily("2020-05-01", "2021-02-26")
    made, as_at = project(FLOW), dt.date(2021, 4, 12)
    months = series(measure(cleaned("contacts", rows), made, as_at=as_at), "contacts")
    quarters = series(measure(cleaned("contacts", rows), made, as_at=as_at, grain="quarter"), "contacts")
    assert list(months) == [str(p) for p in pd.period_range("2020-05", "2021-02", freq="M")]
    assert quarters == {  # April is lacking in the first and March in the last
        "2021Q2": months["2020-07"] + months["2020-08"] + months["2020-09"],
        "2021Q3": months["2020-10"] + months["2020-11"] + months["2020-12"],
    }


def test_cases_by_week_belong_to_the_quarter_of_the_thursday(project):
    made = project(FLOW.replace('path = "contacts.csv"', 'path = "contacts.csv"\ngrain = "week"'))
    rows = daily("2021-03-29", "2021-07-09")
    weeks = series(measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 7, 11)), "contacts")
    assert next(iter(weeks)) == "2021-03-29/2021-04-04" and set(weeks.values()) == {5}
    cut = series(measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 7, 10)), "contacts")
    assert list(cut) == list(weeks)[:-1]  # the week ends on Sunday


@given(st.randoms(use_true_random=False))
@settings(max_examples=min(10, settings.default.max_examples // 3), deadline=None)
def test_the_order_of_rows_does_not_matter(prepared, random):
    as_at = dt.date(2021, 4, 12)
    names = {"on_register", "visits_on_time", "turnover"}
    few = prepared.project.model_copy(update={"measures": [m for m in prepared.project.measures if m.name in names]})
    few._path = prepared.project.path
    parts = [c for c in prepared.cleaned if c.dataset in {m.dataset for m in few.measures}]
    mixed = [cleaned(c.dataset, c.records.sample(frac=1, random_state=random.randrange(2**31))) for c in parts]
    random.shuffle(mixed)
    pd.testing.assert_frame_equal(measure(mixed, few, as_at=as_at), measure(parts, few, as_at=as_at))


# -- what was known when --------------------------------------------------------------------------------------------


def test_rows_recorded_later_are_out_and_rows_without_a_record_are_kept(project):
    rows = records(
        [("a", "2021-01-04", "2021-01-05"), ("b", "2021-01-28", "2021-02-13"), ("c", "2021-01-29", None)],
        "child",
        "date",
        "recorded",
    )
    made = project(FLOW.replace('area = "area"', 'area = "area", recorded = "recorded"'))
    for as_at, count in (("2021-02-12", 2), ("2021-02-13", 3), ("2021-12-31", 3)):
        measured = measure(cleaned("contacts", rows), made, as_at=dt.date.fromisoformat(as_at))
        assert series(measured, "contacts")["2021-01"] == count


def test_a_date_later_than_the_as_at_day_was_not_known(project):
    rows = records(
        [("a", "2021-01-04", "2021-01-15"), ("b", "2021-01-05", "2021-02-15"), ("c", "2021-02-01", None)],
        "child",
        "started",
        "ended",
    )
    made = project(EPISODES)
    measured = measure(cleaned("register", rows), made, as_at=dt.date(2021, 2, 10))
    assert series(measured, "on_register") == {"2021-01": 1}
    measured = measure(cleaned("register", rows), made, as_at=dt.date(2021, 2, 28))
    assert series(measured, "on_register") == {"2021-01": 1, "2021-02": 1}


def test_the_newest_extract_that_was_there_counts(project):
    made = project(
        FLOW.replace("grain", "grain").replace('path = "contacts.csv"', 'path = "contacts.csv"\nsnapshot = "taken"')
    )
    early = daily("2021-01-01", "2021-01-29").assign(snapshot=pd.Timestamp("2021-02-02"))
    later = daily("2021-01-01", "2021-02-26").assign(snapshot=pd.Timestamp("2021-03-02"))
    later = later[later["date"] != "2021-01-29"]  # a row that was withdrawn
    both = cleaned("contacts", pd.concat([early, later], ignore_index=True))
    assert series(measure(both, made, as_at=dt.date(2021, 3, 1)), "contacts") == {"2021-01": 21}
    assert series(measure(both, made, as_at=dt.date(2021, 3, 2)), "contacts") == {"2021-01": 20, "2021-02": 20}
    assert measure(both, made, as_at=dt.date(2021, 2, 1)).empty


def test_extracts_of_counts_are_not_added_up(project):
    made = project(COUNTS.replace('kind = "counts"', 'kind = "counts"\nsnapshot = "taken"'))
    rows = counted([("2021-01", 5, 100, "North"), ("2021-01", 6, 100, "North")], "value", "denominator", "area")
    rows["snapshot"] = pd.to_datetime(["2021-02-02", "2021-03-02"])
    assert series(measure(cleaned("staff", rows), made, as_at=dt.date(2021, 2, 28)), "turnover") == {"2021-01": 0.05}
    assert series(measure(cleaned("staff", rows), made, as_at=dt.date(2021, 3, 31)), "turnover") == {"2021-01": 0.06}


def test_something_due_later_does_not_hide_what_has_happened(project):
    made = project(FLOW.replace('date = "date"', 'due = "due", date = "date"') + 'date = "date"\n')
    rows = daily("2021-03-01", "2021-03-31").assign(due=pd.Timestamp("2021-05-04"))
    measured = measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 4, 12))
    assert series(measured, "contacts") == {"2021-03": 23}
    assert newest_date([cleaned("contacts", rows)], made) == dt.date(2021, 3, 31)


def test_without_a_date_of_its_own_the_data_say_how_far_they_reach(project):
    made = project(FLOW)
    # Friday 28 March 2025 is the last working day but one of its quarter, whose last day is a Monday
    rows = daily("2025-01-01", "2025-03-28")
    assert newest_date([cleaned("contacts", rows)], made) == dt.date(2025, 3, 31)
    assert list(series(measure(cleaned("contacts", rows), made), "contacts")) == ["2025-01", "2025-02", "2025-03"]
    rows = daily("2025-01-01", "2025-03-12")
    assert newest_date([cleaned("contacts", rows)], made) == dt.date(2025, 3, 12)
    assert list(series(measure(cleaned("contacts", rows), made), "contacts")) == ["2025-01", "2025-02"]


def test_a_slip_of_the_pen_does_not_reach_beyond_what_was_recorded(project):
    made = project(EPISODES.replace('ended = "ended"', 'ended = "ended", recorded = "recorded"'))
    rows = daily("2021-01-01", "2021-03-31").rename(columns={"date": "started"})
    rows = rows.assign(ended=rows["started"], recorded=rows["started"])
    rows.loc[3, "ended"] = pd.Timestamp("2041-01-07")
    assert newest_date([cleaned("register", rows)], made) == dt.date(2021, 3, 31)
    assert list(series(measure(cleaned("register", rows), made), "on_register")) == ["2021-01", "2021-02", "2021-03"]


# -- stocks ---------------------------------------------------------------------------------------------------------


def test_a_stock_is_open_on_the_last_day(project):
    rows = records(
        [
            ("a", "2021-01-31", None),  # begun on the last day: open
            ("b", "2021-01-04", "2021-01-31"),  # ended on the last day: not open
            ("c", "2021-01-04", "2021-02-01"),
            ("d", "2021-02-01", "2021-02-20"),  # never open on a last day
            ("e", "2020-12-01", "2020-12-15"),  # what lets the series begin in December
            ("c", "2021-02-10", None),  # re-opened
            ("c", "2021-02-11", None),  # twice at once
        ],
        "child",
        "started",
        "ended",
    )
    measured = measure(cleaned("register", rows), project(EPISODES), as_at=dt.date(2021, 2, 28))
    assert series(measured, "on_register") == {"2020-12": 0, "2021-01": 2, "2021-02": 2}  # children
    by_rows = project(EPISODES.replace('type = "stock"', 'type = "stock"\nunit = "rows"'))
    measured = measure(cleaned("register", rows), by_rows, as_at=dt.date(2021, 2, 28))
    assert series(measured, "on_register") == {"2020-12": 0, "2021-01": 2, "2021-02": 3}
    assert series(measured, "on_register", "children") == {"2020-12": 0, "2021-01": 2, "2021-02": 2}
    quarter = measure(cleaned("register", rows), project(EPISODES), as_at=dt.date(2021, 3, 31), grain="quarter")
    assert series(quarter, "on_register") == {"2021Q3": 0, "2021Q4": 2}  # goes on to the as-at date


def test_survivors_do_not_fake_a_rise(project):
    """A hundred starts a month for five years; the extract holds what was open on or after 1 January 2021."""
    starts = pd.date_range("2016-01-01", "2021-06-30", freq="8h").astype("datetime64[us]")
    ends = starts + pd.to_timedelta(np.arange(len(starts)) * 7 % 400, unit="D")
    all_rows = pd.DataFrame({"child": np.arange(len(starts)).astype(str), "started": starts, "ended": ends})
    held = all_rows[all_rows["ended"] >= "2021-01-01"]
    measured = measure(cleaned("register", held), project(EPISODES), as_at=dt.date(2021, 6, 30))
    flow = series(measured, "registrations")
    assert list(flow) == [f"2021-0{m}" for m in range(1, 7)]
    for month in flow:
        assert flow[month] == (all_rows["started"].dt.to_period("M").astype(str) == month).sum()
    for month, count in series(measured, "on_register").items():
        after = (pd.Period(month) + 1).start_time
        assert count == ((all_rows["started"] < after) & (all_rows["ended"] >= after)).sum()


def test_an_extract_chosen_by_sign_off_holds_survivors_too(project):
    made = project(FLOW.replace('date = "date"', 'started = "started", authorised = "signed"') + 'date = "started"\n')
    starts = pd.date_range("2020-01-01", "2021-03-31", freq="D").astype("datetime64[us]")
    rows = pd.DataFrame({"child": range(len(starts)), "started": starts})
    rows["authorised"] = rows["started"] + pd.to_timedelta(10 + np.arange(len(rows)) % 90, unit="D")
    held = rows[rows["authorised"] >= "2020-10-01"]
    flow = series(measure(cleaned("contacts", held), made, as_at=dt.date(2021, 3, 31)), "contacts")
    assert list(flow) == ["2020-10", "2020-11", "2020-12", "2021-01", "2021-02", "2021-03"]
    assert list(flow.values()) == [31, 30, 31, 31, 28, 31]


def test_an_extract_of_open_cases_alone_tells_the_last_day_alone(project):
    rows = daily("2020-04-01", "2021-03-31").rename(columns={"date": "started"}).assign(ended=pd.NaT)
    rows["ended"] = rows["ended"].astype("datetime64[us]")
    measured = measure(cleaned("register", rows), project(EPISODES), as_at=dt.date(2021, 4, 12))
    assert series(measured, "on_register") == {"2021-03": len(rows)}
    assert series(measured, "registrations") == {}


# -- percentages ----------------------------------------------------------------------------------------------------

# ten working days from Monday 1 February 2021 end on Monday 15 February
CASES = [
    ("a", "2021-02-01", "2021-02-15"),  # on the last day
    ("b", "2021-02-01", "2021-02-16"),  # one day late
    ("c", "2021-02-01", "2021-02-18"),  # three days late
    ("d", "2021-02-01", "2021-03-31"),  # very late
    ("e", "2021-02-01", None),  # overdue and open: late
    ("f", "2021-02-01", "2021-04-20"),  # done after the as-at day: open then
    ("g", "2021-02-14", "2021-02-26"),  # a Sunday is day 0: Friday the 26th is day 10
    ("h", "2021-03-22", None),  # due on 7 April, after Easter: not yet counted in March
    ("i", "2021-01-04", "2021-01-05"),  # due on 18 January
]


def test_open_and_overdue_is_late_and_what_is_not_yet_due_is_not_counted(project):
    rows = records(CASES, "child", "referral", "completed")
    measured = measure(cleaned("assessments", rows), project(SHARE), as_at=dt.date(2021, 4, 5))
    assert series(measured, "on_time", "denominator") == {"2021-02": 7, "2021-03": 0}
    assert series(measured, "on_time", "numerator") == {"2021-02": 2, "2021-03": 0}
    assert series(measured, "on_time") == {"2021-02": 2 / 7, "2021-03": None}
    assert series(measured, "on_time", "status") == {"2021-02": "", "2021-03": "none due"}
    february = measured[measured["period"].astype(str) == "2021-02"].iloc[0]
    assert february[band_names([2, 5])].tolist() == [2, 1, 1, 1, 2]


def test_an_end_before_its_start_is_neither_in_time_nor_late(project):
    wrong = [
        ("z1", "2021-02-01", "2021-01-20"),
        ("z2", "2021-02-01", "2021-02-01"),
    ]  # the second ends on its day: in time
    rows = records([*CASES, *wrong], "child", "referral", "completed")
    measured = measure(cleaned("assessments", rows), project(SHARE), as_at=dt.date(2021, 4, 5))
    assert series(measured, "on_time", "denominator") == {"2021-02": 8, "2021-03": 0}
    assert series(measured, "on_time", "numerator") == {"2021-02": 3, "2021-03": 0}


def test_the_first_month_counted_is_the_first_in_which_every_case_due_is_held(project):
    # the first referral, of 4 January, is due on the 18th: what else was due in January began before the extract
    rows = records(CASES, "child", "referral", "completed")
    measured = measure(cleaned("assessments", rows), project(SHARE), as_at=dt.date(2021, 4, 5))
    assert next(iter(series(measured, "on_time"))) == "2021-02"


def test_cases_may_be_counted_when_they_are_completed(project):
    rows = records(CASES, "child", "referral", "completed")
    made = project(SHARE + 'cohort = "completed"\n')
    measured = measure(cleaned("assessments", rows), made, as_at=dt.date(2021, 4, 5))
    assert series(measured, "on_time", "denominator") == {"2021-01": 1, "2021-02": 4, "2021-03": 1}
    assert series(measured, "on_time", "numerator") == {"2021-01": 1, "2021-02": 2, "2021-03": 0}
    assert (measured["late_open"] == 0).all()


def test_lateness_bands_add_up_to_the_denominator(prepared):
    measured = measure(prepared.cleaned, prepared.project, as_at=dt.date(2021, 4, 12))
    rows = measured[measured["measure"] == "visits_on_time"]
    bands = band_names([2, 5, 10])
    assert (rows[bands].sum(axis=1) == rows["denominator"]).all() and (rows["on_time"] == rows["numerator"]).all()


def test_the_sample_quarter_has_the_interval_of_the_textbook(prepared):
    """734 of 799: Wilson 95% 89.8 to 93.6%, by (p + z2/2n -+ z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n)."""
    measured = measure(prepared.cleaned, prepared.project, as_at=dt.date(2021, 4, 12), grain="quarter")
    row = measured[(measured["measure"] == "visits_on_time") & (measured["area"] == "Sample County")].iloc[-1]
    assert (str(row["period"]), row["numerator"], row["denominator"]) == ("2021Q4", 734, 799)
    z, p, n = 1.959963984540054, 734 / 799, 799
    centre, half = p + z * z / 2 / n, z * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    assert (row["lower"], row["upper"]) == pytest.approx(
        ((centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n))
    )
    assert (round(row["lower"], 3), round(row["upper"], 3)) == (0.898, 0.936)


def test_a_clock_of_hours(project):
    made = project(
        FLOW.replace('date = "date"', 'date = "date", decided = "decided"').replace('"flow"', '"percent"')
        + 'within = { hours = 24, from = "date", to = "decided" }\n'
    )
    rows = records(
        [
            ("a", "2021-02-01 09:00", "2021-02-02 09:00"),  # to the minute
            ("b", "2021-02-01 09:00", "2021-02-02 09:01"),
            ("c", "2021-02-06 09:00", "2021-02-07 08:00"),  # a weekend counts
            ("d", "2021-02-27 20:00", "2021-02-27 21:00"),
            ("e", "2021-02-28 20:00", "2021-02-28 21:00"),  # due in March, and counted by its start
            ("f", "2021-03-30 20:00", None),
        ],
        "child",
        "date",
        "decided",
    )
    measured = measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 4, 1))
    assert series(measured, "contacts", "denominator") == {"2021-02": 5, "2021-03": 1}
    assert series(measured, "contacts", "numerator") == {"2021-02": 4, "2021-03": 0}
    too_soon = measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 3, 31))
    assert series(too_soon, "contacts", "denominator") == {"2021-02": 5}  # what came in that day is not due


def test_intervals_at_nothing_and_at_all(project):
    # Wilson with n = 4: 0 of 4 is 0 to z2/(n+z2) = 0.490, 4 of 4 is 0.510 to 1
    rows = counted([("2021-01", 0, 4, "A"), ("2021-02", 4, 4, "A")], "value", "denominator", "area")
    measured = measure(cleaned("staff", rows), project(COUNTS), as_at=dt.date(2021, 3, 31))
    z2 = 1.959963984540054**2
    assert series(measured, "turnover", "lower") == pytest.approx({"2021-01": 0, "2021-02": 4 / (4 + z2)})
    assert series(measured, "turnover", "upper") == pytest.approx({"2021-01": z2 / (4 + z2), "2021-02": 1})


# -- a mean of cases ------------------------------------------------------------------------------------------------


def test_a_mean_of_cases(project):
    made = project(FLOW.replace('date = "date"', 'date = "date", value = "days"').replace('"flow"', '"mean"'))
    rows = daily("2021-01-01", "2021-03-31").assign(value=np.nan)
    rows.loc[rows["date"].dt.month == 1, "value"] = [1.0] * 20 + [22.0]
    rows.loc[rows["date"].dt.month == 3, "value"] = 4.0
    measured = measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 3, 31))
    assert series(measured, "contacts") == {"2021-01": 2, "2021-02": None, "2021-03": 4}
    assert series(measured, "contacts", "denominator") == {"2021-01": 21, "2021-02": 0, "2021-03": 23}
    assert series(measured, "contacts", "children") == {"2021-01": 21, "2021-02": 0, "2021-03": 23}
    quarter = measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 3, 31), grain="quarter")
    assert series(quarter, "contacts") == {"2021Q4": (42 + 4 * 23) / 44}  # of the cases, not of the months


# -- given counts ---------------------------------------------------------------------------------------------------


def test_a_percentage_of_given_counts(project):
    rows = counted(
        [("2021-01", 2, 40, "A"), ("2021-01", 1, 60, "B"), ("2021-02", 3, 50, "A"), ("2021-02", 0, 0, "B")],
        "value",
        "denominator",
        "area",
    )
    measured = measure(cleaned("staff", rows), project(COUNTS), as_at=dt.date(2021, 3, 31))
    assert series(measured, "turnover") == {"2021-01": 0.03, "2021-02": 0.06}
    assert series(measured, "turnover", area="B") == {"2021-01": 1 / 60, "2021-02": None}
    assert series(measured, "turnover", "status", area="B") == {"2021-01": "", "2021-02": "none due"}


def test_months_that_were_not_returned_are_missing_and_so_are_sums_with_them(project):
    rows = counted(
        [
            ("2021-01", 2, "A"),
            ("2021-01", 1, "B"),
            ("2021-02", 3, "A"),  # B is late
            ("2021-04", 4, "A"),
            ("2021-04", 5, "B"),  # March: nobody
            ("2021-05", 4, "A"),
            ("2021-05", None, "B"),
            ("2021-06", 4, "A"),
            ("2021-06", 6, "B"),
            ("2021-06", 7, "C"),  # C is new
            ("2021-07", 4, "A"),
            ("2021-07", 6, "B"),
            ("2021-07", 8, "C"),
            ("2021-08", 4, "A"),
            ("2021-08", 6, "B"),  # C's return has not come
        ],
        "value",
        "area",
    )
    rows.loc[(rows["period"].astype(str) == "2021-05") & (rows["area"] == "B"), "status"] = "suppressed"
    made = project(COUNTS.replace(', denominator = "posts"', "").replace('"percent"', '"flow"'))
    measured = measure(cleaned("staff", rows), made, as_at=dt.date(2021, 9, 30))
    whole = [3, None, None, 9, None, 17, 18, None]
    assert list(series(measured, "turnover").values()) == whole
    reasons = ["", "missing", "missing", "", "suppressed", "", "", "missing"]
    assert list(series(measured, "turnover", "status").values()) == reasons
    assert list(series(measured, "turnover", area="C").values()) == [None] * 5 + [7, 8, None]
    quarters = measure(cleaned("staff", rows), made, as_at=dt.date(2021, 9, 30), grain="quarter")
    assert series(quarters, "turnover", area="A") == {"2021Q4": None, "2022Q1": 12}
    assert series(quarters, "turnover", "status", area="A") == {"2021Q4": "missing", "2022Q1": ""}
    assert series(quarters, "turnover", "status", area="B") == {"2021Q4": "missing", "2022Q1": "suppressed"}


@pytest.mark.parametrize(
    ("heading", "kind", "expected"),
    [
        ("leavers", None, (9, 410)),  # events add up; the posts are the same, and are averaged
        ("long_term_sick", None, (3, 410)),  # who is away is away on a day, as a post is there on one
        ("long_term_sick", "flow", (9, 410)),
    ],
)
def test_no_month_adds_posts(project, heading, kind, expected):
    rows = counted([("2021-01", 2, 400), ("2021-02", 4, 410), ("2021-03", 3, 420)], "value", "denominator")
    text = COUNTS.replace(', area = "service"', "").replace('value = "leavers"', f'value = "{heading}"')
    text = text.replace('type = "percent"', 'type = "percent"\nunit = "other"')
    if kind:
        text = text.replace('kind = "counts"', f'kind = "counts"\nvalue_kind = "{kind}"')
    quarters = measure(cleaned("staff", rows), project(text), as_at=dt.date(2021, 4, 12), grain="quarter")
    (row,) = quarters.to_dict("records")
    assert (row["numerator"], row["denominator"]) == expected
    assert row["value"] == pytest.approx(expected[0] / expected[1])


def test_an_area_is_absent_before_its_first_figure_and_after_its_last(project):
    rows = counted(
        [
            *[(f"2021-0{m}", 10, "A") for m in (1, 2, 3, 4)],
            *[("2021-01", None, "B"), ("2021-02", None, "B"), ("2021-03", 5, "B"), ("2021-04", None, "B")],
        ],
        "value",
        "area",
    )
    made = project(COUNTS.replace(', denominator = "posts"', "").replace('"percent"', '"flow"'))
    measured = measure(cleaned("staff", rows), made, as_at=dt.date(2021, 4, 30))
    assert list(series(measured, "turnover").values()) == [10, 10, 15, 10]


def test_symbols_stay_as_the_reason(project):
    rows = counted([("2021-01", None, "A"), ("2021-02", 0, "A"), ("2021-03", 4, "A")], "value", "area")
    rows["status"] = ["suppressed", "rounds to zero", ""]
    made = project(COUNTS.replace(', denominator = "posts"', "").replace('"percent"', '"flow"'))
    measured = measure(cleaned("staff", rows), made, as_at=dt.date(2021, 3, 31))
    assert series(measured, "turnover") == {"2021-01": None, "2021-02": 0, "2021-03": 4}
    assert series(measured, "turnover", "status") == {
        "2021-01": "suppressed",
        "2021-02": "rounds to zero",
        "2021-03": "",
    }
    quarter = measure(cleaned("staff", rows), made, as_at=dt.date(2021, 3, 31), grain="quarter")
    assert series(quarter, "turnover", "status") == {"2021Q4": "suppressed"}


@pytest.mark.parametrize("kind", ["percent", "value"])
def test_figures_that_do_not_add_up_are_not_added_up(project, kind):
    made = project(COUNTS.replace(', denominator = "posts"', "").replace('"percent"', f'"{kind}"'))
    one = counted([("2021-01", 0.9), ("2021-02", 0.6), ("2021-03", 0.6)], "value")
    quarter = measure(cleaned("staff", one), made, as_at=dt.date(2021, 3, 31), grain="quarter")
    assert series(quarter, "turnover") == pytest.approx({"2021Q4": 0.7})  # and not 2.1
    several = counted([("2021-01", 0.9, "A"), ("2021-01", 0.6, "B")], "value", "area")
    measured = measure(cleaned("staff", several), made, as_at=dt.date(2021, 3, 31))
    assert series(measured, "turnover") == {"2021-01": None} and series(measured, "turnover", area="B") == {
        "2021-01": 0.6
    }
    assert series(measured, "turnover", "status") == {"2021-01": "none"}
    twice = counted([("2021-01", 0.9, "A"), ("2021-01", 0.6, "A"), ("2021-01", 0.5, "B")], "value", "area")
    measured = measure(cleaned("staff", twice), made, as_at=dt.date(2021, 3, 31))
    assert series(measured, "turnover", area="A") == {"2021-01": None}  # two figures of one month: which?


def test_the_quarter_of_a_given_stock_is_its_last_month(project):
    made = project(COUNTS.replace(', denominator = "posts"', "").replace('"percent"', '"stock"'))
    rows = counted([("2021-01", None), ("2021-02", 7), ("2021-03", 9), ("2021-06", None)], "value")
    quarter = measure(cleaned("staff", rows), made, as_at=dt.date(2021, 6, 30), grain="quarter")
    assert series(quarter, "turnover") == {"2021Q4": 9, "2022Q1": None}


def test_quarters_of_given_counts_are_whole(project):
    made = project(COUNTS.replace(', denominator = "posts"', "").replace('"percent"', '"flow"'))
    rows = counted([(f"2021-{m:02d}", m) for m in range(2, 12)], "value")
    quarter = measure(cleaned("staff", rows), made, as_at=dt.date(2021, 12, 31), grain="quarter")
    assert series(quarter, "turnover") == {"2022Q1": 4 + 5 + 6, "2022Q2": 7 + 8 + 9}


def test_weekly_counts_make_the_quarter_of_their_thursdays(project):
    made = project(
        COUNTS.replace(', denominator = "posts"', "")
        .replace('"percent"', '"flow"')
        .replace("kind =", 'grain = "week"\nkind =')
    )
    weeks = [str(p.start_time.date()) for p in pd.period_range("2021-03-22", "2021-06-28", freq="W-SUN")]
    rows = counted([(w, 1) for w in weeks], "value", freq="W-SUN")
    quarter = measure(cleaned("staff", rows), made, as_at=dt.date(2021, 7, 31), grain="quarter")
    assert series(quarter, "turnover") == {"2022Q1": 13}
    lacking = rows[rows["period"] != pd.Period("2021-06-21", "W-SUN")]  # the last of the quarter
    quarter = measure(cleaned("staff", lacking), made, as_at=dt.date(2021, 7, 31), grain="quarter")
    assert series(quarter, "turnover") == {"2022Q1": None}


def test_counts_that_were_not_out_yet_are_not_known(project):
    made = project(COUNTS.replace('kind = "counts"', 'kind = "counts"\npublished_after_days = 60'))
    rows = counted([("2021-01", 5, 100, "A"), ("2021-02", 6, 100, "A")], "value", "denominator", "area")
    for as_at, months in (("2021-03-31", []), ("2021-04-01", ["2021-01"]), ("2021-04-29", ["2021-01", "2021-02"])):
        measured = measure(cleaned("staff", rows), made, as_at=dt.date.fromisoformat(as_at))
        assert list(series(measured, "turnover") if len(measured) else []) == months
    assert newest_date([cleaned("staff", rows)], made) == dt.date(2021, 4, 29)


def test_where_without_a_match_makes_given_counts_missing_and_not_zero(project):
    made = project(
        COUNTS.replace('area = "service"', 'area = "service", category = "grade"') + 'where = { category = ["none"] }\n'
    )
    rows = counted([("2021-01", 5, 100, "A", "x")], "value", "denominator", "area", "category")
    measured = measure(cleaned("staff", rows), made, as_at=dt.date(2021, 3, 31))
    assert series(measured, "turnover") == {"2021-01": None} and set(measured["status"]) == {"missing"}


def test_given_counts_of_children_say_so(project):
    rows = counted([("2021-01", 5, 100, "A")], "value", "denominator", "area")
    for unit, children in (("rows", 100), ("children", 100), ("other", None)):
        measured = measure(cleaned("staff", rows), project(COUNTS + f'unit = "{unit}"\n'), as_at=dt.date(2021, 3, 31))
        assert series(measured, "turnover", "children") == {"2021-01": children}


def test_open_data_carry_their_own_totals(project):
    made = project(COUNTS.replace('kind = "counts"\n', 'preset = "dfe-open-data"\n').replace('"percent"', '"flow"'))
    rows = counted([("2021-01", 5, "Leeds"), ("2021-01", 7, "York")], "value", "area")
    rows = rows.assign(level="Local authority")
    measured = measure(cleaned("staff", rows), made, as_at=dt.date(2021, 3, 31))
    assert set(measured["area"]) == {"Leeds", "York"}


# -- what it is set beside ------------------------------------------------------------------------------------------


def test_the_nation_stands_beside_it_once_it_is_out(project):
    national = """
[[dataset]]
name = "england"
path = "england.csv"
kind = "counts"
columns = { period = "month", value = "n" }
published_after_days = 45
"""
    made = project(FLOW + 'comparator = "england"\n' + national)
    both = [
        cleaned("contacts", daily("2021-01-01", "2021-03-31", area="North")),
        cleaned("england", counted([("2021-01", 1000), ("2021-02", 1100), ("2021-03", 1200)], "value")),
    ]
    measured = measure(both, made, as_at=dt.date(2021, 4, 14))
    expected = {"2021-01": 1000, "2021-02": 1100, "2021-03": None}
    assert series(measured, "contacts", "comparator") == expected
    assert series(measured, "contacts", "comparator", area="North") == expected
    quarter = measure(both, made, as_at=dt.date(2021, 6, 1), grain="quarter")
    assert series(quarter, "contacts", "comparator") == {"2021Q4": 3300}


def test_another_measure_stands_beside_it(project):
    second = '[[measure]]\nname = "{}"\ntitle = "T"\ndataset = "contacts"\ntype = "flow"\n'
    made = project(FLOW + 'comparator = "all"\nwhere = { category = ["x"] }\n' + second.format("all"))
    rows = daily("2021-01-01", "2021-01-29", category="x", area="North")
    rows.loc[:4, "category"] = "y"
    measured = measure(cleaned("contacts", rows), made, as_at=dt.date(2021, 1, 31))
    assert series(measured, "contacts") == {"2021-01": 16} and series(measured, "contacts", "comparator") == {
        "2021-01": 21
    }


def test_rates_take_the_population_of_the_financial_year(project):
    rows = daily("2020-01-01", "2021-06-30", area="North")
    population = pd.DataFrame(
        {
            "area": ["North", "South", "North", "South", "North"],
            "year": [2019, 2019, 2020, 2020, 2021],
            "children": [1000, 1000, 2000, 3000, 4000],
        }
    )
    measured = measure(cleaned("contacts", rows), project(FLOW), as_at=dt.date(2021, 6, 30), population=population)
    month = series(measured, "contacts", area="North")
    rate = series(measured, "contacts", "per_10000", area="North")
    assert rate["2020-03"] == pytest.approx(month["2020-03"] / 1000 * 10_000)  # the year from April 2019
    assert rate["2020-04"] == pytest.approx(month["2020-04"] / 2000 * 10_000)
    assert rate["2021-06"] == pytest.approx(month["2021-06"] / 4000 * 10_000)
    whole = series(measured, "contacts", "per_10000")
    assert whole["2020-03"] == pytest.approx(month["2020-03"] / 2000 * 10_000)
    assert whole["2021-06"] == pytest.approx(month["2021-06"] / 5000 * 10_000)  # of 2021 the South is lacking


def test_no_rate_without_children_or_of_a_percentage(project):
    rows = daily("2021-01-01", "2021-01-29", area="North")
    population = pd.DataFrame({"area": ["North"], "year": [2020], "children": [0]})
    measured = measure(cleaned("contacts", rows), project(FLOW), as_at=dt.date(2021, 1, 31), population=population)
    assert measured["per_10000"].isna().all()
    early = population.assign(year=2030, children=100)
    measured = measure(cleaned("contacts", rows), project(FLOW), as_at=dt.date(2021, 1, 31), population=early)
    assert measured["per_10000"].isna().all()


# -- the whole ------------------------------------------------------------------------------------------------------


def test_nothing_known_yet_is_an_empty_table(project):
    measured = measure(cleaned("contacts", daily("2021-01-01", "2021-01-29")), project(FLOW), as_at=dt.date(2020, 1, 1))
    assert measured.empty and {"measure", "area", "period", "value"} <= set(measured)


def test_a_column_of_dates_without_any_date_is_no_error(project):
    rows = records([("a", None, None), ("b", None, None)], "child", "referral", "completed")
    rows["referral"] = rows["completed"] = pd.Series([pd.NaT] * 2, dtype="datetime64[us]")
    assert measure(cleaned("assessments", rows), project(SHARE), as_at=dt.date(2021, 1, 31)).empty


def test_weeks_and_months_stand_in_one_table(project):
    weekly = COUNTS.replace('kind = "counts"', 'kind = "counts"\ngrain = "week"')
    rows = counted(
        [("2021-01-04", 1, 10, "A"), ("2021-01-11", 2, 10, "A")], "value", "denominator", "area", freq="W-SUN"
    )
    both = [cleaned("contacts", daily("2021-01-01", "2021-01-29")), cleaned("staff", rows)]
    measured = measure(both, project(FLOW + weekly), as_at=dt.date(2021, 1, 31))
    assert series(measured, "turnover") == {"2021-01-04/2021-01-10": 0.1, "2021-01-11/2021-01-17": 0.2}
    assert series(measured, "contacts") == {"2021-01": 21}


def test_one_row_per_measure_area_and_period_and_no_figure_without_a_reason(prepared):
    for grain in (None, "quarter"):
        measured = measure(
            prepared.cleaned, prepared.project, as_at=dt.date(2021, 4, 12), grain=grain, population=prepared.population
        )
        assert not measured.duplicated(["measure", "area", "period"]).any()
        assert (measured.loc[measured["value"].isna(), "status"] != "").all()
        assert measured["status"].notna().all()


def test_measuring_the_sample_is_quick(prepared):
    began = time.process_time()
    measure(prepared.cleaned, prepared.project, as_at=dt.date(2021, 4, 12), population=prepared.population)
    assert time.process_time() - began < 5  # half a second on a laptop; a slow step would take minutes


# Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3 (score without continuity correction)
NEWCOMBE = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)]


@pytest.mark.parametrize(("count", "n", "lower", "upper"), NEWCOMBE)
def test_wilson_is_newcombes_table(count, n, lower, upper):
    found = wilson(pd.Series([float(count)]), pd.Series([float(n)]))
    assert [round(float(bound[0]), 4) for bound in found] == [lower, upper]
