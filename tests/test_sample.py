"""The bundled synthetic sample carries the figures its dictionary promises.

Counted here with pandas alone, from the files, so that a slip in the library cannot hide a slip in the data.
"""

import filecmp
import subprocess
import sys
import tomllib
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.periods import add_working_days, working_days_between, working_days_in

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "sample"
AS_AT = {"county": "2021-04-12", "borough": "2021-10-12"}
NATION = {"county": "wales", "borough": "england"}
CATALOGUES = {"county": ROOT / "measures.toml", "borough": SAMPLE / "borough" / "measures.toml"}
# domain facts: share of the year's mean per working day, published monthly referrals, 153 English authorities
SEASON = {4: 97, 5: 109, 6: 107, 7: 101, 8: 84, 9: 99, 10: 101, 11: 105, 12: 92, 1: 102, 2: 99, 3: 104}


@lru_cache
def known(place: str, file: str) -> pd.DataFrame:
    """A file's rows as they stood on the newest report's day."""
    table = pd.read_csv(SAMPLE / place / f"{file}.csv")
    for column in table.columns[table.columns.str.contains("date|_at$|_on$|_visit$|signed_off")]:
        table[column] = pd.to_datetime(table[column], format="ISO8601")
    if "recorded_on" in table:
        table = table[table["recorded_on"] <= AS_AT[place]]
    return table


def monthly(dates: pd.Series) -> pd.Series:
    return dates.dt.to_period("M").value_counts().sort_index()


def open_on_last_days(place: str, file: str, first: str, last: str) -> list[int]:
    episodes = known(place, file)
    ends = pd.period_range(first, last, freq="M").to_timestamp(how="end")
    return [int(((episodes["start_date"] <= day) & ~(episodes["end_date"] <= day)).sum()) for day in ends]


def front_door(category: str) -> pd.DataFrame:
    events = known("county", "contacts")
    meaning = pd.read_csv(SAMPLE / "county" / "contact_types.csv", index_col="raw")["category"]
    return events[events["event_type"].map(meaning) == category]


def due_in_last_quarter(table: pd.DataFrame, start: str, limit: int) -> pd.DataFrame:
    due = pd.to_datetime(add_working_days(table[start].to_numpy(), limit, "wales"))
    return table[(due >= "2021-01-01") & (due <= "2021-03-31")]


def days(table: pd.DataFrame, start: str, end: str, nation: str = "wales") -> np.ndarray:
    """Working days; what is still open counts as endless."""
    counted = working_days_between(table[start].to_numpy(), table[end].to_numpy(), nation)
    return np.where(np.isnan(counted), np.inf, counted)


def dispersion(counts: pd.Series, nation: str) -> float:
    """Pearson's chi-square per degree of freedom around level x working days x season."""
    expected = working_days_in(counts.index, nation) * counts.index.month.map(SEASON).to_numpy()
    expected = expected * counts.sum() / expected.sum()
    return float(((counts - expected) ** 2 / expected).sum() / (len(counts) - 1))


def test_contacts_are_ordinary_and_then_600():
    contacts = monthly(front_door("contact")["event_date"])
    assert contacts["2021-01":"2021-03"].tolist() == [438, 421, 600]
    assert 400 <= contacts["2020-09":"2021-02"].mean() <= 500
    assert 400 <= contacts["2015-04":"2020-03"].mean() <= 500
    assert contacts.drop(pd.Period("2021-03")).max() < 600
    assert len(contacts) == 72


def test_contacts_scatter_like_an_authority_not_like_poisson():
    contacts, referrals = front_door("contact")["event_date"], known("borough", "referrals")["referral_date"]
    assert 3 <= dispersion(monthly(contacts)[:"2020-02"], "wales") <= 8
    assert 3 <= dispersion(monthly(referrals)[:"2020-02"], "england") <= 8


def test_contacts_have_seasons():
    contacts = monthly(front_door("contact")["event_date"])[:"2020-02"]
    per_day = contacts / working_days_in(contacts.index, "wales")
    by_month = per_day.groupby(per_day.index.month).mean()
    assert by_month.idxmin() == 8
    assert 0.75 < by_month[8] / per_day.mean() < 0.92


def test_contacts_dip_in_the_first_lockdown():
    contacts = monthly(front_door("contact")["event_date"])
    assert contacts["2020-04":"2020-05"].mean() < 0.75 * contacts["2019-04":"2019-05"].mean()


def test_a_family_is_one_contact_and_several_rows():
    contacts = front_door("contact")
    assert 1.4 < contacts.groupby(["event_date", "area", "source"]).size().mean() < 1.9
    assert not contacts.duplicated(["id", "event_date"]).any()
    assert contacts["id"].duplicated().mean() > 0.2  # one child, many contacts


def test_decisions_are_made_within_24_hours():
    contacts = front_door("contact").query("event_date >= '2021-01-01'")
    assert 0.95 < (contacts["decided_at"] - contacts["event_date"] <= pd.Timedelta(hours=24)).mean() < 0.99


def test_fewer_assessments_than_referrals_and_each_follows_from_one():
    assessments, referrals = known("county", "assessments"), front_door("referral")
    assert len(assessments) < 0.6 * len(referrals)
    referred = set(zip(referrals["id"], referrals["event_date"].dt.normalize(), strict=True))
    assert set(zip(assessments["id"], assessments["referral_date"], strict=True)) <= referred


def test_assessments_started():
    started = monthly(known("county", "assessments")["start_date"])
    assert started["2021-02":"2021-03"].tolist() == [47, 103]
    assert 60 <= started["2019-04":"2020-01"].mean() <= 95
    assert started.drop(pd.Period("2021-03")).max() < 103
    assert 1.5 <= dispersion(started["2015-05":"2020-02"], "wales") <= 5


def test_62_percent_of_the_assessments_due_were_signed_off_in_time():
    due = due_in_last_quarter(known("county", "assessments"), "referral_date", 42)
    late = due[days(due, "referral_date", "signed_off") > 42]
    assert (len(due), len(due) - len(late)) == (200, 124)
    assert 1 - len(late) / len(due) == pytest.approx(0.62)
    assert late["signed_off"].isna().any()  # open and overdue
    assert (days(late, "referral_date", "completed_date") <= 42).sum() == 68
    assert (days(late, "referral_date", "seen_date") <= 42).all()


def test_sign_off_was_better_before_the_go_live():
    assessments = known("county", "assessments")
    due = pd.Series(add_working_days(assessments["referral_date"].to_numpy(), 42, "wales"), assessments.index)
    in_time = days(assessments, "referral_date", "signed_off") <= 42
    by_quarter = pd.Series(in_time, index=pd.PeriodIndex(due, freq="Q-MAR")).groupby(level=0).mean()
    assert by_quarter["2020Q1":"2021Q3"].between(0.83, 0.93).all()
    assert 0.85 <= by_quarter["2016Q2":"2021Q3"].mean() <= 0.90


def test_assessment_dates_are_in_order():
    table = known("county", "assessments")
    for earlier, later in [
        ("referral_date", "start_date"),
        ("start_date", "seen_date"),
        ("seen_date", "completed_date"),
        ("completed_date", "signed_off"),
    ]:
        assert not (table[later] < table[earlier]).any()


def test_799_visits_were_due():
    due = due_in_last_quarter(known("county", "visits"), "previous_visit", 10)
    taken = days(due, "previous_visit", "visit_date")
    assert len(due) == 799
    assert (taken <= 10).sum() == 734
    assert (taken > 10).sum() == 65
    assert ((taken > 10) & (taken <= 12)).sum() == 35
    assert np.isfinite(taken).all()  # every child was visited


def test_visits_belong_to_children_on_the_register_one_after_the_other():
    visits, register = known("county", "visits"), known("county", "register")
    assert set(visits["id"]) <= set(register["id"])
    held = visits.merge(register, on="id")
    inside = (held["previous_visit"] >= held["start_date"]) & ~(held["visit_date"] > held["end_date"])
    assert inside.groupby([held["id"], held["previous_visit"]]).any().all()
    chain = visits.sort_values(["id", "previous_visit"])
    follows = chain["previous_visit"] == chain.groupby("id")["visit_date"].shift()
    begins = pd.MultiIndex.from_frame(chain[["id", "previous_visit"]]).isin(
        pd.MultiIndex.from_frame(register[["id", "start_date"]])
    )
    assert (follows | begins | (chain["previous_visit"] < "2015-04-01")).all()


def test_register_and_care_rise():
    assert open_on_last_days("county", "register", "2020-11", "2021-03") == [109, 113, 118, 124, 131]
    assert max(open_on_last_days("county", "register", "2015-04", "2020-10")) <= 110
    assert open_on_last_days("county", "looked_after", "2020-11", "2021-03") == [334, 336, 338, 341, 345]
    care = open_on_last_days("county", "looked_after", "2015-03", "2021-03")
    assert 295 < care[0] < care[36] < care[-1]


@pytest.mark.parametrize(
    ("place", "file"),
    [("county", "register"), ("county", "looked_after"), ("borough", "plans"), ("borough", "looked_after")],
)
def test_no_child_is_open_twice(place, file):
    episodes = known(place, file).sort_values(["id", "start_date"])
    before = episodes.groupby("id")["end_date"].shift()
    again = episodes["id"].duplicated()
    assert (episodes.loc[again, "start_date"] > before[again]).all()
    assert not (episodes["end_date"] < episodes["start_date"]).any()
    assert not episodes["end_date"].dt.is_month_end.any()


@pytest.mark.parametrize("place", ["county", "borough"])
def test_long_term_sickness_is_flat(place):
    staff = known(place, "workforce").groupby("month")[["long_term_sick", "posts"]].sum()
    share = staff["long_term_sick"] / staff["posts"]
    assert abs(share.iloc[-12:].mean() - share.iloc[:-12].mean()) < 0.005
    assert share.between(0.025, 0.065).all()


def test_referrals_are_missing_after_the_migration():
    recorded = monthly(known("borough", "referrals")["referral_date"])
    assert recorded["2021-04":"2021-09"].tolist() == [28, 60, 99, 176, 168, 199]
    usual = recorded["2018-04":"2020-02"].mean()
    assert 170 < usual < 230
    assert (recorded["2015-04":"2021-03"] > 0.45 * usual).all()
    assert recorded["2020-10":"2021-03"].between(0.8 * usual, 1.3 * usual).all()


def test_assessments_of_the_same_system_fall_with_them():
    started = monthly(known("borough", "assessments")["start_date"])
    usual = started["2018-04":"2020-02"].mean()
    assert (started["2021-04":"2021-06"] < 0.5 * usual).all()
    assert (started["2021-08":"2021-09"] > 0.75 * usual).all()


def test_plans_fall_while_care_rises():
    plans = open_on_last_days("borough", "plans", "2020-09", "2021-09")
    care = open_on_last_days("borough", "looked_after", "2020-09", "2021-09")
    assert (plans[0], plans[-1]) == (214, 165)
    assert (care[0], care[-1]) == (339, 382)
    assert (np.diff(plans) < 0).all()
    assert (np.diff(care) > 0).all()
    starts = monthly(known("borough", "looked_after")["start_date"])
    assert starts["2020-10":"2021-09"].sum() > 1.15 * starts["2019-10":"2020-09"].sum()


def test_turnover_and_youth_offending_improve():
    staff, youth = (known("borough", file).set_index("month") for file in ("workforce", "youth_offending"))
    for figures in (staff["leavers"], staff["agency"], youth["first_time_entrants"]):
        assert figures["2020-10":"2021-09"].mean() < 0.85 * figures["2017-10":"2019-09"].mean()


@pytest.mark.parametrize(
    ("place", "file", "late"), [("county", "contacts", 5), ("county", "assessments", 3), ("borough", "referrals", 2)]
)
def test_some_rows_were_recorded_too_late_to_count(place, file, late):
    assert len(pd.read_csv(SAMPLE / place / f"{file}.csv")) - len(known(place, file)) == late


@pytest.mark.parametrize("place", ["county", "borough"])
def test_catalogue_names_columns_that_exist(place):
    path = CATALOGUES[place]
    catalogue = tomllib.loads(path.read_text(encoding="utf-8"))
    for dataset in catalogue["dataset"]:
        header = pd.read_csv(path.parent / dataset["path"], nrows=0).columns
        assert set(dataset["columns"].values()) <= set(header), dataset["name"]
    assert str(catalogue["project"]["as_at"]) == AS_AT[place]
    assert catalogue["project"]["nation"] == NATION[place]


def test_dictionary_has_an_entry_for_every_file_and_column():
    dictionary = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert "synthetic" in dictionary
    for path in SAMPLE.glob("*/*.csv"):
        section = (
            dictionary.partition(f"{path.parent.name}/{path.name}\n")[2]
            or dictionary.partition(f"{path.parent.name}/{path.name} and ")[2]
        )
        entry = section.partition("\n## ")[0]
        for column in pd.read_csv(path, nrows=0).columns:
            assert f"| `{column}` |" in entry, f"{path.name}: {column}"


@pytest.mark.full
def test_regenerating_gives_the_same_bytes(tmp_path):
    subprocess.run([sys.executable, SAMPLE / "generate.py", tmp_path], check=True)
    bundled = sorted(p.relative_to(SAMPLE) for p in SAMPLE.glob("*/*.csv"))
    assert sorted(p.relative_to(tmp_path) for p in tmp_path.glob("*/*.csv")) == bundled
    different = [str(p) for p in bundled if not filecmp.cmp(SAMPLE / p, tmp_path / p, shallow=False)]
    assert different == []
    assert sum((SAMPLE / p).stat().st_size for p in bundled) < 6_000_000
