"""Small pictures of all measures: the same axis of time, each on its own scale. Drawn as one, then cut."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from ...periods import months_of, parse_quarter, quarter_of
from ...schema import require
from .canvas import BLUE, GREY, INK, ORANGE, STYLE, days, encoded, foot_of, palette_image, sheet
from .one_measure import MONTHS_SHOWN

WIDTH, HEIGHT = 400, 110  # pixels of one: sharp where it is shown at half of it
MARGIN = 12  # pixels


def overview(measured: pd.DataFrame, *, measures: list[str], quarter: pd.Period | str) -> dict[str, bytes]:
    """Draw the last five years of every measure that has a figure.

    Parameters
    ----------
    measured : pandas.DataFrame
        One area's key `measure, area, period`, and value; expected_lower and expected_upper are shaded where they are
        known. Periods after the quarter are not drawn.
    measures : list of str
        In the order in which they are drawn.
    quarter : str or pandas.Period
        Its months are marked.

    Returns
    -------
    dict of str to bytes
        A PNG for each measure that has a figure, on one axis of time and each on its own scale.
    """
    require(measured, ["measure", "period", "value"], of="overview")
    quarter = parse_quarter(quarter)
    measured = measured.reindex(columns=["measure", "period", "type", "value", "expected_lower", "expected_upper"])
    drawn = [rows for name in measures if (rows := _rows(measured, name, quarter))["value"].notna().any()]
    if not drawn:
        return {}
    image = palette_image(_draw(drawn, quarter))
    cut = [image.crop((0, i * HEIGHT, WIDTH, (i + 1) * HEIGHT)) for i in range(len(drawn))]
    return {rows["measure"].iloc[0]: encoded(tile) for rows, tile in zip(drawn, cut, strict=True)}


def _rows(measured: pd.DataFrame, measure: str, quarter: pd.Period) -> pd.DataFrame:
    rows = measured[measured["measure"] == measure]
    periods = pd.PeriodIndex(rows["period"])
    x, quarters = days(periods), quarter_of(periods)
    first = days([months_of(quarter)[-1] - (MONTHS_SHOWN - 1)])[0]
    rows = rows.assign(x=x, newest=quarters == quarter)
    return rows[(x >= first) & (quarters <= quarter)].sort_values("x")


def _draw(drawn: list[pd.DataFrame], quarter: pd.Period) -> Figure:
    """Place every series in its own band of one pair of axes, whose units are pixels."""
    tall = HEIGHT * len(drawn)
    last = months_of(quarter)[-1]
    start, end = days([last - (MONTHS_SHOWN - 1), last])
    lines, bands, feet, points, gaps = [], [], [], [], []
    for i, rows in enumerate(drawn):
        foot = tall - (i + 1) * HEIGHT + MARGIN
        drawn_here = rows[["value", "expected_lower", "expected_upper"]].to_numpy(float)
        lowest, highest = np.nanmin(drawn_here), np.nanmax(drawn_here)
        start = foot_of(lowest, highest, rows["type"])
        scale = (HEIGHT - 2 * MARGIN) / (highest - start if highest > start else 1)
        x = MARGIN + (rows["x"].to_numpy() - start) / (end - start) * (WIDTH - 2 * MARGIN)
        y = foot + scale * (rows["value"].to_numpy(float) - start)
        lines.append(np.column_stack([x, y]))
        feet.append([(MARGIN, foot), (WIDTH - MARGIN, foot)])
        points.append(lines[-1][rows["newest"].to_numpy()])
        gaps.append(np.column_stack([x, np.full(len(x), foot)])[rows["value"].isna().to_numpy()])
        low, high = (foot + scale * (rows[f"expected_{side}"].to_numpy(float) - start) for side in ("lower", "upper"))
        known = ~np.isnan(low)
        upper, lower = np.column_stack([x, high])[known], np.column_stack([x, low])[known][::-1]
        bands.append(np.concatenate([upper, lower]))
    with mpl.rc_context(STYLE):
        figure = sheet(WIDTH, tall)
        axes = figure.add_axes([0, 0, 1, 1], xlim=(0, WIDTH), ylim=(0, tall))
        axes.set_axis_off()
        axes.add_collection(PolyCollection([b for b in bands if len(b)], color=GREY, alpha=0.45, linewidth=0))
        axes.add_collection(LineCollection(feet, color=INK, linewidth=0.6))
        axes.add_collection(LineCollection(lines, color=BLUE, linewidth=1.3))
        axes.plot(*np.concatenate(gaps).T, "x", color=INK, markersize=3)
        alone = np.concatenate([_alone(line) for line in lines])
        axes.plot(*alone.T, "o", color=BLUE, markersize=2)
        axes.plot(*np.concatenate(points).T, "o", color=ORANGE, markersize=4.5, markeredgecolor=INK)
    return figure


def _alone(line: np.ndarray) -> np.ndarray:
    """Return the points that no line reaches: a gap lies on both sides."""
    gap = np.concatenate([[True], np.isnan(line[:, 1]), [True]])
    return line[gap[:-2] & gap[2:]]
