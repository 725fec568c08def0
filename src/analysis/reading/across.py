"""Tables whose headings are months -> a row a month; what stands at the side (areas, measures) stays a column."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..config import Dataset
from .grid import Grid

FEWEST = 3  # months in a row among the headings: a quarter; fewer may be the dates of one record
PERIOD, VALUE = "month", "figure"  # what the two new columns are called where no configuration says so
NUMBER = r"\W*\d[\d., ]*%?(\s*\[\w\])?"
WORDS = (
    *(
        [
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
        ],
    ),
    *(
        [
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
        ],
    ),
)
EDGE = r"(?:0?1|2[89]|3[01])"  # a month's first or last day
FORMS = (  # y, and m or a word; of two numbers that may be the month their order tells
    r"(?P<w>[^\W\d]{3,10})\.?[-/ ']{0,2}(?P<y>\d{4}|\d{2})",
    r"(?P<y>\d{4})[-/ ](?P<w>[^\W\d]{3,10})",
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})",
    r"(?P<m>\d{1,2})[-/.](?P<y>\d{4})",
    rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.]{EDGE}",
    rf"{EDGE}[-/. ](?P<m>\d{{1,2}})[-/. ](?P<y>\d{{4}})",
    rf"(?P<m>\d{{1,2}})[-/. ]{EDGE}[-/. ](?P<y>\d{{4}})",
    rf"{EDGE}[-/. ](?P<w>[^\W\d]{{3,10}})[-/. ](?P<y>\d{{4}}|\d{{2}})",
)


def months_across(cells: Sequence[str]) -> dict[int, str]:
    """Return the month of each place of a line whose cells are months in a row, in one form; else nothing.

    >>> months_across(["Area", "Apr-18", "May-18", "Jun-18", "2018/19"])
    {1: '2018-04', 2: '2018-05', 3: '2018-06'}
    """
    filled = [(i, c.strip()) for i, c in enumerate(cells) if re.search(r"\d", c)]
    longest: dict[int, str] = {}
    for form in FORMS if len(filled) >= FEWEST else ():
        fits = {i: match for i, c in filled if (match := re.fullmatch(form, c))}
        months = {i: number for i, match in fits.items() if (number := _number(match)) is not None}
        steps = np.diff(list(months.values()))
        if len(months) >= FEWEST and (abs(steps) == 1).mean() > 0.5 and len(months) > len(longest):
            longest = {i: f"{n // 12}-{n % 12 + 1:02d}" for i, n in months.items()}
    return longest


def _number(match: re.Match) -> int | None:
    """Return the months since the year 0."""
    parts = match.groupdict()
    if "w" in parts:
        word = parts["w"].casefold()
        month = next((names.index(n) for names in WORDS for n in names if n.startswith(word)), None)
    else:
        month = int(parts["m"]) - 1 if 1 <= int(parts["m"]) <= 12 else None
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    return None if month is None else 12 * year + month


def month_rows(grid: Grid, dataset: Dataset | None = None) -> Grid:
    """Bring months that are headings to a row each; a line without any cell below them is a heading or a note."""
    months = months_across(grid.header)
    period, value = (dataset.columns["period"], dataset.columns["value"]) if dataset else (PERIOD, VALUE)
    named = set(dataset.columns.values()) | set(dataset.where) if dataset else set()
    kept: list[int] = []
    dropped: list[int] = []
    for i in (i for i in grid.frame if i not in months):
        figures = grid.frame[i].str.fullmatch(NUMBER).any() and grid.header[i] not in named
        nameless = not grid.header[i].strip() and not _labels(grid, i, months)
        (dropped if figures or nameless else kept).append(i)
    empty = (grid.frame[list(months)].apply(lambda c: c.str.strip()) == "").all(axis=1).to_numpy(dtype=bool)
    header = [grid.header[i] or "measure" for i in kept]
    bad = [
        (int(line), "FOOTER_ROW", [*row, "", ""])
        for line, row in zip(grid.lines[empty], grid.frame.loc[empty, kept].itertuples(index=False), strict=True)
    ]
    bad += [(line, code, fields) for line, code, fields in grid.bad]
    side, lines = grid.frame.loc[~empty, kept], grid.lines[~empty]
    count = len(months)
    columns = [np.repeat(side[i].to_numpy(), count) for i in kept]
    columns.append(np.tile(list(months.values()), len(side)))
    columns.append(grid.frame.loc[~empty, list(months)].to_numpy().reshape(-1))
    frame = pd.DataFrame({i: pd.Series(c, dtype="str") for i, c in enumerate(columns)})
    notes = [(line, "", code, before, after) for line, c, code, before, after in grid.notes if c == ""]
    notes += [(grid.header_line, "", "MONTHS_ACROSS", "", f"{count} months")]
    notes += [(grid.header_line, "", "COLUMN_DROPPED", "", "") for _ in dropped]
    return Grid(
        grid.file,
        [*header, period, value],
        frame,
        np.repeat(lines, count),
        grid.sheet,
        grid.sha256,
        grid.header_line,
        notes,
        bad,
    )


def _labels(grid: Grid, place: int, months: dict[int, str]) -> bool:
    """Say whether a column without a heading holds the names of the rows: the first one before the months."""
    unheaded = [i for i in grid.frame if i < min(months) and not grid.header[i].strip()]
    return place < min(months) and place == unheaded[0] and bool((grid.frame[place].str.strip() != "").any())
