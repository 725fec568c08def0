"""Small numbers: what may be published of a measured table.

The figures concern children, and a count of 1 to 5 can point to one of them. This module is the only one that
decides what is hidden; it works on tables before anything is judged, drawn or said, so that whatever is derived
from them is derived from protected figures.

What it protects: counts of cases, given counts of events, and given shares and figures whose unit is children.
Figures that hold no children (a rate of staff turnover) pass as they are.

The reader it protects against knows these rules. So nothing here depends on the size of a figure that is hidden for
another's sake: which second month is hidden follows from its place, and whether a total is told from the sum of what
is hidden. A total is told only if it leaves every count from one to the largest small one possible.
"""

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from .catalogue import OPEN_BAND
from .errors import Refused
from .periods import quarters_of
from .shapes import KEY

SMALLEST, LARGEST = 1, 5  # Department for Education, rule for authority tables: 1 to 5 becomes c, 0 is shown
PROFILES = ("council", "rounded", "internal")
ROUNDED_LARGEST, ROUND_TO = 7, 5  # the stricter habit of health and Welsh Government statistics
MOSTLY_HIDDEN = 1 / 3  # of a series' months: what is left is a biased choice, so no month is shown
CAUSES = [("only_sign_off_late", "work_late"), ("seen_in_time",), ("still_open",)]  # parts of those that were late
SUPPRESSED = "suppressed"
FIGURES = ["value", "numerator", "denominator", "lower", "upper", "children", "per_10000"]
ESTIMATES = ["expected_final", "final_lower", "final_upper", "rate_lower", "rate_upper"]  # from the figure itself
REPEATS = ["again", "again_of"]
BACKLOG = ["open_work", "open_beyond", "open_age", "awaiting_sign_off"]
COUNTED = ["flow", "stock"]
GROUP = ["measure", "area", "quarter"]


def protect(months: pd.DataFrame, quarters: pd.DataFrame, *, profile: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hide small counts, and the totals from which they could be worked out.

    Parameters
    ----------
    months, quarters : pandas.DataFrame
        Measured tables of the same measures and areas, by month or week and by quarter.
    profile : {"council", "rounded", "internal"}

    Returns
    -------
    months, quarters : pandas.DataFrame
        The same rows; a hidden figure is missing with status ``suppressed``. Where one month of a quarter is hidden a
        second one is too, since the quarter's total would give it away; where that is not enough, so is the total.
        How late things were is told by quarter alone.

    Raises
    ------
    Refused
        ``INVALID_PARAMETER`` for an unknown profile.
    """
    if profile not in PROFILES:
        raise Refused(f"The profile is one of {', '.join(PROFILES)}.", code="INVALID_PARAMETER")
    if profile == "internal":
        return months, quarters
    largest = LARGEST if profile == "council" else ROUNDED_LARGEST
    hidden, told = _small(months, largest), _small(quarters, largest)
    hidden, open_totals = _hide_second(months, hidden, largest)
    hidden |= hidden.groupby([months["measure"], months["area"]]).transform("mean") > MOSTLY_HIDDEN
    told |= pd.MultiIndex.from_frame(quarters[KEY]).isin(open_totals)
    months = _hide(months, hidden, largest)
    months[_bands(months)] = np.nan
    quarters = _hide(_hide_causes(_hide_bands(quarters, largest), largest), told, largest)
    return (months, quarters) if profile == "council" else (_rounded(months), _rounded(quarters))


def protect_parts(parts: pd.DataFrame, *, profile: str) -> pd.DataFrame:
    """Hide small parts of a total, and a second one where a single gap could be worked out from the total.

    Parameters
    ----------
    parts : pandas.DataFrame
        measure, area, role, part, now, before, change, small (bool).
    profile : {"council", "rounded", "internal"}

    Returns
    -------
    pandas.DataFrame
        The parts that may be told; those that may not are left out, and so are all parts of a role of which fewer than
        two would be left.
    """
    if profile == "internal" or parts.empty:
        return parts.drop(columns="small", errors="ignore")
    group = [parts[c] for c in ("measure", "area", "role")]
    gone = parts["small"].astype(bool)
    size = parts["now"] + parts["before"]
    alone = gone.groupby(group).transform("sum") == 1
    second = size.where(alone & ~gone).groupby(group).rank(method="first") == 1
    told = parts[~(gone | second)]
    enough = told.groupby(["measure", "area", "role"])["part"].transform("size") >= 2
    told = told[enough].drop(columns="small")
    if profile == "rounded":
        told[["now", "before"]] = (told[["now", "before"]] / ROUND_TO).round() * ROUND_TO
        told["change"] = told["now"] - told["before"]
    return told


def _small(table: pd.DataFrame, largest: int) -> pd.Series:
    """Say which rows show a count of one to `largest`, be it a numerator, the rest to the whole, or of children."""

    def small(*counts):
        return np.logical_or.reduce([c.astype(float).between(SMALLEST, largest) for c in counts])

    kind, of_children = table["type"], table["children"].notna()
    counted = kind.isin(COUNTED) | ((kind == "value") & of_children)
    hidden = counted & small(table["value"], table["children"])
    rest = table["denominator"] - table["numerator"]
    parts = small(table["numerator"], table["denominator"], rest, table["children"])
    return hidden | (kind.isin(["percent", "mean"]) & of_children & parts)


def _hide_second(months: pd.DataFrame, hidden: pd.Series, largest: int) -> tuple[pd.Series, pd.MultiIndex]:
    """Hide a second month where a quarter's total would give a single one away.

    Returns what is hidden now, and the keys of the quarters whose total would still give something away; those totals
    must be hidden too. A stock's quarter is its last month and no total.
    """
    share, rest = months["type"] == "percent", months["denominator"] - months["numerator"]
    one = months["value"].mask(share, months["numerator"]).mask(months["type"] == "mean", months["denominator"])
    rows = months[["measure", "area"]].assign(
        quarter=quarters_of(months["period"]),
        hidden=hidden & (months["type"] != "stock"),
        place=months["period"].map(lambda p: p.ordinal),
        one=one.astype(float),
        rest=rest.where(share).astype(float),
    )
    group = rows.groupby(GROUP)
    of, alone = group["hidden"].transform("size"), group["hidden"].transform("sum") == 1
    first = rows["place"].where(rows["hidden"]).groupby([rows[c] for c in GROUP]).transform("max")
    after = (rows["place"] - first) % of  # how many months on, going round the quarter
    after = after.where(alone & ~rows["hidden"] & (rows[["one", "rest"]].sum(axis=1) > 0))
    second = after.notna() & (after == after.groupby([rows[c] for c in GROUP]).transform("min"))
    rows["hidden"] |= second
    sums = rows[["one", "rest"]].where(rows["hidden"]).groupby([rows[c] for c in GROUP]).transform("sum")
    k = rows.groupby(GROUP)["hidden"].transform("sum")
    pinned = sums.apply(_gives_away, k=k, of=of, largest=largest).any(axis=1)
    return hidden | second, pd.MultiIndex.from_frame(rows.loc[pinned, GROUP].set_axis(KEY, axis=1))


def _gives_away(total, *, k, of, largest: int):
    """Say whether the sum of `k` hidden counts rules out one of the values from one to `largest` for one of them.

    From below always. From above where all of them are known to be small: any three, or two that are no neighbours.
    """
    low = (total > 0) & (total - (k - 1) < largest)
    high = (total > largest * (k - 1) + SMALLEST) & (total <= largest * k)
    return (k > 1) & (low | (high & ((k > 2) | (of > 3))))


def _bands(table: pd.DataFrame) -> list[str]:
    return [c for c in table if c.startswith(("late_", "on_time"))]


def _hide_bands(table: pd.DataFrame, largest: int) -> pd.DataFrame:
    """Hide small cells of a lateness distribution, and so many more that they cannot be worked out.

    The sum of the late ones is told beside them. The next to go is the earliest band, so
    that what a little grace would make can still be told of both together; then the empty ones.
    """
    late = [c for c in _bands(table) if c.startswith("late_")]
    cells = table[late].to_numpy(float)
    hide = (cells >= SMALLEST) & (cells <= largest)
    any_small = hide.any(axis=1)
    for _ in late:
        k, total = hide.sum(axis=1), np.where(hide, cells, 0).sum(axis=1)
        more = any_small & ((k < 2) | _gives_away(total, k=k, of=np.inf, largest=largest))
        left = (cells > 0) & ~hide
        hide[more & ~left.any(axis=1)] = True
        more &= left.any(axis=1)
        hide[more, left[more].argmax(axis=1)] = True
    table = table.copy()
    table[late] = np.where(hide, np.nan, cells)
    return table


def _hide(table: pd.DataFrame, where, largest: int) -> pd.DataFrame:
    """Empty the hidden rows, and what other rows are compared with where that is hidden or small."""
    gone = pd.MultiIndex.from_frame(table.loc[where, ["period", "value"]].dropna())
    told = pd.MultiIndex.from_frame(table[["period", "comparator"]])
    table = table.copy()
    small = table["type"].isin(COUNTED) & table["comparator"].astype(float).between(SMALLEST, largest)
    table["comparator"] = table["comparator"].mask(told.isin(gone) | small)
    parts = table.columns.intersection([*ESTIMATES, *BACKLOG, *REPEATS, *(c for group in CAUSES for c in group)])
    table.loc[where, [*FIGURES, *_bands(table), *parts]] = np.nan
    table.loc[where, "status"] = SUPPRESSED
    return table


def _hide_causes(table: pd.DataFrame, largest: int) -> pd.DataFrame:
    """Hide what a quarter's figure is made of where a part, or the rest, is small: causes, repeats, open work."""
    table = table.copy()
    late = table["denominator"] - table["numerator"]
    for group in CAUSES:
        columns = [c for c in group if c in table]
        cells = [table[c].astype(float) for c in columns] + ([late - table[columns[0]]] if len(columns) == 1 else [])
        if cells:
            small = np.logical_or.reduce([c.between(SMALLEST, largest) for c in cells])
            table.loc[small, columns] = np.nan
    if "again" in table:
        rest = table["again_of"] - table["again"]
        small = np.logical_or.reduce([c.astype(float).between(SMALLEST, largest) for c in (table["again"], rest)])
        table.loc[small, REPEATS] = np.nan
    if "open_work" in table:
        within = table["open_work"] - table["open_beyond"]
        small = np.logical_or.reduce(
            [c.between(SMALLEST, largest) for c in (table["open_work"], table["open_beyond"], within)]
        )
        table.loc[small, BACKLOG] = np.nan
        table.loc[table["awaiting_sign_off"].between(SMALLEST, largest), "awaiting_sign_off"] = np.nan
    if OPEN_BAND in table and "still_open" in table:  # the same figure stands among the lateness bands
        table.loc[table[OPEN_BAND].isna() & table[_bands(table)].notna().any(axis=1), "still_open"] = np.nan
    return table


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Round every count, and work percentages and their intervals from the rounded counts."""
    table = table.copy()
    counts = ["numerator", "denominator", "children", *_bands(table)]
    table[counts] = (table[counts] / ROUND_TO).round() * ROUND_TO
    counted = table["type"].isin(COUNTED) | ((table["type"] == "value") & table["children"].notna())
    for column in ("value", "comparator"):
        table.loc[counted, column] = (table[column] / ROUND_TO).round() * ROUND_TO
    exact = [
        "per_10000",
        *ESTIMATES,
        *BACKLOG,
        *REPEATS,
        *(c for group in CAUSES for c in group),
    ]  # would undo the rounding
    table[table.columns.intersection(exact)] = np.nan
    share = (table["type"] == "percent") & table["children"].notna() & (table["denominator"] > 0)
    some = table[share]
    table.loc[share, "value"] = some["numerator"] / some["denominator"]
    if len(some):
        lower, upper = proportion_confint(some["numerator"], some["denominator"], method="wilson")
        table.loc[share, "lower"], table.loc[share, "upper"] = lower, upper
    return table
