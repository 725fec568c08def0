"""Tables whose headings are months -> a row a month; what stands at the side (areas, measures) stays a column."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from ..config import Dataset
from .grid import Grid
from .years import (
    FEWEST,
    bare_months,
    month_column,
    month_number,
    month_of_year,
    refuse_unclear_years,
    year_column,
    years_across,
)

MOSTLY = 0.8  # of the blocks are of several rows: a cell that somebody left out is no block
FIGURE = r"\W*\d[\d., ]*%?(\s*\[\w\])?"
PERIOD, WEEK, VALUE = "month", "week", "figure"  # what the two new columns are called where no configuration says so
BEFORE = re.compile(r"(?:month|mis) (?:of|to|ending|ended|from|beginning|commencing)?:? *(?=\S)|mis +", re.IGNORECASE)
BETWEEN = r"[-/ '\u2019_.]{0,3}"
WEEKS = 6  # days among the headings, each a week after the one before
EDGE = r"(?:0?1|2[89]|3[01])"  # a month's first or last day
FORMS = (  # y, and m or a word; of two numbers that may be the month their order tells
    rf"(?P<w>[^\W\d_]{{3,10}}){BETWEEN}(?P<y>\d{{4}}|\d{{2}})",
    rf"(?P<y>\d{{4}}){BETWEEN}(?P<w>[^\W\d_]{{3,10}})",
    r"(?P<y>\d{4})[-/._ ](?P<m>\d{1,2})",
    r"(?P<m>\d{1,2})[-/._ ](?P<y>\d{4}|\d{2})",
    r"(?P<y>20\d{2})(?P<m>\d{2})",
    r"(?P<y>\d{4}) ?[Mm](?P<m>\d{1,2})",
    rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.]{EDGE}",
    rf"{EDGE}[-/. ](?P<m>\d{{1,2}})[-/. ](?P<y>\d{{4}})",
    rf"(?P<m>\d{{1,2}})[-/. ]{EDGE}[-/. ](?P<y>\d{{4}})",
    rf"{EDGE}[-/. ](?P<w>[^\W\d]{{3,10}})[-/. ](?P<y>\d{{4}}|\d{{2}})",
)
DAY = re.compile(
    r"(?P<before>(?:(?:w/?[cbe]|week (?:commencing|beginning|starting|ending|ended))[:.]? +)?)"
    r"(?:(?P<iso>\d{4}-\d{2}-\d{2})|(?:(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})|(?P<d>\d{1,2})[-/. ]?(?P<w>[^\W\d]{3,10}))"
    r"[-/. ](?P<y>\d{4}|\d{2}))",
    re.IGNORECASE,
)


def months_across(cells: Sequence[str]) -> dict[int, str]:
    """Return the month of each place of a line whose cells are months in a row, in one form; else nothing.

    >>> months_across(["Area", "Apr-18", "May-18", "Jun-18", "2018/19"])
    {1: '2018-04', 2: '2018-05', 3: '2018-06'}
    """
    filled = [(i, BEFORE.sub("", c.strip(), count=1)) for i, c in enumerate(cells) if re.search(r"\d", c)]
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
    month = month_number(parts["w"]) if "w" in parts else int(parts["m"])
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    return 12 * year + month - 1 if month is not None and 1 <= month <= 12 else None


def weeks_across(cells: Sequence[str]) -> dict[int, str]:
    """Return the day of each place of a line whose cells are days a week apart, with the word before it; else nothing.

    >>> list(weeks_across([f"w/c {day:02d}/03/2021" for day in (1, 8, 15, 22, 29)] + ["w/c 05/04/21"]).values())[-1]
    'w/c 2021-04-05'
    """
    fits = {i: match for i, c in enumerate(cells) if (match := DAY.fullmatch(c.strip()))}
    for parts in ("ydm", "ymd"):
        days = {i: _day(match, parts) for i, match in fits.items()}
        steps = {(b - a).days if a and b else 0 for a, b in pairwise(days.values())}
        if len(days) >= WEEKS and steps in ({7}, {-7}):
            return {i: f"{fits[i]['before']}{day}" for i, day in days.items()}
    return {}


def _day(match: re.Match, parts: str) -> dt.date | None:
    """Return a day whose parts, but for the year, stand in this order."""
    month = month_number(match["w"]) if match["w"] else match["b" if parts == "ydm" else "a"]
    day, year = match["d"] or match["a" if parts == "ydm" else "b"], match["y"]
    try:
        if match["iso"]:
            return dt.date.fromisoformat(match["iso"])
        return dt.date(int(year) + (2000 if len(year) == 2 else 0), int(month or 0), int(day))
    except ValueError:
        return None


def periods_across(cells: Sequence[str]) -> dict[int, str]:
    """Return the places of a line of headings that are months or weeks, or years or bare months whose other half is in a column."""
    bare = {i: str(number) for i, number in bare_months(cells).items()}
    return months_across(cells) or weeks_across(cells) or bare or years_across(cells)


def month_rows(grid: Grid, dataset: Dataset | None = None) -> Grid:
    """Bring months that are headings to a row each; a line without any cell below them is a heading or a note."""
    months, beside = periods_across(grid.header), None
    if not (months_across(grid.header) or weeks_across(grid.header)):
        among = [i for i in grid.frame if i not in months]
        beside = year_column(grid, among) if bare_months(grid.header) else month_column(grid)
        if beside is None:
            return grid
    period, value = WEEK if weeks_across(grid.header) else PERIOD, VALUE
    if dataset:
        period, value = dataset.columns["period"], dataset.columns["value"]
    named = set(dataset.columns.values()) | set(dataset.where) if dataset else set()
    kept: list[int] = []
    dropped: list[int] = []
    for i in (i for i in grid.frame if i not in months and i != beside):
        figures = grid.frame[i].str.fullmatch(FIGURE).any() and grid.header[i] not in named
        nameless = not grid.header[i].strip() and not _labels(grid, i, months)
        (dropped if figures or nameless else kept).append(i)
    empty = (grid.frame[list(months)].apply(lambda c: c.str.strip()) == "").all(axis=1).to_numpy(dtype=bool)
    fill_labels_down(grid, kept, ~empty)
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
    if beside is not None:
        columns[-1] = _joined(grid, beside, columns[-1], np.repeat(np.flatnonzero(~empty), count))
    columns.append(grid.frame.loc[~empty, list(months)].to_numpy().reshape(-1))
    frame = pd.DataFrame({i: pd.Series(c, dtype="str") for i, c in enumerate(columns)})
    notes = [note for note in grid.notes if note[1] == ""]
    notes += [(line, "", code, "", "") for line, c, code, *_ in grid.notes if c in kept and code == "LABEL_FILLED_DOWN"]
    notes += [(grid.header_line, "", "MONTHS_ACROSS", "", f"{count} months")]
    notes += [(grid.header_line, "", "COLUMN_DROPPED", "", "") for _ in dropped]
    notes += [] if beside is None else [(grid.header_line, "", "YEAR_JOINED", "", "")]
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


def _joined(grid: Grid, beside: int, across: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Bring what stands across, bare months or years, together with the other half in a column."""
    column = grid.frame[beside].str.strip()
    column = column.mask(column == "").ffill().fillna("").iloc[rows].to_numpy()
    if not bare_months(grid.header):
        numbers = [month_number(text) for text in column]
        return np.array(
            [text if m is None else month_of_year(y, m) for text, y, m in zip(column, across, numbers, strict=True)]
        )
    months = pd.Series(across).astype(int)
    refuse_unclear_years(grid, beside, pd.Series(column), months)
    return np.array([month_of_year(y, m) for y, m in zip(column, months, strict=True)])


def _labels(grid: Grid, place: int, months: dict[int, str]) -> bool:
    """Say whether a column without a heading holds the names of the rows: the first one before the months."""
    unheaded = [i for i in grid.frame if i < min(months) and not grid.header[i].strip()]
    return place < min(months) and place == unheaded[0] and bool((grid.frame[place].str.strip() != "").any())


def fill_labels_down(grid: Grid, columns: Iterable[int], there: np.ndarray | None = None) -> None:
    """Write labels into the blank cells below them, in columns where every label stands once.

    None is repeated on the next row that has one, and most have blank cells below them.

    Parameters
    ----------
    grid : Grid
    columns : iterable of int
        Those that may hold labels; one that holds figures is left alone.
    there : numpy.ndarray, optional
        Which rows have a figure; others, such as notes, get no label.
    """
    there = np.ones(len(grid.frame), dtype=bool) if there is None else there
    for i in columns:
        text = grid.frame[i].str.strip()
        label = text.mask(text == "")
        blank = label.isna().to_numpy() & there
        above = label.ffill()
        if not blank.any() or above[blank].isna().any() or not _is_written_once(label[there]):
            continue
        grid.frame.loc[blank, i] = above[blank]
        grid.notes += [
            (int(line), i, "LABEL_FILLED_DOWN", "", str(after))
            for line, after in zip(grid.lines[blank], above[blank], strict=True)
        ]


def _is_written_once(label: pd.Series) -> bool:
    """Say whether labels stand at the head of blocks of rows."""
    filled = label[label.notna()]
    if filled.empty or (filled == filled.shift()).any() or filled.map(lambda t: bool(re.fullmatch(FIGURE, t))).all():
        return False
    return bool((label.notna().cumsum().value_counts() > 1).mean() >= MOSTLY)
