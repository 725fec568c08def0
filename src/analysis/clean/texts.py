"""Text: invisible characters, missing words, identifiers."""

import re
import unicodedata

import numpy as np
import pandas as pd

from .desk import Column, Desk

PLAIN = r"(?:[!-~]+(?: [!-~]+)*)?"  # printable ASCII with single spaces inside: nothing to tidy
ZERO_WIDTH = re.compile(r"[\u200b-\u200d\u2060\ufeff]")
DIRECTION = re.compile(
    r"[\u00ad\u061c\u180e\u200e\u200f\u202a-\u202e\u2061-\u2064\u2066-\u2069]"
)  # and the soft hyphen
MISSING_WORDS = {
    *(
        "",
        "na",
        "n/a",
        "n.a.",
        "n.a",
        "#n/a",
        "<na>",
        "null",
        "(null)",
        "none",
        "nan",
        "nat",
        "nil",
        "-",
        "--",
        ".",
        "?",
    ),
    *("unknown", "not known", "not recorded", "n/k", "nk", "missing", "blank", "(blank)", "tbc", "\u2013", "\u2014"),
}
EXCEL_ERRORS = {
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
}
# 1.23457E+11 is what Excel shows of a long number; the digits that are not shown are lost. 06E10 may be a real code.
SCIENTIFIC = re.compile(r"\d+(\.\d+)?[eE][+-]\d+|\d+\.\d+[eE]\d+")
FLOAT_SUFFIX = r"\d+\.0+"


def fold(text: str) -> str:
    """Return text as it is compared: without case, accents' encoding, invisible characters and double spaces.

    >>> fold(" REFERRAL\\u200b ")
    'referral'
    """
    return unicodedata.normalize("NFKC", _tidy(text)).casefold()


def _tidy(text: str) -> str:
    shown = DIRECTION.sub("", ZERO_WIDTH.sub("", unicodedata.normalize("NFC", text)))
    return " ".join(shown.split())


def tidy(desk: Desk, role: str) -> None:
    """Strip and collapse white space, drop what cannot be seen, compose accents; each change is written down."""
    column = Column(desk.text[role])
    odd = ~column.values.str.fullmatch(PLAIN).to_numpy(dtype=bool)
    if not odd.any():
        return
    before = column.values[odd]
    after = before.map(_tidy)
    deep = before.map(lambda t: unicodedata.normalize("NFC", t) != t or bool(DIRECTION.search(t)))
    if role == "child":  # an identifier has no accents to compose: whatever cannot be seen is white space there
        deep = before.map(lambda t: unicodedata.normalize("NFC", t) != t)
    changed, whole = np.zeros(len(odd), dtype=bool), column.values.copy()
    whole[odd] = after
    changed[odd] = (after != before).to_numpy(dtype=bool)
    normalised = changed.copy()
    normalised[odd] &= deep.to_numpy(dtype=bool)
    text = column.text(whole)
    desk.change(column.spread(changed & ~normalised), role, "WHITESPACE_STRIPPED", text)
    desk.change(column.spread(normalised), role, "NORMALISED", text)


def missing(values: pd.Series) -> np.ndarray:
    """Say which values are a word for nothing."""
    return values.str.lower().isin(MISSING_WORDS).to_numpy(dtype=bool)


def set_aside_errors(desk: Desk) -> None:
    """Set aside rows in which Excel could not work out who, when or what; elsewhere the cell is emptied."""
    for role in desk.text:
        column = Column(desk.text[role])
        where = column.values.isin(EXCEL_ERRORS).to_numpy(dtype=bool)
        if where.any():
            if role == "child":
                desk.flag(column.spread(where), role, "EXCEL_ERROR")
                desk.set_aside(column.spread(where & (column.values == "#N/A").to_numpy(dtype=bool)), "MISSING_ID")
            if role in (*desk.dataset.essential_roles, "snapshot"):
                desk.set_aside(column.spread(where), "EXCEL_ERROR")
            else:
                desk.change(column.spread(where), role, "EXCEL_ERROR", column.text(column.values.mask(where, "")))


def identifiers(desk: Desk) -> None:
    """Check the identifiers: missing, cut by Excel, written as decimals, or told apart by case alone."""
    column = Column(desk.text["child"])
    values = column.values
    absent = missing(values) | values.str.fullmatch("0+").to_numpy(dtype=bool)
    desk.set_aside(column.spread(absent), "MISSING_ID")
    if not absent.all():
        digits = values[~absent].str.fullmatch(r"\d+").mean()
        cut = values.str.fullmatch(SCIENTIFIC.pattern).to_numpy(dtype=bool)
        if digits > 0.9:  # among plain numbers even 5E11 is one of Excel's
            cut = cut | values.str.fullmatch(r"\d[eE]\d{1,2}").to_numpy(dtype=bool)
        desk.set_aside(column.spread(cut), "ID_SCIENTIFIC")
    decimal = values.str.fullmatch(FLOAT_SUFFIX).to_numpy(dtype=bool)
    if decimal.any():
        text = column.text(values.str.replace(r"\.0+$", "", regex=True))
        desk.change(column.spread(decimal), "child", "ID_FLOAT_SUFFIX", text)
        column = Column(desk.text["child"])
    letters = column.values.str.contains("[A-Za-z]").to_numpy(dtype=bool)
    if letters.any():
        twins = column.values[letters].str.lower().duplicated(keep=False)
        collide = np.zeros(len(letters), dtype=bool)
        collide[letters] = twins.to_numpy(dtype=bool)
        if collide.any():
            desk.flag(column.spread(collide) & desk.kept, "child", "ID_CASE_COLLISION")
