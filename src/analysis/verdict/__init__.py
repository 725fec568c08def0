"""Is a change a trend or a short-term issue? The verdict, its outlook, and the range that was to be expected."""

from .expected import expected_table
from .explanation import Explanation, explain
from .table import judge_table
from .verdict import Verdict, judge

__all__ = ["Explanation", "Verdict", "expected_table", "explain", "judge", "judge_table"]
