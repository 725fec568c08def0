"""What the figures of two dates have to do with each other: a stock before and after, and what came in between.

What counts by one date is tied by the cases themselves (`atoms`). A relation says that a sum of signed figures of one area
and period is a count that no page shows, or nothing at all.
"""

from dataclasses import dataclass

from ..config import Catalogue, Dataset, Measure, counted_date
from ..kinds import ALL, COUNT


@dataclass(frozen=True)
class Relation:
    """Signed figures whose sum is what is left over.

    Attributes
    ----------
    terms : tuple of (measure, part of the row, periods back, sign)
    open_ended : bool
        Nobody can take it for granted that nothing is left over: of a stock and its starts, the ends.
    """

    terms: tuple[tuple[str, str, int, int], ...]
    open_ended: bool = False


def relations(project: Catalogue) -> list[Relation]:
    """Return what the measures of a dataset tell of two dates: a stock, with what came in and went out."""
    related = []
    for dataset in project.datasets:
        here = [m for m in project.measures if m.dataset == dataset.name and dataset.kind == "cases"]
        flows = [m for m in here if m.kind.events]
        related += [_stock_and_flow(stock, flows, dataset) for stock in here if stock.kind.at_end]
    return [r for r in related if len(r.terms) > 1]


def _stock_and_flow(stock: Measure, flows: list[Measure], dataset: Dataset) -> Relation:
    """Return the stock before, what came in, and less the stock after: what went out, or nothing where that is shown."""
    alike = [m for m in flows if m.where == stock.where]
    came = [m for m in alike if counted_date(m, dataset) == "started"][:1]
    went = [m for m in alike if counted_date(m, dataset) == "ended"][:1]
    if not came and not went:
        return Relation(())
    part = COUNT if stock.kind.count else ALL  # of a share or mean of what is open: what is open
    terms = [(stock.name, part, 1, 1), (stock.name, part, 0, -1)]
    if came:
        terms += [(came[0].name, COUNT, 0, 1), *((m.name, COUNT, 0, -1) for m in went)]
    else:  # what came in is left over: the stock after, and what went out, less the stock before
        terms = [(stock.name, part, 0, 1), (stock.name, part, 1, -1), (went[0].name, COUNT, 0, 1)]
    return Relation(tuple(terms), open_ended=not (came and went))
