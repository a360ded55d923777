"""Looking at curves: what keys and mouse do to the view of a pane."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.events import MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp
from textual.message import Message

from nntui.tui.panes.view import View
from nntui.tui.widgets.scale import CLOCK, EPOCHS, STEPS

if TYPE_CHECKING:
    from nntui.tui.widgets.chart import Chart

    _Base = Chart

else:
    _Base = object

#: The series in which epochs and seconds since the run was created are recorded.
COURSES = {EPOCHS: "epoch", CLOCK: "wall"}
#: How much longer or shorter a key makes the window, and the wheel.
ZOOM, WHEEL = 2.0, 1.25


class Rewinding(Message):
    """A person wants the run to go back to a step."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step


class Pointed(Message):
    """Somebody has put the cursor of a chart on another step, or away."""

    def __init__(self, chart: Looking) -> None:
        super().__init__()
        self.chart = chart
        self.step = chart.view.cursor

    @property
    def is_over(self) -> bool:
        """Whether the cursor is elsewhere by now, of which another message tells."""
        return self.chart.view.cursor != self.step


class Looking(_Base):
    """Mixed into a chart that draws what there is to draw, in the way that its view says, when it is to redraw."""

    view = View()

    @property
    def newest(self) -> int:
        """The last step there is, as far as the chart has seen it."""
        raise NotImplementedError

    @property
    def recorded(self) -> Collection[str]:
        """The names of all series that were recorded."""
        raise NotImplementedError

    def look(self, view: View) -> None:
        """Looks at what is drawn in another way."""
        if view != self.view:
            before, self.view = self.view, view
            self.redraw()
            if view.cursor != before.cursor:
                self.post_message(Pointed(self))

    def point(self, step: int | None) -> None:
        """Puts the cursor on a step, or away."""
        self.look(self.view.point(step, self.newest))

    def place(self, step: int | None) -> None:
        """The same, told to nobody: that is where it is already."""
        view = self.view.point(step, self.newest)
        if view != self.view:
            self.view = view
            self.redraw()


class ByKeys(Looking):
    """The keys of a chart."""

    def action_log_values(self) -> None:
        """Changes between a plain and a logarithmic y axis."""
        self.look(replace(self.view, log=not self.view.log))

    def action_log_steps(self) -> None:
        """Changes between a plain and a logarithmic x axis."""
        self.look(replace(self.view, log_x=not self.view.log_x))

    def action_next_unit(self) -> None:
        """The next thing the x axis can count in this run."""
        units = [STEPS, *(unit for unit, name in COURSES.items() if name in self.recorded)]
        if len(units) == 1:
            self.notify("It has recorded neither epochs nor times.", markup=False)
            return
        place = units.index(self.view.unit) if self.view.unit in units else 0
        self.look(replace(self.view, unit=units[(place + 1) % len(units)]))

    def action_smooth(self) -> None:
        """The next smoothing."""
        self.look(self.view.smoother())

    def action_zoom(self, direction: int) -> None:
        """A shorter window, or a longer one."""
        self.look(self.view.zoom(ZOOM**-direction, self.newest))

    def action_pan(self, direction: int) -> None:
        """Half a window on."""
        self.look(self.view.pan(direction / 2, self.newest))

    def action_follow(self) -> None:
        """Follows the newest step, or stands still."""
        self.look(self.view.follow(self.newest))

    def action_whole(self) -> None:
        """The whole run."""
        self.look(self.view.whole())

    def action_cursor(self) -> None:
        """Puts the cursor on the newest step that is seen, or takes it away."""
        self.point(None if self.view.cursor is not None else self._last_seen)

    def action_move(self, columns: int) -> None:
        """Moves the cursor by so many columns; puts it there when there is none."""
        cursor = self.view.cursor
        self.point(self._last_seen if cursor is None else self.step_beside(cursor, columns))

    def action_move_share(self, direction: int) -> None:
        """Moves the cursor by a quarter of the canvas."""
        self.action_move(direction * max(1, self.columns // 4))

    def action_move_to_end(self, direction: int) -> None:
        """Moves the cursor to the first or the last step that is seen."""
        window = self.view.window(self.newest)
        self.point(self._last_seen if direction > 0 else window[0] if window else 0)

    def action_rewind(self) -> None:
        """Asks for the run to go back to the step of the cursor."""
        step = self.view.cursor
        if step is None:
            self.notify("First put the cursor on the step to go back to.", markup=False)
        else:
            self.post_message(Rewinding(min(step, self.newest)))

    def take_back(self) -> bool:
        """Takes the cursor away, if there is one."""
        had_one = self.view.cursor is not None
        self.point(None)
        return had_one

    @property
    def _last_seen(self) -> int:
        window = self.view.window(self.newest)
        return min(self.newest, window[1]) if window else self.newest


class ByMouse(Looking):
    """The mouse: a click or a drag puts the cursor there, the wheel zooms around the pointer."""

    _held = False

    def on_mouse_down(self, event: MouseDown) -> None:
        """Puts the cursor under the pointer, which it follows until the button is let go."""
        if event.button == 1 and event.get_content_offset(self) is not None and self._point_at(event):
            event.stop()  # what is around the content is held by the board
            self._held = True
            self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Drags the cursor."""
        if self._held:
            self._point_at(event)

    def on_mouse_up(self, event: MouseUp) -> None:
        """Lets the cursor go."""
        if self._held:
            self._held = False
            self.release_mouse()

    def on_mouse_release(self) -> None:
        """Somebody else has the mouse now."""
        self._held = False

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Zooms in around the pointer."""
        self._wheel(1 / WHEEL, event)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Zooms out around the pointer."""
        self._wheel(WHEEL, event)

    def _wheel(self, factor: float, event: MouseScrollUp | MouseScrollDown) -> None:
        event.stop()
        about = self.step_at(event.get_content_offset_capture(self).x)
        if about is not None:
            self.look(self.view.zoom(factor, self.newest, float(about)))

    def _point_at(self, event: MouseDown | MouseMove) -> bool:
        step = self.step_at(event.get_content_offset_capture(self).x)
        if step is not None:
            self.point(step)
        return step is not None
