"""A first configuration by looking at files: what it recognises, and that what it writes works."""

import datetime as dt
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from bad_inputs import CANARY, rows, text
from conftest import ROOT

import analysis
from analysis.errors import Refused
from analysis.exploring.starter import starter

SAMPLES = [
    f for f in sorted((ROOT / "data/sample").glob("*/*.csv")) if not f.stem.startswith(("population", "contact_types"))
]


def works(folder: Path, *files, unmeasured=frozenset()) -> analysis.config.Catalogue:
    """Write a starter, and return its catalogue once every dataset of it is read and measured."""
    config = folder / "measures.toml"
    config.write_text(starter(files, folder), encoding="utf-8")
    project = analysis.load(config)
    done = [analysis.clean(analysis.read(d), d) for d in project.datasets]
    assert all(d.summary["kept"] for d in done)
    measured = analysis.measure(done, project)
    assert {m.name for m in project.measures} - set(measured["measure"]) == unmeasured
    assert measured["value"].notna().any()
    return project


@pytest.mark.parametrize("file", SAMPLES, ids=[f"{f.parent.name}/{f.name}" for f in SAMPLES])
def test_init_writes_what_works_on_each_sample(file, tmp_path):
    works(tmp_path, file)


def test_init_knows_the_parts(tmp_path):
    county = ROOT / "data/sample/county"
    project = works(tmp_path, *(county / f for f in ("contacts.csv", "contact_types.csv", "population.csv")))
    (dataset,) = project.datasets
    assert dataset.columns == {
        "child": "id",
        "date": "event_date",
        "decided": "decided_at",
        "recorded": "recorded_on",
        "category": "event_type",
        "source": "source",
        "area": "area",
    }
    assert dataset.categories.endswith("contact_types.csv")
    assert project.population is not None


def weekly(days, **columns):
    table = pd.DataFrame({"Week ending": days.strftime("%d/%m/%Y"), **columns})
    return table.to_csv(index=False)


@pytest.mark.parametrize("weekday", ["W-MON", "W-FRI", "W-SUN"])
def test_init_takes_a_figure_a_week_for_counts(weekday, tmp_path):
    days = pd.date_range("2019-04-01", periods=104, freq=weekday)
    (tmp_path / "contacts.csv").write_text(weekly(days, Contacts=range(100, 204)), encoding="utf-8")
    project = works(tmp_path, tmp_path / "contacts.csv")
    (dataset,) = project.datasets
    assert (dataset.kind, dataset.grain) == ("counts", "week")
    measured = analysis.measure(analysis.clean(analysis.read(dataset), dataset), project)
    assert measured["value"].iloc[:2].tolist() == [100, 101]
    middle = days[0] - pd.Timedelta(days=3)  # of the week that ends on that day
    assert measured["period"].iloc[0].start_time <= middle <= measured["period"].iloc[0].end_time


def test_init_takes_rows_of_one_weekday_for_cases_where_a_week_has_several(tmp_path):
    days = pd.date_range("2019-04-03", periods=40, freq="W-WED").repeat(3)
    (tmp_path / "conferences.csv").write_text(weekly(days, Number=range(120)), encoding="utf-8")
    assert works(tmp_path, tmp_path / "conferences.csv").datasets[0].kind == "cases"


def test_init_stacks_files_of_one_form(tmp_path):
    for year, part in ((2024, rows()[:30]), (2025, rows()[30:])):
        (tmp_path / f"events_{year}.csv").write_text(text(part), encoding="utf-8")
    project = works(tmp_path, *sorted(tmp_path.glob("events_*.csv")))
    assert [d.path for d in project.datasets] == ["events_202*.csv"]


def test_init_looks_at_the_open_data(tmp_path, shared):
    project = works(tmp_path, shared / "data/dfe_referrals_by_month.csv")
    assert project.datasets[0].preset == "dfe-open-data"
    assert project.project.name == "England"


def test_init_looks_at_annex_a_and_stacks_workbooks(tmp_path, shared):
    """Two successive workbooks, the second made of the first: dates half a year earlier, and one row in both."""
    sample = shared / "data/sample_annex_a.xlsx"
    (tmp_path / "annex_a_2021-03.xlsx").write_bytes(sample.read_bytes())
    book = openpyxl.load_workbook(sample)
    kept = [c.value for c in next(book["List 1"].iter_rows(min_row=2, max_row=2))]
    for sheet in book:
        born = [c.column for c in sheet[1] if "irth" in str(c.value)]
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                if isinstance(cell.value, dt.datetime) and cell.column not in born:
                    cell.value -= dt.timedelta(days=182)
    book["List 1"].append(kept)
    book.save(tmp_path / "annex_a_2020-09.xlsx")
    # no episode of its List 6 has ended, so nothing says since when its starts are whole
    project = works(tmp_path, *sorted(tmp_path.glob("annex_a_*.xlsx")), unmeasured={"in_need"})
    assert {d.path for d in project.datasets} == {"annex_a_202*.xlsx"}
    contacts = project.dataset("contacts")
    result = analysis.clean(analysis.read(contacts), contacts)
    assert (result.summary["rows_in"], result.summary["kept"]) == (11, 10)
    assert result.quarantine["code"].tolist() == ["DUPLICATE_ROW"]
    assert not {"team", "worker"} & set(result.records)


def test_starts_before_the_window_are_not_counted(tmp_path):
    """List 4 holds what was authorised in six months or is still open: older starts are survivors."""
    headings = ["Child unique ID ", "Continuous Assessment start date", "Continuous Assessment Date of Authorisation"]
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "LIST 4"
    sheet.append([*headings, "Allocated Team", "Allocated Worker"])
    first = dt.datetime(2020, 10, 1)
    for i in range(180):  # one start a day in the window; 20 survivors of the year before
        start = first + dt.timedelta(days=i)
        done = start + dt.timedelta(days=40)
        sheet.append([f"C{i}", start, done if done < dt.datetime(2021, 4, 1) else None, "North", CANARY])
    for i in range(20):
        sheet.append([f"D{i}", first - dt.timedelta(days=15 * i + 5), first + dt.timedelta(days=i), "North", CANARY])
    book.save(tmp_path / "annex.xlsx")
    project = works(tmp_path, tmp_path / "annex.xlsx")
    dataset = project.dataset("assessments")
    result = analysis.clean(analysis.read(dataset), dataset)
    measured = analysis.measure([result], project)
    started = measured[measured["measure"] == "assessments"]
    assert started["period"].min() >= pd.Period("2020-10")
    assert CANARY not in result.audit.to_csv() + result.quarantine.to_csv() + result.records.to_csv()


def test_init_refuses_what_holds_no_dates(tmp_path):
    (tmp_path / "x.csv").write_text("name,colour\na,b\nc,d\n", encoding="utf-8")
    with pytest.raises(Refused, match="NOT_TABULAR"):
        starter([tmp_path / "x.csv"], tmp_path)
