"""What watches the loss at the end of each epoch: patience, which ends a run at its best weights, and plateaus."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nntui.engine import Network
from nntui.knobs import TrainingConfig
from nntui.trainer.loop import CAPACITY, Loop

Array = NDArray[Any]


def samples(rows: int, seed: int = 0) -> tuple[Array, Array]:
    """Noise alone: what is learned of it is of no use for other rows."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, 3)), (rng.random((rows, 1)) < 0.5).astype(float)


def make(*, held_out: bool = True, rows: int = 20, **training: Any) -> Loop:
    network = Network((3, 8, 1), seed=1, dtype="float64")
    knobs = TrainingConfig(**{"lr": 0.5, "epochs": 100_000} | training)
    return Loop(network, *samples(rows), knobs, samples(30, 1) if held_out else None)


def turn(loop: Loop, **knobs: Any) -> None:
    loop.configure(replace(loop.training, **knobs))


def by_epochs(loop: Loop, epochs: int) -> tuple[list[float], list[Array]]:
    """The loss that is watched and the weights at the end of each epoch, of a run that nothing ends early."""
    losses, weights = [], []
    for _ in range(epochs):
        before = loop.batches.epoch
        trained = []
        while loop.batches.epoch == before:
            row = loop.batches.row
            happened = loop.run(1)
            trained.append((happened.losses[0], (loop.batches.row or loop.batches.rows) - row))
        mean = sum(loss * rows for loss, rows in trained) / loop.batches.rows
        losses.append(loop.network.loss(*loop.held_out) if loop.held_out else mean)
        weights.append(loop.network.parameters.copy())
    return losses, weights


def end_of(losses: list[float], patience: int) -> tuple[int, int]:
    """The epoch after which patience ends, counted from 1, and that of the best loss."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best == patience:
            return epoch + 1, best + 1
    raise AssertionError("patience does not end")


@pytest.mark.parametrize("batch_size", [0, 7])
@pytest.mark.parametrize("held_out", [True, False])
@pytest.mark.parametrize("slice_steps", [1, 64, CAPACITY])
def test_patience_ends_a_run_at_its_best_weights(batch_size: int, held_out: bool, slice_steps: int) -> None:
    knobs: dict[str, Any] = {"batch_size": batch_size, "lr": 0.5 if held_out else 30.0}
    losses, weights = by_epochs(make(held_out=held_out, **knobs), 400)
    end, best = end_of(losses, 20)
    loop = make(held_out=held_out, patience=20, **knobs)
    while not loop.finished:
        loop.run(slice_steps)
    assert loop.stalled
    assert loop.batches.epoch == end
    assert loop.step == end * (3 if batch_size else 1)
    assert loop.remaining == 0
    np.testing.assert_array_equal(loop.network.parameters, weights[best - 1])
    if loop.held_out:
        assert loop.network.loss(*loop.held_out) == losses[best - 1]
    assert loop.run(5).steps.size == 0


def test_without_patience_the_last_weights_stay() -> None:
    loop = make(epochs=50)
    _, weights = by_epochs(make(), 50)
    loop.run(CAPACITY)
    assert not loop.stalled
    assert loop.finished
    np.testing.assert_array_equal(loop.network.parameters, weights[-1])


def test_patience_may_be_turned_on_while_the_network_trains() -> None:
    losses, weights = by_epochs(make(), 400)
    loop = make()
    loop.run(100)
    turn(loop, patience=15)
    assert not loop.finished
    loop.run(CAPACITY)
    end, best = end_of(losses[100:], 15)
    assert loop.batches.epoch == 100 + end
    np.testing.assert_array_equal(loop.network.parameters, weights[100 + best - 1])


def test_the_best_weights_are_kept_when_patience_is_turned() -> None:
    losses, weights = by_epochs(make(), 400)
    end, best = end_of(losses, 20)
    loop = make(patience=300)
    loop.run(best + 15)
    turn(loop, patience=20)
    loop.run(CAPACITY)
    assert loop.batches.epoch == end
    np.testing.assert_array_equal(loop.network.parameters, weights[best - 1])


def test_patience_that_would_be_over_already_ends_a_run() -> None:
    loop = make(patience=300)
    best = end_of(by_epochs(make(), 400)[0], 20)[1]
    loop.run(best + 50)
    assert loop.remaining_with(replace(loop.training, patience=10)) == 0
    assert loop.remaining_with(replace(loop.training, patience=0)) > 0


@pytest.mark.parametrize("held_out", [True, False])
def test_patience_turned_off_and_on_begins_anew(held_out: bool) -> None:
    loop = make(patience=1000, held_out=held_out)
    loop.run(300)
    turn(loop, patience=0)
    loop.run(10)
    turn(loop, patience=5)
    assert not loop.finished
    assert len(loop.run(3).steps) == 3


def test_losses_of_another_kind_are_not_compared() -> None:
    """The squared error is below the cross-entropy: without forgetting it, no cross-entropy would ever be better."""
    loop = make(patience=30)
    loop.network.configure(loss="squared-error")
    loop.run(20)
    other = make()
    other.network.configure(loss="squared-error")
    other.run(20)
    for each in (loop, other):
        each.network.configure(loss="cross-entropy")
    losses, weights = by_epochs(other, 400)
    loop.run(CAPACITY)
    end, best = end_of(losses, 30)
    assert loop.batches.epoch == 20 + end
    np.testing.assert_array_equal(loop.network.parameters, weights[best - 1])


# Plateaus


@pytest.mark.parametrize("held_out", [True, False])
def test_the_rate_falls_where_the_loss_stays(held_out: bool) -> None:
    knobs: dict[str, Any] = {"schedule_epochs": 10, "schedule_factor": 0.5, "batch_size": 6}
    loop = make(held_out=held_out, schedule="on-plateau", **knobs)
    best, stalled, factor = np.inf, 0, 1.0
    for _ in range(150):
        assert loop.rate == pytest.approx(0.5 * factor)
        (loss,), _ = by_epochs(loop, 1)
        if loss < best * (1 - 1e-4):
            best, stalled = loss, 0
        else:
            stalled += 1
        if stalled > 10:
            factor, stalled = factor * 0.5, 0
    assert factor < 1
    turn(loop, lr=0.2)
    assert loop.rate == pytest.approx(0.2 * factor), "what the plateau has taken stays taken"
    turn(loop, schedule="constant")
    assert loop.rate == 0.2


def test_a_plateau_keeps_its_rate_and_forgets_its_best_when_the_loss_is_another() -> None:
    loop = make(schedule="on-plateau", schedule_epochs=10, schedule_factor=0.5)
    loop.network.configure(loss="squared-error")
    while loop.rate == 0.5:
        loop.run(1)
    loop.network.configure(loss="cross-entropy")
    rate, epoch = loop.rate, loop.batches.epoch
    while loop.rate == rate:
        loop.run(1)
    assert loop.rate == pytest.approx(rate / 2)
    assert loop.batches.epoch - epoch > 11, "the first cross-entropy is better than none"


def test_a_network_that_is_watched_may_be_tiny_and_slices_of_any_length() -> None:
    weights = set()
    for slice_steps in (1, 7, CAPACITY):
        loop = make(schedule="on-plateau", schedule_epochs=3, batch_size=6, epochs=60)
        while not loop.finished:
            loop.run(slice_steps)
        weights.add((loop.network.parameters.tobytes(), loop.rate))
    assert len(weights) == 1


def test_watching_that_begins_within_an_epoch_sees_its_rows_from_there() -> None:
    """Whether earlier steps of the epoch were recorded together or one by one."""
    rates = set()
    for together in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not together:
                patch.setattr("nntui.trainer.block.Block.suits", lambda network, rows: False)
            loop = make(held_out=False, batch_size=3, lr=2.0)
            loop.run(24)
            assert loop.batches.row
            turn(loop, patience=3)
            loop.run(CAPACITY)
            assert loop.stalled
            rates.add((loop.step, loop.network.parameters.tobytes()))
    assert len(rates) == 1


def test_the_best_weights_are_those_of_the_activation_that_the_run_ends_with() -> None:
    loop = make(patience=50)
    while not loop.watch.has_best:
        loop.run(1)
    loop.network.configure(activation="sigmoid")
    best = float("inf")
    while not loop.finished:
        loop.run(1)
        best = min(best, loop.network.loss(*(loop.held_out or ())))
    assert loop.network.loss(*(loop.held_out or ())) == best


def test_a_state_of_the_optimizer_that_overflowed_is_told() -> None:
    loop = make(optimizer="adam")
    loop.run(3)
    assert loop.spoiled == ""
    loop.optimizer.state["second_moment"][0] = np.inf
    assert loop.spoiled == "second_moment"
