"""Records -> measured table.

`extent` says which periods the data can speak of, `cases` counts cases by each kind of measure, `aggregates` takes figures
that were counted elsewhere, `measured_table` makes one table of all, and `gaps` says which returned figures are missing.
"""

from .extent import newest_date, whole_quarters
from .gaps import find_gaps
from .measured_table import COLUMNS, measure

__all__ = ["COLUMNS", "find_gaps", "measure", "newest_date", "whole_quarters"]
