"""The explorer in a real JupyterLab in a real browser, on loopback with a token."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

pytestmark = pytest.mark.full
TOKEN = secrets.token_hex(16)


@pytest.fixture
def lab(tiny):
    """Start `trend-or-spike explore figures.csv --no-browser` and return the notebook's address."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    tiny.unlink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"JUPYTER_TOKEN": TOKEN, "JUPYTER_PORT": str(port), "JUPYTER_IP": "127.0.0.1"}
    own = {f"JUPYTER_{name}_DIR": str(tiny.parent / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    arguments = [
        "explore",
        "figures.csv",
        "--no-browser",
        *(["--allow-root"] if getattr(os, "geteuid", int)() == 0 else []),
    ]
    with (tiny.parent / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "analysis", *arguments],
            cwd=tiny.parent,
            env={**os.environ, **settings, **own},
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(120):
            assert server.poll() is None, (tiny.parent / "lab.log").read_text()
            try:
                urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        yield f"{address}/lab/tree/explore-figures.ipynb?token={TOKEN}"
    finally:
        server.terminate()
        server.wait(30)


def test_the_explorer_opens_and_runs_in_jupyterlab(lab, browser, tmp_path):
    page = browser.new_page(viewport={"width": 1200, "height": 11000})  # a cell out of sight is not drawn
    asked = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto(lab)
    page.get_by_role("heading", name="What does my file show").wait_for(timeout=60_000)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=120_000)  # the kernel is there
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator("#jp-mainmenu-run").get_by_text("Run All Cells", exact=True).click()
    page.wait_for_function("document.querySelectorAll('.jp-OutputArea-output img').length === 6", timeout=300_000)
    page.screenshot(path=os.environ.get("KEEP_PICTURE", tmp_path / "lab.png"))
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert not [u for u in asked if not u.startswith(("http://127.0.0.1:", "data:", "blob:"))]
    page.close()
