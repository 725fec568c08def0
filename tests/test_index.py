"""The index in a real browser: accessible, whole without its script, and able to find, choose and sort with it."""

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT

from analysis import load
from analysis.run import index

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} & Söns"
AREAS = ["Sample County", "North", "South", "Central", HOSTILE, *(f"Area {n:02d}" for n in range(12))]
QUARTERS = ["2020-21Q2", "2020-21Q3", "2020-21Q4"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DEPARTED = {"North": 0.02, "Area 03": 0.0}  # with what probability nothing happened there


def answer(call: str, area: str, number: int) -> dict:
    """What a page says in brief: all areas alike but for one, which has three times as many."""
    exposed = 1000.0 * (1 + number)
    value = exposed / (10 if area == "Area 07" else 30)
    return {
        "call": call,
        "said": call,
        "size": "+28%",
        "stands_out": call in index.STANDS_OUT,
        "figure": f"{value:,.0f}",
        "on_year": "+3%",
        "variation": "~ ?",
        "control": "no special cause",
        "up": True,
        "chance": 0.8,
        "usual": DEPARTED.get(area, 0.5),
        "value": value,
        "year": 0.03,
        "rate": 10_000 * value / exposed,
        "observed": value,
        "exposed": exposed,
        "trail": [1.0, None, 3.0, 2.0, *range(20)],
    }


def records(project, areas=AREAS, quarters=QUARTERS, without=("2020-21Q3", "North")):
    done = []
    for number, (quarter, area) in enumerate(itertools.product(quarters, areas)):
        calls = itertools.cycle([*index.ICONS][number % 2 :])
        if (quarter, area) != without:
            parameters = {"quarter": quarter, "area": area, "profile": "council", "as_at": "2021-04-12"}
            answers = {m.name: answer(next(calls), area, number) for m in project.measures}
            files = {f"publish/{quarter}/{number}/report.html": "", f"publish/{quarter}/{number}/figures.csv": ""}
            said = {name: a["call"] for name, a in answers.items()}
            done.append({"state": "done", "parameters": parameters, "files": files, "calls": said, "answers": answers})
    return done


@pytest.fixture(scope="module")
def project():
    return load(ROOT / "measures.toml")


@pytest.fixture(scope="module")
def page(project, tmp_path_factory):
    failed = [{"quarter": "2020-21Q3", "area": "North", "reason": "It took too long.", "code": "TIMED_OUT"}]
    path = tmp_path_factory.mktemp("index") / "index.html"
    path.write_text(index.render_index(records(project), failed, project, root="publish"), encoding="utf-8")
    return path


def table_of(tab, number=0):
    return tab.locator("table").nth(number)


@pytest.mark.parametrize("size", [(1100, 800), (390, 844)], ids=["desktop", "phone"])
def test_axe_finds_nothing(page, opened, size):
    tab = opened(page, *size)
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(tab, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert not found.violations_count, found.generate_report()
    assert tab.complaints == []
    assert tab.evaluate("document.documentElement.scrollWidth") == size[0]


def test_what_stands_out_least_like_chance_is_named_first(page, opened, project):
    tab = opened(page)
    first = tab.locator("ol.first li").all_inner_texts()
    assert [text.split(":")[0] for text in first[:2]] == ["Area 03", "North"] and len(first) == index.FIRST
    assert all("+28% against what was to be expected" in text for text in first)
    assert "By their own probabilities about" in tab.locator("main").inner_text()
    assert tab.locator("ol.first a").first.get_attribute("href").endswith("/report.html")


def test_every_page_is_linked_and_every_failure_told(page, opened, project):
    tab = opened(page)
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    links = tab.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    assert len(set(links)) == len(QUARTERS) * len(AREAS) - 1 and all(n.endswith("/report.html") for n in links)
    assert tab.locator("ul li").inner_text() == "North, Quarter 3 2020/21: It took too long. [TIMED_OUT]"
    assert tab.locator("table").count() == len(project.measures) + 1
    assert table_of(tab).locator("tbody tr").count() == len(AREAS)
    assert table_of(tab).locator("tbody tr").first.get_attribute("class") == "whole"
    assert HOSTILE in table_of(tab).inner_text()
    assert table_of(tab).locator("path").count() == len(AREAS)


def test_areas_are_set_against_each_other(page, opened, project):
    tab = opened(page)
    funnels = tab.locator("svg.funnel")
    assert funnels.count() == len(project.measures)
    assert funnels.first.locator("circle").count() == len(AREAS) - 1  # the whole is not one of its parts
    assert funnels.first.locator("circle.outside title").text_content() == "Area 07"
    assert "Above them: Area 07." in funnels.first.get_attribute("aria-label")


def test_without_its_script_the_index_is_whole(page, browser):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.locator("summary").first.click()
    assert table_of(tab).locator("tbody tr:visible").count() == len(AREAS)
    assert not tab.locator(".tools").is_visible() and tab.locator("th button").count() == 0
    context.close()


def test_areas_are_found_chosen_and_sorted(page, opened):
    tab = opened(page)
    rows = table_of(tab).locator("tbody tr:visible")
    tab.get_by_label("Find an area").fill("nor")
    assert [r.split("\t")[0] for r in rows.all_inner_texts()] == ["North"]
    assert tab.locator("#found").inner_text() == "1 areas shown"
    tab.get_by_label("Find an area").fill("")
    tab.get_by_label("Show areas where a measure is").select_option("trend")
    assert all("trend" in text for text in rows.all_inner_texts())
    tab.get_by_label("Show areas where a measure is").select_option("")
    for column, ends in ((0, (HOSTILE, "South")), (1, None)):
        heading = table_of(tab).locator("thead button").nth(column)
        for order in ("ascending", "descending"):
            heading.click()
            assert table_of(tab).locator("thead th").nth(column).get_attribute("aria-sort") == order
            cells = [r.split("\t")[column] for r in rows.all_inner_texts()]
            if ends:
                assert (cells[0], cells[-1]) == (ends if order == "ascending" else ends[::-1])
            else:
                numbers = [float(c.replace(",", "")) for c in cells]
                assert numbers == sorted(numbers, reverse=order == "descending")


def test_it_prints_what_stands_out_and_not_every_area(page, opened):
    tab = opened(page)
    tab.emulate_media(media="print")
    assert tab.locator("table:visible").count() == 0 and tab.locator("ol.first").is_visible()


def test_records_of_the_first_release_have_their_answers(project):
    done = [{k: v for k, v in r.items() if k != "answers"} for r in records(project)]
    page = index.render_index(done, [], project, root="publish")
    assert page.count('data-call="trend"') > 10 and "No page names a change" in page


def test_a_nation_is_light(project):
    areas = ["Sample County", *(f"Authority number {n}" for n in range(150))]
    quarters = [f"{year}-{year % 100 + 1}Q{q}" for year in (2018, 2019, 2020) for q in (1, 2, 3, 4)]
    measures = [m.model_copy(update={"name": f"{m.name}_{i}"}) for i in (1, 2) for m in project.measures][:12]
    nation = project.model_copy(update={"measures": measures})
    page = index.render_index(records(nation, areas, quarters), [], nation, root="publish")
    assert len(page.encode()) <= 2_000_000
