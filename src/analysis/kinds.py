"""The kinds of measure, and all that sets one apart from another.

A new kind is one more entry here. Where it behaves as no kind did before (it is counted in another way, say), the name of
that behaviour gets its function in the one table that holds them: `measuring.cases.COUNTED_BY`, `measuring.aggregates.COMBINED`,
`breakdown.outturn.COMBINED`, `verdict.scale.SCALES`; what its chart is called stands in the catalogue of words under `chart`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import pandas as pd

from .errors import Refused, nearest

EVENTS, OPEN, SHARED, AVERAGE = "events", "open", "share", "average"  # how cases are counted
SUM, LAST, POOLED, MEAN = "sum", "last", "pooled", "mean"  # how months become a quarter, and a year
SCATTERED, CARRIED, SHARE, FIGURE = "scattered counts", "carried counts", "share", "figure"  # scales of judging
COUNT, ON_TIME, LATE, ALL = "count", "on time", "late", "all"  # which counts of cases a row of figures holds


@dataclass(frozen=True)
class Kind:
    """One kind of measure.

    Attributes
    ----------
    name : str
        As the configuration writes it, and as the column `type` holds it.
    combined : {"sum", "last", "pooled", "mean"}
        How months become a quarter, and quarters a year. What is averaged has no sum over areas either.
    scale : {"scattered counts", "carried counts", "share", "figure"}
        The scale on which the verdict judges it.
    plotted : str
        What the chart says it shows: the entry `<plotted>_month` or `<plotted>_week` under `chart` in the words.
    parts : tuple of {"count", "on time", "late", "all"}
        The counts of cases that a row holds, which disclosure control protects.
    counted_by : {"events", "open", "share", "average", ""}
        How cases become figures; empty where only given figures can be of this kind.
    columns : tuple of str
        The columns that a dataset of cases must have.
    dated : bool
        Whether cases need a date by which they are counted.
    count : bool
        The figure is a count of children or cases: protected even where nobody knows of how many children, and told
        for each 10,000 children. Any other is protected where it is known how many children stand behind it.
    share : bool
        The figure is a fraction of one: a numerator over a denominator, written as a percentage.
    decimals : int
        With which a figure that is no share is written.
    lowest, highest : float
        What a figure can be; what lies below is not taken for one.
    """

    name: str
    combined: str
    scale: str
    plotted: str
    parts: tuple[str, ...]
    counted_by: str = ""
    columns: tuple[str, ...] = ()
    dated: bool = False
    count: bool = False
    share: bool = False
    decimals: int = 0
    lowest: float = -inf
    highest: float = inf

    @property
    def at_end(self) -> bool:
        """Whether a figure is that of its period's last day."""
        return self.combined == LAST

    @property
    def accrues(self) -> bool:
        """Whether a figure grows from day to day: more working days make more of it, and late records have less."""
        return self.combined == SUM

    @property
    def events(self) -> bool:
        """Whether a figure is a number of events, each on a day of its period."""
        return self.count and self.accrues

    @property
    def averages(self) -> bool:
        """Whether a figure is the mean of cases."""
        return self.counted_by == AVERAGE

    @property
    def counts_value(self) -> bool:
        """Whether the figure itself is a count of cases, where it is known to be one of children."""
        return COUNT in self.parts


_ALL = (
    Kind(
        "flow",
        combined=SUM,
        scale=SCATTERED,
        plotted="flow",
        parts=(COUNT,),
        counted_by=EVENTS,
        dated=True,
        count=True,
        lowest=0,
    ),
    Kind(
        "stock",
        combined=LAST,
        scale=CARRIED,
        plotted="stock",
        parts=(COUNT,),
        counted_by=OPEN,
        columns=("started", "ended"),
        count=True,
        lowest=0,
    ),
    Kind(
        "percent",
        combined=POOLED,
        scale=SHARE,
        plotted="percent",
        parts=(ON_TIME, LATE, ALL),
        counted_by=SHARED,
        share=True,
        lowest=0,
        highest=1,
    ),
    Kind(
        "stock_percent",
        combined=LAST,
        scale=SHARE,
        plotted="stock_percent",
        parts=(ON_TIME, LATE, ALL),
        counted_by=SHARED,
        columns=("started", "ended"),
        share=True,
        lowest=0,
        highest=1,
    ),
    Kind(
        "mean",
        combined=MEAN,
        scale=FIGURE,
        plotted="mean",
        parts=(ALL,),
        counted_by=AVERAGE,
        dated=True,
        decimals=1,
    ),
    Kind(
        "stock_mean",
        combined=LAST,
        scale=FIGURE,
        plotted="stock_mean",
        parts=(ALL,),
        counted_by=AVERAGE,
        columns=("started", "ended"),
        decimals=1,
    ),
    Kind("value", combined=MEAN, scale=FIGURE, plotted="value", parts=(COUNT,), columns=("value",), decimals=1),
)
KINDS = {kind.name: kind for kind in _ALL}
DEFAULT = "flow"  # of a series of which nothing is said


def kind_of(name: str) -> Kind:
    """Return the kind of that name.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` when there is none; it names those there are.

    >>> kind_of("stock").at_end
    True
    """
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise Refused(
            f"The kind of a measure is one of {', '.join(KINDS)}.{nearest(name, KINDS, list_all=False)}",
            code="INVALID_PARAMETER",
        )
    return kind


def are(types: pd.Series, trait: str | Callable[[Kind], bool]) -> pd.Series:
    """Say of each row, by its `type`, whether its kind has a trait.

    >>> are(pd.Series(["flow", "mean"]), "count").tolist()
    [True, False]
    """
    has = trait if callable(trait) else lambda kind: getattr(kind, trait)
    return types.isin([kind.name for kind in KINDS.values() if has(kind)])


def require_kinds(types: pd.Series) -> None:
    """Refuse a table in which a row is of no kind that there is."""
    for name in types.dropna().unique():
        kind_of(name)
