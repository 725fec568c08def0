"""Areas and those beside them: which are neighbours, and which hold others, as regions and a nation do."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from .cleaning.texts import fold_name
from .config import Catalogue
from .reading import read_pairs, refuse_line
from .shapes import NATION, REGION, Cleaned, areas_holding


@dataclass(frozen=True)
class AreaRelations:
    """What the areas of the data have to do with each other.

    Attributes
    ----------
    levels : dict of str to str
        Of areas that hold others: ``nation`` or ``region``.
    holders : dict of str to str
        Of an area its region, of a region its nation, where the data say so; a nation holds itself.
    pairs : pandas.DataFrame
        area, neighbour: the neighbours of each area, the most like it first.
    """

    levels: dict[str, str]
    holders: dict[str, str]
    pairs: pd.DataFrame

    @property
    def nation(self) -> str:
        """The area that is the nation; empty where there is none."""
        return next((area for area, level in self.levels.items() if level == NATION), "")


def area_relations(cleaned: Sequence[Cleaned], project: Catalogue) -> AreaRelations:
    """Return what the areas of the data have to do with each other.

    Raises
    ------
    Refused
        For a file of neighbours that cannot be honoured, with its line.
    """
    named = {a for c in cleaned for a in c.records.get("area", ())} | {project.project.name}
    by_fold = {fold_name(a): a for a in sorted(named)}
    levels: dict[str, str] = {}
    region: dict[str, str] = {}
    for one in cleaned:
        levels |= areas_holding(one.records)
        if {"area", "level", "region"} <= set(one.records):
            rows = one.records.drop_duplicates("area", keep="last")
            region |= {a: by_fold.get(fold_name(r), "") for a, r in zip(rows["area"], rows["region"], strict=True)}
    holders = {a: r for a, r in region.items() if a not in levels and levels.get(r) == REGION}
    among = AreaRelations(levels, holders, _pairs(project, by_fold))
    holders.update(dict.fromkeys(levels if among.nation else (), among.nation))
    return among


def _pairs(project: Catalogue, by_fold: dict[str, str]) -> pd.DataFrame:
    table = read_pairs(project)
    if table is None or project.neighbours is None:
        return pd.DataFrame({"area": [], "neighbour": []}, dtype="str")
    path, line = project.path.parent / project.neighbours.path, table["line"]
    folded = table[["area", "neighbour"]].map(fold_name)
    own = folded["area"] == folded["neighbour"]
    twice = folded.assign(neighbour=table["rank"]).duplicated() | folded.duplicated()
    unknown = ~folded.isin(list(by_fold)).all(axis=1) & (not project.neighbours.partial) | (folded == "").any(axis=1)
    for fault, complaint in (
        (own, "an area is its own neighbour. Leave the line out"),
        (twice, "an area has a neighbour or a rank twice. Give each once"),
        (
            unknown,
            "the data hold no area of that name. Write it as the data do, or say `partial = true` in [neighbours] where the "
            "file names more areas than they hold",
        ),
    ):
        refuse_line(path, line[fault], complaint, code="INVALID_PARAMETER")
    names = table[["area", "neighbour"]].map(lambda name: by_fold.get(fold_name(name), name.strip())).astype("str")
    return names.assign(rank=table["rank"]).sort_values(["area", "rank"], ignore_index=True).drop(columns="rank")
