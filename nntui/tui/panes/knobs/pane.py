"""The knob panel: every live hyperparameter, turned by keys while the network trains."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from nntui import config, turns
from nntui.knob import ConfigError, Knob, Value
from nntui.knobs import KNOBS
from nntui.tui import keymap
from nntui.tui.panes.knobs.history import Change, History
from nntui.tui.panes.pane import Pane, PictureCells
from nntui.tui.picture import Picture
from nntui.tui.widgets.cells import ink, line
from nntui.tui.widgets.text import fit

#: What is turned most often; any other knob comes after these, and one that works only with another, after that one.
_LEADING = ("lr", "optimizer", "batch_size", "activation", "l2", "dropout", "schedule", "warmup", "l1")


def _rank(knob: Knob) -> tuple[int, bool]:
    leader = KNOBS[knob.needs[0]] if knob.needs else knob
    return _LEADING.index(leader.name) if leader.name in _LEADING else len(_LEADING), leader is not knob


#: Every knob that can be turned while the network trains.
LIVE = tuple(sorted((knob for knob in KNOBS.values() if knob.live), key=_rank))
#: What the key that types a value is called while it adopts a ghost.
ADOPT = "adopt"
#: Those that need a new run, and say of a run what one would compare: how it is built, and its seed.
FIXED = tuple(knob for knob in KNOBS.values() if not knob.live and not knob.key.startswith("data."))
#: A value has so many cells at least, and at most before it takes those of the ladder.
_VALUE_WIDTH, _LONG_VALUE_WIDTH = 10, 13
#: The ladder of a knob: cells without which it is not drawn, and that it needs.
_LEAST_PLACE, _MOST_PLACE = 5, 24


class Turned(Message):
    """Somebody wants a knob at a value, or turned by so many rungs from where it is: kind and value of a command."""

    def __init__(self, knob: Knob, kind: str, value: str) -> None:
        super().__init__()
        self.knob = knob
        self.kind = kind
        self.value = value


class Typed(Message):
    """Somebody wants to type a value for a knob."""

    def __init__(self, knob: Knob, value: Value) -> None:
        super().__init__()
        self.knob = knob
        self.value = value


class Haunting(Message):
    """Somebody wants to see what another value of a knob would do; ``value`` is what it has."""

    def __init__(self, knob: Knob, value: Value) -> None:
        super().__init__()
        self.knob = knob
        self.value = value


class Adopting(Message):
    """Somebody wants the run to become what its ghost is."""


class NeedsNewRun(Message):
    """Somebody wants to turn a knob that cannot change while the network trains."""

    def __init__(self, knob: Knob) -> None:
        super().__init__()
        self.knob = knob


class KnobPane(Pane, PictureCells):
    """A row a knob: its name, its value, and where it stands on its ladder.

    A knob that has no effect as the others stand is left out, unless it is chosen or is not where it usually is.
    """

    number, heading = 3, "Knobs"
    EXPLAIN: ClassVar = (
        "Every knob of the run, its value, and where that lies on its ladder.",
        "Good: the loss falls fast and stays low; a ▲ on the curves marks each change.",
        "Loss jumps: turn lr down. It creeps: turn lr up. Undo what did not help.",
    )
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
        self.chosen = KNOBS["training.lr"]  # what the keys turn
        self._asked: dict[str, Value] = {}
        self._history = History()
        self._first = 0  # row on the first line

    def value(self, knob: Knob) -> Value:
        """What was asked for and not answered yet; else what the run has."""
        if knob.key in self._asked:
            return self._asked[knob.key]
        assert self._last is not None
        return knob.value_in(self._last.run.config)

    @property
    def offered(self) -> list[Knob]:
        """The knobs that have a row, in their order."""
        live = [knob for knob in LIVE if self._matters(knob) or knob is self.chosen or self.value(knob) != knob.default]
        return [*live, *FIXED]

    def _matters(self, knob: Knob) -> bool:
        """Whether a knob has any effect as the others stand, or will stand when the trainer has answered."""
        return knob.matters(lambda key: self.value(KNOBS[key]))

    def asked(self, knob: Knob, value: Value, words: str = "") -> None:
        """Shows a value as asked for, in these words if not by itself, until the trainer answers."""
        self._history.add(Change(knob, self.value(knob), value, words or knob.show(value)))
        self._show_asked(knob, value)

    def _show_asked(self, knob: Knob, value: Value) -> None:
        self._asked[knob.key] = value
        self.redraw()

    def answered(self, key: str, value: str, before: str | None) -> None:
        """The trainer has answered: unless something newer was asked, the run's own value counts again.

        ``value`` is that of the command; ``before`` what the knob had, as the trainer tells it, None when it refused.
        """
        self._history.answered(key, value, before)
        if key in self._asked and not self._history.waits(key):
            del self._asked[key]
            self.redraw()

    def undo(self) -> bool:
        """Asks for what the knob turned last had before; whether there was one, or why not has been said."""
        if self._refuses:
            return True
        change = self._history.take()
        if change is not None:
            self._show_asked(change.knob, change.before)
            self.post_message(Turned(change.knob, "set", change.knob.show(change.before)))
        return change is not None

    def picture(self, picture: Picture) -> None:
        """Rows are drawn anew when something has changed that they tell."""
        if self._last is None or _told(self._last) != _told(picture):
            super().picture(picture)
        else:
            self._last = picture

    def draw(self, picture: Picture) -> None:
        """The rows, the chosen one kept in sight."""
        offered, height = self.offered, self.size.height
        self._first = max(0, min(offered.index(self.chosen) - height // 2, len(offered) - height))
        values = [self._text(knob) for knob in offered]
        names_width = 1 + max(len(knob.name) for knob in offered)
        values_width = max(_VALUE_WIDTH, *(len(text) for text in values if len(text) <= _LONG_VALUE_WIDTH))
        rows = list(zip(offered, values, strict=True))[self._first : self._first + height]
        self.show([self._row(knob, text, names_width, values_width) for knob, text in rows])
        if picture.now is not None:
            told = "as they were; they turn in the present"
            self.caption(told if len(told) <= self.caption_width else "as they were then")
        elif picture.ghost is not None:
            adopt, drop = keymap.shown(keymap.KNOBS, "type"), keymap.shown(keymap.DASHBOARD, "back")
            ways = f" has crashed: {drop} drops it" if picture.ghost.has_crashed else f": {adopt} adopts, {drop} drops"
            told = picture.ghost.what + ways
            self.caption(f"ghost {told}" if len(told) + 6 <= self.caption_width else told)
        elif not picture.run.live:
            self.caption(f"{picture.run.state}: no longer live")
        else:
            above, below = self._first, len(offered) - self._first - len(rows)
            more = "".join(f" {count}{sign}" for count, sign in ((above, "↑"), (below, "↓")) if count)
            effect = "" if self._matters(self.chosen) else "no effect now: "
            effect = effect if self.chosen.live else "needs a new run: "
            more = more and f" ·{more}"
            self.caption(fit(effect + self.chosen.help, self.caption_width - len(more)).rstrip() + more)

    def _text(self, knob: Knob) -> str:
        """The value; of the learning rate also what a schedule makes of it."""
        value, text = self.value(knob), knob.show(self.value(knob))
        assert self._last is not None
        effective = self._last.run.latest.get("lr") if knob.name == "lr" and knob.key not in self._asked else None
        if effective is not None and isinstance(value, float) and abs(effective - value) > 1e-5 * value:
            return f"{text} → {effective:.3g}"
        return text

    def _row(self, knob: Knob, text: str, names_width: int, values_width: int) -> Strip:
        is_chosen, width = knob is self.chosen, self.size.width
        base = self.get_component_rich_style("knobs--chosen") if is_chosen else Style()
        asked = self._ink("asked") if knob.key in self._asked else Style()
        quiet = self._ink("quiet")
        tone = self._ink("place") if is_chosen else quiet
        pointer = "▸ " if is_chosen else "  "
        faint = Style() if knob.live and self._matters(knob) else quiet
        name = (pointer + fit(knob.name, names_width), base + faint)
        rest = max(0, width - len(pointer) - names_width)
        room = rest - values_width - 2
        if not knob.live and len(text) <= values_width:
            return line(name, (fit(fit(text, min(rest, values_width), right=True), rest), base + faint))
        if len(text) > values_width or room < _LEAST_PLACE:
            wide = rest if len(text) > values_width else min(rest, values_width)
            return line(name, (fit(fit(text, wide, right=len(text) < wide), rest), base + asked + faint))
        place = self._place(knob, self.value(knob), min(room, _MOST_PLACE))
        return line(
            name,
            (fit(text, values_width, right=True), base + asked + faint),
            ("  ", base),
            (fit(place, room), base + tone),
        )

    def _ink(self, name: str) -> Style:
        """The colour of a part as it is on the pane's ground, without that ground: the chosen row has another."""
        return ink(self.get_component_rich_style(f"knobs--{name}"))

    def _place(self, knob: Knob, value: Value, width: int) -> str:
        """Where on its ladder a value stands, ───●────; several values stand nowhere."""
        if isinstance(value, tuple) and len(set(value)) != 1:
            return "─" * width
        if knob.choices:
            below, rungs = knob.choices.index(str(value[0] if isinstance(value, tuple) else value)), len(knob.choices)
        else:
            below, rungs, rung = 0, len(knob.ladder), value
            while (lower := knob.turned(rung, -1)) != rung and below < 500:
                below, rung = below + 1, lower
        position = round(below / max(1, rungs - 1) * (width - 1))
        return "─" * position + "●" + "─" * (width - 1 - position)

    def action_choose(self, direction: int) -> None:
        """Moves to the knob above or below."""
        if self._last is None:
            return
        offered = self.offered
        here = offered.index(self.chosen) + direction
        self.chosen = offered[max(0, min(len(offered) - 1, here))]
        self.redraw()

    def action_turn(self, direction: int) -> None:
        """One rung up or down the ladder."""
        self.turn(self.chosen, direction)

    def turn(self, knob: Knob, direction: int) -> None:
        """Asks for the next value of a knob, if there is one."""
        if self._last is None or not self._last.run.live or self._refuses:
            return
        if not knob.live:
            self.post_message(NeedsNewRun(knob))
            return
        value = turns.turned(knob, self.value(knob), direction, lambda value: self._fits(knob, value))
        if value != self.value(knob):
            rungs = f"{direction:+}"
            self.asked(knob, value, rungs)  # at once: the next press may come before the message is heard
            self.post_message(Turned(knob, "turn", rungs))

    @property
    def _refuses(self) -> bool:
        """Whether the knobs are those of the past, which no key turns; says so."""
        is_past = self._last is not None and self._last.now is not None
        if is_past:
            back = keymap.shown(keymap.DASHBOARD, "back")
            self.notify(f"These knobs are of the past: {back} leads to those of now.", markup=False)
        return is_past

    def _fits(self, knob: Knob, value: Value) -> bool:
        """Whether the trainer will take a value, as far as can be told."""
        assert self._last is not None
        run = self._last.run
        try:
            settings = config.from_dict(run.config)
        except ConfigError:
            return True
        return turns.fits(settings, knob, value, task=run.data.get("task", "binary"), step=run.step)

    def action_type(self) -> None:
        """Asks for a value to be typed; where there is a ghost, for that."""
        if self._refuses:
            return
        if self._last is not None and self._last.ghost is not None:
            self.post_message(Adopting())
            return
        if self._last is not None and self._last.run.live and not self.chosen.live:
            self.post_message(NeedsNewRun(self.chosen))
        elif self._last is not None and self._last.run.live:
            self.post_message(Typed(self.chosen, self.value(self.chosen)))

    @property
    def words(self) -> dict[str, str]:
        """While there is a ghost, the key that types a value adopts it."""
        ghost = self._last.ghost if self._last is not None else None
        return {"type": ADOPT} if ghost is not None and not ghost.has_crashed else {}

    def action_haunt(self) -> None:
        """Asks for a value to be tried beside the run."""
        if self._refuses or self._last is None or not self._last.run.live:
            return
        if self.chosen.live:
            self.post_message(Haunting(self.chosen, self.value(self.chosen)))
        else:
            self.post_message(NeedsNewRun(self.chosen))

    def on_click(self, event: Click) -> None:
        """A click chooses a row."""
        row = self._first + event.get_content_offset_capture(self).y
        if self._last is not None and 0 <= row < len(self.offered):
            self.chosen = self.offered[row]
            self.redraw()


def _told(picture: Picture) -> tuple[object, ...]:
    """All of a picture that the rows depend on."""
    run = picture.run
    return (
        run.state,
        run.config,
        run.latest.get("lr"),
        run.data,
        picture.now is None,
        picture.ghost and (picture.ghost.what, picture.ghost.has_crashed),
    )
