"""What holds for every input: nothing lost, every change replayable, no traceback whatever the bytes."""

import contextlib
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from bad_inputs import HEADER, Case, cases, rows, text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import analysis
from analysis.cleaning.dates import Parsed
from analysis.errors import Refused

SETTINGS = settings(suppress_health_check=list(HealthCheck), derandomize=True)
CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", "NULL", "C1", "c1", "C1 ", "12.0", "1.2E+11", "#N/A", "=1+1", "Total", '"', "a,b", "x\ny"]
    ),
    st.sampled_from(
        ["2025-01-31", "31/01/2025", "01/31/2025", "45000", "1900-01-01", "2025-06-30T23:30Z", "3 Mar 2025"]
    ),
    st.sampled_from(
        ["contact", "Contact ", "referral", "co\u0301ntact", "\u202econtact", "2025-01-31 10:15", "31/1/25"]
    ),
)
ROW = st.lists(CELL, min_size=4, max_size=4)
ROLES = ["child", "date", "category", "completed"]


def run(data: bytes, name: str = "cases.csv"):
    with tempfile.TemporaryDirectory() as folder:
        dataset = analysis.load(Case("x", "x", data, name=name).write(Path(folder))).dataset("events")
        table = analysis.read(dataset)
        return table, analysis.clean(table, dataset)


@SETTINGS
@given(st.lists(ROW, max_size=8))
def test_rows_in_are_kept_or_quarantined(strange):
    with contextlib.suppress(Refused):
        table, result = run(text([*rows(), *strange]).encode("utf-8", "replace"))
        summary = result.summary
        assert summary["rows_in"] == summary["kept"] + summary["quarantined"] == table.sources["rows_in"].sum()
        assert summary["kept"] == len(result.records) <= len(table.rows)
        assert result.quarantine["line"].is_unique
        assert set(result.quarantine["code"]) <= set(summary["codes"])


@SETTINGS
@given(st.lists(ROW, max_size=8))
def test_raw_text_and_audit_give_the_cleaned_table(strange):
    with contextlib.suppress(Refused):
        check_replay(*run(text([*rows(), *strange]).encode("utf-8", "replace")))


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.full)])
def test_every_case_that_is_kept_can_be_replayed(step):
    for case in cases()[::step]:
        with contextlib.suppress(Refused), tempfile.TemporaryDirectory() as folder:
            dataset = analysis.load(case.write(Path(folder))).dataset("events")
            table = analysis.read(dataset)
            check_replay(table, analysis.clean(table, dataset))


def check_replay(table, result):
    """Apply the audit to the raw text, in its order; read dates as they are written; compare."""
    replayed = table.rows.set_index("line")[ROLES].astype(object)
    role_of = dict(zip(HEADER, ROLES, strict=True))
    cells = result.audit.iloc[len(table.audit) :]  # what reading changed is in the text already
    cells = cells[(cells["line"] > 0) & cells["column"].isin(HEADER)]
    for row in cells.itertuples():
        if row.line in replayed.index:
            assert replayed.loc[row.line, role_of[row.column]] == row.before
            replayed.loc[row.line, role_of[row.column]] = row.after
    replayed = replayed.drop(index=[line for line in result.quarantine["line"] if line in replayed.index])
    for role in ("date", "completed"):
        replayed[role] = Parsed(replayed[role].astype("str").reset_index(drop=True)).stamp
    replayed["category"] = replayed["category"].map(lambda v: v if v.lower() not in MISSING else "not recorded")
    for role in ROLES:
        assert replayed[role].tolist() == result.records[role].tolist() or (
            pd.Series(replayed[role].to_numpy()).equals(pd.Series(result.records[role].to_numpy()))
        )


MISSING = analysis.clean.__globals__["tidy"].__globals__["MISSING_WORDS"]


@SETTINGS
@given(st.binary(max_size=400), st.integers(0, 1500), st.sampled_from(["cases.csv", "cases.xlsx", "cases.parquet"]))
def test_strange_bytes_never_give_a_traceback(noise, at, name):
    good = text(rows()).encode()
    for data in (noise, good[:at] + noise + good[at:], b"PK\x03\x04" + noise, b"PAR1" + noise):
        with contextlib.suppress(Refused):
            run(data, name)


@SETTINGS
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_workbook_never_gives_a_traceback(at, byte):
    data = bytearray(WORKBOOK)
    data[at % len(data)] = byte
    with contextlib.suppress(Refused):
        run(bytes(data), "cases.xlsx")
    with contextlib.suppress(Refused):
        run(bytes(data[: at % len(data)]), "cases.xlsx")


WORKBOOK = next(c for c in cases() if c.id == "F23b").data
