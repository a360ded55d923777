"""Standing questions to the network of a run: answered at once, and again whenever the network has changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from nntui.tui.inference import Inference
from nntui.tui.picture import Answer, Question

#: A changed network is asked again at most this often, and for at most about this share of the time.
AGAIN_SECONDS, AGAIN_SHARE = 0.5, 0.1
#: What could not be answered is asked again after so long.
RETRY_SECONDS = 3.0
#: While the terminal has not taken what it was sent, nobody is asked; it is looked at this often.
SOON_SECONDS = 0.02


class Answering:
    """Holds what panes ask and what they were answered; tells whenever there is a new answer."""

    def __init__(self, folder: Path, congested: Callable[[], bool], told: Callable[[], object]) -> None:
        self._folder = folder
        self._congested = congested
        self._told = told
        self._inference = Inference()
        self._wake = asyncio.Event()
        self._questions: dict[str, Question] = {}
        self._network: object = None
        self._again_at = 0.0
        #: For each answer the network that there was when the question was asked, and when it was given.
        self._given: dict[str, tuple[object, float]] = {}
        #: The newest answers by pane. Another dict whenever there is a new one.
        self.answers: dict[str, Answer] = {}

    @property
    def idle(self) -> bool:
        """Whether nobody asks anything."""
        return not self._questions

    def ask(self, pane: str, question: Question | None) -> None:
        """What a pane asks from now on; None: nothing any more."""
        if question is None:
            self._questions.pop(pane, None)
            self.answers = {name: answer for name, answer in self.answers.items() if name != pane}
        elif self._questions.get(pane) is not question:
            self._questions[pane] = question
        self._wake.set()

    def note(self, network: object) -> None:
        """What tells the network, as the run folder has it now, from those before."""
        if network != self._network:
            self._network = network
            self._wake.set()

    async def run(self) -> None:
        """Answers until cancelled."""
        try:
            while True:
                self._wake.clear()
                if not self._congested():
                    await self._answer_some()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pause):
                        await self._wake.wait()
        finally:
            await self._inference.close()

    @property
    def _pause(self) -> float | None:
        """For how long nothing is due, unless something happens."""
        if not self._questions:
            return None
        return SOON_SECONDS if self._congested() else max(SOON_SECONDS, self._again_at - time.monotonic())

    async def _answer_some(self) -> None:
        """Answers new questions or, if there are none, those whose answer is old, unless that was done just now."""
        new = [pane for pane, question in self._questions.items() if self._answered(pane) is not question]
        begun = time.monotonic()
        for pane in new:
            await self._answer(pane)
        if new or begun < self._again_at:
            return
        for pane in [pane for pane in self._questions if self._is_old(pane, begun)]:
            await self._answer(pane)
        now = time.monotonic()
        self._again_at = now + max(AGAIN_SECONDS, (now - begun) / AGAIN_SHARE)

    def _answered(self, pane: str) -> Question | None:
        return self.answers[pane].question if pane in self.answers else None

    def _is_old(self, pane: str, now: float) -> bool:
        network, given_at = self._given[pane]
        return network != self._network or (bool(self.answers[pane].error) and now - given_at >= RETRY_SECONDS)

    async def _answer(self, pane: str) -> None:
        question, network = self._questions.get(pane), self._network
        if question is None:
            return
        answer = await self._inference.forward(self._folder, question)
        if self._questions.get(pane) is question:
            self._given[pane] = network, time.monotonic()
            self.answers = {**self.answers, pane: answer}
            self._told()
