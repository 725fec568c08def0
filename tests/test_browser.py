"""Both samples' pages in a real browser, the network out of reach: accessible, whole, and no wider than the screen."""

import functools
import itertools
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import tab_of

DESKTOP, PHONE, ZOOMED = (1100, 800), (390, 844), (320, 256)  # the last: 1280 by 1024 pixels at 400%
PAPER = 680  # pixels between the margins of A4
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture(scope="module", params=["county", "borough"])
def page(request):
    return request.getfixturevalue({"county": "made", "borough": "made_borough"}[request.param]).page


@pytest.fixture(scope="module")
def looked_at(page, browser):
    """Return a function that gives a tab of a size, opened once for all tests that only look."""
    return functools.cache(lambda width=1100, height=800: tab_of(browser, page, width, height))


@SIZES
def test_axe_finds_nothing(page, opened, size):
    found = Axe().run(opened(page, *size), options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert not found.violations_count, found.generate_report()


@SIZES
def test_the_page_is_whole_without_a_network_and_keeps_its_own_policy(looked_at, size):
    tab = looked_at(*size)
    assert tab.complaints == []
    assert tab.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert tab.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(18, 67, 109)"
    assert tab.evaluate("document.scripts.length") == 0


@pytest.mark.parametrize("size", [DESKTOP, PHONE, ZOOMED], ids=["desktop", "phone", "400%"])
def test_the_page_never_scrolls_sideways(looked_at, size):
    tab = looked_at(*size)
    assert tab.evaluate("document.documentElement.scrollWidth") == size[0]
    beyond = """[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll')
        && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"""
    assert tab.evaluate(beyond) == []


def test_nothing_is_cut_off_on_paper_and_tables_stay_tables(page, opened):
    tab = opened(page, PAPER, 1000)
    tab.emulate_media(media="print")
    beyond = (
        "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert tab.evaluate("document.documentElement.scrollWidth") == PAPER
    assert tab.evaluate(beyond) == 0
    assert tab.evaluate("getComputedStyle(document.querySelector('table.summary tbody tr')).display") == "table-row"
    assert not tab.locator(".skip").is_visible()


def test_on_a_phone_a_row_is_a_card_whose_figures_are_labelled(looked_at):
    cell = looked_at(*PHONE).locator("table.summary td").first
    assert cell.evaluate("e => getComputedStyle(e.parentElement).display") == "grid"
    assert cell.evaluate("e => getComputedStyle(e, '::before').content").startswith('"This quarter"')


def test_headings_and_landmarks_lead_through_the_page(looked_at):
    tab = looked_at()
    levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert tab.locator("main").count() == 1
    assert tab.evaluate("document.documentElement.lang") == "en"
    assert re.search(r"Quarter \d 20\d\d/\d\d", tab.title())


def test_the_first_key_press_leads_past_everything_to_the_answer(page, opened):
    tab = opened(page)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    assert tab.locator(":focus").is_visible()
    tab.keyboard.press("Enter")
    assert tab.url.endswith("#main")


@SIZES
def test_tables_keep_their_roles_headings_and_captions(looked_at, size):
    tab = looked_at(*size)
    tables = tab.get_by_role("table")
    assert tables.count() == tab.locator("table").count() > 5
    assert tab.locator("table > caption").count() == tables.count()
    assert tab.locator("th:not([scope])").count() == 0
    summary = tables.first
    rows = summary.get_by_role("row").count()
    assert summary.get_by_role("rowheader").count() == rows - 1
    assert summary.get_by_role("columnheader").count() > 5


def test_every_picture_states_its_message_and_its_figures(looked_at):
    alts = looked_at().evaluate("[...document.images].map(i => i.alt)")
    assert len(alts) > 5
    assert all(re.search(r"\d", alt) and len(alt) > 40 for alt in alts), alts
    assert not any(alt.startswith(("No description", "image", "Figure")) for alt in alts)
