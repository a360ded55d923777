"""The two panes that draw curves: the loss, and each layer's gradient norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style

from nntui.store.records import Curve, Event
from nntui.text import plain
from nntui.tui.panes.pane import Pane, Pictured
from nntui.tui.picture import Picture, Query, Wanted
from nntui.tui.widgets.chart import Chart, Mark

#: The kinds of events that are marked on the curves.
SYMBOLS = {"set": "▲", "warning": "✕"}


class CurvePane(Pane, Pictured, Chart):
    """A chart of some of a run's series."""

    EVERY: ClassVar = 0.0
    unit = ""

    def __init__(self, marker: str, *, log_axis: bool, id: str) -> None:  # noqa: A002
        super().__init__(id=id, marker=marker)
        self.log_axis = log_axis
        self._names: tuple[str, ...] = ()

    def series(self, picture: Picture) -> tuple[str, ...]:
        """The names of the series to draw, the first on top."""
        raise NotImplementedError

    def label(self, name: str) -> str:
        """What the legend calls a series."""
        return name.rpartition("/")[2]

    def draw(self, picture: Picture) -> None:
        """Draws the curves that the picture holds for this chart, and asks for as many buckets as it can show."""
        self._names = self.series(picture)
        curves = picture.curves.get(self.id or "", {})
        shown = [curves[name] for name in self._names if name in curves and len(curves[name].first)]
        palette = [self._names.index(curve.name) for curve in shown]
        self.plot(shown, _marks(picture.events), log=self.log_axis, palette=palette)
        self.caption(self._legend(shown))
        self.post_message(Wanted(self.id or "", Query(self._names, self.buckets_wanted) if self._names else None))

    def on_hide(self) -> None:
        """A hidden chart wants nothing."""
        self.post_message(Wanted(self.id or "", None))

    def toggle_log(self) -> None:
        """Changes between a plain and a logarithmic axis."""
        self.log_axis = not self.log_axis
        self.redraw()

    def _legend(self, curves: Sequence[Curve]) -> Content:
        """Unit and scale, then as many of the curves' names as there is room for."""
        scale = f"{self.unit}{', log' if self.log_axis else ''} "
        parts: list[str | tuple[str, Style]] = [scale]
        room = self.size.width - len(scale) - 4
        for (symbol, _, style), curve in zip(self.legend(), curves, strict=True):
            label = f" {plain(self.label(curve.name))}"
            room -= cell_len(symbol) + cell_len(label) + 1
            if room < 2:
                parts.append(" …")
                break
            parts += [" ", (symbol, Style.from_rich_style(style)), label]
        column = f" · {self.column_text}"
        if curves and room >= len(column):
            parts.append(column)
        return Content.assemble(*parts)


class LossPane(CurvePane):
    """Training and validation loss, with every knob change marked."""

    number, heading, unit = 1, "Loss", "loss"

    @classmethod
    def first_query(cls, columns: int) -> Query:
        """What every run has, in as many buckets as a terminal of so many columns can show."""
        return Query(("val_loss", "loss"), 2 * columns)

    def series(self, picture: Picture) -> tuple[str, ...]:
        """Validation, where there is any, is drawn over training."""
        return ("val_loss", "loss") if picture.run.data.get("test_rows") else ("loss",)

    def label(self, name: str) -> str:
        """The words people use."""
        return {"loss": "training", "val_loss": "validation"}[name]


class GradientPane(CurvePane):
    """The norm of each layer's gradient: equal heights are healthy, a low line is a layer that hardly learns."""

    EVERY: ClassVar = 0.2
    number, heading, unit = 2, "Gradients", "norm"

    def series(self, picture: Picture) -> tuple[str, ...]:
        """One curve a layer."""
        return tuple(f"grad_norm/{layer.name}" for layer in picture.run.layers)


def _marks(events: Sequence[Event]) -> list[Mark]:
    return [Mark(event.step, SYMBOLS[event.kind], event.what) for event in events if event.kind in SYMBOLS]
