from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nntui.engine.losses import make_loss
from tests.engine import oracle
from tests.engine.cases import PAIRS

Array = NDArray[Any]

CROSS_ENTROPIES = PAIRS[:2]

Z = np.random.default_rng(0).normal(0, 3, (7, 4))
T = np.eye(4)[[0, 1, 2, 3, 3, 1, 0]]


def computed(part: int, loss: str, output: str, Z: ArrayLike, T: ArrayLike, delta: float = 1.0) -> Array:
    """The losses (part 0) or their derivatives (1), with overflow told to nobody, as in a network.

    All arrays here have the shape (samples, outputs); what is computed with has a column a sample.
    """
    Z, T = np.ascontiguousarray(np.transpose(Z)), np.ascontiguousarray(np.transpose(T))
    before = Z.copy(), T.copy()
    out, S, R = (np.full_like(Z, 7) for _ in range(3))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        make_loss(loss, output, delta)[part](Z, T, out, S, R)
    np.testing.assert_array_equal(Z, before[0])
    np.testing.assert_array_equal(T, before[1])
    return out.T


def elementwise(loss: str, output: str, Z: ArrayLike, T: ArrayLike, delta: float = 1.0) -> Array:
    return computed(0, loss, output, Z, T, delta)


def derivative(loss: str, output: str, Z: ArrayLike, T: ArrayLike, delta: float = 1.0) -> Array:
    return computed(1, loss, output, Z, T, delta)


def outputs(output: str, Z: Array) -> Array:
    """P, by the formulas of a book."""
    if output == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-Z)))
    return np.asarray(np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)) if output == "softmax" else Z


def test_cross_entropy_is_minus_the_log_likelihood() -> None:
    P = outputs("sigmoid", Z)
    expected = -T * np.log(P) - (1 - T) * np.log(1 - P)
    np.testing.assert_allclose(elementwise("cross-entropy", "sigmoid", Z, T), expected, rtol=1e-10)
    expected = -T * np.log(outputs("softmax", Z))
    np.testing.assert_allclose(elementwise("cross-entropy", "softmax", Z, T), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "identity"])
def test_squared_error_is_half_the_square(output: str) -> None:
    expected = (outputs(output, Z) - T) ** 2 / 2
    np.testing.assert_allclose(elementwise("squared-error", output, Z, T), expected, rtol=1e-12)


def test_huber_is_a_square_up_to_delta_and_a_line_beyond() -> None:
    errors = np.array([[0.0, 0.5, -2.0, 3.0, -10.0]])
    for delta, expected in [(2.0, [0, 0.125, 2, 4, 18]), (0.5, [0, 0.125, 0.875, 1.375, 4.875])]:
        np.testing.assert_allclose(elementwise("huber", "identity", errors, 0 * errors, delta), [expected])
    np.testing.assert_allclose(derivative("huber", "identity", errors, 0 * errors, 2.0), [[0, 0.5, -2, 2, -2]])


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_the_derivative_is_the_slope_of_the_sample_s_loss(loss: str, output: str) -> None:
    expected = np.empty_like(Z)
    for i in np.ndindex(Z.shape):
        step = np.zeros_like(Z)
        step[i] = 1e-5
        rise = elementwise(loss, output, Z + step, T, 0.7) - elementwise(loss, output, Z - step, T, 0.7)
        expected[i] = rise.sum() / 2e-5
    np.testing.assert_allclose(derivative(loss, output, Z, T, 0.7), expected, rtol=1e-7, atol=1e-9)


@pytest.mark.oracle
@pytest.mark.parametrize(("loss", "output"), PAIRS)
@pytest.mark.parametrize("delta", [0.3, 1.0, 2.5])
def test_values_and_derivatives_are_those_of_pytorch(loss: str, output: str, delta: float) -> None:
    torch = oracle.pytorch()
    logits = torch.tensor(Z, requires_grad=True)
    total = oracle.total_loss(logits, torch.tensor(T), output=output, loss=loss, delta=delta)
    total.backward()
    assert elementwise(loss, output, Z, T, delta).sum() == pytest.approx(total.item(), rel=1e-13)
    np.testing.assert_allclose(derivative(loss, output, Z, T, delta), logits.grad.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_single_precision_is_close_to_double(loss: str, output: str) -> None:
    single = Z.astype(np.float32), T.astype(np.float32)
    assert elementwise(loss, output, *single).dtype == np.float32
    np.testing.assert_allclose(
        elementwise(loss, output, *single), elementwise(loss, output, Z, T), rtol=2e-5, atol=1e-6
    )
    np.testing.assert_allclose(derivative(loss, output, *single), derivative(loss, output, Z, T), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("z", [15.0, 30.0, 80.0])
def test_binary_cross_entropy_keeps_the_digits_of_what_is_small(z: float, dtype: DTypeLike) -> None:
    logits, targets = np.array([[z, -z, z, -z]], dtype), np.array([[1, 0, 0, 1]], dtype)
    small = math.log1p(math.exp(-z))
    losses = elementwise("cross-entropy", "sigmoid", logits, targets)
    np.testing.assert_allclose(losses, [[small, small, z + small, z + small]], rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("z", [15.0, 30.0, 80.0])
def test_the_derivative_of_binary_cross_entropy_has_the_digits_of_p_and_of_1(z: float, dtype: DTypeLike) -> None:
    logits, targets = np.array([[-z, z, -z]], dtype), np.array([[0, 0, 1]], dtype)
    small = math.exp(-z) / (1 + math.exp(-z))
    slopes = derivative("cross-entropy", "sigmoid", logits, targets)
    np.testing.assert_allclose(slopes, [[small, 1 - small, small - 1]], rtol=1e-5)
    vanishing = derivative("cross-entropy", "sigmoid", np.array([[z]], dtype), np.ones((1, 1), dtype))
    np.testing.assert_allclose(vanishing, [[-small]], rtol=0, atol=float(np.finfo(dtype).eps))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_ten_thousand_give_the_right_losses_and_derivatives(dtype: DTypeLike) -> None:
    logits, targets = np.array([[1e4, -1e4], [1e4, -1e4]], dtype), np.array([[1, 0], [0, 1]], dtype)
    expected: dict[tuple[str, str], tuple[list[list[float]], list[list[float]]]] = {
        ("cross-entropy", "sigmoid"): ([[0, 0], [1e4, 1e4]], [[0, 0], [1, -1]]),
        ("cross-entropy", "softmax"): ([[0, 0], [0, 2e4]], [[0, 0], [1, -1]]),
        ("squared-error", "sigmoid"): ([[0, 0], [0.5, 0.5]], [[0, 0], [0, 0]]),
        ("squared-error", "softmax"): ([[0, 0], [0.5, 0.5]], [[0, 0], [0, 0]]),
        ("squared-error", "identity"): ([[9999**2 / 2, 5e7], [5e7, 10001**2 / 2]], [[9999, -1e4], [1e4, -10001]]),
        ("huber", "sigmoid"): ([[0, 0], [0.5, 0.5]], [[0, 0], [0, 0]]),
        ("huber", "softmax"): ([[0, 0], [0.5, 0.5]], [[0, 0], [0, 0]]),
        ("huber", "identity"): ([[9998.5, 9999.5], [9999.5, 10000.5]], [[1, -1], [1, -1]]),
    }
    assert list(expected) == PAIRS
    for (loss, output), (losses, slopes) in expected.items():
        np.testing.assert_allclose(elementwise(loss, output, logits, targets), losses, rtol=1e-6, err_msg=loss + output)
        np.testing.assert_allclose(derivative(loss, output, logits, targets), slopes, rtol=1e-6, err_msg=loss + output)


@pytest.mark.parametrize(("loss", "output"), CROSS_ENTROPIES)
@given(logits=arrays(np.float32, (2, 3), elements=st.floats(-(2.0**100), 2.0**100, width=32)), label=st.integers(0, 2))
@settings(deadline=None, max_examples=50)
def test_logits_of_any_size_give_finite_losses_and_derivatives(
    loss: str, output: str, logits: Array, label: int
) -> None:
    targets = np.eye(3, dtype=np.float32)[[label, 0]]
    losses, slopes = elementwise(loss, output, logits, targets), derivative(loss, output, logits, targets)
    assert np.isfinite(losses).all()
    assert (losses >= 0).all()
    assert (np.abs(slopes) <= 1).all()


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_nan_is_not_swallowed(loss: str, output: str) -> None:
    for logit, target in [(math.nan, 0.0), (0.3, math.nan)]:
        logits, targets = np.array([[logit, 0.5], [0.5, 0.5]]), np.array([[target, 1.0], [1.0, 0.0]])
        for values in (elementwise(loss, output, logits, targets), derivative(loss, output, logits, targets)):
            assert np.isnan(values[0]).any()
            assert np.isfinite(values[1]).all()  # the other sample is as it was


@pytest.mark.parametrize(("loss", "output"), [*CROSS_ENTROPIES, ("squared-error", "identity"), ("huber", "identity")])
def test_an_infinite_error_is_not_a_finite_loss(loss: str, output: str) -> None:
    losses = elementwise(loss, output, np.array([[math.inf, 0.0]]), np.array([[0.0, 1.0]]))
    assert not np.isfinite(losses.sum())


@pytest.mark.parametrize(
    ("name", "output", "delta", "message"),
    [
        ("mse", "sigmoid", 1.0, "loss = 'mse': must be one of cross-entropy, squared-error, huber"),
        ("huber", "tanh", 1.0, "output = 'tanh': must be one of sigmoid, softmax, identity"),
        ("cross-entropy", "identity", 1.0, "needs the output sigmoid or softmax, not identity"),
        ("huber", "identity", 0.0, "huber_delta = 0.0: must be a number above 0"),
        ("huber", "identity", math.nan, "huber_delta = nan: must be a number above 0"),
    ],
)
def test_what_is_not_there_or_does_not_fit_is_refused(name: str, output: str, delta: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_loss(name, output, delta)
