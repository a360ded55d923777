"""Rows of the data that a configuration names, read by another process, and a picture of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.message import Message
from textual.timer import Timer

from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.knobs import DataConfig
from nntui.tui.inference import Inference, Sample
from nntui.tui.panes.datapicture import DataPicture

if TYPE_CHECKING:
    from collections.abc import Hashable

#: Data are read when a configuration has been looked at for so long.
SETTLE_SECONDS = 0.2
#: So many samples are remembered.
_MOST = 64


class Samples:
    """Asks for samples, one at a time, and remembers them; the process starts with the first question.

    A question goes on when nobody waits for its answer any more: soon somebody may look at the same data again.
    """

    def __init__(self) -> None:
        self._client: Inference | None = None
        self._known: dict[Hashable, Sample | str] = {}
        self._asked: dict[Hashable, asyncio.Task[Sample | str]] = {}
        self._turn = asyncio.Lock()

    def known(self, config: RunConfig) -> Sample | str | None:
        """The rows, or why there are none, if they have been asked for before."""
        return self._known.get(_key(config))

    async def of(self, config: RunConfig) -> Sample | str:
        """The rows of a configuration's data, or why they cannot be had."""
        key = _key(config)
        if key in self._known:
            return self._known[key]
        if key not in self._asked:
            self._asked[key] = asyncio.create_task(self._ask(config))
        return await asyncio.shield(self._asked[key])

    def forget(self) -> None:
        """What was wrong may be well now: files change."""
        self._known = {key: found for key, found in self._known.items() if not isinstance(found, str)}

    async def _ask(self, config: RunConfig) -> Sample | str:
        key = _key(config)
        try:
            async with self._turn:
                found = await self._answer(config)
        finally:
            del self._asked[key]
        while len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[key] = found
        return found

    async def _answer(self, config: RunConfig) -> Sample | str:
        if self._client is None:
            self._client = Inference()
        try:
            return await self._client.sample(config)
        except UserError as error:
            return str(error)

    def close(self) -> None:
        """Ends the process; a later question starts another."""
        for task in tuple(self._asked.values()):
            task.cancel()
        if self._client is not None:
            self._client.close()
            self._client = None


def _key(config: RunConfig) -> tuple[DataConfig, int]:
    return config.data, config.training.seed


class SampledPicture(DataPicture):
    """A picture of the data of a configuration, as soon as it has been looked at for a moment."""

    class Read(Message):
        """The data of the configuration shown have been read; ``wrong`` is why they cannot be."""

        def __init__(self, config: RunConfig, wrong: str) -> None:
            super().__init__()
            self.config = config
            self.wrong = wrong

    def __init__(self, samples: Samples, marker: str) -> None:
        super().__init__(marker)
        self._samples = samples
        self._config: RunConfig | None = None
        self._later: Timer | None = None

    def of(self, config: RunConfig | None, words: str = "") -> None:
        """Shows the data of a configuration soon; words where there is none."""
        self._config = config
        if self._later is not None:
            self._later.stop()
            self._later = None
        if config is None:
            self.say(words)
            return
        known = self._samples.known(config)
        if known is not None:
            self._take(config, known)
        else:
            self.say("reading the data…")
            self._later = self.set_timer(SETTLE_SECONDS, self._ask)

    def _ask(self) -> None:
        self._later = None
        if self._config is not None:
            self.run_worker(self._read(self._config), exclusive=True, group="sample")

    async def _read(self, config: RunConfig) -> None:
        found = await self._samples.of(config)
        if config is self._config:
            self._take(config, found)

    def _take(self, config: RunConfig, found: Sample | str) -> None:
        if isinstance(found, str):
            self.say(found, wrong=True)
        else:
            self.sample(found)
        self.post_message(self.Read(config, found if isinstance(found, str) else ""))
