"""What a verdict is called, and the short answers on the first screen."""

import pandas as pd

from ...classes import RECORDING, SHIFT, SPIKE, TOO_LITTLE, TREND, USUAL
from ...config import Measure
from ...language import Section, english, say, sentences
from .figures import NONE, it_is, listing, month, number, percentage, sentence

PLAIN_CALL = Section("call")
NO_FIGURE = Section("no_figure")
BY_WEEK = "weeks judged by month"  # the engine's flag
SHARE_TOLD = 0.05  # a smaller share of the probability is left out of the sentence


def way(change: float) -> str:
    """Return the direction by which a string is chosen."""
    return "up" if change > 0 else "down"


@sentences
def call_of(verdict: pd.Series, measure: Measure) -> str:
    """Return the verdict in a word or few: ``a rising trend``."""
    call = verdict["call"]
    directed = {SHIFT: "shift", TREND: "trend", SPIKE: "spike"}
    if call in directed:
        return say(f"answer.{directed[call]}_{way(verdict['change'])}")
    if call == RECORDING and measure.kind.share:
        return say("answer.recording_share")
    return PLAIN_CALL[call]


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


def reason(verdict: pd.Series) -> str:
    """Return the engine's sentence, which it makes in English alone."""
    return english(str(verdict["reason"]))


@sentences
def will_it_last(verdict: pd.Series) -> str:
    """Say how likely it is that at least half of the change stays over the next twelve months."""
    return say("lasts.persists", **it_is(verdict["persists"])) if asks_if_it_lasts(verdict) else ""


def asks_if_it_lasts(verdict: pd.Series) -> bool:
    """Say whether it is asked: of nothing unusual it is not, and a change in recording says nothing of how demand goes on."""
    return pd.notna(verdict["persists"]) and verdict["call"] not in (USUAL, RECORDING)


@sentences
def evidence(rows: pd.DataFrame, measure: Measure) -> str:
    """Say the newest months' figures against what was expected.

    `rows` are the quarter's months with value, status, expected_lower and expected_upper.
    """
    told = []
    for _, r in rows.iterrows():
        when = month(r["period"])
        if pd.isna(r["value"]):
            told.append(say("evidence.none", month=when, why=NO_FIGURE.get(r["status"], NONE)))
            continue
        value, low, high = (number(r[c], measure) for c in ("value", "expected_lower", "expected_upper"))
        known = low != NONE
        told.append(say(f"evidence.{'expected' if known else 'value'}", value=value, month=when, low=low, high=high))
    return sentence(listing(told))


@sentences
def what_settles(verdict: pd.Series, measure: Measure, *, short: bool = False) -> str:
    """Say at which values the question would be settled, and by when."""
    table = verdict["settles"]
    if len(table) == 0:
        return (
            say("settles.done_short" if short else "settles.done")
            if verdict["call"] in (SHIFT, TREND, SPIKE, RECORDING)
            else ""
        )
    row, direction, parts = table.iloc[0], way(verdict["change"]), []
    when = month(row["period"])
    if BY_WEEK in verdict["flags"]:
        when = say("settles.week", month=when)
    if pd.notna(row["lasts_if"]):
        parts.append(say(f"settles.lasts_{direction}", when=when, value=number(row["lasts_if"], measure)))
    if pd.notna(row["spike_if"]):
        key = f"settles.{'or_' if parts else ''}spike_{direction}"
        parts.append(say(key, when=when, value=number(row["spike_if"], measure)))
    words = ["; ".join(parts) + "."] if parts else []
    if pd.notna(verdict["settled_by"]):
        words.append(say("settles.by", month=month(verdict["settled_by"])))
    return " ".join(words)
