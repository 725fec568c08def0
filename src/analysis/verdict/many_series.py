"""Thousands of verdicts at once: a measured table in, a table of verdicts out."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from ..classes import CLASSES, EVEN, NONE, TOO_LITTLE
from ..kinds import DEFAULT, kind_of
from ..periods import parse_quarter
from ..schema import FLOAT, KEY, SERIES, VERDICTS, names, require
from ..series import as_numbers, refuse, require_months_or_weeks
from .answers import NOTHING_TO_SETTLE, ask
from .block import Block, Later, arrange
from .departure import SEASON_FROM, depart
from .events import context_in, read_events, registered_ages, title_at
from .hidden import MARK, average, with_values_that_fit
from .hypotheses import QUARTER
from .model import YEAR
from .posterior import prior_of_classes
from .reasons import Grounds, reason, reason_for_none
from .rows import INTERVAL, LONGEST, SHORTEST, Judged, judge_rows
from .scale import ROOT, Scale, put_on_scale

COLUMNS = [c for c in names(VERDICTS) if c not in SERIES]
NUMBERS = names(VERDICTS, dtype=FLOAT)
YEAR_BEFORE = 0.25  # a quarter so far from that of the year before, and usual all the same, gets its reason
ONE, TINY = 1.0, 1e-12  # levels below which a change has no percentage: less than one case, and nothing


def judge_table(
    measured: pd.DataFrame,
    *,
    quarter: pd.Period | str,
    events: Iterable = (),
    hidden: pd.DataFrame | None = None,
    totals: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Judge every measure of every area.

    Parameters
    ----------
    measured : DataFrame
        measure, area, period, value and optionally denominator, type, nation, completeness, comparator.
    quarter : str or pandas.Period
    events : iterable
        As in `judge`; with an optional `measures` that names what they concern.
    hidden : DataFrame, optional
        measure, area, period, lower, upper: figures that stand empty in `measured` and are known to lie between.
    totals : DataFrame, optional
        measure, area, period (a quarter), value and, of shares, denominator: what months come to that stand empty.

    Returns
    -------
    DataFrame
        One row per measure and area, in order of appearance: call, persists, the five probabilities, change,
        change_lower, change_upper, onset, onset_probability, reason, question, probability, settled_from, settles,
        settled_by, half, flags: as in `Verdict`.
    """
    quarter, events, keys = parse_quarter(quarter), read_events(events), keys_of(measured, of="judge_table")
    if hidden is not None or totals is not None:
        return _judge_what_fits(measured, keys, quarter, events, hidden, totals)
    return _judge_keys(measured, keys, quarter, events)


def _judge_what_fits(
    measured: pd.DataFrame,
    keys: pd.DataFrame,
    quarter: pd.Period,
    events: list,
    hidden: pd.DataFrame | None,
    totals: pd.DataFrame | None,
) -> pd.DataFrame:
    """Judge every series with every set of values that fits, and average over those of one series."""
    none = pd.DataFrame({"measure": [], "area": [], "period": [], "lower": [], "upper": []})
    spread = with_values_that_fit(measured, none if hidden is None else hidden, totals)
    told = _judge_keys(spread, keys_of(spread, of="judge_table"), quarter, events)
    own = told.assign(area=told["area"].astype(str).str.split(MARK).str[0])
    columns = {name: told[name].to_numpy(dtype=object) for name in COLUMNS}
    places = own.groupby(SERIES, sort=False).indices
    rows = []
    for key in keys[SERIES].itertuples(index=False, name=None):
        at = places[key[0], str(key[1])]
        rows.append(average(columns, at) if len(at) > 1 else {name: column[at[0]] for name, column in columns.items()})
    found = {name: np.empty(len(rows), dtype=object) for name in COLUMNS}
    for i, row in enumerate(rows):
        for name in COLUMNS:
            found[name][i] = row[name]
    for name in NUMBERS:
        found[name] = found[name].astype(float)
    return keys.assign(**found)


def _judge_keys(measured: pd.DataFrame, keys: pd.DataFrame, quarter: pd.Period, events: list) -> pd.DataFrame:
    columns = {name: np.empty(len(keys), dtype=object) for name in COLUMNS}
    for block, rows, measures in blocks(measured, keys, quarter):
        concerned = [[e for e in events if e.concerns(m)] for m in measures]
        for name, column in judge_block(block, concerned).items():
            columns[name][rows] = column
    for name in NUMBERS:
        columns[name] = columns[name].astype(float)
    return keys.assign(**columns)


def keys_of(measured: pd.DataFrame, *, of: str) -> pd.DataFrame:
    """Return the measures and areas of a table, once each; refuse a table that does not hold series.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` when columns are missing, periods are none, or a row stands twice.
    """
    require(measured, [*KEY, "value"], of=of)
    periods = measured["period"]
    of_periods = isinstance(periods.dtype, pd.PeriodDtype) or periods.map(lambda p: isinstance(p, pd.Period)).all()
    if not of_periods or periods.isna().any():
        refuse(
            "The column `period` holds rows without a month or week. Of dates, make months with table['period'].dt.to_period('M')."
        )
    if measured.duplicated(KEY).any():
        refuse("The table has several rows for one measure, area and period. Leave all but one of them out.")
    return measured[SERIES].drop_duplicates().reset_index(drop=True)


def blocks(
    measured: pd.DataFrame, keys: pd.DataFrame, quarter: pd.Period
) -> Iterator[tuple[Block, np.ndarray, np.ndarray]]:
    """Yield blocks of like series with their rows in `keys` and their measures."""
    names = [n for n in ("value", "denominator", "completeness", "comparator") if n in measured]
    measured = measured.assign(**{name: as_numbers(measured[name], f"The column `{name}`") for name in names})
    row = keys.reset_index(names="_row").merge(measured[SERIES], on=SERIES, how="right", validate="one_to_many")["_row"]
    table = measured.reset_index(drop=True).assign(_row=row)
    table["_type"] = measured["type"].fillna(DEFAULT).to_numpy() if "type" in measured else DEFAULT
    table["_nation"] = measured["nation"].fillna("").to_numpy() if "nation" in measured else "england"
    alike = isinstance(measured["period"].dtype, pd.PeriodDtype)
    table["_freq"] = pd.PeriodIndex(measured["period"]).freqstr if alike else [p.freqstr for p in measured["period"]]
    for (kind, nation, freq), part in table.groupby(["_type", "_nation", "_freq"], sort=False):
        rows, at = np.unique(part["_row"].to_numpy(), return_inverse=True)
        periods = pd.PeriodIndex(part["period"], freq=freq)
        require_months_or_weeks(periods)
        whole = pd.period_range(periods.min(), periods.max(), freq=freq)
        wide = {
            name: widened(part[name], at, periods.asi8 - whole.asi8[0], (len(rows), len(whole)))
            for name in ("denominator", "completeness", "comparator")
            if name in part and part[name].notna().any()
        }
        values = widened(part["value"], at, periods.asi8 - whole.asi8[0], (len(rows), len(whole)))
        block = arrange(values, whole, quarter=quarter, kind=kind_of(kind), nation=nation or None, **wide)
        yield block, rows, keys["measure"].to_numpy()[rows]


def widened(column: pd.Series, row: np.ndarray, period: np.ndarray, shape: tuple) -> np.ndarray:
    """Lay a long column out wide; what is not there is missing."""
    wide = np.full(shape, np.nan)
    wide[row, period] = column.to_numpy()
    return wide


def judge_block(block: Block, events: list, later: Later | None = None) -> dict:
    """Judge every row of a block; `events` holds those of each row, `later` what came since the quarter."""
    columns = too_little(block)
    for rows, length in runs(block):
        z, scale = block.on_scale(rows, length)
        registered = np.stack([registered_ages(events[r], block.months[-1]) for r in rows])
        for at, judged in judge_rows(z, scale, registered, block.sort, block.told_by_weeks(rows)):
            since = None if later is None else later.of(rows[at])
            fill(columns, block, rows[at], length, judged, scale.of(at), events, since)
    return columns


def enough_of(block: Block) -> np.ndarray:
    """Return which rows can be judged."""
    observed = ~np.isnan(block.values)
    return (observed.sum(1) >= SHORTEST) & observed[:, -QUARTER:].any(1)


def runs(block: Block) -> Iterator[tuple[np.ndarray, int]]:
    """Yield the rows that can be judged, those of one length at a time, with that length."""
    length = np.minimum(block.values.shape[1] - (~np.isnan(block.values)).argmax(1), LONGEST)
    length[~enough_of(block)] = 0
    for n in np.unique(length[length > 0]):
        yield np.flatnonzero(length == n), int(n)


def too_little(block: Block) -> dict:
    """Start every row as one that cannot be judged."""
    count, points = len(block.values), (~np.isnan(block.values)).sum(1)
    columns = {name: np.full(count, np.nan, dtype=object) for name in COLUMNS}
    for name, p in zip(CLASSES, prior_of_classes(), strict=True):
        columns[name][:] = p
    columns["call"][:], columns["question"][:] = TOO_LITTLE, NONE
    for r in range(count):
        for name in ("onset", "since", "settled_by", "settled_from"):
            columns[name][r] = None
        columns["settles"][r] = NOTHING_TO_SETTLE
        columns["flags"][r] = flags_of(block, r, points[r])
        columns["reason"][r] = reason_for_none(enough=points[r] >= SHORTEST, thin=block.thin[r])
    return columns


def flags_of(block: Block, row: int, length: int, few_counts: bool = False) -> tuple:
    said = {
        "weeks": block.weekly,
        "thinly recorded": block.thin[row],
        "few cases": block.few[row],
        "zeros before the first case left out": block.before[row],
        "small counts": few_counts,
        "no season estimated": length < SEASON_FROM + QUARTER,
    }
    return tuple(text for text, true in said.items() if true)


def fill(
    columns: dict,
    block: Block,
    rows: np.ndarray,
    length: int,
    judged: Judged,
    scale: Scale,
    events: list,
    later: Later | None,
) -> None:
    """Write the verdicts of `rows` into the columns, in the series' own units."""
    level = scale.back(judged.away.level[:, None])[:, 0]
    edges = [
        scale.back((judged.away.level + judged.change + k * INTERVAL * judged.spread)[:, None])[:, 0]
        for k in (0, -1, 1)
    ]
    least = ONE if block.kind.count else TINY
    with np.errstate(divide="ignore", invalid="ignore"):
        change, lower, upper = (np.where(np.abs(level) >= least, (e - level) / np.abs(level), np.nan) for e in edges)
    for name, column in zip(CLASSES, judged.classes.T, strict=True):
        columns[name][rows] = column
    written = {
        "call": judged.call,
        "persists": judged.persists,
        "change": change,
        "change_lower": lower,
        "change_upper": upper,
        "onset_probability": judged.age_probability,
        **ask(block, judged, scale, later),
    }
    for name, column in written.items():
        columns[name][rows] = column
    shared = share_of_nation(block, rows, length, judged)
    year = on_the_year(block, rows)
    last = block.months[-1]
    told = edges[0] - level if block.kind.share else change
    told = np.where(np.isfinite(told), told, np.where(judged.change == 0, 0.0, np.copysign(np.inf, judged.change)))
    for i, r in enumerate(rows):
        onset = last - int(judged.age[i] - 1) if judged.age[i] else None
        columns["onset"][r] = onset
        columns["since"][r] = last - int(judged.since[i] - 1) if judged.since[i] else None
        columns["flags"][r] = flags_of(block, r, length, scale.form[i] == ROOT)
        by = columns["settled_by"][r]
        columns["reason"][r] = reason(
            Grounds(
                judged.call[i],
                shape=CLASSES[1 + judged.kind[i]] if judged.kind[i] >= 0 else "",
                outside=judged.outside[i],
                month_inside=judged.month_inside[i],
                one_month=judged.one_month[i],
                share=block.kind.share,
                stays=judged.persists[i] > EVEN,
                change=told[i],
                year=year[i],
                onset=onset,
                since=columns["since"][r],
                level=judged.since_change[i] * (np.inf if block.kind.share else 1),
                settled_by=None if by is None else by.asfreq("M", how="end"),
                registered=title_at(events[r], onset),
                shared=shared[i],
                context=context_in(events[r], block.months[-QUARTER:]),
                thin=block.thin[r],
                before=block.before[r],
            )
        )


def on_the_year(block: Block, rows: np.ndarray) -> np.ndarray:
    """Return the quarter beside that of a year before, as a fraction of it, of percentages in hundredths.

    NaN where that is not known, or where the two are near enough to each other to be no news.
    """
    values = block.values[rows]
    if values.shape[1] < YEAR + QUARTER:
        return np.full(len(rows), np.nan)
    now, then = values[:, -QUARTER:].mean(1), values[:, -YEAR - QUARTER : -YEAR].mean(1)
    change = np.where(then > 0, now / np.where(then > 0, then, 1) - 1, np.nan)
    return np.where(np.abs(change) > YEAR_BEFORE, now - then if block.kind.share else change, np.nan)


def share_of_nation(block: Block, rows: np.ndarray, length: int, judged: Judged) -> np.ndarray:
    """Return how much of each departure the nation shows too; NaN where it is not known."""
    if block.comparator is None:
        return np.full(len(rows), np.nan)
    part = slice(len(block.months) - length, None)
    z, _ = put_on_scale(block.comparator[rows, part], kind=block.kind, exposure=block.exposure[part])
    return np.clip(depart(z).change / np.where(judged.change == 0, np.nan, judged.change), 0, 1)
