"""What becomes of every row and every event: kept, set aside, outside the time of the figures, or later than the day of it."""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..config import Catalogue, Dataset, Measure, counted_date
from ..schema import FATES
from ..shapes import Cleaned, as_known, rows_of
from .cases import due
from .extent import extent_of, first_closed

KEPT, LATER = "kept", "later"
BEFORE, FIRST_END, AFTER, UNDATED, REPLACED = "before", "first end", "after", "undated", "replaced"


def account(cleaned: Iterable[Cleaned], project: Catalogue, as_at: dt.date) -> pd.DataFrame:
    """Count what became of each dataset's rows; of each of them exactly one thing.

    Parameters
    ----------
    cleaned : iterable of Cleaned
    project : Catalogue
        Its measures say which time has figures: a row that no measure of its dataset counts by its date lies outside.
    as_at : datetime.date

    Returns
    -------
    pandas.DataFrame
        A row a dataset: dataset, rows_in, kept, quarantined, outside, later, which add up, and for the reasons
        `quarantined_for` (codes) and `outside_for` ("before" the first whole month or week, before the "first end",
        "after" the last whole one, "undated", or "replaced" by a later extract), the commonest first.
    """
    rows = []
    for one in cleaned:
        fates = _of_rows(one.records, project.dataset(one.dataset), project, as_at).value_counts()
        aside = one.quarantine["code"].value_counts()
        outside = fates.drop([KEPT, LATER], errors="ignore")
        counts = [fates.get(KEPT, 0), len(one.quarantine), outside.sum(), fates.get(LATER, 0)]
        rows.append(
            {"dataset": one.dataset, "rows_in": sum(counts)}
            | dict(zip(FATES, map(int, counts), strict=True))
            | {"quarantined_for": list(aside.index), "outside_for": list(outside.index)}
        )
    return pd.DataFrame(rows)


def account_of_measures(cleaned: Iterable[Cleaned], project: Catalogue, as_at: dt.date) -> pd.DataFrame:
    """Count what became of the events of each measure of cases: a row a measure and fate, with how many."""
    tables = {one.dataset: one.records for one in cleaned}
    rows = []
    for m in project.measures:
        dataset = project.dataset(m.dataset)
        if m.dataset in tables and dataset.kind == "cases":
            mine = rows_of(m, tables[m.dataset])
            latest = as_known(mine, dataset, as_at)
            fate = _unknown_yet(mine, latest, dataset, as_at)
            inside = fate[fate == UNDATED].index
            fate[inside] = _of_measure(
                m, as_known(tables[m.dataset], dataset, as_at), latest.loc[inside], project, as_at
            )
            rows += [(m.name, name, int(n)) for name, n in fate.value_counts().items()]
    return pd.DataFrame(rows, columns=["measure", "fate", "count"])


def _of_rows(records: pd.DataFrame, dataset: Dataset, project: Catalogue, as_at: dt.date) -> pd.Series:
    """Return the fate of each row: kept where any measure counts it."""
    latest = as_known(records, dataset, as_at)
    fate = _unknown_yet(records, latest, dataset, as_at)
    measures = [m for m in project.measures if m.dataset == dataset.name]
    if not measures:  # of something to compare with, perhaps: no measure says which time has figures
        return fate.replace(UNDATED, KEPT)
    for m in sorted(measures, key=lambda m: m.within is not None):  # working days take longest
        left = fate[~fate.isin([KEPT, LATER, REPLACED])]
        own = _of_measure(m, latest, latest.loc[left.index], project, as_at)
        fate[own.index] = own.where((own == KEPT) | (left == UNDATED), left)
    return fate


def _unknown_yet(records: pd.DataFrame, latest: pd.DataFrame, dataset: Dataset, as_at: dt.date) -> pd.Series:
    """Return which rows were not known on the day, or stood in an earlier extract; all others are as yet undated."""
    after = pd.Timestamp(as_at) + pd.Timedelta(days=1)
    fate = pd.Series(LATER, records.index, dtype=object)
    fate[latest.index] = UNDATED
    if "snapshot" in records:
        fate[(fate == LATER) & (records["snapshot"] < after)] = REPLACED
    if dataset.kind == "cases":
        dates = [r for r in ("recorded", dataset.event_role) if r in records]
        fate[np.logical_or.reduce([records[r] >= after for r in dates])] = LATER
    return fate


def _of_measure(m: Measure, records: pd.DataFrame, rows: pd.DataFrame, project: Catalogue, as_at: dt.date) -> pd.Series:
    """Return of each of some rows whether a measure counts it by its date, and if not, why."""
    dataset, nation = project.dataset(m.dataset), project.project.nation
    extent = extent_of(m, records, dataset, nation, as_at)
    if extent is None or extent.empty:
        return pd.Series(UNDATED if extent is None else BEFORE, rows.index, dtype=object)
    if dataset.kind == "counts":
        began = over = rows["period"].dt.start_time
    elif m.extracts:
        return pd.Series(KEPT, rows.index, dtype=object)
    elif m.kind.at_end:  # in being at some time of it
        began, over = rows["started"], rows["ended"]
    elif m.within and m.cohort == "due":
        began = over = due(m, rows[rows[m.within.start].notna()], nation).reindex(rows.index)
    else:
        began = over = rows[m.within.end if m.within else counted_date(m, dataset)]
    closed = first_closed(m, records, dataset) is not None
    names = [UNDATED, FIRST_END if closed else BEFORE, AFTER]
    tests = [began.isna(), over < extent[0].start_time, began > extent[-1].end_time]
    return pd.Series(np.select(tests, names, KEPT), rows.index, dtype=object)
