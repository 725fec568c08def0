"""The numbers of a commentary against those of the page it stands on.

What is protected in the tables must not come back in words. A number passes where the page shows it: a figure of the
measure under whose heading it stands, or this quarter's figures of another; a change between two of them; a target, a
limit, a date or a span of time. A small number of children or cases passes nowhere. Not seen: shares in words ("one in
five"), numbers from a hundred on in words, and sums over several sentences. So a person reads a commentary first.
"""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from babel import Locale

from ...breakdown import contributions
from ...config import Measure
from ...disclosure.primary import ROUNDED_LARGEST, largest_small
from ...errors import NotReleasable
from ...schema import BANDS, FLOAT, QUARTERS, Reach, names
from ...shapes import Case
from .text import BESIDE_MEASURES, CommentarySection

SHARES = ("value", "lower", "upper")  # of a percentage; what else stands in its row are counts
YEARS_SHOWN = 5  # of the figures under a measure
RATE_PER = 10_000.0  # children, of whom rates are told
ONES = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WELSH = {  # with their mutations and feminine forms
    1: "un",
    2: "dau ddau dwy ddwy",
    3: "tri dri thri tair dair thair",
    4: "pedwar bedwar phedwar pedair bedair phedair",
    5: "pump bump phump pum bum phum",
    6: "chwech chwe",
    7: "saith",
}
WORDS = (
    {word: i for i, word in enumerate(ONES, start=1)}
    | {
        f"{ten}{dash}{one}": 10 * t + o
        for t, ten in enumerate(TENS, 2)
        for o, one in enumerate(ONES[:9], 1)
        for dash in "- "
    }
    | {word: 10 * t for t, word in enumerate(TENS, start=2)}
    | {form: value for value, forms in WELSH.items() for form in forms.split()}
    | {"a single": 1, "couple": 2, "pair": 2, "dozen": 12}
)
WORD = "|".join(sorted(map(re.escape, WORDS), key=len, reverse=True))
SMALL_WORD = "|".join(word for word, value in WORDS.items() if value <= ROUNDED_LARGEST)
DIGITS = r"\d+(?:,\d{3})*(?:\.\d+)?"
ANY = rf"(?:{DIGITS}|{WORD})"
COUNTED = (  # what the small numbers that are protected are numbers of, in English and Welsh
    r"child(?:ren)?|bab(?:y|ies)|infants?|siblings?|boys?|girls?|teenagers?|mothers?|fathers?|parents?|young (?:people|persons?)|famil(?:y|ies)|"
    r"cases?|referrals?|contacts?|assessments?|visits?|registrations?|conferences?|enquir(?:y|ies)|episodes?|placements?|"
    r"(?:p|b|ph)lant|(?:p|b|ph)lentyn|achos(?:ion)?|atgyfeiriad(?:au)?|(?:c|g|ngh|ch)ysylltiad(?:au)?|asesiad(?:au)?|"
    r"ymweliad(?:au)?|(?:f)?erch|merch(?:ed)?|(?:b|f)achgen|bechgyn|(?:ph|b)?person(?:au)? ifanc|(?:ph|b)?pobl ifanc"
)
SPAN = (
    r"(?:working |calendar )?(?:minutes?|hours?|days?|weeks?|months?|quarters?|years?)|"
    r"(?:o )?(?:awr|oriau|diwrnod(?:au)?|niwrnod|wythnos(?:au)?|mis(?:oedd)?|chwarter(?:i)?|blynedd|flynedd|mlynedd)"
)
NOT_BETWEEN = rf"(?!(?:in|per|for|each|every|{SPAN}|workers?|posts?|managers?|teams?|reasons?|things?|schools?|points?|percentage)\b)"
MONTHS = "|".join(
    re.escape(name)
    for language in ("en_GB", "cy")
    for width in ("wide", "abbreviated")
    for name in Locale.parse(language).months["format"][width].values()
)
YEAR_OF = {"M": 12, "W": 52, "Q": 4}  # periods in a year
YEAR = r"(?:19|20)\d\d"
NO_NOUN = rf"(?!\s+(?:{COUNTED})\b)"
# compiled when a commentary is first read: that takes a fifth of a second, which every process would pay
NO_COUNT = (  # numbers that count nothing: dates, years, quarters, spans of time, sections of an Act
    rf"\b{YEAR}\s?[-/–]\s?(?:{YEAR}|\d\d)\b(?:\s?Q[1-4]\b)?|\b(?:Q|(?:quarter|chwarter)\s+)[1-4]\b|"
    rf"\b{YEAR}-\d\d-\d\d\b|\b\d\d?/\d\d?/{YEAR}\b|"
    rf"\b\d\d?(?:st|nd|rd|th)?\s+(?-i:{MONTHS})\b(?:\s+{YEAR}\b|{NO_NOUN})|"
    rf"\b(?-i:{MONTHS})\s+(?:{YEAR}\b|\d\d?\b(?:,?\s+{YEAR}\b|{NO_NOUN}))|"
    rf"\b{YEAR}\b{NO_NOUN}|\b\d\d?(?:st|nd|rd|th)\b|\b(?:sections?|adran)\s+\d+\b|\b(?-i:[A-Z]{{2,}})-\d+\b|"
    rf"\b{ANY}(?:\s*(?:to|or|and|-|–)\s*{ANY})?[\s-]+(?:{SPAN})\b|\b(?:{WORD})\s+(?:in|mewn|o bob)\s+(?:{WORD})\b|"
    rf"\b(?:{WORD})[\s-]+(?:half|halves|thirds?|fifths?|tenths?)\b"
)
OF_CHILDREN = rf"\b(?P<n>{ANY})\b[\s-]+(?:{NOT_BETWEEN}[\w'’-]+\s+){{0,3}}(?:{COUNTED})\b"
# "referrals fell to three.": a number that ends its clause, in a sentence that speaks of children or cases
ENDS_CLAUSE = (
    rf"(?:\b(?:to|from|was|were|is|are|by|with|for|of|than|just|only|totalled|numbered|i|o|oedd|dim ond)\s+|:\s*|\()(?P<n>{SMALL_WORD})\b"
    r"(?=\s*(?:[.,;:)]|$|\s(?:in|this|last|and|or|ym|yn)\b))"
)
ALONE = rf"\W*(?P<n>{SMALL_WORD})\W*"
SENTENCE = re.compile(r"[^.!?]+[.!?]?")
NUMBER = re.compile(rf"(?P<n>{DIGITS})\s?(?P<share>%|per\s?cent\b|y cant\b)?", re.IGNORECASE)


def check_numbers(sections: dict[str, CommentarySection], case: Case, *, name: str) -> None:
    """Refuse a commentary with a number that the page does not show.

    Parameters
    ----------
    sections : dict of str to CommentarySection
        From `read_commentary`.
    case : Case
        Protected; need not be judged.
    name : str
        What the file is called in a refusal.

    Raises
    ------
    NotReleasable
        Names file and line, and never the number. The internal profile is not checked.
    """
    if case.profile == "internal":
        return
    largest = largest_small(case.profile)
    for heading, section in sections.items():
        own = case.project.measures if heading in BESIDE_MEASURES else [case.project.measure(heading)]
        counts, shares = shown(case, own)
        for line, text in section.said:
            for at, small in _not_shown(text, counts, shares, largest):
                why = (
                    f"a number of children or cases from 1 to {largest} is not published. Leave it out"
                    if small
                    else "this number is not among the figures of the page. Write it as the page shows it, or leave it out"
                )
                raise NotReleasable(f"{name}, line {line + text.count(chr(10), 0, at)}: {why}.")


def _not_shown(text: str, counts: set[float], shares: set[float], largest: int) -> Iterator[tuple[int, bool]]:
    """Yield where in a text a number stands that must not, and whether for being small."""
    text = re.sub(NO_COUNT, lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.IGNORECASE)
    for found in re.finditer(OF_CHILDREN, text, re.IGNORECASE):
        if 1 <= _value(found["n"]) <= largest or (found["n"].lower() in WORDS and _value(found["n"]) not in counts):
            yield found.start("n"), _value(found["n"]) <= largest
    for said in SENTENCE.finditer(text):
        if re.search(rf"\b(?:{COUNTED})\b", said[0], re.IGNORECASE):
            yield from ((said.start() + f.start("n"), True) for f in re.finditer(ENDS_CLAUSE, said[0], re.IGNORECASE))
    if alone := re.fullmatch(ALONE, text, re.IGNORECASE):
        yield alone.start("n"), True
    for found in NUMBER.finditer(text):
        if _value(found["n"]) not in (shares if found["share"] else counts):
            yield found.start("n"), False


def _value(written: str) -> float:
    return float(WORDS[written.lower()]) if written.lower() in WORDS else float(written.replace(",", ""))


def shown(case: Case, own: list[Measure]) -> tuple[set[float], set[float]]:
    """Return the numbers and the percentages that a comment on `own` measures may hold.

    Of these measures what the page and the tables beside it show of the last years, and the changes to and within the
    quarter; of the others the quarter's own figures and those they are compared with. No more: where every number
    stands for something, a hidden one passes too.
    """
    counts: set[float] = {0.0, RATE_PER}
    shares: set[float] = set()
    for m in case.measures:
        for target in m.target:
            _add(*((shares, 100 * target.value, 1) if m.kind.share else (counts, target.value, 1)))
        newest, compared = case.newest(m.name), [case.total(m.name, ago) for ago in (0, 1, 4)]
        compared = pd.DataFrame([row for row in compared if row is not None])
        if m not in own:
            for rows in (newest, compared):
                _add(*((shares, 100 * rows["value"], 1) if m.kind.share else (counts, rows["value"], 0)))
            continue
        months, quarters = case.rows(m.name), case.quarters[case.quarters["measure"] == m.name]
        for rows in (months, quarters):
            since = pd.Timestamp(case.quarter.end_time) - pd.DateOffset(years=YEARS_SHOWN)
            _add_figures(rows[rows["period"].map(lambda p: p.start_time) > since], m, counts, shares)
        _add_details(compared.iloc[:1], m, counts, shares)
        _add(shares, 100 * newest["completeness"].astype(float))
        _add(counts, newest[["expected_final", "final_lower", "final_upper"]])
        _add_changes(months, list(newest["period"]), m, counts, shares)
        _add_changes(quarters, [case.quarter], m, counts, shares)
        made_of = contributions(case.parts[case.parts["measure"] == m.name], quarter=case.quarter)
        _add(counts, made_of[["now", "before", "change"]].abs())
        others = case.others[case.others["measure"] == m.name]
        rates = others[["here", "average", "in_region", "in_nation"]]
        _add(*((shares, 100 * rates, 1) if m.kind.share else (counts, rates, 1)))
        _add(counts, others[["shown", "listed", "higher", "judged"]])
    counts -= set(range(1, largest_small(case.profile) + 1))  # be it the same as a change: nobody can tell them apart
    for m in own:
        _add(counts, [*m.bands, *_limits(m)])
    return counts, shares


def _add(known: set[float], values: Any, decimals: int = 0) -> None:
    """Add figures as they may be written: whole, and to `decimals`."""
    values = np.ravel(np.asarray(values, dtype=float))
    values = values[np.isfinite(values)]
    known.update(np.round(values).tolist() if decimals == 0 else [*np.round(values), *np.round(values, decimals)])


def _add_figures(rows: pd.DataFrame, m: Measure, counts: set[float], shares: set[float]) -> None:
    """Add figures with what they are worked out from."""
    if m.kind.share:
        _add(shares, 100 * rows["value"].astype(float), 1)
        _add(counts, rows[["numerator", "denominator"]])
        _add(counts, rows["denominator"] - rows["numerator"])
    else:
        _add(counts, rows["value"], m.kind.decimals)


def _add_details(row: pd.DataFrame, m: Measure, counts: set[float], shares: set[float]) -> None:
    """Add what the page tells of the quarter beside its figure: interval, rate, lateness, causes, repeats, open work."""
    figures = row[names(QUARTERS, among=row, dtype=FLOAT, reach=Reach.PAGE)].astype(float)
    rates = figures.columns.intersection(["per_10000", "rate_lower", "rate_upper"])
    known = {round(v, 1) for v in np.ravel(figures[rates]) if np.isfinite(v)}
    counts |= known
    if m.kind.share:
        _add(shares, 100 * figures[["lower", "upper"]], 1)
        bands = names(QUARTERS, among=figures, name=BANDS)
        _add(shares, 100 * figures[bands].div(figures["denominator"], axis=0), 1)
    if "again" in figures:
        _add(shares, 100 * figures["again"] / figures["again_of"])
    _add(counts, figures.drop(columns=[*rates, *SHARES]))


def _add_changes(rows: pd.DataFrame, periods: list, m: Measure, counts: set[float], shares: set[float]) -> None:
    """Add the changes among the periods, and to each from the one before and from the year before."""
    of = rows.set_index("period")["value"].astype(float)
    year = YEAR_OF[periods[0].freqstr[0]] if periods else 0
    pairs = {(p, p - ago) for p in periods for ago in (1, year)} | {(b, a) for a, b in combinations(sorted(periods), 2)}
    for now, before in pairs:
        if now in of.index and before in of.index:
            change = of[now] - of[before]
            _add(counts, 100 * abs(change) if m.kind.share else abs(change), 1 if m.kind.share else 0)
            if of[before]:
                _add(shares, 100 * abs(change / of[before]), 1)


def _limits(m: Measure) -> list[float]:
    return [limit for limit in (m.within.working_days, m.within.hours) if limit is not None] if m.within else []
