"""Can the figures be believed? Completeness, lateness of recording, bulk entry, breaks, backlog."""

from .backlog import backlog, timeliness
from .breaks import recording_breaks
from .bulk import bulk_days
from .completeness import completeness, for_judging
from .lateness import Restoration, lateness, restored, shortfall

__all__ = [
    "Restoration",
    "backlog",
    "bulk_days",
    "completeness",
    "for_judging",
    "lateness",
    "recording_breaks",
    "restored",
    "shortfall",
    "timeliness",
]
