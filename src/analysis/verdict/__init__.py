"""Is a change a trend or a short-term issue? The verdict, its outlook, and the range that was to be expected."""

from .earlier_calls import hold_calls
from .expected import expected_table
from .explanation import Explanation, explain
from .following import follow
from .many_series import judge_table
from .one_series import Verdict, judge
from .year import year_ahead

__all__ = [
    "Explanation",
    "Verdict",
    "expected_table",
    "explain",
    "follow",
    "hold_calls",
    "judge",
    "judge_table",
    "year_ahead",
]
