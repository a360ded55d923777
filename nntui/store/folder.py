"""Makes a run folder, names what lies in it, and removes it."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import tomli_w

from nntui import paths
from nntui.store.schema import APPLICATION_ID, CONFIG, DATABASE, FORMAT, SCHEMA, RunError, changing

LOG = "trainer.log"
CHECKPOINTS = "checkpoints"

#: A draft older than this is nobody's.
LEFT_SECONDS = 3600.0
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else


def create(runs: Path, *, name: str, preset: str, config: dict[str, Any]) -> Path:
    """A new run folder in state ``starting``, complete or not there at all. Raises RunError."""
    run_id = new_id()
    with drafted(runs, run_id) as draft:
        (draft / CONFIG).write_text(tomli_w.dumps(config), encoding="utf-8")
        _create_database(draft, run_id, name or preset, preset, config)
    return runs / run_id


def new_id() -> str:
    """An id that no other run has."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))


def checkpoint_fault(name: str) -> str:
    """What is wrong with a name for a checkpoint; nothing when it can be one, or there is none."""
    if len(name) <= 40 and re.fullmatch(r"[\w-]*", name, re.ASCII):
        return ""
    return "a name must be at most 40 letters, digits, - and _"


@contextmanager
def drafted(runs: Path, run_id: str) -> Iterator[Path]:
    """A folder to be filled inside, with empty files in it; it is a run afterwards. Raises RunError.

    It has another name until it is whole, so that nobody ever sees half a run, and is gone if that fails.
    """
    _sweep(runs)
    draft = runs / f".new-{run_id}-{secrets.token_hex(4)}"
    try:
        paths.make(runs)
        for new in (draft, draft / CHECKPOINTS):
            new.mkdir(mode=0o700)
        for file in (CONFIG, LOG, DATABASE):
            (draft / file).touch(mode=0o600)
        yield draft
        if (runs / run_id).exists():
            raise RunError(f"{runs / run_id}: is already there")
        draft.rename(runs / run_id)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not isinstance(error, (OSError, sqlite3.Error)):
            raise
        detail = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise RunError(f"{runs}: cannot make a run here: {detail}; NNTUI_HOME can name another folder") from None


def _sweep(runs: Path) -> None:
    """Removes what was left by someone who died while making or removing a run."""
    for left in (*runs.glob(".new-*"), *runs.glob(".gone-*")):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(left)


def _create_database(folder: Path, run_id: str, name: str, preset: str, config: dict[str, Any]) -> None:
    db = sqlite3.connect(folder / DATABASE, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        # Only a draft yet; to wait for the disk after each of these statements could take a quarter of a second.
        db.execute("PRAGMA synchronous = OFF")
        db.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}; {SCHEMA}")
        now = time.time()
        db.execute(
            "INSERT INTO run (id, name, preset, title, created, config, host, state, heartbeat)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'starting', ?)",
            (run_id, name, preset, config.get("title", ""), now, json.dumps(config), socket.gethostname(), now),
        )
    finally:
        db.close()


def set_process(folder: Path, pid: int, started: float) -> None:
    """Records which process trains: its id and when it started, so that a later process of the same id is not it.

    Raises RunError.
    """
    with changing(folder) as db:
        db.execute("UPDATE run SET pid = ?, pid_started = ?, heartbeat = ?", (pid, started, time.time()))


def label(folder: Path, **labels: str | bool) -> None:
    """Changes what a person calls a run: its ``name``, its ``note``, whether it is ``archived``. Raises RunError."""
    assert labels.keys() <= {"name", "note", "archived"}
    with changing(folder) as db:
        for name, value in labels.items():
            db.execute(f"UPDATE run SET {name} = ?", (value,))


def size(folder: Path) -> int:
    """How many bytes of the disk a run takes; a checkpoint that it shares with a fork counts for both."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def remove(folder: Path) -> None:
    """Deletes a run folder: it vanishes at once under its own name, then its files go. Raises RunError."""
    doomed = folder.with_name(f".gone-{folder.name}")
    try:
        folder.rename(doomed)
        shutil.rmtree(doomed)
    except OSError as error:
        raise RunError(f"{folder}: cannot be removed: {error.strerror or error}") from None
