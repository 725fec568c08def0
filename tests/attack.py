"""Works out hidden counts from the bytes of published pages alone. It imports nothing of the package it attacks.

The attacker holds report.html, tables.xlsx and figures.csv of any number of pages (areas, quarters, reissues), oldest
first, and the configuration, which says what is counted and holds no figure. He writes down every sum that anyone would
think of, takes each mark for what it says, and bounds each unknown by whole-number programming. A rounded figure is to him
one of five numbers. ``python attack.py measures.toml FOLDER... -MEASURE`` leaves a measure out.
"""

import csv
import html
import re
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations, pairwise, permutations
from pathlib import Path

import numpy as np
import openpyxl
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, hstack, identity
from scipy.sparse.csgraph import connected_components

SMALLEST, LARGEST, FEWEST_VALUES = 1, 5, 4
SHARES = ("percent", "stock_percent")
ROUNDED_LARGEST, MARGIN = 7, 2  # of pages whose figures are rounded to the nearest five
COUNT, ON_TIME, LATE, ALL = "count", "on time", "late", "all"
WRONG = 1e-6  # by which a sum that holds may be off: the solver's own tolerance
FAR = 60.0  # no unknown is looked for beyond what is shown and this many more

NUMBER = r"(-?[\d,]+|none)"
SENTENCES = {  # of the quarter, beside a measure: what their numbers are called
    rf"{NUMBER} of {NUMBER} \([\d.]+%\) were about a child who had been counted": ("again", "again_of"),
    rf"Of the {NUMBER} that were late, {NUMBER} had the work done in time and were only signed off late; "
    rf"{NUMBER} were late in the work itself": (LATE, "only_sign_off_late", "work_late"),
    rf"In {NUMBER} of them the child was seen in time": ("seen_in_time",),
    rf"{NUMBER} are overdue and still open": ("late_open",),
    rf"{NUMBER} were open, half of them for [\d.,]+ working days or more, {NUMBER} beyond": (
        "open_work",
        "open_beyond",
    ),
    rf"{NUMBER} were finished and waited": ("awaiting_sign_off",),
    rf"{NUMBER} of {NUMBER}, {NUMBER} outside the limit": (ON_TIME, ALL, LATE),
}
SOURCE = re.compile(r"Where the change since the same quarter last year comes from, by (\w+): (.*?)\.\s*(?:<|\n|$)")
NEWS = re.compile(
    rf"By (\w+)\. (.+?): [\d,]+ (?:of the [\d,]+ )?(?:more|fewer) than usual in (\w+ \d+)[.,].*?It came to {NUMBER}, "
    r"where about [\d,]+ would be usual\.(?: Next: (.*?)\.)?\s*(?:Other|<|\n|$)"
)  # of one month
PART = re.compile(rf"(?:^|, | and )(.+?) ([+-][\d,]+|0) \(to {NUMBER}\)")


def _month(text):
    return datetime.strptime(text, "%B %Y").strftime("%Y-%m")


def _whole(text):
    """Read a number as it is printed; rounded ones and those that no whole number are not one."""
    text = str(text).replace(",", "").strip().removeprefix("+")
    if text == "none":
        return 0
    return int(float(text)) if re.fullmatch(r"-?\d+(\.0+)?", text) else None


def quarter_months(quarter):
    """Return the months of a financial quarter such as 2020-21Q4."""
    year, n = int(quarter[:4]), int(quarter[-1])
    return [f"{year + (n == 4)}-{(3 * n + k) % 12 + 1:02d}" for k in range(3)]


def a_year_before(quarter):
    """Return the same quarter of the year before."""
    year = int(quarter[:4]) - 1
    return f"{year}-{(year + 1) % 100:02d}Q{quarter[-1]}"


@dataclass
class Sums:
    """What is known, what is hidden, and the equations between them.

    An unknown is (measure, area, period, part); `values` holds those that some page shows.
    """

    values: dict = field(default_factory=dict)
    hidden: set = field(default_factory=set)
    lowest: dict = field(default_factory=dict)
    highest: dict = field(default_factory=dict)
    rounded: bool = False
    near: dict = field(default_factory=dict)  # what a rounded page shows
    no_small: set = field(default_factory=set)
    equations: list = field(default_factory=list)  # of ({unknown: sign}, total)
    differences: list = field(default_factory=list)  # between two pages, by one to five

    @property
    def largest(self):
        """The largest count that is hidden for being small."""
        return ROUNDED_LARGEST if self.rounded else LARGEST

    def see(self, key, value, *, lowest=0, highest=np.inf):
        """Note a figure: a number, or None where it is hidden."""
        if self.rounded and value:
            self.near[key] = value
            lowest, highest, value = max(value - MARGIN, self.largest + 1), value + MARGIN, None
        if value is None:
            self.hidden.add(key)
            self.lowest[key] = max(self.lowest.get(key, 0), lowest)
            self.highest[key] = min(self.highest.get(key, np.inf), highest)
            return
        before = self.values.get(key)
        if before is not None and SMALLEST <= abs(before - value) <= LARGEST:
            self.differences.append((key, before, value))
        self.values[key] = value

    def tie(self, terms, *, rest=None, total=0):
        """Say that signed figures add up: to nothing, or to what is left over."""
        if any(key not in self.values and key not in self.hidden for key in terms):
            return
        terms = dict(terms) | ({rest: -1} if rest else {})
        if rest:
            self.hidden.add(rest)
        self.equations.append((terms, total))

    def sum_of(self, terms):
        """Return what signed figures add up to, None where one is hidden or there is none of it; what rounding makes is nothing."""
        known = [self.values.get(key, self.near.get(key)) for key in terms]
        if None in known:
            return None
        total = sum(v * s for v, s in zip(known, terms.values(), strict=True))
        return 0 if self.rounded and abs(total) <= MARGIN * len(terms) else total


def read_pages(config, folders):
    """Return what the pages of some folders show and hide, with the equations of a reader who knows the definitions."""
    with open(config, "rb") as file:
        project = tomllib.load(file)
    pages = [(Path(folder) / "report.html").read_text(encoding="utf-8") for folder in folders]
    rounded = any("rounded to the nearest 5" in page for page in pages)
    sums, quarters, causes = Sums(rounded=rounded), {}, defaultdict(set)
    for folder in folders:
        _read_page(Path(folder), project, sums, quarters, causes)
    _relate(project, sums, quarters, causes)
    return sums


def read_figures(config, rows, *, rounded=False, parts=()):
    """Return what the rows of ``figures.csv`` alone show and hide, of all areas, as `read_pages`; and named parts of totals."""
    with open(config, "rb") as file:
        project = tomllib.load(file)
    sums, quarters = Sums(rounded=rounded), {}
    _read_figures(rows, project, sums, quarters)
    for measure, area, quarter, part, value in parts:
        sums.see((measure, area, quarter, part), value)
    _relate(project, sums, quarters, defaultdict(set))
    return sums


def _read_page(folder, project, sums, quarters, causes):
    measures = {m["title"]: m for m in project["measure"]}
    with open(folder / "figures.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    _read_figures(rows, project, sums, quarters)
    newest, area = max(r["period"] for r in rows if "Q" in r["period"]), rows[0]["area"]
    book = openpyxl.load_workbook(folder / "tables.xlsx", read_only=True)
    for sheet in book:
        for row in sheet.iter_rows(values_only=True):
            if sheet.title == "Lateness" and row[0] in measures and len(row) > 2:
                sums.see((measures[row[0]]["name"], area, newest, f"band {row[1]}"), _whole(row[2]))
                causes[measures[row[0]]["name"]].add(f"band {row[1]}")
    text = re.sub(r"data:image/[^\"]*", "", (folder / "report.html").read_text(encoding="utf-8"))
    text = html.unescape(re.sub(r"<[^>]+>", "\n", text))
    for title, m in measures.items():
        for block in re.split(rf"\n{re.escape(title)}\n", text)[1:]:
            end = min([block.find(f"\n{t}\n") for t in measures if f"\n{t}\n" in block] or [len(block)])
            _read_sentences(block[:end], m["name"], area, newest, sums, causes)


def _read_figures(rows, project, sums, quarters):
    kinds = {m["name"]: m["type"] for m in project["measure"]}
    with_child = {d["name"] for d in project["dataset"] if "child" in d["columns"]}
    of_rows = {m["name"] for m in project["measure"] if _unit(m) != "children" and m["dataset"] in with_child}
    for r in rows:
        at = (r["measure"], r["area"], r["period"])
        hidden = r["status"] == "suppressed"
        few, other = {"lowest": 1, "highest": sums.largest}, {"lowest": sums.largest + 1}
        few = {"lowest": 1} if at[0] in of_rows else few  # few children, with how many cases nobody says
        told = few if r.get("mark") == f"1 to {sums.largest}" else other if r.get("mark", "").startswith("pro") else {}
        if "Q" in r["period"]:
            quarters[r["period"]] = quarter_months(r["period"])
        if kinds[at[0]] in SHARES:
            num, all_ = _whole(r["numerator"]), _whole(r["denominator"])
            if hidden or (num is not None and all_ is not None):
                sums.see((*at, ON_TIME), None if hidden else num)
                if sums.rounded and not hidden:  # no small one: then the row would be hidden
                    sums.see((*at, LATE), None)
                    sums.no_small.add((*at, LATE))
                else:
                    sums.see((*at, LATE), None if hidden else all_ - num)
                sums.see((*at, ALL), None if hidden else all_, **({"lowest": 1} | (other if told == other else {})))
        elif kinds[at[0]] in ("flow", "stock") and (hidden or _whole(r["value"]) is not None):
            sums.see((*at, COUNT), None if hidden else _whole(r["value"]), **({"lowest": 1} | told))


def _read_sentences(text, measure, area, quarter, sums, causes):
    for pattern, parts in SENTENCES.items():
        for found in re.findall(pattern, text):
            for part, value in zip(parts, found if isinstance(found, tuple) else (found,), strict=True):
                part = "band Overdue, not yet done" if part == "late_open" else part
                if (value := _whole(value)) is not None:
                    sums.see((measure, area, quarter, part), value)
                    causes[measure].add(part)
    for role, listed in SOURCE.findall(text):
        for part, change, now in PART.findall(listed.replace("\n", " ")):
            now, change = _whole(now), _whole(change)
            sums.see((measure, area, quarter, f"{role}={part}"), now)
            sums.see((measure, area, a_year_before(quarter), f"{role}={part}"), now - change)
    for role, first, month, now, more in NEWS.findall(text):
        sums.see((measure, area, _month(month), f"{role} by month={first}"), _whole(now))
        for part, _, its in PART.findall(more.replace("\n", " ")):
            sums.see((measure, area, _month(month), f"{role} by month={part}"), _whole(its))


def _relate(project, sums, quarters, causes):
    whole = project["project"]["name"]
    here = {(m, period): set() for m, _, period, _ in sums.values}
    for m, area, period, part in [*sums.values, *sums.hidden]:
        here.setdefault((m, period), set()).add((area, part))
    for (
        m,
        period,
    ), spots in here.items():  # what a page says nothing of, and another says of its area, is hidden, or none
        for area in {a for a, _ in spots}:
            for part in {p for _, p in spots} & causes[m]:
                if (m, area, period, part) not in sums.values:
                    sums.see((m, area, period, part), None)
    seen = set(sums.values) | sums.hidden
    measures = {m["name"]: m for m in project["measure"]}
    areas = defaultdict(set)
    for name, area, _, _ in seen:
        areas[name].add(area)
    of_months = {(k[0], k[1], q, k[3]) for k in seen if " by month=" in k[3] for q in quarters if k[2] in quarters[q]}
    for name, area, quarter, part in sorted(of_months):  # parts of months and of their quarter
        months = [(name, area, m, part) for m in quarters[quarter]]
        sums.hidden |= {key for key in months if key not in sums.values}
        if _counts_children(measures[name]):
            continue
        sums.tie({(name, area, quarter, part.replace(" by month", "")): 1, **dict.fromkeys(months, -1)})
    for name, area, period, part in sorted(seen):  # months and their quarter
        if period in quarters and part in (COUNT, ON_TIME, LATE, ALL):
            months = quarters[period]
            if measures[name]["type"] in ("stock", "stock_percent"):
                sums.tie({(name, area, period, part): 1, (name, area, months[-1], part): -1})
            elif measures[name].get("unit", "rows") == "rows":
                sums.tie({(name, area, period, part): 1, **{(name, area, m, part): -1 for m in months}})
            elif _counts_children(measures[name]):
                of_months = dict.fromkeys([(name, area, m, part) for m in months], 1)
                sums.tie(of_months | {(name, area, period, part): -1}, rest=(name, area, period, "in several months"))
                for month in of_months:
                    rest = (name, area, period, f"not in {month[2]}")
                    sums.no_small.add(rest)  # a difference of two periods is nobody's promise
                    sums.tie({(name, area, period, part): 1, month: -1}, rest=rest)
    for name, here in areas.items():  # areas and the whole
        parts = sorted({key[2:] for key in seen if key[:2] == (name, whole)})
        ties = [
            {(name, whole, *at): 1, **{(name, a, *at): -1 for a in sorted(here - {whole})}}
            for at in parts
            if "=" not in at[1]
        ]
        left = [v for v in map(sums.sum_of, ties) if v is not None]
        of_children = _counts_children(measures[name])  # one can be open in two areas, and counts in both
        nothing = bool(left) and all(v <= 0 for v in left)
        for at, tie in zip([p for p in parts if "=" not in p[1]], ties, strict=True) if len(here) > 1 else ():
            nowhere, total = (name, "without an area", *at), (name, whole, at[0])
            if not of_children and all(v >= 0 for v in left):
                sums.tie(tie, rest=None if nothing else nowhere)
                continue
            sums.hidden |= set() if nothing else {nowhere}
            sums.tie(_negative(tie) | ({} if nothing else {nowhere: 1}), rest=(*total, f"{at[1]} in several areas"))
            for area in here - {whole}:
                sums.tie({(name, whole, *at): 1, (name, area, *at): -1}, rest=(*total, f"{at[1]} not in {area}"))
        for key in [k for k in seen if k[0] == name and k[3].startswith(("area=", "area by month="))]:
            sums.tie({key: 1, (name, key[3].partition("=")[2], key[2], COUNT): -1})
    for name, area, period, part in sorted(seen):
        if part == ALL:
            at = (name, area, period)
            sums.tie({(*at, ALL): 1, (*at, ON_TIME): -1, (*at, LATE): -1})
            bands = sorted(b for b in causes[name] if b.startswith("band "))
            if bands:
                sums.tie({(*at, ALL): 1, **{(*at, b): -1 for b in bands}})
            sums.tie({(*at, ON_TIME): 1, (*at, "band On time"): -1})
            sums.tie({(*at, LATE): 1, (*at, "only_sign_off_late"): -1, (*at, "work_late"): -1})
            sums.tie({(*at, LATE): 1, (*at, "seen_in_time"): -1}, rest=(*at, "late, seen late"))
            sums.tie({(*at, "open_work"): 1, (*at, "open_beyond"): -1}, rest=(*at, "open within the limit"))
            sums.tie({(*at, "again_of"): 1, (*at, "again"): -1}, rest=(*at, "for the first time"))
    for m, total in permutations(project["measure"], 2):  # a part of a breakdown that is a measure too
        role, value = next(iter(m.get("where", {}).items()), (None, [None]))
        same = all(m.get(k) == total.get(k) for k in ("dataset", "date", "unit")) and m["type"] == total["type"]
        if (
            same
            and len(m.get("where", {})) == len(value) == 1
            and not total.get("where")
            and role in total.get("breakdown", ())
        ):
            for key in [k for k in seen if k[0] == m["name"] and k[2] in quarters and k[3] == COUNT]:
                part = (total["name"], *key[1:3], f"{role}={value[0]}")
                if part not in seen:
                    sums.see(part, None)
                sums.tie({part: 1, key: -1})
    seen = set(sums.values) | sums.hidden
    for role in {key[3].split("=")[0] for key in seen if "=" in key[3]}:  # parts and their total
        of_total = defaultdict(dict)
        for key in [k for k in seen if k[3].startswith(f"{role}=")]:
            of_total[key[:3]][key] = -1
        for at, terms in of_total.items():
            sums.tie({(*at, COUNT): 1, **terms}, rest=(*at, f"other {role}"))
    _relate_measures(project, sums)


def _relate_measures(project, sums):
    seen = set(sums.values) | sums.hidden
    months = sorted({key[2] for key in seen if "Q" not in key[2]})
    spots = sorted({key[1:3] for key in seen})
    for one, other in combinations(project["measure"], 2):
        if one["dataset"] != other["dataset"]:
            continue
        for a, b in ((one, other), (other, one)):
            _relate_pair(a, b, sums, spots, months)
    for one, other, both in permutations(project["measure"], 3):  # two kinds that overlap, and all
        if one["name"] > other["name"] or not one.get("where") or both.get("where") or one["type"] != "flow":
            continue
        if len({(m["dataset"], m.get("date"), m.get("unit"), m["type"]) for m in (one, other, both)}) > 1:
            continue
        (role, a), (same, b) = (next(iter(m.get("where", {"": []}).items())) for m in (one, other))
        if role == same and set(a) & set(b) and not set(a) <= set(b) and not set(b) <= set(a):
            for at in spots:  # all kinds there are stand in one of them, as far as anyone knows
                terms = {(one["name"], *at, COUNT): 1, (other["name"], *at, COUNT): 1, (both["name"], *at, COUNT): -1}
                sums.tie(terms, rest=(f"{one['name']} and {other['name']}", *at, COUNT))
    for m in project["measure"]:  # a stock, and what came and went
        if m["type"] not in ("stock", "stock_percent"):
            continue
        part = COUNT if m["type"] == "stock" else ALL
        flows = [
            f for f in project["measure"] if f["dataset"] == m["dataset"] and f.get("date") in ("started", "ended")
        ]
        flows = {f["date"]: f["name"] for f in flows if f.get("where") == m.get("where")}
        for area in {a for a, _ in spots}:
            for before, after in pairwise(months):
                terms = {(m["name"], area, before, part): 1, (m["name"], area, after, part): -1}
                terms |= {(flows[d], area, after, COUNT): s for d, s in (("started", 1), ("ended", -1)) if d in flows}
                if len(terms) in (3, 4):
                    rest = (m["name"], area, after, "ends" if "started" in flows else "starts")
                    if len(terms) == 3 and "ended" in flows:
                        terms = _negative(terms)
                    sums.tie(terms, rest=None if len(terms) == 4 else rest)


def _unit(m):
    """Return what a measure counts: of what is open children, where nothing is said."""
    return m.get("unit", "children" if m["type"] in ("stock", "stock_percent") else "rows")


def _counts_children(m):
    """Say whether a figure is a number of distinct children: a percentage of cases is one of rows."""
    return _unit(m) == "children" and m["type"] != "percent"


def _negative(terms):
    return {key: -sign for key, sign in terms.items()}


def _relate_shares(a, b, sums, spots):
    """Tie a share by a condition to the count of its rows or of its numerator, and two shares of the same rows."""
    where, share = a.get("where", {}), a["share"]
    base = "stock" if a["type"] == "stock_percent" else "flow"
    same_rows = b.get("date") == a.get("date") and _unit(a) == _unit(b)
    for area, period in spots:
        at, to = (a["name"], area, period), (b["name"], area, period)
        if b["type"] == base and same_rows:
            if b.get("where", {}) == where:
                sums.tie({(*at, ALL): 1, (*to, COUNT): -1})
            elif b.get("where", {}) == where | share:
                sums.tie({(*at, ON_TIME): 1, (*to, COUNT): -1})
            elif not b.get("where"):
                sums.tie({(*to, COUNT): 1, (*at, ALL): -1}, rest=(f"{b['name']} but {a['name']}", area, period, COUNT))
        if b["type"] == a["type"] and same_rows and b.get("share"):
            if b.get("where", {}) == where:
                sums.tie({(*at, ALL): 1, (*to, ALL): -1})
            elif not b.get("where") and b["share"] == share:
                for part in (ON_TIME, LATE, ALL):
                    sums.tie(
                        {(*to, part): 1, (*at, part): -1}, rest=(f"{b['name']} but {a['name']}", area, period, part)
                    )


def _relate_pair(a, b, sums, spots, months):
    """Tie two measures of one dataset: a part and all, rows and children, two clocks, what came in and fell due."""
    if a.get("share"):
        _relate_shares(a, b, sums, spots)
    if a.get("share") or b.get("share"):
        return
    name, other = a["name"], b["name"]
    where, wider = a.get("where", {}), b.get("where", {})
    among = all(role in where and set(where[role]) <= set(wider[role]) for role in wider)
    same_clock = [{k: v for k, v in m.get("within", {}).items() if k != "to"} for m in (a, b)]
    for area, period in spots:
        at, to = (name, area, period), (other, area, period)
        if a["type"] == b["type"] and among and a.get("date") == b.get("date") and a["type"] in ("flow", "stock"):
            if where != wider and a.get("unit") == b.get("unit"):
                sums.tie({(*to, COUNT): 1, (*at, COUNT): -1}, rest=(f"{other} but {name}", area, period, COUNT))
            elif a.get("unit", "rows") == "children" != b.get("unit", "rows"):
                sums.tie({(*to, COUNT): 1, (*at, COUNT): -1}, rest=(f"{other} beyond {name}", area, period, COUNT))
        if a["type"] == b["type"] == "percent" and among and same_clock[0] == same_clock[1]:
            if where != wider:
                for part in (ON_TIME, LATE, ALL):
                    sums.tie({(*to, part): 1, (*at, part): -1}, rest=(f"{other} but {name}", area, period, part))
            elif (a["within"]["to"], b["within"]["to"]) == ("completed", "authorised"):
                sums.tie({(*at, ALL): 1, (*to, ALL): -1})
                sums.tie({(*at, ON_TIME): 1, (*to, ON_TIME): -1}, rest=(*to, "only_sign_off_late"))
                sums.tie({(*at, LATE): 1, (*to, "work_late"): -1})
        by_end = b.get("cohort") == "completed" and a.get("date") == b.get("within", {}).get("to")
        if a["type"] == "flow" and b["type"] == "percent" and by_end and where == wider:
            sums.tie({(*at, COUNT): 1, (*to, ALL): -1})
    if a["type"] == "flow" and b["type"] == "percent" and where == wider and a.get("date") == b["within"]["from"]:
        for area in {s[0] for s in spots}:  # what came in and is not due yet is carried on to the next month
            ties, there = [], [m for m in months if (name, area, m, COUNT) in sums.values | dict.fromkeys(sums.hidden)]
            for before, after in pairwise([None, *there]):
                carried = {(other, area, before, "carried on"): 1} if before else {}
                ties.append(({(name, area, after, COUNT): 1, (other, area, after, ALL): -1}, carried, after))
            known = [sums.sum_of(t) for t, *_ in ties]
            so_far = np.cumsum([v or 0 for v in known])
            if (so_far >= 0).all():
                for terms, carried, after in ties:
                    sums.hidden |= set(carried)
                    sums.tie(terms | carried, rest=(other, area, after, "carried on"))


def bound(sums):
    """Return of every unknown that hangs together with others the smallest and largest value that is possible."""
    unknown = sorted({k for terms, _ in sums.equations for k in terms if k not in sums.values})
    number = {key: i for i, key in enumerate(unknown)}
    rows, columns, signs, totals = [], [], [], []
    for terms, total in sums.equations:
        here = {number[k]: s for k, s in terms.items() if k in number}
        if here:
            rows += [len(totals)] * len(here)
            columns += here.keys()
            signs += here.values()
            totals.append(total - sum(sums.values[k] * s for k, s in terms.items() if k in sums.values))
    if not totals:
        return {}
    matrix = coo_array((np.array(signs, float), (rows, columns)), shape=(len(totals), len(unknown))).tocsr()
    size = sum(matrix.shape)
    graph = coo_array((np.ones(len(rows)), (rows, np.array(columns) + matrix.shape[0])), shape=(size, size))
    component = connected_components(graph, directed=False)[1]
    totals, bounds = np.array(totals, float), {}
    for one in np.unique(component[matrix.shape[0] :]):
        inside = np.flatnonzero(component[matrix.shape[0] :] == one)
        ties = np.flatnonzero(component[: matrix.shape[0]] == one)
        keys = [unknown[i] for i in inside]
        least = np.array([sums.lowest.get(k, 0) for k in keys], float)
        most = np.array([sums.highest.get(k, np.inf) for k in keys], float)
        far = np.maximum(least, np.abs(totals[ties]).max() + max(sums.near.values(), default=0) + FAR)
        wanted = [k not in sums.near and k not in sums.no_small for k in keys]
        bounds |= _bound_together(matrix[ties][:, inside], totals[ties], keys, wanted, least, np.minimum(most, far))
    return bounds


def _that_hold(matrix, totals, least, most):
    """Return which sums can all hold: one that anyone would think of may not, and tells nothing."""
    holds = np.arange(len(totals))
    while True:
        n, unknowns = len(holds), matrix.shape[1]
        gap = identity(n, format="csr")
        goal = np.concatenate([np.zeros(unknowns), np.ones(2 * n)])
        bounds = Bounds(np.concatenate([least, np.zeros(2 * n)]), np.concatenate([most, np.full(2 * n, np.inf)]))
        sums = LinearConstraint(hstack([matrix[holds], gap, -gap], format="csr"), totals[holds], totals[holds])
        wrong = np.abs(milp(goal, bounds=bounds, constraints=sums).x[unknowns:].reshape(2, n)).sum(axis=0) > WRONG
        if not wrong.any():
            return holds
        holds = holds[~wrong]


def _bound_together(matrix, totals, keys, wanted, least, most):
    low, high = np.full(len(keys), np.inf), np.full(len(keys), -np.inf)
    holds = _that_hold(matrix, totals, least, most)
    ties = LinearConstraint(matrix[holds], totals[holds], totals[holds])
    for i in np.flatnonzero(wanted):
        for sign in (1.0, -1.0):
            if high[i] - low[i] + 1 >= FEWEST_VALUES:
                break
            goal = np.zeros(len(keys))
            goal[i] = sign
            solved = milp(goal, integrality=np.ones(len(keys)), bounds=Bounds(least, most), constraints=ties)
            if solved.x is None:
                return {}
            x = np.round(solved.x)
            low, high = np.minimum(low, x), np.maximum(high, x)
    return {keys[i]: (int(low[i]), int(high[i])) for i in np.flatnonzero(wanted)}


def solved(sums):
    """Return what every unknown stands for where no figure is hidden: the values, and what is left over in the equations.

    A sum of which less than nothing is left over does not hold, and tells nothing.
    """
    values, waiting = dict(sums.values), list(sums.equations)
    while True:
        left = []
        for terms, total in waiting:
            unknown = [key for key in terms if key not in values]
            if len(unknown) == 1:
                rest = total - sum(values[key] * sign for key, sign in terms.items() if key in values)
                values[unknown[0]] = rest / terms[unknown[0]]
            elif unknown:
                left.append((terms, total))
        if len(left) == len(waiting):
            return {key: value for key, value in values.items() if value >= 0}
        waiting = left


def attack(config, folders, leave_out=()):
    """Return the counts of 1 to 5 that can be worked out of pages; measures that hold no children are left out by name."""
    return worked_out(read_pages(config, folders), leave_out)


def worked_out(sums, leave_out=()):
    """Return the counts of 1 to 5 that can be worked out: {unknown: (lowest, highest)}, fewer than four values."""
    sums.equations = [e for e in sums.equations if not {key[0] for key in e[0]} & set(leave_out)]
    shown = {key: v for key, v in (sums.values | sums.near).items() if key[0] not in leave_out}
    small = {
        key: (low, high)
        for key, (low, high) in bound(sums).items()
        if high >= SMALLEST and low <= sums.largest and high - low + 1 < FEWEST_VALUES
    }
    for key, before, after in sums.differences:
        small[(*key, "between two pages")] = (abs(after - before),) * 2
    for key, value in shown.items():
        if SMALLEST <= value <= sums.largest and key[3] != "again":
            small[(*key, "shown")] = (value, value)
    return small


if __name__ == "__main__":
    pages = [a for a in sys.argv[2:] if not a.startswith("-")]
    small = attack(sys.argv[1], pages, leave_out=[a[1:] for a in sys.argv[2:] if a.startswith("-")])
    for key, (low, high) in sorted(small.items(), key=str):
        print(low, high, *key, sep="\t")
    exactly = sum(low == high for low, high in small.values())
    print(f"{exactly} exactly, {len(small)} to fewer than {FEWEST_VALUES} values", file=sys.stderr)
