"""What may stand behind any key of a configuration."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]  # small letters, figures, underscores
Text = Annotated[str, Field(min_length=1, max_length=200)]


def _is_local(path: str) -> str:
    if "://" in path:
        raise ValueError("must be a local file; a database address belongs in an environment variable (`url_env`)")
    return path


LocalPath = Annotated[Text, AfterValidator(_is_local)]


def _from_text(day: object) -> object:
    """Take a date that stands in quotes; what is none is left to be refused."""
    try:
        return dt.date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        return day


Date = Annotated[dt.date, BeforeValidator(_from_text)]


class Table(BaseModel):
    # strict: "12" is no number and true is no 1
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
