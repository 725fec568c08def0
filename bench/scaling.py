"""How the cost of a quarter grows with areas and measures: seconds of the processor to read, and to measure and protect.

python bench/scaling.py
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import pipeline

SIZES = [(20, 1), (20, 12), (80, 12), (150, 12)]  # areas, measures
MONTHS = pd.period_range("2016-04", "2021-03", freq="M")
PROJECT = '[project]\nname = "Region"\nnation = "england"\n'
DATASET = '[[dataset]]\nname = "d{0}"\npath = "figures.csv"\nkind = "counts"\ncolumns = {{ period = "month", area = "area", value = "m{0}" }}\n'
MEASURE = '[[measure]]\nname = "m{0}"\ntitle = "Measure {0}"\ndataset = "d{0}"\ntype = "flow"\n'


def write_project(folder: Path, areas: int, measures: int) -> Path:
    """Write made-up monthly counts, one month in ten of them small, and return the configuration."""
    draw = np.random.default_rng(1)
    usual = np.exp(draw.uniform(np.log(8), np.log(300), (areas, 1, measures)))
    counts = draw.poisson(usual, (areas, len(MONTHS), measures)).reshape(-1, measures)
    rows = pd.MultiIndex.from_product(
        [[f"Area {a}" for a in range(areas)], MONTHS.astype(str)], names=["area", "month"]
    )
    pd.DataFrame(counts, index=rows, columns=[f"m{m}" for m in range(measures)]).to_csv(folder / "figures.csv")
    told = [text.format(m) for text in (DATASET, MEASURE) for m in range(measures)]
    (folder / "measures.toml").write_text("\n".join([PROJECT, *told]), encoding="utf-8")
    return folder / "measures.toml"


def seconds(work, *given, **named):
    """Return what a function returns, and the seconds of the processor that it took."""
    began = time.process_time()
    result = work(*given, **named)
    return result, time.process_time() - began


if __name__ == "__main__":
    for areas, measures in SIZES:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            prepared, reading = seconds(pipeline.prepare, write_project(folder, areas, measures))
            newest = pipeline.newest_quarter(prepared)
            pipeline.make_snapshots(prepared, newest - 1, folder / "before", profile="council")
            as_at = prepared.project.as_at(newest, newest=prepared.newest)
            found, measuring = seconds(pipeline.measured, prepared, newest, as_at)
            earlier = {"profile": "council", "released": [folder / "before"], "found": found}
            _, protecting = seconds(pipeline.make_snapshots, prepared, newest, folder / "now", **earlier)
            size = sum(p.stat().st_size for p in (folder / "now").rglob("*") if p.is_file()) / 2**20
        print(
            f"{areas} areas, {measures} measures: read and clean {reading:.1f} s, measure {measuring:.1f} s, "
            f"protect and store {protecting:.1f} s, {size:.1f} MB"
        )
