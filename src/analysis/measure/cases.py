"""The kinds of measure of cases, one area at a time; each returns a table indexed by period."""

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ..catalogue import OPEN_BAND, Dataset, Measure, band_names, counted_date
from ..periods import add_working_days, working_days_between


def _flow(m: Measure, rows: pd.DataFrame, dataset: Dataset, extent: pd.PeriodIndex, nation: str) -> pd.DataFrame:
    period = rows[counted_date(m, dataset)].dt.to_period(extent.freqstr)
    table = pd.DataFrame({"value": period.value_counts().reindex(extent, fill_value=0).astype(float)}, index=extent)
    table["children"] = _children(rows, period, extent)
    if m.unit == "children":
        table["value"] = table["children"]
    return table


def _children(rows: pd.DataFrame, period: pd.Series, extent: pd.PeriodIndex) -> pd.Series:
    """Count distinct children; without an identifier every row may be another child."""
    grouped = rows.groupby(period)
    count = grouped["child"].nunique() if "child" in rows else grouped.size()
    return count.reindex(extent, fill_value=0).astype(float)


def _stock(m: Measure, rows: pd.DataFrame, dataset: Dataset, extent: pd.PeriodIndex, nation: str) -> pd.DataFrame:
    """Count episodes open at the end of each period's last day."""
    started, ended = rows["started"].to_numpy(), rows["ended"].to_numpy()
    child = pd.factorize(rows["child"])[0] if "child" in rows else np.arange(len(rows))
    found = []
    for period in extent:
        after = (period + 1).start_time.to_datetime64()
        still = (started < after) & ~(ended < after)
        found.append([still.sum(), np.unique(child[still]).size])
    table = pd.DataFrame(np.array(found, float).reshape(-1, 2), index=extent, columns=["value", "children"])
    if m.unit == "children":
        table["value"] = table["children"]
    return table


def due(m: Measure, rows: pd.DataFrame, nation: str) -> pd.Series:
    start = rows[m.within.start]
    if m.within.hours is not None:
        return start + pd.Timedelta(hours=m.within.hours)
    return pd.Series(add_working_days(start.values, m.within.working_days or 0, nation), index=rows.index)


def _within(m: Measure, rows: pd.DataFrame, dataset: Dataset, extent: pd.PeriodIndex, nation: str) -> pd.DataFrame:
    """Share done within the limit; open and overdue counts as late, and an end before the start says nothing of time."""
    before = rows[m.within.end].dt.normalize() < rows[m.within.start].dt.normalize()  # the same day is no slip
    rows = rows[rows[m.within.start].notna() & ~before]
    start, end = rows[m.within.start], rows[m.within.end]
    if m.within.hours is None:
        late = (
            pd.Series(working_days_between(start.values, end.values, nation), index=rows.index) - m.within.working_days
        )
    else:
        late = (end - start) / pd.Timedelta(hours=1) - m.within.hours
    counted_on = due(m, rows, nation) if m.cohort == "due" else end
    period = counted_on.dt.to_period(extent.freqstr)
    on_time = late <= 0
    table = pd.DataFrame({"numerator": on_time.groupby(period).sum(), "denominator": period.value_counts()})
    table = table.reindex(extent).fillna(0).astype(float)
    table["value"] = (table["numerator"] / table["denominator"]).where(table["denominator"] > 0)
    table["status"] = np.where(table["denominator"] > 0, "", "none due")
    table["lower"], table["upper"] = wilson(table["numerator"], table["denominator"])
    table["children"] = _children(rows, period, extent)
    if m.bands:
        names = band_names(m.bands)
        band = (
            pd.cut(late, [-np.inf, 0, *m.bands, np.inf], labels=names[:-1])
            .cat.add_categories(OPEN_BAND)
            .fillna(OPEN_BAND)
        )
        table[names] = pd.crosstab(period, band).reindex(index=extent, columns=names, fill_value=0).astype(float)
    return table


def wilson(count: pd.Series, n: pd.Series) -> tuple[pd.Series, pd.Series]:
    lower, upper = (np.full(len(n), np.nan) for _ in range(2))
    some = (n > 0).to_numpy()
    lower[some], upper[some] = proportion_confint(count[some], n[some], method="wilson")
    return lower, upper


def _mean(m: Measure, rows: pd.DataFrame, dataset: Dataset, extent: pd.PeriodIndex, nation: str) -> pd.DataFrame:
    period = rows[counted_date(m, dataset)].dt.to_period(extent.freqstr)
    rows, period = rows[rows["value"].notna()], period[rows["value"].notna()]
    grouped = rows.groupby(period)["value"]
    table = pd.DataFrame({"value": grouped.mean().reindex(extent), "denominator": grouped.size().reindex(extent)})
    return table.assign(
        denominator=table["denominator"].fillna(0).astype(float), children=_children(rows, period, extent)
    )


KINDS = {"flow": _flow, "stock": _stock, "percent": _within, "mean": _mean}
