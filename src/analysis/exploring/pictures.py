"""Pictures of an exploration. Each function returns a Figure that can be changed: `figure.suptitle("...")`."""

from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib import dates
from matplotlib.figure import Figure

from ..classes import NONE
from ..report import words
from ..report.charts import chart
from ..report.charts.canvas import BLUE, GREY, INK, ORANGE, STYLE, Picture
from ..verdict.question import SETTLED
from .exploration import Exploration
from .season import PARTS, YEARS

CALIBRATION_SIZE = (4.7, 4.3)  # inches
SHOWN = 18  # months beside the next three
SIZE = (8.4, 3.6)  # inches
ROOM = {"axes.xmargin": 0.03}  # a point at the edge is whole
LEAST = 0.01  # probability from which an answer gets its own picture of the next months
MARKS = {  # point type: colour, marker, words; told apart by shape too
    "common_cause": (GREY, "o", "nothing unusual"),
    "special_cause_improvement": (BLUE, "^", "unusual, for the better"),
    "special_cause_concern": (ORANGE, "v", "unusual, for the worse"),
    "special_cause_neutral_high": ("#801650", "D", "unusually high"),
    "special_cause_neutral_low": ("#801650", "s", "unusually low"),
}


def _picture(
    here: Exploration, title: str, *, rows: int = 1, columns: int = 1, height: float = 1.0, **shared: bool
) -> tuple[Picture, Any]:
    figure = Picture(figsize=(SIZE[0], SIZE[1] * height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **shared).ravel()
    figure.suptitle(f"{title}: {here.measure.title}", x=0.01, ha="left", weight="bold", fontsize=12)
    for ax in axes if here.percent else ():
        ax.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
    return figure, axes


def _dates(index: Any) -> pd.DatetimeIndex:
    return pd.PeriodIndex(index).to_timestamp()


def _line(ax: Any, values: pd.Series, colour: str = BLUE) -> None:
    """Draw a line, which breaks where a period has no figure."""
    ax.plot(_dates(values.index), values, color=colour, linewidth=1.2)


def over_time(here: Exploration) -> Figure:
    """Draw the measure with its expected range, its events and, where the question is open, the two futures."""
    return chart(
        here.expected,
        measure=here.measure.name,
        quarter=here.quarter,
        title=here.measure.title,
        subtitle=here.area,
        events=here.events,
        percent=here.percent,
    )


@mpl.rc_context(STYLE | ROOM)
def season_chart(here: Exploration) -> Figure:
    """Draw the series, its trend, its season and what is left, one above the other."""
    if here.parts["trend"].isna().all():
        return _nothing(here, f"It takes {YEARS} years of figures to tell a season from a trend.")
    figure, axes = _picture(here, "Season and trend", rows=4, height=1.7, sharex=True)
    for ax, name in zip(axes, PARTS, strict=True):
        _line(ax, here.parts[name])
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
        if name in ("season", "remainder"):
            ax.axhline(0, color=INK, linewidth=0.8)
    return figure


@mpl.rc_context(STYLE | ROOM)
def probability_chart(here: Exploration) -> Figure:
    """Draw the probabilities of the five answers, each with its word from the government's yardstick."""
    told = here.verdict.probabilities
    figure, (ax,) = _picture(here, "What the figures say", height=0.65)
    ax.barh(list(told), list(told.values()), color=BLUE, height=0.6)
    for i, p in enumerate(told.values()):
        text = f"{words.percentage(p)}, {words.likelihood(p)}"
        ax.annotate(text, (p, i), xytext=(5, 0), textcoords="offset points", va="center")
    ax.set(xlim=(0, 1.25), xticks=[])
    ax.invert_yaxis()
    ax.grid(False)
    ax.spines["bottom"].set_visible(False)
    return figure


@mpl.rc_context(STYLE | ROOM)
def futures_chart(here: Exploration) -> Figure:
    """Draw the next three months' range (80%) under each answer that is not all but ruled out, side by side.

    Of a weekly series only the ranges of a usual week are drawn.
    """
    futures, series, p = here.explanation.futures, here.series, here.verdict.probabilities
    told = [name for name in futures["class"].unique() if p[name] >= LEAST]
    if not told:
        return _nothing(here, "Too little data.")
    figure, axes = _picture(here, "What the next months would look like", columns=len(told), sharey=True)
    seen = series.tail(SHOWN) if series.index.freqstr == "M" else series.iloc[:0]
    for ax, name in zip(axes, told, strict=True):
        rows = futures[futures["class"] == name]
        _line(ax, seen)
        ax.plot(_dates(seen.index[-3:]), seen.iloc[-3:], "o", color=ORANGE, markeredgecolor=INK, markersize=5)
        ax.fill_between(_dates(rows["period"]), rows["lower"], rows["upper"], color=ORANGE, alpha=0.4, linewidth=0)
        ax.set_title(f"if {name}\n({words.percentage(p[name])})", loc="left", fontsize=9)
        ax.xaxis.set_major_locator(dates.MonthLocator(bymonth=(1, 7)))
        ax.xaxis.set_major_formatter(dates.DateFormatter("%b\n%Y"))
    axes[0].set_ylim(bottom=0)
    return figure


@mpl.rc_context(STYLE | ROOM)
def life_chart(here: Exploration, asked: str | None = None) -> Figure:
    """Draw a question's life: what came since beside its lines, and how likely it is, month by month, that it lasts.

    Parameters
    ----------
    here : Exploration
    asked : str, optional
        The quarter that asks, as `Exploration.life` takes it.
    """
    life = here.life(asked)
    if (life["question"].dropna() == NONE).all():
        return _nothing(here, "Nothing departed by enough to be asked about.")
    figure, (came, sure) = _picture(here, "Does the change last, month by month", rows=2, height=1.4, sharex=True)
    x = _dates(life.index)
    came.plot(x, life["mean"], "o-", color=ORANGE, markeredgecolor=INK, label="mean of the months since")
    for name, marker, text in (("lasts_if", "^", "at or beyond: lasts"), ("passed_if", "v", "at or short of: passed")):
        came.plot(x, life[name], marker, color=BLUE, markersize=8, label=text)
    came.plot(x, life["half"], "_", color=INK, markersize=14, label="half of it")
    sure.plot(x, life["probability"], "o-", color=ORANGE, markeredgecolor=INK)
    for edge in (SETTLED, 1 - SETTLED):
        sure.axhline(edge, color=INK, linewidth=0.8, linestyle="--")
    sure.set(ylim=(0, 1), ylabel="chance that it lasts")
    sure.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
    sure.xaxis.set_major_formatter(dates.DateFormatter("%b\n%Y"))
    figure.legend(loc="outside lower left", ncols=4, frameon=False)
    return figure


@mpl.rc_context(STYLE | ROOM)
def control_chart(here: Exploration) -> Figure:
    """Draw the XmR chart: mean, limits, target, and a mark for each point by what it means."""
    limits, target = here.limits, here.target
    x, values = _dates(limits.index), here.series.reindex(limits.index)
    figure, (ax,) = _picture(here, "Control chart", height=1.1)
    for name, text, style in (("mean", "mean", "-"), ("lpl", "lower limit", "--"), ("upl", "upper limit", "--")):
        ax.plot(x, limits[name], style, color=INK, linewidth=1)
        ax.annotate(text, (x[-1], limits[name].iloc[-1]), xytext=(6, 0), textcoords="offset points", va="center")
    _line(ax, values, GREY)
    for kind, (colour, marker, meaning) in MARKS.items():
        at = (limits["point_type"] == kind).to_numpy()
        if at.any():
            ax.plot(x[at], values[at], marker, color=colour, markeredgecolor=INK, markersize=6, label=meaning)
    if target is not None:
        ax.axhline(target, color=ORANGE, linewidth=1.5, label="target")
    figure.legend(loc="outside lower left", ncols=4, frameon=False)
    return figure


@mpl.rc_context(STYLE | ROOM)
def nation_chart(here: Exploration) -> Figure:
    """Draw the measure beside its comparator, each as an index of its own mean: 100 is usual."""
    months = here.months.set_index(pd.PeriodIndex(here.months["period"]))
    both = months.loc[here.series.index, ["value", "comparator"]].astype(float).dropna()
    if both.empty:
        return _nothing(here, "No comparator: name one in the configuration, comparator = ...")
    index = 100 * both / both.mean()
    figure, (ax,) = _picture(here, "Only us, or the nation too? (100 = own mean)")
    for name, colour, text in (("comparator", ORANGE, "nation"), ("value", BLUE, "here")):
        _line(ax, index[name], colour)
        end = (_dates(index.index)[-1], index[name].iloc[-1])
        ax.annotate(text, end, xytext=(6, 0), textcoords="offset points", va="center")
    return figure


def _nothing(here: Exploration, why: str) -> Figure:
    figure, (ax,) = _picture(here, "Nothing to draw", height=0.4)
    ax.axis("off")
    ax.text(0, 0.5, why, transform=ax.transAxes)
    return figure


def calibration_chart(table: pd.DataFrame, *, title: str = "Said and happened", subtitle: str = "") -> Picture:
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
        figure = Picture(figsize=CALIBRATION_SIZE, layout="constrained")
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
