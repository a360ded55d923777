"""What all commands print with: tables, numbers, talk on stderr."""

from __future__ import annotations

import json
import math
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from nntui.errors import UserError
from nntui.files import replacing
from nntui.text import plain

#: Exit codes besides 0: the run failed; bad usage or input; Ctrl-C.
FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def has_terminal() -> bool:
    """Whether a person sits at both ends: keys from stdin, a screen on stdout; or at a browser, through pipes."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return True
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def talk(text: str) -> None:
    """One line on stderr, where it is not in the way of data."""
    typer.echo(plain(text), err=True)


def write_file(file: Path, data: bytes) -> None:
    """The whole file or nothing. Raises UserError."""
    try:
        with replacing(file) as out:
            out.write(data)
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None


def silence_stdout() -> None:
    """Sends what is still to come on stdout nowhere, so that Python does not fail again when it flushes at exit."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
    except OSError:
        pass


def line_of_json(values: object) -> str:
    """One line of strict JSON; NaN and infinity, which JSON cannot hold, become null."""
    return json.dumps(_finite(values))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return value


def number(value: object) -> str:
    """Four significant digits, or a dash where there is no number."""
    return f"{value:.4g}" if isinstance(value, (int, float)) else "-"


def memory(size: float) -> str:
    """``512 B``, ``3.4 KiB``, ``120 MiB``."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 99.5 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def duration(seconds: float) -> str:
    """``0:07``, ``12:30``, ``3:05:00``, ``4 d 03:10:00``."""
    minutes, second = divmod(int(max(0.0, seconds)), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour:02}:{minute:02}:{second:02}"
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def age(seconds: float) -> str:
    """How long ago, in one unit: ``5 s``, ``3 min``, ``7 h``, ``12 d``."""
    seconds = max(0.0, seconds)
    for unit, length, most in (("s", 1, 120), ("min", 60, 120), ("h", 3600, 48)):
        if seconds < length * most:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds // 86400)} d"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> str:
    """Columns, each as wide as its widest cell; those whose header is in the words of ``right`` align to the right."""
    lines = [[plain(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(_cells, column)) for column in zip(*lines, strict=True)]
    flush = [name in right.split() for name in header]
    return "\n".join(
        "  ".join(
            " " * (width - _cells(cell)) + cell if to_right else cell + " " * (width - _cells(cell))
            for cell, width, to_right in zip(line, widths, flush, strict=True)
        ).rstrip()
        for line in lines
    )


def _cells(text: str) -> int:
    """How many columns of a terminal the text fills."""
    if text.isascii():
        return len(text)
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
