"""What a page tells beside a measured figure: how much of it is recorded, why work was late, what is open, who came again,
and where a change comes from.
"""

import datetime as dt

import numpy as np
import pandas as pd

from .breakdown import contributions, dispersion, re_referrals
from .config import Catalogue, counted_date
from .kinds import are
from .periods import quarter_of
from .recording import backlog, completeness, for_judging, timeliness
from .shapes import KEY, as_known

Records = dict[str, pd.DataFrame]  # cleaned records, by dataset
COMPLETENESS = ["completeness", "expected_final", "final_lower", "final_upper", "provisional"]
CAUSES = {
    "late_sign_off": "only_sign_off_late",
    "late_work": "work_late",
    "late_but_seen": "seen_in_time",
    "open": "still_open",
}  # a column that begins with late_ is a lateness band
BACKLOG = {
    "open": "open_work",
    "awaiting_sign_off": "awaiting_sign_off",
    "median_age": "open_age",
    "beyond_limit": "open_beyond",
}


def with_completeness(months: pd.DataFrame, project: Catalogue, records: Records, as_at: dt.date) -> pd.DataFrame:
    """Add how much of each month is on record and what it will probably become; months not listed are complete."""
    told = []
    for m in project.measures:
        changed = [e.date for e in project.events_for(m.name) if e.effect == "recording" and e.date <= as_at]
        table = completeness(
            records[m.dataset],
            m,
            project.dataset(m.dataset),
            as_at=as_at,
            whole=project.project.name,
            changed=max(changed, default=None),
        )
        told.append(table.assign(completeness=for_judging(table)))
    return _beside(months, told, COMPLETENESS)


def with_causes(quarters: pd.DataFrame, project: Catalogue, records: Records, as_at: dt.date) -> pd.DataFrame:
    """Add why work was late (only the sign-off, or the work itself), and what was open at the quarter's end."""
    told = []
    for m in project.measures:
        dataset = project.dataset(m.dataset)
        if dataset.kind == "cases" and m.within and m.within.working_days is not None and m.cohort == "due":
            given = records[m.dataset], m, dataset
            when: dict = {"nation": project.project.nation, "as_at": as_at, "whole": project.project.name}
            causes = timeliness(*given, **when, grain="quarter").rename(columns=CAUSES)
            pile = backlog(*given, **when).rename(columns=BACKLOG)
            month = pd.PeriodIndex(pile["period"])
            pile = pile.assign(period=quarter_of(month))[month.month % 3 == 0]
            told.append(causes.merge(pile, on=KEY, how="left", validate="1:1"))
    return _beside(quarters, told, [*CAUSES.values(), *BACKLOG.values()])


def with_repeats(quarters: pd.DataFrame, project: Catalogue, records: Records, as_at: dt.date) -> pd.DataFrame:
    """Add how many events of a flow were about a child that had been counted in the twelve months before."""
    told = []
    for m in project.measures:
        dataset, rows = project.dataset(m.dataset), records[m.dataset]
        if not m.kind.events or dataset.kind != "cases" or "child" not in rows:
            continue
        for role, values in m.where.items():
            rows = rows[rows[role].isin(values)]
        table = re_referrals(
            as_known(rows, dataset, as_at), date=str(counted_date(m, dataset)), until=pd.Timestamp(as_at)
        )
        table = table.rename(columns={"re_referrals": "again", "referrals": "again_of"}).reset_index()
        told.append(table.assign(measure=m.name, area=project.project.name))
    return _beside(quarters, told, ["again", "again_of"])


def scatter(measured: pd.DataFrame, whole: str, nation: str) -> pd.Series:
    """Return how much more each flow scatters than independent events would, by measure."""
    of_whole = measured[(measured["area"] == whole) & are(measured["type"], "events")]
    found = {}
    for name, rows in of_whole.groupby("measure"):
        months = rows.set_index(pd.PeriodIndex(rows["period"]))["value"]
        found[name] = dispersion(months, nation=nation) if months.index.freqstr == "M" else np.nan
    return pd.Series(found, dtype=float)


def parts_of_changes(project: Catalogue, records: Records, quarter: pd.Period, as_at: dt.date) -> pd.DataFrame:
    """Take every measure's change since the same quarter last year apart by the roles of its `breakdown`."""
    found = [
        contributions(
            records[m.dataset], m, project.dataset(m.dataset), period=quarter, as_at=as_at, whole=project.project.name
        )
        for m in project.measures
    ]
    table = pd.concat([f for f in found if len(f)] or found[:1], ignore_index=True)
    return table[
        ["measure", "area", "role", "part", "period", "now", "before", "change", "children_now", "children_before"]
    ]


def _beside(measured: pd.DataFrame, told: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Join columns to the measured table by its key."""
    told = [t[[*KEY, *columns]].astype({"period": object}) for t in told if len(t)]
    if not told:
        return measured.assign(**dict.fromkeys(columns, np.nan))
    keyed = measured.astype({"period": object})
    joined = keyed.merge(pd.concat(told, ignore_index=True), on=KEY, how="left", validate="1:1")
    return joined.astype({"period": measured["period"].dtype})
