"""The language in which a page speaks, its catalogue of strings, and the way back to English where one is missing."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from html import escape
from importlib.resources import files
from typing import Any

from babel import Locale

ENGLISH = "en"
LOCALES = {ENGLISH: "en_GB", "cy": "cy"}  # a language of the configuration, and where Babel finds its formats
_OPEN, _CLOSE = "\x02", "\x03"  # around words that are English on a page in another language

# characters that change the direction of what follows, and control characters
_TURNING = dict.fromkeys([*range(9), *range(14, 32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])

_language = ContextVar("language", default=ENGLISH)  # of this thread and task, so that reports can stand side by side
_telling = ContextVar("telling", default=False)


class Untranslated(LookupError):
    """A language's catalogue holds no such string."""


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language of `LOCALES` inside a `with` block."""
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def in_its_language(function: Callable) -> Callable:
    """Let a function whose first argument is a case speak the language of its project."""

    @wraps(function)
    def told(case: Any, *args: Any, **kwargs: Any) -> Any:
        with speaking(case.project.project.language):
            return function(case, *args, **kwargs)

    return told


def language() -> str:
    """Return the language spoken now, as the configuration and HTML write it."""
    return _language.get()


def locale() -> Locale:
    """Return Babel's locale of the language spoken now."""
    return _locale(_language.get())


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES[language])


@cache
def catalogue(language: str) -> dict[str, str | dict[str, str]]:
    """Return every string of a language by ``section.name``; forms for one and several as a dict."""
    text = (files(__name__) / f"{language}.toml").read_text(encoding="utf-8")
    sections = {s: names for s, names in tomllib.loads(text).items() if isinstance(names, dict)}
    return {f"{section}.{name}": said for section, names in sections.items() for name, said in names.items()}


def sentences(function: Callable) -> Callable:
    """Let a function that returns words fall back to English as a whole where a string of its is not translated.

    What falls back is marked, so that the page can say of it that it is English.
    """

    @wraps(function)
    def told(*args: Any, **kwargs: Any) -> Any:
        if _language.get() == ENGLISH or _telling.get():
            return function(*args, **kwargs)
        outermost = _telling.set(True)
        try:
            return function(*args, **kwargs)
        except Untranslated:
            with speaking(ENGLISH):
                return _marked(function(*args, **kwargs))
        finally:
            _telling.reset(outermost)

    return told


def _marked(words: Any) -> Any:
    if isinstance(words, str):
        return f"{_OPEN}{plain(words)}{_CLOSE}" if words else ""
    return type(words)(map(_marked, words))


@sentences
def say(key: str, *, plural: float | None = None, **fields: str) -> str:
    """Return a string of the catalogue with its fields filled in.

    Parameters
    ----------
    key : str
        ``section.name`` of the catalogue.
    plural : float, optional
        The count by which a string with forms for one and several chooses.
    **fields : str
        Figures and dates already written; see `number` and `month`.

    >>> say("recording.later_of", plural=1, dataset="Visits", count="1")
    'Visits: 1 row was recorded later than the day of this page and is left out.'
    """
    said = catalogue(_language.get()).get(key)
    if said is None:
        raise Untranslated(key) if key in catalogue(ENGLISH) else KeyError(key)
    if isinstance(said, dict):
        said = said.get(locale().plural_form(plural or 0), said["other"])
    return said.format(**fields)


class Section(Mapping):
    """A section of the catalogue as a mapping, read in the language spoken when it is asked."""

    def __init__(self, name: str):
        self._name = name

    def __getitem__(self, name: str) -> str:
        return say(f"{self._name}.{name}")

    def __iter__(self) -> Iterator[str]:
        return (k.partition(".")[2] for k in catalogue(ENGLISH) if k.startswith(f"{self._name}."))

    def __len__(self) -> int:
        return len(list(iter(self)))


def html(text: str) -> str:
    """Escape text for the page; what fell back to English says so, and nothing turns or hides the words after it."""
    said = re.sub(f"{_OPEN}(.*?){_CLOSE}", r'<span lang="en">\1</span>', escape(text, quote=True), flags=re.DOTALL)
    return said.translate(_TURNING)


def plain(text: str) -> str:
    """Return text without the marks around English: for pictures, attributes and spreadsheets."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")
