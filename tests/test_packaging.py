"""The wheel and the source archive work away from the checkout, in an environment that has not seen it."""

import importlib.metadata
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from documents import at_a_prompt, checkout_in, copy_of_the_project, followed

pytestmark = pytest.mark.full
FETCH = followed("docs/how-to/offline.md", "1. Fetch, where there is a network")
INSTALL = followed("docs/how-to/offline.md", "2. Install, where there is none")
JUPYTERLAB = followed("docs/how-to/explore.md", "Install JupyterLab")
WITHOUT_MAKE = followed("docs/how-to/offline.md", "Without make")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build both with hatchling, without the network, and return the folder."""
    folder = tmp_path_factory.mktemp("dist")
    for hook in ("build_sdist", "build_wheel"):
        build = f"import hatchling.build as b; b.{hook}({str(folder)!r})"
        subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory):
    """Fetch what the lock names, as docs/how-to/offline.md tells; return the folder."""
    probe = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", tmp_path_factory.mktemp("probe"), "babel"]
    if subprocess.run(probe, capture_output=True).returncode:
        pytest.skip("no package index is within reach")
    there = checkout_in(tmp_path_factory.mktemp("there") / "trend-or-spike")
    at_a_prompt(FETCH, there)
    return there / "wheelhouse"


@pytest.fixture(scope="module")
def laptop(wheelhouse, tmp_path_factory):
    """Install on a machine without a network, as the page tells; return the folder with the environment."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("laptop") / "trend-or-spike")
    shutil.copytree(wheelhouse, folder / "wheelhouse")
    cut = (
        subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0 if shutil.which("unshare") else 0
    )
    typed = "\n".join(INSTALL)
    at_a_prompt([f"unshare -n sh -ec {shlex.quote(typed)}" if cut else typed], folder)
    return folder


def on(laptop, *arguments, cwd, program="trend-or-spike"):
    """Run a command of the laptop's environment, and nothing of this one; return its lines."""
    path = os.pathsep.join([str(laptop / ".venv/bin"), "/usr/bin", "/bin"])
    typed = shlex.join([program, *map(str, arguments)])
    return at_a_prompt([typed], cwd, PATH=path).splitlines()


def test_the_wheel_holds_what_is_needed_and_nothing_of_anyones(built):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "analysis/py.typed",
        "analysis/notebooks/quarterly_report.ipynb",
        "analysis/notebooks/explore.ipynb",
    ):
        assert needed in names
    assert not [n for n in names if not n.startswith(("analysis/", "trend_or_spike-"))]
    assert not [n for n in names if "data/" in n or "tests/" in n or "outputs" in Path(n).parts]


def test_the_source_archive_holds_the_project_and_no_outputs(built):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {n.partition("/")[2] for n in packed.getnames()}
    assert {"README.md", "LICENSE", "measures.toml", "src/analysis/cli.py", "notebooks/explore.ipynb"} <= names
    made_or_raw = ("data/raw/", "outputs/", ".venv", "site/", "wheelhouse/")
    assert not [n for n in names if n.startswith(made_or_raw) and not n.endswith(".gitkeep")]


def test_the_command_comes_from_the_wheel_and_not_from_the_checkout(laptop, tmp_path):
    (where,) = on(laptop, "-c", "import analysis; print(analysis.__file__)", cwd=tmp_path, program="python")
    assert where.startswith(str(laptop / ".venv"))
    assert on(laptop, "--version", cwd=tmp_path) == [f"trend-or-spike {importlib.metadata.version('trend-or-spike')}"]
    assert on(laptop, "-m", "pip", "check", cwd=tmp_path, program="python") == ["No broken requirements found."]


def test_the_samples_report_is_made(laptop):
    page = laptop / on(laptop, "report", cwd=laptop)[-1]
    assert "Sample County" in page.read_text(encoding="utf-8")


def test_a_file_of_ones_own_goes_from_init_to_a_page(laptop, tmp_path, tiny):
    tiny.unlink()
    assert on(laptop, "init", "figures.csv", cwd=tmp_path) == ["measures.toml"]
    assert (tmp_path / on(laptop, "report", cwd=tmp_path)[-1]).is_file()


def test_the_explorer_comes_with_the_wheel(laptop, tmp_path, tiny):
    at_a_prompt(JUPYTERLAB, laptop)
    copy, *_ = on(laptop, "explore", "figures.csv", "--version", cwd=tmp_path)  # JupyterLab says its version and ends
    assert "figures.csv" in (tmp_path / copy).read_text(encoding="utf-8")


def test_without_make_and_with_a_network(wheelhouse, tmp_path):
    there = copy_of_the_project(tmp_path / "trend-or-spike")
    assert (there / at_a_prompt(WITHOUT_MAKE, there).splitlines()[-1]).is_file()
