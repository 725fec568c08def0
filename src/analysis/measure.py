"""Records -> one row per measure x area x period, with denominators, intervals and the count of children.

Every row explains itself: what kind of figure it is (`type`), whose working days apply (`nation`), and when it is
no figure, why (`status`).
"""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from .catalogue import CLOSING, ON_TIME_BAND, OPEN_BAND, Catalogue, Dataset, Measure, band_names, counted_date
from .periods import QUARTER_FREQ, add_working_days, quarter_of, working_days_between
from .shapes import KEY, Cleaned, as_known

COLUMNS = [
    *KEY,
    "type",
    "nation",
    "value",
    "numerator",
    "denominator",
    "lower",
    "upper",
    "children",
    "status",
    "comparator",
    "per_10000",
]
NEARLY_WHOLE = {"M": 7, "W-SUN": 2}  # days without rows at a period's end that say nothing: weekends, late entry
LONGEST_CLOSED = 4  # days: from Good Friday to Easter Monday no office writes a row
USUAL_PAUSE = 0.99  # of the pauses between days with rows; a longer silence means that the extract had not begun
FREQS = {"month": "M", "week": "W-SUN", "quarter": QUARTER_FREQ}


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
    parts = [
        _measure_one(m, datasets[m.dataset].records, project, as_at, grain)
        for m in project.measures
        if m.dataset in datasets
    ]
    parts = [p for p in parts if len(p)]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    measured = _join(parts)
    measured = measured.merge(
        _comparators(measured, datasets, project, as_at, grain), on=KEY, how="left", validate="1:1"
    )
    measured["per_10000"] = _rate(measured, population, project.project.name)
    return measured[COLUMNS + [c for c in measured if c.startswith(("late_", ON_TIME_BAND))]]


def _rate(measured: pd.DataFrame, population: pd.DataFrame | None, whole: str) -> pd.Series:
    """Return counts per 10,000 children, by the newest population no younger than the period's financial year."""
    if population is None:
        return pd.Series(np.nan, index=measured.index)
    if whole not in set(population["area"]):
        by_year = population.groupby("year", as_index=False).agg(
            children=("children", "sum"), areas=("area", "nunique")
        )
        total = by_year[by_year["areas"] == population["area"].nunique()].drop(columns="areas").assign(area=whole)
        population = pd.concat([population, total], ignore_index=True)
    began = measured["period"].map(lambda p: p.start_time.year - (p.start_time.month < 4)).astype("int64")
    rows = measured[["area"]].assign(year=began, order=range(len(measured))).sort_values("year", kind="stable")
    known = population[population["children"] > 0].astype({"year": "int64"}).sort_values("year")
    rows = pd.merge_asof(rows, known, on="year", by="area").sort_values("order").set_index(measured.index)
    return (measured["value"] / rows["children"] * 10_000).where(measured["type"].isin(["flow", "stock"]))


def newest_date(cleaned: Iterable[Cleaned], project: Catalogue) -> dt.date:
    """Return the newest day that the data speak of.

    The day of the newest extract, else the newest recording or event, else the newest date of any column but of those
    that are only due; the end of the latest period, once published. A month that is all but over counts as over.
    """
    newest = []
    for one in cleaned:
        dataset, records = project.dataset(one.dataset), one.records
        if dataset.kind == "counts":
            newest.append(records["period"].max().end_time + pd.Timedelta(days=dataset.published_after_days))
        else:
            newest.append(_all_but_over(_reach(records, dataset), "M", 0))
    return max(newest).date()


def _reach(records: pd.DataFrame, dataset: Dataset) -> pd.Timestamp:
    """Return the newest day of which a dataset of cases speaks."""
    if "snapshot" in records:
        return records["snapshot"].max()
    roles = [r for r in dataset.date_roles if r != "due"]
    written = [r for r in ("recorded", dataset.event_role) if r in roles and records[r].notna().any()]
    # a slip of the pen in another column lies in the future of what was written
    return max(records[r].max() for r in (written if "recorded" in written else roles) if records[r].notna().any())


def _all_but_over(day: pd.Timestamp, freq: str, pause: int) -> pd.Timestamp:
    """Return the end of the period of `day` where so few days are left that silence says nothing."""
    end = day.to_period(freq).end_time
    return end if (end - day).days <= max(NEARLY_WHOLE[freq], pause) else day


def _join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Stack tables whose periods may be of different lengths."""
    if len({p["period"].dtype for p in parts}) > 1:
        parts = [p.astype({"period": object}) for p in parts]
    columns = list(dict.fromkeys(c for p in parts for c in p))  # an all-empty column must not decide the type
    return pd.concat([p.dropna(axis=1, how="all") for p in parts], ignore_index=True).reindex(columns=columns)


def _measure_one(
    m: Measure, records: pd.DataFrame, project: Catalogue, as_at: dt.date, grain: str | None
) -> pd.DataFrame:
    dataset, whole, nation = project.dataset(m.dataset), project.project.name, project.project.nation
    known = as_known(records, dataset, as_at)
    months = _extent(m, known, dataset, nation, as_at)  # before `where`: a month without such an event is 0
    extent = months if months is None or grain is None else _whole_quarters(months, m)
    if extent is None or extent.empty:
        return pd.DataFrame()
    areas = sorted({whole, *(known.get("area", ()))})
    for role, values in m.where.items():
        known = known[known[role].isin(values)]
    if dataset.kind == "counts":
        table = _from_counts(m, known, dataset, months, extent, areas, whole)
    else:
        count = {"flow": _flow, "stock": _stock, "percent": _within, "mean": _mean}[m.type]
        parts = dict(list(known.groupby("area"))) if len(areas) > 1 else {}
        parts[whole] = known
        table = pd.concat(
            [count(m, parts.get(a, known.head(0)), dataset, extent, nation).assign(area=a) for a in areas]
        )
    table = table.reset_index(names="period")
    for column in ("numerator", "denominator", "lower", "upper", "children"):
        if column not in table:
            table[column] = np.nan
    if "status" not in table:
        table["status"] = ""
    table["status"] = table["status"].mask(table["value"].isna() & (table["status"] == ""), "none")
    return table.assign(measure=m.name, type=m.type, nation=nation)


def _extent(m: Measure, known: pd.DataFrame, dataset: Dataset, nation: str, as_at: dt.date) -> pd.PeriodIndex | None:
    """Return the months or weeks that the data can speak of, from the extract's beginning to its end or `as_at`.

    Whole ones: a period in which the extract began or ended is out. A stock needs its last day alone.
    """
    freq = FREQS[dataset.grain]
    end_of_day = pd.Timestamp(as_at) + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
    if known.empty:
        return None
    if dataset.kind == "counts":
        begin, last = known["period"].min(), known["period"].max().end_time
    else:
        counted = known[_start_role(m, dataset)]
        if counted.isna().all():
            return None
        last = _all_but_over(_reach(known, dataset), freq, _usual_pause(counted))
        if "snapshot" in known:
            last = _reach(known, dataset)
        first, pause = _first(m, known, counted, last)
        if m.within and m.cohort == "due":
            if (first - first.to_period(freq).start_time).days <= pause:
                first = first.to_period(freq).start_time
            first, pause = _due(m, pd.DataFrame({m.within.start: [first]}), nation).iloc[0], LONGEST_CLOSED
        begin = first.to_period(freq)
        if m.type != "stock" and (first - begin.start_time).days > pause:
            begin += 1
    end = min(last, end_of_day).to_period(freq)
    if end.end_time.date() > min(last, end_of_day).date():
        end -= 1
    return pd.period_range(begin, end, freq=freq)


def _first(m: Measure, known: pd.DataFrame, counted: pd.Series, last: pd.Timestamp) -> tuple[pd.Timestamp, int]:
    """Return the day from which a dataset holds every case, and the pause that is usual before a first row.

    An extract of what was open since some day begins on that day: of older starts it holds the survivors alone.
    """
    closing = [r for r in known if r in CLOSING]
    if closing and counted.name not in CLOSING:
        closed = known[closing].min(axis=1)
        closed = closed[closed >= counted]
        if closed.empty and not m.within:  # nothing but open cases: they tell of no day but the last
            return last, 0
        if not closed.empty and closed.min() > counted.min():
            return closed.min(), _usual_pause(closed)
    return counted.min(), _usual_pause(counted)


def _usual_pause(dates: pd.Series) -> int:
    """Return how many days may well pass between two days with rows."""
    days = np.unique(dates.dropna().to_numpy().astype("datetime64[D]"))
    pauses = np.diff(days).astype(int)
    return max(LONGEST_CLOSED, int(np.quantile(pauses, USUAL_PAUSE)) if pauses.size else 0)


def _whole_quarters(periods: pd.PeriodIndex, m: Measure) -> pd.PeriodIndex:
    """Return the financial quarters of which all months or weeks are there; of a stock, the last one."""
    if periods.empty:
        return pd.PeriodIndex([], freq=QUARTER_FREQ)
    before, first, last, after = quarter_of(
        pd.PeriodIndex([periods[0] - 1, periods[0], periods[-1], periods[-1] + 1], freq=periods.freq)
    )
    return pd.period_range(
        first + int(first == before and m.type != "stock"), last - int(last == after), freq=QUARTER_FREQ
    )


def _start_role(m: Measure, dataset: Dataset) -> str | None:
    if m.type == "stock":
        return "started"
    return m.within.start if m.within else counted_date(m, dataset)


# -- the kinds of measure, one area at a time; each returns a table indexed by period -------------------------------


def _flow(m: Measure, rows: pd.DataFrame, dataset: Dataset, extent: pd.PeriodIndex, nation: str) -> pd.DataFrame:
    period = rows[counted_date(m, dataset)].dt.to_period(extent.freqstr)
    table = pd.DataFrame({"value": period.value_counts().reindex(extent, fill_value=0).astype(float)}, index=extent)
    table["children"] = _children(rows, period, extent)
    if m.unit == "children":
        table["value"] = table["children"]
    return table


def _children(rows: pd.DataFrame, period: pd.Series, extent: pd.PeriodIndex) -> pd.Series:
    """Count distinct children; without an identifier every row may be another child."""
    grouped = rows.groupby(period)
    count = grouped["child"].nunique() if "child" in rows else grouped.size()
    return count.reindex(extent, fill_value=0).astype(float)


def _stock(m: Measure, rows: pd.DataFrame, dataset: Dataset, extent: pd.PeriodIndex, nation: str) -> pd.DataFrame:
    """Count episodes open at the end of each period's last day."""
    started, ended = rows["started"].to_numpy(), rows["ended"].to_numpy()
    child = pd.factorize(rows["child"])[0] if "child" in rows else np.arange(len(rows))
    found = []
    for period in extent:
        after = (period + 1).start_time.to_datetime64()
        still = (started < after) & ~(ended < after)
        found.append([still.sum(), np.unique(child[still]).size])
    table = pd.DataFrame(np.array(found, float).reshape(-1, 2), index=extent, columns=["value", "children"])
    if m.unit == "children":
        table["value"] = table["children"]
    return table


def _due(m: Measure, rows: pd.DataFrame, nation: str) -> pd.Series:
    start = rows[m.within.start]
    if m.within.hours is not None:
        return start + pd.Timedelta(hours=m.within.hours)
    return pd.Series(add_working_days(start.values, m.within.working_days or 0, nation), index=rows.index)


def _within(m: Measure, rows: pd.DataFrame, dataset: Dataset, extent: pd.PeriodIndex, nation: str) -> pd.DataFrame:
    """Share done within the limit; open and overdue counts as late, and an end before the start says nothing of time."""
    before = rows[m.within.end].dt.normalize() < rows[m.within.start].dt.normalize()  # the same day is no slip
    rows = rows[rows[m.within.start].notna() & ~before]
    start, end = rows[m.within.start], rows[m.within.end]
    if m.within.hours is None:
        late = (
            pd.Series(working_days_between(start.values, end.values, nation), index=rows.index) - m.within.working_days
        )
    else:
        late = (end - start) / pd.Timedelta(hours=1) - m.within.hours
    counted_on = _due(m, rows, nation) if m.cohort == "due" else end
    period = counted_on.dt.to_period(extent.freqstr)
    on_time = late <= 0
    table = pd.DataFrame({"numerator": on_time.groupby(period).sum(), "denominator": period.value_counts()})
    table = table.reindex(extent).fillna(0).astype(float)
    table["value"] = (table["numerator"] / table["denominator"]).where(table["denominator"] > 0)
    table["status"] = np.where(table["denominator"] > 0, "", "none due")
    table["lower"], table["upper"] = _wilson(table["numerator"], table["denominator"])
    table["children"] = _children(rows, period, extent)
    if m.bands:
        names = band_names(m.bands)
        band = (
            pd.cut(late, [-np.inf, 0, *m.bands, np.inf], labels=names[:-1])
            .cat.add_categories(OPEN_BAND)
            .fillna(OPEN_BAND)
        )
        table[names] = pd.crosstab(period, band).reindex(index=extent, columns=names, fill_value=0).astype(float)
    return table


def _wilson(count: pd.Series, n: pd.Series) -> tuple[pd.Series, pd.Series]:
    lower, upper = (np.full(len(n), np.nan) for _ in range(2))
    some = (n > 0).to_numpy()
    lower[some], upper[some] = proportion_confint(count[some], n[some], method="wilson")
    return lower, upper


def _mean(m: Measure, rows: pd.DataFrame, dataset: Dataset, extent: pd.PeriodIndex, nation: str) -> pd.DataFrame:
    period = rows[counted_date(m, dataset)].dt.to_period(extent.freqstr)
    rows, period = rows[rows["value"].notna()], period[rows["value"].notna()]
    grouped = rows.groupby(period)["value"]
    table = pd.DataFrame({"value": grouped.mean().reindex(extent), "denominator": grouped.size().reindex(extent)})
    return table.assign(
        denominator=table["denominator"].fillna(0).astype(float), children=_children(rows, period, extent)
    )


def _from_counts(
    m: Measure,
    rows: pd.DataFrame,
    dataset: Dataset,
    months: pd.PeriodIndex,
    extent: pd.PeriodIndex,
    areas: list,
    whole: str,
) -> pd.DataFrame:
    """Bring given figures to the extent's periods; a part that is missing makes its total missing."""
    columns = [c for c in ("value", "denominator") if c in rows]
    adds_up = m.type in ("flow", "stock") or (m.type == "percent" and "denominator" in rows)
    cells = rows.assign(area=rows.get("area", whole)).groupby(["area", "period"])
    given = cells[columns].sum().where(cells[columns].count().eq(cells.size(), axis=0))
    if not adds_up:
        given = given.where(cells.size() == 1)
    given["status"] = cells["status"].max()
    tables = {area: part.droplevel("area").reindex(months) for area, part in given.groupby(level="area")}
    nothing = pd.DataFrame({**dict.fromkeys(columns, np.nan), "status": "missing"}, index=months)
    if whole not in tables and dataset.preset is None:  # open data carry their own totals
        tables[whole] = _sum_of_areas(list(tables.values()), adds_up) if tables else nothing
    elif whole not in tables:
        areas = [a for a in areas if a != whole]
    parts = []
    for area in areas:
        table = tables.get(area, nothing).assign(area=area)
        table["status"] = table["status"].fillna("missing")
        parts.append(table if extent.freqstr == months.freqstr else _to_quarters(table, m.type, adds_up, extent))
    table = pd.concat(parts)
    if m.type == "percent" and adds_up:
        table["numerator"] = table["value"]
        table["value"] = table["numerator"] / table["denominator"].where(table["denominator"] > 0)
        table["status"] = table["status"].mask(table["denominator"] == 0, "none due")
        counts = table["numerator"].between(0, table["denominator"]) & (table["numerator"] % 1 == 0)
        table["lower"], table["upper"] = _wilson(
            table["numerator"].where(counts, 0), table["denominator"].where(counts, 0)
        )
    if m.unit == "children":
        table["children"] = table["denominator"] if m.type == "percent" and adds_up else table["value"]
    return table


def _sum_of_areas(tables: list[pd.DataFrame], adds_up: bool) -> pd.DataFrame:
    """Add the areas up; from its first figure on, an area without one makes the sum missing."""
    if len(tables) == 1:
        return tables[0]
    columns = [c for c in tables[0] if c != "status"]
    begun = [t["status"].notna().cummax() for t in tables]
    whole = sum(t[columns].fillna(0) for t in tables)
    lacking = sum((t[columns].isna() & b.to_numpy()[:, None]).astype(int) for t, b in zip(tables, begun, strict=True))
    whole = whole.where((lacking == 0) & adds_up & np.logical_or.reduce(begun)[:, None])
    reasons = [
        t["status"].fillna("missing").where(b & t["value"].isna(), "") for t, b in zip(tables, begun, strict=True)
    ]
    return whole.assign(status=pd.concat(reasons, axis=1).max(axis=1))


def _to_quarters(table: pd.DataFrame, kind: str, adds_up: bool, extent: pd.PeriodIndex) -> pd.DataFrame:
    """Bring months or weeks to whole quarters: counts added, of a stock the last, of other figures the mean."""
    table = table.assign(status=table["status"].where(table["value"].isna(), ""))
    grouped = table.groupby(pd.Series(quarter_of(table.index), index=table.index, name="period"))
    figures = grouped[[c for c in ("value", "denominator") if c in table]]
    if kind == "stock":
        return grouped.last(skipna=False).reindex(extent)
    out = figures.sum(skipna=False) if adds_up else figures.mean(skipna=False)
    return out.assign(status=grouped["status"].max(), area=grouped["area"].first()).reindex(extent)


def _comparators(
    measured: pd.DataFrame, datasets: dict, project: Catalogue, as_at: dt.date, grain: str | None
) -> pd.DataFrame:
    """Return what each row's measure is compared with: another measure's whole, or a dataset of counts."""
    found = [
        pd.DataFrame(columns=[*KEY, "comparator"]).astype({"period": measured["period"].dtype, "comparator": float})
    ]
    for m in project.measures:
        rows = measured.loc[measured["measure"] == m.name, KEY]
        if not m.comparator or rows.empty:
            continue
        if m.comparator in datasets:
            as_measure = m.model_copy(update={"dataset": m.comparator, "where": {}, "comparator": None})
            whole = _measure_one(as_measure, datasets[m.comparator].records, project, as_at, grain)
        else:
            whole = measured[measured["measure"] == m.comparator]
        if len(whole):
            whole = whole[whole["area"] == project.project.name].set_index("period")["value"]
            found.append(rows.assign(comparator=rows["period"].map(whole.to_dict())))
    return pd.concat([f for f in found if len(f)] or found, ignore_index=True)
