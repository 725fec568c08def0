"""What an attacker who knows nothing of this package works out of pages: nothing, and something where protection is off."""

import csv
import io
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from attack import attack, read_figures, solved, worked_out

from analysis import pipeline, run
from analysis.disclosure import atoms, constraints, primary, protect, protection
from analysis.periods import parse_quarter

QUARTER = parse_quarter("2020-21Q4")
MONTHS = pd.period_range("2019-04", "2021-03", freq="M")
SAMPLES = {"county": "measures.toml", "borough": "data/sample/borough/measures.toml"}
ROOT = Path(__file__).parents[1]
FLOW = 'type = "flow"'
SOURCES = {  # measures of one dataset that overlap in as many ways as there are
    "all": FLOW + '\nbreakdown = ["source", "area"]',
    "children": FLOW + '\nunit = "children"',
    "police": FLOW + '\nwhere = { source = ["police"] }',
    "police_or_health": FLOW + '\nwhere = { source = ["police", "health"] }',
    "health_or_school": FLOW + '\nwhere = { source = ["health", "school"] }',
    "decided": 'type = "percent"\nwithin = { hours = 24, from = "date", to = "decided" }',
}


def council(folder, seed, names=tuple(SOURCES)):
    """Write a small council with three areas, a few contacts of some kinds each month, and children who come twice."""
    some = np.random.default_rng(seed)
    usual = {"police": 24, "school": 22, "health": some.integers(1, 9)}
    number, rows = itertools.count(), []
    for month in MONTHS:
        for area, share in (("North", 1.0), ("Mid", 0.8), ("South", some.uniform(0.05, 0.6))):
            children = []
            for source, mean in usual.items():
                for _ in range(some.poisson(mean * share)):
                    again = children and some.random() < 0.06
                    children.append(some.choice(children) if again else f"C{next(number):05d}")
                    day = month.start_time + pd.Timedelta(hours=int(some.integers(24 * 27)))
                    decided = day + pd.Timedelta(hours=30 if some.random() < 0.15 else 5)
                    rows.append([children[-1], day, decided, source, area])
    measures = "".join(f'\n[[measure]]\nname = "{n}"\ntitle = "Of {n}"\ndataset = "d"\n{SOURCES[n]}\n' for n in names)
    (folder / "measures.toml").write_text(
        '[project]\nname = "Tiny"\nnation = "england"\nas_at = 2021-04-12\n\n[[dataset]]\nname = "d"\npath = "d.csv"\n'
        'columns = { child = "id", date = "date", decided = "decided", source = "source", area = "area" }\n' + measures,
        encoding="utf-8",
    )
    with (folder / "d.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "date", "decided", "source", "area"], *rows])
    return folder / "measures.toml"


SHARED = {  # shares of rows, of what is open and of ends, beside the counts that would tell their parts
    "referrals": FLOW + '\ndate = "started"',
    "without_action": FLOW + '\ndate = "started"\nwhere = { nfa = ["yes"] }',
    "share_without_action": 'type = "percent"\ndate = "started"\nshare = { nfa = ["yes"] }',
    "again": 'type = "percent"\ndate = "started"\nshare = { earlier = { date = "started", within = "12 months" } }',
    "again_of_action": 'type = "percent"\ndate = "started"\nwhere = { nfa = ["no"] }\n'
    'share = { earlier = { date = "started", within = "12 months" } }',
    "open": 'type = "stock"\nunit = "rows"',
    "closed": FLOW + '\ndate = "ended"',
    "long": 'type = "stock_percent"\nunit = "rows"\nshare = { started = { at_least = "3 months" } }',
    "open_without_action": 'type = "stock_percent"\nunit = "rows"\nshare = { nfa = ["yes"] }',
    "closed_late": 'type = "percent"\ndate = "ended"\nshare = { started = { at_least = "3 months" } }',
    "open_children": 'type = "stock"',
    "children": FLOW + '\ndate = "started"\nunit = "children"',
}


def shares(folder, seed, names=tuple(SHARED)):
    """Write a small council whose referrals come again, need no action at times, and stay open for weeks or months."""
    some, number, rows = np.random.default_rng(seed), itertools.count(), []
    children: list = []
    for month in pd.period_range("2018-04", "2021-03", freq="M"):
        for area, mean in (("North", 14), ("South", some.integers(4, 9))):
            for _ in range(some.poisson(mean)):
                again = children and some.random() < 0.2
                children.append(some.choice(children[-90:]) if again else f"C{next(number):05d}")
                day = month.start_time + pd.Timedelta(days=int(some.integers(28)))
                end = day + pd.Timedelta(days=int(some.exponential(60)))
                nfa = "yes" if some.random() < 0.15 else "no"
                rows.append(
                    [children[-1], day.date(), end.date() if end < pd.Timestamp("2021-04-01") else "", nfa, area]
                )
    measures = "".join(f'\n[[measure]]\nname = "{n}"\ntitle = "Of {n}"\ndataset = "d"\n{SHARED[n]}\n' for n in names)
    (folder / "measures.toml").write_text(
        '[project]\nname = "Tiny"\nnation = "england"\nas_at = 2021-04-12\n\n[[dataset]]\nname = "d"\npath = "d.csv"\n'
        'columns = { child = "id", started = "from", ended = "to", nfa = "nfa", area = "area" }\n' + measures,
        encoding="utf-8",
    )
    with (folder / "d.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "from", "to", "nfa", "area"], *rows])
    return folder / "measures.toml"


def record(folder, month, source):
    """Add three contacts to a council's file."""
    days = [f"{month}-0{n}" for n in (3, 4, 5)]
    with (folder / "d.csv").open("a", newline="") as file:
        csv.writer(file).writerows([f"L{day}", f"{day} 09:00:00", f"{day} 12:00:00", source, "North"] for day in days)


def figures(page):
    """Return the rows of the CSV of figures of all areas."""
    table = pd.concat([t.astype({"period": object}) for t in (page.months, page.quarters)], ignore_index=True)
    quarters = table["period"].map(
        lambda p: f"{p.qyear - 1}-{p.qyear % 100:02d}Q{p.quarter}" if p.freqstr[0] == "Q" else str(p)
    )
    columns = ["measure", "area", "period", "value", "numerator", "denominator", "status", "mark"]
    return list(csv.DictReader(io.StringIO(table.assign(period=quarters)[columns].to_csv(index=False))))


def few(pinned, exact, *, largest):
    """Return of what was worked out what stands for few and is right: 8 contacts of 5 children are marked as 1 to 5.

    `exact` is what every unknown stands for (`solved`); what it does not hold counts as right.
    """
    return {
        key: bounds
        for key, bounds in pinned.items()
        if key not in exact or (1 <= exact[key] <= largest and bounds[0] <= exact[key] <= bounds[1])
    }


def of_council(config, profile="council", earlier=()):
    prepared = pipeline.prepare(config)
    found = pipeline.measured(prepared, QUARTER, prepared.project.project.as_at)
    return protect(
        found.months,
        found.quarters,
        profile=profile,
        parts=found.parts,
        project=prepared.project,
        cases=found.cases,
        earlier=earlier,
    )


PAIRS = [("all", *pair) for n in (1, 2) for pair in itertools.combinations([n for n in SOURCES if n != "all"], n)]


def names_of(seed):
    """Return the measures of a generated council: one or two beside all, in every eleventh all that there are."""
    return tuple(SOURCES) if seed % 11 == 10 else PAIRS[seed % len(PAIRS)]


@pytest.mark.parametrize("profile", ["council", "rounded"])
@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 200))])
def test_no_count_of_a_generated_council_can_be_worked_out(seed, profile, tmp_path):
    config = council(tmp_path, seed, names_of(seed))
    rows, exact = (
        figures(of_council(config, profile)),
        solved(read_figures(config, figures(of_council(config, "internal")))),
    )
    pinned = worked_out(read_figures(config, rows, rounded=profile == "rounded"))
    assert len(rows) > 100 and few(pinned, exact, largest=7 if profile == "rounded" else 5) == {}


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 40))])
def test_no_part_of_a_share_can_be_worked_out(seed, tmp_path):
    names = [n for i, n in enumerate(SHARED) if (seed + 1 >> (i % 3)) & 1 or seed > 6]
    config = shares(tmp_path, seed, names)
    rows, exact = figures(of_council(config)), figures(of_council(config, "internal"))
    pinned = worked_out(read_figures(config, rows))
    assert len(rows) > 100 and few(pinned, exact, largest=5) == {}
    assert any(row["status"] == "suppressed" for row in rows) and any(row["value"] for row in rows)


def test_without_the_cells_of_shares_their_parts_can_be(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.disclosure.constraints.atoms_of_cells", lambda *args: None)
    config = shares(tmp_path, 1, ["referrals", "without_action", "share_without_action"])
    assert worked_out(read_figures(config, figures(of_council(config))))


def worked_out_of_children(folder):
    """Return what is worked out of children who count twice, in a council where some are open in two areas."""
    config = shares(folder, 12, ["open_children", "children"])
    exact = solved(read_figures(config, figures(of_council(config, "internal"))))
    several = [v for k, v in exact.items() if k[0] == "open_children" and "in several areas" in k[3]]
    assert len(several) > 20 and max(several) > 0
    return few(worked_out(read_figures(config, figures(of_council(config)))), exact, largest=5)


def test_of_children_who_count_in_two_areas_or_months_nothing_can_be_worked_out(tmp_path):
    assert worked_out_of_children(tmp_path) == {}


def test_where_those_who_count_twice_are_not_looked_at_they_can_be(tmp_path, monkeypatch):
    monkeypatch.setattr(atoms, "_counted_twice", lambda matrix, here: matrix[:0])
    assert any("in several" in key[3] for key in worked_out_of_children(tmp_path))


def nothing_worked_out(*args, **kwargs):
    """Stand in for the package's own attacker."""
    return pd.DataFrame()


def all_hidden(tied, shown, whole):
    """Mark whatever is hidden."""
    return set(tied.rows.loc[~shown[tied.rows["cell"]].to_numpy(), "cell"])


def small_alone(months, quarters, *, profile):
    """Hide small counts and nothing beside them."""
    return tuple(primary.hide_rows(t, primary.small(t, 5), 5) for t in (months, quarters))


def no_pairs(matrix, cases, here, *_):
    """Look at no overlap and no difference of two counts."""
    return atoms.Atoms(here.index.to_numpy(), np.zeros(len(here), bool), matrix, cases)


OVERLAPS = ("all", "police", "police_or_health")
OFF = {  # what is switched off, in which council it is needed
    "the attacker": ([(protection, "worked_out", nothing_worked_out)], 3, OVERLAPS, "council"),
    "the attacker, of rounded figures": (
        [(protection, "worked_out", nothing_worked_out)],
        2,
        ("all", "police_or_health", "health_or_school"),
        "rounded",
    ),
    "atoms": ([(constraints, "atoms_of_cells", lambda *args: None)], 3, OVERLAPS, "council"),
    "overlaps and differences": ([(atoms, "_few_between", no_pairs)], 3, OVERLAPS, "council"),
    "second months": (
        [(protection, "protect_series", small_alone), (protection, "worked_out", nothing_worked_out)],
        3,
        ("all",),
        "council",
    ),
    "signs that are safe": (
        [
            (protection, "cells_to_mark", all_hidden),
            (protection, "safe_to_mark", lambda tied, shown, cells, **_: cells),
        ],
        11,
        ("all",),
        "council",
    ),
}
SLOW = ("the attacker", "atoms", "the attacker, of rounded figures")


@pytest.mark.parametrize("off", [pytest.param(off, marks=[pytest.mark.full] if off in SLOW else []) for off in OFF])
def test_with_a_protection_switched_off_something_can(off, tmp_path, monkeypatch):
    switched, seed, names, profile = OFF[off]
    config, largest = council(tmp_path, seed, names), 7 if profile == "rounded" else 5
    exact = solved(read_figures(config, figures(of_council(config, "internal"))))
    pinned = []
    for parts in ([], switched):
        for module, name, stand_in in parts:
            monkeypatch.setattr(module, name, stand_in)
        sums = read_figures(config, figures(of_council(config, profile)), rounded=profile == "rounded")
        pinned.append(few(worked_out(sums), exact, largest=largest))
    assert not pinned[0] and pinned[1]


def test_with_small_parts_shown_a_count_stands_on_the_page(tmp_path, monkeypatch):
    config = council(tmp_path, 3, ["all"])
    record(tmp_path, "2021-02", "family")

    def told():
        page = of_council(config)
        now = page.parts[[p == pd.Period("2021Q4", "Q-MAR") for p in page.parts["period"]]].dropna(subset="value")
        now = now.assign(part=now["role"] + "=" + now["part"], quarter="2020-21Q4")
        now = now[["measure", "area", "quarter", "part", "value"]]
        parts = [(*row[:4], int(row[4])) for row in now.itertuples(index=False)]
        assert parts
        return worked_out(read_figures(config, figures(page), parts=parts))

    assert told() == {}
    monkeypatch.setattr(protection, "small_parts", lambda parts, largest: pd.Series(False, parts.index))
    assert any("=" in key[3] for key in told())


def test_a_page_that_is_made_again_tells_no_difference_of_a_few(tmp_path):
    config = council(tmp_path, 3, ["all", "police"])
    before = of_council(config)
    record(tmp_path, "2020-08", "police")

    def told(earlier):
        again = of_council(config, earlier=earlier)
        return worked_out(read_figures(config, figures(before) + figures(again)))

    assert told([before.released]) == {}
    assert any(key[-1] == "between two pages" for key in told([]))  # nothing kept of the page before


def pages_of(config, quarters, areas, folder):
    prepared = pipeline.prepare(config)
    made = [run.make_report(prepared, parse_quarter(q), a, folder).page.parent for q in quarters for a in areas]
    return [Path(page) for page in made]


@pytest.mark.parametrize(
    ("names", "areas"),
    [
        (["all", "police", "decided"], ["Tiny", "South"]),
        pytest.param(
            ["all", "children", "police", "decided"], ["Tiny", "North", "Mid", "South"], marks=pytest.mark.full
        ),
    ],
)
def test_no_count_can_be_worked_out_of_a_council_s_pages(names, areas, tmp_path):
    config = council(tmp_path, 7, names)
    pages = pages_of(config, ["2020-21Q4"], areas, tmp_path / "outputs")
    assert attack(config, pages) == {}


@pytest.mark.full
@pytest.mark.parametrize("sample", SAMPLES)
def test_no_count_can_be_worked_out_of_the_samples_pages(sample, tmp_path):
    config = ROOT / SAMPLES[sample]
    areas = pipeline.areas(pipeline.prepare(config))
    pages = pages_of(config, ["2020-21Q3", "2020-21Q4"], areas, tmp_path)
    assert attack(config, pages, leave_out=["turnover", "long_term_sickness", "agency"]) == {}
