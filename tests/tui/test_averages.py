"""The mean of several runs and the band they fill: only where they have values, and each as what it has there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui.store.records import Curve
from nntui.tui.panes.runs.averages import PARTS, averaged, placed
from nntui.tui.widgets.scale import course


def curve(values: list[float], *, width: int = 1, start: int = 0, gap: int = 0) -> Curve:
    """Buckets of so many steps, with so many steps between them."""
    mean = np.array(values, np.float32)
    first = start + np.arange(len(values)) * (width + gap)
    count = np.full(len(values), width)
    return Curve("x", first, first + width - 1, count, mean, mean, mean, mean, np.where(np.isfinite(mean), 0, width))


def told(found: Curve) -> list[tuple[int, int, float, float, float]]:
    """First step, how many runs, least, mean and greatest, where there is any."""
    there = np.isfinite(found.mean)
    columns = (found.first, found.count, found.low, found.mean, found.high)
    return list(zip(*(column[there].tolist() for column in columns), strict=True))


def test_a_band_from_the_least_to_the_greatest_around_the_mean() -> None:
    found = averaged([curve([1, 2, 3]), curve([3, 2, 7])], "both", 100)
    assert told(found) == [(0, 2, 1, 2, 3), (1, 2, 2, 2, 2), (2, 2, 3, 5, 7)]
    assert found.name == "both"


def test_where_a_run_has_ended_the_line_is_cut_and_what_is_alone_has_no_band() -> None:
    found = averaged([curve([1, 1, 1, 1, 1]), curve([3, 3])], "", 100)
    assert told(found) == [(0, 2, 1, 2, 3), (1, 2, 1, 2, 3), (3, 1, 1, 1, 1), (4, 1, 1, 1, 1)]
    assert np.isnan(found.mean[2])


def test_what_is_not_finite_is_left_out_and_counted() -> None:
    found = averaged([curve([1, np.nan, 1, 1]), curve([3, 3, 3, 3]), curve([5, 5, 5, 5])], "", 100)
    by_step = {row[0]: row for row in told(found)}
    assert by_step[0] == (0, 3, 1, 3, 5)
    assert by_step[3] == (3, 3, 1, 3, 5)
    assert found.bad.tolist() == [0, 1, 0, 0]
    only_bad = averaged([curve([np.nan, np.nan])], "", 100)
    assert told(only_bad) == []


def test_buckets_of_other_widths_count_for_what_they_hold() -> None:
    narrow, wide = curve([1, 3, 5, 7], width=2), curve([2, 6], width=4)
    found = averaged([narrow, wide], "", 2)
    assert told(found) == [(0, 2, 2, 2, 2), (4, 2, 6, 6, 6)]


def test_between_two_buckets_a_run_counts_with_the_line_but_not_across_what_is_not_finite() -> None:
    sparse, dense = curve([0, 4], gap=3), curve([10, 10, 10, 10, 10])
    assert [row[2] for row in told(averaged([sparse, dense], "", 100))] == [0, 1, 2, 3, 4]
    broken = curve([0, np.nan, 4], gap=1)
    counts = averaged([broken, dense], "", 100).count
    assert counts.tolist() == [2, 1, 1, 1, 2]


def test_columns_of_a_logarithmic_axis_are_short_at_first() -> None:
    found = averaged([curve([1.0] * 1000)], "", 20, log=True)
    widths = found.last - found.first + 1
    assert widths[0] == 1
    assert widths[-1] > 100
    assert len(widths) <= 22


def test_nothing_is_the_mean_of_nothing() -> None:
    assert len(averaged([], "", 10).first) == 0
    assert len(averaged([curve([])], "", 10).first) == 0


VALUES = st.lists(st.floats(-100, 100, width=32) | st.just(float("nan")), min_size=1, max_size=40)
RUNS = st.lists(st.tuples(VALUES, st.integers(1, 8), st.integers(0, 50), st.integers(0, 5)), min_size=1, max_size=5)


@given(RUNS, st.integers(1, 60), st.booleans())
def test_the_mean_lies_in_the_band_and_no_run_counts_outside_its_own_steps(
    runs: list[tuple[list[float], int, int, int]], columns: int, log: bool
) -> None:
    curves = [curve(values, width=width, start=start, gap=gap) for values, width, start, gap in runs]
    found = averaged(curves, "", columns, log=log)
    there = np.isfinite(found.mean)
    slack = 1e-4
    assert (found.low[there] <= found.mean[there] + slack).all()
    assert (found.mean[there] <= found.high[there] + slack).all()
    assert (found.first[1:] == found.last[:-1] + 1).all()
    assert found.bad.sum() == sum(one.bad.sum() for one in curves)
    assert (found.low[found.count < 2] == found.high[found.count < 2])[there[found.count < 2]].all()
    for first, last, count in zip(found.first, found.last, found.count, strict=True):
        reach = sum(bool(one.first[0] <= last and one.last[-1] >= first) for one in curves)
        assert count <= reach


def nodes(steps: NDArray[np.int64], pace: float) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    return [(steps, (steps * pace).astype(np.float64))]


def test_runs_of_other_batch_sizes_meet_in_epochs() -> None:
    steps = np.arange(0, 1000)
    slow, fast = course("epochs", nodes(steps, 0.01)), course("epochs", nodes(steps, 0.1))
    one, two = placed(curve([1.0] * 10, width=100), slow), placed(curve([2.0] * 10, width=100), fast)
    assert (one.last[-1], two.last[-1]) == (pytest.approx(10 * PARTS, abs=1), pytest.approx(100 * PARTS, abs=1))
    assert (one.first[1:] == one.last[:-1] + 1).all()
    point = placed(curve([1.0, 1.0]), slow)
    assert (point.first == point.last).all()
