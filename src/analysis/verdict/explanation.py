"""Behind one verdict: every hypothesis with its weight, and what the next months would bring under each answer."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..classes import CLASSES
from ..kinds import DEFAULT
from .block import Block
from .events import read_events, registered_ages
from .expected import range_if
from .many_series import runs
from .one_series import block_of
from .posterior import Posterior, look_ahead, merge
from .rows import Judged, judge_rows
from .scale import Scale

HYPOTHESES = ["class", "shape", "began", "probability", "change"]
FUTURES = ["class", "period", "lower", "upper"]
UNCHANGED = "no change, or one that is over"


@dataclass(frozen=True)
class Explanation:
    """What a verdict rests on.

    Attributes
    ----------
    hypotheses : pandas.DataFrame
        A row a hypothesis, likeliest first: class, shape (words), began (Period), probability, and change (of the
        quarter, a fraction of what was expected). The probabilities sum to 1. Empty where there is too little data.
    futures : pandas.DataFrame
        class, period, lower, upper: the range (80%) of each of the next three months if that answer is the right one,
        in the series' units.
    """

    hypotheses: pd.DataFrame
    futures: pd.DataFrame

    def _repr_html_(self) -> str:
        likeliest = self.hypotheses.head(10).astype({"began": object})
        likeliest = likeliest.assign(began=likeliest["began"].map(lambda p: "" if pd.isna(p) else str(p)))
        shown = {"probability": "{:.1%}".format, "change": "{:+.0%}".format}
        return likeliest.to_html(index=False, formatters=shown, na_rep="")


def explain(
    series: pd.Series,
    *,
    quarter: pd.Period | str,
    kind: str = DEFAULT,
    nation: str | None = "england",
    denominator: pd.Series | None = None,
    completeness: pd.Series | None = None,
    comparator: pd.Series | None = None,
    events: Iterable = (),
) -> Explanation:
    """Say what a verdict rests on; takes what `judge` takes.

    Returns
    -------
    Explanation

    Examples
    --------
    >>> months = pd.period_range("2017-04", "2021-03", freq="M")
    >>> values = pd.Series(450.0 + 20 * (np.arange(48) % 3), index=months)
    >>> values.iloc[-3:] += 250  # a step in January
    >>> explain(values, quarter="2020-21Q4", nation=None).hypotheses["began"].iloc[0]
    Period('2021-01', 'M')
    """
    block = block_of(
        series,
        quarter=quarter,
        kind=kind,
        nation=nation,
        denominator=denominator,
        completeness=completeness,
        comparator=comparator,
    )
    for rows, length in runs(block):
        z, scale = block.on_scale(rows, length)
        ages = registered_ages(read_events(events), block.months[-1])
        for _, judged in judge_rows(z, scale, ages[None], block.sort, block.told_by_weeks(rows)):
            return Explanation(_hypotheses(judged, scale, block.months[-1]), _futures(judged, scale, block))
    return Explanation(pd.DataFrame(columns=HYPOTHESES), pd.DataFrame(columns=FUTURES))


def _hypotheses(judged: Judged, scale: Scale, last: pd.Period) -> pd.DataFrame:
    post: Posterior = judged.posterior
    level = scale.back(judged.level[:, None])[0, 0]
    rows = [(CLASSES[0], UNCHANGED, pd.NaT, post.classes[0, 0], np.nan)]
    for family, split in post.columns:
        effect, _ = merge(family.weight, family.effect, family.spread, (1, 2))
        reached = scale.back(judged.level[:, None] + effect * family.in_quarter)[0]
        for kind, column in np.argwhere(split[0] > 0):
            shape, began = family.shapes.label[column], last - int(family.shapes.age[column] - 1)
            change = reached[column] / level - 1 if level > 0 else np.nan
            rows.append((CLASSES[1 + kind], shape, began, split[0, kind, column], change))
    table = pd.DataFrame(rows, columns=HYPOTHESES)
    return table.sort_values("probability", ascending=False, ignore_index=True)


def _futures(judged: Judged, scale: Scale, block: Block) -> pd.DataFrame:
    future = look_ahead(judged.posterior)
    periods, exposure = block.ahead()
    parts = []
    for i, name in enumerate(CLASSES):
        if i and not future.weight[:, i - 1].any():
            continue
        edges = range_if(judged, future, [i - 1] if i else [])
        lower, upper = (scale.back(edges[..., side], exposure)[0] for side in (0, 1))
        parts.append(pd.DataFrame({"class": name, "period": periods, "lower": lower, "upper": upper}))
    return pd.concat(parts, ignore_index=True)
