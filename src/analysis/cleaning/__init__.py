"""Text -> typed records, with an audit of every change and a quarantine of every row that was not kept.

rows in = rows kept + rows quarantined, always. Raw text + audit, read by the explicit formats of `dates`, gives the
cleaned table: each change of a cell stands in the audit with its text before and after.
"""

import numpy as np
import pandas as pd

from ..config import NUMBER_ROLES, Dataset
from ..errors import Refused
from ..shapes import Cleaned, TextTable
from .categories import NOT_RECORDED, type_categories
from .dates import check_future, parse_dates
from .duplicates import set_aside_duplicates
from .impossible import judge_figures
from .log import Desk
from .numerals import UNREADABLE, read_column
from .oddities import flag_oddities
from .one_row import settle_rows
from .period_column import read_periods, set_aside_year_totals
from .schema import guard
from .spellings import unify_areas, unify_spellings
from .texts import fold, identifiers, restore_zeros, set_aside_errors, tidy
from .whole import settle_totals

LEVEL = "geographic_level"  # the column by which a published file says that some of its areas hold others
FILLED_ROLES = frozenset({"area", "team", "source", "age_band"})  # in which a blank is a group of its own

ASSUMPTIONS = frozenset(  # codes of what was read by evidence or convention: a page says so
    {"ASSUMED_DAY_FIRST", "ASSUMED_THOUSANDS", "DECIMAL_COMMA", "MONTH_FIRST", "PERCENT_OF_100"}
)

__all__ = ["ASSUMPTIONS", "clean", "unify_areas"]


def clean(table: TextTable, dataset: Dataset) -> Cleaned:
    """Type a dataset's rows.

    Parameters
    ----------
    table : TextTable
        From `read`.
    dataset : Dataset
        The same dataset's definition.

    Returns
    -------
    Cleaned

    Raises
    ------
    Refused
        ``COLUMN_UNPARSEABLE``, ``DATE_ORDER_CONFLICT`` or ``TYPE_CARDINALITY`` when a whole column is not what it is
        said to be, ``NOTHING_LEFT`` when no row can be kept.
    """
    desk = Desk(table, dataset)
    if not len(desk.rows):
        _refuse_nothing_left(desk)
    for role in desk.text:
        tidy(desk, role)
    set_aside_errors(desk)
    columns = _type_counts(desk) if dataset.kind == "counts" else _type_cases(desk)
    kept = desk.kept
    if not kept.any():
        _refuse_nothing_left(desk)
    if not kept.all():
        columns = {role: values[kept].reset_index(drop=True) for role, values in columns.items()}
    records = pd.DataFrame(columns, copy=False)
    return Cleaned(dataset.name, guard(records, dataset), *desk.papers(), table.sources)


def _refuse_nothing_left(desk: Desk) -> None:
    aside = desk.table.quarantine["code"].value_counts().to_dict()
    for code, count in desk.reasons().items():
        aside[code] = aside.get(code, 0) + count
    reasons = ", ".join(f"{code} {count}" for code, count in sorted(aside.items()) if count)
    files = ", ".join(desk.table.sources["file"].unique())
    raise Refused(
        f"{files}: no row of dataset '{desk.table.dataset}' could be kept ({reasons}). Check `columns` and the export.",
        code="NOTHING_LEFT",
    )


def _type_cases(desk: Desk) -> dict[str, pd.Series]:
    dataset, typed = desk.dataset, {}
    if "child" in desk.text:
        identifiers(desk)
        restore_zeros(desk)
    for role in desk.text:
        if role in dataset.date_roles or role == "snapshot":
            typed[role] = parse_dates(desk, role, required=role in (dataset.event_role, "snapshot"))
        elif role in NUMBER_ROLES:
            typed[role], *_ = _figures(desk, role)
        else:
            if role not in ("child", "category"):
                unify_spellings(desk, role)
            typed[role] = desk.text[role]
    if not desk.kept.any():
        return typed
    if event := dataset.event_role:
        check_future(desk, typed, event)
    set_aside_duplicates(desk, typed)
    if not desk.kept.any():
        return typed
    if "category" in typed:
        typed["category"] = type_categories(desk)
    for role in FILLED_ROLES & set(typed):
        typed[role] = typed[role].mask(typed[role] == "", NOT_RECORDED)
    if event:
        flag_oddities(desk, typed, event)
    return typed


def _type_counts(desk: Desk) -> dict[str, pd.Series]:
    for role in desk.dataset.part_roles:
        unify_spellings(desk, role)
    typed = {r: t for r, t in desk.text.items() if r not in NUMBER_ROLES | {"period", "snapshot"}}
    level = next((c for c in desk.table.beside if fold(c) == LEVEL), None)
    if level is not None and "level" not in typed:
        typed["level"] = desk.table.beside[level]
    typed["period"], perhaps_year = read_periods(desk)
    typed["value"], typed["status"], signed = _figures(desk, "value")
    lacking = np.full(len(desk.rows), "", dtype=object)
    if "denominator" in desk.text:
        typed["denominator"], reason, _ = _figures(desk, "denominator")
        lacking = reason.to_numpy(dtype=object)
    judge_figures(desk, typed, signed, lacking)
    set_aside_year_totals(desk, typed, perhaps_year)
    if "snapshot" in desk.text:
        typed["snapshot"] = parse_dates(desk, "snapshot", required=True)
    if desk.kept.any():
        settle_rows(desk, typed)
        settle_totals(desk, typed)
    return typed


def _figures(desk: Desk, role: str) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """Return a role's figures, what stands for those that are missing, and which had a percent sign.

    What is no figure keeps its row: without it the rest of its period would pass for the whole.
    """
    column, numerals = read_column(desk, role)
    unreadable = column.spread(numerals.status == UNREADABLE) & desk.kept
    if desk.dataset.kind == "counts":
        desk.flag(unreadable, role, "NUMBER_UNPARSEABLE")
    else:
        desk.change(unreadable, role, "NUMBER_UNPARSEABLE", pd.Series("", index=desk.rows.index, dtype="str"))
    number, status = (pd.Series(column.spread(a), index=desk.rows.index) for a in (numerals.number, numerals.status))
    return number, status.astype("str"), column.spread(numerals.percent)
