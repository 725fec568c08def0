"""The same row twice, within a file and across files; and rows that are nearly the same."""

from itertools import combinations

import numpy as np
import pandas as pd

from ..config import Dataset
from ..config.presets import STACKED, YEARLY
from ..errors import Refused
from .log import CleaningLog

SAME_TIME = 0.5  # of the events of the shorter of two files: more, and they are of one time
A_YEAR = np.timedelta64(400, "D")  # between the ends of two yearly returns: more, and a year lies between them


def set_aside_duplicates(log: CleaningLog, typed: dict[str, pd.Series]) -> None:
    """Set aside rows of cases that say nothing new.

    Within a file a row is the same when all its columns are, also those that are not named: two rows with their own
    reference numbers are two events. Across files the named columns decide, and a row that a file holds twice counts
    twice. Of an event that a later extract has filled in, the later version stays. What differs otherwise is kept and
    flagged.
    """
    if "child" not in typed:
        return  # without an identifier two equal rows may well be two children
    if log.dataset.preset in YEARLY and log.rows["file"].cat.categories.size > 1:
        _refuse_year_twice(log, typed)
        _flag_not_continued(log, typed)
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
    if dataset.preset in STACKED:  # a team, a source or a need may have changed between two files
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
        if log.dataset.preset in STACKED:
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


def _refuse_year_twice(log: CleaningLog, typed: dict[str, pd.Series]) -> None:
    """Refuse two files that reach to the same day and hold mostly the same events."""
    if log.dataset.event_role is None:
        return
    file, names = log.rows["file"].cat.codes.to_numpy(), log.rows["file"].cat.categories
    age = age_of_files(log, typed)
    key = combined([log.column("child").codes, _codes(log, log.dataset.event_role)])
    for first, second in combinations(range(len(names)), 2):
        if age[first] == age[second]:
            one, two = (np.unique(key[log.kept & (file == number)]) for number in (first, second))
            if np.isin(one, two).sum() > SAME_TIME * min(len(one), len(two)):
                raise Refused(
                    f"{names[first]} and {names[second]} are returns of the same time: they reach to the same day and hold the same "
                    "events. Leave the older one out.",
                    code="YEAR_TWICE",
                )


def _flag_not_continued(log: CleaningLog, typed: dict[str, pd.Series]) -> None:
    """Flag what is open in one yearly file and is not in the next: it may have been corrected there, or left out by mistake."""
    event = log.dataset.event_role
    if event is None or not log.dataset.layout.continues or "ended" not in typed:
        return
    file, open_rows = log.rows["file"].cat.codes.to_numpy(), log.kept & typed["ended"].isna().to_numpy()
    key = combined([log.column("child").codes, _codes(log, event)])
    order = np.argsort(age_of_files(log, typed), kind="stable")
    newest = [_newest(log, typed, number) for number in order]
    for i in range(len(order) - 1):
        here, after = open_rows & (file == order[i]), log.kept & (file == order[i + 1])
        if here.any() and after.any() and newest[i + 1] - newest[i] <= A_YEAR:
            log.flag(here & ~np.isin(key, key[after]), "started", "NOT_CONTINUED")


def _newest(log: CleaningLog, typed: dict[str, pd.Series], number: int) -> np.datetime64:
    """Return the newest day of what happened, in one file."""
    rows = log.kept & (log.rows["file"].cat.codes.to_numpy() == number)
    roles = [r for r in log.dataset.date_roles if r in typed and r != "due"]
    return max((typed[r][rows].max() for r in roles if typed[r][rows].notna().any()), default=pd.NaT).to_datetime64()


def age_of_files(log: CleaningLog, typed: dict[str, pd.Series]) -> np.ndarray:
    """Return the rank of each file by the newest date in it, so that neither names nor order decide."""
    roles = [r for r in (*log.dataset.date_roles, "period") if r in typed]
    codes, newest = log.rows["file"].cat.codes.to_numpy(), []
    for number in range(len(log.rows["file"].cat.categories)):
        rows = log.kept & (codes == number)
        stamps = [typed[r][rows].max() for r in roles]
        newest.append(max((str(s) for s in stamps if not pd.isna(s)), default=""))
    if not any(newest):  # no date in any: their names stand in the order of their time
        return np.arange(len(newest), dtype=float)
    if log.dataset.preset == "annex-a":  # of a short list the same day may be the newest in two windows
        return pd.Series(newest).rank(method="first").to_numpy()
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
