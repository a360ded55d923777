"""What the network makes of its inputs: the decision surface or the fitted curve, each unit's own map, the weights."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.events import Click, MouseScrollDown, MouseScrollUp

from nntui.tui import keymap, terminal
from nntui.tui.panes.pane import Pane, PictureCells, awaited
from nntui.tui.panes.plane.fittedcurve import MOST_CURVES, FittedCurve
from nntui.tui.panes.plane.surface import Surface
from nntui.tui.panes.plane.unitmaps import UnitMaps
from nntui.tui.panes.plane.view import Look, View
from nntui.tui.panes.plane.weightmap import WeightMap
from nntui.tui.picture import Asked, Picture, Question, WantedTables

#: What is seen first of a network of one input, and of one of two.
FIRST_VIEWS: tuple[type[View], ...] = (FittedCurve, Surface)


class PlanePane(Pane, PictureCells):
    """One of several views; only what that view asks for is read and computed."""

    EVERY: ClassVar = 0.5
    number, heading = 6, "Plane"
    PLACE = keymap.PLANE
    BINDINGS: ClassVar = keymap.bindings(keymap.PLANE)
    EXPLAIN: ClassVar = (
        "The network's answer wherever its inputs can lie, that of each unit, or the weights.",
        "Good: a border between the groups that is as crooked as the data, and no more.",
        "Too straight: more units, layers or steps. Winding around single points: fewer, or l2.",
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "plane--axis",
        "plane--quiet",
        "plane--bad",
        "plane--point",
        "plane--wrong",
        "plane--cross",
        "plane--more",
        "plane--less",
        *(f"plane--series-{i}" for i in range(1, MOST_CURVES + 1)),
    }
    DEFAULT_CSS = """
    PlanePane {
        .plane--axis { color: $foreground 50%; }
        .plane--quiet { color: $foreground 65%; }
        .plane--bad { color: $error; text-style: bold; }
        .plane--point { text-style: none; }
        .plane--wrong { text-style: bold reverse; }
        .plane--cross { color: $foreground; text-style: bold; }
        .plane--more { color: $text-warning; }
        .plane--less { color: $text-primary; }
        .plane--series-1 { color: $text-primary; }
        .plane--series-2 { color: $text-accent; }
        .plane--series-3 { color: $text-success; }
        .plane--series-4 { color: $text-error; }
        .plane--series-5 { color: $text-secondary; }
        .plane--series-6 { color: $text-warning; }
        &:nocolor { .plane--axis { text-style: dim; } }
    }
    """

    def __init__(self, marker: str) -> None:
        super().__init__(id="plane")
        self._marker = marker
        self._views: tuple[View, ...] = ()
        self._inputs = -1
        self._view = 0
        self._asked: Question | None = None
        self._shown: tuple[object, ...] = ()

    def draw(self, picture: Picture) -> None:
        """The view that was chosen, and what it wants from now on."""
        inputs = len(picture.run.data.get("features") or ())
        if inputs != self._inputs:
            self._inputs, self._view, self._views = inputs, 0, _views(inputs)
        view, look = self._views[self._view], self._look
        if not inputs or picture.past:
            words = "The network of an earlier step is not kept." if inputs else awaited(picture.run, "plane")
            self._ask(None, ())
            self.show([look.quiet(words, self.size.width)])
            self.caption("")
            return
        question = view.question(picture, self.size, look)
        self._ask(question, view.tables)
        answer = picture.answers.get(self.id or "")
        if answer is not None and answer.question is not question:
            answer = None
        lines, caption = view.draw(picture, answer, self.size, look)
        self.show(lines)
        self.caption(caption)
        self.title(view.name)
        shown = view, question, answer is not None
        if shown != self._shown:  # what is seen for the first time is followed soon
            self._shown, self.cells_sent = shown, 0

    @property
    def _look(self) -> Look:
        coloured = self._marker != "ascii" and terminal.shows_palette(self.app)
        return Look(self._marker, coloured, self.app.current_theme.dark, self._style)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"plane--{name}", partial=name in ("point", "wrong", "cross"))

    def _ask(self, question: Question | None, tables: tuple[str, ...]) -> None:
        if question is not self._asked:
            self._asked = question
            self.post_message(Asked(self.id or "", question))
        self.post_message(WantedTables(self.id or "", tables))

    def on_hide(self) -> None:
        """A hidden pane asks nothing."""
        self._ask(None, ())

    # Moving about

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Of many inputs there is one view, and no next one."""
        return action != "view" or len(self._views) != 1

    @property
    def words(self) -> dict[str, str]:
        """Where there is no plane there is no cross to be moved."""
        return {"move(0, -1)": "scroll"} if len(self._views) == 1 else {}

    def action_view(self) -> None:
        """The next view."""
        self._view = (self._view + 1) % max(1, len(self._views))
        self.redraw()

    def action_move(self, across: int, down: int) -> None:
        """Moves the cross, or scrolls."""
        if self._views:
            self._views[self._view].move(across, down)
            self.redraw()

    def action_page(self, pages: int) -> None:
        """Scrolls by as much as is shown, or shows the next output."""
        if self._views:
            self._views[self._view].page(pages)
            self.redraw()

    def action_start(self) -> None:
        """Puts the cross away, or scrolls to the beginning."""
        if self._views:
            self._views[self._view].home()
            self.redraw()

    def action_finish(self) -> None:
        """Scrolls to the end."""
        if self._views:
            self._views[self._view].end()
            self.redraw()

    def on_click(self, event: Click) -> None:
        """Puts the cross there."""
        offset = event.get_content_offset(self)
        if self._views and offset is not None:
            self._views[self._view].click(offset.x, offset.y)
            self.redraw()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel scrolls where there is more than is seen."""
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel scrolls where there is more than is seen."""
        self._wheel(event, -1)

    def _wheel(self, event: MouseScrollDown | MouseScrollUp, lines: int) -> None:
        event.stop()
        if self._views and self._views[self._view].scrolls:
            self.action_move(0, lines)


def _views(inputs: int) -> tuple[View, ...]:
    """What there is to see of a network of so many inputs."""
    if inputs > len(FIRST_VIEWS):
        return (WeightMap(),)
    return FIRST_VIEWS[inputs - 1](), UnitMaps(), WeightMap()
