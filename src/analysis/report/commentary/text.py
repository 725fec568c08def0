"""A commentary's file -> its sections: which measure, which words on which line, and the markup for the page."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ...config import Catalogue
from ...errors import Refused, nearest
from ...outputs import slug
from ...periods import quarter_code

SIGNED = re.compile(
    r"^[ \t]*(?:Read for small numbers by|Darllenwyd am rifau bach gan)[ \t]+(?P<name>[^\d\s][^\n]*?),[ \t]*\d[^\n]*\d{4}\.?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
SIGN = "Read for small numbers by NAME, DATE"
REVISED = "Revised"  # the heading that says why a page was issued again
REQUESTS = "Requests"  # the heading of what the committee asked for before, and where it is answered
BESIDE_MEASURES = (REVISED, REQUESTS)
ALLOWED = {"paragraph", "bullet_list", "ordered_list", "list_item", "inline"}
ALLOWED_INLINE = {"text", "text_special", "softbreak", "hardbreak", "strong", "em"}
PLAINER = {"link": "a link", "image": "a picture", "fence": "a code block", "code_block": "an indented code block"}
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True)
class CommentarySection:
    """What is said under one heading.

    Attributes
    ----------
    line : int
        Of the heading, from 1.
    said : tuple of (int, str)
        Each paragraph's first line and its text without marks; a line break stays one.
    signed : bool
        Whether a person signed the file: it was read for small numbers.
    html : str
        For the page: nothing in it but paragraphs, lists, bold and emphasis.
    """

    line: int
    said: tuple[tuple[int, str], ...]
    html: str
    signed: bool = False


def find_commentary(project: Catalogue, quarter: pd.Period, area: str) -> Path | None:
    """Return the commentary of an area and quarter, if there is one: its own; for the whole also the common one."""
    folder, code = project.path.parent / "commentary", quarter_code(quarter)
    common = [folder / f"{code}.md"] if area == project.project.name else []
    return next((path for path in [folder / code / f"{slug(area)}.md", *common] if path.is_file()), None)


def read_commentary(path: Path, project: Catalogue, *, name: str) -> dict[str, CommentarySection]:
    """Return a commentary's sections by measure; what is about none of them stands under `REVISED` and `REQUESTS`.

    Parameters
    ----------
    path : pathlib.Path
    project : Catalogue
        Its measures' names and titles are the headings.
    name : str
        What the file is called in a refusal.

    Raises
    ------
    Refused
        ``INVALID_COMMENTARY``: not UTF-8, an unknown or repeated heading, words before the first one, or a mark that
        is not allowed.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{name} is not UTF-8 text. Save it again as UTF-8.", code="INVALID_COMMENTARY") from None
    # what is checked is what is shown: no lookalike digits, no invisible characters inside a number
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    signed = SIGNED.search(text) is not None
    tokens, found, sections = _MARKDOWN.parse(SIGNED.sub("", text)), None, {}
    blocks: dict[str, list[Token]] = {}
    while tokens:
        token = tokens.pop(0)
        if token.type == "heading_open":
            line, title = token.map[0] + 1, tokens.pop(0).content
            tokens.pop(0)
            found = _measure(title, project, f"{name}, line {line}")
            if found in blocks:
                raise _refused(f"{name}, line {line}: the heading '{title}' stands there twice. Put the two together.")
            blocks[found], sections[found] = [], line
            continue
        _allow(token, name)
        if found is None:
            raise _refused(f"{name}, line {token.map[0] + 1}: begin with a heading: a measure's name or title.")
        blocks[found].append(token)
    return {m: _section(sections[m], blocks[m], signed) for m in sections}


def _refused(message: str) -> Refused:
    return Refused(message, code="INVALID_COMMENTARY")


def _measure(title: str, project: Catalogue, where: str) -> str:
    """Return the measure that a heading names."""
    known = {m.title.casefold(): m.name for m in project.measures} | {m.name: m.name for m in project.measures}
    known |= {heading.casefold(): heading for heading in BESIDE_MEASURES}
    if title.casefold() in known:
        return known[title.casefold()]
    headings = [*(m.title for m in project.measures), *(m.name for m in project.measures), *BESIDE_MEASURES]
    raise _refused(f"{where}: no measure is called '{title}'.{nearest(title, headings)}")


def _allow(token: Token, name: str) -> None:
    """Refuse what is not plain text with lists, bold and emphasis."""
    kinds = [(token, ALLOWED)] + [(child, ALLOWED_INLINE) for child in token.children or []]
    for part, allowed in kinds:
        kind = part.type.removesuffix("_open").removesuffix("_close")
        if kind not in allowed:
            what = PLAINER.get(kind, f"'{kind.replace('_', ' ')}'")
            raise _refused(
                f"{name}, line {token.map[0] + 1 if token.map else '?'}: {what} is not taken. "
                "Write paragraphs, lists, **bold** and *emphasis*."
            )


def _section(line: int, tokens: list[Token], signed: bool) -> CommentarySection:
    said = tuple((t.map[0] + 1, _plain(t)) for t in tokens if t.type == "inline")
    return CommentarySection(line, said, _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}).strip(), signed)


def _plain(inline: Token) -> str:
    return "".join("\n" if c.type.endswith("break") else c.content for c in inline.children)
