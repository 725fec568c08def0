"""From probabilities to a call: is there a change at all, and if there is one, of which kind?"""

import numpy as np

from ..classes import CLASSES, TOO_EARLY
from .hypotheses import BREAK, SHIFT, SPIKE, TREND

LIKELIER_THAN_NOT = 0.50  # usual variation is the call when it is likelier than not
USUAL_DESPITE = 0.75  # the same when the newest month stands out: a committee that sees 600 after 420 is told how sure
SURE_LASTING = 0.70  # share of the change's probability at which it is named lasting: docs/methods.md, "Calls"
SURE_PASSING = 0.80  # the same for a spike or a recording break
CERTAIN = 0.95  # share at which nothing is left to settle


def shares(classes: np.ndarray) -> np.ndarray:
    """Return the shares of spike, sustained and recording break in the probability of a change (r, 3)."""
    kinds = np.stack(
        [classes[:, 1 + SPIKE], classes[:, 1 + SHIFT] + classes[:, 1 + TREND], classes[:, 1 + BREAK]], axis=1
    )
    return kinds / np.maximum(kinds.sum(1, keepdims=True), 1e-12)


def decide(classes: np.ndarray, stands_out: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Decide the call of each row.

    Parameters
    ----------
    classes : ndarray (r, 5)
    stands_out : ndarray of bool (r,)
        Whether the newest month lies outside the range in which nine in ten such months lie.

    Returns
    -------
    call : ndarray of str (r,)
    chosen : ndarray of bool (r, 4)
        The kinds, spike to recording break, that the call speaks of.
    open_question : ndarray of bool (r,)
        Whether the next months could still turn the call between lasting and passing.
    """
    share = shares(classes)
    likelier = (
        share * (1 - classes[:, [0]]) >= classes[:, [0]]
    )  # nothing is named that is less likely than usual variation
    spike, lasting, broken = np.where(likelier, share, 0).T
    call = np.full(len(classes), TOO_EARLY, dtype=object)
    chosen = np.ones((len(classes), 4), dtype=bool)
    for kind, share in ((SPIKE, spike), (BREAK, broken)):
        call[share >= SURE_PASSING] = CLASSES[1 + kind]
        chosen[share >= SURE_PASSING] = np.arange(4) == kind
    held = lasting >= SURE_LASTING
    rises = classes[:, 1 + TREND] > classes[:, 1 + SHIFT]
    call[held] = np.where(rises[held], CLASSES[1 + TREND], CLASSES[1 + SHIFT])
    chosen[held] = [False, True, True, False]
    usual = classes[:, 0] >= np.where(stands_out, USUAL_DESPITE, LIKELIER_THAN_NOT)
    call[usual], chosen[usual] = CLASSES[0], True
    settled = usual | (np.maximum(spike, lasting) >= CERTAIN) | (broken >= SURE_PASSING)
    return call, chosen, ~settled
