"""A run that was killed, stopped or finished goes on as if it had never stopped, to the bit."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from nntui import config, launch
from nntui.config import RunConfig
from nntui.knobs import KNOBS
from nntui.store import catalog, commands
from nntui.store.folder import CHECKPOINTS
from nntui.store.reader import Reader
from nntui.store.schema import FOREVER, RunError
from nntui.trainer import SIGNALS, checkpoints, recall
from nntui.trainer.checkpoints import LATEST
from nntui.trainer.learner import Learner
from nntui.trainer.loop import Loop, Slice
from nntui.trainer.problem import make_problem
from nntui.trainer.recall import Past
from nntui.trainer.replay import Verdict, replay
from nntui.trainer.session import Session
from nntui.turns import path_of
from tests.trainer.conftest import Trained, Wait, advance, make_loop, turn

Train = Callable[..., Trained]


def undisturbed(run: Trained) -> bytes:
    """The weights of a run that has had the same commands at the same steps, and was never stopped."""
    settings = config.from_dict(catalog.first_config(run.folder))
    loop, task = make_loop(settings), make_problem(settings).dataset.task
    reader = Reader(run.folder)
    for command in path_of(reader.commands(FOREVER)):
        advance(loop, command.step)
        settings = settings.with_value(command.key, KNOBS[command.key].parse(command.value))
        turn(loop, settings, task)
    reader.close()
    record = run.record()
    advance(loop, run.model().step if record.state == "diverged" else record.step)
    return loop.network.parameters.tobytes()


def get_further(run: Trained, steps: int, wait_until: Wait) -> None:
    reached = run.record().step
    wait_until(lambda: run.record().step >= reached + steps)


def again(run: Trained, *changes: tuple[str, str]) -> Trained:
    asked = [*(("set", key, value) for key, value in changes), ("resume", "", "")]
    return Trained(run.folder, launch.start_again(run.folder, asked)[1])


SETTINGS = {
    "xor": ["preset=xor", "optimizer=adam"],
    "dropout": ["preset=deep-binary", "dropout=0.2", "optimizer=rmsprop", "batch_size=32"],
    "patience": ["preset=deep-binary", "patience=1000000", "schedule=on-plateau", "optimizer=momentum"],
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_run_killed_again_and_again_ends_as_if_nothing_had_been(kind: str, train: Train, wait_until: Wait) -> None:
    preset, *settings = SETTINGS[kind]
    run = train(*settings, preset=preset.removeprefix("preset="))
    chance = random.Random(1)
    for _ in range(3):
        get_further(run, chance.randrange(1, 500), wait_until)
        answer = run.ask("set", "training.lr", str(chance.choice([0.01, 0.02, 0.05])))
        assert answer.status == "applied", answer
        run.trainer.kill()
        run.trainer.wait()
        run = again(run)
    assert run.ask("stop").status == "applied"
    assert run.trainer.wait(60) == 0
    run.check_steps()
    assert run.weights() == undisturbed(run)


def test_a_finished_run_gets_more_epochs(train: Train) -> None:
    run = train("epochs=300", "optimizer=adam")
    assert run.trainer.wait(60) == 0
    run = again(run, ("training.lr", "0.05"), ("training.epochs", "500"))  # at its end, any knob can be turned
    assert run.trainer.wait(60) == 0
    record = run.record()
    assert (record.state, record.step, record.epoch) == ("finished", 500, 500)
    run.check_steps()
    assert run.weights() == undisturbed(run)
    assert [event.what for event in run.events()][:2] == ["started", "finished"]
    assert [event.kind for event in run.events()] == ["state", "state", "set", "set", "state", "state"]
    assert run.events()[-1].text == "finished"


def test_the_loss_of_each_row_goes_on_where_it_was(train: Train) -> None:
    run = train("epochs=300")
    assert run.trainer.wait(60) == 0
    before = run.table("history")["steps"]
    run = again(run, ("training.epochs", "100000"))
    assert run.trainer.wait(60) == 0
    after = run.table("history")["steps"]
    assert set(after) & set(before)
    assert after.max() > 300


def test_without_a_word_a_run_that_has_begun_does_not_go_on(train: Train, wait_until: Wait) -> None:
    run = train("epochs=300")
    assert run.trainer.wait(60) == 0
    commands.reopen(run.folder)
    run = Trained(run.folder, launch.start_trainer(run.folder))
    wait_until(lambda: run.record().state == "paused")
    assert run.record().step == 300
    assert run.ask("stop").status == "applied"
    assert run.trainer.wait(60) == 0


def test_a_stop_that_nobody_obeyed_does_not_end_who_goes_on(running: Trained, wait_until: Wait) -> None:
    psutil.Process(running.trainer.pid).suspend()
    asked = commands.append(running.folder, "stop")
    running.trainer.kill()
    running.trainer.wait()
    run = again(running)
    get_further(run, 100, wait_until)
    told = commands.listed(run.folder)[asked - 1]
    assert (told.status, told.answer) == ("refused", "the trainer ended before")
    assert run.ask("stop").status == "applied"
    assert run.trainer.wait(60) == 0


def test_a_run_has_one_trainer(running: Trained) -> None:
    with pytest.raises(RunError, match="it has a trainer already"):
        launch.start_again(running.folder, [])
    assert running.ask("pause").status == "applied"


@pytest.mark.parametrize("damage", ["newest", "all", "flipped bit"])
def test_where_checkpoints_are_lost_their_steps_are_made_again(damage: str, train: Train, wait_until: Wait) -> None:
    run = train("optimizer=adam")
    get_further(run, 5000, wait_until)
    run.ask("stop")
    run.trainer.wait()
    place = run.folder / CHECKPOINTS
    if damage == "newest":
        (place / LATEST).unlink()
    elif damage == "flipped bit":
        content = bytearray((place / LATEST).read_bytes())
        content[-5] ^= 1
        (place / LATEST).write_bytes(content)
    else:
        for path in place.iterdir():
            path.unlink()
    run = again(run)
    get_further(run, 100, wait_until)
    run.ask("stop")
    run.trainer.wait()
    run.check_steps()
    assert run.weights() == undisturbed(run)


def test_a_replay_says_whether_and_where_weights_part(train: Train, wait_until: Wait) -> None:
    run = train("optimizer=adam", preset="deep-binary")
    for value in ("0.01", "0.002"):
        get_further(run, 100, wait_until)
        run.ask("set", "training.lr", value)
    run.ask("stop")
    run.trainer.wait()
    steps = run.record().step
    assert replay(run.folder, lambda made: None) == Verdict(steps, 2, steps, None)
    with closing(sqlite3.connect(run.folder / "run.db")) as db:
        db.execute("UPDATE commands SET value = '0.003' WHERE value = '0.002'")
        db.commit()
    verdict = replay(run.folder, lambda made: None)
    assert verdict.parted == steps
    assert verdict.agreed < steps


class Killed(BaseException):
    """Stands for the end of the process: nothing is written after it."""


def test_a_knob_is_turned_once_though_the_trainer_is_killed_between_checkpoint_and_record(
    train: Train, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train("activation=tanh", "optimizer=adam")
    get_further(run, 500, wait_until)
    run.ask("pause")
    run.trainer.kill()
    run.trainer.wait()
    (asked,) = commands.reopen(run.folder, [("turn", "model.activation", "1")])
    before = {number: signal.getsignal(number) for number in SIGNALS}
    save = Learner.checkpoint

    def dies(learner: Learner, elapsed: float) -> None:
        save(learner, elapsed)
        if learner._now.command == asked:
            raise Killed

    session = Session(run.folder)
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "checkpoint", dies)
        with pytest.raises(Killed):
            session.run()
    session._writer.close()
    for number, handler in before.items():
        signal.signal(number, handler)
    with closing(sqlite3.connect(run.folder / "run.db")) as db:
        db.execute("UPDATE run SET state = 'crashed'")
        db.commit()
    run = again(run)
    get_further(run, 100, wait_until)
    run.ask("stop")
    assert run.trainer.wait(60) == 0
    (told,) = [command.answer for command in commands.listed(run.folder) if command.kind == "turn"]
    assert told.startswith("tanh → ")
    assert run.record().config["model"]["activation"] == told.removeprefix("tanh → ")
    assert run.weights() == undisturbed(run)


@pytest.mark.parametrize(("seconds", "largest"), [(0.0, recall.STRIDE), (0.01, 5)])
def test_whoever_waits_for_steps_made_again_is_told_soon_however_slow_they_are(
    seconds: float, largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall, "STRIDE_SECONDS", 0.05 if seconds else 60.0)
    settings = RunConfig().with_settings(["source=plane", "target=height", "layers=", "epochs=4000"])
    loop, made = make_loop(settings), list[int]()
    run = Loop.run

    def slow(loop: Loop, count: int) -> Slice:
        time.sleep(seconds * count)
        return run(loop, count)

    monkeypatch.setattr(Loop, "run", slow)
    recall._advance(loop, 40 if seconds else 4000, lambda done: made.append(len(done.steps)))
    assert sum(made) == loop.step
    assert max(made) <= largest
    assert seconds or max(made) == largest


def test_what_a_killed_trainer_kept_and_did_not_record_is_forgotten(running: Trained, wait_until: Wait) -> None:
    """The run comes to that step by another way."""
    get_further(running, 300, wait_until)
    running.trainer.kill()
    running.trainer.wait()
    place, recorded = running.folder / CHECKPOINTS, running.record().step
    problem = make_problem(config.from_dict(running.record().config))
    ahead = Past(running.folder, problem).at(recorded + 50)
    checkpoints.save_checkpoint(place, ahead.loop, problem, ahead.config, ahead.command)
    checkpoints.keep(place, ahead.loop.step)
    run = again(running)
    run.ask("set", "training.lr", "0.5")
    run.ask("resume")
    get_further(run, 300, wait_until)
    run.ask("stop")
    assert run.trainer.wait(60) == 0
    assert run.record().step > recorded + 50
    assert replay(run.folder, lambda made: None).parted is None


def test_on_other_data_no_run_goes_on(train: Callable[..., Trained], wait_until: Wait, tmp_path: Path) -> None:
    rows = ["size,price", *(f"{n},{n % 7}" for n in range(60))]
    table = tmp_path / "rows.csv"
    table.write_text("\n".join(rows))
    run = train(f"source={table}", "target=price", "task=regression", "steps=200")
    assert run.trainer.wait(60) == 0
    for asked in (("resume", "", ""), ("rewind", "", "100")):
        table.write_text("\n".join(rows[:30]))
        _, trainer = launch.start_again(run.folder, [asked])
        assert trainer.wait(60) == 1
        assert run.record().state == "crashed"
        assert "the data are others" in run.record().reason
    table.write_text("\n".join(rows))
    _, trainer = launch.start_again(run.folder, [("resume", "", "")])
    assert trainer.wait(60) == 0
    assert run.record().state == "finished"
    assert replay(run.folder, lambda made: None).parted is None
