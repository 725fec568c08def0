"""A judged series -> a picture. Nothing is computed here: what is drawn stands in the table."""

from .canvas import png
from .one_measure import MONTHS_SHOWN, chart, paper
from .small_multiples import overview

__all__ = ["MONTHS_SHOWN", "chart", "overview", "paper", "png"]
