"""What stands on and beside a picture."""

import pandas as pd

from ...classes import TOO_EARLY, TOO_LITTLE, USUAL
from ...config import Event, Measure
from ...language import say, sentences
from .calls import NO_FIGURE, answer, evidence
from .figures import month, number, short_month


@sentences
def chart_title(verdict: pd.Series, measure: Measure, rows: pd.DataFrame) -> str:
    """Return the message of a chart."""
    call = verdict["call"]
    if call == TOO_LITTLE:
        return say("chart.little", title=measure.title)
    if call == USUAL:
        return say("chart.usual", title=measure.title)
    outside = rows[(rows["value"] > rows["expected_upper"]) | (rows["value"] < rows["expected_lower"])]
    if call == TOO_EARLY and len(outside):
        last = outside.iloc[-1]
        side = "above" if last["value"] > last["expected_upper"] else "below"
        return say(f"chart.{side}", title=measure.title, month=month(last["period"]))
    return answer(verdict, measure).rstrip(".")


@sentences
def chart_subtitle(measure: Measure, first: pd.Period, last: pd.Period) -> str:
    """Return what is plotted."""
    what = say(f"chart.{measure.kind.plotted}_{'month' if first.freqstr == 'M' else 'week'}")
    return say("chart.subtitle", what=what, first=month(first), last=month(last))


@sentences
def alt_text(verdict: pd.Series, measure: Measure, history: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Return a chart's text alternative: its message and the figures that matter."""
    shown = history["value"].dropna()
    words = say("chart.alt", title=chart_title(verdict, measure, rows), evidence=evidence(rows, measure))
    if len(shown):
        words += say("chart.alt_span", low=number(shown.min(), measure), high=number(shown.max(), measure))
    return words


@sentences
def event_label(event: Event) -> str:
    """Return the words beside an event's rule."""
    return say("chart.event", title=event.title, month=short_month(event.date))


@sentences
def no_figure(status: object) -> str:
    """Return why a month has no figure."""
    return NO_FIGURE.get(status) or say("chart.no_figure")
