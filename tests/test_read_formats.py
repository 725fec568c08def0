"""One table in every format gives the same records; databases are asked politely."""

import datetime as dt
import io
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from bad_inputs import HEADER, Case, rows, text, workbook

import analysis
from analysis.config.presets import preset_columns
from analysis.errors import Refused
from analysis.reading import delimited, files
from analysis.shapes import Cleaned

SQL = 'sql = "select id, event_date, event_type, completed_date from events"\nurl_env = "TEST_DATABASE"\n'
SQL_CONFIG = """\
[project]
name = "Testshire"
nation = "england"
as_at = 2026-03-31

[[dataset]]
name = "events"
{source}
columns = {{ child = "id", date = "event_date", category = "event_type", completed = "completed_date" }}

[[measure]]
name = "events"
title = "Events"
dataset = "events"
type = "flow"
date = "date"
"""


def typed_rows() -> pd.DataFrame:
    table = pd.DataFrame(rows(), columns=HEADER)
    for column in ("event_date", "completed_date"):
        table[column] = pd.to_datetime(table[column]).dt.date.where(table[column] != "", None)
    return table


def from_file(data: bytes, name: str, folder: Path, **more) -> Cleaned:
    dataset = analysis.load(Case("x", "x", data, name=name, **more).write(folder)).dataset("events")
    return analysis.clean(analysis.read(dataset), dataset)


def from_database(address: str, folder: Path, monkeypatch, source: str = SQL) -> Cleaned:
    monkeypatch.setenv("TEST_DATABASE", address)
    config = folder / "measures.toml"
    config.write_text(SQL_CONFIG.format(source=source), encoding="utf-8")
    dataset = analysis.load(config).dataset("events")
    return analysis.clean(analysis.read(dataset), dataset)


def fill(address: str) -> None:
    engine = sa.create_engine(address)
    columns = [sa.Column("id", sa.String), sa.Column("event_date", sa.Date), sa.Column("event_type", sa.String)]
    table = sa.Table("events", sa.MetaData(), *columns, sa.Column("completed_date", sa.Date))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), typed_rows().to_dict("records"))
    engine.dispose()


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL server of its own, on a socket in a temporary folder; only that process is ended."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = str(programs[-1]) if programs else shutil.which("initdb")
    if not found:
        pytest.skip("PostgreSQL is not installed")
    programs = Path(found).parent
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and not shutil.which("runuser"):
        pytest.skip("PostgreSQL does not run as root, and runuser is missing")
    as_user = ["runuser", "-u", "postgres", "--"] if root else []
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        if root:
            shutil.chown(folder, "postgres")
        data = Path(folder) / "data"
        start = [
            *as_user,
            str(programs / "initdb"),
            "-D",
            str(data),
            "-A",
            "trust",
            "-U",
            "tester",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(start, check=True, capture_output=True, cwd=folder)
        options = ["-D", str(data), "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        server = subprocess.Popen(
            [*as_user, str(programs / "postgres"), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            address = f"postgresql+psycopg://tester@/postgres?host={folder}"
            _wait_for(address, server)
            yield address
        finally:
            process = int((data / "postmaster.pid").read_text().split()[0])
            os.kill(process, 2)  # a fast shutdown of this server alone
            server.wait(timeout=30)


def _wait_for(address: str, server) -> None:
    engine = sa.create_engine(address)
    for _ in range(100):
        assert server.poll() is None, "the server ended while it started"
        try:
            engine.connect().close()
            break
        except sa.exc.OperationalError:
            time.sleep(0.1)
    engine.connect().close()
    engine.dispose()


def test_every_format_gives_the_same_records(tmp_path, monkeypatch, postgres):
    table, typed = rows(), typed_rows()
    parquet = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(typed), parquet)
    stamps = io.BytesIO()
    as_stamps = typed.assign(
        event_date=pd.to_datetime(typed["event_date"]), event_type=typed["event_type"].astype("category")
    )
    pq.write_table(pa.Table.from_pandas(as_stamps), stamps)
    dates = lambda v, c: dt.date.fromisoformat(v) if c in (1, 3) and v else v or None  # noqa: E731
    sqlite, duck = f"sqlite:///{tmp_path / 'x.db'}", f"duckdb:///{tmp_path / 'x.duckdb'}"
    for address in (sqlite, duck, postgres):
        fill(address)
    found = {
        "csv": from_file(text(table).encode(), "cases.csv", tmp_path / "a"),
        "day first": from_file(
            text([[r[0], f"{r[1][8:]}/{r[1][5:7]}/{r[1][:4]}", *r[2:]] for r in table]).encode(),
            "c.csv",
            tmp_path / "b",
        ),
        "xlsx": from_file(workbook(table, convert=dates), "cases.xlsx", tmp_path / "c"),
        "parquet": from_file(parquet.getvalue(), "cases.parquet", tmp_path / "d"),
        "parquet, stamps": from_file(stamps.getvalue(), "cases.parquet", tmp_path / "e"),
        "sqlite": from_database(sqlite, tmp_path, monkeypatch),
        "duckdb": from_database(duck, tmp_path, monkeypatch),
        "postgres": from_database(postgres, tmp_path, monkeypatch),
    }
    for name, one in found.items():
        assert one.summary["quarantined"] == 0, name
        pd.testing.assert_frame_equal(one.records, found["csv"].records, obj=name)


def test_the_simple_and_the_strict_reader_agree(tmp_path):
    """A newline in one quoted field sends the whole file to the strict reader."""
    table = rows()
    simple = from_file(text(table).encode(), "cases.csv", tmp_path / "a")
    quoted = "\n".join(",".join(f'"{c}"' for c in row) for row in [HEADER, *table])
    extra = text([[*r, "note"] for r in table], [*HEADER, "note"])
    strict = extra.replace("note\n", '"no\nte"\n', 3)
    for name, data in (("quoted", quoted), ("strict", strict)):
        one = from_file(data.encode(), "cases.csv", tmp_path / name)
        pd.testing.assert_frame_equal(one.records, simple.records)


def test_lines_are_physical(tmp_path):
    """After a preamble of two lines, a blank line and a field of two lines, line 9 is line 9."""
    lines = text(_noted()).split("\n")
    data = "\n".join(["Title", "", *lines[:3], "", *lines[3:]]).encode()
    one = from_file(data, "cases.csv", tmp_path)
    assert one.quarantine[["line", "code"]].values.tolist() == [[9, "MISSING_ID"]]


def _noted():
    table = rows()
    table[1][2] = "con\ntact"
    table[3][0] = ""
    return table


def test_a_bare_number_is_text_until_it_is_cleaned(tmp_path):
    """Codes that look like numbers stay text: 007, 06E10."""
    table = rows()
    table[0][0], table[1][0] = "007", "06E10"
    assert from_file(text(table).encode(), "cases.csv", tmp_path).records["child"].iloc[:2].tolist() == ["007", "06E10"]


# -- several files --------------------------------------------------------------------------------------------------


def stack(folder: Path, *tables, config=None) -> Cleaned:
    folder.mkdir(exist_ok=True)
    for i, table in enumerate(tables):
        (folder / f"part_{i}.csv").write_text(text(table), encoding="utf-8")
    (folder / "~$part_0.csv").write_text("open in Excel", encoding="utf-8")
    source = 'path = "part_*.csv"'
    (folder / "measures.toml").write_text(config or SQL_CONFIG.format(source=source), encoding="utf-8")
    dataset = analysis.load(folder / "measures.toml").dataset("events")
    return analysis.clean(analysis.read(dataset), dataset)


def test_rows_of_several_files_are_recognised(tmp_path):
    good = rows()
    one = stack(tmp_path, good[:40], good[30:])
    assert (one.summary["rows_in"], one.summary["kept"]) == (70, 60)
    assert set(one.quarantine["code"]) == {"DUPLICATE_ROW"}
    assert set(one.quarantine["file"]) == {"part_1.csv"}


def test_a_row_that_a_later_extract_filled_in_counts_once(tmp_path):
    """Open in the first extract, completed in the second: the second's version stays, whatever the files are called."""
    good = rows()
    early = [[*r[:3], ""] for r in good[:40]]
    for folder, tables in (("a", (early, good)), ("b", (good, early))):
        one = stack(tmp_path / folder, *tables)
        assert (one.summary["kept"], one.summary["quarantined"]) == (60, 40)
        assert set(one.quarantine["code"]) == {"NEAR_DUPLICATE"}
        assert one.records["completed"].notna().sum() == 58


def test_what_contradicts_itself_is_kept_and_flagged(tmp_path):
    good = rows()
    other = [[*r[:3], "2026-03-01"] for r in good[:5]]
    one = stack(tmp_path, good, other)
    assert (one.summary["kept"], one.summary["codes"]["NEAR_DUPLICATE"]) == (65, 10)


def test_a_glob_that_matches_nothing_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"nothing_\*\.csv.*\[INPUT_UNAVAILABLE\]"):
        stack(tmp_path, config=SQL_CONFIG.format(source='path = "nothing_*.csv"'))


def test_events_of_their_own_differ_in_a_column_that_is_not_named(tmp_path):
    """Two rows alike but for their reference number are two events."""
    table = [[*r, f"R{i}"] for i, r in enumerate([*rows(), *rows()[:3]])]
    one = from_file(text(table, [*HEADER, "reference"]).encode(), "cases.csv", tmp_path)
    assert (one.summary["kept"], one.summary["codes"]["NEAR_DUPLICATE"]) == (63, 6)
    table = [[*r, "R1"] for r in [*rows(), *rows()[:3]]]
    one = from_file(text(table, [*HEADER, "reference"]).encode(), "cases.csv", tmp_path / "b")
    assert (one.summary["kept"], one.summary["codes"]["DUPLICATE_ROW"]) == (60, 3)


# -- databases ------------------------------------------------------------------------------------------------------


def test_no_address_is_told(tmp_path, monkeypatch):
    secret = "postgresql+psycopg://tester:hunter2@localhost:1/none"
    for address in (secret, "nonsense", "oracle://x:hunter2@y"):
        with pytest.raises(Refused) as refusal:
            from_database(address, tmp_path, monkeypatch)
        assert refusal.value.code == "INPUT_UNAVAILABLE"
        assert "hunter2" not in str(refusal.value)
        assert refusal.value.__suppress_context__


def test_an_unset_variable_is_named(tmp_path, monkeypatch):
    with pytest.raises(Refused, match="TEST_DATABASE"):
        from_database("", tmp_path, monkeypatch)


def test_only_reading_statements_with_known_values(tmp_path, monkeypatch):
    address = f"sqlite:///{tmp_path / 'x.db'}"
    fill(address)
    for sql, code in (
        ("delete from events", "INVALID_PARAMETER"),
        ("select * from events where id = :child", "UNKNOWN_PARAMETER"),
        ("select * from nowhere", "INPUT_UNAVAILABLE"),
        ("select * from events where id = 'nobody'", "NO_ROWS"),
    ):
        with pytest.raises(Refused) as refusal:
            from_database(address, tmp_path, monkeypatch, source=f'sql = "{sql}"\nurl_env = "TEST_DATABASE"')
        assert refusal.value.code == code


def test_the_as_at_date_is_bound(tmp_path, monkeypatch, postgres):
    engine = sa.create_engine(postgres)
    with engine.begin() as connection:
        rows = "('C1', date '2026-03-30', 'contact', null::date), ('C2', date '2026-04-02', 'contact', null)"
        names = "(id, event_date, event_type, completed_date)"
        connection.execute(sa.text(f"create table dated as select * from (values {rows}) t{names}"))
    engine.dispose()
    source = 'sql = "select * from dated where event_date <= :as_at"\nurl_env = "TEST_DATABASE"'
    one = from_database(postgres, tmp_path, monkeypatch, source=source)
    assert one.records["child"].tolist() == ["C1"]


def test_what_a_driver_returns_reads_like_a_csv(tmp_path, monkeypatch, postgres):
    """Decimals, time zones, nulls and empty texts."""
    engine = sa.create_engine(postgres)
    with engine.begin() as connection:
        row = "1234567890123456789::numeric id, timestamptz '2025-06-30 23:30Z' event_date"
        connection.execute(sa.text(f"create table odd as select {row}, ''::text event_type, null::date completed_date"))
    engine.dispose()
    one = from_database(postgres, tmp_path, monkeypatch, source=SQL.replace("from events", "from odd"))
    record = one.records.iloc[0]
    assert (record["child"], record["category"]) == ("1234567890123456789", "not recorded")
    assert record["date"] == pd.Timestamp("2025-07-01")
    assert pd.isna(record["completed"])
    assert {"TZ_CONVERTED", "TIME_DROPPED", "MISSING_TYPE"} <= set(one.summary["codes"])


def ssd_tables(shared: Path) -> dict[str, list[tuple[str, str]]]:
    fields = pd.read_csv(shared / "data" / "ssd_fields.csv")
    return {t: list(zip(g["field"], g["type"], strict=True)) for t, g in fields.groupby("table", sort=False)}


def test_the_safeguarding_dataset_is_read_from_postgres(tmp_path, monkeypatch, postgres, shared):
    """Each published table, with its published fields, through the preset alone."""
    kinds = {"datetime": sa.DateTime, "nvarchar": sa.String, "nchar": sa.String}
    engine, meta = sa.create_engine(postgres), sa.MetaData()
    tables = ssd_tables(shared)
    random = np.random.default_rng(4)
    for name, fields in tables.items():
        table = sa.Table(name, meta, *(sa.Column(f, kinds[k.lower()]) for f, k in fields))
        start = pd.Timestamp("2020-04-01")
        rows = []
        for i in range(200):
            row = {f: f"{f[:4]}{i}" for f, _ in fields}
            day = start + pd.Timedelta(days=int(random.integers(0, 1800)))
            for j, f in enumerate(f for f, k in fields if k == "datetime"):
                row[f] = (day + pd.Timedelta(days=10 * j)).to_pydatetime()
            row |= {f: "N1" for f, _ in fields if f.endswith(("category", "need_code"))}
            rows.append(row)
        with engine.begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), rows)
    engine.dispose()
    monkeypatch.setenv("TEST_DATABASE", postgres)
    for name in tables:
        preset = preset_columns("ssd", sql=name)
        date = next(r for r in preset.columns if r not in ("child", "source", "category", "team"))
        (tmp_path / "m.toml").write_text(
            f'[project]\nname = "T"\nnation = "england"\n[[dataset]]\nname = "d"\npreset = "ssd"\n'
            f'sql = "select * from {name}"\nurl_env = "TEST_DATABASE"\n'
            f'[[measure]]\nname = "m"\ntitle = "M"\ndataset = "d"\ntype = "flow"\ndate = "{date}"\n',
            encoding="utf-8",
        )
        dataset = analysis.load(tmp_path / "m.toml").dataset("d")
        one = analysis.clean(analysis.read(dataset), dataset)
        assert (one.summary["kept"], one.summary["quarantined"]) == (200, 0), name
        assert "worker" not in " ".join(map(str, one.records.columns))


def test_the_chunks_are_put_together(tmp_path, monkeypatch):
    from analysis.reading import database

    monkeypatch.setattr(database, "CHUNK", 7)
    address = f"sqlite:///{tmp_path / 'x.db'}"
    fill(address)
    assert from_database(address, tmp_path, monkeypatch).summary["kept"] == 60


# -- limits ---------------------------------------------------------------------------------------------------------


def test_nested_parquet_is_no_table(tmp_path):
    parquet = io.BytesIO()
    table = pa.table({"id": ["a"], "event_date": [[1, 2]], "event_type": ["x"], "completed_date": [None]})
    pq.write_table(table, parquet)
    with pytest.raises(Refused) as refusal:
        from_file(parquet.getvalue(), "cases.parquet", tmp_path)
    assert refusal.value.code == "NOTHING_LEFT"


def test_a_long_file_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(typed_rows()), out)
    for module, data, name in (
        (files, out.getvalue(), "cases.parquet"),
        (delimited, text(rows()).encode(), "cases.csv"),
    ):
        monkeypatch.setattr(module, "MAX_ROWS", 10)
        with pytest.raises(Refused, match="DECOMPRESSION_LIMIT"):
            from_file(data, name, tmp_path)


def test_symbols_of_the_open_data(tmp_path):
    """Both forms, every symbol: c, x, z, low, k, u."""
    wide = (
        "time_period,time_identifier,geographic_level,country_name,region_name,la_name,April,May,June,January\n"
        '2024,Reporting year,Local authority,England,North East,Darlington,132,c,"1,154",x\n'
        "202324,Reporting year,Local authority,England,North East,Gateshead,z,low,k,u\n"
        "2024,Reporting year,National,England,,,5,6,7,8\n"
    )
    tidy = (
        "time_period,time_identifier,geographic_level,la_name,number\n"
        "2023,April,Local authority,Darlington,132\n2024,January,Local authority,Darlington,c\n"
    )
    config = (
        '[project]\nname = "England"\nnation = "england"\n[[dataset]]\nname = "d"\npreset = "dfe-open-data"\n'
        'path = "x.csv"\n{}[[measure]]\nname = "m"\ntitle = "M"\ndataset = "d"\ntype = "flow"\n'
    )
    found = []
    for data, more in ((wide, ""), (tidy, 'columns = { value = "number" }\n')):
        (tmp_path / "x.csv").write_text(data, encoding="utf-8")
        (tmp_path / "m.toml").write_text(config.format(more), encoding="utf-8")
        dataset = analysis.load(tmp_path / "m.toml").dataset("d")
        records = analysis.clean(analysis.read(dataset), dataset).records
        found.append({(r.area, str(r.period)): (r.value, r.status) for r in records.itertuples()})
    assert found[0]["Darlington", "2023-04"] == (132, "")
    assert found[0]["Darlington", "2023-06"] == (1154, "")
    assert found[0]["Darlington", "2023-05"][1] == "suppressed"
    assert found[0]["Darlington", "2024-01"][1] == "not available"
    assert found[0]["Gateshead", "2023-04"][1] == "not applicable"
    assert found[0]["Gateshead", "2023-05"] == (0, "rounds to zero") == found[0]["Gateshead", "2023-06"]
    assert found[0]["Gateshead", "2024-01"][1] == "low reliability"
    assert found[0]["England", "2024-01"] == (8, "")
    assert found[1]["Darlington", "2023-04"] == (132, "")
    assert found[1]["Darlington", "2024-01"][1] == "suppressed"
