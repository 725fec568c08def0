"""Records -> one row per measure x area x period, with denominators, intervals and the count of children.

Every row explains itself: what kind of figure it is (`type`), whose working days apply (`nation`), and when it is
no figure, why (`status`).
"""

import datetime as dt

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from .catalogue import NOT_COUNTED_BY, Catalogue, Dataset, Measure, counted_date
from .periods import QUARTER_FREQ, add_working_days, quarter_of, working_days_between
from .shapes import KEY, Cleaned

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
OPEN_BAND = "late_open"  # overdue and not done when the report was made
ON_TIME_BAND = "on_time"
FREQS = {"month": "M", "week": "W-SUN", "quarter": QUARTER_FREQ}


def band_names(bands: list[int]) -> list[str]:
    """Return the column names of a lateness distribution.

    >>> band_names([2, 5])
    ['on_time', 'late_1_2', 'late_3_5', 'late_over_5', 'late_open']
    """
    starts = [1, *(b + 1 for b in bands[:-1])]
    inside = [f"late_{a}_{b}" for a, b in zip(starts, bands, strict=True)]
    return [ON_TIME_BAND, *inside, f"late_over_{bands[-1]}", OPEN_BAND]


def measure(
    cleaned,
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
        Key `measure, area, period`; type, nation, value (a count, or a fraction for percentages), numerator, denominator,
        lower and upper (95%: Wilson for percentages), children (distinct), status ("" or why there is no value),
        comparator (the nation's value), per_10000 (children, of the period, not of a year), and the lateness bands. Months without events are 0, months without a return
        are missing. Where a dataset holds only episodes open since some day, the series starts there: what
        ended earlier is not in the extract, and counting the survivors would fake a rise.

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
    """Return counts per 10,000 children, by the newest population that is no younger than the period's financial year."""
    if population is None:
        return pd.Series(np.nan, index=measured.index)
    if whole not in set(population["area"]):
        total = population.groupby("year", as_index=False)["children"].sum().assign(area=whole)
        population = pd.concat([population, total], ignore_index=True)
    began = measured["period"].map(lambda p: p.start_time.year - (p.start_time.month < 4)).astype("int64")
    rows = measured[["area"]].assign(year=began, order=range(len(measured))).sort_values("year", kind="stable")
    known = population.astype({"year": "int64"}).sort_values("year")
    rows = pd.merge_asof(rows, known, on="year", by="area").sort_values("order").set_index(measured.index)
    return (measured["value"] / rows["children"] * 10_000).where(measured["type"].isin(["flow", "stock"]))


def newest_date(cleaned, project: Catalogue) -> dt.date:
    """Return the newest day that the data speak of: the latest date of any column, or the end of the latest period."""
    newest = []
    for one in cleaned:
        dataset, records = project.dataset(one.dataset), one.records
        if dataset.kind == "counts":
            newest.append(records["period"].max().end_time.date())
        else:
            newest += [records[r].max().date() for r in dataset.date_roles if records[r].notna().any()]
    return max(newest)


def _join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Stack tables whose periods may be of different lengths."""
    if len({p["period"].dtype for p in parts}) > 1:
        parts = [p.astype({"period": object}) for p in parts]
    columns = list(dict.fromkeys(c for p in parts for c in p))  # an all-empty column must not decide the type
    return pd.concat([p.dropna(axis=1, how="all") for p in parts], ignore_index=True).reindex(columns=columns)


def _measure_one(
    m: Measure, records: pd.DataFrame, project: Catalogue, as_at: dt.date, grain: str | None
) -> pd.DataFrame:
    dataset = project.dataset(m.dataset)
    known = _known(records, dataset, as_at)
    freq = FREQS[grain or dataset.grain]
    extent = _extent(m, known, dataset, as_at, freq)  # before `where`: a month without such an event is 0
    for role, values in m.where.items():
        known = known[known[role].isin(values)]
    if extent is None:
        return pd.DataFrame()
    if dataset.kind == "counts":
        table = _from_counts(m, known, dataset, extent, project.project.name)
    else:
        count = {"flow": _flow, "stock": _stock, "percent": _within, "mean": _mean}[m.type]
        whole = known.assign(area=project.project.name)
        areas = pd.concat([whole, known]) if "area" in known else whole
        table = pd.concat(
            [
                count(m, part, dataset, extent, project.project.nation, as_at).assign(area=area)
                for area, part in areas.groupby("area", sort=True)
            ]
        )
    table = table.reset_index(names="period")
    for column in ("numerator", "denominator", "lower", "upper", "children"):
        if column not in table:
            table[column] = np.nan
    if "status" not in table:
        table["status"] = np.where(table["value"].isna(), "none", "")
    return table.assign(measure=m.name, type=m.type, nation=project.project.nation)


def _known(records: pd.DataFrame, dataset: Dataset, as_at: dt.date) -> pd.DataFrame:
    """Return the records as they stood at the end of `as_at`: later rows are out, later dates unknown."""
    if dataset.kind == "counts":
        published = records["period"].dt.end_time + pd.Timedelta(days=dataset.published_after_days)
        return records[published < pd.Timestamp(as_at) + pd.Timedelta(days=1)]
    after = pd.Timestamp(as_at) + pd.Timedelta(days=1)
    if "snapshot" in records:
        taken = records["snapshot"][records["snapshot"] < after]
        records = records[records["snapshot"] == taken.max()]
    if "recorded" in records:
        records = records[~(records["recorded"] >= after)]
    records = records[records[dataset.event_role] < after]
    later = {r: records[r].mask(records[r] >= after) for r in dataset.date_roles}
    return records.assign(**later)


def _extent(m: Measure, known: pd.DataFrame, dataset: Dataset, as_at: dt.date, freq: str) -> pd.PeriodIndex | None:
    """Return the periods that the data can speak of: whole ones, from the extract's beginning to its end or `as_at`."""
    if known.empty:
        return None
    if dataset.kind == "counts":
        first, last = known["period"].min().start_time, known["period"].max().end_time
    else:
        first = known[_start_role(m, dataset)].min()
        if "ended" in known and known["ended"].notna().any():
            first = max(first, known["ended"].min())
        if m.within and m.cohort == "due":
            first = pd.Timestamp(_due(m, known.assign(**{m.within.start: first}).head(1), "england").iloc[0])
        newest = max(known[r].max() for r in dataset.date_roles if known[r].notna().any())
        last = newest.to_period(
            "W-SUN" if freq.startswith("W") else "M"
        ).end_time  # the extract reaches into that month
    last = min(last, pd.Timestamp(as_at) + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1))
    grain = pd.Timedelta(days=7 if m.within or "ended" in known else 31)  # how far into a period a first row may lie
    begin = first.to_period(freq)
    if (first - begin.start_time) > min(grain, (begin.end_time - begin.start_time) / 2):
        begin += 1
    end = last.to_period(freq)
    if end.end_time.floor("us") > last.ceil("us"):
        end -= 1
    return pd.period_range(begin, end, freq=freq) if end >= begin else None


def _start_role(m: Measure, dataset: Dataset) -> str:
    if m.type == "stock":
        return "started"
    return m.within.start if m.within else counted_date(m, dataset)


# -- the kinds of measure, one area at a time; each returns a table indexed by period -------------------------------


def _flow(m, rows, dataset, extent, nation, as_at) -> pd.DataFrame:
    period = rows[counted_date(m, dataset)].dt.to_period(extent.freqstr)
    table = pd.DataFrame({"value": period.value_counts().reindex(extent, fill_value=0).astype(float)}, index=extent)
    if "child" in rows:
        table["children"] = rows.groupby(period)["child"].nunique().reindex(extent, fill_value=0).astype(float)
        if m.unit == "children":
            table["value"] = table["children"]
    return table


def _stock(m, rows, dataset, extent, nation, as_at) -> pd.DataFrame:
    """Count episodes open at the end of each period's last day."""
    table = pd.DataFrame({"value": 0.0, "children": 0.0}, index=extent)
    for period in extent:
        after = (period + 1).start_time
        still = rows[(rows["started"] < after) & ~(rows["ended"] < after)]
        table.loc[period] = len(still), still["child"].nunique() if "child" in rows else np.nan
    if m.unit == "children":
        table["value"] = table["children"]
    return table


def _due(m: Measure, rows: pd.DataFrame, nation: str) -> pd.Series:
    start = rows[m.within.start]
    if m.within.hours is not None:
        return start + pd.Timedelta(hours=m.within.hours)
    return pd.Series(add_working_days(start.values, m.within.working_days, nation), index=rows.index)


def _within(m, rows, dataset, extent, nation, as_at) -> pd.DataFrame:
    """Share done within the limit; open and overdue counts as late."""
    rows = rows[rows[m.within.start].notna()]
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
    if "child" in rows:
        table["children"] = rows.groupby(period)["child"].nunique().reindex(extent, fill_value=0).astype(float)
    if m.bands and m.within.hours is None:
        names = band_names(m.bands)
        band = (
            pd.cut(late, [-np.inf, 0, *m.bands, np.inf], labels=names[:-1])
            .cat.add_categories(OPEN_BAND)
            .fillna(OPEN_BAND)
        )
        table[names] = pd.crosstab(period, band).reindex(index=extent, columns=names, fill_value=0).astype(float)
    return table


def _wilson(count: pd.Series, n: pd.Series):
    lower, upper = (np.full(len(n), np.nan) for _ in range(2))
    some = (n > 0).to_numpy()
    lower[some], upper[some] = proportion_confint(count[some], n[some], method="wilson")
    return lower, upper


def _mean(m, rows, dataset, extent, nation, as_at) -> pd.DataFrame:
    period = rows[counted_date(m, dataset)].dt.to_period(extent.freqstr)
    grouped = rows.groupby(period)
    return pd.DataFrame(
        {"value": grouped["value"].mean(), "denominator": grouped["value"].count().astype(float)}, index=extent
    )


def _from_counts(m, rows, dataset, extent, whole: str) -> pd.DataFrame:
    """Bring given figures to the extent's periods; a part that is missing makes its total missing."""
    columns = [c for c in ("value", "denominator") if c in rows]
    rows = rows.assign(area=rows["area"] if "area" in rows else whole)
    if dataset.preset is None and whole not in set(rows["area"]):  # open data carry their own totals
        rows = pd.concat([rows.assign(area=whole), rows])
    parts = []
    for area, part in rows.groupby("area", sort=True):
        by_period = part.groupby("period")
        table = pd.DataFrame(
            {c: by_period[c].sum(min_count=1).where(by_period[c].count() == by_period.size()) for c in columns}
        )
        if m.type in ("value", "mean"):  # a figure that cannot be added up: several at once give no figure
            table["value"] = table["value"].where(by_period.size() == 1)
        table["status"] = by_period["status"].max()
        native = pd.period_range(table.index.min(), table.index.max(), freq=table.index.freqstr)
        table = table.reindex(native)
        table["status"] = table["status"].fillna("missing")
        if extent.freqstr != table.index.freqstr:
            table = _to_quarters(table, m.type)
        parts.append(table.reindex(extent).assign(area=area))
    table = pd.concat(parts)
    table["status"] = table["status"].fillna("missing")
    if m.type == "percent" and "denominator" in table:
        table["numerator"] = table["value"]
        table["value"] = table["numerator"] / table["denominator"].where(table["denominator"] > 0)
        whole_numbers = (table["numerator"] % 1 == 0) & (table["numerator"] <= table["denominator"])
        table["lower"], table["upper"] = _wilson(
            table["numerator"].where(whole_numbers, 0), table["denominator"].where(whole_numbers, 0).fillna(0)
        )
    return table


def _to_quarters(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    quarter = pd.Series(quarter_of(table.index), index=table.index, name="period")
    grouped, columns = table.groupby(quarter), [c for c in table if c != "status"]
    full = grouped.size() >= (3 if table.index.freqstr == "M" else 12)
    how = {
        "flow": lambda s: s.sum(skipna=False),
        "percent": lambda s: s.sum(skipna=False),
        "stock": lambda s: s.iloc[-1],
    }
    out = grouped[columns].agg(how.get(kind, lambda s: s.mean(skipna=False))).where(full)
    out["status"] = grouped["status"].max().where(full, "missing")
    return out


def _comparators(measured, datasets, project, as_at, grain) -> pd.DataFrame:
    """Return the comparator's value for each row whose measure names one: another measure's whole, or a dataset of counts."""
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
