"""Real departures and what became of them, from the Department for Education's monthly referrals (OGL 3.0).

A case is an authority at a month's end whose newest three months lie away from their expected level; the outcome is
whether half of the departure remained, on average, over the next twelve months (docs/methods.md, "Persists").

    python bench/verdicts/outcomes.py REFERRALS.csv
"""

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.kinds import KINDS
from analysis.periods import working_days_in
from analysis.verdict.block import USUAL_DAYS
from analysis.verdict.departure import depart
from analysis.verdict.hypotheses import AHEAD, OLDEST, SHIFT, SPIKE, TREND
from analysis.verdict.model import Sort
from analysis.verdict.rows import judge_rows
from analysis.verdict.scale import put_on_scale

MONTHS = ["April", "May", "June", "July", "August", "September"]
MONTHS += ["October", "November", "December", "January", "February", "March"]
SHORTEST, LONGEST = 36, 60  # months seen
LEAST_MEAN = 20  # a month; smaller authorities are left out
LEAST_CHANGE, LEAST_Z = np.log(1.10), 1.0  # more cases than the headline's 15% and 1.5, which are marked


@dataclass(frozen=True)
class Cases:
    """Departures (one row each) and the counts they were seen in."""

    table: pd.DataFrame  # authority, start, cut, change, lasted, headline
    counts: pd.DataFrame  # months x authorities
    days: np.ndarray


def read_referrals(path) -> pd.DataFrame:
    """Read the published wide file: months by authority; suppressed and missing are NaN."""
    wide = pd.read_csv(path, dtype=str, keep_default_na=False)
    wide = wide[wide["geographic_level"] == "Local authority"]
    start = pd.PeriodIndex([f"{int(year) - 1}-04" for year in wide["time_period"]], freq="M")
    parts = [
        pd.DataFrame({"month": start + i, "name": wide["la_name"], "value": pd.to_numeric(wide[m], errors="coerce")})
        for i, m in enumerate(MONTHS)
    ]
    return pd.concat(parts).pivot_table(index="month", columns="name", values="value", dropna=False).sort_index()


def find_cases(counts: pd.DataFrame) -> Cases:
    """Find every departure whose year after is known."""
    days = working_days_in(counts.index, "england") / USUAL_DAYS
    found = []
    for name in counts.columns[(counts.mean() >= LEAST_MEAN).to_numpy()]:
        value = counts[name].to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.log(value / days)
        for cut in range(SHORTEST, len(z) - AHEAD + 1):
            start = max(0, cut - LONGEST)
            if not np.isfinite(z[start : cut + AHEAD]).all():
                continue
            away = depart(z[None, start:cut])
            change, usual = away.change[0], away.usual[0] + 1e-6
            if abs(change) < LEAST_CHANGE or abs(change) < LEAST_Z * usual:
                continue
            season = away.season[0][np.arange(cut - start, cut - start + AHEAD) % 12]
            kept = (z[cut : cut + AHEAD] - season - away.level[0]).mean() / change
            headline = counts.index[cut - 1].month % 3 == 0 and abs(change) >= max(np.log(1.15), 1.5 * usual)
            found.append((name, start, cut, change, kept >= 0.5, headline))
    table = pd.DataFrame(found, columns=["authority", "start", "cut", "change", "lasted", "headline"])
    return Cases(table, counts, days)


def persists(cases: Cases) -> np.ndarray:
    """Judge every case and return its `persists`."""
    return judge_cases(cases)[0]


def judge_cases(cases: Cases) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Judge every case; return its `persists`, whether the departure that it is asked of has lasted, and its shape.

    That departure is measured from before a change with the shape of a new level; the cases' own is from the year before
    the quarter.
    """
    told, own = np.full(len(cases.table), np.nan), cases.table["lasted"].to_numpy(dtype=bool).copy()
    shape = np.full(len(told), -1)
    for length, part in cases.table.groupby(cases.table["cut"] - cases.table["start"]):
        rates, later = (
            np.array(
                [
                    cases.counts[c.authority].to_numpy()[slice(*at)] / cases.days[slice(*at)]
                    for c in part.itertuples()
                    for at in [(c.start, c.cut) if past else (c.cut, c.cut + AHEAD)]
                ]
            )
            for past in (True, False)
        )
        z, scale = put_on_scale(rates, kind=KINDS["flow"], exposure=np.ones(length))
        none = np.zeros((len(part), OLDEST + 1), dtype=bool)
        for at, judged in judge_rows(z, scale, none, Sort()):
            rows = part.index.to_numpy()[at]
            away = judged.away
            told[rows], shape[rows] = judged.persists, judged.kind
            season = away.season[:, np.arange(length, length + AHEAD) % 12]
            own[rows] = (np.log(later[at]) - season - away.level[:, None]).mean(1) / away.change >= 0.5
    return np.where(np.isnan(told), 0.5, told), own, shape


def score(told: np.ndarray, lasted: np.ndarray) -> dict:
    """Return AUC, Brier score, calibration slope and how often calls at 80% are right."""
    p, y = np.clip(told, 0.005, 0.995), np.asarray(lasted, dtype=float)
    rank = pd.Series(p).rank().to_numpy()
    ones = y.sum()
    logit = np.log(p / (1 - p))
    x, w = np.column_stack([np.ones(len(y)), logit]), np.zeros(2)
    for _ in range(25):
        q = 1 / (1 + np.exp(-x @ w))
        w += np.linalg.solve(x.T @ (x * (q * (1 - q))[:, None]) + 1e-6 * np.eye(2), x.T @ (y - q))
    sure = (p >= 0.8) | (p <= 0.2)
    return {
        "cases": len(y),
        "auc": (rank[y == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(y) - ones)),
        "brier": np.mean((p - y) ** 2),
        "slope": w[1],
        "sure": sure.mean(),
        "right": ((p > 0.5) == y)[sure].mean() if sure.any() else np.nan,
    }


def folds(table: pd.DataFrame, count: int = 10, seed: int = 0) -> np.ndarray:
    """Split by authority: no authority is in two folds."""
    names = np.random.default_rng(seed).permutation(table["authority"].unique())
    return table["authority"].map({name: i % count for i, name in enumerate(names)}).to_numpy()


def main() -> None:
    cases = find_cases(read_referrals(sys.argv[1]))
    told, own, shape = judge_cases(cases)
    headline = cases.table["headline"].to_numpy()
    for name, here in (("all departures", headline | True), ("at quarter ends, 15% and 1.5 sds", headline)):
        for by, lasted in (("as it is asked", own), ("from the year before", cases.table["lasted"].to_numpy())):
            print(f"{name}, {by}:", {k: round(float(v), 3) for k, v in score(told[here], lasted[here]).items()})
    for low, high in ((0, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 1)):
        here = np.isin(shape, (SHIFT, TREND)) & (told >= low) & (told < high)
        print(f"shape of a lasting change, persists {low} to {high}: {own[here].mean():.2f} of {here.sum()} lasted")
        here = (shape == SPIKE) & (told >= low) & (told < high)
        print(f"shape of a spike, persists {low} to {high}: {own[here].mean():.2f} of {here.sum()} lasted")


if __name__ == "__main__":
    main()
