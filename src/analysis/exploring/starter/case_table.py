"""A table of cases: which of its dates is the event, who it was about, and what its rows divide into."""

import re
from pathlib import Path

import pandas as pd

from ...cleaning.dates import Parsed
from ...cleaning.period_column import MOSTLY
from ...errors import Refused
from ...reading.grid import Grid
from . import vocabulary as say
from .configuration import Harm, StarterTable
from .vocabulary import column_of, title_of, words_of

FILLED = 0.9  # of the fullest date's cells: an event's date is given on every row
MANY_AREAS = 250  # England and Wales have 175 authorities; more names are no areas
MANY_TYPES = 50
FEW_CHILDREN = 0.02  # of the rows: a column of fewer different values names no children
AHEAD = 0.05  # of a column's dates: where as many lie behind all other dates, they are plans
SOON = pd.Timedelta(days=92)  # a quarter: an end so long after the newest start is planned, or nobody started


def date_columns(grid: Grid, frame: pd.DataFrame) -> dict[int, pd.Series]:
    """Return the columns of dates, each as stamps by row."""
    read = {i: _dates(frame[i], h) for i, h in enumerate(grid.header) if h.strip()}
    return {i: stamps for i, stamps in read.items() if stamps is not None}


def _dates(column: pd.Series, heading: str) -> pd.Series | None:
    filled = column[column.str.strip() != ""].str.strip()
    if filled.empty:
        return None
    parsed = Parsed(filled.reset_index(drop=True))
    # month-first and two-digit dates are dates too: cleaning says what is wrong with them
    dated = ~pd.isna(parsed.stamp) | pd.Series(parsed.family).isin(["numeric", "two digits"]).to_numpy()
    bare = set(parsed.family[dated]) <= {"serial", "packed"}  # an identifier may look like a day number
    if dated.mean() < MOSTLY or (bare and not re.search(r"date|\bon\b|\bat\b|^dob$|^decom?$|^duc$", words_of(heading))):
        return None
    return pd.Series(parsed.stamp, index=filled.index).reindex(column.index)


def child_column(grid: Grid, frame: pd.DataFrame, among: list[int]) -> int | None:
    """Return the column that says who: as many different values as there can be children."""
    many = [i for i in among if frame[i].nunique() > FEW_CHILDREN * len(frame) and not _words_apart(frame[i])]
    return column_of((*say.CHILDS, *say.ROWS), grid, many)


def _words_apart(column: pd.Series) -> bool:
    """Say whether a column holds yes and no, or the like."""
    return column.nunique() <= 3 and column.str.fullmatch(r"[A-Za-z ]*").all()


def case_table(
    name: str, file: Path, grid: Grid, frame: pd.DataFrame, dates: dict[int, pd.Series], child: int | None
) -> list[StarterTable]:
    """Return the dataset and the measures of a table of cases; none where it holds no date.

    Raises
    ------
    Refused
        ``NO_EVENT_DATE`` where its dates are those of births, or lie ahead.
    """
    if not dates:
        return []
    roles, ahead = _date_roles(grid, dates)
    events = [r for r in say.EVENTS if r in roles]
    if not events:
        headings = " and ".join(f"'{grid.header[i]}'" for i in dates)
        raise Refused(
            f"{file.name}: of its dates ({headings}) none says when something happened: they are of a birth, or of what is "
            "yet to come, such as a birthday, a deadline or a planned review. Export the date of the event as well.",
            code="NO_EVENT_DATE",
        )
    fullest = max(dates[roles[r]].notna().sum() for r in events)
    event = next(r for r in events if dates[roles[r]].notna().sum() >= FILLED * fullest)
    columns = {"child": grid.header[child]} if child is not None else {}
    columns[event] = grid.header[roles[event]]
    columns |= {role: grid.header[i] for role, i in roles.items() if role != event}
    columns |= _parts(grid, frame, [i for i in frame if i not in dates and i != child and grid.header[i].strip()])
    keys = {"kind": "cases", "columns": columns, **({"sheet": grid.sheet} if grid.sheet else {})}
    table = StarterTable(name, [file], keys, _measures(name, title_of(file.stem), columns, event), tuple(grid.header))
    table.doubts = _doubts(table, grid, dates, roles, events, ahead, child)
    return [table]


def _date_roles(grid: Grid, dates: dict[int, pd.Series]) -> tuple[dict[str, int], list[int]]:
    """Return the column of each role of a date, and those columns that hold what is yet to come."""
    said: dict[int, str] = {}
    for i in dates:
        fits = (role for role, words in say.DATES.items() if re.search(words, words_of(grid.header[i])))
        said[i] = next(role for role in fits if role in say.NO_EVENTS or role not in said.values() or role == "date")
    born = [i for i, role in said.items() if role == "born"]
    written = [i for i, role in said.items() if role not in (*say.NO_EVENTS, "due")]
    ahead = [i for i, role in said.items() if role == "yet to come"]
    for i in written:
        others = [dates[j] for j in written if j != i and j not in ahead]
        if any(_is_birthday(dates[i], dates[j]) for j in born) or _lies_ahead(
            dates[i], others, said[i], grid.header[i]
        ):
            ahead.append(i)
    roles: dict[str, int] = {}
    for i, role in said.items():
        if i not in ahead and role not in say.NO_EVENTS:
            roles.setdefault(role, i)
    return roles, ahead


def _is_birthday(dates: pd.Series, born: pd.Series) -> bool:
    """Say whether most dates lie whole years after the birth."""
    both = dates.notna() & born.notna()
    same_day = (dates.dt.month == born.dt.month) & (dates.dt.day == born.dt.day) & (dates.dt.year > born.dt.year)
    return bool(both.any() and same_day[both].mean() > MOSTLY)


def _lies_ahead(dates: pd.Series, others: list[pd.Series], role: str, heading: str) -> bool:
    """Say whether dates are plans: all, or of a meeting many, lie behind every date of what has happened."""
    newest = max((o.max() for o in others if o.notna().any()), default=pd.NaT)
    if role != "date" or pd.isna(newest):
        return False
    share = (dates.dropna() > newest).mean()
    return share == 1 or (share > AHEAD and re.search(say.MEETING, words_of(heading)) is not None)


def _parts(grid: Grid, frame: pd.DataFrame, texts: list[int]) -> dict[str, str]:
    """Return the headings of type, source, area and team."""
    parts: dict[str, str] = {}
    for role, said, most in (
        ("source", say.SOURCES, MANY_TYPES),
        ("category", say.TYPES, MANY_TYPES),
        ("area", say.AREAS, MANY_AREAS),
        ("team", say.TEAMS, MANY_AREAS),
    ):
        few = [i for i in texts if frame[i].nunique() <= min(most, max(len(frame) / 2, 2))]
        if (place := column_of(said, grid, few)) is not None:
            parts["area" if role == "team" and "area" not in parts else role] = grid.header[place]
            texts = [i for i in texts if i != place]
    return parts


def _measures(name: str, title: str, columns: dict[str, str], event: str) -> list[dict]:
    episodes = {"started", "ended"} <= set(columns)
    flow: dict = {"name": name, "title": title, "dataset": name, "type": "flow", "date": event, "polarity": "none"}
    if broken := [r for r in ("category", "source", "area", "team") if r in columns]:
        flow |= {"breakdown": broken}
    if not episodes:
        return [flow]
    if event == "started":
        flow["title"] = f"{title}: started"
    stock = {"name": f"{name}_open", "title": f"{title}: open", "dataset": name, "type": "stock", "polarity": "none"}
    ended = flow | {"name": f"{name}_ended", "title": f"{title}: ended", "date": "ended"}
    begun = flow | {"name": f"{name}_started", "title": f"{title}: started", "date": "started"}
    return [
        flow,
        *([begun] if event not in ("started", "ended") else []),
        stock,
        *([ended] if event != "ended" else []),
    ]


def _doubts(
    table: StarterTable,
    grid: Grid,
    dates: dict[int, pd.Series],
    roles: dict[str, int],
    events: list[str],
    ahead: list[int],
    child: int | None,
) -> list[tuple[Harm, str]]:
    """Return what is not certain of the table."""
    name, columns, doubts = table.name, table.keys["columns"], []
    counted = roles[table.measures[0]["date"]]
    episodes = {"started", "ended"} <= set(roles)
    others = [roles[r] for r in events if roles[r] != counted and not (episodes and r == "ended")]
    unused = [
        i
        for i in dates
        if i not in roles.values() and i not in ahead and not re.search(say.DATES["born"], words_of(grid.header[i]))
    ]
    if others or unused:
        named = ", ".join(f"'{grid.header[i]}'" for i in [*others, *unused])
        doubts.append((Harm.WRONG_DATE, f"{name}: counted by '{grid.header[counted]}'. Other dates: {named}."))
    if ahead:
        named = ", ".join(f"'{grid.header[i]}'" for i in ahead)
        doubts.append((Harm.LEFT_OUT, f"{name}: {named} is left out: a birthday, a plan, or what is yet to come."))
    if episodes:
        newest = dates[roles["started"]].max()
        if (dates[roles["ended"]] > newest + SOON).any():
            doubts.append(
                (
                    Harm.WRONG_DATE,
                    f"{name}: some of '{columns['ended']}' lie more than a quarter after the newest start. If they are planned, "
                    "write the day of the extract as `as_at`.",
                )
            )
    if child is None:
        doubts.append(
            (Harm.WRONG_CHILD, f"{name}: no column says which child a row is about; every row counts as another.")
        )
    elif not any(re.search(said, words_of(grid.header[child])) for said in say.CHILDS):
        doubts.append(
            (Harm.WRONG_CHILD, f"{name}: '{grid.header[child]}' is taken for the child's; it may be the case's.")
        )
    if "area" not in columns:
        doubts.append((Harm.COARSE, f"{name}: no column is taken for the area; there is one page, of the whole."))
    elif re.search(say.TEAMS[0], words_of(columns["area"])):
        doubts.append((Harm.COARSE, f"{name}: '{columns['area']}' stands for the area, for want of one."))
    return doubts
