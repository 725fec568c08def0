"""Is a change a trend or a short-term issue? The verdict, its outlook, and the range that was to be expected."""

from .expected import expected_table
from .verdict import Verdict, judge, judge_table

__all__ = ["Verdict", "expected_table", "judge", "judge_table"]
