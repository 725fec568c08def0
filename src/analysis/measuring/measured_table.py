"""Records -> one row per measure x area x period, with denominators, intervals and the count of children.

Every row explains itself: what kind of figure it is (`type`), whose working days apply (`nation`), and when it is
no figure, why (`status`).
"""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..config import Catalogue, Measure
from ..errors import Refused
from ..kinds import are
from ..schema import BANDS, KEY, MONTHS, names
from ..shapes import NATION, Cleaned, areas_holding, by_area, rows_of
from .aggregates import MISSING, from_counts
from .cases import COUNTED_BY, counted_rows
from .conditions import Tables
from .extent import extent_of, newest_date, whole_quarters, with_history

COLUMNS = names(MONTHS, step="measure")  # and the bands of lateness


def measure(
    cleaned: Iterable[Cleaned] | Cleaned,
    project: Catalogue,
    *,
    as_at: dt.date | None = None,
    grain: str | None = None,
    population: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count, measure and date.

    Parameters
    ----------
    cleaned : Cleaned or iterable of Cleaned
        Every dataset that is to be measured; those that a comparator needs among them.
    project : Catalogue
    as_at : datetime.date, optional
        Uses what was recorded up to this day; later dates were not known. Default: the project's, else the newest date
        in the data.
    grain : {"quarter"}, optional
        Whole financial quarters instead of each dataset's months or weeks.
    population : pandas.DataFrame, optional
        area, year, children (`read_population`), for rates.

    Returns
    -------
    pandas.DataFrame
        Key `measure, area, period`; type, nation, value (a count, or a fraction for percentages), numerator,
        denominator, lower and upper (95%: Wilson for percentages), children (distinct), status ("" or why there is no
        value), comparator (the nation's value), per_10000 (children, of the period, not of a year), and the lateness
        bands. Months without events are 0, months without a return are missing. Where a dataset holds only what was
        open since some day, the series starts there: what ended earlier is not in the extract, and counting the
        survivors would fake a rise.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22, 209-212.
    """
    datasets = {one.dataset: one for one in ([cleaned] if isinstance(cleaned, Cleaned) else cleaned)}
    as_at = as_at or project.project.as_at or newest_date(datasets.values(), project)
    tables = Tables({name: one.records for name, one in datasets.items()}, project, as_at)
    parts = [measure_one(m, tables, grain) for m in project.measures if m.dataset in datasets]
    parts = [p for p in parts if len(p)]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    measured = _join(parts)
    measured = measured.merge(_comparators(measured, tables, grain), on=KEY, how="left", validate="1:1")
    measured["per_10000"] = _rate(measured, population, project)
    return measured[[*COLUMNS, *names(MONTHS, among=measured, name=BANDS)]]


def measure_comparators(
    cleaned: Iterable[Cleaned], project: Catalogue, *, as_at: dt.date, population: pd.DataFrame | None
) -> pd.DataFrame:
    """Return, by quarter, the figures of every area of the datasets that measures are compared with, as those measures'."""
    tables = Tables({one.dataset: one.records for one in cleaned}, project, as_at)
    parts = [_compared_with(m, tables, "quarter") for m in project.measures if m.comparator in tables.records]
    parts = [p for p in parts if len(p)]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    measured = _join(parts).assign(comparator=np.nan)
    return measured.assign(per_10000=_rate(measured, population, project))[COLUMNS]


def measure_one(m: Measure, tables: Tables, grain: str | None) -> pd.DataFrame:
    """Return the measured table of one measure, without comparators and rates; empty where nothing can be said."""
    project, dataset = tables.project, tables.project.dataset(m.dataset)
    whole, nation, records = project.project.name, project.project.nation, tables.known(dataset.name)
    months = extent_of(m, records, dataset, nation, tables.as_at)  # before `where`: a month without such an event is 0
    if months is not None and dataset.kind == "cases":
        months = with_history(m, months, dataset, tables)
    extent = months if months is None or grain is None else whole_quarters(months, m)
    if extent is None or extent.empty:
        return pd.DataFrame()
    areas = sorted({whole, *(records.get("area", ()))})
    if dataset.kind == "counts":
        table = from_counts(m, rows_of(m, records), dataset, months, extent, areas, whole)
    else:
        index = pd.MultiIndex.from_product([areas, extent], names=["area", "period"])
        counted = counted_rows(m, dataset, tables, extent)
        rows = pd.concat([part.assign(area=area) for area, part in by_area(counted, whole)], ignore_index=True)
        table = COUNTED_BY[m.kind.counted_by](m, rows, dataset, index, nation)
        if m.extracts:
            table = _of_extracts(table, set(tables.extracts(dataset.name)))
    table = table.reset_index()
    for column in ("numerator", "denominator", "lower", "upper", "children"):
        if column not in table:
            table[column] = np.nan
    if "status" not in table:
        table["status"] = ""
    table["status"] = table["status"].mask(table["value"].isna() & (table["status"] == ""), "none")
    return table.assign(measure=m.name, type=m.type, nation=nation)


def _of_extracts(table: pd.DataFrame, months: set[pd.Period]) -> pd.DataFrame:
    """Leave of a table the periods of which an extract speaks; of others nothing was returned."""
    there = table.index.get_level_values("period").asfreq("M", "end").isin(list(months))
    table = table.where(pd.Series(there, table.index), axis=0)
    return table.assign(status=table.get("status", pd.Series("", table.index)).mask(~there, MISSING))


def _rate(measured: pd.DataFrame, population: pd.DataFrame | None, project: Catalogue) -> pd.Series:
    """Return counts per 10,000 children, by the newest population no younger than the period's financial year."""
    if population is None:
        return pd.Series(np.nan, index=measured.index)
    whole = project.project.name
    year = project.population.year if project.population else None
    if year:
        population = population[population["year"] == year]
        if population.empty:
            raise Refused(
                f"{project.population.path} has no children of {year}, the `year` of [population]. Name another year.",
                code="INVALID_PARAMETER",
            )
    if whole not in set(population["area"]):
        by_year = population.groupby("year", as_index=False).agg(
            children=("children", "sum"), areas=("area", "nunique")
        )
        total = by_year[by_year["areas"] == population["area"].nunique()].drop(columns="areas").assign(area=whole)
        population = pd.concat([population, total], ignore_index=True)
    began = measured["period"].map(lambda p: p.start_time.year - (p.start_time.month < 4)).astype("int64")
    began = began if year is None else began.mask(began == began, year)
    rows = measured[["area"]].assign(year=began, order=range(len(measured))).sort_values("year", kind="stable")
    children = population[population["children"] > 0].astype({"year": "int64"}).sort_values("year")
    rows = pd.merge_asof(rows, children, on="year", by="area").sort_values("order").set_index(measured.index)
    return (measured["value"] / rows["children"] * 10_000).where(are(measured["type"], "count"))


def _join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Stack tables whose periods may be of different lengths."""
    if len({p["period"].dtype for p in parts}) > 1:
        parts = [p.astype({"period": object}) for p in parts]
    columns = list(dict.fromkeys(c for p in parts for c in p))  # an all-empty column must not decide the type
    return pd.concat([p.dropna(axis=1, how="all") for p in parts], ignore_index=True).reindex(columns=columns)


def _comparators(measured: pd.DataFrame, tables: Tables, grain: str | None) -> pd.DataFrame:
    """Return what each row's measure is compared with: another measure's whole, or a dataset of counts."""
    parts = [
        pd.DataFrame(columns=[*KEY, "comparator"]).astype({"period": measured["period"].dtype, "comparator": float})
    ]
    project = tables.project
    for m in project.measures:
        rows = measured.loc[measured["measure"] == m.name, KEY]
        if not m.comparator or rows.empty:
            continue
        if m.comparator in tables.records:
            source, compared = m.comparator, _compared_with(m, tables, grain)
        else:
            source, compared = project.measure(m.comparator).dataset, measured[measured["measure"] == m.comparator]
        if len(compared):
            levels = areas_holding(tables.records[source])
            nation = next((a for a, level in levels.items() if level == NATION), project.project.name)
            there = compared[compared["area"] == nation].set_index("period")["value"]
            parts.append(rows.assign(comparator=rows["period"].map(there.to_dict())))
    return pd.concat([f for f in parts if len(f)] or parts, ignore_index=True)


def _compared_with(m: Measure, tables: Tables, grain: str | None) -> pd.DataFrame:
    """Return the figures of every area of the dataset that a measure is compared with."""
    return measure_one(m.model_copy(update={"dataset": m.comparator, "where": {}, "comparator": None}), tables, grain)
