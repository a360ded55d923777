"""View: windows that stay in the run, come back when zoomed in and out, and follow in jumps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui.tui.panes.view import JUMP, LEAST, SMOOTHINGS, View

newest_steps = st.integers(0, 10**8)
Doing = Callable[[View, int], View]
doings: st.SearchStrategy[Doing] = st.one_of(
    st.floats(0.1, 10).map(lambda factor: lambda view, newest: view.zoom(factor, newest)),
    st.tuples(st.floats(0.1, 10), st.floats(-1e9, 1e9)).map(
        lambda both: lambda view, newest: view.zoom(both[0], newest, both[1])
    ),
    st.floats(-5, 5).map(lambda share: lambda view, newest: view.pan(share, newest)),
    st.just(lambda view, newest: view.follow(newest)),
    st.just(lambda view, newest: view.whole()),
    st.integers(-100, 10**9).map(lambda step: lambda view, newest: view.point(step, newest)),
    st.just(lambda view, newest: view.point(None, newest)),
    st.booleans().map(lambda log: lambda view, newest: replace(view, log=log)),
)


@settings(deadline=None)
@given(st.lists(st.tuples(doings, st.integers(0, 10**6)), max_size=30), newest_steps)
def test_whatever_is_done_the_window_lies_in_the_run_and_is_not_empty(
    done: list[tuple[Doing, int]], newest: int
) -> None:
    view = View()
    for doing, further in done:
        newest += further
        view = doing(view, newest)
        window = view.window(newest)
        if window is None:
            continue
        first, last = window
        assert 0 <= first < last
        if view.following:
            assert first < newest <= last <= newest + JUMP * (last - first) + 2
        else:
            assert last <= newest
        assert view.cursor is None or 0 <= view.cursor <= newest


@settings(deadline=None)
@given(st.integers(1000, 10**8), st.floats(0.2, 0.8), st.floats(0, 1), st.sampled_from([2.0, 1.25, 3.0]))
def test_zooming_in_and_out_comes_back(newest: int, share: float, place: float, factor: float) -> None:
    view = View().zoom(share, newest, about=place * newest)
    before = view.window(newest)
    assert before is not None
    inner = view.zoom(1 / factor, newest, about=before[0] + place * (before[1] - before[0]))
    again = inner.zoom(factor, newest, about=before[0] + place * (before[1] - before[0]))
    assert again.window(newest) == pytest.approx(before, abs=1)


def test_zooming_keeps_what_it_is_about_in_place() -> None:
    view = View().zoom(0.5, 1000, about=500)
    assert view.window(1000) == (250, 750)
    assert view.zoom(0.5, 1000).window(1000) == (375, 625)
    assert view.zoom(0.5, 1000, about=250).window(1000) == (250, 500)
    assert replace(view, cursor=750).zoom(0.5, 1000).window(1000) == (500, 750)


def test_zooming_ends_at_a_few_steps_and_at_the_whole_run() -> None:
    view = View()
    for _ in range(60):
        view = view.zoom(0.5, 10**7)
    assert view.window(10**7) == (10**7 - LEAST, 10**7)
    for _ in range(60):
        view = view.zoom(2, 10**7)
    assert view == View()
    assert View().zoom(0.5, 5) == View()
    assert View().zoom(0.5, 0) == View()


def test_zooming_in_on_the_whole_run_follows_it_in_jumps() -> None:
    view = View().zoom(0.5, 1000)
    assert view.following
    windows = {view.window(newest) for newest in range(1000, 1500)}
    assert len(windows) <= 12
    assert {window[1] - window[0] for window in windows if window} == {500}
    assert view.pan(-1, 1000).window(1000) == (0, 500)
    assert view.follow(1000).window(2000) == (500, 1000)
    assert view.follow(1000).follow(2000).window(2000) == (1500, 2000)


def test_following_the_whole_run_shows_its_last_tenth() -> None:
    assert View().follow(10_000).window(10_000) == (9000, 10_000)
    assert View().follow(3) == View()


def test_a_cursor_outside_the_window_takes_it_along() -> None:
    view = View().zoom(0.5, 1000, about=500)
    assert view.point(600, 1000).window(1000) == (250, 750)
    assert view.point(100, 1000).window(1000) == (100, 600)
    assert view.point(900, 1000).window(1000) == (400, 900)
    assert view.point(5000, 1000).cursor == 1000
    assert view.point(600, 1000).point(None, 1000) == view


def test_a_cursor_stays_on_its_step_while_the_window_follows() -> None:
    view = View().zoom(0.5, 1000).point(900, 1000)
    assert view.following
    assert (view.cursor, view.window(5000)) == (900, (4500, 5000))


def test_smoothing_goes_round() -> None:
    view, seen = View(), []
    for _ in SMOOTHINGS:
        view = view.smoother()
        seen.append(view.smoothing)
    assert seen == [0.6, 0.9, 0.97, 0.99, 0.0]
