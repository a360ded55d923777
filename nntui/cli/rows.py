"""Rows to predict, from whatever a user has: a table, images, or values typed on the command line."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nntui.data import Column, DataError, Preparation, arrays, tables
from nntui.data.files import listed, named, quoted
from nntui.data.sources import ARRAYS, TEXTS
from nntui.data.targets import is_number
from nntui.errors import UserError

Array = NDArray[np.float64]

#: What stands for a table on stdin.
STDIN = "-"
#: The lightest value of a pixel in an image file.
LIGHTEST = 255.0


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """X (rows, features) as the run's data were measured; ``files`` names the image of each row, if they are images.

    ``source`` is what an error names.
    """

    X: Array
    source: str
    files: tuple[str, ...] = ()


def read(inputs: Sequence[str], preparation: Preparation, value_range: tuple[float, float] | None) -> Rows:
    """The rows that the arguments of a command say: a path, ``-`` for a table on stdin, or one value for each column.

    ``value_range`` is that of the pixels of the run's images. Raises UserError.
    """
    columns = preparation.columns
    if len(inputs) != 1 or (len(columns) == 1 and _is_value(inputs[0], columns[0])):
        return _values(inputs, preparation)
    if inputs[0] == STDIN:
        return _stdin(preparation)
    path = Path(inputs[0])
    if is_number(inputs[0]) and not path.exists():
        return _values(inputs, preparation)
    ending = path.suffix.lower()
    if preparation.image and ending not in ARRAYS + TEXTS:
        return _images(path, preparation.image, value_range or (0.0, LIGHTEST))
    if path.is_dir():
        raise UserError(f"{named(path)}: is a folder; this run takes a table with the columns {_names(columns)}")
    X = _arrays(path, preparation) if ending in ARRAYS else _table(tables.read(path), preparation)
    return Rows(X, named(path))


def _is_value(text: str, column: Column) -> bool:
    return text in column.levels if column.levels else is_number(_cell(text, column))


def _cell(text: str, column: Column) -> str:
    """A value without the blanks around it; a decimal comma becomes a point, as in tables."""
    pointed = text.strip().replace(",", ".", 1)
    return pointed if not column.levels and is_number(pointed) else text.strip()


def _names(columns: Sequence[Column]) -> str:
    return listed((column.name for column in columns), 12)


def _values(texts: Sequence[str], preparation: Preparation) -> Rows:
    """One row, its values in the order of the columns."""
    columns = preparation.columns
    if len(texts) != len(columns):
        count = f"{len(texts)} value{'s' if len(texts) > 1 else ''}"
        raise UserError(f"{count}: this run takes {len(columns)}: {_names(columns)}")
    parts = []
    for number, (text, column) in enumerate(zip(texts, columns, strict=True), 1):
        one = tables.Table(f"value {number}", (column.name,), headed=True, rows=[[_cell(text, column)]], lines=[1])
        try:
            parts.append(tables.encode([column], one))
        except DataError as error:
            raise UserError(str(error).replace(": line 1: ", ": ", 1)) from None
    X = np.hstack(parts)
    if gap := _gap(X, preparation):
        raise UserError(f"{gap[1]} has no value, and this run has learned none to put there")
    return Rows(X, "the values")


def _stdin(preparation: Preparation) -> Rows:
    """A table from stdin: it is kept in a file while it is read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "stdin.csv")
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        try:
            return Rows(_table(tables.read(path), preparation), "stdin")
        except DataError as error:
            raise UserError(str(error).replace(named(path), "stdin")) from None


def _table(table: tables.Table, preparation: Preparation) -> Array:
    """The features of a table's rows. Raises DataError, also for a missing value that nothing stands for."""
    X = tables.encode(preparation.columns, table)
    if gap := _gap(X, preparation):
        line = table.lines[gap[0]]
        raise DataError(f"{table.path}: line {line}, {gap[1]} has no value, and this run has learned none to put there")
    return X


def _arrays(path: Path, preparation: Preparation) -> Array:
    """The inputs in an NPZ file, called as training has them. Raises DataError."""
    X = arrays.read_inputs(path)
    if X.shape[1] != len(preparation.features):
        found = f"the inputs have {X.shape[1]} features"
        raise DataError(f"{named(path)}: {found}; this run takes {len(preparation.features)}")
    if gap := _gap(X, preparation):
        raise DataError(f"{named(path)}: row {gap[0] + 1}, {gap[1]} has no value, and this run has learned none")
    return X


def _gap(X: Array, preparation: Preparation) -> tuple[int, str] | None:
    """Row and column of the first value that is missing and that nothing stands for."""
    gaps = np.argwhere(np.isnan(X) & np.isnan(preparation.fill))
    if not len(gaps):
        return None
    row, feature = gaps[0].tolist()
    owners = [column.name for column in preparation.columns for _ in column.features]
    return row, f"column {quoted(owners[feature])}"


def _images(path: Path, image: tuple[int, int, int], value_range: tuple[float, float]) -> Rows:
    """An image file or all in a folder, their pixels in the range that the run has learned."""
    from nntui.data import images

    files, (low, high) = images.files(path), value_range
    X = images.read(files, image=image) * ((high - low) / LIGHTEST) + low
    return Rows(X, named(path), tuple(file.name if file == path else str(file.relative_to(path)) for file in files))
