"""Registered events, and the sentence that says why a call was made."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.verdict.events import Event, context_in, read_events, registered_ages, title_at
from analysis.verdict.hypotheses import OLDEST
from analysis.verdict.reasons import Grounds, above_or_below, reason, reason_for_none

MARCH = pd.Period("2021-03", "M")


def recording(month, effect="recording", title="Go-live"):
    return Event(pd.Period(month, "M"), title, effect, None)


def test_events_are_read_from_mappings_and_from_objects():
    given = {"date": "2021-01-18", "title": "Go-live", "effect": "recording", "measures": ["contacts"]}
    read = read_events([given, SimpleNamespace(**given), {"date": "2021-02-01"}])
    assert read[0] == read[1] == Event(pd.Period("2021-01", "M"), "Go-live", "recording", ("contacts",))
    assert read[2] == Event(pd.Period("2021-02", "M"), "", "context", None)
    assert read[0].concerns("contacts") and not read[0].concerns("referrals")
    assert read[2].concerns("contacts")


@pytest.mark.parametrize(
    ("month", "ages"),
    [
        ("2021-01", [1, 2, 3, 4]),  # age 3 is January: a month before it, and two after
        ("2021-03", [1, 2]),
        ("2020-12", [2, 3, 4, 5]),
        ("2021-04", []),  # not yet
        ("2010-01", []),  # older than any onset that is named
    ],
)
@pytest.mark.parametrize("effect", ["recording", "definition"])
def test_a_change_may_begin_a_month_before_a_registered_one_and_two_after(month, ages, effect):
    found = registered_ages([recording(month, effect)], MARCH)
    assert found.shape == (OLDEST + 1,) and np.flatnonzero(found).tolist() == ages
    assert not registered_ages([recording(month, "context")], MARCH).any()


def test_every_registered_change_counts():
    both = registered_ages([recording("2021-03"), recording("2020-06")], MARCH)
    assert np.flatnonzero(both).tolist() == [1, 2, 8, 9, 10, 11]


@pytest.mark.parametrize(
    ("onset", "named"), [("2020-11", False), ("2020-12", True), ("2021-03", True), ("2021-04", False)]
)
def test_the_registered_change_is_named_where_the_onset_goes_with_it(onset, named):
    onset = pd.Period(onset, "M")
    assert title_at([recording("2021-01")], onset) == ("Go-live" if named else None)
    assert title_at([recording("2021-01", "context")], onset) is None
    assert title_at([recording("2021-01")], None) is None


def test_other_events_of_the_quarter_are_named_in_their_order():
    quarter = pd.period_range("2021-01", "2021-03", freq="M")
    events = [recording("2021-02", "context", "Storm"), recording("2021-02"), recording("2021-03", "context", "Strike")]
    assert context_in(events, quarter) == "Storm, Strike"
    assert context_in([recording("2020-12", "context")], quarter) is None


# -- the sentence ---------------------------------------------------------------------------------------------------


def said(call, **given):
    return reason(Grounds(call, **{"change": 0.4, "onset": pd.Period("2020-12", "M")} | given))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (0.404, "40% above"),
        (-0.4, "40% below"),
        (0.004, "level with"),
        (-0.004, "level with"),
        (0.006, "1% above"),
        (np.inf, "above"),
        (-np.inf, "below"),
    ],
)
def test_a_change_in_words(change, words):
    assert above_or_below(change) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (0.031, "3.1 percentage points above"),
        (-0.01, "1 percentage point below"),
        (0.0004, "level with"),
        (np.inf, "above"),
    ],
)
def test_a_change_of_a_percentage_is_told_in_points(change, words):
    assert above_or_below(change, points=True) == words


@pytest.mark.parametrize(
    ("sentence", "call", "given"),
    [
        (
            "The quarter lies 40% above what the season and the year before lead one to expect. So small a difference is not "
            "followed.",
            "usual variation",
            {},
        ),
        (
            "The quarter lies within what the season and the year before lead one to expect. It is 30% above the same quarter a "
            "year before. The months in between were already so, and it is measured against them.",
            "usual variation",
            {"outside": False, "shared": 0.9, "year": 0.3},
        ),
        (
            "The quarter lies within what the season and the year before lead one to expect. Since January 2020 the level has "
            "been 50% above what it was before.",
            "usual variation",
            {"outside": False, "since": pd.Period("2020-01", "M"), "level": 0.5, "year": 0.3},
        ),
        (
            "The quarter lies 40% above what the season and the year before lead one to expect. Its newest month by itself lies "
            "within what was to be expected. It has the shape of a new level since December 2020. Whether that will last is open.",
            "too early to tell",
            {"shape": "sustained shift", "month_inside": True},
        ),
        ("A short-term change began in December 2020 and has passed.", "short-term spike", {"change": -0.09}),
        (
            "The quarter lies within what the season and the year before lead one to expect. Zeros before the first case "
            "are left out, as months of which nothing was returned.",
            "usual variation",
            {"outside": False, "before": True},
        ),
        (
            "The change that began in December 2020 looks short-lived: the quarter lies 10% above what was usual before, "
            "without the shape of a new level.",
            "short-term spike",
            {"change": 0.10},
        ),
        (
            "The level changed in December 2020 and has held since: the quarter lies 40% above what was usual before. "
            "It is not only us: the nation shows most of it.",
            "sustained shift",
            {"shared": 0.6},
        ),
        (
            "The figures have been rising step by step since December 2020: the quarter lies 40% above what was usual "
            "before. It is not only us: the nation shows part of it.",
            "trend",
            {"shared": 0.3},
        ),
        (
            "The figures have been falling step by step since December 2020: the quarter lies 40% below what was usual "
            "before. It is mostly us: the nation shows little of it. In the same quarter: Storm.",
            "trend",
            {"change": -0.4, "shared": 0.29, "context": "Storm"},
        ),
        (
            "The fall that began in December 2020 is too deep and too sudden to be demand. It looks like recording, "
            "such as a change of case system.",
            "recording break",
            {},
        ),
        (
            "The change that began in December 2020 goes with a registered recording change (Go-live). "
            "So it speaks of the record and not of demand.",
            "recording break",
            {"registered": "Go-live"},
        ),
        (
            "The level changed in December 2020 and has held since: the quarter lies 40% above what was usual before. "
            "A recording change is registered then (Go-live).",
            "sustained shift",
            {"registered": "Go-live", "settled_by": pd.Period("2021-05", "M")},
        ),
        (
            "The newest month lies 40% above what the season and the year before lead one to expect. So far chance, "
            "a short-term issue and a lasting change would look alike. The quarter as a whole lies within what was to be "
            "expected. Months that are not fully recorded yet are left out. It should be clear by May 2021.",
            "too early to tell",
            {"one_month": True, "thin": True, "settled_by": pd.Period("2021-05", "M")},
        ),
        (
            "The quarter lies 40% above what the season and the year before lead one to expect. So far "
            "a short-term issue and a lasting change would look alike.",
            "too early to tell",
            {},
        ),
    ],
)
def test_each_call_has_its_sentence(sentence, call, given):
    assert said(call, **given) == sentence


def test_why_there_is_no_verdict():
    assert "too few months" in reason_for_none(enough=False, thin=True)
    assert "not fully recorded" in reason_for_none(enough=True, thin=True)
    assert "no figures to judge" in reason_for_none(enough=True, thin=False)
