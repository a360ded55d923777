"""How the prediction pane words what a network answers: a class with its probability, or numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from nntui import outcomes
from nntui.store.records import RunRecord
from nntui.tui.panes.numbers import bar, figure
from nntui.tui.picture import Arrays
from nntui.tui.widgets.text import fit

Array = NDArray[Any]
Part = str | tuple[str, Style]


class Heading(NamedTuple):
    """What stands above a column: what the rows can be ordered by there, its words, and its cells with a blank."""

    by: str
    text: str
    width: int

    def shown(self, mark: str = "") -> str:
        """The words right-aligned in the column's cells, a mark behind them."""
        return " " + fit(fit(self.text, self.width - 1 - len(mark)).rstrip() + mark, self.width - 1, right=True)


#: A bar is not worth drawing with fewer cells, and needs no more.
LEAST_BAR, MOST_BAR = 4, 8
#: The names of classes get as many cells in a table, and as many more where there is room to spare.
_NAME_WIDTH, _LONG_NAME_WIDTH = 9, 16
#: A probability and the mark behind it, with the blanks before them; a number of a regression.
_FIGURE_WIDTH, _MARK_WIDTH, _NUMBER_WIDTH = 7, 2, 9


class ClassAnswers:
    """Target and, where there are more than two classes, prediction; a probability as number and bar; right or wrong.

    The probability is that of the second of two classes, else that of the predicted class. Where the network's output
    is no probability, it is told as it is.
    """

    #: Outputs that have no column.
    left_out = ""

    def __init__(self, run: RunRecord, rows: Arrays, P: Array, style: Callable[[str], Style]) -> None:
        task, T = run.data.get("task", "binary"), rows["T"]
        self._style = style
        self._right = outcomes.right(P, T, task)
        names = [str(name) for name in run.data["classes"]]
        if task == "multi-class":
            predicted = P.argmax(axis=1)
            self._columns = [(run.data["target"], T.argmax(axis=1)), ("predicted", predicted)]
            self._shown = np.take_along_axis(P, predicted[:, None], axis=1)[:, 0]
        else:
            self._columns = [(run.data["target"], (T[:, 0] >= 0.5).astype(int))]
            self._shown = P[:, 0]
        is_probability = not run.layers or run.layers[-1].activation != "identity"
        #: What the figure is called.
        self.figure = "P" if is_probability else "output"
        #: What the rows can be ordered by: its words, and the values (rows,).
        self.sortable: dict[str, tuple[str, Array]] = {
            by: (heading, which) for by, (heading, which) in zip(("target", "predicted"), self._columns, strict=False)
        }
        self.sortable["answer"] = (self.figure, self._shown)
        self._names = names
        self._longest = max(map(len, names), default=0)
        self._name_width = self._bar_width = 0

    def claim(self, width: int) -> int:
        """The cells that a row needs at least, of a width that it can have."""
        columns = len(self._columns)
        room = width - _FIGURE_WIDTH - _MARK_WIDTH
        self._bar_width = LEAST_BAR if room - LEAST_BAR - 1 >= columns * (1 + min(self._longest, _NAME_WIDTH)) else 0
        room -= self._bar_width + bool(self._bar_width)
        self._name_width = max(1, min(room // columns, 1 + max(5, min(self._longest, _NAME_WIDTH))))
        return width - room + columns * self._name_width

    def widen(self, spare: int) -> None:
        """Takes cells that nobody else needs."""
        wanted = min(max(self._longest, *(len(heading) for heading, _ in self._columns)), _LONG_NAME_WIDTH)
        more = max(0, min(spare // len(self._columns), 1 + wanted - self._name_width))
        self._name_width += more
        if self._bar_width:
            self._bar_width = min(MOST_BAR, self._bar_width + spare - more * len(self._columns))

    def headings(self) -> list[Heading]:
        """What stands above the columns."""
        wide = self._name_width
        short = {"predicted": "pred"} if wide <= len("predicted") + 1 else {}
        names = [
            Heading(by, short.get(name, name), wide)
            for by, (name, _) in zip(("target", "predicted"), self._columns, strict=False)
        ]
        return [*names, Heading("answer", self.figure, _FIGURE_WIDTH)]

    def cells(self, i: int) -> list[Part]:
        """The columns of a row."""
        names = "".join(" " + fit(self.name(which[i]), self._name_width - 1, right=True) for _, which in self._columns)
        parts: list[Part] = [names, " " + self._figure(i)]
        if self._bar_width:
            parts += [" ", self._bar(i, self._bar_width)]
        return [*parts, self._mark(i)]

    def card(self, i: int, width: int) -> list[list[Part]]:
        """Three lines beside an image."""
        target, *predicted = (self.name(which[i]) for _, which in self._columns)
        first: list[Part] = [self._mark(i), fit(f" {target}", width - _MARK_WIDTH)]
        if not predicted:
            word = " P" if self.figure == "P" else ""
            return [first, [fit(f"{word} {self._figure(i).strip()}", width)], self._card_bar(i, 1, width)]
        figure_width = 7
        return [
            first,
            [fit(f" → {predicted[0]}", width)],
            [fit(f" {self._figure(i).strip()}", figure_width), *self._card_bar(i, 0, width - figure_width)],
        ]

    def _card_bar(self, i: int, indent: int, width: int) -> list[Part]:
        wide = min(MOST_BAR, width - indent - 1)
        return [" " * indent, self._bar(i, wide), " " * (width - indent - wide)]

    def said(self, i: int) -> str:
        """Target and answer of a row in words."""
        target = self.name(int(self._columns[0][1][i]))
        answer = f"{self.figure} {self._figure(i).strip()}"
        if len(self._columns) > 1:
            return f"target {target} · predicted {self.name(int(self._columns[1][1][i]))} · {answer}"
        return f"target {target} · {answer}"

    def mark(self, i: int) -> Part:
        """Whether a row is right, by a sign and its colour."""
        return self._mark(i)

    def _figure(self, i: int) -> str:
        """Six cells; an output that is no probability may need a power of ten."""
        text = f"{self._shown[i]:6.3f}"
        return text if len(text) <= _FIGURE_WIDTH - 1 else f"{self._shown[i]:6.0e}"

    def name(self, which: int) -> str:
        """What a class is called."""
        return self._names[which] if which < len(self._names) else str(which)

    def _bar(self, i: int, width: int) -> Part:
        return bar(float(self._shown[i]), width), self._style("bar")

    def _mark(self, i: int) -> Part:
        return (" ✓", self._style("right")) if self._right[i] else (" ✗", self._style("wrong"))

    def summary(self) -> str:
        """How many are right."""
        return f"{int(self._right.sum()):,}/{len(self._right):,} right"


class NumberAnswers:
    """Target, prediction and error of as many outputs as there is room for."""

    def __init__(self, run: RunRecord, rows: Arrays, P: Array, style: Callable[[str], Style]) -> None:
        T = rows["T"]
        self._style = style
        self._names = [str(name) for name in run.data.get("outputs") or (run.data["target"],)]
        self._r2 = outcomes.r2(P, T)
        self._columns = [
            (heading, values, sign, _decimals(T[:, k]))
            for k, name in enumerate(self._names[: T.shape[1]])
            for heading, values, sign in ((name, T[:, k], ""), ("pred", P[:, k], ""), ("error", P[:, k] - T[:, k], "+"))
        ]
        self.sortable: dict[str, tuple[str, Array]] = {
            "target": (self._names[0], T[:, 0]),
            "predicted": ("predicted", P[:, 0]),
        }
        self._count = len(self._columns)
        self._width = _NUMBER_WIDTH

    @property
    def left_out(self) -> str:
        """Outputs that have no column."""
        shown, all_of_them = -(-self._count // 3), len(self._columns) // 3
        return f" · {shown}/{all_of_them} outputs" if shown < all_of_them else ""

    def claim(self, width: int) -> int:
        """The cells that a row needs at least, of a width that it can have."""
        fitting = min(len(self._columns), width // _NUMBER_WIDTH)
        self._count = max(1, fitting - fitting % 3 if fitting > 3 else fitting)
        return self._count * _NUMBER_WIDTH

    def widen(self, spare: int) -> None:
        """Takes cells that nobody else needs."""
        self._width = _NUMBER_WIDTH + min(3, spare // self._count)

    def headings(self) -> list[Heading]:
        """What stands above the columns; the rows are ordered by the first output."""
        names = [name for name, *_ in islice(self._columns, self._count)]
        full = {"pred": "predicted"} if self._width > len("predicted") else {}
        orders = ("target", "predicted", "worst", *[""] * len(names))
        return [Heading(by, full.get(name, name), self._width) for by, name in zip(orders, names, strict=False)]

    def cells(self, i: int) -> list[Part]:
        """The columns of a row."""
        columns = islice(self._columns, self._count)
        return [_steady(float(values[i]), sign, decimals, self._width) for _, values, sign, decimals in columns]

    def card(self, i: int, width: int) -> list[list[Part]]:
        """Three lines beside an image, on the first output."""
        words = ("is", "said", "off")
        return [
            [fit(f" {word:4}{_steady(float(values[i]), sign, decimals, 8)}", width)]
            for word, (_, values, sign, decimals) in zip(words, self._columns, strict=False)
        ]

    def said(self, i: int) -> str:
        """Target, answer and error of a row in words, of the first output."""
        target, predicted, error = (_bare(float(values[i]), sign) for _, values, sign, _ in self._columns[:3])
        return f"{self._names[0]} {target} · predicted {predicted} · error {error}"

    def mark(self, i: int) -> Part:
        """A number is neither right nor wrong."""
        return ""

    def summary(self) -> str:
        """How much of the targets is explained."""
        return "R² –" if math.isnan(self._r2) else f"R² {figure(self._r2, 0)}"


def answers_of(run: RunRecord, rows: Arrays, P: Array, style: Callable[[str], Style]) -> ClassAnswers | NumberAnswers:
    """The answers of a run, as its task is."""
    kind = NumberAnswers if run.data.get("task", "binary") == "regression" else ClassAnswers
    return kind(run, rows, P, style)


def _bare(value: float, sign: str) -> str:
    text = figure(value, 0)
    return f"+{text}" if sign and value >= 0 else text


def _decimals(values: Array) -> int | None:
    """Decimals that show four digits of the largest of the values; None where only a power of ten would do."""
    sizes = np.abs(values[np.isfinite(values)])
    largest = float(sizes.max()) if len(sizes) else 0.0
    if not 1e-3 <= largest < 99_999.5:
        return None
    return max(0, 3 - math.floor(math.log10(largest)))


def _steady(value: float, sign: str, decimals: int | None, width: int) -> str:
    """A number right-aligned, its decimal point where those of the other rows are, if it fits."""
    text = f"{value:{sign}.{decimals}f}" if decimals is not None and math.isfinite(value) else ""
    return text.rjust(width) if 0 < len(text) < width else figure(value, width)
