"""Runs beside each other in figures: how each ended, and in what their configurations differ."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from nntui.store.records import RunRecord
from nntui.tui import keymap
from nntui.tui.panes.runs.columns import Column, Reading, columns, symbol
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

_LEAST_NAME, _MOST_NAME = 8, 24
#: Pointer, number, line and state before the name, with the blanks between them.
_BEFORE = 10
_GAP = 2
HIDDEN = "off"


class Compared(NamedTuple):
    """A line of the table: its number from 0, the runs in it, and how it is drawn; nothing when it is hidden."""

    number: int
    name: str
    runs: Sequence[RunRecord]
    symbol: str
    style: Style
    reading: Reading = None


class Comparison(RowList):
    """A line a run: its figures, then each knob that is not the same in all; sorted by any of them."""

    can_focus = False  # the keys are the screen's
    PLACE: ClassVar = keymap.COMPARE
    BINDINGS: ClassVar = []

    class Sorted(Message):
        """The table is in another order, or shows other columns."""

    def __init__(self) -> None:
        super().__init__(id="comparison")
        self._compared: dict[str, Compared] = {}
        self._columns: list[Column] = []
        self._from = 0  # the first column that is shown
        #: The name of the column by which the table is sorted, "" for the order in which the runs were given.
        self.order, self.reversed = "", False

    def compare(self, compared: Sequence[Compared], place: str = "") -> None:
        """These lines; with a ``place``, with what the chart's cursor reads there."""
        self._compared = {str(one.number): one for one in compared}
        readings = [one.reading for one in compared] if place else None
        names = [column.name for column in self._columns]
        self._columns = columns([one.runs for one in compared], readings, place) if compared else []
        self._from = max(0, min(self._from, len(self._columns) - 1))
        self._sort()
        if self.order and [column.name for column in self._columns] != names:
            self._bring(self.order)

    @property
    def number(self) -> int | None:
        """The number of the chosen line."""
        return int(self.chosen) if self.chosen else None

    # The order

    def sort(self, name: str) -> None:
        """Sorts by a column, the best or the least first; by the same again, the other way round."""
        self.reversed = name == self.order and not self.reversed
        self.order = name
        self._sort()
        self._bring(name)

    def action_order(self) -> None:
        """Sorts by the next column; after the last one as the runs were given."""
        names = ["", *(column.name for column in self._columns)]
        here = names.index(self.order) if self.order in names else 0
        self.order, self.reversed = names[(here + 1) % len(names)], False
        self._sort()
        self._bring(self.order)

    def action_reverse(self) -> None:
        """The order the other way round."""
        self.reversed = not self.reversed
        self._sort()

    def _sort(self) -> None:
        ids = list(self._compared)
        column = next((column for column in self._columns if column.name == self.order), None)
        if column is not None:
            keys = dict(zip(ids, column.keys, strict=True))
            ids.sort(key=keys.__getitem__, reverse=self.reversed)
        elif self.reversed:
            ids.reverse()
        self.fill(ids)

    # The columns

    def action_columns(self, by: int) -> None:
        """Shows the columns further to the right, or to the left."""
        self._from = max(0, min(self._from + by, len(self._columns) - 1))
        self.redraw()

    def _bring(self, name: str) -> None:
        """Has a column in sight."""
        place = next((place for place, column in enumerate(self._columns) if column.name == name), 0)
        self._from = min(self._from, place)
        while self._from < place and place >= self._from + len(self._fitting(self.size.width)):
            self._from += 1
        self.redraw()

    def _name_width(self) -> int:
        """As much as the longest takes, if the first column has its room, too."""
        longest = max((cell_len(one.name) for one in self._compared.values()), default=0)
        first = self._columns[self._from].width + _GAP if self._columns else 0
        return max(_LEAST_NAME, min(_MOST_NAME, longest, self.size.width - _BEFORE - first))

    def _fitting(self, width: int) -> list[Column]:
        """The columns for which there is room, from the first that is shown on."""
        room = width - _BEFORE - self._name_width()
        ends = accumulate(column.width + _GAP for column in self._columns[self._from :])
        fitting = sum(1 for end in ends if end <= room)
        return self._columns[self._from : self._from + max(1, fitting)]

    @property
    def columns_text(self) -> str:
        """How many columns there are on either side of those that are shown."""
        shown = len(self._fitting(self.size.width))
        left, right = self._from, len(self._columns) - self._from - shown
        return " ".join(text for text in (f"◂{left}" if left else "", f"{right}▸" if right > 0 else "") if text)

    # The lines

    def heading(self, width: int) -> Strip:
        """The names of the columns, and the sign of the order."""
        texts = [
            fit(f"{column.name}{self._sign(column)}", column.width, right=column.right)
            for column in self._fitting(width)
        ]
        before = " " * _BEFORE + fit("name", self._name_width())
        return line((before + "".join(" " * _GAP + text for text in texts), self.tone("heading")))

    def _sign(self, column: Column) -> str:
        return "" if column.name != self.order else "▲" if self.reversed else "▼"

    def row(self, row_id: str, width: int, base: Style) -> Strip:
        """Pointer, number, line and state of a run, its name, and as many columns as there is room for."""
        one = self._compared[row_id]
        place = list(self._compared).index(row_id)
        quiet = self.tone("quiet")
        text_style = base if one.symbol else base + quiet
        parts: list[tuple[str, Style]] = [
            ("▸" if row_id == self.chosen else " ", base),
            (f"{one.number + 1:>2} ", base + quiet),
            (f"{one.symbol:<3}" if one.symbol else HIDDEN, base + (one.style if one.symbol else quiet)),
            (f" {symbol(one.runs)} ", text_style),
            (fit(one.name, self._name_width()), text_style),
        ]
        for column in self._fitting(width):
            cell = column.cells[place]
            best = Style(bold=True) if cell.endswith("*") else Style()
            parts += [(" " * _GAP, base), (fit(cell, column.width, right=column.right), text_style + best)]
        return line(*parts)

    def redraw(self) -> None:
        """The lines in sight."""
        super().redraw()
        self.post_message(self.Sorted())

    def on_click(self, event: Click) -> None:
        """A click on the name of a column sorts by it; others are the list's."""
        offset = event.get_content_offset_capture(self)
        if offset.y == 0:
            event.prevent_default()
            left = _BEFORE + self._name_width()
            for column in self._fitting(self.size.width):
                left += _GAP + column.width
                if offset.x < left:
                    self.sort(column.name)
                    break
