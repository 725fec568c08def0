"""Records -> measured table.

`extent` says which periods the data can speak of, `cases` counts each kind of measure, `counts` takes given figures, and `table`
makes one table of all.
"""

from .extent import newest_date, whole_quarters
from .measured_table import COLUMNS, measure

__all__ = ["COLUMNS", "measure", "newest_date", "whole_quarters"]
