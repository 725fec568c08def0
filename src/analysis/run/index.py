"""The index of all reports that are done: what stood out first, then every area, and what could not be made.

Made from the done-records alone, which hold nothing that the pages do not publish.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jinja2
import numpy as np

from ..classes import RECORDING, SHIFT, SPIKE, TOO_EARLY, TOO_LITTLE, TREND, USUAL
from ..config import Catalogue, Measure
from ..language import Section, say, speaking
from ..outputs import INDEX_FILE, PAGE_FILE, replace, root_of
from ..periods import parse_quarter
from ..report import words
from ..report.in_brief import PER, STANDS_OUT
from ..shapes import NATION, REGION
from ..spc import LIMITS, funnel_plot
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
NOTHING = {"call": USUAL}  # where a page has no answer of a measure
ORDER = (NATION, "", REGION)  # of kinds of areas in a table
NO_LEVELS: Mapping[str, str] = MappingProxyType({})
FIRST = 10  # changes that are named first: what fits a screen
NAMED = 6  # areas whose names stand in a funnel plot, so that none lies on another
TRAIL_SIZE, PLOT_SIZE = (72, 20), (640, 260)  # of the pictures, in units of their own
MARGIN = (56, 12, 24, 36)  # of a funnel plot: left, right, top, bottom
CURVE = 40  # points of a limit's curve


def write_index(outputs: Path, project: Catalogue, levels: Mapping[str, str]) -> None:
    """Write the index of the published pages, and that of the internal ones beside them; unchanged ones stay.

    `levels` says of areas that hold others whether they are a region or a nation.
    """
    done = [r for _, r in done_records.all_done(outputs) if r["state"] == done_records.DONE]
    failed = [r for _, r in done_records.all_tried(outputs) if r["state"] != done_records.RUNNING]
    for internal in (False, True):
        root = root_of(outputs, "internal" if internal else "")
        mine = [r for r in done if (r["parameters"]["profile"] == "internal") == internal]
        bad = [r for r in failed if (r["profile"] == "internal") == internal]
        if not mine and not bad:
            continue
        page = render_index(mine, bad, project, root=root.relative_to(outputs).as_posix(), levels=levels).encode(
            "utf-8"
        )
        target = root / INDEX_FILE
        if not target.is_file() or target.read_bytes() != page:
            root.mkdir(parents=True, exist_ok=True)
            replace(target, page)


def render_index(
    done: list[dict], failed: list[dict], project: Catalogue, *, root: str, levels: Mapping[str, str] = NO_LEVELS
) -> str:
    """Return the index as HTML.

    Parameters
    ----------
    done, failed : list of dict
        Records of reports of one folder.
    project : Catalogue
    root : str
        The pages' folder inside the outputs folder.
    levels : dict of str to str
        Of areas that hold others, ``region`` or ``nation``: they are no areas to ring up, and stand apart.
    """
    pages = {}
    for record in done:
        address = next(f for f in record["files"] if f.endswith(PAGE_FILE)).removeprefix(f"{root}/")
        given = record["parameters"]
        answers = {
            name: {"call": call} | record.get("answers", {}).get(name, {}) for name, call in record["calls"].items()
        }
        pages[parse_quarter(given["quarter"]), given["area"]] = {"address": address, "answers": answers}
    quarters = sorted({q for q, _ in pages}, reverse=True)
    whole = project.project.name
    areas = sorted({a for _, a in pages}, key=lambda a: _apart(a, whole, levels))
    newest = {a: pages[quarters[0], a] for a in areas if (quarters[0], a) in pages} if quarters else {}
    named = _named({a: p for a, p in newest.items() if a not in levels} or newest, project)
    with speaking(project.project.language):
        told = [r | {"quarter": words.quarter(parse_quarter(r["quarter"]))} for r in failed]
        return _template().render(
            language=project.project.language,
            project=whole,
            whole=whole,
            levels=levels,
            areas=areas,
            quarters=[(q, words.quarter(q)) for q in quarters],
            pages=pages,
            newest=newest,
            count_newest=sum(a not in levels for a in newest) or len(newest),
            first=[
                {"area": area, "address": newest[area]["address"], "line": _line(a, m)} for area, m, a in named[:FIRST]
            ],
            chance=words.expected_by_chance([a["usual"] for _, _, a in named]),
            measures=[
                _measure(m, newest, whole, levels)
                for m in project.measures
                if any(m.name in p["answers"] for p in newest.values())
            ],
            count=lambda page: sum(map(_stands_out, page["answers"].values())),
            failed=told,
            icons=ICONS,
            words=Section("index_call"),
            say=say,
            chance_of=words.percentage,
            style=(files("analysis") / "report" / "page" / "template" / "style.css").read_text(encoding="utf-8"),
            script=_script(),
            script_hash=base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode(),
        )


def _apart(area: str, whole: str, levels: Mapping[str, str]) -> tuple:
    """Return by what areas are ordered: the whole and the nation, all others by name, then regions."""
    return area != whole, ORDER.index(levels.get(area, "")), area


def _stands_out(answer: dict) -> bool:
    """Say whether a page names a change; the record of a page of release 1 knows its call alone."""
    return answer.get("stands_out", answer["call"] in STANDS_OUT)


def _evidence(answer: dict) -> tuple[float, float]:
    """Return by what answers are ordered, the strongest first: how little it looks like chance, and how large it is."""
    usual = answer.get("usual")
    return (1.0 if usual is None else usual, -abs(answer.get("year") or 0.0))


def _named(pages: dict[str, dict], project: Catalogue) -> list[tuple[str, Measure, dict]]:
    """Return the changes that pages name: of each area first the one that stands out most, the strongest areas first."""
    ranked = []
    for area, page in pages.items():
        own = [
            (m, a) for m in project.measures if _stands_out(a := page["answers"].get(m.name, NOTHING)) and "said" in a
        ]
        own.sort(key=lambda one: _evidence(one[1]))
        ranked += [((place, _evidence(a), area), m, a) for place, (m, a) in enumerate(own)]
    return [(key[-1], m, a) for key, m, a in sorted(ranked, key=lambda one: one[0])]


def _line(answer: dict, m: Measure) -> str:
    return words.in_a_line(answer["said"], m.title, answer["figure"], answer["size"], answer["chance"])


def _measure(m: Measure, pages: dict[str, dict], whole: str, levels: Mapping[str, str]) -> dict[str, Any]:
    """Return what the index shows of one measure: a sentence, the areas against each other, and a row an area."""
    answers = {area: p["answers"][m.name] for area, p in pages.items() if m.name in p["answers"]}
    parts = {area: a for area, a in answers.items() if area != whole and area not in levels}
    moved = [a for a in parts.values() if _stands_out(a) and "said" in a and a["call"] != RECORDING]
    risen, judged = sum(a["up"] for a in moved), sum(a["call"] != TOO_LITTLE for a in parts.values())
    told = [say("answer.line", title=whole, call=answers[whole]["said"])] if "said" in answers.get(whole, {}) else []
    if len(parts) > 1 or not told:
        told.append(words.how_many_moved(risen, len(moved) - risen, judged))
    ordered = sorted(answers, key=lambda area: (*_apart(area, whole, levels)[:2], _evidence(answers[area]), area))
    rows = [
        {"per_10000": _rate(a), "path": _trail(a.get("trail", [])), "area": area, "address": pages[area]["address"]} | a
        for area in ordered
        if (a := answers[area])
    ]
    return {
        "title": m.title,
        "sentence": " ".join(told),
        "funnel": _funnel(m, parts),
        "bodies": [(kind, body) for kind in ORDER if (body := [r for r in rows if levels.get(r["area"], "") == kind])],
        "count": len(rows),
    }


def _rate(answer: dict) -> str:
    return "" if answer.get("rate") is None else words.decimal(answer["rate"], words.TENTH)


def _trail(values: Iterable[float | None]) -> str:
    """Return the path of a small picture; a month without a figure is a gap."""
    numbers = np.array([np.nan if v is None else v for v in values])
    there = np.isfinite(numbers)
    if there.sum() < 2:
        return ""
    low, high = numbers[there].min(), numbers[there].max()
    width, height = TRAIL_SIZE[0] / (len(numbers) - 1), TRAIL_SIZE[1] - 2
    drawn, path = False, ""
    for i in range(len(numbers)):
        if there[i]:
            y = 1 + height * (1 - (numbers[i] - low) / (high - low) if high > low else 0.5)
            path += f"{' ' if drawn else 'M'}{i * width:.0f} {y:.0f}"
        drawn = bool(there[i])
    return path


def _funnel(m: Measure, answers: dict[str, dict]) -> dict[str, Any] | None:
    """Return the drawing of the areas against each other, and its words; None where it says nothing."""
    each = [
        (area, a["observed"], a["exposed"])
        for area, a in answers.items()
        if a.get("observed") is not None and a.get("exposed")
    ]
    names, observed, exposed = (list(x) for x in zip(*each, strict=True)) if each else ([], [], [])
    plot = funnel_plot(observed, exposed, share=m.kind.share)
    if plot is None:
        return None
    rates = np.array(observed) / np.array(exposed)
    ends = np.log(min(exposed) / 1.1), np.log(max(exposed) * 1.1)
    along = np.exp(np.linspace(*ends, CURVE))
    outer = plot.limits(along, LIMITS[-1])
    inside = [plot.limits(exposed, LIMITS[-1])[i] for i in (0, 1)]
    low, high = min(*rates, *outer[0]), max(*rates, *outer[1])
    left, right, top, bottom = MARGIN

    def x(of: Any) -> Any:
        return left + (np.log(of) - ends[0]) / (ends[1] - ends[0]) * (PLOT_SIZE[0] - left - right)

    def y(rate: Any) -> Any:
        return PLOT_SIZE[1] - bottom - (np.asarray(rate) - low) / (high - low) * (PLOT_SIZE[1] - top - bottom)

    curves = [
        [f"{a:.0f},{b:.1f}" for a, b in zip(x(along), y(side), strict=True)]
        for p in LIMITS
        for side in plot.limits(along, p)
    ]
    outside = {
        names[i]: "above" if rates[i] > plot.target else "below"
        for i in np.flatnonzero((rates < inside[0]) | (rates > inside[1]))
    }
    strangest = sorted(outside, key=lambda a: -abs(plot.away[names.index(a)]))[:NAMED]
    return {
        "size": PLOT_SIZE,
        "curves": [" ".join(c) for c in curves],
        "target": round(float(y(plot.target))),
        "points": [
            {
                "x": round(float(a)),
                "y": round(float(b)),
                "area": name,
                "outside": name in outside,
                "named": name in strangest,
            }
            for a, b, name in zip(x(exposed), y(rates), names, strict=True)
        ],
        "ticks": [
            (round(float(y(v))), words.number(v, m) if m.kind.share else words.decimal(v * PER, words.TENTH))
            for v in (low, plot.target, high)
        ],
        "ends": [words.number(round(float(v))) for v in (min(exposed), max(exposed))],
        "unit": say("index.share" if m.kind.share else "index.rate"),
        "axis": say("index.among_cases" if m.kind.share else "index.among_children"),
        "said": words.areas_apart(
            *([a for a in names if outside.get(a) == side] for side in ("above", "below")), len(names)
        ),
    }


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
