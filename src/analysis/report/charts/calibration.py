"""Said and happened: how often changes lasted against how likely that was said to be."""

import matplotlib as mpl
import pandas as pd
import seaborn as sns

from .canvas import BLUE, GREY, STYLE, Picture

SIZE = (4.7, 4.3)  # inches


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
        figure = Picture(figsize=SIZE, layout="constrained")
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
