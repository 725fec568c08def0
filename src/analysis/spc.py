"""XmR charts: the standard that readers know, an adjusted chart beside it, and proposals to rebase.

`xmr` follows the rules of the NHS programme Making Data Count, number for number. `adjust_for_season` gives
the same table on values that working days, seasons and spikes disturb less. `propose_rebase` only proposes.

References
----------
Wheeler, D. J. (2000) *Understanding Variation*, 2nd ed., SPC Press.
Provost, L. P. and Murray, S. K. (2011) *The Health Care Data Guide*, Jossey-Bass, pp. 155, 192.
Nelson, L. S. (1982) Control charts for individual measurements, *J. Quality Technology* 14(3), 172-173.
NHS England, *Making Data Count*.
"""

from collections.abc import Iterable
from numbers import Real
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from .errors import Refused, nearest
from .periods import working_days_in

LIMIT = 2.66  # limits in average moving ranges, 3 / 1.128 (Wheeler 2000)
NEAR = 2 / 3  # the near limit lies at two sigma of three (Making Data Count)
SCREEN = 3.267  # upper limit of a moving range, in their average (Nelson 1982; Provost and Murray, p. 155)
MIN_BASELINE = 12  # fewest points in a baseline (NHSRplotthedots, fix_after_n_points)
SHORT_GROUP = 13  # a group with fewer points is flagged as short (NHSRplotthedots, warning_threshold)
RUNS = (7, 6)  # points in a shift or trend, the default first (NHS Excel tool offers both)
TWO_SIGMA = ("nhsr", "mdc-2023")  # the rule of the R package; Making Data Count's announcement of November 2023
KINDS = ("flow", "stock", "percent")
ROUNDING = 64 * np.finfo(float).eps  # of the largest value; a smaller difference is the computer's
SEASON_YEARS = 2  # years without which no season is estimated: it must be seen twice
SEASON_PASSES = 3  # level and season depend on each other and are found in turn
MAD = 1.4826  # standard deviations in a median absolute deviation of normal values
HUBER = 1.345  # standard deviations from the median beyond which a year counts no further (Huber 1964)
HOLDS_POINTS = 3  # the newest points that must still hold a shift: two months are a spike
HOLDS_SHARE = 0.5  # the share of the shift that must remain in them, as in the verdict's `persists`
REBASE_SIGMAS = 1.5  # smallest shift that is proposed: at 1, one unchanged series in 40 had a proposal
_SEASONS = {"M": ("month", 12), "Q": ("quarter", 4), "W": ("month", 52)}  # season by, points in a year
_POLARITY = {"increase": 1, "decrease": -1, None: 0}
_LABELS = {
    1: ("Above UCL", "{} Point Trend (Increasing)", "2 in 3 Above CL", "{} Points Above CL"),
    -1: ("Below LCL", "{} Point Trend (Decreasing)", "2 in 3 Below CL", "{} Points Below CL"),
}


def xmr(
    series: pd.Series,
    *,
    improvement: str | None = None,
    target: float | None = None,
    screen: bool = True,
    baseline: int | None = None,
    rebase: Iterable = (),
    two_sigma: str = "nhsr",
    run: int = 7,
) -> pd.DataFrame:
    """Give the limits and special causes of an XmR chart.

    Parameters
    ----------
    series : pandas.Series of float
        On a PeriodIndex, in any order; NaN, infinite or an absent period is missing. The rows of a
        DatetimeIndex are taken to follow each other as they stand.
    improvement : {"increase", "decrease"} or None
        Which way is better; None labels special causes as neutral.
    target : float, optional
        In the series' unit; needed for the assurance.
    screen : bool
        Leave extreme moving ranges out of the limits (False as in the NHS Excel tool).
    baseline : int, optional
        Known points at the start of each group that set its lines, at least `MIN_BASELINE`; None takes all.
    rebase : list of str or pandas.Period
        Periods at which a new group, with its own lines, starts.
    two_sigma : {"nhsr", "mdc-2023"}
        Whether points beyond a limit count towards two in three; the first says no.
    run : {7, 6}
        Points that make a shift or a trend.

    Returns
    -------
    pandas.DataFrame
        Indexed like `series`: `mean`, `lpl`, `upl` (its unit), `relative_to_mean` (-1, 0, 1),
        `outside_limits`, `close_to_limits` (0, 1), `special_cause_type`, `point_type` (words; NaN at a
        missing point) and `rebase_group` (from 0). In `attrs`: `variation` (`point_type` of the last known
        point), `assurance` ("consistent_pass", "consistent_fail", "inconsistent", or None where there is
        none), `short_group` (the groups of fewer than `SHORT_GROUP` points) and `collapsed` (those whose
        limits have no width: their labels say nothing).

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` when a parameter or the index cannot be used. Too few points never raise: the
        limits are NaN and the points common cause.

    Notes
    -----
    Limits are the mean +/- `LIMIT` average moving ranges, screened once at `SCREEN` times their average. One
    label a point: outside > trend > two in three > shift. A missing period breaks a run and has no moving
    range on either side. The rules assume independent points around one level: seasons, months of unequal
    length, spikes and small counts all raise false flags (see `adjust_for_season`).

    References
    ----------
    Wheeler (2000); Nelson (1982); Provost and Murray (2011), pp. 155, 192; Making Data Count.

    Examples
    --------
    >>> months = pd.period_range("2020-04", periods=8, freq="M")
    >>> table = xmr(pd.Series([10, 12, 11, 10, 12, 11, 10, 30.0], months), improvement="decrease")
    >>> table["upl"].round(2).iloc[-1].item(), table["special_cause_type"].iloc[-1]
    (16.8, 'Above UCL')
    >>> table.attrs["variation"]
    'special_cause_concern'
    """
    _check(improvement=(improvement, _POLARITY), two_sigma=(two_sigma, TWO_SIGMA), run=(run, RUNS))
    if baseline is not None and not (isinstance(baseline, int | np.integer) and baseline >= MIN_BASELINE):
        _refuse(f"baseline is a whole number of points, at least {MIN_BASELINE}, or None; found {baseline!r}.")
    if not isinstance(target, Real | None):
        _refuse(f"target is a number in the series' unit, or None; found {target!r}.")
    y = _in_time_order(series)
    lines = _lines(y, _groups(y.index, rebase), baseline=baseline, screen=screen)
    return _judged(lines, y, improvement, target, two_sigma, run).loc[series.index]


def adjust_for_season(
    series: pd.Series,
    *,
    nation: str | None = None,
    kind: str = "flow",
    improvement: str | None = None,
    rebase: Iterable = (),
    two_sigma: str = "nhsr",
    run: int = 7,
) -> pd.DataFrame:
    """Chart adjusted values: per working day, without the season, around a centre that no spike moves.

    Parameters
    ----------
    series : pandas.Series of float
        On a monthly, weekly or quarterly PeriodIndex; others have no season.
    nation : {"england", "wales"} or None
        Whose working days; None leaves a flow as it is.
    kind : {"flow", "stock", "percent"}
        Only a flow is divided by working days; a percentage's season is added, the others' multiplies.
    improvement, rebase, two_sigma, run
        As for `xmr`.

    Returns
    -------
    pandas.DataFrame
        Indexed like `series`: `adjusted`, `season` (a factor, or points of the percentage), `working_days`,
        then the columns of `xmr` with `centre` in the place of `mean`. In `attrs`, beside those of `xmr`:
        `unit` of the adjusted values, and `season`, a sentence on whether one was estimated.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` as for `xmr`, and for an index that is not of periods.

    Notes
    -----
    The level is a running median over a year. The season is, by calendar month (of a week, its Thursday's), a
    robust mean over the years of the departures from the level (one step of Huber's from the median), of two
    years the smaller if they agree in sign; all effects are then shrunk by the share of their variance that
    noise explains. The centre is the median; moving ranges are screened until none is extreme. Not the
    standard's figures: shown beside them, never in their place. A season seen in three or four years is taken
    out only in part, and autocorrelated series still raise false flags.

    References
    ----------
    Nelson (1982) for the screening, here repeated; Huber (1964), *Ann. Math. Statist.* 35, 73-101.

    Examples
    --------
    >>> months = pd.period_range("2020-04", periods=36, freq="M")
    >>> holiday = pd.Series(np.where(months.month == 8, 60.0, 100.0), months)
    >>> adjust_for_season(holiday)["special_cause_type"].unique().tolist()
    ['Common Cause']
    """
    _check(kind=(kind, KINDS), improvement=(improvement, _POLARITY), two_sigma=(two_sigma, TWO_SIGMA), run=(run, RUNS))
    y = _in_time_order(series, periods_only=True)
    adjusted = _adjusted(y, nation, kind)
    values = adjusted["adjusted"]
    lines = _lines(values, _groups(y.index, rebase), robust=True)
    judged = _judged(lines, values, improvement, None, two_sigma, run).rename(columns={"mean": "centre"})
    table = adjusted.join(judged, validate="one_to_one").loc[series.index]
    table.attrs = judged.attrs | adjusted.attrs
    return table


def propose_rebase(
    series: pd.Series, *, nation: str | None = None, kind: str = "flow", rebase: Iterable = (), run: int = 7
) -> pd.DataFrame:
    """Propose where new limits may start, with the evidence; nothing is rebased.

    Parameters
    ----------
    series, nation, kind, rebase, run
        As for `adjust_for_season`; `rebase` holds the points already approved.

    Returns
    -------
    pandas.DataFrame
        One row per proposal, in time order: `period`, `direction` ("higher", "lower"), `points` (known from
        it on), `before`, `after` (medians of the adjusted values), `sigmas` (their distance in standard
        deviations of the points before) and `evidence` (a sentence). No rows when nothing is proposed.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` as for `adjust_for_season`.

    Notes
    -----
    A point is proposed when at least `MIN_BASELINE` points precede it in its group, the next `run` lie on
    one side of their median, the median moved by `REBASE_SIGMAS`, and the newest `HOLDS_POINTS` keep
    `HOLDS_SHARE` of the highest level reached: a spike, or a surge that fades, does not pass. Of several the
    one that leaves the least absolute deviation is taken, and both sides are searched again. Whether the
    cause is known and the change is to stay is for people to say (Making Data Count asks for both).

    Examples
    --------
    >>> months = pd.period_range("2020-04", periods=30, freq="M")
    >>> values = pd.Series([10, 12] * 10 + [20, 22] * 5, months, dtype=float)
    >>> propose_rebase(values)[["period", "direction", "points"]].astype(str).to_numpy().tolist()
    [['2021-12', 'higher', '10']]
    """
    _check(kind=(kind, KINDS), run=(run, RUNS))
    y = _in_time_order(series, periods_only=True)
    values, groups = _adjusted(y, nation, kind)["adjusted"], _groups(y.index, rebase)
    rows = [row for group in np.unique(groups) for row in _proposals(values[groups == group].dropna(), run)]
    columns = ["period", "direction", "points", "before", "after", "sigmas", "evidence"]
    return pd.DataFrame(rows, columns=columns)


def _refuse(message: str) -> NoReturn:
    raise Refused(message, code="INVALID_PARAMETER")


def _check(**options: tuple) -> None:
    for name, (found, known) in options.items():
        if found not in tuple(known):
            words = [word for word in known if isinstance(word, str)]
            _refuse(
                f"{name} is one of {', '.join(map(repr, known))}; found {found!r}."
                + (nearest(found, words) if words and isinstance(found, str) else "")
            )


def _in_time_order(series: pd.Series, periods_only: bool = False) -> pd.Series:
    """Return the values as float, in time order, with a row for every period from the first to the last."""
    if not isinstance(series, pd.Series):
        _refuse(f"The chart takes a pandas Series; found {type(series).__name__}.")
    index = series.index
    if series.empty:
        return pd.Series(dtype=float, index=pd.PeriodIndex([], freq=getattr(index, "freq", None) or "M"))
    if not isinstance(index, pd.PeriodIndex if periods_only else pd.PeriodIndex | pd.DatetimeIndex):
        _refuse(
            f"The series needs a PeriodIndex; found {type(index).__name__}. "
            "For months, use series.index.to_period('M')."
        )
    if index.hasnans or index.has_duplicates:
        _refuse(
            "Each row of the series is another period; found repeated or empty ones. Add up the rows of a period first."
        )
    try:
        values = series.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        _refuse(f"The values of the series are numbers; found dtype {series.dtype}.")
    y = pd.Series(np.where(np.isfinite(values), values, np.nan), index).sort_index()
    if isinstance(index, pd.DatetimeIndex):
        return y
    return y.reindex(pd.period_range(y.index[0], y.index[-1], freq=index.freq))


def _groups(index: pd.Index, rebase: Iterable) -> np.ndarray:
    """Number the points by the rebase points at or before them, from 0."""
    try:
        starts = [
            start.asfreq(index.freq, how="start")
            if isinstance(start, pd.Period)
            else pd.Period(start, freq=index.freq)
            if isinstance(index, pd.PeriodIndex)
            else pd.Timestamp(start)
            for start in rebase
        ]
        found = np.unique([index.searchsorted(start) for start in starts])
    except (TypeError, ValueError):
        _refuse(f"rebase is a list of periods such as ['2020-04']; found {rebase!r}.")
    return np.searchsorted(found[found > 0], np.arange(len(index)), side="right")  # at 0 nothing is split


def _lines(
    y: pd.Series, groups: np.ndarray, *, baseline: int | None = None, screen: bool = True, robust: bool = False
) -> pd.DataFrame:
    """Give centre line and limits of every point; each group has its own."""
    table = pd.DataFrame({"mean": np.nan, "lpl": np.nan, "upl": np.nan, "group": groups}, index=y.index)
    for group in np.unique(groups):
        points = y[groups == group]
        points = points.where(points.notna().cumsum() <= (baseline or len(y))).to_numpy()
        known, ranges = points[np.isfinite(points)], np.abs(np.diff(points))
        if known.size == 0:
            continue
        # the mean of the distances from one point: equal values then have exactly that value as their mean
        centre = np.median(known) if robust else known[0] + np.mean(known - known[0])
        width = _width(ranges[np.isfinite(ranges)], screen=screen, repeat=robust)
        table.loc[groups == group, ["mean", "lpl", "upl"]] = [centre, centre - width, centre + width]
    return table


def _width(ranges: np.ndarray, *, screen: bool, repeat: bool = False) -> float:
    """Give half the distance between the limits."""
    count = None
    while screen and ranges.any() and ranges.size != count:  # ranges that are all 0 would all be left out
        count, ranges = ranges.size, ranges[ranges < SCREEN * ranges.mean()]
        if not repeat:
            break
    return LIMIT * ranges.mean() if ranges.size else np.nan


def _judged(
    lines: pd.DataFrame, y: pd.Series, improvement: str | None, target: float | None, two_sigma: str, run: int
) -> pd.DataFrame:
    """Add the special causes and their words to a table of lines."""
    values, group = y.to_numpy(), lines["group"].to_numpy()
    centre, lower, upper = (lines[name].to_numpy() for name in ("mean", "lpl", "upl"))
    known = np.isfinite(values)
    tolerance = ROUNDING * np.max(np.abs(values), where=known, initial=0.0)

    def sign(gap: np.ndarray) -> np.ndarray:
        return (gap > tolerance).astype(int) - (gap < -tolerance)

    side = sign(values - centre)
    outside = (sign(values - upper) > 0) | (sign(values - lower) < 0)
    close = ~outside & (sign(np.abs(values - centre) - NEAR * (upper - centre)) > 0)
    trend = _trend(sign(np.diff(values)) * (np.diff(group) == 0), run)
    two = _two_in_three(close | outside if two_sigma == "mdc-2023" else close, side, group)
    cause = np.select([outside, trend != 0, two, _in_run(side, group, run)], [0, 1, 2, 3], -1)
    direction = np.where(cause < 0, 0, np.where(cause == 1, trend, side))
    labels = [
        "Common Cause" if way == 0 else _LABELS[way][which].format(run)
        for which, way in zip(cause, direction, strict=True)
    ]
    good = _POLARITY[improvement]
    types = np.select(
        [direction == 0, (good == 0) & (direction > 0), good == 0, direction == good],
        ["common_cause", "special_cause_neutral_high", "special_cause_neutral_low", "special_cause_improvement"],
        "special_cause_concern",
    )
    table = lines[["mean", "lpl", "upl"]].assign(
        relative_to_mean=side,
        outside_limits=outside.astype(int),
        close_to_limits=close.astype(int),
        special_cause_type=pd.Series(labels, y.index, dtype="str").where(known),
        point_type=pd.Series(types, y.index, dtype="str").where(known),
        rebase_group=group,
    )
    points = np.bincount(group, known)
    table.attrs = {
        "variation": str(types[known][-1]) if known.any() else "common_cause",
        "assurance": _assurance(table, good, target),
        "short_group": np.flatnonzero(points < SHORT_GROUP).tolist(),
        "collapsed": np.unique(group[upper - lower <= tolerance]).tolist(),
    }
    return table


def _in_run(state: np.ndarray, piece: np.ndarray, length: int) -> np.ndarray:
    """Mark the points in a stretch of at least `length` equal states other than 0, within one piece."""
    starts = (np.diff(state, prepend=0) != 0) | (np.diff(piece, prepend=0) != 0)
    stretch = np.cumsum(starts)
    return (state != 0) & (np.bincount(stretch)[stretch] >= length)


def _trend(moves: np.ndarray, run: int) -> np.ndarray:
    """Give 1 or -1 to the points of a trend; `moves` are the signs between neighbours, 0 at a break."""
    moves = np.concatenate([[0], moves, [0]])  # the move to each point and, one on, the move from it
    inside = _in_run(moves, np.zeros_like(moves), run - 1)
    part = inside[:-1] | inside[1:]
    # NHSRplotthedots names a point by its next move where the next point is in a trend too
    by_next = np.append(part[1:], False) & (moves[1:] != 0)
    return part * np.where(by_next, moves[1:], moves[:-1])


def _two_in_three(counted: np.ndarray, side: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Mark the counted points of three on one side of which at least two are counted."""
    hit = (
        (np.abs(side[:-2] + side[1:-1] + side[2:]) == 3)
        & (group[:-2] == group[2:])
        & (counted[:-2].astype(int) + counted[1:-1] + counted[2:] >= 2)
    )
    part = np.zeros(len(side), dtype=bool)
    for offset in range(3):
        part[offset : offset + len(hit)] |= hit
    return part & counted


def _assurance(table: pd.DataFrame, good: int, target: float | None) -> str | None:
    lower, upper = table[["lpl", "upl"]].to_numpy()[-1] if len(table) else (np.nan, np.nan)
    if target is None or good == 0 or not np.isfinite([target, upper]).all():
        return None
    beyond = int(target > upper) - int(target < lower)
    return {0: "inconsistent", good: "consistent_fail", -good: "consistent_pass"}[beyond]


def _adjusted(y: pd.Series, nation: str | None, kind: str) -> pd.DataFrame:
    """Take working days and season out."""
    days = working_days_in(y.index, nation if kind == "flow" else None)
    rate, neutral = y / np.where(days > 0, days, np.nan), 0.0 if kind == "percent" else 1.0
    by, year = _SEASONS.get(y.index.freqstr[0], (None, np.inf))
    season, estimated = pd.Series(neutral, y.index), y.count() >= SEASON_YEARS * year
    for _ in range(SEASON_PASSES if estimated else 0):
        level = _without(rate, season, kind).rolling(year + 1, center=True, min_periods=3 * year // 4).median()
        level = level.ffill().bfill()  # at both ends, part of a year would carry the season into the level
        departure = rate - level if kind == "percent" else rate / level.where(level > 0) - 1.0
        season = _season(departure, by) + neutral
        season = _without(season, season.mean(), kind)
    table = pd.DataFrame({"adjusted": _without(rate, season, kind), "season": season, "working_days": days})
    table.attrs = {
        "unit": "per working day" if kind == "flow" and nation else "as given",
        "season": f"The season was estimated from {y.count()} points."
        if estimated
        else f"No season was estimated: it takes {SEASON_YEARS} years of months, weeks or quarters, and "
        f"there are {y.count()} points.",
    }
    return table


def _without(rate: pd.Series, season: pd.Series | float, kind: str) -> pd.Series:
    return rate - season if kind == "percent" else rate / season


def _season(departure: pd.Series, by: Any) -> pd.Series:
    """Give each point the effect of its calendar month or quarter."""
    days = departure.index.to_timestamp(how="start") + pd.Timedelta(days=3)  # of a week, its Thursday
    part = getattr(days, by)
    years = pd.DataFrame({"year": days.year, "part": part, "value": departure.to_numpy()}).pivot_table(
        index="year", columns="part", values="value", aggfunc="median"
    )
    seen = years.count()
    agreed = years.min().clip(lower=0) + years.max().clip(upper=0)  # of two values, the nearer to 0 or 0
    spread = MAD * years.diff().abs().melt()["value"].median() / np.sqrt(2)
    reach = HUBER * spread if np.isfinite(spread) else 0.0
    effect = years.median() + (years - years.median()).clip(-reach, reach).mean()
    effect = effect.where(seen > SEASON_YEARS, agreed).where(seen >= SEASON_YEARS, 0.0)
    noise, total = spread**2 / seen.mean(), (effect**2).mean()
    effect *= max(0.0, 1 - noise / total) if total > 0 else 0.0
    return pd.Series(effect.reindex(part, fill_value=0.0).to_numpy(), departure.index)


def _proposals(values: pd.Series, run: int) -> list[tuple]:
    """Find the best rebase point of one group, then look again on both sides of it."""
    x, best, least = values.to_numpy(), None, np.inf
    for start in range(MIN_BASELINE, len(x) - run + 1):
        before, after = x[:start], x[start:]
        centre = np.median(before)
        deviations = np.abs(before - centre)
        sigma = max(MAD * np.median(deviations), _width(np.abs(np.diff(before)), screen=False) / 3)
        step = np.median(after) - centre
        way = np.sign(step)
        # the surge may have begun earlier: its peak is looked for one run further back
        levels = pd.Series(way * (x[start - run :] - centre)).rolling(HOLDS_POINTS).median()
        cost = deviations.sum() + np.abs(after - np.median(after)).sum()
        if (
            cost < least
            and abs(step) > max(REBASE_SIGMAS * sigma, ROUNDING * abs(centre))
            and (way * (after[:run] - centre) > 0).all()
            and levels.iloc[-1] >= HOLDS_SHARE * levels.max()
        ):
            best, least = (start, centre, step, sigma), cost
    if best is None:
        return []
    start, centre, step, sigma = best
    period, direction, newer = values.index[start], "higher" if step > 0 else "lower", x[start:]
    beyond, sigmas = (np.sign(newer - centre) == np.sign(step)).sum(), abs(step) / sigma if sigma else np.inf
    evidence = (
        f"{beyond} of the {len(newer)} points since {period}, the first {run} in a row, lie "
        f"{'above' if step > 0 else 'below'} the earlier centre line ({centre:.4g}); the level is "
        f"{direction} by {abs(step):.4g} ({sigmas:.1f} standard deviations) and the newest "
        f"{HOLDS_POINTS} points still hold it."
    )
    row = (period, direction, len(newer), centre, centre + step, sigmas, evidence)
    return [*_proposals(values[:start], run), row, *_proposals(values[start:], run)]
