"""Many reports, safely and fast, and the index of what there is."""

from .batch import make_report, make_reports
from .executor import prepare_by
from .job import Limits
from .planning import choose_areas, plan, split_names
from .worker import Made, warm_up

__all__ = [
    "Limits",
    "Made",
    "choose_areas",
    "make_report",
    "make_reports",
    "plan",
    "prepare_by",
    "split_names",
    "warm_up",
]
