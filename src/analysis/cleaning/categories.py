"""Categories: the user's own mapping, or else one spelling for each; what is not recognised is never shown.

A value that no list holds may be free text about a child. It is kept in the audit, and reads "not recognised" from
here on.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ..config import Dataset
from ..errors import Refused
from ..shapes import AUDIT_COLUMNS, NOT_RECORDED, Cleaned
from .log import CleaningLog, Distinct
from .texts import fold, fold_name, missing

NAMES = frozenset({"area", "team", "source"})  # roles of names; of other parts, such as ages, a point may matter
UNKNOWN_TYPE = "not recognised"
FEW_ROWS = 20  # below it a column of different values proves nothing
FREE_TEXT_SHARE = 0.5  # distinct values among rows: more is no list of categories
MANY_TYPES = 50  # categories; the longest published code list of a return (sources of referral) has about 30
RARE_SHARE = 0.2  # of the rows in values of one row each: more is a long list, not slips of the pen
LONG = 80  # characters of a category; the longest published one is below it
LIKE_CODE = re.compile(r"^[=+@\t\r]|^-\S|[<>{};|\\$^~`]|--|://")  # formulas, markup, statements, addresses

PERSONAL = re.compile(  # of one person: a postcode, an address of mail, a date, a long number, a title, "re" and a name
    r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|@|\b\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})\b|(?:\d ?){9,}|(?i:\bdob\b)|"
    r"\b(?:Mr|Mrs|Ms|Miss|Dr)\.? [A-Z][a-z]|\b[Rr][Ee]:? (?!Ref|Open|Assess|Reg)[A-Z][a-z]"
)


def looks_personal(text: str) -> bool:
    """Say whether a text is perhaps about a person, and no name of a category, a source or a team.

    >>> looks_personal("contact from Jo Bloggs re CF10 1AA"), looks_personal("Police, re-referral 2019-2020")
    (True, False)
    """
    return len(text) > LONG or bool(PERSONAL.search(text))


def hide_free_text(log: CleaningLog, role: str) -> None:
    """Put "not recognised" in place of what is perhaps text about a person, unless the configuration names it."""
    column = log.column(role)
    named = {fold(name) for name in [log.dataset.whole, *log.dataset.chosen(role)] if name}
    personal = column.values.map(lambda v: looks_personal(v) and fold(v) not in named).to_numpy(dtype=bool)
    if personal.any():
        after = column.text(column.values.mask(personal, UNKNOWN_TYPE))
        log.change(column.spread(personal), role, "FREE_TEXT_SUSPECTED", after)


def type_categories(log: CleaningLog) -> pd.Series:
    """Return the role `category`, mapped.

    Raises
    ------
    Refused
        ``TYPE_CARDINALITY`` for a column of free text.
    """
    column = log.column("category")
    absent = missing(column.values)
    if absent.any():
        log.flag(column.spread(absent) & log.kept, "category", "MISSING_TYPE")
    folded = column.values.map(fold)
    weight = pd.Series(np.bincount(column.codes[log.kept], minlength=len(absent)), index=column.values.index)
    _check_cardinality(log, folded[~absent], weight)
    mapped, known = (
        _by_mapping(log, column, folded) if log.table.categories else _by_custom(log, column, folded, weight)
    )
    mapped, known = mapped.mask(absent, NOT_RECORDED), known | absent
    personal = column.values.map(looks_personal).to_numpy(dtype=bool) & ~known
    if personal.any():
        log.flag(column.spread(personal) & log.kept, "category", "FREE_TEXT_SUSPECTED")
    changed = known & ~absent & (mapped != column.values).to_numpy(dtype=bool)
    if (mapped == column.values).all():
        return log.text["category"]
    text = column.text(mapped)
    for where, code in ((changed, "TYPE_MAPPED"), (~known, "TYPE_UNKNOWN")):
        if where.any():
            log.change(column.spread(where) & log.kept, "category", code, text)
    return text


def _check_cardinality(log: CleaningLog, folded: pd.Series, weight: pd.Series) -> None:
    rows, distinct = int(weight[folded.index].sum()), folded[weight[folded.index] > 0].nunique()
    heading = log.heading("category")
    if rows >= FEW_ROWS and distinct > FREE_TEXT_SHARE * rows and not log.table.categories:
        raise Refused(
            f"{log.rows['file'].iloc[0]}: the column '{heading}' holds {distinct} different texts in {rows} rows, so "
            "it is free text and no list of types. Name another column, or map it with `categories`.",
            code="TYPE_CARDINALITY",
        )
    if distinct > MANY_TYPES:
        log.remark("TYPE_CARDINALITY", role="category", after=f"{distinct} different values")


def _by_mapping(log: CleaningLog, column: Distinct, folded: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Apply the user's table: as written first, else folded; a category may also be written out."""
    exact = log.table.categories
    loose: dict[str, str] = {}
    contested = set()
    for raw, category in exact.items():
        if loose.setdefault(fold(raw), category) != category:
            contested.add(fold(raw))
    written_out = {fold(c): c for c in [*log.dataset.chosen("category"), *exact.values()]}
    loose = {**written_out, **{k: v for k, v in loose.items() if k not in contested}}
    mapped = pd.Series([exact.get(v, loose.get(f)) for v, f in zip(column.values, folded, strict=True)], dtype=object)
    known = mapped.notna().to_numpy(dtype=bool)
    return mapped.where(known, UNKNOWN_TYPE).astype("str"), known


def _by_custom(
    log: CleaningLog, column: Distinct, folded: pd.Series, weight: pd.Series
) -> tuple[pd.Series, np.ndarray]:
    """Without a table: spellings that differ in case or spaces become the commonest; oddities are not recognised."""
    named = {fold(c): c for c in log.dataset.chosen("category")}
    spelling = commonest(column.values, folded, weight.to_numpy()) | named
    mapped = folded.map(spelling).astype("str")
    rows = weight.groupby(folded).transform("sum").to_numpy()
    strange = column.values.map(lambda v: bool(LIKE_CODE.search(v)) or looks_personal(v) or _foreign(v)).to_numpy(
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


def commonest(values: pd.Series, folded: pd.Series, weight: np.ndarray) -> dict[str, str]:
    """Return the spelling of most rows for each folded text; of equally common ones not the one in capitals."""
    order = pd.DataFrame(
        {"value": values, "folded": folded, "weight": weight, "capitals": values == values.str.upper()}
    )
    order = order.sort_values(["weight", "capitals", "value"], ascending=[False, True, True])
    return order.drop_duplicates("folded").set_index("folded")["value"].to_dict()


def unify_spellings(log: CleaningLog, role: str) -> None:
    """Write each name in one way: as a measure or the project names it, else as most rows do."""
    column, folded_by = log.column(role), fold_name if role in NAMES else fold
    folded = column.values.map(folded_by)
    named = {folded_by(name): name for name in [log.dataset.whole, *log.dataset.chosen(role)] if name}
    if not folded.duplicated().any() and not folded.isin(named).any():
        return
    weight = np.bincount(column.codes[log.kept], minlength=len(folded))
    spelling = commonest(column.values, folded, weight) | named
    after = folded.map(spelling).astype("str")
    changed = (after != column.values).to_numpy(dtype=bool)
    if changed.any():
        log.change(column.spread(changed), role, "NAME_UNIFIED", column.text(after))


def unify_areas(cleaned: Sequence[Cleaned], datasets: Sequence[Dataset]) -> list[Cleaned]:
    """Write each area in one way in all datasets of a project; a change is in that dataset's audit, once a name."""
    counts = [one.records["area"].value_counts() for one in cleaned if "area" in one.records]
    weight = pd.concat(counts).groupby(level=0).sum() if counts else pd.Series(dtype="int64")
    values = pd.Series(weight.index, dtype="str")
    folded = values.map(fold_name)
    if not folded.duplicated().any():
        return list(cleaned)
    named = {fold_name(n): n for d in datasets for n in d.chosen("area")}
    after = dict(zip(values, folded.map(commonest(values, folded, weight.to_numpy()) | named), strict=True))
    done = []
    for one in cleaned:
        odd = [a for a in one.records.get("area", pd.Series(dtype="str")).unique() if after[a] != a]
        notes = pd.DataFrame([("", "", 0, "area", "NAME_UNIFIED", a, after[a]) for a in odd], columns=AUDIT_COLUMNS)
        if odd:
            records = one.records.assign(area=one.records["area"].replace(after))
            one = replace(one, records=records, audit=pd.concat([one.audit, notes], ignore_index=True))
        done.append(one)
    return done
