"""The prediction table: what the network says of each row, the worst first or in the order of the data."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.events import MouseScrollDown, MouseScrollUp
from textual.strip import Strip

from nntui import outcomes
from nntui.store.records import RunRecord
from nntui.tui import keymap
from nntui.tui.panes.answers import ClassAnswers, NumberAnswers
from nntui.tui.panes.pane import Pane, PictureCells
from nntui.tui.panes.thumbnail import thumbnail, thumbnail_size
from nntui.tui.picture import Picture
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: The words beside an image: their width, and their lines.
_CARD_WORDS, _WORDS = 13, 4
#: A large image is drawn with at least and at most so many pixels a side: in the pane, and where that is high.
_PIXELS, _MORE_PIXELS, _HIGH = (16, 24), (24, 40), 30
#: The number of a table row.
_ROW_WIDTH = 4


class PredictionPane(Pane, PictureCells):
    """Inputs or image, target, and what the network answers."""

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
        key = (
            picture.table("predictions").step,
            picture.run.id,
            self.size,
            self._worst_first,
            self._first,
            self.app.theme,
        )
        if key == self._drawn:
            return
        P, T, task = picture.predictions["P"], picture.rows["T"], picture.run.data.get("task", "binary")
        order = outcomes.worst_first(P, T, task) if self._worst_first else np.arange(len(P))
        kind = NumberAnswers if task == "regression" else ClassAnswers
        answers = kind(picture.run, picture.rows, P, self._style)
        size = self._image_size(picture)
        self._inputs = ""
        self.show(self._cards(picture, order, answers, size) if size else self._table(picture, order, answers))
        self._drawn = (*key[:4], self._first, key[5])
        self.caption(self._summary(picture, answers, len(order)))

    def _image_size(self, picture: Picture) -> tuple[int, int] | None:
        """Rows and columns of pixels in which the inputs are drawn, when they are an image and there is room."""
        image = _image(picture.run)
        if image is None:
            return None
        height, room = self.size.height, self.size.width - _CARD_WORDS
        least, side = _MORE_PIXELS if height >= _HIGH else _PIXELS
        bands = max(1, (height + 1) // (least // 2 + 1))
        most = min(side, 2 * ((height + 1) // bands - 1)), min(side, room)
        if min(most) < 1 or height < _WORDS:
            return None
        size = thumbnail_size(image, most)
        return size if min(size) >= min(8, *image[:2]) else None

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"rows--{name}")

    def _summary(self, picture: Picture, answers: ClassAnswers | NumberAnswers, rows: int) -> str:
        order = "worst first" if self._worst_first else "in order"
        total = picture.run.data["train_rows"] + picture.run.data["test_rows"]
        shown = f" · {rows:,} of {total:,} rows" if rows < total else ""
        summary = f"{order} · {answers.summary()}"
        for more in (shown, self._inputs, answers.left_out):
            summary += more if len(summary + more) <= self.caption_width else ""
        return summary

    # A line a row

    def _table(self, picture: Picture, order: NDArray[np.int64], answers: ClassAnswers | NumberAnswers) -> list[Strip]:
        width, height, rows = self.size.width, self.size.height, picture.rows
        names = picture.run.data["features"]
        room = width - _ROW_WIDTH - answers.claim(width - _ROW_WIDTH)
        widths: list[int] = []
        for name, column in zip(names, rows["X"].T, strict=False):
            widths.append(1 + max(min(len(name), 9), *(len(_input(x)) for x in column[:50])))
            if sum(widths) > room:
                widths.pop()
                break
        answers.widen(room - sum(widths))
        self._inputs = f" · {len(widths)}/{len(names)} inputs" if len(widths) < len(names) else ""
        heading = fit("row", _ROW_WIDTH, right=True)
        heading += "".join(" " + fit(name, wide - 1, right=True) for name, wide in zip(names, widths, strict=False))
        lines = [line((fit(heading + answers.heading(), width), self._style("quiet")))]
        visible = height - 1
        self._first = max(0, min(self._first, len(order) - visible))
        for i in order[self._first : self._first + visible]:
            X = [fit(_input(x), wide, right=True) for x, wide in zip(rows["X"][i], widths, strict=False)]
            number = (fit(str(int(rows["row"][i])), _ROW_WIDTH, right=True), self._style("quiet"))
            lines.append(line(number, *X, *answers.cells(i)))
        return lines

    # Images beside their words

    def _cards(
        self,
        picture: Picture,
        order: NDArray[np.int64],
        answers: ClassAnswers | NumberAnswers,
        size: tuple[int, int],
    ) -> list[Strip]:
        tall, wide = _card_height(size), size[1] + _CARD_WORDS
        across = max(1, (self.size.width + 2) // (wide + 2))
        down = max(1, (self.size.height + 1) // (tall + 1))
        bands = -(-len(order) // across)
        self._first = max(0, min(self._first, bands - down))
        lines: list[Strip] = []
        for band in range(self._first, min(bands, self._first + down)):
            cards = [self._card(picture, i, answers, size) for i in order[band * across : (band + 1) * across]]
            lines += [Strip.join([part for card in cards for part in (card[y], line("  "))]) for y in range(tall)]
            lines.append(line(""))
        return lines[: self.size.height]

    def _card(
        self, picture: Picture, i: int, answers: ClassAnswers | NumberAnswers, size: tuple[int, int]
    ) -> list[Strip]:
        run, rows = picture.run, picture.rows
        low, high = run.data.get("value_range") or (float(rows["X"].min()), float(rows["X"].max()))
        pixels = (rows["X"][i].reshape(_image(run) or ()) - low) / max(high - low, 1e-9)
        part = "test" if rows["part"][i] else "train"
        words = [line((fit(f" {int(rows['row'][i])} {part}", _CARD_WORDS), self._style("quiet")))]
        words += [line(*parts) for parts in answers.card(i, _CARD_WORDS)]
        pictured = thumbnail(pixels, size, ascii_only=self._ascii)
        blank, beside = line(" " * size[1]), line(" " * _CARD_WORDS)
        pictured += [blank] * (_card_height(size) - len(pictured))
        words += [beside] * (len(pictured) - len(words))
        return [Strip.join([left, word]) for left, word in zip(pictured, words, strict=True)]

    # Moving about

    def action_scroll(self, rows: int) -> None:
        """Moves by rows, or by bands of images."""
        self._first = max(0, self._first + rows)
        self.redraw()

    def action_page(self, pages: int) -> None:
        """Moves by as much as is shown."""
        self.action_scroll(pages * max(1, self._page()))

    def _page(self) -> int:
        size = self._image_size(self._last) if self._last else None
        return (self.size.height + 1) // (_card_height(size) + 1) if size else self.size.height - 2

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


def _image(run: RunRecord) -> tuple[int, int, int] | None:
    """Height, width and channels of the inputs, if they are an image; an older run has no channels."""
    image = run.data.get("image")
    return (image[0], image[1], image[2] if len(image) > 2 else 1) if image else None


def _card_height(size: tuple[int, int]) -> int:
    """Lines of an image so many pixels high, and of the words beside it."""
    return max(_WORDS, (size[0] + 1) // 2)


def _input(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.4g}"
