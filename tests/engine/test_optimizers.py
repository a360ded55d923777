from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nntui.engine import OPTIMIZERS, Momentum, make_optimizer, optimizers

Array = NDArray[Any]


def gradient(parameters: Array, step: int) -> Array:
    return np.asarray(np.sin(parameters * 3 + step) + 0.1 * parameters)


def trained(name: str, parameters: Array, steps: range, **state: Array) -> tuple[Array, dict[str, Array]]:
    optimizer = make_optimizer(name, parameters, momentum=0.8)
    if state:
        optimizer.load(state)
    for step in steps:
        optimizer.step(parameters, gradient(parameters, step), 0.01)
    return parameters, optimizer.state


@pytest.mark.oracle
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_hundred_steps_are_those_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    start = np.random.default_rng(0).standard_normal(50)
    theirs = torch.tensor(start.copy(), requires_grad=True)
    optimizer = {
        "sgd": lambda: torch.optim.SGD([theirs], lr=0.01),
        "momentum": lambda: torch.optim.SGD([theirs], lr=0.01, momentum=0.8),
        "adam": lambda: torch.optim.Adam([theirs], lr=0.01),
    }[name]()
    for step in range(100):
        theirs.grad = torch.tensor(gradient(theirs.detach().numpy(), step))
        optimizer.step()
    ours, _ = trained(name, start.copy(), range(100))
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)


def test_sgd_goes_against_the_gradient() -> None:
    parameters = np.array([1.0, -2.0])
    make_optimizer("sgd", parameters).step(parameters, np.array([0.5, 4.0]), 0.1)
    np.testing.assert_allclose(parameters, [0.95, -2.4])


def test_momentum_gathers_speed_and_can_be_changed_between_steps() -> None:
    parameters, g = np.zeros(1), np.ones(1)
    optimizer = Momentum(parameters, momentum=0.5)
    optimizer.step(parameters, g, 1.0)
    optimizer.step(parameters, g, 1.0)
    assert parameters[0] == -(1 + 1.5)
    optimizer.momentum = 0.0
    optimizer.step(parameters, g, 1.0)
    assert parameters[0] == -(1 + 1.5 + 1)


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient() -> None:
    parameters = np.zeros(3)
    make_optimizer("adam", parameters).step(parameters, np.array([1e-3, -1.0, 1e3]), 0.1)
    np.testing.assert_allclose(parameters, [-0.1, 0.1, -0.1], rtol=1e-4)


def test_adam_in_blocks_is_adam(monkeypatch: pytest.MonkeyPatch) -> None:
    start = np.random.default_rng(0).standard_normal(50)
    whole, _ = trained("adam", start.copy(), range(20))
    monkeypatch.setattr(optimizers, "BLOCK", 16)
    blocks, _ = trained("adam", start.copy(), range(20))
    np.testing.assert_array_equal(blocks, whole)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_on_exactly_from_a_saved_state(name: str) -> None:
    start = np.random.default_rng(0).standard_normal(50).astype(np.float32)
    through, _ = trained(name, start.copy(), range(40))
    half, state = trained(name, start.copy(), range(20))
    resumed, _ = trained(name, half, range(20, 40), **{key: value.copy() for key, value in state.items()})
    assert resumed.tobytes() == through.tobytes()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_allocates_nothing(name: str) -> None:
    parameters = np.zeros(100_000, np.float32)
    gradients = np.ones_like(parameters)
    optimizer = make_optimizer(name, parameters)
    tracemalloc.start()
    try:
        for _ in range(20):
            optimizer.step(parameters, gradients, 0.1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4096


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("size", [3e38, np.inf])
def test_steps_beyond_the_range_of_the_dtype_give_no_warning(name: str, size: float) -> None:
    parameters = np.full(4, 3e38, np.float32)
    optimizer = make_optimizer(name, parameters)
    for sign in (-1, 1, -1):
        optimizer.step(parameters, np.full(4, sign * size, np.float32), 1e3)


def test_a_state_of_another_shape_or_name_is_refused_whole() -> None:
    optimizer = make_optimizer("adam", np.zeros(3))
    state = {"first_moment": np.ones(3), "second_moment": np.ones(4), "t": np.ones(1)}
    with pytest.raises(ValueError, match=r"second_moment: found shape \(4,\), must have the shape \(3,\)"):
        optimizer.load(state)
    with pytest.raises(ValueError, match="second_moment: found only first_moment"):
        optimizer.load({"first_moment": np.ones(3)})
    assert not optimizer.state["first_moment"].any()


def test_an_unknown_optimizer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="optimizer = 'adma': must be one of sgd, momentum, adam"):
        make_optimizer("adma", np.zeros(3))
