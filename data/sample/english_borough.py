"""Sample Borough: an invented English authority up to Quarter 2 of 2021/22, with a migration."""

from pathlib import Path

import numpy as np
import pandas as pd
import simulate as sim

NATION = "england"
MONTHS = pd.period_range(sim.FIRST_MONTH, "2021-09", freq="M")
AREAS = {"East": 0.55, "West": 0.45}
MIGRATION = np.datetime64("2021-04-06")  # the case system is replaced
AS_AT = np.datetime64("2021-10-12")  # what a report on the newest quarter may know
EXTRACT = np.datetime64("2021-10-15")  # when the files were drawn: a few rows are not known at AS_AT
LAST_DAY = np.datetime64("2021-09-30")

REFERRALS_PER_DAY = 9.6  # about 200 a month
LOCKDOWN = {"2020-03": 0.93, "2020-04": 0.75, "2020-05": 0.80, "2020-06": 0.92}
SOURCES = {"police": 0.30, "school": 0.24, "health": 0.16, "family": 0.12, "other": 0.18}
SCHOOL_HOLIDAY = 0.25  # schools' August, against their other months
SCHOOLS_SHUT = {"2020-04": 0.3, "2020-05": 0.3, "2020-06": 0.5, "2021-01": 0.6, "2021-02": 0.6}
# What really came in the months around the migration, and the share that the new system holds of what came
# after it; the rest was never entered. From August on it holds all of them.
REFERRALS = {
    "2021-02": 188,
    "2021-03": 214,
    "2021-04": 186,
    "2021-05": 197,
    "2021-06": 218,
    "2021-07": 207,
    "2021-08": 168,
    "2021-09": 199,
}
RECORDED = {"2021-04": 0.15, "2021-05": 0.30, "2021-06": 0.45, "2021-07": 0.85}
# Assessments of referrals from before the migration, by the month in which they began.
CARRIED_OVER = {"2021-04": 0.30, "2021-05": 0.60}

ASSESSED = 0.65  # share of referrals
ASSESSMENT_LIMIT = 45  # working days, England
IN_TIME = {False: 0.87, True: 0.72}  # due before the migration, due after it
DELAY = {False: 5.0, True: 9.0}  # mean working days late

# October 2020 to September 2021
PLANS_LAST_YEAR = [208, 206, 203, 200, 196, 192, 187, 183, 178, 174, 169, 165]
CARE_LAST_YEAR = [344, 347, 349, 352, 356, 359, 362, 367, 370, 374, 378, 382]
POSTS = 520
LEAVING = (0.021, 0.011)  # share of posts a month: until September 2019, and two years later
AGENCY = (0.18, 0.12)  # share of posts filled by agency staff, the same years
SICK = 0.042  # flat
IMPROVING_SINCE = pd.Period("2019-09", "M")
FIRST_TIME_ENTRANTS = (16.0, 8.0)  # a month, the same years
CHILDREN_10_17 = 18400
NATIONAL_PER_DAY = 2500
CHILDREN = {"East": 22600, "West": 18200}


def build(folder: Path, seed: int) -> None:
    """Write the borough's files into `folder`."""
    calendar = sim.Calendar(NATION)
    people = sim.People(AREAS, "B")
    made = sim.draw_clusters(
        sim.stream(seed, 101),
        people,
        calendar,
        MONTHS,
        REFERRALS_PER_DAY,
        LOCKDOWN,
        REFERRALS,
        source_weights,
    )
    kept = recorded(sim.stream(seed, 102), made)
    sim.write(
        folder / "referrals.csv",
        "id,referral_date,source,area,recorded_on",
        referral_rows(sim.stream(seed, 103), people, kept),
    )
    sim.write(
        folder / "assessments.csv",
        "id,referral_date,start_date,completed_date,recorded_on,area",
        assessment_rows(sim.stream(seed, 104), calendar, kept),
    )

    # drawn from the families who really came, not from those whose referral is on record
    newcomers = sim.by_month((cluster.family, cluster.day) for cluster in made)
    plans = sim.draw_episodes(
        sim.stream(seed, 105),
        people,
        calendar,
        plan_path(sim.stream(seed, 106)),
        before=8,
        ending=lambda age: 0.0 if age < 3 else 0.10,
        newcomers=newcomers,
        barred=lambda family, month: False,
    )
    on_plan = sim.months_open(plans, MONTHS)
    care = sim.draw_episodes(
        sim.stream(seed, 107),
        people,
        calendar,
        care_path(sim.stream(seed, 108)),
        before=40,
        ending=lambda age: 0.0 if age < 1 else 0.05 if age < 4 else 0.02,
        newcomers=newcomers,
        barred=lambda family, month: month in on_plan[family.ids[0]],
    )
    sim.write(folder / "plans.csv", "id,start_date,end_date", sim.episode_rows(plans))
    sim.write(folder / "looked_after.csv", "id,start_date,end_date", sim.episode_rows(care))
    sim.write(
        folder / "workforce.csv",
        "month,leavers,agency,long_term_sick,posts",
        workforce(sim.stream(seed, 109)),
    )
    sim.write(
        folder / "youth_offending.csv",
        "month,first_time_entrants,children_10_17",
        youth_offending(sim.stream(seed, 110)),
    )
    sim.write(
        folder / "national.csv",
        "month,referrals",
        sim.national_return(sim.stream(seed, 111), MONTHS, NATION, NATIONAL_PER_DAY, LOCKDOWN),
    )
    sim.write(folder / "population.csv", "area,year,children", sim.population(CHILDREN))


# Referrals and assessments: the case system


def source_weights(month: pd.Period) -> dict[str, float]:
    factor = SCHOOL_HOLIDAY if month.month == 8 else SCHOOLS_SHUT.get(str(month), 1.0)
    return SOURCES | {"school": SOURCES["school"] * factor}


def recorded(rng, clusters) -> list[sim.Cluster]:
    """The referrals on record: of the months after the migration only a share was ever entered."""
    lost = set()
    for month, share in RECORDED.items():
        came = [k for k, cluster in enumerate(clusters) if str(cluster.day).startswith(month)]
        missing = (1 - share) * sum(len(clusters[k].family.ids) for k in came)
        for k in rng.permutation([k for k in came if clusters[k].day >= MIGRATION]):
            if missing < 1:
                break
            lost.add(int(k))
            missing -= len(clusters[k].family.ids)
    return [cluster for k, cluster in enumerate(clusters) if k not in lost]


def recording_lag(rng, day) -> int:
    """Days until the record is written: at most ten, longer in the new system."""
    return int(min(10, rng.geometric(0.25 if day >= MIGRATION else 0.55) - 1))


def referral_rows(rng, people, clusters) -> list[tuple]:
    rows = []
    for cluster in clusters:
        written = cluster.day + recording_lag(rng, cluster.day)
        rows += [(child, cluster.day, cluster.source, cluster.family.area, written) for child in cluster.family.ids]
    # referrals that were recorded after AS_AT: they exist and must not count
    late = people.new(rng, 2)
    rows += [(child, "2021-09-29", "other", late.area, "2021-10-14") for child in late.ids]
    return sorted(rows, key=lambda row: (str(row[1]), row[0]))


def assessment_rows(rng, calendar, clusters) -> list[tuple]:
    rows = []
    for cluster in clusters:
        begun = calendar.day(calendar.begin(rng, cluster.day))
        if rng.random() < ASSESSED and begun <= LAST_DAY and carried_over(rng, cluster.day, begun):
            rows += [assessment_row(rng, calendar, child, cluster, begun) for child in cluster.family.ids]
    return sorted(rows, key=lambda row: (row[2], row[0]))


def carried_over(rng, referred, begun) -> bool:
    """Whether an assessment that straddles the migration is on record."""
    if referred >= MIGRATION or begun < MIGRATION:
        return True
    return bool(rng.random() < CARRIED_OVER.get(str(begun)[:7], 1.0))


def assessment_row(rng, calendar, child, cluster, begun) -> tuple:
    origin = calendar.index(cluster.day)
    moved = bool(calendar.day(origin + ASSESSMENT_LIMIT) >= MIGRATION)
    if rng.random() < IN_TIME[moved]:
        days = max(int(rng.triangular(12, 42, ASSESSMENT_LIMIT + 1)), calendar.index(begun) - origin + 2)
    else:
        days = ASSESSMENT_LIMIT + int(rng.geometric(1 / DELAY[moved]))
    completed = calendar.day(origin + days)
    return (
        child,
        cluster.day,
        begun,
        completed if completed <= EXTRACT else None,
        begun + recording_lag(rng, begun),
        cluster.family.area,
    )


# Plans and care


def plan_path(rng) -> pd.Series:
    """Children on a plan on each month's last day: about 210, then falling for a year."""
    level, path = 210.0, []
    for _ in range(len(MONTHS) - len(PLANS_LAST_YEAR)):
        level += 0.2 * (210 - level) + rng.normal(0, 2.5)
        path.append(round(level))
    return pd.Series(path + PLANS_LAST_YEAR, index=MONTHS)


def care_path(rng) -> pd.Series:
    """Children in care on each month's last day: a slow rise that quickens in the last year."""
    number = len(MONTHS) - len(CARE_LAST_YEAR)
    drift = np.linspace(322, 341, number) + rng.normal(0, 1.6, size=number)
    return pd.Series([round(x) for x in drift] + CARE_LAST_YEAR, index=MONTHS)


# Counts from other systems: the migration does not touch them


def improving(month: pd.Period, levels: tuple[float, float]) -> float:
    """The level of a month: flat until IMPROVING_SINCE, then a straight line over two years."""
    share = np.clip((month - IMPROVING_SINCE).n / 24, 0, 1)
    return levels[0] + float(share) * (levels[1] - levels[0])


def workforce(rng) -> list[tuple]:
    """Leavers and agency staff fall for two years, long-term sickness is flat."""
    return [
        (
            month,
            int(rng.binomial(POSTS, improving(month, LEAVING))),
            round(rng.normal(POSTS * improving(month, AGENCY), 2.5)),
            round(rng.normal(POSTS * SICK, 2.0)),
            POSTS,
        )
        for month in MONTHS
    ]


def youth_offending(rng) -> list[tuple]:
    return [(month, int(rng.poisson(improving(month, FIRST_TIME_ENTRANTS))), CHILDREN_10_17) for month in MONTHS]
