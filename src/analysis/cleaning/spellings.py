"""Names of areas, teams and sources: spellings that differ in case or spaces are one name."""

import numpy as np
import pandas as pd

from .log import Desk
from .texts import fold


def commonest(values: pd.Series, folded: pd.Series, weight: np.ndarray) -> dict[str, str]:
    """Return the spelling of most rows for each folded text; of equally common ones not the one in capitals."""
    order = pd.DataFrame(
        {"value": values, "folded": folded, "weight": weight, "capitals": values == values.str.upper()}
    )
    order = order.sort_values(["weight", "capitals", "value"], ascending=[False, True, True])
    return order.drop_duplicates("folded").set_index("folded")["value"].to_dict()


def unify_spellings(desk: Desk, role: str) -> None:
    """Write each name in one way: as a measure or the project names it, else as most rows do."""
    column = desk.column(role)
    folded = column.values.map(fold)
    named = {fold(name): name for name in [desk.dataset.whole, *desk.dataset.chosen(role)] if name}
    if not folded.duplicated().any() and not folded.isin(named).any():
        return
    weight = np.bincount(column.codes[desk.kept], minlength=len(folded))
    spelling = commonest(column.values, folded, weight) | named
    after = folded.map(spelling).astype("str")
    changed = (after != column.values).to_numpy(dtype=bool)
    if changed.any():
        desk.change(column.spread(changed), role, "NAME_UNIFIED", column.text(after))
