"""Transactions are all or nothing, and wait for each other."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from nntui.store import schema


def count(run: Path) -> int:
    with closing(schema.connect_reader(run)) as db:
        return int(db.execute("SELECT count(*) FROM events").fetchone()[0])


def insert_and_fail(db: sqlite3.Connection, error: type[BaseException]) -> None:
    with schema.transaction(db):
        db.execute(INSERT)
        raise error


INSERT = "INSERT INTO events (at, step, kind, text) VALUES (0, 0, 'state', '')"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_fails_half_way_is_undone(error: type[BaseException], run: Path) -> None:
    with closing(schema.connect_writer(run)) as db:
        with pytest.raises(error):
            insert_and_fail(db, error)
        assert not db.in_transaction
        with schema.transaction(db):
            db.execute(INSERT)
    assert count(run) == 1


def test_a_writer_waits_its_turn(run: Path) -> None:
    begun = threading.Event()

    def second() -> None:
        with closing(schema.connect_writer(run)) as db:
            begun.set()
            with schema.transaction(db):
                db.execute(INSERT)

    with closing(schema.connect_writer(run)) as db:
        thread = threading.Thread(target=second)
        with schema.transaction(db):
            db.execute(INSERT)
            thread.start()
            begun.wait()
            assert count(run) == 0
        thread.join()
    assert count(run) == 2


def test_the_log_of_a_run_is_ahead_of_it(run: Path) -> None:
    """WAL lets readers and the writer work at once; NORMAL spares a flush of the disk a commit."""
    with closing(schema.connect_writer(run)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (1,)
