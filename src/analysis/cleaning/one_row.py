"""Counts have one row a period, area and part: repeats and older versions are set aside, anything else is refused."""

import json
import re
from typing import NoReturn

import numpy as np
import pandas as pd

from ..config import NUMBER_ROLES
from ..errors import Refused
from ..totals import names_total
from .dates import Parsed
from .duplicates import age_of_files, combined, set_aside_rows
from .log import CleaningLog
from .numerals import figures_of
from .texts import fold

VERSIONS = (  # words of revisions, the oldest first: Code of Practice for Statistics, on revisions
    (
        *("draft", "estimate", "estimated", "est", "forecast", "flash", "early", "initial", "p", "prov", "provisional"),
        *("preliminary", "amodol", "dros dro", "drafft", "cychwynnol", "amcangyfrif"),
    ),
    ("",),  # a figure without a word stands between one that is provisional and one that was revised
    ("r", "rev", "revised", "updated", "amended", "corrected", "diwygiedig", "wedi ei ddiwygio", "cywirwyd"),
    ("f", "final", "confirmed", "actual", "validated", "published", "terfynol", "gwirioneddol"),
)
NUMBERED = re.compile(r"\b(version|revision|release|issue|edition|fersiwn|rhifyn)\b", re.IGNORECASE)
NUMBER = re.compile(r"(?:v|ver|version|rev|revision|release|issue|draft|fersiwn)?[ .]*(\d+(?:\.\d+)?)")
SHOWN = 8  # values of a column in a message
LONGEST = 40  # characters of a value that is shown: a name of a category, and no sentence about a person
MOSTLY = 0.5  # of a column's cells: a column is what most of it is


def keep_one_row(log: CleaningLog, typed: dict[str, pd.Series]) -> None:
    """Set aside what is said twice or was revised.

    Raises
    ------
    Refused
        ``UNDECLARED_DIMENSION`` where several rows are left for one period, area and part.
    """
    kept = np.flatnonzero(log.kept)
    beside = log.table.beside
    beside = beside.iloc[kept].apply(lambda c: c.str.strip()) if len(beside.columns) else pd.DataFrame(index=kept)
    keys = [r for r in ("period", *log.dataset.part_roles, "snapshot") if r in typed]
    key = _number([typed[r].iloc[kept] for r in keys])
    if not pd.Series(key).duplicated().any():
        return
    said = [typed[r].iloc[kept] for r in ("value", "status", "denominator", "version") if r in typed]
    repeated = pd.Series(combined([key, _number([*said, *(beside[c] for c in beside)])])).duplicated()
    aside = set_aside_rows(log, kept[repeated.to_numpy()], "DUPLICATE_ROW")
    if "version" in typed:
        rank = _versions(log, typed["version"].iloc[kept])
        older = rank < pd.Series(rank).where(~aside[kept], -1).groupby(key).transform("max").to_numpy()
        aside |= set_aside_rows(log, kept[older & ~aside[kept]], "NEAR_DUPLICATE")
    left = ~aside[kept]
    several = left & pd.Series(np.where(left, key, -1 - np.arange(len(key)))).duplicated(keep=False).to_numpy()
    if not several.any():
        return
    beside, group, rows = beside[several], key[several], kept[several]
    telling = [c for c in beside if (beside[c].groupby(group).nunique() > 1).any()]
    kinds = {c: dimension_of(c, beside[c]) for c in telling}
    file = log.rows["file"].cat.codes.to_numpy()[rows].astype("int64")
    by_file = not pd.DataFrame({"key": group, "file": file}).duplicated().any()
    if by_file and "part" not in kinds.values():  # a later file revises an earlier one
        age = age_of_files(log, typed)[file]
        newest = age == pd.Series(age).groupby(group).transform("max").to_numpy()
        if not pd.Series(group[newest]).duplicated().any():
            set_aside_rows(log, rows[~newest], "NEAR_DUPLICATE")
            return
    _refuse(log, typed, rows[group == group[0]], beside, kinds)


def _number(parts: list[pd.Series]) -> np.ndarray:
    """Return one number per distinct combination."""
    return combined([pd.factorize(p)[0].astype("int64") + 1 for p in parts])


def _versions(log: CleaningLog, text: pd.Series) -> np.ndarray:
    """Return the rank of each row's version: by the order in the configuration, of the usual words, else by date."""
    words = log.dataset.versions
    order = {_word(w): i for i, w in enumerate(words)} or {w: i for i, step in enumerate(VERSIONS) for w in step}
    rank = text.map({t: order.get(_word(t)) for t in text.unique()})
    if rank.isna().any() and not words:
        stamps = pd.Series(Parsed(text.reset_index(drop=True)).stamp)
        numbers = text.map(_word).str.extract(rf"^{NUMBER.pattern}$")[0].astype(float).reset_index(drop=True)
        rank = (stamps if stamps.notna().all() else numbers).rank(method="dense").set_axis(text.index)
    if rank.isna().any():
        row = log.rows.loc[rank.index[rank.isna()][0]]
        raise Refused(
            f"{row['file']}: the column '{log.heading('version')}' holds, on line {row['line']}, a version whose "
            f"place in the order is not known. List its words in `versions` of [[dataset]] '{log.dataset.name}', "
            'the oldest first, for example versions = ["provisional", "revised", "final"].',
            code="UNDECLARED_DIMENSION",
        )
    return rank.to_numpy(dtype=float)


def _word(text: str) -> str:
    """Return the word of a version, without brackets and points around it: [p], Prov."""
    return fold(text).strip("[]().: ")


def dimension_of(heading: str, column: pd.Series) -> str:
    """Say what tells the rows of a column apart: "version", "date", "figures", or "part" for parts of a whole.

    >>> dimension_of("Status", pd.Series(["Prov.", "", "Final"])), dimension_of("Status", pd.Series(["open", "closed"]))
    ('version', 'part')
    """
    filled = column[column != ""].drop_duplicates().reset_index(drop=True)
    words = filled.map(_word)
    numbered = NUMBERED.search(heading.replace("_", " ")) is not None and words.str.fullmatch(NUMBER.pattern).all()
    if len(filled) and (words.isin([w for step in VERSIONS for w in step]).all() or numbered):
        return "version"
    if filled.empty or filled.map(names_total).any():
        return "part"
    if (~np.isnat(Parsed(filled).stamp)).mean() > MOSTLY:
        return "date"
    return "figures" if figures_of(filled).notna().mean() > MOSTLY and len(filled) > SHOWN else "part"


def _refuse(
    log: CleaningLog, typed: dict[str, pd.Series], rows: np.ndarray, beside: pd.DataFrame, kinds: dict[str, str]
) -> NoReturn:
    """Name the rows, what tells them apart, and the lines of the configuration that would declare it."""
    name, first = log.dataset.name, log.rows.iloc[rows]
    places = " and ".join(
        f"{'lines' if len(lines) > 1 else 'line'} {', '.join(map(str, lines[:SHOWN]))} of {file}"
        for file, lines in first.groupby(first["file"].astype("str"), sort=False)["line"]
    )
    what = f"Several rows stand for one {log.dataset.grain}, area and part, such as {places} for {typed['period'].iloc[rows[0]]}"
    parts = [c for c, kind in kinds.items() if kind == "part"]
    other = next((c for kind in ("version", "date") for c in kinds if kinds[c] == kind), None)
    if parts:
        shown = ", ".join(f"'{c}'{_values(beside[c])}" for c in parts)
        where = ", ".join(f"{_key(c)} = [{json.dumps(_choice(beside[c]), ensure_ascii=False)}]" for c in parts)
        roles = ", ".join(f"{_role(log, c)} = {json.dumps(c, ensure_ascii=False)}" for c in parts)
        one = len(parts) == 1
        help_ = (
            f"; the {'column' if one else 'columns'} {shown}, which no role names, {'tells' if one else 'tell'} them "
            f"apart. Say in [[dataset]] '{name}' which rows are meant, where = {{ {where} }}; or, if they add up to "
            f"the whole, name {'it as a part' if one else 'them as parts'} among its `columns`: {roles}."
        )
    elif other and kinds[other] == "version":
        help_ = (
            f"; the column '{other}'{_values(beside[other])} tells a revised figure from an older one. Name it among "
            f"the `columns` of [[dataset]] '{name}', version = {json.dumps(other)}, and the newest version of each "
            f"figure is taken; or say where = {{ {_key(other)} = [...] }}."
        )
    elif other:
        help_ = (
            f"; the column '{other}' holds dates. If they say when each figure was published, name it among the "
            f"`columns` of [[dataset]] '{name}', version = {json.dumps(other)}, and the newest figure is taken; if each "
            f"is the date of a whole extract, declare snapshot = {json.dumps(other)}."
        )
    else:
        columns = ", ".join(f"'{c}'" for c in kinds)
        help_ = (
            (f"; only columns of figures tell them apart ({columns})" if columns else "; only the figure differs")
            + ". If one of them is a total or a revision, take it out; successive extracts are declared with "
            f"`snapshot` in [[dataset]] '{name}'."
        )
    raise Refused(f"{what}{help_}", code="UNDECLARED_DIMENSION")


def _values(column: pd.Series) -> str:
    values = sorted(v for v in column.unique() if v)
    if not values or max(map(len, values)) > LONGEST:
        return ""
    return f" ({', '.join(values[:SHOWN])}{' and others' if len(values) > SHOWN else ''})"


def _choice(column: pd.Series) -> str:
    """Return the value that is likeliest to be meant: the total, else the first."""
    values = [v for v in column.unique() if v]
    choice = next((v for v in values if names_total(v)), values[0])
    return choice if len(choice) <= LONGEST else "..."


def _key(heading: str) -> str:
    return heading if re.fullmatch(r"[A-Za-z0-9_-]+", heading) else json.dumps(heading, ensure_ascii=False)


def _role(log: CleaningLog, heading: str) -> str:
    """Return a role by which a column may be named: its own heading where that is a name."""
    own = re.sub(r"\W+", "_", heading.lower()).strip("_")
    free = own and own[0].isalpha() and own.isascii() and own not in {*log.dataset.columns, *NUMBER_ROLES, "period"}
    return own if free else "category"
