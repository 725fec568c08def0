"""Many reports, safely and fast, and the index of what there is."""

from .batch import make_report, make_reports
from .executor import prepare_by
from .index import INDEX_FILE
from .job import Limits
from .planning import plan
from .worker import Made

__all__ = ["INDEX_FILE", "Limits", "Made", "make_report", "make_reports", "plan", "prepare_by"]
