"""The folder for what is made: where things lie in it, and how they are written."""

import io
import os
import re
import tempfile
import time
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import Refused, ReportFailed
from .periods import quarter_code

PAGE_FILE, FIGURES_FILE, TABLES_FILE = "report.html", "figures.csv", "tables.xlsx"
PDF_FILE, WORD_FILE, SUMMARY_FILE = "report.pdf", "report.docx", "summary.txt"
INDEX_FILE = "index.html"
PUBLISHED_FILES = (FIGURES_FILE, TABLES_FILE, PAGE_FILE)  # in the order in which they are put in place
PAPERS = (PDF_FILE, WORD_FILE, SUMMARY_FILE)  # made from a page when asked for: gone when the page changes
WORK, NEW = "work-", ".new-"  # how the names of what is unfinished begin
RETRIES, PAUSE = 5, 0.2  # tries and seconds: a page that is open in another program on Windows cannot be replaced
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # OWASP, CSV injection: what a spreadsheet would run
OUT_OF_SPACE = (28, 27, 122)  # errno: no space left, file too large, quota
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: the same input gives the same bytes


def slug(area: str) -> str:
    """Return a folder's name of a-z, 0-9 and hyphens.

    >>> slug("Bournemouth, Christchurch & Poole")
    'bournemouth-christchurch-poole'
    """
    plain = unicodedata.normalize("NFKD", area).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80]
    if not name or re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", name):
        raise Refused("An area's name needs a letter or figure from which a folder can be named.", code="UNSAFE_NAME")
    return name


def formula_safe(value: Any) -> Any:
    """Return text that no spreadsheet takes for a formula; what is no text as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def undated(packed: bytes) -> bytes:
    """Return a zip without the time of day that its parts were stamped with."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(fixed, "w") as target:
        for part in sorted(source.namelist()):
            target.writestr(zipfile.ZipInfo(part, ZIP_EPOCH), source.read(part), zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def root_of(outputs: Path, profile: str) -> Path:
    """Return the folder of the pages: what is exact lies where nothing is published."""
    return outputs / ("restricted/internal" if profile == "internal" else "publish")


def page_folder(outputs: Path, profile: str, quarter: pd.Period, area: str) -> Path:
    """Return the folder of one page and what stands beside it."""
    return root_of(outputs, profile) / quarter_code(quarter).lower().replace("q", "-q") / slug(area)


def record_name(profile: str, quarter: pd.Period, area: str) -> str:
    """Return the name of a report's record, without its ending."""
    exact = "-internal" if profile == "internal" else ""
    return f"{quarter_code(quarter)}-{slug(area)}{exact}".lower()


def outputs_folder(outputs: str | Path) -> Path:
    """Return the folder for outputs, made; local folders only, and no links.

    Raises
    ------
    Refused
        ``UNSAFE_NAME`` for an address or a link; ``TARGET_BUSY`` when nothing can be written there.
    """
    if "://" in str(outputs) or str(outputs) == "-":
        raise Refused("--outputs is a local folder.", code="UNSAFE_NAME")
    folder = Path(outputs)
    if folder.is_symlink():
        raise Refused(f"The outputs folder {folder} is a link, and is not followed.", code="UNSAFE_NAME")
    try:
        for part in (folder / "publish", folder / "restricted"):
            if part.is_symlink():
                raise Refused(f"{part.name} in the outputs folder is a link. Make it a folder.", code="UNSAFE_NAME")
            part.mkdir(parents=True, exist_ok=True)
        for within, folders, files in os.walk(folder / "restricted"):  # which follows no link
            for name in (*folders, *files):
                if (path := Path(within, name)).is_symlink():
                    raise Refused(
                        f"{path.relative_to(folder)} in the outputs folder is a link, and is not followed. Take it away.",
                        code="UNSAFE_NAME",
                    )
    except OSError as error:
        raise _unwritable(folder, error) from None
    return folder


def try_writing(outputs: Path) -> None:
    """Refuse, before work begins, folders to which nothing can be written."""
    for folder in (outputs / "publish", outputs / "restricted"):
        try:
            tempfile.TemporaryFile(dir=folder, prefix=NEW).close()
        except OSError as error:
            raise _unwritable(outputs, error) from None
    try:
        tempfile.TemporaryFile().close()
    except OSError:
        raise Refused(
            "Nothing can be written to the folder for temporary files. Make room, or set TMPDIR to another folder.",
            code="TARGET_BUSY",
        ) from None


def _unwritable(folder: Path, error: OSError) -> Refused:
    return Refused(
        f"Nothing can be written to the outputs folder {folder} ({error.strerror}). Choose another with --outputs.",
        code="TARGET_BUSY",
    )


def replace(target: Path, data: bytes) -> None:
    """Write a file so that its final name never holds half of it.

    Raises
    ------
    Refused
        ``UNSAFE_NAME`` when the name is a link or a folder.
    ReportFailed
        ``NO_SPACE`` when the disk is full; ``TARGET_BUSY`` when another program holds the file: the old one stays, and
        the new one lies beside it.
    """
    if target.is_symlink():
        raise Refused(f"{target.name} in the outputs folder is a link, and is not followed.", code="UNSAFE_NAME")
    if target.is_dir():
        raise Refused(
            f"{target.name} in the outputs folder is a folder in place of a file. Move it away.", code="UNSAFE_NAME"
        )
    try:
        handle, name = tempfile.mkstemp(prefix=NEW, dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        if error.errno in OUT_OF_SPACE:
            raise ReportFailed(f"There is no space left to write {target.name}. Make room.", code="NO_SPACE") from None
        raise
    for attempt in range(RETRIES):
        try:
            os.replace(name, target)
            break
        except PermissionError:
            time.sleep(PAUSE * 2**attempt)
    else:
        raise ReportFailed(
            f"{target.name} is open in another program. Close it, and run this again.", code="TARGET_BUSY"
        )
    if os.name == "posix":  # so that the new name outlives a power cut
        folder = os.open(target.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
