"""A ghost beside a run on the screen, with real trainers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from nntui import launch, paths
from nntui.config import RunConfig
from nntui.store import catalog, commands
from nntui.store.schema import RunError
from nntui.tui.panes.curves import LossPane
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.ghosting import GhostingScreen
from nntui.tui.screens.value import ValueEntry
from tests.trainer.conftest import wait_for
from tests.tui.screen import lines, play, settled, shows, text, until


@pytest.fixture
def live(nntui_home: Path) -> Iterator[Path]:
    """A run that trains until the test ends."""
    settings = RunConfig().with_settings(["source=moons", "layers=4,3", "lr=0.125", "epochs=1000000000"])
    folder, trainer = launch.start_run(settings, preset="moons", name="mine")
    wait_for(lambda: catalog.open_run(folder).step > 0)
    yield folder
    trainer.kill()
    trainer.wait()


def others(run: Path) -> list[Path]:
    """The runs there are besides."""
    return [folder for folder, _ in catalog.list_runs(paths.runs_dir()) if folder != run]


def screen_of(pilot: Pilot[None]) -> GhostingScreen:
    screen = next(screen for screen in pilot.app.screen_stack if isinstance(screen, GhostingScreen))
    assert isinstance(screen, DashboardScreen)
    return screen


async def haunt(pilot: Pilot[None], *value: str) -> None:
    """Starts a ghost of the chosen knob with a value, and waits until it is drawn."""
    await until(pilot, lambda: screen_of(pilot).live)
    await pilot.press("g")
    await until(pilot, lambda: isinstance(pilot.app.screen, ValueEntry))
    await pilot.press(*value, "enter")


def drawn(pilot: Pilot[None]) -> list[str]:
    return [label for _, label, _ in screen_of(pilot).query_one(LossPane).legend()]


def test_a_ghost_is_drawn_beside_the_run_and_dropped(live: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await haunt(pilot, *"0.5")
        await shows(pilot, "ghost lr 0.5: ⏎ adopts, esc drops")
        await until(pilot, lambda: drawn(pilot) == ["ghost lr 0.5", "validation", "training"])
        (ghost,) = others(live)
        chart, begun = screen_of(pilot).query_one(LossPane), catalog.open_run(ghost)
        assert begun.archived
        since = chart._plotted.curves[0]
        assert since.first[0] > 1
        await until(pilot, lambda: chart._plotted.curves[0].last[-1] > since.last[-1])  # it goes on
        assert {symbol for symbol, _, _ in chart.legend()} >= {chart.legend()[0][0]}
        assert len({symbol for symbol, _, _ in chart.legend()}) == 3  # told apart without colours
        assert "adopt" in lines(pilot)[-1]
        assert "type" not in lines(pilot)[-1]
        await pilot.press("g")
        await shows(pilot, "One ghost at once")
        await pilot.press("escape")
        await until(pilot, lambda: not ghost.exists())
        await until(pilot, lambda: drawn(pilot) == ["validation", "training"])
        assert [command.kind for command in commands.listed(live)] == ["checkpoint"]
        assert screen_of(pilot) is pilot.app.screen

    play(scenario, live)


def test_enter_has_the_run_become_its_ghost(live: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await haunt(pilot, *"0.5")
        await shows(pilot, "ghost lr 0.5")
        (ghost,) = others(live)
        await until(pilot, lambda: "ghost lr 0.5" in drawn(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: catalog.open_run(live).config["training"]["lr"] == 0.5)
        await until(pilot, lambda: not ghost.exists())
        assert [command.kind for command in commands.listed(live)] == ["checkpoint", "rewind", "set", "resume"]
        await until(pilot, lambda: drawn(pilot) == ["validation", "training"])
        await until(pilot, lambda: catalog.open_run(live).state == "running")
        assert others(live) == []

    play(scenario, live)


def test_a_ghost_that_could_not_be_adopted_stays(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when somebody else writes into the run for long: it must not train on where nobody sees it."""

    def fails(folder: Path, asked: object) -> list[int]:
        raise RunError("somebody else writes")

    async def scenario(pilot: Pilot[None]) -> None:
        await haunt(pilot, *"0.5")
        await shows(pilot, "ghost lr 0.5")
        (ghost,) = others(live)
        with monkeypatch.context() as patch:
            patch.setattr(commands, "append_all", fails)
            await pilot.press("enter")
            await shows(pilot, "somebody else writes")
        await shows(pilot, "ghost lr 0.5: ⏎ adopts")
        assert catalog.open_run(ghost).live
        await pilot.press("enter")
        await until(pilot, lambda: not ghost.exists())
        assert [command.kind for command in commands.listed(live)] == ["checkpoint", "rewind", "set", "resume"]

    play(scenario, live)


def test_whoever_leaves_takes_the_ghost_along(live: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await haunt(pilot, *"0.5")
        await shows(pilot, "ghost lr 0.5")

    play(scenario, live)
    assert others(live) == []
    assert catalog.open_run(live).state == "running"


def test_what_the_trainer_refuses_is_no_ghost(live: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: catalog.open_run(live).step > 100)
        await haunt(pilot, *"0.125")
        await shows(pilot, "lr is 0.125 already")
        pane = screen_of(pilot)
        for _ in range(40):
            await pilot.press("down")
            if "steps" in next((line for line in lines(pilot) if "▸ " in line), ""):
                break
        await haunt(pilot, *"20")
        await shows(pilot, "no ghost: training.steps = 20")
        await until(pilot, lambda: others(live) == [])
        assert pane._ghost is None

    play(scenario, live)


def test_what_the_run_once_refused_does_not_count_against_a_ghost(live: Path) -> None:
    number = commands.append(live, "set", "training.steps", "1")
    answer = commands.wait(live, number, alive=lambda: True)

    async def scenario(pilot: Pilot[None]) -> None:
        await haunt(pilot, *"0.5")
        await shows(pilot, "ghost lr 0.5")
        await until(pilot, lambda: catalog.open_run(others(live)[0]).state == "running")
        await settled(pilot)
        assert screen_of(pilot)._ghost is not None

    assert answer is not None
    assert answer.status == "refused"
    play(scenario, live)


def test_one_that_somebody_removes_is_gone(live: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await haunt(pilot, *"0.5")
        await shows(pilot, "ghost lr 0.5")
        from nntui import ending

        ending.remove(others(live)[0])
        await shows(pilot, "no ghost: ")
        await until(pilot, lambda: drawn(pilot) == ["validation", "training"])
        assert screen_of(pilot)._ghost is None

    play(scenario, live)


def test_one_that_has_crashed_can_only_be_dropped(live: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await haunt(pilot, *"0.5")
        await shows(pilot, "ghost lr 0.5: ⏎ adopts", "ghost lr 0.5 ")
        await until(pilot, lambda: "ghost lr 0.5" in drawn(pilot))
        ghost = screen_of(pilot)._ghost
        assert ghost is not None
        ghost.trainer.kill()
        await shows(pilot, "ghost lr 0.5 has crashed: esc drops it")
        assert "⏎ adopts" not in text(pilot)
        assert "adopt" not in lines(pilot)[-1]
        await pilot.press("enter")
        await shows(pilot, "The ghost has crashed: esc drops it.")
        assert [command.kind for command in commands.listed(live)] == ["checkpoint"]
        await pilot.press("escape")
        await until(pilot, lambda: others(live) == [])

    play(scenario, live)


def test_after_the_run_went_back_a_ghost_can_only_be_dropped(live: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: catalog.open_run(live).step > 100)
        await haunt(pilot, *"0.5")
        await shows(pilot, "ghost lr 0.5")
        commands.append(live, "rewind", value="50")
        await shows(pilot, "back from step")
        await pilot.press("enter")
        await shows(pilot, "it cannot be adopted any more")
        assert others(live)
        await pilot.press("escape")
        await until(pilot, lambda: others(live) == [])

    play(scenario, live)


def test_a_viewer_that_only_looks_starts_none(live: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: screen_of(pilot).live)
        screen_of(pilot).read_only = True
        await pilot.press("g")
        await shows(pilot, "This viewer only looks")
        await settled(pilot)
        assert others(live) == []
        assert "One ghost" not in text(pilot)

    play(scenario, live)
