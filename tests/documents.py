"""The documents as their tests read them: sections, blocks, and the lines a reader is told to type."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TYPED = "sh|cron"  # blocks of what is typed; those for Windows are compared with them
FOLLOWED: set[tuple[str, str]] = set()  # (document, heading) that a test runs, filled by `follows`

NOT_RUN = {  # and why
    "make test": "runs this",
    ".venv/bin/python -m pytest -n auto": "runs this",
    "conda env create -f environment.yml": "conda cannot be had here",
    "conda activate trend-or-spike": "conda cannot be had here",
}
NOT_THE_USERS = {"VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}  # what runs the tests, `make` perhaps


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def sections(document: str) -> dict[str, str]:
    """The text under each heading; what looks like a heading inside a block is none."""
    text = re.sub(r"```.*?```", lambda m: m[0].replace("\n#", "\n\0#"), text_of(ROOT / document), flags=re.S)
    parts = re.split(r"^#+ (.+)$", text, flags=re.M)
    return {heading: part.replace("\0", "") for heading, part in zip(parts[1::2], parts[2::2], strict=True)}


def blocks(document: str, language: str, *headings: str) -> list[str]:
    parts = sections(document)
    texts = [parts[h] for h in headings] if headings else parts.values()
    found = (re.findall(rf"^( *)```(?:{language})\n(.*?)^ *```", t, re.S | re.M) for t in texts)
    return [re.sub(f"^{indent}", "", block, flags=re.M) for part in found for indent, block in part]


def lines(document: str, *headings: str, language: str = TYPED) -> list[str]:
    """What is to be typed, line by line, without the comments."""
    typed = (line.partition("  #")[0].strip() for b in blocks(document, language, *headings) for line in b.splitlines())
    return [line for line in typed if line and not line.startswith("#") and line not in NOT_RUN]


def followed(document: str, *headings: str) -> list[str]:
    """The lines of sections that a test runs; tests/test_docs_commands.py asks that every section has one."""
    FOLLOWED.update((document, heading) for heading in headings)
    return lines(document, *headings)


def follows(document: str, *headings: str):
    """Give a test the lines of a document's sections as `told`."""
    return pytest.mark.parametrize("told", [followed(document, *headings)], ids=[document])


def copy_of_the_project(folder: Path) -> Path:
    """Copy what git would hold, roughly, to a folder that is not there yet."""
    made = (".git", ".venv", "outputs", "site", "wheelhouse", "mutants", ".*cache", "__pycache__")
    return shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*made))


def checkout_in(folder: Path) -> Path:
    """Copy the project; the copy's environment is this one, set up already."""
    if not (ROOT / ".venv/ready").exists() or Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        pytest.skip("the tests do not run in the environment that make sets up")
    copy = copy_of_the_project(folder)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        os.utime(copy / name, (0, 0))  # older than the environment: make has nothing to install
    return copy


def at_a_prompt(typed: list[str], cwd: Path, **settings: str) -> str:
    """Type lines into a shell whose commands are this environment's, and return what they print; none may fail."""
    if os.name == "nt":
        pytest.skip("the lines for Windows are compared with these")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["sh", "-ec", "\n".join(typed)],
        cwd=cwd,
        env={k: v for k, v in os.environ.items() if k not in NOT_THE_USERS}
        | {"PATH": path, "HOME": str(cwd)}
        | settings,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, (typed, done.stdout, done.stderr)
    return done.stdout
