"""What a page tells beside a measured figure: how much of it is recorded, why work was late, what is open, who came again,
and what a figure is made of.
"""

import datetime as dt

import numpy as np
import pandas as pd

from .breakdown import count_parts, dispersion, re_referrals
from .config import Catalogue, counted_date
from .disclosure import SUPPRESSED
from .kinds import are
from .recording import backlog, completeness, for_judging, timeliness
from .schema import KEY, MONTHS, PARTS, QUARTERS, column_named, empty, names, require
from .shapes import as_known, rows_of

Records = dict[str, pd.DataFrame]  # cleaned records, by dataset


def with_completeness(months: pd.DataFrame, project: Catalogue, records: Records, as_at: dt.date) -> pd.DataFrame:
    """Add how much of each month is on record and what it will probably become; months not listed are complete.

    Of months that are hidden nothing is learnt, and nothing said of what they will become.
    """
    tables, hidden = [], months[months["status"] == SUPPRESSED]
    here = set(months["measure"])
    for m in (m for m in project.measures if m.name in here):
        changed = [e.date for e in project.events_for(m.name) if e.effect == "recording" and e.date <= as_at]
        table = completeness(
            records[m.dataset],
            m,
            project.dataset(m.dataset),
            as_at=as_at,
            whole=project.project.name,
            changed=max(changed, default=None),
            hidden=hidden.loc[hidden["measure"] == m.name, ["area", "period"]],
        )
        tables.append(table.assign(completeness=for_judging(table)))
    table = _beside(months, tables, MONTHS, "with_completeness")
    hidden = table["status"] == SUPPRESSED
    table.loc[hidden, names(MONTHS, step="with_completeness", emptied=True)] = np.nan
    return table


def with_causes(quarters: pd.DataFrame, project: Catalogue, records: Records, as_at: dt.date) -> pd.DataFrame:
    """Add why work was late (only the sign-off, or the work itself), and what was open at the quarter's end."""
    tables = []
    for m in project.measures:
        dataset = project.dataset(m.dataset)
        if dataset.kind == "cases" and m.within and m.within.working_days is not None and m.cohort == "due":
            when: dict = {"nation": project.project.nation, "as_at": as_at, "whole": project.project.name}
            causes, pile = (add(records[m.dataset], m, dataset, **when) for add in (timeliness, backlog))
            tables.append(causes.merge(pile, on=KEY, how="left", validate="1:1"))
    return _beside(quarters, tables, QUARTERS, "with_causes")


def with_repeats(quarters: pd.DataFrame, project: Catalogue, records: Records, as_at: dt.date) -> pd.DataFrame:
    """Add how many events of a flow were about a child that had been counted in the twelve months before."""
    tables = []
    for m in project.measures:
        dataset, rows = project.dataset(m.dataset), records[m.dataset]
        if not m.kind.events or dataset.kind != "cases" or "child" not in rows:
            continue
        rows = as_known(rows_of(m, rows), dataset, as_at)
        table = re_referrals(rows, date=str(counted_date(m, dataset)), until=pd.Timestamp(as_at)).reset_index()
        tables.append(table.assign(measure=m.name, area=project.project.name))
    return _beside(quarters, tables, QUARTERS, "with_repeats")


def scatter(measured: pd.DataFrame, whole: str, nation: str) -> pd.Series:
    """Return how much more each flow scatters than independent events would, by measure."""
    of_whole = measured[(measured["area"] == whole) & are(measured["type"], "events")]
    scatters = {}
    for name, rows in of_whole.groupby("measure"):
        months = rows.set_index(pd.PeriodIndex(rows["period"]))["value"]
        scatters[name] = dispersion(months, nation=nation) if months.index.freqstr == "M" else np.nan
    return pd.Series(scatters, dtype=float)


def parts_of_figures(
    project: Catalogue, records: Records, extents: dict[str, pd.PeriodIndex], quarter: pd.Period, as_at: dt.date
) -> pd.DataFrame:
    """Take the figures of every measure that a quarter's change and news are told from apart by the roles of its `breakdown`."""
    about = {"quarter": quarter, "as_at": as_at, "whole": project.project.name}
    tables = [
        count_parts(records[m.dataset], m, project.dataset(m.dataset), extent=extents[m.name], **about)
        for m in project.measures
        if m.name in extents
    ]
    return pd.concat([t for t in tables if len(t)] or [empty(PARTS)], ignore_index=True)


def _beside(measured: pd.DataFrame, tables: list[pd.DataFrame], name: str, step: str) -> pd.DataFrame:
    """Join the columns that a step adds to a measured table by its key."""
    dtypes = {column: column_named(column, name).dtype for column in names(name, step=step)}
    require(measured, KEY, of=step)
    tables = [t[[*KEY, *dtypes]].astype({"period": object}) for t in tables if len(t)]
    if not tables:
        return measured.assign(**dict.fromkeys(dtypes, np.nan)).astype(dtypes)
    keyed = measured.astype({"period": object})
    joined = keyed.merge(pd.concat(tables, ignore_index=True), on=KEY, how="left", validate="1:1")
    return joined.astype({"period": measured["period"].dtype} | dtypes)
