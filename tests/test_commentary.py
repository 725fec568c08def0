"""What the service says stands beside its measure, and gives no number away that the page does not show."""

import dataclasses
import re

import pytest

from analysis.errors import NotReleasable, Refused
from analysis.periods import parse_quarter
from analysis.report import commentary

NAME = "commentary/2020-21Q4.md"


@pytest.fixture
def read(tmp_path, case):
    """Return what a text says under the headings of the sample's measures."""

    def written(text: str):
        path = tmp_path / "said.md"
        path.write_text(text, encoding="utf-8")
        return commentary.read_commentary(path, case.project, name=NAME)

    return written


@pytest.fixture
def check(read, given):
    def checked(text: str, *, measure: str = "contacts", profile: str = "council"):
        commentary.check_numbers(
            read(f"# {measure}\n\n{text}\n"), dataclasses.replace(given, profile=profile), name=NAME
        )

    return checked


def test_headings_are_names_or_titles_and_the_words_keep_their_marks(read):
    said = read(
        "# Contacts at the front door\n\nMore **calls** & <b>mail</b>.\n\n- one\n- *two*\n\n## visits_on_time\n\nLate.\n"
    )
    assert list(said) == ["contacts", "visits_on_time"]
    assert said["contacts"].html == (
        "<p>More <strong>calls</strong> &amp; &lt;b&gt;mail&lt;/b&gt;.</p>\n"
        "<ul>\n<li>one</li>\n<li><em>two</em></li>\n</ul>"
    )
    assert said["visits_on_time"].line == 8


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "# Contact at the front door\n\nMore.\n",
            "line 1: no measure is called .* Did you mean 'Contacts at the front door'",
        ),
        ("# contacts\n\nMore.\n\n# contacts\n\nLess.\n", "line 5: the heading 'contacts' stands there twice"),
        ("More.\n\n# contacts\n", "line 1: begin with a heading"),
        ("# contacts\n\nSee [here](https://example.org).\n", "line 3: a link is not taken"),
        ("# contacts\n\nSo.\n\n![x](a.png)\n", "line 5: a picture is not taken"),
        ("# contacts\n\n```\ncode\n```\n", "line 3: a code block is not taken"),
        ("# contacts\n\n> quoted\n", "line 3: 'blockquote' is not taken"),
        ("# contacts\n\nA\n\n---\n", "line 5: 'hr' is not taken"),
    ],
)
def test_what_is_no_commentary_is_refused_with_its_line(read, text, told):
    with pytest.raises(Refused, match=f"{NAME}, {told}") as refused:
        read(text)
    assert refused.value.code == "INVALID_COMMENTARY"


def test_a_commentary_that_is_not_utf_8_is_refused(tmp_path, case):
    path = tmp_path / "said.md"
    path.write_bytes("# contacts\n\nCaf\xe9\n".encode("cp1252"))
    with pytest.raises(Refused, match="not UTF-8"):
        commentary.read_commentary(path, case.project, name=NAME)


@pytest.mark.parametrize(
    "text",
    [
        "600 in March, after 421 in February and 438 in January.",
        "1,459 in the quarter, 1,326 in the same quarter last year, a rise of 133 or 10%.",
        "Up 179 from February to March.",
        "On 12 April 2021, in March 2021, in 2020/21, since 2019 and in Quarter 4.",
        "In the last 3 months, after 24 hours, two working days, 5 to 10 days or a three-month pause.",
        "One in five contacts came from schools, two thirds from schools and police.",
        "Both contacts and referrals rose. Two weeks of training took staff away from assessments.",
        "One more decision maker and two more social workers.",
        "One of the reasons: schools. COVID-19 and section 47 play a part.",
        "Of assessments 62% were in time, against 90%.",
        "About 95% of decisions are due within a day.",
        "A rate per 10,000 children.",
    ],
)
def test_a_number_that_the_page_shows_passes(check, text):
    check(text)


HIDDEN = [
    "There were 318 more.",
    "It rose by 17.3%.",
    "We saw 3 children.",
    "We saw three children.",
    "Only three of the younger children came.",
    "Two more referrals came on Monday.",
    "In five cases the family had moved.",
    "Two out of five children were seen.",
    "A couple of children waited.",
    "Referrals fell to three.",
    "Children not seen: four",
    "eleven contacts",
    "twenty-one contacts came by post",
    "a single child",
    "th\u200bree children",
    "\uff13 children",
    "&#51; children",
    "**3** children",
    "3\nchildren",
    "In March 2 children were seen.",
    "5 May children were seen.",
    "We lost contact with two.",
    "Referrals (three) rose.",
    "Two mothers wrote.",
    "a handful: 5",
    "Daeth tri o blant.",
    "Roedd pum achos.",
    "Gwelwyd dau blentyn.",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_a_number_that_the_page_does_not_show_is_refused_and_not_repeated(check, text):
    with pytest.raises(NotReleasable, match=rf"^{NAME}, line 3: ") as refused:
        check(text)
    assert (refused.value.exit_code, refused.value.code) == (4, "DISCLOSURE")
    told = str(refused.value).replace(f"{NAME}, line 3", "").replace("from 1 to 5", "")
    assert not re.search(r"\d|three|four|five", told)
    check(text, profile="internal")


def test_a_small_number_is_refused_even_where_a_figure_of_the_page_is_the_same(check, given):
    small = commentary.numbers.shown(given, given.project.measures)[0] & {1.0, 2.0, 3.0, 4.0, 5.0}
    for number in small:
        with pytest.raises(NotReleasable):
            check(f"There were {number:.0f} referrals.")
    assert small


def test_the_rounded_profile_hides_up_to_seven(check):
    with pytest.raises(NotReleasable, match="from 1 to 7"):
        check("There were seven referrals.", profile="rounded")


def test_the_line_is_that_of_the_number(check):
    with pytest.raises(NotReleasable, match="line 5: "):
        check("600 in March.\n\n- and 999 more.\n")
    with pytest.raises(NotReleasable, match="line 4: "):
        check("600 in March\nand 999 more.\n")


def test_a_quarter_has_its_own_commentary_and_an_area_too(tmp_path, case):
    config = tmp_path / "measures.toml"
    project = case.project.model_copy()
    project._path = config
    quarter, whole = parse_quarter("2020-21Q4"), project.project.name
    folder = tmp_path / "commentary" / "2020-21Q4"
    folder.mkdir(parents=True)
    common, own = folder.with_suffix(".md"), folder / "north.md"
    for path in (common, own):
        path.touch()
    assert commentary.find_commentary(project, quarter, whole) == common
    assert commentary.find_commentary(project, quarter, "North") == own
    assert commentary.find_commentary(project, quarter, "South") is None
    assert commentary.find_commentary(project, quarter - 1, whole) is None


def test_the_page_shows_the_comment_beside_its_measure(made):
    page = made.page.read_text(encoding="utf-8")
    assert page.count("Comment by the service") == 4
    at = page.index(">Assessments opened</h3>")
    assert page.index("some of March's assessments", at) < page.index("<h3", at)


def test_a_commentary_with_a_hidden_number_makes_no_page(tiny, run_here):
    folder = tiny.parent / "commentary"
    folder.mkdir()
    (folder / "2020-21Q4.md").write_text("# Referrals\n\nThere were three children.\n", encoding="utf-8")
    outputs = tiny.parent / "outputs"
    done = run_here("report", "2020-21Q4", "--config", tiny, "--outputs", outputs, cwd=tiny.parent)
    assert done.returncode == 4
    assert "commentary/2020-21Q4.md, line 3: a number of children or cases" in done.stderr
    assert not list((outputs / "publish").rglob("report.html"))


def test_why_a_page_was_issued_again_stands_on_its_first_screen(tmp_path, case, capsys):
    from analysis.report import page

    page.answers(dataclasses.replace(case, comments={commentary.REVISED: "<p>Late visits came in.</p>"}))
    assert "Why this page was issued again</h2><p>Late visits came in.</p>" in capsys.readouterr().out
