"""The spreadsheet: the page's own figures, one table a sheet, text that stays text, the same bytes each time."""

import dataclasses
import io

import openpyxl
import pytest

from analysis import tables
from analysis.workbook import workbook


@pytest.fixture(scope="module")
def book(case):
    return openpyxl.load_workbook(io.BytesIO(workbook(case)))


def test_each_sheet_after_the_cover_is_one_named_table(book):
    assert book.sheetnames == ["Cover", "Summary", "Figures"]
    for name in ("Summary", "Figures"):
        (table,) = book[name].tables.values()
        assert table.ref == f"A2:{book[name].dimensions.split(':')[1]}"
        assert not book[name].merged_cells.ranges


def test_it_holds_the_published_figures_and_no_others(case, book):
    rows = list(book["Figures"].iter_rows(min_row=3, values_only=True))
    assert len(rows) == len(tables.figures(case))
    march = next(r for r in rows if r[0] == "assessments_opened" and r[2] == "2021-03")
    assert march[3] == 103
    hidden = [r for r in rows if r[8] == "suppressed"]
    assert hidden and all(r[3:8] == (None,) * 5 for r in hidden)


def test_text_that_looks_like_a_formula_stays_text(case):
    project = case.project.model_copy(
        update={"measures": [m.model_copy(update={"title": "=HYPERLINK(1)"}) for m in case.project.measures]}
    )
    book = openpyxl.load_workbook(io.BytesIO(workbook(dataclasses.replace(case, project=project))))
    cells = [c for row in book["Summary"].iter_rows(min_row=3, max_col=1) for c in row]
    assert all(c.data_type == "s" and c.value == "=HYPERLINK(1)" and c.quotePrefix for c in cells)


def test_the_same_case_gives_the_same_bytes(case):
    assert workbook(case) == workbook(case)
