"""Every notebook runs from top to bottom in a fresh kernel, as an analyst would run it."""

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_from_top_to_bottom(path):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=300,
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=50"],
        shutdown_kernel="immediate",
    )
    client.execute()
    shown = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert any(o.output_type in ("display_data", "execute_result") for o in shown)
    assert not [o.text for o in shown if o.output_type == "stream" and o.name == "stderr"]
