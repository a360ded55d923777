"""Axes: round ticks, windows that rarely move, short numbers, and the frame."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.ticks import compact, grow, log_ticks, nice_ticks
from nntui.tui.widgets.axes import frame, settle
from nntui.tui.widgets.scale import x_axis

positive = st.floats(1e-9, 1e12)


def test_nice_ticks_are_round() -> None:
    assert nice_ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert nice_ticks(0, 8000, 5) == [0, 2000, 4000, 6000, 8000]
    assert nice_ticks(-2, 2.5, 3) == [-2, 0, 2]
    assert nice_ticks(0.1, 0.35, 5) == [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]
    assert nice_ticks(3, 3, 5) == [3]


@given(st.floats(-1e6, 1e6), positive, st.integers(1, 12))
@settings(deadline=None)
def test_nice_ticks_lie_in_the_window_and_are_not_too_many(lo: float, span: float, count: int) -> None:
    if span < 1e-6 * abs(lo):
        return
    ticks = nice_ticks(lo, lo + span, count)
    assert len(ticks) <= count + 1
    margin = 1e-6 * (abs(lo) + span)
    assert all(lo - margin <= tick <= lo + span + margin for tick in ticks)


def test_log_ticks_are_decades_or_finer_where_there_are_few() -> None:
    assert log_ticks(1e-3, 10, 6) == [1e-3, 1e-2, 1e-1, 1, 10]
    assert log_ticks(1e-8, 1, 3) == [1e-8, 1e-5, 1e-2]
    assert log_ticks(0.2, 3, 5) == [0.2, 0.5, 1, 2]
    assert log_ticks(1.1, 1.9, 4) == [1.2, 1.4, 1.6, 1.8]


def test_grow_steps_through_round_numbers() -> None:
    assert [grow(value) for value in (0, 1, 1.2, 7, 8.5, 999, 1001, 12345)] == [
        *(0, 1, 1.5, 8, 10, 1000, 1500, 15000),
    ]


@given(positive)
@settings(deadline=None)
def test_grow_leaves_room_but_not_much(value: float) -> None:
    grown = grow(value)
    assert value * (1 - 1e-9) <= grown <= 1.51 * value
    assert grow(grown) == grown


def test_a_window_stays_while_values_fill_half_of_it() -> None:
    assert settle(None, 0.15, 2.6) == (0, 3)
    assert settle((0, 3), 0.2, 1.9) == (0, 3)
    assert settle((0, 3), 0.2, 3.1) == (0, 3.5)
    assert settle((0, 3), 0.15, 1.4) == (0, 1.4)


def test_a_log_window_stays_while_values_fill_half_of_it() -> None:
    assert settle(None, 3e-4, 2.3, log=True) == (2e-4, 5)
    assert settle((2e-4, 5), 1e-2, 4.0, log=True) == (2e-4, 5)
    assert settle((2e-4, 5), 1e-1, 4.0, log=True) == (0.1, 5)
    assert settle((0, 5), 1e-1, 4.0, log=True) == (0.1, 5)


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
@settings(deadline=None)
def test_a_window_holds_the_values_and_has_a_height(lo: float, span: float) -> None:
    hi = lo + span
    bottom, top = settle(None, lo, hi)
    margin = 1e-6 * max(abs(lo), abs(hi))
    assert bottom < top
    assert bottom <= lo + margin
    assert hi - margin <= top


@given(positive, st.floats(1, 1e6))
@settings(deadline=None)
def test_a_log_window_holds_the_values_and_has_a_height(lo: float, factor: float) -> None:
    bottom, top = settle(None, lo, lo * factor, log=True)
    assert 0 < bottom <= lo * (1 + 1e-6)
    assert lo * factor <= top * (1 + 1e-6)
    assert bottom < top


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        *((0, "0"), (12345, "12.3k"), (12000, "12k"), (1.5e6, "1.5M"), (0.05, "0.05"), (1e-4, "1e-4")),
        *((2.5e-5, "2.5e-5"), (123.456, "123"), (0.123456, "0.123"), (999.9, "1k"), (999_999, "1M")),
        *((-3, "-3"), (-2e9, "-2G"), (0.001, "0.001"), (float("nan"), "nan"), (float("inf"), "inf")),
    ],
)
def test_compact_numbers_are_short(number: float, expected: str) -> None:
    assert compact(number) == expected


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        ([0.5, 1.0, 1.5], ["0.5", "1.0", "1.5"]),
        ([0.0, 0.0005, 0.001], ["0", "0.0005", "0.0010"]),
        ([5e-5, 1e-4, 1.5e-4], ["5e-5", "1e-4", "1.5e-4"]),
        ([500, 1000, 1500], ["500", "1.0k", "1.5k"]),
        ([0, 20_000, 40_000], ["0", "20k", "40k"]),
    ],
)
def test_compact_ticks_have_the_same_decimals(ticks: list[float], expected: list[str]) -> None:
    assert [compact(tick, ticks[1] - ticks[0]) for tick in ticks] == expected


def test_the_frame_has_axes_ticks_and_a_canvas_inside() -> None:
    drawn = frame(40, 8, x_axis((0, 100)), (0, 1))
    assert drawn.lines == (
        "  1.0┤                                  ",
        "     │                                  ",
        "     │                                  ",
        "  0.5┤                                  ",
        "     │                                  ",
        "    0┤                                  ",
        "     └┬────────────────┬───────────────┬",
        "      0               50            100 ",
    )
    assert (drawn.left, drawn.columns, drawn.rows) == (6, 34, 6)


@given(st.integers(0, 130), st.integers(0, 45), st.booleans())
@settings(deadline=None, max_examples=60)
def test_a_frame_is_as_large_as_asked_and_its_canvas_is_free(width: int, height: int, log: bool) -> None:
    drawn = frame(width, height, x_axis((0, 15_000)), (0.01, 4), log=log)
    assert len(drawn.lines) == height
    assert all(len(line) == width for line in drawn.lines)
    for line in drawn.lines[: drawn.rows]:
        assert line[drawn.left : drawn.left + drawn.columns].strip() == ""


def test_a_small_chart_has_no_frame() -> None:
    drawn = frame(18, 5, x_axis((0, 10)), (0, 1))
    assert (drawn.left, drawn.columns, drawn.rows) == (0, 18, 5)


def test_a_frame_is_drawn_once() -> None:
    assert frame(50, 10, x_axis((0, 10)), (0, 1)) is frame(50, 10, x_axis((0, 10)), (0, 1))


def test_plotext_is_imported_for_a_frame_only() -> None:
    code = (
        "import sys; from nntui.tui.widgets import axes, scale; before = 'plotext' in sys.modules;"
        "axes.frame(50, 10, scale.x_axis((0, 10)), (0, 1)); sys.exit(before or 'plotext' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
