"""Is the year ahead said rightly? On the Department for Education's monthly referrals (OGL 3.0).

A case is an authority at a quarter's end, with three years seen and the twelve months after it known: did they lie below
the twelve months before, and did a fall over the year before them hold? The counts as they are, and thinned to some a month.

    python bench/verdicts/year.py PUBLISHED.csv
"""

import sys

import numpy as np
import pandas as pd
from outcomes import LEAST_MEAN, read_referrals
from scipy.optimize import minimize
from scipy.special import ndtr, ndtri

from analysis.verdict import year, year_ahead

THINNED = (np.inf, 12, 6)  # a month
SEEN, LONGEST, AHEAD = 36, 60, 12  # months
SEED = 2026
EDGES = [0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1]


def cases(counts: pd.DataFrame) -> pd.DataFrame:
    """Judge every authority at every quarter's end."""
    found = []
    for cut in range(SEEN, len(counts) - AHEAD + 1):
        if counts.index[cut - 1].month % 3:
            continue
        part = counts.iloc[max(0, cut - LONGEST) : cut + AHEAD]
        part = part.loc[:, part.notna().all()]
        if part.empty:
            continue
        seen = part.iloc[:-AHEAD]
        long = seen.rename_axis("period").reset_index().melt("period", var_name="area").assign(measure="referrals")
        said = year_ahead(long, quarter=seen.index[-1].asfreq("Q-MAR")).set_index("area")
        now, before, after = seen.tail(12).sum(), seen.iloc[-24:-12].sum(), part.tail(AHEAD).sum()
        found.append(said.assign(now=now, before=before, after=after))
    table = pd.concat(found)
    return table[table["after"] != table["now"]]


def slope(said: pd.Series, happened: pd.Series) -> float:
    """Return by how much the normal quantile of what was said would have to be stretched."""
    x = ndtri(said.clip(1e-4, 1 - 1e-4).to_numpy())
    return float(minimize(lambda b: -np.log(np.where(happened, ndtr(b * x), ndtr(-b * x)) + 1e-12).sum(), [1.0]).x[0])


def main() -> None:
    counts = read_referrals(sys.argv[1])
    counts = counts.loc[:, counts.mean() >= LEAST_MEAN]
    random = np.random.default_rng(SEED)
    for a_month in THINNED:
        share = np.minimum(a_month / counts.mean(), 1.0)
        drawn = random.binomial(counts.fillna(0).astype(int), np.broadcast_to(share, counts.shape))
        thin = counts if np.isinf(a_month) else counts.where(counts.isna(), drawn)
        told = cases(thin)
        halves = told.index.isin(sorted(set(told.index))[::2])
        fell = told["now"] < told["before"]
        for name, said, happened, these in (
            ("lower than the year", told["lower_still"], told["after"] < told["now"], told["now"] > 0),
            ("a fall holds", told["stays_lower"], told["after"] < told["before"], fell),
        ):
            said, happened, half = said[these], happened[these], halves[these]
            print(
                f"\n{a_month:g} a month, {name}: {len(said)} cases, said {said.mean():.3f}, happened {happened.mean():.3f}"
            )
            print(
                f"Brier {((said - happened) ** 2).mean():.4f}, of the base rate {happened.mean() * (1 - happened.mean()):.4f}"
            )
            print(
                f"slopes that are left, by halves: {slope(said[half], happened[half]):.2f}, {slope(said[~half], happened[~half]):.2f}"
            )
            by = pd.DataFrame({"said": said, "happened": happened}).groupby(pd.cut(said, EDGES), observed=True)
            print(
                by.agg(cases=("said", "size"), said=("said", "mean"), happened=("happened", "mean"))
                .round(3)
                .T.to_string()
            )
    print(f"\nstretched by {year.STRETCH} and {year.STRETCH_OF_FEW}")


if __name__ == "__main__":
    main()
