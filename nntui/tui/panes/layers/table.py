"""What is told of a layer: columns of figures with their history, columns of words, and which of them have room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len

from nntui.store.records import LayerRecord, RunRecord
from nntui.text import plain
from nntui.tui.panes.numbers import count, figure

#: Cells of a history and the blank before it, at least and at most; and with which a column of another view is worth
#: its room.
LEAST_SPARK, MOST_SPARK, GOOD_SPARK = 4, 12, 6


@dataclass(frozen=True, slots=True)
class FigureColumn:
    """A figure of each layer: its metric, its headings with a history and without, whether it is a share of units."""

    metric: str
    heading: str
    short: str
    width: int = 8
    share: bool = False

    def text(self, run: RunRecord, layer: int) -> str:
        """The newest value in the column's width, at least one cell of it blank."""
        values = run.latest.get(self.metric)
        value = values[layer] if values is not None and layer < len(values) else None
        if self.share and value is not None:
            return f"{value:.0%}".rjust(self.width)
        text = figure(value, self.width)
        if text.startswith(" ") or value is None:
            return text
        if "e" in text:
            return f"{value:.1e}".replace("e-0", "e-").rjust(self.width)
        return f"{value:.{max(0, len(text.partition('.')[2]) - 1)}f}".rjust(self.width)


@dataclass(frozen=True, slots=True)
class WordColumn:
    """Something that does not change while a network learns."""

    heading: str
    right: bool
    tell: Callable[[LayerRecord], str]

    def width(self, layers: Sequence[LayerRecord]) -> int:
        """The cells of the longest, and a blank before it."""
        return 1 + max((cell_len(plain(self.tell(layer))) for layer in layers), default=0)


Column = FigureColumn | WordColumn

#: What a person steps through; after the columns of one view come those of the next, as far as there is room.
VIEWS: dict[str, tuple[Column, ...]] = {
    "norms": (
        FigureColumn("grad_norm", "gradient", "grad"),
        FigureColumn("weight_norm", "weights", "weight"),
        FigureColumn("update_ratio", "update/w", "upd/w"),
    ),
    "activations": (
        FigureColumn("act_mean", "act mean", "mean"),
        FigureColumn("act_std", "spread", "spread"),
        FigureColumn("dead", "dead", "dead", 6, share=True),
        FigureColumn("saturated", "satur.", "satur.", 7, share=True),
    ),
    "shape": (
        WordColumn("shape", False, lambda layer: f"{layer.inputs}→{layer.outputs}"),
        WordColumn("activation", False, lambda layer: layer.activation),
        WordColumn("params", True, lambda layer: count(layer.parameters)),
    ),
}


class Placed(NamedTuple):
    """A column, its cells, and those of the history after it."""

    column: Column
    width: int
    spark: int


def place(view: str, run: RunRecord, room: int) -> list[Placed]:
    """The columns that are shown in so many cells, the view's own first."""
    names = list(VIEWS)
    at = names.index(view)
    own, *others = (VIEWS[name] for name in names[at:] + names[:at])
    chosen: list[tuple[Column, int]] = []
    for column in own:
        width = _width(column, run)
        if width > room - sum(w for _, w in chosen):
            break
        chosen.append((column, width))
    for column in (column for columns in others for column in columns):
        if isinstance(column, FigureColumn) and column.metric not in run.latest:
            continue
        more = [*chosen, (column, _width(column, run))]
        if sum(w for _, w in more) + GOOD_SPARK * _figures(more) > room:
            break
        chosen = more
    return _with_sparks(chosen, room)


def _with_sparks(chosen: Sequence[tuple[Column, int]], room: int) -> list[Placed]:
    """Every figure with a history of the same length; where that would be too short, the first ones with one."""
    left, figures = room - sum(width for _, width in chosen), _figures(chosen)
    cells = min(MOST_SPARK, left // max(1, figures))
    having = figures if cells >= LEAST_SPARK else left // LEAST_SPARK
    placed = []
    for column, width in chosen:
        has = isinstance(column, FigureColumn) and having > 0
        having -= has
        placed.append(Placed(column, width, max(cells, LEAST_SPARK) if has else 0))
    return placed


def _width(column: Column, run: RunRecord) -> int:
    if isinstance(column, FigureColumn):
        return column.width
    return max(column.width(run.layers), 1 + len(column.heading))


def _figures(chosen: Sequence[tuple[Column, int]]) -> int:
    return sum(isinstance(column, FigureColumn) for column, _ in chosen)
