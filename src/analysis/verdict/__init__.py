"""Is a change a trend or a short-term issue? The verdict, its outlook, and the range that was to be expected."""

from .expected import expected_table
from .table import judge_table
from .verdict import Verdict, judge

__all__ = ["Verdict", "expected_table", "judge", "judge_table"]
