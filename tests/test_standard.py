"""The standard measures: a configuration of a name, a nation and paths has them, and says only what it changes."""

import json

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.config import load
from analysis.config.presets import RETURNS
from analysis.config.standard import STANDARD, standard_measures
from analysis.errors import Refused

HEAD = '[project]\nname = "Shire"\nnation = "england"\n'
CENSUS = '[[return]]\npreset = "cin-census"\npath = "cin-*.xml"\n'
SSD = '[[return]]\npreset = "ssd"\nurl_env = "ADDRESS"\n'
REGISTER = (
    '[[dataset]]\nname = "register"\npath = "r.csv"\ncolumns = { child = "id", started = "from", ended = "to" }\n'
)


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "measures.toml").write_text(text, encoding="utf-8")
        return tmp_path / "measures.toml"

    return write


def test_a_name_a_nation_and_a_path_are_enough(written):
    read = load(written(HEAD + CENSUS))
    by_name = {m.name: m for m in read.measures}
    assert set(by_name) == {
        *("referrals", "re_referrals", "assessments_in_time", "section_47", "conferences_in_time", "children_on_plan"),
        *("plans_started", "plans_ended", "repeat_plans", "plans_of_two_years"),
    }
    assert by_name["re_referrals"].title == "Re-referrals within 12 months of a referral"
    assert by_name["assessments_in_time"].within.working_days == 45 and not any(m.target for m in read.measures)
    assert {d.name for d in read.datasets} == {
        f"cin_census_{t}" for t in ("referrals", "assessments", "section_47", "on_plan")
    }


def test_all_of_them_are_one_word_away_and_one_is_its_name_away(written):
    every = load(written(HEAD.rstrip() + '\nstandard = "all"\n' + CENSUS))
    assert {"children_in_need", "repeat_plans_soon", "plan_reviews"} <= {m.name for m in every.measures}
    one = load(written(HEAD + CENSUS + '[[measure]]\nname = "children_in_need"\n'))
    assert "children_in_need" in {m.name for m in one.measures} and len(one.measures) == 11
    none = load(written(HEAD.rstrip() + '\nstandard = "none"\n' + CENSUS + '[[measure]]\nname = "children_in_need"\n'))
    assert [m.name for m in none.measures] == ["children_in_need"]


def test_a_configuration_changes_a_title_a_limit_or_a_key_and_switches_off(written):
    changes = (
        '[[measure]]\nname = "assessments_in_time"\nlimit = 40\ntarget = [{ from = 2020-04-01, value = 0.9 }]\n'
        '[[measure]]\nname = "referrals"\ntitle = "New referrals"\n'
        '[[measure]]\nname = "section_47"\noff = true\n'
    )
    read = load(written(HEAD + CENSUS + changes))
    share = read.measure("assessments_in_time")
    assert share.title == "Assessments authorised within 40 working days of their start"
    assert share.within.working_days == 40 and share.target[0].value == 0.9
    assert read.measure("referrals").title == "New referrals"
    assert "section_47" not in {m.name for m in read.measures}


def test_measures_of_its_own_stand_beside_those_it_asks_for(written):
    own = '[[measure]]\nname = "referrals"\ntitle = "Mine"\ndataset = "cin_census_referrals"\ntype = "flow"\ndate = "referral"\n'
    assert [m.name for m in load(written(HEAD + CENSUS + own)).measures] == ["referrals"]
    both = load(written(HEAD.rstrip() + '\nstandard = "core"\n' + CENSUS + own))
    assert both.measure("referrals").title == "Mine" and len(both.measures) == 10


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            'name = "contacts"',
            "'contacts' is a standard measure, and no dataset carries it. It is made from ssd.ssd_contacts",
        ),
        (
            'name = "referals"\noff = true',
            "'referals' is switched `off`, and is no standard measure. Did you mean 'referrals'?",
        ),
        ('name = "referrals"\nlimt = 3', "unknown key 'limt'"),
        ('name = "re_referrals"\nlimit = "12 moons"', "its unit is one of days, working days, months, years"),
    ],
)
def test_a_change_that_cannot_be_honoured_is_refused(written, change, said):
    with pytest.raises(Refused) as refusal:
        load(written(HEAD + CENSUS + f"[[measure]]\n{change}\n"))
    assert said in str(refusal.value)


def test_where_two_returns_carry_one_the_database_is_taken_then_the_census(written):
    annex = '[[return]]\npreset = "annex-a"\npath = "annex-*.xlsx"\n'
    of = {m.name: m.dataset for m in load(written(HEAD + annex + CENSUS + SSD)).measures}
    assert (of["referrals"], of["contacts"], of["looked_after"]) == (
        "ssd_cin_episodes",
        "ssd_contacts",
        "ssd_periods_of_care",
    )
    of = {m.name: m.dataset for m in load(written(HEAD + annex + CENSUS)).measures}
    assert (of["referrals"], of["contacts"]) == ("cin_census_referrals", "annex_a_contacts")


def test_welsh_measures_come_from_tables_of_their_own_name_and_from_counts(written):
    text = HEAD.replace("england", "wales").rstrip() + '\nlanguage = "cy"\n' + REGISTER
    text += '[[dataset]]\nname = "section_47"\npath = "s.csv"\nkind = "counts"\ncolumns = { period = "mis", value = "ymholiadau" }\n'
    read = load(written(text))
    assert {m.name: m.title for m in read.measures}["children_on_register"] == "Plant ar y gofrestr amddiffyn plant"
    assert {m.name for m in read.measures} == {
        "children_on_register", "registrations", "deregistrations", "re_registrations", "section_47",
    }  # fmt: skip
    assert read.measure("section_47").type == "flow" and read.measure("children_on_register").unit == "children"


def test_a_column_that_no_file_has_leaves_its_measures_out():
    document = {
        "project": {"nation": "england"},
        "dataset": [{"name": "a", "preset": "annex-a", "table": "looked_after"}],
    }
    held = {"annex-a.looked_after": {"child", "started", "ended", "legal", "placements"}}
    carried = {one.name for one in standard_measures(document, held=held) if one.measure}
    assert {"looked_after", "three_placements"} <= carried and not {"dental_checks", "health_assessments"} & carried


@pytest.mark.parametrize("preset", RETURNS)
def test_every_standard_measure_of_a_return_is_a_measure(written, preset):
    place = 'url_env = "ADDRESS"' if preset == "ssd" else 'path = "x"'
    read = load(written(HEAD.rstrip() + f'\nstandard = "all"\n[[return]]\npreset = "{preset}"\n{place}\n'))
    offered = {name for name, e in STANDARD.items() if any(f"{preset}." in str(s) for s in e["from"])}
    assert {m.name for m in read.measures} == {n for n in offered if STANDARD[n].get("nation") != "wales"}
    assert all("{" not in m.title for m in read.measures)


def test_each_says_what_it_is_and_the_core_is_the_core():
    assert all({"title", "meaning", "type", "from"} <= set(e) for e in STANDARD.values())
    english = [n for n, e in STANDARD.items() if e.get("core") and e.get("nation") != "wales"]
    assert (
        len(english) == 24
    )  # of the fifteen: flows and stock together are one, ages and checks are two; and all episodes
    assert not any("target" in e for e in STANDARD.values())


def test_the_command_lists_them(written):
    config = str(written(HEAD + CENSUS))
    listed = json.loads(CliRunner().invoke(app, ["measures", "--config", config, "--json"]).stdout)
    by_name = {one["name"]: one for one in listed}
    assert by_name["referrals"]["on"] and by_name["referrals"]["dataset"] == "cin_census_referrals"
    assert by_name["contacts"]["dataset"] == "" and by_name["contacts"]["tables"][0] == "ssd.ssd_contacts"
    told = CliRunner().invoke(app, ["measures", "--config", config]).stdout
    assert (
        "re_referrals: Re-referrals within 12 months of a referral (core)" in told and "No dataset carries it" in told
    )
