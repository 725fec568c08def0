"""A column of labels of periods, read by the evidence of the whole; years and quarters are no months.

2/1/2019 is the second of January or the first of February, 2009-10 October 2009 or the year that begins then: the
other labels of the column say which.
"""

import re
from typing import NoReturn

import numpy as np
import pandas as pd

from ..config import NUMBER_ROLES
from ..errors import Refused
from ..kinds import kind_of
from .dates import EARLIEST, LATEST, MINORITY
from .log import CleaningLog, Distinct
from .period_labels import HALF_A_WEEK, Labels

FREQ = {"month": "M", "week": "W-SUN", "day": "D"}  # of the periods, by the dataset's grain
MOSTLY = 0.8  # of the labels that can be read: a column is what most of it is
FEWEST_WEEKS = 6  # different days that all fall on one weekday: by chance in one file of 16,807
SEVERAL = 1.5  # different labels for each period of the grain: more, and the labels are of something shorter
FEWEST_STEPS = 4  # labels that are all a year, or a quarter, apart
MONTHS, ROUNDING = 12, 0.5  # a year's; what each of them may be rounded by
INSTEAD = {  # of what cannot make a quarter
    "year": "A year's figure cannot make a quarter: give figures by month, week or day. A file by year may serve for the "
    "children of each area, as [population]",
    "quarter": "The quarter is made from its months: give figures by month, week or day",
}


def read_periods(log: CleaningLog) -> tuple[pd.Series, np.ndarray]:
    """Return the period of each row, and which labels may as well be a year; a row without a period is set aside.

    Raises
    ------
    Refused
        ``YEARLY_FIGURES`` or ``QUARTERLY_FIGURES`` for what cannot make a quarter, ``PERIOD_GRAIN`` where the labels
        are of another length than the configuration says, ``DATE_ORDER_CONFLICT``.
    """
    column, grain = log.column("period"), log.dataset.grain
    labels = Labels(column.values)
    weight = np.bincount(column.codes[log.kept], minlength=len(column.values))
    _settle_order(log, column, labels, weight, grain)
    _refuse_years(log, column, labels, weight)
    kind = labels.kind.copy()
    shapes = column.values.map(lambda text: re.sub(r"\d", "9", re.sub(r"(?<!\d)0\d(?!\d)", "0", text)))
    months = (kind == "month") & ~labels.perhaps_year & (weight > 0)
    if grain != "month" or (months | (kind == "day")).any():
        alone = labels.perhaps_year & ~shapes.isin(shapes[months]).to_numpy(dtype=bool)
        kind[alone] = "year"  # the months of this column are written in another way
    totals = np.isin(kind, ("year", "quarter")) | ((kind == "month") & (grain != "month"))
    log.set_aside(column.spread(totals), "PERIOD_TOTAL")
    stamp = labels.middle(_named_by(log.heading("period"))) if grain == "week" else labels.start
    bad = stamp.isna() | (stamp < EARLIEST) | (stamp > LATEST) | totals | ((kind == "week") & (grain != "week"))
    unreadable = column.spread(bad) & log.kept
    log.set_aside(unreadable, "DATE_UNPARSEABLE")
    period = pd.Series(column.spread(stamp.mask(bad)), index=log.rows.index).dt.to_period(FREQ[grain])
    if log.kept.any():
        _refuse_steps(log, period[log.kept])
        _refuse_unknown_ends(log, period, unreadable)
    return period, column.spread(labels.perhaps_year)


def _named_by(heading: str) -> pd.Timedelta:
    """Say from the heading which day of a week its labels name."""
    if re.search(r"commenc|beginn|start|\bfrom\b|\bw/?[cb]\b", heading, re.IGNORECASE):
        return HALF_A_WEEK
    return -HALF_A_WEEK if re.search(r"\bend|\bw/?e\b|\bto\b", heading, re.IGNORECASE) else pd.Timedelta(0)


def _settle_order(log: CleaningLog, column: Distinct, labels: Labels, weight: np.ndarray, grain: str) -> None:
    """Decide whether numeric days put the month first, by what proves it and by what is regular."""
    numeric = labels.numeric & (weight > 0)
    day = numeric & (labels.first > 12) & (labels.second <= 12)
    month = numeric & (labels.second > 12) & (labels.first <= 12)
    days, months = int(weight[day].sum()), int(weight[month].sum())
    month_first = False
    if days and months:
        share = months / (days + months)
        if MINORITY < share < 1 - MINORITY:
            first = log.rows.iloc[int(np.flatnonzero(column.spread(month) & log.kept)[0])]
            raise Refused(
                f"{first['file']}: of the dates in the column '{log.heading('period')}' {months} put the month first and "
                f"{days} the day, the first month-first one on line {first['line']}. Write months as 2021-03.",
                code="DATE_ORDER_CONFLICT",
            )
        month_first = share >= 1 - MINORITY
        log.flag(column.spread(day if month_first else month) & log.kept, "period", "DATE_ORDER_CONFLICT")
    elif months:
        month_first = True
    elif numeric.any() and not days:
        month_first = _regular(labels, numeric, weight, grain) == "month first"
        if not month_first and _regular(labels, numeric, weight, grain) == "":
            log.remark("ASSUMED_DAY_FIRST", role="period", after=f"{int(weight[numeric].sum())} dates fit both orders")
    if month_first:
        labels.put_month_first()
        log.remark(
            "MONTH_FIRST", role="period", after=f"{months} dates prove it" if months else "one day of each month"
        )


def _regular(labels: Labels, numeric: np.ndarray, weight: np.ndarray, grain: str) -> str:
    """Say under which order the days are regular: one day of the month, or one weekday."""
    first, second = (np.unique(part[numeric]) for part in (labels.first, labels.second))
    if len(first) == len(second) == 1:
        return "day first"
    if len(second) == 1 or len(first) == 1:
        return "day first" if len(first) == 1 else "month first"
    if grain == "week" and numeric.sum() >= FEWEST_WEEKS:
        swapped = Labels(labels.values[numeric].reset_index(drop=True))
        swapped.put_month_first()
        weekdays = [starts.dt.day_of_week.nunique() for starts in (labels.start[numeric], swapped.start)]
        if min(weekdays) == 1 < max(weekdays):
            return "day first" if weekdays[0] == 1 else "month first"
    return ""


def _refuse_years(log: CleaningLog, column: Distinct, labels: Labels, weight: np.ndarray) -> None:
    """Refuse columns of years or quarters, and of labels longer or shorter than the dataset's grain."""
    used = weight > 0
    kind, grain = labels.kind, log.dataset.grain
    legible = used & (kind != "")
    whole = max(int(weight[legible].sum()), 1)
    years = legible & ((kind == "year") | labels.perhaps_year)
    if (years == legible).all() and ((kind == "year")[years].any() or years.sum() > 1):
        _refuse(log, column, years, "year")
    if weight[legible & (kind == "quarter")].sum() > MOSTLY * whole:
        _refuse(log, column, legible & (kind == "quarter"), "quarter")
    days = legible & (kind == "day")
    is_a = _grain_of(labels, legible) if days.any() else ""
    for other, where in (("week", legible & (kind == "week")), ("month", legible & (kind == "month"))):
        if weight[where].sum() > MOSTLY * whole:
            is_a, days = other, where
    if is_a and is_a != grain and weight[days].sum() > MOSTLY * whole:
        first = log.rows.iloc[int(np.flatnonzero(column.spread(days) & log.kept)[0])]
        raise Refused(
            f"{first['file']}: the column '{log.heading('period')}' holds a {is_a} in each row and not a {grain}, from line "
            f"{first['line']} on. Write grain = \"{is_a}\" in [[dataset]] '{log.dataset.name}'.",
            code="PERIOD_GRAIN",
        )


def _grain_of(labels: Labels, where: np.ndarray) -> str:
    """Say what days in a column stand for: a month or a week each, or themselves; "" where that is not clear."""
    days = labels.start[where & (labels.kind == "day")].dropna()
    days = pd.Series(days.unique())
    months, weeks = (days.dt.to_period(FREQ[g]).nunique() for g in ("month", "week"))
    if len(days) < FEWEST_WEEKS:
        return ""
    if len(days) <= months:
        return "month"
    if len(days) <= SEVERAL * months:
        return ""
    return "week" if days.dt.day_of_week.nunique() == 1 else "day" if len(days) > SEVERAL * weeks else ""


def _refuse_steps(log: CleaningLog, period: pd.Series) -> None:
    """Refuse figures whose labels all lie a year, or a quarter, apart: of a stock they may be what it then was."""
    at_end = all(kind_of(name).at_end for name, _ in log.dataset.measured_rows)
    if log.dataset.grain != "month" or at_end:
        return
    months = np.unique((period.dt.year * 12 + period.dt.month).to_numpy())
    if len(months) < FEWEST_STEPS:
        return
    for step, what in ((12, "year"), (3, "quarter")):
        if (np.diff(months) % step == 0).all():
            column = log.column("period")
            _refuse(log, column, np.ones(len(column.values), dtype=bool), what)


def _refuse_unknown_ends(log: CleaningLog, period: pd.Series, unreadable: np.ndarray) -> None:
    """Refuse a figure of an unknown month where it may be the first or the last of an area: it is no office that opened later."""
    roles = list(log.dataset.part_roles)
    lost = np.flatnonzero(unreadable & (log.text["value"] != "").to_numpy(dtype=bool))
    if not roles or not len(lost):
        return
    part = pd.Series(pd.DataFrame({r: log.text[r] for r in roles}).apply(tuple, axis=1))
    span = period[log.kept].groupby(part[log.kept]).agg(["min", "max"])
    short = span[(span["min"] > span["min"].min()) | (span["max"] < span["max"].max())].index
    lost = lost[(part.iloc[lost].isin(short) | ~part.iloc[lost].isin(span.index)).to_numpy()]
    if len(lost):
        first = log.rows.iloc[lost[0]]
        raise Refused(
            f"{first['file']}: the label of the column '{log.heading('period')}' on line {first['line']} is no {log.dataset.grain} "
            "that can be read, and its figure may be the first or the last of its area or part. Correct the label.",
            code="DATE_UNPARSEABLE",
        )


def _refuse(log: CleaningLog, column: Distinct, where: np.ndarray, what: str) -> NoReturn:
    first = log.rows.iloc[int(np.flatnonzero(column.spread(where) & log.kept)[0])]
    raise Refused(
        f"{first['file']}: the column '{log.heading('period')}' holds a {what} in each row and no month, from line "
        f"{first['line']} on: these are {what}ly figures. {INSTEAD[what]}.",
        code=f"{what.upper()}LY_FIGURES",
    )


def set_aside_year_totals(log: CleaningLog, typed: dict[str, pd.Series], perhaps_year: np.ndarray) -> None:
    """Set aside the year's total that stands under a month's label: 2011-12 once for December, once for the year.

    Raises
    ------
    Refused
        ``PERIOD_CONFLICT`` where the figures do not say which of the two is the year's.
    """
    if not (perhaps_year & log.kept).any():
        return
    others = [r for r in log.text if r not in NUMBER_ROLES | {"period"}]
    keys = [log.rows["file"].astype("str"), *(log.text[r] for r in others)]
    rows = pd.DataFrame({"value": typed["value"], "period": typed["period"], "year": perhaps_year})
    rows["series"] = pd.MultiIndex.from_arrays(keys).factorize()[0]
    rows = rows[log.kept]
    cells = rows[rows.groupby(["series", "period"])["year"].transform("any")].groupby(["series", "period"])
    for (series, period), cell in reversed(list(cells)):  # the latest first: 2001-02 is a month of the year 2000-01
        april = pd.Period(year=period.year, month=4, freq="M")
        year = rows[(rows["series"] == series) & rows["period"].between(april, april + MONTHS - 1)]
        totals = [i for i in cell.index if _is_sum(cell.loc[i, "value"], year.drop(i, errors="ignore"))]
        if len(totals) == 1:
            log.set_aside(np.isin(np.arange(len(log.rows)), totals), "PERIOD_TOTAL")
            rows = rows.drop(totals)
        elif cell["value"].nunique(dropna=False) > 1:
            lines = " and ".join(str(log.rows["line"].iloc[i]) for i in cell.index[:2])
            raise Refused(
                f"{log.rows['file'].iloc[cell.index[0]]}: lines {lines} of the column '{log.heading('period')}' hold one "
                "label that can be a month and a financial year, with different figures. Take the totals of years out, "
                "or write months as April 2021.",
                code="PERIOD_CONFLICT",
            )


def _is_sum(value: float, year: pd.DataFrame) -> bool:
    """Say whether a figure is what the twelve months of a year add up to, each perhaps rounded."""
    whole = len(year) == year["period"].nunique() == MONTHS
    return whole and abs(value - year["value"].sum(skipna=False)) <= ROUNDING * MONTHS
