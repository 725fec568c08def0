"""A month and its year that stand apart, in two columns, two lines of headings, or a column and a line: brought together."""

import re
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from ..errors import Refused
from .grid import Grid

ENGLISH = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
WELSH = [
    "ionawr",
    "chwefror",
    "mawrth",
    "ebrill",
    "mai",
    "mehefin",
    "gorffennaf",
    "awst",
    "medi",
    "hydref",
    "tachwedd",
    "rhagfyr",
]
SHORTEST = 3  # letters of a month's name: May, Mai
FEWEST = 3  # months in a row among headings: a quarter; fewer may be the dates of one record
YEAR = re.compile(
    r"(?:(?:financial |calendar )?year |blwyddyn (?:ariannol )?|[fc]y ?)?(?P<y>(?:19|20)\d{2})"
    r"(?: ?[-/\u2013] ?(?P<next>(?:19|20)?\d{2})|(?P<packed>\d{2}))?(?: ?(?:financial year|fy))?",
    re.IGNORECASE,
)
NUMBERED = re.compile(r"(?:calendar )?(?:month|mis)(?: (?:no|number|num|rhif))?\.?", re.IGNORECASE)
APRIL = 4  # the month with which a financial year begins


def month_number(word: str) -> int | None:
    """Return the number of a month's name or its beginning, in English or Welsh.

    >>> month_number("Sept."), month_number("Tach"), month_number("Ma"), month_number("Marsh")
    (9, 11, None, None)
    """
    word = word.strip().rstrip(".").casefold()
    if len(word) < SHORTEST:
        return None
    return next((names.index(n) + 1 for names in (ENGLISH, WELSH) for n in names if n.startswith(word)), None)


def year_named(text: str) -> tuple[int, bool] | None:
    """Return the year with which a label begins, and whether it names the next one too, as financial years do.

    >>> year_named("2018/19"), year_named("FY 2018-2019"), year_named("2018"), year_named("2018-20")
    ((2018, True), (2018, True), (2018, False), None)
    """
    match = YEAR.fullmatch(" ".join(text.split()))
    if match is None:
        return None
    year, second = int(match["y"]), match["next"] or match["packed"]
    return (year, bool(second)) if not second or int(second) % 100 == (year + 1) % 100 else None


def month_of_year(label: str, month: int) -> str:
    """Return a month of the year that a label names; the label itself where it names none.

    >>> month_of_year("2018/19", 3), month_of_year("2018", 3), month_of_year("Total", 3)
    ('2019-03', '2018-03', 'Total')
    """
    named = year_named(label)
    if named is None:
        return label
    year, financial = named
    return f"{year + (financial and month < APRIL)}-{month:02d}"


def bare_months(cells: Sequence[str]) -> dict[int, int]:
    """Return the month of each place of a line that names months in a row, without years; else nothing.

    >>> bare_months(["Year", "Apr", "May", "June", "Total"]), bare_months(["Contact", "May", "Referral"])
    ({1: 4, 2: 5, 3: 6}, {})
    """
    months = {i: number for i, c in enumerate(cells) if (number := month_number(c)) is not None}
    steps = [(b - a) % 12 for a, b in pairwise(months.values())]
    return months if len(months) >= FEWEST and steps.count(1) > len(steps) / 2 else {}


def years_across(cells: Sequence[str]) -> dict[int, str]:
    """Return the year of each place of a line that names years in a row beside a column of months; else nothing.

    >>> years_across(["Month", "2018/19", "2019/20", "Change"])
    {1: '2018/19', 2: '2019/20'}
    """
    labels = {i: c.strip() for i, c in enumerate(cells) if year_named(c) is not None}
    starts = [year_named(label)[0] for label in labels.values()]  # type: ignore[index]  # each names one
    beside = any(NUMBERED.fullmatch(c.strip()) for c in cells)
    return labels if beside and len(labels) > 1 and all(abs(b - a) == 1 for a, b in pairwise(starts)) else {}


def with_years_above(header: list[str], above: Sequence[Sequence[str]]) -> list[str]:
    """Return headings whose months have got the years that stand in the line above them.

    >>> with_years_above(["Area", "Mar", "Apr", "May"], [["", "2017/18", "2018/19", ""]])
    ['Area', '2018-03', '2018-04', '2018-05']
    """
    months = bare_months(header)
    line = next((row for row in reversed(above) if any(c.strip() for c in row)), [])
    labels = pd.Series([line[i] if i < len(line) else "" for i in range(len(header))], dtype="str")
    labels = labels.mask(labels.map(lambda text: year_named(text) is None)).ffill()
    if not months or labels[list(months)].isna().any():
        return header
    numbers = pd.Series(months)
    if _begins_with_april(labels[list(months)], numbers):
        return header
    return [month_of_year(labels[i], months[i]) if i in months else h for i, h in enumerate(header)]


def join_years(grid: Grid, month: int, year: int) -> None:
    """Write into a column of months, by name or number, the year that another column says of each.

    Raises
    ------
    Refused
        ``PERIOD_CONFLICT``: see `refuse_unclear_years`.
    """
    numbers = _months_in(grid, month)
    labels = grid.frame[year].str.strip()
    labels = labels.mask(labels == "").ffill()
    there = numbers.notna() & labels.notna()
    refuse_unclear_years(grid, year, labels[there], numbers[there])
    joined = [month_of_year(y, int(m)) for y, m in zip(labels[there], numbers[there], strict=True)]
    grid.frame.loc[there, month] = joined
    grid.notes.append((grid.header_line, "", "YEAR_JOINED", "", ""))


def refuse_unclear_years(grid: Grid, year: int, labels: pd.Series, months: pd.Series) -> None:
    """Refuse 2019 for a year that begins with April: it may be the one that begins then, or ends.

    Raises
    ------
    Refused
        ``PERIOD_CONFLICT``.
    """
    if _begins_with_april(labels, months):
        raise Refused(
            f"{grid.place}: the months of each year in column {year + 1} run from April, and a single year such as 2019 may be "
            "the one in which they begin or end. Write financial years as 2018/19.",
            code="PERIOD_CONFLICT",
        )


def _begins_with_april(labels: pd.Series, months: pd.Series) -> bool:
    """Say whether single years hold April to December before January to March."""
    single = labels.map(lambda text: (named := year_named(text)) is not None and not named[1]).to_numpy(dtype=bool)
    labels, early = labels[single], (months < APRIL)[single]
    if labels.empty:
        return False
    starts = labels.map(lambda text: year_named(text)[0])  # type: ignore[index]  # each names one
    if starts.iloc[0] > starts.iloc[-1]:  # the newest first
        labels, early = labels[::-1], early[::-1]
    first = early.groupby(labels.to_numpy()).first()
    both = early.groupby(labels.to_numpy()).nunique() > 1
    return bool((~first & both).any())


def columns_apart(grid: Grid) -> tuple[int, int] | None:
    """Return the one column of bare months and the one of years, where a table has them and no column of whole months."""
    month = month_column(grid)
    year = year_column(grid, [i for i in grid.frame if i != month])
    return None if month is None or year is None else (month, year)


def month_column(grid: Grid) -> int | None:
    """Return the one column whose cells are months without years."""
    months = [i for i in grid.frame if _mostly(_months_in(grid, i).notna())]
    return months[0] if len(months) == 1 else None


def year_column(grid: Grid, among: Sequence[int]) -> int | None:
    """Return the one column whose cells are years."""
    years = [i for i in among if _are_years(grid.frame[i])]
    return years[0] if len(years) == 1 else None


def _are_years(column: pd.Series) -> bool:
    filled = column[column.str.strip() != ""]
    return len(filled) > 0 and _mostly(filled.map({t: year_named(t) is not None for t in filled.unique()}))


def _mostly(fits: pd.Series) -> bool:
    """Say whether all cells but totals and notes fit."""
    return bool(len(fits) and fits.mean() > 0.5)


def _months_in(grid: Grid, place: int) -> pd.Series:
    """Return the months that a column holds by name, or by number where its heading says so; NaN where none."""
    column = grid.frame[place].str.strip()
    numbered = NUMBERED.fullmatch(grid.header[place].strip()) is not None
    read = {
        text: int(text) if numbered and re.fullmatch(r"0?[1-9]|1[0-2]", text) else month_number(text)
        for text in column.unique()
    }
    return column.map(read).astype(float)
