"""What the judged figures show of recording and of targets, and what stands beside them.

Works on protected tables alone, so that nothing it says gives away what they hide.
"""

from dataclasses import replace
from itertools import combinations

import pandas as pd

from .breakdown import against_each_other, shared_with_nation, year_to_date
from .breakdown.change import LAST_YEAR
from .catalogue import Event, Measure
from .recording import recording_breaks, restored, shortfall
from .shapes import Case
from .spc import xmr
from .targets import assurance, rag, until_target
from .words import FALL

CHART_MONTHS = 24  # of the chart that says whether a target is met reliably: the process as it is now
SHORTEST_CHART = 12  # points: the shortest baseline of Making Data Count


def weigh(case: Case) -> Case:
    """Return a judged case with what it shows of recording and of targets.

    Breaks that measures share, when recording is restored, whether targets are met and will be, the year so far, what
    moved against each other, and what the nation shows too. Works on the protected tables alone, so that what it says gives nothing away.
    """
    breaks, restorations = _recording(case)
    months = case.months[case.months["status"].notna()]
    stocks = case.quarters.loc[case.quarters["type"] == "stock", "measure"].unique()
    national = shared_with_nation(case.quarters)
    national = national[(national["period"] == case.quarter) & (national["comparison"] == LAST_YEAR)]
    return replace(
        case,
        breaks=breaks,
        restorations=restorations,
        targets=_targets(case),
        year=year_to_date(months, quarter=case.quarter).set_index("measure"),
        opposite=against_each_other(case.quarters, list(combinations(stocks, 2)), quarter=case.quarter),
        national=national.set_index("measure"),
    )


def _targets(case: Case) -> dict[str, tuple]:
    """Return of each measure with a target in force and a figure: its rated row, the assurance and the outlook."""
    found = {}
    for m in case.measures:
        target, now = m.target_on(case.quarter.end_time.date()), case.total(m.name)
        if target is None or now is None or pd.isna(now["value"]) or m.polarity == "none":
            continue
        rated = rag(case.quarters[case.quarters["period"] == case.quarter], m).iloc[0]
        months = case.rows(m.name).dropna(subset=["status"])
        months = months.set_index(pd.PeriodIndex(months["period"])).tail(CHART_MONTHS)
        known = months["value"].dropna()
        sure = outlook = None
        if len(known) >= SHORTEST_CHART:
            limits = xmr(known).iloc[-1]
            sure = assurance(
                mean=limits["mean"],
                lower_limit=limits["lpl"],
                upper_limit=limits["upl"],
                target=target.value,
                improvement=m.polarity,
                share=m.type == "percent",
            )
            n = months["denominator"] if m.type == "percent" and months["denominator"].notna().any() else None
            outlook = until_target(months["value"], target=target.value, improvement=m.polarity, denominator=n)
        found[m.name] = (rated, sure, outlook)
    return found


def _recording(case: Case) -> tuple[pd.DataFrame, list]:
    project = case.project
    kinds = {m.name: project.dataset(m.dataset).kind for m in case.measures}
    systems = {m.name: "case system" if kinds[m.name] == "cases" else m.dataset for m in case.measures}
    breaks = recording_breaks(
        case.verdicts.reset_index(), case.months[case.months["status"].notna()], systems=systems, quarter=case.quarter
    )
    found = []
    for m in case.measures:
        known = case.rows(m.name).dropna(subset=["status"])
        series = known.set_index(pd.PeriodIndex(known["period"]))["value"]
        if series.index.freqstr != "M":
            continue
        for event in _recording_events(case, m, breaks):
            if m.type == "percent" and m.within:
                found.append((m, event, restored(1 - series, event=event.date, kind="share")))
            elif m.type == "flow":
                missing = shortfall(series, event=event.date, nation=project.project.nation)
                found.append((m, event, restored(missing, event=event.date, kind="missing")))
    return breaks, found


def _recording_events(case: Case, m: Measure, breaks: pd.DataFrame) -> list[Event]:
    """Return the registered changes of recording of a measure; where there are none, the break that it shows."""
    events = [e for e in case.project.events_for(m.name) if e.effect == "recording"]
    registered = [e for e in events if e.date <= case.quarter.end_time.date()]
    found = [b.onset for b in breaks.itertuples() if b.claimed and m.name in b.measures]
    return registered or [Event(date=o.start_time.date(), title=FALL, effect="recording") for o in found]
