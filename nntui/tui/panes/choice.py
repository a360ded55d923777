"""The row that is chosen in the prediction pane, and which part of an order is in sight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Choice:
    """A row of the data in an order that is renewed while one looks at it.

    As long as the row is in sight it stays the chosen one; when a new order has put it elsewhere, the place is kept and
    the row that stands there now is chosen, so that nothing jumps.
    """

    def __init__(self) -> None:
        #: The positions of the rows, in order; that of the chosen one, -1 for none, and its place in the order.
        self.order: NDArray[np.int64] = np.empty(0, np.int64)
        self.row, self.place = -1, 0
        #: The first line of rows in sight, and how many rows are in a line, and lines in sight.
        self.first, self.across, self.down = 0, 1, 1
        self._follows = False

    def settle(self, order: NDArray[np.int64], across: int, down: int) -> NDArray[np.int64]:
        """Takes an order of rows, so many in a line and so many lines in sight; returns the rows in sight."""
        found = np.flatnonzero(order == self.row)
        start, end = self.first * self.across, (self.first + self.down) * self.across
        if len(found) and (self._follows or start <= found[0] < end):
            self.place = int(found[0])
        self.order, self.across, self.down, self._follows = order, across, max(1, down), False
        self.place = max(0, min(self.place, len(order) - 1))
        self.row = int(order[self.place]) if len(order) else -1
        line, lines = self.place // across, -(-len(order) // across)
        self.first = min(max(self.first, line - self.down + 1), line, max(0, lines - self.down))
        return order[self.first * across : (self.first + self.down) * across]

    def move(self, places: int) -> None:
        """Chooses the row so many places on."""
        self.go_to(self.place + places)

    def go_to(self, place: int) -> None:
        """Chooses the row at a place, or at the nearest that there is."""
        if len(self.order):
            self.place = max(0, min(place, len(self.order) - 1))
            self.choose(int(self.order[self.place]))

    def choose(self, row: int) -> None:
        """Chooses a row of the data; it is scrolled to."""
        self.row, self._follows = row, True

    def start_over(self) -> None:
        """The first row of the next order will be the chosen one."""
        self.row, self.place, self.first, self._follows = -1, 0, 0, False
