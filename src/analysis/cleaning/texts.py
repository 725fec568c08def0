"""Text: invisible characters, missing words, identifiers."""

import re
import unicodedata
from typing import Any

import numpy as np
import pandas as pd

from ..config import NUMBER_ROLES
from .log import CleaningLog

PLAIN = r"(?:[!-~]+(?: [!-~]+)*)?"  # printable ASCII with single spaces inside: nothing to tidy
ZERO_WIDTH = re.compile(r"[\u200b-\u200d\u2060\ufeff]")
DIRECTION = re.compile(
    r"[\u00ad\u061c\u180e\u200e\u200f\u202a-\u202e\u2061-\u2064\u2066-\u2069]"
)  # and the soft hyphen
HYPHENS = re.compile(r"[-\u2010-\u2015_]")  # stand for a space between words
NO_LETTERS = re.compile(r"['\u2018\u2019`\u00b4.,]")  # are written or left out
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
ORDINARY_ID = r"[A-Z]{0,6}[-/]?\d*[1-9]\d*"  # neither missing, nor cut, nor a decimal, nor told apart by case
ENOUGH = 1_000  # values that show what the identifiers of a file look like
MOSTLY = 0.9  # of them
TOTAL = re.compile(r"\W*((grand|sub|overall)[ -]?)?totals?\W*", re.IGNORECASE)
FLOAT_SUFFIX = r"\d+\.0+"


def fold(text: str) -> str:
    """Return text as it is compared: without case, accents' encoding, invisible characters and double spaces.

    >>> fold(" REFERRAL\\u200b ")
    'referral'
    """
    return unicodedata.normalize("NFKC", _tidy(text)).casefold()


def fold_name(text: str) -> str:
    """Return the name of a place, a team or an agency as it is compared: without accents and punctuation as well.

    >>> fold_name("St. Mary\u2019s & Ynys M\u00f4n"), fold_name("ST MARYS AND YNYS-MON")
    ('st marys and ynys mon', 'st marys and ynys mon')
    """
    letters = "".join(c for c in unicodedata.normalize("NFKD", fold(text)) if not unicodedata.combining(c))
    return " ".join(NO_LETTERS.sub("", HYPHENS.sub(" ", letters.replace("&", " and "))).split())


def _tidy(text: str) -> str:
    shown = DIRECTION.sub("", ZERO_WIDTH.sub("", unicodedata.normalize("NFC", text)))
    return " ".join(shown.split())


def tidy(log: CleaningLog, role: str) -> None:
    """Strip and collapse white space, drop what cannot be seen, compose accents; each change is written down."""
    column = log.column(role)
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
    log.change(column.spread(changed & ~normalised), role, "WHITESPACE_STRIPPED", text)
    log.change(column.spread(normalised), role, "NORMALISED", text)


def missing(values: pd.Series) -> np.ndarray:
    """Say which values are a word for nothing."""
    return values.str.lower().isin(MISSING_WORDS).to_numpy(dtype=bool)


def set_aside_errors(log: CleaningLog) -> None:
    """Set aside rows in which Excel could not work out who, when or what; elsewhere the cell is emptied."""
    for role in log.text:
        column = log.column(role)
        where = column.values.isin(EXCEL_ERRORS).to_numpy(dtype=bool)
        if where.any():
            if role == "child":
                log.flag(column.spread(where), role, "EXCEL_ERROR")
                log.set_aside(column.spread(where & (column.values == "#N/A").to_numpy(dtype=bool)), "MISSING_ID")
            if role in NUMBER_ROLES and log.dataset.kind == "counts":
                log.flag(column.spread(where), role, "EXCEL_ERROR")  # the row stays: its period has no figure
            elif role in (*log.dataset.essential_roles, "snapshot"):
                log.set_aside(column.spread(where), "EXCEL_ERROR")
            else:
                log.change(column.spread(where), role, "EXCEL_ERROR", column.text(column.values.mask(where, "")))


def restore_zeros(log: CleaningLog) -> None:
    """Put back the zeros in front of numbers that a file lost, where others of the dataset have them at one width.

    The evidence: every number of the other files has that width, some with zeros in front; this file's numbers have
    none and are shorter; and filled up, some are children of the others. Without it they are flagged as they are.
    """
    column, file = log.column("child"), log.rows["file"].cat.codes.to_numpy()
    values = column.values
    if not values.str.startswith("0").any():
        return
    number = values.str.fullmatch(r"\d+").to_numpy(dtype=bool)
    zeros = number & values.str.fullmatch(r"0+[1-9]\d*").to_numpy(dtype=bool)
    if not zeros.any():
        return
    bare = values.str.lstrip("0")
    twins = number & (bare.isin(bare[zeros]) & bare.duplicated(keep=False)).to_numpy(dtype=bool)
    if not twins.any():
        return
    length = values.str.len().to_numpy()
    padded = np.array([bool(zeros[column.codes[(file == f) & log.kept]].any()) for f in range(file.max() + 1)])
    width = np.unique(length[column.codes[padded[file] & number[column.codes]]])
    lost = ~padded[file] & number[column.codes] & log.kept
    if (
        len(width) == 1
        and (length[column.codes[lost]] <= width[0]).all()
        and (length[column.codes[lost]] < width[0]).any()
    ):
        log.change(
            lost & (length[column.codes] < width[0]),
            "child",
            "ID_ZEROS_RESTORED",
            column.text(values.str.zfill(width[0])),
        )
    else:
        log.flag(column.spread(twins) & log.kept, "child", "ID_LEADING_ZEROS")


def identifiers(log: CleaningLog) -> None:
    """Check the identifiers: missing, cut by Excel, written as decimals, or told apart by case alone."""
    column = log.column("child")
    odd = ~np.array(column.values.str.fullmatch(ORDINARY_ID), dtype=bool)
    if not odd.any():
        return
    values, plain_numbers = column.values[odd], column.values.iloc[:ENOUGH].str.fullmatch(r"\d+").mean() > MOSTLY

    def where(fits: Any) -> np.ndarray:
        found = np.zeros(len(odd), dtype=bool)
        found[odd] = fits
        return column.spread(found) if found.any() else np.zeros(len(log.rows), dtype=bool)

    totals = where(np.array(values.str.fullmatch(TOTAL.pattern, flags=re.IGNORECASE), dtype=bool)) & log.kept
    if totals.any() and log.dataset.event_role:  # a subtotal has no date; a child may be called anything
        dates = log.text[log.dataset.event_role][totals]
        totals[totals] = ~np.array(dates.str.fullmatch(r"\d{1,4}\D.*\d.*"), dtype=bool)
        log.set_aside(totals, "FOOTER_ROW")
    log.set_aside(where(missing(values) | np.array(values.str.fullmatch("0+"), dtype=bool)), "MISSING_ID")
    cut = np.array(values.str.fullmatch(SCIENTIFIC.pattern), dtype=bool)
    if plain_numbers:  # among plain numbers even 5E11 is one of Excel's
        cut |= np.array(values.str.fullmatch(r"\d[eE]\d{1,2}"), dtype=bool)
    log.set_aside(where(cut), "ID_SCIENTIFIC")
    if (decimal := np.array(values.str.fullmatch(FLOAT_SUFFIX), dtype=bool)).any():
        text = column.text(column.values.str.replace(r"^(\d+)\.0+$", r"\1", regex=True))
        log.change(where(decimal), "child", "ID_FLOAT_SUFFIX", text)
    if (small := np.array(values.str.contains("[a-z]"), dtype=bool)).any():
        lower = column.values.str.lower()
        twins = np.array(lower.duplicated(keep=False) & lower.isin(lower[odd][small]), dtype=bool)
        if (collide := column.spread(twins) & log.kept).any():
            log.flag(collide, "child", "ID_CASE_COLLISION")
