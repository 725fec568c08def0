"""Names of areas, teams and sources: spellings that differ in case, spaces, accents or punctuation are one name."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ..config import Dataset
from ..shapes import AUDIT_COLUMNS, Cleaned
from .log import CleaningLog
from .texts import fold, fold_name

NAMES = frozenset({"area", "team", "source"})  # roles of names; of other parts, such as ages, a point may matter


def commonest(values: pd.Series, folded: pd.Series, weight: np.ndarray) -> dict[str, str]:
    """Return the spelling of most rows for each folded text; of equally common ones not the one in capitals."""
    order = pd.DataFrame(
        {"value": values, "folded": folded, "weight": weight, "capitals": values == values.str.upper()}
    )
    order = order.sort_values(["weight", "capitals", "value"], ascending=[False, True, True])
    return order.drop_duplicates("folded").set_index("folded")["value"].to_dict()


def unify_spellings(log: CleaningLog, role: str) -> None:
    """Write each name in one way: as a measure or the project names it, else as most rows do."""
    column, folded_by = log.column(role), fold_name if role in NAMES else fold
    folded = column.values.map(folded_by)
    named = {folded_by(name): name for name in [log.dataset.whole, *log.dataset.chosen(role)] if name}
    if not folded.duplicated().any() and not folded.isin(named).any():
        return
    weight = np.bincount(column.codes[log.kept], minlength=len(folded))
    spelling = commonest(column.values, folded, weight) | named
    after = folded.map(spelling).astype("str")
    changed = (after != column.values).to_numpy(dtype=bool)
    if changed.any():
        log.change(column.spread(changed), role, "NAME_UNIFIED", column.text(after))


def unify_areas(cleaned: Sequence[Cleaned], datasets: Sequence[Dataset]) -> list[Cleaned]:
    """Write each area in one way in all datasets of a project; a change is in that dataset's audit, once a name."""
    counts = [one.records["area"].value_counts() for one in cleaned if "area" in one.records]
    weight = pd.concat(counts).groupby(level=0).sum() if counts else pd.Series(dtype="int64")
    values = pd.Series(weight.index, dtype="str")
    folded = values.map(fold_name)
    if not folded.duplicated().any():
        return list(cleaned)
    named = {fold_name(n): n for d in datasets for n in d.chosen("area")}
    after = dict(zip(values, folded.map(commonest(values, folded, weight.to_numpy()) | named), strict=True))
    done = []
    for one in cleaned:
        odd = [a for a in one.records.get("area", pd.Series(dtype="str")).unique() if after[a] != a]
        notes = pd.DataFrame([("", "", 0, "area", "NAME_UNIFIED", a, after[a]) for a in odd], columns=AUDIT_COLUMNS)
        if odd:
            records = one.records.assign(area=one.records["area"].replace(after))
            one = replace(one, records=records, audit=pd.concat([one.audit, notes], ignore_index=True))
        done.append(one)
    return done
