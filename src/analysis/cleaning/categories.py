"""Categories: the user's own mapping, or else one spelling for each; what is not recognised is never shown.

A value that no list holds may be free text about a child. It is kept in the audit, and reads "not recognised" from
here on.
"""

import re
import unicodedata

import numpy as np
import pandas as pd

from ..errors import Refused
from .log import Column, Desk
from .spellings import commonest
from .texts import fold, missing

UNKNOWN_TYPE = "not recognised"
NOT_RECORDED = "not recorded"
FEW_ROWS = 20  # below it a column of different values proves nothing
FREE_TEXT_SHARE = 0.5  # distinct values among rows: more is no list of categories
MANY_TYPES = 50  # categories; the longest published code list of a return (sources of referral) has about 30
RARE_SHARE = 0.2  # of the rows in values of one row each: more is a long list, not slips of the pen
LONG = 80  # characters of a category; the longest published one is below it
LIKE_CODE = re.compile(r"^[=+@\t\r]|^-\S|[<>{};|\\$^~`]|--|://")  # formulas, markup, statements, addresses


def type_categories(desk: Desk) -> pd.Series:
    """Return the role `category`, mapped.

    Raises
    ------
    Refused
        ``TYPE_CARDINALITY`` for a column of free text.
    """
    column = desk.column("category")
    absent = missing(column.values)
    if absent.any():
        desk.flag(column.spread(absent) & desk.kept, "category", "MISSING_TYPE")
    folded = column.values.map(fold)
    weight = pd.Series(np.bincount(column.codes[desk.kept], minlength=len(absent)), index=column.values.index)
    _check_cardinality(desk, folded[~absent], weight)
    mapped, known = (
        _by_mapping(desk, column, folded) if desk.table.categories else _by_custom(desk, column, folded, weight)
    )
    mapped, known = mapped.mask(absent, NOT_RECORDED), known | absent
    long = (column.values.str.len() > LONG).to_numpy(dtype=bool) & ~known
    if long.any():
        desk.flag(column.spread(long) & desk.kept, "category", "FREE_TEXT_SUSPECTED")
    changed = known & ~absent & (mapped != column.values).to_numpy(dtype=bool)
    if (mapped == column.values).all():
        return desk.text["category"]
    text = column.text(mapped)
    for where, code in ((changed, "TYPE_MAPPED"), (~known, "TYPE_UNKNOWN")):
        if where.any():
            desk.change(column.spread(where) & desk.kept, "category", code, text)
    return text


def _check_cardinality(desk: Desk, folded: pd.Series, weight: pd.Series) -> None:
    rows, distinct = int(weight[folded.index].sum()), folded[weight[folded.index] > 0].nunique()
    heading = desk.heading("category")
    if rows >= FEW_ROWS and distinct > FREE_TEXT_SHARE * rows and not desk.table.categories:
        raise Refused(
            f"{desk.rows['file'].iloc[0]}: the column '{heading}' holds {distinct} different texts in {rows} rows, so "
            "it is free text and no list of types. Name another column, or map it with `categories`.",
            code="TYPE_CARDINALITY",
        )
    if distinct > MANY_TYPES:
        desk.remark("TYPE_CARDINALITY", role="category", after=f"{distinct} different values")


def _by_mapping(desk: Desk, column: Column, folded: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Apply the user's table: as written first, else folded; a category may also be written out."""
    exact = desk.table.categories
    loose: dict[str, str] = {}
    contested = set()
    for raw, category in exact.items():
        if loose.setdefault(fold(raw), category) != category:
            contested.add(fold(raw))
    written_out = {fold(c): c for c in [*desk.dataset.chosen("category"), *exact.values()]}
    loose = {**written_out, **{k: v for k, v in loose.items() if k not in contested}}
    mapped = pd.Series([exact.get(v, loose.get(f)) for v, f in zip(column.values, folded, strict=True)], dtype=object)
    known = mapped.notna().to_numpy(dtype=bool)
    return mapped.where(known, UNKNOWN_TYPE).astype("str"), known


def _by_custom(desk: Desk, column: Column, folded: pd.Series, weight: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Without a table: spellings that differ in case or spaces become the commonest; oddities are not recognised."""
    named = {fold(c): c for c in desk.dataset.chosen("category")}
    spelling = commonest(column.values, folded, weight.to_numpy()) | named
    mapped = folded.map(spelling).astype("str")
    rows = weight.groupby(folded).transform("sum").to_numpy()
    strange = column.values.map(lambda v: bool(LIKE_CODE.search(v)) or len(v) > LONG or _foreign(v)).to_numpy(
        dtype=bool
    )
    total, singles = int(weight.sum()), int(weight[rows == 1].sum())
    rare = (rows == 1) & (total >= FEW_ROWS) & (singles <= RARE_SHARE * total)
    known = folded.isin(named).to_numpy(dtype=bool) | ~(strange | rare)
    return mapped.where(known, UNKNOWN_TYPE).astype("str"), known


def _foreign(text: str) -> bool:
    """Say whether letters of another script, or pictures, stand in the text: look-alikes make twins of a category.

    >>> _foreign("Cymorth cynnar \\u0175"), _foreign("r\\u0435ferral")
    (False, True)
    """
    if text.isascii():
        return False
    return any(
        (unicodedata.category(c)[0] == "L" and not unicodedata.name(c, "").startswith("LATIN"))
        or unicodedata.category(c) in ("So", "Cn", "Co", "Cs", "Cf")
        for c in text
    )
