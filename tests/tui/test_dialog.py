"""What dialogs use of Textual that it keeps private."""

from __future__ import annotations

import inspect

from textual._compositor import Compositor
from textual.command import CommandPalette
from textual.screen import Screen


def test_textual_still_has_the_private_names_that_dialogs_use() -> None:
    for name, parameters in {
        "_cancel_gather_commands": ["self"],
        "_gather_commands": ["self", "search_value"],
        "_action_command_list": ["self", "action"],
    }.items():
        found = list(inspect.signature(getattr(CommandPalette, name)).parameters)
        assert found == parameters, f"Textual has changed: compare nntui/tui/screens/dialog.py. CommandPalette.{name}()"
    assert isinstance(Screen()._compositor, Compositor)
    assert Compositor().render_strips() == []
