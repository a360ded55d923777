"""Panes that draw curves, and the one of the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.style import Style

from nntui.store.records import Curve, Event
from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.panes.looking import COURSES, ByKeys, ByMouse
from nntui.tui.panes.pane import Pane, Pictured, awaited
from nntui.tui.panes.view import View
from nntui.tui.picture import Picture, Query, Wanted
from nntui.tui.widgets.chart import Chart, Mark
from nntui.tui.widgets.scale import Course, course
from nntui.tui.widgets.smoothing import UNITS, Smoothing, unit_of

#: The kinds of events that are marked on the curves.
SYMBOLS = {"set": "▲", "warning": "✕"}
EMPTY_WINDOW = "Nothing was recorded in these steps."
#: The buckets that tell the course of a whole run, while only a part of it is seen.
COURSE_BUCKETS = 256


class Picking(Message):
    """A person wants to choose what a pane draws, out of all that is recorded."""

    def __init__(self, pane: CurvePane, series: tuple[str, ...], chosen: tuple[str, ...]) -> None:
        super().__init__()
        self.pane = pane
        self.series = series
        self.chosen = chosen


class CurvePane(ByKeys, ByMouse, Pane, Pictured, Chart):
    """A chart of some of a run's series, looked at in a way that keys and mouse change."""

    EVERY: ClassVar = 0.0
    PACE: ClassVar = 1000.0
    WHOLE: ClassVar = True
    PLACE: ClassVar = keymap.CURVES
    BINDINGS: ClassVar = keymap.bindings(keymap.CURVES)
    unit = ""

    def __init__(self, marker: str, *, log_axis: bool, id: str) -> None:  # noqa: A002
        super().__init__(id=id, marker=marker)
        self.view = View(log=log_axis)
        self._names: tuple[str, ...] = ()
        self._chosen: tuple[str, ...] = ()

    @property
    def newest(self) -> int:
        """The last step of the run."""
        return self._last.run.step if self._last else 0

    @property
    def recorded(self) -> tuple[str, ...]:
        """What the run has recorded."""
        return self._last.series if self._last else ()

    def series(self, picture: Picture) -> tuple[str, ...]:
        """The names of the series that are drawn unless others are chosen, the first on top."""
        raise NotImplementedError

    def choices(self, picture: Picture) -> tuple[str, ...]:
        """The names of all series that can be drawn here."""
        return self.series(picture)

    def label(self, name: str) -> str:
        """What the legend calls a series."""
        return name.rpartition("/")[2]

    def short_label(self, name: str) -> str:
        """What it is called where there is little room."""
        return self.label(name)

    def draw(self, picture: Picture) -> None:
        """Draws the curves that the picture holds for this chart, and asks for as many buckets as it can show."""
        self._names, view = self._chosen or self.series(picture), self.view
        curves = picture.curves.get(self.id or "", {})
        shown = [curves[name] for name in self._names if name in curves and len(curves[name].first)]
        beside = self.beside(picture)
        faded = [branch[name] for branch in picture.given_up for name in self._names if name in branch]
        self.empty_text = EMPTY_WINDOW if view.zoomed else awaited(picture.run, "curve")
        self.plot(
            [*beside, *shown, *faded],
            _marks(picture.events),
            window=view.window(picture.run.step),
            log=view.log,
            palette=[
                *range(len(self._names), len(self._names) + len(beside)),
                *(self._names.index(curve.name) for curve in (*shown, *faded)),
            ],
            faded=len(faded),
            labels=[self.label(curve.name) for curve in (*beside, *shown)],
            log_x=view.log_x,
            unit=view.unit,
            courses=list(courses(curves, picture.curves.get(self._course_id, {}))),
            smoothing=self._smoothing(picture),
            cursor=view.cursor,
        )
        self._edges([*beside, *shown])
        self._ask(picture)

    def beside(self, picture: Picture) -> Sequence[Curve]:
        """Curves that are not of the run, named as the legend calls them."""
        return ()

    def _smoothing(self, picture: Picture) -> Smoothing | None:
        """How smooth the lines are: as much in a part of the run as in all of it."""
        if not self.view.smoothing:
            return None
        before = picture.curves.get(self._before_id, {}) if self.view.zoomed else {}
        return Smoothing(self.view.smoothing, unit_of(picture.run.step), before)

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
        self.post_message(Wanted(self.id or "", Query(names, self.buckets_wanted, window, view.log_x, self.EVERY)))
        course_of_all = Query(tuple(needed), COURSE_BUCKETS) if needed and window else None
        self.post_message(Wanted(self._course_id, course_of_all))
        lead_in = view.smoothing and window and window[0] > 0
        before = Query(self._names, UNITS, (0, window[0] - 1)) if lead_in and window else None
        self.post_message(Wanted(self._before_id, before))

    @property
    def _before_id(self) -> str:
        return f"{self.id}/before"

    @property
    def _course_id(self) -> str:
        return f"{self.id}/course"

    def on_hide(self) -> None:
        """A hidden chart wants nothing."""
        self.post_message(Wanted(self.id or "", None))
        self.post_message(Wanted(self._course_id, None))
        self.post_message(Wanted(self._before_id, None))

    def action_pick(self) -> None:
        """Lets a person choose what is drawn."""
        if self._last:
            self.post_message(Picking(self, self.choices(self._last), self._chosen or self.series(self._last)))

    def choose(self, names: Sequence[str]) -> None:
        """Draws these series; without any, those that are drawn at first."""
        self._chosen = tuple(names)
        self.redraw()

    # The edges

    def _edges(self, curves: Sequence[Curve]) -> None:
        """Puts the legend into the lower edge, and how the run is looked at into the upper one."""
        legend, room = self._legend(curves)
        column = self.column_text or (f"log {self.view.unit}" if self.view.log_x else "")
        fits = bool(curves) and room >= len(column) + 3
        self.caption(Content.assemble(legend, f" · {column}") if fits else legend)
        room = self.size.width - len(self.heading) - 4
        first, last = self.view.window(self.newest) or (0, 0)
        title = []
        for texts in (*self.view.words(f"steps {first:,}–{last:,}"), ("" if fits or not curves else column,)):
            text = next((text for text in texts if text and len(text) + 3 <= room), "")
            if text:
                title.append(text)
                room -= len(text) + 3
        self.title(*title)

    def _legend(self, curves: Sequence[Curve]) -> tuple[Content, int]:
        """Unit and scale, then as many of the curves' names as there is room for; and the room that is left."""
        scale = f"{self.unit}{', log' if self.view.log else ''} "
        parts: list[str | tuple[str, Style]] = [scale]
        legend, room = self.legend(), self.size.width - len(scale) - 4
        labels = [label for _, label, _ in legend]
        if sum(cell_len(symbol) + cell_len(label) + 2 for symbol, label, _ in legend) > room - 2:
            labels = [plain(self.short_label(curve.name)) for curve in curves]
        for (symbol, _, style), label in zip(legend, labels, strict=True):
            room -= cell_len(symbol) + cell_len(label) + 2
            if room < 2:
                parts.append(" …")
                break
            parts += [" ", (symbol, Style.from_rich_style(style)), f" {label}"]
        return Content.assemble(*parts), room


class LossPane(CurvePane):
    """Training and validation loss or any other series, with every knob change marked."""

    number, heading = 1, "Loss"
    EXPLAIN: ClassVar = (
        "How wrong the network is, on rows it learns from and on held-out rows it never sees.",
        "Good: both fall together. Validation up while training falls is overfitting.",
        "Creeping: raise lr. Jumping: lower lr. Overfitting: raise l2 or dropout, or stop.",
    )

    @classmethod
    def first_query(cls, columns: int) -> Query:
        """What every run has, in as many buckets as a terminal of so many columns can show."""
        return Query(("val_loss", "loss"), 2 * columns)

    def series(self, picture: Picture) -> tuple[str, ...]:
        """Validation, where there is any, is drawn over training."""
        return ("val_loss", "loss") if picture.run.data.get("test_rows") else ("loss",)

    def choices(self, picture: Picture) -> tuple[str, ...]:
        """All that is recorded."""
        return picture.series

    def label(self, name: str) -> str:
        """The words people use."""
        return {"loss": "training", "val_loss": "validation"}.get(name, name.replace("/", " ").replace("_", " "))

    def short_label(self, name: str) -> str:
        """The same, shorter."""
        return {"loss": "train", "val_loss": "val"}.get(name, self.label(name))

    def beside(self, picture: Picture) -> Sequence[Curve]:
        """What a ghost does, by the first of the series that are drawn."""
        ghost = picture.ghost
        curves = ghost.curves if ghost is not None else {}
        found = next((curves[name] for name in self._names if name in curves and len(curves[name].first)), None)
        if ghost is None or found is None:
            return ()
        ended = "" if ghost.state in ("starting", "running") else f" ({ghost.state})"
        return (replace(found, name=f"ghost {ghost.what}{ended}"),)

    @property
    def unit(self) -> str:  # type: ignore[override]
        """What the values are."""
        return "loss" if set(self._names) <= {"loss", "val_loss"} else "value"


def courses(curves: Mapping[str, Curve], of_all: Mapping[str, Curve]) -> Iterator[Course]:
    """The course of epochs and of time, as far as they were read: in the window, and coarser over the whole run.

    What only rises is least at the first step of a bucket, so that a pause between two buckets keeps its place.
    """
    for unit, name in COURSES.items():
        read = [part[name] for part in (curves, of_all) if name in part]
        found = [ends for curve in read for ends in ((curve.first, curve.low), (curve.last, curve.final))]
        made = course(unit, found) if found else None
        if made:
            yield made


def _marks(events: Sequence[Event]) -> list[Mark]:
    return [
        Mark(event.step, SYMBOLS[event.kind], event.what)
        for event in events
        if event.kind in SYMBOLS and not event.branch
    ]
