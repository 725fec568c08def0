"""A first `measures.toml` by looking at the files: which columns are dates, identifiers, types, areas or figures.

Nothing is asked. What the look cannot know (the nation, targets, limits) stands in the file as a line to edit.
"""

import json
import os
import re
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path

import pandas as pd

from .clean.counts import MONTH_FORMS, WEEK, numbers
from .clean.dates import Parsed
from .errors import Refused
from .presets import PRESETS, list_of_sheet
from .read import look
from .read.grid import Grid
from .read.headings import OPEN_DATA, plain

LOOKED_AT = 2_000  # rows from which a column's kind is judged
MOSTLY = 0.8  # of the filled cells: a column is what most of it is
FILLED = 0.9  # of the fullest date's cells: an event's date is given on every row
MANY_AREAS = 250  # England and Wales have 175 authorities; more names are no areas
MANY_TYPES = 50

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
CHILD_HEADINGS = (r"^id$", r"(child|person|client|pupil|individual|service user).*(id|identifier|number|no|ref)\b")
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
SOURCE_HEADINGS = (r"\bsource\b",)
ANNEX_A = {  # list: name of its dataset, title, the date that is counted, title of its stock
    "List 1": ("contacts", "Contacts", "date", ""),
    "List 2": ("early_help", "Early help assessments started", "started", ""),
    "List 3": ("referrals", "Referrals", "date", ""),
    "List 4": ("assessments", "Assessments started", "started", ""),
    "List 5": ("section_47", "Section 47 enquiries started", "started", ""),
    "List 6": ("in_need", "Children who became children in need", "started", "Children in need"),
    "List 7": ("on_plan", "Child protection plans started", "started", "Children on a child protection plan"),
    "List 8": ("looked_after", "Children who became looked after", "started", "Children looked after"),
}


@dataclass
class _Table:
    """One table that was recognised."""

    name: str
    files: list[Path]
    keys: dict
    measures: list[dict]
    header: tuple = ()
    roles: set = field(default_factory=set)


def starter(files, folder) -> str:
    """Return the text of a configuration that works on the files.

    Parameters
    ----------
    files : iterable of path-like
    folder : path-like
        Where the configuration will lie; paths are written relative to it.

    Returns
    -------
    str
        TOML.

    Raises
    ------
    Refused
        When a file cannot be read, or none holds dates or monthly figures.
    """
    folder = Path(folder).resolve()
    tables, mapping, population, project, nation = [], None, None, "Your authority", "england"
    for file in map(Path, files):
        for grid in look(file):
            headings = {plain(h) for h in grid.header}
            if {"raw", "category"} <= headings:
                mapping = file
            elif {"area", "year", "children"} <= headings:
                population = file
            elif set(OPEN_DATA) <= headings:
                tables.append(_open_data(file))
                project = _country(grid)
            elif (found := list_of_sheet(grid.sheet, grid.header)) and grid.sheet:
                if found in ANNEX_A and len(grid.lines):
                    tables.append(_annex_a(file, found))
            else:
                tables += _recognise(file, grid)
    tables = _stack(tables, folder)
    if not tables:
        raise Refused(
            "None of the files holds rows with dates, or figures by month, that could be measured. Give `init` an "
            "extract of cases or of monthly figures.",
            code="NOT_TABULAR",
        )
    return _toml(tables, folder, project=project, nation=nation, mapping=mapping, population=population)


def _open_data(file: Path) -> _Table:
    name = _name(file.stem)
    measure = {"name": name, "title": _title(name), "dataset": name, "type": "flow", "polarity": "none"}
    return _Table(name, [file], {"kind": "counts", "preset": "dfe-open-data"}, [measure])


def _country(grid: Grid) -> str:
    """Return the name of the whole: the country's where it has a row of its own."""
    at = {plain(h): i for i, h in enumerate(grid.header)}
    national = grid.frame[at["geographic_level"]].str.lower() == "national"
    if "country_name" in at and national.any():
        return str(grid.frame.loc[national, at["country_name"]].iloc[0])
    names = [grid.frame[at[c]] for c in ("la_name", "region_name", "country_name") if c in at]
    return next((str(v) for column in names for v in column if v), "Your authority")


def _annex_a(file: Path, found: str) -> _Table:
    name, title, date, stock = ANNEX_A[found]
    measures = [{"name": name, "title": title, "dataset": name, "type": "flow", "date": date, "polarity": "none"}]
    if stock:
        measures.append({"name": f"{name}_open", "title": stock, "dataset": name, "type": "stock", "polarity": "none"})
    return _Table(
        name, [file], {"kind": "cases", "preset": PRESETS[PRESETS.index("annex-a")], "sheet": found}, measures
    )


# -- a table of one's own -------------------------------------------------------------------------------------------


def _recognise(file: Path, grid: Grid) -> list[_Table]:
    frame = grid.frame.head(LOOKED_AT)
    if not len(frame) or any(grid.header.count(h) > 1 and h.strip() for h in grid.header):
        return []
    name = _name(file.stem if not grid.sheet or grid.sheet.lower().startswith("sheet") else f"{file.stem}_{grid.sheet}")
    named = [i for i, h in enumerate(grid.header) if h.strip()]
    dates = {i: share for i in named if (share := _date_share(frame[i], grid.header[i]))}
    child = _first(CHILD_HEADINGS, grid, [i for i in named if i not in dates])
    period = next((i for i in named if _is_period(frame[i])), None)
    if period is not None and child is None:
        return _counts(name, file, grid, frame, period)
    keys = _cases(grid, frame, dates, child)
    if keys is None:
        return []
    if grid.sheet:
        keys["sheet"] = grid.sheet
    columns = keys["columns"]
    event = next(r for r in columns if r in EVENT_ORDER)
    measure = {"name": name, "title": _title(name), "dataset": name, "type": "flow", "date": event, "polarity": "none"}
    measures = [measure]
    if broken := [r for r in ("category", "source", "area") if r in columns]:
        measure["breakdown"] = broken
    if {"started", "ended"} <= set(columns):
        measures.append(
            {
                "name": f"{name}_open",
                "title": f"{_title(name)}: open",
                "dataset": name,
                "type": "stock",
                "polarity": "none",
            }
        )
    return [_Table(name, [file], keys, measures, tuple(grid.header), set(columns))]


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


def _is_period(column: pd.Series) -> bool:
    filled = column[column.str.strip() != ""].str.strip()
    if filled.empty:
        return False
    months = pd.Series(False, index=filled.index)
    for shape, _ in MONTH_FORMS[:4]:
        months |= filled.str.fullmatch(shape)
    weeks = filled.str.fullmatch(re.sub(r"\((?!\?)", "(?:", WEEK))
    parsed = Parsed(filled.reset_index(drop=True))
    first = ~pd.isna(parsed.stamp) & (pd.Series(parsed.stamp).dt.day == 1).to_numpy()
    return max(months.mean(), weeks.mean(), first.mean()) > MOSTLY


def _counts(name: str, file: Path, grid: Grid, frame: pd.DataFrame, period: int) -> list[_Table]:
    """Make a dataset and a measure of each column of figures."""
    texts, figures = [], []
    for i in (i for i, h in enumerate(grid.header) if h.strip() and i != period):
        value, status = numbers(frame[i].str.strip())
        if (status != "unreadable").mean() > MOSTLY and value.notna().any():
            figures.append((i, bool((value.dropna() % 1 == 0).all())))
        else:
            texts.append(i)
    area = _first(AREA_HEADINGS, grid, texts)
    week = frame[period].str.contains("W").mean() > MOSTLY
    tables = []
    for i, whole in figures:
        columns = {"period": grid.header[period], "value": grid.header[i]}
        if area is not None and frame[area].nunique() <= MANY_AREAS:
            columns["area"] = grid.header[area]
        own = name if len(figures) == 1 else _name(f"{name}_{grid.header[i]}")
        kind = "flow" if whole else "value"
        measure = {"name": own, "title": _title(own), "dataset": own, "type": kind, "polarity": "none"}
        keys = {"kind": "counts", "grain": "week" if week else "month", "columns": columns}
        tables.append(_Table(own, [file], keys, [measure], (*grid.header, i), set(columns)))
    return tables


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
        if (i := _first(said, grid, few)) is not None:
            columns[role] = grid.header[i]
            texts.remove(i)
    return {"kind": "cases", "columns": columns}


def _first(expressions: tuple[str, ...], grid: Grid, among: list[int]) -> int | None:
    for expression in expressions:
        for i in among:
            if re.search(expression, plain(grid.header[i].replace("_", " "))):
                return i
    return None


# -- the file -------------------------------------------------------------------------------------------------------


def _stack(tables: list[_Table], folder: Path) -> list[_Table]:
    """Bring tables of the same form together under one glob, and give every other one its own name."""
    merged: list[_Table] = []
    for table in tables:
        twin = next(
            (
                t
                for t in merged
                if (t.keys, t.header) == (table.keys, table.header)
                and (t.header or "sheet" in t.keys)
                and _pattern([*t.files, *table.files]) is not None
            ),
            None,
        )
        if twin:
            twin.files += table.files
            continue
        taken = {t.name for t in merged} | {m["name"] for t in merged for m in t.measures}
        if table.name in taken:
            number = next(n for n in range(2, 1000) if f"{table.name}_{n}" not in taken)
            old, table.name = table.name, f"{table.name}_{number}"
            for measure in table.measures:
                measure.update(name=measure["name"].replace(old, table.name, 1), dataset=table.name)
                measure["title"] = f"{measure['title']} ({number})"
        merged.append(table)
    return merged


def _pattern(files: list[Path]) -> str | None:
    """Return a glob that matches these files and no others, or None."""
    files = sorted({f.resolve() for f in files})
    if len(files) == 1:
        return str(files[0])
    if len({f.parent for f in files}) > 1:
        return None
    names = [f.name for f in files]
    before = os.path.commonprefix(names)  # noqa: RUF071 - of names, not paths
    after = os.path.commonprefix([n[len(before) :][::-1] for n in names])[::-1]  # noqa: RUF071 - of names, not paths
    pattern = str(files[0].parent / f"{before}*{after}")
    return pattern if {Path(f).resolve() for f in glob(pattern)} == set(files) else None


def _toml(tables: list[_Table], folder: Path, *, project: str, nation: str, mapping, population) -> str:
    lines = [
        "# A first configuration, made by looking at the files. Edit it: names, nation, what is counted.",
        "",
        "[project]",
        f"name = {_quoted(project)}",
        f"nation = {_quoted(nation)}                # or: bank holidays and statutory limits of the other nation",
        "# as_at = 2021-04-12              # what was known when; left out: the newest date in the data",
    ]
    for table in tables:
        lines += [
            "",
            "[[dataset]]",
            f"name = {_quoted(table.name)}",
            f"path = {_quoted(_relative(table.files, folder))}",
        ]
        lines += [f"{key} = {_value(value)}" for key, value in table.keys.items()]
        if mapping and "category" in table.roles:
            lines.append(f"categories = {_quoted(_relative([mapping], folder))}")
    for table in tables:
        for measure in table.measures:
            lines += ["", "[[measure]]", *(f"{key} = {_value(value)}" for key, value in measure.items())]
    if population:
        lines += ["", "[population]", f"path = {_quoted(_relative([population], folder))}"]
    return "\n".join([*lines, ""])


def _relative(files: list[Path], folder: Path) -> str:
    pattern = _pattern(files)
    try:
        return Path(os.path.relpath(pattern, folder)).as_posix()
    except ValueError:  # another drive
        return Path(pattern).as_posix()


def _value(value) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_quoted(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    return _quoted(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _name(text: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:50]
    return name if name[:1].isalpha() else f"data_{name}".strip("_")


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
