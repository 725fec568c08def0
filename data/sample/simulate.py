"""What both synthetic authorities are drawn with: working days, families, clusters, episodes."""

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.periods import working_days_between, working_days_in

FIRST_MONTH = pd.Period("2015-04", "M")
# Share of the year's mean per working day, from the published monthly referrals of 153 English authorities.
SEASON = {
    4: 0.97,
    5: 1.09,
    6: 1.07,
    7: 1.01,
    8: 0.84,
    9: 0.99,
    10: 1.01,
    11: 1.05,
    12: 0.92,
    1: 1.02,
    2: 0.99,
    3: 1.04,
}
FAMILY_SIZES = np.array([1, 2, 3, 4])
FAMILY_SHARES = np.array([0.60, 0.22, 0.12, 0.06])  # assumption: most contacts are about one child
MEAN_FAMILY = float(FAMILY_SIZES @ FAMILY_SHARES)
MONTH_SPREAD = 0.08  # scatter of the months' levels: with the families it makes a dispersion near 5
DAY_SPREAD = 0.25  # day-to-day scatter inside a month
LATEST_START = 8  # working days from the referral to the start of an assessment
QUIET_DAY = 0.12  # a weekend day or bank holiday brings this share of a working day
WORKED_A_MONTH = 21  # working days, roughly
OLDEST = 180  # months since the start of the longest episode
NATIONAL_SPREAD = 0.03  # month-to-month scatter of a national return
RETURNING = 0.35  # share of contacts about a family that was known before


@dataclass(frozen=True)
class Family:
    """Siblings under one roof; a contact about the family makes a row for each child."""

    ids: tuple[str, ...]
    area: str


@dataclass(frozen=True)
class Cluster:
    """One event about one family."""

    family: Family
    day: np.datetime64
    source: str


@dataclass(eq=False)
class Episode:
    """A family's time on a register or in care; `end` is None while it lasts."""

    family: Family
    start: np.datetime64
    end: np.datetime64 | None = None


class Calendar:
    """Working days of a nation as whole numbers, so that a clock is a subtraction."""

    def __init__(self, nation: str, first: str = "1999-01-01", last: str = "2022-12-31"):
        self.nation = nation
        self.first = np.datetime64(first)
        days = np.arange(self.first, np.datetime64(last))
        self._count = working_days_between(np.repeat(self.first, len(days)), days, nation).astype(int)
        self._day = days[np.flatnonzero(np.diff(self._count, prepend=0))]

    def index(self, day) -> int:
        """Number of the last working day on or before `day`."""
        return int(self._count[(day - self.first).astype(int)])

    def day(self, index: int) -> np.datetime64:
        """Date of a working day's number."""
        return self._day[index - 1]

    def begin(self, rng, day) -> int:
        """Number of the working day on which an assessment begins that was asked for on `day`."""
        return self.index(day - 1) + 1 + int(min(LATEST_START, rng.geometric(0.35) - 1))

    def working(self, month: pd.Period) -> np.ndarray:
        """Working days of a month."""
        first, after = month_days(month)[0], month_days(month)[-1]
        return self._day[(self._day >= first) & (self._day <= after)]


@dataclass
class People:
    """Every family the authority has met; numbers are given out in order."""

    areas: dict[str, float]
    letter: str
    known: dict[int, list[Family]] = field(default_factory=lambda: {int(size): [] for size in FAMILY_SIZES})
    count: int = 0

    def new(self, rng, size: int) -> Family:
        area = str(rng.choice(list(self.areas), p=list(self.areas.values())))
        ids = tuple(f"{self.letter}{self.count + k:06d}" for k in range(1, size + 1))
        self.count += size
        family = Family(ids, area)
        self.known[size].append(family)
        return family

    def meet(self, rng, size: int, seen: set) -> Family:
        """A returning or a new family, none twice in `seen`: a child twice on a day would be a duplicate."""
        known = self.known[size]
        if known and rng.random() < RETURNING:
            family = known[int(rng.integers(max(0, len(known) - 400), len(known)))]  # mostly the recent ones
            if family.ids not in seen:
                seen.add(family.ids)
                return family
        family = self.new(rng, size)
        seen.add(family.ids)
        return family


def month_days(month: pd.Period) -> np.ndarray:
    first = np.datetime64(str(month), "M")
    return np.arange(first.astype("datetime64[D]"), (first + 1).astype("datetime64[D]"))


def stream(seed: int, number: int) -> np.random.Generator:
    """A dataset's own random numbers: a change to one file leaves the others as they are."""
    return np.random.default_rng([seed, number])


def draw_families(rng, mean: float, exact: int | None = None) -> list[int]:
    """Sizes of the families of one month: Poisson clusters around `mean` children, or `exact` children."""
    level = mean * rng.gamma(MONTH_SPREAD**-2, MONTH_SPREAD**2)
    number = int(rng.poisson(level / MEAN_FAMILY)) if exact is None else exact
    sizes = [int(size) for size in rng.choice(FAMILY_SIZES, size=number, p=FAMILY_SHARES)]
    return sizes if exact is None else cut(sizes, exact)


def cut(sizes: list[int], total: int) -> list[int]:
    """The first sizes that make up `total`, the last one shortened."""
    taken = []
    for size in sizes:
        if total <= 0:
            break
        taken.append(min(size, total))
        total -= size
    return taken


def draw_days(rng, calendar: Calendar, month: pd.Period, number: int) -> np.ndarray:
    days = month_days(month)
    weights = np.where(np.isin(days, calendar.working(month)), 1.0, QUIET_DAY)
    weights = weights * rng.gamma(DAY_SPREAD**-2, DAY_SPREAD**2, size=len(days))
    return np.sort(rng.choice(days, size=number, p=weights / weights.sum()))


def draw_clusters(rng, people, calendar, months, per_day, shocks, exact, source_weights) -> list[Cluster]:
    """Every month's events about families: level per working day x season x shock, scattered."""
    clusters = []
    for month in months:
        worked = float(working_days_in(pd.PeriodIndex([month]), calendar.nation)[0])
        mean = per_day * worked * SEASON[month.month] * shocks.get(str(month), 1.0)
        sizes = draw_families(rng, mean, exact.get(str(month)))
        clusters += month_clusters(rng, people, calendar, month, sizes, source_weights(month))
    return clusters


def month_clusters(rng, people, calendar, month, sizes, weights) -> list[Cluster]:
    names, shares = list(weights), np.array(list(weights.values()))
    sources = rng.choice(names, size=len(sizes), p=shares / shares.sum())
    seen: set = set()
    return [
        Cluster(people.meet(rng, size, seen), day, str(source))
        for size, day, source in zip(sizes, draw_days(rng, calendar, month, len(sizes)), sources, strict=True)
    ]


def draw_episodes(rng, people, calendar, path, *, before, ending, newcomers, barred) -> list[Episode]:
    """Episodes whose number of children open on each month's last day is `path`, to the child.

    path : pandas.Series of whole numbers, by month.
    before : mean length in months, at the start, of the episodes that were open then.
    ending : chance that an episode of so many months ends in a month.
    newcomers : families by month; a start is drawn from those of the month before. barred(family, month): not these.
    """
    done, current = [], initial_episodes(rng, people, calendar, path.index[0] - 1, int(path.iloc[0]), before)
    for month, target in path.items():
        staying = [e for e in current if rng.random() >= ending(months_since(e.start, month))]
        surplus = children(staying) - int(target)
        while surplus > 0:  # more children stay than the path has room for: the longest episode ends
            longest = min(staying, key=lambda e: (e.start, e.family.ids))
            staying.remove(longest)
            surplus -= len(longest.family.ids)
        for episode in current:
            if episode not in staying:
                # never on the last day of a month, where "open on the last day" would depend on a convention
                episode.end = rng.choice(calendar.working(month)[:-1])
                done.append(episode)
        # whoever left this month does not come back in it, perhaps before the day of leaving
        taken = {child for e in current for child in e.family.ids}
        free = [
            f
            for f in dict.fromkeys(newcomers[max(month - 1, path.index[0])])
            if not (taken & set(f.ids) or barred(f, month))
        ]
        current = staying + draw_starts(rng, calendar, month, int(target) - children(staying), free)
    return sorted(done + current, key=lambda e: (e.start, e.family.ids))


def initial_episodes(rng, people, calendar, month, number, mean_months) -> list[Episode]:
    last = calendar.index(month_days(month)[-1])
    sizes = draw_families(rng, number, exact=number)
    ages = rng.exponential(mean_months * WORKED_A_MONTH, size=len(sizes)).clip(0, OLDEST * WORKED_A_MONTH)
    return [
        Episode(people.new(rng, size), calendar.day(last - int(age))) for size, age in zip(sizes, ages, strict=True)
    ]


def draw_starts(rng, calendar, month, number, families) -> list[Episode]:
    started = []
    for k in rng.permutation(len(families)):
        if number <= 0:
            break
        family = families[k]
        part = Family(family.ids[:number], family.area)
        started.append(Episode(part, rng.choice(calendar.working(month)[:-1])))
        number -= len(part.ids)
    assert number <= 0, f"too few families for {month}"
    return started


def children(episodes) -> int:
    return sum(len(e.family.ids) for e in episodes)


def months_since(start, month: pd.Period) -> int:
    return month.ordinal - pd.Period(str(start)[:7], "M").ordinal


def months_open(episodes, months) -> dict[str, set]:
    """Months, by the family's first child, in which an episode was open."""
    found = defaultdict(set)
    for e in episodes:
        last = pd.Period(str(e.end)[:7], "M") if e.end is not None else months[-1]
        found[e.family.ids[0]] |= set(pd.period_range(max(str(e.start)[:7], str(months[0] - 1)), last, freq="M"))
    return found


def by_month(referrals) -> dict[pd.Period, list[Family]]:
    found = defaultdict(list)
    for family, day in referrals:
        found[pd.Period(str(day)[:7], "M")].append(family)
    return found


def episode_rows(episodes) -> list[tuple]:
    return [(child, e.start, e.end) for e in episodes for child in e.family.ids]


def national_return(rng, months, nation, per_day, shocks) -> list[tuple]:
    """An invented national return: the same seasons and lockdown, nothing of the authority's own."""
    worked = working_days_in(months, nation)
    return [
        (
            month,
            round(rng.normal(1, NATIONAL_SPREAD) * per_day * days * SEASON[month.month] * shocks.get(str(month), 1.0)),
        )
        for month, days in zip(months, worked, strict=True)
    ]


def population(children_2018: dict[str, int]) -> list[tuple]:
    """Children by area and year; the whole authority is the sum of its areas."""
    return [
        (area, year, number + 20 * (year - 2018))
        for year in range(2015, 2022)
        for area, number in children_2018.items()
    ]


def write(path: Path, heading: str, rows) -> None:
    """A CSV with dates in ISO 8601 and blanks for what is not known."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading.split(","))
        writer.writerows(["" if cell is None else str(cell) for cell in row] for row in rows)
