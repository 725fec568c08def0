"""When will recording be back where it was before the system changed?"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from ..periods import working_days_in

BEFORE = 24  # months before the event that say what was usual: two years, as a season needs
FEWEST_AFTER = 3  # months, below which a decline cannot be told from scatter
BACK_FOR = 2  # months in a row within the usual range that count as back: one may be luck
SIGN = 0.90  # probability of a decline from which there is a sign of recovery: one plateau in ten is taken for one
LONGEST = 24  # months ahead beyond which a date would be a guess: as long as the history that it rests on
USUAL_TAIL = 0.10  # of earlier months that were worse than the level to come back to
BORROWED = 6  # degrees of freedom lent by the earlier months' scatter to a short decline: half a year
DRAWS, SEED = 4000, 1  # of the fitted line
SMALLEST_SHARE = 0.005  # a share of 0 or 1 has no logit
BACK, EXPECTED, NO_SIGN, UNTOUCHED, TOO_EARLY = "back", "expected", "no sign yet", "not affected", "too early to tell"


@dataclass(frozen=True)
class Restoration:
    """When a figure that a change of recording made worse is back at its earlier level.

    Attributes
    ----------
    status : str
        "back", "expected", "no sign yet", "not affected" or "too early to tell".
    month, earliest, latest : pandas.Period or None
        The month from which it is back; if expected, the median with its 80% interval; `latest` is None where it may
        take more than two years.
    before, worst, now : float
        The figure's usual level before the event, its worst since, and its newest.
    declining : float
        Probability that it is on its way back; NaN where that is not asked.
    """

    status: str
    month: pd.Period | None
    earliest: pd.Period | None
    latest: pd.Period | None
    before: float
    worst: float
    now: float
    declining: float


def shortfall(values: pd.Series, *, event: dt.date, nation: str | None) -> pd.Series:
    """Return the share of each month's usual count that is not on record; below 0 where there is more than usual.

    Usual is the median of the same month of earlier years, per working day, before the event; `values` lies on a
    PeriodIndex of months. Where rows are lost and not only late, this is what has to come back.
    """
    values = values.sort_index().dropna()
    rate = values / working_days_in(values.index, nation)
    earlier = rate[values.index < pd.Period(event, "M")]
    usual = earlier.groupby(earlier.index.month).median().reindex(values.index.month).to_numpy()
    return 1 - rate / usual


def restored(figure: pd.Series, *, event: dt.date, kind: str = "share") -> Restoration:
    """Say when a figure is back at its level before an event.

    Parameters
    ----------
    figure : pandas.Series
        Monthly, higher is worse: a share late or missing.
    event : datetime.date
        When it got worse, such as a go-live.
    kind : {"share", "missing"}
        Shares are taken on the logit scale, what is missing (`shortfall`) as it is.

    Returns
    -------
    Restoration

    Notes
    -----
    The level to come back to is the one that nine in ten earlier months did not exceed. To the months after the worst
    two lines are fitted, one to the figure and one to the log of its excess, which fades and never stops: which of the
    two holds cannot be told early. The coefficients are drawn from their Student distribution, whose scatter borrows
    from the months before the event, and each draw tells when its line reaches the level. Without a decline that is
    likely enough (`SIGN`), or beyond two years, there is no sign yet. What stops half way, or waits for an upgrade, a
    line cannot know.
    """
    figure = figure.dropna().sort_index()
    start = pd.Period(event, "M")
    before, after = figure[figure.index < start].tail(BEFORE), figure[figure.index >= start]
    if len(before) < FEWEST_AFTER or after.empty:
        return Restoration(TOO_EARLY, None, None, None, before.median(), np.nan, np.nan, np.nan)
    scales: dict[str, Callable] = {"share": _logit, "missing": np.asarray}
    scale = scales[kind]
    usual, z = scale(before.to_numpy(float)), scale(after.to_numpy(float))
    scatter = usual.std(ddof=1)
    level = usual.mean() + stats.norm.isf(USUAL_TAIL) * scatter
    worst = int(z.argmax())
    facts = {"before": before.median(), "worst": after.iloc[worst], "now": after.iloc[-1]}
    over = np.flatnonzero(z > level)
    if not len(over):
        return Restoration(UNTOUCHED, None, None, None, **facts, declining=np.nan)
    if len(z) - 1 - over[-1] >= BACK_FOR:
        month = after.index[over[-1] + 1]
        return Restoration(BACK, month, month, month, **facts, declining=1.0)
    if len(z) < FEWEST_AFTER:
        return Restoration(TOO_EARLY, None, None, None, **facts, declining=np.nan)
    if len(z) - 1 - worst < FEWEST_AFTER:
        worst -= 1  # too short to spare the worst month, which a fall has to follow by luck alone
    if len(z) - 1 - worst < FEWEST_AFTER:
        return Restoration(NO_SIGN, None, None, None, **facts, declining=np.nan)
    lent = min(BORROWED, len(before) - 1)
    excess = np.maximum(z[worst + 1 :] - usual.mean(), level - usual.mean())
    straight = _months_to(level, z[worst + 1 :], scatter, lent)
    fading = _months_to(np.log(level - usual.mean()), np.log(excess), scatter / excess.mean(), lent)
    months = np.concatenate([straight, fading])
    declining = float(np.isfinite(months).mean())
    low, middle, high = np.quantile(months, [0.1, 0.5, 0.9], method="lower")
    if declining < SIGN or middle > LONGEST:
        return Restoration(NO_SIGN, None, None, None, **facts, declining=declining)
    date, first, last = (after.index[-1] + int(np.ceil(m)) if m <= LONGEST else None for m in (middle, low, high))
    return Restoration(EXPECTED, date, first, last, **facts, declining=declining)


def _months_to(level: float, z: np.ndarray, scatter: float, lent: int) -> np.ndarray:
    """Return draws of the months from the newest point until the line reaches the level; infinite where it does not."""
    x = np.arange(len(z)) - len(z) + 1.0
    design = np.column_stack([np.ones(len(z)), x])
    inverse = np.linalg.inv(design.T @ design)
    fitted = inverse @ design.T @ z
    freedom = len(z) - 2 + lent
    variance = (((z - design @ fitted) ** 2).sum() + lent * scatter**2) / freedom
    shape = variance * inverse + 1e-12 * np.eye(2)
    now, slope = stats.multivariate_t(fitted, shape, df=freedom, seed=SEED).rvs(DRAWS).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(now <= level, 0.0, np.where(slope < 0, (level - now) / slope, np.inf))


def _logit(share: np.ndarray) -> np.ndarray:
    return special.logit(np.clip(share, SMALLEST_SHARE, 1 - SMALLEST_SHARE))
