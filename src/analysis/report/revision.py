"""A page that is issued again says so, and of which measures the figures changed."""

import hashlib
from pathlib import Path

import pandas as pd

from ..config import Catalogue
from ..language import speaking
from . import words

TOLD = ["value", "numerator", "denominator", "status", "call"]


def of(now: Path, earlier: dict | None, project: Catalogue) -> dict:
    """Return a page's issue, from 1, and the sentences that say what changed since the one before.

    Parameters
    ----------
    now : pathlib.Path
        The figures to be published.
    earlier : dict or None
        The former issue's figures (path), their sha256, issue and sentences.
    project : Catalogue

    Returns
    -------
    dict
        issue, sentences. Equal figures are the same issue, with the sentences that it had. Issue 0: the page was issued
        before, and how often is lost.
    """
    if earlier is None:
        return {"issue": 1, "sentences": []}
    same = {"issue": earlier["issue"], "sentences": earlier["sentences"]}
    if _sha256(now) == earlier["sha256"]:
        return same
    then, changed = Path(earlier["figures"]), None
    if then.is_file() and _sha256(then) == earlier["sha256"]:
        changed = changes(pd.read_csv(then), pd.read_csv(now), project)
        if changed.empty:
            return same
    issue = earlier["issue"] + 1 if earlier["issue"] else 0
    with speaking(project.project.language):
        return {"issue": issue, "sentences": words.revised(issue, changed)}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changes(earlier: pd.DataFrame, now: pd.DataFrame, project: Catalogue) -> pd.DataFrame:
    """Count the months (or weeks) and quarters whose figures differ, by measure.

    Returns
    -------
    pandas.DataFrame
        title, months, quarters, call (bool: the verdict differs); measures with a difference only.
    """
    key = ["measure", "period"]
    both = earlier[[*key, *TOLD]].merge(
        now[[*key, *TOLD]], on=key, how="outer", suffixes=("_then", "_now"), validate="1:1"
    )
    differs = {c: _differs(both[f"{c}_then"], both[f"{c}_now"]) for c in TOLD}
    figure = pd.DataFrame({c: differs[c] for c in TOLD[:-1]}).any(axis=1)
    quarter = both["period"].str.contains("Q")
    counted = (
        pd.DataFrame({"months": figure & ~quarter, "quarters": figure & quarter, "call": differs["call"]})
        .groupby(both["measure"])
        .sum()
    )
    titles = {m.name: m.title for m in project.measures}
    counted = counted[counted.any(axis=1)].reindex([n for n in titles if n in counted.index]).dropna().astype(int)
    return counted.assign(title=[titles[n] for n in counted.index], call=counted["call"] > 0)


def _differs(then: pd.Series, now: pd.Series) -> pd.Series:
    return (then != now) & ~(then.isna() & now.isna())
