"""A tiny network's steps, recorded together, are the steps it would have made one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nntui.engine import Network
from nntui.knobs import OPTIMIZERS, TrainingConfig
from nntui.trainer.block import MOST, STEPS, Block
from nntui.trainer.loop import Loop

Array = NDArray[Any]
Make = Callable[[], Loop]


def samples(rows: int, inputs: int = 3) -> tuple[Array, Array]:
    rng = np.random.default_rng(rows)
    return rng.normal(size=(rows, inputs)), (rng.random((rows, 1)) < 0.5).astype(float)


def make(network: Network, rows: int = 10, **training: Any) -> Loop:
    X, T = samples(rows, network.sizes[0])
    return Loop(network, X, T, TrainingConfig(**{"epochs": 10**6} | training))


def one_by_one(make: Make, monkeypatch: pytest.MonkeyPatch) -> Loop:
    """A loop whose steps are recorded one after the other."""
    loop = make()
    monkeypatch.setattr(loop, "_train_block", lambda done, end: (1, loop._train(done, last=done + 1 == end)))
    return loop


def state(loop: Loop) -> dict[str, Any]:
    """All that a step changes."""
    return {
        "parameters": loop.network.parameters.tobytes(),
        "optimizer": {name: array.tobytes() for name, array in loop.optimizer.state.items()},
        "place": (loop.step, loop.batches.epoch, loop.batches.row),
        "dropout": loop.network.rng.bit_generator.state,
    }


def check_same(make: Make, slices: list[int], monkeypatch: pytest.MonkeyPatch) -> str | None:
    """Slices of a loop with blocks and without them, compared; the layer where both diverged."""
    loop, other = make(), one_by_one(make, monkeypatch)
    assert Block.suits(loop.network, loop.batches.rows)
    diverged = None
    for count in slices:
        found, expected = loop.run(count), other.run(count)
        np.testing.assert_array_equal(found.steps, expected.steps)
        rtol = 1e-10 if loop.network.dtype == np.float64 else 2e-5
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(found.losses, expected.losses, rtol=rtol)
            np.testing.assert_allclose(found.norms, expected.norms, rtol=rtol, atol=1e-30)
        assert found.diverged == expected.diverged
        assert state(loop) == state(other)
        diverged = found.diverged
        if diverged is not None:
            break
        np.testing.assert_allclose(loop.update_norms(), other.update_norms())
    return diverged


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [0, 4])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize(
    "knobs", [{}, {"l1": 0.001}, {"l2": 0.01}, {"clip_norm": 0.3}, {"clip_value": 0.02}, {"warmup": 5.0}], ids=str
)
def test_a_block_records_what_single_steps_would(
    optimizer: str, batch_size: int, dropout: float, knobs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def start() -> Loop:
        return make(Network((3, 4, 1), dropout=dropout, seed=2), optimizer=optimizer, batch_size=batch_size, **knobs)

    assert check_same(start, [1, 5, STEPS, STEPS + 1, 2], monkeypatch) is None


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [0, 4])
@pytest.mark.parametrize("lr", [0.9, 3.0, 50.0, 1000.0])
def test_a_network_diverges_at_the_same_step_with_the_same_weights(
    optimizer: str, dtype: str, batch_size: int, lr: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start() -> Loop:
        network = Network(
            (3, 4, 1), activation="identity", output="identity", loss="squared-error", dropout=0.1, seed=2, dtype=dtype
        )
        return make(network, optimizer=optimizer, batch_size=batch_size, lr=lr)

    diverged = check_same(start, [7, 8 * STEPS], monkeypatch)
    assert diverged is not None or optimizer == "adam" or lr == 0.9


def test_a_sum_of_losses_that_overflows_is_found_at_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four losses of 1.1e38 have a mean, but no sum in float32."""

    def start() -> Loop:
        network = Network((1, 1), output="identity", loss="squared-error", init="zeros")
        network.parameters[:] = 1.5e19, 0
        return Loop(network, np.ones((4, 1)), np.zeros((4, 1)), TrainingConfig(lr=1e-9, epochs=1000))

    assert start().run(STEPS).steps.tolist() == [1]
    assert check_same(start, [STEPS], monkeypatch) == "NaN or infinity, first in loss"


def test_squares_that_overflow_are_no_divergence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient of 1e200 has a norm, though its square is beyond float64."""

    def start() -> Loop:
        network = Network((1, 1), output="identity", loss="huber", huber_delta=1e6, init="zeros", dtype="float64")
        return Loop(network, np.full((4, 1), 1e195), np.ones((4, 1)) * 1e7, TrainingConfig(lr=1e-210, clip_norm=1.0))

    loop = start()
    happened = loop.run(1)
    assert happened.norms[0, 0] == pytest.approx(1e201)
    assert check_same(start, [3, STEPS], monkeypatch) is None


def test_only_tiny_networks_and_batches_are_copied() -> None:
    assert Block.suits(Network((2, 3, 1)), 4)
    units = MOST // STEPS
    assert not Block.suits(Network((units, 1)), 4)
    assert not Block.suits(Network((2, 1)), units + 1)
    assert not Block.suits(Network((2, 2)), units)
