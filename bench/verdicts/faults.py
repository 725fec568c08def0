"""What the verdict makes of series whose truth is known, one table a kind of fault (docs/methods.md, "Known truth").

    python bench/verdicts/faults.py [NAME ...]

Without a name, all. Every table has its own seed. Rates are shares of the simulated series.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from outcomes import read_referrals

from analysis.classes import CLASSES
from analysis.kinds import kind_of
from analysis.periods import parse_quarter, working_days_in
from analysis.verdict import judge
from analysis.verdict.block import arrange
from analysis.verdict.many_series import judge_block

MONTHS = 60
INDEX = pd.period_range(end="2021-03", periods=MONTHS, freq="M")
QUARTER = parse_quarter("2020-21Q4")
LASTING = ("sustained shift", "trend")
NAMED = (*LASTING, "short-term spike", "recording break")
T = np.arange(MONTHS)
REFERRALS = Path("../shared/data/dfe_referrals_by_month.csv")
TABLES: dict[str, Callable] = {}


def table(make: Callable) -> Callable:
    TABLES[make.__name__] = make
    return make


def judged(values, kind: str = "flow", denominator=None, index=INDEX, nation=None) -> pd.DataFrame:
    """Judge rows of values that end with the quarter."""
    count = len(values)
    block = arrange(
        np.asarray(values, float), index, quarter=QUARTER, kind=kind_of(kind), nation=nation, denominator=denominator
    )
    columns = judge_block(block, [[]] * count)
    frame = pd.DataFrame({name: list(column) for name, column in columns.items() if name != "settles"})
    return frame.assign(lasting=frame["call"].isin(LASTING), named=frame["call"].isin(NAMED))


def after(age: int) -> np.ndarray:
    """Return which months lie within the newest `age`."""
    return MONTHS - age <= T


def counts(rng, level, rows: int, scatter: float = 0.08, season: float = 0.05, wander: float = 0.0) -> np.ndarray:
    """Draw counts with a season, noise beyond counting, and perhaps a random walk; `level` is (n,) or a number."""
    months = len(level) if np.ndim(level) else MONTHS
    effects = rng.normal(0, season, (rows, 12))
    z = (effects - effects.mean(1, keepdims=True))[:, np.arange(months) % 12]
    z = z + scatter * rng.normal(size=z.shape) + np.cumsum(wander * rng.normal(size=z.shape), axis=1)
    return rng.poisson(level * np.exp(z)).astype(float)


def show(title: str, rows: list[dict]) -> None:
    print(f"\n{title}")
    print(pd.DataFrame(rows).round(3).to_string(index=False))


@table
def rare() -> None:
    """Events of which there are few."""
    rows = []
    for rate in (0.02, 0.05, 0.2, 0.5, 1, 2):
        drawn = np.random.default_rng(11).poisson(rate, (2000, MONTHS)).astype(float)
        found = judged(drawn)
        case = drawn[:, -3:].sum(1) > 0
        rows.append(
            {"rate": rate, "not usual, of quarters with a case": (found["call"] != CLASSES[0])[case].mean()}
            | {f"{name}, of all": (found["call"] == name).mean() for name in NAMED}
        )
    show("Rare events, unchanged", rows)
    ends = {"one case": [1, 0, 0], "one, newest": [0, 0, 1], "two in a month": [0, 2, 0], "three ones": [1, 1, 1]}
    ends |= {"2, 2, 2": [2, 2, 2], "4, 3, 5": [4, 3, 5]}
    for kind in ("flow", "stock"):
        found = judged([[0] * (MONTHS - 3) + end for end in ends.values()], kind)
        show(f"57 zeros, then ({kind})", found[["call", *CLASSES, "change"]].assign(end=list(ends)).to_dict("records"))


@table
def zeros() -> None:
    """Zeros before the count began."""
    rows = []
    for many in (0, 1, 6, 12, 18, 24, 36):
        for level in (3, 30, 300):
            drawn = counts(np.random.default_rng(12), level, 300)
            drawn[:, :many] = 0
            found = judged(drawn)
            change = found["change"].astype(float)
            rows.append(
                {
                    "zeros": many,
                    "level": level,
                    "usual": (found["call"] == CLASSES[0]).mean(),
                    "named": found["named"].mean(),
                }
                | {"change beyond 20%": (change.abs() > 0.2).mean(), "median change": change.median()}
            )
    show("Leading zeros before an unchanged series", rows)


@table
def steps() -> None:
    """A step that holds."""
    rows = []
    for size in (1.35, 1.6, 2, 3):
        for age in (3, 6, 9, 11, 12, 13, 14, 15, 18, 22):
            found = judged(counts(np.random.default_rng(13), 300 * np.where(after(age), size, 1), 300, season=0))
            row = {"size": size, "age": age, "lasting": found["lasting"].mean(), "persists": found["persists"].median()}
            row["persists under .5"] = (found["persists"].astype(float)[found["lasting"]] < 0.5).mean()
            row["change"] = found["change"][found["lasting"]].median()
            if "since" in found:
                began = pd.Series([np.nan if pd.isna(p) else INDEX[-1].ordinal - p.ordinal + 1 for p in found["since"]])
                row |= {"since": began.notna().mean(), "within one": ((began - age).abs() <= 1)[began.notna()].mean()}
            rows.append(row)
    show("A step that holds, 300 a month", rows)
    if "since" in found:
        rows = []
        for wander in (0, 0.02, 0.04):
            found = judged(counts(np.random.default_rng(14), 200, 1200, wander=wander))
            rows.append({"wander": wander, "since": found["since"].notna().mean(), "named": found["named"].mean()})
        show("`since` where nothing changed", rows)


@table
def dips() -> None:
    """A dip of three months, then a lasting rise of a quarter; and a dip alone, a surge then a fall."""
    rows = []
    for title, first, then in (("dip, then +25%", 0.55, 1.25), ("dip alone", 0.55, 1), ("surge, then -25%", 1.8, 0.75)):
        for age in (1, 2, 3, 4, 6, 8, 10):
            level = np.where(after(age), then, np.where(after(age + 3), first, 1.0))
            found = judged(counts(np.random.default_rng(15), 300 * level, 200))
            share = found["call"].value_counts(normalize=True)
            rows.append({"shape": title, "age": age, **{n: share.get(n, 0) for n in (*CLASSES, "too early to tell")}})
    show("A dip, then what came after", rows)


@table
def small() -> None:
    """Falls and doublings of small counts."""
    rows = []
    for level in (3, 5, 10, 14, 20):
        for times in (1, 0.5, 2):
            for age in (4, 6, 12) if times != 1 else (0,):
                drawn = np.random.default_rng(16).poisson(level * np.where(after(age), times, 1), (400, MONTHS))
                found = judged(drawn)
                rows.append(
                    {"level": level, "times": times, "age": age, "lasting": found["lasting"].mean()}
                    | {
                        name: (found["call"] == name).mean()
                        for name in (CLASSES[0], "short-term spike", "recording break")
                    }
                )
    show("Small counts (Poisson)", rows)


@table
def thinned() -> None:
    """Published referrals thinned to small counts, as they are and with their newest months halved or doubled."""
    if not REFERRALS.exists():
        return
    whole = read_referrals(REFERRALS)
    rows = []
    for level in (5, 10):
        for times, age in ((1, 0), (0.5, 4), (0.5, 6), (0.5, 12), (2, 4), (2, 6), (2, 12)):
            rng, found = np.random.default_rng(19), []
            for end in range(MONTHS, len(whole) + 1, 12):
                part = whole.iloc[end - MONTHS : end].to_numpy().T
                part = part[~np.isnan(part).any(1) & (part.mean(1) > 3 * level)]
                kept = level / part[:, :48].mean(1, keepdims=True) * np.where(after(age), times, 1)
                found.append(judged(rng.binomial(part.astype(int), np.minimum(kept, 1))))
            found = pd.concat(found)
            lasting = found["sustained shift"].astype(float) + found["trend"].astype(float)
            rows.append({"level": level, "times": times, "age": age, "lasting": found["lasting"].mean()})
            rows[-1] |= {"usual": (found["call"] == CLASSES[0]).mean(), "spike": (found["call"] == CLASSES[1]).mean()}
            if times == 1:
                bound = np.quantile(lasting, 0.98)
            rows[-1]["at 2% false"] = (lasting > bound).mean()
    show("Published referrals, thinned", rows)


@table
def hidden() -> None:
    """Small counts of which 1 to 5 are hidden: as missing, as intervals, and with their quarters' totals."""
    rows = []
    for level, times in ((3, 1), (5, 1), (5, 0.5), (5, 2), (10, 1), (10, 0.5), (10, 2)):
        calls: dict[str, list] = {"missing": [], "intervals": [], "totals": [], "all seen": []}
        for seed in range(80):
            drawn = np.random.default_rng([20, seed]).poisson(level * np.where(after(12), times, 1), MONTHS)
            series = pd.Series(drawn, INDEX, dtype=float)
            small = series.between(1, 5)
            lower, upper = (pd.Series(bound, INDEX).where(small) for bound in (1.0, 5.0))
            totals = series.groupby(INDEX.asfreq("Q-MAR")).sum()
            known = {"lower": lower, "upper": upper}
            for name, about in (("missing", {}), ("intervals", known), ("totals", known | {"totals": totals})):
                calls[name].append(judge(series.mask(small), quarter=QUARTER, nation=None, **about).call)
            calls["all seen"].append(judge(series, quarter=QUARTER, nation=None).call)
        for name, told in calls.items():
            share = pd.Series(told).value_counts(normalize=True)
            rows.append(
                {"level": level, "times": times, "known": name, "too little": share.get("too little data", 0.0)}
            )
            rows[-1] |= {"lasting": share.reindex(LASTING).sum(), "usual": share.get(CLASSES[0], 0.0)}
    show("Small counts of which 1 to 5 are hidden, changed twelve months ago", rows)


@table
def weekly() -> None:
    """Weekly counts: steps of some weeks, two weeks at double, nothing."""
    weeks = pd.period_range(end=pd.Period("2021-03-28", "W-SUN"), periods=156, freq="W-SUN")
    days = working_days_in(weeks, "england") / 5
    t, rows = np.arange(len(weeks)), []
    for title, level, times, begun, over in (
        ("nothing", 25, 1, 0, 0),
        ("nothing", 100, 1, 0, 0),
        ("nothing", 400, 1, 0, 0),
        *(("x1.6", 25, 1.6, n, 0) for n in (4, 8, 10, 13)),
        *(("x1.35", 100, 1.35, n, 0) for n in (8, 10, 13)),
        *(("x2 for two weeks", 100, 2, n, n - 2) for n in (3, 5, 9)),
        ("x2 for two weeks", 25, 2, 5, 3),
    ):
        rng = np.random.default_rng(21)
        changed = np.where((t >= len(t) - begun) & (t < len(t) - over), times, 1)
        quiet = np.where((weeks.month == 8), 0.85, 1) * np.where((days < 1) & (weeks.month == 12), 0.7, 1)
        z = 0.06 * rng.normal(size=(80, len(t)))
        found = judged(rng.poisson(level * changed * quiet * days * np.exp(z)), index=weeks, nation="england")
        share = found["call"].value_counts(normalize=True)
        rows.append({"change": title, "a week": level, "weeks ago": begun, "lasting": found["lasting"].mean()})
        rows[-1] |= {
            "spike": share.get(CLASSES[1], 0.0),
            "usual": share.get(CLASSES[0], 0.0),
            "persists": found["persists"].median(),
        }
    show("Weekly series", rows)


@table
def percentages() -> None:
    """Percentages that do not change."""
    rows = []
    for share, cases in ((0.7, 100), (0.9, 60), (0.95, 60), (0.95, 200), (0.98, 200), (0.995, 200), (0.02, 200)):
        drawn = np.random.default_rng(17).binomial(cases, share, (1000, MONTHS)) / cases
        found = judged(drawn, "percent", np.full(drawn.shape, float(cases)))
        rows.append(
            {"share": share, "of": cases} | {name: (found["call"] == name).mean() for name in (CLASSES[0], *NAMED)}
        )
    show("Percentages, unchanged", rows)
    rows = []
    for share, then, cases in ((0.98, 0.9, 200), (0.95, 0.8, 60), (0.7, 0.5, 100), (0.9, 0.98, 200)):
        drawn = np.random.default_rng(17).binomial(cases, np.where(after(5), then, share), (300, MONTHS)) / cases
        found = judged(drawn, "percent", np.full(drawn.shape, float(cases)))
        rows.append({"share": share, "then": then, "of": cases, "lasting": found["lasting"].mean()})
    show("Percentages, changed five months ago", rows)


@table
def sizes() -> None:
    """The size that is told, and whether its interval holds the truth."""
    rows = []
    for size in (1.0, 1.2, 1.35, 1.6, 0.7):
        for age in (4, 6, 10) if size != 1 else (0,):
            for scatter in (0.08, 0.15):
                found = judged(counts(np.random.default_rng(18), 150 * np.where(after(age), size, 1), 400, scatter))
                inside = (found["change_lower"] <= size - 1) & (found["change_upper"] >= size - 1)
                named = found["lasting"]
                rows.append(
                    {"size": size - 1, "age": age, "scatter": scatter, "named": named.mean()}
                    | {"told, named": found["change"][named].median(), "holds, named": inside[named].mean()}
                    | {"told, unnamed": found["change"][~named].median(), "holds, unnamed": inside[~named].mean()}
                )
    show("Size of a step", rows)


@table
def sizes_published() -> None:
    """The same in published referrals whose newest months are multiplied."""
    if not REFERRALS.exists():
        return
    whole, rows = read_referrals(REFERRALS), []
    for size in (1.0, 1.35, 1.6, 0.7):
        for age in (4, 10) if size != 1 else (0,):
            found = []
            for end in range(MONTHS, len(whole) + 1, 6):
                part = whole.iloc[end - MONTHS : end].to_numpy().T
                part = part[~np.isnan(part).any(1) & (part.mean(1) > 50)]
                found.append(judged(np.round(part * np.where(after(age), size, 1))))
            found = pd.concat(found)
            inside = (found["change_lower"] <= size - 1) & (found["change_upper"] >= size - 1)
            named = found["lasting"]
            rows.append(
                {"size": size - 1, "age": age, "named": named.mean(), "told, named": found["change"][named].median()}
            )
            rows[-1] |= {"holds, named": inside[named].mean(), "told, unnamed": found["change"][~named].median()}
            rows[-1]["holds, unnamed"] = inside[~named].mean()
    show("Size of a step put into published referrals", rows)


@table
def unchanged() -> None:
    """Series that do not change, with a history that is not clean."""
    rows = []
    for seed in (1, 2, 3):
        rng = np.random.default_rng(seed)
        drawn = [contaminated(rng) for _ in range(1500)]
        found = []
        for length in (36, 48, 60):
            part = np.array([d for d in drawn if len(d) == length])
            found.append(judged(part, index=INDEX[-length:]))
        found = pd.concat(found)
        share = found["call"].value_counts(normalize=True)
        rows.append({"seed": seed, "changed": found["named"].mean(), **share.to_dict()})
        if "since" in found:
            rows[-1]["since"] = found["since"].notna().mean()
    show("Unchanged series with an unclean history", rows)


def contaminated(rng) -> np.ndarray:
    """Draw an unchanged series: season, drift, correlated noise, a random walk, old pulses and steps."""
    n = int(rng.choice([36, 48, 60]))
    t = np.arange(n)
    season = rng.normal(0, rng.uniform(0, 0.15), 12)
    z = np.log(np.exp(rng.uniform(np.log(20), np.log(1500))))
    z = z + (season - season.mean())[(t + rng.integers(12)) % 12] + rng.normal(0, 0.05) * t / 12
    scatter, memory, share = np.exp(rng.uniform(np.log(0.04), np.log(0.16))), rng.uniform(0, 0.6), rng.uniform(0, 1)
    noise = np.empty(n)
    noise[0] = rng.normal()
    for i in range(1, n):
        noise[i] = memory * noise[i - 1] + np.sqrt(1 - memory**2) * rng.normal()
    z = z + np.sqrt(share) * scatter * noise + np.cumsum(rng.normal(0, rng.choice([0, 0.01, 0.02]), n))
    if rng.random() < 0.5:
        at = rng.integers(6, n - 14)
        z[at : at + rng.integers(1, 5)] += rng.normal(0, 0.4)
    if rng.random() < 0.3:
        z[rng.integers(6, n - 14) :] += rng.normal(0, 0.3)
    shape = 1 / max((1 - share) * scatter**2, 1e-6)
    return rng.poisson(np.exp(z) * rng.gamma(shape, 1 / shape, n)).astype(float)


def main() -> None:
    for name in sys.argv[1:] or TABLES:
        TABLES[name]()


if __name__ == "__main__":
    main()
