"""The way from a configuration to what one report is about, read from top to bottom.

read -> clean happens once, in `prepare`; measure -> disclose once a quarter, in `measured` and `cut`, which writes slices
that reports of many areas share; `open_case` reads one area from it. Judging and showing is the notebook's part.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from . import annotations, snapshots
from .breakdown import add_rates, beside_others
from .cleaning import ASSUMPTIONS, clean, unify_areas
from .cleaning.texts import fold_name
from .config import Catalogue, Dataset, load
from .counted_cases import counted_cases
from .disclosure import SUPPRESSED, Protected, coarse, protect, to_judge_by
from .errors import Refused, nearest
from .kinds import are
from .measuring import (
    account,
    find_absent,
    find_differences,
    find_gaps,
    link,
    measure,
    measure_comparators,
    newest_date,
    whole_quarters,
)
from .neighbours import AreaRelations, area_relations
from .periods import parse_quarter, quarter_code, quarter_of, quarters_of
from .reading import read, read_population
from .recording import bulk_days
from .schema import CALLS, FATES, KEY, MONTHS, QUARTERS, QUESTIONS, empty, names
from .shapes import Case, Cleaned, Counted, as_known
from .verdict import follow, hold_calls, judge_table

NEARLY_WHOLE = 7  # days: an extract whose newest date lies in a quarter's last week holds the whole quarter


@dataclass(frozen=True)
class Prepared:
    """Everything read and cleaned, for any number of reports."""

    project: Catalogue
    cleaned: list[Cleaned]
    population: pd.DataFrame | None
    relations: AreaRelations

    @cached_property
    def newest(self) -> dt.date:
        """The newest day that the data speak of."""
        return newest_date(self.cleaned, self.project)

    @cached_property
    def months(self) -> pd.DataFrame:
        """Every measure by month or week, as known on the newest day."""
        return measure(self.cleaned, self.project, as_at=self._newest_known, population=self.population)

    @property
    def _newest_known(self) -> dt.date:
        return self.project.project.as_at or self.newest

    def months_at(self, as_at: dt.date) -> pd.DataFrame:
        """Return every measure by month or week, as known on one day."""
        if as_at == self._newest_known:
            return self.months
        return measure(self.cleaned, self.project, as_at=as_at, population=self.population)

    def as_at_before(self, quarter: pd.Period, asked: dt.date | None = None) -> dt.date:
        """Return the day up to which the page of the quarter before knows things: never later than the day asked for."""
        own = self.project.as_at(quarter - 1, newest=self.newest)
        return min(own, asked or own)

    def _repr_html_(self) -> str:
        return "".join(c._repr_html_() for c in self.cleaned)


def prepare(config: str | Path, *, each: Callable[[Callable, Iterable], Iterable] = map) -> Prepared:
    """Read and clean every dataset of a configuration.

    Parameters
    ----------
    config : path-like
    each : callable, optional
        Does the work of `map`, perhaps in several processes.
    """
    project = load(config)
    read_ = [d for d in project.datasets if d.is_read]
    cleaned = link(unify_areas(list(each(_cleaned, read_)), project.datasets), project)
    population = read_population(project)
    if population is not None:
        named = {fold_name(a): a for one in cleaned for a in one.records.get("area", ())}
        named = {fold_name(project.project.name): project.project.name} | named
        population["area"] = [named.get(fold_name(a), a) for a in population["area"]]
    return Prepared(project, cleaned, population, area_relations(cleaned, project))


def _cleaned(dataset: Dataset) -> Cleaned:
    return clean(read(dataset), dataset)


def newest_quarter(prepared: Prepared) -> pd.Period:
    """Return the newest quarter with a figure that is complete as at the configuration's date, or the newest in the data.

    Raises
    ------
    Refused
        ``NO_DATA`` when there is none.
    """
    known = prepared.project.project.as_at
    if known is None:
        known = prepared.newest + dt.timedelta(days=NEARLY_WHOLE)
    over = [q for q in _whole_quarters(prepared) if q.end_time.date() <= known]
    if not over:
        raise Refused(
            f"No quarter, such as January to March, is complete in the data. {_reach(prepared)}", code="NO_DATA"
        )
    return max(over)


def _whole_quarters(prepared: Prepared) -> set[pd.Period]:
    """Return the quarters of which the data hold every month or week of some measure, and a figure."""
    found: set[pd.Period] = set()
    for name, rows in prepared.months.groupby("measure"):
        periods = pd.PeriodIndex(rows["period"])
        whole = whole_quarters(pd.period_range(periods.min(), periods.max()), prepared.project.measure(name))
        found |= set(whole) & set(quarter_of(periods[rows["value"].notna()]))
    return found


def areas(prepared: Prepared) -> list[str]:
    """Return every area found, the whole first."""
    whole = prepared.project.project.name
    found = {a for c in prepared.cleaned if "area" in c.records for a in c.records["area"].unique()}
    carries_own_total = [c for c in prepared.cleaned if "level" in c.records]
    has_whole = whole in found or len(carries_own_total) < len(prepared.cleaned)
    return ([whole] if has_whole else []) + sorted(found - {whole})


def find_area(prepared: Prepared, area: str | None) -> str:
    """Return the area meant, as the data write it: whatever the case, accents or stops; the whole when none is named."""
    known, whole = areas(prepared), prepared.project.project.name
    wanted = " ".join((area or whole).split())
    same = [a for a in known if a == wanted] or [a for a in known if fold_name(a) == fold_name(wanted)]
    if len(same) == 1:
        return same[0]
    what = (
        f"There is no area '{wanted}' in the data."
        if area
        else f"The data hold areas and no total for '{whole}'; say which with --area."
    )
    raise Refused(f"{what}{nearest(wanted, known, list_all=len(known) <= 12)}", code="INVALID_PARAMETER")


@dataclass(frozen=True)
class Measured:
    """Everything measured for one quarter, as known on one day, before anything is protected: not for publication.

    Attributes
    ----------
    months, quarters : pandas.DataFrame
        Measured tables with what stands beside the figures.
    parts : pandas.DataFrame
        What the figures are made of by source, area and the like.
    cases : list of Counted
        Which counts count each case.
    quality, sources, bulk : list of dict
        What became of every row; the files; the days with many rows.
    gaps : list of dict
        Figures and measures that are missing, and why.
    compared : pandas.DataFrame
        By quarter, the figures of every area of the datasets that measures are compared with.
    """

    as_at: dt.date
    months: pd.DataFrame
    quarters: pd.DataFrame
    compared: pd.DataFrame
    parts: pd.DataFrame
    cases: list[Counted]
    quality: list[dict]
    sources: list[dict]
    bulk: list[dict]
    gaps: list[dict]


def measured(prepared: Prepared, quarter: pd.Period, as_at: dt.date) -> Measured:
    """Measure everything for one quarter. It depends on no other quarter's page, so that it can be done anywhere.

    Raises
    ------
    Refused
        ``NO_DATA`` when no measure has a figure in the quarter.
    """
    project = prepared.project
    every = prepared.months_at(as_at)
    quarters = measure(prepared.cleaned, project, as_at=as_at, population=prepared.population, grain="quarter")
    months = every[quarters_of(every["period"]) <= quarter] if len(every) else every
    here = months[quarters_of(months["period"]) == quarter] if len(months) else months
    if here.empty or here["value"].isna().all():
        raise Refused(f"No measure has a figure for {quarter_code(quarter)}. {_reach(prepared)}", code="NO_DATA")
    compared = quarters.iloc[:0]
    if prepared.relations.pairs.size or prepared.relations.levels:
        compared = measure_comparators(prepared.cleaned, project, as_at=as_at, population=prepared.population)
    known = project, {c.dataset: c.records for c in prepared.cleaned}
    months = annotations.with_completeness(months, *known, as_at)
    quarters = annotations.with_causes(quarters[quarters["period"] <= quarter], *known, as_at)
    quarters = annotations.with_repeats(quarters, *known, as_at)
    assumed = {c.dataset: sorted(ASSUMPTIONS & set(c.audit["code"])) for c in prepared.cleaned}
    read_ = [c for c in prepared.cleaned if project.dataset(c.dataset).is_read]
    quality = account(read_, project, as_at).to_dict("records")
    quality = [q | {"assumed": assumed[q["dataset"]]} for q in quality]
    sources = [{"dataset": c.dataset, "file": file} for c in prepared.cleaned for file in c.sources["file"]]
    bulk = [
        {
            "dataset": row.dataset,
            "role": row.role,
            "date": row.date.isoformat()[:10],
            "count": int(row.count_),
            "usual": float(row.usual),
        }
        for c in prepared.cleaned
        if project.dataset(c.dataset).kind == "cases"
        for row in bulk_days(as_known(c.records, project.dataset(c.dataset), as_at), dataset=c.dataset, as_at=as_at)
        .rename(columns={"count": "count_"})
        .itertuples()
        if pd.Timestamp(row.date) >= quarter.start_time - pd.DateOffset(years=1)
    ]
    extents = {name: pd.PeriodIndex(p.unique()) for name, p in months.groupby("measure")["period"]}
    parts = annotations.parts_of_figures(*known, extents, quarter, as_at)
    cases = counted_cases(*known, extents, quarter, as_at)
    gaps = find_gaps(prepared.cleaned, project, as_at, quarter.end_time)
    gaps += find_absent(every, prepared.cleaned, project, as_at, quarter)
    return Measured(as_at, months, quarters, compared, parts, cases, quality, sources, bulk, gaps)


def make_snapshots(
    prepared: Prepared,
    quarter: pd.Period,
    folder: Path,
    *,
    profile: str,
    as_at: dt.date | None = None,
    released: Sequence[Path] = (),
    issued: Sequence[Path] = (),
    pages: Collection[tuple[pd.Period, str]] | None = None,
    found: Measured | None = None,
) -> dt.date:
    """Measure, protect and ask everything for one quarter and write it to `folder`; return the as-at date.

    Parameters
    ----------
    prepared : Prepared
    quarter : pandas.Period
    folder : pathlib.Path
        Filled with a folder an area.
    profile : {"council", "rounded", "internal"}
    as_at : datetime.date, optional
    released : sequence of pathlib.Path
        The folders that were filled for earlier quarters whose pages are published or will be, oldest first.
    issued : sequence of pathlib.Path
        Those of quarters whose pages were published before this one is made, and are not earlier: later ones, and this one's.
    pages : collection of (pandas.Period, str), optional
        Quarter and area of each page that is published or will be: a page answers only what an earlier one of its area
        asked. Those of all areas in the quarters of `released` when left out.
    found : Measured, optional
        What was measured before, elsewhere perhaps; measured now when left out.

    Raises
    ------
    Refused
        When no measure has a figure in the quarter.
    NotReleasable
        When a small number could be worked out whatever is hidden.
    """
    project = prepared.project
    found = found or measured(prepared, quarter, project.as_at(quarter, newest=prepared.newest, asked=as_at))
    page = protect(
        found.months,
        found.quarters,
        profile=profile,
        parts=found.parts,
        project=project,
        cases=found.cases,
        holders=prepared.relations.holders,
        earlier=[page for folder in (*released, *issued) for page in snapshots.read_issues(folder)],
    )
    if profile != "internal":
        page = replace(page, months=_completed(page.months, prepared, found.as_at))
    page = replace(page, quarters=_rated(page, project))
    on_page = found.quarters.merge(page.quarters.loc[page.quarters["value"].notna(), KEY], on=KEY)
    facts = {
        "as_at": found.as_at.isoformat(),
        "is_newest": project.project.as_at is None and found.as_at == prepared.newest,
        "profile": profile,
        "quality": as_told(found.quality, profile),
        "sources": found.sources,
        "bulk": [b | _as_told_of_a_day(b, profile) for b in found.bulk],
        "gaps": found.gaps + find_differences(on_page, prepared.cleaned, project, found.as_at),
    }
    known = to_judge_by(page.months, page.quarters, profile)
    verdicts = judge_table(page.months, quarter=quarter, events=project.events, **known)
    asked = snapshots.read_questions(released[-1]) if released else empty(QUESTIONS)
    called = snapshots.read_calls(released[-1]) if released else empty(CALLS)
    areas = set(page.months["area"]) if released else set()
    if pages is not None:
        areas &= {area for when, area in pages if when < quarter}
        on_page = {(quarter_code(when), area) for when, area in pages}
        asked, called = (
            t[[key in on_page for key in zip(t["asked"], t["area"], strict=True)]] if len(t) else t
            for t in (asked, called)
        )
    questions = follow(asked, verdicts, page.months, page.quarters, quarter=quarter)
    calls = hold_calls(called, verdicts, questions, quarter=quarter)
    others = beside_others(
        page.quarters,
        _comparators(page.quarters, found.compared, prepared, quarter, profile),
        verdicts,
        pairs=prepared.relations.pairs,
        holders=prepared.relations.holders,
        nation=prepared.relations.nation,
        quarter=quarter,
        average=project.neighbours.average if project.neighbours else "median",
    )
    snapshots.write_snapshot(folder, page, questions, calls, others, facts, with_earlier=areas)
    return found.as_at


def _comparators(
    quarters: pd.DataFrame, compared: pd.DataFrame, prepared: Prepared, quarter: pd.Period, profile: str
) -> pd.DataFrame:
    """Return by quarter what may be published of each comparator's areas: of a dataset's the newest quarter."""
    pairs = [(m.name, m.comparator) for m in prepared.project.measures if m.comparator]
    measures = [quarters[quarters["measure"] == other].assign(measure=name) for name, other in pairs]
    rows = compared[compared["value"].notna() & (compared["period"] <= quarter)]
    rows = rows[rows["period"] == rows.groupby("measure")["period"].transform("max")].reset_index(drop=True)
    datasets = protect(rows.iloc[:0], rows, profile=profile, holders=prepared.relations.holders).quarters
    return pd.concat([t for t in (*measures, datasets) if len(t)] or [datasets], ignore_index=True)


def _completed(months: pd.DataFrame, prepared: Prepared, as_at: dt.date) -> pd.DataFrame:
    """Return a page's months with how much of each is on record, of series with hidden months as what is shown tells it."""
    hidden = months["measure"].isin(months.loc[months["status"] == SUPPRESSED, "measure"])
    some = months[hidden & (are(months["type"], "events"))]
    if some.empty:
        return months
    columns = names(MONTHS, step="with_completeness")
    records = {c.dataset: c.records for c in prepared.cleaned}
    again = annotations.with_completeness(some.drop(columns=columns), prepared.project, records, as_at)
    again = again[columns].set_axis(some.index)
    keep = some["expected_final"].isna()  # `rounded` tells nobody what a month will become
    again.loc[keep, names(MONTHS, step="with_completeness", emptied=True)] = np.nan
    months = months.copy()
    for column in columns:
        months.loc[some.index, column] = again[column]
    return months


def _rated(page: Protected, project: Catalogue) -> pd.DataFrame:
    """Return a page's quarters with the intervals of their rates, from what the page shows: none where too much is hidden."""
    scatter = annotations.scatter(page.months, project.project.name, project.project.nation)
    hidden = page.months.loc[page.months["status"] == SUPPRESSED, "measure"].unique()
    unknown = scatter.index[scatter.isna() & scatter.index.isin(hidden)]
    quarters = add_rates(page.quarters, dispersion=scatter)
    quarters.loc[quarters["measure"].isin(unknown), names(QUARTERS, step="add_rates")] = np.nan
    return quarters


def as_told(quality: list[dict], profile: str) -> list[dict]:
    """Return what became of all rows, and of each dataset's, as a page may tell it: what is told of the parts adds up."""
    whole = {fate: coarse([sum(q[fate] for q in quality)], profile=profile)[0] for fate in FATES}
    counts = {fate: coarse([q[fate] for q in quality], profile=profile) for fate in FATES}
    each = [q | {fate: counts[fate][i] for fate in FATES} for i, q in enumerate(quality)]
    return [{"dataset": "", **whole, "quarantined_for": [], "outside_for": [], "assumed": []}, *each]


def _as_told_of_a_day(bulk: dict, profile: str) -> dict:
    """Return how many rows came in on one day, and how many usually do, as a page may tell it."""
    if profile == "internal":
        return {}
    count, usual = (coarse([round(bulk[name])], profile=profile)[0] for name in ("count", "usual"))
    return {"count": count, "usual": None if usual is None else float(usual)}


def _reach(prepared: Prepared) -> str:
    """Say which quarters have figures, whole or not."""
    quarters = quarters_of(prepared.months["period"])[prepared.months["value"].notna()]
    if quarters.empty:
        return "No measure has a figure in any month: look at the columns that the configuration names."
    return f"There are figures from {quarter_code(quarters.min())} to {quarter_code(quarters.max())}."


def open_case(
    config: str | Path,
    *,
    quarter: pd.Period | str,
    area: str = "",
    work: str = "",
    profile: str = "council",
    as_at: str = "",
) -> Case:
    """Return what one report is about, ready to be judged.

    Parameters
    ----------
    config : path-like
        The `measures.toml`.
    quarter : str or pandas.Period
    area : str
        Empty: the whole.
    work : path-like
        A folder that holds the report's slice; empty: read and measure now, as an analyst in a notebook does.
    profile : {"council", "rounded", "internal"}
    as_at : str
        An ISO date; empty: the catalogue's rule. Only used without `work`.

    Returns
    -------
    Case
    """
    quarter = parse_quarter(quarter)
    if work:
        project = load(config)
        return snapshots.read_case(Path(work), project, quarter, area or project.project.name)
    prepared = prepare(config)
    area, day = find_area(prepared, area), dt.date.fromisoformat(as_at) if as_at else None
    with TemporaryDirectory() as made:
        now = Path(made) / "now"
        make_snapshots(prepared, quarter, now, profile=profile, as_at=day)
        snapshots.copy_slice(now, area, Path(made))
        return snapshots.read_case(Path(made), prepared.project, quarter, area)
