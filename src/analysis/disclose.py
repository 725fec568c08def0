"""Small numbers: what may be published of a measured table.

The figures concern children, and a count of 1 to 5 can point to one of them. This module is the only one that
decides what is hidden; it works on tables before anything is judged, drawn or said, so that whatever is derived
from them is derived from protected figures.

What it protects: counts of cases, and given counts of events or of children. Figures that hold no children
(a rate of staff turnover) pass as they are.
"""

import numpy as np
import pandas as pd

from .errors import Refused
from .periods import quarter_of
from .shapes import KEY

SMALLEST, LARGEST = 1, 5  # Department for Education, rule for authority tables: 1 to 5 becomes c, 0 is shown
FEWEST_VALUES = 4  # a hidden count that could only be one of fewer is as good as shown
PROFILES = ("council", "rounded", "internal")
ROUNDED_LARGEST, ROUND_TO = 7, 5  # the stricter habit of health and Welsh Government statistics
MOSTLY_HIDDEN = 1 / 3  # of a series' months: what is left is a biased choice, so no month is shown
SUPPRESSED = "suppressed"
FIGURES = ["value", "numerator", "denominator", "lower", "upper", "children", "per_10000"]


def protect(months: pd.DataFrame, quarters: pd.DataFrame, *, profile: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hide small counts, and the totals from which they could be worked out.

    Parameters
    ----------
    months, quarters : pandas.DataFrame
        Measured tables of the same measures and areas, by month or week and by quarter.
    profile : {"council", "rounded", "internal"}

    Returns
    -------
    months, quarters : pandas.DataFrame
        The same rows; a hidden figure is missing with status ``suppressed``. Where one month of a quarter is hidden a
        second one is too, since the quarter's total would give it away; where that is not enough, so is the total.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` for an unknown profile.
    """
    if profile not in PROFILES:
        raise Refused(f"The profile is one of {', '.join(PROFILES)}.", code="INVALID_PARAMETER")
    if profile == "internal":
        return months, quarters
    largest = LARGEST if profile == "council" else ROUNDED_LARGEST
    hidden, told = _small(months, largest), _small(quarters, largest)
    hidden, open_totals = _hide_second(months, hidden, largest)
    series = [months["measure"], months["area"]]
    hidden |= hidden.groupby(series).transform("mean") > MOSTLY_HIDDEN
    told |= pd.MultiIndex.from_frame(quarters[KEY]).isin(open_totals)
    months, quarters = _hide(_hide_bands(months, largest), hidden), _hide(_hide_bands(quarters, largest), told)
    return (months, quarters) if profile == "council" else (_rounded(months), _rounded(quarters))


def _hide_second(months: pd.DataFrame, hidden: pd.Series, largest: int) -> tuple[pd.Series, pd.MultiIndex]:
    """Hide a second month where a quarter's total would give a single one away.

    Returns what is hidden now, and the keys of the quarters whose total would still pin a hidden month to fewer than
    `FEWEST_VALUES`; those totals must be hidden too.
    """
    count = months["value"].where(months["type"] != "percent", months["denominator"] - months["numerator"])
    quarter = pd.concat(
        [
            pd.Series(quarter_of(pd.PeriodIndex(part)), index=part.index)
            for _, part in months["period"].groupby(months["period"].map(lambda p: p.freqstr))
        ]
    ).reindex(months.index)
    group = [months["measure"], months["area"], quarter]
    alone = hidden.groupby(group).transform("sum") == 1
    rest = count.where(alone & ~hidden & (count > 0))
    second = rest.notna() & (rest.groupby(group).rank(method="first") == 1)
    inside = count.where(hidden | second)
    k, total = inside.groupby(group).transform("count"), inside.groupby(group).transform("sum")
    all_small = ~second.groupby(group).transform("any")
    lowest = np.maximum(SMALLEST, np.where(all_small, total - largest * (k - 1), SMALLEST))
    highest = np.minimum(largest, total - (k - 1))
    pinned = (k > 0) & (highest - lowest + 1 < FEWEST_VALUES)
    keys = pd.DataFrame({"measure": months["measure"], "area": months["area"], "period": quarter})[pinned]
    return hidden | second, pd.MultiIndex.from_frame(keys)


def _small(table: pd.DataFrame, largest: int) -> pd.Series:
    """Say which rows show a count of one to `largest`, be it a numerator or the rest to the whole."""

    def small(count):
        return count.between(SMALLEST, largest) if len(count) else count.astype(bool)

    of_cases = table["children"].notna()
    counted = table["type"].isin(["flow", "stock"])
    share = (table["type"] == "percent") & of_cases
    hidden = counted & (small(table["value"]) | small(table["children"]))
    hidden |= share & (
        small(table["numerator"]) | small(table["denominator"]) | small(table["denominator"] - table["numerator"])
    )
    return hidden | ((table["type"] == "mean") & of_cases & small(table["denominator"]))


def _hide_bands(table: pd.DataFrame, largest: int) -> pd.DataFrame:
    """Hide small cells of a lateness distribution, and a second one where a single gap could be worked out."""
    bands = [c for c in table if c.startswith(("late_", "on_time"))]
    if not bands:
        return table
    cells = table[bands].to_numpy(float)
    hide = (cells >= SMALLEST) & (cells <= largest)
    alone = hide.sum(axis=1) == 1
    rest = np.where(hide | ~(cells > 0), np.inf, cells)
    some = alone & np.isfinite(rest.min(axis=1))
    hide[np.flatnonzero(some), rest[some].argmin(axis=1)] = True
    table = table.copy()
    table[bands] = np.where(hide, np.nan, cells)
    return table


def _hide(table: pd.DataFrame, where) -> pd.DataFrame:
    table = table.copy()
    bands = [c for c in table if c.startswith(("late_", "on_time"))]
    table.loc[where, FIGURES + bands] = np.nan
    table.loc[where, "status"] = SUPPRESSED
    return table


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Round every count, and work percentages from the rounded counts."""
    table = table.copy()
    for column in table.columns.intersection(["numerator", "denominator", "children"]):
        table[column] = (table[column] / ROUND_TO).round() * ROUND_TO
    counted = table["type"].isin(["flow", "stock"])
    table.loc[counted, "value"] = (table["value"] / ROUND_TO).round() * ROUND_TO
    table["per_10000"] = np.nan  # an exact rate would undo the rounding
    share = (table["type"] == "percent") & table["children"].notna()
    table.loc[share, "value"] = table["numerator"] / table["denominator"].where(table["denominator"] > 0)
    return table
