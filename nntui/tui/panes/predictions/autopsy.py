"""What is told of a single row: its inputs, how its loss went, and what each layer makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

import numpy as np
from rich.style import Style
from textual.strip import Strip

from nntui.store.records import Curve
from nntui.tui.panes.data.thumbnail import thumbnail, thumbnail_size
from nntui.tui.panes.layers.activations import Layer, activation_lines, lines_wanted
from nntui.tui.panes.numbers import count, figure
from nntui.tui.panes.pane import PictureCells, Pictured
from nntui.tui.panes.predictions.cards import image_shape, value_range
from nntui.tui.panes.predictions.table import input_text
from nntui.tui.picture import Answer, Picture, Question
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.chart import Chart
from nntui.tui.widgets.text import fit

#: Cells of an input's name and value at most, and between two columns of them.
_PAIR, _GAP = 30, 2
#: Cells of a value, with a blank before it.
_VALUE = 11


class RowInputs(PictureCells):
    """The inputs of a row: as a picture where they are one, else by name."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--quiet"}
    DEFAULT_CSS = "RowInputs .row--quiet { color: $foreground 65%; }"

    def __init__(self, row: int, marker: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.row, self._marker = row, marker

    def draw(self, picture: Picture) -> None:
        """As large, or as many, as fit."""
        if "X" not in picture.rows:
            return
        image = image_shape(picture.run)
        self.show(self._image(picture, image) if image else self._named(picture))

    def _image(self, picture: Picture, image: tuple[int, int, int]) -> list[Strip]:
        low, high = value_range(picture.run, picture.rows)
        pixels = (picture.rows["X"][self.row].reshape(image) - low) / max(high - low, 1e-9)
        size = thumbnail_size(image, (2 * self.size.height, self.size.width))
        times = min(2 * self.size.height // image[0], self.size.width // image[1])
        if times > 1:
            pixels = pixels.repeat(times, axis=0).repeat(times, axis=1)
            size = image[0] * times, image[1] * times
        return thumbnail(pixels, size, shaded=self._marker == "ascii" or self.app.no_color)

    def _named(self, picture: Picture) -> list[Strip]:
        names = [str(name) for name in picture.run.data["features"]]
        quiet, height, width = self.get_component_rich_style("row--quiet"), self.size.height, self.size.width
        wide = min(_PAIR, width, _VALUE + max(map(len, names), default=0))
        across = max(1, (width + _GAP) // (wide + _GAP))
        room = height * across
        shown = names if len(names) <= room else names[: room - 1]
        pairs = [
            (fit(name, wide - _VALUE), input_text(float(x)).rjust(_VALUE))
            for name, x in zip(shown, picture.rows["X"][self.row], strict=False)
        ]
        if len(shown) < len(names):
            pairs.append((fit(f"… {count(len(names) - len(shown))} more", wide), ""))
        columns = [pairs[at : at + height] for at in range(0, len(pairs), height)]
        return [_side_by_side(row, quiet) for row in zip_longest(*columns, fillvalue=("", ""))]


def _side_by_side(pairs: Sequence[tuple[str, str]], quiet: Style) -> Strip:
    parts: list[str | tuple[str, Style]] = []
    for name, value in pairs:
        parts += [(name, quiet), value, " " * _GAP]
    return line(*parts[:-1])


class RowLoss(Pictured, Chart):
    """The loss of a row, from the first step to the newest."""

    EVERY: ClassVar = 0.5
    empty_text = "The loss of each row appears after the first evaluations."

    def __init__(self, row: int, marker: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, marker=marker)
        self.row = row
        self.log_axis = False

    def draw(self, picture: Picture) -> None:
        """Draws what the table of the history has of the row."""
        curve = _history(picture, self.row)
        self.plot([curve] if curve is not None else [], log=self.log_axis)
        scale = "loss, log" if self.log_axis else "loss"
        newest = f" · {figure(float(curve.final[-1]), 0)} at step {count(int(curve.last[-1]))}" if curve else ""
        self.border_subtitle = scale + newest


def _history(picture: Picture, row: int) -> Curve | None:
    """A row's loss as a curve, a bucket a step; None where a run has recorded none."""
    arrays = picture.table("history").arrays
    if "loss" not in arrays or row >= len(arrays["loss"]):
        return None
    steps, loss = arrays["steps"].astype(np.int64), arrays["loss"][row].astype(np.float32)
    finite = np.isfinite(loss)
    value = np.where(finite, loss, np.float32(np.nan))
    one = np.ones(len(steps), np.int64)
    return Curve("loss", steps, steps, one, value, value, value, loss, (~finite).astype(np.int64))


class RowActivations(PictureCells):
    """What each layer makes of a row."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"row--{name}" for name in ("quiet", "name", "above", "below")}
    DEFAULT_CSS = """
    RowActivations {
        .row--quiet { color: $foreground 65%; }
        .row--name { color: $foreground; }
        .row--above { color: $text-primary; }
        .row--below { color: $text-accent; }
    }
    """

    def __init__(self, marker: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._marker = marker
        self.question: Question | None = None

    def draw(self, picture: Picture) -> None:
        """A line or more a layer; without bars until the answer has come."""
        layers = self._layers(picture)
        ascii_only = self._marker == "ascii"
        self.show(activation_lines(layers, self.size.width, self.size.height, self._style, ascii_only=ascii_only))

    def _layers(self, picture: Picture) -> list[Layer]:
        answer = answer_to(self.question, picture)
        known = answer is not None and len(answer.layers) == len(picture.run.layers)
        outputs = [str(name) for name in picture.run.data.get("classes") or picture.run.data.get("outputs") or ()]
        layers = []
        for i, record in enumerate(picture.run.layers):
            is_last = i == len(picture.run.layers) - 1
            labels = outputs if is_last and len(outputs) == record.outputs else ()
            values = answer.layers[i][0].astype(np.float64) if answer is not None and known else None
            layers.append(Layer(record, values if values is None or len(values) == record.outputs else None, labels))
        return layers

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"row--{name}")

    def lines_wanted(self, picture: Picture, width: int) -> int:
        """Lines in which every layer has its bars and numbers, in so many cells."""
        return lines_wanted(self._layers(picture), width)


def answer_to(question: Question | None, picture: Picture) -> Answer | None:
    """The answer to this very question, if it has come and is one."""
    found = next((answer for answer in picture.answers.values() if answer.question is question), None)
    return None if found is None or found.error else found
