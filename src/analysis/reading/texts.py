"""Typed cells -> text, the one way that a CSV export would write them."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

EXACT = 2**53  # up to here a floating-point number holds every whole number


def as_text(value: object) -> str:
    """Write one cell.

    >>> as_text(45383.0), as_text(dt.datetime(2021, 3, 31)), as_text(None)
    ('45383', '2021-03-31', '')
    """
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        text = value.isoformat()
        return text[:10] if text.endswith("T00:00:00") else text
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float):
        if value != value:  # NaN, which databases use for nothing
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else str(value)
    if isinstance(value, Decimal):
        whole = value.is_finite() and value == value.to_integral_value()
        return str(int(value)) if whole else str(value) if value.is_finite() else ""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


def column_texts(column: Iterable) -> list[str]:
    """Write a column; each distinct value once, where equal values are written alike."""
    kinds = set(map(type, column))
    if kinds == {str}:
        return list(column)
    if kinds <= {str, dt.date, dt.datetime, float, type(None)}:  # True equals 1, and Decimal("1.0") equals 1
        written = {value: as_text(value) for value in set(column)}
        return [written[value] for value in column]
    return [value if type(value) is str else as_text(value) for value in column]
