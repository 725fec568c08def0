"""A report on a small invented project: what a process makes once, to be warm when the work begins."""

import shutil
from pathlib import Path

import pandas as pd

from .. import pipeline, snapshots
from ..report.running import CONFIG_FILE, NOTEBOOK_FILE, Task, notebook_path

QUARTER = pd.Period("2021Q4", "Q-MAR")
CONFIG = """
[project]
name = "Rehearsal"
nation = "england"

[[dataset]]
name = "figures"
path = "figures.csv"
kind = "counts"
columns = { period = "month", value = "number" }

[[measure]]
name = "referrals"
title = "Referrals"
dataset = "figures"
type = "flow"

[[event]]
date = 2020-03-23
title = "An event"
effect = "context"
"""


def prepare_in(work: Path) -> None:
    """Fill a folder with everything that `report.make_page` needs."""
    months = pd.period_range("2018-04", "2021-03", freq="M")
    rows = [f"{month},{100 + 7 * (i % 5) + 60 * (i > 33)}" for i, month in enumerate(months)]
    (work / "figures.csv").write_text("\n".join(["month,number", *rows]) + "\n", encoding="utf-8")
    (work / CONFIG_FILE).write_text(CONFIG, encoding="utf-8")
    shutil.copyfile(notebook_path(), work / NOTEBOOK_FILE)
    prepared = pipeline.prepare(work / CONFIG_FILE)
    as_at = pipeline.make_snapshots(prepared, QUARTER, work / "slices", profile="council")
    snapshots.copy_slice(work / "slices", "Rehearsal", work)
    Task("2020-21Q4", "Rehearsal", "council", as_at.isoformat(), 60, 1024, "0" * 8).write(work)
