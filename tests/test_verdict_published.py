"""Real referrals, published by the Department for Education (Children in need, OGL 3.0): cases and outcomes.

The published file lies beside the project, not in it; without it these tests are skipped.
"""

import numpy as np
import pandas as pd
import pytest

from analysis.verdict import judge, judge_table

MONTHS = ["April", "May", "June", "July", "August", "September"]
MONTHS += ["October", "November", "December", "January", "February", "March"]
LASTING = ("sustained shift", "trend")


@pytest.fixture(scope="module")
def referrals(shared) -> pd.DataFrame:
    """Months by authority."""
    wide = pd.read_csv(shared / "data" / "dfe_referrals_by_month.csv", dtype=str, keep_default_na=False)
    wide = wide[wide["geographic_level"] == "Local authority"]
    start = pd.PeriodIndex([f"{int(year) - 1}-04" for year in wide["time_period"]], freq="M")
    parts = [
        pd.DataFrame({"month": start + i, "name": wide["la_name"], "value": pd.to_numeric(wide[m], errors="coerce")})
        for i, m in enumerate(MONTHS)
    ]
    return pd.concat(parts).pivot_table(index="month", columns="name", values="value", dropna=False).sort_index()


@pytest.mark.parametrize(
    ("name", "quarter", "allowed"),
    [
        ("Doncaster", "2021-22Q1", {"recording break"}),
        ("Doncaster", "2021-22Q2", {"recording break"}),
        ("Slough", "2016-17Q1", {"short-term spike", "too early to tell"}),
        ("Slough", "2016-17Q2", {"short-term spike", "too early to tell"}),
        ("Slough", "2016-17Q3", {"short-term spike", "too early to tell", "usual variation"}),
        ("Wigan", "2019-20Q3", {"short-term spike", "too early to tell"}),
        ("Croydon", "2019-20Q2", {"short-term spike", "too early to tell"}),
        ("Tameside", "2016-17Q3", set(LASTING)),
        ("Tameside", "2016-17Q4", set(LASTING)),
        ("Wandsworth", "2015-16Q4", set(LASTING)),
        ("Wandsworth", "2016-17Q1", set(LASTING)),
    ],
)
def test_cases_known_by_their_shape(referrals, name, quarter, allowed):
    for seen in (referrals[name], referrals.loc[: pd.Period("2022-03", "M"), name]):
        assert judge(seen, quarter=quarter).call in allowed


@pytest.fixture(scope="module")
def verdicts(referrals) -> pd.DataFrame:
    """Every authority in every second quarter from the third year on."""
    table = referrals.reset_index().melt(id_vars="month", var_name="area").assign(measure="referrals")
    table = table.rename(columns={"month": "period"})
    found = []
    for quarter in pd.period_range("2015Q1", "2024Q4", freq="Q-MAR")[::2]:
        last = quarter.asfreq("M", how="end")
        seen = table[(table["period"] <= last) & (table["period"] > last - 60)]
        found.append(judge_table(seen, quarter=quarter).assign(quarter=quarter))
    return pd.concat(found, ignore_index=True)


def test_recording_breaks_are_rare(verdicts):
    judged = verdicts[verdicts["call"] != "too little data"]
    years = len(judged) / 4
    assert (judged["call"] == "recording break").sum() / years < 1 / 100


def test_most_quarters_are_usual(verdicts):
    found = verdicts.loc[verdicts["call"] != "too little data", "call"].value_counts(normalize=True)
    assert 0.65 < found["usual variation"] < 0.85  # eight in ten would lie in a range that never widened
    assert 0.02 < found[list(LASTING)].sum() < 0.10


def test_persists_is_borne_out_by_the_year_after(referrals, verdicts):
    """Among departures, half or more remained about as often as was said; the benchmark scores it fully."""
    told, lasted = [], []
    for row in verdicts.dropna(subset="persists").itertuples():
        last = row.quarter.asfreq("M", how="end")
        counts = referrals.loc[: last + 12, row.area].to_numpy()[-27:]
        if row.quarter > pd.Period("2023Q4", "Q-MAR") or not (counts > 0).all():
            continue
        before, quarter, after = np.split(np.log(counts), [12, 15])
        change = quarter.mean() - np.median(before)
        if abs(change) > np.log(1.15):
            told.append(row.persists)
            lasted.append((after.mean() - np.median(before)) / change >= 0.5)
    told, lasted = np.array(told), np.array(lasted)
    assert len(told) > 200
    assert told.mean() == pytest.approx(lasted.mean(), abs=0.08)
    high, low = told > np.quantile(told, 0.75), told < np.quantile(told, 0.25)
    assert lasted[high].mean() - lasted[low].mean() > 0.12
