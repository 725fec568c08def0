"""Can the figures be believed? Completeness, bulk entry, breaks, backlog."""

from .breaks import bulk_days, recording_breaks
from .open_work import backlog, timeliness
from .restoration import Restoration, restored, shortfall
from .share_recorded import completeness, for_judging

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
