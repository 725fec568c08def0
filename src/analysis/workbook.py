"""The page's tables as an accessible spreadsheet: one table a sheet, named and noted, text that stays text.

Follows the Government Analysis Function's guidance "Releasing statistics in spreadsheets": a cover sheet, one table a
sheet that begins in column A, marked as a table, no merged or empty cells, symbols explained.
"""

import io
import zipfile

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table
from openpyxl.xml.functions import tostring

from . import tables, words
from .shapes import Case

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: the same input gives the same bytes
WIDEST = 48  # characters of a column
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@words.in_its_language
def workbook(case: Case) -> bytes:
    """Return the summary and every published figure as a workbook.

    Parameters
    ----------
    case : Case
        Judged and protected.

    Returns
    -------
    bytes
        Of an xlsx file, the same for the same case.
    """
    book = Workbook()
    title = words.page_title(case.project.project.name, case.area, case.quarter)
    notes = [
        title,
        words.status_line(case.project, case.as_at),
        *tables.symbols_used(case),
        words.method(case.project, case.profile),
    ]
    cover = book.active
    cover.title = words.plain(words.say("workbook.cover"))
    for note in [*notes, words.say("workbook.about_summary"), words.say("workbook.about_figures")]:
        cover.append([_text(note)])
    cover["A1"].font = Font(bold=True, size=14)
    cover.column_dimensions["A"].width = 100
    for row in cover.iter_rows():
        row[0].alignment = Alignment(wrap_text=True, vertical="top")
    named = words.say("caption.summary", quarter=words.quarter(case.quarter))
    _sheet(book, "summary", named, tables.summary(case))
    _sheet(book, "figures", words.say("caption.figures"), tables.figures(case))
    stamp = pd.Timestamp(case.as_at).to_pydatetime()
    book.properties.title, book.properties.creator = words.plain(title), "Trend or Spike"
    book.properties.created = book.properties.modified = stamp
    return _same_bytes(book)


def _sheet(book: Workbook, name: str, title: str, frame: pd.DataFrame) -> None:
    sheet = book.create_sheet(words.plain(words.say(f"workbook.{name}")))
    sheet.append([_text(title)])
    sheet["A1"].font = Font(bold=True, size=12)
    sheet.append([_text(column) for column in frame])
    for row in frame.itertuples(index=False, name=None):
        sheet.append([_text(v) if isinstance(v, str) else None if pd.isna(v) else v for v in row])
    for cells in sheet.iter_rows(min_row=3):
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # openpyxl takes text that begins with = for a formula
                cell.quotePrefix = cell.value.startswith(FORMULA_STARTS)
    last = get_column_letter(len(frame.columns))
    sheet.add_table(Table(displayName=name.capitalize(), ref=f"A2:{last}{len(frame) + 2}"))
    sheet.freeze_panes = "B3"
    for i, column in enumerate(frame, start=1):
        longest = max([len(str(column)), *frame[column].astype(str).str.len()], default=8)
        sheet.column_dimensions[get_column_letter(i)].width = min(longest + 2, WIDEST)


def _text(value: str) -> str:
    """Take out what no workbook can hold."""
    return "".join(c for c in value if c >= " " or c in "\t\n")


def _same_bytes(book: Workbook) -> bytes:
    """Save without the time of day: openpyxl stamps every part of the file with it."""
    raw, fixed = io.BytesIO(), io.BytesIO()
    modified = book.properties.modified
    book.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for part in sorted(source.namelist()):
            data = source.read(part)
            if part == "docProps/core.xml":
                book.properties.modified = modified
                data = tostring(book.properties.to_tree())
            target.writestr(zipfile.ZipInfo(part, ZIP_EPOCH), data, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
