"""Figures as people write them, and the symbols that stand in their place: what is no number is never zero.

A comma between digits is read by the evidence of its column, as the order of dates is: 12,125 is a decimal beside 12,5.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import Refused
from ..kinds import kind_of
from .log import CleaningLog, Distinct
from .texts import EXCEL_ERRORS

BLANK, UNREADABLE, ROUNDS_TO_ZERO = "missing", "unreadable", "rounds to zero"
SUPPRESSED, NOT_AVAILABLE, NOT_APPLICABLE = "suppressed", "not available", "not applicable"
PROVISIONAL, ESTIMATED = "provisional", "estimated"
# Government Analysis Function, symbols in tables; before it GSS 2017, StatsWales and the Department for Education.
# What publishers use in several senses (~ # -) is not available: nothing more can be said of it.
SYMBOLS = {
    **dict.fromkeys(["", "null", "(null)", "nan", "nat", "none", "<na>", "blank", "(blank)", "missing"], BLANK),
    **dict.fromkeys(["c", "*", "**", "s", "supp", "suppressed", "conf", "confidential", "withheld"], SUPPRESSED),
    **dict.fromkeys(
        ["x", ":", "..", "...", "\u2026", "~", "#", "-", "--", "\u2013", "\u2014", "?", "w"], NOT_AVAILABLE
    ),
    **dict.fromkeys(
        ["n/a", "na", "n.a.", "n.a", "not available", "unavailable", "no data", "nd", "nil"], NOT_AVAILABLE
    ),
    **dict.fromkeys(["n/k", "nk", "not known", "unknown", "not recorded", "not returned", "tbc"], NOT_AVAILABLE),
    **dict.fromkeys([error.lower() for error in EXCEL_ERRORS], NOT_AVAILABLE),
    **dict.fromkeys(["z", ".", "not applicable"], NOT_APPLICABLE),
    **dict.fromkeys(["u", "low reliability", "unreliable"], "low reliability"),
    **dict.fromkeys(["k", "low"], ROUNDS_TO_ZERO),
}
_SIZE = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)"
SMALL = re.compile(  # <5, 1 to 5, fewer than six: a small number that is not told
    rf"[<\u2264]=? ?{_SIZE}|(?:(?:less|fewer) than|under|below|up to|at most) {_SIZE}|{_SIZE} (?:or|and) (?:less|fewer|under)"
    rf"|(?:between )?{_SIZE} ?(?:-|\u2013|to|and) ?{_SIZE}"
)
MARKS = re.compile(  # [p], (r), [note 3], or p, r, e behind a space: what is said of a figure that is given
    r"(?P<figure>.*[\d%)])(?P<marks>(?: ?\[(?:[prefbud]|er|ns|note ?\d+|\d+)\]| ?\([prefbu]\)| ?[pre])+)", re.IGNORECASE
)
AS_TEXT = re.compile(r"'(.*)|=?\"(.*)\"")  # how a spreadsheet is told to leave a figure alone
MARK_STATUS = {"p": PROVISIONAL, "e": ESTIMATED, "f": ESTIMATED}  # others (r, b, notes) leave the figure as it is
MINUS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"))
PERCENT = re.compile(r" ?(?:%|per ?cent|pc)$", re.IGNORECASE)
MONEY = re.compile(r"^([-+]?) ?(?:\u00a3|GBP) ?([-+]?)", re.IGNORECASE)
PLAIN = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)"
GROUPED = re.compile(r"[1-9]\d{0,2}(?:[ '\u2019]\d{3})+(?=$|[.,])")
POINT = re.compile(r"(?=\.?\d)(?:[1-9]\d{0,2}(?:,\d{3})+|\d*)(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
COMMA = re.compile(r"(?=,?\d)(?:[1-9]\d{0,2}(?:\.\d{3})+|\d*)(?:,\d+)?")
EITHER = r"[-+]?[1-9]\d{0,2}\.\d{3}"  # 12.125: a decimal, or thousands where the comma is the decimal
FEWEST_GROUPS = 3  # figures with three digits behind a point, and none with another number of them
LARGEST = 2**53  # beyond it a float skips whole numbers (IEEE 754): no count of people or pounds
MINORITY = 0.2  # of the proofs, as with the order of dates: fewer are slips, more are two ways of writing
CLOSER = 0.5  # of the spread (in logarithms): a reading under which the figures lie so much closer is the right one


@dataclass(frozen=True)
class Numerals:
    """A column's distinct values as figures.

    Attributes
    ----------
    number : numpy.ndarray
        Missing where there is none; a percentage as a fraction of one.
    status : numpy.ndarray
        "" for a number, or what is said of it, or why there is none.
    percent, marked : numpy.ndarray
        Which had a percent sign; which had a mark behind them.
    decimal_comma : bool or None
        How a comma was read; None where the column contradicts itself.
    assumed : bool
        Nothing proves how a comma is to be read, although the file is of a kind in which it may be a decimal.
    slips : numpy.ndarray
        Which prove the way of writing that the column does not have.
    perhaps_thousands : bool
        Nothing says whether the points in 1.940, 2.300 part thousands.
    """

    number: np.ndarray
    status: np.ndarray
    percent: np.ndarray
    marked: np.ndarray
    decimal_comma: bool | None
    assumed: bool
    slips: np.ndarray
    perhaps_thousands: bool


@dataclass(frozen=True)
class _Written:
    """One value taken apart: what it is with a decimal point, and what with a decimal comma."""

    point: float = np.nan
    comma: float = np.nan
    status: str = ""
    percent: bool = False
    marked: bool = False

    @property
    def proves_point(self) -> bool:
        return not np.isnan(self.point) and np.isnan(self.comma)

    @property
    def proves_comma(self) -> bool:
        return not np.isnan(self.comma) and np.isnan(self.point)

    @property
    def undecided(self) -> bool:
        return not np.isnan(self.point) and not np.isnan(self.comma) and self.point != self.comma


def read_numerals(values: pd.Series, weight: np.ndarray, *, semicolons: bool = False) -> Numerals:
    """Read a column's distinct values.

    Parameters
    ----------
    values : pandas.Series of str
    weight : numpy.ndarray
        How many rows hold each.
    semicolons : bool
        Semicolons separate the columns, as where the comma is the decimal.
    """
    plain = np.array(values.str.fullmatch(PLAIN), dtype=bool)
    number = pd.to_numeric(values.where(plain), errors="coerce").to_numpy(dtype=float, copy=True)
    status = np.full(len(values), "", dtype=object)
    percent, marked, slips = (np.zeros(len(values), dtype=bool) for _ in range(3))
    at = np.flatnonzero(~plain)
    written = [_take_apart(" ".join(v.split())) for v in values.iloc[at]]
    of_odd = weight[at]
    comma, assumed = _decimal_comma(written, of_odd, values[plain], weight[plain], number[plain], semicolons)
    groups = np.array(values.str.fullmatch(EITHER), dtype=bool) & plain
    pointed = plain & np.array(values.str.contains(".", regex=False), dtype=bool)
    perhaps, settled = False, any(w.proves_comma or w.proves_point or w.undecided for w in written)
    if not settled and weight[groups].sum() >= FEWEST_GROUPS and (groups == pointed).all():
        rest = number[plain & ~groups & (number != 0)]
        closer = len(rest) > 0 and _closer([*(number[groups] * 1000), *rest], [*number[groups], *rest])
        comma, assumed, perhaps = closer or semicolons, semicolons and not closer, not (closer or semicolons)
    for i, w in zip(at, written, strict=True):
        number[i] = w.comma if comma else w.point
        slips[i] = w.proves_point if comma else w.proves_comma
        percent[i], marked[i] = w.percent, w.marked
        status[i] = w.status if w.status or not np.isnan(number[i]) else UNREADABLE
    if comma:
        number[groups] = np.round(number[groups] * 1000)  # 1.001 * 1000 is no whole number
        slips |= pointed & ~groups
        number[slips], status[slips] = np.nan, UNREADABLE
    beyond = ~(np.abs(number) <= LARGEST) & (status == "")
    number[beyond], status[beyond] = np.nan, UNREADABLE
    number[status == ROUNDS_TO_ZERO] = 0.0
    return Numerals(number, status, percent, marked, comma, assumed, slips, perhaps)


def figures_of(text: pd.Series) -> pd.Series:
    """Return what a column of text holds of figures, NaN where it holds none."""
    place, values = pd.factorize(text.str.strip())
    values = pd.Series(values).astype("str")
    return pd.Series(read_numerals(values, np.bincount(place, minlength=len(values))).number[place], index=text.index)


def _take_apart(text: str) -> _Written:
    """Read one value both ways.

    >>> _take_apart("\\u00a31,200").point, _take_apart("(12)").point, _take_apart("12,5").comma, _take_apart("[c]").status
    (1200.0, -12.0, 12.5, 'suppressed')
    """
    if quoted := AS_TEXT.fullmatch(text):
        text = next(t for t in quoted.groups() if t is not None).strip()
    bare = text.lower()
    unbracketed = bare[1:-1].strip() if bare[:1] + bare[-1:] in ("[]", "()") else bare
    for symbol in (bare, unbracketed):
        if symbol in SYMBOLS and (symbol or not bare):
            return _Written(status=SYMBOLS[symbol])
        if SMALL.fullmatch(symbol):
            return _Written(status=SUPPRESSED)
    status, marks = "", MARKS.fullmatch(text)
    if marks:
        letters = re.findall(r"[a-z]+", marks["marks"].lower())
        text, status = marks["figure"], next((MARK_STATUS[x] for x in letters if x in MARK_STATUS), "")
    text, sign = text.translate(MINUS), 1
    if percent := bool(PERCENT.search(text)):
        text = PERCENT.sub("", text)
    if text.startswith("(") and text.endswith(")"):
        text, sign = text[1:-1].strip(), -1
        percent, text = percent or bool(PERCENT.search(text)), PERCENT.sub("", text)
    text = MONEY.sub(r"\1\2", text)
    if text[:1] in ("-", "+"):
        sign, text = (-sign if text[0] == "-" else sign), text[1:].strip()
    if groups := GROUPED.match(text):
        text = re.sub(r"\D", "", groups[0]) + text[groups.end() :]
    if not re.search(r"\d", text) or (sign < 0 and text[:1] in ("-", "+")):
        return _Written(status=UNREADABLE)
    whole = sign * (100 if percent else 1)
    point = float(text.replace(",", "")) / whole if POINT.fullmatch(text) else np.nan
    comma = float(text.replace(".", "").replace(",", ".")) / whole if COMMA.fullmatch(text) else np.nan
    if re.fullmatch(r"\d+", text) or "e" in text.lower():
        comma = point
    if np.isnan(point) and np.isnan(comma):
        return _Written(status=UNREADABLE)
    return _Written(point, comma, status, percent, bool(marks))


def _decimal_comma(
    written: list[_Written],
    weight: np.ndarray,
    plain: pd.Series,
    of_plain: np.ndarray,
    numbers: np.ndarray,
    semicolons: bool,
) -> tuple[bool | None, bool]:
    """Weigh the evidence of a column: is a comma the decimal? And is that assumed?"""
    comma = int(sum(n for w, n in zip(written, weight, strict=True) if w.proves_comma))
    undecided = int(sum(n for w, n in zip(written, weight, strict=True) if w.undecided))
    if not comma:
        if not (semicolons and undecided):
            return False, False
        either = [w for w in written if w.undecided]
        rest = numbers[np.isfinite(numbers) & (numbers != 0)]
        ways = [[*(getattr(w, way) for w in either), *rest] for way in ("comma", "point")]
        if len(numbers) and _closer(*ways):
            return True, False
        return False, True
    point = int(sum(n for w, n in zip(written, weight, strict=True) if w.proves_point))
    dotted = plain.str.contains(".", regex=False).to_numpy(dtype=bool)
    either = plain.str.fullmatch(EITHER).to_numpy(dtype=bool)
    point += int(of_plain[dotted & ~either].sum())
    undecided += int(of_plain[either].sum())
    if not point:
        return (True, False) if semicolons or comma > MINORITY * (comma + undecided) else (None, False)
    share = comma / (comma + point)
    return (False if share <= MINORITY else True if share >= 1 - MINORITY else None), False


def _closer(one: list[float], other: list[float]) -> bool:
    """Say whether figures lie much closer together in one reading than in the other."""
    return bool(np.ptp(np.log(np.abs(one))) < CLOSER * np.ptp(np.log(np.abs(other))))


def read_column(log: CleaningLog, role: str) -> tuple[Distinct, Numerals]:
    """Read a role as figures, and write down what was read by evidence or not at all.

    Raises
    ------
    Refused
        ``NUMBER_FORMAT_CONFLICT`` when some commas prove decimals and others thousands.
    """
    column = log.column(role)
    weight = np.bincount(column.codes[log.kept], minlength=len(column.values))
    semicolons = bool((log.table.audit["code"] == "DELIMITER_SEMICOLON").any())
    numerals = read_numerals(column.values, weight, semicolons=semicolons)
    if numerals.decimal_comma is None:
        first = log.rows.iloc[int(np.flatnonzero(column.spread(numerals.slips) & log.kept)[0])]
        raise Refused(
            f"{first['file']}: the column '{log.heading(role)}' has figures whose comma is a decimal, the first on line "
            f"{first['line']}, and others whose comma or point says the opposite. Write decimals with a point, 12.5, and "
            "thousands without a comma.",
            code="NUMBER_FORMAT_CONFLICT",
        )
    counts = [kind_of(name).count for name, _ in log.dataset.measured_rows]
    if numerals.perhaps_thousands and counts and all(counts):
        raise Refused(
            f"{log.rows['file'].iloc[0]}: the figures of the column '{log.heading(role)}' have three digits behind a point and "
            "may be thousands or fractions. Write thousands without a point, 1940.",
            code="NUMBER_FORMAT_CONFLICT",
        )
    if numerals.assumed:
        log.remark("ASSUMED_THOUSANDS", role=role)
    elif numerals.decimal_comma:
        log.remark("DECIMAL_COMMA", role=role)
    if numerals.marked.any():
        log.flag(column.spread(numerals.marked) & log.kept, role, "NUMBER_MARKED")
    return column, numerals
