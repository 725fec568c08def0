"""`[[return]]`: one line for a whole return. Each becomes the datasets of its tables; those that no measure takes are not read."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ..errors import nearest
from .keys import LocalPath, Name, Table
from .presets import RETURNS, tables_of


class Return(Table):
    """A published return with all its tables: the files of one or several years, or a database."""

    preset: Literal[RETURNS]  # type: ignore[valid-type]  # their names are known when presets.toml is read
    path: LocalPath | None = None
    url_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    database_schema: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    tables: Annotated[list[Name], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.path is None) == (self.url_env is None):
            raise ValueError("give either `path` (files) or `url_env` (the variable that holds a database's address)")
        if self.database_schema and not self.url_env:
            raise ValueError("`database_schema` is for tables of a database, which `url_env` names")
        for table in self.tables or ():
            if table not in tables_of(self.preset):
                raise ValueError(f"`tables` names one that the return has not.{nearest(table, tables_of(self.preset))}")
        return self


DATED = "{date}"  # in a path: the day of each file
EXTRACTS = "_extracts"  # how the dataset of a table is called that keeps every file's rows apart, by its day


def dataset_name(preset: str, table: str) -> str:
    """Return what the dataset of a table is called.

    >>> dataset_name("cin-census", "referrals"), dataset_name("ssd", "ssd_cp_plans")
    ('cin_census_referrals', 'ssd_cp_plans')
    """
    return table if preset == "ssd" else f"{preset.replace('-', '_')}_{table}"


def with_returns(document: Any) -> Any:
    """Return a configuration's document with the datasets of its returns written out, as far as it is well formed."""
    returns = document.get("return") if isinstance(document, dict) else None
    if not isinstance(returns, list) or not isinstance(document.get("dataset", []), list):
        return document
    datasets = []
    for one in returns:
        if isinstance(one, dict) and one.get("preset") in RETURNS and isinstance(one.get("tables", []), list):
            place = {k: one[k] for k in ("path", "url_env", "database_schema") if k in one}
            for table in one.get("tables") or tables_of(one["preset"]):
                if table in tables_of(one["preset"]):
                    name = dataset_name(one["preset"], table)
                    datasets.append({"name": name, "preset": one["preset"], "table": table, **place})
                    if DATED in str(place.get("path")):
                        datasets.append(datasets[-1] | {"name": f"{name}{EXTRACTS}", "snapshot": DATED})
    return document | {"dataset": [*document.get("dataset", []), *datasets]}
