"""Panes that draw curves, and the one of the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.events import MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp
from textual.message import Message
from textual.style import Style

from nntui.store.records import Curve, Event
from nntui.tui import keymap
from nntui.tui.panes.pane import Pane, Pictured
from nntui.tui.panes.view import View
from nntui.tui.picture import Picture, Query, Wanted
from nntui.tui.widgets.chart import Chart, Mark
from nntui.tui.widgets.scale import CLOCK, EPOCHS, STEPS, Course, course

#: The kinds of events that are marked on the curves.
SYMBOLS = {"set": "▲", "warning": "✕"}
#: The series in which epochs and seconds since the run was created are recorded.
COURSES = {EPOCHS: "epoch", CLOCK: "wall"}
#: The buckets that tell the course of a whole run, while only a part of it is seen.
COURSE_BUCKETS = 256
#: How much longer or shorter a key makes the window, and the wheel.
ZOOM, WHEEL = 2.0, 1.25


class Picking(Message):
    """A person wants to choose what a pane draws, out of all that is recorded."""

    def __init__(self, pane: LossPane, series: tuple[str, ...], chosen: tuple[str, ...]) -> None:
        super().__init__()
        self.pane = pane
        self.series = series
        self.chosen = chosen


class CurvePane(Pane, Pictured, Chart):
    """A chart of some of a run's series, looked at in a way that keys and mouse change."""

    EVERY: ClassVar = 0.0
    PLACE: ClassVar = keymap.CURVES
    BINDINGS: ClassVar = keymap.bindings(keymap.CURVES)
    unit = ""

    def __init__(self, marker: str, *, log_axis: bool, id: str) -> None:  # noqa: A002
        super().__init__(id=id, marker=marker)
        self.view = View(log=log_axis)
        self._names: tuple[str, ...] = ()
        self._held = False
        self._titled = ""

    def series(self, picture: Picture) -> tuple[str, ...]:
        """The names of the series to draw, the first on top."""
        raise NotImplementedError

    def label(self, name: str) -> str:
        """What the legend calls a series."""
        return name.rpartition("/")[2]

    @property
    def newest(self) -> int:
        """The last step of the run, as far as the pane has seen it."""
        return self._last.run.step if self._last else 0

    def draw(self, picture: Picture) -> None:
        """Draws the curves that the picture holds for this chart, and asks for as many buckets as it can show."""
        self._names, view = self.series(picture), self.view
        curves = picture.curves.get(self.id or "", {})
        shown = [curves[name] for name in self._names if name in curves and len(curves[name].first)]
        self.plot(
            shown,
            _marks(picture.events),
            window=view.window(picture.run.step),
            log=view.log,
            palette=[self._names.index(curve.name) for curve in shown],
            labels=[self.label(curve.name) for curve in shown],
            log_x=view.log_x,
            unit=view.unit,
            courses=list(_courses(curves, picture.curves.get(self._course_id, {}))),
            smoothing=view.smoothing,
            cursor=view.cursor,
        )
        self._title()
        self.caption(self._legend(shown))
        self._ask(picture)

    def _ask(self, picture: Picture) -> None:
        """Says which buckets of which steps the view needs, and what its axis and its cursor are told by."""
        if not self._names:
            self.post_message(Wanted(self.id or "", None))
            return
        view, window = self.view, self.view.window(picture.run.step)
        needed = [COURSES[view.unit]] if view.unit in COURSES else []
        if view.cursor is not None:
            needed = list(COURSES.values())
        needed = [name for name in needed if name in picture.series]
        names = (*self._names, *(name for name in needed if name not in self._names))
        self.post_message(Wanted(self.id or "", Query(names, self.buckets_wanted, window, log=view.log_x)))
        course_of_all = Query(tuple(needed), COURSE_BUCKETS) if needed and window else None
        self.post_message(Wanted(self._course_id, course_of_all))

    @property
    def _course_id(self) -> str:
        return f"{self.id}/course"

    def on_hide(self) -> None:
        """A hidden chart wants nothing."""
        self.post_message(Wanted(self.id or "", None))
        self.post_message(Wanted(self._course_id, None))

    # Keys

    def look(self, view: View) -> None:
        """Looks at the run in another way."""
        if view != self.view:
            self.view = view
            self.redraw()

    def action_log_values(self) -> None:
        """Changes between a plain and a logarithmic y axis."""
        self.look(replace(self.view, log=not self.view.log))

    def action_log_steps(self) -> None:
        """Changes between a plain and a logarithmic x axis."""
        self.look(replace(self.view, log_x=not self.view.log_x))

    def action_next_unit(self) -> None:
        """The next thing the x axis can count in this run."""
        recorded = self._last.series if self._last else ()
        units = [STEPS, *(unit for unit, name in COURSES.items() if name in recorded)]
        if len(units) == 1:
            self.notify("This run has recorded neither epochs nor times.", markup=False)
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
        self._point(None if self.view.cursor is not None else self._last_seen)

    def action_move(self, columns: int) -> None:
        """Moves the cursor by so many columns; puts it there when there is none."""
        cursor = self.view.cursor
        self._point(self._last_seen if cursor is None else self.step_beside(cursor, columns))

    def action_move_share(self, direction: int) -> None:
        """Moves the cursor by a quarter of the canvas."""
        self.action_move(direction * max(1, self.columns // 4))

    def action_move_to_end(self, direction: int) -> None:
        """Moves the cursor to the first or the last step that is seen."""
        window = self.view.window(self.newest)
        self._point(self._last_seen if direction > 0 else window[0] if window else 0)

    def take_back(self) -> bool:
        """Takes the cursor away, if there is one."""
        had_one = self.view.cursor is not None
        self._point(None)
        return had_one

    @property
    def _last_seen(self) -> int:
        window = self.view.window(self.newest)
        return min(self.newest, window[1]) if window else self.newest

    def _point(self, step: int | None) -> None:
        self.look(self.view.point(step, self.newest))

    # Mouse

    def on_mouse_down(self, event: MouseDown) -> None:
        """Puts the cursor under the pointer, which it follows until the button is let go."""
        if event.button == 1 and self._point_at(event):
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
            self._point(step)
        return step is not None

    # The edges

    def _legend(self, curves: Sequence[Curve]) -> Content:
        """Unit and scale, as many of the curves' names as there is room for, and what a column stands for."""
        scale = f"{self.unit}{', log' if self.view.log else ''} "
        parts: list[str | tuple[str, Style]] = [scale]
        room = self.size.width - len(scale) - 4
        for symbol, label, style in self.legend():
            room -= cell_len(symbol) + cell_len(label) + 2
            if room < 2:
                parts.append(" …")
                return Content.assemble(*parts)
            parts += [" ", (symbol, Style.from_rich_style(style)), f" {label}"]
        for text in (f"log {self.view.unit}" if self.view.log_x else "", self.column_text):
            if text and curves and room >= len(text) + 3:
                parts.append(f" · {text}")
                room -= len(text) + 3
        return Content.assemble(*parts)

    def _title(self) -> None:
        """Puts into the upper edge, after number and name, how the run is looked at."""
        view, window = self.view, self.view.window(self.newest)
        looks = []
        if window:
            looks.append(f"{'following, ' if view.following else ''}steps {window[0]:,}–{window[1]:,}")
        if view.smoothing:
            looks.append(f"smoothed {view.smoothing:g}")
        title = Content.assemble((f"{self.number} ", "bold"), self.heading, *(f" · {look}" for look in looks))
        if self._titled != title.plain:
            self._titled = title.plain
            self.border_title = title


class LossPane(CurvePane):
    """Training and validation loss or any other series, with every knob change marked."""

    number, heading = 1, "Loss"
    EXPLAIN: ClassVar = (
        "How wrong the network is on the rows it learns from and, where some are held out, on those it never sees.",
        "Good is both falling together; validation that rises while training falls is overfitting.",
        "Falling slowly: raise lr. Jumping or rising: lower lr. Overfitting: raise l2 or dropout, or stop here.",
    )

    def __init__(self, marker: str, *, log_axis: bool, id: str) -> None:  # noqa: A002
        super().__init__(marker, log_axis=log_axis, id=id)
        self._chosen: tuple[str, ...] = ()

    @classmethod
    def first_query(cls, columns: int) -> Query:
        """What every run has, in as many buckets as a terminal of so many columns can show."""
        return Query(("val_loss", "loss"), 2 * columns)

    def series(self, picture: Picture) -> tuple[str, ...]:
        """What was chosen; else validation, where there is any, over training."""
        return self._chosen or (("val_loss", "loss") if picture.run.data.get("test_rows") else ("loss",))

    def label(self, name: str) -> str:
        """The words people use."""
        return {"loss": "training", "val_loss": "validation"}.get(name, name.replace("/", " ").replace("_", " "))

    @property
    def unit(self) -> str:  # type: ignore[override]
        """What the values are."""
        return "loss" if set(self._names) <= {"loss", "val_loss"} else "value"

    def choose(self, names: Sequence[str]) -> None:
        """Draws these series; without any, the losses."""
        self._chosen = tuple(names)
        self.redraw()

    def action_pick(self) -> None:
        """Lets a person choose."""
        if self._last:
            self.post_message(Picking(self, self._last.series, self.series(self._last)))


def _courses(curves: Mapping[str, Curve], of_all: Mapping[str, Curve]) -> Iterator[Course]:
    """The course of epochs and of time, as far as they were read: in the window, and coarser over the whole run."""
    for unit, name in COURSES.items():
        found = [(read[name].last, read[name].final) for read in (curves, of_all) if name in read]
        made = course(unit, found) if found else None
        if made:
            yield made


def _marks(events: Sequence[Event]) -> list[Mark]:
    return [Mark(event.step, SYMBOLS[event.kind], event.text) for event in events if event.kind in SYMBOLS]
