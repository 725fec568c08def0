"""What the documents say is so: links lead somewhere, and every key, option and name is there."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT
from documents import PAGES, text_of

import analysis
from analysis.config import Catalogue, Dataset, Event, Measure, Neighbours, Population, Project
from analysis.config.returns import Return

PERMISSIVE = re.compile(r"MIT|BSD|Apache|Mozilla|MPL|Python Software Foundation|PSF|ISC")


def anchors(page) -> set[str]:
    """The anchors of a page's headings, as GitHub and mkdocs make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text_of(page), flags=re.S), re.M)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", h.lower()).strip()) for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text_of(page), flags=re.S)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


def test_every_page_is_in_the_sites_contents():
    contents = text_of(ROOT / "mkdocs.yml")
    pages = [p.relative_to(ROOT / "docs").as_posix() for p in PAGES if p.is_relative_to(ROOT / "docs")]
    left_out = [p for p in pages if p not in contents and not p.startswith("decisions/0")]
    assert not left_out, f"add to `nav` in mkdocs.yml: {left_out}"


def test_the_site_is_built_without_a_complaint_and_asks_nobody(tmp_path):
    pytest.importorskip("mkdocs", reason="mkdocs is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for page in (tmp_path / "site").rglob("*.html"):
        fetched = re.findall(r"<(?:script|img|link|iframe)[^>]*?(?:src|href)=\"?(https?://[^\s\">]+)", text_of(page))
        assert [f for f in fetched if "rel=canonical" not in f] == [], page.name


def app_commands() -> dict:
    from typer.main import get_command

    from analysis.cli import app

    return get_command(app).commands


def test_every_command_and_option_is_documented_and_no_other():
    text = text_of(ROOT / "docs/reference/commands.md")
    known = {o for c in app_commands().values() for p in c.params for o in p.opts if o.startswith("--")}
    documented = set(re.findall(r"--[a-z][a-z-]+", text))
    assert documented - {"--version", "--help", "--install-completion"} == known - {"--help"}
    for name in app_commands():
        assert f"| `{name}" in text


def test_every_key_is_documented_and_no_other():
    sections = re.split(r"^## \[+(\w+)\]+$", text_of(ROOT / "docs/reference/configuration.md"), flags=re.M)
    told = dict(zip(sections[1::2], sections[2::2], strict=True))
    models = {
        "project": Project,
        "return": Return,
        "dataset": Dataset,
        "measure": Measure,
        "population": Population,
        "neighbours": Neighbours,
        "event": Event,
    }
    tables = {f.alias or n for n, f in Catalogue.model_fields.items()}
    assert set(told) == tables == {*models, "check"}  # a check has the keys of a measure
    for table, model in models.items():
        keys = set(re.findall(r"^\| `(\w+)` \|", told[table], re.M))
        assert keys == {f.alias or n for n, f in model.model_fields.items()}, table


def test_every_name_of_the_library_is_documented_and_no_other():
    told = set(re.findall(r"^\| `(\w+)` \|", text_of(ROOT / "docs/reference/python.md"), re.M))
    assert told == set(analysis.__all__) - {"exploring"}
    assert all(callable(getattr(analysis, name)) for name in told)


def test_a_misspelt_name_is_answered_with_the_nearest():
    with pytest.raises(AttributeError, match="Did you mean 'judge'"):
        analysis.jugde  # noqa: B018
    assert set(analysis.__all__) <= set(dir(analysis))


def test_every_licence_is_permissive_and_listed():
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from licences import needed
    finally:
        sys.path.remove(str(ROOT / "docs"))
    rows = re.findall(r"^\| ([a-z0-9-]+) \| \S*\d\S* \| (.+) \|$", text_of(ROOT / "docs/licences.md"), re.M)
    assert not [r for r in rows if not PERMISSIVE.search(r[1]) or re.search(r"(?<!L)GPL|AGPL", r[1])]
    missing = needed() - {name for name, _ in rows}
    assert not missing, f"run `make licences`: {missing}"


def test_pictures_are_small():
    assert all(p.stat().st_size < 200_000 for p in (ROOT / "docs/images").iterdir())
