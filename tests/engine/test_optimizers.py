from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui import knobs
from nntui.engine import optimizers
from nntui.engine.optimizers import OPTIMIZERS, Adam, Momentum, RMSprop, make_optimizer
from tests.engine.memory import peak_of

Array = NDArray[Any]

KNOBS = {"momentum": 0.8, "beta1": 0.7, "beta2": 0.95, "weight_decay": 0.1}


def gradient(parameters: Array, step: int) -> Array:
    return np.asarray(np.sin(parameters * 3 + step) + 0.1 * parameters, parameters.dtype)


def trained(name: str, parameters: Array, steps: range, **state: Array) -> tuple[Array, dict[str, Array]]:
    optimizer = make_optimizer(name, parameters, **KNOBS)
    if state:
        optimizer.load(state)
    for step in steps:
        optimizer.step(parameters, gradient(parameters, step), 0.01)
    return parameters, optimizer.state


def of_pytorch(name: str, parameters: list[Any], lr: float) -> Any:
    """PyTorch's optimizer of this name with :data:`KNOBS`."""
    optim = pytest.importorskip("torch").optim
    betas = KNOBS["beta1"], KNOBS["beta2"]
    makers: dict[str, Callable[[], Any]] = {
        "sgd": lambda: optim.SGD(parameters, lr=lr),
        "momentum": lambda: optim.SGD(parameters, lr=lr, momentum=KNOBS["momentum"]),
        "nesterov": lambda: optim.SGD(parameters, lr=lr, momentum=KNOBS["momentum"], nesterov=True),
        "adagrad": lambda: optim.Adagrad(parameters, lr=lr),
        "rmsprop": lambda: optim.RMSprop(parameters, lr=lr, alpha=KNOBS["beta2"]),
        "adam": lambda: optim.Adam(parameters, lr=lr, betas=betas),
        "adamw": lambda: optim.AdamW(parameters, lr=lr, betas=betas, weight_decay=KNOBS["weight_decay"]),
    }
    return makers[name]()


@pytest.mark.oracle
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_hundred_steps_at_changing_rates_are_those_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    start = np.random.default_rng(0).standard_normal(50)
    theirs = torch.tensor(start.copy(), requires_grad=True)
    oracle = of_pytorch(name, [theirs], 0.01)
    ours = start.copy()
    optimizer = make_optimizer(name, ours, **KNOBS)
    for step in range(100):
        oracle.param_groups[0]["lr"] = lr = 0.01 if step < 50 else 0.03
        theirs.grad = torch.tensor(gradient(theirs.detach().numpy(), step))
        oracle.step()
        optimizer.step(ours, gradient(ours, step), lr)
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
    assert np.abs(ours - start).max() > 0.01


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "knob", "theirs"),
    [("momentum", "momentum", "momentum"), ("rmsprop", "beta2", "alpha"), ("adamw", "weight_decay", "weight_decay")],
)
def test_a_knob_turned_between_steps_does_what_it_does_in_pytorch(name: str, knob: str, theirs: str) -> None:
    torch = pytest.importorskip("torch")
    ours = np.random.default_rng(0).standard_normal(50)
    tensor = torch.tensor(ours.copy(), requires_grad=True)
    oracle, optimizer = of_pytorch(name, [tensor], 0.01), make_optimizer(name, ours, **KNOBS)
    for step in range(60):
        value = (KNOBS[knob], 0.5, 0.99)[step // 20]
        setattr(optimizer, knob, value)
        oracle.param_groups[0][theirs] = value
        tensor.grad = torch.tensor(gradient(tensor.detach().numpy(), step))
        oracle.step()
        optimizer.step(ours, gradient(ours, step), 0.01)
    np.testing.assert_allclose(ours, tensor.detach().numpy(), rtol=1e-10, atol=1e-12)


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


def test_nesterov_adds_the_step_that_momentum_would_take_next() -> None:
    parameters, g = np.zeros(1), np.ones(1)
    optimizer = make_optimizer("nesterov", parameters, momentum=0.5)
    optimizer.step(parameters, g, 1.0)
    optimizer.step(parameters, g, 1.0)
    assert parameters[0] == -((1 + 0.5) + (1 + 0.75))


def test_weight_decay_shrinks_by_a_share_of_the_rate() -> None:
    parameters = np.array([1.0, -2.0])
    make_optimizer("adamw", parameters, weight_decay=0.5).step(parameters, np.zeros(2), 0.1)
    np.testing.assert_allclose(parameters, [0.95, -1.9], rtol=1e-15)


@pytest.mark.parametrize("name", ["adagrad", "adam"])
def test_a_first_step_is_the_learning_rate_whatever_the_gradient(name: str) -> None:
    parameters = np.zeros(3)
    make_optimizer(name, parameters).step(parameters, np.array([1e-3, -1.0, 1e3]), 0.1)
    np.testing.assert_allclose(parameters, [-0.1, 0.1, -0.1], rtol=1e-4)


@given(st.lists(st.tuples(st.floats(0, 0.9999), st.floats(0, 0.9999)), min_size=1, max_size=30))
@settings(deadline=None, max_examples=50)
def test_adam_steps_by_the_rate_along_a_constant_gradient_however_its_betas_are_turned(
    betas: list[tuple[float, float]],
) -> None:
    parameters, g = np.zeros(2), np.array([2.0, -0.5])
    optimizer = Adam(parameters)
    for number, (beta1, beta2) in enumerate(betas, 1):
        optimizer.configure(beta1=beta1, beta2=beta2)
        optimizer.step(parameters, g, 0.1)
        np.testing.assert_allclose(parameters, [-0.1 * number, 0.1 * number], rtol=1e-7)


def test_the_mean_square_of_rmsprop_goes_on_from_where_it_was_when_its_memory_is_turned() -> None:
    parameters, g = np.zeros(1), np.full(1, 3.0)
    optimizer = RMSprop(parameters, beta2=0.5)
    for _ in range(60):
        optimizer.step(parameters, g, 0.1)
    for beta2 in (0.999, 0.0, 0.9):
        optimizer.beta2, before = beta2, parameters.copy()
        optimizer.step(parameters, g, 0.1)
        np.testing.assert_allclose(before - parameters, 0.1, rtol=1e-7)


@given(name=st.sampled_from(sorted(OPTIMIZERS)), size=st.integers(1, 70), block=st.integers(1, 80))
@settings(deadline=None, max_examples=60)
def test_steps_do_not_depend_on_the_size_of_the_blocks(name: str, size: int, block: int) -> None:
    start: Array = np.random.default_rng(size).standard_normal(size)
    whole, _ = trained(name, start.copy(), range(5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimizers, "BLOCK", block)
        blocks, _ = trained(name, start.copy(), range(5))
    np.testing.assert_array_equal(blocks, whole)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_on_exactly_from_a_saved_state(name: str, dtype: type) -> None:
    start: Array = np.random.default_rng(0).standard_normal(50).astype(dtype)
    through, _ = trained(name, start.copy(), range(40))
    half, state = trained(name, start.copy(), range(20))
    resumed, _ = trained(name, half, range(20, 40), **{key: value.copy() for key, value in state.items()})
    assert resumed.tobytes() == through.tobytes()
    assert resumed.dtype == dtype


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_allocates_nothing(name: str) -> None:
    parameters = np.zeros(100_000, np.float32)
    gradients = np.ones_like(parameters)
    optimizer = make_optimizer(name, parameters)
    assert peak_of(lambda: optimizer.step(parameters, gradients, 0.1)) < 4096


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_leaves_the_gradients_as_they_are(name: str) -> None:
    parameters, gradients = np.ones(3), np.array([1.0, -2.0, 0.0])
    make_optimizer(name, parameters).step(parameters, gradients, 0.1)
    assert gradients.tolist() == [1.0, -2.0, 0.0]
    assert np.isfinite(parameters).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("size", [0.0, 1e-45, 3e38, np.inf])
def test_steps_at_the_ends_of_the_dtype_give_no_warning_if_the_caller_wants_none(name: str, size: float) -> None:
    parameters = np.full(4, 3e38, np.float32)
    optimizer = make_optimizer(name, parameters)
    with np.errstate(over="ignore", invalid="ignore"):
        for sign in (-1, 1, -1):
            optimizer.step(parameters, np.full(4, sign * size, np.float32), 1e3)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_that_overflows_tells_a_caller_who_asks(name: str) -> None:
    parameters, gradients = np.full(4, -3e38, np.float32), np.full(4, 3e38, np.float32)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow"):
        make_optimizer(name, parameters).step(parameters, gradients, 1e3)


def test_a_state_of_another_shape_or_name_is_refused_whole() -> None:
    optimizer = make_optimizer("adam", np.zeros(3))
    state = {"first_moment": np.ones(3), "second_moment": np.ones(4), "weights": np.ones(2)}
    with pytest.raises(ValueError, match=r"Adam state second_moment: found shape \(4,\), must have the shape \(3,\)"):
        optimizer.load(state)
    with pytest.raises(ValueError, match="second_moment: found only first_moment"):
        optimizer.load({"first_moment": np.ones(3)})
    assert not optimizer.state["first_moment"].any()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_takes_from_all_knobs_those_that_matter_to_it(name: str) -> None:
    optimizer = make_optimizer(name, np.zeros(3), **KNOBS)
    assert {knob: getattr(optimizer, knob) for knob in KNOBS if hasattr(optimizer, knob)} == {
        knob: KNOBS[knob] for knob in optimizer.HYPERPARAMETERS
    }
    before = optimizer.state
    optimizer.configure(**asdict(knobs.TrainingConfig()))
    assert all(getattr(optimizer, knob) == getattr(knobs.TrainingConfig(), knob) for knob in optimizer.HYPERPARAMETERS)
    assert all(optimizer.state[key] is array for key, array in before.items())


def test_an_unknown_optimizer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="optimizer = 'adma': must be one of sgd, momentum, nesterov, adagrad"):
        make_optimizer("adma", np.zeros(3))


@pytest.mark.parametrize(
    ("name", "hyperparameter", "value"),
    [
        ("rmsprop", "beta2", 1.0),
        ("adam", "beta1", -0.1),
        ("momentum", "momentum", 1.5),
        ("adamw", "weight_decay", -1.0),
    ],
)
def test_hyperparameters_out_of_their_range_are_refused(name: str, hyperparameter: str, value: float) -> None:
    given: Any = {hyperparameter: value}
    with pytest.raises(ValueError, match=f"{hyperparameter} = {value}: must be "):
        make_optimizer(name, np.zeros(2), **given)
