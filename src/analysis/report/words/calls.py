"""What a verdict is called, the short answers, and the first screen that they make."""

import pandas as pd

from ...classes import LASTS, RECORDING, SHIFT, SPIKE, TOO_EARLY, TOO_LITTLE, TREND, USUAL
from ...config import Measure
from ...language import Section, say, sentences
from .figures import NONE, listing, month, no_figure, number, percentage, sentence, short_month
from .retelling import retold

MOVED = (TREND, SHIFT, SPIKE, RECORDING, TOO_EARLY)  # in the order in which the headline names them
PLAIN_CALL = Section("call")
NAMED = 3  # measures of one answer that the headline names
SHARE_TOLD = 0.05  # a smaller share of the probability is left out of the sentence


def up_or_down(change: float) -> str:
    """Return the direction by which a string is chosen."""
    return "up" if change > 0 else "down"


@sentences
def call_of(verdict: pd.Series, measure: Measure) -> str:
    """Return the verdict in a word or few: ``a rising trend``."""
    call = verdict["call"]
    if holds(verdict):
        return say(f"answer.earlier_{up_or_down(verdict['change'])}")
    directed = {SHIFT: "shift", TREND: "trend", SPIKE: "spike"}
    if call in directed:
        return say(f"answer.{directed[call]}_{up_or_down(verdict['change'])}")
    if call == RECORDING and measure.kind.share:
        return say("answer.recording_share")
    return PLAIN_CALL[call]


def holds(verdict: pd.Series) -> bool:
    """Say whether a quarter by itself is too early to tell, and goes on what an earlier page's question settled as lasting."""
    return verdict["call"] == TOO_EARLY and verdict.get("earlier") == LASTS


@sentences
def answer(verdict: pd.Series, measure: Measure) -> str:
    """Return the short answer for one measure: ``Contacts: too early to tell.``"""
    return say("answer.line", title=measure.title, call=call_of(verdict, measure))


def _shares(verdict: pd.Series) -> dict[str, float]:
    """Return how the probability is shared among the answers, largest first, without what hardly counts."""
    shares = {
        "usual": verdict[USUAL],
        "spike": verdict[SPIKE],
        "lasting": verdict[SHIFT] + verdict[TREND],
        "recording": verdict[RECORDING],
    }
    return {name: p for name, p in sorted(shares.items(), key=lambda item: item[1], reverse=True) if p >= SHARE_TOLD}


def _share(name: str, p: float) -> str:
    return say("shares.item", percentage=percentage(p), answer=say(f"shares.{name}"))


@sentences
def split(verdict: pd.Series) -> str:
    """Say how the probability is shared among the answers."""
    return listing([_share(name, p) for name, p in _shares(verdict).items()])


def shares(verdict: pd.Series) -> dict[str, tuple[float, str]]:
    """Return the same for a bar: of each answer the share, and few words."""
    if verdict["call"] == TOO_LITTLE:
        return {}
    return {name: (p, _share(f"{name}_short", p)) for name, p in _shares(verdict).items()}


@sentences
def how_sure(verdict: pd.Series) -> str:
    """Say how the probability is shared."""
    return "" if verdict["call"] == TOO_LITTLE else say("shares.how_sure", shares=split(verdict))


@sentences
def reason(verdict: pd.Series) -> str:
    """Return why the engine gave the verdict."""
    said = retold(str(verdict["reason"]))
    return f"{say('answer.by_itself')} {said}" if holds(verdict) else said


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
    """Answer the question: which measures moved and how, those of one answer together, and that nothing else did."""
    titles: dict[str, list[str]] = {}
    for call in MOVED:
        for m in measures:
            if verdicts.loc[m.name, "call"] == call:
                titles.setdefault(call_of(verdicts.loc[m.name], m), []).append(m.title)
    told = [say("answer.line", title=_some(of), call=call) for call, of in titles.items()]
    calls = set(verdicts.loc[[m.name for m in measures], "call"])
    rest = "neither" if calls == {USUAL} else "neither_known" if USUAL in calls else "unknown"
    return " ".join([*told, *([say("answer.rest")] if told and USUAL in calls else [])]) or say(f"answer.{rest}")


def _some(titles: list[str]) -> str:
    """List titles, of many the first few and how many more there are."""
    more = len(titles) - NAMED
    return listing(titles) if more <= 1 else listing([*titles[:NAMED], say("answer.more", count=number(more))])


@sentences
def this_quarter(total: pd.Series | None, measure: Measure, rated_row: pd.Series | None) -> str:
    """Say the quarter's figure, of a percentage with its n, beside its target where it has one.

    Nothing of a count that is carried: the quarter's figure is that of its last month.
    """
    kind = measure.kind
    carried = kind.count and not kind.accrues and rated_row is None
    if total is None or pd.isna(total["value"]) or carried:
        return ""
    how = "together" if kind.accrues else "at_end" if kind.count else "share" if kind.share else "mean"
    known = kind.share and pd.notna(total["numerator"]) and pd.notna(total["denominator"])
    of = {"numerator": number(total["numerator"]), "denominator": number(total["denominator"])} if known else {}
    said = say(f"card.{how}{'_of' if known else ''}", value=number(total["value"], measure), **of)
    if rated_row is not None and pd.notna(rated_row["target"]):
        said += say("card.target", target=number(rated_row["target"], measure))
    return sentence(said)


@sentences
def missed(total: pd.Series, before: pd.Series | None, rated_row: pd.Series, measure: Measure) -> str:
    """Say that a target is missed: the colour as a word, the quarter's figure beside it, and that of the quarter before."""
    rag, now = say(f"rag.{rated_row['rag']}"), this_quarter(total, measure, rated_row)
    told = say("card.missed", title=measure.title, rag=rag, now=now)
    if before is None or pd.isna(before["value"]):
        return told
    return f"{told} {say('card.before', value=number(before['value'], measure))}"


@sentences
def news(rows: pd.DataFrame, measure: Measure) -> str:
    """Say the month that made the news: of those outside their range the newest, else the newest; and what a range is."""
    known = rows[rows["value"].notna()]
    if known.empty:
        return evidence(rows.tail(1), measure)
    outside = known[(known["value"] > known["expected_upper"]) | (known["value"] < known["expected_lower"])]
    newest = (outside if len(outside) else known).iloc[-1]
    fields = {name: number(newest[name], measure) for name in ("value", "expected_lower", "expected_upper")}
    when = month(newest["period"])
    if pd.isna(newest["expected_lower"]):
        return sentence(say("evidence.value", month=when, value=fields["value"]))
    return sentence(say("card.news" if newest["period"].freqstr == "M" else "card.news_week", month=when, **fields))


def months_of_news(rows: pd.DataFrame, verdict: pd.Series) -> list[pd.Period]:
    """Return the quarter's months that lie outside their range on the side of the change; all where none does."""
    side = 1 if verdict["change"] > 0 else -1
    edge = rows["expected_upper" if side > 0 else "expected_lower"]
    outside = rows[(rows["value"] - edge) * side > 0]
    return list((outside if len(outside) else rows)["period"])


@sentences
def by_chance(flagged: float, count: int) -> str:
    """Say how many of the measures would be flagged by chance alone."""
    if count < 2:
        return ""
    key = "answer.hardly_by_chance" if flagged < 0.5 else "answer.by_chance"
    return say(key, count=number(count), flagged=number(flagged))


@sentences
def ends(measure: Measure, history: pd.DataFrame) -> str:
    """Say the first and the last figure of a measure's picture in the overview; why there is none where nothing is drawn."""
    shown = history[history["value"].notna()]
    if shown.empty:
        reasons = [why for row in history.tail(1).to_dict("records") if (why := no_figure(row))]
        return reasons[0] if reasons else say("chart.no_figure")
    first, last = shown.iloc[0], shown.iloc[-1]
    when = {"since": short_month(first["period"].start_time), "until": short_month(last["period"].start_time)}
    return say("chart.ends", first=number(first["value"], measure), last=number(last["value"], measure), **when)


@sentences
def small_picture(measure: Measure, history: pd.DataFrame, newest: pd.DataFrame) -> str:
    """Return the text alternative of a measure's picture in the overview."""
    shown = history["value"].dropna()
    span = {"low": number(shown.min(), measure), "high": number(shown.max(), measure)}
    span["first"] = month(history["period"].iloc[0]) if len(history) else ""
    return say("chart.small", title=measure.title, **span, evidence=evidence(newest.tail(1), measure))
