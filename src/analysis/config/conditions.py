"""Conditions: which rows count (`where`), and which of those meet what a share asks (`share`). One way to write both.

A condition names a column, `earlier`, or another dataset of the same children, and says what must hold of it; all of a table
of conditions must hold. A comparison with a length of time is one with the time that has passed since the column's date on the
day on which the row counts.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from .keys import Name, Table, Text

EARLIER = "earlier"  # an earlier row of the same child, in the same dataset
UNITS = ("days", "working days", "months", "years")
LIMITS = ("at_least", "at_most", "above", "below")
OF_VALUES, OF_ROWS = ("is", "not", "given"), ("date", "within", "distinct", "where")
_SPAN = re.compile(rf"(\d{{1,4}}) ({'|'.join(UNITS)})")


@dataclass(frozen=True)
class Span:
    """A length of time, such as 24 months."""

    number: int
    unit: str

    def __str__(self) -> str:
        return f"{self.number} {self.unit}"


def _span(value: Any) -> Span:
    if match := _SPAN.fullmatch(value) if isinstance(value, str) else None:
        return Span(int(match[1]), match[2])
    raise ValueError(f'must be a length of time such as "24 months"; its unit is one of {", ".join(UNITS)}')


def _limit(value: Any) -> float | Span:
    if isinstance(value, str):
        return _span(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError('must be a number, or a length of time such as "24 months"')
    return float(value)


def _values(values: Any) -> Any:
    return [values] if isinstance(values, str) else values


Length = Annotated[Span | None, PlainValidator(_span)]
Limit = Annotated[float | Span | None, PlainValidator(_limit)]
Values = Annotated[list[Text] | None, BeforeValidator(_values), Field(min_length=1)]


class Condition(Table):
    """What must hold of a row's value, of the time since its date, or of other rows of the same child."""

    is_: Values = Field(None, alias="is")  # one of these
    not_: Values = Field(None, alias="not")  # none of these
    given: bool | None = None  # there is a value, or there is none
    at_least: Limit = None
    at_most: Limit = None
    above: Limit = None
    below: Limit = None
    date: Name | None = None  # of other rows: this date of theirs lies on the day or before it
    within: Length = None  # so long before the day at most; without `date`: open at some time of it
    distinct: Name | None = None  # different values of this are counted, not rows
    where: "Conditions" = {}  # of other rows: only these

    @model_validator(mode="before")
    @classmethod
    def _from_values(cls, values: Any) -> Any:
        return {"is": values} if isinstance(values, str | list) else values

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"says nothing; it takes {', '.join((*OF_VALUES, *LIMITS, *OF_ROWS))}")
        if len({isinstance(limit, Span) for limit in self.limits.values()}) > 1:
            raise ValueError("compares with a number and with a length of time")
        return self

    @property
    def limits(self) -> dict[str, Any]:
        """The comparisons, by name."""
        return {name: limit for name in LIMITS if (limit := getattr(self, name)) is not None}

    @property
    def of_time(self) -> bool:
        """Whether it compares the time that has passed since a date."""
        return any(isinstance(limit, Span) for limit in self.limits.values())

    @property
    def of_words(self) -> bool:
        """Whether it names values."""
        return self.is_ is not None or self.not_ is not None

    @property
    def of_rows(self) -> bool:
        """Whether it is about other rows."""
        return bool({*OF_ROWS} & self.model_fields_set)

    @property
    def keys(self) -> list[str]:
        """The keys that it sets, as they are written."""
        return [f.alias or name for name, f in type(self).model_fields.items() if name in self.model_fields_set]


Conditions = dict[Name, Condition]
Condition.model_rebuild()


def on_a_day(name: str, condition: Condition, columns: Any) -> bool:
    """Say whether a condition depends on the day on which a row counts: of time, or of rows that are not the row itself."""
    return condition.of_time or name not in columns
