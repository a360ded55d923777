"""Editing before starting: values are turned and typed, what is wrong is told, and the run is started or saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from nntui import launch, paths, presets
from nntui.config import RunConfig
from nntui.knobs import KNOBS
from nntui.store import catalog
from nntui.tui.inference import InferenceError
from nntui.tui.panes.knobs.knoblist import KnobList
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.edit import EditScreen
from nntui.tui.screens.question import Question
from nntui.tui.screens.samples import Samples
from nntui.tui.screens.start import StartScreen
from tests.tui import recorded
from tests.tui.screen import play, settled, shows, text, until


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[RunConfig, dict[str, Any]]]:
    """What was started; nothing is."""
    calls: list[tuple[RunConfig, dict[str, Any]]] = []

    def start_run(config: RunConfig, **options: Any) -> tuple[Path, None]:
        calls.append((config, options))
        return recorded.finished(paths.runs_dir(), recorded.table()), None

    monkeypatch.setattr(launch, "start_run", start_run)
    return calls


async def edit(pilot: Pilot[None], knob: str = "training.lr") -> None:
    """Opens the first preset, and chooses a knob."""
    if not isinstance(pilot.app.screen, EditScreen):
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditScreen) and bool(pilot.app.screen.query(KnobList)))
    pilot.app.screen.query_one(KnobList).choose(knob)
    await settled(pilot)


async def write(pilot: Pilot[None], words: str) -> None:
    pilot.app.screen.query_one(Input).value = words
    await settled(pilot)


def draft(pilot: Pilot[None]) -> RunConfig:
    return pilot.app.screen.query_one(KnobList).draft.config


def test_values_are_turned_marked_and_put_back(started: list[Any]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await edit(pilot)
        await shows(pilot, "nothing changed", "learning rate")
        before = draft(pilot).training.lr
        await pilot.press("right")
        await shows(pilot, "1 changed", f"was {before:g}", "• lr")
        assert draft(pilot).training.lr > before
        await pilot.press("backspace")
        await shows(pilot, "nothing changed")
        assert draft(pilot).training.lr == before

    play(scenario, None)


def test_every_knob_can_be_reached_by_keys() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await edit(pilot)
        await pilot.press("home")
        knobs = pilot.app.screen.query_one(KnobList)
        seen = []
        for _ in KNOBS:
            seen.append(knobs.chosen)
            await shows(pilot, f" {knobs.knob.name[:10]}", "▸")
            await pilot.press("right", "left", "down")
        assert set(seen) == set(KNOBS)

    play(scenario, None, (40, 12))


def test_a_typed_value_is_checked_alone_and_with_the_others() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await edit(pilot, "model.activation")
        await pilot.press("enter")
        await write(pilot, "rely")
        await shows(pilot, "did you mean relu?")
        await write(pilot, "relu, tanh, elu")
        await shows(pilot, "must be one name")
        await pilot.press("enter")
        await shows(pilot, "must be one name")
        await write(pilot, "relu")
        await pilot.press("enter")
        await shows(pilot, "1 changed")
        assert draft(pilot).model.activation == ("relu",)

    play(scenario, None)


def test_a_run_is_started_with_its_name(started: list[tuple[RunConfig, dict[str, Any]]]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await edit(pilot)
        await pilot.press("right", "n")
        await write(pilot, "")
        await shows(pilot, "1 to 100 printable characters")
        await write(pilot, "latest")
        await shows(pilot, "already means the newest run")
        await write(pilot, "a try")
        await pilot.press("enter")
        await shows(pilot, "the run's name: a try")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, StartScreen))

    play(scenario, None)
    ((config, options),) = started
    assert options == {"preset": next(iter(presets.available())), "name": "a try"}
    assert config.training.lr > next(iter(presets.available().values())).load().training.lr


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_what_was_edited_is_what_is_trained() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await edit(pilot, "training.steps")
        await pilot.press("enter")
        await write(pilot, "40")
        await pilot.press("enter")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))
        await shows(pilot, "finished")

    play(scenario, None)
    ((_, run),) = catalog.list_runs(paths.runs_dir())
    assert run.step == 40


def test_data_that_cannot_be_read_are_not_trained_on(
    started: list[Any], real_samples: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def of(self: Samples, config: RunConfig) -> InferenceError:
        return InferenceError("rows.csv: there is no column 'y'", told=True)

    monkeypatch.setattr(Samples, "of", of)

    async def scenario(pilot: Pilot[None]) -> None:
        await edit(pilot)
        await shows(pilot, "there is no column 'y'")
        await pilot.press("s")
        await settled(pilot)
        assert isinstance(pilot.app.screen, EditScreen)

    play(scenario, None, (80, 24))
    assert started == []


def test_it_is_saved_as_a_preset_of_ones_own_and_asks_before_writing_over_one() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await edit(pilot)
        await pilot.press("right", "w")
        await write(pilot, "../mine")
        await shows(pilot, "must be 1 to 60 letters")
        await write(pilot, "mine")
        await pilot.press("enter")
        await shows(pilot, "Edit mine", "nothing changed")
        first = presets.find("mine").load()
        await pilot.press("right", "w", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question))
        await pilot.press("n")
        await settled(pilot)
        assert presets.find("mine").load() == first
        await pilot.press("w", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question))
        await pilot.press("y")
        await settled(pilot)
        assert presets.find("mine").load() == draft(pilot) != first
        await pilot.press("escape")
        await until(pilot, lambda: "mine" in pilot.app.screen.query_one("#presets", RowList).ids)

    play(scenario, None)
    assert [path.name for path in paths.user_presets_dir().iterdir()] == ["mine.toml"]


def test_leaving_asks_only_when_something_was_changed() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await edit(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, StartScreen))
        await edit(pilot)
        await pilot.press("right", "escape")
        await shows(pilot, "Leave without starting?", "1 changed value")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditScreen))
        await pilot.press("escape", "y")
        await until(pilot, lambda: isinstance(pilot.app.screen, StartScreen))

    play(scenario, None)


def test_nothing_is_cut_at_any_size() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await edit(pilot)
        for size in ((40, 12), (80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            await shows(pilot, "▸  lr", "learning rate", "a number from")

    play(scenario, None)


def test_hostile_presets_are_edited_as_text() -> None:
    folder = paths.user_presets_dir()
    folder.mkdir(parents=True)
    (folder / "[red]a\u202eb.toml").write_text('title = "\\u001b[31m"\n[data]\nsource = "./\\u202e[b]x.csv"\n')

    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("end")
        for _ in range(30):
            if "[red]" in pilot.app.screen.query_one("#presets", RowList).chosen:
                break
            await pilot.press("up")
        await edit(pilot, "data.source")
        await shows(pilot, "Edit [red]a")
        assert "\x1b" not in text(pilot)
        assert "\u202e" not in text(pilot)

    play(scenario, None)
