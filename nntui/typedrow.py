"""Values of inputs as a person types them: one in a line, or several as ``x1=0.3, "petal width"=2``."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nntui.errors import UserError, closest

#: What stands for a value that is missing.
MISSING = ("", "–", "-", "?")
_TERM = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<name>[^",=]*[^",=\s]))\s*=\s*(?P<value>[^\s,]*)\s*(?:,|$|(?<=\s))')
_QUOTED = 30


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
        raise TypedRowError(f"{_cut(name)} = {_cut(text)}: must be a number, such as 0.5; nothing if missing") from None
    if not math.isfinite(value):
        raise TypedRowError(f"{_cut(name)} = {_cut(text)}: must be a finite number, such as 0.5; nothing if missing")
    return value


def changed(text: str, names: Sequence[str], row: NDArray[np.float64]) -> NDArray[np.float64]:
    """A row of inputs (features,) with the values that were typed. Raises TypedRowError."""
    row, at, text = row.copy(), 0, text.strip()
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            rest = _cut(text[at:].strip())
            raise TypedRowError(f"{rest}: must be like x1=0.3, x2=1; a name with a comma or = in double quotes")
        name = found["quoted"] if found["quoted"] is not None else found["name"].strip()
        if name not in names:
            raise TypedRowError(f"{_cut(name)}: no such input{closest(name, names)}; inputs: {_listed(names)}")
        row[names.index(name)] = number(found["value"], name)
        at = found.end()
    return row


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(_cut(name) for name in names[:6])
    return f"{shown}, … ({len(names):,} in all)" if len(names) > 6 else shown


def _cut(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
