"""Values of a published list of codes: the code inside what a system wrote, and what is in no list.

Systems put letters, numbers and words around a code: "a) Male", "q) 6: Police", "N1 - Abuse or Neglect", "U1 Foster placement".
"""

import re

import numpy as np
import pandas as pd

from ..shapes import NOT_RECORDED
from .categories import UNKNOWN_TYPE
from .log import CleaningLog
from .texts import fold, missing

LEAD_IN = re.compile(r"^\(?(?:[a-z]{1,2}|\d{1,2})\)\s*")
APART = re.compile(r"\s*[:;]\s*|\s+[-\u2013\u2014]+\s+|\s*[\u2013\u2014]\s*")  # between a code and its words
LIKE_CODE = re.compile(r"(?=\w*\d)[a-z]{0,2}\d+[a-z]?\b")  # a code with a figure is one without anything that parts it


def code_in(text: str, codes: dict[str, str]) -> str | None:
    """Return the code of a list that a text holds; None where it holds none, or two that differ.

    Examples
    --------
    >>> from analysis.config.presets import code_list
    >>> code_in("q) 6: Police", code_list("referral_source")), code_in("N1 - Abuse or Neglect", code_list("need"))
    ('6', 'N1')
    >>> code_in("b) No", code_list("flag")), code_in("No further action", code_list("flag"))
    ('no', None)
    """
    whole = fold(text)
    bare = LEAD_IN.sub("", whole)
    for said in (whole, bare):
        if said in codes:
            return codes[said]
    named = {codes[part] for part in APART.split(bare) if part in codes}
    if not named and (start := LIKE_CODE.match(bare)) and start[0] in codes:
        named = {codes[start[0]]}
    return named.pop() if len(named) == 1 else None


def read_codes(log: CleaningLog, role: str) -> pd.Series:
    """Return a role as codes; a value of no list reads "not recognised", and is flagged and counted.

    A code is written as a measure writes it, where one does.
    """
    column, codes = log.column(role), log.dataset.codes[role]
    named = {code: value for value in log.dataset.chosen(role) if (code := code_in(value, codes)) is not None}
    absent = missing(column.values)
    code = column.values.map({v: code_in(v, codes) for v in column.values})
    unknown = code.isna().to_numpy(dtype=bool) & ~absent
    blank = NOT_RECORDED if role == "category" else ""
    after = code.map(lambda c: named.get(c, c)).where(~code.isna(), UNKNOWN_TYPE).mask(absent, blank).astype("str")
    if role == "category" and absent.any():
        log.flag(column.spread(absent) & log.kept, role, "MISSING_TYPE")
    changed = np.asarray(after != column.values, dtype=bool) & ~absent & ~unknown
    text = column.text(after)
    for where, reason in ((changed, "TYPE_MAPPED"), (unknown, "TYPE_UNKNOWN")):
        if where.any():
            log.change(column.spread(where) & log.kept, role, reason, text)
    return text
