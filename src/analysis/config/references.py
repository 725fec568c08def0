"""Names in a configuration that point nowhere, and measures that their dataset cannot give."""

from collections.abc import Callable
from functools import partial
from typing import NoReturn

from ..errors import Refused, nearest
from ..kinds import LIMIT
from .datasets import DATE_ROLES, NUMBER_ROLES, Dataset
from .definitions import Catalogue
from .measures import Measure, counted_date


def check_references(catalogue: Catalogue) -> None:
    """Refuse names that point nowhere, and give each dataset the roles that its measures use as dates."""
    file = catalogue.path.name

    def refuse(table: str, complaint: str) -> NoReturn:
        raise Refused(f"{file}: {table} {complaint}", code="INVALID_PARAMETER")

    for table, items in (("dataset", catalogue.datasets), ("measure", catalogue.measures)):
        names = [i.name for i in items]
        for name in sorted({n for n in names if names.count(n) > 1}):
            refuse(f"[[{table}]] '{name}'", "stands twice. Give each its own name.")
    measures = {m.name for m in catalogue.measures}
    sources = measures | {d.name for d in catalogue.datasets if d.kind == "counts"}
    flows = {m.name for m in catalogue.measures if m.kind.events}
    for name in catalogue.project.funnel:
        if name not in flows:
            refuse("[project]", f"names '{name}' in `funnel`, which is no measure of type flow.{nearest(name, flows)}")
    for event in catalogue.events:
        for name in event.measures or []:
            if name not in measures:
                refuse(
                    f"[[event]] '{event.title}'",
                    f"names the measure '{name}', which there is not.{nearest(name, measures)}",
                )
    for measure in catalogue.measures:
        table = f"[[measure]] '{measure.name}'"
        if measure.dataset not in catalogue._by_name["dataset"]:
            refuse(
                table,
                f"names the dataset '{measure.dataset}', which there is not."
                f"{nearest(measure.dataset, catalogue._by_name['dataset'])}",
            )
        if measure.comparator and measure.comparator not in sources:
            refuse(
                table,
                f"names the comparator '{measure.comparator}', which there is not."
                f"{nearest(measure.comparator, sources)}",
            )
        dataset = catalogue.dataset(measure.dataset)
        dates = {measure.date} | ({measure.within.start, measure.within.end} if measure.within else set())
        for role in measure.where:
            if role in DATE_ROLES | NUMBER_ROLES | dates:
                refuse(
                    table,
                    f"chooses rows by '{role}' in `where`, which takes columns of words, not of dates or numbers.",
                )
        for role in sorted({d for d in dates if d} | set(measure.where) | set(measure.breakdown)):
            if role not in dataset.columns:
                refuse(
                    table,
                    f"uses '{role}', which is not among the columns of dataset '{dataset.name}'."
                    f"{nearest(role, dataset.columns)}",
                )
        dataset._used_as_date |= dates - {None}
        if measure.within and measure.within.hours is not None:
            dataset._timed |= {measure.within.start, measure.within.end}
        dataset._chosen |= {(role, value) for role, values in measure.where.items() for value in values}
        dataset._measured_rows += ((measure.type, measure.where),)
        if measure.comparator and measure.comparator in catalogue._by_name["dataset"]:
            catalogue.dataset(measure.comparator)._measured_rows += ((measure.type, {}),)
        dataset._used_as_answer |= {measure.within.end} if measure.within else set()
        if measure.bands and (measure.within is None or measure.within.working_days is None):
            refuse(table, "has `bands`, which are working days late, so it needs `within` with `working_days`.")
        if "cohort" in measure.model_fields_set and measure.within is None:
            refuse(table, "has `cohort`, which says when a case is counted, so it needs `within`.")
        if measure.comparator == measure.name:
            refuse(table, "is compared with itself. Name another measure, or a dataset of counts.")
        if dataset.kind == "counts" and (measure.within or measure.date):
            refuse(table, f"has `within` or `date`, which are for cases; dataset '{dataset.name}' holds counts.")
        if dataset.kind == "cases":
            _check_cases(measure, dataset, partial(refuse, table))


def _check_cases(measure: Measure, dataset: Dataset, refuse: Callable[[str], NoReturn]) -> None:
    kind = measure.kind
    if not set(kind.columns) <= set(dataset.columns):
        needed = " and ".join(f"`{c}`" for c in kind.columns)
        columns = "the columns" if len(kind.columns) > 1 else "a column"
        refuse(f"is of type \"{kind.name}\", so dataset '{dataset.name}' needs {columns} {needed}.")
    if kind.counted_by == LIMIT and not measure.within:
        refuse(
            "is a percentage of cases, so it needs `within`, for example "
            '{ working_days = 42, from = "referral", to = "completed" }.'
        )
    if not kind.counted_by:
        refuse(f'is of type "{kind.name}", which takes the figures of a dataset of counts as they are.')
    if measure.unit == "children" and "child" not in dataset.columns:
        refuse(f"counts children, so dataset '{dataset.name}' needs a column `child`.")
    if kind.dated and counted_date(measure, dataset) is None:
        dates = ", ".join(dataset.date_roles) or "none"
        refuse(f"must say which date counts, `date = ...`: dataset '{dataset.name}' has {dates}.")
