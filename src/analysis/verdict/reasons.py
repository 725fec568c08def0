"""Which sentence of the catalogue says why a verdict was given; none of more than about thirty words.

The reason is English, whatever language a page speaks: a page in another language says the same sentences of its catalogue.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..classes import MOST_SHARED, PART_SHARED, RECORDING, SHIFT, SPIKE, TOO_EARLY, TREND, USUAL
from ..language import ENGLISH, say, speaking

BACK = 0.10  # a departure smaller than this is back at what was usual


@dataclass(frozen=True)
class Grounds:
    """What a verdict rests on, as far as its sentence tells it.

    Attributes
    ----------
    call : str
    shape : str
        The class whose shape a change has that is not named; empty for none.
    outside : bool
        Whether the quarter lies outside the range that was to be expected.
    month_inside : bool
        Whether its newest month by itself lies within it.
    one_month : bool
        Whether the change is that of the newest month alone.
    share : bool
        Whether the series is one of percentages: what follows is then in hundredths, and told in points.
    stays : bool
        Whether it is likelier than not that half of it stays.
    change : float
        As a fraction of the expected level.
    year : float
        Of the quarter, as a fraction of the same quarter a year before; NaN where that is not known or no news.
    onset, since, settled_by : pandas.Period or None
    level : float
        Of the new level that `since` speaks of, as a fraction of the one before it.
    registered : str or None
        Title of a recording change with which the change begins.
    shared : float
        How much of the departure the nation shows too; NaN when not known.
    context : str or None
        Title of another event in or just before the quarter.
    thin, before : bool
        Whether months that are not fully recorded, or zeros before the count began, were left out.
    """

    call: str
    shape: str = ""
    outside: bool = True
    month_inside: bool = False
    one_month: bool = False
    share: bool = False
    stays: bool = False
    change: float = 0.0
    year: float = np.nan
    onset: pd.Period | None = None
    since: pd.Period | None = None
    level: float = np.nan
    settled_by: pd.Period | None = None
    registered: str | None = None
    shared: float = np.nan
    context: str | None = None
    thin: bool = False
    before: bool = False


def above_or_below(change: float, points: bool = False) -> str:
    """Say how far above or below, of percentages in points; without a number where there is none."""
    side = "above" if change > 0 else "below"
    if not np.isfinite(change):
        return say(f"reason.{side}")
    size = f"{abs(100 * change):.1f}".removesuffix(".0") if points else f"{abs(100 * change):.0f}"
    if not float(size):
        return say("reason.level_with")
    if points:
        return say("reason.points", plural=float(size), points=size, side=say(f"reason.{side}"))
    return say(f"reason.{side}_by", percentage=f"{size}%")


def reason(of: Grounds) -> str:
    """Say why a call was made."""
    keys = [*_keys_of_the_call(of)]
    if of.registered and of.call != RECORDING:
        keys.append("registered")
    if of.since is not None and of.call not in (SHIFT, TREND) and not np.isnan(of.level):
        keys.append("new_level")
    elif of.call == USUAL and np.isfinite(of.year):
        keys.append("year_before")
    if np.isfinite(of.shared) and of.call != USUAL:
        keys.append(
            "nation_most"
            if of.shared >= MOST_SHARED
            else "nation_part"
            if of.shared >= PART_SHARED
            else "nation_little"
        )
    keys += [key for key, true in (("context", of.context), ("thin", of.thin), ("before", of.before)) if true]
    if of.settled_by is not None and of.call == TOO_EARLY:
        keys.append("clear_by")
    with speaking(ENGLISH):
        fields = {
            "began": _month(of.onset),
            "since": _month(of.since),
            "by": _month(of.settled_by),
            "where": above_or_below(of.change, of.share),
            "year": above_or_below(of.year, of.share),
            "level": above_or_below(of.level, of.share),
            "event": of.registered or "",
            "events": of.context or "",
        }
        return " ".join(say(f"reason.{key}", **fields) for key in keys)


def _keys_of_the_call(of: Grounds) -> list[str]:
    """Return the sentences that a call has by itself."""
    if of.call == TOO_EARLY:
        if of.one_month:
            return ["month_lies", "month_alike"]
        within = ["newest_within"] if of.month_inside else []
        shape = "perhaps_passing_high" if of.shape == SPIKE and of.stays else SHAPES.get(of.shape, "quarter_alike")
        return ["quarter_lies", *within, shape]
    return {
        USUAL: ["quarter_lies", "slight"] if of.outside else ["quarter_within"],
        SPIKE: ["passed" if abs(of.change) < BACK else "short_lived"],
        SHIFT: ["level_changed"],
        TREND: ["rising" if of.change > 0 else "falling"],
        RECORDING: ["registered_break" if of.registered else "too_deep"],
    }[of.call]


SHAPES = {SHIFT: "perhaps_level", TREND: "perhaps_climb", SPIKE: "perhaps_passing"}  # of what is not named


def _month(period: pd.Period | None) -> str:
    return "" if period is None else period.strftime("%B %Y")


def reason_for_none(*, enough: bool, thin: bool) -> str:
    """Say why there is no verdict."""
    with speaking(ENGLISH):
        return say(f"reason.{'too_few_months' if not enough else 'not_recorded' if thin else 'no_figures'}")
