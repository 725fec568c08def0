"""How cases are counted, by kind of measure: from rows by area to a table indexed by area and period."""

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ..config import OPEN_BAND, Dataset, Measure, band_names, counted_date
from ..kinds import AVERAGE, EVENTS, LIMIT, OPEN
from ..periods import add_working_days, days_late


def _events(m: Measure, rows: pd.DataFrame, dataset: Dataset, index: pd.MultiIndex, nation: str) -> pd.DataFrame:
    period = _periods(rows[counted_date(m, dataset)], index)
    table = pd.DataFrame({"value": _count(rows, period, index), "children": _children(rows, period, index)})
    if m.unit == "children":
        table["value"] = table["children"]
    return table


def _periods(dates: pd.Series, index: pd.MultiIndex) -> pd.Series:
    return dates.dt.to_period(index.levels[1].freqstr).rename("period")


def _count(rows: pd.DataFrame, period: pd.Series, index: pd.MultiIndex) -> pd.Series:
    return rows.groupby(["area", period]).size().reindex(index, fill_value=0).astype(float)


def _children(rows: pd.DataFrame, period: pd.Series, index: pd.MultiIndex) -> pd.Series:
    """Count distinct children; without an identifier every row may be another child."""
    if "child" not in rows:
        return _count(rows, period, index)
    return rows.groupby(["area", period])["child"].nunique().reindex(index, fill_value=0).astype(float)


def _open(m: Measure, rows: pd.DataFrame, dataset: Dataset, index: pd.MultiIndex, nation: str) -> pd.DataFrame:
    """Count episodes open at the end of each period's last day."""
    areas, extent = index.levels
    started, ended = rows["started"].to_numpy(), rows["ended"].to_numpy()
    area = areas.get_indexer(rows["area"])
    child = 1 + pd.factorize(rows["child"])[0] if "child" in rows else np.arange(len(rows))
    of_area = area * (len(rows) + 1) + child  # each child of each area has a number
    counts = np.empty((len(areas), len(extent), 2))
    for i, period in enumerate(extent):
        after = (period + 1).start_time.to_datetime64()
        still = (started < after) & ~(ended < after)
        counts[:, i, 0] = np.bincount(area[still], minlength=len(areas))
        counts[:, i, 1] = np.bincount(np.unique(of_area[still]) // (len(rows) + 1), minlength=len(areas))
    table = pd.DataFrame(counts.reshape(-1, 2), index=index, columns=["value", "children"])
    if m.unit == "children":
        table["value"] = table["children"]
    return table


def due(m: Measure, rows: pd.DataFrame, nation: str) -> pd.Series:
    start = rows[m.within.start]
    if m.within.hours is not None:
        return start + pd.Timedelta(hours=m.within.hours)
    return pd.Series(add_working_days(start.values, m.within.working_days or 0, nation), index=rows.index)


def _within(m: Measure, rows: pd.DataFrame, dataset: Dataset, index: pd.MultiIndex, nation: str) -> pd.DataFrame:
    """Share done within the limit; open and overdue counts as late, and an end before the start says nothing of time."""
    before = rows[m.within.end].dt.normalize() < rows[m.within.start].dt.normalize()  # the same day is no slip
    rows = rows[rows[m.within.start].notna() & ~before]
    start, end = rows[m.within.start], rows[m.within.end]
    if m.within.hours is None:
        late = pd.Series(days_late(start.values, end.values, m.within.working_days, nation), index=rows.index)
    else:
        late = (end - start) / pd.Timedelta(hours=1) - m.within.hours
    counted_on = due(m, rows, nation) if m.cohort == "due" else end
    period = _periods(counted_on, index)
    on_time = rows[late <= 0]
    table = pd.DataFrame({"numerator": _count(on_time, period, index), "denominator": _count(rows, period, index)})
    table["value"] = (table["numerator"] / table["denominator"]).where(table["denominator"] > 0)
    table["status"] = np.where(table["denominator"] > 0, "", "none due")
    table["lower"], table["upper"] = wilson(table["numerator"], table["denominator"])
    table["children"] = _children(rows, period, index)
    if m.bands:
        names = band_names(m.bands)
        band = (
            pd.cut(late, [-np.inf, 0, *m.bands, np.inf], labels=names[:-1])
            .cat.add_categories(OPEN_BAND)
            .fillna(OPEN_BAND)
        )
        cells = pd.crosstab([rows["area"], period], band)
        table[names] = cells.reindex(index=index, columns=names, fill_value=0).astype(float)
    return table


def wilson(count: pd.Series, n: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    lower, upper = (np.full(len(n), np.nan) for _ in range(2))
    some = (n > 0).to_numpy()
    lower[some], upper[some] = proportion_confint(count[some], n[some], method="wilson")
    return lower, upper


def _mean(m: Measure, rows: pd.DataFrame, dataset: Dataset, index: pd.MultiIndex, nation: str) -> pd.DataFrame:
    rows = rows[rows["value"].notna()]
    period = _periods(rows[counted_date(m, dataset)], index)
    mean = rows.groupby(["area", period])["value"].mean().reindex(index)
    counted = {"denominator": _count(rows, period, index), "children": _children(rows, period, index)}
    return pd.DataFrame({"value": mean, **counted})


COUNTED_BY = {EVENTS: _events, OPEN: _open, LIMIT: _within, AVERAGE: _mean}  # by `Kind.counted_by`
