"""Reads a configuration, and refuses what cannot be honoured."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import Refused
from .complaints import explain
from .definitions import Catalogue
from .references import check_references

ADDRESS_WITH_SECRET = re.compile(r"[a-z][a-z0-9+.]*://[^\s/@]*@|\b(password|passwd|pwd)\s*=\s*\S", re.IGNORECASE)
SECRET_KEY = re.compile(r"passw|pwd|secret|token", re.IGNORECASE)


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
        given = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Refused(f"{path.name} is not UTF-8 text. Save it again as UTF-8.", code="INVALID_PARAMETER") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused(f"{path.name} is not valid TOML: {error}.", code="INVALID_PARAMETER") from None
    _refuse_secrets(given, path.name)
    try:
        catalogue = Catalogue.model_validate(given)
    except ValidationError as error:
        raise Refused(explain(error, given, path.name), code="INVALID_PARAMETER") from None
    catalogue._path = path
    check_references(catalogue)
    for dataset in catalogue.datasets:
        dataset._folder, dataset._as_at, dataset._whole = path.parent, catalogue.project.as_at, catalogue.project.name
    return catalogue


def _refuse_secrets(given: Any, file: str, where: str = "") -> None:
    """Refuse an address with a password in it, or a key that asks for one, wherever it stands; it is not quoted."""
    for key, value in given.items() if isinstance(given, dict) else enumerate(given):
        place = key if isinstance(key, str) else where
        if isinstance(value, dict | list):
            _refuse_secrets(value, file, place)
        elif isinstance(value, str) and (ADDRESS_WITH_SECRET.search(value) or SECRET_KEY.search(place)):
            raise Refused(
                f"{file}: the key '{place}' holds a password or the address of a database. Keep it in an environment "
                "variable and name that variable with `url_env`.",
                code="INVALID_PARAMETER",
            )
