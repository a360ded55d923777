"""Typing a knob's value."""

from __future__ import annotations

from collections.abc import Callable

from nntui.knob import Knob, Value
from nntui.tui.screens.entry import Entry


class ValueEntry(Entry[Value]):
    """Dismissed with the checked value, or None; ``check`` may refuse, by ConfigError, what the knob alone allows."""

    def __init__(
        self, knob: Knob, value: Value, check: Callable[[str], object] | None = None, *, purpose: str = ""
    ) -> None:
        def parse(text: str) -> Value:
            parsed = knob.parse(text)
            if check is not None:
                check(text)
            return parsed

        super().__init__(f"{purpose}{knob.name}: {knob.help}", knob.show(value), knob.allowed, parse)
