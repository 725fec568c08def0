"""How fast, as ratios within one run: verdicts against an ETS fit, a report against reading the same files plainly.

python bench/speed.py [CHECKOUT]

With another checkout of this project, whose `.venv` is ready, reports from a cold start are compared with its own.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from analysis import judge, judge_table

ROOT = Path(__file__).parents[1]
SERIES, MONTHS, REPEATS, ALONE = 1000, 60, 5, 200


def seconds(function, repeats: int = REPEATS) -> float:
    """Return the median time of a call, after one that warms up."""
    function()
    spent = []
    for _ in range(repeats):
        began = time.perf_counter()
        function()
        spent.append(time.perf_counter() - began)
    return float(np.median(spent))


def verdicts() -> None:
    """Print the time of a verdict, in a table and alone, and its ratio to one ETS fit."""
    months = pd.period_range(end="2021-03", periods=MONTHS, freq="M")
    counts = np.random.default_rng(0).poisson(200, (SERIES, MONTHS)).astype(float)
    table = pd.DataFrame(
        {
            "measure": "m",
            "area": np.repeat(np.arange(SERIES).astype(str), MONTHS),
            "period": pd.PeriodIndex(np.tile(months, SERIES)),
            "value": counts.ravel(),
        }
    )
    several = [pd.Series(row, index=months) for row in counts[:ALONE]]  # what has something to settle takes longer
    one = several[0]
    many = seconds(lambda: judge_table(table, quarter="2020-21Q4")) / SERIES
    alone = [seconds(lambda s=s: judge(s, quarter="2020-21Q4"), 1) for s in several]
    ets = seconds(
        lambda: ETSModel(np.log(one.to_numpy()), error="add", seasonal="add", seasonal_periods=12).fit(disp=False)
    )
    print(
        f"a verdict among {SERIES}: {1e3 * many:.2f} ms; alone: {1e3 * np.mean(alone):.2f} ms (median {1e3 * np.median(alone):.2f}, longest {1e3 * max(alone):.2f}); an ETS fit: {1e3 * ets:.1f} ms"
    )
    print(f"an ETS fit takes {ets / many:.0f} times a verdict among many, {ets / np.mean(alone):.0f} times one alone")


def cold_reports(checkouts: list[Path]) -> None:
    """Print the time of the sample's first report from a cold start, and of a second one of the same quarter.

    The clock's time and the processor's, of this checkout and others in turn, so that whatever else the machine does falls
    on all alike.
    """
    spent: dict[tuple[Path, str], list[tuple[float, float]]] = {}
    for _ in range(REPEATS):
        for checkout in checkouts:
            with tempfile.TemporaryDirectory() as folder:
                for what, area in (("first", []), ("second", ["--area", "North"])):
                    command = [str(checkout / ".venv/bin/python"), "-m", "analysis", "report", "--outputs", folder]
                    spent.setdefault((checkout, what), []).append(_timed([*command, *area], checkout))
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    middle = {key: np.median(times, axis=0) for key, times in spent.items()}
    for (checkout, what), (clock, processor) in middle.items():
        against = middle[checkouts[-1], "first"]
        print(
            f"{checkout.name}, {what} report: {clock:.1f} s, {processor:.1f} s of the processor: "
            f"{clock / against[0]:.2f} and {processor / against[1]:.2f} of the last checkout's first report"
        )
    print(f"(medians of {REPEATS}); the largest process {largest:.0f} MB")


def _timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Return the seconds of the clock and of the processor that a command takes with all that it starts."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, sum(after[:2]) - sum(before[:2])


if __name__ == "__main__":
    checkouts = [ROOT, *(Path(one).resolve() for one in sys.argv[1:])]
    if len(checkouts) == 1:
        verdicts()
    cold_reports(checkouts)
