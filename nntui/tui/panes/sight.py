"""Which panes are seen: several in columns, or one alone, where a person or the terminal's size wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.geometry import Size

from nntui.tui.panes.arrangement import PLANS, Changes, changes_from, plan_for

#: In a smaller terminal one pane is shown at a time.
WIDE, HIGH = 72, 20


def is_small(terminal: Size) -> bool:
    """Whether there is room for one pane only."""
    return terminal.width < WIDE or terminal.height < HIGH


class Sight:
    """What a person wants to see in terminals of each size. Panes are numbers from 1."""

    def __init__(self, panes: int, layout: Mapping[str, Any]) -> None:
        """``layout`` is what was remembered, by plan."""
        self._panes = panes
        self._changes = {plan.name: changes_from(plan, layout.get(plan.name)) for plan in PLANS}
        #: The pane that fills the screen, and the one that does where there is no room for more.
        self.alone: int | None = None
        self._small_shows = 1

    @property
    def layout(self) -> dict[str, Any]:
        """What is to be remembered, by plan."""
        found = {name: changes.as_dict() for name, changes in self._changes.items()}
        return {name: table for name, table in found.items() if table}

    def changes(self, terminal: Size) -> Changes:
        """What was changed of the plan for a terminal."""
        return self._changes[plan_for(terminal).name]

    def only(self, terminal: Size) -> int | None:
        """The pane that is shown alone, if one is."""
        return self._small_shows if is_small(terminal) else self.alone

    def hidden(self, terminal: Size) -> frozenset[int]:
        """The panes that are not shown where several are."""
        hidden = self.changes(terminal).hidden
        return plan_for(terminal).hidden if hidden is None else hidden

    def seen(self, terminal: Size) -> frozenset[int]:
        """The panes that are shown."""
        only = self.only(terminal)
        return frozenset((only,)) if only else frozenset(range(1, self._panes + 1)) - self.hidden(terminal)

    def hidden_by_hand(self, terminal: Size) -> int:
        """How many panes a person has hidden, of those that the plan shows."""
        return 0 if is_small(terminal) else len(self.hidden(terminal) - plan_for(terminal).hidden)

    def go_to(self, number: int, terminal: Size, *, is_there: bool) -> bool:
        """Shows a pane; hides it if one ``is_there`` already, unless it is the last one; whether any was (un)hidden."""
        hidden = self.hidden(terminal)
        if is_small(terminal):
            self._small_shows = number
        elif self.alone:
            self.alone = number
        elif (number in hidden or is_there) and len(hidden ^ {number}) < self._panes:
            self.changes(terminal).hidden = hidden ^ {number}
            return True
        return False

    def reset(self, terminal: Size) -> None:
        """Everything as it was before anybody moved, hid or showed a pane in a terminal of this size."""
        self.alone = None
        self._changes[plan_for(terminal).name] = Changes()
