"""What is odd about the records as a whole: flagged, kept, and shown beside the figures."""

import numpy as np
import pandas as pd

from .desk import Desk

ANCHORS = ("date", "referral", "started", "previous")  # roles that begin something
ENDS = ("decided", "completed", "authorised", "ended", "visited")  # roles that cannot come before
BULK_ROWS = 10  # rows of one day below which nothing is a bulk entry
BULK_TIMES = 5  # as many as on a busy day (95th percentile of days with any)
BULK_SHARE = 0.5  # of all rows, where there are too few days to know a busy one
FEW_DAYS = 5
QUIET_DAYS = 7  # days without an event before a month's end that say nothing
QUIET_CHANCE = 0.01  # of so long a silence at the rate of events before it
MONTHS_TO_COMPARE = 6  # earlier months before the newest one's last event is compared with theirs
DOMINANT_ROWS = 6  # one more than the department's rule hides: events pass the threshold, the child does not
DOMINANT_SHARE = 0.25  # of a month's rows about one child


def flag_oddities(desk: Desk, typed: dict[str, pd.Series]) -> None:
    """Flag negative durations, bulk entry and closure, empty and unfinished months, and children who dominate one."""
    event = desk.dataset.event_role
    _negative(desk, typed)
    for role in desk.dataset.date_roles:
        if role in ENDS:
            _bulk(desk, typed, role, "BULK_CLOSE")
        elif role in (event, "recorded"):
            _bulk(desk, typed, role, "BULK_ENTRY")
    stamps = typed[event].to_numpy()
    known = desk.kept & ~np.isnat(stamps)
    if desk.dataset.as_at:
        inside = known & (stamps < np.datetime64(desk.dataset.as_at, "D") + np.timedelta64(1, "D"))
        known = inside if inside.any() else known
    if known.any():
        ends = typed["ended"].to_numpy() if "ended" in typed else np.array([], dtype=stamps.dtype)
        if (~np.isnat(ends)).any():  # older episodes are the survivors of theirs: their months say nothing
            known &= stamps >= np.nanmin(ends)
    if known.any():
        _months(desk, event, stamps, np.flatnonzero(known))
        if "child" in typed:
            _dominance(desk, stamps, np.flatnonzero(known))


def _negative(desk: Desk, typed: dict[str, pd.Series]) -> None:
    for end in (r for r in ENDS if r in typed):
        where = np.zeros(len(desk.rows), dtype=bool)
        for anchor in (r for r in ANCHORS if r in typed):
            start, stop = typed[anchor].to_numpy(), typed[end].to_numpy()
            if not {anchor, end} <= desk.dataset.timed_roles:
                start, stop = start.astype("datetime64[D]"), stop.astype("datetime64[D]")
            where |= stop < start
        desk.flag(where & desk.kept, end, "NEGATIVE_DURATION")


def _bulk(desk: Desk, typed: dict[str, pd.Series], role: str, code: str) -> None:
    """Flag days on which far more was written than on a busy one: a migration, or an evening of catching up."""
    days = typed[role].to_numpy().astype("datetime64[D]")
    known = desk.kept & ~np.isnat(days)
    numbers = days[known].astype("int64")
    if not len(numbers):
        return
    counts = np.bincount(numbers - numbers.min())
    per_day = counts[counts > 0]
    typical = np.percentile(np.sort(per_day)[:-1] if len(per_day) > 1 else per_day, 95)
    enough = BULK_TIMES * typical if len(per_day) >= FEW_DAYS else BULK_SHARE * len(numbers)
    bulk = np.flatnonzero(counts >= max(BULK_ROWS, enough)) + numbers.min()
    if len(bulk):
        desk.flag(known & np.isin(days.astype("int64"), bulk), role, code)


def _months(desk: Desk, event: str, stamps: np.ndarray, rows: np.ndarray) -> None:
    days = stamps[rows].astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    first, last = months.min(), months.max()
    counts = np.bincount((months - first).astype(int), minlength=int((last - first).astype(int)) + 1)
    for gap in np.flatnonzero(counts == 0):
        after = rows[np.argmin(np.where(months > first + gap, days.astype("int64"), np.iinfo("int64").max))]
        desk.remark("MONTH_GAP", role=event, after=str(first + gap), row=int(after))
    newest = days.max()
    if _unfinished(desk, days, months, counts, newest):
        desk.remark("PARTIAL_MONTH", role=event, after=str(last), row=int(rows[days.argmax()]))


def _unfinished(desk: Desk, days: np.ndarray, months: np.ndarray, counts: np.ndarray, newest: np.datetime64) -> bool:
    """Say whether the newest month was still running when the extract was made."""
    last = newest.astype("datetime64[M]")
    after = (last + 1).astype("datetime64[D]")
    as_at = desk.dataset.as_at
    if as_at and last == np.datetime64(as_at, "M") and np.datetime64(as_at, "D") + 1 < after:
        return True
    silence = int((after - newest).astype(int)) - 1
    if silence < QUIET_DAYS:
        return False
    day_of_month = int((newest - last.astype("datetime64[D]")).astype(int)) + 1
    span = int((newest - days.min()).astype(int)) + 1
    rate = max(counts[-1] / day_of_month if counts[-1] > 1 else 0.0, len(days) / span)
    if np.exp(-rate * silence) < QUIET_CHANCE:
        return True
    earlier = [days[months == m].max() - m.astype("datetime64[D]") for m in np.unique(months)[:-1]]
    return len(earlier) >= MONTHS_TO_COMPARE and day_of_month - 1 < min(int(e.astype(int)) for e in earlier)


def _dominance(desk: Desk, stamps: np.ndarray, rows: np.ndarray) -> None:
    """Remark on months in which one child is a large part of the rows: rows are many, children few."""
    months = stamps[rows].astype("datetime64[M]").astype("int64")
    months = months - months.min()
    totals = np.bincount(months)
    children = desk.column("child").codes[rows]
    enough = max(DOMINANT_ROWS, DOMINANT_SHARE * totals[totals > 0].min())
    busy = (np.bincount(children) >= enough)[children]
    if not busy.any():
        return
    all_rows, all_months = rows, months
    children, months = children[busy], months[busy]
    pairs = pd.Series(children.astype("int64") * (months.max() + 1) + months).value_counts()
    many = pairs[pairs >= DOMINANT_ROWS]
    dominated = sorted(
        {
            int(k % (months.max() + 1))
            for k, n in many.items()
            if n >= DOMINANT_SHARE * totals[int(k % (months.max() + 1))]
        }
    )
    for month in dominated:
        here = all_rows[np.flatnonzero(all_months == month)[0]]
        stamp = stamps[here].astype("datetime64[M]")
        desk.remark("DOMINANCE", role="child", after=str(stamp), row=int(here))
