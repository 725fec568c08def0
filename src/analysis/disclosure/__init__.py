"""Small numbers: what may be published.

The figures concern children, and a count of 1 to 5 can point to one of them. This room is the only one that decides what
is hidden; it works on tables before anything is judged, drawn or said, so that whatever is derived from them is derived
from protected figures.

`primary` hides within one series; `cells`, `atoms`, `relations` and `constraints` tie the figures of all pages together into a
`web`;
`attacker` works out what it can, `secondary` says what goes next, `protection` hides until nothing is left to work out;
`releases` remembers what was published before, and `sealing` lets a page see that its tables went through here.
"""

from .attacker import FEWEST_VALUES, worked_out
from .marks import to_judge_by
from .primary import LARGEST, PROFILES, SMALLEST, SUPPRESSED, coarse, largest_small, require_profile
from .protection import Protected, protect
from .relations import Relation, relations
from .sealing import require_sealed, seal

__all__ = [
    "FEWEST_VALUES",
    "LARGEST",
    "PROFILES",
    "SMALLEST",
    "SUPPRESSED",
    "Protected",
    "Relation",
    "coarse",
    "largest_small",
    "protect",
    "relations",
    "require_profile",
    "require_sealed",
    "seal",
    "to_judge_by",
    "worked_out",
]
