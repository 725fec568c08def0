"""The chart that readers know, number for number as the NHS programme Making Data Count has it."""

from collections.abc import Iterable
from numbers import Real

import numpy as np
import pandas as pd

from ..series import refuse
from .rules import (
    MIN_BASELINE,
    POLARITY,
    RUNS,
    TWO_SIGMA,
    check_options,
    groups_of,
    in_time_order,
    limits_of,
    special_causes,
)


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
    check_options(improvement=(improvement, POLARITY), two_sigma=(two_sigma, TWO_SIGMA), run=(run, RUNS))
    if baseline is not None and not (isinstance(baseline, int | np.integer) and baseline >= MIN_BASELINE):
        refuse(f"baseline is a whole number of points, at least {MIN_BASELINE}, or None; found {baseline!r}.")
    if not isinstance(target, Real | None):
        refuse(f"target is a number in the series' unit, or None; found {target!r}.")
    y = in_time_order(series)
    lines = limits_of(y, groups_of(y.index, rebase), baseline=baseline, screen=screen)
    return special_causes(lines, y, improvement, target, two_sigma, run).loc[series.index]
