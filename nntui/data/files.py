"""Files that somebody else wrote: read without trust, and quoted so that an error stays one harmless line."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from nntui.data.dataset import DataError
from nntui.errors import closest

#: The longest that a message quotes of a text, and of a path.
QUOTE, PATH_QUOTE = 60, 100
#: How many names are searched for one like what was asked for.
SEARCHED = 1000


def quoted(value: object) -> str:
    """A value as a message quotes it: no character that a terminal obeys, and not too long."""
    text = repr(value[: QUOTE + 1] if isinstance(value, str) else value)
    return text if len(text) <= QUOTE else text[: QUOTE - 3] + "..."


def named(path: Path | str) -> str:
    """A path as a message names it; of a long one, the end."""
    text = str(path)
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= PATH_QUOTE else "..." + text[3 - PATH_QUOTE :]


def listed(values: Iterable[str], most: int = 5) -> str:
    """The first few of many texts, as a message lists them."""
    first = [quoted(value) for value in islice(values, most + 1)]
    return ", ".join(first[:most]) + (", ..." if len(first) > most else "")


def suggestion(found: str, names: Iterable[str]) -> str:
    """`` (did you mean height?)`` when one of the names is near, else nothing."""
    return closest(found, (name for name in islice(names, SEARCHED) if name.isprintable() and len(name) <= QUOTE))


def located(path: Path | str) -> Path:
    """The path with ``~`` replaced by the home directory."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises where there is no such home


def contents(path: Path | str, limit: int) -> bytes:
    """All bytes of an ordinary file of at most ``limit`` bytes. Raises DataError for anything else.

    A directory, a device or a pipe is refused before it is opened: opening a pipe would wait for its writer.
    """
    try:
        status = located(path).stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a directory" if stat.S_ISDIR(status.st_mode) else "a device, a pipe or a socket"
            raise DataError(f"{named(path)}: is {kind}, not a file")
        with located(path).open("rb") as file:
            # Asked for a number of bytes, Python makes room for as many.
            data = file.read() if status.st_size <= limit else b""
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{named(path)}: cannot be read: {reason(error)}") from None
    if max(status.st_size, len(data)) > limit:
        size = f"{max(status.st_size, len(data)) / 2**20:.0f} MiB"
        raise DataError(f"{named(path)}: has {size}; at most {limit / 2**20:.0f} MiB can be read")
    return data


def reason(error: Exception) -> str:
    """Why the system or a parser refused, in its own words without the path."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return quoted(words).strip("'\"") or type(error).__name__
