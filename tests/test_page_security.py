"""What must not reach a published byte, and what must reach it as text and nothing else."""

import base64
import io
import re
import zipfile

import nbformat
import openpyxl
import pandas as pd
import pytest
from conftest import judged
from IPython.utils.capture import capture_output

from analysis import open_case, pipeline, run
from analysis.periods import parse_quarter
from analysis.report import charts, page, running
from analysis.report.spreadsheet import HEADER_ROW, workbook

CANARY = "Zebedee"
MONTHS = pd.period_range("2017-04", "2021-03", freq="M")
QUARTER = parse_quarter("2020-21Q4")
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    '=HYPERLINK("http://example.org";"x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "{{ 7*7 }} {% for x in y %} {# gone #}",
    "$\\frac{1}{0}$ \\n %s {0}",
    "\u202eesrever\u202c next",
    "</style></title></table><h1>mine",
    "W" * 120,
]
BIDI = str.maketrans("", "", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
PNG_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


def toml(text: str) -> str:
    """Write a TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def published(folder):
    """Give every published byte: as it lies there, unzipped, and out of its pictures."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        yield str(path.relative_to(folder)), data
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                yield from ((name, book.read(name)) for name in book.namelist())
        for i, picture in enumerate(re.findall(rb"base64,([A-Za-z0-9+/=]+)", data)):
            yield f"{path.name}, picture {i}", base64.b64decode(picture)


def chunks(png: bytes) -> set[bytes]:
    """Return the kinds of chunk in a PNG."""
    found, at = set(), 8
    while at < len(png):
        found.add(png[at + 4 : at + 8])
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return found


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    """A report whose every input field holds a canary, and whose notebook says more than it should."""
    folder = tmp_path_factory.mktemp(f"{CANARY}-folder")
    rows = [
        {
            "id": f"{CANARY}-id-{i % 400}",
            "event_date": f"{month}-{1 + i % 28:02d}" if i % 97 else f"{CANARY}-date",
            "kind": f"{CANARY}-kind",
            "source": f"{CANARY}-source-{i % 3}",
            "team": f"{CANARY}-team-{i % 2}",
            "recorded_on": f"{month}-28",
            "worker": f"{CANARY}-worker",
            "note": f"{CANARY} rang, and said =1+1",
        }
        for month in MONTHS
        for i in range(60)
    ]
    pd.DataFrame(rows).to_csv(folder / "contacts.csv", index=False)
    counts = {"month": MONTHS.astype(str), "leavers": 12, "posts": 200, "by": f"{CANARY}-by"}
    pd.DataFrame(counts).to_csv(folder / "workforce.csv", index=False)
    (folder / "kinds.csv").write_text(f"raw,category\n{CANARY}-kind,contact\n", encoding="utf-8")
    config = folder / "measures.toml"
    config.write_text(
        """
[project]
name = "Place"
nation = "england"

[[dataset]]
name = "contacts"
path = "contacts.csv"
kind = "cases"
columns = { child = "id", date = "event_date", category = "kind", source = "source", area = "team", recorded = "recorded_on" }
categories = "kinds.csv"

[[dataset]]
name = "workforce"
path = "workforce.csv"
kind = "counts"
columns = { period = "month", value = "leavers", denominator = "posts" }

[[measure]]
name = "contacts"
title = "Contacts"
dataset = "contacts"
type = "flow"
where = { category = ["contact"] }

[[measure]]
name = "turnover"
title = "Staff who left"
dataset = "workforce"
type = "percent"
polarity = "decrease"
""",
        encoding="utf-8",
    )
    notebook = nbformat.read(running.notebook_path(), as_version=4)
    notebook.cells.insert(
        -1,
        nbformat.v4.new_code_cell(
            f"import sys, warnings\nfrom IPython.display import HTML, display\n"
            f"print('{CANARY}-print'); print('{CANARY}-error', file=sys.stderr); warnings.warn('{CANARY}-warning')\n"
            f"display(HTML('<p>{CANARY}-display</p>')); display({{'text/html': '{CANARY}'}}, raw=True)\n'{CANARY}-last'"
        ),
    )
    altered = folder / "altered.ipynb"
    nbformat.write(notebook, altered)
    outputs = folder / "outputs"
    assert run.make_report(pipeline.prepare(config), QUARTER, None, outputs, notebook=altered).page.is_file()
    return outputs


def test_no_published_byte_holds_a_canary(leaky):
    found = dict(published(leaky / "publish"))
    assert sum("picture" in name for name in found) == 4
    assert {"xl/workbook.xml", "docProps/core.xml"} < set(found)
    assert [name for name, data in found.items() if CANARY.lower().encode() in data.lower()] == []


def test_the_canaries_were_there_to_be_found(leaky):
    kept = [p.read_bytes() for p in (leaky / "restricted").rglob("*") if p.is_file()]
    for canary in (f"{CANARY}-print", f"{CANARY}-warning", f"{CANARY}-last", f"{CANARY}-display"):
        assert any(canary.encode() in data for data in kept), canary


def test_a_picture_holds_nothing_but_its_pixels(leaky):
    pictures = [data for name, data in published(leaky / "publish") if "picture" in name]
    assert pictures and all(chunks(picture) <= PNG_CHUNKS for picture in pictures)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A project in which every name that is shown is hostile, judged."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = [
        (f"{month}-{1 + i:02d}", HOSTILE[i % len(HOSTILE)], HOSTILE[(i + 1) % len(HOSTILE)], f"{month}{i}{j}")
        for month in MONTHS
        for i in range(16)
        for j in range(7 if month < MONTHS[-1] else 13)
    ]
    pd.DataFrame(rows, columns=["day", "source", "team", "id"]).to_csv(folder / "contacts.csv", index=False)
    text = f"""
[project]
name = {toml(HOSTILE[0])}
note = {toml(HOSTILE[3])}
nation = "england"

[[dataset]]
name = "contacts"
path = "contacts.csv"
kind = "cases"
columns = {{ child = "id", date = "day", source = "source", area = "team" }}
"""
    for i, name in enumerate(HOSTILE):
        text += f"""
[[measure]]
name = "m{i}"
title = {toml(name)}
dataset = "contacts"
type = "flow"
breakdown = ["source", "area"]

[[event]]
date = 2020-{i + 1:02d}-10
title = {toml(name)}
effect = "recording"
"""
    (folder / "measures.toml").write_text(text, encoding="utf-8")
    return judged(open_case(folder / "measures.toml", quarter=QUARTER))


@pytest.fixture(scope="module")
def hostile_page(hostile, tmp_path_factory):
    """Its page, as the template makes it."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.instance()
    with capture_output() as got:
        for section in (
            page.answers,
            page.overview,
            page.quality,
            page.summary,
            page.measures,
            page.record,
            page.limits,
        ):
            section(hostile)
    InteractiveShell.clear_instance()
    outputs = [nbformat.v4.new_output("display_data", o.data, metadata=o.metadata) for o in got.outputs]
    folder = tmp_path_factory.mktemp("page")
    cell = nbformat.v4.new_code_cell("page", outputs=outputs, execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "executed.ipynb")
    made = running.render(folder / "executed.ipynb", hostile.project, title=HOSTILE[6], revised=[HOSTILE[0]])
    (folder / "report.html").write_bytes(made)
    return folder / "report.html"


def test_hostile_names_are_text_in_a_browser_and_break_nothing(hostile_page, opened):
    tab = opened(hostile_page, 390, 844)
    assert tab.complaints == []
    assert tab.evaluate("document.scripts.length") == 0
    assert tab.evaluate("[...document.images].every(i => i.src.startsWith('data:image/png') && i.naturalWidth > 0)")
    assert tab.locator("h1").count() == tab.locator("main").count() == tab.locator("style").count() == 1
    assert tab.title() == HOSTILE[6]
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    shown = tab.evaluate("document.body.textContent")
    for name in HOSTILE:
        assert name.translate(BIDI) in shown, name
    assert shown.translate(BIDI) == shown  # nothing turns the words after it round


def test_hostile_names_are_drawn_as_letters(hostile):
    for m in hostile.measures:
        figure = charts.chart(
            hostile.rows(m.name), measure=m.name, quarter=QUARTER, title=m.title, events=tuple(hostile.project.events)
        )
        assert chunks(charts.png(figure)) <= PNG_CHUNKS
        written = [t.get_text() for t in figure.axes[0].texts]
        assert any(t.startswith("{{ 7*7 }}") for t in written) and any("$\\frac" in t for t in written)
        assert not any(t.get_parse_math() for t in figure.axes[0].texts)


def test_hostile_names_are_text_in_the_spreadsheet(hostile):
    book = openpyxl.load_workbook(io.BytesIO(workbook(hostile)))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
    assert not [c.coordinate for c in cells if c.data_type == "f"]
    titles = [row[0].value for row in book["Summary"].iter_rows(min_row=HEADER_ROW + 1)]
    assert titles == HOSTILE
