"""Given figures brought to the periods and areas of a report; a part that is missing makes its total missing."""

from collections.abc import Sequence

import pandas as pd

from ..config import Dataset, Measure
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
    for role in dataset.part_roles:
        if (mark := f"{role}_total") in rows and role not in m.where:  # a total in the place of its parts
            total = rows[mark] == "total"
            if role == "area":  # that some other measure chooses
                rows = rows[~total]
                continue
            cell = pd.MultiIndex.from_frame(rows.assign(area=rows.get("area", whole))[["area", "period"]])
            rows = rows[total | ~cell.isin(cell[total])]
    adds_up = m.type in ("flow", "stock") or (m.type == "percent" and "denominator" in rows)
    cells = rows.assign(area=rows.get("area", whole)).groupby(["area", "period"])
    given = cells[columns].sum().where(cells[columns].count().eq(cells.size(), axis=0))
    if not adds_up:
        given = given.where(cells.size() == 1)
    given["status"] = cells["status"].max()
    found = given.index.unique("area")
    parts = found.drop(whole, errors="ignore")
    if "level" in rows:  # areas that hold others: their own totals are among them
        areas = [a for a in areas if a != whole or whole in found]
    elif len(parts) and not (whole in found and "area" in dataset.total):
        summed = _sum_of_areas(_on(given, parts, months), adds_up, whole)
        own = given[given.index.get_level_values("area") == whole]  # a total where a part is not known
        given = pd.concat([given.drop(own.index), own, summed[~summed.index.isin(own.index)]])
    table = _on(given, areas, months)
    table["status"] = table["status"].fillna("missing")
    if extent.freqstr != months.freqstr:
        table = _to_quarters(table, m.type, adds_up).reindex(_product(areas, extent))
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


def _product(areas: Sequence, periods: pd.PeriodIndex) -> pd.MultiIndex:
    return pd.MultiIndex.from_product([areas, periods], names=["area", "period"])


def _on(given: pd.DataFrame, areas: Sequence, periods: pd.PeriodIndex) -> pd.DataFrame:
    return given.reindex(_product(areas, periods))


def _sum_of_areas(given: pd.DataFrame, adds_up: bool, whole: str) -> pd.DataFrame:
    """Add the areas up; from its first figure on, an area without one makes the sum missing."""
    figures, areas = given.drop(columns="status"), given.index.unique("area")
    if len(areas) == 1:
        return given.rename(index={areas[0]: whole}, level="area")
    begun = given["status"].notna().groupby(level="area").cummax()
    lacking = figures.isna().mul(begun, axis=0).groupby(level="period").sum()
    table = figures.groupby(level="period").sum()
    table = table.where(lacking == 0).where(begun.groupby(level="period").any() & adds_up)
    reasons = given["status"].fillna("missing").where(begun & given["value"].isna(), "")
    table["status"] = reasons.groupby(level="period").max()
    return pd.concat({whole: table}, names=["area"])


def _to_quarters(table: pd.DataFrame, kind: str, adds_up: bool) -> pd.DataFrame:
    """Bring months or weeks to whole quarters: counts added, of a stock the last, of other figures the mean."""
    table = table.assign(status=table["status"].where(table["value"].isna(), ""))
    quarter = pd.Series(quarter_of(table.index.get_level_values("period")), index=table.index, name="period")
    grouped = table.groupby([table.index.get_level_values("area"), quarter])
    if kind == "stock":
        return grouped.last(skipna=False)
    figures = grouped[[c for c in ("value", "denominator") if c in table]]
    out = figures.sum(skipna=False) if adds_up else figures.mean(skipna=False)
    return out.assign(status=grouped["status"].max())
