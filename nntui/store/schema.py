"""The tables of ``run.db`` and how it is opened: by its one writer, by readers, by those who append a command."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from nntui.errors import UserError

DATABASE = "run.db"
CONFIG = "config.toml"
APPLICATION_ID = 0x6E6E7475  # "nntu"
FORMAT = 2
BUSY_SECONDS = 5.0

#: The level under which the newest, unfinished bucket of a stream is kept.
TAIL = -1
#: Later than any step.
FOREVER = 2**62

SCHEMA = """
CREATE TABLE run (
    id TEXT NOT NULL, name TEXT NOT NULL, preset TEXT NOT NULL, title TEXT NOT NULL,
    created REAL NOT NULL, config TEXT NOT NULL,
    host TEXT NOT NULL DEFAULT '', pid INTEGER, pid_started REAL,
    layers TEXT NOT NULL DEFAULT '[]', data TEXT NOT NULL DEFAULT '{}',
    state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    heartbeat REAL NOT NULL, step INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0,
    progress REAL NOT NULL DEFAULT 0, steps_left INTEGER NOT NULL DEFAULT 0,
    steps_per_s REAL NOT NULL DEFAULT 0, elapsed REAL NOT NULL DEFAULT 0,
    latest TEXT NOT NULL DEFAULT '{}', branches INTEGER NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '', archived INTEGER NOT NULL DEFAULT 0,
    -- The id of the run that it was forked from, if it was, and the step.
    origin TEXT NOT NULL DEFAULT '', origin_step INTEGER NOT NULL DEFAULT 0
);
-- A stream is a set of series recorded together, at the same steps.
CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, series TEXT NOT NULL, level INTEGER NOT NULL);
-- Rows of consecutive buckets of 2^level steps, as packed records; see pyramid.bucket_type.
CREATE TABLE buckets (
    stream INTEGER NOT NULL REFERENCES stream(id), level INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE UNIQUE INDEX buckets_by_step ON buckets (stream, level, first);
-- The newest predictions and the like: named arrays in the safetensors format.
CREATE TABLE tables (name TEXT PRIMARY KEY, step INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE commands (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL,
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting', step INTEGER, answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX commands_by_status ON commands (status, id);
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, step INTEGER NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL,
    -- The branch that was given up with it; 0 for what led to where the run is.
    branch INTEGER NOT NULL DEFAULT 0
);
-- What was given up when the run went back from step ``last`` to ``step``: its series, coarse, as packed buckets.
CREATE TABLE branches (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, step INTEGER NOT NULL, last INTEGER NOT NULL, data BLOB NOT NULL
);
"""


class RunError(UserError):
    """A run that cannot be found, read or written."""


def connect_reader(folder: Path) -> sqlite3.Connection:
    """A connection that cannot write. Raises RunError when the folder holds no run this version can read."""
    return _connect(folder, "ro")


def connect_writer(folder: Path, patience: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection that writes, and waits so many seconds for others who do.

    Transactions are opened by :func:`transaction`. Raises RunError.
    """
    db = _connect(folder, "rw", patience)
    db.execute("PRAGMA synchronous = NORMAL")
    return db


def _connect(folder: Path, mode: str, patience: float = BUSY_SECONDS) -> sqlite3.Connection:
    path = folder / DATABASE
    with readable(path):
        if not path.is_file():
            raise RunError(f"{folder}: holds no run ({DATABASE} is missing)")
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))  # SQLite would not say why
        if mode == "ro" and not os.access(folder, os.W_OK) and not (folder / f"{DATABASE}-wal").exists():
            mode = "ro&immutable=1"  # an archive: not even SQLite's index of the journal can be made there
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=patience)
    try:
        with readable(path):
            _check(db, path)
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turns whatever a damaged or unreadable database makes go wrong inside into a RunError of one line."""
    try:
        yield
    except (OSError, sqlite3.Error, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise RunError(f"{path}: cannot be read{_cause(error)}") from None


def _cause(error: Exception) -> str:
    """What is wrong, after "cannot be read"; the bytes that SQLite could not decode are of no use to anybody."""
    text = " ".join(str((isinstance(error, OSError) and error.strerror) or error).split())
    undecoded = text.startswith("Could not decode")
    if isinstance(error, OSError) or (isinstance(error, sqlite3.OperationalError) and not undecoded):
        return f": {text}"  # its disk, or somebody who holds it
    return ": damaged" if undecoded else f": damaged: {text}"


def _check(db: sqlite3.Connection, path: Path) -> None:
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise RunError(f"{path}: not a run of nntui")
    if version != FORMAT:
        raise RunError(f"{path}: format {version}; this nntui reads format {FORMAT}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Everything inside is written at once or not at all; waits its turn when another writer is at work."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def changing(folder: Path, patience: float = BUSY_SECONDS) -> Iterator[sqlite3.Connection]:
    """One transaction on a run; another who writes it is waited for as many seconds as there is ``patience``.

    Raises RunError.
    """
    with closing(connect_writer(folder, patience)) as db:
        try:
            with transaction(db):
                yield db
        except sqlite3.Error as error:
            raise RunError(f"{folder / DATABASE}: cannot be written: {error}") from None
