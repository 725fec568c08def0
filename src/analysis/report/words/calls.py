"""What a verdict is called, the short answers, and the first screen that they make."""

import pandas as pd

from ...classes import LASTS, RECORDING, SHIFT, SPIKE, TOO_EARLY, TOO_LITTLE, TREND, USUAL
from ...config import Measure
from ...language import Section, english, say, sentences
from .figures import NONE, listing, month, no_figure, number, percentage, sentence

MOVED = (TREND, SHIFT, SPIKE, RECORDING, TOO_EARLY)  # in the order in which the headline names them
PLAIN_CALL = Section("call")
SHARE_TOLD = 0.05  # a smaller share of the probability is left out of the sentence


def up_or_down(change: float) -> str:
    """Return the direction by which a string is chosen."""
    return "up" if change > 0 else "down"


@sentences
def call_of(verdict: pd.Series, measure: Measure) -> str:
    """Return the verdict in a word or few: ``a rising trend``."""
    call = verdict["call"]
    if _holds(verdict):
        return say(f"answer.earlier_{up_or_down(verdict['change'])}")
    directed = {SHIFT: "shift", TREND: "trend", SPIKE: "spike"}
    if call in directed:
        return say(f"answer.{directed[call]}_{up_or_down(verdict['change'])}")
    if call == RECORDING and measure.kind.share:
        return say("answer.recording_share")
    return PLAIN_CALL[call]


def _holds(verdict: pd.Series) -> bool:
    """Say whether a quarter by itself is too early to tell, and goes on what an earlier page's question settled as lasting."""
    return verdict["call"] == TOO_EARLY and verdict.get("earlier") == LASTS


@sentences
def answer(verdict: pd.Series, measure: Measure) -> str:
    """Return the short answer for one measure: ``Contacts: too early to tell.``"""
    return say("answer.line", title=measure.title, call=call_of(verdict, measure))


@sentences
def split(verdict: pd.Series, *, short: bool = False) -> str:
    """Say how the probability is shared among the answers, largest first, leaving out what hardly counts."""
    shares = {
        "usual": verdict[USUAL],
        "spike": verdict[SPIKE],
        "lasting": verdict[SHIFT] + verdict[TREND],
        "recording": verdict[RECORDING],
    }
    parts = [
        say("shares.item", percentage=percentage(p), answer=say(f"shares.{name}{'_short' if short else ''}"))
        for name, p in sorted(shares.items(), key=lambda item: item[1], reverse=True)
        if p >= SHARE_TOLD
    ]
    return ", ".join(parts) if short else listing(parts)


@sentences
def how_sure(verdict: pd.Series) -> str:
    """Say how the probability is shared."""
    return "" if verdict["call"] == TOO_LITTLE else say("shares.how_sure", shares=split(verdict))


@sentences
def reason(verdict: pd.Series) -> str:
    """Return the engine's sentence, which it makes in English alone."""
    said = english(str(verdict["reason"]))
    return f"{say('answer.by_itself')} {said}" if _holds(verdict) else said


@sentences
def evidence(rows: pd.DataFrame, measure: Measure) -> str:
    """Say the newest months' figures against what was expected.

    `rows` are the quarter's months with value, status, expected_lower and expected_upper.
    """
    told = []
    for _, r in rows.iterrows():
        when = month(r["period"])
        if pd.isna(r["value"]):
            told.append(say("evidence.none", month=when, why=no_figure(r) or NONE))
            continue
        value, low, high = (number(r[c], measure) for c in ("value", "expected_lower", "expected_upper"))
        known = low != NONE
        told.append(say(f"evidence.{'expected' if known else 'value'}", value=value, month=when, low=low, high=high))
    return sentence(listing(told))


@sentences
def question(verdicts: pd.DataFrame) -> str:
    """Return the committee's question in the direction in which the figures went."""
    moved = verdicts[~verdicts["call"].isin([USUAL, TOO_LITTLE])]
    return say("answer.rise" if len(moved) and (moved["change"] > 0).all() else "answer.changes")


@sentences
def headline(verdicts: pd.DataFrame, measures: list[Measure]) -> str:
    """Answer the question in one sentence, from what was said of demand; of all measures where none counts demand."""
    demand = [m.name for m in measures if m.kind.count and m.polarity == "none"]
    rows = verdicts.loc[demand or [m.name for m in measures]]
    calls = set(rows["call"].mask(rows.apply(_holds, axis=1), SHIFT))
    said = [PLAIN_CALL[call] for call in MOVED if call in calls]
    if not said:
        return say(
            "answer.neither" if calls == {USUAL} else "answer.neither_known" if USUAL in calls else "answer.unknown"
        )
    if len(said) == 1:
        return say("answer.it_is", call=said[0])
    return say("answer.partly", calls=say("answer.and_partly").join(said))


@sentences
def by_chance(flagged: float, count: int) -> str:
    """Say how many of the measures would be flagged by chance alone."""
    if count < 2:
        return ""
    key = "answer.hardly_by_chance" if flagged < 0.5 else "answer.by_chance"
    return say(key, count=number(count), flagged=number(flagged))


@sentences
def small_picture(measure: Measure, history: pd.DataFrame, newest: pd.DataFrame) -> str:
    """Return the text alternative of a measure's picture in the overview."""
    shown = history["value"].dropna()
    span = {"low": number(shown.min(), measure), "high": number(shown.max(), measure)}
    span["first"] = month(history["period"].iloc[0]) if len(history) else ""
    return say("chart.small", title=measure.title, **span, evidence=evidence(newest.tail(1), measure))
