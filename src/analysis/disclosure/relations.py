"""What measures have to do with each other, read off the catalogue: from two figures a third can be worked out.

A relation says that a sum of signed figures of one area and period is a count that no page shows, or nothing at all.
"""

from dataclasses import dataclass
from itertools import combinations, permutations

from ..config import Catalogue, Dataset, Measure, counted_date
from ..kinds import ALL, COUNT, ON_TIME


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
    """Return how the measures of one dataset of cases hang together.

    A kind of case among all cases; several kinds that make up the whole; two clocks on the same work, one of which ends
    later; a stock with what came in and went out.
    """
    related = []
    for dataset in project.datasets:
        here = [m for m in project.measures if m.dataset == dataset.name and dataset.kind == "cases"]
        flows = [m for m in here if m.kind.events]
        for big in flows:
            among = [m for m in flows if _among(m, big) and counted_date(m, dataset) == counted_date(big, dataset)]
            related += [Relation(((big.name, COUNT, 0, 1), (m.name, COUNT, 0, -1))) for m in among]
            apart = _apart(among)
            if len(apart) > 1:
                related.append(Relation(((big.name, COUNT, 0, 1), *((m.name, COUNT, 0, -1) for m in apart))))
        for one, other in permutations([m for m in here if m.within], 2):
            if _same_work(one, other):
                related.append(Relation(((one.name, ON_TIME, 0, 1), (other.name, ON_TIME, 0, -1))))
        for one, other in combinations([m for m in here if m.within], 2):
            if _same_work(one, other):
                related.append(Relation(((one.name, ALL, 0, 1), (other.name, ALL, 0, -1))))
        related += [_stock_and_flow(stock, flows, dataset) for stock in here if stock.kind.at_end]
    return [r for r in related if len(r.terms) > 1]


def _among(one: Measure, big: Measure) -> bool:
    """Say whether every case of one measure is a case of the other too."""
    narrower = all(role in one.where and set(one.where[role]) <= set(big.where[role]) for role in big.where)
    return one.name != big.name and narrower and one.unit == big.unit


def _apart(measures: list[Measure]) -> list[Measure]:
    """Return measures no two of which share a case, as many as come first."""
    chosen: list[Measure] = []
    for m in measures:
        if all(any(not set(m.where[r]) & set(c.where.get(r, m.where[r])) for r in m.where) for c in chosen):
            chosen.append(m)
    return chosen


def _same_work(one: Measure, other: Measure) -> bool:
    clock, second = one.within, other.within
    same_limit = (clock.start, clock.working_days, clock.hours) == (second.start, second.working_days, second.hours)
    return same_limit and one.where == other.where and one.cohort == other.cohort == "due"


def _stock_and_flow(stock: Measure, flows: list[Measure], dataset: Dataset) -> Relation:
    """Return the stock before, what came in, and less the stock after: what went out, or nothing where that is shown."""
    alike = [m for m in flows if m.where == stock.where]
    came = [m for m in alike if counted_date(m, dataset) == "started"][:1]
    went = [m for m in alike if counted_date(m, dataset) == "ended"][:1]
    if not came and not went:
        return Relation(())
    terms = [(stock.name, COUNT, 1, 1), (stock.name, COUNT, 0, -1)]
    if came:
        terms += [(came[0].name, COUNT, 0, 1), *((m.name, COUNT, 0, -1) for m in went)]
    else:  # what came in is left over: the stock after, and what went out, less the stock before
        terms = [(stock.name, COUNT, 0, 1), (stock.name, COUNT, 1, -1), (went[0].name, COUNT, 0, 1)]
    return Relation(tuple(terms), open_ended=not (came and went))
