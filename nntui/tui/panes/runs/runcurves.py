"""The same metric of several runs in one chart; each keeps its number, its colour and its dashes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, NamedTuple

import numpy as np
from rich.style import Style
from textual.message import Message

from nntui import comparison
from nntui.store.records import Curve, RunRecord
from nntui.ticks import grow
from nntui.tui import keymap
from nntui.tui.panes.curves import COURSE_BUCKETS, EMPTY_WINDOW, courses
from nntui.tui.panes.looking import COURSES, ByKeys, ByMouse
from nntui.tui.panes.runs.averages import PARTS, averaged, placed
from nntui.tui.panes.view import View
from nntui.tui.picture import Query
from nntui.tui.widgets.chart import Chart
from nntui.tui.widgets.readout import Reading
from nntui.tui.widgets.scale import EPOCHS, STEPS, Course, clock
from nntui.tui.widgets.smoothing import UNITS, Smoothing, unit_of
from nntui.tui.widgets.text import fit

#: What is read of a run: the window, the whole run's epochs and times, and what came before the window.
WINDOW, COURSE, BEFORE = "window", "course", "before"
#: The most cells of a name in the cursor's box.
_NAME = 18
#: More epochs, or seconds, than any run has.
_FAR = 1e12
#: Of more runs the bands are not drawn.
BANDS = 4
#: Keys of a run's own curves that mean nothing for several.
WITHOUT = ("pick", "rewind")


class Traced(NamedTuple):
    """A run, and what was read of its curves, by query and series."""

    run: RunRecord
    curves: Mapping[str, Mapping[str, Curve]]

    def course(self, unit: str) -> Course | None:
        """How epochs or time went by in it; None of steps, or where that was not recorded."""
        found = courses(self.curves.get(WINDOW, {}), self.curves.get(COURSE, {}))
        return next((course for course in found if course.unit == unit), None)


class Member(NamedTuple):
    """A line of the chart and of the table: a run, or those that differ only in their seed.

    ``number`` is the place of the first of them among all runs, from 0; by it colour and dashes are chosen. Of the runs
    in ``places`` those that are ``traced`` count: those that are not hidden or, where nothing is ``shown``, all.
    """

    number: int
    name: str
    places: tuple[int, ...]
    traced: tuple[Traced, ...]
    shown: bool

    @property
    def runs(self) -> list[RunRecord]:
        """The runs themselves."""
        return [one.run for one in self.traced]


class RunCurves(ByKeys, ByMouse, Chart):
    """A chart that is looked at in a way that keys and mouse change, over all runs at once."""

    can_focus = True
    PLACE: ClassVar = keymap.COMPARE
    BINDINGS: ClassVar = keymap.bindings(keymap.CURVES, without=WITHOUT)

    class Looked(Message):
        """The runs are looked at in another way, or another step is read: more may have to be read, or told."""

    def __init__(self, marker: str) -> None:
        super().__init__(marker=marker, id="curves")
        self.view = View(log=True)
        self.metric = "loss"
        #: Whether runs that differ only in their seed are one line.
        self.grouped = False
        #: The lines there are, shown or not.
        self.members: tuple[Member, ...] = ()
        self._traced: tuple[Traced | None, ...] = ()
        self._hidden: frozenset[int] = frozenset()
        self._front = 0
        self._drawn_members: tuple[Member, ...] = ()

    # What there is

    def know(self, traced: Sequence[Traced | None]) -> None:
        """Takes the runs as they were read, each in its place; None for one that cannot be read any more."""
        self._traced = tuple(traced)

    @property
    def _there(self) -> list[tuple[int, Traced]]:
        return [(number, one) for number, one in enumerate(self._traced) if one is not None]

    @property
    def newest(self) -> int:
        """The last step of the longest run, or epoch or second, in parts."""
        return max((self._extent(one) for _, one in self._there), default=0)

    def _extent(self, one: Traced) -> int:
        if self.view.unit == STEPS:
            return one.run.step
        course = one.course(self.view.unit)
        return math.ceil(float(course.at(one.run.step)) * PARTS) if course else 0

    @property
    def recorded(self) -> frozenset[str]:
        """Of epochs and times, those that any of the runs has recorded."""
        return frozenset(name for _, one in self._there for name in one.curves.get(COURSE, {}))

    def queries(self, number: int) -> dict[str, Query]:
        """What is to be read of a run, by the number of its place."""
        traced = self._traced[number] if number < len(self._traced) else None
        newest = max((one.run.step for _, one in self._there), default=0)
        window = self.view.window(self.newest)
        steps = (0, math.ceil(grow(max(10, newest))))  # as long in all runs, so that buckets are as wide
        if window and traced is not None:
            steps = self._steps(traced, window)
        names = (self.metric, *COURSES.values())
        read = {
            WINDOW: Query(names, self.buckets_wanted, steps, self.view.log_x and self.view.unit == STEPS),
            COURSE: Query(tuple(COURSES.values()), COURSE_BUCKETS),
        }
        if self.view.smoothing and window and steps[0] > 0:
            read[BEFORE] = Query((self.metric,), UNITS, (0, steps[0] - 1))
        return read

    def _steps(self, traced: Traced, window: tuple[int, int]) -> tuple[int, int]:
        """The steps of a run that are seen in a window of the axis."""
        course = traced.course(self.view.unit)
        if course is None:
            return window
        first, last = (float(course.step(edge / PARTS)) for edge in window)
        return max(0, math.floor(first)), max(1, math.ceil(last))

    # What is drawn

    def redraw(self) -> None:
        """Draws what was read, in the way that is wanted now."""
        self.members = tuple(self._members())
        shown = [(member, self._curve(member)) for member in self.members if member.shown]
        drawn = [(member, curve) for member, curve in shown if curve is not None and len(curve.first)]
        drawn.sort(key=lambda pair: pair[0].number != self._front)
        self._drawn_members = tuple(member for member, _ in drawn)
        view, scale = self.view, _scale(self.view.unit)
        before = {curve.name: found for member, curve in drawn if (found := self._curve(member, BEFORE)) is not None}
        self.empty_text = EMPTY_WINDOW if view.zoomed else f"No {self.metric} was recorded yet."
        if not any(member.shown for member in self.members):
            self.empty_text = "All are hidden."
        self.plot(
            [curve for _, curve in drawn],
            window=view.window(self.newest),
            log=view.log,
            palette=[member.number for member in self._drawn_members],
            labels=[f"{member.number + 1} {fit(member.name, _NAME).rstrip()}" for member in self._drawn_members],
            log_x=view.log_x,
            unit=view.unit,
            courses=[scale] if scale else [],
            smoothing=Smoothing(view.smoothing, unit_of(self.newest), before) if view.smoothing else None,
            cursor=view.cursor,
            bands=self.has_bands,
            tags=[str(member.number + 1) for member in self._drawn_members] if len(drawn) > 1 else [],
        )

    def _members(self) -> list[Member]:
        """The lines there can be: every run or, of those that differ only in their seed, what they have in common."""
        there = self._there
        if not self.grouped:
            return [
                Member(number, one.run.name, (number,), (one,), number not in self._hidden) for number, one in there
            ]
        lines = []
        for places in comparison.groups([one.run for _, one in there]):
            shown = [there[place] for place in places if there[place][0] not in self._hidden]
            several = shown or [there[place] for place in places]
            name = several[0][1].run.name if len(several) == 1 else f"{several[0][1].run.name} ×{len(several)}"
            numbers = tuple(there[place][0] for place in places)
            lines.append(Member(numbers[0], name, numbers, tuple(one for _, one in several), bool(shown)))
        return lines

    def _curve(self, member: Member, part: str = WINDOW) -> Curve | None:
        """What is drawn of a line; None where nothing was recorded."""
        unit, name = self.view.unit, str(member.number)
        found = []
        for one in member.traced:
            curve, course = one.curves.get(part, {}).get(self.metric), one.course(unit)
            if curve is not None and (course is not None or unit == STEPS):
                found.append(placed(curve, course))
        if not self.grouped or len(member.traced) == 1:
            return replace(found[0], name=name) if found else None
        return averaged(found, name, self._columns_of_all, log=self.view.log_x) if found else None

    @property
    def _columns_of_all(self) -> int:
        """The dot columns that what is seen of the runs fills: an axis that grows is longer than they are."""
        filled = 1.0 if self.view.zoomed or self.view.log_x else self.newest / grow(max(10, self.newest))
        return max(1, round(self.buckets_wanted * filled))

    @property
    def has_bands(self) -> bool:
        """Whether bands are drawn: those of many runs would hide their lines."""
        several = any(len(member.traced) > 1 for member in self.members if member.shown)
        return several or sum(member.shown for member in self.members) <= BANDS

    def kinds(self) -> Iterator[tuple[str, ...]]:
        """What lines and bands are, where it is not as in the chart of one run; of each the longest words first."""
        if any(len(member.traced) > 1 for member in self.members if member.shown):
            yield "line: mean of the seeds, band: least to greatest", "mean, band least–greatest", "mean, min–max"
        elif self.grouped:
            yield "no two runs differ only in their seed", "no seeds to average"
        elif not self.has_bands:
            yield "means", ""
        if any(curve.bad.any() for curve in self._plotted.curves):
            yield "✗ not finite, left out", "✗ not finite"

    # What is read at the cursor

    def place_text(self, first: int, last: int) -> list[str]:
        """Where the cursor stands, in the axis's unit."""
        scale = _scale(self.view.unit)
        return [scale.text(self.view.cursor or 0)] if scale else super().place_text(first, last)

    def step_text(self, step: int) -> str:
        """A place on the axis in few characters."""
        if self.view.unit == STEPS:
            return f"{step:,}"
        return f"{step / PARTS:g}" if self.view.unit == EPOCHS else clock(step / PARTS)

    def read_now(self) -> dict[int, Reading | None]:
        """What the cursor reads of each line, by the number of the line; nothing without one."""
        return dict(zip((member.number for member in self._drawn_members), self.readings(), strict=False))

    # What a person changes

    def look(self, view: View) -> None:
        """Looks at the runs in another way; in another unit, at all of them."""
        if view.unit != self.view.unit:
            view = replace(view.whole(), cursor=None)
        if view != self.view:
            super().look(view)
            self.post_message(self.Looked())

    def on_resize(self) -> None:
        """More columns want more of each curve."""
        self.post_message(self.Looked())

    def show_metric(self, metric: str) -> None:
        """Draws another metric; losses on a logarithmic axis at first."""
        self.metric = metric
        self.look(replace(self.view, log="loss" in metric))
        self.redraw()
        self.post_message(self.Looked())

    def toggle(self, number: int) -> None:
        """Hides a line, or shows it again."""
        for member in self.members:
            if member.number == number:
                places = frozenset(member.places)
                self._hidden = self._hidden | places if member.shown else self._hidden - places
        self.redraw()
        self.post_message(self.Looked())

    def bring(self, number: int) -> None:
        """Draws a line over all others."""
        self._front = number
        self.redraw()
        self.post_message(self.Looked())

    def show_all(self) -> None:
        """Hides nothing any more."""
        self._hidden = frozenset()
        self.redraw()
        self.post_message(self.Looked())

    def toggle_groups(self) -> None:
        """Makes runs that differ only in their seed one line, or each its own."""
        self.grouped = not self.grouped
        self.redraw()
        self.post_message(self.Looked())

    def drawn_as(self) -> dict[int, tuple[str, Style]]:
        """Symbol and style of each line that is drawn, by its number."""
        legend = zip(self._drawn_members, self.legend(), strict=True)
        return {member.number: (symbol, style) for member, (symbol, _, style) in legend}

    def words(self) -> list[tuple[str, ...]]:
        """How the runs are looked at, as a :class:`View` tells it."""
        window = self.view.window(self.newest)
        seen = ""
        if window:
            first, last = map(self.step_text, window)
            unit = "" if self.view.unit not in (STEPS, EPOCHS) else f"{self.view.unit} "
            seen = f"{unit}{first}–{last}"
        return list(self.view.words(seen))


def _scale(unit: str) -> Course | None:
    """How an axis that counts in parts tells epochs or time; None for steps."""
    return None if unit == STEPS else Course(unit, np.array([0.0, _FAR * PARTS]), np.array([0.0, _FAR]))
