"""Refuses names that point nowhere and conditions that cannot be honoured; tells each dataset what its columns are used as."""

from collections.abc import Callable
from functools import partial
from typing import NoReturn

from ..errors import Refused, nearest
from ..kinds import SHARED
from .conditions import EARLIER, OF_ROWS, OF_VALUES, Condition, Conditions, on_a_day
from .datasets import DATE_ROLES, NUMBER_ROLES, STANDING_DATES, Dataset
from .definitions import NO_CHILDREN, Catalogue, Measure, counted_date


def used_datasets(catalogue: Catalogue) -> set[str]:
    """Return the datasets that measures take figures from, look up, or that those are made of."""
    names = {d.name: d for d in catalogue.datasets}
    used: set[str] = set()
    more = {
        name
        for m in [*catalogue.measures, *catalogue.checks]
        for name in (m.dataset, m.comparator or "", *m.where, *m.share)
    }
    while more := (more & set(names)) - used:
        used |= more
        made = [names[name] for name in more]
        more = {j.dataset for d in made for j in d.joined.values()} | {d.spells.of for d in made if d.spells}
    return used


def check_references(catalogue: Catalogue) -> None:
    """Refuse names that point nowhere, and give each dataset the roles that its measures use as dates."""
    file = catalogue.path.name

    def refuse(table: str, complaint: str) -> NoReturn:
        raise Refused(f"{file}: {table} {complaint}", code="INVALID_PARAMETER")

    for table, items in (("dataset", catalogue.datasets), ("measure", catalogue.measures), ("check", catalogue.checks)):
        names = [i.name for i in items]
        for name in sorted({n for n in names if names.count(n) > 1}):
            refuse(f"[[{table}]] '{name}'", "stands twice. Give each its own name.")
    for dataset in catalogue.datasets:
        _check_sources(dataset, catalogue, partial(refuse, f"[[dataset]] '{dataset.name}'"))
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
    for check in catalogue.checks:
        if check.name not in measures or catalogue.measure(check.name).type != check.type:
            refuse(f"[[check]] '{check.name}'", f"has the name and type of no measure.{nearest(check.name, measures)}")
    for measure in [*catalogue.measures, *catalogue.checks]:
        table = f"[[{'check' if measure in catalogue.checks else 'measure'}]] '{measure.name}'"
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
        dates |= {measure.length.start} if measure.length else set()
        for role in sorted({d for d in dates if d} | set(measure.breakdown)):
            if role not in dataset.roles:
                refuse(
                    table,
                    f"uses '{role}', which is not among the columns of dataset '{dataset.name}'."
                    f"{nearest(role, dataset.roles)}",
                )
        dataset._used_as_date |= dates - {None}
        dataset._used_roles |= (dates - {None}) | {*measure.breakdown, *measure.needs}
        for key, conditions in (("where", measure.where), ("share", measure.share)):
            _check_conditions(conditions, dataset, catalogue, key, partial(refuse, table), any_day=bool(measure.share))
        if measure.within and measure.within.hours is not None:
            dataset._timed |= {measure.within.start, measure.within.end}
        dataset._measured_rows += ((measure.type, {r: c.is_ for r, c in measure.where.items() if c.is_}),)
        if measure.comparator and measure.comparator in catalogue._by_name["dataset"]:
            catalogue.dataset(measure.comparator)._measured_rows += ((measure.type, {}),)
        if measure.within and measure.within.start in dataset.columns:
            dataset._used_as_answer |= {measure.within.end}
        if measure.bands and (measure.within is None or measure.within.working_days is None):
            refuse(table, "has `bands`, which are working days late, so it needs `within` with `working_days`.")
        if "cohort" in measure.model_fields_set and measure.within is None:
            refuse(table, "has `cohort`, which says when a case is counted, so it needs `within`.")
        if measure.comparator == measure.name:
            refuse(table, "is compared with itself. Name another measure, or a dataset of counts.")
        if dataset.kind == "counts" and (measure.within or measure.date):
            refuse(table, f"has `within` or `date`, which are for cases; dataset '{dataset.name}' holds counts.")
        if dataset.kind == "counts":
            _check_counts(measure, dataset, partial(refuse, table))
        else:
            _check_cases(measure, dataset, partial(refuse, table))
    for dataset in reversed(catalogue.datasets):
        _hand_on(dataset, catalogue)


def _check_sources(dataset: Dataset, catalogue: Catalogue, refuse: Callable[[str], NoReturn]) -> None:
    """Refuse spells of episodes that there are not, and columns from datasets or keys that there are not."""
    cases = [d.name for d in catalogue.datasets if d.kind == "cases" and d.name != dataset.name]
    if dataset.spells:
        if dataset.spells.of not in cases:
            refuse(
                f"makes spells of '{dataset.spells.of}', which is no dataset of cases.{nearest(dataset.spells.of, cases)}"
            )
        source = catalogue.dataset(dataset.spells.of)
        if source.spells or not {"child", "started", "ended"} <= set(source.columns):
            refuse(f"makes spells of '{source.name}', which needs columns `child`, `started` and `ended` of a file.")
        for key, conditions in (("where", dataset.spells.where), ("begins", dataset.spells.begins)):
            _check_conditions(conditions, source, catalogue, f"{key} of spells", refuse, any_day=False)
    for role, joined in dataset.joined.items():
        if joined.dataset not in cases or catalogue.dataset(joined.dataset).spells:
            refuse(
                f"takes '{role}' from '{joined.dataset}', which is no dataset of cases.{nearest(joined.dataset, cases)}"
            )
        other = catalogue.dataset(joined.dataset)
        for name, columns in ((joined.column, other.columns), (joined.by, other.columns), (joined.by, dataset.columns)):
            if name not in columns:
                refuse(
                    f"takes '{role}' from '{other.name}' by '{joined.by}', and '{name}' is no column.{nearest(name, columns)}"
                )


def _hand_on(dataset: Dataset, catalogue: Catalogue) -> None:
    """Let the datasets that others are made of know what their columns are used as."""
    if dataset.spells:
        source = catalogue.dataset(dataset.spells.of)
        source._used_as_date |= dataset._used_as_date
        source._used_as_number |= dataset._used_as_number
        source._chosen |= dataset._chosen
        source._used_roles |= dataset._used_roles | {"started", "ended"}
    for role, joined in dataset.joined.items():
        other = catalogue.dataset(joined.dataset)
        other._used_roles |= {joined.column, joined.by}
        dataset._used_roles |= {joined.by}
        other._used_as_date |= {joined.column} if role in dataset._used_as_date else set()
        other._used_as_number |= {joined.column} if role in dataset._used_as_number else set()
        other._chosen |= {(joined.column, value) for value in dataset.chosen(role)}


def _check_conditions(
    conditions: Conditions,
    dataset: Dataset,
    catalogue: Catalogue,
    key: str,
    refuse: Callable[[str], NoReturn],
    *,
    any_day: bool,
) -> None:
    """Refuse conditions that cannot be honoured, and let a dataset know what its columns are used as."""
    others = [d.name for d in catalogue.datasets if d.kind == "cases" and d.name != dataset.name]
    for name, condition in conditions.items():
        here = f"'{name}' in `{key}`"
        rows = name == EARLIER or name in others
        if name not in dataset.roles and not rows:
            refuse(
                f"uses {here}, which is not among the columns of dataset '{dataset.name}'."
                f"{nearest(name, [*dataset.roles, *([EARLIER, *others] if any_day else [])])}"
            )
        if name in dataset.roles and rows:
            refuse(f"uses {here}, which is both a column and a dataset. Give the dataset another name.")
        if not any_day and on_a_day(name, condition, dataset.roles):
            refuse(f"asks by {here} for times or other rows, which a percentage with `share` alone can.")
        unfit = [k for k in condition.keys if k in (OF_VALUES if rows else OF_ROWS)]
        if unfit or (rows and condition.of_time):
            what = f"{' and '.join(f'`{k}`' for k in unfit) or 'a time'} in {here}"
            refuse(f"has {what}, which is for {'a column' if rows else 'other rows'}.")
        if rows:
            _check_other_rows(name, condition, dataset, catalogue, here, refuse)
        else:
            _check_column(name, condition, dataset, here, refuse)


def _check_column(
    role: str, condition: Condition, dataset: Dataset, here: str, refuse: Callable[[str], NoReturn]
) -> None:
    of_date, of_number = (
        role in DATE_ROLES | STANDING_DATES | dataset._used_as_date,
        role in NUMBER_ROLES | dataset._used_as_number,
    )
    if condition.of_words and (of_date or of_number):
        refuse(f"chooses rows by {here}, which takes columns of words, not of dates or numbers.")
    if condition.of_time:
        dataset._used_as_date |= {role}
    elif condition.limits:
        if of_date:
            refuse(f'compares the date {here} with a number; say a length of time such as "24 months".')
        dataset._used_as_number |= {role}
    dataset._used_roles |= {role}
    dataset._chosen |= {(role, value) for value in [*(condition.is_ or ()), *(condition.not_ or ())]}


def _check_other_rows(
    name: str,
    condition: Condition,
    dataset: Dataset,
    catalogue: Catalogue,
    here: str,
    refuse: Callable[[str], NoReturn],
) -> None:
    other = dataset if name == EARLIER else catalogue.dataset(name)
    for one in (dataset, other):
        if "child" not in one.roles:
            refuse(f"looks by {here} for other rows of a child, so dataset '{one.name}' needs a column `child`.")
    if condition.date is None and (name == EARLIER or not {"started", "ended"} <= set(other.columns)):
        refuse(f"must say which `date` of {here} is meant.")
    for role in (condition.date, condition.distinct):
        if role and role not in other.roles:
            refuse(f"uses '{role}' in {here}, which is not among the columns.{nearest(role, other.roles)}")
    other._used_as_date |= {condition.date} if condition.date else set()
    other._used_roles |= {condition.date or "ended", condition.distinct or "child"}
    for inner, its in condition.where.items():
        if inner not in other.roles:
            refuse(f"uses '{inner}' in {here}, which is not among the columns.{nearest(inner, other.roles)}")
        _check_column(inner, its, other, f"'{inner}' of {here}", refuse)


def _check_counts(measure: Measure, dataset: Dataset, refuse: Callable[[str], NoReturn]) -> None:
    if measure.share or measure.length or measure.extracts:
        refuse(f"has `share`, `length` or `extracts`, which are for cases; dataset '{dataset.name}' holds counts.")
    if any(condition.keys != ["is"] for condition in measure.where.values()):
        refuse("chooses rows of counts, which `where` does by their values alone.")
    if measure.kind.at_end and not measure.kind.count:
        refuse(f'is of type "{measure.type}", which counts cases; figures that are given are of another.')


def _check_cases(measure: Measure, dataset: Dataset, refuse: Callable[[str], NoReturn]) -> None:
    kind = measure.kind
    if not set(measure.needs) <= set(dataset.columns):
        needed = " and ".join(f"`{c}`" for c in measure.needs)
        columns = "the columns" if len(measure.needs) > 1 else "a column"
        refuse(f"is of type \"{kind.name}\", so dataset '{dataset.name}' needs {columns} {needed}.")
    if kind.counted_by == SHARED and not measure.within and not measure.share:
        refuse(
            "is a percentage of cases, so it needs `within`, for example "
            '{ working_days = 42, from = "referral", to = "completed" }, or `share`, for example { nfa = "yes" }.'
        )
    if not kind.counted_by:
        refuse(f'is of type "{kind.name}", which takes the figures of a dataset of counts as they are.')
    if measure.unit == "children" and "child" not in dataset.columns:
        refuse(f"counts children, so dataset '{dataset.name}' needs a column `child`.")
    if measure.unit == NO_CHILDREN:
        refuse('counts cases, which concern children; `unit = "other"` is for given figures, such as posts or days.')
    if (kind.dated or (measure.share and not kind.at_end)) and counted_date(measure, dataset) is None:
        dates = ", ".join(dataset.date_roles) or "none"
        refuse(f"must say which date counts, `date = ...`: dataset '{dataset.name}' has {dates}.")
