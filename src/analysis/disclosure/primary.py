"""One series at a time: its small counts, and the totals from which they could be worked out.

What it protects: counts of cases, given counts of events, and given shares and figures whose unit is children.
Figures that hold no children (a rate of staff turnover) pass as they are.

The reader it protects against knows these rules. So nothing here depends on the size of a figure that is hidden for
another's sake: which second month is hidden follows from its place, and whether a total is told from the sum of what
is hidden. A total is told only if it leaves every count from one to the largest small one possible.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ..config import ON_TIME_BAND, OPEN_BAND
from ..errors import Refused
from ..kinds import ALL, COUNT, KINDS, LATE, ON_TIME, are
from ..periods import numbered, quarters_of
from ..schema import BANDS, KEY, MEASURED, PARTS, SERIES, Reach, column_named, declared, names

SMALLEST, LARGEST = 1, 5  # Department for Education, rule for authority tables: 1 to 5 becomes c, 0 is shown
PROFILES = ("council", "rounded", "internal")
ROUNDED_LARGEST, ROUND_TO = 7, 5  # the stricter habit of health and Welsh Government statistics
MOSTLY_HIDDEN = 1 / 3  # of a series' months: what is left is a biased choice, so no month is shown
SUPPRESSED = "suppressed"
GROUP = ["measure", "area", "quarter"]


def protect_series(months: pd.DataFrame, quarters: pd.DataFrame, *, profile: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hide small counts, and the totals from which they could be worked out.

    Parameters
    ----------
    months, quarters : pandas.DataFrame
        Measured tables of the same measures and areas, by month or week and by quarter.
    profile : {"council", "rounded"}

    Returns
    -------
    months, quarters : pandas.DataFrame
        The same rows; a hidden figure is missing with status ``suppressed``. Where one month of a quarter is hidden a
        second one is too, since the quarter's total would give it away; where that is not enough, so is the total. Of
        what is shown rounded, nothing but the small itself is hidden here. How late things were is told by quarter alone.
    """
    largest = largest_small(profile)
    hidden, hidden_totals = small(months, largest), small(quarters, largest)
    bands = _bands(quarters)
    if profile == "rounded":
        quarters = quarters.assign(**{b: quarters[b].mask(quarters[b].between(SMALLEST, largest)) for b in bands})
    else:
        hidden, open_totals = _hide_second(months, hidden, largest)
        hidden_totals |= pd.MultiIndex.from_frame(quarters[KEY]).isin(open_totals)
        quarters = _hide_details(_hide_bands(quarters, largest), largest)
    months = hide_rows(months, hidden | mostly_hidden(months, hidden), largest)
    months[_bands(months)] = np.nan
    return months, hide_rows(quarters, hidden_totals, largest)


def require_profile(profile: str) -> None:
    """Refuse a profile that there is not."""
    if profile not in PROFILES:
        raise Refused(f"The profile is one of {', '.join(PROFILES)}.", code="INVALID_PARAMETER")


def largest_small(profile: str) -> int:
    """Return the largest count that a profile hides."""
    return LARGEST if profile == "council" else ROUNDED_LARGEST


def coarse(counts: Iterable[int], *, profile: str) -> Sequence[int | None]:
    """Return counts of rows as a page may tell them: to the nearest ten, None where one is small.

    How many rows came in and were set aside says how many of a hidden figure there can be. All are rounded as one sum, so
    that what is told adds up to the sum, which is rounded itself, and no count is told farther off than by ten.

    >>> coarse([7123], profile="council"), coarse([3, 0], profile="council"), coarse([24] * 7, profile="council")
    ([7120], [None, 0], [20, 30, 20, 30, 20, 20, 30])
    """
    counts = list(counts)
    if profile == "internal":
        return counts
    told = [0, *(10 * math.floor(n / 10 + 0.5) for n in accumulate(counts))]
    few = [0 < n <= largest_small(profile) for n in counts]
    return [
        0 if n == 0 else None if small or after <= before else after - before
        for n, small, before, after in zip(counts, few, told, told[1:], strict=False)
    ]


def mostly_hidden(table: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Say which rows belong to a series of which so much is hidden that what is left would be a biased choice.

    A count's hidden months are judged between their bounds, and by the totals of their quarters: none of them is left out.
    """
    many = hidden.groupby([table["measure"], table["area"]]).transform("mean") > MOSTLY_HIDDEN
    return many & ~are(table["type"], "count")


def small_parts(parts: pd.DataFrame, largest: int) -> pd.Series:
    """Say which parts of a figure were made by one to `largest` children, or cases where nobody knows the children."""
    return parts["children"].astype(float).fillna(parts["value"]).between(SMALLEST, largest)


def parts_to_show(parts: pd.DataFrame) -> pd.Series:
    """Say which parts of a figure may be told: no small one, and a second one goes where a single gap is left.

    The second is the next by name, and after the last the first.

    Parameters
    ----------
    parts : pandas.DataFrame
        measure, area, role, part, period, value, small (bool).
    """
    group = _figure_of(parts)
    gone = parts["small"].astype(bool)
    alone = gone.groupby(group).transform("sum") == 1
    place = parts["part"].groupby(group).rank(method="first")
    after = (place - place.where(gone).groupby(group).transform("max")) % place.groupby(group).transform("size")
    second = after.where(alone & ~gone)
    return ~(gone | (second.notna() & (second == second.groupby(group).transform("min"))))


def _figure_of(parts: pd.DataFrame) -> pd.Series:
    """Number the figures that parts are parts of, role by role."""
    key = parts[["measure", "area", "role"]].join(numbered(parts["period"])[["grain", "n"]])
    return key.groupby(list(key), sort=False).ngroup()


def show_parts(parts: pd.DataFrame, shown: pd.Series, *, profile: str) -> pd.DataFrame:
    """Empty the parts that are not shown, and all of a figure of which fewer than two would be left."""
    group = _figure_of(parts)
    shown = shown & (shown.groupby(group).transform("sum") >= 2)
    told = declared(parts, PARTS, reach=Reach.SLICES).sort_values([*SERIES, "role", "part"], kind="stable")
    told["value"] = told["value"].where(shown)
    return told.assign(value=(told["value"] / ROUND_TO).round() * ROUND_TO) if profile == "rounded" else told


def counts_in(table: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of cases that each row holds by its kind, a column a part; missing where it holds no such part."""
    figures = {
        COUNT: table["value"],
        ON_TIME: table["numerator"],
        LATE: table["denominator"] - table["numerator"],
        ALL: table["denominator"],
    }

    def held(part: str) -> pd.Series:
        return are(table["type"], lambda kind: part in kind.parts)

    return pd.DataFrame({part: figure.astype(float).where(held(part)) for part, figure in figures.items()})


def protected(table: pd.DataFrame) -> pd.Series:
    """Say which rows hold counts of children: all counts, and any other figure behind which children are known to stand."""
    return are(table["type"], "count") | table["children"].notna()


def few_in(table: pd.DataFrame, largest: int) -> pd.DataFrame:
    """Say which counts of each row are one to `largest`, or of so few children; a column a part."""
    counts = counts_in(table).where(protected(table))
    of_few = table["children"].astype(float).between(SMALLEST, largest)
    return counts.apply(lambda c: c.between(SMALLEST, largest) | (of_few & (c > 0)))


def small(table: pd.DataFrame, largest: int) -> pd.Series:
    """Say which rows show a count of one to `largest`, be it a numerator, the rest to the whole, or of children."""
    return few_in(table, largest).any(axis=1)


def _hide_second(months: pd.DataFrame, hidden: pd.Series, largest: int) -> tuple[pd.Series, pd.MultiIndex]:
    """Hide a second month where a quarter's total would give a single one away.

    Returns what is hidden now, and the keys of the quarters whose total would still give something away; those totals
    must be hidden too. A stock's quarter is its last month and no total.
    """
    counts = counts_in(months)
    first = months["type"].map({kind.name: kind.parts[0] for kind in KINDS.values() if kind.parts})
    one = pd.Series(
        np.select([first == part for part in counts], [counts[part] for part in counts], np.nan), counts.index
    )
    rows = months[["measure", "area"]].assign(
        quarter=quarters_of(months["period"]),
        hidden=hidden & ~are(months["type"], "at_end"),
        place=numbered(months["period"])["n"],
        one=one,
        rest=counts[LATE],
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


def _gives_away(total: pd.Series, *, k: Any, of: Any, largest: int) -> pd.Series:
    """Say whether the sum of `k` hidden counts rules out one of the values from one to `largest` for one of them.

    From below always. From above where all of them are known to be small: any three, or two that are no neighbours.
    """
    low = (total > 0) & (total - (k - 1) < largest)
    high = (total > largest * (k - 1) + SMALLEST) & (total <= largest * k)
    return (k > 1) & (low | (high & ((k > 2) | (of > 3))))


def _bands(table: pd.DataFrame) -> list[str]:
    return names(*MEASURED, among=table, name=BANDS)


def _hide_bands(table: pd.DataFrame, largest: int) -> pd.DataFrame:
    """Hide small cells of a lateness distribution, and so many more that they cannot be worked out.

    The sum of the late ones is told beside them. The next to go is the earliest band, so
    that what a little grace would make can still be told of both together; then the empty ones.
    """
    late = [c for c in _bands(table) if c != ON_TIME_BAND]
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


def hide_rows(table: pd.DataFrame, where: Any, largest: int) -> pd.DataFrame:
    """Empty the hidden rows, and what other rows are compared with where that is hidden or small."""
    gone = pd.MultiIndex.from_frame(table.loc[where, ["period", "value"]].dropna())
    compared = pd.MultiIndex.from_frame(table[["period", "comparator"]])
    table = table.copy()
    small = are(table["type"], "count") & table["comparator"].astype(float).between(SMALLEST, largest)
    table["comparator"] = table["comparator"].mask(compared.isin(gone) | small)
    table.loc[where, names(*MEASURED, among=table, emptied=True)] = np.nan
    table.loc[where, "status"] = SUPPRESSED
    return table


def _hide_details(table: pd.DataFrame, largest: int) -> pd.DataFrame:
    """Hide what a quarter's figure is made of where a part, or the rest, is small; and what goes with what is hidden."""
    table = table.copy()

    def few(count: pd.Series) -> pd.Series:
        return count.astype(float).between(SMALLEST, largest)

    details = {
        name: column_named(name, *MEASURED) for name in names(*MEASURED, among=table, emptied=True, rounded=False)
    }
    totals = {LATE: table["denominator"] - table["numerator"]} | {name: table[name] for name in details}
    gone = {name: few(table[name]) for name, column in details.items() if column.counts}
    for name, column in details.items():
        if column.part_of:
            gone[name] |= few(totals[column.part_of] - table[name])
            if column.part_of in gone:
                gone[column.part_of] |= gone[name]
    for name, column in details.items():
        for other in set(column.of) & set(gone):
            gone[name] = gone.get(name, False) | gone[other]
    if OPEN_BAND in table and "still_open" in table:  # the same figure stands among the lateness bands
        gone["still_open"] |= table[OPEN_BAND].isna() & table[_bands(table)].notna().any(axis=1)
    for name, rows in gone.items():
        table.loc[rows, name] = np.nan
    return table


def without_exact(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without what would undo the rounding of the figures that it belongs to."""
    return table.assign(**dict.fromkeys(names(*MEASURED, among=table, emptied=True, rounded=False), np.nan))


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Round every count, and work percentages and their intervals from the rounded counts."""
    table = table.copy()
    counts = names(*MEASURED, among=table, counts=True, rounded=True)
    table[counts] = (table[counts] / ROUND_TO).round() * ROUND_TO
    counted = are(table["type"], "counts_value") & protected(table)
    for column in ("value", "comparator"):
        table.loc[counted, column] = (table[column] / ROUND_TO).round() * ROUND_TO
    share = are(table["type"], "share") & table["children"].notna() & (table["denominator"] > 0)
    some = table[share]
    table.loc[share, "value"] = some["numerator"] / some["denominator"]
    if len(some):
        lower, upper = proportion_confint(some["numerator"], some["denominator"], method="wilson")
        table.loc[share, "lower"], table.loc[share, "upper"] = lower, upper
    return table
