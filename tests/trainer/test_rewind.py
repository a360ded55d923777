"""Back to an earlier step: everything as it was there, and what came later kept apart."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import numpy as np
import pytest

from nntui import config, launch
from nntui.store import catalog, folder
from nntui.store.reader import Reader
from nntui.trainer import checkpoints
from tests.trainer.conftest import Trained, Wait, advance, make_loop, wait_for
from tests.trainer.test_resume import again, get_further, undisturbed

Train = Callable[..., Trained]


@pytest.mark.parametrize("settings", [["optimizer=adam"], ["optimizer=rmsprop", "dropout=0.2"]], ids=str)
def test_going_back_and_on_is_as_if_nothing_had_been(settings: list[str], train: Train, wait_until: Wait) -> None:
    run = train(*settings, "epochs=3000", preset="deep-binary")
    run.ask("set", "training.lr", "0.002")
    get_further(run, 300, wait_until)
    run.ask("pause")
    at = run.record().step - 137
    run.ask("set", "training.lr", "0.02")
    run.ask("resume")
    get_further(run, 300, wait_until)
    answer = run.ask("rewind", value=str(at))
    assert answer.status == "applied"
    record = run.record()
    assert (record.state, record.step, record.branches) == ("paused", at, 1)
    assert record.config["training"]["lr"] == 0.002
    run.check_steps()
    wait_until(lambda: run.model().step == at)
    place = run.folder / folder.CHECKPOINTS
    wait_until(lambda: max(step for step, _ in checkpoints.kept(place)) <= at)
    assert run.weights() == undisturbed(run)
    run.ask("resume")
    get_further(run, 200, wait_until)
    run.trainer.kill()
    run.trainer.wait()
    run = again(run)
    get_further(run, 100, wait_until)
    run.ask("stop")
    assert run.trainer.wait(60) == 0
    run.check_steps()
    assert run.weights() == undisturbed(run)


@pytest.mark.parametrize("to", [0, 1, 2500])
def test_any_step_can_be_gone_back_to(to: int, train: Train) -> None:
    run = train("epochs=9000", "optimizer=adam")
    assert run.trainer.wait(60) == 0
    whole = run.curve("loss")
    _, trainer = launch.start_again(run.folder, [("rewind", "", str(to))])
    run = Trained(run.folder, trainer)
    assert run.ask("resume").status == "applied"
    assert run.trainer.wait(60) == 0
    run.check_steps()
    curve = run.curve("loss")
    assert np.array_equal(curve.first, whole.first)
    assert np.array_equal(curve.final, whole.final)
    assert [event.branch for event in run.events() if event.text == "finished"] == [1, 0]


def test_what_layers_were_like_at_that_step_is_known_at_once(train: Train) -> None:
    run = train("epochs=9000", "optimizer=adam")
    assert run.trainer.wait(60) == 0
    _, trainer = launch.start_again(run.folder, [("rewind", "", "2500")])
    run = Trained(run.folder, trainer)
    assert run.ask("checkpoint").step == 2500
    told = run.record().latest
    assert run.ask("stop").status == "applied"
    assert run.trainer.wait(60) == 0
    loop = make_loop(config.from_dict(catalog.first_config(run.folder)))
    advance(loop, 2499)
    loop.run(1)
    norms = loop.network.layer_norms(loop.network.parameters)
    assert told["weight_norm"] == norms.tolist()
    assert told["update_ratio"] == (loop.update_norms() / norms).tolist()


def test_a_diverged_run_can_be_gone_back_in(train: Train) -> None:
    run = train("lr=1000", "optimizer=sgd", "loss=squared-error", "output=identity", "activation=relu", "epochs=900")
    assert run.trainer.wait(60) == 1
    assert run.record().state == "diverged"
    _, trainer = launch.start_again(
        run.folder, [("rewind", "", "0"), ("set", "training.lr", "0.01"), ("resume", "", "")]
    )
    run = Trained(run.folder, trainer)
    assert run.trainer.wait(60) == 0
    assert (run.record().state, run.record().step) == ("finished", 900)
    run.check_steps()
    assert run.weights() == undisturbed(run)


@pytest.mark.parametrize("value", ["-1", "x", "", "99999999999", "1.5"])
def test_only_an_earlier_step_can_be_gone_back_to(value: str, running: Trained) -> None:
    answer = running.ask("rewind", value=value)
    assert answer.status == "refused"
    assert "must be a step from 0 to" in answer.answer


def test_checkpoints_are_kept_on_request_and_named_ones_for_good(
    running: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = running.folder / folder.CHECKPOINTS
    answer = running.ask("checkpoint", value="before-the-cliff")
    assert (answer.status, answer.answer) == ("applied", "kept before-the-cliff")
    named = place / f"{answer.step:012d}.before-the-cliff.safetensors"
    assert checkpoints.load_checkpoint(named).step == answer.step
    assert not named.stat().st_mode & 0o077
    assert f"checkpoint before-the-cliff by {answer.who}" in [event.text for event in running.events()]
    monkeypatch.setattr(checkpoints, "KEPT", 2)
    monkeypatch.setattr(checkpoints, "LEAST_KEPT", 1)
    for _ in range(4):
        assert running.ask("checkpoint").step in dict(checkpoints.kept(place))
    while checkpoints.thin_out(place):
        pass
    assert named.exists()
    assert sum(not checkpoints.is_named(path) for _, path in checkpoints.kept(place)) <= 2
    for name in ("../evil", "a b", "x" * 41, ".hidden"):
        refused = running.ask("checkpoint", value=name)
        assert refused.status == "refused"
        assert "letters, digits" in refused.answer


def test_a_knob_turned_at_the_step_gone_back_to_is_given_up(train: Train) -> None:
    run = train("epochs=300", "lr=0.1")
    assert run.trainer.wait(60) == 0
    asked = [("rewind", "", "100"), ("set", "training.lr", "0.5"), ("checkpoint", "", ""), ("rewind", "", "90")]
    asked += [("step", "", "10")]
    run = Trained(run.folder, launch.start_again(run.folder, asked)[1])
    wait_for(lambda: any(event.step == 90 for event in run.events()))
    wait_for(lambda: (run.record().state, run.record().step) == ("paused", 100))
    run.ask("set", "training.lr", "0.7")
    run.ask("step", value="2")
    wait_for(lambda: (run.record().state, run.record().step) == ("paused", 102))
    assert run.ask("rewind", value="100").status == "applied"
    assert run.record().config["training"]["lr"] == 0.1
    run.ask("stop")
    assert run.trainer.wait(60) == 0
    told = [(event.text.partition(" by ")[0], event.branch) for event in run.events() if event.step == 100]
    assert told == [
        ("back from step 300", 2),
        ("lr 0.1 → 0.5", 2),
        ("checkpoint", 2),
        ("lr 0.1 → 0.7", 3),
        ("back from step 102", 0),
        ("stopped", 0),
    ]


def test_what_was_given_up_is_kept_as_a_branch(train: Train) -> None:
    run = train("epochs=5000", "optimizer=adam")
    assert run.trainer.wait(60) == 0
    whole = run.curve("loss")
    _, trainer = launch.start_again(run.folder, [("rewind", "", "1000"), ("stop", "", "")])
    assert trainer.wait(60) == 0
    with closing(Reader(run.folder)) as reader:
        (branch,) = reader.given_up(5)
        assert reader.given_up(0) == []
    loss = branch["loss"]
    assert (loss.first[0], loss.last[-1], loss.count.sum()) == (1001, 5000, 4000)
    assert len(loss.first) <= 512
    assert loss.high.max() == whole.high[whole.first > 1000].max()
    assert {"grad_norm/output", "lr"} <= branch.keys()
