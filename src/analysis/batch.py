"""Many reports, one after the other, and the index of what came of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from . import words
from .errors import AnalysisError, Refused
from .periods import quarter_code
from .pipeline import Prepared, find_area
from .report import Done, make_report, outputs_folder, replace, slug

INDEX_FILE = "index.html"


@dataclass(frozen=True)
class Outcome:
    """What came of one report: its page, or why there is none."""

    quarter: pd.Period
    area: str
    done: Done | None
    reason: str = ""


def plan(prepared: Prepared, quarters: Iterable[pd.Period], areas: Iterable[str]) -> list[tuple[pd.Period, str]]:
    """Return every report once, quarter by quarter, or refuse the batch before a kernel starts.

    Raises
    ------
    Refused
        ``NAME_COLLISION`` when two areas would share a folder; ``INVALID_PARAMETER`` when there is nothing to do.
    """
    areas = list(dict.fromkeys(find_area(prepared, a) for a in areas))
    slugs = {}
    for area in areas:
        if (other := slugs.setdefault(slug(area), area)) != area:
            raise Refused(
                f"The areas '{other}' and '{area}' would share a folder. Rename one in the data.", code="NAME_COLLISION"
            )
    jobs = [(q, a) for q in sorted(set(quarters)) for a in areas]
    if not jobs:
        raise Refused("There is nothing to do: no quarters or no areas.", code="INVALID_PARAMETER")
    return jobs


def make_reports(
    prepared: Prepared,
    jobs: list[tuple[pd.Period, str]],
    outputs,
    *,
    profile: str = "council",
    as_at=None,
    progress: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Make every report; a bad one fails alone. Writes the index once, at the end.

    Parameters
    ----------
    prepared : Prepared
    jobs : list of (quarter, area)
        From `plan`.
    outputs : path-like
    progress : callable
        Called with each outcome as it comes.

    Returns
    -------
    list of Outcome
    """
    outputs, outcomes = outputs_folder(outputs), []
    for quarter, area in jobs:
        try:
            outcome = Outcome(
                quarter, area, make_report(prepared, quarter, area, outputs, profile=profile, as_at=as_at)
            )
        except AnalysisError as error:
            outcome = Outcome(quarter, area, None, str(error))
        outcomes.append(outcome)
        progress(outcome)
    replace(outputs / "publish" / INDEX_FILE, _index(outcomes, outputs / "publish", prepared).encode("utf-8"))
    return outcomes


def _index(outcomes: list[Outcome], folder: Path, prepared: Prepared) -> str:
    project = prepared.project.project
    rows = "".join(
        f'<tr><th scope="row">{words.html(words.quarter(o.quarter))}</th><td>{words.html(o.area)}</td><td>'
        + (
            f'<a href="{words.html(o.done.page.relative_to(folder).as_posix())}">Report for {words.html(o.area)}, {quarter_code(o.quarter)}</a>'
            if o.done and folder in o.done.page.parents
            else words.html(o.reason or "Made, not for publication")
        )
        + "</td></tr>"
        for o in reversed(outcomes)
    )
    title = words.html(f"{project.name}: quarterly reports")
    return (
        f'<!DOCTYPE html><html lang="{project.language}"><head><meta charset="utf-8"><title>{title}</title>'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{font:100%/1.5 Arial,sans-serif;max-width:62rem;margin:0 auto;padding:1rem}"
        "table{border-collapse:collapse}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #b1b4b6}</style></head>"
        f'<body><main><h1>{title}</h1><table><caption>Newest first</caption><thead><tr><th scope="col">Quarter</th>'
        f'<th scope="col">Area</th><th scope="col">Report</th></tr></thead><tbody>{rows}</tbody></table></main></body></html>\n'
    )
