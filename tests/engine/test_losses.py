from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from nntui.engine import ACTIVATIONS, LOSSES

Floats = NDArray[Any]


def elementwise(name: str, Z: Floats, T: Floats) -> Floats:
    out = np.empty_like(Z)
    LOSSES[name].elementwise(Z, T, out, np.empty_like(Z))
    return out


def test_cross_entropy_is_minus_the_log_likelihood() -> None:
    Z, T = np.array([[-2.0, 0.0, 3.0]]), np.array([[1.0, 0.0, 0.3]])
    P = 1 / (1 + np.exp(-Z))
    expected = -T * np.log(P) - (1 - T) * np.log(1 - P)
    np.testing.assert_allclose(elementwise("cross-entropy", Z, T), expected, rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_keeps_the_digits_of_a_small_loss(dtype: DTypeLike) -> None:
    Z, T = (np.array(row, dtype) for row in ([[15.0, -15.0]], [[1.0, 0.0]]))
    np.testing.assert_allclose(elementwise("cross-entropy", Z, T), math.log1p(math.exp(-15.0)), rtol=1e-6)


def test_cross_entropy_of_a_hopeless_logit_is_the_logit() -> None:
    Z, T = np.array([[1e30, -1e30]]), np.array([[0.0, 1.0]])
    np.testing.assert_array_equal(elementwise("cross-entropy", Z, T), [[1e30, 1e30]])


def test_squared_error_is_half_the_square() -> None:
    np.testing.assert_array_equal(
        elementwise("squared-error", np.array([[3.0, -1.0]]), np.array([[1.0, 0.0]])), [[2.0, 0.5]]
    )


@pytest.mark.parametrize("name", LOSSES)
def test_nan_is_not_swallowed(name: str) -> None:
    assert np.isnan(elementwise(name, np.array([[np.nan]]), np.array([[0.0]]))).all()


@pytest.mark.parametrize("name", LOSSES)
def test_the_slope_is_prediction_minus_target(name: str) -> None:
    Z, T = np.array([[-1.5, 0.2, 2.0]]), np.array([[0.0, 1.0, 1.0]])
    slope = (elementwise(name, Z + 1e-6, T) - elementwise(name, Z - 1e-6, T)) / 2e-6
    P = Z.copy()
    ACTIVATIONS[LOSSES[name].output].forward(P, np.empty_like(P))
    np.testing.assert_allclose(P - T, slope, rtol=1e-7)
