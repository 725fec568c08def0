"""Every bad input gets what it must, with its code; nothing is lost, and no value is quoted."""

import datetime as dt
from functools import lru_cache

import pandas as pd
import pytest
from bad_inputs import CANARY, Case, cases, rows, shuffled, text

import analysis
from analysis.errors import Refused

CASES = {case.id: case for case in cases()}


def cleaned(case: Case, folder):
    dataset = analysis.load(case.write(folder)).dataset("events")
    return analysis.clean(analysis.read(dataset), dataset)


@lru_cache
def baseline() -> pd.DataFrame:
    table = pd.DataFrame(rows(), columns=["child", "date", "category", "completed"]).astype("str")
    return table.assign(date=pd.to_datetime(table["date"]), completed=pd.to_datetime(table["completed"]))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_gets_what_it_must(case, tmp_path):
    if case.refused:
        with pytest.raises(Refused) as refusal:
            cleaned(case, tmp_path)
        assert refusal.value.code == case.refused
        assert all(name in str(refusal.value) for name in case.names)
        assert CANARY not in str(refusal.value)
        return
    result = cleaned(case, tmp_path)
    summary = result.summary
    assert (summary["kept"], summary["quarantined"]) == (case.kept, case.quarantined)
    assert summary["rows_in"] == summary["kept"] + summary["quarantined"] == result.sources["rows_in"].sum()
    assert set(case.codes) <= set(summary["codes"])
    if case.same:
        records = result.records.sort_values("child", ignore_index=True)
        pd.testing.assert_frame_equal(records, baseline()[records.columns], check_dtype=False)


def test_a_clean_file_is_not_remarked_upon(tmp_path):
    assert cleaned(CASES["F1"], tmp_path).summary["codes"] == {}


def test_columns_that_are_not_named_are_copied_nowhere(tmp_path):
    for name in ("C5", "C5b", "C8"):
        result = cleaned(CASES[name], tmp_path / name)
        for table in (result.records, result.audit, result.quarantine):
            written = table.to_csv()
            assert CANARY not in written
            assert "High Street" not in written
            assert "<script" not in written


def test_a_type_that_no_list_holds_reaches_no_table(tmp_path):
    for name in ("V18", "V18m", "V19", "V19m", "V20", "V21", "V22", "V23b"):
        shown = set(cleaned(CASES[name], tmp_path / name).records["category"])
        assert shown == {"contact", "referral", "assessment", "not recognised"}


def test_spellings_become_the_one_that_is_common(tmp_path):
    result = cleaned(CASES["V18"], tmp_path)
    mapped = result.audit[result.audit["code"] == "TYPE_MAPPED"]
    assert set(zip(mapped["before"], mapped["after"], strict=True)) == {
        ("Referral", "referral"),
        ("REFERRAL", "referral"),
    }


def test_times_belong_to_the_day_in_london(tmp_path):
    dates = cleaned(CASES["V7"], tmp_path).records["date"]
    expected = ["2025-07-01", "2025-07-01", "2025-10-26", "2025-03-31"]
    assert dates.iloc[3:7].dt.strftime("%Y-%m-%d").tolist() == expected
    assert (dates == dates.dt.normalize()).all()


def test_serials_count_from_1900_with_its_false_leap_day(tmp_path):
    """Excel: 45383 is 1 April 2024, 32874 is 1 January 1990."""
    table = rows()
    table[0][1], table[1][1] = "45383", "32874"
    case = Case("x", "serials", text(table).encode())
    dates = cleaned(case, tmp_path).records["date"]
    assert dates.iloc[:2].tolist() == [pd.Timestamp("2024-04-01"), pd.Timestamp("1990-01-01")]


def test_a_message_says_where(tmp_path):
    for name, wanted in (("V1", "line"), ("F15", "line 11"), ("C7", "line 2"), ("F26", "column 2")):
        with pytest.raises(Refused) as refusal:
            cleaned(CASES[name], tmp_path / name)
        assert wanted in str(refusal.value)
        assert "cases." in str(refusal.value)


def test_the_order_of_evidence_is_counted(tmp_path):
    with pytest.raises(Refused) as refusal:
        cleaned(CASES["V1"], tmp_path)
    months = sum(dt.date.fromisoformat(r[1]).day > 12 for r in rows())
    assert f"({months} prove it, 0 prove the opposite, {60 - months} fit both)" in str(refusal.value)


@pytest.mark.parametrize("name", ["F1", "V2", "V6", "V9", "V15", "V18", "V24", "V25", "V27"])
def test_the_order_of_rows_does_not_matter(name, tmp_path):
    def ordered(case, folder):
        result = cleaned(case, folder)
        records = result.records.sort_values(list(result.records), ignore_index=True)
        return records, result.summary

    first = ordered(CASES[name], tmp_path / "a")
    changed = Case(**{**vars(CASES[name]), "data": shuffled(CASES[name].data, 7)})
    second = ordered(changed, tmp_path / "b")
    pd.testing.assert_frame_equal(first[0], second[0])
    assert first[1] == second[1]


def test_time_zone_and_locale_of_the_machine_do_not_matter(tmp_path, monkeypatch):
    import locale
    import time

    before, usual = cleaned(CASES["V7"], tmp_path / "a").records, locale.setlocale(locale.LC_ALL)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        locale.setlocale(locale.LC_ALL, "C")
        after = cleaned(CASES["V7"], tmp_path / "b").records
    finally:
        locale.setlocale(locale.LC_ALL, usual)
        monkeypatch.undo()
        time.tzset()
    pd.testing.assert_frame_equal(before, after)
