"""``nntui watch``: shows a run that is training, or one that has ended; several beside each other."""

from __future__ import annotations

from typing import Annotated

import typer

from nntui.cli import screen
from nntui.cli.output import has_terminal
from nntui.errors import UserError


def watch(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN...]", help="Ids, names, patterns such as 'xor*', terms such as 'loss<0.1'."),
    ] = None,
    slow: screen.Slow = False,
    budget: screen.BytesPerSecond = None,
    theme: screen.Theme = None,
    marker: screen.Marker = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Only look: no key steers the run.")] = False,
) -> int:
    """Open the dashboard of a run, by itself the latest; several runs are compared.

    Where stdout is no terminal, the run is followed line by line until it ends; several are compared there by nntui
    compare.

    Leaving, also by Ctrl-C, leaves the runs training.
    """
    from nntui import comparison, paths, selection

    found = selection.selected(paths.runs_dir(), runs or ["latest"])
    if len(found) > comparison.MOST:
        most = comparison.MOST
        raise UserError(f"{len(found):,} runs: at most {most} can be watched together; nntui compare takes more")
    screen.check(theme, marker, budget, slow=slow)
    if has_terminal():
        own = screen.wanted(theme, marker, budget, slow=slow)
        from nntui.tui import app

        if len(found) > 1:
            return app.open_comparison([folder for folder, _ in found], own, read_only=read_only)
        return app.open_dashboard(found[0][0], own, read_only=read_only)
    if len(found) > 1:
        raise UserError(f"{len(found):,} runs cannot be followed line by line; nntui compare prints them")
    from nntui.cli import follow

    run_folder, _ = found[0]
    return follow.exit_code(run_folder, follow.follow(run_folder, follow.PlainReporter(run_folder)))
