"""Rows that are the sum of others: by their name and by arithmetic. They are checked, and never added to their parts."""

import json

import numpy as np
import pandas as pd

from ..config import NUMBER_ROLES
from ..errors import Refused
from ..totals import NATIONS, names_total
from .log import CleaningLog
from .texts import fold

FEWEST_SUMS = 6  # figures that must be the sum of all others before a name is taken for a total that does not say so
FEWEST_MIXED = 3  # of them made of several parts: the only office with figures is no total
CLEAR = 20  # roundings by which such a sum must exceed zero, where the figures are rounded
ENOUGH = 12  # figures that show what all of them are rounded to
BASES = (100, 10, 5)  # to which counts are rounded when they are published


def settle_totals(log: CleaningLog, typed: dict[str, pd.Series]) -> None:
    """Set a total aside where it is the sum of its parts; where a part is not known it stands as the whole.

    Of the areas the whole bears the project's name from here on. A total of another part that is kept is marked in a
    column of its own, so that measuring never adds it to its parts. Areas of several levels are left as they are.

    Raises
    ------
    Refused
        ``TOTAL_MISMATCH`` where all parts are known and the total is not their sum.
    """
    for role in log.dataset.part_roles:
        if role in typed and not (role == "area" and "level" in typed) and typed[role][log.kept].nunique() > 1:
            _settle(log, typed, role)


def _settle(log: CleaningLog, typed: dict[str, pd.Series], role: str) -> None:
    dataset, kept = log.dataset, np.flatnonzero(log.kept)
    others = [r for r in ("period", *dataset.part_roles, "snapshot") if r in typed and r != role]
    name = typed[role].iloc[kept]
    group = name.groupby([typed[r].iloc[kept] for r in others], sort=False).ngroup().to_numpy()
    figures: dict[str, pd.DataFrame] = {
        r: pd.DataFrame({"group": group, "name": name.to_numpy(), "figure": typed[r].iloc[kept].to_numpy()}).pivot(
            index="group", columns="name", values="figure"
        )
        for r in ("value", "denominator")
        if r in typed
    }
    declared = {fold(n) for n in dataset.total.get(role, ())}
    names = list(figures["value"])
    totals = [n for n in names if fold(n) in declared or names_total(n) or (role == "area" and n == dataset.whole)]
    nations = [n for n in names if fold(n) in NATIONS and n not in totals] if role == "area" else []
    parts = [n for n in names if n not in [*totals, *nations]]
    if not parts:
        return
    if dataset.adds_up:
        found = _by_arithmetic(figures, parts)
        totals, parts = [*totals, *found], [n for n in parts if n not in found]
        whole_given = any(n == dataset.whole for n in totals)
        for n in nations:  # a nation beside its authorities, or one to compare with
            fits = _compare(figures, n, parts)
            if whole_given and not fits.isin(["sum", "near", ""]).all():
                parts.append(n)
            else:
                totals.append(n)
    keep = pd.Series(False, index=figures["value"].index)
    for total in totals:
        fits = _compare(figures, total, parts) if dataset.adds_up else pd.Series("", index=keep.index)
        if fold(total) in declared:
            fits[:] = ""
        if (fits == "other").any() and len(parts) > 1:
            _refuse(
                log,
                typed,
                role,
                total,
                kept[(name == total).to_numpy() & np.isin(group, fits.index[fits == "other"])],
                len(fits),
            )
        stands = (~fits.isin(["sum", "none"]) & ~keep) | (total in dataset.chosen(role))
        chosen = total in dataset.chosen(role)
        keep |= stands & (role != "area" or not chosen)
        rows = kept[(name == total).to_numpy()]
        stays = stands[group[(name == total).to_numpy()]].to_numpy(dtype=bool)
        _mark(log, typed, role, rows[stays], rows[~stays], rename=role == "area" and not chosen)


def _compare(figures: dict[str, pd.DataFrame], total: str, parts: list[str]) -> pd.Series:
    """Say of each group whether the total is the sum of its parts, near it, another figure, none, or not to be told."""
    fits = pd.Series("sum", index=figures["value"].index)
    for table in figures.values():
        own, rest = table[total], table[parts]
        known = rest.notna().all(axis=1)
        gap = (own - rest.sum(axis=1)).abs()
        exact = np.isclose(gap, 0, atol=1e-9)
        slack = _rounding(own) + _rounding(rest.melt()["value"]) * len(parts)
        here = np.select([~known, own.isna(), exact, gap <= slack + 1e-9], ["", "none", "sum", "near"], "other")
        order = ["sum", "none", "near", "", "other"]  # the worst of the columns stands
        fits = (
            fits.map(order.index)
            .combine(pd.Series(here, index=fits.index).map(order.index), max)
            .map(dict(enumerate(order)))
        )
    return fits


def _rounding(figures: pd.Series) -> float:
    """Return how far a figure of a column may lie from the exact one: half of what all of them are multiples of."""
    filled = figures.dropna()
    filled = filled[filled != 0]
    if not len(filled):
        return 0.0
    for base in BASES:
        if len(filled) >= ENOUGH and (filled % base == 0).all():
            return base / 2
    if (filled % 1 == 0).all():
        return 0.0
    for places in (1, 2, 3):
        if np.isclose(filled, filled.round(places)).all():
            return 0.5 * 10.0**-places
    return 0.0


def _by_arithmetic(figures: dict[str, pd.DataFrame], parts: list[str]) -> list[str]:
    """Return the one name whose figures are always the sum of all others."""
    if len(parts) < 3:
        return []
    whole = figures["value"][parts].dropna()
    if len(whole) < FEWEST_SUMS:
        return []
    largest = whole.sum().idxmax()
    rest = whole.drop(columns=largest)
    mixed = (whole[largest] > rest.max(axis=1)).sum()
    slack = _rounding(whole[largest]) + _rounding(rest.melt()["value"]) * rest.shape[1]
    if (whole[largest] > 0).sum() < FEWEST_SUMS or mixed < FEWEST_MIXED or whole[largest].median() < CLEAR * slack:
        return []
    fits = _compare(figures, largest, [n for n in parts if n != largest])
    return [largest] if fits.isin(["sum", "near", "", "none"]).all() else []


def _mark(
    log: CleaningLog, typed: dict[str, pd.Series], role: str, stays: np.ndarray, aside: np.ndarray, *, rename: bool
) -> None:
    where = np.zeros((2, len(log.rows)), dtype=bool)
    where[0, stays], where[1, aside] = True, True
    log.set_aside(where[1], "TOTAL_ROW")
    if not len(stays):
        return
    if rename:
        named = pd.Series(log.dataset.whole, index=log.rows.index, dtype="str")
        log.change(where[0] & (typed[role] != log.dataset.whole).to_numpy(dtype=bool), role, "TOTAL_ROW", named)
        typed[role] = log.text[role]
    else:
        log.flag(where[0], role, "TOTAL_ROW")
        mark = f"{role}_total"
        typed[mark] = typed.get(mark, pd.Series("", index=log.rows.index, dtype="str")).mask(where[0], "total")


def _refuse(log: CleaningLog, typed: dict, role: str, total: str, rows: np.ndarray, groups: int) -> None:
    first, name = log.rows.iloc[rows[0]], json.dumps(total, ensure_ascii=False)
    figures = " and ".join(f"'{log.heading(r)}'" for r in NUMBER_ROLES if r in typed)
    raise Refused(
        f"{first['file']}: the rows {name} of the column '{log.heading(role)}' look like a total and are not the sum "
        f"of the others, beyond rounding, in {len(rows)} of {groups} {log.dataset.grain}s and parts (columns "
        f"{figures}; first on line {first['line']}). Correct the figures; or say in [[dataset]] "
        f"'{log.table.dataset}' that these rows are the whole as they stand, total = {{ {role} = [{name}] }}, or leave "
        f"them out with `where`.",
        code="TOTAL_MISMATCH",
    )
