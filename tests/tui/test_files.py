"""Opening a file: its path is completed and checked as one types, and what is in it is edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from nntui.tui.panes.knobs.knoblist import KnobList
from nntui.tui.screens.edit import EditScreen
from nntui.tui.screens.files import FileEntry
from tests.tui.screen import play, settled, shows, text, until


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "place"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "flowers.csv").write_text("length,width,kind\n" + "1,2,a\n3,4,b\n" * 20)
    (folder / "mine.toml").write_text('title = "Mine"\n[training]\nlr = 0.5\n')
    (folder / "broken.toml").write_text("[training]\nlr = -1\n")
    (folder / "[red]\u202eodd.csv").write_text("a,b\n1,2\n")
    monkeypatch.chdir(folder)
    return folder


async def open_entry(pilot: Pilot[None]) -> Input:
    await pilot.press("o")
    await until(pilot, lambda: isinstance(pilot.app.screen, FileEntry))
    return pilot.app.screen.query_one(Input)


def test_a_path_is_completed_and_what_is_there_is_edited(real_samples: None) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        entry = await open_entry(pilot)
        await shows(pilot, "data/", "mine.toml")
        entry.value = "da"
        await pilot.press("tab")
        assert entry.value == "data/"
        await pilot.press("tab")
        assert entry.value == "data/flowers.csv"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditScreen))
        await shows(pilot, "Edit flowers.csv", "length", "width")

    play(scenario, None)


def test_a_preset_of_ones_own_is_opened_by_its_path() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        (await open_entry(pilot)).value = "mine.toml"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditScreen) and bool(pilot.app.screen.query(KnobList)))
        assert pilot.app.screen.query_one(KnobList).draft.config.training.lr == 0.5

    play(scenario, None)


@pytest.mark.parametrize(
    ("path", "said"),
    [("nothing.csv", "there is no such file"), ("broken.toml", "training.lr = -1"), ("a\0", "NUL")],
)
def test_what_cannot_be_opened_says_why_at_once(path: str, said: str) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        entry = await open_entry(pilot)
        entry.value = path
        await shows(pilot, said)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, FileEntry)
        await pilot.press("escape")

    play(scenario, None)


@pytest.mark.parametrize("size", [(120, 40), (40, 12)], ids=str)
def test_it_fits_and_shows_hostile_names_as_text(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        entry = await open_entry(pilot)
        entry.value = "[re"
        await shows(pilot, "[red]", "closes")
        assert "\u202e" not in text(pilot)

    play(scenario, None, size)
