"""Figures by month or week, and the symbols that stand in their place."""

import pandas as pd

from .dates import EARLIEST, LATEST, Parsed
from .log import Column, Desk

# Symbols of the Department for Education's open data, and what the page calls them
SYMBOLS = {
    "c": "suppressed",
    "x": "not available",
    "z": "not applicable",
    "low": "rounds to zero",
    "k": "rounds to zero",
    "u": "low reliability",
    "": "missing",
    "..": "not available",
    ":": "not available",
    "-": "missing",
    "n/a": "not available",
    "null": "missing",
}
ZERO = "rounds to zero"
FIGURE = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)? ?%?"
LARGEST = 2**53  # beyond it a float skips whole numbers (IEEE 754): no count of people or pounds
WEEK = r"(\d{4})[- ]?W(?:eek )?(\d{1,2})"
MONTH_FORMS = (
    (r"\d{4}[-/]\d{2}", "%Y-%m"),
    (r"\d{2}[-/]\d{4}", "%m-%Y"),
    (r"[A-Za-z]{3,9}[- ]\d{4}", "word"),
    (r"[A-Za-z]{3}[- ]\d{2}", "short"),
    (r"(?:19|20)\d{4}", "%Y%m"),
)


def numbers(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Read figures; `status` is "" for a number, what a symbol means, or "unreadable"."""
    column = Column(text)
    plain = column.values
    fits = plain.str.fullmatch(FIGURE).to_numpy(dtype=bool) & plain.str.contains(r"\d").to_numpy(dtype=bool)
    percent = plain.str.endswith("%").to_numpy(dtype=bool)
    bare = plain.str.removesuffix("%").str.replace(",", "", regex=False).str.strip()
    number = pd.to_numeric(bare.where(fits), errors="coerce").astype(float)
    number = number.where(~percent, number / 100).where(number.abs() <= LARGEST)
    status = plain.str.lower().map(SYMBOLS).where(number.isna(), "").fillna("unreadable").astype("str")
    number = number.mask(status == ZERO, 0.0)
    return pd.Series(column.spread(number), index=text.index), pd.Series(column.text(status), index=text.index)


def periods(desk: Desk) -> pd.Series:
    """Return the period of each row; one without is set aside."""
    column = desk.column("period")
    parsed = Parsed(column.values)
    stamp = pd.Series(parsed.stamp)
    for shape, form in MONTH_FORMS:
        fits = column.values.str.fullmatch(shape) & stamp.isna()
        if fits.any():
            stamp[fits] = _month(column.values[fits], form)
    if desk.dataset.grain == "week":
        weeks = column.values.astype(object).str.extract(f"^{WEEK}$").dropna()
        if len(weeks):
            text = weeks[0] + "-W" + weeks[1].str.zfill(2) + "-1"
            stamp[weeks.index] = pd.to_datetime(text, format="%G-W%V-%u", errors="coerce").astype("datetime64[us]")
    bad = stamp.isna() | (stamp < EARLIEST) | (stamp > LATEST)
    desk.set_aside(column.spread(bad), "DATE_UNPARSEABLE")
    freq = "M" if desk.dataset.grain == "month" else "W-SUN"
    return pd.Series(column.spread(stamp.mask(bad)), index=desk.rows.index).dt.to_period(freq)


def _month(text: pd.Series, form: str) -> pd.Series:
    if form in ("word", "short"):
        from .dates import MONTH_NUMBERS

        number = text.str[:3].str.lower().map(MONTH_NUMBERS)
        year = pd.to_numeric(text.str[-4:] if form == "word" else "20" + text.str[-2:], errors="coerce")
        parts = pd.DataFrame({"year": year, "month": number, "day": 1})
        return pd.to_datetime(parts, errors="coerce").astype("datetime64[us]")
    return pd.to_datetime(text.str.replace("/", "-", regex=False), format=form, errors="coerce").astype(
        "datetime64[us]"
    )
