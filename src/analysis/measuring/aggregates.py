"""Given figures brought to the periods and areas of a report; a part that is missing makes its total missing."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api.typing import DataFrameGroupBy

from ..config import NO_CHILDREN, Dataset, Measure
from ..kinds import LAST, MEAN, POOLED, SUM
from ..periods import quarter_of
from .cases import wilson
from .extent import LONGEST_CLOSED

MISSING, IMPOSSIBLE = "missing", "impossible"  # statuses of a blank cell (a symbol has its own), and of what cannot be
LATE = {"M": 3, "W-SUN": 13}  # periods, a quarter of a year: a return that comes later than that is not awaited
MARKED = ("provisional", "estimated")  # said of a figure that is given, and true of a sum with it
CHRISTMAS = 8  # days more that an office may be closed in the days around it
EVERY_DAY = 0.95  # of the steps between days with rows: where they are so regular, a day without a row is lacking


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
    combined = combined_by(m, rows)
    adds_up = combined != MEAN
    rows = without_parts_of_totals(m, rows, dataset, whole)
    given = returns_by_area(m, rows, dataset, whole)
    found = given.index.unique("area")
    parts = found.drop(whole, errors="ignore")
    if "level" in rows:  # areas that hold others: their own totals are among them
        areas = [a for a in areas if a != whole or whole in found]
    elif len(parts) and not (whole in found and "area" in dataset.total):
        summed = _sum_of_areas(_on(given, parts, months), adds_up, whole)
        own = given[given.index.get_level_values("area") == whole]  # a total where a part is not known
        given = pd.concat([given.drop(own.index), own, summed[~summed.index.isin(own.index)]])
    table = _on(given, areas, months)
    table["status"] = table["status"].fillna(MISSING)
    if extent.freqstr != months.freqstr:
        table = _to_quarters(table, combined, averaged_parts(m, dataset) if combined == POOLED else []).reindex(
            _product(areas, extent)
        )
    if combined == POOLED:
        table["numerator"] = table["value"]
        table["value"] = table["numerator"] / table["denominator"].where(table["denominator"] > 0)
        none_due = (table["denominator"] == 0) & (table["status"] != IMPOSSIBLE)
        table["status"] = table["status"].mask(none_due, "none due")
        counts = table["numerator"].between(0, table["denominator"]) & (table["numerator"] % 1 == 0)
        table["lower"], table["upper"] = wilson(
            table["numerator"].where(counts, 0), table["denominator"].where(counts, 0)
        )
    if m.unit != NO_CHILDREN and (combined == POOLED or _may_count(m, rows["value"])):
        behind = table["denominator"] if combined == POOLED else table["value"]
        table["children"] = behind.where(behind % 1 == 0)
    return table


def _may_count(m: Measure, figures: pd.Series) -> bool:
    """Say whether given figures may be numbers of cases: of a mean, a rate or a net change nobody knows how many stand behind."""
    return m.kind.count or (m.kind.counts_value and not ((figures < 0) | (figures % 1 > 0)).any())


def without_parts_of_totals(m: Measure, rows: pd.DataFrame, dataset: Dataset, whole: str) -> pd.DataFrame:
    """Leave out the parts beside which the file's own total stands in their place."""
    for role in dataset.part_roles:
        if (mark := f"{role}_total") in rows and role not in m.where:
            total = rows[mark] == "total"
            if role == "area":  # that some other measure chooses
                rows = rows[~total]
                continue
            cell = pd.MultiIndex.from_frame(rows.assign(area=rows.get("area", whole))[["area", "period"]])
            rows = rows[total | ~cell.isin(cell[total])]
    return rows


def combined_by(m: Measure, rows: pd.DataFrame) -> str:
    """Return how figures of several areas or months make one: a share without its denominator can only be averaged."""
    return MEAN if m.kind.combined == POOLED and "denominator" not in rows else m.kind.combined


def returns_by_area(m: Measure, rows: pd.DataFrame, dataset: Dataset, whole: str) -> pd.DataFrame:
    """Return given figures by area and period, with the status of each: missing where a row of it is."""
    columns, combined = [c for c in ("value", "denominator") if c in rows], combined_by(m, rows)
    rows = rows.assign(area=rows.get("area", whole))
    if dataset.grain == "day":
        rows = _months_of_days(rows, combined)
    cells = rows.groupby(["area", "period"])
    given = cells[columns].sum().where(cells[columns].count().eq(cells.size(), axis=0))
    if combined == MEAN:
        given = given.where(cells.size() == 1)
    return given.assign(status=_reasons(rows, [rows["area"], rows["period"]], given["value"]))


def _product(areas: Sequence, periods: pd.PeriodIndex) -> pd.MultiIndex:
    return pd.MultiIndex.from_product([areas, periods], names=["area", "period"])


def _on(given: pd.DataFrame, areas: Sequence, periods: pd.PeriodIndex) -> pd.DataFrame:
    return given.reindex(_product(areas, periods))


def _sum_of_areas(given: pd.DataFrame, adds_up: bool, whole: str) -> pd.DataFrame:
    """Add the areas up; an area without a figure makes the sum missing, but not before its first or after its last."""
    areas = given.index.unique("area")
    if len(areas) == 1:
        return given.rename(index={areas[0]: whole}, level="area")
    figures, there = given.drop(columns="status"), in_being(given)
    period = given.index.get_level_values("period")
    lacking = figures.isna().mul(there, axis=0).groupby(level="period").sum()
    table = figures.groupby(level="period").sum()
    table = table.where(lacking == 0).where(there.groupby(level="period").any() & adds_up)
    table["status"] = _reasons(_of_sums(given[there]), [period[there.to_numpy()]], table["value"])
    return pd.concat({whole: table}, names=["area"])


def in_being(given: pd.DataFrame) -> pd.Series:
    """Say in which periods each area is there: from its first figure, or symbol in place of one, to its last.

    Blank cells before and after are an office that opened later, or closed. Where rows end without a blank, the return
    may be on its way: such an area is there until it has been silent for longer than a return is late.

    Parameters
    ----------
    given : pandas.DataFrame
        value and status by area and period, every period of every area; status is missing where there is no row.
    """
    said = given["value"].notna() | (given["status"].notna() & (given["status"] != MISSING))
    ahead = said.iloc[::-1].groupby(level="area").cummax().iloc[::-1]
    begun = said.groupby(level="area").cummax()
    after = begun & ~ahead
    rows_end = after & given["status"].isna()
    any_row = given["status"].notna().groupby(level="period").transform("any")
    silent = (rows_end & any_row).groupby(level="area").transform("sum")
    freq = given.index.get_level_values("period").freqstr
    return begun & (ahead | (rows_end & (silent <= LATE[freq])))


def _reasons(rows: pd.DataFrame, by: list, value: pd.Series) -> pd.Series:
    """Return why each figure is missing, or what is said of one that is not."""
    status, lacking = rows["status"].fillna(MISSING), rows["value"].isna()
    why, said = (status.where(where, "").groupby(by).max() for where in (lacking, ~lacking))
    return said.where(value.notna(), why)


def _of_sums(table: pd.DataFrame) -> pd.DataFrame:
    """Leave of what is said of given figures only what is true of a sum with them."""
    return table.assign(status=table["status"].where(table["value"].isna() | table["status"].isin(MARKED), ""))


def _months_of_days(rows: pd.DataFrame, combined: str) -> pd.DataFrame:
    """Bring days to months: a month in which days are lacking has no figure; a stock is that of the last day."""
    rows = rows.sort_values("period", kind="stable")
    month, area = rows["period"].dt.asfreq("M"), rows["area"]
    if combined == LAST:
        last = rows["period"] == rows["period"].groupby([area, month]).transform("max")
        return rows[last].assign(period=month[last])
    lacking = _days_lacking(rows["period"].dt.start_time, area, month).groupby([area, month]).transform("any")
    rows = rows.assign(period=month, value=rows["value"].mask(lacking))
    rows["status"] = rows["status"].mask(lacking & (rows["status"] == ""), MISSING)
    if combined != MEAN:
        return rows
    cells = rows.groupby(["area", "period"])
    means = cells["value"].mean().where(cells["value"].count() == cells.size())
    return means.to_frame().assign(status=_reasons(rows, [rows["area"], rows["period"]], means)).reset_index()


def _days_lacking(day: pd.Series, area: pd.Series, month: pd.Series) -> pd.Series:
    """Say beside which rows days of their month are lacking.

    Where nearly every day has a row each one is expected; else as many may lack as an office is closed, and Christmas.
    """
    one = np.timedelta64(1, "D")
    before, after = (day.groupby(area).shift(way) for way in (1, -1))
    steps = (day - before).dt.days
    usual = 1 if (steps[steps > 0] == 1).mean() >= EVERY_DAY else LONGEST_CLOSED + 1
    first, last = month.dt.start_time - one, month.dt.end_time.dt.normalize() + one  # the days around the month
    earlier = before.fillna(first).clip(lower=first)
    later = after.fillna(last).clip(upper=last)
    lacking = pd.Series(False, index=day.index)
    for since, to in ((earlier, day), (day, later)):
        christmas = pd.to_datetime(pd.DataFrame({"year": since.dt.year, "month": 12, "day": 25}))
        closed = (since < christmas) & (christmas < to) if usual > 1 else lacking & False
        lacking |= (to - since).dt.days > usual + CHRISTMAS * closed
    return lacking


def averaged_parts(m: Measure, dataset: Dataset) -> list[str]:
    """Return which parts of a percentage are averaged over months: posts are not added up, nor who is away from one."""
    if m.unit != NO_CHILDREN or not m.kind.share or not dataset.of_posts:
        return []
    return ["denominator"] if dataset.events_of_posts else ["value", "denominator"]


def _to_quarters(table: pd.DataFrame, combined: str, averaged: list[str]) -> pd.DataFrame:
    """Bring months or weeks to whole quarters: counts added, of a stock the last, of other figures the mean."""
    table = _of_sums(table)
    quarter = pd.Series(quarter_of(table.index.get_level_values("period")), index=table.index, name="period")
    by = [table.index.get_level_values("area"), quarter]
    figures = COMBINED[combined](table.groupby(by)[[c for c in ("value", "denominator") if c in table]], skipna=False)
    figures[averaged] = table.groupby(by)[averaged].mean(skipna=False)
    if combined == LAST:
        return figures.assign(status=table.groupby(by)["status"].last())
    return figures.assign(status=_reasons(table, by, figures["value"]))


COMBINED = {  # by `Kind.combined`
    SUM: DataFrameGroupBy.sum,
    LAST: DataFrameGroupBy.last,
    POOLED: DataFrameGroupBy.sum,
    MEAN: DataFrameGroupBy.mean,
}
