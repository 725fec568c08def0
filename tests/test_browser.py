"""The page in a real browser, with the network out of reach."""

import io
import shutil
import subprocess

import pytest
from PIL import Image

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge"))), None
)
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
OFFLINE = ["--host-resolver-rules=MAP * ~NOTFOUND", "--disable-component-update", "--disable-sync", "--hide-scrollbars"]

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium, Chrome or Edge is installed")


def look(page, folder, width, height):
    picture = folder / "seen.png"
    done = subprocess.run(
        [
            BROWSER,
            *QUIET,
            *OFFLINE,
            f"--user-data-dir={folder / 'profile'}",
            "--enable-logging=stderr",
            f"--window-size={width},{height}",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Image.open(io.BytesIO(picture.read_bytes())).convert("RGB"), done.stderr


@pytest.mark.parametrize("width", [1100, 390])
def test_the_page_is_whole_without_a_network_and_keeps_its_own_policy(made, tmp_path, width):
    seen, log = look(made.page, tmp_path, width, 5000)
    assert "Refused to" not in log and "violates" not in log
    colours = {colour for _, colour in seen.getcolors(1 << 20)}
    assert (18, 67, 109) in colours  # the headings' dark blue: the style applies
    assert any(
        r > 220 and 80 < g < 140 and b < 90 for r, g, b in colours
    )  # the orange of the quarter's months: pictures are drawn


def test_nothing_hangs_over_the_edge_of_a_phone(made, tmp_path):
    seen, _ = look(made.page, tmp_path, 390, 1500)
    edge = seen.crop((386, 0, 390, 1500))
    assert {colour for _, colour in edge.getcolors(1 << 20)} == {(255, 255, 255)}
