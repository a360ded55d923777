"""The cursor's box: what it reads, in as much room as there is, and what it hides."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.tui.widgets.overlay import BOX, CURSOR, Line, Mark, draw_box, draw_cursor, narrow
from nntui.tui.widgets.raster import raster
from nntui.tui.widgets.readout import Named, Reading, read, readout
from tests.tui.test_raster import curve


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_a_column_of_many_steps_is_read_as_mean_least_and_greatest() -> None:
    reading = read(curve([1.0, 2.0, 3.0, 9.0], size=10, low=0.5, high=0.25), 0, 29)
    assert reading == Reading(mean=2.0, low=0.5, high=3.25, count=30, bad=0)


def test_buckets_weigh_by_their_finite_values() -> None:
    broken = replace(curve([1.0, 4.0], size=10), count=np.array([10, 10]), bad=np.array([5, 0]))
    reading = read(broken, 0, 19)
    assert reading is not None
    assert (reading.mean, reading.bad) == (3.0, 5)


def test_where_nothing_was_recorded_the_value_before_holds() -> None:
    sparse = curve([1.0, 2.0], at=[10, 20])
    assert read(sparse, 12, 15) == Reading(1.0, 1.0, 1.0, 1, 0, at=10)
    assert read(sparse, 0, 5) is None
    assert read(curve([]), 0, 5) is None


def test_what_is_not_finite_is_told() -> None:
    reading = read(curve([math.nan]), 0, 0)
    assert reading is not None
    assert math.isnan(reading.mean)
    assert texts(readout(["step 0"], [Named("──", "training", reading)], [], 60, 20))[1].endswith("– 1 not finite")


READINGS = [
    Named("──", "validation", Reading(0.5, 0.5, 0.5, 1, 0, at=1200)),
    Named("╌╌", "training", Reading(0.25, 0.125, 0.375, 412, 0, smooth=0.26)),
]
MARKS = [Mark(1234, "▲", "lr 0.1 → 0.125")]


def test_with_room_everything_is_told() -> None:
    assert texts(readout(["steps 1,000–1,411", "epoch 3.2", "1m30s"], READINGS, MARKS, 80, 20)) == [
        "steps 1,000–1,411 · epoch 3.2 · 1m30s",
        "── validation   0.5000 @1,200",
        "╌╌ training     0.2500  0.125–0.375   smooth 0.2600",
        "▲ lr 0.1 → 0.125",
    ]


def test_with_less_room_ranges_go_first_then_labels() -> None:
    assert texts(readout(["steps 1,000–1,411"], READINGS, MARKS, 40, 20))[2] == "╌╌ training     0.2500"
    assert texts(readout(["steps 1,000–1,411"], READINGS, MARKS, 20, 20))[2] == "╌╌   0.2500"
    assert texts(readout(["steps 1,000–1,411"], READINGS, MARKS, 40, 5)) == ["1,000–1,411 ──0.5 ╌╌0.25 ▲lr 0.1 → 0.…"]


def test_more_series_than_lines_are_counted() -> None:
    lines = texts(readout(["step 1"], [READINGS[1]] * 30, MARKS, 60, 12))
    assert len(lines) == 8
    assert lines[-1] == "… 25 more"


labels = st.text(max_size=40)


@settings(deadline=None)
@given(st.lists(labels, max_size=8), st.lists(labels, max_size=3), st.integers(16, 100), st.integers(4, 40))
def test_a_box_is_never_larger_than_the_canvas(names: list[str], events: list[str], columns: int, rows: int) -> None:
    readings = [Named("──", name, Reading(0.5, 0.25, 1e30, 5, 3, smooth=-1e-30)) for name in names]
    marks = [Mark(5, name or "▲", name) for name in events]
    lines = readout(["steps 1,000–1,411", "epoch 3.2"], readings, marks, columns, rows)
    canvas = raster([curve([0.5, 0.5], at=[0, 9])], (0, 9), (0, 1), columns, rows)
    draw_box(canvas, lines, avoid=0)
    assert (canvas.owner == BOX).any()
    assert all(len(narrow(text)) == len(text) for line in texts(lines) for text in [line])


@pytest.mark.parametrize(("values", "corner"), [([1.0, 0.0], (0, -1)), ([0.0, 1.0], (0, 0))])
def test_the_box_lies_where_it_hides_least(values: list[float], corner: tuple[int, int]) -> None:
    canvas = raster([curve(values, at=[0, 99])], (0, 99), (0, 1), 60, 20)
    before = (canvas.owner == 0).sum()
    draw_box(canvas, readout(["step 1"], READINGS[:1], [], 60, 20), avoid=30)
    assert canvas.owner[corner] == BOX
    assert (canvas.owner == 0).sum() == before


def test_the_cursor_lies_over_bands_and_under_lines() -> None:
    canvas = raster([curve([0.5] * 20, low=0.4, high=0.4)], (0, 19), (0, 1), 20, 9)
    draw_cursor(canvas, 5)
    assert canvas.owner[4, 5] == 0
    assert (np.delete(canvas.owner[:, 5], 4) == CURSOR).all()


def test_the_figures_are_as_fine_as_the_axis() -> None:
    readings = [Named("──", "training", Reading(0.693124, 0.693119, 0.693127, 9, 0))]
    assert texts(readout(["step 0"], readings, [], 60, 20, 4e-6))[1] == "── training 0.693124  0.693119–0.693127"
    assert texts(readout(["step 0"], readings, [], 60, 20, 0.01))[1] == "── training   0.6931  0.693–0.693"
