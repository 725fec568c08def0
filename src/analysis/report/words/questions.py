"""The question of a quarter on the page: what would settle it, what came, and what that means."""

from collections.abc import Iterator

import pandas as pd

from ...classes import EVEN, HELD, LASTS, NOT_SHOWN, OPEN, PASSED, SETTLED_BEFORE, TOO_EARLY
from ...config import Measure
from ...language import say, sentences
from ...periods import MONTHS_A_QUARTER, months_of, parse_quarter, quarter_code
from ...shapes import FACT, state_of
from .calls import call_of
from .figures import chance, it_is, month, number, percentage, quarter, quarter_span, sentence


def asked_on(looks: pd.DataFrame, page: pd.Period) -> pd.DataFrame:
    """Return the looks of the question that one page asks; without rows where it asks none."""
    return looks[looks["asked"] == quarter_code(page)]


def asked_before(looks: pd.DataFrame, page: pd.Period, *, all_: bool = False) -> Iterator[pd.DataFrame]:
    """Yield the looks of each question of earlier pages of which this one has something to say, oldest first.

    What was settled rests until its year is over, unless `all_` are asked for.
    """
    for asked, own in looks.groupby("asked"):
        look = looked_at(own, page)
        rests = state_of(own) != OPEN if look is None else look["answer"] == SETTLED_BEFORE
        if parse_quarter(asked) < page <= parse_quarter(asked) + FACT // MONTHS_A_QUARTER and (all_ or not rests):
            yield own


def standing(looks: pd.DataFrame, verdict: pd.Series, page: pd.Period) -> pd.DataFrame:
    """Return the question that a measure's change stands under: this page's, else the newest of its side before it."""
    if len(now := asked_on(looks, page)):
        return now
    before = [own for own in asked_before(looks, page, all_=True) if own["up"].iloc[0] == (verdict["change"] > 0)]
    return before[-1] if before else now


def _lines(look: pd.Series) -> list[str]:
    """Return which of a look's lines are printed."""
    return [name for name in ("lasts", "passed") if pd.notna(look[f"{name}_if"])]


def _figure(value: float, measure: Measure) -> str:
    """Write a line or a total; a mean of whole figures with its tenth, so that none is rounded onto a line."""
    tenth = measure.kind.count and not measure.kind.accrues and value % 1 > 0  # a line that there is not is none
    return number(value, None, decimals=1) if tenth else number(value, measure)


def _since(look: pd.Series) -> str:
    """Return the months that are looked at: ``April to June 2021``, or ``April 2021 to December 2021``."""
    ahead = months_of(parse_quarter(look["asked"]) + 1)
    if look["months"] == MONTHS_A_QUARTER:
        return quarter_span(parse_quarter(look["asked"]) + 1)
    return say("settles.span", first=month(ahead[0]), last=month(ahead[0] + int(look["months"]) - 1))


def _fields(look: pd.Series, measure: Measure) -> dict[str, str]:
    adds = "together" if measure.kind.accrues else "mean"
    return {
        "what": say(f"settles.{adds}", months=_since(look)),
        "lasts": _figure(look["lasts_if"], measure),
        "passed": _figure(look["passed_if"], measure),
        "fewer": say("settles.fewer" if measure.kind.count else "settles.less"),
        "half": _figure(look["half"], measure),
    }


@sentences
def what_settles(looks: pd.DataFrame, measure: Measure, *, call: str = "", short: bool = False) -> str:
    """Say at which totals an open question is settled next, and how likely it is that we know by then.

    `looks` are those of one question. The chance is that of the page that asked, and is told there alone. Where it is
    too early for a verdict (`call`) and nothing was asked yet, this is said.
    """
    if looks.empty:
        return say("settles.not_yet") if call == TOO_EARLY else ""
    if state_of(looks) != OPEN:
        return say("settles.done_short" if short else "settles.done") if looks["months"].min() == 0 else ""
    ahead = looks[(looks["answer"] == "") & (looks["months"] < FACT)]
    if ahead.empty or not (sides := _lines(ahead.iloc[0])):
        return ""
    look, way = ahead.iloc[0], "up" if looks["up"].iloc[0] else "down"
    fields = _fields(look, measure)
    told = [say(f"settles.{'_'.join([*sides, way])}", **fields), say(f"settles.half_{way}", **fields)]
    if len(ahead) == len(looks) - 1:
        told.append(say("settles.know", chance=chance(look["chance"])))
    return " ".join(told)


@sentences
def will_it_last(looks: pd.DataFrame) -> str:
    """Say how likely it was, when a question was asked, that at least half of the change stays over the next twelve months."""
    return "" if looks.empty else say("lasts.persists", **it_is(looks["said"].iloc[0]))


@sentences
def lasting(looks: pd.DataFrame) -> str:
    """Return the same as a short question and answer."""
    return "" if looks.empty else say("lasts.short", chance=chance(looks["said"].iloc[0]))


@sentences
def does_it_last(looks: pd.DataFrame, page: pd.Period) -> str:
    """Return in a few words whether a measure's change lasts: of the question of this page, else of the newest before it."""
    if len(now := asked_on(looks, page)):
        return chance(now["said"].iloc[0])
    followed = list(asked_before(looks, page))
    if not followed:
        return ""
    way = "rise" if followed[-1]["up"].iloc[0] else "fall"
    return say(f"asked.short_{state_of(followed[-1])}", what=say(f"asked.earlier_{way}"))


@sentences
def asked(looks: pd.DataFrame) -> str:
    """Return the question: ``Does the rise of Quarter 3 2020/21 last?``"""
    way = "rise" if looks["up"].iloc[0] else "fall"
    return say(f"asked.{way}", quarter=quarter(parse_quarter(looks["asked"].iloc[0])))


@sentences
def came(looks: pd.DataFrame, measure: Measure, page: pd.Period) -> str:
    """Say what came since a question was asked beside its lines; nothing where this page looks at none."""
    look = looked_at(looks, page)
    if look is None or pd.isna(look["came"]):
        return ""
    lines = [] if look["answer"] == SETTLED_BEFORE else _lines(look)
    where = "half" if look["months"] == FACT else "_".join(lines) or "none"
    total = say(f"asked.came_{'together' if measure.kind.accrues else 'mean'}", months=_since(look))
    fields = _fields(look, measure) | {"what": total, "came": _figure(look["came"], measure)}
    return say(f"asked.where_{where}", **fields)


@sentences
def it_means(looks: pd.DataFrame, page: pd.Period) -> str:
    """Say what that means: settled, still open, a fact after a year; or why nothing can be said."""
    look, state = looked_at(looks, page), state_of(looks)
    if look is None:
        waits = state == OPEN and (looks["months"] > 0).any()
        return say("asked.waits" if waits else f"asked.still_{state}")
    if look["answer"] == NOT_SHOWN:
        return say("asked.not_shown")
    if look["answer"] == SETTLED_BEFORE:
        return say(f"asked.still_{state}")
    last = look["answer"] == OPEN and not ((looks["months"] > look["months"]) & (looks["months"] < FACT)).any()
    return say(f"asked.{'fact' if look['months'] == FACT else 'last' if last else 'so'}_{look['answer']}")


def looked_at(looks: pd.DataFrame, page: pd.Period) -> pd.Series | None:
    """Return the look that one page answers, or None."""
    here = looks[
        (parse_quarter(looks["asked"].iloc[0]) + looks["months"] // MONTHS_A_QUARTER == page) & (looks["answer"] != "")
    ]
    return here.iloc[-1] if len(here) else None


@sentences
def follow_up(looks: pd.DataFrame, measure: Measure, page: pd.Period) -> str:
    """Say of an earlier question what was asked, what came, and what it means."""
    parts = [came(looks, measure, page), it_means(looks, page)]
    return f"{asked(looks)} {sentence(': '.join(filter(None, parts)))}"


@sentences
def called(call: pd.Series, measure: Measure) -> str:
    """Say what an earlier page called a measure: ``No more than usual in Quarter 3 2020/21``."""
    verdict = pd.Series({"call": call["call"], "change": 1.0 if call["up"] else -1.0})
    quarter_ = quarter(parse_quarter(call["asked"]))
    return say("held.called", call=sentence(call_of(verdict, measure)).removesuffix("."), quarter=quarter_)


@sentences
def taken_back(call: pd.Series, measure: Measure) -> str:
    """Say that an earlier page's call does not hold, and how sure it was."""
    means = sentence(say(f"held.{call['answer']}"))
    return say("held.back", call=called(call, measure), chance=chance(call["said"]), means=means)


@sentences
def calls_held(calls: pd.DataFrame) -> str:
    """Say how many calls of all earlier pages held, and how sure they were."""
    answered = calls[calls["answer"] != ""]
    return _score("calls", answered["answer"] == HELD, answered["said"])


@sentences
def questions_held(looks: pd.DataFrame) -> str:
    """Say how many questions of all earlier pages came out as was held likelier, and how sure the pages were."""
    states = [(state_of(own), own["said"].iloc[0]) for _, own in looks.groupby(["measure", "asked"])]
    table = pd.DataFrame([s for s in states if s[0] != OPEN], columns=["state", "said"])
    lasts = table["said"] >= EVEN
    return _score("questions", lasts == (table["state"] == LASTS), table["said"].where(lasts, 1 - table["said"]))


def _score(which: str, held: pd.Series, said: pd.Series) -> str:
    if held.empty:
        return ""
    fields = {"held": number(held.sum()), "count": number(len(held)), "mean": percentage(said.mean())}
    return say(f"held.{which}", plural=len(held), **fields)


@sentences
def turned_out(looks: pd.DataFrame) -> str:
    """Say how many of the questions that were settled before their year was over turned out as said."""
    settled = right = over = 0
    for _, own in looks.groupby(["measure", "asked"]):
        before, fact = own[own["months"] < FACT], own.loc[own["months"] == FACT, "answer"]
        if fact.isin([LASTS, PASSED]).any():
            over += 1
            settled += state_of(before) != OPEN
            right += state_of(before) == fact.iloc[0]
    if not over:
        return ""
    return say("asked.score", plural=over, count=number(over), settled=number(settled), right=number(right))
