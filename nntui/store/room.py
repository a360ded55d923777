"""Whether a run waits for room on its disk.

Its trainer cannot write that into the database then. But an empty file needs a name alone, and still can be made.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

FILE = "no-room"

#: What SQLite says of a full disk, and of a quota or a limit that is reached.
_LACK = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_SHMSIZE,
)


def is_lack(error: sqlite3.Error) -> bool:
    """Whether something could not be written for lack of room."""
    return getattr(error, "sqlite_errorcode", 0) in _LACK


def tell(folder: Path, *, lacks: bool) -> None:
    """Has viewers know that there is none, or that there is some again; where that cannot be told, they see silence."""
    file = folder / FILE
    with suppress(OSError):
        if lacks:
            file.touch(mode=0o600)
        else:
            file.unlink(missing_ok=True)


def lacks(folder: Path) -> bool:
    """Whether its trainer, if it still has one, waits for room."""
    return (folder / FILE).exists()
