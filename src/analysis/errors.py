"""One exception family: what was expected, what was found, where, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial
from typing import Any

from .codes import Code

EXIT_FAILED, EXIT_REFUSED, EXIT_LOCKED, EXIT_DISCLOSURE = 1, 2, 3, 4
EXIT_INTERRUPTED = 128  # and the signal's number, as a shell tells it: 130 after Ctrl-C, 143 after SIGTERM


class AnalysisError(Exception):
    """Base of every error that an analyst is meant to read.

    The message never holds a value from the data: it says where to look, not what stands there.

    Parameters
    ----------
    message : str
        One clear sentence: what, where, and what to do.
    code : str
        One of `analysis.codes.Code`, such as ``MISSING_COLUMN``.
    """

    exit_code = EXIT_FAILED

    def __init__(self, message: str, *, code: str):
        super().__init__(message)
        self.code = Code(code)

    def __str__(self) -> str:
        return f"{super().__str__()} [{self.code}]"

    def __reduce__(self) -> tuple:
        return partial(type(self), code=self.code), self.args  # so that it comes whole out of another process


class Refused(AnalysisError):
    """Usage, configuration or input that nothing can be made of."""

    exit_code = EXIT_REFUSED


class ReportFailed(AnalysisError):
    """A report that was started and did not end whole."""

    exit_code = EXIT_FAILED


class Locked(AnalysisError):
    """Another run holds the outputs folder."""

    exit_code = EXIT_LOCKED

    def __init__(self, message: str, *, code: str = "LOCKED"):
        super().__init__(message, code=code)


class NotReleasable(AnalysisError):
    """What cannot be published without giving a small number away; the message says what to change."""

    exit_code = EXIT_DISCLOSURE

    def __init__(self, message: str, *, code: str = "DISCLOSURE"):
        super().__init__(message, code=code)


def expect(value: Any, kind: type, advice: str) -> None:
    """Refuse an argument of another type than `kind`, with what to give instead."""
    if not isinstance(value, kind):
        raise Refused(f"This takes a {kind.__name__}, not a {type(value).__name__}. {advice}", code="INVALID_PARAMETER")


KINDS = {kind.__name__: kind for kind in (Refused, ReportFailed, NotReleasable)}  # what a report may end in


def nearest(word: str, known: Iterable, *, list_all: bool = True) -> str:
    """Return ``" Did you mean 'x'?"`` for the known name nearest to `word`, or what there is to choose from.

    `list_all` is off where `known` comes from data: what the user did not type is then not quoted.
    """
    known = sorted(map(str, known))
    close = get_close_matches(str(word), known, n=1, cutoff=0.6)
    if close:
        return f" Did you mean '{close[0]}'?"
    return f" Known: {', '.join(known)}." if known and list_all else ""
