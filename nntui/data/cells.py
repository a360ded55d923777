"""The cells of a table as features: numbers as they are, categories one-hot, missing ones NaN."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.data.dataset import MAX_FEATURES, Column, DataError
from nntui.data.files import listed, quoted, suggestion
from nntui.data.targets import LARGEST, MAX_NAME, is_number, to_numbers

#: The most numbers in a table (2 GB).
MAX_NUMBERS = 2**28
#: The most levels of a categorical column, and the most numbers among them: with more, it is numbers with a slip.
MAX_LEVELS, MAX_NUMBER_LEVELS = 100, 20
#: With this share of numbers a column is numbers with a slip; so many levels may be new in every second row.
MOST, FEW_LEVELS = 0.8, 10
#: Numbers as people write them, which no program reads alike.
_WRITTEN = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)? ?%)")
#: Cells that say that there is no value.
MISSING = frozenset(("", "NA", "Na", "na", "N/A", "n/a", "NaN", "nan", "NAN", "NULL", "Null", "null", "?", "-"))

#: The cells of one column: texts, or the numbers that all of them are.
Cells = Sequence[str] | NDArray[np.float64]


def parsed(cells: Cells) -> Cells:
    """The numbers that the cells are; the texts, if one is missing or not a finite number."""
    numbers = cells if isinstance(cells, np.ndarray) else to_numbers(cells)
    return cells if numbers is None or not np.all(np.abs(numbers) <= LARGEST) else numbers


def absent(texts: Sequence[str]) -> list[int]:
    """The rows that have no value. Beside + a - is one."""
    tokens = MISSING - {"-"} if "+" in texts else MISSING
    return [row for row, text in enumerate(texts) if text in tokens]


def inferred(where: str, name: str, cells: Cells, lines: Sequence[int]) -> Column:
    """What a column holds: numbers, or the levels of a category. ``lines`` are those of its rows. Raises DataError."""
    if isinstance(cells, np.ndarray):
        return Column(name)
    gaps = set(absent(cells))
    values = [(row, text) for row, text in enumerate(cells) if row not in gaps]
    levels = sorted({text for _, text in values})
    plain = {level for level in levels if is_number(level)}
    if len(plain) == len(levels):
        return Column(name)
    where = f"{where}: column {quoted(name)}"
    near = plain | {level for level in levels if _WRITTEN.fullmatch(level)}
    if len(plain) > MAX_NUMBER_LEVELS or sum(text in near for _, text in values) >= MOST * len(values):
        row, text = next((row, text) for row, text in values if text not in plain)
        raise DataError(
            f"{where}: line {lines[row]}: {quoted(text)} is not a number, as most of the column is; "
            "numbers are written like 1234.5"
        )
    if len(levels) > min(MAX_LEVELS, max(FEW_LEVELS, len(values) / 2)):
        raise DataError(
            f"{where}: has {len(levels)} different texts in {len(values)} rows ({listed(levels, 3)}); a category has "
            f"at most {MAX_LEVELS}, and two rows for each; leave the column out of the file"
        )
    longest = max(levels, key=len)
    if len(longest) > MAX_NAME:
        raise DataError(f"{where}: {quoted(longest)} is longer than the {MAX_NAME} characters of a category")
    return Column(name, tuple(levels))


def features_of(
    where: str, columns: Sequence[Column], cells: Sequence[Cells], lines: Sequence[int]
) -> NDArray[np.float64]:
    """The features that the cells of each column become, shape (rows, features). Raises DataError."""
    width = sum(len(column.features) for column in columns)
    if width > MAX_FEATURES or width * len(lines) > MAX_NUMBERS:
        raise DataError(
            f"{where}: becomes {len(lines)} x {width} numbers; at most {MAX_FEATURES} features "
            f"and {MAX_NUMBERS} numbers can be held"
        )
    X = np.empty((len(lines), width))
    start = 0
    for column, values in zip(columns, cells, strict=True):
        place, end = f"{where}: column {quoted(column.name)}", start + len(column.features)
        X[:, start:end] = (
            _one_hot(place, column.levels, values, lines) if column.levels else _measured(place, values, lines)
        )
        start = end
    return X


def _measured(where: str, cells: Cells, lines: Sequence[int]) -> NDArray[np.float64]:
    """Cells as numbers in one column, NaN where one is missing. Raises DataError."""
    cells = parsed(cells)
    if isinstance(cells, np.ndarray):
        return cells.reshape(-1, 1)
    numbers = np.full((len(cells), 1), np.nan)
    for row, text in enumerate(cells):
        if text in MISSING:
            continue
        if not is_number(text) or not abs(float(text)) <= LARGEST:
            found = f"line {lines[row]}: {quoted(text)}"
            raise DataError(f"{where}: {found} is not a finite number up to {LARGEST:g}")
        numbers[row] = float(text)
    return numbers


def _one_hot(where: str, levels: Sequence[str], cells: Cells, lines: Sequence[int]) -> NDArray[Any]:
    """Cells as 1 in the column of their level and 0 in the others, NaN where one is missing. Raises DataError."""
    places = dict.fromkeys(MISSING, len(levels)) | {level: place for place, level in enumerate(levels)}
    rows = np.vstack([np.eye(len(levels)), np.full(len(levels), np.nan)])
    for row, text in enumerate(cells):
        if text not in places:
            found = f"line {lines[row]}: {quoted(text)} is none of its values"
            raise DataError(f"{where}: {found}: {listed(levels, 4)}{suggestion(text, levels)}")
    return rows[[places[text] for text in cells]]
