"""Records -> measured table.

`link` makes datasets of others, `conditions` says which rows meet what a measure asks, `extent` says which periods the data can speak of, `cases` counts cases by each kind of measure, `aggregates` takes figures
that were counted elsewhere, `measured_table` makes one table of all, `gaps` says which figures and measures are missing,
and `accounting` what became of every row.
"""

from .accounting import account, account_of_measures
from .extent import newest_date, whole_quarters
from .gaps import find_absent, find_differences, find_gaps
from .linking import link
from .measured_table import COLUMNS, measure, measure_comparators

__all__ = [
    "COLUMNS",
    "account",
    "account_of_measures",
    "find_absent",
    "find_differences",
    "find_gaps",
    "link",
    "measure",
    "measure_comparators",
    "newest_date",
    "whole_quarters",
]
