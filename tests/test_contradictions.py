"""No two places on a page contradict each other: headline, card, section, table, picture and figures are held together.

Pages are read as a reader gets them, from their bytes: the HTML and the figures beside it.
"""

import csv
import re
from pathlib import Path

import pandas as pd
import pytest
from lxml import html as markup

from analysis import pipeline, run
from analysis.config import load
from analysis.periods import parse_quarter
from analysis.report import words

CALLS = {  # class in the figures: what the page may call it
    "usual variation": {"no more than usual"},
    "short-term spike": {"a short-term rise", "a short-term fall"},
    "sustained shift": {"a lasting rise", "a lasting fall"},
    "trend": {"a rising trend", "a falling trend"},
    "recording break": {"a change in recording, not in demand", "a change in recording, not in the work"},
    "too early to tell": {"too early to tell", "an earlier rise that lasts", "an earlier fall that lasts"},
    "too little data": {"too little data"},
}
UP, DOWN = {"rise", "rising", "rose"}, {"fall", "falling", "fell"}
YARDSTICK = [  # the bands of the Professional Head of Intelligence Assessment, and ours for what is about even
    *[("remote chance", 0, 5), ("highly unlikely", 10, 20), ("unlikely", 25, 35), ("realistic possibility", 40, 50)],
    *[("about even", 51, 54), ("likely", 55, 75), ("highly likely", 80, 90), ("almost certain", 95, 100)],
]
NUMBER = r"(-?[\d,]+(?:\.\d+)?)(?:%)?"
EXPECTED = r"([\d.,]+%?) in (\w+ \d{4}) \(expected ([\d.,–-]+%?) to ([\d.,]+%?)\)"
CHANCE = r"((?:over |under )?\d+)%, ([a-z ]+?)"
SETTLED = 80  # per cent, from which a question is settled: docs/methods.md, "The question"
AUTHORITIES = 40


def said(element):
    """Return the words of an element, as one line."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def first(found):
    return found[0] if found else None


class Page:
    """One report, as its files hold it."""

    def __init__(self, path):
        self.name = "/".join(path.parts[-3:-1])
        self.root = markup.fromstring(path.read_text(encoding="utf-8"))
        with (path.parent / "figures.csv").open(encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))
        self.quarter = max(r["period"] for r in self.rows if "Q" in r["period"])
        self.headline = said(first(self.root.xpath("//h3[@class='headline']")))
        self.cards = {
            a.get("href")[9:]: card for card in self.root.xpath("//div[@class='answer']") for a in card.xpath(".//h3/a")
        }
        self.tiles = {li[0].get("href")[9:]: li for li in self.root.xpath("//ul[@class='overview']/li")}
        self.table = {
            said(row[0]): {cell.get("data-label"): said(cell) for cell in row[1:]}
            for row in self.root.xpath("//table[@class='summary']/tbody/tr")
        }
        self.sections = {}
        for h3 in self.root.xpath("//h3[starts-with(@id, 'measure-')]"):
            here = []
            for element in h3.itersiblings():
                if element.tag in ("h2", "h3"):
                    break
                here.append(element)
            self.sections[h3.get("id")[8:]] = (said(h3), here)


def figures(page, measure):
    """Return of one measure the row of the page's quarter and those of its months."""
    own = [r for r in page.rows if r["measure"] == measure]
    quarter = {r["period"]: r for r in own if "Q" in r["period"]}
    return quarter, {r["period"]: r for r in own if "Q" not in r["period"]}


def written(value, m):
    return words.number(float(value), m)


def percent(text):
    return float(text.split()[-1])


def near(text, share):
    """Say whether a percentage that is printed is a share of one."""
    if text.startswith("over "):
        return share > 0.99
    if text.startswith("under "):
        return share < 0.01
    return abs(percent(text) - 100 * share) <= 0.5 + 1e-6


def yardstick(text):
    """Return the words that a printed percentage may have: those of the nearest band, two at the border of two."""
    p = percent(text)
    away = {word: max(low - p, p - high, 0) for word, low, high in YARDSTICK}
    return {word for word, distance in away.items() if distance <= min(away.values()) + 1}


def sides(text):
    """Return on which sides a text's words lie."""
    found = set(re.findall(r"[a-z]+", text.lower()))
    return {side for side, known in ((1, UP), (-1, DOWN)) if found & known}


def contradictions(path, project):
    """Return what one page says against itself: a line each."""
    page, wrong = Page(Path(path)), []
    for name, (title, here) in page.sections.items():
        if not here:
            continue
        for complaint in _of_measure(page, project.measure(name), title, here):
            wrong.append(f"{page.name}, {title}: {complaint}")
    return wrong


def _of_measure(page, m, title, here):
    quarters, months = figures(page, m.name)
    row = quarters.get(page.quarter)
    paragraphs = [said(p) for p in here if p.tag == "p"]
    text = "\n".join([*paragraphs, *(said(li) for e in here if e.tag == "ul" for li in e)])
    answer = said(first([s for p in here if p.tag == "p" for s in p.xpath(".//strong")]))
    call = answer.removeprefix(f"{title}: ").removesuffix(".")
    reason = next(p for p in paragraphs if p.startswith(answer)).removeprefix(answer)
    settles = " ".join(said(p) for p in here if p.get("class") == "settles")
    yield from _calls(page, m, title, call, row)
    yield from _probabilities(page, m, text, row, call)
    yield from _ranges(page, m, text, months, here)
    yield from _directions(m, call, reason, settles, here, title)
    yield from _thresholds(m, call, settles, said(page.cards.get(m.name)), row)
    if "It is not only us" in text and "It is mostly us" in text:
        yield "the nation shows it too, and does not"
    yield from _quarter(page, m, title, text, quarters, months)


def _calls(page, m, title, call, row):
    """The call is the same everywhere."""
    if row and call not in CALLS[row["call"]]:
        yield f"called '{call}', in the figures '{row['call']}'"
    card, tile, table = page.cards.get(m.name), page.tiles.get(m.name), page.table[title]
    if card is not None and said(card[0]) != f"{title}: {call}.":
        yield f"called '{call}', on the first screen '{said(card[0])}'"
    if said(tile.xpath(".//strong")[0]).lower() != call.lower():
        yield f"called '{call}', in the overview '{said(tile)}'"
    if table["What happened"].lower() != call.lower():
        yield f"called '{call}', in the table '{table['What happened']}'"
    moved = call not in ("no more than usual", "too little data")
    if moved != (card is not None):
        yield f"called '{call}', with{'out' if moved else ''} a card on the first screen"
    named = [part for part in re.split(r"(?<=\.) ", page.headline) if f": {call}." in part]
    if moved and not any(title in part or "more: " in part for part in named):
        yield f"called '{call}', not in the headline '{page.headline}'"
    if not moved and any(title in part.split(": ")[0].split(" and ") for part in re.split(r"(?<=\.) ", page.headline)):
        yield f"called '{call}', and named in the headline '{page.headline}'"


def _probabilities(page, m, text, row, call):
    """Each probability is the same everywhere, after rounding, and has its word."""
    card = page.cards.get(m.name)
    lasts = re.findall(r"\(((?:over |under )?\d+)%\) that at least half of the change stays", text)
    short = re.findall(rf"Will it last\? {CHANCE}\.", said(card))
    if row and row["persists"]:
        for printed in lasts + [p for p, _ in short]:
            if not near(printed, float(row["persists"])):
                yield f"'{printed}%' that it lasts, in the figures {row['persists']}"
    if short and [p for p, _ in short] != lasts:
        yield f"the first screen says that it lasts with {short}, the section with {lasts}"
    if short and page.table[m.title]["Will it last?"] != "%, ".join(short[0]):
        yield f"will it last: {short} and '{page.table[m.title]['Will it last?']}'"
    for printed, word in re.findall(rf"{CHANCE}(?=[.)])", f"{text} {said(card)}"):
        if word.strip() not in yardstick(printed):
            yield f"{printed}% is called '{word}'"
    sure = {
        name: p
        for p, name in re.findall(
            r"((?:over |under )?\d+)% (no more than usual|a short-term issue|a new level or a trend|a change in recording)",
            text,
        )
    }
    bar = dict(
        (name, p)
        for p, name in re.findall(
            r"((?:over |under )?\d+)% (usual|short-term|new level or trend|recording)", said(card)
        )
    )
    same = {
        "usual": "no more than usual",
        "short-term": "a short-term issue",
        "new level or trend": "a new level or a trend",
        "recording": "a change in recording",
    }
    if card is not None and bar and {same[k]: p for k, p in bar.items()} != sure:
        yield f"how sure: {bar} on the first screen, {sure} in the section"
    columns = {
        "no more than usual": ["p_usual"],
        "a short-term issue": ["p_spike"],
        "a new level or a trend": ["p_shift", "p_trend"],
        "a change in recording": ["p_recording"],
    }
    for name, printed in sure.items():
        if row and not near(printed, sum(float(row[c]) for c in columns[name])):
            yield f"'{printed}% {name}', in the figures {[row[c] for c in columns[name]]}"
    if (
        bar
        and call in ("a rising trend", "a falling trend", "a lasting rise", "a lasting fall")
        and max(sure, key=lambda k: percent(sure[k])) != "a new level or a trend"
    ):
        yield f"called '{call}', likeliest is {sure}"


def _ranges(page, m, text, months, here):
    """A month lies outside its range where words say so, and its figure and range are the same everywhere."""
    about = {words.month(pd.Period(p, "M")): r for p, r in months.items() if len(p) == 7}
    full = re.findall(EXPECTED, text)
    for value, when, low, high in full:
        row = about.get(when)
        if row and [value, low, high] != [written(row[c], m) for c in ("value", "expected_lower", "expected_upper")]:
            yield f"{when}: {value} (expected {low} to {high}), in the figures {row}"
    card = said(page.cards.get(m.name))
    for when, value, low, high in re.findall(
        r"(\w+ \d{4}): ([\d.,]+%?), where 8 months in 10 would lie between ([\d.,]+%?) and ([\d.,]+%?)\.(?:\s|$|[A-Z\d])",
        card,
    ):
        if (value, when, low, high) not in full:
            yield f"the first screen has {value} for {when} in {low} to {high}, the section {full}"
    small = "".join(page.tiles[m.name].xpath(".//img/@alt"))
    for value, when, low, high in re.findall(EXPECTED, small):
        if (value, when, low, high) not in full:
            yield f"{when}: {value}, {low} to {high} in the overview, in the section {full}"
    ends = re.match(r"([\d.,]+%?) in .*?, ([\d.,]+%?) in ", said(first(page.tiles[m.name].xpath("./p"))))
    known = [r["value"] for _, r in sorted(months.items()) if r["value"]]
    if ends and ends[2] != written(known[-1], m):
        yield f"'{ends[0]}' in the overview, in the figures {known[-1]}"
    figure = first([e for e in here if e.tag == "figure"])
    if figure is None:
        return
    shown, alt = said(figure.xpath(".//figcaption/strong")[0]), figure.xpath(".//img")[0].get("alt")
    if not alt.startswith(f"Line chart. {shown}."):
        yield f"the picture is titled '{shown}', its text says '{alt[:120]}'"
    for value, when, low, high in full:
        if when in alt and f"{value} in {when} (expected {low} to {high})" not in alt:
            yield f"{when}: {value}, {low} to {high}; the picture's text says '{alt}'"
    for side, when in re.findall(r"(above|below) the usual range in (\w+ \d{4})", shown):
        row = about[when]
        outside = float(row["value"]) - float(row["expected_upper" if side == "above" else "expected_lower"])
        if (outside > 0) != (side == "above") or not outside:
            yield f"'{shown}': {row['value']} in {row['expected_lower']} to {row['expected_upper']}"
    for none in re.findall(r"[Nn]o figure for \w+ \d{4} \([^)]*\)", card):
        if none[1:] not in text:
            yield f"'{none}' on the first screen, and not in the section"
    for part, total, side, when in re.findall(
        r"([\d,]+) of the ([\d,]+) (more|fewer) than usual in (\w+ \d{4})\.", text + card
    ):
        row = about[when]
        middle = (float(row["expected_lower"]) + float(row["expected_upper"])) / 2
        if (float(row["value"]) > middle) != (side == "more"):
            yield f"{total} {side} than usual in {when}: {row['value']} beside {middle}"
        if float(part.replace(",", "")) > float(total.replace(",", "")):
            yield f"{part} of the {total}"


def _directions(m, call, reason, settles, here, title):
    """Words of direction go one way."""
    way = sides(call)
    if way and "earlier" not in call:
        figure = first([e for e in here if e.tag == "figure"])
        shown = said(figure.xpath(".//figcaption/strong")[0]).removeprefix(title) if figure is not None else ""
        if sides(shown) - way:
            yield f"called '{call}', pictured as '{shown}'"
        against = {1: "have been falling", -1: "have been rising"}
        if any(against[w] in reason for w in way):
            yield f"called '{call}', because '{reason}'"
    if call == "too early to tell":
        later = re.sub(r"If .*?still open\.", "", f"{reason} {settles}")
        later = re.sub(
            r"Does the (?:rise|fall) of Quarter .*?\.(?=\s|$)", "", later
        )  # how an earlier change turned out
        for lasting in (
            "has held since",
            "have been rising",
            "have been falling",
            "o further month is needed",
            "looks short-lived",
            "has passed.",
        ):
            if lasting in later:
                yield f"too early to tell, and '{lasting}'"
    if call == "no more than usual" and re.search(r"The level changed|step by step|too deep", reason):
        yield f"no more than usual, and '{reason}'"


def _thresholds(m, call, settles, card, row):
    """Lines lie on their sides, are those of the figures, and a settled question has none."""
    figure = r"([\d.,]+?%?)"
    for pattern, up in (
        (rf"{figure} or more, the rise lasts(?:; {figure} or (?:fewer|less), it has passed)?", True),
        (rf"{figure} or (?:fewer|less), the fall lasts(?:; {figure} or more, it has passed)?", False),
    ):
        for lasts, passed in re.findall(pattern, settles):
            low, high = (passed, lasts) if up else (lasts, passed)
            if low and high and not _value(low) < _value(high):
                yield f"lines on the wrong sides: '{settles}'"
            half = re.search(rf"Half of the {'rise' if up else 'fall'} would be ([\d.,]+%?)\.", settles)
            if half and passed and not _value(low) <= _value(half[1]) <= _value(high):
                yield f"half lies beyond the lines: '{settles}'"
    if not row:
        return
    own = re.search(rf"Will we know by then\? {CHANCE}\.", settles)
    if own and row["chance"] and not near(own[1], float(row["chance"])):
        yield f"'{own[0]}', in the figures {row['chance']}"
    if "o further month is needed" in settles + card and row["question"] not in ("lasts", "passed"):
        yield f"settled, in the figures '{row['question']}'"
    if row["question"] in ("lasts", "passed") and row["persists"]:
        p = 100 * float(row["persists"])
        if (p < SETTLED - 0.5) if row["question"] == "lasts" else (p > 100 - SETTLED + 0.5):
            yield f"'{row['question']}' with {p:.0f}%"
    settled_as = {
        "lasts": ("a short-term rise", "a short-term fall"),
        "passed": ("a lasting rise", "a lasting fall", "a rising trend", "a falling trend"),
    }
    if call in settled_as.get(row["question"], ()):
        yield f"called '{call}', in the figures '{row['question']}'"


def _value(text):
    return float(text.replace(",", "").removesuffix("%"))


def _quarter(page, m, title, text, quarters, months):
    """The quarter's figure, those before it, the target and the changes are the same everywhere."""
    now, table = quarters.get(page.quarter), page.table[title]
    codes = [page.quarter, *(_before(page.quarter, k) for k in (1, 4))]
    for heading, code in zip(["This quarter", "Last quarter", "Same quarter last year"], codes, strict=True):
        row = quarters.get(code)
        if row and row["value"] and table[heading] != written(row["value"], m):
            yield f"{heading}: {table[heading]}, in the figures {row['value']}"
    if not now or not now["value"]:
        return
    card = said(page.cards.get(m.name))
    for value in re.findall(
        r"(?:\.|^)(?:\s|)([\d.,]+%?) (?:this quarter|at the end of the quarter)", card.partition(f"{title}: ")[2]
    ):
        if value != written(now["value"], m):
            yield f"{value} this quarter on the first screen, in the figures {now['value']}"
    if now["target"]:
        rating = table["Target"].split(":")[0]
        met = (
            float(now["value"]) >= float(now["target"])
            if m.polarity == "increase"
            else float(now["value"]) <= float(now["target"])
        )
        rated = re.search(r"(red|amber|green)$", rating.lower())
        if rated and (rated[1] == "green") != met:
            yield f"{table['Target']}: {now['value']} beside {now['target']}"
        missed = [
            said(li) for li in page.root.xpath("//section[@class='side']//li") if said(li).startswith(f"{title}, ")
        ]
        if (
            rated
            and rated[1] in ("red", "amber")
            and not any(f"{title}, {rated[1]}: {written(now['value'], m)}" in li for li in missed)
        ):
            yield f"{table['Target']}, on the first screen {missed}"
    before = quarters.get(codes[2])
    change = re.search(r"Since the same quarter last year: ([+-]?\d+)% here", text)
    if (
        change
        and before
        and before["value"]
        and abs(int(change[1]) - 100 * (float(now["value"]) / float(before["value"]) - 1)) > 0.51
    ):
        yield f"{change[0]}: {now['value']} after {before['value']}"
    for part, its in re.findall(r" ([+-][\d,]+) \(to ([\d,]+)\)", text):
        if _value(part) > _value(its):
            yield f"{part} to {its}"
    fell = re.search(r"([\d.,]+%?) in the twelve months to \w+ \d+, after ([\d.,]+%?)", text)
    if fell and "improving" in text and (_value(fell[1]) < _value(fell[2])) != (m.polarity == "decrease"):
        yield f"improving: {fell[0]}"


def _before(code, quarters):
    """Return the code of an earlier quarter."""
    at = parse_quarter(code) - quarters
    return f"{at.qyear - 1}-{at.qyear % 100:02d}Q{at.quarter}"


def made_for(prepared, quarters, areas, outputs):
    planned = run.plan(prepared, [parse_quarter(q) if isinstance(q, str) else q for q in quarters], areas)
    return [made.page for made in run.make_reports(prepared, planned, outputs) if made.page is not None]


def test_a_page_of_the_county_does_not_contradict_itself(made, prepared):
    assert contradictions(made.page, prepared.project) == []


def test_a_page_of_the_borough_does_not_contradict_itself(made_borough, prepared_borough):
    assert contradictions(made_borough.page, prepared_borough.project) == []


CHANGED = {  # what is put in place of something on the county's page, and what is seen of it
    '<strong>Contacts at the front door: too early to tell.': ('<strong>Contacts at the front door: a rising trend.', "called"),
    "<strong>Too early to tell</strong></li>": ("<strong>No more than usual</strong></li>", "in the overview"),
    "rose above the usual range in March 2021</strong>": ("fell below the usual range in March 2021</strong>", "pictured|picture"),
    "How sure: 70% no more": ("How sure: 60% no more", "how sure"),
    "600 in March 2021 (expected 387 to 568)": ("600 in March 2021 (expected 387 to 668)", "expected"),
    "66 or more, the rise lasts; 27 or fewer": ("27 or more, the rise lasts; 66 or fewer", "wrong sides"),
    "Will it last? 44%, realistic possibility": ("Will it last? 44%, likely", "is called"),
    "that at least half of the change stays": ("that at least half of the change stays", ""),
    "of the 131 more than usual": ("of the 131 fewer than usual", "fewer than usual"),
    "62% this quarter (124 of 200), target 90%. March": ("63% this quarter (124 of 200), target 90%. March", "this quarter"),
    "Since the same quarter last year: +10% here": ("Since the same quarter last year: -10% here", "-10%"),
    "There is no line to watch yet": ("No further month is needed to settle it. There is no line to watch yet", "settle"),
}  # fmt: skip


@pytest.mark.parametrize("was", CHANGED)
def test_a_page_that_is_made_to_contradict_itself_is_seen(was, made, prepared, tmp_path):
    becomes, seen = CHANGED[was]
    text = made.page.read_text(encoding="utf-8")
    assert was in text
    folder = tmp_path / "2020-21-q4" / "sample-county"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text(text.replace(was, becomes), encoding="utf-8")
    (folder / "figures.csv").write_bytes((made.page.parent / "figures.csv").read_bytes())
    found = contradictions(folder / "report.html", prepared.project)
    assert (re.search(seen, "\n".join(found)) is not None) if seen else found == []


@pytest.mark.full
@pytest.mark.parametrize("sample", ["prepared", "prepared_borough"])
def test_no_page_of_a_sample_contradicts_itself(sample, request, tmp_path):
    prepared = request.getfixturevalue(sample)
    newest = pipeline.newest_quarter(prepared)
    pages = made_for(prepared, list(pd.period_range(newest - 19, newest)), [""], tmp_path / "outputs")
    assert len(pages) >= 12
    assert [line for page in pages for line in contradictions(page, prepared.project)] == []


@pytest.mark.full
def test_no_page_of_the_published_file_contradicts_itself(shared, tmp_path):
    path = shared / "data" / "dfe_referrals_by_month.csv"
    if not path.is_file():
        pytest.skip("the published referrals are not beside this project")
    config = tmp_path / "measures.toml"
    config.write_text(
        '[project]\nname = "England"\nnation = "england"\n[[dataset]]\nname = "referrals"\n'
        f'path = "{path.as_posix()}"\npreset = "dfe-open-data"\n'
        '[[measure]]\nname = "referrals"\ntitle = "Referrals"\ndataset = "referrals"\ntype = "flow"\n',
        encoding="utf-8",
    )
    prepared = pipeline.prepare(config)
    every = pipeline.areas(prepared)
    areas = every[:: max(1, len(every) // AUTHORITIES)]
    pages = made_for(prepared, ["2019-20Q4", "2020-21Q2", "2021-22Q1", "2023-24Q4"], areas, tmp_path / "outputs")
    assert len(pages) > 3 * AUTHORITIES
    assert [line for page in pages for line in contradictions(page, load(config))] == []
