"""A project of many areas and a notebook that takes no time: for tests of the run, not of what a page says."""

import json
import sys
import textwrap
from pathlib import Path

import nbformat
import pandas as pd

AREAS = [f"Area {i:02d}" for i in range(1, 20)]  # and the whole: twenty
CONFIG = """
[project]
name = "Shire"
nation = "england"

[[dataset]]
name = "figures"
path = "figures.csv"
kind = "counts"
columns = { period = "month", value = "number", area = "place" }

[[measure]]
name = "referrals"
title = "Referrals"
dataset = "figures"
type = "flow"
"""
CELLS = [
    "from pathlib import Path\nfrom analysis import open_case\nfrom analysis.report import page, running\n{fault}",
    "case = open_case(config, quarter=quarter, area=area, work=work, profile=profile, as_at=as_at)\n{fault}",
    "rows = case.quarters.assign(call='usual variation')\npage.publish(rows[['period', 'value']].to_html())\n{fault}",
    "rows.to_csv(Path(work) / 'figures.csv', index=False)\n"
    "(Path(work) / running.BRIEF_FILE).write_text('{}')\n"
    "size = (Path(work) / 'tables.xlsx').write_bytes(bytes(60_000))\n{fault}\nrunning.TOKEN",
]  # `fault` stands for what breaks here; nothing does where an area has none


def write_project(folder: Path, areas: list[str] = AREAS) -> Path:
    """Write three years of monthly counts of areas, and return the configuration: the fewer, the sooner a slice is cut."""
    months = pd.period_range("2018-04", "2021-03", freq="M")
    rows = [f"{m},{200 + 7 * ((i + j) % 5) + j},{a}" for j, a in enumerate(areas) for i, m in enumerate(months)]
    (folder / "figures.csv").write_text("\n".join(["month,number,place", *rows]) + "\n", encoding="utf-8")
    (folder / "measures.toml").write_text(CONFIG, encoding="utf-8")
    return folder / "measures.toml"


def write_notebook(path: Path, faults: dict[str, tuple[int, str]] | None = None) -> Path:
    """Write a notebook that breaks, for each area of `faults`, in the cell of that number by running that code."""
    names = ("quarter", "area", "config", "profile", "as_at", "work")
    notebook = nbformat.v4.new_notebook()
    parameters = nbformat.v4.new_code_cell("\n".join(f'{n} = ""' for n in names), metadata={"tags": ["parameters"]})
    notebook.cells = [parameters]
    for number, cell in enumerate(CELLS):
        here = {area: code for area, (at, code) in (faults or {}).items() if at == number}
        source = cell.replace("{fault}", f"exec({here!r}.get(area, ''))" if here else "")
        notebook.cells.append(nbformat.v4.new_code_cell(source))
    notebook.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(notebook, path)
    return path


def command(notebook: Path, *arguments: str) -> list[str]:
    """Return the command line that runs `trend-or-spike` with another notebook, in a process of its own."""
    script = f"""
        import sys
        from pathlib import Path
        from analysis import cli
        from analysis import run
        sys.modules["analysis.run.planning"].notebook_path = lambda: Path({str(notebook)!r})
        sys.argv = ["trend-or-spike", *{json.dumps([str(a) for a in arguments])}]
        cli.main()
    """
    return [sys.executable, "-c", textwrap.dedent(script)]


def tree(folder: Path, *parts: str) -> dict[str, tuple[bytes, int]]:
    """Return every file's bytes and time of change, by its name in the folder."""
    roots = [folder / p for p in parts] or [folder]
    found = sorted(p for root in roots for p in root.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): (p.read_bytes(), p.stat().st_mtime_ns) for p in found}


def contents(folder: Path, *parts: str) -> dict[str, bytes]:
    """Return every file's bytes, by its name in the folder."""
    return {name: data for name, (data, _) in tree(folder, *parts).items()}
