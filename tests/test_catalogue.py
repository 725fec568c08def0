"""The configuration: every key is honoured or refused by one sentence that says where."""

import datetime as dt
import re

import pandas as pd
import pytest

from analysis.config import Condition, load
from analysis.errors import Refused

# the example of the configuration's design, one of each kind; two names were added for it to hold together
EVERY_KEY = """
[project]
name = "Sample County"
nation = "wales"                # "england" | "wales"
language = "en"
as_at = 2021-04-12
reporting_lag_days = 12
funnel = ["contacts"]

[[dataset]]                     # cases: a row is an event
name = "contacts"
path = "data/sample/contacts.csv"
kind = "cases"
columns = { child = "id", date = "event_date", category = "event_type", decided = "decided_at", recorded = "recorded_on", area = "area" }
categories = "contact_types.csv"
sheet = "List 1"
snapshot = "as_at_date"

[[dataset]]
name = "assessments"
path = "data/sample/assessments.csv"
kind = "cases"
columns = { child = "id", referral = "referral_date", started = "start_date", completed = "completed_date", authorised = "signed_off", recorded = "recorded_on", area = "team" }

[[dataset]]                     # episodes: started and ended, for stocks
name = "register"
path = "data/sample/register.csv"
kind = "cases"
columns = { child = "id", started = "start_date", ended = "end_date" }

[[dataset]]                     # counts: a row is a period's figure
name = "workforce"
path = "data/sample/workforce.csv"
kind = "counts"
grain = "month"
columns = { period = "month", value = "leavers", denominator = "posts", area = "service" }

[[dataset]]
name = "england_turnover"
sql = "select month, leavers, posts from turnover"
url_env = "REPORTING_DATABASE_URL"
kind = "counts"
grain = "week"
columns = { period = "month", value = "leavers", denominator = "posts" }
published_after_days = 60

[[dataset]]
name = "contacts_of_annex_a"
path = "annex_a.xlsx"
preset = "annex-a"
sheet = "List 1"

[[measure]]
name = "contacts"
title = "Contacts at the front door"
dataset = "contacts"
type = "flow"
date = "date"
where = { category = ["contact"] }
unit = "rows"
polarity = "none"
breakdown = ["category", "area"]

[[measure]]
name = "on_register"
title = "Children on the Child Protection Register"
dataset = "register"
type = "stock"
polarity = "none"

[[measure]]
name = "assessments_on_time"
title = "Assessments completed in time"
dataset = "assessments"
type = "percent"
within = { working_days = 42, from = "referral", to = "completed" }
cohort = "due"
bands = [2, 5, 10]
polarity = "increase"
target = [{ from = 2019-04-01, value = 0.90, kind = "local" }]

[[measure]]
name = "decisions"
title = "Decisions in a day"
dataset = "contacts"
type = "percent"
within = { hours = 24, from = "date", to = "decided" }
cohort = "completed"

[[measure]]
name = "turnover"
title = "Social workers who left"
dataset = "workforce"
type = "percent"
polarity = "decrease"
comparator = "england_turnover"

[population]
path = "data/sample/population.csv"

[[event]]
date = 2021-01-18
title = "Case system go-live"
effect = "recording"
measures = ["assessments_on_time"]
"""
SMALL = """
[project]
name = "Anywhere"
nation = "england"
[[dataset]]
name = "contacts"
path = "contacts.csv"
columns = { child = "id", date = "day", decided = "decided", category = "type" }
[[measure]]
name = "contacts"
title = "Contacts"
dataset = "contacts"
type = "flow"
"""
SHARE = SMALL.replace('"flow"', '"percent"') + 'within = { hours = 24, from = "date", to = "decided" }\n'
COUNTS = """
[[dataset]]
name = "leavers"
path = "leavers.csv"
kind = "counts"
columns = { period = "month", value = "leavers" }
[[measure]]
name = "leavers"
title = "Leavers"
dataset = "leavers"
type = "flow"
"""
EPISODES = """
[[dataset]]
name = "register"
path = "register.csv"
columns = { child = "id", ended = "end", started = "start" }
[[measure]]
name = "on_register"
title = "On the register"
dataset = "register"
type = "stock"
"""
CANARY = "s3cret-Canary"


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "measures.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def refusal(written):
    def refuse(content) -> str:
        with pytest.raises(Refused) as caught:
            load(written(content))
        assert caught.value.code == "INVALID_PARAMETER" and caught.value.exit_code == 2
        sentence = str(caught.value).removesuffix(" [INVALID_PARAMETER]")
        assert sentence.startswith("measures.toml") and sentence.endswith((".", "?")) and "\n" not in sentence
        assert CANARY not in sentence and "pydantic" not in sentence.lower()
        return sentence

    return refuse


# -- what is honoured -----------------------------------------------------------------------------------------------


def test_a_step_of_the_way_that_is_no_flow_is_refused(refusal):
    said = refusal(SMALL.replace("[project]", '[project]\nfunnel = ["contact"]'))
    assert "`funnel`, which is no measure of type flow. Did you mean 'contacts'?" in said


def test_every_key_is_read(written):
    read = load(written(EVERY_KEY))
    assert read.project.model_dump(exclude_none=True) == {
        "name": "Sample County",
        "nation": "wales",
        "language": "en",
        "as_at": dt.date(2021, 4, 12),
        "reporting_lag_days": 12,
        "funnel": ["contacts"],
    }
    contacts, england = read.dataset("contacts"), read.dataset("england_turnover")
    assert (contacts.categories, contacts.sheet, contacts.snapshot) == ("contact_types.csv", "List 1", "as_at_date")
    assert (england.sql, england.url_env) == (
        "select month, leavers, posts from turnover",
        "REPORTING_DATABASE_URL",
    )
    assert (england.kind, england.grain, england.published_after_days) == ("counts", "week", 60)
    assert read.dataset("contacts_of_annex_a").columns["date"] == "Date of Contact"
    share = read.measure("assessments_on_time")
    assert (share.within.working_days, share.within.start, share.within.end) == (42, "referral", "completed")
    assert (share.cohort, share.bands, share.polarity) == ("due", [2, 5, 10], "increase")
    assert [(t.start, t.value, t.kind) for t in share.target] == [(dt.date(2019, 4, 1), 0.9, "local")]
    flow = read.measure("contacts")
    assert (flow.date, flow.where, flow.unit, flow.breakdown) == (
        "date",
        {"category": Condition(**{"is": ["contact"]})},
        "rows",
        ["category", "area"],
    )
    assert read.measure("turnover").comparator == "england_turnover" and read.measure("decisions").within.hours == 24
    assert read.population.path == "data/sample/population.csv"
    assert [e.title for e in read.events_for("assessments_on_time")] == ["Case system go-live"]
    assert read.events_for("contacts") == []
    assert read.path.name == "measures.toml" and contacts.folder == read.path.parent


def test_a_first_configuration_needs_little(written):
    read = load(written(SMALL))
    assert read.project.reporting_lag_days == 12 and read.project.as_at is None and read.events == []
    assert (read.measure("contacts").unit, read.measure("contacts").polarity) == ("rows", "none")


def test_an_event_without_measures_concerns_all_and_events_come_by_date(written):
    event = '[[event]]\ndate = {}\ntitle = "{}"\neffect = "context"\n'
    read = load(written(SMALL + event.format("2021-01-18", "Later") + event.format("2020-03-23", "Earlier")))
    assert [e.title for e in read.events_for("contacts")] == ["Earlier", "Later"]


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf" + SMALL.encode(), SMALL.replace("\n", "\r\n").encode()],
    ids=["byte-order mark", "CRLF"],
)
def test_what_windows_editors_add_is_read_as_usual(written, content):
    assert load(written(content)) == load(written(SMALL))


def test_a_date_may_stand_in_quotes(written):
    read = load(written(SMALL.replace("nation", 'as_at = "2021-04-12"\nnation')))
    assert read.project.as_at == dt.date(2021, 4, 12)


# -- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("nation", "natoin", "[project]: unknown key 'natoin'. Did you mean 'nation'?"),
        ("[project]", "[projct]", "unknown key 'projct'. Did you mean 'project'?"),
        ("[[dataset]]", "[[datasets]]", "unknown key 'datasets'. Did you mean 'dataset'?"),
        ("[[measure]]", "[[measures]]", "unknown key 'measures'. Did you mean 'measure'?"),
        ("path", "pth", "[[dataset]] 'contacts': unknown key 'pth'. Did you mean 'path'?"),
        ('type = "flow"', 'typ = "flow"', "[[measure]] 'contacts': unknown key 'typ'. Did you mean 'type'?"),
        ('"flow"', '"flow"\nsupress = 5', "[[measure]] 'contacts': unknown key 'supress'. Known: "),
        ('type = "flow"\n', "", "[[measure]] 'contacts': the key 'type' is missing."),
        ('nation = "england"\n', "", "[project]: the key 'nation' is missing."),
        ('path = "contacts.csv"\n', "", "[[dataset]] 'contacts': give either `path` (a file or a glob) or `sql`"),
        ('title = "Contacts"', "title = 5", "[[measure]] 'contacts': key 'title' must be text in quotes."),
        ('title = "Contacts"', 'title = ""', "[[measure]] 'contacts': key 'title' must not be empty."),
        ('"england"', '"scotland"', "[project]: key 'nation' must be 'england' or 'wales'."),
        ("nation", "reporting_lag_days = -1\nnation", "'reporting_lag_days' must be greater than or equal to 0."),
        ("nation", 'reporting_lag_days = "12"\nnation', "'reporting_lag_days' must be a whole number without quotes."),
        ("nation", "reporting_lag_days = true\nnation", "'reporting_lag_days' must be a whole number without quotes."),
        ("nation", "as_at = 20210412\nnation", "[project]: key 'as_at' must be a date, for example 2021-04-12."),
        ("nation", 'as_at = "12/04/2021"\nnation', "key 'as_at' must be a date, for example 2021-04-12."),
        ("nation", "as_at = 2021-04-12T09:00:00\nnation", "key 'as_at' must be a date, for example 2021-04-12."),
        ("child =", '"Child ID" =', "[[dataset]] 'contacts': key 'Child ID' of columns must begin with a letter"),
        ('"id"', "7", "[[dataset]] 'contacts': key 'child' of columns must be text in quotes."),
        ('name = "contacts"\npath', 'name = "My contacts"\npath', "key 'name' must begin with a letter"),
        ('"flow"', '"flow"\nwhere = { category = 3 }', "key 'category' of where must be a table in braces"),
        (
            '"flow"',
            '"flow"\nwhere = { category = {} }',
            "key 'category' of where says nothing; it takes is, not, given",
        ),
        (
            '"flow"',
            '"flow"\nwhere = { category = { nott = ["a"] } }',
            "unknown key 'nott' of category of where. Did you mean 'not'?",
        ),
        ('"flow"', '"flow"\nwhere = { category = { at_least = "2 month" } }', "its unit is one of days, working days"),
        ('"flow"', '"flow"\nwhere = { category = { at_least = true } }', "must be a number, or a length of time"),
        (
            '"flow"',
            '"flow"\nwhere = { category = { within = "2 days" } }',
            "has `within` in 'category' in `where`, which is for other",
        ),
        ('"flow"', '"flow"\nwhere = { date = { at_least = 2 } }', "compares the date 'date' in `where` with a number"),
        ('"flow"', '"flow"\nwhere = { date = { at_least = "2 days" } }', "a percentage with `share` alone can"),
        ('"flow"', '"flow"\nwhere = { earlier = { date = "date" } }', "a percentage with `share` alone can"),
        ('"flow"', '"flow"\nshare = { category = ["a"] }', '`share` belongs to a measure of type "percent" or'),
        (
            '"flow"',
            '"percent"\nshare = { catgory = ["a"] }',
            "not among the columns of dataset 'contacts'. Did you mean 'category'?",
        ),
        (
            '"flow"',
            '"percent"\nshare = { earlier = { date = "dat", within = "12 months" } }',
            "'dat' in 'earlier' in `share`",
        ),
        (
            '"flow"',
            '"percent"\nshare = { earlier = { within = "12 months" } }',
            "must say which `date` of 'earlier' in `share`",
        ),
        ('"flow"', '"stock_percent"\nshare = { category = ["a"] }', "needs the columns `started` and `ended`"),
        ('"flow"', '"flow"\nextracts = true', "`extracts` is for what is open on a day"),
        (
            '"flow"',
            '"flow"\nlength = { from = "date", unit = "days" }',
            '`length` belongs to a measure of type "mean" or "stock_mean"',
        ),
        ('"flow"', '"mean"\nlength = { from = "date", unit = "weeks" }', "key 'unit' of length must be"),
        ('"flow"', '"flow"\nwhere = { category = [] }', "key 'category' of where must not be empty."),
        ('"flow"', '"flow"\nwhere = { date = ["2021"] }', "chooses rows by 'date'"),
        ('"flow"', '"flow"\npolarity = "up"', "key 'polarity' must be 'increase', 'decrease' or 'none'."),
        ('"flow"', '"flow"\nbands = [5, 2]', "[[measure]] 'contacts': `bands` are working days late in rising order"),
        ('"flow"', '"flow"\nbands = [0]', "key 'bands number 1' must be greater than 0."),
        ('"flow"', '"flow"\nbands = [2]', "[[measure]] 'contacts' has `bands`"),
        ('"flow"', '"flow"\ncohort = "due"', "[[measure]] 'contacts' has `cohort`"),
        ('"flow"', '"flow"\ncomparator = "contacts"', "is compared with itself"),
        ("columns = {", 'snapshot = ""\ncolumns = {', "[[dataset]] 'contacts': key 'snapshot' must not be empty."),
        (
            "columns = {",
            'preset = "annexa"\ncolumns = {',
            "key 'preset' must be 'dfe-open-data', 'annex-a', 'cin-census', 'ssda903' or 'ssd'.",
        ),
        ("columns = {", 'preset = "annex-a"\nsheet = 4\ncolumns = {', "key 'sheet' must be text in quotes."),
        ("columns = {", 'preset = "annex-a"\ncolumns = {', "`sheet`, one of List 1"),
        ("columns = {", 'kind = "counts"\ncolumns = {', "needs `period` and `value` among its columns."),
    ],
)
def test_one_sentence_says_file_table_key_and_the_nearest_known(refusal, old, new, said):
    assert old in SMALL
    assert said in refusal(SMALL.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hours = 24", "hour = 24", "[[measure]] 'contacts': unknown key 'hour' of within. Did you mean 'hours'?"),
        ("hours = 24", "hours = nan", "key 'hours' of within must be"),
        ("hours = 24", "hours = 0", "key 'hours' of within must be greater than 0."),
        ("hours = 24", "hours = 24, working_days = 1", "give either `working_days` or `hours`."),
        ("hours = 24, ", "", "give either `working_days` or `hours`."),
        ("hours = 24", "working_days = -1", "key 'working_days' of within must be greater than or equal to 0."),
        ("hours = 24", "working_days = 1.5", "key 'working_days' of within must be"),
        ('from = "date", ', "", "the key 'from' of within is missing."),
        ('to = "decided"', 'to = "date"', "`from` and `to` are the same."),
        ('to = "decided"', 'to = "decidd"', "uses 'decidd', which is not among the columns of dataset 'contacts'."),
        ('"percent"', '"flow"', '`within` belongs to a measure of type "percent".'),
    ],
)
def test_a_clock_says_what_is_wrong_with_it(refusal, old, new, said):
    assert old in SHARE
    assert said in refusal(SHARE.replace(old, new, 1))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("[{ from = 2019-04-01, value = 90 }]", "a target of a percentage lies between 0 and 1, for example 0.90."),
        ("[{ from = 2019-04-01, value = -0.1 }]", "lies between 0 and 1"),
        ("[{ from = 2019-04-01, value = nan }]", "key 'value' of target number 1 must be a finite number."),
        ("[{ from = 2019-04-01, value = inf }]", "key 'value' of target number 1 must be a finite number."),
        ('[{ from = 2019-04-01, value = "90%" }]', "key 'value' of target number 1 must be a number without quotes."),
        ("[{ from = 2019-04-01, value = true }]", "key 'value' of target number 1 must be a number without quotes."),
        ("[{ from = 2019-04-01, valu = 0.9 }]", "unknown key 'valu' of target number 1. Did you mean 'value'?"),
        ('[{ from = 2019-04-01, value = 0.9, kind = "mine" }]', "key 'kind' of target number 1 must be"),
        ("{ from = 2019-04-01, value = 0.9 }", "key 'target' must be a list in square brackets."),
        ("[{ from = 2019-04-01, value = 0.9 }, { from = 2019-04-01, value = 0.8 }]", "begin on the same day."),
    ],
)
def test_a_target_out_of_range_is_refused(refusal, target, said):
    sentence = refusal(f"{SHARE}target = {target}\n")
    assert said in sentence and "[[measure]] 'contacts'" in sentence


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            '[[event]]\ndate = 2021-01-18\ntitle = "Go-live"\neffect = "recording"\nmeasures = ["contact"]\n',
            "[[event]] 'Go-live' names the measure 'contact', which there is not. Did you mean 'contacts'?",
        ),
        (
            '[[event]]\ndate = "soon"\ntitle = "Go-live"\neffect = "recording"\n',
            "[[event]] number 1: key 'date' must be a date",
        ),
        ('[[event]]\ntitle = "Go-live"\neffect = "recording"\n', "[[event]] number 1: the key 'date' is missing."),
        ('[population]\npaht = "x"\n', "[population]: unknown key 'paht'. Did you mean 'path'?"),
        ('[[population]]\npath = "x"\n', "'population' is a table of its own, which begins with [population]."),
        (
            '[[measure]]\nname = "contacts"\ntitle = "Again"\ndataset = "contacts"\ntype = "flow"\n',
            "[[measure]] 'contacts' stands twice.",
        ),
        (
            '[[measure]]\nname = "b"\ntitle = "B"\ndataset = "contcts"\ntype = "flow"\n',
            "[[measure]] 'b' names the dataset 'contcts', which there is not. Did you mean 'contacts'?",
        ),
        (
            '[[measure]]\nname = "b"\ntitle = "B"\ndataset = "contacts"\ntype = "flow"\ndate = "dat"\n',
            "[[measure]] 'b' uses 'dat', which is not among the columns of dataset 'contacts'. Did you mean 'date'?",
        ),
        (
            '[[measure]]\nname = "b"\ntitle = "B"\ndataset = "contacts"\ntype = "flow"\nbreakdown = ["aera"]\n',
            "uses 'aera'",
        ),
        (
            '[[measure]]\nname = "b"\ntitle = "B"\ndataset = "contacts"\ntype = "flow"\ncomparator = "contcts"\n',
            "names the comparator 'contcts', which there is not. Did you mean 'contacts'?",
        ),
        (
            '[[measure]]\nname = "b"\ntitle = "B"\ndataset = "contacts"\ntype = "stock"\n',
            "needs the columns `started` and `ended`.",
        ),
        ('[[measure]]\nname = "b"\ntitle = "B"\ndataset = "contacts"\ntype = "percent"\n', "it needs `within`"),
        ('[[measure]]\nname = "b"\ntitle = "B"\ndataset = "contacts"\ntype = "mean"\n', "needs a column `value`."),
        (COUNTS + 'date = "period"\n', "holds counts."),
        (COUNTS + 'unit = "child"\n', "key 'unit' must be 'rows', 'children' or 'other'."),
    ],
)
def test_names_that_lead_nowhere_and_measures_that_cannot_be_made(refusal, more, said):
    assert said in refusal(SMALL + more)


@pytest.mark.parametrize("brackets", ["[dataset]", "[measure]"])
def test_one_pair_of_brackets_too_few(refusal, brackets):
    table = brackets.strip("[]")
    assert f"'{table}' is a table of its own, which begins with [[{table}]]." in refusal(
        SMALL.replace(f"[[{table}]]", brackets)
    )


def test_which_date_counts_must_be_said_where_there_are_several(refusal):
    for kind in ("flow", "mean"):
        content = SMALL + EPISODES.replace('"stock"', f'"{kind}"').replace('child = "id"', 'child = "id", value = "n"')
        assert "must say which date counts" in refusal(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (SMALL + 'type = "stock"\n', "at line 14"),  # the last of two would win in silence
        (SMALL.replace('child = "id"', 'child = "id", child = "nhs"'), "not valid TOML"),
        (SMALL + "[project]\n", "not valid TOML"),
        (SMALL.encode("utf-16"), "not UTF-8 text. Save it again as UTF-8."),
        (SMALL.encode("utf-16-le"), "not valid TOML"),
        (SMALL.replace("Anywhere", "Ynys Môn").encode("cp1252"), "not UTF-8 text."),
        ("", "the key 'project' is missing."),
        ("x = " + "[" * 9999, "not valid TOML"),
        (f"{SMALL}\npassword: {CANARY}\n", "not valid TOML"),
    ],
    ids=[
        "twice",
        "twice in a row",
        "table twice",
        "UTF-16",
        "UTF-16 without mark",
        "cp1252",
        "empty",
        "deep",
        "not TOML",
    ],
)
def test_a_file_that_is_no_configuration(refusal, content, said):
    assert said in refusal(content)


@pytest.mark.parametrize(
    "line",
    [
        f'path = "postgresql://me:{CANARY}@host/db"',
        f'path = "mssql+pyodbc:///?odbc_connect={CANARY}"',
        f'url = "postgresql://me:{CANARY}@host/db"',
        f'password = "{CANARY}"',
        f'sql = "select 1"\nurl_env = "postgresql://me:{CANARY}@host/db"',
        f'path = "a.csv"\ncategories = "https://host/{CANARY}"',
    ],
)
def test_an_address_or_password_in_the_configuration_is_refused_and_not_repeated(refusal, line):
    sentence, key = refusal(SMALL.replace('path = "contacts.csv"', line)), line.split("\n")[-1].split(" = ")[0]
    assert f"key '{key}'" in sentence and "environment variable" in sentence


def test_an_address_of_the_population_is_refused(refusal):
    assert "url_env" in refusal(f'{SMALL}[population]\npath = "https://host/{CANARY}"\n')


def test_no_configuration_says_how_to_give_one(tmp_path):
    for path in (tmp_path / "measures.toml", tmp_path):
        with pytest.raises(Refused, match="--config") as caught:
            load(path)
        assert caught.value.code == "INPUT_UNAVAILABLE"


def test_asking_for_a_name_that_is_not_there(written):
    read = load(written(SMALL))
    with pytest.raises(Refused, match=re.escape("no measure 'contcts'. Did you mean 'contacts'?")):
        read.measure("contcts")
    with pytest.raises(Refused, match="no dataset"):
        read.dataset("nothing")


# -- what follows from it -------------------------------------------------------------------------------------------


def test_open_episodes_are_kept_in_whichever_order_the_columns_are_named(written):
    assert load(written(SMALL + EPISODES)).dataset("register").event_role == "started"
    assert load(written(EVERY_KEY)).dataset("assessments").event_role == "referral"


def test_a_date_of_the_users_own_that_answers_a_clock_may_be_missing(written):
    own = SHARE.replace('decided = "decided"', 'closed_on = "closed"').replace('to = "decided"', 'to = "closed_on"')
    swapped = own.replace('date = "day", closed_on = "closed"', 'closed_on = "closed", date = "day"')
    for content in (own, swapped):
        dataset = load(written(content)).dataset("contacts")
        assert set(dataset.date_roles) == {"date", "closed_on"} and dataset.event_role == "date"


def test_a_row_that_only_says_when_it_was_recorded_has_no_event(written):
    only = SMALL.replace('date = "day", decided = "decided"', 'recorded = "day", decided = "decided"')
    assert load(written(only)).dataset("contacts").event_role == "decided"


def test_the_target_in_force_changes_in_the_middle_of_the_year(written):
    target = """target = [{ from = 2021-10-01, value = 0.95 }, { from = 2019-04-01, value = 0.90 },
                          { from = 2021-01-01, value = 0.80, kind = "national" }]\n"""
    share = load(written(SHARE + target)).measure("contacts")
    in_force = {day: share.target_on(dt.date.fromisoformat(day)) for day in ("2021-09-30", "2021-10-01", "2019-03-31")}
    assert [t and t.value for t in in_force.values()] == [0.90, 0.95, None]


@pytest.mark.parametrize(
    ("project_as_at", "lag", "quarter", "known"),
    [
        ("2021-04-12", 12, "2021Q4", "2021-04-12"),  # the newest complete quarter: the project's date
        ("2021-05-20", 12, "2021Q4", "2021-05-20"),  # however long after its end
        ("2021-05-20", 12, "2021Q3", "2021-01-12"),  # an earlier one: its end and the lag
        ("2021-04-12", 120, "2021Q3", "2021-04-12"),  # never later than the project's
        ("2021-04-12", 12, "2022Q1", "2021-04-12"),  # a quarter that has only begun
        ("2021-03-31", 12, "2021Q4", "2021-03-31"),
        ("2021-03-30", 12, "2021Q3", "2021-03-30"),  # the quarter after it still has a day to go
    ],
)
def test_what_was_known_when(written, project_as_at, lag, quarter, known):
    read = load(written(SMALL.replace("nation", f"as_at = {project_as_at}\nreporting_lag_days = {lag}\nnation")))
    quarter, newest = pd.Period(quarter, "Q-MAR"), dt.date(2030, 1, 1)
    assert read.as_at(quarter, newest=newest).isoformat() == known
    assert read.as_at(quarter, newest=newest, asked=dt.date(2021, 2, 3)) == dt.date(2021, 2, 3)


def test_without_a_date_of_its_own_the_project_knows_what_the_data_know(written):
    read = load(written(SMALL))
    assert read.as_at(pd.Period("2021Q4", "Q-MAR"), newest=dt.date(2021, 4, 3)) == dt.date(2021, 4, 3)
    assert read.as_at(pd.Period("2021Q3", "Q-MAR"), newest=dt.date(2021, 4, 3)) == dt.date(2021, 1, 12)
