"""What the constants of the verdict rest on: each is varied alone and scored on real outcomes.

    python bench/verdicts/structure.py REFERRALS.csv

REFERRALS.csv is the Department for Education's "Children in need", referrals by month (Open Government Licence 3.0).
The last lines choose the variant by the other authorities, and by the other half of the years, and score that.
"""

import sys

import numpy as np
import pandas as pd
from outcomes import find_cases, folds, persists, read_referrals, score

from analysis.verdict import history, hypotheses, model, rows

NO_WANDER = ((0.0, 0.95), (0.3, 0.98), (1.0, 0.95))
WALK = ((0.3, 0.999), (1.0, 0.999), (4.0, 0.999))
VARIANTS = {  # what is varied: module, name, value
    "as shipped": (),
    "wander: may be none": ((model, "WANDER", NO_WANDER),),
    "wander: nearly a random walk": ((model, "WANDER", WALK),),
    "wander: memory .90": ((model, "WANDER", ((0.3, 0.9), (1.0, 0.9), (4.0, 0.9))),),
    "trend: none": ((model, "TREND_SD", 0.0),),
    "trend: five times stronger": ((model, "TREND_SD", 0.05),),
    "noise: independent": ((model, "NOISE_MEMORY", (0.0, 0.01, 0.02)),),
    "season: strong": ((model, "SEASON_SD", (1.0, 2.5, 5.0)),),
    "the year ahead: no further changes": ((model, "changes_ahead", lambda means: 0.0),),
    "lasting changes: never wear off": ((hypotheses, "HELD_AFTER_A_YEAR", 1.0),),
    "lasting changes: half after a year": ((hypotheses, "HELD_AFTER_A_YEAR", 0.5),),
    "no slow fades": ((hypotheses, "DEMAND", tuple(d for d in hypotheses.DEMAND if d[3] not in (0.06,))),),
    "older events: never absorbed": ((history, "ABSORBED", {hypotheses.SPIKE: 1e9, hypotheses.SHIFT: 1e9}),),
    "older events: absorbed readily": ((history, "ABSORBED", {hypotheses.SPIKE: 3.5, hypotheses.SHIFT: 4.0}),),
    "recording breaks: not known": ((rows, "DEEP", 1e-9),),
    "changes under way: as rare as in the window": ((hypotheses, "UNDER_WAY_RATE", 1.0),),
    "changes under way: a tenth of that": ((hypotheses, "UNDER_WAY_RATE", 0.1),),
}


def told_under(changes, cases) -> np.ndarray:
    """Judge the cases with some constants changed."""
    kept = [(module, name, getattr(module, name)) for module, name, _ in changes]
    for module, name, value in changes:
        setattr(module, name, value)
    model.plan.cache_clear()
    model.scout.cache_clear()
    told = persists(cases)
    for module, name, value in kept:
        setattr(module, name, value)
    return told


def chosen_elsewhere(told: dict, cases, group: np.ndarray) -> np.ndarray:
    """Tell each group by the variant with the best Brier score on all other groups."""
    lasted, found = cases.table["lasted"].to_numpy(float), np.empty(len(group))
    for g in np.unique(group):
        here = group == g
        best = min(told, key=lambda name: np.mean((told[name][~here] - lasted[~here]) ** 2))
        found[here] = told[best][here]
    return found


def main() -> None:
    cases = find_cases(read_referrals(sys.argv[1]))
    table, lasted = cases.table, cases.table["lasted"].to_numpy()
    told = {name: told_under(changes, cases) for name, changes in VARIANTS.items()}
    late = (table["cut"] > table["cut"].median()).to_numpy()
    told["chosen by other authorities"] = chosen_elsewhere(dict(told), cases, folds(table))
    told["chosen by other years"] = chosen_elsewhere(
        {n: p for n, p in told.items() if n in VARIANTS}, cases, late.astype(int)
    )
    rows = [{"variant": name, **score(p, lasted)} for name, p in told.items()]
    print(pd.DataFrame(rows).round(4).to_string(index=False))
    shipped = told["as shipped"]
    parts = {"headline cases": table["headline"].to_numpy(), "earlier half": ~late, "later half": late}
    parts |= {f"authorities, fold {g}": folds(table, 3) == g for g in range(3)}
    rows = [{"as shipped": name, **score(shipped[here], lasted[here])} for name, here in parts.items()]
    print(pd.DataFrame(rows).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
