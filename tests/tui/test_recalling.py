"""A step of the past as a screen gets it: with real processes, sought, given up, and asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import numpy as np
import psutil
import pytest

from nntui import launch
from nntui.config import RunConfig
from nntui.store.folder import CHECKPOINTS
from nntui.tui import recalling as subject
from nntui.tui.picture import Question, Seeking
from nntui.tui.recalling import Recalling

pytestmark = pytest.mark.usefixtures("real_answers")

X = np.array([[0.25, -0.5], [1.0, 0.0]])


@pytest.fixture
def ended(nntui_home: Path) -> Path:
    """A run that has had 20,000 steps, which have to be made again one after the other."""
    settings = RunConfig().with_settings(["source=moons", "layers=8,8", "steps=20000", "epochs=1000000"])
    folder, trainer = launch.start_run(settings, preset="moons")
    assert trainer.wait(120) == 0
    for path in (folder / CHECKPOINTS).glob("*.safetensors"):
        path.unlink()
    return folder


@asynccontextmanager
async def recalling(folder: Path) -> AsyncIterator[tuple[Recalling, list[Seeking | None]]]:
    """With all that was told of what is under way."""
    seen: list[Seeking | None] = []
    one = Recalling(folder, lambda: seen.append(one.seeking))
    task = asyncio.create_task(one.run())
    try:
        yield one, seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert not helpers()


def helpers() -> list[psutil.Process]:
    """The processes in which steps are made again."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "nntui.inference" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


def play(scenario: Callable[[], Awaitable[None]]) -> None:
    async def session() -> None:
        await scenario()

    asyncio.run(session())


def test_steps_passed_by_quickly_are_not_made(ended: Path) -> None:
    async def scenario() -> None:
        async with recalling(ended) as (one, seen):
            one.ask("pane", Question(X, layers=True))
            one.look(19_000)
            await until(lambda: one.seeking and one.seeking.share > 0)
            for step in range(18_000, 100, -50):
                one.look(step)
                await asyncio.sleep(0)
            one.look(40)
            assert one.reached is None
            await until(lambda: one.settled)
            assert one.reached is not None
            assert one.reached.step == 40
            assert one.answers["pane"].step == 40
            assert len(one.answers["pane"].layers) == 3
            sought = {state.step for state in seen if state and state.share > 0}
            assert len(sought) < 4  # some time passes while it is asked the first time
            one.look(None)
            assert one.reached is None
            assert one.answers == {}
            assert one.settled

    play(scenario)


def test_the_step_before_stays_until_the_next_is_there(ended: Path) -> None:
    async def scenario() -> None:
        async with recalling(ended) as (one, seen):
            one.look(40)
            await until(lambda: one.reached)
            first = one.reached
            one.look(19_000)
            await until(lambda: one.seeking and one.seeking.share > 0)
            assert one.reached is first
            shares = [state.share for state in seen if state and state.step == 19_000]
            assert shares == sorted(shares)
            one.look(40)
            assert one.reached is first
            assert one.seeking is None
            question = Question(X)
            one.ask("pane", question)
            await until(lambda: "pane" in one.answers)
            answer = one.answers["pane"]
            assert answer.question is question
            assert (answer.step, answer.error) == (40, "")

    play(scenario)


def test_a_process_that_was_killed_is_told_of_and_started_again(ended: Path) -> None:
    async def scenario() -> None:
        async with recalling(ended) as (one, seen):
            one.look(19_000)
            await until(lambda: one.seeking and one.seeking.share > 0)
            helpers()[0].kill()
            await until(lambda: one.seeking and one.seeking.error)
            assert "has ended" in (seen[-1] or Seeking(0)).error
            assert one.settled
            await until(lambda: one.reached)
            assert one.reached is not None
            assert one.reached.step == 19_000

    with patch.object(subject, "RETRY_SECONDS", 0.1), patch("nntui.tui.inference.RESTART_SECONDS", 0.0):
        play(scenario)


def test_why_a_step_cannot_be_shown_is_told_once(ended: Path) -> None:
    async def scenario() -> None:
        async with recalling(ended) as (one, seen):
            one.look(20_001)
            await until(lambda: one.settled)
            assert one.seeking == Seeking(20_001, error="step 20,001: the run has made 20,000")
            one.look(3)
            await until(lambda: one.reached)
            assert [state.error for state in seen if state and state.error] == ["step 20,001: the run has made 20,000"]

    play(scenario)


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_a_process_that_was_killed_where_it_stood_answers_again(ended: Path, seconds: float) -> None:
    """Whether it can be started again at once, or only in a moment."""

    async def scenario() -> None:
        async with recalling(ended) as (one, _):
            one.look(40)
            await until(lambda: one.reached)
            helpers()[0].kill()
            await until(lambda: not helpers())
            one.ask("pane", Question(X))
            await until(lambda: "pane" in one.answers)
            assert (one.answers["pane"].step, one.answers["pane"].error) == (40, "")
            assert one.seeking is None
            assert one.settled

    with patch.object(subject, "RETRY_SECONDS", 0.1), patch("nntui.tui.inference.RESTART_SECONDS", seconds):
        play(scenario)
