"""Whether one page tells one story, and whether the range holds what comes: every authority and quarter.

    python bench/verdicts/one_story.py REFERRALS.csv

REFERRALS.csv is the Department for Education's "Children in need", referrals by month (Open Government Licence 3.0).
"""

import sys

import numpy as np
import pandas as pd
from outcomes import read_referrals

from analysis.classes import USUAL
from analysis.verdict import expected_table, judge_table

YEARS = 5  # seen by each verdict
LASTING = ("sustained shift", "trend")


def judge_every_quarter(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts of every quarter with its newest months, and their ranges."""
    table = counts.reset_index().melt(id_vars="month", var_name="area").rename(columns={"month": "period"})
    table["measure"], parts = "referrals", []
    for quarter in pd.period_range("2014Q4", "2024Q4", freq="Q-MAR"):
        last = quarter.asfreq("M", how="end")
        seen = table[(table["period"] <= last) & (table["period"] > last - 12 * YEARS)]
        months = expected_table(seen, quarter=quarter).merge(seen, on=["measure", "area", "period"])
        for ahead in (1, 2, 3):
            month = months[months["period"] == last - (3 - ahead)].set_index("area")
            inside = month["value"].between(month["expected_lower"], month["expected_upper"])
            columns = {f"inside_{ahead}": inside, f"value_{ahead}": month["value"], f"known_{ahead}": month["expected"]}
            months = months.join(pd.DataFrame(columns), on="area")
        year = (
            seen[(seen["period"] > last - 15) & (seen["period"] <= last - 12)].groupby("area")["value"].sum(min_count=3)
        )
        now = seen[seen["period"] > last - 3].groupby("area")["value"].sum(min_count=3)
        verdicts = judge_table(seen, quarter=quarter).assign(
            quarter=quarter, mean=seen.groupby("area")["value"].mean().to_numpy()
        )
        newest = months.drop_duplicates("area").set_index("area").filter(regex="_[123]$")
        parts.append(verdicts.join(newest, on="area").join((now / year - 1).rename("year_on_year"), on="area"))
    whole = pd.concat(parts, ignore_index=True)
    return whole[(whole["call"] != "too little data") & whole[["value_1", "value_2", "value_3"]].notna().all(axis=1)]


def contradictions(found: pd.DataFrame) -> dict:
    """Return the shares of pages that contradict themselves, of those that could."""
    usual, lasting = found["call"] == USUAL, found["call"].isin(LASTING)
    says = found["reason"].str.contains(r"% (?:above|below) what the season")
    quarter = found["reason"].str.startswith("The quarter lies") & says
    explained = found["reason"].str.contains("newest month by itself")
    settled = ~usual & (found["settles"].map(len) == 0) & (found["call"] != "recording break")
    between = found["persists"].between(0.2, 0.8, inclusive="neither")
    year = found["year_on_year"].abs() > 0.25
    return {
        "verdicts": len(found),
        "usual, with a chance of lasting": (found["persists"].notna() & usual).sum() / usual.sum(),
        "usual, with a percentage over 20%": (usual & says & (found["change"].abs() > 0.2)).sum() / usual.sum(),
        "usual, a year ago 25% away, no word of it": (
            usual & year & ~found["reason"].str.contains("a year before|Since ")
        ).sum()
        / usual.sum(),
        "a percentage, the newest month inside, no word of it": (quarter & found["inside_3"] & ~explained).sum()
        / max(quarter.sum(), 1),
        "nothing to settle, a chance between": (settled & between).sum() / max(settled.sum(), 1),
        "lasting, with a chance under a half": (lasting & ~(found["persists"] >= 0.5)).sum() / max(lasting.sum(), 1),
    }


def coverage(found: pd.DataFrame) -> pd.DataFrame:
    """Return how often the range holds a month, by how far ahead it was, by calendar month and by level."""
    first = (found["quarter"].map(lambda q: q.asfreq("M", how="end")) - 2).map(lambda m: m.month)
    groups = {"all": found["mean"] > 0, "100 to 200 a month": found["mean"].between(100, 200)}
    groups |= {"50 to 100 a month": found["mean"].between(50, 100), "over 200 a month": found["mean"] > 200}
    rows = []
    for name, here in groups.items():
        rows.append(
            {"months": name, "verdicts": here.sum()}
            | {f"{n} ahead": found.loc[here, f"inside_{n}"].mean() for n in (1, 2, 3)}
        )
    for n, start in ((2, 7),):
        here = first == start
        rows.append({"months": "August", "verdicts": here.sum(), f"{n} ahead": found.loc[here, f"inside_{n}"].mean()})
    return pd.DataFrame(rows)


def main() -> None:
    found = judge_every_quarter(read_referrals(sys.argv[1]))
    print(found["call"].value_counts(normalize=True).round(3).to_string())
    for name, share in contradictions(found).items():
        print(f"{name:55s} {share:.3f}")
    print(coverage(found).round(3).to_string(index=False))
    away = np.log((found["value_1"] + 0.5) / found["known_1"])
    print(f"newest but two months: median log of value over expected {away.median():.3f}")


if __name__ == "__main__":
    main()
