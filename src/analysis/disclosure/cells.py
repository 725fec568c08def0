"""Every count of cases that a page's tables hold: what one who wants to know has to work with."""

import pandas as pd

from ..periods import QUARTER_FREQ, numbered
from ..schema import MONTHS, QUARTERS
from .primary import COUNTED, SMALLEST
from .relations import ALL, COUNT, LATE, ON_TIME


def counts_of(months: pd.DataFrame, quarters: pd.DataFrame, largest: int) -> pd.DataFrame:
    """Return every count of cases of two measured tables: a row each.

    Returns
    -------
    pandas.DataFrame
        table, row (its label there), measure, area, type, grain (length of the period), n (its number), part (of the
        row), value, few (it stands for too few children).
    """
    return pd.concat([_counts(months, MONTHS, largest), _counts(quarters, QUARTERS, largest)], ignore_index=True)


def _counts(table: pd.DataFrame, name: str, largest: int) -> pd.DataFrame:
    share = (table["type"] == "percent") & table["children"].notna()
    counted = table["type"].isin(COUNTED) | ((table["type"] == "value") & table["children"].notna())
    mean = (table["type"] == "mean") & table["children"].notna()
    parts = {
        COUNT: table["value"].where(counted),
        ON_TIME: table["numerator"].where(share),
        LATE: (table["denominator"] - table["numerator"]).where(share),
        ALL: table["denominator"].where(share | mean),
    }
    period = numbered(table["period"])
    where = table[["measure", "area", "type"]].assign(table=name, row=table.index, grain=period["grain"], n=period["n"])
    few_children = table["children"].between(SMALLEST, largest)
    found = [
        where.assign(
            part=part,
            value=value.astype(float),
            few=value.astype(float).between(SMALLEST, largest) | (few_children & (part in (COUNT, ALL))),
        )
        for part, value in parts.items()
    ]
    found = pd.concat(found, ignore_index=True).dropna(subset="value")
    return found[found["value"] % 1 == 0]


def one_cell_for_a_stock(counts: pd.DataFrame) -> pd.DataFrame:
    """Let a stock's quarter be its last month: the same figure."""
    counts = counts.assign(grain_shown=counts["grain"], n_shown=counts["n"])
    at = (counts["type"] == "stock") & (counts["grain"] == QUARTER_FREQ)
    monthly = set(counts.loc[(counts["type"] == "stock") & (counts["grain"] == "M"), "measure"])
    at &= counts["measure"].isin(monthly)
    last = pd.PeriodIndex.from_ordinals(counts.loc[at, "n"], freq=QUARTER_FREQ).asfreq("M", "end")
    counts.loc[at, "n"] = last.asi8
    counts.loc[at, "grain"] = "M"
    return counts
