"""How well verdicts and their peers foretell what happened: on the bundled sample, and on a published file when given.

python bench/quality.py [PUBLISHED.csv]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import peers

from analysis import measure, pipeline
from analysis.exploring import hindsight
from analysis.periods import quarter_range
from analysis.verdict.departure import depart
from analysis.verdict.many_series import blocks
from analysis.verdict.rows import LONGEST

ROOT = Path(__file__).parents[1]
ETS_CASES = 150  # an ETS fit takes a thousand times a verdict's time
BOOTSTRAPS = 400
PUBLISHED = """[project]
name = "England"
nation = "england"
[[dataset]]
name = "referrals"
path = "{path}"
preset = "dfe-open-data"
[[measure]]
name = "referrals"
title = "Referrals"
dataset = "referrals"
type = "flow"
"""


def cases(measured: pd.DataFrame, replayed: pd.DataFrame) -> pd.DataFrame:
    """Return the cases whose outcome is known, each with its series as it was seen."""
    known = replayed.dropna(subset=["persists", "lasted"])
    keys = measured[["measure", "area"]].drop_duplicates().reset_index(drop=True)
    found = []
    for quarter, part in known.groupby("quarter"):
        for block, rows, _ in blocks(measured, keys, quarter):
            z, _ = block.on_scale(np.arange(len(rows)), min(block.values.shape[1], LONGEST))
            d = depart(z)
            index = pd.MultiIndex.from_frame(keys.loc[rows])
            place = {key: i for i, key in enumerate(index)}
            for at, key in zip(part.index, zip(part["measure"], part["area"], strict=True), strict=True):
                if key in place and not np.isnan(z[place[key]]).any():
                    i = place[key]
                    season = d.season[i][np.arange(z.shape[1] + 12) % 12]
                    found.append(
                        (
                            at,
                            z[i],
                            season[: z.shape[1]],
                            d.level[i] + season[-12:].mean() + d.change[i] / 2,
                            d.change[i] > 0,
                        )
                    )
    table = pd.DataFrame(found, columns=["at", "z", "season", "threshold", "up"]).set_index("at")
    return known.join(table, how="inner")


def compare(name: str, measured: pd.DataFrame, quarters: str, events) -> None:
    """Print one table: every method on the same cases."""
    replayed = hindsight.replay(measured, quarters=quarter_range(quarters), events=events)
    found = cases(measured, replayed)
    print(
        f"\n{name}: {len(found)} cases of {found.groupby(['measure', 'area']).ngroups} series, {found['lasted'].mean():.0%} lasted"
    )
    told = {"this project": found["persists"], "control-chart rules": hindsight.frequencies(found["chart_rule"], found)}
    rules = pd.DataFrame([peers.answers(c.z, c.season, c.up) for c in found.itertuples()], index=found.index)
    told |= {rule: hindsight.frequencies(rules[rule], found) for rule in rules}
    few = found.sample(min(ETS_CASES, len(found)), random_state=0)
    told["ETS(A,N,A)"] = pd.Series([peers.ets(c.z, c.threshold, c.up) for c in few.itertuples()], index=few.index)
    told["base rate"] = pd.Series(found["lasted"].mean(), index=found.index)
    rows = []
    for method, p in told.items():
        scored = hindsight.score_one(p, found.loc[p.index, "lasted"])
        rows.append({"method": method, **scored, "auc_95": interval(p, found.loc[p.index])})
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    print(hindsight.calibration(replayed).round(2).to_string(index=False))
    print(hindsight.months_to_a_call(replayed).round(2).to_string(index=False))


def interval(p: pd.Series, found: pd.DataFrame) -> str:
    """Return the AUC's 95% interval, by bootstrap over series."""
    rng, groups = np.random.default_rng(0), [g.index for _, g in found.groupby(["measure", "area"])]
    drawn = []
    for _ in range(BOOTSTRAPS):
        index = np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))])
        drawn.append(hindsight.score_one(p[index], found["lasted"][index])["auc"])
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return f"{low:.2f} to {high:.2f}"


def main() -> None:
    """Compare on the bundled samples, then on the published file."""
    for config, quarters in (
        ("measures.toml", "2018-19Q2..2019-20Q4"),
        ("data/sample/borough/measures.toml", "2018-19Q2..2019-20Q4"),
    ):
        prepared = pipeline.prepare(ROOT / config)
        compare(config, measure(prepared.cleaned, prepared.project), quarters, prepared.project.events)
    if len(sys.argv) > 1:
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "measures.toml"
            config.write_text(PUBLISHED.format(path=Path(sys.argv[1]).resolve().as_posix()))
            prepared = pipeline.prepare(config)
            measured = measure(prepared.cleaned, prepared.project)
        england = measured[~measured["area"].eq("England")]
        compare("published referrals", england, "2015-16Q1..2018-19Q1", ())
    else:
        print("\nName the published file of monthly referrals to compare on real outcomes.")


if __name__ == "__main__":
    main()
