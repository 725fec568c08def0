"""What a page's released markup holds, before it is put together: its sections, and how closely its first side is set."""

import html
import re
from collections.abc import Sequence
from typing import Any

SECTION = re.compile(r'<h2 id="([\w-]+)">(.*?)</h2>', re.DOTALL)
SIDE = re.compile(r'<section class="side">(.*?)</section>', re.DOTALL)
BLOCK = re.compile(r"<(?:p|li|h[1-6])[ >]")
BLOCK_LETTERS = 60  # half a line, which a paragraph, item or heading takes beyond its letters
DENSITIES = {
    "": 5300,
    "dense": 7200,
    "crowded": 13000,
}  # letters that a side of A4 takes, by how closely it is set: printed
CLOSEST = "fullest"


def released(notebook: Any) -> list[str]:
    """Return the markup of the outputs that are stamped for release, in order."""
    outputs = (o for c in notebook.cells if c.cell_type == "code" for o in c.outputs)
    return [o.data["text/html"] for o in outputs if o.output_type == "display_data" and o.metadata.get("release")]


def contents(shown: Sequence[str]) -> list[tuple[str, str]]:
    """Return the name and the title, which is markup, of every section."""
    return [match for markup in shown for match in SECTION.findall(markup)]


def density(shown: Sequence[str], revised: Sequence[str] = ()) -> str:
    """Return how closely the first side has to be set so that it ends on one side of A4."""
    side = SIDE.search("".join(shown))
    if side is None:
        return ""
    blocks = len(BLOCK.findall(side.group(1))) + len(revised)
    letters = len(html.unescape(re.sub(r"<[^>]*>", "", side.group(1)))) + sum(map(len, revised))
    size = letters + BLOCK_LETTERS * blocks
    return next((name for name, most in DENSITIES.items() if size <= most), CLOSEST)
