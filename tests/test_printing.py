"""A page on paper: printed by the browser that is there, the same bytes each time, refused in words where there is none."""

import itertools
import os
import re
import stat

import pytest

from analysis.errors import Refused, ReportFailed
from analysis.report import outline, printing


@pytest.fixture(scope="module")
def pdf(made, tmp_path_factory):
    """A copy of the sample's page, printed: the page itself is for all tests."""
    try:
        browser = printing.find_browser()
    except Refused as none:
        pytest.skip(str(none))
    page = tmp_path_factory.mktemp("paper") / "report.html"
    page.write_bytes(made.page.read_bytes())
    return printing.print_page(page, browser)


def test_a_page_is_printed_on_a4_beside_itself_and_can_be_read_aloud(pdf):
    data = pdf.read_bytes()
    assert pdf.name == "report.pdf" and pdf.with_name("report.html").is_file()
    assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]", data)
    assert b"/StructTreeRoot" in data and b"/Lang (en)" in data
    assert len(re.findall(rb"/Type /Page\b", data)) > 3


def side_of(cards, page):
    """The sample's page with so many cards on its first side, as closely set as it is then."""
    text = page.read_text(encoding="utf-8")
    one = re.findall(r'<div class="answer">.*?</div>', text, re.S)
    begins, ends = text.index(one[0]), text.rindex(one[-1]) + len(one[-1])
    text = text[:begins] + "".join(itertools.islice(itertools.cycle(one), cards)) + text[ends:]
    return re.sub(r'<main id="main".*?>', f'<main id="main" class="{outline.density([text])}">', text, count=1)


@pytest.mark.parametrize("sample", ["made", "made_borough"])
@pytest.mark.parametrize(
    "cards",  # none, the most of each closeness, and many; those between are the long tests'
    [*(0, 5, 8, 10, 18, 40), *(pytest.param(n, marks=pytest.mark.full) for n in (1, 6, 7, 13, 24))],
)
def test_the_summary_ends_on_one_side_however_many_measures_moved(sample, cards, opened, request, tmp_path):
    page = tmp_path / "report.html"
    page.write_text(side_of(cards, request.getfixturevalue(sample).page), encoding="utf-8")
    tab = opened(page)
    tab.add_style_tag(content="main > :not(.side) { display: none !important; }")
    paper = tab.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", paper)) == 1


def test_what_follows_the_summary_begins_a_side_and_no_address_is_printed(pdf, opened):
    tab = opened(pdf.with_name("report.html"))
    tab.emulate_media(media="print")
    assert tab.evaluate("getComputedStyle(document.querySelector('.side')).breakAfter") == "page"
    assert [n.is_visible() for n in tab.locator("nav").all()] == [False, False]
    assert b"file:" not in pdf.read_bytes() and b"/URI" not in pdf.read_bytes()


def test_the_same_page_gives_the_same_bytes(pdf):
    first = pdf.read_bytes()
    assert printing.print_page(pdf.with_name("report.html"), printing.find_browser()).read_bytes() == first
    assert not [p for p in pdf.parent.iterdir() if p.name.startswith(".")]


def test_without_a_browser_it_is_refused_in_words(monkeypatch):
    monkeypatch.setenv("PATH", "")
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(printing.sys, "platform", "linux")
    with pytest.raises(Refused, match="Chromium, Chrome or Edge") as refused:
        printing.find_browser()
    assert refused.value.exit_code == 2


def test_a_browser_in_its_usual_place_on_windows_is_found(monkeypatch, tmp_path):
    edge = tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    edge.parent.mkdir(parents=True)
    edge.touch()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PROGRAMFILES(X86)", str(tmp_path))
    assert printing.find_browser() == edge


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
@pytest.mark.parametrize("does", ["exit 3", "exit 0", "exec sleep 60"])
def test_a_browser_that_prints_nothing_leaves_the_older_pdf(made, monkeypatch, tmp_path, does):
    broken = tmp_path / "browser"
    broken.write_text(f"#!/bin/sh\n{does}\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    page = tmp_path / "report.html"
    page.write_bytes(made.page.read_bytes())
    page.with_name("report.pdf").write_bytes(b"older")
    monkeypatch.setattr(printing, "TIME_LIMIT", 1)
    with pytest.raises(ReportFailed, match="did not print"):
        printing.print_page(page, broken)
    assert page.with_name("report.pdf").read_bytes() == b"older"
