"""Marks what was protected, so that a page can refuse anything else."""

import hashlib

import pandas as pd

from ..errors import NotReleasable
from ..shapes import KEY, Case

SEALED = [*KEY, "value", "numerator", "denominator"]


def seal(months: pd.DataFrame, quarters: pd.DataFrame, parts: pd.DataFrame) -> str:
    """Return the seal of one area's protected tables: it changes with any figure in them."""
    mark = hashlib.sha256()
    for table, columns in (
        (months, SEALED),
        (quarters, SEALED),
        (parts, ["measure", "area", "role", "part", "now", "before"]),
    ):
        told = table[columns]
        if "period" in told:
            told = told.assign(period=table["period"].astype(str))
        mark.update(pd.util.hash_pandas_object(told, index=False).sort_values().to_numpy().tobytes())
    return mark.hexdigest()


def require_sealed(case: Case) -> None:
    """Refuse a case whose tables are not those that were protected.

    Raises
    ------
    NotReleasable
        When a figure was put in, or put back, after protection.
    """
    months = case.months[case.months["status"].notna()]  # the months ahead hold no figure
    if seal(months, case.quarters, case.parts) != case.seal:
        raise NotReleasable(
            "The page was given figures that were not protected. Take them from `open_case`, and change none.",
            code="NOT_PROTECTED",
        )
