"""Lines made of dots: curves without holes, straight lines from end to end, networks as wires."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.style import Style

from nntui.tui.widgets.dots import canvas, characters, curve, segment
from nntui.tui.widgets.wiring import Wires, wiring

shares = st.lists(st.floats(0, 1), min_size=12, max_size=12).map(np.array)


@given(shares)
def test_a_curve_passes_through_its_values_without_a_hole(values: NDArray[np.float64]) -> None:
    dots = canvas(6, 4, "braille")
    curve(dots, values)
    for x, value in enumerate(values):
        assert dots[round((1 - value) * 15), x]
    for left, right in zip(dots.T, dots.T[1:], strict=False):
        a, b = np.flatnonzero(left), np.flatnonzero(right)
        assert min(abs(i - j) for i in a for j in b) <= 1


def test_a_curve_has_a_gap_where_its_value_is_not_finite_and_is_cut_off_outside() -> None:
    dots = canvas(3, 2, "braille")
    curve(dots, np.array([0.5, np.nan, 0.5, 7.0, 7.0, -np.inf]))
    assert dots.any(axis=0).tolist() == [True, False, True, True, False, False]


points = st.tuples(st.integers(0, 15), st.integers(0, 19))


@given(points, points)
def test_a_straight_line_goes_from_end_to_end(start: tuple[int, int], end: tuple[int, int]) -> None:
    dots = canvas(10, 4, "braille")
    segment(dots, start, end)
    assert dots[start]
    assert dots[end]
    assert dots.sum() == max(abs(start[0] - end[0]), abs(start[1] - end[1])) + 1


def test_a_dashed_line_has_fewer_dots() -> None:
    dots = canvas(10, 4, "braille")
    segment(dots, (0, 0), (15, 19), dashed=True)
    assert 0 < dots.sum() < 20


@pytest.mark.parametrize(("marker", "full"), [("braille", "⣿"), ("quadrant", "█"), ("ascii", "|")])
def test_a_full_canvas_is_full(marker: str, full: str) -> None:
    dots = canvas(3, 2, marker)
    assert {*characters(dots, marker).ravel()} == {" "}
    assert {*characters(~dots, marker).ravel()} == {full}


PLUS, MINUS, NODE = Style(color="red"), Style(color="blue"), Style(bold=True)


def wires(*W: list[list[float]]) -> Wires:
    arrays = [np.array(each) for each in W]
    inputs = [f"x{i + 1}" for i in range(len(arrays[0]))]
    return Wires(arrays, inputs, [f"y{i + 1}" for i in range(arrays[-1].shape[1])], PLUS, MINUS, NODE)


def test_a_network_has_a_node_a_unit_and_names_at_its_ends() -> None:
    drawn = "\n".join(strip.text for strip in wiring(wires([[1, -1, 2], [3, 1, 1]], [[1], [1], [1]]), 40, 9, "braille"))
    assert drawn.count("●") == 6
    assert [name in drawn for name in ("x1 ●", "x2 ●", "● y1")] == [True] * 3


@pytest.mark.parametrize(("weight", "style"), [(2.0, PLUS), (-2.0, MINUS)])
def test_a_weight_has_the_colour_and_the_dashes_of_its_sign(weight: float, style: Style) -> None:
    drawn = wiring(wires([[weight]]), 30, 3, "braille")
    wire = [segment for strip in drawn for segment in strip if segment.style == style]
    assert wire
    text = "".join(segment.text for segment in wire)
    assert (" " not in text and len(text) > 20) == (weight > 0)


def test_a_weight_of_next_to_nothing_has_no_line() -> None:
    drawn = wiring(wires([[1.0, 0.01]]), 30, 8, "braille")
    assert "●" in drawn[6].text
    assert not drawn[6].text.strip("● y2")
