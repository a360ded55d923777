"""Values of inputs as a person types them: one in a line, or several as ``x1=0.3, "petal width"=2``."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nntui.errors import UserError, closest
from nntui.terms import listed, quoted

#: What stands for a value that is missing.
MISSING = ("", "–", "-", "?")
_TERM = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<name>[^",=]*[^",=\s]))\s*=\s*(?P<value>[^\s,]*)\s*(?:,|$|(?<=\s))')
#: Names that an error lists at most.
_NAMES = 6


class TypedRowError(UserError):
    """A value that means nothing."""


def number(text: str, name: str) -> float:
    """A typed value; NaN for one that is missing. Raises TypedRowError."""
    text = text.strip()
    if text in MISSING:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise TypedRowError(
            f"{quoted(name)} = {quoted(text)}: must be a number, such as 0.5; nothing if missing"
        ) from None
    if not math.isfinite(value):
        raise TypedRowError(
            f"{quoted(name)} = {quoted(text)}: must be a finite number, such as 0.5; nothing if missing"
        )
    return value


def changed(text: str, names: Sequence[str], row: NDArray[np.float64]) -> NDArray[np.float64]:
    """A row of inputs (features,) with the values that were typed. Raises TypedRowError."""
    row, at, text = row.copy(), 0, text.strip()
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            rest = quoted(text[at:].strip())
            raise TypedRowError(f"{rest}: must be like x1=0.3, x2=1; a name with a comma or = in double quotes")
        name = found["quoted"] if found["quoted"] is not None else found["name"].strip()
        if name not in names:
            raise TypedRowError(f"{quoted(name)}: no such input{closest(name, names)}; inputs: {listed(names, _NAMES)}")
        row[names.index(name)] = number(found["value"], name)
        at = found.end()
    return row
