"""Sample County: an invented Welsh authority up to Quarter 4 of 2020/21. No real data."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import simulate as sim

NATION = "wales"
MONTHS = pd.period_range(sim.FIRST_MONTH, "2021-03", freq="M")
AREAS = {"North": 0.38, "Central": 0.34, "South": 0.28}
GO_LIVE = np.datetime64("2021-01-18")  # the case system is replaced
AS_AT = np.datetime64("2021-04-12")  # what a report on the newest quarter may know
EXTRACT = np.datetime64("2021-04-16")  # when the files were drawn: a few rows are not known at AS_AT
QUARTER = (np.datetime64("2021-01-01"), np.datetime64("2021-03-31"))

# The figures of the committee's minutes, carried exactly.
CONTACTS = {"2021-01": 438, "2021-02": 421, "2021-03": 600}
ASSESSMENTS_STARTED = {"2021-02": 47, "2021-03": 103}
ASSESSMENTS_DUE, SIGNED_LATE, WORK_LATE = 200, 68, 8  # 124 of 200 signed off in time: 62.0%
VISITS = {"in time": 734, "one or two days late": 35, "later": 30}  # 799 due

CONTACTS_PER_DAY = 21.0  # 400 to 500 a month, about 21 working days each
LOCKDOWN = {
    "2020-03": 0.88,
    "2020-04": 0.60,
    "2020-05": 0.68,
    "2020-06": 0.80,
    "2020-07": 0.90,
    "2020-08": 0.95,
}
SOURCES = {"police": 0.30, "school": 0.22, "health": 0.16, "family": 0.12, "other": 0.20}
SCHOOLS_SHUT = {
    "2020-04": 0.3,
    "2020-05": 0.3,
    "2020-06": 0.4,
    "2021-01": 0.5,
    "2021-02": 0.5,
    "2021-03": 1.9,
}
SCHOOL_HOLIDAY = 0.2  # schools' August, against their other months
REFERRED = 0.42  # share of contacts that become a referral
REFERRED_AGAIN = 0.2
OFFICE_HOURS = (8, 18)
# Spellings by case system: in office hours or the first referral, then out of hours or a referral again.
OLD_TYPES = {"contact": ("CON", "CON-EDT"), "referral": ("REF", "RE-REF")}
NEW_TYPES = {"contact": ("Contact", "Contact (out of hours)"), "referral": ("Referral", "Re-referral")}
MAPPING = [
    ("CON", "contact"),
    ("CON-EDT", "contact"),
    ("Contact", "contact"),
    ("Contact (out of hours)", "contact"),
    ("REF", "referral"),
    ("RE-REF", "referral"),
    ("Referral", "referral"),
    ("Re-referral", "referral"),
]
DECISION_LIMIT = 24 * 60  # minutes
DECIDED_LATE = {"weekday": 0.02, "before a weekend": 0.06}

ASSESSMENTS_PER_DAY = 3.35  # 60 to 95 a month
ASSESSMENT_SPREAD = 0.17  # month-to-month scatter: a dispersion near 2, small authorities have 3
ASSESSMENTS_AT_MOST = 97  # a month before March 2021
ASSESSMENT_LIMIT = 42  # working days, Wales
OUTCOMES = ["in time", "signed off late", "work late"]
BEFORE_GO_LIVE, AFTER_GO_LIVE = [0.875, 0.07, 0.055], [0.58, 0.36, 0.06]
SIGN_OFF_DELAY = {False: 4.0, True: 11.0}  # mean working days late, before and after the go-live

VISIT_LIMIT = 10  # working days
ON_LAST_DAY = 0.45  # share of the visits in time that are made on the last possible day
EARLIER = ([9, 8, 7], [0.45, 0.36, 0.19])  # working days since the visit before, of the others
VISIT_OUTCOMES = {"in time": 0.935, "one or two days late": 0.04, "later": 0.025}
LONGEST_DELAY = 12
LAST_VISIT_KNOWN = np.datetime64("2021-04-08")  # by then every visit due in the quarter was made

# April 2020 to March 2021
REGISTER_LAST_YEAR = [104, 103, 105, 104, 106, 105, 106, 109, 113, 118, 124, 131]
CARE_LAST_MONTHS = [334, 336, 338, 341, 345]  # November 2020 to March 2021
SERVICES = {"North": 158, "Central": 142, "South": 120}  # posts
SICK, LEAVING = 0.045, 0.016  # shares of posts: on long-term sick leave, leaving in a month; both flat
NATIONAL_PER_DAY = 640
CHILDREN = {"North": 11400, "Central": 10200, "South": 8400}


def build(folder: Path, seed: int) -> None:
    """Write the county's files into `folder`."""
    calendar = sim.Calendar(NATION)
    people = sim.People(AREAS, "C")
    clusters = sim.draw_clusters(
        sim.stream(seed, 1), people, calendar, MONTHS, CONTACTS_PER_DAY, LOCKDOWN, CONTACTS, source_weights
    )
    contacts, referrals = contact_rows(sim.stream(seed, 2), clusters)
    contacts += late_contacts(sim.stream(seed, 3), people)
    sim.write(
        folder / "contacts.csv",
        "id,event_date,event_type,source,area,decided_at,recorded_on",
        sorted(contacts, key=lambda row: (row[1], row[0])),
    )
    sim.write(folder / "contact_types.csv", "raw,category", MAPPING)
    sim.write(
        folder / "assessments.csv",
        "id,referral_date,start_date,seen_date,completed_date,signed_off,recorded_on,team",
        assessment_rows(sim.stream(seed, 4), calendar, referrals),
    )

    newcomers = sim.by_month(referrals)
    register = sim.draw_episodes(
        sim.stream(seed, 5),
        people,
        calendar,
        register_path(sim.stream(seed, 6)),
        before=7,
        ending=lambda age: 0.0 if age < 3 else 0.11,
        newcomers=newcomers,
        barred=lambda family, month: False,
    )
    on_register = sim.months_open(register, MONTHS)
    care = sim.draw_episodes(
        sim.stream(seed, 7),
        people,
        calendar,
        care_path(sim.stream(seed, 8)),
        before=40,
        ending=lambda age: 0.0 if age < 1 else 0.07 if age < 4 else 0.02,
        newcomers=newcomers,
        barred=lambda family, month: month in on_register[family.ids[0]],
    )
    sim.write(folder / "register.csv", "id,start_date,end_date", sim.episode_rows(register))
    sim.write(folder / "looked_after.csv", "id,start_date,end_date", sim.episode_rows(care))
    sim.write(
        folder / "visits.csv",
        "id,previous_visit,visit_date,recorded_on,area",
        visit_rows(sim.stream(seed, 9), calendar, register),
    )
    sim.write(
        folder / "workforce.csv",
        "month,service,leavers,long_term_sick,posts",
        workforce(sim.stream(seed, 10)),
    )
    sim.write(
        folder / "national.csv",
        "month,contacts",
        sim.national_return(sim.stream(seed, 11), MONTHS, NATION, NATIONAL_PER_DAY, LOCKDOWN),
    )
    sim.write(folder / "population.csv", "area,year,children", sim.population(CHILDREN))


# Contacts and referrals


def source_weights(month: pd.Period) -> dict[str, float]:
    factor = SCHOOL_HOLIDAY if month.month == 8 else SCHOOLS_SHUT.get(str(month), 1.0)
    return SOURCES | {"school": SOURCES["school"] * factor}


def contact_rows(rng, clusters) -> tuple[list[tuple], list[tuple]]:
    """A row per child and contact, and one more per child when the contact becomes a referral."""
    rows, referrals = [], []
    for cluster in clusters:
        at = moment(rng, cluster.day)
        decided = decision(rng, at)
        rows += event_rows(rng, "contact", cluster, at, decided)
        if rng.random() < REFERRED and decided.astype("datetime64[D]") <= QUARTER[1]:
            rows += event_rows(rng, "referral", cluster, decided, decision(rng, decided))
            referrals.append((cluster.family, decided.astype("datetime64[D]")))
    return rows, referrals


def event_rows(rng, kind, cluster, at, decided) -> list[tuple]:
    day = at.astype("datetime64[D]")
    usual, other = (NEW_TYPES if day >= GO_LIVE else OLD_TYPES)[kind]
    raw = other if (out_of_hours(at) if kind == "contact" else rng.random() < REFERRED_AGAIN) else usual
    recorded = day + recording_lag(rng, day)
    return [(child, at, raw, cluster.source, cluster.family.area, decided, recorded) for child in cluster.family.ids]


def out_of_hours(at) -> bool:
    clock = at.astype(object)
    return clock.weekday() > 4 or not OFFICE_HOURS[0] <= clock.hour < OFFICE_HOURS[1]


def moment(rng, day) -> np.datetime64:
    """A time of day, mostly in office hours."""
    minute = int(np.clip(rng.normal(13 * 60, 150), 5, 24 * 60 - 5))
    return day.astype("datetime64[m]") + minute


def decision(rng, at) -> np.datetime64:
    """When it was decided: within the limit for about 97 in 100, less often before a weekend."""
    weekday = at.astype("datetime64[D]").astype(object).weekday()
    late = rng.random() < DECIDED_LATE["before a weekend" if weekday in (4, 5) else "weekday"]
    if late:
        return at + DECISION_LIMIT + int(rng.integers(20, 60 * 60))
    return at + int(np.clip(rng.gamma(2.0, 150), 10, DECISION_LIMIT - 10))


def recording_lag(rng, day) -> int:
    """Days until the record is written: at most ten, longer in the new system."""
    return int(min(10, rng.geometric(0.32 if day >= GO_LIVE else 0.55) - 1))


def late_contacts(rng, people) -> list[tuple]:
    """Contacts of the quarter's last days that were recorded after AS_AT: they exist and must not count."""
    rows = []
    for day, size, recorded in [
        ("2021-03-24", 1, "2021-04-14"),
        ("2021-03-29", 2, "2021-04-13"),
        ("2021-03-30", 1, "2021-04-15"),
        ("2021-03-31", 1, "2021-04-15"),
    ]:
        at = moment(rng, np.datetime64(day))
        family = people.new(rng, size)
        rows += [(child, at, "Contact", "other", family.area, decision(rng, at), recorded) for child in family.ids]
    return rows


# Assessments


def assessment_rows(rng, calendar, referrals) -> list[tuple]:
    """The referrals that led to an assessment, with the clock's dates."""
    candidates = [
        (child, family.area, calendar.index(day), day, calendar.begin(rng, day))
        for family, day in referrals
        for child in family.ids
    ]
    chosen, spare = choose(rng, calendar, candidates)
    rows = [
        assessment_row(rng, calendar, case, outcome)
        for case, outcome in zip(chosen, outcomes(rng, calendar, chosen), strict=True)
    ]
    rows += late_recorded(rng, calendar, spare)
    return sorted(rows, key=lambda row: (row[2], row[0]))


def choose(rng, calendar, candidates) -> tuple[list, list]:
    """As many starts a month as planned; then as many cases due in the quarter as the 62% needs."""
    starting = defaultdict(list)
    for case in candidates:
        starting[pd.Period(str(calendar.day(case[4]))[:7], "M")].append(case)
    chosen, spare = [], []
    for month in MONTHS:
        cases = [starting[month][k] for k in rng.permutation(len(starting[month]))]
        number = starts_planned(rng, calendar, month)
        chosen += cases[:number]
        spare += cases[number:]
    return even_out(calendar, chosen, spare)


def starts_planned(rng, calendar, month) -> int:
    drawn = (
        rng.gamma(ASSESSMENT_SPREAD**-2, ASSESSMENT_SPREAD**2)
        * ASSESSMENTS_PER_DAY
        * len(calendar.working(month))
        * sim.SEASON[month.month]
    )
    return ASSESSMENTS_STARTED.get(str(month), min(ASSESSMENTS_AT_MOST, round(drawn * LOCKDOWN.get(str(month), 1.0))))


def even_out(calendar, chosen, spare) -> tuple[list, list]:
    """Swap cases between chosen and spare until ASSESSMENTS_DUE fall due; exact months stay as they are."""

    def movable(case):
        return due_in_quarter(calendar, case) and str(calendar.day(case[4]))[:7] not in ASSESSMENTS_STARTED

    surplus = sum(due_in_quarter(calendar, case) for case in chosen) - ASSESSMENTS_DUE
    source, sink = (chosen, spare) if surplus > 0 else (spare, chosen)
    moved = [case for case in source if movable(case)]
    # spread over the months concerned, not all from one
    for case in moved[:: max(1, len(moved) // abs(surplus))][: abs(surplus)] if surplus else []:
        source.remove(case)
        sink.append(case)
    return chosen, spare


def due_in_quarter(calendar, case) -> bool:
    return bool(QUARTER[0] <= calendar.day(case[2] + ASSESSMENT_LIMIT) <= QUARTER[1])


def outcomes(rng, calendar, cases) -> list[str]:
    """Chance outcomes before and after the newest quarter; in it exactly the numbers of the minutes."""
    due = [calendar.day(case[2] + ASSESSMENT_LIMIT) for case in cases]
    drawn = [str(rng.choice(OUTCOMES, p=AFTER_GO_LIVE if day > QUARTER[1] else BEFORE_GO_LIVE)) for day in due]
    newest = [k for k, case in enumerate(cases) if due_in_quarter(calendar, case)]
    # sign-off fails mostly after the go-live, the work itself no more often than before
    weights = np.array([6.0 if due[k] >= GO_LIVE else 1.0 for k in newest])
    late = rng.choice(newest, size=SIGNED_LATE + WORK_LATE, replace=False, p=weights / weights.sum())
    for k in newest:
        drawn[k] = "in time"
    for place, k in enumerate(late):
        drawn[k] = "signed off late" if place < SIGNED_LATE else "work late"
    return drawn


def assessment_row(rng, calendar, case, outcome) -> tuple:
    child, area, origin, referred, start = case
    late = ASSESSMENT_LIMIT + sign_off_delay(rng, calendar.day(origin + ASSESSMENT_LIMIT) >= GO_LIVE)
    if outcome == "in time":
        signed = int(rng.triangular(14, 37, ASSESSMENT_LIMIT + 1))
        completed = max(signed - int(rng.integers(0, 6)), start - origin + 3)
        signed = max(signed, completed)
    elif outcome == "signed off late":
        completed, signed = int(rng.triangular(18, 37, ASSESSMENT_LIMIT + 1)), late
    else:
        completed, signed = late, late + int(rng.integers(0, 6))
    seen = min(start - origin + int(rng.integers(0, 8)), completed)
    begun = calendar.day(start)
    return (
        child,
        referred,
        begun,
        *(known(calendar.day(origin + days)) for days in (seen, completed, signed)),
        begun + recording_lag(rng, begun),
        area,
    )


def sign_off_delay(rng, in_new_system: bool) -> int:
    return int(rng.geometric(1 / SIGN_OFF_DELAY[bool(in_new_system)]))


def known(day):
    """A date, or blank when it had not come when the files were drawn."""
    return day if day <= EXTRACT else None


def late_recorded(rng, calendar, spare) -> list[tuple]:
    """Three starts of late March that were recorded after AS_AT: they exist and must not count."""
    latest = [case for case in spare if calendar.day(case[4]) >= np.datetime64("2021-03-24")][:3]
    return [
        (*assessment_row(rng, calendar, case, "in time")[:6], recorded, case[1])
        for case, recorded in zip(latest, ["2021-04-13", "2021-04-15", "2021-04-16"], strict=True)
    ]


# The register and care


def register_path(rng) -> pd.Series:
    """Children on the register on each month's last day: about 102, then rising from November 2020."""
    level, path = 102.0, []
    for _ in range(len(MONTHS) - len(REGISTER_LAST_YEAR)):
        level += 0.25 * (102 - level) + rng.normal(0, 2.2)
        path.append(round(level))
    return pd.Series(path + REGISTER_LAST_YEAR, index=MONTHS)


def care_path(rng) -> pd.Series:
    """Children in care on each month's last day: a slow rise, with a last step up."""
    number = len(MONTHS) - len(CARE_LAST_MONTHS)
    drift = np.linspace(302, 332, number) + rng.normal(0, 1.6, size=number)
    return pd.Series([round(x) for x in drift] + CARE_LAST_MONTHS, index=MONTHS)


# Visits


def visit_rows(rng, calendar, register) -> list[tuple]:
    """A row for each visit that fell due; siblings are visited together."""
    chains = [chain_until_quarter(rng, calendar, episode) for episode in register]
    newest = newest_visits(rng, calendar, register, [chain[-1] for chain in chains])
    rows = []
    for episode, early, late in zip(register, chains, newest, strict=True):
        dates = early + late
        written = None
        for previous, visited in pairwise(dates):
            written = written_up(rng, calendar, previous, visited, written)
            rows += [
                (child, calendar.day(previous), known(calendar.day(visited)), written, episode.family.area)
                for child in episode.family.ids
            ]
    return sorted(rows, key=lambda row: (row[1], row[0]))


def written_up(rng, calendar, previous, visited, before):
    """When the row was entered: after the visit, or with the visit before while the next is still to come."""
    day = calendar.day(visited)
    if day > EXTRACT:
        return before or calendar.day(previous)
    recorded = day + recording_lag(rng, day)
    if calendar.day(previous + VISIT_LIMIT) <= QUARTER[1]:
        return min(recorded, AS_AT)
    return recorded if recorded <= EXTRACT else EXTRACT


def chain_until_quarter(rng, calendar, episode) -> list[int]:
    """Visit after visit as working-day numbers, until the next falls due in the newest quarter or later."""
    opened = calendar.index(np.datetime64("2015-03-31"))
    begun = calendar.index(episode.start)
    dates = [max(begun, opened - int(rng.integers(0, 9)))]
    while required(calendar, dates[-1], episode) and calendar.day(dates[-1] + VISIT_LIMIT) < QUARTER[0]:
        outcome = str(rng.choice(list(VISIT_OUTCOMES), p=list(VISIT_OUTCOMES.values())))
        dates.append(next_visit(rng, calendar, dates[-1], episode, outcome))
    return dates


def required(calendar, previous, episode) -> bool:
    """The next visit falls due while the child is still on the register, and before the record ends."""
    due = calendar.day(previous + VISIT_LIMIT)
    return calendar.day(previous) <= QUARTER[1] and (episode.end is None or due <= episode.end)


def may_be_late(calendar, previous, episode) -> bool:
    """Not shortly before the register's end: the visit would fall after it."""
    return episode.end is None or calendar.day(previous + VISIT_LIMIT + LONGEST_DELAY) <= episode.end


def next_visit(rng, calendar, previous, episode, outcome, on_last_day=ON_LAST_DAY) -> int:
    due = previous + VISIT_LIMIT
    if outcome == "in time" or not may_be_late(calendar, previous, episode):
        last_day = rng.random() < on_last_day
        return previous + (VISIT_LIMIT if last_day else int(rng.choice(EARLIER[0], p=EARLIER[1])))
    if outcome == "one or two days late":
        return due + int(rng.integers(1, 3))
    longest = calendar.index(LAST_VISIT_KNOWN) - due if calendar.day(due) <= QUARTER[1] else LONGEST_DELAY
    return due + min(longest, LONGEST_DELAY, 2 + int(rng.geometric(0.35)))


def newest_visits(rng, calendar, register, last_dates) -> list[list[int]]:
    """Redraw the newest quarter until exactly the visits of the minutes fall due, each outcome used up."""
    for _ in range(5000):
        left, chains = dict(VISITS), []
        on_last_day = rng.uniform(0.1, 0.8)  # how tightly visits are booked decides how many fall due
        for episode, last in zip(register, last_dates, strict=True):
            chains.append(quarter_chain(rng, calendar, episode, last, left, on_last_day))
            if chains[-1] is None:
                break
        if chains[-1] is not None and not any(left.values()):
            return chains
    raise AssertionError("the visits of the newest quarter cannot be dealt")


def quarter_chain(rng, calendar, episode, last, left, on_last_day) -> list[int] | None:
    """One family's visits, each outcome dealt from what is left of the quarter's; None when it is out."""
    dates, size = [last], len(episode.family.ids)
    while required(calendar, dates[-1], episode):
        outcome = "in time"
        if calendar.day(dates[-1] + VISIT_LIMIT) <= QUARTER[1]:
            outcome = deal(rng, left, size, may_be_late(calendar, dates[-1], episode))
            if outcome is None:
                return None
        dates.append(next_visit(rng, calendar, dates[-1], episode, outcome, on_last_day))
    return dates[1:]


def deal(rng, left, size, may_late) -> str | None:
    names = [name for name, number in left.items() if number >= size and (may_late or name == "in time")]
    if not names:
        return None
    weights = np.array([left[name] for name in names], dtype=float)
    name = str(rng.choice(names, p=weights / weights.sum()))
    left[name] -= size
    return name


# Counts


def workforce(rng) -> list[tuple]:
    """Posts, leavers and long-term sick leave by month and locality; sickness is flat."""
    return [
        (month, service, int(rng.binomial(posts, LEAVING)), round(rng.normal(posts * SICK, 1.0)), posts)
        for month in MONTHS
        for service, posts in SERVICES.items()
    ]
