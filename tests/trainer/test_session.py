"""Runs from the first step to the last, in real trainer processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nntui import config, launch, paths
from nntui.config import KNOBS, RunConfig
from nntui.store import catalog, commands, folder, schema
from nntui.store.reader import Reader
from nntui.store.records import Command
from nntui.trainer.checkpoints import LATEST, load_model
from nntui.trainer.loop import Loop
from nntui.trainer.problem import make_network, make_problem
from tests.trainer.conftest import Trained, Wait

Train = Callable[..., Trained]

posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of this kind are POSIX")


def checkpoint(run: Path) -> Path:
    return run / folder.CHECKPOINTS


def weights(run: Path) -> bytes:
    """The learned parameters in the newest checkpoint."""
    return load_model(checkpoint(run)).network.parameters.tobytes()


def make_loop(settings: RunConfig) -> Loop:
    problem = make_problem(settings)
    network = make_network(settings, problem.dataset.X.shape[1], problem.dataset.T.shape[1])
    return Loop(network, problem.inputs(problem.train), problem.targets(problem.train), settings.training)


def advance(loop: Loop, step: int) -> None:
    while loop.step < step:
        loop.run(step - loop.step)


def every_step_is_recorded(run: Trained) -> None:
    """No step is missing or there twice, up to the step that the run says it has made."""
    for name in ("loss", "grad_norm/output"):
        curve = run.curve(name)
        assert int(curve.count.sum()) == run.record().step
        assert curve.first[0] == 1
        assert (curve.first[1:] == curve.last[:-1] + 1).all()
        assert (curve.count == curve.last - curve.first + 1).all()


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
    every_step_is_recorded(run)
    assert run.curve("accuracy").last[-1] == 700
    assert [event.text for event in run.events()] == ["started", "finished"]
    loop = make_loop(config.from_dict(record.config))
    advance(loop, 700)
    assert weights(run.folder) == loop.network.parameters.tobytes()
    assert record.latest["loss"] == pytest.approx(float(run.curve("loss").final[-1]))


def test_when_the_end_is_told_the_last_checkpoint_is_there(train: Train, wait_until: Wait) -> None:
    run = train("steps=3000")
    wait_until(lambda: run.record().state == "finished")
    assert load_model(checkpoint(run.folder)).step == 3000


def test_there_is_a_checkpoint_from_the_beginning(train: Train, wait_until: Wait) -> None:
    run = train()
    wait_until((checkpoint(run.folder) / LATEST).exists)
    assert load_model(checkpoint(run.folder)).step == 0


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
    assert load_model(checkpoint(running.folder)).step == record.step
    every_step_is_recorded(running)


def test_the_same_seed_gives_the_same_weights_to_the_bit(train: Train) -> None:
    settings = ("steps=400", "optimizer=adam", "batch_size=32", "lr=0.01")
    first, second = (train(*settings, preset="deep-binary") for _ in range(2))
    assert [run.trainer.wait(60) for run in (first, second)] == [0, 0]
    assert weights(first.folder) == weights(second.folder)
    other = train(*settings, "seed=1", preset="deep-binary")
    other.trainer.wait(60)
    assert weights(other.folder) != weights(first.folder)


def test_a_rate_far_too_large_diverges_and_keeps_the_last_good_checkpoint(train: Train) -> None:
    run = train("lr=1000", preset="deep-binary")
    assert run.trainer.wait(60) == 1
    record = run.record()
    assert record.state == "diverged"
    names = {layer.name for layer in record.layers}
    assert any(f"first in {name}" in record.reason for name in names), record.reason
    assert run.events()[-1].step == record.step > 0
    every_step_is_recorded(run)
    spoiled = run.curve("loss").bad + sum(run.curve(f"grad_norm/{name}").bad for name in names)
    assert spoiled[-1] > 0
    assert not spoiled[:-1].any()
    model = load_model(checkpoint(run.folder))
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
    every_step_is_recorded(running)
    intact(running.folder)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('{"training": {"lr": -1}}', "training.lr = -1: must be a number from"),
        ('{"training": {"rate": 1}}', "unknown key training.rate"),
        ('{"data": {"source": "mnist"}}', "data.source"),
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


# Commands


def test_each_command_is_applied_at_the_step_it_says(running: Trained, wait_until: Wait) -> None:
    turned = running.ask("set", "training.lr", "0.5")
    assert (turned.status, turned.answer) == ("applied", "0.01 → 0.5")
    paused = running.ask("pause").step
    record = running.record()
    assert (record.state, record.step) == ("paused", paused)
    assert paused is not None
    assert turned.step is not None
    assert 0 < turned.step <= paused

    assert running.ask("step", value="3").step == paused
    wait_until(lambda: running.record().step == paused + 3)
    beat = running.record().heartbeat
    wait_until(lambda: running.record().heartbeat > beat)
    assert (running.record().state, running.record().step) == ("paused", paused + 3)

    assert running.ask("resume").step == paused + 3
    assert running.record().state == "running"
    wait_until(lambda: running.record().step > paused + 3)
    stopped = running.ask("stop")
    assert running.trainer.wait(60) == 0
    record = running.record()
    assert (record.state, record.step) == ("stopped", stopped.step)
    assert record.reason.startswith("by ")
    every_step_is_recorded(running)
    marked = [(event.step, event.text.partition(" by ")[0]) for event in running.events() if event.kind != "warning"]
    assert marked == [
        (0, "started"),
        (turned.step, "lr 0.01 → 0.5"),
        (paused, "paused"),
        (paused + 3, "resumed"),
        (stopped.step, "stopped"),
    ]


def test_commands_given_before_the_first_step_hold_from_it() -> None:
    settings = RunConfig().with_settings(["test_fraction=0", "epochs=1000000000"])
    run = folder.create(paths.runs_dir(), name="", preset="xor", config=settings.to_dict())
    for kind, key, value in (
        ("set", "training.lr", "0.5"),
        ("step", "", "2"),
        ("step", "", ""),
        ("stop", "", ""),
        ("pause", "", ""),
        ("set", "training.lr", "1"),
    ):
        commands.append(run, kind, key, value)
    assert launch.start_trainer(run).wait(60) == 0
    reader = Reader(run)
    answers = [(command.status, command.step, command.answer) for command in reader.commands()]
    reader.close()
    assert answers == [
        ("applied", 0, "0.1 → 0.5"),
        ("applied", 0, "2 single"),
        ("applied", 0, "1 single"),
        ("applied", 0, "stopped"),
        ("refused", 0, "the run has stopped"),
        ("refused", 0, "the run has stopped"),
    ]
    assert catalog.open_run(run).step == 0


REFUSED = [
    ("set", "model.layers", "3", "model.layers: cannot change while the network trains"),
    ("set", "training.seed", "3", "training.seed: cannot change"),
    ("set", "training.lr", "-1", "training.lr = -1.0: must be a number from"),
    ("set", "training.lr", "nan", "must be a number"),
    ("set", "training.lr", "fast", "training.lr = 'fast': must be a number"),
    ("set", "training.optimizer", "adm", "did you mean adam?"),
    ("set", "training.learning_rate", "1", "unknown key 'training.learning_rate'"),
    ("step", "", "0", "must be a whole number from 1"),
    ("step", "", "-3", "must be a whole number from 1"),
    ("step", "", "9" * 400, "must be a whole number from 1"),
    ("step", "", "00000001000000", "must be a whole number from 1"),
    ("step", "", "²", "must be a whole number from 1"),
]


def test_what_cannot_be_done_is_refused_and_changes_nothing(running: Trained) -> None:
    before = running.record().config
    for kind, key, value, told in REFUSED:
        answer = running.ask(kind, key, value)
        assert answer.status == "refused", value
        assert told in answer.answer
        assert running.record().state == "running"
    assert running.record().config == before
    assert [event.text for event in running.events()] == ["started"]


def test_a_single_step_of_a_running_network_holds_it_and_is_marked(running: Trained, wait_until: Wait) -> None:
    step = running.ask("step").step
    assert step is not None
    wait_until(lambda: running.record().step == step + 1)
    assert running.record().state == "paused"
    assert running.events()[-1].text.startswith("paused by ")
    assert running.events()[-1].step == step


def test_a_kind_of_command_from_the_future_is_refused(running: Trained) -> None:
    with closing(schema.connect_writer(running.folder)) as db:
        db.execute("INSERT INTO commands (at, who, kind, key, value) VALUES (0, 'me', 'rewind', '', '5')")
    answer = commands.wait(running.folder, 1, alive=lambda: running.trainer.poll() is None)
    assert answer is not None
    assert (answer.status, answer.answer) == ("refused", "unknown command 'rewind'")


def test_many_single_steps_may_be_ended_by_resuming(running: Trained, wait_until: Wait) -> None:
    paused = running.ask("pause")
    running.ask("step", value="1000000")
    wait_until(lambda: running.record().step > (paused.step or 0))
    assert running.record().state == "paused"
    answer = running.ask("pause")
    assert answer.step is not None
    assert answer.step < 1_000_000
    assert running.record().step == answer.step


def test_config_commands_and_seed_give_the_weights_again_to_the_bit(train: Train, wait_until: Wait) -> None:
    run = train("batch_size=64", preset="deep-binary")
    wait_until(lambda: run.record().step > 0)
    asked = [
        run.ask("set", key, value)
        for key, value in (
            ("training.optimizer", "momentum"),
            ("training.lr", "0.02"),
            ("training.batch_size", "17"),
            ("training.momentum", "0.5"),
            ("training.l2", "0.01"),
            ("training.optimizer", "adam"),
            ("training.batch_size", "0"),
        )
    ]
    asked.append(run.ask("stop"))
    run.trainer.wait(60)
    assert weights(run.folder) == replay(run, asked)


def replay(run: Trained, asked: list[Command]) -> bytes:
    """The parameters after the same commands at the same steps, from the configuration that the run began with."""
    settings = config.load(run.folder / folder.CONFIG)
    loop = make_loop(settings)
    for command in asked:
        assert command.step is not None
        advance(loop, command.step)
        if command.kind == "set":
            settings = settings.with_value(command.key, KNOBS[command.key].parse(command.value))
            loop.configure(settings.training)
    assert config.from_dict(run.record().config) == settings
    return loop.network.parameters.tobytes()


def test_epochs_turned_down_end_the_run(running: Trained) -> None:
    running.ask("set", "training.epochs", "1")
    assert running.trainer.wait(60) == 0
    assert running.record().state == "finished"
    assert running.record().progress == 1.0


# A full disk


@posix
def test_without_room_a_run_waits_and_loses_nothing(running: Trained, wait_until: Wait) -> None:
    resource = pytest.importorskip("resource")
    hard = resource.prlimit(running.trainer.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(running.trainer.pid, resource.RLIMIT_FSIZE, (60_000, hard))
    wait_until(lambda: "cannot be written" in running.log())
    stalled = running.record()
    assert stalled.live
    assert running.trainer.poll() is None
    every_step_is_recorded(running)
    resource.prlimit(running.trainer.pid, resource.RLIMIT_FSIZE, (hard, hard))
    wait_until(lambda: running.record().step > stalled.step)
    running.ask("stop")
    assert running.trainer.wait(60) == 0
    assert running.record().state == "stopped"
    every_step_is_recorded(running)
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
    every_step_is_recorded(running)
    intact(running.folder)
