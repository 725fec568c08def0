"""The page as a Word document, read back: its headings, tables, pictures, lists, links and languages, and nothing else."""

import io
import re
import zipfile
from copy import deepcopy

import docx
import pytest
from docx.oxml.ns import qn
from lxml import html
from PIL import Image

from analysis.report.word_document import covering_text, write_document

HEADINGS = "//main//*[self::h1 or self::h2 or self::h3 or self::h4]"


def unspaced(text):
    return " ".join(text.split())


def heard(element):
    """An element's text without what is for the eye alone."""
    texts = element.xpath(".//text()[not(ancestor::*[@aria-hidden='true'])]")
    return unspaced("".join(texts))


@pytest.fixture(scope="module", params=["made", "made_borough"])
def page(request, tmp_path_factory):
    """A copy of a sample's page, which alone lies in its folder, with the papers made from it."""
    copy = tmp_path_factory.mktemp("word") / "report.html"
    copy.write_bytes(request.getfixturevalue(request.param).page.read_bytes())
    write_document(copy)
    return copy


@pytest.fixture(scope="module")
def read(page):
    return html.document_fromstring(page.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))


@pytest.fixture(scope="module")
def document(page):
    return docx.Document(page.with_name("report.docx"))


def test_headings_are_the_pages_at_their_levels_and_in_its_order(read, document):
    wanted = [(f"Heading {h.tag[1]}", heard(h)) for h in read.xpath(HEADINGS)]
    got = [(p.style.name, unspaced(p.text)) for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert got == wanted and len(got) > 20


def test_tables_hold_what_the_pages_hold_and_say_what_their_first_row_is(read, document):
    wanted = [[[heard(c) for c in row.xpath("./th | ./td")] for row in t.iter("tr")] for t in read.iter("table")]
    assert [[[unspaced(c.text) for c in row.cells] for row in t.rows] for t in document.tables] == wanted
    assert len(wanted) > 10
    for table, caption in zip(document.tables, read.xpath("//table/caption"), strict=True):
        marked = [row._tr.xpath("w:trPr/w:tblHeader") != [] for row in table.rows]
        assert marked == [True] + [False] * (len(marked) - 1)
        (named,) = table._tbl.tblPr.xpath("w:tblCaption/@w:val")
        before = table._tbl.getprevious().xpath("string(.)")
        assert unspaced(named) == unspaced(before) == heard(caption)
        assert not table._tbl.xpath(".//w:gridSpan | .//w:vMerge")


def test_every_picture_keeps_its_text_alternative_and_its_pixels(read, document):
    shapes, images = document.inline_shapes, read.xpath("//main//img")
    assert [s._inline.docPr.get("descr") for s in shapes] == [i.get("alt") for i in images]
    assert all(s._inline.docPr.get("descr") for s in shapes) and len(shapes) > 10
    for shape in shapes:
        held = shape._inline.graphic.graphicData.pic.blipFill.blip.embed
        width, height = Image.open(io.BytesIO(document.part.related_parts[held].blob)).size
        assert shape.width / shape.height == pytest.approx(width / height, rel=0.02)


def test_every_word_of_the_page_is_in_it_and_no_other(read, document):
    read = deepcopy(read)
    for gone in read.xpath("//nav | //svg | //a[@class='skip'] | //style | //head | //*[@aria-hidden='true']"):
        gone.drop_tree()
    body = document.element.body
    words = re.sub(r"[\s:]+", "", "".join(body.xpath(".//w:t/text()")))
    assert words == re.sub(r"[\s:]+", "", "".join(read.xpath("//body//text()")))


def test_it_is_titled_in_the_pages_language_and_on_a4(read, document):
    assert document.core_properties.title == read.findtext(".//title")
    assert document.core_properties.language == "en-GB"
    (spoken,) = document.styles.element.xpath("w:docDefaults/w:rPrDefault/w:rPr/w:lang/@w:val")
    assert spoken == "en-GB"
    assert {(round(s.page_width.cm, 1), round(s.page_height.cm, 1)) for s in document.sections} == {(21.0, 29.7)}


def test_the_first_side_comes_first_and_what_follows_begins_another(read, document):
    broken = [p for p in document.paragraphs if p.paragraph_format.page_break_before]
    after = read.xpath("//section[@class='side']/following::*[self::h2]")[0]
    assert [unspaced(p.text) for p in broken] == [heard(after)]


def test_links_within_the_page_lead_to_bookmarks_that_are_there(read, document):
    body = document.element.body
    anchors = body.xpath(".//w:hyperlink/@w:anchor")
    assert len(anchors) >= len(read.xpath("//main//a[not(ancestor::nav)]"))
    assert set(anchors) <= set(body.xpath(".//w:bookmarkStart/@w:name"))
    assert not [r for r in document.part.rels.values() if r.is_external]


def test_the_same_page_gives_the_same_bytes_and_no_time_of_day(page):
    before = [page.with_name(n).read_bytes() for n in ("report.docx", "summary.txt")]
    write_document(page)
    assert [page.with_name(n).read_bytes() for n in ("report.docx", "summary.txt")] == before
    with zipfile.ZipFile(page.with_name("report.docx")) as packed:
        assert {i.date_time for i in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [n for n in packed.namelist() if "thumbnail" in n]


def test_the_covering_text_is_the_first_side_with_a_line_a_measure_that_moved(page, read):
    text = page.with_name("summary.txt").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[0] == heard(read.xpath("//h1")[0])
    assert heard(read.xpath("//*[@class='headline']")[0]) in lines
    cards = read.xpath("//div[@class='answer']")
    told = [f"- {heard(c.find('h3'))} {heard(c.find('p'))}" for c in cards]
    assert told and [line for line in lines if line in told] == told
    side = unspaced(read.xpath("string(//section[@class='side'])"))
    assert all(unspaced(line.removeprefix("- ")) in side for line in lines if line and line not in told)


PAGE = """<!DOCTYPE html><html lang="cy"><head><meta charset="utf-8"><title>Sir</title></head><body>
<p class="banner" role="note">Not for publication</p><main class="dense"><section class="side"><h1>Sir</h1>
<h2>Pam?</h2><p>Mae <span lang="en">this is English</span> yma &amp; <strong>bold</strong> <em>and
emphasis</em>.</p></section>
<h2 id="x">X</h2><div class="comment"><ol start="3"><li>one<ul><li>inner</li></ul></li><li>two</li></ol>
<ol><li>again</li></ol></div><p><a href="#x">there</a> <a href="#nowhere">gone</a></p>
<table><caption>T</caption><tr><th>a</th></tr></table></main></body></html>"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    page = tmp_path_factory.mktemp("small") / "report.html"
    page.write_text(PAGE, encoding="utf-8")
    write_document(page)
    return page


def test_a_welsh_page_says_so_and_what_is_english_in_it_too(small):
    document = docx.Document(small.with_name("report.docx"))
    assert document.core_properties.language == "cy-GB"
    english = document.element.body.xpath(".//w:r[w:rPr/w:lang/@w:val='en-GB']/w:t/text()")
    assert english == ["this is English"]


def test_marks_lists_and_links_are_words_own(small):
    document = docx.Document(small.with_name("report.docx"))
    (said,) = [p for p in document.paragraphs if p.text.startswith("Mae")]
    assert said.text == "Mae this is English yma & bold and emphasis."
    assert [r.text for r in said.runs if r.bold] == ["bold"]
    assert [r.text for r in said.runs if r.italic] == ["and emphasis"]
    listed = [(p.style.name, p.text) for p in document.paragraphs if p.style.name.startswith("List")]
    numbered, bulleted = "List Number", "List Bullet"
    assert listed == [(numbered, "one"), (bulleted, "inner"), (numbered, "two"), (numbered, "again")]
    numbers = [p._p.pPr.numPr.numId.val for p in document.paragraphs if p.style.name == numbered]
    starts = document.part.numbering_part.element.xpath("w:num[w:lvlOverride]/w:lvlOverride/w:startOverride/@w:val")
    assert numbers[0] == numbers[1] != numbers[2] and starts == ["3", "1"]
    assert [h.xpath("string(.)") for h in document.element.body.iter(qn("w:hyperlink"))] == ["there"]
    assert "Not for publication" in [p.text for p in document.paragraphs]
    assert document.element.body.sectPr.getprevious().tag == qn("w:p")


def test_a_page_without_a_first_side_has_a_document_too(tmp_path):
    page = tmp_path / "report.html"
    page.write_text("<html><head><title>T</title></head><body><main><p>Only this.</p></main></body></html>")
    write_document(page)
    assert [p.text for p in docx.Document(page.with_name("report.docx")).paragraphs] == ["Only this."]
    assert covering_text(html.document_fromstring(page.read_text())) == "T\n"
