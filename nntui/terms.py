"""What the small languages that one types have in common: signs that compare, and how an error quotes and lists."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nntui.text import clip

#: How a value, or an array of them, compares to another.
COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
#: Characters of what an error quotes.
_QUOTED = 30


def quoted(text: str) -> str:
    """What was typed, or a name, short enough for an error."""
    return clip(text, _QUOTED)


def listed(names: Sequence[str], most: int) -> str:
    """The first of some names, and how many there are in all."""
    shown = ", ".join(map(quoted, names[:most]))
    return f"{shown}, … ({len(names):,} in all)" if len(names) > most else shown
