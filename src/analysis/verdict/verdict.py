"""One verdict for one series, and the same for thousands at once."""

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from ..errors import Refused
from ..periods import WEEK_FREQ, parse_quarter, quarter_code
from .block import Block, arrange
from .departure import QUARTER, depart
from .events import context_in, read_events, registered_ages, title_at
from .outlook import settle
from .posterior import prior_of_classes
from .reasons import explain
from .rows import CERTAIN, CHUNK, CLASSES, INTERVAL, LONGEST, SHORTEST, SURE_LASTING, SURE_PASSING, TOO_EARLY, TOO_LITTLE, USUAL, judge_rows
from .scale import ROOT, put_on_scale

KEY = ["measure", "area"]
COLUMNS = ["call", "persists", *CLASSES, "change", "change_lower", "change_upper", "onset", "onset_probability",
           "reason", "settles", "settled_by", "flags"]
TO_SETTLE = (TOO_EARLY, "short-term spike", "sustained shift", "trend")
NOTHING_TO_SETTLE = pd.DataFrame({"period": pd.PeriodIndex([], freq="M"), "lasts_if": np.empty(0), "spike_if": np.empty(0)})


@dataclass(frozen=True)
class Verdict:
    """Whether a quarter's change is a trend or a short-term issue.

    Attributes
    ----------
    quarter : pandas.Period
    call : str
        One of the five classes, "too early to tell" or "too little data".
    probabilities : dict
        Of the five classes; sums to 1.
    persists : float
        Probability that at least half of the departure remains, on average, over the next twelve months; NaN where
        nothing departed.
    change : float
        Of the quarter, as a fraction of what was expected; for a named change, of what was usual before it.
    change_interval : tuple of float
        80% interval.
    onset : pandas.Period or None
    onset_probability : float
    reason : str
    settles : pandas.DataFrame
        period, lasts_if, spike_if: a run of months up to `period` all at or beyond `lasts_if` makes the call
        sustained, all at or short of `spike_if` a spike. Empty when there is nothing to settle.
    settled_by : pandas.Period or None
    flags : tuple of str
    """

    quarter: pd.Period
    call: str
    probabilities: dict
    persists: float
    change: float
    change_interval: tuple
    onset: pd.Period | None
    onset_probability: float
    reason: str
    settles: pd.DataFrame
    settled_by: pd.Period | None
    flags: tuple

    def _repr_html_(self) -> str:
        rows = {"Quarter": quarter_code(self.quarter), "Call": self.call,
                **{name.capitalize(): f"{p:.0%}" for name, p in self.probabilities.items()},
                "Still there in a year": "" if np.isnan(self.persists) else f"{self.persists:.0%}",
                "Change": "" if np.isnan(self.change) else f"{self.change:+.0%}", "Reason": self.reason}
        return "<table>" + "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows.items()) + "</table>"


def judge(series, *, quarter, kind="flow", nation="england", denominator=None, completeness=None, comparator=None,
          events=()) -> Verdict:
    """Judge one series at one quarter's end.

    Parameters
    ----------
    series : pandas.Series
        On a monthly ('M') or weekly ('W-SUN') PeriodIndex; NaN = missing. Points after the quarter are ignored.
    quarter : str or pandas.Period
        Such as ``2020-21Q4``.
    kind : {"flow", "stock", "percent", "mean", "value"}
        Of percentages the series holds fractions, 0 to 1.
    nation : {"england", "wales"} or None
        Whose working days; None = no adjustment.
    denominator, completeness, comparator : pandas.Series, optional
        On the same index: cases behind each percentage, share already recorded, the nation's series.
    events : iterable
        Registered events of this measure: date, title, effect ("recording", "definition" or "context").

    Returns
    -------
    Verdict

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` for arguments that nothing can be made of; never for poor data.

    Examples
    --------
    >>> months = pd.period_range("2017-04", "2021-03", freq="M")
    >>> verdict = judge(pd.Series(450.0, index=months), quarter="2020-21Q4", nation=None)
    >>> verdict.call
    'usual variation'
    """
    quarter = parse_quarter(quarter)
    if not isinstance(series, pd.Series) or not isinstance(series.index, pd.PeriodIndex):
        raise Refused("A series is a pandas Series on a PeriodIndex; use .to_period('M') on one with dates.",
                      code="INVALID_PARAMETER")
    periods = checked(series.index)
    series = series[~series.index.duplicated(keep="last")].sort_index()
    periods = series.index

    def beside(other):
        return None if other is None else other.reindex(periods).to_numpy(float)[None]

    if not len(series):
        periods = pd.period_range(quarter.end_time, periods=1, freq="M")
        values = np.full((1, 1), np.nan)
    else:
        values = pd.to_numeric(series).to_numpy(float)[None]
    block = arrange(values, periods, quarter=quarter, kind=kind, nation=nation, denominator=beside(denominator),
                    completeness=beside(completeness), comparator=beside(comparator))
    found = {name: column[0] for name, column in judge_block(block, [read_events(events)]).items()}
    return Verdict(quarter, found["call"], {name: float(found[name]) for name in CLASSES}, float(found["persists"]),
                   float(found["change"]), (float(found["change_lower"]), float(found["change_upper"])),
                   found["onset"], float(found["onset_probability"]), found["reason"], found["settles"],
                   found["settled_by"], found["flags"])


def judge_table(measured: pd.DataFrame, *, quarter, events=()) -> pd.DataFrame:
    """Judge every measure of every area.

    Parameters
    ----------
    measured : DataFrame
        measure, area, period, value and optionally denominator, type, nation, completeness, comparator.
    quarter : str or pandas.Period
    events : iterable
        As in `judge`; with an optional `measures` that names what they concern.

    Returns
    -------
    DataFrame
        One row per measure and area, in order of appearance: call, persists, the five probabilities, change,
        change_lower, change_upper, onset, onset_probability, reason, settles, settled_by, flags.
    """
    quarter, events = parse_quarter(quarter), read_events(events)
    keys = measured[KEY].drop_duplicates().reset_index(drop=True)
    columns = {name: np.empty(len(keys), dtype=object) for name in COLUMNS}
    for block, rows, measures in blocks(measured, keys, quarter):
        concerned = [[e for e in events if e.concerns(m)] for m in measures]
        for name, column in judge_block(block, concerned).items():
            columns[name][rows] = column
    numbers = {"persists", *CLASSES, "change", "change_lower", "change_upper", "onset_probability"}
    return keys.assign(**{name: column.astype(float) if name in numbers else column for name, column in columns.items()})


def blocks(measured: pd.DataFrame, keys: pd.DataFrame, quarter: pd.Period):
    """Yield blocks of like series with their rows in `keys` and their measures."""
    number = keys.assign(_row=np.arange(len(keys)))
    table = measured.merge(number, on=KEY, how="left", validate="many_to_one")
    table["_type"] = table["type"] if "type" in table else "flow"
    table["_nation"] = table["nation"].fillna("") if "nation" in table else "england"
    if not isinstance(table["period"].dtype, pd.PeriodDtype):
        table["_freq"] = [p.freqstr if isinstance(p, pd.Period) else "" for p in table["period"]]
    else:
        table["_freq"] = pd.PeriodIndex(table["period"]).freqstr
    for (kind, nation, freq), part in table.groupby(["_type", "_nation", "_freq"], sort=False):
        rows, at = np.unique(part["_row"].to_numpy(), return_inverse=True)
        periods = checked(pd.PeriodIndex(part["period"], freq=freq))
        whole = pd.period_range(periods.min(), periods.max(), freq=freq)

        def wide(name, part=part, at=at, shape=(len(rows), len(whole)), when=periods.asi8 - whole.asi8[0]):
            if name not in part or not part[name].notna().any():
                return None
            block = np.full(shape, np.nan)
            block[at, when] = pd.to_numeric(part[name]).to_numpy(float)
            return block

        values = wide("value")
        if values is None:
            values = np.full((len(rows), len(whole)), np.nan)
        block = arrange(values, whole, quarter=quarter, kind=kind, nation=nation or None,
                        denominator=wide("denominator"), completeness=wide("completeness"), comparator=wide("comparator"))
        yield block, rows, keys["measure"].to_numpy()[rows]


def checked(periods: pd.PeriodIndex) -> pd.PeriodIndex:
    if periods.freqstr not in ("M", WEEK_FREQ):
        raise Refused(f"Periods are months ('M') or weeks that end on Sunday ('{WEEK_FREQ}'); these are '{periods.freqstr}'.",
                      code="INVALID_PARAMETER")
    return periods


def judge_block(block: Block, events: list) -> dict:
    """Judge every row of a block; `events` holds those of each row."""
    columns = too_little(block)
    for rows, length in runs(block):
        z, scale = block.on_scale(rows, length)
        registered = np.stack([registered_ages(events[r], block.months[-1]) for r in rows])
        fill(columns, block, rows, length, judge_rows(z, scale, registered), scale, events)
    return columns


def enough_of(block: Block) -> np.ndarray:
    """Return which rows can be judged."""
    known = ~np.isnan(block.values)
    return (known.sum(1) >= SHORTEST) & known[:, -QUARTER:].any(1)


def runs(block: Block):
    """Yield the rows that can be judged, a chunk of equal length at a time, with that length."""
    length = np.minimum(block.values.shape[1] - (~np.isnan(block.values)).argmax(1), LONGEST)
    length[~enough_of(block)] = 0
    for n in np.unique(length[length > 0]):
        rows = np.flatnonzero(length == n)
        for start in range(0, len(rows), CHUNK):
            yield rows[start:start + CHUNK], int(n)


def too_little(block: Block) -> dict:
    """Start every row as one that cannot be judged."""
    count, points = len(block.values), (~np.isnan(block.values)).sum(1)
    columns = {name: np.full(count, np.nan, dtype=object) for name in COLUMNS}
    for name, p in zip(CLASSES, prior_of_classes(), strict=True):
        columns[name][:] = p
    columns["call"][:] = TOO_LITTLE
    for r in range(count):
        columns["onset"][r] = columns["settled_by"][r] = None
        columns["settles"][r] = NOTHING_TO_SETTLE
        columns["flags"][r] = flags_of(block, r, points[r])
        columns["reason"][r] = ("The quarter has no complete figures to judge." if points[r] >= SHORTEST else
                                "There are too few months with figures for a verdict.")
    return columns


def flags_of(block: Block, row: int, length: int, few_counts=False) -> tuple:
    said = {"weeks judged by month": block.weekly, "thinly recorded": block.thin[row], "few cases": block.few[row],
            "small counts": few_counts, "no season estimated": length < 24 + QUARTER}
    return tuple(text for text, true in said.items() if true)


def fill(columns, block, rows, length, found, scale, events):
    """Write the verdicts of `rows` into the columns, in the series' own units."""
    level = scale.back(found.level[:, None])[:, 0]
    edges = [scale.back((found.level + found.change + k * INTERVAL * found.spread)[:, None])[:, 0] for k in (0, -1, 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        change, lower, upper = (np.where(np.abs(level) > 0, (e - level) / np.abs(level), np.nan) for e in edges)
    for name, column in zip(CLASSES, found.classes.T, strict=True):
        columns[name][rows] = column
    for name, column in (("call", found.call), ("persists", found.persists), ("change", change), ("change_lower", lower),
                         ("change_upper", upper), ("onset_probability", found.age_probability)):
        columns[name][rows] = column
    shared = share_of_nation(block, rows, length, found)
    settles = settle_rows(block, found, scale)
    last = block.months[-1]
    for i, r in enumerate(rows):
        onset = last - int(found.age[i] - 1) if found.age[i] else None
        columns["onset"][r] = onset
        columns["settles"][r], columns["settled_by"][r] = settles.get(i, (NOTHING_TO_SETTLE, None))
        columns["flags"][r] = flags_of(block, r, length, scale.form[i] == ROOT)
        columns["reason"][r] = explain(found.call[i], change=0.0 if np.isnan(change[i]) else change[i], onset=onset,
                                       settled_by=columns["settled_by"][r], registered=title_at(events[r], onset),
                                       shared=shared[i], context=context_in(events[r], block.months[-QUARTER:]))


def share_of_nation(block, rows, length, found):
    """Return how much of each departure the nation shows too; NaN where it is not known."""
    if block.comparator is None:
        return np.full(len(rows), np.nan)
    part = slice(len(block.months) - length, None)
    z, _ = put_on_scale(block.comparator[rows, part], kind=block.kind, exposure=block.exposure[part])
    return np.clip(depart(z).change / np.where(found.change == 0, np.nan, found.change), 0, 1)


def settle_rows(block, found, scale) -> dict:
    """Return {row: (settles, settled_by)} of those rows that have something to settle."""
    kinds = np.stack([found.classes[:, 1], found.classes[:, 2] + found.classes[:, 3]], axis=1)
    certain = kinds.max(1) >= CERTAIN * np.maximum(1 - found.classes[:, 0], 1e-12)
    certain &= found.call != TOO_EARLY
    open_rows = np.flatnonzero(np.isin(found.call.astype(str), TO_SETTLE) & ~certain & (np.abs(found.change) > 0))
    if not len(open_rows):
        return {}
    lasts, spike, months = settle(found.posterior.of(open_rows), found.change[open_rows], usual=USUAL,
                                   lasting=SURE_LASTING, passing=SURE_PASSING)
    ahead, exposure = block.ahead()
    position = (found.posterior.length + np.arange(3)) % 12
    season = found.season[open_rows][:, position]
    season = season - np.cumsum(season, axis=1) / np.arange(1, 4)  # a month beside the mean of its run
    base = found.level[open_rows, None] + season
    lasts, spike = (scale.of(open_rows).back(base + x, exposure) for x in (lasts, spike))
    return {int(r): (pd.DataFrame({"period": ahead, "lasts_if": lasts[i], "spike_if": spike[i]}),
                     ahead[months[i] - 1] if months[i] else None) for i, r in enumerate(open_rows)}
