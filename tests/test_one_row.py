"""Nothing ambiguous is added up: tables made at random, with the right figure known from how they were made."""

import csv
import datetime as dt
import functools
import io
import random
import tempfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import analysis
from analysis.errors import Refused
from analysis.pipeline import areas as areas_of
from analysis.pipeline import newest_quarter, prepare
from analysis.reading.years import WELSH
from analysis.totals import names_total

MOST = min(40, settings.default.max_examples * 3 // 5)  # each reads whole files
SETTINGS = settings(max_examples=MOST, suppress_health_check=list(HealthCheck), derandomize=True)
MONTHS = [str(m) for m in pd.period_range("2018-04", "2020-03", freq="M")]
AREAS = ["North", "South Hill", "All Saints", "St Mary's", "Ynys", "Ynys Môn", "East & West", "Stoke-on-Trent"]
TOTALS = ["Total", "TOTAL", "All", "All areas", "Grand total", "Cyfanswm", "Pob ardal", "Testshire", "Testshire total"]
CONFIG = """
[project]
name = "Testshire"
nation = "wales"

[[dataset]]
name = "figures"
path = "{path}"
{keys}

[[measure]]
name = "figures"
title = "Figures"
dataset = "figures"
type = "{type}"
"""
COLUMNS = 'kind = "counts"\ncolumns = {{ period = "month", value = "n"{more} }}'


def measured(rows, *, header=("month", "n"), more="", extra="", keys="", kind="flow", name="figures.csv", data=None):
    """Measure one table, and return its figures by area and month."""
    return _measured(text(rows, header) if data is None else data, more, extra, keys, kind, name)[1]


def cleaned(rows, *, header=("month", "n"), more="", extra="", keys="", kind="flow", name="figures.csv"):
    """Return what cleaning made of the same."""
    return _measured(text(rows, header), more, extra, keys, kind, name)[0]


@functools.lru_cache(maxsize=4)
def _measured(data, more, extra, keys, kind, name):
    """Several looks at one table read it once."""
    keys = keys or COLUMNS.format(more=more) + f"\n{extra}"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(data)
        (Path(folder) / "measures.toml").write_text(CONFIG.format(path=name, keys=keys, type=kind), encoding="utf-8")
        project = analysis.load(Path(folder) / "measures.toml")
        one = analysis.clean(analysis.read(project.datasets[0]), project.datasets[0])
    summary = one.summary
    assert summary["rows_in"] == summary["kept"] + summary["quarantined"] == one.sources["rows_in"].sum()
    table = analysis.measure(one, project)
    return one, table.assign(period=table["period"].astype(str)).set_index(["area", "period"])["value"]


def text(rows, header) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def whole(figures) -> dict:
    return figures["Testshire"].to_dict()


counts = st.integers(0, 400)
areas = st.lists(st.sampled_from(AREAS), min_size=2, max_size=4, unique=True)


@st.composite
def tables(draw, names=areas, base=(1,)):
    names, step = draw(names), draw(st.sampled_from(base))
    return {m: {a: draw(counts) * step + step for a in names} for m in MONTHS}


# -- totals ----------------------------------------------------------------------------------------------------------


@SETTINGS
@given(
    tables(), st.sampled_from(TOTALS), st.sets(st.sampled_from(MONTHS), max_size=5), st.randoms(use_true_random=False)
)
def test_a_total_among_areas_is_never_added_and_stands_where_a_part_is_hidden(table, total, hidden, random):
    rows = [[m, a, n] for m, figures in table.items() for a, n in figures.items()]
    rows = [[m, a, "c" if m in hidden and a == next(iter(table[m])) else n] for m, a, n in rows]
    rows += [[m, total, sum(figures.values())] for m, figures in table.items()]
    random.shuffle(rows)
    how = {"header": ("month", "place", "n"), "more": ', area = "place"'}
    figures = measured(rows, **how)
    assert whole(figures) == {m: sum(f.values()) for m, f in table.items()}
    assert set(figures.index.unique("area")) == {"Testshire", *table[MONTHS[0]]}
    aside = cleaned(rows, **how).quarantine["code"].tolist()
    assert aside == ["TOTAL_ROW"] * (len(MONTHS) - len(hidden))


@SETTINGS
@given(tables(base=(5, 10)), st.data())
def test_a_total_that_was_rounded_with_its_parts_stands_as_it_is(table, data):
    totals = {m: sum(f.values()) + data.draw(st.sampled_from([-5, 0, 5])) for m, f in table.items()}
    rows = [[m, a, n] for m, figures in table.items() for a, n in [*figures.items(), ("Total", totals[m])]]
    figures = measured(rows, header=("month", "place", "n"), more=', area = "place"')
    assert whole(figures) == totals


@SETTINGS
@given(tables(), st.sampled_from(TOTALS), st.sampled_from(MONTHS), st.integers(1, 90))
def test_a_total_that_is_not_the_sum_is_refused_and_can_be_declared(table, total, month, more):
    sums = {m: sum(f.values()) + more * (m == month) for m, f in table.items()}
    rows = [[m, a, n] for m, figures in table.items() for a, n in [*figures.items(), (total, sums[m])]]
    how = {"header": ("month", "place", "n"), "more": ', area = "place"'}
    with pytest.raises(Refused, match=r"not the sum.*TOTAL_MISMATCH") as refused:
        measured(rows, **how)
    assert f'total = {{ area = ["{total}"] }}' in str(refused.value)
    assert whole(measured(rows, **how, extra=f'total = {{ area = ["{total}"] }}')) == sums


@SETTINGS
@given(tables(names=st.just(AREAS[:3])), st.sampled_from(["Sir y Fflint", "The county", "X1"]))
def test_a_total_without_a_telling_name_is_recognised_by_arithmetic(table, total):
    rows = [[m, a, n] for m, f in table.items() for a, n in [*f.items(), (total, sum(f.values()))]]
    figures = measured(rows, header=("month", "place", "n"), more=', area = "place"')
    assert whole(figures) == {m: sum(f.values()) for m, f in table.items()}
    assert total not in figures.index.unique("area")


@SETTINGS
@given(tables())
def test_areas_without_a_total_add_up(table):
    rows = [[m, a, n] for m, figures in table.items() for a, n in figures.items()]
    figures = measured(rows, header=("month", "place", "n"), more=', area = "place"')
    assert whole(figures) == {m: sum(f.values()) for m, f in table.items()}


@SETTINGS
@given(tables(), st.sampled_from(TOTALS[:7]), st.sets(st.sampled_from(MONTHS), max_size=5))
def test_a_total_among_parts_is_not_added_to_them(table, total, hidden):
    rows = [[m, a, "c" if m in hidden and a == next(iter(f)) else n] for m, f in table.items() for a, n in f.items()]
    rows += [[m, total, sum(f.values())] for m, f in table.items()]
    how = {"header": ("month", "sex", "n"), "more": ', category = "sex"'}
    assert whole(measured(rows, **how)) == {m: sum(f.values()) for m, f in table.items()}


def test_a_rate_of_the_whole_is_no_sum():
    rows = [[m, a, n] for m in MONTHS for a, n in (("North", 0.5), ("South", 0.7), ("Total", 0.61))]
    figures = measured(rows, header=("month", "place", "n"), more=', area = "place"', kind="value")
    assert set(whole(figures).values()) == {0.61}


def test_names_of_places_are_no_totals():
    assert not any(map(names_total, ["All Saints", "Total Place team", "Bothwell", "Allerton", "North", "Overton"]))


def test_a_measure_may_choose_the_total_itself():
    rows = [[m, a, n] for m in MONTHS for a, n in (("North", 5), ("South", 7), ("Total", 12))]
    how = {
        "header": ("month", "place", "n"),
        "more": ', area = "place"',
        "kind": 'flow"\nwhere = { area = ["Total"] }\n#',
    }
    figures = measured(rows, **how)
    assert set(figures["Total"]) == {12}


# -- dimensions ------------------------------------------------------------------------------------------------------

PARTS = st.lists(
    st.sampled_from(["Boys", "Girls", "Not known", "16", "17", "Police", "Ysgol"]), min_size=2, max_size=4, unique=True
)
HEADINGS = st.sampled_from(["sex", "Age group", "referral_type", "Ffynhonnell", "measure"])


@SETTINGS
@given(PARTS, HEADINGS, st.sampled_from(["", *TOTALS[:7]]), st.data())
def test_rows_that_differ_in_a_column_without_a_role_are_refused_and_can_be_declared(parts, heading, total, data):
    table = {m: {p: data.draw(st.integers(1, 3)) for p in parts} for m in MONTHS}  # equal figures are no repeats
    rows = [[m, p, n] for m, f in table.items() for p, n in f.items()]
    rows += [[m, total, sum(f.values())] for m, f in table.items() if total]
    with pytest.raises(Refused, match=r"UNDECLARED_DIMENSION") as refused:
        measured(rows, header=("month", heading, "n"))
    assert all(part in str(refused.value) for part in (heading, *parts, "where = {", "lines 2, 3"))
    quoted = f'"{heading}"'
    chosen = measured(rows, header=("month", heading, "n"), extra=f'where = {{ {quoted} = ["{parts[0].upper()}"] }}')
    assert whole(chosen) == {m: f[parts[0]] for m, f in table.items()}
    added = measured(rows, header=("month", heading, "n"), more=f", category = {quoted}")
    assert whole(added) == {m: sum(f.values()) for m, f in table.items()}


def test_a_filter_that_chooses_nothing_is_refused_with_what_there_is():
    rows = [[m, p, 5] for m in MONTHS for p in ("Boys", "Girls")]
    with pytest.raises(Refused, match=r"column 'sex'.*Did you mean 'Girls'"):
        measured(rows, header=("month", "sex", "n"), extra='where = { sex = ["Girl"] }')


@SETTINGS
@given(
    st.permutations(["provisional", "revised", "final"]),
    st.sampled_from(MONTHS),
    st.lists(counts, min_size=3, max_size=3, unique=True),
    st.sampled_from([["provisional", "revised", "final"], ["Prov.", "Rev.", "Final"], ["[p]", "", "[r]"]]),
)
def test_a_revision_is_refused_and_can_be_declared(words, month, figures, written):
    order = dict(zip(["provisional", "revised", "final"], figures, strict=True))
    write = dict(zip(order, written, strict=True))
    rows = [[m, 500, write["final"]] for m in MONTHS if m != month] + [[month, order[w], write[w]] for w in words]
    how = {"header": ("month", "n", "status")}
    with pytest.raises(Refused, match=r"'status' \(.*version = \"status\".*UNDECLARED_DIMENSION"):
        measured(rows, **how)
    assert whole(measured(rows, **how, more=', version = "status"'))[month] == order["final"]
    own = f"versions = {[write[w] or '-' for w in ('final', 'provisional', 'revised')]}"
    if "" in written:
        return
    assert whole(measured(rows, **how, more=', version = "status"', extra=own))[month] == order["revised"]


def test_two_figures_for_one_month_are_refused_and_a_repeat_counts_once():
    rows = [[m, 5] for m in MONTHS]
    assert cleaned([*rows, *rows]).quarantine["code"].tolist() == ["DUPLICATE_ROW"] * len(MONTHS)
    with pytest.raises(Refused, match=r"2018-05; only the figure differs.*UNDECLARED_DIMENSION"):
        measured([*rows, ["2018-05", 6]])


# -- government open data ----------------------------------------------------------------------------------------------

FILTERS = st.dictionaries(st.sampled_from(["sex", "age", "ethnicity"]), PARTS, min_size=1, max_size=2)


@SETTINGS
@given(FILTERS, st.booleans(), st.data())
def test_open_data_take_the_total_of_each_filter(filters, wide, data):
    months = ["April", "May", "June", "July"]
    names = list(filters)
    cells = [[]]
    for name in names:
        cells = [[*c, v] for c in cells for v in ["Total", *filters[name]]]
    truth = {m: data.draw(counts) for m in months}
    rows = []
    for cell in cells:
        own = {m: truth[m] if set(cell) == {"Total"} else data.draw(counts) for m in months}
        area = ["Local authority", "England", "Testshire", *cell]
        rows += [[2021, "Reporting year", *area, *own.values()]] if wide else [[2020, m, *area, own[m]] for m in months]
    header = ["time_period", "time_identifier", "geographic_level", "country_name", "la_name", *names]
    header += months if wide else ["n"]
    keys = 'preset = "dfe-open-data"' + ("" if wide else '\ncolumns = { value = "n" }')
    figures = whole(measured(rows, header=header, keys=keys))
    assert {m: figures[f"2020-{i:02d}"] for i, m in enumerate(months, 4)} == truth


def test_levels_that_a_file_declares_are_neither_set_aside_nor_summed():
    rows = [
        [m, lv, a, n]
        for m in MONTHS
        for lv, a, n in (("National", "Testshire", 90), ("Local authority", "A", 30), ("Local authority", "B", 40))
    ]
    figures = measured(rows, header=("month", "geographic_level", "place", "n"), more=', area = "place"')
    assert {a: figures[a].unique().tolist() for a in figures.index.unique("area")} == {
        "A": [30],
        "B": [40],
        "Testshire": [90],
    }


# -- names -----------------------------------------------------------------------------------------------------------


@SETTINGS
@given(tables(), st.randoms(use_true_random=False))
@example(
    {m: {"Ynys M\u00f4n": 5, "St Mary's": 6, "East & West": 7, "Stoke-on-Trent": 8} for m in MONTHS}, random.Random(1)
)
def test_spellings_of_an_area_are_one_area_named_as_most_rows_name_it(table, random):
    spell = [
        *(str.upper, str.lower, lambda a: f" {a} ", lambda a: a.replace(" ", "  "), lambda a: a.replace("St ", "St. ")),
        *(lambda a: a.replace("'", "\u2019"), lambda a: a.replace("'", ""), lambda a: a.replace("\u00f4", "o")),
        *(lambda a: a.replace("&", "and"), lambda a: a.replace("-", " ")),
    ]
    odd = set(random.sample(MONTHS, 9))
    rows = [[m, random.choice(spell)(a) if m in odd else a, n] for m, f in table.items() for a, n in f.items()]
    figures = measured(rows, header=("month", "place", "n"), more=', area = "place"')
    for m, f in table.items():
        assert {a: figures[a, m] for a in f} == f
    assert whole(figures) == {m: sum(f.values()) for m, f in table.items()}


@SETTINGS
@given(st.integers(4, 8), st.sets(st.integers(1, 999), min_size=5, max_size=30), st.randoms(use_true_random=False))
def test_zeros_that_a_file_lost_are_put_back_by_evidence(width, numbers, random):
    children, later = sorted(numbers), random.sample(sorted(numbers), 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "x1.csv").write_text(
            "id,date\n" + "".join(f"{n:0{width}d},2020-01-{1 + n % 28:02d}\n" for n in children)
        )
        (folder / "x2.csv").write_text("id,date\n" + "".join(f"{n},2020-02-{1 + n % 28:02d}\n" for n in later))
        keys = 'kind = "cases"\ncolumns = { child = "id", date = "date" }'
        (folder / "measures.toml").write_text(CONFIG.format(path="x*.csv", keys=keys, type="flow"))
        dataset = analysis.load(folder / "measures.toml").datasets[0]
        one = analysis.clean(analysis.read(dataset), dataset)
    assert set(one.records["child"]) == {f"{n:0{width}d}" for n in children}
    assert one.summary["codes"]["ID_ZEROS_RESTORED"] == 5


def test_an_area_has_one_name_in_all_datasets_and_in_the_population(tmp_path):
    again = '\n[[dataset]]\nname = "visits"\npath = "visits.csv"\n' + COLUMNS.format(more=', area = "place"')
    config = CONFIG.format(path="figures.csv", keys=COLUMNS.format(more=', area = "place"'), type="flow")
    (tmp_path / "measures.toml").write_text(f'{config}{again}\n[population]\npath = "children.csv"\n')
    for file, name, months in (("figures", "North Hill", MONTHS), ("visits", "NORTH  HILL", MONTHS[1:])):
        rows = [[m, a, 5] for m in months for a in (name, "South")]
        (tmp_path / f"{file}.csv").write_bytes(text(rows, ("month", "place", "n")))
    (tmp_path / "children.csv").write_text("area,year,children\nnorth hill,2018,1000\nSouth,2018,2000\n")
    prepared = prepare(tmp_path / "measures.toml")
    assert areas_of(prepared) == ["Testshire", "North Hill", "South"]
    assert set(prepared.population["area"]) == {"North Hill", "South"}
    assert prepared.cleaned[1].audit["code"].tolist().count("NAME_UNIFIED") == 1


# -- layouts ---------------------------------------------------------------------------------------------------------

FORMS = [
    "%Y-%m",
    "%b-%y",
    "%b %Y",
    "%B %Y",
    "%m/%Y",
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%B-%y",
    "%Y%m",
    "%YM%m",
    "%b_%y",
    "%m/%y",
]
FORMS += ["%Y_%m", "Month ending %d/%m/%Y", "mis %b %Y"]
NAMES = ["%b", "%B", "welsh"]
YEARS = ["{y}/{s:02d}", "{y}-{s:02d}", "{y}-20{s:02d}", "FY {y}/{s:02d}", "{y}"]


@SETTINGS
@given(tables(), st.sampled_from([*FORMS, None]), st.booleans(), st.booleans(), st.sampled_from(["", "Year to date"]))
def test_months_across_are_read_with_titles_above_and_totals_below(table, form, book, total, beside):
    names = list(table[MONTHS[0]])
    days = [pd.Timestamp(m) for m in MONTHS]
    book = book or form is None  # real dates are a workbook's
    heads = [d.to_pydatetime() if form is None else d.strftime(form) for d in days]
    lines = [["Scorecard"], [], ["Locality", *heads, *([beside] if beside else [])]]
    for a in names:
        own = [table[m][a] for m in MONTHS]
        lines.append([a, *own, *([sum(own)] if beside else [])])
    if total:
        lines.append(["Total", *(sum(table[m].values()) for m in MONTHS)])
    lines.append(["Source: the case system"])
    width = max(map(len, lines))
    keys = 'kind = "counts"\ncolumns = { period = "month", value = "n", area = "Locality" }'
    if book:
        sheet = openpyxl.Workbook()
        for line in lines:
            sheet.active.append(line)
        out = io.BytesIO()
        sheet.save(out)
        figures = measured(None, keys=keys, name="figures.xlsx", data=out.getvalue())
    else:
        rows = [[*line, *[""] * (width - len(line))] for line in lines]
        figures = measured(rows[1:], header=rows[0], keys=keys)
    assert whole(figures) == {m: sum(f.values()) for m, f in table.items()}
    assert {(a, m): figures[a, m] for a in names for m in MONTHS} == {
        (a, m): table[m][a] for a in names for m in MONTHS
    }


def of_names(month: str, form: str) -> str:
    day = pd.Timestamp(month)
    return WELSH[day.month - 1].title() if form == "welsh" else day.strftime(form)


def year_label(month: str, form: str) -> str:
    """Write the financial year of a month, or that of the calendar where a label names one year alone."""
    day = pd.Timestamp(month)
    year = day.year - ("{s" in form and day.month < 4)
    return form.format(y=year, s=(year + 1) % 100)


@SETTINGS
@given(
    tables(),
    st.sampled_from(NAMES),
    st.sampled_from(YEARS),
    st.sampled_from(["two columns", "two lines", "across", "down"]),
)
def test_a_month_and_its_year_that_stand_apart_are_brought_together(table, form, year, layout):
    names = list(table[MONTHS[0]])
    months = [of_names(m, form) for m in MONTHS]
    years = [year_label(m, year) for m in MONTHS]
    keys = 'kind = "counts"\ncolumns = { period = "month", value = "n", area = "Locality" }'
    if layout == "two columns":
        lines = [["Year", "Month", "Locality", "n"]]
        lines += [[y, m, a, table[key][a]] for key, m, y in zip(MONTHS, months, years, strict=True) for a in names]
    elif layout == "two lines":
        above = [y if i == 0 or y != years[i - 1] else "" for i, y in enumerate(years)]
        lines = [["", *above], ["Locality", *months], *([a, *(table[m][a] for m in MONTHS)] for a in names)]
    else:
        first = 4 if "{s" in year else 1  # the month with which a year begins
        order = sorted(dict.fromkeys(months), key=lambda m: (int(MONTHS[months.index(m)][5:]) - first) % 12)
        each = dict.fromkeys(years)
        figure = {(y, m): table[key] for key, m, y in zip(MONTHS, months, years, strict=True)}
        blank = dict.fromkeys(names, "")
        if layout == "across":
            lines = [["Year", "Locality", *order, "Total"]]
            lines += [[y, a, *(figure.get((y, m), blank)[a] for m in order), 1] for y in each for a in names]
        else:
            lines = [["Month", "Locality", *each]]
            lines += [[m, a, *(figure.get((y, m), blank)[a] for y in each)] for m in order for a in names]
    if layout in ("two columns", "down"):
        keys = keys.replace('"month"', '"Month"')
    figures = measured(lines[1:], header=lines[0], keys=keys)
    assert {(a, m): figures[a, m] for a in names for m in MONTHS} == {
        (a, m): table[m][a] for a in names for m in MONTHS
    }


@pytest.mark.parametrize("across", [True, False])
def test_a_single_year_that_runs_from_april_is_refused(across):
    months = [pd.Timestamp(m).strftime("%b") for m in MONTHS[:12]]
    lines = [["Year", *months], *([y, *range(12)] for y in (2019, 2020))]
    keys = 'kind = "counts"\ncolumns = { period = "month", value = "n" }'
    if not across:
        lines = [["Year", "month", "n"], *([y, m, 5] for y in (2019, 2020) for m in months)]
    with pytest.raises(Refused, match=r"Write financial years as 2018/19.*PERIOD_CONFLICT"):
        measured(lines[1:], header=lines[0], keys=keys)


@SETTINGS
@given(
    st.sampled_from(["w/c %d/%m/%y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "Week ending %d %b %Y"]),
    st.dates(dt.date(2016, 1, 1), dt.date(2020, 1, 1)),
)
def test_weeks_across_are_read(form, first):
    first -= dt.timedelta(days=first.weekday() - 6 * ("ending" in form))
    days = pd.date_range(first, periods=60, freq="7D")
    rows = [[a, *(100 * k + i for i in range(60))] for k, a in enumerate(AREAS[:2])]
    keys = 'kind = "counts"\ngrain = "week"\ncolumns = { period = "week", value = "n", area = "Locality" }'
    figures = measured(rows, header=["Locality", *days.strftime(form)], keys=keys)
    assert whole(figures) == {str(p): 100 + 2 * i for i, p in enumerate(days.to_period("W-SUN"))}


@SETTINGS
@given(tables())
def test_merged_cells_are_filled_down(table):
    book = openpyxl.Workbook()
    book.active.append(["place", "month", "n"])
    for a in table[MONTHS[0]]:
        first = book.active.max_row + 1
        for m in MONTHS:
            book.active.append([a if m == MONTHS[0] else None, m, table[m][a]])
        book.active.merge_cells(start_row=first, end_row=book.active.max_row, start_column=1, end_column=1)
    out = io.BytesIO()
    book.save(out)
    figures = measured(None, more=', area = "place"', name="figures.xlsx", data=out.getvalue())
    assert {(a, m): figures[a, m] for m, f in table.items() for a in f} == {
        (a, m): n for m, f in table.items() for a, n in f.items()
    }


@SETTINGS
@given(st.integers(0, 14), st.sampled_from(["", "..", "n/a"]))
def test_months_to_come_are_not_the_newest_quarter(empty, blank):
    rows = [[m, 7 if i < len(MONTHS) - empty else blank] for i, m in enumerate(MONTHS)]
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "figures.csv").write_bytes(text(rows, ("month", "n")))
        config = CONFIG.format(path="figures.csv", keys=COLUMNS.format(more=""), type="flow")
        (Path(name) / "measures.toml").write_text(config)
        last = pd.Period(MONTHS[-1 - empty], "M")
        quarter = newest_quarter(prepare(Path(name) / "measures.toml"))
    assert quarter.end_time <= last.end_time < (quarter + 1).end_time


# -- the configuration -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            'kind = "counts"\ncolumns = { period = "month", value = "n" }\nwheer = { sex = ["Boys"] }',
            "Did you mean 'where'",
        ),
        ('columns = { child = "id", date = "d" }\nwhere = { sex = ["Boys"] }', "`where` is for counts"),
        ('kind = "counts"\ncolumns = { period = "month", value = "n" }\ntotal = { area = ["All"] }', "'area' is none"),
        ('kind = "counts"\ncolumns = { period = "month", value = "n" }\nversions = ["a"]', "column `version`"),
        ('kind = "counts"\ncolumns = { period = "month", value = "n" }\nwhere = { sex = "Boys" }', "must be a list"),
    ],
)
def test_keys_that_cannot_be_honoured_are_refused(tmp_path, keys, said):
    (tmp_path / "measures.toml").write_text(CONFIG.format(path="x.csv", keys=keys, type="flow"))
    with pytest.raises(Refused) as refused:
        analysis.load(tmp_path / "measures.toml")
    assert said in str(refused.value)
