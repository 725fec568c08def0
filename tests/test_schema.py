"""The declared table: what is not in it reaches nobody, what is in it is sealed, and every step looks at its door."""

import dataclasses
import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, judged
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from analysis import assess, chart, expected_table, judge_table, pipeline, schema, snapshots
from analysis.breakdown import add_rates, against_each_other, funnel, shared_with_nation, year_to_date
from analysis.config import load
from analysis.disclosure import PROFILES, SUPPRESSED, protect, require_sealed, seal
from analysis.errors import NotReleasable, Refused
from analysis.outputs import FIGURES_FILE, TABLES_FILE
from analysis.periods import parse_quarter
from analysis.recording import recording_breaks
from analysis.report import page, running
from analysis.report.tables import figures
from analysis.schema import BANDS, FLOAT, KEY, OBJECT, PERIOD, VERDICTS, Reach, column_named, names
from analysis.spc.targets import rag

QUARTER = parse_quarter("2020-21Q4")
UNDECLARED, SECRET = "waiting_children", 7193.25
CONFIG = """
[project]
name = "Shire"
nation = "england"
as_at = 2021-04-12
funnel = ["contacts", "referrals"]

[population]
path = "population.csv"

[[dataset]]
name = "front_door"
path = "front_door.csv"
kind = "cases"
columns = { child = "child", date = "date", recorded = "date", source = "source", area = "area", category = "kind" }

[[dataset]]
name = "visits"
path = "visits.csv"
kind = "cases"
columns = { child = "child", started = "started", completed = "done", authorised = "signed", seen = "seen", area = "area" }

[[measure]]
name = "contacts"
title = "Contacts"
dataset = "front_door"
type = "flow"
breakdown = ["source", "area"]

[[measure]]
name = "referrals"
title = "Referrals"
dataset = "front_door"
type = "flow"
where = { category = ["referral"] }
comparator = "contacts"

[[measure]]
name = "on_time"
title = "Visits in time"
dataset = "visits"
type = "percent"
polarity = "increase"
bands = [2, 5]
within = { working_days = 5, from = "started", to = "authorised" }
target = [{ from = 2019-04-01, value = 0.8 }]
"""


@pytest.fixture(scope="module")
def shire(once):
    """A small project with every kind of column, and an area so small that much of it is hidden."""
    return once("shire", make_shire)


def make_shire(folder):
    rng = np.random.default_rng(7)
    rows, visits = [], []
    for month in pd.period_range("2019-04", "2021-03", freq="M"):
        for area, many in (("North", 60), ("South", 4)):
            for _ in range(rng.poisson(many)):
                day = (month.start_time + pd.Timedelta(days=int(rng.integers(0, 28)))).date()
                child = int(rng.integers(0, 3000))
                rows.append((child, day, rng.choice(["police", "school"]), area, rng.choice(["referral", "advice"])))
                done = day + pd.Timedelta(days=int(rng.integers(1, 12)))
                signed = done + pd.Timedelta(days=int(rng.integers(0, 9)))
                visits.append((child, day, done, signed if rng.random() < 0.95 else None, done, area))
    front_door = pd.DataFrame(rows, columns=["child", "date", "source", "area", "kind"])
    front_door.to_csv(folder / "front_door.csv", index=False)
    visits = pd.DataFrame(visits, columns=["child", "started", "done", "signed", "seen", "area"])
    visits.to_csv(folder / "visits.csv", index=False)
    people = [(area, year, n) for year in range(2018, 2022) for area, n in (("North", 90000), ("South", 9000))]
    pd.DataFrame(people, columns=["area", "year", "children"]).to_csv(folder / "population.csv", index=False)
    (folder / "measures.toml").write_text(CONFIG, encoding="utf-8")
    prepared = pipeline.prepare(folder / "measures.toml")
    now, before = (pipeline.measured(prepared, q, prepared.project.project.as_at) for q in (QUARTER, QUARTER - 1))
    return prepared, now, before


def with_secret(table):
    return table.assign(**{UNDECLARED: SECRET})


def cut(shire, folder, profile):
    """Protect and write two quarters, as a report does; what was measured has a column that is not declared."""
    prepared, *found = shire
    for name, quarter, measured in zip(("before", "now"), (QUARTER - 1, QUARTER), found[::-1], strict=True):
        spoilt = {table: with_secret(getattr(measured, table)) for table in ("months", "quarters", "parts")}
        released = [folder / "before"] if name == "now" else []
        pipeline.make_snapshots(
            prepared,
            quarter,
            folder / name,
            profile=profile,
            found=dataclasses.replace(measured, **spoilt),
            released=released,
        )
    return folder


def opened(shire, slices, area, work):
    """Read an area's slice, as its report does."""
    snapshots.copy_slice(slices / "now", area, work)
    return snapshots.read_case(work, shire[0].project, QUARTER, area)


@pytest.fixture(scope="module")
def council(once, shire):
    return once("shire_council", lambda folder: cut(shire, folder, "council"))


@pytest.fixture(scope="module")
def whole(once, shire, council):
    """The whole's page: only of it are changes taken apart."""
    return once("shire_whole", lambda work: judged(opened(shire, council, "Shire", work)))


# -- default deny ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_an_undeclared_column_reaches_no_published_byte(shire, council, tmp_path, profile):
    slices = council if profile == "council" else cut(shire, tmp_path, profile)
    (tmp_path / "work").mkdir()
    case = opened(shire, slices, "South", tmp_path / "work")
    files = [*slices.rglob("*.parquet"), *(tmp_path / "work").rglob("*.parquet")]
    assert len(files) > 10 and (case.months["status"] == SUPPRESSED).any() == (profile != "internal")
    for path in files:
        assert UNDECLARED not in pd.read_parquet(path), path.name
    for path in [*slices.rglob("*.json"), *(tmp_path / "work").rglob("*.json")]:
        assert UNDECLARED not in path.read_text(encoding="utf-8")
    tables = ("months", "quarters", "parts", "questions", "calls")
    case = dataclasses.replace(case, **{name: with_secret(getattr(case, name)) for name in tables})
    case = dataclasses.replace(judged(case), quarters=with_secret(case.quarters))
    assert UNDECLARED not in case.months
    sections = (page.answers, page.overview, page.summary, page.measures, page.timeliness, page.quality, page.record)
    InteractiveShell.instance()  # takes what a section publishes
    with capture_output() as got:
        for section in (*sections, page.limits):
            section(case)
    InteractiveShell.clear_instance()
    running.finish(case, str(tmp_path))
    with zipfile.ZipFile(tmp_path / TABLES_FILE) as book:
        sheets = [book.read(name).decode() for name in book.namelist()]
    said = [o.data["text/html"] for o in got.outputs]
    assert len(said) >= 8
    for text in (*said, *sheets, (tmp_path / FIGURES_FILE).read_text(encoding="utf-8")):
        assert not any(secret in text for secret in (UNDECLARED, "7193", "7,193"))


def test_what_came_in_is_told_as_declared_too(shire, tmp_path):
    prepared, now, _ = shire
    quality = [q | {UNDECLARED: SECRET} for q in now.quality]
    found = dataclasses.replace(now, quality=quality, sources=[s | {UNDECLARED: SECRET} for s in now.sources])
    pipeline.make_snapshots(prepared, QUARTER, tmp_path, profile="internal", found=found)
    facts = json.loads(next(tmp_path.rglob("facts.json")).read_text(encoding="utf-8"))
    assert [set(q) for q in facts["quality"]] == [set(names("quality"))] * 3  # all, and two datasets
    assert [set(s) for s in facts["sources"]] == [{"dataset", "file"}] * 2


@pytest.mark.parametrize("name", ["on_time", "late_1_2", "late_over_5", "late_open"])
def test_a_band_of_lateness_is_declared_by_a_pattern(name):
    assert column_named(name, "quarters").name == BANDS


@pytest.mark.parametrize("name", ["late_fee", "on_time_2", "xlate_open", "late_1_2_children", "valuer", ""])
def test_a_name_like_a_declared_one_is_not_declared(name):
    assert column_named(name, "months", "quarters", "parts") is None


# -- the seal --------------------------------------------------------------------------------------------------------

SEALED = ("months", "quarters", "questions", "calls", "parts")
FIGURES = [
    (table, column.name)
    for table in SEALED
    for column in schema.COLUMNS
    if table in column.tables and column.reach >= Reach.SLICES and column.fixed and column.name != "status"
]


def changed(column):
    """Change the last value of a column, whatever it holds."""
    value = column.iloc[-1]
    if isinstance(value, str):
        other = value + "x"
    elif isinstance(value, pd.Period):
        other = value + 40
    elif value is None or pd.isna(value):
        other = 1.0
    else:
        other = not value if isinstance(value, bool | np.bool_) else value + 1e-9 * max(1.0, abs(value))
    return pd.Series([*column.iloc[:-1], other], index=column.index, dtype=None if column.dtype == other else object)


@pytest.mark.parametrize(("table", "column"), FIGURES, ids=lambda x: str(x)[:20])
def test_the_seal_breaks_when_anything_declared_is_changed(whole, table, column):
    require_sealed(whole)
    rows = getattr(whole, table)
    if table == "months":
        rows = rows[rows["status"].notna()]
    assert len(rows) > 1 and column in rows
    spoilt = rows.assign(**{column: changed(rows[column])})
    with pytest.raises(NotReleasable) as refused:
        require_sealed(dataclasses.replace(whole, **{table: spoilt}))
    assert refused.value.code == "NOT_PROTECTED"


@pytest.mark.parametrize("band", ["on_time", "late_1_2", "late_3_5", "late_over_5", "late_open"])
def test_the_seal_breaks_when_a_band_of_lateness_is_put_back(whole, band):
    spoilt = whole.quarters.assign(**{band: changed(whole.quarters[band])})
    with pytest.raises(NotReleasable):
        require_sealed(dataclasses.replace(whole, quarters=spoilt))


@pytest.mark.parametrize("table", ["quality", "bulk"])
def test_the_seal_breaks_when_what_came_in_is_changed(whole, table):
    rows = [dict(row) for row in getattr(whole, table)] or [{"dataset": "d", "role": "recorded", "count": 60}]
    for name in set(rows[0]) - {"dataset"}:
        spoilt = [rows[0] | {name: "9"}, *rows[1:]]
        with pytest.raises(NotReleasable):
            require_sealed(dataclasses.replace(whole, **{table: spoilt}))


def test_the_seal_breaks_when_a_row_or_a_column_is_put_in(whole):
    ahead = whole.months.head(1).assign(period=pd.Period("2021-08", "M"), status=np.nan)  # a figure among those ahead
    compared = ahead.assign(**dict.fromkeys(names("months", emptied=True), np.nan), comparator=3.0)
    more = [
        ("months", pd.concat([whole.months, ahead], ignore_index=True)),
        ("months", pd.concat([whole.months, compared], ignore_index=True)),
        ("quarters", whole.quarters.assign(late_6_9=3.0)),
        ("quarters", whole.quarters.astype({"value": object}).assign(value="three")),
        ("parts", whole.parts.iloc[:-1]),
        ("questions", whole.questions.drop(columns="half")),
    ]
    for table, spoilt in more:
        with pytest.raises(NotReleasable):
            require_sealed(dataclasses.replace(whole, **{table: spoilt}))


def test_the_seal_holds_whatever_the_order_of_rows_and_columns_and_what_is_not_declared_of_them(whole):
    tables = {name: getattr(whole, name) for name in SEALED}
    tables["months"] = tables["months"].dropna(subset="status")
    shuffled = {n: t.iloc[::-1, ::-1].reset_index(drop=True) for n, t in tables.items()}
    beside = {n: t.assign(**{UNDECLARED: 1.0}) for n, t in tables.items()}
    assert seal(tables) == seal(shuffled) == seal(beside)


# -- what the chain makes --------------------------------------------------------------------------------------------


def dtype_of(column):
    held = column.dropna()
    if isinstance(column.dtype, pd.PeriodDtype) or (len(held) and held.map(lambda v: isinstance(v, pd.Period)).all()):
        return PERIOD
    return str(column.dtype)


def assert_as_declared(table, name):
    assert [c for c in table if not column_named(c, name)] == []
    wrong = {c: dtype_of(table[c]) for c in table if column_named(c, name).dtype not in (dtype_of(table[c]), OBJECT)}
    empty = {c for c in wrong if column_named(c, name).dtype == PERIOD and table[c].isna().all()}
    assert set(wrong) == empty, wrong
    assert set(names(name)) <= set(table), set(names(name)) - set(table)


@pytest.fixture(
    scope="module", params=["data/sample/borough/measures.toml", pytest.param("measures.toml", marks=pytest.mark.full)]
)
def sample(request, tmp_path_factory):
    prepared = pipeline.prepare(ROOT / request.param)
    quarter = pipeline.newest_quarter(prepared)
    found = pipeline.measured(prepared, quarter, prepared.project.as_at(quarter, newest=prepared.newest))
    return prepared, quarter, found, tmp_path_factory.mktemp("sample")


def test_every_column_of_the_samples_is_declared_with_its_dtype_and_every_declared_one_is_made(sample):
    prepared, quarter, found, folder = sample
    for name, table in (("months", found.months), ("quarters", add_rates(found.quarters)), ("parts", found.parts)):
        table = table.assign(mark="") if name != "parts" else table  # `protect` adds it
        assert_as_declared(table, name)
    assert set(names("months", among=found.months, name=BANDS)) >= {"on_time", "late_1_2", "late_open"}
    whole = prepared.project.project.name
    for part in ("now", "work"):
        (folder / part).mkdir()
    pipeline.make_snapshots(prepared, quarter, folder / "now", profile="council", found=found)
    assert_as_declared(snapshots.read_released(folder / "now"), "released")
    snapshots.copy_slice(folder / "now", whole, folder / "work")
    case = snapshots.read_case(folder / "work", prepared.project, quarter, whole)
    expected, verdicts = (make(case.months, quarter=quarter) for make in (expected_table, judge_table))
    assert_as_declared(expected, "expected")
    assert_as_declared(verdicts, "verdicts")
    case = assess(case.judged(verdicts, expected))
    assert_as_declared(case.questions, "questions")
    assert_as_declared(case.calls, "calls")
    assert_as_declared(case.beyond, "beyond")
    assert set(case.months) == {*found.months, *expected, "mark"}
    for name in ("breaks", "opposite"):
        assert_as_declared(getattr(case, name), name)
    for name in ("year", "national"):
        assert_as_declared(getattr(case, name).reset_index(), name)
    assert_as_declared(case.funnel, "funnel")
    for name in ("quality", "sources", "bulk"):
        rows = getattr(case, name)
        assert all(
            set(row) == set(names(name)) for row in (rows if isinstance(rows, list) else rows.to_dict("records"))
        )


def test_a_column_is_declared_once_in_a_table():
    seen = [(table, column.name) for column in schema.COLUMNS for table in column.tables]
    assert len(seen) == len(set(seen))


def test_what_columns_are_derived_from_is_declared_beside_them():
    for column in schema.COLUMNS:
        for other in {*column.of, column.part_of} - {"", schema.LATE}:
            assert column_named(other, *column.tables, *schema.MEASURED), (column.name, other)


# -- at the door -----------------------------------------------------------------------------------------------------

ROWS = pd.DataFrame({"measure": ["m"], "area": ["A"], "period": pd.PeriodIndex(["2021-03"], freq="M"), "value": [9.0]})
FULL = ROWS.reindex(columns=names("months", step="measure"))
MEASURE = load(ROOT / "measures.toml").measure("visits_on_time")
DOORS = {
    "judge_table": (lambda t: judge_table(t, quarter=QUARTER), "value"),
    "expected_table": (lambda t: expected_table(t, quarter=QUARTER), "period"),
    "chart": (lambda t: chart(t, measure="m", quarter=QUARTER), "area"),
    "protect: months": (lambda t: protect(t, FULL, profile="internal"), "children"),
    "protect: quarters": (lambda t: protect(FULL, t, profile="council"), "denominator"),
    "protect: parts": (lambda t: protect(FULL, FULL, parts=t, profile="council"), "children"),
    "shared_with_nation": (shared_with_nation, "comparator"),
    "add_rates": (add_rates, "per_10000"),
    "year_to_date": (lambda t: year_to_date(t, quarter=QUARTER), "numerator"),
    "against_each_other": (lambda t: against_each_other(t, [], quarter=QUARTER), "type"),
    "funnel": (lambda t: funnel(t, ["m"]), "value"),
    "recording_breaks: verdicts": (lambda t: recording_breaks(t, FULL, systems={}, quarter=QUARTER), "onset"),
    "rag": (lambda t: rag(t, MEASURE), "denominator"),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_step_says_which_column_a_table_lacks(door):
    call, lacking = DOORS[door]
    table = FULL.assign(**{c: "x" for c in names("parts") + names(VERDICTS) if c not in KEY}).drop(columns=lacking)
    with pytest.raises(Refused) as refused:
        call(table)
    assert refused.value.code == "MISSING_COLUMN"
    assert door in str(refused.value) and f"'{lacking}'" in str(refused.value)
    with pytest.raises(Refused, match=f"{door} takes a pandas DataFrame, not a list"):
        call([1, 2])


def test_a_case_that_is_not_judged_is_refused_where_it_is_assessed(whole):
    with pytest.raises(Refused, match="call"):
        assess(dataclasses.replace(whole, verdicts=whole.verdicts.drop(columns="call")))
    with pytest.raises(Refused, match="'expected_lower'"):
        whole.judged(ROWS, ROWS)


def test_figures_beside_the_page_have_the_declared_titles(whole):
    titles = [c.title for c in schema.COLUMNS if c.title]
    assert sorted([*titles, "title", "unit", "target"]) == sorted(schema.PUBLISHED)
    text = io.StringIO()
    figures(whole).to_csv(text, index=False)
    assert text.getvalue().splitlines()[0] == ",".join(schema.PUBLISHED)
    assert column_named("value", "months").dtype == FLOAT
