"""Many reports, safely and fast, and the index of what there is."""

from .batch import make_report, make_reports
from .executor import prepare_by
from .job import Limits
from .planning import plan
from .worker import Made, warm_up

__all__ = ["Limits", "Made", "make_report", "make_reports", "plan", "prepare_by", "warm_up"]
