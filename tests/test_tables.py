"""Tables say what the judged case holds, in the reader's order."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.config import band_names
from analysis.report import tables


def test_the_figures_of_a_measure_stand_by_financial_year(case):
    table = tables.by_month(case, case.project.measure("assessments_opened")).set_index("Year")
    assert list(table.columns) == ["Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar"]
    assert (table.loc["2020/21", "Feb"], table.loc["2020/21", "Mar"]) == ("47", "103")
    assert len(table) == tables.YEARS_SHOWN


def test_the_summary_compares_with_last_quarter_and_last_year(case):
    row = tables.summary(case).set_index("Measure").loc["Statutory visits made in time"]
    assert row["This quarter"] == "91.9%"
    last = case.quarters.query("measure == 'visits_on_time'").set_index("period")["value"]
    assert row["Last quarter"] == f"{100 * last[case.quarter - 1]:.1f}%"
    assert row["Same quarter last year"] == f"{100 * last[case.quarter - 4]:.1f}%"


def test_lateness_shows_the_bands_of_the_committee(case):
    table = tables.lateness(case, case.project.measure("visits_on_time")).set_index("When")["Number"]
    assert (table["On time"], table["1 to 2 working days late"]) == ("734", "35")


def test_of_a_quarter_in_which_nothing_fell_due_no_share_was_late(case):
    measure = case.project.measure("visits_on_time")
    names = [n for n in band_names(measure.bands) if n in case.quarters]
    now = (case.quarters["measure"] == measure.name) & (case.quarters["period"] == case.quarter)
    quarters = case.quarters.copy()
    quarters.loc[now, [*names, "denominator"]] = 0.0
    table = tables.lateness(dataclasses.replace(case, quarters=quarters), measure)
    assert set(table["Number"]) == {"0"} and set(table["Share"]) == {"–"}


def test_published_figures_are_tidy_and_carry_the_verdict_once(case):
    table = tables.figures(case)
    figures = ["value", "numerator", "denominator", "lower", "upper", "status", "call", "persists"]
    assert list(table.columns)[:11] == ["measure", "area", "period", *figures]  # those of release 1 come first
    assert not table.duplicated(["measure", "area", "period"]).any()
    called = table[table["call"] != ""]
    assert set(called["period"]) == {"2020-21Q4"}
    assert len(called) == len(case.measures)
    hidden = table[table["status"] == "suppressed"]
    assert (table["mark"] != "").equals(table["status"] == "suppressed")
    assert len(hidden) and hidden[["value", "numerator", "denominator", "lower", "upper"]].isna().all(axis=None)


def test_published_figures_say_what_they_are_and_what_would_settle_them(case):
    table = tables.figures(case).set_index(["measure", "period"])
    late, month = table.loc[("assessments_signed_off_on_time", "2020-21Q4")], table.loc[("contacts", "2021-03")]
    assert (late["title"], late["unit"], late["target"]) == ("Assessments signed off in time", "share", 0.9)
    assert (round(month["expected_lower"]), round(month["expected_upper"])) == (387, 568)
    assert np.isnan(month["p_usual"]) and month["question"] == ""
    now = table.loc[(slice(None), "2020-21Q4"), :]
    assert now.filter(regex="^p_").sum(axis=1)[now["call"] != "too little data"].to_numpy() == pytest.approx(
        1, abs=3e-4
    )
    open_ = now.loc[("registrations", "2020-21Q4")]
    assert open_["question"] == "open" and open_["passed_if"] < open_["lasts_if"] and 0.1 <= open_["chance"] <= 1


def test_a_name_that_a_spreadsheet_would_calculate_stays_text(case):
    table = pd.concat([case.months.assign(area="=cmd()")])
    shown = tables.figures(dataclasses.replace(case, months=table))
    assert not shown["area"].str.startswith("=").any()


def test_the_way_through_the_service_tells_what_came_of_each_hundred(case):
    table = tables.pathway(case)
    assert list(table["Step"]) == ["Contacts at the front door", "Referrals", "Assessments opened"]
    assert list(table["This quarter"]) == ["1,459", "557", "212"]
    assert list(table["For each 100 of the step before"]) == ["–", "38", "38"]  # 557 / 1459, 212 / 557
    totals = case.quarters.set_index(["measure", "period"])["value"]
    before = 100 * totals["referrals", case.quarter - 4] / totals["contacts", case.quarter - 4]
    assert table["Same quarter last year"].iloc[1] == f"{before:.0f}"
