"""Datasets made of others: columns taken from another dataset by a key, and episodes joined to spells."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from ..config import Catalogue, Dataset
from ..shapes import AUDIT_COLUMNS, QUARANTINE_COLUMNS, Cleaned, rows_that


def link(cleaned: Iterable[Cleaned], project: Catalogue) -> list[Cleaned]:
    """Return every dataset with what it takes from others, and those that are made of others.

    Parameters
    ----------
    cleaned : iterable of Cleaned
        The datasets that were read. Of one that is not among them nothing is taken.
    project : Catalogue
    """
    read = {one.dataset: one for one in cleaned}
    joined = {
        name: replace(one, records=_with_joined(one.records, project.dataset(name), read)) for name, one in read.items()
    }
    for dataset in project.datasets:
        if dataset.spells and dataset.spells.of in joined:
            source = joined[dataset.spells.of]
            records = _with_joined(spells(source.records, dataset), dataset, read)
            audit, aside = pd.DataFrame(columns=AUDIT_COLUMNS), pd.DataFrame(columns=QUARANTINE_COLUMNS)
            joined[dataset.name] = Cleaned(dataset.name, records, audit, aside, source.sources.iloc[:0])
    return [joined[d.name] for d in project.datasets if d.name in joined]


def _with_joined(records: pd.DataFrame, dataset: Dataset, read: dict[str, Cleaned]) -> pd.DataFrame:
    for role, where in dataset.joined.items():
        if role in records:
            continue
        other = read[where.dataset].records if where.dataset in read else pd.DataFrame({where.by: [], where.column: []})
        key = [where.by, *({"snapshot"} & set(records) & set(other))]
        date = dataset.event_role
        if where.by == "child" and "started" in other and date in records:
            records = records.assign(**{role: _in_force(records, other, where.column, key, str(date))})
        else:
            newest = other[[*key, where.column]].drop_duplicates(key, keep="last").rename(columns={where.column: role})
            taken = records[key].merge(
                newest.astype({where.by: records[where.by].dtype}), on=key, how="left", validate="m:1"
            )
            records = records.assign(**{role: taken[role].to_numpy()})
        if records[role].dtype == object or pd.api.types.is_string_dtype(records[role].dtype):
            records[role] = records[role].fillna("").astype("str")
    return records


def _in_force(records: pd.DataFrame, other: pd.DataFrame, column: str, key: list[str], date: str) -> pd.Series:
    """Return of each row the value that began last on its day or before it."""
    left = records.loc[records[date].notna(), [*key, date]].sort_values(date, kind="stable")
    right = other.loc[other["started"].notna(), [*key, "started", column]].sort_values("started", kind="stable")
    right = right.rename(columns={column: "value", "started": "began"})
    found = pd.merge_asof(left, right, left_on=date, right_on="began", by=key).set_index(left.index)
    return found["value"].reindex(records.index)


def spells(episodes: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Join a child's episodes that follow on from each other.

    Parameters
    ----------
    episodes : pandas.DataFrame
        Cleaned: child, started, ended.
    dataset : Dataset
        Its `spells` say which episodes count, which begin another spell, and how many days may lie between two.

    Returns
    -------
    pandas.DataFrame
        A row a spell, as its last episode is, with `started` of the first; its index is that of the first in `episodes`.
    """
    how = dataset.spells
    rows = rows_that(episodes, how.where)
    rows = rows[rows["started"].notna()]
    key = [c for c in ("child", "snapshot") if c in rows]
    rows = rows.sort_values([*key, "started", "ended"], kind="stable", na_position="last")
    begins = rows.index.isin(rows_that(rows, how.begins).index) if how.begins else np.zeros(len(rows), bool)
    # an episode within one that was longer does not end the spell
    over = rows["ended"].fillna(pd.Timestamp.max.as_unit("us")).groupby([rows[c] for c in key]).cummax()
    before = over.groupby([rows[c] for c in key]).shift()
    gap = rows["started"].dt.normalize() > before.dt.normalize() + pd.Timedelta(days=how.gap_days)
    number = pd.Series(begins | gap | before.isna(), rows.index).cumsum()
    by = rows.groupby(number)
    last = rows[~number.duplicated(keep="last")].set_axis(number.drop_duplicates(), axis=0)
    ended = by["ended"].max().where(~by["ended"].agg(lambda e: e.isna().any()).astype(bool))
    last = last.assign(started=by["started"].first(), ended=ended)
    if "recorded" in rows:
        last["recorded"] = by["recorded"].first()
    return last.set_axis(rows.index[~number.duplicated()], axis=0).sort_index()
