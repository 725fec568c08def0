"""Text, tables and pictures as markup, everything in it escaped, and the stamp that lets it onto the page."""

import base64

import pandas as pd
from IPython.display import display

from .. import tables, words
from ..words import html

STAMP = {"release": True}
NUMBERED = ("now", "last", "year_ago", "number", "share", "figure", "conversion", "conversion_before")


def publish(markup: str) -> None:
    """Put markup on the page. Everything in it that comes from data or configuration is escaped before it gets here."""
    display({"text/html": markup}, raw=True, metadata=STAMP)


def picture(png: bytes, alt: str) -> str:
    """Return a picture with its text alternative."""
    return f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}" alt="{html(words.plain(alt))}">'


def table(frame: pd.DataFrame, caption: str, *, kind: str = "", marks: dict[str, list[str]] | None = None) -> str:
    """Return a table that a screen reader can follow, also where a narrow screen shows its rows as cards.

    Parameters
    ----------
    frame : pandas.DataFrame
        Text; the first column becomes the row headings.
    caption : str
    kind : str
        A class for the style sheet.
    marks : dict of list of str, optional
        By column, a letter for each row that stands before the cell's own words, for the eye alone: the words say it.

    Returns
    -------
    str
        Markup with a caption, scoped headings, each cell's heading as `data-label` and the roles said outright: a
        browser forgets them where the style sheet changes how a table is laid out.
    """
    numbered = {*(words.say(f"column.{name}") for name in NUMBERED), *tables.month_columns()}
    marked = marks or {}

    def cell(i: int, column: str, value: object) -> str:
        mark = marked[column][i] if column in marked else ""
        shown = f'<span class="mark {mark}" aria-hidden="true">{mark}</span> ' if mark else ""
        number = ' class="n"' if column in numbered else ""
        label = html(words.plain(column))
        return f'<td role="cell" data-label="{label}"{number}>{shown}{html(str(value))}</td>'

    head = "".join(
        f'<th role="columnheader" scope="col"{" class=n" if c in numbered else ""}>{html(c)}</th>' for c in frame
    )
    body = "".join(
        f'<tr role="row"><th role="rowheader" scope="row">{html(str(row[0]))}</th>'
        + "".join(cell(i, c, v) for c, v in zip(frame.columns[1:], row[1:], strict=True))
        + "</tr>"
        for i, row in enumerate(frame.itertuples(index=False, name=None))
    )
    return (
        f'<table role="table"{f" class={kind}" if kind else ""}><caption>{html(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead><tbody role="rowgroup">{body}</tbody></table>'
    )


def heading(name: str, level: int = 2) -> str:
    """Return a section's heading; the contents list leads to those of the second level."""
    mark = f' id="{name}"' if level == 2 else ""
    return f"<h{level}{mark}>{html(words.say(f'heading.{name}'))}</h{level}>"


def paragraphs(*texts: str, kind: str = "") -> str:
    """Return each text that is not empty as a paragraph."""
    mark = f' class="{kind}"' if kind else ""
    return "".join(f"<p{mark}>{html(t)}</p>" for t in texts if t)


def items(texts: list[str]) -> str:
    """Return each text that is not empty as an item of a list."""
    return f"<ul>{''.join(f'<li>{html(t)}</li>' for t in texts if t)}</ul>" if any(texts) else ""


def comment(title: str, said: str, *, level: int) -> str:
    """Return what the service says, which is markup already, under a heading; nothing where it says nothing."""
    return f'<div class="comment"><h{level}>{html(title)}</h{level}>{said}</div>' if said else ""


def bar(shares: dict[str, tuple[float, str]]) -> str:
    """Return shares of one as a bar for the eye, with the words of each under it.

    Parameters
    ----------
    shares : dict of (float, str)
        By kind, which the style sheet colours: the share, and its words.
    """
    left, rects = 0.0, []
    for kind, (share, _) in shares.items():
        rects.append(f'<rect class="{kind}" x="{left:.1f}" width="{100 * share:.1f}" height="1"></rect>')
        left += 100 * share
    keys = ", ".join(f'<span class="key {kind}">{html(said)}</span>' for kind, (_, said) in shares.items())
    drawn = f'<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">{"".join(rects)}</svg>'
    return f'{drawn}<p class="quiet">{keys}</p>' if shares else ""
