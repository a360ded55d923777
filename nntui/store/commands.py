"""Asks something of a run: appends commands, reopens it for a new trainer, waits for the answer."""

from __future__ import annotations

import getpass
import math
import os
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from nntui.store import catalog
from nntui.store.records import Command
from nntui.store.schema import BUSY_SECONDS, DATABASE, RunError, changing, connect_reader, readable

#: What may be asked of a trainer: to give a knob a value, to turn it by so many rungs from where it is then, hold, go
#: on, do so many single steps, go back to a step, keep a checkpoint, end.
KINDS = ("set", "turn", "pause", "resume", "step", "rewind", "checkpoint", "stop")
#: Those that would hold or end a run: they were meant for the trainer that was at work then.
_HOLDING = ("pause", "step", "stop")
#: Whoever waits for an answer asks this often whether there is somebody to give it: that takes longer than to look.
ALIVE_SECONDS = 1.0

_COLUMNS = "id, at, who, kind, key, value, status, step, answer"


def asker() -> str:
    """Who asks: the user and, where there is one, the terminal."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = "someone"
    try:
        terminal = os.ttyname(sys.stdin.fileno()).removeprefix("/dev/")
    except (OSError, AttributeError, ValueError):
        return user
    return f"{user}@{terminal}"


def append(folder: Path, kind: str, key: str = "", value: str = "", *, patience: float = BUSY_SECONDS) -> int:
    """Appends one command and returns its id; others who write are waited for. Raises RunError."""
    with changing(folder, patience) as db:
        return _insert(db, kind, key, value)


def append_all(folder: Path, asked: Sequence[tuple[str, str, str]]) -> list[int]:
    """Appends several commands, kinds, keys and values, between which no other comes; as :func:`append`."""
    with changing(folder) as db:
        return [_insert(db, *command) for command in asked]


def reopen(folder: Path, asked: Sequence[tuple[str, str, str]] = ()) -> list[int]:
    """Puts a run that has ended back into state ``starting``, for a new trainer, with what this is asked to do first.

    What the last trainer, if it was killed, has left unanswered comes before, but for what would hold or end the run.
    ``asked`` are kinds, keys and values of commands, whose ids are returned. Raises RunError if it has a trainer.
    """
    with changing(folder) as db:
        with readable(folder / DATABASE):
            run = catalog.read_run(db, folder)
        if run.live:
            raise RunError(f"run {run.id} is {run.state}: it has a trainer already")
        db.execute(
            "UPDATE run SET state = 'starting', reason = '', pid = NULL, heartbeat = ?, host = ?",
            (time.time(), socket.gethostname()),
        )
        db.executemany(
            "UPDATE commands SET status = 'refused', step = ?, answer = 'the trainer ended before'"
            " WHERE status = 'waiting' AND kind = ?",
            [(run.step, kind) for kind in _HOLDING],
        )
        return [_insert(db, *command) for command in asked]


def _insert(db: sqlite3.Connection, kind: str, key: str, value: str) -> int:
    assert kind in KINDS, kind
    row = (time.time(), asker(), kind, key, value)
    number = db.execute("INSERT INTO commands (at, who, kind, key, value) VALUES (?, ?, ?, ?, ?)", row).lastrowid
    assert number is not None
    return number


def listed(folder: Path) -> list[Command]:
    """All commands, in the order they were given. Raises RunError."""
    with closing(connect_reader(folder)) as db, readable(folder / DATABASE):
        return [Command(*row) for row in db.execute(f"SELECT {_COLUMNS} FROM commands ORDER BY id")]


def wait(
    folder: Path, command: int, *, alive: Callable[[], bool], seconds: float = 30.0, pause: float = 0.02
) -> Command | None:
    """The command once it is answered; None when the trainer is gone or has not answered in time. Raises RunError."""
    limit, asked = time.monotonic() + seconds, -math.inf
    gone = False
    with closing(connect_reader(folder)) as db:
        while True:
            if time.monotonic() - asked >= ALIVE_SECONDS:
                asked, gone = time.monotonic(), not alive()
            with readable(folder / DATABASE):
                row = db.execute(f"SELECT {_COLUMNS} FROM commands WHERE id = ?", (command,)).fetchone()
            if row and row[6] != "waiting":
                return Command(*row)
            if gone or time.monotonic() > limit:
                return None
            time.sleep(pause)
