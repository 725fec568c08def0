"""The page's tables as an accessible spreadsheet: one table a sheet, named and noted, text that stays text.

Follows the Government Analysis Function's guidance "Releasing statistics in spreadsheets": a cover sheet, the notes on
a sheet of their own, one table a sheet that begins in column A, marked as a table, no merged or empty cells, and
symbols in square brackets that are explained.
"""

import io
import zipfile
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.writer.excel import ExcelWriter

from ..config import Measure
from ..outputs import FORMULA_STARTS, undated
from ..shapes import Case
from . import tables, words

WIDEST, NARROWEST = 44, 10  # characters of a column
COVER_WIDTH = 100  # characters
HEADER_ROW = 3  # below the title and the line that says what the sheet holds
NOT_APPLICABLE = "[z]"
NO_ROW: dict = {"status": ""}  # of what belongs to no figure
WRAPPED = Alignment(wrap_text=True, vertical="top")
SHARE_FORMAT, COUNT_FORMAT = "0.0%", "#,##0"


@words.in_its_language
def workbook(case: Case) -> bytes:
    """Return the summary, the lateness and every published figure as a workbook.

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
    title = words.plain(words.page_title(case.project.project.name, case.area, case.quarter))
    _cover(book, case, title)
    _sheet(book, "notes", words.say("workbook.notes_title"), _notes(case))
    named = words.say("caption.summary", quarter=words.quarter(case.quarter))
    _sheet(book, "summary", named, _summary(case), formats=[_format_of(m) for m in case.measures])
    if len(late := _lateness(case)):
        _sheet(book, "late", words.say("heading.late"), late)
    _sheet(book, "figures", words.say("caption.figures"), _figures(case))
    stamp = pd.Timestamp(case.as_at).to_pydatetime()
    book.properties.title, book.properties.creator = _text(title), "Trend or Spike"
    book.properties.language = words.language()
    book.properties.created = book.properties.modified = stamp
    return _same_bytes(book)


def _cover(book: Workbook, case: Case, title: str) -> None:
    cover = book.active
    cover.title = words.plain(words.say("workbook.cover"))
    told = [
        title,
        words.status_line(case.project, case.as_at),
        words.method(case.project, case.profile),
        *(words.say(f"workbook.about_{name}") for name in ("notes", "summary", "late", "figures")),
    ]
    for text in told:
        cover.append([_text(words.plain(text))])
    cover["A1"].font = Font(bold=True, size=14)
    cover.column_dimensions["A"].width = COVER_WIDTH
    for (cell,) in cover.iter_rows():
        _as_text(cell)


def _notes(case: Case) -> pd.DataFrame:
    """Return what every symbol in square brackets means."""
    meant = dict(sorted((tables.symbols_used(case) | {"z": words.SYMBOL_WORDS["z"]}).items()))
    return pd.DataFrame(
        {
            words.say("workbook.symbol"): [f"[{words.plain(symbol)}]" for symbol in meant],
            words.say("workbook.meaning"): list(meant.values()),
        }
    )


def _summary(case: Case) -> pd.DataFrame:
    """Return the page's summary with its figures as numbers."""
    signs = set(tables.symbols_used(case))
    table = tables.summary(case).map(_bracketed, signs=signs)
    for ago, name in ((0, "now"), (1, "last"), (4, "year_ago")):
        totals = [case.total(m.name, ago) for m in case.measures]
        table[words.say(f"column.{name}")] = [
            NOT_APPLICABLE if row is None else _number(row["value"], row) for row in totals
        ]
    return table


def _lateness(case: Case) -> pd.DataFrame:
    found = [
        tables.lateness(case, m).assign(**{words.say("column.measure"): m.title})
        for m in case.measures
        if m.bands and m.within and case.total(m.name) is not None
    ]
    if not found:
        return pd.DataFrame()
    table = pd.concat(found, ignore_index=True).map(_bracketed, signs={tables.HIDDEN_BAND})
    return table[[table.columns[-1], *table.columns[:-1]]]


def _figures(case: Case) -> pd.DataFrame:
    """Return every published figure, with a symbol where there is none."""
    table = tables.figures(case)
    rows = table.to_dict("records")
    figures = ("value", "numerator", "denominator", "lower", "upper")
    for column in table.select_dtypes("number"):
        table[column] = [_number(row[column], row if column in figures else NO_ROW) for row in rows]
    table["status"] = table["status"].where(table["status"] != "", words.plain(words.say("workbook.published")))
    text = ["call", "question", "mark"]
    return table.assign(**{c: table[c].where(table[c] != "", NOT_APPLICABLE) for c in text})


def _format_of(measure: Measure) -> str:
    if measure.kind.share:
        return SHARE_FORMAT
    return COUNT_FORMAT + ("." + "0" * measure.kind.decimals if measure.kind.decimals else "")


def _number(value: float, row: pd.Series | dict) -> float | str:
    return float(value) if pd.notna(value) else _bracketed(words.sign(row), {words.sign(row)})


def _bracketed(text: str, signs: set[str]) -> str:
    if text in ("", "–"):
        return NOT_APPLICABLE
    return f"[{words.plain(text)}]" if text in signs else text


def _sheet(book: Workbook, name: str, title: str, frame: pd.DataFrame, *, formats: list[str] | None = None) -> None:
    """Add a sheet with one named table. `formats` are those of each row's numbers."""
    sheet = book.create_sheet(words.plain(words.say(f"workbook.{name}")))
    sheet.append([_text(words.plain(title))])
    sheet.append([_text(words.plain(words.say("workbook.one_table")))])
    sheet["A1"].font = Font(bold=True, size=12)
    sheet.append([_text(words.plain(column)) for column in frame])
    for row in frame.itertuples(index=False, name=None):
        sheet.append([_text(words.plain(v)) if isinstance(v, str) else v for v in row])
    for i, cells in enumerate(sheet.iter_rows(min_row=HEADER_ROW), start=-1):
        for cell in cells:
            _as_text(cell)
            if formats is not None and i >= 0 and not isinstance(cell.value, str):
                cell.number_format = formats[i]
    last = get_column_letter(len(frame.columns))
    table = Table(displayName=f"table_{name}", ref=f"A{HEADER_ROW}:{last}{len(frame) + HEADER_ROW}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.add_table(table)
    sheet.freeze_panes = f"B{HEADER_ROW + 1}"
    for i, column in enumerate(frame, start=1):
        longest = max([len(words.plain(column)) + 4, *frame[column].astype(str).str.len()], default=NARROWEST)
        sheet.column_dimensions[get_column_letter(i)].width = min(max(longest, NARROWEST), WIDEST)


def _as_text(cell: Any) -> None:
    """Wrap text, and keep a spreadsheet from taking it for a formula; openpyxl does when it begins with =."""
    if isinstance(cell.value, str):
        cell.data_type = "s"
        if len(cell.value) > NARROWEST:  # each style that is set costs time, and codes need none
            cell.alignment = WRAPPED
        if cell.value.startswith(FORMULA_STARTS):
            cell.quotePrefix = True


def _text(value: str) -> str:
    """Take out what no workbook can hold."""
    return "".join(c for c in value if c >= " " or c in "\t\n")


def _same_bytes(book: Workbook) -> bytes:
    """Save without the time of day: `Workbook.save` and the zip would stamp the file and its parts with it."""
    raw = io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(raw, "w")).save()
    return undated(raw.getvalue())
