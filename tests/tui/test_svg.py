"""The picture that the palette writes: where, under which name, and of what."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from nntui.tui import svg
from tests.tui import recorded, screen


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def choose_picture(pilot: Pilot[None]) -> None:
    """Chooses the picture in the palette."""
    await pilot.press("ctrl+p")
    await screen.until(pilot, lambda: pilot.app.screen.id == "--command-palette")
    await pilot.press(*"picture of this")
    await screen.shows(pilot, "Picture of this screen to a file")
    await pilot.press("down", "enter")


def test_the_palette_writes_the_screen_beneath_it_to_a_free_name(here: Path, tmp_path: Path) -> None:
    run = recorded.finished(tmp_path / "runs", recorded.table())
    (here / "nntui-recorded.svg").write_text("mine", encoding="utf-8")

    async def scenario(pilot: Pilot[None]) -> None:
        await choose_picture(pilot)
        await screen.until(pilot, (here / "nntui-recorded-2.svg").exists)
        await screen.until(pilot, lambda: any(str(here) in note.message for note in pilot.app._notifications))

    screen.play(scenario, run)
    assert (here / "nntui-recorded.svg").read_text(encoding="utf-8") == "mine"
    drawn = (here / "nntui-recorded-2.svg").read_text(encoding="utf-8")
    assert "Gradients" in drawn
    assert "Picture&#160;of" not in drawn
    assert "@font-face" not in drawn


def test_a_folder_that_takes_no_file_is_told(here: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await screen.until(pilot, lambda: len(pilot.app.screen_stack) > 1)
        here.rmdir()
        await choose_picture(pilot)
        await screen.until(pilot, lambda: any("no picture" in note.message for note in pilot.app._notifications))

    screen.play(scenario, None)


def test_a_full_disk_leaves_no_half_a_picture(here: Path) -> None:
    with pytest.raises(UnicodeEncodeError):  # as good as a disk that takes no more
        svg.write_new("x" * 100_000 + "\ud800", here, "picture")
    assert list(here.iterdir()) == []
