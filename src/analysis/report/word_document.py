"""A finished page -> the same page as a Word document beside it, and its first side as text for a covering report.

Nothing is read but the page: what is not on it cannot be in them. Headings, tables, lists and links are Word's own, so
that a screen reader finds its way, and every picture keeps its text alternative.
"""

import base64
import datetime as dt
import io
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml import html
from lxml.html import HtmlElement

from ..language import LOCALES
from ..outputs import SUMMARY_FILE, WORD_FILE, ZIP_EPOCH, replace, undated

FONT, BLUE, QUIET = "Arial", RGBColor(0x12, 0x43, 0x6D), RGBColor(0x3D, 0x3D, 0x3D)
SIZES = {"Normal": 11, "Heading 1": 17, "Heading 2": 15, "Heading 3": 12, "Heading 4": 11, "Caption": 10}  # points
OWN_SIZES = {"Quiet": 9.5, "Card": 9.5, "Cell": 9, "Narrow Cell": 7.5}
WIDTH, HEIGHT, MARGIN = Cm(21), Cm(29.7), Cm(1.9)  # A4
BETWEEN = Cm(0.8)  # two columns
TEXT_WIDTH, SMALL_PICTURE = WIDTH - 2 * MARGIN, Cm(4.2)
SCALES = {
    "": 0.95,
    "dense": 0.85,
    "crowded": 0.78,
    "fullest": 0.7,
}  # of the first side's letters, by how closely it is set
MANY_COLUMNS = 8  # from which a table is set narrower
LONGEST_WORD, LONGEST_CELL = 14, 40  # letters beyond which a column is not made wider for it
SHADE = "F3F5F8"
UNSEEN = (
    "script",
    "style",
    "svg",
    "nav",
)  # the bars are drawn for the eye; the lists of links lead round the page alone
BLOCKS = ("p", "ul", "ol", "table", "figure", "div", "section", "img", "h1", "h2", "h3", "h4")
NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_document(page: Path) -> None:
    """Write `report.docx` and `summary.txt` beside a page; older ones are replaced.

    Parameters
    ----------
    page : pathlib.Path
        An HTML file of this package.
    """
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True)
    read = html.document_fromstring(page.read_bytes(), parser=parser)
    replace(page.with_name(WORD_FILE), undated(_Writer(read).saved()))
    replace(page.with_name(SUMMARY_FILE), covering_text(read).encode("utf-8"))


def covering_text(read: HtmlElement) -> str:
    """Return the first side as plain text: the answer, a line a measure that moved, the targets missed, the doubts."""
    banner = [_words(p) for p in read.xpath("//p[@role='note']")]
    side = read.xpath("//section[@class='side']//*[self::h1 or self::h2 or self::h3 or self::p or self::li]")
    lines = banner
    for e in side:
        card = e.xpath("ancestor::div[@class='answer']")
        if card and e.tag == "p":
            if e is card[0].find("p"):
                lines[-1] += f" {_words(e)}"
        elif e.tag == "li" or card:
            lines.append(f"- {_words(e)}")
        elif e.getparent().tag != "li":
            lines += [_words(e)] if e.tag == "p" else ["", _words(e)]
    return ("\n".join(lines).strip() or read.findtext(".//title") or "") + "\n"


def _words(e: HtmlElement) -> str:
    """Return an element's text as a reader hears it."""
    return " ".join("".join(text for text, _ in _texts(e)).split())


def _texts(e: HtmlElement) -> Iterator[tuple[str, list[HtmlElement]]]:
    """Yield each text in an element with the elements around it, from the inside; without what is for the eye alone."""
    if _unseen(e):
        return
    yield e.text or "", [e]
    for child in e:
        yield from ((text, [*around, e]) for text, around in _texts(child))
        yield ("\n" if child.tag == "br" else "") + (child.tail or ""), [e]


def _unseen(e: HtmlElement) -> bool:
    return e.tag in UNSEEN or e.get("aria-hidden") == "true" or e.get("class") == "skip"


class _Writer:
    """Puts a page's blocks into a document, one after the other."""

    def __init__(self, page: HtmlElement):
        self.document: Document = docx.Document()
        self.names = {
            e.get("id"): f"_{i}" for i, e in enumerate(page.xpath("//*[@id]"))
        }  # a bookmark's letters are few
        self.waiting: list[str] = []  # names of bookmarks that begin with the next paragraph
        self.new_page, self.in_card = False, False
        language = LOCALES[page.get("lang", "en")].replace("_", "-")
        self.language = language if "-" in language else f"{language}-GB"
        self._set_up(page)
        for child in page.body:
            self.block(child)

    def saved(self) -> bytes:
        body = self.document.element.body
        if body.sectPr.getprevious() is None or body.sectPr.getprevious().tag == qn("w:tbl"):
            self.document.add_paragraph()  # a document ends with a paragraph
        packed = io.BytesIO()
        self.document.save(packed)
        return packed.getvalue()

    def _set_up(self, page: HtmlElement) -> None:
        core = self.document.core_properties
        core.title, core.language = page.findtext(".//title") or "", self.language
        core.author, core.comments, core.last_modified_by = "Trend or Spike", "", ""
        core.created = core.modified = dt.datetime(*ZIP_EPOCH)
        for rel in [r for r in self.document.part.package.rels.values() if r.reltype.endswith("thumbnail")]:
            self.document.part.package.rels.pop(rel.rId)
        styles = self.document.styles
        for name, size in OWN_SIZES.items():
            styles.add_style(name, 1).base_style = styles["Normal"]
            form = styles[name].paragraph_format
            form.space_before, form.space_after = Pt(0), Pt(0 if "Cell" in name else 2)
            styles[name].font.size = Pt(size)
        styles["Quiet"].font.color.rgb = QUIET
        for name, size in SIZES.items():
            font = styles[name].font
            font.size, font.italic = Pt(size), False
            fonts = styles[name].element.get_or_add_rPr().get_or_add_rFonts()
            fonts.attrib.clear()
            for script in ("ascii", "hAnsi", "cs", "eastAsia"):
                fonts.set(qn(f"w:{script}"), FONT)
            if name != "Normal":
                font.bold, font.color.rgb = True, BLUE if name in ("Heading 1", "Heading 2") else RGBColor(0, 0, 0)
                styles[name].paragraph_format.keep_with_next = True
        styles["Normal"].paragraph_format.space_before = styles["Quiet"].paragraph_format.space_before = Pt(3)
        styles["Normal"].paragraph_format.space_after = Pt(3)
        styles["Caption"].paragraph_format.space_before = Pt(10)
        (spoken,) = styles.element.xpath("w:docDefaults/w:rPrDefault/w:rPr/w:lang")
        spoken.set(qn("w:val"), self.language)
        section = self.document.sections[0]
        section.page_width, section.page_height = WIDTH, HEIGHT
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN
        numbers = section.footer.paragraphs[0]
        numbers.paragraph_format.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)
        for text, field in (("\t", "PAGE"), (" / ", "NUMPAGES")):
            numbers.add_run(text)
            shown = OxmlElement("w:fldSimple")
            shown.set(qn("w:instr"), field)
            shown.append(numbers.add_run("1")._r)
            numbers._p.append(shown)

    def block(self, e: HtmlElement) -> None:
        """Write an element that stands by itself."""
        if _unseen(e):
            return
        if e.get("id"):
            self.waiting.append(self.names[e.get("id")])
        kind = e.get("class", "")
        if re.fullmatch("h[1-4]", e.tag):
            self.words(e, f"Heading {e.tag[1]}")
        elif e.tag in ("p", "figcaption"):
            self.words(e, "Quiet" if kind == "quiet" else "Caption" if e.tag == "figcaption" else "")
        elif e.tag in ("ul", "ol") and kind == "overview":
            for item in e:
                self.tile(item)
        elif e.tag in ("ul", "ol"):
            self.items(e)
        elif e.tag == "table":
            self.table(e)
        elif e.tag == "img":
            self.picture(e, self.paragraph(), TEXT_WIDTH)
        elif kind == "answers":
            self.columns(2)
            self.inside(e)
            self.columns(1)
        else:
            self.in_card = kind == "answer"
            begun = len(self.document.paragraphs)
            self.inside(e)
            self.in_card = False
            if kind == "side":
                self.scale(self.document.paragraphs[begun:], SCALES.get(e.getparent().get("class", ""), 1.0))
                self.new_page = True

    def scale(self, written: list[Paragraph], scale: float) -> None:
        for paragraph in written:
            for element in paragraph._p.iter(qn("w:r")):
                size = paragraph.style.font.size or self.document.styles["Normal"].font.size
                Run(element, paragraph).font.size = Pt(round(2 * scale * size.pt) / 2)

    def inside(self, e: HtmlElement) -> None:
        """Write what stands in an element that holds others; text that stands there by itself is a paragraph too."""
        if not any(child.tag in BLOCKS for child in e):
            if _words(e):
                self.words(e)
            return
        for child in e:
            self.block(child)

    def paragraph(self, style: str = "") -> Paragraph:
        written = self.document.add_paragraph(style=style or ("Card" if self.in_card else None))
        if self.new_page:
            written.paragraph_format.page_break_before, self.new_page = True, False
        for name in self.waiting:
            number = str(len(self.document.element.xpath("//w:bookmarkStart")))
            for tag in ("w:bookmarkStart", "w:bookmarkEnd"):
                mark = OxmlElement(tag)
                mark.set(qn("w:id"), number)
                if tag.endswith("Start"):
                    mark.set(qn("w:name"), name)
                written._p.append(mark)
        self.waiting = []
        return written

    def words(self, e: HtmlElement, style: str = "") -> Paragraph:
        return self.fill(self.paragraph(style), e)

    def fill(self, written: Paragraph, e: HtmlElement, *, bold: bool = False) -> Paragraph:
        """Write an element's text into a paragraph: bold, emphasis, links within the page, another language."""
        link, begun = None, False
        for text, around in _texts(e):
            said = re.sub(r"[ \t\r\f]*\n[ \t\r\f]*" if around[0].tag != "br" else r"(?!)", " ", NO_XML.sub("", text))
            said = re.sub(r"[ \t]+", " ", said) if begun else re.sub(r"[ \t]+", " ", said).lstrip()
            if not said:
                continue
            begun = not said.endswith(" ") or begun
            run, tags = written.add_run(said), {a.tag for a in around}
            run.bold = True if bold or tags & {"strong", "b", "th"} else None
            run.italic = True if "em" in tags or e.get("class") == "settles" else None
            spoken = next((a.get("lang") for a in around if a.get("lang")), None)
            if spoken:
                self.speaks(run, spoken)
            place = next((a.get("href", "")[1:] for a in around if a.tag == "a"), None)
            if place in self.names:
                if link is None or link.get(qn("w:anchor")) != self.names[place]:
                    link = OxmlElement("w:hyperlink")
                    link.set(qn("w:anchor"), self.names[place])
                    written._p.append(link)
                run.underline = True
                link.append(run._r)
            else:
                link = None
        return written

    def speaks(self, run: Run, language: str) -> None:
        mark = OxmlElement("w:lang")
        mark.set(qn("w:val"), LOCALES[language].replace("_", "-"))
        run._r.get_or_add_rPr().append(mark)

    def items(self, e: HtmlElement) -> None:
        """Write a list; one that is numbered begins anew."""
        numbered = e.tag == "ol"
        number = self.begin_numbers(int(e.get("start", "1"))) if numbered else None
        for item in e:
            own = self.words(_without_lists(item), "List Number" if numbered else "List Bullet")
            if number is not None:
                properties = own._p.get_or_add_pPr().get_or_add_numPr()
                properties.get_or_add_ilvl().val, properties.get_or_add_numId().val = 0, number
            for inner in item.xpath("./ul | ./ol"):
                self.items(inner)

    def begin_numbers(self, first: int) -> int:
        numbering = self.document.part.numbering_part.element
        style = self.document.styles["List Number"].element.pPr.numPr.numId.val
        (kind,) = numbering.xpath(f"w:num[@w:numId='{style}']/w:abstractNumId/@w:val")
        new = numbering.add_num(int(kind))
        new.add_lvlOverride(ilvl=0).add_startOverride(first)
        return new.numId

    def tile(self, item: HtmlElement) -> None:
        """Write a measure of the overview: its small picture, its title, its word."""
        line = self.paragraph()
        for img in item.iter("img"):
            self.picture(img, line, SMALL_PICTURE)
        line.add_run("  ")
        for part in item:
            if part.tag != "img":
                self.fill(line, part, bold=part.tag == "strong")
                line.add_run(": " if part.tag == "a" else "")

    def picture(self, img: HtmlElement, line: Paragraph, width: Any) -> None:
        data = base64.b64decode(img.get("src").partition("base64,")[2])
        shape = line.add_run().add_picture(io.BytesIO(data), width=width)
        shape._inline.docPr.set("descr", img.get("alt", ""))

    def table(self, e: HtmlElement) -> None:
        """Write a table under its caption: its first row marked as headings that each side repeats, no row split."""
        named = "".join(_words(c) for c in e.iter("caption"))
        rows = [[c for c in row if c.tag in ("th", "td")] for row in e.iter("tr")]
        if not rows:
            return
        self.words(next(e.iter("caption")), "Caption")
        table = self.document.add_table(len(rows), len(rows[0]), "Table Grid")
        table.autofit = False
        widths = _widths([[_words(c) for c in row] for row in rows])
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        style = self.document.styles["Narrow Cell" if len(rows[0]) >= MANY_COLUMNS else "Cell"]
        for at, (row, cells) in enumerate(zip(table.rows, rows, strict=True)):
            of_row = row._tr.get_or_add_trPr()
            of_row.append(OxmlElement("w:cantSplit"))
            if at == 0:
                of_row.append(OxmlElement("w:tblHeader"))
            for cell, width, own in zip(row.cells, widths, cells, strict=True):
                cell.width = width
                cell.paragraphs[0].style = style
                self.fill(cell.paragraphs[0], own)
                if at == 0:
                    _set(cell._tc.get_or_add_tcPr(), "w:shd", val="clear", color="auto", fill=SHADE)
        properties = table._tbl.tblPr
        for look in properties.xpath("w:tblLook"):
            look.attrib.clear()
            for flag in ("firstRow", "firstColumn"):
                look.set(qn(f"w:{flag}"), "1")
            for flag in ("lastRow", "lastColumn", "noVBand", "noHBand"):
                look.set(qn(f"w:{flag}"), "1" if flag.startswith("no") else "0")
        _set(properties, "w:tblCaption", val=named)

    def columns(self, count: int) -> None:
        """Let what follows stand in columns: the section ends with the paragraph before, so that none is left empty."""
        body = self.document.element.body
        before = body.sectPr.getprevious()
        if before is None or before.tag != qn("w:p"):
            before = self.document.add_paragraph()._p
        before.get_or_add_pPr().append(deepcopy(body.sectPr))
        following = self.document.sections[-1]
        for reference in body.sectPr.xpath("w:headerReference | w:footerReference"):
            body.sectPr.remove(reference)
        following.start_type = WD_SECTION.CONTINUOUS
        (columns,) = body.sectPr.xpath("w:cols")
        columns.set(qn("w:num"), str(count))
        columns.set(qn("w:space"), str(BETWEEN.twips))


def _set(parent: Any, tag: str, **attributes: str) -> None:
    new = OxmlElement(tag)
    for name, value in attributes.items():
        new.set(qn(f"w:{name}"), value)
    parent.append(new)


def _without_lists(item: HtmlElement) -> HtmlElement:
    own = deepcopy(item)
    for inner in own.xpath("./ul | ./ol"):
        inner.drop_tree()
    return own


def _widths(rows: list[list[str]]) -> list[int]:
    """Share the text's width among the columns: room for the longest word, and more for longer cells."""
    wanted = []
    for column in zip(*rows, strict=True):
        word = max((len(w) for cell in column for w in cell.split()), default=1)
        cell = max(map(len, column))
        wanted.append(2 + min(word, LONGEST_WORD) + min(cell, LONGEST_CELL) / 4)
    return [int(TEXT_WIDTH * w / sum(wanted)) for w in wanted]
