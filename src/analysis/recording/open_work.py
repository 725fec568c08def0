"""Starts, completions, sign-offs and open work on one timeline, and late work told apart from a late sign-off."""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ..config import Dataset, Measure
from ..periods import add_working_days, quarter_of, working_days_between
from ..shapes import KEY, as_known

GRACE = (1, 2)  # working days late that a committee asks about
STARTED, WORK, SIGN_OFF, SEEN = "started", "completed", "authorised", "seen"
PARTS = ["due", "in_time", "late", "late_sign_off", "late_work", "late_but_seen", "open"]
COUNTS = ["started", "completed", "authorised", "open", "awaiting_sign_off"]


def backlog(
    records: pd.DataFrame, measure: Measure, dataset: Dataset, *, nation: str, as_at: dt.date, whole: str
) -> pd.DataFrame:
    """Return what was started, finished and signed off each month, and what was open at its end.

    Parameters
    ----------
    records : pandas.DataFrame
        Cleaned records of the measure's dataset.
    measure : Measure
        With a clock (`within`): it gives the start, the end of the work (`completed` where the clock runs to the
        sign-off) and the limit.
    dataset : Dataset
    nation : {"england", "wales"}
    as_at : datetime.date
    whole : str

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period` (whole months); started, completed, authorised (counts; missing where there is no
        such date), open (work not finished at the month's end), awaiting_sign_off (finished, not signed off),
        median_age (of the open: working days on the clock), beyond_limit (open past the limit), share_beyond.
    """
    clock, work, sign_off = _roles(measure, records)
    start = STARTED if STARTED in records else clock
    limit = measure.within.working_days
    months = None
    found = []
    for area, rows in _areas(as_known(records, dataset, as_at), whole):
        rows = rows[rows[start].notna()]
        months = _whole_months(rows[start], as_at) if months is None else months
        table = pd.DataFrame(np.nan, index=months, columns=[*COUNTS, "median_age", "beyond_limit"])
        for name, role in (("started", start), ("completed", work), ("authorised", sign_off)):
            if role:
                table[name] = rows[role].dt.to_period("M").value_counts().reindex(months, fill_value=0).astype(float)
        began, counted, done = (rows[role].to_numpy() for role in (start, clock, work))
        signed = rows[sign_off].to_numpy() if sign_off else np.full(len(rows), np.datetime64("NaT", "us"))
        pile = []
        for month in months:
            after = (month + 1).start_time.to_datetime64()
            begun = began < after
            still = begun & ~(done < after) & ~(signed < after)  # signed off without an end: the end was not entered
            waiting = (begun & (done < after) & ~(signed < after)).sum() if sign_off else np.nan
            day = np.full(still.sum(), month.end_time, "datetime64[D]")
            ages = working_days_between(counted[still], day, nation)
            median = np.median(ages) if len(ages) else np.nan
            pile.append([waiting, len(ages), median, (ages > limit).sum() if limit is not None else np.nan])
        table[["awaiting_sign_off", "open", "median_age", "beyond_limit"]] = np.array(pile, float).reshape(-1, 4)
        found.append(table.rename_axis("period").reset_index().assign(area=area))
    table = pd.concat(found, ignore_index=True).assign(measure=measure.name)
    table["share_beyond"] = table["beyond_limit"] / table["open"].where(table["open"] > 0)
    return table[[*KEY, *COUNTS, "median_age", "beyond_limit", "share_beyond"]]


def timeliness(
    records: pd.DataFrame,
    measure: Measure,
    dataset: Dataset,
    *,
    nation: str,
    as_at: dt.date,
    whole: str,
    grain: str = "month",
    grace: tuple[int, ...] = GRACE,
) -> pd.DataFrame:
    """Take the cases due in each period apart: in time, late only because of the sign-off, or late work.

    Parameters
    ----------
    records, measure, dataset, nation, as_at, whole
        As in `backlog`.
    grain : {"month", "quarter"}
    grace : tuple of int
        Working days.

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period` (in which the limit falls); due, in_time, late, late_sign_off (the work was done in
        time, the sign-off was not), late_work (the rest of the late), late_but_seen (late, the child seen in time),
        open (late and not yet done), met_with_1, met_with_2 (in time if so many days late still counted) with
        `_share`, `_lower` and `_upper` (Wilson, 95%, of due). in_time + late_sign_off + late_work = due. A count is
        missing where its date is. Empty for a measure whose clock does not run in working days.
    """
    if measure.within is None or measure.within.working_days is None:
        return pd.DataFrame(columns=[*KEY, *PARTS])
    limit, clock = measure.within.working_days, measure.within
    _, work, sign_off = _roles(measure, records)
    found = []
    for area, rows in _areas(as_known(records, dataset, as_at), whole):
        rows = rows[rows[clock.start].notna()]
        due = pd.Series(pd.to_datetime(add_working_days(rows[clock.start].values, limit, nation)), index=rows.index)
        month = due.dt.to_period("M")
        whole_months = _whole_months(due, as_at)
        days = {
            role: working_days_between(rows[clock.start].values, rows[role].values, nation)
            for role in {clock.end, work, SEEN} & set(rows)
        }
        taken = days[clock.end]
        cells = pd.DataFrame({"due": 1.0, "in_time": taken <= limit, "open": np.isnan(taken)}, index=rows.index)
        cells["late"] = ~(taken <= limit)
        cells["late_sign_off"] = cells["late"] & (days[work] <= limit) if sign_off else np.nan
        cells["late_work"] = cells["late"] & ~(days[work] <= limit)
        cells["late_but_seen"] = cells["late"] & (days[SEEN] <= limit) if SEEN in days else np.nan
        for extra in grace:
            cells[f"met_with_{extra}"] = taken <= limit + extra
        period = month if grain == "month" else pd.Series(quarter_of(pd.PeriodIndex(month)), index=month.index)
        periods = whole_months if grain == "month" else _whole_quarters(whole_months)
        table = cells.astype(float).groupby(period).sum(min_count=1).reindex(periods)
        table.loc[table["due"].isna(), ["due", "in_time", "late"]] = 0.0
        found.append(table.rename_axis("period").reset_index().assign(area=area))
    table = pd.concat(found, ignore_index=True).assign(measure=measure.name)
    some = (table["due"] > 0).to_numpy()
    for extra in grace:
        name = f"met_with_{extra}"
        table[f"{name}_share"] = table[name] / table["due"].where(some)
        for bound in ("lower", "upper"):
            table[f"{name}_{bound}"] = np.nan
        bounds = proportion_confint(table.loc[some, name], table.loc[some, "due"], method="wilson")
        table.loc[some, f"{name}_lower"], table.loc[some, f"{name}_upper"] = bounds
    return table[[*KEY, *PARTS, *(c for c in table if c.startswith("met_with_"))]]


def _roles(measure: Measure, records: pd.DataFrame) -> tuple[str, str, str | None]:
    clock = measure.within
    if clock.end == SIGN_OFF and WORK in records:
        return clock.start, WORK, SIGN_OFF
    return clock.start, clock.end, SIGN_OFF if clock.end == WORK and SIGN_OFF in records else None


def _areas(records: pd.DataFrame, whole: str) -> Iterator[tuple[str, pd.DataFrame]]:
    yield whole, records
    if "area" in records:
        yield from records.groupby("area", sort=True)


def _whole_months(dates: pd.Series, as_at: dt.date) -> pd.PeriodIndex:
    last = (pd.Timestamp(as_at) + pd.Timedelta(days=1)).to_period("M") - 1
    first = dates.min().to_period("M") if dates.notna().any() else last + 1
    return pd.period_range(first, last, freq="M")


def _whole_quarters(months: pd.PeriodIndex) -> pd.PeriodIndex:
    quarters = pd.Series(quarter_of(months)).value_counts().sort_index()
    return pd.PeriodIndex(quarters[quarters == 3].index, freq="Q-MAR")
