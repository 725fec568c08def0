"""The command line: a thin skin over `report` and `batch`."""

import datetime as dt
import json
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from .errors import EXIT_FAILED, EXIT_INTERRUPTED, AnalysisError, Refused
from .process import lighten, stay_single

if TYPE_CHECKING:  # they are slow to import
    from .config.standard import Carried
    from .pipeline import Prepared
    from .run import Made

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Is this rise in demand a trend, or a short-term issue?",
)
talk = Console(stderr=True, highlight=False, markup=False)  # the answer goes to stdout, all talk to stderr


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Refused("--as-at is a date like 2021-04-12.", code="INVALID_PARAMETER") from None


Config = Annotated[str, typer.Option("--config", help="The configuration.")]
Outputs = Annotated[str, typer.Option("--outputs", help="The folder for what is made.")]
AsAt = Annotated[
    dt.date | None,
    typer.Option("--as-at", parser=_day, metavar="DATE", help="Use what was recorded up to this day, like 2021-04-12."),
]
Profile = Annotated[
    str, typer.Option("--profile", metavar="council|rounded|internal", help="How small numbers are protected.")
]
Force = Annotated[bool, typer.Option("--force", help="Make also what is done and unchanged.")]
Pdf = Annotated[bool, typer.Option("--pdf", help="Print the page to report.pdf too, by Chromium, Chrome or Edge.")]
Word = Annotated[
    bool,
    typer.Option(
        "--word", help="Write the page to report.docx too, and a text for the covering report to summary.txt."
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Say more about what is done.")]


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"trend-or-spike {version('trend-or-spike')}")
        raise typer.Exit()


@app.callback()
def _options(
    version_: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Is this rise in demand a trend, or a short-term issue?"""


@app.command()
def report(
    quarter: Annotated[
        str | None, typer.Argument(help="Like 2020-21Q4; the newest complete one with a figure when left out.")
    ] = None,
    area: Annotated[str | None, typer.Option("--area", help="One area of the data; the whole when left out.")] = None,
    config: Config = "measures.toml",
    outputs: Outputs = "outputs",
    as_at: AsAt = None,
    profile: Profile = "council",
    force: Force = False,
    pdf: Pdf = False,
    word: Word = False,
    verbose: Verbose = False,
) -> None:
    """Make one report. The last line printed is the page's path."""
    from .periods import parse_quarter, quarter_code
    from .pipeline import newest_quarter
    from .report.printing import find_browser
    from .run import make_report, warm_up

    warm_up()
    wanted = parse_quarter(quarter) if quarter else None
    browser = find_browser() if pdf else None
    prepared = _prepare(config, verbose)
    wanted = newest_quarter(prepared) if wanted is None else wanted
    with talk.status(f"Making the report for {quarter_code(wanted)} ..."):
        made = make_report(
            prepared, wanted, area, outputs, profile=profile, as_at=as_at, force=force, papers=_papers(pdf, word)
        )
    if made.already:
        talk.print("Nothing has changed: the page is as it was.")
    if made.page:
        _write_papers(made.page, _papers(pdf, word), browser)
    typer.echo(made.page)


@app.command()
def batch(
    quarters: Annotated[
        str | None, typer.Option("--quarters", help="Like 2019-20Q1..2020-21Q4; the newest when left out.")
    ] = None,
    areas: Annotated[str | None, typer.Option("--areas", help="Like North,South, or all.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="How many reports are made at a time.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDRESS", help="A dask scheduler, like tcp://127.0.0.1:8786.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Make what is not done yet or has changed, which is what happens anyway.")
    ] = False,
    only_failed: Annotated[
        bool, typer.Option("--only-failed", help="Make only what failed or was interrupted.")
    ] = False,
    force: Force = False,
    pdf: Pdf = False,
    word: Word = False,
    config: Config = "measures.toml",
    outputs: Outputs = "outputs",
    as_at: AsAt = None,
    profile: Profile = "council",
    verbose: Verbose = False,
) -> None:
    """Make many reports, and the index. The last line printed is the index's path."""
    from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from .outputs import INDEX_FILE, root_of
    from .periods import quarter_range
    from .pipeline import areas as all_areas
    from .pipeline import newest_quarter
    from .report.printing import find_browser
    from .run import choose_areas, make_reports, plan, split_names, warm_up

    if resume + only_failed + force > 1:
        raise Refused("Choose one of --resume, --only-failed and --force.", code="INVALID_PARAMETER")
    wanted = quarter_range(quarters) if quarters else None
    browser = find_browser() if pdf else None
    if not scheduler:
        warm_up()
    prepared = _prepare(config, verbose, jobs=jobs)
    named = all_areas(prepared) if areas == "all" else split_names(prepared, areas or "")
    chosen, refusals = choose_areas(prepared, named or [prepared.project.project.name])
    if not chosen:
        raise refusals[0]
    reports = plan(prepared, wanted or [newest_quarter(prepared)], chosen)
    with Progress(TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn(), console=talk) as bar:
        task = bar.add_task("Reports", total=None)

        def tell(made: "Made") -> None:
            if not made.already:
                what = made.page or f"failed: {made.reason} [{made.code}]"
                bar.console.print(f"{made.quarter} {made.area}: {what}", soft_wrap=True)
            bar.advance(task)

        made = make_reports(
            prepared,
            reports,
            outputs,
            profile=profile,
            as_at=as_at,
            jobs=jobs,
            scheduler=scheduler,
            only_failed=only_failed,
            force=force,
            papers=_papers(pdf, word),
            begin=lambda total: bar.update(task, total=total),
            progress=tell,
        )
    for page in [m.page for m in made if m.page]:
        # a page that was made anew has none: they would be of the old page
        _write_papers(page, tuple(p for p in _papers(pdf, word) if not page.with_name(p).exists()), browser)
    failed, already = [m for m in made if m.page is None], [m for m in made if m.already]
    for refused in refusals:
        talk.print(f"trend-or-spike: {refused}", soft_wrap=True)
    talk.print(
        f"{len(made) - len(failed) - len(already)} reports made, {len(failed)} failed, {len(already)} done before."
    )
    typer.echo(root_of(Path(outputs), profile) / INDEX_FILE)
    raise typer.Exit(EXIT_FAILED if failed or refusals else 0)


def _papers(pdf: bool, word: bool) -> tuple[str, ...]:
    """Return the names of the files that are made from each page."""
    from .outputs import PDF_FILE, SUMMARY_FILE, WORD_FILE

    return (*([PDF_FILE] if pdf else []), *([WORD_FILE, SUMMARY_FILE] if word else []))


def _write_papers(page: Path, papers: tuple[str, ...], browser: Path | None) -> None:
    from .outputs import PDF_FILE, SUMMARY_FILE, WORD_FILE

    if {WORD_FILE, SUMMARY_FILE} & set(papers):
        from .report.word_document import write_document

        write_document(page)
    if browser and PDF_FILE in papers:
        from .report.printing import print_page

        print_page(page, browser)


@app.command()
def check(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE...", help="All of the configuration's when left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    config: Config = "measures.toml",
    outputs: Outputs = "outputs",
    as_at: AsAt = None,
    profile: Profile = "council",
    verbose: Verbose = False,
) -> None:
    """Read and clean only: what came in, what was kept, changed and set aside, and why."""
    from .disclosure import require_profile
    from .exploring.checking import accounts, check_datasets, write_papers
    from .outputs import outputs_folder, replace

    require_profile(profile)
    with talk.status("Reading and cleaning ..."):
        checked = check_datasets(config, files or (), as_at=as_at)
        became = accounts(checked, as_at=as_at)
    written = write_papers(checked, outputs_folder(outputs) / "restricted" / "check", replace, became=became)
    found = [row for one in checked for row in one.files()]
    refused = [one for one in checked if one.refused]
    if as_json:
        reasons = [{"dataset": r.dataset.name, "code": r.refused.code, "message": str(r.refused)} for r in refused]
        typer.echo(json.dumps({"files": found, "datasets": became} | ({"refused": reasons} if refused else {})))
    else:
        for one in found:
            codes = ", ".join(f"{code} {n}" for code, n in one["codes"].items())
            typer.echo(
                f"{one['dataset']} ({one['file']}): {one['rows_in']} rows in, {one['kept']} kept, "
                f"{one['quarantined']} set aside{'; ' + codes if codes else ''}"
            )
        for one in became:
            typer.echo(_became(one))
    if written and (verbose or not as_json):
        talk.print(f"What was changed and set aside, cell by cell: {written[0].parent}", soft_wrap=True)
    for bad in refused:
        talk.print(f"trend-or-spike: {bad.refused}", soft_wrap=True)
    if refused:
        raise typer.Exit(refused[0].refused.exit_code)


def _became(one: dict) -> str:
    """Say what became of a dataset's rows, and of the events of its measures, where not all are kept."""
    why = f" ({', '.join(one['outside_for'])})" if one["outside"] else ""
    words = (
        f"{one['dataset']}, as at {one['as_at']}: of {one['rows_in']} rows {one['kept']} count, {one['quarantined']} are set "
        f"aside, {one['outside']} lie outside the time of the figures{why}, {one['later']} are later."
    )
    for measure, fates in one["measures"].items():
        if set(fates) - {"kept"}:
            told = ", ".join(f"{n} {'count' if fate == 'kept' else fate}" for fate, n in sorted(fates.items()))
            words += f"\n  events of {measure}: {told}"
    return words


@app.command()
def init(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Returns, extracts of cases or monthly figures; or folders.")
    ],
    config: Config = "measures.toml",
) -> None:
    """Look at files, or folders of them, and write a first configuration that works on them."""
    from .exploring.starter import starter

    target = Path(config)
    if target.exists():
        raise Refused(
            f"{target} is there already and is not overwritten. Move it, or name another with --config.",
            code="NAME_COLLISION",
        )
    with talk.status("Looking at the files ..."):
        text = starter(files, target.parent)
    target.write_text(text, encoding="utf-8")
    talk.print("Edit it, then run: trend-or-spike report", soft_wrap=True)
    typer.echo(target)


@app.command()
def measures(
    config: Config = "measures.toml",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """List the standard measures: what each counts, which dataset of the configuration carries it, and whether it is on."""
    from .config import offered

    known = Path(config).is_file()
    if not known and config != "measures.toml":
        raise Refused(f"There is no configuration at {config}.", code="INPUT_UNAVAILABLE")
    listed = offered(config if known else None)
    if as_json:
        typer.echo(json.dumps([_offered(one) for one in listed], ensure_ascii=False))
        return
    for one in listed:
        typer.echo(f"{one.name}: {one.title}{' (core)' if one.core else ''}\n  {one.meaning}")
        if one.measure:
            typer.echo(f"  {'On' if one.asked else 'Off'}, from dataset {one.measure['dataset']}.")
        else:
            typer.echo(f"  {'No dataset carries it; made from' if known else 'From'} {', '.join(one.tables)}.")


def _offered(one: "Carried") -> dict:
    """Return what is to be known of a standard measure."""
    said = {"name": one.name, "title": one.title, "meaning": one.meaning, "core": one.core, "polarity": one.polarity}
    of = {"nation": one.nation, "tables": one.tables, "dataset": one.measure.get("dataset", "")}
    return said | of | {"on": bool(one.asked and one.measure)}


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def explore(
    context: typer.Context,
    file: Annotated[str | None, typer.Argument(help="An extract; without one, the configuration's data.")] = None,
    config: Config = "measures.toml",
) -> None:
    """Open JupyterLab on a notebook that shows what a file holds and what its verdict is made of.

    Other options go to JupyterLab, such as --no-browser.
    """
    from .exploring.opening import NOTEBOOK, open_lab, working_copy
    from .report.running import notebook_path

    if file and not Path(file).is_file():
        raise Refused(f"There is no file {file}.", code="INPUT_UNAVAILABLE")
    if not Path(config).is_file():
        if not file or config != "measures.toml":
            raise Refused(
                f"There is no configuration at {config}. Name a file, or one with --config.", code="INPUT_UNAVAILABLE"
            )
        config = ""
    notebook = working_copy(notebook_path().with_name(NOTEBOOK), Path("."), config=config, file=file or "")
    typer.echo(notebook)
    raise typer.Exit(open_lab(notebook, *context.args))


def _prepare(config: str, verbose: bool, *, jobs: int = 1) -> "Prepared":
    from .run import prepare_by

    with talk.status("Reading and cleaning ..."):
        prepared = prepare_by(config, jobs=jobs)
    if verbose:
        for one in prepared.cleaned:
            talk.print(
                "{dataset}: {rows_in} rows in, {kept} kept, {quarantined} set aside".format(
                    dataset=one.dataset, **one.summary
                )
            )
    return prepared


class Interrupted(BaseException):
    """Asked to end, by Ctrl-C or by the system."""


def _interrupt(number: int, frame: object) -> None:
    raise Interrupted(number)


def main() -> None:
    """Run the command; an analyst sees a sentence, never a traceback."""
    lighten()
    stay_single()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        app(prog_name="trend-or-spike")
    except AnalysisError as error:
        talk.print(f"trend-or-spike: {error}", soft_wrap=True)
        sys.exit(error.exit_code)
    except Interrupted as interrupt:
        talk.print("trend-or-spike: interrupted")
        sys.exit(EXIT_INTERRUPTED + interrupt.args[0])
