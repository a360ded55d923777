"""The x axis: where steps lie on it, back again, and ticks in steps, epochs and time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.tui.widgets.scale import CLOCK, EPOCHS, Course, XAxis, clock, course, x_axis


def even(unit: str = CLOCK, last: int = 1000, pace: float = 0.5) -> Course:
    """A unit that goes by at an even pace."""
    steps = np.arange(10, last + 1, 10)
    made = course(unit, [(steps, (pace * steps).astype(np.float32))])
    assert made is not None
    return made


def uneven() -> Course:
    """A hundred steps in ten seconds, an hour's pause, a hundred more."""
    steps = np.array([50, 100, 101, 150, 200])
    made = course(CLOCK, [(steps, np.array([5, 10, 3610, 3615, 3620], dtype=np.float32))])
    assert made is not None
    return made


@st.composite
def axes(draw: st.DrawFn) -> XAxis:
    start = draw(st.integers(0, 10**6))
    length = draw(st.integers(10, 10**7))
    newest = draw(st.integers(start + 1, start + length))
    nodes = np.linspace(1, newest, 50).astype(np.int64)
    pace = draw(st.floats(1e-4, 1e2)) * np.where(nodes > newest // 2, draw(st.floats(1, 10)), 1.0)
    values = np.cumsum(np.diff(nodes, prepend=0) * pace)
    chosen = draw(st.sampled_from([None, course(CLOCK, [(nodes, values)]), course(EPOCHS, [(nodes, values)])]))
    log, grows = draw(st.booleans()), draw(st.booleans())
    return x_axis((start, start + length), newest=newest, log=log, course=chosen, grows=grows)


@settings(deadline=None)
@given(axes(), st.lists(st.integers(0, 10**8), min_size=2, max_size=20))
def test_later_steps_never_lie_further_left(axis: XAxis, steps: list[int]) -> None:
    shares = axis.share(np.array(sorted(steps), dtype=np.float64))
    assert np.isfinite(shares).all()
    assert (np.diff(shares) >= 0).all()


@settings(deadline=None)
@given(axes(), st.integers(20, 200), st.sampled_from([1, 2]))
def test_every_column_holds_the_steps_that_are_drawn_in_it(axis: XAxis, columns: int, dots: int) -> None:
    for cell in range(0, columns, 7):
        first, last = axis.steps_in(cell, columns, dots)
        for step in (first + 1, (first + last) // 2, last - 1):
            if first < step < last:
                assert axis.cell(step, columns, dots) == cell


@settings(deadline=None)
@given(axes(), st.integers(20, 200), st.sampled_from([1, 2]))
def test_ticks_stand_on_the_canvas_and_are_few(axis: XAxis, columns: int, dots: int) -> None:
    ticks = axis.ticks(columns, dots)
    assert 1 <= len(ticks) <= columns // 5 + 4
    if len(ticks) > 1:
        assert all(-1 <= cell <= columns for cell, _ in ticks)
        assert sorted(cell for cell, _ in ticks) == [cell for cell, _ in ticks]


@settings(deadline=None)
@given(axes())
def test_the_ends_of_the_window_are_the_ends_of_the_canvas(axis: XAxis) -> None:
    assert axis.share(np.array([axis.step(0.0), axis.step(1.0)])) == pytest.approx([0, 1], abs=1e-3)


def test_a_pause_takes_its_room_on_an_axis_of_time() -> None:
    axis = x_axis((0, 200), newest=200, course=uneven(), grows=True)
    assert axis.bounds == (0, 4000)
    before, after = axis.share(np.array([100.0, 101.0]))
    assert (before, after) == pytest.approx((0.0025, 0.9025))


def test_an_axis_of_time_does_not_move_with_every_step() -> None:
    bounds = {x_axis((0, n), newest=n, course=even(last=n), grows=True).bounds for n in range(700, 790)}
    assert bounds == {(0.0, 400.0)}
    ends = {x_axis((600, 800), newest=n, course=even(last=n)).bounds for n in range(740, 780)}
    assert len(ends) < 25
    assert len({start for start, _ in ends}) == 1


def test_a_window_in_the_past_is_not_stretched() -> None:
    assert x_axis((100, 300), newest=1000, course=even()).bounds == (50, 150)


def test_ticks_are_round_in_the_unit_of_the_axis() -> None:
    def words(axis: XAxis) -> list[str]:
        return [word for _, word in axis.ticks(70, 2)]

    assert words(x_axis((0, 100))) == ["0", "20", "40", "60", "80", "100"]
    assert words(x_axis((0, 1000), newest=1000, course=even(EPOCHS), grows=True))[:3] == ["0", "100", "200"]
    assert words(x_axis((0, 1000), newest=1000, course=even(), grows=True)) == ["0s", "2m", "4m", "6m", "8m"]
    assert words(x_axis((1, 10**6), log=True)) == ["1", "10", "100", "1k", "10k", "100k", "1M"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.5, "0.5s"),
        (59, "59s"),
        (60, "1m"),
        (90, "1m30s"),
        (7200, "2h"),
        (8100, "2h15m"),
        (108_000, "1d6h"),
    ],
)
def test_times_are_told_in_two_units(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_columns_are_told_in_the_unit_of_the_axis() -> None:
    assert x_axis((0, 600)).column_text(60) == "1 column = 10 steps"
    assert x_axis((0, 1000), newest=1000, course=even(), grows=True).column_text(50) == "1 column = 10s"
    assert x_axis((0, 1000), newest=1000, course=even(EPOCHS), grows=True).column_text(50) == "1 column = 10 epochs"
    assert x_axis((1, 600), log=True).column_text(60) == ""


def test_a_course_needs_nodes_and_bears_damage() -> None:
    nothing = np.empty(0)
    assert course(CLOCK, [(nothing.astype(np.int64), nothing.astype(np.float32))]) is None
    assert course(CLOCK, [(np.array([5]), np.array([np.nan], dtype=np.float32))]) is None
    falling = course(CLOCK, [(np.array([10, 20, 30]), np.array([5.0, 1.0, np.inf], dtype=np.float32))])
    assert falling is not None
    assert falling.at(np.array([5.0, 10.0, 20.0])).tolist() == [2.5, 5.0, 5.0]
    assert falling.at(25.0) > 5.0
