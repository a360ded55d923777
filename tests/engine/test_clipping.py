from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.engine.clipping import clip_norm, clip_value, norm
from tests.engine.memory import peak_of


@pytest.mark.oracle
@pytest.mark.parametrize("limit", [1e-9, 0.1, 1.0, 7.0, 1e9])
def test_clipping_is_that_of_pytorch(limit: float) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    for _ in range(100):
        start = rng.standard_normal(50) * 10 ** rng.uniform(-3, 3)
        for ours, theirs in (
            (clip_norm, torch.nn.utils.clip_grad_norm_),
            (clip_value, torch.nn.utils.clip_grad_value_),
        ):
            tensor = torch.zeros(50, dtype=torch.float64, requires_grad=True)
            tensor.grad, clipped = torch.tensor(start.copy()), start.copy()
            found, expected = ours(clipped, limit), theirs([tensor], limit)
            np.testing.assert_allclose(clipped, tensor.grad.numpy(), rtol=1e-10)
            if expected is not None:
                assert found == pytest.approx(float(expected), rel=1e-10)


@given(
    elements=st.lists(st.floats(-1e6, 1e6), max_size=40),
    limit=st.floats(1e-3, 1e6),
)
@settings(deadline=None, max_examples=100)
def test_a_long_gradient_is_shortened_to_the_limit_and_a_short_one_left(elements: list[float], limit: float) -> None:
    gradients = np.array(elements, np.float64)
    before = gradients.copy()
    length = clip_norm(gradients, limit)
    assert length == pytest.approx(math.hypot(*elements), rel=1e-9, abs=1e-300)
    if length + 1e-6 <= limit:
        assert gradients.tobytes() == before.tobytes()
    else:
        np.testing.assert_allclose(gradients, before * (limit / (length + 1e-6)), rtol=1e-12)
        assert math.hypot(*gradients) <= limit * (1 + 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_norms_whose_squares_overflow_or_vanish_are_right(dtype: type) -> None:
    info = np.finfo(dtype)
    for size in (float(info.max) / 4, 1.0, float(info.tiny) * 4):
        with np.errstate(over="ignore"):
            assert norm(np.array([3 * size, -4 * size, 0.0], dtype) / 4) == pytest.approx(5 / 4 * size, rel=1e-6)
    assert norm(np.zeros(3, dtype)) == 0.0
    assert norm(np.zeros(0, dtype)) == 0.0


def test_a_gradient_near_the_largest_number_is_clipped_without_a_warning() -> None:
    gradients = np.array([3e38, -3e38, 1e-45], np.float32)
    assert clip_norm(gradients, 1.0) == pytest.approx(math.sqrt(2) * 3e38, rel=1e-6)
    np.testing.assert_allclose(gradients, [math.sqrt(0.5), -math.sqrt(0.5), 0.0], rtol=1e-6)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_is_left_as_it_is(bad: float) -> None:
    gradients = np.array([bad, 1.0])
    assert not math.isfinite(clip_norm(gradients, 0.1))
    np.testing.assert_array_equal(gradients, [bad, 1.0])


def test_values_are_clipped_on_both_sides_and_nan_stays() -> None:
    gradients = np.array([-3.0, -0.5, 0.0, 0.5, 3.0, math.nan, math.inf], np.float32)
    clip_value(gradients, 1.0)
    np.testing.assert_array_equal(gradients, np.array([-1.0, -0.5, 0.0, 0.5, 1.0, math.nan, 1.0], np.float32))


def test_clipping_allocates_nothing() -> None:
    gradients = np.ones(100_000, np.float32)

    def clip() -> None:
        gradients.fill(2.0)
        clip_value(gradients, 1.0)
        clip_norm(gradients, 1.0)

    assert peak_of(clip) < 4096


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan])
def test_a_limit_that_is_not_above_0_is_refused(limit: float) -> None:
    for clip in (clip_norm, clip_value):
        with pytest.raises(ValueError, match=f"limit = {limit}: must be a number above 0"):
            clip(np.ones(3), limit)
