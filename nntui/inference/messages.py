"""What goes over the pipe: a line of JSON, and as many bytes of arrays as the line says. Nothing is executed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

from nntui.errors import UserError
from nntui.store import tables
from nntui.store.tables import Arrays

#: The longest line, the most bytes of arrays, and the most values that X can have.
MAX_LINE, MAX_BYTES, MAX_VALUES = 2**20, 16 * 2**20, 1_000_000

Facts = dict[str, Any]


class ProtocolError(UserError):
    """A request that cannot be read. ``lost``: nobody knows where the next one begins."""

    def __init__(self, text: str, *, lost: bool = False) -> None:
        super().__init__(text)
        self.lost = lost


def read(stream: BinaryIO) -> tuple[Facts, Arrays] | None:
    """The next message; None when there are no more. Raises ProtocolError."""
    line = stream.readline(MAX_LINE + 1)
    if not line.endswith(b"\n"):
        if len(line) > MAX_LINE:
            raise ProtocolError(f"a line of more than {MAX_LINE:,} bytes", lost=True)
        return None
    facts = _facts(line)
    length = facts.get("length", 0)
    if type(length) is not int or not 0 <= length <= MAX_BYTES:
        raise ProtocolError(f"length = {str(length)[:40]}: must be a whole number from 0 to {MAX_BYTES}", lost=True)
    data = stream.read(length)
    if len(data) < length:
        return None
    try:
        return facts, tables.decode(data) if data else {}
    except ValueError as error:
        raise ProtocolError(f"the arrays cannot be read: {one_line(error)}") from None


def _facts(line: bytes) -> Facts:
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"a line that is no JSON: {one_line(error)}", lost=True) from None
    if not isinstance(facts, dict):
        raise ProtocolError("a line that is no JSON object", lost=True)
    return facts


def encode(facts: Mapping[str, Any], arrays: Mapping[str, Any] | None = None) -> bytes:
    """A message as bytes."""
    data = tables.encode(arrays) if arrays else b""
    return json.dumps({**facts, "length": len(data)}).encode() + b"\n" + data


def one_line(error: object) -> str:
    """An error's text on one line, not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 500 else text[:497] + "..."
