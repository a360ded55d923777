"""Standing questions: answered at once, again when the network has changed, never too often, and until taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from nntui.errors import UserError
from nntui.tui import answering as subject
from nntui.tui.answering import Answering
from nntui.tui.picture import Answer, Question

PATIENCE = 30.0
FOLDER = Path("run")


class Network:
    """Stands for the process that answers: every answer is of a later step."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.error, self.closed = "", False

    async def forward(self, folder: Path, question: Question) -> Answer:
        assert folder == FOLDER
        self.asked.append(question)
        await asyncio.sleep(0)
        return Answer(question, len(self.asked), error=self.error)

    async def close(self) -> None:
        self.closed = True


class Bench:
    def __init__(self) -> None:
        self.network, self.told, self.congested = Network(), 0, False
        self.answering = Answering(FOLDER, lambda: self.congested, self._tell)
        self.answering._inference = self.network  # type: ignore[assignment]

    def _tell(self) -> None:
        self.told += 1


def play(scenario: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        bench = Bench()
        task = asyncio.create_task(bench.answering.run())
        try:
            await asyncio.wait_for(scenario(bench), PATIENCE)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert bench.network.closed

    asyncio.run(run())


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.002)


def question() -> Question:
    return Question(np.zeros((1, 2)))


def test_a_question_is_answered_once_and_a_new_one_in_its_place() -> None:
    async def scenario(bench: Bench) -> None:
        first, second = question(), question()
        bench.answering.ask("plane", first)
        await until(lambda: bench.told == 1)
        assert bench.answering.answers["plane"].question is first
        bench.answering.ask("plane", first)
        bench.answering.ask("plane", second)
        await until(lambda: bench.answering.answers["plane"].question is second)
        assert bench.network.asked == [first, second]

    play(scenario)


def test_it_is_answered_again_when_the_network_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "AGAIN_SECONDS", 0.02)

    async def scenario(bench: Bench) -> None:
        bench.answering.note(1)
        bench.answering.ask("plane", question())
        await until(lambda: bench.told == 1)
        bench.answering.note(2)
        await until(lambda: bench.told == 2)
        bench.answering.note(3)
        await until(lambda: bench.told == 3)
        bench.answering.note(3)
        bench.answering.ask("other", question())
        await until(lambda: "other" in bench.answering.answers)
        assert bench.told == 4, "the first was not asked again of the same network"

    play(scenario)


def test_many_changes_are_asked_about_no_more_often_than_agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "AGAIN_SECONDS", 1000.0)

    async def scenario(bench: Bench) -> None:
        bench.answering.ask("plane", question())
        await until(lambda: bench.told == 1)
        for network in range(50):
            bench.answering.note(network)
            await asyncio.sleep(0)
        bench.answering.ask("other", question())
        await until(lambda: "other" in bench.answering.answers)
        assert bench.network.asked.count(bench.network.asked[0]) <= 2

    play(scenario)


def test_what_is_taken_back_is_not_answered_any_more() -> None:
    async def scenario(bench: Bench) -> None:
        bench.answering.ask("plane", question())
        await until(lambda: bench.told == 1)
        bench.answering.ask("plane", None)
        assert bench.answering.answers == {}
        assert bench.answering.idle

    play(scenario)


def test_nothing_is_asked_while_the_terminal_is_congested() -> None:
    async def scenario(bench: Bench) -> None:
        bench.congested = True
        bench.answering.ask("plane", question())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not bench.network.asked
        bench.congested = False
        await until(lambda: bench.told == 1)

    play(scenario)


def test_an_error_is_told_and_the_question_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(subject, "RETRY_SECONDS", 0.02)

    async def scenario(bench: Bench) -> None:
        bench.network.error = str(UserError("no checkpoint yet"))
        bench.answering.ask("plane", question())
        await until(lambda: bench.told == 1)
        assert bench.answering.answers["plane"].error == "no checkpoint yet"
        bench.network.error = ""
        await until(lambda: not bench.answering.answers["plane"].error)

    play(scenario)
