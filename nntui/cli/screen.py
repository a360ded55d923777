"""``nntui settings`` and ``keys``: what the screen is told, and what can be told to it."""

from __future__ import annotations

import typer

from nntui.cli.output import table


def settings() -> None:
    """Print the settings that count now, as a settings file with comments.

    nntui settings > FILE begins a file of one's own; nntui paths says where it goes.
    """
    from nntui import settings as own

    typer.echo(own.template(own.load()), nl=False)


def keys() -> None:
    """List every key of the screen by the name that a settings file calls its action."""
    from nntui import settings as own
    from nntui.tui import keymap

    keymap.use(keymap.remapped(own.load().keys, str(own.settings_path())))
    rows = [(key.id, "  ".join(key.names), key.help) for key in keymap.KEYS]
    typer.echo(table(("action", "keys", "what"), rows))
