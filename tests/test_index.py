"""The index in a real browser: accessible, whole without its script, and able to find, choose and sort with it."""

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT

from analysis import load
from analysis.run import index

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} & Söns"
AREAS = ["Sample County", "North", "South", "Central", HOSTILE]
QUARTERS = ["2020-21Q2", "2020-21Q3", "2020-21Q4"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def project():
    return load(ROOT / "measures.toml")


@pytest.fixture(scope="module")
def page(project, tmp_path_factory):
    calls, done = itertools.cycle(index.ICONS), []
    for number, (quarter, area) in enumerate(itertools.product(QUARTERS, AREAS)):
        if (quarter, area) != ("2020-21Q3", "North"):
            parameters = {"quarter": quarter, "area": area, "profile": "council", "as_at": "2021-04-12"}
            said = {m.name: next(calls) for m in project.measures}
            files = {f"publish/{quarter}/{number}/report.html": "", f"publish/{quarter}/{number}/figures.csv": ""}
            done.append({"state": "done", "parameters": parameters, "files": files, "calls": said})
    failed = [{"quarter": "2020-21Q3", "area": "North", "reason": "It took too long.", "code": "TIMED_OUT"}]
    path = tmp_path_factory.mktemp("index") / "index.html"
    path.write_text(index.render_index(done, failed, project, root="publish"), encoding="utf-8")
    return path


@pytest.mark.parametrize("size", [(1100, 800), (390, 844)], ids=["desktop", "phone"])
def test_axe_finds_nothing(page, opened, size):
    tab = opened(page, *size)
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(tab, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert not found.violations_count, found.generate_report()
    assert tab.complaints == []
    assert tab.evaluate("document.documentElement.scrollWidth") == size[0]


def test_every_page_is_linked_and_every_failure_told(page, opened, project):
    tab = opened(page)
    links = tab.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    assert len(set(links)) == len(QUARTERS) * len(AREAS) - 1 and all(n.endswith("/report.html") for n in links)
    assert tab.locator("li").inner_text() == "North, Quarter 3 2020/21: It took too long. [TIMED_OUT]"
    assert tab.locator("table").count() == len(QUARTERS) + len(AREAS)
    assert tab.locator("table").first.locator("tbody tr").count() == len(AREAS)
    assert HOSTILE in tab.locator("table").first.inner_text()


def test_without_its_script_the_index_is_whole(page, browser):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(page.as_uri())
    assert tab.locator("table").first.locator("tbody tr:visible").count() == len(AREAS)
    assert not tab.locator(".tools").is_visible() and tab.locator("th button").count() == 0
    context.close()


def test_areas_are_found_chosen_and_sorted(page, opened):
    tab = opened(page)
    rows = tab.locator("table").first.locator("tbody tr:visible")
    tab.get_by_label("Find an area").fill("nor")
    assert [r.split("\t")[0] for r in rows.all_inner_texts()] == ["North"]
    assert tab.locator("#found").inner_text() == "1 areas shown"
    tab.get_by_label("Find an area").fill("")
    tab.get_by_label("Show areas where a measure is").select_option("trend")
    assert all("trend" in text for text in rows.all_inner_texts())
    tab.get_by_label("Show areas where a measure is").select_option("")
    heading = tab.locator("table").first.locator("thead button").first
    for order in ("ascending", "descending"):
        heading.click()
        assert tab.locator("table").first.locator("thead th").first.get_attribute("aria-sort") == order
        names = [r.split("\t")[0] for r in rows.all_inner_texts()]
        assert (names[0], names[-1]) == ((HOSTILE, "South") if order == "ascending" else ("South", HOSTILE))
