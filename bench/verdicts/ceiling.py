"""How much the series itself can tell: flexible learners on the same cases, cross-fitted by authority.

    python bench/verdicts/ceiling.py REFERRALS.csv

A logistic model and a kernel (Gaussian process like) classifier see the last 36 months of each case, scaled and signed
by the departure, and its size, scatter, level and slope; then the verdict's own answer as well. The learning curve
says whether more authorities would help. None of this is in the project: it shows where the ceiling lies.
"""

import sys

import numpy as np
import pandas as pd
from outcomes import find_cases, folds, persists, read_referrals, score

from analysis.verdict.departure import depart

SMOOTH = 2.0  # length scale of the kernel, in standard deviations of a feature
LINEAR_SHARE = 0.3
PENALTY = 4.0


def features(cases) -> np.ndarray:
    """Describe each case by what was seen."""
    rows = []
    for c in cases.table.itertuples():
        z = np.log(cases.counts[c.authority].to_numpy()[c.start : c.cut] / cases.days[c.start : c.cut])
        away = depart(z[None])
        side = np.sign(c.change)
        adjusted = z - away.season[0][np.arange(len(z)) % 12]
        signed = (adjusted - away.level[0]) * side
        scatter = np.std(np.diff(adjusted)) / np.sqrt(2)
        slope = np.polyfit(np.arange(len(z) - 3), adjusted[:-3], 1)[0] * side
        older = [signed[-36:-24].mean(), signed[-12:-3].std(), slope * 12, abs(c.change)]
        rows.append(np.r_[np.r_[signed[-24:], older] / scatter, np.log(scatter), away.level[0], side])
    found = np.array(rows)
    return np.clip((found - found.mean(0)) / found.std(0), -4, 4)


def kernel(a, b, linear: bool):
    """Return the similarity of cases: linear, or smooth with a linear part."""
    straight = a @ b.T / a.shape[1]
    if linear:
        return straight
    distance = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.exp(-distance / (2 * SMOOTH**2 * a.shape[1])) + LINEAR_SHARE * straight


def learn(x, y, new, linear: bool) -> np.ndarray:
    """Fit a penalised kernel logistic regression by Newton's method and tell the new cases."""
    k, eta = kernel(x, x, linear), np.zeros(len(y))
    for _ in range(30):
        p = 1 / (1 + np.exp(-eta))
        weight = np.maximum(p * (1 - p), 1e-3)
        solved = np.linalg.solve(
            k + np.diag(PENALTY / weight), np.column_stack([np.ones(len(y)), eta + (y - p) / weight])
        )
        start = solved[:, 1].sum() / solved[:, 0].sum()
        dual = solved[:, 1] - start * solved[:, 0]
        before, eta = eta, k @ dual + start
        if np.abs(eta - before).max() < 1e-4:
            break
    return 1 / (1 + np.exp(-kernel(new, x, linear) @ dual - start))


def cross_fitted(x, y, group, linear=False, keep=None) -> np.ndarray:
    """Tell every case by a learner that saw no case of its group."""
    told = np.empty(len(y))
    for g in np.unique(group):
        here = group == g
        there = ~here if keep is None else ~here & keep
        told[here] = learn(x[there], y[there], x[here], linear)
    return told


def main() -> None:
    cases = find_cases(read_referrals(sys.argv[1]))
    table, y = cases.table, cases.table["lasted"].to_numpy(float)
    group, x, own = folds(table), features(cases), persists(cases)
    with_own = np.column_stack([x, 3 * np.log(own / (1 - own))])
    late = (table["cut"] > table["cut"].median()).to_numpy().astype(int)
    told = {
        "the verdict": own,
        "logistic": cross_fitted(x, y, group, linear=True),
        "kernel": cross_fitted(x, y, group),
        "kernel, with the verdict": cross_fitted(with_own, y, group),
        "logistic, over time": cross_fitted(x, y, late, linear=True),
        "kernel, over time": cross_fitted(x, y, late),
    }
    names = np.random.default_rng(1).permutation(table["authority"].unique())
    for count in (10, 20, 40):
        told[f"kernel, from {count} authorities"] = cross_fitted(
            x, y, group, keep=table["authority"].isin(names[:count]).to_numpy()
        )
    headline = table["headline"].to_numpy()
    for title, here in (("all cases", headline | True), ("headline cases", headline)):
        rows = [{title: name, **score(p[here], y[here])} for name, p in told.items()]
        print(pd.DataFrame(rows).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
