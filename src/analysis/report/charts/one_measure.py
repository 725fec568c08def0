"""One measure over about five years: what was, what was to be expected, and the next months' two futures."""

from itertools import cycle
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ...config import Event
from ...errors import Refused, nearest
from ...kinds import are, kind_of
from ...periods import parse_quarter, quarter_of
from ...schema import KEY, require
from ...series import on_periods
from ..words import event_label, no_figure, plain, quarter_span, say
from ..words.figures import TENTH_SHARE, WHOLE, decimal, share
from .canvas import (
    BLUE,
    DPI,
    GREY,
    INK,
    ORANGE,
    SMALL,
    STYLE,
    Picture,
    days,
    drawable,
    fitted,
    foot_of,
    sheet,
    width_of,
)
from .labels import LINE, Box, beside, rows_for, spread

MONTHS_SHOWN = 60  # about five years
WIDTH, HEIGHT = 920, 400  # pixels: sharp where it is shown at three quarters of it
LEFT, RIGHT, FOOT = 64, 88, 46  # pixels around the axes; on the right stand the names of the two futures
TITLE_SIZE, TITLE_LETTERS, TITLE_LINES = 12, 96, 2
SIDE = 12  # days free on either side
TITLE_LINE = 21  # pixels
GAP_SIGNS = (
    ("x", "×"),
    ("+", "+"),
    ("1", "Y"),
    ("*", "*"),
)  # of reasons why a month has no figure: in a chart, and in its key
HALF = 0.5  # a percentage above it is drawn up to the whole
EVENT_LETTERS = 46
PAPER = {"boxstyle": "square,pad=0.05", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
HOLLOW = {"markerfacecolor": "white", "markeredgewidth": 1.5}
DRAWN = [  # of a table
    *KEY,
    "type",
    "value",
    "status",
    "mark",
    "provisional",
    "expected_final",
    *(f"{name}_{side}" for name in ("expected", "if_lasts", "if_spike") for side in ("lower", "upper")),
]
FUTURES = {"if_spike": ("if_short", BLUE), "if_lasts": ("if_lasts", ORANGE)}  # name of the string, and colour


def paper() -> Picture:
    """Return the empty picture that `chart` draws on."""
    return sheet(WIDTH, HEIGHT)


def chart(
    measured: pd.DataFrame | pd.Series,
    *,
    measure: str | None = None,
    quarter: pd.Period | str | None = None,
    area: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    events: tuple[Event, ...] = (),
    percent: bool | None = None,
    on: Picture | None = None,
) -> Figure:
    """Draw one measure over about five years, the quarter marked.

    Parameters
    ----------
    measured : pandas.DataFrame or Series
        A series as `judge` takes it; or a table with the key `measure, area, period`, and value. Where it also has expected_lower and expected_upper, the expected range
        is shaded; if_lasts_* and if_spike_* are drawn as the next months' two futures; provisional and expected_final
        make a month hollow, with what it will probably become; status says why a month has no figure.
    measure : str, optional
        Needed where the table holds several.
    quarter : str or pandas.Period, optional
        Default: that of the newest figure. Later periods are not drawn, but for the two futures.
    area : str, optional
        Needed where the table holds several.
    title, subtitle : str, optional
        Default: the measure's name, and nothing. An empty title leaves the room to the figures.
    events : tuple of Event
        Drawn as labelled rules.
    percent : bool, optional
        Write the axis as percentages; default: when the table says that the measure is one.
    on : Figure, optional
        From `paper`, to be drawn over for one measure after the other: quicker than a new one each time.

    Returns
    -------
    matplotlib.figure.Figure
        To be shown, changed or saved. Its x axis counts days, as matplotlib does.

    Raises
    ------
    Refused
        When the table does not hold the measure, or holds several areas and none is named.
    """
    if isinstance(measured, pd.Series):
        measured = _table_of(measured)
    require(measured, [*KEY, "value"], of="chart")
    rows = _rows(measured, measure, area)
    measure, periods = rows["measure"].iloc[0], pd.PeriodIndex(rows["period"])
    quarter = quarter_of(periods[rows["value"].notna()]).max() if quarter is None else parse_quarter(quarter)
    rows, quarters = rows.assign(x=days(periods)), quarter_of(periods)
    seen = rows[quarters <= quarter].tail(MONTHS_SHOWN)
    ahead = rows[quarters > quarter]
    newest = rows[quarters == quarter]
    if percent is None:
        percent = bool(are(seen["type"], "share").any())
    form = TENTH_SHARE if percent else _form_of(rows["type"])
    with mpl.rc_context(STYLE):
        figure = paper() if on is None else on.wiped()
        heading = fitted(measure if title is None else title, TITLE_LETTERS, TITLE_LINES)
        top = (TITLE_LINE * (1 + heading.count("\n")) if heading else 0) + (LINE + 4 if subtitle else 0) + 10
        box = [LEFT / WIDTH, FOOT / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, 1 - (top + FOOT) / HEIGHT]
        axes = figure.axes[0] if figure.axes else figure.add_axes(box)
        axes.set_position(box)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_label_coords(0, 0)  # neither has a name that needs a place beside the ticks
        figure.suptitle(heading, x=8 / WIDTH, y=1 - 4 / HEIGHT, ha="left", weight="bold", fontsize=TITLE_SIZE)
        figure.text(8 / WIDTH, 1 - (top - 8) / HEIGHT, drawable(subtitle or ""), fontsize=SMALL + 0.5)
        shaded = pd.concat([seen, ahead])
        _years(axes, shaded["x"])
        axes.fill_between(
            shaded["x"], shaded["expected_lower"], shaded["expected_upper"], color=GREY, alpha=0.45, linewidth=0
        )
        _months(axes, seen, newest)
        futures = _futures(axes, ahead, newest)
        first, last = axes.get_xlim()
        titled = _events(axes, [e for e in events if first <= _day(e) <= last])
        _heights(axes, form, titled=titled, kinds=seen["type"])
        _quarter_and_gaps(axes, seen, newest, quarter)
        _values(axes, seen, newest, form)
        _name_futures(axes, futures)
    return figure


def _table_of(series: pd.Series) -> pd.DataFrame:
    values = on_periods(series)
    return pd.DataFrame({"measure": str(series.name or ""), "area": "", "period": values.index, "value": values.array})


def _rows(measured: pd.DataFrame, measure: str | None, area: str | None) -> pd.DataFrame:
    measures = measured["measure"].unique()
    if measure is None and len(measures) == 1:
        measure = measures[0]
    if measure is None:
        raise Refused(f"The table holds {len(measures)} measures. Say which with `measure`.", code="INVALID_PARAMETER")
    rows = measured[measured["measure"] == measure].reindex(columns=DRAWN)
    if rows.empty:
        raise Refused(
            f"The table holds no measure '{measure}'.{nearest(measure, measured['measure'].unique())}",
            code="INVALID_PARAMETER",
        )
    areas = rows["area"].unique()
    if area is None and len(areas) > 1:
        raise Refused(f"The table holds {len(areas)} areas. Say which with `area`.", code="INVALID_PARAMETER")
    rows = rows[rows["area"] == (areas[0] if area is None else area)]
    if rows.empty:
        raise Refused("The table does not hold that area.", code="INVALID_PARAMETER")
    return rows


def _years(axes: Any, x: pd.Series) -> None:
    """Set the axis of time, with a tick at the start of each year."""
    if len(x):
        axes.set_xlim(x.iloc[0] - SIDE, x.iloc[-1] + SIDE)
        first, last = (pd.Timestamp(d, unit="D").year for d in axes.get_xlim())
        january = pd.period_range(f"{first + 1}-01", f"{last}-01", freq="Y")
        axes.set_xticks(days(january), [str(y) for y in january.year])


def _months(axes: Any, seen: pd.DataFrame, newest: pd.DataFrame) -> None:
    """Draw the months: a line that breaks where there is no figure, hollow where a month is not complete yet."""
    open_ = seen["provisional"].eq(True)
    of_quarter = seen.index.isin(newest.index)
    axes.plot(seen["x"], seen["value"], "-", color=BLUE, linewidth=1.2, alpha=0.8)
    large = {"markersize": 7, "markeredgecolor": INK, "linestyle": "none", "marker": "o"}
    small = {"markersize": 3.5, "markeredgecolor": BLUE, "linestyle": "none", "marker": "o"}
    for which, style in (
        (~of_quarter & ~open_, {**small, "color": BLUE}),
        (~of_quarter & open_, {**small, **HOLLOW, "markersize": 5}),
        (of_quarter & ~open_, {**large, "color": ORANGE}),
        (of_quarter & open_, {**large, **HOLLOW, "markeredgecolor": ORANGE}),
    ):
        if which.any():
            axes.plot(seen.loc[which, "x"], seen.loc[which, "value"], **style)
    final = seen[open_ & seen["expected_final"].notna() & seen["value"].notna()]
    if len(final):  # what an incomplete month will probably become
        axes.vlines(final["x"], final["value"], final["expected_final"], color=ORANGE, linewidth=1)
        axes.plot(final["x"], final["expected_final"], "_", color=INK, markersize=10, markeredgewidth=2)


def _futures(axes: Any, ahead: pd.DataFrame, newest: pd.DataFrame) -> list[tuple[float, float, str]]:
    """Draw the two futures as fans that leave the newest point; return where each ends, and its name."""
    known = newest[newest["value"].notna()]
    if ahead.empty or known.empty:
        return []
    x, start, ends = [known["x"].iloc[-1], *ahead["x"]], known["value"].iloc[-1], []
    for name, (label, colour) in FUTURES.items():
        lower, upper = ahead[f"{name}_lower"], ahead[f"{name}_upper"]
        if lower.isna().all():
            continue
        axes.fill_between(x, [start, *lower], [start, *upper], color=colour, alpha=0.22, linewidth=0)
        ends.append((x[-1], (lower.iloc[-1] + upper.iloc[-1]) / 2, plain(say(f"chart.{label}"))))
    return ends


def _name_futures(axes: Any, ends: list[tuple[float, float, str]]) -> None:
    if not ends:
        return
    points = axes.transData.transform([(x, y) for x, y, _ in ends])
    heights = spread([y for _, y in points])
    for (x, _), y, (*_, label) in zip(points, heights, ends, strict=True):
        axes.annotate(label, (x + 5, y), xycoords="figure pixels", fontsize=SMALL, va="center", annotation_clip=False)


def _day(event: Event) -> float:
    return float(np.datetime64(event.date, "D").astype(float))


def _events(axes: Any, events: list[Event]) -> int:
    """Draw events as rules, each named above the figures in the first row that is free; return how many rows."""
    if not events:
        return 0
    first, last = axes.get_xlim()
    pixels = axes.bbox.width / (last - first)
    named, spans = [], []
    for event in events:
        at, text = (_day(event) - first) * pixels, fitted(plain(event_label(event)), EVENT_LETTERS, 1)
        width = width_of(text, SMALL) + 10
        left = at >= width  # on the left of its rule, where there is room
        named.append((event, text, left))
        spans.append((at - width, at + 4) if left else (at - 4, at + width))
    rows = rows_for(spans)
    for (event, text, left), row in zip(named, rows, strict=True):
        axes.axvline(_day(event), color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            text,
            (_day(event), 1),
            xycoords=("data", "axes fraction"),
            xytext=((-5 if left else 5) * 72 / DPI, -(3 + row * LINE) * 72 / DPI),
            textcoords="offset points",
            ha="right" if left else "left",
            va="top",
            fontsize=SMALL,
            bbox=PAPER,
        )
    return max(rows) + 1


def _heights(axes: Any, form: str, *, titled: int, kinds: pd.Series) -> None:
    """Set the axis of figures, with room above for a label and for `titled` rows of names; where it is cut it says so."""
    low, high = axes.dataLim.y0, axes.dataLim.y1
    start = foot_of(low, high, kinds)
    low, high = (start or min(low, 0), max(high, 0)) if np.isfinite([low, high]).all() else (0, 1)
    percent = form == TENTH_SHARE
    high = 1 if percent and high > HALF else high
    tall = axes.bbox.height
    room = tall - titled * LINE - (LINE + 10)
    axes.set_ylim(low * (1 if start else 1.05), low + ((high - low) or 1) * tall / room)
    if start:
        axes.text(
            0.004, 0.012, plain(say("chart.cut")), transform=axes.transAxes, fontsize=SMALL, va="bottom", bbox=PAPER
        )
    ticks = [t for t in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high) if low <= t <= high * 1.05]
    ticks = [t for t in ticks if t <= 1] if percent else ticks
    axes.set_yticks(ticks, [_figure(t, form) for t in ticks])


def _form_of(types: pd.Series) -> str:
    decimals = max((kind_of(t).decimals for t in types.dropna().unique()), default=0)
    return WHOLE + ("." + "#" * decimals if decimals else "")


def _figure(value: float, form: str) -> str:
    return share(value, form) if form == TENTH_SHARE else decimal(value, form)


def _quarter_and_gaps(axes: Any, seen: pd.DataFrame, newest: pd.DataFrame, quarter: pd.Period) -> None:
    """Name the quarter under its months, and mark each month without a figure on the axis."""
    below = axes.get_xaxis_transform()
    row = -(FOOT - 8) / axes.bbox.height
    if len(newest):
        axes.plot(newest["x"], np.zeros(len(newest)), "-", color=ORANGE, linewidth=4, transform=below, clip_on=False)
        name = {"weight": "bold", "fontsize": SMALL, "ha": "right"}
        axes.text(newest["x"].iloc[-1] + 10, row, plain(quarter_span(quarter)), transform=below, **name)
    known = seen["value"].notna()
    gaps = seen[~known & (seen["x"] > (seen.loc[known, "x"].min() if known.any() else np.inf))]
    if len(gaps):
        whys = pd.Series([no_figure(r) or say("chart.no_figure") for r in gaps.to_dict("records")], gaps.index)
        reasons = dict(zip(dict.fromkeys(whys), cycle(GAP_SIGNS), strict=False))
        for why, (sign, _) in reasons.items():
            x = gaps.loc[whys == why, "x"]
            axes.plot(x, np.zeros(len(x)), sign, color=INK, markersize=5, transform=below, clip_on=False)
        key = ", ".join(f"{letter} {why}" for why, (_, letter) in reasons.items())
        axes.text(0, row, plain(key), transform=axes.transAxes, fontsize=SMALL)


def _values(axes: Any, seen: pd.DataFrame, newest: pd.DataFrame, form: str) -> None:
    """Write the quarter's values beside their points, none on another, on a point or over the edge."""
    told = newest[newest["value"].notna()]
    if told.empty:
        return
    near = seen[seen["value"].notna()].tail(len(newest) + 3)
    points = axes.transData.transform(near[["x", "value"]].to_numpy(float))
    taken = [Box(x, y, 10, 10) for x, y in points]
    box = axes.bbox
    inside = Box(box.x0 + box.width / 2, box.y0 + box.height / 2, box.width + 20, box.height)
    before = seen["value"].shift()
    for index, row in told[::-1].iterrows():  # the newest first: it takes the best place
        text = _figure(row["value"], form)
        if pd.notna(row["expected_final"]) and row["provisional"] is True:
            text = plain(say("chart.in_the_end", value=text, final=_figure(row["expected_final"], form)))
        x, y = axes.transData.transform((row["x"], row["value"]))
        rising = not row["value"] < before[index]
        place = beside(x, y, width_of(text, 10, bold=True), taken=taken, inside=inside, up=rising)
        taken.append(place)
        axes.annotate(
            text,
            (place.x, place.y),
            xycoords="figure pixels",
            ha="center",
            va="center",
            weight="bold",
            bbox=PAPER,
        )
