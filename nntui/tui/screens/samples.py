"""Rows of the data that a configuration names, read by another process, and a picture of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.message import Message
from textual.timer import Timer

from nntui.config import RunConfig
from nntui.knobs import DataConfig
from nntui.tui.inference import Inference, InferenceError
from nntui.tui.panes.data.picture import DataPicture
from nntui.tui.picture import Sample

if TYPE_CHECKING:
    from collections.abc import Hashable

#: Data are read when a configuration has been looked at for so long.
SETTLE_SECONDS = 0.2
#: So many samples are remembered, and so many bytes of them.
_MOST, _MOST_BYTES = 64, 16 * 2**20


class Samples:
    """Asks for samples and remembers them; the process that reads them starts with the first question."""

    def __init__(self) -> None:
        self._client: Inference | None = None
        self._known: dict[Hashable, Sample | InferenceError] = {}

    def known(self, config: RunConfig) -> Sample | InferenceError | None:
        """The rows, or why there are none, if they have been asked for before."""
        return self._known.get(_key(config))

    async def of(self, config: RunConfig) -> Sample | InferenceError:
        """The rows of a configuration's data, or why they cannot be had.

        That the process that reads them is slow, or has died, says nothing of the data, and is not remembered.
        """
        if self._client is None:
            self._client = Inference()
        found: Sample | InferenceError
        try:
            found = await self._client.sample(config.to_dict())
        except InferenceError as error:
            found = error
        if isinstance(found, Sample) or found.told:
            self._keep(_key(config), found)
        return found

    def _keep(self, key: Hashable, found: Sample | InferenceError) -> None:
        """Remembers it, and forgets what was remembered first where there is no room for both."""
        self._known.pop(key, None)
        room = _MOST_BYTES - _bytes(found)
        while self._known and (len(self._known) >= _MOST or sum(map(_bytes, self._known.values())) > room):
            del self._known[next(iter(self._known))]
        self._known[key] = found

    def forget(self) -> None:
        """What was wrong may be well now: files change."""
        self._known = {key: found for key, found in self._known.items() if isinstance(found, Sample)}

    async def close(self) -> None:
        """Ends the process; a later question starts another."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()


def _bytes(found: Sample | InferenceError) -> int:
    return found.X.nbytes + found.T.nbytes + found.part.nbytes if isinstance(found, Sample) else 0


def _key(config: RunConfig) -> tuple[DataConfig, int]:
    return config.data, config.training.seed


class SampledPicture(DataPicture):
    """A picture of the data of a configuration, as soon as it has been looked at for a moment."""

    class Read(Message):
        """The data of the configuration shown have been read; ``wrong`` is what is wrong with them."""

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
            self._read(self._config)

    @work(exclusive=True, group="sample")
    async def _read(self, config: RunConfig) -> None:
        found = await self._samples.of(config)
        if config is self._config:
            self._take(config, found)

    def _take(self, config: RunConfig, found: Sample | InferenceError) -> None:
        if isinstance(found, Sample):
            self.sample(found)
            wrong = ""
        else:
            self.say(str(found), wrong=True)
            wrong = str(found) if found.told else ""
        self.post_message(self.Read(config, wrong))
