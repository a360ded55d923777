"""What the screen is told, and what can be told to it: options that commands share, ``nntui settings`` and ``keys``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nntui.cli.output import table
from nntui.errors import UserError

if TYPE_CHECKING:
    from nntui.settings import Settings


#: How much of a slow link the screen may take.
Slow = Annotated[bool, typer.Option("--slow", help="Draw less often, for a slow link: less than 2 KiB a second.")]
BytesPerSecond = Annotated[
    str | None,
    typer.Option("--budget", metavar="N[k|M]", help="Most bytes a second to the terminal, such as 4k, or none."),
]
#: How the screen looks. What is not given here, `nntui settings` tells.
Theme = Annotated[str | None, typer.Option("--theme", metavar="NAME", help="A theme, such as nntui-light.")]
Marker = Annotated[
    str | None,
    typer.Option("--marker", metavar="NAME", help="What curves are drawn with: auto, braille, quadrant or ascii."),
]


def wanted(theme: str | None, marker: str | None, budget: str | None, *, slow: bool) -> Settings:
    """The settings of a screen that these options ask for; what they leave open is as ever.

    Raises UserError, so that nothing was made when the screen cannot be opened as asked.
    """
    from nntui import settings as own

    if budget is not None and slow:
        raise UserError("--slow and --budget exclude each other; --slow is --budget 1.7k")
    options = {"theme": theme, "marker": marker, "budget": str(own.SLOW) if slow else budget}
    found = own.load(options=options)
    if found.keys:
        from nntui.tui import keymap

        keymap.remapped(found.keys, str(own.settings_path()))
    return found


def check(theme: str | None, marker: str | None, budget: str | None, *, slow: bool) -> None:
    """Raises UserError for options that no screen could have, also where there is none."""
    if slow or any(option is not None for option in (theme, marker, budget)):
        wanted(theme, marker, budget, slow=slow)


def settings() -> None:
    """Print the settings that count now, as a settings file with comments.

    nntui settings > FILE begins a file of one's own; nntui paths says where it goes.
    """
    from nntui import settings as own

    typer.echo(own.template(wanted(None, None, None, slow=False)), nl=False)


def keys() -> None:
    """List every key of the screen by the name that a settings file calls its action."""
    from nntui import settings as own
    from nntui.tui import keymap

    keymap.use(keymap.remapped(own.load().keys, str(own.settings_path())))
    rows = [(key.id, "  ".join(key.names), key.help) for key in keymap.KEYS]
    typer.echo(table(("action", "keys", "what"), rows))
