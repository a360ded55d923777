"""Every knob that can be turned while a loop runs: what it changes from the next step on, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nntui.config import RunConfig
from nntui.engine import Network
from nntui.knobs import ACTIVATIONS, KNOBS, OPTIMIZERS, SCHEDULES
from nntui.trainer.loop import Loop
from nntui.trainer.problem import Problem, make_problem
from tests.trainer.conftest import make_loop, turn

Array = NDArray[Any]

SETTINGS = ("source=moons", "rows=40", "layers=5,4", "lr=0.1", "dtype=float64", "epochs=100000")


class Turned:
    """A loop in the middle of a run, and the configuration that it follows."""

    def __init__(self, *settings: str) -> None:
        self.config = RunConfig().with_settings([*SETTINGS, *settings])
        self.problem: Problem = make_problem(self.config)
        self.loop: Loop = make_loop(self.config)
        self.loop.run(5)

    @property
    def network(self) -> Network:
        return self.loop.network

    def turn(self, *settings: str) -> None:
        """Turns knobs; no weight may move by that alone."""
        before = self.network.parameters.copy()
        self.config = self.config.with_settings(settings)
        turn(self.loop, self.config, self.problem.dataset.task)
        np.testing.assert_array_equal(self.network.parameters, before)

    def fresh(self) -> Network:
        """A new network with the knobs as they stand and the same weights."""
        network = make_loop(self.config).network
        network.parameters[...] = self.network.parameters
        return network

    def gradient(self) -> Array:
        """The gradient that the next step should have, of a network that never had other knobs."""
        network, training = self.fresh(), self.config.training
        network.backward(self.loop.batches.X, self.loop.batches.T, training.l1, training.l2)
        return network.gradients


@pytest.mark.parametrize("settings", [(), ("source=bumps",), ("source=gaussians", "target=3 clouds")])
@pytest.mark.parametrize(
    "knobs",
    [
        *([f"activation={name}"] for name in ACTIVATIONS),
        ["activation=relu,sigmoid"],
        ["activation=leaky-relu", "leak=0.3"],
        ["loss=squared-error"],
        ["loss=huber", "huber_delta=0.05"],
        ["l1=0.1"],
        ["l2=0.1"],
    ],
    ids=" ".join,
)
def test_the_next_step_is_that_of_a_network_that_always_had_the_knob(
    settings: tuple[str, ...], knobs: list[str]
) -> None:
    run = Turned(*settings)
    run.turn(*knobs)
    before, gradient, loss = (
        run.network.parameters.copy(),
        run.gradient(),
        run.fresh().loss(run.loop.batches.X, run.loop.batches.T),
    )
    happened = run.loop.run(1)
    assert happened.losses[0] == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(run.network.parameters, before - 0.1 * gradient, rtol=1e-9, atol=1e-14)
    assert np.abs(gradient).max() > 0


@pytest.mark.parametrize(
    "knobs",
    [["activation=relu"], ["activation=leaky-relu", "leak=0.5"], ["loss=squared-error"], ["l1=0.1"], ["l2=0.1"]],
)
def test_a_turned_knob_makes_another_step(knobs: list[str]) -> None:
    run, same = Turned(), Turned()
    run.turn(*knobs)
    for each in (run, same):
        each.loop.run(1)
    assert not np.array_equal(run.network.parameters, same.network.parameters)


def test_the_layers_tell_the_activation_they_have() -> None:
    run = Turned()
    assert [layer.activation for layer in run.network.layers] == ["tanh", "tanh", "sigmoid"]
    run.turn("activation=gelu")
    assert [layer.activation for layer in run.network.layers] == ["gelu", "gelu", "sigmoid"]
    run.turn("activation=relu,identity")
    assert [layer.activation for layer in run.network.layers] == ["relu", "identity", "sigmoid"]
    assert run.loop.run(3).diverged is None


def test_the_leak_is_the_slope_of_a_leaky_relu_below_zero() -> None:
    run = Turned("activation=leaky-relu")
    outputs = []
    for leak in ("0", "0.5", "1"):
        run.turn(f"leak={leak}")
        outputs.append(run.network.forward(run.loop.batches.X))
    W, b = [layer.W for layer in run.network.layers], [layer.b for layer in run.network.layers]
    straight = ((run.loop.batches.X @ W[0] + b[0]) @ W[1] + b[1]) @ W[2] + b[2]
    np.testing.assert_allclose(outputs[2], straight, rtol=1e-9, atol=1e-12)
    assert not np.allclose(outputs[0], outputs[1])


def test_dropout_leaves_units_out_of_a_step_and_of_no_evaluation() -> None:
    run = Turned()
    whole = run.fresh().loss(run.loop.batches.X, run.loop.batches.T)
    run.turn("dropout=0.5")
    assert run.network.loss(run.loop.batches.X, run.loop.batches.T) == whole
    losses = run.loop.run(20).losses
    run.turn("dropout=0")
    again = run.fresh().loss(run.loop.batches.X, run.loop.batches.T)
    assert run.loop.run(1).losses[0] == pytest.approx(again, rel=1e-12)
    assert abs(losses[0] - whole) > 1e-6
    assert np.abs(np.diff(losses)).max() > 0.01, "each step leaves out others"


@pytest.mark.parametrize("before", OPTIMIZERS)
@pytest.mark.parametrize("after", OPTIMIZERS)
def test_another_optimizer_begins_anew_at_the_same_weights(before: str, after: str) -> None:
    run = Turned(f"optimizer={before}")
    run.turn(f"optimizer={after}", "lr=0.01")
    fresh = Turned(f"optimizer={after}", "lr=0.01")
    if before != after:
        fresh.loop = make_loop(fresh.config)
        fresh.network.parameters[...] = run.network.parameters
        for loop in (run.loop, fresh.loop):
            loop.run(10)
        np.testing.assert_array_equal(run.network.parameters, fresh.network.parameters)
        assert run.loop.optimizer.state.keys() == fresh.loop.optimizer.state.keys()
    else:
        state = {name: array.copy() for name, array in run.loop.optimizer.state.items()}
        run.turn("lr=0.5")
        for name, array in run.loop.optimizer.state.items():
            np.testing.assert_array_equal(array, state[name])


@pytest.mark.parametrize(
    ("optimizer", "knob"),
    [
        ("momentum", "momentum=0.1"),
        ("nesterov", "momentum=0.1"),
        ("rmsprop", "beta2=0.5"),
        ("adam", "beta1=0.1"),
        ("adam", "beta2=0.5"),
        ("adamw", "beta1=0.1"),
        ("adamw", "weight_decay=5"),
    ],
)
def test_an_optimizers_own_knob_changes_its_next_step_and_keeps_its_state(optimizer: str, knob: str) -> None:
    run, same = (Turned(f"optimizer={optimizer}", "lr=0.01") for _ in range(2))
    state = {name: array.copy() for name, array in run.loop.optimizer.state.items()}
    run.turn(knob)
    for name, array in run.loop.optimizer.state.items():
        np.testing.assert_array_equal(array, state[name])
    for each in (run, same):
        each.loop.run(2)
    assert not np.array_equal(run.network.parameters, same.network.parameters)


def test_a_long_gradient_is_shortened_and_recorded_as_it_was() -> None:
    run = Turned()
    run.turn("clip_norm=0.001")
    before, gradient = run.network.parameters.copy(), run.gradient()
    happened = run.loop.run(1)
    step = before - run.network.parameters
    assert np.linalg.norm(step) == pytest.approx(0.1 * 0.001, rel=1e-3)
    np.testing.assert_allclose(step / np.linalg.norm(step), gradient / np.linalg.norm(gradient), atol=1e-6)
    assert np.linalg.norm(happened.norms[0]) == pytest.approx(np.linalg.norm(gradient))


def test_large_elements_of_a_gradient_are_cut() -> None:
    run = Turned()
    run.turn("clip_value=0.002")
    before, gradient = run.network.parameters.copy(), run.gradient()
    assert np.abs(gradient).max() > 0.002
    run.loop.run(1)
    step = before - run.network.parameters
    np.testing.assert_allclose(step, 0.1 * np.clip(gradient, -0.002, 0.002), rtol=1e-7, atol=1e-14)


def test_values_are_cut_before_the_whole_is_shortened_and_penalties_belong_to_it() -> None:
    run = Turned()
    run.turn("clip_value=0.002", "clip_norm=0.003", "l2=3", "l1=0.5")
    before, gradient = run.network.parameters.copy(), np.clip(run.gradient(), -0.002, 0.002)
    run.loop.run(1)
    short = gradient * min(1.0, 0.003 / np.linalg.norm(gradient))
    np.testing.assert_allclose(before - run.network.parameters, 0.1 * short, rtol=1e-3, atol=1e-12)


# The rate


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_step_has_the_rate_that_was_told_before_it(schedule: str) -> None:
    """Also where steps end the run, and in the first steps of a warm-up."""
    run = Turned(f"schedule={schedule}", "steps=40", "batch_size=8", "schedule_epochs=2", "warmup=3")
    rates = []
    for _ in range(20):
        before, rate = run.network.parameters.copy(), run.loop.rate
        run.loop.run(1)
        np.testing.assert_allclose(before - run.network.parameters, rate * run.network.gradients, rtol=1e-6, atol=1e-15)
        rates.append(rate)
    assert len(set(rates)) > 5


def test_schedule_and_rate_are_both_live() -> None:
    run = Turned("epochs=20", "warmup=0")
    assert run.loop.epochs_done == 5
    assert run.loop.rate == 0.1
    run.turn("schedule=step", "schedule_epochs=2", "schedule_factor=0.1")
    assert run.loop.rate == pytest.approx(0.001)
    run.turn("lr=0.5")
    assert run.loop.rate == pytest.approx(0.005)
    run.turn("schedule_factor=0.5")
    assert run.loop.rate == pytest.approx(0.125)
    run.turn("schedule=exponential")
    assert run.loop.rate == pytest.approx(0.5 * 0.5**2.5)
    run.turn("schedule=cosine")
    assert run.loop.rate == pytest.approx(0.25 * (1 + np.cos(np.pi / 4)))
    run.turn("epochs=10")
    assert run.loop.rate == pytest.approx(0.25)
    run.turn("warmup=10")
    assert run.loop.rate == pytest.approx(0.25 * 0.505)
    run.turn("schedule=constant", "warmup=0")
    assert run.loop.rate == 0.5


def test_the_end_of_a_cosine_comes_with_the_last_step() -> None:
    loop = make_loop(RunConfig().with_settings([*SETTINGS, "schedule=cosine", "steps=10"]))
    rates = []
    while not loop.finished:
        rates.append(loop.rate)
        loop.run(1)
    assert rates == pytest.approx([0.05 * (1 + np.cos(np.pi * k / 10)) for k in range(10)])
    assert loop.rate == 0


def test_every_live_knob_can_be_turned_in_a_loop_along_its_ladder() -> None:
    """None of them may end a run by itself, except those that say when it ends."""
    run = Turned("schedule_epochs=1", "batch_size=8")
    for knob in KNOBS.values():
        if not knob.live or knob.name in ("epochs", "steps", "patience"):
            continue
        for direction in (1, 1, -1, -1, -1):
            run.config = run.config.with_value(knob.key, knob.turned(run.config.get(knob.key), direction))
            turn(run.loop, run.config, run.problem.dataset.task)
            assert len(run.loop.run(3).steps) == 3
    assert np.isfinite(run.network.parameters).all()


def test_a_batch_of_another_size_does_not_forget_the_optimizer() -> None:
    run = Turned("optimizer=adam")
    state = {name: array.copy() for name, array in run.loop.optimizer.state.items()}
    run.loop.configure(replace(run.config.training, batch_size=3, l2=0.1, clip_norm=1.0, patience=5))
    for name, array in run.loop.optimizer.state.items():
        np.testing.assert_array_equal(array, state[name])
