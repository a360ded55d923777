"""The only door to the store: reads in a thread of its own, posts frozen records, appends commands."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from textual.message import Message

from nntui.errors import UserError
from nntui.store import catalog, commands, pieces
from nntui.store.folder import CHECKPOINTS
from nntui.store.reader import FOREVER, Reader
from nntui.store.records import Command, Curve, RunRecord
from nntui.store.schema import RunError
from nntui.store.shelf import Shelf
from nntui.tui import past
from nntui.tui.answering import Answering
from nntui.tui.picture import Picture, Query, Question, Table

#: A live run is looked at this often; one that has ended changes no more.
POLL_SECONDS, ENDED_POLL_SECONDS = 0.1, 1.0
#: Nothing is read while the terminal has not taken what it was sent, which is soon the case after the first paint;
#: and a run that has just been started has its first step soon.
SOON_SECONDS = 0.02
#: A table is read at most this often, those of a shorter time more often; those that never change, once.
TABLE_SECONDS, TABLES_SECONDS = 2.0, {"weights": 0.5, "rows": float("inf")}
#: The tables that are always read.
TABLES = ("rows", "predictions")
#: Whoever leaves a run waits no longer than this for the process that answers.
ENDING_SECONDS = 1.0
#: A silent trainer's process is looked for this often.
ALIVE_SECONDS = 1.0
#: A command is not given if somebody else writes into the run for longer than this.
APPEND_SECONDS = 1.0
#: The newest events that a picture holds.
EVENTS = 2000

Item = TypeVar("Item")

#: So many failed reads in a row are tried again.
RETRIES = 20
#: A live trainer that says nothing for longer than this is told apart.
SILENT_SECONDS = 5.0


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
    the run is not followed but shown as it stood at that step, or as it stands, if it is not further.
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
        self._reader: Reader | None = None
        self._wake = asyncio.Event()
        self._queries: dict[str, Query] = {}
        self._tables: dict[str, tuple[str, ...]] = {}
        self._answering = Answering(folder, congested, self._look_soon)
        self._answers_given: asyncio.Task[None] | None = None
        self._network: object = None
        self._asked: set[int] = set()
        self._picture: Picture | None = None
        self._wanted, self._looked_for, self._told = 1, 0, 0
        self._news = self._frugal = False
        self._ended = False
        self._failures = 0
        self._read_at: dict[str, float] = {}
        self._curves_read: dict[str, tuple[Query, float]] = {}
        self._checked_at = 0.0

    def settled(self, shown: Picture | None) -> bool:
        """Whether a screen that shows a picture has all that it wants."""
        answered = self._ended or self._answering.settled
        return answered and shown is not None and shown is self._picture and self._told == self._wanted

    def want(self, chart: str, query: Query | None) -> None:
        """What a chart wants to show from now on; None when it is hidden."""
        if self._queries.get(chart) != query:
            self._queries = _with(self._queries, chart, query)
            self._look_soon()

    def want_tables(self, pane: str, names: tuple[str, ...]) -> None:
        """Which tables a pane wants from now on, besides those that are always read."""
        if self._tables.get(pane, ()) != names:
            self._tables = _with(self._tables, pane, names or None)
            self._look_soon()

    def ask(self, pane: str, question: Question | None) -> None:
        """What a pane asks of the network from now on; None when it asks nothing any more.

        The network of an earlier step is gone, and cannot be asked.
        """
        if self._at is None:
            self._answering.ask(pane, question)
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
        answering = self._answers_given = asyncio.create_task(self._answering.run())
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
            self._thread.submit(self._close)
            self._thread.shutdown(wait=False)
            self._writing.shutdown(wait=False)  # what has been asked for is still written
            answering.cancel()
            # Shielded: to be cancelled twice must not cut the ending short.
            await asyncio.shield(asyncio.gather(answering, return_exceptions=True))

    async def ended(self) -> None:
        """Waits, not for ever, until nothing is left of :meth:`run`, which has been cancelled."""
        if self._answers_given is not None:
            await asyncio.wait({self._answers_given}, timeout=ENDING_SECONDS)

    @property
    def _pause(self) -> float:
        """How long until the next look."""
        run = self._picture.run if self._picture else None
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
            self._close()
            self._reader, self._looked_for = None, 0
            return []
        self._failures = 0
        return messages

    def _look(self) -> list[Message]:
        """What is new: a picture, then the answers that it already shows the effect of."""
        if self._reader is None:
            self._reader = Reader(self._folder, FOREVER if self._at is None else self._at)
        reader, now = self._reader, time.monotonic()
        wanted = self._wanted  # read once: the event loop may count on meanwhile
        overdue = now - self._checked_at >= ALIVE_SECONDS
        if overdue:
            self._checked_at = now
            if not self._folder.is_dir():
                raise RunError(f"{self._folder}: the run has been removed")
        self._news |= wanted != self._looked_for or (self._at is None and (reader.changed() or overdue))
        if not self._news or (self._frugal and self._can_wait(reader)):
            return []
        self._news = False
        changed, self._looked_for = wanted != self._looked_for, wanted
        with reader.snapshot():
            return self._read(reader, changed)

    def _can_wait(self, reader: Reader) -> bool:
        """Whether there is no command to be answered, and no new state to be told."""
        before = self._picture
        return before is not None and not self._asked and reader.run().state == before.run.state

    def _read(self, reader: Reader, changed: bool) -> list[Message]:
        given = reader.commands() if self._asked else []
        run, before = self._run(reader), self._picture
        answers = self._answers(given, run)
        silence = _silence(run)
        if before is not None and not changed and _same(before, run, silence):
            return answers
        curves = self._read_curves(reader, run)
        old_events = before.events if before else ()
        events = (*old_events, *reader.events(old_events[-1].id if old_events else 0))[-EVENTS:]
        tables = self._read_tables(reader, run)
        self._network = None if self._answering.idle else self._network_now(reader, run)
        self._picture = Picture(
            run, silence, reader.series(), curves, events, tables=tables, answers=self._answering.answers
        )
        return [NewPicture(self._picture), *answers]

    def _run(self, reader: Reader) -> RunRecord:
        """The run as it stands, or stood."""
        run = reader.run()
        if self._at is None:
            return run
        config = past.config_at(run, self._at, catalog.first_config(self._folder), reader.commands(FOREVER))
        predicted = reader.table_step("predictions")
        return past.as_of(run, self._at, reader.newest(), reader.events(), config, predicted)

    def _read_curves(self, reader: Reader, run: RunRecord) -> dict[str, dict[str, Curve]]:
        """What the charts want; what is still good as it was read before."""
        now, before, found = time.monotonic(), self._picture, {}
        stands = before is not None and _same(before, run, before.silence)
        for chart, query in self._queries.items():
            known, read_at = self._curves_read.get(chart, (None, 0.0))
            good = stands or (run.state == "running" and now - read_at < query.every - POLL_SECONDS / 2)
            if before is not None and chart in before.curves and known == query and good:
                found[chart] = before.curves[chart]
            else:
                found[chart] = _curves(reader, query, run.step)
                self._curves_read[chart] = query, now
        return found

    def _read_tables(self, reader: Reader, run: RunRecord) -> dict[str, Table]:
        """The tables that are wanted, those that have not changed as they were read before."""
        now = time.monotonic()
        found = {}
        for name in {*TABLES, *(name for names in self._tables.values() for name in names)}:
            table = self._picture.table(name) if self._picture else Table()
            seconds = TABLES_SECONDS.get(name, TABLE_SECONDS)
            due = now - self._read_at.get(name, -math.inf) >= seconds or (run.state != "running" and seconds < math.inf)
            version = reader.table_version(name) if due or table.step < 0 else None
            if version not in (None, table.version):
                self._read_at[name] = now
                table = Table(*(reader.table(name) or (-1, {})), version or 0)
            found[name] = table
        return found

    def _network_now(self, reader: Reader, run: RunRecord) -> object:
        """What tells the network in the run folder from others: its weights, its checkpoint, what is done with them."""
        try:
            saved = (self._folder / CHECKPOINTS).stat().st_mtime_ns
        except OSError:
            saved = 0
        return reader.table_version("weights"), saved, run.config.get("model")

    def _answers(self, given: list[Command], run: RunRecord) -> list[Message]:
        answered = [c for c in given if c.id in self._asked and (c.status != "waiting" or not run.live)]
        self._asked.difference_update(command.id for command in answered)
        return [Answered(command) for command in answered]

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    # In the thread of the commands

    def _append(self, kind: str, key: str, value: str) -> None:
        try:
            self._asked.add(commands.append(self._folder, kind, key, value, patience=APPEND_SECONDS))
        except (UserError, sqlite3.Error, OSError) as error:
            self._post(Answered(None, str(error), key, value))


def _with(items: dict[str, Item], name: str, item: Item | None) -> dict[str, Item]:
    """A new dict, since the thread may be reading the old one, with an item of this name or without."""
    return {**{key: value for key, value in items.items() if key != name}, **({} if item is None else {name: item})}


def _curves(reader: Reader, query: Query, newest: int) -> dict[str, Curve]:
    first, last = query.steps or (0, max(newest, 1))
    read = pieces.logarithmic if query.log else Reader.curves
    return read(reader, query.names, first, last, query.buckets)


def _same(before: Picture, run: RunRecord, silence: int) -> bool:
    """Whether there is nothing new to show; that the trainer's heart beats is no news."""
    return before.silence == silence and replace(before.run, heartbeat=run.heartbeat) == run


def _silence(run: RunRecord) -> int:
    seconds = time.time() - run.heartbeat
    return int(seconds) if run.live and seconds > SILENT_SECONDS else 0


def open_run(folder: Path) -> RunRecord:
    """The run of a folder as it stands. Raises RunError."""
    return catalog.open_run(folder)


def shelf(runs: Path, most: int = 200) -> Shelf:
    """The newest runs, for the start screen, which looks at them again and again."""
    return Shelf(runs, most)


def read_loss(folder: Path, buckets: int) -> Curve | None:
    """The loss of a whole run in about so many buckets; None before there is any. Raises RunError."""
    run, curves = read_curves(folder, ("loss",), buckets)
    return curves.get("loss") if run.step else None


def read_curves(
    folder: Path, names: tuple[str, ...], buckets: int, last: int = 0
) -> tuple[RunRecord, dict[str, Curve]]:
    """A run as it stands and some of its series, of the steps up to ``last``, or to the newest. Raises RunError."""
    reader = Reader(folder)
    try:
        with reader.snapshot():
            run = reader.run()
            return run, reader.curves(names, 0, max(last, run.step, 1), buckets)
    finally:
        reader.close()
