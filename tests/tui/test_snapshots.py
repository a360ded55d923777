"""Pictures of every screen, in the sizes and looks it can have, compared with those that were found good."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
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
from tests.tui.network import Network
from tests.tui.screen import settled, unpaced

Size = tuple[int, int]

SMALL, MIDDLE, LARGE, HUGE = (40, 12), (80, 24), (120, 40), (200, 60)
DARK, LIGHT = "nntui-dark", "nntui-light"


def sizes(*chosen: Size) -> pytest.MarkDecorator:
    """The test in each of these sizes."""
    return pytest.mark.parametrize("size", chosen, ids=[f"{width}x{height}" for width, height in chosen])


ALL = sizes(SMALL, MIDDLE, LARGE, HUGE)


class Compare(Protocol):
    def __call__(
        self,
        app: App[None],
        *,
        terminal_size: Size,
        run_before: Callable[[Pilot[None]], Awaitable[None]],
    ) -> bool: ...


Look = Callable[..., None]


@pytest.fixture(autouse=True)
def place_and_colour(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever runs the tests may want no colours, and lives by another clock."""
    with monkeypatch.context() as here:
        here.delenv("NO_COLOR", raising=False)
        here.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def look(snap_compare: Compare) -> Look:
    """Compares the app, after some keys, with its picture."""

    def compare(
        folder: Path | None,
        size: Size,
        *keys: str,
        theme: str = DARK,
        marker: str = "braille",
        compared: Sequence[Path] = (),
    ) -> None:
        async def press(pilot: Pilot[None]) -> None:
            await settled(pilot)
            for key in keys:
                await pilot.press(key)
                await settled(pilot)
            for entry in pilot.app.screen.query(Input):
                entry.cursor_blink = False

        with unpaced():
            app = NntuiApp(folder, marker=marker, compared=compared)
            app.theme = theme
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


@pytest.fixture
def no_colour(place_and_colour: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal without colours."""
    monkeypatch.setenv("NO_COLOR", "1")


# The dashboard


@ALL
def test_dashboard_of_a_table(look: Look, runs: Path, size: Size) -> None:
    look(recorded.finished(runs, recorded.table()), size)


@sizes(MIDDLE, HUGE)
def test_dashboard_of_images(look: Look, runs: Path, size: Size) -> None:
    look(recorded.finished(runs, recorded.images()), size)


@sizes(MIDDLE, LARGE)
def test_dashboard_in_a_light_theme(look: Look, runs: Path, size: Size) -> None:
    look(recorded.finished(runs, recorded.table()), size, theme=LIGHT)


@sizes(SMALL, LARGE)
def test_dashboard_in_ascii_without_colour(look: Look, runs: Path, size: Size, no_colour: None) -> None:
    look(recorded.finished(runs, recorded.table()), size, marker="ascii")


@sizes(MIDDLE)
def test_dashboard_of_several_classes(look: Look, runs: Path, size: Size) -> None:
    look(recorded.finished(runs, recorded.species()), size)


@sizes(HUGE)
def test_dashboard_of_numbers(look: Look, runs: Path, size: Size) -> None:
    look(recorded.finished(runs, recorded.heights()), size)


def test_dashboard_of_images_in_a_light_theme(look: Look, runs: Path) -> None:
    look(recorded.finished(runs, recorded.images()), LARGE, theme=LIGHT)


def test_dashboard_without_colour(look: Look, runs: Path, no_colour: None) -> None:
    look(recorded.finished(runs, recorded.images()), LARGE)


def test_dashboard_in_ascii(look: Look, runs: Path) -> None:
    look(recorded.finished(runs, recorded.heights()), LARGE, marker="ascii")


def test_dashboard_of_a_run_of_before(look: Look, runs: Path) -> None:
    look(recorded.finished(runs, recorded.species(), old=True), LARGE)


@pytest.mark.parametrize("pane", "1234567")
def test_one_pane_in_a_small_terminal(look: Look, runs: Path, pane: str) -> None:
    look(recorded.finished(runs, recorded.species()), SMALL, pane)


@pytest.mark.parametrize(
    "keys", ["1mc", "2mv", "4mv", "5mv", "6m", "6mv", "6mvv"], ids=lambda keys: f"{keys[0]}-{keys[2:] or 'm'}"
)
def test_one_pane_filling_the_screen(look: Look, runs: Path, keys: str) -> None:
    look(recorded.finished(runs, recorded.heights()), MIDDLE, *keys)


def test_the_confusion_matrix(look: Look, runs: Path) -> None:
    look(recorded.finished(runs, recorded.ten_digits()), MIDDLE, "5", "m", "v")


@pytest.mark.parametrize(
    ("state", "reason"), [("diverged", "not finite, first in layer 1"), ("crashed", "the trainer ended without a word")]
)
def test_a_run_that_failed(look: Look, runs: Path, state: str, reason: str) -> None:
    recording = recorded.Recording(runs, recorded.images())
    recording.train(1500, bad=(1500,))
    look(recording.end(state, reason), MIDDLE)


def test_a_run_just_made(look: Look, runs: Path, alive: None) -> None:
    recording = recorded.Recording(runs, recorded.table())
    recording.update(heartbeat=time.time() + 1e6)
    recording.writer.close()
    look(recording.folder, LARGE)


# A live run, and what opens over it


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


@sizes(LARGE)
def test_live_dashboard(look: Look, live: Path, size: Size) -> None:
    look(live, size)


def test_live_dashboard_of_ten_classes(look: Look, runs: Path, alive: None) -> None:
    look(recorded_live(runs, recorded.ten_digits()), HUGE)


@sizes(SMALL, MIDDLE)
def test_question(look: Look, live: Path, size: Size) -> None:
    look(live, size, "s")


def test_value_entry(look: Look, live: Path) -> None:
    look(live, SMALL, "3", "enter")


def test_value_entry_of_several(look: Look, runs: Path, alive: None) -> None:
    look(recorded_live(runs, recorded.ten_digits()), MIDDLE, *["down"] * 5, "enter")


def test_value_entry_with_an_error(look: Look, live: Path) -> None:
    look(live, MIDDLE, "enter", "1", "x")


@sizes(SMALL, LARGE)
def test_explanation(look: Look, live: Path, size: Size) -> None:
    look(live, size, "2", "e")


@sizes(SMALL, MIDDLE)
def test_choice_of_series(look: Look, live: Path, size: Size) -> None:
    look(live, size, "1", "p")


@ALL
def test_a_step_of_the_past(look: Look, live: Path, size: Size, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Network, "remembers", True)
    keys = ("1", "c", "pageup", "r", *(["m"] if size == MIDDLE else []))
    look(live, size, *keys)


@sizes(SMALL, LARGE)
def test_autopsy(look: Look, runs: Path, size: Size) -> None:
    look(recorded.finished(runs, recorded.ten_digits()), size, "5", "enter")


def test_autopsy_of_numbers_in_a_light_theme(look: Look, runs: Path) -> None:
    look(recorded.finished(runs, recorded.heights()), MIDDLE, "5", "enter", theme=LIGHT)


@sizes(SMALL, MIDDLE)
def test_values_of_ones_own(look: Look, runs: Path, size: Size) -> None:
    look(recorded.finished(runs, recorded.species()), size, "5", "i")


@sizes(SMALL, LARGE)
def test_help(look: Look, runs: Path, size: Size) -> None:
    look(recorded.finished(runs, recorded.table()), size, "question_mark")


def test_help_in_a_light_theme(look: Look, live: Path) -> None:
    look(live, MIDDLE, "question_mark", theme=LIGHT)


def test_too_small(look: Look, live: Path) -> None:
    look(live, (25, 7))


# The start screen, and what opens from it


@pytest.fixture
def past(runs: Path) -> None:
    """Two runs, one of them lost."""
    recorded.finished(runs, recorded.table(), run_id="kept", name="a run of a longer name", preset="table")
    recording = recorded.Recording(runs, recorded.images(), run_id="lost")
    recording.train(1234)
    recording.end("diverged", "first in layer 1")
    recorded.execute(runs / "lost", "UPDATE run SET created = created - 864000")


@ALL
def test_start(look: Look, past: None, presets: None, size: Size) -> None:
    look(None, size)


@sizes(LARGE)
def test_start_in_a_light_theme(look: Look, past: None, presets: None, size: Size) -> None:
    look(None, size, theme=LIGHT)


def test_start_in_ascii_without_colour(look: Look, past: None, presets: None, no_colour: None) -> None:
    look(None, MIDDLE, marker="ascii")


def test_start_with_many_presets(look: Look, presets: None) -> None:
    for number, source in enumerate(["moons", "iris", "diabetes", "spirals", "digits"] * 4):
        Path(f"presets/{source}-{number}.toml").write_text(
            f'title = "What there is to learn of {source}"\ndescription = "Words."\n'
            f'[data]\nsource = "{source}"\n[model]\nlayers = [8, 4]\nactivation = ["relu", "tanh"]\n'
        )
    look(None, MIDDLE, *["down"] * 8)


def test_start_without_runs(look: Look, presets: None) -> None:
    look(None, MIDDLE, "down")


@sizes(SMALL, LARGE)
def test_editing_a_preset(look: Look, presets: None, size: Size) -> None:
    look(None, size, "down", "e", "right")


def test_editing_in_a_light_theme(look: Look, presets: None) -> None:
    look(None, MIDDLE, "down", "e", "right", theme=LIGHT)


@sizes(SMALL, LARGE)
def test_comparing_runs(look: Look, past: None, presets: None, size: Size) -> None:
    look(None, size, "tab", "space", "down", "space", "c")


def test_comparing_in_a_light_theme(look: Look, past: None, presets: None) -> None:
    look(None, MIDDLE, "tab", "space", "down", "space", "c", theme=LIGHT)


@pytest.fixture
def seeds(runs: Path) -> list[Path]:
    """Three seeds of each of two networks; the second is shorter, and one was not finite for a while."""
    folders = []
    for number in range(6):
        seed, net = number % 3, number // 3
        shape = recorded.tuned(recorded.images(), seed=seed, lr=(0.002, 0.005)[net])
        worse = (1 + seed) / (3, 1.5)[net]
        recording = recorded.Recording(runs, shape, run_id=f"run{number}", name=("narrow", "wide")[net], worse=worse)
        recording.train(1400 if seed == 1 else 2000, bad=range(500, 600) if number == 2 else ())
        folders.append(recording.end())
    recorded.execute(folders[1], "UPDATE run SET note = 'the machine was wanted'")
    return folders


@ALL
def test_comparing_seeds(look: Look, seeds: list[Path], size: Size) -> None:
    look(None, size, "o", "m", compared=seeds)


@sizes(SMALL, LARGE)
def test_comparing_in_ascii_without_colour(look: Look, seeds: list[Path], no_colour: None, size: Size) -> None:
    look(None, size, "space", "down", "o", "O", compared=seeds, marker="ascii")


def test_comparing_at_a_cursor_in_a_light_theme(look: Look, seeds: list[Path]) -> None:
    look(None, LARGE, "v", "t", "w", "c", *["left"] * 30, compared=seeds, theme=LIGHT)


def test_comparing_many_runs(look: Look, runs: Path) -> None:
    folders = []
    for number in range(32):
        recording = recorded.Recording(
            runs, recorded.table(), run_id=f"run{number}", name=f"net {number}", worse=0.5 + number / 8
        )
        recording.train(2000 - 23 * number)
        folders.append(recording.end())
    look(None, LARGE, *["down"] * 20, compared=folders)


@sizes(SMALL, MIDDLE)
def test_opening_a_file(look: Look, presets: None, size: Size) -> None:
    look(None, size, "o")


def test_a_closer_look(look: Look, presets: None) -> None:
    look(None, MIDDLE, "v")


def test_deleting_a_run(look: Look, past: None, presets: None) -> None:
    look(None, MIDDLE, "tab", "d")
