"""Going on with a run that has ended, and back to an earlier step, from the screen, with real trainers."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from textual.pilot import Pilot

from nntui import launch, presets
from nntui.config import from_dict
from nntui.store import catalog
from nntui.store.commands import reopen
from nntui.store.schema import connect_writer
from nntui.tui.panes.curves import LossPane
from nntui.tui.screens.dashboard import DashboardScreen
from tests.tui import recorded
from tests.tui.screen import play, settled, shows, text, until


@pytest.fixture
def finished(nntui_home: Path) -> Path:
    """A run that has had 300 steps."""
    settings = from_dict({"data": {"test_fraction": 0.0}, "model": {"layers": [3]}, "training": {"epochs": 300}})
    folder, trainer = launch.start_run(settings, preset="xor")
    assert trainer.wait(60) == 0
    return folder


def test_a_finished_run_is_gone_on_with_and_gone_back_in(finished: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "finished", "go on")
        await pilot.press("space")
        await shows(pilot, "paused", "raise epochs or steps")
        await pilot.press("1", "b")
        await shows(pilot, "First put the cursor")
        await pilot.press("c", "left", "left", "left")
        pane = pilot.app.screen.query_one(LossPane)
        await until(pilot, lambda: pane.view.cursor not in (None, 300))
        step = pane.view.cursor
        await pilot.press("b")
        await shows(pilot, f"Go back to step {step}?")
        await pilot.press("n")
        await pilot.press("b", "y")
        await until(pilot, lambda: catalog.open_run(finished).step == step)
        await shows(pilot, f"step {step} ", "back from step 300")
        await settled(pilot)
        assert "finished" not in text(pilot).splitlines()[0]
        await pilot.press("space")
        await shows(pilot, "finished")
        await until(pilot, lambda: catalog.open_run(finished).step == 300)

    play(scenario, finished)


def test_space_goes_on_with_a_run_that_was_stopped(finished: Path) -> None:
    with closing(connect_writer(finished)) as db:
        db.execute("UPDATE run SET state = 'stopped'")

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "stopped")
        await pilot.press("space")
        await until(pilot, lambda: catalog.open_run(finished).state == "finished")

    play(scenario, finished)


def test_space_offers_the_way_out_of_a_divergence(nntui_home: Path) -> None:
    wild = ["source=plane", "target=height", "layers=", "optimizer=sgd", "lr=2.5", "epochs=300"]
    folder, trainer = launch.start_run(presets.find("xor").load().with_settings(wild), preset="xor")
    assert trainer.wait(60) == 1

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "diverged", "the loss has exploded", "go back, halve lr")
        await pilot.press("space")
        await shows(pilot, "Go back to step 0, and on with lr 1.25?")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))
        assert catalog.open_run(folder).state == "diverged"
        await pilot.press("space")
        await shows(pilot, "Go back to step 0, and on with lr 1.25?")
        await pilot.press("y")
        await until(pilot, lambda: catalog.open_run(folder).state == "finished")
        await shows(pilot, "finished", "lr 2.5 → 1.25", "back from step")
        assert catalog.open_run(folder).step == 300

    play(scenario, folder)


def test_a_run_that_cannot_be_started_again_says_why(finished: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "finished")
        screen = pilot.app.screen
        assert isinstance(screen, DashboardScreen)
        reopen(finished)  # somebody else was quicker, and the screen does not know it yet
        screen.action_toggle_pause()
        await shows(pilot, "it has a trainer")

    play(scenario, finished)


def test_a_viewer_that_only_looks_steers_nothing(nntui_home: Path) -> None:
    recording = recorded.Recording(nntui_home / "runs", recorded.table())
    recording.train(100)

    async def scenario(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, DashboardScreen)
        screen.read_only = True
        await pilot.press("space")
        await shows(pilot, "This viewer only looks")
        await pilot.press("right", "enter", "s", "u", "K", "full_stop", "left_square_bracket")
        await settled(pilot)
        assert recording.writer.waiting() == []
        assert pilot.app.screen is screen
        recording.end("stopped")
        await shows(pilot, "stopped")
        await pilot.press("space", "1", "c", "left", "b")
        await settled(pilot)
        assert pilot.app.screen is screen
        assert catalog.open_run(recording.folder).state == "stopped"

    play(scenario, recording.folder)


def test_what_was_given_up_is_faded_on_the_curves(finished: Path) -> None:
    _, trainer = launch.start_again(finished, [("rewind", "", "100"), ("stop", "", "")])
    assert trainer.wait(60) == 0

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "stopped")
        await settled(pilot)
        chart = pilot.app.screen.query_one(LossPane)
        assert chart._plotted.faded == 1
        assert chart._plotted.curves[-1].last[-1] == 300
        assert [label for _, label, _ in chart.legend()] == ["training"]
        assert chart.axis.window[1] >= 300

    play(scenario, finished)
