"""Targets, and whether the process will meet them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats
from statsmodels.regression.linear_model import WLS
from statsmodels.tools.tools import add_constant

from ..config import FEW, Measure
from ..schema import require

NEAR = 0.05  # short of the target by so much at most is amber: a house rule, stated beside the colour
SIGMAS = 3.0  # between the mean of an XmR chart and its limits: Wheeler (2000), Understanding Variation, 2nd ed.
TREND_MONTHS = 12  # newest months whose direction is taken on: a year, so that each season stands in it once
FEWEST_MONTHS = 6  # that give a direction: half of them
HORIZON = 12  # months ahead for which the probability is given: the verdict's own year
CORRECTION = 0.5  # a case each way, halved: the empirical logit, finite at 0% and 100% (Cox and Snell 1989)
SMALLEST_SHARE = 1e-3  # a target of 100% has no logit
DRAWS, SEED = 4000, 1  # of the fitted trend
GREEN, AMBER, RED = "green", "amber", "red"
NO_TARGET, NO_FIGURE, TOO_FEW = "no target", "no figure", "too few to judge"
MET, MISSED, HIT_AND_MISS = "reliably met", "reliably missed", "hit and miss"


def rag(measured: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Rate each row of one measure against its target.

    Parameters
    ----------
    measured : pandas.DataFrame
        Measured table; rows of other measures are left out.
    measure : Measure
        Its targets may change over time; the one in force on the period's last day counts, a local one before a national one.

    Returns
    -------
    pandas.DataFrame
        The rows with target, target_kind, short (how far on the wrong side; negative where met) and rag.
    """
    require(measured, ["measure", "period", "value", "denominator", "lower", "upper"], of="rag")
    rows = measured[measured["measure"] == measure.name].copy()
    targets = [measure.target_on(p.end_time.date()) for p in rows["period"]]
    rows["target"] = [t.value if t else np.nan for t in targets]
    rows["target_kind"] = [t.kind if t else "" for t in targets]
    sign = -1 if measure.polarity == "decrease" else 1
    rows["short"] = sign * (rows["target"] - rows["value"])
    rows["rag"] = [_rate(row, measure, sign) for _, row in rows.iterrows()]
    return rows


def _rate(row: pd.Series, measure: Measure, sign: int) -> str:
    share = measure.kind.share
    if np.isnan(row["target"]):
        return NO_TARGET
    if np.isnan(row["value"]):
        return NO_FIGURE
    if share and row["denominator"] < FEW:
        return TOO_FEW
    if row["short"] <= 0:
        return GREEN
    best = row["upper"] if sign > 0 else row["lower"]
    near = row["short"] <= NEAR * (1 if share else abs(row["target"]))
    return (
        AMBER if near or sign * (best - row["target"]) >= 0 else RED
    )  # amber, too, where the interval reaches the target


@dataclass(frozen=True)
class Assurance:
    """Whether a process will meet its target reliably if nothing changes.

    Attributes
    ----------
    status : str
        "reliably met", "reliably missed" or "hit and miss".
    promise : float
        The level that the process keeps in nearly every month: the limit on the wrong side of its mean.
    chance : float
        Share of months in which the target is met if nothing changes.
    """

    status: str
    promise: float
    chance: float


def assurance(
    *, mean: float, lower_limit: float, upper_limit: float, target: float, improvement: str, share: bool = False
) -> Assurance:
    """Judge a target by the limits of an XmR chart.

    Parameters
    ----------
    mean, lower_limit, upper_limit : float
        Of the chart's newest point.
    target : float
    improvement : {"increase", "decrease"}
    share : bool
        The figure is a fraction, and cannot leave 0 to 1.

    Notes
    -----
    A target beyond the limits is met or missed reliably, one between them is hit and missed by chance. Months are taken
    to scatter normally around the mean, a third of the way to the limit being one standard deviation.

    References
    ----------
    NHS England, Making Data Count: assurance icons. Wheeler (2000), Understanding Variation, 2nd ed.
    """
    sign = 1 if improvement == "increase" else -1
    worst, best = (lower_limit, upper_limit) if sign > 0 else (upper_limit, lower_limit)
    sigma = (upper_limit - mean) / SIGMAS
    margin = sign * (mean - target)
    status = MISSED if sign * (target - best) > 0 else MET if sign * (worst - target) > 0 else HIT_AND_MISS
    chance = float(stats.norm.cdf(margin / sigma)) if sigma > 0 else float(margin >= 0)
    return Assurance(status, float(np.clip(worst, 0, 1)) if share else max(worst, 0.0), chance)


def met_within_a_year(
    values: pd.Series, *, target: float, improvement: str, denominator: pd.Series | None = None
) -> float | None:
    """Say how likely it is that a target is reached within twelve months if the trend of the last year continues.

    Parameters
    ----------
    values : pandas.Series
        Monthly, in order; fractions where a denominator is given, else counts or figures above 0.
    target : float
    improvement : {"increase", "decrease"}
    denominator : pandas.Series, optional
        Cases behind each fraction.

    Returns
    -------
    float or None
        None with fewer than six of the last twelve months, and of figures or a target below 0, which have no log.

    Notes
    -----
    A trend over the last year, linear in the empirical logit (fractions) or the log (else), scaled by its own
    dispersion, its coefficients drawn from their Student distribution. That the trend continues is the assumption, not
    the finding: the verdict says how likely a change is to last.

    References
    ----------
    Cox and Snell (1989), Analysis of Binary Data, 2nd ed., section 2.1.6 (the empirical logit and its weights).
    """
    newest = values.tail(TREND_MONTHS)
    x = np.arange(len(newest)) - len(newest) + 1.0
    observed = newest.notna().to_numpy()
    if denominator is not None:
        observed = observed & (denominator.reindex(newest.index) > 0).to_numpy()
    if observed.sum() < FEWEST_MONTHS:
        return None
    y = newest.to_numpy(float)[observed]
    if min(*y, target) < 0:
        return None
    if denominator is None:
        z, weight, limit = np.log(y + CORRECTION), y + CORRECTION, np.log(target + CORRECTION)
    else:
        n = denominator.reindex(newest.index).to_numpy(float)[observed]
        done, not_done = y * n + CORRECTION, (1 - y) * n + CORRECTION
        z, weight = np.log(done / not_done), done * not_done / (done + not_done)
        limit = special.logit(np.clip(target, SMALLEST_SHARE, 1 - SMALLEST_SHARE))
    fit = WLS(z, add_constant(x[observed]), weights=weight).fit()
    sign = 1 if improvement == "increase" else -1
    shape = fit.normalized_cov_params * max(fit.scale, 1.0)  # no series scatters less than counts do
    now, slope = stats.multivariate_t(fit.params, shape, df=len(y) - 2, seed=SEED).rvs(DRAWS).T
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = np.where(sign * (now - limit) >= 0, 0.0, np.where(sign * slope > 0, (limit - now) / slope, np.inf))
    return float((ahead <= HORIZON).mean())
