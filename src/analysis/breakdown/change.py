"""Where does the rise come from? A change taken apart by source, area, age, team or category."""

import datetime as dt

import numpy as np
import pandas as pd

from ..config import Dataset, Measure, counted_date
from ..schema import PARTS, empty, names
from ..shapes import as_known, rows_of

A_YEAR = 4  # quarters back to the same one of the year before
NOT_RECORDED = "not recorded"


def contributions(
    records: pd.DataFrame,
    measure: Measure,
    dataset: Dataset,
    *,
    quarter: pd.Period,
    as_at: dt.date,
    whole: str,
) -> pd.DataFrame:
    """Take the change of a flow or stock since the same quarter last year apart by each role in `breakdown`.

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

    Returns
    -------
    pandas.DataFrame
        measure, area, role, part, period, now, before, change, children_now and children_before (distinct; NaN without
        a column `child`). Within a role the largest contribution to the change stands first, and the changes add up to
        the total exactly.

    Notes
    -----
    A child that is counted once may have rows in several parts: it belongs to the part of its first row of the period.
    """
    if not measure.kind.count or dataset.kind != "cases" or not measure.breakdown:
        return empty(PARTS)
    records = as_known(rows_of(measure, records), dataset, as_at)
    cut = _open_at_end if measure.kind.at_end else _within
    date = "started" if measure.kind.at_end else counted_date(measure, dataset)
    halves = {"now": cut(records, date, quarter), "before": cut(records, date, quarter - A_YEAR)}
    if measure.unit == "children":
        halves = {k: r.sort_values(date, kind="stable").drop_duplicates("child") for k, r in halves.items()}
    table = pd.concat([_by_role(halves, role) for role in measure.breakdown], ignore_index=True)
    return table.assign(measure=measure.name, area=whole, period=quarter)[names(PARTS)]


def _by_role(halves: dict[str, pd.DataFrame], role: str) -> pd.DataFrame:
    columns = {}
    for name, rows in halves.items():
        part = rows[role].fillna(NOT_RECORDED).replace("", NOT_RECORDED).astype(str)
        columns[name] = part.value_counts()
        columns[f"children_{name}"] = (
            rows["child"].groupby(part).nunique() if "child" in rows else pd.Series(np.nan, index=part.unique())
        )
    table = pd.DataFrame(columns).astype(float)
    table[["now", "before"]] = table[["now", "before"]].fillna(0.0)
    if "child" in halves["now"]:
        table = table.fillna(0.0)
    table["change"] = table["now"] - table["before"]
    total = table["change"].sum()
    order = np.sign(total) * table["change"] if total else table["change"].abs()
    table = table.rename_axis("part").reset_index().assign(role=role, _order=order.to_numpy())
    return table.sort_values(["_order", "part"], ascending=[False, True]).drop(columns="_order")


def _within(records: pd.DataFrame, date: str | None, period: pd.Period) -> pd.DataFrame:
    return records[(records[date] >= period.start_time) & (records[date] <= period.end_time)]


def _open_at_end(records: pd.DataFrame, date: str | None, period: pd.Period) -> pd.DataFrame:
    return records[(records[date] <= period.end_time) & ~(records["ended"] <= period.end_time)]
