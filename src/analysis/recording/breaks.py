"""Recording breaks that measures of one system share, found without being registered; and days of bulk entry."""

import datetime as dt

import numpy as np
import pandas as pd

from ..classes import RECORDING
from ..kinds import are, kind_of
from ..periods import WEEK_FREQ, month_of, working_days_in
from ..schema import BREAKS, KEY, SERIES, empty, names, require

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
SUSPECT = 0.3  # probability of a recording break from which it is evidence and the page names it: "unlikely" and more on the yardstick
CLAIMED = 0.5  # more likely than not
TOGETHER = 2  # months between onsets that count as one: a go-live in the middle of a month shows in two
USUAL_MONTHS = 12  # before the onset, whose median is the usual level: as the verdict's expected level


def recording_breaks(
    verdicts: pd.DataFrame, measured: pd.DataFrame, *, systems: dict[str, str], quarter: pd.Period | str
) -> pd.DataFrame:
    """Gather the evidence for breaks of recording.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        As `judge_table` returns them, one row a measure and area.
    measured : pandas.DataFrame
        measure, area, period, value, type, nation. Counts are looked at, flows per working day; a share does not fall
        because rows are missing.
    systems : dict
        Measure to the system, or dataset, that it is recorded in.
    quarter : pandas.Period
        Of the verdicts.

    Returns
    -------
    pandas.DataFrame
        A row a system and area in which a break is likely enough to be named: area, onset (month), measures (of that
        system, that fell together), probability (of the surest measure), depth (how far below the usual level the worst
        month lay, a fraction), recovered_to (the quarter's last month beside the usual level), claimed (more likely than
        not).

    Notes
    -----
    Measures of one system are no independent witnesses, so their probabilities are not multiplied; that they fell
    together is shown, not computed with.
    """
    judged = [*SERIES, "onset", "change_upper", RECORDING]
    require(verdicts, judged, of="recording_breaks: verdicts")
    require(measured, [*KEY, "value", "type", "nation"], of="recording_breaks: measured")
    counted = set(measured.loc[are(measured["type"], "count"), "measure"])
    table = verdicts[verdicts["measure"].isin(counted)]
    table = table.assign(system=table["measure"].map(systems))
    table["fell"] = (table["change_upper"] < 0) & table["onset"].notna()
    rows = []
    for (area, _), part in table.groupby(["area", "system"], sort=False):
        suspects = part[part["fell"] & (part[RECORDING] >= SUSPECT)]
        if suspects.empty:
            continue
        surest = suspects.loc[suspects[RECORDING].idxmax()]
        fell = part[part["fell"]]
        together = [abs((onset - surest["onset"]).n) <= TOGETHER for onset in fell["onset"]]
        depth, recovered_to = _levels(measured, surest["measure"], area, surest["onset"], quarter)
        rows.append(
            {
                "area": area,
                "onset": surest["onset"],
                "measures": tuple(fell.loc[together, "measure"]),
                "probability": surest[RECORDING],
                "depth": depth,
                "recovered_to": recovered_to,
                "claimed": bool(surest[RECORDING] > CLAIMED),
            }
        )
    return pd.DataFrame(rows)[names(BREAKS)] if rows else empty(BREAKS)


def _levels(
    measured: pd.DataFrame, measure: str, area: str, onset: pd.Period, quarter: pd.Period
) -> tuple[float, float]:
    """Return how deep the worst month since the onset lay, and where the newest lies, beside the usual level."""
    rows = measured[(measured["measure"] == measure) & (measured["area"] == area)]
    values = rows.set_index(pd.PeriodIndex(rows["period"]))["value"].sort_index()
    if values.index.freqstr == WEEK_FREQ:
        values = values.groupby(month_of(values.index)).sum()
    values = values[values.index.end_time <= quarter.end_time]
    if kind_of(rows["type"].iloc[0]).accrues:
        values = values / working_days_in(values.index, rows["nation"].iloc[0])
    usual = values[values.index < onset].tail(USUAL_MONTHS).median()
    since = values[values.index >= onset]
    if not usual > 0 or since.dropna().empty:
        return np.nan, np.nan
    return 1 - since.min() / usual, since.dropna().iloc[-1] / usual


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
