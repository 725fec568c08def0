"""An analyst's first hour with a file: what came in, what it shows, what the verdict rests on, and what if.

Exact figures, small ones too: nothing of this is for publication.
"""

from .exploration import Exploration, compare
from .opening import begin
from .pictures import (
    calibration_chart,
    control_chart,
    futures_chart,
    life_chart,
    nation_chart,
    over_time,
    probability_chart,
    season_chart,
)
from .season import season_and_trend, seasonal_strength

__all__ = [
    "Exploration",
    "begin",
    "calibration_chart",
    "compare",
    "control_chart",
    "futures_chart",
    "life_chart",
    "nation_chart",
    "over_time",
    "probability_chart",
    "season_and_trend",
    "season_chart",
    "seasonal_strength",
]
