"""Every sentence that a reader meets, made from judged rows. The one place for words.

Plain English: short sentences, everyday words, the answer first. A probability is a number with the government's
yardstick word beside it.
"""

import datetime as dt
import math
from html import escape

import pandas as pd

from .catalogue import Event, Measure, band_names

# Professional Head of Intelligence Assessment, probability yardstick: word, from, to.
# A value between two bands takes the nearer one; at the same distance the less certain one.
YARDSTICK = [
    ("remote chance", 0.0, 0.05),
    ("highly unlikely", 0.10, 0.20),
    ("unlikely", 0.25, 0.35),
    ("realistic possibility", 0.40, 0.50),
    ("likely", 0.55, 0.75),
    ("highly likely", 0.80, 0.90),
    ("almost certain", 0.95, 1.0),
]
USUAL, SPIKE, SHIFT, TREND, RECORDING = CLASSES = (
    "usual variation",
    "short-term spike",
    "sustained shift",
    "trend",
    "recording break",
)
TOO_EARLY, TOO_LITTLE = "too early to tell", "too little data"
PLAIN_CALL = {
    USUAL: "no more than usual",
    SPIKE: "a short-term issue",
    SHIFT: "a lasting change",
    TREND: "a trend",
    RECORDING: "a change in recording, not in demand",
    TOO_EARLY: "too early to tell",
    TOO_LITTLE: "too little data",
}
SYMBOL = {
    "suppressed": "c",
    "not available": "x",
    "not applicable": "z",
    "low reliability": "u",
    "missing": "missing",
    "none due": "none due",
}
SYMBOL_WORDS = {
    "c": "a number from 1 to 5, or one from which such a number could be worked out; it is not shown",
    "x": "not available",
    "z": "not applicable",
    "u": "of low reliability, not shown",
    "missing": "nothing was returned",
    "none due": "nothing fell due",
}
PARTS_TOLD = 3  # the largest contributions of a role
SHARED_FROM = 0.03  # a local change smaller than this has no share worth naming
RETURNING = 0.2  # of the usual level, regained since the worst month, from which recording is said to return
FALL = "the sudden fall"  # stands in place of the title of an event that nobody registered
BY_WEEK = "weeks judged by month"  # the engine's flag
SETTLED = "We are sure enough: no further month is needed to settle it."
LONG_SHARE = ("no more than usual", "a short-term issue", "a lasting change or a trend", "a change in recording")
SHORT_SHARE = ("usual", "short-term", "lasting", "recording")
SHARE_TOLD = 0.05  # a smaller share of the probability is left out of the sentence
NO_FIGURE = {"suppressed": "too small to show", "missing": "nothing was returned"}
SURE_DIGITS = (0.01, 0.99)  # a probability is never printed as 0% or 100%


def number(value: float, measure: Measure | None = None, decimals: int = 0) -> str:
    """Write a figure in its measure's unit: counts with thousands, shares as a percentage to one decimal.

    >>> number(1234.0), number(0.91864, Measure(name="v", title="V", dataset="d", type="percent"))
    ('1,234', '91.9%')
    """
    if value is None or math.isnan(value):
        return "–"
    if measure is not None and measure.type == "percent":
        return f"{100 * value:.1f}".removesuffix(".0") + "%"
    if measure is not None and measure.type in ("mean", "value"):
        decimals = 1
    return f"{value:,.{decimals}f}"


def figure(row, measure: Measure) -> str:
    """Write one figure of a table, or the symbol that stands for it."""
    if pd.isna(row["value"]):
        return SYMBOL.get(row["status"], "–")
    return number(row["value"], measure)


def rate(row) -> str:
    """Write a quarter's count per 10,000 children, with its interval where it counts events."""
    if row is None or pd.isna(row["per_10000"]):
        return "–"
    rate_ = f"{row['per_10000']:,.1f}"
    return rate_ if row["type"] != "flow" else f"{rate_} ({row['rate_lower']:,.1f} to {row['rate_upper']:,.1f})"


def likelihood(p: float) -> str:
    """Return the yardstick's word.

    >>> [likelihood(p) for p in (0.03, 0.15, 0.6, 0.77, 0.97)]
    ['remote chance', 'highly unlikely', 'likely', 'likely', 'almost certain']
    """
    away = [(max(low - p, p - high, 0.0), abs((low + high) / 2 - 0.5), word) for word, low, high in YARDSTICK]
    return min(away)[2]


def percentage(p: float) -> str:
    """Write a probability; never 0% or 100%.

    >>> percentage(0.6), percentage(0.999)
    ('60%', 'over 99%')
    """
    low, high = SURE_DIGITS
    return f"under {low:.0%}" if p < low else f"over {high:.0%}" if p > high else f"{p:.0%}"


def chance(p: float) -> str:
    """Return a probability with its word.

    >>> chance(0.6)
    '60%, likely'
    """
    return f"{percentage(p)}, {likelihood(p)}"


def day(date: dt.date) -> str:
    """Return ``12 April 2021``."""
    return f"{date.day} {date:%B %Y}"


def month(period: pd.Period) -> str:
    """Return ``March 2021``; a week by its Monday."""
    return f"{period.start_time:%B %Y}" if period.freqstr == "M" else f"the week of {day(period.start_time.date())}"


def quarter(period: pd.Period) -> str:
    """Return ``Quarter 4 2020/21``."""
    return f"Quarter {period.quarter} {period.qyear - 1}/{period.qyear % 100:02d}"


def quarter_span(period: pd.Period) -> str:
    """Return ``January to March 2021``."""
    return f"{period.start_time:%B} to {period.end_time:%B %Y}"


def listing(parts: list[str]) -> str:
    """Join with commas and a last "and"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


# -- the answer -----------------------------------------------------------------------------------------------------


def answer(verdict, measure: Measure) -> str:
    """Return the short answer for one measure: ``Contacts: too early to tell.``"""
    call = verdict["call"]
    if call in (SHIFT, TREND):
        way = "rise" if verdict["change"] > 0 else "fall"
        words = {SHIFT: f"a lasting {way}", TREND: f"a {'rising' if way == 'rise' else 'falling'} trend"}[call]
    elif call == SPIKE:
        words = f"a short-term {'rise' if verdict['change'] > 0 else 'fall'}"
    elif call == RECORDING and measure.type == "percent":
        words = "a change in recording, not in the work"
    else:
        words = PLAIN_CALL[call]
    return f"{measure.title}: {words}."


def split(verdict, *, short: bool = False) -> str:
    """Say how the probability is shared among the answers, largest first, leaving out what hardly counts."""
    names = SHORT_SHARE if short else LONG_SHARE
    shares = (verdict[USUAL], verdict[SPIKE], verdict[SHIFT] + verdict[TREND], verdict[RECORDING])
    told = sorted(zip(shares, names, strict=True), reverse=True)
    parts = [f"{percentage(p)} {n}" for p, n in told if p >= SHARE_TOLD]
    return ", ".join(parts) if short else listing(parts)


def will_it_last(verdict) -> str:
    """Say how likely it is that at least half of the change stays over the next twelve months."""
    if pd.isna(verdict["persists"]):
        return ""
    word = likelihood(verdict["persists"])
    start = f"There is a {word}" if word.endswith(("chance", "possibility")) else f"It is {word}"
    return f"{start} ({percentage(verdict['persists'])}) that at least half of the change stays over the next twelve months."


def first_sure(verdict) -> str:
    """Say on the first screen how sure one is: the shares where the question is open, and whether it will last."""
    shares = f"{split(verdict)[:1].upper()}{split(verdict)[1:]}." if verdict["call"] == TOO_EARLY else ""
    return " ".join(filter(None, (shares, will_it_last(verdict))))


def evidence(rows: pd.DataFrame, measure: Measure) -> str:
    """Say the newest months' figures against what was expected.

    `rows` are the quarter's months with value, status, expected_lower and expected_upper.
    """
    told = []
    for _, r in rows.iterrows():
        if pd.isna(r["value"]):
            told.append(f"no figure for {month(r['period'])} ({NO_FIGURE.get(r['status'], r['status'])})")
            continue
        low, high = (number(r[f"expected_{side}"], measure) for side in ("lower", "upper"))
        told.append(
            f"{number(r['value'], measure)} in {month(r['period'])}"
            + (f" (expected {low} to {high})" if low != "–" else "")
        )
    return sentence(listing(told))


def sentence(words: str) -> str:
    """Start with a capital and end with a full stop."""
    return words[:1].upper() + words[1:] + "." if words else ""


def what_settles(verdict, measure: Measure) -> str:
    """Say at which values the question would be settled, and by when."""
    table = verdict["settles"]
    if len(table) == 0:
        return SETTLED if verdict["call"] in (SHIFT, TREND, SPIKE, RECORDING) else ""
    up = verdict["change"] > 0
    parts = []
    for _, row in table.head(1).iterrows():
        lasts, spike = row["lasts_if"], row["spike_if"]
        when = ("a week of " if BY_WEEK in verdict["flags"] else "") + month(row["period"])
        if pd.notna(lasts):
            parts.append(
                f"If {when} is {'above' if up else 'below'} {number(lasts, measure)}, it is a lasting {'rise' if up else 'fall'}"
            )
        if pd.notna(spike):
            parts.append(
                f"{'below' if up else 'above'} {number(spike, measure)} it was a short-term issue"
                if parts
                else f"If {when} is {'below' if up else 'above'} {number(spike, measure)}, it was a short-term issue"
            )
    words = "; ".join(parts) + "." if parts else ""
    if pd.notna(verdict["settled_by"]):
        words = (words + " " if words else "") + f"We expect to know by {month(verdict['settled_by'])}."
    return words


# -- the first screen -----------------------------------------------------------------------------------------------


def question(verdicts: pd.DataFrame) -> str:
    """Return the committee's question in the direction in which the figures went."""
    moved = verdicts[~verdicts["call"].isin([USUAL, TOO_LITTLE])]
    if len(moved) and (moved["change"] > 0).all():
        return "Is the rise in demand a trend or a short-term issue?"
    return "Are the changes in demand a trend or a short-term issue?"


def nothing_else(usual: list[str], little: list[str], flagged_by_chance: float, count: int) -> str:
    """Say what did not move, what cannot be judged, and how many flags chance alone would raise."""
    parts = []
    if usual:
        parts.append(f"No more than usual: {listing(usual)}.")
    if little:
        parts.append(f"Too little data to say: {listing(little)}.")
    about = "fewer than one" if flagged_by_chance < 0.5 else f"about {flagged_by_chance:.0f}"
    if count > 1:
        parts.append(f"Of {count} measures, {about} would stand out by chance alone.")
    return " ".join(parts)


# -- timeliness --------------------------------------------------------------------------------------------------------


def on_time(row, measure: Measure) -> str:
    """Say a percentage with its numerator, denominator and interval: a percentage without n cannot be judged."""
    if pd.isna(row["value"]):
        return f"{measure.title}: {SYMBOL_WORDS.get(figure(row, measure), 'no figure')}."
    words = f"{number(row['value'], measure)}: {number(row['numerator'])} of {number(row['denominator'])}"
    words += f", {number(row['denominator'] - row['numerator'])} outside the limit" if measure.within else ""
    if pd.notna(row["lower"]):
        words += f" (95% interval {number(row['lower'], measure)} to {number(row['upper'], measure)})"
    return words + "."


def rated(rated_row, measure: Measure) -> str:
    """Return a rating with its reason: a colour alone says nothing."""
    if not rated_row["rag_reason"]:
        return sentence(rated_row["rag"])
    if rated_row["rag"] == "too few to judge":
        return f"Too few to judge: {rated_row['rag_reason']}."
    target = f"the {rated_row['target_kind']} target of {number(rated_row['target'], measure)}"
    if rated_row["short"] <= 0:
        return f"{rated_row['rag'].capitalize()}: meets {target}."
    gap = abs(rated_row["short"])
    points = f"{100 * gap:.1f}".removesuffix(".0") + " points" if measure.type == "percent" else number(gap, measure)
    side = "above" if measure.polarity == "decrease" else "below"
    return f"{rated_row['rag'].capitalize()}: {points} {side} {target}."


def reliably(sure, measure: Measure) -> str:
    """Say whether the target would be met if nothing changed, and what the process can promise."""
    if sure is None:
        return ""
    how = {
        "reliably met": "If nothing changes, the target is met month after month.",
        "reliably missed": "If nothing changes, the target is missed month after month: the process itself would have to change.",
        "hit and miss": f"If nothing changes, the target is met in about {percentage(sure.chance)} of months, by chance.",
    }[sure.status]
    bound = "no more than" if measure.polarity == "decrease" else "at least"
    return f"{how} The process as it is can promise {bound} {number(sure.promise, measure)}."


def until(outlook, rated_row) -> str:
    """Say how long it takes to the target if the trend of the last year goes on; nothing where it is met."""
    if outlook is None or not rated_row["short"] > 0:
        return ""
    chance_of_it = f"It is {likelihood(outlook.met_within_year)} ({percentage(outlook.met_within_year)})"
    if likelihood(outlook.met_within_year).endswith(("chance", "possibility")):
        chance_of_it = f"There is a {likelihood(outlook.met_within_year)} ({percentage(outlook.met_within_year)})"
    return f"{chance_of_it} that the target is met within a year if the trend of the last twelve months goes on."


def clock(measure: Measure) -> str:
    """Say a percentage's limit and how its clock runs."""
    w = measure.within
    if w is None:
        return ""
    limit = f"{w.working_days} working days" if w.working_days is not None else f"{w.hours:g} hours"
    return f"Limit: {limit} from {w.start} to {w.end}. The start is day 0. Open and overdue counts as late."


def band(name: str, bands: list[int], row) -> str:
    """Return the label of a lateness band."""
    if name == "on_time":
        return "On time"
    if name == "late_open":
        return "Overdue, not yet done"
    if name.startswith("late_over_"):
        return f"More than {bands[-1]} working days late"
    low, high = name.removeprefix("late_").split("_")
    return f"{low} to {high} working days late" if low != high else f"{low} working day{'s' if low != '1' else ''} late"


def grace(row, measure: Measure) -> str:
    """Say what the smallest grace that can be told would make of a percentage, from the lateness bands.

    Where the first band is hidden, the sum of the first two is no secret if the others stand beside it.
    """
    names = band_names(measure.bands) if measure.bands and pd.notna(row["value"]) else []
    for k, limit in enumerate(measure.bands if set(names) <= set(row.index) else []):
        later = row[names[k + 2 :]].sum(skipna=False)
        gained = row["denominator"] - later - row["numerator"]
        if gained > 0:
            late, share = row["denominator"] - row["numerator"], (row["numerator"] + gained) / row["denominator"]
            return (
                f"{number(gained)} of the {number(late)} were one to {limit} working days over; "
                f"with that much grace it would be {number(share, measure)}."
            )
    return ""


# -- the picture ----------------------------------------------------------------------------------------------------


def chart_title(verdict, measure: Measure, rows: pd.DataFrame) -> str:
    """Return the message of a chart."""
    call = verdict["call"]
    if call == TOO_LITTLE:
        return f"{measure.title}: too few figures to judge"
    if call == USUAL:
        return f"{measure.title} moved no more than usual"
    outside = rows[(rows["value"] > rows["expected_upper"]) | (rows["value"] < rows["expected_lower"])]
    if call == TOO_EARLY and len(outside):
        last = outside.iloc[-1]
        way = "rose above" if last["value"] > last["expected_upper"] else "fell below"
        return f"{measure.title} {way} the usual range in {month(last['period'])}"
    return answer(verdict, measure).rstrip(".")


def chart_subtitle(measure: Measure, first: pd.Period, last: pd.Period) -> str:
    """Return what is plotted."""
    each = "month" if first.freqstr == "M" else "week"
    what = {
        "flow": f"Number each {each}",
        "stock": f"Number on the last day of each {each}",
        "percent": f"Percentage each {each}",
        "mean": f"Average each {each}",
        "value": f"Figure each {each}",
    }[measure.type]
    return f"{what}, {month(first)} to {month(last)}. Shaded: what the season and the usual scatter explain"


def alt_text(verdict, measure: Measure, history: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Return a chart's text alternative: its message and the figures that matter."""
    shown = history["value"].dropna()
    span = (
        f" Over the whole time it lay between {number(shown.min(), measure)} and {number(shown.max(), measure)}."
        if len(shown)
        else ""
    )
    return f"Line chart. {chart_title(verdict, measure, rows)}. {evidence(rows, measure)}{span}"


def event_label(event: Event) -> str:
    """Return the words beside an event's rule."""
    return f"{event.title}, {event.date:%b %Y}"


# -- how it was made ------------------------------------------------------------------------------------------------


def plain_name(dataset: str) -> str:
    """Return a dataset's name as words."""
    return dataset.replace("_", " ").capitalize()


def data_quality(quality: list[dict]) -> list[str]:
    """Say what came in and what was kept; name a dataset only where something happened to it."""
    total = {key: sum(q[key] for q in quality) for key in ("rows_in", "kept")}
    kept = "all were kept" if total["kept"] == total["rows_in"] else f"{number(total['kept'])} were kept"
    told = [f"{number(total['rows_in'])} rows came in and {kept}."]
    for q in quality:
        if q["quarantined"]:
            told.append(
                f"{plain_name(q['dataset'])}: {number(q['quarantined'])} rows were set aside, each with its reason."
            )
        if q["later"]:
            told.append(f"{plain_name(q['dataset'])}: {number(q['later'])} rows were recorded later and are left out.")
    return told


LIMITS = (
    "This page cannot say why a figure changed, or whether children were safe.",
    "A probability is about the figures as they are recorded. It is not a promise.",
    "One month alone rarely settles the question: a spike, a lasting change and a trend look the same at first.",
)


def page_title(project: str, area: str, period: pd.Period) -> str:
    """Return the page's title."""
    whose = area if area == project else f"{area}, {project}"
    return f"{whose}: {quarter(period)} ({quarter_span(period)})"


def html(text: str) -> str:
    """Escape text for the page."""
    return escape(text, quote=True)


def how_sure(verdict) -> str:
    """Say how the probability is shared."""
    return "" if verdict["call"] == TOO_LITTLE else f"How sure: {split(verdict)}."


def shared_break(row, titles: dict[str, str]) -> str:
    """Say that measures of one system fell together, how deep, and where they stand now."""
    named = listing([titles.get(m, m) for m in row["measures"]])
    together = "fell together" if len(row["measures"]) > 1 else "fell suddenly"
    words = f"{named} {together} from {month(row['onset'])}, at the worst {number(100 * row['depth'])}% below the usual level"
    words += f"; the newest month stands at {number(100 * row['recovered_to'])}% of it. "
    why = (
        "Measures kept in one system that fall at once point"
        if len(row["measures"]) > 1
        else "A fall as deep and sudden as this points"
    )
    words += (
        "Recording is returning to its earlier level. " if row["recovered_to"] > 1 - row["depth"] + RETURNING else ""
    )
    return words + f"{why} to recording and not to demand ({percentage(row['probability'])})."


def restoration(measure: Measure, event: Event, back) -> str:
    """Say when what an event did to a measure's recording is over."""
    since = f"{measure.title}, since {event.title} ({day(event.date)}): "
    if back.status == "back":
        return since + f"recording has been back at its earlier level since {month(back.month)}."
    if back.status == "expected":
        latest = f" and {month(back.latest)}" if back.latest is not None else " and more than two years from now"
        span = f"; between {month(back.earliest)}{latest}, four times in five" if back.earliest is not None else ""
        return since + f"we expect it to be back at its earlier level by {month(back.month)}{span}."
    return (
        since
        + {
            "no sign yet": "no sign yet that it is on its way back to its earlier level.",
            "not affected": "it was not affected.",
            "too early to tell": "too early to tell when it will be back.",
        }[back.status]
    )


def why_late(row, measure: Measure) -> str:
    """Say how much of the late work was late only in the sign-off, and how many of the children were seen in time."""
    parts = []
    if pd.notna(row.get("only_sign_off_late")) and row["only_sign_off_late"] > 0:
        late = row["denominator"] - row["numerator"]
        parts.append(
            f"Of the {number(late)} that were late, {number(row['only_sign_off_late'])} had the work done in time and were only "
            f"signed off late; {number(row['work_late'])} were late in the work itself."
        )
        if pd.notna(row.get("seen_in_time")):
            parts.append(f"In {number(row['seen_in_time'])} of them the child was seen in time.")
    if pd.notna(row.get("still_open")) and row["still_open"] > 0:
        parts.append(f"{number(row['still_open'])} are overdue and still open.")
    return " ".join(parts)


def pile(row, measure: Measure) -> str:
    """Say what was open at the quarter's end, for how long, and what waited for its sign-off."""
    parts = []
    if pd.notna(row.get("open_work")) and row["open_work"] > 0:
        beyond = number(row["open_beyond"]) if row["open_beyond"] else "none"
        age = number(row["open_age"])
        parts.append(
            f"{number(row['open_work'])} were open, half of them for {age} working days or more, {beyond} beyond the limit"
        )
    if pd.notna(row.get("awaiting_sign_off")) and row["awaiting_sign_off"] > 0:
        parts.append(f"{number(row['awaiting_sign_off'])} were finished and waited for their sign-off")
    return f"At the end of the quarter {'; '.join(parts)}." if parts else ""


def bulk_day(found: dict) -> str:
    """Say that far more was entered or closed on a day than usual."""
    what = "entered" if found["role"] == "recorded" else "closed"
    on = day(dt.date.fromisoformat(found["date"]))
    return (
        f"{plain_name(found['dataset'])}: {number(found['count'])} rows were {what} on {on}, where about "
        f"{number(found['usual'])} is usual. That is work at a desk, not demand."
    )


def provisional(rows: pd.DataFrame, measure: Measure) -> str:
    """Say which of the quarter's months are not complete yet, and what they will probably become."""
    told = []
    for _, r in rows[rows["provisional"].eq(True) & rows["value"].notna()].iterrows():
        if pd.isna(r["expected_final"]):
            told.append(f"{month(r['period'])} is not complete, and how much is still to come cannot be said")
        else:
            span = f"{number(r['final_lower'])} to {number(r['final_upper'])}"
            told.append(
                f"{month(r['period'])} is about {percentage(r['completeness'])} recorded; it will probably become "
                f"{number(r['expected_final'])} ({span})"
            )
    return sentence("; ".join(told))


def where_from(parts: pd.DataFrame, measure: Measure) -> list[str]:
    """Say which parts the change since the same quarter last year comes from, a sentence a role."""
    told = []
    for role, rows in parts.groupby("role", sort=False):
        largest = rows[rows["change"] != 0].head(PARTS_TOLD)
        if len(largest):
            named = listing([f"{r.part} {r.change:+,.0f} (to {number(r.now)})" for r in largest.itertuples()])
            told.append(
                f"Where the change since the same quarter last year comes from, by {plain_role(role)}: {named}."
            )
    return told


def repeats(row) -> str:
    """Say how many of a quarter's events were about a child counted before."""
    if row is None or pd.isna(row.get("again")) or not row["again_of"]:
        return ""
    share = f"{100 * row['again'] / row['again_of']:.0f}%"
    return f"{number(row['again'])} of {number(row['again_of'])} ({share}) were about a child who had been counted in the twelve months before."


def plain_role(role: str) -> str:
    """Return a role's name as words."""
    return role.replace("_", " ")


def year_so_far(row, measure: Measure, quarter_: pd.Period) -> str:
    """Say the financial year's figure beside the year before; at Quarter 4 it is the year's outturn."""
    if row is None or pd.isna(row["year_to_date"]) or measure.type == "stock":
        return ""
    name = "The whole year" if quarter_.quarter == 4 else "The year so far"
    before = row["year_to_date_before"]
    beside = f"; {number(before, measure)} in the same months of the year before" if pd.notna(before) else ""
    return f"{name}, from April {quarter_.qyear - 1}: {number(row['year_to_date'], measure)}{beside}."


def nation_shows(row, nation: str) -> str:
    """Say how the nation moved beside the local change since the same quarter last year."""
    if row is None or pd.isna(row["change_nation"]):
        return ""
    here, there = row["change_local"], row["change_nation"]
    words = f"Since the same quarter last year: {here:+.0%} here, {there:+.0%} in {nation.title()}."
    if pd.notna(row["shared"]) and abs(here) >= SHARED_FROM:
        words += (
            f" {nation.title()} shows {row['shared']:.0%} of the change." if row["shared"] > 0 else " It is ours alone."
        )
    return words


def moved_apart(row, titles: dict[str, str]) -> str:
    """Say that two linked stocks moved against each other over a year."""
    return (
        f"{titles[row['rose']]} rose over the year from {number(row['rose_from'])} to {number(row['rose_to'])}, while "
        f"{titles[row['fell']].lower()} fell from {number(row['fell_from'])} to {number(row['fell_to'])}. Look at the two together."
    )


def looks_like_recording(suspect: list[tuple[str, float]]) -> str:
    """Name the measures whose change may be one of recording, with the probability."""
    if not suspect:
        return "No measure looks as if recording, and not demand, had changed."
    named = listing([f"{title} ({percentage(p)})" for title, p in suspect])
    return f"The way things are recorded, and not demand, may be what changed here, with this probability: {named}."


def event(e: Event) -> str:
    """Say what was registered and what it does to the figures."""
    effect = {
        "recording": "it changes what is recorded and when",
        "definition": "figures before and after it are not alike",
        "context": "shown for context",
    }[e.effect]
    return f"{e.title}, {day(e.date)}: {effect}."


def status_line(project, as_at: dt.date) -> str:
    """Return the line under the title."""
    note = project.project.note
    return f"Figures as recorded on {day(as_at)}." + (f" {note.rstrip('.')}." if note else "")


def as_at_note(project, as_at: dt.date) -> str:
    """Say what was known when."""
    words = f"The page uses what was recorded up to {day(as_at)}."
    if project.project.as_at is None:
        words += " The configuration gives no date, so this is the newest date in the data."
    if not any("recorded" in d.columns or d.snapshot for d in project.datasets):
        words += " The data do not say when a row was recorded, so the past is shown as it is recorded now."
    return words


def method(project, profile: str) -> str:
    """Say in short how the page was made."""
    small = {
        "council": "Counts of 1 to 5 are not shown, nor totals that would give them away.",
        "rounded": "Counts up to 7 are not shown; all others are rounded to the nearest 5.",
        "internal": "Every count is shown: this page is not for publication.",
    }[profile]
    return (
        "Months are compared per working day, with the season taken out. Each possible story (no change, a spike, a lasting change, "
        "a trend, a change in recording) is weighed by how well it explains the figures, and the weights are the probabilities. "
        f"{small} Working days are those of {project.project.nation.title()}."
    )


def rate_note(project) -> str:
    """Say what the column of rates holds."""
    if not project.population:
        return ""
    return "Rate: the quarter's figure for each 10,000 children, with the range that its usual scatter would bring (95%, Byar)."
