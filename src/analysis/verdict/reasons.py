"""Plain sentences for each verdict, none of more than about thirty words."""

import numpy as np
import pandas as pd

BACK = 0.10  # a departure smaller than this is back at what was usual
PLAIN = 0.7  # probability from which usual variation is said plainly
MOST, PART = 0.6, 0.3  # of a departure that the nation shows too


def month_name(period: pd.Period) -> str:
    return period.strftime("%B %Y")


def percent(change: float) -> str:
    """Say how far above or below; without a number where there is no percentage."""
    side = "above" if change > 0 else "below"
    if np.isinf(change):
        return side
    return f"{abs(change):.0%} {side}" if round(100 * change) else "level with"


def explain(
    call: str,
    *,
    usual: float,
    thin: bool,
    one_month: bool,
    change: float,
    onset: pd.Period | None,
    settled_by: pd.Period | None,
    registered: str | None,
    shared: float,
    context: str | None,
) -> str:
    """Say why a call was made.

    Parameters
    ----------
    call : str
    usual : float
        Probability of usual variation.
    thin : bool
        Whether months that are not fully recorded were left out.
    one_month : bool
        Whether the change is that of the newest month alone.
    change : float
        As a fraction of the expected level.
    onset, settled_by : pandas.Period or None
    registered : str or None
        Title of a recording change with which the change begins.
    shared : float
        How much of the departure the nation shows too; NaN when not known.
    context : str or None
        Title of another event in or just before the quarter.
    """
    began = month_name(onset) if onset is not None else ""
    what = "The newest month" if one_month else "The quarter"
    where = f"{what} lies {percent(change)} what the season and the year before lead one to expect"
    against = f"the quarter lies {percent(change)} what was usual before"
    passed = abs(change) < BACK
    chance = "That is no more than this series does from time to time" if usual >= PLAIN else "That may well be chance"
    short = f"The change that began in {began} looks short-lived: {against}, without the shape of a new level"
    alike = f"So far {'chance, ' if one_month else ''}a short-term issue and a lasting change would look alike"
    said = {
        "usual variation": f"{where}. {chance}",
        "short-term spike": f"A short-term change began in {began} and has passed" if passed else short,
        "sustained shift": f"The level changed in {began} and has held since: {against}",
        "trend": f"The figures have been {'rising' if change > 0 else 'falling'} step by step since {began}: {against}",
        "recording break": f"The fall that began in {began} is too deep and too sudden to be demand. "
        "It looks like recording, such as a change of case system",
        "too early to tell": f"{where}. {alike}",
    }[call]
    if call == "recording break" and registered:
        said = (
            f"The change that began in {began} goes with a registered recording change ({registered}). "
            "So it speaks of the record and not of demand"
        )
    elif registered:
        said += f". A recording change is registered then ({registered})"
    if np.isfinite(shared) and call != "usual variation":
        said += f". The nation shows {'most' if shared >= MOST else 'part' if shared >= PART else 'little'} of it too"
    if context:
        said += f". In the same quarter: {context}"
    if thin:
        said += ". Months that are not fully recorded yet are left out"
    if settled_by is not None and call == "too early to tell":
        said += f". It should be clear by {month_name(settled_by)}"
    return said + "."


def explain_nothing(*, enough: bool, thin: bool) -> str:
    """Say why there is no verdict."""
    if not enough:
        return "There are too few months with figures for a verdict."
    if thin:
        return "The quarter's months are not fully recorded yet, so they are not judged."
    return "The quarter has no figures to judge."
