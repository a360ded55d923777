from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from nntui.engine import ACTIVATIONS

Floats = NDArray[np.float64]

FORMULAS: dict[str, Callable[[Floats], Floats]] = {
    "sigmoid": lambda z: 0.5 * (1 + np.tanh(z / 2)),
    "tanh": lambda z: np.sinh(z) / np.cosh(z),
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "leaky-relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "identity": lambda z: z,
}

SUMS = arrays(np.float64, (3, 4), elements=st.floats(-30, 30))


def applied(name: str, Z: Floats) -> Floats:
    A = Z.copy()
    ACTIVATIONS[name].forward(A, np.empty_like(A))
    return A


def test_every_activation_has_a_formula_here() -> None:
    assert ACTIVATIONS.keys() == FORMULAS.keys()


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(Z=SUMS)
@settings(deadline=None, max_examples=30)
def test_forward_is_the_formula(name: str, Z: Floats) -> None:
    np.testing.assert_allclose(applied(name, Z), FORMULAS[name](Z), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_backward_is_the_slope_times_the_gradient_above(name: str) -> None:
    Z = np.array([[-3.0, -0.4, -1e-3], [1e-3, 0.4, 3.0]])
    above = np.array([[2.0, -1.0, 0.5], [1.5, -2.0, 3.0]])
    slope = (applied(name, Z + 1e-6) - applied(name, Z - 1e-6)) / 2e-6
    dA = above.copy()
    ACTIVATIONS[name].backward(applied(name, Z), dA, np.empty_like(Z))
    np.testing.assert_allclose(dA, above * slope, rtol=1e-8)


@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("leaky-relu", 0.01)])
def test_the_slope_at_the_kink_is_the_one_below_zero(name: str, slope: float) -> None:
    dA = np.ones((1, 1))
    ACTIVATIONS[name].backward(np.zeros((1, 1)), dA, np.empty((1, 1)))
    assert dA[0, 0] == slope


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_is_not_swallowed(name: str) -> None:
    assert np.isnan(applied(name, np.array([[np.nan]]))).all()
