"""A working copy of the explorer's notebook with an analyst's file filled in, and JupyterLab open on it."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from ..errors import Refused

NOTEBOOK = "explore.ipynb"
QUIET = ("--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")  # nothing is fetched


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
