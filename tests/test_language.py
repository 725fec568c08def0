"""A page speaks one language, in plain words, and says where it falls back to English."""

import html
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from importlib.resources import files
from string import Formatter

import pandas as pd
import pyphen
import pytest
from conftest import ROOT

from analysis import load, pipeline
from analysis.errors import Refused
from analysis.language import catalogue, sentences
from analysis.periods import parse_quarter
from analysis.report import words
from analysis.run import make_report

GRADE = 9.0  # Flesch-Kincaid: a reading age of about fourteen
LONGEST = 30  # words of a sentence
TRANSLATIONS = sorted(set(words.LOCALES) - {"en"})
FIRST_SCREENS, MEASURES = "All measures at a glance", "How late?"


def fields(said) -> set[str]:
    forms = said.values() if isinstance(said, dict) else [said]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_same_strings_and_fields_or_says_what_is_missing(language):
    original, translated = catalogue("en"), catalogue(language)
    declared = tomllib.loads((files("analysis.language") / f"{language}.toml").read_text(encoding="utf-8"))[
        "untranslated"
    ]
    gap = {key for key in original if key in declared or key.partition(".")[0] in declared}
    assert set(original) - set(translated) == gap
    assert set(translated) <= set(original)
    for key, said in translated.items():
        assert fields(said) == fields(original[key]), key


@pytest.mark.parametrize("language", words.LOCALES)
def test_forms_for_one_and_several_are_those_that_the_language_has(language):
    for key, said in catalogue(language).items():
        if isinstance(said, dict):
            assert "other" in said, key
            assert set(said) <= {"zero", "one", "two", "few", "many", "other"}, key


def test_figures_and_dates_are_written_as_the_language_writes_them():
    march = pd.Period("2021-03", "M")
    assert words.month(march) == "March 2021"
    with words.speaking("cy"):
        assert words.month(march) == "Mawrth 2021"
        assert words.quarter_span(pd.Period("2021Q4", "Q-MAR")) == "Ionawr i Fawrth 2021"
        assert (words.number(1234.0), words.percentage(0.999)) == ("1,234", "dros 99%")
        assert words.listing(["cig", "llaeth", "wyau"]) == "cig, llaeth ac wyau"


def test_what_is_not_translated_is_a_whole_english_sentence_marked_as_english():
    english = words.assumption("visits", "TWO_DIGIT_YEAR")
    with words.speaking("cy"):
        told = words.assumption("visits", "TWO_DIGIT_YEAR")
        assert words.html(told) == f'<span lang="en">{english}</span>'
    assert words.plain(told) == words.plain(english) == english


def test_what_no_language_has_is_no_untranslated_string():
    with words.speaking("cy"):
        assert words.timeliness.PLAIN_RULE.get("no such rule", "") == ""


def test_marks_do_not_lie_in_each_other():
    with words.speaking("cy"):
        missing = words.assumption("visits", "TWO_DIGIT_YEAR")
        told = sentences(lambda: words.say("recording.assumed", dataset=missing, what="1%"))()
        assert words.html(told).count("<span") == words.html(told).count("</span>") == 1


def test_reports_in_two_languages_can_be_made_at_once():
    def written(language):
        with words.speaking(language):
            return [words.month(pd.Period("2021-05", "M")) for _ in range(200)]

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(written, ["en", "cy"] * 10))
    assert {name for names in made[::2] for name in names} == {"May 2021"}
    assert {name for names in made[1::2] for name in names} == {"Mai 2021"}


def test_an_unknown_language_is_refused_with_those_there_are(tiny):
    tiny.write_text(tiny.read_text(encoding="utf-8").replace("[project]", '[project]\nlanguage = "fr"'), "utf-8")
    with pytest.raises(Refused, match="'en' or 'cy'"):
        load(tiny)


def test_a_measure_and_an_event_have_a_title_for_the_language_of_the_page(tiny):
    text = tiny.read_text(encoding="utf-8")
    titled = re.sub(r'^(title = ".*")$', '\\1\\ntitles = { cy = "Cymraeg" }', text, flags=re.M)
    titled += (
        '\n[[event]]\ndate = 2021-01-18\ntitle = "Go-live"\ntitles = { cy = "System newydd" }\neffect = "recording"\n'
    )
    tiny.write_text(titled, encoding="utf-8")
    project = load(tiny)
    assert "Cymraeg" not in {m.title for m in project.measures} and project.events[-1].title == "Go-live"
    tiny.write_text(titled.replace("[project]", '[project]\nlanguage = "cy"'), encoding="utf-8")
    project = load(tiny)
    assert {m.title for m in project.measures} == {"Cymraeg"} and project.events[-1].title == "System newydd"
    tiny.write_text(titled.replace("titles = { cy", "titles = { fr"), encoding="utf-8")
    with pytest.raises(Refused, match="'en' or 'cy'"):
        load(tiny)


@pytest.mark.parametrize(
    ("sample", "quarter", "said"),
    [
        ("data/sample/borough", "2021-22Q2", ["Medi 2021: 199", "Chwarter 2 2021/22 (Gorffennaf i Fedi 2021)"]),
        pytest.param(
            ".",
            "2020-21Q4",
            ["Mawrth 2021: 600", "Chwarter 4 2020/21 (Ionawr i Fawrth 2021)"],
            marks=pytest.mark.full,
        ),
    ],
)
def test_a_welsh_page_says_that_it_is_a_draft_and_marks_what_is_english(sample, quarter, said, tmp_path):
    config = (ROOT / sample / "measures.toml").read_text(encoding="utf-8").replace('language = "en"', 'language = "cy"')
    (tmp_path / "measures.toml").write_text(config, encoding="utf-8")
    for data in [*(ROOT / sample).glob("*.csv"), *(ROOT / sample).glob("data")]:
        (tmp_path / data.name).symlink_to(data)
    prepared = pipeline.prepare(tmp_path / "measures.toml")
    made = make_report(prepared, parse_quarter(quarter), None, tmp_path / "outputs")
    page = made.page.read_text(encoding="utf-8")
    assert '<html lang="cy">' in page
    assert html.unescape(page).index("Drafft yw'r cyfieithiad hwn") < page.index("<h2>")
    assert all(sentence in page for sentence in said)
    outside = re.sub(r'<span lang="en">.*?</span>', "", page)
    assert not re.search(r"\b(January|February|March)\b", outside)
    assert not re.search("[\x02\x03]", page)


class Paragraphs(HTMLParser):
    """The paragraphs and list items of a page, without tables, pictures and the service's own words."""

    LEFT_OUT = ("table", "svg", "figure")

    def __init__(self, page: str):
        super().__init__()
        self.open, self.told = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "link", "br"):
            self.open.append((tag, dict(attrs).get("class")))
        if tag in ("p", "li"):
            self.told.append("")

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        left_out = any(tag in self.LEFT_OUT or kind in ("comment", "overview") for tag, kind in self.open)
        if not left_out and any(tag in ("p", "li") for tag, _ in self.open):
            self.told[-1] += data


def spoken(page: str) -> list[str]:
    return [s.strip() for p in Paragraphs(page).told for s in re.split(r"(?<=[.!?])\s+", p) if s.strip()]


def syllables(word: str) -> int:
    """Count by hyphenation, which misses some; at least the groups of vowels that sound."""
    sounding = len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^aeiouyl])e$|es$|ed$", "", word.lower())))
    return max(len(pyphen.Pyphen(lang="en_GB").positions(word)) + 1, sounding)


@pytest.mark.parametrize("sample", ["made", "made_borough"])
def test_the_page_is_plain_enough_for_a_reader_of_fourteen(sample, request):
    page = request.getfixturevalue(sample).page.read_text(encoding="utf-8")
    told = spoken(page[page.index("<main") : page.index(f">{MEASURES}</h2>")])
    split = [re.findall(r"[A-Za-z][A-Za-z'’-]*|\d[\d,./%]*", s) for s in told]
    count = sum(map(len, split))
    sounds = sum(syllables(w) if w[0].isalpha() else 1 for said in split for w in said)
    assert len(told) > 50
    assert 0.39 * count / len(told) + 11.8 * sounds / count - 15.59 <= GRADE
    assert [s for s, said in zip(told, split, strict=True) if len(said) > LONGEST] == []


@pytest.mark.parametrize("sample", ["made", "made_borough"])
def test_the_first_screens_need_no_statistics(sample, request):
    page = request.getfixturevalue(sample).page.read_text(encoding="utf-8")
    first = " ".join(spoken(page[page.index("<main") : page.index(f">{FIRST_SCREENS}</h2>")])).lower()
    assert "?" in first
    for word in ("significant", "outlier", "p-value", "special cause"):
        assert word not in first


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_reason_of_a_verdict_is_said_in_the_language_of_the_page(language):
    fields = {"began": "March 2021", "since": "May 2020", "by": "June 2021", "event": "Go-live", "events": "Storm"}
    sides = ["12% above", "3% below", "1 percentage point above", "2.5 percentage points below", "level with", "above"]
    english = catalogue("en")
    whole = [key for key, said in english.items() if key.startswith("reason.") and str(said).endswith(".")]
    assert len(whole) > 25
    for side in sides:
        given = fields | dict.fromkeys(["where", "year", "level"], side)
        made = " ".join(english[key].format(**given) for key in whole)
        with words.speaking(language):
            told = words.reason(pd.Series({"reason": made, "call": "trend"}))
        assert "\x02" not in told and not re.search(r"\b(the|March|above|below|points?|quarter)\b", told)
        assert ("Go-live" in told) and ("12%" in told or not side.startswith("12"))
        assert ("Mawrth 2021" in told) == (language == "cy")
    with words.speaking(language):
        assert words.reason(pd.Series({"reason": "Of another engine.", "call": "trend"})).startswith("\x02")
