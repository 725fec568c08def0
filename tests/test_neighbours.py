"""Areas beside their neighbours, their region and the nation: what is read, what is said, and what may not be worked out."""

import dataclasses
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import small_project
from axe_playwright_python.sync_playwright import Axe
from conftest import judged

from analysis import assess, load, pipeline, run, snapshots
from analysis.breakdown import beside_others
from analysis.breakdown.beside import FEWEST, at_least_half
from analysis.disclosure import protect, require_sealed
from analysis.errors import NotReleasable, Refused
from analysis.periods import parse_quarter
from analysis.report import commentary, tables, words
from analysis.run import index
from analysis.schema import VERDICTS, empty

QUARTER = parse_quarter("2020-21Q4")
MONTHS = pd.period_range("2017-04", "2021-03", freq="M")
NORTH, SOUTH = [f"Northby {c}" for c in "ABCDEF"], [f"Southby {c}" for c in "ABCDEF"]
FIRST, TINY = SOUTH[0], NORTH[5]  # the tiny one hides another of its region too
TABLES = '[population]\npath = "children.csv"\n\n[neighbours]\npath = "neighbours.csv"\n\n'
CONFIG = small_project.CONFIG.replace('"Shire"', '"England"').replace("[[dataset]]", f"{TABLES}[[dataset]]")


def figures(moved=(), *, tiny=(1, 2, 2)):
    """Return monthly counts of twelve authorities, their regions and the nation; some rise by half in the half year."""
    some, rows = np.random.default_rng(4), []
    for number, area in enumerate(NORTH + SOUTH):
        for i, month in enumerate(MONTHS):
            value = some.poisson(100 + 10 * number) if area != TINY else tiny[i % 3]
            value = round(1.6 * value) if area in moved and month >= MONTHS[-6] else value
            rows.append((month, area, "Local authority", "North" if area in NORTH else "South", value))
    each = pd.DataFrame(rows, columns=["month", "place", "geographic_level", "region_name", "number"])
    regions = each.groupby(["month", "region_name"], as_index=False)["number"].sum()
    nation = each.groupby("month", as_index=False)["number"].sum()
    return pd.concat(
        [
            each,
            regions.assign(place=regions["region_name"], geographic_level="Regional"),
            nation.assign(place="England", geographic_level="National", region_name=""),
        ]
    )


def write(folder, *, config=CONFIG, pairs=None, moved=(), tiny=(1, 2, 2)):
    """Write a project and return its configuration."""
    folder.mkdir(exist_ok=True, parents=True)
    table = figures(moved, tiny=tiny)
    table.to_csv(folder / "figures.csv", index=False)
    children = {a: 5_000 if a != TINY else 300 for a in NORTH + SOUTH} | {"North": 25_300, "South": 30_000}
    lines = [f"{area},2017,{number}" for area, number in (children | {"England": 55_300}).items()]
    (folder / "children.csv").write_text("\n".join(["area,year,children", *lines]), encoding="utf-8")
    if pairs is None:
        pairs = [(FIRST, n, i) for i, n in enumerate([*SOUTH[1:], NORTH[1], TINY], 1)]
    text = (
        pairs if isinstance(pairs, str) else "\n".join(["area,neighbour,rank", *(f"{a},{n},{r}" for a, n, r in pairs)])
    )
    (folder / "neighbours.csv").write_text(text, encoding="utf-8")
    (folder / "measures.toml").write_text(config, encoding="utf-8")
    return folder / "measures.toml"


def case_of(config, area=FIRST, **given):
    return pipeline.open_case(config, quarter=QUARTER, area=area, **given)


# -- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "code", "told"),
    [
        ([(FIRST, "Nowhere", 1)], "INVALID_PARAMETER", "line 2: the data hold no area of that name"),
        ([(FIRST, SOUTH[1], 1), ("Nowhere", FIRST, 1)], "INVALID_PARAMETER", "line 3: the data hold no area"),
        ([(FIRST, "", 1)], "INVALID_PARAMETER", "line 2: the data hold no area"),
        ([(FIRST, FIRST.upper(), 1)], "INVALID_PARAMETER", "line 2: an area is its own neighbour"),
        ([(FIRST, SOUTH[1], 1), (FIRST, SOUTH[2], 1)], "INVALID_PARAMETER", "line 3: an area has .* a rank twice"),
        ([(FIRST, SOUTH[1], 1), (FIRST, SOUTH[1], 2)], "INVALID_PARAMETER", "line 3: an area has a neighbour .* twice"),
        ([(FIRST, SOUTH[1], "first")], "COLUMN_UNPARSEABLE", "line 2: a rank is a whole number"),
        ([(FIRST, SOUTH[1], 0)], "COLUMN_UNPARSEABLE", "line 2: a rank is a whole number"),
        ([(FIRST, SOUTH[1], 1.5)], "COLUMN_UNPARSEABLE", "line 2: a rank is a whole number"),
        ([(FIRST, SOUTH[1], "")], "COLUMN_UNPARSEABLE", "line 2: a rank is a whole number"),
        ([], "MISSING_COLUMN", "needs the columns area, neighbour and rank, and rows"),
        ("", "MISSING_COLUMN", "needs the columns"),
        (f"area,neighbour\n{FIRST},{SOUTH[1]}\n", "MISSING_COLUMN", "area, neighbour and rank"),
        (f'area,neighbour,rank\n{FIRST},"{SOUTH[1]},1\n', "UNBALANCED_QUOTE", "quotation mark"),
    ],
)
def test_a_file_of_neighbours_that_cannot_be_honoured_is_refused(pairs, code, told, tmp_path):
    with pytest.raises(Refused, match=told) as refusal:
        pipeline.prepare(write(tmp_path, pairs=pairs))
    assert refusal.value.code == code and "Nowhere" not in str(refusal.value)


def test_a_missing_file_and_unknown_keys_are_refused(tmp_path):
    config = write(tmp_path)
    (tmp_path / "neighbours.csv").unlink()
    with pytest.raises(Refused, match=r"no file neighbours.csv, which \[neighbours\] names"):
        pipeline.prepare(config)
    for line, told in (("paht = 1", "unknown key 'paht'"), ('average = "mode"', "average"), ("partial = 1", "partial")):
        with pytest.raises(Refused, match=told):
            load(write(tmp_path, config=CONFIG.replace("[neighbours]", f"[neighbours]\n{line}")))
    with pytest.raises(Refused, match=r"\[neighbours\]"):
        load(write(tmp_path, config=CONFIG.replace("[neighbours]", "[[neighbours]]")))


def test_headings_are_named_and_areas_folded_and_put_in_order(tmp_path):
    own = CONFIG.replace(
        "[neighbours]", '[neighbours]\ncolumns = { area = "la_name", neighbour = "SN", rank = "place" }'
    )
    text = f"code;LA name;sn;place\n1;{FIRST.upper()};SOUTHBY-C;2\n\n1;{FIRST};{SOUTH[1]};1\n"
    config = write(tmp_path, config=own.replace("la_name", "LA name"), pairs=text)
    assert pipeline.prepare(config).relations.pairs.to_numpy().tolist() == [[FIRST, SOUTH[1]], [FIRST, SOUTH[2]]]


def test_a_file_may_name_areas_that_the_data_do_not_hold_where_that_is_said(tmp_path):
    pairs = [(FIRST, n, i) for i, n in enumerate([*SOUTH[1:], "Elsewhere"], 1)] + [("Elsewhere", "Beyond", 1)]
    partial = CONFIG.replace("[neighbours]", "[neighbours]\npartial = true")
    row = case_of(write(tmp_path, config=partial, pairs=pairs)).beside("referrals")
    assert (row["shown"], row["listed"]) == (5, 6)


def test_the_data_say_which_areas_hold_others(tmp_path):
    relations = pipeline.prepare(write(tmp_path)).relations
    assert relations.levels == {"England": "nation", "North": "region", "South": "region"}
    assert relations.holders == {
        **dict.fromkeys(NORTH, "North"),
        **dict.fromkeys(SOUTH, "South"),
        **dict.fromkeys(("England", "North", "South"), "England"),
    }


# -- beside others --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("average", ["median", "mean"])
def test_an_area_stands_beside_those_whose_figures_are_shown(average, tmp_path):
    case = case_of(write(tmp_path, config=CONFIG.replace("[neighbours]", f'[neighbours]\naverage = "{average}"')))
    require_sealed(case)
    row, table = case.beside("referrals"), figures()
    quarter = table[table["month"] >= MONTHS[-3]].groupby("place")["number"].sum()
    rate = quarter / 5_000 * 10_000
    shown = rate[[*SOUTH[1:], NORTH[1]]]  # the tiny one is hidden
    assert (row["listed"], row["shown"], row["at"]) == (7, 6, "2020-21Q4")
    assert row["average"] == pytest.approx(getattr(shown, average)())
    assert row["here"] == pytest.approx(rate[FIRST]) and row["higher"] == (shown > rate[FIRST]).sum()
    assert row["in_region"] == pytest.approx(quarter["South"] / 30_000 * 10_000)
    assert row["in_nation"] == pytest.approx(quarter["England"] / 55_300 * 10_000)
    said = " ".join(words.among_others(row, case.project.measures[0], case.project.neighbours, QUARTER))
    for figure in (f"{row['average']:,.1f} (the {average} of 6 of 7)", f"South {row['in_region']:,.1f}; England"):
        assert figure in said
    assert "1 has no figure that is shown, and is left out." in said
    of_table = tables.others(judged(case)).iloc[0]
    assert of_table["Neighbours shown"] == "6 of 7" and f"{row['average']:,.1f}" in of_table.to_list()


def test_below_five_neighbours_with_a_figure_there_is_none_and_no_sentence(tmp_path):
    pairs = [(FIRST, n, i) for i, n in enumerate([*SOUTH[1:FEWEST], TINY], 1)]
    case = case_of(write(tmp_path, pairs=pairs, moved=[FIRST]))
    row = case.beside("referrals")
    assert row["shown"] == FEWEST - 1 and row[["average", "higher", "moved"]].isna().all()
    said = words.among_others(row, case.project.measures[0], case.project.neighbours, QUARTER)
    assert "statistical neighbours: too few have a figure that is shown (4 of 5)" in said[0] and len(said) == 1
    assert words.only_us(row, judged(case).verdicts.loc["referrals"]) == ""


def test_a_region_stands_beside_the_nation_and_the_nation_beside_nobody(tmp_path):
    config = write(tmp_path)
    north = case_of(config, "North")
    row = north.beside("referrals")
    assert row["region"] == "England" and pd.notna(row["in_region"]) and row["nation"] == "" and row["listed"] == 0
    assert "neighbour" not in " ".join(words.among_others(row, north.project.measures[0], None, QUARTER))
    assert "Nation" not in tables.others(judged(north)).columns
    assert case_of(config, "England").others.empty


@pytest.mark.parametrize(("others", "said"), [(SOUTH[1:], "It is not only us."), ([], "It is only us")])
def test_a_rise_is_only_ours_or_not_with_its_probability(others, said, tmp_path):
    case = judged(case_of(write(tmp_path, moved=[FIRST, *others])))
    row, verdict = case.beside("referrals"), case.verdicts.loc["referrals"].copy()
    sentence = words.only_us(row, verdict)
    assert sentence.startswith(said) and "of the 6 neighbours that can be judged rose too." in sentence
    assert (row["moved"] > 0.8) if others else (row["moved"] < 0.2)
    assert re.search(r"\((over )?\d\d%\)", sentence)
    for call in ("usual variation", "recording break", "too little data"):
        verdict["call"] = call
        assert words.only_us(row, verdict) == ""


def test_a_fall_is_no_rise(tmp_path):
    case = judged(case_of(write(tmp_path, moved=SOUTH)))
    fell = case.verdicts.loc["referrals"].copy()
    fell["change"] = -fell["change"]
    assert "fell too" in words.only_us(case.beside("referrals"), fell)


def verdicts_of(chances, *, change=0.3):
    """Return verdicts of one measure, an area each, that moved with these probabilities."""
    table = pd.DataFrame({"area": list(chances), "trend": list(chances.values())}).reindex(
        columns=empty(VERDICTS).columns
    )
    return table.assign(measure="m", call="trend", change=change, **{"short-term spike": 0.0, "sustained shift": 0.0})


def test_the_probability_that_they_moved_is_made_of_the_verdicts_own():
    chances = {"us": 0.9, **{f"n{i}": p for i, p in enumerate((0.9, 0.2, 0.5, 0.7, 0.4))}}
    quarters = pd.DataFrame(
        {"measure": "m", "area": list(chances), "type": "flow", "value": 9.0, "per_10000": 9.0, "status": ""}
    ).assign(period=QUARTER)
    pairs = pd.DataFrame([("us", n) for n in list(chances)[1:]], columns=["area", "neighbour"])
    verdicts = verdicts_of(chances)
    verdicts.loc[1, "change"] = -0.3  # it moved, and the other way
    given = {"pairs": pairs, "holders": {}, "nation": "", "quarter": QUARTER}
    row = beside_others(quarters, quarters.iloc[:0], verdicts, **given).iloc[0]
    some = np.random.default_rng(1).random((200_000, 5)) < [0, 0.2, 0.5, 0.7, 0.4]
    assert row["judged"] == 5 and row["moved"] == pytest.approx((some.sum(axis=1) >= 3).mean(), abs=0.005)


@pytest.mark.parametrize(
    ("chances", "half"), [([1.0] * 5, 1.0), ([0.0] * 6, 0.0), ([0.5] * 3, 0.5), ([1, 1, 0, 0], 1.0)]
)
def test_at_least_half_of_independent_events(chances, half):
    assert at_least_half(np.array(chances)) == pytest.approx(half)


# -- a comparator's areas -------------------------------------------------------------------------------------------

COUNCIL = (
    CONFIG.replace('"England"', f'"{FIRST}"')
    .replace('name = "referrals"', 'name = "referrals"\ncomparator = "others"')
    .replace('"figures"', '"others"', 1)
    .replace('dataset = "figures"', 'dataset = "own"')
    + """
[[dataset]]
name = "own"
path = "own.csv"
kind = "counts"
columns = { period = "month", value = "number" }
"""
)


@pytest.fixture
def council(tmp_path):
    """A council whose own figures go on for a year after the newest of all others."""
    config = write(tmp_path, config=COUNCIL)
    later = pd.period_range("2018-04", "2022-03", freq="M")
    pd.DataFrame({"month": later, "number": range(100, 148)}).to_csv(tmp_path / "own.csv", index=False)
    return config


def test_figures_of_a_comparator_stand_with_their_own_quarter(council):
    later = parse_quarter("2021-22Q4")
    case = pipeline.open_case(council, quarter=later, area="")
    row = case.beside("referrals")
    assert (row["at"], row["listed"], row["shown"], row["region"], row["nation"]) == (
        "2020-21Q4",
        7,
        6,
        "South",
        "England",
    )
    assert row["here"] == pytest.approx((133 + 134 + 135) / 5_000 * 10_000)  # of the same quarter
    assert pd.isna(row["moved"])  # figures that nobody judged say nothing of a change
    said = words.among_others(row, case.project.measures[0], case.project.neighbours, later)[0]
    assert said.startswith("The newest that there is of others, Quarter 4 2020/21. For each 10,000 children")
    nation = figures().query("place == 'England'").set_index("month")["number"]
    compared = case.months.set_index("period")["comparator"].dropna()
    assert compared.to_dict() == nation[compared.index].to_dict()  # the nation's, and not the council's own row


def test_a_small_count_of_a_comparator_is_left_out(council, tmp_path):
    write(tmp_path, config=COUNCIL, tiny=(2, 1, 1))
    prepared = pipeline.prepare(council)
    found = pipeline.measured(prepared, QUARTER, prepared.project.as_at(QUARTER, newest=prepared.newest))
    shown = pipeline._comparators(found.quarters.iloc[:0], found.compared, prepared, QUARTER, "council")
    assert shown.set_index("area")["value"].isna()[TINY] and shown["value"].notna().sum() >= 13


# -- nothing hidden follows -----------------------------------------------------------------------------------------


def test_a_region_does_not_give_its_small_area_away(tmp_path):
    prepared = pipeline.prepare(write(tmp_path))
    found = pipeline.measured(prepared, QUARTER, prepared.project.as_at(QUARTER, newest=prepared.newest))
    given = {"profile": "council", "project": prepared.project}
    hidden = {}
    for name, holders in (("tied", prepared.relations.holders), ("apart", {})):
        page = protect(found.months, found.quarters, holders=holders, **given)
        newest = page.quarters[page.quarters["period"] == QUARTER]
        hidden[name] = set(newest.loc[newest["value"].isna(), "area"])
    assert hidden["apart"] == {TINY}  # the region less its other areas
    assert TINY in hidden["tied"] and hidden["tied"] & {"North", *NORTH[:5]}


def test_a_hidden_neighbour_changes_nothing_that_is_said(tmp_path):
    rows = []
    for name, tiny in (("one", (1, 2, 2)), ("other", (2, 1, 2))):
        config = write(tmp_path / name, tiny=tiny, pairs=[(FIRST, n, i) for i, n in enumerate([TINY, *SOUTH[1:]], 1)])
        others = case_of(config).others
        rows.append(others)
    pd.testing.assert_frame_equal(*rows)


def test_figures_of_others_that_were_put_in_are_refused(tmp_path):
    case = case_of(write(tmp_path))
    with pytest.raises(NotReleasable, match="not protected"):
        require_sealed(dataclasses.replace(case, others=case.others.assign(average=1.0)))


def test_a_commentary_may_hold_the_neighbours_figures(tmp_path):
    config = write(tmp_path)
    case = assess(judged(case_of(config)))
    average = f"{case.beside('referrals')['average']:.1f}"
    (tmp_path / "c.md").write_text(f"## referrals\n\nThe neighbours stand at {average}.\n", encoding="utf-8")
    sections = commentary.read_commentary(tmp_path / "c.md", case.project, name="c.md")
    commentary.check_numbers(sections, case, name="c.md")
    with pytest.raises(NotReleasable):
        commentary.check_numbers(sections, dataclasses.replace(case, others=case.others.iloc[:0]), name="c.md")


# -- the page and the index -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nation(tmp_path_factory):
    """Pages of every area, and the index."""
    folder = tmp_path_factory.mktemp("nation")
    config = write(folder, moved=SOUTH)
    prepared = pipeline.prepare(config)
    made = run.make_reports(
        prepared, run.plan(prepared, [QUARTER], pipeline.areas(prepared)), folder / "outputs", jobs=2
    )
    assert all(m.page for m in made), [m.reason for m in made]
    return folder / "outputs/publish"


def test_the_page_says_where_the_area_stands(nation):
    text = re.sub(r"<[^>]+>", " ", (nation / "2020-21-q4/southby-a/report.html").read_text(encoding="utf-8"))
    assert (
        "statistical neighbours" in text and "It is not only us." in text and "Median of the neighbours shown" in text
    )


def test_regions_and_the_nation_stand_apart_on_the_index(nation, opened):
    tab = opened(nation / "index.html")
    assert "12 areas" in tab.locator(".headline").inner_text()
    first = [text.split(":")[0] for text in tab.locator("ol.first li").all_inner_texts()]
    assert first and not {"England", "North", "South"} & set(first)
    table = tab.locator("table").first
    names = [row.split("\t")[0] for row in table.locator("tbody tr").all_inner_texts()]
    assert (names[0] == "England nation" and names[-2:] == ["North region", "South region"]) or names[-2:] == [
        "South region",
        "North region",
    ]
    circles = tab.locator("svg.funnel circle title").all_text_contents()
    assert set(circles) <= {*NORTH, *SOUTH} and len(circles) >= 8
    heading = table.locator("thead button").first
    for _ in range(2):  # sorted either way, they stay where they are
        heading.click()
        names = [row.split("\t")[0] for row in table.locator("tbody tr").all_inner_texts()]
        assert names[0] == "England nation" and {n.split()[-1] for n in names[-2:]} == {"region"}
    assert not Axe().run(tab).violations_count


def test_where_nothing_but_regions_was_made_they_are_named(tmp_path):
    answer = {
        "call": "trend",
        "said": "a trend",
        "stands_out": True,
        "size": "",
        "figure": "9",
        "chance": 0.8,
        "usual": 0.1,
    }
    answer |= {"up": True, "value": 9.0, "year": 0.1, "on_year": "", "rate": None, "observed": None, "exposed": None}
    answer |= {"trail": [], "variation": "", "control": ""}
    parameters = {"quarter": "2020-21Q4", "area": "North", "profile": "council", "as_at": "2021-04-12"}
    about = {"state": "done", "parameters": parameters, "files": {"publish/north/report.html": ""}}
    done = [about | {"calls": {"referrals": "trend"}, "answers": {"referrals": answer}}]
    page = index.render_index(done, [], load(write(tmp_path)), root="publish", levels={"North": "region"})
    assert "North</a>: Referrals: a trend" in page and "one page" in page


def test_another_neighbour_makes_other_slices(tmp_path):
    config, outputs = write(tmp_path), tmp_path / "outputs"

    def made():
        prepared = pipeline.prepare(config)
        (one,) = run.make_reports(prepared, run.plan(prepared, [QUARTER], [FIRST]), outputs)
        return one

    made()
    assert made().already
    write(tmp_path, pairs=[(FIRST, n, i) for i, n in enumerate(SOUTH[1:], 1)])
    assert not made().already
    shutil.rmtree(outputs)
    assert snapshots.FILE_OF["others"] in snapshots.FILES
