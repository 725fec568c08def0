"""Calls from page to page: what one page called a measure is held against what those after it name, which see more.

Works on what pages show, as `following` does of questions. A call that a question of the same page asks on is that question's.
"""

import pandas as pd

from ..classes import HELD, RECORDING, SHIFT, SPIKE, TAKEN_BACK, TREND, USUAL
from ..periods import parse_quarter, quarter_code
from ..schema import CALLS, SERIES, empty, names

LASTING = (SHIFT, TREND)
NAMES_A_CHANGE = (SHIFT, TREND, SPIKE)
SURE_OF = {  # the probabilities that stand behind a call; of any other nothing is claimed
    USUAL: [USUAL],
    SPIKE: [SPIKE],
    SHIFT: [SHIFT, TREND],
    TREND: [SHIFT, TREND],
    RECORDING: [RECORDING],
}


def hold_calls(
    earlier: pd.DataFrame, verdicts: pd.DataFrame, questions: pd.DataFrame, *, quarter: pd.Period | str
) -> pd.DataFrame:
    """Return the calls of one quarter's pages and of those before them, the last ones answered.

    Parameters
    ----------
    earlier : pandas.DataFrame
        From this function, for the page before; empty where there is none.
    verdicts : pandas.DataFrame
        From `judge_table`, on the protected months.
    questions : pandas.DataFrame
        From `follow`, for this quarter.
    quarter : pandas.Period or str

    Returns
    -------
    pandas.DataFrame
        measure, area, asked (the quarter), call, up, said (its probability), answer: "held" or "taken back" by the
        first page of the year after it that can say: the latter where that names another change that had begun by then.
    """
    quarter = parse_quarter(quarter)
    code = quarter_code(quarter)
    claims = verdicts[verdicts["call"].isin(list(SURE_OF))]
    asked = pd.MultiIndex.from_frame(questions.loc[questions["asked"] == code, SERIES])
    claims = claims[~pd.MultiIndex.from_frame(claims[SERIES]).isin(asked)]
    said = [sum(row[name] for name in SURE_OF[row["call"]]) for row in claims.to_dict("records")]
    now = claims[[*SERIES, "call"]].assign(asked=code, up=claims["change"] > 0, said=said, answer="")
    kept = _answered(earlier, verdicts, quarter) if len(earlier) else empty(CALLS)
    now = now[names(CALLS)].astype(empty(CALLS).dtypes.to_dict())
    return pd.concat([kept, now], ignore_index=True) if len(kept) else now.reset_index(drop=True)


def _answered(earlier: pd.DataFrame, verdicts: pd.DataFrame, quarter: pd.Period) -> pd.DataFrame:
    open_ = earlier[(earlier["answer"] == "") & earlier["asked"].isin([quarter_code(quarter - k) for k in range(1, 5)])]
    both = open_.reset_index().merge(verdicts[[*SERIES, "call", "change", "onset"]], on=SERIES, suffixes=("", "_now"))
    answers = [_answer(row, parse_quarter(row["asked"])) for row in both.to_dict("records")]
    table = earlier.copy()
    table.loc[both["index"], "answer"] = answers
    return table


def _answer(row: dict, asked: pd.Period) -> str:
    """Return whether a call is taken back by the newest verdict of its measure."""
    call, now = row["call"], row["call_now"]
    if now not in SURE_OF:
        return ""
    began = now != USUAL and pd.notna(row["onset"]) and row["onset"].start_time <= asked.end_time
    same_side = row["up"] == (row["change"] > 0)
    other = {
        USUAL: now in (*NAMES_A_CHANGE, RECORDING),
        RECORDING: now in NAMES_A_CHANGE,
        SPIKE: now in LASTING and same_side,
    }.get(call, (now == SPIKE and same_side) or (now in LASTING and not same_side))
    return TAKEN_BACK if began and other else HELD
