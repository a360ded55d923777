"""What a screen says in passing."""

from __future__ import annotations

from textual.notifications import SeverityLevel
from textual.widget import Widget

from nntui.text import clip, plain

#: Characters of a notice; more would cover the screen.
LONGEST = 400


def say(speaker: Widget, text: str, severity: SeverityLevel = "information", seconds: float | None = None) -> None:
    """Shows a text that may hold anything, in one piece, for so many seconds."""
    shown = plain(clip(" ".join(text.split()), LONGEST))
    speaker.notify(shown, severity=severity, timeout=seconds, markup=False)
