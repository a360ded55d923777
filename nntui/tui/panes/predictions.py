"""The prediction table: what the network says of each row, the worst first or in the order of the data."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.events import MouseScrollDown, MouseScrollUp
from textual.strip import Strip

from nntui.store.records import RunRecord
from nntui.tui import keymap
from nntui.tui.feed import Arrays, Picture
from nntui.tui.panes.numbers import bar
from nntui.tui.panes.pane import Pane, PictureCells
from nntui.tui.panes.thumbnail import thumbnail
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: An image row: its picture, and beside it the words.
_CARD_WORDS = 12
_BAR_WIDTH, _LEAST_BAR = 8, 4
#: A table row: its number, and the probability as number, bar and mark.
_ROW_WIDTH, _FIGURE_WIDTH, _MARK_WIDTH = 4, 8, 2


class PredictionPane(Pane, PictureCells):
    """Inputs or image, target, probability as number and bar, right or wrong."""

    number, heading = 5, "Predictions"
    PLACE = keymap.PREDICTIONS
    BINDINGS: ClassVar = keymap.bindings(keymap.PREDICTIONS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--right", "rows--wrong", "rows--quiet", "rows--bar"}
    DEFAULT_CSS = """
    PredictionPane {
        .rows--right { color: $success; }
        .rows--wrong { color: $error; text-style: bold; }
        .rows--quiet { color: $foreground 65%; }
        .rows--bar { color: $primary; background: $foreground 12%; }
        &:nocolor { .rows--right, .rows--wrong, .rows--bar { color: $foreground; } }
    }
    """

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(id="predictions")
        self._ascii = ascii_only
        self._worst_first = True
        self._first = 0
        self._inputs = ""
        self._drawn: tuple[object, ...] | None = None

    def draw(self, picture: Picture) -> None:
        """As many rows as fit, from the one scrolled to."""
        if not picture.rows or "P" not in picture.predictions:
            text = fit("The predictions appear after the first step.", self.size.width)
            self.show([line((text, self._style("quiet")))])
            return
        key = (picture.predictions_step, picture.run.id, self.size, self._worst_first, self._first, self.app.theme)
        if key == self._drawn:
            return
        order, self._inputs = _order(picture, self._worst_first), ""
        image = self._image(picture)
        lines = self._cards(picture, order, image) if image else self._table(picture, order)
        self.show(lines)
        self._drawn = (*key[:4], self._first, key[5])
        self.caption(self._summary(picture, len(order)))

    def _image(self, picture: Picture) -> list[int] | None:
        """Rows and columns of the inputs as a picture, when there is room to draw one."""
        image: list[int] | None = picture.run.data.get("image")
        fits = image and self.size.height >= (image[0] + 1) // 2 and self.size.width >= image[1] + 1 + _CARD_WORDS
        return image if fits else None

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"rows--{name}")

    def _summary(self, picture: Picture, rows: int) -> str:
        wrong = int(np.sum((picture.predictions["P"] >= 0.5) != (picture.rows["T"] >= 0.5)))
        order = "worst first" if self._worst_first else "in order"
        total = picture.run.data["train_rows"] + picture.run.data["test_rows"]
        of = f" of {total:,}" if rows < total else ""
        summary = f"{order} · {wrong:,}/{rows:,} wrong{f' (shown{of})' if of else ''}"
        return summary + (self._inputs if len(summary + self._inputs) < self.size.width else "")

    # A line a row

    def _table(self, picture: Picture, order: NDArray[np.int64]) -> list[Strip]:
        run, width, height = picture.run, self.size.width, self.size.height
        names = run.data["features"]
        classes = max(5, *map(len, run.data["classes"]))
        target = 1 + min(classes, 9)
        room = width - _ROW_WIDTH - target - _LEAST_BAR - _FIGURE_WIDTH - _MARK_WIDTH
        widths: list[int] = []
        for name, column in zip(names, picture.rows["X"].T, strict=False):
            widths.append(1 + max(min(len(name), 9), *(len(_input(x)) for x in column[:50])))
            if sum(widths) > room:
                widths.pop()
                break
        room -= sum(widths)
        more = max(0, min(room, len(run.data["target"]) + 1 - target, 10 - target))
        target, bar_width = target + more, max(0, min(_BAR_WIDTH, _LEAST_BAR + room - more))
        self._inputs = f" · {len(widths)}/{len(names)} inputs" if len(widths) < len(names) else ""
        heading = fit("row", _ROW_WIDTH, right=True)
        heading += "".join(" " + fit(name, wide - 1, right=True) for name, wide in zip(names, widths, strict=False))
        heading += " " + fit(run.data["target"], target - 1, right=True) + fit("P", 7, right=True)
        lines = [line((fit(heading, width), self._style("quiet")))]
        visible = height - 1
        self._first = max(0, min(self._first, len(order) - visible))
        for i in order[self._first : self._first + visible]:
            X = [fit(_input(x), wide, right=True) for x, wide in zip(picture.rows["X"][i], widths, strict=False)]
            lines.append(
                line(
                    (fit(str(int(picture.rows["row"][i])), _ROW_WIDTH, right=True), self._style("quiet")),
                    *X,
                    fit(_target(run, picture.rows, i), target, right=True),
                    *self._verdict(picture, i, bar_width),
                )
            )
        return lines

    def _verdict(self, picture: Picture, i: int, bar_width: int) -> list[str | tuple[str, Style]]:
        P, right = _outcome(picture, i)
        mark = "✓" if right else "✗"
        return [
            f" {P:6.3f} ",
            (bar(P, bar_width), self._style("bar")),
            (f" {mark}", self._style("right" if right else "wrong")),
        ]

    # Images beside their words

    def _cards(self, picture: Picture, order: NDArray[np.int64], image: list[int]) -> list[Strip]:
        rows, columns = image
        tall, wide = (rows + 1) // 2, columns + 1 + _CARD_WORDS
        across = max(1, (self.size.width + 2) // (wide + 2))
        down = max(1, (self.size.height + 1) // (tall + 1))
        bands = -(-len(order) // across)
        self._first = max(0, min(self._first, bands - down))
        lines: list[Strip] = []
        for band in range(self._first, min(bands, self._first + down)):
            cards = [self._card(picture, i, image) for i in order[band * across : (band + 1) * across]]
            lines += [Strip.join([part for card in cards for part in (card[y], line("  "))]) for y in range(tall)]
            lines.append(line(""))
        return lines[: self.size.height]

    def _card(self, picture: Picture, i: int, image: list[int]) -> list[Strip]:
        run, rows = picture.run, picture.rows
        P, right = _outcome(picture, i)
        low, high = run.data.get("value_range") or (float(rows["X"].min()), float(rows["X"].max()))
        pixels = (rows["X"][i].reshape(image) - low) / max(high - low, 1e-9)
        part = "test" if rows["part"][i] else "train"
        mark = "✓ " if right else "✗ "
        words = [
            line((fit(f" {int(rows['row'][i])} {part}", _CARD_WORDS + 1), self._style("quiet"))),
            line(
                (" " + mark, self._style("right" if right else "wrong")),
                fit(f"{_target(run, rows, i)}", _CARD_WORDS - 2),
            ),
            line(fit(f" P {P:5.3f}", _CARD_WORDS + 1)),
            line(" ", (bar(P, _BAR_WIDTH), self._style("bar")), " " * (_CARD_WORDS - _BAR_WIDTH)),
        ]
        blank = line(" " * (_CARD_WORDS + 1))
        pictured = thumbnail(pixels, ascii_only=self._ascii)
        words += [blank] * (len(pictured) - len(words))
        return [Strip.join([left, word]) for left, word in zip(pictured, words, strict=False)]

    # Moving about

    def action_scroll(self, rows: int) -> None:
        """Moves by rows, or by bands of images."""
        self._first = max(0, self._first + rows)
        self.redraw()

    def action_page(self, pages: int) -> None:
        """Moves by as much as is shown."""
        self.action_scroll(pages * max(1, self._page()))

    def _page(self) -> int:
        image = self._image(self._last) if self._last else None
        return (self.size.height + 1) // ((image[0] + 1) // 2 + 1) if image else self.size.height - 2

    def action_scroll_home(self) -> None:
        """To the first row."""
        self.action_scroll(-(10**9))

    def action_scroll_end(self) -> None:
        """To the last row."""
        self.action_scroll(10**9)

    def action_order(self) -> None:
        """Worst first, or in the order of the data."""
        self._worst_first, self._first = not self._worst_first, 0
        self.redraw()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel moves as the keys do."""
        event.stop()
        self.action_scroll(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel moves as the keys do."""
        event.stop()
        self.action_scroll(-1)


def _order(picture: Picture, worst_first: bool) -> NDArray[np.int64]:
    """The rows' positions, those farthest from their target first; equal ones in the order of the data."""
    P: NDArray[Any] = picture.predictions["P"]
    if not worst_first:
        return np.arange(len(P))
    distance = np.nan_to_num(np.abs(P - picture.rows["T"]).max(axis=1), nan=np.inf)
    return np.argsort(-distance, kind="stable")


def _target(run: RunRecord, rows: Arrays, i: int) -> str:
    value, classes = float(rows["T"][i, 0]), run.data["classes"]
    return str(classes[int(value)]) if value in (0.0, 1.0) and len(classes) == 2 else f"{value:g}"


def _input(value: float) -> str:
    return f"{value:.4g}"


def _outcome(picture: Picture, i: int) -> tuple[float, bool]:
    """The first output, and whether it lies on the target's side of one half."""
    P = float(picture.predictions["P"][i, 0])
    return P, (P >= 0.5) == (float(picture.rows["T"][i, 0]) >= 0.5)
