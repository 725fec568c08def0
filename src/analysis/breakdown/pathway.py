"""From contact to referral to assessment, and children who come back."""

import numpy as np
import pandas as pd

from ..periods import QUARTER_FREQ
from ..schema import FUNNEL, KEY, names, require

AGAIN_WITHIN = pd.DateOffset(months=12)  # a re-referral: Department for Education, Children in need census guide


def funnel(measured: pd.DataFrame, stages: list[str]) -> pd.DataFrame:
    """Return how many of each stage there were for those of the stage before, by area and period.

    Parameters
    ----------
    measured : pandas.DataFrame
        Measured table that holds the flows named.
    stages : list of str
        Measures, in the order of the way: contacts, referrals, assessments.

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period`, stage after stage; value and conversion (beside the stage before; missing where that
        is missing or nothing). What is counted is each period's events, not the way of single children: a contact
        of June may be a referral of July.
    """
    require(measured, [*KEY, "value"], of="funnel")
    rows = measured[measured["measure"].isin(stages)]
    wide = rows.pivot(index=["area", "period"], columns="measure", values="value").reindex(columns=stages)
    tables = []
    for stage, name in enumerate(stages):
        before = wide[stages[stage - 1]] if stage else pd.Series(np.nan, index=wide.index)
        table = pd.DataFrame({"measure": name, "stage": stage, "value": wide[name]})
        tables.append(table.assign(conversion=table["value"] / before.where(before > 0)).reset_index())
    table = pd.concat(tables).sort_values(["area", "period", "stage"], kind="stable")
    return table.reset_index(drop=True)[names(FUNNEL)]


def re_referrals(records: pd.DataFrame, *, date: str = "date", until: pd.Timestamp) -> pd.DataFrame:
    """Return how many referrals concerned a child referred before within twelve months.

    Parameters
    ----------
    records : pandas.DataFrame
        Cleaned referrals, with `child`; of one area, or of all.
    date : str
        The referral's date.
    until : timestamp
        The last day that counts.

    Returns
    -------
    pandas.DataFrame
        Index: quarters from twelve months after the first row on, since before that the past is not known; again_of
        (referrals) and again (re-referrals). Two rows of a child on one day are one referral and are no re-referral of
        each other.
    """
    rows = referred(records, date=date, until=until)
    again = rows["again"]
    period = rows["day"].dt.to_period(QUARTER_FREQ)
    begins = rows["day"].min() + AGAIN_WITHIN
    table = pd.DataFrame({"again": again.groupby(period).sum(), "again_of": period.value_counts()}).sort_index()
    whole = (table.index.start_time >= begins) & (table.index.end_time.normalize() <= until)
    return table[whole].rename_axis("period").astype(float)


def referred(records: pd.DataFrame, *, date: str, until: pd.Timestamp) -> pd.DataFrame:
    """Return the first row of each child and day: child, day, and whether it comes `again` within twelve months."""
    rows = pd.DataFrame({"child": records["child"], "day": records[date].dt.normalize()}).dropna()
    rows = rows[rows["day"] <= until].drop_duplicates().sort_values(["child", "day"])
    last = rows.groupby("child")["day"].shift()
    return rows.assign(again=rows["day"] <= last + AGAIN_WITHIN)
