"""What is locked is installed, and nothing resolved: by the Makefile's and the documents' own lines, with any pip.

The packages are made up here: `app` asks for `base[extra]>=1`, as pytest-cov asks for `coverage[toml]`; the lock holds
`base` 1.0, and 2.0 has come out since. A pip that resolves meets 2.0, for which the lock has no hash.
"""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from conftest import ROOT
from documents import PAGES, at_a_prompt, copy_of_the_project, lines, text_of

OFFLINE = "docs/how-to/offline.md"
BY_MAKE, *FETCH_BY_HAND = lines(OFFLINE, "1. Fetch, where there is a network")
INSTALL = lines(OFFLINE, "2. Install, where there is none")
BY_HAND = [
    line for line in lines("README.md", "Two commands") if line.startswith(("python3 -m venv", ".venv/bin/python "))
]
JUPYTERLAB = lines("docs/how-to/explore.md", "Install JupyterLab")

BUNDLED = {
    "3.11": "22.3",
    "3.12": "23.2.1",
    "3.13": "24.2",
    "3.14": "25.2",
}  # with the first release of each: ensurepip
RUNNING = f"3.{sys.version_info[1]}"
OTHER_PIPS = [*(f"=={pip}" for python, pip in BUNDLED.items() if python >= RUNNING), ">=0"]  # and the newest
RESOLVES = "23.2.1"  # meets 2.0 where it resolves; other pips may not

BACKEND = """
import shutil
def build_wheel(folder, *_):
    return shutil.copy("trend_or_spike-1.0-py3-none-any.whl", folder).rpartition("/")[2]
build_editable = build_wheel
"""


def make_wheel(folder, name, version, *metadata):
    """Write a wheel with one empty module; return its path."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata, ""]),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {n: urlsafe_b64encode(hashlib.sha256(t.encode()).digest()).decode().rstrip("=") for n, t in files.items()}
    record = "".join(f"{n},sha256={digests[n]},{len(t)}\n" for n, t in files.items())
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        for file, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            packed.writestr(file, text)
    return path


@pytest.fixture
def project(tmp_path):
    """A project with this one's Makefile, the made-up lock and, in `index`, what there is to be had."""
    folder, index = tmp_path / "project", tmp_path / "index"
    folder.mkdir()
    index.mkdir()
    locked = [
        make_wheel(index, "app", "1.0", "Requires-Dist: base[extra]>=1"),
        make_wheel(index, "base", "1.0", "Provides-Extra: extra", "Requires-Dist: addition; extra == 'extra'"),
        make_wheel(index, "addition", "1.0"),
    ]
    make_wheel(index, "base", "2.0", "Provides-Extra: extra")
    make_wheel(folder, "trend_or_spike", "1.0", "Requires-Dist: app")
    (folder / "backend.py").write_text(BACKEND, encoding="utf-8")
    build = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (folder / "pyproject.toml").write_text(build, encoding="utf-8")
    shutil.copy(ROOT / "Makefile", folder)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        options = re.findall("^--.+", text_of(ROOT / lock), re.M)
        names = (wheel.name.split("-")[:2] for wheel in locked)
        hashes = (hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in locked)
        entries = [f"{n}=={v} --hash=sha256:{h}" for (n, v), h in zip(names, hashes, strict=True)]
        (folder / lock).write_text("\n".join([*options, *entries, ""]), encoding="utf-8")
    return folder


@pytest.fixture(
    params=["", *(pytest.param(asked, marks=pytest.mark.full) for asked in OTHER_PIPS)],
    ids=lambda asked: f"pip{asked}" if asked else "bundled pip",
)
def pip(request, tmp_path):
    """The wheel of a pip, or nothing for the one that comes with the running Python."""
    return wheel_of_pip(request.param, tmp_path) if request.param else None


def wheel_of_pip(asked, folder):
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder, f"pip{asked}"]
    if subprocess.run(download, capture_output=True).returncode:
        pytest.skip("no package index is within reach")
    return next(folder.glob("pip-*.whl"))


def type_in(project, typed, *, pip, index):
    """Type lines where `python3` is this Python, and the environments that it makes have the pip."""
    programs = project.parent / "bin"
    programs.mkdir(exist_ok=True)
    python = shlex.quote(f"{sys.base_prefix}/bin/python{RUNNING}")
    other = f".venv/bin/python -m pip install --quiet --no-index --no-deps {shlex.quote(str(pip))} >&2"
    script = f'#!/bin/sh -e\n{python} "$@"\n' + (f'case "$*" in *venv*) {other};; esac\n' if pip else "")
    (programs / "python3").write_text(script, encoding="utf-8")
    (programs / "python3").chmod(0o755)
    path = f"PATH={shlex.quote(str(programs))}:$PATH"
    where = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": index}
    return at_a_prompt([path, *typed], project, **where)


def installed(project):
    """The versions in the project's environment, but for pip and what old Pythons bring with it."""
    (packages,) = (project / ".venv/lib").glob("python*/site-packages")
    versions = dict(path.name.removesuffix(".dist-info").split("-") for path in packages.glob("*.dist-info"))
    return {name: version for name, version in versions.items() if name not in ("pip", "setuptools")}


LOCKED = {"app": "1.0", "base": "1.0", "addition": "1.0", "trend_or_spike": "1.0"}


def test_what_is_locked_is_installed_by_make(project, pip):
    assert type_in(project, ["make .venv/ready"], pip=pip, index="../index") == ""  # stdout is the report's
    assert installed(project) == LOCKED


@pytest.mark.full
def test_what_is_locked_is_installed_without_make(project, pip):
    type_in(project, BY_HAND, pip=pip, index="../index")
    assert installed(project) == LOCKED


@pytest.mark.full
def test_what_is_locked_is_installed_on_a_laptop(project, pip):
    for typed in ([BY_MAKE, "make .venv/explore"], FETCH_BY_HAND + JUPYTERLAB):
        type_in(project, typed, pip=pip, index="../index")
        assert dict(wheel.name.split("-")[:2] for wheel in (project / "wheelhouse").iterdir()) == LOCKED
        shutil.rmtree(project.parent / "carried", ignore_errors=True)
        shutil.move(project / "wheelhouse", project.parent / "carried")
    shutil.move(project.parent / "carried", project / "wheelhouse")
    shutil.rmtree(project / ".venv")
    type_in(project, INSTALL, pip=pip, index="nowhere")
    assert installed(project) == LOCKED


@pytest.mark.full
@pytest.mark.skipif(RUNNING > "3.12", reason="this Python is newer than the pip that resolves so")
def test_a_pip_that_resolves_refuses_the_same_lock(project, tmp_path):
    resolving = [line.replace("--no-deps --require", "--require") for line in BY_HAND]
    with pytest.raises(AssertionError, match="all requirements must have their versions pinned"):
        type_in(project, resolving, pip=wheel_of_pip(f"=={RESOLVES}", tmp_path), index="../index")


def test_no_line_resolves():
    """But for a database's driver, which no lock holds."""
    read = [*PAGES, ROOT / "Makefile", ROOT / ".ci/run", *(ROOT / "src").rglob("*.py")]
    typed = [c for path in read for c in re.findall(r"-m pip (?:install|download|wheel) [^`\n]*", text_of(path))]
    assert {line for line in typed if "--no-deps" not in line} == {"-m pip install pyodbc"}


def python_of(version):
    """A Python of a version that runs, from the path or from pyenv; skip where there is none."""
    roots = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    names = [shutil.which(f"python{version}"), *sorted(roots.glob(f"versions/{version}.*/bin/python3"))]
    for name in filter(None, names):
        asked = [name, "-c", "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"]
        if subprocess.run(asked, capture_output=True, text=True).stdout.strip() == version:
            return str(name)
    pytest.skip(f"no Python {version} is here")


@pytest.mark.full
@pytest.mark.parametrize("version", [version for version in BUNDLED if version != RUNNING])
def test_every_supported_python_makes_the_same_figures(version, made, tmp_path):
    """Set up by make, from nothing; the report's tests hold there too, where warnings are errors."""
    python = python_of(version)
    wheel_of_pip("", tmp_path)
    folder = copy_of_the_project(tmp_path / "project")
    cache = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True).stdout.strip()
    page = (
        folder
        / at_a_prompt([f"make report PYTHON={shlex.quote(python)}"], folder, PIP_CACHE_DIR=cache).splitlines()[-1]
    )
    at_a_prompt([".venv/bin/python -m pip check"], folder)
    assert page.with_name("figures.csv").read_bytes() == made.page.with_name("figures.csv").read_bytes()
    at_a_prompt([".venv/bin/python -m pytest -q tests/test_report.py tests/test_verdict_figures.py"], folder)
