"""An area beside its neighbours, its region and the nation, and whether they moved as it did."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..classes import SHIFT, SPIKE, TOO_LITTLE, TREND
from ..kinds import are
from ..periods import quarter_code
from ..schema import KEY, OTHERS, VERDICTS, empty, names, require

FEWEST = 5  # neighbours with a figure, under which nothing is said of them: half of the ten of the published model
MOVES = [SPIKE, SHIFT, TREND]  # what is probable of demand, and not of its recording


def beside_others(
    quarters: pd.DataFrame,
    compared: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    pairs: pd.DataFrame,
    holders: Mapping[str, str],
    nation: str,
    quarter: pd.Period,
    average: str = "median",
) -> pd.DataFrame:
    """Set the rate or percentage of each area beside those of its neighbours, its region and the nation.

    Parameters
    ----------
    quarters, compared : pandas.DataFrame
        Measured tables by quarter, as they may be published: of the areas themselves, and of those of comparators, which are
        looked at where a measure's own areas are nobody's neighbours, at the newest quarter that there is.
    verdicts : pandas.DataFrame
        From `judge_table`, on what may be published.
    pairs : pandas.DataFrame
        area, neighbour.
    holders : dict of str to str
        Of an area its region.
    nation : str
        The area that is the nation; empty where there is none.
    quarter : pandas.Period
    average : {"median", "mean"}

    Returns
    -------
    pandas.DataFrame
        A row a measure and area that has others: at (the quarter's code), here, average, shown (neighbours with a figure),
        listed (all of them), higher (of those shown), region, in_region, nation, in_nation, moved (the probability that at
        least half of the neighbours moved the same way) and judged (how many). What rests on too few is missing.
    """
    require(quarters, [*KEY, "type", "value", "per_10000"], of="beside_others: quarters")
    require(
        verdicts, names(VERDICTS, among=["measure", "area", "call", "change", *MOVES]), of="beside_others: verdicts"
    )
    own, others = (_rates(t) for t in (quarters[quarters["period"] <= quarter], compared))
    neighbours = pairs.groupby("area")["neighbour"].agg(list).to_dict()
    moves = dict(list(verdicts[verdicts["call"] != TOO_LITTLE].set_index("area").groupby("measure")))
    rows = []
    for (measure, at), now in own.items():
        if at != quarter:
            continue
        elsewhere = max((period for name, period in others if name == measure and period <= quarter), default=None)
        for area in now:
            listed = neighbours.get(area, [])
            places = [*(listed or ([holders.get(area, ""), nation])), ""]
            when = quarter if elsewhere is None or set(places) & set(now) - {area} else elsewhere
            figures = now if when is quarter else others[measure, when]
            here = own.get((measure, when), {}).get(area, np.nan)
            about = {"measure": measure, "area": area, "at": quarter_code(when), "here": here}
            about |= _of_neighbours(listed, figures, here, average)
            for name, place in (("region", holders.get(area, "")), ("nation", nation)):
                is_other = place not in ("", area) and about.get("region") != place
                about |= {
                    name: place if is_other else "",
                    f"in_{name}": figures.get(place, np.nan) if is_other else np.nan,
                }
            if when is quarter and measure in moves:
                shown = [n for n in listed if np.isfinite(now.get(n, np.nan))]
                about |= _moved_too(area, shown, moves[measure])
            rows.append(about)
    if not rows:
        return empty(OTHERS)
    table = pd.DataFrame(rows).reindex(columns=names(OTHERS)).astype(empty(OTHERS).dtypes.to_dict())
    return table[table[["average", "in_region", "in_nation"]].notna().any(axis=1)].reset_index(drop=True)


def _rates(table: pd.DataFrame) -> dict[tuple[str, pd.Period], dict[str, float]]:
    """Return by measure and period the rate of each area, or its percentage; missing where it is hidden."""
    share = are(table["type"], "share")
    rows = table.assign(rate=table["value"].where(share, table["per_10000"]).astype(float))
    known = rows.groupby(["measure", "period"])["rate"].transform("count") > 0
    return {
        key: dict(zip(of["area"], of["rate"], strict=True)) for key, of in rows[known].groupby(["measure", "period"])
    }


def _of_neighbours(listed: list[str], figures: dict[str, float], here: float, average: str) -> dict[str, Any]:
    shown = np.array([figures.get(n, np.nan) for n in listed])
    shown = shown[np.isfinite(shown)]
    about = {"listed": len(listed), "shown": len(shown)}
    if len(shown) < FEWEST:
        return about
    higher = float((shown > here).sum()) if np.isfinite(here) else np.nan
    return about | {"average": float(getattr(np, average)(shown)), "higher": higher}


def _moved_too(area: str, neighbours: list[str], verdicts: pd.DataFrame) -> dict[str, float]:
    """Return how probable it is that at least half of the neighbours moved the way in which an area did."""
    theirs = verdicts[verdicts.index.isin(neighbours) & verdicts["change"].notna()]
    if area not in verdicts.index or len(theirs) < FEWEST:
        return {}
    same_way = (theirs["change"] > 0) == (verdicts.loc[area, "change"] > 0)
    return {"judged": len(theirs), "moved": at_least_half(theirs[MOVES].sum(axis=1).where(same_way, 0.0).to_numpy())}


def at_least_half(chances: np.ndarray) -> float:
    """Return the probability that at least half of independent events happen.

    >>> at_least_half(np.array([0.5, 0.5]))
    0.75
    """
    number = np.ones(1)
    for p in chances:
        number = np.convolve(number, [1 - p, p])
    return float(number[(len(chances) + 1) // 2 :].sum())
