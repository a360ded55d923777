from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.engine.schedules import (
    LEAST,
    SCHEDULES,
    WARMUP_START,
    EarlyStopping,
    Plateau,
    make_schedule,
)

EPOCHS = 100


def of_pytorch(name: str, optimizer: Any) -> Any:
    """PyTorch's schedule of this name with every = 7 and factor = 0.6, one step of it being an epoch."""
    schedules = pytest.importorskip("torch").optim.lr_scheduler
    if name == "step":
        return schedules.StepLR(optimizer, step_size=7, gamma=0.6)
    if name == "exponential":
        return schedules.ExponentialLR(optimizer, gamma=0.6 ** (1 / 7))
    if name == "cosine":
        return schedules.CosineAnnealingLR(optimizer, T_max=EPOCHS)
    return schedules.ConstantLR(optimizer, factor=1.0)


@pytest.mark.oracle
@pytest.mark.parametrize("warmup", [0, 1, 12])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_hundred_epochs_of_rates_are_those_of_pytorch(name: str, warmup: int) -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=0.3)
    oracle = [of_pytorch(name, optimizer)]
    if warmup:
        oracle.append(torch.optim.lr_scheduler.LinearLR(optimizer, WARMUP_START, 1.0, total_iters=warmup))
    schedule = make_schedule(name, every=7, factor=0.6, warmup=warmup)
    for epoch in range(EPOCHS):
        rate = 0.3 * schedule.factor(epoch, epoch / EPOCHS)
        assert rate == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-10, abs=1e-16)
        optimizer.step()
        for part in oracle:
            part.step()


@pytest.mark.oracle
@pytest.mark.parametrize("patience", [0, 1, 4])
def test_a_plateau_lowers_the_rate_when_that_of_pytorch_does(patience: int) -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    oracle = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.9, patience=patience, eps=0)
    plateau, rng = Plateau(), np.random.default_rng(0)
    for epoch in range(100):
        loss = [1 / (1 + epoch / 5), 1 - 4e-5 * epoch, math.nan, rng.random()][epoch // 25]
        oracle.step(loss)
        plateau.observe(loss, patience=patience, factor=0.9)
        assert 0.3 * plateau.factor == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-10)
    assert plateau.factor < 0.9


def test_schedules_between_epochs() -> None:
    assert make_schedule("step", every=2, factor=0.5).factor(3.99, 0.1) == 0.5
    assert make_schedule("step", every=2, factor=0.5).factor(4.0, 0.1) == 0.25
    assert make_schedule("exponential", every=2, factor=0.25).factor(1.0, 0.1) == 0.5
    assert make_schedule("cosine").factor(3.0, 0.5) == pytest.approx(0.5)
    assert make_schedule("cosine").factor(3.0, 1.0) == 0.0
    assert make_schedule("constant").factor(3.0, 0.5) == 1.0


def test_warm_up_rises_in_a_line_and_never_begins_at_zero() -> None:
    schedule = make_schedule("constant", warmup=2.0)
    rates = [schedule.factor(epochs, 0.0) for epochs in (0.0, 0.5, 1.0, 1.5, 2.0, 9.0)]
    assert rates[0] == WARMUP_START > 0
    np.testing.assert_allclose(np.diff(rates), [0.2475, 0.2475, 0.2475, 0.2475, 0.0], atol=1e-12)
    assert rates[-1] == 1.0


def test_only_a_constant_schedule_without_warm_up_is_constant() -> None:
    assert [name for name in SCHEDULES if make_schedule(name).constant] == ["constant"]
    assert not make_schedule("constant", warmup=0.1).constant


@given(
    name=st.sampled_from(sorted(SCHEDULES)),
    every=st.floats(1, 1e15),
    factor=st.floats(0.001, 1),
    warmup=st.floats(0, 1e15),
    epochs=st.floats(0, 1e15),
    progress=st.floats(0, 1),
)
@settings(deadline=None, max_examples=200)
def test_no_schedule_raises_the_rate_or_turns_it_round(
    name: str, every: float, factor: float, warmup: float, epochs: float, progress: float
) -> None:
    schedule = make_schedule(name, every=every, factor=factor, warmup=warmup)
    assert 0.0 <= schedule.factor(epochs, progress) <= 1.0


def test_a_plateau_has_a_floor() -> None:
    plateau = Plateau()
    for _ in range(100):
        plateau.observe(1.0, patience=0, factor=0.001)
    assert plateau.factor == LEAST


def test_an_unknown_schedule_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="schedule = 'cosin': must be one of constant, step, exponential, cosine"):
        make_schedule("cosin")


def test_early_stopping_counts_the_epochs_since_the_lowest_loss() -> None:
    stopping = EarlyStopping()
    assert (stopping.stalled, stopping.best) == (0, math.inf)
    assert [stopping.observe(loss, epoch) for epoch, loss in enumerate([3.0, 2.0, 2.0, math.nan, 1.0], 10)] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert (stopping.stalled, stopping.best) == (0, 1.0)
    assert not stopping.observe(5.0, 17)
    assert (stopping.stalled, stopping.best) == (3, 1.0)


def test_early_stopping_counts_from_the_first_loss_it_sees() -> None:
    stopping = EarlyStopping()
    assert not stopping.observe(math.nan, 500)
    assert stopping.stalled == 0
    stopping.observe(math.nan, 502)
    assert stopping.stalled == 2


@given(losses=st.lists(st.floats(0, 10), min_size=2, max_size=40), cut=st.integers(1, 39))
@settings(deadline=None, max_examples=50)
def test_both_go_on_exactly_from_a_saved_state(losses: list[float], cut: int) -> None:
    plateau, stopping = Plateau(), EarlyStopping()
    for epoch, loss in enumerate(losses):
        if epoch == cut:
            saved = [{name: array.copy() for name, array in each.state.items()} for each in (plateau, stopping)]
            plateau, stopping = Plateau(), EarlyStopping()
            plateau.load(saved[0])
            stopping.load(saved[1])
        plateau.observe(loss, patience=2, factor=0.5)
        stopping.observe(loss, epoch)
    whole = Plateau()
    for loss in losses:
        whole.observe(loss, patience=2, factor=0.5)
    assert {name: array.tolist() for name, array in plateau.state.items()} == {
        name: array.tolist() for name, array in whole.state.items()
    }
    assert (stopping.best, stopping.stalled) == (min(losses), len(losses) - 1 - losses.index(min(losses)))


@pytest.mark.parametrize(("knob", "value"), [("every", 0.0), ("every", -1.0), ("factor", 0.0), ("warmup", -1.0)])
def test_numbers_out_of_their_range_are_refused(knob: str, value: float) -> None:
    given: Any = {knob: value}
    with pytest.raises(ValueError, match=f"{knob} = {value}: must be a finite number"):
        make_schedule("step", **given)
