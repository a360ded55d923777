"""The gradient pane: each layer's norm as a curve, or all layers as rows of colour over the whole run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content
from textual.style import Style

from nntui.store.records import Curve
from nntui.tui import keymap
from nntui.tui.panes.curves import CurvePane
from nntui.tui.picture import Picture
from nntui.tui.widgets.waterfall import Waterfall


class GradientPane(CurvePane, Waterfall):
    """The norm of each layer's gradient: equal heights are healthy, a low line is a layer that hardly learns."""

    EVERY: ClassVar = 0.2
    number, heading, unit = 2, "Gradients", "norm"
    PLACE = keymap.GRADIENTS
    BINDINGS: ClassVar = keymap.bindings(keymap.GRADIENTS)
    EXPLAIN: ClassVar = (
        "How hard each layer is pulled: the norm of its gradient, as curves or rows of colour.",
        "Good: all within a factor of ten of each other, and falling slowly.",
        "Far below the others: another init or activation. Rising: lower lr, or clip.",
    )

    def series(self, picture: Picture) -> tuple[str, ...]:
        """One curve a layer."""
        return tuple(f"grad_norm/{layer.name}" for layer in picture.run.layers)

    def action_view(self) -> None:
        """Changes between curves and rows of colour."""
        self.as_rows = not self.as_rows
        self.redraw()

    def _legend(self, curves: Sequence[Curve]) -> tuple[Content, int]:
        """What the colours mean; and the room that is left."""
        if not self.as_rows or not curves:
            return super()._legend(curves)
        low, high = self.bounds_text
        scale = [(text, Style.from_rich_style(style)) for text, style in self.scale()]
        legend = Content.assemble(f"{self.unit} {low} ", *scale, f" {high}")
        return legend, self.caption_width - legend.cell_length
