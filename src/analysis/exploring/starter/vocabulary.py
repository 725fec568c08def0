"""What the headings of councils' files say: which part a column plays, what kind of figure it holds, what it is called."""

import re

from ...reading.grid import Grid
from ...reading.headings import fold_heading

LONGEST_NAME, LONGEST_TITLE = 50, 200  # characters: a configuration takes names of 60 and titles of 200

DATES = {  # role: what its heading says; the first that fits is taken, each role once
    "born": r"birth(?!day)|\bdo ?b\b|born|expected date of delivery",
    "recorded": r"record|entered on|date entered|created|\binput|keyed|logged|loaded|snapshot|extract",
    "previous": r"previous|prior",
    "due": r"\bdue\b|target|deadline",
    "yet to come": r"birthday|planned|\bnext\b|expect|schedul|anticipat|forecast|propos|expir|until|projected|\bduc\b|review by"
    r"|turns|reach|\b(16|18|21|25)(th|st)?\b",
    "decided": r"decid|decision",
    "authorised": r"authori[sz]|signed|sign.?off|approv",
    "completed": r"complet|finish",
    "ended": r"\bend|ended|ceas|clos|leav|left|discharg",
    "seen": r"\bseen",
    "visited": r"visit",
    "started": r"start|open|began|begin|became|admi|regist|entered|commenc",
    "referral": r"referr",
    "date": r"",
}
EVENTS = ("date", "started", "referral", "visited", "decided", "completed", "ended", "seen", "previous", "authorised")
NO_EVENTS = ("born", "yet to come")  # dates that say nothing of what has happened: not in a configuration
MEETING = r"review|appointment|hearing|panel|meeting"  # is held, or is planned

_CHILD = r"(child|person|client|pupil|individual|young person|service user|student)"
CHILDS = (
    rf"^{_CHILD}( unique| la)? ?(id|identifier|number|no|ref|reference|code|index)?$",
    rf"{_CHILD}.*(id|identifier|number|no|ref|reference|code)\b",
    r"^(upn|uln|nhs number|nhs no|identifier|mosaic id|liquid ?logic id|ics id|swift id|paris id|wccis id)$",
    r"^id$",
)
ROWS = (r"\b(id|identifier|ref|reference)$",)  # of an event, perhaps
AREAS = (
    r"^area(?! team)",
    r"\b(locality|district|ward|borough|neighbourhood|patch|cluster|quadrant|ardal)\b(?! team)",
    r"\bla name\b|^la$|authority|awdurdod|council",
    r"\bregion\b|rhanbarth",
    r"^(service|office|hub|site)( area| name)?$",
    r"^(town|community|zone|constituency|division|directorate|geography|valley|cwm|lle|lleoliad|cymuned)( name)?$",
)
TEAMS = (r"\bteam\b|^t[iî]m$",)
SOURCES = (r"\bsource\b|referred by|referrer|referral route|\bagency\b|contact from|ffynhonnell",)
TYPES = (r"\btype\b", r"categor", r"\bneed\b", r"\breason\b", r"^(math|rheswm)$")
UNITS = (  # values that say what each row's figure is: they are measures of their own, and no parts of a whole
    r"(the )?(numbers?|counts?|nifer|no|n|value|figure|rates?|cyfradd|ratio|per ?cent(age)?s?|%|pct|canran|proportion|average"
    r"|mean|median|cyfartaledd|numerator|denominator|target|targed)( (of|per|yn|y|fesul) .*| [\d ]+)?"
)
OF_WHICH = r"(of which|out of which|including|o r rhain|gan gynnwys)\b.*|(?:re|repeat|ail) (?P<of>.*)"  # a part of what is beside it
MEASURES = (r"measure|indicator|metric|\bkpi\b|mesur|dangosydd",)

PERCENT = r"%|\bper ?cent|\bpct\b|proportion|canran"
FIGURE = (  # neither added up nor counted
    r"\b(average|mean|median|rate|ratio|index|score|cyfartaledd|cyfradd)\b|\bper (1 ?000|10 ?000|100 ?000|child|head|worker|social worker|fte|case)"
    r"|\b(working )?days (to|from|taken|between)\b"
)
TIMELY = r"\b((in|on) time|on target|timel\w+|within|prydlon)\b"  # of how many, or what share of them
RUNNING = r"\bytd\b|year to date|cumulative|running total|rolling|to date$|hyd yma|cronnus"
ASIDE = r"^(target|targed|forecast|variance|rag|trend|direction of travel)\b"  # what stands beside figures
AT_END = (
    r"\b(month|quarter|year|week|period)s? ?end\b|\bend of (the |each )?(month|quarter|year|week|period)|last day|snapshot"
    r"|\b(as )?at (the )?\d|case ?loads?\b|backlog|outstanding|(a?waiting|unallocated|unassigned)|waiting list|still open|remain"
    r"|currently|diwedd (y |pob )?(mis|chwarter|wythnos)|llwyth(i)? achosion|yn aros|heb eu dyrannu"
)
HAPPENS = (
    r"\b(start(s|ed|ing)?|turn(s|ed|ing)|began|begun|becam?e|becoming|new|enter(s|ed|ing)?|admi\w+|join\w*|ceas\w+|end(ed|ing|s)|(?<!care )leavers?"
    r"|left|clos\w+|complet\w+|receiv\w+|made|opened|openings?|discharg\w+|registered|registrations?|de ?regist\w+|added|removed"
    r"|moved|moves|accepted|approved|(?<!cases )(?<!case )held|convened|issued|carried out|undertaken|progress\w+|per (day|week|month)|during"
    r"|in (the )?(month|week|period|quarter)|dechrau\w*|newydd|daeth|gadael|derbyniwyd|cofrestriadau)\b"
)
OPEN = (
    r"\b(open(?! data)|active|allocated|ongoing|live|current|cases? held|being (supported|helped|looked after)"
    r"|missing from education|agored|cyfredol)\b"
)
ACTS = (
    r"\b((re )?referrals?|contacts?|assessments?|visits?|enquir\w+|investigations?|conferences?|reviews?|notif\w+|allegations?"
    r"|incidents?|episodes?|missing|exclu\w+|suspensions?|discussions?|requests?|applications?|complaints?|adoptions?|calls?"
    r"|section 47s?|s47s?|cyswllt|cysylltiadau|atgyfeiriadau|asesiadau|ymweliadau)\b"
)
STATES = (
    r"\b(on|subject (to|of)) (an? |the )?((child )?protection )?(plan|register|order|roll|list|books)|\bon plans?\b|\bchildren known\b|\bin ((our|residential|foster|kinship) )?(care|need|placement|post|education)|\b(children|cases) with an? "
    r"|looked after|\b(cla|lac|cioc|cpp?|cin|cpr|uasc)\b|\b(plans|placements|places|beds|vacancies|posts|care leavers|unaccompanied|staff|headcount|fte|workers|carers|households|stock)\b"
    r"|ar y gofrestr|mewn gofal|derbyn gofal|mewn angen"
)
NO_TITLE = frozenset(  # headings that say nothing of what is counted
    [
        "value",
        "values",
        "count",
        "counts",
        "number",
        "numbers",
        "no",
        "n",
        "total",
        "totals",
        "figure",
        "figures",
        "amount",
        "volume",
        "data",
        "quantity",
        "all",
        "sum",
        "nifer",
        "cyfanswm",
        "gwerth",
    ]
)


def words_of(heading: str) -> str:
    """Return a heading's words, folded: CamelCase, underscores and brackets only part them.

    >>> words_of("ReferredBy_(Agency)"), words_of("CHILD"), words_of("CINStartDate")
    ('referred by agency', 'child', 'cin start date')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})", " ", heading)
    return " ".join(re.sub(r"[^\w%£]|_", " ", fold_heading(spaced)).split())


def column_of(expressions: tuple[str, ...], grid: Grid, among: list[int]) -> int | None:
    """Return the first column whose heading fits, by the first expression that any fits."""
    fits = (i for said in expressions for i in among if re.search(said, words_of(grid.header[i])))
    return next(fits, None)


def kind_said(label: str, context: str = "") -> str:
    """Return the type of measure that the name of a column of numbers says, or else that of its file; empty where none says it.

    The number on one day (open, on a plan, a month's end) is no number of events: months of it are never added up.

    >>> kind_said("Children on plan at month end"), kind_said("Plans ended"), kind_said("Children")
    ('stock', 'flow', '')
    """
    told = (HAPPENS, "flow"), (OPEN, "stock"), (ACTS, "flow"), (STATES, "stock")
    of_label = (FIGURE, "value"), (AT_END, "stock"), *told  # a file "month end report" holds events, too
    tries = ((words_of(text), by) for text, by in ((label, of_label), (context, told)))
    return next((kind for words, by in tries for said, kind in by if re.search(said, words)), "")


def name_of(text: str) -> str:
    """Return a text as the name of a dataset or measure, of whole words.

    >>> name_of("2019 Contacts (%)")
    'data_2019_contacts_percent'
    """
    words = re.sub(r"[^a-z0-9]+", " ", text.lower().replace("%", " percent ")).split()
    name = "_".join(words)
    name = name if name[:1].isalpha() else f"data_{name}".strip("_")
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME + 1].rpartition("_")[0] or name[:LONGEST_NAME]


def title_of(text: str) -> str:
    """Return a heading or a name as a title: whole words, units and % kept.

    >>> title_of("in_time_(%)"), title_of("ChildrenOnPlan"), title_of("CIN plans, £000")
    ('In time (%)', 'Children on plan', 'CIN plans, £000')
    """
    title = " ".join(text.replace("_", " ").split())
    if " " not in title:  # CamelCase
        parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", title).split()
        title = " ".join([*parts[:1], *(p if p.isupper() else p.lower() for p in parts[1:])])
    title = title[:1].upper() + title[1:]
    return title if len(title) <= LONGEST_TITLE else title[:LONGEST_TITLE].rpartition(" ")[0] or title[:LONGEST_TITLE]


def says_something(heading: str) -> bool:
    """Say whether a heading tells what is counted."""
    return not set(words_of(heading).split()) <= NO_TITLE
