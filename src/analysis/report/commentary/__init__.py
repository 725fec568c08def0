"""What the service says beside the figures: ``commentary/<quarter>.md`` beside the configuration.

A heading a measure, plain paragraphs, lists, bold and emphasis. What it says is published, so its numbers must be
numbers that the page shows: `comments_of` refuses others before a page is made.
"""

from ...shapes import Case
from .numbers import check_numbers
from .small_words import check_words
from .text import REQUESTS, REVISED, find_commentary, read_commentary

__all__ = ["REQUESTS", "REVISED", "check_numbers", "check_words", "comments_of", "find_commentary", "read_commentary"]


def comments_of(case: Case) -> dict[str, str]:
    """Return what is said of a protected case, as markup by measure; nothing where there is no commentary.

    Raises
    ------
    Refused
        ``INVALID_COMMENTARY`` when it is not written as a commentary is.
    NotReleasable
        When it holds a number that the page does not show, or unsigned words that may say a small one.
    """
    path = find_commentary(case.project, case.quarter, case.area)
    if path is None:
        return {}
    name = path.relative_to(case.project.path.parent).as_posix()
    sections = read_commentary(path, case.project, name=name)
    check_numbers(sections, case, name=name)
    check_words(sections, case, name=name)
    return {measure: section.html for measure, section in sections.items()}
