"""An adjusted chart, on values that working days, seasons and spikes disturb less; and where new limits may start."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..kinds import DEFAULT, Kind, kind_of
from ..language import say
from ..periods import month_of, working_days_in
from .rules import (
    MIN_BASELINE,
    POLARITY,
    ROUNDING,
    RUNS,
    TWO_SIGMA,
    check_options,
    groups_of,
    half_width,
    in_time_order,
    limits_of,
    special_causes,
)

HOLDS_POINTS = 3  # the newest points that must still hold a shift: two months are a spike
HOLDS_SHARE = 0.5  # the share of the shift that must remain in them, as in the verdict's `persists`
REBASE_SIGMAS = 1.5  # smallest shift that is proposed: at 1, one unchanged series in 40 had a proposal
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
    check_options(improvement=(improvement, POLARITY), two_sigma=(two_sigma, TWO_SIGMA), run=(run, RUNS))
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


def propose_rebase(
    series: pd.Series, *, nation: str | None = None, kind: str = DEFAULT, rebase: Iterable = (), run: int = 7
) -> pd.DataFrame:
    """Propose where new limits may start, with the evidence; nothing is rebased.

    Parameters
    ----------
    series, nation, kind, rebase, run
        As for `adjust_for_season`; `rebase` holds the points already approved.

    Returns
    -------
    pandas.DataFrame
        One row per proposal, in time order: `period`, `direction` ("higher", "lower"), `points` (known from
        it on), `before`, `after` (medians of the adjusted values), `sigmas` (their distance in standard
        deviations of the points before) and `evidence` (a sentence). No rows when nothing is proposed.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` as for `adjust_for_season`.

    Notes
    -----
    A point is proposed when at least `MIN_BASELINE` points precede it in its group, the next `run` lie on
    one side of their median, the median moved by `REBASE_SIGMAS`, and the newest `HOLDS_POINTS` keep
    `HOLDS_SHARE` of the highest level reached: a spike, or a surge that fades, does not pass. Of several the
    one that leaves the least absolute deviation is taken, and both sides are searched again. Whether the
    cause is known and the change is to stay is for people to say (Making Data Count asks for both).

    Examples
    --------
    >>> months = pd.period_range("2020-04", periods=30, freq="M")
    >>> values = pd.Series([10, 12] * 10 + [20, 22] * 5, months, dtype=float)
    >>> propose_rebase(values)[["period", "direction", "points"]].astype(str).to_numpy().tolist()
    [['2021-12', 'higher', '10']]
    """
    check_options(run=(run, RUNS))
    y = in_time_order(series, periods_only=True)
    values, groups = adjusted_values(y, nation, kind_of(kind))["adjusted"], groups_of(y.index, rebase)
    rows = [row for group in np.unique(groups) for row in _proposals(values[groups == group].dropna(), run)]
    columns = ["period", "direction", "points", "before", "after", "sigmas", "evidence"]
    return pd.DataFrame(rows, columns=columns)


def _proposals(values: pd.Series, run: int) -> list[tuple]:
    """Find the best rebase point of one group, then look again on both sides of it."""
    x, best, least = values.to_numpy(), None, np.inf
    for start in range(MIN_BASELINE, len(x) - run + 1):
        before, after = x[:start], x[start:]
        centre = np.median(before)
        deviations = np.abs(before - centre)
        sigma = max(MAD * np.median(deviations), half_width(np.abs(np.diff(before)), screen=False) / 3)
        step = np.median(after) - centre
        way = np.sign(step)
        # the surge may have begun earlier: its peak is looked for one run further back
        levels = pd.Series(way * (x[start - run :] - centre)).rolling(HOLDS_POINTS).median()
        cost = deviations.sum() + np.abs(after - np.median(after)).sum()
        if (
            cost < least
            and abs(step) > max(REBASE_SIGMAS * sigma, ROUNDING * abs(centre))
            and (way * (after[:run] - centre) > 0).all()
            and levels.iloc[-1] >= HOLDS_SHARE * levels.max()
        ):
            best, least = (start, centre, step, sigma), cost
    if best is None:
        return []
    start, centre, step, sigma = best
    period, direction, newer = values.index[start], "higher" if step > 0 else "lower", x[start:]
    beyond, sigmas = (np.sign(newer - centre) == np.sign(step)).sum(), abs(step) / sigma if sigma else np.inf
    evidence = say(
        f"adjusted.rebase_{direction}",
        beyond=str(beyond),
        points=str(len(newer)),
        period=str(period),
        run=str(run),
        before=f"{centre:.4g}",
        by=f"{abs(step):.4g}",
        sigmas=f"{sigmas:.1f}",
        newest=str(HOLDS_POINTS),
    )
    row = (period, direction, len(newer), centre, centre + step, sigmas, evidence)
    return [*_proposals(values[:start], run), row, *_proposals(values[start:], run)]
