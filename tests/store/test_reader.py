"""Readers cannot write, and whatever a folder holds, it is a run or one line that says why not."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntui.config import RunConfig
from nntui.store import catalog, commands, folder, schema
from nntui.store.reader import Reader
from nntui.store.schema import DATABASE, RunError
from nntui.store.writer import Status, Writer


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with something of everything in it, closed by its writer; not to be changed."""
    run = folder.create(tmp_path_factory.mktemp("recorded"), name="", preset="xor", config=RunConfig().to_dict())
    writer = Writer(run)
    writer.add_stream("step", ["loss", "norm"])
    writer.add_stream("evaluation", ["accuracy"])
    steps = np.arange(1, 2001)
    writer.record("step", steps, np.column_stack((1 / steps, steps)))
    writer.record("evaluation", steps[::100], np.ones((20, 1)))
    writer.table("predictions", 2000, {"P": np.linspace(0, 1, 500)})
    for step in range(20):
        writer.event(step, "state", f"event {step}")
    writer.status(Status("finished", step=2000))
    writer.commit()
    writer.close()
    return run


@pytest.fixture
def copy(recorded: Path, tmp_path: Path) -> Path:
    """A copy of the recorded run, to be spoiled."""
    return Path(shutil.copytree(recorded, tmp_path / "copy"))


@pytest.fixture
def reader(recorded: Path) -> Iterator[Reader]:
    """A reader of the recorded run."""
    opened = Reader(recorded)
    yield opened
    opened.close()


def read_everything(run: Path) -> None:
    """Asks a reader for all there is."""
    catalog.open_run(run)
    reader = Reader(run)
    try:
        reader.changed()
        reader.run()
        names = reader.series()
        for wanted in (1, 100, 10**6):
            reader.curves(names, 0, 2000, wanted)
        reader.events()
        reader.commands()
        reader.table_step("predictions")
        reader.table("predictions")
    finally:
        reader.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE run SET step = 1",
        "DELETE FROM events",
        "CREATE TABLE x (y)",
        "PRAGMA user_version = 9",
        "DROP TABLE run",
    ],
)
def test_a_connection_for_reading_cannot_write(statement: str, run: Path) -> None:
    before = (run / DATABASE).read_bytes()
    with closing(schema.connect_reader(run)) as db, pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute(statement)
    assert (run / DATABASE).read_bytes() == before


def test_each_commit_is_noticed_once(run: Path) -> None:
    reader, writer = Reader(run), Writer(run)
    assert reader.changed()
    assert not reader.changed()
    writer.status(Status("running", step=1))
    assert not reader.changed()
    writer.commit()
    assert reader.changed()
    assert not reader.changed()
    commands.append(run, "pause")
    assert reader.changed()
    reader.close()
    writer.close()


def test_a_reader_leaves_no_transaction_open(run: Path) -> None:
    """Else the write-ahead log would grow for as long as anybody watches."""
    reader, writer = Reader(run), Writer(run)
    writer.add_stream("step", ["loss"])
    for step in range(1, 50):
        writer.record("step", np.array([step]), np.array([[1.0]]))
        writer.commit()
        reader.curves(["loss"], 0, step, 10)
    with closing(schema.connect_writer(run)) as db:
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert busy == 0
    reader.close()
    writer.close()


def test_series_are_asked_for_by_name_across_streams(reader: Reader) -> None:
    assert reader.series() == ("loss", "norm", "accuracy")
    curves = reader.curves(["accuracy", "nonsense", "norm"], 0, 2000, 10)
    assert list(curves) == ["accuracy", "norm"]
    assert curves["norm"].high.max() == 2000
    assert curves["accuracy"].count.sum() == 20


@pytest.mark.parametrize(("first", "last"), [(3000, 4000), (50, 40), (-20, -10), (-(2**70), 0)])
def test_a_range_without_steps_is_an_empty_curve(first: int, last: int, reader: Reader) -> None:
    assert len(reader.curves(["loss"], first, last, 10)["loss"].first) == 0


def test_a_range_may_reach_beyond_the_run(reader: Reader) -> None:
    assert reader.curves(["loss"], -5, 2**60, 3)["loss"].count.sum() == 2000


def test_no_buckets_at_all_are_told_as_one(reader: Reader) -> None:
    assert len(reader.curves(["loss"], 1, 2000, 0)["loss"].first) == 1


def test_events_come_in_order_and_from_where_one_was(reader: Reader) -> None:
    events = reader.events()
    assert [event.step for event in events] == list(range(20))
    assert [event.step for event in reader.events(after=events[16].id)] == [17, 18, 19]
    assert [event.step for event in reader.events(limit=2)] == [18, 19]


# Folders that hold something else


def refusal(run: Path) -> str:
    """The one line that everything says of this folder."""
    told = set()
    for ask in (catalog.open_run, Reader, Writer, schema.connect_reader, schema.connect_writer):
        with pytest.raises(RunError) as caught:
            ask(run)
        told.add(str(caught.value))
    assert len(told) == 1
    text = told.pop()
    assert len(text.splitlines()) == 1
    assert str(run) in text
    return text


def test_a_missing_database(tmp_path: Path) -> None:
    assert "holds no run" in refusal(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder(tmp_path: Path) -> None:
    assert "holds no run" in refusal(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_name_longer_than_any_file(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))


def test_a_folder_in_place_of_the_database(tmp_path: Path) -> None:
    (tmp_path / DATABASE).mkdir()
    assert "holds no run" in refusal(tmp_path)


def test_the_database_of_another_program(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE)) as db:
        db.execute("CREATE TABLE run (id)")
    before = (tmp_path / DATABASE).read_bytes()
    assert "not a run of nntui" in refusal(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == before


def test_a_later_format(copy: Path) -> None:
    with closing(schema.connect_writer(copy)) as db:
        db.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")
    text = refusal(copy)
    assert f"format {schema.FORMAT + 1}" in text
    assert f"reads format {schema.FORMAT}" in text


@pytest.mark.parametrize("content", [b"", b"x", b"not a database, but long enough to look like one " * 100])
def test_something_that_is_no_database(content: bytes, tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(content)
    refusal(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == content


def test_a_database_without_the_row_of_the_run(copy: Path) -> None:
    with closing(schema.connect_writer(copy)) as db:
        db.execute("DELETE FROM run")
    with pytest.raises(RunError, match=r"run\.db: cannot be read"):
        catalog.open_run(copy)
    reader = Reader(copy)
    with pytest.raises(RunError, match=r"run\.db: cannot be read"):
        reader.run()
    reader.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE run SET latest = '{'",
        "UPDATE run SET layers = '[1]'",
        "UPDATE run SET layers = '[{\"name\": 1}]'",
        "UPDATE stream SET series = 'x'",
        "UPDATE stream SET series = '[\"loss\"]'",
        "UPDATE buckets SET data = x'00'",
        "UPDATE tables SET data = x'0011'",
        "DROP TABLE buckets",
        "DROP TABLE events",
        "DROP TABLE tables",
        "DROP TABLE commands",
    ],
)
def test_every_kind_of_damage_is_one_line(statement: str, copy: Path) -> None:
    with closing(schema.connect_writer(copy)) as db:
        db.execute(statement)
    with pytest.raises(RunError) as caught:
        read_everything(copy)
    assert len(str(caught.value).splitlines()) == 1
    assert str(copy / DATABASE) in str(caught.value)


@given(data=st.data())
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_or_overwritten_database_is_a_run_or_one_line(
    data: st.DataObject, recorded: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray((recorded / DATABASE).read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    for _ in range(data.draw(st.integers(0, 8)) if content else 0):
        # Half of the damage goes to the first pages, where the structure is.
        end = data.draw(st.sampled_from([min(8192, len(content)), len(content)])) - 1
        start = data.draw(st.integers(0, end))
        junk = data.draw(st.binary(min_size=1, max_size=64))[: len(content) - start]
        content[start : start + len(junk)] = junk
    run = tmp_path_factory.mktemp("spoiled")
    (run / DATABASE).write_bytes(content)
    told = ""
    try:
        read_everything(run)
    except RunError as error:
        told = str(error)
    assert len(told.splitlines()) <= 1
    assert (run / DATABASE).read_bytes() == content


def test_a_run_that_was_removed_is_told_of(make_run: Callable[..., Path]) -> None:
    run = make_run()
    reader = Reader(run)
    folder.remove(run)
    assert isinstance(reader.run().state, str)
    reader.close()
    with pytest.raises(RunError, match="holds no run"):
        Reader(run)
