"""What a rise means in work, if it lasts and if it does not."""

import numpy as np
import pandas as pd

LASTS, DOES_NOT = "lasts", "does not last"
CLEAR_IN = 3  # months in which work beyond the usual is to be cleared: one quarter, when the committee meets again


def work_ahead(
    *,
    starts_now: float,
    starts_usual: float,
    completions: float,
    open_now: float,
    open_usual: float,
    workers: float | None = None,
    months: int = CLEAR_IN,
) -> pd.DataFrame:
    """Return what has to be done a month to hold the target.

    Parameters
    ----------
    starts_now, starts_usual : float
        Starts a month while the rise lasts, and as expected without it.
    completions : float
        Completions a month now.
    open_now, open_usual : float
        Open work, and the open work at which the target was held.
    workers : float, optional
        Full-time equivalents; without them there is no caseload.
    months : int
        In which what is open beyond the usual is cleared.

    Returns
    -------
    pandas.DataFrame
        Index: scenario, "lasts" and "does not last"; starts (a month), completions_needed (a month: the starts, and
        what is open beyond the usual spread over `months`), more_than_now (beside today's completions),
        open_if_unchanged (open work after `months` at today's completions) and caseload_now, caseload_then (open work
        per worker).

    Notes
    -----
    What leaves must equal what enters for open work, and so the time that a case takes, to stay as it is.

    References
    ----------
    Little (1961), A proof for the queuing formula L = lambda W, Operations Research 9, 383-387.

    Examples
    --------
    >>> table = work_ahead(starts_now=90, starts_usual=70, completions=70, open_now=120, open_usual=90, workers=10)
    >>> table[["completions_needed", "open_if_unchanged", "caseload_then"]].to_numpy().tolist()
    [[100.0, 180.0, 18.0], [80.0, 120.0, 12.0]]
    """
    starts = pd.Series({LASTS: float(starts_now), DOES_NOT: float(starts_usual)}, name="starts")
    table = starts.to_frame().rename_axis("scenario")
    table["completions_needed"] = starts + (open_now - open_usual) / months
    table["more_than_now"] = table["completions_needed"] - completions
    table["open_if_unchanged"] = (open_now + months * (starts - completions)).clip(lower=0)
    staff = workers if workers else np.nan
    table["caseload_now"] = open_now / staff
    table["caseload_then"] = table["open_if_unchanged"] / staff
    return table
