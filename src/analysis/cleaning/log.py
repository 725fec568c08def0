"""Where a table is worked on: what changed is written down, what cannot be kept is set aside with its first reason."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from ..codes import Code
from ..config import Dataset
from ..shapes import AUDIT_COLUMNS, QUARANTINE_COLUMNS, SOURCE_COLUMNS, TextTable, csv_line

THREADS = 2  # more gain nothing: one column of identifiers takes as long as all others


class Distinct:
    """A column of text by its distinct values: work is done once per value and spread over the rows."""

    def __init__(self, text: pd.Series):
        self.codes, values = pd.factorize(text)
        self.values = pd.Series(values, dtype="str")

    @property
    def counts(self) -> np.ndarray:
        """How many rows hold each value."""
        return np.bincount(self.codes, minlength=len(self.values))

    def spread(self, per_value: Any) -> np.ndarray:
        """Return an array with one entry a value as one with an entry a row."""
        return np.asarray(per_value)[self.codes]

    def text(self, per_value: pd.Series) -> pd.Series:
        """Return text per value as text per row."""
        return per_value.take(self.codes).reset_index(drop=True)


class CleaningLog:
    """The rows of one dataset while they are cleaned.

    `text` holds each role as it reads now; every change passes through `change`, so that the audit can be replayed.
    """

    def __init__(self, table: TextTable, dataset: Dataset):
        self.table, self.dataset, self.rows = table, dataset, table.rows
        self.text = {role: self.rows[role] for role in (*dataset.columns, "snapshot") if role in self.rows}
        self.code = np.zeros(len(self.rows), dtype=np.int16)
        self.stamps: dict[str, tuple[np.ndarray, np.ndarray]] = {}  # date role: stamp per value, value per row
        with ThreadPoolExecutor(THREADS) as pool:  # arrow lets go of the interpreter while it looks for distinct values
            self._columns = dict(zip(self.text, pool.map(Distinct, self.text.values()), strict=True))
        self._codes = [""]
        self._notes: list[pd.DataFrame] = []

    def heading(self, role: str) -> str:
        """Return the heading by which the analyst knows a role."""
        return self.dataset.columns.get(role, self.dataset.snapshot or role)

    def column(self, role: str) -> "Distinct":
        """Return a role by its distinct values, as it reads now."""
        if role not in self._columns:
            self._columns[role] = Distinct(self.text[role])
        return self._columns[role]

    @property
    def kept(self) -> np.ndarray:
        """Which rows are still to be kept."""
        return self.code == 0

    def set_aside(self, where: Any, code: str) -> None:
        """Quarantine rows; the first reason stands."""
        where = np.asarray(where, dtype=bool) & self.kept
        if where.any():
            if code not in self._codes:
                self._codes.append(code)
            self.code[where] = self._codes.index(code)

    def change(self, where: Any, role: str, code: str, after: pd.Series) -> None:
        """Replace text and write down what it was."""
        self._note(where, role, code, after)
        where = np.asarray(where, dtype=bool)
        if where.any():
            self.text[role] = self.text[role].mask(where, after)
            self._columns.pop(role, None)

    def flag(self, where: Any, role: str, code: str) -> None:
        """Write down what is odd about rows that are kept as they are."""
        self._note(where, role, code, None)

    def remark(self, code: str, *, role: str = "", after: str = "", row: int | None = None) -> None:
        """Write down what concerns no one row: `row` says whose file it is about."""
        file, sheet = (self.rows[c].iloc[row or 0] for c in ("file", "sheet"))
        self._notes.append(
            pd.DataFrame([(file, sheet, 0, self.heading(role) if role else "", code, "", after)], columns=AUDIT_COLUMNS)
        )

    def _note(self, where: Any, role: str, code: str, after: object) -> None:
        at = np.flatnonzero(np.asarray(where, dtype=bool))
        if not len(at):
            return
        before = self.text[role].iloc[at]
        self._notes.append(
            self.rows.iloc[at][SOURCE_COLUMNS]
            .astype({"file": "str", "sheet": "str"})
            .assign(
                column=self.heading(role),
                code=code,
                before=before,
                after=before if after is None else after.iloc[at] if isinstance(after, pd.Series) else after,
            )
        )

    def reasons(self) -> dict[str, int]:
        """Return how many rows were set aside for each reason."""
        return {code: int((self.code == i).sum()) for i, code in enumerate(self._codes) if i}

    def audit_and_quarantine(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return audit and quarantine, with what reading wrote down before."""
        aside = np.flatnonzero(~self.kept)
        rows = self.rows.iloc[aside]
        headings = dict.fromkeys(self.dataset.columns.values())
        first = {h: next(r for r, name in self.dataset.columns.items() if name == h) for h in headings}
        blank = pd.Series("", index=rows.index, dtype="str")  # a column of a preset that stays in the file
        original = [csv_line(fields) for fields in zip(*(rows.get(r, blank) for r in first.values()), strict=True)]
        set_aside = rows[SOURCE_COLUMNS].assign(
            code=[self._codes[i] for i in self.code[aside]], original=original if len(aside) else ""
        )
        audit = [self.table.audit, *self._notes]
        parts = [self.table.quarantine, set_aside.astype({"file": "str", "sheet": "str"})]
        audit, quarantine = _stack(audit, AUDIT_COLUMNS), _stack(parts, QUARANTINE_COLUMNS)
        for code in [*audit["code"].unique(), *quarantine["code"].unique()]:
            Code(code)  # what is in no list can be explained to nobody
        return audit, quarantine


def _stack(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    filled = [p for p in parts if len(p)]
    kinds = {c: "int64" if c == "line" else "str" for c in columns}
    return (pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns))[columns].astype(kinds)
