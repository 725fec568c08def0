"""What every container becomes: headings, and rows of text with their physical lines; cells are written one way."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np
import pandas as pd

MAX_FIELD = 32_767  # characters; a cell of Excel holds no more, so a longer field is damage or a document
EXACT = 2**53  # up to here a floating-point number holds every whole number
MAX_ROWS = 20_000_000  # far above any authority's extract; more is a runaway export


@dataclass
class Grid:
    """One opened file, sheet or query.

    Attributes
    ----------
    file, sheet, sha256 : str
    header : list of str
    header_line : int
        Physical line, from 1; 0 where headings stand on no line (Parquet, a query).
    frame : pandas.DataFrame
        Text; columns 0, 1, ... as in `header`.
    lines : numpy.ndarray
        Physical line of each row of `frame`.
    notes : list of (line, column, code, before, after)
        For the audit.
    bad : list of (line, code, fields)
        Records that do not fit the headings or cannot be read.
    """

    file: str
    header: list[str]
    frame: pd.DataFrame
    lines: np.ndarray
    sheet: str = ""
    sha256: str = ""
    header_line: int = 1
    notes: list[tuple] = field(default_factory=list)
    bad: list[tuple] = field(default_factory=list)

    def called(self, file: str) -> "Grid":
        """Return a grid of that file that can be changed without changing this one."""
        return replace(self, file=file, notes=[*self.notes], bad=[*self.bad], header=[*self.header])

    @property
    def place(self) -> str:
        """File and sheet, as a message names them."""
        return f"{self.file}, sheet '{self.sheet}'" if self.sheet else self.file

    def trimmed(self, line: int, fields: list[str]) -> list[str] | None:
        """Return a record that is whole but for separators at its end; note a blank one, set any other aside."""
        width = len(self.header)
        if not any(c.strip() for c in fields):
            self.notes.append((line, "", "BLANK_LINE", "", ""))
        elif len(fields) > width and not any(c.strip() for c in fields[width:]):
            return fields[:width]
        else:
            self.bad.append((line, "FIELD_COUNT", fields))
        return None

    def set_aside(self, where: np.ndarray, code: str) -> None:
        """Take rows out of the table, each with its reason."""
        if where.any():
            rows = self.frame[where].itertuples(index=False, name=None)
            self.bad += [(int(line), code, list(row)) for line, row in zip(self.lines[where], rows, strict=True)]
            self.frame, self.lines = self.frame[~where].reset_index(drop=True), self.lines[~where]

    def mark_cut(self, *, ended: bool) -> None:
        """Give a last record that is too short, in a file without a last line end, its own name: the file was cut."""
        if self.bad and not ended:
            line, code, fields = max(self.bad)
            if code == "FIELD_COUNT" and len(fields) < len(self.header) and line > self.lines.max(initial=0):
                self.bad[self.bad.index((line, code, fields))] = (line, "TRUNCATED_FILE", fields)


def text_frame(columns: Iterable) -> pd.DataFrame:
    """Return a frame of text from columns, numbered from 0."""
    return pd.DataFrame({i: pd.Series(c, dtype="str") for i, c in enumerate(columns)})


def as_text(value: object) -> str:
    """Write one cell.

    >>> as_text(45383.0), as_text(dt.datetime(2021, 3, 31)), as_text(None)
    ('45383', '2021-03-31', '')
    """
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        text = value.isoformat()
        return text[:10] if text.endswith("T00:00:00") else text
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float):
        if value != value:  # NaN, which databases use for nothing
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else str(value)
    if isinstance(value, Decimal):
        whole = value.is_finite() and value == value.to_integral_value()
        return str(int(value)) if whole else str(value) if value.is_finite() else ""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


def column_texts(column: Iterable) -> list[str]:
    """Write a column; each distinct value once, where equal values are written alike."""
    kinds = set(map(type, column))
    if kinds == {str}:
        return list(column)
    if kinds <= {str, dt.date, dt.datetime, float, type(None)}:  # True equals 1, and Decimal("1.0") equals 1
        written = {value: as_text(value) for value in set(column)}
        return [written[value] for value in column]
    return [value if type(value) is str else as_text(value) for value in column]
