"""Days on which far more was entered or closed than usual: a backlog keyed in, a clean-up, a migration."""

import datetime as dt

import numpy as np
import pandas as pd

ENTRY_AND_CLOSURE = (
    "recorded",
    "ended",
    "completed",
    "authorised",
)  # roles that say when something was entered or closed
TIMES = 3.0  # the usual day's count
FAR = 6.0  # robust standard deviations on the square root, where counts scatter alike: 1 day in a billion if normal
AROUND = 181  # days around, whose median is the usual day's count: half a year
MAD_TO_SD = 1.4826  # of a normal distribution: Rousseeuw and Croux (1993), JASA 88, p. 1273


def bulk_days(records: pd.DataFrame, *, dataset: str, as_at: dt.date) -> pd.DataFrame:
    """Flag bulk entry and bulk closure.

    Parameters
    ----------
    records : pandas.DataFrame
        Cleaned records of one dataset.
    dataset : str
        Its name.
    as_at : datetime.date

    Returns
    -------
    pandas.DataFrame
        A row a day and role, in order: dataset, role, date, count, usual (the median of the days around it with any).
    """
    if "snapshot" in records:
        records = records[records["snapshot"] == records["snapshot"].max()]
    tables = [_one_role(records[role].dropna(), role, as_at) for role in ENTRY_AND_CLOSURE if role in records]
    columns = ["dataset", "role", "date", "count", "usual"]
    tables = [f for f in tables if len(f)]
    if not tables:
        return pd.DataFrame(columns=columns)
    table = pd.concat(tables).assign(dataset=dataset)
    return table.sort_values(["date", "role"]).reset_index(drop=True)[columns]


def _one_role(days: pd.Series, role: str, as_at: dt.date) -> pd.DataFrame:
    days = days.dt.normalize()
    count = days[days <= pd.Timestamp(as_at)].value_counts().sort_index()
    root = np.sqrt(count.astype(float))
    usual = root.rolling(f"{AROUND}D", center=True, min_periods=1).median()
    scatter = MAD_TO_SD * (root - usual).abs().median() if len(root) else 0.0
    scatter = max(scatter, 0.5)  # of the root of a Poisson count: Anscombe (1948), Biometrika 35, 246-254
    bulk = (count >= TIMES * usual**2) & (root - usual > FAR * scatter)
    return pd.DataFrame({"role": role, "date": count.index, "count": count.to_numpy(), "usual": (usual**2).to_numpy()})[
        bulk.to_numpy()
    ]
