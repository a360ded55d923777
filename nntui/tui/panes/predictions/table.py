"""The prediction table as lines: the number of a row, as many inputs as fit, and what the network answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rich.style import Style
from textual.strip import Strip

from nntui.store.records import RunRecord
from nntui.tui.panes.predictions.answers import ClassAnswers, Heading, NumberAnswers
from nntui.tui.panes.predictions.ranking import NUMBER, Order
from nntui.tui.picture import Arrays
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: Digits that every number of a row has room for; more when there are larger ones.
_DIGITS = 3
#: Rows whose values tell how wide a column is, and the cells of a heading at most.
_SAMPLE, _HEADING = 200, 9


class AnswerTable:
    """Columns of a width, and the lines made of them."""

    def __init__(
        self,
        run: RunRecord,
        rows: Arrays,
        answers: ClassAnswers | NumberAnswers,
        width: int,
        style: Callable[[str], Style],
    ) -> None:
        self._rows, self._answers, self._style, self._width = rows, answers, style, width
        self._digits = max(_DIGITS, len(str(int(rows["row"].max(initial=0)))))
        names = run.data["features"]
        room = width - self._digits - 1 - answers.claim(width - self._digits - 1)
        widths: list[int] = []
        some = rows["X"][:: max(1, len(rows["X"]) // _SAMPLE)]
        for name, column in zip(names, some.T, strict=False):
            widths.append(1 + max(min(len(name), _HEADING), *(len(input_text(x)) for x in column)))
            if sum(widths) > room:
                widths.pop()
                break
        answers.widen(room - sum(widths))
        self._widths = widths
        inputs = [Heading(str(i), str(name), wide) for i, (name, wide) in enumerate(zip(names, widths, strict=False))]
        self._headings = [*inputs, *answers.headings()]
        #: How many inputs have a column.
        self.inputs = len(widths)

    def heading(self, order: Order) -> Strip:
        """The names of the columns; a mark tells by which the rows are ordered."""
        text = f"{'row' + order.mark(NUMBER):>{self._digits + 1}}"
        for i, heading in enumerate(self._headings):
            text += heading.shown(order.mark(i if i < self.inputs else heading.by))
        return line((text[: self._width].ljust(self._width), self._style("quiet")))

    def column_at(self, x: int) -> str | int | None:
        """What the rows can be ordered by at a cell of the heading."""
        x -= self._digits + 1
        if x < 0:
            return NUMBER
        for i, heading in enumerate(self._headings):
            if x < heading.width:
                return i if i < self.inputs else heading.by or None
            x -= heading.width
        return None

    def row(self, i: int, chosen: Style | None) -> Strip:
        """A row of the data; one that is chosen has a style of its own and a mark."""
        base = chosen or Style.null()
        inputs = zip(self._rows["X"][i], self._widths, strict=False)
        X = "".join(" " + fit(input_text(x), wide - 1, right=True) for x, wide in inputs)
        number = str(int(self._rows["row"][i])).rjust(self._digits)
        first = ("▸" + number, base) if chosen else (" " + number, self._style("quiet"))
        parts = [
            (part, base) if isinstance(part, str) else (part[0], base + part[1]) for part in self._answers.cells(i)
        ]
        strip = line(first, (X, base), *parts)
        return strip.extend_cell_length(self._width, base) if chosen else strip


def input_text(value: float) -> str:
    """A raw input in few cells; a dash for one that is missing."""
    return "–" if np.isnan(value) else f"{value:.4g}"
