"""What a page says of each measure, in brief, for the index of all pages. Nothing stands here that the page does not show."""

from typing import Any

import numpy as np
import pandas as pd

from ..classes import RECORDING, SHIFT, SPIKE, TREND, USUAL
from ..config import Measure
from ..periods import QUARTERS_A_YEAR
from ..shapes import Case
from . import words

STANDS_OUT = (SHIFT, TREND, SPIKE, RECORDING)
PER = 10_000  # children, of whom rates are told
TRAIL = 24  # months of the small picture: two years
DIGITS = 4  # of a probability or a fraction, on which the locked versions of all Pythons agree


@words.in_its_language
def in_brief(case: Case) -> dict[str, dict[str, Any]]:
    """Return what the page of a judged case says of each measure, as JSON takes it.

    Returns
    -------
    dict
        By measure: call (the class), said (in words), stands_out, up, size (in words), chance (that it lasts), usual (the probability that nothing
        happened), value and figure (of the quarter, as a number and in words), year (the change on the same quarter a year
        before, of percentages in hundredths) and on_year (in words), rate, observed and exposed (the count, and among how
        many), trail (the newest months), variation (letters of the control chart) and control (its words). What is not
        shown is None or an empty text.
    """
    return {m.name: _of_measure(case, m) for m in case.measures}


def _of_measure(case: Case, m: Measure) -> dict[str, Any]:
    verdict, now, before = case.verdicts.loc[m.name], case.total(m.name), case.total(m.name, QUARTERS_A_YEAR)
    value, year_before = (np.nan if row is None else float(row["value"]) for row in (now, before))
    year = value - year_before if m.kind.share else value / year_before - 1 if year_before > 0 else np.nan
    rate = np.nan if now is None else float(now["per_10000"])
    observed, exposed = value, value / rate * PER if rate > 0 else np.nan
    if m.kind.share and now is not None:
        observed, exposed = now["numerator"], now["denominator"]
    months = case.rows(m.name)
    months = months[months["status"].notna() | months["value"].notna()]
    chart = case.controls.get(m.name)
    return {
        "call": verdict["call"],
        "said": words.call_of(verdict, m),
        "stands_out": verdict["call"] in STANDS_OUT or words.holds(verdict),
        "up": bool(verdict["change"] > 0),
        "size": words.signed_change(verdict["change"], m)
        if np.isfinite(verdict["change"]) and round(verdict["change"], 2)
        else "",
        "chance": _number(verdict["persists"]),
        "usual": _number(verdict[USUAL]),
        "value": _number(value),
        "figure": "" if now is None else words.figure(now, m),
        "year": _number(year),
        "on_year": words.signed_change(year, m),
        "rate": _number(rate),
        "observed": _number(observed),
        "exposed": _number(exposed),
        "trail": [_number(v) for v in months["value"].tail(TRAIL)]
        if len(months) and months["period"].iloc[-1].freqstr == "M"
        else [],
        "variation": words.control_icon(chart),
        "control": "" if chart is None else words.control_words(chart),
    }


def _number(value: float) -> float | None:
    return round(float(value), DIGITS) if pd.notna(value) and np.isfinite(value) else None
