"""Rows of images as cards: the picture in half blocks, and beside it what the network answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from nntui.store.records import RunRecord
from nntui.tui.panes.data.thumbnail import thumbnail, thumbnail_size
from nntui.tui.panes.predictions.answers import ClassAnswers, NumberAnswers
from nntui.tui.picture import Arrays
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: The words beside an image: their width, and their lines.
WORDS_WIDTH, _WORDS = 13, 4
#: A large image is drawn with at least and at most so many pixels a side: in the pane, and where that is high.
_PIXELS, _MORE_PIXELS, _HIGH = (16, 24), (24, 40), 30


def image_shape(run: RunRecord) -> tuple[int, int, int] | None:
    """Height, width and channels of the inputs, if they are an image; an older run has no channels."""
    image = run.data.get("image")
    return (image[0], image[1], image[2] if len(image) > 2 else 1) if image else None


def value_range(run: RunRecord, rows: Arrays) -> tuple[float, float]:
    """The values of the darkest and the brightest pixel."""
    told = run.data.get("value_range")
    return (told[0], told[1]) if told else (float(rows["X"].min(initial=0)), float(rows["X"].max(initial=1)))


def image_size(run: RunRecord, room: Size) -> tuple[int, int] | None:
    """Rows and columns of pixels in which a card has its image, when the inputs are one and there is room."""
    image = image_shape(run)
    if image is None:
        return None
    height, width = room.height, room.width - WORDS_WIDTH
    least, side = _MORE_PIXELS if height >= _HIGH else _PIXELS
    bands = max(1, (height + 1) // (least // 2 + 1))
    most = min(side, 2 * ((height + 1) // bands - 1)), min(side, width)
    if min(most) < 1 or height < _WORDS:
        return None
    size = thumbnail_size(image, most)
    return size if min(size) >= min(8, *image[:2]) else None


class Cards:
    """Cards of one size, as many beside and under each other as there is room for."""

    def __init__(self, run: RunRecord, rows: Arrays, size: tuple[int, int], room: Size) -> None:
        self._rows, self._size = rows, size
        self._shape, self._range = image_shape(run) or (), value_range(run, rows)
        #: The lines of a card, and its cells across.
        self.tall, self.wide = max(_WORDS, (size[0] + 1) // 2), size[1] + WORDS_WIDTH
        self.across = max(1, (room.width + 2) // (self.wide + 2))
        self.down = max(1, (room.height + 1) // (self.tall + 1))

    def place_at(self, x: int, y: int) -> int:
        """Which card, counted from the first that is shown, lies under a cell."""
        return min(y // (self.tall + 1), self.down - 1) * self.across + min(x // (self.wide + 2), self.across - 1)

    def band(self, cards: Sequence[list[Strip]]) -> list[Strip]:
        """Cards beside each other, and an empty line."""
        gap = line("  ")
        return [*(Strip.join([part for card in cards for part in (card[y], gap)]) for y in range(self.tall)), line("")]

    def card(
        self,
        i: int,
        answers: ClassAnswers | NumberAnswers,
        style: Callable[[str], Style],
        chosen: Style | None,
        *,
        shaded: bool,
    ) -> list[Strip]:
        """The lines of a row's card."""
        rows, (low, high) = self._rows, self._range
        pixels = (rows["X"][i].reshape(self._shape) - low) / max(high - low, 1e-9)
        part = "test" if rows["part"][i] else "train"
        heading = fit(f"{'▸' if chosen else ' '}{int(rows['row'][i])} {part}", WORDS_WIDTH)
        words = [line((heading, chosen or style("quiet")))]
        words += [line(*parts) for parts in answers.card(i, WORDS_WIDTH)]
        return beside(thumbnail(pixels, self._size, shaded=shaded), self._size[1], words, WORDS_WIDTH, self.tall)


def beside(left: list[Strip], left_width: int, right: list[Strip], right_width: int, height: int) -> list[Strip]:
    """Two blocks of lines beside each other, both made so many lines high."""
    left = [*left, *[line(" " * left_width)] * (height - len(left))][:height]
    right = [*right, *[line(" " * right_width)] * (height - len(right))][:height]
    return [Strip.join([one, two]) for one, two in zip(left, right, strict=True)]
