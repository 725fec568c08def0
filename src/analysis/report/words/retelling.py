"""A verdict's reason, which the engine makes of the catalogue's English sentences, in the language of the page."""

import re
from datetime import datetime
from functools import cache

import pandas as pd

from ...language import ENGLISH, Untranslated, catalogue, language, say
from .figures import decimal, month, share

FIELDS = {  # of the reasons' sentences: what stands in them, as a pattern
    **dict.fromkeys(("began", "since", "by"), r"[A-Z][a-z]+ \d{4}"),
    **dict.fromkeys(
        ("where", "year", "level"), r"above|below|level with|[\d.]+(?:%| percentage points?) (?:above|below)"
    ),
    **dict.fromkeys(("event", "events"), r".+?"),
}
BY_HOW_MUCH = re.compile(r"([\d.]+)(%| percentage points?) (above|below)")


def retold(reason: str) -> str:
    """Return a reason in the language spoken now.

    Raises
    ------
    Untranslated
        Where it holds a sentence that is none of the catalogue's.
    """
    if language() == ENGLISH:
        return reason
    sentences, left = [], reason
    while left:
        found = [(key, match) for key, pattern in _patterns() if (match := pattern.match(left))]
        if not found:
            raise Untranslated(left)
        key, match = max(found, key=lambda pair: pair[1].end())
        sentences.append(say(key, **{name: _field(name, said) for name, said in match.groupdict().items()}))
        left = left[match.end() :].lstrip()
    return " ".join(sentences)


@cache
def _patterns() -> list[tuple[str, re.Pattern]]:
    """Return how each whole sentence of the reasons looks in English."""
    sentences = {k: s for k, s in catalogue(ENGLISH).items() if k.startswith("reason.") and str(s).endswith(".")}
    made = []
    for key, said in sentences.items():
        parts = re.split(r"\{(\w+)\}", str(said))
        pattern = "".join(f"(?P<{p}>{FIELDS[p]})" if i % 2 else re.escape(p) for i, p in enumerate(parts))
        made.append((key, re.compile(f"{pattern}(?= |$)")))
    return made


def _field(name: str, said: str) -> str:
    if name in ("event", "events"):
        return said
    if name in ("began", "since", "by"):
        return month(pd.Period(datetime.strptime(said, "%B %Y"), "M"))
    match = BY_HOW_MUCH.fullmatch(said)
    if match is None:
        return say(f"reason.{said.replace(' ', '_')}")
    size, unit, side = match.groups()
    if unit != "%":
        points = float(size)
        return say("reason.points", plural=points, points=decimal(points, "#,##0.#"), side=say(f"reason.{side}"))
    return say(f"reason.{side}_by", percentage=share(float(size) / 100))
