"""A judged series -> a picture. Nothing is computed here: what is drawn stands in the table."""

import io

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from .catalogue import Event
from .errors import Refused, nearest
from .periods import parse_quarter, quarter_of
from .words import event_label

# Government Analysis Function palette: dark blue and grey are its focus pair, orange its strongest contrast to both
BLUE, GREY, ORANGE, INK = "#12436D", "#BFBFBF", "#F46A25", "#3D3D3D"
MONTHS_SHOWN = 60  # about five years
SIZE, DPI = (8.4, 3.6), 110  # inches, dots an inch: 920 pixels wide, sharp on a page of 46 rem
COLOURS = 64  # a palette of 64 makes a picture a third as large and looks the same
STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same picture on every machine
    "font.size": 10,
    "text.parse_math": False,  # a $ in a title is a $
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#E3E3E3",
    "axes.axisbelow": True,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "ytick.left": False,
}


def chart(
    measured: pd.DataFrame,
    *,
    measure: str,
    quarter,
    area: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
    events: tuple[Event, ...] = (),
    percent: bool | None = None,
) -> Figure:
    """Draw one measure over about five years, the quarter marked.

    Parameters
    ----------
    measured : pandas.DataFrame
        Key `measure, area, period`, and value. Where it also has expected_lower and expected_upper, the expected range
        is shaded; if_lasts_* and if_spike_* are drawn as the next months' two futures.
    measure : str
    quarter : str or pandas.Period
        Later periods are not drawn, but for the two futures.
    area : str, optional
        Needed where the table holds several.
    title, subtitle : str, optional
        Default: the measure's name, and nothing.
    events : tuple of Event
        Drawn as labelled rules.
    percent : bool, optional
        Write the axis as percentages; default: when the table says that the measure is one.

    Returns
    -------
    matplotlib.figure.Figure
        To be shown, changed or saved.

    Raises
    ------
    Refused
        When the table does not hold the measure, or holds several areas and none is named.
    """
    rows = _rows(measured, measure, area)
    quarter = parse_quarter(quarter)
    rows = rows.assign(
        x=pd.PeriodIndex(rows["period"]).to_timestamp(), quarter=quarter_of(pd.PeriodIndex(rows["period"]))
    )
    seen = rows[rows["quarter"] <= quarter].tail(MONTHS_SHOWN)
    newest = seen[seen["quarter"] == quarter]
    percent = (rows["type"].dropna() == "percent").all() and "type" in rows if percent is None else percent
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
        axes = figure.add_subplot()
        ahead = rows[rows["quarter"] > quarter]
        _expected(axes, pd.concat([seen, ahead]))
        unbroken = seen.assign(run=seen["value"].isna().cumsum())  # a line never runs across a month without a figure
        sns.lineplot(
            data=unbroken,
            x="x",
            y="value",
            units="run",
            ax=axes,
            color=BLUE,
            linewidth=1.2,
            alpha=0.8,
            estimator=None,
            errorbar=None,
        )
        axes.plot(seen["x"], seen["value"], "o", color=BLUE, markersize=3)
        _gaps(axes, seen)
        _futures(axes, ahead, newest)
        axes.plot(newest["x"], newest["value"], "o", color=ORANGE, markersize=7, markeredgecolor=INK)
        _labels(axes, newest, percent)
        _events(axes, events, seen["x"].min(), rows["x"].max())
        _axes(axes, percent, title or measure, subtitle or "")
    return figure


def _rows(measured: pd.DataFrame, measure: str, area: str | None) -> pd.DataFrame:
    rows = measured[measured["measure"] == measure]
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


def _expected(axes, rows: pd.DataFrame) -> None:
    if "expected_lower" in rows and rows["expected_lower"].notna().any():
        axes.fill_between(
            rows["x"], rows["expected_lower"], rows["expected_upper"], color=GREY, alpha=0.45, linewidth=0
        )


def _gaps(axes, seen: pd.DataFrame) -> None:
    """Mark months without a figure at the foot of the picture, so that a gap is seen as one."""
    gaps = seen[seen["value"].isna()]
    inside = gaps[(gaps["x"] > seen.loc[seen["value"].notna(), "x"].min())]
    if len(inside):
        axes.plot(
            inside["x"], np.full(len(inside), 0.02), "x", color=INK, markersize=5, transform=axes.get_xaxis_transform()
        )
        axes.text(
            inside["x"].iloc[-1], 0.05, "no figure", transform=axes.get_xaxis_transform(), ha="center", fontsize=8
        )


def _futures(axes, ahead: pd.DataFrame, newest: pd.DataFrame) -> None:
    """Draw the two futures as fans that leave the newest point, each labelled on the fan."""
    if ahead.empty or newest["value"].isna().all() or "if_lasts_lower" not in ahead:
        return
    last = newest[newest["value"].notna()].iloc[-1]
    x = [last["x"], *ahead["x"]]
    middle = {n: (ahead[f"{n}_lower"].iloc[-1] + ahead[f"{n}_upper"].iloc[-1]) / 2 for n in ("if_spike", "if_lasts")}
    upper_one = max(middle, key=middle.get)
    for name, colour, label in (("if_spike", BLUE, "if short-term"), ("if_lasts", ORANGE, "if it lasts")):
        lower, upper = ahead[f"{name}_lower"], ahead[f"{name}_upper"]
        if lower.isna().all():
            continue
        axes.fill_between(x, [last["value"], *lower], [last["value"], *upper], color=colour, alpha=0.22, linewidth=0)
        axes.annotate(
            label,
            (ahead["x"].iloc[-1], middle[name]),
            xytext=(4, 0),
            textcoords="offset points",
            va="bottom" if name == upper_one else "top",  # away from each other, however near the fans lie
            fontsize=8,
            annotation_clip=False,
        )


def _labels(axes, newest: pd.DataFrame, percent: bool) -> None:
    for i, (_, row) in enumerate(newest.dropna(subset=["value"]).iterrows()):
        text = f"{100 * row['value']:.1f}".removesuffix(".0") + "%" if percent else f"{row['value']:,.0f}"
        below = i % 2 == 1  # neighbours take turns, so that labels do not lie on each other
        axes.annotate(
            text,
            (row["x"], row["value"]),
            xytext=(0, -15 if below else 8),
            textcoords="offset points",
            ha="center",
            weight="bold",
        )


def _events(axes, events, first, last) -> None:
    inside = [e for e in events if first <= pd.Timestamp(e.date) <= last]
    for i, event in enumerate(inside):
        axes.axvline(pd.Timestamp(event.date), color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.text(
            pd.Timestamp(event.date),
            0.99 - 0.09 * (i % 2),  # neighbours take turns
            event_label(event) + "  ",
            transform=axes.get_xaxis_transform(),
            ha="right",
            va="top",
            fontsize=8,
        )


def _axes(axes, percent: bool, title: str, subtitle: str) -> None:
    low, high = axes.get_ylim()
    axes.set(xlabel="", ylabel="")
    axes.set_ylim(min(0, low) if low < 0 else 0, min(high * 1.08, 1.08) if percent else high * 1.08)
    if percent:
        axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
        axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0] if high > 0.5 else axes.get_yticks())
    axes.figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=12, wrap=True)
    axes.set_title(subtitle, loc="left", fontsize=9)


def png(figure: Figure) -> bytes:
    """Return a figure as a small picture: a palette of few colours, no date and no program's name inside."""
    from PIL import Image

    raw = io.BytesIO()
    figure.savefig(raw, format="png", metadata={"Software": None})
    small = io.BytesIO()
    Image.open(raw).convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue()


def calibration_chart(table: pd.DataFrame, *, title: str = "Said and happened", subtitle: str = "") -> Figure:
    """Draw how often changes lasted against how likely that was said to be.

    Parameters
    ----------
    table : pandas.DataFrame
        said, happened, lower, upper (fractions) and cases, a row a bin.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(SIZE[1] * 1.3, SIZE[1] * 1.2), dpi=DPI, layout="constrained")
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1.5)
        axes.vlines(table["said"], table["lower"], table["upper"], color=BLUE, linewidth=1.2)
        sns.scatterplot(data=table, x="said", y="happened", ax=axes, color=BLUE, s=40)
        for _, row in table.iterrows():
            axes.annotate(
                f"{row['cases']:.0f}",
                (row["said"], row["happened"]),
                xytext=(6, -3),
                textcoords="offset points",
                fontsize=8,
            )
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="said to last", ylabel="lasted")
        axes.annotate("as often as said", (0.97, 0.93), ha="right", fontsize=8)
        figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=12)
        axes.set_title(subtitle, loc="left", fontsize=9)
    return figure
