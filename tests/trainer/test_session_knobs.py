"""Knobs turned in real trainers: what the records tell, what is refused, how patience ends a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nntui import config
from nntui.store.reader import Reader
from tests.trainer.conftest import Trained, Wait, advance, make_loop, turn

Train = Callable[..., Trained]


def shown(run: Trained) -> list[str]:
    return [event.text for event in run.events() if event.kind == "set"]


def test_a_turned_activation_is_told_of_the_layers_and_moves_no_weight(train: Train) -> None:
    run = train("layers=4,3", "activation=identity", preset="deep-linear")
    run.ask("pause")
    before = run.weights()
    assert [layer.activation for layer in run.record().layers] == ["identity", "identity", "sigmoid"]
    assert run.ask("set", "model.activation", "tanh,relu").answer == "identity → [tanh, relu]"
    assert [layer.activation for layer in run.record().layers] == ["tanh", "relu", "sigmoid"]
    assert run.record().config["model"]["activation"] == ["tanh", "relu"]
    assert run.ask("set", "model.activation", "gelu").answer == "[tanh, relu] → gelu"
    assert [layer.activation for layer in run.record().layers] == ["gelu", "gelu", "sigmoid"]
    run.ask("stop")
    assert run.trainer.wait(60) == 0
    assert run.weights() == before
    model = run.model()
    assert [layer.activation for layer in model.network.layers] == ["gelu", "gelu", "sigmoid"]
    told = [text.partition(" by ")[0] for text in shown(run)]
    assert told == ["activation identity → [tanh, relu]", "activation [tanh, relu] → gelu"]


def test_a_loss_that_does_not_suit_is_refused(train: Train) -> None:
    run = train(preset="bumps")
    answer = run.ask("set", "model.loss", "cross-entropy")
    assert answer.status == "refused"
    assert "needs the output sigmoid or softmax" in answer.answer
    assert run.ask("set", "model.activation", "tanh,tanh,tanh").status == "refused"
    assert run.ask("set", "model.output", "sigmoid").status == "refused"
    assert run.record().config["model"]["loss"] == "auto"
    assert run.ask("set", "model.loss", "huber").answer == "auto → huber"
    assert run.ask("set", "model.huber_delta", "0.1").answer == "1 → 0.1"
    assert run.record().live


def test_the_rate_in_effect_is_told(train: Train, wait_until: Wait) -> None:
    run = train("lr=0.01", "steps=1000000")
    run.ask("pause")
    run.ask("set", "training.schedule", "cosine")
    run.ask("set", "training.lr", "0.5")
    record = run.record()
    step = record.step
    rate = 0.25 * (1 + np.cos(np.pi * step / 1_000_000))
    assert record.latest["lr"] == pytest.approx(rate)
    run.ask("step", value="2000")
    wait_until(lambda: run.record().step == step + 2000)
    assert run.curve("lr").final[-1] == pytest.approx(0.25 * (1 + np.cos(np.pi * (step + 2000) / 1_000_000)))


def test_patience_ends_a_run_at_its_best_weights(train: Train) -> None:
    run = train("patience=50", "lr=0.3", "layers=10", "optimizer=adam", preset="diabetes")
    assert run.trainer.wait(60) == 0
    record = run.record()
    assert record.state == "finished"
    assert record.reason == "no better loss for 50 epochs; the best weights are back"
    assert run.events()[-1].text == f"finished {record.reason}"
    run.check_steps()
    settings = config.from_dict(record.config)
    loop, other = make_loop(settings), make_loop(settings.with_value("training.patience", 0))
    advance(loop, record.step)
    assert run.weights() == loop.network.parameters.tobytes()
    assert other.held_out
    losses = []
    for _ in range(record.epoch):
        epoch = other.batches.epoch
        while other.batches.epoch == epoch:
            other.run(1)
        losses.append(other.network.loss(*other.held_out))
    assert losses.index(min(losses)) == record.epoch - 51
    assert record.latest["val_loss"] == pytest.approx(min(losses), rel=1e-6)
    assert run.curve("val_loss").final[-1] == pytest.approx(min(losses), rel=1e-6)


def test_patience_that_is_over_already_is_refused(train: Train, wait_until: Wait) -> None:
    run = train("patience=1000000000", "lr=0.5", "layers=10", "optimizer=adam", "batch_size=0", preset="diabetes")
    step = run.ask("pause").step
    assert step is not None
    run.ask("step", value=str(3000 - step))
    wait_until(lambda: run.record().step == 3000)
    answer = run.ask("set", "training.patience", "1")
    assert (answer.status, "already; stop ends it" in answer.answer) == ("refused", True)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_many_knobs_in_one_run_of_a_tiny_network_are_replayed_to_the_bit(train: Train, optimizer: str) -> None:
    """A run whose steps are recorded together, with dropout, penalties and schedules."""
    run = train(f"optimizer={optimizer}", "dropout=0.1", "lr=0.02", preset="xor")
    asked = [
        run.ask("set", key, value)
        for key, value in (
            ("model.activation", "tanh"),
            ("model.dropout", "0.3"),
            ("training.l1", "0.001"),
            ("training.schedule", "exponential"),
            ("training.schedule_epochs", "10000"),
            ("training.patience", "100000"),
            ("model.loss", "huber"),
            ("model.huber_delta", "0.2"),
            ("training.patience", "0"),
            ("training.clip_norm", "0.05"),
            ("training.batch_size", "3"),
            ("model.dropout", "0"),
            ("training.optimizer", "nesterov"),
        )
    ]
    assert [command.status for command in asked] == ["applied"] * len(asked)
    asked.append(run.ask("stop"))
    run.trainer.wait(60)
    settings = config.load(run.folder / "config.toml")
    loop = make_loop(settings)
    for command in asked:
        advance(loop, command.step or 0)
        if command.kind == "set":
            settings = settings.with_settings([f"{command.key}={command.value}"])
            turn(loop, settings, "binary")
    assert run.weights() == loop.network.parameters.tobytes()
    run.check_steps()


def test_a_regression_is_recorded_in_its_own_units(train: Train) -> None:
    run = train("epochs=30", preset="diabetes")
    assert run.trainer.wait(60) == 0
    record = run.record()
    assert record.data["task"] == "regression"
    assert (record.data["classes"], record.data["outputs"]) == ([], ["progression"])
    reader = Reader(run.folder)
    assert {"r2", "val_r2", "val_loss"} <= set(reader.series())
    assert "accuracy" not in reader.series()
    rows, predictions = reader.table("rows"), reader.table("predictions")
    reader.close()
    assert rows is not None
    assert predictions is not None
    T, P = rows[1]["T"], predictions[1]["P"]
    assert T.mean() > 100
    assert abs(P.mean() - T.mean()) < 20
    assert record.latest["r2"] == pytest.approx(
        1
        - ((P - T)[rows[1]["part"] == 0] ** 2).sum()
        / float(((T - T[rows[1]["part"] == 0].mean())[rows[1]["part"] == 0] ** 2).sum()),
        abs=1e-3,
    )


def test_several_classes_are_recorded_with_a_probability_each(train: Train) -> None:
    run = train("epochs=50", preset="iris")
    assert run.trainer.wait(60) == 0
    record = run.record()
    assert (record.data["task"], len(record.data["classes"])) == ("multi-class", 3)
    reader = Reader(run.folder)
    rows, predictions = reader.table("rows"), reader.table("predictions")
    reader.close()
    assert rows is not None
    assert predictions is not None
    np.testing.assert_allclose(predictions[1]["P"].sum(axis=1), 1, rtol=1e-5)
    right = predictions[1]["P"].argmax(axis=1) == rows[1]["T"].argmax(axis=1)
    assert record.latest["val_accuracy"] == pytest.approx(right[rows[1]["part"] == 1].mean())


def test_what_only_the_data_tell_decides_which_loss_suits(train: Train, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,y\n" + "\n".join(f"{n},{n / 7:.3f}" for n in range(40)))
    (tmp_path / "mine.toml").write_text('[data]\nsource = "rows.csv"\n')
    run = train(preset=str(tmp_path / "mine.toml"))
    answer = run.ask("set", "model.loss", "cross-entropy")
    assert answer.status == "refused"
    assert "needs the output sigmoid or softmax" in answer.answer
    assert run.ask("set", "model.loss", "huber").status == "applied"
    assert run.record().live


def test_what_is_told_of_a_paused_run_is_of_the_activation_it_was_turned_to(train: Train) -> None:
    run = train(preset="shallow")
    assert run.ask("pause").status == "applied"
    before = run.record().step
    assert run.ask("set", "model.activation", "sigmoid").status == "applied"
    reader = Reader(run.folder)
    told, rows = reader.table("predictions"), reader.table("rows")
    reader.close()
    assert told is not None
    assert rows is not None
    np.testing.assert_allclose(told[1]["P"], run.model().predict(rows[1]["X"]), atol=1e-6)
    assert run.record().step == before


def test_a_run_has_a_checkpoint_of_its_own_steps_within_a_second_or_two(train: Train, wait_until: Wait) -> None:
    run = train()
    wait_until(lambda: run.record().step > 0)
    wait_until(lambda: run.model().step > 0)
