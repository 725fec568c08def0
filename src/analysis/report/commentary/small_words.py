"""Words that may say a small number without a figure: "twins", "the only child there", "yr unig blentyn".

No list is complete, and most of these words are harmless where they stand. So they are not forbidden: a commentary that
holds one is published once a person has signed that it was read for small numbers. The signature is not published.
"""

import re
from collections.abc import Iterator

from ...disclosure.primary import ROUNDED_LARGEST, largest_small
from ...errors import NotReleasable
from ...shapes import Case
from .numbers import COUNTED, NO_COUNT, WORDS
from .text import SIGN, CommentarySection

STAFF = r"workers?|makers?|posts?|managers?|teams?|reasons?|things?|schools?|measures?|offices?|services?"
ENGLISH = (
    r"one|twins?|twinned|triplets?|quadruplets?|quintuplets?|duo|trio|quartet|quintet|threesome|foursome|brace|singleton|"
    r"both|single|sole|solitary|lone|alone|unique|handful|half[- ]dozen|once|twice|thrice|double|triple|"
    rf"brothers?|sisters?|siblings?|eldest|youngest|only (?:{COUNTED}|one|pupil|patient|resident)|"
    r"(?:nobody|no one|none|no other \w+|anyone) (?:else|but)|all but|apart from|except(?: for)?"
)
WELSH = (
    r"un|(?:ng|g)?efeilliaid|(?:d|th)ripledi|tripledi|unig|(?:y|ill) (?:ddau|ddwy|tri|tair)|p[âa]r|cwpl|llond llaw|"
    r"hanner dwsin|dwywaith|teirgwaith|unwaith|(?:f|m)rodyr|brodyr|brawd|(?:ch|c)wiorydd|chwaer|neb arall|"
    r"(?:ar wahân|heblaw|ac eithrio)"
)
ROMAN = r"(?-i:II|III|IV|VI|VII)"
NUMBERS = "|".join(sorted({w for w, n in WORDS.items() if n <= ROUNDED_LARGEST and len(w) > 2}, key=len, reverse=True))
# compiled when a commentary is first read, as those of `numbers` are
SMALL_IN_WORDS = rf"\b(?:{NUMBERS}|{ENGLISH}|{WELSH}|{ROMAN})\b"
OF_NOBODY = (  # of staff and things; what is said of two measures together; one of several
    rf"\b(?:{NUMBERS}|{ENGLISH})[\s-]+(?:(?!(?:{COUNTED})\b)[\w'’-]+\s+){{0,3}}(?:{STAFF})\b|\bboth \w+ and \w+\b|\bone of the\b"
)


def check_words(sections: dict[str, CommentarySection], case: Case, *, name: str) -> None:
    """Refuse a commentary with words that may say a small number and without the signature of a person who read it.

    The parameters are those of `check_numbers`.

    Raises
    ------
    NotReleasable
        Names file and line, and never the word. The internal profile is not checked.
    """
    if case.profile == "internal":
        return
    for line, text in (said for section in sections.values() if not section.signed for said in section.said):
        for at in small_in_words(text):
            raise NotReleasable(
                f"{name}, line {line + text.count(chr(10), 0, at)}: a word here may say a number from 1 to "
                f"{largest_small(case.profile)}. Leave it out; or, where nobody can be known by it, end the file with "
                f"a line of its own: {SIGN}."
            )


def small_in_words(text: str) -> Iterator[int]:
    """Yield where a text holds a word that may say a small number."""
    for harmless in (NO_COUNT, OF_NOBODY):
        text = re.sub(harmless, lambda said: re.sub(r"[^\n]", " ", said[0]), text, flags=re.IGNORECASE)
    yield from (word.start() for word in re.finditer(SMALL_IN_WORDS, text, re.IGNORECASE))
