"""A commit is all or nothing, and a failing one loses nothing that was staged."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nntui.store import catalog, commands, schema
from nntui.store.reader import Reader
from nntui.store.records import LayerRecord
from nntui.store.writer import Status, Writer

#: Stages 500 steps at a time and commits, with a file size limit after some; prints what the reader sees.
FULL_DISK = """
import resource, sqlite3, sys
from pathlib import Path
import numpy as np
from nntui.store.reader import Reader
from nntui.store.writer import Status, Writer

run, limit = Path(sys.argv[1]), int(sys.argv[2])
writer = Writer(run)
writer.add_stream("step", ["loss"])
writer.commit()
reader = Reader(run)
seen = lambda: sum(curve.count.sum() for curve in reader.curves(["loss"], 0, 10**6, 1).values())
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
failed = committed = 0
for start in range(1, 20001, 500):
    if start == 5001:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    if start == 15001:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    steps = np.arange(start, start + 500)
    writer.record("step", steps, np.sqrt(steps)[:, None])
    writer.event(start, "state", "recorded")
    writer.status(Status("running", step=start + 499))
    try:
        writer.commit()
        committed = start + 499
    except sqlite3.OperationalError:
        failed += 1
    assert seen() == committed == reader.run().step, (seen(), committed)
    assert len(reader.events()) == committed // 500
writer.close()
curve = reader.curves(["loss"], 1, 20000, 10**6)["loss"]
every, exact = curve.first == np.arange(1, 20001), curve.mean == np.sqrt(curve.first, dtype="f4")
print(failed, committed, every.all(), exact.all())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of this kind are POSIX")
@pytest.mark.parametrize("limit", [0, 200_000])
def test_a_full_disk_loses_nothing_that_was_staged(limit: int, run: Path, python: Callable[..., str]) -> None:
    failed, committed, *exact = python(FULL_DISK, run, limit).split()
    assert int(failed) >= 5
    assert (committed, *exact) == ("20000", "True", "True")
    with closing(schema.connect_reader(run)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_commit_that_fails_half_way_leaves_no_half(run: Path) -> None:
    writer = Writer(run)
    writer.add_stream("step", ["loss"])
    writer.commit()
    writer.event(1, "state", "before")
    for series in ("one", "another"):
        writer.add_stream("of one name", [series])
    with pytest.raises(sqlite3.IntegrityError):
        writer.commit()
    writer.close()
    reader = Reader(run)
    assert reader.events() == []
    assert reader.series() == ("loss",)
    reader.close()


def test_a_commit_waits_for_another_writer_and_then_tells(run: Path) -> None:
    writer, other = Writer(run), schema.connect_writer(run)
    writer._db.execute("PRAGMA busy_timeout = 50")  # milliseconds
    writer.event(1, "state", "started")
    with schema.transaction(other), pytest.raises(sqlite3.OperationalError, match="locked"):
        writer.commit()
    writer.commit()
    reader = Reader(run)
    assert [event.text for event in reader.events()] == ["started"]
    for open_one in (reader, writer, other):
        open_one.close()


def test_nothing_is_seen_before_it_is_committed(run: Path) -> None:
    writer, reader = Writer(run), Reader(run)
    writer.add_stream("step", ["loss"])
    writer.record("step", np.array([1]), np.array([[0.5]]))
    writer.table("rows", 1, {"X": np.zeros(3)})
    writer.status(Status("running", step=1))
    assert reader.series() == ()
    assert reader.table("rows") is None
    assert reader.run().state == "starting"
    writer.commit()
    assert reader.series() == ("loss",)
    assert reader.run().step == 1
    writer.close()
    reader.close()


def test_the_run_is_what_the_newest_commit_says(run: Path) -> None:
    writer = Writer(run)
    layers = [LayerRecord("output", 2, 1, "sigmoid", 3)]
    writer.describe(layers, {"features": ("x1", "x2")})
    config = {"data": {}, "model": {}, "training": {"lr": 0.5}}
    writer.configure(config)
    latest = {"loss": 0.25, "grad_norm": [1.0, None]}
    writer.status(Status("paused", 7, 3, 0.5, 7, 1000.0, 2.5, "why", latest))
    writer.commit()
    writer.close()
    record = catalog.open_run(run)
    assert record.layers == tuple(layers)
    assert record.data == {"features": ["x1", "x2"]}
    assert record.config == config
    assert (record.step, record.epoch, record.progress, record.steps_per_s) == (7, 3, 0.5, 1000.0)
    assert (record.elapsed, record.reason, record.latest) == (2.5, "why", latest)


def test_a_failure_keeps_everything_but_state_and_reason(run: Path) -> None:
    writer = Writer(run)
    writer.status(Status("running", step=9, latest={"loss": 1.0}))
    writer.fail("out of memory")
    writer.commit()
    writer.close()
    record = catalog.open_run(run)
    assert (record.state, record.reason, record.step, record.latest) == ("crashed", "out of memory", 9, {"loss": 1.0})


def test_tables_are_replaced_not_gathered(run: Path) -> None:
    writer, reader = Writer(run), Reader(run)
    for step in range(5):
        writer.table("predictions", step, {"P": np.full((3, 1), step, np.float32)})
        writer.commit()
    assert reader.table_step("predictions") == 4
    found = reader.table("predictions")
    assert found is not None
    np.testing.assert_array_equal(found[1]["P"], np.full((3, 1), 4, np.float32))
    assert found[1]["P"].dtype == np.float32
    with closing(schema.connect_reader(run)) as db:
        assert db.execute("SELECT count(*) FROM tables").fetchone() == (1,)
    writer.close()
    reader.close()


def test_an_answer_is_for_one_command(run: Path) -> None:
    first, second = commands.append(run, "pause"), commands.append(run, "resume")
    writer = Writer(run)
    assert [command.id for command in writer.waiting()] == [first, second]
    writer.answer(writer.waiting()[0], "applied", 12, "paused")
    writer.commit()
    assert [command.id for command in writer.waiting()] == [second]
    writer.close()
    reader = Reader(run)
    answered, waiting = reader.commands()
    assert (answered.status, answered.step, answered.answer) == ("applied", 12, "paused")
    assert (waiting.status, waiting.step, waiting.answer) == ("waiting", None, "")
    reader.close()


@pytest.mark.parametrize("stride", [1, 7])
@pytest.mark.parametrize("breaks", [[1], [63, 64, 65], [500, 777, 1023, 1500]], ids=str)
def test_a_run_that_goes_on_is_recorded_as_if_it_had_never_stopped(
    stride: int, breaks: list[int], make_run: Callable[..., Path]
) -> None:
    steps = np.arange(1, 2001) * stride
    values = np.random.default_rng(0).normal(size=(2000, 2))

    def record(ends: list[int]) -> Path:
        run = make_run()
        for start, end in zip([0, *ends], [*ends, len(steps)], strict=True):
            writer = Writer(run)
            writer.add_stream("step", ["loss", "norm"], keep=300)
            for begun in range(max(0, start - 40), end, 50):  # some steps are made again
                writer.record("step", steps[begun : min(begun + 50, end)], values[begun : min(begun + 50, end)])
                writer.commit()
            writer.close()
        return run

    def seen(run: Path, buckets: int) -> dict[str, bytes]:
        with closing(Reader(run)) as reader:
            curve = reader.curves(["norm"], 0, int(steps[-1]), buckets)["norm"]
        return {name: getattr(curve, name).tobytes() for name in ("first", "last", "count", "low", "high", "final")}

    broken, whole = record(breaks), record([])
    for buckets in (1, 10, 100, 1000, 10**6):
        assert seen(broken, buckets) == seen(whole, buckets)


def test_a_run_cannot_go_on_with_other_series(run: Path) -> None:
    with closing(Writer(run)) as writer:
        writer.add_stream("step", ["loss"])
        writer.commit()
    with closing(Writer(run)) as writer, pytest.raises(schema.RunError, match="records"):
        writer.add_stream("step", ["loss", "norm"])
