"""Questions from page to page: what was printed stands, later totals are held against it, and the year closes it.

Works on what pages show: verdicts and totals of protected figures, and the questions of the pages before.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..classes import LASTS, NONE, NOT_SHOWN, OPEN, PASSED, RECORDING, SETTLED_BEFORE
from ..kinds import kind_of
from ..periods import MONTHS_A_QUARTER, parse_quarter, quarter_code, quarter_of
from ..schema import QUESTIONS, SERIES, empty, names
from ..shapes import FACT, state_of
from .answers import answer_of, combined
from .block import COMPLETE

ASKED = [*SERIES, "asked"]  # of a question: one row a look


def follow(
    earlier: pd.DataFrame,
    verdicts: pd.DataFrame,
    months: pd.DataFrame,
    quarters: pd.DataFrame,
    *,
    quarter: pd.Period | str,
) -> pd.DataFrame:
    """Return the questions as one quarter's pages print them: those of earlier pages answered, and new ones.

    Parameters
    ----------
    earlier : pandas.DataFrame
        From this function, for the page before; empty where there is none.
    verdicts : pandas.DataFrame
        From `judge_table`, on the protected months.
    months, quarters : pandas.DataFrame
        Protected measured tables.
    quarter : pandas.Period or str

    Returns
    -------
    pandas.DataFrame
        measure, area, asked (the quarter), up, said (the probability that it lasts, when it was asked), and a row a look:
        months after the quarter, lasts_if, passed_if, half, chance, as they were printed; came (the total since, or the
        mean) and answer, once that is known. A question that was sure when it was asked has a look after no month. The
        last look, after twelve, is the fact.
    """
    quarter = parse_quarter(quarter)
    kept = _answered(earlier, months, quarters, quarter) if len(earlier) else empty(QUESTIONS)
    new = [row for v in verdicts.to_dict("records") if _opens(v, kept, quarter) for row in _looks(v, quarter)]
    if not new:
        return kept
    opened = pd.DataFrame(new)[names(QUESTIONS)].astype(empty(QUESTIONS).dtypes.to_dict())
    return pd.concat([kept, opened], ignore_index=True) if len(kept) else opened


def _opens(verdict: dict, kept: pd.DataFrame, quarter: pd.Period) -> bool:
    """Say whether a verdict's question is asked: one a series and side, and none of a change in recording."""
    if verdict["question"] == NONE or verdict["call"] == RECORDING:
        return False
    same = kept[(kept["measure"] == verdict["measure"]) & (kept["area"] == verdict["area"])]
    same = same[same["up"] == (verdict["departure"] > 0)]
    running = [
        looks for asked, looks in same.groupby("asked") if quarter < parse_quarter(asked) + FACT // MONTHS_A_QUARTER
    ]
    return all(state_of(looks) == PASSED for looks in running)


def _looks(verdict: dict, quarter: pd.Period) -> Iterator[dict]:
    """Yield a question's looks: a row each."""
    about = {name: verdict[name] for name in SERIES} | {"asked": quarter_code(quarter), "said": verdict["persists"]}
    about |= {"up": verdict["departure"] > 0, "came": np.nan, "answer": ""}
    nothing = {"lasts_if": np.nan, "passed_if": np.nan, "half": np.nan, "chance": 1.0}
    if verdict["question"] != OPEN:
        yield about | nothing | {"months": 0, "answer": verdict["question"]}
    lines = ["months", "lasts_if", "passed_if", "half", "chance"]
    yield from (about | look for look in verdict["settles"][lines].to_dict("records"))
    yield about | nothing | {"months": FACT, "half": verdict["half"]}


def _answered(earlier: pd.DataFrame, months: pd.DataFrame, quarters: pd.DataFrame, quarter: pd.Period) -> pd.DataFrame:
    """Hold what came by now against the lines that were printed, where no page has done so before."""
    table = earlier.reset_index(drop=True).copy()
    by_month, by_quarter = (dict(list(t.groupby(SERIES, sort=False))) for t in (months, quarters))
    for key, looks in table.groupby(ASKED, sort=False):
        asked = parse_quarter(key[-1])
        settled = state_of(looks) != OPEN
        for i, look in looks[(looks["months"] > 0) & (looks["answer"] == "")].iterrows():
            ahead = pd.period_range(asked + 1, periods=look["months"] // MONTHS_A_QUARTER, freq=asked.freq)
            if ahead[-1] > quarter or key[:2] not in by_month:
                break
            total = _since(by_month[key[:2]], by_quarter.get(key[:2], quarters.iloc[:0]), ahead)
            if total is None:
                break
            table.loc[i, "came"] = total
            table.loc[i, "answer"] = _answer(look, total, settled=settled)
            settled |= table.loc[i, "answer"] in (LASTS, PASSED)
    return table


def _answer(look: pd.Series, total: float, *, settled: bool) -> str:
    """Return what a total means at a look; after twelve months it is a fact."""
    if np.isnan(total):
        return NOT_SHOWN
    if settled and look["months"] < FACT:
        return SETTLED_BEFORE
    fact = look["months"] == FACT  # half of the departure is there, or it is not
    at = (look["half"], look["half"]) if fact else (look["lasts_if"], look["passed_if"])
    return answer_of(total, *at, up=bool(look["up"]))


def _since(months: pd.DataFrame, quarters: pd.DataFrame, ahead: pd.PeriodIndex) -> float | None:
    """Return what a series' months came to since a question, in all or on average; NaN where a figure of them is not shown.

    None where not all is on record: the page after this one answers.
    """
    months = months[quarter_of(pd.PeriodIndex(months["period"])).isin(ahead)]
    if not len(months):
        return np.nan
    if "completeness" in months and (months["completeness"] < COMPLETE).any():
        return None
    kind = kind_of(months["type"].iloc[0])
    own = quarters.set_index(pd.PeriodIndex(quarters["period"], freq=ahead.freq)).reindex(ahead)
    if kind.accrues:
        return float(own["value"].sum(skipna=False))
    cases = own[["numerator", "denominator"]].sum(skipna=False)
    if kind.share and cases.notna().all():
        return float(cases["numerator"] / cases["denominator"])
    if (months["period"].iloc[0].freqstr == "M" and len(months) < MONTHS_A_QUARTER * len(ahead)) or kind.share:
        return np.nan
    return float(combined(months["value"].to_numpy(float)[None], kind)[0])
