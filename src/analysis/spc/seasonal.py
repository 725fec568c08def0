"""An adjusted chart, on values that working days, seasons and spikes disturb less."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..kinds import DEFAULT, Kind, kind_of
from ..language import say
from ..periods import month_of, working_days_in
from .options import POLARITY, RUNS, TWO_SIGMA, check, groups_of, in_time_order
from .rules import limits_of, special_causes

SEASON_YEARS = 2  # years without which no season is estimated: it must be seen twice
SEASON_PASSES = 3  # level and season depend on each other and are found in turn
MAD = 1.4826  # standard deviations in a median absolute deviation of normal values
HUBER = 1.345  # standard deviations from the median beyond which a year counts no further (Huber 1964)
POINTS_A_YEAR = {"M": 12, "Q": 4, "W": 52}  # of series that can have a season


def adjust_for_season(
    series: pd.Series,
    *,
    nation: str | None = None,
    kind: str = DEFAULT,
    improvement: str | None = None,
    rebase: Iterable = (),
    two_sigma: str = "nhsr",
    run: int = 7,
) -> pd.DataFrame:
    """Chart adjusted values: per working day, without the season, around a centre that no spike moves.

    Parameters
    ----------
    series : pandas.Series of float
        On a monthly, weekly or quarterly PeriodIndex; others have no season.
    nation : {"england", "wales"} or None
        Whose working days; None leaves a flow as it is.
    kind : str
        One of `analysis.kinds.KINDS`: flow, stock, percent, mean or value.
        Only a flow is divided by working days; the season of a count multiplies, that of any other figure is added.
    improvement, rebase, two_sigma, run
        As for `xmr`.

    Returns
    -------
    pandas.DataFrame
        Indexed like `series`: `adjusted`, `season` (a factor, or points of the percentage), `working_days`,
        then the columns of `xmr` with `centre` in the place of `mean`. In `attrs`, beside those of `xmr`:
        `unit` of the adjusted values, and `season`, a sentence on whether one was estimated.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` as for `xmr`, and for an index that is not of periods.

    Notes
    -----
    The level is a running median over a year. The season is, by calendar month (of a week, its Thursday's), a
    robust mean over the years of the departures from the level (one step of Huber's from the median), of two
    years the smaller if they agree in sign; all effects are then shrunk by the share of their variance that
    noise explains. The centre is the median; moving ranges are screened until none is extreme. Not the
    standard's figures: shown beside them, never in their place. A season seen in three or four years is taken
    out only in part, and autocorrelated series still raise false flags.

    References
    ----------
    Nelson (1982) for the screening, here repeated; Huber (1964), *Ann. Math. Statist.* 35, 73-101.

    Examples
    --------
    >>> months = pd.period_range("2020-04", periods=36, freq="M")
    >>> holiday = pd.Series(np.where(months.month == 8, 60.0, 100.0), months)
    >>> adjust_for_season(holiday)["special_cause_type"].unique().tolist()
    ['Common Cause']
    """
    check(improvement=(improvement, POLARITY), two_sigma=(two_sigma, TWO_SIGMA), run=(run, RUNS))
    y = in_time_order(series, periods_only=True)
    adjusted = adjusted_values(y, nation, kind_of(kind))
    values = adjusted["adjusted"]
    lines = limits_of(values, groups_of(y.index, rebase), robust=True)
    judged = special_causes(lines, values, improvement, None, two_sigma, run).rename(columns={"mean": "centre"})
    table = adjusted.join(judged, validate="one_to_one").loc[series.index]
    table.attrs = judged.attrs | adjusted.attrs
    return table


def adjusted_values(y: pd.Series, nation: str | None, kind: Kind) -> pd.DataFrame:
    """Take working days and season out."""
    days = working_days_in(y.index, nation if kind.accrues else None)
    rate, neutral = y / np.where(days > 0, days, np.nan), 1.0 if kind.count else 0.0
    year = POINTS_A_YEAR.get(y.index.freqstr[0], np.inf)
    season, estimated = pd.Series(neutral, y.index), y.count() >= SEASON_YEARS * year
    for _ in range(SEASON_PASSES if estimated else 0):
        level = _without(rate, season, kind).rolling(year + 1, center=True, min_periods=3 * year // 4).median()
        level = level.ffill().bfill()  # at both ends, part of a year would carry the season into the level
        departure = rate / level.where(level > 0) - 1.0 if kind.count else rate - level
        season = _season(departure) + neutral
        season = _without(season, season.mean(), kind)
    table = pd.DataFrame({"adjusted": _without(rate, season, kind), "season": season, "working_days": days})
    table.attrs = {
        "unit": "per working day" if kind.accrues and nation else "as given",
        "season": say(
            "adjusted.season" if estimated else "adjusted.no_season", years=str(SEASON_YEARS), points=str(y.count())
        ),
    }
    return table


def _without(rate: pd.Series, season: pd.Series | float, kind: Kind) -> pd.Series:
    return rate / season if kind.count else rate - season


def _season(departure: pd.Series) -> pd.Series:
    """Give each point the effect of its calendar month or quarter."""
    months = month_of(departure.index)
    part = months.month
    years = pd.DataFrame({"year": months.year, "part": part, "value": departure.to_numpy()}).pivot_table(
        index="year", columns="part", values="value", aggfunc="median"
    )
    seen = years.count()
    agreed = years.min().clip(lower=0) + years.max().clip(upper=0)  # of two values, the nearer to 0 or 0
    spread = MAD * years.diff().abs().melt()["value"].median() / np.sqrt(2)
    reach = HUBER * spread if np.isfinite(spread) else 0.0
    effect = years.median() + (years - years.median()).clip(-reach, reach).mean()
    effect = effect.where(seen > SEASON_YEARS, agreed).where(seen >= SEASON_YEARS, 0.0)
    noise, total = spread**2 / seen.mean(), (effect**2).mean()
    effect *= max(0.0, 1 - noise / total) if total > 0 else 0.0
    return pd.Series(effect.reindex(part, fill_value=0.0).to_numpy(), departure.index)
