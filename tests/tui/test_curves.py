"""The panes of curves on the screen: keys and mouse, what they show and what they ask of the run folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from nntui import paths
from nntui.tui.feed import Feed
from nntui.tui.panes.curves import LossPane
from nntui.tui.panes.gradients import GradientPane
from nntui.tui.picture import Query
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.series import SeriesChoice
from tests.tui import recorded
from tests.tui.recorded import Recording
from tests.tui.screen import play, settled, shows, text, until


def dashboard(pilot: Pilot[None]) -> DashboardScreen:
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, DashboardScreen))


def loss(pilot: Pilot[None]) -> LossPane:
    return dashboard(pilot).query_one(LossPane)


def asked(pilot: Pilot[None], chart: str = "loss") -> Query:
    feed = dashboard(pilot)._feed
    assert isinstance(feed, Feed)
    return feed._reading.queries[chart]


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


@pytest.fixture
def kept() -> Path:
    """A finished run with held-out rows."""
    return recorded.finished(paths.runs_dir(), recorded.images())


@pytest.fixture
def timed() -> Path:
    """A finished run that knows its epochs and times: a step a second, after an hour's pause in the middle."""
    recording = Recording(paths.runs_dir(), recorded.images(), old=True)
    recording.writer.add_stream("layers", ["epoch", "wall"])
    recording.train(2000)
    steps = np.arange(10, 2001, 10)
    wall = steps + np.where(steps > 1000, 3600.0, 0.0)
    recording.writer.record("layers", steps, np.column_stack((steps / 25, wall)))
    return recording.end()


def test_zooming_asks_for_the_steps_of_the_window_alone(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        loss(pilot).focus()
        await press(pilot, "plus", "plus", "plus", "plus")
        await shows(pilot, "1 Loss · following, steps 1,875–2,000")
        assert asked(pilot).steps == (1875, 2000)
        await press(pilot, "plus", "plus", "plus", "H")
        assert asked(pilot).steps == (1976, 1993)
        await shows(pilot, "1 Loss · steps 1,976–1,993", "1 step = ")
        assert (loss(pilot)._plotted.curves[1].count == 1).all()
        await press(pilot, "a")
        assert asked(pilot).steps is None
        assert "following" not in text(pilot)

    play(scenario, kept, size=(160, 40))


def test_following_goes_on_with_the_run() -> None:
    live = Recording(paths.runs_dir(), recorded.images())
    live.train(1000)

    async def scenario(pilot: Pilot[None]) -> None:
        loss(pilot).focus()
        await press(pilot, "f")
        await shows(pilot, "following, steps 900–1,000")
        live.train(500)
        await shows(pilot, "following, steps 1,400–1,500")
        await press(pilot, "f")
        live.train(300)
        await until(pilot, lambda: loss(pilot).newest == 1800)
        await shows(pilot, "1 Loss · steps 1,400–1,500")

    play(scenario, live.folder)


def test_the_cursor_reads_every_series_and_event_and_esc_takes_it_away(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = loss(pilot)
        pane.focus()
        await press(pilot, "c")
        assert pane.view.cursor == 2000
        await shows(pilot, "validation   0.1670  0.166–0.168", "training     0.1141  0.11–0.117")
        while not pane.axis.steps_in(pane.axis.cell(pane.view.cursor or 0, pane.columns, 2), pane.columns, 2)[0] <= 400:
            await press(pilot, "left")
        await shows(pilot, "▲ lr 0.1 → 0.125")
        before = pane.view.cursor
        assert before is not None
        await press(pilot, "shift+left")
        assert pane.view.cursor < before
        await press(pilot, "home")
        assert pane.view.cursor == 0
        await press(pilot, "right", "end", "pageup", "pagedown", "l", "h", "G", "g")
        await press(pilot, "m", "escape")
        assert pane.view.cursor is None
        assert dashboard(pilot).query_one(GradientPane).display is False
        await press(pilot, "escape")
        assert dashboard(pilot).query_one(GradientPane).display

    play(scenario, kept)


@pytest.mark.parametrize("marker", ["braille", "ascii"])
def test_the_readout_is_never_cut(kept: Path, marker: str) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await press(pilot, "1", "c", "left")
        for size in ((40, 12), (80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            await shows(pilot, "0.16", "0.11")

    play(scenario, kept, marker=marker)


def test_a_click_puts_the_cursor_there_and_a_drag_moves_it(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = loss(pilot)
        await pilot.mouse_down(pane, offset=(30, 5))
        first = pane.view.cursor
        assert first is not None
        await pilot.hover(pane, offset=(50, 9))
        assert pane.view.cursor is not None
        assert pane.view.cursor > first
        await pilot.mouse_up(pane, offset=(50, 9))
        last = pane.view.cursor
        await pilot.hover(pane, offset=(20, 9))
        assert pane.view.cursor == last

    play(scenario, kept)


def test_the_wheel_zooms_around_the_pointer(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = loss(pilot)

        async def turn(kind: type[MouseScrollUp] | type[MouseScrollDown]) -> None:
            region = pane.region
            x, y = region.x + 40, region.y + 5
            pane.post_message(kind(pane, 40, 5, 0, 0, 0, False, False, False, x, y))
            await settled(pilot)

        about = pane.step_at(38)
        assert about is not None
        for _ in range(5):
            await turn(MouseScrollUp)
        assert pane.view.zoomed
        there = pane.step_at(38)
        assert there == pytest.approx(about, abs=30)
        for _ in range(5):
            await turn(MouseScrollDown)
        assert not pane.view.zoomed

    play(scenario, kept)


def test_the_axis_counts_steps_epochs_or_time(timed: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = loss(pilot)
        pane.focus()
        await press(pilot, "t")
        await shows(pilot, "epoch", "80")
        await press(pilot, "t")
        await shows(pilot, "1h", "1 column = ")
        middle = pane.axis.share(np.array([960.0, 1040.0]))
        assert middle[1] - middle[0] > 0.5
        await press(pilot, "c")
        await shows(pilot, "epoch 80 · 1h33m")
        await press(pilot, "plus", "plus", "plus", "plus", "plus", "plus")
        assert asked(pilot, "loss/course").steps is None
        await press(pilot, "t")
        assert pane.view.unit == "steps"

    play(scenario, timed)


def test_a_run_without_epochs_says_so() -> None:
    folder = recorded.finished(paths.runs_dir(), recorded.images(), old=True)

    async def scenario(pilot: Pilot[None]) -> None:
        loss(pilot).focus()
        await press(pilot, "t")
        await shows(pilot, "neither epochs nor times")
        assert loss(pilot).view.unit == "steps"

    play(scenario, folder)


def test_steps_on_a_logarithmic_axis(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        loss(pilot).focus()
        await press(pilot, "x")
        assert asked(pilot).log
        await shows(pilot, "log steps")
        ticks = [word for _, word in loss(pilot).axis.ticks(60, 2)]
        assert ticks == ["1", "10", "100", "1k"]
        assert (loss(pilot)._plotted.curves[1].count[:30] == 1).all()

    play(scenario, kept)


def test_zooming_does_not_bend_a_smoothed_line(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = loss(pilot)
        pane.focus()
        await press(pilot, "w", "w", "w", "w")
        (whole,) = [pane._plotted.line(curve) for curve in pane._plotted.curves if curve.name == "loss"]
        await press(pilot, "+", "+")
        await settled(pilot)
        (part,) = [pane._plotted.line(curve) for curve in pane._plotted.curves if curve.name == "loss"]
        assert part.first[0] > 1000
        expected = np.interp(part.last, whole.last, whole.mean)
        np.testing.assert_allclose(part.mean, expected, rtol=0.02)

    play(scenario, kept)


def test_smoothing_smooths_the_line_and_says_how(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        loss(pilot).focus()
        await settled(pilot)
        before = text(pilot)
        await press(pilot, "w", "w")
        await shows(pilot, "smoothed 0.9")
        assert text(pilot) != before
        await press(pilot, "c")
        await shows(pilot, "smooth 0.1")
        await press(pilot, "escape", "w", "w", "w")
        assert text(pilot) == before

    play(scenario, kept)


def test_any_series_can_be_picked(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = loss(pilot)
        pane.focus()
        await press(pilot, "p")
        assert isinstance(pilot.app.screen, SeriesChoice)
        await shows(pilot, "[x] loss", "[ ] grad_norm/layer 1", "[x] val_loss")
        await press(pilot, *"val ac")
        assert "[ ] val_accuracy" in text(pilot)
        assert "grad_norm" not in text(pilot)
        await press(pilot, "enter")
        await shows(pilot, "[x] val_accuracy")
        await press(pilot, *["backspace"] * 6, *"val_loss", "enter", "escape")
        assert asked(pilot).names == ("loss", "val_accuracy")
        await shows(pilot, "value  ── training ╌╌ val accuracy")
        await press(pilot, "p", *"nothing", "enter", "up", "down", "escape")
        assert asked(pilot).names == ("loss", "val_accuracy")
        await press(pilot, "p", "enter", *"val_acc", "enter", "escape")
        assert set(asked(pilot).names) == {"loss", "val_loss"}

    play(scenario, kept)


def test_layers_can_be_picked_among_the_gradients(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        dashboard(pilot).query_one(GradientPane).focus()
        await press(pilot, "p")
        assert "val_loss" not in text(pilot).partition("Draw which")[2]
        await press(pilot, "enter", "escape")
        assert asked(pilot, "gradients").names == ("grad_norm/layer 2", "grad_norm/output")

    play(scenario, kept)


def test_a_window_without_values_says_so(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane = loss(pilot)
        pane.choose(["val_loss"])
        pane.look(pane.view.zoom(0.0, 2000, about=1991))
        await settled(pilot)
        await shows(pilot, "Nothing was recorded in these steps.")
        pane.focus()
        await press(pilot, "left", "right", "H", "L", "minus", "a")
        assert "Nothing was" not in text(pilot)

    play(scenario, kept)


@pytest.mark.parametrize("pane", [LossPane, GradientPane])
def test_each_explains_itself_in_three_sentences(pane: type[LossPane] | type[GradientPane]) -> None:
    assert len(pane.EXPLAIN) == 3
    assert all(sentence.endswith(".") for sentence in pane.EXPLAIN)
