"""Pictures of every screen in the three sizes, compared with those that were looked at and found good."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from nntui import paths
from nntui.store import catalog
from nntui.tui.app import NntuiApp
from tests.tui import recorded
from tests.tui.screen import settled, unpaced

SIZES = [(40, 12), (80, 24), (120, 40)]
NAMES = [f"{width}x{height}" for width, height in SIZES]


class Compare(Protocol):
    def __call__(
        self,
        app: App[None],
        *,
        terminal_size: tuple[int, int],
        run_before: Callable[[Pilot[None]], Awaitable[None]],
    ) -> bool: ...


Look = Callable[..., None]


@pytest.fixture(autouse=True)
def colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may want none."""
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def look(snap_compare: Compare) -> Look:
    """Compares the app, after some keys, with its picture."""

    def compare(
        folder: Path | None,
        size: tuple[int, int],
        *keys: str,
        theme: str = "textual-dark",
        marker: str = "braille",
    ) -> None:
        app = NntuiApp(folder, marker=marker)
        app.theme = theme

        async def press(pilot: Pilot[None]) -> None:
            await settled(pilot)
            for key in keys:
                await pilot.press(key)
                await settled(pilot)
            for entry in pilot.app.screen.query(Input):
                entry.cursor_blink = False

        with unpaced():
            assert snap_compare(app, terminal_size=size, run_before=press)

    return compare


@pytest.fixture
def runs() -> Path:
    return paths.runs_dir()


@pytest.fixture
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Presets that do not change when the bundled ones do."""
    monkeypatch.chdir(tmp_path)
    folder = Path("presets")
    folder.mkdir()
    monkeypatch.setattr(paths, "bundled_presets_dir", lambda: folder)
    for name, title in (("images", "Images: odd or even"), ("table", "Table: the truth of [b]XOR[/b]")):
        (folder / f"{name}.toml").write_text(
            f'title = "{title}"\n'
            'description = "What is to be learned here, and what is to be seen while it is learned, in a sentence."\n'
            "[model]\nlayers = [3]\n[training]\nlr = 0.1\nepochs = 2000\n"
        )
    (folder / "wrong.toml").write_text("[training]\nlr = -1\n")


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_dashboard_of_a_table(look: Look, runs: Path, size: tuple[int, int]) -> None:
    look(recorded.finished(runs, recorded.table()), size)


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_dashboard_of_images(look: Look, runs: Path, size: tuple[int, int]) -> None:
    look(recorded.finished(runs, recorded.images()), size)


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_dashboard_of_several_classes(look: Look, runs: Path, size: tuple[int, int]) -> None:
    look(recorded.finished(runs, recorded.species()), size, *(["5"] if size == (40, 12) else []))


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_dashboard_of_numbers(look: Look, runs: Path, size: tuple[int, int]) -> None:
    look(recorded.finished(runs, recorded.heights()), size, *(["5"] if size == (40, 12) else []))


@pytest.mark.parametrize("theme", ["textual-light", "nord"])
def test_dashboard_in_another_theme(look: Look, runs: Path, theme: str) -> None:
    look(recorded.finished(runs, recorded.images()), (120, 40), theme=theme)


def test_dashboard_in_ascii_without_colour(look: Look, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    look(recorded.finished(runs, recorded.images()), (80, 24), marker="ascii")


@pytest.mark.parametrize("pane", "12345")
def test_one_pane_in_a_small_terminal(look: Look, runs: Path, pane: str) -> None:
    look(recorded.finished(runs, recorded.images()), (40, 12), pane)


def test_one_pane_filling_the_screen(look: Look, runs: Path) -> None:
    look(recorded.finished(runs, recorded.images()), (80, 24), "tab", "tab", "m")


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_start(look: Look, runs: Path, presets: None, size: tuple[int, int]) -> None:
    recorded.finished(runs, recorded.table(), run_id="kept", name="a run of a longer name", preset="table")
    recording = recorded.Recording(runs, recorded.images(), run_id="lost")
    recording.train(1234)
    recording.end("diverged", "first in layer 1")
    recorded.execute(runs / "lost", "UPDATE run SET created = created - 864000")
    look(None, size)


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=NAMES[:2])
def test_start_with_many_presets(look: Look, presets: None, size: tuple[int, int]) -> None:
    for number, source in enumerate(["moons", "iris", "diabetes", "spirals", "digits"] * 4):
        Path(f"presets/{source}-{number}.toml").write_text(
            f'title = "What there is to learn of {source}"\ndescription = "Words."\n'
            f'[data]\nsource = "{source}"\n[model]\nlayers = [8, 4]\nactivation = ["relu", "tanh"]\n'
        )
    look(None, size, *["down"] * 8)


def test_start_without_runs(look: Look, presets: None) -> None:
    look(None, (80, 24), "down")


def test_start_in_a_light_theme(look: Look, runs: Path, presets: None) -> None:
    recorded.finished(runs, recorded.table())
    look(None, (80, 24), theme="textual-light")


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainers never die."""
    monkeypatch.setattr(catalog, "_trainer_alive", lambda *_: True)


def recorded_live(runs: Path, shape: recorded.Shape) -> Path:
    """A run that is being trained, by nobody, and never grows old."""
    recording = recorded.Recording(runs, shape)
    recording.train(1000)
    recording.update(heartbeat=time.time() + 1e6)
    recording.writer.close()
    return recording.folder


@pytest.fixture
def live(runs: Path, alive: None) -> Path:
    """A run of a truth table that never ends."""
    return recorded_live(runs, recorded.table())


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_live_dashboard(look: Look, live: Path, size: tuple[int, int]) -> None:
    look(live, size)


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_live_dashboard_of_ten_classes(look: Look, runs: Path, alive: None, size: tuple[int, int]) -> None:
    keys = {(40, 12): ["3"], (80, 24): ["down"] * 12}.get(size, [])
    look(recorded_live(runs, recorded.ten_digits()), size, *keys)


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_question(look: Look, live: Path, size: tuple[int, int]) -> None:
    look(live, size, "s")


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_value_entry(look: Look, live: Path, size: tuple[int, int]) -> None:
    look(live, size, "3", *(["3"] if size != (40, 12) else []), "enter")


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_value_entry_of_several(look: Look, runs: Path, alive: None, size: tuple[int, int]) -> None:
    keys = ["3"] if size == (40, 12) else []
    look(recorded_live(runs, recorded.ten_digits()), size, *keys, *["down"] * 5, "enter")


def test_value_entry_with_an_error(look: Look, live: Path) -> None:
    look(live, (80, 24), "enter", "1", "x")


def test_help_in_a_light_theme(look: Look, live: Path) -> None:
    look(live, (80, 24), "question_mark", theme="textual-light")


def test_too_small(look: Look, live: Path) -> None:
    look(live, (25, 7))


@pytest.mark.parametrize(
    ("state", "reason"), [("diverged", "not finite, first in layer 1"), ("crashed", "the trainer ended without a word")]
)
def test_a_run_that_failed(look: Look, runs: Path, state: str, reason: str) -> None:
    recording = recorded.Recording(runs, recorded.images())
    recording.train(1500, bad=(1500,))
    look(recording.end(state, reason), (80, 24))


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_help(look: Look, runs: Path, size: tuple[int, int]) -> None:
    look(recorded.finished(runs, recorded.table()), size, "question_mark")
