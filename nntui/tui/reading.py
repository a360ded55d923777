"""What a screen reads of the run folders: pictures of one run, and what is read once of several."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from nntui import guard
from nntui.guard import WayOut
from nntui.store import catalog, pieces
from nntui.store.folder import CHECKPOINTS
from nntui.store.reader import Reader
from nntui.store.records import Command, Curve, RunRecord
from nntui.store.schema import FOREVER, RunError
from nntui.store.shelf import Shelf
from nntui.tui import past
from nntui.tui.picture import Answer, Beside, Picture, Query, Recalled, Seeking, Table

#: A table is read at most this often, those of a shorter time more often; the rows, which hardly ever change, at once,
#: and what is told of them with them.
TABLE_SECONDS, TABLES_SECONDS = 2.0, {"weights": 0.5, "rows": 0.0}
#: The tables that are always read, the rows first.
TABLES = ("rows", "predictions")
#: A silent trainer's process is looked for this often.
ALIVE_SECONDS = 1.0
#: The newest events that a picture holds.
EVENTS = 2000
#: The branches that a picture holds, of those from which the run went back.
BRANCHES = 3
#: What was read shall be good until about half a look after its time.
EARLY_SECONDS = 0.05
#: A live trainer that says nothing for longer than this is told apart.
SILENT_SECONDS = 5.0

Item = TypeVar("Item")


class Look(NamedTuple):
    """What somebody looks at of the past: a step made again, with its answers, and one that is under way."""

    recalled: Recalled | None = None
    answers: Mapping[str, Answer] = MappingProxyType({})
    seeking: Seeking | None = None


class Reading:
    """Reads pictures of one run; what is still good of the last is not read again.

    With ``at``, the run is shown as it stood at that step, or as it stands, if it is not further. All but what is
    wanted is for one thread. What reads raises RunError or sqlite3.Error; after that, :meth:`close` lets it begin anew.
    """

    def __init__(self, folder: Path, at: int | None = None) -> None:
        self._folder = folder
        self._at = at
        self._reader: Reader | None = None
        self._news = False
        self._checked_at = 0.0
        self._read_at: dict[str, float] = {}
        self._curves_read: dict[str, tuple[Query, float]] = {}
        #: What charts and panes want, by their names.
        self.queries: dict[str, Query] = {}
        self.tables: dict[str, tuple[str, ...]] = {}
        self._then_of: tuple[tuple[object, ...], Picture] | None = None
        #: The run as it is, where that has made more steps than the one at which it is shown.
        self.now: RunRecord | None = None
        #: A ghost of the run that is read beside it.
        self.companion: Companion | None = None
        #: The last picture that was read.
        self.picture: Picture | None = None

    def want(self, chart: str, query: Query | None) -> bool:
        """What a chart wants to show from now on, None when it is hidden; whether that is news."""
        if self.queries.get(chart) == query:
            return False
        self.queries = _with(self.queries, chart, query)
        return True

    def want_tables(self, pane: str, names: tuple[str, ...]) -> bool:
        """Which tables a pane wants from now on, besides those that are always read; whether that is news."""
        if self.tables.get(pane, ()) == names:
            return False
        self.tables = _with(self.tables, pane, names or None)
        return True

    def close(self) -> None:
        """Lets go of the run; a later look takes it up again."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    @property
    def _open(self) -> Reader:
        if self._reader is None:
            self._reader = Reader(self._folder, FOREVER if self._at is None else self._at)
        return self._reader

    def has_news(self, anew: bool) -> bool:
        """Whether there may be another picture than the last, or is to be one ``anew``."""
        reader, now = self._open, time.monotonic()
        overdue = now - self._checked_at >= ALIVE_SECONDS
        if overdue:
            self._checked_at = now
            if not self._folder.is_dir():
                raise RunError(f"{self._folder}: the run has been removed")
        companion = self.companion  # read once: it may be dropped meanwhile
        self._news |= companion is not None and companion.changed()
        self._news |= anew or (self._at is None and (reader.changed() or overdue))
        return self._news

    def can_wait(self) -> bool:
        """Whether there is no new state to be told, and no knob that somebody else has turned."""
        if self.picture is None:
            return False
        now, shown = self._open.run(), self.picture.run
        return (now.standing, now.config) == (shown.standing, shown.config)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read meanwhile is of one moment."""
        with self._open.snapshot():
            yield

    def commands(self) -> list[Command]:
        """The newest commands, with what came of them."""
        return self._open.commands()

    def read(self, answers: Mapping[str, Answer], anew: bool, look: Look = Look()) -> Picture | None:  # noqa: B008
        """The picture of now, with these answers; None where it shows nothing new and need not be made ``anew``."""
        self._news = False
        reader, before = self._open, self.picture
        run = self._run(reader)
        silence = _silence(run)
        companion = self.companion  # read once: it may be dropped meanwhile
        ghost = None if companion is None else companion.read(self.queries.get("loss"))
        if before is not None and not anew and before.ghost is ghost and _same(before, run, silence):
            return None
        curves = self._read_curves(reader, run)
        goes_on = before is not None and before.run.branches == run.branches  # not back at an earlier step
        old_events = before.events if before and goes_on else ()
        events = (*old_events, *reader.events(old_events[-1].id if old_events else 0))[-EVENTS:]
        tables = self._read_tables(reader, run)
        given_up = before.given_up if before and goes_on else tuple(reader.given_up(BRANCHES) if run.branches else ())
        picture = Picture(
            *(run, silence, reader.series(), curves, events),
            tables=tables,
            answers=answers,
            given_up=given_up,
            ghost=ghost,
        )
        if look.recalled is not None and self._at is not None:
            picture = self._as_it_was(picture, look.recalled, look.answers)
        elif look.recalled is not None:
            picture = replace(picture, then=self._then(picture, look.recalled, look.answers))
        if self.now is not None:
            picture = replace(picture, now=self.now)
            picture = replace(picture, then=picture)
        is_told = self._at is not None and look.seeking is not None and look.seeking.error  # the header tells
        self.picture = replace(picture, seeking=None if is_told else look.seeking)
        return self.picture

    def _then(self, picture: Picture, recalled: Recalled, answers: Mapping[str, Answer]) -> Picture:
        """The run as it was at the step that was recalled; the same picture while nothing of it has changed."""
        told = (recalled, answers, picture.table("rows"), self.queries)
        if self._then_of is None or any(one is not other for one, other in zip(self._then_of[0], told, strict=True)):
            curves = {
                chart: {name: past.until(curve, recalled.step) for name, curve in found.items()}
                for chart, found in picture.curves.items()
            }
            then = replace(self._as_it_was(picture, recalled, answers), curves=curves, silence=0, now=picture.run)
            self._then_of = told, then
        return self._then_of[1]

    def _as_it_was(self, picture: Picture, recalled: Recalled, answers: Mapping[str, Answer]) -> Picture:
        """The picture with all that was made again of a step."""
        step, made = recalled.step, recalled.tables
        reader = Reader(self._folder, step)
        try:
            events = reader.events()
            run = past.as_of(picture.run, step, reader.newest(), events, recalled.config)
            known = Table(*(reader.table("history") or (-1, {})))
        finally:
            reader.close()
        tables = {name: Table(step, arrays, step) for name, arrays in made.items()}
        tables |= {"rows": picture.table("rows"), "history": past.history(known, made.get("history", {}), step)}
        return replace(picture, run=past.recalled(run, recalled), events=tuple(events), tables=tables, answers=answers)

    def network(self) -> object:
        """What tells the network in the run folder from others: its weights, its checkpoint, what is done with them."""
        try:
            saved = (self._folder / CHECKPOINTS).stat().st_mtime_ns
        except OSError:
            saved = 0
        config = self.picture.run.config if self.picture else {}
        return self._open.table_version("weights"), saved, config.get("model")

    def _run(self, reader: Reader) -> RunRecord:
        """The run as it stands, or stood."""
        run = reader.run()
        if self._at is None:
            return run
        config = past.config_at(run, self._at, catalog.first_config(self._folder), reader.commands(FOREVER))
        self.now = run if run.step > self._at else None
        return past.as_of(run, self._at, reader.newest(), reader.events(), config)

    def _read_curves(self, reader: Reader, run: RunRecord) -> dict[str, dict[str, Curve]]:
        """What the charts want; what is still good as it was read before."""
        now, before, found = time.monotonic(), self.picture, {}
        stands = before is not None and _same(before, run, before.silence)
        for chart, query in self.queries.items():
            known, read_at = self._curves_read.get(chart, (None, 0.0))
            good = stands or (run.state == "running" and now - read_at < query.every - EARLY_SECONDS)
            if before is not None and chart in before.curves and known == query and good:
                found[chart] = before.curves[chart]
            else:
                found[chart] = _curves(reader, query, run.step)
                self._curves_read[chart] = query, now
        return found

    def _read_tables(self, reader: Reader, run: RunRecord) -> dict[str, Table]:
        """The tables that are wanted, those that have not changed as they were read before."""
        now, found, are_others = time.monotonic(), dict[str, Table](), False
        wanted = {name for names in self.tables.values() for name in names}
        for name in (*TABLES, *sorted(wanted.difference(TABLES))):
            table = self.picture.table(name) if self.picture else Table()
            seconds = TABLES_SECONDS.get(name, TABLE_SECONDS)
            due = now - self._read_at.get(name, -math.inf) >= seconds or run.state != "running" or are_others
            version = reader.table_version(name) if due or table.step < 0 else None
            if version not in (None, table.version):
                self._read_at[name] = now
                table = Table(*(reader.table(name) or (-1, {})), version or 0)
                are_others |= name == "rows"
            found[name] = table
        return found


class Companion:
    """Reads a ghost of the run that is followed; ``what`` it has otherwise, since ``step``, by command ``asked``."""

    def __init__(self, folder: Path, what: str, step: int, asked: int) -> None:
        self._folder, self._what, self._step, self._asked = folder, what, step, asked
        self._reader: Reader | None = None
        self._news, self._checked_at = True, 0.0
        self._seen: tuple[Query | None, Beside] | None = None

    @property
    def _open(self) -> Reader:
        if self._reader is None:
            self._reader = Reader(self._folder)
        return self._reader

    def close(self) -> None:
        """Lets go of it."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def changed(self) -> bool:
        """Whether there may be anything new; that its trainer is gone nobody writes down."""
        now = time.monotonic()
        if now - self._checked_at >= ALIVE_SECONDS:
            self._checked_at, self._news = now, True
        try:
            self._news |= not self._folder.is_dir() or self._open.changed()
        except RunError:
            self._news = True
        return self._news

    def read(self, query: Query | None) -> Beside:
        """The series of a chart since the ghost began; the same object while nothing has changed."""
        if self._news or self._seen is None or self._seen[0] != query:
            self._news, self._seen = False, (query, self._read(query))
        return self._seen[1]

    def _read(self, query: Query | None) -> Beside:
        if not self._folder.is_dir():
            return Beside(self._what, "", {}, "somebody has removed it")
        try:
            with self._open.snapshot():
                run, asked = self._open.run(), self._open.commands(FOREVER)
                found = _curves(self._open, query, run.step) if query else {}
        except (RunError, sqlite3.Error) as error:
            self.close()
            return Beside(self._what, "", {}, str(error))
        refused = [one.answer for one in asked if one.id == self._asked and one.status == "refused"]
        curves = {name: past.since(curve, self._step) for name, curve in found.items()}
        return Beside(self._what, run.standing, curves, refused[-1] if refused else "")


def _with(items: dict[str, Item], name: str, item: Item | None) -> dict[str, Item]:
    """A new dict, since another thread may be reading the old one, with an item of this name or without."""
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


def way_out(folder: Path) -> WayOut:
    """Where a run that has diverged can go back to, and with which rate. Raises RunError."""
    return guard.offered(folder)


def shelf(runs: Path, most: int = 200) -> Shelf:
    """The newest runs, for the start screen, which looks at them again and again."""
    return Shelf(runs, most)


def read_loss(folder: Path, buckets: int) -> Curve | None:
    """The loss of a whole run in about so many buckets; None before there is any. Raises RunError."""
    run, curves = read_curves(folder, {"loss": Query(("loss",), buckets)})
    return curves["loss"].get("loss") if run.step else None


def read_curves(folder: Path, queries: Mapping[str, Query]) -> tuple[RunRecord, dict[str, dict[str, Curve]]]:
    """A run as it stands and, of the same moment, what each query asks for, by its name. Raises RunError."""
    reader = Reader(folder)
    try:
        with reader.snapshot():
            run = reader.run()
            return run, {name: _curves(reader, query, run.step) for name, query in queries.items()}
    finally:
        reader.close()
