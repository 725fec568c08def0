"""Reads a configuration, and refuses what cannot be honoured: with file, table, key, and the nearest name there is."""

import re
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from ..errors import Refused, nearest
from ..kinds import LIMIT, OPEN
from .datasets import DATE_ROLES, NUMBER_ROLES, Dataset
from .definitions import NO_CHILDREN, Catalogue, Event, Measure, Population, Project, Target, Within, counted_date
from .returns import Return, with_returns

ADDRESS_WITH_SECRET = re.compile(r"[a-z][a-z0-9+.]*://[^\s/@]*@|\b(password|passwd|pwd)\s*=\s*\S", re.IGNORECASE)
SECRET_KEY = re.compile(r"passw|pwd|secret|token", re.IGNORECASE)
_TABLES: dict[Any, type[BaseModel]] = {
    "project": Project,
    "return": Return,
    "dataset": Dataset,
    "measure": Measure,
    "population": Population,
    "event": Event,
}
_PARTS: dict[Any, type[BaseModel]] = {"within": Within, "target": Target}  # tables inside a measure
_SINGLE = ("project", "population")
_PLAINER = {  # pydantic's kinds of complaint, in an analyst's words
    "date_type": "must be a date, for example 2021-04-12",
    "int_type": "must be a whole number without quotes",
    "float_type": "must be a number without quotes",
    "string_type": "must be text in quotes",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "list_type": "must be a list in square brackets",
    "dict_type": 'must be a table in braces, for example { name = "value" }',
    "model_type": 'must be a table in braces, for example { from = "date", to = "decided" }',
    "string_pattern_mismatch": "must begin with a letter and hold only letters (in a name small ones), figures and _",
}


def load(path: str | Path) -> Catalogue:
    """Read a configuration.

    Parameters
    ----------
    path : str or path-like
        A `measures.toml`.

    Returns
    -------
    Catalogue

    Raises
    ------
    Refused
        ``INPUT_UNAVAILABLE`` when there is no such file; ``INVALID_PARAMETER`` for anything the file says that cannot
        be honoured, with file, table, key and the nearest known one.
    """
    path = Path(path)
    if not path.is_file():
        raise Refused(
            f"There is no configuration at {path}. Give one with --config, or run this where measures.toml lies.",
            code="INPUT_UNAVAILABLE",
        )
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Refused(f"{path.name} is not UTF-8 text. Save it again as UTF-8.", code="INVALID_PARAMETER") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused(f"{path.name} is not valid TOML: {error}.", code="INVALID_PARAMETER") from None
    _refuse_secrets(document, path.name)
    own = {d.get("name") for d in document.get("dataset", ()) if isinstance(d, dict)}
    document = with_returns(document)
    try:
        catalogue = Catalogue.model_validate(document)
    except ValidationError as error:
        raise Refused(_complaint(error, document, path.name), code="INVALID_PARAMETER") from None
    used = own | {name for m in catalogue.measures for name in (m.dataset, m.comparator)}
    catalogue = catalogue.model_copy(
        update={
            "datasets": [d for d in catalogue.datasets if d.name in used],
            "measures": [_of_children(m, catalogue) for m in catalogue.measures],
        }
    )
    catalogue._path = path
    check_references(catalogue)
    for dataset in catalogue.datasets:
        dataset._folder, dataset._as_at, dataset._whole = path.parent, catalogue.project.as_at, catalogue.project.name
    return catalogue


def _of_children(measure: Measure, catalogue: Catalogue) -> Measure:
    """Return a measure that counts children where it counts what is open and nothing else is said: episodes overlap."""
    dataset = next((d for d in catalogue.datasets if d.name == measure.dataset), None)
    open_cases = dataset is not None and dataset.kind == "cases" and measure.kind.counted_by == OPEN
    if open_cases and "child" in dataset.columns and "unit" not in measure.model_fields_set:
        return measure.model_copy(update={"unit": "children"})
    return measure


def _refuse_secrets(document: Any, file: str, where: str = "") -> None:
    """Refuse an address with a password in it, or a key that asks for one, wherever it stands; it is not quoted."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        place = key if isinstance(key, str) else where
        if isinstance(value, dict | list):
            _refuse_secrets(value, file, place)
        elif isinstance(value, str) and (ADDRESS_WITH_SECRET.search(value) or SECRET_KEY.search(place)):
            raise Refused(
                f"{file}: the key '{place}' holds a password or the address of a database. Keep it in an environment "
                "variable and name that variable with `url_env`.",
                code="INVALID_PARAMETER",
            )


def _complaint(error: ValidationError, document: dict, file: str) -> str:
    """Turn pydantic's first complaint into one sentence with file, table and key. Values are never quoted."""
    complaints = error.errors(include_input=False, include_url=False)
    # a misspelt key is also a missing one: name the cause
    first = min(complaints, key=lambda c: c["type"] != "extra_forbidden")
    table, *steps = [step for step in first["loc"] if step != "[key]"]
    if first["type"] in ("list_type", "model_type", "model_attributes_type") and not steps and table in _TABLES:
        brackets = f"[{table}]" if table in _SINGLE else f"[[{table}]]"
        return f"{file}: '{table}' is a table of its own, which begins with {brackets}."
    model: type[BaseModel]
    if not steps:
        place, keys, model = f"{file}:", [table], Catalogue
    else:
        here = "" if table in _SINGLE else f" {_item(document[table], steps.pop(0))}"
        place, keys = f"{file}: {f'[{table}]' if table in _SINGLE else f'[[{table}]]'}{here}:", steps
        model = next((_PARTS[k] for k in keys[:-1] if k in _PARTS), _TABLES[table])
    named: list[str] = []
    for step in keys:
        if isinstance(step, int):
            named[-1] += f" number {step + 1}"
        else:
            named.append(step)
    key = (f"key '{named[-1]}'" + "".join(f" of {k}" for k in reversed(named[:-1]))) if named else ""
    if first["type"] == "extra_forbidden":
        names = [f.alias or n for n, f in model.model_fields.items()]
        return f"{place} unknown {key}.{nearest(named[-1], names)}"
    if first["type"] == "missing":
        return f"{place} the {key} is missing."
    complaint = _PLAINER.get(first["type"]) or _plain(first["msg"])
    of_the_table = first["type"] == "value_error" and (not keys or keys[-1] in _PARTS or isinstance(keys[-1], int))
    return f"{place} {complaint}." if of_the_table else f"{place} {key} {complaint}."


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should", "must", 1).rstrip(".")


def _item(items: Any, number: Any) -> str:
    """Return an item's name, or its place in the file where it has none."""
    name = items[number].get("name") if isinstance(items, list) and isinstance(items[number], dict) else None
    return f"'{name}'" if isinstance(name, str) else f"number {number + 1}"


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
        dataset._used_roles |= (
            (dates - {None}) | set(measure.where) | set(measure.breakdown) | set(measure.kind.columns)
        )
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
    if measure.unit == NO_CHILDREN:
        refuse('counts cases, which concern children; `unit = "other"` is for given figures, such as posts or days.')
    if kind.dated and counted_date(measure, dataset) is None:
        dates = ", ".join(dataset.date_roles) or "none"
        refuse(f"must say which date counts, `date = ...`: dataset '{dataset.name}' has {dates}.")
