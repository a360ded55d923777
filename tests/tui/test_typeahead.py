"""Keys that arrive together, as a slow link delivers them: each does what it would do alone, in their order."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from nntui import paths
from nntui.store.writer import Writer
from nntui.tui.panes.filterentry import FilterEntry
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.edit import EditScreen
from nntui.tui.screens.files import FileEntry
from nntui.tui.screens.series import SeriesChoice
from nntui.tui.screens.value import ValueEntry
from tests.tui import recorded
from tests.tui.recorded import Recording
from tests.tui.screen import play, shows, text, until


@pytest.fixture
def live() -> Recording:
    """A run that this process trains; nobody answers its commands but the test."""
    recording = Recording(paths.runs_dir(), recorded.table())
    recording.train(100)
    return recording


def burst(pilot: Pilot[None], *keys: str) -> None:
    """Presses keys and waits for nothing: names of keys, or text that is typed."""
    for key in keys:
        for name in [key] if key in ("enter", "backspace", "escape", "tab", "home", "left", "down") else key:
            character = name if len(name) == 1 else None
            pilot.app.post_message(events.Key(_character_to_key(name) if character else name, character))


def asked(writer: Writer) -> list[tuple[str, str, str]]:
    return [(command.kind, command.key, command.value) for command in writer.waiting()]


def test_a_value_that_is_mended_while_it_is_typed_is_the_one_that_is_set(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        burst(pilot, "0.06", "backspace", "5", "home", "1", "backspace", "enter")
        await until(pilot, live.writer.waiting)
        assert asked(live.writer) == [("set", "training.lr", "0.05")]

    play(scenario, live.folder)


def test_what_comes_after_enter_is_not_part_of_the_value(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        burst(pilot, "0.02", "enter", "[[")
        await until(pilot, lambda: len(live.writer.waiting()) == 3)
        lower = ("turn", "training.lr", "-1")
        assert asked(live.writer) == [("set", "training.lr", "0.02"), lower, lower]

    play(scenario, live.folder)


def test_what_follows_the_key_that_opens_an_entry_is_typed_into_it(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        burst(pilot, "enter", "0.05", "enter")  # on the dashboard, a full stop would make a step
        await until(pilot, live.writer.waiting)
        assert asked(live.writer) == [("set", "training.lr", "0.05")]

    play(scenario, live.folder)


def test_a_value_that_is_refused_can_be_mended(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        burst(pilot, "0.5x", "enter", "backspace", "enter")
        await until(pilot, live.writer.waiting)
        assert asked(live.writer) == [("set", "training.lr", "0.5")]
        burst(pilot, "enter", "7", "escape", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueEntry))
        assert len(live.writer.waiting()) == 1

    play(scenario, live.folder)


def test_pasted_text_waits_for_its_turn(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        burst(pilot, "enter", "1", "backspace")
        pilot.app.post_message(events.Paste("0.25"))
        burst(pilot, "enter")
        await until(pilot, live.writer.waiting)
        assert asked(live.writer) == [("set", "training.lr", "0.25")]

    play(scenario, live.folder)


def test_a_filter_is_what_was_typed_and_the_list_gets_the_rest() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        burst(pilot, "/", "stxx", "backspace", "backspace", "ar")
        entry = pilot.app.screen.query(FilterEntry).first()
        await until(pilot, lambda: entry.text == "star")
        burst(pilot, "enter", "jjk")
        await pilot.pause()
        await until(pilot, lambda: not isinstance(pilot.app.focused, Input))
        assert entry.text == "star"
        burst(pilot, "/", "x", "escape", "j")
        await until(pilot, lambda: not entry.display)
        await pilot.pause()
        assert entry.text == ""

    play(scenario, None)


def test_a_path_is_completed_before_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text('title = "Mine"\n')
    monkeypatch.chdir(tmp_path)

    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("o")
        assert isinstance(pilot.app.screen, FileEntry)
        burst(pilot, "mi", "tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditScreen))
        await shows(pilot, "Edit mine")

    play(scenario, None)


def test_names_are_found_chosen_and_closed_in_order(live: Recording) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("1")
        burst(pilot, "p", "val", "down", "enter", "escape", "?")
        await until(pilot, lambda: not isinstance(pilot.app.screen, (SeriesChoice, DashboardScreen)))
        assert "The curves" in text(pilot)

    play(scenario, live.folder)
