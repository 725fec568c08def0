"""The way from a configuration to what one report is about, read from top to bottom.

read -> clean happens once, in `prepare`; measure -> disclose once a quarter, in `cut`, which writes a slice that
reports of many areas share; `open_case` reads one area from it. Judging and showing is the notebook's part.
"""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .catalogue import Catalogue, load
from .clean import clean
from .disclose import protect
from .errors import Refused, nearest
from .measure import measure, newest_date
from .periods import QUARTER_FREQ, parse_quarter, quarter_code, quarter_of
from .read import read, read_population
from .shapes import Case, Cleaned

NEARLY_WHOLE = 7  # days: an extract whose newest date lies in a quarter's last week holds the whole quarter
MONTHS_FILE, QUARTERS_FILE, FACTS_FILE = "months.parquet", "quarters.parquet", "facts.json"


@dataclass(frozen=True)
class Prepared:
    """Everything read and cleaned, for any number of reports."""

    project: Catalogue
    cleaned: list[Cleaned]
    population: pd.DataFrame | None

    @property
    def newest(self) -> dt.date:
        """The newest day that the data speak of."""
        return newest_date(self.cleaned, self.project)


def prepare(config) -> Prepared:
    """Read and clean every dataset of a configuration."""
    project = load(config)
    return Prepared(project, [clean(read(d), d) for d in project.datasets], read_population(project))


def newest_quarter(prepared: Prepared) -> pd.Period:
    """Return the newest quarter that is complete as at the configuration's date, or the newest date in the data."""
    known = prepared.project.project.as_at
    if known is None:
        known = prepared.newest + dt.timedelta(days=NEARLY_WHOLE)
    quarter = pd.Timestamp(known).to_period(QUARTER_FREQ)
    return quarter if quarter.end_time.date() <= known else quarter - 1


def areas(prepared: Prepared) -> list[str]:
    """Return every area found, the whole first."""
    whole = prepared.project.project.name
    found = {a for c in prepared.cleaned if "area" in c.records for a in c.records["area"].unique()}
    carries_own_total = [c for c in prepared.cleaned if prepared.project.dataset(c.dataset).preset == "dfe-open-data"]
    has_whole = whole in found or len(carries_own_total) < len(prepared.cleaned)
    return ([whole] if has_whole else []) + sorted(found - {whole})


def find_area(prepared: Prepared, area: str | None) -> str:
    """Return the area meant: as it is written in the data, whatever the case; the whole when none is named."""
    known, whole = areas(prepared), prepared.project.project.name
    wanted = (area or whole).strip()
    same = [a for a in known if a == wanted] or [a for a in known if a.casefold() == wanted.casefold()]
    if len(same) == 1:
        return same[0]
    what = (
        f"There is no area '{wanted}' in the data."
        if area
        else f"The data hold areas and no total for '{whole}'; say which with --area."
    )
    raise Refused(f"{what}{nearest(wanted, known, list_all=len(known) <= 12)}", code="INVALID_PARAMETER")


def cut(prepared: Prepared, quarter: pd.Period, folder: Path, *, profile: str, as_at: dt.date | None = None) -> dt.date:
    """Measure and protect everything for one quarter and write it to `folder`; return the as-at date.

    Raises
    ------
    Refused
        When no measure has a figure in the quarter.
    """
    project = prepared.project
    as_at = project.as_at(quarter, newest=prepared.newest, asked=as_at)
    months = measure(prepared.cleaned, project, as_at=as_at, population=prepared.population)
    quarters = measure(prepared.cleaned, project, as_at=as_at, population=prepared.population, grain="quarter")
    months = months[_quarters_of(months["period"]) <= quarter] if len(months) else months
    here = months[_quarters_of(months["period"]) == quarter] if len(months) else months
    if here.empty or here["value"].isna().all():
        raise Refused(_no_data(quarter, prepared), code="NO_DATA")
    months, quarters = protect(months, quarters[quarters["period"] <= quarter], profile=profile)
    _store(months, folder / MONTHS_FILE)
    _store(quarters, folder / QUARTERS_FILE)
    after = pd.Timestamp(as_at) + pd.Timedelta(days=1)
    quality = [
        {
            "dataset": c.dataset,
            **c.summary,
            "later": int((c.records["recorded"] >= after).sum()) if "recorded" in c.records else 0,
        }
        for c in prepared.cleaned
    ]
    sources = [
        {"dataset": c.dataset, **row}
        for c in prepared.cleaned
        for row in c.sources[["file", "rows_in"]].to_dict("records")
    ]
    facts = {"as_at": as_at.isoformat(), "profile": profile, "quality": quality, "sources": sources}
    (folder / FACTS_FILE).write_text(json.dumps(facts, indent=1, sort_keys=True), encoding="utf-8")
    return as_at


def _no_data(quarter: pd.Period, prepared: Prepared) -> str:
    first = min(
        pd.Timestamp(c.records[prepared.project.dataset(c.dataset).event_role].min())
        if "period" not in c.records
        else c.records["period"].min().start_time
        for c in prepared.cleaned
    )
    return (
        f"No measure has a figure for {quarter_code(quarter)}. The data reach from {quarter_code(first.to_period(QUARTER_FREQ))} "
        f"to {quarter_code(newest_quarter(prepared))}."
    )


def _quarters_of(periods: pd.Series) -> pd.Series:
    """Return the quarter of each month or week of a column that may hold both."""
    return pd.concat(
        [
            pd.Series(quarter_of(pd.PeriodIndex(part)), index=part.index)
            for _, part in periods.groupby(periods.map(lambda p: p.freqstr))
        ]
    ).reindex(periods.index)


def _store(table: pd.DataFrame, path: Path) -> None:
    """Write a table whose periods may be of several lengths; Parquet knows only one."""
    table.assign(
        freq=table["period"].map(lambda p: p.freqstr), period=table["period"].map(lambda p: p.start_time)
    ).to_parquet(path)


def _restore(path: Path, area: str) -> pd.DataFrame:
    table = pd.read_parquet(path, filters=[("area", "==", area)])
    period = table["period"].astype(object)
    for freq, part in table.groupby("freq"):
        period[part.index] = part["period"].dt.to_period(freq)
    return table.assign(period=period if table["freq"].nunique() > 1 else pd.PeriodIndex(period)).drop(columns="freq")


def open_case(config, *, quarter, area: str = "", work: str = "", profile: str = "council", as_at: str = "") -> Case:
    """Return what one report is about, ready to be judged.

    Parameters
    ----------
    config : path-like
        The `measures.toml`.
    quarter : str or pandas.Period
    area : str
        Empty: the whole.
    work : path-like
        A folder that `cut` filled for this quarter; empty: read and measure now, as an analyst in a notebook does.
    profile : {"council", "rounded", "internal"}
    as_at : str
        An ISO date; empty: the catalogue's rule. Only used without `work`.

    Returns
    -------
    Case
    """
    quarter = parse_quarter(quarter)
    if not work:
        from tempfile import TemporaryDirectory

        prepared = prepare(config)
        with TemporaryDirectory() as folder:
            cut(prepared, quarter, Path(folder), profile=profile, as_at=dt.date.fromisoformat(as_at) if as_at else None)
            return open_case(config, quarter=quarter, area=find_area(prepared, area), work=folder)
    project, folder = load(config), Path(work)
    facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
    area = area or project.project.name
    return Case(
        project=project,
        quarter=quarter,
        area=area,
        profile=facts["profile"],
        as_at=dt.date.fromisoformat(facts["as_at"]),
        months=_restore(folder / MONTHS_FILE, area),
        quarters=_restore(folder / QUARTERS_FILE, area),
        quality=facts["quality"],
        sources=pd.DataFrame(facts["sources"]),
    )
