"""One notebook and its parameters -> one page. The only room that knows papermill and nbconvert.

A saved notebook is no evidence that it ran: a page is moved into place only when every cell ran, none failed and the
last one left its token. Work happens in a temporary folder beside the outputs.
"""

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import tempfile
import unicodedata
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pandas as pd

from .catalogue import Catalogue
from .disclose import require_sealed
from .errors import Refused, ReportFailed, nearest
from .periods import quarter_code
from .pipeline import Prepared, cut, cut_before, find_area
from .shapes import Case
from .slices import quarter_folder, take
from .tables import figures
from .words import frame, page_title
from .workbook import workbook

TOKEN = "every cell ran"  # what the notebook's last cell leaves
CELL_TIMEOUT = 300  # seconds; papermill's own default is never
FIGURES_FILE, TABLES_FILE = "figures.csv", "tables.xlsx"
PAGE_FILE = "report.html"
BANNER = "Internal: exact small numbers. Not for publication."


@dataclass(frozen=True)
class Done:
    """A report that ended whole."""

    quarter: pd.Period
    area: str
    page: Path


def notebook_path() -> Path:
    """Return the report's notebook: in the package when installed from a wheel, else in the checkout."""
    inside = Path(str(files("analysis"))) / "notebooks" / "quarterly_report.ipynb"
    return (
        inside if inside.is_file() else Path(str(files("analysis"))).parents[1] / "notebooks" / "quarterly_report.ipynb"
    )


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


def outputs_folder(outputs) -> Path:
    """Return the folder for outputs, made and writable; local folders only."""
    if "://" in str(outputs) or str(outputs) == "-":
        raise Refused("--outputs is a local folder.", code="UNSAFE_NAME")
    folder = Path(outputs)
    try:
        for part in (folder / "publish", folder / "restricted"):
            part.mkdir(parents=True, exist_ok=True)
            if part.is_symlink():
                raise Refused(f"{part.name} in the outputs folder is a link. Make it a folder.", code="UNSAFE_NAME")
        tempfile.TemporaryFile(dir=folder / "restricted").close()
    except OSError as error:
        raise Refused(
            f"Nothing can be written to the outputs folder {folder} ({error.strerror}). Choose another with --outputs.",
            code="TARGET_BUSY",
        ) from None
    return folder


def make_report(
    prepared: Prepared,
    quarter: pd.Period,
    area: str | None,
    outputs,
    *,
    profile: str = "council",
    as_at: dt.date | None = None,
) -> Done:
    """Make one report.

    Parameters
    ----------
    prepared : Prepared
        From `pipeline.prepare`.
    quarter : pandas.Period
    area : str or None
        None: the whole.
    outputs : path-like
    profile : {"council", "rounded", "internal"}
    as_at : datetime.date, optional

    Returns
    -------
    Done

    Raises
    ------
    Refused
        Before a kernel starts: no such area, no data, wrong parameters.
    ReportFailed
        When the notebook did not run to its end. Nothing is published then, and an older page stays.
    """
    outputs = outputs_folder(outputs)
    area = find_area(prepared, area)
    published = "publish" if profile != "internal" else "restricted/internal"
    target = outputs / published / quarter_code(quarter).lower().replace("q", "-q") / slug(area)
    with tempfile.TemporaryDirectory(prefix="work-", dir=outputs / "restricted") as folder:
        work = Path(folder)
        slices_now, slices_before = (quarter_folder(outputs, profile, q) for q in (quarter, quarter - 1))
        before = cut_before(prepared, quarter, slices_before, profile=profile, asked=as_at)
        released = [before] if before else []
        as_at = cut(prepared, quarter, slices_now, profile=profile, as_at=as_at, released=released)
        take(slices_now, area, work, before=before)
        parameters = {
            "quarter": quarter_code(quarter),
            "area": area,
            "config": str(prepared.project.path.resolve()),
            "work": str(work.resolve()),
            "profile": profile,
            "as_at": as_at.isoformat(),
        }
        notebook = notebook_path()
        check_parameters(notebook, parameters)
        executed = work / "executed.ipynb"
        try:
            _execute(notebook, parameters, executed)
            page = render(
                executed,
                prepared.project,
                title=page_title(prepared.project.project.name, area, quarter),
                banner=BANNER if profile == "internal" else "",
            )
        except ReportFailed:
            _keep(executed, outputs, quarter, area)
            raise
        target.mkdir(parents=True, exist_ok=True)
        for beside in (FIGURES_FILE, TABLES_FILE):
            replace(target / beside, (work / beside).read_bytes())
        replace(target / PAGE_FILE, page)
        _keep(executed, outputs, quarter, area)
    _record(outputs, quarter, area, page, {k: v for k, v in parameters.items() if k != "work"}, prepared)
    return Done(quarter, area, target / PAGE_FILE)


def check_parameters(notebook: Path, parameters: dict) -> None:
    """Refuse parameters that the notebook does not declare, or of another type, before a kernel starts."""
    import papermill

    declared = papermill.inspect_notebook(str(notebook))
    for name in parameters:
        if name not in declared:
            raise Refused(f"The notebook has no parameter '{name}'.{nearest(name, declared)}", code="UNKNOWN_PARAMETER")
    for name, value in declared.items():
        if name not in parameters:
            raise Refused(f"The notebook's parameter '{name}' was not given.", code="INVALID_PARAMETER")
        if not isinstance(parameters[name], str):
            raise Refused(f"The parameter '{name}' is text, like {value['default']}.", code="INVALID_PARAMETER")


def _execute(notebook: Path, parameters: dict, executed: Path) -> None:
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    # the kernel inherits them: its matrices are small, and threads only stand in each other's way
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(threads, "1")
    try:
        papermill.execute_notebook(
            _literal(notebook),
            _literal(executed),
            parameters,
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            execution_timeout=CELL_TIMEOUT,
            shutdown_kernel="immediate",
            extra_arguments=["--log-level=50"],  # a kernel's talk about its transport is no news to an analyst
            cwd=str(executed.parent),
        )
    except PapermillExecutionError as error:
        raise ReportFailed(
            f"Cell {error.exec_count} of the notebook failed with {error.ename}. The executed notebook in "
            "outputs/restricted says where.",
            code="INCOMPLETE",
        ) from None
    except CellTimeoutError:
        raise ReportFailed(
            f"A cell of the notebook ran longer than {CELL_TIMEOUT} seconds.", code="TIMED_OUT"
        ) from None
    except DeadKernelError:
        raise ReportFailed("The kernel died while the notebook ran.", code="KERNEL_DIED") from None
    ran = nbformat.read(executed, as_version=4)
    cells = [c for c in ran.cells if c.cell_type == "code" and c.source.strip()]
    last = [o for o in cells[-1].outputs if o.get("data", {}).get("text/plain", "") == repr(TOKEN)]
    if not last or any(c.execution_count is None or any(o.output_type == "error" for o in c.outputs) for c in cells):
        raise ReportFailed(
            "The notebook ended before its last cell. The executed notebook in outputs/restricted says where.",
            code="INCOMPLETE",
        )


def _literal(path: Path) -> str:
    """Keep papermill from filling in braces of a folder's name: it formats every path with the parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


def render(executed: Path, project: Catalogue, *, title: str, banner: str = "") -> bytes:
    """Return the page: the outputs stamped for release, in the library's own template."""
    import nbformat
    from nbconvert import HTMLExporter

    folder = files("analysis") / "page"
    exporter = HTMLExporter(template_name="template", extra_template_basedirs=[str(folder)])
    look = {
        "title": title,
        "language": project.project.language,
        "banner": banner,
        "words": frame(project.project.language),
        "style": (folder / "template" / "style.css").read_text(encoding="utf-8"),
    }
    body, _ = exporter.from_notebook_node(nbformat.read(executed, as_version=4), resources={"page": look})
    return body.encode("utf-8")


def replace(target: Path, data: bytes) -> None:
    """Write a file so that its final name never holds half of it."""
    if target.is_symlink():
        raise Refused(f"{target.name} in the outputs folder is a link, and is not followed.", code="UNSAFE_NAME")
    handle, name = tempfile.mkstemp(prefix=".new-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _keep(executed: Path, outputs: Path, quarter: pd.Period, area: str) -> None:
    """Keep the executed notebook where it is not published."""
    if executed.is_file():
        folder = outputs / "restricted" / "notebooks"
        folder.mkdir(exist_ok=True)
        shutil.copyfile(executed, folder / f"{quarter_code(quarter)}-{slug(area)}.ipynb".lower())


def _record(outputs: Path, quarter: pd.Period, area: str, page: bytes, parameters: dict, prepared: Prepared) -> None:
    """Write the done-record, last: what was made, from what, with what."""
    inputs = {f"{c.dataset}: {row.file}": row.sha256 for c in prepared.cleaned for row in c.sources.itertuples()}
    versions = {p: version(p) for p in ("trend-or-spike", "pandas", "statsmodels", "papermill", "nbconvert")}
    record = {
        "page_sha256": hashlib.sha256(page).hexdigest(),
        "parameters": parameters,
        "inputs": inputs,
        "versions": versions,
    }
    folder = outputs / "restricted" / "done"
    folder.mkdir(exist_ok=True)
    replace(
        folder / f"{quarter_code(quarter)}-{slug(area)}.json".lower(),
        json.dumps(record, indent=1, sort_keys=True).encode(),
    )


def finish(case: Case, work: str) -> str:
    """Write the tables that stand beside the page, and return the token that the last cell leaves."""
    require_sealed(case)
    if work:
        figures(case).to_csv(Path(work) / FIGURES_FILE, index=False, lineterminator="\n")
        (Path(work) / TABLES_FILE).write_bytes(workbook(case))
    return TOKEN
