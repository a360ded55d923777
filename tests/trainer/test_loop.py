"""The loop, called: which rows a step sees, what a knob changes, where a slice ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui.engine import Network, with_ones
from nntui.knobs import OPTIMIZERS, TrainingConfig
from nntui.trainer.batches import ORDER
from nntui.trainer.block import Block
from nntui.trainer.loop import CAPACITY, Loop

Array = NDArray[Any]

SIZES = (3, 4, 2, 1)


class Watched(Network):
    """Notes which rows each step was given; the first input of a row is its number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(SIZES, **options)
        self.seen: list[list[int]] = []

    def gradient(self, X: Array, T: Array) -> Array:
        self.seen.append([round(number) for number in X[:, 0]])
        return super().gradient(X, T)


def samples(rows: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(rows)
    X = rng.normal(size=(rows, 3))
    X[:, 0] = np.arange(rows)
    return X, (rng.random((rows, 1)) < 0.5).astype(float)


def make(rows: int = 10, *, dtype: str = "float64", **training: Any) -> tuple[Loop, Watched]:
    """A loop over so many rows, with the knobs given."""
    X, T = samples(rows)
    network = Watched(seed=1, dtype=dtype)
    return Loop(network, X, T, TrainingConfig(**{"lr": 0.01, "epochs": 5} | training)), network


def turn(loop: Loop, **knobs: Any) -> None:
    loop.configure(replace(loop.training, **knobs))


@contextmanager
def recording(together: bool) -> Iterator[None]:
    """With the steps of a tiny network recorded together, as they are, or one by one."""
    with pytest.MonkeyPatch.context() as patch:
        if not together:
            patch.setattr(Block, "suits", lambda network, rows: False)
        yield


def run_to_end(loop: Loop, slice_steps: int = 7) -> int:
    """Slices until the loop has finished; how many steps they made."""
    steps = 0
    while not loop.finished:
        steps += len(loop.run(slice_steps).steps)
    return steps


# Rows


def test_a_batch_of_all_rows_keeps_the_order_of_the_data() -> None:
    loop, network = make(rows=6, epochs=3)
    assert run_to_end(loop) == 3
    assert network.seen == [[0, 1, 2, 3, 4, 5]] * 3


def test_batches_go_through_every_row_once_an_epoch_the_last_one_shorter() -> None:
    loop, network = make(rows=10, batch_size=4, epochs=3)
    run_to_end(loop)
    assert [len(batch) for batch in network.seen] == [4, 4, 2] * 3
    epochs = [[row for batch in network.seen[start : start + 3] for row in batch] for start in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3, "each epoch has an order of its own"


def test_the_seed_alone_decides_the_order() -> None:
    orders = []
    for seed in (3, 3, 4):
        loop, network = make(rows=10, batch_size=4, seed=seed)
        run_to_end(loop)
        orders.append(network.seen)
    assert orders[0] == orders[1] != orders[2]


@given(
    rows=st.integers(1, 30),
    sizes=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 40)), min_size=1, max_size=6),
    slice_steps=st.integers(1, 9),
)
@settings(deadline=None, max_examples=60)
def test_a_new_batch_size_holds_from_the_next_step_and_the_epoch_goes_on(
    rows: int, sizes: list[tuple[int, int]], slice_steps: int
) -> None:
    loop, network = make(rows=rows, epochs=1000, batch_size=sizes[0][1])
    wanted = []
    for steps, size in sizes:
        turn(loop, batch_size=size)
        wanted += [size or rows] * steps
        for _ in range(steps):
            loop.run(1)
    turn(loop, epochs=loop.batches.epoch + 1)
    wanted += [sizes[-1][1] or rows] * loop.remaining
    run_to_end(loop, slice_steps)

    passed, epoch = 0, list[int]()
    for batch, size in zip(network.seen, wanted, strict=True):
        assert len(batch) == min(size, rows - len(epoch))
        epoch += batch
        if len(epoch) == rows:
            assert sorted(epoch) == list(range(rows))
            passed, epoch = passed + 1, []
    assert (passed, epoch) == (loop.batches.epoch, [])


# Steps


def reference(loop: Loop, rows: int, steps: int) -> Array:
    """The weights after so many steps of plain gradient descent, worked out apart from the loop."""
    X, T = samples(rows)
    network = Network(SIZES, seed=1, dtype=loop.network.dtype)
    training = loop.training
    size, epoch, batches = training.batch_size or rows, 0, list[Array]()
    for _ in range(steps):
        if not batches:
            shuffled = np.random.default_rng([training.seed, ORDER, epoch]).permutation(rows)
            order = np.arange(rows) if size >= rows else shuffled
            batches = [order[start : start + size] for start in range(0, rows, size)]
            epoch += 1
        batch = batches.pop(0)
        inputs = with_ones(X[batch].astype(network.dtype))
        inputs = inputs if len(batch) == rows else np.ascontiguousarray(inputs)
        network.gradient(inputs, T[batch].astype(network.dtype))
        network.add_penalty(training.l1, training.l2)
        network.parameters -= np.asarray(training.lr, network.dtype) * network.gradients
    return network.parameters


@given(
    rows=st.integers(1, 20),
    batch_size=st.integers(0, 25),
    slices=st.lists(st.integers(0, 12) | st.integers(60, 140), max_size=8),
    l1=st.sampled_from([0.0, 0.02]),
    l2=st.sampled_from([0.0, 0.1]),
    dtype=st.sampled_from(["float32", "float64"]),
    together=st.booleans(),
)
@settings(deadline=None, max_examples=80)
def test_slices_of_any_length_give_the_same_weights_to_the_bit(
    rows: int, batch_size: int, slices: list[int], l1: float, l2: float, dtype: str, together: bool
) -> None:
    loop, _ = make(rows=rows, batch_size=batch_size, l1=l1, l2=l2, dtype=dtype, epochs=1000)
    with recording(together):
        numbers = [step for length in slices for step in loop.run(length).steps.tolist()]
    assert numbers == list(range(1, sum(slices) + 1))
    np.testing.assert_array_equal(loop.network.parameters, reference(loop, rows, sum(slices)))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "knobs",
    [
        {"schedule": "cosine", "warmup": 1.5},
        {"schedule": "step", "schedule_epochs": 2, "clip_norm": 0.05, "steps": 40},
        {"schedule": "exponential", "clip_value": 0.01, "l1": 0.01},
        {"schedule": "on-plateau", "schedule_epochs": 1, "lr": 0.5},
        {"patience": 3, "lr": 0.5},
    ],
    ids=str,
)
def test_the_same_seed_gives_the_same_bits(optimizer: str, knobs: dict[str, Any]) -> None:
    weights, ends = [], []
    for slice_steps in (1, 3, 50):
        loop, network = make(rows=17, batch_size=4, epochs=30, optimizer=optimizer, dtype="float32", **knobs)
        network.configure(dropout=0.3)
        run_to_end(loop, slice_steps)
        weights.append(network.parameters.tobytes())
        ends.append((loop.step, loop.rate))
    assert len(set(weights)) == len(set(ends)) == 1


def test_a_slice_tells_each_steps_loss_and_gradient_norms_before_its_update() -> None:
    loop, network = make(rows=5, epochs=100)
    X, T = samples(5)
    for _ in range(5):
        loss = network.loss(X, T)
        happened = loop.run(1)
        assert happened.losses.tolist() == pytest.approx([loss], rel=1e-12)
        norms = [np.linalg.norm(layer.gradients) for layer in network.layers]
        np.testing.assert_allclose(happened.norms, [norms], rtol=1e-12)
        assert happened.diverged is None


def test_the_norms_of_the_last_update_are_known_after_a_slice() -> None:
    loop, network = make(rows=10, batch_size=3, lr=0.5, epochs=100)
    other, other_network = make(rows=10, batch_size=3, lr=0.5, epochs=100)
    other.run(6)
    before = other_network.parameters
    loop.run(4)
    loop.run(3)
    change, start = network.parameters - before, 0
    for layer, norm in zip(network.layers, loop.update_norms(), strict=True):
        part = change[start : start + layer.parameters.size]
        assert norm == pytest.approx(np.linalg.norm(part), rel=1e-12)
        assert norm > 0
        start += layer.parameters.size


def test_a_slice_has_a_largest_length() -> None:
    loop, _ = make(rows=1, epochs=10**9)
    assert len(loop.run(10**9).steps) == CAPACITY
    assert loop.step == CAPACITY


# The end


@given(
    rows=st.integers(1, 25),
    batch_size=st.integers(0, 30),
    epochs=st.integers(1, 6),
    steps=st.integers(0, 40),
    change=st.tuples(st.integers(0, 20), st.integers(0, 30), st.integers(1, 6), st.integers(0, 40)),
)
@settings(deadline=None, max_examples=80)
def test_the_steps_that_remain_are_those_that_come(
    rows: int, batch_size: int, epochs: int, steps: int, change: tuple[int, int, int, int]
) -> None:
    loop, _ = make(rows=rows, batch_size=batch_size, epochs=epochs, steps=steps)
    first, *later = change
    loop.run(first)
    turn(loop, **dict(zip(("batch_size", "epochs", "steps"), later, strict=True)))
    remaining = loop.remaining
    assert run_to_end(loop) == remaining
    assert loop.finished
    assert loop.run(5).steps.size == 0
    assert loop.progress == 1.0
    enough_epochs = loop.batches.epoch >= loop.training.epochs
    assert enough_epochs or 0 < loop.training.steps <= loop.step


def test_progress_is_by_epochs_or_by_steps_whichever_ends_first() -> None:
    loop, _ = make(rows=10, batch_size=5, epochs=4)
    seen = [loop.progress]
    while not loop.finished:
        loop.run(1)
        seen.append(loop.progress)
    assert seen == pytest.approx(np.linspace(0, 1, 9))
    loop, _ = make(rows=10, batch_size=5, epochs=4, steps=4)
    loop.run(1)
    assert loop.progress == 0.25


# Knobs


def test_turning_a_knob_moves_no_weight() -> None:
    loop, network = make(rows=10, batch_size=3, epochs=100, optimizer="momentum")
    loop.run(5)
    before, step, row = network.parameters.copy(), loop.step, loop.batches.row
    for knobs in (
        {"lr": 1.0},
        {"momentum": 0.1},
        {"l2": 0.5},
        {"batch_size": 7},
        {"epochs": 7},
        {"steps": 50},
        {"optimizer": "adam"},
    ):
        turn(loop, **knobs)
        np.testing.assert_array_equal(network.parameters, before)
        assert (loop.step, loop.batches.row) == (step, row)
    assert len(loop.run(3).steps) == 3


def test_the_learning_rate_scales_the_next_step() -> None:
    loop, network = make(rows=10, epochs=100)
    loop.run(5)
    before = network.parameters.copy()
    turn(loop, lr=0.7)
    loop.run(1)
    np.testing.assert_allclose(network.parameters, before - 0.7 * network.gradients, rtol=1e-12)


def test_l2_pulls_from_the_next_step() -> None:
    loop, network = make(rows=10, epochs=100)
    other, plain = make(rows=10, epochs=100)
    for each in (loop, other):
        each.run(5)
    weights = [layer.W.copy() for layer in network.layers]
    turn(loop, l2=0.25)
    for each in (loop, other):
        each.run(1)
    for layer, same, W in zip(network.layers, plain.layers, weights, strict=True):
        np.testing.assert_allclose(layer.dW, same.dW + 0.25 * W, rtol=1e-12, atol=1e-15)


def test_momentum_keeps_its_velocity_when_it_is_turned() -> None:
    loop, network = make(rows=10, epochs=100, optimizer="momentum", momentum=0.9)
    loop.run(5)
    velocity, before = loop.optimizer.state["velocity"].copy(), network.parameters.copy()
    assert np.abs(velocity).max() > 0
    turn(loop, momentum=0.5, lr=0.2, batch_size=0, l2=0.0)
    loop.run(1)
    np.testing.assert_allclose(
        network.parameters, before - 0.2 * (0.5 * velocity + network.gradients), rtol=1e-12, atol=1e-15
    )


def test_adam_keeps_its_moments_when_another_knob_is_turned() -> None:
    loop, _ = make(rows=10, epochs=100, optimizer="adam")
    loop.run(5)
    state = {name: array.copy() for name, array in loop.optimizer.state.items()}
    turn(loop, lr=0.2, momentum=0.3, l2=0.1, batch_size=2)
    assert {name: array.tolist() for name, array in loop.optimizer.state.items()} == {
        name: array.tolist() for name, array in state.items()
    }
    loop.run(1)
    weights = [sum(beta**t for t in range(6)) for beta in (0.9, 0.999)]
    assert loop.optimizer.state["weights"] == pytest.approx(weights), "the sixth step"


def test_another_optimizer_goes_on_from_the_same_weights_with_a_state_of_its_own() -> None:
    loop, network = make(rows=10, epochs=100)
    loop.run(5)
    before = network.parameters.copy()
    turn(loop, optimizer="momentum", momentum=0.9, lr=0.1)
    loop.run(1)
    np.testing.assert_allclose(network.parameters, before - 0.1 * network.gradients, rtol=1e-12)
    turn(loop, optimizer="adam")
    assert loop.optimizer.state["weights"].tolist() == [0, 0]


# Numbers that stop being finite


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_spoiled_weight_ends_the_slice_before_the_update_and_is_named(layer: int) -> None:
    loop, network = make(rows=10, batch_size=4, epochs=100)
    loop.run(6)
    network.layers[layer].W[0, 0] = np.nan
    before = network.parameters.copy()
    happened = loop.run(50)
    assert happened.diverged == f"NaN or infinity, first in {network.layers[layer].name}"
    assert happened.steps.tolist() == [7]
    assert (loop.step, loop.batches.row) == (7, 0)
    np.testing.assert_array_equal(network.parameters, before)


def test_a_rate_beyond_all_measure_ends_the_slice_at_the_first_step_that_is_not_finite() -> None:
    X, T = samples(10)
    network = Network(SIZES, activation="identity", output="identity", loss="squared-error", seed=1)
    loop = Loop(network, X, T, TrainingConfig(lr=1e300, batch_size=3, epochs=1000))
    happened = loop.run(CAPACITY)
    assert happened.diverged in {f"NaN or infinity, first in {layer.name}" for layer in network.layers}
    whole = np.isfinite(happened.losses) & np.isfinite(happened.norms).all(axis=1)
    assert whole[:-1].all()
    assert not whole[-1]
    assert loop.step == happened.steps[-1] == len(happened.steps)


def test_a_target_that_is_no_number_spoils_the_output_first() -> None:
    X, T = samples(4)
    T[2] = np.nan
    loop = Loop(Network(SIZES, seed=1), X, T, TrainingConfig())
    happened = loop.run(10)
    assert happened.steps.tolist() == [1]
    assert happened.diverged == "NaN or infinity, first in output"
    assert np.isfinite(loop.network.parameters).all()
