"""What would settle it: the values of the next three months at which the call would become sustained, or a spike."""

import numpy as np

from .decision import SURE_LASTING, SURE_PASSING
from .hypotheses import SHIFT, TREND
from .posterior import Future, Posterior, look_ahead

LIKELIER_THAN_NOT = 0.5
GRID = np.linspace(-1.0, 2.5, 141)  # candidate values, in units of the change
MARGIN = 0.06  # of the share, asked for with every month: at the value named the call is to turn, not to balance
UNNAMED = 0.5  # a share that is neither lasting nor passing
SETTLED = 0.5  # the question is expected to be settled when it is likelier than not to be


def settle(post: Posterior, change: np.ndarray, season: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find where each of the next three months would turn the call.

    Parameters
    ----------
    post : Posterior
    change : ndarray (r,)
        Size and side of the change, on the scale of z, never zero.
    season : ndarray (r, 3)
        Effects of the next three months.

    Returns
    -------
    lasts_if, spike_if : ndarray (r, 3)
        Season apart and relative to the level before, at which each month turns the call when the months before it
        were at theirs; NaN where no value would do it.
    settled : ndarray of int (r,)
        Months until the question is likelier settled than not; 0 where three are not enough.
    """
    future = look_ahead(post)
    sustained = future.weight[:, SHIFT] + future.weight[:, TREND]
    middle = (sustained[..., None] * (future.mean[:, 1:] - season[:, None])).sum(1)
    middle /= np.maximum(sustained.sum(1), 1e-300)[:, None]  # what a lasting change would bring
    at = change[:, None] * GRID
    held, fell = middle.copy(), middle.copy()  # the months before: at the value found for each
    lasts_if, spike_if = np.full((2, len(change), 3), np.nan)
    settled = np.zeros(len(change), dtype=int)
    for month in range(3):
        where = middle[:, month] / change
        share = shares_along(held, at, month, future, season)[0]
        lasts_if[:, month] = turns(share, at, where, MARGIN * (month + 0.5))[0]
        share = shares_along(fell, at, month, future, season)[0]
        edge = turns(share, at, where, MARGIN * (month + 0.5))[1]
        beyond = (edge - lasts_if[:, month]) * change > 0  # the two futures do not cross
        spike_if[:, month] = np.where(beyond, lasts_if[:, month], edge)
        for path, edges in ((held, lasts_if), (fell, spike_if)):
            path[:, month] = np.where(np.isnan(edges[:, month]), path[:, month], edges[:, month])
        flat = np.repeat(at[..., None], month + 1, axis=2)
        share, whole = share_of_lasting(flat, future, season)
        clear = (share >= SURE_LASTING) | (share <= 1 - SURE_PASSING)
        decided = (whole * clear).sum(1) / whole.sum(1)
        settled = np.where((settled == 0) & (decided >= SETTLED), month + 1, settled)
    return lasts_if, spike_if, settled


def shares_along(
    path: np.ndarray, at: np.ndarray, month: int, future: Future, season: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of a lasting change where the months before took their path and this one takes `at`."""
    before = np.repeat(path[:, None, :month], at.shape[1], axis=1)
    return share_of_lasting(np.concatenate([before, at[..., None]], axis=2), future, season)


def share_of_lasting(values: np.ndarray, future: Future, season: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of lasting in a change, nothing where usual variation is the call; and the density (r, v)."""
    density = densities(values + season[:, None, : values.shape[2]], future, values.shape[2])
    none = density[:, :, 0] * future.usual[:, None]
    some = np.einsum("rvk,rk->rv", density[:, :, 1:], future.weight.sum(1)) + 1e-300
    lasting = np.einsum("rvk,rk->rv", density[:, :, 1:], future.weight[:, SHIFT] + future.weight[:, TREND])
    share = np.where(none >= LIKELIER_THAN_NOT * (none + some), 0, lasting / some)
    return np.where(none > lasting, np.minimum(share, UNNAMED), share), none + some


def densities(values: np.ndarray, future: Future, months: int) -> np.ndarray:
    """Return the density of each candidate run (r, v, 3) of `months` under every column (r, v, k + 1)."""
    precision = np.linalg.inv(future.covariance[..., :months, :months])
    apart = values[:, None] - future.mean[:, :, None, :months]
    distance = ((apart @ precision) * apart).sum(3).transpose(0, 2, 1)
    height = np.sqrt(np.linalg.det(precision))[:, None]
    nearest = distance.min((1, 2), keepdims=True)  # nothing underflows for all columns at once
    return np.exp((nearest - distance) / 2) * height


def turns(share: np.ndarray, at: np.ndarray, where: np.ndarray, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the edges around the values that a lasting change would take.

    From `where` (in units of the change) the first value upwards at which a lasting change would be named, or from
    there downwards the last; below it, the first at which a passing one would be.
    """
    high, low = SURE_LASTING + margin, 1 - SURE_PASSING - margin
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


def cross(share: np.ndarray, at: np.ndarray, i: np.ndarray, goal: float) -> np.ndarray:
    """Interpolate where the share passes `goal` between grid points i - 1 and i."""
    a, b = share[i - 1], share[i]
    return at[i - 1] + (at[i] - at[i - 1]) * (np.clip((goal - a) / (b - a), 0, 1) if b != a else 1.0)
