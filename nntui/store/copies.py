"""A whole run taken elsewhere: a copy beside it, or one file that can be carried to another machine."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import tempfile
import time
import zipfile
import zlib
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

from nntui.files import replacing
from nntui.store.catalog import open_run
from nntui.store.folder import CHECKPOINTS, LOG, drafted, new_id
from nntui.store.records import RunRecord
from nntui.store.schema import (
    CONFIG,
    DATABASE,
    SCHEMA,
    RunError,
    connect_reader,
    connect_writer,
    readable,
    transaction,
)
from nntui.text import plain

#: How a file may be packed; nntui export does the latter.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: All that reading a file that is damaged, or made up, may raise.
_FAULTS = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError)
#: What a file may become at most: so many files, and so many times its own size, besides what is free.
MOST_FILES, MOST_RATIO, FREE_BYTES = 1000, 100, 64 * 2**20
_SUFFIX = ".safetensors"


def copy(source: Path, runs: Path, *, name: str, at: int | None = None) -> Path:
    """Another run, stopped, which is as this one is now, its checkpoints included. Raises RunError.

    It tells that it was forked from this one ``at`` a step, or where it is if that is None or not so far.
    """
    run_id = new_id()
    with drafted(runs, run_id) as draft:
        for checkpoint in (source / CHECKPOINTS).glob(f"*{_SUFFIX}"):
            with suppress(FileNotFoundError):  # an old one may go meanwhile
                _link(checkpoint, draft / CHECKPOINTS / checkpoint.name)
        _copy_database(source, draft / DATABASE)  # after them: it has to tell all that they hold
        shutil.copyfile(source / CONFIG, draft / CONFIG)
        with closing(connect_writer(draft)) as db, transaction(db):
            _settle(db)
            _tell_origin(db, run_id, name, at)
    return runs / run_id


def pack(source: Path, file: Path) -> None:
    """Writes a run into a new ZIP file, as it is now, whole or not at all. Raises RunError, OSError."""
    with (
        replacing(file) as out,
        tempfile.TemporaryDirectory(prefix=".new-", dir=file.parent) as beside,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed,
    ):
        packed.comment = f"nntui run {open_run(source).id}".encode()
        for path in (CONFIG, LOG):
            if (source / path).is_file():
                packed.write(source / path, path)
        for checkpoint in sorted((source / CHECKPOINTS).glob(f"*{_SUFFIX}")):
            with suppress(FileNotFoundError):
                packed.write(checkpoint, f"{CHECKPOINTS}/{checkpoint.name}")
        database = Path(beside) / DATABASE
        _copy_database(source, database)  # after them: it has to tell all that they hold
        packed.write(database, DATABASE)


def unpack(file: Path, runs: Path) -> tuple[Path, RunRecord]:
    """The run of a ZIP file, as a new folder, which is never put over another. Raises RunError.

    Nothing in the file is trusted: not its names, sizes or kinds of entries, nor what the database would do by itself.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            entries, run_id = _entries(file, packed), _id_of(file, packed)
            if (runs / run_id).exists():
                raise RunError(f"{file}: run {run_id} is here already; nntui rm {run_id} would make room for it")
            with drafted(runs, run_id) as draft:
                for entry in entries:
                    with packed.open(entry) as inside, _new(draft / entry.filename) as outside:
                        shutil.copyfileobj(inside, outside)
                try:
                    _check(draft, run_id)
                    open_run(draft)
                except RunError as error:
                    raise RunError(f"{file}: {str(error).removeprefix(f'{draft / DATABASE}: ')}") from None
    except _FAULTS as error:
        told = (isinstance(error, OSError) and error.strerror) or " ".join(str(error).split()) or "it ends too early"
        raise RunError(f"{file}: cannot be read: {told}") from None
    return runs / run_id, open_run(runs / run_id)


def _copy_database(source: Path, target: Path) -> None:
    """What is committed at this moment; whoever writes goes on meanwhile."""
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(connect_reader(source)) as db, closing(sqlite3.connect(target)) as copied, readable(source / DATABASE):
        db.backup(copied)


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where that cannot be; none is ever written into."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        target.touch(mode=0o600)
        shutil.copyfile(source, target)


def _settle(db: sqlite3.Connection) -> None:
    """A copy has no trainer, and what was asked of the other one is not asked of it."""
    db.execute(
        "UPDATE run SET state = 'stopped', pid = NULL, host = '' WHERE state IN ('starting', 'running', 'paused')"
    )
    db.execute("UPDATE commands SET status = 'refused', answer = 'asked of another run' WHERE status = 'waiting'")


def _tell_origin(db: sqlite3.Connection, run_id: str, name: str, at: int | None) -> None:
    """Makes a copy a run of its own, which knows where it comes from."""
    origin, origin_name, step = db.execute("SELECT id, name, step FROM run").fetchone()
    step, now = step if at is None else min(at, step), time.time()
    db.execute(
        "UPDATE run SET id = ?, name = ?, created = ?, origin = ?, origin_step = ?", (run_id, name, now, origin, step)
    )
    text = f"forked from {origin_name} ({origin}) at step {step:,}"
    db.execute("INSERT INTO events (at, step, kind, text) VALUES (?, ?, 'state', ?)", (now, step, text))


def _entries(file: Path, packed: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """What is to be unpacked. Raises RunError for anything that no run has."""
    entries = [entry for entry in packed.infolist() if not entry.is_dir()]
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES or size > MOST_RATIO * file.stat().st_size + FREE_BYTES:
        raise RunError(f"{file}: would become {len(entries):,} files of {size:,} bytes, which no run does")
    names = [entry.filename for entry in entries]
    for entry in entries:
        folder, _, name = entry.filename.rpartition("/")
        known = name in (DATABASE, CONFIG, LOG) if not folder else folder == CHECKPOINTS and name.endswith(_SUFFIX)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if not known or name.startswith(".") or "\\" in name or "\0" in name or kind not in (0, stat.S_IFREG):
            raise RunError(f"{file}: holds {plain(entry.filename[:80])}, which is nothing that a run has")
        if entry.header_offset < 0:
            raise RunError(f"{file}: cannot be read: its directory is damaged")
        if entry.compress_type not in _METHODS:
            raise RunError(f"{file}: {plain(entry.filename)} is packed in another way than nntui export does it")
    if DATABASE not in names or len(set(names)) < len(names):
        raise RunError(f"{file}: holds no run ({DATABASE} is missing, or something is there twice)")
    return entries


def _id_of(file: Path, packed: zipfile.ZipFile) -> str:
    """The id that the run had, which the file says in its comment. Raises RunError."""
    found = re.fullmatch(rb"nntui run ([a-z0-9]{1,32})", packed.comment)
    if not found:
        raise RunError(f"{file}: not made by nntui export")
    return found[1].decode()


def _new(path: Path) -> IO[bytes]:
    """A file that nobody else reads, in the place of an empty one if there is one."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _check(draft: Path, run_id: str) -> None:
    """Whether a database is the one of that run, undamaged, and made of tables alone. Raises RunError."""
    with closing(connect_writer(draft)) as db, readable(draft / DATABASE):
        # First of all: a trigger would act as soon as something is written.
        if _tables(db) != _expected():
            raise ValueError("its tables are not those of a run")
        if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise ValueError("it is damaged")
        if db.execute("SELECT id FROM run").fetchall() != [(run_id,)]:
            raise ValueError("it is another run than the file says")
        with transaction(db):
            _settle(db)


def _tables(db: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Kind, name and definition of everything in a database but what SQLite makes by itself."""
    return set(db.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT GLOB 'sqlite_*'"))


def _expected() -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        return _tables(db)
