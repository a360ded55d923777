"""Raster: what is drawn where, for any zoom and any damage in the data."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui.store.records import Curve
from nntui.tui.widgets.raster import DASHES, MARKERS, Raster, raster


def curve(
    values: list[float], size: int = 1, *, at: list[int] | None = None, low: float = 0.0, high: float = 0.0
) -> Curve:
    """Buckets of `size` steps one after the other, or of one step each at the steps `at`."""
    first = np.array(at) if at is not None else size * np.arange(len(values))
    mean = np.array(values, dtype=np.float32)
    bad = np.isnan(mean).astype(np.int64)
    count = np.full(len(values), size) - bad
    lows, highs = (mean - low).astype(np.float32), (mean + high).astype(np.float32)
    return Curve("loss", first, first + size - 1, count, lows, highs, mean, mean, bad)


def dots(drawn: Raster) -> NDArray[np.bool_]:
    """The canvas in braille as dots, True where one is set by a line."""
    style = MARKERS["braille"]
    codes = np.where(drawn.owner % 2 == 0, drawn.codes, 32)
    bits = np.vectorize({code: bits for bits, code in enumerate(style.line)}.__getitem__)(codes)
    weights = np.array(style.weights)
    cells = (bits[:, np.newaxis, :, np.newaxis] & weights[np.newaxis, :, np.newaxis, :]) != 0
    rows, columns = drawn.codes.shape
    return np.asarray(cells.reshape(rows * weights.shape[0], columns * weights.shape[1]), dtype=np.bool_)


def text(drawn: Raster) -> list[str]:
    return ["".join(map(chr, row)).rstrip() for row in drawn.codes]


def test_a_rising_line_in_braille() -> None:
    drawn = raster([curve([0.0, 1.0], at=[0, 10])], (0, 10), (0, 1), 6, 3)
    assert text(drawn) == ["    ⡠⠊", "  ⡠⠊", "⡠⠊"]
    assert set(drawn.owner.ravel()) == {-1, 0}


def test_the_corners_of_the_windows_are_the_corners_of_the_canvas() -> None:
    set_dots = dots(raster([curve([1.0, 0.0], at=[5, 25])], (5, 25), (0, 1), 10, 5))
    assert set_dots[0, 0]
    assert set_dots[-1, -1]
    assert not set_dots[0, -1]


@pytest.mark.parametrize(("marker", "expected"), [("quadrant", ["▄▄"]), ("ascii", [".."])])
def test_coarser_markers(marker: str, expected: list[str]) -> None:
    assert text(raster([curve([0.0, 0.0], at=[0, 9])], (0, 9), (0, 1), 2, 1, marker=marker)) == expected


def test_no_curve_and_no_bucket_draw_nothing() -> None:
    for curves in ([], [curve([])]):
        drawn = raster(curves, (0, 10), (0, 1), 7, 3)
        assert drawn.codes.shape == drawn.owner.shape == (3, 7)
        assert np.all(drawn.codes == 32)
        assert np.all(drawn.owner == -1)


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=60), st.integers(1, 9))
@settings(deadline=None, max_examples=100)
def test_a_line_is_continuous(values: list[float], size: int) -> None:
    """Every dot column has dots, without holes, and touches the one before."""
    drawn = raster([curve(values, size)], (0, size * len(values) - 1), (0, 1), 20, 8)
    runs = [np.flatnonzero(column) for column in dots(drawn).T]
    for run in runs:
        assert len(run)
        assert run[-1] - run[0] == len(run) - 1
    for left, right in pairwise(runs):
        assert right[0] - left[-1] <= 1
        assert left[0] - right[-1] <= 1


@given(st.integers(0, 9_999), st.integers(1, 2_000), st.sampled_from(sorted(MARKERS)))
@settings(deadline=None, max_examples=100)
def test_a_spike_of_one_step_is_seen_at_every_zoom(step: int, size: int, marker: str) -> None:
    """The bucket that holds the spike reaches the top of the canvas, whatever the size of the buckets."""
    values = np.zeros(10_000, dtype=np.float32)
    values[step] = 1.0
    first = np.arange(0, 10_000, size)
    last = np.minimum(first + size, 10_000) - 1
    high = np.maximum.reduceat(values, first)
    count = last - first + 1
    mean = (np.add.reduceat(values, first) / count).astype(np.float32)
    low = np.minimum.reduceat(values, first)
    spiky = Curve("loss", first, last, count, low, high, mean, mean, np.zeros(len(first), dtype=np.int64))
    drawn = raster([spiky], (0, 9_999), (0, 1), 30, 6, marker=marker)
    assert np.any(drawn.owner[0] >= 0)


def test_line_hides_band_and_the_first_curve_is_on_top() -> None:
    flat, wide = curve([0.5] * 20), curve([0.5] * 20, low=0.5, high=0.5)
    drawn = raster([wide, flat], (0, 19), (0, 1), 10, 5)
    assert np.all(drawn.owner[2] == 0)
    assert np.all(drawn.owner[[0, 1, 3, 4]] == 1)
    assert np.all(raster([flat, wide], (0, 19), (0, 1), 10, 5).owner[[0, 4]] == 3)


def test_a_band_reaches_from_low_to_high() -> None:
    drawn = raster([curve([0.5] * 20, low=0.3, high=0.1)], (0, 19), (0, 1), 10, 10)
    assert np.flatnonzero(np.any(drawn.owner >= 0, axis=1)).tolist() == [4, 5, 6, 7]


def test_a_band_is_fainter_than_a_line_and_never_vanishes() -> None:
    for style in MARKERS.values():
        assert all(code != 32 for code in style.band[1:])
    full = len(MARKERS["braille"].line) - 1
    assert bin(MARKERS["braille"].band[full] - 0x2800).count("1") == 4


def test_a_bucket_fills_all_the_columns_it_spans() -> None:
    drawn = raster([curve([0.25, 0.75], 5, low=0.2, high=0.2)], (0, 9), (0, 1), 40, 10)
    assert np.all(np.any(drawn.owner == 1, axis=0))


def test_buckets_in_one_column_are_averaged_by_their_counts() -> None:
    pair = curve([0.0, 1.0])
    weighted = Curve(**{**{name: getattr(pair, name) for name in Curve.__slots__}, "count": np.array([3, 1])})
    set_dots = dots(raster([weighted], (0, 1000), (0, 1), 1, 10))
    assert np.flatnonzero(set_dots[:, 0]).tolist() == [29]


def test_a_bucket_without_finite_values_is_a_gap_and_is_reported() -> None:
    drawn = raster([curve([0.5, 0.5, np.nan, 0.5, 0.5], 20)], (0, 99), (0, 1), 50, 4)
    drawn_columns = np.any(drawn.owner >= 0, axis=0)
    assert not drawn_columns[22:29].any()
    assert drawn_columns[:19].all()
    assert drawn_columns[31:].all()
    assert np.flatnonzero(drawn.bad).tolist() == [20]


def test_only_bad_values_draw_nothing() -> None:
    drawn = raster([curve([np.nan] * 5)], (0, 4), (0, 1), 10, 4)
    assert np.all(drawn.owner == -1)
    assert drawn.bad.sum() == 5


def test_far_points_are_joined_also_to_those_outside_the_window() -> None:
    far = curve([0.0, 1.0], at=[0, 1000])
    set_dots = dots(raster([far], (400, 600), (0, 1), 20, 10))
    assert set_dots.any(axis=0).all()
    top = set_dots.argmax(axis=0)
    assert abs(top[0] - 0.6 * 39) <= 1
    assert abs(top[-1] - 0.4 * 39) <= 1


def test_buckets_outside_the_window_are_not_drawn() -> None:
    steps = curve([0.5] * 100, 10)
    assert not (raster([steps], (2000, 3000), (0, 1), 10, 4).owner >= 0).any()
    drawn = raster([curve([1.0, 0.0, 1.0], 100, low=0.0)], (120, 180), (0, 1), 10, 4)
    assert not (drawn.owner[:3] >= 0).any()


def test_values_outside_the_y_window_leave_the_canvas() -> None:
    drawn = raster([curve([0.5, 9e30, 0.5, -9e30, 0.5], 10)], (0, 49), (0, 1), 20, 4)
    assert np.any(drawn.owner[0] == 0)
    assert np.any(drawn.owner[-1] == 0)


def test_log_scale_places_decades_evenly_and_leaves_out_what_is_not_positive() -> None:
    decades = dots(raster([curve([1.0, 0.1, 0.01], 10)], (0, 29), (0.01, 1), 15, 10, log=True))
    assert decades[:, 0].argmax() == 0
    assert abs(int(np.flatnonzero(decades[:, 15])[0]) - 19.5) <= 1
    drawn = raster([curve([0.5, -1.0, 0.0, 0.5], 10)], (0, 39), (0.01, 1), 20, 5, log=True)
    assert not np.any(drawn.owner[:, 6:14] >= 0)
    below = raster([curve([0.5] * 4, 10, low=0.5)], (0, 39), (0.01, 1), 20, 5, log=True)
    assert np.all(below.owner[-1] == 1)


def test_dashes_leave_out_columns_but_not_steep_parts() -> None:
    flat = curve([0.5, 0.5], at=[0, 99])
    dashed = dots(raster([flat], (0, 99), (0, 1), 18, 2, dashes=[(6, 3)])).any(axis=0)
    assert dashed.tolist() == [i % 9 < 6 for i in range(36)]
    step = curve([0.0, 1.0], 50)
    assert dots(raster([step], (0, 99), (0, 1), 40, 10, dashes=[(1, 39)])).any(axis=1).all()


def test_each_curve_has_its_own_dashes() -> None:
    curves = [curve([0.9, 0.9], at=[0, 99]), curve([0.1, 0.1], at=[0, 99])]
    set_dots = dots(raster(curves, (0, 99), (0, 1), 20, 4, dashes=DASHES[:2]))
    assert set_dots[:8].any(axis=0).all()
    assert not set_dots[8:].any(axis=0).all()


def test_buckets_that_overlap_are_drawn() -> None:
    overlapping = curve([0.2, 0.8, 0.5], 50, at=[0, 10, 20])
    assert dots(raster([overlapping], (0, 69), (0, 1), 20, 10)).any(axis=0).all()


@given(
    st.lists(st.floats(width=32), max_size=30),
    st.integers(1, 5),
    st.tuples(st.integers(-20, 100), st.integers(1, 200)),
    st.tuples(st.integers(1, 20), st.integers(1, 10)),
    st.tuples(st.booleans(), st.sampled_from(sorted(MARKERS))),
)
@settings(deadline=None, max_examples=200)
def test_any_data_in_any_window_is_drawn_without_error(
    values: list[float],
    size: int,
    window: tuple[int, int],
    cells: tuple[int, int],
    way: tuple[bool, str],
) -> None:
    any_curve = curve([value if np.isfinite(value) else np.nan for value in values], size)
    x_window = window[0], sum(window)
    log, marker = way
    drawn = raster([any_curve], x_window, (0.1, 2), *cells, log=log, marker=marker, dashes=[(2, 2)])
    assert np.array_equal(drawn.codes == 32, drawn.owner == -1)


def test_steps_are_placed_as_one_says() -> None:
    """On a logarithmic axis each decade is as wide as the next; a line from before the window enters it."""
    decades = curve([0.0, 1.0, 0.0, 1.0], at=[1, 10, 100, 1000])
    drawn = dots(raster([decades], (1, 1000), (0, 1), 16, 4, place=lambda steps: np.log10(np.maximum(steps, 1e-9)) / 3))
    peaks = np.flatnonzero(drawn[0])
    assert abs(peaks[0] - 31 / 3) <= 1
    assert peaks[-1] == 31
    assert drawn.any(axis=0).all()
