"""Given figures brought to the periods and areas of a report; a part that is missing makes its total missing."""

import numpy as np
import pandas as pd

from ..catalogue import Dataset, Measure
from ..periods import quarter_of
from .cases import wilson


def from_counts(
    m: Measure,
    rows: pd.DataFrame,
    dataset: Dataset,
    months: pd.PeriodIndex,
    extent: pd.PeriodIndex,
    areas: list,
    whole: str,
) -> pd.DataFrame:
    """Bring given figures to the extent's periods; a part that is missing makes its total missing."""
    columns = [c for c in ("value", "denominator") if c in rows]
    adds_up = m.type in ("flow", "stock") or (m.type == "percent" and "denominator" in rows)
    cells = rows.assign(area=rows.get("area", whole)).groupby(["area", "period"])
    given = cells[columns].sum().where(cells[columns].count().eq(cells.size(), axis=0))
    if not adds_up:
        given = given.where(cells.size() == 1)
    given["status"] = cells["status"].max()
    tables = {area: part.droplevel("area").reindex(months) for area, part in given.groupby(level="area")}
    nothing = pd.DataFrame({**dict.fromkeys(columns, np.nan), "status": "missing"}, index=months)
    if whole not in tables and dataset.preset is None:  # open data carry their own totals
        tables[whole] = _sum_of_areas(list(tables.values()), adds_up) if tables else nothing
    elif whole not in tables:
        areas = [a for a in areas if a != whole]
    parts = []
    for area in areas:
        table = tables.get(area, nothing).assign(area=area)
        table["status"] = table["status"].fillna("missing")
        parts.append(table if extent.freqstr == months.freqstr else _to_quarters(table, m.type, adds_up, extent))
    table = pd.concat(parts)
    if m.type == "percent" and adds_up:
        table["numerator"] = table["value"]
        table["value"] = table["numerator"] / table["denominator"].where(table["denominator"] > 0)
        table["status"] = table["status"].mask(table["denominator"] == 0, "none due")
        counts = table["numerator"].between(0, table["denominator"]) & (table["numerator"] % 1 == 0)
        table["lower"], table["upper"] = wilson(
            table["numerator"].where(counts, 0), table["denominator"].where(counts, 0)
        )
    if m.unit == "children":
        table["children"] = table["denominator"] if m.type == "percent" and adds_up else table["value"]
    return table


def _sum_of_areas(tables: list[pd.DataFrame], adds_up: bool) -> pd.DataFrame:
    """Add the areas up; from its first figure on, an area without one makes the sum missing."""
    if len(tables) == 1:
        return tables[0]
    columns = [c for c in tables[0] if c != "status"]
    begun = [t["status"].notna().cummax() for t in tables]
    whole = sum(t[columns].fillna(0) for t in tables)
    lacking = sum((t[columns].isna() & b.to_numpy()[:, None]).astype(int) for t, b in zip(tables, begun, strict=True))
    whole = whole.where((lacking == 0) & adds_up & np.logical_or.reduce(begun)[:, None])
    reasons = [
        t["status"].fillna("missing").where(b & t["value"].isna(), "") for t, b in zip(tables, begun, strict=True)
    ]
    return whole.assign(status=pd.concat(reasons, axis=1).max(axis=1))


def _to_quarters(table: pd.DataFrame, kind: str, adds_up: bool, extent: pd.PeriodIndex) -> pd.DataFrame:
    """Bring months or weeks to whole quarters: counts added, of a stock the last, of other figures the mean."""
    table = table.assign(status=table["status"].where(table["value"].isna(), ""))
    grouped = table.groupby(pd.Series(quarter_of(table.index), index=table.index, name="period"))
    figures = grouped[[c for c in ("value", "denominator") if c in table]]
    if kind == "stock":
        return grouped.last(skipna=False).reindex(extent)
    out = figures.sum(skipna=False) if adds_up else figures.mean(skipna=False)
    return out.assign(status=grouped["status"].max(), area=grouped["area"].first()).reindex(extent)
