"""Makes the files that go wrong: each case changes 60 good rows in one way, and says what must come of it.

`cases()` gives them all; `Case.write(folder)` writes the file and a configuration and returns the latter's path.
"""

import csv
import functools
import gzip
import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

HEADER = ["id", "event_date", "event_type", "completed_date"]
AS_AT = date(2026, 3, 31)
CANARY = "Zebedee Canary"  # stands where a child's name might
TYPES = ["contact", "referral", "assessment"]
CONFIG = """\
[project]
name = "Testshire"
nation = "england"
as_at = {as_at}

[[dataset]]
name = "events"
path = "{path}"
kind = "cases"
columns = {{ child = "id", date = "event_date", category = "event_type", completed = "completed_date" }}
{more}
[[measure]]
name = "events"
title = "Events"
dataset = "events"
type = "flow"
date = "date"
"""


def rows(n: int = 60) -> list[list[str]]:
    """Good rows: two or three a month, April 2024 to March 2026."""
    out = []
    for i in range(n):
        day = date(2024, 4, 3) + timedelta(days=round(i * 12.1))
        out.append([f"C{i:05d}", day.isoformat(), TYPES[i % 3], (day + timedelta(days=10 + i % 9)).isoformat()])
    for row in out[-2:]:
        row[3] = ""
    return out


def serial(iso: str) -> int:
    return (date.fromisoformat(iso) - date(1899, 12, 30)).days


def day_first(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%d/%m/%Y")


def text(table, header=HEADER, delimiter=",", end="\n") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(header)
    writer.writerows(table)
    return out.getvalue()


def workbook(
    table, header=HEADER, sheets=("Referrals",), above=(), convert=lambda v, c: v, change=lambda book: None
) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in sheets:
        sheet = book.create_sheet(name)
        for line in above:
            sheet.append(list(line))
        sheet.append(list(header))
        for row in table:
            sheet.append([convert(v, c) for c, v in enumerate(row)])
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rezip(data: bytes, change: Callable[[str, bytes], bytes], extra: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return out.getvalue()


@dataclass
class Case:
    """One input: its bytes, and what comes of it.

    `kept` and `quarantined` are None where refusing is as good; `refused` is the code of a refusal.
    """

    id: str
    what: str
    data: bytes
    name: str = "cases.csv"
    kept: int | None = 60
    quarantined: int | None = 0
    codes: tuple[str, ...] = ()
    refused: str = ""
    names: tuple[str, ...] = ()
    as_at: date = AS_AT
    more: str = ""
    beside: dict[str, str] = field(default_factory=dict)
    same: bool = False  # the same records as the baseline

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.name).write_bytes(self.data)
        for name, content in self.beside.items():
            (folder / name).write_text(content, encoding="utf-8")
        config = folder / "measures.toml"
        config.write_text(CONFIG.format(as_at=self.as_at, path=self.name, more=self.more), encoding="utf-8")
        return config


def _put(column: int, values: dict[int, str] | list[str], table=None) -> list[list[str]]:
    """Replace cells of one column: by row, or the first rows in turn."""
    table = rows() if table is None else [list(row) for row in table]
    items = values.items() if isinstance(values, dict) else enumerate(values, start=3)
    for i, value in items:
        table[i][column] = value
    return table


def files() -> list[Case]:
    good, plain = rows(), text(rows())
    lines = plain.split("\n")
    dates = lambda v, c: date.fromisoformat(v) if c in (1, 3) and v else v or None  # noqa: E731
    serials = lambda v, c: serial(v) if c in (1, 3) and v else v or None  # noqa: E731
    xlsx = workbook(good)
    cp1252 = text(_put(2, ["\u201ccontact\u201d", "d\u2019accord", "contact \u2013 phone"], rows())).encode("cp1252")
    mixed = text(_put(2, {4: "caf\u00e9"}, rows())).encode().replace(b"C00009,", b"C0\xe90009,")

    def quote_at(i, closed):
        changed = lines.copy()
        changed[i] = changed[i].replace(",", ',"', 1)
        if closed:
            changed[i + 3] = changed[i + 3].replace("contact", '"contact').replace("referral", '"referral')
        return "\n".join(changed).encode()

    def taken_in(first, last):
        table = [list(row) for row in good]
        lines = [",".join(row) for row in table]
        lines[first] = ",".join([*table[first][:2], '"' + table[first][2], table[first][3]])
        lines[last] = ",".join([*table[last][:2], table[last][2] + '"', table[last][3]])
        return "\n".join([",".join(HEADER), *lines, ""]).encode()

    def formulas(book):
        for row in book.active.iter_rows(min_row=2, min_col=2, max_col=2):
            row[0].value = "=DATE(2025,1,2)"

    def errors(book):
        for i, cell in enumerate(("B5", "B9", "C12")):
            book.active[cell].value = ("#N/A", "#REF!", "#VALUE!")[i]
            book.active[cell].data_type = "e"

    def mac(book):
        book.epoch = CALENDAR_MAC_1904

    laughs = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>'
    bomb = rezip(xlsx, lambda n, b: b + b" " * 60_000_000 if n.endswith("sheet1.xml") else b)
    sheet_xml = lambda n, b: laughs + b if n.endswith("sheet1.xml") else b  # noqa: E731
    preamble = [["Report of referrals"], ["Run on the system"], []]
    cut = "\n".join(lines[:61])
    return [
        Case("F1", "baseline", plain.encode(), same=True),
        Case("F2", "only whitespace", b" \r\n\t\n  ", refused="EMPTY_FILE"),
        Case("F2b", "no bytes", b"", refused="EMPTY_FILE"),
        Case("F2c", "a byte order mark alone", b"\xef\xbb\xbf\r\n", refused="EMPTY_FILE"),
        Case("F3", "header only", text([]).encode(), refused="NO_ROWS"),
        Case("F3b", "header and blank lines", text([]).encode() + b"\n,,,\n  \n", refused="NO_ROWS"),
        Case("F4", "double BOM", b"\xef\xbb\xbf" * 2 + plain.encode(), codes=("BOM_STRIPPED",), same=True),
        Case(
            "F5",
            "UTF-16 with BOM",
            text(good, delimiter="\t").encode("utf-16"),
            codes=("ENCODING_UTF16", "DELIMITER_TAB"),
            same=True,
        ),
        Case("F5b", "UTF-16 without BOM", plain.encode("utf-16-le"), codes=("ENCODING_UTF16",), same=True),
        Case("F6", "cp1252 smart quotes", cp1252, codes=("ENCODING_CP1252",)),
        Case("F7", "one non-UTF-8 byte", mixed, kept=59, quarantined=1, codes=("ENCODING_MIXED",)),
        Case("F8", "tab delimited", text(good, delimiter="\t").encode(), codes=("DELIMITER_TAB",), same=True),
        Case("F8b", "semicolons", text(good, delimiter=";").encode(), codes=("DELIMITER_SEMICOLON",), same=True),
        Case("F9", "pipe delimited", text(good, delimiter="|").encode(), codes=("DELIMITER_PIPE",), same=True),
        Case(
            "F10",
            "mixed line ends",
            "".join(line + ("\r\n", "\n", "\r")[i % 3] for i, line in enumerate(lines[:-1])).encode(),
            same=True,
        ),
        Case("F11", "trailing delimiter", "\n".join([lines[0], *(f"{x}," for x in lines[1:-1])]).encode(), same=True),
        Case("F12", "totals footer", (plain + "Total,60,,\n").encode(), quarantined=1, codes=("FOOTER_ROW",)),
        Case("F12b", "a footer of one field", (plain + "Total: 60\n").encode(), quarantined=1, codes=("FOOTER_ROW",)),
        Case(
            "F12c",
            "two lines of footer",
            (plain + "\nGrand total,,,60\nEnd of report,,,\n").encode(),
            quarantined=2,
            codes=("FOOTER_ROW", "BLANK_LINE"),
        ),
        Case(
            "F13",
            "an extra field",
            plain.replace("C00009,", "C00009,x,").encode(),
            kept=59,
            quarantined=1,
            codes=("FIELD_COUNT",),
        ),
        Case(
            "F13b",
            "a field too few",
            plain.replace("C00009,", "").encode(),
            kept=59,
            quarantined=1,
            codes=("FIELD_COUNT",),
        ),
        Case("F14", "stray quote that closes", quote_at(10, True), refused="UNBALANCED_QUOTE"),
        Case(
            "F14b",
            "stray quotes that take in three records and leave the fields whole",
            taken_in(10, 13),
            refused="UNBALANCED_QUOTE",
            names=("line 12",),
        ),
        Case("F14c", "stray quotes that take in one record", taken_in(10, 11), refused="UNBALANCED_QUOTE"),
        Case("F15", "unclosed quote", quote_at(10, False), refused="UNBALANCED_QUOTE", names=("cases.csv",)),
        Case(
            "F16",
            "NUL byte",
            plain.replace("C00009", "C0\x000009").encode(),
            kept=59,
            quarantined=1,
            codes=("CONTROL_CHARACTER",),
        ),
        Case(
            "F17",
            "Ctrl-Z in the middle",
            plain.replace("C00009", "C0\x1a0009").encode(),
            kept=59,
            quarantined=1,
            codes=("CONTROL_CHARACTER",),
        ),
        Case("F17b", "Ctrl-Z at the end", (plain + "\x1a").encode(), codes=("CONTROL_CHARACTER",), same=True),
        Case(
            "F18",
            "300 kB field",
            text(_put(2, {9: "x" * 300_000})).encode(),
            kept=59,
            quarantined=1,
            codes=("FIELD_TOO_LONG",),
        ),
        Case("F19", "HTML page", b"<!DOCTYPE html>\n<html><body>Log in</body></html>", refused="NOT_TABULAR"),
        Case("F19b", "JSON", b'[{"id": 1}]', refused="NOT_TABULAR"),
        Case(
            "F20",
            "blank lines",
            plain.replace("C00020", "\n   \n,,,\nC00020").encode(),
            codes=("BLANK_LINE",),
            same=True,
        ),
        Case("F21", "gzip bomb", gzip.compress(bytes(24_000_000)), refused="DECOMPRESSION_LIMIT"),
        Case(
            "F21b",
            "gzip bomb by its name",
            gzip.compress(bytes(24_000_000)),
            name="cases.csv.gz",
            refused="DECOMPRESSION_LIMIT",
        ),
        Case("F22", "CSV named xlsx", plain.encode(), name="cases.xlsx", codes=("EXTENSION_MISMATCH",), same=True),
        Case("F22b", "xlsx named CSV", xlsx, codes=("EXTENSION_MISMATCH",), same=True),
        Case("F22c", "a pickle", b"\x80\x04\x95", name="cases.pkl", refused="EXTENSION_MISMATCH"),
        Case("F23", "workbook with text dates", xlsx, name="cases.xlsx", same=True),
        Case("F23b", "workbook with dates", workbook(good, convert=dates), name="cases.xlsx", same=True),
        Case("F24", "1904 dates", workbook(good, convert=dates, change=mac), name="cases.xlsx", same=True),
        Case(
            "F24b",
            "1904 serials",
            workbook(good, convert=lambda v, c: serial(v) - 1462 if c in (1, 3) and v else v or None, change=mac),
            name="cases.xlsx",
            codes=("EXCEL_SERIAL",),
            same=True,
        ),
        Case("F25", "serials", workbook(good, convert=serials), name="cases.xlsx", codes=("EXCEL_SERIAL",), same=True),
        Case(
            "F26",
            "formulas without values",
            workbook(good, change=formulas),
            name="cases.xlsx",
            refused="FORMULA_NO_VALUE",
        ),
        Case(
            "F27",
            "Excel errors",
            workbook(good, change=errors),
            name="cases.xlsx",
            kept=57,
            quarantined=3,
            codes=("EXCEL_ERROR",),
        ),
        Case(
            "F28",
            "two sheets",
            workbook(good, sheets=("Referrals", "Referrals (2)")),
            name="cases.xlsx",
            refused="AMBIGUOUS_SHEET",
            names=("Referrals", "Referrals (2)"),
        ),
        Case(
            "F29",
            "no such sheet",
            workbook(good, sheets=("Cover",)),
            name="cases.xlsx",
            more='sheet = "Referrals"',
            refused="SHEET_NOT_FOUND",
            names=("Cover",),
        ),
        Case(
            "F29b",
            "no sheet with the columns",
            workbook([["x"]], header=["note"], sheets=("Cover",)),
            name="cases.xlsx",
            refused="SHEET_NOT_FOUND",
            names=("Cover",),
        ),
        Case(
            "F29c",
            "a hidden twin",
            workbook(good, sheets=("Referrals", "Old"), change=lambda b: setattr(b["Old"], "sheet_state", "hidden")),
            name="cases.xlsx",
            codes=("HIDDEN_SHEET_IGNORED",),
            same=True,
        ),
        Case(
            "F30",
            "titles above",
            workbook(good, above=preamble),
            name="cases.xlsx",
            codes=("PREAMBLE_SKIPPED",),
            same=True,
        ),
        Case(
            "F30b",
            "titles above, CSV",
            ("Report of referrals\nRun on the system\n\n" + plain).encode(),
            codes=("PREAMBLE_SKIPPED",),
            same=True,
        ),
        Case(
            "F31",
            "macros",
            rezip(xlsx, lambda n, b: b, {"xl/vbaProject.bin": b"\xd0\xcf"}),
            name="cases.xlsm",
            codes=("MACRO_IGNORED",),
            same=True,
        ),
        Case("F32", "billion laughs", rezip(xlsx, sheet_xml), name="cases.xlsx", refused="XML_FORBIDDEN"),
        Case("F33", "zip bomb", bomb, name="cases.xlsx", refused="DECOMPRESSION_LIMIT"),
        Case("F34", "truncated workbook", xlsx[: len(xlsx) // 2], name="cases.xlsx", refused="CORRUPT_FILE"),
        Case(
            "F34b", "damaged workbook", xlsx[:400] + bytes(200) + xlsx[600:], name="cases.xlsx", refused="CORRUPT_FILE"
        ),
        Case(
            "F35",
            "password",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
            name="cases.xlsx",
            refused="ENCRYPTED_OR_LEGACY",
        ),
        Case("F36", "cut in a line", cut[:-12].encode(), kept=59, quarantined=1, codes=("TRUNCATED_FILE",)),
        Case(
            "F37",
            "headings again",
            "\n".join([*lines[:30], lines[0], *lines[30:]]).encode(),
            quarantined=1,
            codes=("REPEATED_HEADER",),
        ),
        Case(
            "F38", "a newline in a quoted field", text(_put(2, {9: "con\ntact"})).encode(), codes=("NEWLINE_IN_FIELD",)
        ),
        Case(
            "F39",
            "sep= line",
            b"sep=;\n" + text(good, delimiter=";").encode(),
            codes=("PREAMBLE_SKIPPED", "DELIMITER_SEMICOLON"),
            same=True,
        ),
    ]


def columns() -> list[Case]:
    good = rows()
    without = lambda i: text([r[:i] + r[i + 1 :] for r in good], HEADER[:i] + HEADER[i + 1 :]).encode()  # noqa: E731
    extra = [[*r, f"{CANARY} {i}", "1 High Street"] for i, r in enumerate(good)]
    return [
        Case("C1", "no event_date", without(1), refused="MISSING_COLUMN", names=("event_date",)),
        Case("C2", "no event_type", without(2), refused="MISSING_COLUMN", names=("event_type",)),
        Case(
            "C2b",
            "no event_type, workbook",
            workbook([r[:2] + r[3:] for r in good], HEADER[:2] + HEADER[3:]),
            name="cases.xlsx",
            refused="MISSING_COLUMN",
            names=("event_type",),
        ),
        Case(
            "C3",
            "odd headers",
            text(good, ["\u00a0id", "event\u200b_date", "event_type\n", "Completed_Date "]).encode(),
            codes=("COLUMN_RENAMED",),
            same=True,
        ),
        Case(
            "C3b",
            "the same column twice",
            text([[*r, r[1]] for r in good], [*HEADER, "Event_Date "]).encode(),
            same=True,
        ),
        Case(
            "C3c",
            "two that are alike",
            text([[*r, r[1]] for r in good], [*HEADER, "event_date"]).encode(),
            refused="AMBIGUOUS_COLUMN",
            names=("event_date",),
        ),
        Case("C4", "another order", text([r[::-1] for r in good], HEADER[::-1]).encode(), same=True),
        Case(
            "C5",
            "personal columns",
            text(extra, [*HEADER, "Forename", "Address"]).encode(),
            codes=("COLUMN_DROPPED",),
            same=True,
        ),
        Case(
            "C5b",
            "personal columns, and a row that is too long",
            text(extra, [*HEADER, "Forename", "Address"]).replace(f"{CANARY} 7", f"{CANARY} 7,{CANARY}").encode(),
            kept=59,
            quarantined=1,
            codes=("COLUMN_DROPPED", "FIELD_COUNT"),
        ),
        Case(
            "C6",
            "blank header",
            text([[*r, "x"] for r in good], [*HEADER, ""]).encode(),
            codes=("COLUMN_DROPPED",),
            same=True,
        ),
        Case(
            "C7",
            "swapped columns",
            text([[r[0], r[2], r[1], r[3]] for r in good]).encode(),
            refused="COLUMN_UNPARSEABLE",
            names=("event_date",),
        ),
        Case(
            "C8",
            "script in a header",
            text([[*r, "x", "y"] for r in good], [*HEADER, "<script>alert(1)</script>", "=1+1"]).encode(),
            codes=("COLUMN_DROPPED",),
            same=True,
        ),
    ]


def values() -> list[Case]:
    good = rows()
    month_first = lambda v: date.fromisoformat(v).strftime("%m/%d/%Y") if v else ""  # noqa: E731
    us = [[r[0], month_first(r[1]), r[2], month_first(r[3])] for r in good]
    uk = [[r[0], day_first(r[1]), r[2], r[3]] for r in good]
    dummies = ["1900-01-01", "01/01/1900", "9999-12-31", "1899-12-30", "2099-12-31", "00/00/0000"]
    stamps = ["2025-06-30T23:30:00Z", "2025-07-01 00:30:00+01:00", "2025-10-26T00:30:00Z", "2025-03-31 23:59:59"]
    worded = ["today", "12:30", "last Tuesday", "Q3 2025", "31/02/2025", "2025-13-01", CANARY]
    migrated = [[*r[:3], "2025-11-03" if i < 25 else r[3]] for i, r in enumerate(good)]
    gap = [r for r in good if r[1][:7] not in ("2025-03", "2025-04", "2025-05")]
    more = [[f"D{i:05d}", f"2026-04-{i + 1:02d}", "contact", ""] for i in range(12)]
    busy = [["C00099", "2025-09-10", f"{TYPES[i % 3]}", f"2025-10-{i + 1:02d}"] for i in range(25)]
    free = [[*r[:2], f"{CANARY} rang about number {i}", r[3]] for i, r in enumerate(good)]
    long_ids = [[f"1234567890123{i:04d}", *r[1:]] for i, r in enumerate(good)]
    mapping = {"types.csv": "raw,category\ncontact,contact\nreferral,referral\nassessment,assessment\n"}
    mapped = {"more": 'categories = "types.csv"', "beside": mapping}
    spellings = ["Referral", "REFERRAL ", "refferal", "referal", " contact", "Contact."]
    formulas = ['=HYPERLINK("http://x.example","y")', "+1+1", "@SUM(A1)", "-2+3", "=1+1"]
    scripts = ["<script>alert(1)</script>", "<b>contact</b>", "<img src=x onerror=alert(1)>"]
    statements = ["'; DROP TABLE cases; --", "contact' OR '1'='1", "1; select 1"]
    strange = ["\u202econtact", "asse\u0301ssment", "r\u0435ferral", "contact \U0001f6a9", "con\u00adtact"]
    cases = [
        Case("V1", "month first", text(us).encode(), refused="DATE_ORDER_CONFLICT", names=("event_date",)),
        Case(
            "V2",
            "a few month first",
            text(_put(1, ["02/13/2025", "04/31/2025"], uk)).encode(),
            kept=58,
            quarantined=2,
            codes=("DATE_UNPARSEABLE", "DATE_ORDER_CONFLICT"),
        ),
        Case(
            "V2b",
            "only dates that fit both",
            text([[r[0], "03/04/2025", r[2], r[3]] for r in good]).encode(),
            codes=("ASSUMED_DAY_FIRST",),
        ),
        Case(
            "V3",
            "two-digit years",
            text(_put(1, ["03/04/25", "12-Mar-68", "1.2.24"])).encode(),
            kept=57,
            quarantined=3,
            codes=("TWO_DIGIT_YEAR",),
        ),
        Case(
            "V4",
            "serials as text",
            text([[r[0], str(serial(r[1])), r[2], str(serial(r[3])) if r[3] else ""] for r in good]).encode(),
            codes=("EXCEL_SERIAL",),
            same=True,
        ),
        Case("V5", "leap day", text(_put(1, ["29/02/2024", "2024-02-29"])).encode()),
        Case("V6", "sentinel dates", text(_put(1, dummies)).encode(), kept=54, quarantined=6, codes=("DUMMY_DATE",)),
        Case(
            "V6b",
            "an event of the far future",
            text(_put(1, ["2035-05-04"])).encode(),
            kept=59,
            quarantined=1,
            codes=("FUTURE_DATE",),
        ),
        Case("V7", "time stamps", text(_put(1, stamps)).encode(), codes=("TIME_DROPPED", "TZ_CONVERTED")),
        Case("V8", "worded dates", text(_put(1, worded)).encode(), kept=53, quarantined=7, codes=("DATE_UNPARSEABLE",)),
        Case(
            "V9",
            "completed before event",
            text(_put(3, ["2024-01-01", "2024-02-01", "2023-03-05"])).encode(),
            codes=("NEGATIVE_DURATION",),
        ),
        Case(
            "V10",
            "sentinel and future completed",
            text(_put(3, ["9999-12-31", "1900-01-01", "2026-12-24"])).encode(),
            codes=("DUMMY_DATE", "FUTURE_DATE"),
        ),
        Case("V10b", "worded completed", text(_put(3, ["open", "ongoing"])).encode(), codes=("DATE_UNPARSEABLE",)),
        Case("V11", "17-digit identifiers", text(long_ids).encode()),
        Case(
            "V11b",
            "17-digit identifiers that Excel has cut",
            workbook(long_ids, convert=lambda v, c: float(v) if c == 0 else v or None),
            name="cases.xlsx",
            refused="NOTHING_LEFT",
        ),
        Case(
            "V12",
            "scientific notation",
            text(_put(0, ["1.23457E+11", "1E+15", "9.9e+10"])).encode(),
            kept=57,
            quarantined=3,
            codes=("ID_SCIENTIFIC",),
        ),
        Case("V12b", "decimal suffix", text(_put(0, ["12345.0", "777.00"])).encode(), codes=("ID_FLOAT_SUFFIX",)),
        Case("V12c", "told apart by case", text(_put(0, ["ab12", "AB12"])).encode(), codes=("ID_CASE_COLLISION",)),
        Case(
            "V13",
            "missing ids",
            text(_put(0, ["", " ", "NULL", "N/A", "nan", "None", "-"])).encode(),
            kept=53,
            quarantined=7,
            codes=("MISSING_ID",),
        ),
        Case(
            "V13b",
            "more words for nothing",
            text(_put(0, ["#N/A", "unknown", "0", "?", "n/k", ".", "\u00a0"])).encode(),
            kept=53,
            quarantined=7,
            codes=("MISSING_ID",),
        ),
        Case(
            "V14",
            "invisible characters",
            text(_put(0, ["C00003\u00a0", "\u200bC00004", "C00005\ufeff"])).encode(),
            codes=("WHITESPACE_STRIPPED",),
            same=True,
        ),
        Case("V15", "five duplicates", text([*good, *good[10:15]]).encode(), quarantined=5, codes=("DUPLICATE_ROW",)),
        Case("V16", "the file twice", text([*good, *good]).encode(), quarantined=60, codes=("DUPLICATE_ROW",)),
        Case(
            "V16b",
            "the file twice with its headings",
            (text(good) + text(good)).encode(),
            quarantined=61,
            codes=("DUPLICATE_ROW", "REPEATED_HEADER"),
        ),
        Case(
            "V17",
            "same id and day, another type",
            text([*good, *([*r[:2], TYPES[(i + 1) % 3], r[3]] for i, r in enumerate(good[:3]))]).encode(),
            kept=63,
        ),
        Case(
            "V17b",
            "nearly the same",
            text([*good, [*good[5][:3], "2025-12-12"]]).encode(),
            kept=61,
            codes=("NEAR_DUPLICATE",),
        ),
        Case("V18", "spellings", text(_put(2, spellings)).encode(), codes=("TYPE_MAPPED", "TYPE_UNKNOWN")),
        Case(
            "V18m",
            "spellings, mapped",
            text(_put(2, spellings)).encode(),
            codes=("TYPE_MAPPED", "TYPE_UNKNOWN"),
            **mapped,
        ),
        Case("V19", "formulas", text(_put(2, formulas)).encode(), codes=("TYPE_UNKNOWN",)),
        Case("V19m", "formulas, mapped", text(_put(2, formulas)).encode(), codes=("TYPE_UNKNOWN",), **mapped),
        Case("V20", "markup", text(_put(2, scripts)).encode(), codes=("TYPE_UNKNOWN",)),
        Case("V21", "SQL", text(_put(2, statements)).encode(), codes=("TYPE_UNKNOWN",)),
        Case("V22", "look-alikes", text(_put(2, strange)).encode(), codes=("TYPE_UNKNOWN", "NORMALISED")),
        Case("V23", "free text", text(free).encode(), refused="TYPE_CARDINALITY", names=("event_type",)),
        Case(
            "V23b",
            "a sentence among types",
            text(_put(2, {4: f"{CANARY} " * 12})).encode(),
            codes=("FREE_TEXT_SUSPECTED", "TYPE_UNKNOWN"),
        ),
        Case("V23c", "no type", text(_put(2, ["", "n/a"])).encode(), codes=("MISSING_TYPE",)),
        Case("V24", "bulk closure", text(migrated).encode(), codes=("BULK_CLOSE",)),
        Case("V24b", "bulk entry", text(_put(1, ["2025-11-03"] * 20)).encode(), codes=("BULK_ENTRY",)),
        Case("V25", "three empty months", text(gap).encode(), kept=len(gap), codes=("MONTH_GAP",)),
        Case(
            "V26",
            "extract on the 12th",
            text([*good, *more]).encode(),
            kept=72,
            as_at=date(2026, 4, 12),
            codes=("PARTIAL_MONTH",),
        ),
        Case(
            "V26b",
            "extract on the 12th, as at the end",
            text([*good, *more]).encode(),
            kept=72,
            as_at=date(2026, 4, 30),
            codes=("PARTIAL_MONTH",),
        ),
        Case(
            "V26c",
            "extract on the 12th, as at before it",
            text([*good, *more]).encode(),
            kept=72,
            codes=("PARTIAL_MONTH", "FUTURE_DATE"),
        ),
        Case("V27", "one busy child", text([*good, *busy]).encode(), kept=85, codes=("DOMINANCE",)),
        Case("V28", "all rows invalid", text(_put(0, {i: "" for i in range(60)})).encode(), refused="NOTHING_LEFT"),
        Case("V28b", "no dates", text(_put(1, {i: "" for i in range(60)})).encode(), refused="NOTHING_LEFT"),
        Case(
            "V28c",
            "dummies alone",
            text(_put(1, {i: "1900-01-01" for i in range(60)})).encode(),
            refused="NOTHING_LEFT",
        ),
        Case("V29", "nothing completed", text(_put(3, {i: "" for i in range(60)})).encode(), codes=("ALL_NULL",)),
        Case("V30", "two ways to write a date", text(uk[:30] + good[30:]).encode(), codes=("MIXED_DATE_TYPES",)),
    ]
    return cases


@functools.cache
def cases() -> list[Case]:
    """Return every case."""
    return [*files(), *columns(), *values()]


def shuffled(data: bytes, seed: int) -> bytes:
    """Return a CSV with its rows in another order."""
    header, *body = data.decode().strip("\n").split("\n")
    random.Random(seed).shuffle(body)
    return "\n".join([header, *body, ""]).encode()
