"""How much of each period is on record, and what it will probably become."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ..config import Dataset, Measure, counted_date
from ..periods import WEEK_FREQ
from ..schema import KEY, MONTHS, names
from ..shapes import by_area, rows_of
from .delay import ChainLadder, Change, chain_ladder, find_change, newest_links
from .triangle import Triangle, reporting_triangle

COMPLETE = 0.95  # share recorded below which a period is provisional: docs/recording.md
INTERVAL = 0.80  # as the verdict's intervals: docs/methods.md
FEWEST_LINKS = 3  # of a changed delay, below which it cannot be estimated: two give no scatter worth the name
NOTHING_TO_COME = 1e-9  # of an event: rounding
LEAST_SCATTER = 1 - 1e-6  # of a negative binomial, where it is as good as Poisson
COLUMNS = [*KEY, "recorded", *names(MONTHS, step="with_completeness"), "note"]
UNKNOWN = "cannot be estimated"


def completeness(
    records: pd.DataFrame,
    measure: Measure,
    dataset: Dataset,
    *,
    as_at: dt.date,
    whole: str,
    changed: dt.date | None = None,
    hidden: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return how much of each period of a flow was on record as at a date, by area.

    Parameters
    ----------
    records : pandas.DataFrame
        Cleaned records of the measure's dataset, later rows included.
    measure : Measure
        Of any other type than a flow of cases the result is empty.
    dataset : Dataset
    as_at : datetime.date
    whole : str
        The name under which all areas together are reported.
    changed : datetime.date, optional
        When the way of recording changed, such as a go-live; a change is looked for all the same.
    hidden : pandas.DataFrame, optional
        area, period: what is not shown, and may not be learnt from.

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period`; recorded (count), completeness (a share, more than 1 where extracts
        shrink), expected_final with final_lower and final_upper (80%, counts), provisional, note: empty,
        "delay lengthened" or "delay shortened" (the newest looks alone are used, the interval is wider) or "cannot be
        estimated" (then the estimates are missing and the period is provisional). Periods before those listed are
        complete. Empty where neither a recording date nor extracts are given.
    """
    date = counted_date(measure, dataset)
    if not measure.kind.events or dataset.kind != "cases" or date is None:
        return pd.DataFrame(columns=COLUMNS)
    freq = WEEK_FREQ if dataset.grain == "week" else "M"
    tables = []
    for area, part in by_area(rows_of(measure, records), whole):
        if hidden is not None:
            gone = pd.PeriodIndex(hidden.loc[hidden["area"] == area, "period"], freq=freq)
            part = part[~part[date].dt.to_period(freq).isin(gone)]
        triangle = reporting_triangle(part, date=date, as_at=as_at, freq=freq, unit=measure.unit)
        if triangle is None:
            continue
        table = estimate(triangle, registered=_periods_since(changed, triangle))
        tables.append(table.rename_axis("period").reset_index().assign(measure=measure.name, area=area))
    return pd.concat(tables, ignore_index=True)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS)


def for_judging(table: pd.DataFrame) -> pd.Series:
    """Return the completeness as a verdict takes it: what cannot be estimated is 0, so that it is not judged at all."""
    return table["completeness"].fillna(0.0)


def estimate(triangle: Triangle, *, registered: int | None = None) -> pd.DataFrame:
    """Return completeness and the expected final count of each period of one triangle.

    Parameters
    ----------
    triangle : Triangle
    registered : int, optional
        How many periods after that of a registered change of recording have ended.

    Returns
    -------
    pandas.DataFrame
        Index: periods; the columns of `completeness` from `recorded` on.

    Notes
    -----
    What is still to come is taken as negative binomial with the mean and Mack's variance of the reserve: whole, never
    negative, scattered more than Poisson. Where extracts may shrink it is taken as normal. After a change of the delay
    only the looks since then tell how counts develop; with fewer than `FEWEST_LINKS` of them, a period that either the
    old or the new delay would leave provisional is not estimated.
    """
    change = find_change(triangle, registered=registered)
    ladder = _ladder(triangle, change).table
    recorded, final = ladder["latest"], ladder["expected_final"]
    share, unsure = ladder["share"], ladder["standard_error"].isna()
    touched, unknown = share < COMPLETE, share.isna()
    if change and change.looks < FEWEST_LINKS:
        newest = chain_ladder(triangle, use=newest_links(triangle, change.looks)).table
        touched |= (newest["share"] < COMPLETE) | (ladder["age"] == 0) & (change.looks == 0)
        unknown |= touched
    final = final.mask(unknown | unsure)
    bounds = _interval(recorded, final, ladder["standard_error"], _freedom(change), triangle.revisable)
    out = pd.DataFrame(
        {"recorded": recorded, "expected_final": final, "final_lower": bounds[0], "final_upper": bounds[1]}
    )
    out["completeness"] = share.mask(unknown)
    out["provisional"] = ~(out["completeness"] >= COMPLETE)
    out["note"] = np.select([unknown, touched], [UNKNOWN, change.direction if change else ""], "")
    return out


def _ladder(triangle: Triangle, change: Change | None) -> ChainLadder:
    estimable = change is not None and change.looks >= FEWEST_LINKS
    return chain_ladder(triangle, use=newest_links(triangle, change.looks) if estimable else None)


def _freedom(change: Change | None) -> float:
    """Return the degrees of freedom of the scatter: after a change there are few links, and the interval is wider."""
    return np.inf if change is None or change.looks < FEWEST_LINKS else change.looks - 1


def _interval(recorded: Any, final: Any, error: Any, freedom: float, revisable: bool) -> tuple[np.ndarray, np.ndarray]:
    recorded, final, error = (np.atleast_1d(np.asarray(x, dtype=float)) for x in (recorded, final, error))
    tail = (1 - INTERVAL) / 2
    reach, to_come = stats.t.isf(tail, freedom) * error, final - recorded
    lower, upper = np.maximum(final - reach, 0.0), final + reach
    if revisable:
        return lower, upper
    nothing, some = np.abs(to_come) < NOTHING_TO_COME, to_come >= NOTHING_TO_COME
    lower[nothing] = upper[nothing] = recorded[nothing]
    variance = (reach[some] / stats.norm.isf(tail)) ** 2
    share = np.minimum(to_come[some] / variance, LEAST_SCATTER)
    size = to_come[some] * share / (1 - share)
    for bound, at in ((lower, tail), (upper, 1 - tail)):
        bound[some] = recorded[some] + stats.nbinom.ppf(at, size, share)
    return lower, upper


def _periods_since(changed: dt.date | None, triangle: Triangle) -> int | None:
    newest = triangle.counts.index[-1]
    if changed is None or pd.Timestamp(changed) > newest.end_time:
        return None
    return newest.ordinal - pd.Period(changed, newest.freqstr).ordinal
