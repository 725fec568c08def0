"""The page: what is stamped and nothing else, escaped, and readable without sight, script or network."""

import dataclasses
import datetime as dt
import html.parser
import itertools
import re

import nbformat
import pandas as pd
import pytest
from conftest import ROOT
from IPython.utils.capture import capture_output
from nbconvert import HTMLExporter

from analysis.config import load
from analysis.disclosure import seal
from analysis.report import page, running
from analysis.report.commentary import REQUESTS
from analysis.report.words import frame


@pytest.fixture(scope="module", autouse=True)
def shell():
    """A shell that takes what is displayed, as a kernel does."""
    from IPython.core.interactiveshell import InteractiveShell

    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def shown(function, *arguments) -> str:
    with capture_output() as got:
        function(*arguments)
    assert all(o.metadata.get("release") for o in got.outputs)
    return "".join(o.data.get("text/html", "") for o in got.outputs)


@pytest.fixture(scope="module")
def text(made) -> str:
    return made.page.read_text(encoding="utf-8")


class Reader(html.parser.HTMLParser):
    """Collects tags, attributes and text, as a browser would meet them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_states_the_committees_figures(text):
    words = " ".join(Reader(text).words)
    for figure in (
        "47 in February 2021",
        "103 in March 2021",
        "600 in March 2021",
        "62%: 124 of 200",
        "target of 90%",
        "734 of 799",
        "65 outside",
        "35 of the 65",
    ):
        assert figure in words, figure


def test_every_measure_is_answered_with_a_probability(case, text):
    for measure in case.measures:
        start = text.index(f'<h3 id="measure-{measure.name}">{measure.title}</h3>')
        part = text[start : text.find("<h3", start + 4)]
        little = case.verdicts.loc[measure.name, "call"] == "too little data"
        assert re.search(r"<strong>" + re.escape(measure.title) + r": [^<]+</strong>", part)
        assert little or re.search(r"How sure: (over |under )?\d+%", part), measure.name


def test_no_script_and_nothing_from_elsewhere(text):
    tags = Reader(text).tags
    assert not [t for t, _ in tags if t in ("script", "iframe", "object", "embed", "form", "link")]
    addresses = [a[k] for _, a in tags for k in ("src", "href") if k in a]
    beside = {"tables.xlsx", "figures.csv", "../../index.html"}
    assert all(a.startswith(("data:image/png;base64,", "#")) for a in addresses if a not in beside)
    assert beside <= set(addresses)
    assert not [a for _, a in tags if any(k.startswith("on") for k in a)]
    policy = next(a["content"] for t, a in tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def test_pictures_have_a_text_that_states_the_figures(case, text):
    alts = [a["alt"] for t, a in Reader(text).tags if t == "img"]
    drawn = [m for m in case.measures if case.rows(m.name)["value"].notna().any()]
    assert len(alts) == 2 * len(drawn)  # small in the overview, and large
    assert sum("103 in March 2021" in alt for alt in alts) == 2
    assert "Small picture of Contacts at the front door: between 234 and 600 since April 2016." in alts[0]
    assert not any("No description" in alt for alt in alts)


def test_headings_do_not_skip_a_level_and_tables_have_captions_and_scopes(text):
    tags = Reader(text).tags
    levels = [int(t[1]) for t, _ in tags if re.fullmatch(r"h[1-6]", t)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    count = {name: sum(t == name for t, _ in tags) for name in ("table", "caption", "main", "title")}
    assert count["table"] == count["caption"] > 0
    assert count["main"] == count["title"] == 1
    assert all("scope" in a for t, a in tags if t == "th")
    assert ("html", {"lang": "en"}) in tags


def test_what_is_printed_warned_or_left_on_the_last_line_does_not_reach_the_page(tmp_path):
    stamped = nbformat.v4.new_output("display_data", {"text/html": "<p>released</p>"}, metadata=page.STAMP)
    others = [
        nbformat.v4.new_output("stream", name="stdout", text="CANARY-print"),
        nbformat.v4.new_output("stream", name="stderr", text="CANARY-warning"),
        nbformat.v4.new_output("display_data", {"text/html": "CANARY-unstamped"}),
        nbformat.v4.new_output(
            "execute_result", {"text/plain": "CANARY-last-line"}, metadata=page.STAMP, execution_count=1
        ),
        nbformat.v4.new_output("error", ename="E", evalue="CANARY-error", traceback=["CANARY"]),
    ]
    cells = [
        nbformat.v4.new_markdown_cell("CANARY-markdown"),
        nbformat.v4.new_raw_cell("CANARY-raw"),
        nbformat.v4.new_code_cell("'CANARY-source'", outputs=[stamped, *others], execution_count=1),
    ]
    notebook = tmp_path / "n.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    got = running.render(notebook, load(ROOT / "measures.toml"), title="T").decode()
    assert "<p>released</p>" in got
    assert "CANARY" not in got


HOSTILE = [
    "<script>alert(1)</script>",
    '=HYPERLINK("x")',
    "{{ 7*7 }} {% raw %}",
    "$\\frac{1}{0}$",
    "a\"b'c&d",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_text(case, name):
    project = case.project.model_copy(
        update={"measures": [m.model_copy(update={"title": name}) for m in case.project.measures]}
    )
    tables = {
        t: getattr(case, t).assign(area=name) for t in ("months", "questions", "calls", "quarters", "parts", "others")
    }
    sealed = tables | {"months": tables["months"].dropna(subset="status")}  # those ahead hold no figure
    sealed |= {t: pd.DataFrame(getattr(case, t)) for t in ("quality", "bulk")}
    hostile = dataclasses.replace(case, project=project, area=name, seal=seal(sealed)[name], **tables)
    got = shown(page.answers, hostile) + shown(page.summary, hostile) + shown(page.record, hostile)
    assert "<script" not in got
    assert name in " ".join(Reader(got).words)


def test_a_title_reaches_the_head_of_the_page_as_text(tmp_path):
    notebook = tmp_path / "n.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), notebook)
    got = running.render(notebook, load(ROOT / "measures.toml"), title="</title><script>x</script>{{ 7*7 }}").decode()
    assert "<script" not in got and "{{ 7*7 }}" in got


def test_the_first_screen_answers_in_a_sentence_and_says_of_each_change_what_would_settle_it(case):
    got = shown(page.answers, case)
    words = " ".join(Reader(got).words)
    assert "Children looked after: a rising trend." in words and "Nothing else moved more than usual." in words
    answered = re.findall(r'<h3><a href="#measure-\w+">(.*?): .*?</a></h3>', got)
    calls = [case.verdicts.loc[m.name, "call"] for t in answered for m in case.measures if m.title == t]
    moved = case.verdicts["call"][~case.verdicts["call"].isin(["usual variation", "too little data"])]
    assert calls[:2] == ["trend", "trend"] and sorted(calls) == sorted(moved)
    assert (
        "March 2021: 600, where 8 months in 10 would lie between 387 and 568." in words
    )  # the month stands out, its quarter does not
    assert "Of 13 measures, about 3 would stand out by chance alone." in words


def test_the_first_side_says_which_targets_are_missed_and_whether_the_figures_can_be_believed(case):
    first, quality = shown(page.answers, case), shown(page.quality, case)
    told = re.findall(r"<li>(.*?)</li>", first[first.index("Targets missed") :].partition("</ul>")[0])
    assert told == [
        "Assessments signed off in time, red: 62% this quarter (124 of 200), target 90%. 85.7% the quarter before.",
        "Statutory visits made in time, amber: 91.9% this quarter (734 of 799), target 95%. 94.2% the quarter before.",
    ]
    doubts = re.findall(r"<p>(.*?)</p>", first[first.index('href="#quality"') :])
    assert "68 had the work done in time and were only signed off late" in doubts[1]
    assert all(d in re.findall(r"<(?:p|li)>(.*?)</(?:p|li)>", quality) for d in doubts)


def test_no_heading_stands_over_targets_where_none_is_missed(case):
    met = dataclasses.replace(case, targets={})
    assert "Targets missed" not in shown(page.answers, met)


def test_the_contents_list_leads_to_every_section_and_the_end_to_what_lies_beside(text):
    contents = re.search(r'<nav class="contents".*?</nav>', text).group()
    sections = re.findall(r'<h2 id="(\w+)">(.*?)</h2>', text)
    assert re.findall(r'<a href="#(\w+)">(.*?)</a>', contents) == sections and len(sections) > 6
    assert text.index('<section class="side">') < text.index(contents) < text.index('<h2 id="overview">')
    forms = re.search(r'<nav class="forms".*?</nav>', text).group()
    assert re.findall(r'href="(.*?)"', forms) == ["tables.xlsx", "figures.csv", "../../index.html"]


def test_the_overview_leads_from_every_measure_to_its_section(case, text):
    tiles = shown(page.overview, case)
    addresses = [a["href"] for t, a in Reader(tiles).tags if t == "a"]
    assert addresses == [f"#measure-{m.name}" for m in case.measures]
    assert all(text.count(f'id="{address[1:]}"') == 1 for address in addresses)
    assert "<strong>A rising trend</strong>" in tiles and "<strong>No more than usual</strong>" in tiles


def test_the_summary_says_in_words_what_its_marks_show(case):
    got, _, steps = shown(page.summary, case).partition("</table>")
    rows = {
        row[0]: dict(row[1])
        for row in re.findall(r"<tr role=\"row\"><th[^>]*>(.*?)</th>(.*?)</tr>", got)
        for row in [(row[0], re.findall(r'data-label="(.*?)"[^>]*>(.*?)</td>', row[1]))]
    }
    late = rows["Assessments signed off in time"]
    assert (
        late["Target"]
        == '<span class="mark R" aria-hidden="true">R</span> Red: 28 points below the local target of 90%.'
    )
    assert late["Control chart"].endswith(">L ?</span> special cause: concern; hits and misses the target")
    assert late["Recorded"].startswith("recording changed")
    assert rows["Assessments opened"]["Control chart"].endswith(">H</span> special cause: higher")
    assert rows["Contacts at the front door"]["Recorded"] == "all"
    assert rows["Children who became looked after"]["Control chart"] == "too few figures"
    assert "From one step to the next, Quarter 4 2020/21" in steps


def test_the_control_chart_speaks_its_own_words_beside_the_picture(text):
    words = " ".join(Reader(text).words)
    assert (
        "On a control chart of the newest 24 months: special cause: higher (the newest point is above "
        "the upper limit). Mean 66, process limits 30 to 102." in words
    )


def test_a_page_issued_again_says_so_under_its_title(case, tmp_path):
    cell = nbformat.v4.new_code_cell("page.answers(case)", execution_count=1)
    cell.outputs = [
        nbformat.v4.new_output("display_data", {"text/html": shown(page.answers, case)}, metadata=page.STAMP)
    ]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    exporter = HTMLExporter(template_name="template", extra_template_basedirs=[str(ROOT / "src/analysis/report/page")])
    look = {"title": "T", "language": "en", "banner": "", "style": "", "words": frame("en")}
    plain, _ = exporter.from_notebook_node(notebook, resources={"page": look})
    assert "Revised" not in plain
    look["revision"] = ["Contacts of March 2021: 600, first given as 590 <b>."]
    again, _ = exporter.from_notebook_node(notebook, resources={"page": look})
    note = again[again.index("</h1>") :]
    assert note.startswith(
        '</h1><div class="revised" role="note"><p><strong>Revised</strong></p><ul><li>Contacts of March'
    )
    assert "590 &lt;b&gt;." in note and again.count("Revised") == 1


def test_of_what_moved_without_a_comment_the_page_says_that_no_reason_is_given(case):
    silent = dataclasses.replace(case, comments={"contacts": "<p>Schools opened.</p>"})
    told = {m.name: shown(page.measure, silent, m) for m in case.measures}
    assert "<p>Schools opened.</p>" in told["contacts"]
    without = {name for name, got in told.items() if "No reason given." in got}
    moved = set(case.verdicts.index[~case.verdicts["call"].isin(["usual variation", "too little data"])])
    assert without == (moved | {"visits_on_time"}) - {"contacts"}  # which misses its target


def test_what_the_committee_asked_for_stands_in_a_part_of_its_own(case):
    got = shown(page.record, dataclasses.replace(case, comments={REQUESTS: "<p>A split by source.</p>"}))
    assert "<h2>What the committee asked for</h2><p>A split by source.</p>" in got
    assert "What the committee asked for" not in shown(page.record, dataclasses.replace(case, comments={}))


def test_a_measure_that_looks_like_recording_is_named_among_the_doubts(altered):
    got = shown(page.quality, altered("contacts", **{"recording break": 0.8, "call": "recording break"}))
    assert "Contacts at the front door (80%)" in got


def test_an_empty_table_still_has_its_headings():
    got = page.table(pd.DataFrame(columns=["A", "B"]), "Nothing")
    assert got.count('scope="col"') == 2


def test_late_sign_off_is_told_apart_from_late_work_on_the_page(text):
    words = " ".join(Reader(text).words)
    assert "68 had the work done in time and were only signed off late; 8 were late in the work itself" in words
    assert "since Case system go-live (18 January 2021): no sign yet" in words
    assert "Red: 28 points below the local target of 90%" in words
    assert "17 of the 76 were one to 5 working days over; with that much grace it would be 70.5%" in words
    assert "35 of the 65 were one to 2 working days over; with that much grace it would be 96.2%" in words


def test_a_change_is_taken_apart_set_beside_the_nation_and_the_year(text):
    words = " ".join(Reader(text).words)
    # 1,459 of January to March 2021 against 1,326 a year before
    assert "Since the same quarter last year: +10% here" in words
    assert re.search(r"by source: \w+ [+-]\d+ \(to \d+\)", words)
    assert "The whole year, from April 2020: 4,867; 5,300 in the same months of the year before." in words


def test_stocks_that_move_against_each_other_are_shown_together():
    from conftest import judged

    from analysis import open_case

    case = judged(open_case(ROOT / "data/sample/borough/measures.toml", quarter="2021-22Q2"))
    first = shown(page.answers, case)
    assert (
        "Children in care rose over the year from 339 to 382, while children on a child protection plan fell from 214 to 165."
        in first
    )
    doubts = shown(page.quality, case)
    assert "Referrals and Assessments opened fell together from April 2021" in doubts
    assert "recording has been back at its earlier level since" in doubts


@pytest.mark.parametrize(("probability", "named"), [(0.29, False), (0.3, True), (0.31, True)])
def test_a_measure_is_suspected_of_its_recording_from_three_in_ten(altered, probability, named):
    case = altered("contacts", **{"recording break": probability})
    case = dataclasses.replace(case, breaks=case.breaks.iloc[:0])
    got = shown(page.quality, case)
    said = re.search(r"The way things are recorded, and not demand, may be what changed here[^<]*", got)
    assert ("Contacts" in said[0] if said else False) == named


@pytest.mark.parametrize(("day", "told"), [("2021-03-31", True), ("2021-04-01", False)])
def test_an_event_is_told_up_to_the_quarters_last_day(case, day, told):
    (first, *_) = case.project.events
    event = first.model_copy(update={"title": "A new form", "date": dt.date.fromisoformat(day)})
    project = case.project.model_copy(update={"events": [event]})
    assert ("A new form" in shown(page.quality, dataclasses.replace(case, project=project))) == told
