"""Figures, probabilities and dates as the page writes them."""

import datetime as dt
import math
import re

import pandas as pd
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from ...config import Measure
from ...language import Section, locale, say, sentences
from ...schema import MARK_OR

# Professional Head of Intelligence Assessment, probability yardstick: word, from, to.
# A value between two bands takes the nearer one; at the same distance the less certain one. "About even" is ours.
YARDSTICK = [
    ("remote chance", 0.0, 0.05),
    ("highly unlikely", 0.10, 0.20),
    ("unlikely", 0.25, 0.35),
    ("realistic possibility", 0.40, 0.50),
    ("about even", 0.51, 0.54),
    ("likely", 0.55, 0.75),
    ("highly likely", 0.80, 0.90),
    ("almost certain", 0.95, 1.0),
]
SURE_DIGITS = (0.01, 0.99)  # a probability is never printed as 0% or 100%
SYMBOL = {
    "suppressed": "c",
    "not available": "x",
    "not applicable": "z",
    "low reliability": "u",
    "missing": "missing",
    "unreadable": "no number",
    "impossible": "impossible",
    "none due": "none due",
    "none counted": "none counted",
}
SYMBOL_WORDS, NO_FIGURE = Section("symbol"), Section("no_figure")
NONE = "–"
VOWELS = tuple("aeiouwyâêîôûŵŷ")  # Welsh says "ac" before them, and "a" before all else
WHOLE, TENTH, TENTH_IF_ANY, SIGNED = "#,##0", "#,##0.0", "#,##0.#", "+#,##0;-#,##0"  # Unicode number patterns
WHOLE_SHARE, TENTH_SHARE, SIGNED_SHARE = "#,##0%", "#,##0.#%", "+#,##0%;-#,##0%"


def number(value: float, measure: Measure | None = None, decimals: int = 0) -> str:
    """Write a figure in its measure's unit: counts with thousands, shares as a percentage to one decimal.

    >>> number(1234.0), number(0.91864, Measure(name="v", title="V", dataset="d", type="percent"))
    ('1,234', '91.9%')
    """
    if value is None or math.isnan(value):
        return NONE
    if measure is not None and measure.kind.share:
        return share(value, TENTH_SHARE)
    decimals = decimals if measure is None else max(decimals, measure.kind.decimals)
    return decimal(value, WHOLE + ("." + decimals * "0" if decimals else ""))


def decimal(value: float, pattern: str) -> str:
    """Write a figure by a Unicode number pattern.

    >>> decimal(1234.56, TENTH), decimal(12.0, SIGNED)
    ('1,234.6', '+12')
    """
    return format_decimal(value, format=pattern, locale=locale())


def share(value: float, pattern: str = WHOLE_SHARE) -> str:
    """Write a fraction of one as a percentage.

    >>> share(0.25), share(-0.042, SIGNED_SHARE), share(-0.004, SIGNED_SHARE)
    ('25%', '-4%', '0%')
    """
    if pattern == SIGNED_SHARE and not round(value, 2):
        pattern, value = WHOLE_SHARE, 0.0  # which has no sign
    return format_percent(value, format=pattern, locale=locale())


def figure(row: pd.Series | dict, measure: Measure) -> str:
    """Write one figure of a table, by its value and status, or the symbol that stands for it."""
    if pd.isna(row["value"]):
        return sign(row)
    return number(row["value"], measure)


def _why(row: pd.Series | dict) -> tuple[str, dict[str, str]]:
    """Return why a figure is missing, as strings name it: its status, or its mark and the fields of that string."""
    mark = row.get("mark")
    if not isinstance(mark, str) or not mark:
        return str(row["status"]), {}
    first, last = re.findall(r"\d+", mark) or ("", "")
    return ("either" if MARK_OR in mark else "few" if first else "other"), {"first": first, "last": last}


@sentences
def sign(row: pd.Series | dict) -> str:
    """Return the sign that stands in place of a figure."""
    why, fields = _why(row)
    return say(f"mark.{why}", **fields) if fields else SYMBOL.get(why, NONE)


@sentences
def sign_means(row: pd.Series | dict) -> str:
    """Say what the sign in place of a figure means; nothing where that needs no words."""
    why, fields = _why(row)
    symbol = why if fields else SYMBOL.get(why)
    return say(f"symbol.{symbol}", **fields) if fields or symbol in SYMBOL_WORDS else ""


@sentences
def no_figure(row: pd.Series | dict) -> str:
    """Say why there is no figure."""
    why, fields = _why(row)
    return say(f"no_figure.{why}", **fields) if fields or why in NO_FIGURE else ""


def band_of(p: float) -> str:
    """Return the yardstick's band in which a probability lies, by its English name."""
    away = [(max(low - p, p - high, 0.0), abs((low + high) / 2 - 0.5), word) for word, low, high in YARDSTICK]
    return min(away)[2]


@sentences
def likelihood(p: float) -> str:
    """Return the yardstick's word.

    >>> [likelihood(p) for p in (0.03, 0.15, 0.6, 0.77, 0.97)]
    ['remote chance', 'highly unlikely', 'likely', 'likely', 'almost certain']
    """
    return say(f"yardstick.{band_of(p)}")


@sentences
def yardstick() -> str:
    """Say which words stand for which probabilities."""
    bands = [
        say("yardstick.band", word=say(f"yardstick.{word}"), low=share(low), high=share(high))
        for word, low, high in YARDSTICK
    ]
    return say("yardstick.all", bands=", ".join(bands))


def it_is(p: float) -> dict[str, str]:
    """Return how a sentence about a probability begins, and the probability, as fields of a string."""
    return {"it_is": say(f"it_is.{band_of(p)}"), "percentage": percentage(p)}


@sentences
def percentage(p: float) -> str:
    """Write a probability; never 0% or 100%.

    >>> percentage(0.6), percentage(0.999)
    ('60%', 'over 99%')
    """
    low, high = SURE_DIGITS
    if low <= p <= high:
        return share(p)
    return say("write.under", percentage=share(low)) if p < low else say("write.over", percentage=share(high))


@sentences
def chance(p: float) -> str:
    """Return a probability with its word.

    >>> chance(0.6)
    '60%, likely'
    """
    return say("write.chance", percentage=percentage(p), word=likelihood(p))


def day(date: dt.date) -> str:
    """Return ``12 April 2021``."""
    return format_date(date, "d MMMM y", locale=locale())


@sentences
def month(period: pd.Period) -> str:
    """Return ``March 2021``; a week by its Monday."""
    first = period.start_time.date()
    return format_date(first, "MMMM y", locale=locale()) if period.freqstr == "M" else say("write.week", day=day(first))


def short_month(date: dt.date, *, year: bool = True) -> str:
    """Return ``Mar 2021``, or ``Mar``."""
    return format_date(date, "MMM y" if year else "LLL", locale=locale())


@sentences
def quarter(period: pd.Period) -> str:
    """Return ``Quarter 4 2020/21``."""
    return say("write.quarter", number=str(period.quarter), year=f"{period.qyear - 1}/{period.qyear % 100:02d}")


@sentences
def quarter_span(period: pd.Period) -> str:
    """Return ``January to March 2021``."""
    return say(f"write.span_{period.quarter}", year=str(period.end_time.year))


@sentences
def listing(parts: list[str]) -> str:
    """Join with commas and a last "and"."""
    if len(parts) < 2:
        return "".join(parts)
    key = "write.and_vowel" if parts[-1][:1].lower() in VOWELS else "write.and"
    return say(key, parts=", ".join(parts[:-1]), last=parts[-1])


def sentence(words: str) -> str:
    """Start with a capital and end with a full stop."""
    return words[:1].upper() + words[1:] + "." if words else ""


def plain_name(name: str) -> str:
    """Return a dataset's or role's name as words."""
    return name.replace("_", " ")
