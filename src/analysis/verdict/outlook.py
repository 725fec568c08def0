"""What would settle it: the values of the next three months at which the call would become sustained, or a spike."""

import numpy as np

from .model import RUNS_AHEAD
from .posterior import Posterior, look_ahead
from .shapes import SHIFT, TREND

GRID = np.linspace(-1.0, 3.0, 81)  # candidate values, in units of the change
SETTLED = 0.5  # the question is expected to be settled when it is likelier than not to be


def settle(post: Posterior, change: np.ndarray, sure: float):
    """Find, for runs of one, two and three months, where the call would turn.

    Parameters
    ----------
    post : Posterior
    change : ndarray (r,)
        Size and side of the change, on the scale of z, never zero.
    sure : float
        The probability at which a call is made.

    Returns
    -------
    lasts_if, spike_if : ndarray (r, 3)
        Mean of the run, relative to the level before; NaN where no value of the run would do it.
    settled : ndarray of int (r,)
        Months until the question is likelier settled than not; 0 where three are not enough.
    """
    rows = len(change)
    lasts_if, spike_if = np.full((rows, 3), np.nan), np.full((rows, 3), np.nan)
    settled = np.zeros(rows, dtype=int)
    at = change[:, None] * GRID
    for run in range(3):
        future = look_ahead(post, RUNS_AHEAD.start + run)
        weight = np.concatenate([future.usual[:, None], future.weight.sum(1)], axis=1)
        lasting = np.zeros_like(weight)
        lasting[:, 1:] = future.weight[:, SHIFT] + future.weight[:, TREND]
        sd = np.sqrt(future.variance)
        density = np.exp(-np.square((at[:, :, None] - future.mean[:, None]) / sd[:, None]) / 2) / sd[:, None]
        whole = np.einsum("rvk,rk->rv", density, weight) + 1e-300
        share = np.einsum("rvk,rk->rv", density, lasting) / whole
        lasts_if[:, run], spike_if[:, run] = turns(share, at, sure)
        decided = (whole * ((share >= sure) | (share <= 1 - sure))).sum(1) / whole.sum(1)
        settled = np.where((settled == 0) & (decided >= SETTLED), run + 1, settled)
    return lasts_if, spike_if, settled


def turns(share, at, sure):
    """Return where the share first reaches `sure`, and where it last lay at its opposite before."""
    reached = share >= sure
    first = np.where(reached.any(1), reached.argmax(1), share.shape[1])
    before = np.arange(share.shape[1]) < np.minimum(first, share.argmax(1) + 1)[:, None]
    low = before & (share <= 1 - sure)
    last = np.where(low.any(1), share.shape[1] - 1 - low[:, ::-1].argmax(1), -1)
    row = np.arange(len(share))
    lasts = np.where(first < share.shape[1], cross(share, at, row, np.clip(first, 1, share.shape[1] - 1), sure), np.nan)
    spike = np.where(last >= 0, cross(share, at, row, np.clip(last + 1, 1, share.shape[1] - 1), 1 - sure), np.nan)
    return lasts, spike


def cross(share, at, row, i, goal):
    """Interpolate where the share passes `goal` between grid points i - 1 and i."""
    a, b = share[row, i - 1], share[row, i]
    part = np.clip((goal - a) / np.where(b == a, 1, b - a), 0, 1)
    return at[row, i - 1] + part * (at[row, i] - at[row, i - 1])
