"""Every column of every table from `measure` on: what it holds, who adds it, and how far it may go.

A column that is not declared here goes nowhere: `protect` drops it, slices do not hold it, and no page, spreadsheet or
CSV reads it. A new column is one entry.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

import pandas as pd

from .config import ON_TIME_BAND, OPEN_BAND
from .errors import Refused
from .kinds import LATE  # what `denominator` holds beside `numerator`: no column of its own
from .periods import QUARTER_FREQ

KEY = ["measure", "area", "period"]  # of a figure
SERIES = ["measure", "area"]
TEXT, FLOAT, WHOLE, PERIOD, YES_OR_NO, OBJECT = "str", "float64", "int64", "period", "bool", "object"
LABEL = "label"
CHILDREN, ROWS = "count of children", "count of rows"
FIGURE = "figure of the kind that `type` says"
ELSEWHERE = "figure of another area"
DERIVED, ESTIMATE = "derived from", "estimate from shown figures"


class Reach(IntEnum):
    """How far a column goes."""

    MEASURED = 1  # not beyond `protect`
    SLICES = 2  # with the report, which does not show it
    PAGE = 3  # shown


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        A name, or a pattern of names.
    tables : tuple of str
        In which it stands.
    what : str
        LABEL, CHILDREN, ROWS, FIGURE, ELSEWHERE, DERIVED (from `of`) or ESTIMATE.
    step : str
        The function that adds it.
    unit : str
    dtype : str
        As pandas names it; PERIOD where a table may hold months and weeks side by side.
    of : tuple of str
        The columns that it is derived from, or that it goes with: hidden where one of them is.
    part_of : str
        The count that it is a part of: neither it nor the rest may be few.
    stays : bool
        Whether it stays where the row's figure is hidden.
    rounded : bool
        Whether the profile `rounded` shows it, to the nearest five or worked out from what is. All else that belongs to
        a figure would undo the rounding, and is left out.
    reach : Reach
    title : str
        Its heading in the figures beside the page, as a CSV and in the spreadsheet; empty where it is not among them.
    """

    name: str
    tables: tuple[str, ...]
    what: str
    step: str
    unit: str = ""
    dtype: str = FLOAT
    of: tuple[str, ...] = ()
    part_of: str = ""
    stays: bool = False
    rounded: bool = False
    reach: Reach = Reach.PAGE
    title: str = ""

    @property
    def figure(self) -> bool:
        """Whether it says how many or how much."""
        return self.what != LABEL

    @property
    def emptied(self) -> bool:
        """Whether it is hidden with the row's figure."""
        return self.figure and not self.stays

    @property
    def counts(self) -> bool:
        """Whether it is a count of children or rows."""
        return self.what in (CHILDREN, ROWS)

    @property
    def fixed(self) -> bool:
        """Whether its name is one, and no pattern."""
        return not set(self.name) & set("|\\")


MONTHS, QUARTERS = "months", "quarters"
CALLS = "calls"  # of this page and of those before, with what the page after each said
QUESTIONS = "questions"  # asked on this page and on those before, with what came
MARK_OR = " or "  # in a mark that stands for two reasons
PARTS, RELEASED = "parts", "released"
PART_OF = "="  # between a role and the name of its part
QUALITY, BULK, SOURCES, GAPS = "quality", "bulk", "sources", "gaps"
FATES = ("kept", "quarantined", "outside", "later")  # of the rows that came in: each has one
VERDICTS, EXPECTED = "verdicts", "expected"
BREAKS, YEAR, YEARS, OPPOSITE, NATIONAL, FUNNEL = "breaks", "year", "years", "opposite", "national", "funnel"
BEYOND = "beyond"  # by how much the parts of the months that made the news differ from what is usual of them
OTHERS = "others"  # an area beside its neighbours, its region and the nation
MEASURED = (MONTHS, QUARTERS)
OF_PERIODS = (*MEASURED, PARTS, EXPECTED, YEAR, YEARS, OPPOSITE, NATIONAL, FUNNEL)
OF_MEASURES = (
    *MEASURED,
    GAPS,
    PARTS,
    OTHERS,
    BEYOND,
    RELEASED,
    VERDICTS,
    QUESTIONS,
    CALLS,
    EXPECTED,
    YEAR,
    YEARS,
    NATIONAL,
    FUNNEL,
)
BANDS = rf"{ON_TIME_BAND}|late_\d+_\d+|late_over_\d+|{OPEN_BAND}"  # of lateness: `band_names` makes them

# the columns of the figures beside the page, in their order; what is no column of a table is the measure's own
PUBLISHED = (
    *("measure", "area", "period", "value", "numerator", "denominator", "lower", "upper", "status", "call", "persists"),
    *("title", "unit", "target", "expected_lower", "expected_upper"),
    *("p_usual", "p_spike", "p_shift", "p_trend", "p_recording", "question", "lasts_if", "passed_if", "chance", "mark"),
)

COLUMNS = (
    # -- the measured tables: a row a measure, area and period ------------------------------------------------------
    Column("measure", OF_MEASURES, LABEL, "measure", dtype=TEXT, title="measure"),
    Column("area", (*OF_MEASURES, BREAKS, OPPOSITE), LABEL, "measure", dtype=TEXT, title="area"),
    Column("period", OF_PERIODS, LABEL, "measure", dtype=PERIOD, title="period"),
    Column("type", (*MEASURED, RELEASED), LABEL, "measure", dtype=TEXT),
    Column("nation", MEASURED, LABEL, "measure", dtype=TEXT, reach=Reach.SLICES),
    Column("value", MEASURED, FIGURE, "measure", "the measure's", rounded=True, title="value"),
    Column("numerator", MEASURED, ROWS, "measure", "cases", rounded=True, title="numerator"),
    Column("denominator", MEASURED, ROWS, "measure", "cases", rounded=True, title="denominator"),
    Column("lower", MEASURED, DERIVED, "measure", "share", of=("value",), rounded=True, title="lower"),
    Column("upper", MEASURED, DERIVED, "measure", "share", of=("value",), rounded=True, title="upper"),
    Column("children", MEASURED, CHILDREN, "measure", "children", rounded=True, reach=Reach.SLICES),
    Column("status", MEASURED, LABEL, "measure", dtype=TEXT, title="status"),
    Column("mark", MEASURED, LABEL, "protect", dtype=TEXT, title="mark"),  # why it is hidden, as far as the page says
    Column("comparator", MEASURED, ELSEWHERE, "measure", "the measure's", stays=True),
    Column("per_10000", MEASURED, DERIVED, "measure", "per 10,000 children", of=("value",)),
    Column(BANDS, MEASURED, ROWS, "measure", "cases", rounded=True),
    # how much of a month is on record depends on how other months grew, and not on the month's own count
    Column("completeness", (MONTHS,), ESTIMATE, "with_completeness", "share", stays=True),
    Column("expected_final", (MONTHS,), ESTIMATE, "with_completeness", "cases", of=("value",)),
    Column("final_lower", (MONTHS,), ESTIMATE, "with_completeness", "cases", of=("value",)),
    Column("final_upper", (MONTHS,), ESTIMATE, "with_completeness", "cases", of=("value",)),
    Column("provisional", (MONTHS,), ESTIMATE, "with_completeness", "yes or no", dtype=OBJECT, stays=True),
    Column("only_sign_off_late", (QUARTERS,), ROWS, "with_causes", "cases", of=("work_late",), part_of=LATE),
    Column("work_late", (QUARTERS,), ROWS, "with_causes", "cases", of=("only_sign_off_late",), part_of=LATE),
    Column("seen_in_time", (QUARTERS,), ROWS, "with_causes", "cases", part_of=LATE),
    Column("still_open", (QUARTERS,), ROWS, "with_causes", "cases", part_of=LATE),  # as among the bands
    Column("open_work", (QUARTERS,), ROWS, "with_causes", "cases"),
    Column("awaiting_sign_off", (QUARTERS,), ROWS, "with_causes", "cases", of=("open_work",)),
    Column("open_age", (QUARTERS,), DERIVED, "with_causes", "working days", of=("open_work",)),
    Column("open_beyond", (QUARTERS,), ROWS, "with_causes", "cases", part_of="open_work"),
    Column("rate_lower", (QUARTERS,), ESTIMATE, "add_rates", "per 10,000 children", of=("value",)),
    Column("rate_upper", (QUARTERS,), ESTIMATE, "add_rates", "per 10,000 children", of=("value",)),
    Column("again", (QUARTERS,), ROWS, "with_repeats", "cases", part_of="again_of"),
    Column("again_of", (QUARTERS,), ROWS, "with_repeats", "cases"),
    # -- the parts of a figure: a row a measure, area, role, part and period ------------------------------------------
    Column("role", (PARTS, BEYOND), LABEL, "parts_of_figures", dtype=TEXT),
    Column("part", (PARTS, BEYOND), LABEL, "parts_of_figures", dtype=TEXT),
    Column("value", (PARTS,), ROWS, "parts_of_figures", "cases", rounded=True),
    Column("children", (PARTS,), CHILDREN, "parts_of_figures", "children", reach=Reach.MEASURED),
    # -- what the pages say and hide, for the pages after them: a row a count ---------------------------------------
    Column("grain", (RELEASED,), LABEL, "protect", dtype=TEXT, reach=Reach.MEASURED),
    Column("n", (RELEASED,), LABEL, "protect", dtype=WHOLE, reach=Reach.MEASURED),  # the period's number
    Column("part", (RELEASED,), LABEL, "protect", dtype=TEXT, reach=Reach.MEASURED),  # of the row
    Column("value", (RELEASED,), ROWS, "protect", "cases", reach=Reach.MEASURED),
    Column("few", (RELEASED,), LABEL, "protect", "yes or no", dtype=YES_OR_NO, reach=Reach.MEASURED),
    Column("told", (RELEASED,), LABEL, "protect", "yes or no", dtype=YES_OR_NO, reach=Reach.MEASURED),
    Column("marked", (RELEASED,), LABEL, "protect", "yes or no", dtype=YES_OR_NO, reach=Reach.MEASURED),
    # -- what came in, the days with many rows, the files -----------------------------------------------------------
    Column("dataset", (QUALITY, BULK, SOURCES), LABEL, "measured", dtype=TEXT),
    Column("kept", (QUALITY,), ROWS, "account", "rows"),
    Column("quarantined", (QUALITY,), ROWS, "account", "rows"),
    Column("outside", (QUALITY,), ROWS, "account", "rows"),
    Column("later", (QUALITY,), ROWS, "account", "rows"),
    Column("quarantined_for", (QUALITY,), LABEL, "account", dtype=OBJECT),  # codes
    Column("outside_for", (QUALITY,), LABEL, "account", dtype=OBJECT),
    Column("assumed", (QUALITY,), LABEL, "measured", dtype=OBJECT),  # codes of what was read by evidence
    Column("kind", (GAPS,), LABEL, "find_gaps", dtype=TEXT),
    Column("why", (GAPS,), LABEL, "find_gaps", dtype=TEXT),
    Column("of", (GAPS,), LABEL, "find_gaps", dtype=OBJECT),
    Column("periods", (GAPS,), LABEL, "find_gaps", dtype=OBJECT),
    Column("freq", (GAPS,), LABEL, "find_gaps", dtype=TEXT),
    Column("role", (BULK,), LABEL, "measured", dtype=TEXT),
    Column("date", (BULK,), LABEL, "measured", dtype=TEXT),
    Column("count", (BULK,), ROWS, "measured", "rows"),
    Column("usual", (BULK,), ESTIMATE, "measured", "rows"),
    Column("file", (SOURCES,), LABEL, "measured", dtype=TEXT),
    # -- verdicts: a row a measure and area -------------------------------------------------------------------------
    Column("call", (VERDICTS, CALLS), LABEL, "judge_table", dtype=TEXT, title="call"),
    Column("persists", (VERDICTS,), ESTIMATE, "judge_table", "probability", title="persists"),
    Column("usual variation", (VERDICTS,), ESTIMATE, "judge_table", "probability", title="p_usual"),
    Column("short-term spike", (VERDICTS,), ESTIMATE, "judge_table", "probability", title="p_spike"),
    Column("sustained shift", (VERDICTS,), ESTIMATE, "judge_table", "probability", title="p_shift"),
    Column("trend", (VERDICTS,), ESTIMATE, "judge_table", "probability", title="p_trend"),
    Column("recording break", (VERDICTS,), ESTIMATE, "judge_table", "probability", title="p_recording"),
    Column("change", (VERDICTS,), ESTIMATE, "judge_table", "share of the level"),
    Column("change_lower", (VERDICTS,), ESTIMATE, "judge_table", "share of the level"),
    Column("change_upper", (VERDICTS,), ESTIMATE, "judge_table", "share of the level"),
    Column("onset", (VERDICTS,), ESTIMATE, "judge_table", "month", dtype=PERIOD),
    Column("onset_probability", (VERDICTS,), ESTIMATE, "judge_table", "probability"),
    Column("since", (VERDICTS,), ESTIMATE, "judge_table", "month", dtype=PERIOD),
    Column("reason", (VERDICTS,), LABEL, "judge_table", dtype=TEXT),
    Column("departure", (VERDICTS,), ESTIMATE, "judge_table", "share of what was expected"),
    Column("question", (VERDICTS,), ESTIMATE, "judge_table", dtype=TEXT, title="question"),
    Column("probability", (VERDICTS,), ESTIMATE, "judge_table", "probability"),
    Column("settled_from", (VERDICTS,), ESTIMATE, "judge_table", "month", dtype=PERIOD),
    Column("settles", (VERDICTS,), ESTIMATE, "judge_table", "table", dtype=OBJECT),
    Column("settled_by", (VERDICTS,), ESTIMATE, "judge_table", "quarter", dtype=PERIOD),
    Column("half", (VERDICTS,), ESTIMATE, "judge_table", "the measure's"),
    Column("flags", (VERDICTS,), LABEL, "judge_table", dtype=OBJECT),
    # -- the questions of quarters, as pages print them: a row a question and look -----------------------------------
    Column("asked", (QUESTIONS, CALLS), LABEL, "follow", dtype=TEXT),  # the quarter
    Column("up", (QUESTIONS, CALLS), LABEL, "follow", "yes or no", dtype=YES_OR_NO),
    Column("said", (QUESTIONS, CALLS), ESTIMATE, "follow", "probability"),
    Column("months", (QUESTIONS,), LABEL, "follow", "months after the quarter", dtype=WHOLE),
    Column("lasts_if", (QUESTIONS,), ESTIMATE, "follow", "the measure's", title="lasts_if"),
    Column("passed_if", (QUESTIONS,), ESTIMATE, "follow", "the measure's", title="passed_if"),
    Column("half", (QUESTIONS,), ESTIMATE, "follow", "the measure's"),
    Column("chance", (QUESTIONS,), ESTIMATE, "follow", "probability", title="chance"),
    Column("came", (QUESTIONS,), DERIVED, "follow", "the measure's", of=("value",)),
    Column("answer", (QUESTIONS, CALLS), LABEL, "follow", dtype=TEXT),
    # -- what was to be expected: a row a measure, area and period; joined to the judged months ---------------------
    Column("expected", (EXPECTED,), ESTIMATE, "expected_table", "the measure's"),
    Column("expected_lower", (EXPECTED,), ESTIMATE, "expected_table", "the measure's", title="expected_lower"),
    Column("expected_upper", (EXPECTED,), ESTIMATE, "expected_table", "the measure's", title="expected_upper"),
    Column("if_lasts_lower", (EXPECTED,), ESTIMATE, "expected_table", "the measure's"),
    Column("if_lasts_upper", (EXPECTED,), ESTIMATE, "expected_table", "the measure's"),
    Column("if_spike_lower", (EXPECTED,), ESTIMATE, "expected_table", "the measure's"),
    Column("if_spike_upper", (EXPECTED,), ESTIMATE, "expected_table", "the measure's"),
    # -- an area beside others, from what may be published of each: a row a measure and area --------------------------
    Column("at", (OTHERS,), LABEL, "beside_others", dtype=TEXT),  # the quarter of the figures
    Column("here", (OTHERS,), DERIVED, "beside_others", "rate or share", of=("value",)),
    Column("average", (OTHERS,), ELSEWHERE, "beside_others", "rate or share"),
    Column("shown", (OTHERS,), ELSEWHERE, "beside_others", "areas"),
    Column("listed", (OTHERS,), ELSEWHERE, "beside_others", "areas"),
    Column("higher", (OTHERS,), ELSEWHERE, "beside_others", "areas"),
    Column("region", (OTHERS,), LABEL, "beside_others", dtype=TEXT),
    Column("in_region", (OTHERS,), ELSEWHERE, "beside_others", "rate or share"),
    Column("nation", (OTHERS,), LABEL, "beside_others", dtype=TEXT),
    Column("in_nation", (OTHERS,), ELSEWHERE, "beside_others", "rate or share"),
    Column("judged", (OTHERS,), ELSEWHERE, "beside_others", "areas"),
    Column("moved", (OTHERS,), ESTIMATE, "beside_others", "probability"),
    # -- what `assess` works out from the judged figures ------------------------------------------------------------
    Column("onset", (BREAKS,), ESTIMATE, "assess", "month", dtype=PERIOD),
    Column("measures", (BREAKS,), LABEL, "assess", dtype=OBJECT),
    Column("probability", (BREAKS,), ESTIMATE, "assess", "probability"),
    Column("depth", (BREAKS,), ESTIMATE, "assess", "share of the level"),
    Column("recovered_to", (BREAKS,), ESTIMATE, "assess", "share of the level"),
    Column("claimed", (BREAKS,), ESTIMATE, "assess", "yes or no", dtype=YES_OR_NO),
    Column("year_to_date", (YEAR,), DERIVED, "assess", "the measure's", of=("value",)),
    Column("year_to_date_before", (YEAR,), DERIVED, "assess", "the measure's", of=("value",)),
    Column("year", (YEARS,), DERIVED, "rolling_years", "the measure's", of=("value",)),
    Column("year_before", (YEARS,), DERIVED, "rolling_years", "the measure's", of=("value",)),
    Column("two_years_before", (YEARS,), DERIVED, "rolling_years", "the measure's", of=("value",)),
    Column("fell", (YEARS,), ESTIMATE, "year_ahead", "probability"),
    Column("lower_still", (YEARS,), ESTIMATE, "year_ahead", "probability"),
    Column("stays_lower", (YEARS,), ESTIMATE, "year_ahead", "probability"),
    Column("rose", (OPPOSITE,), LABEL, "assess", dtype=TEXT),
    Column("rose_from", (OPPOSITE,), DERIVED, "assess", "cases", of=("value",)),
    Column("rose_to", (OPPOSITE,), DERIVED, "assess", "cases", of=("value",)),
    Column("fell", (OPPOSITE,), LABEL, "assess", dtype=TEXT),
    Column("fell_from", (OPPOSITE,), DERIVED, "assess", "cases", of=("value",)),
    Column("fell_to", (OPPOSITE,), DERIVED, "assess", "cases", of=("value",)),
    Column("change_local", (NATIONAL,), DERIVED, "assess", "share of the level", of=("value",)),
    Column("change_nation", (NATIONAL,), DERIVED, "assess", "share of the level", of=("comparator",)),
    Column("shared", (NATIONAL,), DERIVED, "assess", "share", of=("value", "comparator")),
    Column("now", (BEYOND,), DERIVED, "assess", "cases", of=("value",)),
    Column("usual", (BEYOND,), ESTIMATE, "assess", "cases"),
    Column("more", (BEYOND,), ESTIMATE, "assess", "cases"),
    Column("total", (BEYOND,), ESTIMATE, "assess", "cases"),
    Column("hidden", (BEYOND,), LABEL, "assess", "yes or no", dtype=YES_OR_NO),  # parts of the role are left out
    Column("value", (FUNNEL,), FIGURE, "assess", "cases", of=("value",)),
    Column("conversion", (FUNNEL,), DERIVED, "assess", "share", of=("value",)),
)


@lru_cache(maxsize=1024)
def column_named(name: str, *tables: str) -> Column | None:
    """Return what is declared of a column in a table, or in the first of several; None where nothing is."""
    for table in tables:
        for column in COLUMNS:
            if table in column.tables and re.fullmatch(column.name, name):
                return column
    return None


def names(*tables: str, among: Iterable[str] | None = None, **having: Any) -> list[str]:
    """Return the names of a table's columns, in order, of which some attributes have the values asked for.

    `among` are the names that there are, such as a table itself; without it those declared by name, and no patterns.

    >>> names("quarters", part_of="again_of"), names("months", among=["late_1_2", "late_fee"])
    (['again'], ['late_1_2'])
    """
    if among is None:
        among = [c.name for c in COLUMNS if set(tables) & set(c.tables) and c.fixed]
    columns = [(name, column_named(str(name), *tables)) for name in among]
    return [name for name, c in columns if c and all(getattr(c, key) == value for key, value in having.items())]


def declared(table: pd.DataFrame, name: str, *, reach: Reach = Reach.MEASURED) -> pd.DataFrame:
    """Return a table without the columns that are not declared of it, or may not go so far."""
    return table[[n for n in names(name, among=table) if column_named(n, name).reach >= reach]]


def part_name(role: Any, part: Any, grain: str) -> Any:
    """Return how a part is named among the counts of its measure; a child counted once may stand in another by month.

    >>> part_name("source", "school", "Q-MAR"), part_name("source", "school", "M")
    ('source=school', 'source by month=school')
    """
    return role + (PART_OF if grain == QUARTER_FREQ else f" by month{PART_OF}") + part


def empty(name: str) -> pd.DataFrame:
    """Return a table without rows; its periods are of no length."""
    dtypes = {n: column_named(n, name).dtype.replace(PERIOD, OBJECT) for n in names(name)}
    return pd.DataFrame(columns=list(dtypes)).astype(dtypes)


def require(table: Any, columns: Iterable[str], *, of: str) -> None:
    """Refuse what a step cannot work on, and say why.

    Parameters
    ----------
    table : pandas.DataFrame
    columns : iterable of str
        That it must have.
    of : str
        Whose table it is, as the refusal names it: ``judge_table`` or ``protect: months``.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` for what is no table; ``MISSING_COLUMN`` names the columns that it lacks.
    """
    if not isinstance(table, pd.DataFrame):
        raise Refused(f"{of} takes a pandas DataFrame, not a {type(table).__name__}.", code="INVALID_PARAMETER")
    lacking = [c for c in columns if c not in table]
    if lacking:
        raise Refused(
            f"The table given to {of} has no column {', '.join(map(repr, lacking))}. "
            f"Take one that has been through {_makers(lacking)}.",
            code="MISSING_COLUMN",
        )


def _makers(lacking: list[str]) -> str:
    """Return which functions add some columns."""
    first = [next(c.step for c in COLUMNS if re.fullmatch(c.name, n)) for n in lacking]
    return " and ".join(f"`{step}`" for step in dict.fromkeys(first))
