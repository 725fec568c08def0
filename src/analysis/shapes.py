"""The shapes that pass from step to step, so that no step needs to know another."""

from dataclasses import dataclass

import pandas as pd

SOURCE_COLUMNS = ["file", "sheet", "line"]
AUDIT_COLUMNS = [*SOURCE_COLUMNS, "column", "code", "before", "after"]
QUARANTINE_COLUMNS = [*SOURCE_COLUMNS, "code", "original"]
KEY = ["measure", "area", "period"]  # of every table from `measure` on


@dataclass(frozen=True)
class TextTable:
    """What came in.

    Attributes
    ----------
    dataset : str
        Name of the dataset in the catalogue.
    rows : pandas.DataFrame
        One text column a role, and `file`, `sheet`, `line` (physical line, from 1).
    sources : pandas.DataFrame
        One row a file or sheet: file, sheet, rows_in, sha256.
    audit : pandas.DataFrame
        What was changed in reading, with its code.
    quarantine : pandas.DataFrame
        Rows that could not be read, with their original text and code.
    """

    dataset: str
    rows: pd.DataFrame
    sources: pd.DataFrame
    audit: pd.DataFrame
    quarantine: pd.DataFrame

    def _repr_html_(self) -> str:
        return self.sources.to_html(index=False)


@dataclass(frozen=True)
class Cleaned:
    """Typed records and what happened on the way.

    Attributes
    ----------
    dataset : str
    records : pandas.DataFrame
        A typed column a role; for counts also `status` ("" where the value is a number).
    audit, quarantine : pandas.DataFrame
        Restricted: they hold values from the input.
    sources : pandas.DataFrame
        file, sheet, rows_in, sha256.
    """

    dataset: str
    records: pd.DataFrame
    audit: pd.DataFrame
    quarantine: pd.DataFrame
    sources: pd.DataFrame

    @property
    def summary(self) -> dict:
        """Rows in, kept and quarantined, and how often each code was given."""
        codes = pd.concat([self.audit["code"], self.quarantine["code"]]).value_counts().sort_index()
        return {"rows_in": len(self.records) + len(self.quarantine), "kept": len(self.records),
                "quarantined": len(self.quarantine), "codes": {c: int(n) for c, n in codes.items()}}

    def _repr_html_(self) -> str:
        return pd.Series(self.summary, name=self.dataset).to_frame().to_html()
