"""What one run leaves for the next may be anything by then: it is made anew, the ledger says so, and nothing breaks."""

import copy
import json
import random

import pytest
from small_project import AREAS, contents, write_notebook, write_project

from analysis import pipeline, run
from analysis.errors import Refused
from analysis.periods import parse_quarter
from analysis.run import done_records, formats

QUARTER = parse_quarter("2020-21Q4")
QUARTERS = [QUARTER - 1, QUARTER]
NAMES = ["2020-21q3-area-01", "2020-21q4-area-01"]
LASTING = ("publish", "restricted/done", "restricted/slices")
NO_JSON = [
    b"",
    b" \n",
    b"{",
    b"\x00\xff\xfe binary \x80",
    '{"key": "Gwynedd â"}'.encode("utf-16"),
    b'{"key": "\xe2"}',
    b"[" * 100_000,
    b'{"events": ' * 100_000,
    b'{"key": ' + b"9" * 5000 + b"}",
    b'{"key": "\\ud800"}',
    b"NaN",
]
TRIED = 150  # of the many things that a file may hold
VALUES = [None, True, 5, -1, 1.5, 10**400, "", "x", "\x00", "a" * 5000, [], [5], [[]], [None], {}, {"x": 5}, {"": {}}]


def of_other_types(held):
    """Give a file's content with each part of it, at every depth, put in place by a value of every kind, or left out."""
    yield from VALUES
    if isinstance(held, dict | list):
        for key in list(held) if isinstance(held, dict) else range(len(held)):
            less = copy.copy(held)
            del less[key]
            yield less
            for other in of_other_types(held[key]):
                changed = copy.copy(held)
                changed[key] = other
                yield changed


def damages(data: bytes) -> list[bytes]:
    """Return what a file that held `data` may hold instead: no JSON, half of it, JSON of other types."""
    return [
        *NO_JSON,
        data[: len(data) // 2],
        data[:-1],
        *(json.dumps(h).encode() for h in of_other_types(json.loads(data))),
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Two quarters of one area, made once, with a report that failed: the project, notebook and outputs."""
    folder = tmp_path_factory.mktemp("whole")
    prepared = pipeline.prepare(write_project(folder, AREAS[:3]))
    broken = write_notebook(folder / "broken.ipynb", {"Area 02": (1, "raise ValueError")})
    make_batch(prepared, broken, folder / "out", AREAS[:2])
    make_batch(prepared, (notebook := write_notebook(folder / "small.ipynb")), folder / "out", AREAS[:1], force=True)
    assert [name for name, _ in done_records.all_tried(folder / "out")] == [n.replace("01", "02") for n in NAMES]
    return prepared, notebook, folder / "out"


def make_batch(prepared, notebook, out, areas=AREAS[:1], quarters=QUARTERS, **given):
    return run.make_reports(prepared, run.plan(prepared, quarters, areas), out, notebook=notebook, **given)


def events(out):
    return [e["what"] for e in json.loads((out / "restricted/ledger.json").read_text())["events"]]


def restore(out, files):
    """Bring a folder of outputs back to what it was."""
    for path in [p for p in out.rglob("*") if p.is_file()]:
        if path.relative_to(out).as_posix() not in files:
            path.unlink()
    for name, data in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)


FORMATS = {
    "ledger.json": formats.History,
    f"done/{NAMES[1]}.json": formats.Done,
    "failed/2020-21q4-area-02.json": formats.Tried,
    "slices/council/2020-21q3/cut.json": formats.SnapshotRecord,
    "run.json": formats.Holder,
}


@pytest.fixture
def outputs(whole):
    """The outputs, with the note of a run that ended without letting go; brought back afterwards."""
    out = whole[2]
    note = out / "restricted/run.json"
    note.write_text(json.dumps({"pid": 4194305, "host": "gone", "started": "2020-01-01T00:00:00+00:00"}))
    files = contents(out)
    yield out
    restore(out, files)
    note.unlink()


@pytest.mark.parametrize("name", FORMATS)
def test_whatever_a_file_holds_it_is_read_as_written_or_not_at_all(outputs, name):
    path = outputs / "restricted" / name
    data = path.read_bytes()
    assert formats.read_state(path, FORMATS[name]) == json.loads(data)
    every = damages(data)
    for damage in random.Random(1).sample(every, min(TRIED, len(every))):
        path.write_bytes(damage)
        held = formats.read_state(path, FORMATS[name])
        assert held is None or FORMATS[name].model_validate(held)
        # and whoever reads it breaks at none of what is let through
        ledger = done_records.Ledger(outputs)
        ledger.add("something")
        ledger.save()
        done_records._said(done_records._read(outputs / "restricted/run.json"))
        done_records.lost(outputs)
        for one in NAMES:
            done_records.is_whole(outputs, formats.read_state(done_records.done_path(outputs, one), formats.Done))
            done_records.earlier(outputs, one, outputs / "publish/2020-21-q4/area-01/figures.csv")
        if name != "ledger.json":
            assert path.read_bytes() == damage


NOTICES = {
    "ledger.json": "ledger rebuilt",
    f"done/{NAMES[1]}.json": "a record was damaged",
    "failed/2020-21q4-area-02.json": "a record was damaged",
    "slices/council/2020-21q3/cut.json": "slices unfinished, damaged",
    "run.json": "taken over from a run",
}
SHAPES = [
    b'{"events": [5]}',
    b"[]",
    b"null",
    b'{"events": {}, "key": {}, "files": [5]}',
    b"\xff\x00",
    b"",
    b"[" * 100_000,
]


@pytest.mark.parametrize("name", NOTICES)
@pytest.mark.parametrize("some", [0, *(pytest.param(n, marks=pytest.mark.full) for n in (1, 2))])
def test_a_run_makes_anew_what_was_damaged_and_says_so(whole, outputs, name, some):
    prepared, notebook, out = whole
    path, before = out / "restricted" / name, contents(out, *LASTING)
    files = contents(out)
    every = damages(path.read_bytes())
    likely = random.Random(some).sample(every, min(20, len(every)))
    wrong = next(d for d in likely if not is_read(path, d, FORMATS[name]))
    for damage in [*SHAPES[some::3], wrong]:
        restore(out, files)
        path.write_bytes(damage)
        said = len(events(out)) if name != "ledger.json" else 0
        made = make_batch(prepared, notebook, out)
        assert all(m.page for m in made)
        assert sum(e.startswith(NOTICES[name]) for e in events(out)[said:]) == 1, damage[:50]
        if name.startswith("done"):
            assert [m.already for m in made] == [True, False]
            record = formats.read_state(path, formats.Done)
            assert (record["issue"], record["revision"]) == (0, [])
            assert contents(out, "publish") == {n: d for n, d in before.items() if n.startswith("publish")}
        else:
            same = {n for n, d in contents(out, *LASTING).items() if before[n] == d}
            unlisted = {"publish/index.html"} if name.startswith("failed") else set()
            assert all(m.already for m in made) and same == before.keys() - unlisted, damage[:50]
        assert name != "failed/2020-21q4-area-02.json" or path.read_bytes() == damage
    if name.startswith("failed"):
        (made,) = make_batch(prepared, notebook, out, AREAS[1:2], [QUARTER], only_failed=True)
        assert made.page and not path.exists()


def is_read(path, data, held):
    whole = path.read_bytes()
    path.write_bytes(data)
    value = formats.read_state(path, held)
    path.write_bytes(whole)
    return value is not None


SLICES = ["months.parquet", "quarters.parquet", "parts.parquet", "facts.json", "released.parquet"]


@pytest.mark.parametrize("quarter", ["2020-21q3", pytest.param("2020-21q4", marks=pytest.mark.full)])
@pytest.mark.parametrize("file", SLICES)
def test_slices_that_were_damaged_are_cut_again(whole, outputs, quarter, file):
    prepared, notebook, out = whole
    before = contents(out, *LASTING)
    path = next((out / "restricted/slices/council" / quarter).rglob(file))
    for damage in (None, path.read_bytes()[:-9]):
        path.unlink() if damage is None else path.write_bytes(damage)
        made = make_batch(prepared, notebook, out, quarters=[QUARTER])
        assert made[0].already and contents(out, *LASTING) == before
        assert events(out)[-1].startswith("slices unfinished, damaged")


def test_what_a_lost_record_published_still_counts_as_published(whole, outputs):
    """What an earlier page tells must not give away what a later one hides, whether or not its record can be read."""
    prepared, _, out = whole
    (out / "restricted/done/2020-21q3-area-01.json").write_bytes(b"[]")
    snapshot_maker = run.quarters.SnapshotMaker(
        prepared, [(QUARTER, a) for a in pipeline.areas(prepared)], out, profile="council", asked=None
    )
    assert set(snapshot_maker._published) == set(QUARTERS)
    key = json.loads((out / "restricted/slices/council/2020-21q4/cut.json").read_text())["key"]
    snapshot_maker.slices(QUARTER)
    assert json.loads((out / "restricted/slices/council/2020-21q4/cut.json").read_text())["key"] == key


@pytest.mark.parametrize("damage", [None, pytest.param(b"", marks=pytest.mark.full), b"measure,period\n1,2\n"])
def test_a_page_does_not_say_what_changed_where_nobody_knows(tmp_path, damage):
    """The former figures were altered or deleted, and the data have changed."""
    prepared = pipeline.prepare(write_project(tmp_path, AREAS[:3]))
    notebook, out = write_notebook(tmp_path / "small.ipynb"), tmp_path / "out"
    (made,) = make_batch(prepared, notebook, out, quarters=[QUARTER])
    figures = made.page.with_name("figures.csv")
    figures.unlink() if damage is None else figures.write_bytes(damage)
    changed = (tmp_path / "figures.csv").read_text().replace("2021-02,", "2021-02,9", 1)
    (tmp_path / "figures.csv").write_text(changed)
    (made,) = make_batch(pipeline.prepare(tmp_path / "measures.toml"), notebook, out, quarters=[QUARTER])
    record = formats.read_state(done_records.done_path(out, made.name), formats.Done)
    assert record["issue"] == 2 and "cannot be said" in record["revision"][1] and len(record["revision"]) == 2


def test_a_page_whose_record_is_lost_gives_itself_no_number(tmp_path):
    prepared = pipeline.prepare(write_project(tmp_path, AREAS[:3]))
    notebook, out = write_notebook(tmp_path / "small.ipynb"), tmp_path / "out"
    make_batch(prepared, notebook, out, quarters=[QUARTER])
    done_records.done_path(out, NAMES[1]).write_bytes(b"{}")
    changed = (tmp_path / "figures.csv").read_text().replace("2021-02,", "2021-02,9", 1)
    (tmp_path / "figures.csv").write_text(changed)
    (made,) = make_batch(pipeline.prepare(tmp_path / "measures.toml"), notebook, out, quarters=[QUARTER])
    record = formats.read_state(done_records.done_path(out, made.name), formats.Done)
    assert record["issue"] == 0 and len(record["revision"]) == 2
    assert "how often is not known" in record["revision"][0] and "cannot be said" in record["revision"][1]


@pytest.mark.parametrize("name", ["done", "failed", f"done/{NAMES[1]}.json", "failed/2020-21q4-area-02.json"])
def test_a_folder_for_a_file_and_a_file_for_a_folder_are_refused_in_words(whole, tmp_path, name):
    prepared, notebook, _ = whole
    path = tmp_path / "out/restricted" / name
    path.parent.mkdir(parents=True)
    path.mkdir() if path.suffix else path.write_text("")
    with pytest.raises(Refused, match="Move it away") as refusal:
        make_batch(prepared, notebook, tmp_path / "out")
    assert refusal.value.code == "UNSAFE_NAME"
