"""What a chart is given, its centre line and limits, which points are special causes, and the words for them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..errors import nearest
from ..series import as_numbers, refuse, require_distinct

RUNS = (7, 6)  # points in a shift or trend, the default first (NHS Excel tool offers both)
TWO_SIGMA = ("nhsr", "mdc-2023")  # the rule of the R package; Making Data Count's announcement of November 2023
POLARITY = {"increase": 1, "decrease": -1, None: 0}
LIMIT = 2.66  # limits in average moving ranges, 3 / 1.128 (Wheeler 2000)
SCREEN = 3.267  # upper limit of a moving range, in their average (Nelson 1982; Provost and Murray, p. 155)
MIN_BASELINE = 12  # fewest points in a baseline (NHSRplotthedots, fix_after_n_points)
NEAR = 2 / 3  # the near limit lies at two sigma of three (Making Data Count)
SHORT_GROUP = 13  # a group with fewer points is flagged as short (NHSRplotthedots, warning_threshold)
ROUNDING = 64 * np.finfo(float).eps  # of the largest value; a smaller difference is the computer's
_LABELS = {
    1: ("Above UCL", "{} Point Trend (Increasing)", "2 in 3 Above CL", "{} Points Above CL"),
    -1: ("Below LCL", "{} Point Trend (Decreasing)", "2 in 3 Below CL", "{} Points Below CL"),
}


def limits_of(
    y: pd.Series, groups: np.ndarray, *, baseline: int | None = None, screen: bool = True, robust: bool = False
) -> pd.DataFrame:
    """Give centre line and limits of every point; each group has its own."""
    table = pd.DataFrame({"mean": np.nan, "lpl": np.nan, "upl": np.nan, "group": groups}, index=y.index)
    for group in np.unique(groups):
        points = y[groups == group]
        points = points.where(points.notna().cumsum() <= (baseline or len(y))).to_numpy()
        observed, ranges = points[np.isfinite(points)], np.abs(np.diff(points))
        if observed.size == 0:
            continue
        # the mean of the distances from one point: equal values then have exactly that value as their mean
        centre = np.median(observed) if robust else observed[0] + np.mean(observed - observed[0])
        width = half_width(ranges[np.isfinite(ranges)], screen=screen, repeat=robust)
        table.loc[groups == group, ["mean", "lpl", "upl"]] = [centre, centre - width, centre + width]
    return table


def half_width(ranges: np.ndarray, *, screen: bool, repeat: bool = False) -> float:
    """Give half the distance between the limits."""
    count = None
    while screen and ranges.any() and ranges.size != count:  # ranges that are all 0 would all be left out
        count, ranges = ranges.size, ranges[ranges < SCREEN * ranges.mean()]
        if not repeat:
            break
    return LIMIT * ranges.mean() if ranges.size else np.nan


def special_causes(
    lines: pd.DataFrame, y: pd.Series, improvement: str | None, target: float | None, two_sigma: str, run: int
) -> pd.DataFrame:
    """Add the special causes and their words to a table of lines."""
    values, group = y.to_numpy(), lines["group"].to_numpy()
    centre, lower, upper = (lines[name].to_numpy() for name in ("mean", "lpl", "upl"))
    observed = np.isfinite(values)
    tolerance = ROUNDING * np.max(np.abs(values), where=observed, initial=0.0)

    def sign(gap: np.ndarray) -> np.ndarray:
        return (gap > tolerance).astype(int) - (gap < -tolerance)

    side = sign(values - centre)
    outside = (sign(values - upper) > 0) | (sign(values - lower) < 0)
    close = ~outside & (sign(np.abs(values - centre) - NEAR * (upper - centre)) > 0)
    trend = _trend(sign(np.diff(values)), np.diff(group) == 0, run)
    two = _two_in_three(close | outside if two_sigma == "mdc-2023" else close, side, group)
    cause = np.select([outside, trend != 0, two, _in_run(side, group, run)], [0, 1, 2, 3], -1)
    direction = np.where(cause < 0, 0, np.where(cause == 1, trend, side))
    labels = [
        "Common Cause" if way == 0 else _LABELS[way][which].format(run)
        for which, way in zip(cause, direction, strict=True)
    ]
    good = POLARITY[improvement]
    types = np.select(
        [direction == 0, (good == 0) & (direction > 0), good == 0, direction == good],
        ["common_cause", "special_cause_neutral_high", "special_cause_neutral_low", "special_cause_improvement"],
        "special_cause_concern",
    )
    table = lines[["mean", "lpl", "upl"]].assign(
        relative_to_mean=side,
        outside_limits=outside.astype(int),
        close_to_limits=close.astype(int),
        special_cause_type=pd.Series(labels, y.index, dtype="str").where(observed),
        point_type=pd.Series(types, y.index, dtype="str").where(observed),
        rebase_group=group,
    )
    points = np.bincount(group, observed)
    table.attrs = {
        "variation": str(types[observed][-1]) if observed.any() else "common_cause",
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


def _trend(moves: np.ndarray, together: np.ndarray, run: int) -> np.ndarray:
    """Give 1 or -1 to the points of a trend.

    `moves` are the signs between neighbours, and `together` says which neighbours are of one group.
    """
    moves = np.pad(moves * together, 1)  # the move to each point and, one on, the move from it
    inside = _in_run(moves, np.zeros_like(moves), run - 1)
    part = inside[:-1] | inside[1:]
    # NHSRplotthedots names a point by the move from it where the next point is in a trend too, else by the move
    # to it; what is no rise is a fall there, also the tie between a trend and another right behind it
    by_next = np.append(part[1:] & together, False)
    return part * np.where(np.where(by_next, moves[1:], moves[:-1]) > 0, 1, -1)


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


def check_options(**options: tuple) -> None:
    for name, (chosen, choices) in options.items():
        if chosen not in tuple(choices):
            words = [word for word in choices if isinstance(word, str)]
            refuse(
                f"{name} is one of {', '.join(map(repr, choices))}; found {chosen!r}."
                + (nearest(chosen, words) if words and isinstance(chosen, str) else "")
            )


def in_time_order(series: pd.Series, periods_only: bool = False) -> pd.Series:
    """Return the values as float, in time order, with a row for every period from the first to the last."""
    values, index = as_numbers(series), series.index
    if series.empty:
        return pd.Series(dtype=float, index=pd.PeriodIndex([], freq=getattr(index, "freq", None) or "M"))
    if not isinstance(index, pd.PeriodIndex if periods_only else pd.PeriodIndex | pd.DatetimeIndex):
        refuse(
            f"The series needs a PeriodIndex; this is a {type(index).__name__}. Of dates, make months with "
            "series.set_axis(series.index.to_period('M'))."
        )
    require_distinct(index)
    y = pd.Series(values, index).sort_index()
    if isinstance(index, pd.DatetimeIndex):
        return y
    return y.reindex(pd.period_range(y.index[0], y.index[-1], freq=index.freq))


def groups_of(index: pd.Index, rebase: Iterable) -> np.ndarray:
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
        at = np.unique([index.searchsorted(start) for start in starts])
    except (TypeError, ValueError):
        refuse(f"rebase is a list of periods such as ['2020-04']; found {rebase!r}.")
    return np.searchsorted(at[at > 0], np.arange(len(index)), side="right")  # at 0 nothing is split
