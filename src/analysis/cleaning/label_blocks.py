"""Labels that stand once, above the rows that they are for, as in a pivot table: the rows below get them too."""

import numpy as np
import pandas as pd

from .log import CleaningLog

MOSTLY = 0.8  # of the blocks are of several rows: a cell that somebody left out is no block


def fill_labels_down(log: CleaningLog) -> None:
    """Write the period and the names of parts into the blank cells below them, where the column is written so.

    It is where every label stands once, with blank cells below it: none is repeated on the next row that has one.
    """
    figure = (log.text["value"] != "").to_numpy(dtype=bool)
    part_of = log.rows["file"].cat.codes.to_numpy() * len(log.rows["sheet"].cat.categories)
    part_of = part_of + log.rows["sheet"].cat.codes.to_numpy()
    for role in ("period", *log.dataset.part_roles):
        text = log.text[role]
        label = text.mask(text == "")
        blank = label.isna().to_numpy() & figure
        above = label.groupby(part_of).ffill()
        if not blank.any() or above[blank].isna().any() or not _is_written_once(label[figure], part_of[figure]):
            continue
        log.change(blank, role, "LABEL_FILLED_DOWN", above)


def _is_written_once(label: pd.Series, part_of: np.ndarray) -> bool:
    """Say whether labels stand at the head of blocks of rows."""
    there = label[label.notna()]
    if (there == there.shift()).any():
        return False
    blocks = pd.Series(label.notna().cumsum()).groupby([part_of, label.notna().cumsum().to_numpy()]).size()
    return bool((blocks > 1).mean() >= MOSTLY)
