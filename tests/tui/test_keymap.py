"""The keymap: every key does something, is explained, and means one thing in one place."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest
from rich.cells import cell_len
from textual.binding import Binding
from textual.keys import key_to_character
from textual.pilot import Pilot

from nntui import paths
from nntui.tui import keymap
from nntui.tui.app import NntuiApp
from nntui.tui.keymap import KEYS, Key
from nntui.tui.panes.board import Board
from nntui.tui.panes.curves import CurvePane
from nntui.tui.panes.events import EventPane
from nntui.tui.panes.filterentry import FilterEntry
from nntui.tui.panes.gradients import GradientPane
from nntui.tui.panes.knobs.pane import KnobPane
from nntui.tui.panes.layers.pane import LayerPane
from nntui.tui.panes.plane.pane import PlanePane
from nntui.tui.panes.predictions.pane import PredictionPane
from nntui.tui.panes.runs.presetlist import PresetList
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.panes.runs.runlist import RunList
from nntui.tui.screens.autopsy import AutopsyScreen
from nntui.tui.screens.compare import CompareScreen
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.edit import EditScreen
from nntui.tui.screens.entry import Entry
from nntui.tui.screens.explanation import Explanation
from nntui.tui.screens.files import FileEntry
from nntui.tui.screens.help import HelpScreen
from nntui.tui.screens.keys import hints
from nntui.tui.screens.look import LookScreen
from nntui.tui.screens.question import Question
from nntui.tui.screens.series import SeriesChoice
from nntui.tui.screens.start import StartScreen
from nntui.tui.screens.values import ValuesScreen
from tests.tui import recorded
from tests.tui.screen import lines, play, settled, shows, until

PLACES: dict[str, type] = {
    keymap.APP: NntuiApp,
    keymap.DASHBOARD: DashboardScreen,
    keymap.PANES: Board,
    keymap.CURVES: CurvePane,
    keymap.KNOBS: KnobPane,
    keymap.GRADIENTS: GradientPane,
    keymap.LAYERS: LayerPane,
    keymap.PREDICTIONS: PredictionPane,
    keymap.AUTOPSY: AutopsyScreen,
    keymap.VALUES: ValuesScreen,
    keymap.PLANE: PlanePane,
    keymap.START: StartScreen,
    keymap.PRESETS: PresetList,
    keymap.RUNS: RunList,
    keymap.LISTS: RowList,
    keymap.FILTER: FilterEntry,
    keymap.ENTRY: Entry,
    keymap.LOOK: LookScreen,
    keymap.EDIT: EditScreen,
    keymap.COMPARE: CompareScreen,
    keymap.FILES: FileEntry,
    keymap.EVENTS: EventPane,
    keymap.EXPLANATION: Explanation,
    keymap.QUESTION: Question,
    keymap.CHOICE: SeriesChoice,
    keymap.HELP: HelpScreen,
}
#: Places whose keys work at the same time, the first before the others.
TOGETHER = [
    (keymap.CURVES, keymap.PANES, keymap.DASHBOARD, keymap.APP),
    (keymap.KNOBS, keymap.PANES, keymap.DASHBOARD, keymap.APP),
    (keymap.GRADIENTS, keymap.CURVES, keymap.PANES, keymap.DASHBOARD, keymap.APP),
    (keymap.LAYERS, keymap.PANES, keymap.DASHBOARD, keymap.APP),
    (keymap.PREDICTIONS, keymap.PANES, keymap.DASHBOARD, keymap.APP),
    (keymap.PLANE, keymap.PANES, keymap.DASHBOARD, keymap.APP),
    (keymap.EVENTS, keymap.PANES, keymap.DASHBOARD, keymap.APP),
    (keymap.LISTS, keymap.PRESETS, keymap.START, keymap.APP),
    (keymap.LISTS, keymap.RUNS, keymap.START, keymap.APP),
    (keymap.LISTS, keymap.EDIT, keymap.APP),
    (keymap.CURVES, keymap.COMPARE, keymap.APP),
]
KEY_IDS = [f"{key.place}: {key.keys}" for key in KEYS]


@pytest.mark.parametrize("key", KEYS, ids=KEY_IDS)
def test_every_key_has_an_action_where_it_works(key: Key) -> None:
    action = key.action.partition("(")[0]
    owner: type = PLACES[key.place]
    if action.startswith("app."):
        owner, action = NntuiApp, action.removeprefix("app.")
    if action.startswith("screen."):
        owner, action = StartScreen, action.removeprefix("screen.")
    assert callable(getattr(owner, f"action_{action}", None)), f"{owner.__name__} has no action {action}"


@pytest.mark.parametrize("key", KEYS, ids=KEY_IDS)
def test_every_key_is_bound_where_it_works(key: Key) -> None:
    bound = Binding.make_bindings(PLACES[key.place].__dict__["BINDINGS"])
    assert set(key.keys.split(",")) <= {binding.key for binding in bound}


@pytest.mark.parametrize("places", TOGETHER, ids=lambda places: places[0])
def test_no_key_means_two_things_at_once(places: tuple[str, ...]) -> None:
    names = chain.from_iterable(key.keys.split(",") for key in KEYS if key.place in places)
    assert [name for name, times in Counter(names).items() if times > 1] == []


@pytest.mark.parametrize("key", KEYS, ids=KEY_IDS)
def test_every_key_is_shown_as_a_person_knows_it(key: Key) -> None:
    for name, shown in zip(key.keys.split(","), key.names, strict=True):
        assert cell_len(shown) <= 9
        assert "_" not in shown, f"{name} is shown as {shown}"
        character = key_to_character(name)
        if character and character.isprintable() and character != " ":
            assert shown == character


@pytest.mark.parametrize("key", KEYS, ids=KEY_IDS)
def test_every_key_is_explained_in_a_line(key: Key) -> None:
    assert key.help
    assert len(key.help) <= 70
    assert not key.help.endswith(".")


@pytest.mark.parametrize("places", TOGETHER, ids=lambda places: places[0])
def test_the_key_bar_offers_what_is_labelled(places: tuple[str, ...]) -> None:
    offered = hints(places)
    assert [hint.label for hint in offered] == [key.label for key in KEYS if key.label and key.place in places]
    assert {"leave", "help"} <= {hint.label for hint in offered}


def test_the_key_bar_leaves_out_and_renames() -> None:
    places = (keymap.DASHBOARD, keymap.PANES)
    offered = {hint.key: hint.label for hint in hints(places, words={"stop": "end"}, without=("pane",))}
    assert offered["s"] == "end"
    assert "5" not in offered


def test_the_help_lists_every_key_that_does_not_close_it() -> None:
    """Read page by page, in a terminal that cannot show all of it."""
    folder = recorded.finished(paths.runs_dir(), recorded.table())
    seen: set[str] = set()

    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        await settled(pilot)
        await pilot.press("home")  # it begins at the focused pane
        await settled(pilot)
        for _ in range(24):
            seen.update(" ".join(line.replace("│", " ").split()) for line in lines(pilot))
            await pilot.press("pagedown")
            await settled(pilot)

    play(scenario, folder, size=(100, 20))
    page = "\n".join(seen)
    for key in KEYS:
        if key.place not in keymap.PASSING:
            assert f"{' '.join(key.names)} {key.help}" in page


def test_words_elsewhere_tell_the_keys_as_they_are_remapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keymap, "KEYS", KEYS)  # put back at the end
    folder = recorded.finished(paths.runs_dir(), recorded.table())
    keys = keymap.remapped({"an explanation: dismiss": ["x"], "the events: search": ["ctrl+s"]}, "settings.toml")
    keymap.use(keys)

    async def scenario(pilot: Pilot[None]) -> None:
        pilot.app.set_keymap(keys)
        await shows(pilot, "ctrl+s searches")
        await pilot.press("e")
        await shows(pilot, "x closes")

    play(scenario, folder)


def test_pages_jump() -> None:
    """What glides sends every step of the way, and a link may be slow."""
    folder = recorded.finished(paths.runs_dir(), recorded.table())

    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark", "home")
        page = pilot.app.screen.query_one("#help")
        page.scroll_to(y=10, duration=1e6)
        await until(pilot, lambda: page.scroll_y == 10)

    play(scenario, folder, size=(100, 20))
