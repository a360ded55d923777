"""The only door to the store: reads in a thread of its own, posts frozen records, appends commands."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from textual.message import Message

from nntui.errors import UserError
from nntui.store import catalog, commands
from nntui.store.reader import FOREVER, Reader
from nntui.store.records import Command, Curve, Event, RunRecord
from nntui.store.schema import RunError
from nntui.tui import past

#: A live run is looked at this often; one that has ended changes no more.
POLL_SECONDS, ENDED_POLL_SECONDS = 0.1, 1.0
#: Nothing is read while the terminal has not taken what it was sent, which is soon the case after the first paint;
#: and a run that has just been started has its first step soon.
SOON_SECONDS = 0.02
#: Predictions are read at most this often, and a silent trainer's process is looked for this often.
TABLE_SECONDS, ALIVE_SECONDS = 2.0, 1.0
#: The newest events that a picture holds.
EVENTS = 2000

#: So many failed reads in a row are tried again.
RETRIES = 20
#: A live trainer that says nothing for longer than this is told apart.
SILENT_SECONDS = 5.0

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Query:
    """What a chart shows: series, a range of steps (all of them when None), and about how many buckets."""

    names: tuple[str, ...]
    buckets: int
    steps: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A run as it stood at one moment.

    ``silence`` is for how many seconds the trainer of a live run has said nothing, 0 while that is not long.
    ``curves`` has an entry for each chart that asked, by metric; ``rows`` are the rows of the prediction table (their
    numbers from 1 ``row``, raw inputs ``X``, targets ``T``, ``part``), ``predictions`` their newest outputs ``P``.
    """

    run: RunRecord
    silence: int = 0
    curves: dict[str, dict[str, Curve]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    rows: Arrays = field(default_factory=dict)
    predictions: Arrays = field(default_factory=dict)
    predictions_step: int = -1


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
        self._reader: Reader | None = None
        self._wake = asyncio.Event()
        self._queries: dict[str, Query] = {}
        self._asked: set[int] = set()
        self._picture: Picture | None = None
        self._wanted, self._looked_for, self._told = 1, 0, 0
        self._news = self._frugal = False
        self._ended = False
        self._failures = 0
        self._read_table_at = self._checked_at = 0.0

    def settled(self, shown: Picture | None) -> bool:
        """Whether a screen that shows a picture has all that it wants."""
        return shown is not None and shown is self._picture and self._told == self._wanted

    def want(self, chart: str, query: Query | None) -> None:
        """What a chart wants to show from now on; None when it is hidden."""
        if self._queries.get(chart) != query:
            self._queries = {name: other for name, other in self._queries.items() if name != chart}
            if query:
                self._queries[chart] = query
            self._wanted += 1
            self._wake.set()

    def command(self, kind: str, key: str = "", value: str = "") -> None:
        """Appends a command without waiting; the answer comes as :class:`Answered`."""
        if self._ended:
            self._post(Answered(None, f"{kind}: the run cannot be reached any more", key, value))
        else:
            self._thread.submit(self._append, kind, key, value)

    async def run(self) -> None:
        """Reads and posts until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._wake.clear()
                congested = self._congested()
                if not congested:
                    self._frugal = self._spent()
                    for message in await loop.run_in_executor(self._thread, self._look_again):
                        self._post(message)
                    self._told = self._looked_for
                # Not `asyncio.wait_for`: that of Python 3.11 loses a cancellation that comes with what it waits for.
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
        curves = {
            chart: reader.curves(query.names, *(query.steps or (0, max(run.step, 1))), query.buckets)
            for chart, query in self._queries.items()
        }
        old_events = before.events if before else ()
        events = (*old_events, *reader.events(old_events[-1].id if old_events else 0))[-EVENTS:]
        rows, predictions, step = self._tables(reader, run)
        self._picture = Picture(run, silence, curves, events, rows, predictions, step)
        return [NewPicture(self._picture), *answers]

    def _run(self, reader: Reader) -> RunRecord:
        """The run as it stands, or stood."""
        run = reader.run()
        if self._at is None:
            return run
        config = past.config_at(run, self._at, catalog.first_config(self._folder), reader.commands())
        predicted = reader.table_step("predictions")
        return past.as_of(run, self._at, reader.newest(), reader.events(), config, predicted)

    def _tables(self, reader: Reader, run: RunRecord) -> tuple[Arrays, Arrays, int]:
        before, now = self._picture, time.monotonic()
        rows = before.rows if before and before.rows else (reader.table("rows") or (0, {}))[1]
        predictions, step = (before.predictions, before.predictions_step) if before else ({}, -1)
        settled = run.state != "running"
        if (settled or now - self._read_table_at >= TABLE_SECONDS) and reader.table_step("predictions") != step:
            self._read_table_at = now
            found = reader.table("predictions")
            if found:
                step, predictions = found
        return rows, predictions, step

    def _append(self, kind: str, key: str, value: str) -> None:
        try:
            self._asked.add(commands.append(self._folder, kind, key, value))
        except (UserError, sqlite3.Error, OSError) as error:
            self._post(Answered(None, str(error), key, value))

    def _answers(self, given: list[Command], run: RunRecord) -> list[Message]:
        answered = [c for c in given if c.id in self._asked and (c.status != "waiting" or not run.live)]
        self._asked.difference_update(command.id for command in answered)
        return [Answered(command) for command in answered]

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()


def _same(before: Picture, run: RunRecord, silence: int) -> bool:
    """Whether there is nothing new to show; that the trainer's heart beats is no news."""
    return before.silence == silence and replace(before.run, heartbeat=run.heartbeat) == run


def _silence(run: RunRecord) -> int:
    seconds = time.time() - run.heartbeat
    return int(seconds) if run.live and seconds > SILENT_SECONDS else 0


def open_run(folder: Path) -> RunRecord:
    """The run of a folder as it stands. Raises RunError."""
    return catalog.open_run(folder)


def recent_runs(runs: Path, limit: int = 200) -> list[tuple[Path, RunRecord]]:
    """The newest runs and their folders, for the start screen."""
    return catalog.list_runs(runs, limit)
