"""What is odd about the records as a whole: flagged, kept, and shown beside the figures."""

import numpy as np
import pandas as pd

from .log import CleaningLog

ANCHORS = ("date", "referral", "started", "previous")  # roles that begin something
ENDS = ("decided", "completed", "authorised", "ended", "visited")  # roles that cannot come before
BULK_ROWS = 10  # rows of one day below which nothing is a bulk entry
BULK_TIMES = 5  # as many as on a busy day (95th percentile of days with any)
BULK_SHARE = 0.5  # of all rows, where there are too few days to know a busy one
FEW_DAYS = 5
QUIET_DAYS = 7  # days without an event before a month's end that say nothing
QUIET_CHANCE = 0.01  # of so long a silence at the rate of events before it
LIKELY_SILENCE = 0.2  # a silence as likely as this proves nothing, however early the month's last event is
MONTHS_TO_COMPARE = 6  # earlier months before the newest one's last event is compared with theirs
DOMINANT_ROWS = 6  # one more than the department's rule hides: events pass the threshold, the child does not
DOMINANT_SHARE = 0.25  # of a month's rows about one child


def flag_oddities(log: CleaningLog, typed: dict[str, pd.Series], event: str) -> None:
    """Flag negative durations, bulk entry and closure, empty and unfinished months, and children who dominate one."""
    _negative(log, typed)
    for role in log.dataset.date_roles:
        if role in ENDS:
            _bulk(log, typed, role, "BULK_CLOSE")
        elif role in (event, "recorded"):
            _bulk(log, typed, role, "BULK_ENTRY")
    stamp, value = log.stamps[event]
    dated = ~np.isnat(stamp)
    everything = np.bincount(value[log.kept], minlength=len(stamp)) * dated
    if log.dataset.as_at:
        inside = dated & (stamp < np.datetime64(log.dataset.as_at, "D") + np.timedelta64(1, "D"))
        dated = inside if inside.any() else dated
    if "ended" in typed and typed["ended"].notna().any():
        # older episodes are the survivors of theirs: their months say nothing
        dated &= stamp >= np.datetime64(typed["ended"][log.kept].min())
    weight = np.bincount(value[log.kept], minlength=len(stamp)) * dated
    if weight.any():
        _months(log, event, stamp[weight > 0].astype("datetime64[D]"), weight[weight > 0])
        if not _remark_partial(log, event, stamp, weight) and everything.sum() > weight.sum():
            _remark_partial(log, event, stamp, everything)  # rows after the as-at date may end in mid-month
        if "child" in typed:
            _dominance(log, stamp, value, weight)


def _negative(log: CleaningLog, typed: dict[str, pd.Series]) -> None:
    for end in (r for r in ENDS if r in typed):
        where = np.zeros(len(log.rows), dtype=bool)
        for anchor in (r for r in ANCHORS if r in typed):
            start, stop = typed[anchor].to_numpy(), typed[end].to_numpy()
            before = stop < start
            if before.any() and not {anchor, end} <= log.dataset.timed_roles:
                before = before & (stop.astype("datetime64[D]") < start.astype("datetime64[D]"))
            where |= before
        log.flag(where & log.kept, end, "NEGATIVE_DURATION")


def _bulk(log: CleaningLog, typed: dict[str, pd.Series], role: str, code: str) -> None:
    """Flag days on which far more was written than on a busy one: a migration, or an evening of catching up."""
    stamp, value = log.stamps[role]
    dated = ~np.isnat(stamp)
    weight = np.bincount(value[log.kept], minlength=len(stamp)) * dated
    if not weight.any():
        return
    numbers = np.where(dated, stamp.astype("datetime64[D]").astype("int64"), 0)
    first = numbers[weight > 0].min()
    counts = np.bincount(numbers[weight > 0] - first, weights=weight[weight > 0])
    per_day = np.sort(counts[counts > 0])
    typical = np.percentile(per_day[:-1] if len(per_day) > 1 else per_day, 95)
    enough = BULK_TIMES * typical if len(per_day) >= FEW_DAYS else BULK_SHARE * weight.sum()
    bulk = np.flatnonzero(counts >= max(BULK_ROWS, enough)) + first
    if len(bulk):
        log.flag(log.kept & (dated & np.isin(numbers, bulk))[value], role, code)


def _months(log: CleaningLog, event: str, days: np.ndarray, weight: np.ndarray) -> None:
    months = days.astype("datetime64[M]")
    first = months.min()
    counts = np.bincount((months - first).astype(int), weights=weight)
    for gap in np.flatnonzero(counts == 0):
        log.remark(
            "MONTH_GAP", role=event, after=str(first + gap), row=_row_of(log, event, days[months > first + gap].min())
        )


def _remark_partial(log: CleaningLog, event: str, stamp: np.ndarray, weight: np.ndarray) -> bool:
    days, weight = stamp[weight > 0].astype("datetime64[D]"), weight[weight > 0]
    months = days.astype("datetime64[M]")
    partial = _unfinished(log, days, months, np.bincount((months - months.min()).astype(int), weights=weight))
    if partial:
        log.remark("PARTIAL_MONTH", role=event, after=str(months.max()), row=_row_of(log, event, days.max()))
    return partial


def _row_of(log: CleaningLog, event: str, day: np.datetime64) -> int:
    """Return a row of that day, so that a remark names its file."""
    stamp, value = log.stamps[event]
    return int(np.flatnonzero(log.kept & (stamp.astype("datetime64[D]") == day)[value])[0])


def _unfinished(log: CleaningLog, days: np.ndarray, months: np.ndarray, counts: np.ndarray) -> bool:
    """Say whether the newest month was still running when the extract was made."""
    newest = days.max()
    last = newest.astype("datetime64[M]")
    after = (last + np.timedelta64(1, "M")).astype("datetime64[D]")
    as_at = log.dataset.as_at
    if as_at and last == np.datetime64(as_at, "M") and np.datetime64(as_at, "D") + np.timedelta64(1, "D") < after:
        return True
    silence = int((after - newest).astype(int)) - 1
    if silence < QUIET_DAYS:
        return False
    day_of_month = int((newest - last.astype("datetime64[D]")).astype(int)) + 1
    span = int((newest - days.min()).astype(int)) + 1
    rate = max(counts[-1] / day_of_month if counts[-1] > 1 else 0.0, counts.sum() / span)
    chance = np.exp(-rate * silence)
    if chance < QUIET_CHANCE or chance > LIKELY_SILENCE:
        return bool(chance < QUIET_CHANCE)
    earlier = [days[months == m].max() - m.astype("datetime64[D]") for m in np.unique(months)[:-1]]
    return len(earlier) >= MONTHS_TO_COMPARE and day_of_month - 1 < min(int(e.astype(int)) for e in earlier)


def _dominance(log: CleaningLog, stamp: np.ndarray, value: np.ndarray, weight: np.ndarray) -> None:
    """Remark on months in which one child is a large part of the rows: rows are many, children few."""
    month = np.where(weight > 0, stamp.astype("datetime64[M]").astype("int64"), 0)
    first = month[weight > 0].min()
    totals = np.bincount(month[weight > 0] - first, weights=weight[weight > 0])
    children = log.column("child").codes
    enough = max(DOMINANT_ROWS, DOMINANT_SHARE * totals[totals > 0].min())
    busy = np.bincount(children) >= enough
    if not busy.any():
        return
    rows = np.flatnonzero(busy[children] & log.kept & (weight > 0)[value])
    pairs = pd.DataFrame({"child": children[rows], "month": month[value[rows]] - first})
    counted = pairs.value_counts()
    share = counted / totals[counted.index.get_level_values("month")]
    for number in sorted(
        set(counted.index.get_level_values("month")[(counted >= DOMINANT_ROWS) & (share >= DOMINANT_SHARE)])
    ):
        here = rows[np.flatnonzero(pairs["month"] == number)[0]]
        log.remark("DOMINANCE", role="child", after=str(np.datetime64(int(first + number), "M")), row=int(here))
