"""Records -> measured table.

`extent` says which periods the data can speak of, `cases` counts cases by each kind of measure, `aggregates` takes figures
that were counted elsewhere, and `measured_table` makes one table of all.
"""

from .extent import newest_date, whole_quarters
from .measured_table import COLUMNS, measure

__all__ = ["COLUMNS", "measure", "newest_date", "whole_quarters"]
