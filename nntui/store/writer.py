"""The trainer's side of the run folder: everything is staged in memory and committed in one transaction."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.processes import start_of
from nntui.store import tables
from nntui.store.pyramid import Buckets, Pyramid, join, merge
from nntui.store.records import Command, LayerRecord
from nntui.store.schema import DATABASE, FOREVER, TAIL, RunError, connect_writer, transaction

#: A row of buckets fills a page of the database, so that a level that is given up leaves whole pages free, and is
#: not made larger than a reader of a part of it likes to read.
ROW_BYTES, MOST_ROW_BYTES = 4000, 64 * 1024
#: The journal is cut back to this size after it was larger; about what SQLite lets it grow to between checkpoints.
JOURNAL_BYTES = 4 * 2**20
#: The most buckets of a series that are kept of a branch that was given up.
BRANCH_BUCKETS = 512
#: Of those given up before so many others nothing is kept but their events: nobody draws so many.
BRANCHES = 16


@dataclass(frozen=True, slots=True)
class Status:
    """How a run stands at the moment of a commit; see :class:`~nntui.store.records.RunRecord`."""

    state: str
    step: int = 0
    epoch: int = 0
    progress: float = 0.0
    steps_left: int = 0
    steps_per_s: float = 0.0
    elapsed: float = 0.0
    reason: str = ""
    latest: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream's number, its levels, and the finished buckets of each that do not fill a row yet."""

    number: int
    pyramid: Pyramid
    unwritten: dict[int, Buckets] = field(default_factory=dict)


class Writer:
    """The one writer of a run's telemetry.

    Calls stage rows; :meth:`commit` writes all of them or, when the disk is full, none and raises
    ``sqlite3.OperationalError``: they stay staged, and the next commit writes them.
    """

    def __init__(self, folder: Path) -> None:
        self._db = connect_writer(folder)
        self._path = folder / DATABASE
        status = self._path.stat()
        self._identity = (status.st_dev, status.st_ino)
        # Some systems' SQLite overwrites what is deleted, by way of a journal as large as that, and keeps the journal.
        self._db.execute("PRAGMA secure_delete = OFF")
        self._db.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES}")
        self._streams: dict[str, _Stream] = {}
        self._staged: list[tuple[str, Sequence[Any]]] = []

    def describe(self, layers: Sequence[LayerRecord], data: Mapping[str, Any]) -> None:
        """Stages what the network and its data look like."""
        self._stage(
            "UPDATE run SET layers = ?, data = ?",
            (json.dumps([asdict(layer) for layer in layers]), json.dumps(data)),
        )

    def add_stream(self, name: str, series: Sequence[str], keep: int | None = None) -> None:
        """Stages a stream: series that are recorded together. ``keep`` is the most buckets that it holds.

        One that the run has already goes on where it ended. Raises RunError if that one has other series.
        """
        row = self._db.execute("SELECT id, series, level FROM stream WHERE name = ?", (name,)).fetchone()
        if row is not None:
            self._streams[name] = self._found(*row, series=list(series), keep=keep)
            return
        number = len(self._streams) + 1
        self._streams[name] = _Stream(number, Pyramid(len(series)) if keep is None else Pyramid(len(series), keep))
        self._stage("INSERT INTO stream VALUES (?, ?, ?, 0)", (number, name, json.dumps(list(series))))

    def _found(self, number: int, told: str, level: int, *, series: list[str], keep: int | None) -> _Stream:
        """A stream as it stands in the database, every bucket of it."""
        if json.loads(told) != series:
            raise RunError(f"{self._path}: records {told}; this run has {json.dumps(series)}")
        pyramid = Pyramid(len(series)) if keep is None else Pyramid(len(series), keep)
        stream = _Stream(number, pyramid)
        pyramid.level = level
        self._restore(stream, self._finest(stream), FOREVER)
        return stream

    def _finest(self, stream: _Stream) -> Buckets:
        """Every bucket of a stream's finest level, as committed."""
        rows = self._db.execute(
            "SELECT data FROM buckets WHERE stream = ? AND level IN (?, ?) ORDER BY first",
            (stream.number, stream.pyramid.level, TAIL),
        )
        found: Buckets = np.frombuffer(b"".join(data for (data,) in rows), stream.pyramid.tail.dtype)
        return found

    def _restore(self, stream: _Stream, finest: Buckets, until: int) -> None:
        """Has a stream go on from these buckets; rows of the database that end after ``until`` do not count."""
        stream.unwritten.clear()
        for level, finished in stream.pyramid.restore(stream.pyramid.level, finest).items():
            (written,) = self._db.execute(
                "SELECT coalesce(max(last), -1) FROM buckets WHERE stream = ? AND level = ? AND last <= ?",
                (stream.number, level, until),
            ).fetchone()
            stream.unwritten[level] = finished[finished["first"] > written]

    def recorded(self, stream: str, until: int) -> int:
        """The last step, of those up to ``until``, that is not in one bucket with later ones; as committed."""
        finest = self._finest(self._streams[stream])
        return int(finest["last"][finest["last"] <= until].max(initial=0))

    def go_back(self, step: int, last: int) -> None:
        """Stages that the run is at an earlier step again: what came later becomes a branch. All else is committed.

        A bucket that has later steps in it goes as a whole: see :meth:`recorded`.
        """
        branch = self._db.execute("SELECT branches + 1 FROM run").fetchone()[0]
        given_up: dict[str, NDArray[Any]] = {}
        for name, stream in self._streams.items():
            finest = self._finest(stream)
            later = finest[finest["last"] > step]
            if len(later):
                given_up[name] = np.frombuffer(_coarse(later).tobytes(), np.uint8)
            self._stage("DELETE FROM buckets WHERE stream = ? AND (last > ? OR level = ?)", (stream.number, step, TAIL))
            self._restore(stream, finest[finest["last"] <= step], step)
            self._stage_tail(stream)
        row = (branch, time.time(), step, last, tables.encode(given_up))
        self._stage("INSERT INTO branches VALUES (?, ?, ?, ?, ?)", row)
        self._stage("DELETE FROM branches WHERE id <= ?", (branch - BRANCHES,))
        # A knob that was turned at just that step is where it was again.
        given_up_events = "branch = 0 AND (step > ? OR (step = ? AND kind = 'set'))"
        self._stage(f"UPDATE events SET branch = ? WHERE {given_up_events}", (branch, step, step))
        self._stage("UPDATE run SET branches = ?", (branch,))

    def record(self, stream: str, steps: NDArray[np.int64], values: NDArray[Any]) -> None:
        """Stages samples: ``steps`` (n,) in order; ``values`` (n, series of the stream).

        Steps that are not later than all before have been recorded already and are left out: a run that goes on makes
        some of them again.
        """
        known = self._streams[stream].pyramid.last
        if len(steps) and steps[0] <= known:
            values, steps = values[steps > known], steps[steps > known]
        if len(steps) == 0:
            return
        number, pyramid = self._streams[stream].number, self._streams[stream].pyramid
        unwritten = self._streams[stream].unwritten
        finished = pyramid.add(steps, values)
        for level, buckets in finished.items():
            unwritten[level] = join((unwritten[level], buckets)) if level in unwritten else buckets
        while (level_lost := pyramid.outgrown()) is not None:
            self._stage("DELETE FROM buckets WHERE stream = ? AND level = ?", (number, level_lost))
            self._stage("UPDATE stream SET level = ? WHERE id = ?", (pyramid.level, number))
            unwritten.pop(level_lost, None)
        for level in finished.keys() & unwritten.keys():
            unwritten[level] = self._stage_rows(number, level, unwritten[level])
        self._stage("DELETE FROM buckets WHERE stream = ? AND level = ?", (number, TAIL))
        self._stage_tail(self._streams[stream])

    def _stage_tail(self, stream: _Stream) -> None:
        """A reader takes what a coarser level lacks from the finest, which must be complete."""
        pyramid = stream.pyramid
        unwritten = stream.unwritten.get(pyramid.level, pyramid.tail[:0])
        self._stage_row(stream.number, TAIL, join((unwritten, pyramid.tail)))

    def _stage_rows(self, stream: int, level: int, buckets: Buckets) -> Buckets:
        """Stages rows that are full, and returns the buckets that are left."""
        least = max(1, ROW_BYTES // buckets.dtype.itemsize)
        most = max(least, MOST_ROW_BYTES // buckets.dtype.itemsize // least * least)
        full = len(buckets) // least * least
        for start in range(0, full, most):
            self._stage_row(stream, level, buckets[start : min(start + most, full)])
        return buckets[full:].copy() if full else buckets

    def _stage_row(self, stream: int, level: int, buckets: Buckets) -> None:
        if len(buckets):
            row = (stream, level, int(buckets["first"][0]), int(buckets["last"][-1]), buckets.tobytes())
            self._stage("INSERT INTO buckets VALUES (?, ?, ?, ?, ?)", row)

    def table(self, name: str, step: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Stages the newest arrays under a name; those before are replaced."""
        self._stage("INSERT OR REPLACE INTO tables VALUES (?, ?, ?)", (name, step, tables.encode(arrays)))

    def event(self, step: int, kind: str, text: str) -> None:
        """Stages something to be marked on the curves."""
        row = (time.time(), step, kind, text)
        self._stage("INSERT INTO events (at, step, kind, text) VALUES (?, ?, ?, ?)", row)

    def ask(self, who: str, kind: str, key: str, value: str) -> None:
        """Stages a command of the trainer's own, which waits as those of others do."""
        row = (time.time(), who, kind, key, value)
        self._stage("INSERT INTO commands (at, who, kind, key, value) VALUES (?, ?, ?, ?, ?)", row)

    def answer(self, command: Command, status: str, step: int, text: str) -> None:
        """Stages what came of a command: ``applied`` or ``refused``."""
        row = (status, step, text, command.id)
        self._stage("UPDATE commands SET status = ?, step = ?, answer = ? WHERE id = ?", row)

    def configure(self, config: Mapping[str, Any]) -> None:
        """Stages the configuration as it is now, after live changes."""
        self._stage("UPDATE run SET config = ?", (json.dumps(config),))

    def status(self, status: Status) -> None:
        """Stages how the run stands, with a heartbeat."""
        self._stage(
            "UPDATE run SET state = ?, reason = ?, heartbeat = ?, step = ?, epoch = ?, progress = ?, steps_left = ?,"
            " steps_per_s = ?, elapsed = ?, latest = ?",
            (
                *(
                    status.state,
                    status.reason,
                    time.time(),
                    status.step,
                    status.epoch,
                    status.progress,
                    status.steps_left,
                ),
                *(status.steps_per_s, status.elapsed, json.dumps(status.latest)),
            ),
        )

    def claim(self) -> None:
        """Stages that this process is the one that trains."""
        self._stage("UPDATE run SET pid = ?, pid_started = ?", (os.getpid(), start_of(os.getpid())))

    def beat(self, doing: str = "") -> None:
        """Says at once that the trainer lives, and what it does meanwhile; what is staged stays staged."""
        with suppress(sqlite3.OperationalError), transaction(self._db):
            self._db.execute("UPDATE run SET heartbeat = ?, reason = ?", (time.time(), doing))

    @property
    def in_place(self) -> bool:
        """Whether the run folder still holds the database that this writes."""
        try:
            here = self._path.stat()
        except OSError:
            return False
        return (here.st_dev, here.st_ino) == self._identity

    def fail(self, reason: str) -> None:
        """Stages that the trainer broke down: state ``crashed``, everything else as it was."""
        self._stage("UPDATE run SET state = 'crashed', reason = ?, heartbeat = ?", (reason, time.time()))

    def _stage(self, statement: str, values: Sequence[Any]) -> None:
        self._staged.append((statement, values))

    def commit(self) -> None:
        """Writes everything staged, in one transaction. Raises ``sqlite3.OperationalError``."""
        with transaction(self._db):
            for statement, values in self._staged:
                self._db.execute(statement, values)
        self._staged.clear()

    def make_room(self) -> None:
        """Gives the disk back what the journal holds and the database has already, if there is room to do so."""
        with suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def waiting(self) -> list[Command]:
        """The commands nobody has answered, in the order they were given."""
        rows = self._db.execute(
            "SELECT id, at, who, kind, key, value FROM commands WHERE status = 'waiting' ORDER BY id LIMIT 1000"
        )
        return [Command(*row) for row in rows]

    def close(self) -> None:
        """Closes the connection; what was staged and not committed is lost."""
        self._db.close()


def _coarse(buckets: Buckets) -> Buckets:
    """The same steps in no more buckets than are kept of a branch."""
    level = 0
    while len(buckets) > BRANCH_BUCKETS:
        level += 1
        buckets = merge(buckets, level)
    return buckets
