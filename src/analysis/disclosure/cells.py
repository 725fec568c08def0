"""Every count of cases that a page's tables hold: what one who wants to know has to work with."""

import pandas as pd

from ..kinds import are
from ..periods import QUARTER_FREQ, numbered
from ..schema import MEASURED, MONTHS, QUARTERS, names
from .primary import SMALLEST, counts_in, few_in, protected


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
    parts, few = counts_in(table).where(protected(table)), few_in(table, largest)
    period = numbered(table["period"])
    where = table[["measure", "area", "type"]].assign(table=name, row=table.index, grain=period["grain"], n=period["n"])
    found = [_details(table, where, largest)] if name == QUARTERS else []
    found += [where.assign(part=part, value=parts[part], few=few[part]) for part in parts]
    return pd.concat(found, ignore_index=True).dropna(subset="value")


def detail_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that say what a quarter's figure is made of, and what stands beside it: bands, causes, open work."""
    main = ("numerator", "denominator", "children")
    return [c for c in names(*MEASURED, among=table, counts=True) if c not in main]


def _details(table: pd.DataFrame, where: pd.DataFrame, largest: int) -> pd.DataFrame:
    """Return what a page says of its newest quarter alone, a row a count."""
    newest = protected(table) & (table["period"] == table["period"].max()) if len(table) else protected(table)
    told = where[newest].join(table.loc[newest, detail_columns(table)].astype(float))
    told = told.melt(id_vars=list(where), var_name="part").dropna(subset="value")
    return told.assign(few=told["value"].between(SMALLEST, largest))


def one_cell_for_a_stock(counts: pd.DataFrame) -> pd.DataFrame:
    """Let a stock's quarter be its last month: the same figure."""
    counts = counts.assign(grain_shown=counts["grain"], n_shown=counts["n"])
    at = are(counts["type"], "at_end") & (counts["grain"] == QUARTER_FREQ)
    monthly = set(counts.loc[are(counts["type"], "at_end") & (counts["grain"] == "M"), "measure"])
    at &= counts["measure"].isin(monthly)
    last = pd.PeriodIndex.from_ordinals(counts.loc[at, "n"], freq=QUARTER_FREQ).asfreq("M", "end")
    counts.loc[at, "n"] = last.asi8
    counts.loc[at, "grain"] = "M"
    return counts
