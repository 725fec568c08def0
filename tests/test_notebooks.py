"""Every notebook runs from top to bottom in a fresh kernel, as an analyst would run it."""

from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from analysis.exploring.opening import working_copy

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SMALLER = {  # parameters that make a notebook's work less
    "how_good_are_the_verdicts": {"config": "../data/sample/borough/measures.toml", "quarters": "2019-20Q4"},
    "quarterly_report": {"config": "", "quarter": "2020-21Q4"},  # of an analyst's own three years of counts
}


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        *((ROOT / f"notebooks/{name}.ipynb", parameters) for name, parameters in SMALLER.items()),
        *(pytest.param(path, {}, marks=pytest.mark.full) for path in NOTEBOOKS),
    ],
    ids=lambda given: given.stem if isinstance(given, Path) else "smaller" if given else "as it stands",
)
def test_a_notebook_runs_from_top_to_bottom(path, parameters, tiny):
    own = {"config": str(tiny)} if parameters.get("config") == "" else {}
    notebook = parameterize_notebook(load_notebook_node(str(path)), parameters | own)
    shown = run(notebook, path.parent)
    assert not [o for o in shown if "<Figure size" in str(o.get("data")) and "image/png" not in o["data"]]


def test_the_explorer_runs_on_a_bare_file_of_counts(tiny):
    tiny.unlink()
    copy = working_copy(ROOT / "notebooks" / "explore.ipynb", tiny.parent, config="", file="figures.csv")
    shown = run(nbformat.read(copy, as_version=4), tiny.parent)
    assert len([o for o in shown if "image/png" in o.get("data", ())]) == 7


def run(notebook, folder):
    """Run a notebook in a fresh kernel and return what it shows; it may write nothing to stderr."""
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=300,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=50"],
        shutdown_kernel="immediate",
    )
    client.execute()
    shown = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert any(o.output_type in ("display_data", "execute_result") for o in shown)
    assert not [o.text for o in shown if o.output_type == "stream" and o.name == "stderr"]
    return shown
