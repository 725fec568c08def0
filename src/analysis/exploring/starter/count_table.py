"""A table of figures by month, week or day: a dataset and a measure of each column or line."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ...cleaning.one_row import dimension_of
from ...cleaning.period_column import FEWEST_WEEKS, MONTHS, MOSTLY
from ...cleaning.period_labels import Labels
from ...reading.grid import Grid
from ...totals import names_total
from . import vocabulary as say
from .case_table import MANY_AREAS, MANY_TYPES
from .configuration import Harm, StarterTable
from .figure_columns import Figures, sums, uncertain
from .vocabulary import column_of, kind_said, name_of, says_something, title_of, words_of

FEWEST_DAYS, WORKING_DAYS = 28, 5 / 7  # days with a row in a file by day; how many of a week may have one
MANY_MEASURES = 60  # lines of a scorecard that become measures; more are records


def grain_of(column: pd.Series) -> str:
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
    totals = 0 if kind in ("quarter", "year") else shares["quarter"] + shares["year"]
    if shares[kind] <= MOSTLY * (1 - totals):
        return ""
    if kind != "day":
        return kind
    first, second = (part[labels.numeric] for part in (labels.first, labels.second))
    if len(np.unique(second)) == 1 < len(np.unique(first)) or max(second, default=0) > MONTHS >= max(first, default=0):
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


def count_tables(name: str, file: Path, grid: Grid, frame: pd.DataFrame, period: int, grain: str) -> list[StarterTable]:
    """Return a dataset and a measure of each column of figures, or one dataset with a measure of each line."""
    context = f"{file.stem} {grid.sheet or ''}"
    semicolons = any(code == "DELIMITER_SEMICOLON" for _, _, code, *_ in grid.notes)
    read = {
        i: Figures.read(h, frame[i], context, semicolons=semicolons)
        for i, h in enumerate(grid.header)
        if h.strip() and i != period
    }
    figures = {i: f for i, f in read.items() if f is not None}
    texts = [i for i, f in read.items() if f is None]
    if grain in ("week", "day") and frame[[period, *texts]].duplicated().any():
        return []  # several rows of one week or day are cases
    parts: dict[str, int] = {}
    for role, said in (("area", say.AREAS), ("team", say.TEAMS)):
        if (place := column_of(said, grid, texts)) is not None and frame[place].nunique() <= MANY_AREAS:
            if role == "area" or "area" not in parts or frame[[period, *parts.values()]].duplicated().any():
                parts["area" if "area" not in parts else role] = place
            texts.remove(place)
    lines = column_of(say.MEASURES, grid, texts)
    if lines is None and any(code == "MONTHS_ACROSS" for _, _, code, *_ in grid.notes):
        lines = next(iter(texts), None)
    several = frame[[period, *parts.values()]].duplicated().any()
    if lines is None and several:
        lines = next((i for i in texts if _are_measures(frame[i])), None)
    if lines is not None and frame[lines].nunique() <= MANY_MEASURES:
        columns = {role: grid.header[i] for role, i in {"period": period, **parts, "measure": lines}.items()}
        return [
            t
            for i in figures
            if (t := _by_line(name, file, grid, frame, grain, columns, (period, *parts.values()), lines, i))
        ]
    if several:
        more = _dimensions(grid, frame, [period, *parts.values()], [*texts, *figures])
        parts |= more
        figures = {i: f for i, f in figures.items() if i not in more.values()} or figures
    return _by_column(name, file, grid, grain, {"period": period, **parts}, figures)


def _are_measures(column: pd.Series) -> bool:
    """Say whether a column's values name figures of several kinds, or some of them a part of another."""
    words = [words_of(text) for text in column.unique() if text.strip()]
    units = len(words) > 1 and all(map(_is_unit, words))
    within = [match for w in words if (match := re.fullmatch(say.OF_WHICH, w))]
    return units or any(match["of"] is None or match["of"] in words for match in within)


def _is_unit(label: str) -> bool:
    return re.fullmatch(say.UNITS, words_of(label)) is not None


def _dimensions(grid: Grid, frame: pd.DataFrame, keys: list[int], among: list[int]) -> dict[str, int]:
    """Return what tells the rows of one period apart, by role: parts of a whole, one after another, or a version."""
    kinds = {
        i: dimension_of(grid.header[i], frame[i].str.strip()) for i in among if 1 < frame[i].nunique() <= MANY_TYPES
    }
    version = next((i for i, kind in kinds.items() if kind in ("version", "date")), None)
    revised = {} if version is None else {"version": version}
    parts: dict[str, int] = {}
    for i in (i for i, kind in kinds.items() if kind == "part"):
        if not frame[[*keys, *revised.values(), *parts.values()]].duplicated().any():
            break
        parts[f"part_{len(parts) + 1}" if parts else "category"] = i
    needed = frame[[*keys, *parts.values()]].duplicated().any()
    return parts | (revised if needed else {})


def _by_column(
    name: str, file: Path, grid: Grid, grain: str, parts: dict[str, int], figures: dict[int, Figures]
) -> list[StarterTable]:
    running = _running(grid, grain, parts, figures)
    figures = {i: replace(f, kind="value") if i in running else f for i, f in figures.items()}
    totals = sums(list(figures.values()))
    measured = {i: f for i, f in figures.items() if f.label not in totals and not _is_aside(f.label, figures)}
    measured = measured or figures
    doubts = [*uncertain(name, list(measured.values())), *_left_out(name, figures, measured, totals)]
    doubts += _added_up(name, grid, parts)
    doubts += [
        (
            Harm.ADDED_UP,
            f"{name}: '{figures[i].label}' grows through each year and then begins anew: taken for a running total, whose months "
            "are not added up. Give each month's own figure.",
        )
        for i in running
    ]
    whole = title_of(file.stem)
    tables = []
    for i, one in measured.items():
        single = len(measured) == 1
        own = name if single else name_of(f"{name}_{one.label}")
        title = title_of(one.label) if says_something(one.label) else whole
        if title != whole and not single and not kind_said(one.label) and " " not in title:  # Police, of contacts.csv
            title = f"{whole}: {title[:1].lower()}{title[1:]}" if title.istitle() else f"{whole}: {title}"
        columns = {role: grid.header[place] for role, place in {**parts, "value": i}.items()}
        keys = {"kind": "counts", "grain": grain, "columns": columns, **({"sheet": grid.sheet} if grid.sheet else {})}
        measure = {"name": own, "title": title, "dataset": own, "type": one.kind, "polarity": "none"}
        tables.append(StarterTable(own, [file], keys, [measure], (*grid.header, i), doubts))
    return tables


def _running(grid: Grid, grain: str, parts: dict[str, int], figures: dict[int, Figures]) -> list[int]:
    """Return the columns of monthly figures that are running totals, in every area and part."""
    if grain != "month":
        return []
    beside = [i for role, i in parts.items() if role not in ("period", "version")]
    found = []
    for i, f in figures.items():
        each = [f.number]
        if beside:
            each = [rows for _, rows in f.number.groupby([grid.frame.loc[f.number.index, b] for b in beside])]
        if f.kind == "flow" and all(replace(f, number=rows).runs_on for rows in each):
            found.append(i)
    return found


def _added_up(name: str, grid: Grid, parts: dict[str, int]) -> list[tuple[Harm, str]]:
    """Name the columns over which the rows of one period are added up, where none of their values is a total."""
    return [
        (
            Harm.ADDED_UP,
            f"{name}: the rows of one period are added up over '{grid.header[i]}', as parts of a whole. If they overlap, say "
            f"which are meant, where = {{ {json.dumps(grid.header[i], ensure_ascii=False)} = [...] }}.",
        )
        for role, i in parts.items()
        if role not in ("period", "version", "area", "team") and not grid.frame[i].map(names_total).any()
    ]


def _is_aside(label: str, figures: dict[int, Figures]) -> bool:
    """Say whether figures stand beside others: a running total, a target."""
    return len(figures) > 1 and re.search(f"{say.RUNNING}|{say.ASIDE}", words_of(label)) is not None


def _left_out(
    name: str, figures: dict[int, Figures], measured: dict[int, Figures], totals: dict[str, list[str]]
) -> list[tuple[Harm, str]]:
    doubts = []
    for i, one in figures.items():
        if one.label in totals and i not in measured:
            parts = ", ".join(f"'{p}'" for p in totals[one.label])
            doubts.append((Harm.LEFT_OUT, f"{name}: '{one.label}' is left out: it is the sum of {parts}."))
        elif i not in measured:
            doubts.append((Harm.LEFT_OUT, f"{name}: '{one.label}' is left out: it stands beside other figures."))
        elif len(figures) > 1 and names_total(words_of(one.label)):
            doubts.append(
                (Harm.ADDED_UP, f"{name}: '{one.label}' is called a total, and is not the sum of columns beside it.")
            )
    return doubts


def _by_line(
    name: str,
    file: Path,
    grid: Grid,
    frame: pd.DataFrame,
    grain: str,
    columns: dict[str, str],
    keys: tuple[int, ...],
    lines: int,
    figure: int,
) -> StarterTable | None:
    """Make one dataset of a table whose lines are measures, and a measure of each line that has a figure."""
    read = []
    for label, rows in frame.groupby(frame[lines].str.strip(), sort=False):
        cells = rows.set_index(list(keys))[figure]
        one = Figures.read(label, cells[~cells.index.duplicated()], file.stem) if label else None
        read += [one] if one is not None else []
    totals = sums(read)
    measures: list[dict] = []
    for one in read:
        if one.label in totals or _is_aside(one.label, dict(enumerate(read))):
            continue
        own = name_of(one.label)
        own = f"{own}_{len(measures) + 1}" if own in {name, *(m["name"] for m in measures)} else own
        where = {"measure": [one.label]}
        measures.append(
            {
                "name": own,
                "title": title_of(f"{title_of(file.stem)}: {one.label.lower()}" if _is_unit(one.label) else one.label),
                "dataset": name,
                "type": one.kind,
                "where": where,
                "polarity": "none",
            }
        )
    if not measures:
        return None
    named = {m["where"]["measure"][0] for m in measures}
    measured = {i: f for i, f in enumerate(read) if f.label in named}
    doubts = [*uncertain(name, list(measured.values())), *_left_out(name, dict(enumerate(read)), measured, totals)]
    told = {"kind": "counts", "grain": grain, "columns": {**columns, "value": grid.header[figure]}}
    return StarterTable(name, [file], told, measures, (*grid.header, figure), doubts)
