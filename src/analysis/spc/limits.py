"""The centre line and the limits of each group of points."""

import numpy as np
import pandas as pd

LIMIT = 2.66  # limits in average moving ranges, 3 / 1.128 (Wheeler 2000)
SCREEN = 3.267  # upper limit of a moving range, in their average (Nelson 1982; Provost and Murray, p. 155)
MIN_BASELINE = 12  # fewest points in a baseline (NHSRplotthedots, fix_after_n_points)


def limits_of(
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
