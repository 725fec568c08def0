"""Other ways of saying whether a change will last, on the same cases, for `make bench`.

Rules that only give an answer speak in probabilities through how often changes lasted when they gave it elsewhere.
"""

import warnings

import numpy as np
import pandas as pd
import ruptures
from scipy.stats import kendalltau
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

AHEAD, PATHS = 12, 300
LONG = 4  # months since the last change point from which the rule says that a change is no spike


def ets(z: np.ndarray, threshold: float, up: bool) -> float:
    """Probability that the mean of the next year lies beyond the threshold, from simulated paths of ETS(A,N,A)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = ETSModel(z, error="add", seasonal="add", seasonal_periods=12).fit(disp=False)
        paths = fit.simulate(AHEAD, anchor="end", repetitions=PATHS, rng=np.random.default_rng(0))
    above = (np.asarray(paths).reshape(AHEAD, -1).mean(0) > threshold).mean()
    return above if up else 1 - above


def pelt(adjusted: np.ndarray) -> str:
    """Answer by the age of the newest change point (Killick et al. 2012), with the BIC-like penalty of a mean shift."""
    scatter = np.diff(adjusted).std() / np.sqrt(2)
    ends = ruptures.Pelt(model="l2", min_size=2).fit(adjusted).predict(pen=3 * scatter**2 * np.log(len(adjusted)))
    age = len(adjusted) - (ends[-2] if len(ends) > 1 else 0)
    return "none" if age == len(adjusted) else "new" if age < LONG else "held" if age <= 15 else "old"


def mann_kendall(adjusted: np.ndarray, up: bool) -> str:
    """Answer by the Mann-Kendall test of the last two years."""
    tau, p = kendalltau(np.arange(24), adjusted[-24:])
    return "with" if p < 0.05 and (tau > 0) == up else "against" if p < 0.05 else "none"


def chen_liu(adjusted: np.ndarray) -> str:
    """Answer by the best of one additive outlier or level shift in the last six months (Chen and Liu 1993), by |t|."""
    best, answer = 3.0, "none"  # critical value of their recommendation for short series
    for onset in range(len(adjusted) - 6, len(adjusted)):
        for name, column in (
            ("shift", np.arange(len(adjusted)) >= onset),
            ("outlier", np.arange(len(adjusted)) == onset),
        ):
            x = np.column_stack([np.ones(len(adjusted)), column.astype(float)])
            beta, *_ = np.linalg.lstsq(x, adjusted, rcond=None)
            rest = adjusted - x @ beta
            t = abs(beta[1]) / np.sqrt(max(rest @ rest / (len(x) - 2), 1e-12) * np.linalg.inv(x.T @ x)[1, 1])
            if t > best:
                best, answer = t, name
    return answer


def answers(z: np.ndarray, seasonal: np.ndarray, up: bool) -> pd.Series:
    """Return the answers of the rules for one case; `z` on the judged scale, `seasonal` its season."""
    adjusted = z - seasonal
    return pd.Series(
        {
            "PELT, length rule": pelt(adjusted),
            "Mann-Kendall": mann_kendall(adjusted, up),
            "Chen-Liu search": chen_liu(adjusted),
        }
    )
