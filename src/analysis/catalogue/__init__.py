"""`measures.toml` as typed definitions.

`definitions` says what a configuration may hold, `loading` reads one, `references` and `complaints` say what is wrong with it.
"""

from .definitions import (
    CLOSING,
    FEW,
    NUMBER_ROLES,
    ON_TIME_BAND,
    OPEN_BAND,
    Catalogue,
    Dataset,
    Event,
    Measure,
    Population,
    Project,
    band_names,
    counted_date,
)
from .loading import load

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
