"""Labels that stand once, above the rows that they are for, as in a pivot table: the rows below get them too."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from .grid import Grid

MOSTLY = 0.8  # of the blocks are of several rows: a cell that somebody left out is no block
FIGURE = r"\W*\d[\d., ]*%?"


def fill_labels_down(grid: Grid, columns: Iterable[int], there: np.ndarray | None = None) -> None:
    """Write labels into the blank cells below them, in columns where every label stands once.

    None is repeated on the next row that has one, and most have blank cells below them.

    Parameters
    ----------
    grid : Grid
    columns : iterable of int
        Those that may hold labels; one that holds figures is left alone.
    there : numpy.ndarray, optional
        Which rows have a figure; others, such as notes, get no label.
    """
    there = np.ones(len(grid.frame), dtype=bool) if there is None else there
    for i in columns:
        text = grid.frame[i].str.strip()
        label = text.mask(text == "")
        blank = label.isna().to_numpy() & there
        above = label.ffill()
        if not blank.any() or above[blank].isna().any() or not _is_written_once(label[there]):
            continue
        grid.frame.loc[blank, i] = above[blank]
        grid.notes += [
            (int(line), i, "LABEL_FILLED_DOWN", "", str(after))
            for line, after in zip(grid.lines[blank], above[blank], strict=True)
        ]


def _is_written_once(label: pd.Series) -> bool:
    """Say whether labels stand at the head of blocks of rows."""
    filled = label[label.notna()]
    if filled.empty or (filled == filled.shift()).any() or filled.map(lambda t: bool(re.fullmatch(FIGURE, t))).all():
        return False
    return bool((label.notna().cumsum().value_counts() > 1).mean() >= MOSTLY)
