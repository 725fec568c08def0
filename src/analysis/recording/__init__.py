"""Can the figures be believed? Completeness, bulk entry, breaks, backlog."""

from .backlog import backlog, timeliness
from .breaks import recording_breaks
from .bulk import bulk_days
from .completeness import completeness, for_judging
from .restoration import Restoration, restored, shortfall

__all__ = [
    "Restoration",
    "backlog",
    "bulk_days",
    "completeness",
    "for_judging",
    "recording_breaks",
    "restored",
    "shortfall",
    "timeliness",
]
