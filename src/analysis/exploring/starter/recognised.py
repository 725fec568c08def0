"""One table that a look at a file recognised."""

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Table:
    """One table that was recognised."""

    name: str
    files: list[Path]
    keys: dict
    measures: list[dict]
    header: tuple = ()
    roles: set = field(default_factory=set)


def name_of(text: str) -> str:
    """Return a text as the name of a dataset."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:50]
    return name if name[:1].isalpha() else f"data_{name}".strip("_")


def title_of(name: str) -> str:
    """Return a name as a title."""
    return name.replace("_", " ").capitalize()
