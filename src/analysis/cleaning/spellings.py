"""Names of areas, teams and sources: spellings that differ in case or spaces are one name."""

import numpy as np
import pandas as pd

from .log import Desk
from .texts import fold


def unify_spellings(desk: Desk, role: str) -> None:
    """Write each name in one way: as a measure or the project names it, else as most rows do."""
    column = desk.column(role)
    folded = column.values.map(fold)
    named = {fold(name): name for name in [desk.dataset.whole, *desk.dataset.chosen(role)] if name}
    if not folded.duplicated().any() and not folded.isin(named).any():
        return
    weight = np.bincount(column.codes[desk.kept], minlength=len(folded))
    order = pd.DataFrame({"value": column.values, "folded": folded, "weight": weight})
    common = order.sort_values(["weight", "value"], ascending=[False, True]).drop_duplicates("folded")
    spelling = {**common.set_index("folded")["value"], **named}
    after = folded.map(spelling).astype("str")
    changed = (after != column.values).to_numpy(dtype=bool)
    if changed.any():
        desk.change(column.spread(changed), role, "NAME_UNIFIED", column.text(after))
