"""From probabilities to a call: is there a change at all, and if there is one, of which kind?"""

import numpy as np

from ..classes import CLASSES, TOO_EARLY
from .hypotheses import BREAK, SHIFT, SPIKE, TREND

SURE_LASTING = 0.70  # share of the change's probability at which it is named lasting: docs/methods.md, "Calls"
SURE_PASSING = 0.80  # the same for a spike or a recording break
LASTS, PASSES = 0.60, 0.40  # `persists` from which a lasting change is named, and up to which a spike: the same section
LIKELIER_THAN_NOT = 0.5  # probability of usual variation from which a slight departure is nothing
USUAL_DESPITE = 0.75  # probability of usual variation from which a newest month that stands out is chance
SLIGHT = 0.10  # a departure smaller than this is not followed, however quiet the series


def candidates(classes: np.ndarray) -> np.ndarray:
    """Return the kind of change, spike to recording break, that each row has the shape of; -1 = none (r,)."""
    change = 1 - classes[:, 0]
    lasting = classes[:, 1 + SHIFT] + classes[:, 1 + TREND]
    which = np.where(classes[:, 1 + TREND] > classes[:, 1 + SHIFT], TREND, SHIFT)
    kind = np.full(len(classes), -1)
    for name, share, least in (
        (SPIKE, classes[:, 1 + SPIKE], SURE_PASSING),
        (BREAK, classes[:, 1 + BREAK], SURE_PASSING),
        (which, lasting, SURE_LASTING),
    ):
        named = (share >= least * change) & (share >= classes[:, 0])  # never what is less likely than usual variation
        kind = np.where(named, name, kind)
    return kind


def decide(
    kind: np.ndarray,
    usual: np.ndarray,
    persists: np.ndarray,
    outside: np.ndarray,
    slight: np.ndarray,
    month_outside: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Decide the call of each row (r,).

    Parameters
    ----------
    kind : ndarray of int
        What it has the shape of, as `candidates` says.
    usual : ndarray
        Probability of usual variation.
    persists : ndarray
        NaN where nothing departed.
    outside : ndarray of bool
        Whether the quarter lies outside the range that was to be expected of it.
    slight : ndarray of bool
        Whether it is so little away that nothing is asked of it.
    month_outside : ndarray of bool
        Whether its newest month by itself lies outside the range in which nine in ten such months lie.

    Returns
    -------
    call : ndarray of str
    chosen : ndarray of bool (r, 4)
        The kinds, spike to recording break, that the call speaks of.
    """
    lasting = np.isin(kind, (SHIFT, TREND)) & outside & (persists >= LASTS)
    passing = (kind == SPIKE) & ~(persists > PASSES)
    named = lasting | passing | (kind == BREAK)
    open_month = month_outside & (usual < USUAL_DESPITE)
    nothing = np.where(outside, slight & (usual >= LIKELIER_THAN_NOT), ~open_month)
    call = np.where(nothing, CLASSES[0], TOO_EARLY).astype(object)
    call[named] = np.array(CLASSES[1:], dtype=object)[kind[named]]
    chosen = np.ones((len(kind), 4), dtype=bool)
    chosen[named] = kind[named, None] == np.arange(4)
    chosen[lasting] = np.isin(np.arange(4), (SHIFT, TREND))
    return call, chosen
