"""The start screen: presets are started, past runs are opened, and what cannot be used says so."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from nntui import comparison, launch, paths, presets
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.store import catalog, room
from nntui.store.folder import label
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.reading import read_loss
from nntui.tui.screens import runbox as subject
from nntui.tui.screens.compare import CompareScreen
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.edit import EditScreen
from nntui.tui.screens.help import HelpScreen
from nntui.tui.screens.look import LookScreen
from nntui.tui.screens.question import Question
from nntui.tui.screens.start import StartScreen
from tests.tui import recorded
from tests.tui.recorded import Recording
from tests.tui.screen import lines, play, settled, shows, text, until

BROKEN = "[training]\nlr = -1\n"


@pytest.fixture
def runs() -> Path:
    return paths.runs_dir()


def own_preset(name: str, content: str) -> None:
    folder = paths.user_presets_dir()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(content)


def rows(pilot: Pilot[None], list_id: str = "#presets") -> RowList:
    return pilot.app.screen.query_one(list_id, RowList)


def chosen(pilot: Pilot[None], list_id: str = "#presets") -> str:
    return rows(pilot, list_id).chosen


async def choose(pilot: Pilot[None], name: str, list_id: str = "#presets") -> None:
    await until(pilot, lambda: name in rows(pilot, list_id).ids)  # it is read while the screen opens
    rows(pilot, list_id).focus()
    rows(pilot, list_id).choose(name)
    await settled(pilot)


def test_every_bundled_preset_is_offered_and_described() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        for name, preset in presets.available().items():
            await choose(pilot, name)
            config = preset.load()
            await shows(pilot, name, f"{config.training.optimizer}, lr ", config.description.split()[0])

    play(scenario, None)


TOLD = [
    ('[data]\nsource = "moons"\n[model]\nlayers = [8, 4]', ["inputs → 8 → 4 → 1, tanh", "target moon, binary"]),
    ('[data]\nsource = "iris"', ["inputs → classes, no hidden layer", "target species, multi-class"]),
    ('[data]\nsource = "diabetes"\n[model]\nlayers = [8]', ["inputs → 8 → 1, tanh", "progression, regression"]),
    ('[data]\nsource = "./r.csv"\ntarget = "a,b"\ntask = "regression"', ["inputs → 2", "target a,b, regression"]),
    ('[data]\nsource = "./r.csv"', ["inputs → outputs", "r.csv"]),
    ('[model]\nlayers = [8, 4]\nactivation = ["relu", "elu"]', ["inputs → 8 → 4 → 1, [relu, elu]"]),
]


def test_a_preset_tells_units_activations_data_and_task() -> None:
    for number, (content, _) in enumerate(TOLD):
        own_preset(f"own{number}", content)

    async def scenario(pilot: Pilot[None]) -> None:
        for number, (content, words) in enumerate(TOLD):
            await choose(pilot, f"own{number}")
            told = str(pilot.app.screen.query_one("#description", Static).content)
            assert all(word in told for word in words), content

    play(scenario, None)


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=str)
def test_many_presets_are_browsed_in_a_small_terminal(size: tuple[int, int]) -> None:
    for number in range(10, 28):
        own_preset(f"zz-{number}", "")

    async def scenario(pilot: Pilot[None]) -> None:
        count = len(presets.available())
        for place in range(1, count + 1):
            await shows(pilot, f"{place} of {count}", chosen(pilot))
            await pilot.press("down")
        assert count >= 18

    play(scenario, None, size)


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_preset_is_started_by_enter() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await choose(pilot, "xor")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))
        await shows(pilot, "running", "XOR")

    play(scenario, None)
    ((_, run),) = catalog.list_runs(paths.runs_dir())
    assert (run.name, run.preset) == ("xor", "xor")


def test_enter_twice_starts_one_run(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    started: list[str] = []

    def start_run(config: RunConfig, *, preset: str) -> tuple[Path, None]:
        started.append(preset)
        return recorded.finished(runs, recorded.table()), None

    monkeypatch.setattr(launch, "start_run", start_run)

    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("enter", "enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))
        await settled(pilot)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, StartScreen)

    play(scenario, None)
    assert len(started) == 1


def test_a_run_that_cannot_be_made_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [UserError("the disk is [red]full[/red]"), OSError(13, "Permission denied")]
    left = iter(errors)

    def refuse(*_: object, **__: object) -> None:
        raise next(left)

    monkeypatch.setattr(launch, "start_run", refuse)

    async def scenario(pilot: Pilot[None]) -> None:
        for error in errors:  # one may try again
            await pilot.press("enter")
            await shows(pilot, str(error))
            assert isinstance(pilot.app.screen, StartScreen)

    play(scenario, None)


def test_a_past_run_is_opened_and_left_by_escape(runs: Path) -> None:
    recorded.finished(runs, recorded.table(), name="kept")

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "kept", "finished", "2,000", "3 d", "1 of 1")
        await choose(pilot, "recorded", "#runs")
        await pilot.press("enter")
        await shows(pilot, "1 Loss", "kept")
        await pilot.press("escape")
        await shows(pilot, "Presets")
        assert chosen(pilot, "#runs") == "recorded"

    play(scenario, None)


def test_the_newest_run_comes_first_and_the_choice_stays_with_its_run(runs: Path) -> None:
    recorded.finished(runs, recorded.table(), run_id="older")
    recorded.execute(runs / "older", "UPDATE run SET created = created - 100000")
    recorded.finished(runs, recorded.table(), run_id="newer")

    async def scenario(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, StartScreen)
        assert rows(pilot, "#runs").ids == ("newer", "older")
        await choose(pilot, "older", "#runs")
        recorded.finished(runs, recorded.table(), run_id="newest")
        recorded.execute(runs / "newest", "UPDATE run SET created = created + 1000")
        await screen.query_one(subject.RunBox).read()
        assert rows(pilot, "#runs").ids == ("newest", "newer", "older")
        assert chosen(pilot, "#runs") == "older"

    play(scenario, None)


def test_runs_are_looked_at_again(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "REFRESH_SECONDS", 0.05)

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "None yet")
        live = Recording(runs, recorded.table(), name="appearing")
        live.train(100)
        await shows(pilot, "appearing", "running")
        live.train(1900, state="finished")
        await shows(pilot, "finished")

    play(scenario, None)


def test_a_preset_that_is_gone_is_no_longer_listed() -> None:
    own_preset("passing", BROKEN)

    async def scenario(pilot: Pilot[None]) -> None:
        await choose(pilot, "passing")
        await pilot.press("question_mark")
        await until(pilot, lambda: not isinstance(pilot.app.screen, StartScreen))
        (paths.user_presets_dir() / "passing.toml").unlink()
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, StartScreen))
        await until(pilot, lambda: "passing" not in rows(pilot).ids)

    play(scenario, None)


def test_a_preset_with_an_error_is_listed_with_it() -> None:
    own_preset("broken", BROKEN)

    async def scenario(pilot: Pilot[None]) -> None:
        await choose(pilot, "broken")
        await shows(pilot, "* broken", "cannot be used")
        told = str(pilot.app.screen.query_one("#description", Static).content)
        assert "training.lr = -1: must be a number from 1e-09 to 1000" in told
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, StartScreen)

    play(scenario, None)
    assert not paths.runs_dir().exists()


def test_a_damaged_run_does_not_hide_the_others(runs: Path) -> None:
    recorded.finished(runs, recorded.table(), run_id="good")
    recorded.finished(runs, recorded.table(), run_id="bad")
    (runs / "bad" / "run.db").write_bytes(b"\0" * 5000)
    (runs / "stray").mkdir()

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "xor", "unreadable", "1 of 2")

    play(scenario, None)


@pytest.mark.parametrize(("column", "value"), [("note", b"a"), ("latest", '{"loss": [1.0]}'), ("elapsed", math.inf)])
def test_a_damaged_value_does_not_hide_the_others_nor_end_the_filter(runs: Path, column: str, value: object) -> None:
    recorded.finished(runs, recorded.table(), run_id="good")
    bad = recorded.finished(runs, recorded.table(), run_id="bad")
    recorded.execute(bad, f"UPDATE run SET {column} = ?", value)

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "unreadable", "1 of 2")
        rows(pilot, "#runs").focus()
        await pilot.press("slash")
        await write(pilot, "note=a")
        await shows(pilot, "No run is like that")
        await write(pilot, "time>1s steps>1")
        await until(pilot, lambda: rows(pilot, "#runs").ids == ("good",))

    play(scenario, None)


def test_a_row_says_what_there_is_room_for(runs: Path) -> None:
    recorded.finished(runs, recorded.table())

    async def scenario(pilot: Pilot[None]) -> None:
        for size in ((40, 12), (80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            await shows(pilot, "xor", "finished", "Presets", "Runs")
            row = next(line for line in lines(pilot) if "finished" in line)
            assert "…" not in row.partition("finished")[2], size

    play(scenario, None)


def test_the_keys_at_the_bottom_can_be_clicked(runs: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.click(offset=(lines(pilot)[-1].index("help"), 39))
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))

    play(scenario, None)


def test_resizing_loses_nothing(runs: Path) -> None:
    recorded.finished(runs, recorded.table())

    async def scenario(pilot: Pilot[None]) -> None:
        await choose(pilot, "xor")
        before = [line[48:] for line in lines(pilot)]  # the list on the left may have moved
        for size in ((40, 12), (80, 24), (20, 5), (1, 1), (200, 3), (3, 60), (120, 40)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
        assert chosen(pilot) == "xor"
        await until(pilot, lambda: [line[48:] for line in lines(pilot)] == before)

    play(scenario, None)


async def write(pilot: Pilot[None], words: str) -> None:
    """Types into the entry that has the focus."""
    entry = pilot.app.focused
    assert isinstance(entry, Input)
    entry.value = words
    await settled(pilot)


def three(runs: Path) -> None:
    """Runs named one, two and three, of which two diverged, the first the newest."""
    for age, name in enumerate(("one", "two", "three")):
        recording = Recording(runs, recorded.images(), run_id=name, name=f"run {name}", preset=f"preset-{name}")
        recording.train(100 * (age + 1))
        recording.end("diverged" if name == "two" else "finished")
        recorded.execute(runs / name, "UPDATE run SET created = created - ?", 86_400 * age)


def test_presets_are_filtered_as_one_types() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("slash")
        await write(pilot, "xor units")
        await shows(pilot, "hidden by the filter")
        assert set(rows(pilot).ids) == {"xor", "xor-by-hand", "xor-two-units"}
        await write(pilot, "xor units nonsense")
        await shows(pilot, "None has these words.")
        await pilot.press("escape")
        await settled(pilot)
        assert len(rows(pilot).ids) == len(presets.available())
        assert rows(pilot).has_focus

    play(scenario, None)


def test_runs_are_filtered_by_words_and_terms(runs: Path) -> None:
    three(runs)

    async def scenario(pilot: Pilot[None]) -> None:
        rows(pilot, "#runs").focus()
        await pilot.press("slash")
        for words, found in (
            ("three", ("three",)),
            ("state=diverged", ("two",)),
            ("steps>=200 age>3d", ("two", "three")),
            ("preset=preset loss<1", ("one", "two", "three")),
            ("loss<0", ()),
        ):
            await write(pilot, words)
            assert rows(pilot, "#runs").ids == found
        await shows(pilot, "No run is like that.", "3 hidden by the filter")
        await write(pilot, "state=two")
        await shows(pilot, "states: starting")
        assert rows(pilot, "#runs").ids == ()
        await write(pilot, "run two")
        await pilot.press("enter")
        assert "states: starting" not in text(pilot)
        assert rows(pilot, "#runs").has_focus
        await pilot.press("escape")
        await settled(pilot)
        assert len(rows(pilot, "#runs").ids) == 3

    play(scenario, None)


def test_a_sparkline_shows_how_the_loss_went(runs: Path) -> None:
    recorded.finished(runs, recorded.table())

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "loss curve", "█▆▅▄")

    play(scenario, None)

    async def plainly(pilot: Pilot[None]) -> None:
        await shows(pilot, "#+=~")

    play(plainly, None, marker="ascii")


def test_only_the_curves_in_sight_are_read(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        recorded.finished(runs, recorded.table(), run_id=f"run{number:02}")
    read: list[str] = []
    reading = read_loss

    def note(folder: Path, buckets: int) -> object:
        read.append(folder.name)
        return reading(folder, buckets)

    monkeypatch.setattr(subject, "read_loss", note)

    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: len(read) >= 4)
        await settled(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, StartScreen)
        for _ in range(3):
            await screen.query_one(subject.RunBox).read()
            await settled(pilot)
        assert sorted(read) == sorted(set(rows(pilot, "#runs").in_sight))

    play(scenario, None, (100, 20))


def test_a_damaged_run_is_listed_with_the_reason_and_not_opened(runs: Path) -> None:
    folder = recorded.finished(runs, recorded.table(), run_id="broken")
    (folder / "run.db").write_bytes(b"")

    async def scenario(pilot: Pilot[None]) -> None:
        await choose(pilot, folder.name, "#runs")
        await shows(pilot, "unreadable", "not a run of nntui")
        await pilot.press("enter")
        await until(pilot, lambda: any("not a run" in note.message for note in pilot.app._notifications))
        assert isinstance(pilot.app.screen, StartScreen)

    play(scenario, None)


def test_marked_runs_are_compared(runs: Path) -> None:
    three(runs)

    async def scenario(pilot: Pilot[None]) -> None:
        rows(pilot, "#runs").focus()
        await pilot.press("c")
        await shows(pilot, "Mark 2 to 32 runs")
        await pilot.press("space", "space")
        await shows(pilot, "2 marked", "◆ run one")
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen))
        await shows(pilot, "Compare: loss", "1 run one", "2 run two", "diverged")
        await pilot.press("escape", "escape")
        await settled(pilot)
        assert "marked" not in text(pilot)

    play(scenario, None)


def test_no_more_are_marked_than_can_be_told_apart(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "MOST", 3)
    for number in range(4):
        recorded.finished(runs, recorded.table(), run_id=f"run{number}")

    async def scenario(pilot: Pilot[None]) -> None:
        rows(pilot, "#runs").focus()
        await until(pilot, lambda: rows(pilot, "#runs").chosen)
        await pilot.press(*["space"] * 3)
        await shows(pilot, "3 marked")
        await pilot.press("space")
        await shows(pilot, "3 runs are marked")

    play(scenario, None)


def test_a_run_is_deleted_after_a_question(runs: Path) -> None:
    three(runs)

    async def scenario(pilot: Pilot[None]) -> None:
        await choose(pilot, "two", "#runs")
        await pilot.press("d")
        await shows(pilot, "Delete the run run two (two)?", "200 steps")
        await pilot.press("n")
        await settled(pilot)
        assert (runs / "two").exists()
        await pilot.press("d", "y")
        await shows(pilot, "deleted run two")
        await until(pilot, lambda: rows(pilot, "#runs").ids == ("one", "three"))
        assert chosen(pilot, "#runs") == "three"

    play(scenario, None)
    assert sorted(folder.name for folder in runs.iterdir()) == ["one", "three"]


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_live_run_is_stopped_before_it_is_deleted(runs: Path) -> None:
    settings = RunConfig().with_settings(["test_fraction=0", "epochs=1000000000"])
    folder, trainer = launch.start_run(settings, preset="xor")

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "running")
        await choose(pilot, folder.name, "#runs")
        await pilot.press("d")
        await shows(pilot, "it is stopped first")
        assert isinstance(pilot.app.screen, Question)
        await pilot.press("y")
        await until(pilot, lambda: not folder.exists())
        await shows(pilot, "deleted xor")

    play(scenario, None)
    assert trainer.wait(10) == 0


def test_what_is_chosen_can_be_looked_at_closer(runs: Path) -> None:
    recorded.finished(runs, recorded.table())

    async def scenario(pilot: Pilot[None]) -> None:
        for list_id, name, words in (("#presets", "xor", "Two inputs, three"), ("#runs", "recorded", "trained for")):
            await choose(pilot, name, list_id)
            await pilot.press("v")
            await shows(pilot, "A closer look", words, "● no ◆ yes")
            assert isinstance(pilot.app.screen, LookScreen)
            await pilot.press("escape")
            await settled(pilot)

    play(scenario, None, (80, 24))


def test_what_is_chosen_can_be_edited(runs: Path) -> None:
    recorded.finished(runs, recorded.table())

    async def scenario(pilot: Pilot[None]) -> None:
        await choose(pilot, "recorded", "#runs")
        await pilot.press("e")
        await shows(pilot, "Edit xor", "0.125", "nothing changed")
        assert isinstance(pilot.app.screen, EditScreen)

    play(scenario, None)


def test_what_cannot_be_used_cannot_be_edited() -> None:
    own_preset("broken", BROKEN)

    async def scenario(pilot: Pilot[None]) -> None:
        await choose(pilot, "broken")
        await pilot.press("e")
        await shows(pilot, "so not be edited")

    play(scenario, None)


def test_a_folder_that_can_hold_no_runs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NNTUI_HOME", str(tmp_path / "file"))

    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "is no folder" in rows(pilot, "#runs").empty_text)
        await pilot.press("down")
        assert chosen(pilot) == list(presets.available())[1]

    play(scenario, None)


def test_the_data_of_a_preset_are_read_by_another_process(real_samples: None) -> None:
    own_preset("odd", '[data]\nsource = "./nowhere.csv"\n')

    async def scenario(pilot: Pilot[None]) -> None:
        await choose(pilot, "xor")
        await shows(pilot, "● 0 ◆ 1")
        await choose(pilot, "odd")
        await shows(pilot, "nowhere.csv: there is no")

    play(scenario, None)


def test_what_was_put_away_is_not_listed() -> None:
    for name in ("kept", "away"):
        folder = recorded.finished(paths.runs_dir(), recorded.table(), run_id=name, name=name)
    label(folder, archived=True)

    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: rows(pilot, "#runs").ids)
        assert rows(pilot, "#runs").ids == ("kept",)

    play(scenario, None)


def test_a_run_that_waits_for_room_says_so_in_the_list(runs: Path) -> None:
    recording = Recording(runs, recorded.table())
    recording.train(100)

    async def scenario(pilot: Pilot[None]) -> None:
        await choose(pilot, recording.folder.name, "#runs")
        await shows(pilot, "● running")
        room.tell(recording.folder, lacks=True)
        await shows(pilot, "◌ waits: no room on the disk")
        assert any("◌ waits " in line for line in lines(pilot))

    play(scenario, None)
