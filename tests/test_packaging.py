"""The wheel and the source archive work away from the checkout, in an environment that has not seen it."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build both with hatchling, without the network, and return the folder."""
    folder = tmp_path_factory.mktemp("dist")
    for hook in ("build_sdist", "build_wheel"):
        build = f"import hatchling.build as b; b.{hook}({str(folder)!r})"
        subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Return the commands' folder of an environment with the wheel; what it needs is lent by this one."""
    folder = tmp_path_factory.mktemp("env")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    (wheel,) = built.glob("*.whl")
    arguments = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run([scripts / "python", *arguments], check=True, capture_output=True)
    own = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (own / "lent.pth").write_text(
        sysconfig.get_path("purelib")
    )  # its own .pth files, and so the checkout, are not read
    return scripts


def run(scripts, *arguments, cwd):
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["JUPYTER_PATH"] = str(Path(sys.prefix, "share", "jupyter"))  # what is lent has its templates there
    done = subprocess.run(
        [scripts / "trend-or-spike", *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


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


def test_the_command_comes_from_the_wheel_and_not_from_the_checkout(installed, tmp_path):
    where = subprocess.run(
        [installed / "python", "-c", "import analysis; print(analysis.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert str(ROOT) not in where and str(installed.parent) in where


def test_the_samples_report_is_made_from_another_folder(installed, tmp_path):
    page = tmp_path / run(installed, "report", "--config", ROOT / "measures.toml", cwd=tmp_path)[-1]
    assert "Sample County" in page.read_text(encoding="utf-8")


def test_a_file_of_ones_own_goes_from_init_to_a_page(installed, tmp_path, tiny):
    tiny.unlink()
    assert run(installed, "init", "figures.csv", cwd=tmp_path) == ["measures.toml"]
    assert (tmp_path / run(installed, "report", cwd=tmp_path)[-1]).is_file()


def test_the_explorer_comes_with_the_wheel(installed, tmp_path, tiny):
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    copy = run(installed, "explore", "figures.csv", "--version", cwd=tmp_path)[
        0
    ]  # JupyterLab says its version and ends
    assert "figures.csv" in (tmp_path / copy).read_text(encoding="utf-8")
