"""What was turned from this screen, so that it can be turned back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nntui.knob import ConfigError, Knob, Value


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A knob, the value it had, the one that was to come, and how that was asked for: the command's value."""

    knob: Knob
    before: Value
    after: Value
    asked: str


class History:
    """The changes asked for here and not undone, the last one at the end. One that is refused was none."""

    def __init__(self) -> None:
        self._changes: list[Change] = []
        #: What was asked for and is not answered yet, in order; those that undo a change are no changes themselves.
        self._waiting: list[Change] = []

    def add(self, change: Change) -> None:
        """Somebody has asked for it; the trainer's answer is still to come."""
        self._changes.append(change)
        self._waiting.append(change)

    def answered(self, key: str, asked: str, before: str | None) -> None:
        """The trainer's answer: what the knob had before, as the trainer tells it; None when the change is refused."""
        for change in self._waiting:
            if change.knob.key == key and change.asked == asked:
                self._waiting.remove(change)
                if change in self._changes:
                    place = self._changes.index(change)
                    self._changes[place : place + 1] = [] if before is None else [_corrected(change, before)]
                return

    def take(self) -> Change | None:
        """The last change, which somebody asks to undo now."""
        if not self._changes:
            return None
        change = self._changes.pop()
        self._waiting.append(Change(change.knob, change.after, change.before, change.knob.show(change.before)))
        return change

    def waits(self, key: str) -> bool:
        """Whether the trainer has still to answer what was asked of a knob."""
        return any(change.knob.key == key for change in self._waiting)


def _corrected(change: Change, before: str) -> Change:
    try:
        return replace(change, before=change.knob.parse(before))
    except ConfigError:
        return change
