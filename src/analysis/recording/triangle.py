"""The reporting triangle: how many of a period's events were on record how long after it had ended."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..periods import WEEK_FREQ

DEPTH = 12  # periods after which a period counts as wholly recorded: the longest lag of the lateness seen, one year
HISTORY = 36  # newest periods whose development is looked at: three years, as for the verdict


@dataclass(frozen=True)
class Triangle:
    """Cumulative counts by period of event and age.

    Attributes
    ----------
    counts : pandas.DataFrame
        Index: periods; columns: ages 0, 1, 2 ..., in whole periods since the youngest age there is; NaN where the day
        of looking still lies ahead, or no extract was taken.
    step : int
        Ages between two looks: 1, or the usual distance of the extracts.
    revisable : bool
        Whether counts may fall again, as they may from one extract to the next.
    first_delay : pandas.Series or None
        Per period: mean days from the event to its recording, of what was on record at age 0.
    """

    counts: pd.DataFrame
    step: int = 1
    revisable: bool = False
    first_delay: pd.Series | None = None

    @property
    def age(self) -> pd.Series:
        """The age at the newest look, per period."""
        seen = self.counts.notna().to_numpy()
        return pd.Series(seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1), index=self.counts.index)

    @property
    def latest(self) -> pd.Series:
        """What is on record at the newest look, per period."""
        return pd.Series(
            self.counts.to_numpy()[np.arange(len(self.counts)), self.age.to_numpy()], index=self.counts.index
        )

    def _repr_html_(self) -> str:
        return self.counts.to_html()


def reporting_triangle(
    records: pd.DataFrame, *, date: str, as_at: dt.date, freq: str = "M", unit: str = "rows"
) -> Triangle | None:
    """Build the triangle from the column `recorded`, or from successive extracts in the column `snapshot`.

    Parameters
    ----------
    records : pandas.DataFrame
        Cleaned records of one measure and area.
    date : str
        The role by which an event is counted.
    as_at : datetime.date
        What was recorded, or extracted, later is not known.
    freq : {"M", "W-SUN"}
    unit : {"rows", "children"}
        Children count when the first of their rows of the period is recorded.

    Returns
    -------
    Triangle or None
        None where neither column is given, or no whole period lies before `as_at`. A row without a recording date
        counts as recorded at once.

    Notes
    -----
    The looks lie as many days after the end of each period as `as_at` does after the newest, so that age 0 is what the
    newest period shows now: as at 12 April, March is looked at on 12 April and February was on 12 March.

    References
    ----------
    Lawless (1994), Adjustments for reporting delays and the prediction of occurred but not reported events, Canadian
    Journal of Statistics 22, 15-31.
    """
    records = records[records[date].notna()]
    if "snapshot" in records:
        return _from_extracts(records, date, as_at, freq, unit)
    if "recorded" not in records:
        return None
    newest = _last_whole(as_at, freq)
    table = pd.DataFrame({"period": records[date].dt.to_period(freq), "recorded": records["recorded"]})
    table["recorded"] = table["recorded"].fillna(records[date]).astype("datetime64[us]")
    table["delay"] = (table["recorded"].dt.normalize() - records[date].dt.normalize()).dt.days
    if unit == "children":
        table["child"] = records["child"]
        table = table.sort_values("recorded", kind="stable").drop_duplicates(["period", "child"])
    table = table[(table["recorded"] < _after(as_at)) & (table["period"] <= newest)]
    periods = _periods(table["period"], newest)
    if periods is None:
        return None
    looks = (periods + 1).to_timestamp(how="start") + (_after(as_at) - (newest + 1).start_time)
    table = table[table["period"] >= periods[0]]
    since_end = newest.ordinal - pd.PeriodIndex(table["period"], freq=freq).asi8
    missed = looks.as_unit("us").searchsorted(table["recorded"].to_numpy(), side="right")  # looks that came too early
    age = np.maximum(missed - (len(periods) - 1 - since_end), 0)
    row = len(periods) - 1 - since_end
    depth = min(DEPTH, len(periods) - 1)
    new = np.zeros((len(periods), len(periods)))
    np.add.at(new, (row, age), 1)
    counts = np.cumsum(new, axis=1)
    counts[np.add.outer(np.arange(len(periods)), np.arange(len(periods))) > len(periods) - 1] = np.nan
    first = table["delay"][age == 0].groupby(table["period"][age == 0]).mean().reindex(periods)
    return Triangle(pd.DataFrame(counts[:, : depth + 1], index=periods, columns=range(depth + 1)), first_delay=first)


def _from_extracts(records: pd.DataFrame, date: str, as_at: dt.date, freq: str, unit: str) -> Triangle | None:
    """Count each extract, from its own beginning on: what lies before was left out of it, not taken back."""
    records = records[records["snapshot"] < _after(as_at)]
    if records.empty:
        return None
    last = records["snapshot"].max()
    newest = _last_whole(last.date(), freq)
    days = 7 if freq == WEEK_FREQ else 365.25 / 12
    ago = ((last - records["snapshot"]) / pd.Timedelta(days=days)).round().astype(int)
    taken = records["snapshot"].groupby(ago).transform("max") == records["snapshot"]  # one extract a look
    table = pd.DataFrame({"period": records[date].dt.to_period(freq), "ago": ago})[taken & (records[date] <= last)]
    count = records.loc[table.index, "child"] if unit == "children" else pd.Series(table.index, index=table.index)
    seen = count.groupby([table["period"], table["ago"]]).nunique()
    looks = np.sort(ago.unique())
    begins = (
        table["period"].groupby(table["ago"]).min().reindex(looks, fill_value=newest)
    )  # it may hold six months only
    periods = _periods(table.loc[table["period"] <= newest, "period"], newest)
    if periods is None:
        return None
    step = int(pd.Series(np.diff(looks)).mode().iloc[0]) if len(looks) > 1 else 1
    since_end = newest.ordinal - periods.asi8
    depth = int(min(max(DEPTH, step), since_end.max()))
    counts = np.full((len(periods), depth + 1), np.nan)
    for row, period in enumerate(periods):
        for look in looks:
            covered = period > begins[look] or begins[look] == begins.min()
            if 0 <= since_end[row] - look <= depth and covered:
                counts[row, since_end[row] - look] = seen.get((period, look), 0)
    counts = pd.DataFrame(counts, index=periods, columns=range(depth + 1))
    counts = counts[counts.notna().any(axis=1)]
    return Triangle(counts, step, revisable=True) if len(counts) else None


def _periods(counted: pd.Series, newest: pd.Period) -> pd.PeriodIndex | None:
    if counted.empty or counted.min() > newest:
        return None
    return pd.period_range(max(counted.min(), newest - (HISTORY - 1)), newest, freq=newest.freqstr)


def _after(day: dt.date) -> pd.Timestamp:
    return pd.Timestamp(day) + pd.Timedelta(days=1)


def _last_whole(as_at: dt.date, freq: str) -> pd.Period:
    return _after(as_at).to_period(freq) - 1
