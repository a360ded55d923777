"""The table of layers: gradient norm, weight norm and how far each step moves the weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len

from nntui.store.records import SAMPLES_PER_PARAMETER, LayerRecord
from nntui.text import plain
from nntui.tui.panes.numbers import count, figure
from nntui.tui.panes.pane import Pane, PictureCells
from nntui.tui.picture import Picture
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: Of each figure: its metric, its heading, and the heading in a narrow pane.
FIGURES = (
    ("grad_norm", "gradient", "grad"),
    ("weight_norm", "weights", "weight"),
    ("update_ratio", "update/w", "upd/w"),
)
#: A figure's cells, and those with which its heading is spelled out.
_FIGURE_WIDTH, _WIDE_FIGURE_WIDTH = 8, 9
#: Cells of a layer's name at least, and at most before other columns have theirs.
_LEAST_NAME, _MOST_NAME = 8, 20
#: Cells to which the heading of another column can be cut.
_LEAST_WORD = 6


class _Column(NamedTuple):
    """What is told of a layer in words, where there is room."""

    heading: str
    right: bool
    text: Callable[[LayerRecord], str]


#: Those that matter most first.
WORDS = (
    _Column("activation", False, lambda layer: layer.activation),
    _Column("params", True, lambda layer: count(layer.parameters)),
    _Column("shape", False, lambda layer: f"{layer.inputs}→{layer.outputs}"),
)


class LayerPane(Pane, PictureCells):
    """One row a layer; the ratio of update to weight is healthy near one in a thousand."""

    EVERY: ClassVar = 0.5
    number, heading = 4, "Layers"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"layers--heading", "layers--quiet"}
    DEFAULT_CSS = """
    LayerPane {
        .layers--heading { color: $foreground 65%; }
        .layers--quiet { color: $foreground 65%; }
    }
    """

    def picture(self, picture: Picture) -> None:
        """Shows the newest figures; more layers make the pane higher."""
        higher = self._last is None or len(self._last.run.layers) != len(picture.run.layers)
        super().picture(picture)
        if higher:
            self.refresh(layout=True)

    @property
    def lines_wanted(self) -> int:
        """A line a layer, and the heading."""
        return 1 + (len(self._last.run.layers) if self._last else 0)

    def draw(self, picture: Picture) -> None:
        """One line a layer, with as many columns as fit."""
        run, width, height = picture.run, self.size.width, self.size.height
        quiet = self.get_component_rich_style("layers--quiet")
        shown = run.layers if len(run.layers) < height else run.layers[: max(0, height - 2)]
        name_width, words, wide = _widths(shown, width)
        long = wide > _FIGURE_WIDTH
        headings = "".join(f" {fit(column.heading, w, right=column.right)}" for column, w in words)
        headings += "".join(fit(full if long else short, wide, right=True) for _, full, short in FIGURES)
        rows = [line((fit("layer", name_width) + headings, self.get_component_rich_style("layers--heading")))]
        for i, layer in enumerate(shown):
            told = "".join(f" {fit(column.text(layer), w, right=column.right)}" for column, w in words)
            figures = "".join(figure(_value(run.latest.get(metric), i), wide) for metric, _, _ in FIGURES)
            rows.append(line(fit(layer.name, name_width), (told, quiet), figures))
        if len(shown) < len(run.layers):
            rows.append(line((fit(f"… {len(run.layers) - len(shown)} more layers", width), quiet)))
        self.show(rows)
        parameters = sum(layer.parameters for layer in run.layers)
        self.caption(_rule_of_thumb(parameters, run.data.get("train_rows"), self.caption_width))


def _widths(layers: Sequence[LayerRecord], width: int) -> tuple[int, list[tuple[_Column, int]], int]:
    """Cells of the name, of the columns in words that fit, and of each figure."""
    name = max((cell_len(plain(layer.name)) for layer in layers), default=0)
    room = width - len(FIGURES) * _FIGURE_WIDTH - max(_LEAST_NAME, min(name + 1, _MOST_NAME))
    words: list[tuple[_Column, int]] = []
    for column in WORDS:
        longest = max((cell_len(plain(column.text(layer))) for layer in layers), default=0)
        wanted = max(longest, min(len(column.heading), max(room - 1, _LEAST_WORD)))
        if room < wanted + 1:
            break
        words.append((column, wanted))
        room -= wanted + 1
    wide = _WIDE_FIGURE_WIDTH if room >= len(FIGURES) else _FIGURE_WIDTH
    words.sort(key=lambda pair: ("shape", "activation", "params").index(pair[0].heading))
    taken = sum(w + 1 for _, w in words) + len(FIGURES) * wide
    return max(0, width - taken), words, wide


def _rule_of_thumb(parameters: int, samples: int | None, width: int) -> str:
    """How many numbers are learned, and how many samples the rule of thumb wants for them, as room allows."""
    if not parameters:
        return ""
    total, wanted = count(parameters), _short(SAMPLES_PER_PARAMETER * parameters)
    if samples is None:
        return f"{total} parameters"
    here = count(samples)
    texts = (
        f"{total} parameters · rule of thumb: {SAMPLES_PER_PARAMETER} samples each, {wanted}; here {here}",
        f"{total} parameters · {SAMPLES_PER_PARAMETER} samples each: {wanted}; here {here}",
        f"{total} parameters, {here} of {wanted} wanted samples",
        f"{total} parameters, {here} of {wanted} samples",
        f"{total} params, {here} of {wanted} samples",
        f"{total} params, {here} samples",
    )
    return next((text for text in texts if len(text) <= width), f"{total} params")


def _short(number: int) -> str:
    """A count as it is, millions with one decimal."""
    return f"{number / 1e6:,.1f} M" if number >= 1e6 else count(number)


def _value(values: list[float | None] | None, i: int) -> float | None:
    return values[i] if values is not None and i < len(values) else None
