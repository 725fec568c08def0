"""Make the pictures of README and docs from the synthetic sample: `python docs/pictures.py`, once the page has changed."""

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from analysis.report.printing import find_browser, quiet_flags

ROOT = Path(__file__).parents[1]
WIDTH, HEIGHT = 1100, 1000  # pixels: the first screen
COLOURS = 255


def main() -> None:
    """Write docs/images/page.png."""
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run(
            [sys.executable, "-m", "analysis", "report", "--outputs", folder],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        page, seen = Path(made.stdout.splitlines()[-1]).resolve(), Path(folder) / "seen.png"
        options = [f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={seen}"]
        subprocess.run(
            [find_browser(), "--headless", *quiet_flags(), "--hide-scrollbars", *options, page.as_uri()],
            check=True,
            capture_output=True,
        )
        target = ROOT / "docs" / "images" / "page.png"
        Image.open(seen).convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        ).save(target, optimize=True)
    print(target, target.stat().st_size)


if __name__ == "__main__":
    main()
