"""Where new limits may start: proposals with their evidence, nothing more."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..kinds import DEFAULT, kind_of
from ..language import say
from .options import RUNS, check, groups_of, in_time_order
from .rules import MIN_BASELINE, ROUNDING, half_width
from .seasonal import MAD, adjusted_values

HOLDS_POINTS = 3  # the newest points that must still hold a shift: two months are a spike
HOLDS_SHARE = 0.5  # the share of the shift that must remain in them, as in the verdict's `persists`
REBASE_SIGMAS = 1.5  # smallest shift that is proposed: at 1, one unchanged series in 40 had a proposal


def propose_rebase(
    series: pd.Series, *, nation: str | None = None, kind: str = DEFAULT, rebase: Iterable = (), run: int = 7
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
    check(run=(run, RUNS))
    y = in_time_order(series, periods_only=True)
    values, groups = adjusted_values(y, nation, kind_of(kind))["adjusted"], groups_of(y.index, rebase)
    rows = [row for group in np.unique(groups) for row in _proposals(values[groups == group].dropna(), run)]
    columns = ["period", "direction", "points", "before", "after", "sigmas", "evidence"]
    return pd.DataFrame(rows, columns=columns)


def _proposals(values: pd.Series, run: int) -> list[tuple]:
    """Find the best rebase point of one group, then look again on both sides of it."""
    x, best, least = values.to_numpy(), None, np.inf
    for start in range(MIN_BASELINE, len(x) - run + 1):
        before, after = x[:start], x[start:]
        centre = np.median(before)
        deviations = np.abs(before - centre)
        sigma = max(MAD * np.median(deviations), half_width(np.abs(np.diff(before)), screen=False) / 3)
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
    evidence = say(
        f"adjusted.rebase_{direction}",
        beyond=str(beyond),
        points=str(len(newer)),
        period=str(period),
        run=str(run),
        before=f"{centre:.4g}",
        by=f"{abs(step):.4g}",
        sigmas=f"{sigmas:.1f}",
        newest=str(HOLDS_POINTS),
    )
    row = (period, direction, len(newer), centre, centre + step, sigmas, evidence)
    return [*_proposals(values[:start], run), row, *_proposals(values[start:], run)]
