"""How cases are counted, by kind of measure: from rows by area to a table indexed by area and period."""

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ..config import OPEN_BAND, Dataset, Measure, band_names, counted_date
from ..kinds import ALL, AVERAGE, COUNT, EVENTS, LATE, LIMIT, ON_TIME, OPEN
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
        still = open_after(started, ended, period)
        counts[:, i, 0] = np.bincount(area[still], minlength=len(areas))
        counts[:, i, 1] = np.bincount(np.unique(of_area[still]) // (len(rows) + 1), minlength=len(areas))
    table = pd.DataFrame(counts.reshape(-1, 2), index=index, columns=["value", "children"])
    if m.unit == "children":
        table["value"] = table["children"]
    return table


def open_after(started: np.ndarray, ended: np.ndarray, period: pd.Period) -> np.ndarray:
    """Say which episodes are open at the end of a period's last day."""
    after = (period + 1).start_time.to_datetime64()
    return (started < after) & ~(ended < after)


def due(m: Measure, rows: pd.DataFrame, nation: str) -> pd.Series:
    start = rows[m.within.start]
    if m.within.hours is not None:
        return start + pd.Timedelta(hours=m.within.hours)
    return pd.Series(add_working_days(start.values, m.within.working_days or 0, nation), index=rows.index)


def judged(m: Measure, rows: pd.DataFrame, nation: str) -> pd.DataFrame:
    """Return the cases that a limit is set against, with the day by which each counts (`on`) and how `late` it was.

    What is due within hours counts by the day on which the clock began: counted a day later, it and what came in would
    differ by one day's cases, which are few. An end before the start says nothing of time; `late` is missing where
    there is no end yet.
    """
    before = rows[m.within.end].dt.normalize() < rows[m.within.start].dt.normalize()  # the same day is no slip
    rows = rows[rows[m.within.start].notna() & ~before]
    start, end = rows[m.within.start], rows[m.within.end]
    if m.within.hours is None:
        late = pd.Series(days_late(start.values, end.values, m.within.working_days, nation), index=rows.index)
    else:
        late = (end - start) / pd.Timedelta(hours=1) - m.within.hours
    on = end if m.cohort == "completed" else start if m.within.hours is not None else due(m, rows, nation)
    return rows.assign(on=on, late=late)


def bands_of(m: Measure, late: pd.Series) -> pd.Series:
    """Return the lateness band of each case."""
    names = band_names(m.bands)
    band = pd.cut(late, [-np.inf, 0, *m.bands, np.inf], labels=names[:-1])
    return band.cat.add_categories(OPEN_BAND).fillna(OPEN_BAND)


def _within(m: Measure, rows: pd.DataFrame, dataset: Dataset, index: pd.MultiIndex, nation: str) -> pd.DataFrame:
    """Share done within the limit; open and overdue counts as late."""
    rows = judged(m, rows, nation)
    period = _periods(rows["on"], index)
    on_time = rows[rows["late"] <= 0]
    table = pd.DataFrame({"numerator": _count(on_time, period, index), "denominator": _count(rows, period, index)})
    table["value"] = (table["numerator"] / table["denominator"]).where(table["denominator"] > 0)
    table["status"] = np.where(table["denominator"] > 0, "", "none due")
    table["lower"], table["upper"] = wilson(table["numerator"], table["denominator"])
    table["children"] = _children(rows, period, index)
    if m.bands:
        cells = pd.crosstab([rows["area"], period], bands_of(m, rows["late"]))
        names = band_names(m.bands)
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


AT_END = "open"  # the clock of what is open on a period's last day


def clock_of(m: Measure, dataset: Dataset) -> str:
    """Return by which date a case counts: measures with the same one count a case in the same period."""
    if m.kind.counted_by == OPEN:
        return AT_END
    if m.kind.counted_by != LIMIT:
        return str(counted_date(m, dataset))
    if m.cohort == "completed":
        return m.within.end
    return m.within.start if m.within.hours is not None else f"{m.within.start} + {m.within.working_days}"


def marks(m: Measure, rows: pd.DataFrame, dataset: Dataset, nation: str, extent: pd.PeriodIndex) -> pd.DataFrame:
    """Return in which counts of a measure each case is counted, from what the tables are made of.

    Parameters
    ----------
    m, dataset, nation
    rows : pandas.DataFrame
        The measure's cases, as known.
    extent : pandas.PeriodIndex
        Months of the report.

    Returns
    -------
    pandas.DataFrame
        record (its index), on (a day of the period), part; a row a case and count.
    """
    if m.kind.counted_by == OPEN:
        started, ended = rows["started"].to_numpy(), rows["ended"].to_numpy()
        days = [(rows.index[open_after(started, ended, p)], p.start_time) for p in extent]
        tables = [pd.DataFrame({"record": record, "on": day, "part": COUNT}) for record, day in days]
        return pd.concat(tables, ignore_index=True)
    if m.kind.counted_by == LIMIT:
        rows = judged(m, rows, nation)
        counted = {ALL: rows["on"], ON_TIME: rows["on"].where(rows["late"] <= 0)}
        counted[LATE] = rows["on"].where(~(rows["late"] <= 0))
        if m.bands:
            band = bands_of(m, rows["late"])
            counted |= {name: rows["on"].where(band == name) for name in band_names(m.bands)}
    else:
        rows = rows[rows["value"].notna()] if m.kind.counted_by == AVERAGE else rows
        counted = {COUNT if m.kind.counted_by == EVENTS else ALL: rows[counted_date(m, dataset)]}
    return marked(counted)


def marked(counted: dict[str, pd.Series]) -> pd.DataFrame:
    """Return the days on which cases count, by part, as a row a case and part; a case without a day does not count."""
    days = [day.dropna().rename("on").rename_axis("record").reset_index().assign(part=p) for p, day in counted.items()]
    return pd.concat(days, ignore_index=True)
