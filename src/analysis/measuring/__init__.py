"""Records -> measured table.

`extent` says which periods the data can speak of, `cases` counts each kind of measure, `aggregates` takes given figures,
`measured_table` makes one table of all, and `gaps` says which given figures are missing.
"""

from .extent import newest_date
from .gaps import find_gaps
from .measured_table import COLUMNS, measure

__all__ = ["COLUMNS", "find_gaps", "measure", "newest_date"]
