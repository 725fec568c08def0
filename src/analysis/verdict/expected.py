"""What was to be expected, as seen before the quarter, and the two futures: for charts."""

import numpy as np
import pandas as pd

from ..periods import WEEK_FREQ, month_of, parse_quarter
from ..schema import EXPECTED, FLOAT, names
from .block import WEEKS_A_MONTH, Block, exposure_of
from .departure import median
from .hypotheses import OLDEST, QUARTER, SHIFT, SPIKE, TREND
from .many_series import blocks, keys_of, runs
from .model import YEAR
from .posterior import LEAST, Future, look_ahead
from .question import SETTLED
from .rows import INTERVAL, Judged, judge_rows
from .scale import Scale

AHEAD = 3  # months after the quarter
COLUMNS = names(EXPECTED, dtype=FLOAT)


def expected_table(measured: pd.DataFrame, *, quarter: pd.Period | str) -> pd.DataFrame:
    """Return the range that season and usual scatter explain, and what the next months would look like.

    Parameters
    ----------
    measured : DataFrame
        As in `judge_table`.
    quarter : str or pandas.Period

    Returns
    -------
    DataFrame
        measure, area, period (from each series' first figure to three months after the quarter) with expected,
        expected_lower, expected_upper (80%, in the measure's own units; the middle as seen before the quarter, the width from the scatter of the
        whole series, its changes allowed for) and, for the
        next three months of series with something to settle, if_lasts_lower, if_lasts_upper, if_spike_lower,
        if_spike_upper. NaN where there is too little data.
    """
    quarter = parse_quarter(quarter)
    keys = keys_of(measured, of="expected_table")
    parts = []
    for block, rows, _ in blocks(measured, keys, quarter):
        frame = in_own_periods(block, expect_block(block))
        frame["row"] = rows[frame["row"]]
        parts.append(frame)
    if not parts:
        return keys.assign(period=pd.PeriodIndex([], freq="M"), **dict.fromkeys(COLUMNS, 0.0))
    whole = pd.concat(parts, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)
    return keys.loc[whole.pop("row")].reset_index(drop=True).join(whole)


def expect_block(block: Block) -> dict:
    """Return z of the middle and the sd (r, n + 3), the futures (r, 3, 2 each) and the rows' scales."""
    count, total = block.values.shape
    middle, spread = np.full((2, count, total + AHEAD), np.nan)
    futures = np.full((count, AHEAD, 4), np.nan)
    form, cases = np.zeros(count, dtype=int), np.ones(count)
    for rows, length in runs(block):
        z, scale = block.on_scale(rows, length)
        form[rows], cases[rows] = scale.form, scale.cases
        none = np.zeros((len(rows), OLDEST + 1), dtype=bool)
        for at, judged in judge_rows(z, scale, none, block.sort, block.told_by_weeks(rows)):
            futures[rows[at]] = two_futures(judged)
            middle[rows[at], total - length :], spread[rows[at], total - length :] = expect(z[at], judged)
    return {
        "middle": middle,
        "spread": spread,
        "futures": futures,
        "scale": Scale(form, np.zeros(count), np.zeros(count), cases),
    }


def expect(z: np.ndarray, judged: Judged) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and sd of every month of z (r, n) and of the three months after it, as the departure is measured.

    From the quarter on it is the level before it, and the season; where a new level is named, the level before that, from
    its onset on. Every older month has the level of the year before itself.
    """
    length = z.shape[1]
    away = judged.away
    season = away.season[:, np.arange(length + AHEAD) % YEAR]
    adjusted = z - season[:, :length]
    first = np.repeat(adjusted[:, :1], YEAR, axis=1) * np.nan
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([first, adjusted], axis=1), YEAR, axis=1)
    level = median(windows[:, : length + 1])
    start = median(adjusted[:, :YEAR])[:, None]
    t = np.arange(length + 1)
    level = np.where((t < YEAR) | np.isnan(level), start, level)
    level = np.concatenate([level, np.repeat(level[:, -1:], AHEAD - 1, axis=1)], axis=1)
    from_now = np.where(away.since > QUARTER, away.since, QUARTER)
    held = np.arange(length + AHEAD) >= length - from_now[:, None]
    spread = np.repeat(judged.scatter[:, 1:2], length + AHEAD, axis=1)
    spread[:, length - QUARTER :] = judged.scatter[:, 1:]
    return np.where(held, away.level[:, None], level) + season, spread


def two_futures(judged: Judged) -> np.ndarray:
    """Return z of lower and upper if it lasts, lower and upper if it is a spike (r, 3, 4)."""
    future = look_ahead(judged.posterior)
    edges = np.concatenate([range_if(judged, future, kinds) for kinds in ([SHIFT, TREND], [SPIKE])], axis=2)
    still_open = (judged.persists < SETTLED) & (judged.persists > 1 - SETTLED) | judged.one_month
    edges[~still_open] = np.nan
    return edges


def range_if(judged: Judged, future: Future, kinds: list[int]) -> np.ndarray:
    """Return z of lower and upper (80%) of the next three months under some kinds of change; none of them: unchanged."""
    mean, variance = future.mean, np.diagonal(future.covariance, axis1=2, axis2=3)
    share = np.zeros(mean.shape[:2])
    share[:, 1:] = future.weight[:, kinds].sum(1)
    share[:, 0] = not kinds
    share = (share / np.maximum(share.sum(1, keepdims=True), LEAST))[..., None]
    middle = (share * mean).sum(1)
    sd = np.sqrt(np.maximum((share * (variance + mean**2)).sum(1) - middle**2, 0))
    return judged.level[:, None, None] + np.stack([middle - INTERVAL * sd, middle + INTERVAL * sd], axis=2)


def in_own_periods(block: Block, z: dict) -> pd.DataFrame:
    """Lay the block out long, in the periods and units that the series came in."""
    months = pd.period_range(block.months[0], block.months[-1] + AHEAD, freq="M")
    periods, at = months, np.arange(len(months))
    if block.weekly:
        periods = pd.period_range(months[0].start_time, months[-1].end_time, freq=WEEK_FREQ)
        at = month_of(periods).asi8 - months.asi8[0]
        periods, at = periods[(at >= 0) & (at < len(months))], at[(at >= 0) & (at < len(months))]
    exposure = exposure_of(periods, block.kind, block.nation)
    scale: Scale = z["scale"]
    spread = z["spread"][:, at] * (np.sqrt(WEEKS_A_MONTH) if block.weekly else 1)  # as independent weeks would
    middle = z["middle"][:, at]
    columns = {
        "expected": middle,
        "expected_lower": middle - INTERVAL * spread,
        "expected_upper": middle + INTERVAL * spread,
    }
    futures = np.full((len(middle), len(months), 4), np.nan)
    futures[:, -AHEAD:] = z["futures"]
    columns |= {name: futures[:, at, i] for i, name in enumerate(COLUMNS[3:])}
    observed = ~np.isnan(block.values)
    first = np.where(observed.any(1), observed.argmax(1), len(months))
    row, when = np.nonzero(at[None, :] >= first[:, None])
    frame = {name: scale.back(column, exposure)[row, when] for name, column in columns.items()}
    return pd.DataFrame({"row": row, "period": periods[when], **frame})
