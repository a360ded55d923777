"""Rows of the data that a configuration names, read by another process, and a picture of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.timer import Timer

from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.knobs import DataConfig
from nntui.tui.inference import Inference
from nntui.tui.panes.datapicture import DataPicture
from nntui.tui.picture import Sample

if TYPE_CHECKING:
    from collections.abc import Hashable

#: Data are read when a configuration has been looked at for so long.
SETTLE_SECONDS = 0.2
#: So many samples are remembered.
_MOST = 64


class Samples:
    """Asks for samples and remembers them; the process that reads them starts with the first question."""

    def __init__(self) -> None:
        self._client: Inference | None = None
        self._known: dict[Hashable, Sample | str] = {}

    def known(self, config: RunConfig) -> Sample | str | None:
        """The rows, or why there are none, if they have been asked for before."""
        return self._known.get(_key(config))

    async def of(self, config: RunConfig) -> Sample | str:
        """The rows of a configuration's data, or why they cannot be had."""
        if self._client is None:
            self._client = Inference()
        found: Sample | str
        try:
            found = await self._client.sample(config.to_dict())
        except UserError as error:
            found = str(error)
        while len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[_key(config)] = found
        return found

    def forget(self) -> None:
        """What was wrong may be well now: files change."""
        self._known = {key: found for key, found in self._known.items() if not isinstance(found, str)}

    async def close(self) -> None:
        """Ends the process; a later question starts another."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()


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
        self.rest()
        if config is None:
            self.say(words)
            return
        known = self._samples.known(config)
        if known is not None:
            self._take(config, known)
        else:
            self.say("reading the data…")
            self._later = self.set_timer(max(SETTLE_SECONDS, 1e-3), self._ask)

    def rest(self) -> None:
        """Asks nothing more until another configuration is shown."""
        if self._later is not None:
            self._later.stop()
            self._later = None

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
