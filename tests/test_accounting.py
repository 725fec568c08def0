"""Every row and every event that came in is in exactly one of: kept, set aside, outside the time of the figures, later."""

import datetime as dt
import json
import re

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis import measuring, pipeline
from analysis.periods import parse_quarter
from analysis.report import words
from analysis.schema import FATES

DAY = dt.date(2021, 4, 12)
CONFIG = """
[project]
name = "Shire"
nation = "england"
as_at = 2021-04-12

[[dataset]]
name = "care"
path = "care.csv"
kind = "cases"
columns = { child = "id", started = "started", ended = "ended", recorded = "recorded" }

[[measure]]
name = "started"
title = "Children who came into care"
dataset = "care"
type = "flow"
date = "started"

[[measure]]
name = "ended"
title = "Children who left care"
dataset = "care"
type = "flow"
date = "ended"
"""


def write(folder, rng, fates):
    """Write rows of known fate in any order: all that was open on 1 October 2018 or began since."""
    rows = []
    for fate, count in fates.items():
        for i in range(count):
            start = pd.Timestamp("2018-10-02") + pd.Timedelta(days=int(rng.integers(0, 700)))
            end = start + pd.Timedelta(days=int(rng.integers(1, 200))) if i % 2 else pd.NaT
            recorded = start
            if fate == "first end":  # a survivor
                start, end = pd.Timestamp("2018-10-01") - pd.Timedelta(days=int(rng.integers(30, 900))), pd.NaT
            elif fate == "later":
                recorded, end = pd.Timestamp("2021-04-13") + pd.Timedelta(days=int(rng.integers(0, 90))), pd.NaT
            elif fate == "after":  # of a month that is not over
                start, end = pd.Timestamp("2021-04-01") + pd.Timedelta(days=int(rng.integers(0, 12))), pd.NaT
                recorded = start
            days = [d.strftime("%d/%m/%Y") if pd.notna(d) else "" for d in (start, end, recorded)]
            rows.append([f"{fate}{i}", *(["no date", *days[1:]] if fate == "quarantined" else days)])
    rows.append(["old", "01/08/2018", "01/10/2018", "01/08/2018"])  # the first end
    order = rng.permutation(len(rows))
    table = pd.DataFrame([rows[i] for i in order], columns=["id", "started", "ended", "recorded"])
    (folder / "care.csv").write_text(table.to_csv(index=False), encoding="utf-8")
    (folder / "measures.toml").write_text(CONFIG, encoding="utf-8")
    return folder / "measures.toml"


@pytest.mark.parametrize("seed", range(6))
def test_each_row_has_the_fate_that_it_was_made_for(seed, tmp_path):
    rng = np.random.default_rng(seed)
    made = {fate: int(rng.integers(1, 40)) for fate in ("kept", "quarantined", "first end", "later", "after")} | {
        "kept": 80
    }
    prepared = pipeline.prepare(write(tmp_path, rng, made))
    (row,) = measuring.account(prepared.cleaned, prepared.project, DAY).to_dict("records")
    assert row["rows_in"] == sum(made.values()) + 1 == sum(row[fate] for fate in FATES)
    outside = made["first end"] + made["after"]
    assert [row[f] for f in FATES] == [81, made["quarantined"], outside, made["later"]]
    # of "old" the end counts, and the start does not
    assert set(row["outside_for"]) <= {"first end", "after", "undated"} and row["quarantined_for"] == [
        "DATE_UNPARSEABLE"
    ]
    events = measuring.account_of_measures(prepared.cleaned, prepared.project, DAY).pivot(
        index="fate", columns="measure", values="count"
    )
    assert events["started"].sum() == events["ended"].sum() == row["rows_in"] - row["quarantined"]
    assert events.loc["first end", "started"] == made["first end"] + 1
    months = prepared.months_at(DAY)
    for measure in ("started", "ended"):  # and what counts is what the figures add up to
        assert months.loc[months["measure"] == measure, "value"].sum() == events.loc["kept", measure]


def test_the_page_says_since_when_it_counts(tmp_path):
    config = write(tmp_path, np.random.default_rng(1), {"kept": 200, "first end": 30, "after": 2})
    made = pipeline.measured(pipeline.prepare(config), parse_quarter("2020-21Q4"), DAY)
    told = [words.gap(gap, gap["measure"]) for gap in made.gaps]
    assert [t for t in told if "counted from October 2018, when the first case was closed" in t] == told[:1]


def numbers(text: str) -> list[int]:
    return [int(n.replace(",", "")) for n in re.findall(r"about ([\d,]+)", text.lower())]


@pytest.mark.parametrize("seed", range(12))
def test_what_is_printed_adds_up(seed):
    """The sum and its parts, and the parts of each dataset, as far as they are told."""
    rng = np.random.default_rng(seed)
    exact = [
        {"dataset": f"d{i}", "quarantined_for": ["DUPLICATE_ROW"], "outside_for": ["before"], "assumed": []}
        | dict(zip(FATES, (rng.integers(20, 900, 4) * (rng.random(4) < 0.7)).tolist(), strict=True))
        for i in range(4)
    ]
    first, *of_each = words.data_quality(pipeline.as_told(exact, "council"))
    whole, *parts = numbers(first)
    assert whole == sum(parts) or not parts
    assert abs(whole - sum(q[f] for q in exact for f in FATES)) <= 20
    for said in ("set aside", "lie outside", "recorded later"):
        total = [numbers(p)[-1] for p in re.split(", | and (?=about)", first) if said in p]
        assert sum(n for text in of_each if said in text for n in numbers(text)) == sum(total)


def test_a_measure_that_is_not_on_the_page_is_named_with_its_reason(tmp_path):
    """Nothing ended, nothing yet, another area's: each by its title."""
    config = write(tmp_path, np.random.default_rng(1), {"kept": 60})
    open_cases = pd.DataFrame({"id": range(30), "began": "01/02/2020", "ceased": ""})
    (tmp_path / "plans.csv").write_text(open_cases.to_csv(index=False), encoding="utf-8")
    months = pd.period_range("2019-04", "2021-03", freq="M").strftime("%Y-%m")
    north = pd.DataFrame({"month": months, "area": "North", "visits": range(40, 64)})
    (tmp_path / "visits.csv").write_text(north.to_csv(index=False), encoding="utf-8")
    late = pd.DataFrame({"month": pd.period_range("2021-04", "2021-09", freq="M").strftime("%Y-%m"), "calls": 9})
    (tmp_path / "calls.csv").write_text(late.to_csv(index=False), encoding="utf-8")
    more = "".join(
        f'[[dataset]]\nname = "{name}"\npath = "{name}.csv"\n{keys}\n'
        f'[[measure]]\nname = "{name}"\ntitle = "All {name}"\ndataset = "{name}"\ntype = "flow"\n'
        for name, keys in (
            ("plans", 'columns = { child = "id", started = "began", ended = "ceased" }'),
            ("visits", 'kind = "counts"\ncolumns = { period = "month", value = "visits", area = "area" }'),
            ("calls", 'kind = "counts"\ncolumns = { period = "month", value = "calls" }'),
        )
    )
    more = more.replace('dataset = "plans"\n', 'dataset = "plans"\ndate = "started"\n')
    config.write_text(config.read_text().replace("as_at = 2021-04-12", "as_at = 2021-10-12") + more, encoding="utf-8")
    made = pipeline.measured(pipeline.prepare(config), parse_quarter("2020-21Q4"), dt.date(2021, 10, 12))
    absent = {
        (g["area"], g["measure"]): words.gap(g, f"All {g['measure']}") for g in made.gaps if g["kind"] == "absent"
    }
    assert "only open cases" in absent["Shire", "plans"] and "begin after this quarter" in absent["Shire", "calls"]
    assert ("North", "visits") not in absent and "do not name this area" in absent["North", "started"]
    assert all(text.startswith(f"All {measure} is not on this page") for (_, measure), text in absent.items())
    shown = {(m, a) for m, a in zip(made.months["measure"], made.months["area"], strict=True)}
    assert shown | {(m, a) for a, m in absent} == {
        (m, a) for m in ("started", "ended", "plans", "visits", "calls") for a in ("Shire", "North")
    }


def test_check_counts_the_four_for_each_dataset(tmp_path, monkeypatch, capsys):
    from analysis import cli

    config = write(tmp_path, np.random.default_rng(4), {"kept": 50, "quarantined": 3, "first end": 7, "later": 4})
    monkeypatch.chdir(tmp_path)
    for options in (("--json",), ()):
        monkeypatch.setattr("sys.argv", ["trend-or-spike", "check", *options, "--config", str(config)])
        with pytest.raises(SystemExit):
            cli.main()
        out = capsys.readouterr().out
        if options:
            (row,) = json.loads(out)["datasets"]
            assert [row[k] for k in ("rows_in", *FATES)] == [65, 51, 3, 7, 4]
        else:
            assert "of 65 rows 51 count, 3 are set aside, 7 lie outside the time of the figures" in out
    audit = (tmp_path / "outputs/restricted/check/care-audit.csv").read_text(encoding="utf-8-sig")
    assert re.search(r"ROWS_OUTSIDE,.*,7\n", audit) and re.search(r"ROWS_LATER,.*,4\n", audit)
    assert analysis.load(config).measures


STOCK = """
[project]
name = "Shire"
nation = "england"
as_at = 2021-04-12

[[dataset]]
name = "care"
path = "care.csv"
kind = "cases"
columns = { child = "id", started = "started", ended = "ended" }

[[measure]]
name = "in_care"
title = "Children in care"
dataset = "care"
type = "stock"
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_stock_counts_each_child_once_up_to_the_as_at_date(seed, tmp_path):
    """Episodes that overlap, drawn at random; nothing begins or ends after the autumn, and the children are still there."""
    rng = np.random.default_rng(seed)
    began = pd.Series(pd.Timestamp("2018-04-01") + pd.to_timedelta(rng.integers(0, 900, 300), unit="D"))
    ended = (began + pd.to_timedelta(rng.integers(1, 700, 300), unit="D")).mask(lambda s: s > "2020-10-20")
    table = pd.DataFrame({"id": rng.integers(0, 120, 300), "started": began, "ended": ended}).astype("str")
    (tmp_path / "care.csv").write_text(table.replace("NaT", "").to_csv(index=False), encoding="utf-8")
    config = tmp_path / "measures.toml"
    for unit, counted in (("", lambda rows: rows["id"].nunique()), ('unit = "rows"\n', len)):
        config.write_text(STOCK + unit, encoding="utf-8")
        prepared = pipeline.prepare(config)
        assert pipeline.newest_quarter(prepared) == parse_quarter("2020-21Q4")
        kept = prepared.cleaned[0].records.rename(columns={"child": "id"})
        months = prepared.months.set_index("period")["value"]
        for month in pd.period_range(months.index.min(), "2021-03", freq="M"):
            still = kept[(kept["started"] <= month.end_time) & ~(kept["ended"] <= month.end_time)]
            assert months[month] == counted(still), month
        made = pipeline.measured(prepared, parse_quarter("2020-21Q4"), DAY)
        told = " ".join(words.gap(gap, "Children in care") for gap in made.gaps)
        assert ("each child counts once" in told) == (unit == "")
