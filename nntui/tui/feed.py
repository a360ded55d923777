"""Follows one run for one screen: reads in a thread of its own, posts frozen pictures, appends commands."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from textual.message import Message

from nntui.errors import UserError
from nntui.store import commands
from nntui.store.records import Command
from nntui.tui.answering import Answering
from nntui.tui.picture import Picture, Query, Question, Recalled
from nntui.tui.reading import Companion, Look, Reading
from nntui.tui.recalling import Recalling

#: A live run is looked at this often; one that has ended changes no more.
POLL_SECONDS, ENDED_POLL_SECONDS = 0.1, 1.0
#: Nothing is read while the terminal has not taken what it was sent, which is soon the case after the first paint;
#: and a run that has just been started has its first step soon.
SOON_SECONDS = 0.02
#: Whoever leaves a run waits no longer than this for the process that answers.
ENDING_SECONDS = 1.0
#: A command is not given if somebody else writes into the run for longer than this.
APPEND_SECONDS = 1.0
#: So many failed reads in a row are tried again.
RETRIES = 20


class NewPicture(Message):
    """A new picture; only the latest matters."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.picture = picture

    def can_replace(self, message: Message) -> bool:
        """A newer picture makes this one pointless."""
        return isinstance(message, NewPicture)


class Answered(Message):
    """The trainer's answer to a command given here; None, and why, for one that could not even be written."""

    def __init__(self, command: Command | None, text: str = "", key: str = "", value: str = "") -> None:
        super().__init__()
        self.command = command
        self.text = text
        self.key = command.key if command else key
        self.value = command.value if command else value


class Unreadable(Message):
    """The run cannot be read any more."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Feed:
    """Follows one run for one screen. At most one read is under way; the event loop never waits for the disk.

    ``congested`` tells that nothing can be drawn now, ``spent`` that what nobody waits for had better not. With ``at``,
    the run is not followed but shown as it stood at that step, or as it stands, if it is not further. While it is
    followed, :meth:`look` shows a step of its past besides.
    """

    def __init__(
        self,
        folder: Path,
        post: Callable[[Message], object],
        congested: Callable[[], bool],
        spent: Callable[[], bool] = lambda: False,
        at: int | None = None,
    ) -> None:
        self._folder = folder
        self._post = post
        self._congested = congested
        self._spent = spent
        self._at = at
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="nntui-feed")
        #: Commands wait for whoever is writing: nobody who reads shall wait with them.
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="nntui-commands")
        self._reading = Reading(folder, at)
        self._wake = asyncio.Event()
        self._answering = Answering(folder, congested, self._look_soon)
        self._recalling = Recalling(folder, self._look_soon)
        self._answers_given: asyncio.Task[None] | None = None
        self._network: object = None
        self._recalled: Recalled | None = None  # of the last picture
        self._asked: set[int] = set()
        self._wanted, self._looked_for, self._told = 1, 0, 0
        self._frugal = False
        self._ended = False
        self._failures = 0

    def settled(self, shown: Picture | None) -> bool:
        """Whether a screen that shows a picture has all that it wants."""
        answered = self._ended or (self._answering.settled and self._recalling.settled)
        return answered and shown is not None and shown is self._reading.picture and self._told == self._wanted

    def want(self, chart: str, query: Query | None) -> None:
        """What a chart wants to show from now on; None when it is hidden."""
        if self._reading.want(chart, query):
            self._look_soon()

    def want_tables(self, pane: str, names: tuple[str, ...]) -> None:
        """Which tables a pane wants from now on, besides those that are always read."""
        if self._reading.want_tables(pane, names):
            self._look_soon()

    def ask(self, pane: str, question: Question | None) -> None:
        """What a pane asks of the network from now on; None when it asks nothing any more."""
        if self._reading.now is None:
            self._answering.ask(pane, question)
        self._recalling.ask(pane, question)
        self._look_soon()

    def look(self, step: int | None) -> None:
        """At which step the run is looked at from now on, besides as it is; None: not any more."""
        if self._reading.picture is not None:
            self._recalling.threads = self._reading.picture.run.config.get("training", {}).get("threads", 0)
        self._recalling.look(step)

    def accompany(self, folder: Path | None, what: str = "", step: int = 0, asked: int = 0) -> None:
        """From now on a ghost is read beside the run: ``what`` it has otherwise since ``step``; None: none any more.

        ``asked`` is the command that turned it.
        """
        before = self._reading.companion
        self._reading.companion = None if folder is None else Companion(folder, what, step, asked)
        if before is not None and not self._ended:
            self._thread.submit(before.close)
        self._look_soon()

    def _look_soon(self) -> None:
        self._wanted += 1
        self._wake.set()

    def command(self, kind: str, key: str = "", value: str = "") -> None:
        """Appends a command without waiting; the answer comes as :class:`Answered`."""
        if self._ended:
            self._post(Answered(None, f"{kind}: the run cannot be reached any more", key, value))
        else:
            self._writing.submit(self._append, kind, key, value)

    async def run(self) -> None:
        """Reads and posts until cancelled."""
        loop = asyncio.get_running_loop()
        answering = self._answers_given = asyncio.create_task(self._answer())
        try:
            while True:
                self._wake.clear()
                congested = self._congested()
                if not congested:
                    self._frugal = self._spent()
                    for message in await loop.run_in_executor(self._thread, self._look_again):
                        self._post(message)
                    self._told = self._looked_for
                    self._answering.note(self._network)
                    if self._reading.now is not None:
                        self.look(self._at)
                # Not wait_for: in Python 3.11, one that is cancelled just when its time has come goes on.
                with suppress(TimeoutError):
                    async with asyncio.timeout(SOON_SECONDS if congested else self._pause):
                        await self._wake.wait()
        except UserError as error:
            self._post(Unreadable(str(error)))
        except Exception as error:  # a folder may hold anything, and none of it may end the app
            self._post(Unreadable(f"{self._folder}: damaged: {' '.join(str(error).split())}"))
        finally:
            self._ended = True
            for reading in (self._reading, self._reading.companion):
                if reading is not None:
                    self._thread.submit(reading.close)
            self._thread.shutdown(wait=False)
            self._writing.shutdown(wait=False)  # what has been asked for is still written
            answering.cancel()
            # Shielded: to be cancelled twice must not cut the ending short.
            await asyncio.shield(asyncio.gather(answering, return_exceptions=True))

    async def _answer(self) -> None:
        """Has questions answered, and the past made again, until cancelled."""
        await asyncio.gather(self._answering.run(), self._recalling.run(), return_exceptions=True)

    async def ended(self) -> None:
        """Waits, not for ever, until nothing is left of :meth:`run`, which has been cancelled."""
        if self._answers_given is not None:
            await asyncio.wait({self._answers_given}, timeout=ENDING_SECONDS)

    @property
    def _pause(self) -> float:
        """How long until the next look."""
        run = self._reading.picture.run if self._reading.picture else None
        if run is None or (run.step == 0 and run.state in ("starting", "running")):
            return SOON_SECONDS
        return POLL_SECONDS if run.live else ENDED_POLL_SECONDS

    # In the feed's own thread

    def _look_again(self) -> list[Message]:
        """What is new; a read that fails once or twice, as on a busy disk, is tried again."""
        try:
            messages = self._look()
        except (UserError, sqlite3.Error):
            self._failures += 1
            if self._failures > RETRIES or not self._folder.is_dir():
                raise
            self._reading.close()
            self._looked_for = 0
            return []
        self._failures = 0
        return messages

    def _look(self) -> list[Message]:
        """What is new: a picture, then the answers that it already shows the effect of."""
        reading, recalling = self._reading, self._recalling
        wanted = self._wanted  # read once: the event loop may count on meanwhile
        anew = wanted != self._looked_for
        awaited = self._asked or recalling.reached is not self._recalled
        if not reading.has_news(anew) or (self._frugal and not awaited and reading.can_wait()):
            return []
        self._looked_for = wanted
        with reading.snapshot():
            given = reading.commands() if self._asked else []
            look = Look(recalling.reached, recalling.answers, recalling.seeking)
            picture = reading.read(self._answering.answers, anew, look)
            self._recalled = look.recalled
            if picture is not None:
                self._network = None if self._answering.idle else reading.network()
        pictures = [] if picture is None else [NewPicture(picture)]
        return [*pictures, *self._answers(given)]

    def _answers(self, given: list[Command]) -> list[Message]:
        """What came of the commands given here, as far as it is known."""
        live = self._reading.picture is not None and self._reading.picture.run.live
        answered = [c for c in given if c.id in self._asked and (c.status != "waiting" or not live)]
        self._asked.difference_update(command.id for command in answered)
        return [Answered(command) for command in answered]

    # In the thread of the commands

    def _append(self, kind: str, key: str, value: str) -> None:
        try:
            self._asked.add(commands.append(self._folder, kind, key, value, patience=APPEND_SECONDS))
        except (UserError, sqlite3.Error, OSError) as error:
            self._post(Answered(None, str(error), key, value))
