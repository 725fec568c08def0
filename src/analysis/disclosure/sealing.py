"""Marks what was protected, so that a page can refuse anything else."""

import hashlib
from collections import defaultdict

import pandas as pd

from ..errors import NotReleasable
from ..periods import numbered
from ..shapes import KEY, Case

SEALED = [*KEY, "value", "numerator", "denominator"]


def seal(months: pd.DataFrame, quarters: pd.DataFrame, parts: pd.DataFrame) -> dict[str, str]:
    """Return the seal of each area's protected tables: it changes with any figure in them."""
    marks: dict[str, hashlib._Hash] = defaultdict(hashlib.sha256)
    for table, columns in (
        (months, SEALED),
        (quarters, SEALED),
        (parts, ["measure", "area", "role", "part", "now", "before"]),
    ):
        told = table[columns]
        if "period" in told:
            told = told.drop(columns="period").join(numbered(table["period"])[["grain", "n"]])
        rows = pd.util.hash_pandas_object(told, index=False)
        for area, of_area in rows.groupby(table["area"]):
            marks[area].update(of_area.sort_values().to_numpy().tobytes())
    return {area: mark.hexdigest() for area, mark in marks.items()}


def require_sealed(case: Case) -> None:
    """Refuse a case whose tables are not those that were protected.

    Raises
    ------
    NotReleasable
        When a figure was put in, or put back, after protection.
    """
    months = case.months[case.months["status"].notna()]  # the months ahead hold no figure
    if set(seal(months, case.quarters, case.parts).values()) != {case.seal}:
        raise NotReleasable(
            "The page was given figures that were not protected. Take them from `open_case`, and change none.",
            code="NOT_PROTECTED",
        )
