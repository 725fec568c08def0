"""Published figures do not change unnoticed: verdicts of sixteen made-up series, as they were.

No figure here is right because it stands here; the tests beside this one say what is right. A change of any is a change of
what a committee reads: list it in CHANGELOG.md under **Numbers** and write the file anew with

    python tests/test_verdict_figures.py
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.verdict import expected_table, judge

STORED = Path(__file__).with_name("verdict_figures.json")
QUARTER = "2020-21Q4"
T = np.arange(60)
MONTHS = pd.period_range(end="2021-03", periods=60, freq="M")
WEEKS = pd.period_range(end=pd.Period("2021-03-28", "W-SUN"), periods=150, freq="W-SUN")
GO_LIVE = {"date": "2021-01-18", "title": "Case system go-live", "effect": "recording"}
STORM = {"date": "2021-02-03", "title": "Schools closed", "effect": "context"}


def uneven(size, count=60):
    """Scatter without chance: the same on every machine and with every version of numpy."""
    return size * ((37 * np.arange(count) ** 2 + 11 * np.arange(count)) % 101 / 50 - 1)


def monthly(values):
    return pd.Series(np.round(values), MONTHS)


def since(months):
    return 60 - months <= T


YEARLY = np.sin(2 * np.pi * T / 12)
LEVEL = 400 + 40 * YEARLY + uneven(40)
SHARE = (np.round(80 * (0.85 + uneven(0.08) - 0.25 * since(5)))) / 80
GAPS = np.where(np.isin(T, (7, 30, 31, 50)), np.nan, 1.0)

CASES = {
    "a step four months ago": (monthly(LEVEL * np.where(since(4), 1.5, 1)), {}),
    "two high months that passed": (monthly(LEVEL * np.where(since(4) & ~since(2), 2.0, 1)), {"nation": "wales"}),
    "nothing": (monthly(LEVEL), {"nation": None}),
    "two high months": (monthly(LEVEL * np.where(since(2), 1.45, 1)), {"nation": "wales", "events": [STORM]}),
    "a month that stands out": (monthly(LEVEL * np.where(since(1), 1.35, 1)), {}),
    "two low months": (monthly(LEVEL * np.where(since(2), 0.65, 1)), {"events": [GO_LIVE]}),
    "a rise for a year": (monthly(LEVEL * np.exp(0.04 * np.maximum(T - 47, 0)) * GAPS), {}),
    "a stock that grows": (monthly(300 + uneven(6) + 12 * np.maximum(T - 53, 0)), {"kind": "stock"}),
    "a share that fell": (pd.Series(SHARE, MONTHS), {"kind": "percent", "denominator": pd.Series(80.0, MONTHS)}),
    "few cases a month": (monthly(np.maximum(4 + uneven(4), 0) + 9 * since(2)), {}),
    "a record that broke off": (monthly(LEVEL * np.where(since(3), 0.2, 1) * GAPS), {"events": [GO_LIVE]}),
    "a gap that was filled": (monthly(LEVEL * np.where(since(3) & ~since(1), 0.1, 1)), {"events": [STORM]}),
    "weeks": (pd.Series(np.round(90 + uneven(30, 150) + 60 * (np.arange(150) > 130)), WEEKS), {}),
    "weeks of few, without a nation": (pd.Series(np.round(3 + uneven(3, 150)), WEEKS), {"nation": None}),
    "an average below nothing": (pd.Series(uneven(5) - 4 * since(5), MONTHS), {"kind": "value"}),
    "an older event, the nation, and late records": (
        monthly(LEVEL * np.where((T > 20) & (T < 23), 3.0, 1) * np.where(T > 33, 1.4, 1) * np.where(since(3), 1.4, 1)),
        {
            "comparator": monthly(LEVEL * np.where(since(3), 60, 50)),
            "completeness": pd.Series(np.where(since(1), 0.96, 1.0), MONTHS),
        },
    ),
}


def figures(series, given) -> dict:
    """Return a verdict in numbers and names, and what the chart draws beside it."""
    verdict = judge(series, quarter=QUARTER, **given)
    long = pd.DataFrame({"measure": "m", "area": "a", "period": series.index, "value": series.to_numpy()})
    long = long.assign(type=given.get("kind", "flow"), nation=given.get("nation", "england"))
    for name in ("denominator", "completeness", "comparator"):
        if name in given:
            long[name] = given[name].to_numpy()
    expected = expected_table(long, quarter=QUARTER)
    drawn = expected.iloc[[0, len(expected) // 2, *range(-6, 0)], 3:]
    return {
        "call": verdict.call,
        "flags": list(verdict.flags),
        "onset": str(verdict.onset),
        "settled_by": str(verdict.settled_by),
        "question": [verdict.question, str(verdict.settled_from)],
        "probabilities": list(verdict.probabilities.values()),
        "persists, change, its interval, onset": [
            verdict.persists,
            verdict.change,
            *verdict.change_interval,
            verdict.onset_probability,
        ],
        "settles": verdict.settles[["lasts_if", "passed_if", "half", "chance"]].to_numpy().ravel().tolist(),
        "half of the year": [verdict.half],
        "expected": drawn.to_numpy().ravel().tolist(),
    }


def short(told):
    """Return numbers with the seven digits that are compared at most."""
    return [float(f"{x:.7g}") for x in told] if told and isinstance(told[0], float) else told


@pytest.mark.parametrize("name", CASES)
def test_a_verdict_is_as_it_was(name):
    stored = json.loads(STORED.read_text(encoding="utf-8"))[name]
    found = figures(*CASES[name])
    for what, was in stored.items():
        if was and isinstance(was[0], float):
            assert found[what] == pytest.approx(was, rel=1e-4, abs=1e-6, nan_ok=True), what
        else:
            assert found[what] == was, what


def test_every_call_is_among_them():
    calls = {one["call"] for one in json.loads(STORED.read_text(encoding="utf-8")).values()}
    assert calls == {
        "usual variation",
        "short-term spike",
        "sustained shift",
        "trend",
        "recording break",
        "too early to tell",
    }


if __name__ == "__main__":
    found = {name: {k: short(v) for k, v in figures(*case).items()} for name, case in CASES.items()}
    lines = (f"{json.dumps(name)}: {json.dumps(told)}" for name, told in found.items())
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
