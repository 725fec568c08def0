"""Text -> typed records, with an audit of every change and a quarantine of every row that was not kept.

rows in = rows kept + rows quarantined, always.
"""

import numpy as np
import pandas as pd

from .catalogue import NUMBER_ROLES, Dataset
from .errors import Refused
from .shapes import AUDIT_COLUMNS, QUARANTINE_COLUMNS, SOURCE_COLUMNS, Cleaned, TextTable

# Explicit formats, by shape. "%d/%m" before "%m/%d" never arises: month first is refused, not guessed.
DATE_SHAPES = [
    (r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d"),
    (r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", "%Y-%m-%d %H:%M"),
    (r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}", "%Y-%m-%d %H:%M:%S"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y"),
    (r"\d{1,2}/\d{1,2}/\d{4} \d{2}:\d{2}", "%d/%m/%Y %H:%M"),
    (r"\d{1,2}/\d{1,2}/\d{4} \d{2}:\d{2}:\d{2}", "%d/%m/%Y %H:%M:%S"),
    (r"\d{1,2}-\d{1,2}-\d{4}", "%d-%m-%Y"),
    (r"\d{1,2} [A-Za-z]{3} \d{4}", "%d %b %Y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
]
MONTH_SHAPES = [
    (r"\d{4}-\d{2}", "%Y-%m"),
    (r"\d{2}/\d{4}", "%m/%Y"),
    (r"[A-Za-z]{3} \d{4}", "%b %Y"),
    (r"[A-Za-z]{4,9} \d{4}", "%B %Y"),
]
EARLIEST, LATEST = pd.Timestamp("1990-01-01"), pd.Timestamp("2049-12-31")  # outside lie the dummies: 1900, 9999
UNPARSEABLE_LIMIT = 0.5  # a column of which more is no date has the wrong heading
MISSING_WORDS = {"", "na", "n/a", "null", "none", "nan", "-", "unknown", "#n/a"}
# Symbols of the Department for Education's open data, and what the page calls them
SYMBOLS = {
    "c": "suppressed",
    "x": "not available",
    "z": "not applicable",
    "low": "rounds to zero",
    "k": "rounds to zero",
    "u": "low reliability",
    "": "missing",
    "..": "not available",
    ":": "not available",
}


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
        ``COLUMN_UNPARSEABLE`` or ``DATE_ORDER_CONFLICT`` when a whole column is not what it is said to be,
        ``NOTHING_LEFT`` when no row can be kept.
    """
    desk = _Desk(table)
    columns = _type_counts(desk, dataset) if dataset.kind == "counts" else _type_cases(desk, dataset)
    if "snapshot" in table.rows:
        columns["snapshot"] = _dates(desk, "snapshot", required=True)
    kept = desk.kept()
    if not kept.any():
        raise Refused(
            f"Dataset '{dataset.name}': no row could be kept; the quarantine says why, line by line. "
            "Check `columns` and the export.",
            code="NOTHING_LEFT",
        )
    records = pd.DataFrame(columns, index=table.rows.index)[kept].reset_index(drop=True)
    return Cleaned(dataset.name, records, *desk.papers(), table.sources)


class _Desk:
    """Where a table is worked on: notes what changed, and sets rows aside for the first reason found."""

    def __init__(self, table: TextTable):
        self.table, self.rows = table, table.rows
        self.code = pd.Series("", index=self.rows.index, dtype=str)
        self._notes = []

    def set_aside(self, where, code: str) -> None:
        self.code = self.code.mask(where & (self.code == ""), code)

    def note(self, where, role: str, code: str, after="") -> None:
        found = self.rows.loc[where, SOURCE_COLUMNS].assign(
            column=role, code=code, before=self.rows.loc[where, role], after=after
        )
        if len(found):
            self._notes.append(found)

    def kept(self) -> pd.Series:
        return self.code == ""

    def papers(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        aside = self.rows[~self.kept()]
        original = [repr(tuple(row)) for row in aside.drop(columns=SOURCE_COLUMNS).itertuples(index=False, name=None)]
        quarantine = aside[SOURCE_COLUMNS].assign(code=self.code[~self.kept()], original=original)
        audit = pd.concat([self.table.audit, *self._notes], ignore_index=True)[AUDIT_COLUMNS]
        return audit, pd.concat([self.table.quarantine, quarantine], ignore_index=True)[QUARANTINE_COLUMNS]


def _type_cases(desk: _Desk, dataset: Dataset) -> dict[str, pd.Series]:
    typed = {}
    for role in dataset.columns:
        if role in dataset.date_roles:
            typed[role] = _dates(desk, role, required=role == dataset.event_role)
        elif role in NUMBER_ROLES:
            typed[role] = _numbers(desk.rows[role])[0]
        else:
            typed[role] = _tidy(desk, role)
    if "child" in typed:
        desk.set_aside(typed["child"].str.casefold().isin(MISSING_WORDS), "MISSING_ID")
        # without an identifier two equal rows may well be two children
        same = [r for r in (*dataset.columns, "snapshot") if r in desk.rows]
        desk.set_aside(pd.DataFrame({r: typed.get(r, desk.rows[r]) for r in same}).duplicated(), "DUPLICATE_ROW")
    if desk.table.categories and "category" in typed:
        typed["category"] = _map_categories(desk, typed["category"])
    for role in {"area", "team", "source", "category", "age_band"} & set(typed):
        typed[role] = typed[role].mask(typed[role] == "", "not recorded")
    return typed


def _type_counts(desk: _Desk, dataset: Dataset) -> dict[str, pd.Series]:
    typed = {r: _tidy(desk, r) for r in dataset.columns if r not in NUMBER_ROLES | {"period"}}
    typed["period"] = _periods(desk, dataset)
    typed["value"], typed["status"] = _numbers(desk.rows["value"])
    desk.set_aside(typed["status"] == "unreadable", "NUMBER_UNPARSEABLE")
    if "denominator" in dataset.columns:
        typed["denominator"] = _numbers(desk.rows["denominator"])[0]
    return typed


def _tidy(desk: _Desk, role: str) -> pd.Series:
    stripped = desk.rows[role].str.replace("\u00a0", " ").str.strip()
    changed = stripped != desk.rows[role]
    desk.note(changed, role, "WHITESPACE_STRIPPED", stripped[changed])
    return stripped


def _dates(desk: _Desk, role: str, *, required: bool) -> pd.Series:
    """Parse a column of dates by explicit formats; day first is proved or assumed, month first refused."""
    text = desk.rows[role].str.strip()
    given = ~text.str.casefold().isin(MISSING_WORDS)
    _refuse_month_first(text[given], role)
    dates = _parse(text, DATE_SHAPES)
    unreadable = given & dates.isna()
    if unreadable.sum() > UNPARSEABLE_LIMIT * max(given.sum(), 1):
        raise Refused(
            f"Most of the column '{role}' of dataset '{desk.table.dataset}' are no dates that can be read. "
            "Are two columns swapped? Dates are written 2021-03-31 or 31/03/2021.",
            code="COLUMN_UNPARSEABLE",
        )
    dummy = dates.notna() & ((dates < EARLIEST) | (dates > LATEST))
    for where, code in ((unreadable, "DATE_UNPARSEABLE"), (dummy, "DUMMY_DATE")):
        if required:
            desk.set_aside(where, code)
        else:
            desk.note(where, role, code)
    if required:
        desk.set_aside(~given, "DATE_MISSING")
    return dates.mask(dummy)


def _refuse_month_first(text: pd.Series, role: str) -> None:
    parts = text.str.extract(r"^(\d{1,2})[/-](\d{1,2})[/-]\d{4}").dropna().astype(int)
    if (parts[1] > 12).any() and not (parts[0] > 12).any():
        raise Refused(
            f"The dates of the column '{role}' put the month first. Export them as 2021-03-31 or 31/03/2021.",
            code="DATE_ORDER_CONFLICT",
        )


def _parse(text: pd.Series, shapes) -> pd.Series:
    dates = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    tidy = text.str.replace("T", " ", regex=False) if text.str.contains(r"\dT\d", regex=True).any() else text
    for shape, form in shapes:
        fits = tidy.str.fullmatch(shape) & dates.isna()
        if fits.any():
            dates[fits] = pd.to_datetime(tidy[fits], format=form, errors="coerce").astype("datetime64[us]")
    return dates


def _periods(desk: _Desk, dataset: Dataset) -> pd.Series:
    text = desk.rows["period"].str.strip()
    dates = _parse(text, MONTH_SHAPES + DATE_SHAPES)
    if dataset.grain == "week" and (weeks := text.str.extract(r"^(\d{4})-?W(\d{2})$").dropna()).size:
        dates[weeks.index] = pd.to_datetime(weeks[0] + "-W" + weeks[1] + "-1", format="%G-W%V-%u").astype(
            "datetime64[us]"
        )
    desk.set_aside(dates.isna() | (dates < EARLIEST) | (dates > LATEST), "DATE_UNPARSEABLE")
    return dates.dt.to_period("M" if dataset.grain == "month" else "W-SUN")


def _numbers(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Read figures and the symbols that stand in their place."""
    plain = text.str.strip().str.replace(",", "", regex=False)
    percent = plain.str.endswith("%")
    number = pd.to_numeric(plain.str.removesuffix("%"), errors="coerce").astype(float)
    number = number.where(~percent, number / 100).where(np.isfinite(number))
    status = plain.str.casefold().map(SYMBOLS).where(number.isna(), "").fillna("unreadable")
    return number.mask(status == "rounds to zero", 0.0), status


def _map_categories(desk: _Desk, category: pd.Series) -> pd.Series:
    """Apply the user's own table; what it does not hold is kept as it is and flagged."""
    mapped = category.str.casefold().map(desk.table.categories)
    desk.note(mapped.isna() & (category != ""), "category", "TYPE_UNKNOWN")
    changed = mapped.notna() & (mapped != category)
    desk.note(changed, "category", "TYPE_MAPPED", mapped[changed])
    return mapped.fillna(category)
