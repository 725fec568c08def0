"""Counts as sums of atoms: what the cases themselves tie, by councils that gave hidden counts away before."""

import csv
import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

from analysis import pipeline
from analysis.disclosure import LARGEST, SMALLEST, protect, protection
from analysis.disclosure.atoms import atoms_of
from analysis.disclosure.cells import counts_of, one_cell_for_a_stock
from analysis.periods import numbered, parse_quarter
from analysis.schema import part_name

MONTHS = [f"{y}-{m:02d}" for y in (2019, 2020, 2021) for m in range(1, 13) if "2019-04" <= f"{y}-{m:02d}" <= "2021-03"]
QUARTER = parse_quarter("2020-21Q4")
NUMBER = itertools.count()


def child():
    return f"C{next(NUMBER):05d}"


def council(folder, columns, measures, rows):
    """Write a small invented council with one dataset, and return what is measured of it."""
    measures = "".join(f'\n[[measure]]\nname = "{n}"\ntitle = "{n}"\ndataset = "d"\n{m}\n' for n, m in measures.items())
    names = ", ".join(f'{c} = "{c}"' for c in columns)
    (folder / "measures.toml").write_text(
        '[project]\nname = "Tiny"\nnation = "england"\nas_at = 2021-04-12\n\n'
        f'[[dataset]]\nname = "d"\npath = "d.csv"\ncolumns = {{ {names} }}\n{measures}',
        encoding="utf-8",
    )
    with (folder / "d.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    prepared = pipeline.prepare(folder / "measures.toml")
    return prepared.project, pipeline.measured(prepared, QUARTER, dt.date(2021, 4, 12))


def protected(project, found, **more):
    given = {"cases": found.cases} | more
    return protect(found.months, found.quarters, profile="council", parts=found.parts, project=project, **given)


def values(table):
    return table.pivot(index=["area", "period"], columns="measure", values="value")


def of_kinds(kinds):
    """Return cases of several kinds, so many of each a month."""
    return [[child(), f"{m}-{1 + i % 28:02d}", k] for m in MONTHS for k, n in kinds.items() for i in range(n)]


FLOW = 'type = "flow"'
KINDS = ["child", "date", "kind"]


def test_every_figure_is_the_sum_of_its_atoms(tmp_path):
    some = np.random.default_rng(3)
    rows = [
        [
            f"K{some.integers(400)}",
            f"{m}-{some.integers(1, 29):02d}",
            some.choice(["x", "y"]),
            some.choice(["N", "S", ""]),
        ]
        for m in MONTHS
        for _ in range(some.integers(20, 60))
    ]
    measures = {
        "rows": FLOW + '\nbreakdown = ["kind", "area"]',
        "children": FLOW + '\nunit = "children"\nbreakdown = ["kind", "area"]',
        "xs": FLOW + '\nwhere = { kind = ["x"] }\nunit = "children"',
    }
    _, found = council(tmp_path, [*KINDS, "area"], measures, rows)
    cells = one_cell_for_a_stock(counts_of(found.months, found.quarters, LARGEST))
    parts = found.parts.join(numbered(found.parts["period"])[["grain", "n"]])
    parts["part"] = [part_name(*row) for row in zip(parts["role"], parts["part"], parts["grain"], strict=True)]
    assert (parts["grain"] == "M").any() and (parts["measure"] == "children").any()
    cells = pd.concat([cells, parts[["measure", "area", "grain", "n", "part", "value"]]], ignore_index=True)
    (counted,) = found.cases
    atoms = atoms_of(counted, cells, "Tiny", LARGEST)
    page = atoms.cells >= 0
    assert page.sum() > 200 and (atoms.matrix.data == 2).any()  # a child with several rows of a quarter
    made = (atoms.matrix @ atoms.cases)[page]
    assert made.tolist() == cells.loc[atoms.cells[page], "value"].tolist()
    assert ((atoms.matrix @ atoms.cases)[atoms.few] <= LARGEST).all() and atoms.few.any()


@pytest.mark.parametrize("few", [3, 9])
def test_a_kind_and_all_do_not_tell_how_few_are_left(few, tmp_path):
    measures = {"all": FLOW, "police": FLOW + '\nwhere = { kind = ["police"] }'}
    project, found = council(tmp_path, KINDS, measures, of_kinds({"police": 30, "school": few}))
    shown = values(protected(project, found).months)
    assert shown.notna().all(axis=1).any() == (few == 9)
    without = values(protected(project, found, cases=()).months)
    assert without.notna().all(axis=None)  # by definition alone nobody would see it


def test_kinds_that_overlap_do_not_tell_their_overlap(tmp_path):
    measures = {
        "all": FLOW,
        "one": FLOW + '\nwhere = { kind = ["police", "health"] }',
        "other": FLOW + '\nwhere = { kind = ["health", "school"] }',
    }
    project, found = council(tmp_path, KINDS, measures, of_kinds({"police": 30, "health": 2, "school": 25}))
    shown = values(protected(project, found).months)
    assert not shown.notna().all(axis=1).any()


def test_a_part_that_is_a_measure_does_not_tell_another_part(tmp_path):
    measures = {"all": FLOW + '\nbreakdown = ["kind"]', "school": FLOW + '\nwhere = { kind = ["school"] }'}
    rows = of_kinds({"police": 30, "family": 25, "school": 9, "health": 1})
    project, found = council(tmp_path, KINDS, measures, rows)
    page = protected(project, found)
    quarter = page.quarters.set_index(["measure", "period"])["value"]
    parts = page.parts[page.parts["period"] == QUARTER].dropna().set_index("part")["value"].to_dict()
    assert set(parts) <= {"police", "family", "school"}
    told = quarter["all", QUARTER] - sum(parts.get(k, 0) for k in ("police", "family"))
    assert (
        np.isnan(quarter["school", QUARTER])
        or not SMALLEST <= told - quarter["school", QUARTER] <= LARGEST
        or (len(parts) < 2)
    )


def test_rows_and_children_do_not_tell_who_came_twice(tmp_path):
    rows = []
    for m in MONTHS:
        here = [child() for _ in range(40)]
        rows += [[c, f"{m}-{1 + i % 28:02d}", "x"] for i, c in enumerate([*here, *here[:2]])]
    measures = {"rows": FLOW, "children": FLOW + '\nunit = "children"'}
    project, found = council(tmp_path, KINDS, measures, rows)
    shown = values(protected(project, found).months)
    assert not shown.notna().all(axis=1).any()
    assert values(protected(project, found, cases=()).months).notna().all(axis=None)


def test_a_stock_and_a_part_of_it_do_not_tell_the_rest(tmp_path):
    measures = {"care": 'type = "stock"', "fostered": 'type = "stock"\nwhere = { kind = ["foster"] }'}
    rows = [[child(), "2018-05-01", "2019-05-02", "foster"]]
    rows += [[child(), "2018-05-01", "", "foster" if i else "secure"] for i in range(60)]
    rows += [[child(), f"{m}-10", "", "foster"] for m in MONTHS for _ in range(7)]
    project, found = council(tmp_path, ["child", "started", "ended", "kind"], measures, rows)
    shown = values(protected(project, found).months)
    assert len(shown) > 12 and not shown.notna().all(axis=1).any()


CLOCK = 'type = "percent"\nwithin = { working_days = 10, from = "previous", to = "visited" }'


def test_what_was_late_of_a_part_and_of_all_does_not_tell_the_rest(tmp_path):
    measures = {"all": CLOCK, "some": CLOCK + '\nwhere = { kind = ["some"] }'}
    rows = []
    for m in MONTHS:
        for i in range(62):
            day = pd.Timestamp(f"{m}-{1 + i % 28:02d}")
            gone = day + pd.Timedelta(days=25 if i < 22 else 7)
            rows.append([child(), day.date(), gone.date(), "some" if i < 60 else "other"])
    project, found = council(tmp_path, ["child", "previous", "visited", "kind"], measures, rows)
    shown = values(protected(project, found).months)
    assert len(shown) > 12 and not shown.notna().all(axis=1).any()


TWO_CLOCKS = {
    f"{name}": f'type = "percent"\nwithin = {{ working_days = 45, from = "referral", to = "{to}" }}\nbands = [2, 5, 10]'
    for name, to in (("finished", "completed"), ("signed", "authorised"))
}


def work(late):
    """Return work of two areas: signed off late in so many cases of each month, a few of them in the second area."""
    rows = []
    for m in MONTHS:
        for area, n in (("N", 40), ("S", 30)):
            for i in range(n):
                day = pd.Timestamp(f"{m}-{1 + i % 28:02d}")
                done = day + pd.Timedelta(days=20)
                signed = day + pd.Timedelta(days=90 if i < (late if area == "S" else 12) else 22)
                rows.append([child(), day.date(), done.date(), signed.date(), area])
    return rows


def test_two_clocks_and_areas_do_not_tell_how_few_were_signed_off_late(tmp_path):
    columns = ["child", "referral", "completed", "authorised", "area"]
    project, found = council(tmp_path, columns, TWO_CLOCKS, work(1))
    page = protected(project, found).quarters
    newest = page[page["period"] == QUARTER].set_index(["measure", "area"])
    for column in ("only_sign_off_late", "late_over_10"):
        of = newest.loc["signed"][column]
        exact = found.quarters[found.quarters["period"] == QUARTER].set_index(["measure", "area"]).loc["signed"][column]
        few = exact.between(SMALLEST, LARGEST)
        assert few.any() and of[few].isna().all() and of.notna().sum() < 2


def test_what_waits_in_areas_is_not_read_off_the_whole(tmp_path):
    rows = [[c, d, d, d, a] for c, d, _, _, a in work(0)]
    for i in range(30):  # finished, waiting for the sign-off at the end of the quarter: few of them in the second area
        rows.append([child(), "2021-03-01", "2021-03-20", "", "S" if i < 4 else ("N", "M")[i % 2]])
    columns = ["child", "referral", "completed", "authorised", "area"]
    project, found = council(tmp_path, columns, TWO_CLOCKS, rows)

    def waiting(page):
        newest = page[(page["period"] == QUARTER) & (page["measure"] == "signed")]
        return newest.set_index("area")["awaiting_sign_off"]

    exact, shown = waiting(found.quarters), waiting(protected(project, found).quarters)
    assert exact["S"] == 4 and np.isnan(shown["S"])
    assert shown.isna().sum() > 1  # or it would be the whole less the others


def test_switched_off_the_attacker_lets_the_few_be_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(protection, "worked_out", lambda *args, **kwargs: pd.DataFrame())
    measures = {"all": FLOW, "police": FLOW + '\nwhere = { kind = ["police"] }'}
    project, found = council(tmp_path, KINDS, measures, of_kinds({"police": 30, "school": 3}))
    assert values(protected(project, found).months).notna().all(axis=None)
