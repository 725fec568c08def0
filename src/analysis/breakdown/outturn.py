"""The year to date and its outturn, and flows that move against each other."""

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd

from ..kinds import LAST, MEAN, POOLED, SUM, kind_of
from ..periods import MONTHS_A_QUARTER, QUARTER_FREQ, QUARTERS_A_YEAR, months_of
from ..schema import KEY, OPPOSITE, SERIES, empty, names, require
from ..schema import YEAR as YEAR_SO_FAR
from ..schema import YEARS as ROLLING_YEARS

MOVED = 0.05  # of a stock in a year, from which it has moved: a child protection register of 200 by 10
USUAL_DISPERSION = 5.0  # of monthly counts of an authority of this size: the domain's 5.5 at 100 to 200 a month
REACH = 1.2816  # standard deviations of an 80% interval, as the verdict's


def year_to_date(months: pd.DataFrame, *, quarter: pd.Period, posts: Collection[str] = ()) -> pd.DataFrame:
    """Set the financial year so far beside the year before.

    Parameters
    ----------
    months : pandas.DataFrame
        Measured table by month: measure, area, period, type, value, numerator, denominator.
    quarter : pandas.Period
    posts : collection of str
        As in `rolling_years`.

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period` (the quarter); year_to_date, year_to_date_before (the same months of the year
        before). Flows are added up, percentages pooled, stocks taken at the end, other figures averaged. A missing month
        makes its total missing. At Quarter 4 the year to date is the outturn.
    """
    used = ["period", "type", "value", "numerator", "denominator"]
    require(months, [*SERIES, *used], of="year_to_date")
    start = pd.Period(year=quarter.qyear, quarter=1, freq=QUARTER_FREQ)
    spans = {
        "year_to_date": (start, quarter),
        "year_to_date_before": (start - QUARTERS_A_YEAR, quarter - QUARTERS_A_YEAR),
    }
    rows = []
    for (measure, area), part in months.groupby(SERIES, sort=False)[used]:
        part = part.set_index(pd.PeriodIndex(part["period"]))
        if part.index.freqstr != "M":
            continue
        # the months whose events are set beside one number of posts
        so_far = MONTHS_A_QUARTER * quarter.quarter if measure in posts else 1
        figures = {name: so_far * _over(part, *span) for name, span in spans.items()}
        rows.append({"measure": measure, "area": area, "period": quarter, **figures})
    return pd.DataFrame(rows, columns=names(YEAR_SO_FAR)) if rows else empty(YEAR_SO_FAR)


def _over(rows: pd.DataFrame, first: pd.Period, last: pd.Period) -> float:
    span = pd.period_range(months_of(first)[0], months_of(last)[-1], freq="M")
    return COMBINED[kind_of(rows["type"].iloc[0]).combined](rows.reindex(span))


def _pooled(rows: pd.DataFrame) -> float:
    whole = rows["denominator"].sum(skipna=False)
    return rows["numerator"].sum(skipna=False) / whole if whole > 0 else np.nan


COMBINED: dict[str, Callable[[pd.DataFrame], float]] = {  # by `Kind.combined`
    SUM: lambda rows: rows["value"].sum(skipna=False),
    LAST: lambda rows: rows["value"].iloc[-1],
    POOLED: _pooled,
    MEAN: lambda rows: rows["value"].mean(skipna=False),
}


def rolling_years(quarters: pd.DataFrame, *, quarter: pd.Period, posts: Collection[str] = ()) -> pd.DataFrame:
    """Set the four quarters up to a quarter beside the four before them, and those beside the four before.

    Parameters
    ----------
    quarters : pandas.DataFrame
        Measured table by quarter: measure, area, period, type, value, numerator, denominator.
    quarter : pandas.Period
    posts : collection of str
        Measures whose denominator is a number of posts, which no month adds to, and whose numerator is events: the
        year's events are set beside the posts.

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period` (the quarter); year, year_before, two_years_before. Flows are added up, percentages
        pooled, other figures averaged; of stocks there is none. A missing quarter makes its year missing.
    """
    used = ["period", "type", "value", "numerator", "denominator"]
    require(quarters, [*SERIES, *used], of="rolling_years")
    rows = []
    for (measure, area), part in quarters.groupby(SERIES, sort=False)[used]:
        kind = kind_of(part["type"].iloc[0])
        if kind.at_end:
            continue
        part = part.set_index(pd.PeriodIndex(part["period"]))
        figures = [
            COMBINED[kind.combined](part.reindex(pd.period_range(end - QUARTERS_A_YEAR + 1, end)))
            * (QUARTERS_A_YEAR if measure in posts else 1)
            for end in (quarter, quarter - QUARTERS_A_YEAR, quarter - 2 * QUARTERS_A_YEAR)
        ]
        rows.append([measure, area, quarter, *figures])
    columns = [*KEY, *names(ROLLING_YEARS, step="rolling_years")]
    return pd.DataFrame(rows, columns=columns)


def against_each_other(
    quarters: pd.DataFrame,
    pairs: list[tuple[str, str]],
    *,
    quarter: pd.Period,
    dispersion: float = USUAL_DISPERSION,
) -> pd.DataFrame:
    """Find linked measures of which one rose while the other fell over a year.

    Parameters
    ----------
    quarters : pandas.DataFrame
        Measured table by quarter.
    pairs : list of (str, str)
        Measures that are linked, such as plans and care.
    quarter : pandas.Period
    dispersion : float
        Of the flows' counts, beside Poisson.

    Returns
    -------
    pandas.DataFrame
        A row a pair and area that moved against each other: area, period, rose, rose_from, rose_to, fell, fell_from,
        fell_to. A stock has moved when it changed by 5% or more, a flow when the change lies beyond the 80% that chance
        would bring.
    """
    require(quarters, [*KEY, "type", "value"], of="against_each_other")
    rows = []
    for area, part in quarters.groupby("area", sort=False):
        table = part.pivot(index="measure", columns="period", values="value")
        kind = part.drop_duplicates("measure").set_index("measure")["type"]
        if quarter not in table or quarter - QUARTERS_A_YEAR not in table:
            continue
        now, before = table[quarter], table[quarter - QUARTERS_A_YEAR]
        for pair in pairs:
            if not set(pair) <= set(table.index):
                continue
            moved = {m: _moved(now[m], before[m], kind[m], dispersion) for m in pair}
            if sorted(moved.values()) != [-1, 1]:
                continue
            rose, fell = sorted(pair, key=moved.__getitem__, reverse=True)
            ends = [rose, before[rose], now[rose], fell, before[fell], now[fell]]
            rows.append([area, quarter, *ends])
    return pd.DataFrame(rows, columns=names(OPPOSITE)) if rows else empty(OPPOSITE)


def _moved(now: float, before: float, kind: str, dispersion: float) -> int:
    if not now + before > 0:
        return 0
    least = MOVED * before if kind_of(kind).at_end else REACH * np.sqrt(dispersion * (now + before))
    return int(np.sign(now - before)) if abs(now - before) >= least else 0
