"""Every command by its name, and how one is run. Commands import what is heavy inside themselves."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nntui.cli import (
    check,
    compare,
    export,
    fork,
    predict,
    replay,
    runs,
    screen,
    screenshot,
    serve,
    steer,
    train,
    watch,
)
from nntui.cli.output import BAD_INPUT, FAILED, has_terminal, silence_stdout, talk
from nntui.errors import UserError


class _Commands(TyperGroup):
    """The commands; one whose reader has left (``nntui runs | head -1``) ends quietly."""

    def invoke(self, ctx: Any) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            silence_stdout()
            return 0


app = typer.Typer(
    name="nntui",
    cls=_Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from nntui import __version__

        typer.echo(f"nntui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    slow: screen.Slow = False,
    budget: screen.BytesPerSecond = None,
    theme: screen.Theme = None,
    marker: screen.Marker = None,
) -> int:
    """Watch and steer a neural network while it learns, in a terminal.

    Alone, in a terminal, nntui opens a list of presets and past runs.

    RUN is the id of a run, a unique beginning of one, a name, or "latest".
    """
    if context.invoked_subcommand is not None:
        given = {"--slow": slow or None, "--budget": budget, "--theme": theme, "--marker": marker}
        if early := [name for name, value in given.items() if value is not None]:
            raise UserError(f"{early[0]} stands after the command: nntui watch {early[0]}")
        return 0
    if has_terminal():
        own = screen.wanted(theme, marker, budget, slow=slow)
        from nntui.tui.app import open_dashboard

        return open_dashboard(None, own)
    screen.check(theme, marker, budget, slow=slow)
    typer.echo(context.get_help())
    return BAD_INPUT


app.command()(train.train)
app.command()(watch.watch)
app.command("runs")(runs.list_runs)
app.command()(compare.compare)
app.command()(runs.show)
app.command()(runs.rename)
app.command()(runs.note)
app.command()(runs.archive)
app.command("set")(steer.turn)
app.command()(steer.pause)
app.command()(steer.resume)
app.command()(steer.rewind)
app.command()(replay.replay)
app.command()(fork.fork)
app.command()(steer.step)
app.command()(steer.checkpoint)
app.command()(steer.stop)
app.command()(serve.serve)
app.command()(export.export)
app.command("import")(export.take_in)
app.command()(screenshot.screenshot)
app.command(context_settings={"ignore_unknown_options": True})(predict.predict)
app.command()(runs.presets)
app.command()(check.check)
app.command("rm")(runs.remove)
app.command()(runs.paths)
app.command()(screen.settings)
app.command()(screen.keys)


#: Typer's words name a type, not what may be typed.
_MISTYPED = re.compile(r" is not a valid int( range)?\.")


def run(arguments: list[str] | None) -> int:
    """Runs one command and returns the exit code: 0, 1 the run failed, 2 bad usage or input."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = app(arguments, prog_name="nntui", standalone_mode=False)
        if sys.stdout:
            sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        return 0
    except Exception as error:
        return _complain(error)
    return code if isinstance(code, int) else 0


def _complain(error: Exception) -> int:
    """One line that says what was wrong; the exit code."""
    import sqlite3

    code = BAD_INPUT
    if isinstance(error, typer.TyperException):
        text = _MISTYPED.sub(" must be a whole number.", error.format_message())
    elif isinstance(error, UserError):
        text = str(error)
    elif isinstance(error, OSError):
        silence_stdout()
        text = f"{error.filename or 'output'}: {error.strerror or error}"
    elif isinstance(error, sqlite3.Error):
        text = f"the run cannot be read or written: {error}"
    else:
        if os.environ.get("NNTUI_DEBUG"):
            raise error
        code = FAILED
        text = f"a fault of nntui itself: {type(error).__name__}: {error} (NNTUI_DEBUG=1 shows where)"
    with suppress(OSError):
        talk(f"nntui: {' '.join(text.split())}")
    return code
