"""Marks what was protected, so that a page can refuse anything else."""

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..errors import NotReleasable
from ..periods import numbered
from ..schema import BULK, CALLS, FLOAT, MONTHS, OTHERS, PARTS, QUALITY, QUARTERS, QUESTIONS, Reach, column_named, names
from ..shapes import Case

EVERY = ""  # in place of an area, where a table has none
NOTHING = hashlib.sha256().hexdigest()  # the mark of a table without rows


def seal(tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, str]]:
    """Return of each area the mark of each table: it changes with whatever the table holds that is declared.

    Parameters
    ----------
    tables : dict of pandas.DataFrame
        By the names that `schema` has for them. What is in a table without areas is every area's.
    """
    marks = {name: _marks(table, name) for name, table in tables.items()}
    areas = {area for of_area in marks.values() for area in of_area if area != EVERY}
    return {a: {name: m.get(a, m.get(EVERY, NOTHING)) for name, m in marks.items()} for a in areas}


def _marks(table: pd.DataFrame, name: str) -> dict[str, str]:
    """Return the mark of one table by area, whatever the order of its rows and columns."""
    if table.empty:
        return {}
    sealed = sorted(c for c in names(name, among=table) if column_named(c, name).reach >= Reach.SLICES)
    numbers = [c for c in sealed if column_named(c, name).dtype == FLOAT]
    labels = table[[c for c in sealed if c not in numbers and c != "period"]].astype("str")
    if "period" in sealed:
        labels = labels.join(numbered(table["period"])[["grain", "n"]])
    label = pd.util.hash_pandas_object(labels, index=False).to_numpy()
    figure = table[numbers].to_numpy(float)
    figure = np.where(np.isnan(figure), np.nan, figure)  # files know one kind of nothing, and numpy two
    group, areas = pd.factorize(table["area"]) if "area" in table else (np.zeros(len(table), int), [EVERY])
    order = np.lexsort((label, group))
    ends = np.flatnonzero(np.diff(group[order])) + 1
    of_area = zip(areas, np.split(label[order], ends), np.split(figure[order], ends), strict=True)
    head = repr(sealed).encode()
    return {area: hashlib.sha256(head + x.tobytes() + y.tobytes()).hexdigest() for area, x, y in of_area}


def require_sealed(case: Case) -> None:
    """Refuse a case whose tables are not those that were protected.

    Raises
    ------
    NotReleasable
        When a figure was put in, or put back, after protection.
    """
    drawn = case.months[case.months["status"].isna()]  # the months ahead, which hold no figure
    tables = {
        MONTHS: case.months.drop(drawn.index),
        QUARTERS: case.quarters,
        PARTS: case.parts,
        QUESTIONS: case.questions,
        CALLS: case.calls,
        OTHERS: case.others,
        QUALITY: pd.DataFrame(case.quality),
        BULK: pd.DataFrame(case.bulk),
    }
    figures_ahead = drawn[names(MONTHS, among=drawn, figure=True)].notna().any(axis=None)
    try:
        marks = seal(tables)
    except (TypeError, ValueError):  # text where a number belongs
        marks = {}
    if figures_ahead or marks != {case.area: case.seal}:
        raise NotReleasable(
            "The page was given figures that were not protected. Take them from `open_case`, and change none.",
            code="NOT_PROTECTED",
        )
