"""What lies over a screen for a moment, and closes once.

A key typed before a closing screen has gone still reaches it, and Textual would then close the screen beneath.

Of the names that Textual keeps private, these are used here; ``tests/tui/test_dialog.py`` holds them:
``CommandPalette._cancel_gather_commands()``, ``._gather_commands(search_value)``, ``._action_command_list(action)``,
``Screen._compositor.render_strips()``.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.geometry import Region
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.strip import Strip


class Dialog(ModalScreen[ScreenResultType]):
    """A screen over another one, closed with a result."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """What lies beneath, where this does not cover it, as it is."""
        return super().render_lines(crop) if self.styles.background.a == 1 else beneath(self, crop)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Closes this screen, if it is still there."""
        return super().dismiss(result) if self.is_active else AwaitComplete()


class Palette(CommandPalette):
    """Textual's command palette, which closes once, and bears any key before its list is there or when it has gone."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """What lies beneath, where this does not cover it, as it is."""
        return beneath(self, crop)

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Closes this screen, if it is still there."""
        self._cancel_gather_commands()
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def _gather_commands(self, search_value: str) -> None:  # type: ignore[override]
        if self.is_active:
            super()._gather_commands(search_value)

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):
            super()._action_command_list(action)


def beneath(screen: Screen[Any], crop: Region) -> list[Strip]:
    """The lines, in a region, of the screen under another one.

    Textual would dim them: two colours to be mixed for every piece of text on the screen, at each of its changes.
    """
    stack = screen.app.screen_stack
    below = stack[stack.index(screen) - 1]._compositor.render_strips() if screen in stack[1:] else []
    lines = below[crop.y : crop.bottom]
    lines += [Strip.blank(crop.right)] * (crop.height - len(lines))
    return [line.crop_extend(crop.x, crop.right, None) for line in lines]
