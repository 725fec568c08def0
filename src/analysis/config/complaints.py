"""What is wrong with a configuration, in an analyst's words: file, table, key, and the nearest known one."""

from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import nearest
from .datasets import Dataset
from .definitions import Catalogue, Event, Population, Project
from .measures import Measure, Target, Within

_TABLES: dict[Any, type[BaseModel]] = {
    "project": Project,
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


def explain(error: ValidationError, given: dict, file: str) -> str:
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
        here = "" if table in _SINGLE else f" {_item(given[table], steps.pop(0))}"
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
        known = [f.alias or n for n, f in model.model_fields.items()]
        return f"{place} unknown {key}.{nearest(named[-1], known)}"
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
