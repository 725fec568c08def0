"""What would settle it: the values of the next three months at which the call would become sustained, or a spike."""

import numpy as np

from .calls import SURE_LASTING, SURE_PASSING, USUAL
from .model import RUNS_AHEAD
from .posterior import Posterior, look_ahead
from .shapes import SHIFT, TREND

GRID = np.linspace(-1.0, 2.5, 141)  # candidate values, in units of the change
SETTLED = 0.5  # the question is expected to be settled when it is likelier than not to be


def settle(post: Posterior, change: np.ndarray):
    """Find, for runs of one, two and three months, where the call would turn.

    Parameters
    ----------
    post : Posterior
    change : ndarray (r,)
        Size and side of the change, on the scale of z, never zero.

    Returns
    -------
    lasts_if, spike_if : ndarray (r, 3)
        Mean of the run, relative to the level before; NaN where no value of the run would do it.
    settled : ndarray of int (r,)
        Months until the question is likelier settled than not; 0 where three are not enough.
    """
    rows = len(change)
    lasts_if, spike_if = np.full((2, rows, 3), np.nan)
    settled = np.zeros(rows, dtype=int)
    at = change[:, None] * GRID
    for run in range(3):
        future = look_ahead(post, RUNS_AHEAD.start + run)
        changed = future.weight.sum(1)
        sustained = future.weight[:, SHIFT] + future.weight[:, TREND]
        sd = np.sqrt(future.variance)
        density = np.exp(-np.square((at[:, :, None] - future.mean[:, None]) / sd[:, None]) / 2) / sd[:, None]
        none = density[:, :, 0] * future.usual[:, None]
        some = np.einsum("rvk,rk->rv", density[:, :, 1:], changed) + 1e-300
        share = np.einsum("rvk,rk->rv", density[:, :, 1:], sustained) / some
        share = np.where(none >= USUAL * (none + some), 0, share)
        middle = (sustained * future.mean[:, 1:]).sum(1) / np.maximum(sustained.sum(1), 1e-300)
        lasts_if[:, run], spike_if[:, run] = turns(share, at, middle / change, SURE_LASTING, 1 - SURE_PASSING)
        clear = (share >= SURE_LASTING) | (share <= 1 - SURE_PASSING)
        decided = ((none + some) * clear).sum(1) / (none + some).sum(1)
        settled = np.where((settled == 0) & (decided >= SETTLED), run + 1, settled)
    return lasts_if, spike_if, settled


def turns(share, at, where, high, low):
    """Find the edges around the values that a lasting change would take.

    From `where` (in units of the change) the first value upwards at which the share reaches `high`, or from there
    downwards the last; below it, the first at which the share is as low as `low`.
    """
    lasts, spike = np.full(len(share), np.nan), np.full(len(share), np.nan)
    for r, row in enumerate(share):
        start = int(np.clip(np.searchsorted(GRID, where[r]), 1, len(GRID) - 1))
        if row[start] >= high:
            below = np.flatnonzero(row[:start] < high)
            edge = below[-1] + 1 if len(below) else None
        else:
            above = np.flatnonzero(row[start:] >= high)
            edge = start + above[0] if len(above) else None
        if edge is not None:
            lasts[r] = cross(row, at[r], edge, high)
        top = start if edge is None else edge
        under = np.flatnonzero(row[:top] <= low)
        if len(under):
            spike[r] = cross(row, at[r], under[-1] + 1, low)
    return lasts, spike


def cross(share, at, i, goal):
    """Interpolate where the share passes `goal` between grid points i - 1 and i."""
    a, b = share[i - 1], share[i]
    return at[i - 1] + (at[i] - at[i - 1]) * (np.clip((goal - a) / (b - a), 0, 1) if b != a else 1.0)
