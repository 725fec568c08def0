"""A finished page -> a PDF beside it, by the browser that is there. Chromium, Chrome and Edge print alike."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ..errors import Refused, ReportFailed
from ..outputs import PDF_FILE, replace

TIME_LIMIT = 60  # seconds
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
MAKERS = {"Google/Chrome": "chrome.exe", "Chromium": "chrome.exe", "Microsoft/Edge": "msedge.exe"}  # on Windows
APPLICATIONS = ("Google Chrome", "Chromium", "Microsoft Edge")  # on macOS
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no address can be looked up
]
CLOCK = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)[0-9]{14}")  # in a PDF's information


def quiet_flags() -> list[str]:
    """Return the options of a browser that neither speaks to the network nor asks anything."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0  # in a container; a browser refuses its sandbox there
    return [*QUIET, *(["--no-sandbox"] if as_root else [])]


def find_browser() -> Path:
    """Return the first Chromium, Chrome or Edge that is installed.

    Raises
    ------
    Refused
        When there is none.
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return Path(found)
    roots = [os.environ[v] for v in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA") if v in os.environ]
    usual = [Path(r, maker, "Application", name) for r in roots for maker, name in MAKERS.items()]
    if sys.platform == "darwin":
        usual = [Path("/Applications", f"{name}.app", "Contents/MacOS", name) for name in APPLICATIONS]
    for place in usual:
        if place.is_file():
            return place
    raise Refused(
        "A PDF needs Chromium, Chrome or Edge, and none was found. Install one of them, or print the page from any browser.",
        code="NO_BROWSER",
    )


def print_page(page: Path, browser: Path) -> Path:
    """Print a page to `report.pdf` beside it, tagged and with an outline.

    Parameters
    ----------
    page : pathlib.Path
        An HTML file; an older PDF beside it is replaced at the end.
    browser : pathlib.Path
        From `find_browser`.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ReportFailed
        When the browser prints nothing within `TIME_LIMIT`.
    """
    target = page.with_name(PDF_FILE)
    with tempfile.TemporaryDirectory(prefix="print-", ignore_cleanup_errors=True) as folder:
        printed = Path(folder) / PDF_FILE
        command = [
            str(browser),
            "--headless",
            *quiet_flags(),
            f"--user-data-dir={Path(folder) / 'profile'}",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--print-to-pdf={printed}",
            page.resolve().as_uri(),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=TIME_LIMIT)
            data = printed.read_bytes()
        except (OSError, subprocess.SubprocessError):
            raise ReportFailed(
                f"{browser.name} did not print the page within {TIME_LIMIT} seconds. The page itself is done.",
                code="NOT_PRINTED",
            ) from None
    replace(target, CLOCK.sub(rb"\g<1>19800101000000", data))  # the same page gives the same bytes
    return target
