"""Random keys, clicks and sizes: nothing that a cat on the keyboard does ends the app or stops it from answering."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from nntui import launch, paths
from nntui.config import from_dict
from nntui.tui.keymap import KEYS
from nntui.tui.screens.help import HelpScreen
from tests.tui import recorded
from tests.tui.screen import play, settled, text, until

NAMED = sorted({name for key in KEYS for name in key.keys.split(",")} - {"ctrl+z"})  # which stops the process
OTHERS = ["escape", "tab", "shift+tab", "backspace", "delete", "ctrl+a", "ctrl+u", "f5", "up", "down", "left", "right"]
TYPED = [*string.printable.strip(), "é", "漢", "👩", "\0"]
SIZES = [(120, 40), (80, 24), (40, 12), (20, 5), (1, 1), (200, 60), (120, 40)]


def doings(seed: int, count: int) -> Iterator[events.Event | tuple[int, int]]:
    """Keys mostly, now and then a click, a turn of the wheel or another size of the terminal."""
    chance = random.Random(seed)
    for number in range(count):
        if number % 97 == 96:
            yield chance.choice(SIZES)
        elif chance.random() < 0.04:
            yield from _mouse(chance)
        elif chance.random() < 0.6:
            yield events.Key(chance.choice(NAMED), None)
        elif chance.random() < 0.3:
            yield events.Key(chance.choice(OTHERS), None)
        else:
            character = chance.choice(TYPED)
            yield events.Key(_character_to_key(character), character)


def _mouse(chance: random.Random) -> Iterator[events.Event]:
    x, y = chance.randrange(120), chance.randrange(40)
    kinds: list[type[events.MouseEvent]] = [events.MouseScrollDown, events.MouseScrollUp]
    if chance.random() < 0.5:
        kinds = [events.MouseMove, events.MouseDown, events.MouseUp]
    for kind in kinds:
        yield kind(None, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y)


#: Keys that open again what was closed are pressed after so many others.
AGAIN = 100


async def play_about(pilot: Pilot[None], seed: int, count: int, opening: Sequence[str] = ()) -> None:
    """Does all that, hardly waiting, and looks whether the app still answers; ``opening`` leads to some screen."""
    app = pilot.app
    app.exit = lambda *_, **__: None  # type: ignore[method-assign]  # by a click, or from the palette
    for number, doing in enumerate(doings(seed, count)):
        if number % AGAIN == 0:
            await pilot.press(*opening)
        if isinstance(doing, tuple):
            await pilot.resize_terminal(*doing)
        else:
            doing.set_sender(app)
            app.post_message(doing)
        if number % 20 == 19:
            await pilot.pause(0)
        assert app._exception is None
        assert app.is_running
    await pilot.resize_terminal(120, 40)
    await until(pilot, app._message_queue.empty)
    await settled(pilot)
    for _ in range(20):  # out of whatever is open
        if len(app.screen_stack) <= 2 and not isinstance(app.focused, Input):
            break
        await pilot.press("escape", "y")  # yes, leave what was edited
    await settled(pilot)
    await pilot.press("question_mark")
    await until(pilot, lambda: isinstance(app.screen, HelpScreen))
    assert "Help" in text(pilot)


def few_and_many(few: int, many: int) -> pytest.MarkDecorator:
    """As many as a plain run has time for, and as many as find what is rare."""
    marks = (pytest.mark.heavy, pytest.mark.timeout(1800))
    return pytest.mark.parametrize("count", [pytest.param(few), pytest.param(many, marks=marks)], ids=["few", "many"])


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of the screen are written into the current folder, and files are opened from there."""
    (tmp_path / "place" / "data").mkdir(parents=True)
    (tmp_path / "place" / "data" / "rows.csv").write_text("a,b,c\n1,2,x\n3,4,y\n" * 10)
    monkeypatch.chdir(tmp_path / "place")


@few_and_many(100, 4_000)
def test_on_a_run_that_has_finished(count: int) -> None:
    folder = recorded.finished(paths.runs_dir(), recorded.images())
    play(lambda pilot: play_about(pilot, 1, count), folder, every_frame=True)


@few_and_many(100, 4_000)
def test_on_a_run_just_made(count: int) -> None:
    recording = recorded.Recording(paths.runs_dir(), recorded.table())
    play(lambda pilot: play_about(pilot, 2, count), recording.folder, every_frame=True)
    recording.writer.close()


@few_and_many(100, 4_000)
def test_on_a_run_that_trains(count: int, real_answers: None) -> None:
    settings = from_dict({"data": {"test_fraction": 0.0}, "model": {"layers": [3]}, "training": {"epochs": 10**9}})
    folder, trainer = launch.start_run(settings, preset="xor")
    play(lambda pilot: play_about(pilot, 3, count), folder, every_frame=True)
    trainer.terminate()
    trainer.wait(20)


@pytest.mark.parametrize("opening", [("5", "enter"), ("5", "i"), ("1", "p")], ids=["autopsy", "values", "series"])
@few_and_many(40, 800)
def test_over_a_run(count: int, opening: tuple[str, ...]) -> None:
    folder = recorded.finished(paths.runs_dir(), recorded.heights())
    play(lambda pilot: play_about(pilot, 4, count, opening), folder, every_frame=True)


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Presets are not started: a hundred trainers would be no test of the screen."""
    made = [recorded.finished(paths.runs_dir(), recorded.table(), run_id=name) for name in ("one", "two")]
    monkeypatch.setattr(launch, "start_run", lambda *_, **__: (made[0], None))


@few_and_many(100, 4_000)
def test_at_the_start_screen(count: int, nothing_starts: None) -> None:
    play(lambda pilot: play_about(pilot, 5, count), None, every_frame=True)


OPENINGS = {"edit": ("e",), "compare": ("tab", "space", "down", "space", "c"), "file": ("o",), "look": ("v",)}


@pytest.mark.parametrize("opening", OPENINGS.values(), ids=OPENINGS)
@few_and_many(40, 800)
def test_over_the_start_screen(count: int, opening: tuple[str, ...], nothing_starts: None) -> None:
    play(lambda pilot: play_about(pilot, 6, count, opening), None, every_frame=True)
