"""What goes over a pipe to the process that answers, and back: a line of JSON, and as many bytes of arrays as it says.

Both sides take what comes as data alone: nothing in it is executed, and its size is bounded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nntui.errors import UserError
from nntui.store import tables
from nntui.store.tables import Arrays

#: The longest line, and the most bytes of arrays.
MAX_LINE, MAX_BYTES = 4 * 2**20, 32 * 2**20
#: The longest text of an error.
MAX_TEXT = 500

Facts = dict[str, Any]


class PipeError(UserError):
    """What cannot be read. ``lost``: nobody knows where the next message begins."""

    def __init__(self, text: str, *, lost: bool = False) -> None:
        super().__init__(text)
        self.lost = lost


def read(stream: BinaryIO) -> tuple[Facts, Arrays] | None:
    """The next message; None when there are no more, or only a part of one. Raises PipeError."""
    line = stream.readline(MAX_LINE + 1)
    if len(line) > MAX_LINE:
        raise PipeError(f"a line of more than {MAX_LINE:,} bytes", lost=True)
    if not line.endswith(b"\n"):
        return None
    facts, length = facts_of(line)
    data = stream.read(length)
    return (facts, arrays_of(data)) if len(data) == length else None


def facts_of(line: bytes) -> tuple[Facts, int]:
    """What a line says, and how many bytes of arrays follow it. Raises PipeError."""
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise PipeError(f"a line that is no JSON: {one_line(error)}", lost=True) from None
    if not isinstance(facts, dict):
        raise PipeError("a line that is no JSON object", lost=True)
    length = facts.get("length", 0)
    if type(length) is not int or not 0 <= length <= MAX_BYTES:
        raise PipeError(f"length = {one_line(length)}: must be a whole number from 0 to {MAX_BYTES}", lost=True)
    return facts, length


def arrays_of(data: bytes) -> Arrays:
    """The arrays in so many bytes. Raises PipeError."""
    try:
        return tables.decode(data) if data else {}
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # also of types that NumPy does not have
        raise PipeError(f"the arrays cannot be read: {one_line(error)}") from None


def words(found: Iterable[str]) -> NDArray[np.uint8]:
    """Words as an array, for those that are too many for a line."""
    return np.frombuffer(json.dumps(list(found)).encode(), np.uint8)


def words_of(array: NDArray[np.uint8]) -> tuple[str, ...]:
    """The words back from :func:`words`. Raises ValueError for other bytes."""
    found = json.loads(array.tobytes())
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise ValueError("no list of words")
    return tuple(found)


def encode(facts: Mapping[str, Any], arrays: Arrays) -> bytes:
    """A message as bytes."""
    data = tables.encode(arrays) if arrays else b""
    return json.dumps({**facts, "length": len(data)}).encode() + b"\n" + data


def one_line(found: object) -> str:
    """Any text, as an error's is, on one line and not too long."""
    text = " ".join(str(found).split()) or type(found).__name__
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
