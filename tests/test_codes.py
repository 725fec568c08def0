"""Every code stands in one list, has a sentence, is used, and is documented."""

import ast
import re

import pytest
from conftest import ROOT

from analysis.codes import Code
from analysis.errors import Refused
from analysis.language import catalogue

SOURCE = [*(ROOT / "src/analysis").rglob("*.py")]
BY_GRAIN = {"YEARLY_FIGURES", "QUARTERLY_FIGURES"}  # made of the word for the grain


def texts():
    for path in SOURCE:
        if path.name != "codes.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_every_code_has_a_sentence_and_every_sentence_a_code():
    sentences = {name.partition(".")[2] for name in catalogue("en") if name.startswith("code.")}
    assert sentences == set(Code)


def test_every_code_is_used():
    assert set(Code) - set(texts()) - BY_GRAIN == set()


def test_the_page_of_codes_says_what_the_catalogue_says():
    page = (ROOT / "docs/reference/codes.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE))
    assert documented == {c: catalogue("en")[f"code.{c}"].replace("|", r"\|") for c in Code}


def test_no_page_names_a_code_that_there_is_not():
    page = (ROOT / "docs/reading.md").read_text(encoding="utf-8")
    assert {name for name in re.findall(r"`([A-Z]{2,}_[A-Z_0-9]+)`", page)} - set(Code) == set()


def test_a_code_of_nobodys_making_is_refused_where_it_is_written():
    with pytest.raises(ValueError, match="TYPO_IN_CODE"):
        Refused("A sentence.", code="TYPO_IN_CODE")
