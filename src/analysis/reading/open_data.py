"""The Department for Education's open data -> period, value, area, and the columns that tell rows of one month apart."""

import numpy as np
import pandas as pd

from ..config import Dataset
from ..errors import Refused
from ..totals import names_total
from .grid import Grid
from .headings import OPEN_DATA, fold_heading

MONTHS = ["April", "May", "June", "July", "August", "September", "October", "November", "December"]
MONTHS += ["January", "February", "March"]
AREA_COLUMNS = ("la_name", "region_name", "country_name")  # the finest that is given names the area
HEADER = ["time_period", "value", "la_name"]
LEVEL, REGION = OPEN_DATA[2], AREA_COLUMNS[1]
FEW_CODES = 20  # distinct numbers of a column that are codes of a filter, such as ages, and no figures


def refuse_years(grid: Grid) -> None:
    """Refuse figures by year, as the open data's `time_identifier` names them, unless each month has a column.

    Raises
    ------
    Refused
        ``YEARLY_FIGURES``.
    """
    at = {fold_heading(h): i for i, h in enumerate(grid.header)}
    length = grid.frame[at["time_identifier"]].str.strip().str.lower()
    if (
        len(length)
        and not any(fold_heading(m) in at for m in MONTHS)
        and length.str.contains(r"\byear\b", regex=True).all()
    ):
        raise Refused(
            f"{grid.place} holds a year in each row: these are yearly figures, and a year's figure cannot make a quarter. "
            "Download the table by month; a file by year may serve for the children of each area, as [population].",
            code="YEARLY_FIGURES",
        )


def period_rows(grid: Grid, dataset: Dataset) -> Grid:
    """Bring a grid of either form to a row per area and month; of a filter that has a total, the total's rows.

    Wide: `time_period` 2024 is the year ending 31 March 2024, so that its April lies in 2023.
    Tidy: `time_identifier` names the month, and `time_period` its year.
    """
    at = {fold_heading(h): i for i, h in enumerate(grid.header)}
    if missing := [h for h in OPEN_DATA if h not in at]:
        raise Refused(
            f"{grid.place} has no column '{missing[0]}', so it is not the Department for Education's open data form.",
            code="MISSING_COLUMN",
        )
    rows = grid.frame
    area = pd.Series("", index=rows.index, dtype="str")
    for name in AREA_COLUMNS:
        if name in at:
            area = area.where(area != "", rows[at[name]].str.strip())
    year = rows[at["time_period"]].str.strip()
    months = [m for m in MONTHS if fold_heading(m) in at]
    own = [dataset.columns.get("period", HEADER[0]), dataset.columns["value"], dataset.columns.get("area", HEADER[2])]
    value = fold_heading(own[1])
    figures = {at[fold_heading(m)] for m in months} | ({at[value]} if value in at else set())
    others = {fold_heading(h) for role, h in dataset.columns.items() if role not in ("period", "value", "area")}
    beside = [
        at[h]
        for h in [LEVEL, REGION, *sorted(others | set(map(fold_heading, dataset.where)), key=list(at).index)]
        if h in at
    ]
    filters = _filters(grid, [i for i in grid.frame if i not in figures], area)
    beside = list(dict.fromkeys([*beside, *filters]))
    chosen = np.ones(len(rows), dtype=bool)
    for i in filters:
        if fold_heading(grid.header[i]) not in others | set(map(fold_heading, dataset.where)):
            total = rows[i].map({text: names_total(text) for text in rows[i].unique()}).to_numpy(dtype=bool)
            chosen &= total | ~total.any()
    side = rows[beside].assign(**{"2": area, "line": grid.lines, "chosen": chosen})
    if months:
        start = pd.to_numeric(year.str[:4], errors="coerce") - (year.str.len() == 4)  # "2024" ends, "202324" begins
        parts = []
        for month in months:
            number = MONTHS.index(month)
            stamp = (start + (number > 8)).map("{:.0f}".format) + f"-{(number + 3) % 12 + 1:02d}"
            parts.append(side.assign(**{"0": stamp, "1": rows[at[fold_heading(month)]]}))
        tidy = pd.concat(parts, ignore_index=True)
    else:
        number = (
            rows[at["time_identifier"]].str.strip().str.title().map({m: (i + 3) % 12 + 1 for i, m in enumerate(MONTHS)})
        )
        value = fold_heading(dataset.columns["value"])
        refuse_years(grid)
        if number.isna().any() or value not in at:
            raise Refused(
                f"{grid.place}: neither a column a month nor rows by month with a column '{dataset.columns['value']}'. "
                "Name the column of figures: columns = { value = ... }.",
                code="NOT_TABULAR",
            )
        tidy = side.assign(**{"0": year.str[:4] + number.map("-{:02.0f}".format), "1": rows[at[value]]})
    tidy = tidy.sort_values(["2", "0"], kind="stable", ignore_index=True)
    frame = tidy[["0", "1", "2", *beside]].astype("str").set_axis(range(3 + len(beside)), axis=1)
    keep = tidy["chosen"].to_numpy(dtype=bool)
    aside = zip(tidy.loc[~keep, "line"], frame[~keep].itertuples(index=False, name=None), strict=True)
    return Grid(
        grid.file,
        [*own, *(grid.header[i] for i in beside)],
        frame[keep].reset_index(drop=True),
        np.asarray(tidy.loc[keep, "line"]),
        grid.sheet,
        grid.sha256,
        grid.header_line,
        grid.notes,
        [*grid.bad, *((int(line), "NOT_CHOSEN", list(fields)) for line, fields in aside)],
    )


def _filters(grid: Grid, among: list[int], area: pd.Series) -> list[int]:
    """Return the columns that tell rows of one area and time apart: words, or few numbers."""
    at = {fold_heading(h): i for i, h in enumerate(grid.header)}
    key = [grid.frame[at[h]] for h in OPEN_DATA[:2]]
    several = grid.frame.groupby([*key, area], sort=False)[among].nunique().max() > 1
    return [
        i
        for i in among
        if several[i] and (grid.frame[i].nunique() <= FEW_CODES or not grid.frame[i].str.contains(r"^\W*\d").any())
    ]
