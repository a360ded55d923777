"""A step of a run's past for one screen: sought in a process of its own, and asked what panes ask the network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from nntui.tui.inference import Inference, InferenceError
from nntui.tui.picture import Answer, Question, Recalled, Seeking

#: A process that has died is started again after so long.
RETRY_SECONDS = 3.0


class Recalling:
    """Makes again the step that is wanted; one that is wanted no more is given up at once, wherever it was.

    ``told`` is called whenever there is something new.
    """

    def __init__(self, folder: Path, told: Callable[[], object]) -> None:
        self._folder, self._told = folder, told
        self._questions: dict[str, Question] = {}
        self._inference: Inference | None = None
        self._wake = asyncio.Event()
        self._stands_at: int | None = None  # the step that the process can be asked of
        self._asked_again: Question | None = None
        #: The step that is wanted; None: no past.
        self.wanted: int | None = None
        #: As many as the run's trainer has.
        self.threads = 0
        #: The step that is there, and what its network answers. Another dict whenever there is a new one.
        self.reached: Recalled | None = None
        self.answers: dict[str, Answer] = {}
        #: What is under way, or why it is not.
        self.seeking: Seeking | None = None

    def look(self, step: int | None) -> None:
        """From now on this step is wanted; with None the past is over."""
        if step == self.wanted:
            return
        self.wanted = step
        self.seeking = None if step is None or (self.reached and self.reached.step == step) else Seeking(step)
        if step is None:
            self.reached, self.answers = None, {}
        self._wake.set()
        self._told()

    def ask(self, pane: str, question: Question | None) -> None:
        """What a pane asks from now on; None: nothing any more."""
        if question is None:
            self._questions.pop(pane, None)
        else:
            self._questions[pane] = question
        self._wake.set()

    @property
    def settled(self) -> bool:
        """Whether the step that is wanted is there, and every question answered; or why it cannot be is told."""
        if self.seeking is not None:
            return bool(self.seeking.error)
        return self.wanted is None or (self.reached is not None and not self._open(self.answers))

    async def run(self) -> None:
        """Seeks and asks until cancelled."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                try:
                    await self._go_on()
                except InferenceError as error:
                    await self._fail(error)
        finally:
            if self._inference is not None:
                await self._inference.close()

    async def _fail(self, error: InferenceError) -> None:
        """Tells why a step cannot be shown; where the process has died, it is tried again after a while."""
        if (step := self.wanted) is None:
            return
        self.seeking = Seeking(step, error=str(error))
        self._told()
        if not error.told:
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_SECONDS):
                    await self._wake.wait()
            self.seeking = None if self.wanted is None else Seeking(self.wanted)
            self._wake.set()

    async def _go_on(self) -> None:
        """Seeks the step that is wanted, however often that becomes another one, and has its network asked."""
        while (step := self.wanted) is not None and (self.seeking is None or not self.seeking.error):
            is_there = self.reached is not None and self.reached.step == step
            missing = self._open(self.answers if is_there else {})
            if not is_there or (missing and self._stands_at != step):
                await self._seek(step, is_there)
            elif missing:
                pane, question = next(iter(missing.items()))
                answer = await self._ask(step, question)
                if answer.error and question is not self._asked_again:
                    # The process may be another by now, which has not made the step.
                    self._asked_again, self._stands_at = question, None
                elif step == self.wanted:
                    self.answers = {**self.answers, pane: answer}
                    self._told()
            else:
                return

    async def _seek(self, step: int, is_there: bool) -> None:
        """A part of the way; at its end, all that is asked, unless it is known already."""
        self._stands_at = None
        found = await self._process.recall(self._folder, step)
        if step != self.wanted:
            return
        if isinstance(found, float):
            self.seeking = None if is_there else Seeking(step, found)
            self._told()
            return
        self._stands_at = step
        if is_there:
            self.seeking = None
            return
        answers = {pane: await self._ask(step, question) for pane, question in self._open({}).items()}
        if step == self.wanted:
            # All at once: what is shown beside each other is of one step.
            self.reached, self.answers, self.seeking = found, answers, None
            self._told()

    def _open(self, answers: Mapping[str, Answer]) -> dict[str, Question]:
        """The questions that have no answer among these."""
        return {
            pane: question
            for pane, question in self._questions.items()
            if pane not in answers or answers[pane].question is not question
        }

    async def _ask(self, step: int, question: Question) -> Answer:
        return await self._process.forward(self._folder, question, step)

    @property
    def _process(self) -> Inference:
        if self._inference is None:
            self._inference = Inference(self.threads)
        return self._inference
