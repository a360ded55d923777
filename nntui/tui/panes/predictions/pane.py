"""The prediction pane: what the network says of each row, or how often it takes what for what."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.events import Click
from textual.geometry import Size
from textual.message import Message

from nntui.rowfilter import RowFilterError, pick
from nntui.tui import keymap
from nntui.tui.panes.choice import Choice
from nntui.tui.panes.filteredpane import FilteredPane
from nntui.tui.panes.pane import awaited
from nntui.tui.panes.predictions.answers import answers_of
from nntui.tui.panes.predictions.ranking import Order, filtered_rows
from nntui.tui.panes.predictions.rowviews import Scene, View, compared_view, rows_view
from nntui.tui.picture import Picture
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: More classes than there are.
MANY = 10**6


class PredictionPane(FilteredPane):
    """Inputs or image, target, and what the network answers; one row is chosen."""

    number, heading = 5, "Predictions"
    EXPLAIN = (
        "Each row with its target and what the network answers now, the worst first.",
        "Good: few are wrong, test rows no more often, and only those that you would doubt too.",
        "A wrong target: mend the data. Many alike: more units, other features, more steps.",
    )
    HINT = "wrong  test  class=3  x1>0.5"
    PLACE = keymap.PREDICTIONS
    BINDINGS: ClassVar = keymap.bindings(keymap.PREDICTIONS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"rows--{name}" for name in ("right", "wrong", "quiet", "bar", "test", "chosen", "kept")),
        *(f"rows--{kind}{shade}" for kind in ("hit", "miss") for shade in (1, 2, 3, 4)),
    }
    DEFAULT_CSS = """
    PredictionPane {
        .rows--right { color: $success; }
        .rows--wrong { color: $error; text-style: bold; }
        .rows--quiet { color: $foreground 65%; }
        .rows--bar { color: $primary; background: $foreground 12%; }
        .rows--test { color: $text-accent; }
        .rows--chosen { color: $foreground; background: $primary 25%; text-style: bold; }
        .rows--kept { color: $foreground; text-style: bold; }
        .rows--hit1 { background: $success 10%; }
        .rows--hit2 { background: $success 20%; }
        .rows--hit3 { background: $success 30%; text-style: bold; }
        .rows--hit4 { background: $success 40%; text-style: bold; }
        .rows--miss1 { background: $error 15%; }
        .rows--miss2 { background: $error 30%; }
        .rows--miss3 { background: $error 40%; text-style: bold; }
        .rows--miss4 { background: $error 50%; text-style: bold; }
        &:nocolor { .rows--right, .rows--wrong, .rows--bar, .rows--test { color: $foreground; } }
    }
    """

    class Opened(Message):
        """Somebody wants to know all of a row: the one at a place in an order of positions."""

        def __init__(self, order: NDArray[np.int64], place: int) -> None:
            super().__init__()
            self.order = order
            self.place = place

    class Typing(Message):
        """Somebody wants to type values of inputs; at first they are those of a row."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    def __init__(self, marker: str) -> None:
        super().__init__(id="predictions")
        self._marker = marker
        self._order = Order()
        self._filter = ""
        self._compares = False
        self._corner = (0, 0)  # where the confusion matrix is scrolled to
        self._choice = Choice()
        self._view = View([])
        self._drawn: tuple[object, ...] = ()

    # Drawing

    def draw(self, picture: Picture) -> None:
        """The rows around the chosen one, or all of them against each other."""
        if not picture.rows or "P" not in picture.predictions:
            self._drawn = ()
            self._say(awaited(picture.run, "predictions", "appear"))
            return
        known = (picture.table("predictions"), picture.run.id, self._room, self._order, self._filter)
        key = (*known, self._compares, self._corner, self._choice.row, self.has_focus, self.app.theme)
        if key == self._drawn:
            return
        scene = self._scene(picture)
        if not len(scene.order):
            self._choice.settle(scene.order, 1, 1)
            self._say("No row is like that.")
        else:
            filtered = bool(self._filter)
            self._view = (
                compared_view(scene, self._choice, self._corner, filtered=filtered)
                if self._compares
                else rows_view(scene, self._choice)
            )
            self.show(self._view.lines)
        self._tell(scene)
        self._corner = self._view.corner or self._corner
        self._drawn = (*known, self._compares, self._corner, self._choice.row, self.has_focus, self.app.theme)

    def _say(self, text: str) -> None:
        self._view = View([line((fit(text, self.size.width), self._style("quiet")))])
        self.show(self._view.lines)

    def _scene(self, picture: Picture) -> Scene:
        P, rows, task = picture.predictions["P"], picture.rows, picture.run.data.get("task", "binary")
        answers = answers_of(picture.run, rows, P, self._style)
        order = self._order.ranked(P, rows, task, answers.sortable)
        if self._filter:
            order = order[pick(self._filter, filtered_rows(picture.run, rows, P))[order]]
        room, style, marker = self._room, self._style, self._marker
        shaded = marker == "ascii" or self.app.no_color
        return Scene(picture, answers, order, self._order, room, style, marker, shaded, self.has_focus)

    @property
    def _room(self) -> Size:
        return Size(self.size.width, self.lines_free)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"rows--{name}")

    def _tell(self, scene: Scene) -> None:
        run, shown = scene.picture.run, len(scene.picture.rows["row"])
        total = run.data["train_rows"] + run.data["test_rows"]
        order = self._order.told(tuple(run.data["features"]), scene.answers.sortable)
        said = [f"{len(scene.order):,} of {shown:,} rows", self._filter] if self._filter else []
        said += list(self._view.words) if self._compares else [order, scene.answers.summary()]
        if scene.picture.past:
            said.insert(0, f"of step {scene.picture.table('predictions').step:,}")
        if shown < total and not self._filter:
            said.append(f"{shown:,} of {total:,} rows")
        said += [] if self._compares else list(self._view.words)
        summary = ""
        for word in filter(None, said):
            longer = f"{summary} · {word}" if summary else word
            summary = longer if len(longer) <= self.caption_width else summary
        self.caption(summary)

    # Moving about

    def action_move(self, lines: int) -> None:
        """Chooses the row so many lines on; a confusion matrix is scrolled."""
        self.move(lines)

    def action_aside(self, rows: int) -> None:
        """Chooses the image beside; a confusion matrix is scrolled."""
        self.move(0, rows)

    def move(self, down: int, across: int = 0) -> None:
        """Goes so many lines down, and so many images or columns across."""
        if self._view.corner is not None:
            self._corner = self._view.corner[0] + down, self._view.corner[1] + across
        else:
            self._choice.move(down * self._choice.across + across)
        self.redraw()

    def action_page(self, pages: int) -> None:
        """Moves by as much as is shown."""
        self.move(pages * (self._choice.down if self._view.corner is None else len(self._view.lines) - 2), 0)

    def action_edge(self, direction: int) -> None:
        """To the first row, or to the last."""
        if self._view.corner is not None:
            self.move(direction * MANY, direction * MANY)
            return
        self._choice.go_to(0 if direction < 0 else len(self._choice.order))
        self.redraw()

    def choose(self, row: int | None) -> None:
        """Chooses a row by its position in the table."""
        if row is not None:
            self._choice.choose(row)
            self.redraw()

    def on_click(self, event: Click) -> None:
        """Chooses the row under the pointer, or opens it when it was chosen; orders by the heading under it."""
        at = event.get_content_offset(self)
        place = self._view.place_at(at.x, at.y) if at else None
        if at is None or place is None:
            return
        if place < 0:
            by = self._view.column_at(at.x)
            if by is not None:
                self._order_by(Order(by, by == self._order.by and not self._order.reverse))
        elif self._choice.first * self._choice.across + place == self._choice.place and self.has_focus:
            self.action_open_row()
        else:
            self._choice.go_to(self._choice.first * self._choice.across + place)
            self.redraw()

    # What is shown

    def _order_by(self, order: Order) -> None:
        self._order = order
        self._choice.start_over()
        self.redraw()

    def action_order(self) -> None:
        """The next of the orders there are."""
        self._order_by(self._order.next(self._view.orders))

    def action_reverse(self) -> None:
        """The order the other way round."""
        self._order_by(Order(self._order.by, not self._order.reverse))

    def action_compare(self) -> None:
        """Rows, or all of them against each other."""
        self._compares = not self._compares
        self.redraw()

    def action_open_row(self) -> None:
        """Tells all of the chosen row."""
        if self._choice.row >= 0:
            self.post_message(self.Opened(self._choice.order, self._choice.place))

    def action_type(self) -> None:
        """Lets one type values of one's own."""
        if self._choice.row >= 0:
            self.post_message(self.Typing(self._choice.row))

    # The filter

    def action_filter(self) -> None:
        """Lets one type which rows are shown, once there are any."""
        if self._last is None or "P" not in self._last.predictions:
            return
        self.open_filter()

    def filter_by(self, text: str) -> str:
        """Shows the rows that were typed as soon as that means something."""
        if self._last is not None and "P" in self._last.predictions:
            rows = filtered_rows(self._last.run, self._last.rows, self._last.predictions["P"])
            try:
                pick(text, rows)
            except RowFilterError as error:
                return str(error)
        self._filter = text.strip()
        return ""
