"""The door: one file or a configuration opened on one measure, in a session of JupyterLab or in a notebook of one's own."""

import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from ..config import Dataset, Measure
from ..errors import Refused
from ..periods import parse_quarter
from ..pipeline import Prepared, find_area, newest_quarter, prepare
from ..reading.files import find_files
from .exploration import Exploration, look
from .starter import starter

NOTEBOOK = "explore.ipynb"
QUIET = ("--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")  # nothing is fetched


def begin(
    config: str | Path = "", *, file: str | Path = "", measure: str = "", quarter: pd.Period | str = "", area: str = ""
) -> Exploration:
    """Read and clean everything, and open one measure of one area at one quarter.

    Parameters
    ----------
    config : path-like
        The `measures.toml`; empty: `file` is looked at as `trend-or-spike init` does it.
    file : path-like
        Its first measure is opened where no measure is named.
    measure : str
        Empty: the first.
    quarter : str or pandas.Period
        Empty: the newest complete one.
    area : str
        Empty: the whole.

    Returns
    -------
    Exploration

    Raises
    ------
    Refused
        When there is neither, or no such measure, area or quarter.

    Examples
    --------
    >>> begin(file="no_such_file.csv")
    Traceback (most recent call last):
    ...
    analysis.errors.Refused: There is no file no_such_file.csv. Check the name and the folder. [INPUT_UNAVAILABLE]
    """
    prepared, text, named = _open(config, Path(file) if file else None)
    chosen = prepared.project.measure(measure) if measure else named
    quarter = parse_quarter(quarter) if quarter else newest_quarter(prepared)
    return look(prepared, chosen, find_area(prepared, area), quarter, configuration=text)


def _open(config: str | Path, file: Path | None) -> tuple[Prepared, str, Measure]:
    """Return what a configuration, or the look at a file, gives; the text of the look; and the first measure."""
    if file and not file.is_file():
        raise Refused(f"There is no file {file}. Check the name and the folder.", code="INPUT_UNAVAILABLE")
    if config:
        prepared = prepare(config)
        held = {d.name for d in prepared.project.datasets if file and d.path and _holds(d, file)}
        own = [m for m in prepared.project.measures if m.dataset in held or not file]
        if own:
            return prepared, "", own[0]
    if not file:
        raise Refused("Give a configuration, or a file to look at.", code="INPUT_UNAVAILABLE")
    with tempfile.TemporaryDirectory() as folder:
        looked_at = Path(folder) / "measures.toml"
        looked_at.write_text(starter([file], folder), encoding="utf-8")
        prepared = prepare(looked_at)
    return prepared, starter([file], "."), prepared.project.measures[0]


def _holds(dataset: Dataset, file: Path) -> bool:
    return file.resolve() in {f.resolve() for f in find_files(dataset)}


def working_copy(original: Path, folder: Path, *, config: str, file: str = "") -> Path:
    """Write a copy of the notebook with its parameters filled in; a copy that is there already is left as it is.

    Parameters
    ----------
    original : pathlib.Path
    folder : pathlib.Path
        Where the copy goes.
    config : str
        The configuration as seen from `folder`; empty: the file is looked at.
    file : str
        The analyst's file as seen from `folder`; it names the copy.

    Returns
    -------
    pathlib.Path
    """
    copy = folder / (f"explore-{Path(file).stem}.ipynb" if file else NOTEBOOK)
    if copy.exists():
        return copy
    notebook = json.loads(original.read_text(encoding="utf-8"))
    cell = next(c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", []))
    filled = {"config": config, "file": file}
    cell["source"] = [
        f"{name} = {json.dumps(filled[name])}\n" if (name := line.partition(" =")[0]) in filled else line
        for line in cell["source"]
    ]
    copy.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return copy


def open_lab(notebook: Path, *options: str) -> int:
    """Open JupyterLab on a notebook, with options of its own, and wait until it ends; return its exit code.

    Raises
    ------
    Refused
        ``NOT_INSTALLED`` when JupyterLab is not installed.
    """
    if find_spec("jupyterlab") is None:
        raise Refused(
            "JupyterLab is not installed. Install it, in the project's folder, with "
            "`python -m pip install --no-deps --require-hashes -r requirements-dev.lock`, "
            f"or open {notebook} in the notebook program that you have.",
            code="NOT_INSTALLED",
        )
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(notebook), *QUIET, *options])
