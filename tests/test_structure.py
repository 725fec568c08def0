"""The house stays as it was built: one direction of imports, notebooks that only call, locks without addresses."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def cells(path, kind):
    return [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == kind]


def test_imports_go_one_way():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_the_library_never_looks_into_notebooks_or_tests():
    for path in (ROOT / "src").rglob("*.py"):
        named = [
            n
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for n in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        ]
        assert not [n for n in named if n.split(".")[0] in ("tests", "notebooks", "conftest")], path


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_are_stored_without_outputs(path):
    for cell in cells(path, "code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_begin_with_a_question_and_only_call(path):
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    assert (
        first["cell_type"] == "markdown"
        and "".join(first["source"]).startswith("# ")
        and "?" in "".join(first["source"])
    )
    parameters = [c for c in cells(path, "code") if "parameters" in c["metadata"].get("tags", [])]
    assert len(parameters) == 1
    for statement in ast.parse("".join(parameters[0]["source"])).body:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)
    for cell in cells(path, "code"):
        source = "".join(cell["source"])
        tree = ast.parse(source)
        assert not [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.While)]
        assert all(len(n.body) == 1 for n in ast.walk(tree) if isinstance(n, ast.For))
        assert len([line for line in source.splitlines() if line.strip()]) <= 8


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_hold_names_versions_and_hashes_only(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    built, *entries = re.split(r"\n(?=\S)", text.strip())
    assert built.strip() == "--only-binary :all:"  # what is built from source resolves what its build needs
    assert all("==" in e and "--hash=sha256:" in e for e in entries)


def test_the_lock_has_every_dependency_at_an_allowed_version():
    from packaging.requirements import Requirement

    locked = dict(
        re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M)
    )
    extras = PYPROJECT["project"]["optional-dependencies"]
    for wanted in map(Requirement, [*PYPROJECT["project"]["dependencies"], *extras["test"], *extras["build"]]):
        assert wanted.specifier.contains(locked[wanted.name.lower()]), wanted


def test_conda_users_get_the_same_packages():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"^  - ([a-z].*)$", text, re.M)) - {"conda-forge", "pip", "python>=3.11"}
    extras = PYPROJECT["project"]["optional-dependencies"]
    assert named == {*PYPROJECT["project"]["dependencies"], *extras["explore"], *extras["build"]}
    assert "pip:" not in text  # pip would choose versions beside conda


def test_the_packages_asked_for_are_named():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    for package in ("jupyterlab", "pandas", "seaborn", "statsmodels", "papermill", "nbconvert"):
        assert f"- {package}" in text


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_nothing_made_or_raw_is_in_git():
    names = {p.relative_to(ROOT).as_posix() for p in tracked()}
    assert not {n for n in names if n.startswith(("outputs/", "data/raw/", ".venv/")) and not n.endswith(".gitkeep")}


def test_the_readme_names_files_that_are_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert links and all((ROOT / link).exists() for link in links), links


def test_the_readmes_commands_are_those_of_the_makefile():
    readme, makefile = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "Makefile"))
    for target in set(re.findall(r"^make ([a-z-]+)", readme, re.M)):
        assert re.search(rf"^{target}:", makefile, re.M), target
    assert "make test" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_readmes_python_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    block = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S).group(1)
    names = {}
    exec(compile(block, "README.md", "exec"), names)
    assert len(names["whole"]) == 72
