"""XmR charts: the standard that readers know, an adjusted chart beside it, and proposals to rebase.

`xmr` follows the rules of the NHS programme Making Data Count, number for number. `adjust_for_season` gives
the same table on values that working days, seasons and spikes disturb less. `propose_rebase` only proposes.
All three stand on `rules`; `targets` says whether a target is met.

References
----------
Wheeler, D. J. (2000) *Understanding Variation*, 2nd ed., SPC Press.
Provost, L. P. and Murray, S. K. (2011) *The Health Care Data Guide*, Jossey-Bass, pp. 155, 192.
Nelson, L. S. (1982) Control charts for individual measurements, *J. Quality Technology* 14(3), 172-173.
NHS England, *Making Data Count*.
"""

from .funnel_plot import LIMITS, funnel_plot
from .rules import MIN_BASELINE
from .seasonal import adjust_for_season, propose_rebase
from .standard import xmr

__all__ = ["LIMITS", "MIN_BASELINE", "adjust_for_season", "funnel_plot", "propose_rebase", "xmr"]
