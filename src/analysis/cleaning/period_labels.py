"""What one label of a period can be: a month, a week, a day, a quarter or a year, in English or Welsh."""

import re

import numpy as np
import pandas as pd

from .dates import MONTH_NUMBERS, Parsed

CENTURY = 50  # a two-digit year below it is of this century; later than `LATEST` of dates nothing is read
HALF_A_WEEK = pd.Timedelta(days=3)  # a week named by its first or last day is the one in which its middle lies

_BEFORE = re.compile(
    r"(?P<start>w/?[cb]|week (?:commencing|beginning|starting|from))\W+|(?P<end>w/?e|week (?:ending|ended|to))\W+"
    r"|(?:month|mis) (?:ending|ended|of|to)\W+|(?P<quarter>quarter (?:ending|ended|to))\W+"
    r"|(?P<year>(?:(?:financial |reporting |calendar |academic )?year|12 months) (?:ending|ended|to)|y/?e)\W+",
    re.IGNORECASE,
)
_WEEK = re.compile(
    r"(?P<y>\d{4})[- /]?(?:W(?:ee)?k?|wythnos)[- ]?(?P<w>\d{1,2})(?:-[1-7])?"
    r"|(?:W(?:ee)?k?|wythnos)[- ]?(?P<w2>\d{1,2})[- /,]+(?P<y2>\d{4})",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"(?P<y>\d{4})[-/ _](?P<m>\d{1,2})|(?P<y1>\d{4})\.(?P<m1>\d{2})|(?P<y2>\d{4}) ?M(?P<m2>\d{1,2})"
    r"|(?P<m3>\d{1,2})[-/ _.](?P<y3>\d{4})|(?P<y4>(?:19|20)\d{2})(?P<m4>\d{2})"
)
_WORD = re.compile(
    r"(?P<m>[A-Za-z]{3,10})\.?,?[-/ _.]*(?:(?P<y>\d{4})|['\u2019]?(?P<yy>\d{2}))|(?P<y1>\d{4})[-/ _]*(?P<m1>[A-Za-z]{3,10})"
)
_YEAR = re.compile(
    r"(?:total (?:for )?)?(?:(?:financial |reporting |calendar |academic )?year |[FCA]Y ?)?(?P<y>(?:19|20)\d{2})"
    r"(?: ?(?P<between>[-/\u2013]|to|) ?(?P<next>(?:(?:19|20)\d{2})|\d{2}))?(?: ?(?:total|financial year|FY))?",
    re.IGNORECASE,
)
_QUARTER = re.compile(
    r".*\b(?:Q(?:uarter|tr)? ?[1-4]|Ch(?:warter)? ?[1-4])\b.*|\d{4}(?:[-/]\d{2,4})? ?Q[1-4]"
    r"|[A-Za-z]{3,9} ?(?:-|to|\u2013) ?[A-Za-z]{3,9} ?\d{4}",
    re.IGNORECASE,
)


class Labels:
    """The distinct labels of a column: what each is, and where it begins.

    Attributes
    ----------
    kind : numpy.ndarray
        "day", "month", "week", "quarter", "year", or "" where it is none of them.
    start : pandas.Series
        The first day of the month or week, or the day.
    perhaps_year : numpy.ndarray
        Which months may as well be a financial year: 2009-10, 201011.
    """

    def __init__(self, values: pd.Series):
        self.values = values
        self.kind = np.full(len(values), "", dtype=object)
        self.start = pd.Series(pd.NaT, index=range(len(values)), dtype="datetime64[us]")
        self.perhaps_year = np.zeros(len(values), dtype=bool)
        bare, self._shift = [], []
        for i, text in enumerate(values):
            before = _BEFORE.match(text)
            bare.append(text[before.end() :] if before else text)
            named = before.lastgroup if before else None
            self._shift.append({"start": HALF_A_WEEK, "end": -HALF_A_WEEK}.get(named or "", pd.Timedelta(0)))
            self.kind[i] = named if named in ("quarter", "year") else ""
        self.days = Parsed(pd.Series(bare, dtype="str"))
        self.numeric = self.days.family == "numeric"
        self.first, self.second = self.days.first, self.days.second
        for i, text in enumerate(bare):
            if self.kind[i]:
                continue
            if not np.isnat(self.days.stamp[i]) or self.numeric[i]:
                self.kind[i], self.start[i] = "day", self.days.stamp[i]
            else:
                self._read(i, text)

    def _read(self, i: int, text: str) -> None:
        if (week := _WEEK.fullmatch(text)) is not None:
            year, number = (week["y"], week["w"]) if week["y"] else (week["y2"], week["w2"])
            self._settle(i, "week", pd.to_datetime(f"{year}-W{int(number):02d}-1", format="%G-W%V-%u", errors="coerce"))
        elif (month := _MONTH.fullmatch(text)) is not None:
            year, number = (next(month[f"{c}{n}"] for n in ("", 1, 2, 3, 4) if month[f"{c}{n}"]) for c in "ym")
            self._month(i, int(year), int(number))
        elif (word := _WORD.fullmatch(text)) is not None and (
            number := MONTH_NUMBERS.get((word["m"] or word["m1"])[:3].lower())
        ):
            short = word["yy"]
            year = int(word["y"] or word["y1"] or short) + (0 if not short else 2000 if int(short) < CENTURY else 1900)
            self._month(i, year, number)
        if _follows(text) and self.kind[i]:
            self.perhaps_year[i] = True
        elif not self.kind[i] and _QUARTER.fullmatch(text):
            self.kind[i] = "quarter"
        elif not self.kind[i] and (
            (year := _YEAR.fullmatch(text)) is not None and (not year["next"] or _follows(text))
        ):
            self.kind[i] = "year"

    def _month(self, i: int, year: int, number: int) -> None:
        if 1 <= number <= 12 and year:
            self._settle(i, "month", pd.Timestamp(year, number, 1))

    def _settle(self, i: int, kind: str, start: pd.Timestamp) -> None:
        if pd.notna(start):
            self.kind[i], self.start[i] = kind, start

    def put_month_first(self) -> None:
        """Read numeric days with the month in front."""
        year = [
            int(text[-4:]) for text in self.values[self.numeric].str.extract(r"(\d{1,2}[-/. ]\d{1,2}[-/. ]\d{4})")[0]
        ]
        parts = pd.DataFrame({"year": year, "month": self.first[self.numeric], "day": self.second[self.numeric]})
        self.start[self.numeric] = pd.to_datetime(parts, errors="coerce").to_numpy(dtype="datetime64[us]")

    def middle(self, by_heading: pd.Timedelta) -> pd.Series:
        """Return a day of the week that each label means: its middle, where a word says which end the label names."""
        shift = pd.Series([s or by_heading for s in self._shift], dtype="timedelta64[us]")
        return self.start + shift.where(self.kind == "day", pd.Timedelta(0))


def _follows(text: str) -> bool:
    """Say whether a label is a year and the one after it: 2009-10, 2009/2010, 200910.

    >>> [_follows(t) for t in ("2009-10", "200910", "2009-11", "2009/2010")]
    [True, True, False, True]
    """
    year = _YEAR.fullmatch(text)
    return year is not None and bool(year["next"]) and (int(year["y"]) + 1) % 100 == int(year["next"]) % 100
