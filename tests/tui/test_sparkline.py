"""A curve in a few cells: its shape, its scale, and what is not a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nntui.store.records import Curve
from nntui.tui.widgets.sparkline import ASCII_BARS, BARS, sparkline


def curve(values: Sequence[float] | NDArray[Any]) -> Curve:
    """Buckets of ten steps with these means."""
    mean = np.array(values, np.float32)
    last = 10 * np.arange(1, len(mean) + 1)
    count = np.full(len(mean), 10)
    return Curve("loss", last - 9, last, count, mean, mean, mean, mean, count * ~np.isfinite(mean))


@given(st.lists(st.floats(width=32), max_size=40), st.integers(0, 20), st.booleans())
def test_it_is_never_wider_than_its_cells(values: list[float], cells: int, ascii_only: bool) -> None:
    text = sparkline(curve(values), cells, ascii_only=ascii_only)
    assert len(text) == cells
    assert set(text) <= set((ASCII_BARS + "x") if ascii_only else (BARS + "✗")) | {" "}


def test_positive_values_are_drawn_by_their_logarithms() -> None:
    assert sparkline(curve(np.geomspace(1e-7, 1, 8)), 8) == BARS
    assert sparkline(curve(np.geomspace(1e-7, 1, 8)), 8, ascii_only=True) == ASCII_BARS


def test_others_as_they_are() -> None:
    assert sparkline(curve(np.linspace(-3, 4, 8)), 8) == BARS
    assert sparkline(curve([0.0, 7.0]), 2) == "▁█"


def test_shares_are_drawn_between_none_and_all() -> None:
    assert sparkline(curve([0.0, 0.1, 0.5, 1.0]), 4, bounds=(0.0, 1.0)) == "▁▂▅█"


def test_a_steady_value_looks_steady() -> None:
    assert len(set(sparkline(curve([1.0, 1.01, 0.99, 1.0]), 4))) == 1


@pytest.mark.parametrize(
    ("values", "text"), [([1.0, np.nan, 100.0, np.inf], "▁✗█✗"), ([np.nan] * 4, "✗✗✗✗"), ([], "    ")]
)
def test_what_is_no_number_is_crossed(values: list[float], text: str) -> None:
    assert sparkline(curve(values), 4) == text


def test_few_buckets_fill_all_cells_and_many_are_averaged() -> None:
    assert sparkline(curve([1.0, 100.0]), 8) == "▁▁▁▁████"
    assert sparkline(curve([1.0] * 10 + [100.0] * 10), 2) == "▁█"
