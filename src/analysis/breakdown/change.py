"""Where does the rise come from? A change taken apart by source, area, age, team or category."""

import datetime as dt

import numpy as np
import pandas as pd

from ..config import Dataset, Measure, counted_date
from ..schema import PARTS, empty, names
from ..shapes import NOT_RECORDED, as_known, rows_of

A_YEAR = 4  # quarters back to the same one of the year before


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
    halves = {
        name: counted_in(records, measure, dataset, q) for name, q in (("now", quarter), ("before", quarter - A_YEAR))
    }
    table = pd.concat([_by_role(halves, role) for role in measure.breakdown], ignore_index=True)
    return table.assign(measure=measure.name, area=whole, period=quarter)[names(PARTS)]


def _by_role(halves: dict[str, pd.DataFrame], role: str) -> pd.DataFrame:
    columns = {}
    for name, rows in halves.items():
        part = parts_of(rows, role)
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


def parts_of(rows: pd.DataFrame, role: str) -> pd.Series:
    """Return to which part of a role each row belongs."""
    return rows[role].fillna(NOT_RECORDED).replace("", NOT_RECORDED).astype(str)


def counted_in(records: pd.DataFrame, measure: Measure, dataset: Dataset, quarter: pd.Period) -> pd.DataFrame:
    """Return the rows that a quarter's figure is made of: of a child that is counted once, the first."""
    date = "started" if measure.kind.at_end else counted_date(measure, dataset)
    rows = records[records[date] <= quarter.end_time]
    over = rows["ended"] <= quarter.end_time if measure.kind.at_end else rows[date] < quarter.start_time
    rows = rows[~over]
    if measure.unit == "children":
        rows = rows.sort_values(date, kind="stable").drop_duplicates("child")
    return rows
