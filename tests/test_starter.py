"""A first configuration by looking at files: what it recognises, and that what it writes works."""

import datetime as dt
import re
import tomllib
from pathlib import Path

import numpy as np
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


def catalogue_of(folder: Path, *files) -> analysis.config.Catalogue:
    """Write a starter, and return its catalogue."""
    config = folder / "measures.toml"
    config.write_text(starter(files, folder), encoding="utf-8")
    return analysis.load(config)


def works(folder: Path, *files, unmeasured=frozenset()) -> analysis.config.Catalogue:
    """Write a starter, and return its catalogue once every dataset of it is read and measured."""
    project = catalogue_of(folder, *files)
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
    books = sorted(tmp_path.glob("annex_a_*.xlsx"))
    project = works(tmp_path, *books)
    assert {d.path for d in project.datasets} == {"annex_a_202*.xlsx"}
    contacts = project.dataset("annex_a_contacts")
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
    works(tmp_path, tmp_path / "annex.xlsx")
    (tmp_path / "m.toml").write_text(
        '[project]\nname = "T"\nnation = "england"\n[[return]]\npreset = "annex-a"\npath = "annex.xlsx"\n[[measure]]\n'
        'name = "assessments"\ntitle = "A"\ndataset = "annex_a_assessments"\ntype = "flow"\ndate = "started"\n',
        encoding="utf-8",
    )
    project = analysis.load(tmp_path / "m.toml")
    dataset = project.dataset("annex_a_assessments")
    result = analysis.clean(analysis.read(dataset), dataset)
    measured = analysis.measure([result], project)
    started = measured[measured["measure"] == "assessments"]
    assert started["period"].min() >= pd.Period("2020-10")
    assert CANARY not in result.audit.to_csv() + result.quarantine.to_csv() + result.records.to_csv()


def test_init_refuses_what_holds_no_dates(tmp_path):
    (tmp_path / "x.csv").write_text("name,colour\na,b\nc,d\n", encoding="utf-8")
    with pytest.raises(Refused, match="NOT_TABULAR"):
        starter([tmp_path / "x.csv"], tmp_path)


# What headings say, drawn from both nations' forms; what a table holds, made at random.

MONTHS = pd.period_range("2018-04", "2021-03", freq="M")
TYPES = {
    "stock": (
        "Children on plan at month end",
        "Caseload",
        "Open cases",
        "Cases open at the end of the month",
        "CLA",
        "children_looked_after",
        "CPPlansOpen",
        "Referrals awaiting allocation",
        "Children on the Child Protection Register",
        "Unallocated assessments",
        "Achosion agored",
        "Vacancies",
        "Children in need",
        "Cases held",
        "Current cases",
        "Children in residential care",
        "Children with a plan",
        "Children missing from education",
        "CIOC",
    ),
    "flow": (
        "Contacts received",
        "Referrals",
        "Plans ended",
        "Children who became looked after",
        "CasesOpened",
        "Cases closed in the month",
        "Children starting to be looked after",
        "Asesiadau",
        "Contacts about children in care",
        "New CP plans",
        "Registrations",
        "Re-referrals",
        "ICPCs held",
        "Care leavers turning 18",
    ),
    "value": ("Average caseload", "Rate per 10,000", "Mean days to allocation", "Cumulative contacts"),
    "percent": ("Assessments in time (%)", "Pct seen", "Percentage of visits on time", "Canran"),
}


@pytest.mark.parametrize(("label", "kind"), [(label, kind) for kind, labels in TYPES.items() for label in labels])
def test_a_heading_says_what_kind_of_figure_it_stands_over(label, kind, tmp_path):
    """In a column of its own, beside another, and down the side of a scorecard; the first heading of each kind is measured."""
    written = works if label == TYPES[kind][0] else catalogue_of
    figures = np.random.default_rng(len(label)).integers(20, 95, len(MONTHS))
    table = pd.DataFrame({"Month": MONTHS.strftime("%B %Y"), label: figures})
    scorecard = pd.DataFrame({"Month": table["Month"], "Measure": label, "Value": figures})
    visits = scorecard.assign(Measure="Visits", Value=figures + 3)
    for name, made in (
        ("alone", table),
        ("beside", table.assign(Visits=figures + 3)),
        ("lines", pd.concat([scorecard, visits])),
    ):
        (tmp_path / f"{name}.csv").write_text(made.to_csv(index=False), encoding="utf-8")
        types = {m.title: m.type for m in written(tmp_path, tmp_path / f"{name}.csv").measures}
        if name != "alone" and kind == "value" and "Cumul" in label:  # beside the figures that it adds up
            assert list(types.values()) == ["flow"]
        else:
            assert types[next(t for t in types if t != "Visits")] == kind


def test_a_title_is_the_heading_whole(tmp_path):
    long = "Children with a disability who received a short break of more than one night in the month (%, all ages)"
    table = pd.DataFrame({"Month": MONTHS.strftime("%Y-%m"), long: 50, "Count": range(40, 76)})
    (tmp_path / "breaks.csv").write_text(table.to_csv(index=False), encoding="utf-8")
    titles = {m.title: m.name for m in works(tmp_path, tmp_path / "breaks.csv").measures}
    assert set(titles) == {long, "Breaks"}
    assert not titles[long].endswith("_")
    assert set(titles[long].split("_")) <= {"breaks", *re.sub(r"\W+", " ", long.lower()).split()}


TOTALS = ("Grand total", "Total", "All", "Cyfanswm", "TOTAL CONTACTS", "Overall", "All sources", "Contacts", "")


@pytest.mark.parametrize("seed", range(8))
def test_a_total_beside_its_parts_is_no_measure(seed, tmp_path):
    """Under a telling name or another, first or last, among columns or lines; the parts are measured as they were made."""
    rng = np.random.default_rng(seed)
    parts = {name: rng.integers(5, 90, len(MONTHS)) for name in ("Police", "School", "Health", "Other")[: 2 + seed % 3]}
    total = TOTALS[seed] or "Every one"
    columns = {**parts, total: sum(parts.values())}
    if seed % 2:
        columns = dict(reversed(columns.items()))
    table = pd.DataFrame(columns).assign(Month=MONTHS.strftime("%b-%y"))
    if seed % 4 > 1:
        table = table.melt("Month", var_name="Measure", value_name="Figure")
    (tmp_path / "contacts.csv").write_text(table.to_csv(index=False), encoding="utf-8")
    project = works(tmp_path, tmp_path / "contacts.csv")
    assert f"'{total}' is left out: it is the sum of" in (tmp_path / "measures.toml").read_text(encoding="utf-8")
    measured = analysis.measure([analysis.clean(analysis.read(d), d) for d in project.datasets], project)
    newest = measured[measured["period"] == pd.Period("2021-03", "M")]
    assert sorted(newest["value"]) == sorted(float(p[-1]) for p in parts.values())


def of_init(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Measure what `init` makes of a table."""
    (folder / "referrals.csv").write_text(table.to_csv(index=False), encoding="utf-8")
    project = works(folder, folder / "referrals.csv")
    return analysis.measure([analysis.clean(analysis.read(d), d) for d in project.datasets], project)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("heading", "older", "newer"),
    [
        *(("Status", "Provisional", "Final"), ("Data status", "Prov.", "Rev."), ("Note", "provisional", "")),
        *(
            ("Version", "1", "2"),
            ("Revision", "v1", "v2"),
            ("Statws", "Amodol", "Terfynol"),
            ("Stage", "draft", "actual"),
        ),
        *(
            ("Published", "2021-04-12", "2021-07-12"),
            ("Extract date", "12/04/2021", "12/07/2021"),
            ("Release", "p", "r"),
        ),
    ],
)
def test_a_revised_figure_takes_the_place_of_the_one_before(heading, older, newer, swapped, tmp_path):
    rows = [(m, newer, 200 + i) for i, m in enumerate(MONTHS.strftime("%Y-%m"))]
    rows.insert(-1 if swapped else len(rows), ("2021-03", older, 90))
    measured = of_init(pd.DataFrame(rows, columns=["Month", heading, "Referrals"]), tmp_path)
    assert measured["value"].tolist() == [200 + i for i in range(36)]


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        *(
            ("Unit", ("Count", "Percentage")),
            ("Measure type", ("Number", "Rate per 10,000")),
            ("Uned", ("Nifer", "Canran")),
        ),
        *(("Referral type", ("Referral", "Re-referral")), ("Kind", ("Contacts", "of which repeat"))),
    ],
)
def test_figures_of_several_kinds_are_measures_and_never_added_up(heading, values, tmp_path):
    rows = [(m, v, 10 + i + 50 * (v == values[0])) for i, m in enumerate(MONTHS.strftime("%Y-%m")) for v in values]
    measured = of_init(pd.DataFrame(rows, columns=["Month", heading, "Referrals"]), tmp_path)
    newest = measured[measured["period"] == pd.Period("2021-03", "M")]
    assert len(newest) == 2 and 45 + 95 not in newest["value"].tolist()


@pytest.mark.parametrize("total", ["Total", "All", ""])
@pytest.mark.parametrize("count", [1, 2])
def test_rows_of_one_month_are_parts_and_it_says_over_what_it_adds_them_up(count, total, tmp_path):
    headings = ["Sex", "Legal status"][:count]
    of = {"Sex": ["Boys", "Girls"], "Legal status": ["Section 20", "Care order"]}
    rows = []
    for i, m in enumerate(MONTHS.strftime("%Y-%m")):
        cells = [[]]
        for h in headings:
            cells = [[*c, v] for c in cells for v in of[h]]
        rows += [[m, *cell, 10 + i + k] for k, cell in enumerate(cells)]
        rows += [[m, *[total] * count, sum(r[-1] for r in rows[-len(cells) :])]] if total else []
    measured = of_init(pd.DataFrame(rows, columns=["Month", *headings, "Referrals"]), tmp_path)
    newest = measured[measured["period"] == pd.Period("2021-03", "M")]
    assert newest["value"].tolist() == [sum(45 + k for k in range(2**count))]
    said = (tmp_path / "measures.toml").read_text(encoding="utf-8")
    assert ("added up over 'Sex'" in said) == (not total)


def test_a_file_that_is_another_one_is_left_out_and_named(tmp_path):
    table = pd.DataFrame({"Month": MONTHS.strftime("%Y-%m"), "Referrals": range(10, 46)})
    for name in ("referrals.csv", "referrals - Copy.csv"):
        (tmp_path / name).write_text(table.to_csv(index=False), encoding="utf-8")
    project = works(tmp_path, tmp_path / "referrals.csv", tmp_path / "referrals - Copy.csv")
    assert len(project.measures) == 1
    assert "Left out: referrals - Copy.csv is, byte for byte" in (tmp_path / "measures.toml").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("areas", [("",), ("North", "South")])
def test_running_totals_of_a_year_are_never_added_up(areas, tmp_path):
    rng = np.random.default_rng(len(areas))
    rows = []
    for area in areas:
        own = pd.Series(rng.integers(20, 60, 36), index=MONTHS)
        running = own.groupby((own.index.year * 12 + own.index.month - 4) // 12).cumsum()
        rows += [(m.strftime("%b-%y"), area, n) for m, n in running.items()]
    table = pd.DataFrame(rows, columns=["Month", "Area", "Referrals"])
    of_init(table if areas[0] else table.drop(columns="Area"), tmp_path)
    said = (tmp_path / "measures.toml").read_text(encoding="utf-8")
    assert 'type = "value"' in said and "taken for a running total" in said


@pytest.mark.parametrize("coarse", ["Quarter", "Financial year"])
def test_of_several_columns_of_time_the_finest_is_the_period(coarse, tmp_path):
    label = {"Quarter": "Q1 2020-21", "Financial year": "2020-21"}[coarse]
    table = pd.DataFrame({coarse: label, "Month": MONTHS.strftime("%b-%y"), "Referrals": range(10, 46)})
    assert of_init(table, tmp_path)["value"].tolist() == list(range(10, 46))


def test_a_total_with_nothing_beside_it_is_a_figure(tmp_path):
    table = pd.DataFrame({"Month": MONTHS.strftime("%Y-%m"), "Total": range(40, 76), "Referrals": range(10, 46)})
    (tmp_path / "contacts.csv").write_text(table.to_csv(index=False), encoding="utf-8")
    assert len(works(tmp_path, tmp_path / "contacts.csv").measures) == 2
    assert "called a total" in (tmp_path / "measures.toml").read_text(encoding="utf-8")


def dates(rng, count, first="2018-04-01", days=1000):
    return pd.Series(pd.Timestamp(first) + pd.to_timedelta(rng.integers(0, days, count), unit="D"))


def written(stamps):
    return stamps.dt.strftime("%d/%m/%Y").fillna("")


@pytest.mark.parametrize(
    "heading", ["DUC", "Status ends", "18th birthday", "Next review", "Planned end", "Review due", "Target date"]
)
def test_what_is_yet_to_come_is_never_the_event(heading, tmp_path):
    rng = np.random.default_rng(7)
    born = dates(rng, 90, "2005-01-01", 2000)
    ahead = born + pd.DateOffset(years=18)
    table = pd.DataFrame({"CHILD": range(1000, 1090), "DOB": written(born), heading: written(ahead)})
    file = tmp_path / "uasc.csv"
    file.write_text(table.to_csv(index=False), encoding="utf-8")
    with pytest.raises(Refused, match="NO_EVENT_DATE") as refused:
        starter([file], tmp_path)
    assert heading in str(refused.value)
    file.write_text(table.assign(Arrived=written(dates(rng, 90))).to_csv(index=False), encoding="utf-8")
    project = works(tmp_path, file)
    assert project.datasets[0].columns[project.measures[0].date] == "Arrived"
    assert not {"DOB", "DUC", "18th birthday", "Status ends"} & set(project.datasets[0].columns.values())


def test_a_review_to_come_is_not_the_event_and_one_that_was_held_is(tmp_path):
    rng = np.random.default_rng(3)
    start = dates(rng, 200)
    held, planned = start + pd.Timedelta(days=20), start + pd.Timedelta(days=500)
    for name, review, event in (("held", held, "Review date"), ("planned", planned, "Start date")):
        table = pd.DataFrame({"Child ID": range(200), "Start date": written(start), "Review date": written(review)})
        (tmp_path / f"{name}.csv").write_text(table.to_csv(index=False), encoding="utf-8")
        project = works(tmp_path, tmp_path / f"{name}.csv")
        assert project.datasets[0].columns[project.measures[0].date] == event


def test_headings_as_systems_write_them(tmp_path):
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "RowID": range(300),
            "CHILD": rng.integers(1, 90, 300),
            "DateOfContact": written(dates(rng, 300)),
            "Referred By (Agency)": rng.choice(["Police", "School", "GP"], 300),
            "AllocatedTeam": rng.choice(["Duty", "Assessment A", "Assessment B"], 300),
            "LocalityName": rng.choice(["North", "South"], 300),
            "ContactType": rng.choice(["Contact", "Referral"], 300),
        }
    )
    (tmp_path / "contacts.csv").write_text(table.to_csv(index=False), encoding="utf-8")
    assert works(tmp_path, tmp_path / "contacts.csv").datasets[0].columns == {
        "child": "CHILD",
        "date": "DateOfContact",
        "source": "Referred By (Agency)",
        "category": "ContactType",
        "area": "LocalityName",
        "team": "AllocatedTeam",
    }
    without = table.drop(columns="LocalityName")
    (tmp_path / "contacts.csv").write_text(without.to_csv(index=False), encoding="utf-8")
    assert works(tmp_path, tmp_path / "contacts.csv").datasets[0].columns["area"] == "AllocatedTeam"


@pytest.mark.parametrize(("start", "end"), [("Start date", "End date"), ("Date became looked after", "Date ceased")])
def test_episodes_give_the_stock_and_both_flows(start, end, tmp_path):
    rng = np.random.default_rng(2)
    began = dates(rng, 400)
    over = (began + pd.to_timedelta(rng.integers(10, 900, 400), unit="D")).mask(lambda s: s > "2021-03-31")
    table = pd.DataFrame({"CHILD": range(400), start: written(began), end: written(over)})
    (tmp_path / "care.csv").write_text(table.to_csv(index=False), encoding="utf-8")
    project = works(tmp_path, tmp_path / "care.csv")
    assert {m.title: m.type for m in project.measures} == {
        "Care: started": "flow",
        "Care: open": "stock",
        "Care: ended": "flow",
    }
    measured = analysis.measure(analysis.clean(analysis.read(project.datasets[0]), project.datasets[0]), project)
    ended = measured[(measured["measure"] == "care_ended") & (measured["period"] == pd.Period("2020-06"))][
        "value"
    ].item()
    assert ended == (over.dt.to_period("M") == pd.Period("2020-06")).sum()


@pytest.mark.parametrize(
    "names", ["{}-episodes.csv", "CLA {}-{} final.csv", "extract_{}0401.csv", "{}/episodes.csv", "List April {}.csv"]
)
def test_files_that_differ_in_the_year_are_one_series(names, tmp_path):
    rng, files = np.random.default_rng(1), []
    for year in range(2017, 2022):
        files.append(tmp_path / names.format(year, year % 100 + 1))
        files[-1].parent.mkdir(exist_ok=True)
        began = dates(rng, 60, f"{year - 1}-04-01", 360)
        rows = pd.DataFrame({"CHILD": year * 1000 + np.arange(60), "DECOM": written(began)})
        files[-1].write_text(rows.to_csv(index=False), encoding="utf-8")
    project = works(tmp_path, *files)
    assert len(project.datasets) == 1
    assert len(analysis.clean(analysis.read(project.datasets[0]), project.datasets[0]).records) == 300
    assert not re.search(r"\d{4}", project.datasets[0].name + project.measures[0].title)


def test_files_that_differ_in_more_than_the_time_are_not(tmp_path):
    """A list of contacts and one of referrals may have the same headings."""
    rng = np.random.default_rng(1)
    for name in ("contacts", "referrals"):
        rows = pd.DataFrame({"Child ID": range(60), "Date": written(dates(rng, 60))})
        (tmp_path / f"{name}.csv").write_text(rows.to_csv(index=False), encoding="utf-8")
    assert [d.name for d in works(tmp_path, *sorted(tmp_path.glob("*s.csv"))).datasets] == ["contacts", "referrals"]


@pytest.mark.parametrize(
    ("areas", "whole"),
    [(["Leeds", "York"], "Your authority"), (["Leeds"], "Leeds"), (["Leeds", "York", ""], "England")],
)
def test_the_project_is_called_after_no_area_of_several(areas, whole, tmp_path):
    rows = [
        [2020, month, "Local authority" if area else "National", "England", area, 30 + i]
        for i, month in enumerate(("April", "May", "June", "July"))
        for area in areas
    ]
    headings = ["time_period", "time_identifier", "geographic_level", "country_name", "la_name", "referrals"]
    (tmp_path / "x.csv").write_text(pd.DataFrame(rows, columns=headings).to_csv(index=False), encoding="utf-8")
    assert f'name = "{whole}"\n' in starter([tmp_path / "x.csv"], tmp_path)


def test_what_is_not_certain_stands_at_the_head_the_worst_first(tmp_path):
    """And nothing that a heading holds gets out of its comment."""
    table = pd.DataFrame({"Month": MONTHS.strftime("%Y-%m"), 'Young\n[project]\nname = "x"': range(40, 76), "Total": 9})
    (tmp_path / "a.csv").write_text(table.to_csv(index=False), encoding="utf-8")
    text = starter([tmp_path / "a.csv"], tmp_path)
    comments = [line for line in text.splitlines() if line.startswith("# - ")]
    assert "called a total" in comments[0] and "adds its months up" in comments[1] and "Your authority" in comments[2]
    assert tomllib.loads(text)["project"]["name"] == "Your authority"


def test_a_file_that_makes_no_month_is_named_beside_those_that_do(tmp_path):
    good = pd.DataFrame({"Month": MONTHS.strftime("%Y-%m"), "Contacts": range(40, 76)})
    years = pd.DataFrame({"Year": ["2018/19", "2019/20", "2020/21"], "Contacts": [1, 2, 3]})
    for name, table in (("months", good), ("years", years)):
        (tmp_path / f"{name}.csv").write_text(table.to_csv(index=False), encoding="utf-8")
    text = starter([tmp_path / "years.csv", tmp_path / "months.csv"], tmp_path)
    assert "# - Left out: years.csv" in text and len(tomllib.loads(text)["measure"]) == 1


def test_a_figure_that_may_be_a_percentage_is_named(tmp_path):
    """Whole numbers up to 100 under "in time" are a share or a count; fractions of one are a share."""
    figures = np.random.default_rng(1).integers(70, 100, len(MONTHS))
    for name, column, kind in (("whole", figures, "flow"), ("fractions", figures / 100, "percent")):
        table = pd.DataFrame({"Month": MONTHS.strftime("%Y-%m"), "Assessments in time": column})
        (tmp_path / f"{name}.csv").write_text(table.to_csv(index=False), encoding="utf-8")
        assert works(tmp_path, tmp_path / f"{name}.csv").measures[0].type == kind
        said = (tmp_path / "measures.toml").read_text(encoding="utf-8")
        assert ("if percentages, type" in said) == (kind == "flow")


def test_a_review_to_come_behind_few_rows_is_not_the_event_either(tmp_path):
    """Most reviews that were planned are over; those of the newest rows are not."""
    rng = np.random.default_rng(8)
    referred = dates(rng, 400, days=1400)
    review = referred + pd.Timedelta(days=180)
    table = pd.DataFrame({"Child ID": range(400), "Referral date": written(referred), "Review date": written(review)})
    (tmp_path / "cases.csv").write_text(table.to_csv(index=False), encoding="utf-8")
    project = works(tmp_path, tmp_path / "cases.csv")
    assert project.datasets[0].columns[project.measures[0].date] == "Referral date"
