"""Questions of quarters, followed through the year after them on published figures: settled when, and right how often?

python bench/verdicts/question.py REFERRALS.csv

A question is opened as a page would open it: the quarter departed, and no question of the same authority and side is
open. What happened is decided by the twelve months after the quarter, as `persists` defines it.
"""

import sys
import time

import numpy as np
import pandas as pd
from outcomes import LEAST_MEAN, read_referrals, score
from statsmodels.stats.proportion import proportion_confint

from analysis.classes import LASTS, NONE, OPEN, PASSED
from analysis.exploring.hindsight import what_happened
from analysis.verdict import judge, judge_table
from analysis.verdict.model import LOOKS

QUARTERS = pd.period_range("2016Q1", "2023Q4", freq="Q-MAR")  # three years before the first, a year after the last
LONGEST = 60  # months seen
EDGES = (0.2, 0.3, 0.4, 0.5)
TIMED = 40


def seen_at(table: pd.DataFrame, quarter: pd.Period, ahead: int = 0) -> pd.DataFrame:
    last = quarter.asfreq("M", how="end")
    return table[(table["period"] <= last + ahead) & (table["period"] > last - LONGEST)]


def ask_all(table: pd.DataFrame) -> pd.DataFrame:
    """Ask every authority at every quarter, and keep what came."""
    rows = []
    for quarter in QUARTERS:
        whole = seen_at(table, quarter, 12)
        told = judge_table(seen_at(table, quarter), quarter=quarter)
        told = told[told["question"] != NONE].merge(what_happened(whole, quarter=quarter), on=["measure", "area"])
        for row in told.dropna(subset=["lasted"]).itertuples():
            series = whole[whole["area"] == row.area].set_index("period")["value"]
            series.index = pd.PeriodIndex(series.index, freq="M")
            came = series[series.index > quarter.asfreq("M", how="end")]
            if came.isna().any() or len(came) < 12:
                continue
            about = {"area": row.area, "quarter": quarter, "up": row.departure > 0, "lasted": bool(row.lasted)}
            about |= {"persists": row.persists, "question": row.question}
            for months in LOOKS:
                through = judge(series, quarter=quarter, through=quarter.asfreq("M", how="end") + months)
                about |= {f"p{months}": through.probability, f"answer{months}": through.question}
                line = row.settles.set_index("months") if len(row.settles) else None
                about[f"chance{months}"] = np.nan if line is None else line.loc[months, "chance"]
                about[f"printed{months}"] = (
                    line is not None and line.loc[months, ["lasts_if", "passed_if"]].notna().any()
                )
                total, side = came[:months].sum(), 1 if about["up"] else -1
                by_line = OPEN
                if line is not None:
                    lasts, passed = line.loc[months, ["lasts_if", "passed_if"]]
                    by_line = LASTS if side * (total - lasts) >= 0 else PASSED if side * (total - passed) <= 0 else OPEN
                about[f"line{months}"] = by_line
                half = None if line is None else line.loc[months, "half"]
                about[f"peer{months}"] = half is not None and side * (total - half) >= 0
            rows.append(about)
    return pd.DataFrame(rows)


def one_at_a_time(asked: pd.DataFrame) -> pd.DataFrame:
    """Leave out a question while an earlier one of the same authority and side runs."""
    kept, runs = [], {}
    for i, row in asked.sort_values("quarter").iterrows():
        key = row["area"], row["up"]
        if key in runs and row["quarter"] < runs[key]:
            continue
        settled = [m for m in LOOKS if row[f"answer{m}"] == PASSED]
        runs[key] = row["quarter"] + (settled[0] // 3 if settled else 4)
        kept.append(i)
    return asked.loc[kept]


def share_right(settled: pd.DataFrame, answer: str, column: str) -> str:
    here = settled[settled[column] == answer]
    right = int((here["lasted"] == (answer == LASTS)).sum())
    if not len(here):
        return "none"
    low, high = proportion_confint(right, len(here), method="wilson")
    return f"{right / len(here):.2f} [{low:.2f}, {high:.2f}] of {len(here)}"


def timed() -> None:
    """Print how long a verdict takes where a question is open and where none is."""
    months = pd.period_range("2016-04", "2021-03", freq="M")
    rng = np.random.default_rng(0)
    spent = {"asked": [], "not asked": []}
    for i in range(TIMED):
        values = rng.poisson(300, 60).astype(float)
        if i % 2:
            values[-2:] *= 1.3
        series = pd.Series(values, months)
        judge(series, quarter="2020-21Q4")
        began = time.perf_counter()
        verdict = judge(series, quarter="2020-21Q4")
        spent["asked" if len(verdict.settles) else "not asked"].append(1e3 * (time.perf_counter() - began))
    print({name: f"{np.median(ms):.1f} ms" for name, ms in spent.items()})


def main() -> None:
    counts = read_referrals(sys.argv[1])
    counts = counts.loc[:, counts.mean() >= LEAST_MEAN]
    table = counts.reset_index().melt(id_vars="month", var_name="area").rename(columns={"month": "period"})
    asked = ask_all(table.assign(measure="referrals"))
    single = one_at_a_time(asked)
    print(f"{len(asked)} questions; {len(single)} where one runs at a time for an authority and side")
    print(f"settled at the quarter's end: {(single['question'] != OPEN).mean():.2f}")
    for column in ("question",):
        print(
            *(f"right at the quarter's end, {a}: {share_right(single, a, column)}" for a in (LASTS, PASSED)), sep="\n"
        )
    for months in LOOKS:
        settled = (single[f"answer{months}"] != OPEN).mean()
        told = [f"{a} {share_right(single, a, f'answer{months}')}" for a in (LASTS, PASSED)]
        print(f"by {months} months: settled {settled:.2f}; right: {'; '.join(told)}")
        p, lasted = single[f"p{months}"].to_numpy(), single["lasted"].to_numpy()
        found = score(p, lasted)
        print(f"  probability: AUC {found['auc']:.3f}, Brier {found['brier']:.3f}, slope {found['slope']:.2f}")
        open_before = single["question"] == OPEN
        print(f"  a line is printed of {single.loc[open_before, f'printed{months}'].mean():.2f} of the open questions")
        half = (single[f"peer{months}"] == single["lasted"])[open_before].mean()
        print(f"  the plain rule, half or more of the departure: right {half:.2f} of all")
    print("chance to know, said and happened:")
    rows = []
    for months in LOOKS:
        here = single[single[f"chance{months}"].notna()]
        for group, part in here.groupby(np.digitize(here[f"chance{months}"], EDGES)):
            happened = (part[f"answer{months}"] != OPEN).mean()
            low, high = proportion_confint(happened * len(part), len(part), method="wilson")
            said = part[f"chance{months}"].mean()
            rows.append((months, group, len(part), said, happened, low, high, bool(low <= said <= high)))
    columns = ["months", "bin", "cases", "said", "happened", "lower", "upper", "inside"]
    print(pd.DataFrame(rows, columns=columns).round(2).to_string(index=False))
    timed()


if __name__ == "__main__":
    main()
