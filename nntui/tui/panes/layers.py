"""The table of layers: gradient norm, weight norm and how far each step moves the weights."""

from __future__ import annotations

from typing import ClassVar

from textual.geometry import Size

from nntui.tui.feed import Picture
from nntui.tui.panes.numbers import figure
from nntui.tui.panes.pane import Pane, PictureCells
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: Of each column: its metric, its heading, and the heading in a narrow pane.
COLUMNS = (
    ("grad_norm", "gradient", "grad"),
    ("weight_norm", "weights", "weight"),
    ("update_ratio", "update/w", "upd/w"),
)
#: From this width on columns and headings are spelled out, and from that one on there is room for the shape.
_WIDE, _WIDER = 40, 56


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

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line a layer, and the heading."""
        return 1 + (len(self._last.run.layers) if self._last else 0)

    def draw(self, picture: Picture) -> None:
        """One line a layer, with as many columns as fit."""
        run, width, height = picture.run, self.size.width, self.size.height
        quiet = self.get_component_rich_style("layers--quiet")
        wide = 9 if width >= _WIDE else 8
        shape_width = 16 if width >= _WIDER else 0
        name_width = max(0, width - shape_width - wide * len(COLUMNS))
        headings = "".join(fit(long if width >= _WIDE else short, wide, right=True) for _, long, short in COLUMNS)
        heading = fit("layer", name_width) + fit("shape", shape_width) + headings
        rows = [line((heading, self.get_component_rich_style("layers--heading")))]
        shown = run.layers if len(run.layers) < height else run.layers[: max(0, height - 2)]
        for i, layer in enumerate(shown):
            shape = f"{layer.inputs}→{layer.outputs} {layer.activation}"
            figures = "".join(figure(_value(run.latest.get(metric), i), wide) for metric, _, _ in COLUMNS)
            rows.append(line(fit(layer.name, name_width), (fit(shape, shape_width), quiet), figures))
        if len(shown) < len(run.layers):
            rows.append(line((fit(f"… {len(run.layers) - len(shown)} more layers", width), quiet)))
        self.show(rows)
        total = sum(layer.parameters for layer in run.layers)
        self.caption(f"{total:,} parameters" if total else "")


def _value(values: list[float | None] | None, i: int) -> float | None:
    return values[i] if values is not None and i < len(values) else None
