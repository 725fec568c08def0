"""The index of all reports that are done: every measure's call, by area and quarter, and what could not be made.

Made from the done-records alone, which hold nothing that the pages do not publish.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

import jinja2
import pandas as pd

from ..classes import RECORDING, SHIFT, SPIKE, TOO_EARLY, TOO_LITTLE, TREND, USUAL
from ..config import Catalogue
from ..language import Section, say, speaking
from ..outputs import INDEX_FILE, PAGE_FILE, replace, root_of
from ..periods import parse_quarter
from ..report.words import quarter
from . import done_records

ICONS = {
    USUAL: "·",
    SPIKE: "◇",
    SHIFT: "■",
    TREND: "▲",
    RECORDING: "✎",
    TOO_EARLY: "?",
    TOO_LITTLE: "–",
}  # beside the word, for the eye; a screen reader hears the word alone


def write_index(outputs: Path, project: Catalogue) -> None:
    """Write the index of the published pages, and that of the internal ones beside them; unchanged ones stay."""
    done = [r for _, r in done_records.all_done(outputs) if r["state"] == done_records.DONE]
    failed = [r for _, r in done_records.all_tried(outputs) if r["state"] != done_records.RUNNING]
    for internal in (False, True):
        root = root_of(outputs, "internal" if internal else "")
        mine = [r for r in done if (r["parameters"]["profile"] == "internal") == internal]
        bad = [r for r in failed if (r["profile"] == "internal") == internal]
        if not mine and not bad:
            continue
        page = render_index(mine, bad, project, root=root.relative_to(outputs).as_posix()).encode("utf-8")
        target = root / INDEX_FILE
        if not target.is_file() or target.read_bytes() != page:
            root.mkdir(parents=True, exist_ok=True)
            replace(target, page)


def render_index(done: list[dict], failed: list[dict], project: Catalogue, *, root: str) -> str:
    """Return the index as HTML.

    Parameters
    ----------
    done, failed : list of dict
        Records of reports of one folder.
    project : Catalogue
    root : str
        The pages' folder inside the outputs folder.
    """
    rows = []
    for record in done:
        page = next(f for f in record["files"] if f.endswith(PAGE_FILE)).removeprefix(f"{root}/")
        given = record["parameters"]
        rows.append(
            {"quarter": parse_quarter(given["quarter"]), "area": given["area"], "page": page, "calls": record["calls"]}
        )
    made = pd.DataFrame(rows, columns=["quarter", "area", "page", "calls"])
    whole = project.project.name
    areas = sorted(made["area"].unique(), key=lambda a: (a != whole, a))
    quarters = sorted(made["quarter"].unique(), reverse=True)
    with speaking(project.project.language):
        told = [r | {"quarter": quarter(parse_quarter(r["quarter"]))} for r in failed]
        return _template().render(
            language=project.project.language,
            project=project.project.name,
            measures=[m for m in project.measures if any(m.name in calls for calls in made["calls"])],
            areas=areas,
            quarters=[(q, quarter(q)) for q in quarters],
            pages={(r.quarter, r.area): r for r in made.itertuples()},
            failed=told,
            icons=ICONS,
            words=Section("index_call"),
            say=say,
            style=(files("analysis") / "report" / "page" / "template" / "style.css").read_text(encoding="utf-8"),
            script=_script(),
            script_hash=base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode(),
        )


@cache
def _template() -> jinja2.Template:
    folder = Path(str(files("analysis") / "report" / "page" / "template"))
    loader = jinja2.FileSystemLoader(folder)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(
        "contents.html.j2"
    )


@cache
def _script() -> str:
    return (files("analysis") / "report" / "page" / "template" / "contents.js").read_text(encoding="utf-8")
