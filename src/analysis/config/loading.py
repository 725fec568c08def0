"""Reads a configuration, and refuses what cannot be honoured: with file, table, key, and the nearest name there is."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import Refused, nearest
from .conditions import Condition
from .datasets import Dataset, Joined, Spells
from .definitions import (
    Catalogue,
    Event,
    Length,
    Measure,
    Neighbours,
    Population,
    Project,
    Target,
    Within,
)
from .references import check_references, used_datasets
from .returns import Return, with_returns
from .standard import Carried, standard_measures, with_standard

ADDRESS_WITH_SECRET = re.compile(r"[a-z][a-z0-9+.]*://[^\s/@]*@|\b(password|passwd|pwd)\s*=\s*\S", re.IGNORECASE)
SECRET_KEY = re.compile(r"passw|pwd|secret|token", re.IGNORECASE)
_TABLES: dict[Any, type[BaseModel]] = {
    "project": Project,
    "return": Return,
    "dataset": Dataset,
    "measure": Measure,
    "population": Population,
    "neighbours": Neighbours,
    "event": Event,
}
_PARTS: dict[Any, type[BaseModel]] = {  # tables inside a measure or a dataset
    "within": Within,
    "target": Target,
    "length": Length,
    "spells": Spells,
    "joined": Joined,
    "where": Condition,
    "share": Condition,
    "begins": Condition,
}
_SINGLE = ("project", "population", "neighbours")
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
    document = read_document(path)
    own = {d.get("name") for d in document.get("dataset", ()) if isinstance(d, dict)}
    document = with_standard(with_returns(document), path.name)
    try:
        catalogue = Catalogue.model_validate(document)
    except ValidationError as error:
        raise Refused(_complaint(error, document, path.name), code="INVALID_PARAMETER") from None
    used = own | used_datasets(catalogue)
    catalogue = catalogue.model_copy(
        update={
            "datasets": [_with_columns(d, catalogue) for d in catalogue.datasets if d.name in used],
            "measures": [_of_children(m, catalogue) for m in catalogue.measures],
            "checks": [_of_children(m, catalogue) for m in catalogue.checks],
        }
    )
    catalogue._path = path
    check_references(catalogue)
    for dataset in catalogue.datasets:
        dataset._folder, dataset._as_at, dataset._whole = path.parent, catalogue.project.as_at, catalogue.project.name
    return catalogue


def read_document(path: Path) -> dict[str, Any]:
    """Read a configuration as it is written.

    Raises
    ------
    Refused
        ``INPUT_UNAVAILABLE`` when there is no such file; ``INVALID_PARAMETER`` for what is no TOML, or holds a password.
    """
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
    return document


def offered(config: str | Path | None = None) -> list[Carried]:
    """Return the standard measures, with the dataset of a configuration that carries each; without one none is carried."""
    return standard_measures(with_returns(read_document(Path(config))) if config else None)


def _with_columns(dataset: Dataset, catalogue: Catalogue) -> Dataset:
    """Return a dataset of spells with the columns of its episodes."""
    source = next((d for d in catalogue.datasets if dataset.spells and d.name == dataset.spells.of), dataset)
    update = {"columns": source.columns, "joined": source.joined | dataset.joined, "grain": source.grain}
    return dataset.model_copy(update=update if source is not dataset else {})


def _of_children(measure: Measure, catalogue: Catalogue) -> Measure:
    """Return a measure that counts children where it counts what is open and nothing else is said: episodes overlap."""
    dataset = next((d for d in catalogue.datasets if d.name == measure.dataset), None)
    open_cases = dataset is not None and dataset.kind == "cases" and measure.kind.at_end and not measure.kind.averages
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
    table, *steps = [step for step in first["loc"] if step not in ("[key]", "is")]
    if first["type"] in ("list_type", "model_type", "model_attributes_type") and not steps and table in _TABLES:
        brackets = f"[{table}]" if table in _SINGLE else f"[[{table}]]"
        return f"{file}: '{table}' is a table of its own, which begins with {brackets}."
    model: type[BaseModel]
    if not steps:
        place, keys, model = f"{file}:", [table], Catalogue
    else:
        here = "" if table in _SINGLE else f" {_item(document[table], steps.pop(0))}"
        place, keys = f"{file}: {f'[{table}]' if table in _SINGLE else f'[[{table}]]'}{here}:", steps
        model = next((_PARTS[k] for k in reversed(keys[:-1]) if k in _PARTS), _TABLES[table])
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
