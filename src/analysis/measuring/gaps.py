"""Which given figures are missing, why, and whose: what a page says beside them."""

import datetime as dt
from collections.abc import Iterable
from itertools import chain
from typing import Any

import pandas as pd

from ..config import Catalogue, Measure
from ..kinds import MEAN
from ..shapes import Cleaned, as_known, rows_of
from .aggregates import MARKED, MISSING, combined_by, in_being, returns_by_area, without_parts_of_totals
from .extent import extent_of

MOST_SENTENCES = 3  # of the gaps of one total: more are told together


def find_gaps(cleaned: Iterable[Cleaned], project: Catalogue, as_at: dt.date, until: pd.Timestamp) -> list[dict]:
    """Return what is missing of the measures of counts, a dictionary for each sentence of a page.

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
        measure, area (whose page), kind ("figure", "total", "opened", "closed" or "marked"), why (a status), of (the
        areas that lack a figure), and periods, each by its first day, with their freq.
    """
    datasets = {one.dataset: one.records for one in cleaned}
    gaps = []
    for m in project.measures:
        dataset = project.dataset(m.dataset)
        if dataset.kind != "counts" or m.dataset not in datasets:
            continue
        rows = as_known(datasets[m.dataset], dataset, as_at)
        months = extent_of(m, rows, dataset, project.project.nation, as_at)
        rows = rows_of(m, rows)
        if months is None or rows.empty or (months := months[months.start_time <= until]).empty:
            continue
        rows = without_parts_of_totals(m, rows, dataset, project.project.name)
        given = returns_by_area(m, rows, dataset, project.project.name)
        gaps += _of_measure(m, given, months, project, combined_by(m, rows) != MEAN, "level" in rows)
    return gaps


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
        "freq": periods[0].freqstr,
    }
