"""What every cleaned table is: a pandera schema, checked lazily, that drops nothing."""

import pandas as pd
import pandera.pandas as pa

from ..config import NUMBER_ROLES, Dataset
from ..errors import Refused
from .dates import EARLIEST, LATEST

pa.DataFrameSchema({}).validate(pd.DataFrame())  # loads what pandera loads late, before anything is timed


def guard(records: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Return the records unchanged once they are what the steps after this one rely on.

    Raises
    ------
    Refused
        ``INCOMPLETE``: cleaning let something through; the message names columns and checks, never values.
    """
    columns = {}
    for name in records:
        if name == "period":
            columns[name] = pa.Column(nullable=False)
        elif name in (*dataset.date_roles, "snapshot"):
            within = pa.Check.in_range(EARLIEST.to_pydatetime(), LATEST.to_pydatetime() + pd.Timedelta(days=1))
            columns[name] = pa.Column("datetime64[us]", within, nullable=name != dataset.event_role)
        elif name in NUMBER_ROLES:
            columns[name] = pa.Column(float, nullable=True)
        elif name == "child":
            columns[name] = pa.Column("str", pa.Check(lambda s: s != "", name="not empty"), nullable=False)
        else:
            columns[name] = pa.Column("str", nullable=False)
    schema = pa.DataFrameSchema(columns, strict=True, name=dataset.name)
    try:
        schema.validate(records, lazy=True)
    except pa.errors.SchemaErrors as error:
        failed = error.failure_cases[["column", "check"]].drop_duplicates().astype(str)
        named = "; ".join(f"{c}: {check}" for c, check in failed.itertuples(index=False, name=None))
        raise Refused(
            f"Dataset '{dataset.name}': the cleaned table is not what it must be ({named}). Please report this.",
            code="INCOMPLETE",
        ) from None
    return records
