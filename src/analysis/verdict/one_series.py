"""One verdict for one series."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..classes import CLASSES
from ..kinds import DEFAULT, kind_of
from ..periods import parse_quarter, quarter_code
from ..series import on_periods, refuse
from ..shapes import sheet
from .block import Block, arrange
from .events import read_events
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
    settles : pandas.DataFrame
        period, lasts_if, spike_if: months at or beyond their `lasts_if` up to `period` make the call sustained, months
        at or short of their `spike_if` a spike; NaN where no value would. Empty when there is nothing to settle.
    settled_by : pandas.Period or None
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
    settles: pd.DataFrame
    settled_by: pd.Period | None
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
        }

    def __repr__(self) -> str:
        rows = {name: text for name, text in self._rows().items() if text}
        width = max(map(len, rows)) + 2
        return "\n".join(f"{name:<{width}}{text}" for name, text in rows.items())

    def _repr_html_(self) -> str:
        return sheet(self._rows())


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
) -> Verdict:
    """Judge one series at one quarter's end.

    Parameters
    ----------
    series : pandas.Series
        On a monthly ('M') or weekly ('W-SUN') PeriodIndex, or on dates a week or a month apart, a row a period; NaN =
        missing. Points after the quarter are ignored.
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
    block = block_of(
        series,
        quarter=quarter,
        kind=kind,
        nation=nation,
        denominator=denominator,
        completeness=completeness,
        comparator=comparator,
    )
    columns = {name: column[0] for name, column in judge_block(block, [read_events(events)]).items()}
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
        columns["settles"],
        columns["settled_by"],
        columns["flags"],
    )


def block_of(
    series: pd.Series,
    *,
    quarter: pd.Period | str,
    kind: str,
    nation: str | None,
    denominator: pd.Series | None = None,
    completeness: pd.Series | None = None,
    comparator: pd.Series | None = None,
) -> Block:
    """Return one series as a block of one row; refuse what is none of months or weeks."""
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

    return arrange(
        series.to_numpy()[None],
        series.index,
        quarter=quarter,
        kind=kind_of(kind),
        nation=nation,
        denominator=beside("denominator", denominator),
        completeness=beside("completeness", completeness),
        comparator=beside("comparator", comparator),
    )
