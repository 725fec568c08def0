"""Which counts count which case: from the definitions that make the tables, for the protection of small counts."""

import datetime as dt

import numpy as np
import pandas as pd

from .breakdown.change import counted_in, parts_of, periods_of_parts
from .breakdown.pathway import referred
from .config import Catalogue, Dataset, Measure, counted_date
from .measuring.cases import AT_END, clock_of, counted_rows, marked, marks
from .measuring.conditions import Tables
from .periods import QUARTER_FREQ
from .recording.open_work import causes, open_at_end
from .schema import part_name
from .shapes import Counted

REPEATS = ("again_of", "again")


def counted_cases(
    project: Catalogue,
    records: dict[str, pd.DataFrame],
    extents: dict[str, pd.PeriodIndex],
    quarter: pd.Period,
    as_at: dt.date,
) -> list[Counted]:
    """Return of each dataset of cases and each date by which its measures count which counts count each case.

    Parameters
    ----------
    project : Catalogue
    records : dict of pandas.DataFrame
        Cleaned, by dataset.
    extents : dict of pandas.PeriodIndex
        The months or weeks of which each measure has figures, up to the quarter.
    quarter : pandas.Period
    as_at : datetime.date
    """
    gathered, known = [], Tables(records, project, as_at)
    for dataset in (d for d in project.datasets if d.kind == "cases" and d.name in records):
        every = records[dataset.name]
        by_clock: dict[str, list] = {}
        for m in (m for m in project.measures if m.dataset == dataset.name and m.name in extents):
            counted = counted_rows(m, dataset, known, extents[m.name])
            for clock, table in _emit(m, counted, dataset, project, extents[m.name], quarter, as_at):
                by_clock.setdefault(clock, []).append((m, table))
        area, areas = pd.factorize(every["area"]) if "area" in every else (np.full(len(every), -1), [])
        child = pd.factorize(every["child"])[0] if "child" in every else np.full(len(every), -1)
        what = pd.DataFrame({"area": area, "child": child}, every.index)
        gathered += [_numbered(clock, tables, what, list(areas)) for clock, tables in by_clock.items()]
    return gathered


def _emit(
    m: Measure,
    rows: pd.DataFrame,
    dataset: Dataset,
    project: Catalogue,
    extent: pd.PeriodIndex,
    quarter: pd.Period,
    as_at: dt.date,
) -> list[tuple[str, pd.DataFrame]]:
    """Return by date which rows a measure counts, and in which parts of the tables and texts."""
    nation, clock = project.project.nation, clock_of(m, dataset)
    emitted = [(clock, marks(m, rows, dataset, nation, extent))]
    quarters = pd.period_range(extent.min().asfreq(QUARTER_FREQ), quarter, freq=QUARTER_FREQ)
    if m.kind.count:
        for periods in periods_of_parts(quarter, extent):
            here = counted_in(rows, m, dataset, periods)
            on = here["period"].dt.start_time if m.kind.at_end else here[str(counted_date(m, dataset))]
            for role in m.breakdown:
                part = part_name(role, parts_of(here, role), periods.freqstr).to_numpy()
                emitted.append((clock, pd.DataFrame({"record": here.index, "on": on.to_numpy(), "part": part})))
    if m.kind.events and "child" in rows:
        first = referred(rows, date=str(counted_date(m, dataset)), until=pd.Timestamp(as_at))
        emitted.append(
            (clock, marked(dict(zip(REPEATS, (first["day"], first["day"].where(first["again"])), strict=True))))
        )
    if m.within and m.within.working_days is not None and m.cohort == "due":
        due, why = causes(m, rows, nation)
        emitted.append((clock, marked({name: due.where(why[name] == 1) for name in why})))
        for q in quarters:
            waiting, ages = open_at_end(m, rows, nation, q)
            beyond = ages.index[ages > m.within.working_days]
            open_work = {"awaiting_sign_off": waiting, "open_work": ages.index, "open_beyond": beyond}
            day = q.end_time.normalize()
            piles = {name: pd.Series(day, cases) for name, cases in open_work.items() if cases is not None}
            emitted.append((AT_END, marked(piles)))
    return emitted


def _numbered(clock: str, tables: list[tuple[Measure, pd.DataFrame]], what: pd.DataFrame, areas: list[str]) -> Counted:
    counts: dict[tuple[str, str], int] = {}
    children, parts = set(), []
    for m, table in tables:
        codes, names = pd.factorize(table["part"])
        numbers = np.array([counts.setdefault((m.name, name), len(counts)) for name in names], dtype=np.int64)
        if m.unit == "children":  # who came again is counted by days
            children |= {n for n, name in zip(numbers.tolist(), names, strict=True) if name not in REPEATS}
        parts.append(pd.DataFrame({"record": table["record"], "count": numbers[codes], "on": table["on"]}))
    marked_ = pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)
    return Counted(clock, list(counts), children, marked_.join(what, on="record"), areas)
