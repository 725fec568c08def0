"""Where does the rise come from? Figures taken apart by source, area, age, team or category, and what the parts say of a change."""

import datetime as dt

import numpy as np
import pandas as pd

from ..config import Dataset, Measure, counted_date
from ..periods import QUARTERS_A_YEAR, months_of, numbered
from ..schema import BEYOND, PARTS, SERIES, empty, names
from ..shapes import NOT_RECORDED, as_known, rows_of

MONTHS_A_YEAR = 12


def count_parts(
    records: pd.DataFrame,
    measure: Measure,
    dataset: Dataset,
    *,
    quarter: pd.Period,
    as_at: dt.date,
    whole: str,
    extent: pd.PeriodIndex,
) -> pd.DataFrame:
    """Count a flow or stock by each role in `breakdown`: the quarter and the four before it, its months and the same a year before.

    Parameters
    ----------
    records : pandas.DataFrame
        Cleaned records of the measure's dataset.
    measure : Measure
        A flow or stock of cases; of any other the result is empty.
    dataset : Dataset
    quarter : pandas.Period
    as_at : datetime.date
        Later rows and dates are not known.
    whole : str
        The name of the whole; only it is taken apart, `area` being one of the roles.
    extent : pandas.PeriodIndex
        The periods of which the measure has figures; without whole ones around it nothing is counted.

    Returns
    -------
    pandas.DataFrame
        measure, area, role, part, period, value, children (distinct; NaN without a column `child`). The parts of a role
        add up to the figure of each period exactly.

    Notes
    -----
    A child that is counted once may have rows in several parts: it belongs to the part of its first row of the period.
    """
    if not measure.kind.count or dataset.kind != "cases" or not measure.breakdown:
        return empty(PARTS)
    records = as_known(rows_of(measure, records), dataset, as_at)
    tables = []
    for periods in periods_of_parts(quarter, extent):
        rows = counted_in(records, measure, dataset, periods)
        tables += [_by_role(rows, role, periods) for role in measure.breakdown if len(periods)]
    if not tables:
        return empty(PARTS)
    return pd.concat(tables, ignore_index=True).assign(measure=measure.name, area=whole)[names(PARTS)]


def periods_of_parts(quarter: pd.Period, extent: pd.PeriodIndex) -> tuple[pd.PeriodIndex, pd.PeriodIndex]:
    """Return the quarters and the months that are taken apart, as far as there are figures of them; of weeks no month."""
    quarters = pd.period_range(quarter - QUARTERS_A_YEAR, quarter)
    inside = (quarters.start_time >= extent.min().start_time) & (quarters.end_time <= extent.max().end_time)
    months = [m for q in (quarter - QUARTERS_A_YEAR, quarter) for m in months_of(q)]
    index = pd.PeriodIndex(months, freq="M")
    return quarters[inside], index[index.isin(extent)] if extent.freqstr == "M" else index[:0]


def _by_role(rows: pd.DataFrame, role: str, periods: pd.PeriodIndex) -> pd.DataFrame:
    by = rows.groupby([parts_of(rows, role).rename("part"), rows["period"]])
    counted = by.agg(value=("period", "size"), **({"children": ("child", "nunique")} if "child" in rows else {}))
    every = pd.MultiIndex.from_product([counted.index.unique("part"), periods], names=["part", "period"])
    table = counted.reindex(every, fill_value=0).astype(float).reset_index().astype({"period": object})
    return table.assign(role=role, children=table.get("children", np.nan))


def parts_of(rows: pd.DataFrame, role: str) -> pd.Series:
    """Return to which part of a role each row belongs."""
    return rows[role].fillna(NOT_RECORDED).replace("", NOT_RECORDED).astype(str)


def counted_in(records: pd.DataFrame, measure: Measure, dataset: Dataset, periods: pd.PeriodIndex) -> pd.DataFrame:
    """Return the rows that some periods' figures are made of, each with its `period`: of a child that is counted once, the first."""
    date = "started" if measure.kind.at_end else str(counted_date(measure, dataset))
    if measure.kind.at_end:
        there = [records[(records[date] <= p.end_time) & ~(records["ended"] <= p.end_time)] for p in periods]
        rows = pd.concat(
            [r.assign(period=p) for r, p in zip(there, periods, strict=True)] or [records.assign(period=[])]
        )
    else:
        rows = records.assign(period=records[date].dt.to_period(periods.freqstr))
        rows = rows[rows["period"].isin(periods)]
    if measure.unit == "children":
        rows = rows.sort_values(date, kind="stable").drop_duplicates(["child", "period"])
    return rows


def contributions(parts: pd.DataFrame, *, quarter: pd.Period) -> pd.DataFrame:
    """Set what each part came to in a quarter beside the same quarter last year.

    Parameters
    ----------
    parts : pandas.DataFrame
        measure, area, role, part, period, value; a part of which either quarter is hidden or missing is left out.
    quarter : pandas.Period

    Returns
    -------
    pandas.DataFrame
        measure, area, role, part, now, before, change. Within a role the largest contribution to the change stands first.
    """
    key = [*SERIES, "role", "part"]
    now, before = (_of(parts, [q])[[*key, "value"]] for q in (quarter, quarter - QUARTERS_A_YEAR))
    both = now.merge(before, on=key, suffixes=("", "_before"), validate="1:1").dropna()
    table = both.rename(columns={"value": "now", "value_before": "before"})
    table["change"] = table["now"] - table["before"]
    total = table.groupby([*SERIES, "role"])["change"].transform("sum")
    size = (np.sign(total) * table["change"]).where(total != 0, table["change"].abs())
    return table.assign(_size=-size).sort_values([*SERIES, "role", "_size", "part"]).drop(columns="_size")


def _of(table: pd.DataFrame, periods: list[pd.Period]) -> pd.DataFrame:
    """Return the rows of some periods: months and quarters, which a table may hold, have no order among each other."""
    wanted = {(p.freqstr, p.ordinal) for p in periods}
    n = numbered(table["period"])
    return table[np.array([key in wanted for key in zip(n["grain"], n["n"], strict=True)], dtype=bool)]


def beyond_usual(
    parts: pd.DataFrame,
    months: pd.DataFrame,
    quarters: pd.DataFrame,
    *,
    newest: list[pd.Period],
    quarter: pd.Period,
    seasonal: bool = True,
) -> pd.DataFrame:
    """Take apart by how much some months of a quarter differ from what was to be expected in them.

    Parameters
    ----------
    parts : pandas.DataFrame
        Of one measure: measure, area, role, part, period, value; missing where it is hidden.
    months : pandas.DataFrame
        Of the same measure: period, value, and expected of the months that are looked at.
    quarters : pandas.DataFrame
        Of the same measure: period, value.
    newest : list of pandas.Period
        The months.
    quarter : pandas.Period
        Theirs.
    seasonal : bool
        Whether parts have seasons: not those of a stock.

    Returns
    -------
    pandas.DataFrame
        measure, area, role, part, now, usual, more (now less usual), total (that of all parts) and `hidden` (whether parts of the role
        are left out); within a role the largest share of the total first, and the role first whose largest is the largest. Empty where the months or the year before the
        quarter are not shown.

    Notes
    -----
    What is usual of a part is its share of what was to be expected of all: midway between its share of the year before the
    quarter and that in the same month a year before, so that a season of its own counts half, and the chance of one
    month no more than half. Shares add up to one, so the usual of all parts to what was to be expected. A part of which
    one of these figures is hidden is left out.
    """
    of_months, of_quarters = (t.set_index(pd.PeriodIndex(t["period"])) for t in (months, quarters))
    value, total = of_months["value"], of_quarters["value"]
    expected = of_months["expected"].reindex(newest)
    year = list(pd.period_range(quarter - QUARTERS_A_YEAR, quarter - 1))
    if value.reindex(newest).isna().any() or expected.isna().any() or not total.reindex(year).sum(skipna=False) > 0:
        return empty(BEYOND)
    tables = []
    for (measure, area, role), rows in parts.groupby([*SERIES, "role"]):
        n = numbered(rows["period"])
        at = list(zip(n["grain"], n["n"], strict=True))
        counts = rows.assign(at=at).pivot(index="part", columns="at", values="value")
        table = _of_role(counts, value, total, expected, year, seasonal=seasonal)
        tables.append(table.assign(measure=measure, area=area, role=role)[names(BEYOND)])
    tables = sorted((t for t in tables if len(t)), key=lambda t: -t["more"].iloc[0] / t["total"].iloc[0])
    return pd.concat(tables or [empty(BEYOND)], ignore_index=True)


def _of_role(
    counts: pd.DataFrame,
    value: pd.Series,
    total: pd.Series,
    expected: pd.Series,
    year: list[pd.Period],
    *,
    seasonal: bool,
) -> pd.DataFrame:
    """Return of the parts of one role what is usual of them: `counts` has a column a period."""
    usual, level = pd.Series(0.0, counts.index), _sum_of(counts, year) / total.reindex(year).sum()
    for month, middle in expected.items():
        before = value.get(month - MONTHS_A_YEAR, np.nan)
        share = (level + _sum_of(counts, [month - MONTHS_A_YEAR]) / before) / 2 if seasonal and before > 0 else level
        usual += middle * share
    table = pd.DataFrame({"now": _sum_of(counts, list(expected.index)), "usual": usual})
    shown = table.notna().all(axis=1)
    away = float((value.reindex(expected.index) - expected).sum())
    table = table[shown].assign(more=table["now"] - table["usual"], total=away, hidden=not shown.all())
    order = table["more"] * -np.sign(away)
    return table.assign(_order=order).rename_axis("part").reset_index().sort_values(["_order", "part"])


def _sum_of(counts: pd.DataFrame, periods: list[pd.Period]) -> pd.Series:
    return counts.reindex(columns=[(p.freqstr, p.ordinal) for p in periods]).sum(axis=1, skipna=False)
