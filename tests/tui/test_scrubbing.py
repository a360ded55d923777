"""Looking through a run's past on the screen, with real trainers and real recomputed steps."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from textual.pilot import Pilot

from nntui import launch
from nntui.config import RunConfig
from nntui.store import catalog
from nntui.store.reader import Reader
from nntui.tui.app import NntuiApp
from nntui.tui.panes.curves import CurvePane, LossPane
from nntui.tui.panes.knobs.pane import KnobPane
from nntui.tui.panes.plane.pane import PlanePane
from nntui.tui.panes.predictions.pane import PredictionPane
from nntui.tui.picture import Picture
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.scrubbing import ScrubbingScreen
from tests.tui.screen import lines, play, settled, shows, text, unpaced, until

pytestmark = pytest.mark.usefixtures("real_answers")


def started(*settings: str) -> tuple[Path, subprocess.Popen[bytes]]:
    config = RunConfig().with_settings(["source=moons", "layers=4,3", "epochs=1000000", *settings])
    return launch.start_run(config, preset="moons")


@pytest.fixture
def ended(nntui_home: Path) -> Path:
    """A run that has had 600 steps; at step 400, its rate was turned."""
    folder, trainer = started("steps=400")
    assert trainer.wait(60) == 0
    asked = [("set", "training.steps", "600"), ("set", "training.lr", "0.5"), ("resume", "", "")]
    _, trainer = launch.start_again(folder, asked)
    assert trainer.wait(60) == 0
    return folder


def screen_of(pilot: Pilot[None]) -> ScrubbingScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ScrubbingScreen)
    return screen


def picture_of(pilot: Pilot[None]) -> Picture:
    picture = screen_of(pilot)._picture
    assert picture is not None
    return picture


async def there(pilot: Pilot[None], step: int) -> Picture:
    """Waits until a step is shown; the run as it was then."""

    def shown() -> bool:
        then = picture_of(pilot).then
        return then is not None and then.run.step == step

    await until(pilot, shown)
    await settled(pilot)
    return picture_of(pilot).shown


def test_every_pane_shows_the_step_of_the_cursor(ended: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "finished")
        now = picture_of(pilot)
        await pilot.press("1", "c", "pageup", "pageup", "r")
        step = screen_of(pilot).at
        assert step is not None
        assert 0 < step < 400
        then = await there(pilot, step)
        assert then.run.config["training"]["lr"] != now.run.config["training"]["lr"] == 0.5
        assert then.run.config["training"]["steps"] == 400
        assert then.predictions["P"].tobytes() != now.predictions["P"].tobytes()
        reader = Reader(ended)
        exact = reader.curves(["loss"], step, step, 1)["loss"].final[0]
        reader.close()
        assert then.run.latest["loss"] == pytest.approx(float(exact), rel=1e-6)
        head = lines(pilot)[0]
        assert f"past  moons  at step {step} of 600 · it has finished · esc: now" in head
        assert text(pilot).count(f"· step {step}") == 4  # knobs, layers, predictions, plane
        screen = screen_of(pilot)
        assert {pane.view.cursor for pane in screen.query(CurvePane)} == {step}
        for kind in (PredictionPane, PlanePane, KnobPane):
            assert screen.query_one(kind)._last is then
        assert screen.query_one(LossPane)._last is picture_of(pilot)
        assert picture_of(pilot).run.step == 600
        answer = then.answers["plane"]
        assert (answer.step, answer.error) == (step, "")
        await pilot.press("left")
        await there(pilot, screen.query_one(LossPane).view.cursor or 0)
        await pilot.press("right_parenthesis")
        assert (screen.at or 0) - (screen.query_one(LossPane).view.cursor or 0) == 0
        await there(pilot, screen.at or 0)
        await pilot.press("5", "escape")
        await settled(pilot)
        assert screen.at is None
        assert "past " not in lines(pilot)[0]
        assert "· step" not in text(pilot)
        assert screen.query_one(KnobPane)._last is picture_of(pilot)
        assert picture_of(pilot).then is None
        assert {pane.view.cursor for pane in screen.query(CurvePane)} == {None}

    play(scenario, ended)


def test_a_cursor_that_moves_faster_than_the_panes_follow_comes_to_rest(ended: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "finished")
        await pilot.press("1", "c", "pageup", "r")
        screen = screen_of(pilot)
        await there(pilot, screen.at or 0)
        loss, seen = screen.query_one(LossPane), list[int | None]()
        look = screen.look

        def noted(step: int | None) -> None:
            seen.append(step)
            look(step)

        screen.look = noted  # type: ignore[method-assign]
        for _ in range(3):  # all before the screen is told of the first
            loss.action_move(-1)
        last = loss.view.cursor
        await there(pilot, last or 0)
        assert seen == [last]
        assert {pane.view.cursor for pane in screen.query(CurvePane)} == {last}

    play(scenario, ended)


def test_steps_one_by_one_from_any_pane(ended: Path) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "finished")
        await pilot.press("5", "left_parenthesis")
        last = await there(pilot, 599)
        assert "◂ past" in text(pilot)
        await pilot.press("left_parenthesis")
        before = await there(pilot, 598)
        assert last.predictions["P"].tobytes() != before.predictions["P"].tobytes()
        await pilot.press("right_parenthesis")
        again = await there(pilot, 599)
        assert last.predictions["P"].tobytes() == again.predictions["P"].tobytes()
        await pilot.press("enter")
        await shows(pilot, "at step 599", "Its loss", "Its activations")
        await pilot.press("escape")
        await pilot.press("r")
        assert screen_of(pilot).at is None

    play(scenario, ended)


def test_a_run_shown_at_a_step_for_good_reads_as_one_that_is_looked_back_at(ended: Path) -> None:
    async def session() -> None:
        app = NntuiApp(ended, at=300)
        async with app.run_test(size=(120, 40)) as pilot:
            screen = pilot.app.screen
            assert isinstance(screen, DashboardScreen)
            await until(pilot, lambda: screen.settled)
            assert "◂ past  moons  at step 300 of 600 · it has finished · esc: now" in lines(pilot)[0]
            assert text(pilot).count("· step 300") == 4  # knobs, layers, predictions, plane
            screen._measure()
            await shows(pilot, "trainer ended", "r now", "q leave  ")
            assert not any(untrue in text(pilot) for untrue in ("running", "training goes on", " left", "not on this"))

    with unpaced():
        asyncio.run(session())


def test_a_narrow_key_bar_tells_how_to_enter_and_leave_the_past(nntui_home: Path) -> None:
    folder, trainer = started()

    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: picture_of(pilot).run.step > 100)
        await shows(pilot, "r past", "← → turn", "g ghost")
        assert "( )" not in lines(pilot)[-1]
        screen_of(pilot).look(100)
        await there(pilot, 100)
        await shows(pilot, "r now  ( ) a step", "esc: now")
        bar = lines(pilot)[-1]
        assert bar.startswith(" r now  ( ) a step  q leave")
        assert not any(word in bar for word in ("turn", "ghost", "type", "rate"))
        await pilot.resize_terminal(40, 12)
        await shows(pilot, "r now  ( ) a step", "esc: now")

    play(scenario, folder, (80, 24))
    trainer.kill()
    trainer.wait()


def test_no_knob_turns_in_the_past_and_whoever_only_looks_may_look(nntui_home: Path) -> None:
    folder, trainer = started()

    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: catalog.open_run(folder).step > 200)
        screen = screen_of(pilot)
        before = catalog.open_run(folder).config
        await until(pilot, lambda: screen._picture is not None and screen._picture.run.step > 100)
        screen.look(100)
        await there(pilot, 100)
        assert "training goes on" in lines(pilot)[0]
        await pilot.press("right", "enter", "left_square_bracket", "u")
        await shows(pilot, "These knobs are of the past")
        assert screen is pilot.app.screen
        assert catalog.open_run(folder).config == before
        step = catalog.open_run(folder).step
        await until(pilot, lambda: picture_of(pilot).run.step > step)  # the run goes on, the panes stay
        assert screen.query_one(KnobPane)._last is picture_of(pilot).then
        assert isinstance(screen, DashboardScreen)
        await pilot.press("escape")
        screen.read_only = True
        screen.look(50)
        await there(pilot, 50)
        await pilot.press("escape")
        screen.read_only = False
        await pilot.press("right")
        await until(pilot, lambda: catalog.open_run(folder).config != before)

    try:
        play(scenario, folder)
    finally:
        trainer.kill()
        trainer.wait()


def test_a_run_that_goes_back_is_shown_as_it_is(nntui_home: Path) -> None:
    folder, trainer = started()

    async def scenario(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: catalog.open_run(folder).step > 300)
        screen = screen_of(pilot)
        await until(pilot, lambda: screen._picture is not None and screen._picture.run.step > 200)
        screen.look(200)
        await there(pilot, 200)
        await pilot.press("1", "b", "y")
        await shows(pilot, "The run went back")
        assert screen.at is None
        await until(pilot, lambda: picture_of(pilot).run.step == 200)
        assert picture_of(pilot).then is None

    try:
        play(scenario, folder)
    finally:
        trainer.kill()
        trainer.wait()


def test_a_step_that_cannot_be_made_again_says_why_and_nothing_else_changes(ended: Path) -> None:
    config = ended / "config.toml"
    config.write_text(config.read_text().replace("seed = 0", "seed = 7"))
    for path in (ended / "checkpoints").glob("*.safetensors"):
        path.unlink()

    async def scenario(pilot: Pilot[None]) -> None:
        await shows(pilot, "finished")
        now = picture_of(pilot).predictions["P"]
        screen_of(pilot).look(300)
        await shows(pilot, "step 300 cannot be shown: made again, its loss is")
        assert picture_of(pilot).then is None
        assert picture_of(pilot).shown.predictions["P"] is now
        assert "· step 300" not in text(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert "cannot be shown" not in text(pilot)

    play(scenario, ended)
