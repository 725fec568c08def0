"""Small projects at random: tables that hold little, nothing, or what cannot be, and configurations of every kind."""

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import pipeline, snapshots
from analysis.errors import Refused
from analysis.exploring.starter import starter
from analysis.outputs import PAGE_FILE
from analysis.periods import quarter_code
from analysis.report import running
from analysis.report.running import CONFIG_FILE, NOTEBOOK_FILE, Task
from analysis.run.engine import IN_PROCESS

LENGTHS = (1, 2, 3, 4, 6, 7, 12, 13, 15, 15, 24, 26, 27, 27, 36, 36, 36, 48, 48, 61, 130)
LEVELS = (0.2, 1, 5, 14, 16, 100, 4000, 1e9, 1e15)
SHAPES = (
    "zero", "equal", "counts", "one", "step up", "step down", "ends in zeros", "begins with zeros", "two values",
    "negative", "some negative", "fractions", "tiny", "huge", "one spike", "one figure", "mostly missing",
)  # fmt: skip
MISSING = ("none", "none", "none", "tail", "head", "some", "quarter", "all", "gaps")
AREAS = ([], [], ["North"], ["North", "South"], ["A" * 120, "Städt & <b>Land</b>"], [f"Area {i}" for i in range(9)])
LABELS = ("referrals", "number", "x" * 190, "Ärger & <i>Freude</i>", "=SUM(A1)", "value")


def values(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return n figures of a shape at random."""
    shape, level = rng.choice(SHAPES), float(rng.choice(LEVELS))
    base = rng.poisson(min(level, 1e15), n).astype(float)
    half = np.arange(n) >= n // 2
    match shape:
        case "zero":
            return np.zeros(n)
        case "equal":
            return np.full(n, float(round(level)))
        case "one":
            return np.ones(n)
        case "step up":
            return np.where(half, 3 * base, base)
        case "step down":
            return np.where(half, base // 5, base)
        case "ends in zeros":
            return np.where(half, 0, base)
        case "begins with zeros":
            return np.where(half, base, 0)
        case "two values":
            return np.where(np.arange(n) % 2, level, 0).round(2)
        case "negative":
            return -base - 1
        case "some negative":
            return np.where(rng.random(n) < 0.2, -base, base)
        case "fractions":
            return rng.random(n).round(4)
        case "tiny":
            return rng.random(n) * 1e-12
        case "huge":
            return rng.random(n) * 10.0 ** rng.integers(12, 300)
        case "one spike":
            return np.where(np.arange(n) == rng.integers(n), 1000 * (base + 1), base)
        case "one figure":
            return np.where(np.arange(n) == rng.integers(n), base, np.nan)
        case "mostly missing":
            return np.where(rng.random(n) < 0.9, np.nan, base)
    return base


def texts(rng: np.random.Generator, n: int) -> list[str]:
    """Return n cells of figures, some of them blank."""
    figures = values(rng, n)
    t = np.arange(n)
    match rng.choice(MISSING):
        case "tail":
            figures[-int(rng.integers(1, 8)) :] = np.nan
        case "head":
            figures[: int(rng.integers(1, 40))] = np.nan
        case "some":
            figures[rng.random(n) < 0.3] = np.nan
        case "quarter":
            figures[(t >= n - 6) & (t < n - 3)] = np.nan
        case "all":
            figures[:] = np.nan
    symbol = rng.choice(["", "", "c", "..", "NULL"])
    return [symbol if np.isnan(f) else f"{f:.0f}" if f % 1 == 0 and abs(f) < 1e15 else repr(float(f)) for f in figures]


def counts_table(rng: np.random.Generator) -> tuple[pd.DataFrame, str]:
    """Return a table of figures by month or week, and its grain."""
    grain, n = rng.choice(["month", "month", "month", "week"]), int(rng.choice(LENGTHS))
    if grain == "month":
        periods = pd.period_range(f"{rng.integers(2005, 2022)}-{rng.integers(1, 13):02d}", periods=n, freq="M")
        named = [str(p) for p in periods]
    else:
        periods = pd.period_range(f"{rng.integers(2015, 2022)}-{rng.integers(1, 13):02d}-05", periods=n, freq="W-SUN")
        named = [p.start_time.strftime("%d/%m/%Y") for p in periods]
    label = str(rng.choice(LABELS))
    parts = []
    for area in AREAS[rng.integers(len(AREAS))] or [None]:
        part = pd.DataFrame({grain: named, label: texts(rng, n)})
        if rng.random() < 0.5:
            part["of"] = texts(rng, n)
            if rng.random() < 0.5:
                part[label] = part["of"].where(rng.random(n) < 0.3, part[label])
        if area is not None:
            part["area"] = area
        if rng.random() < 0.15:
            part = part[rng.random(n) < 0.6]
        parts.append(part)
    table = pd.concat(parts, ignore_index=True).fillna("")
    return table, str(grain)


def cases_table(rng: np.random.Generator) -> pd.DataFrame:
    """Return a table of cases, with dates that are at times few, equal or missing."""
    n = int(rng.choice([0, 1, 3, 10, 40, 120, 600, 600, 2000]))
    span = int(rng.choice([1, 14, 40, 100, 200, 400, 800, 800, 1500, 1500]))
    first = pd.Timestamp(f"{rng.integers(2012, 2021)}-{rng.integers(1, 13):02d}-{rng.integers(1, 28):02d}")
    started = first + pd.to_timedelta(np.sort(rng.integers(0, span, n)), "D")
    took = pd.to_timedelta(rng.choice([0, 3, 20, 200]) * rng.random(n), "D").round("D")
    table = pd.DataFrame({"id": [f"P{i}" for i in rng.integers(0, max(n // 2, 1), n)], "date started": started})
    if rng.random() < 0.6:
        open_ = rng.random(n) < rng.choice([0, 0.2, 0.9, 1])
        table["date ended"] = pd.Series(started + took).where(~open_)
    if rng.random() < 0.3:
        table["recorded on"] = started + pd.to_timedelta(rng.integers(0, 30, n), "D")
    for column in ("date started", "date ended", "recorded on"):
        if column in table:
            table[column] = pd.to_datetime(table[column]).dt.strftime("%d/%m/%Y").fillna("")
    if rng.random() < 0.5:
        table["type"] = rng.choice(["a", "b", "", "x" * 150], n)
    if rng.random() < 0.4:
        table["area"] = rng.choice(["North", "South", ""], n)
    if rng.random() < 0.4:
        table["days"] = texts(rng, n) if n else []
    return table


def quoted(value: object) -> str:
    """Return a value as TOML."""
    if isinstance(value, dict):
        return (
            "{ "
            + ", ".join(f"{k} = {v if k == 'from' and v[:2] == '20' else quoted(v)}" for k, v in value.items())
            + " }"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(quoted, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def target(rng: np.random.Generator, kind: str) -> list[dict]:
    level = float(rng.choice([0, 0.5, 0.95, 1] if kind == "percent" else [0, 1, 100, -5, 1e9]))
    return [{"from": "2000-04-01", "value": level, "kind": str(rng.choice(["local", "national"]))}]


def common(rng: np.random.Generator, name: str, kind: str) -> dict:
    measure = {"name": name, "title": str(rng.choice(["Referrals", "T" * 199, "50% of $x$ & {y}"])), "type": kind}
    measure["polarity"] = str(rng.choice(["increase", "decrease", "none"]))
    if rng.random() < 0.6:
        measure["target"] = target(rng, kind)
    return measure


def configuration(rng: np.random.Generator, folder: Path) -> str:
    """Write a table or two, and return a configuration that takes several measures from each."""
    datasets, measures = [], []
    for number in range(int(rng.integers(1, 3))):
        name = f"data_{number}"
        if rng.random() < 0.6:
            table, grain = counts_table(rng)
            value = table.columns[1]
            columns = {"period": grain, "value": value}
            columns |= {role: h for role, h in (("denominator", "of"), ("area", "area")) if h in table}
            datasets.append({"name": name, "kind": "counts", "grain": grain, "columns": columns})
            kinds = rng.choice(["flow", "stock", "percent", "percent", "mean", "value"], int(rng.integers(1, 3)))
            measures += [common(rng, f"m_{number}_{i}", str(k)) | {"dataset": name} for i, k in enumerate(kinds)]
        else:
            table = cases_table(rng)
            columns = {"child": "id", "started": "date started"}
            headings = {
                "ended": "date ended",
                "recorded": "recorded on",
                "category": "type",
                "area": "area",
                "value": "days",
            }
            columns |= {role: h for role, h in headings.items() if h in table}
            datasets.append(
                {"name": name, "kind": "cases", "grain": str(rng.choice(["month", "week"])), "columns": columns}
            )
            for i, kind in enumerate(rng.choice(["flow", "stock", "percent", "mean"], int(rng.integers(1, 4)))):
                needs = {"stock": "ended", "percent": "ended", "mean": "value"}.get(str(kind), "started")
                if needs not in columns:
                    continue
                measure = common(rng, f"m_{number}_{i}", str(kind)) | {"dataset": name}
                if kind in ("flow", "mean"):
                    measure["date"] = "started"
                    measure["unit"] = str(rng.choice(["rows", "children"]))
                if kind in ("flow", "stock"):
                    measure["breakdown"] = [r for r in ("category", "area") if r in columns]
                if kind == "percent":
                    limit = {"working_days": int(rng.choice([0, 10, 45]))} if rng.random() < 0.7 else {"hours": 24.0}
                    measure["within"] = limit | {"from": "started", "to": "ended"}
                    measure["cohort"] = str(rng.choice(["due", "completed"]))
                    if "working_days" in limit:
                        measure["bands"] = [2, 5]
                if "category" in columns and rng.random() < 0.3:
                    measure["where"] = {"category": [str(rng.choice(["a", "nothing"]))]}
                measures.append(measure)
        table.to_csv(folder / f"{name}.csv", index=False)
    if not measures:
        return configuration(rng, folder)
    for m in measures:
        if rng.random() < 0.2 and len(measures) > 1:
            others = [o["name"] for o in measures if o["name"] != m["name"]]
            m["comparator"] = str(rng.choice(others))
    lines = ["[project]", 'name = "Town"', f'nation = "{rng.choice(["england", "wales"])}"']
    flows = [m["name"] for m in measures if m["type"] == "flow"]
    if len(flows) > 1 and rng.random() < 0.5:
        lines.append(f"funnel = {quoted(flows)}")
    for d in datasets:
        lines += ["[[dataset]]", f'path = "{d["name"]}.csv"', *(f"{k} = {quoted(v)}" for k, v in d.items())]
    for m in measures:
        lines += ["[[measure]]", *(f"{k} = {quoted(v)}" for k, v in m.items())]
    if rng.random() < 0.3:
        day = f"{rng.integers(2012, 2022)}-{rng.integers(1, 13):02d}-15"
        effect = str(rng.choice(["recording", "definition", "context"]))
        lines += ["[[event]]", f"date = {day}", 'title = "New system"', f'effect = "{effect}"']
    if rng.random() < 0.3:
        children = rng.choice([0, 1, 20000], 20)
        rows = [f"{a},{2003 + i},{c}" for a in ("Town", "North") for i, c in enumerate(children)]
        (folder / "population.csv").write_text("\n".join(["area,year,children", *rows]))
        lines += ["[population]", 'path = "population.csv"']
    return "\n".join(lines) + "\n"


def write(folder: Path, seed: int) -> Path:
    """Write the project of that number: with a configuration, or files from which `init` makes one; return its path."""
    rng = np.random.default_rng(seed)
    config = folder / CONFIG_FILE
    if seed % 2:
        config.write_text(configuration(rng, folder), encoding="utf-8")
        return config
    table = cases_table(rng) if rng.random() < 0.4 else counts_table(rng)[0]
    table.to_csv(folder / "table.csv", index=False)
    return config


def make(folder: Path, seed: int) -> str:
    """Go the whole way, in this process, from the files to a page, and return it.

    Mostly of the newest quarter and the whole, as when nothing is asked for; else of others.
    """
    config = write(folder, seed)
    if not config.exists():
        config.write_text(starter([folder / "table.csv"], folder), encoding="utf-8")
    prepared = pipeline.prepare(config)
    rng = np.random.default_rng(seed)
    quarter, area = pipeline.newest_quarter(prepared), pipeline.find_area(prepared, None)
    if rng.random() < 0.3:
        quarter, area = quarter + int(rng.integers(-5, 2)), str(rng.choice(pipeline.areas(prepared)))
    profile = str(rng.choice(["council", "council", "rounded", "internal"]))
    before, released = folder / "before", []
    with suppress(Refused):
        pipeline.make_snapshots(prepared, quarter - 1, before, profile=profile)
        released = [before]
    as_at = pipeline.make_snapshots(prepared, quarter, folder / "now", profile=profile, released=released)
    work = folder / "work"
    work.mkdir()
    snapshots.copy_slice(folder / "now", area, work)
    (work / CONFIG_FILE).write_bytes(config.read_bytes())
    (work / NOTEBOOK_FILE).write_bytes(running.notebook_path().read_bytes())
    Task(quarter_code(quarter), area, profile, as_at.isoformat(), 300, 2048, "seed").write(work)
    running.make_page(work, engine=IN_PROCESS)
    return (work / PAGE_FILE).read_text(encoding="utf-8")
