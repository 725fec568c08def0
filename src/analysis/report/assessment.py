"""What the judged figures show of recording, targets and the control chart, and what stands beside them.

Works on protected tables alone, so that nothing it says gives away what they hide.
"""

from dataclasses import replace
from itertools import combinations

import pandas as pd

from ..breakdown import against_each_other, beyond_usual, funnel, rolling_years, shared_with_nation, year_to_date
from ..config import Event, Measure
from ..kinds import DEFAULT, are
from ..measuring.aggregates import averaged_parts
from ..periods import QUARTERS_A_YEAR
from ..recording import recording_breaks, restored, shortfall
from ..schema import BEYOND, SERIES, VERDICTS, empty, names, require
from ..shapes import Case, ControlChart
from ..spc import MIN_BASELINE, xmr
from ..spc.targets import assurance, met_within_a_year, rag
from ..verdict import year_ahead
from .words import FALL, MOVED, months_of_news

CHART_MONTHS = 24  # of a control chart: the process as it is now


def assess(case: Case) -> Case:
    """Return a judged case with what it shows of recording and of targets.

    Breaks that measures share, when recording is restored, control charts, whether targets are met and will be, the
    year so far, what moved against each other, and what the nation shows too.
    """
    require(case.verdicts, names(VERDICTS)[1:], of="assess: verdicts, which `Case.judged` joins")
    breaks, restorations = _recording(case)
    controls = _controls(case)
    months = case.months[case.months["status"].notna()]
    stocks = case.quarters.loc[are(case.quarters["type"], "at_end"), "measure"].unique()
    national = shared_with_nation(case.quarters)
    national = national[national["period"] == case.quarter]
    return replace(
        case,
        breaks=breaks,
        restorations=restorations,
        controls=controls,
        targets=_targets(case, controls),
        year=year_to_date(months, quarter=case.quarter, posts=_posts(case)).set_index("measure"),
        opposite=against_each_other(case.quarters, list(combinations(stocks, 2)), quarter=case.quarter),
        national=national.set_index("measure"),
        funnel=_funnel(case),
        years=_years(case),
        beyond=_beyond(case),
    )


def _beyond(case: Case) -> pd.DataFrame:
    """Return of each measure that moved what its parts were in the months that made the news, beside what is usual of them."""
    tables = []
    for m in case.measures:
        parts, verdict = case.parts[case.parts["measure"] == m.name], case.verdicts.loc[m.name]
        newest = months_of_news(case.newest(m.name), verdict)
        if not len(parts) or verdict["call"] not in MOVED or not newest:
            continue
        of_quarters = case.quarters[case.quarters["measure"] == m.name]
        about = {"newest": newest, "quarter": case.quarter, "seasonal": m.kind.accrues}
        table = beyond_usual(parts, case.rows(m.name), of_quarters, **about)
        tables.append(table[table["total"] * verdict["change"] > 0])
    return pd.concat([t for t in tables if len(t)] or [empty(BEYOND)], ignore_index=True)


def _posts(case: Case) -> list[str]:
    """Return the measures that are events among posts, as leavers are: no month adds posts to a year."""
    return [m.name for m in case.measures if averaged_parts(m, case.project.dataset(m.dataset)) == ["denominator"]]


def _years(case: Case) -> pd.DataFrame:
    """Return the rolling years of the measures with a good direction, and where the next one will probably lie."""
    directed = [m for m in case.measures if m.polarity != "none" and not m.kind.at_end]
    posts = _posts(case)
    quarters = case.quarters[case.quarters["measure"].isin([m.name for m in directed])]
    years = rolling_years(quarters, quarter=case.quarter, posts=posts)
    months = case.months[case.months["measure"].isin(years["measure"]) & case.months["status"].notna()]
    events = months["measure"].isin(posts)  # among the same posts all along: a count
    months = months.assign(
        value=months["value"].mask(events, months["numerator"]),
        denominator=months["denominator"].mask(events),
        type=months["type"].mask(events, DEFAULT),
    )
    return years.merge(year_ahead(months, quarter=case.quarter), on=SERIES).set_index("measure")


def _funnel(case: Case) -> pd.DataFrame | None:
    """Return this quarter's and last year's way through the service, where one is configured and counted here."""
    present = {m.name for m in case.measures}
    stages = [name for name in case.project.project.funnel if name in present]
    if len(stages) < 2:
        return None
    table = funnel(case.quarters, stages)
    return table[table["period"].isin([case.quarter, case.quarter - QUARTERS_A_YEAR])]


def _controls(case: Case) -> dict[str, ControlChart]:
    """Chart each measure's newest months by the public sector's standard."""
    found = {}
    for m in case.measures:
        target = m.target_on(case.quarter.end_time.date())
        known = _newest_months(case, m)["value"].dropna()
        if len(known) < MIN_BASELINE:
            continue
        better = None if m.polarity == "none" else m.polarity
        chart = xmr(known, improvement=better, target=target.value if target and better else None)
        last = chart.iloc[-1]
        found[m.name] = ControlChart(
            points=len(known),
            mean=last["mean"],
            lower=last["lpl"],
            upper=last["upl"],
            variation=chart.attrs["variation"],
            rule=last["special_cause_type"],
            assurance=chart.attrs["assurance"],
        )
    return found


def _newest_months(case: Case, m: Measure) -> pd.DataFrame:
    months = case.rows(m.name)[["period", "status", "value", "denominator"]].dropna(subset=["status"])
    return months.set_index(pd.PeriodIndex(months["period"])).tail(CHART_MONTHS)


def _targets(case: Case, controls: dict[str, ControlChart]) -> dict[str, tuple]:
    """Return of each measure with a target in force and a figure: its rated row, the assurance and the outlook."""
    found = {}
    for m in case.measures:
        target, now = m.target_on(case.quarter.end_time.date()), case.total(m.name)
        if target is None or now is None or pd.isna(now["value"]) or m.polarity == "none":
            continue
        rated = rag(case.quarters[case.quarters["period"] == case.quarter], m).iloc[0]
        sure = outlook = None
        if m.name in controls:
            chart, months = controls[m.name], _newest_months(case, m)
            sure = assurance(
                mean=chart.mean,
                lower_limit=chart.lower,
                upper_limit=chart.upper,
                target=target.value,
                improvement=m.polarity,
                share=m.kind.share,
            )
            n = months["denominator"] if m.kind.share and months["denominator"].notna().any() else None
            if months.index.freqstr == "M":  # weeks tell of no year
                outlook = met_within_a_year(months["value"], target=target.value, improvement=m.polarity, denominator=n)
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
        known = case.rows(m.name)[["period", "status", "value"]].dropna(subset=["status"])
        series = known.set_index(pd.PeriodIndex(known["period"]))["value"]
        if series.index.freqstr != "M":
            continue
        for event in _recording_events(case, m, breaks):
            if m.within:
                found.append((m, event, restored(1 - series, event=event.date, kind="share")))
            elif m.kind.events:
                missing = shortfall(series, event=event.date, nation=project.project.nation)
                found.append((m, event, restored(missing, event=event.date, kind="missing")))
    return breaks, found


def _recording_events(case: Case, m: Measure, breaks: pd.DataFrame) -> list[Event]:
    """Return the registered changes of recording of a measure; where there are none, the break that it shows."""
    events = [e for e in case.project.events_for(m.name) if e.effect == "recording"]
    registered = [e for e in events if e.date <= case.quarter.end_time.date()]
    found = [b.onset for b in breaks.itertuples() if b.claimed and m.name in b.measures]
    return registered or [Event(date=o.start_time.date(), title=FALL, effect="recording") for o in found]
