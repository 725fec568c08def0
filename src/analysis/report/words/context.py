"""What a change is made of, and what stands beside it: the year, the nation, linked measures."""

import pandas as pd

from ...classes import MOST_SHARED, PART_SHARED
from ...config import Measure
from ...kinds import kind_of
from ...language import ENGLISH, say, sentences, speaking
from ...periods import MONTHS_A_QUARTER, QUARTER_FREQ
from .figures import (
    SIGNED,
    SIGNED_SHARE,
    TENTH,
    chance,
    decimal,
    listing,
    month,
    number,
    plain_name,
    quarter_span,
    share,
)

PARTS_TOLD = 3  # the largest contributions of a role
MAIN_PART = 0.5  # of the news, from which the first screen names a part
SURE_OF_A_YEAR = 0.8  # probability from which a better year is called improving: "highly likely" on the yardstick
SHARED_FROM = 0.03  # a local change smaller than this has no share worth naming


def _beyond(rows: pd.DataFrame, months: list[pd.Period]) -> tuple[str, dict[str, str]]:
    """Return how a role's largest part is set beside all, and the fields of that string."""
    first, total = rows.iloc[0], rows["total"].iloc[0]
    within = 0 < first["more"] / total <= 1
    fields = {"part": first["part"][:1].upper() + first["part"][1:]}
    fields |= {"more": number(abs(first["more"])), "total": number(abs(total)), "months": _when(months)}
    return f"{'of' if within else 'and'}_{'more' if total > 0 else 'fewer'}", fields


def _when(months: list[pd.Period]) -> str:
    if len(months) == MONTHS_A_QUARTER and months[0].freqstr == "M":
        return quarter_span(months[0].asfreq(QUARTER_FREQ))
    return listing([month(p) for p in months])


@sentences
def driver(rows: pd.DataFrame, months: list[pd.Period]) -> str:
    """Name the part that most of the news comes from; nothing where it is less than half of it, or others go against it."""
    if rows.empty or not MAIN_PART <= rows["more"].iloc[0] / rows["total"].iloc[0] <= 1:
        return ""
    key, fields = _beyond(rows, months)
    return say(f"beyond.{key}", **fields)


@sentences
def where_news_from(rows: pd.DataFrame, months: list[pd.Period]) -> list[str]:
    """Say which parts the months that made the news differ in from what is usual of them, a sentence a role."""
    told = []
    for role, of_role in rows.groupby("role", sort=False):
        key, fields = _beyond(of_role, months)
        first, side = of_role.iloc[0], 1 if of_role["total"].iloc[0] > 0 else -1
        words = say("beyond.by", role=plain_name(role), what=say(f"beyond.{key}", **fields))
        words += " " + say("beyond.usual", now=number(first["now"]), usual=number(first["usual"]))
        more = of_role.iloc[1:PARTS_TOLD]
        more = more[more["more"] * side >= 1]
        if len(more):
            parts = [
                say("beyond.next_part", part=r.part, more=decimal(r.more, SIGNED), now=number(r.now))
                for r in more.itertuples()
            ]
            words += " " + say("beyond.next", parts=listing(parts))
        told.append(f"{words} {say('beyond.hidden')}" if of_role["hidden"].any() else words)
    return told


@sentences
def where_from(parts: pd.DataFrame, measure: Measure) -> list[str]:
    """Say which parts the change since the same quarter last year comes from, a sentence a role."""
    told = []
    for role, rows in parts.groupby("role", sort=False):
        largest = rows[rows["change"] != 0].head(PARTS_TOLD)
        named = [
            say("context.part", part=r.part, change=decimal(r.change, SIGNED), now=number(r.now))
            for r in largest.itertuples()
        ]
        if named:
            told.append(say("context.where_from", role=plain_name(role), parts=listing(named)))
    return told


@sentences
def repeats(row: pd.Series) -> str:
    """Say how many of a quarter's events were about a child counted before."""
    if row is None or pd.isna(row.get("again")) or not row["again_of"] > 0:
        return ""
    again, all_ = row["again"], row["again_of"]
    return say("context.repeats", again=number(again), all=number(all_), share=share(again / all_))


@sentences
def year_so_far(row: pd.Series, measure: Measure, quarter_: pd.Period) -> str:
    """Say the financial year's figure beside the year before; at Quarter 4 it is the year's outturn."""
    if row is None or pd.isna(row["year_to_date"]) or measure.kind.at_end:
        return ""
    key = "context.whole_year" if quarter_.quarter == 4 else "context.year_so_far"
    fields = {"year": str(quarter_.qyear - 1), "value": number(row["year_to_date"], measure)}
    if pd.isna(row["year_to_date_before"]):
        return say(key, **fields)
    return say(f"{key}_beside", **fields, before=number(row["year_to_date_before"], measure))


def better(row: pd.Series, measure: Measure) -> pd.Series:
    """Return the probabilities of a measure's year, turned from lower to better."""
    chances = row[["fell", "lower_still", "stays_lower"]].astype(float)
    return chances if measure.polarity == "decrease" else 1 - chances


def good_years(row: pd.Series, measure: Measure) -> bool:
    """Say whether a measure's year is better than both before it, and than the last probably beyond its scatter."""
    side = -1 if measure.polarity == "decrease" else 1
    gains = [(row["year"] - row[before]) * side for before in ("year_before", "two_years_before")]
    return gains[0] > 0 and not gains[1] <= 0 and better(row, measure)["fell"] >= SURE_OF_A_YEAR


@sentences
def year_by_year(row: pd.Series, measure: Measure) -> str:
    """Say that a measure is getting better, and what the last years' figures were."""
    fields = {"month": month(row["period"].asfreq("M", "end")), "value": number(row["year"], measure)}
    fields["before"] = number(row["year_before"], measure)
    if pd.isna(row["two_years_before"]):
        figures = say("years.two", **fields)
    else:
        figures = say("years.three", **fields, two_before=number(row["two_years_before"], measure))
    return f"{say('years.improving', title=measure.title)} {figures}"


@sentences
def goes_on(row: pd.Series, measure: Measure) -> str:
    """Say of a good year how sure it is, and whether it will probably go on."""
    chances = better(row, measure)
    if chances.isna().any():
        return ""
    before, now = (number(row[c], measure) for c in ("year_before", "year"))
    key = "years.lower" if measure.polarity == "decrease" else "years.higher"
    real = say("years.real", chance=chance(chances["fell"]))
    return f"{real} {say(key, before=before, now=now, stays=chance(chances['stays_lower']), still=chance(chances['lower_still']))}"


def _of_nation() -> list[str]:
    """Return what a verdict's reason, which is English, may say of the nation."""
    with speaking(ENGLISH):
        return [say(f"reason.nation_{much}") for much in ("most", "part", "little")]


@sentences
def nation_shows(row: pd.Series, nation: str, *, reason: str = "") -> str:
    """Say how the nation moved beside the local change since the same quarter last year.

    What it shows of the news is said where the verdict's reason does, and then here no second time of another change.
    """
    if row is None or row[["change_local", "change_nation"]].isna().any():
        return ""
    here, there = row["change_local"], row["change_nation"]
    words = say(f"context.{nation}", here=share(here, SIGNED_SHARE), there=share(there, SIGNED_SHARE))
    if pd.isna(row["shared"]) or abs(here) < SHARED_FROM or any(s in reason for s in _of_nation()):
        return words
    much = "most" if row["shared"] >= MOST_SHARED else "part" if row["shared"] >= PART_SHARED else ""
    return f"{words} {say(f'context.{nation}_{much}' if much else 'context.ours')}"


@sentences
def moved_apart(row: pd.Series, titles: dict[str, str]) -> str:
    """Say that two linked stocks moved against each other over a year."""
    fell = titles[row["fell"]]
    figures = {k: number(row[k]) for k in ("rose_from", "rose_to", "fell_from", "fell_to")}
    return say("context.apart", rose=titles[row["rose"]], fell=fell[:1].lower() + fell[1:], **figures)


@sentences
def rate(row: pd.Series) -> str:
    """Say a quarter's figure for each 10,000 children, with its interval where it counts events."""
    if row is None or pd.isna(row["per_10000"]):
        return ""
    figure, low, high = (decimal(row[c], TENTH) for c in ("per_10000", "rate_lower", "rate_upper"))
    events = kind_of(row["type"]).events
    between = "_between" if pd.notna(row["rate_lower"]) else "_events"  # of no event it is not known
    return say(f"context.rate{between if events else ''}", rate=figure, low=low, high=high)
