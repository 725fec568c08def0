"""The paper: one style, and a picture's way to a small file."""

import io
import textwrap
import unicodedata
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ...kinds import are

# Government Analysis Function palette: dark blue and grey are its focus pair, orange its strongest contrast to both
BLUE, GREY, ORANGE, INK = "#12436D", "#BFBFBF", "#F46A25", "#3D3D3D"
GRID = "#E3E3E3"
DPI = 110
COLOURS = 64  # a palette of 64 makes a picture a third as large and looks the same
FAR = 0.5  # of the highest figure: what stays above it is drawn on a cut axis
BELOW = 0.4  # of what is drawn: the room under the lowest figure of a cut axis
SMALL = 8.5  # points: the smallest text
LETTER = 0.62  # of the font's size: the mean width of a letter of DejaVu Sans; bold is wider by a tenth
STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same picture on every machine
    "font.size": 10,
    "text.hinting": "none",  # takes half the time, and a page shows its pictures smaller than they are drawn
    "text.parse_math": False,  # a $ in a title is a $
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.xmargin": 0,
    "grid.color": GRID,
    "xtick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "ytick.color": INK,
    "ytick.left": False,
}


class Picture(Figure):
    """A figure that shows itself in a notebook, whatever backend is at work."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, dpi=DPI, **kwargs)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        return png(self)

    def wiped(self) -> "Picture":
        """Take off what was drawn but the axes, and return it: ticks cost more to make than to move."""
        for axes in self.axes:
            for artist in [*axes.lines, *axes.collections, *axes.texts, *self.texts[1:]]:  # the first is the title
                artist.remove()
            axes.relim()
        return self


def sheet(width: int, height: int) -> Picture:
    """Return an empty picture of so many pixels."""
    return Picture(figsize=(width / DPI, height / DPI))


def days(periods: Any) -> np.ndarray:
    """Return where periods begin, in days since 1970: matplotlib's own count of dates."""
    return pd.PeriodIndex(periods).to_timestamp().to_numpy("datetime64[D]").astype(float)


def foot_of(low: float, high: float, kinds: pd.Series) -> float:
    """Return where the axis of figures begins: at zero, but for stocks and percentages that keep far above it.

    From zero what moves by a tenth would look flat; a count of events is read by its height, and keeps its zero.
    """
    if not (are(kinds, "at_end") | are(kinds, "share")).all() or not low > FAR * high:
        return 0.0
    return max(low - BELOW * (high - low), 0.0)


def drawable(text: str) -> str:
    """Take out of a text what turns, hides or breaks the letters after it.

    >>> drawable("a\\u202eb\\nc")
    'ab c'
    """
    return "".join(c for c in " ".join(text.split()) if unicodedata.category(c)[0] != "C")


def fitted(text: str, letters: int, lines: int) -> str:
    """Break a text into so many lines at most; what is left over is an ellipsis.

    >>> fitted("one two three four", 9, 1)
    'one two …'
    """
    return "\n".join(textwrap.wrap(drawable(text), letters, max_lines=lines, placeholder=" …"))


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Estimate a text's width in pixels, before it is drawn."""
    return len(text) * size * LETTER * (1.1 if bold else 1.0) * DPI / 72


def palette_image(figure: Figure) -> Any:
    """Draw a figure and return it as an image of few colours."""
    from PIL import Image

    with mpl.rc_context(STYLE):
        figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    return image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def encoded(image: Any) -> bytes:
    """Return an image as PNG, without a date or a program's name inside."""
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=6)  # the highest takes ten times as long and saves a fourteenth
    return data.getvalue()


def png(figure: Figure) -> bytes:
    """Return a figure as a small picture, the same bytes each time."""
    return encoded(palette_image(figure))
