"""How cases are counted, by kind of measure: from rows by area to a table indexed by area and period."""

from functools import partial

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ..config import OPEN_BAND, Dataset, Measure, band_names, counted_date
from ..kinds import ALL, AVERAGE, COUNT, EVENTS, LATE, ON_TIME, OPEN, SHARED
from ..periods import add_working_days, days_late, in_time
from ..shapes import rows_of
from .conditions import DAY, ON, Tables, meet, passed


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
    if ON in rows:  # of extracts: what is open is chosen
        period = _periods(rows[ON], index)
        table = pd.DataFrame({"value": _count(rows, period, index), "children": _children(rows, period, index)})
        return table.assign(value=table["children"]) if m.unit == "children" else table
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
    """Return the cases that a limit is set against.

    Each with the day by which it counts (`on`), how `late` it was and whether it `meets` the limit.
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
    return rows.assign(on=on, late=late, meets=in_time(late))


def bands_of(m: Measure, late: pd.Series) -> pd.Series:
    """Return the lateness band of each case."""
    names = band_names(m.bands)
    band = pd.cut(late, [-np.inf, 0, *m.bands, np.inf], labels=names[:-1])
    return band.cat.add_categories(OPEN_BAND).fillna(OPEN_BAND)


def _share(m: Measure, rows: pd.DataFrame, dataset: Dataset, index: pd.MultiIndex, nation: str) -> pd.DataFrame:
    """Share that meets a condition, or is done within the limit: open and overdue counts as late."""
    count = _children if m.kind.at_end and m.unit == "children" else _count
    if m.within:
        rows = judged(m, rows, nation)
    period = _periods(rows[ON], index)
    table = pd.DataFrame(
        {"numerator": count(rows[rows["meets"]], period, index), "denominator": count(rows, period, index)}
    )
    table["value"] = (table["numerator"] / table["denominator"]).where(table["denominator"] > 0)
    table["status"] = np.where(table["denominator"] > 0, "", "none due" if m.within else "none counted")
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
    period = _periods(rows[ON], index)
    mean = rows.groupby(["area", period])["value"].mean().reindex(index)
    counted = {"denominator": _count(rows, period, index), "children": _children(rows, period, index)}
    return pd.DataFrame({"value": mean, **counted})


COUNTED_BY = {EVENTS: _events, OPEN: _open, SHARED: _share, AVERAGE: _mean}  # by `Kind.counted_by`


def counted_rows(m: Measure, dataset: Dataset, tables: Tables, extent: pd.PeriodIndex) -> pd.DataFrame:
    """Return the rows that a measure counts.

    Returns
    -------
    pandas.DataFrame
        Of shares by a condition, and of means, a row a case and period of the extent in which it counts: with a day of it (`on`),
        the day on which it is looked at (`day`) and whether it is in the numerator (`meets`), or its `value`.
    """
    kind, nation = m.kind, tables.project.project.nation
    if not (m.share or m.extracts or kind.averages):
        return rows_of(m, tables.known(dataset.name))
    counted = "started" if kind.at_end else str(counted_date(m, dataset))
    if kind.at_end:
        rows = _open_rows(m, dataset, tables, extent)
    else:
        rows = rows_of(m, tables.known(dataset.name))
        day = rows[counted].dt.normalize()
        rows = rows.assign(**{ON: day, DAY: day})[day.notna()]
    met = partial(meet, counted=counted, dataset=dataset, tables=tables)
    on_days = {role: c for role, c in m.where.items() if c.of_time or role not in dataset.roles}
    rows = rows[met(rows, on_days)]
    if m.share:
        rows = rows.assign(meets=met(rows, m.share))
        if kind.at_end and m.unit == "children":  # of several that are open one is enough, wherever it is
            rows["meets"] = rows.groupby(["child", ON])["meets"].transform("any")
    if m.length:
        rows = rows.assign(value=passed(rows[m.length.start], rows[DAY], m.length.unit, nation))
        rows["value"] = rows["value"].where(rows["value"] >= 0)
    return rows


def _open_rows(m: Measure, dataset: Dataset, tables: Tables, extent: pd.PeriodIndex) -> pd.DataFrame:
    """Return the rows that are open on the last day of each period, or of each extract on its own day."""
    at = [(p, p.end_time.normalize(), tables.known(dataset.name)) for p in extent]
    if m.extracts:
        extracts = tables.extracts(dataset.name)
        at = [(p, *extracts[month]) for p in extent if (month := p.asfreq("M", "end")) in extracts]
    tables_at = []
    for period, day, rows in at:
        rows = rows_of(m, rows)
        if {"started", "ended"} <= set(rows):
            after = day + pd.Timedelta(days=1)
            rows = rows[(rows["started"] < after) & ~(rows["ended"] < after)]
        tables_at.append(rows.assign(**{ON: period.end_time.normalize(), DAY: day}))
    if not tables_at:
        return tables.known(dataset.name).iloc[:0].assign(**{ON: pd.NaT, DAY: pd.NaT})
    return pd.concat(tables_at)


AT_END = "open"  # the clock of what is open on a period's last day


def clock_of(m: Measure, dataset: Dataset) -> str:
    """Return by which date a case counts: measures with the same one count a case in the same period."""
    if m.kind.at_end:
        return AT_END
    if m.within is None:
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
        The measure's cases, as known (`counted_rows`).
    extent : pandas.PeriodIndex
        Months of the report.

    Returns
    -------
    pandas.DataFrame
        record (its index), on (a day of the period), part; a row a case and count.
    """
    kind = m.kind
    if kind.counted_by == SHARED:
        if m.within:
            rows = judged(m, rows, nation)
        counted = {ALL: rows[ON], ON_TIME: rows[ON].where(rows["meets"]), LATE: rows[ON].where(~rows["meets"])}
        if m.bands:
            band = bands_of(m, rows["late"])
            counted |= {name: rows[ON].where(band == name) for name in band_names(m.bands)}
        return marked(counted)
    if kind.averages:
        return marked({ALL: rows[ON].where(rows["value"].notna())})
    if not kind.at_end:
        return marked({COUNT: rows[counted_date(m, dataset)]})
    if ON in rows:
        return marked({COUNT: rows[ON]})
    started, ended = rows["started"].to_numpy(), rows["ended"].to_numpy()
    days = [(rows.index[open_after(started, ended, p)], p.start_time) for p in extent]
    opened = [pd.DataFrame({"record": record, "on": day, "part": COUNT}) for record, day in days]
    return pd.concat(opened, ignore_index=True)


def marked(counted: dict[str, pd.Series]) -> pd.DataFrame:
    """Return the days on which cases count, by part, as a row a case and part; a case without a day does not count."""
    days = [day.dropna().rename("on").rename_axis("record").reset_index().assign(part=p) for p, day in counted.items()]
    return pd.concat(days, ignore_index=True)
