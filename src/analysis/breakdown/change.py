"""Where does the rise come from? A change taken apart by source, area, age, team or category."""

import datetime as dt

import numpy as np
import pandas as pd

from ..config import Dataset, Measure, counted_date
from ..periods import QUARTER_FREQ
from ..shapes import KEY, as_known

PREVIOUS, LAST_YEAR = "previous", "last year"
A_YEAR = {"M": 12, QUARTER_FREQ: 4}  # periods back to the same one of the year before
CANCELS = 0.5  # of all movements, above which a total says where they went: below it shares of it mislead
NOT_RECORDED = "not recorded"
COLUMNS = [*KEY, "comparison", "role", "part", "now", "before", "change", "share", "children_now", "children_before"]


def contributions(
    records: pd.DataFrame,
    measure: Measure,
    dataset: Dataset,
    *,
    period: pd.Period,
    as_at: dt.date,
    whole: str,
    comparison: str = LAST_YEAR,
) -> pd.DataFrame:
    """Take the change of a flow or stock between two periods apart by each role in `breakdown`.

    Parameters
    ----------
    records : pandas.DataFrame
        Cleaned records of the measure's dataset.
    measure : Measure
        A flow or stock of cases; of any other the result is empty.
    dataset : Dataset
    period : pandas.Period
        A financial quarter, or a month.
    as_at : datetime.date
        Later rows and dates are not known.
    whole : str
        The name of the whole; only it is taken apart, `area` being one of the roles.
    comparison : {"previous", "last year"}
        With the period before, or with the same one of the year before.

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period`; comparison, role, part, now, before, change, share (of the total change, NaN where
        the parts cancel), children_now and children_before (distinct; NaN without a column `child`). Within a role
        the largest contribution to the change stands first, and the changes add up to the total exactly.

    Notes
    -----
    A child that is counted once may have rows in several parts: it belongs to the part of its first row of the period.
    """
    if not measure.kind.count or dataset.kind != "cases" or not measure.breakdown:
        return pd.DataFrame(columns=COLUMNS)
    for role, values in measure.where.items():
        records = records[records[role].isin(values)]
    records = as_known(records, dataset, as_at)
    cut = _open_at_end if measure.kind.at_end else _within
    date = "started" if measure.kind.at_end else counted_date(measure, dataset)
    before = period - (1 if comparison == PREVIOUS else A_YEAR[period.freqstr])
    halves = {"now": cut(records, date, period), "before": cut(records, date, before)}
    if measure.unit == "children":
        halves = {k: r.sort_values(date, kind="stable").drop_duplicates("child") for k, r in halves.items()}
    found = [_by_role(halves, role) for role in measure.breakdown]
    table = pd.concat(found, ignore_index=True)
    return table.assign(measure=measure.name, area=whole, period=period, comparison=comparison)[COLUMNS]


def _by_role(halves: dict[str, pd.DataFrame], role: str) -> pd.DataFrame:
    columns = {}
    for name, rows in halves.items():
        part = rows[role].fillna(NOT_RECORDED).replace("", NOT_RECORDED).astype(str)
        columns[name] = part.value_counts()
        columns[f"children_{name}"] = (
            rows["child"].groupby(part).nunique() if "child" in rows else pd.Series(np.nan, index=part.unique())
        )
    table = pd.DataFrame(columns)
    table[["now", "before"]] = table[["now", "before"]].fillna(0.0)
    if "child" in halves["now"]:
        table = table.fillna(0.0)
    table["change"] = table["now"] - table["before"]
    total = table["change"].sum()
    one_way = abs(total) > CANCELS * table["change"].abs().sum()
    table["share"] = table["change"] / total if one_way else np.nan
    order = np.sign(total) * table["change"] if total else table["change"].abs()
    table = table.rename_axis("part").reset_index().assign(role=role, _order=order.to_numpy())
    return table.sort_values(["_order", "part"], ascending=[False, True]).drop(columns="_order")


def _within(records: pd.DataFrame, date: str | None, period: pd.Period) -> pd.DataFrame:
    return records[(records[date] >= period.start_time) & (records[date] <= period.end_time)]


def _open_at_end(records: pd.DataFrame, date: str | None, period: pd.Period) -> pd.DataFrame:
    return records[(records[date] <= period.end_time) & ~(records["ended"] <= period.end_time)]
