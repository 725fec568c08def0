"""One verdict for one series."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..classes import CLASSES, NONE
from ..kinds import DEFAULT, kind_of
from ..periods import parse_quarter, quarter_code, quarter_of
from ..series import on_periods, refuse
from ..shapes import two_columns
from .block import Block, arrange
from .events import read_events
from .hidden import average, totals_over, values_that_fit
from .hypotheses import AHEAD
from .many_series import judge_block


@dataclass(frozen=True)
class Verdict:
    """Whether a quarter's change is a trend or a short-term issue.

    Attributes
    ----------
    quarter : pandas.Period
    call : str
        One of the five classes, "too early to tell" or "too little data".
    probabilities : dict
        Of the five classes; sums to 1.
    persists : float
        Probability that at least half of the departure remains, on average, over the next twelve months; NaN where
        nothing departed.
    change : float
        Of the quarter, as a fraction of what was expected; for a named change, of what was usual before it.
    change_interval : tuple of float
        80% interval.
    onset : pandas.Period or None
    onset_probability : float
    since : pandas.Period or None
        Month since which the level is new: a step of 10% or more, 7 to 24 months old, of which the quarter keeps half.
    reason : str
    question : str
        Does at least half of the quarter's departure stay, on average, over the year after it? "lasts", "passed", "open",
        or "none" where nothing departed by enough to be asked about.
    probability : float
        That it lasts, from what came since in all; at the quarter's end the same as `persists`.
    settled_from : pandas.Period or None
        The month from which the answer stands.
    settles : pandas.DataFrame
        months (3, 6, 9), until, lasts_if, passed_if, half, chance. The total of the months after the quarter at or beyond
        which the change lasts, and at or short of which it has passed; what half of the departure would come to; and
        the chance to know by then. Of percentages, children open, averages and other values it is no total but their
        mean, of percentages weighted by their cases. NaN where the chance is under a tenth. Empty when nothing is open.
    settled_by : pandas.Period or None
        The quarter by which an answer is likelier than not.
    half : float
        What half of the departure would come to in the year after the quarter: what decides at last.
    flags : tuple of str
    """

    quarter: pd.Period
    call: str
    probabilities: dict
    persists: float
    change: float
    change_interval: tuple
    onset: pd.Period | None
    onset_probability: float
    since: pd.Period | None
    reason: str
    question: str
    probability: float
    settled_from: pd.Period | None
    settles: pd.DataFrame
    settled_by: pd.Period | None
    half: float
    flags: tuple

    def _rows(self) -> dict[str, str]:
        low, high = self.change_interval
        return {
            "Quarter": quarter_code(self.quarter),
            "Call": self.call,
            **{name.capitalize(): f"{p:.0%}" for name, p in self.probabilities.items()},
            "Still there in a year": "" if np.isnan(self.persists) else f"{self.persists:.0%}",
            "Change": "" if np.isnan(self.change) else f"{self.change:+.0%} ({low:+.0%} to {high:+.0%})",
            "Reason": self.reason,
            "Question": "" if self.question == NONE else f"{self.question} ({self.probability:.0%})",
        }

    def __repr__(self) -> str:
        rows = {name: text for name, text in self._rows().items() if text}
        width = max(map(len, rows)) + 2
        return "\n".join(f"{name:<{width}}{text}" for name, text in rows.items())

    def _repr_html_(self) -> str:
        return two_columns(self._rows())


def judge(
    series: pd.Series,
    *,
    quarter: pd.Period | str,
    kind: str = DEFAULT,
    nation: str | None = "england",
    denominator: pd.Series | None = None,
    completeness: pd.Series | None = None,
    comparator: pd.Series | None = None,
    events: Iterable = (),
    through: pd.Period | str | None = None,
    lower: pd.Series | None = None,
    upper: pd.Series | None = None,
    totals: pd.Series | None = None,
) -> Verdict:
    """Judge one series at one quarter's end.

    Parameters
    ----------
    series : pandas.Series
        On a monthly ('M') or weekly ('W-SUN') PeriodIndex, or on dates a week or a month apart, a row a period; NaN =
        missing. Points after the quarter, or after `through`, are ignored.
    quarter : str or pandas.Period
        Such as ``2020-21Q4``.
    kind : str
        One of `analysis.kinds.KINDS`: flow, stock, percent, mean or value.
        Of percentages the series holds fractions, 0 to 1.
    nation : {"england", "wales"} or None
        Whose working days; None = no adjustment.
    denominator, completeness, comparator : pandas.Series, optional
        On months or weeks as the series: cases behind each percentage, share already recorded, the nation's series.
    events : iterable
        Registered events of this measure: date, title, effect ("recording", "definition" or "context").
    through : str or pandas.Period, optional
        A month after the quarter. The quarter's question is then answered with what came up to it, after 3, 6 and 9
        months and, as a fact, after 12; the rest of the verdict stays that of the quarter's end.
    lower, upper : pandas.Series, optional
        Bounds of counts that are not known, on months or weeks as the series: 1 and 5 of a count that is hidden.
    totals : pandas.Series, optional
        What the months of whole quarters come to, on quarters (``2020-21Q4`` or a PeriodIndex). The verdict is then
        averaged over values that fit bounds and totals.

    Returns
    -------
    Verdict

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` for arguments that nothing can be made of; never for poor data.

    Examples
    --------
    >>> months = pd.period_range("2017-04", "2021-03", freq="M")
    >>> verdict = judge(pd.Series(450.0, index=months), quarter="2020-21Q4", nation=None)
    >>> verdict.call
    'usual variation'
    """
    about: dict[str, Any] = {
        "kind": kind,
        "nation": nation,
        "denominator": denominator,
        "completeness": completeness,
        "comparator": comparator,
        "lower": lower,
        "upper": upper,
        "totals": totals,
    }
    block, later = block_of(series, quarter=quarter, **about), None
    if through is not None:
        asked = parse_quarter(quarter)
        months = _months_since(asked, through)
        last = quarter_of(pd.PeriodIndex([block.months[-1] + months]))[0]
        later = block_of(series, quarter=last, **about).later(asked, months)
    count = len(block.values)
    judged = judge_block(block, [read_events(events)] * count, later)
    columns = average(judged, np.arange(count)) if count > 1 else {name: column[0] for name, column in judged.items()}
    return Verdict(
        parse_quarter(quarter),
        columns["call"],
        {name: float(columns[name]) for name in CLASSES},
        float(columns["persists"]),
        float(columns["change"]),
        (float(columns["change_lower"]), float(columns["change_upper"])),
        columns["onset"],
        float(columns["onset_probability"]),
        columns["since"],
        columns["reason"],
        columns["question"],
        float(columns["probability"]),
        columns["settled_from"],
        columns["settles"],
        columns["settled_by"],
        float(columns["half"]),
        columns["flags"],
    )


def _months_since(quarter: pd.Period, through: pd.Period | str) -> int:
    """Return how many months after the quarter are looked at; a year is enough."""
    try:
        month = pd.Period(through, freq="M")
    except (TypeError, ValueError):
        refuse("The argument `through` is a month, for example '2021-06'.")
    months = month.ordinal - quarter.asfreq("M", how="end").ordinal
    if months < 0:
        refuse("The argument `through` lies before the quarter's end. Name its last month or a later one.")
    return min(months, AHEAD)


def block_of(
    series: pd.Series,
    *,
    quarter: pd.Period | str,
    kind: str,
    nation: str | None,
    denominator: pd.Series | None = None,
    completeness: pd.Series | None = None,
    comparator: pd.Series | None = None,
    lower: pd.Series | None = None,
    upper: pd.Series | None = None,
    totals: pd.Series | None = None,
) -> Block:
    """Return one series as a block of one row, or of a row a set of values that fits; refuse what is none of months or weeks."""
    quarter, series = parse_quarter(quarter), on_periods(series)
    if series.empty:
        series = pd.Series([np.nan], index=pd.PeriodIndex([quarter.end_time], freq="M"))

    def beside(name: str, other: pd.Series | None) -> np.ndarray | None:
        if other is None:
            return None
        other = on_periods(other, f"The argument `{name}`")
        if other.index.freqstr != series.index.freqstr:
            refuse(f"The argument `{name}` is by other periods than the series. Give both by month, or both by week.")
        return other.reindex(series.index).to_numpy()[None]

    values = series.to_numpy(dtype=float)[None]
    if lower is not None or upper is not None or totals is not None:
        nothing = np.full(values.shape, np.nan)
        low, high = (
            nothing if (bound := beside(name, x)) is None else bound for name, x in (("lower", lower), ("upper", upper))
        )
        sums = [] if totals is None else totals_over(totals, series.index)
        values = values_that_fit(values[0], low[0], high[0], sums)

    def of_each(name: str, other: pd.Series | None) -> np.ndarray | None:
        own = beside(name, other)
        return None if own is None else np.repeat(own, len(values), axis=0)

    return arrange(
        values,
        series.index,
        quarter=quarter,
        kind=kind_of(kind),
        nation=nation,
        denominator=of_each("denominator", denominator),
        completeness=of_each("completeness", completeness),
        comparator=of_each("comparator", comparator),
    )
