"""The same row twice, within a file and across files; and rows that are nearly the same."""

import numpy as np
import pandas as pd

from ..config import Dataset
from .log import CleaningLog


def set_aside_duplicates(log: CleaningLog, typed: dict[str, pd.Series]) -> None:
    """Set aside rows of cases that say nothing new.

    Within a file a row is the same when all its columns are, also those that are not named: two rows with their own
    reference numbers are two events. Across files the named columns decide, and a row that a file holds twice counts
    twice. Of an event that a later extract has filled in, the later version stays. What differs otherwise is kept and
    flagged.
    """
    if "child" not in typed:
        return  # without an identifier two equal rows may well be two children
    roles = [r for r in (*log.dataset.columns, "snapshot") if r in typed]
    key = _key_roles(log.dataset, roles)
    codes = {role: _codes(log, role) for role in roles}
    alike = combined([codes[r] for r in key])
    kept = log.kept
    alike[~kept] = -1 - np.arange(int((~kept).sum()))  # a row set aside is like no other
    in_order = np.sort(alike)  # numbers are sorted several times faster than they are looked up one by one
    twins = np.flatnonzero(pd.Series(alike).isin(np.unique(in_order[1:][in_order[1:] == in_order[:-1]])))
    if not len(twins):
        return
    row = combined([codes[r][twins] for r in roles])
    file = log.rows["file"].cat.codes.to_numpy()[twins].astype("int64")
    within = pd.DataFrame({"row": row, "file": file, "rest": log.rows["rest"].to_numpy()[twins]})
    same = np.array(within.duplicated())
    several = log.rows["file"].cat.categories.size > 1
    if several:
        left = within[~same]
        nth = left.groupby(["file", "row"], sort=False).cumcount()
        again = pd.DataFrame({"row": left["row"], "nth": nth}).duplicated()
        same[again.index[again]] = True
    set_aside_rows(log, twins[same], "DUPLICATE_ROW")
    _near(log, typed, twins[~same], pd.Series(alike[twins[~same]]), file[~same], several)


def _codes(log: CleaningLog, role: str) -> np.ndarray:
    """Return a number for each row's value of a role, the same for the same value."""
    if role in log.stamps:
        stamp, value = log.stamps[role]
        return (pd.factorize(stamp)[0] + 1)[value]
    return log.column(role).codes


def combined(parts: list[np.ndarray]) -> np.ndarray:
    """Return one number per distinct combination of numbers."""
    number, size = np.zeros(len(parts[0]), dtype="int64"), 1
    for codes in parts:
        many = int(codes.max(initial=0)) + 1
        if size > np.iinfo("int64").max // many:
            number = pd.factorize(number)[0].astype("int64", copy=False)
            size = int(number.max(initial=0)) + 1
        number *= many
        number += codes
        size *= many
    return number


def _key_roles(dataset: Dataset, roles: list[str]) -> list[str]:
    """Return the roles that make an event or a figure the one it is; the others may be filled in later."""
    later = {r for r in dataset.date_roles if r != dataset.event_role}
    if dataset.preset == "annex-a":  # a team or a source may have changed between two workbooks
        return [r for r in roles if r in ("child", "snapshot", dataset.event_role)]
    return [r for r in roles if r not in later]


def _near(
    log: CleaningLog, typed: dict[str, pd.Series], at: np.ndarray, number: pd.Series, file: np.ndarray, several: bool
) -> None:
    twins = number.duplicated(keep=False).to_numpy()
    if not twins.any():
        return
    group, place = number[twins], np.flatnonzero(twins)
    superseded = np.zeros(len(place), dtype=bool)
    if several:
        age = age_of_files(log, typed)[file[place]]
        newest = pd.Series(age).groupby(group.to_numpy()).transform("max").to_numpy()
        older = age < newest
        if log.dataset.preset == "annex-a":
            superseded = older
        else:
            superseded = older & _only_fills_in(log, typed, at[place], group.to_numpy(), older)
    set_aside_rows(log, at[place[superseded]], "NEAR_DUPLICATE")
    still = group[~superseded].duplicated(keep=False).to_numpy()
    _flag(log, at[place[~superseded][still]])


def _only_fills_in(
    log: CleaningLog, typed: dict[str, pd.Series], at: np.ndarray, group: np.ndarray, older: np.ndarray
) -> np.ndarray:
    """Say of each older row whether the newest of its kind differs only where the older one is blank."""
    later = [r for r in log.dataset.date_roles if r != log.dataset.event_role]
    fits = np.ones(len(at), dtype=bool)
    newest = pd.Series(np.flatnonzero(~older), index=group[~older])
    single = ~newest.index.duplicated(keep=False)
    of = newest[single].reindex(group).to_numpy()
    fits &= ~np.isnan(of)
    pair = np.where(fits, of, 0).astype(int)
    for role in later:
        stamps = typed[role].to_numpy()[at]
        fits &= np.isnat(stamps) | (stamps == stamps[pair])
    return fits


def age_of_files(log: CleaningLog, typed: dict[str, pd.Series]) -> np.ndarray:
    """Return the rank of each file by the newest date in it, so that neither names nor order decide."""
    roles = [r for r in (*log.dataset.date_roles, "period") if r in typed]
    codes, newest = log.rows["file"].cat.codes.to_numpy(), []
    for number in range(len(log.rows["file"].cat.categories)):
        rows = log.kept & (codes == number)
        stamps = [typed[r][rows].max() for r in roles]
        newest.append(max((str(s) for s in stamps if not pd.isna(s)), default=""))
    return pd.Series(newest).rank(method="min").to_numpy()


def set_aside_rows(log: CleaningLog, rows: np.ndarray, code: str) -> np.ndarray:
    """Set rows aside by their places, and return where they are."""
    where = np.zeros(len(log.rows), dtype=bool)
    where[rows] = True
    log.set_aside(where, code)
    return where


def _flag(log: CleaningLog, rows: np.ndarray) -> None:
    where = np.zeros(len(log.rows), dtype=bool)
    where[rows] = True
    log.flag(where, log.dataset.event_role or "child", "NEAR_DUPLICATE")
