"""Text -> typed records, with an audit of every change and a quarantine of every row that was not kept.

rows in = rows kept + rows quarantined, always. Raw text + audit, read by the explicit formats of `dates`, gives the
cleaned table: each change of a cell stands in the audit with its text before and after.
"""

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ..config import NUMBER_ROLES, Dataset
from ..errors import Refused
from ..shapes import NOT_RECORDED, Cleaned, TextTable
from .categories import hide_free_text, type_categories, unify_areas, unify_spellings
from .code_lists import read_codes
from .dates import EARLIEST, LATEST, check_future, parse_dates
from .duplicates import set_aside_duplicates
from .impossible import judge_figures
from .log import CleaningLog
from .numerals import UNREADABLE, read_column
from .oddities import flag_oddities
from .one_row import keep_one_row
from .period_column import read_periods, set_aside_year_totals
from .texts import fold, identifiers, restore_zeros, set_aside_errors, tidy
from .whole import settle_totals

HOLDING = {  # columns by which a published file says that some of its areas hold others, and which
    "geographic_level": "level",
    "region_name": "region",
}
FILLED_ROLES = frozenset({"area", "team", "source", "age_band"})  # in which a blank is a group of its own

ASSUMPTIONS = frozenset(  # codes of what was read by evidence or convention: a page says so
    [
        "ASSUMED_DAY_FIRST",
        "ASSUMED_THOUSANDS",
        "DECIMAL_COMMA",
        "LABEL_FILLED_DOWN",
        "MONTH_FIRST",
        "PERCENT_OF_100",
        "YEAR_JOINED",
    ]
)

pa.DataFrameSchema({}).validate(pd.DataFrame())  # loads what pandera loads late, before anything is timed

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
    log = CleaningLog(table, dataset)
    if not len(log.rows):
        _refuse_nothing_left(log)
    for role in log.text:
        tidy(log, role)
    set_aside_errors(log)
    columns = _type_counts(log) if dataset.kind == "counts" else _type_cases(log)
    kept = log.kept
    if not kept.any():
        _refuse_nothing_left(log)
    if not kept.all():
        columns = {role: values[kept].reset_index(drop=True) for role, values in columns.items()}
    records = pd.DataFrame(columns, copy=False)
    return Cleaned(dataset.name, _guard(records, dataset), *log.audit_and_quarantine(), table.sources)


def _refuse_nothing_left(log: CleaningLog) -> None:
    aside = log.table.quarantine["code"].value_counts().to_dict()
    for code, count in log.reasons().items():
        aside[code] = aside.get(code, 0) + count
    reasons = ", ".join(f"{code} {count}" for code, count in sorted(aside.items()) if count)
    files = ", ".join(log.table.sources["file"].unique())
    raise Refused(
        f"{files}: no row of dataset '{log.table.dataset}' could be kept ({reasons}). Check `columns` and the export.",
        code="NOTHING_LEFT",
    )


def _type_cases(log: CleaningLog) -> dict[str, pd.Series]:
    dataset, typed = log.dataset, {}
    if "child" in log.text:
        identifiers(log)
        restore_zeros(log)
    for role in log.text:
        if role in dataset.dated_roles or role == "snapshot":
            typed[role] = parse_dates(log, role, required=role in (dataset.event_role, "snapshot"))
        elif role in dataset.number_roles:
            typed[role], *_ = _figures(log, role)
        elif role in dataset.codes and not (role == "category" and log.table.categories):
            typed[role] = read_codes(log, role)
        else:
            if role not in ("child", "category"):
                unify_spellings(log, role)
            if role in FILLED_ROLES:
                hide_free_text(log, role)
            typed[role] = log.text[role]
    if not log.kept.any():
        return typed
    if event := dataset.event_role:
        check_future(log, typed, event)
    set_aside_duplicates(log, typed)
    if not log.kept.any():
        return typed
    if "category" in typed and ("category" not in dataset.codes or log.table.categories):
        typed["category"] = type_categories(log)
    for role in FILLED_ROLES & set(typed):
        typed[role] = typed[role].mask(typed[role] == "", NOT_RECORDED)
    if event:
        flag_oddities(log, typed, event)
    return typed


def _type_counts(log: CleaningLog) -> dict[str, pd.Series]:
    for role in log.dataset.part_roles:
        unify_spellings(log, role)
    typed = {r: t for r, t in log.text.items() if r not in NUMBER_ROLES | {"period", "snapshot"}}
    typed = {HOLDING[fold(c)]: log.table.beside[c] for c in log.table.beside if fold(c) in HOLDING} | typed
    typed["period"], perhaps_year = read_periods(log)
    typed["value"], typed["status"], signed = _figures(log, "value")
    lacking = np.full(len(log.rows), "", dtype=object)
    if "denominator" in log.text:
        typed["denominator"], reason, _ = _figures(log, "denominator")
        lacking = reason.to_numpy(dtype=object)
    judge_figures(log, typed, signed, lacking)
    set_aside_year_totals(log, typed, perhaps_year)
    if "snapshot" in log.text:
        typed["snapshot"] = parse_dates(log, "snapshot", required=True)
    if log.kept.any():
        keep_one_row(log, typed)
        settle_totals(log, typed)
    return typed


def _figures(log: CleaningLog, role: str) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """Return a role's figures, what stands for those that are missing, and which had a percent sign.

    What is no figure keeps its row: without it the rest of its period would pass for the whole.
    """
    column, numerals = read_column(log, role)
    unreadable = column.spread(numerals.status == UNREADABLE) & log.kept
    if log.dataset.kind == "counts":
        log.flag(unreadable, role, "NUMBER_UNPARSEABLE")
    else:
        log.change(unreadable, role, "NUMBER_UNPARSEABLE", pd.Series("", index=log.rows.index, dtype="str"))
    number, status = (pd.Series(column.spread(a), index=log.rows.index) for a in (numerals.number, numerals.status))
    return number, status.astype("str"), column.spread(numerals.percent)


def _guard(records: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Return the records unchanged once they are what the steps after this one rely on.

    Raises
    ------
    Refused
        ``INCOMPLETE``: cleaning let something through; the message names columns and checks, never values.
    """
    columns = {}
    for name in records:
        if name == "period":
            columns[name] = pa.Column(nullable=False)
        elif name in (*dataset.dated_roles, "snapshot"):
            within = pa.Check.in_range(EARLIEST.to_pydatetime(), LATEST.to_pydatetime() + pd.Timedelta(days=1))
            columns[name] = pa.Column("datetime64[us]", within, nullable=name != dataset.event_role)
        elif name in dataset.number_roles:
            columns[name] = pa.Column(float, nullable=True)
        elif name == "child":
            columns[name] = pa.Column("str", pa.Check(lambda s: s != "", name="not empty"), nullable=False)
        else:
            columns[name] = pa.Column("str", nullable=False)
    schema = pa.DataFrameSchema(columns, strict=True, name=dataset.name)
    try:
        schema.validate(records, lazy=True)
    except pa.errors.SchemaErrors as error:
        failed = error.failure_cases[["column", "check"]].drop_duplicates().astype(str)
        named = "; ".join(f"{c}: {check}" for c, check in failed.itertuples(index=False, name=None))
        raise Refused(
            f"Dataset '{dataset.name}': the cleaned table is not what it must be ({named}). Please report this.",
            code="INCOMPLETE",
        ) from None
    return records
