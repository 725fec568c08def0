"""A table of figures by month, week or day: what each column or line holds, and which is the total of others."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ...cleaning.numerals import UNREADABLE, read_numerals
from ...cleaning.one_row import dimension_of
from ...cleaning.period_column import FEWEST_WEEKS, MONTHS, MOSTLY
from ...cleaning.period_labels import Labels
from ...reading.grid import Grid
from ...totals import names_total
from . import vocabulary as say
from .case_table import MANY_AREAS, MANY_TYPES
from .configuration import Harm, StarterTable
from .vocabulary import column_of, kind_said, name_of, says_something, title_of, words_of

FEWEST_DAYS, WORKING_DAYS = 28, 5 / 7  # days with a row in a file by day; how many of a week may have one
MANY_MEASURES = 60  # lines of a scorecard that become measures; more are records
HUNDRED = 100
FEWEST_SUMS = 6  # periods in which a column is the sum of others, so that it is no accident
STEADY = 0.3  # of the scatter between months that separate events have (Poisson): steadier figures are carried over
ENOUGH = 12  # months from which scatter is judged


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


@dataclass
class Figures:
    """What one column, or one line, of figures holds: its label, its numbers by row, and the type of its measure."""

    label: str
    number: pd.Series
    kind: str
    certain: bool = True

    @classmethod
    def read(cls, label: str, cells: pd.Series, context: str, *, semicolons: bool = False) -> "Figures | None":
        """Read cells; None where most are no figures or symbols, or none is a figure."""
        read = read_numerals(cells.str.strip(), np.ones(len(cells)), semicolons=semicolons)
        if (read.status == UNREADABLE).mean() >= 1 - MOSTLY or np.isnan(read.number).all():
            return None
        # thousands, perhaps: of what is counted, cleaning asks
        number = pd.Series(np.round(read.number * 1000) if read.perhaps_thousands else read.number, cells.index)
        there = number.dropna()
        if read.percent.sum() > MOSTLY * len(there) or (
            re.search(say.PERCENT, label, re.IGNORECASE) and there.min() >= 0 and there.max() <= HUNDRED
        ):
            return cls(label, number, "percent")
        if re.search(say.RUNNING, words_of(label)):
            return cls(label, number, "value")
        timely = re.search(say.TIMELY, words_of(label)) is not None
        if timely and not (there % 1 == 0).all() and there.between(0, 1).all():
            return cls(label, number, "percent")
        kind, whole = kind_said(label, context), bool((there % 1 == 0).all())
        certain = bool(kind_said(label)) or (bool(kind) and not says_something(label))
        certain = certain and not (timely and there.max() <= HUNDRED)  # a percentage, perhaps
        return cls(label, number, "value" if kind in ("", "flow") and not whole else kind or "flow", certain)

    @property
    def is_steady(self) -> bool:
        """Whether it changes less from month to month than separate events do."""
        steps = self.number.dropna().diff().dropna()
        return len(steps) >= ENOUGH and bool((steps**2).mean() < STEADY * 2 * self.number.mean())


def _uncertain(name: str, measured: list[Figures]) -> list[tuple[Harm, str]]:
    """Return what the names of figures do not say: whether their months add up."""
    doubts = []
    for kind, steady, text in (
        (
            "flow",
            True,
            "taken for what happened in a month, so that a quarter adds its months up; but the figures change less from month "
            'to month than separate events do. If they are the numbers on one day, such as the last, write type = "stock"',
        ),
        (
            "flow",
            False,
            "taken for what happened in a month, so that a quarter adds its months up. If they are the numbers on one day, such "
            'as the last, write type = "stock"; if percentages, type = "percent"; if averages, type = "value"',
        ),
        (
            "stock",
            None,
            'taken for the numbers on a month\'s last day. If they are what happened in it, write type = "flow"',
        ),
        ("value", None, "not whole: a quarter is the mean of its months"),
    ):
        labels = [
            f"'{f.label}'" for f in measured if not f.certain and f.kind == kind and steady in (None, f.is_steady)
        ]
        if labels:
            harm = Harm.COARSE if kind == "value" else Harm.ADDED_UP
            doubts.append((harm, f"{name}: {', '.join(labels)}: {text}."))
    return doubts


def sums(columns: list[Figures]) -> dict[str, list[str]]:
    """Return the labels of those that are the sum of others, in a name and in fact, with the labels of the others.

    A column that only calls itself a total, with nothing beside it to add up to it, is a figure of its own.
    """
    counts = [c for c in columns if c.kind in ("flow", "stock")]
    totals: dict[str, list[str]] = {}
    for at, one in enumerate(counts):
        before, after = counts[:at], counts[at + 1 :]
        blocks = [before[i:] for i in range(len(before) - 1)] + [after[:n] for n in range(2, len(after) + 1)]
        blocks += [[*before, *after]] if before and after else []
        named = names_total(" ".join(words_of(one.label).split()))
        for block in blocks:
            parts = [c for c in block if c.label not in totals]
            if len(parts) > 1 and _adds_up(one, parts, named):
                totals[one.label] = [c.label for c in parts]
                break
    return totals


def _adds_up(one: Figures, parts: list[Figures], named: bool) -> bool:
    """Say whether figures are the sum of their parts wherever all are there; of a named total a few will do."""
    table = pd.concat([c.number for c in parts], axis=1)
    there = table.notna().all(axis=1) & one.number.notna() & (one.number > 0)
    if (table.sum(axis=1) > one.number)[one.number.notna()].any():
        return False
    same = (table.sum(axis=1) == one.number)[there]
    return bool(same.all() and ((there.sum() >= FEWEST_SUMS and (table[there] > 0).all(axis=None)) or named))


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
    totals = sums(list(figures.values()))
    measured = {i: f for i, f in figures.items() if f.label not in totals and not _is_aside(f.label, figures)}
    measured = measured or figures
    doubts = [*_uncertain(name, list(measured.values())), *_left_out(name, figures, measured, totals)]
    doubts += _added_up(name, grid, parts)
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
    doubts = [*_uncertain(name, list(measured.values())), *_left_out(name, dict(enumerate(read)), measured, totals)]
    told = {"kind": "counts", "grain": grain, "columns": {**columns, "value": grid.header[figure]}}
    return StarterTable(name, [file], told, measures, (*grid.header, figure), doubts)
