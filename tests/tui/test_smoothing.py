"""Smoothing: an average that owes nothing to zero, to gaps or to the scale of the axis."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.tui.widgets.smoothing import UNITS, Smoothing, moving_average, smoothed, unit_of
from tests.tui.test_raster import curve

weights = st.sampled_from([0.6, 0.9, 0.97, 0.99])
values = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=50)


@settings(deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(1, 100), weights, st.booleans())
def test_what_is_constant_stays(value: float, count: int, weight: float, log: bool) -> None:
    np.testing.assert_allclose(moving_average(np.full(count, value), weight, log=log), value)


@settings(deadline=None)
@given(values, weights, st.booleans())
def test_it_is_the_weighted_mean_of_what_came_before(values: list[float], weight: float, log: bool) -> None:
    averages = moving_average(np.array(values), weight, log=log)
    for end in (1, len(values)):
        shares = weight ** np.arange(end)[::-1]
        past = np.log(values[:end]) if log else np.array(values[:end])
        expected = float((shares * past).sum() / shares.sum())
        assert averages[end - 1] == pytest.approx(math.exp(expected) if log else expected)


@settings(deadline=None)
@given(values, weights, st.data())
def test_what_is_not_finite_is_passed_over(values: list[float], weight: float, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=5)))
    holes = data.draw(st.sampled_from([math.nan, math.inf, -math.inf]))
    with_holes = np.insert(np.array(values), places, holes)
    averages = moving_average(with_holes, weight)
    hole = ~np.isfinite(with_holes)
    assert np.isnan(averages[hole]).all()
    np.testing.assert_array_equal(averages[~hole], moving_average(np.array(values), weight))


def test_on_a_log_axis_a_decade_up_and_one_down_are_alike() -> None:
    up, down = (
        moving_average(np.array([1.0, 100.0]), 0.9, log=True)[-1],
        moving_average(np.array([1.0, 0.01]), 0.9, log=True)[-1],
    )
    assert up * down == pytest.approx(1)
    assert np.isnan(moving_average(np.array([1.0, 0.0, -1.0]), 0.9, log=True)).tolist() == [False, True, True]


def test_only_the_line_is_smoothed() -> None:
    rough = curve([0.0, 1.0, 0.0, 1.0], size=10, low=0.5, high=0.5)
    smooth = smoothed(rough, Smoothing(0.9, 10.0))
    assert np.ptp(smooth.mean[1:]) < 0.5
    for name in ("first", "last", "count", "bad", "low", "high"):
        assert getattr(smooth, name) is getattr(rough, name)


@given(st.integers(0, 2**40))
def test_a_run_is_made_of_so_many_units_whatever_part_of_it_is_seen(newest: int) -> None:
    unit = unit_of(newest)
    assert newest / unit < UNITS
    assert unit == 1 or newest / unit >= UNITS / 2


@pytest.mark.parametrize("weight", [0.6, 0.9, 0.99])
@pytest.mark.parametrize("size", [5, 10])
def test_neither_coarser_buckets_nor_a_later_beginning_bend_the_line(weight: float, size: int) -> None:
    steps = 10.0 - np.arange(1000) // 50 * 0.5  # the same for 50 steps each
    whole = smoothed(curve(steps.tolist(), size=1), Smoothing(weight, 4.0))
    coarse = curve(steps[::size].tolist(), size=size)
    np.testing.assert_allclose(smoothed(coarse, Smoothing(weight, 4.0)).mean, whole.mean[size - 1 :: size], rtol=1e-5)
    seen = curve(steps[700:].tolist(), at=list(range(700, 1000)))
    part = smoothed(seen, Smoothing(weight, 4.0, {"loss": coarse}))
    assert len(part.mean) == len(part.first) == 300
    np.testing.assert_allclose(part.mean, whole.mean[700:], rtol=1e-5)
    bent = smoothed(seen, Smoothing(weight, 4.0)).mean
    assert abs(bent[0] - whole.mean[700]) > 0.1 or weight == 0.6
