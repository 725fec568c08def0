"""The core of the standard measures, each on a dozen children with the answer worked out by hand beside it.

All are looked at in March 2021, whose last day is a Wednesday. A child is a letter; the first row of a table is of an older child
and opens the time of which the table can speak.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.config import Catalogue, load
from analysis.measuring import link, measure
from analysis.shapes import AUDIT_COLUMNS, QUARANTINE_COLUMNS, Cleaned

MARCH = pd.Period("2021-03", "M")
AS_AT = dt.date(2021, 3, 31)
DATES = {"date", "referral", "started", "ended", "authorised", "completed", "visited", "due", "born", "snapshot"}
DATES |= {"last_visit", "last_health", "last_dental", "last_review", "last_seen"}
DATES |= {"placed", "conference", "reviewed", "entered"}
NUMBERS = {"previous_plans", "referrals_before", "placements", "missing_episodes"}


def rows(text: str) -> pd.DataFrame:
    """Read a table as it is drawn: a heading, then rows; a dot is a blank, a low line a space, and what follows a bar a remark."""
    heading, *lines = [line.split("|")[0].split() for line in text.strip().splitlines()]
    table = pd.DataFrame(lines, columns=heading, dtype="str").replace(".", "").replace("_", " ", regex=True)
    for role in table:
        if role in DATES:
            table[role] = pd.to_datetime(table[role].replace("", None)).astype("datetime64[us]")
        elif role in NUMBERS:
            table[role] = pd.to_numeric(table[role]).astype(float)
    return table


def project(folder: Path, tables: dict[str, str], lines: str = "", nation: str = "england") -> tuple:
    """Return a configuration that names its tables and nothing else, and the tables as they were cleaned."""
    text = [f'[project]\nname = "Shire"\nnation = "{nation}"\nstandard = "all"\n']
    cleaned = []
    for table, drawn in tables.items():
        preset, name = table.split(".")
        columns = ", ".join(f'{c} = "{c}"' for c in drawn.strip().splitlines()[0].split())
        own = f"columns = {{ {columns} }}"
        of = f'preset = "{preset}"\ntable = "{name}"\n' if preset != "own" else own + "\n"
        text.append(f'[[dataset]]\nname = "{name}"\npath = "{name}.csv"\n{of}')
        aside = pd.DataFrame(columns=QUARANTINE_COLUMNS)
        cleaned.append(Cleaned(name, rows(drawn), pd.DataFrame(columns=AUDIT_COLUMNS), aside, pd.DataFrame()))
    (folder / "measures.toml").write_text("\n".join([*text, lines]), encoding="utf-8")
    catalogue = load(folder / "measures.toml")
    return catalogue, link([replace(one, records=_with_blanks(one, catalogue)) for one in cleaned], catalogue)


def _with_blanks(one: Cleaned, catalogue: Catalogue) -> pd.DataFrame:
    """Return the rows with every column that the table has: what is not drawn is blank."""
    blank = {
        role: pd.NaT if role in DATES else float("nan") if role in NUMBERS else ""
        for role in catalogue.dataset(one.dataset).columns
    }
    lacking = {role: value for role, value in blank.items() if role not in one.records}
    kinds = {role: "datetime64[us]" if role in DATES else float if role in NUMBERS else "str" for role in lacking}
    return one.records.assign(**lacking).astype(kinds)


@pytest.fixture
def march(tmp_path):
    """Return a function that measures tables and returns of each measure its figure in March, or numerator and denominator."""

    def figures(tables, *names, lines="", nation="england"):
        catalogue, cleaned = project(tmp_path, tables, lines, nation)
        table = measure(cleaned, catalogue, as_at=AS_AT)
        here = table[table["period"] == MARCH].set_index("measure")
        told = []
        for name in names:
            row = here.loc[name]
            share = catalogue.measure(name).kind.share
            told.append((row["numerator"], row["denominator"]) if share else row["value"])
        return told[0] if len(told) == 1 else told

    return figures


CARE = """
child started    ended      reason ceased legal placement
z     2018-01-01 2018-04-02 S      E4A    C2    U4
a     2021-03-05 .          S      .      C2    U4        | starts, and stays
b     2019-06-01 2021-03-10 S      X1     C2    U4        | moves to another carer: no start and no end
b     2021-03-10 .          P      .      C2    U1
c     2020-01-01 2021-03-20 S      E11    C2    A3        | adopted: ceases
d     2021-03-01 2021-03-08 S      E4A    V4    U4        | short breaks: not looked after
e     2020-12-01 .          S      .      V3    R1        | short breaks: not looked after
f     2020-05-01 2021-03-02 S      E4A    C2    U4        | goes home and comes back: ceases and starts
f     2021-03-20 .          S      .      C2    U4
g     2020-07-01 2021-03-15 S      X1     V2    U4        | another legal status: no start and no end
g     2021-03-15 .          L      .      C2    U4
h     2021-03-31 .          S      .      C2    U4        | starts on the last day, and is looked after on it
i     2019-01-01 2021-03-31 S      E2     C2    U4        | ceases on the last day, and is no longer looked after
j     2021-01-10 2021-02-11 S      E4B    C2    U4        | ceased in February
k     2020-02-01 2020-09-01 S      X1     C1    U4        | same carer, another place: looked after
k     2020-09-01 .          T      .      C1    U4
l     2021-03-12 2021-03-12 S      E8     C2    U4        | one day: starts and ceases
"""


def test_children_looked_after_and_those_who_start_and_cease(march):
    got = march(
        {"ssda903.episodes": CARE, "ssda903.header": "\nchild born\na 2010-01-01"},
        "looked_after",
        "started_care",
        "ceased_care",
    )
    assert got == [6, 4, 4]  # a b f g h k; a f h l; c f i l


def test_children_looked_after_from_a_workbook_leave_short_breaks_out_too(march):
    tables = """
    child started    ended      legal
    z     2018-01-01 2018-04-02 C2
    a     2021-03-05 .          C2
    b     2021-03-06 .          V4      | short breaks
    c     2019-06-01 2021-03-10 C2
    d     2019-06-01 2021-03-31 C2      | ceases on the last day
    e     2021-03-31 .          .       | no status given: it is not said that these are short breaks
    """
    assert march({"annex-a.looked_after": tables}, "looked_after", "started_care", "ceased_care") == [2, 2, 2]


REFERRALS = """
child referral   started    ended      nfa
z     2019-04-01 2019-04-01 2019-04-02 no
a     2020-03-10 2020-03-10 2020-05-01 no
a     2021-03-10 2021-03-10 .          no     | exactly twelve months after: again
b     2020-03-14 2020-03-14 2021-02-01 no
b     2021-03-15 2021-03-15 .          no     | twelve months and a day after the referral: not again; a month after its end
c     2021-03-16 2021-03-16 .          no     | twice on one day: neither is the earlier one
c     2021-03-16 2021-03-16 .          yes
d     2021-03-02 2021-03-02 2021-03-03 yes    | once, without action
e     2021-02-01 2021-02-01 2021-02-02 yes    | an earlier one without action is an earlier one
e     2021-03-20 2021-03-20 .          no
f     2020-07-01 2020-07-01 2020-08-01 no     | two in March: the second comes after the first as well
f     2021-03-01 2021-03-01 2021-03-05 no
f     2021-03-31 2021-03-31 .          no
g     2021-03-11 2021-03-11 .          no     | a first referral
h     2021-02-28 2021-02-28 .          no     | of February
"""


def test_referrals_and_re_referrals(march):
    tables = {"cin-census.referrals": REFERRALS}
    names = ["referrals", "children_referred", "re_referrals", "re_referrals_after_closure", "referrals_without_action"]
    # a b c c d e f f g; seven children; a e f f; a (closed in May 2020) b e f f; c d
    assert march(tables, *names) == [9, 7, (4, 9), (5, 9), (2, 9)]


def test_before_there_are_twelve_months_of_history_re_referrals_are_blank(tmp_path):
    catalogue, cleaned = project(tmp_path, {"cin-census.referrals": REFERRALS})
    table = measure(cleaned, catalogue, as_at=AS_AT)
    first = table.groupby("measure")["period"].min()
    assert str(first["referrals"]) == "2019-04" and str(first["re_referrals"]) == "2020-04"


def test_re_referrals_from_a_workbook_take_its_own_count(march):
    drawn = """
    child date       referrals_before
    z     2020-10-01 0
    a     2021-03-01 0
    b     2021-03-02 1
    c     2021-03-03 3
    d     2021-03-31 .     | not said: not counted as one
    """
    assert march({"annex-a.referrals": drawn}, "referrals", "re_referrals") == [4, (2, 4)]


def test_assessments_within_45_working_days(march):
    # from Monday 18 January 2021: 22 March is nine weeks later, the 45th working day; from 23 December 2020 there are three
    # bank holidays (25 and 28 December, 1 January), so that 1 March is the 45th
    drawn = """
    child started    authorised referral
    z     2020-06-01 2020-06-02 2020-06-01
    a     2021-01-18 2021-03-22 2021-01-18   | on the 45th day: in time
    b     2021-01-18 2021-03-23 2021-01-18   | on the 46th: late
    c     2020-12-23 2021-03-01 2020-12-23   | 45th with bank holidays: in time
    d     2020-12-23 2021-03-02 2020-12-23   | late
    e     2021-03-05 2021-03-05 2021-01-04   | on its own day: in time by its start, and on the 44th day of the referral
    f     2021-01-18 .          2021-01-18   | not authorised: not counted
    g     2021-03-10 2021-03-08 2021-03-10   | before its start: a slip, which says nothing of time
    h     2021-01-02 2021-02-26 2021-01-02   | of February
    i     2021-03-01 2021-03-31 2020-12-01   | in time by its start, late by its referral
    """
    got = march(
        {"cin-census.assessments": drawn},
        "assessments_in_time",
        "assessments_in_time_of_referral",
        "assessments_completed",
    )
    assert got == [(4, 6), (3, 6), 7]  # a c e i of a b c d e i; a c e; and the slip is an assessment all the same


def test_the_clock_of_the_referral_is_taken_from_its_table(march):
    referrals = """
    child referral   started    ended nfa referral_id
    a     2021-01-04 2021-01-04 .     no  r1
    b     2020-12-01 2020-12-01 .     no  r2
    """
    drawn = """
    child started    authorised referral_id nfa
    z     2020-06-01 2020-06-02 r0          no
    a     2021-03-05 2021-03-05 r1          no      | 44 working days after its referral
    b     2021-03-05 2021-03-05 r2          yes     | late
    c     2021-03-05 2021-03-05 r3          no      | of a referral that is not there: no clock
    """
    tables = {"ssd.ssd_cin_assessments": drawn, "ssd.ssd_cin_episodes": referrals}
    names = ["assessments_in_time", "assessments_in_time_of_referral", "assessed_not_in_need"]
    assert march(tables, *names) == [(3, 3), (1, 2), (1, 3)]


def test_welsh_assessments_are_given_42_days_from_the_referral(march):
    # from Monday 18 January 2021 the 42nd working day is Wednesday 17 March
    drawn = """
    child referral   completed
    z     2020-06-01 2020-06-02
    a     2021-01-18 2021-03-17
    b     2021-01-18 2021-03-18
    c     2021-03-01 2021-03-01
    d     2021-01-18 .
    """
    assert march({"own.assessments": drawn}, "assessments_in_42_days", nation="wales") == (2, 3)


def test_section_47_enquiries(march):
    drawn = """
    child started    due        completed  not_required
    z     2020-06-01 2020-06-22 2020-06-10 no
    a     2021-03-01 2021-03-22 2021-03-22 no    | conference on the 15th working day
    b     2021-03-01 2021-03-22 2021-03-23 no    | on the 16th
    c     2021-03-02 2021-03-23 .          yes   | not needed
    d     2021-03-30 2021-04-22 .          no    | not yet
    a     2021-03-31 2021-04-23 .          no    | a second enquiry for the same child
    e     2021-02-25 2021-03-18 2021-03-18 no    | of February, its conference of March
    """
    got = march({"cin-census.section_47": drawn}, "section_47", "section_47_to_conference", "conferences_in_time")
    assert got == [5, (2, 5), (2, 3)]


def test_conferences_within_15_working_days_leave_out_children_who_moved_in(march):
    enquiries = """
    child started    ended      nfa enquiry_id
    z     2020-06-01 2020-06-10 no  s0
    a     2021-03-01 2021-03-22 no  s1
    b     2021-03-01 2021-03-23 no  s2
    c     2021-01-04 2021-03-05 no  s3
    d     2021-03-10 2021-03-12 no  s4
    """
    drawn = """
    child due        date       transfer_in plan enquiry_id
    z     2020-06-22 2020-06-10 no          yes  s0
    a     2021-03-22 2021-03-22 no          yes  s1     | the 15th day: in time
    b     2021-03-22 2021-03-23 no          no   s2     | the 16th: late
    c     2021-01-25 2021-03-05 yes         yes  s3     | moved in: apart
    d     2021-03-31 2021-03-12 .           yes  s4     | nothing said of a move: counted
    e     2021-03-31 2021-03-15 no          yes  .      | of no enquiry: no clock
    """
    got = march({"ssd.ssd_initial_cp_conference": drawn, "ssd.ssd_s47_enquiry": enquiries}, "conferences_in_time")
    assert got == (2, 3)


PLANS = """
child started    ended      category other_authority
z     2018-01-01 2018-04-02 NEG      no
a     2019-03-31 .          NEG      no      | two years to the day
b     2019-04-01 .          EMO      no      | two years less a day
c     2018-06-01 2021-03-31 NEG      no      | ended on the last day, after more than two years
d     2019-03-10 2021-03-10 PHY      no      | ended after two years to the day
e     2019-03-12 2021-03-11 PHY      no      | a day less
f     2018-05-01 .          NEG      yes     | another authority's, for a time: left out
g     2019-03-01 2019-03-20 NEG      no      | a plan that ended two years and more before the next
g     2021-03-21 .          NEG      no
h     2020-01-01 2020-06-01 SAB      no      | a second plan within two years
h     2021-03-31 .          SAB      no
i     2021-03-01 2021-03-15 EMO      no      | started and ended in March: a first plan
i     2021-03-15 .          EMO      no      | and another at once
"""


def test_children_on_a_plan_and_plans_that_start_and_end(march):
    got = march({"ssd.ssd_cp_plans": PLANS}, "children_on_plan", "plans_started", "plans_ended")
    assert got == [5, 4, 4]  # a b g h i; g h i i; c d e i


def test_second_plans(march):
    got = march({"ssd.ssd_cp_plans": PLANS}, "repeat_plans", "repeat_plans_soon")
    assert got == [(3, 4), (2, 4)]  # g h i of g h i i; h i: g's ended on 20 March 2019, two years and a day before


def test_second_plans_by_the_number_that_the_return_gives(march):
    drawn = """
    child started    ended      category previous_plans
    z     2020-04-01 2020-04-02 NEG      0
    a     2021-03-01 .          NEG      0
    b     2021-03-02 .          NEG      1
    c     2021-03-03 .          NEG      2
    d     2021-03-04 .          NEG      .    | not said
    """
    assert march({"cin-census.on_plan": drawn}, "plans_started", "repeat_plans") == [4, (2, 4)]


def test_children_on_a_plan_for_two_years(march):
    got = march({"ssd.ssd_cp_plans": PLANS}, "plans_of_two_years", "plans_ended_after_two_years")
    assert got == [(1, 5), (2, 4)]  # a of a b g h i; c d of c d e i


def test_visits_to_children_on_plans(march):
    # ten working days before Wednesday 31 March is Wednesday 17 March
    plans = """
    child started    ended      category other_authority
    z     2018-01-01 2018-04-02 NEG      no
    a     2020-01-01 .          NEG      no
    b     2020-01-01 .          NEG      no
    c     2020-01-01 .          NEG      no
    d     2021-03-18 .          NEG      no      | nine working days: too young to be asked
    e     2021-03-17 .          NEG      no      | ten
    f     2020-01-01 .          NEG      yes     | another authority's
    g     2020-01-01 .          NEG      no
    h     2020-01-01 2021-03-30 NEG      no      | ended
    """
    visits = """
    child visited
    z     2018-01-05
    a     2021-03-17      | on the tenth day before
    b     2021-03-16      | on the eleventh
    c     2021-02-01      | once before, and again on the last day
    c     2021-03-31
    d     2021-03-19
    f     2021-03-30
    g     2018-02-01      | long ago
    h     2021-03-29
    """
    assert march({"ssd.ssd_cp_plans": plans, "ssd.ssd_cp_visits": visits}, "plan_visits") == (2, 5)  # a c of a b c e g
    change = (
        '[[measure]]\nname = "plan_visits"\nlimit = "15 working days"\n'  # from 10 March: b too, and e is too young
    )
    assert march({"ssd.ssd_cp_plans": plans, "ssd.ssd_cp_visits": visits}, "plan_visits", lines=change) == (3, 4)


def test_visits_by_the_last_date_of_a_workbook_are_told_of_its_day_alone(tmp_path, march):
    drawn = """
    child started    ended      category last_visit
    z     2019-01-01 2020-10-02 NEG      2020-09-30
    a     2020-12-01 .          NEG      2021-03-17
    b     2020-12-01 .          NEG      2021-03-16
    c     2020-12-01 .          NEG      .            | never visited
    d     2021-03-25 .          NEG      2021-03-26   | too young
    e     2020-12-01 .          NEG      2021-03-31
    """
    assert march({"annex-a.on_plan": drawn}, "plan_visits") == (2, 4)
    catalogue, cleaned = project(tmp_path, {"annex-a.on_plan": drawn})
    table = measure(cleaned, catalogue, as_at=AS_AT)
    assert list(table.loc[table["measure"] == "plan_visits", "period"].astype(str)) == ["2021-03"]


def test_three_placements_in_twelve_months(march):
    drawn = """
    child started    ended      reason ceased legal placement
    z     2018-01-01 2018-04-02 S      E4A    C2    U4
    a     2019-01-01 2020-06-01 S      X1     C2    U4    | the one open when the window begins counts: three
    a     2020-06-01 2020-12-01 P      X1     C2    U1
    a     2020-12-01 .          P      .      C2    U4
    b     2019-01-01 2020-03-31 S      X1     C2    U4    | the first ended as the window begins: two
    b     2020-03-31 2020-12-01 P      X1     C2    U1
    b     2020-12-01 .          P      .      C2    U4
    c     2019-01-01 2020-06-01 S      X1     C2    U4    | another place and another status with the same carer: one
    c     2020-06-01 2020-12-01 T      X1     C2    U4
    c     2020-12-01 .          L      .      D1    U4
    d     2020-05-01 2020-08-01 S      E4A    C2    U4    | home in between: three
    d     2020-10-01 2020-12-01 S      X1     C2    U4
    d     2020-12-01 .          B      .      C1    U4
    e     2020-05-01 2020-08-01 S      X1     C2    U4    | one was for a time: two
    e     2020-08-01 2020-08-05 P      X1     C2    T4
    e     2020-08-05 .          P      .      C2    U4
    f     2020-05-01 2020-08-01 S      X1     C2    U4    | three, and no longer looked after
    f     2020-08-01 2020-09-01 P      X1     C2    K2
    f     2020-09-01 2021-03-30 P      E4A    C2    U4
    g     2021-03-31 .          S      .      C2    U4
    h     2020-05-01 2020-08-01 S      X1     V4    U4    | short breaks
    h     2020-08-01 2020-09-01 P      X1     V4    K2
    h     2020-09-01 .          P      .      V4    U4
    """
    tables = {"ssda903.episodes": drawn, "ssda903.header": "\nchild born\na 2010-01-01"}
    assert march(tables, "three_placements") == (2, 6)  # a d of a b c d e g


def test_three_placements_by_the_number_of_a_workbook(march):
    drawn = """
    child started    ended      legal placements
    z     2019-01-01 2020-10-02 C2    1
    a     2020-01-01 .          C2    3
    b     2020-01-01 .          C2    2
    c     2020-01-01 .          V4    5     | short breaks
    d     2020-01-01 .          C2    .     | not said: among all
    e     2020-01-01 2021-03-31 C2    4     | no longer looked after
    """
    assert march({"annex-a.looked_after": drawn}, "three_placements") == (1, 3)


def test_long_term_stability(march):
    # looked after since 30 September 2018 or earlier, under 16 on 31 March 2021; the same carer since 31 March 2019 or earlier
    drawn = """
    child started    ended      reason ceased legal placement
    z     2017-01-01 2017-04-02 S      E4A    C2    U4
    a     2018-09-30 .          S      .      C2    U4    | two and a half years to the day, one carer: stable
    b     2018-10-01 .          S      .      C2    U4    | a day less
    c     2017-05-01 2019-03-31 S      X1     C2    U4    | the carer of two years to the day: stable
    c     2019-03-31 .          P      .      C2    U1
    d     2017-05-01 2019-04-01 S      X1     C2    U4    | a day less: not stable
    d     2019-04-01 .          P      .      C2    U1
    e     2017-05-01 2020-06-01 S      X1     C2    U4    | another place and status, the same carer: stable
    e     2020-06-01 2020-09-01 T      X1     C2    U4
    e     2020-09-01 .          L      .      D1    U4
    f     2017-05-01 .          S      .      C2    U4    | 16 on the day: not asked
    g     2017-05-01 .          S      .      C2    U4    | 16 on the day after: stable
    h     2017-05-01 2019-01-01 S      E4A    C2    U4    | home in between: not two and a half years without a break
    h     2019-02-01 .          S      .      C2    U4
    i     2017-05-01 2020-12-01 S      X1     C2    U4    | a new carer: not stable
    i     2020-12-01 .          B      .      D1    U4
    j     2017-05-01 .          S      .      C2    U4    | of unknown age: not asked
    """
    people = """
    child born
    a 2010-01-01
    b 2010-01-01
    c 2010-01-01
    d 2010-01-01
    e 2010-01-01
    f 2005-03-31
    g 2005-04-01
    h 2010-01-01
    i 2010-01-01
    """
    got = march({"ssda903.episodes": drawn, "ssda903.header": people}, "long_term_stability")
    assert got == (4, 6)  # a c e g of a c d e g i


def test_health_assessments_and_dental_checks(march):
    legal = """
    child started    ended legal
    z     2017-01-01 .     C2
    a     2019-01-01 .     C2
    g     2019-01-01 .     V4
    """
    episodes = """
    child started    ended      reason ceased category entered
    z     2018-01-01 2018-04-02 S      E4A    N1       2018-01-01
    a     2019-01-01 .          S      .      N1       2019-01-01
    b     2019-01-01 .          S      .      N1       2019-01-01
    c     2020-03-31 .          S      .      N1       2020-03-31     | twelve months to the day: asked
    d     2020-04-01 .          S      .      N1       2020-04-01     | a day less
    e     2019-01-01 2020-06-01 S      X1     N1       2019-01-01     | a move breaks nothing
    e     2020-06-01 .          P      .      N1       2019-01-01
    f     2019-01-01 2020-06-01 S      E4A    N1       2019-01-01     | a break does
    f     2020-07-01 .          S      .      N1       2020-07-01
    g     2019-01-01 .          S      .      N1       2019-01-01     | short breaks, by the table of legal statuses
    h     2019-01-01 .          S      .      N1       2019-01-01
    """
    health = """
    child date       category     status
    z     2018-01-10 Health_check Completed
    a     2020-03-31 Health_check Completed     | twelve months before to the day
    b     2020-03-30 Health_check Completed     | a day more
    c     2021-03-31 Health_check Completed
    d     2021-01-01 Health_check Completed
    e     2021-01-01 Health_check Refused       | not completed
    e     2021-01-01 Dental_check Completed
    h     2021-01-01 Dental_check Completed
    """
    tables = {"ssd.ssd_cla_episodes": episodes, "ssd.ssd_cla_health": health, "ssd.ssd_legal_status": legal}
    tables |= {"ssd.ssd_person": "\nchild born\na 2010-01-01"}
    assert march(tables, "health_assessments", "dental_checks") == [(2, 5), (2, 5)]  # a c, and e h, of a b c e h


def test_health_assessments_by_the_last_date_of_a_workbook(march):
    drawn = """
    child started    ended      legal last_health last_dental
    z     2019-01-01 2020-10-02 C2    2020-01-01  .
    a     2020-01-01 .          C2    2020-03-31  2020-03-30
    b     2020-01-01 .          C2    2020-03-30  2021-03-01
    c     2020-06-01 .          C2    2021-03-01  2021-03-01    | not twelve months yet
    d     2020-01-01 .          V3    2021-03-01  2021-03-01    | short breaks
    e     2020-01-01 .          C2    .           2021-03-31
    """
    assert march({"annex-a.looked_after": drawn}, "health_assessments", "dental_checks") == [(1, 3), (2, 3)]


def test_care_leavers(march):
    drawn = """
    child date       activity suitable born       in_touch
    a     2021-03-01 F1       Suitable 2003-03-01 YES     | 18, at university
    b     2021-03-31 P4       Suitable 2004-03-31 YES     | 17 on the day
    c     2021-03-02 F3       .        2003-03-01 NO      | an older code; no information on where: among all
    d     2021-03-02 .        Unsuitable 2003-03-01 REFU  | not known what: among all
    e     2021-03-02 F2       Suitable 2004-04-01 YES     | 16
    f     2021-03-02 G4       Suitable 2002-03-31 YES     | 19 on the day
    g     2021-03-02 P1       Suitable 1999-04-01 YES     | 21 until the day after
    h     2021-03-02 F1       Suitable 1999-03-31 YES     | 22 on the day
    i     2021-03-02 P5       Suitable 2001-01-01 DIED
    """
    names = [
        "care_leavers_in_work_17_18",
        "care_leavers_in_work_19_21",
        "care_leavers_housed_17_18",
        "care_leavers_housed_19_21",
    ]
    got = march({"annex-a.care_leavers": drawn}, *names, "care_leavers_in_touch")
    assert got == [(2, 4), (2, 3), (2, 4), (3, 3), (6, 8)]


def test_of_several_extracts_each_is_told_of_its_own_day(tmp_path):
    drawn = """
    child started    ended      last_visit snapshot
    a     2020-01-01 .          2020-09-30 2020-09-30
    b     2020-01-01 .          2020-08-01 2020-09-30
    a     2020-01-01 .          2021-03-30 2021-04-03    | taken in April, of March
    b     2020-01-01 2020-12-01 2020-11-01 2021-04-03
    c     2021-01-01 .          2021-03-31 2021-04-03
    """
    lines = """
    [[measure]]
    name = "visited"
    title = "Visited"
    dataset = "on_plan"
    type = "stock_percent"
    extracts = true
    share = { last_visit = { at_most = "10 working days" } }
    """
    catalogue, cleaned = project(tmp_path, {"annex-a.on_plan": drawn}, lines)
    table = measure(cleaned, catalogue, as_at=dt.date(2021, 4, 12))
    visited = table[table["measure"] == "visited"].set_index("period")
    told = visited[["numerator", "denominator"]].dropna()
    assert list(told.index.astype(str)) == ["2020-09", "2021-03"] and told.to_numpy().tolist() == [[1, 2], [2, 2]]
    assert set(visited.loc["2020-10":"2021-02", "status"]) == {"missing"}
    before = measure(cleaned, catalogue, as_at=dt.date(2021, 4, 1))  # the second was not taken yet
    assert list(before.loc[before["measure"] == "visited", "period"].astype(str)) == ["2020-09"]


def test_contacts(march):
    drawn = """
    child date       source
    z     2020-10-01 police
    a     2021-03-01 police
    a     2021-03-09 school     | a second contact of the same child counts
    b     2021-03-31 police
    c     2021-02-28 police     | of February
    d     2021-03-15 health
    """
    assert march({"annex-a.contacts": drawn}, "contacts") == 4


def test_the_welsh_register(march):
    drawn = """
    child started    ended
    z     2018-01-01 2018-04-02
    a     2019-03-31 .             | 731 days on the last day, with 2020 a leap year
    b     2020-03-01 2020-03-31    | ended twelve months to the day before it is registered again
    b     2021-03-31 .
    c     2019-01-01 2020-03-30    | a day more
    c     2021-03-31 .
    d     2021-03-01 2021-03-21
    e     2021-03-21 .
    """
    names = ["children_on_register", "registrations", "deregistrations", "re_registrations", "registered_for_two_years"]
    got = march({"own.register": drawn}, *names, "days_on_register", nation="wales")
    assert got == [4, 4, 1, (1, 4), (1, 4), pytest.approx((731 + 0 + 0 + 10) / 4)]
