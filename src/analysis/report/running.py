"""One notebook and its parameters -> one page. The only room, beside the engine, that knows papermill and nbconvert.

A saved notebook is no evidence that it ran: there is a page only when every cell ran, none failed and the last one
left its token. Everything happens in one folder, which holds all that the report reads; whoever asked for the page
puts it in place.
"""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..config import Catalogue, load
from ..disclosure import require_sealed
from ..errors import KINDS, AnalysisError, Refused, ReportFailed, nearest
from ..language import speaking
from ..outputs import FIGURES_FILE, INDEX_FILE, OUT_OF_SPACE, PAGE_FILE, TABLES_FILE
from ..periods import parse_quarter
from ..shapes import Case
from . import outline, revision
from .in_brief import in_brief
from .spreadsheet import workbook
from .tables import figures
from .words import frame, page_title

TOKEN = "every cell ran"  # what the notebook's last cell leaves
NOTEBOOK_FILE, EXECUTED_FILE, TASK_FILE, RESULT_FILE = "notebook.ipynb", "executed.ipynb", "task.json", "result.json"
CONFIG_FILE = "measures.toml"
REVISION_FILE, BRIEF_FILE = "revision.json", "brief.json"
CODE_AT_END = re.compile(r" \[([A-Z_]+)\]$")  # of a message of this package


@dataclass(frozen=True)
class Task:
    """What a report is asked for; its slice, notebook and configuration lie in the same folder.

    Attributes
    ----------
    quarter, area, profile, as_at : str
        The notebook's parameters.
    seconds : int
        How long it may take.
    megabytes : int
        How much more memory it may take than it begins with.
    seed : str
        From which its random numbers come.
    earlier : dict or None
        The page's former issue: figures (path), issue, sentences, same (hash of figures that were about to be
        published). None: this is the first.
    papers : sequence of str
        Files that will be made from the page and lie beside it: it leads to them.
    """

    quarter: str
    area: str
    profile: str
    as_at: str
    seconds: int
    megabytes: int
    seed: str
    earlier: dict | None = None
    papers: Sequence[str] = ()

    def write(self, work: Path) -> None:
        (work / TASK_FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, work: Path) -> "Task":
        return cls(**json.loads((work / TASK_FILE).read_text(encoding="utf-8")))

    def parameters(self, work: Path) -> dict[str, str]:
        """Return what the notebook's parameters cell is given."""
        given = {name: getattr(self, name) for name in ("quarter", "area", "profile", "as_at")}
        return given | {"config": str((work / CONFIG_FILE).resolve()), "work": str(work.resolve())}


def notebook_path() -> Path:
    """Return the report's notebook: in the package when installed from a wheel, else in the checkout."""
    inside = Path(str(files("analysis"))) / "notebooks" / "quarterly_report.ipynb"
    return (
        inside if inside.is_file() else Path(str(files("analysis"))).parents[1] / "notebooks" / "quarterly_report.ipynb"
    )


def check_parameters(notebook: Path, parameters: dict) -> None:
    """Refuse parameters that the notebook does not declare, or of another type, before a kernel starts."""
    import papermill

    declared = papermill.inspect_notebook(_literal(notebook))
    for name in parameters:
        if name not in declared:
            raise Refused(f"The notebook has no parameter '{name}'.{nearest(name, declared)}", code="UNKNOWN_PARAMETER")
    for name, value in declared.items():
        if name not in parameters:
            raise Refused(f"The notebook's parameter '{name}' was not given.", code="INVALID_PARAMETER")
        if not isinstance(parameters[name], str):
            raise Refused(f"The parameter '{name}' is text, like {value['default']}.", code="INVALID_PARAMETER")


def import_all() -> None:
    """Import what a report needs, which is slow, and build what renders its page."""
    import nbformat  # noqa: F401
    import papermill  # noqa: F401

    from . import assessment, page  # noqa: F401

    _exporter()


def make_page(work: Path, *, engine: str | None) -> None:
    """Execute the notebook in `work` and render its page there.

    Parameters
    ----------
    work : pathlib.Path
        Holds task, slice, notebook and configuration; gets the executed notebook, the page, what stands beside it and
        what was revised.
    engine : str or None
        Papermill's name of the engine; None: a kernel.

    Raises
    ------
    AnalysisError
        When the notebook did not run to its end.
    """
    task = Task.read(work)
    try:
        _execute(work, task, engine)
        project = load(work / CONFIG_FILE)
        told = revision.of(work / FIGURES_FILE, task.earlier, project)
        (work / REVISION_FILE).write_text(json.dumps(told), encoding="utf-8")
        with speaking(project.project.language):
            title = page_title(project.project.name, task.area, parse_quarter(task.quarter))
        banner = frame(project.project.language)["internal"] if task.profile == "internal" else ""
        page = render(
            work / EXECUTED_FILE,
            project,
            title=title,
            banner=banner,
            revised=told["sentences"],
            beside=(TABLES_FILE, FIGURES_FILE, *task.papers),
        )
        (work / PAGE_FILE).write_bytes(page)
    except OSError as error:
        if error.errno not in OUT_OF_SPACE:
            raise
        raise ReportFailed("There is no space left for the report. Make room.", code="NO_SPACE") from None


def _execute(work: Path, task: Task, engine: str | None) -> None:
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    # a kernel inherits them: its matrices are small, and threads only stand in each other's way
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(threads, "1")
    kernel = {
        "execution_timeout": task.seconds,
        "shutdown_kernel": "immediate",
        "extra_arguments": ["--log-level=50"],  # a kernel's talk about its transport is no news to an analyst
    }
    try:
        ran = papermill.execute_notebook(
            _literal(work / NOTEBOOK_FILE),
            _literal(work / EXECUTED_FILE),
            task.parameters(work),
            engine_name=engine,
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            cwd=str(work),
            **({} if engine else kernel),
        )
    except PapermillExecutionError as error:
        raise _failed(error) from None
    except CellTimeoutError:
        raise ReportFailed(
            f"A cell of the notebook ran longer than {task.seconds} seconds.", code="TIMED_OUT"
        ) from None
    except DeadKernelError:
        raise ReportFailed("The kernel died while the notebook ran.", code="KERNEL_DIED") from None
    _check_that_it_ran(nbformat.from_dict(ran))


def _failed(error: Any) -> AnalysisError:
    """Return what a failed cell means. What this package raised is told; what anything else says may be data."""
    if error.ename in KINDS and (code := CODE_AT_END.search(error.evalue)):
        return KINDS[error.ename](error.evalue[: code.start()], code=code.group(1))
    if any(error.evalue.startswith(f"[Errno {number}]") for number in OUT_OF_SPACE):
        return ReportFailed("There is no space left for the report. Make room.", code="NO_SPACE")
    return ReportFailed(
        f"Cell {error.exec_count} of the notebook failed with {error.ename}. The executed notebook in "
        "outputs/restricted says where.",
        code="INCOMPLETE",
    )


def _check_that_it_ran(ran: Any) -> None:
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


@cache
def _exporter() -> Any:
    from nbconvert import TemplateExporter  # HTMLExporter would parse the page again, for what this template has done

    folder = files("analysis") / "report" / "page"
    return TemplateExporter(file_extension=".html", template_name="template", extra_template_basedirs=[str(folder)])


def render(
    executed: Path,
    project: Catalogue,
    *,
    title: str,
    banner: str = "",
    revised: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> bytes:
    """Return the page: the outputs stamped for release, in the library's own template, with links to what lies beside it."""
    import nbformat

    notebook = nbformat.read(executed, as_version=4)
    shown = outline.released(notebook)
    look = {
        "title": title,
        "language": project.project.language,
        "banner": banner,
        "words": frame(project.project.language),
        "revision": list(revised),
        "contents": outline.contents(shown),
        "density": outline.density(shown, revised),
        "links": {name: name for name in beside} | ({INDEX_FILE: f"../../{INDEX_FILE}"} if beside else {}),
        "style": (files("analysis") / "report" / "page" / "template" / "style.css").read_text(encoding="utf-8"),
    }
    body, _ = _exporter().from_notebook_node(notebook, resources={"page": look})
    return body.encode("utf-8")


def finish(case: Case, work: str) -> str:
    """Write the tables that stand beside the page, and return the token that the last cell leaves."""
    require_sealed(case)
    if work:
        figures(case).to_csv(Path(work) / FIGURES_FILE, index=False, lineterminator="\n")
        (Path(work) / TABLES_FILE).write_bytes(workbook(case))
        (Path(work) / BRIEF_FILE).write_text(json.dumps(in_brief(case)), encoding="utf-8")
    return TOKEN
