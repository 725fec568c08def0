"""A table of one's own: which columns are dates, identifiers, types, areas or figures."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ...cleaning.dates import Parsed
from ...cleaning.numerals import UNREADABLE, Numerals, figures_of, read_numerals
from ...cleaning.period_column import FEWEST_WEEKS, INSTEAD, MOSTLY
from ...cleaning.period_labels import Labels
from ...errors import Refused
from ...reading.grid import Grid
from ...reading.headings import plain
from .recognised import Table, name_of, title_of

LOOKED_AT = 2_000  # rows from which a column's kind is judged
FILLED = 0.9  # of the fullest date's cells: an event's date is given on every row
MANY_AREAS = 250  # England and Wales have 175 authorities; more names are no areas
MANY_TYPES = 50
FEWEST_DAYS, WORKING_DAYS = 28, 5 / 7  # days with a row in a file by day; how many of a week may have one

DATE_HEADINGS = {  # role: what its heading says; the first that fits is taken, each role once
    "born": r"birth|\bdob\b|born|expected date of delivery",
    "recorded": r"record|entered|created|\binput|keyed|logged|loaded|snapshot|extract",
    "previous": r"previous|prior",
    "due": r"\bdue\b|target",
    "decided": r"decid|decision",
    "authorised": r"authori[sz]|signed|sign.?off|approv",
    "completed": r"complet|finish",
    "ended": r"\bend|ended|ceas|clos|leav|left|discharg",
    "seen": r"\bseen",
    "visited": r"visit",
    "started": r"start|open|began|begin|admi|regist",
    "referral": r"referr",
    "date": r"",
}
EVENT_ORDER = (
    "date",
    "started",
    "referral",
    "visited",
    "decided",
    "completed",
    "ended",
    "due",
    "seen",
    "previous",
    "authorised",
)
CHILD_HEADINGS: tuple[str, ...] = (
    r"^id$",
    r"(child|person|client|pupil|individual|service user).*(id|identifier|number|no|ref)\b",
)
CHILD_HEADINGS += (r"^(upn|nhs number|identifier)$", r"\b(id|identifier)$")
AREA_HEADINGS = (
    r"^area",
    r"\b(locality|district)\b",
    r"\bla name\b|authority",
    r"\bregion\b",
    r"^service$",
    r"\bteam\b",
)
TYPE_HEADINGS = (r"\btype\b", r"categor", r"\bneed\b", r"\breason\b")
PERCENT_HEADING, HUNDRED = r"%|\bper ?cent|\bpct\b|proportion", 100
MEASURE_HEADINGS = (r"measure|indicator|metric|\bkpi\b",)
MANY_MEASURES = 60  # lines of a scorecard that become measures; more are records
SOURCE_HEADINGS = (r"\bsource\b",)


def recognise(file: Path, grid: Grid) -> list[Table]:
    """Return the tables of cases or of monthly figures that a grid holds."""
    frame = grid.frame.head(LOOKED_AT)
    if not len(frame) or any(grid.header.count(h) > 1 and h.strip() for h in grid.header):
        return []
    name = name_of(
        file.stem if not grid.sheet or grid.sheet.lower().startswith("sheet") else f"{file.stem}_{grid.sheet}"
    )
    named = [i for i, h in enumerate(grid.header) if h.strip()]
    dates = {i: share for i in named if (share := _date_share(frame[i], grid.header[i]))}
    child = _first(CHILD_HEADINGS, grid, [i for i in named if i not in dates])
    period, grain = next(((i, found) for i in named if (found := _grain(frame[i]))), (None, ""))
    if period is not None and grain in ("year", "quarter"):
        if child is None and not dates:
            raise Refused(
                f"{file.name}: the column '{grid.header[period]}' holds a {grain} in each row: these are {grain}ly figures. "
                f"{INSTEAD[grain]}.",
                code=f"{grain.upper()}LY_FIGURES",
            )
    elif period is not None and child is None and (tables := _counts(name, file, grid, frame, period, grain)):
        return tables
    keys = _cases(grid, frame, dates, child)
    if keys is None:
        return []
    if grid.sheet:
        keys["sheet"] = grid.sheet
    columns = keys["columns"]
    event = next(r for r in columns if r in EVENT_ORDER)
    measure = {
        "name": name,
        "title": title_of(name),
        "dataset": name,
        "type": "flow",
        "date": event,
        "polarity": "none",
    }
    measures = [measure]
    if broken := [r for r in ("category", "source", "area") if r in columns]:
        measure["breakdown"] = broken
    if {"started", "ended"} <= set(columns):
        measures.append(
            {
                "name": f"{name}_open",
                "title": f"{title_of(name)}: open",
                "dataset": name,
                "type": "stock",
                "polarity": "none",
            }
        )
    return [Table(name, [file], keys, measures, tuple(grid.header), set(columns))]


def _date_share(column: pd.Series, heading: str) -> float:
    """Return the filled share of a column of dates; 0 where it is none."""
    filled = column[column.str.strip() != ""].str.strip()
    if filled.empty:
        return 0.0
    parsed = Parsed(filled.reset_index(drop=True))
    # month-first and two-digit dates are dates too: cleaning says what is wrong with them
    known = ~pd.isna(parsed.stamp) | pd.Series(parsed.family).isin(["numeric", "two digits"]).to_numpy()
    bare = set(parsed.family[known]) <= {"serial", "packed"}  # an identifier may look like a day number
    if known.mean() < MOSTLY or (bare and not re.search(r"date|\bon\b|\bat\b", plain(heading.replace("_", " ")))):
        return 0.0
    return len(filled) / len(column)


def _grain(column: pd.Series) -> str:
    """Say whether a column holds a month, a week, a quarter or a year a cell, by name or by a day of it; else nothing."""
    filled = column[column.str.strip() != ""].str.strip()
    labels = Labels(pd.Series(filled.unique(), dtype="str"))
    if not len(labels.kind):
        return ""
    used = pd.Series(filled.unique()).map(filled.value_counts()).to_numpy()
    shares = {k: used[labels.kind == k].sum() / used.sum() for k in ("month", "week", "quarter", "year", "day")}
    years = (labels.kind == "year") | labels.perhaps_year
    if years.all() and (len(years) > 1 or shares["year"]):
        return "year"
    kind = max(shares, key=lambda k: shares[k])
    if shares[kind] <= MOSTLY:
        return ""
    if kind != "day":
        return kind
    if len(np.unique(labels.second[labels.numeric])) == 1 < len(np.unique(labels.first[labels.numeric])):
        labels.put_month_first()
    days = labels.start.dropna()
    if (days.dt.day == 1).mean() > MOSTLY or (days.dt.is_month_end.mean() > MOSTLY):
        return "month"
    one_weekday = (
        len(days) == len(labels.kind) and days.dt.day_of_week.nunique() == 1 and days.nunique() >= FEWEST_WEEKS
    )
    return "week" if one_weekday else "day" if _every_day(days, filled) else ""


def _every_day(days: pd.Series, filled: pd.Series) -> bool:
    """Say whether nearly all days have a row, each as many as the others: figures by day, and no list of events."""
    span = (days.max() - days.min()).days + 1
    rows = filled.value_counts()
    return (
        len(days) >= FEWEST_DAYS
        and len(days) >= MOSTLY * span * WORKING_DAYS
        and (rows == rows.iloc[0]).mean() > MOSTLY
    )


def _counts(name: str, file: Path, grid: Grid, frame: pd.DataFrame, period: int, grain: str) -> list[Table]:
    """Make a dataset and a measure of each column of figures."""
    texts, figures = [], []
    for i in (i for i, h in enumerate(grid.header) if h.strip() and i != period):
        cells = frame[i].str.strip()
        figure = read_numerals(cells, np.ones(len(cells)))
        if (figure.status != UNREADABLE).mean() > MOSTLY and not np.isnan(figure.number).all():
            figures.append((i, _kind_of(figure, grid.header[i])))
        else:
            texts.append(i)
    if (
        grain in ("week", "day") and frame[[period, *texts]].duplicated().any()
    ):  # several rows of one week or day are cases
        return []
    area = _first(AREA_HEADINGS, grid, texts)
    tables = []
    parts = {"area": area} if area is not None and frame[area].nunique() <= MANY_AREAS else {}
    texts = [i for i in texts if i not in parts.values()]
    lines = _first(MEASURE_HEADINGS, grid, texts)
    if lines is None and any(code == "MONTHS_ACROSS" for _, _, code, *_ in grid.notes):
        lines = next(iter(texts), None)
    if lines is not None and frame[lines].nunique() > MANY_MEASURES:
        lines = None
    if lines is None and frame[[period, *parts.values()]].duplicated().any():
        several = [i for i in texts if frame[i].nunique() <= MANY_TYPES]
        parts |= {"category": several[0]} if several else {}
    for i, kind in figures:
        columns = {"period": grid.header[period], "value": grid.header[i]}
        columns |= {role: grid.header[place] for role, place in parts.items()}
        if lines is not None:
            tables.append(_by_line(name, file, grid, frame, columns, lines, i))
            continue
        own = name if len(figures) == 1 else name_of(f"{name}_{grid.header[i]}")
        measure = {"name": own, "title": title_of(own), "dataset": own, "type": kind, "polarity": "none"}
        keys = {"kind": "counts", "grain": grain, "columns": columns}
        tables.append(Table(own, [file], keys, [measure], (*grid.header, i), set(columns)))
    return tables


def _kind_of(figure: Numerals, heading: str) -> str:
    """Return the type of measure of a column of figures: a share by its signs or its heading, whole numbers a flow."""
    number = figure.number[~np.isnan(figure.number)]
    if figure.percent.sum() > MOSTLY * len(number) or (
        re.search(PERCENT_HEADING, heading, re.IGNORECASE) and number.min() >= 0 and number.max() <= HUNDRED
    ):
        return "percent"
    return "flow" if (number % 1 == 0).all() else "value"


def _by_line(
    name: str, file: Path, grid: Grid, frame: pd.DataFrame, columns: dict[str, str], lines: int, figure: int
) -> Table:
    """Make one dataset of a table whose lines are measures, and a measure of each line that has a figure."""
    measures: list[dict] = []
    for line in dict.fromkeys(frame[lines]):
        value = figures_of(frame.loc[frame[lines] == line, figure]).dropna()
        if not line.strip() or value.empty:
            continue
        own = name_of(line)
        own = f"{own}_{len(measures) + 1}" if own in {name, *(m["name"] for m in measures)} else own
        kind = "flow" if (value % 1 == 0).all() else "value"
        where = {"measure": [line.strip()]}
        measures.append(
            {"name": own, "title": line.strip(), "dataset": name, "type": kind, "where": where, "polarity": "none"}
        )
    keys = {"kind": "counts", "grain": "month", "columns": {**columns, "measure": grid.header[lines]}}
    return Table(name, [file], keys, measures, (*grid.header, figure), {"measure", *columns})


def _cases(grid: Grid, frame: pd.DataFrame, dates: dict[int, float], child: int | None) -> dict | None:
    roles = {}
    for i in dates:
        heading = plain(grid.header[i].replace("_", " "))
        role = next((r for r, said in DATE_HEADINGS.items() if re.search(said, heading) and r not in roles), None)
        if role and role != "born":
            roles[role] = i
    events = [r for r in EVENT_ORDER if r in roles]
    if not events:
        return None
    fullest = max(dates[roles[r]] for r in events)
    event = next(r for r in events if dates[roles[r]] >= FILLED * fullest)
    columns = {"child": grid.header[child]} if child is not None else {}
    columns[event] = grid.header[roles.pop(event)]
    columns |= {role: grid.header[i] for role, i in roles.items()}
    texts = [i for i in frame if i not in dates and i != child and grid.header[i].strip()]
    for role, said, most in (
        ("category", TYPE_HEADINGS, MANY_TYPES),
        ("source", SOURCE_HEADINGS, MANY_TYPES),
        ("area", AREA_HEADINGS, MANY_AREAS),
    ):
        few = [i for i in texts if frame[i].nunique() <= min(most, max(len(frame) / 2, 2))]
        if (found := _first(said, grid, few)) is not None:
            columns[role] = grid.header[found]
            texts.remove(found)
    return {"kind": "cases", "columns": columns}


def _first(expressions: tuple[str, ...], grid: Grid, among: list[int]) -> int | None:
    for expression in expressions:
        for i in among:
            if re.search(expression, plain(grid.header[i].replace("_", " "))):
                return i
    return None
