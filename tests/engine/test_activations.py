from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import DTypeLike, NDArray

from nntui.engine import ACTIVATIONS, OUTPUTS, Activation
from nntui.engine.activations import make_activation, number
from tests.engine import oracle

Array = NDArray[Any]

EVERY = {**ACTIVATIONS, **OUTPUTS}

FORMULAS: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda z: 0.5 * (1 + math.tanh(z / 2)),
    "tanh": lambda z: math.sinh(z) / math.cosh(z),
    "relu": lambda z: z if z > 0 else 0.0,
    "leaky-relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "gelu": lambda z: z * 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "softplus": lambda z: math.log1p(math.exp(z)),
    "identity": lambda z: z,
}

#: What each is at ±10,000, and its slope there: the limits.
FAR = {
    "sigmoid": ((0, 1), (0, 0)),
    "tanh": ((-1, 1), (0, 0)),
    "relu": ((0, 1e4), (0, 1)),
    "leaky-relu": ((-100, 1e4), (0.01, 1)),
    "elu": ((-1, 1e4), (0, 1)),
    "gelu": ((0, 1e4), (0, 1)),
    "silu": ((0, 1e4), (0, 1)),
    "softplus": ((0, 1e4), (0, 1)),
    "identity": ((-1e4, 1e4), (1, 1)),
}

SUMS = arrays(np.float64, (3, 4), elements=st.floats(-30, 30))
GRID = np.linspace(-30, 30, 240).reshape(-1, 3)  # not 0, where some have a kink


def forward(f: Activation, Z: Array) -> tuple[Array, Array]:
    """A = f(Z) for Z of the shape (samples, units), and what is left in S, both with a column a sample.

    Overflow is told to nobody, as in a network.
    """
    A = np.array(Z.T, order="C")
    S = np.full_like(A, 7)
    with np.errstate(over="ignore", invalid="ignore"):
        f.forward(A, S, np.full_like(A, 7))
    return A, S


def applied(name: str, Z: Array) -> Array:
    return forward(EVERY[name], Z)[0].T


def backward(f: Activation, Z: Array, dA: Array) -> Array:
    """dL/dZ for dL/dA, both (samples, units)."""
    A, S = forward(f, Z)
    dZ = np.array(dA.T, order="C")
    with np.errstate(invalid="ignore"):
        f.backward(A, dZ, S)
    return dZ.T


def test_every_activation_has_a_formula_here() -> None:
    assert ACTIVATIONS.keys() == FORMULAS.keys() == FAR.keys()


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(Z=SUMS)
@settings(deadline=None, max_examples=30)
def test_forward_is_the_formula(name: str, Z: Array) -> None:
    np.testing.assert_allclose(applied(name, Z), np.vectorize(FORMULAS[name])(Z), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", EVERY)
def test_backward_is_the_slope_times_the_gradient_above(name: str) -> None:
    Z = np.array([[-3.0, -0.4, -1e-3], [1e-3, 0.4, 3.0]])
    above = np.array([[2.0, -1.0, 0.5], [1.5, -2.0, 3.0]])
    expected = np.empty_like(Z)
    for i in np.ndindex(Z.shape):  # each sum of a softmax moves all units of its row
        step = np.zeros_like(Z)
        step[i] = 1e-5
        expected[i] = (above * (applied(name, Z + step) - applied(name, Z - step))).sum() / 2e-5
    np.testing.assert_allclose(backward(EVERY[name], Z, above), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.oracle
@pytest.mark.parametrize("name", EVERY)
def test_values_and_slopes_are_those_of_pytorch(name: str) -> None:
    torch = oracle.pytorch()
    above = np.random.default_rng(0).standard_normal(GRID.shape)
    Z = torch.tensor(GRID, requires_grad=True)
    A = oracle.activation(name)(Z)
    A.backward(torch.tensor(above))
    np.testing.assert_allclose(applied(name, GRID), A.detach().numpy(), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(backward(EVERY[name], GRID, above), Z.grad.numpy(), rtol=1e-12, atol=2e-14)


@pytest.mark.parametrize("name", EVERY)
def test_single_precision_is_close_to_double(name: str) -> None:
    above = np.ones_like(GRID)
    above[:, 0] = -2
    single = GRID.astype(np.float32)
    np.testing.assert_allclose(applied(name, single), applied(name, GRID), rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(
        backward(EVERY[name], single, above.astype(np.float32)), backward(EVERY[name], GRID, above), atol=1e-5
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_far_from_zero_each_is_its_limit(name: str, dtype: DTypeLike) -> None:
    Z = np.array([[-1e4, 1e4]], dtype)
    values, slopes = FAR[name]
    np.testing.assert_allclose(applied(name, Z), [values], rtol=1e-6)
    np.testing.assert_allclose(backward(EVERY[name], Z, np.ones_like(Z)), [slopes], rtol=1e-6)


@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("leaky-relu", 0.01), ("elu", 1.0)])
def test_the_slope_at_the_kink_is_the_one_below_zero(name: str, slope: float) -> None:
    assert backward(EVERY[name], np.zeros((1, 1)), np.ones((1, 1))) == slope


@pytest.mark.parametrize("leak", [0.0, 0.2, 1.0])
def test_the_leak_is_the_slope_below_zero(leak: float) -> None:
    f, Z = make_activation("leaky-relu", leak), np.array([[-2.0, 3.0]])
    np.testing.assert_array_equal(forward(f, Z)[0].T, [[-2 * leak, 3.0]])
    np.testing.assert_array_equal(backward(f, Z, np.ones((1, 2))), [[leak, 1.0]])


@pytest.mark.parametrize("name", EVERY)
def test_nan_is_not_swallowed(name: str) -> None:
    assert np.isnan(applied(name, np.array([[np.nan]]))).all()
    assert np.isnan(backward(EVERY[name], np.array([[-1.0]]), np.array([[np.nan]]))).all()


@given(Z=SUMS, shift=st.floats(-1e4, 1e4))
@settings(deadline=None, max_examples=50)
def test_softmax_gives_shares_of_one_whatever_is_added_to_all(Z: Array, shift: float) -> None:
    P = applied("softmax", Z)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(P, np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(applied("softmax", Z + shift), P, rtol=1e-10)


def test_softmax_of_samples_is_that_of_each_alone() -> None:
    Z = np.array([[1.0, 2.0], [np.nan, 0.0], [1e4, -1e4], [np.inf, 0.0]])
    P = applied("softmax", Z)
    np.testing.assert_array_equal(P, np.vstack([applied("softmax", row[None]) for row in Z]))
    np.testing.assert_array_equal(P[2], [1.0, 0.0])
    assert np.isnan(P[1]).all()
    assert np.isnan(P[3]).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_a_single_unit_is_1_and_has_no_slope(dtype: DTypeLike) -> None:
    Z = np.array([[-3.0], [700.0]], dtype)
    np.testing.assert_array_equal(applied("softmax", Z), [[1], [1]])
    np.testing.assert_array_equal(backward(EVERY["softmax"], Z, np.array([[2.0], [-5.0]], dtype)), [[0], [0]])


def test_the_softmax_s_derivative_of_a_sample_is_that_of_it_alone() -> None:
    Z, above = np.array([[1.0, 2.0], [np.nan, 0.0], [-3.0, 0.5]]), np.array([[2.0, -1.0], [1.0, 1.0], [np.inf, 0.0]])
    alone = [backward(EVERY["softmax"], Z[i, None], above[i, None]) for i in range(3)]
    np.testing.assert_array_equal(backward(EVERY["softmax"], Z, above), np.vstack(alone))
    assert [np.isfinite(row).all() for row in alone] == [True, False, False]


def test_unknown_names_and_leaks_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="activation = 'rleu': must be one of sigmoid, tanh, relu"):
        make_activation("rleu")
    for leak in (-0.1, 1.5, math.nan):
        with pytest.raises(ValueError, match=r"leak = .*: must be from 0 to 1"):
            make_activation("leaky-relu", leak)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_of_enormous_sums_are_numbers(name: str, dtype: DTypeLike) -> None:
    far = float(np.finfo(dtype).max)
    Z = np.array([[1e4, 1e8, 1e13, 1e20, 1e30, far]], dtype)
    for sign, limit in ((1, 1.0), (-1, {"identity": 1.0, "leaky-relu": 0.01}.get(name, 0.0))):
        A, dA, S = sign * Z, np.ones_like(Z), np.empty_like(Z)
        with np.errstate(over="ignore", under="ignore", divide="ignore"):
            ACTIVATIONS[name].forward(A, S, np.empty_like(Z))
            ACTIVATIONS[name].backward(A, dA, S)
        expected = 0.0 if name in ("sigmoid", "tanh") else limit
        np.testing.assert_allclose(dA, expected, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("value", [0.5, 1.0, 0.1, 1e300])
def test_only_numbers_that_single_precision_holds_become_arrays(value: float) -> None:
    made = number(value)
    assert float(made) == value
    assert isinstance(made, np.ndarray) == (value in (0.5, 1.0))
