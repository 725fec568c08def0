"""Figures, symbols and labels as people write them: members of each kind drawn at random, the right value known."""

import datetime as dt
import functools
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import analysis
from analysis.cleaning.numerals import SYMBOLS, read_numerals
from analysis.cleaning.period_labels import Labels
from analysis.errors import Refused
from analysis.exploring.starter import starter
from analysis.measuring import find_gaps, measure
from analysis.pipeline import newest_quarter, prepare
from analysis.report import words

MOST = min(40, settings.default.max_examples * 3 // 5)  # each reads whole files
SETTINGS = settings(max_examples=MOST, suppress_health_check=list(HealthCheck), derandomize=True)
CONFIG = """[project]
name = "Testshire"
nation = "{nation}"
[[dataset]]
name = "figures"
path = "figures.csv"
kind = "counts"
grain = "{grain}"
columns = {{ {columns} }}
[[measure]]
name = "figures"
title = "Figures"
dataset = "figures"
type = "{kind}"
"""
COLUMNS = {"period": "month", "value": "number", "denominator": "of", "area": "office"}
MONTHS = pd.period_range("2018-04", "2021-03", freq="M")
AS_AT = dt.date(2030, 3, 31)  # after everything that is made here
MISSING = [s for s, status in SYMBOLS.items() if status not in ("rounds to zero", "missing")]
SMALL = [
    "<5",
    "< 10",
    "1 to 5",
    "1-4",
    "fewer than 5",
    "less than six",
    "up to 5",
    "5 or fewer",
    "\u22643",
    "between 1 and 5",
]


def of_file(rows, *, kind="flow", grain="month", nation="england", delimiter=","):
    """Read and clean a file of counts whose rows are dictionaries by role."""
    names = {role: COLUMNS[role] for role in rows[0]}
    columns = ", ".join(f'{role} = "{heading}"' for role, heading in names.items())
    config = CONFIG.format(nation=nation, grain=grain, columns=columns, kind=kind)
    return cleaned(config, pd.DataFrame(rows).rename(columns=names).to_csv(index=False, sep=delimiter))


@functools.lru_cache(maxsize=4)
def cleaned(config, figures):
    """Several looks at one file read it once."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "measures.toml").write_text(config, encoding="utf-8")
        (Path(folder) / "figures.csv").write_text(figures, encoding="utf-8", newline="")
        return prepare(Path(folder) / "measures.toml")


def months_of(rows, area="Testshire", by=None, **more):
    """Return each period's value and status."""
    prepared = of_file(rows, **more)
    table = measure(prepared.cleaned, prepared.project, grain=by, as_at=AS_AT)
    table = table[table["area"] == area].set_index("period")
    return table["value"], table["status"]


def codes_of(rows, **more):
    return of_file(rows, **more).cleaned[0].summary["codes"]


def monthly(values, labels=None):
    return [{"period": p, "value": v} for p, v in zip(labels or map(str, MONTHS), values, strict=True)]


# -- symbols --------------------------------------------------------------------------------------------------------

BRACKETS = st.sampled_from(["{}", "[{}]", "({})", " {} "])
CASES = st.sampled_from([str.upper, str.lower, str.title])
SYMBOL = st.builds(
    lambda s, bracket, case: case(bracket.format(s) if s[0] not in "([<" else s),
    st.sampled_from(MISSING + SMALL),
    BRACKETS,
    CASES,
)
UNKNOWN = st.sampled_from(["abc", "12 or so", "see note", "1 20", "!!", "5 [c]", "[q]", "12x", "1.2.3", "ask Jo"])


@SETTINGS
@given(SYMBOL, st.integers(1, 34), st.sampled_from(["North", "South"]))
@example("<5", 12, "North")
def test_a_symbol_makes_its_month_and_every_total_above_it_missing(symbol, at, office):
    rows = [
        {"period": str(p), "area": a, "value": symbol if (i, a) == (at, office) else str(50 + i)}
        for i, p in enumerate(MONTHS)
        for a in ("North", "South")
    ]
    value, status = months_of(rows)
    assert value[MONTHS[at]] != value[MONTHS[at]] and status[MONTHS[at]] not in ("", "unreadable", "missing")
    assert value.drop(MONTHS[at]).tolist() == [2 * (50 + i) for i in range(36) if i != at]
    quarters, why = months_of(rows, by="quarter")
    assert quarters.isna().sum() == 1 and why[quarters.isna()].iloc[0] == status[MONTHS[at]]
    assert months_of(rows, area=office)[0].isna().sum() == 1
    assert "NUMBER_UNPARSEABLE" not in codes_of(rows)


@SETTINGS
@given(UNKNOWN, st.integers(0, 35))
def test_what_nobody_knows_is_missing_and_named_and_its_row_stays(text, at):
    rows = monthly([text if i == at else str(100 + i) for i in range(36)])
    value, status = months_of(rows)
    assert value.isna().tolist() == [i == at for i in range(36)] and status[MONTHS[at]] == "unreadable"
    summary = of_file(rows).cleaned[0].summary
    assert summary["kept"] == 36 and summary["codes"] == {"NUMBER_UNPARSEABLE": 1}


@pytest.mark.parametrize("symbol", ["k", "K", "[k]", "low", "[low]", "(Low)"])
def test_what_rounds_to_zero_counts_as_zero_and_is_never_the_reason(symbol):
    rows = monthly([symbol, "5", "6", "", *map(str, range(100, 132))])
    value, status = months_of(rows)
    assert value[MONTHS[0]] == 0 and status[MONTHS[0]] == "rounds to zero"
    quarters, why = months_of(rows, by="quarter")
    assert quarters.iloc[0] == 11 and why.iloc[1] == "missing"
    rows = monthly([symbol, "5", "", *map(str, range(100, 133))])
    assert months_of(rows, by="quarter")[1].iloc[0] == "missing"


@SETTINGS
@given(st.integers(0, 35), st.integers(0, 35), st.lists(st.integers(0, 35), max_size=3), st.booleans())
def test_an_office_is_absent_before_its_first_figure_and_after_its_last_and_blanks_between_are_not_zero(
    a, b, gaps, rows_stay
):
    first, last = min(a, b), max(a, b)
    blank = {i for i in gaps if first < i < last}
    rows = [{"period": str(p), "area": "Old", "value": str(100 + i)} for i, p in enumerate(MONTHS)]
    rows += [
        {"period": str(p), "area": "New", "value": str(7) if first <= i <= last and i not in blank else ""}
        for i, p in enumerate(MONTHS)
        if rows_stay or i <= last
    ]
    value, _ = months_of(rows)
    ended = rows_stay or 35 - last > 3  # without a row, a return may be late by a quarter of a year
    for i, p in enumerate(MONTHS):
        there = first <= i <= last
        expected = np.nan if i in blank or (i > last and not ended) else 100 + i + 7 * there
        assert value[p] == expected or (np.isnan(value[p]) and np.isnan(expected)), (i, value[p], expected)


def test_the_page_is_told_which_total_is_missing_why_and_whose():
    rows = [
        {"period": str(p), "area": a, "value": "c" if (i, a) == (20, "North") else "" if i < 9 and a == "New" else "50"}
        for i, p in enumerate(MONTHS)
        for a in ("North", "South", "New")
    ]
    prepared = of_file(rows)
    gaps = find_gaps(prepared.cleaned, prepared.project, AS_AT, pd.Timestamp("2021-03-31"))
    of_whole = {(g["kind"], g["why"], *g["of"], *g["periods"]) for g in gaps if g["area"] == "Testshire"}
    assert of_whole == {("total", "suppressed", "North", "2019-12-01"), ("opened", "", "New", "2019-01-01")}
    assert [(g["kind"], g["periods"]) for g in gaps if g["area"] == "North"] == [("figure", ["2019-12-01"])]


def test_months_to_come_make_no_newest_quarter():
    for blank in ("", ":", "[x]", "n/a"):
        assert newest_quarter(of_file(monthly([*map(str, range(100, 127)), *[blank] * 9]))) == pd.Period(
            "2021Q1", "Q-MAR"
        )
    assert newest_quarter(of_file(monthly([*map(str, range(100, 135)), "c"]))) == pd.Period("2021Q4", "Q-MAR")


# -- forms of numbers -----------------------------------------------------------------------------------------------

GROUPS = st.sampled_from([",", " ", "\u00a0", "\u2009", "\u202f", ""])
MINUS = st.sampled_from(["-{}", "\u2212{}", "({})", "\u2013{}", "- {}"])
MONEY = st.sampled_from(["{}", "\u00a3{}", "\u00a3 {}"])


@SETTINGS
@given(
    st.lists(st.integers(-4_000_000, 4_000_000).map(lambda n: n / 100), min_size=36, max_size=36),
    GROUPS,
    MINUS,
    MONEY,
    st.sampled_from(["", " [p]", "[r]", " (p)", " p", " [note 3]"]),
)
def test_numbers_are_read_as_people_write_them(numbers, group, minus, money, mark):
    def written(n):
        text = money.format(f"{abs(n):,.2f}".replace(",", group)) + mark
        return (
            minus.format(text) if n < 0 and minus != "({})" else f"({text.removesuffix(mark)}){mark}" if n < 0 else text
        )

    value, status = months_of(monthly([written(n) for n in numbers]), kind="value")
    assert value.tolist() == pytest.approx(numbers)
    assert set(status) == ({"provisional"} if mark.strip("[]() ") == "p" else {""})


@SETTINGS
@given(
    st.lists(st.integers(1, 99_999_999), min_size=36, max_size=36), st.integers(1, 3), st.sampled_from([".", " ", ""])
)
def test_a_decimal_comma_is_read_by_its_column_or_refused(numbers, places, group):
    numbers = [n / 10**places for n in numbers]

    def written(n):
        whole, _, rest = f"{n:,.{places}f}".partition(".")
        rest = rest.rstrip("0")
        return whole.replace(",", group) + ("," + rest if rest else "")

    try:
        value, _ = months_of(monthly(map(written, numbers)), kind="value", delimiter=";")
    except Refused as error:
        assert error.code == "NUMBER_FORMAT_CONFLICT" and "comma" in str(error) and "number" in str(error)
    else:
        ratio = set(np.round(value / np.array(numbers), 6))
        # three places throughout may as well be thousands: all or none, and what is assumed is said
        assert ratio == {1.0} or (ratio == {1000.0} and places == 3)
    thousands = [f"{int(1000 * n):,}" for n in numbers]
    assert months_of(monthly(thousands), kind="value")[0].tolist() == [int(1000 * n) for n in numbers]


def test_the_column_decides_what_a_comma_is():
    beside = [*["12,125"] * 20, *["12,5"] * 10, *["13"] * 6]
    value, _ = months_of(monthly(beside), kind="value", delimiter=";")
    assert set(value) == {12.125, 12.5, 13}
    assert codes_of(monthly(beside), kind="value", delimiter=";")["DECIMAL_COMMA"] == 1
    slip = [*["1,234"] * 34, "12,5", "1,234.5"]  # one slip among thousands: the two are undecided
    with pytest.raises(Refused, match="NUMBER_FORMAT_CONFLICT"):
        of_file(monthly(slip), kind="value")
    slip = [*["1,234.5"] * 35, "12,5"]
    value, status = months_of(monthly(slip), kind="value")
    assert value.iloc[:35].eq(1234.5).all() and status.iloc[35] == "unreadable"


@SETTINGS
@given(st.lists(st.integers(1001, 9998), min_size=30, max_size=30), st.lists(st.integers(500, 999), max_size=6))
def test_points_between_thousands_are_read_by_evidence_or_refused(large, small):
    """Among 940 and 1.940, or beside semicolons, a point parts thousands; with neither a count is not guessed."""
    figures = [*large, *small, *[2000] * (6 - len(small))]
    rows = monthly([f"{n:,}".replace(",", ".") for n in figures])
    assert months_of(rows, delimiter=";")[0].tolist() == figures
    if small:
        assert months_of(rows)[0].tolist() == figures
    else:
        with pytest.raises(Refused, match="NUMBER_FORMAT_CONFLICT"):
            months_of(rows)
        assert months_of(rows, kind="value")[0].tolist() == pytest.approx([n / 1000 for n in figures])


@pytest.mark.parametrize("form", ["'{}", '="{}"', "{}p", "{} r", "{}e", "{} [p]"])
def test_what_a_spreadsheet_or_a_publisher_puts_around_a_figure_leaves_it(form):
    assert months_of(monthly([form.format(n) for n in range(100, 136)]))[0].tolist() == list(range(100, 136))


def test_a_figure_with_a_percent_sign_is_a_share():
    read = read_numerals(pd.Series(["12%", "12.5 %", "7 per cent", "(3%)", "12"]), np.ones(5))
    assert read.number.tolist() == [0.12, 0.125, 0.07, -0.03, 12] and read.percent.tolist() == [True] * 4 + [False]


# -- impossible figures ---------------------------------------------------------------------------------------------


@SETTINGS
@given(st.integers(0, 35), st.sampled_from([(101, 100), (-1, 100), (5, -5), (3, 0), (250, 100)]))
def test_more_done_than_due_is_missing_and_named(at, wrong):
    rows = [
        {"period": str(p), "value": str(wrong[0] if i == at else 80), "denominator": str(wrong[1] if i == at else 100)}
        for i, p in enumerate(MONTHS)
    ]
    value, status = months_of(rows, kind="percent")
    assert value.isna().tolist() == [i == at for i in range(36)] and status.iloc[at] == "impossible"
    assert months_of(rows, kind="percent", by="quarter")[0].isna().sum() == 1
    assert codes_of(rows, kind="percent") == {"IMPOSSIBLE_FIGURE": 1}


@SETTINGS
@given(st.integers(0, 35), st.integers(-1000, -1), st.sampled_from(["flow", "stock", "value"]))
def test_a_count_below_zero_is_missing_and_a_net_change_is_not(at, wrong, kind):
    rows = monthly([str(wrong if i == at else 80) for i in range(36)])
    value, status = months_of(rows, kind=kind)
    assert value.isna().any() == (kind != "value") and (status.iloc[at] == "impossible") == (kind != "value")


@SETTINGS
@given(st.lists(st.integers(0, 9), min_size=36, max_size=36), st.integers(0, 35), st.sampled_from(["", "-3", "2.5"]))
def test_a_figure_that_can_be_negative_or_has_a_fraction_counts_no_children(figures, at, proof):
    rows = monthly([proof if proof and i == at else str(n) for i, n in enumerate(figures)])
    children = of_file(rows, kind="value").months["children"]
    assert children.isna().all() if proof else children.tolist() == figures


def test_a_denominator_that_is_not_told_makes_the_percentage_missing():
    rows = [{"period": str(p), "value": "8", "denominator": "c" if i == 5 else "10"} for i, p in enumerate(MONTHS)]
    value, status = months_of(rows, kind="percent")
    assert value.isna().sum() == 1 and status.iloc[5] == "suppressed"


@SETTINGS
@given(
    st.lists(st.integers(2000, 10_000), min_size=36, max_size=36),
    st.sampled_from(["hundred", "sign", "fraction"]),
    st.integers(0, 36),
    st.sampled_from([101, 112, 850]),
)
def test_percentages_are_read_on_the_scale_of_their_column(shares, scale, at, wrong):
    write = {"hundred": lambda v: f"{v:g}", "sign": lambda v: f"{v:g}%", "fraction": lambda v: f"{v / 100:.4f}"}[scale]
    percent = [wrong if i == at else s / 100 for i, s in enumerate(shares)]
    value, status = months_of(monthly(map(write, percent)), kind="percent")
    for i, p in enumerate(percent):
        assert np.isnan(value.iloc[i]) == (i == at)
        assert i == at or value.iloc[i] == pytest.approx(p / 100, abs=1e-4)
    assert "impossible" in set(status) or at == 36


@SETTINGS
@given(st.integers(1, 34))
def test_a_percentage_never_changes_its_scale_in_silence(change):
    """From one month on 95 is written for 0.95, as one system's export is after an update."""
    rows = monthly([f"{0.9 + i / 1000:.3f}" if i < change else f"{90 + i / 10:.1f}" for i in range(36)])
    try:
        value, status = months_of(rows, kind="percent")
    except Refused as error:
        assert error.code == "PERCENT_SCALE"
    else:
        right = np.array([0.9 + i / 1000 for i in range(36)])
        assert (np.isclose(value, right) | value.isna()).all() and status[value.isna()].eq("impossible").all()
        assert value.notna().sum() >= 28


def test_low_percentages_are_no_fractions():
    value, _ = months_of(monthly([*["0.8", "1.2", "2.1", "1.6"] * 9]), kind="percent")
    assert set(value.round(6)) == {0.008, 0.012, 0.021, 0.016}


# -- labels ---------------------------------------------------------------------------------------------------------

WELSH = [
    "Ionawr",
    "Chwefror",
    "Mawrth",
    "Ebrill",
    "Mai",
    "Mehefin",
    "Gorffennaf",
    "Awst",
    "Medi",
    "Hydref",
    "Tachwedd",
    "Rhagfyr",
]
FORMS = {
    "one digit": lambda p: f"{p.year}-{p.month}",
    "slash": lambda p: f"{p.month}/{p.year}",
    "iso": str,
    "packed": lambda p: p.strftime("%Y%m"),
    "words": lambda p: p.strftime("%B %Y"),
    "words behind": lambda p: p.strftime("%Y %b"),
    "short": lambda p: p.strftime("%b-%y"),
    "apostrophe": lambda p: p.strftime("%b '%y"),
    "welsh": lambda p: f"{WELSH[p.month - 1]} {p.year}",
    "welsh short": lambda p: f"{WELSH[p.month - 1][:3]} {p.year}",
    "welsh day": lambda p: f"1 {WELSH[p.month - 1]} {p.year}",
    "month first": lambda p: f"{p.month}/1/{p.year}",
    "month first, last day": lambda p: p.end_time.strftime("%m/%d/%Y"),
    "day first": lambda p: f"1/{p.month}/{p.year}",
    "last day": lambda p: p.end_time.strftime("%d/%m/%Y"),
    "as at": lambda p: "Month ending " + p.end_time.strftime("%d %B %Y"),
    "M": lambda p: f"{p.year} M{p.month:02d}",
}


@SETTINGS
@given(st.sampled_from(sorted(FORMS)), st.integers(2000, 2024), st.integers(1, 12), st.integers(13, 48), st.randoms())
@example("packed", 2010, 4, 36, None)
@example("month first", 2018, 4, 13, None)
def test_months_are_read_in_whatever_form(form, year, month, count, random):
    months = pd.period_range(pd.Period(year=year, month=month, freq="M"), periods=count, freq="M")
    rows = monthly([str(100 + i) for i in range(count)], [FORMS[form](p) for p in months])
    if random is not None:
        random.shuffle(rows)
    value, _ = months_of(rows, nation="wales" if form.startswith("welsh") else "england")
    assert value.to_dict() == {p: 100 + i for i, p in enumerate(months)}
    assert ("MONTH_FIRST" in codes_of(rows)) == form.startswith("month first")


def test_a_date_that_proves_nothing_is_assumed_and_said():
    rows = monthly(["1", "2", "3"], ["02/03/2020", "03/04/2020", "04/05/2020"])
    assert codes_of(rows)["ASSUMED_DAY_FIRST"] == 1
    both = [f"{i}/1/2020" for i in range(1, 13)] + ["1/13/2021", "2/14/2021", "3/15/2021", "13/4/2021", "14/5/2021"]
    with pytest.raises(Refused, match="DATE_ORDER_CONFLICT"):
        of_file(monthly(map(str, range(17)), both))


YEARS = {
    "2003/04": lambda y: f"{y}/{(y + 1) % 100:02d}",
    "2009-10": lambda y: f"{y}-{(y + 1) % 100:02d}",
    "200910": lambda y: f"{y}{(y + 1) % 100:02d}",
    "2009-2010": lambda y: f"{y}-{y + 1}",
    "2019": str,
    "FY": lambda y: f"FY{y}/{(y + 1) % 100:02d}",
    "year ending": lambda y: f"Year ending 31 March {y}",
    "day": lambda y: f"31/03/{y}",
    "April": lambda y: f"April {y}",
}


@SETTINGS
@given(st.sampled_from(sorted(YEARS)), st.integers(1995, 2015), st.integers(4, 12))
@example("2009-10", 2001, 11)
def test_years_are_refused_as_years(form, first, count):
    labels = [YEARS[form](y) for y in range(first, first + count)]
    with pytest.raises(Refused) as refused:
        of_file(monthly([str(1200 + i) for i in range(count)], labels))
    assert refused.value.code == "YEARLY_FIGURES" and "yearly" in str(refused.value)
    assert not any(label in str(refused.value) for label in labels)


@SETTINGS
@given(
    st.sampled_from(["iso", "packed", "words", "one digit", "last day"]),
    st.integers(1999, 2020),
    st.sampled_from(["2003/04", "2009-10", "200910", "2019"]),
)
def test_the_total_of_a_year_is_not_added_to_its_months(form, year, label):
    months = pd.period_range(f"{year}-04", periods=36, freq="M")
    rows = []
    for i, p in enumerate(months):
        rows.append({"period": FORMS[form](p), "value": str(100 + i)})
        if p.month == 3:
            rows.append({"period": YEARS[label](p.year - 1), "value": str(sum(100 + j for j in range(i - 11, i + 1)))})
    value, _ = months_of(rows)
    assert value.to_dict() == {p: 100 + i for i, p in enumerate(months)}
    assert codes_of(rows)["PERIOD_TOTAL"] == 3


def test_a_label_with_two_figures_that_do_not_settle_it_is_refused():
    months = pd.period_range("2010-04", periods=24, freq="M")
    rows = monthly([str(100 + i) for i in range(24)], map(str, months))
    rows.append({"period": "2011-12", "value": "987"})
    with pytest.raises(Refused, match="PERIOD_CONFLICT"):
        of_file(rows)


def test_quarters_are_refused_but_of_a_stock_they_are_what_it_was():
    quarters = pd.period_range("2018Q1", "2021Q4", freq="Q-MAR")
    for labels in (
        [f"{q.qyear - 1}-{q.qyear % 100} Q{q.quarter}" for q in quarters],
        [str(q.end_time.date()) for q in quarters],
    ):
        with pytest.raises(Refused, match="QUARTERLY_FIGURES"):
            of_file(monthly([str(i) for i in range(100, 116)], labels))
    value, _ = months_of(monthly([str(i) for i in range(100, 116)], labels), kind="stock", by="quarter")
    assert value.tolist() == list(range(100, 116))


# -- weeks and days -------------------------------------------------------------------------------------------------

WEEKS = {
    "iso": lambda m: m.strftime("%G-W%V"),
    "spoken": lambda m: f"Week {m.isocalendar().week} {m.isocalendar().year}",
    "commencing": lambda m: m.strftime("w/c %d/%m/%Y"),
    "ending": lambda m: "Week ending " + (m + pd.Timedelta(days=6)).strftime("%d %B %Y"),
    "Friday": lambda m: (m + pd.Timedelta(days=4)).strftime("%Y-%m-%d"),
    "from Sunday": lambda m: "w/c " + (m - pd.Timedelta(days=1)).strftime("%d/%m/%Y"),
    "month first": lambda m: m.strftime("%m/%d/%Y"),
}


@SETTINGS
@given(st.sampled_from(sorted(WEEKS)), st.integers(0, 300), st.integers(30, 120))
def test_weeks_are_read_in_whatever_form(form, start, count):
    mondays = pd.date_range(pd.Timestamp("2015-01-05") + pd.Timedelta(weeks=start), periods=count, freq="W-MON")
    rows = monthly([str(100 + i) for i in range(count)], [WEEKS[form](m) for m in mondays])
    value, _ = months_of(rows, grain="week")
    assert value.to_dict() == {pd.Period(m, "W-SUN"): 100 + i for i, m in enumerate(mondays)}


@pytest.mark.parametrize(
    ("made", "said"), [("day", "month"), ("day", "week"), ("week", "month"), ("month", "week"), ("week", "day")]
)
def test_labels_of_another_length_than_the_grain_are_refused(made, said):
    labels = pd.date_range("2019-04-01", periods=120, freq={"day": "D", "week": "W-MON", "month": "MS"}[made])
    with pytest.raises(Refused, match=f'grain = "{made}"') as refused:
        of_file(monthly(map(str, range(120)), [str(d.date()) for d in labels]), grain=said)
    assert refused.value.code == "PERIOD_GRAIN"


@SETTINGS
@given(st.integers(0, 1000), st.booleans(), st.integers(0, 3))
def test_days_are_added_up_to_months(seed, office_days, unfinished):
    days = pd.date_range("2020-04-01", periods=365 - 5 * unfinished, freq="D")
    figures = pd.Series(np.random.default_rng(seed).integers(0, 20, len(days)), index=days)
    if office_days:
        figures = figures[days.day_of_week < 5]
    value, _ = months_of(monthly(figures.astype(str), list(figures.index.strftime("%d/%m/%Y"))), grain="day")
    right = figures.groupby(figures.index.to_period("M")).sum()
    if unfinished:
        right = right.drop(right.index[-1])
    assert value.dropna().to_dict() == right.to_dict()


@SETTINGS
@given(st.integers(40, 300), st.sampled_from(["no row", "", "c"]))
def test_a_day_that_is_lacking_makes_its_month_missing(at, how):
    days = pd.date_range("2020-04-01", periods=365, freq="D")
    rows = monthly([how if i == at else "5" for i in range(365)], [str(d.date()) for d in days])
    rows = [r for r in rows if r["value"] != "no row"]
    value, _ = months_of(rows, grain="day")
    assert value.isna().sum() == 1 and np.isnan(value[days[at].to_period("M")])


def test_daily_stocks_are_those_of_the_last_day():
    days = pd.date_range("2020-04-01", periods=365, freq="D")
    value, _ = months_of(monthly(map(str, range(365)), [str(d.date()) for d in days]), grain="day", kind="stock")
    assert value.iloc[0] == 29 and value.iloc[-1] == 364


def test_what_is_no_label_is_set_aside():
    labels = Labels(pd.Series(["hello", "19-Apr", "2019-00", "Smarch 2019", "32/01/2019x"]))
    assert not labels.kind.any()


@SETTINGS
@given(st.sampled_from(["first", "last"]), st.sampled_from(["", "hello", "Mar", "31/02/2021", "TBC"]), st.booleans())
def test_a_figure_of_an_unknown_month_at_an_end_is_no_office_that_opened_later(end, label, two):
    odd = MONTHS[0] if end == "first" else MONTHS[-1]
    rows = [
        {"period": label if (a, p) == ("North", odd) else str(p), "value": "50", "area": a}
        for p in MONTHS
        for a in (("North", "South") if two else ("North",))
    ]
    if not two:  # of one series nothing is added to others: it is shorter by a month
        assert len(months_of(rows)[0]) == 35
        return
    with pytest.raises(Refused, match="DATE_UNPARSEABLE"):
        months_of(rows)


@SETTINGS
@given(st.sampled_from(["period", "area"]), st.integers(2, 4), st.randoms(use_true_random=False))
def test_labels_that_stand_once_above_their_rows_are_filled_down(once, areas, random):
    figures = {(str(p), a): random.randint(1, 90) for p in MONTHS for a in "NSWE"[:areas]}
    order = sorted(figures, key=lambda key: key if once == "period" else key[::-1])
    rows, before = [], None
    for p, a in order:
        row = {"period": p, "area": a, "value": str(figures[p, a])}
        rows.append(row | ({once: ""} if row[once] == before else {}))
        before = row[once]
    value, _ = months_of(rows)
    assert value.tolist() == [sum(figures[str(p), a] for a in "NSWE"[:areas]) for p in MONTHS]
    assert codes_of(rows)["LABEL_FILLED_DOWN"] == len(rows) - (len(MONTHS) if once == "period" else areas)


# -- a look at a file, and the page ---------------------------------------------------------------------------------


def looked_at(heading, labels, column, values, folder):
    file = folder / "file.csv"
    pd.DataFrame({heading: labels, column: values}).to_csv(file, index=False)
    (folder / "measures.toml").write_text(starter([file], folder), encoding="utf-8")
    project = analysis.load(folder / "measures.toml")
    return project.datasets[0], project.measures[0]


def test_init_takes_shares_for_shares_and_days_for_days(tmp_path):
    months = [FORMS["one digit"](p) for p in MONTHS]
    for column, values in (("In time", ["85%"] * 36), ("Percent in time", ["85"] * 36), ("% in time", ["0.85"] * 36)):
        assert looked_at("Month", months, column, values, tmp_path)[1].type == "percent"
    days = [str(d.date()) for d in pd.date_range("2020-04-01", periods=400)]
    dataset, one = looked_at("Date", days, "Contacts", range(400), tmp_path)
    assert (dataset.kind, dataset.grain, one.type) == ("counts", "day", "flow")


@pytest.mark.parametrize("form", ["2003/04", "2009-10", "2019", "FY"])
def test_init_refuses_figures_by_year(form, tmp_path):
    with pytest.raises(Refused, match="YEARLY_FIGURES"):
        looked_at("Year", [YEARS[form](y) for y in range(2001, 2012)], "Referrals", range(1200, 1211), tmp_path)


def test_a_sentence_names_the_measure_the_period_and_the_reason():
    one = {"measure": "m", "kind": "total", "why": "suppressed", "of": ["North"], "freq": "M"}
    periods = [f"2020-{m:02d}-01" for m in range(1, 10)]
    assert words.gap({**one, "periods": periods[:1]}, "Referrals") == (
        "Referrals: no total for January 2020, because the figure of North is missing (not shown)."
    )
    assert "September 2020, and 3 earlier ones" in words.gap({**one, "periods": periods}, "Referrals")
    for status in (set(SYMBOLS.values()) | {"unreadable", "impossible"}) - {"rounds to zero"}:
        assert words.gap({**one, "kind": "figure", "why": status, "periods": periods[:1]}, "M").count("()") == 0
        assert words.sign_means({"status": status, "mark": ""})


PIECE = st.sampled_from(
    [
        *"0123456789-/ .,eWwQM[](){}%",
        "Apr",
        "Ebrill",
        "2019",
        "2018-19",
        "Week ",
        "w/c ",
        "Q1",
        "12",
        "\u00a3",
        "\u2212",
        " to ",
        "p",
    ]
)


@settings(SETTINGS, max_examples=3 * MOST)
@given(
    st.lists(st.tuples(st.lists(PIECE, max_size=5).map("".join), st.lists(PIECE, max_size=5).map("".join)), max_size=8),
    st.sampled_from(["month", "week", "day"]),
)
def test_whatever_stands_in_a_cell_it_is_kept_or_set_aside_or_the_file_is_refused(strange, grain):
    days = pd.date_range("2020-01-06", periods=40, freq={"month": "MS", "week": "W-MON", "day": "D"}[grain])
    rows = monthly([str(i) for i in range(40)], [str(d.date()) for d in days])
    rows += [{"period": period, "value": value} for period, value in strange]
    try:
        prepared = of_file(rows, grain=grain)
    except Refused as error:
        assert error.code
        return
    summary = prepared.cleaned[0].summary
    assert summary["rows_in"] == summary["kept"] + summary["quarantined"]
    records = prepared.cleaned[0].records
    assert records.loc[records["value"].isna(), "status"].ne("").all()
    measure(prepared.cleaned, prepared.project, as_at=AS_AT)
