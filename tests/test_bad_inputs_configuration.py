"""Configurations that go wrong where reading is concerned: refused by one sentence that names file and key."""

import json

import pytest
from bad_inputs import Case, rows, text

import analysis
from analysis.errors import Refused

SECRET = "hunter2"
GOOD = Case("x", "x", text(rows()).encode())


def load(folder, change):
    config = GOOD.write(folder)
    config.write_bytes(change(config.read_text(encoding="utf-8")))
    return analysis.load(config)


def replaced(old: str, new: str):
    return lambda config: config.replace(old, new).encode()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (replaced("kind =", "knd ="), ("knd", "'kind'")),
        (replaced('nation = "england"', 'nation = "england"\nsupress = 5'), ("supress",)),
        (replaced('kind = "cases"', 'kind = "case"'), ("kind", "'cases'")),
        (replaced('path = "cases.csv"', "path = 5"), ("path",)),
        (replaced('nation = "england"', 'nation = "england"\nreporting_lag_days = -1'), ("reporting_lag_days", "0")),
        (replaced('nation = "england"', 'nation = "england"\nreporting_lag_days = nan'), ("reporting_lag_days",)),
        (replaced('name = "events"\npath', 'name = "events"\nname = "events"\npath'), ("measures.toml",)),
        (lambda config: config.encode("utf-16"), ("UTF-8",)),
        (replaced('path = "cases.csv"', 'path = "https://example.org/cases.csv"'), ("local file",)),
        (replaced("columns = {", 'columns = { child2 = ["id"],'), ("columns",)),
        (replaced('kind = "cases"', 'kind = "cases"\naliases = { parent = ["x"] }'), ("aliases", "parent")),
        (replaced('kind = "cases"', 'kind = "cases"\nexpressions = { child = "(" }'), ("expression",)),
        (replaced('kind = "cases"', 'kind = "cases"\nsql = "select 1"\nurl_env = "X"'), ("path", "sql")),
        (replaced('path = "cases.csv"', 'sql = "select 1"'), ("url_env",)),
    ],
)
def test_it_is_refused_by_name(change, named, tmp_path):
    with pytest.raises(Refused) as refusal:
        load(tmp_path, change)
    assert refusal.value.code == "INVALID_PARAMETER"
    assert all(name in str(refusal.value) for name in named)


@pytest.mark.parametrize("change", [lambda c: b"\xef\xbb\xbf" + c.encode(), lambda c: c.replace("\n", "\r\n").encode()])
def test_a_mark_and_windows_line_ends_are_read_as_usual(change, tmp_path):
    assert load(tmp_path, change).dataset("events").columns["child"] == "id"


@pytest.mark.parametrize(
    "change",
    [
        replaced('path = "cases.csv"', f'sql = "select 1"\nurl_env = "postgresql://me:{SECRET}@host/db"'),
        replaced('path = "cases.csv"', f'sql = "select 1"\nurl = "postgresql://me:{SECRET}@host/db"'),
        replaced('path = "cases.csv"', f'path = "postgresql://me:{SECRET}@host/db"'),
        replaced('name = "Testshire"', f'name = "postgresql://me:{SECRET}@host/db"'),
        replaced('title = "Events"', f'title = "Driver=x;UID=me;PWD={SECRET}"'),
        replaced('nation = "england"', f'nation = "england"\npassword = "{SECRET}"'),
    ],
)
def test_a_secret_is_refused_and_told_to_no_one(change, tmp_path):
    with pytest.raises(Refused) as refusal:
        load(tmp_path, change)
    assert refusal.value.code == "INVALID_PARAMETER"
    assert SECRET not in str(refusal.value)


def test_a_statement_in_where_is_a_value(tmp_path):
    injected = json.dumps("contact' OR '1'='1")
    project = load(tmp_path, lambda c: f"{c}where = {{ category = [{injected}] }}\n".encode())
    dataset = project.dataset("events")
    measured = analysis.measure(analysis.clean(analysis.read(dataset), dataset), project)
    assert measured["value"].sum() == 0


def test_several_files_are_each_named_in_the_audit(tmp_path):
    project = load(tmp_path, replaced('"cases.csv"', '"cases*.csv"'))
    (tmp_path / "cases_2.csv").write_text(text(rows()[:20]).replace(",", ";"), encoding="utf-8")
    dataset = project.dataset("events")
    result = analysis.clean(analysis.read(dataset), dataset)
    assert result.sources["file"].tolist() == ["cases.csv", "cases_2.csv"]
    assert result.audit.query("code == 'DELIMITER_SEMICOLON'")["file"].tolist() == ["cases_2.csv"]


def test_other_headings_are_matched_by_name_and_expression(tmp_path):
    def change(config):
        return config.replace(
            'kind = "cases"',
            'kind = "cases"\naliases = { child = ["Person ref"] }\nexpressions = { completed = ".*complet.*" }',
        ).encode()

    project = load(tmp_path, change)
    header = ["PERSON  REF", "Event Date", "Event-Type", "Date of completion"]
    (tmp_path / "cases.csv").write_text(text(rows(), header), encoding="utf-8")
    dataset = project.dataset("events")
    result = analysis.clean(analysis.read(dataset), dataset)
    assert result.summary["kept"] == 60
    renamed = result.audit[result.audit["code"] == "COLUMN_RENAMED"]
    assert dict(zip(renamed["before"], renamed["after"], strict=True)) == dict(
        zip(header, ["id", "event_date", "event_type", "completed_date"], strict=True)
    )
