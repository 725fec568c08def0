"""From `init` to the page, whatever the tables hold: a page, or one sentence with a code."""

import re

import pytest
import random_projects

from analysis.errors import NotReleasable, Refused

NO_NUMBER = re.compile(r"\b(nan|NaN|inf|None|NaT)\b")
CRASH = re.compile(r"Traceback|Cell \d|Unexpected|Error\b")
UNSEEN = re.compile(r"<(style|script)\b.*?</\1>|base64,[^\"]*", re.DOTALL)  # of a page


def outcome(folder, seed: int) -> str:
    """Make the project of a number, and return "page" or the code of the refusal."""
    folder.mkdir(exist_ok=True)
    try:
        page = UNSEEN.sub("", random_projects.make(folder, seed))
    except (Refused, NotReleasable) as refused:
        said = str(refused)
        assert re.search(r"[.?] \[[A-Z_]+\]$", said) and not CRASH.search(said), said
        return refused.code
    assert "<h1>" in page and not NO_NUMBER.search(page), NO_NUMBER.search(page)
    return "page"


def test_a_table_ends_in_a_page_or_a_sentence(tmp_path):
    outcomes = [outcome(tmp_path / str(seed), seed) for seed in range(6)]
    assert outcomes.count("page") >= 2, outcomes


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10_000, 10_150))
def test_any_table_ends_in_a_page_or_a_sentence(tmp_path, seed):
    outcome(tmp_path, seed)
