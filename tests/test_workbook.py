"""The spreadsheet: accessible by the Analysis Function's list, text that stays text, the same bytes each time."""

import dataclasses
import io

import openpyxl
import pytest

from analysis.config import Measure
from analysis.report import spreadsheet, tables
from analysis.report.spreadsheet import HEADER_ROW, workbook


@pytest.fixture(scope="module")
def book(case):
    return openpyxl.load_workbook(io.BytesIO(workbook(case)))


@pytest.fixture(scope="module")
def sheets(book):
    return [book[name] for name in book.sheetnames[1:]]


def test_a_cover_leads_and_notes_explain(book):
    assert book.sheetnames == ["Cover", "Notes", "Summary", "Lateness", "Figures"]
    told = [row[0].value for row in book["Cover"].iter_rows()]
    assert told[0] == "Sample County: Quarter 4 2020/21 (January to March 2021)"
    assert all(any(f"Worksheet {name}:" in line for line in told) for name in book.sheetnames[1:])


def test_each_sheet_holds_one_named_table_with_a_heading_for_every_column(sheets):
    names = set()
    for sheet in sheets:
        (table,) = sheet.tables.values()
        names.add(table.displayName)
        assert table.ref == f"A{HEADER_ROW}:{sheet.dimensions.split(':')[1]}"
        assert table.headerRowCount == 1
        assert [c.name for c in table.tableColumns] == [c.value for c in sheet[HEADER_ROW]]
        assert sheet.freeze_panes == f"B{HEADER_ROW + 1}"
        assert "one table" in sheet["A2"].value
    assert len(names) == len(sheets)


def test_no_cell_is_merged_or_empty(sheets):
    for sheet in sheets:
        assert not sheet.merged_cells.ranges
        cells = [c for row in sheet.iter_rows(min_row=HEADER_ROW) for c in row]
        assert [c.coordinate for c in cells if c.value in (None, "")] == []


def test_every_symbol_is_explained(book, sheets):
    explained = {row[0].value for row in book["Notes"].iter_rows(min_row=HEADER_ROW + 1)}
    cells = [c.value for sheet in sheets[1:] for row in sheet.iter_rows(min_row=HEADER_ROW + 1) for c in row]
    used = {v for v in cells if isinstance(v, str) and v.startswith("[")}
    assert {"[c]", "[z]"} <= used <= explained


def test_text_is_wrapped_and_columns_are_wide_enough_to_read(sheets):
    for sheet in sheets:
        for column in sheet.iter_cols(min_row=HEADER_ROW):
            width = sheet.column_dimensions[column[0].column_letter].width
            assert width >= len(max(str(column[0].value).split(), key=len))
            assert all(cell.alignment.wrap_text or len(str(cell.value)) <= width for cell in column)


def test_the_file_says_its_title_and_its_language(book):
    assert book.properties.title == "Sample County: Quarter 4 2020/21 (January to March 2021)"
    assert book.properties.language == "en"


def test_figures_are_numbers_in_their_unit(book):
    rows = {row[0].value: row for row in book["Summary"].iter_rows(min_row=HEADER_ROW + 1)}
    contacts, visits = rows["Contacts at the front door"][1], rows["Statutory visits made in time"][1]
    assert (contacts.value, contacts.number_format) == (1459, "#,##0")
    assert (round(visits.value, 5), visits.number_format) == (0.91865, "0.0%")


def test_it_holds_the_published_figures_and_no_others(case, book):
    rows = list(book["Figures"].iter_rows(min_row=HEADER_ROW + 1, values_only=True))
    assert len(rows) == len(tables.figures(case))
    march = next(r for r in rows if r[0] == "assessments_opened" and r[2] == "2021-03")
    assert march[3] == 103
    hidden = [r for r in rows if r[8] == "suppressed"]
    signs = {r[3] for r in hidden}
    assert signs == {"[c]", "[1 to 5]", "[hidden]"} and all(len(set(r[3:8])) == 1 for r in hidden)
    notes = {r[0] for r in book["Notes"].iter_rows(min_row=HEADER_ROW + 1, values_only=True)}
    assert signs <= notes


def test_text_that_looks_like_a_formula_stays_text(case):
    names = ["=HYPERLINK(1)", "+1", "-1", "@x"]
    measures = [m.model_copy(update={"title": names[i % 4]}) for i, m in enumerate(case.project.measures)]
    project = case.project.model_copy(update={"measures": measures})
    book = openpyxl.load_workbook(io.BytesIO(workbook(dataclasses.replace(case, project=project, area=names[0]))))
    titles = [c for row in book["Summary"].iter_rows(min_row=HEADER_ROW + 1, max_col=1) for c in row]
    assert {c.value for c in titles} == set(names)
    assert all(c.data_type == "s" and c.quotePrefix for c in titles)
    cells = [c for name in book.sheetnames for row in book[name].iter_rows() for c in row]
    assert not [c.coordinate for c in cells if c.data_type == "f"]


def test_the_same_case_gives_the_same_bytes(case):
    assert workbook(case) == workbook(case)


def test_an_average_keeps_its_decimals():
    assert spreadsheet._format_of(Measure(name="m", title="M", dataset="d", type="mean")) == "#,##0.0"
    assert spreadsheet._format_of(Measure(name="m", title="M", dataset="d", type="flow")) == "#,##0"
