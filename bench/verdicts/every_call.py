"""Write the call of every authority in every quarter to a table, to be looked through for howlers.

python bench/verdicts/every_call.py REFERRALS.csv CALLS.csv
"""

import sys

import pandas as pd
from outcomes import read_referrals

from analysis.verdict import judge_table

YEARS = 5  # seen by each verdict


def main() -> None:
    counts = read_referrals(sys.argv[1])
    table = counts.reset_index().melt(id_vars="month", var_name="area").rename(columns={"month": "period"})
    table["measure"] = "referrals"
    found = []
    for quarter in pd.period_range("2014Q4", "2024Q4", freq="Q-MAR"):
        last = quarter.asfreq("M", how="end")
        seen = table[(table["period"] <= last) & (table["period"] > last - 12 * YEARS)]
        found.append(judge_table(seen, quarter=quarter).assign(quarter=quarter))
    whole = pd.concat(found, ignore_index=True).drop(columns="settles")
    whole.to_csv(sys.argv[2], index=False)
    judged = whole[whole["call"] != "too little data"]
    print(judged["call"].value_counts(normalize=True).round(3).to_string())
    breaks = judged[judged["call"] == "recording break"]
    print(f"{len(breaks)} recording breaks in {len(judged) / 4:.0f} authority-years")
    print(breaks[["area", "quarter", "onset", "change"]].to_string(index=False))


if __name__ == "__main__":
    main()
