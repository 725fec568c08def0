"""What columns or lines of figures hold: the type of each one's measure, and which is the sum of others."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...cleaning.numerals import UNREADABLE, read_numerals
from ...cleaning.period_column import MONTHS, MOSTLY
from ...totals import names_total
from . import vocabulary as say
from .configuration import Harm
from .vocabulary import kind_said, says_something, words_of

HUNDRED = 100
FEWEST_SUMS = 6  # periods in which a column is the sum of others, so that it is no accident
STEADY = 0.3  # of the scatter between months that separate events have (Poisson): steadier figures are carried over
ENOUGH = 12  # months from which scatter is judged


@dataclass
class Figures:
    """What one column, or one line, of figures holds: its label, its numbers by row, and the type of its measure."""

    label: str
    number: pd.Series
    kind: str
    certain: bool = True

    @classmethod
    def read(cls, label: str, cells: pd.Series, context: str, *, semicolons: bool = False) -> "Figures | None":
        """Read cells; None where most are no figures or symbols, or none is a figure."""
        read = read_numerals(cells.str.strip(), np.ones(len(cells)), semicolons=semicolons)
        if (read.status == UNREADABLE).mean() >= 1 - MOSTLY or np.isnan(read.number).all():
            return None
        # thousands, perhaps: of what is counted, cleaning asks
        number = pd.Series(np.round(read.number * 1000) if read.perhaps_thousands else read.number, cells.index)
        there = number.dropna()
        if read.percent.sum() > MOSTLY * len(there) or (
            re.search(say.PERCENT, label, re.IGNORECASE) and there.min() >= 0 and there.max() <= HUNDRED
        ):
            return cls(label, number, "percent")
        if re.search(say.RUNNING, words_of(label)):
            return cls(label, number, "value")
        timely = re.search(say.TIMELY, words_of(label)) is not None
        if timely and not (there % 1 == 0).all() and there.between(0, 1).all():
            return cls(label, number, "percent")
        kind, whole = kind_said(label, context), bool((there % 1 == 0).all())
        certain = bool(kind_said(label)) or (bool(kind) and not says_something(label))
        certain = certain and not (timely and there.max() <= HUNDRED)  # a percentage, perhaps
        return cls(label, number, "value" if kind in ("", "flow") and not whole else kind or "flow", certain)

    @property
    def runs_on(self) -> bool:
        """Whether it grows for a year, falls, and grows again: a running total of each year."""
        steps = np.diff(self.number.dropna().to_numpy())
        anew = np.flatnonzero(steps < 0)
        return len(anew) > 1 and bool((np.diff(anew) == MONTHS).all()) and bool((steps > 0).mean() > MOSTLY)

    @property
    def is_steady(self) -> bool:
        """Whether it changes less from month to month than separate events do."""
        steps = self.number.dropna().diff().dropna()
        return len(steps) >= ENOUGH and bool((steps**2).mean() < STEADY * 2 * self.number.mean())


def uncertain(name: str, measured: list[Figures]) -> list[tuple[Harm, str]]:
    """Return what the names of figures do not say: whether their months add up."""
    doubts = []
    for kind, steady, text in (
        (
            "flow",
            True,
            "taken for what happened in a month, so that a quarter adds its months up; but the figures change less from month "
            'to month than separate events do. If they are the numbers on one day, such as the last, write type = "stock"',
        ),
        (
            "flow",
            False,
            "taken for what happened in a month, so that a quarter adds its months up. If they are the numbers on one day, such "
            'as the last, write type = "stock"; if percentages, type = "percent"; if averages, type = "value"',
        ),
        (
            "stock",
            None,
            'taken for the numbers on a month\'s last day. If they are what happened in it, write type = "flow"',
        ),
        ("value", None, "not whole: a quarter is the mean of its months"),
    ):
        labels = [
            f"'{f.label}'" for f in measured if not f.certain and f.kind == kind and steady in (None, f.is_steady)
        ]
        if labels:
            harm = Harm.COARSE if kind == "value" else Harm.ADDED_UP
            doubts.append((harm, f"{name}: {', '.join(labels)}: {text}."))
    return doubts


def sums(columns: list[Figures]) -> dict[str, list[str]]:
    """Return the labels of those that are the sum of others, in a name and in fact, with the labels of the others.

    A column that only calls itself a total, with nothing beside it to add up to it, is a figure of its own.
    """
    counts = [c for c in columns if c.kind in ("flow", "stock")]
    totals: dict[str, list[str]] = {}
    for at, one in enumerate(counts):
        before, after = counts[:at], counts[at + 1 :]
        blocks = [before[i:] for i in range(len(before) - 1)] + [after[:n] for n in range(2, len(after) + 1)]
        blocks += [[*before, *after]] if before and after else []
        named = names_total(" ".join(words_of(one.label).split()))
        for block in blocks:
            parts = [c for c in block if c.label not in totals]
            if len(parts) > 1 and _adds_up(one, parts, named):
                totals[one.label] = [c.label for c in parts]
                break
    return totals


def _adds_up(one: Figures, parts: list[Figures], named: bool) -> bool:
    """Say whether figures are the sum of their parts wherever all are there; of a named total a few will do."""
    table = pd.concat([c.number for c in parts], axis=1)
    there = table.notna().all(axis=1) & one.number.notna() & (one.number > 0)
    if (table.sum(axis=1) > one.number)[one.number.notna()].any():
        return False
    same = (table.sum(axis=1) == one.number)[there]
    return bool(same.all() and ((there.sum() >= FEWEST_SUMS and (table[there] > 0).all(axis=None)) or named))
