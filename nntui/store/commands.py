"""Appends commands to a run, and waits for the trainer's answer."""

from __future__ import annotations

import getpass
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

from nntui.store.records import Command
from nntui.store.schema import BUSY_SECONDS, RunError, connect_reader, connect_writer, transaction

#: What may be asked of a trainer: to turn a knob, hold, go on, do so many single steps, go back to a step, keep a
#: checkpoint, end.
KINDS = ("set", "pause", "resume", "step", "rewind", "checkpoint", "stop")


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
    """Appends one command and returns its id. Raises RunError when the folder cannot be written.

    Another who writes is waited for as many seconds as there is ``patience``.
    """
    db = connect_writer(folder, patience)
    try:
        with transaction(db):
            return insert(db, kind, key, value)
    except sqlite3.Error as error:
        raise RunError(f"{folder}: the command could not be written: {error}") from None
    finally:
        db.close()


def insert(db: sqlite3.Connection, kind: str, key: str, value: str) -> int:
    """The same as a part of somebody's transaction."""
    assert kind in KINDS, kind
    row = (time.time(), asker(), kind, key, value)
    number = db.execute("INSERT INTO commands (at, who, kind, key, value) VALUES (?, ?, ?, ?, ?)", row).lastrowid
    assert number is not None
    return number


def wait(
    folder: Path, command: int, *, alive: Callable[[], bool], seconds: float = 30.0, pause: float = 0.02
) -> Command | None:
    """The command once it is answered; None when the trainer is gone or has not answered in time."""
    limit = time.monotonic() + seconds
    db = connect_reader(folder)
    try:
        while True:
            gone = not alive()
            row = db.execute(
                "SELECT id, at, who, kind, key, value, status, step, answer FROM commands WHERE id = ?", (command,)
            ).fetchone()
            if row and row[6] != "waiting":
                return Command(*row)
            if gone or time.monotonic() > limit:
                return None
            time.sleep(pause)
    finally:
        db.close()
