"""The small language by which rows of a prediction table are picked: ``wrong test class=3 x1>0.5 "petal width"<=2``.

Terms stand apart by blanks, and all of them must hold. A term is a word, or a field compared to a number or to the name
of a class. A name with blanks, or one that is a word of the language, stands in double quotes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.errors import UserError, closest
from nntui.terms import COMPARE, listed, quoted

Mask = NDArray[np.bool_]
Array = NDArray[Any]

#: Names that an error lists at most.
_NAMES = 12
_TERM = re.compile(
    r"""\s*(?:"(?P<quoted>[^"]*)"|(?P<name>[^\s"<>=!]+))"""
    r"""(?:\s*(?P<sign><=|>=|!=|=|<|>)\s*(?:"(?P<text>[^"]*)"|(?P<value>[^\s"<>=!]*)))?(?=\s|$)"""
)


class RowFilterError(UserError):
    """A term that means nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What can be asked of so many rows.

    ``words`` says of which rows a word holds. ``numbers`` has the values of a field, (rows,); ``classes`` those of a
    field that names classes: the number of each row's class, and the classes' names. ``inputs`` are the names of the
    columns of ``X`` (rows, inputs); where one is called like a field, it has to be quoted.
    """

    words: Mapping[str, Mask]
    numbers: Mapping[str, Array]
    classes: Mapping[str, tuple[Array, tuple[str, ...]]]
    inputs: tuple[str, ...]
    X: Array

    @property
    def fields(self) -> tuple[str, ...]:
        """What can be compared, the inputs last."""
        return (*self.classes, *self.numbers, *self.inputs)

    def input(self, name: str) -> Array | None:
        """The column of an input, if there is one of this name."""
        return self.X[:, self.inputs.index(name)] if name in self.inputs else None


def pick(text: str, rows: Rows) -> Mask:
    """Of which rows all terms hold; an empty text picks every row. Raises RowFilterError."""
    mask = np.ones(len(rows.X), np.bool_)
    text = text.strip()
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise RowFilterError(_unreadable(text[at:].strip()))
        mask &= _holds(found, rows)
        at = found.end()
    return mask


def _unreadable(rest: str) -> str:
    if rest.count('"') % 2:
        return f"{quoted(rest)}: the quote is not closed"
    return f"{quoted(rest)}: not a term; terms are like wrong, x1>0.5 or class=3, set apart by blanks"


def _holds(found: re.Match[str], rows: Rows) -> Mask:
    name, sign = found["quoted"] if found["quoted"] is not None else found["name"], found["sign"]
    value = found["text"] if found["text"] is not None else found["value"]
    is_quoted = found["quoted"] is not None
    if sign is None:
        return _word(name, rows, is_quoted)
    if not is_quoted and name in rows.classes:
        return _class_test(name, sign, value, *rows.classes[name])
    values = rows.input(name) if is_quoted or name not in rows.numbers else rows.numbers[name]
    if values is None:
        raise RowFilterError(
            f"{quoted(name)}: no such field{closest(name, rows.fields)}; fields: {listed(rows.fields, _NAMES)}"
        )
    return np.asarray(COMPARE[sign](values, _number(name, sign, value)))


def _word(name: str, rows: Rows, is_quoted: bool) -> Mask:
    if not is_quoted and name in rows.words:
        return rows.words[name]
    if name in rows.fields:
        raise RowFilterError(f"{quoted(name)}: say how it compares, such as {quoted(name)}>0.5")
    known = (*rows.words, *rows.fields)
    raise RowFilterError(
        f"{quoted(name)}: no such word{closest(name, known)}; words: {', '.join(rows.words)}; "
        f"fields: {listed(rows.fields, _NAMES)}"
    )


def _class_test(name: str, sign: str, value: str, which: Array, names: tuple[str, ...]) -> Mask:
    if sign not in ("=", "!="):
        raise RowFilterError(f"{name}{sign}: {name} is a class, so write {name}= or {name}!=")
    if not value:
        raise RowFilterError(f"{name}{sign}: say which: {listed(names, _NAMES)}")
    wanted = value.casefold()
    folded = [known.casefold() for known in names]
    found = [i for i, known in enumerate(folded) if known == wanted]
    found = found or [i for i, known in enumerate(folded) if known.startswith(wanted)]
    if not found:
        raise RowFilterError(f"{name}{sign}{quoted(value)}: classes: {listed(names, _NAMES)}{closest(value, names)}")
    return np.asarray(np.isin(which, found) == (sign == "="))


def _number(name: str, sign: str, value: str) -> float:
    if not value:
        raise RowFilterError(f"{quoted(name)}{sign}: say how much, such as {quoted(name)}{sign}0.5")
    share = value.endswith("%")
    try:
        number = math.nan if "_" in value else float(value.removesuffix("%"))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RowFilterError(f"{quoted(name)}{sign}{quoted(value)}: must be a number, such as 0.5 or 50%")
    return number / (100 if share else 1)
