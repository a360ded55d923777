"""A viewer's side of the run folder: bounded reads, each finished at once, and no way to write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from nntui.store import tables
from nntui.store.catalog import read_run
from nntui.store.pyramid import Buckets, bucket_type, join, merge
from nntui.store.records import Command, Curve, Event, RunRecord
from nntui.store.schema import DATABASE, FOREVER, TAIL, connect_reader, readable

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Stream:
    number: int
    name: str
    series: tuple[str, ...]
    level: int


def _told(
    method: Callable[Concatenate[Reader, Arguments], Result],
) -> Callable[Concatenate[Reader, Arguments], Result]:
    """The method, with damage told as RunError."""

    @wraps(method)
    def read(self: Reader, /, *arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        with readable(self.path):
            return method(self, *arguments, **options)

    return read


class Reader:
    """One open run. Every method raises RunError when the database is damaged or gone.

    With ``until``, curves and events end at that step, as they did when the run was there. Where that step is no longer
    told from those that came soon after it, the last bucket holds those too. Not safe to share between threads.
    """

    def __init__(self, folder: Path, until: int = FOREVER) -> None:
        self.path = folder / DATABASE
        self._until = until
        self._db = connect_reader(folder)
        self._version = -1

    def close(self) -> None:
        """Closes the connection."""
        self._db.close()

    @_told
    def changed(self) -> bool:
        """Whether anything was committed since the last call that said so; the first call always does."""
        version: int = self._db.execute("PRAGMA data_version").fetchone()[0]
        changed, self._version = version != self._version, version
        return changed

    @_told
    def run(self) -> RunRecord:
        """The run's own row."""
        return read_run(self._db, self.path.parent)

    @_told
    def config(self) -> dict[str, Any]:
        """The run's configuration as it is now, after live changes; without a look at its trainer."""
        found: dict[str, Any] = json.loads(self._db.execute("SELECT config FROM run").fetchone()[0])
        return found

    @_told
    def branches(self) -> int:
        """How often the run went back to an earlier step."""
        found: int = self._db.execute("SELECT branches FROM run").fetchone()[0]
        return found

    @_told
    def series(self) -> tuple[str, ...]:
        """The names of all metrics recorded so far."""
        return tuple(name for stream in self._streams() for name in stream.series)

    def _streams(self) -> list[_Stream]:
        rows = self._db.execute("SELECT id, name, series, level FROM stream ORDER BY id")
        return [_Stream(number, name, _names(series), level) for number, name, series, level in rows]

    @_told
    def curves(self, names: Iterable[str], first: int, last: int, buckets: int) -> dict[str, Curve]:
        """Metrics over the steps ``first`` to ``last`` inclusive, each in at most about ``buckets`` buckets.

        Names nobody recorded are left out. One spike of one step is in ``low`` or ``high``, however wide the range.
        """
        wanted, found, last = list(names), dict[str, Curve](), min(last, self._until)
        with self.snapshot():
            for stream in self._streams():
                here = [name for name in wanted if name in stream.series]
                if here:
                    data = self._buckets(stream, max(first, 0), last, max(1, buckets))
                    found |= {name: _curve(name, data, stream.series.index(name)) for name in here}
        return {name: found[name] for name in wanted if name in found}

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside is of one moment; may be nested. To be left soon: meanwhile the log file grows."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _buckets(self, stream: _Stream, first: int, last: int, wanted: int) -> Buckets:
        """From the coarsest level that is fine enough; what is not finished there, from the finer ones."""
        level = stream.level
        while (last >> level) - (first >> level) >= wanted:
            level += 1
        kind = bucket_type(len(stream.series))
        position, parts = first, []
        for step_down in (*range(level, stream.level - 1, -1), TAIL):
            blobs = self._db.execute(
                "SELECT data FROM buckets WHERE stream = :stream AND level = :level AND first <= :last AND first >="
                " coalesce((SELECT max(first) FROM buckets WHERE stream = :stream AND level = :level"
                " AND first <= :first), 0) ORDER BY first",
                {"stream": stream.number, "level": step_down, "first": position, "last": last},
            )
            part: Buckets = np.frombuffer(b"".join(blob for (blob,) in blobs), kind)
            part = part[(part["last"] >= position) & (part["first"] <= last)]
            if step_down > stream.level:
                part = part[part["last"] <= self._until]
            if len(part):
                parts.append(part)
                position = int(part["last"][-1]) + 1
        return merge(join(parts), level) if parts else np.empty(0, kind)

    @_told
    def given_up(self, most: int) -> list[dict[str, Curve]]:
        """The series of the newest branches that were given up when the run went back, coarse, the newest first."""
        kinds = {stream.name: stream.series for stream in self._streams()}
        found = []
        for (blob,) in self._db.execute("SELECT data FROM branches ORDER BY id DESC LIMIT ?", (most,)):
            curves: dict[str, Curve] = {}
            for name, packed in tables.decode(blob).items():
                series = kinds.get(name, ())
                data: Buckets = np.frombuffer(packed.tobytes(), bucket_type(len(series)))
                curves |= {one: _curve(one, data, place) for place, one in enumerate(series)}
            found.append(curves)
        return found

    @_told
    def newest(self) -> dict[str, float]:
        """The last value of every metric that has one, NaN included."""
        values: dict[str, float] = {}
        for stream in self._streams():
            row = self._db.execute(
                "SELECT data FROM buckets WHERE stream = ? AND level IN (?, ?) AND first <= ?"
                " ORDER BY first DESC LIMIT 1",
                (stream.number, stream.level, TAIL, self._until),
            ).fetchone()
            if row is not None:
                data: Buckets = np.frombuffer(row[0], bucket_type(len(stream.series)))
                final = data[data["first"] <= self._until][-1]["final"]
                values |= dict(zip(stream.series, final.tolist(), strict=True))
        return values

    @_told
    def events(self, after: int = 0, limit: int = 2000) -> list[Event]:
        """Events of a higher id than ``after``, in order; of more than ``limit``, the newest."""
        rows = self._db.execute(
            "SELECT id, at, step, kind, text, branch FROM events WHERE id > ? AND step <= ? ORDER BY id DESC LIMIT ?",
            (after, self._until, limit),
        )
        return [Event(*row) for row in reversed(rows.fetchall())]

    @_told
    def commands(self, limit: int = 1000) -> list[Command]:
        """The newest commands, in the order they were given."""
        rows = self._db.execute(
            "SELECT id, at, who, kind, key, value, status, step, answer FROM commands ORDER BY id DESC LIMIT ?",
            (limit,),
        )
        return [Command(*row) for row in reversed(rows.fetchall())]

    @_told
    def table_step(self, name: str) -> int | None:
        """The step of the newest arrays under a name; None before there are any."""
        row = self._db.execute("SELECT step FROM tables WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    @_told
    def table_version(self, name: str) -> int | None:
        """What is another number whenever the arrays under a name have been written; None before there are any."""
        row = self._db.execute("SELECT rowid FROM tables WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    @_told
    def table(self, name: str) -> tuple[int, tables.Arrays] | None:
        """The newest arrays under a name and their step; None before there are any."""
        row = self._db.execute("SELECT step, data FROM tables WHERE name = ?", (name,)).fetchone()
        return None if row is None else (row[0], tables.decode(row[1]))


@lru_cache(maxsize=64)
def _names(series: str) -> tuple[str, ...]:
    """The names of a stream's series, which never change."""
    return tuple(json.loads(series))


def _curve(name: str, data: Buckets, column: int) -> Curve:
    values = {key: data[key][:, column].copy() for key in ("low", "high", "mean", "final")}
    steps = {key: data[key].copy() for key in ("first", "last", "count")}
    return Curve(name, **steps, **values, bad=data["bad"][:, column].astype(np.int64))
