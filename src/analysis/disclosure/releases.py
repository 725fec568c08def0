"""What earlier pages said: the difference between two pages is a number too.

A figure that was published and has changed since by one to five stands as published until it has changed by more: a reader
who lays the pages side by side would see the few children who were recorded late.
"""

from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ..kinds import ALL, COUNT, ON_TIME, are
from ..periods import numbered
from ..schema import RELEASED, declared
from .primary import SMALLEST, small

AS_PUBLISHED = "as first published"  # status of a figure that stands
ROW = ["measure", "area", "grain", "n"]
FIGURE_OF = {COUNT: "value", ON_TIME: "numerator", ALL: "denominator"}


def as_released(counts: pd.DataFrame) -> pd.DataFrame:
    """Return what the pages after this one need of it: every count, and whether it was told."""
    return declared(counts, RELEASED).reset_index(drop=True)


def steady(table: pd.DataFrame, earlier: Any, *, largest: int) -> pd.DataFrame:
    """Return a measured table with the figures that stand as published.

    Parameters
    ----------
    table : pandas.DataFrame
        Measured, not protected.
    earlier : sequence of pandas.DataFrame
        From `as_released`, oldest first.
    largest : int
        The largest count that is hidden.
    """
    shown = [e[e["told"]] for e in earlier if len(e)]
    if not shown or table.empty:
        return table
    last = pd.concat(shown).drop_duplicates([*ROW, "part"], keep="last")
    last = last[last["part"].isin(FIGURE_OF)].assign(figure=lambda t: t["part"].map(FIGURE_OF))
    last = last.pivot(index=ROW, columns="figure", values="value")
    key = table[["measure", "area"]].join(numbered(table["period"]))
    was = last.reindex(pd.MultiIndex.from_frame(key[ROW])).set_axis(table.index)
    was = was.reindex(columns=list(FIGURE_OF.values()))
    share = are(table["type"], "share")
    changes = (table[was.columns] - was).abs().astype(float)
    changes["value"] = changes["value"].mask(share)
    changes["rest"] = ((table["denominator"] - table["numerator"]) - (was["denominator"] - was["numerator"])).abs()
    stands = changes.apply(lambda c: c.between(SMALLEST, largest)).any(axis=1) & ~small(table, largest)
    table = table.copy()
    moved = was["value"] / table["value"].where(~share)
    table["per_10000"] = (table["per_10000"] * moved).where(stands & ~share, table["per_10000"])
    for figure in was:
        table[figure] = was[figure].where(stands & was[figure].notna(), table[figure])
    of = table[stands & share & (table["denominator"] > 0)]
    if len(of):
        table.loc[of.index, "value"] = of["numerator"] / of["denominator"]
        lower, upper = proportion_confint(of["numerator"], of["denominator"], method="wilson")
        table.loc[of.index, "lower"], table.loc[of.index, "upper"] = np.asarray(lower), np.asarray(upper)
    table.loc[stands, "status"] = AS_PUBLISHED
    return table
