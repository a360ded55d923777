"""The gradient pane in the dashboard: curves, and on a key all layers as rows over the whole run."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from nntui import paths
from nntui.tui.panes.gradients import GradientPane
from tests.tui import recorded
from tests.tui.screen import lines, play, settled, shows, text, until


@pytest.fixture
def kept(nntui_home: Path) -> Path:
    """A finished run of three layers."""
    return recorded.finished(paths.runs_dir(), recorded.images())


def pane(pilot: Pilot[None]) -> GradientPane:
    return pilot.app.screen.query_one(GradientPane)


def test_a_key_changes_between_curves_and_rows(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane(pilot).focus()
        await pilot.pause()
        before = text(pilot)
        assert "waterfall" in lines(pilot)[-1]
        assert "cursor" in lines(pilot)[-1]
        await pilot.press("v")
        await shows(pilot, "layer 1+", "layer 2+", "output+", "norm 0.00")
        assert ".:+#@" in str(pane(pilot).border_subtitle)
        await pilot.press("v")
        await settled(pilot)
        assert text(pilot) == before

    play(scenario, kept, marker="ascii")


def test_a_window_of_the_run_is_seen_in_rows_too(kept: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        pane(pilot).focus()
        await pilot.press("v", "plus")
        await until(pilot, lambda: "steps 1,000" in str(pane(pilot).border_title))
        await settled(pilot)
        assert pane(pilot).axis.window == (1000, 2000)
        assert "layer 1┤" in text(pilot)

    play(scenario, kept)


def test_before_the_first_step_it_is_said_what_will_appear(nntui_home: Path) -> None:
    empty = recorded.Recording(paths.runs_dir(), recorded.images())

    async def scenario(pilot: Pilot[None]) -> None:
        pane(pilot).focus()
        await pilot.press("v")
        await shows(pilot, "The curve appears after the first step.")
        assert "norm" in str(pane(pilot).border_subtitle)

    play(scenario, empty.folder)
    empty.end("stopped")
