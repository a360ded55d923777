"""Runs from the first step to the last, in real trainer processes."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nntui import config, launch, paths
from nntui.config import RunConfig
from nntui.store import catalog, commands, folder, room, schema
from nntui.store.reader import Reader
from nntui.store.writer import Writer
from nntui.trainer import checkpoints
from nntui.trainer.checkpoints import LATEST, CheckpointError
from nntui.trainer.loop import Loop
from nntui.trainer.recall import Past
from nntui.trainer.session import Session
from tests.trainer.conftest import Trained, Wait, advance, make_loop

Train = Callable[..., Trained]

posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of this kind are POSIX")


def intact(run: Path) -> None:
    with closing(schema.connect_reader(run)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# How runs end


def test_a_run_finishes_with_everything_recorded(train: Train) -> None:
    run = train("epochs=700", "lr=0.5")
    assert run.trainer.wait(60) == 0
    record = run.record()
    assert (record.state, record.step, record.epoch, record.progress) == ("finished", 700, 700, 1.0)
    assert record.elapsed > 0
    assert record.steps_per_s > 0
    run.check_steps()
    assert run.curve("accuracy").last[-1] == 700
    assert [event.text for event in run.events()] == ["started", "finished"]
    loop = make_loop(config.from_dict(record.config))
    advance(loop, 700)
    assert run.weights() == loop.network.parameters.tobytes()
    assert record.latest["loss"] == pytest.approx(float(run.curve("loss").final[-1]))


def test_when_the_end_is_told_the_last_checkpoint_is_there(train: Train, wait_until: Wait) -> None:
    run = train("steps=3000")
    wait_until(lambda: run.record().state == "finished")
    assert run.model().step == 3000


def test_there_is_a_checkpoint_from_the_beginning(train: Train, wait_until: Wait) -> None:
    run = train()
    wait_until((run.folder / folder.CHECKPOINTS / LATEST).exists)
    assert run.model().step == 0


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("paused", [False, True])
def test_a_signal_stops_the_run_in_good_order(number: signal.Signals, paused: bool, running: Trained) -> None:
    if paused:
        running.ask("pause")
    running.trainer.send_signal(number)
    assert running.trainer.wait(60) == 0
    record = running.record()
    assert (record.state, record.reason) == ("stopped", "by signal")
    assert running.model().step == record.step
    running.check_steps()


def test_the_same_seed_gives_the_same_weights_to_the_bit(train: Train) -> None:
    settings = ("steps=400", "optimizer=adam", "batch_size=32", "lr=0.01")
    first, second = (train(*settings, preset="deep-binary") for _ in range(2))
    assert [run.trainer.wait(60) for run in (first, second)] == [0, 0]
    assert first.weights() == second.weights()
    other = train(*settings, "seed=1", preset="deep-binary")
    other.trainer.wait(60)
    assert other.weights() != first.weights()


def test_a_rate_far_too_large_diverges_and_keeps_the_last_good_checkpoint(train: Train) -> None:
    network = ("layers=64,64,64,64,64,64", "activation=relu", "init=he")
    run = train("source=plane", "target=height", *network, "lr=1000")
    assert run.trainer.wait(60) == 1
    record = run.record()
    assert record.state == "diverged"
    names = {layer.name for layer in record.layers}
    assert any(f"first in {name}" in record.reason for name in names), record.reason
    assert run.events()[-1].step == record.step > 0
    run.check_steps()
    spoiled = run.curve("loss").bad + sum(run.curve(f"grad_norm/{name}").bad for name in names)
    assert spoiled[-1] > 0
    assert not spoiled[:-1].any()
    model = run.model()
    assert model.step < record.step
    assert np.isfinite(model.network.parameters).all()
    assert record.latest["loss"] is None or np.isfinite(record.latest["loss"])


@posix
def test_a_killed_trainer_is_told_as_crashed_at_the_last_recorded_step(running: Trained) -> None:
    running.trainer.kill()
    running.trainer.wait()
    record = running.record()
    assert (record.state, record.reason) == ("crashed", catalog.VANISHED)
    assert record.step > 0
    running.check_steps()
    intact(running.folder)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('{"data": {}, "model": {}, "training": {"lr": -1}}', "training.lr = -1: must be a number from"),
        ('{"data": {}, "model": {}, "training": {"rate": 1}}', "unknown key training.rate"),
        ('{"data": {"source": "mnist"}, "model": {}, "training": {}}', "data.source"),
        ("[1]", ""),
        ("{", "run.db: cannot be read"),
    ],
)
def test_a_bad_configuration_crashes_with_its_reason(written: str, told: str) -> None:
    run = folder.create(paths.runs_dir(), name="", preset="xor", config={})
    with closing(schema.connect_writer(run)) as db:
        db.execute("UPDATE run SET config = ?", (written,))
    assert launch.start_trainer(run).wait(60) == 1
    with closing(schema.connect_reader(run)) as db:
        state, reason = db.execute("SELECT state, reason FROM run").fetchone()
    assert state == "crashed"
    assert told in reason
    assert len(reason.splitlines()) == 1
    assert "Traceback" not in reason


# A full disk


@posix
def test_without_room_a_run_waits_and_loses_nothing(running: Trained, wait_until: Wait) -> None:
    resource = pytest.importorskip("resource")
    hard = resource.prlimit(running.trainer.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(running.trainer.pid, resource.RLIMIT_FSIZE, (60_000, hard))
    wait_until(lambda: "cannot be written" in running.log())
    wait_until(lambda: running.record().waits_for_room)
    stalled = running.record()
    assert (stalled.live, stalled.standing, stalled.why) == (True, "waits", "no room on the disk")
    assert (running.folder / room.FILE).stat().st_mode & 0o777 == 0o600
    assert running.trainer.poll() is None
    running.check_steps()
    asked = commands.append(running.folder, "stop")
    assert commands.wait(running.folder, asked, alive=lambda: True, seconds=0.5) is None
    assert running.trainer.poll() is None
    resource.prlimit(running.trainer.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert running.trainer.wait(60) == 0
    assert running.record().state == "stopped"
    assert not (running.folder / room.FILE).exists()
    told = [event for event in running.events() if event.text.startswith("waited")]
    assert [re.sub(r"\d+", "N", event.text) for event in told] == ["waited N s for room on the disk"]
    assert told[0].step >= stalled.step
    running.check_steps()
    intact(running.folder)
    assert running.log().count("cannot be written") == 1
    assert "Traceback" not in running.log()


@posix
def test_a_signal_ends_a_run_that_waits_for_room(running: Trained, wait_until: Wait) -> None:
    resource = pytest.importorskip("resource")
    hard = resource.prlimit(running.trainer.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(running.trainer.pid, resource.RLIMIT_FSIZE, (60_000, hard))
    wait_until(lambda: "cannot be written" in running.log())
    running.trainer.terminate()
    assert running.trainer.wait(60) == 1
    assert running.record().state == "crashed"
    assert running.record().reason.startswith("told to stop by a signal while nothing could be written")
    assert not running.record().waits_for_room
    running.check_steps()
    intact(running.folder)


@posix
def test_who_goes_on_with_a_run_that_was_killed_while_it_waited_does_not_wait(
    running: Trained, wait_until: Wait
) -> None:
    resource = pytest.importorskip("resource")
    hard = resource.prlimit(running.trainer.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(running.trainer.pid, resource.RLIMIT_FSIZE, (60_000, hard))
    wait_until(lambda: running.record().waits_for_room)
    running.trainer.kill()
    running.trainer.wait()
    assert (running.folder / room.FILE).exists()
    assert running.record().standing == "crashed"
    last = running.record().step
    _, running.trainer = launch.start_again(running.folder, [("resume", "", "")])
    wait_until(lambda: running.record().step > last)
    assert running.record().standing == "running"
    running.ask("stop")


# Inside the process, where the moment can be chosen


@pytest.fixture
def session() -> Iterator[Session]:
    """A run of 50 steps, not begun."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    settings = RunConfig().with_settings(["test_fraction=0", "steps=50"])
    yield Session(folder.create(paths.runs_dir(), name="", preset="xor", config=settings.to_dict()))
    for number, handler in before.items():
        signal.signal(number, handler)


def only_run() -> Path:
    return next(paths.runs_dir().iterdir())


def test_no_end_is_told_before_its_checkpoint(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, save = [], checkpoints.save_checkpoint

    def look_and_save(*arguments: Any) -> None:
        seen.append(catalog.open_run(only_run()).state)
        save(*arguments)

    monkeypatch.setattr(checkpoints, "save_checkpoint", look_and_save)
    assert session.run() == "finished"
    assert len(seen) >= 2
    assert set(seen) == {"running"}
    assert catalog.open_run(only_run()).state == "finished"


def test_what_is_asked_too_late_is_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    save = checkpoints.save_checkpoint

    def ask_and_save(place: Path, loop: Loop, *arguments: Any) -> None:
        if loop.finished:
            commands.append(only_run(), "pause")
        save(place, loop, *arguments)

    monkeypatch.setattr(checkpoints, "save_checkpoint", ask_and_save)
    session.run()
    answer = commands.wait(only_run(), 1, alive=lambda: False)
    assert answer is not None
    assert (answer.status, answer.step, answer.answer) == ("refused", 50, "the run has finished")


def test_without_room_no_step_is_made_until_there_is_some(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, tried, slept = Writer.commit, [0], [0.0]
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    clock = time.monotonic
    monkeypatch.setattr(time, "sleep", lambda seconds: slept.append(100 * seconds))
    monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(slept))
    monkeypatch.setattr("nntui.trainer.journal.FLUSH_SECONDS", 0.0)

    def fail_three_times(writer: Writer) -> None:
        tried.append(session._loop.step)
        if 4 <= len(tried) <= 6:
            raise full
        commit(writer)

    monkeypatch.setattr(Writer, "commit", fail_three_times)
    assert session.run() == "finished"
    assert len(set(tried[3:7])) == 1
    assert len(slept) == 4
    assert min(slept[1:]) > 10
    reader = Reader(only_run())
    waited = [event.text for event in reader.events() if event.kind == "warning"]
    assert len(waited) == 1
    assert re.fullmatch(r"waited 1\d\d s for room on the disk", waited[0])
    assert 0 < reader.run().elapsed < 60  # of training
    assert reader.curves(["loss"], 0, 50, 1)["loss"].count.sum() == 50
    reader.close()


def test_a_checkpoint_that_cannot_be_written_is_a_warning(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_checkpoint", fail)
    assert session.run() == "finished"
    reader = Reader(only_run())
    warnings = [event.text for event in reader.events() if event.kind == "warning"]
    reader.close()
    assert set(warnings) == {"no checkpoint: No space left on device"}


def test_a_step_that_cannot_be_reached_again_is_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the run is where it was."""
    wanted = iter([("rewind", "", "2"), ("stop", "", "")])

    def fail(*arguments: object, **options: object) -> None:
        raise CheckpointError("step 2 cannot be reached again")

    monkeypatch.setattr(Past, "at", fail)
    monkeypatch.setattr(Session, "_idle", lambda self: commands.append(only_run(), *next(wanted)))
    commands.append(only_run(), "step", value="5")
    assert session.run() == "stopped"
    given = commands.listed(only_run())
    assert [(command.kind, command.status, command.step) for command in given] == [
        ("step", "applied", 0),
        ("rewind", "refused", 5),
        ("stop", "applied", 5),
    ]
    assert "cannot be reached again" in given[1].answer


def test_how_far_it_is_on_the_way_back_is_told(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, told, beat = iter([("rewind", "", "40"), ("stop", "", "")]), list[str](), Writer.beat

    def listen(writer: Writer, doing: str = "") -> None:
        beat(writer, doing)
        told.append(catalog.open_run(only_run()).reason)

    monkeypatch.setattr("nntui.trainer.journal.TELL_SECONDS", 0.0)
    monkeypatch.setattr(Writer, "beat", listen)
    monkeypatch.setattr(Session, "_idle", lambda self: commands.append(only_run(), *next(wanted)))
    commands.append(only_run(), "step", value="45")
    assert session.run() == "stopped"
    assert told[0].startswith("making step 40 again: ")
    assert told[-1] == "making step 40 again: 100%"
    assert catalog.open_run(only_run()).reason == "by " + commands.listed(only_run())[-1].who
