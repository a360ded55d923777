"""A picture of the data that a network learns from: whatever tells most of their kind."""

from __future__ import annotations

import textwrap
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.style import Style
from textual.content import Content
from textual.strip import Strip
from textual.style import Style as ContentStyle

from nntui.text import plain
from nntui.tui.panes.data.marks import FILLED, LETTERS
from nntui.tui.panes.data.scatter import (
    ASCII_BARS,
    BARS,
    Floats,
    Plane,
    by_class,
    by_height,
    dotted,
)
from nntui.tui.panes.data.strips import most_telling, strips, table, thumbnails
from nntui.tui.picture import Sample
from nntui.tui.widgets.cells import Cells, line
from nntui.tui.widgets.text import fit

#: As many rows of a table are shown as rows; of more, what each feature tells.
FEW_ROWS = 16
#: Lines without which points in a plane tell nothing.
_LEAST_PLANE = 6
_SERIES = 6
#: The longest name of a class in the legend.
_MOST_CLASS = 12


class _Drawn(NamedTuple):
    """Lines, what else is to be said of them, and whether there are marks of classes in them."""

    lines: list[Strip]
    note: str = ""
    marked: bool = False


class DataPicture(Cells):
    """Two inputs are a scatter, one is a curve, images are images, few rows a table; else a strip a feature."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"data--series-{i}" for i in range(1, _SERIES + 1)),
        "data--axis",
        "data--quiet",
        "data--wrong",
    }
    DEFAULT_CSS = """
    DataPicture {
        .data--series-1 { color: $text-primary; }
        .data--series-2 { color: $text-accent; }
        .data--series-3 { color: $text-success; }
        .data--series-4 { color: $text-error; }
        .data--series-5 { color: $text-secondary; }
        .data--series-6 { color: $text-warning; }
        .data--axis { color: $foreground 50%; }
        .data--quiet { color: $foreground 60%; text-style: italic; }
        .data--wrong { color: $error; }
        &:ansi, &:nocolor { .data--axis { text-style: dim; } }
        &:ansi {
            .data--series-1 { color: $secondary; }
            .data--series-2 { color: $warning; }
            .data--series-5 { color: $primary; }
            .data--series-6 { color: $foreground; }
        }
    }
    """

    def __init__(self, marker: str, *, id: str = "data") -> None:  # noqa: A002
        super().__init__(id=id)
        self._ascii = marker == "ascii"
        self._found: Sample | str = ""
        self._is_wrong = False

    def sample(self, sample: Sample) -> None:
        """Draws these rows."""
        self._found, self._is_wrong = sample, False
        self.redraw()

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Shows words instead: that the data are being read, or why they cannot be."""
        if (text, wrong) != (self._found, self._is_wrong):
            self._found, self._is_wrong = text, wrong
            self.redraw()

    @property
    def words(self) -> str:
        """What is said instead of a picture; nothing when there is one."""
        return self._found if isinstance(self._found, str) else ""

    def redraw(self) -> None:
        """The picture in the size and colours of now, its legend in the lower edge."""
        width, height = self.size
        if width < 1 or height < 1:
            return
        if isinstance(self._found, str):
            style = self._style("wrong" if self._is_wrong else "quiet")
            self.border_subtitle = ""
            self.show([line((fit(text, width), style)) for text in _wrapped(self._found, width)[:height]])
            return
        with np.errstate(all="ignore"):
            drawn = self._drawn(self._found, width, height)
        self.show(drawn.lines[:height])
        self.border_subtitle = self._legend(self._found, drawn)

    def _drawn(self, sample: Sample, width: int, height: int) -> _Drawn:
        """What tells most of data of this kind in so many cells."""
        X, T = np.asarray(sample.X, np.float64), np.asarray(sample.T, np.float64)
        kept = np.isfinite(X).all(axis=1) & np.isfinite(T).all(axis=1)
        X, T = X[kept], T[kept]
        if not len(X):
            return _Drawn([line(("no rows without missing values", self._style("quiet")))])
        if sample.image is not None:
            kinds, quiet = _kinds(sample, T), self._style("quiet")
            shaded = self._ascii or self.app.no_color
            return _Drawn(thumbnails(X, kinds, sample, (width, height), quiet, shaded=shaded))
        if len(X) <= FEW_ROWS and (X.shape[1] > 2 or height < _LEAST_PLANE):
            return _Drawn(table(X, T, sample, (width, height), self._style("axis")), f"{len(X)} rows")
        if X.shape[1] <= 2:
            return self._plane(sample, X, T, list(range(X.shape[1])), (width, height))
        return self._strips(sample, X, T, width, height)

    def _strips(self, sample: Sample, X: Floats, T: Floats, width: int, height: int) -> _Drawn:
        """A strip a feature; where there is room, the two that tell most as a plane."""
        kinds, axis = _kinds(sample, T), self._style("axis")
        lines = strips(X, T, kinds, sample, (width, height), self._series, axis, ascii_only=self._ascii)
        hidden = X.shape[1] - len(lines)
        note = f"{len(lines)} of {X.shape[1]} inputs" if hidden else ""
        if height - len(lines) >= _LEAST_PLANE:
            best = most_telling(X, T, kinds)[:2]
            lines += self._plane(sample, X, T, best, (width, height - len(lines))).lines
        return _Drawn(lines, note, marked=kinds is not None)

    def _plane(self, sample: Sample, X: Floats, T: Floats, features: list[int], size: tuple[int, int]) -> _Drawn:
        """One feature against the target, or two against each other."""
        axis, kinds = self._style("axis"), _kinds(sample, T)
        marks = LETTERS if self._ascii else FILLED
        x, name = X[:, features[0]], sample.features[features[0]]
        if len(features) == 1 and kinds is None:
            plane = Plane(x, T[:, 0], size, (name, ""))
            return _Drawn(dotted(plane, self._series[0], axis, ascii_only=self._ascii), f"{sample.total} rows")
        if len(features) == 1:
            assert kinds is not None
            plane = Plane(x, kinds.astype(np.float64), size, (name, "class"))
            return _Drawn(by_class(plane, kinds, self._series, axis, marks), marked=True)
        plane = Plane(x, X[:, features[1]], size, (name, sample.features[features[1]]))
        if kinds is not None:
            return _Drawn(by_class(plane, kinds, self._series, axis, marks), marked=True)
        bars = ASCII_BARS if self._ascii else BARS
        return _Drawn(by_height(plane, T[:, 0], self._series[0], axis, bars), f"{bars[0]} low, {bars[-1]} high")

    @property
    def _series(self) -> list[Style]:
        return [self._style(f"series-{i}") for i in range(1, _SERIES + 1)]

    def _style(self, part: str) -> Style:
        style = self.get_component_rich_style(f"data--{part}")
        return Style(color=style.color, dim=style.dim, italic=style.italic)

    def _legend(self, sample: Sample, drawn: _Drawn) -> Content:
        """Mark and name of each class, where there are marks; then the note, if there is room."""
        marks = LETTERS if self._ascii else FILLED
        parts: list[str | tuple[str, ContentStyle]] = []
        room = self.size.width - 2
        for kind, name in enumerate(sample.classes if drawn.marked else ()):
            text = f" {fit(name, min(len(name), _MOST_CLASS)).rstrip()} "
            if room - cell_len(text) - 1 < 2 and kind < len(sample.classes) - 1:
                parts.append("…")
                room = 0
                break
            room -= cell_len(text) + 1
            style = ContentStyle.from_rich_style(self._series[kind % _SERIES])
            parts += [(marks[kind % len(marks)], style), text]
        if drawn.note and room >= len(drawn.note) + 2:
            parts.append(f"· {drawn.note}" if parts else drawn.note)
        return Content.assemble(*parts)


def _kinds(sample: Sample, T: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """The class of each row (rows,); None where numbers are to be told."""
    if sample.task == "regression":
        return None
    return T.argmax(axis=1) if T.shape[1] > 1 else (T[:, 0] > 0.5).astype(np.int64)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(plain(" ".join(text.split())), width)
