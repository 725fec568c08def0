"""Which figures are missing, why, and whose: what a page says beside them, and of measures that are not on it."""

import datetime as dt
from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from ..classes import SAME
from ..config import CLOSING, Catalogue, Measure, counted_date
from ..kinds import MEAN
from ..periods import quarters_of
from ..schema import KEY
from ..shapes import Cleaned, by_area, rows_of
from .aggregates import MARKED, MISSING, combined_by, in_being, returns_by_area, without_parts_of_totals
from .conditions import Tables
from .extent import extent_of, first_closed, with_history
from .measured_table import measure_one

MOST_SENTENCES = 3  # of the gaps of one total: more are told together


def find_gaps(cleaned: Iterable[Cleaned], project: Catalogue, as_at: dt.date, until: pd.Timestamp) -> list[dict]:
    """Return what is missing of the measures, a dictionary for each sentence of a page.

    Parameters
    ----------
    cleaned : iterable of Cleaned
    project : Catalogue
    as_at : datetime.date
    until : pandas.Timestamp
        Later periods are no part of the page.

    Returns
    -------
    list of dict
        measure, area (whose page), kind ("figure", "total", "opened", "closed" or "marked"; of cases "begins", where older
        ones are survivors), why (a status), of (the areas that lack a figure), and periods, each by its first day, with
        their freq.
    """
    tables = Tables({one.dataset: one.records for one in cleaned}, project, as_at)
    gaps = []
    for m in project.measures:
        dataset = project.dataset(m.dataset)
        if m.dataset not in tables.records:
            continue
        rows = tables.known(m.dataset)
        months = extent_of(m, rows, dataset, project.project.nation, as_at)
        if dataset.kind == "cases":
            first = months[0] if months is not None and len(months) else None
            months = months if first is None else with_history(m, months, dataset, tables)
            if months is None or months.empty or months[0].start_time > until:
                continue
            if _overlap(m, rows_of(m, rows), min(until, months[-1].end_time)):
                gaps += [_gap(m, project.project.name, "overlap", "", [], [])]
            if months[0] != first or first_closed(m, rows, dataset) is not None:
                why = "history" if months[0] != first else "open" if m.kind.at_end else "events"
                gaps += [
                    _gap(m, area, "begins", why, [], [months[0]]) for area, _ in by_area(rows, project.project.name)
                ]
            continue
        rows = rows_of(m, rows)
        if months is None or rows.empty or (months := months[months.start_time <= until]).empty:
            continue
        rows = without_parts_of_totals(m, rows, dataset, project.project.name)
        given = returns_by_area(m, rows, dataset, project.project.name)
        gaps += _of_measure(m, given, months, project, combined_by(m, rows) != MEAN, "level" in rows)
    return gaps


def find_differences(
    quarters: pd.DataFrame, cleaned: Iterable[Cleaned], project: Catalogue, as_at: dt.date
) -> list[dict]:
    """Return of each measure that a second source holds too whether it gives the same figures, as `find_gaps` returns it.

    Parameters
    ----------
    quarters : pandas.DataFrame
        Measured by quarter, as far as a page shows the figure: of a hidden one nothing is said.
    cleaned, project, as_at
    """
    tables, told = Tables({one.dataset: one.records for one in cleaned}, project, as_at), []
    for check in project.checks:
        second = measure_one(check, tables, "quarter")
        if second.empty:
            continue
        both = quarters[quarters["measure"] == check.name].merge(second, on=KEY, suffixes=("", "_second"))
        for area, rows in both.dropna(subset=["value", "value_second"]).groupby("area"):
            more = (rows["value_second"] - rows["value"]).where(~np.isclose(rows["value"], rows["value_second"]), 0)
            ways = [way for way, there in (("higher", more > 0), ("lower", more < 0)) if there.any()]
            why = SAME if not ways else ways[0] if len(ways) == 1 else "apart"
            told.append(_gap(check, str(area), "check", why, [check.dataset], rows.loc[more != 0, "period"]))
    return told


def find_absent(
    measured: pd.DataFrame, cleaned: Iterable[Cleaned], project: Catalogue, as_at: dt.date, quarter: pd.Period
) -> list[dict]:
    """Return which measures have no row up to a quarter, on whose page, and why.

    Parameters
    ----------
    measured : pandas.DataFrame
        Every measure by month or week, also of later quarters.
    cleaned : iterable of Cleaned
    project : Catalogue
    as_at : datetime.date
    quarter : pandas.Period
        Of the page.

    Returns
    -------
    list of dict
        As `find_gaps`: kind "absent", why "no row", "only open", "no whole period", "no history", "begins later" or "other areas".
    """
    tables = Tables({one.dataset: one.records for one in cleaned}, project, as_at)
    here = measured[quarters_of(measured["period"]) <= quarter] if len(measured) else measured
    present, areas = set(zip(here["measure"], here["area"], strict=True)), sorted(here["area"].unique())
    somewhere, any_time = set(here["measure"]), set(measured["measure"])
    absent = []
    for m in project.measures:
        lacking = [area for area in areas if (m.name, area) not in present]
        if m.name in somewhere:
            why = "other areas"
        elif m.name in any_time:
            why = "begins later"
        else:
            why = _why_nothing(m, tables)
        absent += [_gap(m, area, "absent", why, [], []) for area in lacking]
    return absent


def _why_nothing(m: Measure, tables: Tables) -> str:
    dataset, rows = tables.project.dataset(m.dataset), tables.known(m.dataset)
    if rows.empty:
        return "no row"
    if dataset.kind == "cases" and not m.within and not m.kind.at_end:
        closing = [r for r in rows if r in CLOSING and r != counted_date(m, dataset)]
        if closing and rows[closing].isna().all(axis=None):
            return "only open"
    months = extent_of(m, rows, dataset, tables.project.project.nation, tables.as_at)
    if dataset.kind == "cases" and months is not None and len(months):
        return "no history"
    return "no whole period"


def _overlap(m: Measure, rows: pd.DataFrame, day: pd.Timestamp) -> bool:
    """Say whether a child has several cases open at the end of a day, of which a stock of children counts one."""
    if not m.kind.at_end or m.unit != "children" or m.extracts:
        return False
    still = (rows["started"] <= day) & ~(rows["ended"] <= day)
    return bool(rows.loc[still, "child"].duplicated().any())


def _of_measure(
    m: Measure, given: pd.DataFrame, months: pd.PeriodIndex, project: Catalogue, adds_up: bool, levels: bool
) -> list[dict]:
    whole, areas = project.project.name, given.index.unique("area")
    given = given.reindex(pd.MultiIndex.from_product([areas, months], names=["area", "period"]))
    there = in_being(given)
    table = given.assign(status=given["status"].fillna(MISSING), there=there).reset_index()
    table["lacking"] = table["there"] & table["value"].isna()
    table["marked"] = table["value"].notna() & table["status"].isin(MARKED)
    if len(areas) == 1 and not levels:
        table["area"] = whole
    gaps = []
    for column, kind in (("lacking", "figure"), ("marked", "marked")):
        for (area, why), part in table[table[column]].groupby(["area", "status"]):
            if why:
                gaps.append(_gap(m, area, kind, why, [], part["period"]))
    if len(areas) == 1 or whole in areas or not adds_up or levels:
        return gaps
    lacking = table[table["lacking"]].groupby("period").agg(of=("area", tuple), why=("status", "max")).reset_index()
    groups = [(list(of), why, part["period"]) for (of, why), part in lacking.groupby(["of", "why"])]
    if len(groups) > MOST_SENTENCES:
        of = sorted(set(chain(*lacking["of"])))
        groups = [(of, why, part["period"]) for why, part in lacking.groupby("why")]
    gaps += [_gap(m, whole, "total", why, of, periods) for of, why, periods in groups]
    for area, part in table[table["there"]].groupby("area"):
        first, last = part["period"].min(), part["period"].max()
        gaps += [_gap(m, whole, "opened", "", [area], [first])] if first > months[0] else []
        gaps += [_gap(m, whole, "closed", "", [area], [last])] if last < months[-1] else []
    return gaps


def _gap(m: Measure, area: str, kind: str, why: str, of: list[str], periods: Iterable[Any]) -> dict:
    periods = sorted(periods)
    days = [p.start_time.date().isoformat() for p in periods]
    return {
        "measure": m.name,
        "area": area,
        "kind": kind,
        "why": why,
        "of": of,
        "periods": days,
        "freq": periods[0].freqstr if periods else "M",
    }
