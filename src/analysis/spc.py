"""XmR charts: the standard that readers know, an adjusted chart beside it, and proposals to rebase.

`xmr` follows the rules of the NHS programme Making Data Count, number for number. `adjust_for_season` gives
the same table on values that working days, seasons and spikes disturb less. `propose_rebase` only proposes.

References
----------
Wheeler, D. J. (2000) *Understanding Variation*, 2nd ed., SPC Press.
Wheeler, D. J. and Chambers, D. S. (1992) *Understanding Statistical Process Control*, 2nd ed., SPC Press.
Provost, L. P. and Murray, S. K. (2011) *The Health Care Data Guide*, Jossey-Bass, pp. 155, 192.
Nelson, L. S. (1982) Control charts for individual measurements, *J. Quality Technology* 14(3), 172-173.
NHS England, *Making Data Count*.
"""

import numpy as np
import pandas as pd

from .errors import Refused, nearest
from .periods import working_days_in

LIMIT = 2.66  # limits in average moving ranges, 3 / 1.128 (Wheeler 2000)
MEDIAN_LIMIT = 3.145  # limits in median moving ranges, 3 / 0.954 (Wheeler and Chambers 1992)
NEAR = 2 / 3  # the near limit lies at two sigma of three (Making Data Count)
SCREEN = 3.267  # upper limit of the moving ranges, in their average (Nelson 1982; Provost and Murray, p. 155)
MIN_BASELINE = 12  # points in a baseline (NHSRplotthedots, fix_after_n_points)
SHORT_GROUP = 13  # a group with fewer points is flagged as short (NHSRplotthedots, warning_threshold)
RUNS = (7, 6)  # lengths of a shift or trend that the NHS Excel tool offers, the default first
TWO_SIGMA = ("nhsr", "mdc-2023")  # what counts towards two in three: below three sigma only, or beyond it too
KINDS = ("flow", "stock", "percent")
ROUNDING = 16 * np.finfo(float).eps  # of the largest value: a smaller difference is the computer's, not the data's
SEASON_YEARS = 2  # full years below which no season is estimated (a season must be seen twice)
SEASON_PASSES = 3  # level and season are found in turn; further passes moved no effect by 1% in simulation
HOLDS_POINTS = 3  # the newest points that must still hold a shift before a rebase is proposed (two are a spike)
HOLDS_SHARE = 0.5  # the share of the shift that must remain in them, as in the project's "persists"
REBASE_SIGMAS = 1.0  # smallest shift worth new limits: a run alone comes by chance in one series of five
_SEASONS = {"M": ("month", 12), "Q": ("quarter", 4), "W": ("month", 52)}  # season by, points in a year
_LABELS = {1: ("Above UCL", "{} Point Trend (Increasing)", "2 in 3 Above CL", "{} Points Above CL"),
           -1: ("Below LCL", "{} Point Trend (Decreasing)", "2 in 3 Below CL", "{} Points Below CL")}
_POLARITY = {"increase": 1, "decrease": -1, None: 0}


def xmr(series, *, improvement=None, target=None, screen=True, baseline=None, rebase=(), two_sigma="nhsr", run=7):
    """Give the limits and special causes of an XmR chart.

    Parameters
    ----------
    series : pandas.Series of float
        On a PeriodIndex, in any order; NaN or an absent period is missing. A DatetimeIndex is accepted, its
        rows then follow each other as they stand.
    improvement : {"increase", "decrease"} or None
        Which way is better; None labels special causes as neutral.
    target : float, optional
        In the series' unit; needed for the assurance.
    screen : bool
        Leave extreme moving ranges out of the limits (False as in the NHS Excel tool).
    baseline : int, optional
        Number of points at the start of each group that set its lines, at least `MIN_BASELINE`; all when None.
    rebase : list of str or pandas.Period
        Periods at which a new group, with its own lines, starts.
    two_sigma : {"nhsr", "mdc-2023"}
        Whether points beyond a limit count towards two in three; the first says no.
    run : {7, 6}
        Points that make a shift or a trend.

    Returns
    -------
    pandas.DataFrame
        Indexed like `series`: `mean`, `lpl`, `upl` (its unit), `relative_to_mean` (-1, 0, 1), `outside_limits`,
        `close_to_limits` (0, 1), `special_cause_type`, `point_type` (words; NaN at a missing point) and
        `rebase_group` (from 0). In `attrs`: `variation` (`point_type` of the last point), `assurance`
        ("consistent_pass", "consistent_fail", "inconsistent" or None), `short_group` and `collapsed` (the groups
        of fewer than `SHORT_GROUP` points, and those whose limits have no width: do not read their labels).

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` when a parameter or the index cannot be used. Too few points never raise: the
        limits are NaN and the points common cause.

    Notes
    -----
    Limits are mean +/- `LIMIT` times the average moving range, screened once at `SCREEN` times that average.
    One label a point: outside > trend > two in three > shift. A missing period breaks a run and has no moving
    range on either side. The rules assume independent points around one level: seasons, months of unequal
    length, spikes and small counts all raise false flags (see `adjust_for_season`).

    References
    ----------
    Wheeler (2000); Nelson (1982); Provost and Murray (2011), pp. 155, 192; Making Data Count.

    Examples
    --------
    >>> months = pd.period_range("2020-04", periods=8, freq="M")
    >>> table = xmr(pd.Series([10, 12, 11, 10, 12, 11, 10, 30.0], months), improvement="decrease")
    >>> table.loc["2020-11", ["mean", "upl", "special_cause_type"]].tolist()
    [13.25, 17.05, 'Above UCL']
    >>> table.attrs["variation"]
    'special_cause_concern'
    """
    _check_options(improvement=(improvement, _POLARITY), two_sigma=(two_sigma, TWO_SIGMA), run=(run, RUNS))
    if baseline is not None and not (isinstance(baseline, int | np.integer) and baseline >= MIN_BASELINE):
        raise Refused(f"baseline is a whole number of points, at least {MIN_BASELINE}, or None; found {baseline!r}.",
                      code="INVALID_PARAMETER")
    y = _in_time_order(series)
    table = _lines(y, _groups(y.index, rebase), baseline=baseline, screen=screen)
    return _judged(table, y, improvement, target, two_sigma, run).loc[series.index]


def adjust_for_season(series, *, nation=None, kind="flow", improvement=None, rebase=(), two_sigma="nhsr", run=7):
    """Give the chart on adjusted values: per working day, without the season, around a centre no spike moves.

    Parameters
    ----------
    series : pandas.Series of float
        On a monthly, weekly or quarterly PeriodIndex.
    nation : {"england", "wales"} or None
        Whose working days; None leaves a flow as it is.
    kind : {"flow", "stock", "percent"}
        Only a flow is divided by working days; a percentage's season is added, the others' multiplies.
    improvement, rebase, two_sigma, run
        As for `xmr`.

    Returns
    -------
    pandas.DataFrame
        Indexed like `series`: `adjusted` (the unit stands in ``attrs["unit"]``), `season` (a factor, or points of
        the percentage), `working_days`, then the columns of `xmr` with `centre` in the place of `mean`. In
        `attrs` also `season`: a sentence on whether a season was estimated.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` as for `xmr`, and for an index that is not of periods.

    Notes
    -----
    The level is a running median over a year. The season is the median, over the years, of the departures of
    each calendar month (for weeks: the month of their Thursday), with one vote more for "no season": of two
    years, both must show it. The centre is the median and the limits `MEDIAN_LIMIT` times the median moving range.
    These are not the figures of the standard chart and are shown beside it, never in its place. Autocorrelated
    series still raise false flags.

    References
    ----------
    Wheeler and Chambers (1992), for the median moving range.

    Examples
    --------
    >>> months = pd.period_range("2020-04", periods=36, freq="M")
    >>> holiday = pd.Series(np.where(months.month == 8, 60.0, 100.0), months)
    >>> adjust_for_season(holiday)["adjusted"].round().unique().tolist()
    [100.0]
    """
    _check_options(kind=(kind, KINDS), improvement=(improvement, _POLARITY), two_sigma=(two_sigma, TWO_SIGMA),
                   run=(run, RUNS))
    y = _in_time_order(series, periods_only=True)
    adjusted = _adjusted(y, nation, kind)
    values = adjusted["adjusted"]
    lines = _lines(values, _groups(y.index, rebase), robust=True)
    judged = _judged(lines, values, improvement, None, two_sigma, run).rename(columns={"mean": "centre"})
    table = adjusted.join(judged, validate="one_to_one").loc[series.index]
    table.attrs = adjusted.attrs | {name: judged.attrs[name] for name in ("variation", "short_group", "collapsed")}
    return table


def propose_rebase(series, *, nation=None, kind="flow", rebase=(), run=7):
    """Propose where new limits may start, with the evidence; nothing is rebased.

    Parameters
    ----------
    series, nation, kind, rebase, run
        As for `adjust_for_season`; `rebase` holds the points already approved.

    Returns
    -------
    pandas.DataFrame
        One row per proposal, in time order: `period`, `direction` ("higher", "lower"), `points` (known since then),
        `before`, `after` (medians of the adjusted values), `sigmas` (their distance in standard deviations of the
        points before) and `evidence` (a sentence). Empty when nothing is proposed.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` as for `adjust_for_season`.

    Notes
    -----
    A point is proposed when at least `MIN_BASELINE` points precede it in its group, `run` points from it on lie
    on one side of their median, the level moved by `REBASE_SIGMAS` or more, and `HOLDS_SHARE` of that remains
    in the newest `HOLDS_POINTS` points: a spike, and a surge that fades, do not pass. Of several such points
    the one that leaves the least absolute deviation is taken, and both sides are searched again. Whether the
    cause is known and the change is to stay is for people to say (Making Data Count asks for both).

    Examples
    --------
    >>> months = pd.period_range("2020-04", periods=30, freq="M")
    >>> values = pd.Series([10, 12] * 10 + [20, 22] * 5, months, dtype=float)
    >>> propose_rebase(values)[["period", "direction", "points"]].iloc[0].astype(str).tolist()
    ['2021-12', 'higher', '10']
    """
    _check_options(kind=(kind, KINDS), run=(run, RUNS))
    y = _in_time_order(series, periods_only=True)
    values, groups = _adjusted(y, nation, kind)["adjusted"], _groups(y.index, rebase)
    rows = [row for group in np.unique(groups) for row in _proposals(values[groups == group].dropna(), run)]
    return pd.DataFrame(rows, columns=["period", "direction", "points", "before", "after", "sigmas", "evidence"])


def _check_options(**options):
    for name, (found, known) in options.items():
        if found not in known or isinstance(found, bool):
            raise Refused(f"{name} is one of {', '.join(map(repr, known))}; found {found!r}."
                          + nearest(found, [word for word in known if isinstance(word, str)] if
                                    isinstance(found, str) else []), code="INVALID_PARAMETER")


def _in_time_order(series, periods_only=False):
    """Return the values as float, sorted, with a row for every period between the first and the last."""
    if not isinstance(series, pd.Series):
        raise Refused(f"The chart takes a pandas Series; found {type(series).__name__}.", code="INVALID_PARAMETER")
    index = series.index
    if len(series) == 0:
        return pd.Series(dtype=float, index=index if isinstance(index, pd.PeriodIndex) else
                         pd.PeriodIndex([], freq="M"))
    if not isinstance(index, pd.PeriodIndex if periods_only else pd.PeriodIndex | pd.DatetimeIndex):
        raise Refused(f"The series needs a PeriodIndex; found {type(index).__name__}. Use series.index.to_period('M') "
                      "for months.", code="INVALID_PARAMETER")
    if index.hasnans or index.has_duplicates:
        raise Refused("Each period stands in the index once and is known; found repeated or empty ones. Add the rows "
                      "of a period up first.", code="INVALID_PARAMETER")
    try:
        values = series.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise Refused(f"The values are numbers; found dtype {series.dtype}.", code="INVALID_PARAMETER") from None
    y = pd.Series(np.where(np.isfinite(values), values, np.nan), index).sort_index()
    return y.reindex(pd.period_range(y.index[0], y.index[-1], freq=index.freq)) if isinstance(
        index, pd.PeriodIndex) else y


def _groups(index, rebase):
    """Number the points by the rebase points at or before them, from 0."""
    try:
        if isinstance(index, pd.PeriodIndex):
            starts = [pd.Period(start, freq=index.freq) if not isinstance(start, pd.Period)
                      else start.asfreq(index.freq, how="start") for start in rebase]
        else:
            starts = [pd.Timestamp(start) for start in rebase]
        found = np.unique([index.searchsorted(start) for start in starts])
    except (TypeError, ValueError):
        raise Refused(f"rebase is a list of periods such as ['2020-04']; found {rebase!r}.",
                      code="INVALID_PARAMETER") from None
    return np.searchsorted(found[found > 0], np.arange(len(index)), side="right")  # one at the first point is none


def _lines(y, groups, *, baseline=None, screen=True, robust=False):
    """Give centre line, limits and group of every point; each group has its own."""
    table = pd.DataFrame({"mean": np.nan, "lpl": np.nan, "upl": np.nan, "rebase_group": groups}, index=y.index)
    for group in np.unique(groups):
        here = groups == group
        points = y[here].where(y[here].notna().cumsum() <= (baseline or len(y))).to_numpy()
        known, ranges = points[np.isfinite(points)], np.abs(np.diff(points))
        ranges = ranges[np.isfinite(ranges)]
        if known.size == 0:
            continue
        # the mean of the distances from one point, so that equal values have exactly that value as their mean
        centre = np.median(known) if robust else known[0] + np.mean(known - known[0])
        width = _width(ranges, screen, robust) if ranges.size else np.nan
        table.loc[here, ["mean", "lpl", "upl"]] = [centre, centre - width, centre + width]
    return table


def _width(ranges, screen, robust):
    if robust and np.median(ranges) > 0:  # 0 when more than half of small counts repeat the one before
        return MEDIAN_LIMIT * np.median(ranges)
    kept = ranges[ranges < SCREEN * ranges.mean()] if screen else ranges
    return LIMIT * (kept.mean() if kept.size else 0.0)  # none is kept only when all are 0


def _judged(table, y, improvement, target, two_sigma, run):
    """Add the special causes and the words to a table of lines."""
    values, group = y.to_numpy(), table["rebase_group"].to_numpy()
    centre, lower, upper = (table[name].to_numpy() for name in ("mean", "lpl", "upl"))
    known = np.isfinite(values)
    tolerance = ROUNDING * np.max(np.abs(values), where=known, initial=0.0)

    def sign(gap):
        return (gap > tolerance).astype(int) - (gap < -tolerance)

    side = sign(values - centre)
    outside = (sign(values - upper) > 0) | (sign(values - lower) < 0)
    close = ~outside & (sign(np.abs(values - centre) - NEAR * (upper - centre)) > 0)
    trend = _trend(sign(np.diff(values)) * (np.diff(group) == 0), run)
    two = _two_in_three(close | outside if two_sigma == "mdc-2023" else close, side, group)
    cause = np.select([outside, trend != 0, two, _in_run(side, group, run)], [0, 1, 2, 3], -1)
    direction = np.where(cause < 0, 0, np.where(cause == 1, trend, side))
    labels = ["Common Cause" if d == 0 else _LABELS[d][c].format(run)
              for c, d in zip(cause, direction, strict=True)]
    good = _POLARITY[improvement]
    kinds = np.select([direction == 0, (good == 0) & (direction > 0), good == 0, direction == good],
                      ["common_cause", "special_cause_neutral_high", "special_cause_neutral_low",
                       "special_cause_improvement"], "special_cause_concern")
    words = {name: pd.Series(word, index=y.index, dtype="str").where(known)
             for name, word in (("special_cause_type", labels), ("point_type", kinds))}
    points = pd.Series(known).groupby(group).sum()
    flat = known & (upper - lower <= tolerance)
    table = table.assign(relative_to_mean=side, outside_limits=outside.astype(int), close_to_limits=close.astype(int),
                         **words, rebase_group=table.pop("rebase_group"))
    table.attrs = {"variation": str(kinds[known][-1]) if known.any() else "common_cause",
                   "assurance": _assurance(table, good, target),
                   "short_group": points.index[points < SHORT_GROUP].tolist(),
                   "collapsed": np.unique(group[flat]).tolist()}
    return table


def _in_run(state, piece, length):
    """Mark the points in a stretch of at least `length` equal states other than 0, within one piece."""
    if len(state) == 0:
        return np.zeros(0, dtype=bool)
    starts = np.append(True, (np.diff(state) != 0) | (np.diff(piece) != 0))
    stretch = np.cumsum(starts) - 1
    return (state != 0) & (np.bincount(stretch)[stretch] >= length)


def _trend(moves, run):
    """Give 1 or -1 to every point of a trend; `moves` are the signs between neighbours, 0 where there is none."""
    moves = np.concatenate([[0], moves, [0]])  # the move before each point and after the last
    inside = _in_run(moves, np.zeros_like(moves), run - 1)
    part = inside[:-1] | inside[1:]
    follows = np.append(part, False)[1:len(part) + 1] & (moves[1:] != 0)
    return (part * np.where(follows, moves[1:], moves[:-1]))[:max(len(moves) - 1, 0)]


def _two_in_three(counted, side, group):
    """Mark the counted points of three on one side of which at least two are counted."""
    hit = ((np.abs(side[:-2] + side[1:-1] + side[2:]) == 3) & (group[:-2] == group[2:])
           & (counted[:-2].astype(int) + counted[1:-1] + counted[2:] >= 2))
    part = np.zeros(len(side), dtype=bool)
    for offset in range(3):
        part[offset:offset + len(hit)] |= hit
    return part & counted


def _assurance(table, good, target):
    if target is None or good == 0 or table.empty or not np.isfinite([target, table["upl"].iloc[-1]]).all():
        return None
    beyond = int(target > table["upl"].iloc[-1]) - int(target < table["lpl"].iloc[-1])
    return {0: "inconsistent", good: "consistent_fail", -good: "consistent_pass"}[beyond]


def _adjusted(y, nation, kind):
    """Take working days and season out."""
    days = working_days_in(y.index, nation if kind == "flow" else None)
    rate = y / np.where(days > 0, days, np.nan)
    name, year = _SEASONS.get(y.index.freqstr[0], (None, np.inf))
    neutral = 0.0 if kind == "percent" else 1.0
    season, estimated = pd.Series(neutral, index=y.index), y.count() >= SEASON_YEARS * year
    for _ in range(SEASON_PASSES if estimated else 0):
        level = (rate - season if kind == "percent" else rate / season).rolling(
            year + 1, center=True, min_periods=year // 2).median()
        departure = rate - level if kind == "percent" else rate / level.where(level > 0) - 1
        season = pd.Series(neutral + _season(departure, name), index=y.index)
        season = season - season.mean() if kind == "percent" else season / season.mean()
    table = pd.DataFrame({"adjusted": rate - season if kind == "percent" else rate / season, "season": season,
                          "working_days": days}, index=y.index)
    table.attrs = {"unit": "per working day" if kind == "flow" and nation else "as given",
                   "season": f"The season was estimated from {y.count()} points." if estimated else
                   f"No season was estimated: {y.count()} points, fewer than {SEASON_YEARS} years or not months, "
                   "weeks or quarters."}
    return table


def _season(departure, name):
    """Give each point the effect of its calendar month or quarter: the median of the years and of one 0."""
    days = departure.index.to_timestamp(how="start") + pd.Timedelta(days=3)  # a week belongs to its Thursday's month
    part = getattr(days, name)
    years = departure.groupby([days.year, part]).median().unstack()
    effect = np.nanmedian(np.vstack([years, np.zeros(years.shape[1])]), axis=0)
    return pd.Series(np.where(years.count() >= SEASON_YEARS, effect, 0.0), years.columns).reindex(part).to_numpy()


def _proposals(values, run):
    """Find the best rebase point of one group, then look again on both sides of it."""
    x, best, least = values.to_numpy(), None, np.inf
    for start in range(MIN_BASELINE, len(x) - run + 1):
        before, after = x[:start], x[start:]
        centre, sigma = np.median(before), _width(np.abs(np.diff(before)), True, False) / 3
        step = np.median(after) - centre
        left = np.sign(step) * (np.median(after[-HOLDS_POINTS:]) - centre)
        cost = np.abs(before - centre).sum() + np.abs(after - np.median(after)).sum()
        if (cost < least and (np.sign(after[:run] - centre) == np.sign(step)).all()
                and abs(step) >= max(REBASE_SIGMAS * sigma, ROUNDING * abs(centre)) and left >= HOLDS_SHARE * abs(step)):
            best, least = (start, centre, step, sigma), cost
    if best is None:
        return []
    start, centre, step, sigma = best
    period, direction = values.index[start], "higher" if step > 0 else "lower"
    beyond = int((np.sign(x[start:] - centre) == np.sign(step)).sum())
    sigmas = abs(step) / sigma if sigma > 0 else np.inf
    evidence = (f"{beyond} of the {len(x) - start} points since {period}, the first {run} of them in a row, lie "
                f"{'above' if step > 0 else 'below'} the earlier centre line ({centre:.4g}); the level is "
                f"{direction} by {abs(step):.4g} ({sigmas:.1f} standard deviations), and the newest {HOLDS_POINTS} "
                "points still hold it, as a spike would not.")
    row = (period, direction, len(x) - start, centre, centre + step, sigmas, evidence)
    return [*_proposals(values[:start], run), row, *_proposals(values[start:], run)]
