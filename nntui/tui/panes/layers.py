"""The table of layers: gradient norm, weight norm and how far each step moves the weights."""

from __future__ import annotations

from typing import ClassVar

from textual.geometry import Size

from nntui.tui.feed import Picture
from nntui.tui.panes.numbers import figure
from nntui.tui.panes.pane import Pane, PictureCells
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: Heading, width and the narrowest pane that shows the column.
COLUMNS = (("gradient", 9, 0), ("weights", 9, 34), ("update/w", 9, 26))


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
        columns = [
            (title, wide, name) for (title, wide, least), name in zip(COLUMNS, _METRICS, strict=True) if width >= least
        ]
        left = width - sum(wide for _, wide, _ in columns)
        shape_width = 16 if left >= 26 else 0
        name_width = left - shape_width
        heading = fit("layer", name_width) + fit("shape", shape_width)
        heading += "".join(fit(title, wide, right=True) for title, wide, _ in columns)
        rows = [line((heading, self.get_component_rich_style("layers--heading")))]
        shown = run.layers if len(run.layers) < height else run.layers[: max(0, height - 2)]
        for i, layer in enumerate(shown):
            shape = f"{layer.inputs}→{layer.outputs} {layer.activation}"
            values = [_value(run.latest.get(metric), i) for _, _, metric in columns]
            figures = "".join(figure(value, wide) for value, (_, wide, _) in zip(values, columns, strict=True))
            rows.append(line(fit(layer.name, name_width), (fit(shape, shape_width), quiet), figures))
        if len(shown) < len(run.layers):
            rows.append(line((fit(f"… {len(run.layers) - len(shown)} more layers", width), quiet)))
        self.show(rows)
        total = sum(layer.parameters for layer in run.layers)
        self.caption(f"{total:,} parameters" if total else "")


_METRICS = ("grad_norm", "weight_norm", "update_ratio")


def _value(values: list[float | None] | None, i: int) -> float | None:
    return values[i] if values is not None and i < len(values) else None
