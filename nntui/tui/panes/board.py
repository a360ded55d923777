"""The panes: which are seen, where, and which has the focus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.events import MouseDown, MouseMove, MouseUp, Resize
from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.widget import Widget

from nntui.tui import keymap
from nntui.tui.panes.arrangement import Arrangement, Edge, plan_for
from nntui.tui.panes.curves import CurvePane, LossPane
from nntui.tui.panes.events import EventPane
from nntui.tui.panes.gradients import GradientPane
from nntui.tui.panes.knobs.pane import KnobPane
from nntui.tui.panes.layers.pane import LayerPane
from nntui.tui.panes.pane import Pane
from nntui.tui.panes.plane.pane import PlanePane
from nntui.tui.panes.predictions.pane import PredictionPane
from nntui.tui.panes.sight import Sight, is_small
from nntui.tui.picture import Picture

AnyPane = LossPane | GradientPane | KnobPane | LayerPane | PredictionPane | PlanePane | EventPane
PANES: tuple[type[AnyPane], ...] = (
    LossPane,
    GradientPane,
    KnobPane,
    LayerPane,
    PredictionPane,
    PlanePane,
    EventPane,
)
#: Cells by which a key moves the side of a column.
STEP = 2


class Rearranged(Message):
    """Somebody has moved, hidden or shown panes; ``layout`` is what is to be remembered of it, by plan."""

    def __init__(self, layout: dict[str, Any]) -> None:
        super().__init__()
        self.layout = layout


class Places(Layout):
    """Puts each pane of a board where its arrangement says, or one of them everywhere."""

    name = "places"

    def __init__(self, sight: Sight) -> None:
        super().__init__()
        self._sight = sight

    def arrangement(self, panes: Sequence[Widget], box: Size, terminal: Size) -> Arrangement:
        """Where several panes stand in a board."""
        hidden = self._sight.hidden(terminal)
        seen = [pane for pane in panes if isinstance(pane, Pane) and pane.number not in hidden]
        wanted = {pane.number: pane.lines_wanted + 2 for pane in seen if pane.lines_wanted is not None}
        changes = self._sight.changes(terminal)
        return Arrangement(plan_for(terminal), changes, box, [pane.number for pane in seen], wanted)

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        terminal = parent.app.size
        only = self._sight.only(terminal)
        regions = {only: size.region} if only else self.arrangement(children, size, terminal).regions()
        nothing = Region(0, 0, 0, 0)
        return [
            WidgetPlacement(regions.get(getattr(child, "number", 0), nothing), Offset(), Spacing(), child)
            for child in children
        ]


class Board(Widget):
    """Panes in columns; or one pane alone, where a person or the terminal's size wants it."""

    BINDINGS: ClassVar = keymap.bindings(keymap.PANES)

    def __init__(self, marker: str, layout: Mapping[str, Any] | None = None) -> None:
        """``layout`` is what was remembered: see :class:`Rearranged`."""
        super().__init__()
        self._marker = marker
        self._sight = Sight(len(PANES), layout or {})
        self._places = Places(self._sight)
        self._focus_before: Widget | None = None
        self._dragged: Edge | None = None

    def compose(self) -> ComposeResult:
        """All panes, in the order of their numbers."""
        yield LossPane(self._marker, log_axis=False, id="loss")
        yield GradientPane(self._marker, log_axis=True, id="gradients")
        yield KnobPane()
        yield LayerPane(ascii_only=self._marker == "ascii")
        yield PredictionPane(self._marker)
        yield PlanePane(self._marker)
        yield EventPane()

    @property
    def layout(self) -> Layout:
        """Panes stand where the arrangement says."""
        return self._places

    @property
    def panes(self) -> list[AnyPane]:
        """All panes, in the order of their numbers."""
        return [self.query_one(pane) for pane in PANES]

    def picture(self, picture: Picture) -> None:
        """Shows the run as it is in the picture, in every pane."""
        then = picture.then
        for pane in self.panes:
            if pane.WHOLE:
                pane.picture(picture)
            else:
                pane.stamp(f"step {then.run.step:,}" if then and not then.past else "")
                pane.picture(picture.shown)

    def point(self, step: int | None) -> None:
        """Puts the cursor of all curves on a step, or away."""
        for pane in self.query(CurvePane):
            pane.place(step)

    # What is seen, and where

    @property
    def hidden(self) -> int:
        """How many panes a person has hidden, of those that are shown in a terminal of this size."""
        return self._sight.hidden_by_hand(self.app.size)

    @property
    def _arrangement(self) -> Arrangement:
        return self._places.arrangement(self.panes, self.size, self.app.size)

    def on_mount(self) -> None:
        """Shows what there is room for."""
        self._arrange()

    def on_resize(self, event: Resize) -> None:
        """Shows what there is room for."""
        self._arrange()

    def _arrange(self) -> None:
        panes, shown = self.panes, self._sight.seen(self.app.size)
        for pane in panes:
            pane.display = pane.number in shown
        seen = [pane for pane in panes if pane.display]
        if seen:  # a child asks, since a layout is made anew for the sake of the children
            seen[0].refresh(layout=True)
        self._keep_focus(seen)

    def _keep_focus(self, seen: Sequence[Widget]) -> None:
        """Some pane that is seen has the focus; the one that had it before the terminal was small gets it back."""
        if not seen:  # the panes of a screen that is being left are closed already
            return
        focused = self.screen.focused
        if is_small(self.app.size):
            self._focus_before = self._focus_before or focused
        else:
            focused, self._focus_before = self._focus_before or focused, None
        if focused is None or not any(widget in seen for widget in focused.ancestors_with_self):
            focused = seen[0]
        if focused is not self.screen.focused:
            self.screen.set_focus(focused)

    def _remember(self) -> None:
        self.post_message(Rearranged(self._sight.layout))

    # Keys

    @property
    def _focused(self) -> int:
        return getattr(self.screen.focused, "number", 1)

    def action_pane(self, number: int) -> None:
        """Goes to a pane, and shows it first if need be; from there, hides it, unless it is the last one seen."""
        pane = self.panes[number - 1]
        if self._sight.go_to(number, self.app.size, is_there=pane.has_focus):
            self._remember()
        self._arrange()
        if pane.display:
            pane.focus()

    def action_next_pane(self, direction: int) -> None:
        """The next pane; where one is shown alone, shows it instead."""
        if only := self._sight.only(self.app.size):
            self.action_pane((only - 1 + direction) % len(PANES) + 1)
        else:
            seen = [pane for pane in self.panes if pane.display]
            here = next((i for i, pane in enumerate(seen) if pane is self.screen.focused), 0)
            seen[(here + direction) % len(seen)].focus()

    def action_maximise(self) -> None:
        """Lets the focused pane fill the screen, or brings all back."""
        if not self.restore() and not is_small(self.app.size):
            self._sight.alone = self._focused
            self._arrange()

    def restore(self) -> bool:
        """Brings all panes back when one fills the screen; whether there was anything to do."""
        number = self._sight.alone
        if is_small(self.app.size) or number is None:
            return False
        self._sight.alone = None
        self._arrange()
        self.panes[number - 1].focus()
        return True

    def action_widen(self, direction: int) -> None:
        """Makes the column of the focused pane wider, or narrower."""
        self._shift(direction * STEP, column=True)

    def action_heighten(self, direction: int) -> None:
        """Makes the focused pane higher, or lower."""
        self._shift(direction, column=False)

    def _shift(self, by: int, *, column: bool) -> None:
        arrangement = self._arrangement
        if self._sight.only(self.app.size) is None and (found := arrangement.edge_of(self._focused, column=column)):
            edge, direction = found
            arrangement.shift(edge, by * direction)
            self._arrange()
            self._remember()

    def action_reset(self) -> None:
        """Puts everything back as it was before anybody moved, hid or showed a pane in a terminal of this size."""
        self._sight.reset(self.app.size)
        self._arrange()
        self._remember()

    # The mouse

    def on_mouse_down(self, event: MouseDown) -> None:
        """Takes hold of the line between two panes."""
        place = event.screen_offset - self.region.offset
        self._dragged = None if self._sight.only(self.app.size) else self._arrangement.edge_at(*place)
        if self._dragged is not None:
            self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """The line that is held follows."""
        if self._dragged is not None and not self._sight.only(self.app.size):
            place = event.screen_offset - self.region.offset
            self._arrangement.move(self._dragged, *place)
            self._arrange()

    def on_mouse_up(self, event: MouseUp) -> None:
        """Lets go of the line."""
        if self._dragged is not None:
            self._dragged = None
            self.release_mouse()
            self._remember()
