"""Dates by explicit formats: the evidence for each order is counted, and nothing is guessed."""

import datetime as dt
import re
from typing import Any

import numpy as np
import pandas as pd

from ..errors import Refused
from .log import CleaningLog, Distinct
from .texts import missing

EARLIEST, LATEST = pd.Timestamp("1990-01-01"), pd.Timestamp("2049-12-31")  # outside lie the dummies: 1900, 9999
UNPARSEABLE_LIMIT = 0.5  # a column of which more is no date has the wrong heading
MINORITY = 0.2  # of the proofs of order: fewer month-first dates are slips, more are a second system
FAR = 366  # days; what lies farther behind everything else is a slip of the pen, not an appointment
FAR_SHARE = 0.05  # of the rows; a slip is rare
EXCEL_EPOCH = pd.Timestamp("1899-12-30")  # day 0 of Excel's count, so that 61 is 1900-03-01
MONTH_NUMBERS = dict(jan=1, feb=2, mar=3, apr=4, may=5, jun=6, jul=7, aug=8, sep=9, oct=10, nov=11, dec=12)
MONTH_NUMBERS |= dict(ion=1, chw=2, maw=3, ebr=4, mai=5, meh=6, gor=7, aws=8, med=9, hyd=10, tac=11, rha=12)  # Welsh
LONDON = "Europe/London"

_MONTH = r"(?P<m>[A-Za-z]{3,10})"  # Gorffennaf
_TIME = r"(?:[T ](?P<time>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
ISO_DAY = r"\d{4}-\d{2}-\d{2}"
ISO = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?"
ZONED = ISO + r" ?(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?)"
SERIAL = r"\d{5}(\.\d+)?"
PARTS = {  # family: expression with y, m, d
    "numeric": rf"(?P<d>\d{{1,2}})[-/. ](?P<m>\d{{1,2}})[-/. ](?P<y>\d{{4}}){_TIME}",
    "year first": rf"(?P<y>\d{{4}})[-/. ](?P<m>\d{{1,2}})[-/. ](?P<d>\d{{1,2}}){_TIME}",
    "month word": (
        rf"(?:[A-Za-z]{{3,9}},? )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[-/. ]?{_MONTH}\.?,?[-/. ]?(?P<y>\d{{4}}){_TIME}"
    ),
    "word first": rf"{_MONTH}\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}}){_TIME}",
    "packed": r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})",
}
TWO_DIGITS = (
    r"\d{1,2}[-/. ]\d{1,2}[-/. ]'?\d{2}( .*)?|\d{1,2}[-/. ]?[A-Za-z]{3,9}[-/. ]?'?\d{2}( .*)?"
    r"|\d{2}-\d{1,2}-\d{1,2}( .*)?"
)
ZERO = r"0{1,4}[-/.]0{1,2}[-/.]0{1,4}.*|0|1"


class Parsed:
    """The distinct values of a column of dates: a stamp each, and how it was come by."""

    def __init__(self, values: pd.Series):
        self.values = values
        self.stamp = np.full(len(values), np.datetime64("NaT", "us"))
        self.family = np.full(len(values), "", dtype="U12")
        self.first, self.second = (np.zeros(len(values), dtype=np.int16) for _ in range(2))
        self._todo = np.flatnonzero(~missing(values))
        self.filled = np.zeros(len(values), dtype=bool)
        self.filled[self._todo] = True
        self._iso()
        self._serial()
        for family in PARTS:
            self._by_parts(family)
        for family, shape in (("two digits", TWO_DIGITS), ("zero", ZERO)):
            fits = self._fits(shape)
            self._settle(fits, None, family)

    def _fits(self, shape: str) -> np.ndarray:
        return np.array(self.values.iloc[self._todo].str.fullmatch(shape), dtype=bool)

    def _settle(self, fits: np.ndarray, stamps: Any, family: str) -> None:
        at = self._todo[fits]
        self.family[at] = family
        if stamps is not None:
            self.stamp[at] = np.asarray(stamps, dtype="datetime64[us]")
        self._todo = self._todo[~fits]

    def _iso(self) -> None:
        for shape, family in ((ISO_DAY, "iso"), (ISO, "iso"), (ZONED, "zoned")):
            if not len(self._todo) or not (fits := self._fits(shape)).any():
                continue
            text = self.values.iloc[self._todo[fits]].str.replace(",", ".", regex=False)
            if family == "zoned":
                text = text.str.replace(r" ?(?:Z|z|UTC|GMT)$", "+00:00", regex=True).str.replace(
                    r" ([+-])", r"\1", regex=True
                )
                text = text.str.replace(r"([+-]\d{2})$", r"\1:00", regex=True)
                stamps = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True).dt.tz_convert(LONDON)
                stamps = stamps.dt.tz_localize(None)
            else:
                form = "%Y-%m-%d" if shape == ISO_DAY else "ISO8601"
                stamps = pd.to_datetime(text, format=form, errors="coerce")
            self._settle(fits, stamps, family)

    def _serial(self) -> None:
        """Days since Excel's epoch, in the range of the dates that can be."""
        if not len(self._todo) or not (fits := self._fits(SERIAL)).any():
            return
        days = self.values.iloc[self._todo[fits]].astype(float)
        stamps = (EXCEL_EPOCH + pd.to_timedelta((days * 86_400).round(), unit="s")).where(
            days.between((EARLIEST - EXCEL_EPOCH).days, (LATEST - EXCEL_EPOCH).days + 1)
        )
        fits[fits] = stamps.notna()
        self._settle(fits, stamps.dropna(), "serial")

    def _by_parts(self, family: str) -> None:
        if not len(self._todo) or not (fits := self._fits(re.sub(r"\?P<\w+>", "", PARTS[family]))).any():
            return
        parts = self.values.iloc[self._todo[fits]].astype(object).str.extract(PARTS[family])
        if family in ("month word", "word first"):
            parts["m"] = parts["m"].str[:3].str.lower().map(MONTH_NUMBERS)
        numbers = parts[["y", "m", "d"]].apply(pd.to_numeric, errors="coerce")
        day = pd.to_datetime(numbers.rename(columns={"y": "year", "m": "month", "d": "day"}), errors="coerce").astype(
            "datetime64[us]"
        )
        if "time" in parts and parts["time"].notna().any():
            clock = (
                parts["time"]
                .str.replace(",", ".", regex=False)
                .where(parts["time"].str.count(":") == 2, parts["time"] + ":00")
            )
            clock = pd.to_timedelta(clock.fillna("00:00:00"), errors="coerce")
            half = parts["half"].str.lower()
            clock = clock - pd.to_timedelta(((half == "a") & (clock >= pd.Timedelta(hours=12))) * 12, unit="h")
            clock = clock + pd.to_timedelta(((half == "p") & (clock < pd.Timedelta(hours=12))) * 12, unit="h")
            day = (day + clock.where(clock < pd.Timedelta(days=1))).astype("datetime64[us]")
        at = self._todo[fits]
        if family == "numeric":
            self.first[at], self.second[at] = numbers["d"], numbers["m"]
        self._settle(fits, day, family)

    @property
    def timed(self) -> np.ndarray:
        """Which stamps hold a time of day."""
        return ~np.isnat(self.stamp) & (self.stamp != self.stamp.astype("datetime64[D]"))


def parse_dates(log: CleaningLog, role: str, *, required: bool) -> pd.Series:
    """Return a role as dates; a row without a date that is `required` is set aside, any other keeps its row.

    Raises
    ------
    Refused
        ``COLUMN_UNPARSEABLE``, ``DATE_ORDER_CONFLICT``, ``ALL_NULL``.
    """
    column = log.column(role)
    parsed = Parsed(column.values)
    weight = np.bincount(column.codes[log.kept], minlength=len(column.values))
    filled = parsed.filled
    if not weight[filled].any():
        log.remark("ALL_NULL", role=role)
    conflict = _order(log, role, parsed, weight)
    stamp = parsed.stamp.copy()
    stamp[conflict] = np.datetime64("NaT", "us")
    two_digits = parsed.family == "two digits"
    zero = parsed.family == "zero"
    out_of_range = ~np.isnat(stamp) & ((stamp < EARLIEST) | (stamp >= LATEST + pd.Timedelta(days=1)))
    dummy = zero | out_of_range
    unreadable = filled & np.isnat(stamp) & ~two_digits & ~zero
    if weight[unreadable & ~conflict].sum() > UNPARSEABLE_LIMIT * max(weight[filled].sum(), 1):
        raise Refused(
            _unparseable(log, role, column, unreadable, weight[unreadable].sum() == weight.sum()),
            code="COLUMN_UNPARSEABLE",
        )
    if len({f for f in parsed.family[weight > 0] if f} - {"zero", "two digits"}) > 1:
        log.remark("MIXED_DATE_TYPES", role=role)
    if conflict.any():
        log.flag(column.spread(conflict) & log.kept, role, "DATE_ORDER_CONFLICT")
    empty = pd.Series("", index=log.rows.index, dtype="str")
    for where, code in ((unreadable, "DATE_UNPARSEABLE"), (two_digits, "TWO_DIGIT_YEAR"), (dummy, "DUMMY_DATE")):
        if not where.any():
            continue
        if required:
            log.set_aside(column.spread(where), code)
        else:
            log.change(column.spread(where) & log.kept, role, code, empty)
    if required and not filled.all():
        log.set_aside(column.spread(~filled), "DATE_UNPARSEABLE")
    stamp[dummy | two_digits] = np.datetime64("NaT", "us")
    return _written(log, role, column, parsed, stamp)


def _written(log: CleaningLog, role: str, column: Distinct, parsed: Parsed, stamp: np.ndarray) -> pd.Series:
    """Write down serials, time zones and dropped times, in the order in which a replay meets them."""
    dated = ~np.isnat(stamp)
    timed = dated & (stamp != stamp.astype("datetime64[D]"))
    drop = timed if role not in log.dataset.timed_roles else np.zeros(len(stamp), dtype=bool)
    for where, code in (
        (dated & (parsed.family == "serial"), "EXCEL_SERIAL"),
        (dated & (parsed.family == "zoned"), "TZ_CONVERTED"),
    ):
        if where.any():
            log.change(column.spread(where) & log.kept, role, code, column.text(_iso_text(stamp)))
    if drop.any():
        stamp = np.where(drop, stamp.astype("datetime64[D]").astype("datetime64[us]"), stamp)
        log.change(column.spread(drop) & log.kept, role, "TIME_DROPPED", column.text(_iso_text(stamp)))
    log.stamps[role] = stamp, column.codes
    return pd.Series(column.spread(stamp), index=log.rows.index)


def _iso_text(stamp: np.ndarray) -> pd.Series:
    dates = pd.Series(stamp)
    whole = (dates.dt.normalize() == dates).to_numpy(dtype=bool)
    text = dates.dt.strftime("%Y-%m-%d").where(whole, dates.dt.strftime("%Y-%m-%dT%H:%M:%S"))
    return text.fillna("").astype("str")


def _order(log: CleaningLog, role: str, parsed: Parsed, weight: np.ndarray) -> np.ndarray:
    """Weigh the evidence for day first and month first; return the values that the evidence convicts."""
    numeric = parsed.family == "numeric"
    day = numeric & (parsed.first > 12) & (parsed.second <= 12)
    month = numeric & (parsed.second > 12) & (parsed.first <= 12) & (parsed.second <= 31)
    either = numeric & ~day & ~month & (parsed.first <= 12) & (parsed.first > 0)
    days, months, eithers = (int(weight[w].sum()) for w in (day, month, either))
    if not months:
        if eithers and not days:
            log.remark("ASSUMED_DAY_FIRST", role=role, after=f"{eithers} dates fit both orders, none proves one")
        return month
    slips = months <= MINORITY * (days + months)
    mostly_other = days + months + eithers < UNPARSEABLE_LIMIT * weight[parsed.filled].sum()
    if slips or mostly_other:
        return month if days else month | either  # where no date proves day first, an undecided one may be either
    first = log.rows.iloc[int(np.flatnonzero(np.isin(log.column(role).codes, np.flatnonzero(month)))[0])]
    raise Refused(
        f"{_place(first)}: the dates of the column '{log.heading(role)}' put the month first ({months} prove it, "
        f"{days} prove the opposite, {eithers} fit both). The first such date is on line {first['line']}. "
        "Export dates as 2021-03-31 or 31/03/2021.",
        code="DATE_ORDER_CONFLICT",
    )


def _unparseable(log: CleaningLog, role: str, column: Distinct, unreadable: np.ndarray, nothing_left: bool) -> str:
    first = log.rows.iloc[int(np.flatnonzero(column.spread(unreadable))[0])]
    return (
        f"{_place(first)}: most of the column '{log.heading(role)}' are no dates that can be read, from line "
        f"{first['line']} on. Are two columns swapped? Dates are written 2021-03-31 or 31/03/2021."
        + (" No row can be kept [NOTHING_LEFT]." if nothing_left else "")
    )


def _place(row: pd.Series) -> str:
    return f"{row['file']}, sheet '{row['sheet']}'" if row["sheet"] else str(row["file"])


def check_future(log: CleaningLog, typed: dict[str, pd.Series], event: str) -> None:
    """Find what lies after the as-at date.

    A row of the future is flagged; measuring leaves it out. An event far behind everything else is a slip and set
    aside. Without an as-at date only such slips are found, and such a date of another role is emptied, because the
    newest date of the data stands for the as-at date then.
    """
    as_at = log.dataset.as_at
    edge = np.datetime64(as_at + dt.timedelta(days=1), "us") if as_at else None
    roles = [r for r in log.dataset.date_roles if r in typed]
    slips = _edge_of_slips(log, roles, edge)
    if slips is not None:
        log.set_aside(typed[event].to_numpy() >= slips, "FUTURE_DATE")
    for role in roles:
        stamps = typed[role].to_numpy()
        if edge is not None and role != "due":  # what falls due lies ahead
            log.flag(log.kept & (stamps >= edge), role, "FUTURE_DATE")
        elif slips is not None and role != event and (later := log.kept & (stamps >= slips)).any():
            log.change(later, role, "FUTURE_DATE", pd.Series("", index=log.rows.index, dtype="str"))
            typed[role] = typed[role].mask(later)


def _edge_of_slips(log: CleaningLog, roles: list[str], after: np.datetime64 | None) -> np.datetime64 | None:
    """Return the first day of the few dates that lie far behind all others, or None."""
    kept = log.kept
    stamps = np.concatenate([log.stamps[r][0] for r in roles])
    weights = [np.bincount(log.stamps[r][1][kept], minlength=len(log.stamps[r][0])) for r in roles]
    weight = np.concatenate(weights) * ~np.isnat(stamps)
    days, total = stamps[weight > 0].astype("datetime64[D]"), int(weight.sum())
    if total * FAR_SHARE < 1:
        return None
    distinct, place = np.unique(days, return_inverse=True)
    behind = total - np.cumsum(np.bincount(place, weights=weight[weight > 0]))
    few = (np.diff(distinct) > np.timedelta64(FAR, "D")) & (behind[:-1] <= FAR_SHARE * total)
    if after is not None:
        few &= distinct[1:] >= after
    return distinct[1:][few][0].astype("datetime64[us]") if few.any() else None
