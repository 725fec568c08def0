"""`measures.toml` as typed definitions.

`definitions` and `datasets` say what a configuration may hold; `loading` reads one and says what is wrong with it, and which
of its names point nowhere.
"""

from .conditions import EARLIER, Condition, Conditions, Span, on_a_day
from .datasets import CLOSING, NUMBER_ROLES, Dataset
from .definitions import (
    FEW,
    NO_CHILDREN,
    ON_TIME_BAND,
    OPEN_BAND,
    Catalogue,
    Event,
    Measure,
    Neighbours,
    Population,
    Project,
    Within,
    band_names,
    counted_date,
)
from .loading import load, offered

__all__ = [
    "CLOSING",
    "EARLIER",
    "FEW",
    "NO_CHILDREN",
    "NUMBER_ROLES",
    "ON_TIME_BAND",
    "OPEN_BAND",
    "Catalogue",
    "Condition",
    "Conditions",
    "Dataset",
    "Event",
    "Measure",
    "Neighbours",
    "Population",
    "Project",
    "Span",
    "Within",
    "band_names",
    "counted_date",
    "load",
    "offered",
    "on_a_day",
]
