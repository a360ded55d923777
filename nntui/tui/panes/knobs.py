"""The knob panel: every live hyperparameter, turned by keys while the network trains."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from nntui.knob import Knob, Value
from nntui.knobs import KNOBS
from nntui.tui import keymap
from nntui.tui.feed import Picture
from nntui.tui.panes.pane import Pane, PictureCells
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

LIVE = tuple(knob for knob in KNOBS.values() if knob.live)
_NAME_WIDTH = 12
_VALUE_WIDTH = 10


class Turned(Message):
    """Somebody wants a knob at another value."""

    def __init__(self, knob: Knob, value: Value) -> None:
        super().__init__()
        self.knob = knob
        self.value = value


class Typed(Message):
    """Somebody wants to type a value for a knob."""

    def __init__(self, knob: Knob, value: Value) -> None:
        super().__init__()
        self.knob = knob
        self.value = value


class KnobPane(Pane, PictureCells):
    """A row a knob: its name, its value, and where it stands on its ladder."""

    number, heading = 3, "Knobs"
    PLACE = keymap.KNOBS
    BINDINGS: ClassVar = keymap.bindings(keymap.KNOBS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"knobs--chosen", "knobs--quiet", "knobs--asked", "knobs--place"}
    DEFAULT_CSS = """
    KnobPane {
        .knobs--chosen { color: $foreground; background: $primary 25%; text-style: bold; }
        .knobs--quiet { color: $foreground 60%; }
        .knobs--asked { color: $warning; text-style: bold; }
        .knobs--place { color: $primary; }
        &:nocolor { .knobs--place, .knobs--asked { color: $foreground; } }
        &:ansi { .knobs--place { color: $foreground; } }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="knobs")
        self._chosen = next(i for i, knob in enumerate(LIVE) if knob.name == "lr")
        self._asked: dict[str, Value] = {}

    @property
    def chosen(self) -> Knob:
        """The knob that the keys turn."""
        return LIVE[self._chosen]

    def value(self, knob: Knob) -> Value:
        """What was asked for and not answered yet; else what the run has."""
        if knob.key in self._asked:
            return self._asked[knob.key]
        assert self._last is not None
        table, _, name = knob.key.partition(".")
        value: Value = self._last.run.config[table][name]
        return value

    def asked(self, knob: Knob, value: Value) -> None:
        """Shows a value as asked for until the trainer answers."""
        self._asked[knob.key] = value
        self.redraw()

    def answered(self, key: str, value: str) -> None:
        """The trainer has answered: unless something newer was asked, the run's own value counts again."""
        if key in self._asked and KNOBS[key].show(self._asked[key]) == value:
            del self._asked[key]
            self.redraw()

    def draw(self, picture: Picture) -> None:
        """The rows, the chosen one kept in sight."""
        start, height = self._first, self.size.height
        self.show([self._row(i) for i in range(start, min(len(LIVE), start + height))])
        if not picture.run.live:
            self.caption(f"{picture.run.state}: no longer live")
        else:
            more = len(LIVE) - height
            self.caption(self.chosen.help + (f" · {more} more {'above' if start else 'below'}" if more > 0 else ""))

    @property
    def _first(self) -> int:
        """The knob on the first line, so that the chosen one is in sight."""
        return max(0, min(self._chosen - self.size.height // 2, len(LIVE) - self.size.height))

    def _row(self, i: int) -> Strip:
        knob, width = LIVE[i], self.size.width
        value, is_chosen = self.value(knob), i == self._chosen
        base = self.get_component_rich_style("knobs--chosen") if is_chosen else Style()
        asked = self.get_component_rich_style("knobs--asked", partial=True) if knob.key in self._asked else Style()
        pointer = "▸ " if is_chosen else "  "
        room = width - len(pointer) - _NAME_WIDTH - _VALUE_WIDTH - 2
        place = self._place(knob, value, min(room, 24)) if room >= 6 else ""
        tone = self.get_component_rich_style(f"knobs--{'place' if is_chosen else 'quiet'}", partial=True)
        return line(
            (pointer + fit(knob.name, _NAME_WIDTH), base),
            (fit(knob.show(value), _VALUE_WIDTH, right=True), base + asked),
            ("  ", base),
            (fit(place, max(0, room)), base + tone),
        )

    def _place(self, knob: Knob, value: Value, width: int) -> str:
        """Where on its ladder a value stands: ───●────."""
        below, rung = 0, value
        while (lower := knob.turned(rung, -1)) != rung and not knob.choices and below < 500:
            below, rung = below + 1, lower
        rungs = len(knob.choices or knob.ladder)
        if knob.choices:
            below = knob.choices.index(str(value))
        position = round(below / max(1, rungs - 1) * (width - 1))
        return "─" * position + "●" + "─" * (width - 1 - position)

    def action_choose(self, direction: int) -> None:
        """Moves to the knob above or below."""
        self._chosen = max(0, min(len(LIVE) - 1, self._chosen + direction))
        self.redraw()

    def action_turn(self, direction: int) -> None:
        """One rung up or down the ladder."""
        self.turn(self.chosen, direction)

    def turn(self, knob: Knob, direction: int) -> None:
        """Asks for the next value of a knob, if there is one."""
        if self._last is None or not self._last.run.live:
            return
        value = knob.turned(self.value(knob), direction)
        if value != self.value(knob):
            self.asked(knob, value)  # at once: the next press may come before the message is heard
            self.post_message(Turned(knob, value))

    def action_type(self) -> None:
        """Asks for a value to be typed."""
        if self._last is not None and self._last.run.live:
            self.post_message(Typed(self.chosen, self.value(self.chosen)))

    def on_click(self, event: Click) -> None:
        """A click chooses a row."""
        row = self._first + event.get_content_offset_capture(self).y
        if 0 <= row < len(LIVE):
            self._chosen = row
            self.redraw()
