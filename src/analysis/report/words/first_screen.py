"""The first screen: the question, the answer to it, and a word for every measure."""

import pandas as pd

from ...classes import RECORDING, SHIFT, SPIKE, TOO_EARLY, TOO_LITTLE, TREND, USUAL
from ...config import Measure
from ...language import say, sentences
from .calls import PLAIN_CALL, asks_if_it_lasts, evidence
from .figures import chance, month, number

MOVED = (TREND, SHIFT, SPIKE, RECORDING, TOO_EARLY)  # in the order in which the headline names them


@sentences
def question(verdicts: pd.DataFrame) -> str:
    """Return the committee's question in the direction in which the figures went."""
    moved = verdicts[~verdicts["call"].isin([USUAL, TOO_LITTLE])]
    return say("answer.rise" if len(moved) and (moved["change"] > 0).all() else "answer.changes")


@sentences
def headline(verdicts: pd.DataFrame, measures: list[Measure]) -> str:
    """Answer the question in one sentence, from what was said of demand; of all measures where none counts demand."""
    demand = [m.name for m in measures if m.kind.count and m.polarity == "none"]
    calls = set(verdicts.loc[demand or [m.name for m in measures], "call"])
    said = [PLAIN_CALL[call] for call in MOVED if call in calls]
    if not said:
        return say(
            "answer.neither" if calls == {USUAL} else "answer.neither_known" if USUAL in calls else "answer.unknown"
        )
    if len(said) == 1:
        return say("answer.it_is", call=said[0])
    return say("answer.partly", calls=say("answer.and_partly").join(said))


@sentences
def lasting(verdict: pd.Series) -> str:
    """Return the chance that a change lasts, as a short question and answer."""
    return say("lasts.short", chance=chance(verdict["persists"])) if asks_if_it_lasts(verdict) else ""


@sentences
def by_chance(flagged: float, count: int) -> str:
    """Say how many of the measures would be flagged by chance alone."""
    if count < 2:
        return ""
    key = "answer.hardly_by_chance" if flagged < 0.5 else "answer.by_chance"
    return say(key, count=number(count), flagged=number(flagged))


@sentences
def nothing_moved(earlier: pd.DataFrame, now: pd.DataFrame) -> str:
    """Say that nothing moved last quarter nor since, of as many measures as could be judged then and now."""
    then = set(earlier.index[earlier["call"] != TOO_LITTLE])
    since = then & set(now.index[now["call"] != TOO_LITTLE])
    if not then:
        return say("said.too_little")
    if not since:
        return say("said.too_little_since")
    return say("said.nothing" if since == set(now.index) | set(earlier.index) else "said.nothing_known")


@sentences
def small_picture(measure: Measure, history: pd.DataFrame, newest: pd.DataFrame) -> str:
    """Return the text alternative of a measure's picture in the overview."""
    shown = history["value"].dropna()
    span = {"low": number(shown.min(), measure), "high": number(shown.max(), measure)}
    span["first"] = month(history["period"].iloc[0]) if len(history) else ""
    return say("chart.small", title=measure.title, **span, evidence=evidence(newest.tail(1), measure))
