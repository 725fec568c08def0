"""Published returns, on the invented ones of one authority: every count is taken once more, by other means."""

import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from conftest import ROOT

import analysis
from analysis import pipeline, snapshots
from analysis.errors import Refused
from analysis.exploring.starter import starter
from analysis.measuring import find_differences
from analysis.report import words

sys.path.insert(0, str(ROOT / "data/sample"))
import invented_returns

FIRST, LAST = np.datetime64("2016-04-01"), np.datetime64("2021-03-31")  # of all returns together
PROJECT = '[project]\nname = "Invented District"\nnation = "england"\n'


@pytest.fixture(scope="module")
def invented(tmp_path_factory):
    folder = tmp_path_factory.mktemp("invented")
    return folder, invented_returns.build(folder, seed=3)


def config(preset: str, path: str, *measures: str, more: str = "") -> str:
    """A configuration of one return; a measure is "dataset type date", the rest of its keys in TOML."""
    text = f'{PROJECT}[[return]]\npreset = "{preset}"\n{path}\n{more}'
    for number, measure in enumerate(measures):
        dataset, kind, date, *rest = measure.split(" ", 3)
        text += (
            f'\n[[measure]]\nname = "m{number}"\ntitle = "M{number}"\ndataset = "{dataset}"\ntype = "{kind}"\n'
            + ("" if date == "-" else f'date = "{date}"\n')
            + "".join(rest)
            + "\n"
        )
    return text


def cleaned(folder: Path, text: str) -> tuple[analysis.config.Catalogue, list[analysis.shapes.Cleaned]]:
    (folder / "m.toml").write_text(text, encoding="utf-8")
    project = analysis.load(folder / "m.toml")
    return project, [analysis.clean(analysis.read(d), d) for d in project.datasets]


def measured(folder: Path, text: str) -> pd.DataFrame:
    project, done = cleaned(folder, text)
    return analysis.measure(done, project)


def by_month(table: pd.DataFrame, name: str = "m0") -> pd.Series:
    rows = table[table["measure"] == name]
    return pd.Series(rows["value"].to_numpy(), index=pd.PeriodIndex(rows["period"]))


def agree(counted: pd.Series, days: pd.Series, least: int = 55) -> None:
    """Every month of a flow is the number of days in it."""
    expected = days.dt.to_period("M").value_counts().reindex(counted.index, fill_value=0)
    assert len(counted) >= least
    assert counted.tolist() == expected.tolist()


def in_window(table: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    return table[(table[start] <= LAST) & ~(table[end] < FIRST)]


# -- the census -----------------------------------------------------------------------------------------------------


def test_a_census_of_five_years_is_one_table_each(invented):
    folder, made = invented
    _, done = cleaned(
        folder,
        config(
            "cin-census",
            'path = "cin/*.xml"',
            "cin_census_referrals flow referral",
            "cin_census_assessments flow started",
            "cin_census_section_47 flow started",
            "cin_census_on_plan flow started",
            "cin_census_plan_reviews flow date",
            "cin_census_cin_plans flow started",
        ),
    )
    rows = {one.dataset.removeprefix("cin_census_"): one.records for one in done}
    for name, truth, start, end in (
        ("referrals", "referrals", "referral", "closed"),
        ("assessments", "assessments", "started", "authorised"),
        ("section_47", "section_47", "started", "ended"),
        ("on_plan", "plans", "started", "ended"),
        ("cin_plans", "cin_plans", "started", "ended"),
    ):
        expected = in_window(made[truth], start, end)
        own = "started" if "started" in rows[name] else start
        assert sorted(zip(rows[name]["child"], rows[name][own], strict=True)) == sorted(
            zip(expected["child"], expected[start], strict=True)
        ), name
    ends = rows["referrals"].set_index(["child", "started"])["ended"].sort_index()
    truth = in_window(made["referrals"], "referral", "closed").set_index(["child", "referral"])["closed"].sort_index()
    assert ends.isna().sum() == truth.isna().sum() > 0
    assert (ends.dropna().to_numpy() == truth.dropna().to_numpy()).all()  # filled in from the later file
    reviews = made["plan_reviews"]
    assert len(rows["plan_reviews"]) == reviews["date"].between(FIRST, LAST).sum()
    assert {len(d.records) + len(d.quarantine) for d in done} == {d.sources["rows_in"].sum() for d in done}


def test_the_date_of_its_referral_is_in_every_row_of_the_census(invented):
    folder, _ = invented
    text = config("cin-census", 'path = "cin/cin-2021.xml"', "cin_census_assessments percent - ")
    text = text.replace(
        'type = "percent"\n', 'type = "percent"\nwithin = { working_days = 45, from = "referral", to = "authorised" }\n'
    )
    _, (done,) = cleaned(folder, text)
    expected = []
    for child in ET.parse(folder / "cin/cin-2021.xml").getroot().iter("Child"):
        for referral in child.iter("CINdetails"):
            for one in referral.iter("Assessments"):
                row = (child.findtext(".//LAchildID"), one.findtext("AssessmentActualStartDate"))
                expected.append((*row, referral.findtext("CINreferralDate")))
    dates = done.records[["started", "referral"]].apply(lambda c: c.dt.strftime("%Y-%m-%d"))
    assert sorted(zip(done.records["child"], dates["started"], dates["referral"], strict=True)) == sorted(expected)


def test_flows_and_stocks_of_the_census_are_those_of_the_invented_children(invented):
    folder, made = invented
    table = measured(
        folder,
        config(
            "cin-census",
            'path = "cin/*.xml"',
            "cin_census_referrals flow referral",
            'cin_census_referrals stock - where = { nfa = ["no"] }',
            "cin_census_on_plan stock -",
        ),
    )
    agree(by_month(table), made["referrals"]["referral"])
    for name, cases, start, end in (
        ("m1", made["referrals"][~made["referrals"]["nfa"]], "referral", "closed"),
        ("m2", made["plans"], "started", "ended"),
    ):
        counted = by_month(table, name)
        for month, value in counted.items():
            day = month.end_time.to_datetime64()
            assert value == cases[(cases[start] <= day) & ~(cases[end] <= day)]["child"].nunique(), (name, month)
        assert len(counted) >= 55


def test_a_conference_of_the_referral_is_none_of_the_enquiry(tmp_path):
    """A transfer-in conference stands in the referral: an enquiry without one of its own has none."""
    (tmp_path / "c.xml").write_text(
        "<Message><Children><Child><ChildIdentifiers><LAchildID>C1</LAchildID></ChildIdentifiers><CINdetails>"
        "<CINreferralDate>2020-05-01</CINreferralDate><DateOfInitialCPC>2020-06-01</DateOfInitialCPC><ReferralNFA>1</ReferralNFA>"
        "<Section47><S47ActualStartDate>2020-05-04</S47ActualStartDate></Section47></CINdetails></Child></Children></Message>",
        encoding="utf-8",
    )
    text = config(
        "cin-census", 'path = "c.xml"', "cin_census_section_47 flow started", "cin_census_referrals flow conference"
    )
    text += 'where = { nfa = ["yes"] }\n'
    _, done = cleaned(tmp_path, text)
    rows = {one.dataset: one.records.iloc[0] for one in done}
    assert pd.isna(rows["cin_census_section_47"]["completed"])
    assert rows["cin_census_referrals"]["conference"] == pd.Timestamp("2020-06-01")
    assert rows["cin_census_referrals"]["nfa"] == "yes"


def test_names_of_all_schemas_are_read_and_said(invented):
    folder, _ = invented
    _, (done,) = cleaned(folder, config("cin-census", 'path = "cin/*.xml"', "cin_census_referrals flow referral"))
    project = analysis.load(folder / "m.toml")
    children = analysis.config.Dataset.model_validate(
        {"name": "children", "preset": "cin-census", "table": "children", "path": "cin/*.xml"}
    )
    children._folder = folder
    children._used_roles = frozenset({"sex"})
    table = analysis.read(children)
    assert set(table.rows["sex"]) == {"M", "F"}
    renamed = table.audit[table.audit["code"] == "COLUMN_RENAMED"]
    assert {(r.file, r.before, r.after) for r in renamed.itertuples()} == {
        (f"cin-{year}.xml", "GenderCurrent", "Sex") for year in (2017, 2018, 2019)
    }
    assert "born" not in done.records  # what no measure asks for stays in the file
    assert project.dataset("cin_census_referrals").table == "referrals"


# -- what a return must not be ---------------------------------------------------------------------------------------

WHOLE = (
    "<Message><Header><CollectionDetails><Year>{year}</Year></CollectionDetails><Source><LEA>{lea}</LEA></Source></Header>"
    "<Children>{children}</Children></Message>"
)


def census(year=2021, lea="999", start="2020-05-01", count=30, enquiry=True, need="N1", ids="C{}") -> str:
    one = (
        "<Child><ChildIdentifiers><LAchildID>{id}</LAchildID></ChildIdentifiers><CINdetails><CINreferralDate>{day}</CINreferralDate>"
        "<PrimaryNeedCode>{need}</PrimaryNeedCode>{more}</CINdetails></Child>"
    )
    days = pd.date_range(start, periods=count, freq="7D")
    more = "<Section47><S47ActualStartDate>{day}</S47ActualStartDate></Section47>" if enquiry else ""
    children = "".join(
        one.format(id=ids.format(i), day=day.date(), need=need, more=more.format(day=day.date()))
        for i, day in enumerate(days)
    )
    return WHOLE.format(year=year, lea=lea, children=children)


CANARY = "Xanthippe"
ENTITY = f'<!DOCTYPE m [<!ENTITY a "{CANARY}"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE = {
    "billion laughs": (ENTITY + census().replace("N1", "&b;", 1), "XML_FORBIDDEN"),
    "external entity": (
        '<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + census().replace("N1", "&a;", 1),
        "XML_FORBIDDEN",
    ),
    "external DTD": ('<!DOCTYPE m SYSTEM "http://example.invalid/x.dtd">' + census(), "XML_FORBIDDEN"),
    "parameter entity": (
        '<!DOCTYPE m [<!ENTITY % p SYSTEM "http://example.invalid/p"> %p;]>' + census(),
        "XML_FORBIDDEN",
    ),
    "undeclared entity": (census().replace("N1", "&a;", 1), "CORRUPT_FILE"),
    "deep nesting": (census().replace("<Children>", "<x>" * 5_000 + "</x>" * 5_000 + "<Children>"), "XML_FORBIDDEN"),
    "many names": (
        census().replace("<Children>", "".join(f"<n{i}/>" for i in range(2_000)) + "<Children>"),
        "XML_FORBIDDEN",
    ),
    "long text": (census().replace("N1", "N" * 40_000, 1), "FIELD_TOO_LONG"),
    "truncated": (census()[:-900], "TRUNCATED_FILE"),
    "truncated in a tag": (census()[: census().index("<CINreferralDate>", 2000) + 5], "TRUNCATED_FILE"),
    "mismatched tags": (census().replace("</CINdetails>", "</Cindetails>", 1), "CORRUPT_FILE"),
    "a web page": ("<html><body><p>Sign in</p></body></html>", "MISSING_TABLE"),
    "another return": (
        "<EXPSSDA903><CHILD><HEADER><CHILDID>C1</CHILDID></HEADER></CHILD></EXPSSDA903>",
        "MISSING_TABLE",
    ),
    "nothing": ("", "EMPTY_FILE"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_or_damaged_file_is_refused(name, tmp_path):
    text, code = HOSTILE[name]
    (tmp_path / "census.xml").write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        cleaned(tmp_path, config("cin-census", 'path = "census.xml"', "cin_census_referrals flow referral"))
    assert refused.value.code == code
    said = str(refused.value)
    assert "census.xml" in said
    assert CANARY not in said and "C1" not in said.replace("C10", "")


@pytest.mark.parametrize(
    ("files", "code", "said"),
    [
        ({"a.xml": census(2020, start="2019-05-01"), "b.xml": census(2021, lea="998")}, "OTHER_AUTHORITY", "b.xml"),
        ({"a.xml": census(2021), "b.xml": census(2021, need="N2")}, "YEAR_TWICE", "a.xml and b.xml"),
        ({"a.xml": census(2020, start="2019-05-01"), "b.xml": census(2021, enquiry=False)}, "MISSING_TABLE", "b.xml"),
        ({"a.xml": census(2021, enquiry=False)}, "MISSING_TABLE", "section_47"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(files, code, said, tmp_path):
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    measures = ["cin_census_section_47 flow started", "cin_census_referrals flow referral"]
    with pytest.raises(Refused, match=code) as refused:
        cleaned(tmp_path, config("cin-census", 'path = "*.xml"', *measures))
    assert said in str(refused.value)


def test_an_unknown_code_is_flagged_counted_and_never_shown(tmp_path):
    (tmp_path / "a.xml").write_text(census().replace("N1", f"N77 {CANARY}", 3), encoding="utf-8")
    _, (done,) = cleaned(tmp_path, config("cin-census", 'path = "a.xml"', "cin_census_referrals flow referral"))
    assert done.summary["codes"]["TYPE_UNKNOWN"] == 3
    assert done.records["category"].value_counts().to_dict() == {"N1": 27, "not recognised": 3}


def test_what_is_open_in_one_year_and_not_in_the_next_is_kept_and_flagged(tmp_path):
    (tmp_path / "a.xml").write_text(census(2020, start="2019-05-01", count=40), encoding="utf-8")
    kept = census(2021, start="2019-05-01", count=39)  # the fortieth was corrected away
    more = census(2021, start="2020-05-01", count=30, ids="D{}")
    both = kept.replace("</Children>", more[more.index("<Child>") : more.index("</Children>")] + "</Children>")
    (tmp_path / "b.xml").write_text(both, encoding="utf-8")
    _, (done,) = cleaned(tmp_path, config("cin-census", 'path = "*.xml"', "cin_census_referrals flow referral"))
    assert done.quarantine["code"].value_counts().to_dict() == {"DUPLICATE_ROW": 39}
    assert done.summary["codes"]["NOT_CONTINUED"] == 1
    assert len(done.records) == 70


# -- SSDA903 --------------------------------------------------------------------------------------------------------

STARTED = 'ssda903_episodes flow started where = { reason = ["S"], legal = ["C1", "C2", "V2"] }'


@pytest.mark.parametrize("path", ["ssda903/*", "ssda903_xml/*.xml"])
def test_csv_and_xml_of_the_903_give_the_same_and_what_was_invented(invented, path):
    folder, made = invented
    project, done = cleaned(
        folder,
        config("ssda903", f'path = "{path}"', STARTED, "ssda903_missing flow started", "ssda903_reviews flow date"),
    )
    rows = {one.dataset.removeprefix("ssda903_"): one.records for one in done}
    expected = in_window(made["episodes"], "started", "ended")
    columns = {"child": "child", "started": "started", "ended": "ended", "reason": "reason", "legal": "legal"}
    told, true = (
        t[list(c)].astype(str).sort_values(["child", "started"]).to_numpy().tolist()
        for t, c in ((rows["episodes"], columns), (expected, columns))
    )
    assert told == true
    missing = in_window(made["missing"], "started", "ended")
    assert len(rows["missing"]) == len(missing)
    assert rows["missing"]["category"].value_counts().to_dict() == missing["kind"].value_counts().to_dict()
    assert len(rows["reviews"]) == made["care_reviews"]["date"].between(FIRST, LAST).sum()
    agree(
        by_month(analysis.measure(done, project)),
        expected[expected["reason"].eq("S") & expected["legal"].ne("V4")]["started"],
        least=40,
    )


@pytest.mark.parametrize("path", ["ssda903/*", "ssda903_xml/*.xml"])
def test_the_day_on_which_a_status_will_end_is_no_event(invented, path):
    folder, _ = invented
    uasc = analysis.config.Dataset.model_validate({"name": "u", "preset": "ssda903", "table": "uasc", "path": path})
    uasc._folder, uasc._used_roles = folder, frozenset({"uasc_until"})
    assert uasc.event_role is None and "uasc_until" not in uasc.date_roles
    done = analysis.clean(analysis.read(uasc), uasc)
    assert done.records["uasc_until"].dtype.kind == "M"
    assert done.records["child"].is_unique
    assert len(done.records) == len(set(done.records["child"])) > 0


def test_a_year_without_a_table_is_no_year_without_events(invented, tmp_path):
    folder, _ = invented
    for file in (folder / "ssda903").glob("*.csv"):
        if file.name != "2019-missing.csv":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(Refused, match="MISSING_TABLE") as refused:
        cleaned(tmp_path, config("ssda903", 'path = "*.csv"', "ssda903_missing flow started"))
    assert "2019" in str(refused.value) and "'missing'" in str(refused.value)
    cleaned(tmp_path, config("ssda903", 'path = "*.csv"', STARTED))  # no measure asks for that table


def test_one_year_twice_is_refused(invented, tmp_path):
    folder, _ = invented
    text = (folder / "ssda903/2021-episodes.csv").read_text(encoding="utf-8")
    for name, content in (("2021-episodes.csv", text), ("2021-episodes v2.csv", text.replace("U4", "U5", 3))):
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(Refused, match="YEAR_TWICE") as refused:
        cleaned(tmp_path, config("ssda903", 'path = "*.csv"', STARTED))
    assert "2021-episodes v2.csv" in str(refused.value)
    (tmp_path / "2021-episodes v2.csv").write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match="byte for byte"):
        cleaned(tmp_path, config("ssda903", 'path = "*.csv"', STARTED))


# -- Annex A --------------------------------------------------------------------------------------------------------


def test_windows_of_annex_a_are_stacked(invented):
    folder, made = invented
    project, done = cleaned(
        folder,
        config(
            "annex-a",
            'path = "annex_a/*.xlsx"',
            "annex_a_contacts flow date",
            'annex_a_referrals flow date where = { nfa = ["yes"] }',
            "annex_a_on_plan stock -",
            'annex_a_looked_after stock - where = { legal = ["V2", "C1", "C2"], placement = ["U4", "U1", "K2", "P1", "H5"] }',
        ),
    )
    table = analysis.measure(done, project)
    agree(by_month(table), made["contacts"]["date"])
    none = made["referrals"][made["referrals"]["nfa"]]
    counted = by_month(table, "m1")
    assert counted.sum() == none["referral"].dt.to_period("M").isin(counted.index).sum() > 20
    counted = by_month(table, "m2")
    for month, value in counted.items():
        day = month.end_time.to_datetime64()
        plans = made["plans"]
        assert value == plans[(plans["started"] <= day) & ~(plans["ended"] <= day)]["child"].nunique(), month
    rows = {one.dataset.removeprefix("annex_a_"): one for one in done}
    assert set(rows["on_plan"].records["category"]) <= {
        "a) Neglect",
        "b) Physical abuse",
        "c) Sexual abuse",
        "d) Emotional abuse",
        "e) Multiple",
    }
    assert not {"area"} & set(rows["on_plan"].records)  # a team is no area
    assert set(rows["looked_after"].records["legal"]) <= {"V2", "C1", "C2", "V4"}
    assert "TYPE_UNKNOWN" not in rows["looked_after"].summary["codes"]


@pytest.mark.parametrize("name", ["List 1", "List_1", "LIST1", "list 1 contacts", "1", "Contacts"])
def test_a_list_is_known_by_each_of_its_names(name, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Front_Sheet"
    book.create_sheet("List_10").append(["List 10: Adoption"])
    sheet = book.create_sheet(name)
    sheet.append(["List 1: Contacts"])
    sheet.append(["Child unique ID ", "Gender", "Date  of contact", "Contact source"])
    for i in range(40):
        sheet.append([f"C{i}", "a) Male", pd.Timestamp("2020-10-01") + pd.Timedelta(days=3 * i), "q) 6: Police"])
    book.save(tmp_path / "a.xlsx")
    _, (done,) = cleaned(tmp_path, config("annex-a", 'path = "a.xlsx"', "annex_a_contacts flow date"))
    assert len(done.records) == 40


def test_a_workbook_with_other_tables_in_sheets_of_these_names_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "List_1"
    book.active.append(["Unique Pupil Number", "Date of request", "Outcome"])
    book.active.append(["A1", pd.Timestamp("2020-10-01"), "x"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(Refused, match="MISSING_COLUMN") as refused:
        cleaned(tmp_path, config("annex-a", 'path = "a.xlsx"', "annex_a_contacts flow date"))
    assert "List_1" in str(refused.value) and "another workbook" in str(refused.value)


# -- the database, and all sources beside each other ----------------------------------------------------------------


def test_one_line_reads_the_safeguarding_dataset(invented, monkeypatch):
    folder, made = invented
    monkeypatch.setenv("OUR_DATABASE", f"sqlite:///{folder / 'ssd.db'}")
    _, done = cleaned(
        folder,
        config(
            "ssd",
            'url_env = "OUR_DATABASE"',
            'ssd_cin_episodes flow referral where = { nfa = ["no"] }',
            "ssd_cla_reviews flow date",
            'ssd_cp_plans stock - where = { other_authority = ["no"] }',
            'ssd_cla_episodes flow started where = { reason = ["S"] }',
        ),
    )
    rows = {one.dataset: one.records for one in done}
    assert len(rows["ssd_cin_episodes"]) == len(in_window(made["referrals"], "referral", "closed"))
    reviews = made["care_reviews"]
    reviews = reviews[reviews["date"].between(FIRST, LAST)]
    assert sorted(rows["ssd_cla_reviews"]["child"]) == sorted(reviews["child"])  # by way of the period of care
    assert not {"sex", "ethnicity", "born"} & {c for r in rows.values() for c in r}
    with pytest.raises(Refused, match="MISSING_TABLE") as refused:
        cleaned(folder, config("ssd", 'url_env = "OUR_DATABASE"', "ssd_care_leavers flow date"))
    assert "ssd_care_leavers" in str(refused.value)


def test_one_indicator_is_the_same_from_every_source(invented, monkeypatch):
    folder, _ = invented
    monkeypatch.setenv("OUR_DATABASE", f"sqlite:///{folder / 'ssd.db'}")
    ssd = 'url_env = "OUR_DATABASE"'
    for sources in (
        [
            ("cin-census", 'path = "cin/*.xml"', "cin_census_referrals flow referral"),
            ("annex-a", 'path = "annex_a/*.xlsx"', "annex_a_referrals flow date"),
            ("ssd", ssd, "ssd_cin_episodes flow referral"),
        ],
        [
            ("cin-census", 'path = "cin/*.xml"', "cin_census_on_plan stock -"),
            ("annex-a", 'path = "annex_a/*.xlsx"', "annex_a_on_plan stock -"),
            ("ssd", ssd, "ssd_cp_plans stock -"),
        ],
        [
            ("ssda903", 'path = "ssda903/*.csv"', 'ssda903_episodes flow started where = { reason = ["S"] }'),
            ("annex-a", 'path = "annex_a/*.xlsx"', "annex_a_looked_after flow started"),
            ("ssd", ssd, 'ssd_cla_episodes flow started where = { reason = ["S"] }'),
        ],
    ):
        series = [by_month(measured(folder, config(*source))) for source in sources]
        both = pd.concat(series, axis=1, keys=range(len(series))).dropna()
        assert len(both) >= 40, sources
        assert (both.nunique(axis=1) == 1).all(), (sources, both[both.nunique(axis=1) > 1])


# -- init -----------------------------------------------------------------------------------------------------------


def test_init_recognises_the_returns_of_a_folder(invented, tmp_path):
    """Its configuration gives the core indicators, each from the fullest return that carries it."""
    folder, made = invented
    text = starter([folder / "cin", folder / "ssda903", folder / "annex_a"], tmp_path)
    (tmp_path / "measures.toml").write_text(text, encoding="utf-8")
    prepared = pipeline.prepare(tmp_path / "measures.toml")
    project, table = prepared.project, prepared.months
    assert [(r.preset, Path(r.path).name) for r in project.returns] == [
        ("cin-census", "cin-20*.xml"),
        ("ssda903", "*.csv"),
        ("annex-a", "annex-a-{date}.xlsx"),
    ]
    source = {m.name: m.dataset for m in project.measures}
    assert (source["referrals"], source["contacts"]) == ("cin_census_referrals", "annex_a_contacts")
    assert {"children_on_plan", "looked_after", "started_care", "three_placements", "care_leavers_housed_19_21"} <= set(
        source
    )
    assert set(source) == set(table["measure"])
    agree(by_month(table, "referrals"), made["referrals"]["referral"])
    agree(by_month(table, "section_47"), made["section_47"]["started"])
    assert source["care_leavers_housed_19_21"] == "annex_a_care_leavers_extracts"
    housed = by_month(table, "care_leavers_housed_19_21").dropna()  # one point an extract, counted in its own sheet
    for file in (folder / "annex_a").glob("*.xlsx"):
        day = pd.Timestamp(file.stem[-10:])
        rows = [r for r in openpyxl.load_workbook(file)["List_9"].iter_rows(min_row=3, values_only=True) if r[0]]
        of_age = [r for r in rows if 19 <= day.year - r[1].year - ((day.month, day.day) < (r[1].month, r[1].day)) <= 21]
        month = day.to_period("M")
        if month in housed.index:
            assert housed[month] == pytest.approx(sum(r[6] == "a) Suitable" for r in of_age) / len(of_age)), month
    assert len(housed) >= 6
    on_plan, plans = by_month(table, "children_on_plan"), made["plans"]
    for month, value in on_plan.items():
        day = month.end_time.to_datetime64()
        assert value == plans[(plans["started"] <= day) & ~(plans["ended"] <= day)]["child"].nunique()


def test_init_switches_off_what_the_files_lack_a_column_for(invented, tmp_path):
    """Without the legal status no stay is told from a series of short breaks; without births nobody's age is known."""
    folder, _ = invented
    for year in (2020, 2021):
        table = pd.read_csv(folder / f"ssda903/{year}-episodes.csv", dtype=str, keep_default_na=False)
        table.to_csv(tmp_path / f"{year}-episodes.csv", index=False)
    text = starter([tmp_path], tmp_path)
    assert {"started_care", "looked_after"} <= set(re.findall(r"^# - (\w+)$", text, re.M))
    assert "long_term_stability" not in text[text.index("standard =") :]  # of those under 16
    (tmp_path / "measures.toml").write_text(text, encoding="utf-8")
    assert {"started_care", "looked_after"} <= set(pipeline.prepare(tmp_path / "measures.toml").months["measure"])
    for file in (folder / "annex_a").glob("*2021-03-31.xlsx"):
        book = openpyxl.load_workbook(file)
        book["List_8"].delete_cols(
            [c.value for c in book["List_8"][2]].index("Number of Placements in the Last 12 months") + 1
        )
        for name in [n for n in book.sheetnames if n not in ("Front_Sheet", "List_7", "List_8")]:
            del book[name]
        (tmp_path / "annex").mkdir()
        book.save(tmp_path / "annex" / file.name)
    text = starter([tmp_path / "annex"], tmp_path)
    assert re.findall(r'name = "(\w+)"\noff = true', text) == ["three_placements"]


def test_init_counts_no_return_twice(invented, tmp_path):
    folder, _ = invented
    text = starter([folder / "ssda903", folder / "ssda903_xml"], tmp_path)
    assert text.count("[[return]]") == 1
    assert "ssda903_xml/ssda903-20*.xml would count it again" in text


def test_a_return_is_written_as_the_configuration_says(tmp_path):
    for wrong, said in (
        ('preset = "cin-censu"\npath = "a.xml"', "preset"),
        ('preset = "cin-census"', "give either `path`"),
        ('preset = "cin-census"\npath = "a.xml"\ntables = ["referral"]', "Did you mean 'referrals'?"),
        ('preset = "cin-census"\npaht = "a.xml"', "Did you mean 'path'?"),
    ):
        (tmp_path / "m.toml").write_text(
            f'{PROJECT}[[return]]\n{wrong}\n[[measure]]\nname = "m"\ntitle = "M"\ndataset = "cin_census_referrals"\ntype = "flow"\n',
            encoding="utf-8",
        )
        with pytest.raises(Refused, match=r"\[\[return\]\] number 1") as refused:
            analysis.load(tmp_path / "m.toml")
        assert said in str(refused.value), said


def test_sets_of_years_in_folders_of_their_own_are_one_return(invented, tmp_path):
    """The same names in each year's folder: the file of a row is told by its folder, and the newest version counts."""
    folder, made = invented
    for file in (folder / "ssda903").glob("*.csv"):
        year, name = file.name.split("-", 1)
        (tmp_path / year).mkdir(exist_ok=True)
        (tmp_path / year / name).write_bytes(file.read_bytes())
    text = starter([tmp_path], tmp_path)
    assert 'path = "*/*.csv"' in text
    _, (episodes,) = cleaned(tmp_path, config("ssda903", 'path = "*/*.csv"', STARTED))
    assert set(episodes.sources["file"]) == {f"{year}/episodes.csv" for year in invented_returns.YEARS}
    assert len(episodes.records) == len(in_window(made["episodes"], "started", "ended"))


def test_the_903_may_stand_in_the_sheets_of_a_workbook(invented, tmp_path):
    folder, _ = invented
    with pd.ExcelWriter(tmp_path / "903-2021.xlsx") as book:
        for file in sorted((folder / "ssda903").glob("2021-*.csv")):
            pd.read_csv(file, dtype=str, keep_default_na=False).to_excel(book, sheet_name=file.stem[5:], index=False)
    for path in ("903-2021.xlsx", None):
        text = config(
            "ssda903",
            f'path = "{path or folder.as_posix() + "/ssda903/2021-*.csv"}"',
            STARTED,
            "ssda903_missing flow started",
        )
        _, done = cleaned(tmp_path, text)
        rows = [one.records.sort_values(["child", "started"]).reset_index(drop=True) for one in done]
        if path:
            of_workbook = rows
    for one, other in zip(of_workbook, rows, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_init_goes_past_what_it_cannot_read_in_a_folder(invented, tmp_path):
    folder, _ = invented
    text = (folder / "cin/cin-2021.xml").read_text(encoding="utf-8")
    (tmp_path / "cin-2021.xml").write_text(text, encoding="utf-8")
    (tmp_path / "cin-2020.xml").write_text(text[:5000], encoding="utf-8")
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    (tmp_path / "notes.docx").write_bytes(b"PK\x03\x04")
    written = starter([tmp_path], tmp_path)
    head = written[: written.index("[project]")]
    assert all(said in head for said in ("cin-2020.xml ends in the middle", "notes.docx is no table"))
    assert written.count("[[return]]") == 1
    with pytest.raises(Refused, match="TRUNCATED_FILE"):
        starter([tmp_path / "cin-2020.xml"], tmp_path)


BOTH = '[[return]]\npreset = "cin-census"\npath = "cin/*.xml"\n[[return]]\npreset = "annex-a"\npath = "annex_a/annex-a-{date}.xlsx"\n'


def test_what_two_returns_carry_is_taken_from_the_first_and_held_against_the_second(invented):
    """The referrals of the newest workbook lose ten rows on the way: the page says which figures are lower in it, and of what."""
    folder, _ = invented
    (folder / "both.toml").write_text(PROJECT + BOTH, encoding="utf-8")
    project = analysis.load(folder / "both.toml")
    assert {c.name for c in project.checks} <= {m.name for m in project.measures} and len(project.checks) > 8
    assert {project.dataset(c.dataset).preset for c in project.checks} == {"annex-a"}
    prepared = pipeline.prepare(folder / "both.toml")
    quarter = pipeline.newest_quarter(prepared)

    def told(prepared):
        quarters = pipeline.measure(prepared.cleaned, project, as_at=LAST.item(), grain="quarter")
        return find_differences(quarters, prepared.cleaned, project, LAST.item())

    checked = {one["measure"]: one for one in told(prepared)}
    assert {m: one["why"] for m, one in checked.items()} == dict.fromkeys(checked, "same") and "referrals" in checked
    at = next(i for i, c in enumerate(prepared.cleaned) if c.dataset == "annex_a_referrals")
    rows = prepared.cleaned[at].records
    newest = rows.index[rows["date"].between(str(quarter.start_time.date()), str(quarter.end_time.date()))][:10]
    prepared.cleaned[at] = replace(prepared.cleaned[at], records=rows.drop(newest))
    one = {one["measure"]: one for one in told(prepared)}["referrals"]
    assert one["why"] == "lower" and one["periods"] == [quarter.start_time.date().isoformat()]
    titles = {m.name: m.title for m in project.measures}
    lower, same = words.gaps([one, checked["section_47"]], titles)
    assert lower.startswith("Referrals: a second source (Annex a referrals) gives lower figures for Quarter 4 2020/21.")
    assert same == "A second source gives the same figures for: Section 47 enquiries."


def test_a_check_is_of_a_measure_that_there_is(invented, tmp_path):
    text = PROJECT + BOTH + '[[check]]\nname = "nothing"\ntitle = "N"\ndataset = "annex_a_referrals"\ntype = "flow"\n'
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=r"\[\[check\]\] 'nothing' has the name and type of no measure"):
        analysis.load(tmp_path / "m.toml")


def test_a_second_source_says_nothing_of_a_figure_that_is_hidden(invented, tmp_path):
    folder, _ = invented
    (folder / "both.toml").write_text(PROJECT + BOTH, encoding="utf-8")
    prepared = pipeline.prepare(folder / "both.toml")
    quarter = pipeline.newest_quarter(prepared)
    at = next(i for i, c in enumerate(prepared.cleaned) if c.dataset == "annex_a_on_plan")
    prepared.cleaned[at] = replace(prepared.cleaned[at], records=prepared.cleaned[at].records.iloc[::2])
    said = {}
    for profile in ("internal", "council"):
        pipeline.make_snapshots(prepared, quarter, tmp_path / profile, profile=profile)
        area = prepared.project.project.name
        case = snapshots.read_case(snapshots.area_folder(tmp_path / profile, area), prepared.project, quarter, area)
        shown = case.quarters.loc[case.quarters["value"].notna(), ["measure", "period"]]
        told = {(g["measure"], day) for g in case.gaps if g["kind"] == "check" for day in g["periods"]}
        assert told <= {(m, p.start_time.date().isoformat()) for m, p in shown.itertuples(index=False)}
        said[profile] = told
    assert said["council"] < said["internal"]
