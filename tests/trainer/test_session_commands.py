"""Commands to real trainers: applied at the step they say, or refused with a reason, and enough to replay a run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest

from nntui import config, launch, paths
from nntui.config import RunConfig
from nntui.knobs import KNOBS
from nntui.store import catalog, commands, folder, schema
from nntui.store.reader import Reader
from nntui.store.records import Command
from nntui.trainer.replay import replay
from tests.trainer.conftest import Trained, Wait, advance, make_loop, turn
from tests.trainer.test_resume import again, get_further, undisturbed

Train = Callable[..., Trained]


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
    running.check_steps()
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
    ("turn", "training.learning_rate", "+1", "unknown key 'training.learning_rate'"),
    ("turn", "model.layers", "+1", "model.layers: cannot change while the network trains"),
    ("turn", "training.lr", "0", "turn '0': must be a whole number from -100 to 100, other than 0"),
    ("turn", "training.lr", "", "turn '': must be"),
    ("turn", "training.lr", "+-1", "turn '+-1': must be"),
    ("turn", "training.lr", "101", "turn '101': must be"),
    ("turn", "training.l2", "-1", "training.l2 = 0: cannot be turned any further"),
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
        db.execute("INSERT INTO commands (at, who, kind, key, value) VALUES (0, 'me', 'teleport', '', '5')")
    answer = commands.wait(running.folder, 1, alive=lambda: running.trainer.poll() is None)
    assert answer is not None
    assert (answer.status, answer.answer) == ("refused", "unknown command 'teleport'")


def test_many_single_steps_may_be_ended_by_resuming(running: Trained, wait_until: Wait) -> None:
    paused = running.ask("pause")
    running.ask("step", value="1000000")
    wait_until(lambda: running.record().step > (paused.step or 0))
    assert running.record().state == "running"
    answer = running.ask("pause")
    assert answer.step is not None
    assert answer.step < 1_000_000
    assert running.record().state == "paused"
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
            ("model.activation", "gelu,tanh,leaky-relu"),
            ("model.leak", "0.2"),
            ("model.dropout", "0.2"),
            ("model.loss", "squared-error"),
            ("training.schedule", "cosine"),
            ("training.warmup", "0.5"),
            ("training.clip_norm", "0.1"),
            ("training.clip_value", "0.01"),
            ("training.l1", "0.001"),
            ("training.schedule", "on-plateau"),
            ("training.schedule_epochs", "1"),
            ("training.optimizer", "rmsprop"),
        )
    ]
    asked.append(run.ask("stop"))
    run.trainer.wait(60)
    assert run.weights() == made_again(run, asked)


def made_again(run: Trained, asked: list[Command]) -> bytes:
    """The parameters after the same commands at the same steps, from the configuration that the run began with."""
    settings = config.load(run.folder / schema.CONFIG)
    loop = make_loop(settings)
    for command in asked:
        assert command.step is not None
        advance(loop, command.step)
        if command.kind == "set":
            settings = settings.with_value(command.key, KNOBS[command.key].parse(command.value))
            turn(loop, settings, "binary")
    assert config.from_dict(run.record().config) == settings
    return loop.network.parameters.tobytes()


@pytest.mark.parametrize(
    ("settings", "key", "rungs", "answer"),
    [
        ((), "training.lr", "+1", "0.01 → 0.0125"),
        (("lr=0.011",), "training.lr", "-1", "0.011 → 0.01"),
        ((), "training.lr", "-3", "0.01 → 0.005"),
        ((), "training.lr", "100", "0.01 → 100"),  # as far as the ladder goes
        ((), "training.batch_size", "-1", "all → 65536"),
        (("optimizer=adamw",), "training.optimizer", "+1", "adamw → sgd"),
        # For numbers there is no cross-entropy: it is passed by.
        (("source=plane", "target=height", "loss=auto"), "model.loss", "+1", "auto → squared-error"),
        (("activation=relu",), "model.activation", "+2", "relu → elu"),
    ],
)
def test_a_knob_is_turned_by_rungs_from_where_it_is(
    settings: tuple[str, ...], key: str, rungs: str, answer: str, train: Train
) -> None:
    run = train(*settings)
    assert (run.ask("turn", key, rungs).answer, run.ask("pause").status) == (answer, "applied")
    knob = KNOBS[key]
    assert knob.show(config.from_dict(run.record().config).get(key)) == answer.rpartition(" → ")[2]
    assert f"{knob.name} {answer} by " in "\n".join(event.text for event in run.events())


def test_turns_are_made_again_as_they_were(train: Train, wait_until: Wait) -> None:
    run = train("optimizer=adam", preset="deep-binary")
    for key, rungs in (("training.lr", "+3"), ("training.lr", "-1"), ("model.dropout", "+2"), ("training.l2", "1")):
        get_further(run, 50, wait_until)
        assert run.ask("turn", key, rungs).status == "applied"
    get_further(run, 50, wait_until)
    back = run.record().step - 10
    assert run.ask("turn", "training.lr", "+9").status == "applied"
    assert run.ask("rewind", value=str(back)).status == "applied"
    assert run.ask("turn", "training.optimizer", "+1").answer == "adam → adamw"
    run.ask("resume")
    get_further(run, 50, wait_until)
    run.trainer.kill()
    run.trainer.wait()
    run = again(run)
    get_further(run, 50, wait_until)
    run.ask("stop")
    assert run.trainer.wait(60) == 0
    assert run.weights() == undisturbed(run)
    verdict = replay(run.folder, lambda made: None)
    assert (verdict.parted, verdict.turns) == (None, 5)


@pytest.mark.parametrize("key", ["training.epochs", "training.steps"])
def test_an_end_that_lies_behind_is_refused(running: Trained, key: str) -> None:
    running.ask("pause")
    answer = running.ask("set", key, "1")
    assert answer.status == "refused"
    assert "stop ends it" in answer.answer
    assert running.record().live
