"""The table of layers: norms, how far each step moves the weights, what the units do, and what that warns of."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.events import MouseScrollDown, MouseScrollUp
from textual.strip import Strip

from nntui import diagnosis
from nntui.diagnosis import Finding
from nntui.store.records import SAMPLES_PER_PARAMETER
from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.panes.layers.table import VIEWS, FigureColumn, Placed, place
from nntui.tui.panes.numbers import count
from nntui.tui.panes.pane import Pane, PictureCells, awaited
from nntui.tui.picture import Picture, Query, Wanted
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.sparkline import sparkline
from nntui.tui.widgets.text import fit

#: Buckets of the histories: enough for warnings, which look at quarters of the run.
BUCKETS = 24
#: The sign of each kind of finding, and in ASCII.
SIGNS = {
    diagnosis.EXPLODING: ("↑", "^"),
    diagnosis.VANISHING: ("↓", "v"),
    diagnosis.DEAD: ("✕", "x"),
    diagnosis.STALLED: ("═", "="),
    diagnosis.SATURATED: ("■", "#"),
    diagnosis.LARGE_STEPS: ("!", "!"),
    diagnosis.OVERFITTING: ("▲", "/"),
}
#: Cells of a layer's name at most.
_MOST_NAME = 20
#: Lines of findings for which the pane is made higher, and rows of layers that these leave where there are more.
_FINDING_LINES, _ROWS = 4, 2


def findings(picture: Picture) -> tuple[Finding, ...]:
    """What the figures of a run warn of, the worst first; by their histories as far as these were read."""
    return diagnosis.findings(picture.run, picture.curves.get(LayerPane.ID, {}))


class LayerPane(Pane, PictureCells):
    """One row a layer; below, in words, what is wrong."""

    EVERY: ClassVar = 0.5
    ID: ClassVar = "layers"
    number, heading = 4, "Layers"
    PLACE = keymap.LAYERS
    BINDINGS: ClassVar = keymap.bindings(keymap.LAYERS)
    EXPLAIN: ClassVar = (
        "Each layer's gradient and weights, the share of these that a step moves, and its units.",
        "Good: gradients alike, steps near 1e-3 of the weights, few units dead or saturated.",
        "Steps larger: lower lr; smaller: raise it. Dead units: leaky-relu. Saturated: init.",
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {"layers--quiet", "layers--spark", "layers--warning"}
    DEFAULT_CSS = """
    LayerPane {
        .layers--quiet { color: $foreground 65%; }
        .layers--spark { color: $text-primary; }
        .layers--warning { color: $text-warning; text-style: bold; }
    }
    """

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(id=self.ID)
        self._ascii = ascii_only
        self._view = next(iter(VIEWS))
        self._first = 0
        self._told = 0

    def picture(self, picture: Picture) -> None:
        """Shows the newest figures; more layers make the pane higher."""
        higher = self._last is None or len(self._last.run.layers) != len(picture.run.layers)
        super().picture(picture)
        if higher:
            self.refresh(layout=True)

    @property
    def lines_wanted(self) -> int:
        """A line a layer, the heading, and what is told in words."""
        return 1 + (len(self._last.run.layers) if self._last else 0) + self._told

    def on_hide(self) -> None:
        """A hidden table wants no histories."""
        self.post_message(Wanted(self.ID, None))

    def draw(self, picture: Picture) -> None:
        """One line a layer, with as many columns as fit, then the findings."""
        run, width, height = picture.run, self.size.width, self.size.height
        if not run.layers:
            self.show([line((fit(awaited(run, "layers", "appear"), width), self._style("quiet")))])
            return
        found = findings(picture)
        words = self._in_words(found, width)
        # Words that wrap otherwise because of a digit do not move the panes about.
        lines_told = max(self._told, min(len(words), _FINDING_LINES)) if words else 0
        if lines_told != self._told:
            self._told = lines_told
            self.refresh(layout=True)
        worst = self._in_words(found[:1], width)
        told = min(len(words), max(height - 1 - len(run.layers), min(len(worst), height - 1 - _ROWS), 0))
        rows = max(1, height - 1 - told)
        self._first = max(0, min(self._first, len(run.layers) - rows))
        shown = range(self._first, min(len(run.layers), self._first + rows))
        names = [_name(layer.name) for layer in run.layers]
        name_width = 1 + min(_MOST_NAME, max(map(cell_len, (*names, "layer"))))
        placed = place(self._view, run, width - name_width)
        lines = [self._heading(name_width, placed)]
        marks = {layer: SIGNS[finding.kind][self._ascii] for finding in reversed(found) for layer in finding.layers}
        for i in shown:
            sign = (marks.get(i, " "), self._style("warning"))
            lines.append(line(sign, fit(names[i], name_width - 1), *self._cells(picture, i, placed)))
        room = height - len(lines)
        if len(words) > room > 0:
            words[room - 1] = line((fit(words[room - 1].text + " …", width), Style.null()))
        self.show(lines + words[:room])
        self.caption(self._below(picture, shown, found if room < 1 else ()))
        self._ask(picture, placed, shown)

    def _ask(self, picture: Picture, placed: list[Placed], shown: range) -> None:
        """Says which histories are drawn, and by which series findings are made."""
        layers = [picture.run.layers[i].name for i in shown]
        metrics = [p.column.metric for p in placed if isinstance(p.column, FigureColumn) and p.spark]
        names = dict.fromkeys((*diagnosis.series(picture.run), *(f"{m}/{name}" for m in metrics for name in layers)))
        self.post_message(Wanted(self.ID, Query(tuple(names), BUCKETS, every=self.EVERY)))

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"layers--{name}")

    # The table

    def _heading(self, name_width: int, placed: list[Placed]) -> Strip:
        text = fit(" layer", name_width)
        for column, width, spark in placed:
            if isinstance(column, FigureColumn):
                text += fit(column.heading if spark else column.short, width, right=True) + " " * spark
            else:
                text += " " + fit(column.heading, width - 1, right=column.right)
        return line((text, self._style("quiet")))

    def _cells(self, picture: Picture, layer: int, placed: list[Placed]) -> list[tuple[str, Style]]:
        run, curves = picture.run, picture.curves.get(self.ID, {})
        cells: list[tuple[str, Style]] = []
        for column, width, spark in placed:
            if not isinstance(column, FigureColumn):
                text = " " + fit(column.tell(run.layers[layer]), width - 1, right=column.right)
                cells.append((text, self._style("quiet")))
                continue
            cells.append((column.text(run, layer), Style.null()))
            curve = curves.get(f"{column.metric}/{run.layers[layer].name}")
            bounds = (0.0, 1.0) if column.share else None
            drawn = sparkline(curve, spark - 1, bounds=bounds, ascii_only=self._ascii) if curve and spark else ""
            cells.append((drawn.rjust(spark), self._style("spark")))
        return cells

    # What is said in words

    def _in_words(self, found: tuple[Finding, ...], width: int) -> list[Strip]:
        """The findings, each with its advice, in lines of the pane's width."""
        strips = []
        for finding in found:
            sign = SIGNS[finding.kind][self._ascii]
            text = plain(f"{finding.kind}: {finding.text}. {finding.advice[:1].upper()}{finding.advice[1:]}.")
            for i, row in enumerate(textwrap.wrap(text, max(8, width - 2))):
                strips.append(line((f"{sign if i == 0 else ' '} ", self._style("warning")), row))
        return strips

    def _below(self, picture: Picture, shown: range, untold: tuple[Finding, ...]) -> str:
        """Where one is among many layers; findings that have no room above; else the rule of thumb."""
        run, width = picture.run, self.caption_width
        here = f"{shown.start + 1}–{shown.stop} of {len(run.layers)}" if len(shown) < len(run.layers) else ""
        before = f"{here} · " if here else ""
        if untold:
            worst = untold[0]
            names = f" in {run.layers[worst.layers[0]].name}" if worst.layers else ""
            return fit(f"{before}{SIGNS[worst.kind][self._ascii]} {worst.kind}{names}", width).rstrip()
        parameters = sum(layer.parameters for layer in run.layers)
        rule = _rule_of_thumb(parameters, run.data.get("train_rows"), width - len(before))
        return before + rule if len(before + rule) <= width else here

    # Moving about

    def action_view(self) -> None:
        """Begins with other columns."""
        names = list(VIEWS)
        self._view = names[(names.index(self._view) + 1) % len(names)]
        self.redraw()

    def action_scroll(self, rows: int) -> None:
        """Moves by layers."""
        self._first = max(0, self._first + rows)
        self.redraw()

    def action_page(self, pages: int) -> None:
        """Moves by as much as is shown."""
        self.action_scroll(pages * max(1, self.size.height - 2))

    def action_scroll_home(self) -> None:
        """To the first layer."""
        self.action_scroll(-(10**9))

    def action_scroll_end(self) -> None:
        """To the last layer."""
        self.action_scroll(10**9)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel moves as the keys do."""
        event.stop()
        self.action_scroll(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel moves as the keys do."""
        event.stop()
        self.action_scroll(-1)


def _name(name: str) -> str:
    """A layer's name below the heading "layer"."""
    return plain(name).removeprefix("layer ") or plain(name)


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
