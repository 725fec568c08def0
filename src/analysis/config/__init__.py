"""`measures.toml` as typed definitions.

`definitions` says what a configuration may hold, with `datasets`, `measures` and their `values`; `loading` reads one,
`references` and `complaints` say what is wrong with it.
"""

from .datasets import CLOSING, NUMBER_ROLES, Dataset
from .definitions import Catalogue, Event, Population, Project
from .loading import load
from .measures import FEW, ON_TIME_BAND, OPEN_BAND, Measure, band_names, counted_date

__all__ = [
    "CLOSING",
    "FEW",
    "NUMBER_ROLES",
    "ON_TIME_BAND",
    "OPEN_BAND",
    "Catalogue",
    "Dataset",
    "Event",
    "Measure",
    "Population",
    "Project",
    "band_names",
    "counted_date",
    "load",
]
