"""Which column plays which part: case, spaces, quotes, other names and the expressions of a published layout."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache

from ..config import Dataset
from ..errors import Refused
from .across import periods_across
from .grid import Grid
from .years import years_across

HEADER_SEARCH = 30  # lines in which the headings are looked for; titles above a table are fewer
INVISIBLE = re.compile(r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
QUOTES = re.compile("[\"'`\u2018\u2019\u201c\u201d]")
OPEN_DATA = ("time_period", "time_identifier", "geographic_level")  # what makes a file the department's

SIMILAR, A_SLIP = 0.6, 0.8  # of difflib's ratio: worth pointing at; no name of a child, but a heading with a slip


@lru_cache(maxsize=4096)
def fold_heading(heading: str) -> str:
    """Fold what drifts in headings: case, spaces, quotes, invisible characters.

    >>> fold_heading(" Child\\u2019s  ID")
    'childs id'
    """
    folded = QUOTES.sub("", INVISIBLE.sub("", unicodedata.normalize("NFKC", heading)))
    return " ".join(folded.casefold().split())


def _loose(folded: str) -> str:
    """Take underscores, hyphens and dots for the spaces they stand for."""
    return " ".join(re.sub(r"[_.-]", " ", folded).split())


@dataclass(frozen=True)
class Wanted:
    """What a table's headings are compared with; without a dataset anything that looks like headings will do."""

    dataset: Dataset | None = None

    def matches(self, role: str, header: list[str]) -> list[int]:
        """Return the places that fit a role: written the same, else folded the same, else by another name."""
        heading = self.dataset.columns[role]
        folded = [fold_heading(h) for h in header]
        names = [heading, *self.dataset.other_headings.get(role, [])]
        form = self.dataset.heading_forms.get(role)
        for test in (
            lambda i: header[i] == heading,
            lambda i: folded[i] == fold_heading(heading),
            lambda i: folded[i] in {fold_heading(n) for n in names},
            lambda i: _loose(folded[i]) in {_loose(fold_heading(n)) for n in names},
            lambda i: form is not None and re.fullmatch(form, folded[i], re.IGNORECASE),
        ):
            if found := [i for i in range(len(header)) if header[i].strip() and test(i)]:
                return found
        return []

    def score(self, cells: list[str]) -> int:
        """Count how many wanted headings a line holds."""
        if self.dataset is None:
            if periods_across(cells):
                return sum(bool(c.strip()) for c in cells)
            words = {fold_heading(c) for c in cells if re.search(r"[A-Za-z]", c) and not re.search(r"\d{4}", c)}
            return len(words) if len(words) == sum(bool(c.strip()) for c in cells) else 0
        if self.dataset.preset == "dfe-open-data":
            return len({fold_heading(c) for c in cells} & set(OPEN_DATA))
        matched = {role for role in self.dataset.columns if self.matches(role, cells)}
        return len(matched | ({"period", "value"} if self.is_across(cells) else set()))

    def is_across(self, header: list[str]) -> bool:
        """Say whether the months are headings: neither the period nor the figures have a column."""
        across = periods_across(header)
        if self.dataset is not None and across:
            roles = ("value",) if years_across(header) else ("period", "value")  # the months beside years have a column
            if self.dataset.kind == "cases" or any(self.matches(role, header) for role in roles):
                return False
        return bool(across)

    @property
    def complete(self) -> int:
        """The score of a line that holds every wanted heading."""
        if self.dataset is None:
            return 2
        return len(OPEN_DATA) if self.dataset.preset == "dfe-open-data" else len(self.dataset.columns)


def find_header(rows: list[list[str]], wanted: Wanted) -> int | None:
    """Return the place of the headings among a table's first rows; None where all of them are empty."""
    filled = [i for i, row in enumerate(rows[:HEADER_SEARCH]) if any(c.strip() for c in row)]
    if not filled:
        return None
    best = max(filled, key=lambda i: (wanted.score(rows[i]), -i))
    return best if wanted.score(rows[best]) else filled[0]


def columns_of(grid: Grid, dataset: Dataset, columns: dict[str, str] | None = None) -> dict[str, int]:
    """Return the column of each role.

    Raises
    ------
    Refused
        ``MISSING_COLUMN`` or ``AMBIGUOUS_COLUMN``.
    """
    if columns is not None:
        dataset = dataset.model_copy(update={"columns": columns})
    wanted, found = Wanted(dataset), {}
    for role, heading in dataset.columns.items():
        if role in dataset.unread_roles:
            continue
        same = wanted.matches(role, grid.header)
        if role in dataset.optional_roles and len(same) != 1:
            grid.notes.append((grid.header_line, "", "COLUMN_ABSENT", "", heading))
        elif not same:
            raise Refused(
                f"{grid.place} has no column '{heading}', which dataset '{dataset.name}' names as `{role}`."
                f"{_nearest(heading, grid.header)} Correct `columns` or export the column.",
                code="MISSING_COLUMN",
            )
        elif len(same) > 1:
            where = " and ".join(str(i + 1) for i in same)
            raise Refused(
                f"{grid.place}: the columns number {where} are both headed '{heading}'. Rename all but one.",
                code="AMBIGUOUS_COLUMN",
            )
        else:
            found[role] = same[0]
    return found


def _nearest(heading: str, header: list[str]) -> str:
    """Say which heading is most like it; by its column alone where it is not a mere slip, since it may be data then."""
    folded = [fold_heading(h) for h in header]
    close = get_close_matches(fold_heading(heading), folded, n=1, cutoff=SIMILAR)
    if not close:
        return ""
    place = folded.index(close[0])
    if SequenceMatcher(None, fold_heading(heading), close[0]).ratio() >= A_SLIP:
        return f" Did you mean '{header[place]}' (column {place + 1})?"
    return f" The heading of column {place + 1} is the nearest."
