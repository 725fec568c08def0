"""How good were the verdicts? Replays them over past quarters and compares them with what happened.

A verdict sees nothing later than its quarter; what happened is read from the twelve months after it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from statsmodels.stats.proportion import proportion_confint

from ..classes import LASTS, PASSED, RECORDING, SHIFT, SPIKE, TREND
from ..periods import parse_quarter
from ..schema import QUESTIONS, SERIES, empty
from ..shapes import FACT, state_of
from ..spc import xmr
from ..verdict import follow, judge_table
from ..verdict.departure import mean_of
from ..verdict.hypotheses import OLDEST
from ..verdict.many_series import blocks
from ..verdict.model import LOOKS, Sort
from ..verdict.question import season_ahead
from ..verdict.rows import LONGEST, SHORTEST, judge_rows
from ..verdict.scale import Scale

AHEAD = 12  # months of hindsight: the horizon of `persists`
KEPT = 0.5  # share of the departure that must remain for it to have lasted
SURE = 0.8  # "highly likely" on the yardstick
ANSWERS = (LASTS, PASSED)
SETTLED = (SPIKE, SHIFT, TREND, RECORDING)
BINS = (0.2, 0.4, 0.6, 0.8)
FOLDS = 10
SHRINKAGE = 4  # pseudo-cases at the base rate, so that a rare answer is not believed at once


def replay(measured: pd.DataFrame, *, quarters: Iterable, events: Iterable = ()) -> pd.DataFrame:
    """Judge every measure of every area at each past quarter, beside the control-chart rules and what happened.

    Parameters
    ----------
    measured : pandas.DataFrame
        From `measure`; at least three years before the first quarter.
    quarters : iterable of pandas.Period or str
    events : iterable of Event

    Returns
    -------
    pandas.DataFrame
        measure, area, quarter, and: call, persists, change, onset; chart_rule (label of the quarter's last point, by
        the rules of `xmr`); lasted (1.0 or 0.0: whether on average at least half of the quarter's departure from its
        expected level remained over the next twelve months; NaN where those are not known yet or nothing departed).
    """
    found = []
    for quarter in map(parse_quarter, quarters):
        told = judge_table(measured, quarter=quarter, events=events)
        told = told[["measure", "area", "call", "persists", "change", "onset"]].assign(quarter=quarter)
        told = told.merge(what_happened(measured, quarter=quarter), on=["measure", "area"], how="left", validate="1:1")
        found.append(told.merge(_chart_rules(measured, quarter), on=["measure", "area"], how="left", validate="1:1"))
    replayed = pd.concat(found, ignore_index=True)
    return replayed.assign(lasted=replayed["lasted"].where(replayed["persists"].notna()))


def replay_questions(
    measured: pd.DataFrame, quarterly: pd.DataFrame, *, quarters: Iterable, events: Iterable = ()
) -> pd.DataFrame:
    """Ask and follow questions as pages of quarters in a row would have.

    Parameters
    ----------
    measured, quarterly : pandas.DataFrame
        From `measure`, by month or week and by quarter.
    quarters : iterable of pandas.Period or str
        In order.
    events : iterable of Event

    Returns
    -------
    pandas.DataFrame
        As `verdict.follow` returns them for the last quarter.
    """
    questions = empty(QUESTIONS)
    for quarter in map(parse_quarter, quarters):
        verdicts = judge_table(measured, quarter=quarter, events=events)
        questions = follow(questions, verdicts, measured, quarterly, quarter=quarter)
    return questions


def score_questions(questions: pd.DataFrame) -> pd.DataFrame:
    """Return how many of the questions whose year is over were settled by each look, and how many of those rightly.

    Returns
    -------
    pandas.DataFrame
        A row a look: months, questions, settled (share), lasts and passed (how many were settled so), lasts_right and
        passed_right (shares that the year bore out).
    """
    over = [
        own
        for _, own in questions.groupby([*SERIES, "asked"])
        if own["answer"].isin(ANSWERS)[own["months"] == FACT].any()
    ]
    fact = np.array([own.loc[own["months"] == FACT, "answer"].iloc[0] for own in over], dtype=object)
    rows = []
    for months in LOOKS:
        said = np.array([state_of(own[own["months"] <= months]) for own in over], dtype=object)
        row = {"months": months, "questions": len(over), "settled": np.isin(said, ANSWERS).mean() if over else np.nan}
        for answer in ANSWERS:
            here = said == answer
            row |= {answer: int(here.sum()), f"{answer}_right": (fact[here] == answer).mean() if here.any() else np.nan}
        rows.append(row)
    return pd.DataFrame(rows)


def what_happened(measured: pd.DataFrame, *, quarter: pd.Period | str) -> pd.DataFrame:
    """Return measure, area and `lasted` of one quarter, on the scale and by the definition of `persists`."""
    quarter = parse_quarter(quarter)
    keys = measured[["measure", "area"]].drop_duplicates().reset_index(drop=True)
    lasted = np.full(len(keys), np.nan)
    for block, rows, _ in blocks(measured, keys, quarter + AHEAD // 3):
        months = min(block.values.shape[1], LONGEST + AHEAD)
        if months <= AHEAD:
            continue
        z, scale = block.on_scale(np.arange(len(rows)), months, ahead=AHEAD)
        sort = replace(block.sort, newest=block.months[-1 - AHEAD].month if block.sort.newest else 0)
        for at, level, season, change in departures(z[:, :-AHEAD], scale, sort):
            later = z[at, -AHEAD:]
            kept = mean_of(later - season - level[:, None]) / np.where(change == 0, np.nan, change)
            lasted[rows[at]] = np.where(np.isnan(later).any(1) | np.isnan(kept), np.nan, kept >= KEPT)
    return keys.assign(lasted=lasted)


def departures(z: np.ndarray, scale: Scale, sort: Sort) -> Iterator[tuple]:
    """Yield rows that end with a quarter, the level and season of the year after it, and the departure that was asked of."""
    length = z.shape[1] - np.isfinite(z).argmax(1)
    judged_at = np.isfinite(z).sum(1) >= SHORTEST
    judged_at &= np.isfinite(z[:, -3:]).any(1)
    for n in np.unique(length[judged_at]):
        rows = np.flatnonzero(judged_at & (length == n))
        none = np.zeros((len(rows), OLDEST + 1), dtype=bool)
        for at, judged in judge_rows(z[rows, -n:], scale.of(rows), none, sort):
            yield rows[at], judged.away.level, season_ahead(judged.away.season, n), judged.away.change


def _chart_rules(measured: pd.DataFrame, quarter: pd.Period) -> pd.DataFrame:
    """Return what the control-chart rules say of each series' last point in the quarter."""
    rows = []
    for (measure, area), part in measured.groupby(["measure", "area"], sort=False):
        series = part.set_index(pd.PeriodIndex(part["period"]))["value"].sort_index()
        series = series[series.index <= quarter.asfreq(series.index.freqstr, how="end")].dropna()
        label = xmr(series)["special_cause_type"].iloc[-1] if len(series) else "Common Cause"
        rows.append((measure, area, label))
    return pd.DataFrame(rows, columns=["measure", "area", "chart_rule"])


def frequencies(answers: pd.Series, known: pd.DataFrame) -> pd.Series:
    """Let a rule speak in probabilities: how often changes lasted when it gave this answer in other areas (or quarters)."""
    groups = known["area"] if known["area"].nunique() >= FOLDS else known["quarter"].astype(str)
    fold, lasted, base = pd.factorize(groups)[0] % FOLDS, known["lasted"], known["lasted"].mean()
    told = pd.Series(np.nan, index=answers.index)
    for here in range(FOLDS):
        seen = lasted[fold != here].groupby(answers[fold != here]).agg(["sum", "count"])
        rate = (seen["sum"] + SHRINKAGE * base) / (seen["count"] + SHRINKAGE)
        told[fold == here] = answers[fold == here].map(rate).fillna(base)
    return told


def score(replayed: pd.DataFrame) -> pd.DataFrame:
    """Score `persists` beside the control-chart rules and the base rate, on the cases whose outcome is known.

    Returns
    -------
    pandas.DataFrame
        A row a method: cases, auc (0.5 is a coin toss, 1 is right), brier (0 is right, 0.25 is a coin toss), sure
        (share of cases in which it is `SURE`, either way), right_when_sure.
    """
    known = replayed.dropna(subset=["persists", "lasted"])
    methods = {
        "this project": known["persists"],
        "control-chart rules": frequencies(known["chart_rule"], known),
        "base rate": pd.Series(known["lasted"].mean(), index=known.index),
    }
    return pd.DataFrame([{"method": name, **score_one(p, known["lasted"])} for name, p in methods.items()])


def score_one(told: pd.Series, lasted: pd.Series) -> dict:
    """Score one method's probabilities."""
    told, lasted = told.to_numpy(float), lasted.to_numpy(float)
    sure = np.maximum(told, 1 - told) >= SURE
    ones, n = lasted.sum(), len(lasted)
    mixed = 0 < ones < n
    auc = (rankdata(told)[lasted == 1].sum() - ones * (ones + 1) / 2) / (ones * (n - ones)) if mixed else np.nan
    return {
        "cases": n,
        "auc": auc,
        "brier": np.mean((told - lasted) ** 2) if n else np.nan,
        "sure": sure.mean() if n else np.nan,
        "right_when_sure": ((told > 0.5) == lasted)[sure].mean() if sure.any() else np.nan,
    }


def calibration(replayed: pd.DataFrame) -> pd.DataFrame:
    """Return said against happened in five bins: said, happened, lower and upper (95%, Wilson), cases."""
    known = replayed.dropna(subset=["persists", "lasted"])
    grouped = known.groupby(np.digitize(known["persists"], BINS))
    table = grouped.agg(said=("persists", "mean"), happened=("lasted", "mean"), cases=("lasted", "size"))
    lower, upper = proportion_confint(grouped["lasted"].sum(), table["cases"], method="wilson")
    return table.assign(lower=lower, upper=upper).reset_index(drop=True)


def months_to_a_call(replayed: pd.DataFrame) -> pd.DataFrame:
    """Return how old each change was when it was first named: months, changes, share, by month since onset."""
    named = replayed[replayed["call"].isin(SETTLED)].dropna(subset=["onset"]).sort_values("quarter")
    first = named.drop_duplicates(["measure", "area", "onset"])
    ages = [
        q.asfreq("M", how="end").ordinal - o.ordinal + 1 for q, o in zip(first["quarter"], first["onset"], strict=True)
    ]
    table = pd.Series(ages, dtype=int).value_counts().sort_index().rename_axis("months").reset_index(name="changes")
    return table.assign(share=table["changes"] / max(table["changes"].sum(), 1))
