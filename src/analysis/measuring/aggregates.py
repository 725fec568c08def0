"""Returned figures brought to the periods and areas of a report; a part that is missing makes its total missing."""

from collections.abc import Sequence

import pandas as pd
from pandas.api.typing import DataFrameGroupBy

from ..config import Dataset, Measure
from ..errors import Refused
from ..kinds import LAST, MEAN, POOLED, SUM
from ..periods import quarter_of
from .cases import wilson

IMPOSSIBLE = "impossible"  # status of a figure that cannot be
NOT_BEGUN = ("missing", "not applicable")  # statuses that before an area's first figure say: it was not there yet


def from_counts(
    m: Measure,
    rows: pd.DataFrame,
    dataset: Dataset,
    months: pd.PeriodIndex,
    extent: pd.PeriodIndex,
    areas: list,
    whole: str,
) -> pd.DataFrame:
    """Bring returned figures to the extent's periods; a part that is missing makes its total missing."""
    columns = [c for c in ("value", "denominator") if c in rows]
    combined = MEAN if m.kind.combined == POOLED and "denominator" not in rows else m.kind.combined
    adds_up = combined != MEAN
    cells = rows.assign(area=rows.get("area", whole)).groupby(["area", "period"])
    returns = cells[columns].sum().where(cells[columns].count().eq(cells.size(), axis=0))
    if not adds_up:
        returns = returns.where(cells.size() == 1)
    returns["status"] = cells["status"].max()
    returns = _possible(returns, m, adds_up)
    areas_with_returns = returns.index.unique("area")
    if whole not in areas_with_returns and dataset.preset is not None:  # open data carry their own totals
        areas = [a for a in areas if a != whole]
    elif whole not in areas_with_returns and len(areas_with_returns):
        returns = pd.concat([returns, _sum_of_areas(_on(returns, areas_with_returns, months), adds_up, whole)])
    table = _on(returns, areas, months)
    table["status"] = table["status"].fillna("missing")
    if extent.freqstr != months.freqstr:
        table = _to_quarters(table, combined).reindex(_product(areas, extent))
    if combined == POOLED:
        table["numerator"] = table["value"]
        table["value"] = table["numerator"] / table["denominator"].where(table["denominator"] > 0)
        table["status"] = table["status"].mask(table["denominator"] == 0, "none due")
        counts = table["numerator"].between(0, table["denominator"]) & (table["numerator"] % 1 == 0)
        table["lower"], table["upper"] = wilson(
            table["numerator"].where(counts, 0), table["denominator"].where(counts, 0)
        )
    if m.unit == "children":
        table["children"] = table["denominator"] if combined == POOLED else table["value"]
    return table


def _possible(given: pd.DataFrame, m: Measure, adds_up: bool) -> pd.DataFrame:
    """Take out what cannot be: a count or a share below nothing, or a share of more than all."""
    if m.type in ("mean", "value"):
        return given
    bad = given["value"] < 0
    if m.type == "percent":
        over = given["value"] > (given["denominator"] if adds_up else 1)
        if not adds_up and over.sum() > given["value"].count() / 2:
            raise Refused(
                f"Measure '{m.name}' is a percentage and its figures are no fractions from 0 to 1, as in "
                f"{over.idxmax()[1]}. Divide them by 100, or write them with a percent sign.",
                code="INVALID_PARAMETER",
            )
        bad |= over
    return given.mask(bad).assign(status=given["status"].mask(bad, IMPOSSIBLE))


def _product(areas: Sequence, periods: pd.PeriodIndex) -> pd.MultiIndex:
    return pd.MultiIndex.from_product([areas, periods], names=["area", "period"])


def _on(returns: pd.DataFrame, areas: Sequence, periods: pd.PeriodIndex) -> pd.DataFrame:
    return returns.reindex(_product(areas, periods))


def _sum_of_areas(returns: pd.DataFrame, adds_up: bool, whole: str) -> pd.DataFrame:
    """Add the areas up; from its first figure on, an area without one makes the sum missing."""
    figures, areas = returns.drop(columns="status"), returns.index.unique("area")
    if len(areas) == 1:
        return returns.rename(index={areas[0]: whole}, level="area")
    begun = (returns["status"].notna() & ~returns["status"].isin(NOT_BEGUN)).groupby(level="area").cummax()
    lacking = figures.isna().mul(begun, axis=0).groupby(level="period").sum()
    table = figures.groupby(level="period").sum()
    table = table.where(lacking == 0).where(begun.groupby(level="period").any() & adds_up)
    reasons = returns["status"].fillna("missing").where(begun & returns["value"].isna(), "")
    table["status"] = reasons.groupby(level="period").max()
    return pd.concat({whole: table}, names=["area"])


def _to_quarters(table: pd.DataFrame, combined: str) -> pd.DataFrame:
    """Bring months or weeks to whole quarters: counts added, of a stock the last, of other figures the mean."""
    table = table.assign(status=table["status"].where(table["value"].isna(), ""))
    quarter = pd.Series(quarter_of(table.index.get_level_values("period")), index=table.index, name="period")
    grouped = table.groupby([table.index.get_level_values("area"), quarter])
    figures = COMBINED[combined](grouped[[c for c in ("value", "denominator") if c in table]], skipna=False)
    statuses = grouped["status"]
    return figures.assign(status=statuses.last() if combined == LAST else statuses.max())


COMBINED = {  # by `Kind.combined`
    SUM: DataFrameGroupBy.sum,
    LAST: DataFrameGroupBy.last,
    POOLED: DataFrameGroupBy.sum,
    MEAN: DataFrameGroupBy.mean,
}
