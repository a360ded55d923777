"""What lies over the curves of a chart: marked events, values that are not finite, the cursor and its box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rich.cells import cell_len

from nntui.text import plain
from nntui.tui.widgets.raster import Raster
from nntui.tui.widgets.scale import XAxis

#: Owners of cells that belong to no curve (see `Raster.owner`).
NOTHING, MARK, SYMBOL, BAD, CURSOR, BOX = -1, -2, -3, -4, -5, -6
#: The symbol of the first curve in the box; those of the others have owners below it.
FIRST_IN_BOX = -10

#: Texts of one line, each with the owner that gives its style.
Line = Sequence[tuple[str, int]]


class Mark(NamedTuple):
    """An event to be shown on a chart: at which step, by which one-cell symbol, and in words."""

    step: int
    symbol: str
    label: str


def draw_marks(canvas: Raster, marks: Sequence[Mark], axis: XAxis, dots: int) -> None:
    """Put marks on the canvas: a line behind the curves, the symbol on top, the label where it has room.

    Of several marks in a column the last one is shown.
    """
    codes, owner = canvas.codes, canvas.owner
    columns = codes.shape[1]
    start, end = axis.window
    by_column = {
        axis.cell(mark.step, columns, dots): mark
        for mark in sorted(marks, key=lambda mark: mark.step)
        if start <= mark.step <= end > start
    }
    for column in by_column:
        free = owner[:, column] == NOTHING
        codes[free, column], owner[free, column] = ord("┊"), MARK
    places = [*by_column, columns]
    for (column, mark), following in zip(by_column.items(), places[1:], strict=True):
        codes[0, column], owner[0, column] = ord((plain(mark.symbol) or "┊")[0]), SYMBOL
        label = plain(mark.label)
        room = slice(column + 1, column + 2 + len(label))
        if label and room.stop <= following and cell_len(label) == len(label) and (owner[0, room] == NOTHING).all():
            codes[0, room.start : room.stop - 1] = [ord(char) for char in label]
            owner[0, room.start : room.stop - 1] = MARK


def draw_tags(canvas: Raster, tags: Sequence[str]) -> None:
    """Put the tag of each curve, a few characters, on its line, as far to the right as no other tag stands."""
    columns = canvas.codes.shape[1]
    taken = np.zeros(canvas.codes.shape, dtype=np.bool_)
    for number, tag in enumerate(tags):
        rows, lefts = np.nonzero(canvas.owner == 2 * number)
        for place in np.argsort(-lefts, kind="stable").tolist():
            row, left = int(rows[place]), min(int(lefts[place]), columns - len(tag))
            room = slice(left, left + len(tag))
            # A blank on either side keeps the numbers of neighbours apart.
            if tag and left >= 0 and not taken[row, max(0, left - 1) : room.stop + 1].any():
                canvas.codes[row, room], canvas.owner[row, room] = [ord(char) for char in tag], 2 * number
                taken[row, room] = True
                break


def draw_bad(canvas: Raster) -> None:
    """Mark, in the lowest row, the columns in which a value was not finite."""
    canvas.codes[-1, canvas.bad], canvas.owner[-1, canvas.bad] = ord("✗"), BAD


def draw_cursor(canvas: Raster, column: int) -> None:
    """Draw a line through a column, over bands and marks and under the curves."""
    owner = canvas.owner[:, column]
    under = (owner < 0) | (owner % 2 == 1)
    under[0] &= owner[0] != SYMBOL
    canvas.codes[under, column], owner[under] = ord("│"), CURSOR


def draw_box(canvas: Raster, lines: Sequence[Line], avoid: int) -> None:
    """Put a box of text into the corner of the canvas where it hides least, beside the column `avoid` if it can."""
    height, width = len(lines), 2 + max(_width(line) for line in lines)
    rows, columns = canvas.codes.shape
    if width > columns or height > rows:
        return
    hidden = np.where(canvas.owner >= 0, np.where(canvas.owner % 2 == 0, 4, 1), np.where(canvas.owner <= BAD, 2, 0))
    corners = [(top, left) for top in (0, rows - height) for left in (columns - width, 0)]

    def cost(corner: tuple[int, int]) -> tuple[bool, int]:
        top, left = corner
        covers = left - 1 <= avoid <= left + width
        return covers, int(hidden[top : top + height, left : left + width].sum())

    top, left = min(corners, key=cost)
    for y, line in enumerate(lines, start=top):
        text = "".join(text for text, _ in line).ljust(width - 2)
        canvas.codes[y, left : left + width] = [ord(char) for char in f" {text} "]
        canvas.owner[y, left : left + width] = BOX
        x = left + 1
        for text, owner in line:
            canvas.owner[y, x : x + len(text)] = owner
            x += len(text)


def narrow(text: str) -> str:
    """The text, made plain, in which every character is a cell wide."""
    return "".join(char if cell_len(char) == 1 else "□" for char in plain(text))


def _width(line: Line) -> int:
    return sum(len(text) for text, _ in line)
