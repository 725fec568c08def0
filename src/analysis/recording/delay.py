"""Has the delay between an event and its recording changed in the newest looks, as after a go-live?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .chain_ladder import link_table
from .triangle import Triangle

SURPRISING = 4.0  # standard errors, over six places tried: 1 in 100 stable delays is flagged (measured; at 3 it was 4)
SURPRISING_IF_KNOWN = 2.0  # where a change is registered: one place is tried, and there is a reason to expect it
SURPRISING_DELAY = 4.0  # standard deviations between periods; of stable delays none in 800 came beyond 3.5 (measured)
FEWEST_PERIODS = 12  # that say how much the delay of a period scatters: as few as a control chart's baseline
NEWEST_LOOKS = 6  # in which a change is looked for: the months in which a verdict looks for an onset
LENGTHENED, SHORTENED = "delay lengthened", "delay shortened"


@dataclass(frozen=True)
class Change:
    """A change of the delay: how many looks were taken since, and its direction."""

    looks: int
    direction: str


def find_change(triangle: Triangle, *, registered: int | None = None) -> Change | None:
    """Return the change of the delay that the newest looks show, or None.

    Parameters
    ----------
    triangle : Triangle
    registered : int, optional
        How many periods after that of a registered change have ended; 0 when it fell into the newest one.

    Notes
    -----
    What the newest looks added is set beside what the older looks led to expect, in standard errors of that
    expectation, for each of the last few looks as the first after a change. A change in the newest period has not shown
    in any look: a registered one is believed, and otherwise the delay of what is on record already must stand out from
    that of the same age in earlier periods.
    """
    if registered == 0:
        return Change(0, LENGTHENED)
    if registered is not None and registered <= NEWEST_LOOKS:
        surprise = _surprise(triangle, registered)
        if abs(surprise) > SURPRISING_IF_KNOWN:
            return Change(registered, LENGTHENED if surprise > 0 else SHORTENED)
    if _waits_longer(triangle.first_delay):
        return Change(0, LENGTHENED)
    tried = {looks: _surprise(triangle, looks) for looks in range(1, NEWEST_LOOKS + 1)}
    looks = max(tried, key=lambda n: abs(tried[n]))
    if abs(tried[looks]) <= SURPRISING:
        return None
    return Change(looks, LENGTHENED if tried[looks] > 0 else SHORTENED)


def _waits_longer(first_delay: pd.Series | None) -> bool:
    if first_delay is None or first_delay.count() < FEWEST_PERIODS:
        return False
    delay = np.log1p(first_delay.clip(lower=0).dropna())
    earlier = delay.iloc[:-1]
    excess, before = delay.iloc[-1] - earlier.mean(), delay.iloc[-2] - earlier.mean()
    return bool(excess > SURPRISING_DELAY * earlier.std() and before < excess / 2)  # else the links would show it


def newest_links(triangle: Triangle, looks: int) -> np.ndarray:
    """Return which links, by the cell that they start from, end at one of the newest `looks`."""
    ages = np.arange(triangle.counts.shape[1])
    over = triangle.counts.index[-1].ordinal - triangle.counts.index.asi8
    ended = (over[:, None] - ages - triangle.step) // triangle.step
    return (ended >= 0) & (ended < looks)


def _surprise(triangle: Triangle, looks: int) -> float:
    counts, fresh = triangle.counts.to_numpy(float), newest_links(triangle, looks)
    older = link_table(counts, triangle.step, ~fresh)
    surplus = variance = 0.0
    for j, (factor, sigma2, older_base) in enumerate(older[["factor", "sigma2", "base"]].to_numpy()):
        here, there = counts[:, j], counts[:, j + triangle.step]
        at = fresh[:, j] & ~np.isnan(here) & ~np.isnan(there)
        base = here[at].sum()
        if base > 0 and older_base > 0:
            surplus += there[at].sum() - factor * base
            variance += sigma2 * base * (1 + base / older_base)
    return surplus / np.sqrt(variance) if variance > 0 else 0.0
