"""Which sentence of the catalogue says why a verdict was given; none of more than about thirty words.

The reason is English, whatever language a page speaks: a page in another language marks it as such.
"""

import numpy as np
import pandas as pd

from ..classes import RECORDING, SHIFT, SPIKE, TOO_EARLY, TREND, USUAL
from ..language import ENGLISH, say, speaking

BACK = 0.10  # a departure smaller than this is back at what was usual
PLAIN = 0.7  # probability from which usual variation is said plainly
MOST, PART = 0.6, 0.3  # of a departure that the nation shows too


def above_or_below(change: float) -> str:
    """Say how far above or below; without a number where there is no percentage."""
    side = "above" if change > 0 else "below"
    if np.isinf(change):
        return say(f"reason.{side}")
    if not round(100 * change):
        return say("reason.level_with")
    return say(f"reason.{side}_by", percentage=f"{abs(change):.0%}")


def reason(
    call: str,
    *,
    usual: float,
    thin: bool,
    before: bool,
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
    before : bool
        Whether zeros before the count began were left out.
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
    when = "month" if one_month else "quarter"
    keys = {
        USUAL: [f"{when}_lies", "chance" if usual >= PLAIN else "perhaps_chance"],
        SPIKE: ["passed" if abs(change) < BACK else "short_lived"],
        SHIFT: ["level_changed"],
        TREND: ["rising" if change > 0 else "falling"],
        RECORDING: ["registered_break" if registered else "too_deep"],
        TOO_EARLY: [f"{when}_lies", f"{when}_alike"],
    }[call]
    if registered and call != RECORDING:
        keys.append("registered")
    if np.isfinite(shared) and call != USUAL:
        keys.append("nation_most" if shared >= MOST else "nation_part" if shared >= PART else "nation_little")
    keys += [key for key, true in (("context", context), ("thin", thin), ("before", before)) if true]
    if settled_by is not None and call == TOO_EARLY:
        keys.append("clear_by")
    with speaking(ENGLISH):
        fields = {
            "began": _month(onset),
            "by": _month(settled_by),
            "where": above_or_below(change),
            "event": registered or "",
            "events": context or "",
        }
        return " ".join(say(f"reason.{key}", **fields) for key in keys)


def _month(period: pd.Period | None) -> str:
    return "" if period is None else period.strftime("%B %Y")


def reason_for_none(*, enough: bool, thin: bool) -> str:
    """Say why there is no verdict."""
    with speaking(ENGLISH):
        return say(f"reason.{'too_few_months' if not enough else 'not_recorded' if thin else 'no_figures'}")
