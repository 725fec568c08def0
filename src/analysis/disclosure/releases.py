"""What earlier pages said: the difference between two pages is a number too.

A figure that was published and has changed since by one to five stands as published until it has changed by more: a reader
who lays the pages side by side would see the few children who were recorded late. Which figures stand is not said.
"""

from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ..kinds import ALL, COUNT, ON_TIME, are
from ..periods import numbered
from ..schema import RELEASED, declared
from .primary import SMALLEST, small

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
        From `as_released`, oldest first. A figure stands as the newest page told it to which it is too near.
    largest : int
        The largest count that is hidden.
    """
    told = _told(earlier)
    if told.empty or table.empty:
        return table
    key = pd.MultiIndex.from_frame(table[["measure", "area"]].join(numbered(table["period"]))[ROW])
    share = are(table["type"], "share")
    standing, was = pd.Series(False, table.index), pd.DataFrame(np.nan, table.index, list(FIGURE_OF.values()))
    for _, page in told.groupby(told.groupby(ROW).cumcount()):
        figures = page.set_index(ROW).reindex(key)[was.columns].set_axis(table.index)
        changes = (table[was.columns] - figures).abs().astype(float)
        changes["value"] = changes["value"].mask(share)
        rest = (table["denominator"] - table["numerator"]) - (figures["denominator"] - figures["numerator"])
        near = changes.assign(rest=rest.abs()).apply(lambda c: c.between(SMALLEST, largest)).any(axis=1)
        same = figures.isna().all(axis=1) | (changes.fillna(0) == 0).all(axis=1)
        first = near & ~same & ~standing
        was[first], standing = figures[first], standing | first
    return _stand(table, was, standing & ~small(table, largest), share)


def _told(earlier: Any) -> pd.DataFrame:
    """Return every figure that a page told, once, the newest first: a row a figure, with what it is made of."""
    pages = []
    for number, page in enumerate(earlier):
        page = page[page["told"] & page["part"].isin(FIGURE_OF)]
        if len(page):
            figure = page.assign(figure=page["part"].map(FIGURE_OF)).drop_duplicates([*ROW, "figure"], keep="last")
            pages.append(figure.pivot(index=ROW, columns="figure", values="value").assign(page=-number).reset_index())
    if not pages:
        return pd.DataFrame(columns=[*ROW, *FIGURE_OF.values()])
    told = pd.concat(pages, ignore_index=True).reindex(columns=[*ROW, *FIGURE_OF.values(), "page"])
    return told.sort_values("page", kind="stable").drop_duplicates([*ROW, *FIGURE_OF.values()])


def _stand(table: pd.DataFrame, was: pd.DataFrame, stands: pd.Series, share: pd.Series) -> pd.DataFrame:
    """Put what was published in place of some figures, and work out again what derives from them."""
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
    return table
