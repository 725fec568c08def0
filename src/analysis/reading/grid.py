"""What every container becomes: headings, and rows of text with their physical lines."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

MAX_FIELD = 32_767  # characters; a cell of Excel holds no more, so a longer field is damage or a document
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
